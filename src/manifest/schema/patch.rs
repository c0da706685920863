//! The schema of patches: what may be changed of an object of each kind.
//!
//! It comes from the schema of the kind's manifests, in which nothing is required any more and
//! every property may be null, which takes it out.

use serde_json::{Map, Value, json};

use super::editor::capitalised;
use super::{PATCH, kind_schema};
use crate::model::Kind;
use crate::text::with_article;

/// The schema of patches of one kind, complete in itself; without a kind, of what all have.
pub(super) fn patch_schema(kind: Option<Kind>) -> Map<String, Value> {
    let (changes, mut defs) = match kind {
        Some(kind) => changes(kind),
        None => (json!({ "type": "object" }), Map::new()),
    };
    defs.insert("Changes".to_owned(), changes);
    let mut properties = common(kind);
    for (name, description) in CHANGES {
        let value = json!({
            "description": description,
            "anyOf": [{ "$ref": "#/$defs/Changes" }, { "type": "null" }],
        });
        properties.insert((*name).to_owned(), value);
    }
    let mut schema = root(properties);
    schema.insert("$defs".to_owned(), Value::Object(defs));
    schema
}

/// The schema of patches of every kind, for the schema of all manifests, whose definitions are
/// `defs`: the branch of the target's kind says what may be changed.
pub(super) fn combined(defs: &mut Map<String, Value>) {
    let mut branches = Vec::new();
    for kind in Kind::ALL.into_iter().rev() {
        let (changes, parts) = changes(kind);
        for (name, mut part) in parts {
            prefix(&mut part);
            defs.insert(format!("{PATCH}{name}"), part);
        }
        let name = format!("{PATCH}{kind}");
        let mut changes = changes;
        prefix(&mut changes);
        if let Value::Object(map) = &mut changes {
            map.insert("title".to_owned(), json!(name));
        }
        defs.insert(name.clone(), changes);
        let properties: Map<String, Value> = (CHANGES.iter())
            .map(|(property, _)| {
                (
                    (*property).to_owned(),
                    json!({ "$ref": format!("#/$defs/{name}") }),
                )
            })
            .collect();
        branches.push(json!({
            "if": {
                "type": "object",
                "properties": { "target": {
                    "type": "object",
                    "properties": { "kind": { "const": kind.as_str() } },
                    "required": ["kind"],
                } },
                "required": ["target"],
            },
            "then": { "type": "object", "properties": properties },
        }));
    }
    let mut properties = common(None);
    if let Some(kind) = properties
        .get_mut("target")
        .and_then(|target| target.pointer_mut("/properties/kind"))
    {
        let words = Kind::ALL.iter().rev();
        let words: Vec<String> = words
            .map(|kind| format!("{}.", capitalised(&with_article(kind.words()))))
            .collect();
        kind["markdownEnumDescriptions"] = json!(words);
    }
    for (name, description) in CHANGES {
        let value = json!({ "type": ["object", "null"], "description": description });
        properties.insert((*name).to_owned(), value);
    }
    let mut schema = root(properties);
    schema.insert("allOf".to_owned(), json!(branches));
    defs.insert(PATCH.to_owned(), Value::Object(schema));
}

const CHANGES: &[(&str, &str)] = &[
    (
        "merge",
        "Properties that the tenant has otherwise. A list is replaced by this one; null takes a property out.",
    ),
    (
        "add",
        "Members that lists have in addition, in the form of the manifest.",
    ),
    (
        "remove",
        "Members that lists do not have, in the form of the manifest.",
    ),
];

fn common(kind: Option<Kind>) -> Map<String, Value> {
    let kinds: Vec<&str> = match kind {
        Some(kind) => vec![kind.as_str()],
        None => Kind::ALL.iter().rev().map(|kind| kind.as_str()).collect(),
    };
    let name =
        |description: &str| json!({ "type": "string", "minLength": 1, "description": description });
    let mut target = Map::new();
    target.insert(
        "kind".to_owned(),
        json!({ "type": "string", "enum": kinds, "description": "The kind of the manifest." }),
    );
    target.insert(
        "displayName".to_owned(),
        name("The `displayName` that the manifest has."),
    );
    if kind.is_none_or(|kind| kind == Kind::TestUser) {
        target.insert(
            "userPrincipalName".to_owned(),
            name("The `userPrincipalName` that the manifest has, for a test user."),
        );
    }
    target.insert(
        "id".to_owned(),
        name("The `id` that the manifest has: of an authentication context, or pinned."),
    );
    let target = json!({
        "type": "object",
        "description": "Which manifest is patched: the one that has all of this.",
        "properties": target,
        "required": ["kind"],
        "additionalProperties": false,
    });
    let mut properties = Map::new();
    properties.insert(
        "kind".to_owned(),
        json!({ "const": PATCH, "description": "A patch: what a tenant has otherwise than a manifest says." }),
    );
    properties.insert("target".to_owned(), target);
    properties.insert(
        "absent".to_owned(),
        json!({ "type": ["boolean", "null"], "description": "True: the tenant does not get the object." }),
    );
    properties
}

fn root(properties: Map<String, Value>) -> Map<String, Value> {
    let schema = json!({
        "title": PATCH,
        "description": "What a tenant has otherwise than a manifest says.",
        "type": "object",
        "properties": properties,
        "required": ["kind", "target"],
        "additionalProperties": false,
    });
    match schema {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// What may be changed of an object of a kind, and the definitions that it refers to.
fn changes(kind: Kind) -> (Value, Map<String, Value>) {
    let mut schema = kind_schema(kind);
    let defs = schema.remove("$defs");
    for name in ["$schema", "title", "description"] {
        schema.shift_remove(name);
    }
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        for name in ["kind", kind.identity_property()] {
            // A patch that changes them is refused with more words.
            let fixed = json!({ "description": "Cannot be patched.", "doNotSuggest": true });
            properties.insert(name.to_owned(), fixed);
        }
    }
    let mut changes = Value::Object(schema);
    loosen(&mut changes);
    let mut defs = match defs {
        Some(Value::Object(defs)) => defs,
        _ => Map::new(),
    };
    defs.values_mut().for_each(loosen);
    (changes, defs)
}

/// Nothing is required, and every property may be null.
fn loosen(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(loosen),
        Value::Object(map) => {
            map.shift_remove("required");
            if let Some(Value::Object(properties)) = map.get_mut("properties") {
                properties.values_mut().for_each(take_null);
            }
            map.values_mut().for_each(loosen);
        }
        _ => {}
    }
}

fn take_null(schema: &mut Value) {
    let nothing = json!({ "type": "null" });
    let Value::Object(map) = schema else { return };
    let takes_all = !["type", "enum", "const", "$ref", "anyOf", "oneOf"]
        .iter()
        .any(|name| map.contains_key(*name));
    if takes_all {
        return;
    }
    for of in ["anyOf", "oneOf"] {
        if let Some(Value::Array(branches)) = map.get_mut(of) {
            if !branches.contains(&nothing) {
                branches.push(nothing);
            }
            return;
        }
    }
    if let Some(Value::Array(members)) = map.get_mut("enum")
        && !members.contains(&Value::Null)
    {
        members.push(Value::Null);
    }
    match map.get_mut("type") {
        Some(Value::String(one)) => {
            let one = std::mem::take(one);
            map.insert("type".to_owned(), json!([one, "null"]));
        }
        Some(Value::Array(types)) if !types.contains(&json!("null")) => types.push(json!("null")),
        Some(_) => {}
        None => {
            let mut outer = Map::new();
            if let Some(text) = map.shift_remove("description") {
                outer.insert("description".to_owned(), text);
            }
            let inner = Value::Object(std::mem::take(map));
            outer.insert("anyOf".to_owned(), json!([inner, nothing]));
            *map = outer;
        }
    }
}

/// Definitions of patches have names of their own.
fn prefix(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(prefix),
        Value::Object(map) => {
            if let Some(Value::String(reference)) = map.get_mut("$ref")
                && let Some(name) = reference.strip_prefix("#/$defs/")
            {
                *reference = format!("#/$defs/{PATCH}{name}");
            }
            map.values_mut().for_each(prefix);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_of_patches_compiles() {
        for kind in Kind::ALL.into_iter().map(Some).chain([None]) {
            let schema = Value::Object(patch_schema(kind));
            if let Err(error) = jsonschema::validator_for(&schema) {
                panic!("{kind:?}: {error}");
            }
        }
    }
}
