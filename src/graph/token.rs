//! Where the bearer token comes from.

use secrecy::SecretString;

use super::error::GraphError;

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

    /// The token in the environment variable `name`.
    ///
    /// # Errors
    /// When the variable is not set or cannot stand in a header.
    pub fn from_env(name: &str) -> Result<Token, GraphError> {
        let text = std::env::var(name).map_err(|_| {
            GraphError::SignIn(format!(
                "the environment variable `{name}` is not set (named by `auth.env` of the tenant)"
            ))
        })?;
        let text = text.trim();
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(GraphError::SignIn(format!(
                "the environment variable `{name}` does not hold an access token"
            )));
        }
        Ok(Token::new(text))
    }

    pub(super) fn secret(&self) -> &SecretString {
        &self.0
    }
}
