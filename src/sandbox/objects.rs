//! The objects of the directory, as lookups and lists show them.

use serde_json::{Value, json};

use super::error::ErrorAnswer;
use super::tenant::Tenant;
use super::value::Map;

/// The type of a user.
pub(super) const USER: &str = "#microsoft.graph.user";
/// The type of a group.
pub(super) const GROUP: &str = "#microsoft.graph.group";

/// What a GET of a user without `$select` holds, in Graph's order.
pub(super) const USER_SHOWN: &[&str] = &[
    "id",
    "businessPhones",
    "displayName",
    "givenName",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
];

/// What a GET of a group without `$select` holds.
pub(super) const GROUP_SHOWN: &[&str] = &[
    "id",
    "deletedDateTime",
    "classification",
    "createdDateTime",
    "description",
    "displayName",
    "expirationDateTime",
    "groupTypes",
    "isAssignableToRole",
    "mail",
    "mailEnabled",
    "mailNickname",
    "membershipRule",
    "membershipRuleProcessingState",
    "onPremisesLastSyncDateTime",
    "onPremisesSecurityIdentifier",
    "onPremisesSyncEnabled",
    "preferredDataLocation",
    "preferredLanguage",
    "proxyAddresses",
    "renewedDateTime",
    "resourceBehaviorOptions",
    "resourceProvisioningOptions",
    "securityEnabled",
    "securityIdentifier",
    "theme",
    "uniqueName",
    "visibility",
];

/// A live user, group or service principal with its `@odata.type` and all its members.
pub(super) fn object(tenant: &Tenant, id: &str) -> Option<Value> {
    if let Some(user) = tenant.users.get(id) {
        Some(user_object(user))
    } else if let Some(group) = tenant.groups.get(id) {
        Some(group_object(group))
    } else if let Some(role) = tenant.directory_roles.get(id) {
        Some(tagged("#microsoft.graph.directoryRole", role))
    } else {
        let principal = tenant.service_principals.get(id)?;
        Some(tagged("#microsoft.graph.servicePrincipal", principal))
    }
}

/// A stored user among objects of other types.
pub(super) fn user_object(stored: &Value) -> Value {
    tagged(USER, &user(stored))
}

/// A stored group among objects of other types.
pub(super) fn group_object(stored: &Value) -> Value {
    tagged(GROUP, &with_defaults(stored, GROUP_SHOWN))
}

fn tagged(tag: &str, value: &Value) -> Value {
    let mut out = Map::new();
    out.insert("@odata.type".into(), tag.into());
    for (name, value) in value.as_object().into_iter().flatten() {
        out.insert(name.clone(), value.clone());
    }
    Value::Object(out)
}

const LISTS: &[&str] = &[
    "groupTypes",
    "proxyAddresses",
    "resourceBehaviorOptions",
    "resourceProvisioningOptions",
];

fn with_defaults(stored: &Value, names: &[&str]) -> Value {
    let mut out = Map::new();
    for name in names {
        let missing = if LISTS.contains(name) {
            json!([])
        } else {
            Value::Null
        };
        out.insert(
            (*name).into(),
            stored.get(*name).cloned().unwrap_or(missing),
        );
    }
    for (name, value) in stored.as_object().into_iter().flatten() {
        out.insert(name.clone(), value.clone());
    }
    Value::Object(out)
}

/// A stored user: the default members first, then whatever else is stored.
pub(super) fn user(stored: &Value) -> Value {
    let mut out = Map::new();
    for name in USER_SHOWN {
        let missing = if *name == "businessPhones" {
            json!([])
        } else {
            Value::Null
        };
        out.insert(
            (*name).into(),
            stored.get(*name).cloned().unwrap_or(missing),
        );
    }
    for (name, value) in stored.as_object().into_iter().flatten() {
        out.insert(name.clone(), value.clone());
    }
    Value::Object(out)
}

/// A group by its id.
pub(super) fn group<'a>(tenant: &'a Tenant, id: &str) -> Result<&'a Value, ErrorAnswer> {
    tenant
        .groups
        .get(id)
        .ok_or_else(|| ErrorAnswer::missing_directory(id))
}
