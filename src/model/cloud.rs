//! The clouds of Microsoft Graph and the edition that a project asks for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A Microsoft cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Cloud {
    /// The worldwide cloud.
    Global,
    /// US Government L4.
    UsGov,
    /// US Government L5 (DoD).
    UsGovDod,
    /// China, operated by 21Vianet.
    China,
}

impl Cloud {
    /// The Graph host.
    pub fn graph_endpoint(self) -> &'static str {
        match self {
            Cloud::Global => "https://graph.microsoft.com",
            Cloud::UsGov => "https://graph.microsoft.us",
            Cloud::UsGovDod => "https://dod-graph.microsoft.us",
            Cloud::China => "https://microsoftgraph.chinacloudapi.cn",
        }
    }

    /// The sign-in host.
    pub fn login_endpoint(self) -> &'static str {
        match self {
            Cloud::Global => "https://login.microsoftonline.com",
            Cloud::UsGov | Cloud::UsGovDod => "https://login.microsoftonline.us",
            Cloud::China => "https://login.chinacloudapi.cn",
        }
    }

    /// The cloud that has this sign-in host; the worldwide one for any other.
    pub fn of_login_endpoint(endpoint: &str) -> Cloud {
        let endpoint = endpoint.trim_end_matches('/');
        [Cloud::UsGov, Cloud::China]
            .into_iter()
            .find(|cloud| cloud.login_endpoint().eq_ignore_ascii_case(endpoint))
            .unwrap_or(Cloud::Global)
    }

    /// What a federated credential expects as the audience of another issuer's token (Workload
    /// identity federation: each cloud has its own).
    pub fn token_exchange(self) -> &'static str {
        match self {
            Cloud::Global => "api://AzureADTokenExchange",
            Cloud::UsGov | Cloud::UsGovDod => "api://AzureADTokenExchangeUSGov",
            Cloud::China => "api://AzureADTokenExchangeChina",
        }
    }

    /// The cloud of a name.
    pub fn named(name: &str) -> Option<Cloud> {
        let all = [Cloud::Global, Cloud::UsGov, Cloud::UsGovDod, Cloud::China];
        all.into_iter().find(|cloud| cloud.as_str() == name)
    }

    /// The cloud's name, as it stands in `cloud`.
    pub fn as_str(self) -> &'static str {
        match self {
            Cloud::Global => "global",
            Cloud::UsGov => "usgov",
            Cloud::UsGovDod => "usgovdod",
            Cloud::China => "china",
        }
    }
}

/// Which edition of Graph is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum ApiVersion {
    /// Reads on beta, writes on v1.0, on beta where a beta-only member asks for it.
    #[default]
    #[serde(rename = "auto")]
    Auto,
    /// Only v1.0. A beta-only member is an error.
    #[serde(rename = "v1.0")]
    V1,
    /// Only beta.
    #[serde(rename = "beta")]
    Beta,
}
