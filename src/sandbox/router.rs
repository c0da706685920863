//! Which subject answers which path.

use super::call::{Answer, Call};
use super::error::ErrorAnswer;
use super::tenant::Tenant;
use super::{
    Options, applications, audit, contexts, directory, evaluate, groups, locations, policies, risk,
    roles, settings, sign_in_log, strengths, templates, users,
};

pub(super) fn route(call: &Call, tenant: &mut Tenant, options: &Options) -> Answer {
    let low: Vec<&str> = call.low.iter().map(String::as_str).collect();
    let raw = call.path.as_slice();
    let behind = |segments| raw.get(segments..).unwrap_or_default();
    match low.as_slice() {
        ["identity", "conditionalaccess", rest @ ..] => {
            conditional_access(call, rest, behind(2), tenant, options)
        }
        ["policies", "conditionalaccesspolicies", rest @ ..] => {
            policies::route(call, rest, tenant, options)
        }
        ["policies", "identitysecuritydefaultsenforcementpolicy"] => {
            settings::security_defaults(call, &options.learnt)
        }
        ["policies", "authenticationstrengthpolicies", ..] => strengths::route(
            call,
            behind(2),
            tenant,
            "policies/authenticationStrengthPolicies",
            options,
        ),
        ["users", rest @ ..] => users::route(call, behind(1), rest, tenant),
        ["groups", rest @ ..] => groups::route(call, behind(1), rest, tenant),
        ["applications", rest @ ..] => applications::route(call, behind(1), rest, tenant),
        ["directoryobjects", rest @ ..] => directory::objects(call, rest, tenant),
        ["serviceprincipals", ..] => directory::service_principals(call, behind(1), tenant),
        ["directoryroletemplates", rest @ ..] => directory::role_templates(call, rest),
        ["directoryroles", ..] => roles::route(call, behind(1), tenant),
        ["subscribedskus", rest @ ..] => {
            directory::subscribed_skus(call, rest, tenant, options.licence())
        }
        ["identityprotection", "riskdetections", rest @ ..] => risk::detections(call, rest, tenant),
        ["identityprotection", "riskyusers", rest @ ..] => risk::risky_users(call, rest, tenant),
        ["rolemanagement", "directory", "roledefinitions", rest @ ..] => {
            directory::role_definitions(call, rest)
        }
        ["rolemanagement", "directory", "roleassignments", rest @ ..] => {
            roles::assignments(call, rest, tenant)
        }
        ["identitygovernance", "termsofuse", "agreements", rest @ ..] => {
            directory::agreements(call, rest, tenant)
        }
        ["auditlogs", "directoryaudits", rest @ ..] => audit::route(call, rest, tenant),
        ["auditlogs", "signins", rest @ ..] => sign_in_log::route(call, rest, tenant),
        ["organization", rest @ ..] => directory::organization(call, rest, tenant),
        ["domains", rest @ ..] => directory::domains(call, rest, tenant),
        ["directory", "deleteditems", rest @ ..] => directory::deleted_items(call, rest, tenant),
        _ => Err(unknown(raw)),
    }
}

fn conditional_access(
    call: &Call,
    low: &[&str],
    raw: &[String],
    tenant: &mut Tenant,
    options: &Options,
) -> Answer {
    const STRENGTHS: &str = "identity/conditionalAccess/authenticationStrength/policies";
    match low {
        ["policies", rest @ ..] => policies::route(call, rest, tenant, options),
        ["namedlocations", rest @ ..] => locations::route(call, rest, tenant, options),
        ["authenticationcontextclassreferences", rest @ ..] => contexts::route(call, rest, tenant),
        [
            "authenticationstrength" | "authenticationstrengths",
            "policies",
            ..,
        ] => strengths::route(
            call,
            raw.get(2..).unwrap_or_default(),
            tenant,
            STRENGTHS,
            options,
        ),
        ["settings"] => settings::conditional_access(call, &options.learnt),
        ["templates", rest @ ..] => templates::route(call, rest, tenant),
        ["evaluate" | "microsoft.graph.evaluate"] if call.method() == "POST" => {
            evaluate::answer(call, tenant)
        }
        ["evaluate" | "microsoft.graph.evaluate"] => Err(ErrorAnswer::method()),
        ["authenticationstrength", rest @ ..] => strengths::root(call, rest),
        ["deleteditems", "policies", rest @ ..] => policies::deleted(call, rest, tenant, options),
        ["deleteditems", "namedlocations", rest @ ..] => locations::deleted(call, rest, tenant),
        _ => Err(unknown(raw)),
    }
}

/// Graph names the first segment that it does not know.
pub(super) fn unknown(raw: &[String]) -> ErrorAnswer {
    const KNOWN: &[&str] = &[
        "identity",
        "conditionalaccess",
        "policies",
        "rolemanagement",
        "directory",
        "identitygovernance",
        "termsofuse",
        "identityprotection",
        "auditlogs",
        "deleteditems",
    ];
    let name = raw
        .iter()
        .find(|s| !KNOWN.contains(&s.to_ascii_lowercase().as_str()))
        .or(raw.last());
    ErrorAnswer::segment(name.map_or("", String::as_str))
}
