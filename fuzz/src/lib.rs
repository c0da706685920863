//! The laws that the fuzz targets hold, one module for each target. `fuzz/README.md` says how they
//! are run.

pub mod choices;
pub mod sound;

pub mod device_rules;
pub mod edits;
pub mod engine;
pub mod exports;
pub mod fleet_merge;
pub mod journal;
pub mod manifests;
pub mod odata_filter;
pub mod patches;
pub mod saved_plan;
pub mod sign_in_log;
pub mod snapshot;
pub mod texts;

use std::time::Duration;

/// How much of a processor one input may take: what takes more grows faster than it should.
const LONGEST: Duration = Duration::from_secs(5);

/// Holds a law for one input, in bounded time. libFuzzer's own bound counts what other programs of the
/// machine take, and may hang when it is passed.
pub fn hold(law: fn(&[u8]), data: &[u8]) {
    let before = busy();
    law(data);
    if let Some((before, after)) = before.zip(busy()) {
        let taken = after.saturating_sub(before);
        assert!(taken < LONGEST, "{} bytes took {taken:?}", data.len());
    }
}

/// How long this thread was busy; known on Linux alone.
fn busy() -> Option<Duration> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds = told.split(' ').next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}
