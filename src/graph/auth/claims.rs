//! What a token says about itself. Nothing of it is verified: that is for Graph to do.

use azure_core::base64::decode_url_safe;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde_json::Value;

use super::token::Token;
use crate::model::requests::Identity;

/// The members of a JSON Web Token; nothing when the text is none.
pub(super) fn members(token: &str) -> Option<Value> {
    let mut parts = token.split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    let bytes = decode_url_safe(payload.trim_end_matches('=')).ok()?;
    let claims: Value = serde_json::from_slice(&bytes).ok()?;
    claims.is_object().then_some(claims)
}

/// The claims of an access token that gatewright looks at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Claims {
    /// The tenant.
    pub tenant: Option<String>,
    /// The application.
    pub client_id: Option<String>,
    /// The application's name.
    pub client_name: Option<String>,
    /// The account, when a person signed in.
    pub user: Option<String>,
    /// What the token is for.
    pub audience: Option<String>,
    /// When it ends.
    pub expires: Option<Timestamp>,
    /// Permissions of the application itself.
    pub roles: Vec<String>,
    /// Permissions that the application has in the name of a person.
    pub scopes: Vec<String>,
    /// Template ids of the directory roles (`wids`).
    pub directory_roles: Vec<String>,
}

impl Claims {
    /// The claims of `token`, when it is a JWT. Other tokens are opaque.
    pub fn of(token: &Token) -> Option<Claims> {
        members(token.secret().expose_secret()).map(|claims| Claims::read(&claims))
    }

    fn read(claims: &Value) -> Claims {
        let text = |names: &[&str]| {
            names
                .iter()
                .filter_map(|name| claims.get(*name)?.as_str())
                .find(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let list = |name: &str| -> Vec<String> {
            claims
                .get(name)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(|item| item.as_str().map(str::to_owned))
                .collect()
        };
        let mut roles = list("roles");
        let mut scopes: Vec<String> = text(&["scp"])
            .unwrap_or_default()
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        roles.sort();
        scopes.sort();
        Claims {
            tenant: text(&["tid"]),
            client_id: text(&["appid", "azp"]),
            client_name: text(&["app_displayname"]),
            user: text(&["upn", "preferred_username", "unique_name"]),
            audience: text(&["aud"]),
            expires: claims
                .get("exp")
                .and_then(Value::as_i64)
                .and_then(|at| Timestamp::from_second(at).ok()),
            roles,
            scopes,
            directory_roles: list("wids"),
        }
    }

    /// True when a person signed in: the token then holds scopes and no roles of its own.
    pub fn is_delegated(&self) -> bool {
        !self.scopes.is_empty()
    }

    /// Whose permissions they are.
    pub fn identity(&self) -> Identity {
        match self.is_delegated() {
            true => Identity::Delegated,
            false => Identity::Application,
        }
    }

    /// The permissions of the token.
    pub fn permissions(&self) -> &[String] {
        if self.is_delegated() {
            &self.scopes
        } else {
            &self.roles
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use azure_core::base64::encode_url_safe;

    fn token(claims: &str) -> Token {
        Token::new(format!("e30.{}.c2ln", encode_url_safe(claims)))
    }

    #[test]
    fn a_jwt_is_read_and_anything_else_is_opaque() {
        let claims = Claims::of(&token(
            r#"{"tid":"t","appid":"a","roles":["B","A"],"exp":2000000000,"aud":"g"}"#,
        ));
        let claims = claims.unwrap_or_default();
        assert_eq!(claims.tenant.as_deref(), Some("t"));
        assert_eq!(claims.permissions(), ["A", "B"]);
        assert_eq!(claims.expires.map(|t| t.as_second()), Some(2_000_000_000));
        let person = Claims::of(&token(r#"{"scp":"Two One","upn":"a@b.c"}"#)).unwrap_or_default();
        assert!(person.is_delegated());
        assert_eq!(person.permissions(), ["One", "Two"]);
        for opaque in ["", "abc", "a.b.c", "..", "a.e30", "e30.W10.c", "ä.ö.ü"] {
            assert_eq!(Claims::of(&Token::new(opaque)), None, "{opaque}");
        }
        // Whatever stands in them, odd claims are passed over.
        let odd = Claims::of(&token(r#"{"tid":1,"roles":"x","exp":1e300,"scp":[1]}"#));
        assert_eq!(odd, Some(Claims::default()));
    }
}
