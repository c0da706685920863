//! The log of sign-ins. Nobody signs in here but by `signin`, which writes a record on request.

use serde_json::Value;

use super::call::{Answer, Call, text};
use super::error::{Check, ErrorAnswer};
use super::odata::Listing;
use super::tenant::Tenant;
use super::value::set;
use super::{filter_text, newer};
use crate::model::facts::Edition;

/// The page size (List signIns).
const PAGE: usize = 1_000;

/// Members that beta alone has: of a record, and of a policy in it.
const BETA: &[&str] = &[
    "appOwnerTenantId",
    "authenticationContextClassReferences",
    "authenticationDetails",
    "authenticationProcessingDetails",
    "authenticationProtocol",
    "authenticationRequirement",
    "conditionalAccessAudiences",
    "crossTenantAccessType",
    "homeTenantId",
    "isThroughGlobalSecureAccess",
    "originalTransferMethod",
    "resourceOwnerTenantId",
    "resourceTenantId",
    "servicePrincipalId",
    "servicePrincipalName",
    "sessionControlsNotSatisfied",
    "signInEventTypes",
    "userAgent",
    "userType",
];
const POLICY_BETA: &[&str] = &[
    "conditionsNotSatisfied",
    "conditionsSatisfied",
    "sessionControlsNotSatisfied",
];

/// What the log can be filtered by (signIn resource type).
const FILTERABLE: &[&str] = &[
    "appDisplayName",
    "appId",
    "clientAppUsed",
    "conditionalAccessStatus",
    "correlationId",
    "createdDateTime",
    "deviceDetail/browser",
    "deviceDetail/operatingSystem",
    "id",
    "ipAddress",
    "isInteractive",
    "location/city",
    "location/countryOrRegion",
    "location/state",
    "resourceDisplayName",
    "resourceId",
    "resourceTenantId",
    "riskDetail",
    "riskEventTypes_v2/any",
    "riskLevelAggregated",
    "riskLevelDuringSignIn",
    "riskState",
    "servicePrincipalId",
    "servicePrincipalName",
    "signInEventTypes/any",
    "status/errorCode",
    "userDisplayName",
    "userId",
    "userPrincipalName",
    "userType",
];

/// `/auditLogs/signIns`
pub(super) fn route(call: &Call, rest: &[&str], tenant: &Tenant) -> Answer {
    let listing = Listing {
        page: Some(PAGE),
        page_max: Some(PAGE),
        ..Listing::service("signIn", "auditLogs/signIns").refusing(&["count", "skip"])
    };
    match (call.method(), rest) {
        ("GET", []) => {
            documented(call)?;
            // The newest first; interactive ones unless others are asked for.
            let events = call
                .option("filter")
                .is_some_and(|f| f.contains("signInEventTypes"));
            let records = tenant.sign_ins.values().rev();
            let shown = records.filter(|record| events || is_interactive(record));
            let records: Vec<Value> = shown.cloned().collect();
            let newer = newer::are_asked_for(call.raw);
            let shown = |record| self::shown(call.edition, newer, record);
            match call.edition {
                // What v1.0 does not show it does not filter by, but for the kind of event.
                Edition::V1 if events => Err(ErrorAnswer::filter(
                    "The property 'signInEventTypes' is of the beta endpoint.",
                )),
                _ => listing.answer(call, records.into_iter().map(shown).collect()),
            }
        }
        ("GET", [id]) => match tenant.sign_ins.get(*id) {
            Some(record) => {
                let newer = newer::are_asked_for(call.raw);
                listing.one(call, &shown(call.edition, newer, record.clone()))
            }
            None => Err(ErrorAnswer::missing_ca("SignIn", id)),
        },
        (_, [] | [_]) => Err(ErrorAnswer::method()),
        (_, [.., last]) => Err(ErrorAnswer::segment(last)),
    }
}

/// 400 for a filter or an order that the page does not have.
fn documented(call: &Call) -> Check {
    if let Some(filter) = call.option("filter") {
        let needs = filter_text::parse(filter)?.needs();
        let known = |property: &str| {
            let mut all = FILTERABLE.iter();
            all.any(|known| known.eq_ignore_ascii_case(property))
        };
        if let Some((property, _)) = needs.uses.iter().find(|(property, _)| !known(property)) {
            return Err(ErrorAnswer::filter(format!(
                "Filtering by '{property}' is not supported here."
            )));
        }
    }
    match call.option("orderby") {
        Some(order) if !order.trim().starts_with("createdDateTime") => Err(ErrorAnswer::bad(
            "The log can be ordered by createdDateTime alone.",
        )),
        _ => Ok(()),
    }
}

fn is_interactive(record: &Value) -> bool {
    let kinds = record.get("signInEventTypes").and_then(Value::as_array);
    kinds.is_none_or(|kinds| kinds.iter().any(|kind| kind == "interactiveUser"))
}

/// A record as an edition shows it.
fn shown(edition: Edition, newer: bool, mut record: Value) -> Value {
    let policies = record.get_mut("appliedConditionalAccessPolicies");
    for policy in policies.and_then(Value::as_array_mut).into_iter().flatten() {
        let result = text(policy, "result").unwrap_or_default();
        // Members behind the sentinel of appliedConditionalAccessPolicyResult.
        if !newer && result.starts_with("reportOnly") {
            set(policy, "result", "unknownFutureValue");
        }
    }
    if edition == Edition::Beta {
        return record;
    }
    let without = |value: &mut Value, members: &[&str]| {
        if let Some(map) = value.as_object_mut() {
            map.retain(|name, _| !members.contains(&name.as_str()));
        }
    };
    without(&mut record, BETA);
    let policies = record.get_mut("appliedConditionalAccessPolicies");
    for policy in policies.and_then(Value::as_array_mut).into_iter().flatten() {
        without(policy, POLICY_BETA);
    }
    record
}
