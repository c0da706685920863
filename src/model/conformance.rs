//! The model against the facts table: what Graph's schema names, the model has, and
//! nothing else, with the same types, enums, flags, nullability and edition.

use std::collections::BTreeSet;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use super::facts::{Edition, Facts, Property};

/// Members that the model has for a reason of its own.
const EXTRA: &[(&str, &str)] = &[
    // Graph's way to name a derived type.
    ("*", "@odata.type"),
    // Links, which Graph reads and writes by paths of their own.
    ("group", "members"),
    ("user", "memberOf"),
];

/// Every definition of the model that says which Graph type it is.
fn definitions() -> Vec<(String, Map<String, Value>)> {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    generator.subschema_for::<super::policy::ConditionalAccessPolicy>();
    generator.subschema_for::<super::location::NamedLocation>();
    generator.subschema_for::<super::strength::AuthenticationStrength>();
    generator.subschema_for::<super::context::AuthenticationContext>();
    generator.subschema_for::<super::group::Group>();
    generator.subschema_for::<super::user::TestUser>();
    generator
        .definitions()
        .iter()
        .map(|(name, schema)| {
            let map = schema.as_object().cloned().unwrap_or_default();
            (name.clone(), map)
        })
        .collect()
}

/// The alternatives of a schema: itself, and what its `anyOf` and `$ref` lead to.
fn alternatives<'a>(schema: &'a Value, all: &'a [(String, Map<String, Value>)]) -> Vec<Value> {
    let mut found = vec![schema.clone()];
    if let Some(name) = schema
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|r| r.rsplit('/').next())
        && let Some((_, target)) = all.iter().find(|(n, _)| n == name)
    {
        found.push(Value::Object(target.clone()));
    }
    for branch in schema
        .get("anyOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        found.extend(alternatives(branch, all));
    }
    found
}

fn has_type(schema: &Value, name: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(text)) => text == name,
        Some(Value::Array(list)) => list.iter().any(|t| t == name),
        _ => false,
    }
}

fn graph_type(schemas: &[Value]) -> Option<String> {
    schemas
        .iter()
        .find_map(|s| s.get("x-graph-type").and_then(Value::as_str))
        .map(str::to_owned)
}

/// What differs between one property of the model and its fact.
fn faults(
    schema: &Value,
    fact: &Property,
    required: bool,
    whole_type_is_beta: bool,
    all: &[(String, Map<String, Value>)],
) -> Vec<String> {
    let facts = Facts::get();
    let mut found = Vec::new();
    let branches = alternatives(schema, all);
    let flags = branches.iter().any(|s| s.get("x-graph-flags").is_some());
    let array = !flags && branches.iter().any(|s| has_type(s, "array"));
    if array != fact.collection {
        found.push(format!(
            "collection is {}, the schema says {}",
            array, fact.collection
        ));
        return found;
    }
    let inner = if array {
        let items = branches.iter().find_map(|s| s.get("items")).cloned();
        alternatives(&items.unwrap_or_default(), all)
    } else {
        branches.clone()
    };
    let named = graph_type(&inner);
    if fact.type_name.starts_with("Edm.") {
        let json = match fact.type_name.as_str() {
            "Edm.Boolean" => "boolean",
            "Edm.Int32" => "integer",
            _ => "string",
        };
        if !inner.iter().any(|s| has_type(s, json)) {
            found.push(format!("no {json} is taken for {}", fact.type_name));
        }
    } else if named.as_deref() != Some(fact.type_name.as_str()) {
        found.push(format!(
            "type is {named:?}, the schema says {}",
            fact.type_name
        ));
    }
    if let Some(known) = facts.enums.get(&fact.type_name) {
        let flags = inner.iter().any(|s| s.get("x-graph-flags").is_some());
        if flags != known.flags {
            found.push(format!("flags is {flags}, the schema says {}", known.flags));
        }
        let members: BTreeSet<&str> = inner
            .iter()
            .flat_map(|s| [s.get("enum"), s.pointer("/items/enum")])
            .flatten()
            .filter_map(Value::as_array)
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let expected: BTreeSet<&str> = known
            .members
            .keys()
            .map(String::as_str)
            .filter(|m| *m != super::values::SENTINEL)
            .collect();
        if members != expected {
            found.push(format!(
                "members are {members:?}, the schema says {expected:?}"
            ));
        }
    }
    let null = branches.iter().any(|s| {
        has_type(s, "null")
            || s.get("enum")
                .and_then(Value::as_array)
                .is_some_and(|e| e.contains(&Value::Null))
    });
    if fact.nullable && !fact.collection && !null && !required {
        found.push("null is refused, the schema allows it".to_owned());
    }
    if !fact.nullable && !fact.collection && null && required {
        found.push("null is taken, the schema refuses it".to_owned());
    }
    let beta = schema.get("x-graph-beta").is_some();
    if beta != fact.beta && !whole_type_is_beta {
        found.push(format!("beta is {beta}, the table says {}", fact.beta));
    }
    found
}

#[test]
fn the_model_is_what_the_schema_says() {
    let facts = Facts::get();
    let all = definitions();
    let mut found = Vec::new();
    let mut compared = 0;
    for (_, definition) in &all {
        let Some(type_name) = definition.get("x-graph-type").and_then(Value::as_str) else {
            continue;
        };
        let Some(properties) = definition.get("properties").and_then(Value::as_object) else {
            continue;
        };
        compared += 1;
        let subset = definition.contains_key("x-graph-subset");
        let required: Vec<&str> = definition
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        assert!(
            facts.types.contains_key(type_name),
            "{type_name} is not in the facts table"
        );
        // A type with derived types is modelled as one, with the members of all.
        let mut known = facts.properties(type_name, Edition::Beta);
        for concrete in facts.concrete(type_name) {
            if concrete == "whatIfAnalysisResult" {
                continue; // what-if answers, which no manifest describes
            }
            known.extend(facts.properties(concrete, Edition::Beta));
        }
        let mut navigation = facts.navigation(type_name);
        navigation.retain(|name, nav| {
            nav.contains && ["authenticationStrength", "combinationConfigurations"].contains(name)
        });
        known.extend(navigation);
        for (name, schema) in properties {
            let extra = EXTRA
                .iter()
                .any(|(t, n)| (*t == "*" || *t == type_name) && n == name);
            if extra {
                continue;
            }
            match known.get(name.as_str()) {
                None => found.push(format!("{type_name}.{name} is not in the schema")),
                Some(fact) => {
                    let required = required.contains(&name.as_str());
                    found.extend(
                        faults(schema, fact, required, facts.types[type_name].beta, &all)
                            .into_iter()
                            .map(|fault| format!("{type_name}.{name}: {fault}")),
                    );
                }
            }
        }
        if !subset {
            for name in known.keys() {
                if !properties.contains_key(*name) {
                    found.push(format!("{type_name}.{name} is missing in the model"));
                }
            }
        }
    }
    assert!(compared >= 30, "only {compared} types were compared");
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_fault_of_each_sort_is_seen() {
    let facts = Facts::get();
    let all = definitions();
    let fact = |t: &str, p: &str| facts.properties(t, Edition::Beta)[p].clone();
    let state = fact("conditionalAccessPolicy", "state");
    let see = |schema: Value, fact: &Property, required: bool| {
        faults(&schema, fact, required, false, &all).join("; ")
    };
    let good = serde_json::json!({"type": "string", "enum": ["enabled", "disabled", "enabledForReportingButNotEnforced"], "x-graph-type": "conditionalAccessPolicyState"});
    assert_eq!(see(good.clone(), &state, true), "");
    let mut short = good.clone();
    short["enum"] = serde_json::json!(["enabled"]);
    assert!(see(short, &state, true).contains("members are"));
    let mut null = good.clone();
    null["type"] = serde_json::json!(["string", "null"]);
    assert!(see(null, &state, true).contains("null is taken"));
    assert!(
        see(
            serde_json::json!({"type": "array", "items": good.clone()}),
            &state,
            true
        )
        .contains("collection")
    );
    let mut beta = good.clone();
    beta["x-graph-beta"] = true.into();
    assert!(see(beta, &state, true).contains("beta"));
    let mut flags = good;
    flags["x-graph-flags"] = true.into();
    assert!(see(flags, &state, true).contains("flags"));
    let strict = fact("agreement", "displayName");
    assert!(see(serde_json::json!({"type": "string"}), &strict, false).contains("null is refused"));
}
