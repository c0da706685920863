//! What becomes of a sign-in, in the shape that programs and people get. Two outcomes that say
//! the same are the same bytes: every list is minimal and in a fixed order.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::words::words;
use crate::model::enums::PolicyState;
use crate::model::normal::without_nulls;
use crate::model::session::{
    ApplicationEnforcedRestrictions, CloudAppSecurity, ContinuousAccessEvaluation,
    PersistentBrowser, SecureSignInSession, SignInFrequency,
};

/// A name of a policy or requirement; cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Arc<str>);

impl Deref for Name {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Name {
        Name(text.into())
    }
}

impl PartialEq<str> for Name {
    fn eq(&self, text: &str) -> bool {
        *self.0 == *text
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl JsonSchema for Name {
    fn schema_name() -> Cow<'static, str> {
        "Name".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self)
    }
}

words! {
    /// How a sign-in ends.
    Ending, "an outcome" {
        /// A policy blocks it; or nobody can be asked for what is missing.
        Blocked = "blocked",
        /// Nobody who satisfies what is required is stopped.
        Granted = "granted",
        /// Something is not met that can still be asked for.
        Interrupted = "interrupted",
        /// It depends on what is missing.
        Unknown = "unknown",
    }
}

words! {
    /// The condition that keeps a policy from a sign-in, by the names of the what-if API
    /// (whatIfAnalysisReasons; the last two are of beta).
    Reason, "a reason" {
        Application = "application",
        UserActions = "userActions",
        AuthenticationContext = "authenticationContext",
        Users = "users",
        WorkloadIdentities = "workloadIdentities",
        DevicePlatform = "devicePlatform",
        Location = "location",
        ClientApps = "clientApps",
        SignInRisk = "signInRisk",
        UserRisk = "userRisk",
        Devices = "devices",
        AuthenticationFlow = "authenticationFlow",
        InsiderRisk = "insiderRisk",
        PolicyNotEnabled = "policyNotEnabled",
        AgentIdentities = "agentIdentities",
        AgentIdRisk = "agentIdRisk",
    }
}

/// What becomes of a sign-in.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// What the enforced policies do.
    #[serde(flatten)]
    pub enforced: Consequence,
    /// Every policy and whether it applies, by display name and id.
    pub policies: Vec<PolicyOutcome>,
    /// What would become of it with policies in report-only as if enabled; without one that
    /// applies or may apply, nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report_only: Option<Consequence>,
    /// Defaults for facts of the tenant that the answer rests on, as sentences.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub assumptions: Vec<Cow<'static, str>>,
}

/// What a set of policies does to a sign-in.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Consequence {
    /// How it ends.
    pub outcome: Ending,
    /// True when nothing blocks, and yet nobody can satisfy what is required; set only when it is
    /// certain.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(default)]
    pub hidden_block: bool,
    /// All of the list; of each inner list, one must be satisfied. If something is missing, at
    /// least these. A blocked sign-in is asked for nothing.
    pub requires: Vec<Vec<Name>>,
    /// What holds during the session; if something is missing, at least this.
    pub session_controls: MergedSession,
    /// The facts that more depends on, as members of the sign-in. Without any, the whole answer
    /// is certain.
    pub missing: Vec<Cow<'static, str>>,
}

/// One policy and a sign-in.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PolicyOutcome {
    /// The name.
    pub display_name: Name,
    /// The id, where it has one.
    pub id: Option<Name>,
    /// Its state.
    pub state: Option<PolicyState>,
    /// Whether it applies; `None` when that depends on what is missing.
    pub applies: Option<bool>,
    /// The condition that rules it out, when it does not apply: the first in the order in which
    /// the service looks at them.
    pub reason: Option<Reason>,
    /// Of a reason whose condition includes and excludes: true where the sign-in is excluded, false
    /// where it is not included.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default)]
    pub excluded: Option<bool>,
    /// What excludes who signs in, such as `group CA-BreakGlass`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub excluded_by: Vec<String>,
    /// The facts that it depends on.
    pub missing: Vec<Cow<'static, str>>,
    /// True for a policy in report-only on a user action: the service does not evaluate it,
    /// though its what-if lists it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(default)]
    pub not_evaluated: bool,
}

/// MergedSession controls of several policies, merged to the strictest. (How the service merges
/// different values is not documented; this rule is ours.)
#[derive(Debug, Clone, PartialEq, Default, JsonSchema)]
#[schemars(rename_all = "camelCase", default)]
pub struct MergedSession {
    /// The shortest frequency, whichever factors it asks for.
    pub sign_in_frequency: Option<SignInFrequency>,
    /// The shortest frequency that asks for both factors, when the one above asks for the
    /// second alone.
    pub primary_sign_in_frequency: Option<SignInFrequency>,
    /// `never` before `always`.
    pub persistent_browser: Option<PersistentBrowser>,
    /// `blockDownloads` before `mcasConfigured` before `monitorOnly`.
    pub cloud_app_security: Option<CloudAppSecurity>,
    /// Limits that applications enforce themselves.
    pub application_enforced_restrictions: Option<ApplicationEnforcedRestrictions>,
    /// Token protection.
    pub secure_sign_in_session: Option<SecureSignInSession>,
    /// True: no resilience in an outage.
    pub disable_resilience_defaults: Option<bool>,
    /// `strictLocation` before `strictEnforcement` before `disabled`.
    pub continuous_access_evaluation: Option<ContinuousAccessEvaluation>,
    /// Security profiles of Global Secure Access: all of them.
    pub global_secure_access_filtering_profiles: Vec<String>,
    /// The policies that each value came from, by the name of the member.
    pub from: BTreeMap<&'static str, Vec<Name>>,
}

impl MergedSession {
    /// True when nothing holds.
    pub fn is_empty(&self) -> bool {
        self.from.is_empty()
    }
}

impl Serialize for MergedSession {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        // Destructured so that a new control cannot be forgotten.
        let MergedSession {
            sign_in_frequency,
            primary_sign_in_frequency,
            persistent_browser,
            cloud_app_security,
            application_enforced_restrictions,
            secure_sign_in_session,
            disable_resilience_defaults,
            continuous_access_evaluation,
            global_secure_access_filtering_profiles,
            from,
        } = self;
        fn json<T: Serialize>(value: &Option<T>) -> Option<Value> {
            let value = serde_json::to_value(value.as_ref()?).ok()?;
            Some(without_nulls(&value))
        }
        let mut map = s.serialize_map(None)?;
        for (name, value) in [
            ("signInFrequency", json(sign_in_frequency)),
            ("primarySignInFrequency", json(primary_sign_in_frequency)),
            ("persistentBrowser", json(persistent_browser)),
            ("cloudAppSecurity", json(cloud_app_security)),
            (
                "applicationEnforcedRestrictions",
                json(application_enforced_restrictions),
            ),
            ("secureSignInSession", json(secure_sign_in_session)),
            (
                "disableResilienceDefaults",
                json(disable_resilience_defaults),
            ),
            (
                "continuousAccessEvaluation",
                json(continuous_access_evaluation),
            ),
        ] {
            if let Some(value) = value {
                map.serialize_entry(name, &value)?;
            }
        }
        if !global_secure_access_filtering_profiles.is_empty() {
            map.serialize_entry(
                "globalSecureAccessFilteringProfiles",
                global_secure_access_filtering_profiles,
            )?;
        }
        if !from.is_empty() {
            map.serialize_entry("from", from)?;
        }
        map.end()
    }
}
