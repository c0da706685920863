//! One process at a time. The lock is the operating system's on an open file: it ends with the
//! process that holds it, so that none is ever stale.

#[cfg(not(windows))]
use std::fs::TryLockError;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::write::open_own;

/// What the text of a lock file begins with.
const OURS: [&str; 2] = ["process ", "{\"pid\":"];

/// A held lock. It ends when this is dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

/// Why there is no lock.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process holds it, and says this about itself.
    #[error("another process holds the lock: {0}")]
    Held(String),
    /// The file cannot be made or locked, or is not a lock file.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Lock {
    /// Takes the lock in the file at `path`, whose folder exists; `words` is what others are told
    /// about its holder, and begins with `process` or is a JSON object with `pid` first.
    ///
    /// # Errors
    /// See [`LockError`].
    pub fn take(path: &Path, words: &str) -> Result<Lock, LockError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = held(&mut options, path)?;
        let text = said(&file)?;
        if !text.is_empty() && !OURS.iter().any(|ours| text.starts_with(ours)) {
            return Err(LockError::Io(io::Error::other(
                "it is not a lock file, so it is not overwritten; delete it",
            )));
        }
        let mut lock = Lock { file };
        lock.say(words)?;
        Ok(lock)
    }

    /// Says something else about the holder.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn say(&mut self, words: &str) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(words.as_bytes())
    }
}

/// Opens a lock file that no other process holds.
#[cfg(not(windows))]
fn held(options: &mut OpenOptions, path: &Path) -> Result<File, LockError> {
    let file = open_own(options, path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::Error(error)) => Err(error.into()),
        Err(TryLockError::WouldBlock) => Err(LockError::Held(said(&file).unwrap_or_default())),
    }
}

/// Opens a lock file that no other process holds. A locked file cannot be read by others on Windows,
/// so the lock is that it is open: nobody else may open it for writing until it is closed.
#[cfg(windows)]
fn held(options: &mut OpenOptions, path: &Path) -> Result<File, LockError> {
    use std::os::windows::fs::OpenOptionsExt;
    const FILE_SHARE_READ: u32 = 1;
    const ERROR_SHARING_VIOLATION: i32 = 32;
    open_own(options.share_mode(FILE_SHARE_READ), path).map_err(|error| {
        match error.raw_os_error() {
            Some(ERROR_SHARING_VIOLATION) => {
                let file = open_own(OpenOptions::new().read(true), path);
                let words = file.and_then(|file| said(&file));
                LockError::Held(words.unwrap_or_default())
            }
            _ => error.into(),
        }
    })
}

/// What a lock file says.
fn said(file: &File) -> io::Result<String> {
    let mut bytes = Vec::new();
    file.take(4096).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_process_is_told_about_the_first_and_a_dead_one_leaves_no_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("prod.lock");
        let first = Lock::take(&path, "process 1").unwrap();
        let second = Lock::take(&path, "process 2").unwrap_err().to_string();
        assert!(second.contains("process 1"), "{second}");
        drop(first);
        Lock::take(&path, "process 3").unwrap();
    }

    #[test]
    fn a_file_that_is_no_lock_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let notes = folder.path().join("notes");
        std::fs::write(&notes, "my notes").unwrap();
        let told = |name: &str| {
            Lock::take(&folder.path().join(name), "process 1")
                .unwrap_err()
                .to_string()
        };
        assert!(told("notes").contains("not a lock file"));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("notes", folder.path().join("link")).unwrap();
            assert!(told("link").contains("is a link"));
            std::fs::hard_link(&notes, folder.path().join("same")).unwrap();
            assert!(told("same").contains("the same file"));
        }
        assert_eq!(std::fs::read(&notes).unwrap(), b"my notes");
    }
}
