//! What a tenant without a licence is refused.

use serde_json::Value;

use super::call::Call;
use super::error::{Check, ErrorAnswer};
use crate::model::conditions::CONDITIONS;

/// Which licence the tenant has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Licence {
    /// None: neither Conditional Access nor identity protection.
    Free,
    /// Microsoft Entra ID P1: Conditional Access without risk, and risk detections.
    P1,
    /// Microsoft Entra ID P2, and Workload Identities Premium.
    #[default]
    P2,
}

impl Licence {
    /// Its name, as it stands on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Licence::Free => "free",
            Licence::P1 => "p1",
            Licence::P2 => "p2",
        }
    }

    /// The licence of a name.
    pub fn named(name: &str) -> Option<Licence> {
        let all = [Licence::Free, Licence::P1, Licence::P2];
        all.into_iter().find(|licence| licence.as_str() == name)
    }
}

/// 403 where the request needs more than `licence`.
pub(super) fn check(call: &Call, licence: Licence) -> Check {
    let low: Vec<&str> = call.low.iter().map(String::as_str).collect();
    let refused = |code| {
        let message = "Your tenant is not licensed for this feature.";
        Err(ErrorAnswer::new(403, code, message))
    };
    match (licence, low.as_slice()) {
        (Licence::P2, _) => Ok(()),
        (Licence::Free, ["auditlogs", "signins", ..]) => Err(ErrorAnswer::new(
            403,
            "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
            "Neither tenant is B2C or tenant doesn't have premium license",
        )),
        (Licence::Free, ["identityprotection", ..]) => refused("Forbidden"),
        (Licence::P1, ["identityprotection", "riskyusers", ..]) => refused("Forbidden"),
        (Licence::Free, ["identity", ..]) => refused("AccessDenied"),
        (
            Licence::Free,
            [
                "policies",
                "conditionalaccesspolicies" | "authenticationstrengthpolicies",
                ..,
            ],
        ) => refused("AccessDenied"),
        (Licence::P1, ["identity" | "policies", ..]) if call.method() != "GET" => {
            let body = call.json().unwrap_or_default();
            let said = |pointer: &str| {
                let value = body.pointer(pointer).unwrap_or(&Value::Null);
                !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty())
            };
            let risk = CONDITIONS.iter().filter(|row| row.risk);
            match risk
                .map(|row| row.pointer(""))
                .any(|pointer| said(&pointer))
                || said("/conditions/clientApplications")
            {
                true => refused("AccessDenied"),
                false => Ok(()),
            }
        }
        _ => Ok(()),
    }
}
