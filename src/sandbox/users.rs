//! Users: create rules, two keys (id and user principal name), soft delete.

use serde_json::{Value, json};

use super::call::{Answer, Call, Map, Reply, new_id, now, now_seconds, text};
use super::error::ErrorAnswer;
use super::objects::{USER, USER_SHOWN, user, user_object};
use super::odata::{Listing, may_match};
use super::tenant::Tenant;
use super::value::set;
use super::{check, members};
use crate::model::facts::Edition;
use crate::text::is_guid;

const TYPE: &str = "user";
const SHORTEST_PASSWORD: usize = 8;

/// Members that the service sets.
const READ_ONLY: &[&str] = &[
    "id",
    "createdDateTime",
    "deletedDateTime",
    "creationType",
    "externalUserState",
    "externalUserStateChangeDateTime",
    "imAddresses",
    "lastPasswordChangeDateTime",
    "onPremisesSyncEnabled",
    "onPremisesLastSyncDateTime",
    "proxyAddresses",
    "securityIdentifier",
    "signInActivity",
    "signInSessionsValidFromDateTime",
];

fn listing(call: &Call) -> Listing<'static> {
    let listing = Listing::directory(TYPE, "users");
    if call.edition == Edition::V1 {
        listing.showing(USER_SHOWN)
    } else {
        listing
    }
}

pub(super) fn route(call: &Call, rest: &[String], low: &[&str], tenant: &mut Tenant) -> Answer {
    let key = rest.first().map_or("", String::as_str);
    match (call.method(), low) {
        ("GET", []) => {
            let users = tenant.users.values().filter(|u| may_match(call, u));
            listing(call).answer(call, users.map(user).collect())
        }
        ("GET", ["$count"]) => listing(call).count(call, tenant.users.values().map(user).collect()),
        ("POST", []) => create(call, tenant),
        ("GET", [_]) => listing(call).one(call, &user(find(tenant, key)?)),
        ("PATCH", [_]) => update(call, key, tenant),
        ("DELETE", [_]) => {
            let id = id_of(find(tenant, key)?);
            delete(&id, tenant)
        }
        ("GET", [_, way @ ("memberof" | "transitivememberof"), cast @ ..]) if cast.len() < 2 => {
            let id = id_of(find(tenant, key)?);
            let held = members::held_by(tenant, &id, *way == "transitivememberof");
            members::objects(call, tenant, &held, cast.first().copied())
        }
        ("GET", [_, "manager"]) => {
            let id = id_of(find(tenant, key)?);
            let manager = manager(tenant, &id)?;
            Listing::directory("anyObject", "directoryObjects").one(call, &manager)
        }
        ("PUT", [_, "manager", "$ref"]) => {
            let id = id_of(find(tenant, key)?);
            let body = call.json()?;
            let link = text(&body, "@odata.id")
                .ok_or_else(|| ErrorAnswer::directory("The property '@odata.id' is required."))?;
            let other = members::bound(link)?;
            if !tenant.users.contains_key(&other) {
                return Err(ErrorAnswer::missing_directory(&other));
            }
            tenant.managers.insert(id, other.into());
            Ok(Reply::no_content())
        }
        ("DELETE", [_, "manager", "$ref"]) => {
            let id = id_of(find(tenant, key)?);
            manager(tenant, &id)?;
            tenant.managers.shift_remove(&id);
            Ok(Reply::no_content())
        }
        (
            _,
            [] | [_] | [_, "memberof" | "transitivememberof" | "manager"] | [_, "manager", "$ref"],
        ) => Err(ErrorAnswer::method()),
        _ => Err(ErrorAnswer::segment(rest.last().map_or("", String::as_str))),
    }
}

/// The manager of a user, as an object of the directory.
fn manager(tenant: &Tenant, id: &str) -> Result<Value, ErrorAnswer> {
    let manager = tenant.managers.get(id).and_then(Value::as_str);
    manager
        .and_then(|manager| tenant.users.get(manager))
        .map(user_object)
        .ok_or_else(|| ErrorAnswer::missing_directory("manager"))
}

/// A user by id or by user principal name.
pub(super) fn find<'a>(tenant: &'a Tenant, key: &str) -> Result<&'a Value, ErrorAnswer> {
    let found = if is_guid(key) {
        tenant.users.get(&key.to_ascii_lowercase())
    } else {
        tenant
            .users
            .values()
            .find(|u| text(u, "userPrincipalName").is_some_and(|n| n.eq_ignore_ascii_case(key)))
    };
    found.ok_or_else(|| ErrorAnswer::missing_directory(key))
}

fn id_of(user: &Value) -> String {
    text(user, "id").unwrap_or_default().to_owned()
}

fn body(call: &Call) -> Result<Map, ErrorAnswer> {
    let value = call.json()?;
    if value.as_object().is_none_or(Map::is_empty) {
        return Err(ErrorAnswer::directory(
            "A non-empty request body is expected.",
        ));
    }
    check::body(TYPE, call.edition, &value).map_err(|p| {
        ErrorAnswer::directory(format!(
            "Invalid value specified for property '{}' of resource 'User': {}.",
            p.path, p.reason
        ))
        .detail("InvalidValue", &p.path, p.reason)
    })
}

fn invalid(property: &str) -> ErrorAnswer {
    let message = format!("Property {property} is invalid.");
    ErrorAnswer::directory(message.clone()).detail("InvalidValue", property, message)
}

fn password(profile: &Value) -> Result<(), ErrorAnswer> {
    let Some(password) = text(profile, "password") else {
        return Err(ErrorAnswer::directory(
            "A password must be specified to create a new user.",
        ));
    };
    let classes: [fn(&char) -> bool; 4] = [
        |c| c.is_lowercase(),
        |c| c.is_uppercase(),
        |c| c.is_numeric(),
        |c| !c.is_alphanumeric(),
    ];
    let used = classes
        .iter()
        .filter(|class| password.chars().any(|c| class(&c)))
        .count();
    if password.chars().count() < SHORTEST_PASSWORD || used < 3 {
        return Err(ErrorAnswer::directory(
            "The specified password does not comply with password complexity requirements. Please \
             provide a different password.",
        )
        .detail(
            "InvalidValue",
            "passwordProfile",
            "8 characters and 3 of 4 classes are required",
        ));
    }
    Ok(())
}

fn principal_name(tenant: &Tenant, name: &str, own: Option<&str>) -> Result<(), ErrorAnswer> {
    let valid = name.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && local
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "'.-_!#^~".contains(c))
            && tenant.domains.values().any(|d| {
                d["isVerified"] == true
                    && text(d, "id").is_some_and(|id| id.eq_ignore_ascii_case(domain))
            })
    });
    if !valid {
        return Err(invalid("userPrincipalName"));
    }
    let taken = tenant.users.values().any(|u| {
        text(u, "id") != own
            && text(u, "userPrincipalName").is_some_and(|n| n.eq_ignore_ascii_case(name))
    });
    if taken {
        return Err(ErrorAnswer::conflict("userPrincipalName"));
    }
    Ok(())
}

/// Rules for values that a create and an update share.
fn values(given: &Map) -> Result<(), ErrorAnswer> {
    for name in ["displayName", "mailNickname", "userPrincipalName"] {
        if given
            .get(name)
            .is_some_and(|v| v.as_str().is_none_or(|t| t.trim().is_empty()))
        {
            return Err(invalid(name));
        }
    }
    let nickname = given.get("mailNickname").and_then(Value::as_str);
    if nickname.is_some_and(|n| n.chars().count() > 64 || n.contains(['@', ' '])) {
        return Err(invalid("mailNickname"));
    }
    // Not nullable (resource page of user), whatever the schema says.
    let is_country = |value: &Value| {
        value
            .as_str()
            .is_some_and(|c| c.len() == 2 && c.bytes().all(|b| b.is_ascii_alphabetic()))
    };
    if given.get("usageLocation").is_some_and(|v| !is_country(v)) {
        return Err(invalid("usageLocation"));
    }
    let kind = given.get("userType").and_then(Value::as_str);
    if kind.is_some_and(|k| !["member", "guest"].contains(&k.to_ascii_lowercase().as_str())) {
        return Err(invalid("userType"));
    }
    Ok(())
}

fn create(call: &Call, tenant: &mut Tenant) -> Answer {
    let given = body(call)?;
    for name in [
        "accountEnabled",
        "displayName",
        "mailNickname",
        "passwordProfile",
        "userPrincipalName",
    ] {
        if given.get(name).is_none_or(Value::is_null) {
            return Err(ErrorAnswer::directory(format!(
                "A value is required for property '{name}' of resource 'User'."
            ))
            .detail("MissingValue", name, "the property is required"));
        }
    }
    values(&given)?;
    let name = given
        .get("userPrincipalName")
        .and_then(Value::as_str)
        .unwrap_or_default();
    principal_name(tenant, name, None)?;
    password(given.get("passwordProfile").unwrap_or(&Value::Null))?;
    let id = new_id();
    let mut stored = Map::new();
    stored.insert("id".into(), id.clone().into());
    stored.insert("createdDateTime".into(), now_seconds().into());
    stored.insert("userType".into(), "Member".into());
    stored.insert("businessPhones".into(), json!([]));
    lay(&mut stored, &given);
    let stored = Value::Object(stored);
    let mut out = listing(call).one(call, &user(&stored))?.changed();
    out.status = 201;
    tenant.users.insert(id, stored);
    Ok(out)
}

fn lay(stored: &mut Map, given: &Map) {
    for (name, value) in given {
        if name == "passwordProfile" {
            // The password itself is nowhere kept; only that one was set, and when.
            stored.insert("lastPasswordChangeDateTime".into(), now_seconds().into());
        } else if !READ_ONLY.contains(&name.as_str()) {
            stored.insert(name.clone(), value.clone());
        }
    }
}

fn update(call: &Call, key: &str, tenant: &mut Tenant) -> Answer {
    let old = find(tenant, key)?;
    let given = body(call)?;
    let id = id_of(old);
    values(&given)?;
    if let Some(name) = given.get("userPrincipalName").and_then(Value::as_str) {
        principal_name(tenant, name, Some(&id))?;
    }
    if let Some(profile) = given.get("passwordProfile")
        && profile.get("password").is_some()
    {
        password(profile)?;
    }
    let mut stored = old.as_object().cloned().unwrap_or_default();
    lay(&mut stored, &given);
    tenant.users.insert(id, Value::Object(stored));
    Ok(Reply::no_content())
}

/// Soft delete: 30 days in the recycle bin, with the id before the name so that the name
/// is free at once.
pub(super) fn delete(id: &str, tenant: &mut Tenant) -> Answer {
    if let Some(mut gone) = tenant.users.shift_remove(id) {
        let name = text(&gone, "userPrincipalName").unwrap_or_default();
        let name = format!("{}{name}", id.replace('-', ""));
        set(&mut gone, "userPrincipalName", name);
        set(&mut gone, "deletedDateTime", now());
        set(&mut gone, "@odata.type", USER);
        tenant.deleted_objects.insert(id.into(), gone);
    }
    Ok(Reply::no_content())
}

/// A deleted user with the name that it had, or with a new one.
pub(super) fn restored(
    tenant: &Tenant,
    mut gone: Value,
    id: &str,
    new_name: Option<&str>,
) -> Result<Value, ErrorAnswer> {
    if let Some(name) = new_name {
        principal_name(tenant, name, None)?;
        set(&mut gone, "userPrincipalName", name);
        return Ok(gone);
    }
    let prefix = id.replace('-', "");
    let name = text(&gone, "userPrincipalName").unwrap_or_default();
    let name = name.strip_prefix(&prefix).unwrap_or(name).to_owned();
    principal_name(tenant, &name, None).or_else(|e| {
        // A guest's name is made by the service and passes as it is.
        if name.contains("#EXT#") {
            Ok(())
        } else {
            Err(e)
        }
    })?;
    set(&mut gone, "userPrincipalName", name);
    Ok(gone)
}
