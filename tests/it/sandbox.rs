//! A sandbox on a free port and a client for it, and the tutorial replayed on them.

use gatewright::sandbox::{Options, RiskySignIn, Running, start};
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

    risk_is_detected(&sandbox, &id).await;

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
    risk_is_dismissed(&sandbox, &id).await;
    assert_eq!(
        sandbox
            .delete(&format!("/users/{}", id.as_str().unwrap()))
            .await
            .0,
        204
    );
    assert_eq!(sandbox.get("/users/MyTestUser1@contoso.com").await.0, 404);
    // The page deletes the policy as a group, which is an error of the page.
    let group = "/groups/9ad78153-b1f8-4714-adc1-1445727678a8";
    assert_eq!(sandbox.delete(group).await.0, 404);
    sandbox.running.stop().await;
}

/// What a detection says besides what is made anew for each.
const FRESH: &[&str] = &[
    "id",
    "requestId",
    "correlationId",
    "activityDateTime",
    "detectedDateTime",
    "lastUpdatedDateTime",
    "userId",
];

/// The printed object with the fresh members of the answer, whose form is checked.
fn freshened(mut printed: Value, got: &Value, id: &Value) -> Value {
    assert_eq!(got["userId"], *id);
    for name in FRESH {
        let (was, is) = (
            printed[*name].as_str().unwrap(),
            got[*name].as_str().unwrap(),
        );
        assert_eq!(was.len(), is.len(), "{name}: {was} and {is}");
        printed[*name] = is.into();
    }
    printed
}

/// Steps 2 and 3: the detections, in beta, where `riskType` still is.
async fn risk_is_detected(sandbox: &Sandbox, id: &Value) {
    let list = "/identityProtection/riskDetections?$filter=userDisplayName eq 'MyTestUser1'";
    assert_eq!(sandbox.got(list).await["value"], json!([]));
    let asked = RiskySignIn::new("MyTestUser1@contoso.com", "medium");
    sandbox.running.sign_in(&asked).unwrap();
    let mut printed = json!({
      "id": "d52a631815aaa527bf642b196715da5cf0f35b6879204ea5b5c99b21bd4c16f4",
      "requestId": "06f7fd18-b8f1-407d-86a3-f6cbe3a4be00",
      "correlationId": "2a38abff-5701-4073-a81e-fd3aac09cba3",
      "riskType": "anonymizedIPAddress",
      "riskEventType": "anonymizedIPAddress",
      "riskState": "atRisk",
      "riskLevel": "medium",
      "riskDetail": "none",
      "source": "IdentityProtection",
      "detectionTimingType": "realtime",
      "activity": "signin",
      "tokenIssuerType": "AzureAD",
      "ipAddress": "178.17.170.23",
      "activityDateTime": "2020-11-03T20:51:34.6245276Z",
      "detectedDateTime": "2020-11-03T20:51:34.6245276Z",
      "lastUpdatedDateTime": "2020-11-03T20:53:12.1984203Z",
      "userId": "4628e7df-dff3-407c-a08f-75f08c0806dc",
      "userDisplayName": "MyTestUser1",
      "userPrincipalName": "MyTestUser1@contoso.com",
      "additionalInfo": "[{\"Key\":\"userAgent\",\"Value\":\"Mozilla/5.0 (Windows NT 10.0; rv:78.0) Gecko/20100101 Firefox/78.0\"}]",
      "location": {
        "city": "Chisinau",
        "state": "Chisinau",
        "countryOrRegion": "MD",
        "geoCoordinates": { "latitude": 47.0269, "longitude": 28.8416 }
      }
    });
    let answer = sandbox.got(&format!("/beta{list}")).await;
    let got = answer["value"][0].clone();
    covers(
        &freshened(printed.clone(), &got, id),
        &got,
        &[],
        "detection",
    );
    // Today's v1.0 has lost one member of the page.
    let answer = sandbox.got(list).await;
    assert_eq!(
        answer["@odata.context"],
        "https://graph.microsoft.com/v1.0/$metadata#riskDetections"
    );
    let got = answer["value"][0].clone();
    printed.as_object_mut().unwrap().shift_remove("riskType");
    covers(&freshened(printed, &got, id), &got, &[], "detection");

    // Step 3: the policy is there when the user signs in again, and passes what it asks for.
    let policy = sandbox
        .made(
            "/identity/conditionalAccess/policies",
            json!({
              "displayName": "Policy for risky sign-in",
              "state": "enabled",
              "conditions": {
                "signInRiskLevels": [ "high", "medium" ],
                "applications": { "includeApplications": ["All"] },
                "users": { "includeUsers": [ id ] }
              },
              "grantControls": { "operator": "OR", "builtInControls": [ "mfa" ] }
            }),
        )
        .await;
    sandbox
        .running
        .sign_in(&RiskySignIn {
            ip: "185.220.101.213".into(),
            passed_mfa: true,
            ..asked
        })
        .unwrap();
    let path = format!(
        "/identity/conditionalAccess/policies/{}",
        policy["id"].as_str().unwrap()
    );
    assert_eq!(sandbox.delete(&path).await.0, 204);
    let answer = sandbox.got(&format!("/beta{list}")).await;
    let got = &answer["value"][0];
    assert_eq!(got["riskState"], "remediated");
    assert_eq!(got["riskDetail"], "userPassedMFADrivenByRiskBasedPolicy");
    assert_eq!(got["riskLevel"], "medium");
    assert_eq!(
        got["location"],
        json!({
          "city": "Schoenwalde-Glien",
          "state": "Brandenburg",
          "countryOrRegion": "DE",
          "geoCoordinates": { "latitude": 52.61983, "longitude": 13.12743 }
        })
    );
}

/// Step 5.
async fn risk_is_dismissed(sandbox: &Sandbox, id: &Value) {
    let dismissed = sandbox
        .post(
            "/identityProtection/riskyUsers/dismiss",
            json!({"userIds": [id]}),
        )
        .await;
    assert_eq!(dismissed, (204, Value::Null));
    let answer = sandbox
        .got("/beta/identityProtection/riskyUsers?$filter=userDisplayName eq 'MyTestUser1'")
        .await;
    let at = answer["value"][0]["riskLastUpdatedDateTime"].clone();
    assert_eq!(
        at.as_str().unwrap().len(),
        "2020-11-03T21:48:53.4298425Z".len()
    );
    let printed = json!({
      "@odata.context": "https://graph.microsoft.com/beta/$metadata#riskyUsers",
      "value": [
        {
          "id": id,
          "isDeleted": false,
          "isProcessing": false,
          "riskLevel": "none",
          "riskState": "dismissed",
          "riskDetail": "adminDismissedAllRiskForUser",
          "riskLastUpdatedDateTime": at,
          "userDisplayName": "MyTestUser1",
          "userPrincipalName": "MyTestUser1@contoso.com"
        }
      ]
    });
    assert_eq!(answer, printed);
}
