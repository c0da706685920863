//! One diagnostic: what is wrong, where in the YAML, and how to fix it.

pub mod cause;
mod near;
mod read;
pub mod registry;
pub mod severity;
pub mod source;
pub mod stream;

pub use near::{NearNames, did_you_mean, is_slip};
pub use read::MAX_FILE_BYTES;
pub use registry::advice::LintRule;
pub use registry::codes::Code;
pub use registry::graph::Graph;
pub use registry::guards::Guard;
pub use registry::{RuleId, row::Entry};
pub use severity::{Confidence, Severity};
pub use source::{Place, SourceFile};

/// One diagnostic.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What kind of finding it is.
    pub code: Code,
    /// How grave it is.
    pub severity: Severity,
    /// How sure it is. Advice (`lint`) says so; without it the finding is certain.
    pub confidence: Option<Confidence>,
    /// The rule that it is about: of Graph, such as `CA-R80`, of advice, or a guard.
    pub rule: Option<RuleId>,
    /// What is wrong: lower-case, names in backticks, no full stop.
    pub message: String,
    /// Where. Boxed to keep results small.
    pub place: Option<Box<Place>>,
    /// Other places that matter, each with a word on why.
    pub related: Vec<(Place, String)>,
    /// How to fix it.
    pub help: Option<String>,
    /// What may be written in its place, where that is known. Boxed to keep results small.
    pub fix: Option<Box<Fix>>,
}

/// What may be written in the place of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// The text that stands there, as YAML reads it.
    pub was: String,
    /// The YAML that takes its place.
    pub text: String,
    /// It is beyond doubt what was meant; else a person should look at it.
    pub is_safe: bool,
}

impl Finding {
    /// A finding of severity error, with no place yet.
    pub fn error(code: Code, message: impl Into<String>) -> Finding {
        Finding {
            code,
            severity: Severity::Error,
            confidence: None,
            rule: None,
            message: message.into(),
            place: None,
            related: Vec::new(),
            help: None,
            fix: None,
        }
    }

    /// A finding of severity warning, with no place yet.
    pub fn warning(code: Code, message: impl Into<String>) -> Finding {
        Finding {
            severity: Severity::Warning,
            ..Finding::error(code, message)
        }
    }

    /// A finding of severity hint, with no place yet.
    pub fn hint(code: Code, message: impl Into<String>) -> Finding {
        Finding {
            severity: Severity::Hint,
            ..Finding::error(code, message)
        }
    }

    /// The same finding, at `place`; what the place has beside it is related.
    #[must_use]
    pub fn at(self, place: Place) -> Finding {
        self.at_any(Some(place))
    }

    /// As [`Finding::at`], where there is a place.
    #[must_use]
    pub fn at_any(mut self, place: Option<Place>) -> Finding {
        let beside = |place: &Place| -> Vec<(Place, String)> {
            let all = place.beside.iter().flat_map(|others| others.iter());
            all.map(|(place, why)| (place.clone(), (*why).to_owned()))
                .collect()
        };
        if let Some(old) = self.place.take() {
            let old = beside(&old);
            self.related.retain(|one| !old.contains(one));
        }
        self.related.extend(place.iter().flat_map(beside));
        self.place = place.map(Box::new);
        self
    }

    /// The same finding, with a way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Finding {
        self.help = Some(help.into());
        self
    }

    /// The same finding, with what may be written in its place.
    #[must_use]
    pub fn fix(mut self, was: &str, text: impl Into<String>, is_safe: bool) -> Finding {
        self.fix = Some(Box::new(Fix {
            was: was.to_owned(),
            text: text.into(),
            is_safe,
        }));
        self
    }

    /// The same finding, with the rule it is about.
    #[must_use]
    pub fn rule(mut self, rule: impl Into<RuleId>) -> Finding {
        self.rule = Some(rule.into());
        self
    }

    /// The same finding, with another place that matters.
    #[must_use]
    pub fn related(mut self, place: Place, why: impl Into<String>) -> Finding {
        self.related.push((place, why.into()));
        self
    }

    /// True for an error: it stops what it is about.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// What it is called for people: the code, and the rule behind it. `gatewright explain` takes
    /// it.
    pub fn label(&self) -> String {
        match self.rule {
            Some(rule) => format!("{}: {rule}", self.code),
            None => self.code.to_string(),
        }
    }

    /// What findings are sorted by: file, place, code, message.
    pub fn sort_key(&self) -> (String, usize, &'static str, String) {
        let place = self.place.as_deref();
        (
            place.map_or_else(String::new, |p| p.file.name.clone()),
            place.map_or(0, |p| p.range.start),
            self.code.as_str(),
            self.message.clone(),
        )
    }
}

/// True when a finding among `findings` is an error.
pub fn has_errors(findings: &[Finding]) -> bool {
    findings.iter().any(|f| f.severity == Severity::Error)
}

/// Sorts by place and drops what is said twice, be it with fewer places beside it: what is wrong
/// for one tenant without a patch needs no patch to be named.
pub fn tidy(findings: &mut Vec<Finding>) {
    findings.sort_by_cached_key(|finding| (finding.sort_key(), finding.related.len()));
    findings.dedup_by(|more, less| {
        less.related.iter().all(|one| more.related.contains(one)) && {
            let related = std::mem::take(&mut more.related);
            let fewer = std::mem::take(&mut less.related);
            let same = *more == *less;
            (more.related, less.related) = (related, fewer);
            same
        }
    });
}
