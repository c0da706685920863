//! Rules CA-R61 to CA-R70: client types, platforms, locations, risk, flows.

use super::policy::{client_types, has_workloads};
use super::resources::application_outside;
use super::{Graph, Reporter, device_rule, position_of};
use crate::model::enums::{ClientApp, DevicePlatform, GrantControl, TransferMethod};
use crate::model::grant::GrantControls;
use crate::model::policy::ConditionalAccessPolicy;
use crate::model::tables::special;

/// The app id of Exchange Online.
pub(super) const EXCHANGE: &str = "00000002-0000-0ff1-ce00-000000000000";

pub(super) fn check(policy: &ConditionalAccessPolicy, report: &mut Reporter<'_>) {
    active_sync(policy, report);
    platforms(policy, report);
    all_platforms(policy, report);
    locations(policy, report);
    device_rule::check(policy, report);
    application_platforms(policy, report);
    risk_levels(policy, report);
    both_risks(policy, report);
    insider_risk(policy, report);
    transfer_methods(policy, report);
    device_code_flow(policy, report);
}

/// Whether access cannot be had without `control`: it is the only requirement, or one of
/// several that are all needed.
pub(super) fn is_needed(grant: &GrantControls, control: &GrantControl) -> bool {
    grant.built_in_controls.contains(control)
        && (grant.requirements() == 1
            || (grant.operator.as_deref()).is_some_and(|o| o.eq_ignore_ascii_case("AND")))
}

/// Rule CA-R61: what a policy on Exchange ActiveSync alone may say.
/// Accepted all the same, so these are warnings; a block does what it says.
fn active_sync(policy: &ConditionalAccessPolicy, report: &mut Reporter<'_>) {
    let Some(types) = client_types(policy) else {
        return;
    };
    let is_sync =
        |t: &ClientApp| matches!(t, ClientApp::ExchangeActiveSync | ClientApp::EasSupported);
    if !types.iter().all(is_sync) {
        return;
    }
    let blocks = (policy.grant_controls.as_ref())
        .is_some_and(|grant| grant.built_in_controls.contains(&GrantControl::Block));
    if blocks {
        return;
    }
    for name in policy.conditions.narrowing() {
        if !matches!(name, "clientAppTypes" | "platforms") {
            report.warn(
                Graph::CaR61,
                &format!("/conditions/{name}"),
                &format!(
                    "`{name}` is not a condition for Exchange ActiveSync; only `platforms` is"
                ),
                &format!("remove `{name}`"),
            );
        }
    }
    if let Some((pointer, text)) = application_outside(policy, &[EXCHANGE]) {
        report.warn(
            Graph::CaR61,
            &pointer,
            &format!(
                "a policy on Exchange ActiveSync is only for Exchange Online, not for `{text}`"
            ),
            "write `includeApplications: [Office 365 Exchange Online]`",
        );
    }
    if let Some(users) = &policy.conditions.users {
        let all = position_of(special::users(), &users.include_users, "All")
            .or_else(|| {
                position_of(
                    special::users(),
                    &users.include_users,
                    "GuestsOrExternalUsers",
                )
            })
            .map(|index| format!("includeUsers/{index}"));
        let pointer = all
            .or_else(|| (!users.include_roles.is_empty()).then(|| "includeRoles".to_owned()))
            .or_else(|| {
                (users.include_guests_or_external_users.is_some())
                    .then(|| "includeGuestsOrExternalUsers".to_owned())
            });
        if let Some(pointer) = pointer {
            report.warn(
                Graph::CaR61,
                &format!("/conditions/users/{pointer}"),
                "Exchange ActiveSync does not support roles, guests or all users: everyone becomes subject to the policy",
                "name users or groups",
            );
        }
    }
    if let Some(grant) = &policy.grant_controls {
        let mfa = (grant.built_in_controls.iter())
            .position(|control| *control == GrantControl::Mfa)
            .map(|index| format!("builtInControls/{index}"));
        let pointer = mfa
            .or_else(|| {
                grant
                    .authentication_strength
                    .is_some()
                    .then(|| "authenticationStrength".to_owned())
            })
            .or_else(|| (!grant.terms_of_use.is_empty()).then(|| "termsOfUse".to_owned()));
        if let Some(pointer) = pointer {
            report.warn(
                Graph::CaR61,
                &format!("/grantControls/{pointer}"),
                "Exchange ActiveSync cannot fulfil this: the control means `block`",
                "write `block`, or require a compliant device",
            );
        }
    }
}

/// Rule CA-R62: `includePlatforms` belongs to `platforms`.
fn platforms(policy: &ConditionalAccessPolicy, report: &mut Reporter<'_>) {
    if let Some(platforms) = &policy.conditions.platforms
        && platforms.include_platforms.is_empty()
        && !has_workloads(policy)
    {
        report.warn(
            Graph::CaR62,
            "/conditions/platforms",
            &without_includes(
                "platforms",
                "on every platform",
                !platforms.exclude_platforms.is_empty(),
                policy,
            ),
            "add `includePlatforms`, for example `[all]`, or remove `platforms`",
        );
    }
}

/// What it means that nothing is included: no condition when nothing is left out either, so that
/// the policy is wide. What it means beside exclusions was not seen.
fn without_includes(
    property: &str,
    wide: &str,
    excludes: bool,
    policy: &ConditionalAccessPolicy,
) -> String {
    if excludes {
        return format!(
            "`{property}` excludes some and includes none: it is not known where the policy then applies"
        );
    }
    let blocks = (policy.grant_controls.as_ref())
        .is_some_and(|grant| grant.built_in_controls.contains(&GrantControl::Block));
    let does = if blocks { "blocks" } else { "applies" };
    format!("`{property}` is empty, which is no condition: the policy {does} {wide}")
}

/// Rule CA-R62: `all` covers every platform, and is not to be left out.
fn all_platforms(policy: &ConditionalAccessPolicy, report: &mut Reporter<'_>) {
    let Some(platforms) = &policy.conditions.platforms else {
        return;
    };
    let all = |items: &[DevicePlatform]| items.iter().position(|p| *p == DevicePlatform::All);
    if let Some(index) = all(&platforms.include_platforms)
        && (platforms.include_platforms.iter()).any(|p| *p != DevicePlatform::All)
    {
        report.warn(
            Graph::CaR62,
            &format!("/conditions/platforms/includePlatforms/{index}"),
            "`all` is combined with other platforms",
            "keep only `all`, or remove it",
        );
    }
    if let Some(index) = all(&platforms.exclude_platforms) {
        report.warn(
            Graph::CaR62,
            &format!("/conditions/platforms/excludePlatforms/{index}"),
            "every platform is excluded: the policy never applies",
            "name the platforms to exclude",
        );
    }
}

/// Rule CA-R63: `includeLocations` belongs to `locations`, and `All` is not left out.
fn locations(policy: &ConditionalAccessPolicy, report: &mut Reporter<'_>) {
    let Some(locations) = &policy.conditions.locations else {
        return;
    };
    if locations.include_locations.is_empty() {
        report.warn(
            Graph::CaR63,
            "/conditions/locations",
            &without_includes(
                "locations",
                "everywhere",
                !locations.exclude_locations.is_empty(),
                policy,
            ),
            "add `includeLocations`, for example `[All]`, or remove `locations`",
        );
    }
    if let Some(index) = position_of(special::locations(), &locations.exclude_locations, "All") {
        report.warn(
            Graph::CaR63,
            &format!("/conditions/locations/excludeLocations/{index}"),
            "every location is excluded: the policy never applies",
            "write `AllTrusted`, or name the locations to exclude",
        );
    }
}

/// Rule CA-R66: platforms on which the controls on apps cannot be met.
fn application_platforms(policy: &ConditionalAccessPolicy, report: &mut Reporter<'_>) {
    let (Some(grant), Some(platforms)) = (&policy.grant_controls, &policy.conditions.platforms)
    else {
        return;
    };
    let approved = is_needed(grant, &GrantControl::ApprovedApplication);
    let (control, unsupported): (_, &[DevicePlatform]) = if approved {
        (
            "approvedApplication",
            &[
                DevicePlatform::MacOs,
                DevicePlatform::Linux,
                DevicePlatform::Windows,
                DevicePlatform::WindowsPhone,
            ],
        )
    } else if is_needed(grant, &GrantControl::CompliantApplication) {
        (
            "compliantApplication",
            &[DevicePlatform::MacOs, DevicePlatform::Linux],
        )
    } else {
        return;
    };
    for (index, platform) in platforms.include_platforms.iter().enumerate() {
        if unsupported.contains(platform) {
            report.warn(
                Graph::CaR66,
                &format!("/conditions/platforms/includePlatforms/{index}"),
                &format!("no device on this platform can fulfil `{control}`: it is blocked"),
                "remove the platform, or offer another control with `operator: OR`",
            );
        }
    }
}

/// Rule CA-R60: levels that do not do what one expects.
fn risk_levels(policy: &ConditionalAccessPolicy, report: &mut Reporter<'_>) {
    for row in policy.conditions.stated().filter(|row| row.risk) {
        let limit = (row.read)(&policy.conditions);
        let (levels, _) = limit.sides();
        if let Some(index) = levels.iter().position(|level| *level == "hidden") {
            report.warn(
                Graph::CaR60,
                &format!("{}/{index}", row.pointer("")),
                "`hidden` is what a tenant without the licence sees; a policy cannot match it",
                "use `low`, `medium`, `high` or `none`",
            );
        }
        let every = ["none", "low", "medium", "high"];
        if every.iter().all(|level| levels.contains(level)) {
            report.warn(
                Graph::CaR60,
                &row.pointer(""),
                "every level is listed: the condition excludes nothing",
                "remove the condition, or some of the levels",
            );
        }
    }
}

/// Rule CA-R70: two kinds of risk in one policy must both match.
fn both_risks(policy: &ConditionalAccessPolicy, report: &mut Reporter<'_>) {
    let conditions = &policy.conditions;
    if !conditions.user_risk_levels.is_empty() && !conditions.sign_in_risk_levels.is_empty() {
        report.warn(
            Graph::CaR70,
            "/conditions/signInRiskLevels",
            "the policy applies only if user risk and sign-in risk both match",
            "write two policies, one for each kind of risk",
        );
    }
}

/// Rule CA-R67: at least one level of insider risk.
fn insider_risk(policy: &ConditionalAccessPolicy, report: &mut Reporter<'_>) {
    if (policy.conditions.insider_risk_levels.as_ref()).is_some_and(|levels| levels.is_empty()) {
        report.warn(
            Graph::CaR67,
            "/conditions/insiderRiskLevels",
            "`insiderRiskLevels` names no level: there is no condition",
            "name levels, for example `[elevated]`, or remove it",
        );
    }
}

/// Rule CA-R68: at least one flow, and `none` is no flow.
fn transfer_methods(policy: &ConditionalAccessPolicy, report: &mut Reporter<'_>) {
    let Some(flows) = &policy.conditions.authentication_flows else {
        return;
    };
    let methods = &flows.transfer_methods.0;
    let pointer = "/conditions/authenticationFlows/transferMethods";
    if methods.is_empty() {
        report.warn(
            Graph::CaR68,
            pointer,
            "`transferMethods` names no flow: there is no condition",
            "name `deviceCodeFlow` or `authenticationTransfer`, or remove `authenticationFlows`",
        );
    } else if let Some(index) = methods.iter().position(|m| *m == TransferMethod::None) {
        report.warn(
            Graph::CaR68,
            &format!("{pointer}/{index}"),
            "`none` is not an authentication flow",
            "remove it; without `authenticationFlows` the policy applies to every flow",
        );
    }
}

/// Rule CA-R68: the state of a device is not known under device code flow.
fn device_code_flow(policy: &ConditionalAccessPolicy, report: &mut Reporter<'_>) {
    let (Some(flows), Some(grant)) = (
        &policy.conditions.authentication_flows,
        &policy.grant_controls,
    ) else {
        return;
    };
    if !(flows.transfer_methods.0).contains(&TransferMethod::DeviceCodeFlow) {
        return;
    }
    for (index, control) in grant.built_in_controls.iter().enumerate() {
        let on_device = matches!(
            control,
            GrantControl::CompliantDevice | GrantControl::DomainJoinedDevice
        );
        if on_device && is_needed(grant, control) {
            report.warn(
                Graph::CaR68,
                &format!("/grantControls/builtInControls/{index}"),
                "the device state cannot be shown with device code flow: the control means `block`",
                "write `block`, or require `mfa`",
            );
        }
    }
}
