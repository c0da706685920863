//! Waits until the risk of a user is as expected. A detection takes minutes to be seen, so
//! that asking often gains nothing; and the tenant's one request a second is everybody's.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::filter::RiskFilter;
use super::object::RiskyUser;
use super::read;
use crate::graph::GraphError;
use crate::graph::read::Reader;

/// How to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// Between two reads.
    pub interval: Duration,
    /// In all.
    pub timeout: Duration,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Waited {
    /// Whether what was waited for was seen.
    pub found: bool,
    /// The user as last seen; nothing when identity protection does not know them.
    pub user: Option<RiskyUser>,
    /// How long it took.
    pub time: Duration,
}

/// Reads the user again and again until `filter` takes them, or time is out. `told` hears of
/// every look that did not find it.
///
/// # Errors
/// See [`GraphError`].
pub async fn wait(
    reader: &Reader<'_>,
    user_id: &str,
    filter: &RiskFilter,
    waiting: Waiting,
    told: &dyn Fn(Option<&RiskyUser>, Duration),
) -> Result<Waited, GraphError> {
    let started = Instant::now();
    loop {
        let user = read::user(reader, user_id).await?;
        let time = started.elapsed();
        let found = user.as_ref().is_some_and(|u| filter.takes_user(u));
        let left = waiting.timeout.saturating_sub(time);
        if found || left.is_zero() {
            return Ok(Waited { found, user, time });
        }
        told(user.as_ref(), time);
        // The last look is at the very end.
        sleep(waiting.interval.min(left)).await;
    }
}
