//! The ID token of a GitHub Actions job, as the proof of who asks.
//! <https://docs.github.com/actions/security-for-github-actions/security-hardening-your-deployments/about-security-hardening-with-openid-connect>

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::error::{Error, ErrorKind};
use azure_core::http::ClientMethodOptions;
use azure_identity::ClientAssertion;
use reqwest::Url;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::transport::{Transport, hidden};

const TRIES: u32 = 3;

/// Asks GitHub for an ID token each time that an access token is asked for: it lives for
/// minutes alone.
#[derive(Debug)]
pub(super) struct GitHubAssertion {
    pub(super) transport: Arc<Transport>,
    pub(super) url: Url,
    pub(super) bearer: SecretString,
    /// What a federated credential of the cloud expects in the token.
    pub(super) audience: &'static str,
}

#[async_trait]
impl ClientAssertion for GitHubAssertion {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        let mut url = self.url.clone();
        url.query_pairs_mut().append_pair("audience", self.audience);
        let mut headers = HeaderMap::new();
        let bearer = format!("Bearer {}", self.bearer.expose_secret());
        headers.insert(AUTHORIZATION, hidden(&bearer)?);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let mut attempt = 1;
        let answer = loop {
            let sent = self
                .transport
                .send(
                    reqwest::Method::GET,
                    url.clone(),
                    headers.clone(),
                    Vec::new(),
                )
                .await;
            let passing = match &sent {
                Ok(answer) => answer.status == 429 || answer.status >= 500,
                Err(error) => matches!(error.kind(), ErrorKind::Io),
            };
            if !passing || attempt == TRIES {
                break sent?;
            }
            tokio::time::sleep(Duration::from_secs(1) * attempt).await;
            attempt += 1;
        };
        let refused =
            |message: &str| Error::with_message(ErrorKind::Credential, message.to_owned());
        if !(200..300).contains(&answer.status) {
            return Err(refused("GitHub did not give an ID token"));
        }
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        body.get("value")
            .and_then(Value::as_str)
            .filter(|token| !token.is_empty())
            .map(str::to_owned)
            .ok_or_else(|| refused("GitHub's answer has no ID token"))
    }
}
