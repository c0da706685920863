//! The schema as an editor wants it: the same documents are right, but proposals, hovers and
//! messages are better. gatewright itself checks against the plain schema.

use serde_json::{Map, Value, json};

use super::PATCH;
use super::members::words;
use crate::manifest::invariant::INVARIANT;
use crate::manifest::scenario::SCENARIO;
use crate::model::Kind;
use crate::model::tables::combinations::built_in_strengths;
use crate::model::tables::special;
use crate::model::tables::{COUNTRIES, ROLES};
use crate::text::with_article;

/// Branches by `kind`: an editor proposes and checks one kind's properties alone.
pub(super) fn by_kind(defs: Map<String, Value>) -> Value {
    let mut defs = defs;
    // The kinds as people meet them: policies first.
    let all: Vec<(&str, &str)> = (Kind::ALL.iter().rev())
        .map(|kind| (kind.as_str(), kind.words()))
        .chain([
            (SCENARIO, "scenario"),
            (INVARIANT, "claim about every sign-in"),
            (PATCH, "patch of a manifest"),
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
    for (kind, words) in &all {
        if let Some(schema) = defs.get_mut(*kind) {
            schema["title"] = json!(capitalised(words));
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
    let words: Vec<String> = (all.iter())
        .map(|(_, words)| format!("{}.", capitalised(&with_article(words))))
        .collect();
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
    tighten(&mut schema);
    open_objects(&mut schema);
    polish(&mut schema, "");
    schema
}

/// With its type beside it, accepting a proposal opens an object that may be null.
fn open_objects(schema: &mut Value) {
    let definitions = schema.get("$defs").and_then(Value::as_object);
    let objects: Vec<Value> = (definitions.into_iter().flatten())
        .filter(|(_, definition)| definition.get("type") == Some(&json!("object")))
        .map(|(name, _)| json!(format!("#/$defs/{name}")))
        .collect();
    let mut stack = vec![schema];
    while let Some(part) = stack.pop() {
        match part {
            Value::Object(map) => {
                let branches = map.get("anyOf").and_then(Value::as_array);
                let is_nullable = branches.is_some_and(|branches| {
                    matches!(branches.as_slice(), [some, null]
                        if some.get("$ref").is_some_and(|of| objects.contains(of))
                            && *null == json!({ "type": "null" }))
                });
                if is_nullable {
                    map.insert("type".to_owned(), json!(["object", "null"]));
                }
                stack.extend(map.values_mut());
            }
            Value::Array(items) => stack.extend(items),
            _ => {}
        }
    }
}

/// What an editor can say at once, and gatewright says better with a rule of Graph.
fn tighten(schema: &mut Value) {
    let guids = [
        "/Group/properties/id",
        "/TestUser/properties/id",
        "/NamedLocation/properties/id",
        "/AuthenticationStrength/properties/id",
        "/ConditionalAccessPolicy/properties/id",
        "/ExternalTenants/properties/members/items",
        "/CombinationConfiguration/properties/allowedAAGUIDs/items",
        "/GlobalSecureAccessFilteringProfile/properties/profileId",
    ];
    for at in guids {
        if let Some(slot) = schema.pointer_mut(&format!("/$defs{at}")) {
            slot["pattern"] = json!(GUID);
        }
    }
    let Some(location) = schema.pointer_mut("/$defs/NamedLocation") else {
        return;
    };
    if let Some(items) = location.pointer_mut("/properties/countriesAndRegions/items") {
        let codes: Vec<&str> = COUNTRIES.iter().map(|country| country.id).collect();
        items["enum"] = json!(codes);
    }
    if let Some(items) = location.pointer_mut("/properties/ipRanges/items") {
        for at in ["/anyOf/0", "/anyOf/1/properties/cidrAddress"] {
            if let Some(slot) = items.pointer_mut(at) {
                slot["pattern"] = json!(CIDR);
            }
        }
        if let Some(Value::Array(branches)) = items.get_mut("anyOf") {
            branches.push(variable());
        }
    }
    let some = |name: &str| {
        json!({
            "type": "object",
            "properties": { name: { "type": "array", "minItems": 1 } },
            "required": [name],
        })
    };
    location["not"] = json!({
        "description": "A location has IP ranges or countries, not both.",
        "allOf": [some("ipRanges"), some("countriesAndRegions")],
    });
}

const GUID: &str = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$";

/// An address with a mask greater than /8, as the service takes it; IPv6 roughly.
const CIDR: &str = "^((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])/(9|[12][0-9]|3[0-2])$|^[0-9A-Fa-f]*:[0-9A-Fa-f:.]*/(9|[1-9][0-9]|1[01][0-9]|12[0-8])$";

/// The text with a capital letter.
pub(super) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

/// What the members of an enum mean.
fn explain(members: &[Value]) -> Option<Vec<&str>> {
    let members: Vec<&str> = members.iter().filter_map(Value::as_str).collect();
    let countries = || {
        let name = |member: &&str| Some(COUNTRIES.by_id(member)?.name);
        (members.iter().take(250))
            .map(name)
            .collect::<Option<Vec<_>>>()
    };
    words(&members).or_else(|| {
        let mut names = countries()?;
        // Of a sign-in the country may be unknown.
        names.resize(members.len(), "A country that is not known.");
        Some(names)
    })
}

/// A file of settings, which has variables nowhere below `no_variables_below`.
pub(super) fn settings(mut schema: Value, no_variables_below: &str) -> Value {
    if let Some(version) = schema.pointer_mut("/properties/version") {
        *version = json!({ "const": 1, "description": version["description"] });
    }
    open_objects(&mut schema);
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

/// Which keyword of editors holds the texts of an enum's members.
const ENUM_TEXTS: &str = "markdownEnumDescriptions";

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
                let texts = explain(members).map(|texts| json!(texts));
                if let Some(texts) = texts.filter(|_| !map.contains_key(ENUM_TEXTS)) {
                    map.insert(ENUM_TEXTS.to_owned(), texts);
                }
            }
            if let Some(Value::Object(properties)) = map.get_mut("properties") {
                for (name, property) in properties.iter_mut() {
                    polish(property, no_variables_below);
                    // Without one an editor shows the title of what is above.
                    if let Value::Object(property) = property {
                        property.insert("title".to_owned(), json!(name));
                    }
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
        "title",
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::manifest_schema;

    #[test]
    fn an_editor_sees_what_a_location_cannot_be() {
        let schema = manifest_schema();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let location = |more: Value| {
            let mut document = json!({"kind": "NamedLocation", "displayName": "L"});
            document
                .as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            validator.is_valid(&document)
        };
        for right in [
            json!({"ipRanges": ["203.0.113.0/24", "2001:db8::/32", "${office}"], "isTrusted": true}),
            json!({"ipRanges": [{"@odata.type": "x", "cidrAddress": "203.0.113.7/32"}]}),
            json!({"ipRanges": [], "countriesAndRegions": ["DE", "XK", "${country}"]}),
            json!({"ipRanges": null, "countriesAndRegions": ["DE"]}),
        ] {
            assert!(location(right.clone()), "{right}");
        }
        for wrong in [
            json!({"ipRanges": ["203.0.113.0"]}),
            json!({"ipRanges": ["203.0.113.0/8"]}),
            json!({"ipRanges": ["256.0.113.0/24"]}),
            json!({"ipRanges": [{"cidrAddress": "all"}]}),
            json!({"countriesAndRegions": ["de"]}),
            json!({"countriesAndRegions": ["UK"]}),
            json!({"ipRanges": ["203.0.113.0/24"], "countriesAndRegions": ["DE"]}),
            json!({"ipRanges": ["203.0.113.0/24"], "id": "L"}),
        ] {
            assert!(!location(wrong.clone()), "{wrong}");
        }
    }

    #[test]
    fn a_hover_has_the_name_of_the_property_above_it() {
        let schema = manifest_schema();
        let title = |at: &str| schema.pointer(at).and_then(|s| s.get("title")).cloned();
        assert_eq!(title("/$defs/NamedLocation"), Some(json!("Named location")));
        assert_eq!(
            title("/$defs/Users/properties/includeUsers"),
            Some(json!("includeUsers"))
        );
        assert_eq!(
            title("/$defs/ConditionalAccessPolicy/properties/state"),
            Some(json!("state"))
        );
    }
}
