//! A sign-in that does not succeed: what is said, and where.

use serde_json::json;

use super::fake::{Fake, application, refusal, token};
use super::{CLIENT, SECRET, TENANT, project, sample, shown, silent};
use crate::common::{Project, Ran};

const ENTRY: &str = "    auth: { method: clientSecret }\n";

fn with_secret(fake: &Fake, rest: &str) -> Project {
    project(fake, rest)
        .env("AZURE_CLIENT_ID", CLIENT)
        .env("AZURE_CLIENT_SECRET", SECRET)
}

/// Plan and whoami say the same, as a finding with a place and a way out, and no secret.
fn refused(project: &Project, twice: bool) -> Ran {
    let plan = project.refuse(&["plan", "-t", "prod"]);
    silent(&plan);
    if twice {
        let whoami = project.refuse(&["auth", "whoami", "-t", "prod"]);
        assert_eq!(whoami.findings(), plan.findings());
    }
    plan
}

#[test]
fn the_numbered_errors_are_explained() {
    for (code, name, description) in [
        (
            700016,
            "unauthorized_client",
            "Application with identifier 'x' was not found in the directory 'Contoso'.",
        ),
        (
            7000215,
            "invalid_client",
            "Invalid client secret provided.\\r\\nEnsure the secret being sent.",
        ),
        (
            7000222,
            "invalid_client",
            "The provided client secret keys are expired.",
        ),
        (
            700027,
            "invalid_client",
            "The certificate with identifier used to sign the client assertion is not registered on application.",
        ),
        (
            70021,
            "invalid_request",
            "No matching federated identity record found for presented assertion.",
        ),
        (
            700213,
            "invalid_client",
            "No matching federated identity record found for presented assertion subject 'repo:x'.",
        ),
        (90002, "invalid_request", "Tenant 'x' not found."),
        (
            50034,
            "invalid_grant",
            "The user account does not exist in the directory.",
        ),
        (
            500011,
            "invalid_resource",
            "The resource principal named x was not found in the tenant.",
        ),
        (
            65001,
            "invalid_grant",
            "The user or administrator has not consented to use the application.",
        ),
        (
            53003,
            "access_denied",
            "Access has been blocked by Conditional Access policies.",
        ),
        (
            50076,
            "interaction_required",
            "You must use multi-factor authentication.",
        ),
        (
            50079,
            "interaction_required",
            "You must enroll in multi-factor authentication.",
        ),
        (
            700024,
            "invalid_client",
            "Client assertion is not within its valid time range.",
        ),
        (
            70043,
            "invalid_grant",
            "The refresh token has expired due to sign-in frequency checks.",
        ),
        (
            99999,
            "invalid_request",
            "Something that nobody has seen yet.",
        ),
    ] {
        let fake = Fake::new();
        let body = refusal(code, name, description);
        fake.then(401, &body).then(400, &body);
        let ran = refused(&with_secret(&fake, ENTRY), true);
        shown!(format!("aadsts-{code}"), ran.snapshot());
        // Such an answer is final: nothing is tried again.
        assert_eq!(fake.asked().len(), 2);
    }
}

/// Line breaks in the description are escaped in JSON.
#[test]
fn a_description_with_line_breaks_is_read() {
    let fake = Fake::new();
    fake.then(
        401,
        json!({"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret provided.\r\nTrace ID: t\r\nCorrelation ID: c", "error_codes": [7000215]}),
    );
    let ran = refused(&with_secret(&fake, ENTRY), false);
    assert!(
        ran.stderr
            .contains("the client secret is wrong (AADSTS7000215)"),
        "{}",
        ran.snapshot()
    );
}

#[test]
fn other_answers() {
    for (name, status, body) in [
        ("html", 403, "<html>Blocked by the proxy</html>".to_owned()),
        (
            "no-number",
            400,
            json!({"error": "invalid_request"}).to_string(),
        ),
        ("not-a-token-answer", 200, "<html>Welcome</html>".to_owned()),
        (
            "token-is-no-text",
            200,
            json!({"access_token": [SECRET]}).to_string(),
        ),
        ("token-is-empty", 200, super::fake::issued("").to_string()),
        (
            "token-in-the-wrong-place",
            200,
            json!(token(application())).to_string(),
        ),
    ] {
        let fake = Fake::new();
        fake.then(status, body);
        let ran = refused(&with_secret(&fake, ENTRY), false);
        let text = ran.snapshot().replace(&fake.url, "http://[fake]");
        shown!(format!("answer-{name}"), text);
    }
}

#[test]
fn what_passes_is_tried_again() {
    let fake = Fake::new();
    fake.then(503, "busy").then(429, "busy");
    let ran = with_secret(&fake, ENTRY).run(&["auth", "whoami", "-t", "prod"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    assert_eq!(fake.asked().len(), 3);
}

#[test]
fn nobody_listens() {
    let fake = Fake::new();
    let project = with_secret(&fake, ENTRY);
    drop(fake);
    shown!("nobody-listens", refused(&project, true).snapshot());
}

/// A redirect could carry the secret to another host.
#[test]
fn a_redirect_is_not_followed() {
    let (fake, other) = (Fake::new(), Fake::new());
    fake.then(307, &other.url);
    refused(&with_secret(&fake, ENTRY), false);
    assert!(other.asked().is_empty());
}

#[test]
fn nothing_is_offered() {
    shown!(
        "nothing-offered",
        refused(&project(&Fake::new(), ""), true).snapshot()
    );
}

#[test]
fn what_the_methods_lack() {
    let fake = Fake::new();
    for method in [
        "clientSecret",
        "clientCertificate",
        "workloadIdentity",
        "azurePipelines",
        "azureCli",
    ] {
        let auth = format!("    auth: {{ method: {method} }}\n");
        let nothing = refused(&project(&fake, &auth), true).snapshot();
        let client = project(&fake, &auth).env("AZURE_CLIENT_ID", CLIENT);
        let client = refused(&client, true).snapshot();
        shown!(
            format!("lacks-{method}"),
            format!("{nothing}\n\nwith a client id:\n{client}")
        );
    }
    assert!(fake.asked().is_empty());
}

#[test]
fn what_is_offered_is_not_passed_over() {
    let project = project(&Fake::new(), "").env("AZURE_CLIENT_SECRET", SECRET);
    shown!("offered-without-client", refused(&project, true).snapshot());
}

#[test]
fn another_tenant_in_the_variable() {
    let other = "99999999-2222-3333-4444-555555555555";
    let fake = Fake::new();
    let project = with_secret(&fake, ENTRY).env("AZURE_TENANT_ID", other);
    shown!(
        "another-tenant-in-the-variable",
        refused(&project, true).snapshot()
    );
    assert!(fake.asked().is_empty());
}

/// Known from the token itself: Graph, where nobody listens, is not asked.
#[test]
fn a_token_of_another_tenant() {
    let fake = Fake::new();
    let mut claims = application();
    claims["tid"] = "99999999-2222-3333-4444-555555555555".into();
    let body = super::fake::issued(&token(claims));
    fake.then(200, &body).then(200, &body);
    let rest = format!("    graphEndpoint: http://127.0.0.1:9\n{ENTRY}");
    shown!(
        "token-of-another-tenant",
        refused(&with_secret(&fake, &rest), true).snapshot()
    );
}

#[test]
fn an_access_token_that_has_ended() {
    let fake = Fake::new();
    let mut claims = application();
    claims["exp"] = 1_700_000_000.into();
    let project = project(
        &fake,
        "    auth: { method: accessToken, env: GRAPH_TOKEN }\n",
    )
    .env("GRAPH_TOKEN", &token(claims));
    shown!("access-token-ended", refused(&project, true).snapshot());
}

#[test]
fn certificates_that_will_not_do() {
    let fake = Fake::new();
    let auth =
        format!("    auth: {{ method: clientCertificate, clientId: {CLIENT}, file: c.pem }}\n");
    for (name, bytes) in [
        ("key-of-another", sample("key-of-another.pem")),
        ("elliptic", sample("elliptic.pem")),
        ("encrypted", sample("encrypted.pem")),
        ("no-key", sample("no-key.pem")),
        ("no-certificate", sample("no-certificate.pem")),
        ("empty", Vec::new()),
        ("der", vec![0x30, 0x82, 1, 2]),
        (
            "broken",
            b"-----BEGIN CERTIFICATE-----\nnever-to-be-seen\n".to_vec(),
        ),
    ] {
        let project = project(&fake, &auth).file("c.pem", bytes);
        let ran = refused(&project, false);
        shown!(format!("certificate-{name}"), ran.snapshot());
    }
    shown!(
        "certificate-nowhere",
        refused(&project(&fake, &auth), false).snapshot()
    );
    assert!(fake.asked().is_empty());
}

#[test]
fn github_gives_no_token() {
    let fake = Fake::new();
    fake.then(
        403,
        json!({"message": "Resource not accessible by integration"}),
    );
    let auth = "    auth: { method: workloadIdentity }\n";
    let on_github = |project: Project| {
        project
            .env("AZURE_CLIENT_ID", CLIENT)
            .env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", SECRET)
    };
    let url = format!("{}/token?x=y", fake.url);
    let there = on_github(project(&fake, auth)).env("ACTIONS_ID_TOKEN_REQUEST_URL", &url);
    shown!("github-refuses", refused(&there, false).snapshot());
    // In the clear to another machine the job's token is not sent.
    let clear = on_github(project(&fake, auth))
        .env("ACTIONS_ID_TOKEN_REQUEST_URL", "http://example.com/token");
    shown!("github-in-the-clear", refused(&clear, true).snapshot());
}

#[test]
fn azure_pipelines_gives_no_token() {
    let fake = Fake::new();
    fake.then(
        401,
        json!({"message": "TF400813: The user is not authorized."}),
    );
    let project = project(
        &fake,
        "    auth: { method: azurePipelines, serviceConnectionId: c }\n",
    )
    .env("AZURE_CLIENT_ID", CLIENT)
    .env("SYSTEM_OIDCREQUESTURI", &fake.url)
    .env("SYSTEM_ACCESSTOKEN", SECRET);
    shown!("pipelines-refuses", refused(&project, false).snapshot());
}

#[test]
fn a_managed_identity_that_is_not_there() {
    let fake = Fake::new();
    fake.then(
        400,
        json!({"error": "invalid_request", "error_description": "Identity not found"}),
    );
    let project = project(&fake, "    auth: { method: managedIdentity }\n")
        .env("IDENTITY_ENDPOINT", &fake.url)
        .env("IDENTITY_HEADER", SECRET);
    shown!(
        "managed-identity-refuses",
        refused(&project, false).snapshot()
    );
}

#[cfg(unix)]
#[test]
fn the_azure_cli_is_not_signed_in() {
    use std::os::unix::fs::PermissionsExt;
    for (name, said) in [
        ("login", "ERROR: Please run 'az login' to setup account."),
        (
            "mfa",
            "ERROR: AADSTS50076: Due to a configuration change made by your administrator, you must use multi-factor authentication.",
        ),
    ] {
        let script = format!("#!/bin/sh\necho \"{said}\" >&2\nexit 1\n");
        let fake = Fake::new();
        let project = project(&fake, "    auth: { method: azureCli }\n").file("bin/az", script);
        let az = project.path("bin/az");
        std::fs::set_permissions(&az, std::fs::Permissions::from_mode(0o755)).unwrap();
        let path = format!("{}:/usr/bin:/bin", az.parent().unwrap().display());
        let ran = refused(&project.env("PATH", &path), true);
        shown!(format!("az-{name}"), ran.snapshot());
    }
}

#[test]
fn json_holds_the_finding_and_no_secret() {
    let fake = Fake::new();
    fake.then(
        401,
        refusal(7000215, "invalid_client", "Invalid client secret provided."),
    );
    let ran =
        with_secret(&fake, ENTRY).run(&["auth", "whoami", "-t", "prod", "--format", "json", "-v"]);
    silent(&ran);
    assert_eq!(ran.code, Some(1));
    let found: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(found["findings"][0]["code"], "sign-in");
    assert_eq!(found["findings"][0]["file"], "gatewright.yaml");
    assert!(ran.stdout.contains(TENANT) || !ran.stdout.is_empty());
}
