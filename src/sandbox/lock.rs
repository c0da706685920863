//! One process per tenant file.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::error::SandboxError;
use crate::disk::{self, LockError};

/// A lock that is held.
#[derive(Debug)]
pub(super) struct StoreLock(disk::Lock);

/// The lock's file, hidden beside the tenant file.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.lock"))
}

impl StoreLock {
    pub(crate) fn take(path: &Path) -> Result<StoreLock, SandboxError> {
        let lock = beside(path);
        let told = |source| SandboxError::Lock {
            path: lock.clone(),
            source,
        };
        if let Some(folder) = path.parent() {
            disk::folder(folder).map_err(told)?;
        }
        let words = json!({"pid": std::process::id()}).to_string();
        match disk::Lock::take(&lock, &words) {
            Ok(lock) => Ok(StoreLock(lock)),
            Err(LockError::Held(text)) => {
                let by: Value = serde_json::from_str(&text).unwrap_or_default();
                let said = |name: &str| by.get(name).and_then(Value::as_str).map(str::to_owned);
                Err(SandboxError::InUse {
                    path: path.to_owned(),
                    pid: by.get("pid").and_then(Value::as_u64),
                    url: said("url"),
                    certificate: said("certificate").map(PathBuf::from),
                })
            }
            Err(LockError::Io(source)) => Err(told(source)),
        }
    }

    /// Tells whoever comes later where the tenant is served.
    pub(crate) fn announce(&mut self, url: &str, certificate: Option<&Path>) {
        let words = json!({"pid": std::process::id(), "url": url, "certificate": certificate});
        // Only an error message is poorer without it.
        let _ = self.0.say(&words.to_string());
    }
}
