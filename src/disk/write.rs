//! Files are written: as new ones, whole or not at all, and never through a link.

use std::collections::BTreeSet;
use std::fs::{File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tempfile::{NamedTempFile, PersistError};

use super::no_link;
use super::read::{ReadError, entries, regular};

/// What files that are being written are called until they are whole.
const UNFINISHED: (&str, &str) = (".gatewright-", ".tmp");

/// What becomes of a file that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It is in the way: an error of kind [`io::ErrorKind::AlreadyExists`].
    New,
    /// It is replaced, and the new one has its permissions.
    Over,
    /// It is replaced, and only its owner may read the new one.
    Private,
}

/// Writes a file through another one in the same folder, so that it is never seen in part.
///
/// # Errors
/// When it cannot be written, or a link, folder, pipe or device has its place: then what is there
/// is as it was.
pub fn put(path: &Path, bytes: &[u8], put: Put) -> io::Result<()> {
    no_link(path)?;
    let permissions = match path.metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
        Ok(_) if put == Put::New => return Err(io::ErrorKind::AlreadyExists.into()),
        Ok(there) => {
            regular(there.file_type())?;
            (put == Put::Over).then(|| there.permissions())
        }
    };
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    sweep(folder);
    let mut builder = tempfile::Builder::new();
    builder.prefix(UNFINISHED.0).suffix(UNFINISHED.1);
    #[cfg(unix)]
    if put != Put::Private {
        // What the user's mask leaves of it, as for any new file.
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder)?;
    // Held until the file has its name: see `sweep`.
    let _ = file.as_file().try_lock();
    file.write_all(bytes)?;
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    file.as_file().sync_all()?;
    patiently(file, is_busy, |file| match put {
        Put::New => file.persist_noclobber(path),
        Put::Over | Put::Private => file.persist(path),
    })
}

/// Gives a whole file its name. While `busy` it is tried again, for two thirds of a second.
fn patiently(
    mut file: NamedTempFile,
    busy: impl Fn(&io::Error) -> bool,
    name: impl Fn(NamedTempFile) -> Result<File, PersistError>,
) -> io::Result<()> {
    for pause in [10, 20, 40, 80, 160, 320] {
        match name(file) {
            Err(refused) if busy(&refused.error) => file = refused.file,
            other => return other.map(drop).map_err(Into::into),
        }
        std::thread::sleep(Duration::from_millis(pause));
    }
    name(file).map(drop).map_err(Into::into)
}

/// Whether another program has a file open, such as a virus scanner: on Windows it is not
/// replaced until that ends.
fn is_busy(error: &io::Error) -> bool {
    const ACCESS_DENIED: i32 = 5;
    const SHARING_VIOLATION: i32 = 32;
    cfg!(windows)
        && matches!(
            error.raw_os_error(),
            Some(ACCESS_DENIED | SHARING_VIOLATION)
        )
}

/// Takes away what processes left behind that were killed while they wrote into this folder:
/// whoever still writes holds a lock. Once for a folder and process.
fn sweep(folder: &Path) {
    static SWEPT: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    let mut swept = SWEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if !swept.insert(folder.to_owned()) {
        return;
    }
    // What cannot be taken away does no harm.
    for (path, kind) in entries(folder).unwrap_or_default() {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let (prefix, suffix) = UNFINISHED;
        if kind.is_file() && name.starts_with(prefix) && name.ends_with(suffix) {
            let abandoned = open_own(OpenOptions::new().write(true), &path)
                .is_ok_and(|file| file.try_lock().is_ok());
            if abandoned {
                let _ = std::fs::remove_file(&path);
            }
        }
    }
}

/// Makes a file for secrets that its owner alone may read, or takes an empty one that nobody else may read:
/// a run that was killed left it. It is this process's own until it ends.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] when there is anything else at the path, or another process
/// holds it.
pub fn create_or_empty(path: &Path) -> io::Result<File> {
    let file = match made(OpenOptions::new().write(true), path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let left = open_own(OpenOptions::new().write(true), path);
            let is_left = |file: &File| {
                let there = file.metadata();
                there.is_ok_and(|there| there.len() == 0 && is_own(&there))
            };
            left.ok().filter(is_left).ok_or(error)?
        }
        other => other?,
    };
    match file.try_lock() {
        // Not every file system has locks.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(io::ErrorKind::AlreadyExists.into()),
    }
}

/// Whether a file is this user's, who alone may read it.
#[cfg(unix)]
fn is_own(there: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    let own = rustix::process::geteuid().as_raw();
    there.uid() == own && there.mode() & 0o077 == 0
}

#[cfg(not(unix))]
fn is_own(_: &Metadata) -> bool {
    true // as the folder says, and so would a new one
}

/// Makes a new file that its owner alone may read, to append to.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] when there is anything at the path, a link to nowhere
/// included.
pub fn create(path: &Path) -> io::Result<File> {
    made(OpenOptions::new().append(true), path)
}

fn made(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    options.create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

/// Makes a folder that a person names, with those above it, unless it is there.
///
/// # Errors
/// When it cannot be made; a file that stands in its place or above it is named.
pub fn folder(path: &Path) -> io::Result<()> {
    std::fs::create_dir_all(path).map_err(|error| no_folder(path, error))
}

/// The system says of a file in the place of a folder only that it exists.
fn no_folder(path: &Path, error: io::Error) -> io::Error {
    let mut above = path.ancestors();
    let file = above.find(|path| path.metadata().is_ok_and(|there| !there.is_dir()));
    match file {
        Some(file) => io::Error::new(
            io::ErrorKind::NotADirectory,
            format!(
                "`{}` is a file, and a folder is needed there: move the file, or name another folder",
                file.display()
            ),
        ),
        None => error,
    }
}

/// Makes the folder at `below` in the folder `root`, with those above it, and gives its path.
///
/// # Errors
/// When `below` leads out of the root, one of the folders is a link, or they cannot be made.
pub fn folders(root: &Path, below: &Path) -> io::Result<PathBuf> {
    let mut at = root.to_owned();
    for part in below.components() {
        match part {
            Component::Normal(part) => at.push(part),
            Component::CurDir => continue,
            _ => return Err(ReadError::Outside.into()),
        }
        no_link(&at)?;
        match std::fs::create_dir(&at) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && at.is_dir() => {}
            other => other.map_err(|error| no_folder(&at, error))?,
        }
    }
    Ok(at)
}

/// Opens a file of ours in place: no link is followed, nothing is waited for, and it is a file
/// that has this one name.
pub(super) fn open_own(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    no_link(path)?;
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        options.custom_flags(flags.bits().cast_signed());
    }
    #[cfg(windows)]
    {
        use std::os::windows::fs::OpenOptionsExt;
        const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;
        options.custom_flags(FILE_FLAG_OPEN_REPARSE_POINT);
    }
    let file = options.open(path)?;
    let there = file.metadata()?;
    regular(there.file_type())?;
    #[cfg(unix)]
    if std::os::unix::fs::MetadataExt::nlink(&there) > 1 {
        return Err(io::Error::other(
            "it is the same file as another one; delete it",
        ));
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn an_empty_file_is_taken_for_secrets_where_nobody_else_reads_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets");
        let first = create_or_empty(&path).unwrap();
        let held = create_or_empty(&path).unwrap_err();
        assert_eq!(held.kind(), io::ErrorKind::AlreadyExists);
        drop(first);
        create_or_empty(&path).unwrap().write_all(b"x").unwrap();
        for (name, mode, text) in [
            ("full", 0o600, "x"),
            ("open", 0o644, ""),
            ("group", 0o640, ""),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
            let refused = create_or_empty(&path).unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists, "{name}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
        let (link, empty) = (folder.path().join("link"), folder.path().join("empty"));
        drop(create(&empty).unwrap());
        std::os::unix::fs::symlink(&empty, &link).unwrap();
        create_or_empty(&link).unwrap_err();
    }

    /// The system says "File exists" or "Not a directory", and not of which file.
    #[test]
    fn a_file_in_the_place_of_a_folder_is_named() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("notes");
        std::fs::write(&file, "mine").unwrap();
        let below = |text: &str| folders(root.path(), Path::new(text)).map(drop);
        for refused in [
            folder(&file),
            folder(&file.join("deep/er")),
            below("notes"),
            below("notes/deep"),
        ] {
            let told = refused.unwrap_err().to_string();
            assert!(
                told.contains(&format!("`{}` is a file", file.display())),
                "{told}"
            );
        }
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
        folder(&root.path().join("a/b")).unwrap();
        folder(&root.path().join("a/b")).unwrap();
    }

    #[test]
    fn what_a_killed_process_left_is_swept_and_what_is_being_written_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in [".gatewright-a.tmp", ".gatewright-b.tmp", "mine.tmp"] {
            std::fs::write(at(name), "half").unwrap();
        }
        let busy = File::open(at(".gatewright-b.tmp")).unwrap();
        busy.try_lock().unwrap();
        put(&at("whole"), b"text", Put::New).unwrap();
        let names: Vec<_> = entries(folder.path())
            .unwrap()
            .into_iter()
            .map(|(path, _)| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(names, [".gatewright-b.tmp", "mine.tmp", "whole"]);
        let again = put(&at("whole"), b"other", Put::New).unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        put(&at("whole"), b"other", Put::Over).unwrap();
        assert_eq!(std::fs::read(at("whole")).unwrap(), b"other");
    }

    #[test]
    fn a_file_that_is_busy_for_a_moment_is_replaced_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.json");
        std::fs::write(&path, "old").unwrap();
        let attempt = |refusals: usize| {
            let mut new = NamedTempFile::new_in(folder.path()).unwrap();
            new.write_all(b"new").unwrap();
            let left = std::cell::Cell::new(refusals);
            let busy = |error: &io::Error| error.kind() == io::ErrorKind::PermissionDenied;
            patiently(new, busy, |file| match left.get() {
                0 => file.persist(&path),
                n => {
                    left.set(n - 1);
                    let error = io::ErrorKind::PermissionDenied.into();
                    Err(PersistError { error, file })
                }
            })
        };
        let refused = attempt(usize::MAX).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        attempt(2).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
    }

    #[cfg(unix)]
    #[test]
    fn no_link_is_written_through() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("important"), "text").unwrap();
        symlink("important", at("link")).unwrap();
        symlink("nowhere", at("dangling")).unwrap();
        symlink(".", at("here")).unwrap();
        for name in ["link", "dangling"] {
            for how in [Put::New, Put::Over, Put::Private] {
                assert!(put(&at(name), b"x", how).is_err(), "{name} {how:?}");
            }
            assert!(create(&at(name)).is_err());
        }
        let told = folders(folder.path(), Path::new("here/runs")).unwrap_err();
        assert!(told.to_string().contains("is a link"), "{told}");
        assert!(folders(folder.path(), Path::new("../x")).is_err());
        assert!(folders(folder.path(), Path::new("important")).is_err());
        assert!(folders(folder.path(), Path::new("a/b")).unwrap().is_dir());
        assert!(folders(folder.path(), Path::new("a/b")).is_ok());
        assert_eq!(std::fs::read(at("important")).unwrap(), b"text");
        assert!(!at("nowhere").exists() && !at("runs").exists());
    }
}
