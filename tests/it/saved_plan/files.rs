//! Saved plans on the command line: what is written, shown, carried out and refused.

use serde_json::{Value, json};

use super::resigned;
use crate::common::{Project, Ran};

const POLICY: &str = "kind: Group
displayName: CA-Pilot team
members: [AdeleV@contoso.com]
---
kind: ConditionalAccessPolicy
displayName: CA001
state: enabledForReportingButNotEnforced
conditions:
  users: { includeGroups: [CA-Pilot team] }
  applications: { includeApplications: [All] }
grantControls: { operator: OR, builtInControls: [mfa] }
";

fn planned() -> Project {
    let project = Project::of("a.yaml", POLICY);
    let ran = project.run(&["plan", "--out", "plan.json", "-q"]);
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (Some(0), ""),
        "{}",
        ran.snapshot()
    );
    project
}

fn file(project: &Project) -> Value {
    serde_json::from_slice(&std::fs::read(project.path("plan.json")).unwrap()).unwrap()
}

/// Writes the file anew, with what `edit` does to it and the digest that it has then.
fn edited(project: Project, edit: impl FnOnce(&mut Value)) -> Project {
    let mut value = file(&project);
    edit(&mut value);
    project.file("plan.json", resigned(value))
}

/// Refused, and nothing was written; the first finding's message.
fn refused(project: &Project, ran: &Ran, code: i32) -> String {
    let all = ran.snapshot();
    assert_eq!(ran.code, Some(code), "{all}");
    assert!(!project.path(".gatewright/runs").exists(), "{all}");
    assert!(
        ran.findings().iter().all(|f| f.contains("= help: ")),
        "{all}"
    );
    let first = ran
        .findings()
        .first()
        .cloned()
        .unwrap_or_else(|| panic!("{all}"));
    first.lines().next().unwrap().to_owned()
}

#[test]
fn a_plan_is_saved_shown_and_carried_out_once() {
    let project = Project::of("a.yaml", POLICY);
    let plain = project.run(&["plan"]);
    let saved = project.run(&["plan", "--detailed-exitcode", "--out", "plan.json"]);
    assert_eq!((saved.code, &saved.stdout), (Some(2), &plain.stdout));
    let digest = file(&project)["digest"].as_str().unwrap().to_owned();
    assert!(saved.stderr.contains(&digest), "{}", saved.snapshot());

    let shown = project.run(&["show", "plan.json"]);
    assert_eq!((shown.code, shown.stderr.as_str()), (Some(0), ""));
    assert!(
        shown.stdout.starts_with(&plain.stdout),
        "{}",
        shown.snapshot()
    );
    assert!(shown.stdout.ends_with(&format!("Digest: {digest}\n")));

    let applied = project.run(&["apply", "plan.json", "--digest", &digest]);
    assert_eq!(applied.code, Some(0), "{}", applied.snapshot());
    assert!(applied.stdout.contains("Applied: 2 created"));
    assert!(project.run(&["plan"]).stdout.starts_with("No changes."));
    let runs = project.run(&["runs", "show", "latest", "--format", "json"]);
    let runs: Value = serde_json::from_str(&runs.stdout).unwrap();
    assert_eq!(runs["runs"][0]["plan"], digest.as_str());

    let before = project.tenant_file();
    let twice = project.run(&["apply", "plan.json"]);
    assert_eq!(twice.code, Some(4), "{}", twice.snapshot());
    assert!(twice.stderr.contains("error[stale-plan]"));
    assert!(
        twice.stderr.contains("was already applied, by run"),
        "{}",
        twice.snapshot()
    );
    assert_eq!(before, project.tenant_file());
}

#[test]
fn an_empty_plan_is_saved_and_carried_out_as_well() {
    let project = planned();
    project.run(&["apply", "plan.json"]);
    assert_eq!(project.run(&["plan", "--out", "plan.json"]).code, Some(0));
    let applied = project.run(&["apply", "plan.json"]);
    assert_eq!(applied.code, Some(0), "{}", applied.snapshot());
    assert!(applied.stdout.starts_with("No changes."));
}

#[test]
fn show_needs_no_project_and_no_tenant() {
    let made = planned();
    let bytes = std::fs::read(made.path("plan.json")).unwrap();
    let alone = Project::empty().file("plan.json", bytes);
    let shown = alone.run(&["show", "plan.json"]);
    assert_eq!(shown.stdout, made.run(&["show", "plan.json"]).stdout);
    let json = alone.run(&["show", "plan.json", "--format", "json"]);
    let mut value: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(value["saved"]["digest"], file(&made)["digest"]);
    value.as_object_mut().unwrap().shift_remove("saved");
    let plan: Value =
        serde_json::from_str(&made.run(&["plan", "--format", "json"]).stdout).unwrap();
    assert_eq!(value, plan);
    assert!(!alone.path(".gatewright").exists());
}

#[test]
fn the_file_and_what_show_prints_are_as_their_schemas_say() {
    let project = planned();
    let schema = |which: &str| -> Value {
        serde_json::from_str(&project.run(&["schema", which]).stdout).unwrap()
    };
    let check = |which: &str, value: &Value| {
        let schema = schema(which);
        let validator = jsonschema::validator_for(&schema).unwrap();
        let faults: Vec<String> = validator
            .iter_errors(value)
            .map(|e| e.to_string())
            .collect();
        assert_eq!(faults, Vec::<String>::new(), "{which}");
    };
    check("plan-file", &file(&project));
    let shown = project.run(&["show", "plan.json", "--format", "json"]);
    check("show", &serde_json::from_str(&shown.stdout).unwrap());
}

#[test]
fn what_was_reviewed_is_carried_out_though_the_files_have_changed() {
    let project = planned()
        .file("policies/a.yaml", POLICY.replace("CA001", "CA002"))
        .file("policies/b.yaml", "kind: Group\ndisplayName: Later\n");
    let applied = project.run(&["apply", "plan.json"]);
    assert_eq!(applied.code, Some(0), "{}", applied.snapshot());
    assert!(
        applied
            .stderr
            .contains("policies/a.yaml (changed), policies/b.yaml (new)"),
        "{}",
        applied.snapshot()
    );
    let tenant = project.tenant_file().unwrap();
    assert!(tenant.contains("CA001") && !tenant.contains("CA002") && !tenant.contains("Later"));
}

#[test]
fn apply_needs_no_manifests() {
    let project = planned();
    std::fs::remove_dir_all(project.path("policies")).unwrap();
    let applied = project.run(&["apply", "plan.json"]);
    assert_eq!(applied.code, Some(0), "{}", applied.snapshot());
    assert!(!applied.stderr.contains("Note:"), "{}", applied.snapshot());
}

#[test]
fn a_stale_plan_ends_with_4_and_writes_nothing() {
    let project = planned();
    let others = project.run(&["plan", "--out", "other.json"]);
    assert_eq!(others.code, Some(0));
    std::fs::write(
        project.path("policies/a.yaml"),
        "kind: Group\ndisplayName: CA-Pilot team\n",
    )
    .unwrap();
    project.run(&["apply", "--yes"]);
    let before = project.tenant_file();
    let runs = std::fs::read_dir(project.path(".gatewright/runs"))
        .unwrap()
        .count();
    let ran = project.run(&["apply", "plan.json"]);
    assert_eq!(ran.code, Some(4), "{}", ran.snapshot());
    assert!(
        ran.stderr.contains("a group `CA-Pilot team` exists now ("),
        "{}",
        ran.snapshot()
    );
    assert!(ran.stderr.contains("nothing was written"));
    let json = project.run(&["apply", "plan.json", "--format", "json"]);
    assert_eq!(json.code, Some(4));
    let findings: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(findings["findings"][0]["code"], "stale-plan");
    assert_eq!(before, project.tenant_file());
    assert_eq!(
        runs,
        std::fs::read_dir(project.path(".gatewright/runs"))
            .unwrap()
            .count()
    );
}

#[test]
fn passwords_of_a_saved_plan_go_where_they_are_asked_for() {
    let project = Project::of(
        "a.yaml",
        "kind: TestUser\ndisplayName: Tester\nuserPrincipalName: tester\n",
    );
    project.run(&["plan", "--out", "plan.json"]);
    let ran = project.run(&["apply", "plan.json", "--secrets-out", "secrets.json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    let secrets = std::fs::read_to_string(project.path("secrets.json")).unwrap();
    assert!(secrets.contains("tester@contoso.com"));
}

#[test]
fn plans_that_are_not_what_they_should_be() {
    let text = |project: &Project| std::fs::read_to_string(project.path("plan.json")).unwrap();
    let cases: Vec<(&str, Project, &[&str])> = vec![
        (
            "error[plan-file]: the content does not match the digest",
            {
                let project = planned();
                let changed = text(&project).replace("\"mfa\"", "\"compliantDevice\"");
                project.file("plan.json", changed)
            },
            &[],
        ),
        (
            "error[plan-file]: the file ends in the middle",
            {
                let project = planned();
                let whole = text(&project);
                project.file("plan.json", &whole[..whole.len() / 2])
            },
            &[],
        ),
        (
            "error[plan-file]: the file ends in the middle",
            planned().file("plan.json", ""),
            &[],
        ),
        (
            "error[plan-file]: `plan.json` is not a saved plan",
            {
                let project = planned();
                let json = project.run(&["plan", "--format", "json"]).stdout;
                project.file("plan.json", json)
            },
            &[],
        ),
        (
            "error[plan-file]: the plan has the format `2.0`",
            edited(planned(), |file| {
                file["formatVersion"] = json!("2.0");
            }),
            &[],
        ),
        (
            "error[plan-file]: the plan was made by gatewright `9.1.0`",
            edited(planned(), |file| {
                file["gatewrightVersion"] = json!("9.1.0");
            }),
            &[],
        ),
        (
            "error[plan-file]: the file is not a complete plan: unknown field `more`",
            edited(planned(), |file| {
                file["more"] = json!(1);
            }),
            &[],
        ),
        (
            "error[plan-file]: the plan is for the tenant `11111111-",
            edited(planned(), |file| {
                file["tenant"]["id"] = json!("11111111-2222-3333-4444-555555555555");
            }),
            &[],
        ),
        (
            "error[plan-file]: the plan was made for the Graph `https://graph.microsoft.com`",
            edited(planned(), |file| {
                file["tenant"]["graphEndpoint"] = json!("https://graph.microsoft.com");
            }),
            &[],
        ),
        (
            "error[plan-file]: the plan is for the tenant `sandbox`, and `-t` names `prod`",
            planned(),
            &["-t", "prod"],
        ),
        (
            "error[plan-file]: the plan has the digest",
            planned(),
            &["--digest", "sha256:0000"],
        ),
        (
            "error[plan-file]: the guard `budget` refused the plan",
            edited(planned(), |file| {
                file["guards"] = json!([{"id": "budget", "severity": "error", "message": "5 deletions", "allowed": false}]);
            }),
            &[],
        ),
        (
            "error[plan-file]: the file contradicts itself: conditional access policy `CA001`: `after` is not what `desired` says",
            edited(planned(), |file| {
                file["actions"][1]["desired"]["state"] = json!("disabled");
            }),
            &[],
        ),
        (
            "error[plan-file]: the file contradicts itself: conditional access policy `CA001`: `pending:Group:Nobody` is not created by the plan",
            edited(planned(), |file| {
                let list = json!(["pending:Group:Nobody"]);
                file["actions"][1]["desired"]["conditions"]["users"]["includeGroups"] =
                    list.clone();
                file["actions"][1]["after"]["conditions"]["users"]["includeGroups"] = list;
            }),
            &[],
        ),
        (
            "error[plan-file]: the file contradicts itself: conditional access policy `CA001`: two actions are about it",
            edited(planned(), |file| {
                let again = file["actions"][1].clone();
                file["actions"].as_array_mut().unwrap().push(again);
            }),
            &[],
        ),
        (
            "error[plan-file]: the folder `plan.json` has no saved plan",
            {
                let project = planned();
                std::fs::remove_file(project.path("plan.json")).unwrap();
                project.file("plan.json/x", "")
            },
            &[],
        ),
    ];
    for (wanted, project, more) in cases {
        let before = project.tenant_file();
        let ran = project.run(&[&["apply", "plan.json"], more].concat());
        let first = refused(&project, &ran, if wanted.contains("guard") { 3 } else { 1 });
        assert!(first.starts_with(wanted), "{first}\n{wanted}");
        assert_eq!(before, project.tenant_file());
    }
}

#[test]
fn a_guard_that_was_allowed_refuses_nothing() {
    let project = edited(planned(), |file| {
        file["guards"] = json!([
            {"id": "weakening", "severity": "error", "message": "it is weaker", "allowed": true},
            {"id": "raw-guid", "severity": "warning", "message": "an id", "allowed": false},
        ]);
    });
    let shown = project.run(&["show", "plan.json"]).stdout;
    assert!(
        shown.contains("Guard weakening: it is weaker (allowed)"),
        "{shown}"
    );
    assert_eq!(project.run(&["apply", "plan.json"]).code, Some(0));
}

#[test]
fn out_writes_over_a_plan_and_over_nothing_else() {
    let project = planned().file("empty.json", "");
    assert_eq!(project.run(&["plan", "--out", "plan.json"]).code, Some(0));
    assert_eq!(project.run(&["plan", "--out", "empty.json"]).code, Some(0));
    let before = std::fs::read(project.path("policies/a.yaml")).unwrap();
    let ran = project.run(&["plan", "--out", "policies/a.yaml"]);
    let first = refused(&project, &ran, 1);
    assert!(
        first.contains("`policies/a.yaml` exists and is not a saved plan"),
        "{first}"
    );
    assert_eq!(ran.stdout, "");
    assert_eq!(
        before,
        std::fs::read(project.path("policies/a.yaml")).unwrap()
    );
    let nowhere = project.run(&["plan", "--out", "no/such/folder/plan.json"]);
    assert_eq!(nowhere.code, Some(1));
    assert!(
        nowhere.stderr.contains("cannot write the plan to"),
        "{}",
        nowhere.snapshot()
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::write(project.path("usual"), "").unwrap();
        let mode = |name: &str| {
            std::fs::metadata(project.path(name))
                .unwrap()
                .permissions()
                .mode()
        };
        assert_eq!(mode("plan.json"), mode("usual"));
    }
}

#[test]
fn nothing_in_a_file_reaches_the_terminal_as_a_command() {
    let project = edited(planned(), |file| {
        let evil = "\u{1b}]0;x\u{7}\u{202e}";
        for member in ["name", "displayName", "defaultDomain", "graphEndpoint"] {
            file["tenant"][member] = evil.into();
        }
        file["createdAt"] = evil.into();
        file["actions"][0]["reason"] = evil.into();
        file["actions"][0]["place"]["file"] = evil.into();
        file["unmanaged"] = json!({"Group": [evil]});
        file["guards"] =
            json!([{"id": evil, "severity": "warning", "message": evil, "allowed": false}]);
        file["notices"] = json!([{"code": "bad-value", "severity": "warning", "rule": evil, "message": evil, "help": null, "place": {"file": evil, "line": 1, "column": 1}}]);
        file["sources"]["files"] = json!({evil: "", "../../x": "", "/etc/passwd": ""});
    });
    for arguments in [&["show", "plan.json"][..], &["apply", "plan.json"]] {
        let ran = project.run(arguments);
        let all = format!("{}{}", ran.stdout, ran.stderr);
        assert!(all.contains("u{1b}"), "{all}");
        assert!(!all.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{all}");
    }
}

#[test]
fn a_text_that_looks_like_a_stand_in_stays_a_text() {
    let manifest = "kind: Group
displayName: 'pending:Group:Other'
description: 'pending:Group:Other'
---
kind: Group
displayName: Other
---
kind: ConditionalAccessPolicy
displayName: 'pending:Group:Other'
state: disabled
conditions:
  users: { includeGroups: ['pending:Group:Other'], excludeGroups: [Other] }
  applications: { includeApplications: [All] }
grantControls: { operator: OR, builtInControls: [mfa] }
";
    let project = Project::of("a.yaml", manifest);
    project.run(&["plan", "--out", "plan.json"]);
    let applied = project.run(&["apply", "plan.json"]);
    assert_eq!(applied.code, Some(0), "{}", applied.snapshot());
    assert!(
        project
            .run(&["plan"])
            .stdout
            .starts_with("No changes. 3 objects")
    );
}

#[test]
fn a_deleted_user_is_restored_or_purged_as_the_plan_says() {
    for purge in [false, true] {
        let project = Project::of(
            "a.yaml",
            "kind: TestUser\ndisplayName: Tester\nuserPrincipalName: tester\n",
        );
        project.run(&["apply", "--yes"]);
        project.run(&["destroy", "--yes"]);
        let mut plan = vec!["plan", "--out", "plan.json"];
        plan.extend(purge.then_some("--purge-deleted-users"));
        project.run(&plan);
        let action = &file(&project)["actions"][0];
        assert_eq!(action["restore"] == true, !purge, "{action}");
        assert_eq!(action["purge"].is_string(), purge, "{action}");
        let applied = project.run(&["apply", "plan.json"]);
        assert_eq!(applied.code, Some(0), "{}", applied.snapshot());
        assert!(
            project
                .run(&["plan"])
                .stdout
                .starts_with("No changes. 1 object")
        );
    }
}

#[test]
fn a_plan_file_and_the_flags_of_planning_do_not_go_together() {
    let project = planned();
    for arguments in [
        &["apply", "plan.json", "--purge-deleted-users"][..],
        &["apply", "--digest", "00"],
        &["show"],
    ] {
        assert_eq!(project.run(arguments).code, Some(64), "{arguments:?}");
    }
}
