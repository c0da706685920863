//! Groups, their members and owners, and what a list of directory objects looks like.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::call::{Answer, Call, Map, Reply, is_guid, new_id, now, now_seconds, strings, text};
use super::error::GraphError;
use super::odata::Listing;
use super::store::Tenant;
use super::{check, directory, users};

const TYPE: &str = "group";
pub(super) const TAG: &str = "#microsoft.graph.group";
const BIND_LIMIT: usize = 20;

/// What a GET without `$select` holds.
pub(super) const SHOWN: &[&str] = &[
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
    Listing::directory(TYPE, "groups").showing(SHOWN)
}

pub(super) fn route(call: &Call, rest: &[String], low: &[&str], tenant: &mut Tenant) -> Answer {
    match (call.method(), low) {
        ("GET", []) => listing().answer(call, tenant.groups.values().cloned().collect()),
        ("GET", ["$count"]) => listing().count(call, tenant.groups.values().cloned().collect()),
        ("POST", []) => create(call, tenant),
        ("GET", [id]) => listing().one(call, find(tenant, id)?),
        ("PATCH", [id]) => update(call, id, tenant),
        ("DELETE", [id]) => delete(id, tenant),
        ("POST", [id, list @ ("members" | "owners"), "$ref"]) => add(call, id, list, tenant),
        ("DELETE", [id, list @ ("members" | "owners"), member, "$ref"]) => {
            remove(id, list, member, tenant)
        }
        (
            "GET",
            [
                id,
                list @ ("members" | "owners" | "transitivemembers"),
                cast @ ..,
            ],
        ) if cast.len() < 2 => {
            find(tenant, id)?;
            let held = if *list == "transitivemembers" {
                everyone(tenant, id)
            } else {
                direct(tenant, id, list)
            };
            objects(call, tenant, &held, cast.first().copied())
        }
        ("GET", [id, way @ ("memberof" | "transitivememberof"), cast @ ..]) if cast.len() < 2 => {
            find(tenant, id)?;
            let held = groups_of(tenant, id, *way == "transitivememberof");
            objects(call, tenant, &held, cast.first().copied())
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
        ) => Err(GraphError::method()),
        _ => Err(GraphError::segment(rest.last().map_or("", String::as_str))),
    }
}

fn find<'a>(tenant: &'a Tenant, id: &str) -> Result<&'a Value, GraphError> {
    tenant
        .groups
        .get(id)
        .ok_or_else(|| GraphError::missing_directory(id))
}

/// Ids in a list of a group, those of deleted objects left out.
fn direct(tenant: &Tenant, id: &str, list: &str) -> Vec<String> {
    let lists = if list == "owners" {
        &tenant.owners
    } else {
        &tenant.members
    };
    lists
        .get(id)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .filter(|id| directory::object(tenant, id).is_some())
        .map(str::to_owned)
        .collect()
}

/// Members of a group and of the groups in it, each once; circles are legal.
fn everyone(tenant: &Tenant, id: &str) -> Vec<String> {
    let mut seen = BTreeSet::from([id.to_owned()]);
    let mut found: Vec<String> = Vec::new();
    let mut open = vec![id.to_owned()];
    while let Some(group) = open.pop() {
        for member in direct(tenant, &group, "members") {
            if seen.insert(member.clone()) {
                if tenant.groups.contains_key(&member) {
                    open.push(member.clone());
                }
                found.push(member);
            }
        }
    }
    found
}

/// Groups that hold the object, directly or through other groups.
pub(super) fn groups_of(tenant: &Tenant, id: &str, transitive: bool) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut open = vec![id.to_owned()];
    while let Some(member) = open.pop() {
        for group in tenant.groups.keys() {
            let holds = strings_of(tenant.members.get(group)).any(|m| m == member);
            if holds && !found.contains(group) {
                found.push(group.clone());
                if transitive {
                    open.push(group.clone());
                }
            }
        }
    }
    found
}

fn strings_of(list: Option<&Value>) -> impl Iterator<Item = &str> {
    list.and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

/// A list of directory objects of mixed types, each with its type, or one type of them.
pub(super) fn objects(call: &Call, tenant: &Tenant, ids: &[String], cast: Option<&str>) -> Answer {
    let cast = match cast {
        None | Some("$count") => None,
        Some(cast) => Some(
            cast.strip_prefix("microsoft.graph.")
                .ok_or_else(|| GraphError::segment(cast))?,
        ),
    };
    let items: Vec<Value> = ids
        .iter()
        .filter_map(|id| directory::object(tenant, id))
        .filter(|o| {
            let tag = text(o, "@odata.type").unwrap_or_default();
            cast.is_none_or(|c| tag.eq_ignore_ascii_case(&format!("#microsoft.graph.{c}")))
        })
        .collect();
    let (type_name, context) = match cast {
        Some("user") => ("user", "users"),
        Some("group") => ("group", "groups"),
        _ => ("anyObject", "directoryObjects"),
    };
    let listing = Listing::directory(type_name, context);
    if call.low.last().is_some_and(|s| s == "$count") {
        return listing.count(call, items);
    }
    let mut answer = listing.answer(call, items)?;
    // Users in a list of objects show the members that a user shows by default.
    if call.option("select").is_none()
        && let super::call::Body::Json(body) = &mut answer.body
    {
        for item in body["value"].as_array_mut().into_iter().flatten() {
            if text(item, "@odata.type") == Some(users::TAG)
                && let Some(map) = item.as_object_mut()
            {
                map.retain(|name, _| name.contains('@') || users::SHOWN.contains(&name.as_str()));
            }
        }
    }
    Ok(answer)
}

type Binds = [(&'static str, Vec<String>); 2];

/// The body, and the ids of its `members@odata.bind` and `owners@odata.bind`.
fn body(call: &Call) -> Result<(Map, Binds), GraphError> {
    let value = call.json()?;
    if value.as_object().is_none_or(Map::is_empty) {
        return Err(GraphError::directory(
            "A non-empty request body is expected.",
        ));
    }
    let given = check::body(TYPE, call.edition, &value).map_err(|p| {
        GraphError::directory(format!(
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
            return Err(GraphError::directory(format!(
                "{list}@odata.bind has to be a list."
            )));
        };
        total += links.len();
        for link in links {
            ids.push(bound(link.as_str().unwrap_or_default())?);
        }
    }
    if total > BIND_LIMIT {
        return Err(GraphError::directory(format!(
            "The request contains more than {BIND_LIMIT} relationships in one operation."
        )));
    }
    Ok((given, binds))
}

/// The id at the end of a link such as `https://.../directoryObjects/{id}`.
fn bound(link: &str) -> Result<String, GraphError> {
    let last = link
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default();
    let id = last
        .split_once("('")
        .and_then(|(_, key)| key.strip_suffix("')"))
        .unwrap_or(last);
    if is_guid(id) {
        return Ok(id.to_ascii_lowercase());
    }
    Err(GraphError::directory(
        "Invalid URL format specified in the request.",
    ))
}

fn required(given: &Map) -> Result<(), GraphError> {
    for name in [
        "displayName",
        "mailEnabled",
        "mailNickname",
        "securityEnabled",
    ] {
        if given.get(name).is_none_or(Value::is_null) {
            return Err(GraphError::directory(format!(
                "A value is required for property '{name}' of resource 'Group'."
            ))
            .detail("MissingValue", name, "the property is required"));
        }
    }
    Ok(())
}

fn invalid(property: &str, reason: &str) -> GraphError {
    GraphError::directory(format!(
        "Invalid value specified for property '{property}' of resource 'Group'."
    ))
    .detail("InvalidValue", property, reason)
}

fn rules(group: &Value) -> Result<(), GraphError> {
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
    let unified = users::is_unified(group);
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

/// The bound objects must exist; none may be in the list already.
fn addable(
    tenant: &Tenant,
    group: &Value,
    list: &str,
    held: &[String],
    ids: &[String],
) -> Result<(), GraphError> {
    let dynamic = strings(group, "groupTypes").contains(&"DynamicMembership");
    if dynamic && list == "members" && !ids.is_empty() {
        return Err(GraphError::directory(
            "Insufficient privileges: members of a dynamic group are determined by its rule.",
        )
        .detail(
            "DynamicMembership",
            "members",
            "members of a dynamic group cannot be added",
        ));
    }
    for (at, id) in ids.iter().enumerate() {
        let Some(object) = directory::object(tenant, id) else {
            return Err(GraphError::missing_directory(id));
        };
        let group_in_role_group = group["isAssignableToRole"] == true
            && list == "members"
            && text(&object, "@odata.type") == Some(TAG);
        if group_in_role_group {
            return Err(GraphError::directory(
                "A role-assignable group cannot hold groups.",
            ));
        }
        if held.contains(id) || ids[..at].contains(id) {
            return Err(GraphError::directory(format!(
                "One or more added object references already exist for the following modified \
                 properties: '{list}'."
            )));
        }
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
    if users::is_unified(&stored) {
        let nickname = text(&stored, "mailNickname").unwrap_or_default().to_owned();
        let domain = tenant.domains.values().find(|d| d["isDefault"] == true);
        let domain = domain.and_then(|d| text(d, "id")).unwrap_or_default();
        stored["mail"] = format!("{nickname}@{domain}").into();
    }
    if text(&stored, "membershipRule").is_some()
        && stored["membershipRuleProcessingState"].is_null()
    {
        stored["membershipRuleProcessingState"] = "On".into();
    }
    for (list, ids) in &binds {
        addable(tenant, &stored, list, &[], ids)?;
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

fn unique_name(tenant: &Tenant, group: &Value) -> Result<(), GraphError> {
    let Some(name) = text(group, "uniqueName") else {
        return Ok(());
    };
    let taken = tenant
        .groups
        .values()
        .any(|g| text(g, "uniqueName") == Some(name) && g["id"] != group["id"]);
    if taken {
        return Err(GraphError::conflict("uniqueName"));
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
    let old = find(tenant, id)?;
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
        let mut held = direct(tenant, id, list);
        addable(tenant, &stored, list, &held, &ids)?;
        if !ids.is_empty() {
            held.extend(ids);
            lists.push((list, held));
        }
    }
    tenant.groups.insert(id.into(), stored);
    for (list, held) in lists {
        put(tenant, id, list, &held);
    }
    Ok(Reply::no_content())
}

/// Writes a list; ids of deleted objects that it held are kept behind the others.
fn put(tenant: &mut Tenant, id: &str, list: &str, held: &[String]) {
    let lists = if list == "owners" {
        &tenant.owners
    } else {
        &tenant.members
    };
    let mut all = held.to_vec();
    let asleep = strings_of(lists.get(id))
        .filter(|m| tenant.deleted_objects.contains_key(*m) && !held.iter().any(|h| h == m))
        .map(str::to_owned);
    all.extend(asleep);
    let lists = if list == "owners" {
        &mut tenant.owners
    } else {
        &mut tenant.members
    };
    lists.insert(id.into(), json!(all));
}

fn add(call: &Call, id: &str, list: &str, tenant: &mut Tenant) -> Answer {
    let group = find(tenant, id)?;
    let body = call.json()?;
    let Some(link) = text(&body, "@odata.id") else {
        return Err(GraphError::directory(
            "The property '@odata.id' is required.",
        ));
    };
    let added = bound(link)?;
    let mut held = direct(tenant, id, list);
    addable(tenant, group, list, &held, std::slice::from_ref(&added))?;
    held.push(added);
    put(tenant, id, list, &held);
    Ok(Reply::no_content())
}

fn remove(id: &str, list: &str, member: &str, tenant: &mut Tenant) -> Answer {
    let group = find(tenant, id)?;
    if list == "members" && strings(group, "groupTypes").contains(&"DynamicMembership") {
        return Err(GraphError::directory(
            "Members of a dynamic group cannot be removed.",
        ));
    }
    let mut held = direct(tenant, id, list);
    let Some(at) = held.iter().position(|m| m == member) else {
        return Err(GraphError::missing_directory(member));
    };
    held.remove(at);
    put(tenant, id, list, &held);
    Ok(Reply::no_content())
}

/// Microsoft 365 groups go to the recycle bin, others are gone.
fn delete(id: &str, tenant: &mut Tenant) -> Answer {
    find(tenant, id)?;
    if let Some(mut gone) = tenant.groups.shift_remove(id) {
        if users::is_unified(&gone) {
            gone["deletedDateTime"] = now().into();
            gone["@odata.type"] = TAG.into();
            tenant.deleted_objects.insert(id.into(), gone);
        } else {
            directory::forget(tenant, id);
        }
    }
    Ok(Reply::no_content())
}
