//! Bad days: throttling, failures, lost answers, replicas that lag and flap, all of it
//! together, and a run that dies at any point. In every case the tenant ends as the manifests
//! say, nothing is there twice, nothing outside the plan was written, and the report is true.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use gatewright::apply::journal::{self, InFile, Journal, Record};
use gatewright::apply::{Executor, Patience, RunReport, Stop};
use gatewright::graph::client::Pace;
use gatewright::graph::{Request, read::Reader, write::Writer};
use gatewright::manifest::project::Desired;
use gatewright::model::Kind;
use gatewright::model::facts::Edition;
use gatewright::plan::Verb;
use gatewright::sandbox::{NestedPatch, Rate, Span, Weather};
use gatewright::tenant::replication::Replication;
use gatewright::tenant::trace::{By, Left, Trace};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::world::{World, desired, outline, run};

const FIRST: &str = r#"
kind: Group
displayName: CA-BreakGlass
members: [breakglass1@contoso.com, breakglass2@contoso.com]
---
kind: Group
displayName: Pilot
---
kind: TestUser
displayName: U
userPrincipalName: u
memberOf: [Pilot]
---
kind: NamedLocation
displayName: L
ipRanges: [192.0.2.0/24]
isTrusted: true
---
kind: AuthenticationStrength
displayName: S
allowedCombinations: [fido2, "password,sms"]
combinationConfigurations:
  - { appliesToCombinations: [fido2], allowedAAGUIDs: [11111111-2222-3333-4444-555555555555] }
---
kind: AuthenticationContext
id: c3
displayName: Step up
---
kind: ConditionalAccessPolicy
displayName: P1
state: enabled
conditions:
  users: { includeUsers: [All], excludeGroups: [CA-BreakGlass], excludeUsers: [u] }
  applications: { includeApplications: [All] }
  locations: { includeLocations: [All], excludeLocations: [L] }
grantControls: { operator: OR, authenticationStrength: S }
---
kind: ConditionalAccessPolicy
displayName: P2
state: enabledForReportingButNotEnforced
conditions:
  users: { includeGroups: [Pilot], excludeGroups: [CA-BreakGlass] }
  applications: { includeAuthenticationContextClassReferences: [c3] }
grantControls: { operator: OR, builtInControls: [mfa] }
"#;

/// The next state: something of every sort changes, comes and goes.
fn second() -> String {
    FIRST
        .replace("192.0.2.0/24", "198.51.100.0/24")
        .replace("[fido2, \"password,sms\"]", "[fido2]")
        .replace("11111111-", "21111111-")
        .replace("state: enabledForReportingButNotEnforced", "state: enabled")
        .replace("breakglass2@contoso.com", "adelev@contoso.com")
        .replace("displayName: P1", "displayName: P3")
}

fn rate(text: &str) -> Rate {
    Rate::deserialize(json!(text)).unwrap()
}

/// What the tenant holds, for what is there twice and what nobody asked for.
fn names(tenant: &Value) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for part in [
        "policies",
        "namedLocations",
        "authenticationStrengths",
        "groups",
        "users",
    ] {
        let list: Vec<&Value> = match &tenant[part] {
            Value::Array(items) => items.iter().collect(),
            Value::Object(map) => map.values().collect(),
            _ => Vec::new(),
        };
        for item in list {
            let name = item["userPrincipalName"]
                .as_str()
                .or(item["displayName"].as_str());
            *counts
                .entry(format!("{part} {}", name.unwrap_or_default()))
                .or_default() += 1;
        }
    }
    counts
}

/// Applies again and again until there is nothing to do; a bad day may need more than one run.
async fn converge(world: &World, project: &Desired, most: usize) -> (usize, Vec<RunReport>) {
    let mut reports = Vec::new();
    for round in 1..=most {
        let plan = world.plan(project).await;
        if plan.is_empty() {
            return (round - 1, reports);
        }
        let report = world.execute(&plan).await;
        // As the command line knows it from the journals.
        for (action, (outcome, id)) in plan.actions.iter().zip(&report.outcomes) {
            let left = match (action.verb, id) {
                (Verb::Create, Some(_)) => Left::Exists(By::Creation),
                (Verb::Create, None) if outcome.as_str() == "unknown" => {
                    Left::MayExist(By::Creation)
                }
                (Verb::Delete, _) => Left::Gone,
                _ => continue,
            };
            let trace = Trace {
                kind: action.kind,
                name: action.name.clone(),
                id: id.clone(),
                left,
                at: jiff::Timestamp::now(),
                run: "run".to_owned(),
            };
            let mut traces = world.traces.borrow_mut();
            traces.retain_mut(|old| trace.leaves(old));
            traces.push(trace);
        }
        // A report must not say more than was done: what it calls done is seen by a new plan.
        if report.is_complete() {
            let again = world.plan(project).await;
            assert!(again.is_empty(), "{:?}", outline(&again));
        }
        reports.push(report);
    }
    panic!(
        "not converged after {most} runs: {:?}",
        outline(&world.plan(project).await)
    );
}

/// From nothing to the first state, and on to the second, in this weather.
fn a_day(weather: Weather, most: usize) -> usize {
    run(async {
        let mut world = World::new().await;
        let before = names(&world.sandbox.tenant());
        // Patience in proportion: seconds of lag take seconds of pauses.
        world.patience.lag = weather.lag.0 / 2 + Duration::from_millis(1);
        world.patience.pause = world.patience.lag;
        world.patience.replication = Replication::always(weather.lag.0 * 2);
        world.sandbox.set_weather(weather);
        let (one, _) = converge(&world, &desired(FIRST), most).await;
        world.scope(json!({"ConditionalAccessPolicy": "all"}));
        let (two, _) = converge(&world, &desired(&second()), most).await;
        world.sandbox.set_weather(Weather::default());
        assert!(world.plan(&desired(&second())).await.is_empty());
        let after = names(&world.sandbox.tenant());
        for (name, count) in &after {
            assert_eq!(*count, 1, "{name} is there {count} times");
        }
        let expected = [
            "policies P2",
            "policies P3",
            "namedLocations L",
            "authenticationStrengths S",
            "groups CA-BreakGlass",
            "groups Pilot",
            "users u@contoso.com",
        ];
        let made: Vec<&str> = after
            .keys()
            .filter(|name| !before.contains_key(*name))
            .map(String::as_str)
            .collect();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(made, expected);
        one + two
    })
}

#[test]
fn failures_of_every_tenth_request_lose_and_double_nothing() {
    for seed in 0..5 {
        a_day(
            Weather {
                fail: rate("10%"),
                seed,
                ..Weather::default()
            },
            4,
        );
    }
}

#[test]
fn lost_answers_to_every_tenth_write_lose_and_double_nothing() {
    for seed in 0..12 {
        a_day(
            Weather {
                lose: rate("10%"),
                seed,
                ..Weather::default()
            },
            4,
        );
    }
}

#[test]
fn replicas_that_lag_and_flap_lose_and_double_nothing() {
    for seed in 0..2 {
        let lag = Span(Duration::from_millis(200));
        a_day(
            Weather {
                lag,
                flap: true,
                seed,
                ..Weather::default()
            },
            4,
        );
    }
}

#[test]
fn all_of_it_together_loses_and_doubles_nothing() {
    for seed in 0..4 {
        let weather = Weather {
            latency: Span(Duration::from_millis(1)),
            lag: Span(Duration::from_millis(150)),
            flap: true,
            lose: rate("8%"),
            fail: rate("8%"),
            seed,
            ..Weather::default()
        };
        a_day(weather, 8);
    }
}

#[test]
fn one_request_a_second_is_kept_and_survived() {
    run(async {
        // As documented: the client keeps the pace, and the service has to say 429 to one of the
        // first two requests at most, which go at once.
        let world = World::start(NestedPatch::Merge, Pace::Documented).await;
        world.sandbox.set_weather(Weather {
            throttle: true,
            ..Weather::default()
        });
        // Strengths and contexts, whose limits are not published, count with them here.
        let project = desired(FIRST);
        world.apply(&project).await;
        assert!(world.plan(&project).await.is_empty());
        let requests = world.sandbox.requests();
        let refused: Vec<_> = requests.iter().filter(|r| r.status == 429).collect();
        assert!(refused.len() <= 1, "{refused:#?}");
    });
}

/// Dies at the n-th record, as a process that is killed: before the record is written (its
/// request is done and nobody knows), or after it (its request was never sent).
struct Dying {
    left: usize,
    after: bool,
    file: InFile,
}

impl Journal for Dying {
    fn write(&mut self, record: &Record) -> std::io::Result<()> {
        let die = self.left == 0;
        self.left = self.left.saturating_sub(1);
        if !die || self.after {
            self.file.write(record)?;
        }
        match die {
            true => std::panic::resume_unwind(Box::new("killed")),
            false => Ok(()),
        }
    }
}

/// Kills a run from one state to another at every point of its journal, with reads that lag so
/// long, and applies again with what the journal says.
async fn dies_everywhere(from: Option<&str>, to: &str, lag: Duration, after: bool) {
    let mut points = 0;
    loop {
        let mut world = World::new().await;
        if let Some(from) = from {
            world.apply(&desired(from)).await;
        }
        world.scope(json!({"ConditionalAccessPolicy": "all"}));
        world.patience.lag = lag / 2 + Duration::from_millis(1);
        world.patience.replication = Replication::always(lag * 2);
        world.sandbox.set_weather(Weather {
            lag: Span(lag),
            ..Weather::default()
        });
        let world = Rc::new(world);
        let folder = tempfile::tempdir().unwrap();
        let file = InFile::create(folder.path()).unwrap();
        let mut journal = Dying {
            left: points,
            after,
            file,
        };
        let dying = {
            let (world, project) = (Rc::clone(&world), desired(to));
            tokio::task::spawn_local(async move {
                let plan = world.plan(&project).await;
                world.execute_with(&plan, &mut journal).await
            })
            .await
        };
        let replication = world.patience.replication;
        let trail = journal::trail(folder.path(), None, "world", replication, false);
        *world.traces.borrow_mut() = trail.traces;
        let project = desired(to);
        world.apply(&project).await;
        assert!(world.plan(&project).await.is_empty(), "died at {points}");
        for (name, count) in names(&world.sandbox.tenant()) {
            assert_eq!(count, 1, "{name}, died at {points}");
        }
        if dying.is_ok() {
            break; // the journal was long enough for the whole run
        }
        points += 1;
    }
    assert!(points > 20, "{points}");
}

#[test]
fn a_run_that_dies_at_any_point_is_converged_by_the_next() {
    run(async {
        let local = tokio::task::LocalSet::new();
        let all = async {
            let second = second();
            for (from, to) in [(None, FIRST), (Some(FIRST), second.as_str())] {
                dies_everywhere(from, to, Duration::from_millis(60), false).await;
                dies_everywhere(from, to, Duration::ZERO, true).await;
            }
        };
        local.run_until(all).await;
    });
}

#[test]
fn patience_ends_and_says_so() {
    run(async {
        let world = World::new().await;
        let plan = world.plan(&desired(FIRST)).await;
        let lag = Span(Duration::from_secs(600));
        world.sandbox.set_weather(Weather {
            lag,
            ..Weather::default()
        });
        let (_keep, stop) = watch::channel(Stop::No);
        let executor = Executor {
            reader: Reader::new(&world.client),
            writer: Writer::new(&world.client),
            version: world.version,
            patience: Patience {
                rounds: 3,
                pause: Duration::from_millis(1),
                lag: Duration::from_millis(1),
                ..crate::world::patience()
            },
            stop,
        };
        let mut journal = gatewright::apply::journal::InMemory::default();
        let report = gatewright::apply::execute(
            &executor,
            &plan,
            "apply",
            &mut journal,
            &mut crate::world::Silent,
        )
        .await
        .unwrap();
        // What was written and is not shown is not called done.
        assert!(!report.is_complete() && report.wrote);
        let states: Vec<&str> = report.outcomes.iter().map(|(o, _)| o.as_str()).collect();
        assert!(
            states.contains(&"unverified") || states.contains(&"failed"),
            "{states:?}"
        );
    });
}

/// The objects and the recycle bin are read one after the other, from replicas that differ.
#[test]
fn what_was_deleted_a_moment_ago_is_restored_and_not_made_anew() {
    let both = desired(
        "kind: Group\ndisplayName: Kept\n---\nkind: TestUser\ndisplayName: U\nuserPrincipalName: u\n",
    );
    let one = desired("kind: Group\ndisplayName: Kept\n");
    run(async {
        for seed in 0..10 {
            let mut world = World::new().await;
            world.scope(json!({"TestUser": "all"}));
            world.apply(&both).await;
            let deletion = world.apply_recorded(&one).await;
            let head = &deletion.actions[0].head;
            let id = head.id.clone().unwrap();
            // Once more, now that replicas differ.
            let restore = format!("/directory/deletedItems/{id}/restore");
            let restore = Request::post(Edition::V1, restore, json!({}));
            world.hand.send(&restore).await.unwrap();
            world.sandbox.set_weather(Weather {
                lag: Span(Duration::from_millis(600)),
                flap: true,
                seed,
                ..Weather::default()
            });
            let delete = Request::delete(Edition::V1, format!("/users/{id}"));
            world.hand.send(&delete).await.unwrap();
            world.patience.replication = Replication::usually(Duration::from_secs(2));
            world.traces.borrow_mut().push(Trace {
                kind: Kind::TestUser,
                name: head.name.clone(),
                id: Some(id),
                left: Left::Gone,
                at: jiff::Timestamp::now(),
                run: "run".to_owned(),
            });
            let back = match seed % 2 {
                0 => world.plan_back(&deletion).await,
                _ => world.plan(&both).await,
            };
            let restored: Vec<bool> = back.actions.iter().map(|a| a.restore).collect();
            assert_eq!(restored, [true], "seed {seed}: {:?}", outline(&back));
        }
    });
}
