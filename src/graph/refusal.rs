//! Why Graph refused a request with 403, and what to do: a permission is missing, or a role, a
//! licence, or a sign-in as strong as a protected action asks for.
//!
//! Which permission, the table of requests says by the request, and the token by what it holds.

use serde_json::Value;

use super::auth::Claims;
use super::auth::permissions::holds;
use super::request::Request;
use super::token::Token;
use crate::finding::{Code, Finding};
use crate::model::requests::{AnyOf, Beside, Identity, Shape};

/// Where to look, in every refusal.
const LOOK: &str = "`gatewright auth whoami` shows what the token has and what each command needs";

/// What a 403 means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// Whether a licence is missing, and not a permission.
    pub licence: bool,
    /// What is missing.
    pub what: String,
    /// What to do.
    pub help: String,
}

impl Denial {
    /// What it means that `request`, which bore `token`, was answered with `status` and what
    /// Graph `said`. Nothing for any other status.
    pub(super) fn of(status: u16, said: &str, request: &Request, token: &Token) -> Option<Denial> {
        if status != 403 {
            return None;
        }
        let said = said.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
        let shape = request.shape();
        if says(&["licens", "licenc", "premium"]) {
            return Some(licence(shape));
        }
        if says(&["requires conditional access", "insufficient_claims"]) {
            return Some(step_up());
        }
        Some(permission(shape, Claims::of(token).as_ref()))
    }
}

fn licence(shape: Option<&Shape>) -> Denial {
    let risk = shape.is_some_and(|shape| shape.path.starts_with("/identityProtection"));
    let log = shape.is_some_and(|shape| shape.path.starts_with("/auditLogs/signIns"));
    let (what, needs) = match risk {
        _ if log => (
            "the tenant has no licence for its log of sign-ins",
            "Microsoft Graph answers it with Microsoft Entra ID P1 or P2 alone; the portal shows the last seven days without",
        ),
        true => (
            "the tenant has no licence for identity protection",
            "risky users and risk decisions need Microsoft Entra ID P2 (Entra Suite and Microsoft 365 E5 contain it); detections in part Entra ID P1",
        ),
        false => (
            "the tenant has no licence for it",
            "Conditional Access needs Microsoft Entra ID P1, its risk conditions P2, and policies for workload identities Workload Identities Premium",
        ),
    };
    Denial {
        licence: true,
        what: what.to_owned(),
        help: format!("{needs}; {LOOK}"),
    }
}

fn step_up() -> Denial {
    Denial {
        licence: false,
        what: "this is a protected action, and the sign-in is weaker than its policy requires"
            .to_owned(),
        help: format!(
            "sign in again as the Conditional Access policy on protected actions requires, or with an identity that it excludes; {LOOK}"
        ),
    }
}

fn permission(shape: Option<&'static Shape>, claims: Option<&Claims>) -> Denial {
    let who = claims.map_or(Identity::Application, Claims::identity);
    let page = shape.and_then(Shape::page);
    let role = page.and_then(|page| match who {
        Identity::Application => page.application_role.as_deref(),
        Identity::Delegated => page.role.as_deref(),
    });
    let person = page.and_then(|page| page.role.as_deref());
    let refusal = |what: String, help: String| Denial {
        licence: false,
        what,
        help: format!("{help}; {LOOK}"),
    };
    let Some(needs) = shape.and_then(|shape| shape.needs(who)) else {
        let other = shape.and_then(|shape| shape.needs(Identity::Delegated));
        return match other {
            Some(needs) => refusal(
                "Microsoft documents no application permission for it".to_owned(),
                format!(
                    "sign in as a person, with {}",
                    list(needs.iter().map(|need| need.least()))
                ),
            ),
            None => refusal(
                "a permission, a role or a licence is missing".to_owned(),
                "see the documentation of the request".to_owned(),
            ),
        };
    };
    let held = claims.map(Claims::permissions);
    let missing: Vec<&str> = needs
        .iter()
        .filter(|need| held.is_none_or(|held| !holds(need, held)))
        .map(|need| need.least())
        .collect();
    let mut besides = String::new();
    for (beside, any) in page.iter().flat_map(|page| &page.beside) {
        if let Some(first) = any.first() {
            besides.push_str(&format!("; and `{first}` if {}", beside.when()));
        }
    }
    if page.is_some_and(|page| page.undocumented) {
        besides.push_str("; Microsoft documents every permission as unsupported here");
    }
    // A shorter way is not known to those whose token cannot be read.
    let also = match (claims.map(Claims::identity), role, person) {
        (Some(_), Some(role), _) => format!("; the role {role} is also needed"),
        (None, _, Some(person)) => {
            format!("; a signed-in person also needs a role, such as {person}")
        }
        _ => String::new(),
    };
    match (missing.is_empty(), held.is_some()) {
        (false, _) => {
            let words = match missing.len() {
                1 => "the permission",
                _ => "the permissions",
            };
            let verb = match (held.is_some(), missing.len()) {
                (true, 1) => "is missing",
                (true, _) => "are missing",
                (false, 1) => "is needed",
                (false, _) => "are needed",
            };
            refusal(
                format!("{words} {} {verb}", list(missing.into_iter())),
                format!("grant it with admin consent{also}{besides}"),
            )
        }
        (true, _) => {
            let licence = match shape.and_then(|shape| shape.limit) {
                Some(_) => " or a licence",
                None => "",
            };
            refusal(
                format!("the token has the permission, so a role{licence} is missing"),
                match role.or(person) {
                    Some(role) => format!("the least privileged role is {role}{besides}"),
                    None => format!("see the documentation of the request{besides}"),
                },
            )
        }
    }
}

/// The permissions that the token lacks for these requests, by the table of requests: one of
/// those that serve each. Empty where the token does not say what it holds.
pub fn lacking<'r>(requests: impl IntoIterator<Item = &'r Request>, token: &Token) -> Vec<String> {
    let Some(claims) = Claims::of(token).filter(|claims| !claims.permissions().is_empty()) else {
        return Vec::new();
    };
    let mut missing = Vec::new();
    for request in requests {
        let Some(shape) = request.shape() else {
            continue;
        };
        let body = request.body.as_ref();
        let assignable =
            body.and_then(|body| body.get("isAssignableToRole")) == Some(&Value::Bool(true));
        let besides = shape.page().into_iter().flat_map(|page| &page.beside);
        let besides: Vec<AnyOf> = besides
            .filter(|(beside, _)| assignable && **beside == Beside::RoleAssignableGroup)
            .map(|(_, any)| AnyOf {
                any: any.clone(),
                also: Vec::new(),
            })
            .collect();
        let needs = shape.needs(claims.identity()).into_iter().flatten();
        for need in needs.chain(&besides) {
            let least = need.least().to_owned();
            if !holds(need, claims.permissions()) && !missing.contains(&least) {
                missing.push(least);
            }
        }
    }
    missing
}

/// What is said of a token that lacks these permissions.
pub fn of_lacking(missing: &[String]) -> Finding {
    let words = match missing.len() {
        1 => "the permission",
        _ => "the permissions",
    };
    Finding::error(
        Code::MissingPermission,
        format!(
            "the token lacks {words} {}, which this needs; nothing was written",
            list(missing.iter().map(String::as_str))
        ),
    )
    .help(format!("grant it with admin consent; {LOOK}"))
}

/// `a`, `b` and `c`.
fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    match names.pop() {
        Some(last) if !names.is_empty() => format!("{} and {last}", names.join(", ")),
        Some(last) => last,
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use azure_core::base64::encode_url_safe;
    use serde_json::{Value, json};

    use super::*;
    use crate::model::facts::Edition;

    fn token(claims: Value) -> Token {
        let claims = encode_url_safe(claims.to_string());
        Token::new(format!("e30.{claims}.c2ln"))
    }

    fn refused(request: &Request, message: &str, token: &Token) -> Denial {
        let refusal = Denial::of(403, message, request, token).unwrap();
        assert!(refusal.help.contains("auth whoami"), "{refusal:?}");
        refusal
    }

    #[test]
    fn the_permission_is_that_of_the_request_and_the_token() {
        let opaque = Token::new("opaque");
        let request = |path: &str| Request::get(Edition::V1, path);
        let policies = request("/identity/conditionalAccess/policies?$top=999");
        assert_eq!(
            refused(&policies, "no", &opaque).what,
            "the permission `Policy.Read.All` is needed"
        );
        let one = token(json!({"roles": ["Policy.Read.All"]}));
        let write = Request::delete(Edition::V1, "/identity/conditionalAccess/policies/x");
        assert_eq!(
            refused(&write, "no", &one).what,
            "the permission `Policy.ReadWrite.ConditionalAccess` is missing"
        );
        assert!(
            refused(&policies, "no", &one)
                .what
                .contains("a role or a licence")
        );
        let contexts = request("/identity/conditionalAccess/authenticationContextClassReferences");
        assert_eq!(
            refused(&contexts, "no", &one).what,
            "the permission `AuthenticationContext.Read.All` is missing"
        );
        // Microsoft's data knows terms of use for persons alone.
        let terms = request("/identityGovernance/termsOfUse/agreements");
        assert!(
            refused(&terms, "no", &one)
                .help
                .contains("as a person, with `Agreement.Read.All`")
        );
        let person = token(json!({"scp": "User.Read"}));
        assert_eq!(
            refused(&terms, "no", &person).what,
            "the permission `Agreement.Read.All` is missing"
        );
        // memberOf of others has no narrower one for applications.
        let groups = request("/users/x/memberOf?$select=id&$top=999");
        let narrow = token(json!({"roles": ["GroupMember.Read.All"]}));
        assert!(
            refused(&groups, "no", &narrow)
                .what
                .contains("`Directory.Read.All`")
        );
    }

    #[test]
    fn a_licence_and_a_step_up_are_told_apart() {
        let any = Token::new("opaque");
        let risky = Request::get(Edition::V1, "/identityProtection/riskyUsers/x");
        for message in [
            "Your tenant is not licensed for this feature.",
            "Neither tenant is B2C or tenant doesn't have premium license",
        ] {
            let refusal = refused(&risky, message, &any);
            assert!(
                refusal.licence && refusal.help.contains("P2"),
                "{refusal:?}"
            );
        }
        let log = Request::get(
            Edition::Beta,
            "/auditLogs/signIns?$filter=signInEventTypes/any(t:t%20eq%20'interactiveUser')&$top=1000",
        );
        let refusal = refused(&log, "tenant doesn't have premium license", &any);
        assert!(
            refusal.licence && refusal.what.contains("log of sign-ins"),
            "{refusal:?}"
        );
        let policies = Request::get(Edition::V1, "/identity/conditionalAccess/policies");
        let refusal = refused(&policies, "not licensed for this feature", &any);
        assert!(
            refusal.licence && refusal.help.contains("P1"),
            "{refusal:?}"
        );
        let refusal = refused(&policies, "Operation requires conditional access", &any);
        assert!(refusal.what.contains("protected action"), "{refusal:?}");
    }

    #[test]
    fn nothing_but_a_403_is_a_refusal() {
        let request = Request::get(Edition::V1, "/groups/x");
        assert_eq!(Denial::of(404, "", &request, &Token::new("x")), None);
    }
}
