//! The session controls of a policy.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::enums::*;
use super::values::beta;

/// What holds during the session. A control that is not enabled has no effect, and Graph
/// stores session controls without any effect as null.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("x-graph-type" = "conditionalAccessSessionControls"))]
pub struct SessionControls {
    /// Limits that Exchange Online and SharePoint Online enforce themselves.
    pub application_enforced_restrictions: Option<ApplicationEnforcedRestrictions>,
    /// The session goes through Defender for Cloud Apps.
    pub cloud_app_security: Option<CloudAppSecurity>,
    /// How often users sign in again.
    pub sign_in_frequency: Option<SignInFrequency>,
    /// Whether the browser session outlives the browser.
    pub persistent_browser: Option<PersistentBrowser>,
    /// Token protection: tokens are bound to the device.
    pub secure_sign_in_session: Option<SecureSignInSession>,
    /// True: sessions are not extended in an outage of the service.
    pub disable_resilience_defaults: Option<bool>,
    /// Continuous access evaluation. Beta only.
    #[schemars(transform = beta)]
    pub continuous_access_evaluation: Option<ContinuousAccessEvaluation>,
    /// A security profile of Global Secure Access. Beta only.
    #[schemars(transform = beta)]
    pub global_secure_access_filtering_profile: Option<GlobalSecureAccessFilteringProfile>,
}

/// Limits that the application enforces itself.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("x-graph-type" = "applicationEnforcedRestrictionsSessionControl"))]
pub struct ApplicationEnforcedRestrictions {
    /// Whether the control is on.
    pub is_enabled: Option<bool>,
}

/// The session goes through Defender for Cloud Apps.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("x-graph-type" = "cloudAppSecuritySessionControl"))]
pub struct CloudAppSecurity {
    /// Whether the control is on.
    pub is_enabled: Option<bool>,
    /// `mcasConfigured`, `monitorOnly` or `blockDownloads`.
    pub cloud_app_security_type: Option<CloudAppSecurityType>,
}

/// How often users sign in again: after a time (`value` and `type`), or `everyTime`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("x-graph-type" = "signInFrequencySessionControl"))]
pub struct SignInFrequency {
    /// Whether the control is on.
    pub is_enabled: Option<bool>,
    /// The unit of `value`: `hours` or `days`. Not with `everyTime`.
    #[serde(rename = "type")]
    pub frequency_type: Option<SignInFrequencyType>,
    /// How many hours or days. Not with `everyTime`.
    #[schemars(range(min = 1))]
    pub value: Option<i32>,
    /// Which factors are asked for again. Default: `primaryAndSecondaryAuthentication`.
    pub authentication_type: Option<SignInFrequencyAuthenticationType>,
    /// `timeBased` (default) or `everyTime`.
    pub frequency_interval: Option<SignInFrequencyInterval>,
}

/// Whether the browser session outlives the browser. Needs all applications.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("x-graph-type" = "persistentBrowserSessionControl"))]
pub struct PersistentBrowser {
    /// Whether the control is on.
    pub is_enabled: Option<bool>,
    /// `always` or `never`.
    pub mode: Option<PersistentBrowserMode>,
}

/// Token protection.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("x-graph-type" = "secureSignInSessionControl"))]
pub struct SecureSignInSession {
    /// Whether the control is on.
    pub is_enabled: Option<bool>,
}

/// Continuous access evaluation. Beta only.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("x-graph-type" = "continuousAccessEvaluationSessionControl"))]
pub struct ContinuousAccessEvaluation {
    /// `strictEnforcement`, `disabled` or `strictLocation`.
    pub mode: Option<ContinuousAccessEvaluationMode>,
}

/// A security profile of Global Secure Access. Beta only.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("x-graph-type" = "globalSecureAccessFilteringProfileSessionControl"))]
pub struct GlobalSecureAccessFilteringProfile {
    /// Whether the control is on.
    pub is_enabled: Option<bool>,
    /// The id of the profile.
    pub profile_id: Option<String>,
}

impl SessionControls {
    /// Removes controls that are off, fills the service's own defaults in, and answers
    /// whether anything with an effect is left (Graph stores the rest as null).
    pub fn normalize(&mut self) -> bool {
        let on = |flag: Option<bool>| flag == Some(true);
        self.application_enforced_restrictions
            .take_if(|c| !on(c.is_enabled));
        self.cloud_app_security.take_if(|c| !on(c.is_enabled));
        self.persistent_browser.take_if(|c| !on(c.is_enabled));
        self.secure_sign_in_session.take_if(|c| !on(c.is_enabled));
        self.sign_in_frequency.take_if(|c| !on(c.is_enabled));
        self.global_secure_access_filtering_profile
            .take_if(|c| !on(c.is_enabled));
        self.continuous_access_evaluation
            .take_if(|c| c.mode.is_none());
        self.disable_resilience_defaults.take_if(|flag| !*flag);
        if let Some(frequency) = &mut self.sign_in_frequency {
            frequency
                .authentication_type
                .get_or_insert(SignInFrequencyAuthenticationType::PrimaryAndSecondary);
            let interval = frequency
                .frequency_interval
                .get_or_insert(SignInFrequencyInterval::TimeBased);
            if *interval == SignInFrequencyInterval::EveryTime {
                frequency.value = None;
                frequency.frequency_type = None;
            }
        }
        self.is_effective()
    }

    /// True when a control with an effect is set.
    pub fn is_effective(&self) -> bool {
        let on = |flag: Option<bool>| flag == Some(true);
        // Destructured so that a new control cannot be forgotten.
        let SessionControls {
            application_enforced_restrictions,
            cloud_app_security,
            sign_in_frequency,
            persistent_browser,
            secure_sign_in_session,
            disable_resilience_defaults,
            continuous_access_evaluation,
            global_secure_access_filtering_profile,
        } = self;
        application_enforced_restrictions
            .as_ref()
            .is_some_and(|c| on(c.is_enabled))
            || cloud_app_security
                .as_ref()
                .is_some_and(|c| on(c.is_enabled))
            || sign_in_frequency.as_ref().is_some_and(|c| on(c.is_enabled))
            || persistent_browser
                .as_ref()
                .is_some_and(|c| on(c.is_enabled))
            || secure_sign_in_session
                .as_ref()
                .is_some_and(|c| on(c.is_enabled))
            || on(*disable_resilience_defaults)
            || continuous_access_evaluation
                .as_ref()
                .is_some_and(|c| c.mode.is_some())
            || global_secure_access_filtering_profile
                .as_ref()
                .is_some_and(|c| on(c.is_enabled))
    }
}
