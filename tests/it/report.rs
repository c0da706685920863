//! `gatewright report`: nothing of a policy is left out, nothing of a stranger is obeyed.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::common::{Project, Ran};

/// A project with a policy for most that a policy can say.
const SAMPLE: &str = include_str!("report.yaml");

fn sample() -> Project {
    Project::of("all.yaml", SAMPLE).file("guards.yaml", "breakGlass: { groups: [CA-BreakGlass] }\n")
}

fn page(project: &Project, flags: &[&str]) -> String {
    let ran = project.run(&[&["report", "--force", "-o", "report.html"], flags].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.snapshot());
    std::fs::read_to_string(project.path("report.html")).unwrap()
}

/// The text of a part of a page, as a person reads it.
fn text(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        out.push(' ');
        rest = after.split_once('>').map_or("", |(_, rest)| rest);
    }
    out.push_str(rest);
    for (entity, character) in [
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#38;", "&"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&amp;", "&"),
    ] {
        out = out.replace(entity, character);
    }
    out
}

/// The card of a policy, by its place among the policies.
fn card(html: &str, number: usize) -> &str {
    let start = html.find(&format!("id=\"policy-{number}\"")).unwrap();
    let rest = &html[start..];
    &rest[..rest.find("</article>").unwrap()]
}

/// Every name and every value in a JSON value.
fn leaves(value: &Value, at: &str, found: &mut BTreeSet<(String, String)>) {
    match value {
        Value::Null => {}
        Value::Object(members) => {
            for (name, member) in members {
                leaves(member, name, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| leaves(item, at, found)),
        Value::String(text) => {
            found.insert((at.to_owned(), text.clone()));
        }
        other => {
            found.insert((at.to_owned(), other.to_string()));
        }
    }
}

#[test]
fn every_member_of_every_policy_is_on_its_card() {
    let project = sample();
    let html = page(&project, &[]);
    let mut policies: Vec<Value> = Vec::new();
    for document in SAMPLE.split("---\n") {
        let value: Value = serde_yaml::from_str(document).unwrap_or_default();
        if value["kind"] == "ConditionalAccessPolicy" {
            policies.push(value);
        }
    }
    policies.sort_by_key(|policy| policy["displayName"].to_string());
    assert!(policies.len() >= 8);
    let mut members = BTreeSet::new();
    for (number, policy) in policies.iter().enumerate() {
        let card = text(card(&html, number));
        let mut found = BTreeSet::new();
        leaves(policy, "", &mut found);
        for (member, value) in found {
            if member == "kind" {
                continue;
            }
            assert!(card.contains(&member), "{member} of {policy}\n{card}");
            assert!(
                card.contains(&value),
                "{member}: {value} of {policy}\n{card}"
            );
            members.insert(member);
        }
    }
    // The sample says something of nearly all that a policy can say.
    assert!(members.len() > 35, "{members:?}");
}

#[test]
fn two_runs_give_the_same_bytes_and_a_page_loads_nothing() {
    let project = sample();
    let html = page(&project, &[]);
    assert_eq!(html, page(&project, &[]));
    assert!(html.contains("default-src &#39;none&#39;") || html.contains("default-src 'none'"));
    for word in [
        "http://", "https://", "src=", "url(", "@import", "<link", "<iframe", "style=",
    ] {
        let outside: Vec<&str> = html
            .match_indices(word)
            .map(|(at, _)| &html[at..(at + 60).min(html.len())])
            .collect();
        assert!(outside.is_empty(), "{word}: {outside:?}");
    }
}

/// Names that try to be something else than text.
fn hostile() -> Vec<String> {
    let mut names: Vec<String> = [
        "<script>alert(1)</script>",
        "</script><script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "\"><svg onload=alert(1)>",
        "' onmouseover='alert(1)",
        "</style><style>*{display:none}</style>",
        "<!-- --><b>",
        "{{ 7*7 }}{% if %}",
        "javascript:alert(1)",
        "&lt;script&gt;",
        "a\u{202e}gnp.exe",
        "zero\u{200b}width\u{feff}",
        "\u{5e9}\u{5dc}\u{5d5}\u{5dd}",
        "]]><![CDATA[",
        "tab\tand \u{7} bell",
    ]
    .map(str::to_owned)
    .to_vec();
    names.push("W".repeat(256));
    names
}

#[test]
fn no_name_of_a_stranger_becomes_markup() {
    let mut manifests = String::new();
    for name in hostile() {
        let name = json!(name);
        manifests.push_str(&format!(
            "---\nkind: Group\ndisplayName: {name}\n---\nkind: ConditionalAccessPolicy\ndisplayName: {name}\nstate: enabledForReportingButNotEnforced\nconditions:\n  users: {{ includeUsers: [All], excludeGroups: [{name}] }}\n  applications: {{ includeApplications: [All] }}\ngrantControls: {{ operator: OR, builtInControls: [mfa] }}\n"
        ));
    }
    let project = Project::of("hostile.yaml", &manifests);
    let clean = Project::of("clean.yaml", manifests_of_plain_names());
    let (html, plain) = (
        page(&project, &["--note", "<script>alert(2)</script>"]),
        page(&clean, &[]),
    );
    let tags = |html: &str| -> BTreeSet<String> {
        let found = html
            .split('<')
            .skip(1)
            .filter_map(|tag| tag.split_once('>'));
        found
            .map(|(tag, _)| tag.split_whitespace().next().unwrap_or("").to_owned())
            .collect()
    };
    // The elements of the page are those of any page.
    let script = |html: &str| html.matches("<script").count();
    assert_eq!(script(&html), 1);
    let extra: Vec<String> = tags(&html).difference(&tags(&plain)).cloned().collect();
    assert!(extra.is_empty(), "{extra:?}");
    for character in ['\u{202e}', '\u{200b}', '\u{feff}', '\u{7}'] {
        assert!(!html.contains(character), "{character:?}");
    }
    assert!(html.contains(&"W".repeat(256)));
}

fn manifests_of_plain_names() -> String {
    let mut manifests = String::new();
    for number in 0..hostile().len() {
        manifests.push_str(&format!(
            "---\nkind: Group\ndisplayName: G{number}\n---\nkind: ConditionalAccessPolicy\ndisplayName: P{number}\nstate: enabledForReportingButNotEnforced\nconditions:\n  users: {{ includeUsers: [All], excludeGroups: [G{number}] }}\n  applications: {{ includeApplications: [All] }}\ngrantControls: {{ operator: OR, builtInControls: [mfa] }}\n"
        ));
    }
    manifests
}

/// Every name of the sample's own.
fn own_names() -> Vec<String> {
    let mut names = Vec::new();
    for document in SAMPLE.split("---\n") {
        let value: Value = serde_yaml::from_str(document).unwrap_or_default();
        for member in ["displayName", "userPrincipalName", "description"] {
            names.extend(value[member].as_str().map(str::to_owned));
        }
        for range in value["ipRanges"].as_array().into_iter().flatten() {
            names.extend(range.as_str().map(str::to_owned));
        }
    }
    names.extend(["secret-rule-text", "6f3f5e0e-1b8d"].map(str::to_owned));
    assert!(names.len() > 15, "{names:?}");
    names
}

#[test]
fn a_masked_report_has_no_name_of_the_tenant() {
    let project = sample();
    let applied = project.run(&["apply", "--yes"]);
    assert_eq!(applied.code, Some(0), "{}", applied.snapshot());
    let changed = SAMPLE.replace(
        "builtInControls: [compliantDevice]",
        "builtInControls: [domainJoinedDevice]",
    );
    assert_ne!(changed, SAMPLE);
    let project = project.file("policies/all.yaml", changed);
    let planned = project.run(&["plan", "--allow", "weakening", "--out", "plan.json"]);
    assert_eq!(planned.code, Some(0), "{}", planned.snapshot());
    for flags in [
        &["--mask"][..],
        &["--mask", "--live"],
        &["--mask", "--plan", "plan.json", "--people"],
    ] {
        let html = page(&project, flags);
        let shown = text(&html);
        for name in own_names() {
            assert!(
                !html.contains(&name) && !shown.contains(&name),
                "{flags:?}: {name}"
            );
        }
        assert!(
            shown.contains("policy-1") && shown.contains("group-1"),
            "{flags:?}"
        );
        assert!(!shown.contains("contoso"), "{flags:?}");
    }
}

#[test]
fn a_report_of_a_plan_shows_what_changes_for_whom() {
    let project = sample();
    let applied = project.run(&["apply", "--yes"]);
    assert_eq!(applied.code, Some(0), "{}", applied.snapshot());
    // Maya, the only member of the group, is excluded no more.
    let changed = SAMPLE
        .replace(
            "excludeGroups: [CA-BreakGlass, Pilot]",
            "excludeGroups: [CA-BreakGlass]",
        )
        .replace("    excludeUsers: [maya@contoso.com]\n", "");
    assert_ne!(changed, SAMPLE);
    let project = project.file("policies/all.yaml", changed);
    let planned = project.run(&["plan", "--allow", "weakening", "--out", "plan.json"]);
    assert_eq!(planned.code, Some(0), "{}", planned.snapshot());
    let html = page(&project, &["--plan", "plan.json", "--people"]);
    let shown = text(&html);
    for words in [
        "The change",
        "No sign-in passes more easily",
        "Who is affected",
        "before and after the change",
        "removed:",
    ] {
        assert!(shown.contains(words), "{words}");
    }
    assert!(
        html.contains("class=\"v removed\""),
        "the group that ends is marked"
    );
}

#[test]
fn what_guards_refuse_stands_in_the_report_of_a_plan() {
    let project = sample();
    let applied = project.run(&["apply", "--yes"]);
    assert_eq!(applied.code, Some(0), "{}", applied.snapshot());
    let changed = SAMPLE.replace(
        "builtInControls: [mfa] }",
        "builtInControls: [compliantDevice, mfa] }",
    );
    let project = project.file("policies/all.yaml", changed);
    let planned = project.run(&["plan", "--out", "plan.json"]);
    assert_eq!(planned.code, Some(3), "{}", planned.snapshot());
    let shown = text(&page(&project, &["--plan", "plan.json"]));
    assert!(
        shown.contains("Refused") && shown.contains("becomes weaker"),
        "{shown}"
    );
}

#[test]
fn what_must_not_be_written_over_is_refused() {
    let project = sample().file("old.html", "somebody's").file("folder/x", "");
    #[cfg(unix)]
    std::os::unix::fs::symlink(project.path("old.html"), project.path("link.html")).unwrap();
    let refused = |ran: Ran, words: &str| {
        assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
        assert!(
            ran.stderr.contains(words) && ran.stderr.contains("report-file"),
            "{}",
            ran.stderr
        );
    };
    refused(project.run(&["report", "-o", "old.html"]), "exists");
    refused(
        project.run(&["report", "-o", "folder", "--force"]),
        "folder",
    );
    #[cfg(unix)]
    refused(
        project.run(&["report", "-o", "link.html", "--force"]),
        "link",
    );
    assert_eq!(
        std::fs::read_to_string(project.path("old.html")).unwrap(),
        "somebody's"
    );
    assert_eq!(
        project.run(&["report", "-o", "old.html", "--force"]).code,
        Some(0)
    );
}

#[test]
fn a_plan_of_another_project_is_refused() {
    let project = sample();
    let planned = project.run(&["plan", "--allow", "weakening", "--out", "plan.json"]);
    assert_eq!(planned.code, Some(0), "{}", planned.snapshot());
    let plan = std::fs::read_to_string(project.path("plan.json")).unwrap();
    // A project with a tenant of the same name, and other manifests.
    let elsewhere =
        Project::of("mine.yaml", "kind: Group\ndisplayName: Mine\n").file("plan.json", &plan);
    let ran = elsewhere.run(&["report", "--plan", "plan.json"]);
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    assert!(ran.stderr.contains("another project"), "{}", ran.stderr);
    assert!(!elsewhere.path("report.html").exists());
    // A project without a tenant of that name.
    let other = sample()
        .file(
            "gatewright.yaml",
            "version: 1\nmanifests: [policies]\ntenants: { other: { sandbox: x.json } }\n",
        )
        .file("plan.json", &plan);
    let ran = other.run(&["report", "--plan", "plan.json"]);
    assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
    assert!(ran.stderr.contains("sandbox"), "{}", ran.stderr);
}
