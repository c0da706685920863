//! Judgements a second, printed and not asserted: `cargo bench --bench whatif`.
//!
//! 240 policies over 200 named locations, 500 groups and 60 roles; 20,000 sign-ins that differ in
//! every member, with and without facts missing. Three figures, on one core: policies judged
//! alone; with the whole answer worked out; and from JSON to JSON. Then the program itself, whole
//! processes from reading the project on: one sign-in, 100,000 of them, and 200 scenarios.
#![allow(
    clippy::indexing_slicing,
    reason = "a figure that cannot be had ends the run"
)]

mod measure;

use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use gatewright::model::policy::ConditionalAccessPolicy;
use gatewright::model::tables::ROLES;
use gatewright::whatif::{CompiledPolicies, Judgement, KnownGroup, SignIn, World};
use serde_json::{Value, json};

const POLICIES: usize = 240;
const SIGN_INS: usize = 20_000;
const LINES: usize = 100_000;
const SCENARIOS: usize = 200;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    // `cargo test` and `cargo nextest` run benches with other arguments: nothing to do then.
    if !std::env::args().any(|a| a == "--bench") {
        return Ok(());
    }
    let policies = (0..POLICIES)
        .map(|n| serde_json::from_value(policy(n)))
        .collect::<std::result::Result<Vec<ConditionalAccessPolicy>, _>>()?;
    let world = world()?;
    let start = Instant::now();
    let compiled = CompiledPolicies::new(&policies, &world);
    let lines: Vec<String> = (0..SIGN_INS).map(|n| sign_in(n).to_string()).collect();
    say(&format!(
        "compiled {POLICIES} policies in {:.1} ms",
        start.elapsed().as_secs_f64() * 1e3
    ));

    let read = |line: &String| serde_json::from_str::<SignIn>(line);
    let sign_ins = lines
        .iter()
        .map(read)
        .collect::<std::result::Result<Vec<SignIn>, _>>()?;
    let prepared = sign_ins
        .iter()
        .map(|one| {
            compiled
                .prepare(one)
                .map_err(|faults| format!("{faults:?}"))
        })
        .collect::<std::result::Result<Vec<_>, String>>()?;
    let mut judgement = Judgement::default();
    let start = Instant::now();
    let mut applied = 0_usize;
    for one in &prepared {
        compiled.judge_into(one, &mut judgement);
        applied += judgement
            .iter()
            .filter(|a| matches!(a, gatewright::whatif::Applies::Yes))
            .count();
    }
    told("judged alone", start.elapsed());
    let start = Instant::now();
    let mut lists = 0_usize;
    for one in &sign_ins {
        let prepared = compiled
            .prepare(one)
            .map_err(|faults| format!("{faults:?}"))?;
        compiled.judge_into(&prepared, &mut judgement);
        lists += compiled
            .consequence(&prepared, &judgement, false)
            .requires
            .len();
    }
    told("prepared, judged and merged", start.elapsed());
    let start = Instant::now();
    let mut bytes = 0_usize;
    for line in &lines {
        let outcome = compiled
            .outcome(&read(line)?)
            .map_err(|faults| format!("{faults:?}"))?;
        bytes += serde_json::to_vec(&outcome)?.len();
    }
    told("from JSON to JSON, every policy in it", start.elapsed());
    say(&format!(
        "({applied} applied, {lists} lists, {:.0} MB written)",
        bytes as f64 / 1e6
    ));
    whole()
}

/// The program itself, on a project of the same policies.
fn whole() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let root = folder.path();
    project(root)?;
    let one = ["whatif", "--case", "case.json"];
    say(&format!(
        "whatif, one sign-in: {}",
        measure::measure(root, &one, &[])?
    ));
    for lines in [LINES / 10, LINES] {
        let text: String = (0..lines).fold(String::new(), |mut text, n| {
            let _ = writeln!(text, "{}", sign_in(n));
            text
        });
        std::fs::write(root.join("lines.jsonl"), text)?;
        let many = ["whatif", "--sign-ins", "lines.jsonl", "--format", "json"];
        let usage = measure::measure(root, &many, &[])?;
        let rate = (POLICIES * lines) as f64 / usage.cpu.as_secs_f64() / 1e6;
        say(&format!(
            "whatif --sign-ins, {lines} lines: {usage}, {rate:.1} million judgements a second"
        ));
    }
    say(&format!(
        "test, {SCENARIOS} scenarios: {}",
        measure::measure(root, &["test"], &[])?
    ));
    Ok(())
}

fn project(root: &Path) -> Result<()> {
    let config = "version: 1\nmanifests: [policies]\ntenants: { sandbox: { sandbox: .gatewright/sandbox.json } }\n";
    std::fs::write(root.join("gatewright.yaml"), config)?;
    std::fs::create_dir_all(root.join("policies"))?;
    let mut files = [String::new(), String::new(), String::new()];
    let [policies, objects, scenarios] = &mut files;
    let put = |into: &mut String, kind: &str, mut value: Value| {
        if let Some(map) = value.as_object_mut() {
            map.insert("kind".to_owned(), json!(kind));
        }
        let _ = writeln!(into, "---\n{value}");
    };
    for n in 0..POLICIES {
        put(policies, "ConditionalAccessPolicy", policy(n));
    }
    for n in 0..200 {
        put(objects, "NamedLocation", location(n));
    }
    for n in 0..500 {
        put(
            objects,
            "Group",
            json!({"displayName": format!("group {n}")}),
        );
    }
    put(objects, "Group", json!({"displayName": "break glass"}));
    for n in 0..SCENARIOS {
        let scenario = json!({"displayName": format!("Scenario {n}"), "signIn": sign_in(n),
            "expect": {"policies": {"notApplied": ["CA013"]}}});
        put(scenarios, "Scenario", scenario);
    }
    for (name, text) in ["policies", "objects", "scenarios"].iter().zip(files) {
        std::fs::write(root.join(format!("policies/{name}.yaml")), text)?;
    }
    std::fs::write(root.join("case.json"), sign_in(1).to_string())?;
    Ok(())
}

fn told(what: &str, time: Duration) {
    let seconds = time.as_secs_f64();
    let rate = (POLICIES * SIGN_INS) as f64 / seconds / 1e6;
    let each = seconds * 1e6 / SIGN_INS as f64;
    say(&format!(
        "{what}: {rate:.1} million judgements a second, {each:.1} us a sign-in"
    ));
}

fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// A policy as tenants have them: most for all users but some groups, some for roles and guests.
fn policy(n: usize) -> Value {
    let group = |n: usize| format!("group {}", n % 500);
    let users = match n % 5 {
        0 => {
            json!({"includeRoles": [role(n), role(n + 1), role(n + 2)], "excludeGroups": [group(n), "break glass"]})
        }
        1 => json!({"includeGroups": [group(n), group(n + 7)], "excludeGroups": ["break glass"]}),
        2 => {
            json!({"includeGuestsOrExternalUsers": {"guestOrExternalUserTypes": "b2bCollaborationGuest,internalGuest",
            "externalTenants": {"membershipKind": "all"}}, "excludeGroups": ["break glass"]})
        }
        _ => {
            json!({"includeUsers": ["All"], "excludeGroups": [group(n), group(n * 3), "break glass"]})
        }
    };
    let apps = match n % 4 {
        0 => json!({"includeApplications": ["Office365", "MicrosoftAdminPortals"]}),
        1 => json!({"includeApplications": [format!("app {}", n % 50), format!("app {}", n % 37)]}),
        _ => {
            json!({"includeApplications": ["All"], "excludeApplications": [format!("app {}", n % 11)]})
        }
    };
    let mut conditions = json!({"users": users, "applications": apps});
    for (every, name, value) in [
        (
            3,
            "locations",
            json!({"includeLocations": ["All"], "excludeLocations": ["AllTrusted", format!("location {}", n % 200)]}),
        ),
        (
            4,
            "platforms",
            json!({"includePlatforms": ["all"], "excludePlatforms": ["iOS", "android"]}),
        ),
        (
            5,
            "clientAppTypes",
            json!(["browser", "mobileAppsAndDesktopClients"]),
        ),
        (7, "signInRiskLevels", json!(["high", "medium"])),
        (11, "userRiskLevels", json!(["high"])),
        (
            6,
            "devices",
            json!({"deviceFilter": {"mode": "exclude", "rule": format!("device.isCompliant -eq True -or device.model -startsWith \"m{}\"", n % 9)}}),
        ),
        (
            13,
            "authenticationFlows",
            json!({"transferMethods": "deviceCodeFlow"}),
        ),
    ] {
        if n.is_multiple_of(every) {
            conditions[name] = value;
        }
    }
    let grant = match n % 6 {
        0 => json!({"operator": "OR", "builtInControls": ["block"]}),
        1 => {
            json!({"operator": "OR", "builtInControls": ["compliantDevice", "domainJoinedDevice"]})
        }
        2 => json!({"operator": "OR", "authenticationStrength": {"id": "Phishing-resistant MFA"}}),
        _ => json!({"operator": "OR", "builtInControls": ["mfa"]}),
    };
    let session = match n % 8 {
        0 => json!({"signInFrequency": {"isEnabled": true, "type": "hours", "value": n % 20 + 1}}),
        _ => json!({}),
    };
    let state = if n.is_multiple_of(10) {
        "enabledForReportingButNotEnforced"
    } else {
        "enabled"
    };
    json!({"displayName": format!("CA{n:03}"), "state": state, "conditions": conditions,
        "grantControls": grant, "sessionControls": session})
}

fn role(n: usize) -> String {
    let role = ROLES.iter().nth(n % 60);
    role.map_or_else(String::new, |role| role.id.to_owned())
}

fn location(n: usize) -> Value {
    let ranges: Vec<String> = (0..20)
        .map(|m| format!("{}.{}.{m}.0/24", 11 + n % 90, n))
        .collect();
    json!({"displayName": format!("location {n}"), "isTrusted": n.is_multiple_of(4), "ipRanges": ranges})
}

fn world() -> Result<World> {
    let mut world = World::default();
    for n in 0..200_usize {
        world.locations.push(serde_json::from_value(location(n))?);
    }
    for n in 0..500 {
        world.groups.push(KnownGroup {
            display_name: format!("group {n}"),
            ..KnownGroup::default()
        });
    }
    Ok(world)
}

fn sign_in(n: usize) -> Value {
    let groups: Vec<String> = (0..12)
        .map(|m| format!("group {}", (n * 7 + m * 41) % 500))
        .collect();
    let of = |list: &[&str]| json!(list.get(n % list.len()));
    let mut sign_in = json!({
        "user": {"name": format!("user{}@contoso.com", n % 3000), "memberOf": groups,
            "roles": if n.is_multiple_of(9) { vec![role(n)] } else { Vec::new() },
            "userType": if n.is_multiple_of(7) { "b2bCollaborationGuest" } else { "member" }},
        "application": of(&["SharePoint Online", "Azure Portal", "app 3", "app 12", "Office 365 Exchange Online"]),
        "clientAppType": of(&["browser", "mobileAppsAndDesktopClients", "other"]),
        "devicePlatform": of(&["windows", "iOS", "android", "macOS"]),
        "ipAddress": format!("{}.{}.{}.7", 11 + n % 120, n % 250, n % 30), "country": of(&["NL", "DE", "US"]),
        "compliantNetwork": false, "signInRiskLevel": of(&["none", "none", "none", "medium", "high"]),
        "userRiskLevel": of(&["none", "none", "high"]), "insiderRiskLevel": "none",
        "deviceInfo": {"isCompliant": n.is_multiple_of(2), "model": format!("m{}", n % 12)},
        "authenticationFlow": {"transferMethod": "none"}});
    // Every tenth does not say everything.
    if n.is_multiple_of(10)
        && let Some(map) = sign_in.as_object_mut()
    {
        map.remove("deviceInfo");
        map.remove("signInRiskLevel");
    }
    sign_in
}
