//! `gatewright validate`

use std::collections::BTreeMap;

use clap::Args;

use super::console::Console;
use super::session::{Stop, config};
use super::{Common, Exit, Format};
use crate::manifest::finding;
use crate::manifest::guards::GuardsFile;
use crate::manifest::project;
use crate::render;

/// Check the manifests without a tenant
///
/// Checks YAML, names, values and the rules of Microsoft Graph that need no tenant, for the
/// tenant given with `-t`, or for every tenant of the project.
#[derive(Debug, Args)]
pub struct ValidateArgs {}

/// Runs the command.
///
/// # Errors
/// See [`Stop`].
pub fn run(_: &ValidateArgs, common: &Common, console: &Console) -> Result<Exit, Stop> {
    let file = config(common, console)?;
    let tenants: Vec<_> = match common.tenant.as_deref() {
        Some(name) => {
            let one = file
                .tenant(Some(name))
                .map_err(|f| Stop::Findings(vec![*f]))?;
            vec![(one.0.to_owned(), one.1)]
        }
        None => file
            .config
            .tenants
            .iter()
            .map(|(name, tenant)| (name.clone(), tenant))
            .collect(),
    };
    let mut findings = Vec::new();
    let mut counts: BTreeMap<_, usize> = BTreeMap::new();
    for (name, tenant) in &tenants {
        let (desired, found) = project::load(&file, name, tenant);
        findings.extend(found);
        if let Err(found) = GuardsFile::load(&file, name, tenant) {
            findings.extend(found);
        }
        counts.clear();
        for manifest in &desired.manifests {
            *counts.entry(manifest.kind()).or_default() += 1;
        }
    }
    finding::tidy(&mut findings);
    console.findings(&findings);
    let valid = !finding::has_errors(&findings);
    if console.format == Format::Human {
        let said = render::findings::count(&findings);
        if valid {
            let total: usize = counts.values().sum();
            let kinds: Vec<String> = counts.iter().map(|(k, n)| format!("{n} {k}")).collect();
            let extra = if said.is_empty() {
                said
            } else {
                format!("; {said}")
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
    Ok(if valid { Exit::Done } else { Exit::Error })
}
