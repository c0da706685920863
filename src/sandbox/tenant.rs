//! What the tenant holds.

use serde::{Deserialize, Serialize};

use super::value::Map;

/// Everything the tenant holds. Objects are kept by id in the order of their creation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Tenant {
    pub version: u64,
    pub tenant_id: String,
    pub display_name: String,
    #[serde(default)]
    pub domains: Map,
    #[serde(default)]
    pub policies: Map,
    #[serde(default)]
    pub named_locations: Map,
    /// Custom and built-in ones.
    #[serde(default)]
    pub authentication_strengths: Map,
    #[serde(default)]
    pub authentication_contexts: Map,
    #[serde(default)]
    pub users: Map,
    #[serde(default)]
    pub groups: Map,
    /// Lists of member ids by group id. An id of a deleted object stays until the
    /// object is purged, so that a restored user is a member again.
    #[serde(default)]
    pub members: Map,
    #[serde(default)]
    pub owners: Map,
    #[serde(default)]
    pub service_principals: Map,
    /// Since version 3.
    #[serde(default)]
    pub applications: Map,
    /// The id of the manager by user id. Since version 3.
    #[serde(default)]
    pub managers: Map,
    #[serde(default)]
    pub agreements: Map,
    #[serde(default)]
    pub deleted_policies: Map,
    #[serde(default)]
    pub deleted_named_locations: Map,
    /// Deleted users and groups, each with its `@odata.type`.
    #[serde(default)]
    pub deleted_objects: Map,
    /// Activated directory roles; their members are in `members`. Since version 2.
    #[serde(default)]
    pub directory_roles: Map,
    /// Since version 2.
    #[serde(default)]
    pub risk_detections: Map,
    /// By user id. Since version 2.
    #[serde(default)]
    pub risky_users: Map,
    /// Lists of history items by user id. Since version 2.
    #[serde(default)]
    pub risk_history: Map,
    /// Records of sign-ins, as beta shows them.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub sign_ins: Map,
    /// What was written, and by whom, in few words: the newest records.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub audits: Map,
}

impl Tenant {
    fn objects(&self) -> [&Map; 17] {
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
