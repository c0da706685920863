//! `gatewright plan`

use clap::Args;

use super::console::Console;
use super::session::{Aim, Stop, open};
use super::{Common, Exit, Format};
use crate::render;

/// Show what apply would do
///
/// Reads the tenant and changes nothing in it.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// Exit with 2 when changes are pending
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Make a deleted test user anew instead of restoring it
    #[arg(long)]
    pub purge_deleted_users: bool,
}

/// Runs the command.
///
/// # Errors
/// See [`Stop`].
pub async fn run(args: &PlanArgs, common: &Common, console: &Console) -> Result<Exit, Stop> {
    let session = open(
        common,
        console,
        Aim::Converge,
        false,
        args.purge_deleted_users,
    )
    .await?;
    let plan = &session.plan;
    match console.format {
        Format::Human | Format::Csv => console.result(&render::human::plan(plan)),
        Format::Json => console.result(&render::json::text(&render::json::plan(plan))),
    }
    if args.detailed_exitcode && !plan.is_empty() {
        return Ok(Exit::Pending);
    }
    Ok(Exit::Done)
}
