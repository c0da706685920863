//! The schema as an editor wants it: the same documents are right, but proposals, hovers and
//! messages are better. gatewright itself checks against the plain schema.

use serde_json::{Map, Value, json};

use crate::manifest::invariant::INVARIANT;
use crate::manifest::scenario::SCENARIO;
use crate::model::Kind;
use crate::model::tables::ROLES;
use crate::model::tables::combinations::built_in_strengths;
use crate::model::tables::special;

/// Branches by `kind`: an editor proposes and checks one kind's properties alone.
pub(super) fn by_kind(defs: Map<String, Value>) -> Value {
    let mut defs = defs;
    // The kinds as people meet them: policies first.
    let all: Vec<(&str, &str)> = (Kind::ALL.iter().rev())
        .map(|kind| (kind.as_str(), kind.words()))
        .chain([
            (SCENARIO, "scenario"),
            (INVARIANT, "claim about every sign-in"),
        ])
        .collect();
    for (kind, _) in &all {
        if let Some(schema) = defs.get_mut(*kind) {
            // Said once, at the root.
            if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
                required.retain(|name| name != "kind");
            }
            if let Some(slot) = schema.pointer_mut("/properties/kind") {
                *slot = json!(true);
            }
        }
    }
    let branches: Vec<Value> = all
        .iter()
        .map(|(kind, _)| {
            json!({
                "if": { "properties": { "kind": { "const": kind } }, "required": ["kind"] },
                "then": { "$ref": format!("#/$defs/{kind}") },
            })
        })
        .collect();
    let kinds: Vec<&str> = all.iter().map(|(kind, _)| *kind).collect();
    let words: Vec<String> = all.iter().map(|(_, words)| format!("A {words}.")).collect();
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "gatewright manifest",
        "description": "The desired state of one object of Microsoft Entra ID.",
        "type": "object",
        "properties": {
            "kind": {
                "type": "string",
                "enum": kinds,
                "markdownEnumDescriptions": words,
                "description": "What the document describes.",
            },
        },
        "required": ["kind"],
        "allOf": branches,
        "$defs": defs,
    });
    propose(&mut schema);
    polish(&mut schema, "");
    schema
}

/// A file of settings, which has variables nowhere below `no_variables_below`.
pub(super) fn settings(mut schema: Value, no_variables_below: &str) -> Value {
    if let Some(version) = schema.pointer_mut("/properties/version") {
        *version = json!({ "const": 1, "description": version["description"] });
    }
    polish(&mut schema, no_variables_below);
    schema
}

/// Values that may stand among names.
fn propose(schema: &mut Value) {
    let values = |list: &[special::SpecialValue]| -> Vec<&str> {
        list.iter().filter(|v| !v.beta).map(|v| v.value).collect()
    };
    let roles: Vec<&str> = ROLES
        .iter()
        .filter(|role| !role.deprecated)
        .map(|role| role.name)
        .collect();
    let users = values(special::users());
    let apps = values(special::applications());
    let locations = ["All", "AllTrusted"];
    let lists: [(&str, &str, &[&str]); 9] = [
        ("Users", "includeUsers", &users),
        ("Users", "excludeUsers", &["GuestsOrExternalUsers"]),
        ("Users", "includeRoles", &roles),
        ("Users", "excludeRoles", &roles),
        ("Applications", "includeApplications", &apps),
        (
            "Applications",
            "excludeApplications",
            &["Office365", "MicrosoftAdminPortals"],
        ),
        ("Locations", "includeLocations", &locations),
        ("Locations", "excludeLocations", &["AllTrusted"]),
        (
            "ClientApplications",
            "includeServicePrincipals",
            &["ServicePrincipalsInMyTenant"],
        ),
    ];
    for (of, property, examples) in lists {
        if let Some(items) = schema.pointer_mut(&format!("/$defs/{of}/properties/{property}/items"))
        {
            items["examples"] = json!(examples);
        }
    }
    let actions = values(special::user_actions());
    if let Some(items) =
        schema.pointer_mut("/$defs/Applications/properties/includeUserActions/items")
    {
        items["examples"] = json!(actions);
    }
    let strengths: Vec<&str> = built_in_strengths()
        .iter()
        .map(|s| s.display_name)
        .collect();
    if let Some(branch) =
        schema.pointer_mut("/$defs/GrantControls/properties/authenticationStrength/anyOf/0")
    {
        branch["examples"] = json!(strengths);
    }
}

/// What a variable looks like: `${name}`, alone or in a text.
fn variable() -> Value {
    json!({ "type": "string", "pattern": "\\$\\{" })
}

fn polish(schema: &mut Value, no_variables_below: &str) {
    match schema {
        Value::Array(items) => {
            for item in items {
                polish(item, no_variables_below);
            }
        }
        Value::Object(map) => {
            if let Some(text) = map.get("description").cloned() {
                // Backticks are code in Markdown, and escaped in plain text.
                map.insert("markdownDescription".to_owned(), text);
            }
            if map.get("readOnly") == Some(&json!(true)) {
                map.insert("doNotSuggest".to_owned(), json!(true));
            }
            // An empty value stays right; it is not worth a proposal.
            if let Some(Value::Array(members)) = map.get_mut("enum") {
                members.retain(|member| !member.is_null());
            }
            // With the type beside it, accepting a proposal opens the object.
            let nullable_object = map.get("anyOf").and_then(Value::as_array).is_some_and(|b| {
                matches!(b.as_slice(), [some, null] if some.get("$ref").is_some() && *null == json!({ "type": "null" }))
            });
            if nullable_object {
                map.insert("type".to_owned(), json!(["object", "null"]));
            }
            if let Some(Value::Object(properties)) = map.get_mut("properties") {
                for (name, property) in properties.iter_mut() {
                    polish(property, no_variables_below);
                    if name != "kind" && no_variables_below.is_empty() {
                        take_variables(property);
                    }
                }
            }
            for (name, child) in map.iter_mut() {
                match name.as_str() {
                    "properties" | "enum" | "examples" | "required" => {}
                    "$defs" => {
                        for (_, definition) in child.as_object_mut().into_iter().flatten() {
                            polish(definition, no_variables_below);
                        }
                    }
                    "items" => {
                        polish(child, no_variables_below);
                        if no_variables_below.is_empty() {
                            take_variables(child);
                        }
                    }
                    _ => polish(child, no_variables_below),
                }
            }
        }
        _ => {}
    }
}

/// Where a variable may stand, its text must be right, too. A text takes it as it is.
fn take_variables(property: &mut Value) {
    let Some(map) = property.as_object_mut() else {
        return;
    };
    let has = |name: &str| match map.get("type") {
        Some(Value::String(text)) => text == name,
        Some(Value::Array(list)) => list.iter().any(|t| t == name),
        _ => false,
    };
    let narrow = map.contains_key("enum")
        || map.contains_key("const")
        || has("boolean")
        || has("integer")
        || map.contains_key("pattern");
    if !narrow || map.contains_key("anyOf") {
        return;
    }
    let mut outer = Map::new();
    for name in [
        "description",
        "markdownDescription",
        "readOnly",
        "doNotSuggest",
    ] {
        if let Some(value) = map.shift_remove(name) {
            outer.insert(name.to_owned(), value);
        }
    }
    let inner = Value::Object(std::mem::take(map));
    outer.insert("anyOf".to_owned(), json!([inner, variable()]));
    *map = outer;
}
