//! The tenant, and the one file it is kept in.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::error::SandboxError;
use super::lock::StoreLock;
use super::seed;
use super::tenant::Tenant;
use crate::disk;

/// The newest version of the tenant file that this program reads and writes.
const VERSION: u64 = 3;

/// The largest tenant file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 1 << 30;

/// Where the tenant lives between two starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreKind {
    /// One JSON file, written after every change. A missing file is the starting tenant.
    File(PathBuf),
    /// Nowhere: every start begins with the starting tenant.
    Memory,
}

/// The tenant with its file.
#[derive(Debug)]
pub(super) struct Store {
    kind: StoreKind,
    /// What the file holds; `None` while there is no file.
    saved: Option<Vec<u8>>,
    /// Held as long as the store is in use; `None` in memory and when it was closed.
    lock: Option<StoreLock>,
    closed: bool,
    pub tenant: Tenant,
}

impl Store {
    pub(crate) fn open(kind: StoreKind) -> Result<Self, SandboxError> {
        let lock = match &kind {
            StoreKind::Memory => None,
            StoreKind::File(path) => Some(StoreLock::take(path)?),
        };
        let saved = match &kind {
            StoreKind::Memory => None,
            StoreKind::File(path) => saved(path)?,
        };
        let tenant = read(&kind, saved.as_deref())?;
        Ok(Store {
            kind,
            saved,
            lock,
            closed: false,
            tenant,
        })
    }

    /// Tells other processes where the tenant is served.
    pub(crate) fn announce(&mut self, url: &str, certificate: Option<&Path>) {
        if let Some(lock) = &mut self.lock {
            lock.announce(url, certificate);
        }
    }

    /// Gives the file back. Nothing is written from here on.
    pub(crate) fn close(&mut self) {
        self.closed = true;
        self.lock = None;
    }

    /// Writes the tenant, whole or not at all. When that fails the tenant goes back to
    /// what the file holds: what is not saved did not happen.
    pub(crate) fn save(&mut self) -> Result<(), SandboxError> {
        let StoreKind::File(path) = &self.kind else {
            return Ok(());
        };
        let written = if self.closed {
            Err(SandboxError::Write {
                path: path.clone(),
                source: std::io::Error::other("the sandbox was stopped"),
            })
        } else {
            write(path, &self.tenant)
        };
        match written {
            Ok(bytes) => {
                self.saved = Some(bytes);
                Ok(())
            }
            Err(error) => {
                if let Ok(before) = read(&self.kind, self.saved.as_deref()) {
                    self.tenant = before;
                }
                Err(error)
            }
        }
    }
}

/// What the file holds; `None`: there is none.
fn saved(path: &Path) -> Result<Option<Vec<u8>>, SandboxError> {
    match disk::read_own(path, MAX_FILE_BYTES) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(SandboxError::Read {
            path: path.to_owned(),
            source: error.into(),
        }),
    }
}

/// The tenant in these bytes of its file, or the starting tenant.
fn read(kind: &StoreKind, bytes: Option<&[u8]>) -> Result<Tenant, SandboxError> {
    match (kind, bytes) {
        (StoreKind::File(path), Some(bytes)) => parse(path, bytes),
        _ => Ok(seed::tenant(VERSION)),
    }
}

/// Writes the starting tenant to `path`, replacing the tenant that is there, even a broken one.
///
/// # Errors
/// [`SandboxError::Write`] when the file cannot be written, [`SandboxError::NoTenant`] when it
/// holds something else; then it is as it was.
pub fn reset(path: &Path) -> Result<(), SandboxError> {
    let _lock = StoreLock::take(path)?;
    if let Some(bytes) = saved(path)?
        && !looks_like_tenant(&bytes)
    {
        return Err(SandboxError::NoTenant {
            path: path.to_owned(),
        });
    }
    write(path, &seed::tenant(VERSION)).map(|_| ())
}

/// An empty file, or one that was a tenant before somebody broke it.
fn looks_like_tenant(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start();
    text.is_empty() || text.starts_with('{') && text.contains("\"tenantId\"")
}

/// The tenant in `value`, which is a tenant file.
pub(super) fn from_value(value: &Value) -> Result<Tenant, String> {
    parse(Path::new("the tenant"), value.to_string().as_bytes()).map_err(|error| match error {
        SandboxError::Broken { reason, .. } => reason,
        other => other.to_string(),
    })
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Tenant, SandboxError> {
    let broken = |line, column, reason: String| SandboxError::Broken {
        path: path.to_owned(),
        line,
        column,
        reason,
    };
    let told = |e: serde_json::Error| {
        let text = e.to_string();
        let reason = text.split(" at line ").next().unwrap_or(&text).to_owned();
        broken(e.line(), e.column(), reason)
    };
    // The version first: a newer file may have members that this program does not know.
    let value: Value = serde_json::from_slice(bytes).map_err(told)?;
    if let Some(found) = value.get("version").and_then(Value::as_u64)
        && found > VERSION
    {
        return Err(SandboxError::Newer {
            path: path.to_owned(),
            found,
            known: VERSION,
        });
    }
    let mut tenant: Tenant = serde_json::from_slice(bytes).map_err(told)?;
    match tenant.fault() {
        None => {
            if tenant.version < 2 {
                seed::activate_roles(&mut tenant);
            }
            tenant.version = VERSION;
            Ok(tenant)
        }
        Some(reason) => Err(broken(1, 1, reason)),
    }
}

fn write(path: &Path, tenant: &Tenant) -> Result<Vec<u8>, SandboxError> {
    let mut bytes = serde_json::to_vec_pretty(tenant).map_err(|e| SandboxError::Write {
        path: path.to_owned(),
        source: e.into(),
    })?;
    bytes.push(b'\n');
    write_file(path, &bytes)?;
    Ok(bytes)
}

/// Writes a file, whole or not at all.
pub(super) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), SandboxError> {
    let told = |source: std::io::Error| SandboxError::Write {
        path: path.to_owned(),
        source,
    };
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(folder).map_err(told)?;
    disk::put(path, bytes, disk::Put::Private).map_err(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_is_the_starting_tenant_and_is_not_written_by_reading() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/tenant.json");
        let mut store = Store::open(StoreKind::File(path.clone())).unwrap();
        assert!(!path.exists());
        store.save().unwrap();
        let second = Store::open(StoreKind::File(path.clone())).unwrap_err();
        assert!(
            matches!(&second, SandboxError::InUse { pid: Some(pid), .. }
            if *pid == u64::from(std::process::id())),
            "{second}"
        );
        store.close();
        assert!(store.save().is_err());
        let again = Store::open(StoreKind::File(path.clone())).unwrap();
        assert_eq!(again.tenant, store.tenant);
        let files = std::fs::read_dir(folder.path().join("a")).unwrap().count();
        assert_eq!(files, 2, "the tenant and its lock");
    }

    #[test]
    fn a_broken_file_is_named_with_its_place_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tenant.json");
        std::fs::write(&path, "{\n  \"version\": 1,\n  \"tenantId\": oops\n}").unwrap();
        let error = Store::open(StoreKind::File(path.clone())).unwrap_err();
        assert!(
            matches!(error, SandboxError::Broken { line: 3, .. }),
            "{error}"
        );
        assert!(
            error
                .to_string()
                .contains("tenant.json` is broken at line 3")
        );
        assert!(std::fs::read_to_string(&path).unwrap().contains("oops"));
    }

    #[test]
    fn a_newer_version_and_a_wrong_shape_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tenant.json");
        std::fs::write(&path, "{\"version\": 9, \"other\": 1}").unwrap();
        let error = Store::open(StoreKind::File(path.clone())).unwrap_err();
        assert!(
            matches!(error, SandboxError::Newer { found: 9, .. }),
            "{error}"
        );
        std::fs::write(
            &path,
            "{\"version\":1,\"tenantId\":\"t\",\"displayName\":\"d\",\"users\":{\"u\":1}}",
        )
        .unwrap();
        let error = Store::open(StoreKind::File(path)).unwrap_err();
        assert!(
            error.to_string().contains("`u` is not an object"),
            "{error}"
        );
    }
}
