//! `gatewright risk detections`, `users` and `history`

use std::time::Duration;

use clap::Args;
use tokio::time::Instant;

use super::wait::SHORTEST;
use super::{FilterArgs, ProjectTenant};
use crate::cli::console::{Console, interrupted};
use crate::cli::many::FleetArgs;
use crate::cli::session::Stopped;
use crate::cli::{Common, Exit, Format};
use crate::fleet::result::Tally;
use crate::graph::auth::Access;
use crate::render;
use crate::render::risk::{Row, csv, json, table};
use crate::risk::span::duration;
use crate::risk::watch::Watch;
use crate::risk::{Detection, Listed, RiskFilter, read};

/// List risk detections of sign-ins and users
#[derive(Debug, Args)]
pub struct DetectionsArgs {
    /// Only of this user: principal name, display name or id
    #[arg(long, value_name = "USER")]
    pub user: Option<String>,
    /// Keep watching, and show what is new or changed, until stopped
    #[arg(long)]
    pub watch: bool,
    /// With --watch: the time between two looks
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "15s", requires = "watch")]
    pub interval: Duration,
    /// With --watch: stop after this time
    #[arg(long, value_name = "TIME", value_parser = duration, requires = "watch")]
    pub timeout: Option<Duration>,
    /// Only of these types, as riskEventType names them; separate several by commas
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',')]
    pub types: Vec<String>,
    /// Which
    #[command(flatten)]
    pub filter: FilterArgs,
    /// Which of several tenants
    #[command(flatten)]
    pub fleet: FleetArgs,
}

/// List users that are or were at risk
#[derive(Debug, Args)]
pub struct UsersArgs {
    /// Only this user: principal name, display name or id
    #[arg(long, value_name = "USER")]
    pub user: Option<String>,
    /// Which
    #[command(flatten)]
    pub filter: FilterArgs,
    /// Which of several tenants
    #[command(flatten)]
    pub fleet: FleetArgs,
}

/// Show how the risk of a user changed
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// The user: principal name, display name or id
    pub user: String,
}

/// Runs `risk detections`.
///
/// # Errors
/// See [`Stopped`].
pub async fn detections(
    args: &DetectionsArgs,
    common: &Common,
    console: &Console,
) -> Result<Exit, Stopped> {
    let place = ProjectTenant::open(Access::ReadRisk, common, console).await?;
    let user = place.subject(args.user.as_deref(), false).await?;
    let filter = args.filter.filter(user.as_ref(), &args.types);
    if args.watch {
        return watch(args, &place, &filter, console).await;
    }
    let found = read::detections(&place.reader(), &filter).await?;
    show(&found, console, || {
        render::json::text(&json::detections(&place.name, &found))
    });
    Ok(Exit::Done)
}

/// Reads the list again and again, and shows what is new, the oldest first: rows under one
/// heading, rows of a file, or one JSON object a line.
async fn watch(
    args: &DetectionsArgs,
    place: &ProjectTenant,
    filter: &RiskFilter,
    console: &Console,
) -> Result<Exit, Stopped> {
    let interval = args.interval.max(SHORTEST);
    let end = args.timeout.map(|time| Instant::now() + time);
    let stopped = interrupted();
    tokio::pin!(stopped);
    let mut seen = Watch::default();
    let mut heading = true;
    loop {
        let found = read::detections(&place.reader(), filter).await?;
        let news = seen.news(&found.items);
        match console.format {
            Format::Json => {
                for item in news.iter().filter_map(|i| found.items.get(*i)) {
                    let line = serde_json::to_string(&json::detection(item));
                    console.result(&format!("{}\n", line.unwrap_or_default()));
                }
            }
            Format::Human if console.rows => {
                if heading {
                    console.result(&csv::header::<Detection>());
                }
                let rows: Vec<Detection> = (news.iter())
                    .filter_map(|i| found.items.get(*i).cloned())
                    .collect();
                console.result(&csv::rows(&rows));
                heading = false;
            }
            Format::Human if !news.is_empty() => {
                let text = table::some(&found.items, &news, console.width(), heading);
                console.result(&text);
                heading = false;
            }
            _ => console.progress("No risk detection is new. Ctrl-C ends the watch."),
        }
        let pause = match end {
            Some(end) => interval.min(end.saturating_duration_since(Instant::now())),
            None => interval,
        };
        if pause.is_zero() {
            console.progress("");
            return Ok(Exit::Done);
        }
        tokio::select! {
            () = &mut stopped => return Ok(Exit::Done),
            () = tokio::time::sleep(pause) => console.progress(""),
        }
    }
}

/// Runs `risk users`.
///
/// # Errors
/// See [`Stopped`].
pub async fn users(args: &UsersArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    let place = ProjectTenant::open(Access::ReadRisk, common, console).await?;
    let user = place.subject(args.user.as_deref(), false).await?;
    let filter = args.filter.filter(user.as_ref(), &[]);
    let found = read::users(&place.reader(), &filter).await?;
    show(&found, console, || {
        render::json::text(&json::users(&place.name, &found))
    });
    Ok(Exit::Done)
}

/// Runs `risk history`.
///
/// # Errors
/// See [`Stopped`].
pub async fn history(
    args: &HistoryArgs,
    common: &Common,
    console: &Console,
) -> Result<Exit, Stopped> {
    let place = ProjectTenant::open(Access::ReadRisk, common, console).await?;
    let Some(user) = place.subject(Some(&args.user), false).await? else {
        return Ok(Exit::Done);
    };
    let found = read::history(&place.reader(), &user.id).await?;
    show(&found, console, || {
        render::json::text(&json::history(&place.name, &found))
    });
    Ok(Exit::Done)
}

/// Shows a list in the form that was asked for.
fn show<T: Row>(found: &Listed<T>, console: &Console, json: impl FnOnce() -> String) {
    console.tells(|| {
        let mut tally = Tally::default();
        tally.summary.found = Some(found.items.len() as u64);
        tally
    });
    match console.format {
        Format::Json => console.result(&json()),
        Format::Human if console.rows => console.result(&csv::file(&found.items)),
        Format::Human if found.items.is_empty() => console.note(&format!("No {}.", T::WORD)),
        _ => console.paged(&table::list(&found.items, console.width())),
    }
    if found.cut {
        console.warn(
            "Note: the service refused the page after a full one. It is known to do so where nothing follows; \
             if something is missing here, narrow the list with `--since`.",
        );
    }
}
