//! The forms of results for reviewers and pipelines, from the command line.

use serde_json::Value;

use crate::common::Project;

const FORMATS: [&str; 6] = ["human", "json", "markdown", "sarif", "github", "junit"];

const FAULTY: &str = "\
kind: ConditionalAccessPolicy
displayName: Faulty
state: on
conditions: { users: { includeUsers: [All] }, applications: { includeApplications: [All] } }
grantControls: { operator: OR, builtInControls: [mfa] }
createdDateTime: 2024-01-01T00:00:00Z
";

fn policy(name: &str, state: &str) -> String {
    let name = serde_json::to_string(name).unwrap();
    format!(
        "kind: ConditionalAccessPolicy\ndisplayName: {name}\nstate: {state}\nconditions: {{ users: {{ includeUsers: [All] }}, applications: {{ includeApplications: [All] }} }}\ngrantControls: {{ operator: OR, builtInControls: [mfa] }}\n"
    )
}

#[test]
fn findings_in_every_form() {
    let project = Project::of("a.yaml", FAULTY);
    for format in &FORMATS[2..] {
        let ran = project.run(&["validate", "--format", format]);
        assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
        let shown = ran
            .snapshot()
            .replace(env!("CARGO_PKG_VERSION"), "[version]");
        insta::assert_snapshot!(format!("validate-{format}"), shown);
    }
}

#[test]
fn a_plan_as_a_comment() {
    let project = Project::of("a.yaml", policy("CA001: MFA for all", "enabled"));
    assert_eq!(project.run(&["apply", "--yes"]).code, Some(0));
    let project = project
        .file("policies/a.yaml", policy("CA001: MFA for all", "disabled"))
        .file("policies/b.yaml", "kind: Group\ndisplayName: Pilot\n");
    let ran = project.run(&[
        "plan",
        "--format",
        "markdown",
        "--detailed-exitcode",
        "--allow-weakening",
    ]);
    assert_eq!(ran.code, Some(2), "{}", ran.snapshot());
    let mut shown = ran.snapshot();
    let from = shown.find(", id `").unwrap() + ", id `".len();
    shown.replace_range(from..from + 36, "[id]");
    insta::assert_snapshot!("plan-markdown", shown);
}

#[test]
fn json_shows_what_turns_the_writing_around_and_says_the_same() {
    let name = "CA\u{202e}001\u{2066}";
    let project = Project::of("a.yaml", policy(name, "enabled"));
    for format in ["json", "sarif"] {
        let ran = project.run(&["plan", "--format", format, "--out", "plan.json"]);
        assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
        let saved = std::fs::read_to_string(project.path("plan.json")).unwrap();
        for text in [&ran.stdout, &saved] {
            assert!(!text.contains(['\u{202e}', '\u{2066}']), "{text}");
            serde_json::from_str::<serde_json::Value>(text).unwrap();
        }
        let plan: serde_json::Value = serde_json::from_str(&saved).unwrap();
        assert_eq!(plan["actions"][0]["name"], name);
    }
    let ran = project.run(&["apply", "plan.json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
}

#[test]
fn a_saved_plan_is_the_same_comment() {
    let project = Project::of("a.yaml", policy("CA001", "enabled"));
    let planned = project.run(&["plan", "--out", "plan.json", "--format", "markdown"]);
    assert_eq!(planned.code, Some(0), "{}", planned.snapshot());
    let shown = project.run(&["show", "plan.json", "--format", "markdown"]);
    assert_eq!(shown.code, Some(0), "{}", shown.snapshot());
    let (comment, digest) = shown.stdout.split_once("\nSaved at ").unwrap();
    assert_eq!(comment, planned.stdout);
    assert!(planned.stderr.contains(digest.rsplit('`').nth(1).unwrap()));
    // Findings are of the run that made the plan.
    assert_eq!(
        project
            .run(&["show", "plan.json", "--format", "sarif"])
            .code,
        Some(64)
    );
}

#[test]
fn drift_and_a_run_for_people_who_read_a_forge() {
    let text = policy("CA001: MFA for all", "enabled");
    let project = Project::of("a.yaml", &text);
    let ran = project.run(&["apply", "--yes", "-q", "--format", "markdown"]);
    assert_eq!(
        (ran.code, &*ran.stderr),
        (Some(0), ""),
        "{}",
        ran.snapshot()
    );
    insta::assert_snapshot!("apply-markdown", ran.snapshot());
    let ran = project.run(&["apply", "--yes", "-q", "--format", "markdown"]);
    assert_eq!(
        ran.stdout,
        "## Applied to `sandbox (Contoso, contoso.com)`\n\n**No changes.**\n"
    );

    // Without `--yes` the plan is shown where somebody is asked, and stdout is the report.
    let project = project.file("policies/a.yaml", text.replace("enabled", "disabled"));
    let ran = project.run(&["apply", "--format", "markdown"]);
    assert_eq!(ran.code, Some(3), "a guard refuses: {}", ran.snapshot());
    assert!(
        ran.stdout.starts_with("## Stopped: nothing was written\n"),
        "{}",
        ran.snapshot()
    );
    assert!(
        ran.stdout.contains("**error** `guard/weakening`"),
        "{}",
        ran.snapshot()
    );

    let ran = project.run(&["drift", "--format", "markdown"]);
    assert_eq!(ran.code, Some(2), "{}", ran.snapshot());
    insta::assert_snapshot!("drift-markdown", crate::risk::redacted(&ran));
    // What stops it is found again by the same marker.
    let project = project.file("policies/a.yaml", FAULTY);
    let ran = project.run(&["drift", "-t", "sandbox", "--format", "markdown"]);
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    let begin = "<!-- gatewright:drift tenant=sandbox -->\n## Stopped: nothing was compared";
    assert!(ran.stdout.starts_with(begin), "{}", ran.snapshot());
}

#[test]
fn what_stops_a_plan_is_in_the_report_too() {
    let project = Project::of("a.yaml", FAULTY);
    for (format, told) in [
        ("markdown", "## Stopped: no plan was made"),
        ("sarif", "\"id\": \"gatewright/plan/\""),
        ("github", "::error file=policies/a.yaml,line=3,"),
        ("junit", "<failure type=\"bad-value/CA-R05\""),
    ] {
        let ran = project.run(&["plan", "--format", format]);
        assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
        assert!(ran.stdout.contains(told), "{}", ran.snapshot());
        assert!(
            ran.stderr.contains("no plan was made"),
            "{}",
            ran.snapshot()
        );
    }
}

#[test]
fn a_report_without_findings_is_a_report() {
    let excluding = policy("P", "enabled").replace(
        "includeUsers: [All]",
        "includeUsers: [All], excludeGroups: [Sales]",
    );
    let project = Project::of("a.yaml", excluding);
    for (command, format, told) in [
        ("validate", "markdown", "No findings"),
        ("validate", "sarif", "\"results\": []"),
        ("validate", "junit", "<testcase name=\"no findings\""),
        ("validate", "github", ""),
    ] {
        let ran = project.run(&[command, "--format", format]);
        assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
        assert!(ran.stdout.contains(told), "{}", ran.snapshot());
        assert_eq!(ran.stdout.is_empty(), told.is_empty(), "{}", ran.snapshot());
    }
}

#[test]
fn a_command_without_such_a_result_refuses_before_it_does_anything() {
    let project = Project::of("a.yaml", policy("P", "enabled"));
    for format in &FORMATS[2..] {
        for command in [
            &["apply", "--yes"][..],
            &["drift", "--adopt"],
            &["destroy", "--yes"],
            &["runs"],
            &["init"],
        ] {
            if command[0] == "apply" && *format == "markdown" {
                continue;
            }
            let line = [command, &["--format", format]].concat();
            let ran = project.run(&line);
            assert_eq!(ran.code, Some(64), "{}", ran.snapshot());
            assert_eq!(ran.stdout, "");
            assert!(
                ran.stderr.contains("possible values: human, json")
                    || ran.stderr.contains("it has human, json"),
                "{}",
                ran.snapshot()
            );
        }
    }
    assert_eq!(project.tenant_file(), None);
}

#[test]
fn files_are_named_as_the_repository_knows_them() {
    let repository = Project::empty()
        .file(".git/HEAD", "ref: refs/heads/main\n")
        .file("infra/my ca/gatewright.yaml", crate::common::CONFIG)
        .file("infra/my ca/policies/a.yaml", FAULTY);
    let run = |format| {
        repository
            .run(&["validate", "-C", "infra/my ca", "--format", format])
            .stdout
    };
    let log: Value = serde_json::from_str(&run("sarif")).unwrap();
    let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(
        place["artifactLocation"]["uri"],
        "infra/my%20ca/policies/a.yaml"
    );
    assert!(run("github").contains("file=infra/my ca/policies/a.yaml,line=3,"));
    assert!(run("junit").contains("file=\"infra/my ca/policies/a.yaml\" line=\"3\""));
}

/// The agents of Azure Pipelines, GitHub and TeamCity obey such a text wherever it stands in
/// what a job prints.
#[test]
fn no_output_commands_a_pipeline() {
    let names = [
        "##vso[task.setvariable variable=PATH]/tmp/evil",
        "x ##[add-mask]y",
        "##teamcity[setParameter name='a' value='b']",
    ];
    let obeyed = |text: &str| {
        ["##vso[", "##[", "##teamcity["]
            .iter()
            .any(|mark| text.contains(mark))
    };
    for name in names {
        let project = Project::of("a.yaml", policy(name, "enabled")).env("CI", "true");
        for format in FORMATS {
            let ran = project.run(&["plan", "--format", format]);
            assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
            assert!(!obeyed(&ran.snapshot()), "{}", ran.snapshot());
            if format == "json" {
                let plan: Value = serde_json::from_str(&ran.stdout).unwrap();
                assert_eq!(
                    plan["actions"][0]["name"], name,
                    "the same name all the same"
                );
            }
        }
        let ran = project.run(&["apply", "--yes"]);
        assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
        assert!(!obeyed(&ran.snapshot()), "{}", ran.snapshot());
        for line in [&["runs", "show", "latest"][..], &["sandbox", "export"]] {
            assert!(!obeyed(&project.run(line).snapshot()));
        }
        // The lines of the file that findings show, and colours between the signs.
        let project = project.file(
            "policies/a.yaml",
            policy(name, "on").replace("kind", "# ##vso[x]\nkind"),
        );
        for format in FORMATS {
            for color in ["never", "always"] {
                let ran = project.run(&["validate", "--format", format, "--color", color]);
                assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
                assert!(!obeyed(&ran.snapshot()), "{}", ran.snapshot());
            }
        }
    }
}

#[test]
fn a_sign_that_cannot_be_seen_is_shown_in_every_form() {
    let hidden = policy("CA-BreakGlass\u{200b}", "disabled");
    let twice = format!("{hidden}---\n{hidden}");
    for (text, command, formats) in [
        (hidden, "plan", &["human", "markdown"][..]),
        (
            twice,
            "validate",
            &["human", "markdown", "sarif", "github", "junit"],
        ),
    ] {
        let project = Project::of("a.yaml", text);
        for format in formats {
            let ran = project.run(&[command, "--format", format]);
            let shown = ran.stdout.clone() + &ran.stderr;
            assert!(
                shown.contains("CA-BreakGlass") && shown.contains("200b"), // escaped anew in some
                "{command} {format}: {}",
                ran.snapshot()
            );
            // The line of the file itself may stand below a finding.
            let shown = shown.replace("displayName: \"CA-BreakGlass\u{200b}\"", "");
            assert!(!shown.contains('\u{200b}'), "{command} {format}: {shown}");
        }
    }
}
