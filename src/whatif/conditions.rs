//! The conditions of a policy, each with the reason that it gives when it does not match.

use super::known::{Fact, Match};
use super::sign_in::{Places, Platform, SignIn};
use super::{Reason, resource, subject};
use crate::model::enums::{ClientApp, DevicePlatform, RiskLevel};
use crate::model::policy::{Conditions, Locations, Platforms};
use crate::model::tables::special::MFA_TRUSTED_IPS;

/// Every condition. One that a policy does not have matches.
pub fn all(conditions: &Conditions, sign_in: &SignIn) -> Vec<(Reason, Match)> {
    // Destructured so that a new condition cannot be forgotten.
    let Conditions {
        applications,
        users,
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
    } = conditions;
    let unmodelled = |is_set: bool, member: &'static str| match is_set {
        true => Match::unknown(Fact::Unmodelled(member)),
        false => Match::Yes,
    };
    let workloads = client_applications.as_ref().is_some_and(|c| {
        !c.include_service_principals.is_empty()
            || c.service_principal_filter.is_some()
            || !c.include_agent_id_service_principals.is_empty()
            || c.agent_id_service_principal_filter.is_some()
    });
    let device = devices.as_ref().map_or(Match::Yes, |devices| {
        let old = [
            &devices.include_devices,
            &devices.exclude_devices,
            &devices.include_device_states,
            &devices.exclude_device_states,
        ];
        if devices.device_filter.is_some() {
            return Match::unknown(Fact::Device);
        }
        unmodelled(old.iter().any(|list| !list.is_empty()), "devices")
    });
    vec![
        (
            Reason::Users,
            users
                .as_ref()
                .map_or(Match::No, |u| subject::users(u, &sign_in.user)),
        ),
        // A policy on workload identities is never about a user.
        (Reason::WorkloadIdentities, (!workloads).into()),
        applications
            .as_ref()
            .map_or((Reason::Application, Match::No), |a| {
                resource::resource(a, &sign_in.resource)
            }),
        (
            Reason::DevicePlatform,
            platforms
                .as_ref()
                .map_or(Match::Yes, |p| platform(p, sign_in.platform.as_ref())),
        ),
        (Reason::Devices, device),
        (
            Reason::Devices,
            unmodelled(device_states.is_some(), "deviceStates"),
        ),
        (
            Reason::ClientApps,
            client_app(client_app_types.as_ref().map_or(&[], |l| &l.0), sign_in),
        ),
        (
            Reason::Location,
            locations
                .as_ref()
                .map_or(Match::Yes, |l| place(l, sign_in.places.as_ref())),
        ),
        (
            Reason::SignInRisk,
            risk(
                sign_in_risk_levels,
                sign_in.sign_in_risk.as_ref(),
                Fact::SignInRisk,
            ),
        ),
        (
            Reason::UserRisk,
            risk(user_risk_levels, sign_in.user_risk.as_ref(), Fact::UserRisk),
        ),
        (
            Reason::WorkloadIdentities,
            unmodelled(
                !service_principal_risk_levels.is_empty(),
                "servicePrincipalRiskLevels",
            ),
        ),
        (
            Reason::WorkloadIdentities,
            unmodelled(
                agents.is_some() || agent_context.is_some() || agent_id_risk_levels.is_some(),
                "agents",
            ),
        ),
        (
            Reason::InsiderRisk,
            flagged(
                insider_risk_levels.as_ref().map_or(&[], |f| &f.0),
                sign_in.insider_risk.as_ref(),
                Fact::InsiderRisk,
            ),
        ),
        (
            Reason::AuthenticationFlow,
            flagged(
                authentication_flows
                    .as_ref()
                    .map_or(&[], |f| &f.transfer_methods.0),
                sign_in.transfer.as_ref(),
                Fact::Flow,
            ),
        ),
    ]
}

/// Lists name exact levels; `hidden` is what a tenant without the licence is shown, and no
/// level that a sign-in has.
fn risk(levels: &[RiskLevel], level: Option<&RiskLevel>, fact: Fact) -> Match {
    match level {
        _ if levels.is_empty() => Match::Yes,
        None | Some(RiskLevel::Hidden | RiskLevel::Other(_)) => Match::unknown(fact),
        Some(level) => levels.contains(level).into(),
    }
}

fn flagged<T: PartialEq>(listed: &[T], held: Option<&Option<T>>, fact: Fact) -> Match {
    match held {
        _ if listed.is_empty() => Match::Yes,
        None => Match::unknown(fact),
        Some(None) => Match::No,
        Some(Some(held)) => listed.contains(held).into(),
    }
}

fn client_app(types: &[ClientApp], sign_in: &SignIn) -> Match {
    if types.is_empty() || types.contains(&ClientApp::All) {
        return Match::Yes;
    }
    let Some(client) = &sign_in.client_app else {
        return Match::unknown(Fact::ClientApp);
    };
    if types.contains(client) {
        return Match::Yes;
    }
    // Exchange ActiveSync on the platforms that support device management.
    if *client == ClientApp::ExchangeActiveSync && types.contains(&ClientApp::EasSupported) {
        return match &sign_in.platform {
            None => Match::unknown(Fact::Platform),
            Some(Platform::Known(
                DevicePlatform::Ios | DevicePlatform::Android | DevicePlatform::Windows,
            )) => Match::Yes,
            Some(_) => Match::No,
        };
    }
    Match::No
}

fn platform(platforms: &Platforms, platform: Option<&Platform>) -> Match {
    let listed = |list: &[DevicePlatform]| {
        if list.contains(&DevicePlatform::All) {
            return Match::Yes;
        }
        match platform {
            _ if list.is_empty() => Match::No,
            None => Match::unknown(Fact::Platform),
            Some(Platform::Other) => Match::No,
            Some(Platform::Known(known)) => list.contains(known).into(),
        }
    };
    if platforms.include_platforms.is_empty() && platforms.exclude_platforms.is_empty() {
        return Match::Yes;
    }
    listed(&platforms.include_platforms).but_not(listed(&platforms.exclude_platforms))
}

fn place(locations: &Locations, places: Option<&Places>) -> Match {
    let one = |name: &String| {
        if name.eq_ignore_ascii_case("All") {
            return Match::Yes;
        }
        let Some(places) = places else {
            return Match::unknown(Fact::Place);
        };
        if name.eq_ignore_ascii_case("AllTrusted") {
            return places.trusted.into();
        }
        let listed = places.named.iter().any(|id| id.eq_ignore_ascii_case(name));
        // The trusted addresses of per-user settings cannot be read through Graph.
        match name == MFA_TRUSTED_IPS && !listed {
            true => Match::unknown(Fact::Place),
            false => listed.into(),
        }
    };
    let listed = |list: &[String]| Match::any(list.iter().map(one));
    if locations.include_locations.is_empty() && locations.exclude_locations.is_empty() {
        return Match::Yes;
    }
    listed(&locations.include_locations).but_not(listed(&locations.exclude_locations))
}
