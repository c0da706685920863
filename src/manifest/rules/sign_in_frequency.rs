//! Rules CA-R102 and CA-R103: how often users sign in again.

use super::{Graph, Reporter, is_on};
use crate::model::enums::{SignInFrequencyInterval, SignInFrequencyType};
use crate::model::session::{SessionControls, SignInFrequency};

pub(super) fn check(session: &SessionControls, report: &mut Reporter<'_>) {
    if let Some(frequency) = &session.sign_in_frequency
        && is_on(frequency.is_enabled)
    {
        if frequency.frequency_interval == Some(SignInFrequencyInterval::EveryTime) {
            every_time(session, frequency, report);
        } else {
            time_based(frequency, report);
            longest_frequency(frequency, report);
        }
    }
}

/// Rule CA-R102: a frequency has a value and a unit.
fn time_based(frequency: &SignInFrequency, report: &mut Reporter<'_>) {
    let message = match (frequency.value, &frequency.frequency_type) {
        (Some(_), Some(_)) => return,
        (Some(_), None) => "`signInFrequency` has a value without its unit",
        (None, Some(_)) => "`signInFrequency` has a unit without a value",
        (None, None) => "`signInFrequency` does not say how often",
    };
    report.refuse(
        Graph::CaR102,
        "/sessionControls/signInFrequency",
        message,
        "write `value` and `type` (`hours` or `days`), or `frequencyInterval: everyTime`",
    );
}

/// Rule CA-R102: 1 to 23 hours, 1 to 365 days.
fn longest_frequency(frequency: &SignInFrequency, report: &mut Reporter<'_>) {
    let Some(value) = frequency.value else { return };
    let (most, unit) = match frequency.frequency_type {
        Some(SignInFrequencyType::Hours) => (23, "hours"),
        Some(SignInFrequencyType::Days) => (365, "days"),
        _ => return,
    };
    if value > most {
        report.warn(
            Graph::CaR102,
            "/sessionControls/signInFrequency/value",
            &format!("{value} {unit} is more than the portal allows: {most}"),
            "use a smaller value, or `days` instead of `hours`",
        );
    }
}

/// Rule CA-R103: `everyTime` has no value and no unit, and stands without two
/// of the other controls.
fn every_time(session: &SessionControls, frequency: &SignInFrequency, report: &mut Reporter<'_>) {
    let given = [
        ("value", frequency.value.is_some()),
        ("type", frequency.frequency_type.is_some()),
    ];
    if let Some((name, _)) = given.iter().find(|(_, given)| *given) {
        report.refuse(
            Graph::CaR103,
            &format!("/sessionControls/signInFrequency/{name}"),
            &format!("`everyTime` is combined with `{name}`"),
            "remove `value` and `type`, or write `frequencyInterval: timeBased`",
        );
    }
    let restrictions = session.application_enforced_restrictions.as_ref();
    for (name, given) in [
        (
            "applicationEnforcedRestrictions",
            restrictions.is_some_and(|c| is_on(c.is_enabled)),
        ),
        (
            "disableResilienceDefaults",
            is_on(session.disable_resilience_defaults),
        ),
    ] {
        if given {
            report.refuse(
                Graph::CaR103,
                &format!("/sessionControls/{name}"),
                &format!("`{name}` cannot be combined with a sign-in frequency of `everyTime`"),
                "put it in another policy",
            );
        }
    }
}
