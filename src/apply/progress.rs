//! What a run tells while it goes on.

use std::io;
use std::time::Duration;

use super::journal::Head;
use super::report::{ActionStatus, Secret};

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunPosition {
    /// How many of its actions are begun.
    pub begun: usize,
    /// How many it has.
    pub of: usize,
    /// How long the rest takes at least, at the pace that the service allows.
    pub least: Duration,
}

/// Hears of the progress of a run.
pub trait Progress {
    /// How far the run is once the actions of which [`Progress::begins`] tells next are begun.
    fn is_at(&mut self, _: RunPosition) {}
    /// The first request of these actions is about to go out.
    fn begins(&mut self, actions: &[&Head]);
    /// The last request of an action was answered, or one failed.
    fn ends(&mut self, action: &Head, outcome: &ActionStatus);
    /// It is waited for, and so long at most.
    fn waits(&mut self, what: &str, most: Duration);
    /// A new password is about to be sent: it is kept where it is to stay.
    ///
    /// # Errors
    /// When it has no place; then it is not sent.
    fn keeps(&mut self, _: &Secret) -> io::Result<()> {
        Ok(())
    }
    /// All writes are done; the tenant is read again.
    fn verifies(&mut self);
}
