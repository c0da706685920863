//! The weather that a caller can ask for, so that a client meets the service's bad days on
//! purpose: throttling, latency, replica lag, lost answers, failures. All of it follows
//! from a seed and the order of the requests.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a span looks like in the project file: up to an hour.
pub const SPAN: &str =
    r"^([0-9]{1,6}(\.[0-9]+)?ms|[0-9]{1,3}(\.[0-9]+)?s|[0-5]?[0-9](\.[0-9]+)?m|60m)$";
const RATE: &str = r"^([0-9]{1,2}(\.[0-9]+)?|100)%$";

/// How well the sandbox behaves. The default is fair weather.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Weather {
    /// Throttles as Graph documents it: one request per second for Conditional Access and
    /// identity protection, resource units elsewhere.
    pub throttle: bool,
    /// How much later every answer comes, such as `50ms`.
    #[schemars(with = "String", regex(pattern = SPAN))]
    pub latency: Span,
    /// How long reads do not see a write, such as `5s`. References are checked against
    /// what reads see.
    #[schemars(with = "String", regex(pattern = SPAN))]
    pub lag: Span,
    /// Within the lag every read asks another replica: an object comes and goes.
    pub flap: bool,
    /// How many writes are done without an answer, such as `10%`: the connection drops.
    #[schemars(with = "String", regex(pattern = RATE))]
    pub lose: Rate,
    /// How many writes are done and their answers held back, such as `10%`: the connection
    /// stays open and nothing comes.
    #[schemars(with = "String", regex(pattern = RATE))]
    pub hold: Rate,
    /// Only the write of this number, from 1, meets `lose`, `hold` and `fail`, and no read
    /// does; 0: all do.
    pub on_write: u64,
    /// How many requests fail with 429 or 5xx before anything is done, such as `10%`.
    #[schemars(with = "String", regex(pattern = RATE))]
    pub fail: Rate,
    /// The random seed.
    pub seed: u64,
}

/// A span of time, written with its unit: `50ms`, `5s`, `2m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span(pub Duration);

/// A share of all requests, written in percent: `10%`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rate(f64);

impl Rate {
    /// The share, between 0 and 1.
    pub fn share(self) -> f64 {
        self.0
    }
}

/// The longest span and so the longest memory of what was.
const LONGEST: f64 = 3600.0;

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let told = || format!("`{text}` is not a duration such as `50ms`, `5s` or `2m`");
        let (number, unit) = text
            .find(|c: char| c.is_ascii_alphabetic())
            .map(|at| text.split_at(at))
            .ok_or_else(told)?;
        let seconds = match unit {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            _ => return Err(told()),
        } * number.parse::<f64>().map_err(|_| told())?;
        if !(0.0..=LONGEST).contains(&seconds) {
            return Err(format!("`{text}` is more than an hour"));
        }
        Ok(Span(Duration::from_secs_f64(seconds)))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_millis() {
            ms if ms % 1000 == 0 => write!(f, "{}s", ms / 1000),
            ms => write!(f, "{ms}ms"),
        }
    }
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.strip_suffix('%')
            .and_then(|number| number.parse::<f64>().ok())
            .filter(|percent| (0.0..=100.0).contains(percent))
            .map(|percent| Rate(percent / 100.0))
            .ok_or_else(|| format!("`{text}` is not a share such as `10%`"))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0 * 100.0)
    }
}

macro_rules! as_text {
    ($name:ident) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = String::deserialize(from)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

as_text!(Span);
as_text!(Rate);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_rates_are_read_and_written_alike() {
        for text in ["50ms", "5s", "120s", "1500ms"] {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), text);
        }
        assert_eq!("2m".parse::<Span>().unwrap().to_string(), "120s");
        assert_eq!("10%".parse::<Rate>().unwrap().to_string(), "10%");
        for text in ["", "5", "s", "-1s", "5h", "2000m", "NaNs", "infs"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
        for text in ["", "10", "101%", "-1%", "NaN%", "%"] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
    }

    #[test]
    fn unknown_members_are_refused_and_missing_ones_are_fair() {
        let some: Weather = serde_json::from_str(r#"{"throttle": true, "lag": "5s"}"#).unwrap();
        assert!(some.throttle && !some.flap && some.lose == Rate::default());
        assert!(serde_json::from_str::<Weather>(r#"{"rain": true}"#).is_err());
        let text = serde_json::to_string(&some).unwrap();
        assert_eq!(serde_json::from_str::<Weather>(&text).unwrap(), some);
    }
}
