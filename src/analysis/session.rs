//! Session controls as levels: formulas of which each says that the session is at least so
//! strict. (How the service merges different values is not documented; the rule is the
//! evaluator's.)

use std::collections::BTreeSet;

use super::formula::{Formula, Formulas};
use crate::model::enums::{
    CloudAppSecurityType, ContinuousAccessEvaluationMode, PersistentBrowserMode,
};
use crate::model::session::SessionControls;
use crate::whatif::parts::{hours, is_secondary};

/// One level: by the member of the session controls, and how strict.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// Who proves both factors again does so after at most so many hours.
    Primary(u64),
    /// Who proves anything again does so after at most so many hours.
    Frequency(u64),
    /// Browser sessions are never kept.
    NeverPersistent,
    /// They are not always kept.
    NotAlwaysPersistent,
    CloudAppSecurity(u8),
    AppEnforced,
    Bound,
    NoResilience,
    /// Continuous access evaluation is not off; is strict; is strict about places.
    Continuous(u8),
    Profile(String),
    /// A value that is not known to this version, as it stands.
    Odd(String),
}

fn security(session: &SessionControls) -> Option<u8> {
    let value = session.cloud_app_security.as_ref()?;
    Some(match value.cloud_app_security_type {
        Some(CloudAppSecurityType::BlockDownloads) => 3,
        Some(CloudAppSecurityType::McasConfigured) => 2,
        Some(CloudAppSecurityType::MonitorOnly) => 1,
        Some(CloudAppSecurityType::Other(_)) | None => 0,
    })
}

fn continuous(session: &SessionControls) -> Option<u8> {
    let value = session.continuous_access_evaluation.as_ref()?;
    match value.mode {
        Some(ContinuousAccessEvaluationMode::StrictLocation) => Some(3),
        Some(ContinuousAccessEvaluationMode::StrictEnforcement) => Some(2),
        Some(ContinuousAccessEvaluationMode::Disabled) => Some(0),
        Some(ContinuousAccessEvaluationMode::Other(_)) | None => None,
    }
}

fn persistent(session: &SessionControls) -> Option<&PersistentBrowserMode> {
    session.persistent_browser.as_ref()?.mode.as_ref()
}

fn profile(session: &SessionControls) -> Option<&String> {
    let profile = session.global_secure_access_filtering_profile.as_ref()?;
    profile.profile_id.as_ref()
}

/// Values that are not known to this version: nobody can say how strict they are, only that they
/// are there.
fn odd(session: &SessionControls) -> Vec<String> {
    let frequency = session.sign_in_frequency.as_ref();
    let frequency = frequency.filter(|frequency| hours(frequency).is_none());
    let browser = session.persistent_browser.as_ref();
    let browser =
        browser.filter(|one| matches!(one.mode, Some(PersistentBrowserMode::Other(_)) | None));
    let evaluation = session.continuous_access_evaluation.as_ref();
    let evaluation = evaluation.filter(|_| continuous(session).is_none());
    let security = session.cloud_app_security.as_ref();
    let security = security.filter(|_| self::security(session) == Some(0));
    let texts = [
        serde_json::to_string(&frequency),
        serde_json::to_string(&browser),
        serde_json::to_string(&evaluation),
        serde_json::to_string(&security),
    ];
    let texts = texts.into_iter().flatten();
    texts.filter(|text| text != "null").collect()
}

/// The levels that these session controls can tell apart.
pub(super) fn levels<'a>(all: impl Iterator<Item = &'a SessionControls>) -> BTreeSet<Level> {
    let mut found = BTreeSet::new();
    for session in all {
        if let Some(frequency) = &session.sign_in_frequency
            && let Some(hours) = hours(frequency)
        {
            found.insert(Level::Frequency(hours));
            if !is_secondary(frequency) {
                found.insert(Level::Primary(hours));
            }
        }
        match persistent(session) {
            Some(PersistentBrowserMode::Never) => found.insert(Level::NeverPersistent),
            Some(PersistentBrowserMode::Always) => found.insert(Level::NotAlwaysPersistent),
            Some(PersistentBrowserMode::Other(_)) | None => false,
        };
        found.extend(security(session).map(Level::CloudAppSecurity));
        found.extend(
            session
                .application_enforced_restrictions
                .as_ref()
                .map(|_| Level::AppEnforced),
        );
        found.extend(
            session
                .secure_sign_in_session
                .as_ref()
                .map(|_| Level::Bound),
        );
        found.extend(
            session
                .disable_resilience_defaults
                .map(|_| Level::NoResilience),
        );
        found.extend(continuous(session).map(|rank| Level::Continuous(rank.max(1))));
        found.extend(profile(session).cloned().map(Level::Profile));
        found.extend(odd(session).into_iter().map(Level::Odd));
    }
    found
}

/// That the session of policies, each with the formula by which it applies, is at least so strict.
pub(super) fn reaches<'a>(
    level: &Level,
    policies: impl Iterator<Item = (&'a SessionControls, Formula)> + Clone,
    formulas: &mut Formulas,
) -> Formula {
    let mut when = |test: &dyn Fn(&SessionControls) -> bool| {
        let those = policies.clone().filter(|(session, _)| test(session));
        formulas.any(those.map(|(_, applies)| applies).collect::<Vec<_>>())
    };
    let frequency = |most: u64, both: bool| {
        move |session: &SessionControls| {
            session.sign_in_frequency.as_ref().is_some_and(|frequency| {
                hours(frequency).is_some_and(|hours| hours <= most)
                    && !(both && is_secondary(frequency))
            })
        }
    };
    match level {
        Level::Primary(hours) => when(&frequency(*hours, true)),
        Level::Frequency(hours) => when(&frequency(*hours, false)),
        Level::NeverPersistent => when(&|s| persistent(s) == Some(&PersistentBrowserMode::Never)),
        Level::NotAlwaysPersistent => {
            let never = when(&|s| persistent(s) == Some(&PersistentBrowserMode::Never));
            let always = when(&|s| persistent(s) == Some(&PersistentBrowserMode::Always));
            formulas.or(never, !always)
        }
        Level::CloudAppSecurity(rank) => when(&|s| security(s) >= Some(*rank)),
        Level::AppEnforced => when(&|s| s.application_enforced_restrictions.is_some()),
        Level::Bound => when(&|s| s.secure_sign_in_session.is_some()),
        Level::NoResilience => when(&|s| s.disable_resilience_defaults == Some(true)),
        Level::Continuous(1) => {
            let strict = when(&|s| continuous(s) >= Some(2));
            let off = when(&|s| continuous(s) == Some(0));
            formulas.or(strict, !off)
        }
        Level::Continuous(rank) => when(&|s| continuous(s) >= Some(*rank)),
        Level::Profile(id) => when(&|s| profile(s) == Some(id)),
        Level::Odd(text) => when(&|s| odd(s).contains(text)),
    }
}
