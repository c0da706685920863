//! Identity protection: risk detections and risky users. Nothing detects risk here; a
//! sign-in that is to be risky is made on request, by `signin`.

use serde_json::{Value, json};

use super::call::{Answer, Call, Map, Reply, now, text};
use super::error::ErrorAnswer;
use super::odata::Listing;
use super::tenant::Tenant;
use super::value::set;
use crate::model::facts::Edition;

const PAGE: usize = 20;
const PAGE_MAX: usize = 500;
const IDS_LIMIT: usize = 60;

/// How grave a level is.
pub(super) fn severity(level: &str) -> u8 {
    match level {
        "low" => 1,
        "medium" => 2,
        "high" => 3,
        _ => 0,
    }
}

/// The user's new state, and the history's item about it.
pub(super) fn put(tenant: &mut Tenant, user: &Value, to: (&str, &str, &str), events: &[&str]) {
    let (level, state, detail) = to;
    let id = text(user, "id").unwrap_or_default().to_owned();
    let risky = json!({"id": id, "isDeleted": false, "isProcessing": false, "riskLevel": level,
        "riskState": state, "riskDetail": detail, "riskLastUpdatedDateTime": now(),
        "userDisplayName": user["displayName"], "userPrincipalName": user["userPrincipalName"]});
    let mut item = risky.clone();
    let number = uuid::Uuid::new_v4().as_u128() % 1_000_000_000;
    set(&mut item, "id", format!("{id}{number}"));
    set(&mut item, "userId", id.clone());
    set(&mut item, "initiatedBy", Value::Null);
    set(
        &mut item,
        "activity",
        json!({"detail": detail, "riskEventTypes": events}),
    );
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
            None => Err(ErrorAnswer::missing_ca("RiskDetection", id)),
        },
        (_, [] | [_]) => Err(ErrorAnswer::method()),
        (_, [.., last]) => Err(ErrorAnswer::segment(last)),
    }
}

/// `/identityProtection/riskyUsers`
pub(super) fn risky_users(call: &Call, rest: &[&str], tenant: &mut Tenant) -> Answer {
    let listing = listing("riskyUser", "riskyUsers", &["skip"]);
    let shown = |found: &Value| {
        let mut found = found.clone();
        let there = (tenant.users).contains_key(text(&found, "id").unwrap_or_default());
        set(&mut found, "isDeleted", !there);
        found
    };
    match (call.method(), rest) {
        ("GET", []) => listing.answer(call, tenant.risky_users.values().map(shown).collect()),
        ("POST", [verb]) => act(call, verb.trim_start_matches("microsoft.graph."), tenant),
        ("GET", [id]) => match tenant.risky_users.get(*id) {
            Some(found) => listing.one(call, &shown(found)),
            None => Err(ErrorAnswer::missing_ca("RiskyUser", id)),
        },
        ("GET", [id, "history"]) => {
            if !tenant.risky_users.contains_key(*id) {
                return Err(ErrorAnswer::missing_ca("RiskyUser", id));
            }
            let place = format!("riskyUsers('{id}')/history");
            let items = tenant.risk_history.get(*id).and_then(Value::as_array);
            self::listing("riskyUserHistoryItem", &place, &["skip"])
                .answer(call, items.cloned().unwrap_or_default())
        }
        (_, [] | [_] | [_, "history"]) => Err(ErrorAnswer::method()),
        (_, [.., last]) => Err(ErrorAnswer::segment(last)),
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
        other => return Err(ErrorAnswer::segment(other)),
    };
    let ids = ids(call)?;
    for id in &ids {
        if !tenant.users.contains_key(id) && !tenant.risky_users.contains_key(id) {
            return Err(ErrorAnswer::missing_ca("RiskyUser", id));
        }
        // Seen for dismiss: the ids of deleted users are invalid.
        if !tenant.users.contains_key(id) {
            return Err(ErrorAnswer::bad(format!("The user id '{id}' is invalid.")));
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

fn ids(call: &Call) -> Result<Vec<String>, ErrorAnswer> {
    let body = call.json()?;
    let empty = Map::new();
    let body = body.as_object().unwrap_or(&empty);
    if let Some(other) = body.keys().find(|k| *k != "userIds" && !k.contains('@')) {
        return Err(ErrorAnswer::bad(format!(
            "The parameter '{other}' does not exist; 'userIds' does."
        )));
    }
    let given = body
        .get("userIds")
        .and_then(Value::as_array)
        .filter(|list| !list.is_empty() && list.iter().all(Value::is_string))
        .ok_or_else(|| {
            ErrorAnswer::bad("The parameter 'userIds' is required and holds user ids.")
        })?;
    if given.len() > IDS_LIMIT {
        return Err(ErrorAnswer::bad(format!(
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
