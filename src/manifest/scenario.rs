//! `kind: Scenario`: a sign-in, and what is expected to become of it. Scenarios lie beside the
//! policies and are never sent anywhere.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::whatif::SignIn;

/// The text of `kind:`.
pub const SCENARIO: &str = "Scenario";

/// A sign-in, and the expected outcome.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Scenario {
    /// What holds, in a sentence.
    #[schemars(length(min = 1))]
    pub display_name: String,
    /// Why it must hold, for whoever breaks it.
    #[serde(default)]
    pub description: Option<String>,
    /// The sign-in. What is left out is unknown.
    pub sign_in: SignIn,
    /// Fills what the sign-in leaves out with ordinary values, as `whatif --assume-defaults` does.
    #[serde(default)]
    pub assume_defaults: bool,
    /// What is expected.
    pub expect: Expectation,
}

/// What is expected of a sign-in. At least one member is needed.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Expectation {
    /// How it ends, and what it is asked for, with the enforced policies.
    #[serde(flatten)]
    pub enforced: ExpectedConsequence,
    /// Which policies apply and which do not, in report-only or enforced.
    pub policies: Option<ExpectedPolicies>,
    /// The same with policies in report-only as if they were enabled.
    pub report_only: Option<ExpectedConsequence>,
}

/// How a sign-in is expected to end.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ExpectedConsequence {
    /// How it ends.
    pub outcome: Option<ExpectedEnding>,
    /// What is asked for, at least: all of them; of an inner list one is enough.
    pub requires: Option<Vec<ExpectedList>>,
    /// What is asked for, and nothing beyond.
    pub requires_exactly: Option<Vec<ExpectedList>>,
    /// What holds during the session, by the names that policies have, such as
    /// `persistentBrowser: never` or `signInFrequency: { value: 4, type: hours }`; `null` is
    /// expected not to hold.
    #[schemars(with = "Option<ExpectedSession>")]
    pub session_controls: Option<Map<String, Value>>,
}

/// How a sign-in is expected to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ExpectedEnding {
    /// A policy blocks it; or nobody can be asked for what is missing.
    Blocked,
    /// Nobody who satisfies what is required is stopped.
    Granted,
    /// Something is missing in `satisfied`, and can still be asked for.
    Interrupted,
}

impl ExpectedEnding {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            ExpectedEnding::Blocked => "blocked",
            ExpectedEnding::Granted => "granted",
            ExpectedEnding::Interrupted => "interrupted",
        }
    }
}

/// A requirement, or several, of which one is enough.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ExpectedList {
    /// One: a control, a strength, terms of use.
    One(String),
    /// One of these.
    Any(#[schemars(length(min = 1))] Vec<String>),
}

impl ExpectedList {
    /// Its members.
    pub fn members(&self) -> &[String] {
        match self {
            ExpectedList::One(one) => std::slice::from_ref(one),
            ExpectedList::Any(list) => list,
        }
    }
}

/// Policies by display name or id.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ExpectedPolicies {
    /// These apply.
    pub applied: Vec<String>,
    /// These do not.
    pub not_applied: Vec<String>,
}

/// Names of session controls.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
#[expect(dead_code, reason = "for the schema alone")]
struct ExpectedSession {
    /// How often users sign in again, such as `{ value: 4, type: hours }`.
    sign_in_frequency: Option<Value>,
    /// The same for both factors, where the one above asks for the second alone.
    primary_sign_in_frequency: Option<Value>,
    /// `always` or `never`.
    persistent_browser: Option<Value>,
    /// `mcasConfigured`, `monitorOnly` or `blockDownloads`.
    cloud_app_security: Option<Value>,
    /// `true`: limits that applications enforce themselves.
    application_enforced_restrictions: Option<Value>,
    /// `true`: token protection.
    secure_sign_in_session: Option<Value>,
    /// `true`: no resilience in an outage.
    disable_resilience_defaults: Option<Value>,
    /// `strictLocation`, `strictEnforcement` or `disabled`.
    continuous_access_evaluation: Option<Value>,
    /// The security profiles.
    global_secure_access_filtering_profiles: Option<Value>,
}

impl Expectation {
    /// True when nothing is expected.
    pub(super) fn is_empty(&self) -> bool {
        let nothing = |one: &ExpectedConsequence| {
            let ExpectedConsequence {
                outcome,
                requires,
                requires_exactly,
                session_controls,
            } = one;
            outcome.is_none()
                && requires.as_ref().is_none_or(Vec::is_empty)
                && requires_exactly.is_none()
                && session_controls.as_ref().is_none_or(Map::is_empty)
        };
        nothing(&self.enforced)
            && self.report_only.as_ref().is_none_or(nothing)
            && (self.policies.as_ref())
                .is_none_or(|p| p.applied.is_empty() && p.not_applied.is_empty())
    }
}
