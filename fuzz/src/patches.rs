//! Patches of manifests: what a patch makes of a value is what the value with it is, each part stands
//! where its place is, and a patch that has been applied is refused.
//!
//! The first bytes choose a patch; the rest is the text of manifests and patches, parted by `%%%`.

use gatewright::finding::has_errors;
use gatewright::manifest::patch::{Overlaid, Whose, overlay};
use gatewright::manifest::write::any_document;
use gatewright::manifest::yaml::{Document, parse};
use gatewright::text::pointer::below;
use serde_json::{Map, Value, json};

use crate::choices::Choices;
use crate::sound;

const CHOICES: usize = 48;
const POLICY: &str = "ConditionalAccessPolicy";

/// Holds the laws for one input.
pub fn check(data: &[u8]) {
    let (choices, text) = data.split_at(data.len().min(CHOICES));
    chosen(&mut Choices::new(choices));
    let Some(file) = sound::source("input", text) else {
        return;
    };
    let mut texts = file.text.split("%%%\n");
    let (manifests, project) = (texts.next().unwrap_or_default(), texts.next());
    let Some(overlaid) = overlaid(manifests, project.into_iter().chain(texts)) else {
        return;
    };
    for document in &overlaid.manifests {
        let mut found = Vec::new();
        leaves(&document.value, "", &mut found);
        for (pointer, _) in found {
            let place = document.place(&pointer);
            assert!(
                place.file.text.get(place.range.clone()).is_some(),
                "{place:?}"
            );
            assert!(document.holds(&place), "{pointer}: {place:?}");
        }
    }
}

fn overlaid<'a>(manifests: &str, patches: impl Iterator<Item = &'a str>) -> Option<Overlaid> {
    let mut findings = Vec::new();
    let mut read = |name: String, text: &str| -> Vec<Document> {
        let file = sound::source(&name, text.as_bytes()).unwrap();
        parse(&file, &mut findings)
    };
    let manifests = read("base.yaml".to_owned(), manifests);
    let patches: Vec<(Document, Whose)> = patches
        .enumerate()
        .flat_map(|(number, text)| {
            let whose = if number == 0 {
                Whose::Project
            } else {
                Whose::Tenant
            };
            read(format!("{number}.yaml"), text)
                .into_iter()
                .map(move |one| (one, whose))
        })
        .collect();
    let overlaid = overlay(manifests, patches, false, &mut findings);
    sound::findings(&findings);
    (!has_errors(&findings)).then_some(overlaid)
}

/// A policy and a patch of it, written as text: what comes of them is known.
fn chosen(choices: &mut Choices<'_>) {
    let groups = ["A", "B", "C", "D"];
    let list = |choices: &mut Choices<'_>| {
        choices
            .some_of(&groups)
            .into_iter()
            .map(Value::from)
            .collect::<Vec<_>>()
    };
    let mut users = json!({"includeUsers": ["All"], "excludeGroups": list(choices)});
    if choices.once_in(2) {
        users["excludeUsers"] = list(choices).into();
    }
    let mut policy = json!({"displayName": "CA001", "state": "enabled", "conditions": {"users": users,
        "applications": {"includeApplications": ["All"]}}, "grantControls": {"operator": "OR", "builtInControls": ["mfa"]}});
    if choices.once_in(2) {
        policy["sessionControls"] =
            json!({"signInFrequency": {"value": 4, "type": "hours", "isEnabled": true}});
    }
    let mut sections = Map::new();
    let mut wanted = policy.clone();
    wanted
        .as_object_mut()
        .unwrap()
        .shift_insert(0, "kind".to_owned(), POLICY.into());
    let merge = match choices.below(6) {
        0 => Value::Null,
        1 => json!({"state": "disabled"}),
        2 => json!({"grantControls": {"operator": "AND"}}),
        3 => json!({"grantControls": null, "state": "enabledForReportingButNotEnforced"}),
        4 => json!({"sessionControls": {"signInFrequency": {"value": choices.below(24)}}}),
        _ => {
            json!({"conditions": {"users": {"excludeRoles": list(choices), "includeUsers": ["a@b.c"]}}})
        }
    };
    if !merge.is_null() {
        merged(&mut wanted, &merge);
        sections.insert("merge".to_owned(), merge);
    }
    for section in ["add", "remove"] {
        if choices.once_in(2) {
            let items = list(choices);
            let at = *choices.pick(&["excludeGroups", "excludeUsers"]);
            let users = &mut wanted["conditions"]["users"];
            let mut old = users[at].as_array().cloned().unwrap_or_default();
            match section {
                "add" => old.extend(
                    items
                        .iter()
                        .filter(|one| !old.contains(one))
                        .cloned()
                        .collect::<Vec<_>>(),
                ),
                _ => old.retain(|one| !items.contains(one)),
            }
            users[at] = old.into();
            sections.insert(
                section.to_owned(),
                json!({"conditions": {"users": {at: items}}}),
            );
        }
    }
    let base = any_document(POLICY, &policy, &[]);
    let patch = |sections: &Map<String, Value>| {
        let mut value = json!({"target": {"kind": POLICY, "displayName": "CA001"}});
        value.as_object_mut().unwrap().extend(sections.clone());
        any_document("Patch", &value, &[])
    };
    let text = patch(&sections);
    let Some(done) = overlaid(&base, ["", &text].into_iter()) else {
        return;
    };
    let [document] = done.manifests.as_slice() else {
        panic!("{} manifests of one: {base}{text}", done.manifests.len());
    };
    assert_eq!(
        settled(&document.value),
        settled(&wanted),
        "{base}---\n{text}"
    );
    // What a patch made is so: applied to that it is refused, for each of its sections.
    let base = any_document(POLICY, &without_kind(&document.value), &[]);
    for (name, section) in &sections {
        let one = Map::from_iter([(name.clone(), section.clone())]);
        assert!(
            overlaid(&base, ["", &patch(&one)].into_iter()).is_none(),
            "{base}---\n{}",
            patch(&one)
        );
    }
}

/// A merge patch (RFC 7396).
fn merged(value: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *value = patch.clone();
        return;
    };
    if !value.is_object() {
        *value = json!({});
    }
    let map = value.as_object_mut().unwrap();
    for (name, member) in patch {
        match member {
            Value::Null => {
                map.shift_remove(name);
            }
            member => merged(map.entry(name.clone()).or_insert(Value::Null), member),
        }
    }
}

fn without_kind(value: &Value) -> Value {
    let mut value = value.clone();
    value.as_object_mut().unwrap().shift_remove("kind");
    value
}

/// Without empty parts, which say nothing.
fn settled(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let members = map.iter().map(|(name, one)| (name.clone(), settled(one)));
            let kept = members.filter(|(_, one)| {
                !matches!(one, Value::Null) && *one != json!([]) && *one != json!({})
            });
            kept.collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

fn leaves(value: &Value, at: &str, found: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(map) => map
            .iter()
            .for_each(|(name, one)| leaves(one, &below(at, name), found)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(index, one)| leaves(one, &format!("{at}/{index}"), found)),
        other => found.push((at.to_owned(), other.clone())),
    }
}
