//! Opens a connection to the tenant that an entry of `gatewright.yaml` names: the embedded
//! sandbox over loopback, or a real one.

use std::path::{Path, PathBuf};

use super::replication::Replication;
use crate::disk;
use crate::graph::auth::{Claims, EnvironmentVariables, Provider, SignInError, SignInSettings};
use crate::graph::client::{Client, Pace};
use crate::graph::token::Token;
use crate::graph::{GraphError, Request, endpoint};
use crate::manifest::config::{Auth, TenantEntry};
use crate::model::cloud::{ApiVersion, Cloud};
use crate::sandbox;

/// What could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The network, the endpoint or the sign-in.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// The embedded tenant.
    #[error("the sandbox cannot be started")]
    Sandbox(#[from] sandbox::SandboxError),
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
    pub sandbox: Option<sandbox::Running>,
}

/// The file of a sandbox tenant, whose folder is made where it is missing. It lies in the
/// project: whoever sends a change must not choose what else is written to.
///
/// # Errors
/// When its path leads out of the project, by itself or through a link.
pub fn sandbox_file(
    root: &Path,
    tenant: &TenantEntry,
) -> Result<Option<PathBuf>, sandbox::SandboxError> {
    let Some(file) = &tenant.sandbox else {
        return Ok(None);
    };
    let path = root.join(file);
    let below = Path::new(file).parent().unwrap_or(Path::new(""));
    match disk::folders(root, below) {
        Ok(_) => Ok(Some(path)),
        Err(source) => Err(sandbox::SandboxError::Write { path, source }),
    }
}

/// Connects to `tenant`.
///
/// # Errors
/// See [`ConnectError`].
pub async fn connect(root: &Path, tenant: &TenantEntry) -> Result<Connection, ConnectError> {
    let version = tenant.api_version.unwrap_or_default();
    if let Some(file) = sandbox_file(root, tenant)? {
        let options = sandbox::Options {
            store: sandbox::StoreKind::File(file),
            weather: tenant.weather.clone().unwrap_or_default(),
            ..sandbox::Options::default()
        };
        let running = sandbox::start(options).await?;
        let client = Client::new(&running.url(), &Token::new("sandbox"), Pace::Unlimited)?;
        let lag = running.weather().lag.0;
        return Ok(Connection {
            client,
            version,
            replication: Replication::always(lag + lag / 4),
            sandbox: Some(running),
        });
    }
    let client = Client::new(
        tenant.graph_endpoint(),
        sign_in(root, tenant)?,
        Pace::Documented,
    )?;
    if let Some(expected) = &tenant.tenant_id {
        check_tenant(&client, expected).await?;
    }
    Ok(Connection {
        client,
        version,
        replication: Replication::UNKNOWN,
        sandbox: None,
    })
}

/// Where the tokens for a real tenant come from. Nothing is sent yet.
///
/// # Errors
/// When the entry and the environment do not say how to sign in.
pub fn sign_in(root: &Path, tenant: &TenantEntry) -> Result<Provider, GraphError> {
    let login = endpoint::parse(tenant.login_endpoint()).map_err(GraphError::Endpoint)?;
    let auth = tenant.auth.clone().unwrap_or_default();
    let Auth {
        method,
        client_id,
        env,
        file,
        service_connection_id,
    } = auth;
    let entry = SignInSettings {
        tenant_id: tenant.tenant_id.clone().unwrap_or_default(),
        login,
        scope: scope(tenant)?,
        method,
        client_id,
        env,
        file: file.map(|file| root.join(file)),
        service_connection_id,
    };
    Ok(Provider::new(entry, &EnvironmentVariables::process())?)
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
            let edition = crate::model::facts::Edition::V1;
            let request = Request::get(edition, "/organization?$select=id");
            super::snapshot::Organization::read(&client.send(&request).await?).id
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
    Err(SignInError::new(
        format!("the token is for the tenant `{found}`, and gatewright.yaml says `{expected}`"),
        "correct `tenantId`, or sign in to that tenant",
    )
    .into())
}
