//! Objects in words: for a policy who, what, when and control. All names in it can be seen.

use serde_json::Value;

use super::delta::state;
use crate::model::conditions::{CONDITIONS, Condition, Limit, Part};
use crate::model::enums::GrantControl;
use crate::model::grant::GrantControls;
use crate::model::location::{LocationType, NamedLocation};
use crate::model::policy::{ConditionalAccessPolicy, Conditions};
use crate::model::session::SessionControls;
use crate::model::strength::AuthenticationStrength;
use crate::model::values::GraphEnum;
use crate::model::{Kind, Object};
use crate::render::whatif::words::control;
use crate::text::{few, visible};

/// How many names of a list are shown.
const MOST: usize = 5;

/// One thing that is said of an object: its heading, which may be empty, and the words.
pub(in crate::render) type Said = (&'static str, String);

/// An object in words, by its normal form with names.
pub(in crate::render) fn object(kind: Kind, normal: &Value) -> Vec<Said> {
    match Object::from_value(kind, normal) {
        Ok(Object::ConditionalAccessPolicy(policy)) => self::policy(&policy),
        Ok(other) => plain(&other).into_iter().map(|words| ("", words)).collect(),
        Err(_) => Vec::new(),
    }
}

/// What an object does, in a sentence: what a policy asks, of whom, and where, without exceptions; of
/// other objects what they hold.
pub(in crate::render) fn effect(kind: Kind, normal: &Value) -> String {
    let Ok(Object::ConditionalAccessPolicy(policy)) = Object::from_value(kind, normal) else {
        return brief(kind, normal);
    };
    let session = policy.session_controls.as_ref();
    let session = session.into_iter().flat_map(session_controls);
    let session = session.map(|(name, _)| format!("`{name}`"));
    let grant = policy.grant_controls.as_ref().and_then(self::grant);
    let controls = grant.into_iter().chain(session).collect::<Vec<_>>();
    let rows = CONDITIONS.iter().filter(|row| row.part != Part::When);
    let scope = rows.filter_map(|row| match (row.read)(&policy.conditions) {
        Limit::Absent => None,
        Limit::Listed(items)
        | Limit::Sides {
            included: items, ..
        } => (!items.is_empty()).then(|| named(row, &items)),
        Limit::Opaque(value) => Some(opaque(row, &value))
            .filter(|(_, includes)| *includes)
            .map(|(words, _)| words),
    });
    format!(
        "{}: {}",
        controls.join(", "),
        scope.collect::<Vec<_>>().join(", ")
    )
}

/// An object in few words.
pub(super) fn brief(kind: Kind, normal: &Value) -> String {
    match Object::from_value(kind, normal) {
        Ok(Object::ConditionalAccessPolicy(policy)) => {
            let state = state_of(&policy);
            let grant = policy.grant_controls.as_ref().and_then(self::grant);
            let session = policy.session_controls.is_some();
            match grant.or(session.then(|| "session controls".to_owned())) {
                Some(controls) => format!("{state}: {controls}"),
                None => state,
            }
        }
        Ok(Object::Group(group)) => match (&group.membership_rule, &group.members) {
            (Some(_), _) => "members by rule".to_owned(),
            (None, Some(members)) => counted(members.len(), "member", "members"),
            (None, None) => String::new(),
        },
        Ok(Object::NamedLocation(place)) => match place.location_type() {
            LocationType::Ip => {
                let ranges = counted(place.ip_ranges.len(), "IP range", "IP ranges");
                let trusted = place.is_trusted == Some(true);
                format!("{ranges}{}", if trusted { ", trusted" } else { "" })
            }
            LocationType::Country => {
                counted(place.countries_and_regions.len(), "country", "countries")
            }
            LocationType::CompliantNetwork | LocationType::Other(_) => String::new(),
        },
        Ok(Object::AuthenticationStrength(strength)) => {
            let count = strength.allowed_combinations.len();
            counted(count, "combination", "combinations")
        }
        Ok(Object::TestUser(_) | Object::AuthenticationContext(_)) | Err(_) => normal
            .get("displayName")
            .and_then(Value::as_str)
            .map_or_else(String::new, |name| visible(name, false)),
    }
}

fn counted(count: usize, one: &str, several: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        n => format!("{n} {several}"),
    }
}

fn state_of(policy: &ConditionalAccessPolicy) -> String {
    let text = policy.state.as_ref().map_or("", |state| state.as_str());
    visible(state(text), false)
}

fn policy(policy: &ConditionalAccessPolicy) -> Vec<Said> {
    let parts = [
        ("", Some(state_of(policy))),
        ("who", part(&policy.conditions, Part::Who)),
        ("what", part(&policy.conditions, Part::What)),
        ("when", part(&policy.conditions, Part::When)),
        ("control", controls(policy)),
    ];
    let said = |(heading, words): (&'static str, Option<String>)| Some((heading, words?));
    parts.into_iter().filter_map(said).collect()
}

/// What the conditions of one part say; nothing where they say nothing.
fn part(conditions: &Conditions, part: Part) -> Option<String> {
    let rows = CONDITIONS.iter().filter(|row| row.part == part);
    let words = match part {
        Part::Who => who(conditions, rows),
        Part::What | Part::When => {
            let each = rows.filter_map(|row| one(row, (row.read)(conditions)));
            each.collect::<Vec<_>>().join(", ")
        }
    };
    (!words.is_empty()).then_some(words)
}

/// Whoever is in one of the lists, and in none of those that are left out.
fn who<'a>(conditions: &Conditions, rows: impl Iterator<Item = &'a Condition>) -> String {
    let (mut included, mut excluded) = (Vec::new(), Vec::new());
    for row in rows {
        match (row.read)(conditions) {
            Limit::Absent => {}
            Limit::Listed(items) => included.push(named(row, &items)),
            Limit::Sides {
                included: on,
                excluded: off,
            } => {
                included.extend((!on.is_empty()).then(|| named(row, &on)));
                excluded.extend((!off.is_empty()).then(|| named(row, &off)));
            }
            Limit::Opaque(value) => {
                let (words, includes) = opaque(row, &value);
                match includes {
                    true => included.push(words),
                    false => excluded.push(words),
                }
            }
        }
    }
    let mut words = included.join(", ");
    if !excluded.is_empty() {
        words.push_str(&format!(" except {}", excluded.join(", ")));
    }
    words.trim_start().to_owned()
}

/// What one condition says.
fn one(row: &Condition, limit: Limit<'_>) -> Option<String> {
    match limit {
        Limit::Absent => None,
        Limit::Listed(items) => Some(named(row, &items)),
        Limit::Sides { included, excluded } => {
            let mut words = match included.is_empty() {
                true => row.several.to_owned(),
                false => named(row, &included),
            };
            if !excluded.is_empty() {
                words.push_str(&format!(" except {}", names(excluded)));
            }
            Some(words)
        }
        Limit::Opaque(value) => Some(match opaque(row, &value) {
            (words, true) => words,
            (words, false) => format!("not {words}"),
        }),
    }
}

/// The items of a condition, with what they are.
fn named(row: &Condition, items: &[&str]) -> String {
    if row.is_all(items) {
        return format!("all {}", row.several);
    }
    if items.iter().all(|item| item.eq_ignore_ascii_case("None")) && row.part != Part::When {
        return format!("no {}", row.one);
    }
    let what = match items.len() {
        1 => row.one,
        _ => row.several,
    };
    // Where the levels follow, `level of sign-in risk` says a word too much.
    let short = ["level of ", "levels of "].iter();
    let short = short.filter_map(|begin| what.strip_prefix(begin)).next();
    let what = short.unwrap_or(what);
    format!("{what} {}", names(items.iter().copied()))
}

fn names<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    let quoted = items
        .into_iter()
        .map(|name| format!("`{}`", visible(name, false)));
    few(quoted, MOST)
}

/// A condition that is no list, and whether it includes.
fn opaque(row: &Condition, value: &Value) -> (String, bool) {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    if let Some(rule) = text("rule") {
        let words = format!("{} with `{}`", row.several, visible(rule, false));
        return (words, text("mode") != Some("exclude"));
    }
    let types = text("guestOrExternalUserTypes").unwrap_or_default();
    let mut words = match types.is_empty() {
        true => row.several.to_owned(),
        false => format!("guests or external users ({})", names(types.split(','))),
    };
    let tenants = value
        .pointer("/externalTenants/members")
        .and_then(Value::as_array);
    if let Some(tenants) = tenants.filter(|tenants| !tenants.is_empty()) {
        let ids = tenants.iter().filter_map(Value::as_str);
        words.push_str(&format!(" of the tenants {}", names(ids)));
    }
    (words, !row.include.is_empty())
}

/// What a policy asks for.
fn controls(policy: &ConditionalAccessPolicy) -> Option<String> {
    let grant = policy.grant_controls.as_ref().and_then(self::grant);
    let session = policy.session_controls.as_ref().and_then(session);
    let parts: Vec<String> = [grant, session].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn grant(grant: &GrantControls) -> Option<String> {
    let GrantControls {
        operator,
        built_in_controls,
        custom_authentication_factors,
        terms_of_use,
        authentication_strength,
    } = grant;
    if built_in_controls.contains(&GrantControl::Block) {
        return Some("block".to_owned());
    }
    let quoted = |text: &str| format!("`{}`", visible(text, false));
    let mut parts: Vec<String> = (built_in_controls.iter())
        .map(|control| quoted(control.as_str()))
        .collect();
    parts.extend(
        (authentication_strength.iter()).map(|s| format!("strength {}", quoted(&s.target))),
    );
    parts.extend(
        terms_of_use
            .iter()
            .map(|name| format!("terms of use {}", quoted(name))),
    );
    let custom = custom_authentication_factors.iter();
    parts.extend(custom.map(|id| format!("custom control {}", quoted(id))));
    let joined = match operator.as_deref() {
        Some(operator) if operator.eq_ignore_ascii_case("AND") => " and ",
        _ => " or ",
    };
    (!parts.is_empty()).then(|| format!("require {}", parts.join(joined)))
}

/// The session controls that are set, each with what they say.
fn session_controls(session: &SessionControls) -> Vec<(String, Value)> {
    let all = serde_json::to_value(session).unwrap_or_default();
    let all = match all {
        Value::Object(all) => all,
        _ => return Vec::new(),
    };
    let set = |(_, value): &(String, Value)| !value.is_null() && *value != Value::Bool(false);
    all.into_iter().filter(set).collect()
}

fn session(session: &SessionControls) -> Option<String> {
    let words: Vec<String> = session_controls(session)
        .iter()
        .map(|(name, value)| match control(value).as_str() {
            "on" | "true" => format!("`{name}`"),
            how => format!("`{name}` {}", visible(how, false)),
        })
        .collect();
    (!words.is_empty()).then(|| format!("session with {}", words.join(", ")))
}

/// Any other object.
fn plain(object: &Object) -> Vec<String> {
    let mut said = Vec::new();
    match object {
        Object::Group(group) => {
            if let Some(rule) = group.membership_rule.as_deref().filter(|r| !r.is_empty()) {
                said.push(format!("members by the rule `{}`", visible(rule, false)));
            }
            match group.members.as_deref().map(Vec::as_slice) {
                None => {}
                Some([]) => said.push("no members".to_owned()),
                Some(members) => {
                    let word = if members.len() == 1 {
                        "member"
                    } else {
                        "members"
                    };
                    said.push(format!(
                        "{word} {}",
                        names(members.iter().map(String::as_str))
                    ));
                }
            }
            if group.is_assignable_to_role == Some(true) {
                said.push("can be assigned to a role".to_owned());
            }
        }
        Object::TestUser(user) => {
            said.push(format!("`{}`", visible(&user.display_name, false)));
            if let Some(groups) = user.member_of.as_deref().filter(|list| !list.is_empty()) {
                said.push(format!("in {}", names(groups.iter().map(String::as_str))));
            }
            if user.account_enabled == Some(false) {
                said.push("disabled".to_owned());
            }
        }
        Object::NamedLocation(place) => location(place, &mut said),
        Object::AuthenticationStrength(strength) => self::strength(strength, &mut said),
        Object::AuthenticationContext(context) => {
            said.push(format!("`{}`", visible(&context.display_name, false)));
            said.push(match context.is_available {
                Some(true) => "published".to_owned(),
                _ => "not published".to_owned(),
            });
        }
        Object::ConditionalAccessPolicy(_) => {}
    }
    said
}

fn location(place: &NamedLocation, said: &mut Vec<String>) {
    match place.location_type() {
        LocationType::Ip => {
            let word = if place.ip_ranges.len() == 1 {
                "range"
            } else {
                "ranges"
            };
            let ranges = place
                .ip_ranges
                .iter()
                .map(|range| range.cidr_address.as_str());
            said.push(format!("IP {word} {}", names(ranges)));
            said.extend((place.is_trusted == Some(true)).then(|| "trusted".to_owned()));
        }
        LocationType::Country => {
            let countries = &place.countries_and_regions;
            let word = if countries.len() == 1 {
                "country"
            } else {
                "countries"
            };
            said.push(format!(
                "{word} {}",
                names(countries.iter().map(String::as_str))
            ));
            if place.include_unknown_countries_and_regions == Some(true) {
                said.push("and unknown countries".to_owned());
            }
            if let Some(method) = &place.country_lookup_method {
                said.push(format!("by `{}`", visible(method.as_str(), false)));
            }
        }
        LocationType::CompliantNetwork => said.push("the compliant network".to_owned()),
        LocationType::Other(kind) => said.push(format!("of the type `{}`", visible(&kind, false))),
    }
}

fn strength(strength: &AuthenticationStrength, said: &mut Vec<String>) {
    let combinations: Vec<String> = (strength.allowed_combinations.iter())
        .map(|methods| {
            let methods = methods
                .0
                .iter()
                .map(|method| visible(method.as_str(), false));
            format!("`{}`", methods.collect::<Vec<_>>().join(" + "))
        })
        .collect();
    said.push(format!("allows {}", few(combinations, MOST)));
    if !strength.combination_configurations.is_empty() {
        said.push("limited to certain keys or certificates".to_owned());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn words(kind: Kind, normal: Value) -> String {
        let said = object(kind, &normal).into_iter();
        let said = said.map(|(heading, words)| match heading {
            "" => words,
            heading => format!("{heading}: {words}"),
        });
        said.collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn a_policy_says_who_what_when_and_control() {
        let policy = json!({
            "displayName": "P",
            "state": "enabledForReportingButNotEnforced",
            "conditions": {
                "applications": {"includeApplications": ["All"], "excludeApplications": ["Office365"]},
                "users": {
                    "includeUsers": ["All"],
                    "excludeGroups": ["CA-BreakGlass", "CA\u{1b}"],
                    "excludeGuestsOrExternalUsers": {
                        "guestOrExternalUserTypes": "internalGuest,serviceProvider",
                        "externalTenants": {"membershipKind": "enumerated", "members": ["t"]},
                    },
                },
                "platforms": {"includePlatforms": ["all"], "excludePlatforms": ["iOS"]},
                "signInRiskLevels": ["high", "medium"],
                "devices": {"deviceFilter": {"mode": "exclude", "rule": "device.isCompliant -eq True"}},
            },
            "grantControls": {"operator": "AND", "builtInControls": ["mfa", "compliantDevice"]},
            "sessionControls": {
                "signInFrequency": {"isEnabled": true, "type": "hours", "value": 4, "frequencyInterval": "timeBased"},
                "persistentBrowser": {"isEnabled": true, "mode": "never"},
            },
        });
        let all = words(Kind::ConditionalAccessPolicy, policy.clone());
        assert_eq!(
            all,
            "report-only; \
             who: all users except groups `CA-BreakGlass`, `CA\\u{1b}`, guests or external users (`internalGuest`, `serviceProvider`) of the tenants `t`; \
             what: all applications except `Office365`; \
             when: all platforms except `iOS`, not devices with `device.isCompliant -eq True`, sign-in risk `high`, `medium`; \
             control: require `mfa` and `compliantDevice`; session with `signInFrequency` 4 hours, `persistentBrowser` never"
        );
        assert_eq!(
            brief(Kind::ConditionalAccessPolicy, &policy),
            "report-only: require `mfa` and `compliantDevice`"
        );
        let block = json!({
            "displayName": "B", "state": "enabled",
            "conditions": {"applications": {"includeUserActions": ["urn:user:registerdevice"]}, "users": {"includeRoles": ["Global Administrator"]}},
            "grantControls": {"operator": "OR", "builtInControls": ["block"]},
        });
        assert_eq!(
            words(Kind::ConditionalAccessPolicy, block),
            "enabled; who: role `Global Administrator`; what: user action `urn:user:registerdevice`; control: block"
        );
    }

    #[test]
    fn other_objects_have_words_too() {
        let cases = [
            (
                Kind::Group,
                json!({"displayName": "G", "members": ["a@contoso.com", "b@contoso.com"]}),
                "members `a@contoso.com`, `b@contoso.com`",
                "2 members",
            ),
            (Kind::Group, json!({"displayName": "G"}), "", ""),
            (
                Kind::NamedLocation,
                json!({"displayName": "L", "ipRanges": [{"cidrAddress": "203.0.113.0/24"}], "isTrusted": true}),
                "IP range `203.0.113.0/24`; trusted",
                "1 IP range, trusted",
            ),
            (
                Kind::NamedLocation,
                json!({"displayName": "L", "countriesAndRegions": ["DE", "AT"], "countryLookupMethod": "clientIpAddress"}),
                "countries `DE`, `AT`; by `clientIpAddress`",
                "2 countries",
            ),
            (
                Kind::AuthenticationStrength,
                json!({"displayName": "S", "allowedCombinations": ["fido2", "password,sms"]}),
                "allows `fido2`, `password + sms`",
                "2 combinations",
            ),
            (
                Kind::AuthenticationContext,
                json!({"id": "c1", "displayName": "Payroll", "isAvailable": true}),
                "`Payroll`; published",
                "Payroll",
            ),
            (
                Kind::TestUser,
                json!({"displayName": "U", "userPrincipalName": "u@contoso.com", "memberOf": ["G"]}),
                "`U`; in `G`",
                "U",
            ),
        ];
        for (kind, normal, long, short) in cases {
            assert_eq!(words(kind, normal.clone()), long);
            assert_eq!(brief(kind, &normal), short);
        }
    }
}
