//! One process per tenant file. The lock is the system's and ends with the process, so
//! that a dead one leaves none behind.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::error::SandboxError;

/// A lock that is held.
#[derive(Debug)]
pub(super) struct StoreLock {
    file: File,
}

/// The lock's file, hidden beside the tenant file.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.lock"))
}

impl StoreLock {
    pub fn take(path: &Path) -> Result<StoreLock, SandboxError> {
        let told = |source| SandboxError::Write {
            path: path.to_owned(),
            source,
        };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(told)?;
        }
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(beside(path))
            .map_err(told)?;
        match file.try_lock() {
            Ok(()) => {
                let mut lock = StoreLock { file };
                lock.say(&json!({"pid": std::process::id()}))
                    .map_err(told)?;
                Ok(lock)
            }
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let _ = file.read_to_string(&mut text);
                let by: Value = serde_json::from_str(&text).unwrap_or_default();
                let said = |name: &str| by.get(name).and_then(Value::as_str).map(str::to_owned);
                Err(SandboxError::InUse {
                    path: path.to_owned(),
                    pid: by.get("pid").and_then(Value::as_u64),
                    url: said("url"),
                    certificate: said("certificate").map(PathBuf::from),
                })
            }
            Err(TryLockError::Error(source)) => Err(told(source)),
        }
    }

    /// Tells whoever comes later where the tenant is served.
    pub fn announce(&mut self, url: &str, certificate: Option<&Path>) {
        let words = json!({"pid": std::process::id(), "url": url, "certificate": certificate});
        // Only an error message is poorer without it.
        let _ = self.say(&words);
    }

    fn say(&mut self, words: &Value) -> std::io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(words.to_string().as_bytes())
    }
}
