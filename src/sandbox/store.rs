//! The tenant, and the one file it is kept in.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::changes::{ChangeLog, Changes, beside_file, forget, make};
use super::error::SandboxError;
use super::lock::StoreLock;
use super::seed;
use super::tenant::Tenant;
use crate::disk;

/// The newest version of the tenant file that this program reads and writes.
const VERSION: u64 = 3;

/// Changes are collected up to so many bytes however small the tenant is.
const LEAST: usize = 256 * 1024;

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
    /// The changes that stand beside it, as lines.
    since: Vec<u8>,
    /// Where changes are written; `None`: the next one writes the whole tenant.
    log: Option<ChangeLog>,
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
        let (saved, since) = match &kind {
            StoreKind::Memory => (None, Vec::new()),
            StoreKind::File(path) => {
                let saved = saved(path)?;
                let since = saved.as_deref().map(|bytes| beside_file(path, bytes));
                (saved, since.unwrap_or_default())
            }
        };
        let tenant = read(&kind, saved.as_deref(), &since)?;
        Ok(Store {
            kind,
            saved,
            since,
            log: None,
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

    /// Gives the file back, with all changes in it. Nothing is written from here on.
    pub(crate) fn close(&mut self) {
        let behind = !self.since.is_empty() && !self.closed;
        // On Windows what is open keeps its name.
        self.log = None;
        if let (StoreKind::File(path), true) = (&self.kind, behind) {
            // Where that fails the changes stay beside the file, and are made when it is opened.
            let _ = write(path, &self.tenant);
        }
        self.closed = true;
        self.lock = None;
    }

    /// Writes what was changed, whole or not at all. When that fails the tenant goes back to
    /// what is on disk: what is not saved did not happen.
    pub(crate) fn save(&mut self) -> Result<(), SandboxError> {
        let StoreKind::File(path) = self.kind.clone() else {
            return Ok(());
        };
        let written = match self.closed {
            true => Err(std::io::Error::other("the sandbox was stopped").into()),
            false => self.write(&path),
        };
        match written {
            Ok(()) => {
                self.tenant.settle();
                Ok(())
            }
            Err(error) => {
                self.log = None;
                if let Ok(before) = read(&self.kind, self.saved.as_deref(), &self.since) {
                    self.tenant = before;
                }
                Err(match error {
                    Unwritten::Changes(source) => SandboxError::Write { path, source },
                    Unwritten::Tenant(error) => error,
                })
            }
        }
    }

    /// Writes the changes beside the file while they are fewer than what it holds, else the file.
    fn write(&mut self, path: &Path) -> Result<(), Unwritten> {
        let length = self.saved.as_ref().map_or(0, Vec::len);
        if let Some(log) = &mut self.log
            && self.since.len() < length.max(LEAST)
            && let Some(changes) = Changes::of(&self.tenant)
        {
            self.since.extend(log.put(&changes)?);
            return Ok(());
        }
        self.log = None;
        let bytes = write(path, &self.tenant).map_err(Unwritten::Tenant)?;
        self.log = Some(ChangeLog::new(path, &bytes));
        self.saved = Some(bytes);
        self.since.clear();
        Ok(())
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.close();
    }
}

/// What could not be written.
enum Unwritten {
    Changes(std::io::Error),
    Tenant(SandboxError),
}

impl From<std::io::Error> for Unwritten {
    fn from(error: std::io::Error) -> Unwritten {
        Unwritten::Changes(error)
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

/// The tenant in these bytes of its file and the changes beside it, or the starting tenant.
fn read(kind: &StoreKind, bytes: Option<&[u8]>, since: &[u8]) -> Result<Tenant, SandboxError> {
    match (kind, bytes) {
        (StoreKind::File(path), Some(bytes)) => {
            let mut tenant = parse(path, bytes)?;
            make(since, &mut tenant);
            Ok(tenant)
        }
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
    forget(path);
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
    disk::folder(folder).map_err(told)?;
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

    /// A store whose process is killed: it is neither closed nor dropped.
    fn killed(path: &Path, change: impl FnOnce(&mut Tenant)) {
        let mut store = Store::open(StoreKind::File(path.to_owned())).unwrap();
        store.save().unwrap();
        let before = std::fs::read(path).unwrap();
        change(&mut store.tenant);
        store.save().unwrap();
        assert_eq!(
            std::fs::read(path).unwrap(),
            before,
            "the file is as it was"
        );
        // The system closes what it had open.
        drop((store.lock.take(), store.log.take()));
        std::mem::forget(store);
    }

    #[test]
    fn what_was_answered_before_a_kill_is_there_and_a_stop_puts_it_into_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tenant.json");
        killed(&path, |tenant| {
            let first = tenant.groups.keys().next().unwrap().clone();
            tenant.groups.shift_remove(&first);
            tenant
                .groups
                .insert("g".to_owned(), serde_json::json!({"id": "g"}));
        });
        let changes = folder.path().join(".tenant.json.changes");
        let log = std::fs::read_to_string(&changes).unwrap();
        // A line that was cut off was not answered.
        std::fs::write(&changes, format!("{log}[[\"groups\",\"h\"")).unwrap();
        let mut again = Store::open(StoreKind::File(path.clone())).unwrap();
        let tenant = again.tenant.clone();
        assert!(tenant.groups.contains_key("g") && !tenant.groups.contains_key("h"));
        again.close();
        assert!(!changes.exists());
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(parse(&path, &bytes).unwrap(), tenant);
        // Its order, too.
        let keys = |tenant: &Tenant| tenant.groups.keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&parse(&path, &bytes).unwrap()), keys(&tenant));
    }

    #[test]
    fn changes_of_a_file_that_was_replaced_are_not_made() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tenant.json");
        killed(&path, |tenant| {
            tenant
                .groups
                .insert("g".to_owned(), serde_json::json!({"id": "g"}));
        });
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("Contoso", "Fabrikam")).unwrap();
        let again = Store::open(StoreKind::File(path)).unwrap();
        assert!(!again.tenant.groups.contains_key("g"));
    }

    #[test]
    fn a_write_is_as_long_as_the_change_and_not_as_the_tenant() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tenant.json");
        let mut store = Store::open(StoreKind::File(path.clone())).unwrap();
        let mut wholes = 0;
        for n in 0..4000 {
            let id = format!("{n:04}");
            let group = serde_json::json!({"id": &id, "displayName": "x".repeat(200)});
            store.tenant.groups.insert(id, group);
            store.save().unwrap();
            wholes += usize::from(store.since.is_empty());
        }
        // Only when as much was changed as the file holds.
        assert!(wholes < 8, "{wholes}");
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
