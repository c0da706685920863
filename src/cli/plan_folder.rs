//! A folder of saved plans, one of each tenant: what `plan --out-dir` writes, and `show` and `apply`
//! read.

use std::path::{Path, PathBuf};

use anyhow::Context;

use super::session::Stopped;
use crate::disk;
use crate::finding::{Code, Finding};
use crate::plan::file::read::{self as plan_file, Loaded};
use crate::plan::file::sha256;

/// A saved plan of a folder.
pub struct FolderPlan {
    /// The file.
    pub path: PathBuf,
    /// What it holds.
    pub loaded: Loaded,
}

impl FolderPlan {
    /// The tenant that it is for.
    pub fn tenant(&self) -> &str {
        &self.loaded.saved.tenant.name
    }

    /// The digest of its file.
    pub fn digest(&self) -> &str {
        &self.loaded.saved.digest
    }
}

/// What names the plans of a folder as a whole.
pub fn folder_digest(plans: &[FolderPlan]) -> String {
    let line = |plan: &FolderPlan| format!("{} {}\n", plan.digest(), plan.tenant());
    let mut lines: Vec<String> = plans.iter().map(line).collect();
    lines.sort();
    sha256(lines.concat().as_bytes())
}

/// The saved plans in a folder, by tenant.
///
/// # Errors
/// When it has none, a file is none, or two are for one tenant.
pub fn plans_in(folder: &Path) -> Result<Vec<FolderPlan>, Stopped> {
    let entries = disk::entries(folder)
        .with_context(|| format!("cannot read the folder `{}`", folder.display()))?;
    let mut plans: Vec<FolderPlan> = Vec::new();
    let mut findings = Vec::new();
    let is_plan = |path: &Path| path.extension().is_some_and(|ending| ending == "json");
    for (path, _) in entries.into_iter().filter(|(path, _)| is_plan(path)) {
        let loaded = match plan_file::file(&path) {
            Ok(loaded) => loaded,
            Err(finding) => {
                findings.push(*finding);
                continue;
            }
        };
        let plan = FolderPlan { path, loaded };
        if let Some(first) = plans.iter().find(|known| known.tenant() == plan.tenant()) {
            let message = format!(
                "`{}` and `{}` are both plans for the tenant `{}`",
                first.path.display(),
                plan.path.display(),
                plan.tenant()
            );
            findings.push(Finding::error(Code::PlanFile, message).help("delete one of them"));
        }
        plans.push(plan);
    }
    if plans.is_empty() && findings.is_empty() {
        let message = format!("the folder `{}` has no saved plan", folder.display());
        findings.push(
            Finding::error(Code::PlanFile, message)
                .help("`gatewright plan -t all --out-dir DIR` saves one for each tenant"),
        );
    }
    plans.sort_by(|one, other| one.tenant().cmp(other.tenant()));
    match findings.is_empty() {
        true => Ok(plans),
        false => Err(Stopped::Findings(findings)),
    }
}
