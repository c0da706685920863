//! Policies that another one makes idle: it applies wherever they do, and requires as much.

use super::covers::{applies_wherever, requires_as_much};
use super::duplicate_policy::content;
use super::view::Policy;
use super::{Report, Rule, Subject};
use crate::manifest::finding::{Confidence, Severity};

pub(super) const RULE: Rule = Rule {
    id: "shadowed-policy",
    summary: "a policy changes nothing, because an enabled one covers and requires as much",
    severity: Severity::Hint,
    confidence: Confidence::Medium,
    check,
};

fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let policies: Vec<Policy<'_>> = subject.policies().filter(Policy::is_on).collect();
    for (index, narrow) in policies.iter().enumerate() {
        let shadow = policies.iter().enumerate().find(|(other, wide)| {
            *other != index
                && wide.is_enforced()
                && applies_wherever(subject, **wide, *narrow)
                && requires_as_much(subject, **wide, *narrow)
                // Two that shadow each other: the first one stays.
                && (*other < index
                    || !narrow.is_enforced()
                    || !(applies_wherever(subject, *narrow, **wide)
                        && requires_as_much(subject, *narrow, **wide)))
                // The rule `duplicate-policy` says more.
                && content(subject, **wide) != content(subject, *narrow)
        });
        if let Some((_, wide)) = shadow {
            report
                .add(
                    narrow.manifest.place(),
                    format!(
                        "the policy changes nothing: `{}` applies wherever it does, and requires as much",
                        wide.name()
                    ),
                    "delete it, or allow it with the reason why it is kept beside the other",
                )
                .related
                .push((wide.manifest.place(), "the other one".to_owned()));
        }
    }
}
