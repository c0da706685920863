//! How long anything is waited for, and who hears of it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;

/// The longest that is waited because a service asks for it, for one request in all.
pub(super) const LONGEST: Duration = Duration::from_secs(600);
/// What takes longer than this is told.
pub(super) const SILENT: Duration = Duration::from_secs(10);
/// How long the pages of one collection may take.
pub(super) const PAGES: Duration = Duration::from_secs(600);

/// Who hears that something takes long: nobody, unless somebody asks.
#[derive(Clone, Default)]
pub(super) struct Listener(Option<Hears>);

type Hears = Arc<dyn Fn(&str) + Send + Sync>;

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listener")
    }
}

impl Listener {
    pub(super) fn new(hears: impl Fn(&str) + Send + Sync + 'static) -> Listener {
        Listener(Some(Arc::new(hears)))
    }

    pub(super) fn tell(&self, text: &str) {
        if let Some(hears) = &self.0 {
            hears(text);
        }
    }
}

/// The seconds that a `Retry-After` asks for: a number, or a date (RFC 9110, 10.2.3), which is
/// counted from the date of the answer.
pub(super) fn retry_after(value: &str, date: Option<&str>) -> Option<u64> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(seconds);
    }
    // More seconds than can be counted.
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        return Some(u64::MAX);
    }
    let until = self::date(value)?;
    let from = date.and_then(self::date).unwrap_or_else(Timestamp::now);
    u64::try_from(until.as_second().saturating_sub(from.as_second())).ok()
}

/// The moment that a header names.
pub(super) fn date(value: &str) -> Option<Timestamp> {
    rfc2822::parse(value).ok().map(|zoned| zoned.timestamp())
}

/// How long is waited before a request is tried again, with what is told about it: our own pause,
/// or what the service asks for, within what one request may wait in all.
///
/// # Errors
/// In words, when the service asks for more than that.
pub(super) fn pause(
    request: &str,
    own: Duration,
    asked: Option<u64>,
    waited: Duration,
) -> Result<(Duration, Option<String>), String> {
    let asked = Duration::from_secs(asked.unwrap_or(0));
    if waited.saturating_add(asked) > LONGEST {
        return Err(format!(
            "the service asks to wait {}, but gatewright waits at most {} for one request: run the command again then",
            words(asked),
            words(LONGEST)
        ));
    }
    let pause = jitter(own).max(asked + jitter(own.min(Duration::from_secs(1))));
    let why = match asked.is_zero() {
        true => "",
        false => "as the service asks, ",
    };
    let told = format!(
        "Waiting {}, {why}before {request} is tried again",
        words(pause)
    );
    Ok((pause, (pause >= SILENT).then_some(told)))
}

/// Between the pause and one and a half times the pause, so that clients fall out of step.
fn jitter(pause: Duration) -> Duration {
    let [random, ..] = *uuid::Uuid::new_v4().as_bytes();
    pause + pause.mul_f64(f64::from(random) / 512.0)
}

/// A time in words.
pub(super) fn words(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds => format!("{} min", seconds.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_is_waited_for_and_told_up_to_the_limit() {
        let second = Duration::from_secs(1);
        let ask = |asked, waited| pause("GET /x", second, asked, Duration::from_secs(waited));
        let (own, told) = ask(None, 0).unwrap();
        assert!(own >= second && own < 2 * second && told.is_none());
        let (long, told) = ask(Some(150), 0).unwrap();
        assert!(long >= 151 * second && long < 153 * second, "{long:?}");
        let told = told.unwrap();
        assert_eq!(
            told,
            "Waiting 3 min, as the service asks, before GET /x is tried again"
        );
        for (asked, waited) in [(601, 0), (300, 301), (u64::MAX, 0)] {
            let refused = ask(Some(asked), waited).unwrap_err();
            assert!(refused.contains("at most 10 min"), "{refused}");
        }
        let (slow, told) = pause("GET /x", 20 * second, None, Duration::ZERO).unwrap();
        assert!(slow >= 20 * second && told.unwrap().starts_with("Waiting 2"));
    }

    #[test]
    fn a_number_and_a_date_are_understood() {
        let now = Some("Thu, 26 Nov 2026 10:00:00 GMT");
        assert_eq!(retry_after(" 17 ", now), Some(17));
        assert_eq!(retry_after("Thu, 26 Nov 2026 10:05:00 GMT", now), Some(300));
        assert_eq!(retry_after("Thu, 26 Nov 2026 09:00:00 GMT", now), None);
        assert_eq!(retry_after("99999999999999999999999", now), Some(u64::MAX));
        for text in ["", "soon", "-1", "1.5"] {
            assert_eq!(retry_after(text, now), None, "{text}");
        }
    }
}
