//! Which policies a project's claims rest on.

use std::collections::BTreeSet;

use super::invariant::JudgedInvariant;
use super::scenario::Judged;
use crate::model::enums::PolicyState;
use crate::model::policy::ConditionalAccessPolicy;

/// Which policies, of those that are not disabled, a claim rests on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Coverage {
    /// Policies that some claim rests on.
    pub covered: Vec<String>,
    /// Policies that no claim rests on.
    pub uncovered: Vec<String>,
}

impl Coverage {
    /// A scenario rests on the policies that apply to its sign-in, and on those that it says do
    /// or do not; an invariant on those that carry its proof.
    pub fn of(
        policies: &[ConditionalAccessPolicy],
        judged: &[Judged<'_>],
        invariants: &[JudgedInvariant],
    ) -> Coverage {
        let mut rests = BTreeSet::new();
        for one in invariants {
            rests.extend(one.carried_by.iter().map(|name| name.to_string()));
        }
        for one in judged {
            let applied = one.got.iter().flat_map(|got| &got.policies);
            let applied = applied.filter(|policy| policy.applies == Some(true));
            rests.extend(applied.map(|policy| policy.display_name.to_string()));
            let expected = one.scenario.scenario.expect.policies.iter();
            rests.extend(
                expected
                    .flat_map(|e| e.applied.iter().chain(&e.not_applied))
                    .cloned(),
            );
        }
        let mut coverage = Coverage::default();
        for policy in policies {
            if policy.state == Some(PolicyState::Disabled) {
                continue;
            }
            let id = policy.id.as_deref().unwrap_or_default();
            match rests.contains(&policy.display_name) || rests.contains(id) {
                true => coverage.covered.push(policy.display_name.clone()),
                false => coverage.uncovered.push(policy.display_name.clone()),
            }
        }
        coverage.covered.sort();
        coverage.uncovered.sort();
        coverage
    }
}
