//! The tenant's own answer to a sign-in: `evaluate` of Conditional Access.

use serde_json::{Map, Value, json};

use super::read::text;
use crate::graph::GraphError;
use crate::graph::read::Reader;
use crate::model::refs::RefKind;
use crate::whatif::{CompiledPolicies, Device, Platform, SignIn, UserType};

/// A sign-in as the service is asked about it.
#[derive(Debug, Clone, PartialEq)]
pub struct OnlineRequest {
    /// The body of the request.
    pub body: Value,
    /// What of the sign-in the request cannot say.
    pub unsaid: Vec<String>,
}

/// What the service says of one policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnlineResult {
    /// The policy's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it applies.
    pub applies: bool,
    /// Why not.
    pub reason: String,
}

/// A sign-in in the words and ids of the service.
///
/// # Errors
/// What the service has to know and the sign-in does not say.
pub fn request(sign_in: &SignIn, policies: &CompiledPolicies) -> Result<OnlineRequest, String> {
    let mut unsaid = Vec::new();
    let mut leaves_out = |member: &str, given: bool| {
        if given {
            unsaid.push(member.to_owned());
        }
    };
    let id = |kind: RefKind, name: &str| policies.id_of(kind, name);
    let identity = if let Some(user) = &sign_in.user {
        leaves_out("user.memberOf", user.member_of.is_some());
        leaves_out("user.roles", user.roles.is_some());
        let name = user
            .name
            .as_deref()
            .ok_or("the service knows users only by id: name one")?;
        let mut identity = json!({"@odata.type": "#microsoft.graph.userSignIn",
            "userId": id(RefKind::User, name)});
        let kind = user.user_type.filter(|kind| *kind != UserType::Member);
        if let (Some(kind), Some(map)) = (kind, identity.as_object_mut()) {
            map.insert("externalUserType".to_owned(), json!(kind));
            if let Some(tenant) = &user.external_tenant_id {
                map.insert("externalTenantId".to_owned(), json!(tenant));
            }
        }
        identity
    } else if let Some(principal) = &sign_in.service_principal {
        leaves_out(
            "servicePrincipal.attributes",
            principal.attributes.is_some(),
        );
        let name = principal.name.as_deref();
        let name = name.ok_or("the service knows service principals only by id: name one")?;
        json!({"@odata.type": "#microsoft.graph.servicePrincipalSignIn",
            "servicePrincipalId": id(RefKind::ServicePrincipal, name)})
    } else {
        return Err("the service asks who signs in: name a user or service principal".to_owned());
    };
    let context = if let Some(action) = sign_in.user_action {
        json!({"@odata.type": "#microsoft.graph.userActionContext", "userAction": action})
    } else if let Some(context) = &sign_in.authentication_context {
        json!({"@odata.type": "#microsoft.graph.authContext",
            "authenticationContextValue": id(RefKind::Context, context)})
    } else {
        let apps = sign_in.application.iter().chain(&sign_in.applications);
        let names: Option<Vec<String>> = apps
            .map(|app| Some(id(RefKind::Application, app.name.as_deref()?)))
            .collect();
        let names = names.filter(|names| !names.is_empty());
        let names = names.ok_or("the service asks what is accessed: name an application")?;
        json!({"@odata.type": "#microsoft.graph.applicationContext", "includeApplications": names})
    };
    for (member, given) in [
        (
            "applicationAttributes",
            sign_in.application_attributes.is_some(),
        ),
        ("scopes", sign_in.scopes.is_some()),
        ("client", sign_in.client.is_some()),
        ("compliantNetwork", sign_in.compliant_network == Some(true)),
        ("agentIdRiskLevel", sign_in.agent_id_risk_level.is_some()),
        ("environment", sign_in.environment.is_some()),
    ] {
        leaves_out(member, given);
    }
    let unknown = sign_in.device_platform == Some(Platform::Unknown);
    leaves_out("devicePlatform", unknown);
    let mut conditions = Map::new();
    let mut say = |name: &str, value: Value| {
        if !value.is_null() {
            conditions.insert(name.to_owned(), value);
        }
    };
    say("clientAppType", json!(sign_in.client_app_type));
    say(
        "devicePlatform",
        json!(sign_in.device_platform.filter(|_| !unknown)),
    );
    say("ipAddress", json!(sign_in.ip_address));
    match sign_in.country.map(|country| json!(country)) {
        Some(country) if country == "unknown" => {}
        Some(country) => say("country", country),
        None => {}
    }
    say("signInRiskLevel", json!(sign_in.sign_in_risk_level));
    say("userRiskLevel", json!(sign_in.user_risk_level));
    say("insiderRiskLevel", json!(sign_in.insider_risk_level));
    say(
        "servicePrincipalRiskLevel",
        json!(sign_in.service_principal_risk_level),
    );
    if let Some(Device::Registered(_)) = &sign_in.device_info {
        say("deviceInfo", json!(sign_in.device_info));
    }
    let flow = sign_in.authentication_flow.as_ref();
    if let Some(flow) = flow.and_then(|f| f.original_transfer_method.or(f.transfer_method)) {
        say("authenticationFlow", json!({"transferMethod": flow}));
    }
    let body = json!({"signInIdentity": identity, "signInContext": context,
        "signInConditions": conditions, "appliedPoliciesOnly": false});
    Ok(OnlineRequest { body, unsaid })
}

/// Asks the service, on v1.0.
///
/// # Errors
/// See [`GraphError`].
pub async fn ask(
    reader: &Reader<'_>,
    asked: &OnlineRequest,
) -> Result<Vec<OnlineResult>, GraphError> {
    let found = reader.evaluate(&asked.body).await?;
    let result = |policy: &Value| OnlineResult {
        id: text(policy, "id").to_owned(),
        name: text(policy, "displayName").to_owned(),
        applies: policy.get("policyApplies").and_then(Value::as_bool) == Some(true),
        reason: text(policy, "analysisReasons").to_owned(),
    };
    Ok(found.iter().map(result).collect())
}
