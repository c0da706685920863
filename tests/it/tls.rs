//! Certificates that the system does not know, and hosts that are not Microsoft's.

use gatewright::sandbox::{Options, StoreKind};

use crate::common::Project;
use crate::sandbox::Sandbox;

const TENANT: &str = "6f1d2c3b-8a47-4e5d-9b60-31c7f0a2d58e";
const GROUP: &str = "kind: Group\ndisplayName: Sales\n";

fn config(url: &str, more: &str) -> String {
    format!(
        "version: 1\nmanifests: [policies]\ntenants:\n  here:\n    tenantId: {TENANT}\n    graphEndpoint: {url}\n    loginEndpoint: {url}\n    auth: {{ method: clientSecret, clientId: aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee }}\n{more}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_is_trusted_by_name_or_by_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    let sandbox = Sandbox::with(Options {
        store: StoreKind::Memory,
        tls: Some(file.clone()),
        ..Options::default()
    })
    .await;
    let url = sandbox.running.url().replace("127.0.0.1", "localhost");
    let project = |more: &str| {
        Project::of("a.yaml", GROUP)
            .file("gatewright.yaml", config(&url, more))
            .env("AZURE_CLIENT_SECRET", "s")
    };
    let plan = |project: Project| tokio::task::block_in_place(|| project.run(&["plan"]));
    let unknown = plan(project(""));
    assert_eq!(unknown.code, Some(1), "{}", unknown.snapshot());
    for word in ["does not trust", "`caCertificate`", "SSL_CERT_FILE"] {
        assert!(
            unknown.stderr.contains(word),
            "{word}: {}",
            unknown.snapshot()
        );
    }
    let pem = std::fs::read(&file).unwrap();
    let named = project("    caCertificate: ca.pem\n").file("ca.pem", &pem);
    let named = plan(named);
    assert_eq!(named.code, Some(0), "{}", named.snapshot());
    let by_environment = plan(project("").env("SSL_CERT_FILE", &file.to_string_lossy()));
    assert_eq!(
        by_environment.code,
        Some(0),
        "{}",
        by_environment.snapshot()
    );

    let empty = plan(project("    caCertificate: ca.pem\n").file("ca.pem", "nothing"));
    assert_eq!(empty.code, Some(1));
    assert!(
        empty.stderr.contains("has no certificate"),
        "{}",
        empty.snapshot()
    );
    let elsewhere = plan(project("    caCertificate: ../ca.pem\n"));
    assert!(
        elsewhere.stderr.contains("points outside the project"),
        "{}",
        elsewhere.snapshot()
    );
}

/// A change to gatewright.yaml must not send a token, or the proof that gets one, anywhere.
#[test]
fn a_host_that_is_not_microsofts_gets_nothing_unless_the_environment_allows_it() {
    let foreign = "https://graph.invalid";
    let project = || {
        Project::of("a.yaml", GROUP)
            .file("gatewright.yaml", config(foreign, ""))
            .env("AZURE_CLIENT_SECRET", "s")
    };
    let refused = project().run(&["plan"]);
    assert_eq!(refused.code, Some(1));
    for word in [
        "`graphEndpoint` names `graph.invalid`",
        "GATEWRIGHT_ALLOW_HOSTS=graph.invalid",
    ] {
        assert!(
            refused.stderr.contains(word),
            "{word}: {}",
            refused.snapshot()
        );
    }
    let whoami = project().run(&["auth", "whoami"]);
    assert!(
        whoami.stderr.contains("GATEWRIGHT_ALLOW_HOSTS"),
        "{}",
        whoami.snapshot()
    );
    let valid = project().run(&["validate"]);
    assert_eq!(valid.code, Some(0), "nothing is sent: {}", valid.snapshot());
    let allowed = project()
        .env("GATEWRIGHT_ALLOW_HOSTS", "x.invalid, Graph.invalid")
        .run(&["auth", "whoami"]);
    assert!(
        !allowed.stderr.contains("GATEWRIGHT_ALLOW_HOSTS"),
        "{}",
        allowed.snapshot()
    );
}
