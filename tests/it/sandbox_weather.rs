//! The sandbox's weather over real HTTP: what a client meets, and that it is as asked for.

use std::time::Duration;

use gatewright::sandbox::{Options, Weather};
use serde_json::{Value, json};

use crate::sandbox::{Sandbox, refused};

const POLICIES: &str = "/identity/conditionalAccess/policies";
const LOCATIONS: &str = "/identity/conditionalAccess/namedLocations";

fn weather(value: Value) -> Options {
    Options {
        weather: serde_json::from_value(value).unwrap(),
        ..Options::default()
    }
}

fn location(name: &str) -> Value {
    json!({"@odata.type": "#microsoft.graph.countryNamedLocation", "displayName": name,
        "countriesAndRegions": ["DE"]})
}

fn policy(location: &Value) -> Value {
    json!({"displayName": "P", "state": "disabled",
        "conditions": {"applications": {"includeApplications": ["All"]},
            "users": {"includeUsers": ["All"]}, "locations": {"includeLocations": [location]}},
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]}})
}

#[tokio::test]
async fn throttling_hits_conditional_access_alone_and_each_item_of_a_batch() {
    let sandbox = Sandbox::with(weather(json!({"throttle": true}))).await;
    // The window is a second of real time: more requests than seconds meet it for sure.
    let mut throttled = 0;
    for _ in 0..50 {
        let answer = sandbox.request("GET", POLICIES).send().await.unwrap();
        if answer.status() == 429 {
            throttled += 1;
            assert!(!answer.headers().contains_key("retry-after"));
            let body: Value = answer.json().await.unwrap();
            assert_eq!(body["error"]["code"], "TooManyRequests");
            assert_eq!(body["error"]["message"], "Too many requests.");
        }
    }
    assert!(throttled > 0);
    let answer = sandbox.request("GET", "/users").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["x-ms-resource-unit"], "2");

    let items: Vec<Value> = (0..20)
        .map(|n| json!({"id": n.to_string(), "method": "GET", "url": POLICIES}))
        .collect();
    let (status, body) = sandbox.post("/$batch", json!({"requests": items})).await;
    assert_eq!(status, 200);
    let answers = body["responses"].as_array().unwrap();
    let refused = answers.iter().filter(|a| a["status"] == 429).count();
    assert!(refused >= 15, "{refused}");
    assert!(
        answers
            .iter()
            .all(|a| a["headers"].get("Retry-After").is_none())
    );
}

#[tokio::test]
async fn a_lagging_replica_does_not_know_what_was_made() {
    let sandbox = Sandbox::with(weather(json!({"lag": "60m"}))).await;
    let made = sandbox.made(LOCATIONS, location("L")).await;
    let path = format!("{LOCATIONS}/{}", made["id"].as_str().unwrap());
    refused(sandbox.get(&path).await, 404);
    let message = refused(sandbox.post(POLICIES, policy(&made["id"])).await, 400);
    assert!(message.starts_with("1040: "), "{message}");
    let group = json!({"displayName": "G", "mailEnabled": false, "mailNickname": "g",
        "securityEnabled": true});
    let group = sandbox.made("/groups", group).await;
    let mut by_group = policy(&json!("All"));
    by_group["conditions"]["users"] = json!({"includeGroups": [group["id"]]});
    let message = refused(sandbox.post(POLICIES, by_group.clone()).await, 400);
    assert!(message.starts_with("1054: "), "{message}");

    sandbox.running.set_weather(Weather::default());
    assert_eq!(sandbox.got(&path).await["displayName"], "L");
    sandbox.made(POLICIES, policy(&made["id"])).await;
    sandbox.made(POLICIES, by_group).await;
}

#[tokio::test]
async fn replicas_that_flap_show_an_object_and_hide_it_again() {
    let sandbox = Sandbox::with(weather(json!({"lag": "60m", "flap": true, "seed": 7}))).await;
    let made = sandbox.made(LOCATIONS, location("L")).await;
    let path = format!("{LOCATIONS}/{}", made["id"].as_str().unwrap());
    let mut seen = Vec::new();
    for _ in 0..40 {
        seen.push(sandbox.get(&path).await.0);
    }
    assert!(seen.contains(&200) && seen.contains(&404), "{seen:?}");
    // An update is stale in the same way.
    sandbox
        .running
        .set_weather(serde_json::from_value(json!({"lag": "60m"})).unwrap());
    sandbox
        .patch(
            &path,
            json!({"@odata.type": "#microsoft.graph.countryNamedLocation", "displayName": "M"}),
        )
        .await;
    refused(sandbox.get(&path).await, 404);
}

#[tokio::test]
async fn a_lost_answer_is_a_write_that_is_done() {
    let sandbox = Sandbox::with(weather(json!({"lose": "100%"}))).await;
    let sent = sandbox
        .request("POST", LOCATIONS)
        .json(&location("L"))
        .send()
        .await;
    assert!(sent.is_err(), "{sent:?}");
    let listed = sandbox.got(LOCATIONS).await;
    let names: Vec<&Value> = listed["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| &l["displayName"])
        .collect();
    assert!(names.contains(&&json!("L")), "{names:?}");
    // What is refused is not lost: nothing was done.
    refused(sandbox.post(LOCATIONS, json!({})).await, 400);
}

#[tokio::test]
async fn failures_come_at_their_rate_and_do_nothing() {
    let sandbox = Sandbox::with(weather(json!({"fail": "100%", "seed": 3}))).await;
    for _ in 0..10 {
        let (status, body) = sandbox.post(LOCATIONS, location("L")).await;
        assert!([429, 500, 502, 503, 504].contains(&status), "{status}");
        assert!(body["error"]["code"].is_string());
    }
    assert_eq!(
        sandbox.running.tenant()["namedLocations"]
            .as_object()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn the_same_seed_and_requests_meet_the_same_weather() {
    let run = || async {
        let sandbox = Sandbox::with(weather(json!({"fail": "30%", "seed": 11}))).await;
        let mut seen = Vec::new();
        for _ in 0..60 {
            seen.push(sandbox.get("/users").await.0);
        }
        seen
    };
    let first = run().await;
    assert_eq!(first, run().await);
    assert!(first.contains(&200) && first.iter().any(|s| *s >= 429));
}

#[tokio::test]
async fn the_weather_the_state_and_the_sign_ins_are_reached_outside_graph() {
    let sandbox = Sandbox::new().await;
    let url = |what: &str| format!("{}/_sandbox/{what}", sandbox.running.url());
    assert_eq!(sandbox.got(&url("weather")).await["throttle"], false);
    let (status, now) = sandbox
        .with_body("PUT", &url("weather"), json!({"latency": "1ms", "seed": 5}))
        .await;
    assert_eq!((status, &now["latency"]), (200, &json!("1ms")));
    assert_eq!(
        sandbox.running.weather().latency.0,
        Duration::from_millis(1)
    );
    for wrong in [json!({"latency": "soon"}), json!({"rain": 1}), json!([])] {
        refused(sandbox.with_body("PUT", &url("weather"), wrong).await, 400);
    }
    let sign_in = json!({"user": "AdeleV@contoso.com", "risk": "high"});
    let (status, made) = sandbox.post(&url("sign-in"), sign_in).await;
    assert_eq!(status, 200, "{made}");
    assert_eq!(made["riskyUser"]["riskState"], "atRisk");
    refused(
        sandbox
            .post(&url("sign-in"), json!({"user": "x@y.z", "risk": "low"}))
            .await,
        404,
    );
    let state = sandbox.got(&url("state")).await;
    assert_eq!(state, sandbox.running.tenant());
    let groups = json!([{"id": "5f0b7a7e-1f5c-4f0e-9d53-0a8d1f7b6c11", "displayName": "From elsewhere",
        "mailEnabled": false, "securityEnabled": true, "groupTypes": [], "mailNickname": "x",
        "organizationId": "no member of the schema"}]);
    let (status, loaded) = sandbox.post(&url("seed"), groups).await;
    assert_eq!((status, loaded), (200, json!({"group": 1})));
    sandbox
        .got("/groups/5f0b7a7e-1f5c-4f0e-9d53-0a8d1f7b6c11")
        .await;
    assert_eq!(sandbox.post(&url("reset"), json!({})).await.0, 204);
    assert_eq!(
        sandbox.got("/identityProtection/riskyUsers").await["value"],
        json!([])
    );
    refused(sandbox.get(&url("unknown")).await, 400);
    refused(sandbox.delete(&url("weather")).await, 405);
    // The state can be put back.
    let (status, loaded) = sandbox.post(&url("seed"), state.clone()).await;
    assert_eq!((status, loaded), (200, json!({"tenant": 1})));
    assert_eq!(sandbox.running.tenant(), state);
}
