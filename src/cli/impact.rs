//! `gatewright impact`

use std::path::PathBuf;

use clap::Args;

use super::console::Console;
use super::impact_replay::{self, ReplayArgs};
use super::session::Stopped;
use super::{Common, Exit};
use crate::finding::{Code, Finding};

/// Say who is affected by a plan, in numbers
///
/// The policies that the tenant has now are compared with those that it has after the plan of the
/// manifests, or after a saved plan. docs/impact.md says what is read and what the numbers mean.
#[derive(Debug, Args)]
pub struct ImpactArgs {
    /// Count people: users, memberships of the groups that matter, and active roles are read
    #[arg(long)]
    pub people: bool,
    /// Of a saved plan, not of the plan of the manifests
    #[arg(long, value_name = "FILE")]
    pub plan: Option<PathBuf>,
    /// Recorded sign-ins
    #[command(flatten)]
    pub replay: ReplayArgs,
}

/// Runs the command.
///
/// # Errors
/// See [`Stopped`].
pub async fn run(args: &ImpactArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    if args.replay.is_asked() {
        return impact_replay::run(args, common, console).await;
    }
    let finding = Finding::error(Code::Failed, "people cannot be counted in this version");
    Err(Stopped::Findings(vec![
        finding.help("`gatewright plan` says what changes for sign-ins"),
    ]))
}
