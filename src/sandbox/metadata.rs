//! The metadata levels of answers: `none` strips annotations, `full` adds those that say
//! what can be computed: types, ids, links, actions.

use serde_json::{Value, json};

use super::call::{Map, Raw};
use crate::model::facts::{Edition, Facts, Property};

/// Which annotations an answer carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MetadataLevel {
    None,
    Minimal,
    Full,
}

impl MetadataLevel {
    pub(crate) fn of(raw: &Raw) -> MetadataLevel {
        let accept = raw
            .header("accept")
            .unwrap_or_default()
            .to_ascii_lowercase();
        let level = accept
            .split([';', ','])
            .find_map(|part| part.trim().strip_prefix("odata.metadata="))
            .unwrap_or_default();
        match level.trim() {
            "none" => MetadataLevel::None,
            "full" => MetadataLevel::Full,
            _ => MetadataLevel::Minimal,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            MetadataLevel::None => "none",
            MetadataLevel::Minimal => "minimal",
            MetadataLevel::Full => "full",
        }
    }

    /// Brings an answer, made as `minimal`, to this level.
    pub(crate) fn apply(self, edition: Edition, body: &mut Value) {
        match self {
            MetadataLevel::None => without(body),
            MetadataLevel::Minimal => {}
            MetadataLevel::Full => full(edition, body),
        }
    }
}

fn without(value: &mut Value) {
    const KEPT: &[&str] = &["@odata.nextLink", "@odata.deltaLink", "@odata.count"];
    match value {
        Value::Object(map) => {
            map.retain(|name, _| !name.contains("@odata.") || KEPT.contains(&name.as_str()));
            map.values_mut().for_each(without);
        }
        Value::Array(list) => list.iter_mut().for_each(without),
        _ => {}
    }
}

/// Type of what stands behind `$metadata#`, by the end of the fragment.
const CONTEXTS: &[(&str, &str)] = &[
    (
        "authenticationStrength/policies",
        "authenticationStrengthPolicy",
    ),
    (
        "authenticationStrengthPolicies",
        "authenticationStrengthPolicy",
    ),
    ("policies", "conditionalAccessPolicy"),
    ("namedLocations", "namedLocation"),
    ("templates", "conditionalAccessTemplate"),
    (
        "authenticationContextClassReferences",
        "authenticationContextClassReference",
    ),
    (
        "authenticationMethodModes",
        "authenticationMethodModeDetail",
    ),
    (
        "combinationConfigurations",
        "authenticationCombinationConfiguration",
    ),
    ("users", "user"),
    ("groups", "group"),
    ("servicePrincipals", "servicePrincipal"),
    ("directoryObjects", "directoryObject"),
    ("directoryRoles", "directoryRole"),
    ("directoryRoleTemplates", "directoryRoleTemplate"),
    ("roleDefinitions", "unifiedRoleDefinition"),
    ("roleAssignments", "unifiedRoleAssignment"),
    ("agreements", "agreement"),
    ("organization", "organization"),
    ("domains", "domain"),
    ("subscribedSkus", "subscribedSku"),
    ("riskDetections", "riskDetection"),
    ("riskyUsers", "riskyUser"),
    ("history", "riskyUserHistoryItem"),
];

fn full(edition: Edition, body: &mut Value) {
    let Some(context) = body.get("@odata.context").and_then(Value::as_str) else {
        return;
    };
    let context = context.to_owned();
    let fragment = context.split_once('#').map_or("", |(_, f)| f);
    let place = fragment.strip_suffix("/$entity").unwrap_or(fragment);
    // What stands in parentheses at the end are the selected members.
    let place = match place.strip_suffix(')').and_then(|p| p.rsplit_once('(')) {
        Some((before, inside)) if !inside.starts_with('\'') => before,
        _ => place,
    };
    if let Some(type_name) = place.strip_prefix("microsoft.graph.") {
        let whole = object(edition, body, type_name, None);
        *body = whole;
        return;
    }
    let Some((_, type_name)) = CONTEXTS.iter().find(|(end, _)| {
        place
            .strip_suffix(end)
            .is_some_and(|before| before.is_empty() || before.ends_with('/'))
    }) else {
        return;
    };
    match body.get_mut("value") {
        Some(Value::Array(items)) => {
            for item in items {
                *item = object(edition, item, type_name, Some(place));
            }
        }
        _ => *body = object(edition, body, type_name, Some(place)),
    }
}

/// An object with its annotations; `place` is the path of the collection that it is in.
fn object(edition: Edition, value: &Value, declared: &str, place: Option<&str>) -> Value {
    let Some(members) = value.as_object() else {
        return value.clone();
    };
    let facts = Facts::get();
    let tag = members.get("@odata.type").and_then(Value::as_str);
    let type_name = tag
        .and_then(|t| t.strip_prefix("#microsoft.graph."))
        .unwrap_or(declared);
    let id = members.get("id").and_then(Value::as_str);
    let mut out = Map::new();
    if let Some(context) = members.get("@odata.context") {
        out.insert("@odata.context".into(), context.clone());
    }
    out.insert(
        "@odata.type".into(),
        format!("#microsoft.graph.{type_name}").into(),
    );
    let own = place.zip(id).map(|(place, id)| format!("{place}('{id}')"));
    if let Some(own) = &own {
        out.insert("@odata.id".into(), own.clone().into());
        let cast = if type_name == declared {
            String::new()
        } else {
            format!("/microsoft.graph.{type_name}")
        };
        out.insert("@odata.editLink".into(), format!("{own}{cast}").into());
    }
    let properties = facts.properties(type_name, edition);
    let navigation = facts.navigation(type_name);
    for (name, member) in members {
        if name.starts_with("@odata.") {
            out.insert(name.clone(), member.clone());
            continue;
        }
        if let Some(target) = name.strip_suffix("@odata.context") {
            out.insert(name.clone(), member.clone());
            let link = member
                .as_str()
                .unwrap_or_default()
                .replacen("$metadata#", "", 1);
            let link = link.strip_suffix("/$entity").unwrap_or(&link).to_owned();
            let reference = format!("{link}/$ref");
            out.insert(format!("{target}@odata.associationLink"), reference.into());
            out.insert(format!("{target}@odata.navigationLink"), link.into());
            continue;
        }
        let known = properties
            .get(name.as_str())
            .or_else(|| navigation.get(name.as_str()))
            .copied();
        match known {
            Some(property) if !member.is_null() => {
                if let Some(tag) = type_tag(property) {
                    out.insert(format!("{name}@odata.type"), tag.into());
                }
                out.insert(name.clone(), inside(edition, member, property));
            }
            _ => {
                out.insert(name.clone(), member.clone());
            }
        }
    }
    if let Some(own) = own {
        actions(edition, declared, type_name, &own, &mut out);
    }
    Value::Object(out)
}

fn inside(edition: Edition, value: &Value, property: &Property) -> Value {
    if !Facts::get().types.contains_key(&property.type_name) {
        return value.clone();
    }
    match value {
        Value::Array(items) => items
            .iter()
            .map(|item| object(edition, item, &property.type_name, None))
            .collect(),
        other => object(edition, other, &property.type_name, None),
    }
}

/// The annotation next to a member; objects carry theirs inside.
fn type_tag(property: &Property) -> Option<String> {
    let facts = Facts::get();
    let short = property.type_name.strip_prefix("Edm.").map_or_else(
        || format!("microsoft.graph.{}", property.type_name),
        str::to_owned,
    );
    if property.collection {
        // Contained collections have links instead.
        let inline = property.contains && facts.types.contains_key(&property.type_name);
        return (!inline).then(|| format!("#Collection({short})"));
    }
    let told = facts.enums.contains_key(&property.type_name)
        || ["DateTimeOffset", "Guid", "Duration", "Int64", "Date"].contains(&short.as_str());
    told.then(|| format!("#{short}"))
}

fn actions(edition: Edition, declared: &str, type_name: &str, own: &str, out: &mut Map) {
    let (names, cast): (&[&str], String) = match declared {
        "conditionalAccessPolicy" => (&["restore"], String::new()),
        "namedLocation" => (&["restore"], "/microsoft.graph.namedLocation".into()),
        "authenticationStrengthPolicy" => (&["updateAllowedCombinations", "usage"], String::new()),
        _ => (&[], String::new()),
    };
    let cast = if type_name == declared {
        String::new()
    } else {
        cast
    };
    for name in names {
        let full = format!("microsoft.graph.{name}");
        let root = edition.segment();
        let target = format!("https://graph.microsoft.com/{root}/{own}{cast}/{full}");
        out.insert(format!("#{full}"), json!({"title": full, "target": target}));
    }
}
