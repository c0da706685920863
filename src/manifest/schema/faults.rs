//! What the JSON Schema finds wrong, in a person's words and with a way out.

use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde_json::{Value, json};

use super::portal;
use super::repair::Repair;
use super::{Compiled, Of};
use crate::finding::{Code, Finding, Graph, did_you_mean, is_slip};
use crate::manifest::write::flow;
use crate::manifest::yaml::Document;
use crate::model::Kind;
use crate::model::normal::{ANSWER_ONLY, holds_something, is_annotation};
use crate::text::few_names;
use crate::text::pointer::{above, below, dotted};

pub(super) fn translate(
    compiled: &Compiled,
    of: Of,
    document: &Document,
    error: &jsonschema::ValidationError<'_>,
    findings: &mut Vec<Finding>,
    repairs: &mut Vec<Repair>,
) {
    let pointer = error.instance_path().as_str().to_owned();
    let what = path_words(&pointer);
    let value = error.instance();
    if !is_repaired_by_kind(error.kind()) {
        repairs.push(Repair::Drop(pointer.clone()));
    }
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            for name in unexpected {
                let empty = value.get(name).is_none_or(|v| !holds_something(v));
                if empty && ANSWER_ONLY.contains(&name.as_str()) {
                    continue; // a pasted answer: told by the hint on read-only members
                }
                let (finding, meant) =
                    unknown_property(compiled, of, document, &pointer, name, error);
                findings.push(finding);
                let pointer = below(&pointer, name);
                repairs.push(match meant {
                    Some(meant) => Repair::Rename {
                        pointer,
                        to: meant.to_owned(),
                    },
                    None => Repair::Drop(pointer),
                });
            }
        }
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            if is_misspelt(compiled, value, name, error) {
                return; // told as an unknown property, with the right spelling
            }
            let mut finding = Finding::error(
                Code::MissingProperty,
                format!("`{name}` is missing{}", within(&pointer)),
            )
            .at(document.key_place(&pointer));
            if matches!(of, Of::Manifest(Kind::ConditionalAccessPolicy)) {
                match (pointer.as_str(), name) {
                    ("", _) => finding = finding.rule(Graph::CaR01),
                    ("/grantControls", "operator") => finding = finding.rule(Graph::CaR10),
                    _ => {}
                }
            }
            findings.push(finding.help(missing_help(of, &pointer, name)));
            repairs.push(Repair::Drop(below(&pointer, name)));
        }
        ValidationErrorKind::Enum { options } => {
            let finding = bad_value(document, &pointer, &what, value, options, of, repairs);
            // The type says the same with less help.
            findings.retain(|f| f.code != Code::WrongType || f.place != finding.place);
            findings.push(finding);
        }
        ValidationErrorKind::Constant { expected_value } => {
            let options = Value::Array(vec![(**expected_value).clone()]);
            let finding = bad_value(document, &pointer, &what, value, &options, of, repairs);
            findings.push(finding);
        }
        ValidationErrorKind::Type { kind } => {
            findings.push(wrong_type(
                document,
                &pointer,
                &what,
                value,
                &expected(kind),
            ));
            repairs.push(Repair::Drop(pointer));
        }
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
            // The branch that fits the value's type says best what is wrong.
            let fitting: Vec<_> = context
                .iter()
                .filter(|branch| !misfits(branch, &pointer))
                .collect();
            // Values with a description each come as one branch for each.
            let branches = if fitting.is_empty() {
                context.iter().filter(|b| !is_null(b, &pointer)).collect()
            } else {
                fitting.clone()
            };
            let each: Vec<Vec<Value>> = branches.iter().map(|b| constants(b, &pointer)).collect();
            let options: Vec<Value> = each.concat();
            if !options.is_empty() && each.iter().all(|values| !values.is_empty()) {
                let options = Value::Array(options);
                let finding = bad_value(document, &pointer, &what, value, &options, of, repairs);
                findings.push(finding);
            } else if let Some(branch) = fitting.first() {
                for inner in *branch {
                    translate(compiled, of, document, inner, findings, repairs);
                }
            } else {
                let mut expected_types: Vec<String> = Vec::new();
                types_of(context, &mut expected_types);
                findings.push(wrong_type(
                    document,
                    &pointer,
                    &what,
                    value,
                    &expected_types,
                ));
                repairs.push(Repair::Drop(pointer));
            }
        }
        ValidationErrorKind::Pattern { pattern } => {
            let place = document.place(&pointer);
            let options = flag_options(pattern);
            let finding = if options.is_empty() {
                Finding::error(
                    Code::BadValue,
                    format!("{} is not a valid {what}", shown(value)),
                )
                .help(pattern_help(pattern))
            } else {
                let bad = value
                    .as_str()
                    .unwrap_or_default()
                    .split(',')
                    .map(str::trim)
                    .find(|part| !options.contains(part))
                    .unwrap_or_default();
                value_finding(bad, &what, &options)
            };
            let finding = match of {
                Of::Manifest(Kind::AuthenticationContext) if pointer == "/id" => {
                    finding.rule(Graph::AcR01)
                }
                _ => rule_r05(of, finding),
            };
            findings.push(finding.at(place));
            repairs.push(Repair::Drop(pointer));
        }
        ValidationErrorKind::MinItems { .. } => findings.push(
            Finding::error(Code::BadValue, format!("{what} is empty"))
                .at(document.place(&pointer))
                .help(match pointer.as_str() {
                    "/manifests" => "name the folder of the manifests, such as `[policies]`",
                    _ => "write at least one entry",
                }),
        ),
        ValidationErrorKind::Maximum { limit } => findings.push(
            Finding::error(Code::BadValue, format!("{what} is greater than {limit}"))
                .at(document.place(&pointer))
                .help(match pointer.as_str() {
                    "/version" => {
                        format!("write `version: {limit}`: a higher one needs a newer gatewright")
                    }
                    _ => format!("the maximum is {limit}"),
                }),
        ),
        ValidationErrorKind::MinLength { .. } => findings.push(
            Finding::error(Code::BadValue, format!("{what} is empty"))
                .at(document.place(&pointer))
                .help("give it a value"),
        ),
        ValidationErrorKind::MaxLength { limit } => findings.push(
            Finding::error(
                Code::BadValue,
                format!("{what} is longer than {limit} characters"),
            )
            .at(document.place(&pointer))
            .help("shorten it"),
        ),
        ValidationErrorKind::Minimum { limit } => findings.push(
            Finding::error(Code::BadValue, format!("{what} is less than {limit}"))
                .at(document.place(&pointer))
                .help(format!("the minimum is {limit}")),
        ),
        other => findings.push(
            Finding::error(
                Code::BadValue,
                format!("{what} is not valid ({})", other.keyword()),
            )
            .at(document.place(&pointer))
            .help("see the JSON Schema (`gatewright schema`)"),
        ),
    }
}

/// Whether more can be said of how to go on than that the value is left out.
fn is_repaired_by_kind(kind: &ValidationErrorKind) -> bool {
    matches!(
        kind,
        ValidationErrorKind::AdditionalProperties { .. }
            | ValidationErrorKind::Required { .. }
            | ValidationErrorKind::Enum { .. }
            | ValidationErrorKind::Constant { .. }
            | ValidationErrorKind::Type { .. }
            | ValidationErrorKind::AnyOf { .. }
            | ValidationErrorKind::OneOfNotValid { .. }
            | ValidationErrorKind::Pattern { .. }
    )
}

/// The finding, and the name that was meant.
fn unknown_property<'a>(
    compiled: &'a Compiled,
    of: Of,
    document: &Document,
    pointer: &str,
    name: &str,
    error: &jsonschema::ValidationError<'_>,
) -> (Finding, Option<&'a str>) {
    let here = below(pointer, name);
    let known = siblings(compiled, error);
    let siblings: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    let finding = Finding::error(
        Code::UnknownProperty,
        format!("unknown property `{name}`{}", within(pointer)),
    )
    .at(document.key_place(&here));
    let finding = rule_r05(of, finding);
    if let Some(meant) = did_you_mean(name, siblings.iter().copied()) {
        let finding = finding.help(format!("did you mean `{meant}`?"));
        return match error.instance().get(meant) {
            Some(_) => (finding, None),
            None => (finding.fix(name, meant, is_slip(name, meant)), Some(meant)),
        };
    }
    if let Some(homes) = compiled.homes.get(name) {
        let homes: Vec<String> = homes.iter().take(3).map(|h| format!("`{h}`")).collect();
        let help = format!(
            "`{name}` belongs at {}: check the indentation",
            homes.join(" or ")
        );
        return (finding.help(help), None);
    }
    let writable: Vec<&str> = known
        .iter()
        .filter(|(_, schema)| schema.get("readOnly") != Some(&Value::Bool(true)))
        .map(|(name, _)| *name)
        .collect();
    let help = match writable.is_empty() {
        true => "remove it".to_owned(),
        false => format!("the properties are {}", list(&writable)),
    };
    (finding.help(help), None)
}

/// The properties beside those that `error` is about, with their schemas.
fn siblings<'a>(
    compiled: &'a Compiled,
    error: &jsonschema::ValidationError<'_>,
) -> Vec<(&'a str, &'a Value)> {
    let path = error.schema_path().as_str();
    let parent = above(path);
    compiled
        .schema
        .pointer(parent)
        .and_then(|schema| schema.get("properties"))
        .and_then(Value::as_object)
        .map(|map| map.iter().map(|(name, s)| (name.as_str(), s)).collect())
        .unwrap_or_default()
}

/// True when the missing property `name` is there under a name so close that it is told as
/// a misspelling.
fn is_misspelt(
    compiled: &Compiled,
    value: &Value,
    name: &str,
    error: &jsonschema::ValidationError<'_>,
) -> bool {
    let known: Vec<&str> = siblings(compiled, error).iter().map(|(n, _)| *n).collect();
    let strays = value.as_object().into_iter().flat_map(|map| map.keys());
    strays
        .filter(|key| !known.contains(&key.as_str()) && !is_annotation(key))
        .any(|key| did_you_mean(key, known.iter().copied()) == Some(name))
}

/// True when the value at `pointer` is not even of the branch's type.
fn misfits(branch: &[jsonschema::ValidationError<'static>], pointer: &str) -> bool {
    branch.iter().any(|error| {
        error.instance_path().as_str() == pointer
            && match error.kind() {
                ValidationErrorKind::Type { .. } => true,
                ValidationErrorKind::AnyOf { context }
                | ValidationErrorKind::OneOfNotValid { context } => {
                    context.iter().all(|inner| misfits(inner, pointer))
                }
                _ => false,
            }
    })
}

/// The values that a branch allows for the value at `pointer`, when it lists them.
fn constants(branch: &[jsonschema::ValidationError<'static>], pointer: &str) -> Vec<Value> {
    let here = branch
        .iter()
        .filter(|error| error.instance_path().as_str() == pointer);
    here.flat_map(|error| match error.kind() {
        ValidationErrorKind::Constant { expected_value } => vec![(**expected_value).clone()],
        ValidationErrorKind::Enum { options } => options.as_array().cloned().unwrap_or_default(),
        ValidationErrorKind::OneOfNotValid { context } => context
            .iter()
            .flat_map(|inner| constants(inner, pointer))
            .collect(),
        _ => Vec::new(),
    })
    .collect()
}

/// True for the branch that takes no value at all.
fn is_null(branch: &[jsonschema::ValidationError<'static>], pointer: &str) -> bool {
    branch.iter().any(|error| match error.kind() {
        ValidationErrorKind::Type { kind } => {
            error.instance_path().as_str() == pointer && expected(kind) == ["nothing"]
        }
        _ => false,
    })
}

/// The types that the branches would take.
fn types_of(branches: &[Vec<jsonschema::ValidationError<'static>>], found: &mut Vec<String>) {
    for error in branches.iter().flatten() {
        match error.kind() {
            ValidationErrorKind::Type { kind } => {
                for text in expected(kind) {
                    if !found.contains(&text) {
                        found.push(text);
                    }
                }
            }
            ValidationErrorKind::AnyOf { context }
            | ValidationErrorKind::OneOfNotValid { context } => types_of(context, found),
            _ => {}
        }
    }
}

/// A pattern of the schemas in words.
fn pattern_help(pattern: &str) -> String {
    match pattern {
        "^c[1-9][0-9]?$" => "it is one of `c1` to `c99`".to_owned(),
        "^[A-Z]{2}$" => "write two capital letters, such as `DE`".to_owned(),
        guid if guid.starts_with("^[0-9a-fA-F]{8}") => {
            "write an id such as `11111111-2222-3333-4444-555555555555`".to_owned()
        }
        "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" => "write a date such as `2027-01-31`".to_owned(),
        share if share.ends_with("%$") => "write a share such as `30%`".to_owned(),
        other => format!("it must match `{other}`"),
    }
}

/// CA-R05: the service refuses unknown members and unknown enum texts of a policy.
fn rule_r05(of: Of, finding: Finding) -> Finding {
    if matches!(of, Of::Manifest(Kind::ConditionalAccessPolicy)) {
        finding.rule(Graph::CaR05)
    } else {
        finding
    }
}

fn bad_value(
    document: &Document,
    pointer: &str,
    what: &str,
    value: &Value,
    options: &Value,
    of: Of,
    repairs: &mut Vec<Repair>,
) -> Finding {
    let options: Vec<&str> = options
        .as_array()
        .map(|items| items.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let Some(text) = value.as_str() else {
        repairs.push(Repair::Drop(pointer.to_owned()));
        let expected = ["a text".to_owned()];
        let finding = wrong_type(document, pointer, what, value, &expected);
        return match options.is_empty() {
            true => finding,
            false => finding.help(format!("it is one of {}", list(&options))),
        };
    };
    let finding = value_finding(text, what, &options);
    repairs.push(match meant_value(text, &options) {
        Some((meant, _)) => Repair::Replace {
            pointer: pointer.to_owned(),
            value: meant.into(),
        },
        None => Repair::Drop(pointer.to_owned()),
    });
    rule_r05(of, finding.at(document.place(pointer)))
}

fn value_finding(text: &str, what: &str, options: &[&str]) -> Finding {
    let finding = Finding::error(Code::BadValue, format!("`{text}` is not a value of {what}"));
    match meant_value(text, options) {
        Some((meant, is_safe)) => (finding.help(format!("did you mean `{meant}`?"))).fix(
            text,
            flow(&meant.into()),
            is_safe,
        ),
        None => finding.help(format!("it is one of {}", list(options))),
    }
}

/// The value that was likely meant, and whether that is beyond doubt: whether a policy is enforced
/// never is.
fn meant_value<'a>(text: &str, options: &[&'a str]) -> Option<(&'a str, bool)> {
    let meant = match portal::meant(text, options) {
        Some(meant) => return Some((meant, false)),
        None => did_you_mean(text, options.iter().copied())?,
    };
    let is_state = options.contains(&"enabledForReportingButNotEnforced");
    Some((meant, !is_state && is_slip(text, meant)))
}

fn wrong_type(
    document: &Document,
    pointer: &str,
    what: &str,
    value: &Value,
    expected: &[String],
) -> Finding {
    let wanted: Vec<&str> = expected
        .iter()
        .map(String::as_str)
        .filter(|text| *text != "nothing")
        .collect();
    let place = document.place(pointer);
    let written = place.file.text.get(place.range.clone());
    let from_variable = written.is_some_and(|text| text.contains("${"));
    let help = match (value, wanted.first()) {
        (Value::Bool(_) | Value::Number(_), Some(&"a text")) if from_variable => {
            "the value comes from a variable: put it in quotes in gatewright.yaml".to_owned()
        }
        (Value::Bool(_) | Value::Number(_), Some(&"a text")) => {
            "put it in quotes if it is a string".to_owned()
        }
        (Value::String(_), Some(&"a list")) => format!("write `{}`", flow(&json!([value]))),
        (Value::String(text), Some(&"true or false"))
            if ["yes", "on", "no", "off"].contains(&text.to_lowercase().as_str()) =>
        {
            "YAML 1.2 only knows `true` and `false`".to_owned()
        }
        (Value::String(text), Some(&"true or false"))
            if ["true", "false"].contains(&text.as_str()) =>
        {
            format!("write `{text}` without quotes")
        }
        (Value::Array(items), Some(&"a text")) => match items.as_slice() {
            [Value::String(text)] => format!("write `{}`", flow(&clip(text).into())),
            _ => "write one string instead of the list".to_owned(),
        },
        (_, Some(&"a list")) => "write one `- ` line for each entry, or `[...]`".to_owned(),
        (_, Some(&"a mapping")) => {
            "write its properties as `name: value`, indented below it".to_owned()
        }
        _ => format!("write {}", wanted.join(", or ")),
    };
    let message = match value {
        Value::Null => format!("{what} has no value, and must be {}", wanted.join(", or ")),
        _ => format!(
            "{what} must be {}, not {}",
            wanted.join(", or "),
            type_words(value)
        ),
    };
    let finding = Finding::error(Code::WrongType, message)
        .at(place)
        .help(help);
    match (value, wanted.first()) {
        (Value::String(text), Some(&"a list")) => finding.fix(text, flow(&json!([value])), true),
        (Value::String(text), Some(&"true or false")) => match text.to_lowercase().as_str() {
            meant @ ("true" | "false") => finding.fix(text, meant, true),
            "yes" | "on" => finding.fix(text, "true", false),
            "no" | "off" => finding.fix(text, "false", false),
            _ => finding,
        },
        _ => finding,
    }
}

pub(super) fn hint_read_only(
    compiled: &Compiled,
    document: &Document,
    findings: &mut Vec<Finding>,
) {
    let properties = compiled.schema.get("properties").and_then(Value::as_object);
    let (Some(properties), Some(map)) = (properties, document.value.as_object()) else {
        return;
    };
    let found: Vec<&str> = map
        .keys()
        .map(String::as_str)
        .filter(|name| {
            let read_only = properties
                .get(*name)
                .is_some_and(|p| p.get("readOnly") == Some(&Value::Bool(true)));
            // The member that tells a compliant network apart is not without effect.
            (read_only && *name != "compliantNetworkType" || ANSWER_ONLY.contains(name))
                && !is_annotation(name)
        })
        .collect();
    // One hint for all: a pasted answer holds many.
    if let Some(first) = found.first() {
        let (verb, help) = match found.len() {
            1 => ("is set by the service and has", "remove the line"),
            _ => ("are set by the service and have", "remove the lines"),
        };
        findings.push(
            Finding::hint(
                Code::ReadOnlyProperty,
                format!("{} {verb} no effect here", list(&found)),
            )
            .at(document.key_place(&format!("/{first}")))
            .help(help),
        );
    }
}

fn missing_help(of: Of, pointer: &str, name: &str) -> String {
    match name {
        "version" if of == Of::Config => "add `version: 1`".to_owned(),
        "manifests" if of == Of::Config && pointer.is_empty() => {
            "add `manifests: [policies]` with the folder of the manifests".to_owned()
        }
        "tenants" if of == Of::Config => {
            "add `tenants: { sandbox: { sandbox: .gatewright/sandbox.json } }`".to_owned()
        }
        "reason" => "add `reason:` and say why, for those who review it".to_owned(),
        "id" => "add `id:` with one of `c1` to `c99`".to_owned(),
        "state" => {
            "add `state: enabled`, `disabled` or `enabledForReportingButNotEnforced`".to_owned()
        }
        "operator" => {
            "add `operator: OR` (one requirement is enough) or `AND` (all are needed)".to_owned()
        }
        "target" if of == Of::Patch => {
            "add `target: { kind: ConditionalAccessPolicy, displayName: ... }`, with what the manifest has".to_owned()
        }
        other => format!("add `{other}:`"),
    }
}

fn expected(kind: &TypeKind) -> Vec<String> {
    match kind {
        TypeKind::Single(one) => vec![type_name(&one.to_string())],
        TypeKind::Multiple(set) => set.iter().map(|t| type_name(&t.to_string())).collect(),
    }
}

fn type_name(json_type: &str) -> String {
    match json_type {
        "string" => "a text",
        "array" => "a list",
        "object" => "a mapping",
        "boolean" => "true or false",
        "integer" => "a whole number",
        "number" => "a number",
        "null" => "nothing",
        other => other,
    }
    .to_owned()
}

fn type_words(value: &Value) -> String {
    match value {
        Value::Null => "empty".to_owned(),
        Value::Bool(flag) => format!("the boolean `{flag}`"),
        Value::Number(number) => format!("the number `{number}`"),
        Value::String(text) => format!("the string `{}`", clip(text)),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a mapping".to_owned(),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("`{}`", clip(text)),
        other => format!("`{}`", clip(&other.to_string())),
    }
}

fn clip(text: &str) -> String {
    if text.chars().count() > 60 {
        let head: String = text.chars().take(57).collect();
        format!("{head}...")
    } else {
        text.to_owned()
    }
}

/// The members of a flags pattern `^(a|b)( *, *(a|b))*$`.
fn flag_options(pattern: &str) -> Vec<&str> {
    pattern
        .strip_prefix("^(")
        .filter(|rest| rest.contains(")( *, *("))
        .and_then(|rest| rest.split(')').next())
        .map(|inner| inner.split('|').collect())
        .unwrap_or_default()
}

/// `/conditions/users/includeUsers/0` as a person says it: `` `conditions.users.includeUsers[0]`
/// ``.
pub fn path_words(pointer: &str) -> String {
    if pointer.is_empty() {
        return "the document".to_owned();
    }
    format!("`{}`", dotted(pointer))
}

fn within(pointer: &str) -> String {
    if pointer.is_empty() {
        String::new()
    } else {
        format!(" in {}", path_words(pointer))
    }
}

fn list(options: &[&str]) -> String {
    // A list of countries helps nobody.
    const MOST: usize = 50;
    let proper = options.iter().filter(|o| !o.starts_with('@'));
    few_names(proper, MOST)
}
