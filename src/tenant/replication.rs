//! How long a tenant may take to show what was written.

use std::time::Duration;

/// How long a tenant may take to show a write in every read. Microsoft names no bound;
/// providers wait for a minute as a rule, and up to five for named locations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replication {
    /// As a rule: so long it is waited for.
    pub usual: Duration,
    /// At the most: what is not shown by then was not done.
    pub most: Duration,
}

impl Replication {
    /// Nothing is known of the tenant but that it is a tenant.
    pub const UNKNOWN: Replication = Replication::usually(Duration::from_secs(90));

    /// A tenant that shows a write so soon as a rule.
    pub const fn usually(usual: Duration) -> Replication {
        Replication {
            usual,
            most: Duration::from_millis(usual.as_millis() as u64 * 6),
        }
    }

    /// A tenant that is known to show every write so soon.
    pub const fn always(within: Duration) -> Replication {
        Replication {
            usual: within,
            most: within,
        }
    }
}
