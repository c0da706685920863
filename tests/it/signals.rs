//! The program under signals, against a tenant over HTTP that holds its answers back.
#![cfg(unix)]

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use gatewright::sandbox::{Options, Weather};
use serde_json::{Value, json};

use crate::common::Project;
use crate::sandbox::Sandbox;

/// A project whose tenant is this sandbox, as a real one is: over HTTP, with a token.
pub fn project(sandbox: &Sandbox, manifests: &str) -> Project {
    let tenant = sandbox.running.tenant();
    let config = format!(
        "version: 1\nmanifests: [policies]\ntenants:\n  prod:\n    default: true\n    tenantId: {}\n    graphEndpoint: {}\n    auth: {{ method: accessToken, env: GRAPH_TOKEN }}\n",
        tenant["tenantId"].as_str().unwrap(),
        sandbox.running.url(),
    );
    Project::empty()
        .file("gatewright.yaml", config)
        .file("policies/all.yaml", manifests)
        .env("GRAPH_TOKEN", "opaque")
}

pub fn weather(value: Value) -> Weather {
    serde_json::from_value(value).unwrap()
}

pub fn spawn(project: &Project, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_gatewright"))
        .current_dir(project.path(""))
        .env_clear()
        .env("NO_COLOR", "1")
        .env("GRAPH_TOKEN", "opaque")
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

pub fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args([&format!("-{name}"), &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
}

/// The writes of a kind that came.
pub fn posts(sandbox: &Sandbox, path: &str) -> usize {
    let requests = sandbox.running.requests();
    let is_it =
        |r: &&gatewright::sandbox::RequestRecord| r.method == "POST" && r.target.ends_with(path);
    requests.iter().filter(is_it).count()
}

/// Waits until the write has come and is held.
pub async fn held(sandbox: &Sandbox, path: &str) {
    while posts(sandbox, path) == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_signals_of_any_kind_end_a_write_that_hangs() {
    for (first, second) in [("INT", "INT"), ("HUP", "TERM"), ("TERM", "HUP")] {
        let sandbox = Sandbox::with(Options::default()).await;
        sandbox
            .running
            .set_weather(weather(json!({"hold": "100%"})));
        let project = project(&sandbox, "kind: Group\ndisplayName: G\n");
        let child = spawn(&project, &["apply", "--yes", "--format", "json"]);
        held(&sandbox, "/groups").await;
        signal(&child, first);
        tokio::time::sleep(Duration::from_millis(300)).await;
        signal(&child, second);
        let began = Instant::now();
        let output = tokio::task::spawn_blocking(|| child.wait_with_output().unwrap())
            .await
            .unwrap();
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "{first} {second}"
        );
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(5), "{first} {second}\n{told}");
        let result: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(result["results"][0]["outcome"], "unknown", "{told}");
        assert_eq!(result["interrupted"], true);
        assert_eq!(posts(&sandbox, "/groups"), 1);
        let shown = project.run(&["runs", "show", "latest", "--format", "json"]);
        let shown: Value = serde_json::from_str(&shown.stdout).unwrap();
        assert_eq!(shown["runs"][0]["state"], "stopped");
        assert_eq!(shown["runs"][0]["actions"][0]["wrote"], true);
    }
}

/// What is not known after a rollback would be waited for again, so the tenant is not read once more
/// to say what the manifests say.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rollback_whose_answer_is_lost_does_not_read_the_tenant_again() {
    let reads = |sandbox: &Sandbox| {
        let requests = sandbox.running.requests();
        let asked = requests.iter();
        asked
            .filter(|r| r.method == "GET" && r.target.contains("/organization"))
            .count()
    };
    for is_lost in [false, true] {
        let sandbox = Sandbox::with(Options::default()).await;
        let project = project(&sandbox, "kind: Group\ndisplayName: G\n");
        for line in [["apply", "--yes"], ["destroy", "--yes"]] {
            let ran = tokio::task::block_in_place(|| project.run(&line));
            assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
        }
        let before = reads(&sandbox);
        if is_lost {
            let held = weather(json!({"hold": "100%"}));
            sandbox.running.set_weather(held);
        }
        let child = spawn(&project, &["rollback", "latest", "--yes"]);
        if is_lost {
            held(&sandbox, "/restore").await;
            signal(&child, "INT");
            tokio::time::sleep(Duration::from_millis(300)).await;
            signal(&child, "INT");
        }
        let output = tokio::task::spawn_blocking(|| child.wait_with_output().unwrap())
            .await
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        // Whatever reads a tenant asks for this first: the plan back, and what the manifests say.
        let (code, times) = if is_lost { (5, 1) } else { (0, 2) };
        assert_eq!(output.status.code(), Some(code), "{told}");
        assert_eq!(reads(&sandbox) - before, times, "{told}");
        let maybe = "what was rolled back is not known: run `gatewright plan`";
        assert_eq!(told.contains(maybe), is_lost, "{told}");
        assert!(!told.contains("The manifests still say"), "{told}");
    }
}
