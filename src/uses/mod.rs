//! The graph of references: which object names which, by which member, and what depends on an
//! object in the end. Made of the manifests of a project or of a tenant as it was read; pure.

mod build;
mod claims;
mod find;
mod kind;
mod names;
mod sources;
mod values;
mod walk;

use crate::finding::Place;
use crate::model::enums::PolicyState;

pub use kind::UsedKind;
pub use names::NamedId;
pub use sources::{SourceObject, UseSources};
pub use walk::UseStep;

/// One object of the graph: of a manifest or of the tenant, or named by one that is.
#[derive(Debug, Clone, PartialEq)]
pub struct UsedObject {
    /// What it is.
    pub kind: UsedKind,
    /// What people call it; its id where no name is known.
    pub name: String,
    /// Its id, where that is known and is not the name.
    pub id: Option<String>,
    /// What it is called besides, such as the display name of an authentication context, or what a
    /// special value stands for.
    pub also: Option<String>,
    /// The state of a policy.
    pub state: Option<PolicyState>,
    /// Where its manifest is.
    pub place: Option<Place>,
    /// Whether a manifest describes it, or the tenant was seen to have it; else it is only named.
    pub is_described: bool,
}

/// One reference: `user` names `used`, both as their place among the objects. A group uses its
/// members, also where the manifest of the member says so.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectUse {
    /// The object that refers.
    pub user: usize,
    /// The object that is referred to.
    pub used: usize,
    /// The member that holds the reference, such as `conditions.users.excludeGroups`.
    pub member: String,
    /// Where the reference stands.
    pub place: Option<Place>,
}

/// Who refers to whom.
#[derive(Debug, Clone, Default)]
pub struct ReferenceGraph {
    /// The objects: policies first, then by name. The same input gives the same order.
    pub objects: Vec<UsedObject>,
    /// The references, by the object that refers, then by the one that is referred to.
    pub uses: Vec<ObjectUse>,
    /// For each object the references to it.
    users: Vec<Vec<usize>>,
    /// For each object the references of it.
    used: Vec<Vec<usize>>,
    names: names::ObjectNames,
}

/// Who refers to whom, in what is given. In time linear in it.
pub fn graph(sources: &UseSources<'_>) -> ReferenceGraph {
    let mut building = build::Building::of(sources);
    claims::refer(&mut building, sources);
    building.completed(sources)
}

impl ReferenceGraph {
    /// The references to an object: who uses it.
    pub fn users_of(&self, object: usize) -> impl Iterator<Item = &ObjectUse> {
        self.among(self.users.get(object))
    }

    /// The references of an object: what it uses.
    pub fn uses_of(&self, object: usize) -> impl Iterator<Item = &ObjectUse> {
        self.among(self.used.get(object))
    }

    fn among(&self, list: Option<&Vec<usize>>) -> impl Iterator<Item = &ObjectUse> {
        list.into_iter()
            .flatten()
            .filter_map(|at| self.uses.get(*at))
    }
}
