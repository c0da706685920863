//! Two settings of the whole tenant that decide about sign-ins beside the policies. They are as the
//! facts say, and only read.

use serde_json::{Value, json};

use super::call::{Answer, Call, Reply};
use super::error::ErrorAnswer;
use crate::model::facts::Edition;
use crate::model::learnt::{ACTION_EXCLUSIONS, Learnt};

/// Whether security defaults are on.
pub(super) fn security_defaults(call: &Call, learnt: &Learnt) -> Answer {
    match call.method() {
        "GET" => Ok(Reply::ok(json!({
            "@odata.context": call.context("policies/identitySecurityDefaultsEnforcementPolicy/$entity"),
            "id": "00000000-0000-0000-0000-000000000005",
            "displayName": "Security Defaults",
            "description": "Basic protection of all sign-ins, where no Conditional Access policy is enabled.",
            "isEnabled": learnt.word("security-defaults") == Some("on")}))),
        _ => Err(ErrorAnswer::method()),
    }
}

/// The user actions that policies on all resources leave out: beta alone has them.
pub(super) fn conditional_access(call: &Call, learnt: &Learnt) -> Answer {
    match (call.method(), call.edition) {
        (_, Edition::V1) => Err(ErrorAnswer::segment("settings")),
        ("GET", Edition::Beta) => {
            let list = learnt.list(ACTION_EXCLUSIONS).into_iter();
            let list: Vec<Value> = list
                .filter_map(|one| one.rsplit_once(": "))
                .map(|(action, state)| json!({"userAction": action, "state": state}))
                .collect();
            Ok(Reply::ok(json!({
                "@odata.context": call.context("identity/conditionalAccess/settings/$entity"),
                "id": "conditionalAccessSettings", "modifiedDateTime": null,
                "exclusions": {"allResourcesExclusions": {"userActionExclusions": list}}})))
        }
        _ => Err(ErrorAnswer::method()),
    }
}
