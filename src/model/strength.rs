//! `authenticationStrengthPolicy` and its combination configurations.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::enums::{AuthenticationMethodMode, StrengthPolicyType, StrengthRequirement};
use super::values::{Flags, List, read_only};

/// `@odata.type` of a configuration for FIDO2 security keys.
pub const FIDO2_CONFIGURATION: &str = "#microsoft.graph.fido2CombinationConfiguration";
/// `@odata.type` of a configuration for certificates.
pub const X509_CONFIGURATION: &str = "#microsoft.graph.x509CertificateCombinationConfiguration";

/// An authentication strength: the combinations of methods that satisfy it. Microsoft's
/// own (`Multifactor authentication`, `Passwordless MFA`, `Phishing-resistant MFA`)
/// cannot be changed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("x-graph-type" = "authenticationStrengthPolicy", "required" = ["displayName", "allowedCombinations"]))]
pub struct AuthenticationStrength {
    /// Pins the live object. Without it the strength is found by its display name.
    pub id: Option<String>,
    /// The name that administrators see. The portal allows 30 characters.
    #[schemars(length(min = 1))]
    pub display_name: String,
    /// A description.
    pub description: Option<String>,
    /// The combinations: each a method, or methods joined by commas, such as `password,sms`.
    pub allowed_combinations: List<Flags<AuthenticationMethodMode>>,
    /// Further limits on single combinations: which security keys, which certificates.
    pub combination_configurations: List<CombinationConfiguration>,
    /// Whether the strength is Microsoft's own. Set by the service.
    #[schemars(transform = read_only)]
    pub policy_type: Option<StrengthPolicyType>,
    /// Whether the strength satisfies multifactor authentication. Set by the service.
    #[schemars(transform = read_only)]
    pub requirements_satisfied: Option<Flags<StrengthRequirement>>,
    /// When the strength was created. Set by the service.
    #[schemars(transform = read_only)]
    pub created_date_time: Option<String>,
    /// When the strength was last changed. Set by the service.
    #[schemars(transform = read_only)]
    pub modified_date_time: Option<String>,
}

/// A limit on single combinations: `allowedAAGUIDs` for `fido2`, or `allowedIssuerSkis`
/// and `allowedPolicyOIDs` for certificates.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("x-graph-type" = "authenticationCombinationConfiguration", "required" = ["appliesToCombinations"]))]
pub struct CombinationConfiguration {
    /// The derived type. Implied by the members that are given.
    #[serde(rename = "@odata.type")]
    pub odata_type: Option<String>,
    /// The id. Set by the service.
    #[schemars(transform = read_only)]
    pub id: Option<String>,
    /// The combinations that the limit is for.
    pub applies_to_combinations: List<Flags<AuthenticationMethodMode>>,
    /// The models of security key that are allowed, by AAGUID.
    #[serde(rename = "allowedAAGUIDs")]
    pub allowed_aaguids: List<String>,
    /// Subject key identifiers of the certificate issuers that are allowed.
    pub allowed_issuer_skis: List<String>,
    /// Policy OIDs; the certificate must have one of them.
    #[serde(rename = "allowedPolicyOIDs")]
    pub allowed_policy_oids: List<String>,
}

impl CombinationConfiguration {
    /// True for a configuration of FIDO2 security keys, by type or else by members.
    pub fn is_fido2(&self) -> bool {
        match &self.odata_type {
            Some(text) => text
                .to_ascii_lowercase()
                .ends_with("fido2combinationconfiguration"),
            None => {
                !self.allowed_aaguids.is_empty()
                    || (self.allowed_issuer_skis.is_empty() && self.allowed_policy_oids.is_empty())
            }
        }
    }
}
