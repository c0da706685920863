//! A sandbox on a free port and a client for it, and the tutorial replayed on them.

use gatewright::sandbox::{Options, Running, start};
use serde_json::{Value, json};

/// Adele Vance of the starting tenant.
pub const ADELE: &str = "AdeleV@contoso.com";
pub const EXCHANGE: &str = "00000002-0000-0ff1-ce00-000000000000";

pub struct Sandbox {
    pub running: Running,
    pub client: reqwest::Client,
}

impl Sandbox {
    pub async fn new() -> Self {
        Self::with(Options::default()).await
    }

    pub async fn with(options: Options) -> Self {
        Sandbox {
            running: start(options).await.unwrap(),
            client: reqwest::Client::new(),
        }
    }

    pub fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let url = if path.starts_with("http") {
            path.to_owned()
        } else if path.starts_with("/beta") {
            format!("{}{path}", self.running.url())
        } else {
            format!("{}/v1.0{path}", self.running.url())
        };
        self.client
            .request(method.parse().unwrap(), url)
            .bearer_auth("any")
    }

    /// Status and body; null for an empty body.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> (u16, Value) {
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        let body = if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).unwrap()
        };
        (status, body)
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        self.send(self.request("GET", path)).await
    }

    pub async fn with_body(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        self.send(self.request(method, path).json(&body)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.with_body("POST", path, body).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> (u16, Value) {
        self.with_body("PATCH", path, body).await
    }

    pub async fn delete(&self, path: &str) -> (u16, Value) {
        self.send(self.request("DELETE", path)).await
    }

    /// The object that a POST made.
    pub async fn made(&self, path: &str, body: Value) -> Value {
        let (status, body) = self.post(path, body).await;
        assert_eq!(status, 201, "{body}");
        body
    }

    /// The object that a GET answers.
    pub async fn got(&self, path: &str) -> Value {
        let (status, body) = self.get(path).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    /// The id of the first object that a filter finds.
    pub async fn id(&self, collection: &str, filter: &str) -> String {
        let found = self.got(&format!("/{collection}?$filter={filter}")).await;
        found["value"][0]["id"]
            .as_str()
            .unwrap_or_else(|| panic!("{filter}: {found}"))
            .to_owned()
    }
}

/// The message of an error that must have this status.
pub fn refused((status, body): (u16, Value), wanted: u16) -> String {
    assert_eq!(status, wanted, "{body}");
    body["error"]["message"].as_str().unwrap().to_owned()
}

/// Everything in `wanted` is in `got` and equal; objects of `got` may have more members,
/// each of which Graph gained since the tutorial was written.
fn covers(wanted: &Value, got: &Value, gained: &[&str], path: &str) {
    match (wanted, got) {
        (Value::Object(wanted), Value::Object(got)) => {
            for (name, value) in wanted {
                let at = format!("{path}.{name}");
                covers(
                    value,
                    got.get(name).unwrap_or_else(|| panic!("{at} is missing")),
                    gained,
                    &at,
                );
            }
            for name in got.keys().filter(|n| !wanted.contains_key(*n)) {
                assert!(gained.contains(&name.as_str()), "{path}.{name} is too much");
            }
            let order = |map: &serde_json::Map<String, Value>| -> Vec<String> {
                map.keys()
                    .filter(|k| wanted.contains_key(*k))
                    .cloned()
                    .collect()
            };
            assert_eq!(order(got), order(wanted), "order of the members of {path}");
        }
        _ => assert_eq!(wanted, got, "{path}"),
    }
}

const GAINED: &[&str] = &[
    "templateId",
    "deletedDateTime",
    "userRiskLevels",
    "servicePrincipalRiskLevels",
    "insiderRiskLevels",
    "devices",
    "clientApplications",
    "authenticationFlows",
    "includeAuthenticationContextClassReferences",
    "applicationFilter",
    "includeGuestsOrExternalUsers",
    "excludeGuestsOrExternalUsers",
    "authenticationStrength@odata.context",
    "authenticationStrength",
];

#[tokio::test]
async fn the_tutorial_answers_as_it_is_printed() {
    let sandbox = Sandbox::new().await;
    let user = sandbox
        .made(
            "/users",
            json!({
              "accountEnabled":true,
              "displayName":"MyTestUser1",
              "mailNickname":"MyTestUser1",
              "userPrincipalName":"MyTestUser1@contoso.com",
              "passwordProfile": {
                "forceChangePasswordNextSignIn":true,
                "password":"Contoso1234"
              }
            }),
        )
        .await;
    let id = user["id"].clone();
    let printed = json!({
      "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users/$entity",
      "id": id,
      "businessPhones": [],
      "displayName": "MyTestUser1",
      "givenName": null,
      "jobTitle": null,
      "mail": null,
      "mobilePhone": null,
      "officeLocation": null,
      "preferredLanguage": null,
      "surname": null,
      "userPrincipalName": "MyTestUser1@contoso.com"
    });
    covers(&printed, &user, &[], "user");
    let read = sandbox.got("/users/MyTestUser1@contoso.com").await;
    covers(&printed, &read, &[], "user");

    for (name, control) in [
        ("Policy for risky sign-in", "mfa"),
        ("Policy for risky sign-in block access", "block"),
    ] {
        let policy = sandbox
            .made(
                "/identity/conditionalAccess/policies",
                json!({
                  "displayName": name,
                  "state": "enabled",
                  "conditions": {
                    "signInRiskLevels": [ "high", "medium" ],
                    "applications": { "includeApplications": ["All"] },
                    "users": { "includeUsers": [ id ] }
                  },
                  "grantControls": { "operator": "OR", "builtInControls": [ control ] }
                }),
            )
            .await;
        let printed = json!({
          "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#identity/conditionalAccess/policies/$entity",
          "id": policy["id"],
          "displayName": name,
          "createdDateTime": policy["createdDateTime"],
          "modifiedDateTime": null,
          "state": "enabled",
          "sessionControls": null,
          "conditions": {
            "signInRiskLevels": [ "high", "medium" ],
            "clientAppTypes": [ "all" ],
            "platforms": null,
            "locations": null,
            "applications": {
              "includeApplications": [ "All" ],
              "excludeApplications": [],
              "includeUserActions": []
            },
            "users": {
              "includeUsers": [ id ],
              "excludeUsers": [],
              "includeGroups": [],
              "excludeGroups": [],
              "includeRoles": [],
              "excludeRoles": []
            }
          },
          "grantControls": {
            "operator": "OR",
            "builtInControls": [ control ],
            "customAuthenticationFactors": [],
            "termsOfUse": []
          }
        });
        covers(&printed, &policy, GAINED, "policy");
        let created = policy["createdDateTime"].as_str().unwrap();
        assert_eq!(created.len(), "2020-11-03T20:56:38.6210843Z".len());
        let path = format!(
            "/identity/conditionalAccess/policies/{}",
            policy["id"].as_str().unwrap()
        );
        covers(&printed, &sandbox.got(&path).await, GAINED, "policy");
        assert_eq!(sandbox.delete(&path).await, (204, Value::Null));
    }
    assert_eq!(
        sandbox
            .delete(&format!("/users/{}", id.as_str().unwrap()))
            .await
            .0,
        204
    );
    assert_eq!(sandbox.get("/users/MyTestUser1@contoso.com").await.0, 404);
    sandbox.running.stop().await;
}
