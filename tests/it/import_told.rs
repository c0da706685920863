//! What `import` says: each thing once, at its place, and with what to do next.

use serde_json::{Value, json};

use crate::common::Project;

fn policy(number: u32, name: &str, groups: &[String]) -> Value {
    json!({
        "id": format!("11111111-2222-3333-4444-{number:012}"),
        "displayName": name,
        "state": "enabled",
        "conditions": {
            "clientAppTypes": ["all"],
            "applications": {"includeApplications": ["All"]},
            "users": {"includeUsers": ["All"], "excludeGroups": groups},
        },
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
    })
}

fn imported(export: &Value, arguments: &[&str]) -> crate::common::Ran {
    let project = Project::new().file("export/a.json", export.to_string());
    let mut all = vec!["import", "--from", "export"];
    all.extend(arguments);
    project.run(&all)
}

/// The lines of findings, without the lines that show the place.
fn heads(text: &str) -> String {
    let head = |line: &&str| {
        ["error", "warning", "hint", "  -->", " -->"]
            .iter()
            .any(|start| line.starts_with(start))
            || line.trim_start().starts_with("= help")
    };
    let lines: Vec<&str> = text.lines().filter(head).collect();
    lines.join("\n")
}

#[test]
fn many_ids_without_names_are_one_finding_for_people_and_each_for_programs() {
    let groups = |from: u32| -> Vec<String> {
        (from..from + 20)
            .map(|n| format!("aaaaaaaa-0000-0000-0000-{n:012}"))
            .collect()
    };
    let export = json!([policy(1, "A", &groups(0)), policy(2, "B", &groups(10))]);
    let ran = imported(&export, &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    insta::assert_snapshot!(heads(&ran.stderr), @r"
    hint[import]: 30 ids stay ids, such as `aaaaaaaa-0000-0000-0000-000000000000`, `aaaaaaaa-0000-0000-0000-000000000001`, `aaaaaaaa-0000-0000-0000-000000000002`: the export gives no name for this id
      --> policies/A.yaml:11:9
       = help: write the name there, or also export the object: names are read from groups, users, other objects and migration tables
    ");
    assert!(
        ran.stdout.contains("30 ids have no name"),
        "{}",
        ran.snapshot()
    );
    let ran = imported(&export, &["--format", "json"]);
    let found: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(found["findings"].as_array().unwrap().len(), 30);
}

#[test]
fn what_cannot_be_imported_is_told_once_at_its_place_and_counted() {
    let mut unknown = policy(1, "unknown member", &[]);
    unknown["conditions"]["moonPhases"] = json!(["full"]);
    let mut value = policy(2, "unknown value", &[]);
    value["grantControls"]["builtInControls"] = json!(["mfa", "bloodSample"]);
    let mut cut = policy(3, "cut off", &[]);
    cut["conditions"]["users"] = "System.Collections.Hashtable".into();
    let export = json!([
        unknown,
        value,
        cut,
        policy(4, "twice", &[]),
        policy(5, "twice", &[]),
    ]);
    let ran = imported(&export, &[]);
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    insta::assert_snapshot!(heads(&ran.stderr), @r"
    error[unmodelled-member]: the conditional access policy `unknown member` has `conditions.moonPhases`, which gatewright does not know; it was not imported
     --> export/a.json:1:234
      = help: nothing is dropped silently: `--ignore-member moonPhases` leaves it out if it does not matter; please report it
    error[bad-value: CA-R05]: the conditional access policy `unknown value` cannot be written as a manifest: `bloodSample` is not a value of `grantControls.builtInControls[0]`
     --> export/a.json:1:608
      = help: it is one of `block`, `mfa`, `compliantDevice`, `domainJoinedDevice`, `approvedApplication`, `compliantApplication`, `passwordChange`, `riskRemediation`, `verifiedID`
    error[lost-data]: the export has lost what `users` held: PowerShell wrote the name of a type instead
     --> export/a.json:1:806
      = help: export again with `ConvertTo-Json -Depth 10`
    error[duplicate-name]: a second conditional access policy is named `twice`; it was not imported
     --> export/a.json:1:1243
      = help: rename one of them in the export
    ");
    insta::assert_snapshot!(ran.stdout, @r"
    Read from export: 1 ConditionalAccessPolicy
      1 manifest written
      4 objects were not imported: see above
    Files: 1 in policies
    ");
}

#[test]
fn what_a_tool_wrote_in_its_way_everywhere_is_told_once() {
    let mut policies: Vec<Value> = (0..9).map(|n| policy(n, &format!("P{n}"), &[])).collect();
    for policy in &mut policies {
        policy["conditions"]["users"]["includeUsers"] = "All".into();
    }
    let ran = imported(&policies.into(), &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    insta::assert_snapshot!(heads(&ran.stderr), @r"
    hint[repaired]: `includeUsers` is a single value: it was read as a list (in 9 places; this is the first)
     --> export/a.json:1:194
    ");
}

#[test]
fn a_folder_without_anything_of_ours_is_an_error() {
    let ran = imported(&json!({"name": "package", "version": "1.0.0"}), &[]);
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    insta::assert_snapshot!(heads(&ran.stderr), @r"
    hint[passed-over]: 1 file has no Conditional Access objects: `export/a.json`
    error[nothing-to-import]: no Conditional Access objects in `export`
     = help: name the folder or the files that the export was written to
    ");
}

#[test]
fn a_file_that_the_project_would_not_read_is_refused_by_name() {
    let narrow = "version: 1\nmanifests: [\"policies/*.yaml\"]\ntenants:\n  sandbox: { sandbox: .gatewright/sandbox.json }\n";
    let location = json!({
        "@odata.type": "#microsoft.graph.ipNamedLocation",
        "displayName": "HQ",
        "ipRanges": [{"cidrAddress": "203.0.113.0/24"}],
    });
    let project = |export: Value| {
        Project::new()
            .file("gatewright.yaml", narrow)
            .file("export/a.json", export.to_string())
    };
    let ran = project(location).run(&["import", "--from", "export"]);
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    insta::assert_snapshot!(heads(&ran.stderr), @r"
    error[config]: a new file `policies/named-locations/HQ.yaml` would not be a manifest of this project
     --> gatewright.yaml:2:12
      = help: list a whole folder there, which includes the folders below it, or name a listed folder with `--to`
    ");
    // Policies go to the folder itself, which the glob takes in.
    let ran = project(policy(1, "A", &[])).run(&["import", "--from", "export"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
}

#[test]
fn a_tenant_that_is_read_on_v1_alone_says_what_that_hides() {
    let config = "version: 1\nmanifests: [policies]\ntenants:\n  sandbox: { sandbox: .gatewright/sandbox.json, apiVersion: v1.0 }\n";
    let ran = Project::new()
        .file("gatewright.yaml", config)
        .run(&["import"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    assert!(
        ran.stderr.contains("v1.0, which hides"),
        "{}",
        ran.snapshot()
    );
}
