//! A wrong command line ends with 64, and nothing is applied without a yes.

use super::shown;
use crate::common::Project;

#[test]
fn a_wrong_command_line_ends_with_64() {
    let lines: [(&str, &[&str]); 9] = [
        ("nothing", &[]),
        ("unknown-command", &["aply"]),
        ("unknown-flag", &["plan", "--tenat", "sandbox"]),
        ("flag-without-value", &["plan", "-t"]),
        ("unknown-format", &["plan", "--format", "yaml"]),
        ("too-much", &["show", "plan.json", "policies"]),
        ("quiet-and-verbose", &["plan", "-q", "-v"]),
        ("bad-port", &["sandbox", "serve", "--port", "70000"]),
        ("unknown-shell", &["completions", "cmd"]),
    ];
    for (name, arguments) in lines {
        let ran = Project::new().run(arguments);
        assert_eq!(ran.code, Some(64), "{}", ran.snapshot());
        assert_eq!(ran.stdout, "", "{}", ran.snapshot());
        shown!(format!("usage-{name}"), ran.snapshot());
    }
}

#[test]
fn help_and_version_are_no_error() {
    for arguments in [
        &["--help"][..],
        &["-h"],
        &["help", "apply"],
        &["--version"],
        &["plan", "--help"],
    ] {
        let ran = Project::empty().run(arguments);
        assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
        assert_eq!(ran.stderr, "", "{}", ran.snapshot());
    }
}

#[test]
fn apply_without_a_terminal_asks_for_yes_and_writes_nothing() {
    let project = Project::of("a.yaml", "kind: Group\ndisplayName: Pilot\n");
    let ran = project.run(&["apply"]);
    assert_eq!(ran.code, Some(1));
    shown!("apply-without-yes", ran.snapshot());
    let json = project.run(&["apply", "--format", "json"]);
    assert_eq!(json.code, Some(1));
    shown!("apply-without-yes-json", json.snapshot());
    assert_eq!(project.tenant_file(), None);
    assert!(!project.path(".gatewright/runs").exists());
}

#[test]
fn apply_does_not_overwrite_a_file_of_secrets() {
    let project = Project::of(
        "a.yaml",
        "kind: TestUser\ndisplayName: Tester\nuserPrincipalName: tester\n",
    )
    .file("secrets.json", "keep me");
    let ran = project.run(&["apply", "--yes", "--secrets-out", "secrets.json"]);
    assert_eq!(ran.code, Some(1));
    shown!("apply-secrets-file-exists", ran.snapshot());
    assert_eq!(project.tenant_file(), None);
    assert_eq!(
        std::fs::read_to_string(project.path("secrets.json")).unwrap(),
        "keep me"
    );
}

#[cfg(unix)]
#[test]
fn apply_takes_an_empty_file_of_secrets_that_a_killed_run_left() {
    use std::os::unix::fs::PermissionsExt;
    let project = Project::of(
        "a.yaml",
        "kind: TestUser\ndisplayName: Tester\nuserPrincipalName: tester\n",
    )
    .file("secrets.json", "");
    let path = project.path("secrets.json");
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
    let ran = project.run(&["apply", "--yes", "--secrets-out", "secrets.json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    let kept: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(kept.as_object().unwrap().len(), 1);
}

#[test]
fn destroy_without_a_terminal_asks_for_yes() {
    let project = Project::of(
        "a.yaml",
        "kind: Group\nid: f6e4c333-afba-455d-be45-0ac69c73fa6b\ndisplayName: CA-Pilot\n",
    );
    let ran = project.run(&["destroy"]);
    assert_eq!(ran.code, Some(1));
    shown!("destroy-without-yes", ran.snapshot());
    assert_eq!(project.tenant_file(), None);
}

#[test]
fn findings_as_json_are_the_one_result() {
    let project = Project::of("a.yaml", "kind: Group\ndisplayName: Pilot\ncolour: blue\n");
    let ran = project.run(&["validate", "--format", "json"]);
    assert_eq!(ran.code, Some(1));
    shown!("findings-json", ran.snapshot());
    let plan = project.run(&["plan", "--format", "json"]);
    assert_eq!(plan.code, Some(1));
    assert_eq!(plan.stdout, ran.stdout);
}
