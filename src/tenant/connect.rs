//! Opens a connection to the tenant that an entry of `gatewright.yaml` names: the embedded
//! sandbox over loopback, or a real one.

use std::path::{Path, PathBuf};

use crate::graph::client::{Client, Pace};
use crate::graph::token::Token;
use crate::graph::{GraphError, Request};
use crate::manifest::config::{ApiVersion, AuthMethod, Cloud, Tenant};
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
    /// The embedded tenant, when it is one. It runs as long as the connection lives.
    pub sandbox: Option<sandbox::Running>,
}

/// The file of a sandbox tenant.
pub fn sandbox_file(root: &Path, tenant: &Tenant) -> Option<PathBuf> {
    tenant.sandbox.as_ref().map(|file| root.join(file))
}

/// Connects to `tenant`.
///
/// # Errors
/// See [`ConnectError`].
pub async fn connect(root: &Path, tenant: &Tenant) -> Result<Connection, ConnectError> {
    let version = tenant.api_version.unwrap_or_default();
    if let Some(file) = sandbox_file(root, tenant) {
        let options = sandbox::Options {
            store: sandbox::StoreKind::File(file),
            weather: tenant.weather.clone().unwrap_or_default(),
            ..sandbox::Options::default()
        };
        let running = sandbox::start(options).await?;
        let client = Client::new(&running.url(), &Token::new("sandbox"), Pace::Unlimited)?;
        return Ok(Connection {
            client,
            version,
            sandbox: Some(running),
        });
    }
    let endpoint = match &tenant.graph_endpoint {
        Some(endpoint) => endpoint.as_str(),
        None => tenant.cloud.unwrap_or(Cloud::Global).graph_endpoint(),
    };
    let token = match &tenant.auth {
        Some(auth) => match auth.method {
            AuthMethod::AccessToken => Token::from_env(auth.env.as_deref().unwrap_or_default())?,
        },
        None => {
            return Err(GraphError::SignIn("the tenant has no `auth`".to_owned()).into());
        }
    };
    let client = Client::new(endpoint, &token, Pace::Documented)?;
    if let Some(expected) = &tenant.tenant_id {
        check_tenant(&client, expected).await?;
    }
    Ok(Connection {
        client,
        version,
        sandbox: None,
    })
}

/// A token of another tenant must not lead to a plan for it.
async fn check_tenant(client: &Client, expected: &str) -> Result<(), GraphError> {
    let request = Request::get(crate::model::facts::Edition::V1, "/organization?$select=id");
    let answer = client.send(&request).await?;
    let found = super::snapshot::Organization::read(&answer).id;
    if found.eq_ignore_ascii_case(expected) {
        return Ok(());
    }
    Err(GraphError::SignIn(format!(
        "the token is for the tenant `{found}`, and gatewright.yaml says `{expected}`"
    )))
}
