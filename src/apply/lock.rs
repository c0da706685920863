//! One run at a time for a project and tenant. The lock is the operating system's on an open
//! file: it ends with the process that holds it, so that none is ever stale.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// A held lock. It ends when this is dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Why there is no lock.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another run holds it.
    #[error("another run is under way for this project and tenant: {0}")]
    Held(String),
    /// The file cannot be made or locked.
    #[error("cannot lock `{0}`")]
    Io(String, #[source] io::Error),
}

impl Lock {
    /// Takes the lock in the file at `path`; `who` is what others are told about its holder.
    ///
    /// # Errors
    /// See [`LockError`].
    pub fn take(path: &Path, who: &str) -> Result<Lock, LockError> {
        let fail = |error| LockError::Io(path.display().to_string(), error);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(fail)?;
        }
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(fail)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = file.read_to_string(&mut holder);
                return Err(LockError::Held(match holder.trim() {
                    "" => "it does not say who it is".to_owned(),
                    text => text.to_owned(),
                }));
            }
            Err(TryLockError::Error(error)) => return Err(fail(error)),
        }
        file.set_len(0).map_err(fail)?;
        file.seek(SeekFrom::Start(0)).map_err(fail)?;
        file.write_all(who.as_bytes()).map_err(fail)?;
        Ok(Lock { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_run_is_told_about_the_first_and_a_dead_one_leaves_no_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("locks/prod.lock");
        let first = Lock::take(&path, "process 1").unwrap();
        let second = Lock::take(&path, "process 2").unwrap_err().to_string();
        assert!(second.contains("process 1"), "{second}");
        drop(first);
        Lock::take(&path, "process 3").unwrap();
    }
}
