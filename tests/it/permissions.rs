//! What the token has is looked at before anything is asked, and what may not be read stops only
//! who needs it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatewright::sandbox::{Options, StoreKind};
use serde_json::{Value, json};

use crate::common::{Project, Ran};
use crate::sandbox::Sandbox;

const TENANT: &str = "6f1d2c3b-8a47-4e5d-9b60-31c7f0a2d58e";
const POLICY: &str = "kind: ConditionalAccessPolicy\ndisplayName: P\nstate: disabled\nconditions: {users: {includeUsers: [All]}, applications: {includeApplications: [All]}}\ngrantControls: {operator: OR, builtInControls: [mfa]}\n";

pub fn token(claims: Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.c2ln", part(&json!({"alg": "none"})), part(&claims))
}

pub fn app(roles: &[&str]) -> String {
    token(json!({"tid": TENANT, "exp": 4_000_000_000_i64, "roles": roles}))
}

/// A tenant behind HTTP, and a project on it that bears a token.
pub async fn on_a_tenant(manifest: &str, token: &str) -> (Sandbox, Project) {
    let sandbox = Sandbox::with(Options {
        store: StoreKind::Memory,
        ..Options::default()
    })
    .await;
    let config = format!(
        "version: 1\nmanifests: [policies]\ntenants:\n  here:\n    tenantId: {TENANT}\n    graphEndpoint: {}\n    replication: 1ms\n    auth: {{ method: accessToken, env: TOKEN }}\n",
        sandbox.running.url()
    );
    let project = Project::of("a.yaml", manifest)
        .file("gatewright.yaml", config)
        .env("TOKEN", token);
    (sandbox, project)
}

async fn ran(project: &Project, arguments: &[&str]) -> Ran {
    tokio::task::block_in_place(|| project.run(arguments))
}

const READS: &[&str] = &[
    "Policy.Read.All",
    "Directory.Read.All",
    "Group.Read.All",
    "User.Read.All",
];

#[tokio::test(flavor = "multi_thread")]
async fn what_the_token_lacks_is_named_before_anything_is_asked() {
    let (sandbox, project) = on_a_tenant(POLICY, &app(READS)).await;
    // No terminal, no `--yes`: it does not come to the question.
    let ran = ran(&project, &["apply"]).await;
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    let told = ran
        .stderr
        .matches("Policy.ReadWrite.ConditionalAccess")
        .count();
    assert_eq!(told, 1, "{}", ran.snapshot());
    assert!(ran.stderr.contains("auth whoami") && !ran.stderr.contains("no terminal"));
    let wrote = sandbox.running.requests();
    assert!(
        !wrote
            .iter()
            .any(|r| r.method == "POST" && r.target.ends_with("/policies"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_cannot_be_read_is_no_reason_to_stop() {
    for opaque in ["opaque".to_owned(), token(json!({"tid": TENANT}))] {
        let (_sandbox, project) = on_a_tenant(POLICY, &opaque).await;
        let ran = ran(&project, &["apply", "--yes"]).await;
        assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_decision_about_risk_and_the_new_password_are_looked_at_too() {
    let (sandbox, project) = on_a_tenant(
        POLICY,
        &app(&[
            "IdentityRiskyUser.Read.All",
            "IdentityRiskEvent.Read.All",
            "User.Read.All",
            "Directory.Read.All",
        ]),
    )
    .await;
    crate::risk::sign_in(&sandbox, &[("AdeleV@contoso.com", "high")]);
    let decided = ran(
        &project,
        &["risk", "dismiss", "AdeleV@contoso.com", "--yes"],
    )
    .await;
    assert_eq!(decided.code, Some(1), "{}", decided.snapshot());
    assert!(
        decided.stderr.contains("`IdentityRiskyUser.ReadWrite.All`"),
        "{}",
        decided.snapshot()
    );
    let sent = sandbox.running.requests();
    assert!(!sent.iter().any(|r| r.target.ends_with("/dismiss")));
}

/// Contexts have a permission of their own.
#[tokio::test(flavor = "multi_thread")]
async fn contexts_that_nobody_needs_may_be_unreadable() {
    let context = "kind: AuthenticationContext\nid: c1\ndisplayName: C\n";
    for (manifest, code) in [(POLICY, 0), (context, 1)] {
        let (_sandbox, project) = on_a_tenant(manifest, &app(READS)).await;
        let planned = ran(&project, &["plan"]).await;
        assert_eq!(planned.code, Some(code), "{}", planned.snapshot());
        let told = planned
            .stderr
            .matches("AuthenticationContext.Read.All")
            .count();
        assert_eq!(told, usize::from(code == 1), "{}", planned.snapshot());
    }
    let (_sandbox, project) = on_a_tenant(POLICY, &app(READS)).await;
    let imported = ran(&project, &["import", "--dry-run"]).await;
    assert_eq!(imported.code, Some(0), "{}", imported.snapshot());
    let text = imported.snapshot();
    assert_eq!(
        text.matches("AuthenticationContext.Read.All").count(),
        1,
        "{text}"
    );
    let asked = ran(
        &project,
        &["import", "--dry-run", "--only", "AuthenticationContext"],
    )
    .await;
    assert_eq!(asked.code, Some(1), "{}", asked.snapshot());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_needs_no_contexts_where_the_run_had_none() {
    let all = [READS, &["Policy.ReadWrite.ConditionalAccess"]].concat();
    let without: Vec<&str> = all
        .iter()
        .copied()
        .filter(|n| !n.starts_with("Policy.ReadWrite"))
        .collect();
    let (_sandbox, project) = on_a_tenant(POLICY, &app(&all)).await;
    let applied = ran(&project, &["apply", "--yes"]).await;
    assert_eq!(applied.code, Some(0), "{}", applied.snapshot());
    // It may not write any more; what it plans it plans without the contexts.
    let project = project.env("TOKEN", &app(&without));
    let back = ran(&project, &["rollback", "latest", "--yes"]).await;
    assert_eq!(back.code, Some(1), "{}", back.snapshot());
    assert!(
        back.stderr
            .contains("the token lacks the permission `Policy.ReadWrite.ConditionalAccess`"),
        "{}",
        back.snapshot()
    );
}
