//! Names for the ids that a plan shows.

use std::collections::{BTreeMap, BTreeSet};

use super::Plan;
use crate::model::Object;
use crate::model::normal::is_empty;
use crate::model::refs::RefKind;
use crate::tenant::resolve::is_pending;
use crate::tenant::snapshot::{NameIndex, Snapshot};

/// The names of the ids that the plan shows, as far as the snapshot has them.
pub fn known(plan: &Plan, snapshot: &Snapshot) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for (kind, id) in shown_references(plan) {
        let kinds: &[RefKind] = match kind {
            RefKind::Member => &[RefKind::User, RefKind::Group, RefKind::ServicePrincipal],
            RefKind::Context => continue, // its id is how people call it
            _ => std::slice::from_ref(&kind),
        };
        for kind in kinds {
            if let Some(known) = snapshot.index.by_id(*kind, &id) {
                let name = match kind {
                    RefKind::Application => crate::model::tables::APPS
                        .by_id(&id)
                        .map_or(known.name.as_str(), |app| app.name),
                    _ => known.name.as_str(),
                };
                names.insert(id.to_lowercase(), name.to_owned());
            } else if *kind == RefKind::Application
                && let Some(app) = crate::model::tables::APPS.by_id(&id)
            {
                names.insert(id.to_lowercase(), app.name.to_owned());
            }
        }
    }
    names
}

/// Adds the names of the plan to those that a snapshot knows.
pub fn teach(plan: &Plan, index: &mut NameIndex) {
    for (kind, id) in shown_references(plan) {
        if let Some(name) = plan.names.get(&id.to_lowercase())
            && index.by_id(kind, &id).is_none()
        {
            index.add(kind, &id, name);
        }
    }
}

/// Every reference by id in what the plan shows before and after.
fn shown_references(plan: &Plan) -> Vec<(RefKind, String)> {
    let mut found = Vec::new();
    for action in &plan.actions {
        for side in [&action.before, &action.after] {
            if is_empty(side) {
                continue;
            }
            if let Ok(object) = Object::from_value(action.kind, side) {
                for (kind, _, target) in object.references() {
                    let special =
                        crate::model::tables::special::canonical(kind.special_values(), &target);
                    if is_pending(&target).is_none() && special.is_none() {
                        found.push((kind, target));
                    }
                }
            }
        }
    }
    found
}

/// Ids that the plan shows without a name: object ids, and app ids.
pub fn unnamed(plan: &Plan) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut ids, mut apps) = (BTreeSet::new(), BTreeSet::new());
    for (kind, id) in shown_references(plan) {
        if plan.names.contains_key(&id.to_lowercase()) || !crate::text::is_guid(&id) {
            continue;
        }
        match kind {
            RefKind::Application => apps.insert(id.to_lowercase()),
            RefKind::User | RefKind::Group | RefKind::Member | RefKind::ServicePrincipal => {
                ids.insert(id.to_lowercase())
            }
            _ => false,
        };
    }
    (ids, apps)
}
