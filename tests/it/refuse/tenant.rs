//! What only a tenant with certain objects shows to be wrong.

use super::shown;
use crate::common::{Project, Ran};
use crate::sandbox::Sandbox;
use serde_json::{Value, json};

const LOCATIONS: &str = "/identity/conditionalAccess/namedLocations";
const POLICIES: &str = "/identity/conditionalAccess/policies";

async fn group(sandbox: &Sandbox, name: &str) -> String {
    let nickname: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let made = sandbox
        .made(
            "/groups",
            json!({"displayName": name, "mailNickname": nickname,
                "mailEnabled": false, "securityEnabled": true}),
        )
        .await;
    id(&made)
}

fn id(made: &Value) -> String {
    made["id"].as_str().unwrap().to_owned()
}

/// The text with `[id 1]` in place of the first id, and so on.
fn without_ids(ran: &Ran, ids: &[String]) -> String {
    let mut text = ran.snapshot();
    let mut ids = ids.to_vec();
    ids.sort(); // as findings list them
    for (index, id) in ids.iter().enumerate() {
        text = text.replace(id, &format!("[id {}]", index + 1));
    }
    text
}

fn policy(users: &str) -> String {
    format!(
        "kind: ConditionalAccessPolicy
displayName: CA001
state: enabled
conditions:
  users: {{ includeUsers: [All], {users} }}
  applications: {{ includeApplications: [All] }}
grantControls: {{ operator: OR, builtInControls: [mfa] }}
"
    )
}

#[tokio::test]
async fn a_name_that_two_live_groups_have() {
    let project = Project::of("a.yaml", policy("excludeGroups: [Emergency]"))
        .file("other/b.yaml", "kind: Group\ndisplayName: Emergency\n");
    let sandbox = project.sandbox().await;
    let ids = [
        group(&sandbox, "Emergency").await,
        group(&sandbox, "Emergency").await,
    ];
    sandbox.running.stop().await;
    let reference = project.refuse(&["plan"]);
    shown!("live-two-groups-referred-to", without_ids(&reference, &ids));

    // As the object of a manifest: both ids, and a pin is asked for.
    std::fs::rename(
        project.path("other/b.yaml"),
        project.path("policies/b.yaml"),
    )
    .unwrap();
    let project = project.file("policies/a.yaml", "");
    let manifest = project.refuse(&["plan"]);
    shown!("live-two-groups-described", without_ids(&manifest, &ids));

    // The pin is the way out.
    let pinned = format!("kind: Group\nid: {}\ndisplayName: Emergency\n", ids[1]);
    let project = project.file("policies/b.yaml", pinned);
    assert_eq!(project.run(&["plan"]).code, Some(0));
}

#[tokio::test]
async fn a_former_name_that_two_live_groups_have() {
    let project = Project::of(
        "a.yaml",
        "kind: Group\ndisplayName: Emergency\nrenamedFrom: [Old one, Old two]\n",
    );
    let sandbox = project.sandbox().await;
    let ids = [
        group(&sandbox, "Old one").await,
        group(&sandbox, "Old two").await,
    ];
    sandbox.running.stop().await;
    let ran = project.refuse(&["plan"]);
    shown!("live-two-former-names", without_ids(&ran, &ids));
}

#[tokio::test]
async fn a_group_that_was_deleted() {
    let project = Project::new();
    let sandbox = project.sandbox().await;
    let deleted = group(&sandbox, "Emergency").await;
    assert_eq!(sandbox.delete(&format!("/groups/{deleted}")).await.0, 204);
    sandbox.running.stop().await;
    let project = project.file(
        "policies/a.yaml",
        policy(&format!("excludeGroups: [{deleted}]")),
    );
    let ran = project.refuse(&["plan"]);
    shown!("live-group-deleted", without_ids(&ran, &[deleted]));
}

#[tokio::test]
async fn a_location_of_another_type() {
    let project = Project::of(
        "a.yaml",
        "kind: NamedLocation\ndisplayName: Headquarters\ncountriesAndRegions: [DE]\n",
    );
    let sandbox = project.sandbox().await;
    let body = json!({"@odata.type": "#microsoft.graph.ipNamedLocation",
        "displayName": "Headquarters", "isTrusted": false,
        "ipRanges": [{"@odata.type": "#microsoft.graph.iPv4CidrRange",
            "cidrAddress": "203.0.113.0/24"}]});
    sandbox.made(LOCATIONS, body).await;
    sandbox.running.stop().await;
    // Whether the service takes it is not known, so it is told and left to be tried.
    let ran = project.run(&["plan"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    shown!("live-location-of-another-type", ran.snapshot());
}

#[tokio::test]
async fn two_live_policies_of_one_name() {
    let project = Project::of("a.yaml", policy("excludeGroups: [CA-Pilot]"));
    let sandbox = project.sandbox().await;
    let body = json!({"displayName": "CA001", "state": "disabled",
        "conditions": {"users": {"includeUsers": ["None"]},
            "applications": {"includeApplications": ["None"]}},
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]}});
    let ids = [
        id(&sandbox.made(POLICIES, body.clone()).await),
        id(&sandbox.made(POLICIES, body).await),
    ];
    sandbox.running.stop().await;
    let ran = project.refuse(&["plan"]);
    shown!("live-two-policies", without_ids(&ran, &ids));
}

#[test]
fn a_beta_only_member_on_v1() {
    let manifest = "kind: ConditionalAccessPolicy
displayName: CA001
state: enabled
conditions:
  users: { includeUsers: [All], excludeGroups: [CA-Pilot] }
  applications: { includeApplications: [Office365] }
grantControls: { operator: OR, builtInControls: [mfa] }
sessionControls:
  continuousAccessEvaluation: { mode: strictLocation }
";
    let config = |version: &str| {
        format!(
            "version: 1\nmanifests: [policies]\ntenants:\n  sandbox: {{ sandbox: .gatewright/sandbox.json, apiVersion: {version} }}\n"
        )
    };
    let project = Project::of("a.yaml", manifest).file("gatewright.yaml", config("v1.0"));
    shown!("beta-only-on-v1", project.refuse(&["plan"]).snapshot());
    for version in ["auto", "beta"] {
        let project = project_with(manifest, &config(version));
        let ran = project.run(&["plan"]);
        assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    }
}

fn project_with(manifest: &str, config: &str) -> Project {
    Project::of("a.yaml", manifest).file("gatewright.yaml", config)
}

#[tokio::test]
async fn a_refused_project_sends_no_write() {
    // One good manifest beside one whose reference resolves to nothing.
    let project = Project::of("good.yaml", "kind: Group\ndisplayName: Emergency\n")
        .file("policies/wrong.yaml", policy("excludeGroups: [Nowhere]"));
    let sandbox = project.sandbox().await;
    group(&sandbox, "Anything").await;
    sandbox.running.stop().await;
    let before = project.tenant_file();
    assert!(before.is_some());
    for arguments in [
        &["plan"][..],
        &["apply", "--yes"],
        &["apply", "--yes", "--format", "json"],
    ] {
        let ran = project.run(arguments);
        assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
        assert_eq!(project.tenant_file(), before, "{arguments:?}");
    }
    assert!(!project.path(".gatewright/runs").exists());
}

#[test]
fn an_undefined_variable_of_one_tenant_alone() {
    let config = "version: 1
manifests: [policies]
tenants:
  one: { sandbox: a.json, vars: { domain: contoso.com } }
  two: { sandbox: b.json }
";
    let manifest = "kind: TestUser\ndisplayName: Tester\nuserPrincipalName: tester@${domain}\n";
    let project = project_with(manifest, config);
    assert_eq!(project.run(&["validate", "-t", "one"]).code, Some(0));
    shown!(
        "variable-of-one-tenant",
        project.refuse(&["validate"]).snapshot()
    );
}
