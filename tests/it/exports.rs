//! An export of a tenant reads back as the tenant: with every annotation, in any encoding,
//! and in the shape that PowerShell gives it.

use std::path::Path;

use gatewright::import::export::{Export, ExportReader};
use gatewright::model::Kind;
use gatewright::model::refs::RefKind;
use gatewright::tenant::snapshot::Live;
use gatewright::text::is_guid;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::laws::{project, text};
use crate::world::{World, desired, run};

/// What is exported: the kind, the path of its list, the folder that a tool gives it.
const LISTS: [(Kind, &str, &str); 4] = [
    (
        Kind::NamedLocation,
        "/identity/conditionalAccess/namedLocations",
        "NamedLocations",
    ),
    (
        Kind::AuthenticationStrength,
        "/policies/authenticationStrengthPolicies",
        "AuthenticationStrengths",
    ),
    (
        Kind::AuthenticationContext,
        "/identity/conditionalAccess/authenticationContextClassReferences",
        "AuthenticationContexts",
    ),
    (
        Kind::ConditionalAccessPolicy,
        "/identity/conditionalAccess/policies",
        "ConditionalAccess",
    ),
];

async fn get(world: &World, edition: &str, path: &str, level: &str) -> Value {
    let url = format!("{}/{edition}{path}", world.sandbox.url());
    let answer = reqwest::Client::new()
        .get(url)
        .bearer_auth("any")
        .header("accept", format!("application/json;odata.metadata={level}"))
        .send()
        .await
        .unwrap();
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

/// The object as the PowerShell SDK writes it: names in .NET's way, no annotations, and what
/// belongs to a derived type in `AdditionalProperties`.
fn powershell(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(powershell).collect(),
        Value::Object(map) => {
            let derived = [
                "ipRanges",
                "isTrusted",
                "countriesAndRegions",
                "includeUnknownCountriesAndRegions",
                "countryLookupMethod",
                "members",
                "allowedAAGUIDs",
                "allowedIssuerSkis",
                "allowedPolicyOIDs",
            ];
            let mut own = Map::new();
            let mut more = Map::new();
            for (name, member) in map {
                if name == "@odata.type" || derived.contains(&name.as_str()) {
                    more.insert(name.clone(), member.clone());
                } else if !name.contains('@') && !name.starts_with('#') {
                    let pascal = name[..1].to_uppercase() + &name[1..];
                    own.insert(pascal, powershell(member));
                }
            }
            own.insert("AdditionalProperties".to_owned(), more.into());
            Value::Object(own)
        }
        other => other.clone(),
    }
}

/// Every object of the export that is not a companion, with its normal form.
fn forms(export: &Export) -> Vec<(Kind, String, Value)> {
    let mut found: Vec<(Kind, String, Value)> = export
        .objects
        .iter()
        .filter(|o| !o.companion)
        .map(|o| {
            let id = o.object.id().unwrap_or_default().to_owned();
            (o.kind, id, o.object.normal_form())
        })
        .collect();
    found.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    found
}

fn without_findings(export: &Export) {
    assert!(export.findings.is_empty(), "{:#?}", export.findings);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 30, ..ProptestConfig::default() })]

    #[test]
    fn an_export_reads_back_as_the_tenant(project in project()) {
        let project = text(&project);
        run(async {
            let world = World::new().await;
            world.apply(&desired(&project)).await;

            let mut expected = Vec::new();
            let (mut full, mut bare, mut shell) =
                (ExportReader::default(), ExportReader::default(), ExportReader::default());
            for (kind, path, folder) in LISTS {
                let minimal = get(&world, "beta", path, "minimal").await;
                let items = minimal["value"].as_array();
                for raw in items.unwrap_or_else(|| panic!("{minimal}")) {
                    let live = Live::read(kind, raw.clone()).unwrap();
                    if raw["policyType"] != "builtIn" {
                        expected.push((kind, live.id.clone(), live.object.normal_form()));
                    }
                    let file = format!("{folder}/{}.json", live.id);
                    let json = serde_json::to_string_pretty(&powershell(raw)).unwrap();
                    shell.add(&file, Path::new(&file), json.as_bytes(), true);
                }
                // One page, in UTF-16 with a mark.
                let page = get(&world, "beta", path, "full").await.to_string();
                let bytes: Vec<u8> = std::iter::once(0xFEFF_u16)
                    .chain(page.encode_utf16())
                    .flat_map(u16::to_le_bytes)
                    .collect();
                full.add("full.json", Path::new("full.json"), &bytes, true);
                let page = get(&world, "beta", path, "none").await;
                let array = page["value"].to_string();
                let file = format!("{folder}/all.json");
                bare.add(&file, Path::new(&file), array.as_bytes(), true);
            }
            for list in ["groups", "users", "identityGovernance/termsOfUse/agreements"] {
                let page = get(&world, "v1.0", &format!("/{list}"), "full").await.to_string();
                let file = format!("{}.json", list.replace('/', "-"));
                full.add(&file, Path::new(&file), page.as_bytes(), true);
            }
            expected.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));

            let full = full.finish();
            for export in [&full, &bare.finish(), &shell.finish()] {
                // The groups and users of the sandbox fit on one page.
                without_findings(export);
                assert_eq!(forms(export), expected);
            }
            for exported in &full.objects {
                for (kind, pointer, target) in exported.object.references() {
                    let named = !is_guid(&target)
                        || matches!(kind, RefKind::Role | RefKind::Application)
                        || full.names.by_id(kind, &target).is_some();
                    assert!(named, "{pointer} {target} of {:?}", exported.object.name());
                }
            }
        });
    }
}

#[test]
fn a_strength_that_is_expanded_in_a_policy_is_known_by_name() {
    let strength = json!({"id": "00000000-0000-0000-0000-000000000004", "displayName": "Phishing-resistant MFA", "policyType": "builtIn"});
    let policy = json!({
        "displayName": "P", "state": "enabled",
        "conditions": {"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]}},
        "grantControls": {"operator": "OR", "authenticationStrength": strength},
    });
    let mut reader = ExportReader::default();
    reader.add(
        "p.json",
        Path::new("p.json"),
        policy.to_string().as_bytes(),
        true,
    );
    let export = reader.finish();
    without_findings(&export);
    let known = export
        .names
        .by_id(RefKind::Strength, "00000000-0000-0000-0000-000000000004");
    assert_eq!(
        known.map(|k| k.name.as_str()),
        Some("Phishing-resistant MFA")
    );
    assert_eq!(export.objects.len(), 1);
}
