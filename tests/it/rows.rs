//! The table of requests, and what gatewright sends of it: one story in which every row is sent.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use gatewright::apply::journal::InMemory;
use gatewright::apply::{self, Executor, Stop};
use gatewright::graph::client::Client;
use gatewright::graph::read::Reader;
use gatewright::graph::write::Writer;
use gatewright::impact::people::directory::{PeopleDirectory, PeopleWanted};
use gatewright::impact::people::edits::PeopleEdits;
use gatewright::impact::people::read as people;
use gatewright::impact::replay::{log_windows, read_window};
use gatewright::manifest::project::Desired;
use gatewright::model::Kind;
use gatewright::model::facts::Edition;
use gatewright::model::refs::RefKind;
use gatewright::model::requests;
use gatewright::plan::Plan;
use gatewright::plan::build::{PlanTarget, build_destroy};
use gatewright::risk::decision::{Decision, plan as decision};
use gatewright::risk::{RiskFilter, read as risk, subject};
use gatewright::sandbox::RiskySignIn;
use gatewright::tenant::audit::AuditLog;
use gatewright::tenant::memberships::read_memberships;
use gatewright::tenant::wanted::{Own, Wanted};
use gatewright::tenant::{again, break_glass, names, read};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::answers::Double;
use crate::world::{Silent, World, desired, patience, run};

const FIRST: &str = r##"
kind: Group
displayName: Many
members: [adelev@contoso.com, alexw@contoso.com, meganb@contoso.com]
---
kind: TestUser
displayName: U
userPrincipalName: u
jobTitle: Tester
memberOf: [Sales]
---
kind: NamedLocation
displayName: L
ipRanges: [192.0.2.0/24]
isTrusted: true
---
kind: AuthenticationContext
id: c7
displayName: C
isAvailable: true
---
kind: AuthenticationStrength
displayName: S
allowedCombinations: [fido2, x509CertificateMultiFactor]
combinationConfigurations:
  - "@odata.type": "#microsoft.graph.fido2CombinationConfiguration"
    appliesToCombinations: [fido2]
    allowedAAGUIDs: [2fc0579f-8113-47ea-b116-bb5a8db9202a]
---
kind: ConditionalAccessPolicy
displayName: P
state: enabled
conditions:
  users: { includeUsers: [All], excludeGroups: [Many] }
  applications: { includeApplications: [Contoso Expenses, 00000002-0000-0ff1-ce00-000000000000] }
  locations: { includeLocations: [All], excludeLocations: [L] }
grantControls: { operator: OR, authenticationStrength: S, termsOfUse: [Contoso Terms of Use] }
"##;

/// Everything that a run can change, changed.
fn second() -> String {
    FIRST
        .replace(
            "meganb@contoso.com]",
            "diegos@contoso.com]\ndescription: More",
        )
        .replace(
            "jobTitle: Tester",
            "jobTitle: Tester\naccountEnabled: false",
        )
        .replace("192.0.2.0/24", "198.51.100.0/24")
        .replace("displayName: C\n", "displayName: D\n")
        .replace("displayName: S\n", "displayName: S\ndescription: New\n")
        .replace(
            "[fido2, x509CertificateMultiFactor]",
            "[fido2, x509CertificateMultiFactor, windowsHelloForBusiness]",
        )
        .replace(
            "2fc0579f-8113-47ea-b116-bb5a8db9202a",
            "cb69481e-8ff7-4039-93ec-0a2729a154a8",
        )
        .replace("state: enabled", "state: disabled")
}

/// The same with another kind of configuration, so that one is made and one is deleted.
fn third() -> String {
    second()
        .replace(
            "#microsoft.graph.fido2CombinationConfiguration",
            "#microsoft.graph.x509CertificateCombinationConfiguration",
        )
        .replace(
            "appliesToCombinations: [fido2]",
            "appliesToCombinations: [x509CertificateMultiFactor]",
        )
        .replace(
            "allowedAAGUIDs: [cb69481e-8ff7-4039-93ec-0a2729a154a8]",
            "allowedIssuerSkis: [9A4248C6AC8C2931AB2A86537818E92E7B6C97B6]",
        )
        .replace("jobTitle: Tester", "jobTitle: Lead")
}

async fn destroyed(world: &World, project: &Desired) -> Plan {
    let reader = Reader::new(&world.client);
    let wanted = Wanted::of(project, &world.config);
    let snapshot = read::snapshot(&reader, world.version, &wanted, project)
        .await
        .unwrap();
    let target = PlanTarget {
        tenant: "world",
        config: &world.config,
        version: world.version,
        purge_deleted_users: false,
    };
    build_destroy(target, project, &snapshot).unwrap()
}

async fn objects(world: &mut World) {
    let first = desired(FIRST);
    world.apply(&first).await;
    world.apply(&desired(&second())).await;
    let project = desired(&third());
    world.apply(&project).await;
    // Down to nothing, back from the bin, and once more.
    let plan = destroyed(world, &project).await;
    let record = world.execute_recorded(&plan).await;
    let back = world.plan_back(&record).await;
    assert!(back.actions.iter().any(|action| action.restore));
    world.execute_recorded(&back).await;
    // A single change of a user, and a user who is made anew.
    let enabled = third().replace("accountEnabled: false", "accountEnabled: true");
    world.apply(&desired(&enabled)).await;
    let user = desired("kind: TestUser\ndisplayName: Only\nuserPrincipalName: only\n");
    world.apply(&user).await;
    let gone = destroyed(world, &user).await;
    world.execute(&gone).await;
    world.purge_deleted_users = true;
    world.apply(&user).await;
    let live = world.live("/users/only@contoso.com").await;
    let (_keep, stop) = watch::channel(Stop::No);
    let executor = executor(&world.client, stop);
    let user = ("only@contoso.com", live["id"].as_str().unwrap());
    apply::reset_password(
        &executor,
        user,
        ("world", "t"),
        &mut InMemory::default(),
        &mut Silent,
    )
    .await
    .unwrap();
}

fn executor(client: &Client, stop: watch::Receiver<Stop>) -> Executor<'_> {
    Executor {
        reader: Reader::new(client),
        writer: Writer::new(client),
        version: Default::default(),
        patience: patience(),
        stop,
    }
}

async fn lookups(world: &World) {
    let reader = Reader::new(&world.client);
    let set =
        |names: &[&str]| -> BTreeSet<String> { names.iter().map(|n| (*n).to_owned()).collect() };
    let id = "00000000-0000-4000-8000-0000000000aa";
    let wanted = Wanted {
        groups: set(&["Salse"]),
        users: set(&["adelw@contoso.com"]),
        app_ids: set(&["00000002-0000-0ff1-ce00-000000000000"]),
        app_names: set(&["Contoso Expense"]),
        service_principals: set(&["Contoso HR Portal"]),
        object_ids: set(&[id]),
        roles: set(&["No such role", id]),
        strengths: true,
        contexts: true,
        agreements: true,
        group_prefix: Some("CA-".to_owned()),
        marked_users: true,
        ..Wanted::default()
    };
    let none = Own::default();
    let mut snapshot = read::snapshot(&reader, world.version, &wanted, none.clone())
        .await
        .unwrap();
    again::candidates(&reader, &mut snapshot, &wanted)
        .await
        .unwrap();
    let all = Wanted {
        group_prefix: Some(String::new()),
        ..Wanted::default()
    };
    read::snapshot(&reader, world.version, &all, none)
        .await
        .unwrap();
    names::read_names(&reader, &mut snapshot, &[])
        .await
        .unwrap();
    let sales = world
        .live("/groups?$filter=displayName%20eq%20'Sales'")
        .await;
    let ask = break_glass::Ask {
        users: vec!["breakglass1@contoso.com".to_owned()],
        groups: vec!["Sales".to_owned()],
        members: vec![sales["value"][0]["id"].as_str().unwrap().to_owned()],
        domain: "contoso.com".to_owned(),
    };
    break_glass::read(&reader, &ask).await.unwrap();
    let of = ask.members.iter().map(|id| (RefKind::Group, id.clone()));
    let read = read_memberships(&reader, &mut snapshot, of.collect()).await;
    assert_eq!(read.unwrap(), (Vec::new(), None));
    let asked = [
        (Kind::ConditionalAccessPolicy, None),
        (Kind::Group, sales["value"][0]["id"].as_str()),
    ];
    let wanted = PeopleWanted {
        groups: set(&[sales["value"][0]["id"].as_str().unwrap()]),
        roles: set(&["62e90394-69f5-4237-9190-012177145e10"]),
    };
    let mut found = PeopleDirectory::default();
    let edits = PeopleEdits::default();
    people::read(&reader, &wanted, &edits, &mut found, &mut |_| {})
        .await
        .unwrap();
    assert!(!found.users.is_empty() && found.roles.is_some());
    let (_, untold) = AuditLog::read(&reader, &asked).await;
    assert_eq!(untold, None);
}

async fn risks(world: &World) {
    for user in [
        "AdeleV@contoso.com",
        "AlexW@contoso.com",
        "MeganB@contoso.com",
    ] {
        let asked = json!({"user": user, "risk": "high"});
        let asked: RiskySignIn = serde_json::from_value(asked).unwrap();
        world.sandbox.sign_in(&asked).unwrap();
    }
    let reader = Reader::new(&world.client);
    let filter = RiskFilter {
        states: vec!["atRisk".to_owned()],
        ..RiskFilter::default()
    };
    let everything = RiskFilter::default();
    let adele = world.live("/users/AdeleV@contoso.com").await["id"].clone();
    let asked = json!({
        "signInIdentity": {"@odata.type": "#microsoft.graph.userSignIn", "userId": adele},
        "signInContext": {"@odata.type": "#microsoft.graph.applicationContext",
            "includeApplications": ["00000002-0000-0ff1-ce00-000000000000"]},
        "signInConditions": {"clientAppType": "browser"},
    });
    reader.evaluate(&asked).await.unwrap();
    risk::detections(&reader, &everything).await.unwrap();
    risk::detections(&reader, &filter).await.unwrap();
    risk::users(&reader, &everything).await.unwrap();
    let mut users = risk::users(&reader, &filter).await.unwrap().items;
    let one = subject::resolve(&reader, "Adele Vance", false)
        .await
        .unwrap();
    risk::user(&reader, &one.id).await.unwrap();
    let windows = log_windows(Duration::from_secs(24 * 60 * 60), jiff::Timestamp::now());
    for window in &windows {
        read_window(&reader, window, None, &mut |_| {})
            .await
            .unwrap();
    }
    risk::history(&reader, &one.id).await.unwrap();
    for which in [
        Decision::Dismiss,
        Decision::ConfirmCompromised,
        Decision::ConfirmSafe,
    ] {
        let plan = decision(which, vec![users.pop().unwrap()], &[], &BTreeSet::new());
        let (_keep, stop) = watch::channel(Stop::No);
        let report = apply::decide(
            &executor(&world.client, stop),
            &plan,
            ("world", "t"),
            &mut InMemory::default(),
            &mut Silent,
        )
        .await
        .unwrap();
        assert!(report.is_complete(), "{report:?}");
    }
}

/// Where the service takes no `$top`, it chooses the size of its pages.
async fn pages() -> BTreeSet<&'static str> {
    let double = Double::new(|request| match request.contains("$top=") {
        true => (
            400,
            "",
            json!({"error": {"code": "BadRequest", "message": "no $top"}}),
        ),
        false => (200, "", json!({"value": []})),
    })
    .await;
    let client = double.client();
    let reader = Reader::new(&client);
    reader.policies(Edition::V1).await.unwrap();
    reader.locations(Edition::V1).await.unwrap();
    client.rows_sent()
}

/// Where a strength comes without its configurations, they are asked for.
async fn configurations() -> BTreeSet<&'static str> {
    let double = Double::new(|request| {
        let body = request.split("\r\n\r\n").nth(1).unwrap_or_default();
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        let id = "11111111-2222-3333-4444-555555555555";
        let answer = |url: &str| match url {
            read::STRENGTHS => {
                json!({"value": [{"id": id, "displayName": "S", "policyType": "custom",
                "allowedCombinations": ["fido2"]}]})
            }
            _ => json!({"value": []}),
        };
        match body["requests"].as_array() {
            None => (200, "", json!({"value": []})),
            Some(items) => {
                let items: Vec<Value> = items
                    .iter()
                    .map(|item| {
                        json!({"id": item["id"], "status": 200, "headers": {},
                        "body": answer(item["url"].as_str().unwrap())})
                    })
                    .collect();
                (200, "", json!({ "responses": items }))
            }
        }
    })
    .await;
    let client = double.client();
    let wanted = Wanted {
        strengths: true,
        ..Wanted::default()
    };
    let none = Own::default();
    read::snapshot(
        &Reader::new(&client),
        Default::default(),
        &wanted,
        none.clone(),
    )
    .await
    .unwrap();
    client.rows_sent()
}

/// Each row that gatewright sends is sent here; the counts are printed with `--no-capture`.
#[allow(clippy::print_stdout, reason = "the counts are for who asks for them")]
#[test]
fn every_row_of_the_table_is_sent() {
    run(async {
        let mut world = World::new().await;
        objects(&mut world).await;
        lookups(&world).await;
        risks(&world).await;
        let mut sent = world.client.rows_sent();
        sent.extend(pages().await);
        sent.extend(configurations().await);
        let own: BTreeMap<&str, &str> = requests::all()
            .iter()
            .filter(|shape| shape.sent.is_some())
            .map(|shape| (shape.name.as_str(), shape.page.as_str()))
            .collect();
        let unsent: Vec<&str> = own
            .keys()
            .copied()
            .filter(|name| !sent.contains(name))
            .collect();
        let pages: BTreeSet<&str> = own.values().copied().collect();
        println!(
            "{} shapes of requests on {} pages are sent by gatewright; {} of them here; {} more are answered for other clients",
            own.len(),
            pages.len(),
            own.keys().filter(|name| sent.contains(*name)).count(),
            requests::all().len() - own.len(),
        );
        assert_eq!(unsent, Vec::<&str>::new(), "rows that nothing here sends");
    });
}
