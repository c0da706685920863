//! Facts of a tenant that none of its policies holds. They stand in `gatewright.yaml`, for the
//! project or for a tenant, or in a sign-in.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fault::SignInFault;
use super::text_or::{object_alone, or_text, text_or_object};
use super::vocabulary::{ExclusionState, Range, UserAction};

/// Facts of a tenant that no policy contains. What is left out has a default, which an answer that
/// depends on it lists among its assumptions; `officeApplications` and `adminPortals` only add to
/// what is known anyway.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(
    rename_all = "camelCase",
    deny_unknown_fields,
    default,
    remote = "Self"
)]
pub struct Environment {
    /// What a request counts as that asks for scopes of OpenID Connect and of low privilege in
    /// the directory alone: `directory` (access to Windows Azure Active Directory; the default),
    /// `legacy` (outside policies on all resources that have exclusions), or the app id of the
    /// tenant's own placeholder application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline_scopes: Option<String>,
    /// User actions that the tenant exempts from policies on all resources. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_action_exclusions: Option<Vec<UserActionExclusion>>,
    /// Which claims of the home tenants of external users are trusted. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inbound_trust: Option<InboundTrust>,
    /// The trusted IPs of the per-user MFA settings (IPv4).
    /// Default: none, unless a policy names them.
    #[serde(rename = "mfaTrustedIps", skip_serializing_if = "Option::is_none")]
    pub mfa_trusted_ips: Option<Vec<Range>>,
    /// Whether security defaults are on. Default: they are off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_defaults: Option<bool>,
    /// Applications of Office 365 beyond those that are known to belong to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub office_applications: Vec<String>,
    /// Admin portals of Microsoft beyond those that are known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub admin_portals: Vec<String>,
    /// Groups that are assumed to be empty if their members are not known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub assume_empty: Vec<String>,
}

/// A user action and whether it is exempt from policies on all resources.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, remote = "Self")]
#[schemars(transform = or_text)]
pub struct UserActionExclusion {
    /// The action.
    pub user_action: UserAction,
    /// Default: `enabled`.
    #[serde(default = "enabled")]
    pub state: ExclusionState,
}

fn enabled() -> ExclusionState {
    ExclusionState::Enabled
}

impl UserActionExclusion {
    fn from_text(text: &str) -> Result<UserActionExclusion, String> {
        let action = text.parse::<UserAction>();
        action
            .map(|user_action| UserActionExclusion {
                user_action,
                state: ExclusionState::Enabled,
            })
            .map_err(|error| error.to_string())
    }

    fn as_text(&self) -> Option<String> {
        (self.state == ExclusionState::Enabled).then(|| self.user_action.to_string())
    }
}

text_or_object!(
    UserActionExclusion,
    "a user action, or an object with `userAction`"
);

/// Which claims of home tenants are trusted (inbound cross-tenant access settings).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(
    rename_all = "camelCase",
    deny_unknown_fields,
    default,
    remote = "Self"
)]
pub struct InboundTrust {
    /// Multifactor authentication at home counts.
    pub mfa: bool,
    /// That a device is compliant at home counts.
    pub compliant_device: bool,
    /// That a device is hybrid joined at home counts.
    pub hybrid: bool,
    /// Partners with other trusted claims, by tenant id.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub partners: BTreeMap<String, TrustedClaims>,
}

/// Claims of a home tenant that are trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(
    rename_all = "camelCase",
    deny_unknown_fields,
    default,
    remote = "Self"
)]
pub struct TrustedClaims {
    /// Multifactor authentication at home counts.
    pub mfa: bool,
    /// That a device is compliant at home counts.
    pub compliant_device: bool,
    /// That a device is hybrid joined at home counts.
    pub hybrid: bool,
}

impl InboundTrust {
    /// What is trusted of the home tenant `tenant`; without one, of those that are not named.
    pub fn of(&self, tenant: Option<&str>) -> TrustedClaims {
        let same = |id: &&String| tenant.is_some_and(|tenant| id.eq_ignore_ascii_case(tenant));
        match self.partners.iter().find(|(id, _)| same(id)) {
            Some((_, claims)) => *claims,
            None => TrustedClaims {
                mfa: self.mfa,
                compliant_device: self.compliant_device,
                hybrid: self.hybrid,
            },
        }
    }
}

impl Environment {
    /// What no schema sees of an environment given as JSON: ranges that are none.
    pub fn faults(value: &Value) -> Vec<SignInFault> {
        let ranges = value.get("mfaTrustedIps").and_then(Value::as_array);
        let ranges = ranges.into_iter().flatten().enumerate();
        ranges
            .filter_map(|(index, range)| {
                let message = range.as_str()?.parse::<Range>().err()?;
                Some(SignInFault {
                    pointer: format!("/mfaTrustedIps/{index}"),
                    message,
                    help: "name IPv4 ranges, as the per-user settings show them".to_owned(),
                })
            })
            .collect()
    }

    /// This environment, and `base` for what it leaves out.
    #[must_use]
    pub fn over(self, base: &Environment) -> Environment {
        let list = |own: Vec<String>, base: &[String]| match own.is_empty() {
            true => base.to_vec(),
            false => own,
        };
        Environment {
            baseline_scopes: self
                .baseline_scopes
                .or_else(|| base.baseline_scopes.clone()),
            user_action_exclusions: self
                .user_action_exclusions
                .or_else(|| base.user_action_exclusions.clone()),
            inbound_trust: self.inbound_trust.or_else(|| base.inbound_trust.clone()),
            mfa_trusted_ips: self
                .mfa_trusted_ips
                .or_else(|| base.mfa_trusted_ips.clone()),
            security_defaults: self.security_defaults.or(base.security_defaults),
            office_applications: list(self.office_applications, &base.office_applications),
            admin_portals: list(self.admin_portals, &base.admin_portals),
            assume_empty: list(self.assume_empty, &base.assume_empty),
        }
    }
}

object_alone!(Environment, InboundTrust, TrustedClaims);
