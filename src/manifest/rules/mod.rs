//! The rules of Microsoft Graph that can be decided without a tenant: what the service
//! would answer with 400 is found before any request. Each finding names its rule.
//!
//! A rule sees the object after variables and plain forms, with names still in the place
//! of ids. Rules that need the tenant are in `plan`.
//!
//! One file per subject, one function per rule; its comment names the rule. What is said about
//! each rule, and how sure it is, stands in [`crate::finding::registry::graph`].

pub mod clouds;

mod conditions;
mod context;
mod device_rule;
mod directory;
mod grant;
mod location;
mod policy;
mod resources;
mod session;
mod sign_in_frequency;
mod strength;
mod users;
mod workloads;

#[cfg(test)]
mod tests;

pub(crate) use policy::client_types;

use serde_json::Value;

use super::schema::Repaired;
use super::write::flow;
use super::yaml::Document;
use crate::finding::{Code, Finding, Graph, Place};
use crate::model::Object;
use crate::model::tables::special;
use crate::model::tables::special::SpecialValue;

/// Takes the findings of the rules for one manifest.
pub struct Reporter<'a> {
    /// The manifest's document.
    pub document: &'a Document,
    /// Where parts of the object stand that the document has elsewhere: the beginnings of
    /// pointers, in the object and in the document.
    pub moved: &'a [(&'a str, &'a str)],
    /// Pointers to what is unknown of the object: nothing is said of that.
    pub unjudged: &'a [String],
    /// Where the findings go.
    pub findings: &'a mut Vec<Finding>,
}

impl Reporter<'_> {
    /// Where a part of the object stands in the document.
    fn pointer(&self, pointer: &str) -> String {
        moved(self.moved, pointer)
    }

    /// What the document holds of a part of the object.
    fn value(&self, pointer: &str) -> Option<&Value> {
        self.document.value.pointer(&self.pointer(pointer))
    }

    fn place(&self, pointer: &str) -> Place {
        self.document.place(&self.pointer(pointer))
    }

    /// Graph refuses this: an error at the value at `pointer`.
    pub fn refuse(&mut self, rule: Graph, pointer: &str, message: &str, help: &str) {
        self.add(
            Finding::error(Code::GraphRule, message),
            rule,
            pointer,
            help,
        );
    }

    /// It is not sure that Graph refuses this, or that it does what is meant: a warning.
    pub fn warn(&mut self, rule: Graph, pointer: &str, message: &str, help: &str) {
        self.add(
            Finding::warning(Code::GraphRule, message),
            rule,
            pointer,
            help,
        );
    }

    /// It is right, and worth a word.
    pub fn hint(&mut self, rule: Graph, pointer: &str, message: &str, help: &str) {
        self.add(Finding::hint(Code::GraphRule, message), rule, pointer, help);
    }

    /// What can be written in the place of the value at `pointer`, of which was told last.
    pub fn fix(&mut self, pointer: &str, was: &str, value: &str, is_safe: bool) {
        let place = self.place(pointer);
        let is_it = |finding: &mut Finding| finding.place.as_deref() == Some(&place);
        if let Some(finding) = self.findings.pop_if(is_it) {
            let text = flow(&value.into());
            self.findings.push(finding.fix(was, text, is_safe));
        }
    }

    fn add(&mut self, finding: Finding, rule: Graph, pointer: &str, help: &str) {
        // What is unknown may narrow a policy: that it is broad, or does nothing, cannot be said.
        let is_sure = finding.is_error() || self.unjudged.is_empty();
        if is_sure && Repaired::judges(self.unjudged, pointer) {
            let place = self.place(pointer);
            self.findings.push(finding.rule(rule).at(place).help(help));
        }
    }
}

/// The pointer into the document for one into the object.
pub(super) fn moved(table: &[(&str, &str)], pointer: &str) -> String {
    let found = table.iter().find_map(|(from, to)| {
        let rest = pointer.strip_prefix(from)?;
        (rest.is_empty() || rest.starts_with('/')).then(|| format!("{to}{rest}"))
    });
    found.unwrap_or_else(|| pointer.to_owned())
}

/// Checks one object against every rule for its kind.
pub fn check(object: &Object, report: &mut Reporter<'_>) {
    match object {
        Object::ConditionalAccessPolicy(policy) => {
            policy::check(policy, report);
            users::check(policy, report);
            workloads::check(policy, report);
            resources::check(policy, report);
            conditions::check(policy, report);
            grant::check(policy, report);
            session::check(policy, report);
        }
        Object::NamedLocation(location) => location::check(location, report),
        Object::AuthenticationStrength(strength) => strength::check(strength, report),
        Object::AuthenticationContext(context) => context::check(context, report),
        Object::Group(group) => directory::check_group(group, report),
        Object::TestUser(user) => directory::check_user(user, report),
    }
}

/// True when `text` is the special value `value` of `list`, in any letter case.
fn is_special(list: &[SpecialValue], text: &str, value: &str) -> bool {
    special::canonical(list, text.trim()) == Some(value)
}

/// Where the special value `value` of `list` stands among `items`.
fn position_of(list: &[SpecialValue], items: &[String], value: &str) -> Option<usize> {
    items.iter().position(|text| is_special(list, text, value))
}

/// Whether a control is on.
fn is_on(flag: Option<bool>) -> bool {
    flag == Some(true)
}

/// The texts in backticks, joined by commas.
fn quoted<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let texts: Vec<String> = texts.into_iter().map(|text| format!("`{text}`")).collect();
    texts.join(", ")
}

/// A sentence part that offers the closest candidate, or `otherwise`.
fn suggest<'a>(
    text: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    otherwise: impl FnOnce() -> String,
) -> String {
    match crate::finding::did_you_mean(text, candidates) {
        Some(known) => format!("did you mean `{known}`?"),
        None => otherwise(),
    }
}
