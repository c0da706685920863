//! Policies that another one makes idle: it applies wherever they do, and requires as much.

use std::collections::HashMap;

use super::covers::applies_wherever;
use super::duplicate_policy::{content, keyed};
use super::view::Policy;
use super::{RuleFindings, Rule, Subject};
use crate::finding::LintRule;
use crate::model::policy::ConditionalAccessPolicy;
use crate::whatif::{CompiledPolicies, Environment, World};

pub(super) const RULE: Rule = Rule {
    id: LintRule::ShadowedPolicy,
    check,
};

/// A policy whose references are in one spelling, with the number of its content: the same
/// for those that say the same.
struct Keyed<'a> {
    policy: Policy<'a>,
    keyed: ConditionalAccessPolicy,
    content: usize,
    /// Its number among the compiled ones.
    number: usize,
}

impl Keyed<'_> {
    fn spelt(&self) -> Policy<'_> {
        Policy {
            manifest: self.policy.manifest,
            policy: &self.keyed,
        }
    }

    /// Whether this one makes `other` idle.
    fn covers(&self, other: &Keyed<'_>, compiled: &CompiledPolicies) -> bool {
        self.policy.is_enforced()
            && applies_wherever(self.spelt(), other.spelt())
            && compiled.is_as_strict(self.number, other.number)
    }
}

fn check(subject: &Subject<'_>, report: &mut RuleFindings<'_>) {
    let mut contents: HashMap<String, usize> = HashMap::new();
    let mut policies: Vec<Keyed<'_>> = subject
        .policies()
        .filter(Policy::is_on)
        .map(|policy| {
            let next = contents.len();
            let text = content(subject, policy).to_string();
            Keyed {
                policy,
                keyed: keyed(subject, policy),
                content: *contents.entry(text).or_insert(next),
                number: 0,
            }
        })
        .collect();
    let objects = subject.desired.manifests.iter().map(|m| &m.object);
    let world = World::new(objects, Environment::default());
    let compiled = CompiledPolicies::new(policies.iter().map(|one| &one.keyed), &world);
    for (given, one) in policies.iter_mut().enumerate() {
        one.number = compiled.number_of(given).unwrap_or_default();
    }
    for (index, narrow) in policies.iter().enumerate() {
        let shadow = policies.iter().enumerate().find(|(other, wide)| {
            // The rule `duplicate-policy` says more.
            wide.content != narrow.content
                && wide.covers(narrow, &compiled)
                // Two that shadow each other: the first one stays.
                && (*other < index || !narrow.covers(wide, &compiled))
        });
        if let Some((_, wide)) = shadow {
            report
                .add(
                    narrow.policy.manifest.place(),
                    format!(
                        "the policy changes nothing: `{}` applies wherever it does, and requires as much",
                        wide.policy.name()
                    ),
                    "delete it, or allow it with the reason why it is kept beside the other",
                )
                .related
                .push((wide.policy.manifest.place(), "the other one".to_owned()));
        }
    }
}
