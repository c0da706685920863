//! `gatewright impact --logs` and `--last`: recorded sign-ins, judged by the policies that are and by
//! those that are to be. The logs are those that the sandbox writes.

use std::io::Write;
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;
use gatewright::sandbox::{Licence, Options};
use serde_json::{Value, json};

use crate::common::{Project, Ran, fits};
use crate::permissions::{app, on_a_tenant};
use crate::sandbox::Sandbox;

/// Policies with every condition that a record says something about.
pub const POLICIES: &str = include_str!("replay.yaml");

/// A project whose tenant has the policies, and a log of so many sign-ins.
pub fn recorded(count: usize, seed: u64) -> Project {
    let project = Project::of("all.yaml", POLICIES);
    let applied = project.apply_anything();
    assert_eq!(applied.code, Some(0), "{}", applied.snapshot());
    let (count, seed) = (count.to_string(), seed.to_string());
    let made = project.run(&[
        "sandbox", "sign-in", "--count", &count, "--seed", &seed, "--out", "log.json",
    ]);
    assert_eq!(made.code, Some(0), "{}", made.snapshot());
    project
}

/// The manifests with one thing said otherwise.
fn changed(project: Project, from: &str, to: &str) -> Project {
    assert!(POLICIES.contains(from), "{from}");
    project.file("policies/all.yaml", POLICIES.replacen(from, to, 1))
}

pub fn json_of(ran: &Ran) -> Value {
    let value: Value = serde_json::from_str(&ran.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", ran.snapshot()));
    value
}

pub fn replay(project: &Project, more: &[&str]) -> Value {
    let arguments = [&["impact", "--format", "json"], more].concat();
    let ran = project.run(&arguments);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    json_of(&ran)
}

pub fn log(project: &Project) -> Vec<Value> {
    let text = std::fs::read(project.path("log.json")).unwrap();
    serde_json::from_slice(&text).unwrap()
}

pub fn number(value: &Value, pointer: &str) -> u64 {
    let found = value.pointer(pointer).and_then(Value::as_u64);
    found.unwrap_or_else(|| panic!("{pointer}: {value}"))
}

#[test]
fn a_log_of_the_sandbox_agrees_but_for_the_artefacts_that_are_documented() {
    for seed in [1, 2, 3] {
        let project = recorded(700, seed);
        let records = log(&project);
        let ids: std::collections::HashSet<&str> = records
            .iter()
            .map(|one| one["id"].as_str().unwrap())
            .collect();
        assert_eq!(ids.len(), 700);
        let found = replay(&project, &["--logs", "log.json"]);
        let calibration = &found["calibration"];
        assert_eq!(calibration["agreement"], 100.0, "{calibration:#}");
        assert_eq!(calibration["doubtful"], false);
        assert!(
            number(&found, "/calibration/records") > 500,
            "{calibration:#}"
        );
        let known = ["termsOfUsePending", "noPolicy"];
        for difference in calibration["differences"].as_array().unwrap() {
            let cause = difference["cause"].as_str().unwrap();
            assert!(known.contains(&cause), "{difference:#}");
        }
        // Nothing is planned, so nothing changes; and every record has its place.
        let read = number(&found, "/replay/records");
        let judged = number(&found, "/replay/judged");
        assert_eq!(read, 700);
        assert_eq!(number(&found, "/signIns/NO_CHANGE"), judged);
        let others = found["replay"]["notJudged"].as_object().unwrap();
        let others: u64 = others.values().filter_map(Value::as_u64).sum();
        assert_eq!(judged + others, read, "{:#}", found["replay"]["notJudged"]);
    }
}

#[test]
fn what_changes_is_told_with_numbers_that_add_up() {
    let project = changed(
        recorded(700, 4),
        "locations: { includeLocations: [All], excludeLocations: [AllTrusted] }\ngrantControls: { operator: OR, builtInControls: [mfa] }",
        "locations: { includeLocations: [All] }\ngrantControls: { operator: OR, builtInControls: [mfa] }",
    );
    let manifests = std::fs::read_to_string(project.path("policies/all.yaml")).unwrap();
    let reported = "state: enabledForReportingButNotEnforced";
    let enforced = manifests.replacen(reported, "state: enabled", 1);
    let project = project.file("policies/all.yaml", enforced);
    let found = replay(&project, &["--logs", "log.json"]);
    fits(&found, "impact.schema.json");
    let sum = |value: &Value| -> u64 {
        value
            .as_object()
            .unwrap()
            .values()
            .filter_map(Value::as_u64)
            .sum()
    };
    assert_eq!(sum(&found["signIns"]), number(&found, "/replay/judged"));
    // Whoever works in the office is now asked, and legacy clients are stopped.
    assert!(
        number(&found, "/signIns/MORE") > 50,
        "{:#}",
        found["signIns"]
    );
    assert!(
        number(&found, "/signIns/LOST") > 5,
        "{:#}",
        found["signIns"]
    );
    assert_eq!(number(&found, "/signIns/GAINED"), 0);
    assert_eq!(number(&found, "/signIns/LESS"), 0);
    let changes = found["replay"]["changes"].as_array().unwrap();
    for verdict in ["MORE", "LOST"] {
        let own = changes.iter().filter(|one| one["kind"] == verdict);
        let own: u64 = own.map(|one| one["signIns"].as_u64().unwrap()).sum();
        assert_eq!(own, number(&found, &format!("/signIns/{verdict}")));
    }
    let mfa = &found["replay"]["requirements"][0];
    assert_eq!(mfa["requires"], "mfa", "{mfa:#}");
    let met = number(mfa, "/signInsMetAnyway");
    assert!(met > 0 && met < number(mfa, "/signIns"), "{mfa:#}");
    assert!(number(mfa, "/peopleMetAnyway") <= number(mfa, "/people"));
    // Applications and people: each sign-in that changes is one of both.
    for list in ["byPerson", "byApplication"] {
        let rows = found["replay"][list].as_array().unwrap();
        let lost: u64 = rows
            .iter()
            .map(|row| row["signIns"]["LOST"].as_u64().unwrap())
            .sum();
        assert_eq!(lost, number(&found, "/signIns/LOST"), "{list}");
    }
    // The example gets the same from `whatif`.
    let more = changes.iter().find(|one| one["kind"] == "MORE").unwrap();
    let sign_in = more["example"]["signIn"].to_string();
    let again = project.run(&[
        "whatif",
        "--before-after",
        "--format",
        "json",
        "--sign-in",
        &sign_in,
    ]);
    let again = json_of(&again);
    for side in ["before", "after"] {
        assert_eq!(again[side]["outcome"], more[side]["outcome"], "{again:#}");
        assert_eq!(again[side]["requires"], more[side]["requires"], "{again:#}");
    }
}

#[test]
fn every_form_of_a_log_says_the_same_and_so_do_two_runs() {
    let project = changed(
        recorded(120, 5),
        "signInRiskLevels: [high]",
        "signInRiskLevels: [high, medium, low]",
    );
    let records = log(&project);
    let lines: Vec<String> = records.iter().map(Value::to_string).collect();
    let pages: Vec<String> = (records.chunks(50))
        .map(|page| json!({"@odata.context": "x", "value": page}).to_string())
        .collect();
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(lines.join("\n").as_bytes()).unwrap();
    let marked = format!("\u{feff}{}", pages.join("\n"));
    let project = project
        .file("lines.jsonl", lines.join("\n"))
        .file("pages.json", marked)
        .file("lines.jsonl.gz", packed.finish().unwrap());
    for format in ["human", "json", "markdown", "csv"] {
        let run = |file: &str| project.run(&["impact", "--format", format, "--logs", file]);
        let first = run("log.json");
        assert_eq!(first.code, Some(0), "{}", first.snapshot());
        for file in ["log.json", "lines.jsonl", "pages.json", "lines.jsonl.gz"] {
            assert_eq!(run(file).stdout, first.stdout, "{format} {file}");
        }
        let piped = project.run_on(
            &["impact", "--format", format, "--logs", "-"],
            lines.join("\n"),
        );
        assert_eq!(piped.stdout, first.stdout, "{format} stdin");
    }
}

#[test]
fn v1_shows_less_and_what_it_shows_agrees() {
    let project = changed(
        recorded(300, 6),
        "signInRiskLevels: [high]",
        "signInRiskLevels: [high, medium]",
    );
    let beta = replay(&project, &["--logs", "log.json"]);
    let shown = [
        "id",
        "createdDateTime",
        "userDisplayName",
        "userPrincipalName",
        "userId",
        "appId",
        "appDisplayName",
        "ipAddress",
        "clientAppUsed",
        "correlationId",
        "conditionalAccessStatus",
        "isInteractive",
        "riskDetail",
        "riskLevelAggregated",
        "riskLevelDuringSignIn",
        "riskState",
        "resourceDisplayName",
        "resourceId",
        "status",
        "deviceDetail",
        "location",
        "appliedConditionalAccessPolicies",
    ];
    let people = log(&project)
        .into_iter()
        .filter(|record| record["servicePrincipalId"] == "");
    let records: Vec<Value> = people
        .map(|mut record| {
            let members = record.as_object_mut().unwrap();
            members.retain(|name, _| shown.contains(&name.as_str()));
            let policies = members["appliedConditionalAccessPolicies"]
                .as_array_mut()
                .unwrap();
            for policy in policies {
                let members = policy.as_object_mut().unwrap();
                members.retain(|name, _| !name.starts_with("conditions"));
            }
            record
        })
        .collect();
    let project = project.file("v1.json", json!({ "value": records }).to_string());
    let found = replay(&project, &["--logs", "v1.json"]);
    assert_eq!(
        found["calibration"]["agreement"], 100.0,
        "{:#}",
        found["calibration"]
    );
    // Of the flow v1.0 says nothing, and one of the policies asks for it.
    let lost = ["LOST", "MAYBE_LOST"].map(|verdict| number(&found, &format!("/signIns/{verdict}")));
    assert_eq!(lost.iter().sum::<u64>(), number(&beta, "/signIns/LOST"));
}

#[test]
fn masked_results_hold_no_name_of_the_tenant() {
    let project = changed(
        recorded(400, 7),
        "excludeGroups: [CA-BreakGlass, CA-Exempt] }",
        "excludeGroups: [CA-BreakGlass] }",
    );
    let exported = json_of(&project.run(&["sandbox", "export"]));
    let mut names: Vec<String> = vec![
        "contoso".to_owned(),
        "fabrikam".to_owned(),
        "198.51.100".to_owned(),
    ];
    for kind in ["users", "groups", "policies", "namedLocations"] {
        for (id, object) in exported[kind].as_object().unwrap() {
            names.push(id.clone());
            for name in ["displayName", "userPrincipalName", "mailNickname"] {
                names.extend(object[name].as_str().map(str::to_owned));
            }
        }
    }
    // Words that everybody has.
    names.retain(|name| name.len() > 5);
    for format in ["human", "json", "markdown", "csv"] {
        let plain = project.run(&["impact", "--format", format, "--logs", "log.json"]);
        let masked = project.run(&["impact", "--format", format, "--logs", "log.json", "--mask"]);
        assert_eq!(masked.code, Some(0), "{}", masked.snapshot());
        let low = |text: &str| text.to_lowercase();
        assert!(
            names
                .iter()
                .any(|name| low(&plain.stdout).contains(&low(name))),
            "{format}"
        );
        let all = low(&format!("{}{}", masked.stdout, masked.stderr));
        for name in &names {
            assert!(
                !all.contains(&low(name)),
                "{format}: {name}\n{}",
                masked.stdout
            );
        }
    }
}

#[test]
fn a_log_that_cannot_be_judged_is_refused_with_the_reason() {
    let project = recorded(60, 8);
    let whole = std::fs::read_to_string(project.path("log.json")).unwrap();
    let mut other = log(&project);
    for record in &mut other {
        record["resourceTenantId"] = "11111111-2222-3333-4444-555555555555".into();
        record["homeTenantId"] = "11111111-2222-3333-4444-555555555555".into();
    }
    let mut renamed = log(&project);
    for record in &mut renamed {
        let members = record.as_object_mut().unwrap();
        members.retain(|name, _| !name.ends_with("TenantId"));
        members["appliedConditionalAccessPolicies"] = json!([{
            "id": "11111111-2222-3333-4444-555555555555", "displayName": "Another", "result": "success"}]);
    }
    let monitor =
        json!({"time": "2026-01-01T00:00:00Z", "category": "SignInLogs", "properties": {}});
    let project = project
        .file("half.json", &whole[..whole.len() / 2])
        .file(
            "table.csv",
            "Date (UTC),Request ID,User,Username,Application\n2026-01-01,1,Ada,ada@contoso.com,X\n",
        )
        .file("other.json", json!(other).to_string())
        .file("renamed.json", json!(renamed).to_string())
        .file("monitor.json", monitor.to_string())
        .file("empty.json", "[]")
        .file("nonsense.json", "hello");
    for (file, said) in [
        ("table.csv", "download the log as JSON"),
        ("other.json", "11111111-2222-3333-4444-555555555555"),
        ("renamed.json", "of another tenant"),
        ("monitor.json", "Azure Monitor"),
        ("empty.json", "holds no sign-in"),
        ("nonsense.json", "no JSON"),
        ("none.json", "name a file that you may read"),
    ] {
        let ran = project.run(&["impact", "--logs", file]);
        assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
        assert!(ran.stderr.contains(said), "{file}: {}", ran.snapshot());
        assert!(ran.stderr.contains("help:"), "{file}: {}", ran.snapshot());
        assert_eq!(ran.stdout, "", "{file}");
    }
    // Half a file: the position is told, and what was read is shown apart.
    let half = project.run(&["impact", "--format", "json", "--logs", "half.json"]);
    assert_eq!(half.code, Some(1));
    let found = json_of(&half);
    let read = number(&found, "/replay/records");
    assert!(read > 5 && read < 60, "{read}");
    let why = found["replay"]["incomplete"].as_str().unwrap();
    assert!(why.contains(&format!("after {read} records")), "{why}");
    assert!(
        half.stderr.contains("ends in the middle"),
        "{}",
        half.stderr
    );
}

#[test]
fn the_tenants_own_log_is_read_by_days_and_kept_where_that_is_asked_for() {
    let project = changed(
        recorded(250, 9),
        "signInRiskLevels: [high]",
        "signInRiskLevels: [high, medium]",
    );
    let first = replay(&project, &["--last", "7d", "--cache", "cache"]);
    assert_eq!(
        first["calibration"]["agreement"], 100.0,
        "{:#}",
        first["calibration"]
    );
    assert!(number(&first, "/replay/records") > 200);
    let kept = |ending: &str| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(project.path("cache")).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths
            .filter(|path| path.extension().is_some_and(|own| own == ending))
            .collect()
    };
    // Whole days alone: what begins or ends within one is another part in each run.
    assert_eq!(kept("jsonl").len(), 12, "{:?}", kept("jsonl"));
    for path in kept("jsonl") {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert_eq!(name.matches("T000000").count(), 2, "{name}");
    }
    assert!(kept("part").is_empty());
    #[cfg(unix)]
    for path in kept("jsonl") {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    // Whole days are taken from there: what is said in them now is what is told.
    let day = kept("jsonl")
        .into_iter()
        .max_by_key(|path| path.metadata().unwrap().len())
        .unwrap();
    let name = day.file_name().unwrap().to_string_lossy().into_owned();
    let lines = std::fs::read_to_string(&day).unwrap();
    let whole = name.matches("T000000").count() == 2;
    assert!(whole, "{name}");
    std::fs::write(&day, format!("{lines}{lines}")).unwrap();
    let again = replay(&project, &["--last", "7d", "--cache", "cache"]);
    let more = number(&again, "/replay/records") as i64 - number(&first, "/replay/records") as i64;
    assert!(more >= lines.lines().count() as i64 - 2, "{more}");
    let none = replay(&project, &["--last", "7d"]);
    assert!(number(&none, "/replay/records") <= number(&first, "/replay/records"));
    // What is past its time is deleted, whoever left it there.
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(13 * 60 * 60);
    let left = [
        "sign-ins-x-interactiveUser-20260101T000000-20260102T000000.jsonl",
        "sign-ins-x-interactiveUser-20260101T000000-20260102T000000.part",
    ];
    for name in left.iter().chain(&["notes.jsonl"]) {
        let file = std::fs::File::create(project.path("cache").join(name)).unwrap();
        file.set_modified(old).unwrap();
    }
    replay(&project, &["--logs", "log.json", "--cache", "cache"]);
    for name in left {
        assert!(!project.path("cache").join(name).exists(), "{name}");
    }
    assert!(project.path("cache/notes.jsonl").exists());
}

const TENANT: &str = "6f1d2c3b-8a47-4e5d-9b60-31c7f0a2d58e";
const OTHER: &str = "0f0e0d0c-0b0a-4908-8706-050403020100";
pub const EXCHANGE: &str = "00000002-0000-0ff1-ce00-000000000000";

/// Policies of a folder, which no tenant knows.
const OFFLINE: &str = "\
kind: ConditionalAccessPolicy
displayName: All
state: enabled
conditions: { users: { includeUsers: [All] }, applications: { includeApplications: [All] } }
grantControls: { operator: OR, builtInControls: [mfa] }
---
kind: ConditionalAccessPolicy
displayName: Flow
state: enabled
conditions: { users: { includeUsers: [All] }, applications: { includeApplications: [All] }, authenticationFlows: { transferMethods: deviceCodeFlow } }
grantControls: { operator: OR, builtInControls: [block] }
---
kind: ConditionalAccessPolicy
displayName: Action
state: enabled
conditions: { users: { includeUsers: [All] }, applications: { includeUserActions: [\"urn:user:registersecurityinfo\"] } }
grantControls: { operator: OR, builtInControls: [mfa] }
---
kind: ConditionalAccessPolicy
displayName: Abroad
state: enabled
conditions: { users: { includeUsers: [All] }, applications: { includeApplications: [SharePoint Online] } }
grantControls: { operator: OR, builtInControls: [mfa] }
";

/// A record of somebody who passed multifactor authentication, and what the log says that one
/// policy did.
pub fn record(policy: &str, result: &str) -> Value {
    json!({"id": "r", "createdDateTime": "2026-05-04T08:00:00Z", "userId": "50000000-0000-4000-8000-000000000001",
        "userPrincipalName": "ada@contoso.com", "userType": "member", "crossTenantAccessType": "none",
        "homeTenantId": TENANT, "resourceTenantId": TENANT, "resourceId": EXCHANGE, "appId": EXCHANGE,
        "clientAppUsed": "Browser", "deviceDetail": {"deviceId": "", "operatingSystem": "Windows10"},
        "ipAddress": "203.0.113.1", "location": {"countryOrRegion": "NL"}, "riskLevelDuringSignIn": "none",
        "originalTransferMethod": "none", "status": {"errorCode": 0}, "conditionalAccessStatus": "success",
        "authenticationRequirement": "multiFactorAuthentication", "signInEventTypes": ["interactiveUser"],
        "appliedConditionalAccessPolicies": [{"id": "7e57ab1e-0000-4000-8000-000000000001", "displayName": policy,
            "result": result, "conditionsSatisfied": "application", "conditionsNotSatisfied": "users"}]})
}

/// The same with some members otherwise.
pub fn with(mut record: Value, changes: &[(&str, Value)]) -> Value {
    for (pointer, value) in changes {
        *record.pointer_mut(pointer).unwrap() = value.clone();
    }
    record
}

/// What a replay says of records, by two folders of policies.
pub fn offline(before: &str, after: &str, records: &[Value]) -> Value {
    let project = Project::of("all.yaml", before)
        .file(
            "next/gatewright.yaml",
            "version: 1\nmanifests: [policies]\ntenants: { sandbox: { sandbox: t.json } }\n",
        )
        .file("next/policies/all.yaml", after)
        .file("log.json", json!(records).to_string());
    replay(
        &project,
        &["--before", ".", "--after", "next", "--logs", "log.json"],
    )
}

#[test]
fn every_cause_of_a_difference_is_told_by_what_shows_it_and_not_by_what_is_near_it() {
    let entry = "/appliedConditionalAccessPolicies/0";
    let at = |member: &str| format!("{entry}/{member}");
    let (met, unmet) = (at("conditionsSatisfied"), at("conditionsNotSatisfied"));
    let blank = [
        (met.as_str(), json!("none")),
        (unmet.as_str(), json!("none")),
    ];
    let holds = |role: &str| {
        let mut record = record("All", "notApplied");
        record["authenticationProcessingDetails"] = json!([{"key": "wids", "value": role}]);
        record
    };
    let security = [(at("id"), json!("SecurityDefaults"))];
    let security = security.map(|(pointer, value)| (pointer, value));
    for (record, cause) in [
        (record("Gone", "success"), "policyDeleted"),
        (
            with(
                record("Gone", "success"),
                &[(security[0].0.as_str(), security[0].1.clone())],
            ),
            "noPolicy",
        ),
        (with(record("All", "notApplied"), &blank), "emptyConditions"),
        (with(record("All", "notApplied"), &blank[..1]), "unknown"),
        (
            holds("d29b2b05-8046-44ba-8758-1e26182fcf32"),
            "synchronisationAccount",
        ),
        (holds("62e90394-69f5-4237-9190-012177145e10"), "unknown"),
        (record("Flow", "success"), "flowNotNamed"),
        (
            with(
                record("Flow", "success"),
                &[("/originalTransferMethod", json!("authenticationTransfer"))],
            ),
            "unknown",
        ),
        (record("Action", "success"), "actionNotNamed"),
        (record("Abroad", "success"), "unknown"),
    ] {
        let found = offline(OFFLINE, OFFLINE, std::slice::from_ref(&record));
        let calibration = &found["calibration"];
        let differences = calibration["differences"].as_array().unwrap();
        assert_eq!(differences.len(), 1, "{cause}: {calibration:#}");
        assert_eq!(differences[0]["cause"], cause, "{record:#}");
        // A cause that is known says nothing of how far the evaluator agrees.
        let share = if cause == "unknown" {
            json!(0.0)
        } else {
            Value::Null
        };
        assert_eq!(calibration["agreement"], share, "{cause}");
        assert_eq!(calibration["doubtful"], true, "{cause}");
    }
    // Where it agrees there is none.
    for (policy, result) in [
        ("All", "success"),
        ("Flow", "notApplied"),
        ("Action", "notApplied"),
    ] {
        let found = offline(OFFLINE, OFFLINE, &[record(policy, result)]);
        assert_eq!(found["calibration"]["differences"], json!([]), "{policy}");
        assert_eq!(found["calibration"]["agreement"], 100.0, "{policy}");
    }
}

#[test]
fn policies_that_were_changed_since_say_nothing_of_the_log_and_markdown_tells_it() {
    let project = recorded(60, 12);
    let invert = |record: &mut Value, at: &str| {
        record["createdDateTime"] = json!(at);
        for entry in record["appliedConditionalAccessPolicies"]
            .as_array_mut()
            .unwrap()
        {
            let applied = ["success", "failure"].contains(&entry["result"].as_str().unwrap());
            entry["result"] = json!(if applied { "notApplied" } else { "success" });
            entry["conditionsNotSatisfied"] = json!("application");
        }
    };
    let told = |at: &str| {
        let mut records = log(&project);
        records.iter_mut().for_each(|record| invert(record, at));
        std::fs::write(project.path("flip.json"), json!(records).to_string()).unwrap();
        replay(&project, &["--logs", "flip.json"])["calibration"].clone()
    };
    let later = told("2020-01-01T00:00:00Z");
    let causes = |calibration: &Value| -> std::collections::BTreeSet<String> {
        let all = calibration["differences"].as_array().unwrap().iter();
        all.map(|one| one["cause"].as_str().unwrap().to_owned())
            .collect()
    };
    assert!(causes(&later).contains("changedSince"), "{later:#}");
    assert_eq!(
        (&later["agreement"], &later["doubtful"]),
        (&Value::Null, &json!(true))
    );
    let markdown = project.run(&["impact", "--logs", "flip.json", "--format", "markdown"]);
    for said in [
        "nothing is known of the policies as they are now",
        "the policy was created or changed after the sign-in",
    ] {
        assert!(
            markdown.stdout.contains(said),
            "{said}: {}",
            markdown.snapshot()
        );
    }
    // The same after the policies were last changed has no such excuse.
    let other = told("2099-01-01T00:00:00Z");
    assert!(!causes(&other).contains("changedSince"), "{other:#}");
    assert_eq!(other["agreement"], 0.0, "{other:#}");
}

#[test]
fn what_is_met_is_told_of_each_requirement_by_itself() {
    let device = "---\nkind: ConditionalAccessPolicy\ndisplayName: Device\nstate: enabled\nconditions: { users: { includeUsers: [All] }, applications: { includeApplications: [All] } }\ngrantControls: { operator: OR, builtInControls: [compliantDevice] }\n";
    let none = OFFLINE.split("---").nth(3).unwrap();
    let found = offline(
        none,
        &format!("{OFFLINE}{device}"),
        &[record("Abroad", "notApplied")],
    );
    assert_eq!(number(&found, "/signIns/LOST"), 1, "{found:#}");
    let requirements = found["replay"]["requirements"].as_array().unwrap();
    let met: Vec<(&str, u64)> = requirements
        .iter()
        .map(|one| {
            (
                one["requires"].as_str().unwrap(),
                number(one, "/signInsMetAnyway"),
            )
        })
        .collect();
    assert_eq!(met, [("compliantDevice", 0), ("mfa", 1)]);
}

#[test]
fn what_a_record_does_not_say_of_the_place_and_whose_it_is_stays_unknown() {
    let place = "kind: NamedLocation\ndisplayName: Home\ncountriesAndRegions: [NL]\n---\nkind: ConditionalAccessPolicy\ndisplayName: Abroad\nstate: enabled\nconditions: { users: { includeUsers: [All] }, applications: { includeApplications: [All] }, locations: { includeLocations: [All], excludeLocations: [Home] } }\ngrantControls: { operator: OR, builtInControls: [block] }\n";
    let all = OFFLINE.split("---").next().unwrap();
    let mut no_location = record("All", "success");
    no_location.as_object_mut().unwrap().remove("location");
    let says = |country: Value| {
        with(
            record("All", "success"),
            &[("/location/countryOrRegion", country)],
        )
    };
    let whole = |location: Value| with(record("All", "success"), &[("/location", location)]);
    for (record, verdict) in [
        (record("All", "success"), "NO_CHANGE"),
        (says(json!("DE")), "LOST"),
        // The service could not tell it.
        (says(json!("")), "LOST"),
        (says(json!("Germany")), "MAYBE_LOST"),
        (says(Value::Null), "MAYBE_LOST"),
        (whole(json!({})), "MAYBE_LOST"),
        (whole(Value::Null), "MAYBE_LOST"),
        (no_location, "MAYBE_LOST"),
    ] {
        let found = offline(
            all,
            &format!("{all}---\n{place}"),
            std::slice::from_ref(&record),
        );
        assert_eq!(
            number(&found, &format!("/signIns/{verdict}")),
            1,
            "{verdict}: {record:#}"
        );
    }
    // A service principal is nobody.
    let mut robot = record("All", "notApplied");
    robot["signInEventTypes"] = json!(["servicePrincipal"]);
    robot["servicePrincipalId"] = json!(OTHER);
    let found = offline(all, all, &[robot, record("All", "success")]);
    assert_eq!(number(&found, "/signIns/NO_CHANGE"), 2, "{found:#}");
    assert_eq!(number(&found, "/replay/people/NO_CHANGE"), 1, "{found:#}");
    // Somebody at home elsewhere: a guest here, or one of ours in another tenant.
    let away = |policy: &str| {
        with(
            record(policy, "success"),
            &[
                ("/resourceTenantId", json!(OTHER)),
                ("/crossTenantAccessType", json!("b2bCollaboration")),
            ],
        )
    };
    let found = offline(all, all, &[away("All"), away("Theirs")]);
    assert_eq!(number(&found, "/replay/judged"), 1, "{found:#}");
    assert_eq!(number(&found, "/replay/notJudged/otherTenantDecided"), 1);
}

#[test]
fn a_log_is_of_a_tenant_if_it_says_so_whatever_policies_it_names() {
    let project = recorded(60, 13);
    let empty = project.run(&[
        "impact", "--logs", "log.json", "--before", "policies", "--after", ".",
    ]);
    assert_eq!(empty.code, Some(1), "{}", empty.snapshot());
    assert!(
        empty
            .stderr
            .contains("no gatewright.yaml in it, only above it"),
        "{}",
        empty.stderr
    );
    let of = |entries: Value, says_whose: bool| {
        let mut records = log(&project);
        for record in &mut records {
            record["appliedConditionalAccessPolicies"] = entries.clone();
            if !says_whose {
                record
                    .as_object_mut()
                    .unwrap()
                    .retain(|name, _| !name.ends_with("TenantId"));
            }
        }
        std::fs::write(project.path("other.json"), json!(records).to_string()).unwrap();
        project.run(&["impact", "--logs", "other.json"])
    };
    let defaults = json!([{"id": "SecurityDefaults", "displayName": "Security Defaults", "result": "success"}]);
    let deleted = json!([{"id": OTHER, "displayName": "Old", "result": "success"}]);
    for (entries, says_whose, code) in [
        (&defaults, true, 0),
        (&deleted, true, 0),
        (&defaults, false, 0),
        (&deleted, false, 1),
    ] {
        let ran = of(entries.clone(), says_whose);
        assert_eq!(ran.code, Some(code), "{entries}: {}", ran.snapshot());
        let said = match code {
            0 => ran.stdout.contains("What follows is doubtful"),
            _ => ran.stderr.contains("the log is of another tenant"),
        };
        assert!(said, "{}", ran.snapshot());
    }
    // Of somebody who has no account any more it is not known in which groups they were.
    let policies = POLICIES.replacen("excludeGroups: [", "excludeGroups: [CA-New, ", 1);
    assert_ne!(policies, POLICIES);
    let project = project.file(
        "policies/all.yaml",
        format!("{policies}---\nkind: Group\ndisplayName: CA-New\n"),
    );
    let ran = project.run(&["impact", "--last", "7d", "--before", ".", "--after", "."]);
    assert_eq!(ran.code, Some(64), "{}", ran.snapshot());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_permission_it_is_said_what_works_all_the_same() {
    const POLICY: &str = "kind: ConditionalAccessPolicy\ndisplayName: P\nstate: disabled\nconditions: {users: {includeUsers: [All]}, applications: {includeApplications: [All]}}\ngrantControls: {operator: OR, builtInControls: [mfa]}\n";
    let held = [
        "Policy.Read.All",
        "Directory.Read.All",
        "Group.Read.All",
        "User.Read.All",
        "AuthenticationContext.Read.All",
    ];
    let (sandbox, project) = on_a_tenant(POLICY, &app(&held)).await;
    let ran = tokio::task::block_in_place(|| project.run(&["impact", "--last", "7d"]));
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    for said in [
        "`AuditLog.Read.All` is missing",
        "`--logs FILE`",
        "`--people`",
    ] {
        assert!(ran.stderr.contains(said), "{said}: {}", ran.snapshot());
    }
    let sent = sandbox.running.requests();
    let asked = sent
        .iter()
        .filter(|request| request.target.contains("/auditLogs/signIns"));
    assert_eq!(asked.count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_ends_while_it_is_read_is_judged_as_far_as_it_came() {
    for mask in [false, true] {
        ends_while_it_is_read(mask).await;
    }
}

async fn ends_while_it_is_read(mask: bool) {
    const POLICY: &str = "kind: ConditionalAccessPolicy\ndisplayName: P\nstate: enabled\nconditions: {users: {includeUsers: [All]}, applications: {includeApplications: [All]}}\ngrantControls: {operator: OR, builtInControls: [mfa]}\n";
    /// The log is asked for by days, of which there are more.
    const ANSWERED: usize = 2;
    let (sandbox, project) = on_a_tenant(POLICY, "opaque").await;
    let week = serde_json::from_value(json!({"count": 300, "seed": 3})).unwrap();
    sandbox.running.sign_ins(week).unwrap();
    let weather = serde_json::from_value(json!({"latency": "50ms"})).unwrap();
    sandbox.running.set_weather(weather);
    let ends = tokio::spawn(async move {
        let asked = || {
            let sent = sandbox.running.requests();
            let log = |r: &&gatewright::sandbox::RequestRecord| r.target.contains("/signIns");
            sent.iter().filter(log).count()
        };
        while asked() <= ANSWERED {
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
        drop(sandbox);
    });
    let line = ["impact", "--last", "7d", "--format", "json"];
    let masked: &[&str] = if mask { &["--mask"] } else { &[] };
    let ran = tokio::task::block_in_place(|| project.run(&[&line[..], masked].concat()));
    ends.await.unwrap();
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    let found = json_of(&ran);
    let read = number(&found, "/replay/records");
    assert!(read > 0 && read < 300, "{read}");
    let why = found["replay"]["incomplete"].as_str().unwrap();
    assert!(why.contains("could not be read to its end"), "{why}");
    assert!(ran.stderr.contains("`--cache DIR`"), "{}", ran.snapshot());
    // A request that is not wanted to be seen is told by its collection.
    for said in [why, &ran.stderr] {
        assert_eq!(said.contains("filter"), !mask, "{said}");
    }
}

#[tokio::test]
async fn the_sandbox_answers_its_log_as_documented() {
    let sandbox = Sandbox::new().await;
    let week = serde_json::from_value(json!({"count": 300, "seed": 3})).unwrap();
    sandbox.running.sign_ins(week).unwrap();
    let log = "/beta/auditLogs/signIns";
    let kinds = |answer: &Value| -> Vec<String> {
        let records = answer["value"].as_array().unwrap().iter();
        records
            .map(|record| record["signInEventTypes"][0].as_str().unwrap().to_owned())
            .collect()
    };
    // Interactive ones alone, unless others are asked for.
    let (status, answer) = sandbox.get(log).await;
    assert_eq!(status, 200);
    assert!(kinds(&answer).iter().all(|kind| kind == "interactiveUser"));
    let other = "$filter=signInEventTypes/any(t:t eq 'nonInteractiveUser') and createdDateTime ge 2020-01-01T00:00:00Z";
    let (status, answer) = sandbox.get(&format!("{log}?{other}&$top=50")).await;
    assert_eq!((status, kinds(&answer).len()), (200, 50));
    assert!(
        kinds(&answer)
            .iter()
            .all(|kind| kind == "nonInteractiveUser")
    );
    assert!(answer["@odata.nextLink"].is_string());
    for refused in [
        "$top=1001",
        "$filter=userAgent eq 'x'",
        "$orderby=userId",
        "$skip=1",
    ] {
        let (status, answer) = sandbox.get(&format!("{log}?{refused}")).await;
        assert_eq!(status, 400, "{refused}: {answer}");
    }
    let free = Sandbox::with(Options {
        licence: Licence::Free,
        ..Options::default()
    })
    .await;
    let (status, answer) = free.get(log).await;
    let code = "Authentication_RequestFromNonPremiumTenantOrB2CTenant";
    assert_eq!((status, &answer["error"]["code"]), (403, &json!(code)));
}

#[tokio::test]
async fn results_of_report_only_are_shown_to_whoever_asks_for_newer_members() {
    let project = recorded(80, 11);
    let sandbox = project.sandbox().await;
    let results = |answer: &Value| -> Vec<String> {
        let records = answer["value"].as_array().unwrap().iter();
        let lists =
            records.flat_map(|one| one["appliedConditionalAccessPolicies"].as_array().unwrap());
        lists
            .map(|one| one["result"].as_str().unwrap().to_owned())
            .collect()
    };
    let (_, plain) = sandbox.get("/beta/auditLogs/signIns").await;
    assert!(
        results(&plain)
            .iter()
            .any(|result| result == "unknownFutureValue")
    );
    let request = sandbox.request("GET", "/beta/auditLogs/signIns");
    let (_, asked) = sandbox
        .send(request.header("Prefer", "include-unknown-enum-members"))
        .await;
    let shown = results(&asked);
    assert!(shown.iter().any(|result| result.starts_with("reportOnly")));
    assert!(!shown.iter().any(|result| result == "unknownFutureValue"));
}

#[test]
fn a_policy_that_meant_a_sign_in_alike_is_not_named_for_what_becomes_of_it() {
    let policy = |name: &str, risks: &str, state: &str, control: &str| {
        format!(
            "---\nkind: ConditionalAccessPolicy\ndisplayName: {name}\nstate: {state}\nconditions: {{ users: {{ includeUsers: [All] }}, applications: {{ includeApplications: [All] }}, signInRiskLevels: [{risks}] }}\ngrantControls: {{ operator: OR, builtInControls: [{control}] }}\n"
        )
    };
    let device = |state| policy("Device", "none, low, medium", state, "compliantDevice");
    let before = policy("Risk", "none", "enabled", "mfa") + &device("disabled");
    let after = policy("Risk", "none, low", "enabled", "mfa") + &device("enabled");
    let found = offline(&before, &after, &[record("Risk", "success")]);
    let behind = found["replay"]["byPolicy"].as_array().unwrap();
    let names: Vec<&str> = behind
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["Device"], "{found:#}");
}

#[test]
fn what_was_read_of_a_packed_log_counts_whatever_follows_it() {
    let text = json!([record("Abroad", "notApplied")]).to_string();
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(text.as_bytes()).unwrap();
    let packed = packer.finish().unwrap();
    let padded = [packed.as_slice(), &[0; 512]].concat();
    let mut wrong = packed.clone();
    let crc = wrong.len() - 8;
    wrong[crc] ^= 0xff;
    let project = Project::of("all.yaml", OFFLINE)
        .file("padded.gz", padded)
        .file("wrong.gz", wrong);
    for log in ["padded.gz", "wrong.gz"] {
        let ran = project.run(&[
            "impact", "--format", "json", "--before", ".", "--after", ".", "--logs", log,
        ]);
        assert_eq!(ran.code, Some(1), "{log}: {}", ran.snapshot());
        let found = json_of(&ran);
        assert_eq!(number(&found, "/replay/records"), 1, "{log}");
        let why = found["replay"]["incomplete"].as_str().unwrap();
        assert!(why.contains("the gzip data is damaged"), "{why}");
    }
}

#[test]
fn what_is_blocked_already_and_who_is_no_person_is_said_and_no_other_words_are() {
    let blocks = OFFLINE
        .replace("builtInControls: [mfa]", "builtInControls: [block]")
        .replace("[SharePoint Online]", "[All]");
    let mut principal = record("Abroad", "failure");
    principal["userId"] = json!("");
    principal["userPrincipalName"] = json!("");
    principal["servicePrincipalId"] = json!("60000000-0000-4000-8000-000000000001");
    principal["servicePrincipalName"] = json!("Backup");
    principal["signInEventTypes"] = json!(["servicePrincipal"]);
    let odd = with(record("Abroad", "failure"), &[("/status", json!("no"))]);
    let pascal = json!({"Id": "r", "CreatedDateTime": "2026-05-04T08:00:00Z"});
    let records = [record("Abroad", "failure"), principal];
    let project = Project::of("all.yaml", &blocks)
        .file("log.json", json!(records).to_string())
        .file("odd.json", json!([odd]).to_string())
        .file("pascal.json", json!([pascal]).to_string());
    let ran = |log| project.run(&["impact", "--before", ".", "--after", ".", "--logs", log]);
    let shown = ran("log.json");
    assert_eq!(shown.code, Some(0), "{}", shown.snapshot());
    for said in [
        "blocked already by the policies before the change",
        "1 sign-in of service principals",
    ] {
        assert!(shown.stdout.contains(said), "{}", shown.snapshot());
    }
    assert!(!shown.stdout.contains("0 people"), "{}", shown.snapshot());
    let odd = ran("odd.json");
    assert!(
        odd.stderr.contains("in the place of an object"),
        "{}",
        odd.snapshot()
    );
    assert!(!odd.stderr.contains("struct"), "{}", odd.snapshot());
    let pascal = ran("pascal.json");
    assert!(
        pascal.stderr.contains("ConvertTo-Json"),
        "{}",
        pascal.snapshot()
    );
    let long = project.run(&["impact", "--last", "90d"]);
    assert!(
        long.stderr.contains("take `30d` or less"),
        "{}",
        long.snapshot()
    );
    let made = project.run(&["sandbox", "sign-in", "--count", "1"]);
    assert!(
        made.stdout.contains("Made 1 sign-in of"),
        "{}",
        made.snapshot()
    );
}
