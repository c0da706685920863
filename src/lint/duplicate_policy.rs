//! Policies that say the same: one is left over, and will be forgotten when the other changes.

use std::collections::HashMap;

use super::view::Policy;
use super::{RuleFindings, Rule, Subject};
use crate::finding::LintRule;

pub(super) const RULE: Rule = Rule {
    id: LintRule::DuplicatePolicy,
    check,
};

fn check(subject: &Subject<'_>, report: &mut RuleFindings<'_>) {
    let mut firsts: HashMap<usize, Policy<'_>> = HashMap::new();
    for (policy, spelt) in subject.spelt() {
        let Some(first) = firsts.get(&spelt.content) else {
            firsts.insert(spelt.content, policy);
            continue;
        };
        let (message, help) = match first.is_enforced() == policy.is_enforced() {
            true => (
                format!("the policy says the same as `{}`", first.name()),
                "delete one of them, or change what should differ",
            ),
            false => (
                format!(
                    "except for its state the policy says the same as `{}`: what is enforced need not also be report-only",
                    first.name()
                ),
                "delete the report-only one, or change what it tries out",
            ),
        };
        report
            .add(policy.manifest.place(), message, help)
            .related
            .push((first.manifest.place(), "the other one".to_owned()));
    }
}
