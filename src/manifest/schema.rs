//! JSON Schemas of the documents that people write, and checks against them.
//!
//! schemars makes the schemas from the model, so that what is documented, what an editor
//! completes and what is refused are one. The only module that calls the jsonschema
//! crate, whose interface changes often.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use super::config::Config;
use super::finding::{Code, Finding, did_you_mean};
use super::yaml::Document;
use crate::model::normal::{ANSWER_ONLY, holds_something, is_annotation};
use crate::model::{self, Kind};

/// The name of the schema file that manifests name in their modeline.
pub const MANIFEST_SCHEMA_FILE: &str = "gatewright.schema.json";
/// The name of the schema file of `gatewright.yaml`.
pub const CONFIG_SCHEMA_FILE: &str = "config.schema.json";

/// A kind of document that has a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Of {
    /// A manifest of one kind.
    Manifest(Kind),
    /// `gatewright.yaml`.
    Config,
}

/// The schema of every manifest: one branch for each kind.
pub fn manifest_schema() -> Value {
    let mut defs = Map::new();
    for kind in Kind::ALL {
        let mut schema = kind_schema(kind);
        if let Some(Value::Object(inner)) = schema.remove("$defs") {
            defs.extend(inner);
        }
        schema.shift_remove("$schema");
        defs.insert(kind.as_str().to_owned(), Value::Object(schema));
    }
    let branches: Vec<Value> = Kind::ALL
        .iter()
        .rev()
        .map(|kind| json!({ "$ref": format!("#/$defs/{kind}") }))
        .collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "gatewright manifest",
        "description": "The desired state of one object of Microsoft Entra ID.",
        "oneOf": branches,
        "$defs": defs,
    })
}

/// The schema of `gatewright.yaml`.
pub fn config_schema() -> Value {
    let mut schema = generate::<Config>();
    schema.insert("title".to_owned(), json!("gatewright project"));
    Value::Object(schema)
}

/// The schema of manifests of one kind, complete in itself.
fn kind_schema(kind: Kind) -> Map<String, Value> {
    let mut schema = match kind {
        Kind::Group => generate::<model::group::Group>(),
        Kind::TestUser => generate::<model::user::TestUser>(),
        Kind::NamedLocation => generate::<model::location::NamedLocation>(),
        Kind::AuthenticationStrength => generate::<model::strength::AuthenticationStrength>(),
        Kind::AuthenticationContext => generate::<model::context::AuthenticationContext>(),
        Kind::ConditionalAccessPolicy => generate::<model::policy::ConditionalAccessPolicy>(),
    };
    schema.insert("title".to_owned(), json!(kind.as_str()));
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        let mut all = Map::new();
        all.insert(
            "kind".to_owned(),
            json!({ "const": kind.as_str(), "description": format!("A {}.", kind.words()) }),
        );
        all.append(properties);
        all.insert(
            "renamedFrom".to_owned(),
            json!({
                "type": ["array", "null"],
                "items": { "type": "string", "minLength": 1 },
                "description": "Former names of the object, so that a rename is a change and not a new object.",
            }),
        );
        all.insert(
            "ignoreChanges".to_owned(),
            json!({
                "type": ["array", "null"],
                "items": { "type": "string", "minLength": 1 },
                "description": "Properties that another writer owns, such as `conditions.users.excludeUsers`. Their live value is kept.",
            }),
        );
        *properties = all;
    }
    let required = schema.entry("required").or_insert_with(|| json!([]));
    if let Value::Array(names) = required {
        names.insert(0, json!("kind"));
    }
    schema
}

fn generate<T: JsonSchema>() -> Map<String, Value> {
    let schema = SchemaSettings::draft2020_12()
        .with_transform(RecursiveTransform(strict as fn(&mut Schema)))
        .into_generator()
        .into_root_schema_for::<T>();
    match schema.to_value() {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// Objects take no other members than those named, annotations of OData aside; defaults
/// are the service's and no part of the schema.
fn strict(schema: &mut Schema) {
    let Some(map) = schema.as_object_mut() else {
        return;
    };
    map.shift_remove("default");
    map.shift_remove("format");
    if map.contains_key("properties") && !map.contains_key("additionalProperties") {
        map.insert("additionalProperties".to_owned(), json!(false));
        map.insert(
            "patternProperties".to_owned(),
            json!({ "@odata\\.|^#": true }),
        );
    }
}

struct Compiled {
    schema: Value,
    validator: Option<jsonschema::Validator>,
    /// Where each property may stand: dotted paths by name.
    homes: BTreeMap<String, Vec<String>>,
}

fn compiled(of: Of) -> &'static Compiled {
    static MANIFESTS: [OnceLock<Compiled>; 6] = [const { OnceLock::new() }; 6];
    static CONFIG: OnceLock<Compiled> = OnceLock::new();
    let make = |schema: Map<String, Value>| {
        let schema = Value::Object(schema);
        let mut homes = BTreeMap::new();
        collect_homes(&schema, &schema, "", 0, &mut homes);
        // The schemas are ours; a unit test compiles every one.
        let validator = jsonschema::validator_for(&schema).ok();
        Compiled {
            schema,
            validator,
            homes,
        }
    };
    match of {
        Of::Manifest(kind) => MANIFESTS[kind as usize].get_or_init(|| make(kind_schema(kind))),
        Of::Config => CONFIG.get_or_init(|| make(generate::<Config>())),
    }
}

fn collect_homes(
    root: &Value,
    schema: &Value,
    at: &str,
    depth: usize,
    homes: &mut BTreeMap<String, Vec<String>>,
) {
    if depth > 8 {
        return;
    }
    for child in subschemas(root, schema) {
        if let Some(properties) = child.get("properties").and_then(Value::as_object) {
            for (name, property) in properties {
                let path = if at.is_empty() {
                    name.clone()
                } else {
                    format!("{at}.{name}")
                };
                let known = homes.entry(name.clone()).or_default();
                if !known.contains(&path) {
                    known.push(path.clone());
                    collect_homes(root, property, &path, depth + 1, homes);
                }
            }
        }
    }
}

/// The schema itself behind `$ref`, and its `anyOf` branches.
fn subschemas<'a>(root: &'a Value, schema: &'a Value) -> Vec<&'a Value> {
    let mut found = vec![schema];
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str)
        && let Some(target) = root.pointer(reference.trim_start_matches('#'))
    {
        found.push(target);
    }
    if let Some(branches) = schema.get("anyOf").and_then(Value::as_array) {
        for branch in branches {
            found.extend(subschemas(root, branch));
        }
    }
    found
}

/// True when `path`, dotted, names a property of manifests of `kind`.
pub fn is_property(kind: Kind, path: &str) -> bool {
    let last = path.rsplit('.').next().unwrap_or(path);
    compiled(Of::Manifest(kind))
        .homes
        .get(last)
        .is_some_and(|homes| homes.iter().any(|home| home == path))
}

/// The dotted path that `path` was most likely meant to be.
pub fn nearest_property(kind: Kind, path: &str) -> Option<&'static str> {
    let homes = &compiled(Of::Manifest(kind)).homes;
    let last = path.rsplit('.').next().unwrap_or(path);
    if let Some([only]) = homes.get(last).map(Vec::as_slice) {
        return Some(only);
    }
    did_you_mean(path, homes.values().flatten().map(String::as_str))
}

/// Checks a document against its schema. Every fault is a finding at its place.
pub fn check(of: Of, document: &Document, findings: &mut Vec<Finding>) {
    let compiled = compiled(of);
    let Some(validator) = &compiled.validator else {
        return;
    };
    for error in validator.iter_errors(&document.value) {
        translate(compiled, of, document, &error, findings);
    }
    hint_read_only(compiled, document, findings);
}

fn translate(
    compiled: &Compiled,
    of: Of,
    document: &Document,
    error: &jsonschema::ValidationError<'_>,
    findings: &mut Vec<Finding>,
) {
    let pointer = error.instance_path().as_str().to_owned();
    let what = path_words(&pointer);
    let value = error.instance();
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            for name in unexpected {
                let empty = value.get(name).is_none_or(|v| !holds_something(v));
                if empty && ANSWER_ONLY.contains(&name.as_str()) {
                    continue; // a pasted answer: told by the hint on read-only members
                }
                findings.push(unknown_property(
                    compiled, of, document, &pointer, name, error,
                ));
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
                    ("", _) => finding = finding.rule("CA-R01"),
                    ("/grantControls", "operator") => finding = finding.rule("CA-R10"),
                    _ => {}
                }
            }
            findings.push(finding.help(missing_help(of, &pointer, name)));
        }
        ValidationErrorKind::Enum { options } => {
            let finding = bad_value(document, &pointer, &what, value, options, of);
            // The type says the same with less help.
            findings.retain(|f| f.code != Code::WrongType || f.place != finding.place);
            findings.push(finding);
        }
        ValidationErrorKind::Constant { expected_value } => {
            let options = Value::Array(vec![(**expected_value).clone()]);
            findings.push(bad_value(document, &pointer, &what, value, &options, of));
        }
        ValidationErrorKind::Type { kind } => {
            findings.push(wrong_type(
                document,
                &pointer,
                &what,
                value,
                &expected(kind),
            ));
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
                findings.push(bad_value(document, &pointer, &what, value, &options, of));
            } else if let Some(branch) = fitting.first() {
                for inner in *branch {
                    translate(compiled, of, document, inner, findings);
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
                    finding.rule("AC-R01")
                }
                _ => rule_r05(of, finding),
            };
            findings.push(finding.at(place));
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
                    _ => format!("the greatest value is {limit}"),
                }),
        ),
        ValidationErrorKind::MinLength { .. } => findings.push(
            Finding::error(Code::BadValue, format!("{what} is empty"))
                .at(document.place(&pointer))
                .help("give it a text"),
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
                .help(format!("the least value is {limit}")),
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

fn unknown_property(
    compiled: &Compiled,
    of: Of,
    document: &Document,
    pointer: &str,
    name: &str,
    error: &jsonschema::ValidationError<'_>,
) -> Finding {
    let here = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
    let known = siblings(compiled, error);
    let siblings: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    let finding = Finding::error(
        Code::UnknownProperty,
        format!("unknown property `{name}`{}", within(pointer)),
    )
    .at(document.key_place(&here));
    let finding = rule_r05(of, finding);
    if let Some(meant) = did_you_mean(name, siblings.iter().copied()) {
        return finding.help(format!("did you mean `{meant}`?"));
    }
    if let Some(homes) = compiled.homes.get(name) {
        let homes: Vec<String> = homes.iter().take(3).map(|h| format!("`{h}`")).collect();
        return finding.help(format!(
            "`{name}` belongs at {}: check the indentation",
            homes.join(" or ")
        ));
    }
    let writable: Vec<&str> = known
        .iter()
        .filter(|(_, schema)| schema.get("readOnly") != Some(&Value::Bool(true)))
        .map(|(name, _)| *name)
        .collect();
    if writable.is_empty() {
        return finding.help("take it out");
    }
    finding.help(format!("the properties are {}", list(&writable)))
}

/// The properties beside those that `error` is about, with their schemas.
fn siblings<'a>(
    compiled: &'a Compiled,
    error: &jsonschema::ValidationError<'_>,
) -> Vec<(&'a str, &'a Value)> {
    let path = error.schema_path().as_str();
    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
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
        other => format!("it must match `{other}`"),
    }
}

/// CA-R05: the service refuses unknown members and unknown enum texts of a policy.
fn rule_r05(of: Of, finding: Finding) -> Finding {
    if matches!(of, Of::Manifest(Kind::ConditionalAccessPolicy)) {
        finding.rule("CA-R05")
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
) -> Finding {
    let options: Vec<&str> = options
        .as_array()
        .map(|items| items.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    if !value.is_string() {
        let expected = ["a text".to_owned()];
        let mut finding = wrong_type(document, pointer, what, value, &expected);
        if !options.is_empty() {
            finding = finding.help(format!("it is one of {}", list(&options)));
        }
        return finding;
    }
    let text = value.as_str().unwrap_or_default();
    rule_r05(
        of,
        value_finding(text, what, &options).at(document.place(pointer)),
    )
}

fn value_finding(text: &str, what: &str, options: &[&str]) -> Finding {
    let finding = Finding::error(Code::BadValue, format!("`{text}` is not a value of {what}"));
    match did_you_mean(text, options.iter().copied()) {
        Some(meant) => finding.help(format!("did you mean `{meant}`?")),
        None => finding.help(format!("it is one of {}", list(options))),
    }
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
    let written = document.file.text.get(place.range.clone());
    let from_variable = written.is_some_and(|text| text.contains("${"));
    let help = match (value, wanted.first()) {
        (Value::Bool(_) | Value::Number(_), Some(&"a text")) if from_variable => {
            "the value comes from the variable: put it in quotes in gatewright.yaml".to_owned()
        }
        (Value::Bool(_) | Value::Number(_), Some(&"a text")) => {
            "put it in quotes if a text is meant".to_owned()
        }
        (Value::String(text), Some(&"a list")) => format!("write `[{text}]`"),
        (Value::String(text), Some(&"true or false"))
            if ["yes", "on", "no", "off"].contains(&text.to_lowercase().as_str()) =>
        {
            "YAML 1.2 knows `true` and `false` alone".to_owned()
        }
        (Value::String(text), Some(&"true or false"))
            if ["true", "false"].contains(&text.as_str()) =>
        {
            format!("write `{text}` without quotes")
        }
        (Value::Array(items), Some(&"a text")) => match items.as_slice() {
            [Value::String(text)] => format!("write `{}`", clip(text)),
            _ => "write one text in place of the list".to_owned(),
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
    Finding::error(Code::WrongType, message)
        .at(place)
        .help(help)
}

fn hint_read_only(compiled: &Compiled, document: &Document, findings: &mut Vec<Finding>) {
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
            1 => ("is set by the service and has", "take the line out"),
            _ => ("are set by the service and have", "take the lines out"),
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
        "id" => "add `id:` with one of `c1` to `c99`".to_owned(),
        "state" => {
            "add `state: enabled`, `disabled` or `enabledForReportingButNotEnforced`".to_owned()
        }
        "operator" => {
            "add `operator: OR` (one requirement is enough) or `AND` (all are needed)".to_owned()
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
        Value::String(text) => format!("the text `{}`", clip(text)),
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

/// `/conditions/users/includeUsers/0` as a person says it: `` `conditions.users.includeUsers[0]` ``.
pub fn path_words(pointer: &str) -> String {
    if pointer.is_empty() {
        return "the document".to_owned();
    }
    format!("`{}`", dotted(pointer))
}

/// A JSON pointer as a dotted path.
pub fn dotted(pointer: &str) -> String {
    let mut text = String::new();
    for part in pointer.split('/').skip(1) {
        if !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()) {
            text.push_str(&format!("[{part}]"));
        } else {
            if !text.is_empty() {
                text.push('.');
            }
            text.push_str(&part.replace("~1", "/").replace("~0", "~"));
        }
    }
    text
}

fn within(pointer: &str) -> String {
    if pointer.is_empty() {
        String::new()
    } else {
        format!(" in {}", path_words(pointer))
    }
}

fn list(options: &[&str]) -> String {
    options
        .iter()
        .filter(|o| !o.starts_with('@'))
        .map(|o| format!("`{o}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_compiles_and_every_property_has_a_description() {
        for of in Kind::ALL.map(Of::Manifest).into_iter().chain([Of::Config]) {
            let compiled = compiled(of);
            assert!(compiled.validator.is_some(), "{of:?}");
            let mut stack = vec![("", &compiled.schema)];
            while let Some((name, value)) = stack.pop() {
                if let Some(map) = value.as_object() {
                    for (key, child) in map {
                        if key == "properties" {
                            for (property, schema) in child.as_object().unwrap() {
                                assert!(
                                    schema.get("description").is_some(),
                                    "{of:?} {property} in {name}: {schema}"
                                );
                            }
                        }
                        stack.push((key, child));
                    }
                }
                if let Some(items) = value.as_array() {
                    stack.extend(items.iter().map(|item| (name, item)));
                }
            }
        }
    }

    #[test]
    fn the_combined_schema_compiles() {
        assert!(jsonschema::validator_for(&manifest_schema()).is_ok());
    }

    #[test]
    fn paths_of_ignore_changes_are_known() {
        let kind = Kind::ConditionalAccessPolicy;
        assert!(is_property(kind, "conditions.users.excludeUsers"));
        assert!(!is_property(kind, "conditions.users.excludeUser"));
        assert_eq!(
            nearest_property(kind, "conditions.users.excludeUser"),
            Some("conditions.users.excludeUsers")
        );
        assert_eq!(
            nearest_property(kind, "excludeUsers"),
            Some("conditions.users.excludeUsers")
        );
    }
}
