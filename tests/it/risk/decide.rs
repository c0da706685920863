//! `risk dismiss`, `risk confirm-compromised`, `risk confirm-safe`.

use std::collections::BTreeSet;
use std::time::Duration;

use gatewright::apply::journal::{InMemory, Journal, Record};
use gatewright::apply::{self, ActionStatus, Executor, Patience, RunReport, Stop};
use gatewright::graph::client::{Client, Pace};
use gatewright::graph::read::Reader;
use gatewright::graph::token::Token;
use gatewright::graph::write::Writer;
use gatewright::model::cloud::ApiVersion;
use gatewright::risk::decision::{Decision, plan};
use gatewright::risk::{RiskFilter, read};
use gatewright::sandbox::Weather;

use super::*;
use crate::world::Silent;

#[tokio::test]
async fn a_dismissal_is_shown_sent_seen_and_kept_in_the_journal() {
    let project = project(&[
        ("AdeleV@contoso.com", "medium"),
        ("AdeleV@contoso.com", "low"),
        ("AlexW@contoso.com", "high"),
    ])
    .await;
    // Nobody to ask.
    let asked = project.run(&["risk", "dismiss", "Adele Vance"]);
    insta::assert_snapshot!("dismiss-asks", redacted(&asked));
    let ran = project.run(&["risk", "dismiss", "Adele Vance", "--yes"]);
    insta::assert_snapshot!("dismiss", redacted(&ran));
    let users = json_of(&project.run(&["risk", "users", "--user", ADELE, "--format", "json"]));
    let adele = &users["users"][0];
    assert_eq!(adele["riskState"], "dismissed");
    assert_eq!(adele["riskLevel"], "none");
    assert_eq!(adele["riskDetail"], "adminDismissedAllRiskForUser");
    let other = project.run(&["risk", "users", "--user", "alexw", "--state", "atRisk"]);
    assert!(other.stdout.contains("AlexW@contoso.com"));

    insta::assert_snapshot!("runs", redacted(&project.run(&["runs"])));
    insta::assert_snapshot!("run", redacted(&project.run(&["runs", "show", "latest"])));
    let shown = json_of(&project.run(&["runs", "show", "latest", "--format", "json"]));
    assert_eq!(shown["runs"][0]["command"], "risk dismiss");
    assert_eq!(shown["runs"][0]["state"], "complete");
    let action = &shown["runs"][0]["actions"][0];
    assert_eq!(
        (&action["action"], &action["kind"]),
        (&"dismiss".into(), &"RiskyUser".into())
    );
    assert_eq!(
        (&action["id"], &action["outcome"]),
        (&ADELE.into(), &"done".into())
    );
    let back = project.run(&["rollback", "latest", "--yes"]);
    assert_eq!(back.code, Some(1), "{}", back.snapshot());
    assert!(
        back.stderr.contains("cannot be undone"),
        "{}",
        back.snapshot()
    );
}

#[tokio::test]
async fn users_are_confirmed_as_compromised_and_as_safe() {
    let project = project(&[("AdeleV@contoso.com", "low")]).await;
    let state = |user: &str| {
        let ran = project.run(&["risk", "users", "--user", user, "--format", "json"]);
        let found = json_of(&ran);
        (
            found["users"][0]["riskState"].as_str().unwrap().to_owned(),
            found["users"][0]["riskLevel"].as_str().unwrap().to_owned(),
        )
    };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    // Also a user about whom nothing was noticed.
    let users = ["AdeleV@contoso.com", "LeeG@contoso.com"];
    let mut arguments = vec!["risk", "confirm-compromised", "--yes"];
    arguments.extend(users);
    let ran = project.run(&arguments);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    for user in users {
        assert_eq!(state(user), pair("confirmedCompromised", "high"));
    }
    let ran = project.run(&["risk", "confirm-safe", "leeg", "--yes", "--format", "json"]);
    let told = json_of(&ran);
    assert_eq!(told["decision"], "confirm-safe");
    assert_eq!(told["complete"], true);
    assert_eq!(told["users"][0]["riskState"], "confirmedCompromised");
    assert_eq!(told["users"][0]["outcome"], "done");
    assert_eq!(state("leeg"), pair("confirmedSafe", "none"));
}

#[tokio::test]
async fn what_is_about_nobody_or_too_many_is_refused() {
    let project = project(&[
        ("AdeleV@contoso.com", "low"),
        ("AlexW@contoso.com", "low"),
        ("LeeG@contoso.com", "high"),
    ])
    .await;
    let before = project.tenant_file();
    let ran = project.run(&["risk", "dismiss", "MeganB@contoso.com", "--yes"]);
    insta::assert_snapshot!("nobody", redacted(&ran));
    let ran = project.run(&["risk", "dismiss", "--level", "medium", "--yes"]);
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    assert!(ran.stderr.contains("nobody-at-risk"), "{}", ran.snapshot());
    let ran = project.run(&["risk", "dismiss", "--level", "low", "--max", "1", "--yes"]);
    insta::assert_snapshot!("too-many", redacted(&ran));
    let ran = project.run(&["risk", "dismiss", "nobody@contoso.com", "--yes"]);
    assert_eq!(ran.code, Some(1));
    for wrong in [
        &["risk", "dismiss"][..],
        &["risk", "dismiss", "leeg", "--level", "low"],
        &["risk", "dismiss", "--since", "forever"],
    ] {
        assert_eq!(project.run(wrong).code, Some(64), "{wrong:?}");
    }
    assert_eq!(before, project.tenant_file(), "nothing was written");
    assert!(!project.path(".gatewright/runs").exists());
    // With leave it is done, and only to those at risk.
    let ran = project.run(&["risk", "dismiss", "--level", "low", "--max", "2", "--yes"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    let left = json_of(&project.run(&["risk", "users", "--state", "atRisk", "--format", "json"]));
    assert_eq!(left["users"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn break_glass_accounts_of_the_guards_are_named_and_refused() {
    let project = project(&[("AdeleV@contoso.com", "low"), ("MeganB@contoso.com", "low")])
        .await
        // By name, and as a member of a group.
        .file(
            "guards.yaml",
            "breakGlass: { users: [breakglass1], groups: [CA-Pilot] }\n",
        );
    let before = project.tenant_file();
    let ran = project.run(&["risk", "dismiss", "--level", "low", "--yes"]);
    insta::assert_snapshot!("break-glass", redacted(&ran));
    let one = ["risk", "confirm-compromised", "breakglass1", "--yes"];
    let ran = project.run(&one);
    assert_eq!(ran.code, Some(3), "{}", ran.snapshot());
    assert_eq!(before, project.tenant_file(), "nothing was written");
    let ran = project.run(&["risk", "dismiss", "adelev", "--yes"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    let all = [
        "risk",
        "dismiss",
        "meganb",
        "--yes",
        "--include-break-glass",
    ];
    let ran = project.run(&all);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
}

/// A sandbox with so many users at risk, and a client for it.
async fn crowd(count: usize, weather: Weather) -> (Sandbox, Client) {
    let sandbox = Sandbox::new().await;
    for n in 0..count {
        let upn = format!("u{n}@contoso.com");
        made_user(&sandbox, &format!("User {n}"), &upn).await;
        sign_in(&sandbox, &[(&upn, "medium")]);
    }
    sandbox.running.set_weather(weather);
    let client = Client::new(&sandbox.running.url(), &Token::new("t"), Pace::Unlimited)
        .unwrap()
        .with_first_wait(Duration::from_millis(1));
    (sandbox, client)
}

async fn decide(client: &Client, journal: &mut dyn Journal, stopped: bool) -> RunReport {
    let reader = Reader::new(client);
    let at_risk = RiskFilter {
        states: vec!["atRisk".to_owned()],
        ..RiskFilter::default()
    };
    let users = read::users(&reader, &at_risk).await.unwrap().items;
    let plan = plan(Decision::Dismiss, users, &[], &BTreeSet::new());
    let (_keep, stop) = tokio::sync::watch::channel(match stopped {
        true => Stop::BeforeNextWrite,
        false => Stop::No,
    });
    let executor = Executor {
        reader,
        writer: Writer::new(client),
        version: ApiVersion::Auto,
        patience: Patience {
            rounds: 1_000,
            pause: Duration::from_millis(20),
            lag: Duration::from_millis(20),
            ..crate::world::patience()
        },
        stop,
    };
    apply::decide(&executor, &plan, ("world", "t"), journal, &mut Silent)
        .await
        .unwrap()
}

#[tokio::test]
async fn many_are_sent_in_batches_of_sixty_and_seen_in_one_list() {
    let (sandbox, client) = crowd(130, Weather::default()).await;
    let mut journal = InMemory::default();
    let before = sandbox.running.requests().len();
    let report = decide(&client, &mut journal, false).await;
    assert!(report.is_complete(), "{report:?}");
    let asked: Vec<String> = sandbox.running.requests()[before..]
        .iter()
        .map(|r| format!("{} {}", r.method, r.target.split('?').next().unwrap()))
        .collect();
    let (list, send) = (
        "GET /v1.0/identityProtection/riskyUsers".to_owned(),
        "POST /v1.0/identityProtection/riskyUsers/dismiss".to_owned(),
    );
    // Seen twice running, since replicas may differ.
    assert_eq!(
        asked,
        [
            list.clone(),
            send.clone(),
            send.clone(),
            send,
            list.clone(),
            list
        ]
    );
    // Before each request it is in the journal what will be sent.
    let steps: Vec<String> = journal
        .0
        .iter()
        .map(|record| {
            let value = serde_json::to_value(record).unwrap();
            value["record"].as_str().unwrap().to_owned()
        })
        .collect();
    let count = |step: &str| steps.iter().filter(|s| *s == step).count();
    assert!(matches!(&journal.0[0], Record::Run { actions, .. } if actions.len() == 130));
    assert_eq!(
        (count("before"), count("after"), count("outcome")),
        (3, 3, 130)
    );
    assert!(matches!(
        journal.0.last(),
        Some(Record::End { complete: true, .. })
    ));
}

/// Deleted users are left out; one who is deleted between the look and the request stops nobody
/// else.
#[tokio::test]
async fn one_id_that_is_refused_stops_nobody_else() {
    let (sandbox, client) = crowd(9, Weather::default()).await;
    let delete = async |upn: &str| {
        let id = sandbox.got(&format!("/users/{upn}")).await["id"].clone();
        assert_eq!(sandbox.delete(&format!("/users/{upn}")).await.0, 204);
        id.as_str().unwrap().to_owned()
    };
    delete("u3@contoso.com").await;
    let reader = Reader::new(&client);
    let users = read::users(&reader, &RiskFilter::default())
        .await
        .unwrap()
        .items;
    let plan = plan(Decision::Dismiss, users, &[], &BTreeSet::new());
    assert_eq!((plan.items.len(), plan.left.len()), (8, 1));
    assert!(plan.left[0].is_deleted);
    assert!(gatewright::render::risk::decision::plan(&plan, None).contains("was deleted"));
    let gone = delete("u5@contoso.com").await;
    let (_keep, stop) = tokio::sync::watch::channel(Stop::No);
    let executor = Executor {
        reader,
        writer: Writer::new(&client),
        version: ApiVersion::Auto,
        patience: Patience {
            rounds: 2,
            ..crate::world::patience()
        },
        stop,
    };
    let mut journal = InMemory::default();
    let report = apply::decide(&executor, &plan, ("world", "t"), &mut journal, &mut Silent)
        .await
        .unwrap();
    for (item, (outcome, _)) in plan.items.iter().zip(&report.outcomes) {
        match item.user.id == gone {
            true => assert!(
                matches!(outcome, ActionStatus::Failed(why) if why.contains("invalid")),
                "{outcome:?}"
            ),
            false => assert_eq!(*outcome, ActionStatus::Done),
        }
    }
}

#[tokio::test]
async fn lost_answers_faults_and_lag_are_borne() {
    let weather = Weather {
        lag: "200ms".parse().unwrap(),
        lose: "30%".parse().unwrap(),
        fail: "20%".parse().unwrap(),
        seed: 11,
        ..Weather::default()
    };
    let (sandbox, client) = crowd(70, weather).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let report = decide(&client, &mut InMemory::default(), false).await;
    assert!(report.wrote, "{report:?}");
    let users = &sandbox.running.tenant()["riskyUsers"];
    let states = users.as_object().unwrap().values();
    let dismissed = states.filter(|u| u["riskState"] == "dismissed").count();
    let done = report
        .outcomes
        .iter()
        .filter(|(o, _)| *o == ActionStatus::Done)
        .count();
    assert_eq!(done, dismissed, "what is told is so: {report:?}");
}

#[tokio::test]
async fn a_run_that_is_stopped_or_refused_says_what_it_did_not_reach() {
    let (sandbox, client) = crowd(2, Weather::default()).await;
    let report = decide(&client, &mut InMemory::default(), true).await;
    assert!(
        report
            .outcomes
            .iter()
            .all(|(o, _)| *o == ActionStatus::NotReached)
    );
    assert!(report.interrupted && !report.wrote && !report.is_complete());

    struct Full;
    impl Journal for Full {
        fn write(&mut self, record: &Record) -> std::io::Result<()> {
            match matches!(record, Record::Before { .. }) {
                true => Err(std::io::Error::other("the disk is full")),
                false => Ok(()),
            }
        }
    }
    let requests = sandbox.running.requests().len();
    let report = decide(&client, &mut Full, false).await;
    assert!(report.journal_error.is_some() && !report.wrote);
    // One read, and nothing was sent that is not in the journal.
    assert_eq!(sandbox.running.requests().len(), requests + 1);
}
