//! The tenant file: one process at a time, whole at any moment, filled and read from the
//! command line.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use gatewright::sandbox::{Options, SandboxError, StoreKind, start};
use serde_json::{Value, json};

use crate::sandbox::Sandbox;

const PROGRAM: &str = env!("CARGO_BIN_EXE_gatewright");

struct Served {
    child: Child,
    url: String,
}

impl Served {
    fn new(file: &Path, more: &[&str]) -> Served {
        let mut child = Command::new(PROGRAM)
            .args(["sandbox", "serve", "--port", "0", "--quiet", "--file"])
            .arg(file)
            .args(more)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut url)
            .unwrap();
        Served {
            child,
            url: url.trim().to_owned(),
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a `sandbox` command; its exit code, stdout and stderr.
fn sandbox(args: &[&str], file: &Path) -> (i32, String, String) {
    let out = Command::new(PROGRAM)
        .arg("sandbox")
        .args(args)
        .arg("--file")
        .arg(file)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (
        out.status.code().unwrap_or(-1),
        text(&out.stdout),
        text(&out.stderr),
    )
}

fn exported(file: &Path) -> Value {
    let (code, out, err) = sandbox(&["export"], file);
    assert_eq!(code, 0, "{err}");
    serde_json::from_str(&out).unwrap()
}

#[tokio::test]
async fn a_second_process_on_one_file_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tenant.json");
    let served = Served::new(&file, &[]);
    let options = Options {
        store: StoreKind::File(file.clone()),
        ..Options::default()
    };
    let error = start(options.clone()).await.unwrap_err();
    assert!(
        matches!(&error, SandboxError::InUse { url: Some(url), pid: Some(pid), .. }
            if *url == served.url && *pid == u64::from(served.child.id())),
        "{error}"
    );
    assert!(error.to_string().contains(&served.url), "{error}");
    // A process that dies leaves no lock.
    drop(served);
    start(options).await.unwrap().stop().await;
}

/// kill -9 in the middle of writes, again and again: the file is always whole, and what
/// was answered is in it.
#[tokio::test]
async fn a_killed_process_leaves_a_tenant_that_loads() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tenant.json");
    let contexts = "/v1.0/identity/conditionalAccess/authenticationContextClassReferences";
    let mut answered = 0;
    for round in 0..6 {
        let mut served = Served::new(&file, &[]);
        let url = format!("{}{contexts}", served.url);
        let client = reqwest::Client::new();
        let writes = async {
            for n in 0.. {
                let id = format!("{url}/c{}", n % 99 + 1);
                let body = json!({"displayName": format!("{round} {n}")});
                let sent = client.patch(id).bearer_auth("x").json(&body).send().await;
                match sent {
                    Ok(answer) => {
                        assert_eq!(answer.status(), 204);
                        answered += 1;
                    }
                    Err(_) => break,
                }
            }
        };
        let kill = async {
            // Later in every round, so that the kill meets another moment of a write.
            tokio::time::sleep(std::time::Duration::from_millis(40 + round * 17)).await;
            served.child.kill().unwrap();
        };
        tokio::join!(writes, kill);
        served.child.wait().unwrap();
        drop(served);
        let tenant = exported(&file);
        let held = tenant["authenticationContexts"].as_object().unwrap();
        assert!(answered == 0 || !held.is_empty());
    }
    assert!(answered > 0);
}

#[test]
fn the_tenant_is_filled_changed_and_reset_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tenant.json");
    let policy = json!({"@odata.context": "x", "id": "f1cedeec-d6a4-49c4-a8b9-cf6c43a6f16e",
        "displayName": "Exported", "state": "enabled", "createdDateTime": "2024-05-24T09:28:04.3791858Z",
        "modifiedDateTime": null, "partialEnablementStrategy": null,
        "conditions": {"applications": {"includeApplications": ["All"]},
            "users": {"includeGroups": ["ceeac9b8-ddf5-48cb-afcb-e2ab8bfd1a57"]}},
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]}});
    // As some tools write it: UTF-16 with a mark.
    let seed = folder.path().join("policy.json");
    let mut bytes = vec![0xff, 0xfe];
    bytes.extend(policy.to_string().encode_utf16().flat_map(u16::to_le_bytes));
    std::fs::write(&seed, bytes).unwrap();
    let (code, _, err) = sandbox(&["seed", seed.to_str().unwrap()], &file);
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("1 conditionalAccessPolicy"), "{err}");
    let sign_in = [
        "sign-in",
        "--user",
        "AdeleV@contoso.com",
        "--risk",
        "medium",
        "--format",
        "json",
    ];
    let (code, out, err) = sandbox(&sign_in, &file);
    assert_eq!(code, 0, "{err}");
    let made: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(made["riskDetection"]["ipAddress"], "178.17.170.23");
    assert_eq!(made["riskyUser"]["riskLevel"], "medium");
    let tenant = exported(&file);
    assert_eq!(tenant["policies"].as_object().unwrap().len(), 1);
    assert_eq!(tenant["riskDetections"].as_object().unwrap().len(), 1);

    // The same against a process that serves the file, over TLS.
    let served = Served::new(&file, &["--tls"]);
    assert!(served.url.starts_with("https://"));
    let (code, out, err) = sandbox(&sign_in, &file);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("atRisk"));
    assert_eq!(
        exported(&file)["riskDetections"].as_object().unwrap().len(),
        2
    );
    let unknown = ["sign-in", "--user", "nobody@contoso.com", "--risk", "low"];
    let (code, _, err) = sandbox(&unknown, &file);
    assert_eq!(code, 1);
    assert!(err.contains("nobody@contoso.com"), "{err}");
    assert_eq!(sandbox(&["reset"], &file).0, 0);
    assert_eq!(exported(&file)["riskDetections"], json!({}));
    drop(served);

    let broken = folder.path().join("broken.json");
    std::fs::write(&broken, "{\"displayName\": \"what am I\"}").unwrap();
    let (code, _, err) = sandbox(&["seed", broken.to_str().unwrap()], &file);
    assert_eq!(code, 1);
    assert!(err.contains("broken.json"), "{err}");
    // A whole tenant goes out and in.
    let all = folder.path().join("all.json");
    std::fs::write(&all, tenant.to_string()).unwrap();
    assert_eq!(sandbox(&["seed", all.to_str().unwrap()], &file).0, 0);
    assert_eq!(exported(&file), tenant);
}

/// Requests at once: every one of them is in the file at the end.
#[tokio::test]
async fn writes_at_once_are_all_kept() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tenant.json");
    let sandbox = Sandbox::with(Options {
        store: StoreKind::File(file.clone()),
        ..Options::default()
    })
    .await;
    let path = "/identity/conditionalAccess/authenticationContextClassReferences";
    let writes = (1..=40).map(|n| {
        let body = json!({"displayName": n.to_string()});
        let request = sandbox
            .request("PATCH", &format!("{path}/c{n}"))
            .json(&body);
        tokio::spawn(async move { request.send().await.unwrap().status().as_u16() })
    });
    for write in writes.collect::<Vec<_>>() {
        assert_eq!(write.await.unwrap(), 204);
    }
    sandbox.running.stop().await;
    let saved: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(
        saved["authenticationContexts"].as_object().unwrap().len(),
        40
    );
}
