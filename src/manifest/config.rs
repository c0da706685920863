//! `gatewright.yaml`: the project file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::lint::Lint;
use super::packs::ChosenClaims;
use super::schema::{self, Compiled, Of};
use super::tenant_files;
use super::yaml::{self, Document};
use crate::finding::source::SourceFile;
use crate::finding::{Code, Finding, Place};
use crate::model::Kind;
use crate::model::kind::ByKind;
use crate::text::few_names;
use crate::text::pointer::below;
use crate::whatif::Environment;

pub use super::tenant::{Auth, AuthMethod, TenantDefaults, TenantEntry};

/// The name of the project file.
pub const CONFIG_FILE: &str = "gatewright.yaml";

/// A project: where its manifests are, which tenants it is for, and what it owns there.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Config {
    /// The version of this file's format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// Folders, files or globs with manifests, relative to this file. Default: none, where each
    /// tenant has its own.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub manifests: Vec<String>,
    /// The tenants, by a name of your choice.
    #[serde(default)]
    pub tenants: BTreeMap<String, TenantEntry>,
    /// Files or globs with one tenant each, relative to this file, such as `tenants/*.yaml`: the
    /// name of the file is that of the tenant, and its content the tenant's entry.
    #[serde(default)]
    pub tenant_files: Vec<String>,
    /// What the tenants have in common, for those whose own entry leaves it out.
    #[serde(default)]
    pub defaults: TenantDefaults,
    /// What may be deleted if it has no manifest, by kind. Default: nothing.
    #[serde(default)]
    pub scope: Option<Scope>,
    /// The guards file, relative to this one. Default: `guards.yaml`, where it exists.
    #[serde(default)]
    pub guards: Option<String>,
    /// Advice: naming patterns, limits, and the severity of each rule.
    #[serde(default)]
    pub lint: Lint,
    /// Facts of the tenants that no policy contains, for judging sign-ins.
    #[serde(default)]
    pub environment: Option<Environment>,
    /// What a plan says about its impact: `people` counts who is affected, each time.
    #[serde(default)]
    pub impact: Option<ImpactOf>,
    /// Packs of claims that must hold, in addition to those of the manifests.
    #[serde(default)]
    pub claims: ChosenClaims,
}

/// Whose sign-ins a plan counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ImpactOf {
    /// The people of the tenant.
    People,
}

impl Config {
    /// The same without its tenants.
    fn without_tenants(&self) -> Config {
        Config {
            version: self.version,
            manifests: self.manifests.clone(),
            tenants: BTreeMap::new(),
            tenant_files: self.tenant_files.clone(),
            defaults: self.defaults.clone(),
            scope: self.scope.clone(),
            guards: self.guards.clone(),
            lint: self.lint.clone(),
            environment: self.environment.clone(),
            impact: self.impact,
            claims: self.claims.clone(),
        }
    }

    /// The facts of a tenant that no policy holds: its own, and the project's for the rest.
    pub fn environment(&self, tenant: &TenantEntry) -> Environment {
        let base = self.environment.clone().unwrap_or_default();
        tenant.environment.clone().unwrap_or_default().over(&base)
    }
}

/// Which live objects the project owns, by kind.
pub type Scope = ByKind<ScopeRule>;

impl Scope {
    /// The rule for a kind.
    pub fn rule(&self, kind: Kind) -> &ScopeRule {
        self.of(kind)
            .unwrap_or(&ScopeRule::Word(ScopeWord::Declared))
    }
}

/// What of one kind may be deleted if it has no manifest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ScopeRule {
    /// `all`, or `declared`.
    Word(ScopeWord),
    /// Objects whose name begins with this.
    Prefix(NamePrefix),
}

/// `all` or `declared`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ScopeWord {
    /// Every object of the kind.
    All,
    /// Only those with a manifest: nothing is deleted.
    Declared,
}

/// Objects whose name begins with a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NamePrefix {
    /// How the names begin.
    #[schemars(length(min = 1))]
    pub name_prefix: String,
}

impl ScopeRule {
    /// True when an object of this name may be deleted.
    pub fn holds(&self, name: &str) -> bool {
        match self {
            ScopeRule::Word(ScopeWord::All) => true,
            ScopeRule::Word(ScopeWord::Declared) => false,
            ScopeRule::Prefix(prefix) => name.starts_with(&prefix.name_prefix),
        }
    }

    /// True when nothing at all may be deleted.
    pub fn is_declared(&self) -> bool {
        *self == ScopeRule::Word(ScopeWord::Declared)
    }
}

static SCHEMA: LazyLock<Compiled> = LazyLock::new(|| Compiled::of::<Config>(Of::Config));

/// The schema of `gatewright.yaml`, as an editor wants it.
pub fn config_schema() -> Value {
    schema::of_settings::<Config>("gatewright project", "vars")
}

/// The schema of a file of `tenantFiles`, as an editor wants it.
pub fn tenant_schema() -> Value {
    tenant_files::tenant_schema()
}

/// The project file and where it lies.
#[derive(Debug, Clone)]
pub struct ConfigFile {
    /// The folder of the project.
    pub root: PathBuf,
    /// What it says. Its tenants are also those of `tenantFiles`, each with the defaults.
    pub config: Config,
    /// The document, for places.
    pub document: Document,
    /// What is wrong with tenants of `tenantFiles` that are therefore not among those of
    /// `config`.
    pub broken: BTreeMap<String, Vec<Finding>>,
    /// The documents of the other tenants of `tenantFiles`.
    tenant_documents: BTreeMap<String, Document>,
    /// Where the files of `tenantFiles` lie.
    tenant_paths: BTreeSet<PathBuf>,
    /// True when `config` has one of the project's tenants alone ([`ConfigFile::only`]).
    pub is_part: bool,
}

/// What `-t` takes in place of names: no tenant may be called so.
pub const ALL_TENANTS: &str = "all";
/// What stands before a label in `-t`.
pub const LABEL: &str = "label:";

/// Why a tenant cannot be called so.
fn reserved(name: &str) -> Option<&'static str> {
    if name.trim().is_empty() {
        Some("a tenant needs a name")
    } else if name == ALL_TENANTS {
        Some("`-t all` means every tenant, so no tenant can be called `all`")
    } else if name.starts_with(LABEL) {
        Some("`-t label:NAME` selects by label, so no tenant's name can begin with `label:`")
    } else if name.contains(['*', '?', '[', ']', '{', '}']) {
        Some(
            "`-t` takes `*`, `?`, `[`, `]`, `{` and `}` as patterns, so no tenant's name can contain them",
        )
    } else if name.starts_with('-') {
        Some("the command line takes it for a flag")
    } else {
        None
    }
}

/// The project folder at or above `start`: the nearest one with a `gatewright.yaml`.
pub fn find_root(start: &Path) -> Option<PathBuf> {
    let start = std::path::absolute(start).ok()?;
    start
        .ancestors()
        // Also what cannot be read: a project above it is not the one that is meant.
        .find(|folder| folder.join(CONFIG_FILE).symlink_metadata().is_ok())
        .map(Path::to_path_buf)
}

/// The environments of a project file, and where they stand.
fn environments(file: &Value) -> Vec<(String, &Value)> {
    let own = file
        .get("environment")
        .map(|e| ("/environment".to_owned(), e));
    let tenants = file.get("tenants").and_then(Value::as_object);
    let theirs = tenants.into_iter().flatten().filter_map(|(name, tenant)| {
        let at = format!(
            "/tenants/{}/environment",
            name.replace('~', "~0").replace('/', "~1")
        );
        Some((at, tenant.get("environment")?))
    });
    own.into_iter().chain(theirs).collect()
}

impl ConfigFile {
    /// What a document says, before the files that it names are read.
    pub fn new(root: &Path, config: Config, document: Document) -> ConfigFile {
        ConfigFile {
            root: root.to_path_buf(),
            config,
            document,
            broken: BTreeMap::new(),
            tenant_documents: BTreeMap::new(),
            tenant_paths: BTreeSet::new(),
            is_part: false,
        }
    }

    /// The groups that a tenant's environment takes to be empty, and where each stands.
    pub fn assumed_empty(&self, tenant: &str) -> Vec<(&str, Place)> {
        let of = |environment: &'_ Option<Environment>| {
            environment
                .as_ref()
                .is_some_and(|one| !one.assume_empty.is_empty())
        };
        let own = self
            .config
            .tenants
            .get(tenant)
            .filter(|one| of(&one.environment));
        // The tenant's own list stands in the place of the one for all.
        let environment = match own {
            Some(own) => own.environment.as_ref(),
            None => self.config.environment.as_ref(),
        };
        let groups = environment.map_or(&[][..], |one| one.assume_empty.as_slice());
        let placed = groups.iter().enumerate().map(|(number, group)| {
            let at = format!("/environment/assumeEmpty/{number}");
            let place = match own {
                Some(_) => self.tenant_place(tenant, &at),
                None => self.document.place(&at),
            };
            (group.as_str(), place)
        });
        placed.collect()
    }

    /// The place of what stands at `pointer` in a tenant's entry: in its file, in
    /// `gatewright.yaml`, or among the defaults. What is nowhere has the place of the entry.
    pub fn tenant_place(&self, name: &str, pointer: &str) -> Place {
        let (document, at) = self.entry_of(name);
        let here = format!("{at}{pointer}");
        if document.value.pointer(&here).is_none() {
            let shared = format!("/defaults{pointer}");
            if self.document.value.pointer(&shared).is_some() {
                return self.document.place(&shared);
            }
        }
        match document.value.pointer(&here) {
            Some(_) if !pointer.is_empty() => document.place(&here),
            _ => self.tenant_key(name),
        }
    }

    /// The place of a tenant's name, or of its file.
    pub fn tenant_key(&self, name: &str) -> Place {
        let (document, at) = self.entry_of(name);
        document.key_place(&at)
    }

    /// The document that a tenant's entry stands in, and where in it.
    fn entry_of(&self, name: &str) -> (&Document, String) {
        match self.tenant_documents.get(name) {
            Some(document) => (document, String::new()),
            None => (&self.document, below("/tenants", name)),
        }
    }

    /// Whether a file is one of `tenantFiles`, and so no manifest.
    pub fn is_tenant_file(&self, path: &Path) -> bool {
        self.tenant_paths.contains(path)
    }

    /// The texts that say what a tenant is: `gatewright.yaml`, and the tenant's own file.
    pub fn sources(&self, tenant: &str) -> impl Iterator<Item = &SourceFile> {
        let own = self.tenant_documents.get(tenant);
        std::iter::once(&self.document)
            .chain(own)
            .map(|document| &*document.file)
    }

    /// The same project with one of its tenants alone.
    #[must_use]
    pub fn only(&self, tenant: &str) -> ConfigFile {
        let one = |(name, entry): (&String, &TenantEntry)| (name.clone(), entry.clone());
        let config = Config {
            tenants: (self.config.tenants.get_key_value(tenant))
                .map(one)
                .into_iter()
                .collect(),
            ..self.config.without_tenants()
        };
        ConfigFile {
            tenant_documents: (self.tenant_documents.get_key_value(tenant))
                .map(|(name, document)| (name.clone(), document.clone()))
                .into_iter()
                .collect(),
            tenant_paths: self.tenant_paths.clone(),
            is_part: true,
            ..ConfigFile::new(&self.root, config, self.document.clone())
        }
    }

    /// Reads the project file in `root`.
    ///
    /// # Errors
    /// Every fault of the file, as findings.
    pub fn load(root: &Path) -> Result<ConfigFile, Vec<Finding>> {
        let file =
            SourceFile::read(root, CONFIG_FILE, &root.join(CONFIG_FILE)).map_err(|f| vec![*f])?;
        ConfigFile::of(root, &file)
    }

    /// The same, of a project file that was read.
    ///
    /// # Errors
    /// See [`ConfigFile::load`].
    pub fn of(root: &Path, file: &Arc<SourceFile>) -> Result<ConfigFile, Vec<Finding>> {
        let mut findings = Vec::new();
        let mut documents = yaml::parse(file, &mut findings);
        if !findings.is_empty() {
            return Err(findings);
        }
        if let [_, second, ..] = documents.as_slice() {
            return Err(vec![
                Finding::error(
                    Code::Config,
                    format!("{CONFIG_FILE} has {} documents", documents.len()),
                )
                .at(second.place(""))
                .help("keep one: manifests belong in files of their own"),
            ]);
        }
        if documents.is_empty() {
            return Err(vec![
                Finding::error(Code::Config, format!("{CONFIG_FILE} is empty"))
                    .at(Place::new(file, 0..0))
                    .help(
                        "delete the file and run `gatewright init`, which writes a commented one",
                    ),
            ]);
        }
        let document = documents.remove(0);
        SCHEMA.check(&document, &mut findings);
        if crate::finding::has_errors(&findings) {
            return Err(findings);
        }
        for (at, value) in environments(&document.value) {
            for fault in Environment::faults(value) {
                findings.push(
                    Finding::error(Code::Config, fault.message)
                        .at(document.place(&format!("{at}{}", fault.pointer)))
                        .help(fault.help),
                );
            }
        }
        if crate::finding::has_errors(&findings) {
            return Err(findings);
        }
        let config = Config::deserialize(&document.value).map_err(|error| {
            vec![
                Finding::error(Code::Config, error.to_string())
                    .at(document.place(""))
                    .help("`gatewright init` writes a template"),
            ]
        })?;
        let mut loaded = ConfigFile::new(root, config, document);
        let mut findings = loaded.check();
        loaded.take_files(&mut findings);
        loaded.tell_alike(&mut findings);
        if loaded.config.tenants.is_empty() && loaded.broken.is_empty() && findings.is_empty() {
            findings.push(
                Finding::error(Code::Config, "no tenant is listed")
                    .at(loaded.document.place("/tenants"))
                    .help("add `tenants: { sandbox: { sandbox: .gatewright/sandbox.json } }`, or `tenantFiles: [tenants/*.yaml]` with a file for each tenant"),
            );
        }
        if crate::finding::has_errors(&findings) {
            return Err(findings);
        }
        for entry in loaded.config.tenants.values_mut() {
            *entry = std::mem::take(entry).over(&loaded.config.defaults);
        }
        Ok(loaded)
    }

    /// Takes in the tenants of `tenantFiles`.
    fn take_files(&mut self, findings: &mut Vec<Finding>) {
        let document = &self.document;
        let place = |index: usize| document.place(&format!("/tenantFiles/{index}"));
        let files = tenant_files::read(&self.root, &self.config.tenant_files, &place, findings);
        for file in files {
            self.tenant_paths.insert(file.path);
            let name = file.name;
            let (entry, document) = match file.read {
                Ok(read) => read,
                Err(found) => {
                    self.broken.insert(name, found);
                    continue;
                }
            };
            if let Some(why) = reserved(&name) {
                let message = format!("a tenant cannot be called `{name}`: {why}");
                let finding = Finding::error(Code::Config, message)
                    .at(document.place(""))
                    .help("rename the file: its name is that of the tenant");
                self.broken.insert(name, vec![finding]);
                continue;
            }
            if self.config.tenants.contains_key(&name) {
                let first = self.tenant_key(&name);
                findings.push(
                    Finding::error(Code::Config, format!("two tenants are called `{name}`"))
                        .at(document.place(""))
                        .related(first, "the other one")
                        .help("rename one of them; the name of a file of `tenantFiles` is that of the tenant"),
                );
                continue;
            }
            let faults = entry.faults(&name).into_iter().map(|(at, message, help)| {
                Finding::error(Code::Config, message)
                    .at(document.place(&at))
                    .help(help)
            });
            let faults: Vec<Finding> = faults.collect();
            if !faults.is_empty() {
                self.broken.insert(name, faults);
                continue;
            }
            self.tenant_documents.insert(name.clone(), document);
            self.config.tenants.insert(name, entry);
        }
    }

    /// Tells what two tenants have that only one can be.
    fn tell_alike(&self, findings: &mut Vec<Finding>) {
        let mut defaults = self.config.tenants.iter().filter(|(_, t)| t.default);
        if let Some((first, _)) = defaults.next() {
            for (name, _) in defaults {
                findings.push(
                    Finding::error(
                        Code::Config,
                        format!("more than one tenant is marked `default`: `{name}` is another"),
                    )
                    .at(self.tenant_place(name, "/default"))
                    .related(self.tenant_place(first, "/default"), "the first one")
                    .help("mark only one, or none and name the tenant with `-t`"),
                );
            }
        }
        let ids = self.config.tenants.iter().filter_map(|(name, entry)| {
            let id = entry.tenant_id.as_ref()?;
            Some((name.as_str(), id.to_lowercase()))
        });
        findings.extend(self.alike(ids, "/tenantId", "id"));
    }

    /// A finding for each sandbox that two of these tenants share: they can be tried one after
    /// the other, and not in one run.
    pub fn shared_sandboxes<'a>(&self, names: impl Iterator<Item = &'a String>) -> Vec<Finding> {
        let files = names.filter_map(|name| {
            let file = self.config.tenants.get(name)?.sandbox.as_ref()?;
            Some((name.as_str(), plain(file)))
        });
        self.alike(files, "/sandbox", "sandbox")
    }

    fn alike<'a>(
        &self,
        tenants: impl Iterator<Item = (&'a str, String)>,
        at: &str,
        what: &str,
    ) -> Vec<Finding> {
        let mut known: BTreeMap<String, &str> = BTreeMap::new();
        let mut findings = Vec::new();
        for (name, id) in tenants {
            let Some(first) = known.get(&id) else {
                known.insert(id, name);
                continue;
            };
            findings.push(
                Finding::error(
                    Code::Config,
                    format!("the tenants `{first}` and `{name}` have the same {what}: each would undo what the other does"),
                )
                .at(self.tenant_place(name, at))
                .related(self.tenant_place(first, at), "the other one")
                .help("correct one of them, or remove one"),
            );
        }
        findings
    }

    fn check(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut error = |pointer: &str, message: String, help: &str| {
            findings.push(
                Finding::error(Code::Config, message)
                    .at(self.document.place(pointer))
                    .help(help),
            );
        };
        for (at, message, help) in self.config.lint.faults() {
            error(&format!("/lint{at}"), message, help);
        }
        for (at, message, help) in self.config.defaults.faults() {
            error(&format!("/defaults{at}"), message, help);
        }
        for (name, tenant) in &self.config.tenants {
            let entry = below("/tenants", name);
            if let Some(why) = reserved(name) {
                let message = format!("a tenant cannot be called `{name}`: {why}");
                error(&entry, message, "give it another name");
            }
            for (at, message, help) in tenant.faults(name) {
                error(&format!("{entry}{at}"), message, help);
            }
        }
        findings
    }

    /// The tenant that `name` means; without a name the default, or the only one.
    ///
    /// # Errors
    /// A finding that lists the tenants there are.
    pub fn tenant(&self, name: Option<&str>) -> Result<(&str, &TenantEntry), Box<Finding>> {
        let tenants = &self.config.tenants;
        let names: Vec<&str> = tenants.keys().map(String::as_str).collect();
        let known = few_names(&names, 12);
        if let Some(broken) = name.and_then(|name| self.broken.get(name)?.first()) {
            return Err(Box::new(broken.clone()));
        }
        match name {
            Some(name) => match tenants.get_key_value(name) {
                Some((name, tenant)) => Ok((name, tenant)),
                None => {
                    let help = crate::finding::did_you_mean(name, names.iter().copied())
                        .map_or_else(
                            || format!("the project has {known}"),
                            |meant| format!("did you mean `{meant}`?"),
                        );
                    Err(Box::new(
                        Finding::error(Code::Config, format!("there is no tenant `{name}`"))
                            .at(self.document.key_place("/tenants"))
                            .help(help),
                    ))
                }
            },
            None => {
                let mut defaults = tenants.iter().filter(|(_, t)| t.default);
                // A file that cannot be read may be that of the default.
                if let (None, Some(broken)) = (
                    defaults.clone().next(),
                    self.broken.values().find_map(|found| found.first()),
                ) {
                    return Err(Box::new(broken.clone()));
                }
                let found = match (defaults.next(), tenants.len()) {
                    (Some(found), _) => Some(found),
                    (None, 1) => tenants.iter().next(),
                    (None, _) => None,
                };
                found.map(|(n, t)| (n.as_str(), t)).ok_or_else(|| {
                    Box::new(
                        Finding::error(
                            Code::Config,
                            "the project has several tenants and none is marked `default`",
                        )
                        .at(self.document.key_place("/tenants"))
                        .help(format!("name one with `-t`: {known}")),
                    )
                })
            }
        }
    }
}

/// A path without what stands for the same folder.
fn plain(path: &str) -> String {
    let path: PathBuf = Path::new(path)
        .components()
        .filter(|part| !matches!(part, std::path::Component::CurDir))
        .collect();
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_schema_is_sound() {
        super::SCHEMA.assert_sound();
    }
}
