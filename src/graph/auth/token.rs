//! A bearer token, and texts without one.

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use super::SignInError;

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

    /// The token itself, to be taken out of what a service says.
    pub(in crate::graph) fn text(&self) -> &str {
        self.0.expose_secret()
    }

    pub(super) fn secret(&self) -> &SecretString {
        &self.0
    }

    /// The value of the `Authorization` header, which no log shows.
    pub(in crate::graph) fn header(&self) -> Result<HeaderValue, SignInError> {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", self.0.expose_secret()))
            .map_err(|_| SignInError::from("the token cannot be sent in a header".to_owned()))?;
        value.set_sensitive(true);
        Ok(value)
    }
}

/// Takes out what looks like a token: three parts in base64url, the first of which is a
/// JSON object.
pub(super) fn without_tokens(text: &str) -> String {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '=');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let length = rest.find(|c| !word(c)).unwrap_or(rest.len());
        let (token, after) = rest.split_at(length);
        out.push_str(if token.len() > 20 && token.contains("eyJ") {
            "***"
        } else {
            token
        });
        let (gap, tail) = after.split_at(after.find(word).unwrap_or(after.len()));
        out.push_str(gap);
        rest = tail;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::without_tokens;

    #[test]
    fn a_token_in_a_text_is_taken_out() {
        assert_eq!(
            without_tokens("got `eyJhbGciOiJub25lIn0.eyJ0aWQiOiJ4In0.c2ln`, which is ü wrong."),
            "got `***`, which is ü wrong."
        );
        assert_eq!(without_tokens("plain words, eyJ."), "plain words, eyJ.");
    }
}
