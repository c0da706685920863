//! `gatewright show`

use std::path::PathBuf;

use clap::Args;

use super::console::Console;
use super::depth::DepthArgs;
use super::session::Stopped;
use super::{Exit, Format};
use crate::plan::file;
use crate::render;

/// Show a saved plan
///
/// Needs no project and no tenant. Only `apply` checks whether the tenant has changed since
/// the plan was made.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The file that `plan --out` wrote
    pub plan: PathBuf,
    /// How much to show
    #[command(flatten)]
    pub look: DepthArgs,
}

/// Runs the command.
///
/// # Errors
/// A finding when the file is no plan that this version can use.
pub fn run(args: &ShowArgs, console: &Console) -> Result<Exit, Stopped> {
    let loaded = file::read::file(&args.plan).map_err(|f| Stopped::Findings(vec![*f]))?;
    match console.format {
        Format::Json => console.result(&render::json::text(&render::saved::json(&loaded))),
        Format::Markdown => console.result(&render::saved::markdown(&loaded)),
        _ => console.paged(&render::saved::human(&loaded, console.look(args.look))),
    }
    Ok(Exit::Done)
}
