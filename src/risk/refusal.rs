//! What a 403 of identity protection means: a permission, or a licence, is missing.

use crate::finding::{Code, Finding};
use crate::graph::GraphError;

/// Reads detections.
pub const READ_DETECTIONS: &str = "IdentityRiskEvent.Read.All";
/// Reads risky users and their history.
pub const READ_USERS: &str = "IdentityRiskyUser.Read.All";
/// Dismisses and confirms.
pub const DECIDE: &str = "IdentityRiskyUser.ReadWrite.All";
/// Finds users by name.
pub const DIRECTORY: &str = "User.Read.All";

/// A refusal as a finding that says what to do; nothing for any other error. `permission` is
/// the least one that the request needs.
pub fn explained(error: &GraphError, permission: &str) -> Option<Finding> {
    let api = error.api().filter(|e| e.status == 403)?;
    let text = format!("{} {}", api.code, api.message).to_lowercase();
    let licence = ["licens", "licenc", "premium"]
        .iter()
        .any(|word| text.contains(word));
    let finding = match licence {
        true => Finding::error(
            Code::MissingLicence,
            format!("the tenant has no licence for identity protection: {error}"),
        )
        .help(
            "risky users and risk decisions need Microsoft Entra ID P2 (Entra Suite and Microsoft 365 E5 \
             contain it); detections in part Entra ID P1",
        ),
        false => Finding::error(
            Code::MissingPermission,
            format!("the permission `{permission}` is missing: {error}"),
        )
        .help(format!(
            "grant the application `{permission}` with admin consent; a signed-in person also needs a role, \
             such as Security Reader to read and Security Operator or Security Administrator to decide. If both \
             are there, look at the licence: identity protection needs Microsoft Entra ID P2"
        )),
    };
    Some(finding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::error::ApiError;

    fn refused(status: u16, code: &str, message: &str) -> Option<Code> {
        let body = format!(r#"{{"error":{{"code":"{code}","message":"{message}"}}}}"#);
        let api = ApiError::from_body("GET /x".to_owned(), status, body.as_bytes());
        explained(&GraphError::Api(Box::new(api)), READ_USERS).map(|f| f.code)
    }

    #[test]
    fn a_licence_and_a_permission_are_told_apart() {
        assert_eq!(
            refused(
                403,
                "Forbidden",
                "Your tenant is not licensed for this feature."
            ),
            Some(Code::MissingLicence)
        );
        assert_eq!(
            refused(
                403,
                "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
                "Neither tenant is B2C or tenant doesn't have premium license"
            ),
            Some(Code::MissingLicence)
        );
        let scopes =
            "You cannot perform the requested operation, required scopes are missing in the token.";
        assert_eq!(
            refused(403, "AccessDenied", scopes),
            Some(Code::MissingPermission)
        );
        assert_eq!(
            refused(403, "UnknownError", ""),
            Some(Code::MissingPermission)
        );
        assert_eq!(refused(404, "Forbidden", "licensed"), None);
    }
}
