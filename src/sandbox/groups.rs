//! Groups: create rules, changes, delete. Their lists are in `members`.

use serde_json::{Value, json};

use super::call::{Answer, Call, Map, Reply, new_id, now, now_seconds, strings, text};
use super::error::ErrorAnswer;
use super::objects::{GROUP, GROUP_SHOWN, group};
use super::odata::{Listing, may_match};
use super::tenant::Tenant;
use super::value::{at, set};
use super::{check, members, users};

const TYPE: &str = "group";
const BIND_LIMIT: usize = 20;

const READ_ONLY: &[&str] = &[
    "id",
    "createdDateTime",
    "deletedDateTime",
    "renewedDateTime",
    "expirationDateTime",
    "mail",
    "proxyAddresses",
    "securityIdentifier",
    "onPremisesLastSyncDateTime",
    "onPremisesSecurityIdentifier",
    "onPremisesSyncEnabled",
];

fn listing() -> Listing<'static> {
    Listing::directory(TYPE, "groups").showing(GROUP_SHOWN)
}

pub(super) fn route(call: &Call, rest: &[String], low: &[&str], tenant: &mut Tenant) -> Answer {
    match (call.method(), low) {
        ("GET", []) => {
            let groups = tenant.groups.values().filter(|g| may_match(call, g));
            listing().answer(call, groups.cloned().collect())
        }
        ("GET", ["$count"]) => listing().count(call, tenant.groups.values().cloned().collect()),
        ("POST", []) => create(call, tenant),
        ("GET", [id]) => listing().one(call, group(tenant, id)?),
        ("PATCH", [id]) => update(call, id, tenant),
        ("DELETE", [id]) => delete(id, tenant),
        ("POST", [id, list @ ("members" | "owners"), "$ref"]) => {
            members::add(call, id, list, tenant)
        }
        ("DELETE", [id, list @ ("members" | "owners"), member, "$ref"]) => {
            members::remove(id, list, member, tenant)
        }
        // Documented as a trap: without `/$ref` the member itself is deleted.
        ("DELETE", [id, list @ ("members" | "owners"), member]) => {
            group(tenant, id)?;
            if !members::direct(tenant, id, list)
                .iter()
                .any(|m| m == member)
            {
                return Err(ErrorAnswer::missing_directory(member));
            }
            if tenant.users.contains_key(*member) {
                users::delete(member, tenant)
            } else {
                delete(member, tenant)
            }
        }
        (
            "GET",
            [
                id,
                list @ ("members" | "owners" | "transitivemembers"),
                cast @ ..,
            ],
        ) if cast.len() < 2 => {
            group(tenant, id)?;
            let held = if *list == "transitivemembers" {
                members::everyone(tenant, id)
            } else {
                members::direct(tenant, id, list)
            };
            let held = match *list {
                "owners" => held,
                _ => members::listed(call, tenant, held),
            };
            members::objects(call, tenant, &held, cast.first().copied())
        }
        ("GET", [id, way @ ("memberof" | "transitivememberof"), cast @ ..]) if cast.len() < 2 => {
            group(tenant, id)?;
            let held = members::groups_of(tenant, id, *way == "transitivememberof");
            members::objects(call, tenant, &held, cast.first().copied())
        }
        (
            _,
            []
            | [_]
            | [
                _,
                "members" | "owners" | "transitivemembers" | "memberof" | "transitivememberof",
            ]
            | [_, "members" | "owners", _]
            | [_, "members" | "owners", _, "$ref"],
        ) => Err(ErrorAnswer::method()),
        _ => Err(ErrorAnswer::segment(rest.last().map_or("", String::as_str))),
    }
}

type Binds = [(&'static str, Vec<String>); 2];

/// The body, and the ids of its `members@odata.bind` and `owners@odata.bind`.
fn body(call: &Call) -> Result<(Map, Binds), ErrorAnswer> {
    let value = call.json()?;
    if value.as_object().is_none_or(Map::is_empty) {
        return Err(ErrorAnswer::directory(
            "A non-empty request body is expected.",
        ));
    }
    let given = check::body(TYPE, call.edition, &value).map_err(|p| {
        ErrorAnswer::directory(format!(
            "Invalid value specified for property '{}' of resource 'Group': {}.",
            p.path, p.reason
        ))
        .detail("InvalidValue", &p.path, p.reason)
    })?;
    let mut binds: Binds = [("members", Vec::new()), ("owners", Vec::new())];
    let mut total = 0;
    for (list, ids) in &mut binds {
        let Some(links) = value.get(format!("{list}@odata.bind")) else {
            continue;
        };
        let Some(links) = links.as_array() else {
            return Err(ErrorAnswer::directory(format!(
                "{list}@odata.bind has to be a list."
            )));
        };
        total += links.len();
        for link in links {
            ids.push(members::bound(link.as_str().unwrap_or_default())?);
        }
    }
    if total > BIND_LIMIT {
        return Err(ErrorAnswer::directory(format!(
            "The request contains more than {BIND_LIMIT} relationships in one operation."
        )));
    }
    Ok((given, binds))
}

/// Whether it is a Microsoft 365 group.
fn is_unified(group: &Value) -> bool {
    strings(group, "groupTypes").contains(&"Unified")
}

fn required(given: &Map) -> Result<(), ErrorAnswer> {
    for name in [
        "displayName",
        "mailEnabled",
        "mailNickname",
        "securityEnabled",
    ] {
        if given.get(name).is_none_or(Value::is_null) {
            return Err(ErrorAnswer::directory(format!(
                "A value is required for property '{name}' of resource 'Group'."
            ))
            .detail("MissingValue", name, "the property is required"));
        }
    }
    Ok(())
}

fn invalid(property: &str, reason: &str) -> ErrorAnswer {
    ErrorAnswer::directory(format!(
        "Invalid value specified for property '{property}' of resource 'Group'."
    ))
    .detail("InvalidValue", property, reason)
}

fn rules(group: &Value) -> Result<(), ErrorAnswer> {
    let filled = |name: &str| text(group, name).is_some_and(|t| !t.trim().is_empty());
    if !filled("displayName") || text(group, "displayName").is_some_and(|n| n.chars().count() > 256)
    {
        return Err(invalid("displayName", "1 to 256 characters are required"));
    }
    let nickname = text(group, "mailNickname").unwrap_or_default();
    let odd = |c: char| !c.is_ascii() || c.is_control() || "@()\\[]\";:<>, ".contains(c);
    if nickname.is_empty() || nickname.chars().count() > 64 || nickname.contains(odd) {
        return Err(invalid(
            "mailNickname",
            "1 to 64 ASCII characters, no blank and none of @()\\[]\";:<>,",
        ));
    }
    let types = strings(group, "groupTypes");
    if types
        .iter()
        .any(|t| !["Unified", "DynamicMembership"].contains(t))
    {
        return Err(invalid(
            "groupTypes",
            "Unified and DynamicMembership are the types",
        ));
    }
    let unified = is_unified(group);
    if unified && group["mailEnabled"] != true {
        return Err(invalid(
            "mailEnabled",
            "a Microsoft 365 group is mail-enabled",
        ));
    }
    if !unified && (group["mailEnabled"] == true || group["securityEnabled"] != true) {
        return Err(invalid(
            "mailEnabled",
            "groups that Graph creates are security groups or Microsoft 365 groups",
        ));
    }
    if types.contains(&"DynamicMembership") != filled("membershipRule") {
        return Err(invalid(
            "membershipRule",
            "a dynamic group has a rule, another has none",
        ));
    }
    if group["isAssignableToRole"] == true && types.contains(&"DynamicMembership") {
        return Err(invalid(
            "isAssignableToRole",
            "a dynamic group cannot hold roles",
        ));
    }
    Ok(())
}

fn create(call: &Call, tenant: &mut Tenant) -> Answer {
    let (given, binds) = body(call)?;
    required(&given)?;
    let id = new_id();
    let mut stored = Map::new();
    stored.insert("id".into(), id.clone().into());
    stored.insert("createdDateTime".into(), now_seconds().into());
    stored.insert("groupTypes".into(), json!([]));
    lay(&mut stored, &given);
    let mut stored = Value::Object(stored);
    rules(&stored)?;
    unique_name(tenant, &stored)?;
    if is_unified(&stored) {
        let nickname = text(&stored, "mailNickname").unwrap_or_default().to_owned();
        let domain = tenant.domains.values().find(|d| d["isDefault"] == true);
        let domain = domain.and_then(|d| text(d, "id")).unwrap_or_default();
        let mail = format!("{nickname}@{domain}");
        set(&mut stored, "mail", mail);
    }
    if text(&stored, "membershipRule").is_some()
        && at(&stored, "/membershipRuleProcessingState").is_null()
    {
        set(&mut stored, "membershipRuleProcessingState", "On");
    }
    for (list, ids) in &binds {
        members::addable(tenant, &stored, list, &[], ids)?;
    }
    let mut out = listing().one(call, &stored)?.changed();
    out.status = 201;
    tenant.groups.insert(id.clone(), stored);
    let [(_, members), (_, owners)] = binds;
    tenant.members.insert(id.clone(), json!(members));
    if !owners.is_empty() {
        tenant.owners.insert(id, json!(owners));
    }
    Ok(out)
}

fn unique_name(tenant: &Tenant, group: &Value) -> Result<(), ErrorAnswer> {
    let Some(name) = text(group, "uniqueName") else {
        return Ok(());
    };
    let taken = tenant
        .groups
        .values()
        .any(|g| text(g, "uniqueName") == Some(name) && g["id"] != group["id"]);
    if taken {
        return Err(ErrorAnswer::conflict("uniqueName"));
    }
    Ok(())
}

fn lay(stored: &mut Map, given: &Map) {
    for (name, value) in given {
        if !READ_ONLY.contains(&name.as_str()) {
            stored.insert(name.clone(), value.clone());
        }
    }
}

fn update(call: &Call, id: &str, tenant: &mut Tenant) -> Answer {
    let old = group(tenant, id)?;
    let (given, binds) = body(call)?;
    if given
        .get("isAssignableToRole")
        .is_some_and(|v| (v == true) != (old["isAssignableToRole"] == true))
    {
        return Err(invalid("isAssignableToRole", "the property is immutable"));
    }
    let mut stored = old.as_object().cloned().unwrap_or_default();
    lay(&mut stored, &given);
    let stored = Value::Object(stored);
    rules(&stored)?;
    unique_name(tenant, &stored)?;
    let mut lists = Vec::new();
    for (list, ids) in binds {
        let mut held = members::direct(tenant, id, list);
        members::addable(tenant, &stored, list, &held, &ids)?;
        if !ids.is_empty() {
            held.extend(ids);
            lists.push((list, held));
        }
    }
    tenant.groups.insert(id.into(), stored);
    for (list, held) in lists {
        members::put(tenant, id, list, &held);
    }
    Ok(Reply::no_content())
}

/// Soft delete: 30 days in the recycle bin, with its members.
fn delete(id: &str, tenant: &mut Tenant) -> Answer {
    group(tenant, id)?;
    if let Some(mut gone) = tenant.groups.shift_remove(id) {
        set(&mut gone, "deletedDateTime", now());
        set(&mut gone, "@odata.type", GROUP);
        tenant.deleted_objects.insert(id.into(), gone);
    }
    Ok(Reply::no_content())
}
