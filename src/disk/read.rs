//! Files are read: regular ones alone, within a bound, without waiting for anybody.

use std::fs::{File, FileType, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::no_link;

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The system says no.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A folder, pipe, socket or device, where a file is to be.
    #[error("it is {0}, not a file")]
    NotAFile(&'static str),
    /// It holds more than this many bytes.
    #[error("it is larger than {} MiB", .0 >> 20)]
    TooLarge(u64),
    /// It lies elsewhere, by its path or by a link.
    #[error("it points outside the project")]
    Outside,
    /// What it is called, or what the link leads to is called, is no YAML file.
    #[error("it is not a `.yaml` or `.yml` file")]
    OtherEnding,
}

impl ReadError {
    /// True when there is nothing at the path.
    pub fn is_not_found(&self) -> bool {
        matches!(self, ReadError::Io(error) if error.kind() == io::ErrorKind::NotFound)
    }
}

impl From<ReadError> for io::Error {
    fn from(error: ReadError) -> io::Error {
        match error {
            ReadError::Io(error) => error,
            other => io::Error::other(other.to_string()),
        }
    }
}

/// The bytes of a file that a person named, wherever it lies.
///
/// # Errors
/// See [`ReadError`].
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
    bounded(open(path)?, limit)
}

/// All that is to be read, unless it is more than the limit.
///
/// # Errors
/// See [`ReadError`].
pub fn bounded(from: impl Read, limit: u64) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    from.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > limit {
        true => Err(ReadError::TooLarge(limit)),
        false => Ok(bytes),
    }
}

/// The bytes of a file that gatewright made itself, which is never a link.
///
/// # Errors
/// See [`ReadError`].
pub fn read_own(path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
    no_link(path)?;
    read(path, limit)
}

/// The bytes of a YAML file that a project names: a manifest, the guards, `gatewright.yaml`
/// itself. Its real path lies in the project and is that of a YAML file, so that nothing else of
/// the machine is ever shown as a line of it.
///
/// # Errors
/// See [`ReadError`].
pub fn read_named(root: &Path, path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
    let real = below(root, path)?;
    if !is_yaml(&real) && !real.is_dir() {
        return Err(ReadError::OtherEnding);
    }
    read(&real, limit)
}

/// The real path of what exists at `path`, which lies in the folder `root`.
///
/// # Errors
/// [`ReadError::Io`] when it does not exist, [`ReadError::Outside`].
pub fn below(root: &Path, path: &Path) -> Result<PathBuf, ReadError> {
    let real = path.canonicalize()?;
    match real.starts_with(root.canonicalize()?) {
        true => Ok(real),
        false => Err(ReadError::Outside),
    }
}

/// Whether a path is called as YAML files are.
pub fn is_yaml(path: &Path) -> bool {
    path.extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("yaml") || e.eq_ignore_ascii_case("yml"))
}

/// Everything in a folder, by name. An entry that cannot be read is an error: a part of a folder
/// would look like the whole.
///
/// # Errors
/// See [`io::Error`].
pub fn entries(folder: &Path) -> io::Result<Vec<(PathBuf, FileType)>> {
    let mut found = std::fs::read_dir(folder)?
        .map(|entry| entry.and_then(|entry| Ok((entry.path(), entry.file_type()?))))
        .collect::<io::Result<Vec<_>>>()?;
    found.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(found)
}

/// Opens a regular file for reading.
pub fn open(path: &Path) -> Result<File, ReadError> {
    opened(path, false)
}

/// Opens a file that a person named on the command line, which may be a pipe there (`<(command)`):
/// it is waited for as they mean it. Never for a path that a project names.
///
/// # Errors
/// See [`ReadError`].
pub fn open_given(path: &Path) -> Result<File, ReadError> {
    opened(path, true)
}

fn opened(path: &Path, pipes: bool) -> Result<File, ReadError> {
    // Looked at before it is opened: some devices do something when they are.
    let kind = std::fs::metadata(path)?.file_type();
    let waits = pipes && is_pipe(kind);
    if !waits {
        regular(kind)?;
    }
    let mut options = OpenOptions::new();
    options.read(true);
    // To open a pipe is to wait for its other end, should one stand there by now.
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        let flags = match waits {
            true => OFlags::NOCTTY,
            false => OFlags::NOCTTY | OFlags::NONBLOCK,
        };
        options.custom_flags(flags.bits().cast_signed());
    }
    let file = options.open(path)?;
    let kind = file.metadata()?.file_type();
    if !(waits && is_pipe(kind)) {
        regular(kind)?;
    }
    Ok(file)
}

#[cfg(unix)]
fn is_pipe(kind: FileType) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&kind)
}

#[cfg(not(unix))]
fn is_pipe(_: FileType) -> bool {
    false
}

pub(super) fn regular(kind: FileType) -> Result<(), ReadError> {
    if kind.is_file() {
        return Ok(());
    }
    if kind.is_dir() {
        return Err(ReadError::NotAFile("a folder"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return Err(ReadError::NotAFile("a pipe"));
        }
        if kind.is_socket() {
            return Err(ReadError::NotAFile("a socket"));
        }
    }
    Err(ReadError::NotAFile("a device"))
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn only_regular_files_within_the_bound_are_read_and_nothing_waits() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("file"), "12345").unwrap();
        let made = std::process::Command::new("mkfifo")
            .arg(at("pipe"))
            .status();
        assert!(made.unwrap().success());
        let _listener = UnixListener::bind(at("socket")).unwrap();
        symlink("pipe", at("to-pipe")).unwrap();
        assert_eq!(read(&at("file"), 5).unwrap(), b"12345");
        let told = |path: PathBuf| read(&path, 4).unwrap_err().to_string();
        assert_eq!(told(at("file")), "it is larger than 0 MiB");
        assert_eq!(told(at("pipe")), "it is a pipe, not a file");
        assert_eq!(told(at("to-pipe")), "it is a pipe, not a file");
        assert_eq!(told(at("socket")), "it is a socket, not a file");
        assert_eq!(told("/dev/zero".into()), "it is a device, not a file");
        assert_eq!(told(folder.path().into()), "it is a folder, not a file");
        assert!(read(&at("none"), 4).unwrap_err().is_not_found());
    }

    #[test]
    fn a_pipe_that_a_person_names_is_read_and_nothing_else_beside_files() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let _listener = UnixListener::bind(folder.path().join("socket")).unwrap();
        for (limit, read) in [(5, Some(b"12345".to_vec())), (4, None)] {
            let to = pipe.clone();
            let writer = std::thread::spawn(move || std::fs::write(to, "12345"));
            let found = bounded(open_given(&pipe).unwrap(), limit);
            assert_eq!(found.ok(), read);
            let _ = writer.join().unwrap();
        }
        let told = |path: PathBuf| open_given(&path).unwrap_err().to_string();
        let socket = folder.path().join("socket");
        assert_eq!(told(socket), "it is a socket, not a file");
        assert_eq!(told("/dev/zero".into()), "it is a device, not a file");
        assert_eq!(told(folder.path().into()), "it is a folder, not a file");
    }

    #[test]
    fn a_file_that_a_project_names_really_lies_there_and_is_yaml() {
        let outside = tempfile::tempdir().unwrap();
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        std::fs::write(outside.path().join("a.yaml"), "").unwrap();
        std::fs::write(at("real.yaml"), "").unwrap();
        std::fs::write(at(".env"), "").unwrap();
        symlink(outside.path().join("a.yaml"), at("out.yaml")).unwrap();
        symlink(outside.path(), at("folder")).unwrap();
        symlink("real.yaml", at("in.yaml")).unwrap();
        symlink(".env", at("env.yaml")).unwrap();
        let named = |name: &str| read_named(root.path(), &at(name), 9);
        assert!(named("real.yaml").is_ok() && named("in.yaml").is_ok());
        assert!(matches!(named("out.yaml"), Err(ReadError::Outside)));
        assert!(matches!(named("folder/a.yaml"), Err(ReadError::Outside)));
        assert!(matches!(named("env.yaml"), Err(ReadError::OtherEnding)));
        let above = format!(
            "../{}/a.yaml",
            outside.path().file_name().unwrap().to_string_lossy()
        );
        assert!(matches!(named(&above), Err(ReadError::Outside)));
    }
}
