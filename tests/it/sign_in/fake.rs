//! An identity endpoint that notes what it is asked and answers what it was told to.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use azure_core::base64::encode_url_safe;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::TokioIo;
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
        let shared = Arc::clone(&inner);
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let inner = Arc::clone(&shared);
                tokio::spawn(async move {
                    let service = hyper::service::service_fn(move |request| {
                        answer(Arc::clone(&inner), request)
                    });
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
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
    inner: Arc<Mutex<Inner>>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let pairs = |text: &str| {
        let url = reqwest::Url::parse(&format!("http://x/?{text}")).unwrap();
        url.query_pairs().into_owned().collect()
    };
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let mut inner = inner.lock().unwrap();
    inner.asked.push(Asked {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: pairs(head.uri.query().unwrap_or_default()),
        headers: head.headers,
        form: pairs(std::str::from_utf8(&body).unwrap()),
    });
    let (status, body) = inner
        .answers
        .pop_front()
        .unwrap_or_else(|| (200, issued(&token(application())).to_string()));
    let mut answer = Response::builder().status(status);
    if status == 307 {
        answer = answer.header("location", &body);
    }
    let answer = answer.header("content-type", "application/json");
    Ok(answer.body(Full::from(body)).unwrap())
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
