//! Order, failure, and what an update sends.

use gatewright::apply::ActionStatus;
use gatewright::apply::steps::steps;
use gatewright::graph::request::Method;
use gatewright::model::facts::Edition;
use gatewright::plan::Verb;
use serde_json::json;

use crate::world::{World, desired, outline, patience, run};

const PROJECT: &str = r#"
kind: Group
displayName: Inner
members: [u, Outer two]
---
kind: Group
displayName: Outer two
---
kind: TestUser
displayName: U
userPrincipalName: u
memberOf: [Outer two]
---
kind: NamedLocation
displayName: L
ipRanges: [192.0.2.0/24]
---
kind: AuthenticationStrength
displayName: S
allowedCombinations: [fido2]
---
kind: ConditionalAccessPolicy
displayName: P
state: enabled
conditions:
  users: { includeUsers: [All], excludeUsers: [u], excludeGroups: [Inner] }
  applications: { includeApplications: [All] }
  locations: { includeLocations: [All], excludeLocations: [L] }
grantControls: { operator: OR, authenticationStrength: S }
"#;

#[test]
fn dependencies_come_first_and_members_before_policies() {
    run(async {
        let world = World::new().await;
        world.apply(&desired(PROJECT)).await;
        let writes: Vec<String> = world
            .sandbox
            .requests()
            .iter()
            .filter(|r| {
                r.method != "GET" && !r.target.contains("$batch") && !r.target.contains("getByIds")
            })
            .map(|r| {
                let path = r.target.trim_start_matches("/v1.0").to_owned();
                let parts: Vec<&str> = path
                    .split('/')
                    .map(|p| if p.len() == 36 { "ID" } else { p })
                    .collect();
                format!("{} {}", r.method, parts.join("/"))
            })
            .collect();
        assert_eq!(
            writes,
            [
                "POST /groups",
                "POST /groups",
                "POST /users",
                "POST /identity/conditionalAccess/namedLocations",
                "POST /policies/authenticationStrengthPolicies",
                "PATCH /groups/ID",
                "POST /groups/ID/members/$ref",
                "POST /identity/conditionalAccess/policies",
            ]
        );
    });
}

#[test]
fn protection_is_added_before_it_is_taken_away() {
    run(async {
        let mut world = World::new().await;
        let policy = |name: &str, state: &str| {
            format!(
                "kind: ConditionalAccessPolicy\ndisplayName: {name}\nstate: {state}\nconditions: {{users: {{includeUsers: [All]}}, applications: {{includeApplications: [All]}}}}\ngrantControls: {{operator: OR, builtInControls: [mfa]}}\n---\n"
            )
        };
        let location = "kind: NamedLocation\ndisplayName: Z\nipRanges: [192.0.2.0/24]\n";
        let before = [
            policy("A off", "enabled"),
            policy("B gone", "enabled"),
            policy("Z on", "disabled"),
            location.to_owned(),
        ]
        .concat();
        world.apply(&desired(&before)).await;
        world.scope(json!({"ConditionalAccessPolicy": "all", "NamedLocation": "all"}));
        let after = [
            policy("A off", "disabled"),
            policy("M new", "enabled"),
            policy("Z on", "enabled"),
        ]
        .concat();
        let plan = world.apply(&desired(&after)).await;
        assert_eq!(
            outline(&plan),
            [
                "create ConditionalAccessPolicy M new",
                "update ConditionalAccessPolicy Z on: state",
                "delete ConditionalAccessPolicy B gone",
                "update ConditionalAccessPolicy A off: state",
                "delete NamedLocation Z",
            ]
        );
    });
}

#[test]
fn what_depends_on_a_failure_is_skipped_and_nothing_is_taken_away() {
    run(async {
        let mut world = World::new().await;
        let old = PROJECT.replace("displayName: P\n", "displayName: Old\n");
        world.apply(&desired(&old)).await;
        world.scope(json!({"ConditionalAccessPolicy": "all"}));
        let new = format!(
            "{PROJECT}---\nkind: NamedLocation\ndisplayName: New\nipRanges: [198.51.100.0/24]\n"
        )
        .replace("excludeLocations: [L]", "excludeLocations: [New]");
        let mut plan = world.plan(&desired(&new)).await;
        // The tenant refuses what plan could not foresee.
        for action in &mut plan.actions {
            if let Some(gatewright::model::Object::NamedLocation(location)) = &mut action.desired {
                location.ip_ranges[0].cidr_address = "0.0.0.0/0".to_owned();
            }
        }
        let report = world.execute(&plan).await;
        let seen: Vec<String> = plan
            .actions
            .iter()
            .zip(&report.outcomes)
            .map(|(a, (o, _))| format!("{} {} {}", a.verb.as_str(), a.name, o.as_str()))
            .collect();
        assert_eq!(
            seen,
            [
                "create New failed",
                "create P skipped",
                "delete Old skipped"
            ]
        );
        assert!(
            matches!(&report.outcomes[1].0, ActionStatus::Skipped(why) if why.contains("`New` was not created"))
        );
        // The next run goes on from here.
        world.apply(&desired(&new)).await;
        assert!(world.plan(&desired(&new)).await.is_empty());
    });
}

#[test]
fn an_update_sends_the_differing_part_whole_and_explicit() {
    run(async {
        let world = World::new().await;
        world.apply(&desired(PROJECT)).await;
        let changed = PROJECT.replace(
            "  locations: { includeLocations: [All], excludeLocations: [L] }\n",
            "",
        );
        let plan = world.plan(&desired(&changed)).await;
        let list = steps(&plan.actions[0]);
        assert_eq!(list.len(), 1);
        let request = &list[0].request;
        assert_eq!(
            (request.method, request.edition),
            (Method::Patch, Edition::V1)
        );
        let body = request.body.as_ref().unwrap();
        assert_eq!(
            body.as_object().unwrap().keys().collect::<Vec<_>>(),
            ["conditions"]
        );
        let conditions = &body["conditions"];
        assert_eq!(conditions["locations"], json!(null));
        // Not named where neither side has it: a cloud that lacks it would refuse its name.
        assert!(conditions.get("signInRiskLevels").is_none());
        assert_eq!(conditions["clientAppTypes"], json!(["all"]));
        assert_eq!(conditions["users"]["includeRoles"], json!([]));
        // Nothing that only beta has goes to v1.0.
        for name in [
            "agentIdRiskLevels",
            "deviceStates",
            "agents",
            "agentContext",
        ] {
            assert!(conditions.get(name).is_none(), "{name}");
        }
    });
}

#[test]
fn preview_members_go_to_beta_and_are_cleared_there() {
    run(async {
        let world = World::new().await;
        let beta = PROJECT.replace("grantControls:", "sessionControls: {continuousAccessEvaluation: {mode: strictEnforcement}}\ngrantControls:");
        let plan = world.apply(&desired(&beta)).await;
        let policy = plan.actions.iter().find(|a| a.name == "P").unwrap();
        assert_eq!(policy.edition, Edition::Beta);
        // v1.0 does not show the policy; it is found all the same.
        assert!(world.plan(&desired(&beta)).await.is_empty());
        let plan = world.apply(&desired(PROJECT)).await;
        assert_eq!(plan.actions[0].edition, Edition::Beta);
        assert_eq!(
            outline(&plan),
            ["update ConditionalAccessPolicy P: sessionControls"]
        );
        assert!(world.plan(&desired(PROJECT)).await.is_empty());
    });
}

#[test]
fn a_live_member_that_nobody_knows_survives_an_update() {
    run(async {
        let world = World::new().await;
        world.apply(&desired(PROJECT)).await;
        let mut plan = world
            .plan(&desired(&PROJECT.replace("excludeUsers: [u], ", "")))
            .await;
        let action = &mut plan.actions[0];
        assert_eq!(action.verb, Verb::Update);
        let live = action.live.as_mut().unwrap();
        live.raw["conditions"]["users"]["newMember"] = json!(["x"]);
        live.raw["conditions"]["emptyMember"] = json!([]);
        live.raw["conditions"]["times"] = json!(null);
        let body = steps(action)[0].request.body.clone().unwrap();
        assert_eq!(body["conditions"]["users"]["newMember"], json!(["x"]));
        assert!(body["conditions"].get("emptyMember").is_none());
        assert!(body["conditions"].get("times").is_none());
    });
}

#[test]
fn everything_a_project_names_can_be_destroyed() {
    run(async {
        use gatewright::graph::read::Reader;
        use gatewright::plan::build::{PlanTarget, build_destroy};
        use gatewright::tenant::{read, wanted::Wanted};
        let world = World::new().await;
        let before = world.sandbox.tenant();
        let project = desired(PROJECT);
        world.apply(&project).await;
        let reader = Reader::new(&world.client);
        let snapshot = read::snapshot(
            &reader,
            world.version,
            &Wanted::of(&project, &world.config),
            &project,
        )
        .await
        .unwrap();
        let target = PlanTarget {
            tenant: "world",
            config: &world.config,
            version: world.version,
            purge_deleted_users: false,
        };
        let plan = build_destroy(target, &project, &snapshot).unwrap();
        assert_eq!(plan.summary().delete, 6);
        let report = world.execute(&plan).await;
        assert!(report.is_complete(), "{report:#?}");
        let mut after = world.sandbox.tenant();
        // What lies in the recycle bin keeps its members.
        let gone = after["deletedObjects"].as_object().unwrap().clone();
        let members = after["members"].as_object_mut().unwrap();
        members.retain(|id, _| !gone.contains_key(id));
        for part in [
            "policies",
            "namedLocations",
            "authenticationStrengths",
            "users",
            "groups",
            "members",
        ] {
            assert_eq!(before[part], after[part], "{part}");
        }
    });
}

#[test]
fn what_refers_to_a_restored_user_is_written_in_the_same_run() {
    run(async {
        let mut world = World::new().await;
        world.scope(json!({"TestUser": "all"}));
        let policy = |users: &str| {
            format!(
                "kind: ConditionalAccessPolicy\ndisplayName: P\nstate: enabled\nconditions: {{users: {{includeUsers: [All]{users}}}, applications: {{includeApplications: [All]}}}}\ngrantControls: {{operator: OR, builtInControls: [mfa]}}\n"
            )
        };
        let user = "---\nkind: TestUser\ndisplayName: U\nuserPrincipalName: u\n";
        let with = desired(&(policy(", excludeUsers: [u]") + user));
        world.apply(&with).await;
        world.apply(&desired(&policy(""))).await;
        let back = world.apply(&with).await;
        assert!(back.actions.iter().any(|action| action.restore));
        assert!(world.plan(&with).await.is_empty());
    });
}

#[test]
fn what_somebody_made_since_the_plan_is_not_made_again() {
    run(async {
        let mut world = World::new().await;
        let project = desired(&format!(
            "{PROJECT}---\nkind: AuthenticationContext\nid: c7\ndisplayName: Step up\n"
        ));
        let plan = world.plan(&project).await;
        // Another machine does the same, while the list of this one grows old.
        world.apply(&project).await;
        world.patience.names = std::time::Duration::ZERO;
        let before = world.sandbox.tenant();
        let report = world.execute(&plan).await;
        for (action, (outcome, _)) in plan.actions.iter().zip(&report.outcomes) {
            let why = outcome.message().unwrap_or_default();
            assert_eq!(outcome.as_str(), "skipped", "{}", action.name);
            let words = [
                "somebody created",
                "was not written as planned",
                "was not created",
            ];
            let told = words.iter().any(|word| why.contains(word));
            assert!(told, "{}: {why}", action.name);
        }
        assert!(!report.wrote);
        assert_eq!(world.sandbox.tenant(), before);
        // One reading of each kind is enough for many.
        let policies: Vec<String> = (1..9)
            .map(|n| {
                format!("---\nkind: NamedLocation\ndisplayName: L{n}\nipRanges: [192.0.2.0/24]\n")
            })
            .collect();
        let plan = world.plan(&desired(&policies.concat())).await;
        world.patience.names = std::time::Duration::from_millis(1500);
        tokio::time::sleep(std::time::Duration::from_millis(1600)).await;
        let lists = |world: &World| {
            let requests = world.sandbox.requests();
            let list = |r: &&gatewright::sandbox::RequestRecord| {
                r.method == "GET" && r.target.contains("/namedLocations")
            };
            requests.iter().filter(list).count()
        };
        let before = lists(&world);
        let report = world.execute(&plan).await;
        assert!(report.is_complete(), "{report:#?}");
        // And two of the verification.
        assert!(lists(&world) - before < 8, "{}", lists(&world) - before);
    });
}

#[test]
fn a_run_that_is_stopped_says_what_was_done_and_the_next_one_goes_on() {
    use gatewright::apply::journal::{Head, InMemory};
    use gatewright::apply::{Executor, Progress, Stop, execute};
    use gatewright::graph::{read::Reader, write::Writer};
    use tokio::sync::watch;

    /// Asks for a stop while the second action is under way.
    struct StopAtSecond(watch::Sender<Stop>, usize);
    impl Progress for StopAtSecond {
        fn begins(&mut self, _: &[&Head]) {
            self.1 += 1;
            if self.1 == 2 {
                let _ = self.0.send(Stop::BeforeNextWrite);
            }
        }
        fn ends(&mut self, _: &Head, _: &ActionStatus) {}
        fn waits(&mut self, _: &str, _: std::time::Duration) {}
        fn verifies(&mut self) {}
    }

    run(async {
        let world = World::new().await;
        let project = desired(PROJECT);
        let plan = world.plan(&project).await;
        let (sender, stop) = watch::channel(Stop::No);
        let executor = Executor {
            reader: Reader::new(&world.client),
            writer: Writer::new(&world.client),
            version: world.version,
            patience: patience(),
            stop,
        };
        let report = execute(
            &executor,
            &plan,
            "apply",
            &mut InMemory::default(),
            &mut StopAtSecond(sender, 0),
        )
        .await
        .unwrap();
        assert!(report.interrupted && !report.is_complete());
        let done = report
            .outcomes
            .iter()
            .filter(|(o, _)| *o == ActionStatus::Done)
            .count();
        let open = report
            .outcomes
            .iter()
            .filter(|(o, _)| matches!(o, ActionStatus::NotReached | ActionStatus::Begun))
            .count();
        assert_eq!((done + open, open > 0), (6, true), "{report:#?}");
        // The group whose members were not added yet does not count as done.
        assert_eq!(report.outcomes[0].0, ActionStatus::Begun);
        world.apply(&project).await;
        assert!(world.plan(&project).await.is_empty());
    });
}

#[test]
fn a_run_says_how_far_it_is() {
    use gatewright::apply::journal::{Head, InMemory};
    use gatewright::apply::{Executor, Progress, RunPosition, Stop, execute};
    use gatewright::graph::read::Reader;
    use gatewright::graph::write::Writer;
    use tokio::sync::watch;

    #[derive(Default)]
    struct Positions(Vec<(usize, usize, Vec<String>)>);

    impl Progress for Positions {
        fn is_at(&mut self, at: RunPosition) {
            self.0.push((at.begun, at.of, Vec::new()));
        }
        fn begins(&mut self, actions: &[&Head]) {
            let names = actions.iter().map(|action| action.name.clone());
            self.0.last_mut().unwrap().2.extend(names);
        }
        fn ends(&mut self, _: &Head, _: &ActionStatus) {}
        fn waits(&mut self, _: &str, _: std::time::Duration) {}
        fn verifies(&mut self) {}
    }

    run(async {
        let world = World::new().await;
        let plan = world.plan(&desired(PROJECT)).await;
        let (_sender, stop) = watch::channel(Stop::No);
        let executor = Executor {
            reader: Reader::new(&world.client),
            writer: Writer::new(&world.client),
            version: world.version,
            patience: patience(),
            stop,
        };
        let mut heard = Positions::default();
        let journal = &mut InMemory::default();
        execute(&executor, &plan, "apply", journal, &mut heard)
            .await
            .unwrap();
        let count = plan.actions.len();
        assert_eq!(heard.0.len(), count);
        for (at, (begun, of, names)) in heard.0.iter().enumerate() {
            assert_eq!(
                (*begun, *of, names.len()),
                (at + 1, count, 1),
                "{:?}",
                heard.0
            );
        }
    });
}
