//! Lengths of time and moments, as a command line has them: `90s`, `24h`, `1d12h`,
//! `2026-01-31`, `2026-01-31T08:00:00Z`.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;

const EXAMPLE: &str = "write it as `90s`, `15m`, `24h`, `7d` or `1d12h`";
/// Longer than anything that identity protection keeps.
const LONGEST: u64 = 10 * 366 * 24 * 60 * 60;

/// Reads a length of time: whole numbers, each with its unit (s, m, h, d, w).
///
/// # Errors
/// A text that says what is wrong and how it is written.
pub fn duration(text: &str) -> Result<Duration, String> {
    let mut seconds: u64 = 0;
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(format!("no time is given; {EXAMPLE}"));
    }
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, tail) = rest.split_at(digits);
        if number.is_empty() {
            return Err(format!("`{text}` is not a duration; {EXAMPLE}"));
        }
        let Some(unit) = tail.chars().next() else {
            return Err(format!("`{text}` lacks a unit; {EXAMPLE}"));
        };
        let factor: u64 = match unit {
            's' => 1,
            'm' => 60,
            'h' => 60 * 60,
            'd' => 24 * 60 * 60,
            'w' => 7 * 24 * 60 * 60,
            _ => return Err(format!("`{text}` is not a duration; {EXAMPLE}")),
        };
        seconds = number
            .parse::<u64>()
            .ok()
            .and_then(|n| n.checked_mul(factor))
            .and_then(|n| n.checked_add(seconds))
            .filter(|n| *n <= LONGEST)
            .ok_or_else(|| format!("`{text}` is longer than ten years"))?;
        rest = tail.strip_prefix(unit).unwrap_or_default();
    }
    if seconds == 0 {
        return Err(format!("`{text}` is zero; {EXAMPLE}"));
    }
    Ok(Duration::from_secs(seconds))
}

/// When something begins: so long ago, or a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// So long before now.
    Ago(Duration),
    /// A moment.
    At(Timestamp),
}

impl Since {
    /// Reads `24h`, `2026-01-31` (midnight, UTC) or `2026-01-31T08:00:00Z`.
    ///
    /// # Errors
    /// A text that says what is wrong and how it is written.
    pub fn parse(text: &str) -> Result<Since, String> {
        let date = text.get(4..5) == Some("-");
        if !date {
            return duration(text).map(Since::Ago);
        }
        if let Ok(at) = text.parse::<Timestamp>() {
            return Ok(Since::At(at));
        }
        text.parse::<Date>()
            .ok()
            .filter(|_| text.len() == 10)
            .and_then(|date| date.to_zoned(jiff::tz::TimeZone::UTC).ok())
            .map(|midnight| Since::At(midnight.timestamp()))
            .ok_or_else(|| {
                format!("`{text}` is not a date or time; write it as `2026-01-31`, `2026-01-31T08:00:00Z` or `24h`")
            })
    }

    /// The moment, seen from `now`.
    pub fn moment(self, now: Timestamp) -> Timestamp {
        match self {
            Since::At(at) => at,
            Since::Ago(ago) => i64::try_from(ago.as_secs())
                .ok()
                .and_then(|s| Timestamp::from_second(now.as_second() - s).ok())
                .unwrap_or(Timestamp::MIN),
        }
    }
}

/// A moment as OData has it, to the second.
pub fn odata(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A length of time as a person says it: `1m 30s`.
pub fn spoken(time: Duration) -> String {
    let seconds = time.as_secs();
    let parts: Vec<String> = [
        (seconds / 86400, "d"),
        (seconds / 3600 % 24, "h"),
        (seconds / 60 % 60, "m"),
        (seconds % 60, "s"),
    ]
    .into_iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, unit)| format!("{n}{unit}"))
    .collect();
    match parts.is_empty() {
        true => "0s".to_owned(),
        false => parts.join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lengths_of_time_have_units() {
        let seconds = |text: &str| duration(text).map(|d| d.as_secs());
        assert_eq!(seconds("90s"), Ok(90));
        assert_eq!(seconds("1d12h"), Ok(36 * 3600));
        assert_eq!(seconds("2w"), Ok(14 * 86400));
        for wrong in [
            "",
            " ",
            "15",
            "m",
            "1.5h",
            "-3h",
            "0s",
            "15 m",
            "15min",
            "1h30",
            "9999w",
            "99999999999999999999h",
            "1é",
        ] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn moments_are_dates_or_so_long_ago() {
        let now: Timestamp = "2026-02-01T12:00:00Z".parse().unwrap();
        let at = |text: &str| Since::parse(text).map(|s| odata(s.moment(now)));
        assert_eq!(at("24h").as_deref(), Ok("2026-01-31T12:00:00Z"));
        assert_eq!(at("2026-01-31").as_deref(), Ok("2026-01-31T00:00:00Z"));
        assert_eq!(
            at("2026-01-31T08:30:00+01:00").as_deref(),
            Ok("2026-01-31T07:30:00Z")
        );
        for wrong in [
            "2026-13-01",
            "2026-01-31T08:30",
            "2026-1-1",
            "yesterday",
            "",
        ] {
            assert!(at(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,24}", number in 0u64.., unit in "[smhdw]") {
            let _ = duration(&text);
            let _ = duration(&format!("{number}{unit}"));
            if let Ok(since) = Since::parse(&text) {
                let _ = odata(since.moment(Timestamp::now()));
            }
        }
    }
}
