//! An identity endpoint that notes what it is asked and answers what it was told to.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::IntoResponse;
use azure_core::base64::encode_url_safe;
use serde_json::{Value, json};

use super::{CLIENT, TENANT};

/// A request that was received.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub headers: HeaderMap,
    pub form: BTreeMap<String, String>,
}

impl Asked {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }
}

#[derive(Default)]
struct Inner {
    asked: Vec<Asked>,
    answers: VecDeque<(u16, String)>,
}

/// A running endpoint. Without an answer that was prepared it gives a token.
pub struct Fake {
    pub url: String,
    inner: Arc<Mutex<Inner>>,
    // Ends the server.
    _runtime: tokio::runtime::Runtime,
}

impl Fake {
    pub fn new() -> Fake {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let inner = Arc::new(Mutex::new(Inner::default()));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = axum::Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&inner));
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, app).await.unwrap();
        });
        Fake {
            url,
            inner,
            _runtime: runtime,
        }
    }

    /// The next answer; several are given in their order.
    pub fn then(&self, status: u16, body: impl ToString) -> &Fake {
        let answer = (status, body.to_string());
        self.inner.lock().unwrap().answers.push_back(answer);
        self
    }

    /// What was asked, and forgotten with that.
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.inner.lock().unwrap().asked)
    }
}

async fn answer(
    State(inner): State<Arc<Mutex<Inner>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: String,
) -> impl IntoResponse {
    let pairs = |text: &str| {
        let url = reqwest::Url::parse(&format!("http://x/?{text}")).unwrap();
        url.query_pairs().into_owned().collect()
    };
    let mut inner = inner.lock().unwrap();
    inner.asked.push(Asked {
        method: method.to_string(),
        path: uri.path().to_owned(),
        query: pairs(uri.query().unwrap_or_default()),
        headers,
        form: pairs(&body),
    });
    let (status, body) = inner
        .answers
        .pop_front()
        .unwrap_or_else(|| (200, issued(&token(application())).to_string()));
    (
        StatusCode::from_u16(status).unwrap(),
        [("content-type", "application/json")],
        body,
    )
}

/// The answer of Microsoft Entra ID with a token.
pub fn issued(token: &str) -> Value {
    json!({"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": token})
}

/// The claims of an application's token.
pub fn application() -> Value {
    json!({
        "aud": "https://graph.microsoft.com", "tid": TENANT, "exp": 2_000_000_000,
        "appid": CLIENT, "app_displayname": "gatewright CI",
        "roles": ["Policy.Read.All", "Directory.Read.All", "Policy.ReadWrite.ConditionalAccess"],
    })
}

/// A JWT that nobody signed.
pub fn token(claims: Value) -> String {
    format!(
        "{}.{}.{}",
        encode_url_safe(r#"{"alg":"none"}"#),
        encode_url_safe(claims.to_string()),
        encode_url_safe(super::SECRET)
    )
}

/// An error body of Microsoft Entra ID.
pub fn refusal(code: u32, name: &str, description: &str) -> Value {
    json!({
        "error": name,
        "error_description": format!("AADSTS{code}: {description} Trace ID: 00000000-0000-4000-8000-00000000000a Correlation ID: 00000000-0000-4000-8000-00000000000b Timestamp: 2026-11-23 10:00:00Z"),
        "error_codes": [code],
        "timestamp": "2026-11-23 10:00:00Z",
        "trace_id": "00000000-0000-4000-8000-00000000000a",
        "correlation_id": "00000000-0000-4000-8000-00000000000b",
        "error_uri": format!("https://login.microsoftonline.com/error?code={code}"),
    })
}
