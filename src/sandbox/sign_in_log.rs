//! The log of sign-ins. Nobody signs in here but by `signin`, which writes a record on request.

use serde_json::Value;

use super::call::{Answer, Call};
use super::error::ErrorAnswer;
use super::odata::Listing;
use super::tenant::Tenant;
use crate::model::facts::Edition;

/// The page size (List signIns).
const PAGE: usize = 1_000;

/// Members that beta alone has: of a record, and of a policy in it.
const BETA: &[&str] = &[
    "authenticationProtocol",
    "authenticationRequirement",
    "conditionalAccessAudiences",
    "originalTransferMethod",
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

/// `/auditLogs/signIns`
pub(super) fn route(call: &Call, rest: &[&str], tenant: &Tenant) -> Answer {
    let listing = Listing {
        page: Some(PAGE),
        page_max: Some(PAGE),
        ..Listing::service("signIn", "auditLogs/signIns").refusing(&["count", "skip"])
    };
    match (call.method(), rest) {
        ("GET", []) => {
            // The newest first; interactive ones unless others are asked for.
            let events = call
                .option("filter")
                .is_some_and(|f| f.contains("signInEventTypes"));
            let records = tenant.sign_ins.values().rev();
            let shown = records.filter(|record| events || is_interactive(record));
            let records: Vec<Value> = shown.cloned().collect();
            let shown = |record| self::shown(call.edition, record);
            match call.edition {
                // What v1.0 does not show it does not filter by, but for the kind of event.
                Edition::V1 if events => Err(ErrorAnswer::filter(
                    "The property 'signInEventTypes' is of the beta endpoint.",
                )),
                _ => listing.answer(call, records.into_iter().map(shown).collect()),
            }
        }
        ("GET", [id]) => match tenant.sign_ins.get(*id) {
            Some(record) => listing.one(call, &shown(call.edition, record.clone())),
            None => Err(ErrorAnswer::missing_ca("SignIn", id)),
        },
        (_, [] | [_]) => Err(ErrorAnswer::method()),
        (_, [.., last]) => Err(ErrorAnswer::segment(last)),
    }
}

fn is_interactive(record: &Value) -> bool {
    let kinds = record.get("signInEventTypes").and_then(Value::as_array);
    kinds.is_none_or(|kinds| kinds.iter().any(|kind| kind == "interactiveUser"))
}

/// A record as an edition shows it.
fn shown(edition: Edition, mut record: Value) -> Value {
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
