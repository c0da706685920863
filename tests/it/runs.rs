//! Journals, and the way back.

use gatewright::apply::journal::{self, InFile, Journal, Record};
use gatewright::graph::Request;
use gatewright::model::facts::Edition;
use gatewright::plan::{Action, Verb};
use serde_json::{Value, json};

use crate::world::{World, desired, outline, run};

const PROJECT: &str = "kind: Group\ndisplayName: G\nmembers: [adelev@contoso.com]\n---\nkind: NamedLocation\ndisplayName: L\nipRanges: [192.0.2.0/24]\nisTrusted: true\n---\nkind: TestUser\ndisplayName: U\nuserPrincipalName: u\nmemberOf: [G]\n---\nkind: ConditionalAccessPolicy\ndisplayName: P\nstate: enabled\nconditions: {users: {includeUsers: [All], excludeGroups: [G], excludeUsers: [u]}, applications: {includeApplications: [All]}, locations: {includeLocations: [All], excludeLocations: [L]}}\ngrantControls: {operator: OR, builtInControls: [mfa]}\n";

async fn ids(world: &World) -> Vec<String> {
    let mut ids = Vec::new();
    for path in [
        "/identity/conditionalAccess/policies",
        "/identity/conditionalAccess/namedLocations",
        "/users?$top=999",
        "/groups?$top=999",
    ] {
        for item in world.live(path).await["value"].as_array().unwrap() {
            ids.push(item["id"].as_str().unwrap().to_owned());
        }
    }
    ids.sort();
    ids
}

#[test]
fn what_a_run_deleted_is_restored_under_its_old_id() {
    run(async {
        use gatewright::graph::read::Reader;
        use gatewright::plan::build::{PlanTarget, build_destroy};
        use gatewright::tenant::{read, wanted::Wanted};
        let world = World::new().await;
        let project = desired(PROJECT);
        world.apply(&project).await;
        let before = ids(&world).await;
        let reader = Reader::new(&world.client);
        let wanted = Wanted::of(&project, &world.config);
        let snapshot = read::snapshot(&reader, world.version, &wanted, &project)
            .await
            .unwrap();
        let target = PlanTarget {
            tenant: "world",
            config: &world.config,
            version: world.version,
            purge_deleted_users: false,
        };
        let destroy = build_destroy(target, &project, &snapshot).unwrap();
        let record = world.execute_recorded(&destroy).await;
        let back = world.plan_back(&record).await;
        let restored = back.actions.iter().filter(|a| a.restore).count();
        assert_eq!((restored, back.summary().create), (4, 4));
        assert!(back.notices.is_empty(), "{:?}", back.notices);
        world.execute_recorded(&back).await;
        assert_eq!(ids(&world).await, before);
        assert!(
            world.plan(&project).await.is_empty(),
            "{:?}",
            outline(&world.plan(&project).await)
        );
    });
}

#[test]
fn what_a_run_created_is_deleted_and_what_it_changed_is_changed_back() {
    run(async {
        let world = World::new().await;
        world.apply(&desired(PROJECT)).await;
        let next = PROJECT
            .replace("state: enabled", "state: disabled")
            .replace("192.0.2.0/24", "198.51.100.0/24")
            + "---\nkind: Group\ndisplayName: New\n";
        let record = world.apply_recorded(&desired(&next)).await;
        let back = world.plan_back(&record).await;
        assert_eq!(
            outline(&back),
            [
                "update NamedLocation L: ipRanges",
                "update ConditionalAccessPolicy P: state",
                "delete Group New"
            ]
        );
        world.execute_recorded(&back).await;
        assert!(world.plan(&desired(PROJECT)).await.is_empty());
    });
}

#[test]
fn a_journal_says_what_was_sent_and_no_password() {
    run(async {
        let world = World::new().await;
        let plan = world.plan(&desired(PROJECT)).await;
        let folder = tempfile::tempdir().unwrap();
        let mut file = InFile::create(folder.path()).unwrap();
        let report = world.execute_with(&plan, &mut file).await;
        let path = folder.path().join(format!("{}.jsonl", file.run));
        let text = std::fs::read_to_string(&path).unwrap();
        use secrecy::ExposeSecret;
        assert_eq!(report.secrets.len(), 1);
        assert!(!text.contains(report.secrets[0].password.expose_secret()));
        assert!(!text.contains("passwordProfile"));
        let lines: Vec<Value> = text
            .lines()
            .map(|l| serde_json::from_str(l).unwrap())
            .collect();
        // Each request stands before its answer.
        let kinds: Vec<&str> = lines
            .iter()
            .map(|l| l["record"].as_str().unwrap())
            .collect();
        assert_eq!(kinds[0], "run");
        for (at, kind) in kinds.iter().enumerate() {
            if *kind == "before" {
                assert_eq!(kinds[at + 1], "after");
            }
        }
        // A last line that a crash cut off is no fault, and says nothing.
        std::fs::write(&path, &text[..text.len() - 30]).unwrap();
        let record = journal::read(&path).unwrap();
        assert_eq!((record.state(), record.actions.len()), ("broken off", 4));
        let header = text.find('\n').unwrap();
        for cut in (header + 1..text.len()).step_by(41) {
            if text[cut..].starts_with('\n') {
                continue; // the line is whole
            }
            std::fs::write(&path, &text[..cut]).unwrap();
            let torn = journal::read(&path).unwrap();
            let whole = text[..cut].rfind('\n').unwrap();
            std::fs::write(&path, &text[..=whole]).unwrap();
            assert_eq!(torn, journal::read(&path).unwrap(), "{cut}");
        }
    });
}

#[test]
fn without_a_journal_nothing_is_written() {
    struct Full(usize);
    impl Journal for Full {
        fn write(&mut self, _: &Record) -> std::io::Result<()> {
            self.0 = self.0.saturating_sub(1);
            match self.0 {
                0 => Err(std::io::Error::other("no space left")),
                _ => Ok(()),
            }
        }
    }
    run(async {
        let world = World::new().await;
        let plan = world.plan(&desired(PROJECT)).await;
        let writes = |world: &World| {
            world
                .sandbox
                .requests()
                .iter()
                .filter(|r| {
                    r.method != "GET"
                        && !r.target.contains("$batch")
                        && !r.target.contains("getByIds")
                })
                .count()
        };
        // Full before the first request: none is sent.
        let report = world.execute_with(&plan, &mut Full(2)).await;
        assert_eq!((writes(&world), report.wrote), (0, false));
        assert!(report.journal_error.is_some() && !report.is_complete());
        // Full after the first answer: that write is told, and no other is sent.
        let report = world.execute_with(&plan, &mut Full(3)).await;
        assert_eq!((writes(&world), report.wrote), (1, true));
    });
}

#[test]
fn a_lost_answer_is_looked_for_and_adopted() {
    run(async {
        use gatewright::apply::{Executor, Stop, settle};
        use gatewright::graph::{read::Reader, write::Writer};
        let world = World::new().await;
        let plan = world.plan(&desired(PROJECT)).await;
        let (_keep, stop) = tokio::sync::watch::channel(Stop::No);
        let executor = Executor {
            reader: Reader::new(&world.client),
            writer: Writer::new(&world.client),
            version: world.version,
            patience: crate::world::patience(),
            stop,
        };
        let found = async |action: &Action| {
            settle::named(&executor, action.kind, std::slice::from_ref(&action.name))
                .await
                .unwrap()
        };
        for action in plan.actions.iter().filter(|a| a.verb == Verb::Create) {
            assert!(found(action).await.is_empty(), "{}", action.name);
        }
        world.apply(&desired(PROJECT)).await;
        for action in &plan.actions {
            assert_eq!(found(action).await.len(), 1, "{}", action.name);
        }
        // Two of one name: not ours to choose.
        let body = json!({"displayName": "G", "mailEnabled": false, "mailNickname": "g2", "securityEnabled": true});
        let request = Request::post(Edition::V1, "/groups", body);
        world.hand.send(&request).await.unwrap();
        let group = plan.actions.iter().find(|a| a.name == "G").unwrap();
        assert_eq!(found(group).await.len(), 2);
    });
}

#[test]
fn a_deleted_test_user_is_restored_or_purged_and_never_doubled() {
    run(async {
        let mut world = World::new().await;
        let project =
            desired("kind: TestUser\ndisplayName: U\nuserPrincipalName: u\ndepartment: New\n");
        world
            .apply(&desired(
                "kind: TestUser\ndisplayName: U\nuserPrincipalName: u\ndepartment: Old\n",
            ))
            .await;
        let user = world.live("/users/u@contoso.com").await["id"].clone();
        let delete =
            |id: &Value| Request::delete(Edition::V1, format!("/users/{}", id.as_str().unwrap()));
        world.hand.send(&delete(&user)).await.unwrap();
        let plan = world.apply(&project).await;
        assert!(plan.actions[0].restore);
        assert_eq!(world.live("/users/u@contoso.com").await["id"], user);
        assert!(world.plan(&project).await.is_empty());
        // On request it is purged, and a new one made.
        world.hand.send(&delete(&user)).await.unwrap();
        world.purge_deleted_users = true;
        world.apply(&project).await;
        assert_ne!(world.live("/users/u@contoso.com").await["id"], user);
        let bin = world
            .live("/directory/deletedItems/microsoft.graph.user")
            .await;
        assert_eq!(bin["value"], json!([]));
    });
}
