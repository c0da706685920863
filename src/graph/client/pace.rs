//! How fast requests go, so that the service has no reason to throttle: the two buckets that its
//! limits are documented as.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

/// The time between two requests on a one-per-second resource: a little more than a second,
/// since they do not all take the same time to arrive.
pub(super) const PACE: Duration = Duration::from_millis(1050);
/// How many requests on such resources go at once when a run begins. A plan needs two lists, and
/// where nothing else uses the tenant's budget, both are answered.
const AT_ONCE: u32 = 2;
/// Resource units that an app may spend in a small tenant within ten seconds, less a little
/// for others (3,500; larger tenants allow more).
const UNITS: f64 = 3_000.0;

/// Reports on identity and access: so many requests in so long, with a little for the way.
const REPORTS: (usize, Duration) = (5, Duration::from_millis(10_500));

/// The limits of a run.
#[derive(Debug)]
pub(super) struct Buckets {
    seconds: Mutex<Seconds>,
    /// When the last requests for reports went.
    reports: Mutex<VecDeque<Instant>>,
    /// Resource units left, and when that was.
    units: Mutex<(f64, Instant)>,
}

#[derive(Debug)]
struct Seconds {
    /// How many may still go at once. Never filled again: a 429 is risked once in a run.
    at_once: u32,
    /// When the next one may go.
    next: Instant,
}

impl Seconds {
    fn full(now: Instant) -> Seconds {
        Seconds {
            at_once: AT_ONCE,
            next: now,
        }
    }

    fn count_from(&mut self, now: Instant) {
        self.next = self.next.max(now + PACE);
    }

    /// Takes the next turn: whether it is one of those that do not wait, and when it comes.
    fn take(&mut self, now: Instant) -> (bool, Instant) {
        let risked = self.at_once > 0;
        self.at_once -= u32::from(risked);
        let at = match risked {
            true => now,
            false => self.next.max(now),
        };
        self.next = at + PACE;
        (risked, at)
    }
}

impl Buckets {
    pub(super) fn full() -> Buckets {
        let now = Instant::now();
        Buckets {
            seconds: Mutex::new(Seconds::full(now)),
            reports: Mutex::default(),
            units: Mutex::new((UNITS, now)),
        }
    }

    /// Waits until a request on a one-per-second resource may go. True for the first two, which
    /// do not wait.
    pub(super) async fn keep_pace(&self) -> bool {
        let mut seconds = self.seconds.lock().await;
        let (risked, at) = seconds.take(Instant::now());
        if !risked {
            tokio::time::sleep_until(at).await;
            seconds.next = Instant::now() + PACE;
        }
        risked
    }

    /// Waits until the next request on a one-per-second resource may go, and takes no turn.
    pub(super) async fn wait_for_pace(&self) {
        let next = {
            let seconds = self.seconds.lock().await;
            match seconds.at_once {
                0 => seconds.next,
                _ => return,
            }
        };
        tokio::time::sleep_until(next).await;
    }

    /// A request that went at once was refused. The service began to count when the other one
    /// arrived, which may have been long after it was sent: a connection was made first. So the
    /// next one goes a second after the refusal came.
    pub(super) async fn refused(&self) {
        self.seconds.lock().await.count_from(Instant::now());
    }

    /// Waits until a request for a report may go.
    pub(super) async fn keep_reports_pace(&self) {
        let mut went = self.reports.lock().await;
        let at = report_turn(&mut went, Instant::now());
        tokio::time::sleep_until(at).await;
    }

    /// Waits until the resource units are there.
    pub(super) async fn spend(&self, units: u32) {
        let mut left = self.units.lock().await;
        let refill = left.1.elapsed().as_secs_f64() * UNITS / 10.0;
        let now = (left.0 + refill).min(UNITS) - f64::from(units);
        if now < 0.0 {
            let wait = Duration::from_secs_f64(-now * 10.0 / UNITS);
            tokio::time::sleep(wait).await;
        }
        *left = (now.max(0.0), Instant::now());
    }
}

/// When the next request for a report goes.
fn report_turn(went: &mut VecDeque<Instant>, now: Instant) -> Instant {
    let (most, time) = REPORTS;
    let first = match went.len() < most {
        true => None,
        false => went.pop_front(),
    };
    let at = first.map_or(now, |first| now.max(first + time));
    went.push_back(at);
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_two_go_at_once_and_then_one_a_second() {
        let start = Instant::now();
        let mut seconds = Seconds::full(start);
        let mut take = |now: Duration| {
            let (risked, at) = seconds.take(start + now);
            (risked, (at - start).as_millis())
        };
        let none = Duration::ZERO;
        let taken: Vec<_> = (0..5).map(|_| take(none)).collect();
        let paced = [(false, 1050), (false, 2100), (false, 3150)];
        assert_eq!(taken[..2], [(true, 0), (true, 0)]);
        assert_eq!(taken[2..], paced);
        // The turn of what was refused comes a second after the refusal.
        let mut seconds = Seconds::full(start);
        let at_once = [seconds.take(start), seconds.take(start)];
        assert_eq!(at_once, [(true, start); 2]);
        let answer = start + Duration::from_millis(300);
        seconds.count_from(answer);
        assert_eq!(seconds.take(answer), (false, answer + PACE));
    }

    #[test]
    fn five_reports_go_at_once_and_then_five_in_ten_seconds() {
        let start = Instant::now();
        let mut went = VecDeque::new();
        let mut turn = || (report_turn(&mut went, start) - start).as_millis();
        let turns: Vec<u128> = (0..11).map(|_| turn()).collect();
        let expected = [[0; 5], [10_500; 5]].concat();
        assert_eq!(turns[..10], expected);
        assert_eq!(turns[10], 21_000);
    }

    #[test]
    fn nothing_is_risked_again_however_long_nothing_was_sent() {
        let start = Instant::now();
        let mut seconds = Seconds::full(start);
        let mut take = |now: Duration| {
            let (risked, at) = seconds.take(start + now);
            (risked, (at - start).as_millis())
        };
        take(Duration::ZERO);
        take(Duration::ZERO);
        let later = Duration::from_secs(60);
        assert_eq!(take(later), (false, 60_000));
        assert_eq!(take(later), (false, 61_050));
    }
}
