//! `doctor`: every probe against the sandbox, with each switch both ways, and what is left of a
//! run that was killed.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use gatewright::doctor;
use gatewright::model::learnt::SWITCHES;
use serde_json::{Value, json};

use crate::common::{Project, Ran};

const CONFIG: &str = "\
version: 1
manifests: [policies]
tenants:
  lab:
    sandbox: .gatewright/sandbox.json
    test: true
";
const WRITE: &[&str] = &[
    "doctor",
    "--write",
    "--yes",
    "--confirm",
    "lab",
    "--format",
    "json",
];
const CLEAN_UP: &[&str] = &["doctor", "--clean-up", "--yes", "--confirm", "lab"];

fn lab(more: &str) -> Project {
    Project::empty().file("gatewright.yaml", format!("{CONFIG}{more}"))
}

fn answers(ran: &Ran) -> BTreeMap<String, Value> {
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let probes = report["probes"].as_array().unwrap();
    for probe in probes {
        let members: Vec<&String> = probe.as_object().unwrap().keys().collect();
        assert_eq!(members, ["id", "question", "fact", "answer", "evidence"]);
        assert!(!probe["evidence"].as_array().unwrap().is_empty(), "{probe}");
    }
    let pair = |probe: &Value| {
        (
            probe["id"].as_str().unwrap().to_owned(),
            probe["answer"].clone(),
        )
    };
    probes.iter().map(pair).collect()
}

/// What of doctor's stands in the tenant, recycle bins included.
fn left(project: &Project) -> usize {
    let tenant = project.tenant_file().unwrap_or_default();
    tenant
        .matches("\"displayName\": \"GATEWRIGHT-DOCTOR")
        .count()
        + tenant
            .matches("\"displayName\":\"GATEWRIGHT-DOCTOR")
            .count()
}

/// The tenant without what its groups and bins are numbered by.
fn tenant(project: &Project) -> Value {
    let mut tenant: Value =
        serde_json::from_str(&project.run(&["sandbox", "export"]).stdout).unwrap();
    // The audit log remembers what was written, and is to.
    tenant.as_object_mut().unwrap().remove("audits");
    tenant
}

#[test]
fn every_probe_is_asked_and_the_tenant_is_as_before() {
    let project = lab("");
    let before = tenant(&project);
    let found = answers(&project.run(WRITE));
    let asked: Vec<&str> = doctor::questions().iter().map(|q| q.id).collect();
    for id in &asked {
        assert!(found.contains_key(*id), "{id} was not answered");
    }
    assert_eq!(found.len(), asked.len());
    // What the sandbox does not have, and what takes a real tenant.
    let open: Vec<&String> = found
        .iter()
        .filter(|(_, a)| a.is_null())
        .map(|(id, _)| id)
        .collect();
    let known = ["permissions", "policies-top", "strength-limit"];
    assert_eq!(open, known);
    for (id, answer) in [
        ("nested-patch", json!("merges")),
        ("clear-strength", json!("cleared")),
        ("restore", json!("restored")),
        ("newer-members", json!("hidden")),
        ("evaluate", json!({"agree": 36, "differ": 0, "open": 0})),
        ("security-defaults", json!("off")),
        ("action-exclusions", json!([])),
        ("leftovers", json!(0)),
    ] {
        assert_eq!(found[id], answer, "{id}");
    }
    assert_eq!(left(&project), 0);
    assert_eq!(tenant(&project), before);
    // Nothing waits for what is gone: the next plan is as if nothing had been.
    let plan = project.run(&["plan"]);
    assert!(!plan.stderr.contains("Waiting"), "{}", plan.snapshot());
}

#[test]
fn reading_writes_nothing_and_tells_what_takes_a_write() {
    let project = lab("");
    let before = project.tenant_file();
    let ran = project.run(&["doctor", "--format", "json"]);
    let found = answers(&ran);
    assert!(found["nested-patch"].is_null());
    assert_eq!(found["licence"], "p2");
    assert!(ran.stdout.contains("doctor --write"));
    assert_eq!(project.tenant_file(), before);
    assert!(!project.path(".gatewright/runs").exists());
    let markdown = project.run(&["doctor", "--format", "markdown"]);
    assert!(
        markdown.stdout.starts_with("## Doctor\n"),
        "{}",
        markdown.stdout
    );
    let human = project.run(&["doctor"]);
    assert!(human.stdout.contains("not asked"), "{}", human.stdout);
}

/// Two policies, so that a list can be cut.
fn policy(name: &str) -> String {
    format!(
        "kind: ConditionalAccessPolicy\ndisplayName: {name}\nstate: disabled\nconditions:\n  users: {{ includeUsers: [None] }}\n  applications: {{ includeApplications: [All] }}\ngrantControls: {{ operator: OR, builtInControls: [mfa] }}\n"
    )
}

/// Each switch of the sandbox, set by facts one way and the other, is found by its probe.
#[test]
fn what_facts_say_is_what_the_probes_find() {
    for way in [0, 1] {
        // Licences and the shared limit stop other probes: they have tests of their own.
        let switches = SWITCHES
            .iter()
            .filter(|(id, _)| !["licence", "neighbours"].contains(id));
        let facts: Vec<Value> = switches
            .clone()
            .map(|(id, words)| json!({"id": id, "answer": words[way]}))
            .collect();
        let project = lab("    facts: facts.json\n")
            .file("facts.json", json!({ "probes": facts }).to_string())
            .file(
                "policies/two.yaml",
                format!("{}---\n{}", policy("A"), policy("B")),
            );
        assert_eq!(project.apply_anything().code, Some(0));
        let found = answers(&project.run(WRITE));
        for (id, words) in switches {
            assert_eq!(found[*id], words[way], "{id}");
        }
        assert_eq!(left(&project), 0);
    }
}

#[test]
fn user_actions_that_policies_leave_out_are_found() {
    let excluded = json!(["urn:user:registerdevice: enabled"]);
    let facts = json!({"probes": [{"id": "action-exclusions", "answer": excluded}]});
    let project = lab("    facts: facts.json\n").file("facts.json", facts.to_string());
    let found = answers(&project.run(&["doctor", "--format", "json"]));
    assert_eq!(found["action-exclusions"], excluded);
    let wrong = json!({"probes": [{"id": "action-exclusions", "answer": "registerdevice"}]});
    let project = project.file("facts.json", wrong.to_string());
    let ran = project.run(&["doctor"]);
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    assert!(
        ran.stderr.contains("it takes a list such as"),
        "{}",
        ran.snapshot()
    );
}

#[test]
fn a_report_is_taken_as_facts() {
    let project = lab("    facts: facts.json\n").file(
        "facts.json",
        json!({"probes": [{"id": "nested-patch", "answer": "replaces"}, {"id": "lag", "answer": 0.3}]})
            .to_string(),
    );
    let mut arguments = WRITE.to_vec();
    arguments.extend(["--report", "again.json"]);
    let found = answers(&project.run(&arguments));
    assert_eq!(found["nested-patch"], "replaces");
    let lag = found["lag"].as_f64().unwrap();
    assert!((0.3..60.0).contains(&lag), "{lag}");
    assert_eq!(left(&project), 0);
    let again = std::fs::read_to_string(project.path("again.json")).unwrap();
    let again: Value = serde_json::from_str(&again).unwrap();
    assert!(gatewright::model::learnt::Learnt::read(&again).is_ok());
}

#[test]
fn a_licence_is_told_and_what_it_stops_is_open() {
    for (licence, policies) in [("free", false), ("p1", true)] {
        let facts = json!({"probes": [{"id": "licence", "answer": licence}]});
        let project = lab("    facts: facts.json\n").file("facts.json", facts.to_string());
        let ran = project.run(&["doctor", "--format", "json"]);
        let found = answers(&ran);
        assert_eq!(found["licence"], licence);
        let read = &found["editions"]["policies"]["v1.0"];
        assert_eq!(*read, if policies { "read" } else { "forbidden" });
        assert_eq!(found["editions"]["riskyUsers"]["v1.0"], "forbidden");
    }
}

#[test]
fn ids_and_accounts_are_masked() {
    let project = lab("");
    let ran = project.run(WRITE);
    let guid =
        regex::Regex::new("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").unwrap();
    assert!(
        guid.find(&ran.stdout).is_none(),
        "{:?}",
        guid.find(&ran.stdout)
    );
    assert!(!ran.stdout.contains("contoso.com"), "{}", ran.stdout);
}

fn code(ran: &Ran) -> &Ran {
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    ran
}

#[test]
fn it_writes_to_no_tenant_that_is_not_marked_or_confirmed() {
    for flag in ["--write", "--clean-up"] {
        let unmarked =
            Project::empty().file("gatewright.yaml", CONFIG.replace("    test: true\n", ""));
        let ran = unmarked.refuse(&["doctor", flag, "--yes", "--confirm", "lab"]);
        assert!(
            code(&ran).stderr.contains("not-a-test-tenant"),
            "{}",
            ran.snapshot()
        );
        let project = lab("");
        let ran = project.refuse(&["doctor", flag]);
        assert!(ran.stderr.contains("no terminal"), "{}", ran.snapshot());
        assert!(
            ran.stderr.contains("--yes --confirm lab"),
            "{}",
            ran.snapshot()
        );
        let ran = project.refuse(&["doctor", flag, "--yes", "--confirm", "prod"]);
        assert!(
            ran.stderr.contains("`--confirm` names `prod`"),
            "{}",
            ran.snapshot()
        );
        // A name that is given is no yes.
        let ran = project.refuse(&["doctor", flag, "--confirm", "lab"]);
        assert!(ran.stderr.contains("no terminal"), "{}", ran.snapshot());
        let ran = project.run(&["doctor", flag, "--yes"]);
        assert_eq!(ran.code, Some(64), "{}", ran.snapshot());
    }
}

#[test]
fn facts_that_are_none_stop_every_command() {
    for (text, said) in [
        ("", "not JSON"),
        ("{}", "no `probes`"),
        (
            r#"{"probes": [{"id": "nested-patch", "answer": "perhaps"}]}"#,
            "`merges`, `replaces`",
        ),
    ] {
        let project = lab("    facts: facts.json\n")
            .file("facts.json", text)
            .file("policies/a.yaml", policy("A"));
        let ran = project.refuse(&["plan"]);
        assert!(ran.stderr.contains(said), "{}", ran.snapshot());
        assert!(
            ran.stderr.contains("gatewright.yaml:"),
            "{}",
            ran.snapshot()
        );
    }
    let ran = lab("    facts: ../facts.json\n").refuse(&["plan"]);
    assert!(
        ran.stderr.contains("points outside the project"),
        "{}",
        ran.snapshot()
    );
}

#[test]
fn facts_of_another_tenant_are_refused() {
    let id = "11111111-2222-3333-4444-555555555555";
    let config = |id: &str| {
        format!(
            "version: 1\nmanifests: [policies]\ntenants:\n  real:\n    tenantId: {id}\n    graphEndpoint: http://127.0.0.1:9\n    auth: {{ method: accessToken, env: TOKEN }}\n    facts: facts.json\n"
        )
    };
    let mark = gatewright::model::learnt::mark_of(id);
    let facts = json!({"tenant": mark, "probes": []}).to_string();
    let other = "99999999-2222-3333-4444-555555555555";
    let run = |id: &str| {
        let project = Project::empty()
            .file("gatewright.yaml", config(id))
            .file("facts.json", &facts)
            .file("policies/a.yaml", policy("A"))
            .env("TOKEN", "opaque");
        project.run(&["plan"]).stderr
    };
    assert!(run(other).contains("another tenant"), "{}", run(other));
    assert!(!run(id).contains("another tenant"), "{}", run(id));
}

/// Runs `doctor --write` until it hangs at a held answer, and kills it there.
fn killed_at(write: usize) -> Project {
    let weather = format!("    weather: {{ hold: 100%, onWrite: {write} }}\n");
    let project = lab(&weather);
    let mut child = Command::new(env!("CARGO_BIN_EXE_gatewright"))
        .current_dir(project.path("."))
        .env_clear()
        .envs(crate::common::needed())
        .args(WRITE)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let began = Instant::now();
    let mut last = (String::new(), Instant::now());
    loop {
        std::thread::sleep(Duration::from_millis(50));
        let now = project.tenant_file().unwrap_or_default();
        if now != last.0 {
            last = (now, Instant::now());
        }
        // The journal says that a request is under way, and nothing moves any more.
        let runs = std::fs::read_dir(project.path(".gatewright/runs"));
        let begun = runs.is_ok_and(|mut runs| runs.next().is_some());
        if begun && last.1.elapsed() > Duration::from_millis(1500) && !last.0.is_empty() {
            break;
        }
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "it does not begin"
        );
        assert!(
            child.try_wait().unwrap().is_none(),
            "it ended before write {write}"
        );
    }
    child.kill().unwrap();
    child.wait().unwrap();
    std::fs::write(project.path("gatewright.yaml"), CONFIG).unwrap();
    project
}

#[test]
fn what_a_killed_run_left_is_removed_by_the_next_one() {
    // The first creation, a change, a location in use, a group, one of the last strengths, and in
    // the middle of the removal.
    for (write, next) in [
        (2, CLEAN_UP),
        (4, WRITE),
        (70, CLEAN_UP),
        (85, WRITE),
        (105, CLEAN_UP),
        (125, CLEAN_UP),
    ] {
        let project = killed_at(write);
        assert!(left(&project) > 0, "{write}");
        // Who only reads is told.
        let found = answers(&project.run(&["doctor", "--format", "json"]));
        assert_ne!(found["leftovers"], 0, "{write}");
        let ran = project.run(next);
        assert_eq!(ran.code, Some(0), "{write}: {}", ran.snapshot());
        assert_eq!(left(&project), 0, "{write}: {}", ran.snapshot());
    }
}

/// Ctrl-C: nothing more is tried, and what was made is removed.
#[cfg(unix)]
#[test]
fn a_run_that_is_stopped_removes_what_it_made() {
    let project = lab("    weather: { latency: 40ms }\n");
    let mut child = Command::new(env!("CARGO_BIN_EXE_gatewright"))
        .current_dir(project.path("."))
        .env_clear()
        .envs(crate::common::needed())
        .args(WRITE)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let began = Instant::now();
    while left(&project) < 3 {
        std::thread::sleep(Duration::from_millis(20));
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "it does not begin"
        );
    }
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let mut said = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(5), "{said}");
    assert!(said.contains("not all trials were run"), "{said}");
    assert_eq!(left(&project), 0, "{said}");
}

#[test]
fn a_killed_run_can_be_gone_back_on() {
    let project = killed_at(30);
    assert!(left(&project) > 0);
    let ran = project.run(&["rollback", "latest", "--yes", "--allow", "budget"]);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    let tenant = tenant(&project);
    assert_eq!(tenant["policies"], json!({}));
}

#[test]
fn what_is_in_force_is_never_removed() {
    let project = lab("");
    let seed = json!([{"id": "aaaaaaaa-0000-4000-8000-000000000001", "state": "enabled",
        "displayName": "GATEWRIGHT-DOCTOR 0a1b2c3d somebody's",
        "conditions": {"users": {"includeUsers": ["None"]}, "applications": {"includeApplications": ["All"]}},
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]}}]);
    let project = project.file("seed.json", json!({"value": seed}).to_string());
    let seeded = project.run(&["sandbox", "seed", "seed.json"]);
    assert_eq!(seeded.code, Some(0), "{}", seeded.snapshot());
    let ran = project.run(CLEAN_UP);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    assert!(ran.stdout.contains("left alone"), "{}", ran.snapshot());
    assert_eq!(left(&project), 1);
}

#[test]
fn on_a_bad_day_it_leaves_nothing_either() {
    let weather = "    weather: { lag: 300ms, flap: true, lose: 5%, seed: 3 }\n";
    let project = lab(weather);
    let ran = project.run(WRITE);
    assert!(matches!(ran.code, Some(0)), "{}", ran.snapshot());
    let found = answers(&ran);
    assert_eq!(found["leftovers"], 0, "{}", ran.snapshot());
    std::fs::write(project.path("gatewright.yaml"), CONFIG).unwrap();
    assert_eq!(left(&project), 0, "{}", ran.snapshot());
}
