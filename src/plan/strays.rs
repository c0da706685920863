//! What of the tenant no manifest describes, and which of it is an object of a manifest under
//! another name.

use std::collections::HashSet;

use super::build::{delete, is_deletable};
use super::renames::alike;
use super::{Action, Plan, Verb};
use crate::model::Kind;
use crate::model::kind::same_name;
use crate::tenant::snapshot::{Live, Snapshot};

/// The kinds of which a snapshot holds all objects that it holds any of.
const LISTED: [Kind; 4] = [
    Kind::ConditionalAccessPolicy,
    Kind::NamedLocation,
    Kind::AuthenticationStrength,
    Kind::AuthenticationContext,
];

/// Live objects without a manifest and outside of the scope, by kind and name.
pub fn strays<'a>(plan: &Plan, snapshot: &'a Snapshot) -> Vec<&'a Live> {
    let acted_on = (plan.actions.iter()).filter_map(|a| Some((a.kind, a.id.as_deref()?)));
    let unchanged = plan.unchanged.iter().map(|u| (u.kind, u.id.as_str()));
    let known: HashSet<(Kind, &str)> = acted_on.chain(unchanged).collect();
    let mut found: Vec<&Live> = LISTED
        .iter()
        .flat_map(|kind| snapshot.of(*kind))
        .filter(|live| is_deletable(live) && !known.contains(&(live.kind, live.id.as_str())))
        .collect();
    found.sort_by(|a, b| (b.kind, a.name(), &a.id).cmp(&(a.kind, b.name(), &b.id)));
    found
}

/// The action of an object without a manifest that somebody asks for by its name.
pub fn stray_action(live: &Live) -> Action {
    delete(live, "it has no manifest")
}

/// An object of a manifest that has another name in the tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenamedLive {
    /// The kind.
    pub kind: Kind,
    /// The name in the manifest.
    pub manifest: String,
    /// The name in the tenant.
    pub live: String,
}

/// Manifests whose objects were renamed in the tenant: a run of the project knew the object of
/// that id by the manifest's name (`known`), or one object alone is equal to what is missing but for its name,
/// and to nothing else that is missing.
pub fn renamed_live(
    plan: &Plan,
    snapshot: &Snapshot,
    known: &dyn Fn(Kind, &str) -> Option<String>,
) -> Vec<RenamedLive> {
    let told_by_name = |kind: Kind| kind == Kind::AuthenticationContext;
    let mut missing: Vec<&Action> = (plan.actions.iter())
        .filter(|a| a.verb == Verb::Create && LISTED.contains(&a.kind) && !told_by_name(a.kind))
        .collect();
    if missing.is_empty() {
        return Vec::new();
    }
    let deleted = (plan.actions.iter()).filter(|a| a.verb == Verb::Delete && a.place.is_none());
    let mut free: Vec<&Live> = strays(plan, snapshot);
    free.extend(deleted.filter_map(|action| action.live.as_ref()));
    // Of two with one name nobody could tell which is meant.
    free.retain(|live| snapshot.live.named(live.kind, live.name()).len() == 1);
    let mut found = Vec::new();
    let mut take = |action: &Action, live: &Live| {
        found.push(RenamedLive {
            kind: action.kind,
            manifest: action.name.clone(),
            live: live.name().to_owned(),
        });
        live.id.clone()
    };
    missing.retain(|action| {
        let is_it = |live: &&&Live| {
            live.kind == action.kind
                && known(live.kind, &live.id)
                    .is_some_and(|name| same_name(action.kind, &name, &action.name))
        };
        let mut ones = free.iter().filter(is_it);
        let (Some(one), None) = (ones.next(), ones.next()) else {
            return true;
        };
        let taken = take(action, one);
        free.retain(|live| live.id != taken);
        false
    });
    let lives = |kind: Kind| {
        let lives = free.iter().copied();
        lives.filter(|live| live.kind == kind).collect()
    };
    for (actions, lives) in alike(missing, lives) {
        if let ([action], [live]) = (actions.as_slice(), lives.as_slice()) {
            take(action, live);
        }
    }
    found
}
