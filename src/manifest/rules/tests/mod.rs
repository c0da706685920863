//! For each rule a manifest that breaks it and no other, and realistic manifests that
//! break none.
//!
//! In the texts `§` stands before the place that the finding names. `@users`, `@apps`,
//! `@mfa` and `@block` stand for the usual parts of a policy.

mod conditions;
mod directory;
mod grant;
mod objects;
mod policy;
mod resources;
mod session;
mod users;
mod valid;

use super::{Reporter, check};
use crate::finding::source::SourceFile;
use crate::finding::{Finding, Severity};
use crate::manifest::yaml;
use crate::model::{Kind, Object};

const PARTS: [(&str, &str); 4] = [
    (
        "@users",
        "users: {includeUsers: [All], excludeGroups: [Break glass]}",
    ),
    ("@apps", "applications: {includeApplications: [All]}"),
    (
        "@mfa",
        "grantControls: {operator: OR, builtInControls: [mfa]}",
    ),
    (
        "@block",
        "grantControls: {operator: OR, builtInControls: [block]}",
    ),
];

/// The findings for a manifest. Without `kind` it is a policy; without a name it gets one.
fn findings(text: &str) -> Vec<Finding> {
    let file = SourceFile::new("t.yaml", "t.yaml", text.to_owned());
    let mut findings = Vec::new();
    let documents = yaml::parse(&file, &mut findings);
    assert!(findings.is_empty(), "{findings:?}\n{text}");
    assert_eq!(documents.len(), 1, "{text}");
    let document = &documents[0];
    let kind = document.value.get("kind").map_or_else(
        || Kind::ConditionalAccessPolicy,
        |kind| Kind::parse(kind.as_str().unwrap()).unwrap(),
    );
    let object = Object::from_value(kind, &document.value).unwrap();
    check(
        &object,
        &mut Reporter {
            document,
            moved: &[],
            unjudged: &[],
            findings: &mut findings,
        },
    );
    findings
}

fn expand(text: &str) -> String {
    let mut text = text.trim_start_matches('\n').to_owned();
    for (name, part) in PARTS {
        text = text.replace(name, part);
    }
    if !text.contains("displayName:") && !text.contains("kind:") {
        text = format!("displayName: Test\n{text}");
    }
    if !text.contains("state:") && !text.contains("kind:") {
        text = format!("state: enabled\n{text}");
    }
    text
}

#[track_caller]
fn fires(severity: Severity, rule: &str, text: &str) {
    let text = expand(text);
    let at = text.find('§').unwrap();
    let before = text.get(..at).unwrap();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
    let text = text.replace('§', "");
    let found = findings(&text);
    let places: Vec<_> = found
        .iter()
        .map(|f| {
            let place = f.place.as_deref().unwrap();
            (
                f.rule.unwrap().as_str(),
                f.severity,
                place.line,
                place.column,
            )
        })
        .collect();
    assert_eq!(
        places,
        [(rule, severity, line, column)],
        "{text}\n{found:#?}"
    );
    well_worded(&found[0]);
    let row = found[0].rule.unwrap().row();
    assert!(
        row.severities.contains(&severity),
        "{rule}: {severity} is not in its row"
    );
}

/// Lower-case start, no full stop, and a way out.
#[track_caller]
fn well_worded(finding: &Finding) {
    let help = finding.help.as_deref().unwrap();
    for text in [finding.message.as_str(), help] {
        assert!(!text.is_empty() && !text.ends_with('.'), "{text}");
        let names = ["IP ranges", "Exchange ActiveSync", "Microsoft Graph"];
        assert!(
            !text.starts_with(|c: char| c.is_uppercase())
                || names.iter().any(|name| text.starts_with(name)),
            "{text}"
        );
        assert_eq!(text.matches('`').count() % 2, 0, "{text}");
    }
}

/// Exactly one error, of this rule, at the `§`.
#[track_caller]
fn refused(rule: &str, text: &str) {
    fires(Severity::Error, rule, text);
}

/// Exactly one warning, of this rule, at the `§`.
#[track_caller]
fn warned(rule: &str, text: &str) {
    fires(Severity::Warning, rule, text);
}

/// Nothing to say at all.
#[track_caller]
fn silent(text: &str) {
    let text = expand(text);
    let found = findings(&text);
    assert!(found.is_empty(), "{text}\n{found:#?}");
}
