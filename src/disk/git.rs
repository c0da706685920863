//! The YAML files of a folder as a revision of Git has them.
//!
//! Nothing is checked out, no hook or filter runs, nothing is fetched: the objects that are here
//! are read by the program `git`, and put into a folder of their own that goes away with the
//! value. Whoever sends a pull request chooses the names: each must be a plain path, links are
//! not followed, and no file is written over another.

use std::io::{self, BufRead, Read as _, Write as _};
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::{create, folders, is_yaml};
use crate::text::is_portable_name;

/// The most bytes of the list of a tree, and of all files together.
const LIMIT: u64 = 256 << 20;

/// Why the files of a revision are not read.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// The program is not there, or cannot be run.
    #[error("`git` cannot be run: {0}")]
    NoGit(io::Error),
    /// The folder lies in no repository, or one that is not trusted.
    #[error("{0}")]
    NoRepository(String),
    /// No commit has this name here.
    #[error("this repository has no such commit")]
    NoCommit {
        /// The repository has the last commits alone.
        shallow: bool,
    },
    /// The commit has no such folder.
    #[error("it does not contain the folder")]
    NoFolder,
    /// An object of the commit is not here, or broken.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// A name that leads elsewhere, or is the same as another one on this machine.
    #[error("it has the name `{0}`, which cannot be used here")]
    BadName(String),
    /// More than fits.
    #[error("its YAML files are larger than {} MiB", LIMIT >> 20)]
    TooLarge,
    /// The files cannot be put down.
    #[error("its files cannot be put into a folder: {0}")]
    Io(#[from] io::Error),
}

/// A folder as a revision has it.
#[derive(Debug)]
pub struct RevisionFolder {
    /// The commit.
    pub commit: String,
    /// Links in it, by their paths from the folder: they are not there.
    pub links: Vec<String>,
    folder: TempDir,
}

impl RevisionFolder {
    /// Where the files lie, as long as this lives.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The YAML files of `folder`, which lies in a repository, as of the revision.
    ///
    /// # Errors
    /// See [`GitError`].
    pub fn read(folder: &Path, revision: &str) -> Result<RevisionFolder, GitError> {
        // What begins with a hyphen would be read as an option.
        if revision.is_empty() || revision.starts_with('-') || revision.contains(['\0', '\n']) {
            return Err(GitError::NoCommit { shallow: false });
        }
        let prefix = run(git(folder).args(["rev-parse", "--show-prefix"]))?
            .map_err(GitError::NoRepository)?;
        let prefix = prefix.strip_suffix(b"\n").unwrap_or(&prefix);
        let prefix = prefix.strip_suffix(b"/").unwrap_or(prefix);
        let commit = format!("{revision}^{{commit}}");
        let found = run(git(folder).args(["rev-parse", "--verify", "--quiet", &commit]))?;
        let Some(commit) = found.ok().and_then(object_id) else {
            let shallow = run(git(folder).args(["rev-parse", "--is-shallow-repository"]))?;
            let shallow = shallow.is_ok_and(|said| said.trim_ascii() == b"true");
            return Err(GitError::NoCommit { shallow });
        };
        let mut tree = format!("{commit}:").into_bytes();
        tree.extend_from_slice(prefix);
        let list = run(git(folder)
            .args(["ls-tree", "-r", "-z", "-l", "--full-tree"])
            .arg(native(&tree).ok_or(GitError::NoFolder)?))?
        .map_err(|said| match said.contains("valid object name") {
            true => GitError::NoFolder,
            false => GitError::Unreadable(said),
        })?;
        let Listed { files, links } = listed(&list)?;
        let target = tempfile::tempdir()?;
        put(folder, &files, target.path())?;
        Ok(RevisionFolder {
            commit,
            links,
            folder: target,
        })
    }
}

/// The commit that the working tree around `folder` is on; `-dirty` behind it where files that Git
/// knows differ. Nothing where there is no repository, no commit, or no Git.
pub fn head_commit(folder: &Path) -> Option<String> {
    let ask = |arguments: &[&str]| run(git(folder).args(arguments)).ok()?.ok();
    let commit = ask(&["rev-parse", "--verify", "--quiet", "HEAD"]).and_then(object_id)?;
    let changed = ask(&[
        "status",
        "--porcelain",
        "--untracked-files=no",
        "--ignore-submodules",
        ".",
    ]);
    Some(match changed.is_some_and(|list| !list.is_empty()) {
        true => format!("{commit}-dirty"),
        false => commit,
    })
}

/// The program, asked about the repository around a folder. What its environment says of another
/// repository does not count, and nothing is asked of the network or of a person.
fn git(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .args(["--no-pager", "--no-replace-objects", "--literal-pathspecs"])
        .args(["-c", "protocol.allow=never", "-c", "core.fsmonitor=false"])
        .arg("-C")
        .arg(folder)
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
        command.env_remove(name);
    }
    command
}

/// What it answers; where it refuses, what it says.
fn run(command: &mut Command) -> Result<Result<Vec<u8>, String>, GitError> {
    let mut child = command.spawn().map_err(GitError::NoGit)?;
    let stderr = child.stderr.take();
    let said = std::thread::spawn(move || {
        let mut said = String::new();
        if let Some(mut stderr) = stderr {
            let mut bytes = Vec::new();
            let _ = stderr.by_ref().take(1 << 16).read_to_end(&mut bytes);
            let _ = io::copy(&mut stderr, &mut io::sink());
            said = String::from_utf8_lossy(&bytes).trim().to_owned();
        }
        said
    });
    let mut answer = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        stdout.take(LIMIT + 1).read_to_end(&mut answer)?;
    }
    let ended = child.wait()?;
    let said = said.join().unwrap_or_default();
    if answer.len() as u64 > LIMIT {
        return Err(GitError::TooLarge);
    }
    Ok(match ended.success() {
        true => Ok(answer),
        false => Err(said),
    })
}

/// The id of an object, in hexadecimal digits.
fn object_id(said: Vec<u8>) -> Option<String> {
    let text = String::from_utf8(said).ok()?;
    let id = text.trim();
    let is_id = matches!(id.len(), 40 | 64) && id.bytes().all(|b| b.is_ascii_hexdigit());
    is_id.then(|| id.to_owned())
}

struct Listed {
    files: Vec<ListedFile>,
    links: Vec<String>,
}

struct ListedFile {
    id: String,
    size: u64,
    path: PathBuf,
}

/// The YAML files and the links in the list of a tree: `MODE TYPE ID SIZE<TAB>PATH`.
fn listed(list: &[u8]) -> Result<Listed, GitError> {
    let mut found = Listed {
        files: Vec::new(),
        links: Vec::new(),
    };
    let mut all = 0;
    for line in list.split(|byte| *byte == 0) {
        let Some(tab) = line.iter().position(|byte| *byte == b'\t') else {
            continue;
        };
        let (facts, path) = line.split_at(tab);
        let path = path.get(1..).unwrap_or_default();
        let facts = String::from_utf8_lossy(facts);
        let mut facts = facts.split_ascii_whitespace();
        let (mode, kind, id) = (facts.next(), facts.next(), facts.next());
        let size = facts.next().and_then(|size| size.parse().ok());
        let shown = || String::from_utf8_lossy(path).into_owned();
        match (mode, kind, id, size) {
            (Some("120000"), ..) => found.links.push(shown()),
            (Some(mode), Some("blob"), Some(id), Some(size)) if mode.starts_with("100") => {
                let Some(name) = native(path).filter(|name| is_yaml(Path::new(name))) else {
                    continue;
                };
                let path = PathBuf::from(name);
                let is_plain = |part| matches!(part, Component::Normal(_));
                let fits = |path: &str| path.split('/').all(is_portable_name);
                let odd = path.components().any(|part| !is_plain(part))
                    || cfg!(windows) && !fits(&shown());
                if odd {
                    return Err(GitError::BadName(shown()));
                }
                all += size;
                if all > LIMIT {
                    return Err(GitError::TooLarge);
                }
                found.files.push(ListedFile {
                    id: id.to_owned(),
                    size,
                    path,
                });
            }
            // A folder of another repository, or what no Git of today writes.
            _ => {}
        }
    }
    Ok(found)
}

/// A path of Git as this machine writes it.
#[cfg(unix)]
fn native(path: &[u8]) -> Option<std::ffi::OsString> {
    use std::os::unix::ffi::OsStringExt;
    Some(std::ffi::OsString::from_vec(path.to_vec()))
}

/// A path of Git as this machine writes it.
#[cfg(not(unix))]
fn native(path: &[u8]) -> Option<std::ffi::OsString> {
    std::str::from_utf8(path).ok().map(Into::into)
}

/// Reads the objects and writes each into a new file below `root`.
fn put(folder: &Path, files: &[ListedFile], root: &Path) -> Result<(), GitError> {
    if files.is_empty() {
        return Ok(());
    }
    let mut child = git(folder)
        .args(["cat-file", "--batch"])
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(GitError::NoGit)?;
    let asked: String = files.iter().map(|file| format!("{}\n", file.id)).collect();
    let stdin = child.stdin.take();
    // Written beside, or both would wait for the other to read.
    let asking = std::thread::spawn(move || {
        if let Some(mut stdin) = stdin {
            let _ = stdin.write_all(asked.as_bytes());
        }
    });
    let result = match child.stdout.take() {
        Some(stdout) => answers(io::BufReader::new(stdout), files, root),
        None => Ok(()),
    };
    if result.is_err() {
        let _ = child.kill();
    }
    let _ = child.wait();
    let _ = asking.join();
    result
}

/// The answers of `git cat-file --batch`: `ID TYPE SIZE`, the bytes, the end of a line.
fn answers(mut from: impl BufRead, files: &[ListedFile], root: &Path) -> Result<(), GitError> {
    for file in files {
        let mut head = String::new();
        from.by_ref().take(1 << 10).read_line(&mut head)?;
        if head.trim_end() != format!("{} blob {}", file.id, file.size) {
            return Err(GitError::Unreadable(head.trim_end().to_owned()));
        }
        let mut bytes = Vec::new();
        from.by_ref().take(file.size).read_to_end(&mut bytes)?;
        let mut end = [0];
        from.read_exact(&mut end)?;
        let bad = |_| GitError::BadName(file.path.to_string_lossy().into_owned());
        if let Some(above) = file.path.parent() {
            folders(root, above).map_err(bad)?;
        }
        let mut into = create(&root.join(&file.path)).map_err(bad)?;
        into.write_all(&bytes)?;
    }
    Ok(())
}
