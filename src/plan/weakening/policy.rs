//! Two versions of one policy: state, and who, what and when is covered.

use std::collections::BTreeSet;

use serde_json::Value;

use super::controls::{grant, loosens, session};
use super::{EffectReason, NameOf, Turn, counted, is_enabled};

/// What a new policy adds.
pub(super) fn created(after: &Value) -> Vec<EffectReason> {
    if !is_enabled(after) {
        return vec![EffectReason::new(
            Turn::Neutral,
            format!("a new policy that is {}: nothing is enforced", state(after)),
        )];
    }
    let mut reasons = vec![EffectReason::new(
        Turn::Adds,
        "a new policy that is enabled",
    )];
    if let Some(what) = loosens(after) {
        reasons.push(EffectReason::new(Turn::Unknown, what));
    }
    reasons
}

/// What the end of a policy takes.
pub(super) fn deleted(before: &Value) -> Vec<EffectReason> {
    vec![if is_enabled(before) {
        EffectReason::new(Turn::Takes, "an enabled policy is deleted")
    } else {
        EffectReason::new(
            Turn::Neutral,
            format!("the policy is {}: nothing was enforced", state(before)),
        )
    }]
}

/// What changing a policy does, by its two normal forms. `name` says what a person calls the
/// object of an id.
pub fn compare(before: &Value, after: &Value, name: NameOf<'_>) -> Vec<EffectReason> {
    let (old, new) = (state(before), state(after));
    let moved = format!("moved from {old} to {new}");
    match (is_enabled(before), is_enabled(after)) {
        (true, true) => content(before, after, name),
        (true, false) => vec![EffectReason::new(Turn::Takes, moved)],
        (false, true) => {
            let mut reasons = vec![EffectReason::new(Turn::Adds, moved)];
            if let Some(what) = loosens(after) {
                reasons.push(EffectReason::new(Turn::Unknown, what));
            }
            reasons
        }
        (false, false) if old != new => vec![EffectReason::new(
            Turn::Neutral,
            format!("{moved}: nothing is enforced before or after"),
        )],
        (false, false) => vec![EffectReason::new(
            Turn::Neutral,
            format!("the policy is {new}: nothing is enforced"),
        )],
    }
}

fn state(policy: &Value) -> &'static str {
    match policy.get("state").and_then(Value::as_str) {
        Some("enabled") => "enabled",
        Some("enabledForReportingButNotEnforced") => "report-only",
        _ => "disabled",
    }
}

fn content(before: &Value, after: &Value, name: NameOf<'_>) -> Vec<EffectReason> {
    let mut reach = Vec::new();
    let none = Value::Null;
    let part = |policy: &Value| policy.get("conditions").cloned().unwrap_or(none.clone());
    let (old, new) = (part(before), part(after));
    users(old.get("users"), new.get("users"), name, &mut reach);
    applications(
        old.get("applications"),
        new.get("applications"),
        name,
        &mut reach,
    );
    workloads(
        old.get("clientApplications"),
        new.get("clientApplications"),
        name,
        &mut reach,
    );
    limits(&old, &new, name, &mut reach);
    // A session control that loosens reaches more people when the policy does.
    if loosens(before).is_some() || loosens(after).is_some() {
        for reason in reach.iter_mut().filter(|r| r.turn == Turn::Adds) {
            reason.turn = Turn::Unknown;
            reason
                .words
                .push_str(", with a session control that loosens");
        }
    }
    let mut reasons = reach;
    grant(before, after, name, &mut reasons);
    session(before, after, &mut reasons);
    const COMPARED: [&str; 5] = [
        "displayName",
        "state",
        "conditions",
        "grantControls",
        "sessionControls",
    ];
    for member in keys(before, after) {
        if !COMPARED.contains(&member) && before.get(member) != after.get(member) {
            reasons.push(EffectReason::new(
                Turn::Unknown,
                format!("`{member}` changes"),
            ));
        }
    }
    if reasons.is_empty() && before.get("displayName") != after.get("displayName") {
        reasons.push(EffectReason::new(Turn::Neutral, "only the name changes"));
    }
    reasons
}

fn set(object: Option<&Value>, member: &str) -> BTreeSet<String> {
    object
        .and_then(|o| o.get(member))
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|item| item.as_str().map(str::to_owned))
        .filter(|item| item != "None")
        .collect()
}

/// What stands in one list and not in the other, by name.
fn missing(from: &BTreeSet<String>, list: &BTreeSet<String>, name: NameOf<'_>) -> Vec<String> {
    from.difference(list).map(|id| name(id)).collect()
}

/// A list that includes: more of it adds.
fn included(
    old: &BTreeSet<String>,
    new: &BTreeSet<String>,
    words: (&str, &str),
    name: NameOf<'_>,
    into: &mut Vec<EffectReason>,
) {
    let (gone, come) = (missing(old, new, name), missing(new, old, name));
    if !gone.is_empty() {
        let what = counted(&gone, words.0, words.1);
        into.push(EffectReason::new(
            Turn::Takes,
            format!("no longer includes {what}"),
        ));
    }
    if !come.is_empty() {
        let what = counted(&come, &more(words.0), &more(words.1));
        into.push(EffectReason::new(Turn::Adds, format!("includes {what}")));
    }
}

/// A list that excludes: more of it takes.
fn excluded(
    old: &BTreeSet<String>,
    new: &BTreeSet<String>,
    words: (&str, &str),
    name: NameOf<'_>,
    into: &mut Vec<EffectReason>,
) {
    let (gone, come) = (missing(old, new, name), missing(new, old, name));
    if !come.is_empty() {
        let what = counted(&come, &more(words.0), &more(words.1));
        into.push(EffectReason::new(Turn::Takes, format!("excludes {what}")));
    }
    if !gone.is_empty() {
        let what = counted(&gone, words.0, words.1);
        into.push(EffectReason::new(
            Turn::Adds,
            format!("no longer excludes {what}"),
        ));
    }
}

fn more(word: &str) -> String {
    format!("more {word}")
}

const USER: (&str, &str) = ("user", "users");
const GROUP: (&str, &str) = ("group", "groups");
const ROLE: (&str, &str) = ("role", "roles");
const APP: (&str, &str) = ("application", "applications");
const LOCATION: (&str, &str) = ("location", "locations");
const PRINCIPAL: (&str, &str) = ("service principal", "service principals");

fn users(old: Option<&Value>, new: Option<&Value>, name: NameOf<'_>, into: &mut Vec<EffectReason>) {
    let everybody = |side| set(side, "includeUsers").contains("All");
    match (everybody(old), everybody(new)) {
        // Whatever else is listed is covered already.
        (true, true) => {}
        (true, false) => {
            into.push(EffectReason::new(
                Turn::Takes,
                "no longer includes all users",
            ));
        }
        (false, true) => into.push(EffectReason::new(Turn::Adds, "includes all users")),
        (false, false) => {
            for (member, words) in [
                ("includeUsers", USER),
                ("includeGroups", GROUP),
                ("includeRoles", ROLE),
            ] {
                included(&set(old, member), &set(new, member), words, name, into);
            }
            guests(old, new, "includeGuestsOrExternalUsers", true, into);
        }
    }
    for (member, words) in [
        ("excludeUsers", USER),
        ("excludeGroups", GROUP),
        ("excludeRoles", ROLE),
    ] {
        excluded(&set(old, member), &set(new, member), words, name, into);
    }
    guests(old, new, "excludeGuestsOrExternalUsers", false, into);
    rest(
        old,
        new,
        "users",
        &[
            "includeUsers",
            "includeGroups",
            "includeRoles",
            "includeGuestsOrExternalUsers",
            "excludeUsers",
            "excludeGroups",
            "excludeRoles",
            "excludeGuestsOrExternalUsers",
        ],
        into,
    );
}

/// Guests and external users, by type; of other home tenants nothing is concluded.
fn guests(
    old: Option<&Value>,
    new: Option<&Value>,
    member: &str,
    includes: bool,
    into: &mut Vec<EffectReason>,
) {
    let (old, new) = (
        old.and_then(|o| o.get(member)),
        new.and_then(|o| o.get(member)),
    );
    if old == new {
        return;
    }
    let verb = if includes { "includes" } else { "excludes" };
    let (more, fewer) = match includes {
        true => (Turn::Adds, Turn::Takes),
        false => (Turn::Takes, Turn::Adds),
    };
    let types = |side: Option<&Value>| flags(side.and_then(|s| s.get("guestOrExternalUserTypes")));
    let tenants = |side: Option<&Value>| side.and_then(|s| s.get("externalTenants")).cloned();
    let (had, has) = (types(old), types(new));
    let words = "types of guests or external users";
    if old.is_some() && new.is_some() && tenants(old) != tenants(new) {
        into.push(EffectReason::new(
            Turn::Unknown,
            format!("{verb} guests or external users of other tenants"),
        ));
        return;
    }
    let plain = |id: &str| id.to_owned();
    let (gone, come) = (missing(&had, &has, &plain), missing(&has, &had, &plain));
    if !come.is_empty() {
        let what = counted(
            &come,
            "more type of guests or external users",
            &format!("more {words}"),
        );
        into.push(EffectReason::new(more, format!("{verb} {what}")));
    }
    if !gone.is_empty() {
        let what = counted(&gone, "type of guests or external users", words);
        into.push(EffectReason::new(fewer, format!("no longer {verb} {what}")));
    }
}

/// The members of a flags text.
fn flags(value: Option<&Value>) -> BTreeSet<String> {
    let text = value.and_then(Value::as_str).unwrap_or_default();
    let parts = text.split(',').map(str::trim).filter(|p| !p.is_empty());
    parts.map(str::to_owned).collect()
}

fn applications(
    old: Option<&Value>,
    new: Option<&Value>,
    name: NameOf<'_>,
    into: &mut Vec<EffectReason>,
) {
    let all = |side| set(side, "includeApplications").contains("All");
    match (all(old), all(new)) {
        (true, true) => {}
        (true, false) => {
            into.push(EffectReason::new(
                Turn::Takes,
                "no longer covers all applications",
            ));
        }
        (false, true) => into.push(EffectReason::new(Turn::Adds, "covers all applications")),
        (false, false) => {
            let member = "includeApplications";
            included(&set(old, member), &set(new, member), APP, name, into);
        }
    }
    for (member, words) in [
        ("includeUserActions", ("user action", "user actions")),
        (
            "includeAuthenticationContextClassReferences",
            ("authentication context", "authentication contexts"),
        ),
    ] {
        included(&set(old, member), &set(new, member), words, name, into);
    }
    let member = "excludeApplications";
    excluded(&set(old, member), &set(new, member), APP, name, into);
    let filter = |side: Option<&Value>| side.and_then(|s| s.get("applicationFilter")).cloned();
    let excludes = |filter: &Value| filter.get("mode").is_some_and(|m| m == "exclude");
    match (filter(old), filter(new)) {
        (old, new) if old == new => {}
        (None, Some(new)) if excludes(&new) => into.push(EffectReason::new(
            Turn::Takes,
            "excludes applications by a filter",
        )),
        (Some(old), None) if excludes(&old) => into.push(EffectReason::new(
            Turn::Adds,
            "no longer excludes applications by a filter",
        )),
        _ => into.push(EffectReason::new(
            Turn::Unknown,
            "the filter of applications changes",
        )),
    }
    rest(
        old,
        new,
        "applications",
        &[
            "includeApplications",
            "excludeApplications",
            "includeUserActions",
            "includeAuthenticationContextClassReferences",
            "applicationFilter",
        ],
        into,
    );
}

fn workloads(
    old: Option<&Value>,
    new: Option<&Value>,
    name: NameOf<'_>,
    into: &mut Vec<EffectReason>,
) {
    let all = |side| set(side, "includeServicePrincipals").contains("ServicePrincipalsInMyTenant");
    match (all(old), all(new)) {
        (true, true) => {}
        (true, false) => into.push(EffectReason::new(
            Turn::Takes,
            "no longer includes all service principals of the tenant",
        )),
        (false, true) => into.push(EffectReason::new(
            Turn::Adds,
            "includes all service principals of the tenant",
        )),
        (false, false) => {
            let member = "includeServicePrincipals";
            included(&set(old, member), &set(new, member), PRINCIPAL, name, into);
        }
    }
    let member = "excludeServicePrincipals";
    excluded(&set(old, member), &set(new, member), PRINCIPAL, name, into);
    rest(
        old,
        new,
        "clientApplications",
        &["includeServicePrincipals", "excludeServicePrincipals"],
        into,
    );
}

/// Members that nothing above compares.
fn rest(
    old: Option<&Value>,
    new: Option<&Value>,
    part: &str,
    compared: &[&str],
    into: &mut Vec<EffectReason>,
) {
    let none = Value::Null;
    let (old, new) = (old.unwrap_or(&none), new.unwrap_or(&none));
    for member in keys(old, new) {
        if !compared.contains(&member) && old.get(member) != new.get(member) {
            into.push(EffectReason::new(
                Turn::Unknown,
                format!("`conditions.{part}.{member}` changes"),
            ));
        }
    }
}

/// The conditions that narrow a policy: without one, every sign-in is covered.
fn limits(old: &Value, new: &Value, name: NameOf<'_>, into: &mut Vec<EffectReason>) {
    let plain = |id: &str| id.to_owned();
    let list = |side: &Value, member: &str| {
        let found = set(Some(side), member);
        (!found.is_empty()).then_some(found)
    };
    for (member, words) in [
        ("clientAppTypes", ("kind of client", "kinds of client")),
        (
            "userRiskLevels",
            ("level of user risk", "levels of user risk"),
        ),
        (
            "signInRiskLevels",
            ("level of sign-in risk", "levels of sign-in risk"),
        ),
        (
            "servicePrincipalRiskLevels",
            (
                "level of service principal risk",
                "levels of service principal risk",
            ),
        ),
    ] {
        limit(list(old, member), list(new, member), words, &plain, into);
    }
    let text = |side: &Value, pointer: &str| {
        let found = flags(side.pointer(pointer));
        (!found.is_empty()).then_some(found)
    };
    for (pointer, words) in [
        (
            "/insiderRiskLevels",
            ("level of insider risk", "levels of insider risk"),
        ),
        (
            "/authenticationFlows/transferMethods",
            ("authentication flow", "authentication flows"),
        ),
        (
            "/agentIdRiskLevels",
            ("level of agent risk", "levels of agent risk"),
        ),
    ] {
        limit(text(old, pointer), text(new, pointer), words, &plain, into);
    }
    for (part, include, exclude, words) in [
        (
            "platforms",
            "includePlatforms",
            "excludePlatforms",
            ("platform", "platforms"),
        ),
        (
            "locations",
            "includeLocations",
            "excludeLocations",
            LOCATION,
        ),
    ] {
        let side = |policy: &Value| {
            let object = policy.get(part);
            let list = set(object, include);
            let all = list.iter().any(|item| item.eq_ignore_ascii_case("all"));
            let list = (object.is_some() && !all).then_some(list);
            (list, set(object, exclude))
        };
        let ((old_list, old_out), (new_list, new_out)) = (side(old), side(new));
        limit(old_list, new_list, words, name, into);
        excluded(&old_out, &new_out, words, name, into);
        rest(
            old.get(part),
            new.get(part),
            part,
            &[include, exclude],
            into,
        );
    }
    match (old.get("devices"), new.get("devices")) {
        (old, new) if old == new => {}
        (None, Some(_)) => into.push(EffectReason::new(
            Turn::Takes,
            "applies to some devices only",
        )),
        (Some(_), None) => into.push(EffectReason::new(
            Turn::Adds,
            "no longer limited to some devices",
        )),
        _ => into.push(EffectReason::new(
            Turn::Unknown,
            "the filter of devices changes",
        )),
    }
    const COMPARED: [&str; 12] = [
        "users",
        "applications",
        "clientApplications",
        "clientAppTypes",
        "userRiskLevels",
        "signInRiskLevels",
        "servicePrincipalRiskLevels",
        "insiderRiskLevels",
        "agentIdRiskLevels",
        "platforms",
        "locations",
        "devices",
    ];
    for member in keys(old, new) {
        let flows = member == "authenticationFlows";
        if !flows && !COMPARED.contains(&member) && old.get(member) != new.get(member) {
            into.push(EffectReason::new(
                Turn::Unknown,
                format!("`conditions.{member}` changes"),
            ));
        }
    }
}

/// One limit: none covers everything, a longer list covers more.
fn limit(
    old: Option<BTreeSet<String>>,
    new: Option<BTreeSet<String>>,
    words: (&str, &str),
    name: NameOf<'_>,
    into: &mut Vec<EffectReason>,
) {
    let shown = |list: &BTreeSet<String>| {
        let names: Vec<String> = list.iter().map(|id| name(id)).collect();
        counted(&names, words.0, words.1)
    };
    match (old, new) {
        (None, Some(new)) => into.push(EffectReason::new(
            Turn::Takes,
            format!("applies only to {}", shown(&new)),
        )),
        (Some(old), None) => into.push(EffectReason::new(
            Turn::Adds,
            format!("no longer limited to {}", shown(&old)),
        )),
        (Some(old), Some(new)) => {
            let (gone, come) = (missing(&old, &new, name), missing(&new, &old, name));
            if !gone.is_empty() {
                let what = counted(&gone, words.0, words.1);
                into.push(EffectReason::new(
                    Turn::Takes,
                    format!("no longer applies to {what}"),
                ));
            }
            if !come.is_empty() {
                let what = counted(&come, &more(words.0), &more(words.1));
                into.push(EffectReason::new(Turn::Adds, format!("applies to {what}")));
            }
        }
        (None, None) => {}
    }
}

pub(super) fn keys<'a>(before: &'a Value, after: &'a Value) -> Vec<&'a str> {
    let mut names: Vec<&str> = [before, after]
        .into_iter()
        .filter_map(Value::as_object)
        .flat_map(|map| map.keys().map(String::as_str))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}
