//! `auth setup`: the commands that it prints, run against a stand-in for `az`.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::common::Project;

const ORG_ID: &str = "11111111-aaaa-4bbb-8ccc-222222222222";
const TENANT: &str = "11111111-2222-3333-4444-555555555555";
const GOVERNMENT: &str = "11111111-2222-3333-4444-666666666666";

fn project() -> Project {
    let config = format!(
        "version: 1\nmanifests: [policies]\ntenants:\n  prod: {{ tenantId: {TENANT} }}\n  gov: {{ tenantId: {GOVERNMENT}, cloud: usgov }}\n"
    );
    Project::empty().file("gatewright.yaml", config)
}

/// Every call is written down, one argument a line, and answered as `az` does.
const AZ: &str = r#"#!/bin/sh
{ for argument in "$@"; do printf '%s\n' "$argument"; done; echo "--"; } >>"$CALLS"
count=$(grep -c '^--$' "$CALLS")
case "$*" in
  "account show"*) echo "${AZ_TENANT}" ;;
  "ad sp show"*appRoles*) echo "role-$count" ;;
  "ad sp show"*) echo "graph-object" ;;
  "ad app create"*) echo "app-$count" ;;
  "ad sp create"*) echo "principal-$count" ;;
  *"--output none"*) ;;
  *) echo "unexpected output that a script must not take" ;;
esac
"#;

/// Runs a script with the stand-in; its output, and the calls with their arguments.
fn ran(script: &str, tenant: &str) -> (std::process::Output, Vec<Vec<String>>) {
    let folder = tempfile::tempdir().unwrap();
    let bin = folder.path().join("bin");
    fs::create_dir(&bin).unwrap();
    fs::write(bin.join("az"), AZ).unwrap();
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(bin.join("az"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(folder.path().join("setup.sh"), script).unwrap();
    let calls = folder.path().join("calls");
    fs::write(&calls, "").unwrap();
    let output = Command::new("sh")
        .arg("setup.sh")
        .current_dir(folder.path())
        .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
        .env("CALLS", &calls)
        .env("AZ_TENANT", tenant)
        .output()
        .unwrap();
    let text = fs::read_to_string(&calls).unwrap();
    let calls = text.split("--\n").filter(|call| !call.is_empty());
    let calls = calls.map(|call| call.lines().map(str::to_owned).collect());
    let left: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(left.len(), 3, "the script made a file: {left:?}");
    (output, calls.collect())
}

fn after<'a>(call: &'a [String], flag: &str) -> &'a str {
    let at = call.iter().position(|argument| argument == flag).unwrap();
    &call[at + 1]
}

fn setup(arguments: &[&str]) -> String {
    let all = [&["auth", "setup"], arguments].concat();
    let ran = project().run(&all);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    ran.stdout
}

#[test]
fn the_commands_register_two_applications_with_the_least() {
    let script = setup(&["-t", "prod", "--github", "contoso/policies"]);
    let (output, calls) = ran(&script, TENANT);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(!said.contains("unexpected"), "{said}");
    let of = |start: &[&str]| -> Vec<Vec<String>> {
        let found = calls
            .iter()
            .filter(|call| call.iter().zip(start).all(|(a, b)| a == b));
        found.cloned().collect()
    };
    let apps = of(&["ad", "app", "create"]);
    let names: Vec<&str> = apps
        .iter()
        .map(|call| after(call, "--display-name"))
        .collect();
    assert_eq!(
        names,
        [
            "gatewright plan contoso/policies",
            "gatewright apply contoso/policies"
        ]
    );
    let credentials = of(&["ad", "app", "federated-credential", "create"]);
    let subjects: Vec<Value> = credentials
        .iter()
        .map(|call| serde_json::from_str(after(call, "--parameters")).unwrap())
        .collect();
    for (given, environment) in subjects.iter().zip(["plan", "production"]) {
        assert_eq!(
            given["subject"],
            format!("repo:contoso/policies:environment:{environment}")
        );
        assert_eq!(
            given["issuer"],
            "https://token.actions.githubusercontent.com"
        );
        assert_eq!(given["audiences"][0], "api://AzureADTokenExchange");
    }
    // Each credential is of the application that was just made.
    assert_ne!(
        after(&credentials[0], "--id"),
        after(&credentials[1], "--id")
    );
    let grants = of(&["rest", "--method", "POST"]);
    assert_eq!(grants.len(), 3 + 4);
    for grant in &grants {
        let body: Value = serde_json::from_str(after(grant, "--body")).unwrap();
        assert_eq!(body["resourceId"], "graph-object");
        assert!(body["appRoleId"].as_str().unwrap().starts_with("role-"));
        let url = after(grant, "--url");
        let principal = body["principalId"].as_str().unwrap();
        assert_eq!(
            url,
            format!(
                "https://graph.microsoft.com/v1.0/servicePrincipals/{principal}/appRoleAssignments"
            )
        );
    }
    let looked: Vec<String> = of(&["ad", "sp", "show"])
        .iter()
        .filter(|call| call.iter().any(|a| a == "--query"))
        .map(|call| after(call, "--query").to_owned())
        .collect();
    for name in [
        "Policy.Read.All",
        "Directory.Read.All",
        "Policy.ReadWrite.ConditionalAccess",
    ] {
        assert!(
            looked
                .iter()
                .any(|query| query.contains(&format!("'{name}'"))),
            "{looked:?}"
        );
    }
    assert!(
        !script.contains("secret") && !script.contains("password"),
        "{script}"
    );
    assert!(said.contains("AZURE_CLIENT_ID"), "{said}");
    assert!(said.contains("init --ci github"), "{said}");
}

#[test]
fn another_tenant_stops_the_commands_before_anything_is_made() {
    let script = setup(&["-t", "prod", "--github", "contoso/policies"]);
    let (output, calls) = ran(&script, "99999999-2222-3333-4444-555555555555");
    assert!(!output.status.success());
    assert_eq!(calls.len(), 1, "{calls:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("another tenant"));
}

#[test]
fn the_other_services_and_clouds_have_their_own() {
    let credential = |script: &str, tenant: &str| -> Vec<Value> {
        let (output, calls) = ran(script, tenant);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let found = calls
            .iter()
            .filter(|call| call.iter().any(|a| a == "federated-credential"));
        found
            .map(|call| serde_json::from_str(after(call, "--parameters")).unwrap())
            .collect()
    };
    let azure = setup(&[
        "-t",
        "gov",
        "--azure-devops",
        "contoso/My Policies",
        "--organization-id",
        ORG_ID,
    ]);
    let found = credential(&azure, GOVERNMENT);
    assert_eq!(
        found[1]["subject"],
        "sc://contoso/My Policies/gatewright-apply"
    );
    assert_eq!(
        found[1]["issuer"],
        format!("https://vstoken.dev.azure.com/{ORG_ID}")
    );
    assert_eq!(found[1]["audiences"][0], "api://AzureADTokenExchangeUSGov");
    assert!(
        azure.contains("https://graph.microsoft.us/v1.0/"),
        "{azure}"
    );
    let gitlab = setup(&[
        "-t",
        "prod",
        "--gitlab",
        "contoso/it/policies",
        "--branch",
        "trunk",
    ]);
    let found = credential(&gitlab, TENANT);
    assert_eq!(
        found[0]["subject"],
        "project_path:contoso/it/policies:ref_type:branch:ref:trunk"
    );
    let own = setup(&[
        "-t",
        "prod",
        "--azure-devops",
        "contoso/p",
        "--organization-id",
        ORG_ID,
        "--issuer",
        "https://login.microsoftonline.com/x/v2.0",
        "--plan-subject",
        "/eid1/c/pub/t/a's $(b)",
        "--apply-subject",
        "/eid1/x",
    ]);
    let found = credential(&own, TENANT);
    // Whatever it holds, it is one word to the shell.
    assert_eq!(found[0]["subject"], "/eid1/c/pub/t/a's $(b)");
    assert_eq!(found[1]["subject"], "/eid1/x");
}

#[test]
fn what_manifests_are_about_decides_what_apply_may() {
    let json = setup(&[
        "-t",
        "prod",
        "--github",
        "contoso/policies",
        "--groups",
        "--test-users",
        "--contexts",
        "--format",
        "json",
    ]);
    let json: Value = serde_json::from_str(&json).unwrap();
    let permissions = &json["applications"][1]["permissions"];
    for name in [
        "Group.ReadWrite.All",
        "User.ReadWrite.All",
        "AuthenticationContext.ReadWrite.All",
    ] {
        assert!(
            permissions.as_array().unwrap().contains(&name.into()),
            "{permissions}"
        );
    }
    let plan = json["applications"][0]["permissions"].to_string();
    assert!(!plan.contains("Write"), "{plan}");
    let powershell = json["commands"]["powershell"].as_str().unwrap();
    for line in [
        "$plan = New-MgApplication -DisplayName 'gatewright plan contoso/policies' -SignInAudience 'AzureADMyOrg'",
        "  Subject = 'repo:contoso/policies:environment:production'",
        "Grant-Permission $principal @('Policy.Read.All', 'Directory.Read.All', 'AuthenticationContext.Read.All')",
    ] {
        assert!(
            powershell.lines().any(|own| own == line),
            "{line}\n{powershell}"
        );
    }
}

#[test]
fn it_needs_no_project_and_asks_nobody() {
    let ran = Project::empty().run(&["auth", "setup", "--github", "contoso/policies"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    assert!(!ran.stdout.contains("account show"), "{}", ran.stdout);
    let shell = [
        "auth",
        "setup",
        "--github",
        "contoso/policies",
        "--shell",
        "powershell",
    ];
    let ran = Project::empty().run(&shell);
    assert!(ran.stdout.contains("Connect-MgGraph"), "{}", ran.stdout);
}

#[test]
fn names_that_would_say_something_to_a_shell_are_refused() {
    for arguments in [
        ["--github", "contoso/$(touch x)"],
        ["--github", "contoso/a;b"],
        ["--github", "contoso"],
        ["--gitlab", "contoso/a'b"],
        ["--gitlab", "a/b\u{202e}c"],
    ] {
        let ran = project().refuse(&[&["auth", "setup"], &arguments[..]].concat());
        assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
        assert!(ran.stdout.is_empty(), "{}", ran.snapshot());
    }
    let ran = project().refuse(&[
        "auth",
        "setup",
        "--azure-devops",
        "contoso/a`b",
        "--organization-id",
        ORG_ID,
    ]);
    assert!(ran.stdout.is_empty(), "{}", ran.snapshot());
    // One service at a time.
    let ran = project().run(&["auth", "setup"]);
    assert_eq!(ran.code, Some(64), "{}", ran.snapshot());
    let ran = project().run(&["auth", "setup", "--github", "a/b", "--gitlab", "a/b"]);
    assert_eq!(ran.code, Some(64), "{}", ran.snapshot());
}
