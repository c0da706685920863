//! Drift: what is different in the tenant, and how it gets into the manifests.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use crate::common::{Project, Ran};
use crate::laws::{project, text};
use crate::risk::redacted;
use crate::world::run;

const POLICIES: &str = "\
# The baseline of the company.
kind: ConditionalAccessPolicy
displayName: CA1 # first
state: enabled # since March
conditions:
  applications:
    includeApplications: [All] # everything
  users:
    includeUsers:
      # everybody,
      - All
    excludeGroups:
      - Sales # until they have keys
      - Finance
grantControls:
  operator: OR
  builtInControls: [mfa] # one is enough
---
# The second one.
kind: ConditionalAccessPolicy
displayName: CA2
state: ${state}
conditions: { applications: { includeApplications: [All] }, users: { includeUsers: [All] } } # short
grantControls: { operator: OR, builtInControls: [compliantDevice] }
---
kind: ConditionalAccessPolicy
displayName: CA3
state: disabled
conditions:
  applications: { includeApplications: [Office365] }
  users: { includeUsers: [All] }
grantControls: { operator: OR, builtInControls: [mfa] }
";

const CONFIG: &str = "\
version: 1
manifests: [policies]
tenants:
  sandbox:
    sandbox: .gatewright/sandbox.json
    vars: { state: enabled }
scope:
  ConditionalAccessPolicy: { namePrefix: CA }
";

fn done(ran: &Ran) {
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
}

/// An applied project, whose tenant somebody then changes.
fn applied() -> Project {
    let project = Project::of("all.yaml", POLICIES).file("gatewright.yaml", CONFIG);
    done(&project.run(&["apply", "--yes"]));
    done(&project.run(&["drift"]));
    project
}

/// What somebody does in the portal.
fn somebody_clicks(project: &Project) {
    run(async {
        let sandbox = project.sandbox().await;
        let policies = "/identity/conditionalAccess/policies";
        let one = sandbox.id(policies, "displayName eq 'CA1'").await;
        let sales = sandbox.id("/groups", "displayName eq 'Sales'").await;
        let everybody = sandbox
            .id("/groups", "displayName eq 'All Employees'")
            .await;
        let body = json!({
            "state": "enabledForReportingButNotEnforced",
            "conditions": {
                "applications": {"includeApplications": ["All"]},
                "users": {"includeUsers": ["All"], "excludeGroups": [everybody, sales]},
                "platforms": {"includePlatforms": ["android"]},
            },
        });
        let (status, answer) = sandbox.patch(&format!("{policies}/{one}"), body).await;
        assert_eq!(status, 204, "{answer}");
        let three = sandbox.id(policies, "displayName eq 'CA3'").await;
        assert_eq!(sandbox.delete(&format!("{policies}/{three}")).await.0, 204);
        for name in ["CA9 made in the portal", "somebody else's"] {
            sandbox
                .made(
                    policies,
                    json!({
                        "displayName": name,
                        "state": "disabled",
                        "conditions": {"applications": {"includeApplications": ["All"]}, "users": {"includeUsers": ["All"]}},
                        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
                    }),
                )
                .await;
        }
    });
}

#[test]
fn drift_is_shown_from_the_tenants_side_and_exits_with_2() {
    let project = applied();
    somebody_clicks(&project);
    let ran = project.run(&["drift"]);
    assert_eq!(ran.code, Some(2));
    insta::assert_snapshot!("drift", redacted(&ran));
    let ran = project.run(&["drift", "--format", "json"]);
    assert_eq!(ran.code, Some(2));
    let found: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let seen: Vec<(&str, &str)> = found["objects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| (o["drift"].as_str().unwrap(), o["name"].as_str().unwrap()))
        .collect();
    assert_eq!(found["count"], 3);
    for wanted in [
        ("changed", "CA1"),
        ("missing", "CA3"),
        ("unmanaged", "CA9 made in the portal"),
    ] {
        assert!(seen.contains(&wanted), "{wanted:?} in {seen:?}");
    }
}

#[test]
fn adopting_changes_what_differs_and_keeps_the_rest_to_the_letter() {
    let project = applied();
    somebody_clicks(&project);
    let before = std::fs::read_to_string(project.path("policies/all.yaml")).unwrap();
    let ran = project.run(&["drift", "--adopt", "--dry-run", "--allow-weakening"]);
    assert_eq!(ran.code, Some(2), "{}", ran.snapshot());
    insta::assert_snapshot!("dry_run", ran.snapshot());
    assert_eq!(
        before,
        std::fs::read_to_string(project.path("policies/all.yaml")).unwrap()
    );
    let ran = project.run(&["drift", "--adopt", "--allow-weakening"]);
    // CA3 is missing in the tenant, and its manifest stays until somebody says otherwise.
    assert_eq!(ran.code, Some(2), "{}", ran.snapshot());
    insta::assert_snapshot!("adopt", ran.snapshot());
    let after = std::fs::read_to_string(project.path("policies/all.yaml")).unwrap();
    insta::assert_snapshot!("adopted", after);
    let ran = project.run(&["drift", "--adopt", "--prune", "--allow-weakening"]);
    done(&ran);
    done(&project.run(&["drift"]));
    let pruned = std::fs::read_to_string(project.path("policies/all.yaml")).unwrap();
    assert!(!pruned.contains("CA3"), "{pruned}");
    assert!(pruned.contains("# The second one."), "{pruned}");
    // And nobody else's policy came in.
    assert_eq!(
        std::fs::read_dir(project.path("policies")).unwrap().count(),
        2
    );
}

/// Somebody takes the break-glass group out of a policy's exclusions: no green light, and no
/// commit that hides it.
#[test]
fn what_takes_protection_in_the_portal_is_judged_and_adopted_by_consent_alone() {
    let policies = "\
kind: Group
displayName: CA-BreakGlass
members: [breakglass1@contoso.com, breakglass2@contoso.com]
---
kind: ConditionalAccessPolicy
displayName: CA1
state: enabled
conditions:
  applications: { includeApplications: [All] }
  users: { includeUsers: [All], excludeGroups: [CA-BreakGlass] }
grantControls: { operator: OR, builtInControls: [mfa] }
";
    let project = Project::of("all.yaml", policies).file(
        "guards.yaml",
        "breakGlass: { groups: [CA-BreakGlass], users: [breakglass1, breakglass2] }\n",
    );
    done(&project.allowing_anything(&["apply", "--yes"]));
    done(&project.run(&["drift"]));
    let click = |body: serde_json::Value| {
        run(async {
            let sandbox = project.sandbox().await;
            let policies = "/identity/conditionalAccess/policies";
            let one = sandbox.id(policies, "displayName eq 'CA1'").await;
            let (status, answer) = sandbox.patch(&format!("{policies}/{one}"), body).await;
            assert_eq!(status, 204, "{answer}");
        });
    };
    let users = |excluded: serde_json::Value| json!({"conditions": {"applications": {"includeApplications": ["All"]}, "users": {"includeUsers": ["All"], "excludeGroups": excluded}}});
    click(users(json!([])));
    let ran = project.run(&["drift"]);
    assert_eq!(ran.code, Some(2), "{}", ran.snapshot());
    assert!(
        ran.stdout.contains("Guard refused: break-glass"),
        "{}",
        ran.snapshot()
    );
    let before = std::fs::read_to_string(project.path("policies/all.yaml")).unwrap();
    let unchanged =
        || before == std::fs::read_to_string(project.path("policies/all.yaml")).unwrap();
    for line in [
        &["drift", "--adopt"][..],
        &["drift", "--adopt", "--format", "json"],
        &["drift", "--adopt", "--allow-weakening"],
    ] {
        let ran = project.run(line);
        assert_eq!(ran.code, Some(3), "{}", ran.snapshot());
        assert!(unchanged());
    }
    // A change that lets more people pass without MFA needs the same consent as an apply.
    let everyone = run(async {
        project
            .sandbox()
            .await
            .id("/groups", "displayName eq 'All Employees'")
            .await
    });
    let own = run(async {
        project
            .sandbox()
            .await
            .id("/groups", "displayName eq 'CA-BreakGlass'")
            .await
    });
    click(users(json!([own, everyone])));
    let ran = project.run(&["drift", "--format", "json"]);
    assert_eq!(ran.code, Some(2), "{}", ran.snapshot());
    let found: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        found["objects"][0]["effect"]["class"], "weaker",
        "{found:#}"
    );
    assert_eq!(found["guards"][0]["guard"], "weakening", "{found:#}");
    let ran = project.run(&["drift", "--adopt"]);
    assert_eq!(ran.code, Some(3), "{}", ran.snapshot());
    assert!(unchanged());
    done(&project.run(&["drift", "--adopt", "--allow-weakening"]));
    done(&project.run(&["drift"]));
}

/// A new policy in the portal is never passed over in silence, whatever the scope is.
#[test]
fn a_policy_outside_of_the_scope_is_named() {
    let project = Project::of("all.yaml", POLICIES.replace("${state}", "enabled"));
    done(&project.run(&["apply", "--yes"]));
    run(async {
        let body = json!({
            "displayName": "made in the portal",
            "state": "enabled",
            "conditions": {"applications": {"includeApplications": ["All"]}, "users": {"includeUsers": ["All"]}},
            "grantControls": {"operator": "OR", "builtInControls": ["block"]},
        });
        let policies = "/identity/conditionalAccess/policies";
        project.sandbox().await.made(policies, body).await;
    });
    let ran = project.run(&["drift"]);
    done(&ran);
    assert!(!ran.stdout.contains("No drift."), "{}", ran.snapshot());
    insta::assert_snapshot!("unmanaged", redacted(&ran));
    assert!(
        ran.stdout.contains("made in the portal"),
        "{}",
        ran.snapshot()
    );
    assert!(!ran.stdout.contains(" 0 "), "{}", ran.snapshot());
    let ran = project.run(&["drift", "--format", "markdown"]);
    assert!(
        ran.stdout.contains("`made in the portal`"),
        "{}",
        ran.snapshot()
    );
    let ran = project.run(&["drift", "--format", "json"]);
    let found: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        found["unmanaged"]["ConditionalAccessPolicy"],
        json!(["made in the portal"])
    );
}

#[test]
fn drift_that_cannot_begin_says_so_in_its_own_words() {
    let project = applied();
    let ran = project.run(&["drift", "-t", "nowhere"]);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stderr.contains("nothing was compared"),
        "{}",
        ran.snapshot()
    );
}

#[test]
fn a_variable_that_is_written_over_is_said() {
    let project = applied();
    run(async {
        let sandbox = project.sandbox().await;
        let policies = "/identity/conditionalAccess/policies";
        let two = sandbox.id(policies, "displayName eq 'CA2'").await;
        let body = json!({"state": "disabled"});
        assert_eq!(
            sandbox.patch(&format!("{policies}/{two}"), body).await.0,
            204
        );
    });
    let ran = project.run(&["drift", "--adopt", "--allow-weakening"]);
    done(&ran);
    assert!(ran.stderr.contains("${state}"), "{}", ran.snapshot());
    let text = std::fs::read_to_string(project.path("policies/all.yaml")).unwrap();
    assert!(text.contains("state: disabled\nconditions: {"), "{text}");
}

#[test]
fn a_last_manifest_that_is_pruned_takes_its_file_along() {
    let project = Project::of("keep.yaml", POLICIES)
        .file("gatewright.yaml", CONFIG)
        .file(
            "policies/one.yaml",
            "kind: NamedLocation\ndisplayName: L\nipRanges: [203.0.113.0/24]\n",
        );
    done(&project.run(&["apply", "--yes"]));
    run(async {
        let sandbox = project.sandbox().await;
        let locations = "/identity/conditionalAccess/namedLocations";
        let one = sandbox.id(locations, "displayName eq 'L'").await;
        assert_eq!(sandbox.delete(&format!("{locations}/{one}")).await.0, 204);
    });
    done(&project.run(&["drift", "--adopt", "--prune"]));
    assert!(!project.path("policies/one.yaml").exists());
    done(&project.run(&["drift"]));
}

/// A rename in the portal is a rename of the manifest, also where more changed than the name: the
/// journal knows the object by its id.
#[test]
fn what_was_renamed_in_the_portal_is_adopted_as_a_rename() {
    for more in [
        json!({}),
        json!({"state": "enabledForReportingButNotEnforced"}),
    ] {
        let project = applied();
        let mut body = json!({"displayName": "CA3 renamed"});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        run(async {
            let sandbox = project.sandbox().await;
            let policies = "/identity/conditionalAccess/policies";
            let one = sandbox.id(policies, "displayName eq 'CA3'").await;
            let (status, answer) = sandbox
                .patch(&format!("{policies}/{one}"), body.clone())
                .await;
            assert_eq!(status, 204, "{answer}");
        });
        let ran = project.run(&["drift"]);
        assert_eq!(ran.code, Some(2), "{}", ran.snapshot());
        let row = "renamed to \"CA3 renamed\"";
        assert!(ran.stdout.contains(row), "{}", ran.snapshot());
        // The table says all of a mere rename.
        let below = "\"CA3\" is called \"CA3 renamed\" in the tenant";
        let is_mere = more.as_object().unwrap().is_empty();
        assert_eq!(ran.stdout.contains(below), !is_mere, "{}", ran.snapshot());
        assert!(ran.stdout.contains("1 renamed\n"), "{}", ran.snapshot());
        let found = project.run(&["drift", "--format", "json"]);
        let found: serde_json::Value = serde_json::from_str(&found.stdout).unwrap();
        assert_eq!(found["objects"][0]["drift"], "renamed");
        assert_eq!(found["objects"][0]["liveName"], "CA3 renamed");
        crate::common::fits(&found, "drift.schema.json");
        let ran = project.run(&["drift", "--adopt", "--allow-weakening"]);
        done(&ran);
        assert!(
            ran.stdout.contains("\"CA3\" renamed\n"),
            "{}",
            ran.snapshot()
        );
        let after = std::fs::read_to_string(project.path("policies/all.yaml")).unwrap();
        assert!(after.contains("displayName: CA3 renamed\n"), "{after}");
        assert!(after.contains("# The second one."), "{after}");
        assert_eq!(
            std::fs::read_dir(project.path("policies")).unwrap().count(),
            1
        );
        done(&project.run(&["drift"]));
    }
}

/// Whoever refers to what was renamed refers to it by its new name.
#[test]
fn what_refers_to_a_renamed_object_follows_it() {
    let manifests = "\
kind: NamedLocation
displayName: HQ # the head office
ipRanges: [203.0.113.0/24]
---
kind: ConditionalAccessPolicy
displayName: CA1
state: disabled
conditions:
  applications: { includeApplications: [All] }
  users: { includeUsers: [All] }
  locations:
    includeLocations: [All]
    excludeLocations:
      - HQ # they are known there
grantControls: { operator: OR, builtInControls: [mfa] }
";
    let project = Project::of("all.yaml", manifests);
    done(&project.run(&["apply", "--yes"]));
    run(async {
        let sandbox = project.sandbox().await;
        let locations = "/identity/conditionalAccess/namedLocations";
        let one = sandbox.id(locations, "displayName eq 'HQ'").await;
        let body = json!({"@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "Head office"});
        let (status, answer) = sandbox.patch(&format!("{locations}/{one}"), body).await;
        assert_eq!(status, 204, "{answer}");
    });
    done(&project.run(&["drift", "--adopt"]));
    let after = std::fs::read_to_string(project.path("policies/all.yaml")).unwrap();
    assert_eq!(
        after,
        manifests
            .replace("displayName: HQ #", "displayName: Head office #")
            .replace("- HQ #", "- Head office #")
    );
    done(&project.run(&["drift"]));
}

/// Somebody removes a manifest, and no scope covers its policy: that is no silence.
#[test]
fn a_policy_whose_manifest_was_removed_is_told_with_the_way_out() {
    let project = Project::of("all.yaml", POLICIES.replace("${state}", "enabled"));
    done(&project.run(&["apply", "--yes"]));
    let documents = POLICIES.replace("${state}", "enabled");
    let two: Vec<&str> = documents.split("---\n").take(2).collect();
    let project = project.file("policies/all.yaml", two.join("---\n"));
    for line in [
        &["plan"][..],
        &["drift"],
        &["drift", "--format", "markdown"],
    ] {
        let ran = project.run(line);
        done(&ran);
        assert!(
            ran.stdout.contains("`CA3` was managed by this project"),
            "{}",
            ran.snapshot()
        );
        // It is said once, with the way out: no table of the unmanaged names it again.
        assert!(
            !ran.stdout.contains("Unmanaged, outside"),
            "{}",
            ran.snapshot()
        );
    }
    let ran = project.run(&["drift", "--format", "json"]);
    let found: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        found["unmanagedObjects"][0]["name"],
        "CA3",
        "{}",
        ran.snapshot()
    );
    let ran = project.run(&["drift"]);
    assert!(
        ran.stdout.contains("`gatewright drift --adopt CA3`"),
        "{}",
        ran.snapshot()
    );
    done(&project.run(&["drift", "--adopt", "CA3"]));
    let ran = project.run(&["drift"]);
    done(&ran);
    assert!(!ran.stdout.contains("was managed"), "{}", ran.snapshot());
    // What somebody else made was never managed.
    somebody_clicks(&project);
    let ran = project.run(&["drift"]);
    assert!(!ran.stdout.contains("was managed"), "{}", ran.snapshot());
}

#[test]
fn drift_looks_at_the_objects_that_are_named() {
    let project = applied();
    somebody_clicks(&project);
    let ran = project.run(&["drift", "CA1"]);
    assert_eq!(ran.code, Some(2), "{}", ran.snapshot());
    assert!(ran.stdout.contains("\"CA1\""), "{}", ran.snapshot());
    assert!(
        !ran.stdout.contains("CA3") && !ran.stdout.contains("CA9"),
        "{}",
        ran.snapshot()
    );
    done(&project.run(&["drift", "CA2"]));
    let ran = project.run(&["drift", "CA11"]);
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    assert!(ran.stderr.contains("has a `CA11`"), "{}", ran.snapshot());
    assert!(
        ran.stderr.contains("did you mean `CA1`?"),
        "{}",
        ran.snapshot()
    );
    // The one alone, and one that the scope does not cover.
    let ran = project.run(&[
        "drift",
        "--adopt",
        "CA1",
        "somebody else's",
        "--allow-weakening",
    ]);
    done(&ran);
    assert!(
        project.path("policies/somebody-else-s.yaml").exists(),
        "{}",
        ran.snapshot()
    );
    let ran = project.run(&["drift"]);
    assert_eq!(ran.code, Some(2), "{}", ran.snapshot());
    assert!(
        ran.stdout.contains("1 missing, 1 unmanaged\n"),
        "{}",
        ran.snapshot()
    );
}

/// A person in the portal, and somebody who may not read who it was.
#[tokio::test(flavor = "multi_thread")]
async fn who_changed_what_is_told_and_a_refusal_costs_a_note() {
    use crate::permissions::{app, on_a_tenant, token};
    let reads = &[
        "Policy.Read.All",
        "Organization.Read.All",
        "GroupMember.Read.All",
        "User.Read.All",
        "Application.Read.All",
        "Directory.Read.All",
    ];
    let policy = POLICIES.split("---\n").next().unwrap();
    let (sandbox, project) = on_a_tenant(policy, &token(json!({}))).await;
    let ran = |line: &'static [&'static str]| tokio::task::block_in_place(|| project.run(line));
    done(&ran(&["apply", "--yes"]));
    let policies = "/identity/conditionalAccess/policies";
    let one = sandbox.id(policies, "displayName eq 'CA1'").await;
    let megan = token(json!({"upn": "MeganB@contoso.com"}));
    let (status, answer) = sandbox
        .send(
            sandbox
                .client
                .patch(format!("{}/v1.0{policies}/{one}", sandbox.running.url()))
                .bearer_auth(megan)
                .json(&json!({"state": "disabled"})),
        )
        .await;
    assert_eq!(status, 204, "{answer}");
    let told = ran(&["drift"]);
    assert_eq!(told.code, Some(2), "{}", told.snapshot());
    let by = "by MeganB@contoso.com (Update conditional access policy)";
    assert!(told.stdout.contains(by), "{}", told.snapshot());
    let told = ran(&["drift", "--format", "markdown"]);
    assert!(told.stdout.contains(by), "{}", told.snapshot());
    let told = ran(&["drift", "--format", "json"]);
    let found: serde_json::Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(found["objects"][0]["changedBy"], "MeganB@contoso.com");
    crate::common::fits(&found, "drift.schema.json");

    let project = project.env("TOKEN", &app(&reads[..5]));
    let told = tokio::task::block_in_place(|| project.run(&["drift"]));
    assert_eq!(told.code, Some(2), "{}", told.snapshot());
    assert!(
        told.stdout.contains("\"CA1\" differs from its manifest"),
        "{}",
        told.snapshot()
    );
    let text = told.snapshot();
    assert_eq!(
        text.matches("it is not known who changed what").count(),
        1,
        "{text}"
    );
    assert!(text.contains("AuditLog.Read.All"), "{text}");
    assert!(
        text.contains("last changed"),
        "when it was is known all the same: {text}"
    );
}

/// One is undone, one adopted, one goes with its manifest, one is left; nothing before the end.
#[cfg(target_os = "linux")]
#[test]
fn what_becomes_of_each_object_is_asked_at_a_terminal() {
    let project = applied();
    somebody_clicks(&project);
    let manifests = || std::fs::read_to_string(project.path("policies/all.yaml")).unwrap();
    let before = (project.tenant_file(), manifests());
    let unchanged = || (project.tenant_file(), manifests()) == before;
    // Somebody who thinks better of it, and somebody whose input ends.
    for (last, code) in [(Some("q"), 2), (None, 1)] {
        let mut asked = 0;
        let (ended, shown) = project.run_at_a_terminal(&["drift", "-i"], |_| {
            asked += 1;
            match asked {
                1 => Some("x"),
                4 => last,
                _ => Some("adopt"),
            }
        });
        assert_eq!(ended, Some(code), "{shown}");
        let wrong = "Not an answer; type one of `a`, `u`, `i`, `q`.\n";
        assert_eq!(shown.matches(wrong).count(), 1, "{shown}");
        match last {
            Some(_) => assert!(shown.ends_with("Nothing was written.\n"), "{shown}"),
            None => assert!(shown.contains("[q]uit: \nerror"), "{shown}"),
        }
        assert!(unchanged(), "{shown}");
    }
    // What a guard refuses is refused before anything is written.
    let adopt = |line: &str| match line {
        line if line.contains("\"CA1\"") => Some("a"),
        line if line.contains("[u]ndo") => Some("u"),
        _ => Some("i"),
    };
    let (ended, shown) = project.run_at_a_terminal(&["drift", "-i"], adopt);
    assert_eq!(ended, Some(3), "{shown}");
    assert!(
        shown.contains("Refused by the guard weakening; nothing was written"),
        "{shown}"
    );
    assert!(unchanged(), "{shown}");
    let choose = |line: &str| {
        Some(match line {
            line if line.contains("Type `yes`") => "yes",
            line if line.contains("\"CA1\"") => "u",
            line if line.contains("\"CA3\"") => "a",
            line if line.contains("\"CA9 made in the portal\"") => "a",
            _ => "i",
        })
    };
    let line = ["drift", "-i", "--allow", "promotion"];
    let (ended, shown) = project.run_at_a_terminal(&line, choose);
    assert_eq!(ended, Some(2), "{shown}");
    assert!(
        shown.contains("2 to adopt, 1 to undo in sandbox (Contoso, contoso.com), 1 left"),
        "{shown}"
    );
    let after = manifests();
    assert!(
        !after.contains("CA3") && after.contains("# The second one."),
        "{after}"
    );
    assert!(
        project
            .path("policies/CA9-made-in-the-portal.yaml")
            .exists(),
        "{shown}"
    );
    let ran = project.run(&["drift"]);
    done(&ran);
    assert!(ran.stdout.contains("somebody else's"), "{}", ran.snapshot());
}

/// What is undone comes with what it needs and is not there, as `apply NAME` does it, and with nothing
/// else.
#[cfg(target_os = "linux")]
#[test]
fn an_undo_is_limited_as_an_apply_of_names_is() {
    let locations = "/identity/conditionalAccess/namedLocations";
    let policies = "/identity/conditionalAccess/policies";
    let project = Project::of(
        "all.yaml",
        "\
kind: NamedLocation
displayName: HQ
ipRanges: [203.0.113.0/24]
---
kind: NamedLocation
displayName: Branch
ipRanges: [198.51.100.0/24]
---
kind: ConditionalAccessPolicy
displayName: CA1
state: disabled
conditions:
  applications: { includeApplications: [All] }
  users: { includeUsers: [All] }
  locations: { includeLocations: [All], excludeLocations: [HQ] }
grantControls: { operator: OR, builtInControls: [mfa] }
",
    );
    done(&project.run(&["apply", "--yes"]));
    run(async {
        let sandbox = project.sandbox().await;
        for (path, name) in [(policies, "CA1"), (locations, "HQ"), (locations, "Branch")] {
            let id = sandbox.id(path, &format!("displayName eq '{name}'")).await;
            assert_eq!(sandbox.delete(&format!("{path}/{id}")).await.0, 204);
        }
    });
    let choose = |line: &str| {
        Some(match line {
            line if line.contains("Type `yes`") => "yes",
            line if line.contains("\"CA1\"") => "u",
            _ => "i",
        })
    };
    let (ended, shown) = project.run_at_a_terminal(&["drift", "-i"], choose);
    assert_eq!(ended, Some(2), "{shown}");
    assert!(!shown.contains("another process"), "{shown}");
    assert!(!shown.contains("--interactive"), "{shown}");
    let (before, after) = shown.split_once("left as is: continue?").unwrap();
    assert!(
        before.contains("2 to create"),
        "the plan is seen first: {shown}"
    );
    assert!(!after.contains("2 to create"), "and once: {shown}");
    let limited = "Limited to `CA1` and what it needs: 2 of 3 manifests.";
    assert!(shown.contains(limited), "{shown}");
    assert!(shown.contains("Applied: 2 created"), "{shown}");
    let ran = project.run(&["drift"]);
    assert_eq!(ran.code, Some(2), "{}", ran.snapshot());
    assert!(
        ran.stdout.contains("\"Branch\" is missing in the tenant"),
        "{}",
        ran.snapshot()
    );
    assert!(
        ran.stdout.contains("Drift: 1 missing\n"),
        "{}",
        ran.snapshot()
    );
}

#[test]
fn nobody_is_asked_without_a_terminal() {
    let project = applied();
    somebody_clicks(&project);
    let before = project.tenant_file();
    let ran = project.run(&["drift", "--interactive"]);
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    assert!(
        ran.stderr.contains("there is no terminal to ask on"),
        "{}",
        ran.snapshot()
    );
    assert_eq!(project.tenant_file(), before);
    let ran = project.run(&["drift", "--interactive", "--format", "json"]);
    assert_eq!(ran.code, Some(64), "{}", ran.snapshot());
}

/// Names of files come from pull requests.
#[cfg(unix)]
#[test]
fn the_name_of_a_file_reaches_no_terminal_as_it_is() {
    let name = "policies/bell\u{7}\nCA7 is fine.yaml";
    let project = applied();
    somebody_clicks(&project);
    let manifests = std::fs::read_to_string(project.path("policies/all.yaml")).unwrap();
    std::fs::remove_file(project.path("policies/all.yaml")).unwrap();
    let project = project.file(name, manifests);
    let quiet = |arguments: &[&str]| {
        let ran = project.run(arguments);
        let all = format!("{}{}", ran.stdout, ran.stderr);
        assert!(all.contains(r"bell\u{7}\u{a}CA7"), "{}", ran.snapshot());
        assert!(!all.contains('\u{7}'), "{}", ran.snapshot());
        assert!(!all.contains("\nCA7"), "{}", ran.snapshot());
    };
    quiet(&["drift", "--color", "always"]);
    quiet(&["drift", "--adopt", "--dry-run"]);
    quiet(&["drift", "--adopt", "--dry-run", "--allow-weakening"]);
    quiet(&["plan"]);
    let broken = project.file(name, "kind: [\n");
    let ran = broken.run(&["validate", "--color", "always"]);
    assert!(!ran.stderr.contains('\u{7}'), "{}", ran.snapshot());
}

/// A group that lists its members rules over the `memberOf` of its users: what it has taken
/// over is not taken out of the user's list.
#[test]
fn a_membership_that_the_group_rules_over_survives_the_adoption_of_its_user() {
    let group = "kind: Group\ndisplayName: CA-Group\nmembers: []\n---\n";
    let user = "kind: TestUser\ndisplayName: Test\nuserPrincipalName: test-one\n";
    let before = format!("{group}{user}memberOf:\n  - CA-Group # first\n");
    let project = Project::of("all.yaml", &before).file("gatewright.yaml", CONFIG);
    done(&project.run(&["apply", "--yes"]));
    // As if somebody had taken the user out of Finance.
    let project = project.file("policies/all.yaml", format!("{before}  - Finance\n"));
    done(&project.run(&["drift", "--adopt"]));
    done(&project.run(&["drift"]));
    let after = std::fs::read_to_string(project.path("policies/all.yaml")).unwrap();
    assert_eq!(after, before);
}

/// The group takes the one item out of the user's list, the user's own difference the other.
#[test]
fn a_user_that_left_two_groups_at_once_leaves_both_in_the_manifest() {
    let project = |groups: &str| {
        let group = "kind: Group\ndisplayName: CA-Group\nmembers: [] # fixed\n---\n";
        let plain = "kind: Group\ndisplayName: Plain\n---\n";
        let user = "kind: TestUser\ndisplayName: Test\nuserPrincipalName: test-one\n";
        format!("{group}{plain}{user}memberOf: # all\n{groups}")
    };
    let all = project("  - CA-Group # first\n  - Finance # second\n  - Plain # third\n");
    let mine = Project::of("all.yaml", &all).file("gatewright.yaml", CONFIG);
    done(&mine.run(&["apply", "--yes"]));
    let left = project("  - Finance # second\n");
    let theirs = Project::of("all.yaml", &left)
        .file("gatewright.yaml", CONFIG)
        .file(".gatewright/sandbox.json", mine.tenant_file().unwrap());
    done(&theirs.run(&["apply", "--yes"]));
    let mine = mine.file(".gatewright/sandbox.json", theirs.tenant_file().unwrap());
    done(&mine.run(&["drift", "--adopt"]));
    done(&mine.run(&["drift"]));
    let after = std::fs::read_to_string(mine.path("policies/all.yaml")).unwrap();
    assert_eq!(after, left);
}

/// Who says that it is in a group need not be named there.
#[test]
fn a_group_does_not_name_who_is_in_it_by_a_manifest_of_their_own() {
    let user =
        "kind: TestUser\ndisplayName: Test\nuserPrincipalName: test-one\nmemberOf: [CA-Group]\n";
    let project = |members: &str| {
        format!("kind: Group\ndisplayName: CA-Group\nmembers: [{members}]\n---\n{user}")
    };
    let mine = Project::of("all.yaml", project("AdeleV@contoso.com"));
    done(&mine.run(&["apply", "--yes"]));
    let after = project("AdeleV@contoso.com, MeganB@contoso.com");
    let theirs = Project::of("all.yaml", &after)
        .file(".gatewright/sandbox.json", mine.tenant_file().unwrap());
    done(&theirs.run(&["apply", "--yes"]));
    let mine = mine.file(".gatewright/sandbox.json", theirs.tenant_file().unwrap());
    done(&mine.run(&["drift", "--adopt"]));
    done(&mine.run(&["drift"]));
    let now = std::fs::read_to_string(mine.path("policies/all.yaml")).unwrap();
    assert_eq!(now, after);
}

/// What no manifest describes and no scope covers is no drift, also where it is asked for by its
/// name; and there is a way to keep it, not one to undo it.
#[test]
fn an_unmanaged_object_outside_the_scope_is_no_drift_by_its_name() {
    let project = applied();
    somebody_clicks(&project);
    let name = "somebody else's";
    let ran = project.run(&["drift", name]);
    done(&ran);
    assert!(
        ran.stdout.contains(": 1 unmanaged, outside the scope.\n"),
        "{}",
        ran.snapshot()
    );
    assert!(
        ran.stdout.contains("gatewright drift --adopt NAME"),
        "{}",
        ran.snapshot()
    );
    assert!(
        !ran.stdout.contains("gatewright apply"),
        "{}",
        ran.snapshot()
    );
    let ran = project.run(&["drift", "CA1"]);
    assert_eq!(ran.code, Some(2), "{}", ran.snapshot());
    for command in ["drift --adopt CA1", "apply CA1", "drift --interactive CA1"] {
        assert!(
            ran.stdout.contains(&format!("`gatewright {command}`")),
            "{}",
            ran.snapshot()
        );
    }
    done(&project.run(&["drift", "--adopt", name]));
    assert!(project.path("policies/somebody-else-s.yaml").exists());
}

/// One manifest that cannot be edited is told of once, at its line, with the way around it.
#[test]
fn one_manifest_that_cannot_be_edited_is_one_error() {
    let policy = |name: &str| {
        format!(
            "kind: ConditionalAccessPolicy\n{name}\nstate: disabled\nconditions:\n  applications: {{includeApplications: [All]}}\n  users: {{includeUsers: [All]}}\ngrantControls: {{operator: OR, builtInControls: [mfa]}}\n"
        )
    };
    let of = |state: &str| {
        let names = [
            "? displayName\n: CA0",
            "displayName: CA1",
            "displayName: CA2",
        ];
        names
            .map(policy)
            .join("---\n")
            .replace("state: disabled", state)
    };
    let odd = of("state: disabled").replacen("state: disabled", "? state\n: disabled", 1);
    let mine = Project::of("all.yaml", &odd);
    done(&mine.run(&["apply", "--yes"]));
    let theirs = Project::of("all.yaml", of("state: enabledForReportingButNotEnforced"))
        .file(".gatewright/sandbox.json", mine.tenant_file().unwrap());
    done(&theirs.run(&["apply", "--yes"]));
    let mine = mine.file(".gatewright/sandbox.json", theirs.tenant_file().unwrap());
    let ran = mine.run(&["drift", "--adopt"]);
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    assert_eq!(ran.findings().len(), 1, "{}", ran.snapshot());
    assert!(
        ran.stderr.contains("policies/all.yaml:5:3"),
        "{}",
        ran.snapshot()
    );
    assert!(
        ran.stderr.contains("drift --adopt NAME..."),
        "{}",
        ran.snapshot()
    );
    done(&mine.run(&["drift", "--adopt", "CA1", "CA2"]));
    assert_eq!(mine.run(&["drift"]).code, Some(2));
}

/// The lines of each document, told by the keys above them, with their comments.
fn documents(text: &str) -> Vec<BTreeMap<(String, String), String>> {
    let document = |text: &str| {
        let mut above: Vec<(usize, String)> = Vec::new();
        let mut lines = BTreeMap::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (content, comment) = line.split_once(" # at ").unwrap_or((line, ""));
            let bare = content.trim_start();
            // An item stands below its key, and as far left as it.
            let depth = 2 * (content.len() - bare.len()) + usize::from(bare.starts_with('-'));
            above.retain(|(other, _)| *other < depth);
            let path: Vec<&str> = above.iter().map(|(_, key)| key.as_str()).collect();
            lines.insert((path.join("/"), bare.to_owned()), comment.to_owned());
            above.push((depth, bare.to_owned()));
        }
        lines
    };
    text.split("---\n").map(document).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 20, ..ProptestConfig::default() })]

    /// Whatever a tenant became, the manifests say it after an adoption, and every comment
    /// that stands on a line which did not change is still there.
    #[test]
    fn an_adoption_ends_drift_and_keeps_comments(first in project(), second in project()) {
        let commented: String = text(&first)
            .lines()
            .enumerate()
            .map(|(number, line)| match line.starts_with("---") {
                true => format!("{line}\n# above {number}\n"),
                false => format!("{line} # at {number}\n"),
            })
            .collect();
        let mine = Project::of("all.yaml", &commented);
        let ran = mine.apply_anything();
        prop_assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
        let theirs = Project::of("all.yaml", text(&second))
            .file(".gatewright/sandbox.json", mine.tenant_file().unwrap());
        let ran = theirs.apply_anything();
        prop_assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
        let mine = mine.file(".gatewright/sandbox.json", theirs.tenant_file().unwrap());
        let ran = mine.allowing_anything(&["drift", "--adopt"]);
        prop_assert_eq!(ran.code, Some(0), "{}\n{}", ran.snapshot(), commented);
        let ran = mine.run(&["drift"]);
        prop_assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
        let after = std::fs::read_to_string(mine.path("policies/all.yaml")).unwrap();
        for ((before, after), number) in documents(&commented).iter().zip(documents(&after)).zip(0..) {
            for (line, comment) in before {
                prop_assert!(
                    after.get(line).is_none_or(|now| now == comment),
                    "document {number}: {line:?} had {comment:?} and has {:?}", after.get(line)
                );
            }
        }
        for line in commented.lines().filter(|line| line.starts_with("# above")) {
            prop_assert!(after.contains(line), "{} is gone\n{}", line, after);
        }
    }
}
