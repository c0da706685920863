//! Whether one policy applies wherever another does, and requires at least as much. Careful:
//! a yes is sure as far as the manifests show, a no is often only "not plainly". The references
//! of both are in one spelling ([`super::Subject::key`]).

use std::collections::BTreeSet;

use super::view::Policy;
use crate::model::enums::{ClientApp, DevicePlatform, GrantControl};
use crate::model::grant::GrantControls;
use crate::model::policy::{Applications, Conditions, Locations, Platforms, Users};
use crate::model::session::SessionControls;
use crate::model::tables::combinations::BUILT_IN_STRENGTHS;
use crate::model::values::List;

/// True when `wide` applies to every sign-in that `narrow` applies to, the state of both
/// aside.
pub(super) fn applies_wherever(wide: Policy<'_>, narrow: Policy<'_>) -> bool {
    // Destructured so that a new condition cannot be forgotten.
    let Conditions {
        applications,
        users: _,
        client_applications,
        client_app_types,
        platforms,
        locations,
        user_risk_levels,
        sign_in_risk_levels,
        service_principal_risk_levels,
        insider_risk_levels,
        devices,
        authentication_flows,
        agent_id_risk_levels,
        device_states,
        agents,
        agent_context,
    } = &wide.policy.conditions;
    let other = &narrow.policy.conditions;
    let people = match (wide.people(), narrow.people()) {
        (Some(wide), Some(narrow)) => users(wide, narrow),
        (None, None) => {
            *client_applications == other.client_applications
                && *agents == other.agents
                && wide.policy.conditions.users == other.users
        }
        _ => false,
    };
    people
        && resources(applications.as_ref(), other.applications.as_ref())
        && client_types(client_app_types.as_ref(), other.client_app_types.as_ref())
        && on_platforms(platforms.as_ref(), other.platforms.as_ref())
        && at_locations(locations.as_ref(), other.locations.as_ref())
        && listed(user_risk_levels, &other.user_risk_levels)
        && listed(sign_in_risk_levels, &other.sign_in_risk_levels)
        && listed(
            service_principal_risk_levels,
            &other.service_principal_risk_levels,
        )
        && same_or_none(insider_risk_levels.as_ref(), &other.insider_risk_levels)
        && same_or_none(devices.as_ref(), &other.devices)
        && same_or_none(authentication_flows.as_ref(), &other.authentication_flows)
        && same_or_none(agent_id_risk_levels.as_ref(), &other.agent_id_risk_levels)
        && same_or_none(device_states.as_ref(), &other.device_states)
        && same_or_none(agent_context.as_ref(), &other.agent_context)
}

/// A condition that is not there matches everything; else only the same one is known to.
fn same_or_none<T: PartialEq>(wide: Option<&T>, narrow: &Option<T>) -> bool {
    wide.is_none() || wide == narrow.as_ref()
}

fn listed<T: PartialEq>(wide: &List<T>, narrow: &List<T>) -> bool {
    wide.is_empty() || !narrow.is_empty() && narrow.iter().all(|item| wide.contains(item))
}

fn client_types(wide: Option<&List<ClientApp>>, narrow: Option<&List<ClientApp>>) -> bool {
    let all = |types: Option<&List<ClientApp>>| {
        types.is_none_or(|types| types.is_empty() || types.contains(&ClientApp::All))
    };
    match (wide, narrow) {
        _ if all(wide) => true,
        (Some(wide), Some(types)) => !all(narrow) && types.iter().all(|t| wide.contains(t)),
        _ => false,
    }
}

/// True when every item of `few` is among `many`.
fn subset(few: &[String], many: &[String]) -> bool {
    few.iter().all(|item| many.contains(item))
}

fn has(items: &[String], value: &str) -> bool {
    items.iter().any(|item| item == value)
}

fn users(wide: &Users, narrow: &Users) -> bool {
    let all = has(&wide.include_users, "All");
    let included = all
        || subset(&narrow.include_users, &wide.include_users)
            && subset(&narrow.include_groups, &wide.include_groups)
            && subset(&narrow.include_roles, &wide.include_roles)
            && (narrow.include_guests_or_external_users.is_none()
                || narrow.include_guests_or_external_users
                    == wide.include_guests_or_external_users);
    // Whom the wide one leaves out, the narrow one leaves out as well, by the same name.
    included
        && subset(&wide.exclude_users, &narrow.exclude_users)
        && subset(&wide.exclude_groups, &narrow.exclude_groups)
        && subset(&wide.exclude_roles, &narrow.exclude_roles)
        && (wide.exclude_guests_or_external_users.is_none()
            || wide.exclude_guests_or_external_users == narrow.exclude_guests_or_external_users)
}

fn resources(wide: Option<&Applications>, narrow: Option<&Applications>) -> bool {
    let (Some(wide), Some(narrow)) = (wide, narrow) else {
        return false;
    };
    if wide.include_user_actions != narrow.include_user_actions
        || wide.include_authentication_context_class_references
            != narrow.include_authentication_context_class_references
    {
        return false;
    }
    if wide.application_filter.is_some() && wide.application_filter != narrow.application_filter {
        return false;
    }
    let (w, n) = (&wide.include_applications, &narrow.include_applications);
    let left_out = &wide.exclude_applications;
    // A filter of the narrow one that adds applications may add what the wide one has not.
    let adds =
        narrow.application_filter != wide.application_filter && narrow.application_filter.is_some();
    let included = has(w, "All") || !adds && subset(n, w);
    // Named applications that the wide one does not leave out are covered; a suite, or all,
    // may hold what it leaves out.
    let named = |key: &String| {
        !["All", "Office365", "MicrosoftAdminPortals"].contains(&key.as_str())
            && !left_out.contains(key)
    };
    let suites = ["Office365", "MicrosoftAdminPortals"];
    let not_left_out = subset(left_out, &narrow.exclude_applications)
        || !adds
            && !n.is_empty()
            && n.iter().all(named)
            && !left_out.iter().any(|key| suites.contains(&key.as_str()));
    included && not_left_out
}

fn on_platforms(wide: Option<&Platforms>, narrow: Option<&Platforms>) -> bool {
    let Some(wide) = wide else { return true };
    let Some(narrow) = narrow else { return false };
    let all = wide.include_platforms.contains(&DevicePlatform::All);
    (all || (narrow.include_platforms.iter()).all(|p| wide.include_platforms.contains(p)))
        && (wide.exclude_platforms.iter()).all(|p| narrow.exclude_platforms.contains(p))
}

fn at_locations(wide: Option<&Locations>, narrow: Option<&Locations>) -> bool {
    let Some(wide) = wide else { return true };
    let Some(narrow) = narrow else { return false };
    let included = &wide.include_locations;
    (has(included, "All") || subset(&narrow.include_locations, included))
        && subset(&wide.exclude_locations, &narrow.exclude_locations)
}

/// True when whoever fulfils `strong` has fulfilled `weak` as well, session controls
/// included.
pub(super) fn requires_as_much(strong: Policy<'_>, weak: Policy<'_>) -> bool {
    let blocks = |policy: Policy<'_>| {
        (policy.policy.grant_controls.as_ref())
            .is_some_and(|grant| grant.built_in_controls.contains(&GrantControl::Block))
    };
    if blocks(strong) {
        return true;
    }
    let session = |policy: Policy<'_>| -> Option<SessionControls> {
        (policy.policy.session_controls.clone()).filter(SessionControls::is_effective)
    };
    let weak_session = session(weak);
    let sessions = weak_session.is_none() || weak_session == session(strong);
    let grants = match (&strong.policy.grant_controls, &weak.policy.grant_controls) {
        (_, None) => true,
        (_, Some(weak)) if weak.requirements() == 0 => true,
        (None, Some(_)) => false,
        (Some(strong), Some(weak)) => implies(&Requirements::of(strong), &Requirements::of(weak)),
    };
    sessions && grants
}

struct Requirements {
    all: bool,
    items: BTreeSet<String>,
}

impl Requirements {
    fn of(grant: &GrantControls) -> Requirements {
        let mut items: BTreeSet<String> = (grant.built_in_controls.iter())
            .map(|control| format!("{control:?}"))
            .collect();
        items.extend((grant.custom_authentication_factors.iter()).map(|f| format!("factor {f}")));
        items.extend((grant.terms_of_use.iter()).map(|t| format!("terms {t}")));
        items.extend(
            (grant.authentication_strength.iter()).map(|s| format!("strength {}", s.target)),
        );
        let and = (grant.operator.as_deref()).is_some_and(|o| o.eq_ignore_ascii_case("AND"));
        Requirements {
            all: and || items.len() == 1,
            items,
        }
    }
}

/// True when one requirement, fulfilled, fulfils another: the same, or a stronger built-in
/// strength (they are listed with the weakest first, and each satisfies MFA).
fn fulfils(item: &str, other: &str) -> bool {
    let rank = |text: &str| match text {
        "Mfa" => Some(0),
        _ => text
            .strip_prefix("strength ")
            .and_then(|id| BUILT_IN_STRENGTHS.iter().position(|s| s.id == id)),
    };
    match (rank(item), rank(other)) {
        (Some(item), Some(other)) => item >= other,
        _ => item == other,
    }
}

fn implies(strong: &Requirements, weak: &Requirements) -> bool {
    let given = |wanted: &String| match strong.all {
        true => strong.items.iter().any(|item| fulfils(item, wanted)),
        false => strong.items.iter().all(|item| fulfils(item, wanted)),
    };
    if strong.items.is_empty() {
        return false;
    }
    match (weak.all, strong.all) {
        (true, _) => weak.items.iter().all(given),
        (false, true) => weak.items.iter().any(given),
        // Whichever of the strong ones was chosen, it is among the weak ones.
        (false, false) => {
            (strong.items.iter()).all(|item| weak.items.iter().any(|wanted| fulfils(item, wanted)))
        }
    }
}
