use serde_json::json;

use super::*;
use crate::analysis::{Floor, gaps};
use crate::report::matrix;
use crate::report::sets::JudgedSets;
use crate::whatif::{CompiledPolicies, PolicySet, World};

/// The page of a few policies, as the service answers them.
fn page(policies: &[Value]) -> String {
    let set = PolicySet::default();
    let sets = JudgedSets::new(vec![&set]);
    let compiled = CompiledPolicies::new([], &World::default());
    let objects = policies.iter().map(|policy| ReportObject {
        kind: Kind::ConditionalAccessPolicy,
        name: policy["displayName"].as_str().unwrap().to_owned(),
        before: Some(policy.clone()),
        after: Some(policy.clone()),
        unknown: Vec::new(),
        verb: None,
        place: None,
    });
    let run = ReportRun {
        tenant: "t".to_owned(),
        source: "s".to_owned(),
        note: None,
        objects: objects.collect(),
        names: &sets.names,
        matrix: matrix(&sets),
        gaps: GapsRun {
            floor: Floor::Mfa,
            found: gaps(&set, Floor::Mfa, &[]),
            policies: &compiled,
            spares_break_glass: false,
            break_glass_groups: Vec::new(),
            command: String::new(),
            places: std::collections::BTreeMap::new(),
        },
        stoppers: Vec::new(),
        claims: None,
        change: None,
        is_masked: false,
    };
    html(&run).unwrap()
}

#[test]
fn a_member_that_this_version_does_not_know_is_shown_raw_and_marked() {
    let html = page(&[json!({
        "id": "1",
        "displayName": "From the future",
        "state": "enabled",
        "conditions": {
            "users": { "includeUsers": ["All"], "includeMoods": ["cross"] },
            "moonPhases": { "includePhases": ["full", "new"] },
        },
        "grantControls": null,
    })]);
    let raw = html.split("Not known to this version").nth(1).unwrap();
    assert!(raw.contains("<dt>conditions.moonPhases</dt><dd><code>{&#34;includePhases&#34;:[&#34;full&#34;,&#34;new&#34;]}"), "{raw}");
    assert!(
        raw.contains("<dt>conditions.users.includeMoods</dt>"),
        "{raw}"
    );
}

#[test]
fn what_is_not_set_is_named_on_the_tile_it_belongs_to() {
    let html = page(&[json!({
        "displayName": "Bare",
        "state": "disabled",
        "conditions": { "users": { "includeUsers": ["None"] } },
    })]);
    let tile = html
        .split("<section class=\"tile")
        .find(|tile| tile.contains("<h4>Users</h4>"));
    let tile = tile.unwrap();
    for member in [
        "excludeGroups",
        "includeRoles",
        "excludeGuestsOrExternalUsers",
    ] {
        assert!(tile.contains(member), "{member}: {tile}");
    }
    let session = html
        .split("<section class=\"tile")
        .find(|tile| tile.contains("<h4>Session</h4>"));
    assert!(
        session.unwrap().contains(" unused"),
        "a tile without a member is greyed"
    );
}
