//! Sign-ins that identity protection finds risky, judged by the tenant's policies.
//!
//! What a real tenant does about the risk of a sign-in is done here: a policy on that risk
//! that asks for multifactor authentication, and gets it, remediates it; one that blocks
//! leaves it; one that is only reported on does nothing.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::call::{Map, new_id, now, text};
use super::error::ErrorAnswer;
use super::tenant::Tenant;
use super::value::set;
use super::{members, risk, users};
use crate::model::enums::{GrantControl, PolicyState};
use crate::model::normal::without_nulls;
use crate::model::policy::ConditionalAccessPolicy;
use crate::model::values::GraphEnum;
use crate::whatif::{
    Address, Application, Applies, AuthenticationFlow, ClientType, CompiledPolicies, Country,
    Device, InsiderRisk, KnownApplication, Match, OwnedBy, Platform, PolicyResult, Reason,
    Required, Requirement, Satisfied, SignIn, TransferMethod, User, UserType, World,
};

const BROWSER: &str = "Mozilla/5.0 (Windows NT 10.0; rv:78.0) Gecko/20100101 Firefox/78.0";
/// The tenant that owns Microsoft's own applications.
const MICROSOFT: &str = "f8cdef31-a31e-4b4a-93e4-5f571e91255a";
/// Where the public tutorial signs in.
const AZURE_PORTAL: &str = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c";

/// A sign-in that identity protection finds risky: with a browser on Windows, on a device that
/// the tenant does not know, where it says nothing else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RiskySignIn {
    /// The user, by id or user principal name.
    pub user: String,
    /// How risky: `low`, `medium` or `high`; or `none`, of which nothing is detected.
    pub risk: String,
    /// The application, by app id or display name.
    #[serde(default = "azure_portal")]
    pub app: String,
    /// What was noticed, as `riskEventType` names it.
    #[serde(default = "anonymous")]
    pub event: String,
    /// Where the user signed in from.
    #[serde(default = "exit_node")]
    pub ip: String,
    /// The country, two letters.
    #[serde(default)]
    pub country: Option<String>,
    /// The city.
    #[serde(default)]
    pub city: Option<String>,
    /// True when the user passes multifactor authentication where a policy asks for it.
    #[serde(default)]
    pub passed_mfa: bool,
    /// True when the user sets a new password where a policy asks for it.
    #[serde(default)]
    pub changed_password: bool,
    /// The kind of client; a browser unless it says another.
    #[serde(default)]
    pub client: Option<ClientType>,
    /// The platform; Windows unless it says another.
    #[serde(default)]
    pub platform: Option<Platform>,
    /// The device; one that the tenant does not know unless it says another.
    #[serde(default)]
    pub device: Option<Device>,
    /// How the session began; in no special way unless it says one.
    #[serde(default)]
    pub flow: Option<TransferMethod>,
    /// What the sign-in can meet besides.
    #[serde(default)]
    pub satisfied: Vec<Satisfied>,
    /// True when a record of it goes into the log of sign-ins.
    #[serde(default)]
    pub record: bool,
}

fn anonymous() -> String {
    "anonymizedIPAddress".to_owned()
}

fn exit_node() -> String {
    "178.17.170.23".to_owned()
}

fn azure_portal() -> String {
    AZURE_PORTAL.to_owned()
}

impl RiskySignIn {
    /// A sign-in of `user` to the Azure portal from an anonymising network.
    pub fn new(user: &str, risk: &str) -> RiskySignIn {
        RiskySignIn {
            user: user.to_owned(),
            risk: risk.to_owned(),
            app: azure_portal(),
            event: anonymous(),
            ip: exit_node(),
            country: None,
            city: None,
            passed_mfa: false,
            changed_password: false,
            client: None,
            platform: None,
            device: None,
            flow: None,
            satisfied: Vec::new(),
            record: false,
        }
    }

    /// Places of the two addresses that the public tutorial shows; others have the place
    /// that was given, or none.
    fn place(&self) -> Value {
        let known = match self.ip.as_str() {
            "178.17.170.23" => ("Chisinau", "Chisinau", "MD", 47.0269, 28.8416),
            "185.220.101.213" => ("Schoenwalde-Glien", "Brandenburg", "DE", 52.61983, 13.12743),
            _ => ("", "", "", 0.0, 0.0),
        };
        if self.country.is_none() && self.city.is_none() && !known.2.is_empty() {
            let (city, state, country, latitude, longitude) = known;
            return json!({"city": city, "state": state, "countryOrRegion": country,
                "geoCoordinates": {"latitude": latitude, "longitude": longitude}});
        }
        json!({"city": self.city, "state": null, "countryOrRegion": self.country,
            "geoCoordinates": null})
    }
}

/// A policy, and what it did to the sign-in.
pub(super) struct JudgedPolicy<'a> {
    pub policy: &'a ConditionalAccessPolicy,
    pub applies: Applies,
    result: PolicyResult,
    blocks: bool,
    pub required: Vec<Required<'a>>,
}

impl JudgedPolicy<'_> {
    /// True when it is enforced, applies, and is met by one of these.
    fn is_met_by(&self, wanted: impl Fn(&Requirement) -> bool) -> bool {
        let mut required = self.required.iter();
        self.applies == Applies::Yes
            && self.policy.state != Some(PolicyState::ReportOnly)
            && required.any(|one| wanted(one.requirement) && one.met == Some(Match::Yes))
    }
}

/// A risk's state and detail.
type Risk = (&'static str, &'static str);

/// Makes the detection and the risky user of a sign-in, and answers both, with what the
/// policies did.
pub(super) fn sign_in(tenant: &mut Tenant, asked: &RiskySignIn) -> Result<Value, ErrorAnswer> {
    let risky = risk::severity(&asked.risk) > 0;
    if !risky && asked.risk != "none" {
        return Err(ErrorAnswer::bad(format!(
            "The risk is none, low, medium or high, not '{}'.",
            asked.risk
        )));
    }
    let user = &users::find(tenant, &asked.user)?.clone();
    let app = application(tenant, &asked.app)?;
    let facts = facts(tenant, asked, user, &app.0)?;
    let (policies, unread) = policies(tenant);
    let compiled = CompiledPolicies::new(&policies, &world(tenant));
    let judged = judged(&compiled, &policies, &facts)?;
    let let_in = !judged.iter().any(|one| one.result == PolicyResult::Failure);
    let ((state, detail), new_password) = match risky {
        true => risk_after(&judged, let_in),
        false => (("none", "none"), false),
    };

    let user_id = text(user, "id").unwrap_or_default().to_owned();
    let at = now();
    let id = format!("{}{}", new_id(), new_id()).replace('-', "");
    let request_id = new_id();
    let agent = json!([{"Key": "userAgent", "Value": BROWSER}]).to_string();
    let detection = json!({"id": id, "requestId": request_id, "correlationId": new_id(),
        "riskType": asked.event, "riskEventType": asked.event, "riskState": state,
        "riskLevel": asked.risk, "riskDetail": detail, "source": "IdentityProtection",
        "detectionTimingType": "realtime", "activity": "signin", "tokenIssuerType": "AzureAD",
        "ipAddress": asked.ip, "activityDateTime": at, "detectedDateTime": at,
        "lastUpdatedDateTime": at, "userId": user_id, "userDisplayName": user["displayName"],
        "userPrincipalName": user["userPrincipalName"], "additionalInfo": agent,
        "location": asked.place()});
    if risky {
        tenant.risk_detections.insert(id, detection.clone());
    }
    if new_password {
        settle(tenant, &user_id, detail);
    }
    let before = level_of(tenant, &user_id);
    let met = state == "remediated";
    // Risk that was met at once leaves the user's level as it was; a new password clears it.
    let changed = if !risky {
        None
    } else if new_password || met && before == "none" {
        Some(("none", state, detail))
    } else if met {
        None
    } else if risk::severity(&asked.risk) > risk::severity(&before) {
        Some((asked.risk.as_str(), state, detail))
    } else {
        Some((before.as_str(), "atRisk", "none"))
    };
    if let Some((level, state, detail)) = changed {
        risk::put(tenant, user, (level, state, detail), &[&asked.event]);
    }
    let applied: Vec<Value> = judged.iter().map(applied).collect();
    let (code, why) = status(&judged);
    let sign_in = json!({"id": request_id, "createdDateTime": at,
        "userId": user_id, "userDisplayName": user["displayName"],
        "userPrincipalName": user["userPrincipalName"], "appId": app.0, "appDisplayName": app.1,
        "ipAddress": asked.ip, "clientAppUsed": client_words(facts.client_app_type),
        "location": asked.place(),
        "riskLevelDuringSignIn": asked.risk, "riskState": state, "riskDetail": detail,
        "conditionalAccessStatus": summary(&judged, let_in),
        "status": {"errorCode": code, "failureReason": why},
        "appliedConditionalAccessPolicies": applied});
    if asked.record {
        let record = record(&tenant.tenant_id, &sign_in, &facts, user, &judged);
        tenant.sign_ins.insert(request_id, record);
    }
    let detection = match risky {
        true => detection,
        false => Value::Null,
    };
    let risky = tenant.risky_users.get(&user_id).cloned();
    Ok(
        json!({"signIn": sign_in, "riskDetection": detection, "riskyUser": risky,
        "notEvaluated": unread}),
    )
}

/// The client as the log has it.
fn client_words(client: Option<ClientType>) -> &'static str {
    match client {
        Some(ClientType::MobileAppsAndDesktopClients) => "Mobile Apps and Desktop clients",
        Some(ClientType::ExchangeActiveSync | ClientType::EasSupported) => "Exchange ActiveSync",
        Some(ClientType::Other) => "Other clients",
        Some(ClientType::Browser) | None => "Browser",
    }
}

/// The record of a sign-in in the log, as beta shows it.
fn record(
    tenant_id: &str,
    sign_in: &Value,
    facts: &SignIn,
    user: &Value,
    judged: &[JudgedPolicy<'_>],
) -> Value {
    let mut record = sign_in.clone();
    let device = match &facts.device_info {
        Some(registered @ Device::Registered(_)) => {
            let info = json!(registered);
            let value = |name: &str| info.get(name).cloned().unwrap_or_default();
            json!({"deviceId": value("deviceId"), "displayName": value("displayName"),
                "operatingSystem": value("operatingSystem"), "browser": Value::Null,
                "isCompliant": value("isCompliant"), "isManaged": value("isCompliant"),
                "trustType": value("trustType")})
        }
        _ => json!({"deviceId": "", "displayName": null, "operatingSystem": facts.device_platform,
            "browser": null, "isCompliant": false, "isManaged": false, "trustType": null}),
    };
    let app = record.get("appId").cloned().unwrap_or_default();
    let flow = facts
        .authentication_flow
        .as_ref()
        .and_then(|flow| flow.transfer_method);
    let asks_mfa = judged.iter().any(|one| {
        let mut required = one.required.iter();
        one.applies == Applies::Yes
            && one.policy.state == Some(PolicyState::Enabled)
            && required.any(|one| {
                matches!(
                    one.requirement,
                    Requirement::Control(GrantControl::Mfa) | Requirement::Strength(_)
                )
            })
    });
    let name = record.get("appDisplayName").cloned().unwrap_or_default();
    for (member, value) in [
        ("correlationId", json!(new_id())),
        ("isInteractive", json!(true)),
        ("resourceId", app.clone()),
        ("resourceDisplayName", name),
        (
            "riskLevelAggregated",
            sign_in
                .get("riskLevelDuringSignIn")
                .cloned()
                .unwrap_or_default(),
        ),
        ("riskEventTypes_v2", json!([])),
        ("deviceDetail", device),
        (
            "userType",
            json!(text(user, "userType").unwrap_or("Member").to_lowercase()),
        ),
        ("userAgent", json!(BROWSER)),
        ("signInEventTypes", json!(["interactiveUser"])),
        ("homeTenantId", json!(tenant_id)),
        ("resourceTenantId", json!(tenant_id)),
        ("crossTenantAccessType", json!(cross_tenant(facts))),
        ("isThroughGlobalSecureAccess", json!(false)),
        ("authenticationDetails", json!(steps(facts))),
        ("conditionalAccessAudiences", json!([app])),
        ("authenticationProtocol", json!("none")),
        ("originalTransferMethod", json!(flow)),
        (
            "authenticationRequirement",
            json!(if asks_mfa {
                "multiFactorAuthentication"
            } else {
                "singleFactorAuthentication"
            }),
        ),
        ("sessionControlsNotSatisfied", json!([])),
    ] {
        set(&mut record, member, value);
    }
    set(
        &mut record,
        "appliedConditionalAccessPolicies",
        json!(entries(judged)),
    );
    record
}

/// Whether a user of another tenant came.
fn cross_tenant(facts: &SignIn) -> &'static str {
    let kind = facts.user.as_ref().and_then(|user| user.user_type);
    match kind.is_some_and(UserType::has_other_home) {
        true => "b2bCollaboration",
        false => "none",
    }
}

/// The steps of authentication.
fn steps(facts: &SignIn) -> Vec<Value> {
    let mut satisfied = facts.satisfied.iter().flatten();
    let passed = satisfied.any(|one| one.name == GrantControl::Mfa.as_str());
    let step = |method: &str, said: &str| {
        json!({"authenticationMethod": method, "authenticationMethodDetail": null,
            "succeeded": true, "authenticationStepResultDetail": said,
            "authenticationStepRequirement": null})
    };
    let again = passed.then(|| {
        step(
            "Previously satisfied",
            "MFA requirement satisfied by claim in the token",
        )
    });
    [step("Password", "")].into_iter().chain(again).collect()
}

/// What the log lists of each policy, as beta shows it.
pub(super) fn entries(judged: &[JudgedPolicy<'_>]) -> Vec<Value> {
    let policies = judged.iter().map(|one| {
        let mut policy = applied(one);
        let session = one.policy.session_controls.as_ref();
        let session = session.and_then(|controls| serde_json::to_value(controls).ok());
        let session: Vec<String> = (session.as_ref().and_then(Value::as_object).into_iter())
            .flatten()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, _)| name.clone())
            .collect();
        let applies = one.applies == Applies::Yes;
        let (met, unmet) = conditions(one);
        for (member, value) in [
            (
                "enforcedSessionControls",
                json!(if applies { session } else { Vec::new() }),
            ),
            ("sessionControlsNotSatisfied", json!([])),
            ("conditionsSatisfied", json!(met)),
            ("conditionsNotSatisfied", json!(unmet)),
        ] {
            set(&mut policy, member, value);
        }
        policy
    });
    policies.collect()
}

/// The conditions that the log shows as satisfied and not: application before users, and the
/// first that is not ends it.
fn conditions(judged: &JudgedPolicy<'_>) -> (String, String) {
    let first = match judged.applies {
        Applies::No(Reason::PolicyNotEnabled) => return ("none".to_owned(), "none".to_owned()),
        Applies::No(reason) => Some(reason),
        Applies::Yes | Applies::Unknown(_) => None,
    };
    let word = |reason: Reason| match reason {
        Reason::Application | Reason::UserActions | Reason::AuthenticationContext => "application",
        Reason::Users => "users",
        Reason::DevicePlatform => "devicePlatform",
        Reason::Location => "location",
        Reason::ClientApps => "clientType",
        Reason::SignInRisk => "signInRisk",
        Reason::UserRisk => "userRisk",
        Reason::Devices => "deviceState",
        Reason::AuthenticationFlow => "authenticationFlows",
        Reason::InsiderRisk => "insiderRisk",
        Reason::WorkloadIdentities => "servicePrincipals",
        Reason::PolicyNotEnabled | Reason::AgentIdentities | Reason::AgentIdRisk => "none",
    };
    let met = match first.map(word) {
        Some("application") => "none",
        Some("users") => "application",
        _ => "application,users",
    };
    (met.to_owned(), first.map_or("none", word).to_owned())
}

/// App id and name of an application of the tenant.
fn application(tenant: &Tenant, wanted: &str) -> Result<(String, String), ErrorAnswer> {
    tenant
        .service_principals
        .values()
        .find(|app| {
            let is = |name: &str| text(app, name).is_some_and(|t| t.eq_ignore_ascii_case(wanted));
            is("appId") || is("displayName")
        })
        .map(|app| {
            let part = |name: &str| text(app, name).unwrap_or_default().to_owned();
            (part("appId"), part("displayName"))
        })
        .ok_or_else(|| ErrorAnswer::bad(format!("There is no application '{wanted}'.")))
}

/// A user, with the groups and roles that the tenant knows of.
pub(super) fn person(tenant: &Tenant, user: &Value) -> User {
    let id = text(user, "id").unwrap_or_default();
    let name = text(user, "userPrincipalName").unwrap_or_default();
    let roles = tenant
        .directory_roles
        .iter()
        .filter(|(role, _)| members::everyone(tenant, role).iter().any(|m| m == id));
    User {
        member_of: Some(members::groups_of(tenant, id, true).into_iter().collect()),
        roles: Some(
            roles
                .filter_map(|(_, role)| text(role, "roleTemplateId").map(str::to_owned))
                .collect(),
        ),
        user_type: Some(UserType::of_account(
            text(user, "userType") == Some("Guest"),
            name.contains("#EXT#"),
        )),
        ..User::named(id)
    }
}

/// Everything that the tenant knows of the sign-in.
fn facts(
    tenant: &Tenant,
    asked: &RiskySignIn,
    user: &Value,
    app_id: &str,
) -> Result<SignIn, ErrorAnswer> {
    let id = text(user, "id").unwrap_or_default();
    let place = asked.place();
    let country = match text(&place, "countryOrRegion").unwrap_or_default() {
        "" => Country::Unknown,
        code => code.parse().map_err(ErrorAnswer::bad)?,
    };
    let address: Address = asked
        .ip
        .parse()
        .map_err(|_| ErrorAnswer::bad(format!("'{}' is no IP address.", asked.ip)))?;
    let met = [
        (asked.passed_mfa, GrantControl::Mfa),
        (asked.changed_password, GrantControl::PasswordChange),
    ];
    let met = met.iter().filter(|(met, _)| *met);
    Ok(SignIn {
        user: Some(person(tenant, user)),
        application: Some(Application::named(app_id)),
        sign_in_risk_level: asked.risk.parse().ok(),
        // As it was before: the risk of this sign-in is added afterwards.
        user_risk_level: level_of(tenant, id).parse().ok(),
        // There is no Purview here.
        insider_risk_level: Some(InsiderRisk::None),
        client_app_type: Some(asked.client.unwrap_or(ClientType::Browser)),
        device_platform: Some(asked.platform.unwrap_or(Platform::Windows)),
        ip_address: Some(address),
        country: Some(country),
        compliant_network: Some(false),
        device_info: asked.device.clone(),
        authentication_flow: Some(AuthenticationFlow {
            transfer_method: Some(asked.flow.unwrap_or(TransferMethod::None)),
            ..AuthenticationFlow::default()
        }),
        satisfied: Some(
            met.map(|(_, control)| Satisfied::named(control.as_str()))
                .chain(asked.satisfied.iter().cloned())
                .collect(),
        ),
        ..SignIn::default()
    }
    // A device as what is satisfied says of it, where that is not said.
    .with_defaults())
}

/// What the tenant's policies refer to. What cannot be read is not described.
pub(super) fn world(tenant: &Tenant) -> World {
    fn read<T: serde::de::DeserializeOwned>(objects: &Map) -> Vec<T> {
        let objects = objects.values();
        objects
            .filter_map(|stored| serde_json::from_value(without_nulls(stored)).ok())
            .collect()
    }
    let of = |object: &Value, name: &str| text(object, name).map(str::to_owned);
    World {
        locations: read(&tenant.named_locations),
        strengths: read(&tenant.authentication_strengths),
        contexts: read(&tenant.authentication_contexts),
        applications: tenant
            .service_principals
            .values()
            .map(|app| KnownApplication {
                app_id: of(app, "appId"),
                id: of(app, "id"),
                display_name: of(app, "displayName").unwrap_or_default(),
                owned_by: text(app, "appOwnerOrganizationId").map(|owner| match owner {
                    own if own == tenant.tenant_id => OwnedBy::Tenant,
                    MICROSOFT => OwnedBy::Microsoft,
                    _ => OwnedBy::Other,
                }),
            })
            .collect(),
        ..World::default()
    }
}

/// Judges the sign-in by each policy, in the order in which they were given.
pub(super) fn judged<'a>(
    compiled: &'a CompiledPolicies,
    policies: &'a [ConditionalAccessPolicy],
    facts: &SignIn,
) -> Result<Vec<JudgedPolicy<'a>>, ErrorAnswer> {
    let prepared = compiled.prepare(facts).map_err(|faults| {
        let messages: Vec<String> = faults.into_iter().map(|fault| fault.message).collect();
        ErrorAnswer::bad(messages.join("; "))
    })?;
    let judgement = compiled.judge(&prepared);
    let numbered = policies.iter().enumerate().filter_map(|(given, policy)| {
        let number = compiled.number_of(given)?;
        Some((policy, number, judgement.applies(number)?))
    });
    Ok(numbered
        .map(|(policy, number, applies)| JudgedPolicy {
            policy,
            applies,
            result: compiled.result(number, &prepared, applies),
            blocks: compiled.blocks(number),
            required: compiled.requirements(number, &prepared),
        })
        .collect())
}

/// The tenant's policies, and the names of those that cannot be judged.
pub(super) fn policies(tenant: &Tenant) -> (Vec<ConditionalAccessPolicy>, Vec<String>) {
    let (mut read, mut unread) = (Vec::new(), Vec::new());
    for stored in tenant.policies.values() {
        match serde_json::from_value(without_nulls(stored)) {
            Ok(policy) => read.push(policy),
            Err(_) => unread.push(text(stored, "displayName").unwrap_or_default().to_owned()),
        }
    }
    (read, unread)
}

/// The level of a user whose risk is not settled.
fn level_of(tenant: &Tenant, id: &str) -> String {
    tenant
        .risky_users
        .get(id)
        .filter(|r| {
            ["atRisk", "confirmedCompromised"].contains(&text(r, "riskState").unwrap_or_default())
        })
        .and_then(|r| text(r, "riskLevel"))
        .unwrap_or("none")
        .to_owned()
}

/// What becomes of the sign-in's risk, and whether a new password clears the user's.
/// Multifactor authentication that no policy on the risk asked for remediates nothing
/// (a guess: the detail's name says that a policy on risk was behind it).
fn risk_after(judged: &[JudgedPolicy<'_>], let_in: bool) -> (Risk, bool) {
    let password = |r: &Requirement| *r == Requirement::Control(GrantControl::PasswordChange);
    let factor = |r: &Requirement| {
        matches!(
            r,
            Requirement::Control(GrantControl::Mfa) | Requirement::Strength(_)
        )
    };
    let changed = judged
        .iter()
        .filter(|_| let_in)
        .any(|one| !one.policy.conditions.user_risk_levels.is_empty() && one.is_met_by(password));
    if changed {
        return (("remediated", "userPerformedSecuredPasswordChange"), true);
    }
    let passed = judged
        .iter()
        .filter(|_| let_in)
        .any(|one| !one.policy.conditions.sign_in_risk_levels.is_empty() && one.is_met_by(factor));
    match passed {
        true => (
            ("remediated", "userPassedMFADrivenByRiskBasedPolicy"),
            false,
        ),
        false => (("atRisk", "none"), false),
    }
}

/// A new password settles what was noticed about the user before.
fn settle(tenant: &mut Tenant, user_id: &str, detail: &str) {
    for detection in tenant.risk_detections.values_mut() {
        let open = text(detection, "riskState") == Some("atRisk");
        if open && text(detection, "userId") == Some(user_id) {
            detection["riskState"] = "remediated".into();
            detection["riskDetail"] = detail.into();
            detection["lastUpdatedDateTime"] = now().into();
        }
    }
}

/// What a policy did, as the sign-in log has it (appliedConditionalAccessPolicy).
fn applied(judged: &JudgedPolicy<'_>) -> Value {
    let required = judged.required.iter().map(|one| named(one.requirement));
    let block = judged.blocks.then(|| "block".to_owned());
    let controls: Vec<String> = required.chain(block).collect();
    let mut value = json!({"id": judged.policy.id, "displayName": judged.policy.display_name,
        "result": judged.result.as_str(), "enforcedGrantControls": controls});
    if let Applies::Unknown(facts) = judged.applies {
        let facts: BTreeSet<String> = facts.iter().map(|fact| fact.to_string()).collect();
        set(&mut value, "unknown", json!(facts));
    }
    value
}

/// As the sign-in log names it, and with the id of what is the tenant's own.
fn named(requirement: &Requirement) -> String {
    match requirement {
        Requirement::Control(control) => control.as_str().to_owned(),
        Requirement::Strength(id) => format!("authenticationStrength {id}"),
        Requirement::TermsOfUse(id) => format!("termsOfUse {id}"),
        Requirement::Custom(id) => format!("customAuthenticationFactor {id}"),
    }
}

/// The sign-in log's word for all policies together.
pub(super) fn summary(judged: &[JudgedPolicy<'_>], let_in: bool) -> &'static str {
    if !let_in {
        return "failure";
    }
    match judged.iter().any(|one| one.result == PolicyResult::Success) {
        true => "success",
        false => "notApplied",
    }
}

/// Number and text of the sign-in's end ("Microsoft Entra authentication and authorization
/// error codes").
pub(super) fn status(judged: &[JudgedPolicy<'_>]) -> (u32, &'static str) {
    let failed = || {
        judged
            .iter()
            .filter(|one| one.result == PolicyResult::Failure)
    };
    if failed().any(|one| one.blocks) {
        return (
            53003,
            "Access has been blocked by Conditional Access policies.",
        );
    }
    let unmet = failed().flat_map(|one| &one.required);
    let unmet = unmet.filter(|one| one.met != Some(Match::Yes));
    let Some(first) = unmet
        .map(|one| one.requirement)
        .min_by_key(|one| one.turn())
    else {
        return (0, "Other.");
    };
    match first {
        Requirement::Control(GrantControl::Mfa) | Requirement::Strength(_) => {
            (50076, "Multifactor authentication is required.")
        }
        Requirement::Control(GrantControl::CompliantDevice) => {
            (53000, "The device is not compliant.")
        }
        Requirement::Control(GrantControl::DomainJoinedDevice) => {
            (53001, "The device is not joined to a domain.")
        }
        Requirement::Control(GrantControl::ApprovedApplication) => {
            (53002, "The application is not an approved one.")
        }
        Requirement::Control(GrantControl::CompliantApplication) => {
            (53009, "The application has no protection policy.")
        }
        Requirement::Control(GrantControl::PasswordChange) => {
            (50142, "A new password is required.")
        }
        _ => (50158, "A further requirement is not met."),
    }
}
