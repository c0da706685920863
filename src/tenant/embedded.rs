//! The embedded tenant as a tenant of the project: started, and its file found. A build
//! without the feature `sandbox` has none, and says so.

use std::io;
use std::path::{Path, PathBuf};

use super::replication::Replication;
use crate::disk;
use crate::graph::Client;
use crate::manifest::config::TenantEntry;
use crate::model::learnt::Learnt;

/// What could not be done with the embedded tenant.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// The folder of its file leads out of the project, or cannot be made.
    #[error("the sandbox cannot write its tenant file `{}`", path.display())]
    Folder {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It does not start.
    #[cfg(feature = "sandbox")]
    #[error("the sandbox cannot be started")]
    Start(#[from] crate::sandbox::SandboxError),
    /// The connection to it.
    #[error(transparent)]
    Graph(#[from] crate::graph::GraphError),
    /// This build has none.
    #[cfg(not(feature = "sandbox"))]
    #[error(
        "this build of gatewright has no embedded tenant; take one that was built with the feature `sandbox`, or a real tenant"
    )]
    LeftOut,
}

/// A running embedded tenant. It ends with its value.
#[derive(Debug)]
pub struct EmbeddedTenant {
    #[cfg(feature = "sandbox")]
    _running: crate::sandbox::Running,
}

/// The file of a sandbox tenant, whose folder is made where it is missing. It lies in the
/// project: whoever sends a change must not choose what else is written to.
///
/// # Errors
/// When its path leads out of the project, by itself or through a link.
pub fn file(root: &Path, tenant: &TenantEntry) -> Result<Option<PathBuf>, EmbeddedError> {
    let Some(file) = &tenant.sandbox else {
        return Ok(None);
    };
    let path = root.join(file);
    let below = Path::new(file).parent().unwrap_or(Path::new(""));
    match disk::folders(root, below) {
        Ok(_) => Ok(Some(path)),
        Err(source) => Err(EmbeddedError::Folder { path, source }),
    }
}

/// Starts the embedded tenant of `file` and connects to it over loopback.
///
/// # Errors
/// See [`EmbeddedError`].
#[cfg(feature = "sandbox")]
pub async fn connect(
    file: PathBuf,
    tenant: &TenantEntry,
    learnt: Learnt,
) -> Result<(Client, Replication, EmbeddedTenant), EmbeddedError> {
    use crate::graph::client::Pace;
    use crate::graph::token::Token;
    use crate::sandbox;

    let options = sandbox::Options {
        store: sandbox::StoreKind::File(file),
        weather: tenant.weather.clone().unwrap_or_default(),
        cloud: tenant.cloud.unwrap_or(crate::model::cloud::Cloud::Global),
        learnt,
        ..sandbox::Options::default()
    };
    // Where it throttles as a tenant does, it is asked as a tenant is.
    let pace = match options.weather.throttle {
        true => Pace::Documented,
        false => Pace::Unlimited,
    };
    let running = sandbox::start(options).await?;
    let client = Client::new(&running.url(), &Token::new("sandbox"), pace)?;
    let lag = running.weather().lag.0;
    let embedded = EmbeddedTenant { _running: running };
    Ok((client, Replication::always(lag + lag / 4), embedded))
}

/// Says that this build has no embedded tenant.
///
/// # Errors
/// Always.
#[cfg(not(feature = "sandbox"))]
pub async fn connect(
    _: PathBuf,
    _: &TenantEntry,
    _: Learnt,
) -> Result<(Client, Replication, EmbeddedTenant), EmbeddedError> {
    Err(EmbeddedError::LeftOut)
}
