//! `gatewright risk wait`

use std::time::Duration;

use clap::Args;
use jiff::Timestamp;

use super::ProjectTenant;
use crate::cli::console::Console;
use crate::cli::session::Stopped;
use crate::cli::{Common, Exit, Format};
use crate::graph::auth::Access;
use crate::render;
use crate::render::risk::{json, table};
use crate::risk::filter::{LEVELS, STATES};
use crate::risk::span::{Since, duration, spoken};
use crate::risk::wait::{Waiting, wait};
use crate::risk::{RiskFilter, RiskyUser};
use crate::text::visible;

/// The shortest time between two looks: the tenant answers one request a second, to all.
pub(super) const SHORTEST: Duration = Duration::from_secs(1);

/// Wait until a user is at risk, or no longer at risk
#[derive(Debug, Args)]
pub struct WaitArgs {
    /// The user: principal name, display name or id
    #[arg(long, value_name = "USER")]
    pub user: String,
    /// The state to wait for; separate several by commas, any of them is enough
    #[arg(long, value_name = "STATE", value_delimiter = ',', value_parser = STATES, default_value = "atRisk")]
    pub state: Vec<String>,
    /// Also wait for one of these levels
    #[arg(long, value_name = "LEVEL", value_delimiter = ',', value_parser = LEVELS)]
    pub level: Vec<String>,
    /// Only count changes since then: a time ago such as 10m, or a date and time
    #[arg(long, value_name = "TIME", value_parser = Since::parse)]
    pub since: Option<Since>,
    /// How long to wait
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "15m")]
    pub timeout: Duration,
    /// The time between two looks
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "10s")]
    pub interval: Duration,
}

/// Runs the command.
///
/// # Errors
/// See [`Stopped`].
pub async fn run(args: &WaitArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    let place = ProjectTenant::open(Access::ReadRisk, common, console).await?;
    let Some(subject) = place.subject(Some(&args.user), false).await? else {
        return Ok(Exit::Error);
    };
    let filter = RiskFilter {
        levels: args.level.clone(),
        states: args.state.clone(),
        since: args.since.map(|s| s.moment(Timestamp::now())),
        ..RiskFilter::default()
    };
    let name = visible(subject.name(), false);
    let states = args.state.join(" or ");
    console.note(&format!(
        "Waiting up to {} until {name} is {states}. It may take a few minutes.",
        spoken(args.timeout)
    ));
    let waiting = Waiting {
        interval: args.interval.max(SHORTEST),
        timeout: args.timeout,
    };
    let told = |user: Option<&RiskyUser>, time: Duration| {
        console.progress(&format!("{}: {}", spoken(time), seen(user)));
    };
    let waited = wait(&place.reader(), &subject.id, &filter, waiting, &told).await?;
    console.progress("");
    match console.format {
        Format::Json => console.result(&render::json::text(&json::waited(&place.name, &waited))),
        _ => match &waited.user {
            Some(user) if waited.found => {
                let list = std::slice::from_ref(user);
                console.result(&table::list(list, console.width()));
            }
            user => console.warn(&format!(
                "{name} was not {states} within {}; last seen: {}.",
                spoken(args.timeout),
                seen(user.as_ref())
            )),
        },
    }
    Ok(match waited.found {
        true => Exit::Done,
        false => Exit::Pending,
    })
}

/// What was seen of a user, in words.
fn seen(user: Option<&RiskyUser>) -> String {
    user.map_or_else(
        || "unknown to identity protection".to_owned(),
        |user| {
            let text = format!("{}, level {}", user.risk_state, user.risk_level);
            visible(&text, false)
        },
    )
}
