//! The conditions of a policy, each with the reason that it gives when it does not match.

use super::known::{Fact, Match};
use super::sign_in::{Places, Platform, SignIn};
use super::{Reason, resource, subject};
use crate::model::conditions::{CONDITIONS, Condition};
use crate::model::enums::{ClientApp, DevicePlatform, RiskLevel};
use crate::model::policy::{Conditions, Locations, Platforms};
use crate::model::tables::special::MFA_TRUSTED_IPS;

/// Every condition of the table. One that a policy does not have matches; one that is not
/// judged here is unknown, by its name.
pub fn all(conditions: &Conditions, sign_in: &SignIn) -> Vec<(Reason, Match)> {
    CONDITIONS
        .chunk_by(|row, next| row.name == next.name)
        .filter_map(|rows| Some(one(rows.first()?.name, rows, conditions, sign_in)))
        .collect()
}

fn one(
    name: &'static str,
    rows: &[Condition],
    conditions: &Conditions,
    sign_in: &SignIn,
) -> (Reason, Match) {
    let is_set = rows.iter().any(|row| (row.read)(conditions).is_set());
    match name {
        "users" => {
            let users = conditions.users.as_ref();
            let matched = users.map_or(Match::No, |u| subject::users(u, &sign_in.user));
            (Reason::Users, matched)
        }
        // A policy on workload identities is never about a user.
        "clientApplications" => (Reason::WorkloadIdentities, (!is_set).into()),
        "applications" => (conditions.applications.as_ref())
            .map_or((Reason::Application, Match::No), |a| {
                resource::resource(a, &sign_in.resource)
            }),
        "platforms" => {
            let platforms = conditions.platforms.as_ref();
            let held = sign_in.platform.as_ref();
            let matched = platforms.map_or(Match::Yes, |p| platform(p, held));
            (Reason::DevicePlatform, matched)
        }
        "devices" if is_filtered(conditions) => (Reason::Devices, Match::unknown(Fact::Device)),
        "clientAppTypes" => {
            let types = conditions.client_app_types.as_ref();
            let matched = client_app(types.map_or(&[], |l| &l.0), sign_in);
            (Reason::ClientApps, matched)
        }
        "locations" => {
            let locations = conditions.locations.as_ref();
            let places = sign_in.places.as_ref();
            let matched = locations.map_or(Match::Yes, |l| place(l, places));
            (Reason::Location, matched)
        }
        "signInRiskLevels" => {
            let held = sign_in.sign_in_risk.as_ref();
            let matched = risk(&conditions.sign_in_risk_levels, held, Fact::SignInRisk);
            (Reason::SignInRisk, matched)
        }
        "userRiskLevels" => {
            let held = sign_in.user_risk.as_ref();
            let matched = risk(&conditions.user_risk_levels, held, Fact::UserRisk);
            (Reason::UserRisk, matched)
        }
        "insiderRiskLevels" => {
            let levels = conditions.insider_risk_levels.as_ref();
            let held = sign_in.insider_risk.as_ref();
            let matched = flagged(levels.map_or(&[], |f| &f.0), held, Fact::InsiderRisk);
            (Reason::InsiderRisk, matched)
        }
        "authenticationFlows" => {
            let flows = conditions.authentication_flows.as_ref();
            let held = sign_in.transfer.as_ref();
            let matched = flagged(
                flows.map_or(&[], |f| &f.transfer_methods.0),
                held,
                Fact::Flow,
            );
            (Reason::AuthenticationFlow, matched)
        }
        // Never a no, so that the reason is not told.
        _ if is_set => (Reason::Users, Match::unknown(Fact::Unmodelled(name))),
        _ => (Reason::Users, Match::Yes),
    }
}

fn is_filtered(conditions: &Conditions) -> bool {
    let devices = conditions.devices.as_ref();
    devices.is_some_and(|devices| devices.device_filter.is_some())
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
