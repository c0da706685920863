//! Opens a connection to the tenant that an entry of `gatewright.yaml` names: the embedded
//! sandbox over loopback, or a real one.

use std::path::Path;
use std::time::Duration;

use super::embedded::{self, EmbeddedError, EmbeddedTenant};
use super::replication::Replication;
use crate::disk;
use crate::graph::auth::{
    Access, Claims, EnvironmentVariables, Provider, SignInError, SignInSettings, Teller,
};
use crate::graph::client::{Client, Pace};
use crate::graph::read::Reader;
use crate::graph::trust::Authorities;
use crate::graph::{GraphError, endpoint};
use crate::manifest::config::{Auth, TenantEntry};
use crate::model::cloud::{ApiVersion, Cloud};
use crate::model::learnt::Learnt;

/// What could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The network, the endpoint or the sign-in.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// The embedded tenant.
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
    /// The file of what was found of the tenant.
    #[error("`facts` names `{file}`: {why}")]
    Facts {
        /// The file, as the entry names it.
        file: String,
        /// What is wrong with it.
        why: String,
    },
}

/// An open connection.
pub struct Connection {
    /// The client.
    pub client: Client,
    /// Which edition is used.
    pub version: ApiVersion,
    /// How long the tenant may take to show a write.
    pub replication: Replication,
    /// The embedded tenant, when it is one. It runs as long as the connection lives.
    pub sandbox: Option<EmbeddedTenant>,
}

/// Connects to `tenant` to do what `access` says; `hears` is told whenever something takes
/// longer than ten seconds, and where a person is to sign in.
///
/// # Errors
/// See [`ConnectError`].
pub async fn connect(
    root: &Path,
    tenant: &TenantEntry,
    access: Access,
    hears: Teller,
) -> Result<Connection, ConnectError> {
    let tells = hears.clone();
    let hears = move |text: &str| hears.tell(text);
    let version = tenant.api_version.unwrap_or_default();
    let learnt = learnt(root, tenant)?;
    if let Some(file) = embedded::file(root, tenant)? {
        let (client, always, running) = embedded::connect(file, tenant, learnt.clone()).await?;
        return Ok(Connection {
            client: client.telling(hears),
            version,
            replication: replication(tenant, &learnt, always),
            sandbox: Some(running),
        });
    }
    let client = Client::trusting(
        tenant.graph_endpoint(),
        sign_in(root, tenant, access, tells)?,
        Pace::Documented,
        &authorities(root, tenant)?,
    )?
    .telling(hears)
    .with_neighbours_paced(learnt.is("neighbours", "shared"));
    if let Some(expected) = &tenant.tenant_id {
        check_tenant(&client, expected).await?;
    }
    Ok(Connection {
        client,
        version,
        replication: replication(tenant, &learnt, Replication::UNKNOWN),
        sandbox: None,
    })
}

/// How soon the tenant shows a write: what the entry says, else what was measured, else what is
/// usual. What was measured once is no bound: twice that, and never less than a little.
fn replication(tenant: &TenantEntry, learnt: &Learnt, default: Replication) -> Replication {
    const LEAST: Duration = Duration::from_secs(10);
    match (tenant.replication, learnt.lag()) {
        (Some(span), _) => Replication::usually(span.0),
        (None, Some(lag)) if tenant.sandbox.is_none() => Replication::usually((lag * 2).max(LEAST)),
        _ => default,
    }
}

/// What doctor found of the tenant, where the entry names its report.
///
/// # Errors
/// When the file cannot be read, is no such report, or was written about another tenant.
pub fn learnt(root: &Path, tenant: &TenantEntry) -> Result<Learnt, ConnectError> {
    /// The largest report that is read, in bytes.
    const MOST: u64 = 4 * 1024 * 1024;
    let Some(file) = &tenant.facts else {
        return Ok(Learnt::default());
    };
    let fault = |why: String| ConnectError::Facts {
        file: file.clone(),
        why,
    };
    let bytes = disk::below(root, &root.join(file)).and_then(|path| disk::read(&path, MOST));
    let bytes = bytes.map_err(|error| fault(error.to_string()))?;
    let report: serde_json::Value = serde_json::from_slice(&bytes).map_err(|error| {
        fault(format!(
            "it is not JSON: {error}; `gatewright doctor --report FILE` writes such a file"
        ))
    })?;
    let learnt = Learnt::read(&report).map_err(fault)?;
    let own = tenant.tenant_id.as_deref();
    match own.and_then(|id| learnt.is_of(id)) {
        Some(false) => Err(fault("it was written about another tenant".to_owned())),
        _ => Ok(learnt),
    }
}

/// The variable that names hosts which are neither Microsoft's nor this machine.
const ALLOW_HOSTS: &str = "GATEWRIGHT_ALLOW_HOSTS";

/// Whoever sends a change chooses the hosts of `gatewright.yaml`, and these get what the
/// environment holds: a token, or the proof that gets one. So they are Microsoft's, or this
/// machine, or the environment allows them.
fn check_hosts(tenant: &TenantEntry, environment: &EnvironmentVariables) -> Result<(), GraphError> {
    let allowed = environment.get(ALLOW_HOSTS).unwrap_or_default();
    for (name, text) in [
        ("graphEndpoint", tenant.graph_endpoint()),
        ("loginEndpoint", tenant.login_endpoint()),
    ] {
        let url = endpoint::parse(text).map_err(GraphError::Endpoint)?;
        let host = url.host_str().unwrap_or_default();
        let mut listed = allowed.split(',').map(str::trim);
        let is_known = endpoint::is_microsofts(&url)
            || endpoint::is_loopback(&url)
            || listed.any(|allowed| allowed.eq_ignore_ascii_case(host));
        if !is_known {
            return Err(SignInError::new(
                format!(
                    "`{name}` names `{host}`, which is not a Microsoft host: it would get a token"
                ),
                format!("if that is intended, set {ALLOW_HOSTS}={host} in the environment"),
            )
            .into());
        }
    }
    Ok(())
}

/// The authorities that the entry names.
fn authorities(root: &Path, tenant: &TenantEntry) -> Result<Authorities, GraphError> {
    /// The largest file of certificates that is read, in bytes.
    const MOST: u64 = 1024 * 1024;
    let Some(file) = &tenant.ca_certificate else {
        return Ok(Authorities::default());
    };
    let failed = |why: String| {
        GraphError::from(SignInError::new(
            format!("`caCertificate` names `{file}`: {why}"),
            "name a PEM file in the project with the authority's certificate",
        ))
    };
    let pem = disk::below(root, &root.join(file)).and_then(|path| disk::read(&path, MOST));
    let pem = pem.map_err(|e| failed(e.to_string()))?;
    Authorities::read(&pem).map_err(failed)
}

/// Where the tokens for a real tenant come from. Nothing is sent yet.
///
/// # Errors
/// When the entry and the environment do not say how to sign in.
pub fn sign_in(
    root: &Path,
    tenant: &TenantEntry,
    access: Access,
    tells: Teller,
) -> Result<Provider, GraphError> {
    let environment = EnvironmentVariables::process();
    check_hosts(tenant, &environment)?;
    let login = endpoint::parse(tenant.login_endpoint()).map_err(GraphError::Endpoint)?;
    let auth = tenant.auth.clone().unwrap_or_default();
    let Auth {
        method,
        client_id,
        env,
        file,
        service_connection_id,
        home_tenant,
    } = auth;
    let entry = SignInSettings {
        tenant_id: tenant.tenant_id.clone().unwrap_or_default(),
        home_tenant,
        login,
        cloud: tenant
            .cloud
            .unwrap_or_else(|| Cloud::of_login_endpoint(tenant.login_endpoint())),
        scope: scope(tenant)?,
        method,
        client_id,
        env,
        file: file.map(|file| root.join(file)),
        service_connection_id,
        access,
        tells,
        authorities: authorities(root, tenant)?,
    };
    Ok(Provider::new(entry, &environment)?)
}

/// What the token is for: the Graph host. A double of Graph on this machine is asked with a
/// token of the cloud.
fn scope(tenant: &TenantEntry) -> Result<String, GraphError> {
    let graph = endpoint::parse(tenant.graph_endpoint()).map_err(GraphError::Endpoint)?;
    if endpoint::is_loopback(&graph) {
        let cloud = tenant.cloud.unwrap_or(Cloud::Global);
        return Ok(format!("{}/.default", cloud.graph_endpoint()));
    }
    Ok(format!("{}/.default", graph.origin().ascii_serialization()))
}

/// A token of another tenant must not lead to a plan for it. A JWT says which tenant it is
/// of; for another token the tenant is asked.
async fn check_tenant(client: &Client, expected: &str) -> Result<(), GraphError> {
    let token = client.tokens().token().await?.token;
    let found = match Claims::of(&token).and_then(|claims| claims.tenant) {
        Some(tenant) => tenant,
        None => {
            let answer = Reader::new(client).organization().await?;
            super::snapshot::Organization::read(&answer).id
        }
    };
    same_tenant(&found, expected)
}

/// # Errors
/// When the token is of another tenant than the entry.
pub fn same_tenant(found: &str, expected: &str) -> Result<(), GraphError> {
    if found.eq_ignore_ascii_case(expected) {
        return Ok(());
    }
    Err(other_tenant(found, expected).into())
}

/// The token is of another tenant than the entry.
pub fn other_tenant(found: &str, expected: &str) -> SignInError {
    SignInError::new(
        format!("the token is for the tenant `{found}`, but gatewright.yaml says `{expected}`"),
        "correct `tenantId`, or sign in to that tenant",
    )
}
