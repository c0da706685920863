//! The laws, for arbitrary valid projects: a plan after an apply is empty; the normal form
//! is idempotent and blind to order; a manifest survives the way to a Graph body and back;
//! plans and renderings are the same bytes each time; a single change is a single update.

use gatewright::apply::bodies::policy_create;
use gatewright::finding::has_errors;
use gatewright::model::{Kind, Object};
use gatewright::render;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

use crate::world::{World, desired, outline, parse, run};

const GROUPS: [&str; 3] = ["CA-BreakGlass", "O'Brien & Söhne", "A/B 100% \"x\""];
const SEEDED_GROUPS: [&str; 2] = ["Sales", "Finance"];
const USERS: [&str; 2] = ["test-one", "test-two@contoso.com"];
const SEEDED_USERS: [&str; 2] = ["AdeleV@contoso.com", "alexw@contoso.com"];
const LOCATIONS: [&str; 3] = ["Offices", "Home: countries", "- dash"];
const STRENGTHS: [&str; 2] = ["Own strength", "Phishing-resistant MFA"];
const CONTEXTS: [&str; 2] = ["c1", "c42"];

type Any = BoxedStrategy<Value>;

fn some_of(items: &[&'static str], least: usize) -> Any {
    let items: Vec<&'static str> = items.to_vec();
    let most = items.len();
    subsequence(items, least..=most)
        .prop_shuffle()
        .prop_map(|list| json!(list))
        .boxed()
}

fn maybe(strategy: Any) -> BoxedStrategy<Option<Value>> {
    prop_oneof![2 => Just(None), 1 => strategy.prop_map(Some)].boxed()
}

/// An object of the members that are there.
fn object(members: Vec<(&'static str, BoxedStrategy<Option<Value>>)>) -> Any {
    let (names, strategies): (Vec<_>, Vec<_>) = members.into_iter().unzip();
    strategies
        .prop_map(move |values| {
            let map: Map<String, Value> = names
                .iter()
                .zip(values)
                .filter_map(|(name, value)| Some(((*name).to_owned(), value?)))
                .collect();
            Value::Object(map)
        })
        .boxed()
}

fn always(value: Any) -> BoxedStrategy<Option<Value>> {
    value.prop_map(Some).boxed()
}

fn users() -> Any {
    let everybody = object(vec![
        ("includeUsers", always(Just(json!(["All"])).boxed())),
        ("excludeUsers", maybe(some_of(&SEEDED_USERS, 1))),
        ("excludeGroups", maybe(some_of(&GROUPS, 1))),
        (
            "excludeRoles",
            maybe(some_of(
                &["Directory Synchronization Accounts", "Global Administrator"],
                1,
            )),
        ),
        ("excludeGuestsOrExternalUsers", maybe(guests())),
    ]);
    let some = object(vec![
        (
            "includeUsers",
            always(some_of(&[USERS[0], USERS[1], SEEDED_USERS[0]], 1)),
        ),
        (
            "includeGroups",
            maybe(some_of(&[GROUPS[1], GROUPS[2], SEEDED_GROUPS[0]], 1)),
        ),
        (
            "excludeGroups",
            maybe(some_of(&[GROUPS[0], SEEDED_GROUPS[1]], 1)),
        ),
        (
            "includeRoles",
            maybe(some_of(&["Security Reader", "User Administrator"], 1)),
        ),
        ("includeGuestsOrExternalUsers", maybe(guests())),
    ]);
    prop_oneof![everybody, some].boxed()
}

fn guests() -> Any {
    let tenants = prop_oneof![
        Just(json!({"membershipKind": "all"})),
        Just(
            json!({"membershipKind": "enumerated", "members": ["11111111-2222-3333-4444-555555555555", "A1111111-2222-3333-4444-555555555555"]})
        ),
    ];
    let kinds = some_of(
        &["internalGuest", "b2bCollaborationGuest", "serviceProvider"],
        1,
    );
    (kinds, tenants, any::<bool>())
        .prop_map(|(kinds, tenants, joined)| {
            let kinds = if joined {
                let texts: Vec<&str> = kinds
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter_map(Value::as_str)
                    .collect();
                json!(texts.join(", "))
            } else {
                kinds
            };
            json!({"guestOrExternalUserTypes": kinds, "externalTenants": tenants})
        })
        .boxed()
}

/// Resources, and whether all applications are meant.
fn resources() -> BoxedStrategy<(Value, bool)> {
    prop_oneof![
        3 => Just((json!({"includeApplications": ["All"]}), true)),
        2 => some_of(&["Office365", "Office 365 Exchange Online", "797f4846-ba00-4fd7-ba43-dac1f8f63013"], 1)
            .prop_map(|apps| (json!({"includeApplications": apps}), false)),
        1 => Just((json!({"includeUserActions": ["urn:user:registersecurityinfo"]}), false)),
        1 => some_of(&CONTEXTS, 1)
            .prop_map(|c| (json!({"includeAuthenticationContextClassReferences": c}), false)),
    ]
    .boxed()
}

fn conditions() -> Any {
    object(vec![
        ("clientAppTypes", maybe(some_of(&["browser", "mobileAppsAndDesktopClients", "other"], 1))),
        ("platforms", maybe(some_of(&["android", "iOS", "windows", "macOS", "linux"], 1).prop_map(|p| json!({"includePlatforms": ["all"], "excludePlatforms": p})).boxed())),
        ("locations", maybe(some_of(&[LOCATIONS[0], LOCATIONS[1], LOCATIONS[2], "AllTrusted"], 1).prop_map(|l| json!({"includeLocations": ["All"], "excludeLocations": l})).boxed())),
        ("userRiskLevels", maybe(some_of(&["low", "medium", "high"], 1))),
        ("signInRiskLevels", maybe(some_of(&["low", "medium", "high", "none"], 1))),
        ("insiderRiskLevels", maybe(some_of(&["minor", "elevated"], 1))),
        ("devices", maybe(Just(json!({"deviceFilter": {"mode": "exclude", "rule": "device.isCompliant -eq True -or device.trustType -eq \"ServerAD\""}})).boxed())),
        ("authenticationFlows", maybe(some_of(&["deviceCodeFlow", "authenticationTransfer"], 1).prop_map(|t| json!({"transferMethods": t})).boxed())),
    ])
}

fn grant() -> Any {
    prop_oneof![
        Just(json!({"operator": "OR", "builtInControls": ["block"]})),
        (
            some_of(
                &[
                    "mfa",
                    "compliantDevice",
                    "domainJoinedDevice",
                    "compliantApplication"
                ],
                1
            ),
            select(vec!["AND", "OR"]),
            any::<bool>()
        )
            .prop_map(|(controls, operator, terms)| {
                let mut grant = json!({"operator": operator, "builtInControls": controls});
                if terms {
                    grant["termsOfUse"] = json!(["Contoso Terms of Use"]);
                }
                grant
            }),
        (select(STRENGTHS.to_vec()), any::<bool>()).prop_map(|(strength, alone)| {
            let mut grant = json!({"operator": "AND", "authenticationStrength": strength});
            if !alone {
                grant["builtInControls"] = json!(["compliantDevice"]);
            }
            grant
        }),
    ]
    .boxed()
}

fn session(all_apps: bool) -> Any {
    let frequency = prop_oneof![
        (1..23i64).prop_map(|n| json!({"value": n, "type": "hours"})),
        (1..90i64, select(vec!["primaryAndSecondaryAuthentication", "secondaryAuthentication"]))
            .prop_map(|(n, t)| json!({"isEnabled": true, "value": n, "type": "days", "authenticationType": t, "frequencyInterval": "timeBased"})),
        Just(json!({"frequencyInterval": "everyTime"})),
    ];
    let mut members = vec![
        ("signInFrequency", maybe(frequency.boxed())),
        (
            "cloudAppSecurity",
            maybe(
                select(vec!["monitorOnly", "blockDownloads", "mcasConfigured"])
                    .prop_map(|t| json!({"cloudAppSecurityType": t}))
                    .boxed(),
            ),
        ),
        (
            "secureSignInSession",
            maybe(Just(json!({"isEnabled": true})).boxed()),
        ),
        (
            "continuousAccessEvaluation",
            maybe(Just(json!({"mode": "strictEnforcement"})).boxed()),
        ),
    ];
    if all_apps {
        members.push((
            "persistentBrowser",
            maybe(
                select(vec!["always", "never"])
                    .prop_map(|m| json!({"mode": m}))
                    .boxed(),
            ),
        ));
    }
    object(members)
}

fn policy() -> Any {
    (users(), resources(), conditions(), grant())
        .prop_flat_map(|(users, (apps, all), conditions, grant)| {
            let block = grant["builtInControls"] == json!(["block"]);
            let session = if block {
                Just(json!({})).boxed()
            } else {
                session(all)
            };
            let state = select(vec![
                "enabled",
                "disabled",
                "enabledForReportingButNotEnforced",
            ]);
            (Just((users, apps, conditions, grant)), session, state)
        })
        .prop_map(|((users, apps, mut conditions, grant), session, state)| {
            conditions["users"] = users;
            conditions["applications"] = apps;
            let mut policy = json!({
                "kind": "ConditionalAccessPolicy", "state": state,
                "conditions": conditions, "grantControls": grant,
            });
            if session.as_object().is_some_and(|s| !s.is_empty()) {
                policy["sessionControls"] = session;
            }
            policy
        })
        .boxed()
}

/// A whole project: every object that policies refer to, and some policies.
pub fn project() -> BoxedStrategy<Vec<Value>> {
    let groups = vec(
        object(vec![
            (
                "description",
                maybe(Just(json!("It's: a \"test\" #1")).boxed()),
            ),
            (
                "members",
                maybe(some_of(&[SEEDED_USERS[0], USERS[0], SEEDED_GROUPS[0]], 0)),
            ),
        ]),
        3,
    );
    let users = vec(
        object(vec![
            ("department", maybe(Just(json!("Tests")).boxed())),
            (
                "accountEnabled",
                maybe(any::<bool>().prop_map(|b| json!(b)).boxed()),
            ),
            ("usageLocation", maybe(Just(json!("DE")).boxed())),
            (
                "memberOf",
                maybe(some_of(&[GROUPS[0], GROUPS[2], SEEDED_GROUPS[0]], 0)),
            ),
        ]),
        2,
    );
    let places = (
        some_of(&["203.0.113.0/24", "2001:DB8::/32", "198.51.100.7/32"], 1),
        any::<bool>(),
        some_of(&["DE", "AT", "XK"], 1),
        maybe(any::<bool>().prop_map(|b| json!(b)).boxed()),
    );
    let strength = some_of(&["fido2", "password, sms", "windowsHelloForBusiness"], 1);
    (groups, users, places, strength, any::<bool>(), vec(policy(), 1..5))
        .prop_map(|(groups, users, (ranges, trusted, countries, unknown), strength, published, policies)| {
            let mut all = Vec::new();
            for (name, mut group) in GROUPS.iter().zip(groups) {
                group["kind"] = json!("Group");
                group["displayName"] = json!(name);
                all.push(group);
            }
            for (name, mut user) in USERS.iter().zip(users) {
                user["kind"] = json!("TestUser");
                user["displayName"] = json!("Test");
                user["userPrincipalName"] = json!(name);
                all.push(user);
            }
            all.push(json!({"kind": "NamedLocation", "displayName": LOCATIONS[0], "ipRanges": ranges, "isTrusted": trusted}));
            let mut place = json!({"kind": "NamedLocation", "displayName": LOCATIONS[1], "countriesAndRegions": countries});
            if let Some(unknown) = unknown {
                place["includeUnknownCountriesAndRegions"] = unknown;
            }
            all.push(place);
            all.push(json!({"kind": "NamedLocation", "displayName": LOCATIONS[2], "ipRanges": [{"cidrAddress": "192.0.2.0/24"}]}));
            all.push(json!({"kind": "AuthenticationStrength", "displayName": STRENGTHS[0], "allowedCombinations": strength}));
            for (number, id) in CONTEXTS.iter().enumerate() {
                all.push(json!({"kind": "AuthenticationContext", "id": id, "displayName": format!("Context {number}"), "isAvailable": published}));
            }
            for (number, mut policy) in policies.into_iter().enumerate() {
                policy["displayName"] = json!(format!("Policy {number}"));
                all.push(policy);
            }
            all
        })
        .prop_shuffle()
        .boxed()
}

pub fn text(project: &[Value]) -> String {
    project
        .iter()
        .map(|manifest| format!("---\n{}", serde_yaml::to_string(manifest).unwrap()))
        .collect()
}

/// The same JSON with every list turned round.
fn reversed(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().rev().map(reversed).collect(),
        Value::Object(map) => Value::Object(
            map.iter()
                .rev()
                .map(|(k, v)| (k.clone(), reversed(v)))
                .collect(),
        ),
        other => other.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 60, ..ProptestConfig::default() })]

    #[test]
    fn a_plan_after_an_apply_is_empty(project in project(), next in project()) {
        let (first, second) = (text(&project), text(&next));
        run(async {
            let world = World::new().await;
            let one = desired(&first);
            world.apply(&one).await;
            let again = world.plan(&one).await;
            prop_assert!(again.is_empty(), "{:?}\n{first}", outline(&again));
            // From any state to any other.
            let two = desired(&second);
            world.apply(&two).await;
            let again = world.plan(&two).await;
            prop_assert!(again.is_empty(), "{:?}\n{second}", outline(&again));
            // No read or plan leaves a stand-in behind.
            prop_assert!(!world.sandbox.tenant().to_string().contains("pending:"));
            Ok(())
        })?;
    }

    #[test]
    fn going_back_brings_the_former_state(project in project(), next in project()) {
        let (first, second) = (text(&project), text(&next));
        run(async {
            let mut world = World::new().await;
            let one = desired(&first);
            world.apply(&one).await;
            world.scope(json!({"ConditionalAccessPolicy": "all"}));
            let record = world.apply_recorded(&desired(&second)).await;
            let back = world.plan_back(&record).await;
            world.execute_recorded(&back).await;
            let plan = world.plan(&one).await;
            prop_assert!(plan.is_empty(), "{:?}\n{first}\n{second}", outline(&plan));
            // And a second time there is nothing to go back to.
            let again = world.plan_back(&record).await;
            prop_assert!(again.is_empty(), "{:?}", outline(&again));
            Ok(())
        })?;
    }

    #[test]
    fn a_plan_and_its_renderings_are_the_same_bytes_each_time(project in project()) {
        let yaml = text(&project);
        let wanted = desired(&yaml);
        run(async {
            let world = World::new().await;
            let first = world.plan(&wanted).await;
            let seen = (render::plan::human(&first, Default::default()), render::json::text(&render::json::plan(&first)));
            for _ in 0..3 {
                let plan = world.plan(&wanted).await;
                let other = (render::plan::human(&plan, Default::default()), render::json::text(&render::json::plan(&plan)));
                prop_assert_eq!(&seen, &other);
            }
            Ok(())
        })?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn the_normal_form_is_idempotent_and_blind_to_order(project in project()) {
        for manifest in &desired(&text(&project)).manifests {
            let normal = manifest.object.normal_form();
            let again = Object::from_value(manifest.kind(), &normal).unwrap().normal_form();
            prop_assert_eq!(&normal, &again);
            let turned = Object::from_value(manifest.kind(), &reversed(&manifest.object.to_value())).unwrap();
            prop_assert_eq!(&normal, &turned.normal_form());
        }
    }

    #[test]
    fn a_manifest_survives_the_way_to_a_body_and_back(project in project()) {
        for manifest in &desired(&text(&project)).manifests {
            let body = match &manifest.object {
                Object::ConditionalAccessPolicy(policy) => policy_create(policy),
                object => object.to_value(),
            };
            let back = Object::from_value(manifest.kind(), &body).unwrap();
            prop_assert_eq!(manifest.object.normal_form(), back.normal_form());
        }
    }

    #[test]
    fn the_manifest_form_is_a_manifest_again(project in project()) {
        for manifest in &desired(&text(&project)).manifests {
            let mut normal = manifest.object.normal_form();
            normal["kind"] = json!(manifest.kind().as_str());
            if manifest.kind() == Kind::AuthenticationContext {
                normal["id"] = json!(manifest.name());
            }
            let (again, findings) = parse(&serde_yaml::to_string(&normal).unwrap());
            prop_assert!(!has_errors(&findings), "{:?}\n{}", findings, normal);
            prop_assert_eq!(again.manifests[0].object.normal_form(), manifest.object.normal_form());
        }
    }
}
