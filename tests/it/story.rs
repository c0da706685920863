//! The story of one change, as those live it who review and run it: a branch adds a policy,
//! the tenant moves meanwhile, the reviewed plan is refused, the next one is carried out, and
//! what somebody then does in the portal comes back into the manifests.

use serde_json::{Value, json};

use crate::common::{Project, Ran};
use crate::world::run;

const CONFIG: &str = "\
version: 1
manifests: [policies]
tenants:
  prod: { sandbox: .gatewright/sandbox.json }
scope:
  ConditionalAccessPolicy: { namePrefix: CA }
";

const GUARDS: &str = "breakGlass: { groups: [CA-BreakGlass] }\n";

const BREAK_GLASS: &str = "\
kind: Group
displayName: CA-BreakGlass
members: [breakglass1@contoso.com, breakglass2@contoso.com]
";

const BASELINE: &str = "\
# What everybody needs.
kind: ConditionalAccessPolicy
displayName: CA001 - MFA for everybody
state: enabled # since the pilot
conditions:
  users: { includeUsers: [All], excludeGroups: [CA-BreakGlass] }
  applications: { includeApplications: [All] }
grantControls: { operator: OR, builtInControls: [mfa] }
---
kind: ConditionalAccessPolicy
displayName: CA002 - Block legacy authentication
state: enabled
conditions:
  clientAppTypes: [exchangeActiveSync, other]
  users: { includeUsers: [All], excludeGroups: [CA-BreakGlass] }
  applications: { includeApplications: [All] }
grantControls: { operator: OR, builtInControls: [block] }
";

const NEW: &str = "\
kind: ConditionalAccessPolicy
displayName: CA010 - Compliant devices
state: enabled
conditions:
  users: { includeUsers: [All], excludeGroups: [CA-BreakGlass] }
  applications: { includeApplications: [Office365] }
grantControls: { operator: OR, builtInControls: [compliantDevice] }
";

const POLICIES: &str = "/identity/conditionalAccess/policies";
const REPORTS: [&str; 5] = ["human", "markdown", "sarif", "github", "junit"];

#[track_caller]
fn ended(ran: &Ran, code: i32) {
    assert_eq!(ran.code, Some(code), "{}", ran.snapshot());
}

#[track_caller]
fn says(ran: &Ran, words: &[&str]) {
    let all = ran.snapshot();
    for word in words {
        assert!(all.contains(word), "`{word}` is not said\n{all}");
    }
}

fn read(project: &Project, name: &str) -> String {
    std::fs::read_to_string(project.path(name)).unwrap()
}

fn runs(project: &Project) -> usize {
    std::fs::read_dir(project.path(".gatewright/runs")).map_or(0, Iterator::count)
}

/// Somebody clicks: changes a policy of this name by another way than ours.
fn in_the_portal(project: &Project, name: &str, body: Value) {
    run(async {
        let sandbox = project.sandbox().await;
        let filter = format!("displayName eq '{name}'");
        let id = sandbox.id(POLICIES, &filter).await;
        let (status, answer) = sandbox.patch(&format!("{POLICIES}/{id}"), body).await;
        assert_eq!(status, 204, "{answer}");
    });
}

/// The project on the main branch, in force in its tenant.
fn in_force() -> Project {
    let project = Project::empty()
        .file("gatewright.yaml", CONFIG)
        .file("guards.yaml", GUARDS)
        .file("policies/break-glass.yaml", BREAK_GLASS)
        .file("policies/baseline.yaml", BASELINE);
    ended(&project.run(&["validate", "--strict"]), 0);
    ended(&project.run(&["apply", "--yes"]), 0);
    project
}

#[test]
fn a_slip_in_the_branch_is_shown_at_its_line_in_every_form() {
    let slip = NEW.replace("compliantDevice", "compliantDevices");
    let project = in_force().file("policies/ca010.yaml", slip);
    let before = project.tenant_file();
    for format in REPORTS {
        let ran = project.run(&["validate", "--format", format]);
        ended(&ran, 1);
        // Wherever a reviewer looks: which file, and what is meant.
        says(
            &ran,
            &["policies/ca010.yaml", "did you mean `compliantDevice`"],
        );
        let line = match format {
            "sarif" => "\"startLine\": 7",
            "github" => "line=7",
            "junit" => "line=\"7\"",
            _ => "policies/ca010.yaml:7",
        };
        says(&ran, &[line]);
    }
    let ran = project.run(&["validate", "--format", "json"]);
    ended(&ran, 1);
    let told: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(told["findings"][0]["line"], 7, "{told:#}");
    // Nor does a plan come of it.
    let ran = project.run(&["plan", "--out", "plan.json"]);
    ended(&ran, 1);
    assert!(!project.path("plan.json").exists());
    assert_eq!(before, project.tenant_file());
}

#[test]
fn a_branch_that_forgets_the_emergency_accounts_is_refused_in_every_form() {
    let careless = NEW.replace(", excludeGroups: [CA-BreakGlass]", "");
    let project = in_force().file("policies/ca010.yaml", careless);
    let before = project.tenant_file();
    for format in REPORTS.iter().chain(&["json"]) {
        let ran = project.run(&["plan", "--out", "plan.json", "--format", format]);
        ended(&ran, 3);
        assert!(ran.stdout.contains("break-glass"), "{}", ran.snapshot());
        says(&ran, &["CA010 - Compliant devices", "CA-BreakGlass"]);
    }
    let count = runs(&project);
    for line in [&["apply", "--yes"][..], &["apply", "plan.json"]] {
        let ran = project.run(line);
        ended(&ran, 3);
        says(&ran, &["break-glass", "CA010 - Compliant devices"]);
    }
    assert_eq!((before, count), (project.tenant_file(), runs(&project)));
}

#[test]
fn a_policy_from_the_branch_to_the_tenant_and_back() {
    let project = in_force().file("policies/ca010.yaml", NEW);

    // In the pull request: the manifests are right, in every form.
    for format in REPORTS {
        ended(
            &project.run(&["validate", "--strict", "--format", format]),
            0,
        );
    }
    let told = project.run(&["validate", "--strict", "--format", "json"]);
    let told: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(told["findings"], json!([]));

    // What it would do, in every form, and nothing but the new policy.
    let in_force = project.tenant_file();
    for format in REPORTS.iter().chain(&["json"]) {
        let ran = project.run(&[
            "plan",
            "--detailed-exitcode",
            "--out",
            "plan.json",
            "--format",
            format,
        ]);
        ended(&ran, 2);
        match *format {
            "human" => says(
                &ran,
                &[
                    "+ create ConditionalAccessPolicy \"CA010 - Compliant devices\"  policies/ca010.yaml:2",
                    "# stronger: a new policy that is enabled",
                    "Plan: 1 to create, 0 to change, 0 to delete",
                ],
            ),
            "markdown" => says(
                &ran,
                &[
                    "**1 to create, 0 to change, 0 to delete.**",
                    "| create | ConditionalAccessPolicy | `CA010 - Compliant devices` | stronger |",
                    "+ state: enabled",
                ],
            ),
            "json" => {
                let plan: Value = serde_json::from_str(&ran.stdout).unwrap();
                assert_eq!(plan["actions"].as_array().unwrap().len(), 1, "{plan:#}");
                assert_eq!(plan["actions"][0]["action"], "create");
                assert_eq!(
                    plan["actions"][0]["after"]["conditions"]["users"]["excludeGroups"],
                    json!(["CA-BreakGlass"])
                );
                assert_eq!(plan["refused"], false);
            }
            // Nothing is to be said about it, which is a report too.
            "sarif" => says(&ran, &["\"results\": []"]),
            "junit" => says(&ran, &["failures=\"0\""]),
            _ => assert_eq!(ran.stdout, "", "{}", ran.snapshot()),
        }
    }
    assert_eq!(in_force, project.tenant_file(), "a plan writes nothing");

    // The review: the plan alone, without project and tenant.
    let reviewer = Project::empty().file("plan.json", read(&project, "plan.json"));
    let shown = reviewer.run(&["show", "plan.json"]);
    ended(&shown, 0);
    says(
        &shown,
        &[
            "+ create ConditionalAccessPolicy \"CA010 - Compliant devices\"",
            "Saved for prod (",
        ],
    );
    let digest = |shown: &Ran| {
        let line = shown.stdout.lines().last().unwrap();
        line.strip_prefix("Digest: ").unwrap().to_owned()
    };
    let reviewed = digest(&shown);

    // Meanwhile somebody loosens the baseline in the portal.
    in_the_portal(
        &project,
        "CA001 - MFA for everybody",
        json!({"state": "disabled"}),
    );
    let moved = project.tenant_file();
    let count = runs(&project);
    let ran = project.run(&["apply", "plan.json", "--digest", &reviewed]);
    ended(&ran, 4);
    says(
        &ran,
        &[
            "error[stale-plan]: the conditional access policy `CA001 - MFA for everybody` (",
            "has changed: `state`",
            "gatewright plan --out FILE",
            "nothing was written",
        ],
    );
    assert_eq!(moved, project.tenant_file(), "a stale plan writes nothing");
    assert_eq!(count, runs(&project), "nor is it a run");

    // The next plan says both: what the branch wants, and what the portal took away.
    let ran = project.run(&["plan", "--out", "plan.json"]);
    ended(&ran, 0);
    says(
        &ran,
        &[
            "~ change ConditionalAccessPolicy \"CA001 - MFA for everybody\"",
            "+ create ConditionalAccessPolicy \"CA010 - Compliant devices\"",
            "Plan: 1 to create, 1 to change, 0 to delete",
        ],
    );
    // The digest of the old review opens no new plan.
    let ran = project.run(&["apply", "plan.json", "--digest", &reviewed]);
    ended(&ran, 1);
    says(&ran, &["this is not the plan that was reviewed"]);
    assert_eq!(moved, project.tenant_file());

    // The review of that one, pinned; and it is carried out, without a question.
    let pinned = digest(&project.run(&["show", "plan.json"]));
    assert_ne!(pinned, reviewed);
    let ran = project.run(&["apply", "plan.json", "--digest", &pinned]);
    ended(&ran, 0);
    says(&ran, &["Applied: 1 created, 1 changed, 0 deleted"]);
    let ran = project.run(&["plan", "--detailed-exitcode"]);
    ended(&ran, 0);
    says(&ran, &["No changes."]);
    let ran = project.run(&["runs", "show", "latest"]);
    ended(&ran, 0);
    says(&ran, &[&pinned]);

    // The portal again, some nights later; this time it was right.
    in_the_portal(
        &project,
        "CA001 - MFA for everybody",
        json!({
            "grantControls": {"operator": "OR", "builtInControls": ["mfa", "compliantDevice"]},
        }),
    );
    let ran = project.run(&["drift"]);
    ended(&ran, 2);
    says(
        &ran,
        &[
            "~ ConditionalAccessPolicy \"CA001 - MFA for everybody\" differs from its manifest  policies/baseline.yaml:3",
            "+   - compliantDevice",
            "Drift in prod (Contoso, contoso.com)\n",
        ],
    );
    let tenant = project.tenant_file();
    // One of two is less than one: somebody has to agree to it, as for an apply.
    let ran = project.run(&["drift", "--adopt"]);
    ended(&ran, 3);
    assert_eq!(tenant, project.tenant_file());
    let ran = project.run(&["drift", "--adopt", "--allow-weakening"]);
    ended(&ran, 0);
    says(
        &ran,
        &["policies/baseline.yaml: ConditionalAccessPolicy \"CA001 - MFA for everybody\" changed"],
    );
    assert_eq!(
        tenant,
        project.tenant_file(),
        "the tenant is the one that is right"
    );

    // A change of one property in one file, with its comments: what a pull request shows.
    let adopted = read(&project, "policies/baseline.yaml");
    let changed: Vec<&str> = adopted
        .lines()
        .filter(|line| !BASELINE.contains(*line))
        .collect();
    assert_eq!(changed.len(), 1, "{adopted}");
    assert!(changed[0].contains("compliantDevice"), "{adopted}");
    assert!(
        adopted.contains("state: enabled # since the pilot"),
        "{adopted}"
    );
    assert_eq!(read(&project, "policies/ca010.yaml"), NEW);

    // And all is well.
    for (line, words) in [
        (&["drift"][..], "No drift."),
        (&["plan", "--detailed-exitcode"], "No changes."),
        (&["validate", "--strict"], "Valid: 4 manifests"),
    ] {
        let ran = project.run(line);
        ended(&ran, 0);
        says(&ran, &[words]);
    }
}
