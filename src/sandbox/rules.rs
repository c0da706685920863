//! The rules that the service holds a policy to. The names in brackets are those of the
//! rule list that the sandbox was built from. Where the number of Graph's answer is not
//! known, 1032 is used with a word of our own.

use serde_json::Value;

use super::call::{Map, strings, text};
use super::controls;
use super::error::{Check, ErrorAnswer, invalid};
use super::normalise::circumstances;
use super::value::at;
use crate::model::conditions::{Condition, Whom};

const REGISTER_DEVICE: &str = "urn:user:registerdevice";
const LONGEST_RULE: usize = 3072;
const LONGEST_NAME: usize = 256;

/// Rules about the body as sent, before defaults are filled in; for create and PATCH.
pub(super) fn as_sent(body: &Map) -> Check {
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
        && (name.trim().is_empty() || name.chars().count() > LONGEST_NAME)
    {
        // CA-R11
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
pub(super) fn whole(policy: &Value) -> Check {
    applications(policy)?;
    users(policy)?;
    workloads(policy)?;
    conditions(policy)?;
    controls::grants(policy)?;
    controls::sessions(policy)
}

fn applications(policy: &Value) -> Check {
    let target = "conditions.applications";
    let apps = at(policy, "/conditions/applications");
    let include = strings(apps, "includeApplications");
    let actions = strings(apps, "includeUserActions");
    let contexts = strings(apps, "includeAuthenticationContextClassReferences");
    let kinds = [&include, &actions, &contexts];
    let filtered = apps["applicationFilter"].is_object();
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
            return invalid(
                "InvalidApplications",
                target,
                "applications, user actions and authentication contexts exclude each other",
            );
        }
    }
    alone(
        &include,
        &["All", "None"],
        &format!("{target}.includeApplications"),
    )?;
    if let Some(wrong) = strings(apps, "excludeApplications")
        .iter()
        .find(|a| ["All", "None"].contains(*a))
    {
        return invalid(
            "InvalidApplications",
            &format!("{target}.excludeApplications"),
            &format!("`{wrong}` cannot be excluded"),
        );
    }
    if filtered
        && include
            .iter()
            .any(|a| ["All", "None", "AllAgentIdResources"].contains(a))
    {
        // CA-R48
        return invalid(
            "InvalidApplicationFilter",
            &format!("{target}.applicationFilter"),
            "a filter is not combined with All, None or AllAgentIdResources",
        );
    }
    if actions.contains(&REGISTER_DEVICE) {
        register_device(policy)?;
    }
    Ok(())
}

/// CA-R44
fn register_device(policy: &Value) -> Check {
    let conditions = &policy["conditions"];
    let only_all = strings(conditions, "clientAppTypes") == ["all"];
    if !only_all || !conditions["devices"].is_null() || !conditions["deviceStates"].is_null() {
        return invalid(
            "InvalidConditions",
            "conditions",
            "registering a device has no client app, device filter or device state",
        );
    }
    let grant = &policy["grantControls"];
    let controls = strings(grant, "builtInControls");
    let others =
        strings(grant, "termsOfUse").len() + strings(grant, "customAuthenticationFactors").len();
    if controls.iter().any(|c| *c != "mfa") || others > 0 {
        return invalid(
            "InvalidControls",
            "grantControls",
            "registering a device takes only mfa or an authentication strength",
        );
    }
    Ok(())
}

/// CA-R07, CA-R08: a value for everything or nothing stands alone in its list.
fn alone(list: &[&str], values: &[&str], target: &str) -> Check {
    match list.iter().find(|v| values.contains(*v)) {
        Some(value) if list.len() > 1 => invalid(
            "InvalidConditions",
            target,
            &format!("`{value}` cannot be combined with other values"),
        ),
        _ => Ok(()),
    }
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
    alone(&include, &["All", "None"], "conditions.users.includeUsers")?;
    let named = !strings(users, "includeGroups").is_empty()
        || !strings(users, "includeRoles").is_empty()
        || users["includeGuestsOrExternalUsers"].is_object();
    if named && include.iter().any(|u| ["All", "None"].contains(u)) {
        // CA-R08
        return invalid(
            "InvalidUsers",
            "conditions.users.includeUsers",
            "`All` and `None` are not combined with groups, roles or guests",
        );
    }
    if let Some(wrong) = strings(users, "excludeUsers")
        .iter()
        .find(|u| ["All", "None"].contains(*u))
    {
        return invalid(
            "InvalidUsers",
            "conditions.users.excludeUsers",
            &format!("`{wrong}` cannot be excluded"),
        );
    }
    for name in [
        "includeGuestsOrExternalUsers",
        "excludeGuestsOrExternalUsers",
    ] {
        let guests = &users[name];
        if !guests.is_object() {
            continue;
        }
        let target = format!("conditions.users.{name}");
        if text(guests, "guestOrExternalUserTypes").is_none_or(|t| t == "none") {
            return invalid(
                "InvalidUsers",
                &target,
                "guestOrExternalUserTypes is required",
            );
        }
        let tenants = &guests["externalTenants"];
        // CA-R27
        if !tenants.is_object() {
            return invalid("InvalidUsers", &target, "externalTenants is required");
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
        if enumerated && strings(tenants, "members").is_empty() {
            return invalid("InvalidUsers", &target, "enumerated tenants need members");
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
    let included = has("includeServicePrincipals")
        || has("includeAgentIdServicePrincipals")
        || workloads["servicePrincipalFilter"].is_object()
        || workloads["agentIdServicePrincipalFilter"].is_object();
    if !included {
        // CA-R24
        return invalid(
            "InvalidClientApplications",
            target,
            "includeServicePrincipals is required",
        );
    }
    // CA-R20
    if strings(&conditions["users"], "includeUsers") != ["None"] {
        return invalid(
            "InvalidClientApplications",
            target,
            "a policy is for users or for client applications, not for both",
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
    // CA-R22, CA-R30
    let grant = &policy["grantControls"];
    if grant.is_object()
        && (strings(grant, "builtInControls") != ["block"] || !policy["sessionControls"].is_null())
    {
        return invalid(
            "InvalidControls",
            "grantControls",
            "client applications can only be blocked",
        );
    }
    if grant.is_null() {
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
    alone(
        &strings(conditions, "clientAppTypes"),
        &["all"],
        "conditions.clientAppTypes",
    )?;
    // CA-R62
    let platforms = &conditions["platforms"];
    if platforms.is_object() && strings(platforms, "includePlatforms").is_empty() {
        return invalid(
            "InvalidPlatforms",
            "conditions.platforms",
            "includePlatforms is required",
        );
    }
    // CA-R63
    let locations = &conditions["locations"];
    if locations.is_object() {
        let include = strings(locations, "includeLocations");
        if include.is_empty() {
            return invalid(
                "InvalidLocations",
                "conditions.locations",
                "includeLocations is required",
            );
        }
        alone(&include, &["All"], "conditions.locations.includeLocations")?;
        if strings(locations, "excludeLocations").contains(&"All") {
            return invalid(
                "InvalidLocations",
                "conditions.locations.excludeLocations",
                "`All` cannot be excluded",
            );
        }
    }
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
    let states = !strings(devices, "includeDeviceStates").is_empty()
        || !strings(devices, "excludeDeviceStates").is_empty()
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
