//! Identity protection: risk detections and risky users. Nothing detects risk here; a
//! sign-in that is to be risky is made on request.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::call::{Answer, Call, Map, Reply, new_id, now, text};
use super::error::GraphError;
use super::odata::Listing;
use super::store::Tenant;
use super::users;
use crate::model::facts::Edition;

const PAGE: usize = 20;
const PAGE_MAX: usize = 500;
const IDS_LIMIT: usize = 60;
const BROWSER: &str = "Mozilla/5.0 (Windows NT 10.0; rv:78.0) Gecko/20100101 Firefox/78.0";

/// A sign-in that identity protection finds risky.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignIn {
    /// The user, by id or user principal name.
    pub user: String,
    /// How risky: `low`, `medium` or `high`.
    pub risk: String,
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
    /// True when a policy asked for multifactor authentication and the user passed it.
    #[serde(default)]
    pub passed_mfa: bool,
}

fn anonymous() -> String {
    "anonymizedIPAddress".to_owned()
}

fn exit_node() -> String {
    "178.17.170.23".to_owned()
}

impl SignIn {
    /// A sign-in of `user` from an anonymising network.
    pub fn new(user: &str, risk: &str) -> SignIn {
        SignIn {
            user: user.to_owned(),
            risk: risk.to_owned(),
            event: anonymous(),
            ip: exit_node(),
            country: None,
            city: None,
            passed_mfa: false,
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

fn severity(level: &str) -> u8 {
    match level {
        "low" => 1,
        "medium" => 2,
        "high" => 3,
        _ => 0,
    }
}

/// Makes the detection and the risky user of a sign-in, and answers both.
pub(super) fn sign_in(tenant: &mut Tenant, asked: &SignIn) -> Result<Value, GraphError> {
    if severity(&asked.risk) == 0 {
        return Err(GraphError::bad(format!(
            "The risk is low, medium or high, not '{}'.",
            asked.risk
        )));
    }
    if asked.ip.parse::<std::net::IpAddr>().is_err() {
        return Err(GraphError::bad(format!("'{}' is no IP address.", asked.ip)));
    }
    let user = users::find(tenant, &asked.user)?.clone();
    let user_id = text(&user, "id").unwrap_or_default().to_owned();
    let at = now();
    let id = format!("{}{}", new_id(), new_id()).replace('-', "");
    let (state, detail) = if asked.passed_mfa {
        ("remediated", "userPassedMFADrivenByRiskBasedPolicy")
    } else {
        ("atRisk", "none")
    };
    let agent = json!([{"Key": "userAgent", "Value": BROWSER}]).to_string();
    let detection = json!({"id": id, "requestId": new_id(), "correlationId": new_id(),
        "riskType": asked.event, "riskEventType": asked.event, "riskState": state,
        "riskLevel": asked.risk, "riskDetail": detail, "source": "IdentityProtection",
        "detectionTimingType": "realtime", "activity": "signin", "tokenIssuerType": "AzureAD",
        "ipAddress": asked.ip, "activityDateTime": at, "detectedDateTime": at,
        "lastUpdatedDateTime": at, "userId": user_id, "userDisplayName": user["displayName"],
        "userPrincipalName": user["userPrincipalName"], "additionalInfo": agent,
        "location": asked.place()});
    tenant.risk_detections.insert(id, detection.clone());
    let before = tenant
        .risky_users
        .get(&user_id)
        .filter(|r| {
            ["atRisk", "confirmedCompromised"].contains(&text(r, "riskState").unwrap_or_default())
        })
        .and_then(|r| text(r, "riskLevel"))
        .unwrap_or("none")
        .to_owned();
    // Risk that was met at once leaves the user's level as it was.
    let changed = if asked.passed_mfa && before == "none" {
        Some(("none", state, detail))
    } else if asked.passed_mfa {
        None
    } else if severity(&asked.risk) > severity(&before) {
        Some((asked.risk.as_str(), state, detail))
    } else {
        Some((before.as_str(), "atRisk", "none"))
    };
    if let Some((level, state, detail)) = changed {
        put(tenant, &user, (level, state, detail), &[&asked.event]);
    }
    let risky = tenant.risky_users.get(&user_id).cloned();
    Ok(json!({"riskDetection": detection, "riskyUser": risky}))
}

/// The user's new state, and the history's item about it.
fn put(tenant: &mut Tenant, user: &Value, to: (&str, &str, &str), events: &[&str]) {
    let (level, state, detail) = to;
    let id = text(user, "id").unwrap_or_default().to_owned();
    let risky = json!({"id": id, "isDeleted": false, "isProcessing": false, "riskLevel": level,
        "riskState": state, "riskDetail": detail, "riskLastUpdatedDateTime": now(),
        "userDisplayName": user["displayName"], "userPrincipalName": user["userPrincipalName"]});
    let mut item = risky.clone();
    item["id"] = format!("{id}{}", uuid::Uuid::new_v4().as_u128() % 1_000_000_000).into();
    item["userId"] = id.clone().into();
    item["initiatedBy"] = Value::Null;
    item["activity"] = json!({"detail": detail, "riskEventTypes": events});
    let mut history = tenant
        .risk_history
        .get(&id)
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    history.push(item);
    tenant
        .risk_history
        .insert(id.clone(), Value::Array(history));
    tenant.risky_users.insert(id, risky);
}

fn listing<'a>(type_name: &'a str, context: &'a str, refused: &'a [&'a str]) -> Listing<'a> {
    Listing {
        page: Some(PAGE),
        page_max: Some(PAGE_MAX),
        refused,
        ..Listing::service(type_name, context)
    }
}

/// `/identityProtection/riskDetections`
pub(super) fn detections(call: &Call, rest: &[&str], tenant: &Tenant) -> Answer {
    let listing = listing("riskDetection", "riskDetections", &["count", "skip"]);
    let shown = |found: &Value| {
        let mut found = found.clone();
        if call.edition == Edition::V1
            && let Some(map) = found.as_object_mut()
        {
            map.shift_remove("riskType");
            map.shift_remove("mitreTechniqueId");
        }
        found
    };
    match (call.method(), rest) {
        // The newest first, as the portal lists them (the order is unverified).
        ("GET", []) => listing.answer(
            call,
            tenant.risk_detections.values().rev().map(shown).collect(),
        ),
        ("GET", [id]) => match tenant.risk_detections.get(*id) {
            Some(found) => listing.one(call, &shown(found)),
            None => Err(GraphError::missing_ca("RiskDetection", id)),
        },
        (_, [] | [_]) => Err(GraphError::method()),
        (_, [.., last]) => Err(GraphError::segment(last)),
    }
}

/// `/identityProtection/riskyUsers`
pub(super) fn risky_users(call: &Call, rest: &[&str], tenant: &mut Tenant) -> Answer {
    let listing = listing("riskyUser", "riskyUsers", &["skip"]);
    let shown = |found: &Value| {
        let mut found = found.clone();
        found["isDeleted"] = (!tenant
            .users
            .contains_key(text(&found, "id").unwrap_or_default()))
        .into();
        found
    };
    match (call.method(), rest) {
        ("GET", []) => listing.answer(call, tenant.risky_users.values().map(shown).collect()),
        ("POST", [verb]) => act(call, verb.trim_start_matches("microsoft.graph."), tenant),
        ("GET", [id]) => match tenant.risky_users.get(*id) {
            Some(found) => listing.one(call, &shown(found)),
            None => Err(GraphError::missing_ca("RiskyUser", id)),
        },
        ("GET", [id, "history"]) => {
            if !tenant.risky_users.contains_key(*id) {
                return Err(GraphError::missing_ca("RiskyUser", id));
            }
            let place = format!("riskyUsers('{id}')/history");
            let items = tenant.risk_history.get(*id).and_then(Value::as_array);
            self::listing("riskyUserHistoryItem", &place, &["skip"])
                .answer(call, items.cloned().unwrap_or_default())
        }
        (_, [] | [_] | [_, "history"]) => Err(GraphError::method()),
        (_, [.., last]) => Err(GraphError::segment(last)),
    }
}

/// What an administrator says about users.
fn act(call: &Call, verb: &str, tenant: &mut Tenant) -> Answer {
    let (to, detections) = match verb {
        "dismiss" => (
            ("none", "dismissed", "adminDismissedAllRiskForUser"),
            "dismissed",
        ),
        "confirmcompromised" => (
            (
                "high",
                "confirmedCompromised",
                "adminConfirmedUserCompromised",
            ),
            "confirmedCompromised",
        ),
        "confirmsafe" => (
            ("none", "confirmedSafe", "adminConfirmedAccountSafe"),
            "confirmedSafe",
        ),
        other => return Err(GraphError::segment(other)),
    };
    let ids = ids(call)?;
    for id in &ids {
        if !tenant.users.contains_key(id) && !tenant.risky_users.contains_key(id) {
            return Err(GraphError::missing_ca("RiskyUser", id));
        }
    }
    for id in &ids {
        let known = tenant.risky_users.contains_key(id);
        if !known && verb != "confirmcompromised" {
            continue; // nothing to dismiss
        }
        let user = tenant
            .users
            .get(id)
            .or_else(|| tenant.risky_users.get(id))
            .cloned()
            .unwrap_or_default();
        put(tenant, &user, to, &[]);
        for detection in tenant.risk_detections.values_mut() {
            let open = text(detection, "riskState") == Some("atRisk");
            if open && text(detection, "userId") == Some(id) {
                detection["riskState"] = detections.into();
                detection["riskDetail"] = to.2.into();
                detection["lastUpdatedDateTime"] = now().into();
            }
        }
    }
    Ok(Reply::no_content())
}

fn ids(call: &Call) -> Result<Vec<String>, GraphError> {
    let body = call.json()?;
    let empty = Map::new();
    let body = body.as_object().unwrap_or(&empty);
    if let Some(other) = body.keys().find(|k| *k != "userIds" && !k.contains('@')) {
        return Err(GraphError::bad(format!(
            "The parameter '{other}' does not exist; 'userIds' does."
        )));
    }
    let given = body
        .get("userIds")
        .and_then(Value::as_array)
        .filter(|list| !list.is_empty() && list.iter().all(Value::is_string))
        .ok_or_else(|| {
            GraphError::bad("The parameter 'userIds' is required and holds user ids.")
        })?;
    if given.len() > IDS_LIMIT {
        return Err(GraphError::bad(format!(
            "At most {IDS_LIMIT} users can be changed in one request, {} were given.",
            given.len()
        )));
    }
    let mut ids: Vec<String> = Vec::new();
    for id in given.iter().filter_map(Value::as_str) {
        let id = id.to_ascii_lowercase();
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}
