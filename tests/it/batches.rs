//! What the items of a batch bear, and what becomes of each that is refused.

use gatewright::graph::read::marked_users;
use gatewright::model::facts::Edition;
use serde_json::{Value, json};

use crate::answers::Double;

const STRENGTHS: &str = "/policies/authenticationStrengthPolicies";
const CONTEXTS: &str = "/identity/conditionalAccess/authenticationContextClassReferences";
const AGREEMENTS: &str = "/identityGovernance/termsOfUse/agreements";

/// The items of a batch, as they were sent.
fn items(request: &str) -> Vec<Value> {
    let body = request.split("\r\n\r\n").nth(1).unwrap_or_default();
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    body["requests"].as_array().cloned().unwrap_or_default()
}

#[tokio::test]
async fn every_item_bears_its_own_headers() {
    let double = Double::new(|request| {
        let answers: Vec<Value> = items(request)
            .iter()
            .map(|item| json!({"id": item["id"], "status": 200, "body": {"value": []}}))
            .collect();
        (200, "", json!({ "responses": answers }))
    })
    .await;
    let paths = [STRENGTHS.to_owned(), marked_users()];
    double
        .client()
        .batch_get(Edition::V1, &paths)
        .await
        .unwrap();
    let sent = double.asked.lock().unwrap()[0].clone();
    let sent = items(&sent);
    for item in &sent {
        assert_eq!(item["headers"]["Prefer"], "include-unknown-enum-members");
    }
    let eventual: Vec<&Value> = sent
        .iter()
        .map(|i| &i["headers"]["ConsistencyLevel"])
        .collect();
    assert_eq!(eventual, [&Value::Null, &json!("eventual")]);
}

/// Strengths, contexts and terms of use have no published limit: once one of them is throttled,
/// all of them go alone and at the pace of their neighbours.
#[tokio::test]
async fn what_is_throttled_like_its_neighbours_is_paced_like_them() {
    for throttled in [STRENGTHS, CONTEXTS, AGREEMENTS] {
        let double = Double::new(move |request| {
            let answers: Vec<Value> = items(request)
                .iter()
                .map(|item| match item["url"] == throttled {
                    true => json!({"id": item["id"], "status": 429, "headers": {},
                        "body": {"error": {"code": "TooManyRequests", "message": "Too many requests."}}}),
                    false => json!({"id": item["id"], "status": 200, "body": {"value": []}}),
                })
                .collect();
            match answers.is_empty() {
                true => (200, "", json!({"value": []})),
                false => (200, "", json!({ "responses": answers })),
            }
        })
        .await;
        let client = double.client();
        let paths = [
            throttled.to_owned(),
            "/groups?$select=id&$top=999".to_owned(),
        ];
        for (times, alone) in [(0, 1), (1, 2)] {
            let found = client.batch_get(Edition::V1, &paths).await.unwrap();
            assert!(found.iter().all(Result::is_ok), "{found:?}");
            assert_eq!(
                client.requests_sent().1,
                alone,
                "paced, after {times} batches"
            );
        }
        let kept = double.asked.lock().unwrap().clone();
        let batched = kept
            .iter()
            .flat_map(|request| items(request))
            .filter(|item| item["url"] == throttled);
        assert_eq!(
            batched.count(),
            1,
            "once throttled it is in no batch any more"
        );
    }
}

#[tokio::test]
async fn an_item_says_how_long_to_wait_in_any_letter_case() {
    for name in ["Retry-After", "retry-after", "RETRY-after"] {
        let double = Double::new(move |request| {
            let answers: Vec<Value> = items(request)
                .iter()
                .map(|item| {
                    json!({"id": item["id"], "status": 429, "headers": {name: "3600"},
                    "body": {"error": {"code": "TooManyRequests", "message": "Too many requests."}}})
                })
                .collect();
            (200, "", json!({ "responses": answers }))
        })
        .await;
        // Of what is longer than anybody waits, nothing is waited for.
        let paths = ["/groups?$select=id&$top=999".to_owned()];
        let found = double.client().batch_get(Edition::V1, &paths).await;
        let said = format!("{found:?}");
        assert!(said.contains("asks to wait 60 min"), "{name}: {said}");
        assert_eq!(double.asked.lock().unwrap().len(), 1);
    }
}
