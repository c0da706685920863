//! Session controls of several policies, merged to the strictest.

use std::cmp::Reverse;

use super::outcome::{MergedSession, Name};
use crate::model::enums::{
    CloudAppSecurityType, ContinuousAccessEvaluationMode, GrantControl, PersistentBrowserMode,
    SignInFrequencyAuthenticationType, SignInFrequencyInterval, SignInFrequencyType,
};
use crate::model::policy::ConditionalAccessPolicy;
use crate::model::session::{SessionControls, SignInFrequency};

/// The session controls of a policy that have an effect, the frequency included that the service
/// adds to a new password and to the remediation of risk.
pub(crate) fn effective(policy: &ConditionalAccessPolicy) -> Option<Box<SessionControls>> {
    let adds = |control: &GrantControl| {
        matches!(
            control,
            GrantControl::PasswordChange | GrantControl::RiskRemediation
        )
    };
    let forced = policy
        .grant_controls
        .as_ref()
        .is_some_and(|grant| grant.built_in_controls.iter().any(adds));
    let mut session = policy.session_controls.clone().unwrap_or_default();
    session.normalize();
    if forced && session.sign_in_frequency.is_none() {
        session.sign_in_frequency = Some(SignInFrequency {
            is_enabled: Some(true),
            frequency_interval: Some(SignInFrequencyInterval::EveryTime),
            authentication_type: Some(SignInFrequencyAuthenticationType::PrimaryAndSecondary),
            ..SignInFrequency::default()
        });
    }
    // Days and hours may say the same: one spelling of it.
    if let Some(frequency) = &mut session.sign_in_frequency
        && let Some(hours) = hours(frequency).and_then(|hours| i32::try_from(hours).ok())
        && hours > 0
    {
        let days = hours % 24 == 0;
        frequency.value = Some(if days { hours / 24 } else { hours });
        frequency.frequency_type = Some(match days {
            true => SignInFrequencyType::Days,
            false => SignInFrequencyType::Hours,
        });
    }
    session.is_effective().then(|| Box::new(session))
}

/// Hours between two sign-ins; none every time. Nothing without a number.
pub(crate) fn hours(frequency: &SignInFrequency) -> Option<u64> {
    if frequency.frequency_interval == Some(SignInFrequencyInterval::EveryTime) {
        return Some(0);
    }
    let value = u64::try_from(frequency.value?).ok()?;
    match frequency.frequency_type {
        Some(SignInFrequencyType::Hours) => Some(value),
        Some(SignInFrequencyType::Days) => Some(value * 24),
        Some(SignInFrequencyType::Other(_)) | None => None,
    }
}

pub(crate) fn is_secondary(frequency: &SignInFrequency) -> bool {
    frequency.authentication_type == Some(SignInFrequencyAuthenticationType::Secondary)
}

/// Merges the session controls of policies, given with their names.
pub(crate) fn merged<'a>(
    policies: impl Iterator<Item = (&'a Name, &'a SessionControls)> + Clone,
) -> MergedSession {
    let mut session = MergedSession::default();
    let from = &mut session.from;
    /// The strictest value (the one of the smallest key), and the policies that have it.
    fn strictest<'a, T: Clone + 'a, K: Ord>(
        policies: impl Iterator<Item = (&'a Name, &'a SessionControls)>,
        from: &mut std::collections::BTreeMap<&'static str, Vec<Name>>,
        name: &'static str,
        read: impl Fn(&'a SessionControls) -> Option<(K, &'a T)>,
    ) -> Option<T> {
        let mut best: Option<(K, &T)> = None;
        let mut names: Vec<Name> = Vec::new();
        for (policy, controls) in policies {
            let Some((key, value)) = read(controls) else {
                continue;
            };
            match &best {
                Some((known, _)) if *known < key => continue,
                Some((known, _)) if *known == key => {}
                _ => {
                    best = Some((key, value));
                    names.clear();
                }
            }
            names.push(policy.clone());
        }
        let (_, value) = best?;
        names.sort();
        names.dedup();
        from.insert(name, names);
        Some(value.clone())
    }
    let all = || policies.clone();
    let frequency = |s: &'a SessionControls| s.sign_in_frequency.as_ref();
    session.sign_in_frequency = strictest(all(), from, "signInFrequency", |s| {
        let value = frequency(s)?;
        Some(((hours(value)?, is_secondary(value)), value))
    });
    if session.sign_in_frequency.as_ref().is_some_and(is_secondary) {
        session.primary_sign_in_frequency = strictest(all(), from, "primarySignInFrequency", |s| {
            let value = frequency(s).filter(|value| !is_secondary(value))?;
            Some((hours(value)?, value))
        });
    }
    session.persistent_browser = strictest(all(), from, "persistentBrowser", |s| {
        let value = s.persistent_browser.as_ref()?;
        let rank = match value.mode {
            Some(PersistentBrowserMode::Never) => 0,
            Some(PersistentBrowserMode::Always) => 1,
            Some(PersistentBrowserMode::Other(_)) | None => return None,
        };
        Some((rank, value))
    });
    session.cloud_app_security = strictest(all(), from, "cloudAppSecurity", |s| {
        let value = s.cloud_app_security.as_ref()?;
        let rank = match value.cloud_app_security_type {
            Some(CloudAppSecurityType::BlockDownloads) => 0,
            Some(CloudAppSecurityType::McasConfigured) => 1,
            Some(CloudAppSecurityType::MonitorOnly) => 2,
            Some(CloudAppSecurityType::Other(_)) | None => 3,
        };
        Some((rank, value))
    });
    session.application_enforced_restrictions =
        strictest(all(), from, "applicationEnforcedRestrictions", |s| {
            Some(((), s.application_enforced_restrictions.as_ref()?))
        });
    session.secure_sign_in_session = strictest(all(), from, "secureSignInSession", |s| {
        Some(((), s.secure_sign_in_session.as_ref()?))
    });
    session.disable_resilience_defaults =
        strictest(all(), from, "disableResilienceDefaults", |s| {
            Some(((), s.disable_resilience_defaults.as_ref()?))
        });
    session.continuous_access_evaluation =
        strictest(all(), from, "continuousAccessEvaluation", |s| {
            let value = s.continuous_access_evaluation.as_ref()?;
            let rank = match value.mode {
                Some(ContinuousAccessEvaluationMode::StrictLocation) => 2,
                Some(ContinuousAccessEvaluationMode::StrictEnforcement) => 1,
                Some(ContinuousAccessEvaluationMode::Disabled) => 0,
                Some(ContinuousAccessEvaluationMode::Other(_)) | None => return None,
            };
            Some((Reverse(rank), value))
        });
    let profiles = all().filter_map(|(name, s)| {
        let profile = s.global_secure_access_filtering_profile.as_ref()?;
        Some((name, profile.profile_id.clone()?))
    });
    let (mut names, mut ids): (Vec<Name>, Vec<String>) =
        profiles.map(|(name, id)| (name.clone(), id)).unzip();
    if !ids.is_empty() {
        names.sort();
        names.dedup();
        ids.sort();
        ids.dedup();
        from.insert("globalSecureAccessFilteringProfiles", names);
        session.global_secure_access_filtering_profiles = ids;
    }
    session
}
