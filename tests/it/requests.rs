//! How many requests a plan and an apply take: the figures of the design, which are the
//! cost on a tenant that answers one request a second.

use std::fmt::Write as _;

use gatewright::graph::Request;
use gatewright::graph::client::{Client, Pace};
use gatewright::graph::token::Token;
use gatewright::model::facts::Edition;
use gatewright::sandbox::{Options, StoreKind, Weather};
use serde_json::json;

use crate::common::Project;
use crate::sandbox::Sandbox;
use crate::world::{World, desired, run};

/// 240 policies, 195 locations, and 500 groups by name.
fn large() -> String {
    let mut text = String::new();
    for n in 0..195 {
        let _ = write!(
            text,
            "---\nkind: NamedLocation\ndisplayName: Location {n}\nipRanges: [10.{n}.0.0/16]\n"
        );
    }
    for n in 0..240 {
        let groups: Vec<String> = [n, n + 240, (n + 480) % 500]
            .iter()
            .map(|g| format!("Group {g}"))
            .collect();
        let _ = write!(
            text,
            "---\nkind: ConditionalAccessPolicy\ndisplayName: Policy {n}\nstate: enabled\nconditions:\n  users: {{ includeUsers: [All], excludeGroups: [{}] }}\n  applications: {{ includeApplications: [All] }}\n  locations: {{ includeLocations: [All], excludeLocations: [Location {}] }}\ngrantControls: {{ operator: OR, builtInControls: [mfa] }}\n",
            groups.join(", "),
            n % 195
        );
    }
    text
}

#[test]
fn a_large_plan_takes_few_requests_and_an_apply_one_for_each_change() {
    run(async {
        let world = World::new().await;
        for n in 0..500 {
            let body = json!({"displayName": format!("Group {n}"), "mailEnabled": false, "mailNickname": format!("g{n}"), "securityEnabled": true});
            let request = Request::post(Edition::V1, "/groups", body);
            world.hand.send(&request).await.unwrap();
        }
        let yaml = large();
        world.apply(&desired(&yaml)).await;
        let count = || world.client.requests_sent();

        let (all, paced) = count();
        let plan = world.plan(&desired(&yaml)).await;
        let (all, paced) = (count().0 - all, count().1 - paced);
        assert!(plan.is_empty());
        assert_eq!(plan.unchanged.len(), 435);
        assert!(
            paced <= 3,
            "{paced} requests on the one-per-second resources"
        );
        assert!(all <= 12, "{all} requests");

        // Ten changes: one request each, two lists to plan, two reads of each to verify.
        let changed = yaml
            .replacen("state: enabled", "state: disabled", 5)
            .replacen("/16", "/17", 5);
        let (_, before) = count();
        let plan = world.apply(&desired(&changed)).await;
        assert_eq!(plan.summary().update, 10);
        let paced = count().1 - before;
        assert!(
            paced <= 10 + 6,
            "{paced} requests on the one-per-second resources"
        );
    });
}

/// A client as each run has one, on a tenant that answers one request a second and not one more.
fn on_a_strict_tenant(world: &mut World) {
    world.sandbox.set_weather(Weather {
        throttle: true,
        ..Weather::default()
    });
    world.client = Client::new(&world.sandbox.url(), &Token::new("t"), Pace::Documented).unwrap();
}

/// What is sent in a plan that finds no change: targets with their statuses, items of batches
/// among them.
async fn asked(world: &World, yaml: &str) -> Vec<(String, u16)> {
    let before = world.sandbox.requests().len();
    let plan = world.plan(&desired(yaml)).await;
    assert!(plan.is_empty());
    let all = world.sandbox.requests();
    all[before..]
        .iter()
        .map(|record| (record.target.clone(), record.status))
        .collect()
}

/// The two lists go at once, and where the tenant's limit is strict one of them is refused: that
/// is the price of a second less wherever it is not. Nothing else is.
#[test]
fn a_plan_risks_one_refusal_and_no_other() {
    run(async {
        let mut world = World::new().await;
        let yaml = "kind: AuthenticationStrength\ndisplayName: S\nallowedCombinations: [fido2]\n---\nkind: AuthenticationContext\nid: c7\ndisplayName: C\n---\nkind: Group\ndisplayName: G\n";
        world.apply(&desired(yaml)).await;
        on_a_strict_tenant(&mut world);
        let asked = asked(&world, yaml).await;
        let refused = asked.iter().filter(|(_, status)| *status == 429).count();
        assert!(refused <= 1, "{asked:#?}");
        let lists = |name: &str| asked.iter().filter(|(t, _)| t.contains(name)).count();
        assert_eq!(lists("/policies?") + lists("/namedLocations?"), 2 + refused);
        for once in [
            "/organization",
            "/authenticationStrengthPolicies",
            "/authenticationContextClassReferences",
        ] {
            assert_eq!(lists(once), 1, "{once}: {asked:#?}");
        }
    });
}

#[test]
fn a_plan_of_policies_and_groups_needs_two_lists_and_a_batch() {
    run(async {
        let world = World::new().await;
        let yaml = "kind: Group\ndisplayName: CA-Pilot\n---\nkind: ConditionalAccessPolicy\ndisplayName: P\nstate: disabled\nconditions:\n  users: { includeGroups: [CA-Pilot] }\n  applications: { includeApplications: [All] }\ngrantControls: { operator: OR, builtInControls: [mfa] }\n";
        world.apply(&desired(yaml)).await;
        let before = world.client.requests_sent().0;
        let asked = asked(&world, yaml).await;
        // A group's name is not looked up as a user's: that would be one request more.
        assert_eq!(world.client.requests_sent().0 - before, 3, "{asked:#?}");
        assert!(
            !asked.iter().any(|(t, _)| t.contains("/users")),
            "{asked:#?}"
        );
        // The tenant says once in a run what it is, however often it is read.
        let tenant = |asked: &[(String, u16)]| {
            asked
                .iter()
                .filter(|(t, _)| t.contains("/organization"))
                .count()
        };
        assert_eq!(tenant(&asked), 0);
    });
}

/// A token that does not say which tenant it is of has the tenant asked.
#[tokio::test(flavor = "multi_thread")]
async fn the_tenant_is_asked_once_for_what_it_is() {
    let sandbox = Sandbox::with(Options {
        store: StoreKind::Memory,
        ..Options::default()
    })
    .await;
    let tenant = sandbox.got("/organization").await["value"][0]["id"].clone();
    let before = sandbox.running.requests().len();
    let config = format!(
        "version: 1\nmanifests: [policies]\ntenants:\n  here:\n    tenantId: {}\n    graphEndpoint: {}\n    auth: {{ method: accessToken, env: GRAPH_TOKEN }}\n",
        tenant.as_str().unwrap(),
        sandbox.running.url()
    );
    let project = Project::of("a.yaml", "kind: Group\ndisplayName: Sales\n")
        .file("gatewright.yaml", config)
        // A file without certificates: over plain http none is asked for.
        .file("none.pem", "");
    let none = project.path("none.pem").to_string_lossy().into_owned();
    let project = project
        .env("SSL_CERT_FILE", &none)
        .env("GRAPH_TOKEN", "opaque");
    let plan = tokio::task::block_in_place(|| project.run(&["plan"]));
    assert_eq!(plan.code, Some(0), "{}", plan.snapshot());
    let asked = sandbox.running.requests();
    let asked = asked[before..]
        .iter()
        .filter(|r| r.target.contains("/organization"));
    assert_eq!(asked.count(), 1);
}

#[test]
fn what_is_read_is_told_by_collection_and_page() {
    run(async {
        let mut world = World::new().await;
        let heard = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let kept = std::sync::Arc::clone(&heard);
        let client = Client::new(&world.sandbox.url(), &Token::new("t"), Pace::Unlimited).unwrap();
        world.client = client.reading(move |step| kept.lock().unwrap().push(step.to_string()));
        world.plan(&desired("kind: Group\ndisplayName: G\n")).await;
        let heard = heard.lock().unwrap().clone();
        for said in ["policies", "named locations", "names and members"] {
            assert!(heard.iter().any(|one| one == said), "{said}: {heard:?}");
        }
    });
}

#[test]
fn the_pace_of_a_request_is_known_before_it_is_sent() {
    let pace = |pace, path: &str| {
        let client = Client::new("http://127.0.0.1:1", &Token::new("t"), pace).unwrap();
        client
            .pace_of(&Request::post(Edition::V1, path, json!({})))
            .as_millis()
    };
    let (policies, groups) = ("/identity/conditionalAccess/policies", "/groups");
    assert!(pace(Pace::Documented, policies) > 1_000);
    assert_eq!(pace(Pace::Documented, groups), 0);
    assert_eq!(pace(Pace::Unlimited, policies), 0);
}
