//! Whether a policy is about a resource.

use super::Reason;
use super::known::{Fact, Match};
use super::sign_in::Resource;
use crate::model::enums::FilterMode;
use crate::model::policy::Applications;

/// Windows Azure Service Management API: covers Azure Resource Manager, the Azure portal and
/// the Entra admin center ("Cloud apps, actions, and authentication context").
const SERVICE_MANAGEMENT: &str = "797f4846-ba00-4fd7-ba43-dac1f8f63013";
const AZURE_PORTAL: &str = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c";

/// Members of the suite Office 365 ("Apps included in Conditional Access Office 365 app
/// suite"), those whose ids are published. The list grows: an application that is not here may
/// be in it all the same.
const OFFICE_365: &[&str] = &[
    "00000002-0000-0ff1-ce00-000000000000", // Office 365 Exchange Online
    "00000003-0000-0ff1-ce00-000000000000", // Office 365 SharePoint Online
    "00000004-0000-0ff1-ce00-000000000000", // Skype for Business Online
    "00000006-0000-0ff1-ce00-000000000000", // Microsoft Office 365 Portal
    "cc15fd57-2c6c-4117-a88c-83b1d56b4bbe", // Microsoft Teams Services
    "c9a559d2-7aab-4f13-a6ed-e7e9c52aec87", // Microsoft Forms
    "cf53fce8-def6-4aeb-8d30-b158e7b1cf83", // Microsoft Stream Portal
];

/// Portals of the group of admin portals whose ids are known; as above.
const ADMIN_PORTALS: &[&str] = &[AZURE_PORTAL];

/// The resources of a policy: included and not excluded, and what it is that does not match.
pub fn resource(policy: &Applications, wanted: &Resource) -> (Reason, Match) {
    let actions = &policy.include_user_actions;
    let contexts = &policy.include_authentication_context_class_references;
    let has = |list: &[String], text: &str| list.iter().any(|t| t.eq_ignore_ascii_case(text));
    match wanted {
        Resource::Application(id) if actions.is_empty() && contexts.is_empty() => {
            (Reason::Application, application(policy, id))
        }
        Resource::Application(_) if !actions.is_empty() => (Reason::UserActions, Match::No),
        Resource::Application(_) => (Reason::AuthenticationContext, Match::No),
        Resource::UserAction(action) if !actions.is_empty() => {
            (Reason::UserActions, has(actions, action).into())
        }
        Resource::UserAction(action) => {
            // Policies on all resources count when security information is registered
            // (the evaluate page's example); for devices that is not documented.
            let matched = match has(&policy.include_applications, "All") {
                false => Match::No,
                true if action.eq_ignore_ascii_case("urn:user:registersecurityinfo") => Match::Yes,
                true => Match::unknown(Fact::AllResources),
            };
            (Reason::UserActions, matched)
        }
        Resource::AuthenticationContext(id) if !contexts.is_empty() => {
            (Reason::AuthenticationContext, has(contexts, id).into())
        }
        Resource::AuthenticationContext(_) => {
            let matched = match has(&policy.include_applications, "All") {
                false => Match::No,
                true => Match::unknown(Fact::AllResources),
            };
            (Reason::AuthenticationContext, matched)
        }
    }
}

fn application(policy: &Applications, id: &str) -> Match {
    let list = |names: &[String]| Match::any(names.iter().map(|name| one(name, id)));
    // What a filter matches is added to the list that its mode names.
    let filter = |mode: FilterMode| match &policy.application_filter {
        Some(filter) if filter.mode.as_ref() == Some(&mode) => {
            Match::unknown(Fact::ApplicationAttributes)
        }
        _ => Match::No,
    };
    let included = Match::any([
        list(&policy.include_applications),
        filter(FilterMode::Include),
    ]);
    let excluded = Match::any([
        list(&policy.exclude_applications),
        filter(FilterMode::Exclude),
    ]);
    included.but_not(excluded)
}

fn one(name: &str, id: &str) -> Match {
    let listed = |list: &[&str], fact: Fact| match list.iter().any(|m| m.eq_ignore_ascii_case(id)) {
        true => Match::Yes,
        false => Match::unknown(fact),
    };
    if name.eq_ignore_ascii_case("All") || name.eq_ignore_ascii_case(id) {
        return Match::Yes;
    }
    match name {
        "Office365" => listed(OFFICE_365, Fact::Office365),
        "MicrosoftAdminPortals" => listed(ADMIN_PORTALS, Fact::AdminPortals),
        "AllAgentIdResources" => Match::unknown(Fact::Unmodelled("AllAgentIdResources")),
        other => (other.eq_ignore_ascii_case(SERVICE_MANAGEMENT)
            && id.eq_ignore_ascii_case(AZURE_PORTAL))
        .into(),
    }
}
