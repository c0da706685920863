//! Live objects, looked at: `get` and `list`.

use serde_json::{Value, json};

use crate::common::{Project, Ran, fits};
use crate::risk::redacted;
use crate::world::run;

const POLICIES: &str = "\
kind: Group
displayName: CA-Pilot
---
kind: NamedLocation
displayName: HQ
ipRanges: [203.0.113.0/24]
isTrusted: true
---
kind: ConditionalAccessPolicy
displayName: CA001 - Multifactor authentication for everybody
state: enabled
conditions:
  applications: { includeApplications: [All] }
  users: { includeUsers: [All], excludeGroups: [CA-Pilot] }
  locations: { includeLocations: [All], excludeLocations: [HQ] }
grantControls: { operator: OR, builtInControls: [mfa] }
";

const PORTAL: &str = "/identity/conditionalAccess/policies";

fn done(ran: &Ran) {
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
}

/// An applied project, and a policy of somebody else.
fn applied(name: &str) -> Project {
    let project = Project::of("all.yaml", POLICIES);
    done(&project.run(&["apply", "--yes"]));
    run(async {
        let body = json!({
            "displayName": name,
            "state": "enabledForReportingButNotEnforced",
            "conditions": {"applications": {"includeApplications": ["All"]}, "users": {"includeUsers": ["All"]}},
            "grantControls": {"operator": "OR", "builtInControls": ["block"]},
        });
        project.sandbox().await.made(PORTAL, body).await;
    });
    project
}

#[test]
fn policies_are_listed_with_their_manifests_and_effects() {
    let project = applied("made in the portal");
    insta::assert_snapshot!("list", redacted(&project.run(&["list"])));
    insta::assert_snapshot!("table", redacted(&project.run(&["get"])));
    let ran = project.run(&["list", "--format", "json"]);
    let found: Value = serde_json::from_str(&ran.stdout).unwrap();
    fits(&found, "objects.schema.json");
    assert_eq!(found["objects"].as_array().unwrap().len(), 2);
    let (ours, theirs) = (&found["objects"][0], &found["objects"][1]);
    assert_eq!(ours["file"], "policies/all.yaml");
    assert_eq!(
        (&ours["managed"], &theirs["managed"]),
        (&json!(true), &json!(false))
    );
    assert!(ours["run"].is_string() && theirs["run"].is_null());
    let ran = project.run(&["get", "locations", "-o", "names"]);
    assert_eq!(ran.stdout, "All Compliant Network Locations\nHQ\n");
}

#[test]
fn a_manifest_that_is_got_plans_empty() {
    let project = applied("made in the portal");
    let all = project.run(&["get", "policy", "-o", "yaml"]);
    done(&all);
    let group = project.run(&["get", "group", "CA-Pilot"]);
    done(&group);
    let other = Project::of("all.yaml", format!("{}---\n{}", group.stdout, all.stdout))
        .file(".gatewright/sandbox.json", project.tenant_file().unwrap());
    let ran = other.run(&["plan", "--detailed-exitcode"]);
    done(&ran);
    let one = project.run(&["get", "made in the portal"]);
    insta::assert_snapshot!("yaml", redacted(&one));
    // By its id, too, and only that.
    let listed = project.run(&["get", "-o", "json"]);
    let listed: Value = serde_json::from_str(&listed.stdout).unwrap();
    let id = listed["objects"][1]["id"].as_str().unwrap();
    assert_eq!(project.run(&["get", "policies", id]).stdout, one.stdout);
}

/// As import reads an object, so does `get`: who is in a group is a part of it, but where a rule says so.
#[test]
fn a_group_and_a_user_are_shown_with_who_is_in_which() {
    let manifests = "\
kind: Group
displayName: CA-Inner
---
kind: Group
displayName: CA-Team
members: [AdeleV@contoso.com, CA-Inner]
---
kind: Group
displayName: CA-Rule
groupTypes: [DynamicMembership]
membershipRule: user.department -eq \"Sales\"
membershipRuleProcessingState: On
---
kind: TestUser
displayName: Test
userPrincipalName: test-one@contoso.com
memberOf: [CA-Inner]
";
    let project = Project::of("all.yaml", manifests);
    done(&project.run(&["apply", "--yes"]));
    let team = project.run(&["get", "group", "CA-Team"]);
    assert!(
        team.stdout
            .ends_with("members: [AdeleV@contoso.com, CA-Inner]\n"),
        "{}",
        team.snapshot()
    );
    let user = project.run(&["get", "user", "test-one@contoso.com"]);
    assert!(
        user.stdout.ends_with("memberOf: [CA-Inner]\n"),
        "{}",
        user.snapshot()
    );
    let inner = project.run(&["get", "group", "CA-Inner", "-o", "json"]);
    let inner: Value = serde_json::from_str(&inner.stdout).unwrap();
    assert_eq!(
        inner["objects"][0]["manifest"]["members"],
        json!(["test-one@contoso.com"])
    );
    let rule = project.run(&["get", "group", "CA-Rule"]);
    assert!(!rule.stdout.contains("members:"), "{}", rule.snapshot());
    // A table has no room for them, and asks for none.
    let table = project.run(&["get", "group", "-v"]);
    done(&table);
    assert!(!table.stderr.contains("/members"), "{}", table.snapshot());
    // What is shown is the manifest: it plans empty.
    let other = Project::of("all.yaml", [&*team.stdout, &*user.stdout].join("---\n"))
        .file(".gatewright/sandbox.json", project.tenant_file().unwrap());
    done(&other.run(&["plan", "--detailed-exitcode"]));
}

#[test]
fn what_is_not_there_is_told_with_what_is_near() {
    let project = applied("made in the portal");
    let ran = project.run(&["get", "policy", "made in the portl"]);
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    assert!(
        ran.stderr.contains("did you mean `made in the portal`?"),
        "{}",
        ran.snapshot()
    );
    assert!(
        ran.stderr.contains("nothing was shown"),
        "{}",
        ran.snapshot()
    );
}

#[test]
fn broken_manifests_keep_nobody_from_looking() {
    let project = applied("made in the portal").file("policies/broken.yaml", "kind: [\n");
    let ran = project.run(&["list"]);
    done(&ran);
    assert!(ran.stdout.contains("not known"), "{}", ran.snapshot());
    assert!(
        ran.stderr.contains("gatewright validate"),
        "{}",
        ran.snapshot()
    );
}

/// Names of tenants reach no terminal as they are, in whatever form.
#[test]
fn hostile_names_are_shown_and_do_nothing() {
    let name = "evil\u{1b}[31m\u{202e}";
    let project = applied(name);
    for line in [
        &["list"][..],
        &["list", "--color", "always"],
        &["get", "policies"],
        &["get", "policies", "-o", "names"],
        &["get", "policies", "-o", "yaml"],
        &["get", "policies", "-o", "json"],
        &["drift"],
        &["drift", "--format", "json"],
        &["drift", "--format", "markdown"],
    ] {
        let ran = project.run(line);
        done(&ran);
        let all = format!("{}{}", ran.stdout, ran.stderr).replace("\u{1b}[0m", "");
        assert!(!all.contains('\u{202e}'), "{}", ran.snapshot());
        assert!(!all.contains("evil\u{1b}"), "{}", ran.snapshot());
        assert!(all.contains("evil"), "{}", ran.snapshot());
    }
}

#[test]
fn what_no_manifest_can_describe_says_so_and_a_user_has_a_short_name() {
    let project = applied("made in the portal");
    run(async {
        let body = json!({
            "displayName": "Team", "mailEnabled": true, "mailNickname": "team",
            "securityEnabled": true, "groupTypes": ["Unified"],
        });
        project.sandbox().await.made("/groups", body).await;
    });
    let got = project.run(&["get", "group", "Team"]);
    done(&got);
    assert!(
        got.stdout.starts_with("# Only for reading"),
        "{}",
        got.snapshot()
    );
    let got = project.run(&["get", "group", "CA-Pilot"]);
    assert!(!got.stdout.contains("# Only"), "{}", got.snapshot());
    for name in ["AdeleV", "adelev@contoso.com"] {
        let got = project.run(&["get", "user", name]);
        done(&got);
        assert!(
            got.stdout.contains("adelev@contoso.com"),
            "{}",
            got.snapshot()
        );
    }
    let wrong = project.run(&["list", "locatoins"]);
    assert!(
        wrong.stderr.contains("did you mean `locations`?"),
        "{}",
        wrong.snapshot()
    );
}

/// A list of policies that `$top` cuts off has no next page, as reported of the service.
#[test]
fn as_many_as_were_asked_for_are_not_taken_for_all() {
    let policies: Vec<Value> = (0..1_005)
        .map(|n| {
            json!({"@odata.type": "#microsoft.graph.conditionalAccessPolicy", "displayName": format!("Policy {n}"), "state": "disabled",
                "conditions": {"applications": {"includeApplications": ["All"]}, "users": {"includeUsers": ["All"]}},
                "grantControls": {"operator": "OR", "builtInControls": ["mfa"]}})
        })
        .collect();
    let project = Project::new().file("seed.json", json!(policies).to_string());
    done(&project.run(&["sandbox", "seed", "seed.json"]));
    let ran = project.run(&["list", "--format", "json"]);
    let found: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(found["objects"].as_array().unwrap().len(), 1_005);
}
