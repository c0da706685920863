//! `group`, as far as Conditional Access needs it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::values::{List, read_only};

/// A group. Without further members it is a security group with assigned members.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("x-graph-type" = "group", "x-graph-subset" = true, "required" = ["displayName"]))]
pub struct Group {
    /// Pins the live object. Without it the group is found by its display name.
    pub id: Option<String>,
    /// The name that administrators see.
    #[schemars(length(min = 1, max = 256))]
    pub display_name: String,
    /// A description.
    pub description: Option<String>,
    /// The mail nickname. Derived from the display name if the group is created without one.
    pub mail_nickname: Option<String>,
    /// Default: false. Cannot be changed later.
    pub mail_enabled: Option<bool>,
    /// Default: true.
    pub security_enabled: Option<bool>,
    /// `[]` (security group), `DynamicMembership`. Other tools create `Unified` groups.
    #[schemars(extend("items" = {"type": "string", "enum": ["DynamicMembership", "Unified"]}))]
    pub group_types: List<String>,
    /// The rule of a dynamic group.
    pub membership_rule: Option<String>,
    /// `On` or `Paused`, for a dynamic group.
    #[schemars(extend("enum" = ["On", "Paused", null]))]
    pub membership_rule_processing_state: Option<String>,
    /// Whether the group can be assigned to a directory role. Cannot be changed later.
    pub is_assignable_to_role: Option<bool>,
    /// The members, by user principal name, group name or id. Managed only if listed:
    /// without this property, members that others add are left alone.
    pub members: Option<List<String>>,
    /// When the group was created. Set by the service.
    #[schemars(transform = read_only)]
    pub created_date_time: Option<String>,
    /// When the group was deleted. Set by the service.
    #[schemars(transform = read_only)]
    pub deleted_date_time: Option<String>,
}

impl Group {
    /// True for a security group that takes no mail (GR-R01).
    pub fn is_security(&self) -> bool {
        let unified = |kind: &String| kind.eq_ignore_ascii_case("Unified");
        !self.group_types.iter().any(unified)
            && self.mail_enabled != Some(true)
            && self.security_enabled != Some(false)
    }

    /// True when the service works the members out by a rule.
    pub fn is_dynamic(&self) -> bool {
        self.group_types
            .iter()
            .any(|t| t.eq_ignore_ascii_case("DynamicMembership"))
    }
}

/// A mail nickname made from a name: letters, digits, `.`, `-` and `_` stay, the rest is
/// dropped; at most 64 characters, never empty.
pub fn nickname_from(name: &str) -> String {
    let kept: String = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
        .take(64)
        .collect();
    let kept = kept.trim_matches('.');
    if kept.is_empty() {
        // Nothing of the name can stand in a nickname: one that is stable and its own.
        let id = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, name.as_bytes());
        return format!("g-{}", id.simple());
    }
    kept.to_owned()
}
