//! What the project managed once and has no manifest any more.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use crate::apply::journal::managed;
use crate::finding::{Code, Finding};
use crate::model::Kind;
use crate::plan::Plan;
use crate::tenant::snapshot::Live;
use crate::text::{counted, few_names, shell_arguments};

/// Those of `strays`, live objects without a manifest and outside of the scope, that a run of the
/// project wrote: their manifests were removed, and nothing deletes them. Those that were renamed in
/// their manifests alone are told as that. `runs` is the folder of the journals, and `most` how many
/// names are told of a kind. Also the ids of those that are told by name.
pub fn orphans(
    runs: &Path,
    plan: &Plan,
    strays: &[&Live],
    most: usize,
) -> (Vec<Finding>, HashSet<String>) {
    let mut ids = HashSet::new();
    if strays.is_empty() {
        return (Vec::new(), ids);
    }
    let managed = managed(runs, (&plan.tenant, &plan.organization.id));
    let renamed: HashSet<&str> = plan.renames.iter().map(|r| r.id.as_str()).collect();
    let mut orphans: BTreeMap<Kind, Vec<(&str, &str)>> = BTreeMap::new();
    for live in strays {
        if let Some(known) = managed.get(&(live.kind, live.id.to_lowercase()))
            && !renamed.contains(live.id.as_str())
        {
            let of_kind = orphans.entry(live.kind).or_default();
            if of_kind.len() < most {
                ids.insert(live.id.clone());
            }
            of_kind.push((live.name(), &known.run));
        }
    }
    let findings = orphans.iter().map(|(kind, list)| told(*kind, list, most));
    (findings.collect(), ids)
}

/// What there is to say of the objects of one kind, each with its run.
fn told(kind: Kind, orphans: &[(&str, &str)], most: usize) -> Finding {
    /// The most names in a command.
    const MOST: usize = 5;
    let names: Vec<&str> = orphans.iter().map(|(name, _)| *name).collect();
    let (message, adopt, delete) = match orphans {
        [(name, run)] => (
            format!(
                "the {} `{name}` was managed by this project (run `{run}`) and no longer has a manifest; `scope` does not cover it, so nothing deletes it",
                kind.words()
            ),
            "writes a manifest again",
            "delete it in the portal",
        ),
        _ => (
            format!(
                "{} were managed by this project and no longer have manifests; `scope` does not cover them, so nothing deletes them: {}",
                counted(orphans.len(), kind.words()),
                few_names(&names, most)
            ),
            "writes manifests again",
            "delete them in the portal",
        ),
    };
    let named = match names.len() > MOST {
        true => "NAME...".to_owned(),
        false => shell_arguments(names),
    };
    Finding::warning(Code::Unmanaged, message).help(format!(
        "`gatewright drift --adopt {named}` {adopt}; with `{kind}` in `scope` of gatewright.yaml, apply deletes what has none; or {delete}"
    ))
}
