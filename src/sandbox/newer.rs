//! Members that enums got after their sentinel: who does not ask for them is answered
//! `unknownFutureValue` (Handling future members in evolvable enumerations). Beta was seen to
//! answer such members without being asked to.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde_json::Value;

use super::call::Raw;
use crate::model::facts::Facts;

/// The newer members by the property that holds them, each with the enum's sentinel.
type Newer = HashMap<String, Vec<(&'static str, &'static str)>>;

fn newer() -> &'static Newer {
    static TABLE: OnceLock<Newer> = OnceLock::new();
    TABLE.get_or_init(|| {
        let facts = Facts::get();
        let mut table = Newer::new();
        for (property, fact) in facts.types.values().flat_map(|known| &known.properties) {
            let Some(members) = facts.enums.get(&fact.type_name).map(|e| &e.members) else {
                continue;
            };
            let is_sentinel = |member: &str| member.eq_ignore_ascii_case("unknownFutureValue");
            let Some((sentinel, value)) = members.iter().find(|(name, _)| is_sentinel(name)) else {
                continue;
            };
            let newer = members.iter().filter(|(_, other)| *other > value);
            let entry = table.entry(property.clone()).or_default();
            entry.extend(newer.map(|(member, _)| (member.as_str(), sentinel.as_str())));
        }
        table.retain(|_, members| !members.is_empty());
        table
    })
}

/// Whether the request asks for them.
pub(super) fn are_asked_for(raw: &Raw) -> bool {
    raw.header("prefer").is_some_and(|value| {
        value.split([',', ';']).any(|part| {
            part.trim()
                .eq_ignore_ascii_case("include-unknown-enum-members")
        })
    })
}

/// Puts the sentinel in their place.
pub(super) fn hide(value: &mut Value) {
    walk(newer(), value);
}

fn walk(newer: &Newer, value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (name, member) in map {
                match newer.get(name.as_str()) {
                    Some(members) => hidden(members, member),
                    None => walk(newer, member),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| walk(newer, item)),
        _ => {}
    }
}

fn hidden(members: &[(&str, &str)], value: &mut Value) {
    match value {
        Value::String(text) => {
            let parts: Vec<&str> = text
                .split(',')
                .map(|part| {
                    let found = members.iter().find(|(member, _)| *member == part);
                    found.map_or(part, |(_, sentinel)| *sentinel)
                })
                .collect();
            *text = parts.join(",");
        }
        Value::Array(items) => items.iter_mut().for_each(|item| hidden(members, item)),
        _ => {}
    }
}
