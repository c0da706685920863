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
        "this build of gatewright has no embedded tenant; use one that was built with the feature `sandbox`, or a real tenant"
    )]
    LeftOut,
}

/// A running embedded tenant. It ends with its value.
#[derive(Debug)]
pub struct EmbeddedTenant {
    /// It, or the address of the process that serves it.
    #[cfg(feature = "sandbox")]
    running: Result<crate::sandbox::Running, String>,
}

impl EmbeddedTenant {
    /// The address of the other process that serves it.
    pub fn served_at(&self) -> Option<&str> {
        #[cfg(feature = "sandbox")]
        return self.running.as_ref().err().map(String::as_str);
        #[cfg(not(feature = "sandbox"))]
        None
    }
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
    // One kind of separator, also where the file has others than the system.
    let path: PathBuf = root.join(file).components().collect();
    let below = Path::new(file).parent().unwrap_or(Path::new(""));
    match disk::folders(root, below) {
        Ok(_) => Ok(Some(path)),
        Err(source) => Err(EmbeddedError::Folder { path, source }),
    }
}

/// Starts the embedded tenant of `file` and connects to it over loopback; where another process
/// serves it already, that one is connected to.
///
/// # Errors
/// See [`EmbeddedError`].
#[cfg(feature = "sandbox")]
pub async fn connect(
    file: PathBuf,
    tenant: &TenantEntry,
    learnt: Learnt,
) -> Result<(Client, Replication, EmbeddedTenant), EmbeddedError> {
    use std::time::Duration;

    use super::sandbox_admin::served;
    use crate::graph::client::Pace;
    use crate::graph::token::Token;
    use crate::graph::trust::Authorities;
    use crate::sandbox;

    /// How often it is tried while a process that has the file begins or ends, and with which
    /// pause.
    const TRIES: usize = 20;
    const PAUSE: Duration = Duration::from_millis(100);
    let options = sandbox::Options {
        store: sandbox::StoreKind::File(file),
        weather: tenant.weather.clone().unwrap_or_default(),
        cloud: tenant.cloud.unwrap_or(crate::model::cloud::Cloud::Global),
        learnt,
        ..sandbox::Options::default()
    };
    let mut tries = 0;
    let (url, weather, authorities, running) = loop {
        let in_use = match sandbox::start(options.clone()).await {
            Ok(running) => {
                let (url, weather) = (running.url(), running.weather());
                break (url, weather, Authorities::default(), Ok(running));
            }
            Err(error @ sandbox::SandboxError::InUse { .. }) => error,
            Err(error) => return Err(error.into()),
        };
        if let Some(there) = served(&in_use).await {
            break (
                there.url.clone(),
                there.weather,
                there.authorities,
                Err(there.url),
            );
        }
        tries += 1;
        if tries == TRIES {
            return Err(in_use.into());
        }
        tokio::time::sleep(PAUSE).await;
    };
    // Where it throttles as a tenant does, it is asked as a tenant is.
    let pace = match weather.throttle {
        true => Pace::Documented,
        false => Pace::Unlimited,
    };
    let client = Client::trusting(&url, &Token::new("sandbox"), pace, &authorities)?;
    let lag = weather.lag.0;
    let embedded = EmbeddedTenant { running };
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
