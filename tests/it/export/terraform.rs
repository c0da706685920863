//! Terraform, read by a parser of its language and turned back by a rule of the names, which is not the
//! table by which it was written.

use std::collections::{BTreeMap, BTreeSet};

use gatewright::export::{ExportedFiles, terraform};
use gatewright::manifest::project::Desired;
use gatewright::model::refs::RefKind;
use gatewright::model::{Kind, Object};
use hcl::expr::Expression;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};

use super::{ALL, file, lost, source, told};
use crate::laws;
use crate::world::desired;

/// A value as JSON; what is no text, number or truth value as `{"says": its text}`.
fn value(expression: &Expression) -> Value {
    match expression {
        Expression::String(text) => json!(text),
        Expression::Bool(flag) => json!(flag),
        Expression::Number(number) => json!(number.as_i64().unwrap()),
        Expression::Array(items) => items.iter().map(value).collect(),
        other => json!({ "says": hcl::format::to_string(other).unwrap() }),
    }
}

/// A block as JSON: arguments, and blocks, of which each kind stands once.
fn block(body: &hcl::Body) -> Value {
    let mut map = Map::new();
    for attribute in body.attributes() {
        let before = map.insert(attribute.key().to_owned(), value(attribute.expr()));
        assert!(before.is_none(), "{} twice", attribute.key());
    }
    for inner in body.blocks() {
        assert!(inner.labels().is_empty());
        let before = map.insert(inner.identifier().to_owned(), block(inner.body()));
        assert!(before.is_none(), "{} twice", inner.identifier());
    }
    Value::Object(map)
}

/// Every block of all files, by its address: `azuread_group.x`, `data.azuread_user.x`, `var.x`.
pub(super) struct Read {
    pub(super) blocks: BTreeMap<String, Value>,
    pub(super) imports: BTreeMap<String, String>,
}

pub(super) fn read(files: &ExportedFiles) -> Read {
    let mut read = Read {
        blocks: BTreeMap::new(),
        imports: BTreeMap::new(),
    };
    for (name, text) in &files.files {
        let body = hcl::parse(text).unwrap_or_else(|error| panic!("{name}: {error}\n{text}"));
        assert_eq!(body.attributes().count(), 0, "{name}");
        for one in body.blocks() {
            let labels: Vec<&str> = one.labels().iter().map(|label| label.as_str()).collect();
            let address = match one.identifier() {
                "resource" => labels.join("."),
                "data" => format!("data.{}", labels.join(".")),
                "variable" => format!("var.{}", labels.join(".")),
                "terraform" => "terraform".to_owned(),
                "import" => {
                    let import = block(one.body());
                    let to = import["to"]["says"].as_str().unwrap().to_owned();
                    let id = import["id"].as_str().unwrap().to_owned();
                    assert!(read.imports.insert(to, id).is_none());
                    continue;
                }
                other => panic!("{other}"),
            };
            for label in labels {
                let first = label.starts_with(|c: char| c.is_ascii_alphabetic());
                assert!(
                    first
                        && label
                            .bytes()
                            .all(|b| b.is_ascii_alphanumeric() || b == b'_'),
                    "{label}"
                );
            }
            let before = read.blocks.insert(address.clone(), block(one.body()));
            assert!(before.is_none(), "{address} twice");
        }
    }
    read
}

impl Read {
    /// Whom an expression refers to, by name.
    fn named(&self, said: &str) -> String {
        let parts: Vec<&str> = said.split('.').collect();
        let (address, attribute) = match parts[..] {
            ["data", kind, label, attribute] => (format!("data.{kind}.{label}"), attribute),
            ["var", label] => (format!("var.{label}"), ""),
            [kind, label, attribute] => (format!("{kind}.{label}"), attribute),
            _ => panic!("{said}"),
        };
        let found = self
            .blocks
            .get(&address)
            .unwrap_or_else(|| panic!("no {address}"));
        if address.starts_with("var.") {
            let told = found["description"].as_str().unwrap();
            let (_, rest) = told.split_once('"').unwrap();
            return rest.rsplit_once('"').unwrap().0.to_owned();
        }
        let expected = match address.contains("azuread_authentication_strength_policy") {
            true => "id",
            false if attribute == "client_id" => "client_id",
            false => "object_id",
        };
        assert_eq!(attribute, expected, "{said}");
        match found.get("user_principal_name") {
            Some(name) => principal(name),
            None => found["display_name"].as_str().unwrap().to_owned(),
        }
    }

    /// The same JSON with names in the place of references.
    fn resolved(&self, value: &Value) -> Value {
        match value {
            Value::Object(map) => match map.get("says").and_then(Value::as_str) {
                Some(said) => self.named(said).into(),
                None => map
                    .iter()
                    .map(|(name, inner)| (name.clone(), self.resolved(inner)))
                    .collect(),
            },
            Value::Array(items) => items.iter().map(|one| self.resolved(one)).collect(),
            other => other.clone(),
        }
    }

    fn of(&self, resource: &str) -> impl Iterator<Item = (&str, &Value)> {
        let start = format!("{resource}.");
        let all = self.blocks.iter();
        all.filter_map(move |(address, block)| Some((address.strip_prefix(&start)?, block)))
    }
}

/// A principal name; of one that the tenant's domain ends, what stands before.
fn principal(name: &Value) -> String {
    match name["says"].as_str() {
        Some(said) => said
            .trim_matches('"')
            .split_once("@${")
            .unwrap()
            .0
            .to_owned(),
        None => name.as_str().unwrap().to_owned(),
    }
}

fn camel(name: &str) -> String {
    let mut out = String::new();
    let words = name.split('_').map(|word| match word {
        "included" => "include",
        "excluded" => "exclude",
        word => word,
    });
    for (at, word) in words.enumerate() {
        match at {
            0 => out.push_str(word),
            _ => {
                let (first, rest) = word.split_at(1);
                out.push_str(&first.to_uppercase());
                out.push_str(rest);
            }
        }
    }
    out
}

/// Graph's form of a part of a policy.
fn graph(name: &str, value: &Value) -> Value {
    let Value::Object(map) = value else {
        return value.clone();
    };
    let mut out = Map::new();
    let mut put = |pointer: &[&str], value: Value| {
        let mut at = &mut out;
        for step in &pointer[..pointer.len() - 1] {
            at = at
                .entry(*step)
                .or_insert_with(|| json!({}))
                .as_object_mut()
                .unwrap();
        }
        at.insert(pointer[pointer.len() - 1].to_owned(), value);
    };
    for (key, value) in map {
        let value = graph(key, value);
        match (name, key.as_str()) {
            (_, "lifecycle") => {}
            (_, "authentication_flow_transfer_methods") => {
                put(&["authenticationFlows", "transferMethods"], value)
            }
            ("applications", "filter") => put(&["applicationFilter"], value),
            ("client_applications", "filter") => put(&["servicePrincipalFilter"], value),
            ("devices", "filter") => put(&["deviceFilter"], value),
            (_, "authentication_strength_policy_id") => {
                let id = value.as_str().unwrap();
                put(
                    &["authenticationStrength"],
                    id.rsplit('/').next().unwrap().into(),
                );
            }
            ("session_controls", "disable_resilience_defaults") => {
                put(&["disableResilienceDefaults"], value)
            }
            ("session_controls", key) => {
                let (control, member) = match key {
                    "application_enforced_restrictions_enabled" => {
                        ("applicationEnforcedRestrictions", "isEnabled")
                    }
                    "cloud_app_security_policy" => ("cloudAppSecurity", "cloudAppSecurityType"),
                    "persistent_browser_mode" => ("persistentBrowser", "mode"),
                    "sign_in_frequency" => ("signInFrequency", "value"),
                    "sign_in_frequency_period" => ("signInFrequency", "type"),
                    "sign_in_frequency_interval" => ("signInFrequency", "frequencyInterval"),
                    "sign_in_frequency_authentication_type" => {
                        ("signInFrequency", "authenticationType")
                    }
                    other => panic!("{other}"),
                };
                put(&[control, member], value);
                put(&[control, "isEnabled"], json!(true));
            }
            (_, key) => put(&[&camel(key)], value),
        }
    }
    Value::Object(out)
}

/// An object as the resource says it.
fn object(kind: Kind, read: &Read, resource: &Value) -> Object {
    let value = read.resolved(&match kind {
        Kind::TestUser => {
            let mut resource = resource.clone();
            resource["user_principal_name"] = principal(&resource["user_principal_name"]).into();
            resource.as_object_mut().unwrap().shift_remove("password");
            resource
        }
        _ => {
            let mut resource = resource.clone();
            resource.as_object_mut().unwrap().shift_remove("lifecycle");
            resource
        }
    });
    let mut value = graph("", &value);
    let map = value.as_object_mut().unwrap();
    match kind {
        Kind::NamedLocation => {
            for name in ["ip", "country"] {
                if let Some(Value::Object(inner)) = map.shift_remove(name) {
                    for (name, value) in inner {
                        map.insert(
                            if name == "trusted" {
                                "isTrusted".to_owned()
                            } else {
                                name
                            },
                            value,
                        );
                    }
                }
            }
        }
        Kind::Group => {
            if let Some(types) = map.shift_remove("types") {
                map.insert("groupTypes".to_owned(), types);
            }
            if let Some(flag) = map.shift_remove("assignableToRole") {
                map.insert("isAssignableToRole".to_owned(), flag);
            }
            if let Some(rule) = map.shift_remove("dynamicMembership") {
                let state = if rule["enabled"] == true {
                    "On"
                } else {
                    "Paused"
                };
                map.insert("membershipRule".to_owned(), rule["rule"].clone());
                map.insert("membershipRuleProcessingState".to_owned(), state.into());
            }
            map.shift_remove("members");
        }
        _ => {}
    }
    Object::from_value(kind, &value).unwrap_or_else(|error| panic!("{error}: {value}"))
}

/// Without who is in which group, which several resources say together.
fn alone(object: &Object) -> Value {
    let mut value = told(object);
    let map = value.as_object_mut().unwrap();
    map.shift_remove("members");
    map.shift_remove("memberOf");
    value
}

fn resource(kind: Kind) -> &'static str {
    match kind {
        Kind::ConditionalAccessPolicy => "azuread_conditional_access_policy",
        Kind::NamedLocation => "azuread_named_location",
        Kind::AuthenticationStrength => "azuread_authentication_strength_policy",
        Kind::AuthenticationContext => "none",
        Kind::Group => "azuread_group",
        Kind::TestUser => "azuread_user",
    }
}

/// Every object is in the files as it is in the manifests, or it is said to be left out; and who is in a
/// group that the manifests describe is in it there.
fn holds(desired: &Desired) {
    let files = terraform::terraform(&source(desired), false);
    let read = read(&files);
    let mut held = 0;
    for manifest in &desired.manifests {
        let (kind, name) = (manifest.kind(), manifest.object.name());
        let Some(at) = files
            .objects
            .iter()
            .find(|one| one.kind == kind && one.name == name)
        else {
            assert!(!lost(&files, name).is_empty(), "{kind} {name} is nowhere");
            continue;
        };
        assert!(at.at.starts_with(resource(kind)), "{at:?}");
        let found = object(kind, &read, &read.blocks[&at.at]);
        assert_eq!(alone(&found), alone(&manifest.object), "{kind} {name}");
        assert!(lost(&files, name).is_empty(), "{:?}", lost(&files, name));
        held += 1;
    }
    assert_eq!(held, files.objects.len());
    assert_eq!(held + files.left_out, desired.manifests.len());
    assert_eq!(memberships(&read), wanted_memberships(desired));
    // Every reference leads somewhere: `resolved` looked.
    for block in read.blocks.values() {
        let text = block.to_string();
        assert!(!text.contains('\0'), "{text}");
    }
}

/// `member in group` of the files.
fn memberships(read: &Read) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for (_, group) in read.of("azuread_group") {
        let name = group["display_name"].as_str().unwrap();
        for member in read
            .resolved(&group["members"])
            .as_array()
            .into_iter()
            .flatten()
        {
            found.insert((member.as_str().unwrap().to_owned(), name.to_owned()));
        }
    }
    for (_, link) in read.of("azuread_group_member") {
        let link = read.resolved(link);
        let name = |part: &str| link[part].as_str().unwrap().to_owned();
        assert!(
            found.insert((name("member_object_id"), name("group_object_id"))),
            "twice: {link}"
        );
    }
    found
}

fn wanted_memberships(desired: &Desired) -> BTreeSet<(String, String)> {
    let mut wanted = BTreeSet::new();
    for manifest in &desired.manifests {
        for (kind, _, other) in manifest.object.references() {
            let own = manifest.object.name().to_owned();
            match kind {
                RefKind::Member => wanted.insert((other, own)),
                RefKind::Group if manifest.kind() == Kind::TestUser => wanted.insert((own, other)),
                _ => false,
            };
        }
    }
    wanted
}

#[test]
fn resources_say_what_the_manifests_say() {
    holds(&desired(ALL));
}

#[test]
fn whatever_the_project_resources_say_the_same() {
    let mut runner = TestRunner::new(Config::with_cases(64));
    let law = |project: Vec<Value>| {
        holds(&desired(&laws::text(&project)));
        Ok(())
    };
    runner.run(&laws::project(), law).unwrap();
}

#[test]
fn names_are_texts_and_nothing_else() {
    for name in [
        "${file(\"/etc/passwd\")}",
        "%{ if true }x%{ endif }",
        "$${x}",
        "$$${x} %%{y}",
        "a\"b\\c",
        "\"\n}\nresource \"null_resource\" \"x\" {",
        "ends with $",
        "*/ // # <<EOT",
        "right\u{202e}to left\u{200b}\u{1f525}",
        "tab\tand\nend",
    ] {
        let text = format!(
            "{}\n---\n{}\n---\n{}\n",
            json!({"kind": "Group", "displayName": name.replace("${", "$${")}),
            json!({"kind": "ConditionalAccessPolicy", "displayName": "P", "state": "enabled",
                "conditions": {"applications": {"includeApplications": ["All"]},
                    "users": {"includeUsers": ["All"], "excludeGroups": [name.replace("${", "$${"), format!("{}2", name.replace("${", "$${"))]}},
                "grantControls": {"operator": "OR", "builtInControls": ["mfa"], "termsOfUse": [name.replace("${", "$${")]}}),
            json!({"kind": "TestUser", "displayName": name.replace("${", "$${"), "userPrincipalName": "u$"}),
        );
        let (desired, _) = crate::world::parse(&text);
        assert_eq!(desired.manifests.len(), 3, "{name:?}");
        let files = terraform::terraform(&source(&desired), false);
        let read = read(&files);
        let (_, group) = read.of("azuread_group").next().unwrap();
        assert_eq!(group["display_name"], name);
        let (_, user) = read.of("azuread_user").next().unwrap();
        assert_eq!(user["display_name"], name);
        let (_, policy) = read.of("azuread_conditional_access_policy").next().unwrap();
        let excluded = read.resolved(&policy["conditions"]["users"]["excluded_groups"]);
        assert_eq!(excluded, json!([name, format!("{name}2")]));
        assert_eq!(
            read.resolved(&policy["grant_controls"]["terms_of_use"]),
            json!([name])
        );
        let kinds: BTreeSet<&str> = read
            .blocks
            .keys()
            .map(|address| address.split('.').next().unwrap())
            .collect();
        let known = [
            "azuread_conditional_access_policy",
            "azuread_group",
            "azuread_user",
            "data",
            "terraform",
            "var",
        ];
        assert_eq!(kinds, BTreeSet::from(known), "{name:?}");
        for (name, text) in &files.files {
            assert!(
                text.chars()
                    .all(|c| c == '\n' || !gatewright::text::is_unseen(c)),
                "{name}: {text:?}"
            );
        }
    }
}

#[test]
fn what_another_writer_owns_is_left_to_it() {
    let files = terraform::terraform(&source(&desired(ALL)), false);
    let text = file(&files, "policies.tf");
    let line =
        "ignore_changes = [conditions[0].client_applications[0].excluded_service_principals]";
    assert!(text.contains(line), "{text}");
}

#[test]
fn a_policy_for_guests_alone_is_held() {
    let text = "kind: ConditionalAccessPolicy\ndisplayName: Guests\nstate: enabled\nconditions:\n  applications: { includeApplications: [All] }\n  users:\n    includeGuestsOrExternalUsers: { guestOrExternalUserTypes: [b2bCollaborationGuest] }\ngrantControls: { operator: OR, builtInControls: [mfa] }\n";
    let files = terraform::terraform(&source(&desired(text)), false);
    assert!(lost(&files, "Guests").is_empty(), "{files:?}");
    let read = read(&files);
    let users = &read.blocks["azuread_conditional_access_policy.guests"]["conditions"]["users"];
    let types = &users["included_guests_or_external_users"]["guest_or_external_user_types"];
    assert_eq!(types, &json!(["b2bCollaborationGuest"]));
}
