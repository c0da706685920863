//! Fills a tenant from files: a tenant file as a whole, or objects as Graph answers and
//! exports them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::call::{Map, new_id, now, strings, text};
use super::store;
use super::tenant::Tenant;
use super::{check, normalise};
use crate::model::facts::{Edition, Facts};
use crate::text::is_guid;

/// What was loaded, by kind, and how often.
pub(super) type LoadedCounts = BTreeMap<&'static str, usize>;

/// Kinds that can be loaded, and a member that none of the others has.
const KINDS: &[(&str, &[&str])] = &[
    ("conditionalAccessPolicy", &["conditions"]),
    (
        "namedLocation",
        &["ipRanges", "countriesAndRegions", "compliantNetworkType"],
    ),
    ("authenticationStrengthPolicy", &["allowedCombinations"]),
    ("servicePrincipal", &["appId"]),
    ("user", &["userPrincipalName"]),
    ("group", &["securityEnabled", "groupTypes"]),
    ("agreement", &["isViewingBeforeAcceptanceRequired"]),
    ("authenticationContextClassReference", &["isAvailable"]),
];

/// Adds `value` to the tenant; an object whose id is there already is replaced. On an
/// error the tenant is half changed: the caller keeps the old one.
pub(super) fn load(tenant: &mut Tenant, value: &Value) -> Result<LoadedCounts, String> {
    let mut loaded = LoadedCounts::new();
    if value.get("version").is_some_and(Value::is_u64) && value.get("tenantId").is_some() {
        *tenant = store::from_value(value)?;
        loaded.insert("tenant", 1);
        return Ok(loaded);
    }
    let items: Vec<&Value> = match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(map) => match map.get("value") {
            Some(Value::Array(items)) => items.iter().collect(),
            _ => vec![value],
        },
        _ => return Err("an object or a list of objects is expected".into()),
    };
    for (at, item) in items.iter().enumerate() {
        let kind = one(tenant, item).map_err(|reason| match items.len() {
            1 => reason,
            _ => format!("item {at}: {reason}"),
        })?;
        *loaded.entry(kind).or_default() += 1;
    }
    Ok(loaded)
}

fn kind_of(item: &Value) -> Option<&'static str> {
    let tag = text(item, "@odata.type").and_then(|t| t.strip_prefix("#microsoft.graph."));
    let facts = Facts::get();
    let tagged = tag.and_then(|tag| KINDS.iter().find(|(kind, _)| facts.derives_from(tag, kind)));
    let shaped = || {
        KINDS
            .iter()
            .find(|(_, members)| members.iter().any(|m| item.get(*m).is_some()))
    };
    tagged.or_else(shaped).map(|(kind, _)| *kind)
}

fn one(tenant: &mut Tenant, item: &Value) -> Result<&'static str, String> {
    let kind = kind_of(item).ok_or("the object is of no kind that can be loaded")?;
    let given = item.as_object().ok_or("an object is expected")?;
    // An export may hold members that no public schema names; they say nothing here.
    let facts = Facts::get();
    let known: Vec<&str> = facts
        .concrete(kind)
        .into_iter()
        .flat_map(|t| facts.properties(t, Edition::Beta).into_keys())
        .collect();
    let mut kept = Map::new();
    for (name, value) in given {
        let inline = name == "combinationConfigurations";
        if name == "@odata.type" || inline || known.contains(&name.as_str()) {
            kept.insert(name.clone(), value.clone());
        }
    }
    if kind == "namedLocation" && !kept.contains_key("@odata.type") {
        let tag = if kept.contains_key("ipRanges") {
            "ip"
        } else {
            "country"
        };
        kept.insert(
            "@odata.type".into(),
            format!("#microsoft.graph.{tag}NamedLocation").into(),
        );
    }
    let checked = check::body(kind, Edition::Beta, &Value::Object(kept))
        .map_err(|p| format!("{} ({kind}): {}", p.path, p.reason))?;
    let id = given
        .get("id")
        .and_then(Value::as_str)
        .map(str::to_ascii_lowercase)
        .unwrap_or_else(new_id);
    let context = kind == "authenticationContextClassReference";
    if !context && !is_guid(&id) {
        return Err(format!("`{id}` is not an id"));
    }
    let mut stored = Map::new();
    stored.insert("id".into(), id.clone().into());
    if kind == "conditionalAccessPolicy" {
        let policy = normalise::policy(&checked);
        stored.extend(policy);
        for name in ["createdDateTime", "modifiedDateTime", "templateId"] {
            let value = checked.get(name).cloned().unwrap_or_default();
            stored.insert(name.into(), value);
        }
        if stored.get("createdDateTime").is_none_or(Value::is_null) {
            stored.insert("createdDateTime".into(), now().into());
        }
    } else {
        stored.extend(checked);
    }
    stored.insert("id".into(), id.clone().into());
    if kind == "authenticationStrengthPolicy" && text(item, "policyType").is_none() {
        stored.insert("policyType".into(), "custom".into());
    }
    stored.retain(|name, _| name != "deletedDateTime" && name != "passwordProfile");
    let into = match kind {
        "conditionalAccessPolicy" => &mut tenant.policies,
        "namedLocation" => &mut tenant.named_locations,
        "authenticationStrengthPolicy" => &mut tenant.authentication_strengths,
        "servicePrincipal" => &mut tenant.service_principals,
        "user" => &mut tenant.users,
        "group" => &mut tenant.groups,
        "agreement" => &mut tenant.agreements,
        _ => &mut tenant.authentication_contexts,
    };
    into.insert(id.clone(), Value::Object(stored));
    if kind == "group" {
        let mut members: Vec<String> = strings(item, "members")
            .into_iter()
            .map(str::to_ascii_lowercase)
            .collect();
        let listed = item.get("members").and_then(Value::as_array);
        members.extend(
            listed
                .into_iter()
                .flatten()
                .filter_map(|m| text(m, "id").map(str::to_ascii_lowercase)),
        );
        if listed.is_some() || !tenant.members.contains_key(&id) {
            tenant.members.insert(id, json!(members));
        }
    }
    Ok(kind)
}
