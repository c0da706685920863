//! Rules CA-R01 to CA-R11: what every policy consists of.

use super::{Graph, Reporter, is_special};
use crate::model::enums::ClientApp;
use crate::model::policy::{Applications, ClientApplications, ConditionalAccessPolicy, Users};
use crate::model::refs::RefKind;
use crate::model::tables::special;
use crate::model::tables::special::SpecialValue;

pub(super) fn check(policy: &ConditionalAccessPolicy, report: &mut Reporter<'_>) {
    display_name(policy, report);
    resource_rule(policy, report);
    subject_rule(policy, report);
    control(policy, report);
    empty_client_app_types(policy, report);
    lone_client_app_type(policy, report);
    lone_values(policy, report);
    lone_users(policy, report);
    all_groups_or_roles(policy, report);
    excluded_values(policy, report);
    operator(policy, report);
}

/// True when the policy says something about workload identities.
pub(super) fn has_workloads(policy: &ConditionalAccessPolicy) -> bool {
    policy
        .conditions
        .client_applications
        .as_ref()
        .is_some_and(|clients| *clients != ClientApplications::default())
}

/// True when the policy names agent users.
pub(super) fn has_agent_users(policy: &ConditionalAccessPolicy) -> bool {
    policy
        .conditions
        .agents
        .as_ref()
        .is_some_and(|agents| *agents != Default::default())
}

/// The client app types, when they narrow the policy down.
pub(crate) fn client_types(policy: &ConditionalAccessPolicy) -> Option<&[ClientApp]> {
    let types = policy.conditions.client_app_types.as_ref()?;
    (!types.is_empty() && !types.contains(&ClientApp::All)).then_some(types.as_slice())
}

/// Rules CA-R01 and CA-R11: a display name of 1 to 256
/// characters. The JSON Schema sees to the plain cases.
fn display_name(policy: &ConditionalAccessPolicy, report: &mut Reporter<'_>) {
    let name = &policy.display_name;
    if !name.is_empty() && name.trim().is_empty() {
        report.refuse(
            Graph::CaR01,
            "/displayName",
            "the display name is blank",
            "give the policy a name",
        );
    }
    // The directory counts UTF-16 units.
    if name.encode_utf16().count() > 256 {
        report.warn(
            Graph::CaR11,
            "/displayName",
            "the display name is longer than 256 UTF-16 code units",
            "shorten the name",
        );
    }
}

/// Rule CA-R02: an application rule is needed. An
/// application filter that includes counts as one.
fn resource_rule(policy: &ConditionalAccessPolicy, report: &mut Reporter<'_>) {
    let applications = policy.conditions.applications.as_ref();
    let included = applications.is_some_and(|apps| {
        let filtered = apps
            .application_filter
            .as_ref()
            .is_some_and(|f| f.mode != Some(crate::model::enums::FilterMode::Exclude));
        !apps.include_applications.is_empty()
            || !apps.include_user_actions.is_empty()
            || !apps
                .include_authentication_context_class_references
                .is_empty()
            || filtered
    });
    if included {
        return;
    }
    let message = match applications {
        Some(apps) if *apps != Applications::default() => {
            "`applications` excludes resources but includes none"
        }
        _ => "the policy names no resource that it applies to",
    };
    report.refuse(
        Graph::CaR02,
        "/conditions/applications",
        message,
        "add `includeApplications`, for example `[All]`, or `includeUserActions`, or `includeAuthenticationContextClassReferences`",
    );
}

/// Rule CA-R03: a user rule is needed, or `clientApplications`.
fn subject_rule(policy: &ConditionalAccessPolicy, report: &mut Reporter<'_>) {
    let users = policy.conditions.users.as_ref();
    let included = policy.conditions.includes("users");
    if included || has_workloads(policy) || has_agent_users(policy) {
        return;
    }
    let message = match users {
        Some(users) if *users != Users::default() => "`users` excludes users but includes nobody",
        _ => "the policy names nobody that it applies to",
    };
    report.refuse(
        Graph::CaR03,
        "/conditions/users",
        message,
        "add `includeUsers`, for example `[All]`, or `includeGroups`, `includeRoles` or `includeGuestsOrExternalUsers`; for workload identities `clientApplications`",
    );
}

/// Rule CA-R04: a grant control or an effective session control
/// is needed.
fn control(policy: &ConditionalAccessPolicy, report: &mut Reporter<'_>) {
    if has_control(policy) {
        return;
    }
    let (pointer, message) = match (&policy.grant_controls, &policy.session_controls) {
        (Some(_), None) => ("/grantControls", "`grantControls` requires nothing"),
        (None, Some(_)) => (
            "/sessionControls",
            "no session control is enabled, and there is no grant control",
        ),
        (Some(_), Some(_)) => (
            "/grantControls",
            "`grantControls` requires nothing, and no session control is enabled",
        ),
        (None, None) => ("", "the policy has neither grant nor session controls"),
    };
    report.refuse(
        Graph::CaR04,
        pointer,
        message,
        "say what the policy does, for example `builtInControls: [mfa]` in `grantControls`",
    );
}

/// True when the policy has a requirement or a session control with an effect.
pub(super) fn has_control(policy: &ConditionalAccessPolicy) -> bool {
    policy
        .grant_controls
        .as_ref()
        .is_some_and(|grant| grant.requirements() > 0)
        || policy
            .session_controls
            .as_ref()
            .is_some_and(|session| session.is_effective())
}

/// Rule CA-R06: `clientAppTypes` is not an empty list.
fn empty_client_app_types(policy: &ConditionalAccessPolicy, report: &mut Reporter<'_>) {
    if (policy.conditions.client_app_types.as_ref()).is_some_and(|types| types.is_empty()) {
        report.refuse(
            Graph::CaR06,
            "/conditions/clientAppTypes",
            "`clientAppTypes` is empty",
            "remove it, or write `[all]`",
        );
    }
}

/// Rule CA-R07: `all` stands alone in `clientAppTypes`.
fn lone_client_app_type(policy: &ConditionalAccessPolicy, report: &mut Reporter<'_>) {
    let Some(types) = &policy.conditions.client_app_types else {
        return;
    };
    if let Some(index) = types.iter().position(|t| *t == ClientApp::All)
        && types.iter().any(|t| *t != ClientApp::All)
    {
        report.warn(
            Graph::CaR07,
            &format!("/conditions/clientAppTypes/{index}"),
            "`all` is combined with other client app types",
            "keep only `all`, or remove it",
        );
    }
}

/// Rule CA-R08: `All` and `None` stand alone in their list.
fn lone_values(policy: &ConditionalAccessPolicy, report: &mut Reporter<'_>) {
    for row in policy.conditions.stated() {
        // Of workload identities rule CA-R21 speaks.
        if let Some(kind) = row.refs.filter(|kind| *kind != RefKind::ServicePrincipal) {
            let limit = (row.read)(&policy.conditions);
            let pointer = row.pointer(row.include);
            lone(report, kind.special_values(), limit.sides().0, &pointer);
        }
    }
}

fn lone(report: &mut Reporter<'_>, list: &[SpecialValue], items: &[&str], pointer: &str) {
    for (index, text) in items.iter().enumerate() {
        let Some(value @ ("All" | "None")) = special::canonical(list, text.trim()) else {
            continue;
        };
        if items.iter().any(|other| !is_special(list, other, value)) {
            let what = match value {
                "All" => "already covers the other entries",
                _ => "adds nothing to the other entries",
            };
            report.warn(
                Graph::CaR08,
                &format!("{pointer}/{index}"),
                &format!("`{value}` {what}"),
                &format!("keep only `{value}`, or remove it"),
            );
            return;
        }
    }
}

/// Rule CA-R08: `All` in `includeUsers` covers groups, roles and guests, and `None` adds nobody to
/// them. Of users next to workload identities rule CA-R20 speaks.
fn lone_users(policy: &ConditionalAccessPolicy, report: &mut Reporter<'_>) {
    let Some(users) = policy
        .conditions
        .users
        .as_ref()
        .filter(|_| !has_workloads(policy))
    else {
        return;
    };
    let others: Vec<&str> = (policy.conditions.stated())
        .filter(|row| row.name == "users" && row.include != "includeUsers")
        .flat_map(|row| {
            row.members(&policy.conditions)
                .filter(|member| *member == row.include)
        })
        .collect();
    if others.is_empty() {
        return;
    }
    let names = super::quoted(others.iter().copied());
    let at = |index| format!("/conditions/users/includeUsers/{index}");
    if let Some(index) = super::position_of(special::users(), &users.include_users, "None") {
        report.warn(
            Graph::CaR08,
            &at(index),
            &format!("`None` in `includeUsers` adds nobody to {names}, which still count"),
            "remove `None`, or what else is included",
        );
    } else if let Some(index) = super::position_of(special::users(), &users.include_users, "All") {
        report.warn(
            Graph::CaR08,
            &at(index),
            &format!("`All` in `includeUsers` already covers {names}"),
            "remove `All` to target only the others, or remove the others",
        );
    }
}

/// Rule CA-R09: `All` is no group and no role, whatever the documentation says.
fn all_groups_or_roles(policy: &ConditionalAccessPolicy, report: &mut Reporter<'_>) {
    let Some(users) = &policy.conditions.users else {
        return;
    };
    for (name, items, help) in [
        (
            "includeGroups",
            &users.include_groups,
            "use `includeUsers: [All]`",
        ),
        ("excludeGroups", &users.exclude_groups, "name the groups"),
        (
            "includeRoles",
            &users.include_roles,
            "name the roles, or use `includeUsers: [All]`",
        ),
        ("excludeRoles", &users.exclude_roles, "name the roles"),
    ] {
        if let Some(index) = super::position_of(special::users(), items, "All") {
            report.refuse(
                Graph::CaR09,
                &format!("/conditions/users/{name}/{index}"),
                &format!("`All` is not allowed in `{name}`"),
                help,
            );
        }
    }
}

/// Rule CA-R08: `All` and `None` are values of the including lists.
fn excluded_values(policy: &ConditionalAccessPolicy, report: &mut Reporter<'_>) {
    for row in policy.conditions.stated() {
        // Of locations rule CA-R63 speaks, of workload identities CA-R25.
        let Some(kind @ (RefKind::User | RefKind::Application)) = row.refs else {
            continue;
        };
        let limit = (row.read)(&policy.conditions);
        let pointer = row.pointer(row.exclude);
        let list = kind.special_values();
        for (index, text) in limit.sides().1.iter().enumerate() {
            if let Some(value @ ("All" | "None")) = special::canonical(list, text.trim()) {
                let effect = match value {
                    "All" => "everything is excluded: the policy never applies",
                    _ => "`None` excludes nothing",
                };
                report.warn(
                    Graph::CaR08,
                    &format!("{pointer}/{index}"),
                    effect,
                    "name what to exclude, or remove the value",
                );
            }
        }
    }
}

/// Rule CA-R10: the operator is `AND` or `OR`; the case does not matter.
fn operator(policy: &ConditionalAccessPolicy, report: &mut Reporter<'_>) {
    if let Some(operator) = policy
        .grant_controls
        .as_ref()
        .and_then(|g| g.operator.as_ref())
        && !operator.eq_ignore_ascii_case("AND")
        && !operator.eq_ignore_ascii_case("OR")
    {
        report.refuse(
            Graph::CaR10,
            "/grantControls/operator",
            &format!("`{operator}` is not an operator"),
            "write `AND` (all requirements) or `OR` (one of them)",
        );
    }
}
