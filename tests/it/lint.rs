//! Advice as a user meets it: `validate` on a project, comments and tunings, and what plan
//! says of policies that are forgotten in report-only.

use serde_json::Value;

use crate::common::Project;

const FINANCE: &str = "\
kind: ConditionalAccessPolicy
displayName: MFA for finance
state: enabled
conditions:
  applications: { includeApplications: [All] }
  users:
    includeGroups: [Finance, Sales]
    excludeGroups: [Finance]
grantControls: { operator: OR, builtInControls: [mfa] }
";

#[test]
fn advice_is_shown_and_fails_nothing() {
    let ran = Project::of("finance.yaml", FINANCE).run(&["validate"]);
    insta::assert_snapshot!(ran.snapshot(), @r#"
$ gatewright validate
--- stdout
Valid: 1 manifest (1 ConditionalAccessPolicy); 1 warning
--- stderr
warning[lint: included-and-excluded]: the group `Finance` is both included and excluded; the exclusion wins
 --> policies/finance.yaml:8:21
  |
7 |     includeGroups: [Finance, Sales]
  |                     ------- included here
8 |     excludeGroups: [Finance]
  |                     ^^^^^^^
  |
  = help: remove it from one of the two lists
--- exit code 0
"#);
}

#[test]
fn a_comment_takes_advice_back_and_is_counted() {
    let allowed = FINANCE.replace(
        "    excludeGroups",
        "    # gatewright: allow included-and-excluded a script writes both lists\n    excludeGroups",
    );
    let project = Project::of("finance.yaml", &allowed);
    insta::assert_snapshot!(project.run(&["validate"]).snapshot(), @r#"
$ gatewright validate
--- stdout
Valid: 1 manifest (1 ConditionalAccessPolicy); 1 allowed by comments
--- exit code 0
"#);

    let ran = project.run(&["validate", "--format", "json"]);
    let result: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(result["valid"], true);
    assert_eq!(result["findings"], serde_json::json!([]));
    let one = &result["allowed"][0];
    assert_eq!(one["rule"], "included-and-excluded");
    assert_eq!(one["confidence"], "high");
    assert_eq!(one["reason"], "a script writes both lists");
    assert_eq!((&one["line"], &one["commentLine"]), (&9.into(), &8.into()));

    // The file is mended, and the comment is left over.
    let mended = allowed.replace("excludeGroups: [Finance]", "excludeGroups: [Board]");
    let ran = Project::of("finance.yaml", mended).run(&["validate"]);
    assert_eq!(ran.code, Some(0));
    assert!(
        ran.stderr.contains("the comment allows nothing"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_rule_that_is_made_an_error_fails_validate_and_is_a_warning_of_a_plan() {
    let config = format!(
        "{}lint:\n  rules:\n    included-and-excluded: {{ severity: error, reason: we had one }}\n",
        crate::common::CONFIG
    );
    let groups = "kind: Group\ndisplayName: Finance\n---\nkind: Group\ndisplayName: Sales\n";
    let project = Project::of("finance.yaml", FINANCE)
        .file("policies/groups.yaml", groups)
        .file("gatewright.yaml", config);
    assert_eq!(project.refuse(&["validate"]).findings().len(), 1);
    let plan = project.run(&["plan"]);
    assert_eq!(plan.code, Some(0), "{}", plan.snapshot());
    let warning = "Warning[lint: included-and-excluded]: policies/finance.yaml:";
    assert!(plan.stdout.contains(warning), "{}", plan.snapshot());
}

#[test]
fn a_wrong_tuning_is_told_at_its_place() {
    let config = |lint: &str| format!("{}lint:\n{lint}", crate::common::CONFIG);
    for (lint, expected) in [
        (
            "  naming: { ConditionalAccessPolicy: '^CA[0-9' }\n",
            "is not a regular expression: unclosed character class",
        ),
        ("  naming: { Policy: x }\n", "unknown property `Policy`"),
        (
            "  rules: { naming: { severity: off } }\n",
            "`reason` is missing",
        ),
        (
            "  rules: { naming: { severity: off, reason: ' ' } }\n",
            "the reason for tuning `naming` is blank",
        ),
        (
            "  rules: { naming: { severity: of, reason: x } }\n",
            "did you mean `off`?",
        ),
        (
            "  rules: { namng: { severity: off, reason: x } }\n",
            "`namng` is not a lint rule",
        ),
    ] {
        let project = Project::of("finance.yaml", FINANCE).file("gatewright.yaml", config(lint));
        let ran = project.refuse(&["validate"]);
        assert!(ran.stderr.contains(expected), "{lint}{}", ran.stderr);
    }
}

#[test]
fn plan_speaks_of_a_policy_that_is_forgotten_in_report_only() {
    let policy = |comment: &str| {
        format!(
            "kind: ConditionalAccessPolicy\ndisplayName: MFA\n{comment}state: enabledForReportingButNotEnforced\nconditions:\n  applications: {{ includeApplications: [All] }}\n  users: {{ includeUsers: [All], excludeGroups: [Out] }}\ngrantControls: {{ operator: OR, builtInControls: [mfa] }}\n---\nkind: Group\ndisplayName: Out\n"
        )
    };
    let project = Project::of("mfa.yaml", policy(""));
    assert_eq!(project.run(&["apply", "--yes"]).code, Some(0));
    let said = "has been in report-only, unchanged, for";
    assert!(!project.run(&["plan"]).snapshot().contains(said));

    // Half a year passes.
    let mut tenant: Value = serde_json::from_str(&project.tenant_file().unwrap()).unwrap();
    let aged = age(&mut tenant);
    assert!(aged > 0);
    let project = project.file(".gatewright/sandbox.json", tenant.to_string());
    let plan = project.run(&["plan"]);
    assert_eq!(plan.code, Some(0));
    assert!(plan.snapshot().contains(said), "{}", plan.snapshot());

    let comment = "# gatewright: allow report-only-for-long the audit is in June\n";
    let project = project.file("policies/mfa.yaml", policy(comment));
    assert!(!project.run(&["plan"]).snapshot().contains(said));
    // Only plan knows since when, so validate does not say that the comment is idle.
    let validate = project.run(&["validate"]);
    assert!(
        !validate.stderr.contains("allows nothing"),
        "{}",
        validate.stderr
    );
}

/// Makes every policy of a tenant file an old one; answers how many dates there were.
fn age(value: &mut Value) -> usize {
    match value {
        Value::Object(map) => {
            let mut count = 0;
            for (name, value) in map {
                if ["createdDateTime", "modifiedDateTime"].contains(&name.as_str())
                    && value.is_string()
                {
                    *value = "2024-01-01T00:00:00Z".into();
                    count += 1;
                } else {
                    count += age(value);
                }
            }
            count
        }
        Value::Array(items) => items.iter_mut().map(age).sum(),
        _ => 0,
    }
}

#[test]
fn the_sample_project_and_the_template_break_no_rule_gravely() {
    let project = Project::empty();
    assert_eq!(project.run(&["init", "."]).code, Some(0));
    let ran = project.run(&["validate"]);
    assert_eq!(ran.code, Some(0));
    assert!(!ran.stderr.contains("warning["), "{}", ran.stderr);
}
