//! Runs, looked at, and the plan back from one: who did what from which commit.

use std::process::Command;

use gatewright::apply::journal;
use serde_json::{Value, json};

use crate::common::{Project, Ran, fits};
use crate::permissions::{on_a_tenant, token};
use crate::risk::redacted;

const POLICY: &str = "\
kind: ConditionalAccessPolicy
displayName: CA001
state: disabled
conditions: { users: { includeUsers: [All] }, applications: { includeApplications: [All] } }
grantControls: { operator: OR, builtInControls: [mfa] }
";

fn done(ran: &Ran) {
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
}

fn json_of(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {}", ran.snapshot()))
}

fn git(project: &Project, arguments: &[&str]) -> String {
    let ran = Command::new("git")
        .args([
            "-c",
            "user.name=T",
            "-c",
            "user.email=t@example.com",
            "-c",
            "init.defaultBranch=main",
        ])
        .args(arguments)
        .current_dir(project.path("."))
        .output()
        .unwrap();
    assert!(ran.status.success(), "{ran:?}");
    String::from_utf8(ran.stdout).unwrap().trim().to_owned()
}

/// Created, then changed.
fn two_runs() -> Project {
    let project = Project::of("a.yaml", POLICY);
    done(&project.run(&["apply", "--yes"]));
    let project = project.file(
        "policies/a.yaml",
        POLICY.replace("[mfa]", "[mfa, compliantDevice]"),
    );
    done(&project.run(&["apply", "--yes", "--allow-weakening"]));
    project
}

#[test]
fn runs_have_a_heading_counts_and_what_changed() {
    let project = two_runs();
    insta::assert_snapshot!("runs", redacted(&project.run(&["runs"])));
    insta::assert_snapshot!(
        "diff",
        redacted(&project.run(&["runs", "show", "latest", "--diff"]))
    );
    let shown = json_of(&project.run(&["runs", "show", "latest", "--diff", "--format", "json"]));
    fits(&shown, "runs.schema.json");
    let run = &shown["runs"][0];
    assert_eq!((&run["created"], &run["changed"]), (&json!(0), &json!(1)));
    let action = &run["actions"][0];
    assert_eq!(action["changes"], json!(["grantControls.builtInControls"]));
    assert_eq!(
        action["before"]["grantControls"]["builtInControls"],
        json!(["mfa"])
    );
    assert_eq!(
        action["after"]["grantControls"]["builtInControls"],
        json!(["compliantDevice", "mfa"])
    );
    let shown = json_of(&project.run(&["runs", "--format", "json"]));
    assert!(shown["runs"][1]["actions"][0]["before"].is_null());
    let mut records = journal::list(&project.path(".gatewright/runs"));
    for record in &mut records {
        record.run = "20260131T080000Z-0123abcd".to_owned();
        record.by = Some("evil\u{1b}[2J@contoso.com".to_owned());
        record.commit = Some(format!("{}-dirty", "0123456789abcdef".repeat(3)));
    }
    let at = |width| {
        let text = gatewright::render::runs::runs(&records, Some(width));
        anstream::adapter::strip_str(&text).to_string()
    };
    for width in [60, 80, 120, 200] {
        for line in at(width).lines() {
            assert!(line.chars().count() <= width, "{width}: {line}");
        }
    }
    insta::assert_snapshot!("runs-80", at(80));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_tells_who_ran_it_from_which_commit() {
    let megan =
        token(json!({"upn": "MeganB@contoso.com", "tid": "6f1d2c3b-8a47-4e5d-9b60-31c7f0a2d58e"}));
    let (_sandbox, project) = on_a_tenant(POLICY, &megan).await;
    let path = std::env::var("PATH").unwrap();
    let project = project.env("PATH", &path);
    tokio::task::block_in_place(|| {
        git(&project, &["init", "-q"]);
        git(&project, &["add", "."]);
        git(&project, &["commit", "-q", "-m", "first"]);
        let commit = git(&project, &["rev-parse", "HEAD"]);
        done(&project.run(&["apply", "--yes"]));
        let project = project.file(
            "policies/a.yaml",
            POLICY.replace("disabled", "enabledForReportingButNotEnforced"),
        );
        done(&project.run(&["apply", "--yes"]));
        let shown = json_of(&project.run(&["runs", "--format", "json"]));
        fits(&shown, "runs.schema.json");
        for (number, expected) in [commit.clone(), format!("{commit}-dirty")]
            .iter()
            .enumerate()
        {
            let run = &shown["runs"][number];
            assert_eq!(run["by"], "MeganB@contoso.com");
            assert_eq!(run["commit"], *expected);
        }
        let ran = project.run(&["runs"]);
        assert!(
            ran.stdout.contains("MeganB@contoso.com"),
            "{}",
            ran.snapshot()
        );
        assert!(
            ran.stdout.contains(&format!("{}-dirty", &commit[..12])),
            "{}",
            ran.snapshot()
        );
        let ran = project.run(&["rollback", "latest", "--yes"]);
        done(&ran);
        assert!(
            ran.stderr
                .contains(&format!("git revert {}", &commit[..12])),
            "{}",
            ran.snapshot()
        );
    });
}

#[test]
fn a_rollback_says_what_the_manifests_still_say() {
    let project = two_runs();
    let ran = project.run(&["rollback", "latest", "--yes", "--allow-weakening"]);
    done(&ran);
    for told in [
        "for `CA001`",
        "`gatewright drift --adopt`",
        "`gatewright plan`",
    ] {
        assert!(ran.stderr.contains(told), "{}", ran.snapshot());
    }
    // Where they were taken back before, there is nothing to say.
    let project = two_runs().file("policies/a.yaml", POLICY);
    let ran = project.run(&["rollback", "latest", "--yes", "--allow-weakening"]);
    done(&ran);
    assert!(!ran.stderr.contains("still say"), "{}", ran.snapshot());
}

/// Also in what it does to sign-ins.
#[test]
fn a_plan_back_calls_groups_by_their_names() {
    let group = "kind: Group\ndisplayName: Partners\n---\n";
    let policy = POLICY.replace("disabled", "enabled");
    let project = Project::of("a.yaml", format!("{group}{policy}"));
    done(&project.allowing_anything(&["apply", "--yes"]));
    let spared = policy.replace("[All] }, app", "[All], excludeGroups: [Partners] }, app");
    let project = project.file("policies/a.yaml", format!("{group}{spared}"));
    done(&project.allowing_anything(&["apply", "--yes"]));
    let back = project.run(&["rollback", "latest", "--dry-run"]);
    done(&back);
    let is_guid =
        |word: &str| gatewright::text::is_guid(word.trim_matches(|c| "`,;.()\"".contains(c)));
    assert!(back.stdout.contains("Sign-ins"), "{}", back.snapshot());
    assert!(
        !back.stdout.split_whitespace().any(is_guid),
        "{}",
        back.snapshot()
    );
}

#[test]
fn a_plan_back_is_shown_and_saved_and_carried_out() {
    let project = two_runs();
    let before = project.tenant_file();
    let runs = || {
        json_of(&project.run(&["runs", "--format", "json"]))["runs"]
            .as_array()
            .unwrap()
            .len()
    };
    for line in [
        &["rollback", "latest", "--dry-run", "--allow-weakening"][..],
        &[
            "rollback",
            "latest",
            "--dry-run",
            "--allow-weakening",
            "--format",
            "json",
        ],
        &[
            "rollback",
            "latest",
            "--dry-run",
            "--allow-weakening",
            "--format",
            "markdown",
        ],
        &[
            "rollback",
            "latest",
            "--out",
            "back.json",
            "--allow-weakening",
        ],
    ] {
        let ran = project.run(line);
        done(&ran);
        assert!(ran.stdout.contains("CA001"), "{}", ran.snapshot());
    }
    assert_eq!((project.tenant_file(), runs()), (before, 2));
    done(&project.run(&["show", "back.json"]));
    let ran = project.run(&["apply", "back.json", "--allow-weakening"]);
    done(&ran);
    // It is a rollback, whichever way it went.
    let still = "The manifests still say what was undone, for `CA001`";
    assert!(ran.stderr.contains(still), "{}", ran.snapshot());
    let latest = project.run(&["runs", "show", "latest"]);
    assert!(
        latest.stdout.contains(" rollback on "),
        "{}",
        latest.snapshot()
    );
    let got = project.run(&["get", "CA001"]);
    assert!(got.stdout.contains("[mfa]"), "{}", got.snapshot());
    // Carried out once, it is stale.
    let ran = project.run(&["apply", "back.json", "--allow-weakening"]);
    assert_eq!(ran.code, Some(4), "{}", ran.snapshot());
    assert!(
        ran.stderr.contains("--out FILE`, and review it"),
        "{}",
        ran.snapshot()
    );
    assert!(
        ran.stderr.contains("`gatewright rollback "),
        "{}",
        ran.snapshot()
    );
}

/// What was deleted comes back by a saved plan, too, and only as it was reviewed.
#[test]
fn a_saved_plan_back_restores_what_the_recycle_bin_holds() {
    let manifests = format!(
        "{POLICY}---\nkind: Group\ndisplayName: G\nmembers: [adelev@contoso.com]\n---\nkind: NamedLocation\ndisplayName: L\nipRanges: [203.0.113.0/24]\nisTrusted: true\n---\nkind: TestUser\ndisplayName: U\nuserPrincipalName: u\n"
    );
    let project = Project::of("a.yaml", &manifests);
    let ids = || {
        let all = json_of(&project.run(&["get", "-o", "json"]));
        let objects = all["objects"].as_array().unwrap().clone();
        objects
            .iter()
            .map(|o| o["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    done(&project.allowing_anything(&["apply", "--yes", "--secrets-out", "secrets"]));
    let before = ids();
    done(&project.allowing_anything(&["destroy", "--yes"]));
    let ran = project.allowing_anything(&["rollback", "latest", "--out", "back.json"]);
    done(&ran);
    let ran = project.allowing_anything(&["apply", "back.json"]);
    done(&ran);
    assert_eq!(ids(), before);
    done(&project.run(&["plan", "--detailed-exitcode"]));
    let ran = project.allowing_anything(&["apply", "back.json"]);
    assert_eq!(ran.code, Some(4), "{}", ran.snapshot());
}
