//! What the formats for reviewers and pipelines show besides a plan, and where it is.

use crate::finding::cause::causes;
use crate::finding::registry::Table;
use crate::finding::{Entry, Finding, Guard, Place, RuleId, Severity};
use crate::plan::Plan;
use crate::plan::guard::AllowedBy;
use crate::text::few;

/// What was said about a plan that does not stand in the plan itself. Empty where nobody was
/// asked.
#[derive(Debug, Clone, Default)]
pub struct Review {
    /// What the guards found.
    pub verdicts: Vec<ReviewFinding>,
}

/// What a guard found.
#[derive(Debug, Clone)]
pub struct ReviewFinding {
    /// The guard's id.
    pub guard: String,
    /// What it found. An error refuses the plan.
    pub finding: Finding,
    /// Why it does not refuse all the same, in words.
    pub allowed: Option<String>,
}

impl ReviewFinding {
    /// True when the plan must not be carried out.
    pub fn refuses(&self) -> bool {
        self.finding.severity == Severity::Error && self.allowed.is_none()
    }
}

/// A finding, and why it stops nothing although it is an error.
#[derive(Debug, Clone, Copy)]
pub struct Remark<'a> {
    /// The finding.
    pub finding: &'a Finding,
    /// The guard that found it.
    pub guard: Option<&'a str>,
    /// Why it is let through, in words.
    pub allowed: Option<&'a str>,
}

/// The findings as remarks, the gravest first: forges show the first few alone.
pub fn remarks(findings: &[Finding]) -> Vec<Remark<'_>> {
    sorted(findings.iter().map(Remark::of).collect())
}

/// The findings that no guard made, each cause once, with its other places in the way out: for
/// forms of which readers see the first few alone.
pub fn told_once(list: &[Remark<'_>]) -> Vec<Finding> {
    let plain = list.iter().filter(|remark| remark.is_plain());
    let told = causes(plain.map(|remark| remark.finding)).into_iter();
    told.map(|cause| {
        let mut finding = cause.first.clone();
        let (shown, more) = cause.other_places();
        let shown: Vec<String> = shown.into_iter().map(ToString::to_string).collect();
        let also = match (shown.is_empty(), more) {
            (true, _) => return finding,
            (_, 0) => format!("also at {}", shown.join(", ")),
            _ => format!("also at {} and {more} more", shown.join(", ")),
        };
        finding.help = Some(match finding.help {
            Some(help) => format!("{help}\n{also}"),
            None => also,
        });
        finding
    })
    .collect()
}

/// The remarks with these findings in the place of those that no guard made.
pub fn with_findings<'a>(list: &[Remark<'a>], findings: &'a [Finding]) -> Vec<Remark<'a>> {
    let of_guards = list.iter().filter(|remark| !remark.is_plain()).copied();
    sorted(of_guards.chain(findings.iter().map(Remark::of)).collect())
}

impl Review {
    /// What was said about `plan` when its guards were asked.
    pub fn of(plan: &Plan) -> Review {
        Review {
            verdicts: plan
                .guards
                .iter()
                .map(|verdict| ReviewFinding {
                    guard: verdict.guard.as_str().to_owned(),
                    finding: verdict.finding.clone(),
                    allowed: verdict.allowed.map(|by| match by {
                        AllowedBy::Flag => "with `--allow`, for this run".to_owned(),
                        AllowedBy::File => "by an entry of the guards file".to_owned(),
                    }),
                })
                .collect(),
        }
    }

    /// What guards found and a plan notes, the gravest first.
    pub fn remarks<'a>(&'a self, notices: &'a [Finding]) -> Vec<Remark<'a>> {
        let guards = self.verdicts.iter().map(|verdict| Remark {
            finding: &verdict.finding,
            guard: Some(&verdict.guard),
            allowed: verdict.allowed.as_deref(),
        });
        sorted(guards.chain(notices.iter().map(Remark::of)).collect())
    }
}

fn sorted(mut list: Vec<Remark<'_>>) -> Vec<Remark<'_>> {
    list.sort_by_key(|remark| (remark.allowed.is_some(), remark.finding.severity));
    list
}

impl<'a> Remark<'a> {
    pub(super) fn of(finding: &'a Finding) -> Remark<'a> {
        Remark {
            finding,
            guard: None,
            allowed: None,
        }
    }

    /// Whether no guard found it.
    pub(super) fn is_plain(&self) -> bool {
        self.guard.is_none() && self.allowed.is_none()
    }

    /// What it is called: the code, and the rule or guard where there is one.
    pub fn id(&self) -> String {
        match (self.guard, self.finding.rule) {
            (Some(guard), _) => format!("guard/{guard}"),
            (None, Some(rule)) => format!("{}/{rule}", self.finding.code),
            (None, None) => self.finding.code.as_str().to_owned(),
        }
    }

    /// What the registry says about it: about the rule or guard, where there is one.
    pub fn row(&self) -> (Table, &'static Entry) {
        let guard = || self.guard.and_then(Guard::parse).map(RuleId::Guard);
        match self.finding.rule.or_else(guard) {
            Some(rule) => (rule.table(), rule.row()),
            None => (Table::Codes, self.finding.code.row()),
        }
    }

    /// True when it stops the command.
    pub fn stops(&self) -> bool {
        self.finding.severity == Severity::Error && self.allowed.is_none()
    }

    /// The message, and what to do.
    pub fn text(&self) -> String {
        let mut text = self.finding.message.clone();
        if let Some(help) = &self.finding.help {
            text.push_str("\nhelp: ");
            text.push_str(help);
        }
        if let Some(why) = self.allowed {
            text.push_str("\nlet through: ");
            text.push_str(why);
        }
        text
    }
}

/// Findings that differ in one name alone, the first that each names: they are told once.
#[derive(Debug)]
pub(super) struct SaidAlike<T> {
    /// The first of them.
    pub first: T,
    /// The others: the name, and the place of each.
    pub others: Vec<(String, Option<Place>)>,
}

/// What findings have in common, with the message without its name, and the help.
type SaidKey<K> = (K, String, Option<String>);

impl<T> SaidAlike<T> {
    /// Those that say the same of several, in the order of the first of each; `key` is what else
    /// they have in common.
    pub(super) fn of<K: PartialEq>(
        all: impl IntoIterator<Item = T>,
        finding: impl Fn(&T) -> &Finding,
        key: impl Fn(&T) -> K,
    ) -> Vec<SaidAlike<T>> {
        let mut found: Vec<(SaidKey<K>, SaidAlike<T>)> = Vec::new();
        for one in all {
            let own = finding(&one);
            let (name, said) = of_one(&own.message);
            let said = (key(&one), said, own.help.clone());
            match found.iter_mut().find(|(known, _)| *known == said) {
                Some((_, alike)) => alike.others.push((name, own.place.as_deref().cloned())),
                None => {
                    let alike = SaidAlike {
                        first: one,
                        others: Vec::new(),
                    };
                    found.push((said, alike));
                }
            }
        }
        found.into_iter().map(|(_, alike)| alike).collect()
    }

    /// Of whom it is said too, in words: each name, by `named`, and the place, by `at`.
    pub(super) fn also(
        &self,
        named: impl Fn(&str) -> String,
        at: impl Fn(&Place) -> String,
    ) -> Option<String> {
        const MOST: usize = 10;
        let words = self.others.iter().map(|(name, place)| {
            let place = place.as_ref().map(&at);
            match (name.as_str(), place) {
                ("", place) => place.unwrap_or_default(),
                (name, None) => named(name),
                (name, Some(place)) => format!("{} ({place})", named(name)),
            }
        });
        let words = few(words, MOST);
        (!words.is_empty()).then(|| format!("the same for {words}"))
    }
}

/// The first name in a message, and the message without it.
fn of_one(message: &str) -> (String, String) {
    let parts = message.split_once('`');
    let parts = parts.and_then(|(before, rest)| Some((before, rest.split_once('`')?)));
    match parts {
        Some((before, (name, after))) => (name.to_owned(), format!("{before}`{after}")),
        None => (String::new(), message.to_owned()),
    }
}

/// What remarks are about.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// The command, such as `plan`.
    pub command: &'static str,
    /// The tenant that was asked for.
    pub tenant: Option<String>,
    /// The project's folder as the repository knows it: relative to its root, with forward
    /// slashes; empty for the root.
    pub folder: String,
}

impl About {
    /// A project's file as the repository knows it, which is how forges find it.
    pub fn path(&self, name: &str) -> String {
        if name.starts_with('/') || name.contains(":/") || self.folder.is_empty() {
            return name.to_owned();
        }
        let mut parts: Vec<&str> = Vec::new();
        for part in self.folder.split('/').chain(name.split('/')) {
            match part {
                "" | "." => {}
                ".." if parts.last().is_some_and(|last| *last != "..") => {
                    parts.pop();
                }
                other => parts.push(other),
            }
        }
        match parts.is_empty() {
            true => ".".to_owned(),
            false => parts.join("/"),
        }
    }
}

/// From where to where something reaches: lines and columns from 1, the end column is the
/// first one that does not belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// The first line.
    pub line: usize,
    /// The first column, in characters.
    pub column: usize,
    /// The last line.
    pub end_line: usize,
    /// The column after the last, in characters.
    pub end_column: usize,
}

impl Region {
    /// The region of a place. A place that covers nothing has one character.
    pub fn of(place: &Place) -> Region {
        let (mut end_line, mut end_column) = place.file.line_column(place.range.end);
        // The break at the end of a line belongs to that line.
        let text = &place.file.text;
        let mut end = place.range.end.min(text.len());
        while end_line > place.line
            && end > place.range.start
            && text
                .as_bytes()
                .get(end - 1)
                .is_some_and(u8::is_ascii_whitespace)
        {
            end -= 1;
            (end_line, end_column) = place.file.line_column(end);
        }
        if (end_line, end_column) <= (place.line, place.column) {
            (end_line, end_column) = (place.line, place.column + 1);
        }
        Region {
            line: place.line,
            column: place.column,
            end_line,
            end_column,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::source::SourceFile;

    #[test]
    fn paths_are_those_of_the_repository() {
        let about = |folder: &str| About {
            folder: folder.to_owned(),
            ..About::default()
        };
        assert_eq!(about("").path("policies/a.yaml"), "policies/a.yaml");
        assert_eq!(
            about("infra/ca").path("policies/a.yaml"),
            "infra/ca/policies/a.yaml"
        );
        assert_eq!(
            about("infra/ca").path("../shared/a.yaml"),
            "infra/shared/a.yaml"
        );
        assert_eq!(about("ca").path("../../a.yaml"), "../a.yaml");
        assert_eq!(about("ca").path("/tmp/a.yaml"), "/tmp/a.yaml");
        assert_eq!(about("ca").path(".."), ".");
    }

    #[test]
    fn a_region_ends_where_its_text_ends() {
        let file = SourceFile::new("a", "a", "ab: é1\nc: d\n".to_owned());
        let region = |range| {
            let r = Region::of(&Place::new(&file, range));
            (r.line, r.column, r.end_line, r.end_column)
        };
        assert_eq!(region(4..7), (1, 5, 1, 7));
        assert_eq!(region(0..8), (1, 1, 1, 7), "without the line break");
        assert_eq!(region(0..12), (1, 1, 2, 5));
        assert_eq!(region(4..4), (1, 5, 1, 6));
        let empty = SourceFile::new("a", "a", String::new());
        let r = Region::of(&Place::new(&empty, 0..0));
        assert_eq!((r.line, r.column, r.end_line, r.end_column), (1, 1, 1, 2));
    }
}
