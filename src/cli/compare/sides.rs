//! The sides of a comparison: where each set of policies comes from.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::cli::Common;
use crate::cli::console::Console;
use crate::cli::judged::{self, AskedOf, From};
use crate::cli::session::Stopped;
use crate::disk::{GitError, RevisionFolder};
use crate::finding::{self, Code, Finding};
use crate::manifest::config::{CONFIG_FILE, ConfigFile, find_root};
use crate::manifest::project;
use crate::plan::file::read as plan_file;
use crate::text::visible;
use crate::whatif::PolicySet;

/// One side, as it is typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) enum SideSource {
    /// The project in a folder.
    Folder(PathBuf),
    /// The project as a revision of Git has it.
    Git(String),
    /// The tenant as it is after a saved plan.
    Plan(PathBuf),
    /// The tenant as it is.
    Live(String),
}

impl FromStr for SideSource {
    type Err = String;

    fn from_str(text: &str) -> Result<SideSource, String> {
        let named = |rest: &str, example: &str| match rest.is_empty() {
            true => Err(format!("a name is missing, such as `{example}`")),
            false => Ok(rest.to_owned()),
        };
        if text.trim().is_empty() {
            return Err(
                "it is empty; write a folder, `git:REVISION`, `plan:FILE` or `live:TENANT`"
                    .to_owned(),
            );
        }
        Ok(match text.split_once(':') {
            Some(("git", rest)) => SideSource::Git(named(rest, "git:main")?),
            Some(("plan", rest)) => SideSource::Plan(named(rest, "plan:plan.json")?.into()),
            Some(("live", rest)) => SideSource::Live(named(rest, "live:prod")?),
            _ => SideSource::Folder(text.into()),
        })
    }
}

impl SideSource {
    /// As it is typed.
    pub(in crate::cli) fn name(&self) -> String {
        match self {
            SideSource::Folder(path) => path.display().to_string(),
            SideSource::Git(revision) => format!("git:{revision}"),
            SideSource::Plan(path) => format!("plan:{}", path.display()),
            SideSource::Live(tenant) => format!("live:{tenant}"),
        }
    }

    /// The tenant that it names by itself.
    ///
    /// # Errors
    /// When it is a plan that cannot be read.
    pub(in crate::cli) fn tenant(&self) -> Result<Option<String>, Stopped> {
        Ok(match self {
            SideSource::Folder(_) | SideSource::Git(_) => None,
            SideSource::Live(tenant) => Some(tenant.clone()),
            SideSource::Plan(path) => {
                let loaded = plan_file::file(path).map_err(|f| Stopped::Findings(vec![*f]))?;
                Some(loaded.saved.tenant.name.clone())
            }
        })
    }

    /// Reads it. `tenant` is the one whose variables and facts count in a project.
    ///
    /// # Errors
    /// See [`Stopped`].
    pub(in crate::cli) async fn open(
        &self,
        tenant: Option<&str>,
        common: &Common,
        console: &Console,
    ) -> Result<PolicySet, Stopped> {
        let of = |name: &str| Common {
            tenant: Some(name.to_owned()),
            ..common.clone()
        };
        let from = match self {
            SideSource::Folder(folder) => {
                let is_here = folder.as_os_str() == ".";
                let folder = common.chdir.join(folder);
                let read = project_in(&folder, is_here, tenant);
                return read.map_err(|findings| Stopped::Findings(self.told(findings)));
            }
            SideSource::Git(revision) => {
                let read = revision_of(&common.chdir, revision, tenant);
                return read.map_err(|findings| Stopped::Findings(self.told(findings)));
            }
            SideSource::Plan(path) => From {
                plan: Some(path.clone()),
                ..From::default()
            },
            SideSource::Live(_) => From {
                live: true,
                ..From::default()
            },
        };
        let common = match self.tenant()? {
            Some(name) => of(&name),
            None => common.clone(),
        };
        let mut states = judged::open(&from, &common, console, AskedOf::Every(&[])).await?;
        let state = states.states.pop();
        Ok(state.map(|state| state.set).unwrap_or_default())
    }

    /// Findings, each with the side that it is about.
    fn told(&self, findings: Vec<Finding>) -> Vec<Finding> {
        let name = visible(&self.name(), false);
        let tell = |mut finding: Finding| {
            finding.message = format!("in `{name}`: {}", finding.message);
            finding
        };
        let told = findings.into_iter().filter(Finding::is_error);
        told.map(tell).collect()
    }
}

/// The policies of the project in a folder; of the one at or above it where that is `is_here`.
fn project_in(
    folder: &Path,
    is_here: bool,
    tenant: Option<&str>,
) -> Result<PolicySet, Vec<Finding>> {
    let refuse =
        |message: String, help: &str| vec![Finding::error(Code::CompareSide, message).help(help)];
    if !folder.is_dir() {
        return Err(refuse(
            "it is not a folder".to_owned(),
            "a side is a folder, `git:REVISION`, `plan:FILE` or `live:TENANT`",
        ));
    }
    let Some(root) = find_root(folder) else {
        return Err(refuse(
            format!("there is no {CONFIG_FILE} in it or above it"),
            "write the folder of a project",
        ));
    };
    // A folder that is typed is meant itself, not a project around it.
    if !is_here && !folder.join(CONFIG_FILE).exists() {
        return Err(refuse(
            format!("there is no {CONFIG_FILE} in it, only above it"),
            "write the folder of a project; `.` is also the project around it",
        ));
    }
    let file = ConfigFile::load(&root)?;
    policies(&file, tenant)
}

fn policies(file: &ConfigFile, tenant: Option<&str>) -> Result<PolicySet, Vec<Finding>> {
    let (name, tenant) = file.tenant(tenant).map_err(|finding| vec![*finding])?;
    let (desired, findings) = project::load(file, name, tenant);
    if finding::has_errors(&findings) {
        return Err(findings);
    }
    let objects = desired.manifests.iter().map(|manifest| &manifest.object);
    Ok(PolicySet::of(objects, file.config.environment(tenant)))
}

/// The policies of the project at or above a folder, as a revision has it.
fn revision_of(
    folder: &Path,
    revision: &str,
    tenant: Option<&str>,
) -> Result<PolicySet, Vec<Finding>> {
    let refuse =
        |message: String, help: &str| vec![Finding::error(Code::CompareSide, message).help(help)];
    // A project that the revision alone has lies where one was typed.
    let root = find_root(folder).unwrap_or_else(|| folder.to_owned());
    let read = RevisionFolder::read(&root, revision).map_err(|error| {
        let help = match &error {
            GitError::NoGit(_) => "install Git, or compare two folders",
            GitError::NoRepository(_) => {
                "`git:` needs a project in a Git repository; otherwise compare two folders"
            }
            GitError::NoCommit { shallow: true } => {
                "the checkout has only the latest commits: fetch more (`fetch-depth: 0` of actions/checkout, `fetchDepth: 0` in Azure Pipelines, `GIT_DEPTH: 0` in GitLab), or `git fetch --unshallow`"
            }
            GitError::NoCommit { shallow: false } => {
                "write a branch, tag or commit that `git log` shows; fetch it first if it is in another repository"
            }
            GitError::NoFolder => "write a revision that has the project in this folder",
            _ => "compare folders: `git worktree add ../before REVISION` creates one",
        };
        refuse(error.to_string(), help)
    })?;
    let is_there = read.path().join(CONFIG_FILE).is_file();
    if !is_there && !read.links.iter().any(|link| link == CONFIG_FILE) {
        return Err(refuse(
            format!("there is no {CONFIG_FILE} in this folder"),
            "write a revision that has the project in this folder",
        ));
    }
    let link = |link: &String| {
        refuse(
            format!("`{link}` is a link, and links in a revision are not followed"),
            "commit the file itself, or compare folders",
        )
    };
    if let Some(own) = read.links.iter().find(|link| *link == CONFIG_FILE) {
        return Err(link(own));
    }
    let file = ConfigFile::load(read.path())?;
    if let Some(part) = read.links.iter().find(|link| project::reaches(&file, link)) {
        return Err(link(part));
    }
    policies(&file, tenant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_is_read_as_it_is_named() {
        let read = |text: &str| text.parse::<SideSource>();
        for text in [
            "git:main",
            "plan:out/plan.json",
            "live:prod",
            ".",
            "./git:x",
            "C:\\ca",
        ] {
            assert_eq!(read(text).unwrap().name(), text);
        }
        assert_eq!(read("git:HEAD^1"), Ok(SideSource::Git("HEAD^1".to_owned())));
        assert_eq!(read("C:\\ca"), Ok(SideSource::Folder("C:\\ca".into())));
        for text in ["git:", "plan:", "live:"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
