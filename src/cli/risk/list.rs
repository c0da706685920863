//! `gatewright risk detections`, `users` and `history`

use clap::Args;

use super::{FilterArgs, Place, refused};
use crate::cli::console::Console;
use crate::cli::session::Stop;
use crate::cli::{Common, Exit, Format};
use crate::render;
use crate::render::risk::{Row, csv, json, table};
use crate::risk::refusal::{READ_DETECTIONS, READ_USERS};
use crate::risk::{Listed, read};

/// List what was noticed about sign-ins and users
///
/// The newest first. Needs the permission IdentityRiskEvent.Read.All, and User.Read.All to
/// find users by name. A detection may take minutes to be seen here.
#[derive(Debug, Args)]
pub struct DetectionsArgs {
    /// Of this user: principal name, display name or id
    #[arg(long, value_name = "USER")]
    pub user: Option<String>,
    /// Of these types, as riskEventType names them; several with commas
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',')]
    pub types: Vec<String>,
    /// Which
    #[command(flatten)]
    pub filter: FilterArgs,
}

/// List the users that are or were at risk
///
/// The last changed first. Needs the permission IdentityRiskyUser.Read.All and the licence
/// Microsoft Entra ID P2.
#[derive(Debug, Args)]
pub struct UsersArgs {
    /// This user: principal name, display name or id
    #[arg(long, value_name = "USER")]
    pub user: Option<String>,
    /// Which
    #[command(flatten)]
    pub filter: FilterArgs,
}

/// Show how the risk of a user changed
///
/// The newest change first. Needs the permission IdentityRiskyUser.Read.All and the licence
/// Microsoft Entra ID P2.
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// The user: principal name, display name or id
    pub user: String,
}

/// Runs `risk detections`.
///
/// # Errors
/// See [`Stop`].
pub async fn detections(
    args: &DetectionsArgs,
    common: &Common,
    console: &Console,
) -> Result<Exit, Stop> {
    let place = Place::open(common, console).await?;
    let user = place.subject(args.user.as_deref(), false).await?;
    let filter = args.filter.filter(user.as_ref(), &args.types);
    let found = read::detections(&place.reader(), &filter)
        .await
        .map_err(|e| refused(e, READ_DETECTIONS))?;
    show(&found, console, || {
        render::json::text(&json::detections(&place.name, &found))
    });
    Ok(Exit::Done)
}

/// Runs `risk users`.
///
/// # Errors
/// See [`Stop`].
pub async fn users(args: &UsersArgs, common: &Common, console: &Console) -> Result<Exit, Stop> {
    let place = Place::open(common, console).await?;
    let user = place.subject(args.user.as_deref(), false).await?;
    let filter = args.filter.filter(user.as_ref(), &[]);
    let found = read::users(&place.reader(), &filter)
        .await
        .map_err(|e| refused(e, READ_USERS))?;
    show(&found, console, || {
        render::json::text(&json::users(&place.name, &found))
    });
    Ok(Exit::Done)
}

/// Runs `risk history`.
///
/// # Errors
/// See [`Stop`].
pub async fn history(args: &HistoryArgs, common: &Common, console: &Console) -> Result<Exit, Stop> {
    let place = Place::open(common, console).await?;
    let Some(user) = place.subject(Some(&args.user), false).await? else {
        return Ok(Exit::Done);
    };
    let found = read::history(&place.reader(), &user.id)
        .await
        .map_err(|e| refused(e, READ_USERS))?;
    show(&found, console, || {
        render::json::text(&json::history(&place.name, &found))
    });
    Ok(Exit::Done)
}

/// Shows a list in the form that was asked for.
fn show<T: Row>(found: &Listed<T>, console: &Console, json: impl FnOnce() -> String) {
    match console.format {
        Format::Json => console.result(&json()),
        Format::Csv => console.result(&csv::file(&found.items)),
        Format::Human if found.items.is_empty() => console.note(&format!("No {}.", T::WORD)),
        Format::Human => console.result(&table::list(&found.items, console.width())),
    }
    if found.cut {
        console.warn(
            "Note: the service refused the page after a full one. It is known to do so where nothing follows; \
             if something is missing here, narrow the list with `--since`.",
        );
    }
}
