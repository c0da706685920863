//! Where new and changed manifests go: proposals first, then files, all inside one folder.
//!
//! Guarantees: nothing is written outside the root, through a link or otherwise; a file
//! that changed since it was read, or that nobody said may be changed, is left as it is;
//! each file is there whole or not at all; nothing is deleted but what [`Folder::remove`] names.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::names::{self, file_name, file_name_beside, folder_of};
use crate::disk::{self, Put};
use crate::finding::MAX_FILE_BYTES;
use crate::finding::source::{Encoding, SourceFile};
use crate::model::kind::Kind;

/// A text that is to be in a file.
#[derive(Debug, Clone)]
pub enum FileDraft {
    /// A manifest that no file holds.
    New {
        /// Its kind, which decides the folder.
        kind: Kind,
        /// Its name, which decides the file.
        display_name: String,
        /// What tells it from another of the same file name: its id, or where it came from.
        unique: String,
        /// The whole file.
        text: String,
    },
    /// A new text for a file that was read.
    Changed {
        /// The file as it was read.
        file: Arc<SourceFile>,
        /// The whole new text.
        text: String,
    },
}

/// What is to happen to one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Where it lies: relative to the root, with forward slashes.
    pub path: String,
    /// What is to happen.
    pub change: Change,
}

/// A change of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A new file.
    New {
        /// Its text.
        text: String,
    },
    /// A file gets another text.
    Changed {
        /// The text that it has.
        before: String,
        /// The text that it gets.
        after: String,
        /// How both are written.
        encoding: Encoding,
    },
    /// The file has this text already.
    Unchanged,
    /// A file of this name is there, and nobody said that it may be changed. It is not
    /// written; [`Proposal::overwriting`] says that it may.
    Clash {
        /// The text that it has; none where it cannot be read as text.
        before: Option<String>,
        /// The text that was to be there.
        after: String,
        /// How the file is written.
        encoding: Encoding,
    },
}

impl Proposal {
    /// The proposal that replaces the file which is in the way, if it is a text file.
    #[must_use]
    pub fn overwriting(mut self) -> Proposal {
        if let Change::Clash {
            before: Some(before),
            after,
            encoding,
        } = self.change
        {
            self.change = Change::Changed {
                before,
                after,
                encoding,
            };
        }
        self
    }
}

/// Why files could not be proposed or written.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The folder or a file in it cannot be read or written.
    #[error("cannot {verb} `{path}`")]
    Io {
        /// `read`, `write`, `make` or `remove`.
        verb: &'static str,
        /// The file or folder.
        path: String,
        /// The cause.
        source: io::Error,
    },
    /// A path that leads out of the root, by itself or through a link.
    #[error("`{path}` is outside the folder that is written to")]
    Outside {
        /// The path.
        path: String,
    },
    /// The file is not what it was when it was read.
    #[error("`{path}` changed since it was read; run the command again")]
    Moved {
        /// The file.
        path: String,
    },
    /// A file is in the way.
    #[error("`{path}` exists already and is left as it is")]
    Clash {
        /// The file.
        path: String,
    },
}

/// The folder that files are written to.
#[derive(Debug)]
pub struct Folder {
    /// Real path, free of links.
    root: PathBuf,
    /// Where new files go, relative to the root, with forward slashes; may be empty.
    base: String,
    /// Keys of the files that hold other manifests.
    taken: HashSet<String>,
}

impl Folder {
    /// The folder at `root`; new files go to `base` in it, such as `policies`.
    ///
    /// # Errors
    /// When there is no such folder, or `base` leads out of it.
    pub fn open(root: &Path, base: &str) -> Result<Folder, FolderError> {
        let real = root
            .canonicalize()
            .map_err(io_error("read", &shown(root)))?;
        let mut parts = Vec::new();
        for part in Path::new(base).components() {
            match part {
                Component::Normal(part) => parts.push(part.to_string_lossy()),
                Component::CurDir => {}
                _ => {
                    let path = base.to_owned();
                    return Err(FolderError::Outside { path });
                }
            }
        }
        let folder = Folder {
            root: real,
            base: parts.join("/"),
            taken: HashSet::new(),
        };
        if !folder.base.is_empty() {
            folder.inside(&folder.base)?;
        }
        Ok(folder)
    }

    /// Says that `path`, relative to the root, holds manifests of other objects: a new one
    /// of the same file name goes beside it under another name.
    pub fn take(&mut self, path: &str) {
        self.taken.insert(names::key(path));
    }

    /// What is to happen for each draft, in the order of the drafts. Names do not depend on
    /// that order: where several new ones would share a file, each has a suffix.
    ///
    /// # Errors
    /// When a file or folder cannot be read, or a changed file lies outside of the root.
    pub fn propose(&self, drafts: &[FileDraft]) -> Result<Vec<Proposal>, FolderError> {
        let mut shares: HashMap<String, usize> = HashMap::new();
        for draft in drafts {
            if let FileDraft::New {
                kind, display_name, ..
            } = draft
            {
                let path = self.path_of(*kind, &file_name(*kind, display_name));
                *shares.entry(names::key(&path)).or_default() += 1;
            }
        }
        let mut used = HashSet::new();
        drafts
            .iter()
            .map(|draft| match draft {
                FileDraft::Changed { file, text } => self.changed(file, text),
                FileDraft::New {
                    kind,
                    display_name,
                    unique,
                    text,
                } => {
                    let mut path = self.path_of(*kind, &file_name(*kind, display_name));
                    let shared = shares.get(&names::key(&path)).is_some_and(|n| *n > 1);
                    let mut attempt = String::new();
                    // Another spelling of the same name is another object's file, too.
                    while (attempt.is_empty() && shared)
                        || self.taken.contains(&names::key(&path))
                        || used.contains(&names::key(&path))
                        || self.other_spelling(&path)?
                    {
                        let name =
                            file_name_beside(*kind, display_name, &format!("{unique}{attempt}"));
                        path = self.path_of(*kind, &name);
                        attempt.push('+');
                    }
                    used.insert(names::key(&path));
                    self.new_file(path, text)
                }
            })
            .collect()
    }

    /// Writes what is new or changed, and names the files. Every file is looked at before
    /// the first is written, and again right before its own turn.
    ///
    /// # Errors
    /// When a file is not as it was, is in the way, leads out of the root, or cannot be
    /// written. Files before it in the list are written then.
    pub fn write(&self, proposals: &[Proposal]) -> Result<Vec<String>, FolderError> {
        for proposal in proposals {
            self.check(proposal)?;
        }
        let mut written = Vec::new();
        for proposal in proposals {
            let (bytes, how) = match &proposal.change {
                Change::New { text } => (text.clone().into_bytes(), Put::New),
                Change::Changed {
                    after, encoding, ..
                } => (encoding.encode(after), Put::Over),
                Change::Unchanged | Change::Clash { .. } => continue,
            };
            let path = &proposal.path;
            self.make_folders(path)?;
            let target = self.check(proposal)?;
            disk::put(&target, &bytes, how).map_err(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => FolderError::Clash { path: path.clone() },
                _ => io_error("write", path)(error),
            })?;
            written.push(path.clone());
        }
        Ok(written)
    }

    /// Takes a file away that is still as it was read.
    ///
    /// # Errors
    /// When it is not as it was, leads out of the root, or cannot be removed.
    pub fn remove(&self, file: &SourceFile) -> Result<(), FolderError> {
        let proposal = match self.changed(file, "")? {
            // An empty file is no manifest: nobody asks for that.
            proposal if proposal.change == Change::Unchanged => return Ok(()),
            proposal => proposal,
        };
        let target = self.check(&proposal)?;
        std::fs::remove_file(target).map_err(io_error("remove", &proposal.path))
    }

    fn path_of(&self, kind: Kind, name: &str) -> String {
        [self.base.as_str(), folder_of(kind), name]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join("/")
    }

    fn changed(&self, file: &SourceFile, text: &str) -> Result<Proposal, FolderError> {
        let outside = || FolderError::Outside {
            path: file.name.clone(),
        };
        // The folder may be a link; the file itself is looked at when it is written.
        let name = file.path.file_name().ok_or_else(outside)?;
        let folder = match file.path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let folder = folder
            .canonicalize()
            .map_err(io_error("read", &file.name))?;
        let relative = folder.strip_prefix(&self.root).map_err(|_| outside())?;
        let path = shown(&relative.join(name));
        let change = if file.text == text {
            Change::Unchanged
        } else {
            Change::Changed {
                before: file.text.clone(),
                after: text.to_owned(),
                encoding: file.encoding,
            }
        };
        Ok(Proposal { path, change })
    }

    fn new_file(&self, path: String, text: &str) -> Result<Proposal, FolderError> {
        let target = self.inside(&path)?;
        let there = match target.symlink_metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let text = text.to_owned();
                return Ok(Proposal {
                    path,
                    change: Change::New { text },
                });
            }
            Err(error) => return Err(io_error("read", &path)(error)),
            Ok(there) => there,
        };
        let file = (there.is_file())
            .then(|| SourceFile::read(&self.root, &path, &target).ok())
            .flatten();
        let change = match file {
            Some(file) if file.text == text => Change::Unchanged,
            file => Change::Clash {
                encoding: file.as_ref().map(|f| f.encoding).unwrap_or_default(),
                before: file.map(|f| f.text.clone()),
                after: text.to_owned(),
            },
        };
        Ok(Proposal { path, change })
    }

    /// True when the folder has a file of this name in another spelling: in other case, or
    /// in another normal form.
    fn other_spelling(&self, path: &str) -> Result<bool, FolderError> {
        let target = self.inside(path)?;
        let (Some(folder), Some(name)) = (target.parent(), target.file_name()) else {
            return Ok(false);
        };
        let name = name.to_string_lossy();
        let entries = match disk::entries(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(io_error("read", path)(error)),
        };
        let others: Vec<String> = entries
            .iter()
            .filter_map(|(path, _)| path.file_name())
            .map(|name| name.to_string_lossy().into_owned())
            .collect();
        let same = others.iter().any(|other| *other == name);
        Ok(!same
            && others
                .iter()
                .any(|other| names::key(other) == names::key(&name)))
    }

    /// The real path for a path relative to the root, which may not exist yet.
    fn inside(&self, path: &str) -> Result<PathBuf, FolderError> {
        let outside = || FolderError::Outside {
            path: path.to_owned(),
        };
        let mut at = self.root.clone();
        for part in Path::new(path).components() {
            let Component::Normal(part) = part else {
                return Err(outside());
            };
            at.push(part);
            // A link is followed only where its end lies inside, too.
            match at.symlink_metadata() {
                Ok(there) if there.is_symlink() => {
                    at = at.canonicalize().map_err(|_| outside())?;
                    if !at.starts_with(&self.root) {
                        return Err(outside());
                    }
                }
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(io_error("read", path)(error)),
            }
        }
        Ok(at)
    }

    /// Where the file of a proposal is to be, when all is still as it was proposed.
    fn check(&self, proposal: &Proposal) -> Result<PathBuf, FolderError> {
        let path = &proposal.path;
        let target = self.inside(path)?;
        match &proposal.change {
            Change::New { .. } if target.symlink_metadata().is_ok() => {
                Err(FolderError::Clash { path: path.clone() })
            }
            Change::Changed {
                before, encoding, ..
            } => {
                let now = disk::read(&target, MAX_FILE_BYTES)
                    .map_err(|error| io_error("read", path)(error.into()))?;
                if now == encoding.encode(before) {
                    Ok(target)
                } else {
                    Err(FolderError::Moved { path: path.clone() })
                }
            }
            Change::Clash { .. } => Err(FolderError::Clash { path: path.clone() }),
            Change::New { .. } | Change::Unchanged => Ok(target),
        }
    }

    fn make_folders(&self, path: &str) -> Result<(), FolderError> {
        let mut done = String::new();
        let mut parts = path.split('/').peekable();
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                break;
            }
            if !done.is_empty() {
                done.push('/');
            }
            done.push_str(part);
            match std::fs::create_dir(self.inside(&done)?) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(io_error("make", &done)(error));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn shown(path: &Path) -> String {
    let parts = path
        .components()
        .map(|part| part.as_os_str().to_string_lossy());
    if path.is_absolute() {
        return path.display().to_string();
    }
    parts.collect::<Vec<_>>().join("/")
}

fn io_error(verb: &'static str, path: &str) -> impl FnOnce(io::Error) -> FolderError {
    let path = path.to_owned();
    move |source| FolderError::Io { verb, path, source }
}

#[cfg(test)]
mod tests;
