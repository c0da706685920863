//! `gatewright list`

use clap::Args;

use super::console::Console;
use super::import::kind;
use super::look::looked;
use super::session::Stopped;
use super::{Common, Exit, Format};
use crate::model::Kind;
use crate::render;

/// List the tenant's policies: state, manifest, last change and effect
///
/// Reads the tenant and changes nothing. Says in words what each policy does, and
/// which file has its manifest, if any.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Another kind: location, strength, context, group or user, or the full name of a kind
    #[arg(value_name = "KIND", value_parser = kind)]
    pub kind: Option<Kind>,
}

/// Runs the command.
///
/// # Errors
/// See [`Stopped`].
pub async fn run(args: &ListArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    let kind = args.kind.unwrap_or(Kind::ConditionalAccessPolicy);
    let tenant = looked(&[kind], &[], false, common, console).await?;
    console.paged(&match console.format {
        Format::Json => render::json::text(&render::look::json(&tenant)),
        _ => render::look::table(&tenant, console.width()),
    });
    Ok(Exit::Done)
}
