//! Answers that never come: what was done is told as done, what is not known as that, and
//! nothing is said twice. A stop leads to no request.

use std::time::{Duration, Instant};

use gatewright::apply::journal::{Head, InMemory, Journal, Record};
use gatewright::apply::{ActionStatus, Executor, Progress, RunReport, Stop, execute};
use gatewright::graph::Request;
use gatewright::graph::read::Reader;
use gatewright::graph::write::Writer;
use gatewright::model::facts::Edition;
use gatewright::plan::Plan;
use gatewright::sandbox::{Span, Weather};
use gatewright::tenant::replication::Replication;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::world::{Silent, World, desired, outline, run};

const PROJECT: &str = r#"
kind: Group
displayName: G
members: [breakglass1@contoso.com]
---
kind: TestUser
displayName: U
userPrincipalName: u
memberOf: [H]
---
kind: Group
displayName: H
---
kind: NamedLocation
displayName: L
ipRanges: [192.0.2.0/24]
---
kind: AuthenticationStrength
displayName: S
allowedCombinations: [fido2]
combinationConfigurations:
  - { appliesToCombinations: [fido2], allowedAAGUIDs: [11111111-2222-3333-4444-555555555555] }
---
kind: AuthenticationContext
id: c3
displayName: Step up
---
kind: ConditionalAccessPolicy
displayName: P
state: disabled
conditions:
  users: { includeUsers: [All], excludeGroups: [G] }
  applications: { includeApplications: [All] }
  locations: { includeLocations: [All], excludeLocations: [L] }
grantControls: { operator: OR, authenticationStrength: S }
"#;

/// Every property and link that can change does.
fn changed() -> String {
    PROJECT
        .replace(
            "members: [breakglass1@contoso.com]",
            "members: [adelev@contoso.com]\ndescription: new",
        )
        .replace("memberOf: [H]", "memberOf: []\ndepartment: New")
        .replace("192.0.2.0/24", "198.51.100.0/24")
        .replace(
            "allowedCombinations: [fido2]",
            "allowedCombinations: [fido2, windowsHelloForBusiness]",
        )
        .replace("11111111-", "21111111-")
        .replace("displayName: Step up", "displayName: Step higher")
        .replace(
            "state: disabled",
            "state: enabledForReportingButNotEnforced",
        )
}

fn weather(value: Value) -> Weather {
    serde_json::from_value(value).unwrap()
}

/// The writes that came, as `POST /groups`.
fn writes(world: &World) -> Vec<String> {
    world
        .sandbox
        .requests()
        .iter()
        .filter(|r| {
            r.method != "GET" && !r.target.contains("$batch") && !r.target.contains("getByIds")
        })
        .map(|r| format!("{} {}", r.method, r.target.split('?').next().unwrap()))
        .collect()
}

fn statuses(report: &RunReport) -> Vec<&str> {
    report.outcomes.iter().map(|(o, _)| o.as_str()).collect()
}

#[test]
fn what_was_done_and_never_answered_is_told_as_done() {
    run(async {
        let world = World::new().await;
        // Of no write the answer comes.
        world.sandbox.set_weather(weather(json!({"lose": "100%"})));
        for project in [PROJECT.to_owned(), changed(), PROJECT.to_owned()] {
            world.apply(&desired(&project)).await;
        }
        // Deleted, and brought back from the recycle bin where there is one.
        let none = desired("kind: Group\ndisplayName: Other\n");
        let mut world = world;
        world.scope(
            json!({"ConditionalAccessPolicy": "all", "NamedLocation": "all",
            "AuthenticationStrength": "all", "TestUser": "all",
            "AuthenticationContext": "all"}),
        );
        let gone = world.apply_recorded(&none).await;
        assert!(gone.actions.iter().any(|done| done.head.verb == "delete"));
        let before = writes(&world).len();
        let back = world.plan_back(&gone).await;
        let restored = back.actions.iter().filter(|a| a.restore).count();
        assert_eq!(restored, 3, "{:?}", outline(&back));
        let report = world.execute(&back).await;
        assert!(report.is_complete(), "{report:#?}");
        let restores = writes(&world)[before..]
            .iter()
            .filter(|w| w.ends_with("/restore"))
            .count();
        assert_eq!(restores, 3, "a restore is not said twice");
        let left = outline(&world.plan(&desired(PROJECT)).await);
        assert!(left.is_empty(), "{left:?}");
    });
}

#[test]
fn a_create_whose_answer_is_lost_is_said_once_however_late_it_is_shown() {
    run(async {
        for lag in [0, 300] {
            let mut world = World::new().await;
            world.patience.lag = Duration::from_millis(20);
            world.patience.replication = Replication::usually(Duration::from_millis(500));
            world
                .sandbox
                .set_weather(weather(json!({"lose": "100%", "lag": format!("{lag}ms")})));
            let report = world
                .execute(&world.plan(&desired("kind: Group\ndisplayName: G\n")).await)
                .await;
            assert!(report.outcomes[0].1.is_some(), "{report:?}");
            assert_eq!(writes(&world), ["POST /v1.0/groups"]);
        }
        // Later than it is waited for: it is not known, and it is not said again.
        let mut world = World::new().await;
        world.patience.replication = Replication::usually(Duration::from_millis(20));
        world
            .sandbox
            .set_weather(weather(json!({"lose": "100%", "lag": "600s"})));
        let plan = world.plan(&desired("kind: Group\ndisplayName: G\n---\nkind: TestUser\ndisplayName: U\nuserPrincipalName: u\n")).await;
        let report = world.execute(&plan).await;
        assert_eq!(statuses(&report), ["unknown", "unknown"]);
        assert!(report.wrote && !report.is_complete());
        assert_eq!(writes(&world), ["POST /v1.0/groups", "POST /v1.0/users"]);
        // The password may be the user's: it is not lost.
        assert_eq!(report.secrets.len(), 1);
    });
}

#[test]
fn a_create_that_was_not_done_is_said_again_once_that_is_sure() {
    run(async {
        let world = World::new().await;
        world
            .sandbox
            .set_weather(weather(json!({"fail": "100%", "onWrite": 1, "seed": 3})));
        let plan = world.plan(&desired("kind: Group\ndisplayName: G\n")).await;
        let report = world.execute(&plan).await;
        assert!(report.is_complete(), "{report:?}");
        assert!(writes(&world).len() >= 2);
    });
}

/// Does something when the run comes to a point.
struct At<F: FnMut(&str)>(F);

impl<F: FnMut(&str)> Progress for At<F> {
    fn begins(&mut self, _: &[&Head]) {
        (self.0)("begins");
    }
    fn ends(&mut self, _: &Head, _: &ActionStatus) {}
    fn waits(&mut self, _: &str, _: Duration) {
        (self.0)("waits");
    }
    fn verifies(&mut self) {
        (self.0)("verifies");
    }
}

async fn carry(
    world: &World,
    plan: &Plan,
    stop: watch::Receiver<Stop>,
    progress: &mut dyn Progress,
    journal: &mut dyn Journal,
) -> RunReport {
    let executor = Executor {
        reader: Reader::new(&world.client),
        writer: Writer::new(&world.client),
        version: world.version,
        patience: world.patience,
        stop,
    };
    execute(&executor, plan, "apply", journal, progress)
        .await
        .unwrap()
}

#[test]
fn a_stop_at_once_ends_a_write_that_hangs_and_leads_to_no_request() {
    run(async {
        let world = World::new().await;
        let plan = world.plan(&desired(PROJECT)).await;
        world.sandbox.set_weather(weather(json!({"hold": "100%"})));
        let (sender, stop) = watch::channel(Stop::No);
        let began = Instant::now();
        let (mut journal, mut silent) = (InMemory::default(), Silent);
        let stopping = async {
            while writes(&world).is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            sender.send(Stop::Now).unwrap();
            world.sandbox.requests().len()
        };
        let (report, requests) = tokio::join!(
            carry(&world, &plan, stop, &mut silent, &mut journal),
            stopping
        );
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "it does not wait for the answer"
        );
        assert_eq!(
            world.sandbox.requests().len(),
            requests,
            "nothing more was asked"
        );
        assert_eq!(
            statuses(&report)
                .iter()
                .filter(|s| **s == "unknown")
                .count(),
            1
        );
        assert!(report.wrote && report.interrupted && !report.is_complete());
        // The journal says what may exist.
        assert!(journal.0.iter().any(|r| matches!(
            r,
            Record::After {
                maybe_done: true,
                ..
            }
        )));
    });
}

#[test]
fn a_stop_while_an_answer_is_lost_leads_to_no_second_request() {
    run(async {
        for (level, lag) in [(Stop::BeforeNextWrite, "0s"), (Stop::Now, "60s")] {
            let mut world = World::new().await;
            let plan = world.plan(&desired("kind: Group\ndisplayName: G\n")).await;
            // It is not done, and so would be said again.
            let bad = json!({"fail": "100%", "onWrite": 1, "seed": 3, "lag": lag});
            world.sandbox.set_weather(weather(bad));
            world.patience.replication = Replication::always(Duration::from_millis(50));
            let (sender, stop) = watch::channel(Stop::No);
            let mut progress = At(|point: &str| {
                if point == "waits" {
                    sender.send(level).unwrap();
                }
            });
            let mut journal = InMemory::default();
            let report = carry(&world, &plan, stop, &mut progress, &mut journal).await;
            assert_eq!(writes(&world), ["POST /v1.0/groups"], "{report:?}");
            let expected = if level == Stop::Now {
                "unknown"
            } else {
                "failed"
            };
            assert_eq!(statuses(&report), [expected]);
            assert_eq!(report.wrote, level == Stop::Now);
        }
    });
}

#[test]
fn a_tenant_that_cannot_be_read_after_a_lost_create_is_told() {
    run(async {
        let mut world = World::new().await;
        let plan = world.plan(&desired("kind: Group\ndisplayName: G\n")).await;
        world
            .sandbox
            .set_weather(weather(json!({"lose": "100%", "lag": "60s"})));
        world.patience.replication = Replication::always(Duration::from_secs(30));
        let (_sender, stop) = watch::channel(Stop::No);
        let mut progress = At(|point: &str| {
            if point == "waits" {
                world.sandbox.set_weather(weather(json!({"fail": "100%"})));
            }
        });
        let report = carry(&world, &plan, stop, &mut progress, &mut InMemory::default()).await;
        let [(ActionStatus::Unknown(why), _)] = report.outcomes.as_slice() else {
            panic!("{report:?}");
        };
        assert!(why.contains("cannot be read"), "{why}");
        assert!(report.wrote, "something may exist: the exit code is 5");
    });
}

#[test]
fn a_second_object_of_a_created_name_is_told_with_both_ids() {
    for (project, path, body) in [
        (
            "kind: Group\ndisplayName: X\n",
            "/groups",
            json!({"displayName": "X", "mailEnabled": false, "mailNickname": "x2", "securityEnabled": true}),
        ),
        (
            "kind: NamedLocation\ndisplayName: X\nipRanges: [192.0.2.0/24]\n",
            "/identity/conditionalAccess/namedLocations",
            json!({"@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "X",
                "ipRanges": [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "192.0.2.0/24"}]}),
        ),
        (
            "kind: AuthenticationStrength\ndisplayName: X\nallowedCombinations: [fido2]\n",
            "/policies/authenticationStrengthPolicies",
            json!({"displayName": "X", "allowedCombinations": ["fido2"]}),
        ),
        (
            "kind: ConditionalAccessPolicy\ndisplayName: X\nstate: disabled\nconditions: {users: {includeUsers: [None]}, applications: {includeApplications: [All]}}\ngrantControls: {operator: OR, builtInControls: [mfa]}\n",
            "/identity/conditionalAccess/policies",
            json!({"displayName": "X", "state": "disabled", "conditions": {"users": {"includeUsers": ["None"]},
                "applications": {"includeApplications": ["All"]}}, "grantControls": {"operator": "OR", "builtInControls": ["mfa"]}}),
        ),
    ] {
        run(async {
            let world = World::new().await;
            let plan = world.plan(&desired(project)).await;
            // Another machine was a moment faster.
            let other = world
                .hand
                .send(&Request::post(Edition::V1, path, body))
                .await
                .unwrap();
            let report = world.execute(&plan).await;
            let (ActionStatus::Doubled(ids), Some(own)) = &report.outcomes[0] else {
                panic!("{project}{report:?}");
            };
            assert_eq!(
                *ids,
                [own.clone(), other["id"].as_str().unwrap().to_owned()]
            );
            assert!(report.wrote && !report.is_complete());
            let told = gatewright::render::human::report(&plan, &report, None);
            assert!(ids.iter().all(|id| told.contains(id)), "{told}");
        });
    }
}

#[test]
fn a_membership_that_a_user_loses_is_looked_at() {
    run(async {
        let world = World::new().await;
        world.apply(&desired(PROJECT)).await;
        let plan = world
            .plan(&desired(&PROJECT.replace("memberOf: [H]", "memberOf: []")))
            .await;
        world.sandbox.set_weather(Weather {
            lag: Span(Duration::from_secs(600)),
            ..Weather::default()
        });
        let report = world.execute(&plan).await;
        assert_eq!(
            statuses(&report),
            ["unverified"],
            "the tenant shows the membership still"
        );
    });
}

#[test]
fn a_full_disk_is_told_as_that() {
    struct Full(usize);
    impl Journal for Full {
        fn write(&mut self, _: &Record) -> std::io::Result<()> {
            self.0 = self.0.saturating_sub(1);
            match self.0 {
                0 => Err(std::io::Error::other("no space left on device")),
                _ => Ok(()),
            }
        }
    }
    run(async {
        let world = World::new().await;
        let plan = world.plan(&desired(PROJECT)).await;
        let mut whole = InMemory::default();
        assert!(world.execute_with(&plan, &mut whole).await.is_complete());
        // Full before a request, after one, and at the very end: nothing is left undone there.
        for (room, left) in [(4, true), (5, true), (whole.0.len(), false)] {
            let world = World::new().await;
            let plan = world.plan(&desired(PROJECT)).await;
            let report = world.execute_with(&plan, &mut Full(room)).await;
            assert!(
                !report.interrupted && !report.is_complete() && report.wrote,
                "{room}"
            );
            let told = gatewright::render::human::report(&plan, &report, None);
            assert!(!told.contains("on request"), "{told}");
            assert!(told.contains("no space left"), "{told}");
            assert_eq!(
                told.contains("journal cannot be written"),
                left,
                "{room}\n{told}"
            );
            let json =
                serde_json::to_value(gatewright::render::json::report(&plan, &report)).unwrap();
            assert_eq!(json["complete"], false);
            assert_eq!(json["journalError"], "no space left on device");
        }
    });
}
