//! `gatewright.yaml`: the project file.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::lint::Lint;
use super::packs::ChosenClaims;
use super::schema::{self, Compiled, Of};
use super::vars::Scalar;
use super::yaml::{self, Document};
use crate::finding::source::SourceFile;
use crate::finding::{Code, Finding, Place};
use crate::graph::endpoint;
use crate::model::Kind;
use crate::model::cloud::{ApiVersion, Cloud};
use crate::model::kind::ByKind;
use crate::model::weather::{SPAN, Span, Weather};
use crate::text::pointer::below;
use crate::whatif::Environment;

pub use crate::graph::auth::AuthMethod;

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
    pub tenants: BTreeMap<String, TenantEntry>,
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
    /// The facts of a tenant that no policy holds: its own, and the project's for the rest.
    pub fn environment(&self, tenant: &TenantEntry) -> Environment {
        let base = self.environment.clone().unwrap_or_default();
        tenant.environment.clone().unwrap_or_default().over(&base)
    }
}

/// One tenant: the embedded sandbox (`sandbox`), or a real one (`tenantId`).
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TenantEntry {
    /// Marks the tenant that is used when no `-t` is given.
    pub default: bool,
    /// The file of the embedded tenant, relative to this file. Makes this entry a sandbox.
    pub sandbox: Option<String>,
    /// Marks a test tenant: `doctor --write` creates objects in no other.
    pub test: bool,
    /// A report of `doctor`, relative to this file: the client and the sandbox
    /// use what it found.
    pub facts: Option<String>,
    /// How badly the embedded tenant behaves. Default: not at all.
    pub weather: Option<Weather>,
    /// The id of the Entra tenant.
    #[schemars(regex(pattern = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"))]
    pub tenant_id: Option<String>,
    /// The cloud. Default: `global`.
    pub cloud: Option<Cloud>,
    /// Which edition of Graph is used. Default: `auto`, which reads on beta (v1.0 hides
    /// policies with preview members) and writes on v1.0 where it can.
    pub api_version: Option<ApiVersion>,
    /// Folders, files or globs with manifests and patches of this tenant alone, relative to this
    /// file, in addition to the project's.
    pub manifests: Vec<String>,
    /// Variables: `${name}` in a manifest is replaced by the value.
    pub vars: BTreeMap<String, Scalar>,
    /// The Graph host, such as `https://graph.microsoft.com`, instead of the cloud's.
    pub graph_endpoint: Option<String>,
    /// The sign-in host, such as `https://login.microsoftonline.com`, instead of the cloud's.
    pub login_endpoint: Option<String>,
    /// A PEM file in the project with the certificate of an authority to trust in
    /// addition to the system's: of a proxy that inspects TLS, or of a sandbox.
    pub ca_certificate: Option<String>,
    /// How to sign in. Without it, the first method that the environment offers is used:
    /// clientSecret, clientCertificate, workloadIdentity, azurePipelines, managedIdentity,
    /// azureCli.
    pub auth: Option<Auth>,
    /// Facts of this tenant that no policy contains, instead of the project's.
    pub environment: Option<Environment>,
    /// How long the tenant usually takes to show a write in every read, such as `90s`: a
    /// lost answer is looked for that long. Default: 90 s, and for a sandbox what its weather
    /// says.
    #[schemars(with = "Option<String>", regex(pattern = SPAN))]
    pub replication: Option<Span>,
}

impl TenantEntry {
    /// The Graph host.
    pub fn graph_endpoint(&self) -> &str {
        match &self.graph_endpoint {
            Some(endpoint) => endpoint,
            None => self.cloud.unwrap_or(Cloud::Global).graph_endpoint(),
        }
    }

    /// The sign-in host.
    pub fn login_endpoint(&self) -> &str {
        match &self.login_endpoint {
            Some(endpoint) => endpoint,
            None => self.cloud.unwrap_or(Cloud::Global).login_endpoint(),
        }
    }
}

/// How to sign in. Secrets are in environment variables or files, never here.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Auth {
    /// The method. Default: the first that the environment offers.
    pub method: Option<AuthMethod>,
    /// The id of the application, instead of the variable `AZURE_CLIENT_ID`.
    pub client_id: Option<String>,
    /// The name of the environment variable that holds the secret, instead of the usual
    /// one: the token for `accessToken`, which has no usual one; the secret for
    /// `clientSecret`; the PEM text for `clientCertificate`; the job's token for
    /// `azurePipelines`.
    pub env: Option<String>,
    /// The file, relative to this one, that holds the PEM text for `clientCertificate` or
    /// the token for `workloadIdentity`.
    pub file: Option<String>,
    /// For `azurePipelines`: the id of the service connection.
    pub service_connection_id: Option<String>,
}

impl Auth {
    /// What does not fit the method: the place below `auth`, what is wrong, the way out.
    fn faults(&self) -> Vec<(&'static str, String, &'static str)> {
        let mut faults = Vec::new();
        let Some(method) = self.method else {
            if self.env.is_some() || self.file.is_some() || self.service_connection_id.is_some() {
                faults.push((
                    "",
                    "`auth` says where a secret is, but not for which method".to_owned(),
                    "add `method`, such as `method: clientSecret`",
                ));
            }
            return faults;
        };
        if method == AuthMethod::AccessToken && self.env.as_deref().is_none_or(str::is_empty) {
            faults.push((
                "",
                "`accessToken` needs the name of an environment variable".to_owned(),
                "add `env: GRAPH_TOKEN`",
            ));
        }
        let pipelines = method == AuthMethod::AzurePipelines;
        let both = self.env.is_some() && self.file.is_some();
        for (property, given, taken) in [
            (
                "/clientId",
                self.client_id.is_some(),
                method.takes_client_id(),
            ),
            ("/env", self.env.is_some(), method.takes_env() && !both),
            ("/file", self.file.is_some(), method.takes_file()),
            (
                "/serviceConnectionId",
                self.service_connection_id.is_some(),
                pipelines,
            ),
        ] {
            if given && !taken {
                let name = property.trim_start_matches('/');
                let beside = match name == "env" && method.takes_env() {
                    true => " beside `file`",
                    false => "",
                };
                let method = method.as_str();
                faults.push((
                    property,
                    format!("`{name}` has no meaning for the method `{method}`{beside}"),
                    "remove it; docs/sign-in.md shows the properties of each method",
                ));
            }
        }
        faults
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

/// The project file and where it lies.
#[derive(Debug, Clone)]
pub struct ConfigFile {
    /// The folder of the project.
    pub root: PathBuf,
    /// What it says.
    pub config: Config,
    /// The document, for places.
    pub document: Document,
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
    /// The groups that a tenant's environment takes to be empty, and where each stands.
    pub fn assumed_empty(&self, tenant: &str) -> Vec<(&str, Place)> {
        let name = tenant.replace('~', "~0").replace('/', "~1");
        let own = format!("/tenants/{name}/environment");
        // The tenant's own list stands in the place of the one for all.
        let lists = [own, "/environment".to_owned()].map(|at| {
            let environment = match at.as_str() {
                "/environment" => self.config.environment.as_ref(),
                _ => (self.config.tenants.get(tenant)).and_then(|one| one.environment.as_ref()),
            };
            let groups = environment.map(|one| one.assume_empty.as_slice());
            (at, groups.unwrap_or_default())
        });
        let list = lists.into_iter().find(|(_, groups)| !groups.is_empty());
        let groups = list.into_iter().flat_map(|(at, groups)| {
            let placed = groups.iter().enumerate();
            placed.map(move |(number, group)| {
                let place = self.document.place(&format!("{at}/assumeEmpty/{number}"));
                (group.as_str(), place)
            })
        });
        groups.collect()
    }

    /// The place of a part of a tenant's entry.
    pub fn tenant_place(&self, name: &str, pointer: &str) -> Place {
        let entry = below("/tenants", name);
        self.document.place(&format!("{entry}{pointer}"))
    }

    /// Reads the project file in `root`.
    ///
    /// # Errors
    /// Every fault of the file, as findings.
    pub fn load(root: &Path) -> Result<ConfigFile, Vec<Finding>> {
        let file =
            SourceFile::read(root, CONFIG_FILE, &root.join(CONFIG_FILE)).map_err(|f| vec![*f])?;
        let mut findings = Vec::new();
        let mut documents = yaml::parse(&file, &mut findings);
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
                    .at(Place::new(&file, 0..0))
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
        let loaded = ConfigFile {
            root: root.to_path_buf(),
            config,
            document,
        };
        let findings = loaded.check();
        if crate::finding::has_errors(&findings) {
            return Err(findings);
        }
        Ok(loaded)
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
        if self.config.tenants.is_empty() {
            error(
                "/tenants",
                "no tenant is listed".to_owned(),
                "add `sandbox: { sandbox: .gatewright/sandbox.json }`",
            );
        }
        for (at, message, help) in self.config.lint.faults() {
            error(&format!("/lint{at}"), message, help);
        }
        let pointer_of = |name: &str| below("/tenants", name);
        let defaults = self.config.tenants.iter().filter(|(_, t)| t.default);
        for (name, _) in defaults.skip(1) {
            error(
                &format!("{}/default", pointer_of(name)),
                format!("more than one tenant is marked `default`: `{name}` is another"),
                "mark only one, or none and name the tenant with `-t`",
            );
        }
        for (name, tenant) in &self.config.tenants {
            let at = pointer_of(name);
            match (&tenant.sandbox, &tenant.tenant_id) {
                (Some(_), Some(_)) => error(
                    &format!("{at}/tenantId"),
                    format!("tenant `{name}` has both `sandbox` and `tenantId`"),
                    "a tenant is either the embedded sandbox or a real one: remove one of them",
                ),
                (None, None) => error(
                    &at,
                    format!("tenant `{name}` has neither `tenantId` nor `sandbox`"),
                    "add `sandbox: .gatewright/sandbox.json` for the embedded tenant, or the id of an Entra tenant as `tenantId:`",
                ),
                _ => {}
            }
            let leads_out = |file: &String| {
                !Path::new(file)
                    .components()
                    .all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
            };
            if let Some(file) = tenant.sandbox.as_ref().filter(|file| leads_out(file)) {
                error(
                    &format!("{at}/sandbox"),
                    format!("`{file}` points outside the project"),
                    "name a file in the project, such as `.gatewright/sandbox.json`",
                );
            }
            if let Some(file) = tenant
                .ca_certificate
                .as_ref()
                .filter(|file| leads_out(file))
            {
                error(
                    &format!("{at}/caCertificate"),
                    format!("`{file}` points outside the project"),
                    "name a file in the project, or let SSL_CERT_FILE name it",
                );
            }
            if let Some(file) = tenant.facts.as_ref().filter(|file| leads_out(file)) {
                error(
                    &format!("{at}/facts"),
                    format!("`{file}` points outside the project"),
                    "name a file in the project that `gatewright doctor --report FILE` wrote",
                );
            }
            if tenant.weather.is_some() && tenant.sandbox.is_none() {
                error(
                    &format!("{at}/weather"),
                    format!("tenant `{name}` has `weather` and is not a sandbox"),
                    "only a sandbox has weather: remove it, or add `sandbox:`",
                );
            }
            for (property, endpoint) in [
                ("graphEndpoint", &tenant.graph_endpoint),
                ("loginEndpoint", &tenant.login_endpoint),
            ] {
                let Some(endpoint) = endpoint else { continue };
                if let Err(message) = endpoint::parse(endpoint) {
                    error(
                        &format!("{at}/{property}"),
                        message,
                        "write `https://` and the host; plain `http://` is only for this machine, such as `http://localhost:8080`",
                    );
                }
            }
            let Some(auth) = &tenant.auth else { continue };
            for (property, message, help) in auth.faults() {
                error(&format!("{at}/auth{property}"), message, help);
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
        let known = names
            .iter()
            .map(|n| format!("`{n}`"))
            .collect::<Vec<_>>()
            .join(", ");
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

#[cfg(test)]
mod tests {
    #[test]
    fn the_schema_is_sound() {
        super::SCHEMA.assert_sound();
    }
}
