//! What the tenant's policies would do with a sign-in (conditionalAccessRoot: evaluate).
//!
//! It tells which policies apply, not what access comes of it. What the request leaves out does
//! not match a policy that asks for it.

use serde_json::{Value, json};

use super::call::{Answer, Call, Map, Reply, text};
use super::error::ErrorAnswer;
use super::signin;
use super::tenant::Tenant;
use super::{check, render, users};
use crate::model::facts::Edition;
use crate::model::normal::without_nulls;
use crate::model::policy::ConditionalAccessPolicy;
use crate::text::is_guid;
use crate::whatif::{
    AgentIdentity, Application, Applies, CompiledPolicies, Device, DeviceInfo, Fact, MissingFacts,
    Reason, ServicePrincipal, SignIn,
};

const PARTS: [&str; 3] = ["signInIdentity", "signInContext", "signInConditions"];

pub(super) fn answer(call: &Call, tenant: &Tenant) -> Answer {
    let body = call.json()?;
    let members = body.as_object().ok_or_else(|| {
        ErrorAnswer::bad("The request body must be a JSON object with the parameters.")
    })?;
    let applied_only = flag(members)?;
    // The shapes of the preview are refused like anything else that is unknown.
    let known = |name: &&String| {
        PARTS.contains(&name.as_str()) || *name == "appliedPoliciesOnly" || name.contains('@')
    };
    if let Some(other) = members.keys().find(|name| !known(name)) {
        return Err(ErrorAnswer::bad(format!(
            "The parameter '{other}' does not exist in method 'evaluate'."
        )));
    }
    for part in PARTS {
        if members.get(part).is_none_or(Value::is_null) {
            return Err(ErrorAnswer::bad(format!(
                "The parameter '{part}' is required."
            )));
        }
    }
    let sign_in = sign_in(call.edition, members, tenant)?;
    let stored: Vec<(&Value, ConditionalAccessPolicy)> = tenant
        .policies
        .values()
        .filter(|stored| call.edition == Edition::Beta || !render::is_preview(stored))
        .filter(|stored| text(stored, "state") != Some("disabled"))
        .filter_map(|stored| Some((stored, serde_json::from_value(without_nulls(stored)).ok()?)))
        .collect();
    let policies = stored.iter().map(|(_, policy)| policy);
    let compiled = CompiledPolicies::new(policies, &signin::world(tenant));
    let prepared = compiled.prepare_as_told(&sign_in).map_err(|faults| {
        let messages: Vec<String> = faults.into_iter().map(|fault| fault.message).collect();
        ErrorAnswer::bad(messages.join("; "))
    })?;
    let judgement = compiled.judge(&prepared);
    let mut value = Vec::new();
    for (given, (stored, _)) in stored.iter().enumerate() {
        let number = compiled.number_of(given).unwrap_or(given);
        let (applies, reason) = match judgement.applies(number) {
            Some(Applies::Yes) => (true, "notSet"),
            Some(Applies::No(reason)) => (false, reason.as_str()),
            Some(Applies::Unknown(facts)) => (false, first(facts)),
            None => (false, "notEnoughInformation"),
        };
        if applied_only && !applies {
            continue;
        }
        let mut result = render::policy(call.edition, stored, tenant);
        if let Some(map) = result.as_object_mut() {
            map.insert("policyApplies".into(), applies.into());
            map.insert("analysisReasons".into(), reason.into());
        }
        value.push(result);
    }
    let context = call.context("Collection(microsoft.graph.whatIfAnalysisResult)");
    Ok(Reply::ok(
        json!({"@odata.context": context, "value": value}),
    ))
}

fn flag(members: &Map) -> Result<bool, ErrorAnswer> {
    match members.get("appliedPoliciesOnly") {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(ErrorAnswer::schema(
            "appliedPoliciesOnly",
            "a boolean is expected",
        )),
    }
}

/// The first condition that is left out, in the order in which conditions are looked at.
fn first(facts: MissingFacts) -> &'static str {
    let reason = |fact: Fact| match fact {
        Fact::APPLICATION | Fact::APPLICATION_ATTRIBUTES | Fact::SCOPES | Fact::CLIENT => {
            Some((0, Reason::Application))
        }
        Fact::USER | Fact::GROUPS | Fact::ROLES | Fact::USER_TYPE | Fact::HOME_TENANT => {
            Some((1, Reason::Users))
        }
        Fact::AGENT_BLUEPRINT | Fact::AGENT_ATTRIBUTES => Some((1, Reason::AgentIdentities)),
        Fact::SERVICE_PRINCIPAL_OWNER | Fact::SERVICE_PRINCIPAL_ATTRIBUTES => {
            Some((1, Reason::WorkloadIdentities))
        }
        Fact::PLATFORM => Some((2, Reason::DevicePlatform)),
        Fact::ADDRESS | Fact::COUNTRY | Fact::COMPLIANT_NETWORK | Fact::MFA_TRUSTED_IPS => {
            Some((3, Reason::Location))
        }
        Fact::CLIENT_TYPE => Some((4, Reason::ClientApps)),
        Fact::SIGN_IN_RISK => Some((5, Reason::SignInRisk)),
        Fact::USER_RISK => Some((6, Reason::UserRisk)),
        Fact::FLOW => Some((8, Reason::AuthenticationFlow)),
        Fact::INSIDER_RISK => Some((9, Reason::InsiderRisk)),
        Fact::AGENT_RISK => Some((10, Reason::AgentIdRisk)),
        device if device.member().starts_with("deviceInfo.") => Some((7, Reason::Devices)),
        _ => None,
    };
    let found = facts
        .iter()
        .filter_map(reason)
        .min_by_key(|(turn, _)| *turn);
    found.map_or("notEnoughInformation", |(_, reason)| reason.as_str())
}

/// The sign-in that the request states, and what the tenant knows of who signs in.
fn sign_in(edition: Edition, members: &Map, tenant: &Tenant) -> Result<SignIn, ErrorAnswer> {
    let part = |name: &str| -> Result<Map, ErrorAnswer> {
        let value = members.get(name).unwrap_or(&Value::Null);
        check::body(name, edition, value)
            .map_err(|fault| ErrorAnswer::schema(&format!("{name}/{}", fault.path), fault.reason))
    };
    let mut sign_in = SignIn {
        // The request cannot say that it comes through the compliant network.
        compliant_network: Some(false),
        ..SignIn::default()
    };
    identity(&mut sign_in, &part("signInIdentity")?, tenant)?;
    context(&mut sign_in, &part("signInContext")?, tenant)?;
    conditions(&mut sign_in, &part("signInConditions")?)?;
    Ok(sign_in)
}

fn kind(part: &Map) -> &str {
    let kind = part.get("@odata.type").and_then(Value::as_str);
    kind.unwrap_or_default()
        .trim_start_matches("#microsoft.graph.")
}

fn of<'a>(part: &'a Map, name: &str) -> Option<&'a str> {
    part.get(name)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
}

fn read<T: std::str::FromStr>(part: &Map, name: &str) -> Result<Option<T>, ErrorAnswer>
where
    T::Err: std::fmt::Display,
{
    let read = |text: &str| {
        text.parse().map_err(|error: T::Err| {
            ErrorAnswer::bad(format!("Invalid value for '{name}': {error}"))
        })
    };
    of(part, name).map(read).transpose()
}

fn identity(sign_in: &mut SignIn, part: &Map, tenant: &Tenant) -> Result<(), ErrorAnswer> {
    let required = |name: &str| {
        of(part, name)
            .ok_or_else(|| ErrorAnswer::bad(format!("The property '{name}' is required.")))
    };
    let known = |id: &str| {
        let id = id.to_ascii_lowercase();
        match tenant.service_principals.contains_key(&id) {
            true => Ok(id),
            false => Err(ErrorAnswer::missing_directory(&id)),
        }
    };
    match kind(part) {
        "userSignIn" => {
            let user = users::find(tenant, required("userId")?)?;
            let mut user = signin::person(tenant, user);
            if let Some(kind) = read(part, "externalUserType")? {
                user.user_type = Some(kind);
            }
            user.external_tenant_id = of(part, "externalTenantId").map(str::to_owned);
            sign_in.user = Some(user);
            Ok(())
        }
        "servicePrincipalSignIn" => {
            let id = known(required("servicePrincipalId")?)?;
            sign_in.service_principal = Some(ServicePrincipal::named(id));
            Ok(())
        }
        // Of beta: an agent as itself.
        "agentSignIn" => {
            let id = known(required("agentServicePrincipalId")?)?;
            sign_in.agent_identity = Some(AgentIdentity::named(id));
            Ok(())
        }
        other => Err(ErrorAnswer::bad(format!(
            "'{other}' cannot be evaluated here."
        ))),
    }
}

fn context(sign_in: &mut SignIn, part: &Map, tenant: &Tenant) -> Result<(), ErrorAnswer> {
    match kind(part) {
        "applicationContext" => {
            let ids = part.get("includeApplications").and_then(Value::as_array);
            let ids: Vec<&str> = ids
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            if ids.is_empty() {
                return Err(ErrorAnswer::bad(
                    "The property 'includeApplications' is required.",
                ));
            }
            for id in ids {
                let is =
                    |app: &&Value| text(app, "appId").is_some_and(|a| a.eq_ignore_ascii_case(id));
                let known = tenant.service_principals.values().any(|app| is(&app));
                // The name of a group of applications is taken, and matches nothing.
                if is_guid(id) && !known {
                    return Err(ErrorAnswer::bad(format!(
                        "1034: The application '{id}' does not exist in the tenant."
                    )));
                }
                sign_in.applications.push(match is_guid(id) {
                    true => Application::named(id),
                    false => Application::default(),
                });
            }
        }
        "userActionContext" => {
            sign_in.user_action = read(part, "userAction")?;
        }
        "authContext" => {
            let id = of(part, "authenticationContextValue").unwrap_or_default();
            if !tenant.authentication_contexts.contains_key(id) {
                return Err(ErrorAnswer::bad(format!(
                    "The authentication context '{id}' does not exist in the tenant."
                )));
            }
            sign_in.authentication_context = Some(id.to_owned());
        }
        other => {
            return Err(ErrorAnswer::bad(format!(
                "'{other}' cannot be evaluated here."
            )));
        }
    }
    Ok(())
}

fn conditions(sign_in: &mut SignIn, part: &Map) -> Result<(), ErrorAnswer> {
    sign_in.client_app_type = match of(part, "clientAppType") {
        Some("all") => None,
        _ => read(part, "clientAppType")?,
    };
    sign_in.device_platform = match of(part, "devicePlatform") {
        Some("all") => None,
        _ => read(part, "devicePlatform")?,
    };
    sign_in.ip_address = read(part, "ipAddress")?;
    sign_in.country = read(part, "country")?;
    sign_in.sign_in_risk_level = read(part, "signInRiskLevel")?;
    sign_in.user_risk_level = read(part, "userRiskLevel")?;
    sign_in.insider_risk_level = read(part, "insiderRiskLevel")?;
    sign_in.service_principal_risk_level = read(part, "servicePrincipalRiskLevel")?;
    sign_in.agent_id_risk_level = read(part, "agentIdRiskLevel")?;
    if let Some(flow) = part.get("authenticationFlow").and_then(Value::as_object) {
        let flow_of = sign_in.authentication_flow.get_or_insert_default();
        flow_of.transfer_method = read(flow, "transferMethod")?;
    }
    if let Some(device) = part.get("deviceInfo").and_then(Value::as_object) {
        let mut info = DeviceInfo::default();
        for (name, value) in device.iter().filter(|(name, _)| !name.contains('@')) {
            info.set(name, value).map_err(ErrorAnswer::bad)?;
        }
        sign_in.device_info = Some(Device::Registered(info));
    }
    Ok(())
}
