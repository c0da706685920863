//! How sign-in requests travel: gatewright's own HTTP client under `azure_identity`, which
//! decides where a secret may go, follows no redirect, bounds what it reads, and remembers
//! the last refusal so that it can be explained.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use azure_core::error::{Error, ErrorKind};
use azure_core::http::headers::Headers;
use azure_core::http::{AsyncRawResponse, Body, HttpClient, Method, Request};
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

use crate::graph::cause::cause;
use crate::graph::endpoint;
use crate::graph::request::decode;
use crate::graph::secrets::Secrets;
use crate::graph::trust::Authorities;

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(60);
/// The largest answer that is read, in bytes.
const MAX_ANSWER: usize = 1024 * 1024;

/// A request that was refused or not answered.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    /// The host that was asked.
    pub(super) host: String,
    /// True when it was the token endpoint of the sign-in host.
    pub(super) login: bool,
    /// The status and the body, or why there is none.
    pub(super) answer: Result<(u16, Vec<u8>), String>,
}

/// The HTTP client of one sign-in.
#[derive(Debug)]
pub(super) struct Transport {
    login: Url,
    authorities: Authorities,
    /// For this machine and its platform, which no proxy reaches: over plain http, and over https.
    near: [OnceLock<reqwest::Client>; 2],
    far: OnceLock<reqwest::Client>,
    last: Mutex<Option<Refusal>>,
}

/// An answer that was read whole.
pub(super) struct HttpAnswer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Transport {
    pub(super) fn new(login: Url, authorities: Authorities) -> Transport {
        Transport {
            login,
            authorities,
            near: Default::default(),
            far: OnceLock::new(),
            last: Mutex::new(None),
        }
    }

    /// The authority as `azure_identity` wants it. It refuses plain http, which is right
    /// for every host but this machine: there [`Transport::send`] turns it back.
    pub(super) fn authority(&self) -> String {
        let mut url = self.login.clone();
        if url.scheme() == "http" {
            let _ = url.set_scheme("https");
        }
        url.to_string()
    }

    /// Forgets and gives the last refusal.
    pub(super) fn refusal(&self) -> Option<Refusal> {
        self.last
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    fn remember(&self, refusal: Option<Refusal>) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = refusal;
    }

    fn client(&self, near: bool, url: &Url) -> Result<&reqwest::Client, reqwest::Error> {
        let [plain, sealed] = &self.near;
        let cell = match (near, url.scheme()) {
            (true, "http") => plain,
            (true, _) => sealed,
            (false, _) => &self.far,
        };
        if let Some(client) = cell.get() {
            return Ok(client);
        }
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("gatewright/", env!("CARGO_PKG_VERSION")))
            .timeout(TIMEOUT)
            .connect_timeout(Duration::from_secs(if near { 3 } else { 20 }))
            // A redirect could carry a secret to another host.
            .redirect(reqwest::redirect::Policy::none());
        if near {
            builder = builder.no_proxy();
        }
        let client = self.authorities.trusted_by(builder, url).build()?;
        Ok(cell.get_or_init(|| client))
    }

    /// Sends a request and reads its answer.
    pub(super) async fn send(
        &self,
        method: reqwest::Method,
        mut url: Url,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> azure_core::Result<HttpAnswer> {
        let same_host = |a: &Url, b: &Url| a.host_str() == b.host_str() && a.port() == b.port();
        // A helper may stand on the same host, as in a test.
        let login = same_host(&url, &self.login) && url.path().ends_with("/oauth2/v2.0/token");
        if login && self.login.scheme() == "http" && endpoint::is_loopback(&self.login) {
            let _ = url.set_scheme("http");
        }
        let near = endpoint::is_loopback(&url) || endpoint::is_link_local(&url);
        let host = url.host_str().unwrap_or_default().to_owned();
        if url.scheme() != "https" && !near {
            return Err(Error::with_message(
                ErrorKind::Credential,
                format!("`{host}` is not an https host: a secret would be sent in clear text"),
            ));
        }
        let started = Instant::now();
        let (name, path) = (method.to_string(), url.path().to_owned());
        let form = String::from_utf8_lossy(&body).into_owned();
        let secrets = secrets(&headers, &form);
        let mut answer = self.exchange(near, method, url, headers, body).await;
        // What a host gives is a token; what it says else must not be what it was told.
        if let Ok(answer) = &mut answer
            && !(200..300).contains(&answer.status)
        {
            answer.body = secrets
                .out_of(&String::from_utf8_lossy(&answer.body))
                .into_bytes();
        }
        tracing::debug!(
            method = name,
            host,
            path,
            status = answer.as_ref().map_or(0, |a| a.status),
            ms = started.elapsed().as_millis() as u64,
            "sign-in request"
        );
        match answer {
            Ok(answer) => {
                let refused = !(200..300).contains(&answer.status);
                self.remember(refused.then(|| Refusal {
                    host,
                    login,
                    answer: Ok((answer.status, answer.body.clone())),
                }));
                Ok(answer)
            }
            Err(problem) => {
                self.remember(Some(Refusal {
                    host,
                    login,
                    answer: Err(problem.clone()),
                }));
                // What the platform does not answer at once it does not offer.
                let kind = if near {
                    ErrorKind::Credential
                } else {
                    ErrorKind::Io
                };
                Err(Error::with_message(kind, problem))
            }
        }
    }

    async fn exchange(
        &self,
        near: bool,
        method: reqwest::Method,
        url: Url,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> Result<HttpAnswer, String> {
        let client = self.client(near, &url).map_err(|e| cause(&e))?;
        let request = client.request(method, url).headers(headers).body(body);
        let mut response = request.send().await.map_err(|e| cause(&e))?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| cause(&e))? {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(format!(
                    "the answer is larger than {} KiB",
                    MAX_ANSWER >> 10
                ));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(HttpAnswer {
            status,
            headers,
            body,
        })
    }
}

/// What a sign-in request tells and nobody else may hear: its headers that say so, and all that
/// its form holds but the names of applications and scopes.
fn secrets(headers: &HeaderMap, form: &str) -> Secrets {
    let told = headers.iter().filter(|(name, value)| {
        value.is_sensitive() && (*name == AUTHORIZATION || name.as_str().starts_with("x-"))
    });
    let told = told.filter_map(|(_, value)| value.to_str().ok());
    let told = told.map(|value| value.trim_start_matches("Bearer ").to_owned());
    let fields = form.split('&').filter_map(|field| field.split_once('='));
    let fields = fields
        .filter(|(name, _)| {
            matches!(
                *name,
                "client_secret"
                    | "client_assertion"
                    | "assertion"
                    | "code"
                    | "code_verifier"
                    | "device_code"
                    | "refresh_token"
            )
        })
        .map(|(_, value)| decode(&value.replace('+', " ")));
    let all: Vec<String> = told.chain(fields).collect();
    Secrets::of(all.iter().map(String::as_str))
}

/// A header whose value no log shows.
pub(super) fn hidden(value: &str) -> azure_core::Result<HeaderValue> {
    let mut value = HeaderValue::from_str(value).map_err(|_| {
        Error::with_message(ErrorKind::Credential, "a secret cannot be sent in a header")
    })?;
    value.set_sensitive(true);
    Ok(value)
}

#[async_trait]
impl HttpClient for Transport {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let method = match request.method() {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            other => {
                return Err(Error::with_message(
                    ErrorKind::Other,
                    format!("a sign-in has no {other} requests"),
                ));
            }
        };
        let mut headers = HeaderMap::new();
        for (name, value) in request.headers().iter() {
            let name = HeaderName::from_bytes(name.as_str().as_bytes())
                .map_err(|e| Error::with_error(ErrorKind::Other, e, "a header has no name"))?;
            headers.insert(name, hidden(value.as_str())?);
        }
        // Microsoft Entra ID gives it back as the correlation id.
        headers.insert(
            "client-request-id",
            hidden(&uuid::Uuid::new_v4().to_string())?,
        );
        let Body::Bytes(body) = request.body() else {
            return Err(Error::with_message(
                ErrorKind::Other,
                "a sign-in has no streams",
            ));
        };
        let answer = self
            .send(method, request.url().clone(), headers, body.to_vec())
            .await?;
        let mut headers = Headers::new();
        for (name, value) in &answer.headers {
            if let Ok(value) = value.to_str() {
                headers.insert(name.as_str().to_owned(), value.to_owned());
            }
        }
        Ok(AsyncRawResponse::from_bytes(
            answer.status.into(),
            headers,
            answer.body,
        ))
    }
}
