//! Files that a command is given by name, and files that it changes.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::{Path, PathBuf};

use super::Common;
use super::session::Stopped;
use crate::finding::{Code, Finding};
use crate::import::folder::{FileDraft, Folder, Proposal};
use crate::manifest::config::{CONFIG_FILE, ConfigFile, find_root};
use crate::manifest::{guards, project};

/// The flags, with the folder of the given files where no project is at or above the one that the
/// flags name: who names a file by its path need not name its project.
pub(crate) fn common(common: &Common, given: &[PathBuf]) -> Common {
    let mut common = common.clone();
    if let Some(folder) = given.first().and_then(|path| path.parent())
        && common.chdir == Path::new(".")
        && find_root(&common.chdir).is_none()
        && find_root(folder).is_some()
    {
        common.chdir = folder.to_owned();
    }
    common
}

/// The given files as the project calls them: relative to its folder, with forward slashes.
///
/// # Errors
/// When one does not exist, or the project does not read it.
pub(crate) fn names(file: &ConfigFile, given: &[PathBuf]) -> Result<BTreeSet<String>, Stopped> {
    let mut names = BTreeSet::new();
    let mut wrong = Vec::new();
    for path in given {
        match name(file, path) {
            Ok(name) => {
                names.insert(name);
            }
            Err(finding) => wrong.push(*finding),
        }
    }
    match wrong.is_empty() {
        true => Ok(names),
        false => Err(Stopped::Findings(wrong)),
    }
}

/// That a file cannot be read which a person named on the command line.
pub(crate) fn unreadable(name: &str, error: impl Display) -> Stopped {
    let message = format!("cannot read `{name}`: {error}");
    let help = match name {
        "-" => "pipe a readable file to the command, or name one",
        _ => {
            "name a file that you may read, or `-` for stdin; paths are relative to the current folder"
        }
    };
    Stopped::Findings(vec![
        Finding::error(Code::UnreadableFile, message).help(help),
    ])
}

fn name(file: &ConfigFile, path: &Path) -> Result<String, Box<Finding>> {
    let shown = path.display();
    let real = path.canonicalize().map_err(|error| {
        let message = format!("cannot read `{shown}`: {error}");
        let help = "name a file of the project; paths are relative to the current folder";
        Box::new(Finding::error(Code::UnreadableFile, message).help(help))
    })?;
    let root = file
        .root
        .canonicalize()
        .unwrap_or_else(|_| file.root.clone());
    let name = (real.strip_prefix(&root).ok())
        .map(|inside| inside.to_string_lossy().replace('\\', "/"))
        .filter(|name| {
            name == CONFIG_FILE
                || guards::path(file).as_deref() == Some(name.as_str())
                || project::covers(file, name)
        });
    name.ok_or_else(|| {
        let message = format!("`{shown}` is not a file of the project");
        let help = "`manifests:` in gatewright.yaml lists the files and folders that are read";
        Box::new(Finding::error(Code::UnreadableFile, message).help(help))
    })
}

/// The changes of files in a folder, or below it, as they would be made.
///
/// # Errors
/// When a file lies elsewhere or cannot be read.
pub(crate) fn propose(
    root: &Path,
    drafts: &[FileDraft],
) -> Result<(Folder, Vec<Proposal>), Stopped> {
    let folder = Folder::open(root, "").map_err(anyhow::Error::from)?;
    let proposals = folder.propose(drafts).map_err(anyhow::Error::from)?;
    Ok((folder, proposals))
}
