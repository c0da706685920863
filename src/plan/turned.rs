//! A plan read the other way round.

use serde_json::Value;

use super::{Action, Plan, Verb};
use crate::tenant::snapshot::Live;

/// The plan that leads from what the manifests say to what the tenant has.
pub fn backwards(plan: &Plan) -> Plan {
    let mut done = plan.clone();
    for action in &mut done.actions {
        turn(action);
    }
    done
}

/// An object that the plan would create was deleted, one that it would delete was created. Ids
/// stay, by which a live object is known to be the action's.
fn turn(action: &mut Action) {
    std::mem::swap(&mut action.before, &mut action.after);
    let manifest = action.desired.take();
    let live = action.live.take();
    action.desired = live.as_ref().map(|live| live.object.clone());
    action.live = manifest.map(|object| Live {
        kind: action.kind,
        id: action.id.clone().unwrap_or_default(),
        object,
        raw: live.map_or(Value::Null, |live| live.raw),
        unknown: Vec::new(),
    });
    action.verb = match action.verb {
        Verb::Create => Verb::Delete,
        Verb::Update => Verb::Update,
        Verb::Delete => Verb::Create,
    };
}
