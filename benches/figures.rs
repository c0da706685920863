//! Figures, printed and not asserted: `cargo bench --bench figures`.
//!
//! How time grows with 100, 1,000, 5,000 and 20,000 objects (`-- growth`: this alone): validate them,
//! half policies and half groups; plan them without a change, at most 240 of them policies, against
//! a sandbox in a process of its own; apply as many groups to a new embedded sandbox.
//!
//! Validate 1,000 manifests; plan 240 policies, 195 locations and 500 groups by name
//! against a sandbox in a process of its own (wall, CPU, peak memory, requests); plan one policy
//! that excludes 5,000 and 20,000 users; size of the binary; time to start. Proofs over 240 policies,
//! 1,000 groups of which 30 are excluded, and 200 locations: gaps, a comparison after 10 changes, and a
//! test of 56 invariants and 200 scenarios (`-- proofs`: these alone). Logs of 10,000 to 1,000,000
//! sign-ins, judged by two such sets (`-- replay`). Impact on 100,000 people in 1,000
//! groups of which 40 matter (`-- people`: this alone). Fleets of 50 to 500 embedded tenants of 40
//! policies, which are asked at the pace of the service: planned in one process, and the largest in
//! 8 parts, one after another, and merged (`-- fleet`: this alone).
#![allow(
    clippy::indexing_slicing,
    reason = "a figure that cannot be had ends the run"
)]

mod measure;

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use gatewright::graph::Request;
use gatewright::graph::client::{Client, Pace};
use gatewright::graph::token::Token;
use gatewright::impact::people::directory::{DirectoryUser, MembersRead, PeopleDirectory};
use gatewright::impact::people::edits::PeopleEdits;
use gatewright::impact::people::judge::{PeopleInput, judge};
use gatewright::model::facts::Edition;
use gatewright::whatif::{Environment, PolicySet, UserType, World};
use serde_json::json;

use measure::{BINARY, measure};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    // `cargo test` and `cargo nextest` run benches with other arguments: nothing to do then.
    if !std::env::args().any(|a| a == "--bench") {
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    if std::env::args().any(|a| a == "proofs") {
        return proofs(folder.path());
    }
    if std::env::args().any(|a| a == "people") {
        return people();
    }
    if std::env::args().any(|a| a == "replay") {
        return replay(folder.path());
    }
    if std::env::args().any(|a| a == "growth") {
        return growth(folder.path());
    }
    if std::env::args().any(|a| a == "fleet") {
        return fleet(folder.path());
    }
    binary()?;
    growth(folder.path())?;
    proofs(folder.path())?;
    people()?;
    replay(folder.path())?;
    fleet(folder.path())?;
    validate(folder.path())?;
    plan(folder.path())?;
    for users in [5_000, 20_000] {
        many_users(folder.path(), users)?;
    }
    Ok(())
}

fn say(line: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// The middle of several runs.
fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn binary() -> Result<()> {
    let bytes = std::fs::metadata(BINARY)?.len();
    let mut times = Vec::new();
    for _ in 0..20 {
        let start = Instant::now();
        Command::new(BINARY).arg("--version").output()?;
        times.push(start.elapsed());
    }
    let start = median(times);
    say(&format!(
        "binary: {:.1} MB; `--version` in {:.1} ms (median of 20)",
        bytes as f64 / 1e6,
        start.as_secs_f64() * 1e3
    ));
    Ok(())
}

fn validate(folder: &Path) -> Result<()> {
    let root = folder.join("validate");
    std::fs::create_dir_all(root.join("policies"))?;
    std::fs::write(
        root.join("gatewright.yaml"),
        "version: 1\nmanifests: [policies]\ntenants:\n  sandbox: { sandbox: sandbox.json }\n",
    )?;
    for n in 0..1000 {
        std::fs::write(
            root.join(format!("policies/p{n}.yaml")),
            policy(n, &["Group A".to_owned(), "Group B".to_owned()], "Office"),
        )?;
    }
    let mut usages = Vec::new();
    for _ in 0..5 {
        usages.push(measure(&root, &["validate"], &[])?);
    }
    usages.sort_by_key(|u| u.wall);
    say(&format!("validate 1,000 manifests: {}", usages[2]));
    Ok(())
}

fn policy(n: usize, groups: &[String], location: &str) -> String {
    format!(
        "kind: ConditionalAccessPolicy\ndisplayName: Policy {n}\nstate: enabled\nconditions:\n  users:\n    includeUsers: [All]\n    excludeGroups: [{}]\n  applications:\n    includeApplications: [All]\n  locations:\n    includeLocations: [All]\n    excludeLocations: [{location}]\ngrantControls:\n  operator: OR\n  builtInControls: [mfa, compliantDevice]\n",
        groups.join(", ")
    )
}

struct Server(Child, String);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve(file: &Path) -> Result<Server> {
    let mut child = Command::new(BINARY)
        .args(["sandbox", "serve", "--port", "0", "--file"])
        .arg(file)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut url = String::new();
    let out = child.stdout.take().ok_or("no stdout")?;
    BufReader::new(out).read_line(&mut url)?;
    Ok(Server(child, url.trim().to_owned()))
}

fn plan(folder: &Path) -> Result<()> {
    let root = folder.join("plan");
    std::fs::create_dir_all(root.join("policies"))?;
    let server = serve(&root.join("tenant.json"))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let client = Client::new(&server.1, &Token::new("t"), Pace::Unlimited)?;
    runtime.block_on(async {
        for n in 0..500 {
            let body = json!({"displayName": format!("Group {n}"), "mailEnabled": false,
                "mailNickname": format!("g{n}"), "securityEnabled": true});
            client
                .send(&Request::post(Edition::V1, "/groups", body))
                .await?;
        }
        Ok::<_, gatewright::graph::GraphError>(())
    })?;
    std::fs::write(
        root.join("gatewright.yaml"),
        format!(
            "version: 1\nmanifests: [policies]\ntenants:\n  large:\n    tenantId: 6f1d2c3b-8a47-4e5d-9b60-31c7f0a2d58e\n    graphEndpoint: {}\n    auth: {{ method: accessToken, env: TOKEN }}\n",
            server.1
        ),
    )?;
    let mut locations = String::new();
    for n in 0..195 {
        let _ = write!(
            locations,
            "---\nkind: NamedLocation\ndisplayName: Location {n}\nipRanges: [11.{n}.0.0/16]\n"
        );
    }
    std::fs::write(root.join("policies/locations.yaml"), locations)?;
    // Created straight away: the client's own pace would take seven minutes.
    runtime.block_on(async {
        for n in 0..195 {
            let body = json!({"@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": format!("Location {n}"),
                "ipRanges": [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": format!("11.{n}.0.0/16")}]});
            let path = "/identity/conditionalAccess/namedLocations";
            client.send(&Request::post(Edition::V1, path, body)).await?;
        }
        Ok::<_, gatewright::graph::GraphError>(())
    })?;
    let found = runtime.block_on(client.list(Edition::V1, "/groups?$top=999"))?;
    let id = |name: &str, list: &[serde_json::Value]| {
        list.iter()
            .find(|v| v["displayName"] == name)
            .map(|v| v["id"].clone())
            .unwrap_or_default()
    };
    let places =
        runtime.block_on(client.list(Edition::V1, "/identity/conditionalAccess/namedLocations"))?;
    for n in 0..240 {
        let names: Vec<String> = [n, n + 240, (n + 480) % 500]
            .iter()
            .map(|g| format!("Group {g}"))
            .collect();
        let place = format!("Location {}", n % 195);
        std::fs::write(
            root.join(format!("policies/p{n}.yaml")),
            policy(n, &names, &place),
        )?;
        let groups: Vec<_> = names.iter().map(|g| id(g, &found)).collect();
        let body = json!({
            "displayName": format!("Policy {n}"), "state": "enabled",
            "conditions": {
                "users": {"includeUsers": ["All"], "excludeGroups": groups},
                "applications": {"includeApplications": ["All"]},
                "locations": {"includeLocations": ["All"], "excludeLocations": [id(&place, &places)]},
            },
            "grantControls": {"operator": "OR", "builtInControls": ["mfa", "compliantDevice"]},
        });
        let path = "/identity/conditionalAccess/policies";
        runtime.block_on(client.send(&Request::post(Edition::V1, path, body)))?;
    }
    let mut usages = Vec::new();
    for _ in 0..5 {
        usages.push(measure(&root, &["plan", "-v"], &[("TOKEN", "t")])?);
    }
    usages.sort_by_key(|u| u.wall);
    let usage = &usages[2];
    say(&format!(
        "plan 240 policies, 195 locations, 500 groups by name (no change; one request a second is kept): {usage}"
    ));
    for line in usage.requests() {
        say(&format!("  {line}"));
    }
    Ok(())
}

/// Plans of many tenants, each with a change, and the same in parts.
fn fleet(folder: &Path) -> Result<()> {
    const PARTS: usize = 8;
    let root = folder.join("fleet");
    for inner in ["policies", "tenants", ".gatewright", "results"] {
        std::fs::create_dir_all(root.join(inner))?;
    }
    std::fs::write(
        root.join("gatewright.yaml"),
        "version: 1\nmanifests: [policies]\ntenantFiles: [tenants/*.yaml]\n",
    )?;
    let manifests = |changed: bool| -> Result<()> {
        let mut text = String::from(
            "kind: NamedLocation\ndisplayName: Office\nipRanges: [203.0.113.0/24]\n---\nkind: Group\ndisplayName: Emergency\n",
        );
        for n in 0..40 {
            let location = if changed && n == 7 {
                "AllTrusted"
            } else {
                "Office"
            };
            let _ = write!(
                text,
                "---\n{}",
                policy(n, &["Emergency".to_owned()], location)
            );
        }
        Ok(std::fs::write(root.join("policies/all.yaml"), text)?)
    };
    let tenant = |n: usize, weather: &str| -> Result<()> {
        let text = format!("sandbox: .gatewright/t{n}.json\n{weather}");
        Ok(std::fs::write(
            root.join(format!("tenants/t{n}.yaml")),
            text,
        )?)
    };
    manifests(false)?;
    tenant(0, "")?;
    once(&root, &["apply", "--yes"])?;
    manifests(true)?;
    let mut made = 0;
    for tenants in [50, 100, 250, 500] {
        for n in made..tenants {
            tenant(n, "weather: { throttle: true }\n")?;
            if n > 0 {
                let file = root.join(format!(".gatewright/t{n}.json"));
                std::fs::copy(root.join(".gatewright/t0.json"), file)?;
            }
        }
        made = tenants;
        let usage = measure(&root, &["plan", "-t", "all", "--compact"], &[])?;
        say(&format!(
            "plan {tenants} tenants of 40 policies, 1 of them changed, at the real pace: {usage}"
        ));
    }
    let lines = |args: &[&str]| -> Result<(String, Duration)> {
        let start = Instant::now();
        let output = Command::new(BINARY)
            .args(args)
            .current_dir(&root)
            .output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into());
        }
        // When each was read is the only thing that two runs do not share.
        let mut text = String::new();
        for line in String::from_utf8(output.stdout)?.lines() {
            let mut line: serde_json::Value = serde_json::from_str(line)?;
            line["result"] = json!(null);
            let _ = writeln!(text, "{line}");
        }
        Ok((text, start.elapsed()))
    };
    let (whole, _) = lines(&["plan", "-t", "all", "--format", "json"])?;
    let mut longest = Duration::ZERO;
    for part in 0..PARTS {
        let (text, took) = lines(&[
            "plan",
            "--shard",
            &format!("{part}/{PARTS}"),
            "--format",
            "json",
        ])?;
        longest = longest.max(took);
        std::fs::write(root.join(format!("results/{part}.jsonl")), text)?;
    }
    let (merged, took) = lines(&["merge", "results", "--format", "json"])?;
    say(&format!(
        "the same in {PARTS} parts: {:.1} s for the largest, merged in {:.2} s, {} result",
        longest.as_secs_f64(),
        took.as_secs_f64(),
        if merged == whole {
            "the same"
        } else {
            "ANOTHER"
        }
    ));
    Ok(())
}

/// Objects as Graph answers them, and as manifests: groups, and policies of which each excludes two
/// of them and is about an application of its own.
fn objects(policies: usize, groups: usize) -> (Vec<serde_json::Value>, String) {
    let id = |kind: u8, n: usize| format!("{kind:08}-0000-4000-8000-{n:012}");
    let (mut graph, mut manifests) = (Vec::new(), String::new());
    for n in 0..groups {
        let name = format!("Group {n}");
        graph.push(json!({"@odata.type": "#microsoft.graph.group", "id": id(1, n), "displayName": &name,
            "mailEnabled": false, "mailNickname": format!("g{n}"), "securityEnabled": true, "groupTypes": []}));
        let _ = writeln!(
            manifests,
            "---\nkind: Group\ndisplayName: {name}\nmailNickname: g{n}"
        );
    }
    for n in 0..policies {
        let excluded = [n, n + 1].map(|n| n % groups.max(1));
        let policy = |excluded: [String; 2]| {
            json!({"displayName": format!("Policy {n}"), "state": "enabled",
                "conditions": {"users": {"includeUsers": ["All"], "excludeGroups": excluded},
                    "applications": {"includeApplications": ["All"]},
                    "signInRiskLevels": if n.is_multiple_of(2) { vec!["high"] } else { vec!["high", "medium"] }},
                "grantControls": {"operator": "OR", "builtInControls": ["mfa"]}})
        };
        let mut live = policy(excluded.map(|n| id(1, n)));
        live["id"] = json!(id(2, n));
        live["@odata.type"] = json!("#microsoft.graph.conditionalAccessPolicy");
        graph.push(live);
        let mut manifest = policy(excluded.map(|n| format!("Group {n}")));
        manifest["kind"] = json!("ConditionalAccessPolicy");
        let _ = writeln!(manifests, "---\n{manifest}");
    }
    (graph, manifests)
}

/// A run of the built program, once: by the clock.
fn once(root: &Path, args: &[&str]) -> Result<Duration> {
    let start = Instant::now();
    let output = Command::new(BINARY).args(args).current_dir(root).output()?;
    match output.status.success() {
        true => Ok(start.elapsed()),
        false => Err(String::from_utf8_lossy(&output.stderr).into()),
    }
}

/// What ten times the objects take.
fn growth(folder: &Path) -> Result<()> {
    const EMBEDDED: &str =
        "version: 1\nmanifests: [policies]\ntenants: { sandbox: { sandbox: sandbox.json } }\n";
    for count in [100, 1_000, 5_000, 20_000] {
        let project = |name: &str, config: &str, manifests: &str| -> Result<std::path::PathBuf> {
            let root = folder.join(format!("{name}-{count}"));
            std::fs::create_dir_all(root.join("policies"))?;
            std::fs::write(root.join("gatewright.yaml"), config)?;
            std::fs::write(root.join("policies/all.yaml"), manifests)?;
            Ok(root)
        };
        let (_, manifests) = objects(count / 2, count / 2);
        let root = project("validate", EMBEDDED, &manifests)?;
        let usage = measure(&root, &["validate"], &[])?;
        say(&format!("validate {count} objects: {usage}"));

        let policies = (count / 4).min(240);
        let (graph, manifests) = objects(policies, count - policies);
        let root = project("plan", EMBEDDED, &manifests)?;
        std::fs::write(root.join("objects.json"), serde_json::to_vec(&graph)?)?;
        let seed = ["sandbox", "seed", "objects.json", "--file", "tenant.json"];
        once(&root, &seed)?;
        let server = serve(&root.join("tenant.json"))?;
        let config = format!(
            "version: 1\nmanifests: [policies]\ntenants:\n  large:\n    tenantId: 6f1d2c3b-8a47-4e5d-9b60-31c7f0a2d58e\n    graphEndpoint: {}\n    auth: {{ method: accessToken, env: TOKEN }}\n",
            server.1
        );
        std::fs::write(root.join("gatewright.yaml"), config)?;
        let usage = measure(&root, &["plan", "-v"], &[("TOKEN", "t")])?;
        say(&format!("plan {count} objects without a change: {usage}"));
        drop(server);

        let (_, manifests) = objects(0, count);
        let root = project("apply", EMBEDDED, &manifests)?;
        let wall = once(&root, &["apply", "--yes", "--allow", "budget"])?;
        say(&format!(
            "apply {count} new groups to the embedded sandbox: {:.1} s",
            wall.as_secs_f64()
        ));
    }
    Ok(())
}

/// Four times the users of one policy are to take four times the CPU.
fn many_users(folder: &Path, count: usize) -> Result<()> {
    let root = folder.join(format!("users-{count}"));
    std::fs::create_dir_all(root.join("policies"))?;
    let users: Vec<serde_json::Value> = (0..count)
        .map(|n| {
            json!({"@odata.type": "#microsoft.graph.user", "id": format!("00000000-0000-4000-8000-{n:012}"),
                "displayName": format!("User {n}"), "userPrincipalName": format!("user{n}@contoso.com")})
        })
        .collect();
    std::fs::write(root.join("users.json"), serde_json::to_vec(&users)?)?;
    Command::new(BINARY)
        .args(["sandbox", "seed", "users.json", "--file", "tenant.json"])
        .current_dir(&root)
        .output()?;
    let server = serve(&root.join("tenant.json"))?;
    std::fs::write(
        root.join("gatewright.yaml"),
        format!(
            "version: 1\nmanifests: [policies]\ntenants:\n  large:\n    tenantId: 6f1d2c3b-8a47-4e5d-9b60-31c7f0a2d58e\n    graphEndpoint: {}\n    auth: {{ method: accessToken, env: TOKEN }}\n",
            server.1
        ),
    )?;
    let names: Vec<String> = (0..count).map(|n| format!("user{n}@contoso.com")).collect();
    let manifest = policy(0, &[], "AllTrusted").replace(
        "    excludeGroups: []\n",
        &format!("    excludeUsers: [{}]\n", names.join(", ")),
    );
    std::fs::write(root.join("policies/p.yaml"), manifest)?;
    let usage = measure(&root, &["plan"], &[("TOKEN", "t")])?;
    say(&format!(
        "plan one policy that excludes {count} users: {usage}"
    ));
    Ok(())
}

/// A project of many policies, of which no two are alike; `changed` of them are other than usual.
fn large_project(root: &Path, changed: usize) -> Result<()> {
    std::fs::create_dir_all(root.join("policies"))?;
    let config =
        "version: 1\nmanifests: [policies]\ntenants: { sandbox: { sandbox: sandbox.json } }\n";
    std::fs::write(root.join("gatewright.yaml"), config)?;
    let put = |name: &str, kind: &str, values: Vec<serde_json::Value>| {
        let mut text = String::new();
        for mut value in values {
            value["kind"] = json!(kind);
            let _ = writeln!(text, "---\n{value}");
        }
        std::fs::write(root.join(format!("policies/{name}.yaml")), text)
    };
    let named = |value: String| json!({ "displayName": value });
    put(
        "groups",
        "Group",
        (0..1000).map(|n| named(format!("group {n}"))).collect(),
    )?;
    let location = |n: usize| {
        let ranges: Vec<String> = (0..5)
            .map(|m| format!("{}.{n}.{m}.0/24", 11 + n % 90))
            .collect();
        json!({"displayName": format!("location {n}"), "isTrusted": n.is_multiple_of(4), "ipRanges": ranges})
    };
    put(
        "locations",
        "NamedLocation",
        (0..200).map(location).collect(),
    )?;
    put(
        "policies",
        "ConditionalAccessPolicy",
        (0..240).map(|n| large_policy(n, n < changed)).collect(),
    )?;
    put(
        "invariants",
        "Invariant",
        (0..56).map(large_invariant).collect(),
    )?;
    let scenario = |n: usize| {
        let sign_in = json!({"user": {"memberOf": [format!("group {n}")], "roles": []},
            "application": if n.is_multiple_of(2) { "SharePoint Online" } else { "Azure Portal" },
            "clientAppType": "browser", "ipAddress": format!("{}.{n}.1.7", 11 + n % 90)});
        json!({"displayName": format!("Scenario {n}"), "signIn": sign_in,
            "expect": {"policies": {"notApplied": ["CA009"]}}})
    };
    put("scenarios", "Scenario", (0..200).map(scenario).collect())?;
    Ok(())
}

fn large_policy(n: usize, changed: bool) -> serde_json::Value {
    let excluded = [n % 30, (n * 7 + 3) % 30].map(|n| format!("group {n}"));
    let users = match n % 5 {
        0 => {
            json!({"includeRoles": ["Global Administrator", "Security Administrator"], "excludeGroups": excluded})
        }
        1 => {
            json!({"includeGroups": [format!("group {}", 30 + n * 4), format!("group {}", 31 + n * 4)]})
        }
        2 => {
            json!({"includeGuestsOrExternalUsers": {"guestOrExternalUserTypes": "b2bCollaborationGuest,internalGuest",
            "externalTenants": {"membershipKind": "all"}}, "excludeGroups": excluded})
        }
        _ => json!({"includeUsers": ["All"], "excludeGroups": excluded}),
    };
    let apps = match n % 4 {
        0 => json!({"includeApplications": ["Office365", "MicrosoftAdminPortals"]}),
        1 => json!({"includeApplications": [format!("app {}", n % 50), format!("app {}", n % 37)]}),
        _ => json!({"includeApplications": ["All"]}),
    };
    let mut conditions = json!({"users": users, "applications": apps});
    let conditional = [
        (
            3,
            "locations",
            json!({"includeLocations": ["All"], "excludeLocations": ["AllTrusted", format!("location {}", n % 200)]}),
        ),
        (
            7,
            "platforms",
            json!({"includePlatforms": ["all"], "excludePlatforms": ["iOS", "android"]}),
        ),
        (5, "clientAppTypes", json!(["exchangeActiveSync", "other"])),
        (11, "signInRiskLevels", json!(["high", "medium"])),
        (13, "userRiskLevels", json!(["high"])),
        (
            17,
            "devices",
            json!({"deviceFilter": {"mode": "exclude", "rule": format!("device.isCompliant -eq True -or device.model -startsWith \"m{}\"", n % 9)}}),
        ),
        (
            19,
            "authenticationFlows",
            json!({"transferMethods": "deviceCodeFlow"}),
        ),
    ];
    for (every, name, value) in conditional {
        if n.is_multiple_of(every) {
            conditions[name] = value;
        }
    }
    let grant = match n % 6 {
        0 if !changed => json!({"operator": "OR", "builtInControls": ["block"]}),
        1 => {
            json!({"operator": "OR", "builtInControls": ["compliantDevice", "domainJoinedDevice"]})
        }
        2 => json!({"operator": "OR", "authenticationStrength": "Phishing-resistant MFA"}),
        _ if changed => json!({"operator": "OR", "builtInControls": ["mfa", "compliantDevice"]}),
        _ => json!({"operator": "OR", "builtInControls": ["mfa"]}),
    };
    let mut policy = json!({"displayName": format!("CA{n:03}"), "state": "enabled", "conditions": conditions,
        "grantControls": grant});
    if n.is_multiple_of(8) {
        policy["sessionControls"] =
            json!({"signInFrequency": {"type": "hours", "value": n % 20 + 1}});
    }
    policy
}

fn large_invariant(n: usize) -> serde_json::Value {
    let users = match n % 3 {
        0 => {
            json!({"includeRoles": ["Global Administrator"], "excludeGroups": [format!("group {}", n % 30)]})
        }
        1 => json!({"includeGroups": [format!("group {}", 30 + n * 4)]}),
        _ => {
            json!({"includeUsers": ["All"], "excludeGroups": (0..30).map(|n| format!("group {n}")).collect::<Vec<_>>()})
        }
    };
    let require = match n % 2 {
        0 => json!({"grantControls": {"operator": "OR", "builtInControls": ["mfa"]}}),
        _ => json!({"grantControls": {"operator": "OR", "builtInControls": ["block"]}}),
    };
    let mut conditions = json!({"users": users, "applications": {"includeApplications": ["All"]}});
    if !n.is_multiple_of(2) {
        conditions["clientAppTypes"] = json!(["other"]);
    }
    json!({"displayName": format!("Claim {n}"), "conditions": conditions, "require": require})
}

/// Questions about every sign-in.
fn proofs(folder: &Path) -> Result<()> {
    let (before, root) = (folder.join("before"), folder.join("after"));
    large_project(&before, 0)?;
    large_project(&root, 10)?;
    let validate = measure(&root, &["validate"], &[])?;
    say(&format!(
        "240 policies, 1,000 groups, 200 locations, read: {validate}"
    ));
    for command in [
        &["gaps"][..],
        &["compare", "../before", "."],
        &["compare", ".", "."],
        &["test"],
        &["report", "--force"],
    ] {
        let mut usages = Vec::new();
        for _ in 0..3 {
            usages.push(measure(&root, command, &[])?);
        }
        usages.sort_by_key(|usage| usage.cpu);
        say(&format!("{}: {}", command.join(" "), usages[1]));
    }
    let page = std::fs::metadata(root.join("report.html"))?;
    say(&format!("the report: {} KB", page.len().div_ceil(1024)));
    // The same without what the project claims.
    for name in ["invariants", "scenarios"] {
        std::fs::remove_file(root.join(format!("policies/{name}.yaml")))?;
    }
    let report = measure(&root, &["report", "--force"], &[])?;
    say(&format!("report without claims: {report}"));
    Ok(())
}

/// Logs judged by two sets of 240 policies of which 10 differ: records that list 12 policies, as many
/// as most tenants enforce, and records that list all 240. Memory must not grow with the records.
fn replay(folder: &Path) -> Result<()> {
    let (before, root) = (folder.join("before"), folder.join("after"));
    large_project(&before, 0)?;
    large_project(&root, 10)?;
    for (records, listed) in [(10_000, 12), (100_000, 12), (1_000_000, 12), (10_000, 240)] {
        let size = log(&root.join("log.jsonl.gz"), records, listed)?;
        let sides = ["--before", "../before", "--after", "."];
        let log = ["impact", "--logs", "log.jsonl.gz", "--format", "json"];
        let usage = measure(&root, &[&log[..], &sides[..]].concat(), &[])?;
        say(&format!(
            "replay {records} records with {listed} policies each ({:.0} MB): {usage}",
            size as f64 / 1e6
        ));
    }
    Ok(())
}

/// Writes a log, packed, and says how large it is unpacked.
fn log(path: &Path, records: usize, listed: usize) -> Result<usize> {
    let packed = std::io::BufWriter::new(std::fs::File::create(path)?);
    let mut packer = GzEncoder::new(packed, Compression::fast());
    let entries: Vec<serde_json::Value> = (0..listed)
        .map(|n| {
            json!({"id": format!("30000000-0000-4000-8000-{n:012}"), "displayName": large_policy(n, false)["displayName"],
                "result": "notApplied", "enforcedGrantControls": ["mfa"], "enforcedSessionControls": [],
                "conditionsSatisfied": "application", "conditionsNotSatisfied": "users"})
        })
        .collect();
    let entries = json!(entries).to_string();
    let mut size = 0;
    for n in 0..records {
        let user = n % 5_000;
        let app = [
            "00000003-0000-0ff1-ce00-000000000000",
            "00000002-0000-0ff1-ce00-000000000000",
            "c44b4083-3bb0-49c1-b47d-974e53cbdf3c",
        ][n % 3];
        let head = json!({"id": format!("20000000-0000-4000-8000-{n:012}"), "createdDateTime": "2026-01-05T08:00:00Z",
            "userId": format!("50000000-0000-4000-8000-{user:012}"), "userPrincipalName": format!("user{user}@example.com"),
            "userType": "member", "crossTenantAccessType": "none", "appId": app, "appDisplayName": "An application",
            "resourceId": app, "resourceDisplayName": "A resource", "conditionalAccessAudiences": [{"applicationId": app}],
            "clientAppUsed": (["Browser", "Mobile Apps and Desktop clients", "IMAP4"][n % 7 % 3]),
            "ipAddress": format!("{}.{}.1.7", 11 + n % 90, n % 200), "location": {"countryOrRegion": "NL"},
            "deviceDetail": {"deviceId": format!("40000000-0000-4000-8000-{user:012}"), "operatingSystem": "Windows11",
                "isCompliant": n % 9 != 0, "trustType": "Azure AD joined"},
            "riskLevelDuringSignIn": "none", "originalTransferMethod": "none",
            "authenticationDetails": [{"authenticationMethod": "Password", "succeeded": true}],
            "authenticationProcessingDetails": [{"key": "wids", "value": ""}], "signInEventTypes": ["interactiveUser"],
            "status": {"errorCode": 0}, "conditionalAccessStatus": "success"})
        .to_string();
        let head = head.trim_end_matches('}');
        let line = format!("{head},\"appliedConditionalAccessPolicies\":{entries}}}\n");
        size += line.len();
        packer.write_all(line.as_bytes())?;
    }
    packer.finish()?.flush()?;
    Ok(size)
}

/// 100,000 people, 40 groups that policies name, 240 policies of which 10 change: what it takes to
/// judge them, and what it would take to read them.
fn people() -> Result<()> {
    const USERS: u32 = 100_000;
    const GROUPS: u32 = 40;
    let set = |changed: u32| -> Result<PolicySet> {
        let policies = (0..240).map(|n| {
            let (one, other) = (n % GROUPS, (n * 7 + 3) % GROUPS);
            let own = if n < changed { (one + 1) % GROUPS } else { one };
            let users = match n % 4 {
                0 => json!({"includeUsers": ["All"], "excludeGroups": [format!("group {own}")]}),
                1 => json!({"includeGroups": [format!("group {own}")], "excludeGroups": [format!("group {other}")]}),
                2 => json!({"includeGroups": [format!("group {own}"), format!("group {other}")]}),
                _ => json!({"includeUsers": ["GuestsOrExternalUsers"], "excludeGroups": [format!("group {own}")]}),
            };
            let control = if n % 9 == 0 { "block" } else { "mfa" };
            serde_json::from_value(json!({
                "displayName": format!("Policy {n}"), "state": "enabled",
                "conditions": {"users": users,
                    "applications": {"includeApplications": [format!("11111111-1111-4111-8111-{n:012}")]},
                    "clientAppTypes": if n % 5 == 0 { json!(["browser"]) } else { json!(["all"]) }},
                "grantControls": {"operator": "OR", "builtInControls": [control]}}))
        });
        Ok(PolicySet {
            policies: policies.collect::<std::result::Result<_, _>>()?,
            world: World {
                environment: Environment::default(),
                ..World::default()
            },
        })
    };
    let (before, after) = (set(0)?, set(10)?);
    let users = (0..USERS).map(|n| DirectoryUser {
        id: format!("50000000-0000-4000-8000-{n:012}"),
        name: format!("user{n}@example.com"),
        kind: match n % 20 {
            0 => UserType::B2bCollaborationGuest,
            _ => UserType::Member,
        },
        enabled: true,
    });
    // Most people are in one or two of the groups, some in many.
    let is_in = |user: u32, group: u32| {
        let mixed = user.wrapping_mul(2_654_435_761).rotate_left(group) ^ (group * 40_503);
        let many = if user.is_multiple_of(50) { 8 } else { 40 };
        mixed.is_multiple_of(many)
    };
    let mut pages = 0;
    let members = (0..GROUPS).map(|group| {
        let users: Vec<u32> = (0..USERS).filter(|user| is_in(*user, group)).collect();
        pages += users.len().div_ceil(999).max(1);
        let members = MembersRead {
            users,
            groups: Vec::new(),
        };
        (format!("group {group}"), members)
    });
    let directory = PeopleDirectory {
        users: users.collect(),
        members: members.collect(),
        roles: Some(Default::default()),
        ..PeopleDirectory::default()
    };
    let edits = PeopleEdits::default();
    let input = PeopleInput {
        sides: [&before, &after],
        directory: &directory,
        edits: &edits,
        names: false,
    };
    let start = Instant::now();
    let mut begun = None;
    let impact = judge(&input, &mut |_, _| {
        begun.get_or_insert_with(Instant::now);
    });
    let classes = begun.map_or(start.elapsed(), |at| at - start);
    let memory = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let memory = memory.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    say(&format!(
        "impact on {USERS} people, {GROUPS} groups, 240 policies of which 10 change: {} classes in {:.2} s, judged in {:.2} s more, {} changes of {} people; peak {}",
        impact.classes,
        classes.as_secs_f64(),
        (start.elapsed() - classes).as_secs_f64(),
        impact.changes.len(),
        impact.changed(),
        memory.unwrap_or("unknown").trim()
    ));
    let user_pages = (USERS as usize).div_ceil(999);
    say(&format!(
        "to read them (computed): {user_pages} pages of users and {pages} of members, {} units of the 8,000 in ten seconds",
        user_pages + pages * 4
    ));
    Ok(())
}
