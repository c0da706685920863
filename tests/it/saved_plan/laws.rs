//! For arbitrary projects: a plan that is saved and read back is the same plan and does the
//! same; any change of what it rests on is seen. For arbitrary bytes: never a panic.

use gatewright::apply::steps::steps;
use gatewright::graph::Request;
use gatewright::model::Kind;
use gatewright::model::facts::Edition;
use gatewright::plan::Action;
use gatewright::plan::file::fingerprint::{Extent, Fingerprint};
use gatewright::plan::file::read::bind;
use gatewright::render;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use super::{again, load, moved, resigned, saved, saved_part};
use crate::laws::{project, text};
use crate::world::{World, desired, outline, run};

/// Everything of the actions but where their manifests stand; of the object to be what is
/// sent of it (flags have no order).
fn told(actions: &[Action], live: bool) -> Vec<String> {
    let told = |action: &Action| {
        let mut action = action.clone();
        action.place = None;
        if !live {
            action.live = None;
        }
        let desired = action.desired.take().map(|desired| desired.to_value());
        format!("{action:#?} {desired:#?}")
    };
    actions.iter().map(told).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 40, ..ProptestConfig::default() })]

    #[test]
    fn a_plan_survives_its_file_and_does_the_same(project in project(), next in project(), all in any::<bool>()) {
        let (first, second) = (text(&project), text(&next));
        run(async {
            let mut world = World::new().await;
            world.apply(&desired(&first)).await;
            if all {
                world.scope(json!({"ConditionalAccessPolicy": "all"}));
            }
            let two = desired(&second);
            let (plan, file) = saved(&world, &two).await;
            let bytes = file.text();
            prop_assert_eq!(&bytes, &saved(&world, &two).await.1.text());
            let mut loaded = load(&bytes).unwrap();
            prop_assert_eq!(&loaded.saved, &file);
            prop_assert_eq!(told(&plan.actions, false), told(&loaded.plan.actions, false));
            prop_assert_eq!(render::plan::human(&plan, Default::default()), render::plan::human(&loaded.plan, Default::default()));
            prop_assert_eq!(
                render::json::text(&render::json::plan(&plan)),
                render::json::text(&render::json::plan(&loaded.plan))
            );
            let snapshot = again(&world, &loaded).await;
            prop_assert_eq!(loaded.moved(&snapshot), vec![]);
            bind(&mut loaded.plan, &snapshot).unwrap();
            prop_assert_eq!(told(&plan.actions, true), told(&loaded.plan.actions, true));
            let report = world.execute(&loaded.plan).await;
            prop_assert!(report.is_complete(), "{:#?}", report);
            let again = world.plan(&two).await;
            prop_assert!(again.is_empty(), "{:?}\n{}", outline(&again), second);
            prop_assert!(!world.sandbox.tenant().to_string().contains("pending:"));
            Ok(())
        })?;
    }

    #[test]
    fn a_plan_of_a_part_is_as_fresh_as_it_was(project in project(), next in project(), picked in any::<Index>(), swap in any::<bool>()) {
        let (first, second) = (text(&project), text(&next));
        run(async {
            let world = World::new().await;
            world.apply(&desired(&first)).await;
            let whole = desired(match swap {
                true => &second,
                false => &first,
            });
            let name = picked.get(&whole.manifests).name().to_owned();
            let part = whole.narrowed(&[name], None).unwrap();
            let (_, file) = saved_part(&world, &whole, Some(&part)).await;
            let loaded = load(&file.text()).unwrap();
            prop_assert_eq!(moved(&world, &loaded).await, Vec::<String>::new());
            Ok(())
        })?;
    }

    #[test]
    fn whatever_moves_of_its_ground_is_seen(project in project(), next in project(), picked in any::<Index>(), delete in any::<bool>()) {
        let (first, second) = (text(&project), text(&next));
        run(async {
            let world = World::new().await;
            world.apply(&desired(&first)).await;
            let (_, file) = saved(&world, &desired(&second)).await;
            let loaded = load(&file.text()).unwrap();
            let object = picked.get(&file.ground.objects);
            let request = change(&world, object, delete).await;
            if world.hand.send(&request).await.is_err() {
                return Ok(()); // in use, or built in: nobody can change it so
            }
            let moved = moved(&world, &loaded).await;
            prop_assert!(
                moved.iter().any(|m| m.contains(&object.id)),
                "{request:?}\n{:?}", moved
            );
            Ok(())
        })?;
    }
}

/// Something that another hand may do to the object.
async fn change(world: &World, object: &Fingerprint, delete: bool) -> Request {
    let collection = match object.kind {
        Kind::Group => "/groups",
        Kind::TestUser => "/users",
        Kind::NamedLocation => "/identity/conditionalAccess/namedLocations",
        Kind::AuthenticationStrength => "/policies/authenticationStrengthPolicies",
        Kind::AuthenticationContext => {
            "/identity/conditionalAccess/authenticationContextClassReferences"
        }
        Kind::ConditionalAccessPolicy => "/identity/conditionalAccess/policies",
    };
    let path = format!("{collection}/{}", object.id);
    let edition = match object.kind {
        Kind::ConditionalAccessPolicy => Edition::Beta,
        _ => Edition::V1,
    };
    if delete {
        return Request::delete(edition, path);
    }
    let body = match (object.kind, object.extent) {
        (Kind::TestUser, Extent::Whole) => json!({"department": "Elsewhere"}),
        (Kind::TestUser, Extent::Identity) => {
            json!({"userPrincipalName": format!("moved-{}", object.name)})
        }
        (Kind::NamedLocation, _) => {
            let live = world.live(&path).await;
            json!({"@odata.type": live["@odata.type"], "displayName": "Moved"})
        }
        _ => json!({"displayName": "Moved"}),
    };
    Request::patch(edition, path, body)
}

const PROJECT: &str = "kind: Group\ndisplayName: G\nmembers: [adelev@contoso.com, u]\n---\nkind: NamedLocation\ndisplayName: L\nipRanges: [192.0.2.0/24]\nisTrusted: true\n---\nkind: TestUser\ndisplayName: U\nuserPrincipalName: u\nmemberOf: [Sales]\n---\nkind: AuthenticationContext\nid: c7\ndisplayName: C\n---\nkind: ConditionalAccessPolicy\ndisplayName: P\nstate: enabled\nconditions: {users: {includeUsers: [All], excludeGroups: [G], excludeUsers: [u]}, applications: {includeApplications: [All]}, locations: {includeLocations: [All], excludeLocations: [L]}}\ngrantControls: {operator: OR, builtInControls: [mfa]}\n";

/// A file with creations, and one with changes and a deletion.
fn samples() -> [Value; 2] {
    run(async {
        let mut world = World::new().await;
        let project = desired(PROJECT);
        let (_, first) = saved(&world, &project).await;
        world.apply(&project).await;
        let next = PROJECT
            .replace("192.0.2.0/24", "198.51.100.0/24")
            .replace("displayName: P", "displayName: Q")
            .replace("memberOf: [Sales]", "memberOf: []")
            .replace(", u]", "]");
        world.scope(json!({"ConditionalAccessPolicy": "all"}));
        let (plan, second) = saved(&world, &desired(&next)).await;
        assert!(plan.summary().delete == 1 && plan.summary().update >= 2);
        [first, second].map(|file| serde_json::to_value(file).unwrap())
    })
}

/// Whatever is read, be it a plan or not, can be shown and turned into requests.
fn sound(text: &[u8]) {
    let path = std::path::Path::new("plan.json");
    match gatewright::plan::file::read::text("plan.json", path, text) {
        Ok(loaded) => {
            render::saved::human(&loaded, Default::default());
            render::json::text(&render::saved::json(&loaded));
            for action in &loaded.plan.actions {
                for step in steps(action) {
                    assert!(!step.request.path.contains(".."), "{:?}", step.request);
                }
            }
        }
        Err(finding) => {
            assert!(finding.help.is_some(), "no way out: {finding:?}");
            render::findings::findings(&[*finding]);
        }
    }
}

/// Every place in a JSON document.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(map) => {
            for (name, member) in map {
                let name = name.replace('~', "~0").replace('/', "~1");
                pointers(member, &format!("{at}/{name}"), found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                pointers(item, &format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!([])),
        Just(json!({})),
        Just(json!(true)),
        Just(json!(-1)),
        Just(json!(1e300)),
        Just(json!("")),
        Just(json!("\u{1b}[31m\u{202e}")),
        Just(json!("../../users/x?y#z")),
        Just(json!("pending:Group:Nobody")),
        Just(json!("create")),
        Just(json!("delete")),
        Just(json!("remove")),
        Just(json!("ConditionalAccessPolicy")),
        Just(json!("TestUser")),
        Just(json!("11111111-2222-3333-4444-555555555555")),
        Just(json!("c9")),
        "(?s).{0,20}".prop_map(Value::from),
    ]
}

#[test]
fn any_edit_by_somebody_who_knows_the_digest_is_taken_or_refused_soundly() {
    let samples = samples();
    for sample in &samples {
        sound(resigned(sample.clone()).as_bytes());
    }
    let edits = prop::collection::vec((any::<Index>(), any_value(), any::<bool>()), 1..4);
    let config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(256)
    };
    proptest!(config, |(which in 0..2_usize, edits in edits)| {
        let mut file = samples[which].clone();
        for (place, value, add) in edits {
            let mut places = Vec::new();
            pointers(&file, "", &mut places);
            let pointer: &String = place.get(&places[1..]);
            let slot = file.pointer_mut(pointer).unwrap();
            match slot {
                Value::Object(map) if add => { map.insert("id".to_owned(), value); }
                Value::Array(items) if add => items.push(value),
                slot => *slot = value,
            }
        }
        sound(resigned(file).as_bytes());
    });
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn any_bytes_as_a_plan(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        sound(&bytes);
    }

    #[test]
    fn any_text_after_the_head_of_a_plan(text in "(?s).{0,200}") {
        sound(format!("{{\"kind\": \"GatewrightPlan\", {text}").as_bytes());
    }
}

#[test]
fn no_byte_of_a_plan_can_be_changed_or_cut_off_unseen() {
    let [file, _] = samples();
    let text = serde_json::to_string_pretty(&file).unwrap();
    assert!(load(&text).is_ok());
    for at in (0..text.len()).step_by(7) {
        if text.is_char_boundary(at) {
            assert!(load(&text[..at]).is_err(), "cut off at {at}");
        }
        let mut bytes = text.clone().into_bytes();
        // Blanks between values say nothing, and the digest leaves them out.
        if bytes[at].is_ascii_alphanumeric() {
            bytes[at] = if bytes[at] == b'x' { b'y' } else { b'x' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(load(&changed).is_err(), "changed at {at}");
        }
    }
}
