//! What a policy asks for: grant and session controls, and the combinations of a strength.

use serde_json::Value;

use super::policy::keys;
use super::{EffectReason, NameOf, Turn, counted, is_enabled};
use crate::model::tables::combinations::BUILT_IN_STRENGTHS;

/// The session controls of a policy that let in more than no policy at all would, in words.
pub(super) fn loosens(policy: &Value) -> Option<&'static str> {
    let session = policy.get("sessionControls")?;
    if mode(session.get("persistentBrowser")) == "always" {
        return Some("browser sessions persist");
    }
    if mode(session.get("continuousAccessEvaluation")) == "disabled" {
        return Some("continuous access evaluation is switched off");
    }
    None
}

fn mode(control: Option<&Value>) -> &str {
    control
        .and_then(|c| c.get("mode"))
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// One requirement of a grant.
struct GrantPart {
    key: String,
    words: String,
}

fn requirements(grant: &Value, name: NameOf<'_>) -> Vec<GrantPart> {
    let mut list = Vec::new();
    for (member, label) in [
        ("builtInControls", ""),
        ("customAuthenticationFactors", "custom control "),
        ("termsOfUse", "terms of use "),
    ] {
        for item in grant
            .get(member)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let text = item.as_str().unwrap_or_default();
            list.push(GrantPart {
                key: format!("{member} {text}"),
                words: format!("{label}`{}`", name(text)),
            });
        }
    }
    if let Some(strength) = grant.get("authenticationStrength").and_then(Value::as_str) {
        list.push(GrantPart {
            key: format!("strength {strength}"),
            words: format!("the strength `{}`", name(strength)),
        });
    }
    list
}

/// How strong a requirement is among those that are one way of multifactor authentication:
/// the control `mfa` and the built-in strengths (types.md section 5: each built-in strength
/// allows fewer combinations than the one before).
fn rank(requirement: &GrantPart) -> Option<usize> {
    if requirement.key == "builtInControls mfa" {
        return Some(0);
    }
    let id = requirement.key.strip_prefix("strength ")?;
    BUILT_IN_STRENGTHS
        .iter()
        .position(|s| s.id.eq_ignore_ascii_case(id) || s.display_name == id)
}

pub(super) fn grant(before: &Value, after: &Value, name: NameOf<'_>, into: &mut Vec<EffectReason>) {
    let (old, new) = match (before.get("grantControls"), after.get("grantControls")) {
        (old, new) if old == new => return,
        (None, None) => return,
        (None, Some(new)) => {
            let shown: Vec<String> = requirements(new, name)
                .into_iter()
                .map(|r| r.words)
                .collect();
            let words = format!("requires {}", joined(&shown, new));
            into.push(EffectReason::new(Turn::Adds, words));
            return;
        }
        (Some(old), None) => {
            let shown: Vec<String> = requirements(old, name)
                .into_iter()
                .map(|r| r.words)
                .collect();
            let words = format!("no longer requires {}", joined(&shown, old));
            into.push(EffectReason::new(Turn::Takes, words));
            return;
        }
        (Some(old), Some(new)) => (old, new),
    };
    let (had, has) = (requirements(old, name), requirements(new, name));
    let blocks = |list: &[GrantPart]| list.iter().any(|r| r.key == "builtInControls block");
    match (blocks(&had), blocks(&has)) {
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
    let of = |list: &[GrantPart], other: &[GrantPart]| -> Vec<String> {
        list.iter()
            .filter(|r| other.iter().all(|o| o.key != r.key))
            .map(|r| r.words.clone())
            .collect()
    };
    let (added, removed) = (of(&has, &had), of(&had, &has));
    // A single requirement is stored with OR, and means AND as well (CA-R10).
    let all = |grant: &Value, list: &[GrantPart]| {
        list.len() == 1 || grant.get("operator").is_some_and(|o| o == "AND")
    };
    let any = |grant: &Value, list: &[GrantPart]| {
        list.len() == 1 || grant.get("operator").is_some_and(|o| o == "OR")
    };
    let both_all = all(old, &had) && all(new, &has);
    let both_any = any(old, &had) && any(new, &has);
    let (plus, minus) = (added.join(", "), removed.join(", "));
    let reason = match (added.is_empty(), removed.is_empty()) {
        (true, true) if all(new, &has) => EffectReason::new(
            Turn::Adds,
            "all of the controls are required, not one of them",
        ),
        (true, true) => EffectReason::new(
            Turn::Takes,
            "one of the controls is enough, not all of them",
        ),
        (false, true) if both_all => EffectReason::new(Turn::Adds, format!("also requires {plus}")),
        (false, true) if both_any => {
            EffectReason::new(Turn::Takes, format!("{plus} is enough, too"))
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
                    EffectReason::new(Turn::Unknown, "controls and their operator change")
                }
                None => EffectReason::new(Turn::Unknown, words),
            }
        }
    };
    into.push(reason);
}

fn joined(words: &[String], grant: &Value) -> String {
    let or = grant.get("operator").is_some_and(|o| o == "OR");
    words.join(if or { " or " } else { " and " })
}

pub(super) fn session(before: &Value, after: &Value, into: &mut Vec<EffectReason>) {
    let none = Value::Null;
    let (old, new) = (
        before.get("sessionControls").unwrap_or(&none),
        after.get("sessionControls").unwrap_or(&none),
    );
    for control in keys(old, new) {
        let (had, has) = (old.get(control), new.get(control));
        if had == has {
            continue;
        }
        into.push(match control {
            "signInFrequency" => frequency(had, has),
            "persistentBrowser" => {
                // The order of strictness: never, no control, always.
                let rank = |side| match mode(side) {
                    "never" => 2,
                    "always" => 0,
                    _ => 1,
                };
                let words = match mode(has) {
                    "never" => "browser sessions never persist",
                    "always" => "browser sessions persist",
                    _ => "whether browser sessions persist is no longer controlled",
                };
                EffectReason::new(by_order(rank(had), rank(has)), words)
            }
            "continuousAccessEvaluation" => {
                let rank = |side| match mode(side) {
                    "strictLocation" | "strictEnforcement" => Some(2),
                    "" => Some(1),
                    "disabled" => Some(0),
                    _ => None,
                };
                let words = match mode(has) {
                    "" => "continuous access evaluation is no longer set".to_owned(),
                    mode => format!("continuous access evaluation is `{mode}`"),
                };
                let turn = match (rank(had), rank(has)) {
                    (Some(from), Some(to)) if from != to => by_order(from, to),
                    _ => Turn::Unknown,
                };
                EffectReason::new(turn, words)
            }
            "cloudAppSecurity" => {
                let kind = |side: Option<&Value>| match side {
                    None => Some(0),
                    Some(side) => match side.get("cloudAppSecurityType").and_then(Value::as_str) {
                        Some("monitorOnly") => Some(1),
                        Some("blockDownloads") => Some(2),
                        _ => None,
                    },
                };
                match (had, has, kind(had), kind(has)) {
                    (None, ..) => plain(Turn::Adds, "is added", control),
                    (_, None, ..) => plain(Turn::Takes, "is removed", control),
                    (_, _, Some(from), Some(to)) => plain(by_order(from, to), "changes", control),
                    _ => plain(Turn::Unknown, "changes", control),
                }
            }
            _ => match (had, has) {
                (None, _) => plain(Turn::Adds, "is added", control),
                (_, None) => plain(Turn::Takes, "is removed", control),
                _ => plain(Turn::Unknown, "changes", control),
            },
        });
    }
}

fn plain(turn: Turn, what: &str, control: &str) -> EffectReason {
    EffectReason::new(turn, format!("the session control `{control}` {what}"))
}

fn by_order(from: i64, to: i64) -> Turn {
    match from.cmp(&to) {
        std::cmp::Ordering::Less => Turn::Adds,
        std::cmp::Ordering::Equal => Turn::Neutral,
        std::cmp::Ordering::Greater => Turn::Takes,
    }
}

/// How often users sign in again: more often is stronger.
fn frequency(had: Option<&Value>, has: Option<&Value>) -> EffectReason {
    let member = |side: &Value, name: &str| {
        side.get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    // Hours; every time is none.
    let hours = |side: &Value| -> Option<i64> {
        if member(side, "frequencyInterval") == "everyTime" {
            return Some(0);
        }
        let value = side.get("value").and_then(Value::as_i64)?;
        match member(side, "type").as_str() {
            "hours" => Some(value),
            "days" => value.checked_mul(24),
            _ => None,
        }
    };
    let shown = |side: &Value| match hours(side) {
        Some(0) => "every time".to_owned(),
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
    let again = (
        member(had, "authenticationType"),
        member(has, "authenticationType"),
    );
    match (hours(had), hours(has)) {
        (Some(from), Some(to)) if again.0 == again.1 => {
            EffectReason::new(by_order(to, from), words)
        }
        (Some(from), Some(to)) if from == to => {
            // Only who has to prove what changes: both factors, or the second alone.
            let turn = match again.1.as_str() {
                "secondaryAuthentication" => Turn::Takes,
                "primaryAndSecondaryAuthentication" => Turn::Adds,
                _ => Turn::Unknown,
            };
            EffectReason::new(turn, "which factors are asked for again changes")
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
            "limits which keys or certificates count",
        )),
        (true, false) => reasons.push(EffectReason::new(
            Turn::Takes,
            "no longer limits which keys or certificates count",
        )),
        _ => reasons.push(EffectReason::new(
            Turn::Unknown,
            "which keys or certificates count changes",
        )),
    }
    reasons
}

/// True for a strength, seen from a policy that is enforced, or any other requirement.
pub(super) fn uses_strength(policy: &Value, id: &str) -> bool {
    is_enabled(policy)
        && policy
            .pointer("/grantControls/authenticationStrength")
            .and_then(Value::as_str)
            .is_some_and(|used| used.eq_ignore_ascii_case(id))
}
