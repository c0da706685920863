//! The order of actions, and why: dependencies before what refers to them; then policies
//! that add protection, then changes, then removals; then what nothing refers to any more.

use serde_json::Value;

use super::{Action, Phase, Verb};
use crate::model::Kind;

/// When an action is carried out.
pub fn phase(verb: Verb, kind: Kind, before: &Value, after: &Value) -> Phase {
    match (kind, verb) {
        (Kind::ConditionalAccessPolicy, Verb::Create) => Phase::Protect,
        (Kind::ConditionalAccessPolicy, Verb::Delete) => Phase::Relax,
        (Kind::ConditionalAccessPolicy, Verb::Update) => {
            let (old, new) = (force(before), force(after));
            match old.cmp(&new) {
                std::cmp::Ordering::Less => Phase::Protect,
                std::cmp::Ordering::Equal => Phase::Change,
                std::cmp::Ordering::Greater => Phase::Relax,
            }
        }
        (_, Verb::Delete) => Phase::Remove,
        (_, Verb::Create | Verb::Update) => Phase::Prepare,
    }
}

/// How strongly a policy is enforced, by its state alone.
fn force(policy: &Value) -> u8 {
    match policy.get("state").and_then(Value::as_str) {
        Some("enabled") => 2,
        Some("enabledForReportingButNotEnforced") => 1,
        _ => 0,
    }
}

/// Puts actions in the order in which they are carried out. Within a phase: by kind, what
/// is referred to first (last for deletions), then by name, so that the order is stable.
pub fn sort(actions: &mut [Action]) {
    actions.sort_by(|a, b| {
        let rank = |action: &Action| {
            let kind = action.kind as i32;
            let kind = if action.verb == Verb::Delete {
                -kind
            } else {
                kind
            };
            (action.phase, kind)
        };
        rank(a)
            .cmp(&rank(b))
            .then_with(|| a.verb.cmp(&b.verb))
            .then_with(|| a.name.cmp(&b.name))
            .then_with(|| a.id.cmp(&b.id))
    });
}
