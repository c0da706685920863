//! What a plan rests on: what was asked of the tenant, and what was found.
//!
//! A plan is stale when one of these moved: an object with a manifest, or one that the plan
//! changes or deletes; a policy of whatever owner (order and guards look at all of them);
//! what managed objects refer to; what a name stands for, or that it stands for nothing; and
//! what is in the project's scope. A new object of another owner is no reason, unless it
//! takes a name that the plan asked for, or refers to what the plan changes or deletes.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fingerprint::{Extent, Fingerprint};
use super::lookup::{Lookup, lookups, renamed};
use crate::finding::{Code, Finding};
use crate::manifest::config::Scope;
use crate::manifest::project::Desired;
use crate::model::{Kind, Object};
use crate::plan::build::is_deletable;
use crate::plan::{Action, Plan, Verb};
use crate::tenant::snapshot::{Live, Snapshot};
use crate::tenant::wanted::{Own, Wanted};
use crate::text::few_names;

/// What a plan rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ground {
    /// Which live objects the project owned.
    pub scope: Scope,
    /// What was asked of the tenant.
    pub wanted: Wanted,
    /// The objects that manifests describe.
    pub own: Own,
    /// Live objects, as they were.
    pub objects: Vec<Fingerprint>,
    /// What names and ids stood for.
    pub lookups: Vec<Lookup>,
}

impl Ground {
    /// What `plan` rests on, which was made of this snapshot for these manifests, or for a part
    /// of them. What was read for the others counts as well, and `wanted` is for all: the guards
    /// judge the whole, and a live object may refer to what another manifest describes.
    pub fn of(
        plan: &Plan,
        (desired, part): (&Desired, &Desired),
        wanted: Wanted,
        scope: Scope,
        snapshot: &Snapshot,
    ) -> Ground {
        Ground {
            scope,
            wanted,
            own: Own::from(desired),
            objects: objects(plan, snapshot),
            lookups: lookups(part, snapshot),
        }
    }

    /// The fingerprint of an object.
    pub fn object(&self, kind: Kind, id: &str) -> Option<&Fingerprint> {
        self.objects
            .iter()
            .find(|o| o.kind == kind && o.id.eq_ignore_ascii_case(id))
    }

    /// What has moved since, each with what it is; empty: the plan can be carried out.
    /// `actions` are those of the plan.
    pub fn moved(&self, actions: &[Action], snapshot: &Snapshot) -> Vec<Finding> {
        let mut found: Vec<String> = Vec::new();
        let mut told = BTreeSet::new();
        for old in &self.objects {
            let words = match (old.kind, old.extent) {
                (Kind::TestUser, Extent::Identity) => "user",
                (kind, _) => kind.words(),
            };
            let what = format!("the {words} `{}` ({})", old.name, old.id);
            let Some(live) = snapshot.by_id(old.kind, &old.id) else {
                let end = match old.kind {
                    // These are read by their names.
                    Kind::Group | Kind::TestUser => "was deleted or renamed",
                    _ => "was deleted",
                };
                found.push(format!("{what} {end}"));
                told.insert(old.id.to_lowercase());
                continue;
            };
            let new = Fingerprint::of(live, old.extent);
            if new.sha256 != old.sha256 {
                let paths = different(&old.properties, &new.properties);
                found.push(format!("{what} has changed: {}", listed(&paths)));
                told.insert(old.id.to_lowercase());
            }
        }
        found.extend(self.arrived(actions, snapshot, &mut told));
        for old in &self.lookups {
            let new = old.among.find(&old.name, snapshot);
            let same = new == old.ids;
            // An object that was told of above need not be told of by its name, too.
            let known = new
                .iter()
                .chain(&old.ids)
                .filter(|id| !(new.contains(id) && old.ids.contains(id)))
                .all(|id| told.contains(id));
            if !same && !known {
                found.push(renamed(old, &new));
            }
        }
        found
            .into_iter()
            .map(|message| {
                Finding::error(Code::StalePlan, message)
                    .help("make a new plan with `gatewright plan --out FILE`, and review it")
            })
            .collect()
    }

    /// Objects that were not there, and would have counted.
    fn arrived(
        &self,
        actions: &[Action],
        snapshot: &Snapshot,
        told: &mut BTreeSet<String>,
    ) -> Vec<String> {
        let mut found = Vec::new();
        let written: BTreeSet<String> = actions
            .iter()
            .filter(|a| a.verb != Verb::Create)
            .filter_map(|a| a.id.as_ref().map(|id| id.to_lowercase()))
            .collect();
        for kind in Kind::ALL {
            for live in snapshot.of(kind) {
                if self.object(kind, &live.id).is_some() {
                    continue;
                }
                let name = match kind {
                    Kind::AuthenticationContext => live.object.display_name(),
                    _ => live.name(),
                };
                let what = format!("the {} `{}` ({})", kind.words(), live.name(), live.id);
                let refers = kind == Kind::ConditionalAccessPolicy
                    && live
                        .object
                        .references()
                        .iter()
                        .any(|(_, _, target)| written.contains(&target.to_lowercase()));
                if is_deletable(live) && self.scope.rule(kind).holds(name) {
                    found.push(format!(
                        "{what} is new in the project's scope and not part of the plan"
                    ));
                } else if refers {
                    found.push(format!(
                        "{what} is new, and refers to what the plan changes or deletes"
                    ));
                } else {
                    continue;
                }
                told.insert(live.id.to_lowercase());
            }
        }
        found
    }
}

/// A list of properties that a person reads to its end.
fn listed(paths: &[String]) -> String {
    few_names(paths, 8)
}

fn different(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Vec<String> {
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    paths
        .into_iter()
        .filter(|path| old.get(*path) != new.get(*path))
        .cloned()
        .collect()
}

/// The live objects that were looked at to decide.
fn objects(plan: &Plan, snapshot: &Snapshot) -> Vec<Fingerprint> {
    let managed: BTreeSet<(Kind, String)> = plan
        .actions
        .iter()
        .filter(|a| a.verb != Verb::Create)
        .filter_map(|a| Some((a.kind, a.id.as_ref()?.to_lowercase())))
        .chain(plan.unchanged.iter().map(|u| (u.kind, u.id.to_lowercase())))
        .collect();
    let is_managed = |live: &Live| managed.contains(&(live.kind, live.id.to_lowercase()));
    let mut referred: BTreeSet<String> = BTreeSet::new();
    let mut refer = |object: &Object| {
        let targets = object.references().into_iter().map(|(_, _, target)| target);
        referred.extend(targets.map(|target| target.to_lowercase()));
    };
    for live in Kind::ALL.iter().flat_map(|kind| snapshot.of(*kind)) {
        if is_managed(live) {
            refer(&live.object);
        }
    }
    for desired in plan.actions.iter().filter_map(|a| a.desired.as_ref()) {
        refer(desired);
    }
    let mut found = Vec::new();
    for kind in Kind::ALL {
        for live in snapshot.of(kind) {
            let person = matches!(kind, Kind::Group | Kind::TestUser);
            let extent = if is_managed(live) || kind == Kind::ConditionalAccessPolicy {
                Extent::Whole
            } else if referred.contains(&live.id.to_lowercase()) {
                if person {
                    Extent::Identity
                } else {
                    Extent::Whole
                }
            } else {
                continue;
            };
            found.push(Fingerprint::of(live, extent));
        }
    }
    found.sort_by(|a, b| (a.kind, &a.name, &a.id).cmp(&(b.kind, &b.name, &b.id)));
    found
}
