//! What keeps gatewright from signing in, in our words, with a way out.

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
