//! A bearer token.

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use super::auth::SignInError;

/// A bearer token. Printing it shows nothing.
#[derive(Clone)]
pub struct Token(SecretString);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(***)")
    }
}

impl Token {
    /// A token from its text.
    pub fn new(text: impl Into<String>) -> Token {
        Token(SecretString::from(text.into()))
    }

    pub(super) fn secret(&self) -> &SecretString {
        &self.0
    }

    /// The value of the `Authorization` header, which no log shows.
    pub(super) fn header(&self) -> Result<HeaderValue, SignInError> {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", self.0.expose_secret()))
            .map_err(|_| SignInError::from("the token cannot stand in a header".to_owned()))?;
        value.set_sensitive(true);
        Ok(value)
    }
}
