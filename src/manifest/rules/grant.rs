//! Rules CA-R80 to CA-R92: the grant controls.

use super::resources::is_for_all;
use super::{Graph, Reporter, quoted};
use crate::model::enums::{DevicePlatform, GrantControl, PolicyState, SignInFrequencyInterval};
use crate::model::grant::GrantControls;
use crate::model::policy::ConditionalAccessPolicy;
use crate::model::tables::combinations::{built_in_by_id, built_in_strengths};

const BUILT_IN: &str = "/grantControls/builtInControls";

pub(super) fn check(policy: &ConditionalAccessPolicy, report: &mut Reporter<'_>) {
    let Some(grant) = &policy.grant_controls else {
        return;
    };
    if block_alone(grant, report) {
        return; // what else is required is the fault already named
    }
    blocks_everybody(policy, grant, report);
    mfa_and_strength(grant, report);
    if let Some(index) = position(grant, &GrantControl::PasswordChange) {
        password_change_controls(grant, index, report);
        password_change_conditions(policy, index, report);
        password_change_session(policy, report);
    }
    risk_remediation(policy, grant, report);
    approved_application(grant, report);
    domain_joined_platforms(policy, grant, report);
    custom_controls(grant, report);
    verified_id(grant, report);
    unknown_built_in_strength(grant, report);
}

/// Rule CA-R49: a block of all users on all resources, without an exclusion and
/// without any condition, locks everybody out, the emergency accounts too.
fn blocks_everybody(
    policy: &ConditionalAccessPolicy,
    grant: &GrantControls,
    report: &mut Reporter<'_>,
) {
    let Some(index) = position(grant, &GrantControl::Block) else {
        return;
    };
    let all = |list: &[String]| list.iter().any(|item| item.eq_ignore_ascii_case("All"));
    let conditions = &policy.conditions;
    let users = (conditions.users.as_ref()).is_some_and(|users| all(&users.include_users))
        && !conditions.excludes("users");
    let resources = policy.conditions.applications.as_ref().is_some_and(|apps| {
        all(&apps.include_applications) && apps.exclude_applications.is_empty()
    });
    if policy.state == Some(PolicyState::Enabled)
        && users
        && resources
        && policy.conditions.narrowing().is_empty()
        // Policies on workload identities and agents hit no person.
        && policy.conditions.client_applications.is_none()
        && policy.conditions.agents.is_none()
    {
        report.warn(
            Graph::CaR49,
            &format!("{BUILT_IN}/{index}"),
            "this blocks all users on all resources, including break-glass accounts",
            "exclude a group of break-glass accounts (`excludeGroups`), or start with `state: enabledForReportingButNotEnforced`",
        );
    }
}

fn position(grant: &GrantControls, control: &GrantControl) -> Option<usize> {
    grant.built_in_controls.iter().position(|c| c == control)
}

fn is_and(grant: &GrantControls) -> bool {
    (grant.operator.as_deref()).is_some_and(|operator| operator.eq_ignore_ascii_case("AND"))
}

/// Rule CA-R80: `block` stands alone. True when it does not.
fn block_alone(grant: &GrantControls, report: &mut Reporter<'_>) -> bool {
    let Some(index) = position(grant, &GrantControl::Block) else {
        return false;
    };
    let blocks = (grant.built_in_controls.iter())
        .filter(|control| **control == GrantControl::Block)
        .count();
    if grant.requirements() == blocks {
        return false;
    }
    report.refuse(
        Graph::CaR80,
        &format!("{BUILT_IN}/{index}"),
        "`block` is combined with other controls",
        "keep only `block`, or remove it",
    );
    true
}

/// Rule CA-R81: a strength takes the place of `mfa`.
fn mfa_and_strength(grant: &GrantControls, report: &mut Reporter<'_>) {
    if grant.authentication_strength.is_some()
        && let Some(index) = position(grant, &GrantControl::Mfa)
    {
        report.refuse(
            Graph::CaR81,
            &format!("{BUILT_IN}/{index}"),
            "`mfa` is combined with an authentication strength",
            "keep one of them; the strength `Multifactor authentication` means the same as `mfa`",
        );
    }
}

/// Rule CA-R82: `passwordChange` goes with `mfa` under
/// `AND`, and with nothing else.
fn password_change_controls(grant: &GrantControls, index: usize, report: &mut Reporter<'_>) {
    let mfa = position(grant, &GrantControl::Mfa).is_some();
    if !mfa && grant.authentication_strength.is_none() {
        report.refuse(
            Graph::CaR82,
            &format!("{BUILT_IN}/{index}"),
            "`passwordChange` is used without `mfa`",
            "write `operator: AND` and `builtInControls: [mfa, passwordChange]`",
        );
    } else if !is_and(grant) {
        report.refuse(
            Graph::CaR82,
            "/grantControls/operator",
            "`passwordChange` and `mfa` are joined by `OR`; both are needed",
            "write `operator: AND`",
        );
    }
    let other = (grant.built_in_controls.iter())
        .position(|c| !matches!(c, GrantControl::Mfa | GrantControl::PasswordChange))
        .map(|index| format!("{BUILT_IN}/{index}"))
        .or_else(|| {
            let terms = !grant.terms_of_use.is_empty();
            terms.then(|| "/grantControls/termsOfUse".to_owned())
        })
        .or_else(|| {
            let custom = !grant.custom_authentication_factors.is_empty();
            custom.then(|| "/grantControls/customAuthenticationFactors".to_owned())
        });
    if let Some(pointer) = other {
        report.refuse(
            Graph::CaR82,
            &pointer,
            "`passwordChange` can only be combined with `mfa`",
            "put the other control in another policy",
        );
    }
}

/// Rule CA-R83: `passwordChange` is for the risk of
/// users, on all resources, without any other condition.
fn password_change_conditions(
    policy: &ConditionalAccessPolicy,
    index: usize,
    report: &mut Reporter<'_>,
) {
    let conditions = &policy.conditions;
    if conditions.user_risk_levels.is_empty() {
        report.refuse(
            Graph::CaR83,
            &format!("{BUILT_IN}/{index}"),
            "`passwordChange` needs the condition `userRiskLevels`",
            "add `userRiskLevels`, for example `[high]`",
        );
    }
    if !is_for_all(policy) {
        report.refuse(
            Graph::CaR83,
            "/conditions/applications",
            "`passwordChange` needs a policy for all resources",
            "write `includeApplications: [All]`",
        );
    } else if (conditions.applications.as_ref()).is_some_and(|apps| {
        !apps.exclude_applications.is_empty() || apps.application_filter.is_some()
    }) {
        report.refuse(
            Graph::CaR83,
            "/conditions/applications/excludeApplications",
            "`passwordChange` needs a policy for all resources, with none excluded",
            "remove the exclusions",
        );
    }
    for name in policy.conditions.narrowing() {
        if name != "userRiskLevels" {
            report.refuse(
                Graph::CaR83,
                &format!("/conditions/{name}"),
                &format!("`passwordChange` can only be combined with the condition `userRiskLevels`, not with `{name}`"),
                &format!("remove `{name}`"),
            );
        }
    }
}

/// Rule CA-R84: `passwordChange` brings the sign-in frequency `everyTime` with it.
fn password_change_session(policy: &ConditionalAccessPolicy, report: &mut Reporter<'_>) {
    let Some(session) = &policy.session_controls else {
        return;
    };
    if let Some(frequency) = &session.sign_in_frequency
        && frequency.is_enabled == Some(true)
        && frequency.frequency_interval != Some(SignInFrequencyInterval::EveryTime)
    {
        report.refuse(
            Graph::CaR84,
            "/sessionControls/signInFrequency",
            "`passwordChange` allows no sign-in frequency other than `everyTime`",
            "write `frequencyInterval: everyTime`, or remove `signInFrequency`",
        );
    }
    if (session.persistent_browser.as_ref()).is_some_and(|c| c.is_enabled == Some(true)) {
        report.refuse(
            Graph::CaR84,
            "/sessionControls/persistentBrowser",
            "`persistentBrowser` cannot be combined with `passwordChange`",
            "remove it, or put it in another policy",
        );
    }
}

/// Rule CA-R85: `riskRemediation` is for the risk of users, with a strength under `AND`. The
/// service brings policies into that form by itself.
fn risk_remediation(
    policy: &ConditionalAccessPolicy,
    grant: &GrantControls,
    report: &mut Reporter<'_>,
) {
    let Some(index) = position(grant, &GrantControl::RiskRemediation) else {
        return;
    };
    let pointer = format!("{BUILT_IN}/{index}");
    if policy.conditions.user_risk_levels.is_empty() {
        report.warn(
            Graph::CaR85,
            &pointer,
            "`riskRemediation` is for the condition `userRiskLevels`, which is not set",
            "add `userRiskLevels`, for example `[high]`",
        );
    }
    if grant.requirements() > 1 && !is_and(grant) {
        report.warn(
            Graph::CaR85,
            "/grantControls/operator",
            "`riskRemediation` needs `AND` with an authentication strength",
            "write `operator: AND`",
        );
    }
    let other = (grant.built_in_controls.iter())
        .position(|control| *control != GrantControl::RiskRemediation)
        .filter(|_| position(grant, &GrantControl::PasswordChange).is_none());
    if let Some(other) = other {
        report.warn(
            Graph::CaR85,
            &format!("{BUILT_IN}/{other}"),
            "`riskRemediation` can only be combined with an authentication strength",
            "put the other control in another policy",
        );
    }
    let frequency = (policy.session_controls.as_ref()).and_then(|s| s.sign_in_frequency.as_ref());
    if frequency.is_some_and(|frequency| {
        frequency.is_enabled == Some(true)
            && frequency.frequency_interval != Some(SignInFrequencyInterval::EveryTime)
    }) {
        report.warn(
            Graph::CaR85,
            "/sessionControls/signInFrequency",
            "`riskRemediation` implies the sign-in frequency `everyTime`",
            "write `frequencyInterval: everyTime`, or remove `signInFrequency`",
        );
    }
}

/// Rule CA-R92: a control that the schema does not have.
fn verified_id(grant: &GrantControls, report: &mut Reporter<'_>) {
    if let Some(index) = position(grant, &GrantControl::VerifiedId) {
        report.warn(
            Graph::CaR92,
            &format!("{BUILT_IN}/{index}"),
            "`verifiedID` is in preview: a Microsoft template has it, but no published schema",
            "try it in a test tenant first",
        );
    }
}

/// Rule CA-R86: `approvedApplication` retires.
fn approved_application(grant: &GrantControls, report: &mut Reporter<'_>) {
    let Some(index) = position(grant, &GrantControl::ApprovedApplication) else {
        return;
    };
    let alternative =
        position(grant, &GrantControl::CompliantApplication).is_some() && !is_and(grant);
    if !alternative {
        report.warn(
            Graph::CaR86,
            &format!("{BUILT_IN}/{index}"),
            "`approvedApplication` is being retired; a policy must not depend on it",
            "write `operator: OR` and `builtInControls: [approvedApplication, compliantApplication]`, or only `compliantApplication`",
        );
    }
}

/// Rule CA-R87: only Windows devices are joined to a domain.
fn domain_joined_platforms(
    policy: &ConditionalAccessPolicy,
    grant: &GrantControls,
    report: &mut Reporter<'_>,
) {
    let Some(index) = position(grant, &GrantControl::DomainJoinedDevice) else {
        return;
    };
    let Some(platforms) = &policy.conditions.platforms else {
        return;
    };
    let windows = |p: &DevicePlatform| matches!(p, DevicePlatform::Windows | DevicePlatform::All);
    if !platforms.include_platforms.is_empty() && !platforms.include_platforms.iter().any(windows) {
        report.warn(
            Graph::CaR87,
            &format!("{BUILT_IN}/{index}"),
            "only Windows devices can fulfil `domainJoinedDevice`, and `platforms` includes none",
            "use `compliantDevice`, or include `windows`",
        );
    }
}

/// Rule CA-R90: custom controls are a preview that ends.
fn custom_controls(grant: &GrantControls, report: &mut Reporter<'_>) {
    if !grant.custom_authentication_factors.is_empty() {
        report.warn(
            Graph::CaR90,
            "/grantControls/customAuthenticationFactors",
            "custom controls are a retiring preview",
            "move to an external authentication method, which `mfa` accepts",
        );
    }
}

/// Rule CA-R89: the ids of Microsoft's own strengths are known.
fn unknown_built_in_strength(grant: &GrantControls, report: &mut Reporter<'_>) {
    let Some(strength) = &grant.authentication_strength else {
        return;
    };
    let id = strength.target.trim();
    let prefix = "00000000-0000-0000-0000-";
    if crate::text::is_guid(id) && id.starts_with(prefix) && built_in_by_id(id).is_none() {
        report.warn(
            Graph::CaR89,
            "/grantControls/authenticationStrength",
            &format!("`{id}` is not an authentication strength of Microsoft's"),
            &format!(
                "name the strength, for example one of {}",
                quoted(built_in_strengths().iter().map(|s| s.display_name))
            ),
        );
    }
}
