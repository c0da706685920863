//! What makes a saved plan stale, and what does not: one change by another hand each.

use gatewright::graph::Request;
use gatewright::graph::request::encode;
use gatewright::model::facts::Edition;
use serde_json::{Value, json};

use super::{load, moved, saved};
use crate::world::{World, desired, run};

const POLICIES: &str = "/identity/conditionalAccess/policies";
const LOCATIONS: &str = "/identity/conditionalAccess/namedLocations";

/// What the tenant has when the plan is made, besides its seed.
const BEFORE: &str = r"
kind: Group
displayName: Managed
members: [adelev@contoso.com]
---
kind: Group
displayName: Open
---
kind: NamedLocation
displayName: Offices
ipRanges: [192.0.2.0/24]
---
kind: NamedLocation
displayName: Old
ipRanges: [198.51.100.0/24]
---
kind: ConditionalAccessPolicy
displayName: CA001
state: enabled
conditions:
  users: { includeUsers: [All], excludeGroups: [Managed, Open] }
  applications: { includeApplications: [All] }
  locations: { includeLocations: [All], excludeLocations: [Offices] }
grantControls: { operator: OR, builtInControls: [mfa] }
---
kind: ConditionalAccessPolicy
displayName: CA002
state: disabled
conditions:
  users: { includeUsers: [AlexW@contoso.com], includeGroups: [Sales] }
  applications: { includeApplications: [Office365] }
grantControls: { operator: OR, builtInControls: [mfa] }
---
kind: ConditionalAccessPolicy
displayName: Of others
state: disabled
conditions:
  users: { includeUsers: [All] }
  applications: { includeApplications: [All] }
  locations: { includeLocations: [AllTrusted, Theirs] }
grantControls: { operator: OR, builtInControls: [mfa] }
---
kind: NamedLocation
displayName: Theirs
ipRanges: [203.0.113.0/24]
";

/// What the project says then: CA001 changes, CA003 and the user are new, Old goes.
fn next() -> String {
    let ours = BEFORE.split("---\nkind: ConditionalAccessPolicy\ndisplayName: Of others");
    let ours = ours.into_iter().next().unwrap();
    let ours = ours
        .replace("state: enabled", "state: enabledForReportingButNotEnforced")
        .replace(
            "kind: NamedLocation\ndisplayName: Old\nipRanges: [198.51.100.0/24]\n---\n",
            "",
        );
    format!(
        "{ours}---\nkind: TestUser\ndisplayName: U\nuserPrincipalName: u\n---\nkind: ConditionalAccessPolicy\ndisplayName: CA003\nrenamedFrom: [CA900]\nstate: disabled\nconditions: {{users: {{includeUsers: [u], excludeGroups: [CA-BreakGlass]}}, applications: {{includeApplications: [All]}}}}\ngrantControls: {{operator: OR, builtInControls: [mfa]}}\n"
    )
}

async fn world() -> World {
    let mut world = World::new().await;
    for name in ["CA-BreakGlass"] {
        let found = world.live(&format!("/groups?$filter={}", by(name))).await;
        if found["value"].as_array().unwrap().is_empty() {
            group(&world, name).await;
        }
    }
    world.apply(&desired(BEFORE)).await;
    world.scope(json!({
        "ConditionalAccessPolicy": {"namePrefix": "CA"},
        "NamedLocation": {"namePrefix": "Old"},
        "TestUser": "all",
    }));
    world
}

fn by(name: &str) -> String {
    encode(&format!("displayName eq '{name}'"))
}

async fn send(world: &World, request: Request) -> Value {
    world.hand.send(&request).await.unwrap()
}

async fn id(world: &World, collection: &str, name: &str) -> String {
    let answer = match collection {
        "/users" => {
            let filter = encode(&format!("userPrincipalName eq '{name}'"));
            world.live(&format!("/users?$filter={filter}")).await
        }
        _ => {
            world
                .live(&format!("{collection}?$filter={}", by(name)))
                .await
        }
    };
    let id = answer["value"][0]["id"].as_str();
    id.unwrap_or_else(|| panic!("{name}: {answer}")).to_owned()
}

async fn patch(world: &World, collection: &str, name: &str, body: Value) {
    let id = id(world, collection, name).await;
    let edition = Edition::V1;
    send(
        world,
        Request::patch(edition, format!("{collection}/{id}"), body),
    )
    .await;
}

async fn delete(world: &World, collection: &str, name: &str) {
    let id = id(world, collection, name).await;
    send(
        world,
        Request::delete(Edition::V1, format!("{collection}/{id}")),
    )
    .await;
}

async fn group(world: &World, name: &str) {
    let body = json!({"displayName": name, "mailEnabled": false, "securityEnabled": true, "mailNickname": "x"});
    send(world, Request::post(Edition::V1, "/groups", body)).await;
}

async fn policy(world: &World, name: &str, locations: Value) {
    let mut body = json!({
        "displayName": name, "state": "disabled",
        "conditions": {"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]}, "clientAppTypes": ["all"]},
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
    });
    if !locations.is_null() {
        body["conditions"]["locations"] = json!({"includeLocations": locations});
    }
    send(world, Request::post(Edition::V1, POLICIES, body)).await;
}

async fn add_member(world: &World, name: &str, user: &str) {
    let (group, user) = (
        id(world, "/groups", name).await,
        id(world, "/users", user).await,
    );
    let bind = format!("{}/v1.0/directoryObjects/{user}", world.client.root());
    let path = format!("/groups/{group}/members/$ref");
    send(
        world,
        Request::post(Edition::V1, path, json!({"@odata.id": bind})),
    )
    .await;
}

async fn user(world: &World, name: &str, mark: bool) {
    let mut body = json!({
        "displayName": "X", "userPrincipalName": name, "mailNickname": "x", "accountEnabled": true,
        "passwordProfile": {"password": "aB3$-not-in-any-plan-9"},
    });
    if mark {
        body["employeeType"] = json!("GatewrightTestUser");
    }
    send(world, Request::post(Edition::V1, "/users", body)).await;
}

/// Ids as `[id]`.
fn without_ids(messages: Vec<String>) -> Vec<String> {
    let mask = |text: String| {
        let words: Vec<String> = text
            .split_inclusive(['(', ')', ' ', ','])
            .map(|word| match word.len() {
                36..=37 if word.matches('-').count() == 4 => format!("[id]{}", &word[36..]),
                _ => word.to_owned(),
            })
            .collect();
        words.concat()
    };
    messages.into_iter().map(mask).collect()
}

/// Plans, lets another hand change the tenant, and gives what has moved.
macro_rules! after {
    (|$world:ident| $change:block) => {
        run(async {
            let $world = world().await;
            let (plan, file) = saved(&$world, &desired(&next())).await;
            assert_eq!(plan.summary().create, 2);
            assert_eq!((plan.summary().update, plan.summary().delete), (1, 1));
            let loaded = load(&file.text()).unwrap();
            assert_eq!(moved(&$world, &loaded).await, Vec::<String>::new());
            $change
            without_ids(moved(&$world, &loaded).await)
        })
    };
}

const FRESH: [&str; 0] = [];

#[test]
fn an_object_with_a_manifest_that_has_changed() {
    let moved = after!(|world| {
        patch(&world, POLICIES, "CA001", json!({"state": "disabled"})).await;
    });
    assert_eq!(
        moved,
        ["the conditional access policy `CA001` ([id]) has changed: `state`"]
    );
    // One that the plan leaves as it is counts as well.
    let moved = after!(|world| {
        let conditions = json!({"conditions": {"users": {"includeUsers": ["All"], "includeGroups": []}, "applications": {"includeApplications": ["Office365"]}}});
        patch(&world, POLICIES, "CA002", conditions).await;
    });
    assert_eq!(
        moved,
        [
            "the conditional access policy `CA002` ([id]) has changed: `conditions.users.includeGroups`, `conditions.users.includeUsers`"
        ]
    );
}

#[test]
fn an_object_that_is_gone() {
    let moved = after!(|world| {
        delete(&world, POLICIES, "CA002").await;
        delete(&world, LOCATIONS, "Old").await;
    });
    assert_eq!(
        moved,
        [
            "the named location `Old` ([id]) was deleted",
            "the conditional access policy `CA002` ([id]) was deleted",
        ]
    );
}

#[test]
fn members_count_where_the_manifest_lists_them() {
    let moved = after!(|world| { add_member(&world, "Managed", "AlexW@contoso.com").await });
    assert_eq!(moved, ["the group `Managed` ([id]) has changed: `members`"]);
    let moved = after!(|world| { add_member(&world, "Open", "AlexW@contoso.com").await });
    assert_eq!(moved, FRESH);
}

#[test]
fn a_name_that_the_plan_gives_is_taken() {
    let moved = after!(|world| { policy(&world, "CA003", Value::Null).await });
    assert_eq!(
        moved,
        [
            "the conditional access policy `CA003` ([id]) is new in the project's scope and not part of the plan"
        ]
    );
    let moved = after!(|world| { user(&world, "U@contoso.com", false).await });
    assert_eq!(moved, ["a user `u@contoso.com` exists now ([id])"]);
    // A former name, too: the object would be renamed instead of a new one made.
    let moved = after!(|world| { policy(&world, "CA900", Value::Null).await });
    assert_eq!(moved.len(), 1);
    // A deleted user would be restored instead.
    let moved = after!(|world| {
        user(&world, "u@contoso.com", true).await;
        delete(&world, "/users", "u@contoso.com").await;
    });
    assert_eq!(
        moved,
        ["a deleted test user `u@contoso.com` exists now ([id])"]
    );
}

#[test]
fn a_name_that_stands_for_something_else_now() {
    let moved = after!(|world| {
        delete(&world, "/groups", "CA-BreakGlass").await;
        group(&world, "CA-BreakGlass").await;
    });
    assert_eq!(
        moved,
        [
            "the group `CA-BreakGlass` ([id]) was deleted or renamed",
            "the group `CA-BreakGlass` was [id] and is [id] now",
        ]
    );
    // A second one of the name: the next plan would ask which is meant.
    let moved = after!(|world| { group(&world, "Sales").await });
    assert_eq!(moved.len(), 1);
    assert!(
        moved[0].starts_with("the group `Sales` was [id] and is [id], [id] now"),
        "{moved:?}"
    );
    let moved = after!(|world| {
        patch(
            &world,
            "/users",
            "AlexW@contoso.com",
            json!({"userPrincipalName": "alex@contoso.com"}),
        )
        .await;
    });
    assert_eq!(
        moved,
        ["the user `AlexW@contoso.com` ([id]) was deleted or renamed"]
    );
}

#[test]
fn what_is_new_in_the_scope() {
    let moved = after!(|world| { policy(&world, "CA777", Value::Null).await });
    assert_eq!(
        moved,
        [
            "the conditional access policy `CA777` ([id]) is new in the project's scope and not part of the plan"
        ]
    );
    let moved = after!(|world| { user(&world, "other@contoso.com", true).await });
    assert_eq!(
        moved,
        [
            "the test user `other@contoso.com` ([id]) is new in the project's scope and not part of the plan"
        ]
    );
}

#[test]
fn policies_of_others_count_once_they_were_looked_at() {
    let moved = after!(|world| {
        patch(&world, POLICIES, "Of others", json!({"state": "enabled"})).await;
    });
    assert_eq!(
        moved,
        ["the conditional access policy `Of others` ([id]) has changed: `state`"]
    );
    // A new one that holds fast what the plan deletes.
    let moved = after!(|world| {
        let old = id(&world, LOCATIONS, "Old").await;
        policy(&world, "New of others", json!([old])).await;
    });
    assert_eq!(
        moved,
        [
            "the conditional access policy `New of others` ([id]) is new, and refers to what the plan changes or deletes"
        ]
    );
}

#[test]
fn what_the_plan_does_not_rest_on_may_change() {
    let moved = after!(|world| {
        policy(&world, "New of others", Value::Null).await;
        group(&world, "New group").await;
        user(&world, "colleague@contoso.com", false).await;
        patch(
            &world,
            "/users",
            "AlexW@contoso.com",
            json!({"jobTitle": "Director"}),
        )
        .await;
        patch(
            &world,
            "/users",
            "AdeleV@contoso.com",
            json!({"displayName": "Adele"}),
        )
        .await;
        let body = json!({"@odata.type": "#microsoft.graph.ipNamedLocation", "ipRanges": [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "203.0.113.0/25"}]});
        patch(&world, LOCATIONS, "Theirs", body).await;
        patch(
            &world,
            "/groups",
            "Sales",
            json!({"description": "We sell"}),
        )
        .await;
    });
    assert_eq!(moved, FRESH);
}

#[test]
fn a_file_holds_no_values_of_people_and_of_others() {
    run(async {
        let world = world().await;
        patch(
            &world,
            "/users",
            "AlexW@contoso.com",
            json!({"jobTitle": "Secret Agent"}),
        )
        .await;
        let (_, file) = saved(&world, &desired(&next())).await;
        let text = file.text();
        for value in [
            "Secret Agent",
            "203.0.113.0",
            "passwordProfile",
            "createdDateTime",
            "etag",
        ] {
            assert!(!text.contains(value), "{value}");
        }
        // Who is a member is an id, and what a manifest names is there by that name.
        assert!(text.contains("AlexW@contoso.com") && !text.contains("Alex Wilber"));
    });
}

#[test]
fn a_plan_written_by_hand_touches_no_user_without_the_mark() {
    run(async {
        let world = World::new().await;
        let tester = "kind: TestUser\ndisplayName: T\nuserPrincipalName: t\n";
        let group = "---\nkind: Group\ndisplayName: Other\nmembers: [AdeleV@contoso.com]\n";
        world.apply(&desired(tester)).await;
        let next = format!("{tester}department: D\n{group}");
        let (_, file) = saved(&world, &desired(&next)).await;
        let adele = id(&world, "/users", "AdeleV@contoso.com").await;
        // With the digest that the edited file has, and no whole fingerprint of hers.
        let mut value = serde_json::to_value(&file).unwrap();
        let actions = value["actions"].as_array_mut().unwrap();
        let update = actions
            .iter_mut()
            .find(|a| a["action"] == "update")
            .unwrap();
        update["id"] = json!(adele);
        let refused = load(&super::resigned(value)).unwrap_err();
        assert!(refused.message.contains("is incomplete"), "{refused:?}");
        // With one that was worked out, the mark is still missing.
        let loaded = load(&file.text()).unwrap();
        let snapshot = super::again(&world, &loaded).await;
        let edits: [fn(&mut gatewright::plan::Action, &str); 2] = [
            |action, id| action.id = Some(id.to_owned()),
            |action, id| {
                action.verb = gatewright::plan::Verb::Create;
                action.purge = Some(id.to_owned());
            },
        ];
        for edit in edits {
            let mut plan = loaded.plan.clone();
            let update =
                |a: &&mut gatewright::plan::Action| a.verb == gatewright::plan::Verb::Update;
            edit(plan.actions.iter_mut().find(update).unwrap(), &adele);
            let refused = gatewright::plan::file::read::bind(&mut plan, &snapshot).unwrap_err();
            assert!(refused.message.contains("may not"), "{refused:?}");
        }
    });
}
