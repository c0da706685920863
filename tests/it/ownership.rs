//! What a project owns, and what it leaves alone.

use gatewright::finding::{Code, Finding};
use gatewright::graph::Request;
use gatewright::model::cloud::ApiVersion;
use gatewright::model::facts::Edition;
use gatewright::plan::Plan;
use serde_json::{Value, json};

use crate::world::{World, desired, outline, run};

const POLICIES: &str = "/identity/conditionalAccess/policies";
const LOCATIONS: &str = "/identity/conditionalAccess/namedLocations";

/// A policy's manifest.
fn policy(name: &str, more: &str) -> String {
    format!(
        "kind: ConditionalAccessPolicy\ndisplayName: {name}\nstate: enabled\nconditions: {{users: {{includeUsers: [All]}}, applications: {{includeApplications: [All]}}}}\ngrantControls: {{operator: OR, builtInControls: [mfa]}}\n{more}"
    )
}

/// A policy's Graph body, as the portal would write it.
fn body(name: &str) -> Value {
    json!({
        "displayName": name, "state": "enabled",
        "conditions": {"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]}},
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
    })
}

impl World {
    async fn post(&self, path: &str, body: Value) -> String {
        let request = Request::post(Edition::V1, path, body);
        let answer = self.hand.send(&request).await.unwrap();
        answer["id"].as_str().unwrap_or_default().to_owned()
    }

    async fn patch(&self, path: &str, body: Value) {
        let request = Request::patch(Edition::V1, path, body);
        self.hand.send(&request).await.unwrap();
    }

    async fn names(&self, path: &str) -> Vec<String> {
        let answer = self.live(path).await;
        answer["value"]
            .as_array()
            .unwrap()
            .iter()
            .map(|v| v["displayName"].as_str().unwrap().to_owned())
            .collect()
    }
}

fn codes(result: Result<Plan, Vec<Finding>>) -> Vec<Code> {
    result.unwrap_err().iter().map(|f| f.code).collect()
}

#[test]
fn without_a_scope_nothing_is_deleted_and_the_rest_is_counted() {
    run(async {
        let world = World::new().await;
        world.post(POLICIES, body("Portal made")).await;
        let plan = world.plan(&desired(&policy("CA1", ""))).await;
        assert_eq!(outline(&plan), ["create ConditionalAccessPolicy CA1"]);
        assert_eq!(plan.summary().unmanaged, 1);
    });
}

#[test]
fn a_name_prefix_takes_what_begins_so_and_nothing_else() {
    run(async {
        let mut world = World::new().await;
        for name in ["CA9 old", "Portal made", "xCA"] {
            world.post(POLICIES, body(name)).await;
        }
        world.scope(json!({"ConditionalAccessPolicy": {"namePrefix": "CA"}}));
        let plan = world.apply(&desired(&policy("CA1", ""))).await;
        assert_eq!(
            outline(&plan),
            [
                "create ConditionalAccessPolicy CA1",
                "delete ConditionalAccessPolicy CA9 old"
            ]
        );
        assert_eq!(plan.summary().unmanaged, 2);
        assert_eq!(world.names(POLICIES).await, ["Portal made", "xCA", "CA1"]);
    });
}

#[test]
fn scope_all_spares_what_the_service_made() {
    run(async {
        let mut world = World::new().await;
        let location = json!({"@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "Old", "isTrusted": true,
            "ipRanges": [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "192.0.2.0/24"}]});
        world.post(LOCATIONS, location).await;
        world.scope(json!({"NamedLocation": "all", "AuthenticationStrength": "all"}));
        // A trusted location is untrusted first: the service refuses otherwise.
        let plan = world.apply(&desired(&policy("CA1", ""))).await;
        assert_eq!(
            outline(&plan),
            [
                "create ConditionalAccessPolicy CA1",
                "delete NamedLocation Old"
            ]
        );
        assert_eq!(
            world.names(LOCATIONS).await,
            ["All Compliant Network Locations"]
        );
    });
}

#[test]
fn an_empty_project_deletes_nothing() {
    run(async {
        let mut world = World::new().await;
        world.post(POLICIES, body("CA1")).await;
        world.scope(json!({"ConditionalAccessPolicy": "all"}));
        assert_eq!(
            codes(world.try_plan(&desired("")).await),
            [Code::EmptyProject]
        );
    });
}

#[test]
fn two_live_objects_of_one_name_need_a_pin() {
    run(async {
        let world = World::new().await;
        let one = world.post(POLICIES, body("Twin")).await;
        let two = world.post(POLICIES, body("Twin")).await;
        let findings = world
            .try_plan(&desired(&policy("Twin", "")))
            .await
            .unwrap_err();
        assert_eq!(findings[0].code, Code::AmbiguousObject);
        assert!(findings[0].message.contains(&one) && findings[0].message.contains(&two));
        let pinned = policy("Twin", &format!("id: {}\n", two.to_uppercase()));
        assert!(world.plan(&desired(&pinned)).await.is_empty());
        // A pin is a rename, too.
        let renamed = policy("Single", &format!("id: {two}\n"));
        let plan = world.apply(&desired(&renamed)).await;
        assert_eq!(
            outline(&plan),
            ["update ConditionalAccessPolicy Single: displayName"]
        );
        assert_eq!(world.names(POLICIES).await, ["Twin", "Single"]);
        let gone = policy("X", "id: 00000000-0000-0000-0000-00000000dead\n");
        assert_eq!(
            codes(world.try_plan(&desired(&gone)).await),
            [Code::MissingObject]
        );
    });
}

#[test]
fn a_rename_is_a_change_and_works_once() {
    run(async {
        let mut world = World::new().await;
        world.scope(json!({"ConditionalAccessPolicy": "all"}));
        world.apply(&desired(&policy("Old name", ""))).await;
        let id = world.live(POLICIES).await["value"][0]["id"].clone();
        let renamed = desired(&policy("New name", "renamedFrom: [Older name, Old name]\n"));
        let plan = world.apply(&renamed).await;
        assert_eq!(
            outline(&plan),
            ["update ConditionalAccessPolicy New name: displayName"]
        );
        assert_eq!(world.live(POLICIES).await["value"][0]["id"], id);
        assert!(world.plan(&renamed).await.is_empty());
    });
}

#[test]
fn what_another_writer_owns_is_kept_and_sent_along() {
    run(async {
        let world = World::new().await;
        let manifest = policy(
            "P",
            "ignoreChanges: [conditions.users.excludeUsers, state]\n",
        );
        world.apply(&desired(&manifest)).await;
        let found = world.live(POLICIES).await;
        let path = format!("{POLICIES}/{}", found["value"][0]["id"].as_str().unwrap());
        let adele = world.live("/users/AdeleV@contoso.com").await["id"].clone();
        world
            .patch(
                &path,
                json!({"state": "disabled", "conditions": {"users": {"includeUsers": ["All"], "excludeUsers": [adele]}}}),
            )
            .await;
        assert!(world.plan(&desired(&manifest)).await.is_empty());
        // A change beside it keeps it, although the part is sent whole.
        let changed = manifest.replace(
            "includeUsers: [All]",
            "includeUsers: [All], excludeGroups: [Sales]",
        );
        let plan = world.apply(&desired(&changed)).await;
        assert_eq!(
            outline(&plan),
            ["update ConditionalAccessPolicy P: conditions.users.excludeGroups"]
        );
        let live = world.live(&path).await;
        assert_eq!(live["conditions"]["users"]["excludeUsers"], json!([adele]));
        assert_eq!(live["state"], "disabled");
    });
}

#[test]
fn a_user_without_the_mark_is_never_touched() {
    run(async {
        let mut world = World::new().await;
        world.scope(json!({"TestUser": "all"}));
        let manifest = "kind: TestUser\ndisplayName: Adele\nuserPrincipalName: adelev\n";
        assert_eq!(
            codes(world.try_plan(&desired(manifest)).await),
            [Code::UnmarkedUser]
        );
        // In scope there are only our own.
        let one = "kind: TestUser\ndisplayName: One\nuserPrincipalName: one\n";
        let two = "kind: TestUser\ndisplayName: Two\nuserPrincipalName: two\n";
        world.apply(&desired(&format!("{one}---\n{two}"))).await;
        let before = world.live("/users?$top=999").await["value"]
            .as_array()
            .unwrap()
            .len();
        let plan = world.apply(&desired(one)).await;
        assert_eq!(outline(&plan), ["delete TestUser two@contoso.com"]);
        let after = world.live("/users?$top=999").await["value"]
            .as_array()
            .unwrap()
            .len();
        assert_eq!(before - after, 1);
    });
}

/// v1.0 lists no service principals as members, so members are read on beta; where the project
/// keeps to v1.0 such a member is refused.
#[test]
fn a_service_principal_is_a_member_like_any_other() {
    run(async {
        let mut world = World::new().await;
        let found = world
            .live("/servicePrincipals?$filter=displayName%20eq%20'Contoso%20Expenses'")
            .await;
        let id = found["value"][0]["id"].as_str().unwrap().to_owned();
        let group = |members: &str| format!("kind: Group\ndisplayName: G\nmembers: [{members}]\n");
        let both = group(&format!("adelev@contoso.com, {id}"));
        world.apply(&desired(&both)).await;
        assert!(world.plan(&desired(&both)).await.is_empty());
        let plan = world.apply(&desired(&group("adelev@contoso.com"))).await;
        assert_eq!(outline(&plan), ["update Group G: members"]);
        world.version = ApiVersion::V1;
        assert_eq!(
            codes(world.try_plan(&desired(&both)).await),
            [Code::BetaOnly]
        );
    });
}

#[test]
fn members_are_managed_only_when_they_are_listed() {
    run(async {
        let world = World::new().await;
        world.apply(&desired("kind: Group\ndisplayName: G\n")).await;
        let group = world.live("/groups?$filter=displayName%20eq%20'G'").await;
        let path = format!("/groups/{}", group["value"][0]["id"].as_str().unwrap());
        let adele = world.live("/users/AdeleV@contoso.com").await["id"].clone();
        let member = json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{}", adele.as_str().unwrap())});
        world.post(&format!("{path}/members/$ref"), member).await;
        assert!(
            world
                .plan(&desired("kind: Group\ndisplayName: G\n"))
                .await
                .is_empty()
        );
        // A test user's memberOf adds that user alone.
        let user = "kind: Group\ndisplayName: G\n---\nkind: TestUser\ndisplayName: U\nuserPrincipalName: u\nmemberOf: [G, Sales]\n";
        world.apply(&desired(user)).await;
        let members = world.live(&format!("{path}/members")).await;
        assert_eq!(members["value"].as_array().unwrap().len(), 2);
        // It leaves the project's groups that are not named any more, and no others.
        let left = user.replace("[G, Sales]", "[]");
        let plan = world.apply(&desired(&left)).await;
        assert_eq!(outline(&plan), ["update TestUser u@contoso.com: memberOf"]);
        assert!(world.plan(&desired(&left)).await.is_empty());
        let groups = world.live("/users/u@contoso.com/memberOf").await;
        assert_eq!(groups["value"][0]["displayName"], "Sales");
        // An empty list is a statement: nobody.
        let nobody = "kind: Group\ndisplayName: G\nmembers: []\n";
        let plan = world.apply(&desired(nobody)).await;
        assert_eq!(outline(&plan), ["update Group G: members"]);
        assert!(
            world.live(&format!("{path}/members")).await["value"]
                .as_array()
                .unwrap()
                .is_empty()
        );
    });
}

#[test]
fn what_is_in_use_is_not_deleted() {
    run(async {
        let mut world = World::new().await;
        let location = "kind: NamedLocation\ndisplayName: CA-L\nipRanges: [192.0.2.0/24]\n";
        let own = policy("P", "").replace(
            "applications:",
            "locations: {includeLocations: [All], excludeLocations: [CA-L]}, applications:",
        );
        world
            .apply(&desired(&format!("{location}---\n{own}")))
            .await;
        world.scope(json!({"NamedLocation": {"namePrefix": "CA-"}}));
        // The manifest of the location goes, and a policy still names it.
        assert_eq!(codes(world.try_plan(&desired(&own)).await), [Code::InUse]);
        // The policy lets go of it in the same plan: first the policy, then the location.
        let plan = world.apply(&desired(&policy("P", ""))).await;
        assert_eq!(
            outline(&plan),
            [
                "update ConditionalAccessPolicy P: conditions.locations",
                "delete NamedLocation CA-L"
            ]
        );
    });
}

#[test]
fn a_live_member_that_nobody_knows_is_told_and_kept() {
    run(async {
        let world = World::new().await;
        world.apply(&desired(&policy("P", ""))).await;
        let live = world.live(POLICIES).await["value"][0].clone();
        let mut strange = live.clone();
        strange["sessionControls"] =
            json!({"newControl": {"isEnabled": true}, "blockSensitiveActions": null});
        let read = gatewright::tenant::snapshot::Live::read(
            gatewright::model::Kind::ConditionalAccessPolicy,
            strange,
        )
        .unwrap();
        assert_eq!(read.unknown.len(), 1);
        assert_eq!(read.unknown[0].pointer, "/sessionControls/newControl");
    });
}

/// Graph gives `unknownFutureValue` for what it does not tell, and refuses to take it.
#[test]
fn a_value_that_the_service_does_not_tell_is_kept_and_never_sent() {
    use crate::common::Project;
    let policy = |state: &str, groups: &str, platforms: &str, ignored: &str| {
        format!(
            "kind: ConditionalAccessPolicy\ndisplayName: P\nstate: {state}\n{ignored}conditions:\n  users: {{ includeGroups: [{groups}] }}\n  applications: {{ includeApplications: [Office365] }}\n{platforms}grantControls: {{ operator: OR, builtInControls: [mfa] }}\n"
        )
    };
    let platforms = "  platforms: { includePlatforms: [windowsPhone] }\n";
    let ignored = "ignoreChanges: [conditions.platforms]\n";
    let project = Project::of("p.yaml", policy("disabled", "Sales", platforms, ""));
    let ran = project.run(&["apply", "--yes"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    let told = project.tenant_file().unwrap();
    assert!(told.contains("\"windowsPhone\""));
    let untold = told.replace("\"windowsPhone\"", "\"unknownFutureValue\"");
    let project = project.file(".gatewright/sandbox.json", &untold).file(
        "policies/p.yaml",
        policy("disabled", "Finance", "", ignored),
    );
    let before = project.tenant_file();
    for line in [&["plan"][..], &["apply", "--yes"]] {
        let ran = project.run(line);
        assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
        for words in [
            "`conditions.platforms.includePlatforms` of the live conditional access policy `P` is `unknownFutureValue`",
            "policies/p.yaml:4:17",
            "remove it from `ignoreChanges`",
        ] {
            assert!(ran.stderr.contains(words), "{words}\n{}", ran.snapshot());
        }
    }
    assert_eq!(before, project.tenant_file());
    // A part that does not hold it is written, and the other stays as it is.
    let other = policy("enabledForReportingButNotEnforced", "Sales", "", ignored);
    let project = project.file("policies/p.yaml", other);
    let ran = project.run(&["apply", "--yes"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    let after = project.tenant_file().unwrap();
    assert!(after.contains("unknownFutureValue") && after.contains("enabledForReporting"));
    // What is said in the manifest is written over it; and the way back is not one.
    let said = policy("enabledForReportingButNotEnforced", "Sales", platforms, "");
    let project = project.file("policies/p.yaml", said);
    let ran = project.run(&["apply", "--yes", "--allow-weakening"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    assert!(
        !project
            .tenant_file()
            .unwrap()
            .contains("unknownFutureValue")
    );
    let before = project.tenant_file();
    let ran = project.run(&["rollback", "latest", "--yes"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    assert!(
        ran.stdout
            .contains("a value that the service does not disclose"),
        "{}",
        ran.snapshot()
    );
    assert_eq!(before, project.tenant_file());
}
