//! JSON Schemas of the documents that people write, and checks against them.
//!
//! schemars makes the schemas from the model, so that what is documented, what an editor
//! completes and what is refused are one. The only module that calls the jsonschema
//! crate, whose interface changes often.

mod editor;
mod faults;
mod members;
mod patch;
mod portal;
mod repair;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

pub use faults::path_words;
use faults::{hint_read_only, translate};
use patch::patch_schema;
use repair::Repair;
pub use repair::Repaired;

use super::invariant::{INVARIANT, Invariant};
use super::scenario::{SCENARIO, Scenario};
use super::yaml::Document;
use crate::finding::{Finding, did_you_mean};
use crate::model::{self, Kind};
use crate::text::pointer::names;
use crate::whatif::SignIn;

/// The name of the schema file that manifests name in their modeline.
pub const MANIFEST_SCHEMA_FILE: &str = "gatewright.schema.json";
/// The name of the schema file of `gatewright.yaml`.
pub const CONFIG_SCHEMA_FILE: &str = "config.schema.json";
/// The name of the schema file of the files of `tenantFiles`.
pub const TENANT_SCHEMA_FILE: &str = "tenant.schema.json";
/// The name of the schema file of the guards file.
pub const GUARDS_SCHEMA_FILE: &str = "guards.schema.json";

/// The text of `kind:` of a patch.
pub const PATCH: &str = "Patch";

/// A kind of document that has a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// A manifest of one kind.
    Manifest(Kind),
    /// `gatewright.yaml`.
    Config,
    /// A file of `tenantFiles`.
    Tenant,
    /// The guards file.
    Guards,
    /// A `kind: Scenario`.
    Scenario,
    /// A `kind: Invariant`.
    Invariant,
    /// A `kind: Patch`.
    Patch,
    /// A sign-in in a file of its own.
    SignIn,
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
    for (name, mut schema) in [
        (SCENARIO, scenario_schema()),
        (INVARIANT, invariant_schema()),
    ] {
        if let Some(Value::Object(inner)) = schema.remove("$defs") {
            defs.extend(inner);
        }
        schema.shift_remove("$schema");
        defs.insert(name.to_owned(), Value::Object(schema));
    }
    patch::combined(&mut defs);
    editor::by_kind(defs)
}

/// The schema of scenarios, complete in itself.
fn scenario_schema() -> Map<String, Value> {
    let mut schema = generate::<Scenario>();
    with_kind(&mut schema, SCENARIO, "scenario", &[]);
    schema
}

/// The schema of invariants, complete in itself.
fn invariant_schema() -> Map<String, Value> {
    let mut schema = generate::<Invariant>();
    with_kind(&mut schema, INVARIANT, "claim about every sign-in", &[]);
    schema
}

/// The schema of a sign-in in a file of its own, as an editor wants it.
pub fn sign_in_schema() -> Value {
    let mut schema = generate::<SignIn>();
    schema.insert("title".to_owned(), json!("gatewright sign-in"));
    editor::settings(Value::Object(schema), "")
}

/// The schema of a file of settings, as an editor wants it. Texts have no variables below the
/// property `no_variables_below`.
pub fn of_settings<T: JsonSchema>(title: &str, no_variables_below: &str) -> Value {
    let mut schema = generate::<T>();
    schema.insert("title".to_owned(), json!(title));
    editor::settings(Value::Object(schema), no_variables_below)
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
    let texts = |description: &str| {
        json!({
            "type": ["array", "null"],
            "items": { "type": "string", "minLength": 1 },
            "description": description,
        })
    };
    let controls = [
        (
            "renamedFrom",
            texts("Former names of the object, so that a rename is a change and not a new object."),
        ),
        (
            "ignoreChanges",
            texts(
                "Properties that somebody else manages, such as `conditions.users.excludeUsers`. Their live value is kept.",
            ),
        ),
    ];
    with_kind(&mut schema, kind.as_str(), kind.words(), &controls);
    schema
}

/// Adds `kind`, which is required, and further properties.
fn with_kind(schema: &mut Map<String, Value>, kind: &str, words: &str, more: &[(&str, Value)]) {
    schema.insert("title".to_owned(), json!(kind));
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        let mut all = Map::new();
        all.insert(
            "kind".to_owned(),
            json!({ "const": kind, "description": format!("A {words}.") }),
        );
        all.append(properties);
        all.extend(
            more.iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone())),
        );
        *properties = all;
    }
    let required = schema.entry("required").or_insert_with(|| json!([]));
    if let Value::Array(names) = required {
        names.insert(0, json!("kind"));
    }
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

/// A schema that documents are checked against.
pub struct Compiled {
    of: Of,
    schema: Value,
    validator: Option<jsonschema::Validator>,
    /// Where each property may stand: dotted paths by name.
    homes: BTreeMap<String, Vec<String>>,
}

impl Compiled {
    /// The schema of a type.
    pub fn of<T: JsonSchema>(of: Of) -> Compiled {
        Compiled::new(of, generate::<T>())
    }

    fn new(of: Of, schema: Map<String, Value>) -> Compiled {
        let schema = Value::Object(schema);
        let mut homes = BTreeMap::new();
        collect_homes(&schema, &schema, "", 0, &mut homes);
        // The schemas are ours; a unit test compiles every one.
        let validator = jsonschema::validator_for(&schema).ok();
        Compiled {
            of,
            schema,
            validator,
            homes,
        }
    }

    /// Checks a document. Every fault is a finding at its place.
    pub fn check(&self, document: &Document, findings: &mut Vec<Finding>) {
        self.check_all(document, findings);
    }

    /// As [`Compiled::check`]; the answer says how to go on all the same.
    fn check_all(&self, document: &Document, findings: &mut Vec<Finding>) -> Vec<Repair> {
        let Some(validator) = &self.validator else {
            return Vec::new();
        };
        let mut repairs = Vec::new();
        for error in validator.iter_errors(&document.value) {
            translate(self, self.of, document, &error, findings, &mut repairs);
        }
        hint_read_only(self, document, findings);
        repairs
    }

    /// As [`Compiled::check`], and the document as far as it can be judged: what was likely meant
    /// in the place of what is misspelt, and without what nobody knows.
    fn judged(&self, document: Document, findings: &mut Vec<Finding>) -> Repaired {
        let repairs = self.check_all(&document, findings);
        let mut judged = Repaired::of(document);
        let renamed = judged.mend(repairs);
        let Some(validator) = self.validator.as_ref().filter(|_| !renamed.is_empty()) else {
            return judged;
        };
        // What stood under a name that nothing knows was not looked at yet.
        let mut more = Vec::new();
        let document = judged.document.clone();
        for error in validator.iter_errors(&document.value) {
            let at = error.instance_path().as_str();
            if renamed.iter().any(|new| at.starts_with(new.as_str())) {
                translate(self, self.of, &document, &error, findings, &mut more);
            }
        }
        judged.mend(more);
        judged
    }

    /// It compiles, and every property says what it is.
    #[cfg(test)]
    pub(super) fn assert_sound(&self) {
        let of = self.of;
        assert!(self.validator.is_some(), "{of:?}");
        let mut stack = vec![("", &self.schema)];
        while let Some((name, value)) = stack.pop() {
            if let Some(map) = value.as_object() {
                for (key, child) in map {
                    if key == "properties" {
                        for (property, schema) in child.as_object().into_iter().flatten() {
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

/// Checks a patch of a kind against its schema; without a kind, what all have. Every fault is a
/// finding at its place.
pub fn check_patch(kind: Option<Kind>, document: &Document, findings: &mut Vec<Finding>) {
    patches(kind).check(document, findings);
}

#[expect(clippy::indexing_slicing, reason = "each kind has its place")]
fn patches(kind: Option<Kind>) -> &'static Compiled {
    static PATCHES: [OnceLock<Compiled>; Kind::ALL.len() + 1] =
        [const { OnceLock::new() }; Kind::ALL.len() + 1];
    let make = || Compiled::new(Of::Patch, patch_schema(kind));
    let at = kind.map_or(Kind::ALL.len(), |kind| kind as usize);
    PATCHES[at].get_or_init(make)
}

#[expect(clippy::indexing_slicing, reason = "each kind has its place")]
fn compiled(kind: Kind) -> &'static Compiled {
    static MANIFESTS: [OnceLock<Compiled>; Kind::ALL.len()] =
        [const { OnceLock::new() }; Kind::ALL.len()];
    let make = || Compiled::new(Of::Manifest(kind), kind_schema(kind));
    MANIFESTS[kind as usize].get_or_init(make)
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
    for branches in ["anyOf", "oneOf"].map(|of| schema.get(of).and_then(Value::as_array)) {
        for branch in branches.into_iter().flatten() {
            found.extend(subschemas(root, branch));
        }
    }
    found
}

/// True when `path`, dotted, names a property of manifests of `kind`.
pub fn is_property(kind: Kind, path: &str) -> bool {
    let last = path.rsplit('.').next().unwrap_or(path);
    compiled(kind)
        .homes
        .get(last)
        .is_some_and(|homes| homes.iter().any(|home| home == path))
}

/// The dotted path that `path` was most likely meant to be.
pub fn nearest_property(kind: Kind, path: &str) -> Option<&'static str> {
    let homes = &compiled(kind).homes;
    let last = path.rsplit('.').next().unwrap_or(path);
    if let Some([only]) = homes.get(last).map(Vec::as_slice) {
        return Some(only);
    }
    did_you_mean(path, homes.values().flatten().map(String::as_str))
}

/// The properties of the mapping at `pointer` in documents of `kind`, in their usual order.
pub fn properties(kind: &str, pointer: &str) -> Vec<&'static str> {
    let compiled = match kind {
        SCENARIO => scenarios(),
        INVARIANT => invariants(),
        PATCH => patches(None),
        other => match Kind::parse(other) {
            Some(kind) => compiled(kind),
            None => return Vec::new(),
        },
    };
    let root = &compiled.schema;
    let mut here = subschemas(root, root);
    for name in names(pointer) {
        let next = here.iter().filter_map(|schema| {
            let properties = schema.get("properties");
            (properties.and_then(|all| all.get(&name))).or_else(|| schema.get("items"))
        });
        here = next.flat_map(|schema| subschemas(root, schema)).collect();
    }
    let properties = here
        .iter()
        .filter_map(|schema| schema.get("properties")?.as_object());
    let mut found: Vec<&str> = Vec::new();
    for name in properties.flat_map(|all| all.keys()) {
        if !found.contains(&name.as_str()) {
            found.push(name);
        }
    }
    found
}

/// Checks a scenario against its schema. Every fault is a finding at its place.
pub fn check_scenario(document: &Document, findings: &mut Vec<Finding>) {
    scenarios().check(document, findings);
}

fn scenarios() -> &'static Compiled {
    static SCHEMA: OnceLock<Compiled> = OnceLock::new();
    SCHEMA.get_or_init(|| Compiled::new(Of::Scenario, scenario_schema()))
}

/// Checks an invariant against its schema. Every fault is a finding at its place.
pub fn check_invariant(document: &Document, findings: &mut Vec<Finding>) {
    invariants().check(document, findings);
}

fn invariants() -> &'static Compiled {
    static SCHEMA: OnceLock<Compiled> = OnceLock::new();
    SCHEMA.get_or_init(|| Compiled::new(Of::Invariant, invariant_schema()))
}

/// Checks a sign-in against its schema. Every fault is a finding at its place.
pub fn check_sign_in(document: &Document, findings: &mut Vec<Finding>) {
    static SCHEMA: OnceLock<Compiled> = OnceLock::new();
    SCHEMA
        .get_or_init(|| Compiled::of::<SignIn>(Of::SignIn))
        .check(document, findings);
}

/// Checks a manifest against the schema of its kind. Every fault is a finding at its place; the
/// answer is the document as far as it can be judged.
pub fn check(kind: Kind, document: Document, findings: &mut Vec<Finding>) -> Repaired {
    compiled(kind).judged(document, findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_compiles_and_every_property_has_a_description() {
        for kind in Kind::ALL {
            compiled(kind).assert_sound();
        }
        Compiled::new(Of::Scenario, scenario_schema()).assert_sound();
        Compiled::new(Of::Invariant, invariant_schema()).assert_sound();
        Compiled::of::<SignIn>(Of::SignIn).assert_sound();
        Compiled::new(Of::Patch, patch_schema(None)).assert_sound();
        for kind in Kind::ALL {
            Compiled::new(Of::Patch, patch_schema(Some(kind))).assert_sound();
        }
    }

    #[test]
    fn no_two_definitions_of_the_combined_schema_have_one_name() {
        let mut known: BTreeMap<String, Value> = BTreeMap::new();
        for schema in Kind::ALL
            .map(kind_schema)
            .into_iter()
            .chain([scenario_schema(), invariant_schema()])
        {
            for (name, definition) in schema
                .get("$defs")
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
            {
                let first = known
                    .entry(name.clone())
                    .or_insert_with(|| definition.clone());
                assert_eq!(first, definition, "{name}");
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
