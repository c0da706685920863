//! Policies that say the same: one is left over, and will be forgotten when the other changes.

use super::view::Policy;
use super::{Report, Rule, Subject};
use crate::manifest::finding::{Confidence, Severity};
use crate::model::kind::Object;

pub(super) const RULE: Rule = Rule {
    id: "duplicate-policy",
    summary: "two policies have the same conditions and controls",
    severity: Severity::Warning,
    confidence: Confidence::High,
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let policies: Vec<(Policy<'_>, serde_json::Value)> = subject
        .policies()
        .filter(Policy::is_on)
        .map(|policy| (policy, content(subject, policy)))
        .collect();
    for (index, (policy, text)) in policies.iter().enumerate() {
        let Some((first, _)) = policies[..index].iter().find(|(_, other)| other == text) else {
            continue;
        };
        let (message, help) = match first.is_enforced() == policy.is_enforced() {
            true => (
                format!("the policy says the same as `{}`", first.name()),
                "delete one of them, or change what was meant to differ",
            ),
            false => (
                format!(
                    "but for its state the policy says the same as `{}`: what is enforced need not be reported on as well",
                    first.name()
                ),
                "delete the one in report-only, or change what it is to try out",
            ),
        };
        report
            .add(policy.manifest.place(), message, help)
            .related
            .push((first.manifest.place(), "the other one".to_owned()));
    }
}

/// Conditions and controls in normal form, each reference in one spelling.
pub(super) fn content(subject: &Subject<'_>, policy: Policy<'_>) -> serde_json::Value {
    let mut object = Object::ConditionalAccessPolicy(Box::new(policy.policy.clone()));
    for reference in object.references_mut() {
        *reference.target = subject.key(reference.kind, reference.target);
    }
    let mut value = object.normal_form();
    if let Some(map) = value.as_object_mut() {
        map.shift_remove("displayName");
        map.shift_remove("state");
    }
    value
}
