//! Rules CA-R40 to CA-R48: applications, user actions and authentication contexts.

use super::{Graph, Reporter, context, position_of, quoted, suggest};
use crate::model::enums::{FilterMode, GrantControl, PolicyState};
use crate::model::policy::{Applications, ConditionalAccessPolicy, Filter};
use crate::model::tables::APPS;
use crate::model::tables::special;

const APPLICATIONS: &str = "/conditions/applications";
const MICROSOFT_GRAPH: &str = "00000003-0000-0000-c000-000000000000";
/// The user action of rule CA-R44.
const REGISTER_DEVICE: &str = "urn:user:registerdevice";

pub(super) fn check(policy: &ConditionalAccessPolicy, report: &mut Reporter<'_>) {
    if let Some(applications) = &policy.conditions.applications {
        one_kind(policy, report);
        exclusions_alone(applications, report);
        microsoft_graph(applications, report);
        unknown_actions(applications, report);
        context_ids(applications, report);
        filter_and_special_values(applications, report);
        if position_of(
            special::user_actions(),
            &applications.include_user_actions,
            REGISTER_DEVICE,
        )
        .is_some()
        {
            register_device_grant(policy, report);
            register_device_conditions(policy, report);
        }
        if !applications.include_user_actions.is_empty() {
            actions_in_report_only(policy, report);
        }
    }
    attribute_filters(policy, report);
}

/// The app id that a name or id of an application stands for, when it is a known one.
pub(super) fn app_id(text: &str) -> Option<&'static str> {
    let text = text.trim();
    APPS.by_id(text)
        .or_else(|| APPS.by_name(text))
        .map(|app| app.id)
}

/// True when the policy is for all resources.
pub(super) fn is_for_all(policy: &ConditionalAccessPolicy) -> bool {
    policy.conditions.applications.as_ref().is_some_and(|apps| {
        position_of(special::applications(), &apps.include_applications, "All").is_some()
    })
}

/// The included application that is none of `known` (app ids or special values), as a
/// pointer and its text; the user actions or contexts when the policy is for these.
pub(super) fn application_outside(
    policy: &ConditionalAccessPolicy,
    known: &[&str],
) -> Option<(String, String)> {
    let applications = policy.conditions.applications.as_ref()?;
    let outside = |text: &&String| {
        let value =
            special::canonical(special::applications(), text.trim()).or_else(|| app_id(text));
        value.is_none_or(|value| !known.contains(&value))
    };
    let mut included = applications.include_applications.iter().enumerate();
    if let Some((index, text)) = included.find(|(_, text)| outside(text)) {
        return Some((
            format!("{APPLICATIONS}/includeApplications/{index}"),
            text.clone(),
        ));
    }
    let contexts = &applications.include_authentication_context_class_references;
    [
        ("includeUserActions", &applications.include_user_actions),
        ("includeAuthenticationContextClassReferences", contexts),
    ]
    .into_iter()
    .find_map(|(name, items)| {
        let first = items.first()?;
        Some((format!("{APPLICATIONS}/{name}/0"), first.clone()))
    })
}

/// Rule CA-R40: applications, user actions and authentication
/// contexts exclude each other.
fn one_kind(policy: &ConditionalAccessPolicy, report: &mut Reporter<'_>) {
    let given: Vec<&str> = (policy.conditions.stated())
        .filter(|row| row.name == "applications" && row.include != "applicationFilter")
        .filter(|row| {
            row.members(&policy.conditions)
                .any(|member| member == row.include)
        })
        .map(|row| row.include)
        .collect();
    if let [_, .., last] = given.as_slice() {
        report.refuse(
            Graph::CaR40,
            &format!("{APPLICATIONS}/{last}"),
            &format!("{} cannot be combined", quoted(given.iter().copied())),
            "keep one of them, and write a separate policy for each of the others",
        );
    }
}

/// Rule CA-R40: only applications can be left out.
fn exclusions_alone(applications: &Applications, report: &mut Reporter<'_>) {
    let others = !applications.include_user_actions.is_empty()
        || !applications
            .include_authentication_context_class_references
            .is_empty();
    if others
        && applications.include_applications.is_empty()
        && !applications.exclude_applications.is_empty()
    {
        report.warn(
            Graph::CaR40,
            &format!("{APPLICATIONS}/excludeApplications"),
            "`excludeApplications` does nothing in a policy that is not for applications",
            "remove it",
        );
    }
}

/// Rule CA-R43: Microsoft Graph cannot be targeted on its own.
fn microsoft_graph(applications: &Applications, report: &mut Reporter<'_>) {
    for (name, items) in [
        ("includeApplications", &applications.include_applications),
        ("excludeApplications", &applications.exclude_applications),
    ] {
        if let Some(index) = (items.iter()).position(|text| app_id(text) == Some(MICROSOFT_GRAPH)) {
            report.warn(
                Graph::CaR43,
                &format!("{APPLICATIONS}/{name}/{index}"),
                "Microsoft Graph cannot be targeted on its own",
                "name the applications that call it, or use `All`",
            );
        }
    }
}

/// Rule CA-R50: user actions are of a list, which may grow.
fn unknown_actions(applications: &Applications, report: &mut Reporter<'_>) {
    for (index, text) in applications.include_user_actions.iter().enumerate() {
        let pointer = format!("{APPLICATIONS}/includeUserActions/{index}");
        let mut known = special::user_actions().iter();
        if known.any(|a| a.value.eq_ignore_ascii_case(text.trim())) {
            continue;
        }
        let values = || {
            special::user_actions()
                .iter()
                .filter(|a| !a.beta)
                .map(|a| a.value)
        };
        report.warn(
            Graph::CaR50,
            &pointer,
            &format!("`{text}` is not a documented user action"),
            &suggest(text, values(), || format!("use {}", quoted(values()))),
        );
    }
}

/// Rule AC-R01: contexts are `c1` to `c99`; any other text is a name.
fn context_ids(applications: &Applications, report: &mut Reporter<'_>) {
    let contexts = &applications.include_authentication_context_class_references;
    for (index, text) in contexts.iter().enumerate() {
        let id = text.trim();
        if context::looks_like_id(id) && !context::is_context_id(&id.to_ascii_lowercase()) {
            report.refuse(
                Graph::AcR01,
                &format!("{APPLICATIONS}/includeAuthenticationContextClassReferences/{index}"),
                &format!("`{text}` is not the id of an authentication context"),
                "the ids are `c1` to `c99`; a display name works as well",
            );
        }
    }
}

/// Rule CA-R44: registering a device takes `mfa` or a strength alone.
fn register_device_grant(policy: &ConditionalAccessPolicy, report: &mut Reporter<'_>) {
    let Some(grant) = &policy.grant_controls else {
        return;
    };
    if grant.built_in_controls.contains(&GrantControl::Block) && grant.requirements() > 1 {
        return; // rule CA-R80 speaks
    }
    let built_in = (grant.built_in_controls.iter())
        .position(|control| *control != GrantControl::Mfa)
        .map(|index| format!("/grantControls/builtInControls/{index}"));
    let pointer = built_in
        .or_else(|| {
            (!grant.terms_of_use.is_empty()).then(|| "/grantControls/termsOfUse".to_owned())
        })
        .or_else(|| {
            (!grant.custom_authentication_factors.is_empty())
                .then(|| "/grantControls/customAuthenticationFactors".to_owned())
        });
    if let Some(pointer) = pointer {
        report.warn(
            Graph::CaR44,
            &pointer,
            "registering or joining a device can only require `mfa` or an authentication strength",
            "write `builtInControls: [mfa]` or `authenticationStrength`, and put the rest in another policy",
        );
    }
}

/// Rule CA-R44: conditions that are not there when a device is registered.
fn register_device_conditions(policy: &ConditionalAccessPolicy, report: &mut Reporter<'_>) {
    let conditions = &policy.conditions;
    for (name, given) in [
        (
            "clientAppTypes",
            super::policy::client_types(policy).is_some(),
        ),
        ("devices", conditions.devices.is_some()),
        ("deviceStates", conditions.device_states.is_some()),
    ] {
        if given {
            report.warn(
                Graph::CaR44,
                &format!("/conditions/{name}"),
                &format!("`{name}` is not available for registering or joining a device"),
                &format!("remove `{name}`"),
            );
        }
    }
}

/// Rule CA-R46: user actions are not evaluated in report-only mode.
fn actions_in_report_only(policy: &ConditionalAccessPolicy, report: &mut Reporter<'_>) {
    if policy.state == Some(PolicyState::ReportOnly) {
        report.warn(
            Graph::CaR46,
            "/state",
            "a policy on user actions is not evaluated in report-only mode: nothing will be reported",
            "try it on a small group with `state: enabled`",
        );
    }
}

/// Rule CA-R48: beside `All` a filter that includes is ignored: the policy hits every application.
/// To leave applications out of `All` by a filter is what the portal offers.
fn filter_and_special_values(applications: &Applications, report: &mut Reporter<'_>) {
    let Some(filter) = &applications.application_filter else {
        return;
    };
    for (index, text) in applications.include_applications.iter().enumerate() {
        let (message, help) = match special::canonical(special::applications(), text.trim()) {
            Some("All") if filter.mode == Some(FilterMode::Exclude) => continue,
            Some("All") => (
                "the service ignores `applicationFilter` together with `All`: the policy applies to every application".to_owned(),
                "remove `All` to target what the filter matches, or remove the filter".to_owned(),
            ),
            Some(value @ ("None" | "AllAgentIdResources")) => (
                format!("`{value}` is combined with `applicationFilter`"),
                format!("remove `{value}`, or the filter"),
            ),
            _ => continue,
        };
        let pointer = format!("{APPLICATIONS}/includeApplications/{index}");
        report.warn(Graph::CaR48, &pointer, &message, &help);
        return;
    }
}

/// Rule CA-R48: the rule of an attribute filter is about custom security
/// attributes.
fn attribute_filters(policy: &ConditionalAccessPolicy, report: &mut Reporter<'_>) {
    let conditions = &policy.conditions;
    let clients = conditions.client_applications.as_ref();
    let filters: [(&str, Option<&Filter>); 3] = [
        (
            "applications/applicationFilter",
            (conditions.applications.as_ref()).and_then(|a| a.application_filter.as_ref()),
        ),
        (
            "clientApplications/servicePrincipalFilter",
            clients.and_then(|c| c.service_principal_filter.as_ref()),
        ),
        (
            "clientApplications/agentIdServicePrincipalFilter",
            clients.and_then(|c| c.agent_id_service_principal_filter.as_ref()),
        ),
    ];
    for (name, filter) in filters {
        let Some(filter) = filter else { continue };
        let pointer = format!("/conditions/{name}/rule");
        if filter.rule.trim().is_empty() {
            report.refuse(
                Graph::CaR48,
                &pointer,
                "the rule of the filter is blank",
                "write a rule, or remove the filter",
            );
        } else if !filter
            .rule
            .to_ascii_lowercase()
            .contains("customsecurityattribute.")
        {
            report.warn(
                Graph::CaR48,
                &pointer,
                "the rule names no custom security attribute",
                "write it like `CustomSecurityAttribute.Set_Name -contains \"value\"`",
            );
        }
    }
}
