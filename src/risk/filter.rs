//! Which detections or risky users are asked for: as an OData filter for the service, and
//! once more here, so that nothing that was not asked for is ever shown or decided on.

use jiff::Timestamp;

use super::object::{Detection, RiskyUser};
use super::span::odata;
use crate::graph::request::literal;

/// The states of a risk (riskState).
pub const STATES: [&str; 6] = [
    "atRisk",
    "confirmedCompromised",
    "remediated",
    "dismissed",
    "confirmedSafe",
    "none",
];

/// The levels of a risk (riskLevel); `hidden` is what a tenant without the licence sees.
pub const LEVELS: [&str; 5] = ["high", "medium", "low", "none", "hidden"];

/// What must be true of an item. Values of one list are alternatives; an empty list and
/// `None` ask for nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RiskFilter {
    /// The id of the user.
    pub user_id: Option<String>,
    /// Levels.
    pub levels: Vec<String>,
    /// States.
    pub states: Vec<String>,
    /// What was noticed; of detections alone.
    pub types: Vec<String>,
    /// Not before this: when a detection was made, or a user's risk last changed.
    pub since: Option<Timestamp>,
}

impl RiskFilter {
    /// True when nothing is asked for.
    pub fn is_empty(&self) -> bool {
        *self == RiskFilter::default()
    }

    /// The `$filter` for riskDetections, not encoded; empty for everything.
    pub fn of_detections(&self) -> String {
        join([
            one_of("userId", self.user_id.as_slice()),
            one_of("riskLevel", &self.levels),
            one_of("riskState", &self.states),
            one_of("riskEventType", &self.types),
            since("detectedDateTime", self.since),
        ])
    }

    /// The `$filter` for riskyUsers, not encoded; empty for everything.
    pub fn of_users(&self) -> String {
        join([
            one_of("id", self.user_id.as_slice()),
            one_of("riskLevel", &self.levels),
            one_of("riskState", &self.states),
            since("riskLastUpdatedDateTime", self.since),
        ])
    }

    /// Whether a detection is asked for.
    pub fn takes(&self, found: &Detection) -> bool {
        self.user_id
            .as_ref()
            .is_none_or(|id| id.eq_ignore_ascii_case(&found.user_id))
            && among(&self.levels, &found.risk_level)
            && among(&self.states, &found.risk_state)
            && among(&self.types, &found.risk_event_type)
            && self.after(&found.detected_date_time)
    }

    /// Whether a risky user is asked for.
    pub fn takes_user(&self, found: &RiskyUser) -> bool {
        self.user_id
            .as_ref()
            .is_none_or(|id| id.eq_ignore_ascii_case(&found.id))
            && among(&self.levels, &found.risk_level)
            && among(&self.states, &found.risk_state)
            && self.after(&found.risk_last_updated_date_time)
    }

    fn after(&self, time: &str) -> bool {
        // A time that cannot be read is left to what the service said.
        self.since.is_none_or(|since| {
            time.parse::<Timestamp>()
                .map_or(true, |at| at.as_second() >= since.as_second())
        })
    }
}

fn among(list: &[String], value: &str) -> bool {
    list.is_empty() || list.iter().any(|v| v.eq_ignore_ascii_case(value))
}

fn one_of(property: &str, values: &[String]) -> String {
    let parts: Vec<String> = values
        .iter()
        .map(|value| format!("{property} eq {}", literal(value)))
        .collect();
    match parts.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        several => format!("({})", several.join(" or ")),
    }
}

fn since(property: &str, at: Option<Timestamp>) -> String {
    at.map_or_else(String::new, |at| format!("{property} ge {}", odata(at)))
}

fn join<const N: usize>(parts: [String; N]) -> String {
    let parts: Vec<String> = parts.into_iter().filter(|p| !p.is_empty()).collect();
    parts.join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(list: &[&str]) -> Vec<String> {
        list.iter().map(|t| (*t).to_owned()).collect()
    }

    #[test]
    fn the_service_filters_what_it_can() {
        let filter = RiskFilter {
            user_id: Some("4628e7df-dff3-407c-a08f-75f08c0806dc".to_owned()),
            levels: texts(&["high", "medium"]),
            states: texts(&["atRisk"]),
            types: texts(&["o'clock"]),
            since: "2026-01-31T00:00:00Z".parse().ok(),
        };
        assert_eq!(
            filter.of_detections(),
            "userId eq '4628e7df-dff3-407c-a08f-75f08c0806dc' and (riskLevel eq 'high' or riskLevel \
             eq 'medium') and riskState eq 'atRisk' and riskEventType eq 'o''clock' and \
             detectedDateTime ge 2026-01-31T00:00:00Z"
        );
        assert_eq!(
            RiskFilter {
                user_id: None,
                ..filter
            }
            .of_users(),
            "(riskLevel eq 'high' or riskLevel eq 'medium') and riskState eq 'atRisk' and \
             riskLastUpdatedDateTime ge 2026-01-31T00:00:00Z"
        );
        assert_eq!(RiskFilter::default().of_detections(), "");
    }

    #[test]
    fn what_was_not_asked_for_is_left_out_here_too() {
        let filter = RiskFilter {
            states: texts(&["atRisk"]),
            since: "2026-01-31T00:00:00Z".parse().ok(),
            ..RiskFilter::default()
        };
        let user = |state: &str, time: &str| RiskyUser {
            risk_state: state.to_owned(),
            risk_last_updated_date_time: time.to_owned(),
            ..RiskyUser::default()
        };
        assert!(filter.takes_user(&user("atRisk", "2026-01-31T00:00:00.1234567Z")));
        assert!(!filter.takes_user(&user("dismissed", "2026-01-31T00:00:00Z")));
        assert!(!filter.takes_user(&user("atRisk", "2026-01-30T23:59:59.9Z")));
    }
}
