//! The one place through which files are opened.
//!
//! Whoever sends a pull request chooses what lies in a project's folder: links, pipes, files of
//! any size. So a file is read only when it is a regular one ([`read()`]; a pipe when a person names
//! it on the command line, [`open_given`]), and one that a project names only where it really lies in
//! the project ([`read_named`]); and what is written is a new
//! file, which never follows a link and never empties a file that was there ([`put`],
//! [`create`], [`create_or_empty`], [`Lock`]). What a revision of Git holds is read without checking
//! it out ([`RevisionFolder`]).

mod git;
mod lock;
mod read;
mod write;

pub use git::{GitError, RevisionFolder, head_commit};
pub use lock::{Lock, LockError};
pub use read::{
    ReadError, below, bounded, entries, is_yaml, open, open_given, read, read_named, read_own,
};
pub use write::{Put, create, create_or_empty, folder, folders, put};

use std::io;
use std::path::Path;

/// Nothing is written through a link: it may lead anywhere.
fn no_link(path: &Path) -> io::Result<()> {
    match path.symlink_metadata() {
        Ok(there) if there.is_symlink() => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!(
                "`{}` is a link, and links are not followed here; delete it",
                path.display()
            ),
        )),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
