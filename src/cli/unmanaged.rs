//! What the project managed once and has no manifest any more.

use std::collections::HashSet;
use std::path::Path;

use crate::apply::journal::managed;
use crate::finding::{Code, Finding};
use crate::plan::Plan;
use crate::tenant::snapshot::Live;
use crate::text::shell_word;

/// Those of `strays`, live objects without a manifest and outside of the scope, that a run of the
/// project wrote: their manifests were removed, and nothing deletes them. Those that were renamed in
/// their manifests alone are told as that. `runs` is the folder of the journals.
pub fn orphans(runs: &Path, plan: &Plan, strays: &[&Live]) -> Vec<Finding> {
    if strays.is_empty() {
        return Vec::new();
    }
    let managed = managed(runs, (&plan.tenant, &plan.organization.id));
    let orphan = |live: &&Live| {
        let known = managed.get(&(live.kind, live.id.to_lowercase()))?;
        let (kind, name) = (live.kind, live.name());
        let dashes = if name.starts_with('-') { "-- " } else { "" };
        let message = format!(
            "the {} `{name}` was managed by this project (run `{}`) and no longer has a manifest; `scope` does not cover it, so nothing deletes it",
            kind.words(),
            known.run
        );
        Some(Finding::warning(Code::Unmanaged, message).help(format!(
            "`gatewright drift --adopt {dashes}{}` writes a manifest again; with `{kind}` in `scope` of gatewright.yaml, apply deletes what has none; or delete it in the portal",
            shell_word(name)
        )))
    };
    let renamed: HashSet<&str> = plan.renames.iter().map(|r| r.id.as_str()).collect();
    let strays = strays.iter();
    let strays = strays.filter(|live| !renamed.contains(live.id.as_str()));
    strays.filter_map(orphan).collect()
}
