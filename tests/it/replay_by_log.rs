//! What a replay takes from a record and what it leaves open: people who are no longer there, results
//! of policies in report-only, which policies bring a change, and records that are given twice.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::common::{Project, Ran};
use crate::replay::{POLICIES, json_of, log, number, offline, record, recorded, replay, with};

const LEE: &str = "LeeG@contoso.com";
const LEAVER: &str = "leaver@contoso.com";

/// A policy about everything, with the rest of its conditions.
fn policy(name: &str, state: &str, conditions: &str, rest: &str) -> String {
    format!(
        "---\nkind: ConditionalAccessPolicy\ndisplayName: {name}\nstate: {state}\nconditions: {{ applications: {{ includeApplications: [All] }}, {conditions} }}\n{rest}\n"
    )
}

fn asks(control: &str) -> String {
    format!("grantControls: {{ operator: OR, builtInControls: [{control}] }}")
}

const ALL: &str = "users: { includeUsers: [All] }";

/// The records of somebody.
fn of(project: &Project, name: &str) -> Vec<Value> {
    let all = log(project).into_iter();
    let own: Vec<Value> = all
        .filter(|record| record["userPrincipalName"] == name)
        .collect();
    assert!(own.len() > 5, "{}", own.len());
    own
}

fn entry<'a>(record: &'a mut Value, name: &str) -> &'a mut Value {
    let entries = record["appliedConditionalAccessPolicies"].as_array_mut();
    let mut entries = entries.unwrap().iter_mut();
    entries
        .find(|entry| entry["displayName"] == name)
        .unwrap_or_else(|| panic!("{name}"))
}

/// The command that is printed for an example, run as it is.
fn again(project: &Project, shown: &Ran) -> Ran {
    let line = shown.stdout.lines().find_map(|line| {
        let (_, json) = line.trim().split_once("whatif --before-after --sign-in ")?;
        Some(json.trim_matches('\'').to_owned())
    });
    let line = line.unwrap_or_else(|| panic!("{}", shown.snapshot()));
    project.run(&[
        "whatif",
        "--before-after",
        "--format",
        "json",
        "--sign-in",
        &line,
    ])
}

#[test]
fn of_somebody_who_is_no_longer_there_it_is_open_in_which_groups_they_were() {
    let project = recorded(700, 21);
    let mut records = of(&project, LEE);
    for record in &mut records {
        record["userId"] = "99999999-0000-4000-8000-000000000001".into();
        record["userPrincipalName"] = LEAVER.into();
    }
    let many = records.len() as u64;
    let block = policy(
        "CA900 Exempt",
        "enabled",
        "users: { includeGroups: [CA-Exempt] }",
        &asks("block"),
    );
    let project = project
        .file("leaver.json", json!(records).to_string())
        .file("policies/all.yaml", format!("{POLICIES}{block}"));
    let found = replay(&project, &["--logs", "leaver.json"]);
    let judged = number(&found, "/replay/judged");
    // Whoever is blocked anyway stays blocked.
    let blocked = number(&found, "/replay/blockedAlready");
    let may = number(&found, "/signIns/MAYBE_LOST");
    assert!(may > 0 && may + blocked >= judged, "{found:#}");
    assert_eq!(number(&found, "/signIns/LOST"), 0);
    assert_eq!(number(&found, "/signIns/NO_CHANGE") + may, judged);
    assert_eq!(number(&found, "/replay/withoutAccount"), judged);
    assert_eq!(number(&found, "/replay/peopleWithoutAccount"), 1);
    assert!(judged <= many);
    assert!(
        number(&found, "/calibration/resultsWithoutAccount") > 0,
        "{:#}",
        found["calibration"]
    );
    let differences = found["calibration"]["differences"].as_array().unwrap();
    let unknown = differences.iter().filter(|one| one["known"] == false);
    assert_eq!(unknown.count(), 0, "{differences:#?}");
    assert_eq!(
        found["replay"]["open"]["user.memberOf"].as_u64(),
        Some(may),
        "{:#}",
        found["replay"]["open"]
    );
    let shown = project.run(&["impact", "--logs", "leaver.json"]);
    for said in [
        "of 1 person who has no account in the directory now",
        "the person is no longer in the directory",
    ] {
        assert!(shown.stdout.contains(said), "{said}: {}", shown.snapshot());
    }
    // What is printed can be run, and hangs on the same.
    let ran = again(&project, &shown);
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    let told = json_of(&ran);
    assert_eq!(told["after"]["outcome"], "unknown", "{told:#}");
    let missing = told["after"]["missing"].to_string();
    assert!(missing.contains("user.memberOf"), "{told:#}");
    // The same records of somebody who is there are certain.
    let own = of(&project, LEE);
    let project = project.file("own.json", json!(own).to_string());
    let found = replay(&project, &["--logs", "own.json"]);
    assert_eq!(number(&found, "/signIns/MAYBE_LOST"), 0, "{found:#}");
    assert!(number(&found, "/signIns/LOST") > 0, "{found:#}");
    assert_eq!(number(&found, "/replay/withoutAccount"), 0);
}

#[test]
fn other_memberships_are_a_possible_cause_where_they_explain_what_the_log_says() {
    const MFA: &str = "CA100 MFA outside the office";
    let project = recorded(700, 22);
    let told = |name: &str, flip: &dyn Fn(&mut Value)| {
        let mut records = of(&project, name);
        records.retain(|one| one["appliedConditionalAccessPolicies"] != json!([]));
        for record in &mut records {
            // After the policies were made.
            record["createdDateTime"] = "2099-01-01T00:00:00Z".into();
            flip(entry(record, MFA));
        }
        std::fs::write(project.path("flip.json"), json!(records).to_string()).unwrap();
        let found = replay(&project, &["--logs", "flip.json"]);
        let all = found["calibration"]["differences"].as_array().unwrap();
        let own = all.iter().filter(|one| one["policy"] == MFA);
        let causes: HashSet<(String, bool)> = own
            .map(|one| {
                let cause = one["cause"].as_str().unwrap().to_owned();
                (cause, one["known"].as_bool().unwrap())
            })
            .collect();
        (causes, found["calibration"]["agreement"].clone())
    };
    let moved = HashSet::from([("membershipChanged".to_owned(), false)]);
    // Somebody in a group that is left out, to whom the policy applied then.
    let applied = |entry: &mut Value| {
        entry["result"] = "success".into();
        entry["conditionsNotSatisfied"] = "none".into();
    };
    let (causes, agreement) = told(LEE, &applied);
    assert!(causes.contains(&("membershipChanged".to_owned(), false)));
    // What may be so does not excuse a difference.
    assert!(agreement.as_f64().unwrap() < 50.0, "{agreement}");
    // Somebody who is not, and was left out then.
    let spared = |why: &'static str| {
        move |entry: &mut Value| {
            entry["result"] = "notApplied".into();
            entry["conditionsSatisfied"] = "application".into();
            entry["conditionsNotSatisfied"] = why.into();
        }
    };
    assert_eq!(told("MeganB@contoso.com", &spared("users")).0, moved);
    // Where the log names another condition it is not this.
    let (causes, _) = told("MeganB@contoso.com", &spared("location"));
    assert_eq!(causes, HashSet::from([("unknown".to_owned(), false)]));
    let human = project.run(&["impact", "--logs", "flip.json"]);
    assert!(human.stdout.contains("the cause is not known"));
}

#[test]
fn what_the_log_says_of_a_policy_in_report_only_counts_once_it_is_enabled() {
    // A fact that no record has, and one that a record has or not.
    let device = "devices: { deviceFilter: { mode: exclude, rule: 'device.extensionAttribute1 -eq \"X\"' } }";
    let both = |rest: &str, then: &str| {
        let conditions = format!("{ALL}, {device}");
        let other = policy("Other", "enabled", ALL, &asks("mfa"));
        [
            ("enabledForReportingButNotEnforced", rest),
            ("enabled", then),
        ]
        .map(|(state, rest)| other.clone() + &policy("P", state, &conditions, rest))
    };
    let compliant = |result: &str, is: bool| {
        let device = json!({"deviceId": "d", "operatingSystem": "Windows10", "isCompliant": is});
        let mut record = with(record("P", result), &[("/deviceDetail", device)]);
        if result == "reportOnlyNotApplied" {
            entry(&mut record, "P")["conditionsNotSatisfied"] = "deviceState".into();
        }
        record
    };
    let device = asks("compliantDevice");
    let strength = asks("domainJoinedDevice");
    let session = format!(
        "{device}\nsessionControls: {{ signInFrequency: {{ value: 4, type: hours, isEnabled: true }} }}"
    );
    let terms = "grantControls: { operator: OR, termsOfUse: [Terms] }";
    for (rest, then, record, verdict) in [
        (
            &*device,
            &*device,
            compliant("reportOnlySuccess", true),
            "NO_CHANGE",
        ),
        (
            &device,
            &device,
            compliant("reportOnlyNotApplied", false),
            "NO_CHANGE",
        ),
        (
            &device,
            &device,
            compliant("reportOnlyFailure", false),
            "LOST",
        ),
        // The log counts although the record says nothing of the device.
        (
            &device,
            &device,
            with(
                compliant("reportOnlyFailure", false),
                &[("/deviceDetail/isCompliant", Value::Null)],
            ),
            "LOST",
        ),
        (
            terms,
            terms,
            compliant("reportOnlyInterrupted", true),
            "MORE",
        ),
        // A stricter session is more, whatever was met.
        (
            &session,
            &session,
            compliant("reportOnlySuccess", true),
            "MORE",
        ),
        // The log says nothing of a policy that asks for something else.
        (
            &device,
            &strength,
            compliant("reportOnlySuccess", true),
            "MAYBE_LOST",
        ),
        (
            &device,
            &device,
            compliant("unknownFutureValue", false),
            "MAYBE_LOST",
        ),
    ] {
        let [before, after] = both(rest, then);
        let found = offline(&before, &after, std::slice::from_ref(&record));
        let said = format!("{verdict}: {rest} {then} {:#}", found["replay"]);
        assert_eq!(number(&found, &format!("/signIns/{verdict}")), 1, "{said}");
    }
    // What was met counts among those who did so anyway.
    let [before, after] = both(&device, &device);
    let found = offline(&before, &after, &[compliant("reportOnlySuccess", true)]);
    let asked = &found["replay"]["requirements"][0];
    assert_eq!(asked["requires"], "compliantDevice", "{found:#}");
    assert_eq!(
        (number(asked, "/people"), number(asked, "/peopleMetAnyway")),
        (1, 1)
    );
}

#[test]
fn a_policy_in_report_only_that_was_changed_since_says_nothing_by_the_log() {
    let device = |state: &str, users: &str| {
        let conditions = format!(
            "users: {{ includeUsers: [All]{users} }}, devices: {{ deviceFilter: {{ mode: exclude, rule: 'device.extensionAttribute1 -eq \"X\"' }} }}"
        );
        policy("CA990 Device", state, &conditions, &asks("compliantDevice"))
    };
    let reported = "enabledForReportingButNotEnforced";
    let project = recorded(10, 1).file(
        "policies/all.yaml",
        format!("{POLICIES}{}", device(reported, "")),
    );
    assert_eq!(project.apply_anything().code, Some(0));
    let made = project.run(&[
        "sandbox", "sign-in", "--count", "300", "--seed", "5", "--out", "log.json",
    ]);
    assert_eq!(made.code, Some(0), "{}", made.snapshot());
    let enabled = |project: Project, users: &str| {
        let all = format!("{POLICIES}{}", device("enabled", users));
        let project = project.file("policies/all.yaml", all);
        let found = replay(&project, &["--logs", "log.json"]);
        let may: u64 = ["MAYBE_LOST", "MAYBE_MORE"]
            .map(|verdict| number(&found, &format!("/signIns/{verdict}")))
            .iter()
            .sum();
        (project, may, found)
    };
    let (project, may, found) = enabled(project, "");
    assert_eq!(may, 0, "{:#}", found["replay"]["open"]);
    let mut records = log(&project);
    let succeeded = records.iter_mut().filter(|record| {
        let entries = record["appliedConditionalAccessPolicies"].as_array();
        let mut entries = entries.unwrap().iter();
        entries
            .any(|one| one["displayName"] == "CA990 Device" && one["result"] == "reportOnlySuccess")
    });
    let succeeded = succeeded.count() as u64;
    assert!(succeeded > 50, "{succeeded}");
    assert!(
        number(&found, "/signIns/NO_CHANGE") >= succeeded,
        "{found:#}"
    );
    // It is changed after the sign-ins, by whoever it may be.
    let users = ", excludeGroups: [CA-BreakGlass]";
    let project = project.file(
        "policies/all.yaml",
        format!("{POLICIES}{}", device(reported, users)),
    );
    assert_eq!(project.apply_anything().code, Some(0));
    let (_, may, found) = enabled(project, users);
    assert!(may + 10 > succeeded, "{:#}", found["signIns"]);
}

/// The names that are told to be behind the changes.
fn behind(before: &str, after: &str, record: &Value) -> (String, Vec<String>) {
    let found = offline(before, after, std::slice::from_ref(record));
    let changes = found["replay"]["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 1, "{found:#}");
    let names = changes[0]["policies"].as_array().unwrap().iter();
    let names = names.map(|one| one.as_str().unwrap().to_owned());
    (
        changes[0]["kind"].as_str().unwrap().to_owned(),
        names.collect(),
    )
}

#[test]
fn only_policies_that_bring_a_change_are_named_for_it() {
    let mfa = |name: &str, state: &str, more: &str| {
        policy(name, state, &format!("{ALL}{more}"), &asks("mfa"))
    };
    let block =
        |name: &str, more: &str| policy(name, "enabled", &format!("{ALL}{more}"), &asks("block"));
    let device = |name: &str| policy(name, "enabled", ALL, &asks("compliantDevice"));
    let old = mfa("Old", "enabled", "");
    let record = record("Old", "success");
    for (before, after, kind, names) in [
        // What is asked for anyway is nothing that one more policy brings.
        (
            old.clone(),
            old.clone() + &mfa("New", "enabled", "") + &device("Device"),
            "LOST",
            vec!["Device"],
        ),
        // A policy that asks for more than what stops it.
        (
            old.clone(),
            old.clone()
                + &block("Block", "")
                + &policy(
                    "Terms",
                    "enabled",
                    ALL,
                    "grantControls: { operator: OR, termsOfUse: [T] }",
                ),
            "LOST",
            vec!["Block"],
        ),
        // One that no longer applies is not what stops it.
        (
            old.clone() + &mfa("Narrow", "enabled", ", signInRiskLevels: [none, low]"),
            old.clone()
                + &mfa("Narrow", "enabled", ", signInRiskLevels: [high]")
                + &block("Block", ""),
            "LOST",
            vec!["Block"],
        ),
        // What hangs on something is named by who hangs on it.
        (
            old.clone() + &mfa("Wide", "enabled", ", signInRiskLevels: [none]"),
            old.clone()
                + &mfa("Wide", "enabled", ", signInRiskLevels: [none, low]")
                + &block("Insider", ", insiderRiskLevels: elevated"),
            "MAYBE_LOST",
            vec!["Insider"],
        ),
        // What is less is brought by what was.
        (
            old.clone() + &mfa("Same", "enabled", ", signInRiskLevels: [high]"),
            mfa("Same", "enabled", ", signInRiskLevels: [high]"),
            "LESS",
            vec!["Old"],
        ),
        (
            block("Block", "") + &old,
            old.clone(),
            "GAINED",
            vec!["Block"],
        ),
    ] {
        let told = behind(&before, &after, &record);
        assert_eq!(
            told,
            (
                kind.to_owned(),
                names.iter().map(|one| (*one).to_owned()).collect()
            ),
            "{before}\n{after}"
        );
    }
}

#[test]
fn a_requirement_that_is_dropped_counts_before_a_stricter_session() {
    let session =
        "sessionControls: { signInFrequency: { value: 4, type: hours, isEnabled: true } }";
    let mfa = policy("P", "enabled", ALL, &asks("mfa"));
    let record = record("P", "success");
    for (after, verdict) in [
        (policy("P", "enabled", ALL, session), "LESS"),
        (
            policy("P", "enabled", ALL, &format!("{}\n{session}", asks("mfa"))),
            "MORE",
        ),
        // Something else is more.
        (
            policy(
                "P",
                "enabled",
                ALL,
                "grantControls: { operator: OR, termsOfUse: [T] }",
            ),
            "MORE",
        ),
    ] {
        let found = offline(&mfa, &after, std::slice::from_ref(&record));
        assert_eq!(
            number(&found, &format!("/signIns/{verdict}")),
            1,
            "{verdict}: {found:#}"
        );
    }
}

#[test]
fn a_record_that_is_given_twice_counts_once_and_it_is_said() {
    let all = policy("All", "enabled", ALL, &asks("mfa"));
    let numbered = |id: &str| with(record("All", "success"), &[("/id", json!(id))]);
    let project = Project::of("all.yaml", &all)
        .file(
            "one.json",
            json!([numbered("a"), numbered("b")]).to_string(),
        )
        .file(
            "two.json",
            json!([numbered("b"), numbered("c")]).to_string(),
        );
    let both = [numbered("a"), numbered("b")];
    let lines: Vec<String> = both.iter().chain(&both).map(Value::to_string).collect();
    let project = project
        .file("twice.jsonl", lines.join("\n"))
        .file("pretty.json", format!("{:#}", json!(both)));
    let run = |more: &[&str]| {
        let line = ["impact", "--before", ".", "--after", "."];
        project.run(&[&line[..], more].concat())
    };
    let of = |logs: &[&str]| {
        let logs: Vec<&str> = logs.iter().flat_map(|log| ["--logs", log]).collect();
        let ran = run(&[&["--format", "json"], &logs[..]].concat());
        let found = json_of(&ran);
        ["/replay/records", "/replay/repeated", "/signIns/NO_CHANGE"]
            .map(|pointer| number(&found, pointer))
    };
    assert_eq!(of(&["one.json"]), [2, 0, 2]);
    // In the same file, and read otherwise in another one.
    assert_eq!(of(&["twice.jsonl"]), [4, 2, 2]);
    assert_eq!(of(&["one.json", "pretty.json"]), [4, 2, 2]);
    assert_eq!(of(&["one.json", "two.json"]), [4, 1, 3]);
    assert_eq!(of(&["one.json", "one.json", "two.json"]), [6, 3, 3]);
    let human = run(&["--logs", "one.json", "--logs", "two.json"]);
    assert!(
        human
            .stdout
            .contains("1 record was given again and counts once"),
        "{}",
        human.snapshot()
    );
    let pipes = run(&["--logs", "-", "--logs", "-"]);
    assert_eq!(pipes.code, Some(1), "{}", pipes.snapshot());
    assert!(
        pipes.stderr.contains("stdin can be read once"),
        "{}",
        pipes.snapshot()
    );
}

#[test]
fn a_second_week_of_the_same_seed_has_records_of_its_own() {
    let project = recorded(60, 23);
    let ids = |records: Vec<Value>| -> HashSet<String> {
        let ids = records.iter().map(|one| one["id"].as_str().unwrap());
        ids.map(str::to_owned).collect()
    };
    let first = ids(log(&project));
    let made = project.run(&[
        "sandbox", "sign-in", "--count", "60", "--seed", "23", "--out", "log.json",
    ]);
    assert_eq!(made.code, Some(0), "{}", made.snapshot());
    let second = ids(log(&project));
    assert_eq!((first.len(), second.len()), (60, 60));
    assert!(first.is_disjoint(&second));
}

#[test]
fn a_policy_is_known_by_its_id_and_not_by_its_name() {
    const MFA: &str = "CA100 MFA outside the office";
    let project = recorded(300, 24);
    let told = |change: &dyn Fn(&mut Value)| {
        let mut records = of(&project, "MeganB@contoso.com");
        records
            .iter_mut()
            .for_each(|record| change(entry(record, MFA)));
        std::fs::write(project.path("other.json"), json!(records).to_string()).unwrap();
        let found = replay(&project, &["--logs", "other.json"]);
        let all = found["calibration"]["differences"].as_array().unwrap();
        let own = all.iter().filter(|one| one["cause"] == "policyDeleted");
        own.map(|one| number(one, "/count")).sum::<u64>()
    };
    // Renamed since: the same policy.
    assert_eq!(
        told(&|entry| entry["displayName"] = "Another name".into()),
        0
    );
    // Made again under the same name: another one.
    let other = "11111111-2222-4333-8444-555555555555";
    assert!(told(&|entry| entry["id"] = other.into()) > 5);
    // What has no id of a policy is none.
    assert_eq!(told(&|entry| entry["id"] = "SecurityDefaults".into()), 0);
}

#[test]
fn people_and_recorded_sign_ins_are_told_in_one_answer() {
    let project = recorded(120, 25);
    let changed = POLICIES.replacen(
        "excludeGroups: [CA-BreakGlass, CA-Exempt]",
        "excludeGroups: [CA-BreakGlass]",
        1,
    );
    assert_ne!(changed, POLICIES);
    let project = project.file("policies/all.yaml", changed);
    let run = |more: &[&str]| project.run(&[&["impact"], more].concat());
    let both = ["--people", "--logs", "log.json"];
    let found = json_of(&run(&[&both[..], &["--format", "json"]].concat()));
    crate::common::fits(&found, "impact.schema.json");
    let people = json_of(&run(&["--people", "--format", "json"]));
    let logs = json_of(&run(&["--logs", "log.json", "--format", "json"]));
    assert_eq!(found["people"], people["people"]);
    for part in ["signIns", "replay", "calibration"] {
        assert_eq!(found[part], logs[part], "{part}");
    }
    for format in ["human", "markdown"] {
        let told = run(&[&both[..], &["--format", format]].concat());
        assert_eq!(told.code, Some(0), "{}", told.snapshot());
        let people = told.stdout.find("People:").unwrap();
        let logs = told.stdout.find("Calibration:").unwrap();
        assert!(people < logs, "{}", told.stdout);
    }
    let table = run(&[&both[..], &["--format", "csv"]].concat());
    assert_eq!(table.code, Some(1), "{}", table.snapshot());
    assert!(
        table.stderr.contains("leave out `--people`"),
        "{}",
        table.snapshot()
    );
    // What stands for a name is the same in both parts.
    let masked = run(&[&both[..], &["--mask", "--format", "json"]].concat());
    let masked = json_of(&masked);
    let policies = masked["replay"]["changedPolicies"].as_array().unwrap();
    assert_eq!(policies.len(), 1, "{masked:#}");
    let alone = json_of(&run(&["--logs", "log.json", "--mask", "--format", "json"]));
    assert!(!masked.to_string().to_lowercase().contains("contoso.com"));
    assert_eq!(masked["signIns"], alone["signIns"]);
}
