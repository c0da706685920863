//! `apply` for several tenants: the plans are made, or read from a folder, and shown in one table;
//! it is asked once; then each is carried out as it was shown.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::each::TenantEnd;
use super::{Fleet, exit_of, plan_path, saved_plans, shown};
use crate::cli::apply::{self, ApplyArgs};
use crate::cli::console::Console;
use crate::cli::part::KindArgs;
use crate::cli::plan::PlanArgs;
use crate::cli::plan_folder::{folder_digest, plans_in};
use crate::cli::session::Stopped;
use crate::cli::{Cli, Command, Common, Exit, Format, saved};
use crate::disk;
use crate::finding::{Code, Finding};
use crate::fleet::name::file_stem;
use crate::fleet::result::{FleetFinding, Tally};
use crate::plan::file::read as plan_file;
use crate::text::{counted, few_names};

/// The folder of saved plans that a command is to apply.
pub(super) fn folder(command: &Command) -> Option<&Path> {
    match command {
        Command::Apply(args) => match args.what.as_slice() {
            [one] if args.kind.kind.is_none() => Some(Path::new(one)).filter(|path| path.is_dir()),
            _ => None,
        },
        _ => None,
    }
}

pub(super) fn run(
    fleet: &Fleet,
    args: &ApplyArgs,
    cli: &Cli,
    console: &Console,
) -> Result<Exit, Stopped> {
    if let Some(folder) = &args.secrets_out {
        disk::folder(folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
    }
    if let Some(folder) = folder(&cli.command) {
        return of_folder(fleet, args, folder, cli, console);
    }
    if args.saved_plan().is_some() {
        return Err(Stopped::Usage(
            "a saved plan is for one tenant: leave out `-t`".to_owned(),
        ));
    }
    if args.yes {
        let ends = fleet.each(cli, console, &fleet.names, &async |common, console| {
            apply::run(&of_tenant(args, common), common, console).await
        });
        return Ok(fleet.show(ends, console));
    }
    asked(fleet, args, cli, console)
}

/// The arguments for one of the tenants: its passwords go to a file of its own.
fn of_tenant(args: &ApplyArgs, common: &Common) -> ApplyArgs {
    let name = common.tenant.as_deref().unwrap_or_default();
    let file = |folder: &PathBuf| folder.join(format!("{}.json", file_stem(name)));
    ApplyArgs {
        secrets_out: args.secrets_out.as_ref().map(file),
        ..args.clone()
    }
}

/// Plans, asks once, and applies what was shown.
fn asked(fleet: &Fleet, args: &ApplyArgs, cli: &Cli, console: &Console) -> Result<Exit, Stopped> {
    let folder = tempfile::Builder::new()
        .prefix("gatewright-plans-")
        .tempdir()
        .context("cannot create the folder of the plans")?;
    // Until the answer nothing is written, and a signal ends it all.
    let planning = &fleet.to(fleet.names.clone(), "plan", false);
    let plan = PlanArgs {
        names: args.what.clone(),
        kind: args.kind,
        fix_renames: false,
        detailed_exitcode: false,
        purge_deleted_users: args.purge_deleted_users,
        out: None,
        out_dir: None,
        fleet: args.fleet.clone(),
        people: false,
        look: args.look,
        allow: args.allow.clone(),
    };
    // The plans of a stream are not its results.
    let quiet = Console::clone(console).of_format(Format::Human);
    let mut ends = saved_plans(planning, &plan, folder.path(), cli, &quiet)?;
    let table = shown::human(&ends, &quiet);
    match console.format {
        Format::Human => console.result(&table),
        _ => console.warn(&table),
    }
    let ready: BTreeSet<String> = (ends.iter())
        .filter(|(_, end)| end.result.exit_code == 0 && !end.result.changes.is_empty())
        .map(|(name, _)| name.clone())
        .collect();
    // From here on they are results of what was asked for.
    for end in ends.values_mut() {
        end.result.command = fleet.command.to_owned();
    }
    if ready.is_empty() {
        if console.format != Format::Human {
            show(&ends, console);
        }
        return Ok(exit_of(&ends));
    }
    apply::agreed(
        console,
        &format!("Apply to {}?", few_or_count(&ready)),
        "use `--yes` to apply without asking, or save the plans with `plan --out-dir DIR` and apply the folder",
    )?;
    let digests: BTreeMap<String, String> = (plans_in(folder.path())?.into_iter())
        .map(|plan| (plan.tenant().to_owned(), plan.digest().to_owned()))
        .collect();
    let quiet = match console.format {
        Format::Json => &quiet,
        _ => console,
    };
    let done = fleet.each(cli, quiet, &ready, &async |common, console| {
        let name = common.tenant.as_deref().unwrap_or_default();
        let args = ApplyArgs {
            what: vec![
                plan_path(folder.path(), name)
                    .to_string_lossy()
                    .into_owned(),
            ],
            digest: digests.get(name).cloned(),
            // The plan says which objects it is about.
            kind: KindArgs::default(),
            purge_deleted_users: false,
            ..of_tenant(args, common)
        };
        apply::run(&args, common, console).await
    });
    // The plans of the others were shown before.
    for end in ends.values_mut() {
        end.text.clear();
    }
    ends.extend(done);
    show(&ends, console);
    Ok(exit_of(&ends))
}

/// Shows what came of all, where nothing was shown as it came.
fn show(ends: &BTreeMap<String, TenantEnd>, console: &Console) {
    match console.format {
        Format::Json => {
            for end in ends.values() {
                console.result(&shown::line(&end.result));
            }
        }
        Format::Human => console.result(&shown::human(ends, console)),
        _ => shown::all(ends, console),
    }
}

fn few_or_count(names: &BTreeSet<String>) -> String {
    match names.len() {
        0..=5 => few_names(names, 5),
        count => counted(count, "tenant"),
    }
}

/// Applies the saved plans of a folder: all of them can be applied, or none is.
fn of_folder(
    fleet: &Fleet,
    args: &ApplyArgs,
    folder: &Path,
    cli: &Cli,
    console: &Console,
) -> Result<Exit, Stopped> {
    let plans = plans_in(folder)?;
    if let Some(wanted) = args.digest.as_deref().map(str::trim) {
        let digest = folder_digest(&plans);
        let bare = wanted.strip_prefix("sha256:").unwrap_or(wanted);
        if !bare.eq_ignore_ascii_case(&digest) {
            let message = format!(
                "the folder `{}` has the digest `{digest}`, and `--digest` names `{bare}`",
                folder.display()
            );
            return Err(Stopped::Findings(vec![
                Finding::error(Code::PlanFile, message)
                    .help("these are not the plans that were reviewed: apply those, or review these (`gatewright show FILE`)"),
            ]));
        }
    }
    // The plans themselves are read again: hundreds of them need much memory.
    let plans: BTreeMap<String, (PathBuf, String)> = plans
        .into_iter()
        .map(|plan| {
            let digest = plan.digest().to_owned();
            (plan.tenant().to_owned(), (plan.path, digest))
        })
        .collect();
    let names: BTreeSet<String> = match cli.common.tenants.is_empty() && args.fleet.shard.is_none()
    {
        true => plans.keys().cloned().collect(),
        false => fleet.names.clone(),
    };
    let missing: Vec<&String> = names
        .iter()
        .filter(|name| !plans.contains_key(*name))
        .collect();
    if !missing.is_empty() {
        let message = format!(
            "the folder `{}` has no plan for {}",
            folder.display(),
            few_names(missing, 5)
        );
        return Err(Stopped::Findings(vec![
            Finding::error(Code::PlanFile, message).help(
                "make the plans again with `plan --out-dir`, or name other tenants with `-t`",
            ),
        ]));
    }
    // First it is asked of all of them, without writing anything.
    let asking = &fleet.to(names, "apply", false);
    let of = |common: &Common| {
        let name = common.tenant.as_deref().unwrap_or_default();
        plans.get(name).cloned().unwrap_or_default()
    };
    let quiet = Console::clone(console).of_format(Format::Human);
    let mut ends = asking.each(cli, &quiet, &asking.names, &async |common, console| {
        let (path, digest) = of(common);
        let digest = args.digest.is_some().then_some(digest);
        let allow = args.allow.guards();
        // What a file that cannot be read now says need not be known.
        let loaded = plan_file::file(&path).map_err(|f| Stopped::Findings(vec![*f]))?;
        console.tells(|| {
            let mut tally = Tally::of_plan(&loaded.plan).unwritten();
            tally.summary.guards = Some(loaded.saved.refused().count() as u64);
            tally
        });
        let session = saved::open(
            &path,
            digest.as_deref(),
            &allow,
            args.assume_not_made,
            common,
            console,
        )
        .await?;
        console.tells(|| Tally::of_plan(&session.plan).unwritten());
        match session.plan.is_refused() {
            true => Ok(Exit::Refused),
            false => Ok(Exit::Done),
        }
    });
    let ready: BTreeSet<String> = (ends.iter())
        .filter(|(_, end)| end.result.exit_code == 0)
        .map(|(name, _)| name.clone())
        .collect();
    if ready.len() < ends.len() && !args.partial {
        for name in &ready {
            let Some(end) = ends.get_mut(name) else {
                continue;
            };
            end.result.findings.push(FleetFinding {
                severity: "warning".to_owned(),
                code: "not-applied".to_owned(),
                message: "not applied: other plans of the folder cannot be applied".to_owned(),
                place: None,
                help: Some(
                    "fix those, or use `--partial` to apply this one all the same".to_owned(),
                ),
            });
            end.result.summary.warnings += 1;
            end.result.exit_code = Exit::Pending as u8;
            end.text = "Not applied: other plans of the folder cannot be applied.\n".to_owned();
            for change in &mut end.result.changes {
                change.outcome = Some("not reached".to_owned());
            }
        }
        show(&ends, console);
        console.warn(&format!(
            "\nNothing was written: {} of {} cannot be applied. `--partial` applies the others.",
            ends.len() - ready.len(),
            counted(ends.len(), "plan")
        ));
        return Ok(exit_of(&ends));
    }
    let done = fleet.each(cli, &quiet, &ready, &async |common, console| {
        let (path, digest) = of(common);
        let args = ApplyArgs {
            what: vec![path.to_string_lossy().into_owned()],
            digest: args.digest.is_some().then_some(digest),
            ..of_tenant(args, common)
        };
        apply::run(&args, common, console).await
    });
    ends.extend(done);
    show(&ends, console);
    Ok(exit_of(&ends))
}
