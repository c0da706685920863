//! Brings a manifest and its live object to where they can be compared: what the manifest
//! does not manage, and what the service adds by itself, is no difference.

use serde_json::Value;

use super::{Action, Verb};
use crate::model::Object;
use crate::model::enums::{
    GrantControl, GuestOrExternalUserType, MembershipKind, SignInFrequencyAuthenticationType,
    SignInFrequencyInterval,
};
use crate::model::location::LocationType;
use crate::model::policy::{ConditionalAccessPolicy, GuestsOrExternalUsers};
use crate::model::tables::combinations::built_in_strengths;
use crate::model::values::{GraphEnum, List, SENTINEL};
use crate::text::pointer::dotted;

/// The object to be, completed by what is left to others, and the live object without what
/// the manifest does not manage.
pub struct ComparedPair {
    /// The object to be.
    pub desired: Object,
    /// The live object.
    pub live: Object,
}

/// Compares `desired` with `live`, keeping the live value of the paths in `ignored`.
pub fn pair(desired: &Object, live: &Object, ignored: &[String]) -> ComparedPair {
    let mut desired = keep_ignored(desired, live, ignored);
    let mut live = live.clone();
    match (&mut desired, &mut live) {
        (Object::ConditionalAccessPolicy(want), Object::ConditionalAccessPolicy(have)) => {
            keep_additions(want, have);
            one_form_of_guests(want, have);
        }
        // The service names its compliant network, and says whether it is trusted (NL-R11).
        (Object::NamedLocation(want), Object::NamedLocation(have))
            if have.location_type() == LocationType::CompliantNetwork
                && want.location_type() == LocationType::CompliantNetwork =>
        {
            want.display_name = have.display_name.clone();
            if want.is_trusted.is_none() {
                want.is_trusted = have.is_trusted;
            }
        }
        (Object::Group(want), Object::Group(have)) => {
            if want.mail_nickname.is_none() {
                have.mail_nickname = None;
            }
            if want.members.is_none() {
                have.members = None;
            }
        }
        (Object::TestUser(want), Object::TestUser(have)) => {
            if want.mail_nickname.is_none() {
                have.mail_nickname = None;
            }
            // The directory takes no null for it (Update user): it cannot be cleared.
            if want.usage_location.is_none() {
                have.usage_location = None;
            }
            if want.member_of.is_none() {
                have.member_of = None;
            }
        }
        _ => {}
    }
    ComparedPair { desired, live }
}

/// What the service adds on its own when a manifest does not say otherwise: a strength and
/// a sign-in frequency for risk remediation (CA-R85), a sign-in frequency for a password
/// change (CA-R84).
fn keep_additions(want: &mut ConditionalAccessPolicy, have: &ConditionalAccessPolicy) {
    let controls = |policy: &ConditionalAccessPolicy, control: GrantControl| {
        policy
            .grant_controls
            .as_ref()
            .is_some_and(|g| g.built_in_controls.contains(&control))
    };
    let remediation = controls(want, GrantControl::RiskRemediation);
    if remediation
        && controls(have, GrantControl::RiskRemediation)
        && let (Some(want), Some(have)) = (&mut want.grant_controls, &have.grant_controls)
        && want.authentication_strength.is_none()
        // What the service adds is a strength of its own, and both are needed; a weaker
        // one was put there by somebody, and is drift.
        && have.authentication_strength.as_ref().is_some_and(|strength| {
            built_in_strengths()
                .iter()
                .any(|known| known.id.eq_ignore_ascii_case(&strength.target))
        })
        && have
            .operator
            .as_deref()
            .is_some_and(|o| o.eq_ignore_ascii_case("AND"))
    {
        want.authentication_strength = have.authentication_strength.clone();
        want.operator = have.operator.clone();
    }
    let change = controls(want, GrantControl::PasswordChange);
    if remediation || change {
        let added = have
            .session_controls
            .as_ref()
            .and_then(|s| s.sign_in_frequency.as_ref())
            .filter(|f| {
                f.is_enabled == Some(true)
                    && f.frequency_interval == Some(SignInFrequencyInterval::EveryTime)
                    && f.authentication_type.as_ref().is_none_or(|t| {
                        *t == SignInFrequencyAuthenticationType::PrimaryAndSecondary
                    })
            });
        let unsaid = want
            .session_controls
            .as_ref()
            .is_none_or(|s| s.sign_in_frequency.is_none());
        if let (Some(added), true) = (added, unsaid) {
            want.session_controls
                .get_or_insert_default()
                .sign_in_frequency = Some(added.clone());
        }
    }
}

/// `GuestsOrExternalUsers` among the users and every kind of guest of every tenant are one value in
/// two forms (CA-R28). The portal rewrites the old one, and both together are refused: what is there
/// is kept.
fn one_form_of_guests(want: &mut ConditionalAccessPolicy, have: &ConditionalAccessPolicy) {
    let (Some(want), Some(have)) = (&mut want.conditions.users, &have.conditions.users) else {
        return;
    };
    let is_old = |text: &String| text.trim().eq_ignore_ascii_case("GuestsOrExternalUsers");
    let one_form = |want: (&mut List<String>, &mut Option<GuestsOrExternalUsers>),
                    have: (&List<String>, &Option<GuestsOrExternalUsers>)| {
        let (users, guests) = want;
        let (old, live_old) = (
            users.iter().position(is_old),
            have.0.iter().find(|t| is_old(t)),
        );
        match (old, &guests, live_old, have.1) {
            (Some(at), None, None, Some(live)) if is_every_guest(live) => {
                users.remove(at);
                *guests = Some(live.clone());
            }
            (None, Some(wanted), Some(live), None) if is_every_guest(wanted) => {
                users.push(live.clone());
                *guests = None;
            }
            _ => {}
        }
    };
    one_form(
        (
            &mut want.include_users,
            &mut want.include_guests_or_external_users,
        ),
        (&have.include_users, &have.include_guests_or_external_users),
    );
    one_form(
        (
            &mut want.exclude_users,
            &mut want.exclude_guests_or_external_users,
        ),
        (&have.exclude_users, &have.exclude_guests_or_external_users),
    );
}

fn is_every_guest(guests: &GuestsOrExternalUsers) -> bool {
    let kinds = &guests.guest_or_external_user_types.0;
    let none = GuestOrExternalUserType::None.as_str();
    let every = GuestOrExternalUserType::MEMBERS
        .iter()
        .filter(|kind| **kind != none);
    let all = every
        .map(|kind| GuestOrExternalUserType::parse(kind))
        .all(|kind| kinds.contains(&kind));
    let tenants = guests.external_tenants.as_ref();
    all && tenants.is_none_or(|tenants| {
        tenants.members.is_empty() && tenants.membership_kind != Some(MembershipKind::Enumerated)
    })
}

fn keep_ignored(desired: &Object, live: &Object, ignored: &[String]) -> Object {
    if ignored.is_empty() {
        return desired.clone();
    }
    let mut value = desired.to_value();
    let have = live.to_value();
    for path in ignored {
        let parts: Vec<&str> = path.split('.').collect();
        let mut live_value = &have;
        for part in &parts {
            live_value = live_value.get(part).unwrap_or(&Value::Null);
        }
        set(&mut value, &parts, live_value.clone());
    }
    // Both sides are the model's own JSON: what is put together from them can be read.
    Object::from_value(desired.kind(), &value).unwrap_or_else(|_| desired.clone())
}

/// The property by which a write of `action` would send `unknownFutureValue`: the sentinel that
/// Graph gives in the place of a value that it does not tell, and refuses to take. What is kept
/// of the live object (`ignoreChanges`, members that gatewright does not know) and what a
/// journal holds can be such; a manifest cannot.
pub fn unsendable(action: &Action) -> Option<String> {
    let desired = action.desired.as_ref()?.to_value();
    let sent = |first: &str| {
        action.verb == Verb::Create
            || (action.changes.iter()).any(|path| path.split('.').next() == Some(first))
    };
    if let Value::Object(map) = &desired {
        let words = ["displayName", "description"];
        let parts = map.iter().filter(|(name, _)| sent(name));
        for (name, value) in parts.filter(|(name, _)| !words.contains(&name.as_str())) {
            let mut path = vec![name.as_str()];
            if has_sentinel(value, &mut path) {
                return Some(path.join("."));
            }
        }
    }
    let live = action.live.as_ref()?;
    for member in &live.unknown {
        let path = dotted(&member.pointer);
        let held = live.raw.pointer(&member.pointer).unwrap_or(&Value::Null);
        let first = path.split('.').next().unwrap_or_default();
        if sent(first) && has_sentinel(held, &mut Vec::new()) {
            return Some(path);
        }
    }
    None
}

/// Whether the sentinel is in a value; `path` then names the property that holds it. Names and
/// descriptions are anybody's words.
fn has_sentinel<'a>(value: &'a Value, path: &mut Vec<&'a str>) -> bool {
    match value {
        // Flags are words between commas.
        Value::String(text) => text
            .split(',')
            .any(|word| word.trim().eq_ignore_ascii_case(SENTINEL)),
        Value::Array(items) => items.iter().any(|item| has_sentinel(item, path)),
        Value::Object(map) => map.iter().any(|(name, value)| {
            path.push(name);
            let found = has_sentinel(value, path);
            if !found {
                path.pop();
            }
            found
        }),
        _ => false,
    }
}

fn set(value: &mut Value, path: &[&str], new: Value) {
    let [first, rest @ ..] = path else {
        *value = new;
        return;
    };
    if value.is_null() {
        if new.is_null() {
            return; // nothing there, nothing to keep
        }
        *value = Value::Object(Default::default());
    }
    if let Value::Object(map) = value {
        set(map.entry(*first).or_insert(Value::Null), rest, new);
    }
}
