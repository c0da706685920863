use serde_json::json;

use super::*;
use crate::model::refs::RefKind;

const ID: &str = "11111111-2222-3333-4444-555555555555";
const GROUP: &str = "aaaaaaaa-0000-0000-0000-000000000001";

fn of(files: &[(&str, &str)]) -> Export {
    let mut reader = Reader::default();
    for (name, text) in files {
        reader.add(name, Path::new(name), text.as_bytes(), files.len() == 1);
    }
    reader.finish()
}

fn of_one(text: &str) -> Export {
    of(&[("export.json", text)])
}

fn of_value(value: &Value) -> Export {
    of_one(&value.to_string())
}

fn policy(name: &str) -> Value {
    json!({
        "id": ID,
        "displayName": name,
        "state": "enabled",
        "conditions": {
            "clientAppTypes": ["all"],
            "applications": {"includeApplications": ["All"]},
            "users": {"includeUsers": ["All"], "excludeGroups": [GROUP]},
        },
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
    })
}

/// `code place: message` of each finding.
fn told(export: &Export) -> Vec<String> {
    export
        .findings
        .iter()
        .map(|f| {
            let place = f.place.as_ref().map_or(String::new(), |p| format!(" {p}"));
            format!("{} {}{place}: {}", f.severity, f.code, f.message)
        })
        .collect()
}

fn names(export: &Export) -> Vec<&str> {
    export.objects.iter().map(|o| o.object.name()).collect()
}

#[test]
fn every_encoding_gives_the_same_object() {
    let text = serde_json::to_string_pretty(&policy("Überall"))
        .unwrap()
        .replace('\n', "\r\n");
    let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let mark = |mark: &[u8], rest: &[u8]| [mark, rest].concat();
    let utf8_mark = [0xEF, 0xBB, 0xBF];
    let expected = of_one(&text).objects.remove(0).object;
    for bytes in [
        mark(&utf8_mark, text.as_bytes()),
        mark(&utf8_mark, &mark(&utf8_mark, text.as_bytes())),
        mark(&[0xFF, 0xFE], &le),
        mark(&[0xFE, 0xFF], &be),
        le.clone(),
        be.clone(),
    ] {
        let mut reader = Reader::default();
        reader.add("a.json", Path::new("a.json"), &bytes, true);
        let export = reader.finish();
        assert_eq!(told(&export), Vec::<String>::new());
        assert_eq!(export.objects[0].object, expected);
    }
}

#[test]
fn every_way_to_put_objects_together_is_read() {
    let (a, b) = (policy("A"), {
        let mut b = policy("B");
        b["id"] = json!("11111111-2222-3333-4444-555555555556");
        b
    });
    for text in [
        json!([a, b]).to_string(),
        json!([[a], [b]]).to_string(),
        json!({"value": [a, b]}).to_string(),
        json!({"value": [a, b], "Count": 2}).to_string(),
        format!("{}\n{}\n", json!({"value": [a]}), json!({"value": [b]})),
        format!("{a}\n{b}\n"),
        json!({"exportedAt": "today", "policies": [a, b]}).to_string(),
        json!({"responses": [{"id": "1", "status": 200, "body": {"value": [a, b]}}]}).to_string(),
    ] {
        let export = of_one(&text);
        assert_eq!(names(&export), ["A", "B"], "{text}");
        assert_eq!(told(&export), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_page_with_a_next_page_is_told() {
    let export = of_value(&json!({"value": [policy("A")], "@odata.nextLink": "https://x"}));
    assert_eq!(names(&export), ["A"]);
    assert_eq!(export.findings[0].code, Code::PartialList);
}

#[test]
fn groups_and_tables_give_names_to_ids() {
    let export = of(&[
        ("x/ConditionalAccess/a.json", &policy("A").to_string()),
        (
            "x/Groups/g.json",
            &json!({"id": GROUP.to_uppercase(), "displayName": "Break glass", "securityEnabled": true}).to_string(),
        ),
    ]);
    assert_eq!(told(&export), Vec::<String>::new());
    let known = export.names.by_id(RefKind::Group, GROUP).unwrap();
    assert_eq!(
        (known.name.as_str(), known.id.as_str()),
        ("Break glass", GROUP)
    );
    let group = export
        .objects
        .iter()
        .find(|o| o.kind == Kind::Group)
        .unwrap();
    assert!(group.companion);
}
