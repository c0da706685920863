//! For programs.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Compared, WhatifAnswer};
use crate::render::json::FORMAT_VERSION;
use crate::whatif::{Outcome, SignIn};

/// The answer of `whatif --format json`: for one state the outcome, for two of them both.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WhatifOutput<'a> {
    /// The version of this format.
    pub format_version: &'static str,
    /// The sign-in, as it was judged.
    pub sign_in: &'a SignIn,
    /// What becomes of it.
    #[serde(flatten)]
    pub answer: AnswerOutput<'a>,
    /// How the tenant's own evaluate answered, with `--online`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub online: Option<OnlineOutput>,
}

/// What becomes of a sign-in.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum AnswerOutput<'a> {
    /// By one set of policies.
    One(&'a Outcome),
    /// Before and after a plan.
    Both {
        /// As things are.
        before: &'a Outcome,
        /// After the plan.
        after: &'a Outcome,
    },
}

/// How the tenant's own evaluate answered.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OnlineOutput {
    /// How many policies it answered about.
    pub policies: usize,
    /// Where the two differ.
    pub differences: Vec<DifferenceOutput>,
    /// What of the sign-in its request cannot say.
    pub unsaid: Vec<String>,
}

/// A policy of which two answers differ.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DifferenceOutput {
    /// The policy.
    pub policy: String,
    /// Whether it applies by gatewright; null: it depends.
    pub here: Option<bool>,
    /// Why not, by gatewright.
    pub here_reason: Option<String>,
    /// Whether it applies by the service; null: it is not listed.
    pub there: Option<bool>,
    /// Why not, by the service.
    pub there_reason: Option<String>,
    /// Why they are known to differ; null when that is a surprise.
    pub known: Option<String>,
}

/// The answer.
pub fn answer<'a>(shown: &WhatifAnswer<'a>) -> Option<WhatifOutput<'a>> {
    let answer = match shown.answers {
        [one] => AnswerOutput::One(&one.outcome),
        [before, after] => AnswerOutput::Both {
            before: &before.outcome,
            after: &after.outcome,
        },
        _ => return None,
    };
    Some(WhatifOutput {
        format_version: FORMAT_VERSION,
        sign_in: shown.sign_in,
        answer,
        online: shown.online.map(online),
    })
}

fn online(compared: &Compared) -> OnlineOutput {
    OnlineOutput {
        policies: compared.policies,
        differences: (compared.differences.iter().cloned())
            .map(|one| DifferenceOutput {
                policy: one.policy,
                here: one.here,
                here_reason: one.here_reason,
                there: one.there,
                there_reason: one.there_reason,
                known: one.known,
            })
            .collect(),
        unsaid: compared.unsaid.clone(),
    }
}
