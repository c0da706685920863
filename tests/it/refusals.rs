//! Refusals that pass by themselves, answers that differ in letters alone, and what is told of work
//! that a refusal broke off. A proxy stands before the tenant and answers in its place.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use gatewright::apply::journal::{InMemory, Journal, Record};
use gatewright::apply::{ActionStatus, Executor, Stop, execute};
use gatewright::graph::client::{Client, Pace};
use gatewright::graph::read::Reader;
use gatewright::graph::token::Token;
use gatewright::graph::write::Writer;
use gatewright::sandbox::NestedPatch;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::answers::{Answer, Double};
use crate::world::{Silent, World, desired};

const PROJECT: &str = "
kind: Group
displayName: G
members: [breakglass1@contoso.com]
---
kind: NamedLocation
displayName: L
ipRanges: [192.0.2.0/24]
---
kind: ConditionalAccessPolicy
displayName: P
state: disabled
conditions:
  users: { includeUsers: [All], excludeGroups: [G] }
  applications: { includeApplications: [All] }
  locations: { includeLocations: [All], excludeLocations: [L] }
grantControls: { operator: OR, builtInControls: [mfa] }
";

/// What the tenant behind the proxy answers.
fn forwarded(tenant: &str, request: &str) -> Answer {
    let host = tenant.trim_start_matches("http://");
    let lines = request.split_once("\r\n\r\n").unwrap();
    let head: Vec<&str> = (lines.0.lines())
        .filter(|line| {
            let line = line.to_ascii_lowercase();
            !line.starts_with("host:") && !line.starts_with("connection:")
        })
        .collect();
    let text = format!(
        "{}\r\nhost: {host}\r\nconnection: close\r\n\r\n{}",
        head.join("\r\n"),
        lines.1
    );
    let mut answer = String::new();
    // The tenant needs a thread as well.
    tokio::task::block_in_place(|| {
        let mut stream = TcpStream::connect(host).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        stream.read_to_string(&mut answer).unwrap();
    });
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (
        status,
        "",
        serde_json::from_str(body).unwrap_or(Value::Null),
    )
}

fn refusal(status: u16, code: &str, message: &str) -> Answer {
    let error = json!({"error": {"code": code, "message": message}});
    (status, "retry-after: 0\r\n", error)
}

/// Puts a proxy before the tenant: what `answer` does not answer, the tenant does.
async fn behind(
    world: &mut World,
    answer: impl Fn(&str, &str) -> Option<Answer> + Send + Sync + 'static,
) -> Double {
    let tenant = world.sandbox.url();
    let double = Double::new(move |request| {
        answer(&tenant, request).unwrap_or_else(|| forwarded(&tenant, request))
    })
    .await;
    world.client = Client::new(&double.url, &Token::new("t"), Pace::Unlimited)
        .unwrap()
        .with_first_wait(Duration::from_millis(1));
    double
}

fn count(double: &Double, start: &str) -> usize {
    let asked = double.asked.lock().unwrap();
    asked.iter().filter(|one| one.starts_with(start)).count()
}

const IN_USE: &str = "1097: The named location is referenced by a policy and cannot be deleted.";

#[tokio::test(flavor = "multi_thread")]
async fn what_a_run_released_is_deleted_as_soon_as_the_service_sees_that() {
    let mut world = World::new().await;
    world.apply(&desired(PROJECT)).await;
    world.scope(json!({"ConditionalAccessPolicy": "all", "NamedLocation": "all"}));
    let group = PROJECT.split("---").next().unwrap();
    let left = AtomicUsize::new(3);
    let double = behind(&mut world, move |_, request| {
        let deletes = request.starts_with("DELETE") && request.contains("/namedLocations/");
        let still = deletes
            && left
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1))
                .is_ok();
        still.then(|| refusal(400, "BadRequest", IN_USE))
    })
    .await;
    world.apply(&desired(group)).await;
    assert_eq!(
        count(
            &double,
            "DELETE /v1.0/identity/conditionalAccess/namedLocations/"
        ),
        4
    );
}

/// Nothing of this run referred to it: waiting would change nothing.
#[tokio::test(flavor = "multi_thread")]
async fn what_others_use_is_refused_at_once() {
    let mut world = World::new().await;
    let location = "kind: NamedLocation\ndisplayName: L\nipRanges: [192.0.2.0/24]\n";
    world.apply(&desired(location)).await;
    world.scope(json!({"NamedLocation": "all"}));
    let double = behind(&mut world, |_, request| {
        request
            .starts_with("DELETE")
            .then(|| refusal(400, "BadRequest", IN_USE))
    })
    .await;
    let plan = world
        .plan(&desired("kind: Group\ndisplayName: Other\n"))
        .await;
    let report = world.execute(&plan).await;
    let failed = report
        .outcomes
        .iter()
        .filter(|(o, _)| matches!(o, ActionStatus::Failed(_)));
    assert_eq!(
        (failed.count(), count(&double, "DELETE")),
        (1, 1),
        "{report:#?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_writes_that_meet_in_the_directory_are_sent_again() {
    let mut world = World::new().await;
    let left = AtomicUsize::new(2);
    behind(&mut world, move |_, request| {
        let fills = request.starts_with("PATCH /v1.0/groups/");
        let meets = fills && left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok();
        let message = "A concurrency violation occurred during modification due to a conflicting concurrent operation.";
        meets.then(|| refusal(409, "Directory_ConcurrencyViolation", message))
    })
    .await;
    world.apply(&desired(PROJECT)).await;
}

/// A group that exists and is empty is not "not done", and its double must be told as any other's.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_created_and_not_finished_is_told_as_that() {
    let project = "
kind: Group
displayName: G
members: [u@contoso.com]
---
kind: TestUser
displayName: U
userPrincipalName: u@contoso.com
";
    for doubles in [false, true] {
        let mut world = World::new().await;
        behind(&mut world, move |tenant, request| {
            if !request.starts_with("POST /v1.0/users ") {
                return None;
            }
            if doubles {
                let body = json!({"displayName": "G", "mailEnabled": false, "mailNickname": "g", "securityEnabled": true}).to_string();
                let twin = format!("POST /v1.0/groups HTTP/1.1\r\nauthorization: Bearer t\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                assert_eq!(forwarded(tenant, &twin).0, 201);
            }
            Some(refusal(400, "Request_BadRequest", "Property usageLocation is invalid."))
        })
        .await;
        let plan = world.plan(&desired(project)).await;
        let report = world.execute(&plan).await;
        let (group, id) = (plan.actions.iter().zip(&report.outcomes))
            .find_map(|(action, outcome)| (action.name == "G").then_some(outcome))
            .unwrap();
        assert!(id.is_some(), "{report:#?}");
        match group {
            ActionStatus::Doubled(ids) => assert!(doubles && ids.len() == 2, "{report:#?}"),
            ActionStatus::Failed(why) => {
                assert!(!doubles && why.contains("written in part"), "{report:#?}");
            }
            _ => panic!("{report:#?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_are_the_same_in_capitals() {
    let mut world = World::new().await;
    behind(&mut world, |tenant, request| {
        let creates = request.starts_with("POST") && request.contains("/conditionalAccess/");
        let (status, headers, mut body) = creates.then(|| forwarded(tenant, request))?;
        let id = body["id"].as_str().unwrap().to_ascii_uppercase();
        body["id"] = id.into();
        Some((status, headers, body))
    })
    .await;
    world.apply(&desired(PROJECT)).await;
    assert!(world.plan(&desired(PROJECT)).await.is_empty());
}

/// A journal that asks for a stop a moment after the third policy was written, while the fourth waits
/// for its second.
struct StopsLater {
    journal: InMemory,
    answered: usize,
    stop: watch::Sender<Stop>,
}

impl Journal for StopsLater {
    fn write(&mut self, record: &Record) -> std::io::Result<()> {
        if matches!(record, Record::After { .. }) {
            self.answered += 1;
            if self.answered == 3 {
                let stop = self.stop.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    let _ = stop.send(Stop::BeforeNextWrite);
                });
            }
        }
        self.journal.write(record)
    }
}

/// Whoever reads the journal of a killed run asks the tenant about each request that was on its way.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_waits_for_its_turn_is_not_on_its_way() {
    let world = World::start(NestedPatch::Merge, Pace::Documented).await;
    let policy = |name: &str| {
        PROJECT
            .split("---")
            .nth(2)
            .unwrap()
            .replace("displayName: P", &format!("displayName: {name}"))
            .replace(", excludeGroups: [G]", "")
            .replace(", excludeLocations: [L]", "")
    };
    let project: Vec<String> = ["A", "B", "C", "D", "E", "F"].map(policy).into();
    let plan = world.plan(&desired(&project.join("---"))).await;
    let (sender, stop) = watch::channel(Stop::No);
    let executor = Executor {
        reader: Reader::new(&world.client),
        writer: Writer::new(&world.client),
        version: world.version,
        patience: world.patience,
        stop,
    };
    let mut journal = StopsLater {
        journal: InMemory::default(),
        answered: 0,
        stop: sender,
    };
    let report = execute(&executor, &plan, "apply", &mut journal, &mut Silent)
        .await
        .unwrap();
    assert!(report.interrupted, "{report:#?}");
    let words: Vec<&str> = report.outcomes.iter().map(|(o, _)| o.as_str()).collect();
    assert_eq!(
        words,
        [
            "done",
            "done",
            "done",
            "not reached",
            "not reached",
            "not reached"
        ]
    );
    let sent = journal
        .journal
        .0
        .iter()
        .filter(|one| matches!(one, Record::Before { .. }));
    assert_eq!(sent.count(), 3);
}
