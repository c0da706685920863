//! Plans as a person reads them: many objects in few lines, a part of a project, and renames.

use std::fmt::Write as _;

use serde_json::Value;

use crate::common::{Project, Ran};

const CONFIG: &str = "\
version: 1
manifests: [policies]
tenants:
  prod: { default: true, sandbox: .gatewright/sandbox.json }
scope: { ConditionalAccessPolicy: all }
lint: { rules: { duplicate-policy: { severity: off, reason: many are alike here } } }
";

const GUARDS: &str = "guards: { budget: { severity: off, reason: many at once } }\n";

/// A baseline as there are many: policies that differ in their names, states and exclusions.
fn baseline(policies: usize, name: impl Fn(usize) -> String, exclusion: &str) -> String {
    let mut text = String::new();
    for n in 0..9 {
        let _ = write!(text, "kind: Group\ndisplayName: CA-Exclude-{n}\n---\n");
    }
    text.push_str("kind: Group\ndisplayName: CA-Preview\n---\n");
    for n in 0..policies {
        let state = match n % 3 {
            0 => "disabled",
            _ => "enabledForReportingButNotEnforced",
        };
        let _ = write!(
            text,
            "# Policy {n}
kind: ConditionalAccessPolicy
displayName: {name}
state: {state}
conditions:
  applications: {{ includeApplications: [All] }}
  users:
    includeUsers: [All]
    excludeGroups: [CA-Exclude-{group}{exclusion}] # as agreed
  signInRiskLevels: [high]
grantControls: {{ operator: OR, builtInControls: [mfa] }}
---
",
            name = name(n),
            group = n % 9,
        );
    }
    text.trim_end_matches("---\n").to_owned()
}

fn project(manifests: &str) -> Project {
    Project::empty()
        .file("gatewright.yaml", CONFIG)
        .file("guards.yaml", GUARDS)
        .file("policies/all.yaml", manifests)
}

fn usual(n: usize) -> String {
    format!("CA{n:03} - Multifactor authentication for case {n}")
}

fn ended(ran: Ran, code: i32) -> Ran {
    assert_eq!(ran.code, Some(code), "{}", ran.snapshot());
    ran
}

#[test]
fn many_creations_are_a_table_and_words() {
    let project = project(&baseline(39, usual, ""));
    let plan = ended(project.run(&["plan"]), 0).stdout;
    assert!(
        plan.starts_with("Plan for prod (Contoso, contoso.com)\n\nACTION"),
        "{plan}"
    );
    assert!(plan.contains("49 to create"), "{plan}");
    // A row, a heading, the words and an empty line each.
    assert!(
        plan.lines().count() < 49 * 4 + 30,
        "{}\n{plan}",
        plan.lines().count()
    );
    assert!(
        plan.contains("    report-only; who: all users except group `CA-Exclude-1`; what: all applications; when: sign-in risk `high`; control: require `mfa`\n"),
        "{plan}"
    );
    let compact = ended(project.run(&["plan", "--compact"]), 0).stdout;
    assert!(compact.lines().count() < 49 + 20, "{compact}");
    let full = ended(project.run(&["plan", "--full"]), 0).stdout;
    assert!(
        full.contains("  +     excludeGroups:\n  +     - CA-Exclude-1\n"),
        "{full}"
    );
    assert!(full.lines().count() > 49 * 15);
}

#[test]
fn one_change_of_many_policies_is_shown_once() {
    let project = project(&baseline(39, usual, ""));
    ended(project.run(&["apply", "--yes"]), 0);
    let project = project.file("policies/all.yaml", baseline(39, usual, ", CA-Preview"));
    let plan = ended(project.run(&["plan"]), 0).stdout;
    assert!(
        plan.contains("Plan: 0 to create, 39 to change, 0 to delete"),
        "{plan}"
    );
    // One diff for those that are disabled, one for those in report-only.
    assert_eq!(
        plan.matches("~ change ConditionalAccessPolicy").count(),
        2,
        "{plan}"
    );
    for more in [
        "the same change to 12 more: + excludeGroups: CA-Preview\n        \"CA003 - Multi",
        "the same change to 25 more: + excludeGroups: CA-Preview\n        \"CA002 - Multi",
        "    conditions:\n      users:\n        includeUsers:\n        - All\n        excludeGroups:\n        - CA-Exclude-0\n  +     - CA-Preview\n",
    ] {
        assert!(plan.contains(more), "{more}\n{plan}");
    }
    assert!(
        plan.lines().count() < 39 + 50,
        "{}\n{plan}",
        plan.lines().count()
    );
    // A saved plan is shown in the same way, and carried out as it is.
    ended(project.run(&["plan", "--out", "plan.json"]), 0);
    let show = ended(project.run(&["show", "plan.json"]), 0).stdout;
    let upto = |text: &str| text.split("Plan: 0").next().unwrap().to_owned();
    assert_eq!(
        upto(&show).lines().take(40).collect::<Vec<_>>(),
        upto(&plan).lines().take(40).collect::<Vec<_>>()
    );
    let show = ended(project.run(&["show", "plan.json", "--compact"]), 0).stdout;
    assert!(!show.contains("the same change"), "{show}");
    let applied = ended(project.run(&["apply", "plan.json"]), 0);
    assert!(
        applied.stdout.contains("the same change to 12 more"),
        "{}",
        applied.snapshot()
    );
    assert!(
        ended(project.run(&["plan"]), 0)
            .stdout
            .contains("No changes.")
    );
}

#[test]
fn what_was_renamed_in_manifests_is_told_one_to_one_and_fixed() {
    let before = baseline(39, usual, "");
    let renamed = |n: usize| match n {
        // All of one group are equal but for their names.
        n if n % 3 == 0 => format!("CA{n:03} - MFA for case {n}"),
        n => usual(n),
    };
    let project = project(&before);
    ended(project.run(&["apply", "--yes"]), 0);
    let after = baseline(39, renamed, "");
    let project = project.file("policies/all.yaml", &after);
    let plan = ended(project.run(&["plan", "--format", "json"]), 0).stdout;
    let plan: Value = serde_json::from_str(&plan).unwrap();
    let notices = plan["notices"].as_array().unwrap();
    let mut told: Vec<&str> = (notices.iter())
        .filter(|notice| notice["code"] == "duplicate-name")
        .map(|notice| notice["message"].as_str().unwrap())
        .collect();
    told.sort_unstable();
    assert_eq!(told.len(), 13, "{told:#?}");
    for (n, told) in (0..39).step_by(3).zip(told) {
        let (old, new) = (usual(n), renamed(n));
        let expected = format!("`{old}` equals `{new}` except for its name");
        assert!(told.contains(&expected), "{told}");
    }
    let fixed = ended(project.run(&["plan", "--fix-renames"]), 0);
    assert!(
        fixed.stderr.starts_with("Wrote `renamedFrom` to 13 manifests:\n  policies/all.yaml: ConditionalAccessPolicy \"CA000 - MFA for case 0\" is renamed from \"CA000 - Multifactor authentication for case 0\"\n"),
        "{}",
        fixed.snapshot()
    );
    assert!(
        fixed
            .stdout
            .contains("Plan: 0 to create, 13 to change, 0 to delete"),
        "{}",
        fixed.snapshot()
    );
    assert!(
        fixed.stdout.contains("renamed from \"CA000 - Multi"),
        "{}",
        fixed.snapshot()
    );
    assert!(fixed.stdout.lines().count() < 30, "{}", fixed.snapshot());
    // Every comment is where it was.
    let text = std::fs::read_to_string(project.path("policies/all.yaml")).unwrap();
    assert_eq!(text.matches("# as agreed\n").count(), 39);
    assert_eq!(text.matches("renamedFrom:").count(), 13);
    let kept: Vec<&str> = text
        .lines()
        .filter(|line| {
            !line.contains("enamedFrom") && !line.starts_with("- CA") && !line.starts_with("  - CA")
        })
        .collect();
    assert_eq!(kept.join("\n").trim(), after.trim());
    ended(project.run(&["apply", "--yes"]), 0);
    assert!(
        ended(project.run(&["plan"]), 0)
            .stdout
            .contains("No changes.")
    );
    let nothing = ended(project.run(&["plan", "--fix-renames"]), 0);
    assert!(
        nothing.stderr.starts_with("No rename found"),
        "{}",
        nothing.snapshot()
    );
}

const PART: &str = "\
kind: Group
displayName: Pilot
---
kind: Group
displayName: Other
---
kind: ConditionalAccessPolicy
displayName: CA1
state: disabled
conditions:
  applications: { includeApplications: [All] }
  users: { includeGroups: [Pilot] }
grantControls: { operator: OR, builtInControls: [mfa] }
---
kind: ConditionalAccessPolicy
displayName: CA2
state: disabled
conditions:
  applications: { includeApplications: [All] }
  users: { includeGroups: [Other] }
grantControls: { operator: OR, builtInControls: [mfa] }
";

const GONE: &str = "\
---
kind: ConditionalAccessPolicy
displayName: Gone
state: disabled
conditions:
  applications: { includeApplications: [All] }
  users: { includeUsers: [All] }
grantControls: { operator: OR, builtInControls: [mfa] }
";

fn names(ran: &Ran) -> Vec<String> {
    let plan: Value = serde_json::from_str(&ran.stdout).unwrap();
    let actions = plan["actions"].as_array().unwrap().iter();
    let name = |action: &Value| {
        format!(
            "{} {}",
            action["action"].as_str().unwrap(),
            action["name"].as_str().unwrap()
        )
    };
    actions.map(name).collect()
}

#[test]
fn a_plan_of_a_part_holds_what_it_needs_and_deletes_nothing() {
    let project = project(&format!("{PART}{GONE}"));
    ended(project.run(&["apply", "Gone", "--yes"]), 0);
    let project = project.file("policies/all.yaml", PART);
    let json = |arguments: &[&str]| {
        let mut all = vec!["plan", "--format", "json"];
        all.extend(arguments);
        ended(project.run(&all), 0)
    };
    let all = [
        "create Other",
        "create Pilot",
        "create CA1",
        "create CA2",
        "delete Gone",
    ];
    let mut found = names(&json(&[]));
    found[..2].sort();
    assert_eq!(found, all);
    let part = json(&["CA1"]);
    assert_eq!(names(&part), ["create Pilot", "create CA1"]);
    let part: Value = serde_json::from_str(&part.stdout).unwrap();
    crate::common::fits(&part, "plan.schema.json");
    assert_eq!(
        part["limit"],
        serde_json::json!({"names": ["CA1"], "manifests": 2, "all": 4})
    );
    assert_eq!(
        part["unmanaged"],
        serde_json::json!({}),
        "what other manifests describe is not told of"
    );
    assert_eq!(
        names(&json(&["Pilot", "--kind", "group"])),
        ["create Pilot"]
    );
    assert_eq!(names(&json(&["--kind", "Group"])).len(), 2);
    let human = ended(project.run(&["plan", "CA1"]), 0).stdout;
    assert!(
        human.starts_with("Plan for prod (Contoso, contoso.com)\nLimited to `CA1` and what it needs: 2 of 4 manifests. Nothing is deleted; `gatewright plan` without names shows the rest.\n"),
        "{human}"
    );
    let wrong = ended(project.run(&["plan", "CA3"]), 1);
    assert!(
        wrong.stderr.contains("no manifest is named `CA3`"),
        "{}",
        wrong.snapshot()
    );
    assert!(
        wrong.stderr.contains("did you mean `CA1`?"),
        "{}",
        wrong.snapshot()
    );
    let wrong = ended(project.run(&["apply", "plan"]), 1);
    assert!(
        wrong
            .stderr
            .contains("there is no saved plan with that name here either"),
        "{}",
        wrong.snapshot()
    );

    ended(project.run(&["plan", "CA1", "--out", "plan.json"]), 0);
    let show = ended(project.run(&["show", "plan.json"]), 0).stdout;
    assert!(show.contains("Limited to `CA1`"), "{show}");
    // What is no object of the part may move meanwhile.
    ended(project.run(&["apply", "CA2", "--yes"]), 0);
    let applied = ended(project.run(&["apply", "plan.json"]), 0);
    assert!(
        applied
            .stdout
            .contains("Applied: 2 created, 0 changed, 0 deleted"),
        "{}",
        applied.snapshot()
    );
    assert_eq!(
        names(&ended(project.run(&["plan", "--format", "json"]), 0)),
        ["delete Gone"]
    );
}

/// The guards judge what the tenant would be, not the part.
#[test]
fn guards_judge_the_whole_tenant() {
    let enabled = PART.replace("state: disabled", "state: enabled");
    let project = Project::empty()
        .file("gatewright.yaml", CONFIG)
        .file("policies/all.yaml", &enabled);
    ended(project.run(&["apply", "CA1", "--yes"]), 0);
    let off = enabled.replacen("state: enabled", "state: disabled", 1);
    let project = project.file("policies/all.yaml", off);
    let refused = ended(project.run(&["apply", "CA1", "--yes"]), 3);
    assert!(
        refused.stdout.contains("Guard refused: weakening"),
        "{}",
        refused.snapshot()
    );
    // What stays as it is counts: the other policy needs nothing of this one.
    ended(project.run(&["apply", "CA2", "--yes"]), 0);
}

#[test]
fn a_saved_plan_of_a_part_can_be_applied_until_something_moves() {
    // The user is in the group that the policy needs, and a policy of another manifest refers to
    // what this one no longer refers to.
    let manifests = "kind: Group
displayName: Pilot
---
kind: Group
displayName: Old
---
kind: TestUser
displayName: Tess
userPrincipalName: tess
memberOf: [Pilot]
---
kind: ConditionalAccessPolicy
displayName: CA1
state: disabled
conditions:
  applications: { includeApplications: [All] }
  users: { includeGroups: [Pilot, Old] }
grantControls: { operator: OR, builtInControls: [mfa] }
";
    let project = project(manifests);
    let secrets = project.path("secrets");
    let secrets = secrets.to_str().unwrap();
    ended(
        project.run(&["apply", "--yes", "--secrets-out", secrets]),
        0,
    );
    let project = project.file(
        "policies/all.yaml",
        manifests.replace("[Pilot, Old]", "[Pilot]"),
    );
    ended(project.run(&["plan", "CA1", "--out", "part.json"]), 0);
    let done = ended(project.run(&["apply", "part.json"]), 0);
    assert!(done.stdout.contains("1 changed"), "{}", done.snapshot());
}

#[test]
fn a_rename_with_another_change_is_found_where_it_is_clear() {
    let policy = |name: &str, groups: &str| {
        format!(
            "kind: ConditionalAccessPolicy\ndisplayName: {name}\nstate: disabled\nconditions:\n  applications: {{ includeApplications: [All] }}\n  users: {{ includeUsers: [All], excludeGroups: [{groups}] }}\ngrantControls: {{ operator: OR, builtInControls: [mfa] }}\n"
        )
    };
    let of = |first: &str, second: &str| format!("{first}---\n{second}");
    let other = policy("CA201-Legacy", "Finance");
    let project = project(&of(&policy("CA200-MFA", "Sales"), &other));
    ended(project.run(&["apply", "--yes"]), 0);
    let after = of(&policy("CA200 - MFA", "Sales, Finance"), &other);
    let project = project.file("policies/all.yaml", after);
    let plan = ended(project.run(&["plan", "--allow-weakening"]), 0).stdout;
    let told = "the unmanaged conditional access policy `CA200-MFA` is much like `CA200 - MFA`, which is to be created";
    assert!(plan.contains(told), "{plan}");
    assert!(plan.contains("maybe renamed from \"CA200-MFA\""), "{plan}");
    let fixed = ended(
        project.run(&["plan", "--fix-renames", "--allow-weakening"]),
        0,
    )
    .stdout;
    assert!(
        fixed.contains("Plan: 0 to create, 1 to change, 0 to delete"),
        "{fixed}"
    );
    // Where others are as near, nothing is said.
    let two = of(
        &policy("CA200 MFA a", "Sales, Finance"),
        &policy("CA200 MFA b", "Sales, All Employees"),
    );
    let project = project.file("policies/all.yaml", of(&two, &other));
    let plan = ended(
        project.run(&["plan", "--fix-renames", "--allow-weakening"]),
        0,
    );
    assert!(
        plan.stderr.starts_with("No rename found"),
        "{}",
        plan.snapshot()
    );
    assert!(
        plan.stderr.contains("add `renamedFrom: [OLD NAME]`"),
        "{}",
        plan.snapshot()
    );
}

#[test]
fn a_removed_file_is_one_warning() {
    let text = baseline(12, usual, "");
    let config = CONFIG.replace("scope: { ConditionalAccessPolicy: all }\n", "");
    let project = project(&text).file("gatewright.yaml", config);
    ended(project.run(&["apply", "--yes"]), 0);
    let groups = text.split("---\n# Policy 0").next().unwrap();
    let project = project.file("policies/all.yaml", groups);
    for command in ["plan", "drift"] {
        let told = ended(project.run(&[command]), 0).stdout;
        assert_eq!(told.matches("Warning[unmanaged]").count(), 1, "{told}");
        let first = "12 conditional access policies were managed by this project and no longer have manifests";
        assert!(told.contains(first), "{told}");
        // A plan has other things to say; drift names each.
        let named = (0..12).filter(|n| told.contains(&usual(*n)));
        let (named, rest) = (named.count(), told.contains("and 7 more"));
        match command {
            "plan" => assert!(rest, "{told}"),
            _ => assert_eq!((named, rest), (12, false), "{told}"),
        }
    }
}
