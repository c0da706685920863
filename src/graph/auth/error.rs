//! What keeps gatewright from signing in, in our words, with a way out.

use super::aadsts;

/// A sign-in that did not succeed. No part of it is a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SignInError {
    /// The number of Microsoft Entra's error, such as 7000215.
    pub code: Option<u32>,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub help: Option<String>,
}

impl SignInError {
    /// An error with a way out.
    pub fn new(message: impl Into<String>, help: impl Into<String>) -> SignInError {
        SignInError {
            code: None,
            message: message.into(),
            help: Some(help.into()),
        }
    }

    /// What Microsoft Entra answered: its number explained, or its own words.
    pub(super) fn answered(code: u32, description: &str, traces: &[String]) -> SignInError {
        let mut notes = vec![format!("AADSTS{code}")];
        notes.extend_from_slice(traces);
        let notes = notes.join(", ");
        match aadsts::explain(code) {
            Some(known) => SignInError {
                code: Some(code),
                message: format!("{} ({notes})", known.message),
                help: Some(known.help.to_owned()),
            },
            None => SignInError {
                code: Some(code),
                message: format!(
                    "Microsoft Entra ID says: {} ({notes})",
                    aadsts::words(description)
                ),
                help: Some(format!(
                    "https://login.microsoftonline.com/error?code={code} explains the number"
                )),
            },
        }
    }
}

impl From<String> for SignInError {
    fn from(message: String) -> SignInError {
        SignInError {
            code: None,
            message,
            help: None,
        }
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
        let gap = after.find(word).unwrap_or(after.len());
        out.push_str(&after[..gap]);
        rest = &after[gap..];
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
