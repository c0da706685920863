//! What a bearer token says: who calls, what the caller may do, until when.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::call::{Map, Raw};
use super::error::ErrorAnswer;
use super::permissions::Granted;
use super::{Options, permissions};

/// How long a token of the sandbox is good for.
pub(super) const LIFETIME: i64 = 3599;

/// Who sent a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Caller {
    /// The application's id, empty when the token does not say.
    pub app: String,
    /// The permissions that it has; `None` is all of them.
    pub granted: Option<Granted>,
}

/// A JSON Web Token's members; `None` when the text is none. Signatures are not checked:
/// the sandbox protects nothing.
pub(super) fn claims(token: &str) -> Option<Map> {
    let mut parts = token.split('.');
    let (Some(_), Some(payload), Some(_), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    let bytes = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    match serde_json::from_slice(&bytes).ok()? {
        Value::Object(members) => Some(members),
        _ => None,
    }
}

/// A token with these members. It is unsigned, and says so.
pub(super) fn write(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let head = part(&json!({"typ": "JWT", "alg": "none"}));
    format!("{head}.{}.c2FuZGJveA", part(claims))
}

pub(super) fn seconds_now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// The caller, or why the token is refused.
pub(super) fn caller(raw: &Raw, options: &Options) -> Result<Caller, ErrorAnswer> {
    let refused = |message: &str| ErrorAnswer::new(401, "InvalidAuthenticationToken", message);
    let token = raw
        .header("authorization")
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .filter(|token| !token.is_empty())
        .ok_or_else(|| refused("Access token is empty."))?;
    if options.token.as_deref() == Some(token) {
        return Ok(Caller {
            app: String::new(),
            granted: by_options(options),
        });
    }
    let claims = claims(token);
    if options.token.is_some() && !claims.as_ref().is_some_and(ours) {
        return Err(refused(
            "Access token validation failure. Invalid audience.",
        ));
    }
    let Some(claims) = claims else {
        return Ok(Caller {
            app: String::new(),
            granted: by_options(options),
        });
    };
    let now = seconds_now();
    let time = |name: &str| claims.get(name).and_then(Value::as_i64);
    if time("exp").is_some_and(|end| end <= now) {
        return Err(refused("Lifetime validation failed, the token is expired."));
    }
    if time("nbf").is_some_and(|start| start > now + 300) {
        return Err(refused(
            "Lifetime validation failed, the token is not yet valid.",
        ));
    }
    Ok(Caller {
        app: claims
            .get("appid")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        granted: permissions::granted(&claims).or_else(|| by_options(options)),
    })
}

/// What a token may do that does not say so itself.
fn by_options(options: &Options) -> Option<Granted> {
    let names = options.granted.clone()?;
    Some(Granted { names, who: None })
}

/// Whether the token endpoint of a sandbox wrote these.
fn ours(claims: &Map) -> bool {
    claims
        .get("iss")
        .and_then(Value::as_str)
        .is_some_and(|i| i.contains("/v2.0"))
        && claims.contains_key("sandbox")
}
