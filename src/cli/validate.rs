//! `gatewright validate`

use std::collections::BTreeMap;

use clap::Args;

use super::console::Console;
use super::session::{Stopped, config};
use super::{Common, Exit, Format};
use crate::claims::names;
use crate::finding;
use crate::lint;
use crate::manifest::guards::GuardsFile;
use crate::manifest::project;
use crate::manifest::scenario::SCENARIO;
use crate::render;
use crate::whatif::PolicySet;

/// Check the manifests without a tenant
///
/// Checks YAML, names, values and the rules of Microsoft Graph that need no tenant, and gives
/// advice (docs/lint.md), for the tenant given with `-t`, or for every tenant of the project.
#[derive(Debug, Args)]
pub struct ValidateArgs {
    /// Warnings fail, too: for pipelines
    #[arg(long)]
    pub strict: bool,
}

/// Runs the command.
///
/// # Errors
/// See [`Stopped`].
pub fn run(args: &ValidateArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    let file = config(common, console)?;
    let tenants: Vec<_> = match common.tenant.as_deref() {
        Some(name) => {
            let one = file
                .tenant(Some(name))
                .map_err(|f| Stopped::Findings(vec![*f]))?;
            vec![(one.0.to_owned(), one.1)]
        }
        None => file
            .config
            .tenants
            .iter()
            .map(|(name, tenant)| (name.clone(), tenant))
            .collect(),
    };
    let mut loads = Vec::new();
    let mut scenarios = 0;
    let mut counts: BTreeMap<_, usize> = BTreeMap::new();
    for (name, tenant) in &tenants {
        let (desired, mut found) = project::load(&file, name, tenant);
        if let Err(more) = GuardsFile::load(&file, name, tenant) {
            found.extend(more);
        }
        if !desired.scenarios.is_empty() && !finding::has_errors(&found) {
            let objects = desired.manifests.iter().map(|manifest| &manifest.object);
            let set = PolicySet::of(objects, file.config.environment(tenant));
            let policies = set.compiled();
            for scenario in &desired.scenarios {
                found.extend(names::check(
                    &policies,
                    scenario,
                    names::NamesKnown::InManifests,
                ));
            }
        }
        scenarios = desired.scenarios.len();
        counts.clear();
        for manifest in &desired.manifests {
            *counts.entry(manifest.kind()).or_default() += 1;
        }
        loads.push((desired, found));
    }
    let whole = tenants.len() == file.config.tenants.len();
    let lint::Advice { findings, allowed } =
        lint::check(&file, loads, jiff::Timestamp::now(), whole);
    match console.format {
        Format::Json => console.result(&render::json::text(&render::json::checked(
            &findings, &allowed,
        ))),
        _ => console.findings(&findings),
    }
    let valid = !finding::has_errors(&findings);
    if console.format == Format::Human {
        let said = render::findings::count(&findings);
        if valid {
            let total = counts.values().sum::<usize>() + scenarios;
            let mut kinds: Vec<String> = counts.iter().map(|(k, n)| format!("{n} {k}")).collect();
            if scenarios > 0 {
                kinds.push(format!("{scenarios} {SCENARIO}"));
            }
            let extra = match (said.as_str(), allowed.len()) {
                ("", 0) => String::new(),
                (said, 0) => format!("; {said}"),
                ("", n) => format!("; {n} allowed by comments"),
                (said, n) => format!("; {said}; {n} allowed by comments"),
            };
            let word = if total == 1 { "manifest" } else { "manifests" };
            console.result(&format!(
                "Valid: {total} {word} ({}){extra}\n",
                kinds.join(", ")
            ));
        } else {
            console.result(&format!("\nNot valid: {said}\n"));
        }
    }
    let warned = findings
        .iter()
        .any(|f| f.severity == finding::Severity::Warning);
    Ok(match valid && !(args.strict && warned) {
        true => Exit::Done,
        false => Exit::Error,
    })
}
