//! One diagnostic: what is wrong, where in the YAML, and how to fix it.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::source::SourceFile;

/// How grave a finding is. An error stops every command before the first request.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing is done until it is mended.
    Error,
    /// Likely a mistake; shown, and nothing stops.
    Warning,
    /// Worth knowing.
    Hint,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Hint => "hint",
        })
    }
}

/// How sure a finding is, apart from how grave it would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// It is so.
    High,
    /// It is so unless something that the manifests do not show speaks against it.
    Medium,
    /// It may well be meant.
    Low,
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Confidence::High => "high",
            Confidence::Medium => "medium",
            Confidence::Low => "low",
        })
    }
}

macro_rules! codes {
    ($($(#[$meta:meta])* $variant:ident = $text:literal, $description:literal;)+) => {
        /// What kind of finding it is. The text is stable: tools may match on it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $(#[doc = $description] $variant,)+ }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Code] = &[$(Code::$variant),+];
            /// The code's text, such as `unknown-property`.
            pub fn as_str(self) -> &'static str { match self { $(Code::$variant => $text,)+ } }
            /// The code of a text.
            pub fn parse(text: &str) -> Option<Code> {
                Code::ALL.iter().copied().find(|code| code.as_str() == text)
            }
            /// One sentence on what the code stands for.
            pub fn description(self) -> &'static str { match self { $(Code::$variant => $description,)+ } }
        }
    };
}

codes! {
    UnreadableFile = "unreadable-file", "a file or folder cannot be read";
    FileTooLarge = "file-too-large", "a file is larger than any manifest";
    Encoding = "encoding", "a file is not text in UTF-8 or UTF-16";
    YamlSyntax = "yaml-syntax", "a file is not well-formed YAML";
    YamlLimit = "yaml-limit", "a file nests or repeats more than any manifest does";
    DuplicateKey = "duplicate-key", "a mapping has the same key twice";
    NotAManifest = "not-a-manifest", "a YAML document is no mapping with a `kind`";
    UnknownKind = "unknown-kind", "a document's `kind` is not one of gatewright's";
    UnknownProperty = "unknown-property", "a property does not exist on the object";
    WrongType = "wrong-type", "a value has the wrong type";
    BadValue = "bad-value", "a value is not one of those allowed";
    MissingProperty = "missing-property", "a required property is missing";
    ReadOnlyProperty = "read-only-property", "a property is set by the service and has no effect in a manifest";
    UndefinedVariable = "undefined-variable", "a variable is not defined for the tenant";
    DuplicateName = "duplicate-name", "two manifests describe the same object";
    MissingFolder = "missing-folder", "a folder or file that the project names does not exist";
    NoManifests = "no-manifests", "no manifest was found where the project says";
    UnresolvedReference = "unresolved-reference", "a name stands for nothing";
    DanglingReference = "dangling-reference", "an id stands for nothing any more, and the live object holds it still";
    AmbiguousReference = "ambiguous-reference", "a name stands for several objects";
    WrongReferenceKind = "wrong-reference-kind", "a name stands for an object of another kind";
    AmbiguousObject = "ambiguous-object", "several live objects have the manifest's name";
    MissingObject = "missing-object", "the live object that a manifest pins does not exist";
    UnmarkedUser = "unmarked-user", "a user that gatewright did not create would be changed";
    Immutable = "immutable", "a property cannot be changed once the object exists";
    GraphRule = "graph-rule", "Microsoft Graph would refuse the object";
    BetaOnly = "beta-only", "a property exists in the beta edition of Graph alone";
    UnmodelledMember = "unmodelled-member", "a live object has a member that gatewright does not know";
    UnreadableObject = "unreadable-object", "a live object cannot be understood";
    InUse = "in-use", "an object that is to be deleted is still referred to";
    IgnoredPath = "ignored-path", "an entry of `ignoreChanges` names no property";
    Config = "config", "the project file is wrong";
    SignIn = "sign-in", "the tenant does not let gatewright in";
    NotConfirmed = "not-confirmed", "nobody agreed to what would be written";
    NoRun = "no-run", "a run is not known, or is of another tenant";
    Locked = "locked", "another run is under way for the same project and tenant";
    Guard = "guard", "a guard refuses the plan, or warns of it";
    MissingPermission = "missing-permission", "the sign-in may not do what was asked";
    MissingLicence = "missing-licence", "the tenant has no licence for what was asked";
    NobodyAtRisk = "nobody-at-risk", "a decision about risk would be about nobody";
    RiskGuard = "risk-guard", "a decision about risk would be about too many users, or a break-glass account";
    Failed = "failed", "the command could not be carried out";
    Import = "import", "what is to be known about a manifest that was written";
    JsonSyntax = "json-syntax", "a file is not well-formed JSON, or nests deeper than any export";
    LostData = "lost-data", "an export has lost what an object held";
    PartialList = "partial-list", "an export holds a part of a list alone";
    Repaired = "repaired", "a value of an export was brought into Graph's form";
    Placeholder = "placeholder", "a text stands where a name or id is to be filled in";
    DuplicateObject = "duplicate-object", "an export holds an object twice";
    MicrosoftManaged = "microsoft-managed", "an object is made and kept by Microsoft";
    NotShown = "not-shown", "there are more findings than are shown";
    PassedOver = "passed-over", "files of an export hold nothing for gatewright";
    NothingToImport = "nothing-to-import", "a file or folder holds nothing for gatewright";
    PlanFile = "plan-file", "a saved plan cannot be used";
    StalePlan = "stale-plan", "the tenant has changed since a plan was saved";
    Lint = "lint", "advice: what is allowed and has gone wrong elsewhere";
    AllowComment = "allow-comment", "a comment that is to take a finding back is wrong, or takes none back";
    EmptyProject = "empty-project", "a project without manifests would delete everything in its scope";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A place in a file.
#[derive(Debug, Clone)]
pub struct Place {
    /// The file.
    pub file: Arc<SourceFile>,
    /// The bytes of the file's text.
    pub range: Range<usize>,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, counted in characters.
    pub column: usize,
}

impl Place {
    /// The place of `range` in `file`, widened to whole characters of the text.
    pub fn new(file: &Arc<SourceFile>, range: Range<usize>) -> Place {
        let range = file.whole(range);
        let (line, column) = file.line_column(range.start);
        Place {
            file: Arc::clone(file),
            range,
            line,
            column,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file.name, self.line, self.column)
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        self.file.name == other.file.name && self.range == other.range
    }
}

/// One diagnostic.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What kind of finding it is.
    pub code: Code,
    /// How grave it is.
    pub severity: Severity,
    /// How sure it is. Advice (`lint`) says so; without it the finding is certain.
    pub confidence: Option<Confidence>,
    /// The rule that it is about: of Graph, such as `CA-R80`, or of lint.
    pub rule: Option<&'static str>,
    /// What is wrong: lower-case, names in backticks, no full stop.
    pub message: String,
    /// Where. Boxed to keep results small.
    pub place: Option<Box<Place>>,
    /// Other places that matter, each with a word on why.
    pub related: Vec<(Place, String)>,
    /// How to fix it.
    pub help: Option<String>,
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

    /// The same finding, at `place`.
    #[must_use]
    pub fn at(mut self, place: Place) -> Finding {
        self.place = Some(Box::new(place));
        self
    }

    /// The same finding, with a way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Finding {
        self.help = Some(help.into());
        self
    }

    /// The same finding, with the rule it is about.
    #[must_use]
    pub fn rule(mut self, rule: &'static str) -> Finding {
        self.rule = Some(rule);
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

/// Sorts by place and drops what is said twice.
pub fn tidy(findings: &mut Vec<Finding>) {
    findings.sort_by_cached_key(Finding::sort_key);
    findings.dedup();
}

/// The candidate that `text` was most likely meant to be: close in spelling, or equal but
/// for case.
pub fn did_you_mean<'a>(
    text: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let lower = text.to_lowercase();
    let mut best: Option<(f64, &str)> = None;
    for candidate in candidates {
        let other = candidate.to_lowercase();
        let score = if other == lower {
            2.0
        } else {
            strsim::jaro_winkler(&lower, &other)
                .max(strsim::normalized_damerau_levenshtein(&lower, &other))
        };
        if score > 0.82 && best.is_none_or(|(b, _)| score > b) {
            best = Some((score, candidate));
        }
    }
    best.map(|(_, text)| text)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_unique_and_described() {
        let texts: BTreeSet<&str> = Code::ALL.iter().map(|c| c.as_str()).collect();
        assert_eq!(texts.len(), Code::ALL.len());
        for code in Code::ALL {
            assert!(!code.description().is_empty() && !code.description().ends_with('.'));
        }
    }

    #[test]
    fn did_you_mean_finds_typing_errors_and_wrong_case_and_nothing_far_off() {
        let names = ["displayName", "conditions", "grantControls"];
        assert_eq!(did_you_mean("dispayName", names), Some("displayName"));
        assert_eq!(did_you_mean("GrantControls", names), Some("grantControls"));
        assert_eq!(did_you_mean("colour", names), None);
    }
}
