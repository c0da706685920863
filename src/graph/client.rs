//! The transport: one connection pool, one pace, patience with faults that pass.

mod batch;
mod pace;
mod pages;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex as StdMutex, OnceLock, PoisonError};
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, DATE, RETRY_AFTER};
use reqwest::{StatusCode, Url};
use serde_json::Value;
use tokio::time::Instant;

use super::answer;
use super::auth::Provider;
use super::auth::provider::Issued;
use super::cause::{cause, is_about_certificates};
use super::endpoint;
use super::error::{ApiError, GraphError};
use super::patience::{self, Listener};
use super::reading::{ReadListener, ReadStep};
use super::refusal::Denial;
use super::request::{Method, Request};
use super::secrets::Secrets;
use super::trust::Authorities;
use crate::model::requests::{RateLimit, SendWay};
use crate::text::visible;
use pace::{Buckets, PACE};

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(100);
/// How often a request is tried at most.
const TRIES: u32 = 6;
/// The largest answer that is read, in bytes.
const MAX_ANSWER: usize = 64 * 1024 * 1024;
/// How many requests one `$batch` takes.
pub const BATCH_LIMIT: usize = 20;

/// A connection to one tenant.
#[derive(Debug)]
pub struct Client {
    http: reqwest::Client,
    root: Url,
    tokens: Provider,
    /// When the next request may go; `None`: no pace is kept.
    buckets: Option<Buckets>,
    /// The first pause before a request is tried again.
    first_wait: Duration,
    waits: Listener,
    reads: ReadListener,
    /// The neighbours of the one-per-second resources share their pace.
    neighbours_paced: AtomicBool,
    /// They are known to have a limit of their own.
    neighbours_apart: bool,
    sent: AtomicU64,
    sent_paced: AtomicU64,
    /// How often the service said 429.
    throttles: AtomicU64,
    /// How far the service's clock is ahead of ours by its last answer, in seconds.
    skew: AtomicI64,
    /// Whether a request that the table does not list is sent all the same.
    unlisted: bool,
    /// The rows of the table that were sent.
    rows: StdMutex<BTreeSet<&'static str>>,
    /// What the tenant says of itself: it is asked once.
    organization: OnceLock<Value>,
}

/// How fast a client asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// As Microsoft documents: one request a second on the resources so limited.
    Documented,
    /// As fast as it goes: for the embedded sandbox.
    Unlimited,
}

impl Client {
    /// A client for the Graph at `endpoint` (scheme, host and port, without a version),
    /// with the tokens of a provider, or one [`Token`](super::token::Token).
    ///
    /// # Errors
    /// When the endpoint is no URL, or plain http to another machine: a token is never
    /// sent in the clear.
    pub fn new(
        endpoint: &str,
        tokens: impl Into<Provider>,
        pace: Pace,
    ) -> Result<Client, GraphError> {
        Client::trusting(endpoint, tokens, pace, &Authorities::default())
    }

    /// As [`Client::new`]; `authorities` may sign the service's certificate, too.
    ///
    /// # Errors
    /// See [`Client::new`].
    pub fn trusting(
        endpoint: &str,
        tokens: impl Into<Provider>,
        pace: Pace,
        authorities: &Authorities,
    ) -> Result<Client, GraphError> {
        let root = endpoint::parse(endpoint).map_err(GraphError::Endpoint)?;
        let loopback = endpoint::is_loopback(&root);
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("gatewright/", env!("CARGO_PKG_VERSION")))
            .timeout(TIMEOUT)
            .connect_timeout(Duration::from_secs(20))
            // A redirect could carry the token to another host.
            .redirect(reqwest::redirect::Policy::none());
        if loopback {
            builder = builder.no_proxy();
        }
        let http = authorities
            .trusted_by(builder, &root)
            .build()
            .map_err(|e| GraphError::Endpoint(format!("cannot create an HTTP client: {e}")))?;
        Ok(Client {
            http,
            root,
            tokens: tokens.into(),
            buckets: (pace == Pace::Documented).then(Buckets::full),
            first_wait: Duration::from_secs(1),
            waits: Listener::default(),
            reads: ReadListener::default(),
            neighbours_paced: AtomicBool::new(false),
            neighbours_apart: false,
            sent: AtomicU64::new(0),
            sent_paced: AtomicU64::new(0),
            throttles: AtomicU64::new(0),
            skew: AtomicI64::new(i64::MIN),
            // A test must see it; a user is better served by the answer.
            unlisted: !cfg!(debug_assertions),
            rows: StdMutex::default(),
            organization: OnceLock::new(),
        })
    }

    /// The same client for requests that are not gatewright's own, such as those of a test
    /// that prepares a tenant: they may be of any shape.
    #[must_use]
    pub fn with_unlisted(mut self) -> Client {
        self.unlisted = true;
        self
    }

    /// The same client with another first pause before a request is tried again (1 s is
    /// what Microsoft's throttling guidance amounts to where no `Retry-After` is given).
    #[must_use]
    pub fn with_first_wait(mut self, wait: Duration) -> Client {
        self.first_wait = wait;
        self
    }

    /// The same client, and `hears` is told, in words, whenever something takes longer than ten
    /// seconds.
    #[must_use]
    pub fn telling(mut self, hears: impl Fn(&str) + Send + Sync + 'static) -> Client {
        self.waits = Listener::new(hears);
        self
    }

    /// The same client, and `hears` is told what is being read.
    #[must_use]
    pub fn reading(mut self, hears: impl Fn(ReadStep<'_>) + Send + Sync + 'static) -> Client {
        self.reads = ReadListener::new(hears);
        self
    }

    /// The same client; `shared` says whether the neighbours of the one-per-second resources share
    /// their limit, where that is known. Where it is not, the first 429 on any of them is taken to
    /// say that they do.
    #[must_use]
    pub fn with_neighbours_paced(mut self, shared: Option<bool>) -> Client {
        self.neighbours_paced
            .store(shared == Some(true), Ordering::Relaxed);
        self.neighbours_apart = shared == Some(false);
        self
    }

    /// The root of this Graph: scheme, host and port, without a slash at the end.
    pub fn root(&self) -> &str {
        self.root.as_str().trim_end_matches('/')
    }

    /// Where the tokens come from.
    pub fn tokens(&self) -> &Provider {
        &self.tokens
    }

    /// How many requests were sent, and how many of them on one-per-second resources.
    pub fn requests_sent(&self) -> (u64, u64) {
        (
            self.sent.load(Ordering::Relaxed),
            self.sent_paced.load(Ordering::Relaxed),
        )
    }

    /// How often the service said 429 so far.
    pub fn throttled_answers(&self) -> u64 {
        self.throttles.load(Ordering::Relaxed)
    }

    /// How far the service's clock is ahead of this machine's, in seconds, by its last answer.
    pub fn clock_skew(&self) -> Option<i64> {
        Some(self.skew.load(Ordering::Relaxed)).filter(|skew| *skew != i64::MIN)
    }

    /// What the tenant says of itself, where it was asked already.
    pub(super) fn organization(&self) -> Option<&Value> {
        self.organization.get()
    }

    /// Keeps what the tenant says of itself.
    pub(super) fn keep_organization(&self, answer: Value) -> Value {
        self.organization.get_or_init(|| answer).clone()
    }

    /// The rows of the table of requests that were sent so far, by name.
    pub fn rows_sent(&self) -> BTreeSet<&'static str> {
        let rows = self.rows.lock();
        rows.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks a request up in the table of requests. Every request of a test is in it, since an
    /// unlisted one fails there; a release sends it, and says so in its log.
    fn listed(&self, request: &Request, way: SendWay) -> Result<(), GraphError> {
        let shape = request.shape().filter(|shape| {
            way != SendWay::Item || matches!(shape.sent, Some(SendWay::Item | SendWay::Either))
        });
        match shape {
            Some(shape) => {
                let rows = self.rows.lock();
                rows.unwrap_or_else(PoisonError::into_inner)
                    .insert(&shape.name);
                Ok(())
            }
            None if self.unlisted => {
                tracing::warn!(%request, "the request is not in the table of requests");
                Ok(())
            }
            None => Err(GraphError::Unlisted(request.to_string())),
        }
    }

    /// Sends a request and gives the JSON of its answer (`null` for an empty one).
    ///
    /// Reads, changes and deletions are tried again after faults that pass; a POST only
    /// after 429, where Graph has done nothing.
    ///
    /// # Errors
    /// See [`GraphError`].
    pub async fn send(&self, request: &Request) -> Result<Value, GraphError> {
        self.listed(request, SendWay::Single)?;
        let url = self.url(request)?;
        let name = request.to_string();
        self.send_to(request, url, &name).await
    }

    fn url(&self, request: &Request) -> Result<Url, GraphError> {
        let text = format!(
            "{}/{}/{}",
            self.root.as_str().trim_end_matches('/'),
            request.edition.segment(),
            request.path.trim_start_matches('/')
        );
        let no_url = |why: String| {
            let shown = visible(&text, false);
            GraphError::Endpoint(format!("nothing was sent: `{shown}` is not a URL: {why}"))
        };
        let url = Url::parse(&text).map_err(|e| no_url(e.to_string()))?;
        // An id in it could lead elsewhere: `..` would be followed.
        let path = text
            .strip_prefix(self.root())
            .and_then(|rest| rest.split('?').next());
        match path {
            Some(path) if path == url.path() && url.fragment().is_none() => Ok(url),
            _ => Err(no_url("its path leads elsewhere".to_owned())),
        }
    }

    async fn send_to(&self, request: &Request, url: Url, name: &str) -> Result<Value, GraphError> {
        let mut wait = self.first_wait;
        let mut waited = Duration::ZERO;
        let mut attempt = 1;
        let mut issued = self.tokens.token().await?;
        let mut renewed = false;
        loop {
            let risked = self.wait_turn(request).await;
            let mut error = match self.send_once(request, url.clone(), name, &issued).await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            // A token that is not taken has done nothing: a POST may be repeated, too.
            if !renewed && error.api().is_some_and(|e| e.status == 401) {
                renewed = true;
                if let Some(other) = self.tokens.renewed(&issued).await? {
                    issued = other;
                    continue;
                }
            }
            let again = match &error {
                // A certificate does not become another one.
                GraphError::Network { problem, .. } if is_about_certificates(problem) => false,
                GraphError::Api(api) => match api.status {
                    429 => {
                        self.throttled(request);
                        true
                    }
                    500 | 502 | 503 | 504 => request.method != Method::Post,
                    _ => false,
                },
                GraphError::Network { maybe_done, .. } => {
                    request.method != Method::Post || !maybe_done
                }
                _ => false,
            };
            // Nobody listens there: a few tries bridge a restart, more would only hide it.
            let deaf = matches!(&error, GraphError::Network { maybe_done: false, problem, .. } if problem.contains("refused"));
            if !again || attempt >= if deaf { 3 } else { TRIES } {
                return Err(error);
            }
            tracing::debug!(request = name, attempt, %error, "trying again");
            let asked = error.api().and_then(|a| a.retry_after);
            attempt += 1;
            // What was sent before its second was over has lost nothing but its turn.
            if risked && asked.is_none() && error.api().is_some_and(|a| a.status == 429) {
                if let Some(buckets) = &self.buckets {
                    buckets.refused().await;
                }
                continue;
            }
            if let Err(why) = self.pause(name, wait, asked, &mut waited).await {
                if let GraphError::Api(api) = &mut error {
                    api.details.push(why);
                }
                return Err(error);
            }
            wait = (wait * 2).min(Duration::from_secs(30));
            issued = self.tokens.token().await?;
        }
    }

    async fn send_once(
        &self,
        request: &Request,
        url: Url,
        name: &str,
        issued: &Issued,
    ) -> Result<Value, GraphError> {
        let authorization = issued.token.header()?;
        self.sent.fetch_add(1, Ordering::Relaxed);
        let own_id = uuid::Uuid::new_v4().to_string();
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut builder = self
            .http
            .request(method, url)
            .header(AUTHORIZATION, authorization)
            .header("client-request-id", &own_id)
            .header("Accept", "application/json");
        for (header, value) in request.headers() {
            builder = builder.header(header, value);
        }
        if let Some(body) = &request.body {
            builder = builder.json(body);
        }
        let started = Instant::now();
        let network = |error: reqwest::Error| GraphError::Network {
            request: name.to_owned(),
            maybe_done: !error.is_connect() && request.method != Method::Get,
            problem: cause(&error),
        };
        let exchange = async {
            let mut response = builder.send().await.map_err(network)?;
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await.map_err(network)? {
                if body.len() + chunk.len() > MAX_ANSWER {
                    let problem = format!("it is larger than {} MiB", MAX_ANSWER >> 20);
                    return Err(answer::of(request, problem));
                }
                body.extend_from_slice(&chunk);
            }
            Ok((response.status(), response.headers().clone(), body))
        };
        tokio::pin!(exchange);
        let (status, headers, body) = tokio::select! {
            done = &mut exchange => done,
            () = tokio::time::sleep(patience::SILENT) => {
                let longest = patience::words(TIMEOUT);
                self.waits.tell(&format!("Waiting for the answer to {name}, up to {longest}"));
                exchange.await
            }
        }?;
        let passwords = request.body.as_ref().map(Secrets::in_body);
        let secrets = Secrets::of(
            [issued.token.text()]
                .into_iter()
                .chain(passwords.into_iter().flatten()),
        );
        let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
        if let Some(at) = header(DATE.as_str()).and_then(patience::date) {
            let skew = at.as_second() - jiff::Timestamp::now().as_second();
            self.skew.store(skew, Ordering::Relaxed);
        }
        if status == StatusCode::TOO_MANY_REQUESTS {
            self.throttles.fetch_add(1, Ordering::Relaxed);
        }
        let retry_after = header(RETRY_AFTER.as_str())
            .and_then(|value| patience::retry_after(value, header(DATE.as_str())));
        let request_id = header("request-id").map(|id| secrets.out_of(id));
        tracing::debug!(
            method = request.method.as_str(),
            path = %request.path,
            status = status.as_u16(),
            ms = started.elapsed().as_millis() as u64,
            request_id = request_id.as_deref().unwrap_or("-"),
            "request"
        );
        let json = serde_json::from_slice::<Value>(&body).map(|mut json| {
            secrets.clean(&mut json);
            json
        });
        if !status.is_success() {
            let said = match &json {
                Ok(json) => json.to_string(),
                Err(_) => secrets.out_of(&String::from_utf8_lossy(&body)),
            };
            let mut error = ApiError::from_body(name.to_owned(), status.as_u16(), said.as_bytes());
            error.retry_after = retry_after;
            error.request_id = error.request_id.or(request_id);
            error.client_request_id = error.client_request_id.or(Some(own_id));
            error.refusal = Denial::of(error.status, &error.said(), request, &issued.token);
            return Err(GraphError::Api(Box::new(error)));
        }
        let json = match json {
            _ if body.is_empty() || status == StatusCode::NO_CONTENT => Value::Null,
            Ok(json) => json,
            Err(e) => return Err(answer::of(request, format!("it is not JSON: {e}"))),
        };
        answer::check(request, &json)?;
        Ok(json)
    }

    /// Waits before a request is tried again: for our own pause, and as long as the service asks
    /// for, within what one request may wait in all.
    ///
    /// # Errors
    /// In words, when the service asks for more than that.
    async fn pause(
        &self,
        name: &str,
        own: Duration,
        asked: Option<u64>,
        waited: &mut Duration,
    ) -> Result<(), String> {
        let (pause, told) = patience::pause(name, own, asked, *waited)?;
        if let Some(told) = told {
            self.waits.tell(&told);
        }
        tokio::time::sleep(pause).await;
        *waited += pause;
        Ok(())
    }

    /// Whether requests under this limit keep the pace of one a second.
    fn is_paced(&self, limit: RateLimit) -> bool {
        match limit {
            RateLimit::OnePerSecond => true,
            RateLimit::Reports => false,
            RateLimit::Neighbour => self.neighbours_paced.load(Ordering::Relaxed),
        }
    }

    /// How long the pace alone makes a request wait for those before it.
    pub fn pace_of(&self, request: &Request) -> Duration {
        let limit = request.cost().0;
        match (
            &self.buckets,
            limit.is_some_and(|limit| self.is_paced(limit)),
        ) {
            (Some(_), true) => PACE,
            _ => Duration::ZERO,
        }
    }

    /// A request was throttled. Neighbours whose limit is not known share the pace from now on:
    /// where one of the two goes too fast, so may the other.
    fn throttled(&self, request: &Request) {
        let shares = match request.cost().0 {
            Some(RateLimit::Neighbour) => true,
            Some(RateLimit::OnePerSecond) => !self.neighbours_apart,
            Some(RateLimit::Reports) | None => false,
        };
        if shares {
            self.neighbours_paced.store(true, Ordering::Relaxed);
        }
    }

    /// Waits until the pace alone lets the request go, and takes no turn.
    pub async fn wait_for_pace(&self, request: &Request) {
        let limit = request.cost().0;
        if let (Some(buckets), true) = (
            &self.buckets,
            limit.is_some_and(|limit| self.is_paced(limit)),
        ) {
            buckets.wait_for_pace().await;
        }
    }

    /// Waits until a request may go. True when it goes sooner than its pace, at the risk of a
    /// 429: the first two of a run.
    async fn wait_turn(&self, request: &Request) -> bool {
        let (limit, units) = request.cost();
        let paced = limit.is_some_and(|limit| self.is_paced(limit));
        if let (Some(buckets), Some(RateLimit::Reports)) = (&self.buckets, limit) {
            buckets.keep_reports_pace().await;
        }
        let risked = match (&self.buckets, paced) {
            (Some(buckets), true) => buckets.keep_pace().await,
            (Some(buckets), false) => {
                buckets.spend(units + units_of_items(request)).await;
                false
            }
            (None, _) => false,
        };
        self.sent_paced
            .fetch_add(u64::from(paced), Ordering::Relaxed);
        risked
    }
}

/// The resource units of a batch: its items'.
fn units_of_items(batch: &Request) -> u32 {
    let items = batch
        .body
        .as_ref()
        .filter(|_| batch.path.ends_with("$batch"))
        .and_then(|body| body.get("requests"))
        .and_then(Value::as_array);
    items
        .into_iter()
        .flatten()
        .filter_map(|item| item.get("url").and_then(Value::as_str))
        .map(|url| match Request::get(batch.edition, url).cost() {
            (None, units) => units,
            (Some(_), _) => 0,
        })
        .sum()
}
