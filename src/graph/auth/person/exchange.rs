//! The requests of a person's sign-in to the token endpoint, and what is checked of its answers.

use std::sync::Arc;

use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse,
    BasicTokenType,
};
use oauth2::http::header::CONTENT_TYPE;
use oauth2::{
    AsyncHttpClient, AuthUrl, AuthorizationCode, Client, ClientId, CsrfToken,
    DeviceAuthorizationUrl, EndpointNotSet, EndpointSet, ExtraTokenFields, HttpRequest,
    HttpResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RefreshToken,
    RequestTokenError, Scope, StandardDeviceAuthorizationResponse, StandardRevocableToken,
    StandardTokenResponse, TokenResponse, TokenUrl,
};
use reqwest::Url;
use reqwest::header::HeaderMap;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::failure;
use super::super::method::Way;
use super::super::token::Token;
use super::super::transport::Transport;
use super::super::{SignInError, SignInSettings, claims};
use super::{PersonTokens, end};

/// Beside the permissions: who signed in, and a token that gets the next one.
const BESIDES: [&str; 2] = ["openid", "offline_access"];

/// What an answer holds besides: who signed in.
#[derive(Clone, Deserialize, Serialize)]
pub(super) struct IdToken {
    id_token: Option<String>,
}

impl std::fmt::Debug for IdToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdToken(***)")
    }
}

impl ExtraTokenFields for IdToken {}

type Answer = StandardTokenResponse<IdToken, BasicTokenType>;
type OAuth = Client<
    BasicErrorResponse,
    Answer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// The sign-in host of a tenant, and who asks it.
pub(super) struct Exchange<'a> {
    oauth: OAuth,
    way: &'a Way,
    settings: &'a SignInSettings,
    http: Http<'a>,
}

/// The HTTP client of `oauth2`: ours.
struct Http<'a>(&'a Arc<Transport>);

impl<'c> AsyncHttpClient<'c> for Http<'_> {
    type Error = azure_core::Error;
    type Future = std::pin::Pin<
        Box<dyn Future<Output = Result<HttpResponse, azure_core::Error>> + Send + 'c>,
    >;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let other = |text: &'static str| {
                azure_core::Error::with_message(azure_core::error::ErrorKind::Other, text)
            };
            let (head, body) = request.into_parts();
            let url = Url::parse(&head.uri.to_string()).map_err(|_| other("no address"))?;
            let answer = self.0.send(head.method, url, head.headers, body).await?;
            let mut response = oauth2::http::Response::builder().status(answer.status);
            if let Some(sort) = answer.headers.get(CONTENT_TYPE) {
                response = response.header(CONTENT_TYPE, sort);
            }
            response
                .body(answer.body)
                .map_err(|_| other("an answer without status"))
        })
    }
}

/// Where the browser goes, and what its answer must match.
pub(super) struct Question {
    pub(super) url: Url,
    pub(super) state: CsrfToken,
    pub(super) redirect: RedirectUrl,
    pub(super) verifier: PkceCodeVerifier,
    pub(super) nonce: String,
}

impl<'a> Exchange<'a> {
    pub(super) fn new(
        way: &'a Way,
        settings: &'a SignInSettings,
        transport: &'a Arc<Transport>,
    ) -> Result<Exchange<'a>, SignInError> {
        let at = |name: &str| {
            let mut url = settings.login.clone();
            url.set_path(&format!("/{}/oauth2/v2.0/{name}", settings.tenant_id));
            url
        };
        let client_id = way.client_id().unwrap_or_default().to_owned();
        let oauth = Client::new(ClientId::new(client_id))
            .set_auth_uri(AuthUrl::from_url(at("authorize")))
            .set_token_uri(TokenUrl::from_url(at("token")))
            .set_device_authorization_url(DeviceAuthorizationUrl::from_url(at("devicecode")))
            .set_auth_type(oauth2::AuthType::RequestBody);
        Ok(Exchange {
            oauth,
            way,
            settings,
            http: Http(transport),
        })
    }

    pub(super) fn settings(&self) -> &SignInSettings {
        self.settings
    }

    /// The permissions, as the token endpoint wants them: of the Graph host.
    fn scopes(&self) -> Vec<Scope> {
        let resource = self.settings.scope.trim_end_matches("/.default");
        let names = self.settings.access.scopes();
        let own = names.iter().map(|name| format!("{resource}/{name}"));
        let besides = BESIDES.iter().map(|name| (*name).to_owned());
        own.chain(besides).map(Scope::new).collect()
    }

    /// The address for the browser, which sends its answer to `redirect`.
    pub(super) fn question(&self, redirect: RedirectUrl) -> Question {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let nonce = CsrfToken::new_random().into_secret();
        let (url, state) = self
            .oauth
            .authorize_url(CsrfToken::new_random)
            .add_scopes(self.scopes())
            .set_pkce_challenge(challenge)
            .set_redirect_uri(std::borrow::Cow::Borrowed(&redirect))
            .add_extra_param("response_mode", "query")
            .add_extra_param("prompt", "select_account")
            .add_extra_param("nonce", nonce.clone())
            .url();
        Question {
            url,
            state,
            redirect,
            verifier,
            nonce,
        }
    }

    /// The tokens for the code that the browser brought.
    pub(super) async fn code(
        &self,
        code: String,
        question: Question,
    ) -> Result<PersonTokens, SignInError> {
        let answer = self
            .oauth
            .exchange_code(AuthorizationCode::new(code))
            .set_pkce_verifier(question.verifier)
            .set_redirect_uri(std::borrow::Cow::Owned(question.redirect))
            .request_async(&self.http)
            .await
            .map_err(|error| self.failed(&error))?;
        self.is_ours(answer.extra_fields(), Some(&question.nonce))
            .await?;
        Ok(tokens(&answer))
    }

    /// A code for another device.
    pub(super) async fn device_code(
        &self,
    ) -> Result<StandardDeviceAuthorizationResponse, SignInError> {
        self.oauth
            .exchange_device_code()
            .add_scopes(self.scopes())
            .request_async(&self.http)
            .await
            .map_err(|error| self.failed(&error))
    }

    /// The tokens once the person has typed the code; nothing when it ended unused.
    pub(super) async fn device(
        &self,
        code: &StandardDeviceAuthorizationResponse,
    ) -> Result<Option<PersonTokens>, SignInError> {
        let answer = self
            .oauth
            .exchange_device_access_token(code)
            .request_async(&self.http, tokio::time::sleep, None)
            .await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(RequestTokenError::ServerResponse(said))
                if said.error() == &oauth2::DeviceCodeErrorResponseType::ExpiredToken =>
            {
                return Ok(None);
            }
            Err(error) => return Err(self.failed(&error)),
        };
        self.is_ours(answer.extra_fields(), None).await?;
        Ok(Some(tokens(&answer)))
    }

    /// Another token without the person; nothing when the host asks for them.
    pub(super) async fn again(
        &self,
        refresh: &SecretString,
    ) -> Result<Option<PersonTokens>, SignInError> {
        let answer = self
            .oauth
            .exchange_refresh_token(&RefreshToken::new(refresh.expose_secret().to_owned()))
            .add_scopes(self.scopes())
            .request_async(&self.http)
            .await;
        match answer {
            Ok(answer) => {
                let mut tokens = tokens(&answer);
                // An answer may leave it away: the old one still counts then.
                tokens.refresh.get_or_insert_with(|| refresh.clone());
                Ok(Some(tokens))
            }
            // invalid_grant, interaction_required, consent_required: the person decides.
            Err(RequestTokenError::ServerResponse(_)) => {
                let _ = self.http.0.refusal();
                Ok(None)
            }
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// The sign-in is the one that was asked for: of this tenant, for this application, from
    /// this sign-in host, and no older one. The answer came from the host itself, over TLS, so
    /// that its signature says nothing more (OpenID Connect Core, 3.1.3.7).
    async fn is_ours(&self, identity: &IdToken, nonce: Option<&str>) -> Result<(), SignInError> {
        let elsewhere = |what: &str, found: &str, wanted: &str| {
            Err(SignInError::new(
                format!("the sign-in is {what} `{found}`, but `{wanted}` was asked for"),
                "sign in again, with an account of the tenant that gatewright.yaml names; if that does not help, something else answers in place of the sign-in host",
            ))
        };
        let said = identity.id_token.as_deref().and_then(claims::members);
        let Some(said) = said else {
            return Err(SignInError::new(
                "the sign-in host did not say who signed in",
                "check that `loginEndpoint` is a sign-in host of Microsoft Entra ID",
            ));
        };
        let text = |name: &str| said.get(name).and_then(Value::as_str).unwrap_or_default();
        let tenant = self.settings.tenant_id.as_str();
        if !text("tid").eq_ignore_ascii_case(tenant) {
            return elsewhere("of the tenant", text("tid"), tenant);
        }
        let client = self.way.client_id().unwrap_or_default();
        if !text("aud").eq_ignore_ascii_case(client) {
            return elsewhere("for the application", text("aud"), client);
        }
        let issuer = self.issuer().await?;
        if text("iss") != issuer {
            return elsewhere("by the issuer", text("iss"), &issuer);
        }
        match nonce {
            Some(nonce) if nonce != text("nonce") => Err(SignInError::new(
                "the answer belongs to another sign-in",
                "sign in again",
            )),
            _ => Ok(()),
        }
    }

    /// The issuer of the tenant's tokens, as its sign-in host publishes it.
    pub(super) async fn issuer(&self) -> Result<String, SignInError> {
        let tenant = self.settings.tenant_id.to_ascii_lowercase();
        let mut url = self.settings.login.clone();
        url.set_path(&format!("/{tenant}/v2.0/.well-known/openid-configuration"));
        let sent = (self.http.0)
            .send(reqwest::Method::GET, url, HeaderMap::new(), Vec::new())
            .await;
        let answer = sent.map_err(|error| self.unanswered(&error))?;
        let json: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        match json.get("issuer").and_then(Value::as_str) {
            Some(issuer) if answer.status == 200 => Ok(issuer.replace("{tenantid}", &tenant)),
            _ => Err(SignInError::new(
                format!(
                    "`{}` does not say who issues its tokens",
                    self.settings.login.host_str().unwrap_or_default()
                ),
                "check that `loginEndpoint` is a sign-in host of Microsoft Entra ID",
            )),
        }
    }

    /// A refusal that the browser brought, in our words.
    pub(super) fn refused(&self, error: &str, description: &str) -> SignInError {
        failure::brought(self.way, error, description)
    }

    fn unanswered(&self, error: &azure_core::Error) -> SignInError {
        let refusal = self.http.0.refusal();
        failure::explain(self.way, refusal, error)
    }

    fn failed<E, T>(&self, error: &RequestTokenError<E, T>) -> SignInError
    where
        E: std::error::Error,
        T: oauth2::ErrorResponse,
    {
        // A parser could quote what it read, and that may be a token: nothing of it is shown.
        let words = match error {
            RequestTokenError::Request(_) => "no answer",
            RequestTokenError::ServerResponse(_) => "a refusal",
            _ => "expected a token",
        };
        let kind = azure_core::error::ErrorKind::Credential;
        self.unanswered(&azure_core::Error::with_message(kind, words))
    }
}

fn tokens(answer: &Answer) -> PersonTokens {
    let refresh = answer.refresh_token();
    PersonTokens {
        access: Token::new(answer.access_token().secret().clone()),
        expires: end(answer.expires_in()),
        refresh: refresh.map(|token| SecretString::from(token.secret().clone())),
    }
}
