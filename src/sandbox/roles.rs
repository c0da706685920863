//! Directory roles: those that the tenant has activated, and their members.

use serde_json::{Value, json};

use super::call::{Answer, Call, Map, Reply, alternate_key, text};
use super::error::ErrorAnswer;
use super::odata::Listing;
use super::tenant::Tenant;
use super::{directory, members};
use crate::model::tables::ROLES;

const TYPE: &str = "directoryRole";

/// The id of an activated role differs from tenant to tenant; here it follows from the
/// tenant's id.
fn object_id(tenant_id: &str, template: &str) -> String {
    let space = uuid::Uuid::try_parse(tenant_id).unwrap_or_default();
    uuid::Uuid::new_v5(&space, template.as_bytes()).to_string()
}

/// An activated role as it is stored.
pub(super) fn activated(tenant_id: &str, template: &str) -> Option<(String, Value)> {
    let role = ROLES.by_id(template)?;
    let id = object_id(tenant_id, role.id);
    let value = json!({"id": id, "deletedDateTime": null, "description": directory::description(role),
        "displayName": role.name, "roleTemplateId": role.id});
    Some((id, value))
}

fn find<'a>(tenant: &'a Tenant, key: &str) -> Result<&'a Value, ErrorAnswer> {
    let found = match alternate_key(key) {
        Some((name, value)) if name.eq_ignore_ascii_case("roleTemplateId") => tenant
            .directory_roles
            .values()
            .find(|r| text(r, "roleTemplateId") == Some(&value.to_ascii_lowercase())),
        Some((name, _)) => {
            return Err(ErrorAnswer::bad(format!("'{name}' is no key of {TYPE}.")));
        }
        None => tenant.directory_roles.get(&key.to_ascii_lowercase()),
    };
    found.ok_or_else(|| ErrorAnswer::missing_directory(key))
}

/// `/directoryRoles`: no paging, no `$top` (documented for the templates, unverified here).
pub(super) fn route(call: &Call, rest: &[String], tenant: &mut Tenant) -> Answer {
    let listing = Listing {
        page: None,
        refused: &["top"],
        ..Listing::directory(TYPE, "directoryRoles")
    };
    let low: Vec<String> = rest.iter().map(|s| s.to_ascii_lowercase()).collect();
    let low: Vec<&str> = low.iter().map(String::as_str).collect();
    let key = rest.first().map_or("", String::as_str);
    match (call.method(), low.as_slice()) {
        ("GET", []) => listing.answer(call, tenant.directory_roles.values().cloned().collect()),
        ("POST", []) => activate(call, &listing, tenant),
        ("GET", [_]) => listing.one(call, find(tenant, key)?),
        ("GET", [_, "members", cast @ ..]) if cast.len() < 2 => {
            let id = text(find(tenant, key)?, "id")
                .unwrap_or_default()
                .to_owned();
            let held = members::direct(tenant, &id, "members");
            members::objects(call, tenant, &held, cast.first().copied())
        }
        (_, [] | [_] | [_, "members"]) => Err(ErrorAnswer::method()),
        (_, [.., last]) => Err(ErrorAnswer::segment(last)),
    }
}

/// `/roleManagement/directory/roleAssignments`: who is assigned which role, for the whole tenant
/// (units and single objects as scopes are not kept here).
pub(super) fn assignments(call: &Call, low: &[&str], tenant: &Tenant) -> Answer {
    const CONTEXT: &str = "roleManagement/directory/roleAssignments";
    let listing = Listing::service("unifiedRoleAssignment", CONTEXT);
    let space = uuid::Uuid::try_parse(&tenant.tenant_id).unwrap_or_default();
    let roles = tenant.directory_roles.iter();
    let all = roles.flat_map(|(id, role)| {
        let role = text(role, "roleTemplateId").unwrap_or_default().to_owned();
        let held = members::direct(tenant, id, "members").into_iter();
        held.map(move |principal| {
            let id = uuid::Uuid::new_v5(&space, format!("{role} {principal}").as_bytes());
            json!({"id": id.simple().to_string(), "principalId": principal,
                "directoryScopeId": "/", "roleDefinitionId": role})
        })
    });
    let all: Vec<Value> = all.collect();
    match (call.method(), low) {
        ("GET", []) => listing.answer(call, all),
        ("GET", [id]) => match all.iter().find(|one| text(one, "id") == Some(*id)) {
            Some(found) => listing.one(call, found),
            None => Err(ErrorAnswer::missing_directory(id)),
        },
        (_, [] | [_]) => Err(ErrorAnswer::method()),
        (_, [.., last]) => Err(ErrorAnswer::segment(last)),
    }
}

fn activate(call: &Call, listing: &Listing, tenant: &mut Tenant) -> Answer {
    let body = call.json()?;
    let empty = Map::new();
    let body = body.as_object().unwrap_or(&empty);
    let template = body
        .get("roleTemplateId")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let Some((id, role)) = activated(&tenant.tenant_id, &template.to_ascii_lowercase()) else {
        return Err(ErrorAnswer::missing_directory(template));
    };
    if tenant.directory_roles.contains_key(&id) {
        return Err(ErrorAnswer::conflict("roleTemplateId"));
    }
    let mut out: Reply = listing.one(call, &role)?.changed();
    out.status = 201;
    tenant.directory_roles.insert(id, role);
    Ok(out)
}
