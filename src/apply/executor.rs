//! What every run goes with: connections, patience, and whether it is to go on.

use std::time::Duration;

use tokio::sync::watch;

use crate::graph::read::Reader;
use crate::graph::write::Writer;
use crate::model::cloud::ApiVersion;
use crate::tenant::replication::Replication;

/// Connections and patience of a run.
#[derive(Debug)]
pub struct Executor<'a> {
    /// The read half.
    pub reader: Reader<'a>,
    /// The write half.
    pub writer: Writer<'a>,
    /// Which edition of Graph is used.
    pub version: ApiVersion,
    /// How long it waits.
    pub patience: Patience,
    /// Whether the run is to go on.
    pub stop: watch::Receiver<Stop>,
}

/// How long a run waits for the tenant to know and to show what was written.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// How many rounds of reads verification takes at most.
    pub rounds: u32,
    /// The pause after a read that did not show everything; it doubles up to 8 s.
    pub pause: Duration,
    /// The pause before a write is tried again that Graph refused because it does not know
    /// yet what was written a moment ago; it doubles up to 10 s.
    pub lag: Duration,
    /// How long the tenant may take to show a write.
    pub replication: Replication,
    /// How old the list of names may be at most on which a create rests: an older one is read
    /// again.
    pub names: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Patience {
            rounds: 12,
            pause: Duration::from_secs(1),
            lag: Duration::from_secs(2),
            replication: Replication::UNKNOWN,
            names: Duration::from_secs(60),
        }
    }
}

impl Patience {
    /// The longest pause between two reads of verification.
    pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(8);

    /// How long verification waits between its reads, all in all.
    pub(super) fn pauses(&self) -> Duration {
        let doubled = |pause: &Duration| Some((*pause * 2).min(Patience::LONGEST_PAUSE));
        let pauses = std::iter::successors(Some(self.pause), doubled);
        let between = self.rounds.saturating_sub(1) as usize;
        pauses.take(between).sum()
    }
}

/// Whether a run goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// It does.
    No,
    /// It stops before its next write, and verifies what was written.
    BeforeNextWrite,
    /// It waits for nothing any more.
    Now,
}

/// What `work` comes to; nothing when the run is to stop at once, before it or meanwhile.
pub(super) async fn unless_stopped<T>(
    stop: &watch::Receiver<Stop>,
    work: impl Future<Output = T>,
) -> Option<T> {
    let mut stop = stop.clone();
    let stopped = async {
        if stop.wait_for(|s| *s == Stop::Now).await.is_err() {
            // Nobody is left to stop the run.
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        biased; // a stop never leads to a request
        () = stopped => None,
        result = work => Some(result),
    }
}

/// Waits, unless the run is to stop at once. Answers whether the wait was cut short.
pub(super) async fn pause(stop: &watch::Receiver<Stop>, time: Duration) -> bool {
    unless_stopped(stop, tokio::time::sleep(time))
        .await
        .is_none()
}
