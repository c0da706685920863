//! `risk wait`, and `risk detections --watch`.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use super::*;

#[tokio::test]
async fn what_is_seen_ends_the_wait_and_time_out_is_told_apart() {
    let project = project(&[("AdeleV@contoso.com", "medium")]).await;
    let ran = project.run(&["risk", "wait", "--user", "AdeleV@contoso.com"]);
    insta::assert_snapshot!("wait-found", redacted(&ran));
    let late = ["--state", "dismissed,remediated", "--timeout", "1s"];
    let ran = project.run(&[&["risk", "wait", "--user", "adelev"], &late[..]].concat());
    insta::assert_snapshot!("wait-late", redacted(&ran));
    let never = [
        "risk",
        "wait",
        "--user",
        "leeg",
        "--timeout",
        "1s",
        "--format",
        "json",
    ];
    let ran = project.run(&never);
    assert_eq!(ran.code, Some(2));
    let told = json_of(&ran);
    assert_eq!(
        (&told["found"], &told["user"]),
        (&json!(false), &Value::Null)
    );
    let level = [
        "risk",
        "wait",
        "--user",
        "adelev",
        "--level",
        "high",
        "--timeout",
        "1s",
    ];
    assert_eq!(project.run(&level).code, Some(2));
    for (wrong, code) in [
        (&["risk", "wait"][..], 64),
        (&["risk", "wait", "--user", "leeg", "--timeout", "15"], 64),
        (&["risk", "wait", "--user", "leeg", "--state", "risky"], 64),
        (&["risk", "wait", "--user", "nobody"], 1),
    ] {
        assert_eq!(project.run(wrong).code, Some(code), "{wrong:?}");
    }
}

/// The sandbox is served, so that a sign-in can happen while another process looks.
#[test]
fn a_wait_ends_when_the_risk_comes_and_a_watch_shows_it() {
    let project = Project::new();
    let gatewright = env!("CARGO_BIN_EXE_gatewright");
    let file = project.path("served.json");
    let mut served = Command::new(gatewright)
        .args(["sandbox", "serve", "--port", "0", "--file"])
        .arg(&file)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut url = String::new();
    BufReader::new(served.stdout.take().unwrap())
        .read_line(&mut url)
        .unwrap();
    let config = format!(
        "version: 1\nmanifests: [policies]\ntenants:\n  lab:\n    \
         tenantId: 6f1d2c3b-8a47-4e5d-9b60-31c7f0a2d58e\n    graphEndpoint: {}\n    \
         auth: {{ method: accessToken, env: GRAPH_TOKEN }}\n",
        url.trim()
    );
    let project = project
        .file("gatewright.yaml", config)
        .env("GRAPH_TOKEN", "any");
    let start = |arguments: &[&str]| {
        Command::new(gatewright)
            .current_dir(project.path(""))
            .env_clear()
            .envs(crate::common::needed())
            .env("GRAPH_TOKEN", "any")
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let watch = [
        "risk",
        "detections",
        "--watch",
        "--interval",
        "1s",
        "--timeout",
        "6s",
    ];
    let watching = start(&[&watch[..], &["--format", "json"]].concat());
    let mut waiting = start(&["risk", "wait", "--user", "adelev", "--interval", "1s"]);
    // It looks, and does not see it.
    let mut line = String::new();
    BufReader::new(waiting.stderr.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert!(line.contains("It may take a few minutes"), "{line}");
    let file = file.to_str().unwrap();
    let sign_in = [
        "sandbox",
        "sign-in",
        "--file",
        file,
        "--user",
        "AdeleV@contoso.com",
    ];
    let ran = project.run(&[&sign_in[..], &["--risk", "high"]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    let waited = waiting.wait_with_output().unwrap();
    assert_eq!(waited.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&waited.stdout).contains("atRisk"));
    let watched = watching.wait_with_output().unwrap();
    assert_eq!(watched.status.code(), Some(0));
    let text = String::from_utf8(watched.stdout).unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 1, "each is shown once: {text}");
    assert_eq!(lines[0]["riskLevel"], "high");
    served.kill().unwrap();
    served.wait().unwrap();
}

#[tokio::test]
async fn a_watch_begins_with_what_is_there() {
    let project = project(&[("AdeleV@contoso.com", "low"), ("AlexW@contoso.com", "high")]).await;
    let watch = ["risk", "detections", "--watch", "--timeout", "1s"];
    let ran = project.run(&watch);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    let users: Vec<&str> = ran
        .stdout
        .lines()
        .filter_map(|line| line.split_whitespace().find(|w| w.contains('@')))
        .collect();
    // As they happened: the newest last.
    assert_eq!(users, ["AdeleV@contoso.com", "AlexW@contoso.com"]);
    let csv = project.run(&[&watch[..], &["--format", "csv"]].concat());
    assert_eq!(csv.stdout.lines().count(), 3, "{}", csv.snapshot());
    let alone = project.run(&["risk", "detections", "--interval", "5s"]);
    assert_eq!(alone.code, Some(64), "{}", alone.snapshot());
}
