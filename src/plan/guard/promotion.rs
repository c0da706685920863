//! `promotion`: enabling a policy for all users is a change of its own, so that what was
//! observed in report-only is what is enforced.

use super::{Hit, policy};
use crate::model::enums::PolicyState;
use crate::plan::{Plan, Verb};

pub(super) fn check(plan: &Plan) -> Vec<Hit> {
    let mut hits = Vec::new();
    for action in plan.actions.iter().filter(|a| a.verb == Verb::Update) {
        let sides = (
            action.live.as_ref().and_then(|live| policy(&live.object)),
            action.desired.as_ref().and_then(policy),
        );
        let (Some(before), Some(after)) = sides else {
            continue;
        };
        let enabled = Some(PolicyState::Enabled);
        if before.state == enabled || after.state != enabled {
            continue;
        }
        let everybody = after.conditions.users.as_ref().is_some_and(|u| {
            u.include_users
                .iter()
                .any(|u| u.eq_ignore_ascii_case("All"))
        });
        // A new name changes nothing that is enforced.
        let others: Vec<String> = action
            .changes
            .iter()
            .filter(|c| *c != "state" && *c != "displayName")
            .map(|c| format!("`{c}`"))
            .collect();
        if everybody && !others.is_empty() {
            hits.push(
                Hit::error(format!(
                    "`{}` is enabled for all users and changes in {} in one step",
                    action.name,
                    others.join(", ")
                ))
                .help("apply the other changes first, while the policy is report-only, look at the sign-in logs, and then change the state alone")
                .on(action),
            );
        }
    }
    hits
}
