//! What the weather does to each request.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::call::Call;
use super::error::ErrorAnswer;
use crate::model::requests::{RateLimit, Served, Shape};
use crate::model::weather::Weather;

const SECOND: Duration = Duration::from_secs(1);
const UNIT_WINDOW: Duration = Duration::from_secs(10);
/// Requests for reports in such a time, for each app.
const REPORTS: u32 = 5;
const APP_WRITE_WINDOW: Duration = Duration::from_secs(150);
const APP_WRITES: u32 = 3_000;
const TENANT_WRITE_WINDOW: Duration = Duration::from_secs(300);
const TENANT_WRITES: u32 = 18_000;

/// Requests counted in windows of fixed length. The documentation calls the limits token
/// buckets without saying how they refill; that they refill at once is ours.
#[derive(Debug)]
struct Window {
    start: Instant,
    used: u32,
}

impl Window {
    fn new(now: Instant) -> Self {
        Window {
            start: now,
            used: 0,
        }
    }

    /// Adds to the count, also when that is too much: requests made while throttled count.
    fn add(&mut self, now: Instant, length: Duration, cost: u32) -> u32 {
        if now.saturating_duration_since(self.start) >= length {
            *self = Window::new(now);
        }
        self.used = self.used.saturating_add(cost);
        self.used
    }

    /// Whole seconds until the window ends, at least one.
    fn rest(&self, now: Instant, length: Duration) -> u64 {
        let gone = now.saturating_duration_since(self.start);
        (length.saturating_sub(gone).as_millis() as u64)
            .div_ceil(1000)
            .max(1)
    }
}

/// Which limits a request falls under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LimitClass {
    /// Conditional Access, identity protection and their neighbours.
    Service,
    /// Reports on identity and access, for each app.
    Reports,
    /// Everything else, in resource units and writes.
    Directory { units: u32, writes: u32 },
    /// Not limited itself.
    Free,
}

impl LimitClass {
    /// Strengths, contexts, templates and terms of use have no published limit; they are
    /// counted with their neighbours, which is unverified.
    pub(crate) fn of(call: &Call, known: &Served) -> LimitClass {
        let Served::Rows(rows) = known else {
            return LimitClass::Free;
        };
        match rows.iter().find_map(|row| row.limit) {
            Some(RateLimit::Reports) => return LimitClass::Reports,
            Some(RateLimit::OnePerSecond | RateLimit::Neighbour) => return LimitClass::Service,
            None => {}
        }
        let units = |row: &&Shape| row.units(&call.query);
        match rows.iter().map(units).max() {
            None | Some(0) => LimitClass::Free,
            Some(units) => LimitClass::Directory {
                units,
                writes: u32::from(rows.iter().any(|row| row.writes())),
            },
        }
    }
}

/// What one request meets.
#[derive(Debug, Default)]
pub(super) struct Met {
    /// Refused before anything is done.
    pub refused: Option<ErrorAnswer>,
    /// Headers of the answer, whatever it is.
    pub headers: Vec<(String, String)>,
    /// The connection drops instead of the answer of a write.
    pub lost: bool,
    /// The answer of a write is held back.
    pub held: bool,
    /// How old the state is that a read sees.
    pub age: Duration,
}

/// The weather and its counters.
#[derive(Debug)]
pub(super) struct Sky {
    weather: Weather,
    met: u64,
    /// How many writes came.
    writes: u64,
    /// The request is not the one that is meant.
    spared: bool,
    service: Option<Window>,
    reports: HashMap<String, Window>,
    units: HashMap<String, Window>,
    app_writes: HashMap<String, Window>,
    tenant_writes: Option<Window>,
}

/// More applications than this share one count, so that made-up ones fill no memory.
const APPS: usize = 1_000;

impl Sky {
    pub(crate) fn new(weather: Weather) -> Self {
        Sky {
            weather,
            met: 0,
            writes: 0,
            spared: false,
            service: None,
            reports: HashMap::new(),
            units: HashMap::new(),
            app_writes: HashMap::new(),
            tenant_writes: None,
        }
    }

    pub(crate) fn weather(&self) -> &Weather {
        &self.weather
    }

    /// A number between 0 and 1 that follows from the seed, the request's place in the
    /// order, and what it is drawn for.
    fn chance(&self, what: u64) -> f64 {
        let mut z = self
            .weather
            .seed
            .wrapping_add(self.met.wrapping_mul(0x9e37_79b9_7f4a_7c15))
            .wrapping_add(what.wrapping_mul(0xd1b5_4a32_d192_ed03));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A request comes, and is a write or not.
    pub(crate) fn comes(&mut self, write: bool) {
        self.writes += u64::from(write);
        let chosen = self.weather.on_write;
        self.spared = chosen > 0 && !(write && self.writes == chosen);
    }

    pub(crate) fn meet(
        &mut self,
        now: Instant,
        kind: LimitClass,
        app: &str,
        users: usize,
        tenant: &str,
    ) -> Met {
        self.met += 1;
        let mut met = Met {
            lost: !self.spared && self.chance(1) < self.weather.lose.share(),
            held: !self.spared && self.chance(5) < self.weather.hold.share(),
            age: self.age(),
            ..Met::default()
        };
        if self.weather.throttle {
            self.throttle(now, kind, app, users, tenant, &mut met);
        }
        if met.refused.is_none() && !self.spared && self.chance(2) < self.weather.fail.share() {
            met.refused = Some(self.failure(kind));
        }
        met
    }

    /// Three replicas: one that is up to date, one half behind, one a whole lag behind.
    fn age(&self) -> Duration {
        let lag = self.weather.lag.0;
        if !self.weather.flap {
            return lag;
        }
        match (self.chance(3) * 3.0) as u32 {
            0 => Duration::ZERO,
            1 => lag / 2,
            _ => lag,
        }
    }

    fn throttle(
        &mut self,
        now: Instant,
        kind: LimitClass,
        app: &str,
        users: usize,
        tenant: &str,
        met: &mut Met,
    ) {
        match kind {
            LimitClass::Free => {}
            LimitClass::Service => {
                let window = self.service.get_or_insert_with(|| Window::new(now));
                if window.add(now, SECOND, 1) > 1 {
                    // Documented: these resources send no Retry-After.
                    met.refused = Some(too_many());
                }
            }
            LimitClass::Reports => {
                let app = match self.reports.len() >= APPS && !self.reports.contains_key(app) {
                    true => "",
                    false => app,
                };
                let window = self.reports.entry(app.to_owned());
                let window = window.or_insert_with(|| Window::new(now));
                if window.add(now, UNIT_WINDOW, 1) > REPORTS {
                    let rest = window.rest(now, UNIT_WINDOW).to_string();
                    met.headers.push(("Retry-After".to_owned(), rest));
                    met.refused = Some(too_many());
                }
            }
            LimitClass::Directory { units, writes } => {
                let app = if self.units.len() >= APPS && !self.units.contains_key(app) {
                    ""
                } else {
                    app
                };
                let limit = match users {
                    0..50 => 3_500,
                    50..=500 => 5_000,
                    _ => 8_000,
                };
                let window = |from: &mut HashMap<String, Window>, length, cost| {
                    let window = from
                        .entry(app.to_owned())
                        .or_insert_with(|| Window::new(now));
                    (window.add(now, length, cost), window.rest(now, length))
                };
                let (used, rest) = window(&mut self.units, UNIT_WINDOW, units);
                let (written, write_rest) = window(&mut self.app_writes, APP_WRITE_WINDOW, writes);
                let all = self.tenant_writes.get_or_insert_with(|| Window::new(now));
                let all_written = all.add(now, TENANT_WRITE_WINDOW, writes);
                let all_rest = all.rest(now, TENANT_WRITE_WINDOW);
                let header = |name: &str, value: String| (name.to_owned(), value);
                met.headers
                    .push(header("x-ms-resource-unit", units.to_string()));
                let share = f64::from(used) / f64::from(limit);
                if share > 0.8 {
                    let shown = format!("{:.1}", share.min(1.8));
                    met.headers
                        .push(header("x-ms-throttle-limit-percentage", shown));
                }
                let exceeded = if used > limit {
                    Some((
                        "Tenant_Application/ReadWrite",
                        "ResourceUnitLimitExceeded",
                        rest,
                    ))
                } else if writes > 0 && written > APP_WRITES {
                    Some(("Tenant_Application/Write", "WriteLimitExceeded", write_rest))
                } else if writes > 0 && all_written > TENANT_WRITES {
                    Some(("Tenant/Write", "WriteLimitExceeded", all_rest))
                } else {
                    None
                };
                if let Some((scope, why, rest)) = exceeded {
                    met.headers.push(header("Retry-After", rest.to_string()));
                    let scope = format!("{scope}/{app}/{tenant}");
                    met.headers.push(header("x-ms-throttle-scope", scope));
                    met.headers
                        .push(header("x-ms-throttle-information", why.to_owned()));
                    met.refused = Some(too_many());
                }
            }
        }
    }

    fn failure(&self, kind: LimitClass) -> ErrorAnswer {
        match (self.chance(4) * 5.0) as u32 {
            0 if kind != LimitClass::Service => too_many().header("Retry-After", "1".to_owned()),
            0 => too_many(),
            1 => ErrorAnswer::new(
                500,
                "InternalServerError",
                "An internal server error occurred.",
            ),
            2 => ErrorAnswer::new(502, "BadGateway", "The gateway got no valid answer."),
            3 => ErrorAnswer::new(
                503,
                "serviceNotAvailable",
                "The service is temporarily unavailable.",
            )
            .header("Retry-After", "1".to_owned()),
            _ => ErrorAnswer::new(504, "GatewayTimeout", "The gateway got no answer in time."),
        }
    }
}

fn too_many() -> ErrorAnswer {
    ErrorAnswer::new(429, "TooManyRequests", "Too many requests.")
}

#[cfg(test)]
mod tests {
    use super::super::call::Raw;
    use super::*;

    fn sky(text: &str) -> Sky {
        Sky::new(serde_json::from_str(text).unwrap())
    }

    fn kind(method: &str, target: &str) -> LimitClass {
        let raw = Raw::new(method, target);
        let call = Call::parse(&raw).unwrap();
        LimitClass::of(&call, &call.known())
    }

    #[test]
    fn conditional_access_takes_one_request_in_a_second_and_says_not_when_again() {
        let mut sky = sky(r#"{"throttle": true}"#);
        let start = Instant::now();
        let mut at = |ms| {
            let met = sky.meet(
                start + Duration::from_millis(ms),
                LimitClass::Service,
                "a",
                5,
                "t",
            );
            assert!(met.headers.is_empty());
            met.refused.map(|e| (e.status, e.code, e.headers.len()))
        };
        assert_eq!(at(0), None);
        assert_eq!(at(10), Some((429, "TooManyRequests", 0)));
        assert_eq!(at(990), Some((429, "TooManyRequests", 0)));
        assert_eq!(at(1000), None);
        assert_eq!(at(1500), Some((429, "TooManyRequests", 0)));
    }

    #[test]
    fn the_directory_counts_units_and_says_how_near_the_limit_is() {
        let mut sky = sky(r#"{"throttle": true}"#);
        let start = Instant::now();
        let read = LimitClass::Directory {
            units: 700,
            writes: 0,
        };
        let value = |met: &Met, name: &str| {
            met.headers
                .iter()
                .find(|(n, _)| n == name)
                .map(|(_, v)| v.clone())
        };
        let mut met = Met::default();
        for _ in 0..5 {
            met = sky.meet(start, read, "app", 5, "tenant");
        }
        assert!(met.refused.is_none());
        assert_eq!(
            value(&met, "x-ms-throttle-limit-percentage").as_deref(),
            Some("1.0")
        );
        met = sky.meet(start, read, "app", 5, "tenant");
        assert_eq!(met.refused.as_ref().map(|e| e.status), Some(429));
        assert_eq!(value(&met, "Retry-After").as_deref(), Some("10"));
        assert_eq!(
            value(&met, "x-ms-throttle-scope").as_deref(),
            Some("Tenant_Application/ReadWrite/app/tenant")
        );
        assert!(sky.meet(start, read, "other", 5, "t").refused.is_none());
        assert!(
            sky.meet(start + UNIT_WINDOW, read, "app", 5, "t")
                .refused
                .is_none()
        );
        let write = LimitClass::Directory {
            units: 1,
            writes: APP_WRITES,
        };
        assert!(sky.meet(start, write, "writer", 5, "t").refused.is_none());
        let met = sky.meet(start, write, "writer", 5, "t");
        assert_eq!(
            value(&met, "x-ms-throttle-information").as_deref(),
            Some("WriteLimitExceeded")
        );
    }

    #[test]
    fn costs_are_the_documented_ones() {
        let read = |units| LimitClass::Directory { units, writes: 0 };
        assert_eq!(kind("GET", "/v1.0/users"), read(2));
        assert_eq!(kind("GET", "/v1.0/users?$select=id"), read(1));
        assert_eq!(kind("GET", "/v1.0/users?$select=id&$top=5"), read(1));
        assert_eq!(kind("GET", "/v1.0/groups/x/members"), read(3));
        assert_eq!(
            kind("GET", "/v1.0/groups/x/transitiveMembers?$top=5"),
            read(4)
        );
        assert_eq!(kind("POST", "/v1.0/directoryObjects/getByIds"), read(3));
        assert_eq!(kind("GET", "/v1.0/users/x/memberOf"), read(2));
        let write = LimitClass::Directory {
            units: 1,
            writes: 1,
        };
        assert_eq!(kind("PATCH", "/v1.0/groups/x"), write);
        assert_eq!(
            kind("GET", "/beta/identityProtection/riskyUsers"),
            LimitClass::Service
        );
        assert_eq!(kind("POST", "/v1.0/$batch"), LimitClass::Free);
    }

    #[test]
    fn the_same_seed_and_order_meet_the_same_and_rates_are_kept() {
        let run = |seed: u64| -> Vec<(bool, Option<u16>, Duration)> {
            let mut sky = sky(&format!(
                r#"{{"lose": "20%", "fail": "10%", "lag": "6s", "flap": true, "seed": {seed}}}"#
            ));
            let now = Instant::now();
            (0..2000)
                .map(|_| {
                    let met = sky.meet(now, LimitClass::Service, "a", 5, "t");
                    (met.lost, met.refused.map(|e| e.status), met.age)
                })
                .collect()
        };
        let first = run(7);
        assert_eq!(first, run(7));
        assert_ne!(first, run(8));
        let share = |count: usize| count as f64 / 2000.0;
        let lost = share(first.iter().filter(|m| m.0).count());
        let failed = share(first.iter().filter(|m| m.1.is_some()).count());
        assert!((0.15..0.25).contains(&lost), "{lost}");
        assert!((0.06..0.14).contains(&failed), "{failed}");
        for seconds in [0, 3, 6] {
            assert!(first.iter().any(|m| m.2 == Duration::from_secs(seconds)));
        }
        for status in [429, 500, 502, 503, 504] {
            assert!(first.iter().any(|m| m.1 == Some(status)), "{status}");
        }
    }
}
