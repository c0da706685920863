//! What becomes of a sign-in: for people, programs and pull requests.

pub mod human;
pub mod json;
pub mod markdown;
pub(in crate::render) mod words;

pub use words::flag_of;

use crate::whatif::{Outcome, SignIn};

/// One state of a tenant, and what its policies do with a sign-in.
#[derive(Debug, Clone)]
pub struct StateAnswer {
    /// What the state is called, such as `before`; empty when there is one alone.
    pub title: String,
    /// What becomes of the sign-in.
    pub outcome: Outcome,
}

/// How the service itself answered, beside the answer of gatewright.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Compared {
    /// How many policies the service answered about.
    pub policies: usize,
    /// Where the two differ.
    pub differences: Vec<Difference>,
    /// What of the sign-in the service's request cannot say.
    pub unsaid: Vec<String>,
}

/// A policy of which two answers differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The policy.
    pub policy: String,
    /// Whether it applies by gatewright; `None`: it depends.
    pub here: Option<bool>,
    /// Why not, by gatewright.
    pub here_reason: Option<String>,
    /// Whether it applies by the service; `None`: it is not listed.
    pub there: Option<bool>,
    /// Why not, by the service.
    pub there_reason: Option<String>,
    /// Why they are known to differ; `None` when that is a surprise.
    pub known: Option<String>,
}

/// All that is shown of one question.
#[derive(Debug, Clone)]
pub struct WhatifAnswer<'a> {
    /// The sign-in, as it was judged.
    pub sign_in: &'a SignIn,
    /// The answers: one, or before and after.
    pub answers: &'a [StateAnswer],
    /// The service's own answer.
    pub online: Option<&'a Compared>,
    /// Every policy is shown, however many there are.
    pub all: bool,
}
