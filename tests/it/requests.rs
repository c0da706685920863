//! How many requests a plan and an apply take: the figures of the design, which are the
//! cost on a tenant that answers one request a second.

use std::fmt::Write as _;

use gatewright::graph::Request;
use gatewright::model::facts::Edition;
use serde_json::json;

use crate::world::{World, desired, run};

/// 240 policies, 195 locations, and 500 groups by name.
fn large() -> String {
    let mut text = String::new();
    for n in 0..195 {
        let _ = write!(
            text,
            "---\nkind: NamedLocation\ndisplayName: Location {n}\nipRanges: [10.{n}.0.0/16]\n"
        );
    }
    for n in 0..240 {
        let groups: Vec<String> = [n, n + 240, (n + 480) % 500]
            .iter()
            .map(|g| format!("Group {g}"))
            .collect();
        let _ = write!(
            text,
            "---\nkind: ConditionalAccessPolicy\ndisplayName: Policy {n}\nstate: enabled\nconditions:\n  users: {{ includeUsers: [All], excludeGroups: [{}] }}\n  applications: {{ includeApplications: [All] }}\n  locations: {{ includeLocations: [All], excludeLocations: [Location {}] }}\ngrantControls: {{ operator: OR, builtInControls: [mfa] }}\n",
            groups.join(", "),
            n % 195
        );
    }
    text
}

#[test]
fn a_large_plan_takes_few_requests_and_an_apply_one_for_each_change() {
    run(async {
        let world = World::new().await;
        for n in 0..500 {
            let body = json!({"displayName": format!("Group {n}"), "mailEnabled": false, "mailNickname": format!("g{n}"), "securityEnabled": true});
            let request = Request::post(Edition::V1, "/groups", body);
            world.hand.send(&request).await.unwrap();
        }
        let yaml = large();
        world.apply(&desired(&yaml)).await;
        let count = || world.client.requests_sent();

        let (all, paced) = count();
        let plan = world.plan(&desired(&yaml)).await;
        let (all, paced) = (count().0 - all, count().1 - paced);
        assert!(plan.is_empty());
        assert_eq!(plan.unchanged.len(), 435);
        assert!(
            paced <= 3,
            "{paced} requests on the one-per-second resources"
        );
        assert!(all <= 12, "{all} requests");

        // Ten changes: one request each, two lists to plan, two reads of each to verify.
        let changed = yaml
            .replacen("state: enabled", "state: disabled", 5)
            .replacen("/16", "/17", 5);
        let (_, before) = count();
        let plan = world.apply(&desired(&changed)).await;
        assert_eq!(plan.summary().update, 10);
        let paced = count().1 - before;
        assert!(
            paced <= 10 + 6,
            "{paced} requests on the one-per-second resources"
        );
    });
}
