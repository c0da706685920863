//! `promotion`: enabling a policy for all users is a change of its own, so that what was
//! observed in report-only is what is enforced.

use super::{Hit, policy};
use crate::model::Kind;
use crate::model::enums::PolicyState;
use crate::model::policy::ConditionalAccessPolicy;
use crate::plan::{Action, Plan, Verb};

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
        let beneath: Vec<String> = plan
            .actions
            .iter()
            .filter(|other| everybody && is_beneath(action, after, other))
            .map(|other| format!("the {} `{}`", other.kind.words(), other.name))
            .collect();
        if !beneath.is_empty() {
            hits.push(
                Hit::error(format!(
                    "`{}` is enabled for all users while {} changes, which it uses",
                    action.name,
                    beneath.join(", ")
                ))
                .help("apply the other changes first, while the policy is report-only, check the sign-in logs, and then change only the state")
                .on(action),
            );
        }
        if everybody && !others.is_empty() {
            hits.push(
                Hit::error(format!(
                    "`{}` is enabled for all users and changes in {} in one step",
                    action.name,
                    others.join(", ")
                ))
                .help("apply the other changes first, while the policy is report-only, check the sign-in logs, and then change only the state")
                .on(action),
            );
        }
    }
    hits
}

/// True for a change of a strength that the policy asks for, or of a place that it names.
fn is_beneath(action: &Action, policy: &ConditionalAccessPolicy, other: &Action) -> bool {
    let Some(id) = other.id.as_deref().filter(|_| other.verb == Verb::Update) else {
        return false;
    };
    // A new name changes nothing that is enforced.
    if other
        .changes
        .iter()
        .all(|c| c == "displayName" || c == "description")
    {
        return false;
    }
    match other.kind {
        Kind::AuthenticationStrength => {
            let pointer = "/grantControls/authenticationStrength";
            let used = action.after.pointer(pointer).and_then(|v| v.as_str());
            used.is_some_and(|used| used.eq_ignore_ascii_case(id))
        }
        Kind::NamedLocation => policy.conditions.locations.as_ref().is_some_and(|places| {
            let trusted = [&other.before, &other.after]
                .iter()
                .any(|side| side.get("isTrusted") == Some(&serde_json::Value::Bool(true)));
            places
                .include_locations
                .iter()
                .chain(places.exclude_locations.iter())
                .any(|place| {
                    place.eq_ignore_ascii_case(id)
                        || trusted && place.eq_ignore_ascii_case("AllTrusted")
                })
        }),
        _ => false,
    }
}
