//! Members and owners of groups, and what a list of directory objects looks like.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::call::{Answer, Body, Call, Reply, strings, text};
use super::error::ErrorAnswer;
use super::objects::{GROUP, USER, USER_SHOWN, group, object};
use super::odata::Listing;
use super::tenant::Tenant;
use crate::model::facts::Edition;
use crate::text::is_guid;

/// Ids in a list of a group, those of deleted objects left out.
pub(super) fn direct(tenant: &Tenant, id: &str, list: &str) -> Vec<String> {
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
        .filter(|id| object(tenant, id).is_some())
        .map(str::to_owned)
        .collect()
}

/// Of members those that the edition lists: v1.0 leaves service principals out.
pub(super) fn listed(call: &Call, tenant: &Tenant, mut held: Vec<String>) -> Vec<String> {
    if call.edition == Edition::V1 && !call.shows_service_principals {
        held.retain(|id| !tenant.service_principals.contains_key(id));
    }
    held
}

/// Members of a group and of the groups in it, each once; circles are legal.
pub(super) fn everyone(tenant: &Tenant, id: &str) -> Vec<String> {
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

/// The groups and the directory roles that an object is a member of (List memberOf).
pub(super) fn held_by(tenant: &Tenant, id: &str, transitive: bool) -> Vec<String> {
    let mut found = groups_of(tenant, id, transitive);
    let holds = |role: &&String| match transitive {
        true => everyone(tenant, role).iter().any(|member| member == id),
        false => direct(tenant, role, "members")
            .iter()
            .any(|member| member == id),
    };
    found.extend(tenant.directory_roles.keys().filter(holds).cloned());
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
                .ok_or_else(|| ErrorAnswer::segment(cast))?,
        ),
    };
    let items: Vec<Value> = ids
        .iter()
        .filter_map(|id| object(tenant, id))
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
    let listing = Listing {
        cast: cast.is_some(),
        ..Listing::directory(type_name, context)
    };
    if call.low.last().is_some_and(|s| s == "$count") {
        return listing.count(call, items);
    }
    let mut answer = listing.answer(call, items)?;
    // Users in a list of objects show the members that a user shows by default.
    if call.option("select").is_none()
        && let Body::Json(body) = &mut answer.body
    {
        for item in body["value"].as_array_mut().into_iter().flatten() {
            if text(item, "@odata.type") == Some(USER)
                && let Some(map) = item.as_object_mut()
            {
                map.retain(|name, _| name.contains('@') || USER_SHOWN.contains(&name.as_str()));
            }
        }
    }
    Ok(answer)
}

/// The id at the end of a link such as `https://.../directoryObjects/{id}`.
pub(super) fn bound(link: &str) -> Result<String, ErrorAnswer> {
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
    Err(ErrorAnswer::directory(
        "Invalid URL format specified in the request.",
    ))
}

/// The bound objects must exist; none may be in the list already.
pub(super) fn addable(
    tenant: &Tenant,
    group: &Value,
    list: &str,
    held: &[String],
    ids: &[String],
) -> Result<(), ErrorAnswer> {
    let dynamic = strings(group, "groupTypes").contains(&"DynamicMembership");
    if dynamic && list == "members" && !ids.is_empty() {
        return Err(ErrorAnswer::directory(
            "Insufficient privileges: members of a dynamic group are determined by its rule.",
        )
        .detail(
            "DynamicMembership",
            "members",
            "members of a dynamic group cannot be added",
        ));
    }
    for (at, id) in ids.iter().enumerate() {
        let Some(object) = object(tenant, id) else {
            return Err(ErrorAnswer::missing_directory(id));
        };
        let group_in_role_group = group["isAssignableToRole"] == true
            && list == "members"
            && text(&object, "@odata.type") == Some(GROUP);
        if group_in_role_group {
            return Err(ErrorAnswer::directory(
                "A role-assignable group cannot hold groups.",
            ));
        }
        if held.contains(id) || ids.iter().take(at).any(|before| before == id) {
            return Err(ErrorAnswer::directory(format!(
                "One or more added object references already exist for the following modified \
                 properties: '{list}'."
            )));
        }
    }
    Ok(())
}

/// Writes a list; ids of deleted objects that it held are kept behind the others.
pub(super) fn put(tenant: &mut Tenant, id: &str, list: &str, held: &[String]) {
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

/// Removes an object from every list that holds it, with its own lists.
pub(super) fn forget(tenant: &mut Tenant, id: &str) {
    tenant.members.shift_remove(id);
    tenant.owners.shift_remove(id);
    for lists in [&mut tenant.members, &mut tenant.owners] {
        for list in lists.values_mut() {
            if let Some(list) = list.as_array_mut() {
                list.retain(|member| member != id);
            }
        }
    }
}

pub(super) fn add(call: &Call, id: &str, list: &str, tenant: &mut Tenant) -> Answer {
    let group = group(tenant, id)?;
    let body = call.json()?;
    let Some(link) = text(&body, "@odata.id") else {
        return Err(ErrorAnswer::directory(
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

pub(super) fn remove(id: &str, list: &str, member: &str, tenant: &mut Tenant) -> Answer {
    let group = group(tenant, id)?;
    if list == "members" && strings(group, "groupTypes").contains(&"DynamicMembership") {
        return Err(ErrorAnswer::directory(
            "Members of a dynamic group cannot be removed.",
        ));
    }
    let mut held = direct(tenant, id, list);
    let Some(at) = held.iter().position(|m| m == member) else {
        return Err(ErrorAnswer::missing_directory(member));
    };
    held.remove(at);
    put(tenant, id, list, &held);
    Ok(Reply::no_content())
}
