use super::*;
use crate::finding::source::SourceFile;
use crate::finding::{Code, Finding, Graph};
use crate::render::{json, review};

fn about() -> About {
    About {
        command: "plan",
        tenant: Some("prod eu".to_owned()),
        folder: "infra".to_owned(),
    }
}

#[test]
fn a_log_as_code_scanning_reads_it() {
    let file = SourceFile::new("policies/a b.yaml", "a", "state: on\nx: 1\n".to_owned());
    let finding = |range| {
        Finding::error(Code::GraphRule, "`on` is no state")
            .rule(Graph::CaR80)
            .at(Place::new(&file, range))
            .help("write `enabled`")
    };
    let list = [
        Finding::warning(Code::NoManifests, "nothing here"),
        finding(7..9).related(Place::new(&file, 10..11), "the same [x](y) {0}"),
        finding(10..14),
    ];
    let text = json::text(&remarks(&review::remarks(&list), &about()));
    let version = env!("CARGO_PKG_VERSION");
    insta::assert_snapshot!("sarif", text.replace(version, "[version]"));
}

#[test]
fn what_is_let_through_is_suppressed_and_not_left_out() {
    let finding = Finding::error(Code::Failed, "3 policies are deleted");
    let list = [Remark {
        finding: &finding,
        guard: Some("budget"),
        allowed: Some("--allow budget"),
    }];
    let log = serde_json::to_value(remarks(&list, &about())).unwrap();
    conforms(&log);
    let result = &log["runs"][0]["results"][0];
    assert_eq!(result["suppressions"][0]["justification"], "--allow budget");
    assert_eq!(result["level"], "error");
}

#[test]
fn fingerprints_stay_when_lines_move_and_tell_doubles_apart() {
    let prints = |source: &str, ranges: &[std::ops::Range<usize>]| -> Vec<String> {
        let file = SourceFile::new("a.yaml", "a", source.to_owned());
        let list: Vec<Finding> = ranges
            .iter()
            .map(|range| Finding::error(Code::BadValue, "no").at(Place::new(&file, range.clone())))
            .collect();
        let log = serde_json::to_value(remarks(&review::remarks(&list), &about())).unwrap();
        log["runs"][0]["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| {
                r["partialFingerprints"]["gatewright/v1"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            })
            .collect()
    };
    let before = prints("a: 1\nb: 2\n", &[0..1, 5..6]);
    let moved = prints("# new\na: 1\nb: 2\n", &[6..7, 11..12]);
    assert_eq!(before, moved);
    assert_ne!(before[0], before[1]);
}

#[test]
fn no_text_is_a_link_or_a_gap() {
    let told = |given: &str| text(given).text;
    assert_eq!(told("[All]"), "[All]");
    assert_eq!(told("[a](http://b)"), r"\[a\](http://b)");
    assert_eq!(told("a {0} {x} {12}"), "a {{0}} {x} {{12}}");
}

/// The part of the SARIF 2.1.0 schema that we use, closed: members, types and values.
fn conforms(log: &serde_json::Value) {
    use serde_json::json;
    let object = |required: serde_json::Value, properties: serde_json::Value| json!({"type": "object", "additionalProperties": false, "required": required, "properties": properties});
    let text = object(json!(["text"]), json!({"text": {"type": "string"}}));
    let whole = json!({"type": "integer", "minimum": 1});
    let location = object(
        json!(["physicalLocation"]),
        json!({
            "id": {"type": "integer", "minimum": 0},
            "message": text,
            "physicalLocation": object(json!(["artifactLocation", "region"]), json!({
                "artifactLocation": object(json!(["uri"]), json!({
                    "uri": {"type": "string", "minLength": 1, "pattern": r"^([A-Za-z0-9._~/-]|%[0-9A-F]{2})+$"},
                    "uriBaseId": {"const": "%SRCROOT%"},
                })),
                "region": object(json!(["startLine"]), json!({
                    "startLine": whole, "startColumn": whole, "endLine": whole, "endColumn": whole,
                })),
            })),
        }),
    );
    let help = json!({"text": {"type": "string"}, "markdown": {"type": "string"}});
    let level = json!({"enum": ["none", "error", "warning", "note"]});
    let rule = object(
        json!(["id", "shortDescription", "fullDescription", "help"]),
        json!({
            "id": {"type": "string"},
            "shortDescription": text,
            "fullDescription": text,
            "helpUri": {"type": "string", "pattern": "^https://"},
            "help": object(json!(["text", "markdown"]), help),
            "defaultConfiguration": object(json!(["level"]), json!({"level": level})),
        }),
    );
    let result = object(
        json!([
            "ruleId",
            "ruleIndex",
            "level",
            "message",
            "locations",
            "partialFingerprints"
        ]),
        json!({
            "ruleId": {"type": "string"},
            "ruleIndex": {"type": "integer", "minimum": 0},
            "level": {"enum": ["error", "warning", "note"]},
            "message": text,
            "locations": {"type": "array", "minItems": 1, "items": location},
            "relatedLocations": {"type": "array", "items": location},
            "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
            "suppressions": {"type": "array", "items": object(json!(["kind"]), json!({
                "kind": {"const": "external"}, "justification": {"type": "string"},
            }))},
        }),
    );
    let run = object(
        json!(["tool", "results"]),
        json!({
            "tool": object(json!(["driver"]), json!({
                "driver": object(json!(["name", "rules"]), json!({
                    "name": {"type": "string"},
                    "version": {"type": "string"},
                    "semanticVersion": {"type": "string"},
                    "rules": {"type": "array", "uniqueItems": true, "items": rule},
                })),
            })),
            "automationDetails": object(json!(["id"]), json!({"id": {"type": "string"}})),
            "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
            "results": {"type": "array", "items": result},
        }),
    );
    let schema = object(
        json!(["version", "runs"]),
        json!({
            "$schema": {"type": "string"},
            "version": {"const": "2.1.0"},
            "runs": {"type": "array", "minItems": 1, "items": run},
        }),
    );
    let validator = jsonschema::validator_for(&schema).unwrap();
    let faults: Vec<String> = validator.iter_errors(log).map(|e| e.to_string()).collect();
    assert!(faults.is_empty(), "{faults:#?}\n{log:#}");
    for result in log["runs"][0]["results"].as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        let rules = &log["runs"][0]["tool"]["driver"]["rules"];
        assert_eq!(rules[index]["id"], result["ruleId"]);
    }
}

proptest::proptest! {
    #[test]
    fn every_log_conforms(
        texts in proptest::collection::vec((".*", ".*", 0usize..40), 0..6),
        folder in "[a-z /.]{0,8}",
        tenant: Option<String>,
    ) {
        let codes = Code::ALL;
        let list: Vec<Finding> = texts
            .iter()
            .map(|(message, name, at)| {
                let finding = Finding::warning(codes[at % codes.len()], message.clone());
                if name.is_empty() {
                    return finding;
                }
                let file = SourceFile::new(name.clone(), "a", message.clone());
                let place = Place::new(&file, *at..at + 3);
                finding.at(place.clone()).related(place, message.clone()).help(name.clone())
            })
            .collect();
        let about = About { command: "plan", tenant, folder };
        conforms(&serde_json::to_value(remarks(&review::remarks(&list), &about)).unwrap());
    }
}
