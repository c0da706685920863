use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::finding::source::SourceFile;
use crate::manifest::{vars, yaml};
use crate::model::kind::Object;

/// The value that the loader makes of a text, variables replaced.
fn read(text: &str) -> Value {
    let file = SourceFile::new("t.yaml", "t.yaml", text.to_owned());
    let mut findings = Vec::new();
    let mut documents = yaml::parse(&file, &mut findings);
    assert_eq!(documents.len(), 1, "{findings:?}\n{text}");
    vars::substitute(&mut documents[0], &BTreeMap::new(), "t", &mut findings);
    assert!(findings.is_empty(), "{findings:?}\n{text}");
    documents.remove(0).value
}

fn with_kind(value: &Value) -> Value {
    let mut value = value.clone();
    value["kind"] = "Group".into();
    value
}

fn note(pointer: &str, text: &str) -> Note {
    Note {
        pointer: pointer.to_owned(),
        text: text.to_owned(),
    }
}

#[test]
fn texts_that_mean_something_else_are_quoted_and_others_are_not() {
    let plain = [
        "All",
        "Policy for risky sign-in",
        "203.0.113.0/24",
        "2001:db8::/32",
        "11111111-2222-3333-4444-555555555555",
        "1e111111-2222-3333-4444-555555555555",
        "MyTestUser1@contoso.com",
        "urn:user:registersecurityinfo",
        "windows",
        "Don't ask",
        "CA100 - Admins",
        "(old) policy",
        "Überprüfung",
        "日本　語",
        "🔥 fire",
        "365 days",
        "C#",
        "It says \"no\"",
        "a\\b",
    ];
    for text in plain {
        assert_eq!(quoted(text, true), text);
    }
    let single = [
        "",
        "on",
        "Off",
        "YES",
        "no",
        "y",
        "N",
        "true",
        "False",
        "null",
        "~",
        "1",
        "1.5",
        "1e3",
        "0x1F",
        "0o17",
        "0b1",
        "1_000",
        "+1",
        "-1",
        ".5",
        ".inf",
        ".nan",
        "1:30",
        "1:30:00",
        "2024-01-01",
        "2024-01-01T10:00:00Z",
        "-",
        "- a",
        "?",
        ": ",
        "a: b",
        "a:",
        "a #b",
        "#a",
        "@x",
        "`x`",
        "!x",
        "&x",
        "*x",
        "%x",
        "|",
        ">",
        "<<",
        "=",
        " a",
        "a ",
        "[a]",
        "{a}",
        "---",
        "...",
        "203.0.113.1",
        "90d",
        "<RING>",
        "\"a\"",
    ];
    for text in single {
        assert_eq!(quoted(text, false), format!("'{text}'"));
    }
    assert_eq!(quoted("a, b", false), "a, b");
    assert_eq!(quoted("a, b", true), "'a, b'");
    assert_eq!(quoted("why?", false), "why?");
    assert_eq!(quoted("why?", true), "'why?'");
    assert_eq!(quoted("a:-", true), "'a:-'");
    assert_eq!(quoted("it's: so", false), "\"it's: so\"");
    assert_eq!(quoted("it's: \"so\"", false), "'it''s: \"so\"'");
    assert_eq!(quoted("a\nb", false), r#""a\nb""#);
    assert_eq!(
        quoted("a\u{85}\u{feff}\u{2028}\u{202e}\\", false),
        r#""a\x85\uFEFF\u2028\u202E\\""#
    );
}

#[test]
fn a_dollar_brace_is_a_literal() {
    let value = json!({"displayName": "${a}", "b": ["$${a} $$${", "$", "${"]});
    let text = document(Kind::Group, &value, &[]);
    assert!(text.contains("displayName: $${a}\n"), "{text}");
    assert_eq!(read(&text), with_kind(&value));
}

#[test]
fn a_comment_never_leaves_its_line() {
    let value = json!({"displayName": "A", "members": ["a", "b"]});
    let text = "x\nkind: TestUser\r\u{85}\u{2028}---\u{0}\u{feff}\u{1b}[2J";
    for pointer in ["", "/displayName", "/members", "/members/1", "/members/7/x"] {
        let written = document(Kind::Group, &value, &[note(pointer, text)]);
        assert_eq!(read(&written), with_kind(&value));
        let own: Vec<&str> = written.lines().filter(|l| l.contains('#')).collect();
        assert_eq!(own.len(), 1, "{written}");
        assert!(
            own[0].trim_start().starts_with("# x\\u{a}kind"),
            "{written}"
        );
    }
}

#[test]
fn a_note_on_what_is_not_there_stands_above_it() {
    let value = json!({"displayName": "A", "conditions": {"users": {"includeUsers": ["All"]}}});
    let notes = [note(
        "/conditions/users/excludeGroups/0",
        "the group is gone",
    )];
    let text = document(Kind::ConditionalAccessPolicy, &value, &notes);
    assert!(text.contains("  # the group is gone\n  users:\n"), "{text}");
}

#[test]
fn a_list_is_one_line_while_it_fits() {
    let items: Vec<String> = (0..20).map(|n| format!("item{n}")).collect();
    let value = json!({"short": ["a", "b"], "long": items, "none": [], "nothing": {}});
    let text = document(Kind::Group, &value, &[]);
    assert!(text.contains("short: [a, b]\nlong:\n  - item0\n"), "{text}");
    assert!(text.contains("none: []\nnothing: {}\n"), "{text}");
}

/// One object of every kind, as Graph gives it, in its plain form.
fn plain(kind: Kind) -> Value {
    let graph = match kind {
        Kind::Group => json!({"displayName": "CA-BreakGlass", "mailNickname": "CA-BreakGlass",
            "description": "Emergency access: two accounts", "securityEnabled": true,
            "members": ["breakglass1@contoso.com", "breakglass2@contoso.com"]}),
        Kind::TestUser => json!({"displayName": "MyTestUser1", "userPrincipalName": "MyTestUser1",
            "accountEnabled": true, "memberOf": ["CA-Pilot"]}),
        Kind::NamedLocation => json!({"@odata.type": "#microsoft.graph.ipNamedLocation",
            "displayName": "Office", "isTrusted": true, "ipRanges": [
                {"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "203.0.113.0/24"},
                {"@odata.type": "#microsoft.graph.iPv6CidrRange", "cidrAddress": "2001:db8::/32"}]}),
        Kind::AuthenticationStrength => json!({"displayName": "Keys only",
            "allowedCombinations": ["fido2", "windowsHelloForBusiness"],
            "combinationConfigurations": [{
                "@odata.type": "#microsoft.graph.fido2CombinationConfiguration",
                "appliesToCombinations": ["fido2"],
                "allowedAAGUIDs": ["2fc0579f-8113-47ea-b116-bb5a8db9202a"]}]}),
        Kind::AuthenticationContext => json!({"id": "c1", "displayName": "Payments",
            "description": "Step up: yes", "isAvailable": true}),
        Kind::ConditionalAccessPolicy => json!({"displayName": "CA100: admins need keys",
            "state": "enabledForReportingButNotEnforced",
            "conditions": {
                "clientAppTypes": ["browser", "mobileAppsAndDesktopClients"],
                "signInRiskLevels": ["high", "medium"],
                "applications": {"includeApplications": ["All"], "excludeApplications": []},
                "users": {"includeRoles": ["Global Administrator", "Security Administrator",
                        "Conditional Access Administrator", "Exchange Administrator"],
                    "excludeGroups": ["CA-BreakGlass"], "excludeUsers": ["on"]},
                "devices": {"deviceFilter": {"mode": "exclude",
                    "rule": "device.model -contains \"${x}\" -and device.isCompliant -eq True"}}},
            "grantControls": {"operator": "AND", "builtInControls": ["compliantDevice"],
                "authenticationStrength": {"id": "Phishing-resistant MFA"}},
            "sessionControls": {"signInFrequency": {"value": 4, "type": "hours",
                "isEnabled": true}}}),
    };
    let mut value = Object::from_value(kind, &graph).unwrap().normal_form();
    if kind == Kind::AuthenticationContext {
        value["id"] = "c1".into();
    }
    value
}

#[test]
fn every_kind_reads_as_a_person_would_write_it() {
    let mut all = String::new();
    for kind in Kind::ALL {
        let value = plain(kind);
        let notes = match kind {
            Kind::ConditionalAccessPolicy => vec![
                note(
                    "",
                    "Written from the tenant. A long note goes on in the next line when there are more words than a line of about ninety columns can hold.",
                ),
                note("/conditions/users/includeRoles/1", "another role"),
                note("/grantControls", "a control"),
            ],
            Kind::AuthenticationStrength => vec![note(
                "/combinationConfigurations/0/allowedAAGUIDs",
                "one model of key",
            )],
            _ => Vec::new(),
        };
        let text = document(kind, &value, &notes);
        let mut wanted = value.clone();
        wanted["kind"] = kind.as_str().into();
        assert_eq!(read(&text), wanted);
        all.push_str("---\n");
        all.push_str(&text);
    }
    insta::assert_snapshot!(all);
}

/// Any text, with a leaning to what is dangerous in YAML.
pub(crate) fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[ -~]{0,12}",
        2 => proptest::collection::vec(any::<char>(), 0..8).prop_map(String::from_iter),
        2 => "[-0-9a-fxoeE_.:+TZ]{1,8}",
        2 => "[\\[\\]{},:#&*!|>'\"%@`$ \\\\\n\r\t?-]{0,6}",
        1 => "[ab: #\u{85}\u{a0}\u{2028}\u{2029}\u{feff}\u{200d}\u{202e}\u{0}]{0,6}",
        1 => proptest::sample::select(WORDS.to_vec()).prop_map(str::to_owned),
        1 => Just("${x}".to_owned()),
        1 => "[a-z ]{70,120}",
        1 => "k{1000,1100}",
    ]
}

/// Any value that a manifest can hold below its top.
pub(crate) fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        4 => any_text().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<u64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => (-20_i64..20).prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::vec((any_text(), inner), 0..5).prop_map(object),
        ]
    })
}

fn object(entries: Vec<(String, Value)>) -> Value {
    entries
        .into_iter()
        .filter(|(name, _)| name != "<<")
        .collect()
}

/// Any properties of a manifest.
pub(crate) fn any_object() -> impl Strategy<Value = Value> {
    proptest::collection::vec((any_text(), any_value()), 0..6).prop_map(object)
}

pub(crate) fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(map) => map
            .iter()
            .for_each(|(name, v)| pointers(v, &below(at, name), found)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(index, v)| pointers(v, &format!("{at}/{index}"), found)),
        _ => {}
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(value in any_object()) {
        let text = document(Kind::Group, &value, &[]);
        prop_assert!(text.ends_with('\n') && !text.ends_with("\n\n") && !text.contains('\r'));
        prop_assert_eq!(read(&text), with_kind(&value));
    }

    #[test]
    fn notes_never_change_the_value(
        value in any_object(),
        chosen in proptest::collection::vec((any::<prop::sample::Index>(), any_text()), 0..4),
    ) {
        let mut places = Vec::new();
        pointers(&value, "", &mut places);
        let notes: Vec<Note> = chosen
            .iter()
            .map(|(index, text)| note(index.get::<String>(&places), text))
            .collect();
        let text = document(Kind::Group, &value, &notes);
        prop_assert_eq!(read(&text), with_kind(&value));
        let plain: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
        let without: serde_yaml::Value =
            serde_yaml::from_str(&document(Kind::Group, &value, &[])).unwrap();
        prop_assert_eq!(plain, without);
    }

    /// Directly, without our loader: one scalar is the same text in every position.
    #[test]
    fn one_text_survives_in_every_position(text in any_text()) {
        for yaml in [
            format!("[{}]", quoted(&text, true)),
            format!("- {}", quoted(&text, false)),
        ] {
            let back: Vec<String> = serde_yaml::from_str(&yaml).unwrap();
            prop_assert_eq!(&back, std::slice::from_ref(&text));
        }
    }
}
