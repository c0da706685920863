//! Tokens of the sandbox: how an application gets one, what it may do with it, and TLS.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatewright::sandbox::{App, ErrorForm, Options};
use serde_json::{Value, json};

use crate::sandbox::{Sandbox, refused};

const ID: &str = "14d82eec-204b-4c2f-b7e8-296a70dab67e";
const SCOPE: &str = "https://graph.microsoft.com/.default";
const POLICIES: &str = "/identity/conditionalAccess/policies";

async fn token(sandbox: &Sandbox, tenant: &str, fields: &[(&str, &str)]) -> (u16, Value) {
    let url = format!("{}/{tenant}/oauth2/v2.0/token", sandbox.running.url());
    let body: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", value.replace('/', "%2F")))
        .collect();
    let request = sandbox.client.post(url).body(body.join("&"));
    sandbox.send(request).await
}

fn jwt(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.x", part(&json!({"alg": "none"})), part(claims))
}

#[tokio::test]
async fn an_application_gets_a_token_and_the_faults_have_their_numbers() {
    let sandbox = Sandbox::with(Options {
        app: Some(App {
            id: ID.into(),
            secret: "s".into(),
        }),
        token: Some("other".into()),
        ..Options::default()
    })
    .await;
    let good = [
        ("grant_type", "client_credentials"),
        ("client_id", ID),
        ("client_secret", "s"),
        ("scope", SCOPE),
    ];
    let (status, body) = token(&sandbox, "contoso.com", &good).await;
    assert_eq!(status, 200, "{body}");
    let payload = body["access_token"]
        .as_str()
        .unwrap()
        .split('.')
        .nth(1)
        .unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    assert_eq!(claims["appid"], ID);
    assert_eq!(claims["tid"], sandbox.running.tenant()["tenantId"]);
    let url = format!("{}/v1.0/users", sandbox.running.url());
    let with = |token: &str| sandbox.client.get(&url).bearer_auth(token.to_owned());
    let granted = with(body["access_token"].as_str().unwrap());
    assert_eq!(sandbox.send(granted).await.0, 200);
    refused(sandbox.send(with(&jwt(&json!({"appid": ID})))).await, 401);

    let changed = |name: &str, value: &'static str| -> Vec<(&str, &str)> {
        good.iter()
            .map(|(n, v)| if *n == name { (*n, value) } else { (*n, *v) })
            .filter(|(_, v)| !v.is_empty())
            .collect()
    };
    for (fields, status, error, number) in [
        (
            changed("client_secret", "wrong"),
            401,
            "invalid_client",
            7000215,
        ),
        (changed("client_secret", ""), 401, "invalid_client", 7000218),
        (
            changed("client_id", "00000000-0000-0000-0000-00000000000a"),
            400,
            "unauthorized_client",
            700016,
        ),
        (changed("client_id", ""), 400, "invalid_request", 900144),
        (
            changed("grant_type", "password"),
            400,
            "unsupported_grant_type",
            70003,
        ),
        (changed("scope", "User.Read"), 400, "invalid_scope", 1002012),
        (
            changed("scope", "https://vault.azure.net/.default"),
            400,
            "invalid_resource",
            500011,
        ),
    ] {
        let (got, body) = token(&sandbox, "contoso.com", &fields).await;
        assert_eq!(
            (got, body["error"].as_str()),
            (status, Some(error)),
            "{body}"
        );
        assert_eq!(body["error_codes"], json!([number]));
        let text = body["error_description"].as_str().unwrap();
        assert!(text.starts_with(&format!("AADSTS{number}: ")), "{text}");
    }
    let (status, body) = token(&sandbox, "fabrikam.com", &good).await;
    assert_eq!((status, &body["error_codes"]), (400, &json!([90002])));
    let (status, body) = token(&sandbox, "common", &good).await;
    assert_eq!((status, &body["error_codes"]), (400, &json!([50059])));
}

#[tokio::test]
async fn basic_sign_in_and_assertions_do_as_well() {
    let sandbox = Sandbox::new().await;
    let url = format!("{}/contoso.com/oauth2/v2.0/token", sandbox.running.url());
    let form = format!("grant_type=client_credentials&scope={SCOPE}");
    let request = sandbox
        .client
        .post(&url)
        .basic_auth(ID, Some("s"))
        .body(form.clone());
    assert_eq!(sandbox.send(request).await.0, 200);
    let in_an_hour = jiff::Timestamp::now().as_second() + 3600;
    for (claims, number) in [
        (json!({"iss": ID, "sub": ID, "exp": in_an_hour}), 0),
        (json!({"iss": ID, "sub": ID, "exp": 1}), 700024),
        (json!({"iss": "x", "sub": ID, "exp": in_an_hour}), 700021),
        (Value::Null, 50027),
    ] {
        let assertion = jwt(&claims);
        let body = format!("{form}&client_id={ID}&client_assertion={assertion}");
        let (status, body) = sandbox.send(sandbox.client.post(&url).body(body)).await;
        if number == 0 {
            assert_eq!(status, 200, "{body}");
        } else {
            assert_eq!(body["error_codes"], json!([number]));
        }
    }
}

#[tokio::test]
async fn discovery_points_back_at_the_sandbox() {
    let sandbox = Sandbox::new().await;
    let base = sandbox.running.url();
    for tenant in ["common", "organizations", "contoso.com"] {
        let found = sandbox
            .got(&format!(
                "{base}/{tenant}/v2.0/.well-known/openid-configuration"
            ))
            .await;
        let endpoint = found["token_endpoint"].as_str().unwrap();
        assert!(endpoint.starts_with(&base), "{endpoint}");
        assert!(sandbox.got(found["jwks_uri"].as_str().unwrap()).await["keys"].is_array());
    }
    let missing = format!("{base}/fabrikam.com/v2.0/.well-known/openid-configuration");
    assert_eq!(sandbox.get(&missing).await.0, 400);
    let instance = sandbox
        .got(&format!(
            "{base}/common/discovery/instance?api-version=1.1&authorization_endpoint={base}/contoso.com/oauth2/v2.0/authorize"
        ))
        .await;
    let wanted = format!("{base}/contoso.com/v2.0/.well-known/openid-configuration");
    assert_eq!(instance["tenant_discovery_endpoint"], wanted);
}

#[tokio::test]
async fn a_token_may_do_what_it_says_and_while_it_lasts() {
    let sandbox = Sandbox::new().await;
    let ask = |method: &str, path: &str, claims: Value| {
        let request = sandbox.request(method, path).json(&json!({}));
        // The header of the helper is replaced.
        let mut request = request.build().unwrap();
        let value = format!("Bearer {}", jwt(&claims)).parse().unwrap();
        request.headers_mut().insert("authorization", value);
        let client = sandbox.client.clone();
        async move {
            let answer = client.execute(request).await.unwrap();
            let status = answer.status().as_u16();
            let body: Value = answer.json().await.unwrap();
            (
                status,
                body["error"]["code"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned(),
            )
        }
    };
    let read = json!({"roles": ["Policy.Read.All"]});
    assert_eq!(ask("GET", POLICIES, read.clone()).await.0, 200);
    let denied = ask("POST", POLICIES, read.clone()).await;
    assert_eq!(denied, (403, "AccessDenied".to_owned()));
    let denied = ask("GET", "/users", read).await;
    assert_eq!(denied, (403, "Authorization_RequestDenied".to_owned()));
    assert_eq!(
        ask("GET", "/users", json!({"scp": "openid User.Read.All"}))
            .await
            .0,
        200
    );
    let late = ask("GET", "/users", json!({"exp": 1})).await;
    assert_eq!(late, (401, "InvalidAuthenticationToken".to_owned()));

    let narrow = Sandbox::with(Options {
        granted: Some(vec!["User.Read.All".into()]),
        ..Options::default()
    })
    .await;
    narrow.got("/users").await;
    refused(narrow.get(POLICIES).await, 403);
}

#[tokio::test]
async fn numbered_errors_come_in_both_forms() {
    let sandbox = Sandbox::with(Options {
        error_form: ErrorForm::Inner,
        ..Options::default()
    })
    .await;
    let (status, body) = sandbox.post(POLICIES, json!({"displayName": "x"})).await;
    assert_eq!(status, 400);
    assert_eq!(
        body["error"]["message"],
        "The server could not process the request because it is malformed or incorrect."
    );
    let inner = body["error"]["innerError"]["message"].as_str().unwrap();
    assert!(inner.starts_with("1007: "), "{inner}");
    let (_, other) = sandbox.get("/users/nobody@contoso.com").await;
    assert!(other["error"]["innerError"].get("message").is_none());
}

#[tokio::test]
async fn tls_is_trusted_through_the_printed_certificate_alone() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = folder.path().join("ca.pem");
    let mut sandbox = Sandbox::with(Options {
        tls: Some(certificate.clone()),
        ..Options::default()
    })
    .await;
    assert!(sandbox.running.url().starts_with("https://127.0.0.1:"));
    assert!(sandbox.request("GET", "/users").send().await.is_err());
    let pem = std::fs::read(&certificate).unwrap();
    assert!(!String::from_utf8_lossy(&pem).contains("PRIVATE"));
    sandbox.client = reqwest::Client::builder()
        .add_root_certificate(reqwest::Certificate::from_pem(&pem).unwrap())
        .build()
        .unwrap();
    let page = sandbox.got("/users?$top=2").await;
    let next = page["@odata.nextLink"].as_str().unwrap();
    assert!(next.starts_with("https://"), "{next}");
    sandbox.got(next).await;
    let local = format!(
        "https://localhost:{}/v1.0/users",
        sandbox.running.address().port()
    );
    sandbox.got(&local).await;
    // A client that speaks no TLS does no harm.
    let plain = reqwest::get(local.replace("https", "http")).await;
    assert!(plain.is_err());
    sandbox.got("/users").await;
}
