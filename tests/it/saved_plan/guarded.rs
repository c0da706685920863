//! The guards before a saved plan is carried out: they are asked again, of the tenant and of
//! the guards file as they are now. What the review agreed to stays agreed to.

use serde_json::{Value, json};

use crate::common::{Project, Ran};
use crate::world::run;

const ACCOUNTS: &str = "breakGlass: { users: [breakglass1, breakglass2] }\n";

fn policy(name: &str, state: &str, users: &str) -> String {
    format!(
        "kind: ConditionalAccessPolicy\ndisplayName: {name}\nstate: {state}\nconditions: {{users: {users}, applications: {{includeApplications: [All]}}}}\ngrantControls: {{operator: OR, builtInControls: [mfa]}}\n"
    )
}

const CAREFUL: &str = "{includeUsers: [All], excludeUsers: [breakglass1, breakglass2]}";

#[track_caller]
fn ended(ran: &Ran, code: i32) {
    assert_eq!(ran.code, Some(code), "{}", ran.snapshot());
}

/// A project with this guards file and policy, and its plan saved with these flags.
fn planned(guards: &str, policy: &str, flags: &[&str]) -> Project {
    let project = Project::of("p.yaml", policy).file("guards.yaml", guards);
    plan(&project, flags);
    project
}

fn plan(project: &Project, flags: &[&str]) {
    ended(
        &project.run(&[&["plan", "--out", "plan.json"], flags].concat()),
        0,
    );
}

/// The saved plan is refused by a guard that says so, and nothing is written.
#[track_caller]
fn refused(project: &Project, words: &[&str]) {
    let runs = || std::fs::read_dir(project.path(".gatewright/runs")).map_or(0, Iterator::count);
    let before = (project.tenant_file(), runs());
    for format in ["human", "json", "markdown"] {
        let ran = project.run(&["apply", "plan.json", "--format", format]);
        ended(&ran, 3);
        for word in words {
            assert!(ran.snapshot().contains(word), "{word}\n{}", ran.snapshot());
        }
    }
    assert_eq!(before, (project.tenant_file(), runs()));
}

fn disable(project: &Project, user: &str) {
    run(async {
        let sandbox = project.sandbox().await;
        let body = json!({"accountEnabled": false});
        assert_eq!(sandbox.patch(&format!("/users/{user}"), body).await.0, 204);
    });
}

#[test]
fn an_emergency_account_that_was_disabled_since_stops_the_plan() {
    let project = planned(
        ACCOUNTS,
        &policy("P", "enabled", "{includeGroups: [Sales]}"),
        &[],
    );
    disable(&project, "breakglass2@contoso.com");
    refused(
        &project,
        &["the break-glass account `breakglass2@contoso.com` is disabled"],
    );
    // Of a declared group, too, though no manifest and no plan names who is in it.
    let users = "{includeUsers: [All], excludeGroups: [IT Admins]}";
    let guards = "breakGlass: { groups: [IT Admins] }\n";
    let project = planned(guards, &policy("P", "enabled", users), &[]);
    run(async {
        let sandbox = project.sandbox().await;
        let group = sandbox.id("/groups", "displayName eq 'IT Admins'").await;
        let members = sandbox.got(&format!("/groups/{group}/members")).await;
        for member in members["value"].as_array().unwrap() {
            let path = format!("/users/{}", member["id"].as_str().unwrap());
            let body = json!({"accountEnabled": false});
            assert_eq!(sandbox.patch(&path, body).await.0, 204);
        }
    });
    refused(&project, &["`IT Admins` has no account that can sign in"]);
}

#[test]
fn guards_that_became_stricter_since_have_a_say() {
    let enabled = policy("P", "enabled", CAREFUL);
    let disabled = policy("P", "disabled", CAREFUL);
    let id = "{includeUsers: [All], excludeGroups: [4b0f665b-ca9d-4964-9bf6-7e7d128e3730]}";
    let cases: [(&str, &str, String, &str, &str); 5] = [
        (
            "",
            &disabled,
            enabled.clone(),
            "protect: [P]\n",
            "protected",
        ),
        (
            "",
            &enabled,
            disabled.clone(),
            "budget: { disables: 0 }\n",
            "budget",
        ),
        // The entry that let it through is gone.
        (
            "allowWeakening: [{ name: P, reason: the pilot has ended }]\n",
            &enabled,
            disabled.clone(),
            "",
            "weakening",
        ),
        (
            "",
            "",
            policy("P", "enabled", id),
            "guards: { raw-guid: { severity: error, reason: names only } }\n",
            "raw-guid",
        ),
        (
            "guards: { break-glass: { severity: off, reason: not yet } }\n",
            "",
            policy("P", "enabled", "{includeUsers: [All]}"),
            ACCOUNTS,
            "break-glass",
        ),
    ];
    for (before, live, wanted, after, guard) in cases {
        let project = Project::new().file("guards.yaml", before);
        let project = match live {
            "" => project,
            live => project.file("policies/p.yaml", live),
        };
        if !live.is_empty() {
            ended(&project.run(&["apply", "--yes"]), 0);
        }
        let project = project.file("policies/p.yaml", &wanted);
        let flags: &[&str] = match guard {
            "budget" => &["--allow-weakening"],
            _ => &[],
        };
        plan(&project, flags);
        let project = project.file("guards.yaml", after);
        refused(&project, &[guard]);
        // As it was when it was reviewed, it is carried out.
        let project = project.file("guards.yaml", before);
        let pinned = digest(&project);
        ended(
            &project.run(&["apply", "plan.json", "--digest", &pinned]),
            0,
        );
    }
}

#[test]
fn what_the_review_agreed_to_is_let_through_and_nothing_new() {
    let careless = policy("P", "enabled", "{includeUsers: [All]}");
    let project = planned(ACCOUNTS, &careless, &["--allow", "break-glass"]);
    let saved: Value =
        serde_json::from_slice(&std::fs::read(project.path("plan.json")).unwrap()).unwrap();
    assert_eq!(
        saved["guards"][0]["allowedBy"], "flag",
        "{:#}",
        saved["guards"]
    );
    // The same guard finds something that nobody has seen.
    disable(&project, "breakglass2@contoso.com");
    refused(&project, &["`breakglass2@contoso.com` is disabled"]);
    let ran = project.run(&["apply", "plan.json", "--allow", "break-glass"]);
    ended(&ran, 0);

    // A file can be written by hand: what it says was agreed to counts with its digest alone.
    let project = planned(ACCOUNTS, &careless, &["--allow", "break-glass"]);
    let ran = project.run(&["apply", "plan.json"]);
    ended(&ran, 3);
    assert!(
        ran.stderr
            .contains("`--allow break-glass`; that only counts for the file"),
        "{}",
        ran.snapshot()
    );
    let pinned = digest(&project);
    ended(
        &project.run(&["apply", "plan.json", "--digest", &pinned]),
        0,
    );
    let shown = project.run(&["runs", "show", "latest"]);
    assert!(
        shown
            .stdout
            .contains("let through with --allow: break-glass"),
        "{}",
        shown.snapshot()
    );

    let project = Project::of("p.yaml", policy("P", "enabled", CAREFUL));
    ended(&project.run(&["apply", "--yes"]), 0);
    let project = project.file("policies/p.yaml", policy("P", "disabled", CAREFUL));
    plan(&project, &["--allow-weakening"]);
    let pinned = digest(&project);
    ended(
        &project.run(&["apply", "plan.json", "--digest", &pinned]),
        0,
    );
}

/// The digest of the saved plan, as a reviewer reads it.
fn digest(project: &Project) -> String {
    let text = std::fs::read(project.path("plan.json")).unwrap();
    let saved: Value = serde_json::from_slice(&text).unwrap();
    saved["digest"].as_str().unwrap().to_owned()
}

#[test]
fn without_the_guards_file_there_is_no_apply() {
    let project = planned(ACCOUNTS, &policy("P", "enabled", CAREFUL), &[]);
    std::fs::remove_dir_all(project.path("policies")).unwrap();
    std::fs::remove_file(project.path("guards.yaml")).unwrap();
    let ran = project.run(&["apply", "plan.json"]);
    ended(&ran, 1);
    assert!(
        ran.stderr.contains(
            "the plan was made with the guards file `guards.yaml`, which is missing here"
        ),
        "{}",
        ran.snapshot()
    );
    assert_eq!(project.tenant_file(), None);
    // Settings, guards and plan are all that is needed.
    let project = project.file("guards.yaml", ACCOUNTS);
    let ran = project.run(&["apply", "plan.json"]);
    ended(&ran, 0);
    assert!(!ran.stderr.contains("Note:"), "{}", ran.snapshot());
}

/// The command that `plan --out` names carries the plan out, with what was let through.
#[test]
fn the_command_that_plan_names_works() {
    let loose = policy("CA1", "enabled", CAREFUL);
    let project = planned(ACCOUNTS, &loose, &[]);
    ended(&project.run(&["apply", "plan.json"]), 0);
    let project = project.file(
        "policies/p.yaml",
        loose.replace("state: enabled", "state: disabled"),
    );
    let ran = project.run(&["plan", "--out", "my plan.json", "--allow-weakening"]);
    ended(&ran, 0);
    let (_, command) = ran.stderr.split_once("To apply it: gatewright ").unwrap();
    let (file, digest) = (command.lines().next().unwrap())
        .strip_prefix("apply 'my plan.json' --digest ")
        .map(|digest| ("my plan.json", digest))
        .unwrap_or_else(|| panic!("{}", ran.snapshot()));
    ended(&project.run(&["apply", file, "--digest", digest]), 0);
}
