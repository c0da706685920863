//! Times as a person reads them.

use crate::text::visible;

/// `2026-01-31T08:00:00.1234567Z` as `2026-01-31 08:00:00Z`.
pub(super) fn moment(text: &str) -> String {
    text.parse::<jiff::Timestamp>().map_or_else(
        |_| visible(text, false),
        |at| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
    )
}

/// The day of a moment.
pub(super) fn day(text: &str) -> String {
    moment(text).chars().take(10).collect()
}
