//! A tenant's entry: which tenant it is, how to reach it, and what it has otherwise.

use std::collections::BTreeMap;
use std::path::{Component, Path};

use schemars::JsonSchema;
use serde::Deserialize;

use super::vars::Scalar;
use crate::graph::endpoint;
use crate::model::cloud::{ApiVersion, Cloud};
use crate::model::weather::{SPAN, Span, Weather};
use crate::whatif::Environment;

pub use crate::graph::auth::AuthMethod;

/// One tenant: the embedded sandbox (`sandbox`), or a real one (`tenantId`).
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TenantEntry {
    /// Marks the tenant that is used when no `-t` is given.
    pub default: bool,
    /// Labels of your choice, by which `-t label:NAME` selects tenants.
    #[schemars(inner(regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9._/-]*$")))]
    pub labels: Vec<String>,
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
    /// More folders, files or globs with manifests for this tenant alone, relative to
    /// gatewright.yaml.
    pub manifests: Vec<String>,
    /// The cloud. Default: `global`.
    pub cloud: Option<Cloud>,
    /// Which edition of Graph is used. Default: `auto`, which reads on beta (v1.0 hides
    /// policies with preview members) and writes on v1.0 where it can.
    pub api_version: Option<ApiVersion>,
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

/// What the tenants have in common: each of these counts for every tenant whose own entry
/// leaves it out.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TenantDefaults {
    /// How to sign in, such as one application that is registered for many tenants.
    pub auth: Option<Auth>,
    /// Variables. A tenant's own value of the same name counts instead.
    pub vars: BTreeMap<String, Scalar>,
    /// More folders, files or globs with manifests, for tenants that list none of their own.
    pub manifests: Vec<String>,
    /// The cloud.
    pub cloud: Option<Cloud>,
    /// Which edition of Graph is used.
    pub api_version: Option<ApiVersion>,
    /// The Graph host, instead of the cloud's.
    pub graph_endpoint: Option<String>,
    /// The sign-in host, instead of the cloud's.
    pub login_endpoint: Option<String>,
    /// A PEM file in the project with the certificate of an authority to trust in addition to
    /// the system's.
    pub ca_certificate: Option<String>,
    /// How long a tenant usually takes to show a write in every read, such as `90s`.
    #[schemars(with = "Option<String>", regex(pattern = SPAN))]
    pub replication: Option<Span>,
}

impl TenantDefaults {
    /// What is wrong: the place below `defaults`, the message, the way out.
    pub(super) fn faults(&self) -> Vec<(String, String, &'static str)> {
        let alike = TenantEntry::default().over(self);
        // A sandbox takes what is neither its own nor another's.
        let alike = TenantEntry {
            sandbox: Some(String::new()),
            ..alike
        };
        alike.faults("")
    }
}

impl TenantEntry {
    /// This entry, and `defaults` for what it leaves out.
    #[must_use]
    pub(super) fn over(self, defaults: &TenantDefaults) -> TenantEntry {
        let TenantDefaults {
            auth,
            vars,
            manifests,
            cloud,
            api_version,
            graph_endpoint,
            login_endpoint,
            ca_certificate,
            replication,
        } = defaults;
        let mut all = vars.clone();
        all.extend(self.vars);
        TenantEntry {
            vars: all,
            manifests: match self.manifests.is_empty() {
                true => manifests.clone(),
                false => self.manifests,
            },
            auth: self.auth.or_else(|| auth.clone()),
            cloud: self.cloud.or(*cloud),
            api_version: self.api_version.or(*api_version),
            graph_endpoint: self.graph_endpoint.or_else(|| graph_endpoint.clone()),
            login_endpoint: self.login_endpoint.or_else(|| login_endpoint.clone()),
            ca_certificate: self.ca_certificate.or_else(|| ca_certificate.clone()),
            replication: self.replication.or(*replication),
            ..self
        }
    }

    /// What is wrong with the entry of the tenant `name`: the place below it, the message, the
    /// way out.
    pub(super) fn faults(&self, name: &str) -> Vec<(String, String, &'static str)> {
        let mut faults = Vec::new();
        let mut fault =
            |at: &str, message: String, help| faults.push((at.to_owned(), message, help));
        match (&self.sandbox, &self.tenant_id) {
            (Some(_), Some(_)) => fault(
                "/tenantId",
                format!("tenant `{name}` has both `sandbox` and `tenantId`"),
                "a tenant is either the embedded sandbox or a real one: remove one of them",
            ),
            (None, None) => fault(
                "",
                format!("tenant `{name}` has neither `tenantId` nor `sandbox`"),
                "add `sandbox: .gatewright/sandbox.json` for the embedded tenant, or the id of an Entra tenant as `tenantId:`",
            ),
            _ => {}
        }
        let inside = |file: &str| {
            let mut parts = Path::new(file).components();
            parts.all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
        };
        for (property, file, help) in [
            (
                "sandbox",
                &self.sandbox,
                "name a file in the project, such as `.gatewright/sandbox.json`",
            ),
            (
                "caCertificate",
                &self.ca_certificate,
                "name a file in the project, or let SSL_CERT_FILE name it",
            ),
            (
                "facts",
                &self.facts,
                "name a file in the project that `gatewright doctor --report FILE` wrote",
            ),
        ] {
            if let Some(file) = file.as_deref().filter(|file| !inside(file)) {
                let message = format!("`{file}` points outside the project");
                fault(&format!("/{property}"), message, help);
            }
        }
        if self.weather.is_some() && self.sandbox.is_none() {
            fault(
                "/weather",
                format!("tenant `{name}` has `weather` and is not a sandbox"),
                "only a sandbox has weather: remove it, or add `sandbox:`",
            );
        }
        for (property, endpoint) in [
            ("graphEndpoint", &self.graph_endpoint),
            ("loginEndpoint", &self.login_endpoint),
        ] {
            let Some(endpoint) = endpoint else { continue };
            if let Err(message) = endpoint::parse(endpoint) {
                fault(
                    &format!("/{property}"),
                    message,
                    "write `https://` and the host; plain `http://` is only for this machine, such as `http://localhost:8080`",
                );
            }
        }
        for (property, message, help) in self.auth.iter().flat_map(Auth::faults) {
            fault(&format!("/auth{property}"), message, help);
        }
        faults
    }

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
    /// For `browser` and `deviceCode`: the id of the tenant that the person's account belongs to,
    /// where that is another one, as with delegated administration (GDAP). One `auth login` then
    /// serves every tenant that names it.
    #[schemars(regex(pattern = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"))]
    pub home_tenant: Option<String>,
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
            if self.home_tenant.is_some() {
                faults.push((
                    "/homeTenant",
                    "`homeTenant` is for the sign-in of a person".to_owned(),
                    "add `method: browser`, or `method: deviceCode`",
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
            (
                "/homeTenant",
                self.home_tenant.is_some(),
                method.is_persons(),
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
