//! Policies that say the same: one is left over, and will be forgotten when the other changes.

use std::collections::HashMap;

use super::view::Policy;
use super::{RuleFindings, Rule, Subject};
use crate::finding::LintRule;
use crate::model::kind::Object;
use crate::model::policy::ConditionalAccessPolicy;

pub(super) const RULE: Rule = Rule {
    id: LintRule::DuplicatePolicy,
    check,
};

fn check(subject: &Subject<'_>, report: &mut RuleFindings<'_>) {
    let mut firsts: HashMap<String, Policy<'_>> = HashMap::new();
    for policy in subject.policies().filter(Policy::is_on) {
        let text = content(subject, policy).to_string();
        let Some(first) = firsts.get(&text) else {
            firsts.insert(text, policy);
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

/// The policy with each reference in one spelling.
pub(super) fn keyed(subject: &Subject<'_>, policy: Policy<'_>) -> ConditionalAccessPolicy {
    let mut object = Object::ConditionalAccessPolicy(Box::new(policy.policy.clone()));
    for reference in object.references_mut() {
        *reference.target = subject.key(reference.kind, reference.target);
    }
    match object {
        Object::ConditionalAccessPolicy(policy) => *policy,
        _ => policy.policy.clone(),
    }
}

/// Conditions and controls in normal form, each reference in one spelling.
pub(super) fn content(subject: &Subject<'_>, policy: Policy<'_>) -> serde_json::Value {
    let object = Object::ConditionalAccessPolicy(Box::new(keyed(subject, policy)));
    let mut value = object.normal_form();
    if let Some(map) = value.as_object_mut() {
        map.shift_remove("displayName");
        map.shift_remove("state");
    }
    value
}
