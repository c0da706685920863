//! The guard `weakening` against enumeration: random policies are applied, others are planned,
//! and each sign-in of a small world is judged by the evaluator before and after.

use gatewright::whatif::{CompiledPolicies, Ending, Environment, PolicySet, SignIn};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

use crate::guards::refused;
use crate::world::{World, desired, run};

const ROLE: &str = "Helpdesk Administrator";
const CLIENTS: [&str; 4] = [
    "browser",
    "mobileAppsAndDesktopClients",
    "exchangeActiveSync",
    "other",
];
/// Those that the policies name, and one that they do not.
const PLATFORMS: [&str; 3] = ["windows", "linux", "android"];

fn some_of(all: &'static [&'static str], least: usize) -> impl Strategy<Value = Vec<&'static str>> {
    subsequence(all, least..=all.len())
}

fn policy() -> impl Strategy<Value = Value> {
    let users = (
        prop_oneof![3 => Just(json!({"includeUsers": ["All"]})), 1 => some_of(&["Sales", "Finance"], 1).prop_map(|groups| json!({"includeGroups": groups})), 1 => Just(json!({"includeRoles": [ROLE]}))],
        some_of(&["Sales", "Finance"], 0),
    )
        .prop_map(|(mut users, not)| {
            if !not.is_empty() {
                users["excludeGroups"] = json!(not);
            }
            users
        });
    let clients = prop_oneof![
        2 => Just(Value::Null),
        1 => some_of(&CLIENTS, 1).prop_map(|list| json!(list)),
    ];
    let platforms = prop_oneof![
        2 => Just(Value::Null),
        1 => some_of(&["windows", "linux"], 1).prop_map(|list| json!({"includePlatforms": ["all"], "excludePlatforms": list})),
    ];
    let grant = prop_oneof![
        1 => Just(json!({"operator": "OR", "builtInControls": ["block"]})),
        2 => Just(json!({"operator": "OR", "builtInControls": ["mfa"]})),
        1 => select(vec!["AND", "OR"]).prop_map(|operator| json!({"operator": operator, "builtInControls": ["mfa", "compliantDevice"]})),
        1 => Just(json!({"operator": "OR", "authenticationStrength": "Phishing-resistant MFA"})),
    ];
    let state = select(vec!["enabled", "enabled", "enabled", "disabled"]);
    (users, clients, platforms, grant, state).prop_map(
        |(users, clients, platforms, grant, state)| {
            let mut conditions = json!({"users": users, "applications": {"includeApplications": ["All"]}});
            for (name, value) in [("clientAppTypes", clients), ("platforms", platforms)] {
                if !value.is_null() {
                    conditions[name] = value;
                }
            }
            json!({"kind": "ConditionalAccessPolicy", "state": state, "conditions": conditions, "grantControls": grant})
        },
    )
}

/// Manifests of the policies.
fn text(policies: &[Value], names: impl Fn(usize) -> String) -> String {
    let named = policies.iter().enumerate().map(|(at, policy)| {
        let mut policy = policy.clone();
        policy["displayName"] = json!(names(at));
        format!("---\n{policy}\n")
    });
    named.collect()
}

fn compiled(text: &str) -> CompiledPolicies {
    let desired = desired(text);
    let objects: Vec<_> = desired.manifests.iter().map(|one| &one.object).collect();
    PolicySet::of(objects, Environment::default()).compiled()
}

/// A sign-in with the names of the groups whose ids the tenant gives.
fn named(sign_in: &SignIn) -> SignIn {
    let text = serde_json::to_string(sign_in).unwrap();
    let text = text
        .replace("6da4f554-8612-4359-a481-b293af78e1fb", "Sales")
        .replace("ece0958c-0dca-4ecf-897f-b9e64f7c463a", "Finance");
    serde_json::from_str(&text).unwrap()
}

fn sign_ins() -> Vec<SignIn> {
    let mut all = Vec::new();
    for (groups, roles) in [
        (json!([]), json!([])),
        (json!(["Sales"]), json!([])),
        (json!(["Finance"]), json!([])),
        (json!(["Finance", "Sales"]), json!([])),
        (json!([]), json!([ROLE])),
        (json!(["Sales"]), json!([ROLE])),
        (json!(["Finance"]), json!([ROLE])),
        (json!(["Finance", "Sales"]), json!([ROLE])),
    ] {
        for (client, platform) in CLIENTS
            .iter()
            .flat_map(|client| PLATFORMS.map(|platform| (*client, platform)))
        {
            let silent = ["exchangeActiveSync", "other"].contains(&client);
            for device in [
                json!("unregistered"),
                json!({"isCompliant": true, "trustType": "AzureAD"}),
            ] {
                for methods in [
                    json!([]),
                    json!(["password"]),
                    json!(["password", "sms"]),
                    json!(["fido2"]),
                ] {
                    if silent && methods != json!([]) {
                        continue;
                    }
                    let value = json!({"user": {"memberOf": groups, "roles": roles, "userType": "member"}, "application": {"name": "Payroll", "ownedBy": "tenant"},
                        "clientAppType": client, "devicePlatform": platform, "deviceInfo": device, "satisfied": methods, "ipAddress": "203.0.113.1", "country": "NL",
                        "compliantNetwork": false, "signInRiskLevel": "none", "userRiskLevel": "none", "insiderRiskLevel": "none", "authenticationFlow": {"transferMethod": "none"}});
                    all.push(serde_json::from_value(value).unwrap());
                }
            }
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 40, ..ProptestConfig::default() })]

    /// The plan is refused as weaker exactly when a sign-in passes more easily; what the policies
    /// are called, and in which order they stand, has no part in it.
    #[test]
    fn the_guard_of_a_plan_is_that_of_enumeration(
        before in prop::collection::vec(policy(), 1..4),
        kept in subsequence(vec![0usize, 1, 2], 0..=3),
        new in prop::collection::vec(policy(), 0..3),
    ) {
        let after: Vec<Value> = kept.iter().filter_map(|at| before.get(*at)).chain(&new).cloned().collect();
        prop_assume!(!after.is_empty());
        let was = text(&before, |at| format!("P{at}"));
        let kept_names: Vec<usize> = kept.iter().copied().filter(|at| *at < before.len()).collect();
        // As somebody would write it; and with names that have nothing to do with it, backwards.
        let plain = text(&after, |at| format!("P{}", kept_names.get(at).copied().unwrap_or(at + 10)));
        let backwards: Vec<Value> = after.iter().rev().cloned().collect();
        let other = text(&backwards, |at| format!("P{at}"));
        let (one, two) = (compiled(&was), compiled(&plain));
        let passes = |policies: &CompiledPolicies, sign_in: &SignIn| policies.outcome(sign_in).unwrap().enforced.outcome == Ending::Granted;
        let looser = sign_ins().into_iter().find(|sign_in| !passes(&one, sign_in) && passes(&two, sign_in));
        let shown = serde_json::to_string(&looser).unwrap();
        run(async {
            let mut world = World::new().await;
            world.scope(json!({"ConditionalAccessPolicy": "all"}));
            world.apply(&desired(&was)).await;
            for text in [&plain, &other] {
                let plan = world.guarded(&desired(text), "", &[]).await;
                let refuses = refused(&plan).contains(&"weakening");
                prop_assert_eq!(refuses, looser.is_some(), "{}\n{}\n{}", shown, was, text);
                let effect = plan.sign_ins.iter().flat_map(|effect| &effect.looser);
                for change in effect {
                    let sign_in = named(&change.sign_in);
                    prop_assert!(!passes(&one, &sign_in), "{sign_in:?}");
                    prop_assert!(passes(&two, &sign_in), "{sign_in:?}");
                }
            }
            Ok(())
        })?;
    }
}
