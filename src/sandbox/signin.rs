//! Sign-ins that identity protection finds risky, judged by the tenant's policies.
//!
//! What a real tenant does about the risk of a sign-in is done here: a policy on that risk
//! that asks for multifactor authentication, and gets it, remediates it; one that blocks
//! leaves it; one that is only reported on does nothing.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::call::{new_id, now, strings, text};
use super::error::ErrorAnswer;
use super::tenant::Tenant;
use super::{members, risk, users};
use crate::model::enums::{ClientApp, DevicePlatform, GrantControl, RiskLevel};
use crate::model::normal::without_nulls;
use crate::model::policy::ConditionalAccessPolicy;
use crate::model::values::GraphEnum;
use crate::whatif::old as whatif;
use crate::whatif::old::{
    Applies, Decision, Fact, Match, Places, Platform, PolicyResult, Requirement, Resource,
    UserKind, Verdict,
};

const BROWSER: &str = "Mozilla/5.0 (Windows NT 10.0; rv:78.0) Gecko/20100101 Firefox/78.0";
/// Where the public tutorial signs in.
const AZURE_PORTAL: &str = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c";
/// The built-in strength that any multifactor authentication meets.
const MFA_STRENGTH: &str = "00000000-0000-0000-0000-000000000002";

/// A sign-in that identity protection finds risky: with a browser on Windows, on a device that
/// the tenant does not know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RiskySignIn {
    /// The user, by id or user principal name.
    pub user: String,
    /// How risky: `low`, `medium` or `high`.
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

    /// Whether the sign-in meets a requirement.
    fn meets(&self, requirement: &Requirement) -> Match {
        match requirement {
            Requirement::Control(GrantControl::Mfa) => self.passed_mfa.into(),
            Requirement::Control(GrantControl::PasswordChange) => self.changed_password.into(),
            Requirement::Control(GrantControl::RiskRemediation | GrantControl::Other(_)) => {
                Match::unknown(Fact::Unmodelled("builtInControls"))
            }
            // The tenant does not know the device, and a browser is no approved application.
            Requirement::Control(_) => Match::No,
            Requirement::Strength(id) if id == MFA_STRENGTH => self.passed_mfa.into(),
            // With which methods is not said.
            Requirement::Strength(_) if self.passed_mfa => {
                Match::unknown(Fact::Unmodelled("authenticationStrength"))
            }
            Requirement::Strength(_) | Requirement::TermsOfUse(_) | Requirement::Custom(_) => {
                Match::No
            }
        }
    }
}

/// A risk's state and detail.
type Risk = (&'static str, &'static str);

/// Makes the detection and the risky user of a sign-in, and answers both, with what the
/// policies did.
pub(super) fn sign_in(tenant: &mut Tenant, asked: &RiskySignIn) -> Result<Value, ErrorAnswer> {
    if risk::severity(&asked.risk) == 0 {
        return Err(ErrorAnswer::bad(format!(
            "The risk is low, medium or high, not '{}'.",
            asked.risk
        )));
    }
    let Ok(address) = asked.ip.parse::<IpAddr>() else {
        return Err(ErrorAnswer::bad(format!(
            "'{}' is no IP address.",
            asked.ip
        )));
    };
    let user = users::find(tenant, &asked.user)?.clone();
    let app = application(tenant, &asked.app)?;
    let facts = facts(tenant, asked, &user, &app.0, address);
    let (policies, unread) = policies(tenant);
    let verdicts = whatif::evaluate(&policies, &facts);
    let outcome = whatif::decide(&verdicts, &|r| asked.meets(r));
    let let_in = matches!(outcome.decision, Decision::Granted | Decision::Unknown(_));
    let ((state, detail), new_password) = risk_after(asked, &verdicts, let_in);

    let user_id = text(&user, "id").unwrap_or_default().to_owned();
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
    tenant.risk_detections.insert(id, detection.clone());
    if new_password {
        settle(tenant, &user_id, detail);
    }
    let before = level_of(tenant, &user_id);
    let met = state == "remediated";
    // Risk that was met at once leaves the user's level as it was; a new password clears it.
    let changed = if new_password || met && before == "none" {
        Some(("none", state, detail))
    } else if met {
        None
    } else if risk::severity(&asked.risk) > risk::severity(&before) {
        Some((asked.risk.as_str(), state, detail))
    } else {
        Some((before.as_str(), "atRisk", "none"))
    };
    if let Some((level, state, detail)) = changed {
        risk::put(tenant, &user, (level, state, detail), &[&asked.event]);
    }
    let applied: Vec<Value> = verdicts
        .iter()
        .zip(&outcome.policies)
        .map(|(verdict, result)| applied(verdict, *result))
        .collect();
    let (code, why) = status(&outcome.decision);
    let sign_in = json!({"id": request_id, "createdDateTime": at,
        "userId": user_id, "userDisplayName": user["displayName"],
        "userPrincipalName": user["userPrincipalName"], "appId": app.0, "appDisplayName": app.1,
        "ipAddress": asked.ip, "clientAppUsed": "Browser", "location": asked.place(),
        "riskLevelDuringSignIn": asked.risk, "riskState": state, "riskDetail": detail,
        "conditionalAccessStatus": summary(&outcome.policies, let_in),
        "status": {"errorCode": code, "failureReason": why},
        "appliedConditionalAccessPolicies": applied});
    let risky = tenant.risky_users.get(&user_id).cloned();
    Ok(
        json!({"signIn": sign_in, "riskDetection": detection, "riskyUser": risky,
        "notEvaluated": unread}),
    )
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

/// Everything that the tenant knows of the sign-in.
fn facts(
    tenant: &Tenant,
    asked: &RiskySignIn,
    user: &Value,
    app_id: &str,
    address: IpAddr,
) -> whatif::SignIn {
    let id = text(user, "id").unwrap_or_default();
    let name = text(user, "userPrincipalName").unwrap_or_default();
    let roles = tenant
        .directory_roles
        .iter()
        .filter(|(role, _)| members::everyone(tenant, role).iter().any(|m| m == id));
    whatif::SignIn {
        user: whatif::User {
            id: id.to_owned(),
            groups: Some(members::groups_of(tenant, id, true).into_iter().collect()),
            roles: Some(
                roles
                    .filter_map(|(_, role)| text(role, "roleTemplateId").map(str::to_owned))
                    .collect(),
            ),
            kind: Some(UserKind::of_account(
                text(user, "userType") == Some("Guest"),
                name.contains("#EXT#"),
                None,
            )),
        },
        resource: Resource::Application(app_id.to_owned()),
        sign_in_risk: Some(RiskLevel::parse(&asked.risk)),
        // As it was before: the risk of this sign-in is added afterwards.
        user_risk: Some(RiskLevel::parse(&level_of(tenant, id))),
        // There is no Purview here.
        insider_risk: Some(None),
        client_app: Some(ClientApp::Browser),
        platform: Some(Platform::Known(DevicePlatform::Windows)),
        places: Some(places(tenant, asked, address)),
        transfer: Some(None),
    }
}

/// The named locations that an address or its country lies in.
fn places(tenant: &Tenant, asked: &RiskySignIn, address: IpAddr) -> Places {
    let place = asked.place();
    let country = text(&place, "countryOrRegion").unwrap_or_default();
    let mut places = Places::default();
    for (id, location) in &tenant.named_locations {
        let ranges = location.get("ipRanges").and_then(Value::as_array);
        let in_range = ranges.into_iter().flatten().any(|range| {
            text(range, "cidrAddress")
                .and_then(|cidr| cidr.parse::<ipnet::IpNet>().ok())
                .is_some_and(|net| net.contains(&address))
        });
        let countries = strings(location, "countriesAndRegions");
        let in_country = match country {
            "" => location["includeUnknownCountriesAndRegions"] == true,
            country => countries.iter().any(|c| c.eq_ignore_ascii_case(country)),
        };
        if in_range || in_country {
            places.named.insert(id.clone());
            places.trusted |= in_range && location["isTrusted"] == true;
        }
    }
    places
}

/// The tenant's policies, and the names of those that cannot be judged.
fn policies(tenant: &Tenant) -> (Vec<ConditionalAccessPolicy>, Vec<String>) {
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
fn risk_after(asked: &RiskySignIn, verdicts: &[Verdict<'_>], let_in: bool) -> (Risk, bool) {
    let applies = |v: &&Verdict<'_>| v.applies == Applies::Yes && !v.is_report_only() && let_in;
    let asks_for = |v: &Verdict<'_>, wanted: &dyn Fn(&Requirement) -> bool| {
        let grant = v.grant();
        let mut list = grant.requirements().iter();
        list.any(|r| wanted(r) && asked.meets(r) == Match::Yes)
    };
    let password = |r: &Requirement| *r == Requirement::Control(GrantControl::PasswordChange);
    let factor = |r: &Requirement| {
        matches!(
            r,
            Requirement::Control(GrantControl::Mfa) | Requirement::Strength(_)
        )
    };
    let changed = verdicts
        .iter()
        .filter(applies)
        .any(|v| !v.policy.conditions.user_risk_levels.is_empty() && asks_for(v, &password));
    if changed {
        return (("remediated", "userPerformedSecuredPasswordChange"), true);
    }
    let passed = verdicts
        .iter()
        .filter(applies)
        .any(|v| !v.policy.conditions.sign_in_risk_levels.is_empty() && asks_for(v, &factor));
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
fn applied(verdict: &Verdict<'_>, result: PolicyResult) -> Value {
    let grant = verdict.grant();
    let mut controls: Vec<String> = grant.requirements().iter().map(Requirement::name).collect();
    if grant == whatif::Grant::Block {
        controls.push("block".to_owned());
    }
    let mut value = json!({"id": verdict.policy.id, "displayName": verdict.policy.display_name,
        "result": result.as_str(), "enforcedGrantControls": controls});
    if let Applies::Unknown(facts) = &verdict.applies {
        let facts: BTreeSet<String> = facts.iter().map(ToString::to_string).collect();
        value["unknown"] = json!(facts);
    }
    value
}

/// The sign-in log's word for all policies together.
fn summary(results: &[PolicyResult], let_in: bool) -> &'static str {
    if !let_in {
        return "failure";
    }
    match results.contains(&PolicyResult::Success) {
        true => "success",
        false => "notApplied",
    }
}

/// Number and text of the sign-in's end ("Microsoft Entra authentication and authorization
/// error codes").
fn status(decision: &Decision) -> (u32, &'static str) {
    let Decision::NotMet(list) = decision else {
        return match decision {
            Decision::Blocked => (
                53003,
                "Access has been blocked by Conditional Access policies.",
            ),
            _ => (0, "Other."),
        };
    };
    match list.first() {
        Some(Requirement::Control(GrantControl::Mfa) | Requirement::Strength(_)) => {
            (50076, "Multifactor authentication is required.")
        }
        Some(Requirement::Control(GrantControl::CompliantDevice)) => {
            (53000, "The device is not compliant.")
        }
        Some(Requirement::Control(GrantControl::DomainJoinedDevice)) => {
            (53001, "The device is not joined to a domain.")
        }
        Some(Requirement::Control(GrantControl::ApprovedApplication)) => {
            (53002, "The application is not an approved one.")
        }
        Some(Requirement::Control(GrantControl::CompliantApplication)) => {
            (53009, "The application has no protection policy.")
        }
        Some(Requirement::Control(GrantControl::PasswordChange)) => {
            (50142, "A new password is required.")
        }
        _ => (50158, "A further requirement is not met."),
    }
}
