//! The findings of an export, so many of each file and no more: a file may have a fault in
//! every one of a million values.

use indexmap::IndexMap;

use crate::finding::{Code, Finding, Place, Severity};
use crate::text::counted;

/// How many findings about one file are kept.
const MAX_OF_FILE: usize = 200;

/// Where a placeholder stands.
#[derive(Debug, Clone)]
pub(crate) struct MetPlaceholder {
    /// The member that holds it.
    pub(crate) member: String,
    /// The first time.
    pub(crate) place: Place,
    /// How often.
    pub(crate) times: usize,
}

/// What has been found.
#[derive(Debug, Default)]
pub(crate) struct Noted {
    /// The placeholders that were met.
    placeholders: IndexMap<String, MetPlaceholder>,
    list: Vec<Finding>,
    of_file: usize,
    left_out: usize,
    errors_left_out: bool,
}

impl Noted {
    /// Notes a finding that is made only when there is room for it: to find its place in a
    /// long line takes time.
    pub(crate) fn note(&mut self, finding: impl FnOnce() -> Finding) {
        if self.of_file < MAX_OF_FILE {
            self.of_file += 1;
            self.list.push(finding());
        } else {
            self.left_out += 1;
        }
    }

    /// Notes a finding of severity error.
    pub(crate) fn error(&mut self, finding: impl FnOnce() -> Finding) {
        self.errors_left_out |= self.of_file >= MAX_OF_FILE;
        self.note(finding);
    }

    /// Notes a finding about the whole file, or all files.
    pub(crate) fn push(&mut self, finding: Finding) {
        self.list.push(finding);
    }

    /// Ends the findings about the file `name`.
    pub(crate) fn end_file(&mut self, name: &str) {
        if self.left_out > 0 {
            let severity = if self.errors_left_out {
                Severity::Error
            } else {
                Severity::Warning
            };
            let more = counted(self.left_out, "more finding");
            let message = format!("{more} about `{name}`, not shown");
            self.list.push(Finding {
                severity,
                ..Finding::error(Code::NotShown, message).help("fix what is shown, and check again")
            });
        }
        (self.of_file, self.left_out, self.errors_left_out) = (0, 0, false);
    }

    /// Notes a placeholder: one is told once, however often it stands.
    pub(crate) fn placeholder(&mut self, word: &str, member: &str, place: impl FnOnce() -> Place) {
        match self.placeholders.get_mut(word) {
            Some(met) => met.times += 1,
            None => {
                let met = MetPlaceholder {
                    member: member.to_owned(),
                    place: place(),
                    times: 1,
                };
                self.placeholders.insert(word.to_owned(), met);
            }
        }
    }

    /// The placeholders that were met, in the order of their first times.
    pub(crate) fn take_placeholders(&mut self) -> IndexMap<String, MetPlaceholder> {
        std::mem::take(&mut self.placeholders)
    }

    /// The list that was noted, to add to it.
    pub(crate) fn list(&mut self) -> &mut Vec<Finding> {
        &mut self.list
    }

    /// Every finding.
    pub(crate) fn into_list(self) -> Vec<Finding> {
        self.list
    }
}
