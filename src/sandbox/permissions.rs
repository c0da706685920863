//! Which permissions a request needs, as Graph documents them.

use serde_json::Value;

use super::call::{Call, Map};
use super::error::ErrorAnswer;

/// Each list needs one of its members.
type Needed = Vec<&'static [&'static str]>;

const READ_POLICY: &[&str] = &["Policy.Read.All", "Policy.Read.ConditionalAccess"];
const WRITE_POLICY: &[&str] = &["Policy.ReadWrite.ConditionalAccess"];
const READ_STRENGTH: &[&str] = &["Policy.Read.All"];
const WRITE_STRENGTH: &[&str] = &[
    "Policy.ReadWrite.ConditionalAccess",
    "Policy.ReadWrite.AuthenticationMethod",
];
const READ_CONTEXT: &[&str] = &[
    "Policy.Read.All",
    "Policy.Read.ConditionalAccess",
    "AuthenticationContext.Read.All",
];
const READ_USER: &[&str] = &[
    "User.Read.All",
    "User.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
const WRITE_USER: &[&str] = &["User.ReadWrite.All", "Directory.ReadWrite.All"];
const DELETE_USER: &[&str] = &[
    "User.ReadWrite.All",
    "User.DeleteRestore.All",
    "Directory.ReadWrite.All",
];
const READ_GROUP: &[&str] = &[
    "GroupMember.Read.All",
    "GroupMember.ReadWrite.All",
    "Group.Read.All",
    "Group.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
const CREATE_GROUP: &[&str] = &[
    "Group.Create",
    "Group.ReadWrite.All",
    "Directory.ReadWrite.All",
];
const WRITE_GROUP: &[&str] = &["Group.ReadWrite.All", "Directory.ReadWrite.All"];
const WRITE_MEMBERS: &[&str] = &[
    "GroupMember.ReadWrite.All",
    "Group.ReadWrite.All",
    "Directory.ReadWrite.All",
];
const READ_OBJECT: &[&str] = &[
    "Directory.Read.All",
    "Directory.ReadWrite.All",
    "User.Read.All",
    "User.ReadWrite.All",
    "Group.Read.All",
    "Group.ReadWrite.All",
];
const RESTORE: &[&str] = &[
    "User.ReadWrite.All",
    "User.DeleteRestore.All",
    "Group.ReadWrite.All",
    "Directory.ReadWrite.All",
];
const READ_APP: &[&str] = &[
    "Application.Read.All",
    "Application.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
const READ_ROLE: &[&str] = &[
    "RoleManagement.Read.Directory",
    "RoleManagement.ReadWrite.Directory",
    "RoleManagement.Read.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
const WRITE_ROLE: &[&str] = &["RoleManagement.ReadWrite.Directory"];
const READ_TERMS: &[&str] = &["Agreement.Read.All", "Agreement.ReadWrite.All"];
const READ_TENANT: &[&str] = &[
    "Organization.Read.All",
    "Organization.ReadWrite.All",
    "Domain.Read.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];
const READ_DETECTION: &[&str] = &[
    "IdentityRiskEvent.Read.All",
    "IdentityRiskEvent.ReadWrite.All",
];
const READ_RISKY: &[&str] = &[
    "IdentityRiskyUser.Read.All",
    "IdentityRiskyUser.ReadWrite.All",
];
const WRITE_RISKY: &[&str] = &["IdentityRiskyUser.ReadWrite.All"];

/// Every permission that some request needs: what the token endpoint grants.
pub(super) fn all() -> Vec<&'static str> {
    let mut all: Vec<&str> = [
        READ_POLICY,
        WRITE_POLICY,
        WRITE_STRENGTH,
        READ_CONTEXT,
        WRITE_USER,
        READ_USER,
        DELETE_USER,
        CREATE_GROUP,
        READ_GROUP,
        READ_APP,
        READ_ROLE,
        READ_TERMS,
        READ_TENANT,
        READ_DETECTION,
        READ_RISKY,
    ]
    .concat();
    all.sort_unstable();
    all.dedup();
    all
}

/// The permissions in a token: `roles` of an application, `scp` of a user. `None` when
/// the token names neither.
pub(super) fn granted(claims: &Map) -> Option<Vec<String>> {
    let roles = claims.get("roles").and_then(Value::as_array);
    let scopes = claims.get("scp").and_then(Value::as_str);
    if roles.is_none() && scopes.is_none() {
        return None;
    }
    let mut found: Vec<String> = roles
        .into_iter()
        .flatten()
        .filter_map(|r| r.as_str().map(str::to_owned))
        .collect();
    found.extend(scopes.unwrap_or_default().split(' ').map(str::to_owned));
    Some(found)
}

fn needed(call: &Call) -> Needed {
    let low: Vec<&str> = call.low.iter().map(String::as_str).collect();
    let read = call.method() == "GET";
    let pair = |reads: &'static [&'static str], writes: &'static [&'static str]| -> Needed {
        if read { vec![reads] } else { vec![writes] }
    };
    match low.as_slice() {
        ["policies", "authenticationstrengthpolicies", ..]
        | [
            "identity",
            "conditionalaccess",
            "authenticationstrength" | "authenticationstrengths",
            ..,
        ] => pair(READ_STRENGTH, WRITE_STRENGTH),
        [
            "identity",
            "conditionalaccess",
            "evaluate" | "microsoft.graph.evaluate",
        ] => vec![READ_POLICY],
        [
            "identity",
            "conditionalaccess",
            "authenticationcontextclassreferences",
            ..,
        ] if read => {
            vec![READ_CONTEXT]
        }
        ["identity" | "policies", ..] if read => vec![READ_POLICY],
        ["identity" | "policies", ..] => vec![READ_POLICY, WRITE_POLICY],
        ["users", ..] if call.method() == "DELETE" => vec![DELETE_USER],
        ["users", ..] => pair(READ_USER, WRITE_USER),
        ["groups"] if !read => vec![CREATE_GROUP],
        ["groups", _, "members" | "owners", _] if !read => vec![WRITE_MEMBERS, WRITE_USER],
        ["groups", _, "members", ..] => pair(READ_GROUP, WRITE_MEMBERS),
        ["groups", ..] => pair(READ_GROUP, WRITE_GROUP),
        ["directoryobjects", ..] => vec![READ_OBJECT],
        ["directory", ..] => pair(READ_OBJECT, RESTORE),
        ["serviceprincipals", ..] => vec![READ_APP],
        [
            "directoryroles" | "directoryroletemplates" | "rolemanagement",
            ..,
        ] => pair(READ_ROLE, WRITE_ROLE),
        ["identitygovernance", ..] => vec![READ_TERMS],
        ["organization" | "domains" | "subscribedskus", ..] => vec![READ_TENANT],
        ["identityprotection", "riskdetections", ..] => vec![READ_DETECTION],
        ["identityprotection", ..] => pair(READ_RISKY, WRITE_RISKY),
        _ => Vec::new(),
    }
}

/// 403 unless `granted` holds what the request needs.
pub(super) fn check(call: &Call, granted: Option<&[String]>) -> Result<(), ErrorAnswer> {
    let Some(granted) = granted else {
        return Ok(());
    };
    let has = |name: &&str| granted.iter().any(|g| g.eq_ignore_ascii_case(name));
    if needed(call).iter().all(|any| any.iter().any(has)) {
        return Ok(());
    }
    let service = [
        "identity",
        "policies",
        "identityprotection",
        "identitygovernance",
    ];
    let first = call.low.first().map(String::as_str).unwrap_or_default();
    Err(if service.contains(&first) {
        ErrorAnswer::new(
            403,
            "AccessDenied",
            "You cannot perform the requested operation, required scopes are missing in the token.",
        )
    } else {
        ErrorAnswer::new(
            403,
            "Authorization_RequestDenied",
            "Insufficient privileges to complete the operation.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::call::Raw;
    use super::*;

    #[test]
    fn a_write_of_a_policy_needs_two_permissions() {
        let answer = |method: &str, target: &str, granted: &[&str]| {
            let raw = Raw::new(method, target);
            let granted: Vec<String> = granted.iter().map(|g| (*g).to_owned()).collect();
            check(&Call::parse(&raw).unwrap(), Some(&granted)).map_err(|e| e.code)
        };
        let policies = "/v1.0/identity/conditionalAccess/policies";
        assert_eq!(answer("GET", policies, &["policy.read.all"]), Ok(()));
        assert_eq!(
            answer("POST", policies, &["Policy.Read.All"]),
            Err("AccessDenied")
        );
        let both = &["Policy.Read.All", "Policy.ReadWrite.ConditionalAccess"];
        assert_eq!(answer("POST", policies, both), Ok(()));
        assert_eq!(
            answer("GET", "/v1.0/users", both),
            Err("Authorization_RequestDenied")
        );
        assert_eq!(answer("GET", "/v1.0/nothing", &[]), Ok(()));
        let all = all();
        for target in [
            "users",
            "groups",
            "domains",
            "identityProtection/riskyUsers",
        ] {
            assert_eq!(
                answer("PATCH", &format!("/v1.0/{target}"), &all),
                Ok(()),
                "{target}"
            );
        }
    }
}
