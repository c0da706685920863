//! What a policy asks for: grant and session controls, and the combinations of a strength.

use serde_json::Value;

use super::{EffectReason, NameOf, Turn, counted, is_enforced};
use crate::model::enums::{
    CloudAppSecurityType, ContinuousAccessEvaluationMode, GrantControl, PersistentBrowserMode,
    SignInFrequencyAuthenticationType, SignInFrequencyInterval, SignInFrequencyType,
};
use crate::model::grant::GrantControls;
use crate::model::policy::ConditionalAccessPolicy;
use crate::model::session::{SessionControls, SignInFrequency};
use crate::model::tables::combinations::built_in_strengths;
use crate::model::values::GraphEnum;

/// The session controls of a policy that let in more than no policy at all would, in words.
pub(super) fn loosens(policy: &ConditionalAccessPolicy) -> Option<&'static str> {
    let session = policy.session_controls.as_ref()?;
    if persistence(session) == Some(&PersistentBrowserMode::Always) {
        return Some("browser sessions persist");
    }
    if evaluation(session) == Some(&ContinuousAccessEvaluationMode::Disabled) {
        return Some("continuous access evaluation is switched off");
    }
    None
}

fn persistence(session: &SessionControls) -> Option<&PersistentBrowserMode> {
    session.persistent_browser.as_ref()?.mode.as_ref()
}

fn evaluation(session: &SessionControls) -> Option<&ContinuousAccessEvaluationMode> {
    session.continuous_access_evaluation.as_ref()?.mode.as_ref()
}

/// One requirement of a grant.
#[derive(PartialEq)]
enum GrantPart<'a> {
    BuiltIn(&'a GrantControl),
    Custom(&'a str),
    Terms(&'a str),
    Strength(&'a str),
}

impl GrantPart<'_> {
    fn words(&self, name: NameOf<'_>) -> String {
        match self {
            GrantPart::BuiltIn(control) => format!("`{}`", name(control.as_str())),
            GrantPart::Custom(id) => format!("custom control `{}`", name(id)),
            GrantPart::Terms(id) => format!("terms of use `{}`", name(id)),
            GrantPart::Strength(id) => format!("the strength `{}`", name(id)),
        }
    }
}

fn requirements(grant: &GrantControls) -> Vec<GrantPart<'_>> {
    // Destructured so that a new kind of requirement cannot be forgotten.
    let GrantControls {
        operator: _,
        built_in_controls,
        custom_authentication_factors,
        terms_of_use,
        authentication_strength,
    } = grant;
    let built_in = built_in_controls.iter().map(GrantPart::BuiltIn);
    let custom = custom_authentication_factors.iter();
    let terms = terms_of_use.iter();
    let strength = authentication_strength.iter();
    built_in
        .chain(custom.map(|id| GrantPart::Custom(id)))
        .chain(terms.map(|id| GrantPart::Terms(id)))
        .chain(strength.map(|s| GrantPart::Strength(&s.target)))
        .collect()
}

/// How strong a requirement is among those that are one way of multifactor authentication:
/// the control `mfa` and the built-in strengths (documentation of the built-in strengths: each
/// allows fewer combinations than the one before).
fn rank(requirement: &GrantPart<'_>) -> Option<usize> {
    match requirement {
        GrantPart::BuiltIn(GrantControl::Mfa) => Some(0),
        GrantPart::Strength(id) => built_in_strengths()
            .iter()
            .position(|s| s.id.eq_ignore_ascii_case(id) || s.display_name == *id),
        _ => None,
    }
}

pub(super) fn grant(
    before: Option<&GrantControls>,
    after: Option<&GrantControls>,
    name: NameOf<'_>,
    into: &mut Vec<EffectReason>,
) {
    let words =
        |list: &[GrantPart<'_>]| -> Vec<String> { list.iter().map(|r| r.words(name)).collect() };
    let (old, new) = match (before, after) {
        (old, new) if old == new => return,
        (None, None) => return,
        (None, Some(new)) => {
            let words = format!("requires {}", joined(&words(&requirements(new)), new));
            into.push(EffectReason::new(Turn::Adds, words));
            return;
        }
        (Some(old), None) => {
            let words = joined(&words(&requirements(old)), old);
            into.push(EffectReason::new(
                Turn::Takes,
                format!("no longer requires {words}"),
            ));
            return;
        }
        (Some(old), Some(new)) => (old, new),
    };
    let (had, has) = (requirements(old), requirements(new));
    let block = GrantPart::BuiltIn(&GrantControl::Block);
    match (had.contains(&block), has.contains(&block)) {
        (false, true) => {
            into.push(EffectReason::new(Turn::Adds, "blocks access"));
            return;
        }
        (true, false) => {
            into.push(EffectReason::new(Turn::Takes, "no longer blocks access"));
            return;
        }
        _ => {}
    }
    let of = |list: &[GrantPart<'_>], other: &[GrantPart<'_>]| -> Vec<String> {
        let own = list.iter().filter(|r| !other.contains(r));
        own.map(|r| r.words(name)).collect()
    };
    let (added, removed) = (of(&has, &had), of(&had, &has));
    // A single requirement is stored with OR, and means AND as well (CA-R10).
    let is = |grant: &GrantControls, operator| grant.operator.as_deref() == Some(operator);
    let all = |grant, list: &[GrantPart<'_>]| list.len() == 1 || is(grant, "AND");
    let any = |grant, list: &[GrantPart<'_>]| list.len() == 1 || is(grant, "OR");
    let both_all = all(old, &had) && all(new, &has);
    let both_any = any(old, &had) && any(new, &has);
    let (plus, minus) = (added.join(", "), removed.join(", "));
    let reason = match (added.is_empty(), removed.is_empty()) {
        (true, true) if all(new, &has) => EffectReason::new(
            Turn::Adds,
            "all of the controls are required, not just one of them",
        ),
        (true, true) => EffectReason::new(
            Turn::Takes,
            "one of the controls is enough, not all of them",
        ),
        (false, true) if both_all => EffectReason::new(Turn::Adds, format!("also requires {plus}")),
        (false, true) if both_any => {
            EffectReason::new(Turn::Takes, format!("{plus} is enough as well"))
        }
        (true, false) if both_all => {
            EffectReason::new(Turn::Takes, format!("no longer requires {minus}"))
        }
        (true, false) if both_any => {
            EffectReason::new(Turn::Adds, format!("{minus} is no longer enough"))
        }
        _ => {
            let words = format!("requires {plus} instead of {minus}");
            let swapped = match (had.as_slice(), has.as_slice()) {
                ([one], [other]) => rank(one).zip(rank(other)),
                _ => None,
            };
            match swapped {
                Some((from, to)) if from < to => EffectReason::new(Turn::Adds, words),
                Some((from, to)) if from > to => EffectReason::new(Turn::Takes, words),
                Some(_) => EffectReason::new(Turn::Neutral, words),
                None if added.is_empty() || removed.is_empty() => {
                    EffectReason::new(Turn::Unknown, "the controls and their operator change")
                }
                None => EffectReason::new(Turn::Unknown, words),
            }
        }
    };
    into.push(reason);
}

fn joined(words: &[String], grant: &GrantControls) -> String {
    let or = grant.operator.as_deref() == Some("OR");
    words.join(if or { " or " } else { " and " })
}

pub(super) fn session(
    before: Option<&SessionControls>,
    after: Option<&SessionControls>,
    into: &mut Vec<EffectReason>,
) {
    let none = SessionControls::default();
    let (old, new) = (before.unwrap_or(&none), after.unwrap_or(&none));
    // Destructured so that a new control cannot be forgotten.
    let SessionControls {
        application_enforced_restrictions,
        cloud_app_security,
        sign_in_frequency,
        persistent_browser,
        secure_sign_in_session,
        disable_resilience_defaults,
        continuous_access_evaluation,
        global_secure_access_filtering_profile,
    } = old;
    into.extend(control(
        "applicationEnforcedRestrictions",
        application_enforced_restrictions.as_ref(),
        new.application_enforced_restrictions.as_ref(),
        |_, _| Turn::Unknown,
    ));
    into.extend(control(
        "cloudAppSecurity",
        cloud_app_security.as_ref(),
        new.cloud_app_security.as_ref(),
        |had, has| {
            let rank = |kind: &Option<CloudAppSecurityType>| match kind {
                Some(CloudAppSecurityType::MonitorOnly) => Some(1),
                Some(CloudAppSecurityType::BlockDownloads) => Some(2),
                _ => None,
            };
            let ranks = rank(&had.cloud_app_security_type).zip(rank(&has.cloud_app_security_type));
            ranks.map_or(Turn::Unknown, |(from, to)| by_order(from, to))
        },
    ));
    if *continuous_access_evaluation != new.continuous_access_evaluation {
        into.push(continuous(evaluation(old), evaluation(new)));
    }
    into.extend(control(
        "disableResilienceDefaults",
        disable_resilience_defaults.as_ref(),
        new.disable_resilience_defaults.as_ref(),
        |_, _| Turn::Unknown,
    ));
    into.extend(control(
        "globalSecureAccessFilteringProfile",
        global_secure_access_filtering_profile.as_ref(),
        new.global_secure_access_filtering_profile.as_ref(),
        |_, _| Turn::Unknown,
    ));
    if *persistent_browser != new.persistent_browser {
        // The order of strictness: never, no control, always.
        let rank = |mode| match mode {
            Some(&PersistentBrowserMode::Never) => 2,
            Some(&PersistentBrowserMode::Always) => 0,
            _ => 1,
        };
        let words = match persistence(new) {
            Some(PersistentBrowserMode::Never) => "browser sessions never persist",
            Some(PersistentBrowserMode::Always) => "browser sessions persist",
            _ => "it is no longer controlled whether browser sessions persist",
        };
        let turn = by_order(rank(persistence(old)), rank(persistence(new)));
        into.push(EffectReason::new(turn, words));
    }
    into.extend(control(
        "secureSignInSession",
        secure_sign_in_session.as_ref(),
        new.secure_sign_in_session.as_ref(),
        |_, _| Turn::Unknown,
    ));
    if *sign_in_frequency != new.sign_in_frequency {
        let sides = (sign_in_frequency.as_ref(), new.sign_in_frequency.as_ref());
        into.push(frequency(sides.0, sides.1));
    }
}

/// A control that comes, goes or changes.
fn control<T: PartialEq>(
    name: &str,
    had: Option<&T>,
    has: Option<&T>,
    turn: impl Fn(&T, &T) -> Turn,
) -> Option<EffectReason> {
    let (turn, what) = match (had, has) {
        (had, has) if had == has => return None,
        (None, _) => (Turn::Adds, "is added"),
        (_, None) => (Turn::Takes, "is removed"),
        (Some(had), Some(has)) => (turn(had, has), "changes"),
    };
    let words = format!("the session control `{name}` {what}");
    Some(EffectReason::new(turn, words))
}

fn continuous(
    had: Option<&ContinuousAccessEvaluationMode>,
    has: Option<&ContinuousAccessEvaluationMode>,
) -> EffectReason {
    use ContinuousAccessEvaluationMode as Mode;
    let rank = |mode: Option<&Mode>| match mode {
        Some(Mode::StrictLocation | Mode::StrictEnforcement) => Some(2),
        None => Some(1),
        Some(Mode::Disabled) => Some(0),
        Some(Mode::Other(_)) => None,
    };
    let words = match has {
        None => "continuous access evaluation is no longer set".to_owned(),
        Some(mode) => format!("continuous access evaluation is `{}`", mode.as_str()),
    };
    let turn = match (rank(had), rank(has)) {
        (Some(from), Some(to)) if from != to => by_order(from, to),
        _ => Turn::Unknown,
    };
    EffectReason::new(turn, words)
}

fn by_order(from: i32, to: i32) -> Turn {
    match from.cmp(&to) {
        std::cmp::Ordering::Less => Turn::Adds,
        std::cmp::Ordering::Equal => Turn::Neutral,
        std::cmp::Ordering::Greater => Turn::Takes,
    }
}

/// How often users sign in again: more often is stronger.
fn frequency(had: Option<&SignInFrequency>, has: Option<&SignInFrequency>) -> EffectReason {
    // Hours; every time is none.
    let hours = |side: &SignInFrequency| -> Option<i32> {
        if side.frequency_interval == Some(SignInFrequencyInterval::EveryTime) {
            return Some(0);
        }
        match side.frequency_type {
            Some(SignInFrequencyType::Hours) => side.value,
            Some(SignInFrequencyType::Days) => side.value?.checked_mul(24),
            _ => None,
        }
    };
    let shown = |side: &SignInFrequency| match hours(side) {
        Some(0) => "every time".to_owned(),
        Some(1) => "every hour".to_owned(),
        Some(24) => "every day".to_owned(),
        Some(hours) if hours % 24 == 0 && hours > 0 => format!("every {} days", hours / 24),
        Some(hours) => format!("every {hours} hours"),
        None => "at another frequency".to_owned(),
    };
    let (had, has) = match (had, has) {
        (None, Some(has)) => {
            return EffectReason::new(Turn::Adds, format!("users sign in again {}", shown(has)));
        }
        (Some(had), None) => {
            let words = format!("users no longer sign in again {}", shown(had));
            return EffectReason::new(Turn::Takes, words);
        }
        (Some(had), Some(has)) => (had, has),
        (None, None) => return EffectReason::new(Turn::Neutral, "no sign-in frequency"),
    };
    let words = format!(
        "users sign in again {} instead of {}",
        shown(has),
        shown(had)
    );
    let same_factors = had.authentication_type == has.authentication_type;
    match (hours(had), hours(has)) {
        (Some(from), Some(to)) if same_factors => EffectReason::new(by_order(to, from), words),
        (Some(from), Some(to)) if from == to => {
            // Only who has to prove what changes: both factors, or the second alone.
            let turn = match has.authentication_type {
                Some(SignInFrequencyAuthenticationType::Secondary) => Turn::Takes,
                Some(SignInFrequencyAuthenticationType::PrimaryAndSecondary) => Turn::Adds,
                _ => Turn::Unknown,
            };
            EffectReason::new(turn, "the factors that are asked for again change")
        }
        _ => EffectReason::new(Turn::Unknown, words),
    }
}

/// What changing a strength does: fewer combinations are stronger, and so are more limits on
/// them.
pub fn strength(before: &Value, after: &Value) -> Vec<EffectReason> {
    let list = |side: &Value, member: &str| -> Vec<Value> {
        side.get(member)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let difference = |from: &[Value], of: &[Value]| -> Vec<String> {
        from.iter()
            .filter(|item| !of.contains(item))
            .map(|item| item.as_str().unwrap_or_default().to_owned())
            .collect()
    };
    let member = "allowedCombinations";
    let (old, new) = (list(before, member), list(after, member));
    let (gone, come) = (difference(&old, &new), difference(&new, &old));
    let mut reasons = Vec::new();
    if !come.is_empty() {
        let what = counted(&come, "more combination", "more combinations");
        reasons.push(EffectReason::new(Turn::Takes, format!("allows {what}")));
    }
    if !gone.is_empty() {
        let what = counted(&gone, "combination", "combinations");
        reasons.push(EffectReason::new(
            Turn::Adds,
            format!("no longer allows {what}"),
        ));
    }
    let member = "combinationConfigurations";
    let (old, new) = (list(before, member), list(after, member));
    let (gone, come) = (difference(&old, &new), difference(&new, &old));
    match (come.is_empty(), gone.is_empty()) {
        (true, true) => {}
        (false, true) => reasons.push(EffectReason::new(
            Turn::Adds,
            "limits the keys or certificates that count",
        )),
        (true, false) => reasons.push(EffectReason::new(
            Turn::Takes,
            "no longer limits the keys or certificates that count",
        )),
        _ => reasons.push(EffectReason::new(
            Turn::Unknown,
            "the keys or certificates that count change",
        )),
    }
    reasons
}

/// True when an enforced policy asks for the strength.
pub(super) fn uses_strength(policy: &ConditionalAccessPolicy, id: &str) -> bool {
    let grant = policy.grant_controls.as_ref();
    let strength = grant.and_then(|grant| grant.authentication_strength.as_ref());
    is_enforced(policy) && strength.is_some_and(|used| used.target.eq_ignore_ascii_case(id))
}
