//! What a run that was killed leaves to the next: its journal says what may exist, and nothing
//! is made twice, however late the tenant shows it.
#![cfg(unix)]

use std::path::Path;
use std::time::Duration;

use gatewright::apply::journal::{self, ActionKind, Head, Header, Record, trail};
use gatewright::graph::Request;
use gatewright::model::Kind;
use gatewright::model::facts::Edition;
use gatewright::sandbox::Options;
use gatewright::tenant::replication::Replication;
use gatewright::tenant::trace::{By, Left};
use serde_json::{Value, json};

use crate::common::Project;
use crate::sandbox::Sandbox;
use crate::signals::{held, posts, project, signal, spawn, weather};

const POLICIES: &str = "/identity/conditionalAccess/policies";
const LOCATIONS: &str = "/identity/conditionalAccess/namedLocations";
const STRENGTHS: &str = "/policies/authenticationStrengthPolicies";

/// A manifest of each kind that could be doubled, and where it is made.
const KINDS: [(&str, &str, &str); 5] = [
    ("kind: Group\ndisplayName: X\n", "/groups", "groups"),
    (
        "kind: TestUser\ndisplayName: X\nuserPrincipalName: x\n",
        "/users",
        "users",
    ),
    (
        "kind: NamedLocation\ndisplayName: X\nipRanges: [192.0.2.0/24]\n",
        LOCATIONS,
        "namedLocations",
    ),
    (
        "kind: AuthenticationStrength\ndisplayName: X\nallowedCombinations: [fido2]\n",
        STRENGTHS,
        "authenticationStrengths",
    ),
    (
        "kind: ConditionalAccessPolicy\ndisplayName: X\nstate: disabled\nconditions: {users: {includeUsers: [None]}, applications: {includeApplications: [All]}}\ngrantControls: {operator: OR, builtInControls: [mfa]}\n",
        POLICIES,
        "policies",
    ),
];

/// How many objects of the name a part of the tenant holds.
fn count(sandbox: &Sandbox, part: &str, name: &str) -> usize {
    let tenant = sandbox.running.tenant();
    let list: Vec<&Value> = match &tenant[part] {
        Value::Array(items) => items.iter().collect(),
        Value::Object(map) => map.values().collect(),
        _ => Vec::new(),
    };
    list.iter()
        .filter(|item| item["displayName"] == name)
        .count()
}

/// Runs the program beside the sandbox.
async fn ran(project: &Project, arguments: &'static [&'static str]) -> crate::common::Ran {
    tokio::task::block_in_place(|| project.run(arguments))
}

/// Applies, and kills the program once the write of this path has come and is held.
async fn killed(sandbox: &Sandbox, project: &Project, path: &str, write: u64, lag: &str) {
    sandbox.running.set_weather(weather(
        json!({"hold": "100%", "onWrite": write, "lag": lag}),
    ));
    let before = posts(sandbox, path);
    let mut child = spawn(project, &["apply", "--yes"]);
    while posts(sandbox, path) == before {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    signal(&child, "KILL");
    child.wait().unwrap();
    sandbox.running.set_weather(weather(json!({"lag": lag})));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_create_in_flight_when_the_process_dies_is_not_made_again() {
    for (manifest, path, part) in KINDS {
        let sandbox = Sandbox::with(Options::default()).await;
        let project = project(&sandbox, manifest);
        killed(&sandbox, &project, path, 1, "3s").await;
        let next = ran(&project, &["apply", "--yes"]).await;
        assert_eq!(next.code, Some(0), "{}", next.snapshot());
        assert_eq!(
            (count(&sandbox, part, "X"), posts(&sandbox, path)),
            (1, 1),
            "{}",
            next.snapshot()
        );
        // How long it is waited for is said.
        assert!(next.stderr.contains("(1 missing), "), "{}", next.stderr);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_journal_knows_the_id_of_is_not_made_again_and_not_pruned() {
    let manifests = "kind: Group\ndisplayName: X\n---\nkind: Group\ndisplayName: Y\n";
    for next in [&["apply", "--yes"][..], &["drift", "--adopt", "--prune"]] {
        let sandbox = Sandbox::with(Options::default()).await;
        let project = project(&sandbox, manifests);
        // The first answer came, the second not.
        sandbox
            .running
            .set_weather(weather(json!({"hold": "100%", "onWrite": 2, "lag": "3s"})));
        let mut child = spawn(&project, &["apply", "--yes"]);
        while posts(&sandbox, "/groups") < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        signal(&child, "KILL");
        child.wait().unwrap();
        sandbox.running.set_weather(weather(json!({"lag": "3s"})));
        let ran = tokio::task::block_in_place(|| project.run(next));
        assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
        assert_eq!(
            (
                count(&sandbox, "groups", "X"),
                count(&sandbox, "groups", "Y")
            ),
            (1, 1)
        );
        let kept = std::fs::read_to_string(project.path("policies/all.yaml")).unwrap();
        assert_eq!(kept, manifests);
    }
}

/// The tenant lags for longer than it is said to as a rule.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_made_and_is_not_shown_in_time_is_refused_and_not_made_again() {
    for (manifest, path, part) in KINDS {
        let sandbox = Sandbox::with(Options::default()).await;
        let project = project(&sandbox, manifest);
        let config = std::fs::read_to_string(project.path("gatewright.yaml")).unwrap();
        let project = project.file("gatewright.yaml", format!("{config}    replication: 2s\n"));
        sandbox.running.set_weather(weather(json!({"lag": "20s"})));
        let mut child = spawn(&project, &["apply", "--yes"]);
        while posts(&sandbox, path) == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // The answer came, and the journal has the id.
        let runs = project.path(".gatewright/runs");
        let has_id = || {
            let mut files = std::fs::read_dir(&runs).unwrap();
            let text = std::fs::read_to_string(files.next().unwrap().unwrap().path()).unwrap();
            text.contains("\"after\"")
        };
        while !has_id() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        signal(&child, "KILL");
        child.wait().unwrap();
        tokio::time::sleep(Duration::from_millis(2500)).await;
        let next = ran(&project, &["apply", "--yes"]).await;
        assert_eq!(next.code, Some(1), "{}", next.snapshot());
        for word in ["` made the ", "run it again after", "--assume-not-made"] {
            assert!(next.stderr.contains(word), "{}", next.stderr);
        }
        assert_eq!(count(&sandbox, part, "X"), 1, "{}", next.snapshot());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_exist_and_is_not_shown_is_refused_with_a_way_out() {
    for way_out in [
        &["apply", "--yes", "--assume-not-made"][..],
        &["apply", "--yes"],
    ] {
        let sandbox = Sandbox::with(Options::default()).await;
        let project = project(&sandbox, "kind: Group\ndisplayName: X\n");
        let config = std::fs::read_to_string(project.path("gatewright.yaml")).unwrap();
        let project = project.file("gatewright.yaml", format!("{config}    replication: 2s\n"));
        // Refused by the service before anything is done, and nobody can know.
        sandbox
            .running
            .set_weather(weather(json!({"fail": "100%", "onWrite": 1, "seed": 3})));
        let first = ran(&project, &["apply", "--yes", "--format", "json"]).await;
        assert_eq!(first.code, Some(5), "{}", first.snapshot());
        let told: Value = serde_json::from_str(&first.stdout).unwrap();
        assert_eq!(told["results"][0]["outcome"], "unknown");
        let refused = ran(&project, &["apply", "--yes"]).await;
        assert_eq!(refused.code, Some(1), "{}", refused.snapshot());
        for word in [
            "may have made the group `X`",
            "run it again after",
            "--assume-not-made",
        ] {
            assert!(refused.stderr.contains(word), "{}", refused.stderr);
        }
        assert_eq!(posts(&sandbox, "/groups"), 1);
        // Who only looks is told.
        let plan = ran(&project, &["plan"]).await;
        assert_eq!(plan.code, Some(0), "{}", plan.snapshot());
        assert!(
            plan.stdout.contains("may have made the group `X`"),
            "{}",
            plan.snapshot()
        );
        let prune = ran(&project, &["drift", "--adopt", "--prune"]).await;
        assert_eq!(prune.code, Some(1), "{}", prune.snapshot());
        // With the flag at once, without it once the time is over.
        if way_out.len() == 2 {
            tokio::time::sleep(Duration::from_secs(13)).await;
        }
        let done = tokio::task::block_in_place(|| project.run(way_out));
        assert_eq!(done.code, Some(0), "{}", done.snapshot());
        assert_eq!(count(&sandbox, "groups", "X"), 1);
        let again = ran(&project, &["plan", "--detailed-exitcode"]).await;
        assert_eq!(again.code, Some(0), "{}", again.snapshot());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rollback_finds_what_the_tenant_shows_late() {
    // The answer came for the location, and not for the policy on it.
    let manifests = format!("{}---\n{}", KINDS[2].0, KINDS[4].0);
    let sandbox = Sandbox::with(Options::default()).await;
    let project = project(&sandbox, &manifests);
    killed(&sandbox, &project, POLICIES, 2, "3s").await;
    assert_eq!(
        (
            count(&sandbox, "namedLocations", "X"),
            count(&sandbox, "policies", "X")
        ),
        (1, 1)
    );
    let back = ran(
        &project,
        &["rollback", "latest", "--yes", "--allow", "weakening"],
    )
    .await;
    assert_eq!(back.code, Some(0), "{}", back.snapshot());
    assert_eq!(
        (
            count(&sandbox, "namedLocations", "X"),
            count(&sandbox, "policies", "X")
        ),
        (0, 0),
        "{}",
        back.snapshot()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rollback_refuses_to_delete_what_others_use() {
    let sandbox = Sandbox::with(Options::default()).await;
    let project = project(&sandbox, KINDS[2].0);
    assert_eq!(ran(&project, &["apply", "--yes"]).await.code, Some(0));
    let (_, list) = sandbox.get(LOCATIONS).await;
    let items = list["value"].as_array().unwrap().iter();
    let id = items.clone().find(|l| l["displayName"] == "X").unwrap()["id"].clone();
    let policy = json!({"displayName": "Theirs", "state": "disabled", "conditions": {
        "users": {"includeUsers": ["None"]}, "applications": {"includeApplications": ["All"]},
        "locations": {"includeLocations": ["All"], "excludeLocations": [id]}},
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]}});
    assert_eq!(sandbox.post(POLICIES, policy).await.0, 201);
    let back = ran(&project, &["rollback", "latest", "--yes"]).await;
    assert_eq!(back.code, Some(1), "{}", back.snapshot());
    assert!(
        back.stderr
            .contains("still referenced by the conditional access policy `Theirs`"),
        "{}",
        back.stderr
    );
    assert_eq!(count(&sandbox, "namedLocations", "X"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_deleted_right_after_is_not_waited_for() {
    let sandbox = Sandbox::with(Options::default()).await;
    let project = project(&sandbox, KINDS[4].0);
    assert_eq!(ran(&project, &["apply", "--yes"]).await.code, Some(0));
    let (_, list) = sandbox.get(POLICIES).await;
    let items = list["value"].as_array().unwrap().iter();
    let id = items.clone().find(|l| l["displayName"] == "X").unwrap()["id"].clone();
    sandbox
        .delete(&format!("{POLICIES}/{}", id.as_str().unwrap()))
        .await;
    let plan = ran(&project, &["plan"]).await;
    assert!(plan.stdout.contains("1 to create"), "{}", plan.snapshot());
    assert!(!plan.stderr.contains("Waiting"), "{}", plan.snapshot());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_after_the_request_is_a_stop_and_leaves_nothing_twice() {
    // The terminal goes away; the answer never comes; somebody kills what is left.
    let sandbox = Sandbox::with(Options::default()).await;
    let project = project(&sandbox, KINDS[0].0);
    sandbox
        .running
        .set_weather(weather(json!({"hold": "100%", "lag": "2s"})));
    let mut child = spawn(&project, &["apply", "--yes"]);
    held(&sandbox, "/groups").await;
    signal(&child, "HUP");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(
        child.try_wait().unwrap().is_none(),
        "what was started is finished"
    );
    signal(&child, "KILL");
    child.wait().unwrap();
    sandbox.running.set_weather(weather(json!({"lag": "2s"})));
    let next = ran(&project, &["apply", "--yes"]).await;
    assert_eq!(next.code, Some(0), "{}", next.snapshot());
    assert_eq!(count(&sandbox, "groups", "X"), 1);
}

/// The sandboxes of a project have one tenant id: it does not tell them apart.
#[test]
fn a_rollback_never_goes_to_another_tenant_than_its_run() {
    let config = "version: 1\nmanifests: [policies]\ntenants:\n  a: { default: true, sandbox: .gatewright/a.json }\n  b: { sandbox: .gatewright/b.json }\n";
    let project = Project::of("g.yaml", "kind: Group\ndisplayName: CA-Keep\n")
        .file("gatewright.yaml", config);
    for tenant in ["b", "a"] {
        let ran = project.run(&["apply", "-t", tenant, "--yes"]);
        assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    }
    let file = || std::fs::read_to_string(project.path(".gatewright/b.json")).unwrap();
    let before = file();
    let ran = project.run(&["rollback", "latest", "-t", "b", "--yes"]);
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    assert!(
        ran.stderr.contains("was on `a`, and `-t` names `b`"),
        "{}",
        ran.stderr
    );
    assert_eq!(before, file());
    let ran = project.run(&["rollback", "latest", "--yes"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    assert!(ran.stdout.contains("1 deleted"), "{}", ran.stdout);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_is_killed_loses_no_password() {
    let user = |name: &str| {
        format!("kind: TestUser\ndisplayName: {name}\nuserPrincipalName: {name}@contoso.com\n")
    };
    let sandbox = Sandbox::with(Options::default()).await;
    let project = project(&sandbox, &[user("x"), user("y")].join("---\n"));
    // The first was answered; whether the second was made, the killed run cannot know.
    sandbox
        .running
        .set_weather(weather(json!({"hold": "100%", "onWrite": 2})));
    let mut child = spawn(&project, &["apply", "--yes", "--secrets-out", "new.json"]);
    while posts(&sandbox, "/users") < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    signal(&child, "KILL");
    child.wait().unwrap();
    let text = std::fs::read_to_string(project.path("new.json")).unwrap();
    let kept: Value = serde_json::from_str(&text).unwrap();
    for name in ["x@contoso.com", "y@contoso.com"] {
        assert_eq!(kept[name].as_str().map(str::len), Some(28), "{name}");
    }
    // What it holds is not written over.
    let again = ran(&project, &["apply", "--yes", "--secrets-out", "new.json"]).await;
    assert_eq!(
        text,
        std::fs::read_to_string(project.path("new.json")).unwrap()
    );
    assert_eq!(
        again.code,
        Some(0),
        "nothing is left to do: {}",
        again.snapshot()
    );
}

/// Who restores knows the recycle bin, and a replica that lags shows there what was restored: that
/// does not make it deleted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_restored_is_not_made_again_while_the_recycle_bin_shows_it_still() {
    const BACK: &[&str] = &["rollback", "latest", "--yes", "--allow", "weakening"];
    // Strengths have no recycle bin.
    for (manifest, path, part) in KINDS.iter().filter(|(_, path, _)| *path != STRENGTHS) {
        let sandbox = Sandbox::with(Options::default()).await;
        let project = project(&sandbox, manifest);
        let ids = || {
            let tenant = sandbox.running.tenant();
            let all = tenant[part].as_object().unwrap().iter();
            let named = all.filter(|(_, item)| item["displayName"] == "X");
            named.map(|(id, _)| id.clone()).collect::<Vec<String>>()
        };
        assert_eq!(ran(&project, &["apply", "--yes"]).await.code, Some(0));
        let before = ids();
        assert_eq!(ran(&project, BACK).await.code, Some(0));
        assert!(ids().is_empty());
        // The way back from the way back is killed once the journal has the answer.
        sandbox.running.set_weather(weather(json!({"lag": "2s"})));
        let mut child = spawn(&project, BACK);
        let restored = || {
            let files = std::fs::read_dir(project.path(".gatewright/runs")).unwrap();
            let mut texts =
                files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
            texts.any(|text| text.contains("/restore\"") && text.contains("\"after\""))
        };
        while !restored() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        signal(&child, "KILL");
        child.wait().unwrap();
        assert_eq!(ids(), before);
        let next = ran(&project, &["apply", "--yes"]).await;
        assert_eq!(next.code, Some(0), "{}", next.snapshot());
        assert_eq!(
            (ids(), posts(&sandbox, path)),
            (before, 1),
            "{}",
            next.snapshot()
        );
        let again = ran(&project, &["plan", "--detailed-exitcode"]).await;
        assert_eq!(again.code, Some(0), "{}", again.snapshot());
    }
}

/// What became of a request, as a journal has it.
#[derive(Clone, Copy)]
enum Answer {
    Done,
    Refused,
    /// None came, and the run is dead.
    Killed,
    /// None came, and the run ended by itself.
    Lost,
}

/// Writes the journal of a run about one object, which ends once its requests are answered.
fn journal_of(folder: &Path, file: &str, head: Head, requests: &[(Request, Answer)]) {
    let new = head.verb == "create" && head.id.is_none();
    let header = Header {
        command: "apply".to_owned(),
        tenant: "prod".to_owned(),
        tenant_id: "t".to_owned(),
        plan: None,
        allowed: Vec::new(),
        names: Default::default(),
        actions: vec![head],
    };
    let mut records = vec![journal::header(&header)];
    for (request, answer) in requests {
        records.push(journal::before(&[0], request));
        let id = new.then_some("1");
        records.push(match answer {
            Answer::Done => journal::after(&[0], id, None, false),
            Answer::Refused => journal::after(&[0], None, Some("no".to_owned()), false),
            Answer::Lost => journal::after(&[0], None, Some("lost".to_owned()), true),
            Answer::Killed => break,
        });
    }
    if let Some((_, answer @ (Answer::Done | Answer::Refused | Answer::Lost))) = requests.last() {
        records.push(Record::End {
            time: journal::now(),
            complete: matches!(answer, Answer::Done),
            interrupted: false,
        });
    }
    let lines = records
        .iter()
        .map(|r| serde_json::to_string(r).unwrap() + "\n");
    let text: String = lines.collect();
    std::fs::write(folder.join(format!("{file}.jsonl")), text).unwrap();
}

#[test]
fn what_may_exist_is_known_whatever_later_runs_tried() {
    let group = |name: &str| json!({"id": "1", "displayName": name, "mailEnabled": false, "mailNickname": "g", "securityEnabled": true});
    let head = |verb: &str, id: Option<&str>, name: &str| Head {
        verb: verb.to_owned(),
        kind: ActionKind::Object(Kind::Group),
        name: name.to_owned(),
        id: id.map(str::to_owned),
        before: id.map(|_| group("G")),
        links: None,
        sides: None,
        changes: Vec::new(),
    };
    let (create, restore) = (head("create", None, "G"), head("create", Some("1"), "G"));
    let (update, delete) = (
        head("update", Some("1"), "G"),
        head("delete", Some("1"), "G"),
    );
    let rename = head("update", Some("1"), "H");
    let reset = head("reset-password", Some("1"), "G");
    let request = |head: &Head| match (head.verb.as_str(), &head.id) {
        ("create", None) => Request::post(Edition::V1, "/groups", json!({})),
        ("create", _) => {
            let path = "/directory/deletedItems/1/restore";
            Request::post(Edition::V1, path, json!({}))
        }
        ("delete", _) => Request::delete(Edition::V1, "/groups/1"),
        _ => Request::patch(Edition::V1, "/groups/1", json!({})),
    };
    let (exists, may_exist) = (Left::Exists(By::Creation), Left::MayExist(By::Creation));
    let changed = Left::Changed(group("G"), Vec::new());
    let brought = Left::Exists(By::Restore);
    use Answer::{Done, Killed, Lost, Refused};
    for (runs, expected) in [
        (vec![(&create, Done)], vec![&exists]),
        (vec![(&create, Killed)], vec![&may_exist]),
        (vec![(&create, Refused)], vec![]),
        // A later run that changed it, or could not, or could not make it again.
        (vec![(&create, Done), (&update, Done)], vec![&exists]),
        (
            vec![(&create, Done), (&update, Killed)],
            vec![&exists, &changed],
        ),
        (vec![(&create, Done), (&update, Refused)], vec![&exists]),
        (vec![(&create, Done), (&create, Refused)], vec![&exists]),
        (vec![(&create, Done), (&reset, Done)], vec![&exists]),
        (
            vec![(&create, Lost), (&rename, Lost)],
            vec![&may_exist, &changed],
        ),
        (vec![(&update, Lost), (&update, Done)], vec![]),
        (vec![(&update, Lost), (&update, Refused)], vec![&changed]),
        // A later run that deleted it, or tried.
        (vec![(&create, Done), (&delete, Done)], vec![&Left::Gone]),
        (vec![(&create, Done), (&delete, Refused)], vec![&exists]),
        (
            vec![(&create, Done), (&delete, Lost)],
            vec![&exists, &Left::MayBeGone],
        ),
        (vec![(&delete, Lost)], vec![&Left::MayBeGone]),
        (vec![(&delete, Lost), (&delete, Done)], vec![&Left::Gone]),
        // One that brought it back, or tried.
        (vec![(&delete, Done), (&restore, Done)], vec![&brought]),
        (
            vec![(&delete, Done), (&restore, Killed)],
            vec![&Left::MayExist(By::Restore)],
        ),
        (
            vec![(&delete, Done), (&restore, Refused)],
            vec![&Left::Gone],
        ),
        (
            vec![(&restore, Done), (&update, Killed)],
            vec![&brought, &changed],
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        // Runs of one second have names in no order.
        for (number, (head, answer)) in runs.iter().enumerate() {
            let file = format!("20260101T000000Z-{}", 9 - number);
            journal_of(
                folder.path(),
                &file,
                (*head).clone(),
                &[(request(head), *answer)],
            );
        }
        let unknown = Replication::UNKNOWN;
        let trail = trail(folder.path(), Some("t"), "prod", unknown, false);
        let found: Vec<&Left> = trail.traces.iter().map(|trace| &trace.left).collect();
        let told: Vec<_> = runs.iter().map(|(head, _)| head.verb.as_str()).collect();
        assert_eq!(found, expected, "{told:?}");
        if runs.iter().any(|(head, _)| head.name == "H") {
            // What has a name of its own by now is not taken for another object.
            let made = &trail.traces[0];
            assert_eq!((made.id.as_deref(), made.name.as_str()), (Some("1"), "H"));
        }
    }
}

#[test]
fn a_deletion_that_only_was_prepared_left_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let head = Head {
        verb: "delete".to_owned(),
        kind: ActionKind::Object(Kind::NamedLocation),
        name: "L".to_owned(),
        id: Some("1".to_owned()),
        before: Some(json!({})),
        links: None,
        sides: None,
        changes: Vec::new(),
    };
    let untrust = Request::patch(Edition::V1, format!("{LOCATIONS}/1"), json!({}));
    let delete = Request::delete(Edition::V1, format!("{LOCATIONS}/1"));
    let left = |requests: &[(Request, Answer)]| {
        journal_of(folder.path(), "run", head.clone(), requests);
        let trail = trail(folder.path(), None, "prod", Replication::UNKNOWN, false);
        trail
            .traces
            .into_iter()
            .map(|trace| trace.left)
            .collect::<Vec<Left>>()
    };
    let prepared = (untrust, Answer::Done);
    assert_eq!(left(std::slice::from_ref(&prepared)), []);
    assert_eq!(
        left(&[prepared, (delete, Answer::Killed)]),
        [Left::MayBeGone]
    );
}
