//! A project: its manifests, read for one tenant.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use super::case::ScenarioManifest;
use super::claim::InvariantManifest;
use super::config::{CONFIG_FILE, ConfigFile, TenantEntry};
use super::files::{expand, relative};
use super::fill::switch_on;
use super::guards::GUARDS_FILE;
use super::invariant::INVARIANT;
use super::patch::{self, PATCH, Whose};
use super::rules::{self, Reporter};
use super::scenario::SCENARIO;
use super::schema::{self, Repaired};
use super::vars;
use super::yaml::{self, Document};
use crate::disk::is_yaml;
use crate::finding::source::SourceFile;
use crate::finding::{self, Code, Finding, Place, did_you_mean, is_slip};
use crate::model::kind::{folded_name, same_name};
use crate::model::tables::special;
use crate::model::tables::special::{SpecialValue, canonical};
use crate::model::{Kind, Object};
use crate::text::is_guid;

/// One manifest: the desired state of one object, with names where Graph has ids.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// The object.
    pub object: Object,
    /// Former names.
    pub renamed_from: Vec<String>,
    /// Properties whose live value is kept, as dotted paths.
    pub ignore_changes: Vec<String>,
    /// The document, for places. Beside an error of its schema, with its slips mended.
    pub document: Document,
    /// JSON pointers to parts that are wrong or missing, of which nothing can be said.
    pub unjudged: Vec<String>,
}

impl Manifest {
    /// The kind.
    pub fn kind(&self) -> Kind {
        self.object.kind()
    }

    /// The name by which people and plans call the object.
    pub fn name(&self) -> &str {
        self.object.name()
    }

    /// The id of the live object, when the manifest pins it. The id of an authentication
    /// context is its name, not a pin.
    pub fn pin(&self) -> Option<&str> {
        match self.kind() {
            Kind::AuthenticationContext => None,
            _ => self.object.id(),
        }
    }

    /// The place of the object's name.
    pub fn place(&self) -> Place {
        self.document
            .place(&format!("/{}", self.kind().identity_property()))
    }
}

/// The manifests of a project for one tenant.
#[derive(Debug, Clone, Default)]
pub struct Desired {
    /// The manifests, in the order of their files.
    pub manifests: Vec<Manifest>,
    /// The scenarios, which describe no object: they are for `test` alone.
    pub scenarios: Vec<ScenarioManifest>,
    /// The invariants, which describe no object either.
    pub invariants: Vec<InvariantManifest>,
    /// The patches. What they changed stands in the manifests.
    pub patches: Vec<Document>,
    /// The manifests of objects that patches leave out.
    pub absent: Vec<Document>,
    /// Whether a file or document could not be read, so that manifests are missing.
    pub is_partial: bool,
}

/// Reads every manifest of the project for one tenant.
///
/// All faults of all files are found in one go. Without an error among the findings, the
/// manifests are complete. With one they are there as far as they can be judged: for more
/// findings, and for nothing else.
pub fn load(file: &ConfigFile, tenant_name: &str, tenant: &TenantEntry) -> (Desired, Vec<Finding>) {
    load_with(file, tenant_name, tenant, &BTreeMap::new())
}

/// As [`load`], as if the files in `texts` (by their path from the project's folder, with
/// `/`) held these texts, whether they exist or not; `None`: as if the file was not there.
pub fn load_with(
    file: &ConfigFile,
    tenant_name: &str,
    tenant: &TenantEntry,
    texts: &BTreeMap<String, Option<String>>,
) -> (Desired, Vec<Finding>) {
    let mut findings = Vec::new();
    let mut desired = Desired::default();
    let mut paths = files_of(file, tenant_name, tenant, &mut findings);
    if texts.values().any(Option::is_some) {
        findings.retain(|f| !matches!(f.code, Code::NoManifests | Code::MissingFolder));
    }
    for name in texts.keys() {
        let whose = match is_covered(&file.config.manifests, name) {
            true => Whose::Project,
            false => Whose::Tenant,
        };
        paths.entry(file.root.join(name)).or_insert(whose);
    }
    let mut objects = Vec::new();
    let mut patches = Vec::new();
    for (path, whose) in &paths {
        let name = relative(&file.root, path);
        let source = match texts.get(&name) {
            Some(Some(text)) => Ok(SourceFile::new(name.clone(), path, text.clone())),
            Some(None) => continue,
            None => SourceFile::read(&file.root, &name, path),
        };
        let source = match source {
            Ok(source) => source,
            Err(finding) => {
                desired.is_partial = true;
                findings.push(*finding);
                continue;
            }
        };
        let before = findings.len();
        let parsed = yaml::parse(&source, &mut findings);
        desired.is_partial |= findings.len() > before;
        for document in parsed {
            let class = DocumentClass::of(&document);
            let document = with_vars(document, tenant_name, tenant, &mut findings);
            match (class, document) {
                (DocumentClass::Scenario, Some(document)) => {
                    let read = ScenarioManifest::read(document, &mut findings);
                    desired.scenarios.extend(read);
                }
                (DocumentClass::Invariant, Some(document)) => {
                    let read = InvariantManifest::read(document, tenant, &mut findings);
                    desired.invariants.extend(read);
                }
                (DocumentClass::Scenario | DocumentClass::Invariant, None) => {}
                (DocumentClass::Patch, Some(document)) => patches.push((document, *whose)),
                (DocumentClass::Object, Some(document)) => objects.push(document),
                (DocumentClass::Patch | DocumentClass::Object, None) => desired.is_partial = true,
            }
        }
    }
    let before = findings.len();
    let overlaid = patch::overlay(objects, patches, desired.is_partial, &mut findings);
    desired.is_partial |= findings.len() > before;
    desired.patches = overlaid.patches;
    desired.absent = overlaid.absent;
    let documents = overlaid.manifests.len();
    for document in overlaid.manifests {
        match read_as_far(document, tenant, &mut findings) {
            Some(manifest) => desired.manifests.push(manifest),
            None => desired.is_partial = true,
        }
    }
    if file.config.manifests.is_empty() && tenant.manifests.is_empty() && texts.is_empty() {
        let message =
            format!("the tenant `{tenant_name}` has no `manifests`, and the project has none");
        findings.push(
            Finding::error(Code::NoManifests, message)
                .at(file.tenant_place(tenant_name, ""))
                .help("add `manifests: [policies]` with the folder of the manifests: for every tenant at the top of the file, or here for this one"),
        );
    } else if documents == 0 && !finding::has_errors(&findings) {
        findings.push(
            Finding::error(Code::NoManifests, "the project has no manifest")
                .at(file.document.place("/manifests"))
                .help("write one to the folder, or correct `manifests:`; `gatewright init` writes examples"),
        );
    }
    desired.check(&mut findings);
    finding::tidy(&mut findings);
    (desired, findings)
}

/// Whether a file at `path`, from the project's folder, is one of the project's manifests, be it
/// of one tenant alone.
pub fn covers(file: &ConfigFile, path: &str) -> bool {
    let own = file.config.tenants.values().map(|one| &one.manifests);
    let mut all = std::iter::once(&file.config.manifests).chain(own);
    all.any(|entries| is_covered(entries, path))
}

/// Whether a file at `path`, from the project's folder, is one of a tenant's manifests.
pub fn covers_of(file: &ConfigFile, tenant: &TenantEntry, path: &str) -> bool {
    is_covered(&file.config.manifests, path) || is_covered(&tenant.manifests, path)
}

fn is_covered(entries: &[String], path: &str) -> bool {
    let path = Path::new(path);
    is_yaml(path)
        && entries.iter().any(|entry| {
            path.starts_with(plain(entry))
                || globset::GlobBuilder::new(entry)
                    .literal_separator(true)
                    .build()
                    .is_ok_and(|glob| glob.compile_matcher().is_match(path))
        })
}

/// The path of an entry, without the parts that lead nowhere.
fn plain(entry: &str) -> PathBuf {
    Path::new(entry)
        .components()
        .filter(|part| !matches!(part, std::path::Component::CurDir))
        .collect()
}

/// Whether what lies at `path`, from the project's folder, is read as a part of the project, or
/// leads to such a part: a link in its place would change what the project is.
pub fn reaches(file: &ConfigFile, path: &str) -> bool {
    let path = Path::new(path);
    let is_part = |entry: &str| {
        let entry = plain(entry);
        path.starts_with(&entry) || entry.starts_with(path)
    };
    let tenants = file.config.tenants.values();
    let named = (file.config.manifests.iter())
        .chain(tenants.flat_map(|tenant| &tenant.manifests))
        .map(String::as_str);
    let own = [
        CONFIG_FILE,
        file.config.guards.as_deref().unwrap_or(GUARDS_FILE),
    ];
    named.chain(own).any(is_part) || covers(file, &path.to_string_lossy())
}

/// What a document is read as.
#[derive(Clone, Copy)]
enum DocumentClass {
    /// The desired state of an object.
    Object,
    /// What is otherwise in an object for a tenant.
    Patch,
    /// What is written in it is for `test`.
    Scenario,
    /// Likewise.
    Invariant,
}

impl DocumentClass {
    fn of(document: &Document) -> DocumentClass {
        match document.value.get("kind").and_then(Value::as_str) {
            Some(SCENARIO) => DocumentClass::Scenario,
            Some(INVARIANT) => DocumentClass::Invariant,
            Some(PATCH) => DocumentClass::Patch,
            _ => DocumentClass::Object,
        }
    }
}

/// The document with its variables replaced; what is wrong with them is told in `findings`.
fn with_vars(
    mut document: Document,
    tenant_name: &str,
    tenant: &TenantEntry,
    findings: &mut Vec<Finding>,
) -> Option<Document> {
    let before = findings.len();
    vars::substitute(&mut document, &tenant.vars, tenant_name, findings);
    (findings.len() == before).then_some(document)
}

/// Reads one manifest; what is wrong with it is told in `findings`. With an error of its schema
/// there is none.
pub fn read(
    document: Document,
    tenant_name: &str,
    tenant: &TenantEntry,
    findings: &mut Vec<Finding>,
) -> Option<Manifest> {
    let before = findings.len();
    let document = with_vars(document, tenant_name, tenant, findings)?;
    let kind = kind_of(&document, findings)?;
    let Repaired { document, .. } = schema::check(kind, document, findings);
    if findings.iter().skip(before).any(Finding::is_error) {
        return None;
    }
    read_object(kind, document, Vec::new(), tenant, findings)
}

/// As [`read`], of a document whose variables are replaced; but with an error of its schema the
/// manifest as far as it can be judged.
fn read_as_far(
    document: Document,
    tenant: &TenantEntry,
    findings: &mut Vec<Finding>,
) -> Option<Manifest> {
    let kind = kind_of(&document, findings)?;
    let before = findings.len();
    let Repaired { document, unjudged } = schema::check(kind, document, findings);
    let is_wrong = findings.iter().skip(before).any(Finding::is_error);
    let before = findings.len();
    let manifest = read_object(kind, document, unjudged, tenant, findings);
    // What is wrong was told, and better.
    if is_wrong && manifest.is_none() {
        findings.truncate(before);
    }
    manifest
}

fn read_object(
    kind: Kind,
    document: Document,
    unjudged: Vec<String>,
    tenant: &TenantEntry,
    findings: &mut Vec<Finding>,
) -> Option<Manifest> {
    let mut object = match Object::from_value(kind, &document.value) {
        Ok(object) => object,
        Err(error) => {
            findings.push(
                Finding::error(Code::WrongType, error.to_string())
                    .at(document.place(""))
                    .help("see the JSON Schema (`gatewright schema`)"),
            );
            return None;
        }
    };
    if let Object::ConditionalAccessPolicy(policy) = &mut object
        && let Some(session) = &mut policy.session_controls
    {
        switch_on(session);
    }
    let texts = |name: &str| -> Vec<String> {
        document
            .value
            .get(name)
            .and_then(Value::as_array)
            .map(|items| {
                items
                    .iter()
                    .filter_map(|item| item.as_str().map(str::to_owned))
                    .collect()
            })
            .unwrap_or_default()
    };
    let manifest = Manifest {
        renamed_from: texts("renamedFrom"),
        ignore_changes: texts("ignoreChanges"),
        object,
        document,
        unjudged,
    };
    check_identity(&manifest, findings);
    for (index, path) in manifest.ignore_changes.iter().enumerate() {
        check_ignored(&manifest, index, path, findings);
    }
    let mut report = Reporter {
        document: &manifest.document,
        moved: &[],
        unjudged: &manifest.unjudged,
        findings,
    };
    rules::check(&manifest.object, &mut report);
    if let Some(cloud) = tenant.cloud {
        rules::clouds::check(&manifest.object, cloud, &mut report);
    }
    Some(manifest)
}

fn kind_of(document: &Document, findings: &mut Vec<Finding>) -> Option<Kind> {
    let Some(map) = document.value.as_object() else {
        findings.push(
            Finding::error(
                Code::NotAManifest,
                "the document is not a mapping, so it is not a manifest",
            )
            .at(document.place(""))
            .help("a manifest begins with `kind:`"),
        );
        return None;
    };
    let known = || {
        Kind::ALL
            .iter()
            .map(|kind| kind.as_str())
            .chain([SCENARIO, INVARIANT, PATCH])
            .map(|kind| format!("`{kind}`"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let text = match map.get("kind") {
        Some(Value::String(text)) => text,
        Some(other) => {
            let message = match other {
                Value::Null => "`kind` is empty",
                _ => "`kind` must be a string",
            };
            findings.push(
                Finding::error(Code::WrongType, message)
                    .at(document.place("/kind"))
                    .help(format!("it is one of {}", known())),
            );
            return None;
        }
        None => {
            let key = map
                .keys()
                .find(|key| did_you_mean(key, ["kind"]).is_some())
                .cloned();
            let finding = Finding::error(Code::NotAManifest, "the document has no `kind`");
            findings.push(match key {
                Some(key) => finding
                    .at(document.key_place(&format!("/{key}")))
                    .help("did you mean `kind`?"),
                None => finding.at(document.place("")).help(format!(
                    "add `kind:` with one of {}, or remove the file from `manifests:`",
                    known()
                )),
            });
            return None;
        }
    };
    let kind = Kind::parse(text);
    if kind.is_none() {
        let meant = did_you_mean(
            text,
            Kind::ALL
                .iter()
                .map(|k| k.as_str())
                .chain([SCENARIO, INVARIANT, PATCH]),
        );
        let finding = Finding::error(Code::UnknownKind, format!("`{text}` is not a kind"));
        let finding = finding.at(document.place("/kind"));
        findings.push(match meant {
            Some(meant) => (finding.help(format!("did you mean `{meant}`?"))).fix(
                text,
                meant,
                is_slip(text, meant),
            ),
            None => finding.help(format!("it is one of {}", known())),
        });
    }
    kind
}

/// A name that nobody could see, and a pin that no object can have.
fn check_identity(manifest: &Manifest, findings: &mut Vec<Finding>) {
    let is_known = Repaired::judges(&manifest.unjudged, "/displayName");
    if is_known && manifest.object.display_name().trim().is_empty() {
        findings.push(
            Finding::error(Code::BadValue, "`displayName` is blank")
                .at(manifest.document.place("/displayName"))
                .help("give it a value"),
        );
    }
    if let Some(pin) = manifest.pin()
        && !is_guid(pin)
    {
        findings.push(
            Finding::error(Code::BadValue, format!("`{pin}` is not an object id"))
                .at(manifest.document.place("/id"))
                .help("write the object's id, such as `11111111-2222-3333-4444-555555555555`, or remove the line: the object is then found by its name"),
        );
    }
}

fn check_ignored(manifest: &Manifest, index: usize, path: &str, findings: &mut Vec<Finding>) {
    let kind = manifest.kind();
    let place = || manifest.document.place(&format!("/ignoreChanges/{index}"));
    if !schema::is_property(kind, path) {
        let help = schema::nearest_property(kind, path).map_or_else(
            || "write it as a dotted path, such as `conditions.users.excludeUsers`".to_owned(),
            |meant| format!("did you mean `{meant}`?"),
        );
        findings.push(
            Finding::error(
                Code::IgnoredPath,
                format!("`{path}` is not a property of a {}", kind.words()),
            )
            .at(place())
            .help(help),
        );
    } else if ["id", "displayName", "kind", "renamedFrom", "ignoreChanges"].contains(&path)
        || path == kind.identity_property()
    {
        findings.push(
            Finding::error(Code::IgnoredPath, format!("`{path}` cannot be ignored"))
                .at(place())
                .help("gatewright identifies the object by it"),
        );
    }
}

impl Desired {
    /// Every document, for its comments.
    pub fn documents(&self) -> impl Iterator<Item = &Document> {
        let manifests = self.manifests.iter().map(|manifest| &manifest.document);
        manifests
            .chain(self.scenarios.iter().map(|one| &one.document))
            .chain(self.invariants.iter().map(|one| &one.document))
            .chain(&self.patches)
            .chain(&self.absent)
    }

    /// The patch that leaves an object of one of these kinds and this name out.
    pub fn left_out_by(&self, kinds: &[Kind], name: &str) -> Option<Place> {
        let is_it = |document: &&Document| {
            let text = |property: &str| document.value.get(property).and_then(Value::as_str);
            let kind = text("kind").and_then(Kind::parse);
            kind.is_some_and(|kind| {
                let names = [text(kind.identity_property()), text("displayName")];
                kinds.contains(&kind)
                    && names
                        .into_iter()
                        .flatten()
                        .any(|own| same_name(kind, own, name.trim()))
            })
        };
        let overlay = self.absent.iter().find(is_it)?.overlay.as_ref()?;
        let part = (overlay.patches().len(), "/absent".to_owned());
        Some(Place {
            beside: None,
            ..overlay.place_of(&part, yaml::SpanIndex::key)
        })
    }

    /// The manifest of an object that a patch leaves out of the tenant.
    pub fn left_out(&self, kind: Kind, name: &str) -> Option<&Document> {
        let is_it = |document: &&Document| {
            let text = |at: &str| document.value.get(at).and_then(Value::as_str);
            text("kind") == Some(kind.as_str())
                && text(kind.identity_property()).is_some_and(|own| same_name(kind, own, name))
        };
        self.absent.iter().find(is_it)
    }

    /// Every file that a manifest comes from, patches included.
    pub fn files(&self) -> impl Iterator<Item = &Arc<SourceFile>> {
        let manifests = self.manifests.iter().map(|manifest| &manifest.document);
        manifests
            .chain(&self.patches)
            .chain(&self.absent)
            .map(|document| &document.file)
    }

    /// What is wrong between manifests: two of one name, two that pin one object, a former
    /// name that another manifest bears.
    pub(crate) fn check(&self, findings: &mut Vec<Finding>) {
        let mut names: HashMap<(Kind, String), &Manifest> = HashMap::new();
        let mut pins: HashMap<(Kind, String), &Manifest> = HashMap::new();
        for manifest in &self.manifests {
            let kind = manifest.kind();
            let name = manifest.name();
            let first = names.get(&(kind, folded_name(kind, name)));
            // Graph does not ask for unique names: where both are told by their ids, it is clear
            // which is which.
            if let Some(first) = first
                && (manifest.pin().is_none() || first.pin().is_none())
            {
                findings.push(
                    Finding::error(
                        Code::DuplicateName,
                        format!("two manifests describe the {} `{name}`", kind.words()),
                    )
                    .at(manifest.place())
                    .related(first.place(), "the other one")
                    .help(format!(
                        "give one of them another `{}`, or remove one",
                        kind.identity_property()
                    )),
                );
            } else {
                names.insert((kind, folded_name(kind, name)), manifest);
            }
            let special: &[SpecialValue] = match kind {
                Kind::NamedLocation => special::locations(),
                Kind::TestUser => special::users(),
                _ => &[],
            };
            if let Some(value) = canonical(special, name) {
                findings.push(
                    Finding::error(
                        Code::BadValue,
                        format!("the name `{name}` cannot be distinguished from the special value `{value}`"),
                    )
                    .at(manifest.place())
                    .help("give the object another name: in a policy, it means the special value"),
                );
            }
            if let Some(pin) = manifest.pin() {
                let pin = pin.to_lowercase();
                if let Some(first) = pins.get(&(kind, pin.clone())) {
                    findings.push(
                        Finding::error(
                            Code::DuplicateName,
                            format!("two manifests pin the {} `{pin}`", kind.words()),
                        )
                        .at(manifest.document.place("/id"))
                        .related(first.document.place("/id"), "the other one")
                        .help("correct one of the ids"),
                    );
                } else {
                    pins.insert((kind, pin), manifest);
                }
            }
        }
        self.check_claims(findings);
        for manifest in &self.manifests {
            for (index, former) in manifest.renamed_from.iter().enumerate() {
                let kind = manifest.kind();
                let place = || manifest.document.place(&format!("/renamedFrom/{index}"));
                if let Some(other) = names.get(&(kind, folded_name(kind, former))) {
                    let finding = if same_name(kind, former, manifest.name()) {
                        Finding::warning(
                            Code::DuplicateName,
                            format!("`{former}` is the name that the object still has"),
                        )
                        .at(place())
                    } else {
                        Finding::error(
                            Code::DuplicateName,
                            format!("the former name `{former}` is the name of another manifest"),
                        )
                        .at(place())
                        .related(other.place(), "the other manifest")
                    };
                    findings.push(finding.help("remove the former name"));
                }
            }
        }
    }
}

impl Desired {
    /// Claims are told apart by their names, which `test` takes.
    fn check_claims(&self, findings: &mut Vec<Finding>) {
        let scenarios = (self.scenarios.iter()).map(|one| ("scenario", one.name(), one.place()));
        let invariants = (self.invariants.iter()).map(|one| ("invariant", one.name(), one.place()));
        let mut known: HashMap<&str, (&str, Place)> = HashMap::new();
        for (kind, name, place) in scenarios.chain(invariants) {
            let Some((other, first)) = known.get(name) else {
                known.insert(name, (kind, place));
                continue;
            };
            let message = match *other == kind {
                true => format!("two {kind}s are named `{name}`"),
                false => format!("a {other} and an {kind} are both named `{name}`"),
            };
            findings.push(
                Finding::error(Code::DuplicateName, message)
                    .at(place)
                    .related(first.clone(), "the other one")
                    .help("give one of them another `displayName`, or remove one"),
            );
        }
    }
}

/// Every manifest file of the project, of all tenants, sorted by name.
pub fn files(file: &ConfigFile, findings: &mut Vec<Finding>) -> Vec<PathBuf> {
    let mut found = of_entries(file, &file.config.manifests, &project_place(file), findings);
    let mut known: BTreeSet<&[String]> = BTreeSet::new();
    for (name, tenant) in &file.config.tenants {
        // Many tenants may have the same by default.
        if known.insert(&tenant.manifests) {
            let place = tenant_place(file, name);
            found.extend(of_entries(file, &tenant.manifests, &place, findings));
        }
    }
    found.sort();
    found.dedup();
    found
}

/// The manifest files of a tenant, and whose each is. A file of both is the project's.
fn files_of(
    file: &ConfigFile,
    tenant_name: &str,
    tenant: &TenantEntry,
    findings: &mut Vec<Finding>,
) -> BTreeMap<PathBuf, Whose> {
    let shared = of_entries(file, &file.config.manifests, &project_place(file), findings);
    let mut found: BTreeMap<PathBuf, Whose> = (shared.into_iter())
        .map(|path| (path, Whose::Project))
        .collect();
    let place = tenant_place(file, tenant_name);
    for (index, entry) in tenant.manifests.iter().enumerate() {
        let at = |_: usize| place(index);
        let own = of_entries(file, std::slice::from_ref(entry), &at, findings);
        let is_shared = |path: &PathBuf| found.get(path) == Some(&Whose::Project);
        if !own.is_empty() && own.iter().all(is_shared) {
            let message = format!(
                "`{entry}` adds nothing to tenant `{tenant_name}`: the project's `manifests` has it, and every tenant gets it"
            );
            findings.push(
                Finding::warning(Code::Config, message)
                    .at(place(index))
                    .help("move what is for this tenant alone to a folder that the project's `manifests` does not have, or remove the entry"),
            );
        }
        for path in own {
            found.entry(path).or_insert(Whose::Tenant);
        }
    }
    found
}

/// Where an entry of the project's `manifests` stands.
fn project_place(file: &ConfigFile) -> impl Fn(usize) -> Place {
    |index| file.document.place(&format!("/manifests/{index}"))
}

/// Where an entry of a tenant's `manifests` stands.
fn tenant_place(file: &ConfigFile, name: &str) -> impl Fn(usize) -> Place {
    move |index| file.tenant_place(name, &format!("/manifests/{index}"))
}

/// The manifest files that the entries of a list name; `place_of` tells where an entry stands.
fn of_entries(
    file: &ConfigFile,
    entries: &[String],
    place_of: &dyn Fn(usize) -> Place,
    findings: &mut Vec<Finding>,
) -> Vec<PathBuf> {
    let mut found = expand(&file.root, entries, place_of, findings);
    let guards = super::guards::path(file).map(|name| file.root.join(name));
    found.retain(|path| {
        path.file_name().is_none_or(|n| n != CONFIG_FILE)
            && Some(path) != guards.as_ref()
            && !file.is_tenant_file(path)
    });
    found
}
