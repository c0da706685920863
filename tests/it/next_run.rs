//! What a run that was killed leaves to the next: its journal says what may exist, and nothing
//! is made twice, however late the tenant shows it.
#![cfg(unix)]

use std::time::Duration;

use gatewright::sandbox::Options;
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
        let project = project.file("gatewright.yaml", format!("{config}    replication: 1s\n"));
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
        tokio::time::sleep(Duration::from_millis(1500)).await;
        let next = ran(&project, &["apply", "--yes"]).await;
        assert_eq!(next.code, Some(1), "{}", next.snapshot());
        for word in ["` made the ", "do it again after", "--assume-not-made"] {
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
            "do it again after",
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
            .contains("still referred to by the conditional access policy `Theirs`"),
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
        "what was begun is finished"
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
