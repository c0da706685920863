//! Rules CA-R100, CA-R101 and CA-R106 to CA-R112: the session controls.

use super::conditions::EXCHANGE;
use super::policy::{client_types, has_control, has_workloads};
use super::resources::{application_outside, is_for_all};
use super::{Graph, Reporter, is_on, sign_in_frequency};
use crate::model::enums::{
    ClientApp, ContinuousAccessEvaluationMode, DevicePlatform, GrantControl,
    SignInFrequencyInterval,
};
use crate::model::policy::ConditionalAccessPolicy;
use crate::model::session::SessionControls;

const SHAREPOINT: &str = "00000003-0000-0ff1-ce00-000000000000";
const TEAMS: &str = "cc15fd57-2c6c-4117-a88c-83b1d56b4bbe";
const AZURE_VIRTUAL_DESKTOP: &str = "9cdead84-a844-4324-93f2-b2e6bb768d07";
const WINDOWS_365: &str = "0af06dc6-e4b5-4f28-818e-e78e62d137a5";
const WINDOWS_CLOUD_LOGIN: &str = "270efc09-cd0d-444b-a71f-39af4910ec45";
const INTERNET_RESOURCES: &str = "5dc48733-b5df-475c-a49b-fa307ef00853";

pub(super) fn check(policy: &ConditionalAccessPolicy, report: &mut Reporter<'_>) {
    let Some(session) = &policy.session_controls else {
        return;
    };
    controls_that_are_off(policy, session, report);
    enforced_restrictions(policy, session, report);
    cloud_app_security(session, report);
    persistent_browser(policy, session, report);
    sign_in_frequency::check(session, report);
    evaluation_disabled(policy, session, report);
    strict_location(policy, session, report);
    token_protection(policy, session, report);
    next_to_block(policy, session, report);
    filtering_profile(policy, session, report);
}

/// Rule CA-R04: what a control says that is off is without effect. When nothing else is on, CA-R04
/// itself speaks.
fn controls_that_are_off(
    policy: &ConditionalAccessPolicy,
    session: &SessionControls,
    report: &mut Reporter<'_>,
) {
    if !has_control(policy) {
        return;
    }
    let off = |flag: Option<bool>| flag == Some(false);
    let frequency = session.sign_in_frequency.as_ref();
    let security = session.cloud_app_security.as_ref();
    let browser = session.persistent_browser.as_ref();
    let profile = session.global_secure_access_filtering_profile.as_ref();
    for (name, speaks) in [
        (
            "signInFrequency",
            frequency.is_some_and(|c| {
                off(c.is_enabled)
                    && (c.value.is_some()
                        || c.frequency_type.is_some()
                        || c.frequency_interval == Some(SignInFrequencyInterval::EveryTime))
            }),
        ),
        (
            "cloudAppSecurity",
            security.is_some_and(|c| off(c.is_enabled) && c.cloud_app_security_type.is_some()),
        ),
        (
            "persistentBrowser",
            browser.is_some_and(|c| off(c.is_enabled) && c.mode.is_some()),
        ),
        (
            "globalSecureAccessFilteringProfile",
            profile.is_some_and(|c| off(c.is_enabled) && c.profile_id.is_some()),
        ),
    ] {
        if speaks {
            report.warn(
                Graph::CaR04,
                &format!("/sessionControls/{name}/isEnabled"),
                &format!("`{name}` is disabled: the rest of it has no effect"),
                &format!("write `isEnabled: true`, or remove `{name}`"),
            );
        }
    }
}

/// Rule CA-R100: only some applications enforce restrictions.
fn enforced_restrictions(
    policy: &ConditionalAccessPolicy,
    session: &SessionControls,
    report: &mut Reporter<'_>,
) {
    let control = session.application_enforced_restrictions.as_ref();
    if control.is_some_and(|c| is_on(c.is_enabled))
        && let Some((pointer, text)) =
            application_outside(policy, &["Office365", EXCHANGE, SHAREPOINT])
    {
        report.warn(
            Graph::CaR100,
            &pointer,
            &format!(
"`applicationEnforcedRestrictions` works with Office 365, Exchange Online and SharePoint Online, not with `{text}`"),
            "write `includeApplications: [Office365]`",
        );
    }
}

/// Rule CA-R109: `cloudAppSecurity` says what it does.
fn cloud_app_security(session: &SessionControls, report: &mut Reporter<'_>) {
    if let Some(control) = &session.cloud_app_security
        && is_on(control.is_enabled)
        && control.cloud_app_security_type.is_none()
    {
        report.warn(
            Graph::CaR109,
            "/sessionControls/cloudAppSecurity",
            "`cloudAppSecurity` does not say what it does",
            "add `cloudAppSecurityType`: `mcasConfigured`, `monitorOnly` or `blockDownloads`",
        );
    }
}

/// Rule CA-R101: a persistent browser session has a mode, and
/// needs all resources, since they share the session.
fn persistent_browser(
    policy: &ConditionalAccessPolicy,
    session: &SessionControls,
    report: &mut Reporter<'_>,
) {
    let Some(control) = &session.persistent_browser else {
        return;
    };
    if !is_on(control.is_enabled) {
        return;
    }
    if control.mode.is_none() {
        report.refuse(
            Graph::CaR101,
            "/sessionControls/persistentBrowser",
            "`persistentBrowser` does not say whether the session is kept",
            "add `mode: always` or `mode: never`",
        );
    }
    if let Some((pointer, text)) = application_outside(policy, &["All"]) {
        report.refuse(
            Graph::CaR101,
            &pointer,
            &format!("`persistentBrowser` needs a policy for all resources, not for `{text}`"),
            "write `includeApplications: [All]`, or remove `persistentBrowser`",
        );
    }
}

/// Rule CA-R106: evaluation is switched off for all or not at all.
fn evaluation_disabled(
    policy: &ConditionalAccessPolicy,
    session: &SessionControls,
    report: &mut Reporter<'_>,
) {
    if mode(session) != Some(&ContinuousAccessEvaluationMode::Disabled) {
        return;
    }
    let message = "continuous access evaluation can be disabled only for all resources and without conditions";
    if !is_for_all(policy) {
        report.refuse(
            Graph::CaR106,
            "/conditions/applications",
            message,
            "write `includeApplications: [All]`",
        );
    }
    if let Some(name) = policy.conditions.narrowing().first() {
        report.refuse(
            Graph::CaR106,
            &format!("/conditions/{name}"),
            message,
            &format!("remove `{name}`"),
        );
    }
}

fn mode(session: &SessionControls) -> Option<&ContinuousAccessEvaluationMode> {
    session.continuous_access_evaluation.as_ref()?.mode.as_ref()
}

/// Rule CA-R107: strict enforcement of locations
/// goes with a policy that blocks by location.
fn strict_location(
    policy: &ConditionalAccessPolicy,
    session: &SessionControls,
    report: &mut Reporter<'_>,
) {
    if mode(session) == Some(&ContinuousAccessEvaluationMode::StrictLocation)
        && policy.conditions.locations.is_none()
    {
        report.warn(
            Graph::CaR107,
            "/sessionControls/continuousAccessEvaluation",
            "`strictLocation` is documented for a policy that blocks by location, and this one has no `locations`",
            "add it to the policy that blocks by location",
        );
    }
}

/// Rule CA-R108: where tokens can be bound to the device.
fn token_protection(
    policy: &ConditionalAccessPolicy,
    session: &SessionControls,
    report: &mut Reporter<'_>,
) {
    let control = session.secure_sign_in_session.as_ref();
    if !control.is_some_and(|c| is_on(c.is_enabled)) {
        return;
    }
    let supported = [
        EXCHANGE,
        SHAREPOINT,
        TEAMS,
        AZURE_VIRTUAL_DESKTOP,
        WINDOWS_365,
        WINDOWS_CLOUD_LOGIN,
    ];
    if let Some((pointer, text)) = application_outside(policy, &supported) {
        report.warn(
            Graph::CaR108,
            &pointer,
            &format!("token protection is not supported for `{text}`: sign-ins will fail"),
            "name `Office 365 Exchange Online`, `Office 365 SharePoint Online` and `Microsoft Teams Services`",
        );
    }
    if client_types(policy) != Some(&[ClientApp::MobileAppsAndDesktopClients]) {
        report.warn(
            Graph::CaR108,
            "/conditions/clientAppTypes",
            "token protection only works in mobile apps and desktop clients: others will fail",
            "write `clientAppTypes: [mobileAppsAndDesktopClients]`",
        );
    }
    let supported = |p: &DevicePlatform| {
        matches!(
            p,
            DevicePlatform::Windows | DevicePlatform::Ios | DevicePlatform::MacOs
        )
    };
    let platforms = policy.conditions.platforms.as_ref();
    if !platforms.is_some_and(|p| p.include_platforms.iter().all(supported)) {
        report.warn(
            Graph::CaR108,
            "/conditions/platforms",
            "token protection works on Windows (in preview on Apple devices): other platforms will fail",
            "write `includePlatforms: [windows]`",
        );
    }
}

/// Rule CA-R111: session controls next to `block`, or for workload
/// identities. Continuous access evaluation is documented next to `block` (CA-R107).
fn next_to_block(
    policy: &ConditionalAccessPolicy,
    session: &SessionControls,
    report: &mut Reporter<'_>,
) {
    let mut others = session.clone();
    others.continuous_access_evaluation = None;
    if !others.is_effective() {
        return;
    }
    let blocks = (policy.grant_controls.as_ref())
        .is_some_and(|grant| grant.built_in_controls.contains(&GrantControl::Block));
    if has_workloads(policy) {
        report.warn(
            Graph::CaR111,
            "/sessionControls",
            "workload identities have no session to control",
            "remove `sessionControls`",
        );
    } else if blocks {
        report.warn(
            Graph::CaR111,
            "/sessionControls",
            "session controls have no effect where access is blocked",
            "remove `sessionControls`, or put them in another policy",
        );
    }
}

/// Rule CA-R112: a security profile is for traffic to the internet.
fn filtering_profile(
    policy: &ConditionalAccessPolicy,
    session: &SessionControls,
    report: &mut Reporter<'_>,
) {
    let Some(control) = &session.global_secure_access_filtering_profile else {
        return;
    };
    if !is_on(control.is_enabled) {
        return;
    }
    if control
        .profile_id
        .as_deref()
        .is_none_or(|id| id.trim().is_empty())
    {
        report.warn(
            Graph::CaR112,
            "/sessionControls/globalSecureAccessFilteringProfile",
            "no security profile is named",
            "add `profileId`",
        );
    }
    if let Some((pointer, text)) = application_outside(policy, &[INTERNET_RESOURCES]) {
        report.warn(
            Graph::CaR112,
            &pointer,
            &format!("a security profile is for traffic to the internet, not for `{text}`"),
            "write `includeApplications: [All internet resources with Global Secure Access]`",
        );
    }
}
