//! The rules that the service holds a policy to: what it was seen to refuse, or is documented to.
//! The names in brackets are those of the rule list that the sandbox was built from. Where the
//! number of Graph's answer is not known, 1032 is used with a word of our own. What is believed
//! and was never seen refused is taken, unless [`Unsure::Refuse`] asks otherwise.

use serde_json::Value;

use super::call::{Map, strings, text};
use super::controls;
use super::error::{Check, ErrorAnswer, invalid};
use super::normalise::{circumstances, effective};
use super::value::at;
use super::{Options, Unsure};
use crate::model::conditions::{Condition, Whom};
use crate::model::filter as device_filter;

const LONGEST_RULE: usize = 3072;
const LONGEST_NAME: usize = 256;

/// Rules about the body as sent, before defaults are filled in; for create and PATCH.
pub(super) fn as_sent(body: &Map, unsure: Unsure) -> Check {
    let conditions = body.get("conditions").unwrap_or(&Value::Null);
    if conditions["clientAppTypes"]
        .as_array()
        .is_some_and(Vec::is_empty)
    {
        // CA-R06
        return Err(ErrorAnswer::bad(
            "1064: 'clientAppTypes' condition must specify at least one client app type.",
        )
        .detail(
            "EmptyClientAppTypes",
            "conditions.clientAppTypes",
            "omit it or send [\"all\"]",
        ));
    }
    if let Some(name) = body.get("displayName").and_then(Value::as_str)
        && (name.trim().is_empty()
            || unsure == Unsure::Refuse && name.encode_utf16().count() > LONGEST_NAME)
    {
        // CA-R01, CA-R11
        return Err(ErrorAnswer::schema(
            "displayName",
            format!("a name of 1 to {LONGEST_NAME} characters is required"),
        ));
    }
    let session = body.get("sessionControls").unwrap_or(&Value::Null);
    let frequency = &session["signInFrequency"];
    if frequency.is_object()
        && frequency["value"].is_null()
        && frequency["type"].is_null()
        && frequency["frequencyInterval"] != "everyTime"
    {
        // CA-R102
        return Err(ErrorAnswer::validation(
            "InvalidSignInFrequency",
            "sessionControls.signInFrequency",
            "a sign-in frequency needs type and value, or frequencyInterval everyTime",
        ));
    }
    Ok(())
}

/// The members that a new policy must have [CA-R01].
pub(super) fn required(body: &Map) -> Check {
    for name in ["displayName", "state", "conditions"] {
        if !body.contains_key(name) {
            return Err(ErrorAnswer::schema(name, "the property is required"));
        }
    }
    operator(body)
}

/// CA-R10
pub(super) fn operator(body: &Map) -> Check {
    let grant = body.get("grantControls").unwrap_or(&Value::Null);
    if !grant.is_object() {
        return Ok(());
    }
    match text(grant, "operator") {
        Some(text) if ["and", "or"].contains(&text.to_ascii_lowercase().as_str()) => Ok(()),
        _ => Err(ErrorAnswer::schema(
            "grantControls.operator",
            "`AND` or `OR` is required",
        )),
    }
}

/// A PATCH may leave the operator to what is stored, but not remove it.
pub(super) fn operator_of_patch(body: &Map, old: &Value) -> Check {
    let grant = body.get("grantControls").unwrap_or(&Value::Null);
    if grant.is_object() && grant.get("operator").is_none() && old["grantControls"].is_object() {
        return Ok(());
    }
    operator(body)
}

/// Rules about the policy as it would be stored.
pub(super) fn whole(policy: &Value, options: &Options) -> Check {
    applications(policy)?;
    users(policy)?;
    workloads(policy)?;
    conditions(policy)?;
    controls::grants(policy)?;
    controls::sessions(policy)?;
    unseen(policy, options)
}

/// CA-R07, CA-R111: what may be refused, and was never seen to be.
fn unseen(policy: &Value, options: &Options) -> Check {
    let refuses = |probe| options.unsure(probe) == Unsure::Refuse;
    let types = strings(&policy["conditions"], "clientAppTypes");
    if types.contains(&"all") && types.len() > 1 && refuses("all-client-types") {
        return invalid(
            "InvalidConditions",
            "conditions.clientAppTypes",
            "`all` cannot be combined with other values",
        );
    }
    let session = &policy["sessionControls"];
    let blocks = strings(&policy["grantControls"], "builtInControls").contains(&"block");
    let mut others = session.as_object().cloned().unwrap_or_default();
    // Documented beside a block (CA-R107).
    others.shift_remove("continuousAccessEvaluation");
    let workloads = !at(policy, "/conditions/clientApplications").is_null();
    if (blocks || workloads) && effective(&Value::Object(others)) && refuses("session-beside-block")
    {
        return invalid(
            "InvalidSessionControls",
            "sessionControls",
            "a blocked user has no session",
        );
    }
    Ok(())
}

fn applications(policy: &Value) -> Check {
    let target = "conditions.applications";
    let apps = at(policy, "/conditions/applications");
    let include = strings(apps, "includeApplications");
    let actions = strings(apps, "includeUserActions");
    let contexts = strings(apps, "includeAuthenticationContextClassReferences");
    let kinds = [&include, &actions, &contexts];
    let filtered = text(&apps["applicationFilter"], "mode") == Some("include");
    match kinds.iter().filter(|k| !k.is_empty()).count() {
        // CA-R02
        0 if !filtered => {
            return Err(ErrorAnswer::bad(
                "1011: 'applications' condition must specify which applications to include.",
            )
            .detail(
                "NoApplications",
                target,
                "an application, user action or authentication context is required",
            ));
        }
        0 | 1 => {}
        // CA-R40
        _ => {
            let (one, other) = match (include.is_empty(), actions.is_empty()) {
                (false, false) => ("includeApplications", "includeUserActions"),
                (false, true) => ("includeApplications", "includeProtectionLevels"),
                _ => ("includeUserActions", "includeProtectionLevels"),
            };
            return Err(ErrorAnswer::bad(format!(
                "1012: 'applications' condition cannot include both '{one}' and '{other}'. Please remove one of the conditions."
            ))
            .detail("InvalidApplications", target, "keep one of the two"));
        }
    }
    Ok(())
}

fn users(policy: &Value) -> Check {
    let conditions = &policy["conditions"];
    let users = &conditions["users"];
    let include = strings(users, "includeUsers");
    let included = !include.is_empty()
        || !strings(users, "includeGroups").is_empty()
        || !strings(users, "includeRoles").is_empty()
        || users["includeGuestsOrExternalUsers"].is_object();
    if !included && conditions["clientApplications"].is_null() {
        // CA-R03
        return invalid(
            "InvalidUsers",
            "conditions.users",
            "the policy has to say which users or client applications it includes",
        );
    }
    for (list, name) in [
        ("includeUsers", "includeGuestsOrExternalUsers"),
        ("excludeUsers", "excludeGuestsOrExternalUsers"),
    ] {
        let guests = &users[name];
        if !guests.is_object() {
            continue;
        }
        let target = format!("conditions.users.{name}");
        // CA-R28
        if strings(users, list).contains(&"GuestsOrExternalUsers") {
            return Err(ErrorAnswer::bad(
                "1032: 'GuestsOrExternalUsers' cannot be combined with guestOrExternalUsers",
            )
            .detail("InvalidUsers", &target, "keep one of the two forms"));
        }
        // CA-R27: null stands for all tenants.
        let tenants = &guests["externalTenants"];
        if !tenants.is_object() {
            continue;
        }
        let enumerated = text(tenants, "@odata.type").is_some_and(|t| t.contains("Enumerated"));
        let expected = if enumerated { "enumerated" } else { "all" };
        if text(tenants, "membershipKind") != Some(expected) {
            return invalid(
                "InvalidUsers",
                &target,
                "membershipKind contradicts the type",
            );
        }
    }
    Ok(())
}

fn workloads(policy: &Value) -> Check {
    let conditions = &policy["conditions"];
    let workloads = &conditions["clientApplications"];
    if workloads.is_null() {
        if strings(conditions, "servicePrincipalRiskLevels").is_empty() {
            return Ok(());
        }
        return invalid(
            "InvalidConditions",
            "conditions.servicePrincipalRiskLevels",
            "the risk of service principals needs clientApplications",
        );
    }
    let target = "conditions.clientApplications";
    let has = |name: &str| !strings(workloads, name).is_empty();
    let filtered = |name: &str| workloads[name].is_object();
    let agents =
        has("includeAgentIdServicePrincipals") || filtered("agentIdServicePrincipalFilter");
    let agents = agents && !has("includeServicePrincipals") && !filtered("servicePrincipalFilter");
    // CA-R20
    if strings(&conditions["users"], "includeUsers") != ["None"] {
        return invalid(
            "InvalidClientApplications",
            target,
            "a policy is for users or for client applications, not for both",
        );
    }
    // CA-R21, CA-R25
    let special = ["All", "ServicePrincipalsInMyTenant"];
    let excluded = strings(workloads, "excludeServicePrincipals");
    if excluded.iter().any(|id| special.contains(id)) {
        return invalid(
            "InvalidClientApplications",
            target,
            "service principals are excluded by their ids",
        );
    }
    let of_users = |row: &&Condition| row.whom == Whom::Users;
    if let Some(row) = circumstances(conditions).find(of_users) {
        return invalid(
            "InvalidClientApplications",
            &format!("conditions.{}", row.name),
            "a condition of users does not go with client applications",
        );
    }
    // CA-R22. What agents may be asked for was never seen refused (CA-R30).
    let grant = &policy["grantControls"];
    let controls = strings(grant, "builtInControls");
    if !agents && grant.is_object() && controls != ["block"] {
        return invalid(
            "InvalidControls",
            "grantControls",
            "client applications can only be blocked",
        );
    }
    Ok(())
}

fn conditions(policy: &Value) -> Check {
    let conditions = &policy["conditions"];
    // CA-R65
    let devices = &conditions["devices"];
    let filters = [
        &devices["deviceFilter"],
        at(conditions, "/applications/applicationFilter"),
        at(conditions, "/clientApplications/servicePrincipalFilter"),
    ];
    for filter in filters {
        if !filter.is_object() {
            continue;
        }
        let rule = text(filter, "rule").unwrap_or_default();
        if rule.trim().is_empty()
            || rule.chars().count() > LONGEST_RULE
            || text(filter, "mode").is_none()
        {
            return invalid(
                "InvalidFilter",
                "conditions",
                &format!("a filter has a mode and a rule of 1 to {LONGEST_RULE} characters"),
            );
        }
    }
    let rule = text(&devices["deviceFilter"], "rule");
    if let Some(Err(fault)) = rule.map(device_filter::parse) {
        return invalid(
            "InvalidFilter",
            "conditions.devices.deviceFilter.rule",
            &format!("{}, at character {}", fault.message, fault.at),
        );
    }
    let old = [
        "includeDevices",
        "excludeDevices",
        "includeDeviceStates",
        "excludeDeviceStates",
    ];
    let states = old.iter().any(|name| !strings(devices, name).is_empty())
        || !conditions["deviceStates"].is_null();
    if states && devices["deviceFilter"].is_object() {
        return invalid(
            "InvalidDevices",
            "conditions.devices",
            "device states and a device filter are not combined",
        );
    }
    Ok(())
}
