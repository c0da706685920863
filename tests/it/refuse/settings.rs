//! The project file is not there, or names tenants that the command line does not.

use super::shown;
use crate::common::{CONFIG, Project};
use crate::sandbox::Sandbox;

const TWO: &str = "\
version: 1
manifests: [policies]
tenants:
  sandbox: { sandbox: .gatewright/sandbox.json }
  production:
    tenantId: 11111111-2222-3333-4444-555555555555
    graphEndpoint: http://127.0.0.1:9
    auth: { method: accessToken, env: GATEWRIGHT_TEST_TOKEN }
";

fn two() -> Project {
    Project::of("a.yaml", "kind: Group\ndisplayName: Pilot\n").file("gatewright.yaml", TWO)
}

#[test]
fn no_project_file() {
    let ran = Project::empty().run(&["plan"]);
    assert_eq!(ran.code, Some(1));
    shown!("project-file-missing", ran.snapshot());
    let ran = Project::empty().run(&["-C", "nowhere", "validate"]);
    assert_eq!(ran.code, Some(1));
    shown!("project-folder-missing", ran.snapshot());
}

#[test]
fn a_project_file_that_is_a_folder() {
    let project = Project::empty();
    std::fs::create_dir(project.path("gatewright.yaml")).unwrap();
    let ran = project.run(&["plan"]);
    assert_eq!(ran.code, Some(1));
    shown!("project-file-is-a-folder", ran.snapshot());
}

#[test]
fn a_project_file_in_utf_16_is_read() {
    let bytes: Vec<u8> = CONFIG.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let project =
        Project::of("a.yaml", "kind: Group\ndisplayName: Pilot\n").file("gatewright.yaml", bytes);
    assert_eq!(project.run(&["plan"]).code, Some(0));
}

#[test]
fn a_tenant_that_does_not_exist() {
    for (name, tenant) in [("typo", "prodution"), ("unknown", "staging")] {
        let ran = two().refuse(&["plan", "-t", tenant]);
        shown!(format!("tenant-{name}"), ran.snapshot());
        let ran = two().refuse(&["sandbox", "reset", "-t", tenant]);
        shown!(format!("tenant-{name}-of-sandbox-reset"), ran.snapshot());
    }
}

#[test]
fn no_tenant_is_named_and_none_is_the_default() {
    shown!("tenant-not-named", two().refuse(&["plan"]).snapshot());
}

#[test]
fn a_token_that_is_not_there_or_is_none_is_not_shown() {
    let ran = two().run(&["plan", "-t", "production"]);
    assert_eq!(ran.code, Some(1));
    shown!("token-not-set", ran.snapshot());
    for (name, value) in [("empty", "  "), ("with-a-line-break", "eyJ.secret\nvalue")] {
        let ran = two()
            .env("GATEWRIGHT_TEST_TOKEN", value)
            .run(&["plan", "-t", "production"]);
        assert_eq!(ran.code, Some(1));
        assert!(!ran.snapshot().contains("secret"), "{}", ran.snapshot());
        shown!(format!("token-{name}"), ran.snapshot());
    }
}

#[tokio::test]
async fn a_token_of_another_tenant_is_refused_and_not_shown() {
    let sandbox = Sandbox::new().await;
    let config = TWO.replace("http://127.0.0.1:9", &sandbox.running.url());
    let project = two()
        .file("gatewright.yaml", config)
        .env("GATEWRIGHT_TEST_TOKEN", "eyJ.secret.value");
    let (plan, logged) = tokio::task::spawn_blocking(move || {
        let run = |arguments: &[&str]| project.run(arguments);
        (
            run(&["plan", "-t", "production"]),
            run(&["apply", "--yes", "-t", "production", "-v"]),
        )
    })
    .await
    .unwrap();
    assert_eq!(plan.code, Some(1));
    shown!("token-of-another-tenant", plan.snapshot());
    assert_eq!(logged.code, Some(1));
    assert!(
        logged.stderr.contains("/organization"),
        "{}",
        logged.snapshot()
    );
    assert!(
        !logged.snapshot().contains("secret"),
        "{}",
        logged.snapshot()
    );
    let requests = sandbox.running.requests();
    assert!(requests.iter().all(|r| r.method == "GET"), "{requests:?}");
}

#[test]
fn a_sandbox_file_that_is_broken() {
    for (name, text) in [
        ("broken", "{\"version\": 1,"),
        ("newer", "{\"version\": 999}"),
        ("not-json", "kind: Group\n"),
    ] {
        let project = Project::of("a.yaml", "kind: Group\ndisplayName: Pilot\n")
            .file(".gatewright/sandbox.json", text);
        let ran = project.run(&["plan"]);
        assert_eq!(ran.code, Some(1));
        assert_eq!(project.tenant_file().as_deref(), Some(text));
        shown!(format!("sandbox-file-{name}"), ran.snapshot());
    }
}

#[test]
fn weather_that_is_no_weather_or_of_a_real_tenant() {
    let with = |old: &str, new: &str| {
        Project::of("a.yaml", "kind: Group\ndisplayName: Pilot\n")
            .file("gatewright.yaml", TWO.replace(old, new))
    };
    let wrong = "sandbox.json, weather: { lag: soon, rain: true } }";
    let ran = with("sandbox.json }", wrong).run(&["plan", "-t", "sandbox"]);
    assert_eq!(ran.code, Some(1));
    shown!("weather-wrong", ran.snapshot());
    let real = "    weather: { throttle: true }\n    graphEndpoint:";
    let ran = with("    graphEndpoint:", real).run(&["plan", "-t", "production"]);
    assert_eq!(ran.code, Some(1));
    shown!("weather-of-a-real-tenant", ran.snapshot());
}

#[test]
fn the_sandbox_has_the_weather_of_the_project_file() {
    let bad = "sandbox.json, weather: { fail: 100%, seed: 2 } }";
    let project = Project::of("a.yaml", "kind: Group\ndisplayName: Pilot\n")
        .file("gatewright.yaml", TWO.replace("sandbox.json }", bad));
    let ran = project.run(&["sandbox", "export", "-t", "sandbox"]);
    assert_eq!(ran.code, Some(0), "the file itself has no weather");
    let fair = "sandbox.json, weather: { latency: 1ms } }";
    let project = project.file("gatewright.yaml", TWO.replace("sandbox.json }", fair));
    assert_eq!(project.run(&["plan", "-t", "sandbox"]).code, Some(0));
}
