//! The examples of the registry are true: what gives a finding of an id does, and mended it
//! does not. `explain` and the pages of docs/rules/ say the same.

use std::fmt::Write as _;
use std::path::Path;

use gatewright::finding::registry::row::{POLICY, ShownBy};
use gatewright::finding::registry::{Table, find};
use gatewright::finding::{Entry, Finding, has_errors};
use gatewright::lint;
use gatewright::manifest::config::ConfigFile;
use gatewright::manifest::guards::GuardsFile;
use gatewright::manifest::project;
use serde_json::Value;

use crate::common::Project;

const CONFIG: &str = "\
version: 1
manifests: [policies]
tenants: { sandbox: { sandbox: .gatewright/sandbox.json } }
";

/// JSON merge patch, RFC 7396.
fn merge(base: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *base = patch.clone();
        return;
    };
    if !base.is_object() {
        *base = serde_json::json!({});
    }
    let base = base.as_object_mut().unwrap();
    for (name, value) in patch {
        match value {
            Value::Null => {
                base.remove(name);
            }
            value => merge(base.entry(name.clone()).or_insert(Value::Null), value),
        }
    }
}

fn yaml(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap()
}

/// The files of a project that an example stands for: gatewright.yaml, guards.yaml, manifests.
fn project(example: &str) -> [(&'static str, String); 3] {
    let mut config = yaml(CONFIG);
    let mut guards = serde_json::json!({});
    let mut manifests = String::new();
    for document in example.split("\n---\n") {
        match document.lines().next().unwrap_or_default() {
            "# gatewright.yaml" => merge(&mut config, &yaml(document)),
            "# guards.yaml" => merge(&mut guards, &yaml(document)),
            _ => {
                let whole = document.lines().any(|line| line.starts_with("kind:"));
                let text = match whole {
                    true => document.to_owned(),
                    false => {
                        let mut policy = yaml(POLICY);
                        merge(&mut policy, &yaml(document));
                        serde_yaml::to_string(&policy).unwrap()
                    }
                };
                let _ = write!(manifests, "---\n{}\n", text.trim_end());
            }
        }
    }
    [
        ("gatewright.yaml", serde_yaml::to_string(&config).unwrap()),
        ("guards.yaml", serde_yaml::to_string(&guards).unwrap()),
        ("policies/example.yaml", manifests),
    ]
}

/// The findings as `validate` has them, on 1 June 2026.
fn validated(folder: &Path, example: &str) -> Vec<Finding> {
    for (name, text) in project(example) {
        std::fs::write(folder.join(name), text).unwrap();
    }
    let file = match ConfigFile::load(folder) {
        Ok(file) => file,
        Err(findings) => return findings,
    };
    let loads = (file.config.tenants.iter())
        .map(|(name, tenant)| {
            let (desired, mut found) = project::load(&file, name, tenant);
            found.extend(
                GuardsFile::load(&file, name, tenant)
                    .err()
                    .into_iter()
                    .flatten(),
            );
            (desired, found)
        })
        .collect();
    let now = "2026-06-01T00:00:00Z".parse().unwrap();
    lint::check(&file, loads, now, true).findings
}

fn rows(shown_by: ShownBy) -> impl Iterator<Item = (Table, &'static Entry)> {
    Table::ALL
        .into_iter()
        .flat_map(|table| table.rows().into_iter().map(move |row| (table, row)))
        .filter(move |(_, row)| row.example.shown_by == shown_by)
}

#[test]
fn validate_shows_what_the_examples_say() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("policies")).unwrap();
    let mut wrong = Vec::new();
    for (table, row) in rows(ShownBy::Validate) {
        let of_it = |finding: &&Finding| match table {
            Table::Codes => finding.code.as_str() == row.id,
            _ => finding.rule.is_some_and(|rule| rule.as_str() == row.id),
        };
        let before = validated(folder.path(), row.example.before);
        match before.iter().find(of_it) {
            None => wrong.push(format!("{} before: {before:#?}", row.id)),
            Some(found) => {
                let severity = found.severity;
                if !row.severities.contains(&severity) {
                    wrong.push(format!("{}: {severity} is not in its row", row.id));
                }
                let help = found.help.as_deref().unwrap_or_default();
                for text in [found.message.as_str(), help] {
                    let upper = text.starts_with(|c: char| c.is_uppercase());
                    let named = ["Microsoft", "Exchange", "IP "]
                        .iter()
                        .any(|n| text.starts_with(n));
                    assert!(
                        !text.ends_with('.') && (!upper || named),
                        "{}: {text}",
                        row.id
                    );
                }
            }
        }
        let after = validated(folder.path(), row.example.after);
        if after.iter().any(|finding| of_it(&finding)) || has_errors(&after) {
            wrong.push(format!("{} after: {after:#?}", row.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The ids that a command's answer holds: codes, rules and guards.
fn told(text: &str) -> Vec<(String, String)> {
    let answer: Value = serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"));
    let mut found = Vec::new();
    collect(&answer, &mut found);
    found
}

fn collect(value: &Value, found: &mut Vec<(String, String)>) {
    if value["outcome"] == "allowed" {
        return; // agreed to
    }
    if let Some(code) = value.get("code").and_then(Value::as_str) {
        let rule = value
            .get("rule")
            .and_then(Value::as_str)
            .unwrap_or_default();
        found.push((code.to_owned(), rule.to_owned()));
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(map) => map.values().for_each(|item| collect(item, found)),
        _ => {}
    }
}

fn planned(row: &Entry, example: &str) -> Vec<(String, String)> {
    let mut project = Project::empty();
    if !row.example.given.is_empty() {
        for (name, text) in self::project(row.example.given) {
            project = project.file(name, text);
        }
        let ran = project.run(&["apply", "--yes"]);
        assert_eq!(ran.code, Some(0), "{}: {}", row.id, ran.snapshot());
    }
    for (name, text) in self::project(example) {
        project = project.file(name, text);
    }
    told(&project.run(&["plan", "--format", "json"]).stdout)
}

fn plans_show_what_the_examples_say(of: impl Fn(Table) -> bool) {
    let mut wrong = Vec::new();
    for (table, row) in rows(ShownBy::Plan).filter(|(table, _)| of(*table)) {
        let of_it = |(code, rule): &(String, String)| match table {
            Table::Codes => code == row.id,
            _ => rule == row.id,
        };
        let before = planned(row, row.example.before);
        if !before.iter().any(of_it) {
            wrong.push(format!("{} before: {before:?}", row.id));
        }
        let after = planned(row, row.example.after);
        if after.iter().any(of_it) {
            wrong.push(format!("{} after: {after:?}", row.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn plan_shows_what_the_examples_of_guards_say() {
    plans_show_what_the_examples_say(|table| table == Table::Guards);
}

#[test]
fn plan_shows_what_the_other_examples_say() {
    plans_show_what_the_examples_say(|table| table != Table::Guards);
}

#[test]
fn import_shows_what_the_examples_say() {
    let mut wrong = Vec::new();
    for (_, row) in rows(ShownBy::Import) {
        let codes = |example: &str| {
            let project = Project::new().file("export.json", example);
            let ran = project.run(&["import", "--from", "export.json", "--format", "json"]);
            let codes: Vec<String> = told(&ran.stdout)
                .into_iter()
                .map(|(code, _)| code)
                .collect();
            codes
        };
        let (before, after) = (codes(row.example.before), codes(row.example.after));
        if !before.iter().any(|code| code == row.id) || after.iter().any(|code| code == row.id) {
            wrong.push(format!("{}: {before:?}, {after:?}", row.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn explain_prints_the_page_of_an_id() {
    let project = Project::empty();
    insta::assert_snapshot!(project.run(&["explain", "graph-rule/CA-R80"]).snapshot(), @r"
    $ gatewright explain graph-rule/CA-R80
    --- stdout
    ### `CA-R80`

    `block` is the only control.

    Error. Documented: the portal offers nothing else with it; answer 400, 1032 is expected.

    A blocked user cannot fulfil anything.

    **Way out:** Keep `block`, or the other controls.

    ```yaml
    # before
    grantControls: { operator: OR, builtInControls: [mfa, block] }
    ```

    ```yaml
    # after
    grantControls: { operator: OR, builtInControls: [block] }
    ```
    --- exit code 0
    ");
    insta::assert_snapshot!(project.run(&["explain", "budgets"]).snapshot(), @r"
    $ gatewright explain budgets
    --- stderr
    error: `budgets` is not a rule, guard or code

    help: did you mean `budget`? `gatewright explain` lists all
    --- exit code 64
    ");
    let all = project.run(&["explain"]);
    for table in Table::ALL {
        for row in table.rows() {
            assert!(all.stdout.contains(row.summary), "{}", row.id);
        }
    }
    let ran = project.run(&["explain", "budget", "--format", "json"]);
    let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
    let entry = &answer["entries"][0];
    assert_eq!(entry["summary"], find("budget")[0].1.summary);
    assert_eq!(
        (&entry["table"], &entry["mark"]),
        (&"guards".into(), &"ours".into())
    );
}
