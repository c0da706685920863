//! The sandbox: a Microsoft Graph tenant inside the program.
//!
//! One router behind real HTTP on a loopback address answers `/v1.0` and `/beta` as Graph
//! does, refuses what Graph refuses with Graph's error bodies, and keeps its tenant in one
//! JSON file. It shares nothing with the client but the facts about Graph's schema and the
//! tables of well-known ids, so that it is a second opinion on what the client sends.

mod batch;
mod call;
mod check;
mod contexts;
mod controls;
mod csdl;
mod directory;
mod error;
mod filter;
mod filter_text;
mod groups;
mod locations;
mod members;
mod normalise;
mod odata;
mod policies;
mod references;
mod risk;
mod roles;
mod router;
mod rules;
mod seed;
mod service;
mod store;
mod strengths;
mod templates;
mod users;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use call::{Body, Raw};
use service::{Outcome, Service};
use store::Store;

pub use error::SandboxError;
pub use risk::SignIn;
pub use store::{StoreKind, reset};

/// The largest request body.
const BODY_LIMIT: usize = 4 * 1024 * 1024;

/// What an object inside a PATCH body does to members that it leaves out. Graph's
/// documentation does not say; a careful client sends whole objects and means the same
/// under both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NestedPatch {
    /// They keep their value.
    #[default]
    Merge,
    /// They fall back to their default.
    Replace,
}

/// How a sandbox runs.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub bind: SocketAddr,
    /// Where the tenant lives.
    pub store: StoreKind,
    /// The bearer token to accept; `None` accepts any that is not empty.
    pub token: Option<String>,
    /// What PATCH does inside nested objects.
    pub nested_patch: NestedPatch,
    /// How many policies the tenant takes.
    pub policy_limit: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            store: StoreKind::Memory,
            token: None,
            nested_patch: NestedPatch::default(),
            policy_limit: 240,
        }
    }
}

/// One request that the sandbox answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRecord {
    /// The HTTP method.
    pub method: String,
    /// Path and query as received, with the version root.
    pub target: String,
    /// The status of the answer.
    pub status: u16,
    /// True for an item of a `$batch`; the batch has a record of its own, after its items.
    pub in_batch: bool,
}

/// A sandbox that is listening. Dropping it stops it too.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    service: Arc<Service>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address without a version root: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every request so far, in the order of their answers.
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.service.records()
    }

    /// The whole tenant as it stands now, in the form of the tenant file.
    pub fn tenant(&self) -> Value {
        self.service.tenant()
    }

    /// Closes the port and waits for the server's end; requests under way are finished.
    pub async fn stop(self) {
        let _ = self.stop.send(());
        // Idle keep-alive connections end with the server; whoever still holds one open
        // mid-request is not waited for.
        let abort = self.task.abort_handle();
        let ended = tokio::time::timeout(std::time::Duration::from_secs(2), self.task).await;
        if ended.is_err() {
            abort.abort();
        }
    }
}

/// Starts a sandbox on the current tokio runtime, which needs I/O and time enabled.
///
/// # Errors
/// The tenant file is broken, newer or unreadable, or the address cannot be had.
pub async fn start(options: Options) -> Result<Running, SandboxError> {
    let store = Store::open(options.store.clone())?;
    let told = |source| SandboxError::Bind {
        address: options.bind,
        source,
    };
    let listener = TcpListener::bind(options.bind).await.map_err(told)?;
    let address = listener.local_addr().map_err(told)?;
    let service = Arc::new(Service::new(options, store));
    let router = axum::Router::new()
        .fallback(answer)
        .with_state(Arc::clone(&service));
    let (stop, stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(async move {
        let _ = axum::serve(listener, router)
            .with_graceful_shutdown(async move {
                let _ = stopped.await;
            })
            .await;
    });
    Ok(Running {
        address,
        service,
        stop,
        task,
    })
}

async fn answer(State(service): State<Arc<Service>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let target = parts
        .uri
        .path_and_query()
        .map_or_else(|| parts.uri.path().to_owned(), |p| p.as_str().to_owned());
    let headers = parts
        .headers
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        })
        .collect();
    let mut raw = Raw {
        method: parts.method.as_str().to_owned(),
        target,
        headers,
        body: Vec::new(),
        in_batch: false,
    };
    let outcome = match to_bytes(body, BODY_LIMIT).await {
        Ok(bytes) => {
            raw.body = bytes.into();
            service.handle(&raw)
        }
        Err(_) => service.refuse(
            &raw,
            &error::GraphError::new(
                413,
                "RequestEntityTooLarge",
                "The request body is larger than 4 MiB.",
            ),
        ),
    };
    response(outcome)
}

fn response(outcome: Outcome) -> Response {
    let bytes = match outcome.body {
        Body::None => Vec::new(),
        Body::Json(value) => serde_json::to_vec(&value).unwrap_or_default(),
        Body::Text(text) | Body::Xml(text) => text.into_bytes(),
    };
    let mut response = Response::new(axum::body::Body::from(bytes));
    *response.status_mut() =
        StatusCode::from_u16(outcome.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in outcome.headers {
        let name = HeaderName::try_from(name.to_ascii_lowercase());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
