//! A token is kept, renewed before it ends, and once more when Graph does not take it.

use gatewright::graph::auth::{Access, EnvironmentVariables, Provider, SignInSettings, Teller};
use gatewright::graph::client::{Client, Pace};
use gatewright::graph::{GraphError, Request};
use gatewright::model::facts::Edition;
use serde_json::{Value, json};

use super::fake::{Fake, issued, refusal};
use super::{CLIENT, SECRET, TENANT};

fn client(identity: &Fake, graph: &Fake) -> Client {
    let sign_in = SignInSettings {
        tenant_id: TENANT.to_owned(),
        home_tenant: None,
        login: identity.url.parse().unwrap(),
        cloud: gatewright::model::cloud::Cloud::Global,
        scope: "https://graph.microsoft.com/.default".to_owned(),
        method: None,
        client_id: None,
        env: None,
        file: None,
        service_connection_id: None,
        access: Access::Read,
        tells: Teller::default(),
        authorities: Default::default(),
    };
    let environment =
        EnvironmentVariables::of([("AZURE_CLIENT_ID", CLIENT), ("AZURE_CLIENT_SECRET", SECRET)]);
    let provider = Provider::new(sign_in, &environment).unwrap();
    assert!(!format!("{provider:?}").contains(SECRET));
    let client = Client::new(&graph.url, provider, Pace::Unlimited).unwrap();
    assert!(!format!("{client:?}").contains(SECRET));
    client
}

/// A list that holds nothing.
const NOTHING: &str = r#"{"value": []}"#;

fn lasting(token: &str, seconds: u64) -> Value {
    let mut answer = issued(token);
    answer["expires_in"] = seconds.into();
    answer
}

async fn get(client: &Client) -> Result<Value, GraphError> {
    client
        .send(&Request::get(Edition::V1, "/organization?$select=id"))
        .await
}

/// The tokens that Graph saw.
fn bearers(graph: &Fake) -> Vec<String> {
    let asked = graph.asked();
    asked
        .iter()
        .map(|a| a.header("authorization").to_owned())
        .collect()
}

/// Ends a fake outside of the runtime of the test.
fn end(fakes: [Fake; 2]) {
    std::thread::spawn(move || drop(fakes)).join().unwrap();
}

fn unauthorized() -> Value {
    json!({"error": {"code": "InvalidAuthenticationToken", "message": "Lifetime validation failed."}})
}

#[tokio::test]
async fn a_token_serves_until_five_minutes_before_its_end() {
    let (identity, graph) = (Fake::new(), Fake::new());
    identity.then(200, lasting("one", 3600));
    let steady = client(&identity, &graph);
    for _ in 0..3 {
        graph.then(200, NOTHING);
        get(&steady).await.unwrap();
    }
    assert_eq!(identity.asked().len(), 1);
    assert_eq!(bearers(&graph), ["Bearer one"; 3]);

    // The life of this one is over its half at once.
    identity
        .then(200, lasting("short", 0))
        .then(200, lasting("next", 3600));
    let hasty = client(&identity, &graph);
    for _ in 0..2 {
        graph.then(200, NOTHING);
        get(&hasty).await.unwrap();
    }
    assert_eq!(identity.asked().len(), 2);
    assert_eq!(bearers(&graph), ["Bearer short", "Bearer next"]);
    end([identity, graph]);
}

#[tokio::test]
async fn a_401_renews_the_token_once_and_repeats_the_request() {
    let (identity, graph) = (Fake::new(), Fake::new());
    let client = client(&identity, &graph);
    for (request, answer) in [
        (
            Request::get(Edition::V1, "/organization?$select=id"),
            json!({"value": []}),
        ),
        (
            Request::post(
                Edition::V1,
                "/groups",
                json!({"displayName": "x", "mailEnabled": false,
                "mailNickname": "x", "securityEnabled": true, "groupTypes": []}),
            ),
            json!({"id": TENANT}),
        ),
    ] {
        identity
            .then(200, lasting("one", 3600))
            .then(200, lasting("two", 3600));
        graph.then(401, unauthorized()).then(200, answer);
        client.send(&request).await.unwrap();
        assert_eq!(graph.asked().len(), 2);
    }
    // Refused again: an error, and no third try.
    identity.then(200, lasting("four", 3600));
    graph.then(401, unauthorized()).then(401, unauthorized());
    let error = get(&client).await.unwrap_err();
    assert_eq!(error.api().unwrap().status, 401);
    assert_eq!(graph.asked().len(), 2);
    end([identity, graph]);
}

#[tokio::test]
async fn a_401_on_an_item_of_a_batch_renews_the_token_too() {
    let (identity, graph) = (Fake::new(), Fake::new());
    let client = client(&identity, &graph);
    identity
        .then(200, lasting("one", 3600))
        .then(200, lasting("two", 3600));
    let item = |id: &str, status: u16, body: Value| json!({"id": id, "status": status, "headers": {}, "body": body});
    let list = json!({"value": []});
    let first = [item("0", 401, unauthorized()), item("1", 200, list.clone())];
    let second = [item("0", 200, list)];
    graph
        .then(200, json!({ "responses": first }))
        .then(200, json!({ "responses": second }));
    let paths = ["a", "b"].map(|id| format!("/groups/{id}/members?$select=id&$top=999"));
    let found = client.batch_get(Edition::V1, &paths).await.unwrap();
    assert!(found.iter().all(Result::is_ok), "{found:?}");
    assert_eq!(bearers(&graph), ["Bearer one", "Bearer two"]);
    end([identity, graph]);
}

#[tokio::test]
async fn a_token_of_ones_own_is_not_renewed() {
    let (identity, graph) = (Fake::new(), Fake::new());
    let token = gatewright::graph::token::Token::new("mine");
    let client = Client::new(&graph.url, &token, Pace::Unlimited).unwrap();
    graph.then(401, unauthorized());
    assert_eq!(get(&client).await.unwrap_err().api().unwrap().status, 401);
    assert_eq!(bearers(&graph), ["Bearer mine"]);
    end([identity, graph]);
}

#[tokio::test]
async fn a_renewal_that_fails_is_told_without_the_secret() {
    let (identity, graph) = (Fake::new(), Fake::new());
    let client = client(&identity, &graph);
    identity
        .then(200, lasting("one", 3600))
        .then(401, refusal(7000222, "invalid_client", "expired"));
    graph.then(401, unauthorized());
    let error = get(&client).await.unwrap_err();
    assert!(matches!(error, GraphError::NoToken(_)), "{error:?}");
    assert!(error.to_string().contains("has expired"), "{error}");
    assert!(!format!("{error:?} {error}").contains(SECRET));
    end([identity, graph]);
}

#[tokio::test]
async fn requests_at_once_share_one_sign_in() {
    let (identity, graph) = (Fake::new(), Fake::new());
    identity.then(200, lasting("one", 3600));
    let client = client(&identity, &graph);
    for _ in 0..3 {
        graph.then(200, NOTHING);
    }
    let (a, b, c) = tokio::join!(get(&client), get(&client), get(&client));
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    assert_eq!(identity.asked().len(), 1);
    end([identity, graph]);
}
