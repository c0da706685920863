//! The sample project is the tutorial: after one `apply`, the tenant answers as the
//! tutorial's answers do, member for member; ids and dates apart, and the members that
//! Graph gained since.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use gatewright::graph::Request;
use gatewright::graph::client::{Client, Pace};
use gatewright::graph::token::Token;
use gatewright::model::facts::Edition;
use gatewright::sandbox::{self, StoreKind};
use serde_json::{Value, json};

use crate::world::run;

/// The sample project in a folder of its own.
fn sample() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    for file in ["gatewright.yaml", "guards.yaml"] {
        std::fs::copy(root.join(file), folder.path().join(file)).unwrap();
    }
    std::fs::create_dir(folder.path().join("policies")).unwrap();
    for entry in std::fs::read_dir(root.join("policies")).unwrap() {
        let path = entry.unwrap().path();
        let to = folder
            .path()
            .join("policies")
            .join(path.file_name().unwrap());
        std::fs::copy(path, to).unwrap();
    }
    folder
}

fn gatewright(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gatewright"))
        .args(args)
        .current_dir(folder)
        .env_clear()
        .envs(crate::common::needed())
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What the tutorial's answers hold, in their order, without ids and dates.
fn answer(name: &str, user: &str, group: &str, control: &str) -> Value {
    json!({
        "displayName": name,
        "modifiedDateTime": null,
        "state": "enabled",
        "sessionControls": null,
        "conditions": {
            "signInRiskLevels": ["high", "medium"],
            "clientAppTypes": ["all"],
            "platforms": null,
            "locations": null,
            "applications": {
                "includeApplications": ["All"],
                "excludeApplications": [],
                "includeUserActions": [],
            },
            "users": {
                "includeUsers": [user],
                "excludeUsers": [],
                "includeGroups": [],
                // The break-glass group of the sample, which the tutorial does not have.
                "excludeGroups": [group],
                "includeRoles": [],
                "excludeRoles": [],
            },
        },
        "grantControls": {
            "operator": "OR",
            "builtInControls": [control],
            "customAuthenticationFactors": [],
            "termsOfUse": [],
        },
    })
}

/// Every member of `expected` is in `found`, with the same value, however deep.
fn holds(found: &Value, expected: &Value, at: &str) {
    match expected {
        Value::Object(map) => {
            for (name, value) in map {
                let inner = found
                    .get(name)
                    .unwrap_or_else(|| panic!("{at}/{name} is missing in {found}"));
                holds(inner, value, &format!("{at}/{name}"));
            }
        }
        other => assert_eq!(found, other, "{at}"),
    }
}

#[test]
fn one_apply_makes_the_tutorials_tenant_and_a_second_has_nothing_to_do() {
    let folder = sample();
    let first = gatewright(folder.path(), &["apply", "-t", "sandbox", "--yes"]);
    assert_eq!(first.status.code(), Some(0), "{first:?}");
    assert!(stdout(&first).contains("Plan: 4 to create, 0 to change, 0 to delete"));
    assert!(stdout(&first).contains("Applied: 4 created, 0 changed, 0 deleted"));

    run(async {
        let running = sandbox::start(sandbox::Options {
            store: StoreKind::File(folder.path().join(".gatewright/sandbox.json")),
            ..sandbox::Options::default()
        })
        .await
        .unwrap();
        let client = Client::new(&running.url(), &Token::new("t"), Pace::Unlimited).unwrap();
        let client = client.with_unlisted();
        let get = async |path: &str| client.send(&Request::get(Edition::V1, path)).await.unwrap();
        let user = get("/users/MyTestUser1@contoso.com").await;
        holds(
            &user,
            &json!({
                "businessPhones": [], "displayName": "MyTestUser1", "givenName": null,
                "jobTitle": null, "mail": null, "mobilePhone": null, "officeLocation": null,
                "preferredLanguage": null, "surname": null,
                "userPrincipalName": "MyTestUser1@contoso.com",
            }),
            "user",
        );
        let group = get("/groups?$filter=displayName%20eq%20'CA-BreakGlass'").await;
        let group = group["value"][0]["id"].as_str().unwrap();
        let members = get(&format!("/groups/{group}/members")).await;
        assert_eq!(members["value"].as_array().unwrap().len(), 2);
        let policies = get("/identity/conditionalAccess/policies").await;
        let policies = policies["value"].as_array().unwrap();
        assert_eq!(policies.len(), 2);
        let user = user["id"].as_str().unwrap();
        holds(
            &policies[0],
            &answer("Policy for risky sign-in", user, group, "mfa"),
            "mfa",
        );
        holds(
            &policies[1],
            &answer(
                "Policy for risky sign-in block access",
                user,
                group,
                "block",
            ),
            "block",
        );
        running.stop().await;
    });

    let second = gatewright(folder.path(), &["plan", "--detailed-exitcode"]);
    assert_eq!(second.status.code(), Some(0));
    assert_eq!(
        stdout(&second),
        "No changes. 4 objects in sandbox (Contoso, contoso.com) match their manifests.\n"
    );
    let destroyed = gatewright(folder.path(), &["destroy", "--yes"]);
    assert_eq!(destroyed.status.code(), Some(0), "{destroyed:?}");
    assert!(stdout(&destroyed).contains("Applied: 0 created, 0 changed, 4 deleted"));
    let pending = gatewright(folder.path(), &["plan", "--detailed-exitcode"]);
    assert_eq!(pending.status.code(), Some(2));
}

#[test]
fn the_password_goes_to_the_file_that_was_asked_for_and_nowhere_else() {
    let folder = sample();
    let secrets = folder.path().join("secrets.json");
    let args = [
        "apply",
        "--yes",
        "-v",
        "--format",
        "json",
        "--secrets-out",
        "secrets.json",
    ];
    let output = gatewright(folder.path(), &args);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&secrets).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let secrets: Value = serde_json::from_str(&std::fs::read_to_string(secrets).unwrap()).unwrap();
    let password = secrets["MyTestUser1@contoso.com"].as_str().unwrap();
    assert!(password.len() >= 24);
    let state = std::fs::read_to_string(folder.path().join(".gatewright/sandbox.json")).unwrap();
    let log = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(log.contains("POST") && log.contains("/users"));
    for (what, text) in [("stdout", stdout(&output)), ("log", log), ("tenant", state)] {
        assert!(!text.contains(password), "{what}");
    }
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(result["summary"]["create"], 4);
    assert_eq!(result["complete"], true);
    // A file that exists is not written over, and nothing is begun.
    let again = gatewright(folder.path(), &["sandbox", "reset"]);
    assert_eq!(again.status.code(), Some(0), "{again:?}");
    let refused = gatewright(folder.path(), &args);
    assert_eq!(refused.status.code(), Some(1));
    let plan = gatewright(folder.path(), &["plan"]);
    assert!(stdout(&plan).contains("Plan: 4 to create"));
}

#[test]
fn the_templates_of_init_pass_and_converge() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    std::fs::create_dir(path.join("policies")).unwrap();
    std::fs::write(path.join(".gitignore"), "mine\n").unwrap();
    let init = gatewright(path, &["init"]);
    assert_eq!(init.status.code(), Some(0), "{init:?}");
    assert_eq!(
        std::fs::read_to_string(path.join(".gitignore")).unwrap(),
        "mine\n"
    );
    let valid = gatewright(path, &["validate"]);
    assert_eq!(valid.status.code(), Some(0), "{valid:?}");
    assert_eq!(
        stdout(&valid),
        "Valid: 10 manifests (2 Group, 1 TestUser, 2 NamedLocation, 4 ConditionalAccessPolicy, 1 Scenario); 1 hint; 1 allowed by comments\n"
    );
    let apply = gatewright(path, &["apply", "--yes"]);
    assert_eq!(apply.status.code(), Some(0), "{apply:?}");
    assert!(stdout(&apply).contains("Plan: 9 to create, 0 to change, 0 to delete"));
    let plan = gatewright(path, &["plan", "--detailed-exitcode"]);
    assert_eq!(plan.status.code(), Some(0), "{plan:?}");
}

#[test]
fn init_writes_where_it_is_told_and_brings_no_example_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    for (args, at) in [
        (&["init", "one"][..], "one"),
        (&["-C", "two", "init", "sub"], "two/sub"),
        (&["init", "-C", "three"], "three"),
    ] {
        let output = gatewright(path, args);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert!(path.join(at).join("gatewright.yaml").is_file(), "{at}");
        let plan = gatewright(path, &["-C", at, "plan"]);
        assert_eq!(plan.status.code(), Some(0), "{plan:?}");
    }
    std::fs::remove_file(path.join("one/policies/pilot.yaml")).unwrap();
    std::fs::remove_file(path.join("one/.gitignore")).unwrap();
    let again = gatewright(path, &["init", "one", "--format", "json"]);
    let result: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!(result["wrote"], json!([".gitignore"]));
    assert!(!path.join("one/policies/pilot.yaml").exists());
}

#[test]
fn only_a_test_user_gets_a_new_password() {
    let folder = sample();
    let path = folder.path();
    assert_eq!(gatewright(path, &["apply", "--yes"]).status.code(), Some(0));
    let reset = gatewright(
        path,
        &[
            "user",
            "reset-password",
            "mytestuser1",
            "--yes",
            "--secrets-out",
            "new.json",
            "-v",
        ],
    );
    assert_eq!(reset.status.code(), Some(0), "{reset:?}");
    let secrets: Value =
        serde_json::from_str(&std::fs::read_to_string(path.join("new.json")).unwrap()).unwrap();
    let password = secrets["mytestuser1@contoso.com"].as_str().unwrap();
    assert!(password.len() >= 24);
    for text in [&reset.stdout, &reset.stderr] {
        assert!(!String::from_utf8_lossy(text).contains(password));
    }
    // The run is in the journals, without the password, and cannot be taken back.
    let listed = gatewright(path, &["runs"]);
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let row = listed.lines().last().unwrap();
    for word in ["user reset-password", "complete", "1 user"] {
        assert!(row.contains(word), "{listed}");
    }
    let shown = gatewright(path, &["runs", "show", "latest", "--format", "json"]);
    let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
    let run = &shown["runs"][0];
    assert_eq!(run["command"], "user reset-password");
    assert_eq!(run["state"], "complete");
    assert_eq!(run["actions"][0]["action"], "reset-password");
    assert_eq!(run["actions"][0]["kind"], "TestUser");
    assert_eq!(run["actions"][0]["name"], "mytestuser1@contoso.com");
    let journal = path.join(format!(
        ".gatewright/runs/{}.jsonl",
        run["run"].as_str().unwrap()
    ));
    let text = std::fs::read_to_string(journal).unwrap();
    assert!(!text.contains(password) && !text.contains("passwordProfile"));
    let back = gatewright(path, &["rollback", "latest", "--yes"]);
    assert_eq!(back.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&back.stderr).contains("cannot be undone"));

    let runs = || {
        std::fs::read_dir(path.join(".gatewright/runs"))
            .unwrap()
            .count()
    };
    let before = runs();
    let reset = |user, more: &[&str]| {
        let all = [&["user", "reset-password", user], more].concat();
        let refused = gatewright(path, &all);
        assert_eq!(refused.status.code(), Some(1), "{all:?}");
        String::from_utf8_lossy(&refused.stderr).into_owned()
    };
    for user in ["adelev", "nobody"] {
        reset(user, &["--yes", "--secrets-out", "other.json"]);
    }
    // Nobody to ask: nothing is done.
    reset("mytestuser1", &["--secrets-out", "other.json"]);
    // Nowhere to show it: nothing is done, and what to do is said.
    let told = reset("mytestuser1", &["--yes"]);
    assert!(told.contains("--secrets-out"), "{told}");
    assert_eq!(runs(), before);
    assert!(!path.join("other.json").exists());
}
