//! `# gatewright: allow RULE reason`: a comment that takes a warning back where it stands,
//! with the reason for the next reader.
//!
//! On a line of its own it is for what begins below it (a property with all that is in it;
//! above the first property of a document, the whole document). Behind something it is for
//! what begins on its line. What Graph would refuse cannot be allowed.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use indexmap::IndexMap;

use super::comments::{Comment, comments};
use super::yaml::{Document, SpanIndex};
use crate::finding::source::SourceFile;
use crate::finding::{Code, Finding, Place, Severity, did_you_mean};

const WORD: &str = "gatewright:";
const FORM: &str = "write `# gatewright: allow RULE reason`";

/// A finding that a comment allowed.
#[derive(Debug, Clone, PartialEq)]
pub struct Allowed {
    /// The finding.
    pub finding: Finding,
    /// Why, in the words of the comment.
    pub reason: String,
    /// The comment.
    pub place: Place,
}

/// One comment that allows.
#[derive(Debug)]
struct Allow {
    rule: String,
    reason: String,
    place: Place,
    /// What it is for, as bytes of the file's text.
    covers: Vec<Range<usize>>,
    used: bool,
    /// What it would allow is an error of Graph.
    in_vain: bool,
}

/// The comments of some files.
#[derive(Debug, Default)]
pub struct Allows {
    list: Vec<Allow>,
    /// Where the comments on a rule in a file stand in the list.
    of: HashMap<(String, String), Vec<usize>>,
    malformed: Vec<Finding>,
}

impl Allows {
    /// Reads the comments of the files that the documents stand in.
    pub fn of<'a>(documents: impl IntoIterator<Item = &'a Document>) -> Allows {
        let mut files: IndexMap<&str, (&Arc<SourceFile>, Vec<&SpanIndex>)> = IndexMap::new();
        for document in documents {
            let file = files.entry(document.file.name.as_str());
            let (_, spans) = file.or_insert_with(|| (&document.file, Vec::new()));
            spans.push(&document.spans);
        }
        let mut allows = Allows::default();
        for (file, spans) in files.into_values() {
            if file.text.contains(WORD) {
                allows.read(file, &parts(&spans));
            }
        }
        allows
    }

    fn read(&mut self, file: &Arc<SourceFile>, parts: &[DocumentPart<'_>]) {
        for comment in comments(file) {
            let Some(rest) = comment.text.strip_prefix(WORD) else {
                continue;
            };
            let place = Place::new(file, comment.range.clone());
            let mut words = rest.trim().splitn(3, char::is_whitespace);
            let (verb, rule) = (words.next(), words.next());
            let reason = words.next().unwrap_or_default().trim();
            let fault = match (verb, rule) {
                (Some("allow"), Some(_)) if reason.is_empty() => {
                    "the comment gives no reason, so it allows nothing".to_owned()
                }
                (Some("allow"), Some(rule)) => {
                    let key = (file.name.clone(), rule.to_owned());
                    self.of.entry(key).or_default().push(self.list.len());
                    self.list.push(Allow {
                        rule: rule.to_owned(),
                        reason: reason.to_owned(),
                        place,
                        covers: covered(file, parts, &comment),
                        used: false,
                        in_vain: false,
                    });
                    continue;
                }
                (Some("allow"), None) => "the comment does not say which rule it allows".to_owned(),
                (Some(verb), _) if !verb.is_empty() => {
                    format!("`{verb}` is not an instruction to gatewright")
                }
                _ => "the comment gives no instruction".to_owned(),
            };
            self.malformed.push(
                Finding::warning(Code::AllowComment, fault)
                    .at(place)
                    .help(FORM),
            );
        }
    }

    /// Takes back what is allowed; answers the rest and what was taken back.
    pub fn apply(&mut self, findings: Vec<Finding>) -> (Vec<Finding>, Vec<Allowed>) {
        let mut kept = Vec::new();
        let mut allowed = Vec::new();
        for finding in findings {
            let found = self.allow_for(&finding);
            match found.and_then(|at| self.list.get_mut(at)) {
                Some(allow) if may_be_allowed(&finding) => {
                    allow.used = true;
                    allowed.push(Allowed {
                        finding,
                        reason: allow.reason.clone(),
                        place: allow.place.clone(),
                    });
                }
                Some(allow) => {
                    allow.in_vain |= finding.severity == Severity::Error;
                    kept.push(finding);
                }
                None => kept.push(finding),
            }
        }
        (kept, allowed)
    }

    /// The number of the comment that is for a finding.
    fn allow_for(&self, finding: &Finding) -> Option<usize> {
        let rule = finding
            .rule
            .map_or_else(|| finding.code.as_str(), |rule| rule.as_str());
        let place = finding.place.as_deref()?;
        // A comment on a whole patch is for what it makes of the manifest, and one on a whole manifest
        // for what patches make of it.
        let beside = place.beside.iter().flat_map(|others| others.iter());
        let mut places = std::iter::once(place).chain(beside.map(|(other, _)| other));
        places.find_map(|place| self.allow_at(place, rule))
    }

    /// The number of the comment that is for findings of a rule at a place.
    fn allow_at(&self, place: &Place, rule: &str) -> Option<usize> {
        let of_file = self.of.get(&(place.file.name.clone(), rule.to_owned()))?;
        let mut of_file = of_file.iter().copied();
        of_file.find(|at| {
            let covers = self.list.get(*at).map(|allow| &allow.covers);
            let mut covers = covers.into_iter().flatten();
            covers.any(|range| range.contains(&place.range.start))
        })
    }

    /// What is wrong with the comments themselves.
    pub fn malformed(&self, known: &[&str]) -> Vec<Finding> {
        let mut findings = self.malformed.clone();
        for allow in &self.list {
            if allow.in_vain {
                findings.push(
                    Finding::warning(
                        Code::AllowComment,
                        format!("`{}` is an error here, which cannot be allowed", allow.rule),
                    )
                    .at(allow.place.clone())
                    .help("fix the error, and remove the comment"),
                );
            } else if !known.contains(&allow.rule.as_str()) {
                let help = match did_you_mean(&allow.rule, known.iter().copied()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "write the rule as the finding shows it in brackets, after `lint:` or `graph-rule:`".to_owned(),
                };
                findings.push(
                    Finding::warning(
                        Code::AllowComment,
                        format!("`{}` is not a rule that can be allowed", allow.rule),
                    )
                    .at(allow.place.clone())
                    .help(help),
                );
            }
        }
        findings
    }

    /// The comments that took nothing back, those left out whose rule is not in `known` or
    /// is one of `elsewhere`, which this check does not decide.
    pub fn unused(&self, known: &[&str], elsewhere: &[&str]) -> Vec<Finding> {
        self.list
            .iter()
            .filter(|allow| !allow.used && !allow.in_vain)
            .filter(|allow| !elsewhere.contains(&allow.rule.as_str()))
            .filter(|allow| known.contains(&allow.rule.as_str()))
            .map(|allow| {
                Finding::warning(
                    Code::AllowComment,
                    format!("nothing here breaks `{}`: the comment allows nothing", allow.rule),
                )
                .at(allow.place.clone())
                .help("remove the comment; it belongs on a line of its own above what it is for, or at the end of that line")
            })
            .collect()
    }
}

/// The findings without a rule that a comment may take back, while they are no errors.
pub const CODES: [Code; 4] = [
    Code::ReadOnlyProperty,
    Code::DuplicateName,
    Code::UnresolvedReference,
    Code::WrongReferenceKind,
];

/// Advice can be taken back whatever its severity was set to, and what Graph takes with a
/// warning. What a plan or a guard says is not about the manifest alone, and stays.
fn may_be_allowed(finding: &Finding) -> bool {
    match finding.code {
        Code::Lint => true,
        Code::GraphRule => finding.severity != Severity::Error,
        code => CODES.contains(&code) && finding.severity != Severity::Error,
    }
}

/// A part of a document: where it begins, its pointer, its document.
type DocumentPart<'a> = (usize, &'a str, &'a SpanIndex);

/// Every part of every document of a file. The outermost of what begins at one place comes first:
/// it has the shortest pointer.
fn parts<'a>(spans: &[&'a SpanIndex]) -> Vec<DocumentPart<'a>> {
    let mut parts: Vec<DocumentPart<'a>> = Vec::new();
    for index in spans {
        let of_document = index.parts();
        parts.extend(of_document.map(|(pointer, begin)| (begin, pointer, *index)));
    }
    parts.sort_by_key(|(begin, pointer, _)| (*begin, pointer.len()));
    parts
}

/// What a comment is for.
fn covered(file: &SourceFile, parts: &[DocumentPart<'_>], comment: &Comment) -> Vec<Range<usize>> {
    let from = |at: usize| {
        let first = parts.partition_point(|(begin, ..)| *begin < at);
        parts.get(first..).unwrap_or_default().iter()
    };
    if comment.trailing {
        let (line, _) = file.line_column(comment.range.start);
        let begun: BTreeSet<(usize, usize)> = from(file.offset(line, 1))
            .take_while(|(begin, ..)| *begin < comment.range.start)
            .filter(|(_, pointer, _)| !pointer.is_empty())
            .map(|(_, pointer, index)| {
                let range = index.extent(pointer);
                (range.start, range.end)
            })
            .collect();
        return begun.into_iter().map(|(start, end)| start..end).collect();
    }
    from(comment.range.end)
        .next()
        .map(|(_, pointer, index)| index.extent(pointer))
        .into_iter()
        .collect()
}
