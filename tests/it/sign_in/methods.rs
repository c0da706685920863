//! Each method: what is asked, of whom, and with which fields.

use std::collections::BTreeMap;

use aws_lc_rs::signature::{KeyPair, RSA_PSS_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use azure_core::base64::decode_url_safe;
use serde_json::{Value, json};

use super::fake::{Asked, Fake, issued, token};
use super::{CLIENT, SECRET, TENANT, project, sample, silent, whoami};
use crate::common::Ran;

const SCOPE: &str = "https://graph.microsoft.com/.default";
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The requests of a run that signed in.
fn signed_in(fake: &Fake, ran: &Ran, method: &str) -> Vec<Asked> {
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    assert!(
        ran.stdout.contains(&format!("Method       {method}: ")),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains(CLIENT), "{}", ran.stdout);
    fake.asked()
}

/// It is the one token request, with these fields and no others.
fn is_token_request(asked: &Asked, fields: &[(&str, &str)]) {
    assert_eq!(asked.method, "POST");
    assert_eq!(asked.path, format!("/{TENANT}/oauth2/v2.0/token"));
    assert_eq!(
        asked.header("content-type"),
        "application/x-www-form-urlencoded"
    );
    assert!(!asked.header("client-request-id").is_empty());
    let expected: BTreeMap<String, String> = fields
        .iter()
        .chain(&[
            ("grant_type", "client_credentials"),
            ("scope", SCOPE),
            ("client_id", CLIENT),
        ])
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    assert_eq!(asked.form, expected);
}

#[test]
fn client_secret() {
    let fake = Fake::new();
    let project = project(&fake, "")
        .env("AZURE_CLIENT_ID", CLIENT)
        .env("AZURE_TENANT_ID", TENANT)
        .env("AZURE_CLIENT_SECRET", SECRET);
    let asked = signed_in(&fake, &whoami(&project), "clientSecret");
    assert_eq!(asked.len(), 1, "{asked:?}");
    is_token_request(&asked[0], &[("client_secret", SECRET)]);
}

#[test]
fn client_secret_from_a_named_variable_for_a_named_client() {
    let fake = Fake::new();
    let auth =
        format!("    auth: {{ method: clientSecret, clientId: {CLIENT}, env: PROD_SECRET }}\n");
    let project = project(&fake, &auth)
        .env("AZURE_CLIENT_ID", "of-another")
        .env("AZURE_CLIENT_SECRET", "of-another")
        .env("PROD_SECRET", SECRET);
    let asked = signed_in(&fake, &whoami(&project), "clientSecret");
    is_token_request(&asked[0], &[("client_secret", SECRET)]);
}

fn assertion(fake: &Fake, asked: &Asked) {
    let assertion = asked.form["client_assertion"].clone();
    is_token_request(
        asked,
        &[
            ("client_assertion", &assertion),
            ("client_assertion_type", ASSERTION),
        ],
    );
    let parts: Vec<&str> = assertion.split('.').collect();
    let json =
        |part: &str| -> Value { serde_json::from_slice(&decode_url_safe(part).unwrap()).unwrap() };
    // As `openssl x509 -fingerprint -sha256` prints it, in base64url.
    let thumbprint = "ACTU5JWCpzbFkkOGjBlgWnDr1Q5UAMO5L30b0q9px_s";
    assert_eq!(
        json(parts[0]),
        json!({"typ": "JWT", "alg": "PS256", "x5t#S256": thumbprint})
    );
    let claims = json(parts[1]);
    assert_eq!(claims["iss"], CLIENT);
    assert_eq!(claims["sub"], CLIENT);
    assert_eq!(
        claims["aud"],
        format!("{}/{TENANT}/oauth2/v2.0/token", fake.url)
    );
    assert_eq!(
        claims["exp"].as_u64().unwrap() - claims["nbf"].as_u64().unwrap(),
        600
    );
    assert_eq!(claims["jti"].as_str().unwrap().len(), 36);
    // Signed by the key of the certificate.
    let key = pem::parse(sample("no-certificate.pem")).unwrap();
    let key = RsaKeyPair::from_pkcs8(key.contents()).unwrap();
    let message = format!("{}.{}", parts[0], parts[1]);
    UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, key.public_key().as_ref())
        .verify(message.as_bytes(), &decode_url_safe(parts[2]).unwrap())
        .unwrap();
}

#[test]
fn client_certificate() {
    let fake = Fake::new();
    // A file by the usual variable, or named; the text in a variable.
    for name in ["rsa.pem", "chain-and-old-key.pem"] {
        let project = project(&fake, "").file("certificate.pem", sample(name));
        let path = project.path("certificate.pem");
        let project = project
            .env("AZURE_CLIENT_ID", CLIENT)
            .env("AZURE_CLIENT_CERTIFICATE_PATH", path.to_str().unwrap());
        let asked = signed_in(&fake, &whoami(&project), "clientCertificate");
        assert_eq!(asked.len(), 1, "{asked:?}");
        assertion(&fake, &asked[0]);
    }
    let project = super::project(&fake, "")
        .env("AZURE_CLIENT_ID", CLIENT)
        .env(
            "AZURE_CLIENT_CERTIFICATE",
            &String::from_utf8(sample("rsa.pem")).unwrap(),
        );
    assertion(
        &fake,
        &signed_in(&fake, &whoami(&project), "clientCertificate")[0],
    );
    let auth = format!(
        "    auth: {{ method: clientCertificate, clientId: {CLIENT}, file: keys/c.pem }}\n"
    );
    let project = super::project(&fake, &auth).file("keys/c.pem", sample("rsa.pem"));
    assertion(
        &fake,
        &signed_in(&fake, &whoami(&project), "clientCertificate")[0],
    );
}

#[test]
fn workload_identity_from_a_file() {
    let fake = Fake::new();
    let project = project(&fake, "").file("token", SECRET);
    let path = project.path("token");
    let project = project
        .env("AZURE_CLIENT_ID", CLIENT)
        .env("AZURE_FEDERATED_TOKEN_FILE", path.to_str().unwrap());
    let asked = signed_in(&fake, &whoami(&project), "workloadIdentity");
    assert_eq!(asked.len(), 1, "{asked:?}");
    is_token_request(
        &asked[0],
        &[
            ("client_assertion", SECRET),
            ("client_assertion_type", ASSERTION),
        ],
    );
}

#[test]
fn workload_identity_of_github_actions() {
    let fake = Fake::new();
    let id_token = token(json!({"sub": "repo:contoso/policies:ref:refs/heads/main"}));
    fake.then(503, "busy")
        .then(200, json!({"count": 1, "value": id_token}));
    let project = project(&fake, "")
        .env("AZURE_CLIENT_ID", CLIENT)
        .env(
            "ACTIONS_ID_TOKEN_REQUEST_URL",
            &format!("{}/github/token?api-version=2.0", fake.url),
        )
        .env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", SECRET);
    let asked = signed_in(&fake, &whoami(&project), "workloadIdentity");
    assert_eq!(asked.len(), 3, "{asked:?}");
    for first in &asked[..2] {
        assert_eq!(
            (first.method.as_str(), first.path.as_str()),
            ("GET", "/github/token")
        );
        assert_eq!(first.query["api-version"], "2.0");
        assert_eq!(first.query["audience"], "api://AzureADTokenExchange");
        assert_eq!(first.header("authorization"), format!("Bearer {SECRET}"));
    }
    is_token_request(
        &asked[2],
        &[
            ("client_assertion", &id_token),
            ("client_assertion_type", ASSERTION),
        ],
    );
    assert_eq!(asked[2].header("authorization"), "");
}

#[test]
fn azure_pipelines() {
    let fake = Fake::new();
    let oidc = token(json!({"sub": "sc://contoso/policies/connection"}));
    fake.then(200, json!({"oidcToken": oidc}));
    let project = project(&fake, "")
        .env("AZURE_CLIENT_ID", CLIENT)
        .env("SYSTEM_OIDCREQUESTURI", &format!("{}/oidc", fake.url))
        .env("SYSTEM_ACCESSTOKEN", SECRET)
        .env("AZURE_SERVICE_CONNECTION_ID", "connection-1");
    let asked = signed_in(&fake, &whoami(&project), "azurePipelines");
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert_eq!(
        (asked[0].method.as_str(), asked[0].path.as_str()),
        ("POST", "/oidc")
    );
    assert_eq!(asked[0].query["serviceConnectionId"], "connection-1");
    assert_eq!(asked[0].header("authorization"), format!("Bearer {SECRET}"));
    is_token_request(
        &asked[1],
        &[
            ("client_assertion", &oidc),
            ("client_assertion_type", ASSERTION),
        ],
    );
}

#[test]
fn managed_identity() {
    let fake = Fake::new();
    let answer = json!({"access_token": token(super::fake::application()), "token_type": "Bearer",
        "expires_on": "2000000000", "resource": "https://graph.microsoft.com"});
    for client in [None, Some(CLIENT)] {
        fake.then(200, &answer);
        let mut project = project(&fake, "")
            .env("IDENTITY_ENDPOINT", &format!("{}/msi/token", fake.url))
            .env("IDENTITY_HEADER", SECRET);
        if let Some(client) = client {
            project = project.env("AZURE_CLIENT_ID", client);
        }
        let asked = signed_in(&fake, &whoami(&project), "managedIdentity");
        assert_eq!(asked.len(), 1, "{asked:?}");
        assert_eq!(
            (asked[0].method.as_str(), asked[0].path.as_str()),
            ("GET", "/msi/token")
        );
        assert_eq!(asked[0].query["resource"], "https://graph.microsoft.com");
        assert_eq!(asked[0].query.get("client_id").map(String::as_str), client);
        assert_eq!(asked[0].header("x-identity-header"), SECRET);
    }
}

#[cfg(unix)]
#[test]
fn azure_cli() {
    use std::os::unix::fs::PermissionsExt;
    let fake = Fake::new();
    let answer = json!({"accessToken": token(super::fake::application()),
        "expires_on": 2_000_000_000, "expiresOn": "2033-05-18 03:33:20.000000",
        "subscription": "s", "tenant": TENANT, "tokenType": "Bearer"});
    let project = project(&fake, "");
    let script = format!(
        "#!/bin/sh\necho \"$@\" > '{}'\ncat <<'END'\n{answer}\nEND\n",
        project.path("asked").display()
    );
    let project = project.file("bin/az", script);
    let az = project.path("bin/az");
    std::fs::set_permissions(&az, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", az.parent().unwrap().display());
    let project = project.env("PATH", &path);
    assert!(signed_in(&fake, &whoami(&project), "azureCli").is_empty());
    assert_eq!(
        std::fs::read_to_string(project.path("asked")).unwrap(),
        format!("account get-access-token -o json --scope {SCOPE} --tenant {TENANT}\n")
    );
}

#[test]
fn access_token() {
    let fake = Fake::new();
    let project = project(
        &fake,
        "    auth: { method: accessToken, env: GRAPH_TOKEN }\n",
    )
    .env("AZURE_TENANT_ID", "counts-for-the-other-methods")
    .env("GRAPH_TOKEN", &token(super::fake::application()));
    assert!(signed_in(&fake, &whoami(&project), "accessToken").is_empty());
}

#[test]
fn the_scope_is_of_the_cloud() {
    for (rest, scope) in [
        ("cloud: usgov", "https://graph.microsoft.us/.default"),
        ("cloud: usgovdod", "https://dod-graph.microsoft.us/.default"),
        (
            "cloud: china",
            "https://microsoftgraph.chinacloudapi.cn/.default",
        ),
        (
            "graphEndpoint: https://graph.example/",
            "https://graph.example/.default",
        ),
        // A double of Graph on this machine.
        ("graphEndpoint: http://localhost:8080", SCOPE),
    ] {
        let fake = Fake::new();
        let project = project(&fake, &format!("    {rest}\n"))
            .env("AZURE_CLIENT_ID", CLIENT)
            .env("AZURE_CLIENT_SECRET", SECRET)
            .env("GATEWRIGHT_ALLOW_HOSTS", "graph.example");
        assert_eq!(
            signed_in(&fake, &whoami(&project), "clientSecret")[0].form["scope"],
            scope
        );
    }
}

/// A whole plan: one token request, whatever the number of Graph requests.
#[test]
fn plan_signs_in_once() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sandbox = runtime.block_on(crate::sandbox::Sandbox::new());
    let fake = Fake::new();
    // The embedded tenant has an id of its own.
    let mut claims = super::fake::application();
    claims["tid"] = TENANT.into();
    fake.then(200, issued(&token(claims)));
    let rest = format!("    graphEndpoint: {}\n", sandbox.running.url());
    let project = project(&fake, &rest)
        .env("AZURE_CLIENT_ID", CLIENT)
        .env("AZURE_CLIENT_SECRET", SECRET);
    let ran = project.run(&["plan", "-t", "prod", "-v"]);
    silent(&ran);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    assert!(
        ran.stdout.contains("create Group \"Pilot\""),
        "{}",
        ran.snapshot()
    );
    assert_eq!(fake.asked().len(), 1);
    // The token says which tenant it is of: nothing is asked for that.
    let requests = sandbox.running.requests();
    let asks =
        |r: &&gatewright::sandbox::RequestRecord| r.target.ends_with("organization?$select=id");
    assert!(!requests.is_empty());
    assert_eq!(requests.iter().filter(asks).count(), 0, "{requests:?}");
}

/// A whole apply against the token endpoint and the Graph of the embedded tenant.
#[test]
fn apply_against_the_embedded_tenants_own_sign_in() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sandbox = runtime.block_on(crate::sandbox::Sandbox::new());
    let url = sandbox.running.url();
    let config = format!(
        "version: 1
manifests: [policies]
tenants:
  prod: {{ tenantId: 6f1d2c3b-8a47-4e5d-9b60-31c7f0a2d58e, graphEndpoint: '{url}', loginEndpoint: '{url}' }}
"
    );
    let manifests = "kind: Group\ndisplayName: Pilot\n---\nkind: TestUser\ndisplayName: T\nuserPrincipalName: tester\n";
    let project = crate::common::Project::of("a.yaml", manifests)
        .file("gatewright.yaml", config)
        .env("AZURE_CLIENT_ID", CLIENT)
        .env("AZURE_CLIENT_SECRET", SECRET);
    for arguments in [
        &["auth", "whoami", "-v"][..],
        &["apply", "--yes", "-v", "--secrets-out", "secrets.json"],
        &[
            "plan",
            "--detailed-exitcode",
            "-v",
            "--log-format",
            "json",
            "--format",
            "json",
        ],
    ] {
        let ran = project.run(arguments);
        silent(&ran);
        assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    }
    // Nor do the files of the run hold a secret.
    let runs = std::fs::read_dir(project.path(".gatewright/runs")).unwrap();
    for run in runs {
        let text = std::fs::read_to_string(run.unwrap().path()).unwrap();
        assert!(!text.contains(SECRET) && !text.contains("eyJ"), "{text}");
    }
}
