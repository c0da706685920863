//! Figures of the embedded tenant, printed and not asserted: `cargo bench --bench sandbox`.
//!
//! Time from start to the first answer; requests per second on the list, on one policy and
//! on a create, with 240 policies in the tenant, in memory and with a file; memory.
#![allow(
    clippy::indexing_slicing,
    reason = "a figure that cannot be had ends the run"
)]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use gatewright::sandbox::{Options, start};
use serde_json::{Value, json};

const BINARY: &str = env!("CARGO_BIN_EXE_gatewright");
const POLICIES: &str = "/v1.0/identity/conditionalAccess/policies";
const FULL: usize = 240;
const LONG_ENOUGH: Duration = Duration::from_secs(3);

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn main() -> Result<()> {
    // `cargo test` and `cargo nextest` run benches with other arguments: nothing to do then.
    if !std::env::args().any(|a| a == "--bench") {
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let folder = tempfile::tempdir()?;
    runtime.block_on(served(&folder.path().join("tenant.json")))?;
    runtime.block_on(in_memory())
}

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn policy(n: usize) -> Value {
    json!({"displayName": format!("Policy {n}"), "state": "enabled",
        "conditions": {"applications": {"includeApplications": ["All"]},
            "users": {"includeUsers": ["All"], "excludeGroups": ["6da4f554-8612-4359-a481-b293af78e1fb"]},
            "locations": {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}},
        "grantControls": {"operator": "OR", "builtInControls": ["mfa", "compliantDevice"]}})
}

async fn served(file: &Path) -> Result<()> {
    let begun = Instant::now();
    let mut child = Command::new(BINARY)
        .args([
            "sandbox",
            "serve",
            "--port",
            "0",
            "--quiet",
            "--policy-limit",
            "10000",
            "--file",
        ])
        .arg(file)
        .stdout(Stdio::piped())
        .spawn()?;
    let out = child.stdout.take().ok_or("no stdout")?;
    let server = Server(child);
    let mut url = String::new();
    BufReader::new(out).read_line(&mut url)?;
    let url = url.trim().to_owned();
    let client = reqwest::Client::new();
    client
        .get(format!("{url}/v1.0/organization"))
        .bearer_auth("x")
        .send()
        .await?;
    say(&format!(
        "start to first answer: {:.1} ms",
        begun.elapsed().as_secs_f64() * 1e3
    ));
    say(&format!(
        "memory at the start: {:.1} MB",
        memory(server.0.id())?
    ));
    drive("with a file", &client, &url).await?;
    say(&format!(
        "memory at the end: {:.1} MB",
        memory(server.0.id())?
    ));
    Ok(())
}

async fn in_memory() -> Result<()> {
    let running = start(Options {
        policy_limit: 100_000,
        ..Options::default()
    })
    .await?;
    drive("in memory", &reqwest::Client::new(), &running.url()).await?;
    running.stop().await;
    Ok(())
}

/// Resident memory of a process.
fn memory(pid: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status
        .lines()
        .find(|l| l.starts_with("VmRSS:"))
        .ok_or("no VmRSS")?;
    let kilobytes: f64 = line.split_whitespace().nth(1).ok_or("no figure")?.parse()?;
    Ok(kilobytes / 1024.0)
}

async fn drive(what: &str, client: &reqwest::Client, url: &str) -> Result<()> {
    let policies = format!("{url}{POLICIES}");
    let mut last = String::new();
    let begun = Instant::now();
    for n in 0..FULL {
        let made = client
            .post(&policies)
            .bearer_auth("x")
            .json(&policy(n))
            .send()
            .await?;
        let made: Value = made.error_for_status()?.json().await?;
        last = made["id"].as_str().unwrap_or_default().to_owned();
    }
    let each = begun.elapsed().as_secs_f64() / FULL as f64;
    say(&format!(
        "{what}: {FULL} creates from none: {:.2} ms each",
        each * 1e3
    ));
    let one = format!("{policies}/{last}");
    for (name, target) in [("list of 240", &policies), ("one policy", &one)] {
        let mut count = 0;
        let mut bytes = 0;
        let begun = Instant::now();
        while begun.elapsed() < LONG_ENOUGH {
            let answer = client.get(target).bearer_auth("x").send().await?;
            bytes = answer.error_for_status()?.bytes().await?.len();
            count += 1;
        }
        let rate = f64::from(count) / begun.elapsed().as_secs_f64();
        say(&format!(
            "{what}: GET {name}: {rate:.0}/s ({} kB each)",
            bytes / 1024
        ));
    }
    let mut count = 0;
    let begun = Instant::now();
    while begun.elapsed() < LONG_ENOUGH {
        // Made and deleted, so that the tenant stays as large as it is.
        let made = client
            .post(&policies)
            .bearer_auth("x")
            .json(&policy(FULL))
            .send()
            .await?;
        let made: Value = made.error_for_status()?.json().await?;
        let id = made["id"].as_str().unwrap_or_default();
        client
            .delete(format!("{policies}/{id}"))
            .bearer_auth("x")
            .send()
            .await?
            .error_for_status()?;
        let purge = format!("{url}/v1.0/identity/conditionalAccess/deletedItems/policies/{id}");
        client
            .delete(purge)
            .bearer_auth("x")
            .send()
            .await?
            .error_for_status()?;
        count += 3;
    }
    let rate = f64::from(count) / begun.elapsed().as_secs_f64();
    say(&format!("{what}: writes at {FULL} policies: {rate:.0}/s"));
    Ok(())
}
