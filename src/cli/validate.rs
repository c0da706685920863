//! `gatewright validate`

use std::collections::BTreeMap;

use clap::Args;

use super::console::Console;
use super::session::{Stopped, config};
use super::{Common, Exit, Format};
use crate::claims::AskedClaim;
use crate::claims::invariant::past_exceptions;
use crate::claims::names::{self, break_glass_names};
use crate::claims::packs::PacksFor;
use crate::finding;
use crate::lint;
use crate::manifest::guards::GuardsFile;
use crate::manifest::invariant::INVARIANT;
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
    let (mut scenarios, mut invariants) = (0, 0);
    let now = jiff::Timestamp::now();
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let mut counts: BTreeMap<_, usize> = BTreeMap::new();
    for (name, tenant) in &tenants {
        let (desired, mut found) = project::load(&file, name, tenant);
        let guards = match GuardsFile::load(&file, name, tenant) {
            Ok(guards) => guards,
            Err(more) => {
                found.extend(more);
                GuardsFile::default()
            }
        };
        let packs = PacksFor {
            file: &file,
            tenant,
            break_glass: guards.guards.break_glass.as_ref(),
        };
        let chosen = packs.chosen();
        found.extend(chosen.findings);
        let notices = desired.invariants.iter().map(|one| &one.notices);
        found.extend(notices.flatten().cloned());
        let own = desired.invariants.iter().map(AskedClaim::own);
        let asked: Vec<AskedClaim> = own.chain(chosen.claims).collect();
        let nothing = desired.scenarios.is_empty() && asked.is_empty();
        if !finding::has_errors(&found) && !nothing {
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
            let accounts = break_glass_names(&guards);
            for one in &asked {
                found.extend(names::check_invariant(
                    &set,
                    &policies,
                    one,
                    &accounts,
                    names::NamesKnown::InManifests,
                ));
                found.extend(past_exceptions(one, today));
            }
        }
        scenarios = desired.scenarios.len();
        invariants = desired.invariants.len();
        counts.clear();
        for manifest in &desired.manifests {
            *counts.entry(manifest.kind()).or_default() += 1;
        }
        loads.push((desired, found));
    }
    let whole = tenants.len() == file.config.tenants.len();
    let lint::Advice { findings, allowed } = lint::check(&file, loads, now, whole);
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
            let total = counts.values().sum::<usize>() + scenarios + invariants;
            let mut kinds: Vec<String> = counts.iter().map(|(k, n)| format!("{n} {k}")).collect();
            if scenarios > 0 {
                kinds.push(format!("{scenarios} {SCENARIO}"));
            }
            if invariants > 0 {
                kinds.push(format!("{invariants} {INVARIANT}"));
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
