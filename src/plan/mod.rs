//! What apply would do: ordered actions with before, after and reason. Data, not text.

pub mod after;
pub mod backwards;
pub mod build;
mod checks;
pub mod compare;
pub mod diff;
pub mod file;
pub mod guard;
pub mod limit;
pub mod names;
pub mod order;
pub mod renames;
pub mod sign_ins;
pub mod strays;
mod turned;
pub mod weakening;

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::finding::{Finding, Place};
use crate::model::facts::Edition;
use crate::model::{Kind, Object};
use crate::tenant::snapshot::{Live, Organization};

pub use build::build;
pub(crate) use checks::in_use;

/// What happens to one object.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// It is made.
    Create,
    /// It is changed in place.
    Update,
    /// It is deleted.
    Delete,
}

impl Verb {
    /// `create`, `update` or `delete`.
    pub fn as_str(self) -> &'static str {
        match self {
            Verb::Create => "create",
            Verb::Update => "update",
            Verb::Delete => "delete",
        }
    }
}

/// When an action is carried out, seen from protection: a tenant is never less protected
/// between two steps than before and after both.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// What policies refer to is created and changed.
    Prepare,
    /// Members are added to groups.
    Link,
    /// Policies that add protection, and changes that only add.
    Protect,
    /// Changes of policies that add and take, or of which that is not known.
    Change,
    /// Changes that only take, and policies that end.
    Relax,
    /// Members are taken out of groups, strengths are loosened.
    Unlink,
    /// What nothing refers to any more is deleted.
    Remove,
}

/// One object, and what happens to it.
#[derive(Debug, Clone)]
pub struct Action {
    /// What happens.
    pub verb: Verb,
    /// The kind.
    pub kind: Kind,
    /// The name that people call the object by (after the action, when it is renamed).
    pub name: String,
    /// The live id; `None` for what is to be created.
    pub id: Option<String>,
    /// The manifest; `None` for deletions of objects without one.
    pub place: Option<Place>,
    /// When it is carried out.
    pub phase: Phase,
    /// Why, in a sentence.
    pub reason: String,
    /// The normal form before, with ids. `null` for a creation.
    pub before: Value,
    /// The normal form after, with ids or stand-ins for ids. `null` for a deletion.
    pub after: Value,
    /// The properties that differ, as dotted paths.
    pub changes: Vec<String>,
    /// The object to be, with ids or stand-ins; `None` for a deletion.
    pub desired: Option<Object>,
    /// The live object, as it was read.
    pub live: Option<Live>,
    /// When members of these groups are added and taken out, where that is not as usual.
    pub links: BTreeMap<String, (Phase, Phase)>,
    /// Properties whose live value is kept (`ignoreChanges`).
    pub ignored: Vec<String>,
    /// For a creation: the object is restored from the recycle bin, under its old id.
    pub restore: bool,
    /// For the creation of a test user: the deleted one of the same name that is purged first.
    pub purge: Option<String>,
    /// The edition of Graph that the write goes to.
    pub edition: Edition,
    /// What it does to protection; `None` until the guards were asked.
    pub effect: Option<weakening::Effect>,
}

impl Action {
    /// Whether its reason says no more than the action itself does.
    pub fn is_for_usual_reason(&self) -> bool {
        match self.verb {
            Verb::Create => self.reason == build::missing(self.kind),
            Verb::Update => self.reason == build::differs_in(&self.changes),
            Verb::Delete => false,
        }
    }
}

/// An object that is as its manifest says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unchanged {
    /// The kind.
    pub kind: Kind,
    /// The name.
    pub name: String,
    /// The id.
    pub id: String,
}

/// How many objects of each sort there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// To be created.
    pub create: usize,
    /// To be changed.
    pub update: usize,
    /// To be deleted.
    pub delete: usize,
    /// As their manifests say.
    pub unchanged: usize,
    /// Unmanaged: in the tenant, without a manifest.
    pub unmanaged: usize,
}

/// What apply would do.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The tenant's name in `gatewright.yaml`.
    pub tenant: String,
    /// The tenant.
    pub organization: Organization,
    /// When the tenant was read for it.
    pub read_at: Option<Timestamp>,
    /// The actions, in the order in which they are carried out.
    pub actions: Vec<Action>,
    /// Objects that need nothing.
    pub unchanged: Vec<Unchanged>,
    /// The names of live objects without a manifest and outside the scope, by kind.
    pub unmanaged: BTreeMap<Kind, Vec<String>>,
    /// Live objects that were most likely renamed in their manifests.
    pub renames: Vec<renames::Rename>,
    /// What it is limited to; `None`: the whole project.
    pub limit: Option<limit::PlanLimit>,
    /// The plan deletes what manifests name, and nothing else is to become of them.
    pub destroys: bool,
    /// What is worth knowing and stops nothing.
    pub notices: Vec<Finding>,
    /// Names of ids (lower-case) that the plan shows.
    pub names: BTreeMap<String, String>,
    /// The digest of the file that the plan was read from, when it was saved.
    pub saved: Option<String>,
    /// What the guards found.
    pub guards: Vec<guard::GuardFinding>,
    /// What the whole does to sign-ins; `None` until the guards were asked, and where it cannot
    /// do anything.
    pub sign_ins: Option<sign_ins::SignInEffect>,
}

impl Plan {
    /// True when nothing is to be done.
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }

    /// True when a guard refuses the plan: it must not be carried out.
    pub fn is_refused(&self) -> bool {
        self.guards.iter().any(guard::GuardFinding::refuses)
    }

    /// The guards that would have refused and were let through by `--allow`, each once.
    pub fn allowed_by_flag(&self) -> Vec<&'static str> {
        let mut ids: Vec<&str> = self
            .guards
            .iter()
            .filter(|v| v.allowed == Some(guard::AllowedBy::Flag))
            .map(|v| v.guard.as_str())
            .collect();
        ids.dedup();
        ids
    }

    /// The counts.
    pub fn summary(&self) -> Summary {
        let count = |verb| self.actions.iter().filter(|a| a.verb == verb).count();
        Summary {
            create: count(Verb::Create),
            update: count(Verb::Update),
            delete: count(Verb::Delete),
            unchanged: self.unchanged.len(),
            unmanaged: self.unmanaged.values().map(Vec::len).sum(),
        }
    }

    /// The manifest form of a normal form: names in the place of ids, as far as they are
    /// known.
    pub fn named(&self, kind: Kind, normal: &Value) -> Value {
        if normal.is_null() {
            return Value::Null;
        }
        match Object::from_value(kind, normal) {
            Ok(mut object) => {
                for reference in object.references_mut() {
                    *reference.target = self.name_of(reference.target);
                }
                object.normal_form()
            }
            Err(_) => normal.clone(),
        }
    }

    /// The manifest forms of an action, before and after, for people: a principal name in
    /// the spelling that its manifest has.
    pub fn shown(&self, action: &Action) -> (Value, Value) {
        let mut sides = [&action.before, &action.after].map(|side| self.named(action.kind, side));
        for side in &mut sides {
            if let Some(slot) = side.get_mut("userPrincipalName")
                && slot
                    .as_str()
                    .is_some_and(|text| text.eq_ignore_ascii_case(&action.name))
            {
                *slot = action.name.clone().into();
            }
        }
        let [before, after] = sides;
        (before, after)
    }

    /// What a person calls the object of an id; the id itself when that is not known.
    pub fn name_of(&self, id: &str) -> String {
        if let Some((kind, name)) = crate::tenant::resolve::is_pending(id) {
            let own = self
                .actions
                .iter()
                .find(|a| a.kind == kind && crate::model::kind::same_name(kind, &a.name, &name));
            return own.map_or(name, |action| action.name.clone());
        }
        match self.names.get(&id.to_lowercase()) {
            Some(name) => {
                // Two objects of one name must not look like one.
                let shared = self.names.values().filter(|other| *other == name).count() > 1;
                if shared {
                    format!("{name} ({id})")
                } else {
                    name.clone()
                }
            }
            None => id.to_owned(),
        }
    }
}
