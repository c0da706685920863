//! `gatewright runs`

use clap::{Args, Subcommand};

use super::console::Console;
use super::session::{Stopped, config, runs_folder};
use super::{Common, Exit, Format};
use crate::apply::journal::{self, RunRecord};
use crate::finding::{Code, Finding, did_you_mean};
use crate::render;

/// List and show past runs
///
/// Every command that writes to a tenant keeps a journal in .gatewright/runs: apply, destroy,
/// rollback, decisions about risk and new passwords. It records who did what from which commit and
/// the objects as they were before, and holds no secret.
#[derive(Debug, Args)]
pub struct RunsArgs {
    /// What to do; without it, the runs are listed
    #[command(subcommand)]
    pub command: Option<RunsCommand>,
}

/// What to do with runs
#[derive(Debug, Subcommand)]
pub enum RunsCommand {
    /// List the runs, latest last
    List,
    /// Show what a run did
    Show(ShowRunArgs),
}

/// Show what a run did
#[derive(Debug, Args)]
pub struct ShowRunArgs {
    /// The run, by its name or the start of it; `latest` is the last one
    pub run: String,
    /// Show what changed in each object, from the journal
    #[arg(long)]
    pub diff: bool,
}

/// Runs the command.
///
/// # Errors
/// See [`Stopped`].
pub fn run(args: &RunsArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    let file = config(common, console)?;
    let folder = runs_folder(&file.root);
    match &args.command {
        None | Some(RunsCommand::List) => {
            let runs: Vec<RunRecord> = journal::list(&folder)
                .into_iter()
                .filter(|r| common.tenant.as_ref().is_none_or(|t| *t == r.tenant))
                .collect();
            match console.format {
                Format::Json => {
                    console.result(&render::json::text(&render::json::runs(&runs, false)))
                }
                _ if runs.is_empty() => console.note("No runs yet."),
                _ => console.paged(&render::runs::runs(&runs, console.width())),
            }
        }
        Some(RunsCommand::Show(show)) => {
            let found = find(&folder, &show.run)?;
            match console.format {
                Format::Json => {
                    let one = std::slice::from_ref(&found);
                    console.result(&render::json::text(&render::json::runs(one, show.diff)));
                }
                _ => console.paged(&render::runs::run(&found, show.diff, console.width())),
            }
        }
    }
    Ok(Exit::Done)
}

/// The run that a name, or the beginning of one, means.
///
/// # Errors
/// When there is none, or more than one.
pub fn find(folder: &std::path::Path, name: &str) -> Result<RunRecord, Stopped> {
    let runs = journal::list(folder);
    let fail = |message: String, help: String| {
        Stopped::Findings(vec![Finding::error(Code::NoRun, message).help(help)])
    };
    if name == "latest" {
        return runs.into_iter().next_back().ok_or_else(|| {
            fail(
                "there are no runs yet".to_owned(),
                "`gatewright apply` starts one".to_owned(),
            )
        });
    }
    let mut found: Vec<&RunRecord> = runs.iter().filter(|r| r.run.starts_with(name)).collect();
    if let Some(exact) = runs.iter().find(|r| r.run == name) {
        found = vec![exact];
    }
    match found.as_slice() {
        [one] => Ok((*one).clone()),
        [] => {
            let help = did_you_mean(name, runs.iter().map(|r| r.run.as_str())).map_or_else(
                || "`gatewright runs` lists them".to_owned(),
                |meant| format!("did you mean `{meant}`?"),
            );
            Err(fail(format!("there is no run `{name}`"), help))
        }
        several => Err(fail(
            format!("{} runs begin with `{name}`", several.len()),
            "write more of the name; `gatewright runs` lists them".to_owned(),
        )),
    }
}
