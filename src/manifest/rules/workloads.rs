//! Rules CA-R20 to CA-R25 and CA-R30: workload identities and agents.

use super::policy::{has_agent_users, has_workloads};
use super::{Graph, Reporter, is_special, position_of};
use crate::model::conditions::{CONDITIONS, Whom};
use crate::model::enums::GrantControl;
use crate::model::policy::{ClientApplications, ConditionalAccessPolicy};
use crate::model::tables::special;

const CLIENTS: &str = "/conditions/clientApplications";

pub(super) fn check(policy: &ConditionalAccessPolicy, report: &mut Reporter<'_>) {
    if has_workloads(policy)
        && let Some(clients) = &policy.conditions.client_applications
    {
        users_and_workloads(policy, report);
        other_conditions(policy, report);
        workload_grant(policy, clients, report);
        excluded_workloads(clients, report);
        workload_values(clients, report);
    } else {
        workload_risk_alone(policy, report);
    }
    agents(policy, report);
}

/// Rule CA-R20, CA-R29: a policy is for users or
/// for workload identities.
fn users_and_workloads(policy: &ConditionalAccessPolicy, report: &mut Reporter<'_>) {
    let Some(users) = &policy.conditions.users else {
        return;
    };
    let named = users
        .include_users
        .iter()
        .position(|text| !is_special(special::users(), text, "None"))
        .map(|index| format!("includeUsers/{index}"))
        .or_else(|| {
            let rows = (policy.conditions.stated()).filter(|row| row.name == "users");
            let mut members = rows.flat_map(|row| row.members(&policy.conditions));
            members
                .find(|member| *member != "includeUsers")
                .map(str::to_owned)
        });
    let Some(named) = named else { return };
    let contexts = policy.conditions.applications.as_ref().is_some_and(|apps| {
        !apps
            .include_authentication_context_class_references
            .is_empty()
    });
    let (rule, message) = if contexts {
        (
            Graph::CaR29,
            "an authentication context is for users or for workload identities, not for both in one policy",
        )
    } else {
        (
            Graph::CaR20,
            "users are combined with `clientApplications`; a policy is for users or for workload identities",
        )
    };
    report.refuse(
        rule,
        &format!("/conditions/users/{named}"),
        message,
        "write `includeUsers: [None]` and nothing else in `users`, or remove `clientApplications`",
    );
}

/// Rules CA-R20 and CA-R22: the conditions are locations and the risk of the
/// service principal, and not what only a user or a device has.
fn other_conditions(policy: &ConditionalAccessPolicy, report: &mut Reporter<'_>) {
    let conditions = &policy.conditions;
    for name in conditions.narrowing() {
        let rows = || CONDITIONS.iter().filter(|row| row.name == name);
        let asks = |facts: &[&str]| rows().any(|row| row.asks.iter().any(|f| facts.contains(f)));
        if rows().any(|row| row.whom == Whom::Any) {
            continue;
        }
        if asks(&["clientAppType", "devicePlatform", "deviceInfo"]) {
            not_for_workloads(name, &format!("/conditions/{name}"), report);
        } else {
            report.refuse(
                Graph::CaR20,
                &format!("/conditions/{name}"),
                &format!(
                    "`{name}` is a condition on users, and the policy is for workload identities"
                ),
                &format!("remove `{name}`"),
            );
        }
    }
    let applications = conditions.applications.as_ref();
    if applications.is_some_and(|apps| !apps.include_user_actions.is_empty()) {
        let name = "includeUserActions";
        not_for_workloads(name, &format!("/conditions/applications/{name}"), report);
    }
}

fn not_for_workloads(name: &str, pointer: &str, report: &mut Reporter<'_>) {
    report.refuse(
        Graph::CaR22,
        pointer,
        &format!("`{name}` cannot be combined with workload identities"),
        &format!("remove `{name}`; `locations` and `servicePrincipalRiskLevels` remain"),
    );
}

/// Rule CA-R22: the only grant is `block`.
fn workload_grant(
    policy: &ConditionalAccessPolicy,
    clients: &ClientApplications,
    report: &mut Reporter<'_>,
) {
    let Some(grant) = &policy.grant_controls else {
        return;
    };
    let other = grant
        .built_in_controls
        .iter()
        .position(|control| *control != GrantControl::Block)
        .map(|index| format!("/grantControls/builtInControls/{index}"))
        .or_else(|| {
            [
                (
                    "/grantControls/authenticationStrength",
                    grant.authentication_strength.is_some(),
                ),
                ("/grantControls/termsOfUse", !grant.terms_of_use.is_empty()),
                (
                    "/grantControls/customAuthenticationFactors",
                    !grant.custom_authentication_factors.is_empty(),
                ),
            ]
            .into_iter()
            .find_map(|(pointer, given)| given.then(|| pointer.to_owned()))
        });
    let blocks = grant.built_in_controls.contains(&GrantControl::Block);
    // Next to `block`, rule CA-R80 speaks.
    let Some(pointer) = other.filter(|_| !blocks) else {
        return;
    };
    let agents = (!clients.include_agent_id_service_principals.is_empty()
        || clients.agent_id_service_principal_filter.is_some())
        && clients.include_service_principals.is_empty()
        && clients.service_principal_filter.is_none();
    let message = |whom| {
        format!("{whom} cannot fulfil any requirement; the only grant control for them is `block`")
    };
    let help = "write `builtInControls: [block]`";
    match agents {
        true => report.warn(Graph::CaR30, &pointer, &message("agent identities"), help),
        false => report.refuse(
            Graph::CaR22,
            &pointer,
            &message("workload identities"),
            help,
        ),
    }
}

/// Rule CA-R24: service principals are left out of those that are included.
fn excluded_workloads(clients: &ClientApplications, report: &mut Reporter<'_>) {
    if !clients.exclude_service_principals.is_empty()
        && clients.include_service_principals.is_empty()
    {
        report.warn(
            Graph::CaR24,
            &format!("{CLIENTS}/excludeServicePrincipals"),
            "service principals are excluded, but none are included",
            "add `includeServicePrincipals`, for example `[ServicePrincipalsInMyTenant]`",
        );
    }
    if !clients.exclude_agent_id_service_principals.is_empty()
        && clients.include_agent_id_service_principals.is_empty()
    {
        report.warn(
            Graph::CaR24,
            &format!("{CLIENTS}/excludeAgentIdServicePrincipals"),
            "agent identities are excluded, but none are included",
            "add `includeAgentIdServicePrincipals`, for example `[All]`",
        );
    }
}

/// Rule CA-R21, CA-R25: the lists hold service principals of the tenant,
/// and only one special value.
fn workload_values(clients: &ClientApplications, report: &mut Reporter<'_>) {
    let list = special::service_principals();
    if let Some(index) = position_of(list, &clients.include_service_principals, "All") {
        report.refuse(
            Graph::CaR21,
            &format!("{CLIENTS}/includeServicePrincipals/{index}"),
            "`All` is not allowed in `includeServicePrincipals`: only the tenant's own service principals can be targeted",
            "write `ServicePrincipalsInMyTenant`",
        );
    }
    for value in ["All", "ServicePrincipalsInMyTenant"] {
        if let Some(index) = position_of(list, &clients.exclude_service_principals, value) {
            report.refuse(
                Graph::CaR25,
                &format!("{CLIENTS}/excludeServicePrincipals/{index}"),
                &format!("`{value}` cannot be excluded; it can only be included"),
                "name the service principals to exclude",
            );
        }
    }
}

/// Rule CA-R22: the risk of a service principal is a condition on
/// workload identities.
fn workload_risk_alone(policy: &ConditionalAccessPolicy, report: &mut Reporter<'_>) {
    if !policy.conditions.service_principal_risk_levels.is_empty() {
        report.refuse(
            Graph::CaR22,
            "/conditions/servicePrincipalRiskLevels",
            "`servicePrincipalRiskLevels` is for workload identities, and the policy is for users",
            "use `userRiskLevels` or `signInRiskLevels`, or target workload identities with `clientApplications`",
        );
    }
}

/// Rule CA-R30: how agents are targeted.
fn agents(policy: &ConditionalAccessPolicy, report: &mut Reporter<'_>) {
    let conditions = &policy.conditions;
    let identities = conditions.client_applications.as_ref().is_some_and(|c| {
        !c.include_agent_id_service_principals.is_empty()
            || c.agent_id_service_principal_filter.is_some()
    });
    if let Some(levels) = &conditions.agent_id_risk_levels {
        let everywhere = conditions.users.as_ref().is_some_and(|users| {
            position_of(special::users(), &users.include_users, "AllAgentIdUsers").is_some()
        });
        if levels.is_empty() {
            report.warn(
                Graph::CaR30,
                "/conditions/agentIdRiskLevels",
                "`agentIdRiskLevels` names no level: there is no condition",
                "name levels, for example `[high]`, or remove it",
            );
        } else if !identities && !has_agent_users(policy) && !everywhere {
            report.warn(
                Graph::CaR30,
                "/conditions/agentIdRiskLevels",
                "`agentIdRiskLevels` is a condition on agents, and the policy targets none",
                "target agents with `agents` or `includeAgentIdServicePrincipals`",
            );
        }
    }
    if let Some(agents) = conditions
        .agents
        .as_ref()
        .filter(|_| has_agent_users(policy))
    {
        let users = conditions.users.as_ref();
        let odd = agents
            .include_agent_users
            .iter()
            .position(|text| !text.trim().eq_ignore_ascii_case("All"));
        if let Some(index) = odd {
            report.warn(
                Graph::CaR30,
                &format!("/conditions/agents/includeAgentUsers/{index}"),
                "agent users can only be targeted as a whole",
                "write `[All]`",
            );
        }
        if let Some(index) = users.and_then(|users| {
            (users.include_users.iter())
                .position(|text| !is_special(special::users(), text, "None"))
        }) {
            report.warn(
                Graph::CaR30,
                &format!("/conditions/users/includeUsers/{index}"),
                "users are combined with agent users",
                "write `includeUsers: [None]`, and a separate policy for the users",
            );
        }
    }
}
