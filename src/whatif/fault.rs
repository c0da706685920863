//! What is wrong with a sign-in, or with an environment.

/// What is wrong with a sign-in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SignInFault {
    /// The member, as a JSON pointer.
    pub pointer: String,
    /// What is wrong, lower-case, without full stop.
    pub message: String,
    /// The way out.
    pub help: String,
}
