//! What the tenant holds.

use std::collections::BTreeSet;
use std::ops::{Deref, DerefMut};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::value::Map;

/// Objects by id, and which of them were changed since they were saved.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Objects {
    map: Map,
    /// The ids of those that were put or taken out; `None`: any may have been.
    #[serde(skip)]
    marks: Option<BTreeSet<String>>,
}

impl Objects {
    fn is_none(&self) -> bool {
        self.map.is_empty()
    }

    pub(super) fn marks(&self) -> Option<&BTreeSet<String>> {
        self.marks.as_ref()
    }

    /// Puts an object, in the place of the one that has the id.
    pub(crate) fn insert(&mut self, id: String, object: Value) -> Option<Value> {
        self.mark(&id);
        self.map.insert(id, object)
    }

    /// Takes an object out; the others stay in their order.
    pub(crate) fn shift_remove(&mut self, id: &str) -> Option<Value> {
        self.mark(id);
        self.map.shift_remove(id)
    }

    fn mark(&mut self, id: &str) {
        if let Some(marks) = &mut self.marks {
            marks.insert(id.to_owned());
        }
    }
}

impl Default for Objects {
    fn default() -> Objects {
        Objects::from(Map::new())
    }
}

impl From<Map> for Objects {
    fn from(map: Map) -> Objects {
        Objects { map, marks: None }
    }
}

impl PartialEq for Objects {
    fn eq(&self, other: &Objects) -> bool {
        self.map == other.map
    }
}

impl Deref for Objects {
    type Target = Map;

    fn deref(&self) -> &Map {
        &self.map
    }
}

/// Whoever changes them in another way may change any.
impl DerefMut for Objects {
    fn deref_mut(&mut self) -> &mut Map {
        self.marks = None;
        &mut self.map
    }
}

impl<'a> IntoIterator for &'a Objects {
    type Item = (&'a String, &'a Value);
    type IntoIter = serde_json::map::Iter<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.map.iter()
    }
}

/// Everything the tenant holds. Objects are kept by id in the order of their creation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Tenant {
    pub version: u64,
    pub tenant_id: String,
    pub display_name: String,
    #[serde(default)]
    pub domains: Objects,
    #[serde(default)]
    pub policies: Objects,
    #[serde(default)]
    pub named_locations: Objects,
    /// Custom and built-in ones.
    #[serde(default)]
    pub authentication_strengths: Objects,
    #[serde(default)]
    pub authentication_contexts: Objects,
    #[serde(default)]
    pub users: Objects,
    #[serde(default)]
    pub groups: Objects,
    /// Lists of member ids by group id. An id of a deleted object stays until the
    /// object is purged, so that a restored user is a member again.
    #[serde(default)]
    pub members: Objects,
    #[serde(default)]
    pub owners: Objects,
    #[serde(default)]
    pub service_principals: Objects,
    /// Since version 3.
    #[serde(default)]
    pub applications: Objects,
    /// The id of the manager by user id. Since version 3.
    #[serde(default)]
    pub managers: Objects,
    #[serde(default)]
    pub agreements: Objects,
    #[serde(default)]
    pub deleted_policies: Objects,
    #[serde(default)]
    pub deleted_named_locations: Objects,
    /// Deleted users and groups, each with its `@odata.type`.
    #[serde(default)]
    pub deleted_objects: Objects,
    /// Activated directory roles; their members are in `members`. Since version 2.
    #[serde(default)]
    pub directory_roles: Objects,
    /// Since version 2.
    #[serde(default)]
    pub risk_detections: Objects,
    /// By user id. Since version 2.
    #[serde(default)]
    pub risky_users: Objects,
    /// Lists of history items by user id. Since version 2.
    #[serde(default)]
    pub risk_history: Objects,
    /// Records of sign-ins, as beta shows them.
    #[serde(default, skip_serializing_if = "Objects::is_none")]
    pub sign_ins: Objects,
    /// What was written, and by whom, in few words: the newest records.
    #[serde(default, skip_serializing_if = "Objects::is_none")]
    pub audits: Objects,
}

impl Tenant {
    /// All that it holds, by the names that the file has.
    pub(crate) fn collections(&self) -> [(&'static str, &Objects); 22] {
        [
            ("domains", &self.domains),
            ("policies", &self.policies),
            ("namedLocations", &self.named_locations),
            ("authenticationStrengths", &self.authentication_strengths),
            ("authenticationContexts", &self.authentication_contexts),
            ("users", &self.users),
            ("groups", &self.groups),
            ("members", &self.members),
            ("owners", &self.owners),
            ("servicePrincipals", &self.service_principals),
            ("applications", &self.applications),
            ("managers", &self.managers),
            ("agreements", &self.agreements),
            ("deletedPolicies", &self.deleted_policies),
            ("deletedNamedLocations", &self.deleted_named_locations),
            ("deletedObjects", &self.deleted_objects),
            ("directoryRoles", &self.directory_roles),
            ("riskDetections", &self.risk_detections),
            ("riskyUsers", &self.risky_users),
            ("riskHistory", &self.risk_history),
            ("signIns", &self.sign_ins),
            ("audits", &self.audits),
        ]
    }

    /// The same, to be changed.
    pub(crate) fn collections_mut(&mut self) -> [(&'static str, &mut Objects); 22] {
        [
            ("domains", &mut self.domains),
            ("policies", &mut self.policies),
            ("namedLocations", &mut self.named_locations),
            (
                "authenticationStrengths",
                &mut self.authentication_strengths,
            ),
            ("authenticationContexts", &mut self.authentication_contexts),
            ("users", &mut self.users),
            ("groups", &mut self.groups),
            ("members", &mut self.members),
            ("owners", &mut self.owners),
            ("servicePrincipals", &mut self.service_principals),
            ("applications", &mut self.applications),
            ("managers", &mut self.managers),
            ("agreements", &mut self.agreements),
            ("deletedPolicies", &mut self.deleted_policies),
            ("deletedNamedLocations", &mut self.deleted_named_locations),
            ("deletedObjects", &mut self.deleted_objects),
            ("directoryRoles", &mut self.directory_roles),
            ("riskDetections", &mut self.risk_detections),
            ("riskyUsers", &mut self.risky_users),
            ("riskHistory", &mut self.risk_history),
            ("signIns", &mut self.sign_ins),
            ("audits", &mut self.audits),
        ]
    }

    /// Notes that everything is saved.
    pub(crate) fn settle(&mut self) {
        for (_, objects) in self.collections_mut() {
            objects.marks = Some(BTreeSet::new());
        }
    }

    fn objects(&self) -> [&Objects; 17] {
        [
            &self.domains,
            &self.policies,
            &self.named_locations,
            &self.authentication_strengths,
            &self.authentication_contexts,
            &self.users,
            &self.groups,
            &self.service_principals,
            &self.applications,
            &self.agreements,
            &self.deleted_policies,
            &self.deleted_named_locations,
            &self.directory_roles,
            &self.risk_detections,
            &self.risky_users,
            &self.sign_ins,
            &self.audits,
        ]
    }

    /// What the type cannot say about a file that someone edited.
    pub(crate) fn fault(&self) -> Option<String> {
        let no_object = self
            .objects()
            .into_iter()
            .chain([&self.deleted_objects])
            .flatten()
            .find(|(_, v)| !v.is_object());
        if let Some((id, _)) = no_object {
            return Some(format!("`{id}` is not an object"));
        }
        let no_list = [&self.members, &self.owners, &self.risk_history]
            .into_iter()
            .flatten()
            .find(|(_, v)| !v.is_array());
        no_list.map(|(id, _)| format!("`{id}` is not a list"))
    }
}
