//! The HTTP server: connections, TLS on request, and answers that never arrive.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::call::{Body, Raw, ServedAnswer};
use super::error::ErrorAnswer;
use super::front;
use super::service::Service;

/// The largest request body.
const BODY_LIMIT: usize = 4 * 1024 * 1024;

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// The answer that the weather swallows: the connection ends instead.
#[derive(Debug)]
struct Lost;

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the answer is lost on purpose")
    }
}

impl std::error::Error for Lost {}

/// Serves until `stop` changes or its sender is gone.
pub(super) async fn serve(
    listener: TcpListener,
    service: Arc<Service>,
    tls: Option<TlsAcceptor>,
    mut stop: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
            _ = stop.changed() => break,
        };
        let Ok((stream, _)) = accepted else {
            // Out of file descriptors, most likely: a pause, not the end.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let (service, stop, tls) = (Arc::clone(&service), stop.clone(), tls.clone());
        connections.spawn(async move {
            match tls {
                None => connection(stream, service, false, stop).await,
                Some(tls) => {
                    if let Ok(Ok(stream)) =
                        tokio::time::timeout(HANDSHAKE, tls.accept(stream)).await
                    {
                        connection(stream, service, true, stop).await;
                    }
                }
            }
        });
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn connection<S>(
    stream: S,
    service: Arc<Service>,
    secure: bool,
    mut stop: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let ends = stop.clone();
    let handler =
        service_fn(move |request| answer(Arc::clone(&service), request, secure, ends.clone()));
    let serving = http1::Builder::new().serve_connection(TokioIo::new(stream), handler);
    tokio::pin!(serving);
    // A connection's fault is its client's matter.
    tokio::select! {
        _ = serving.as_mut() => {}
        _ = stop.changed() => {
            serving.as_mut().graceful_shutdown();
            let _ = serving.await;
        }
    }
}

async fn answer(
    service: Arc<Service>,
    request: Request<Incoming>,
    secure: bool,
    mut stop: watch::Receiver<bool>,
) -> Result<Response<Full<Bytes>>, Lost> {
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
        secure,
    };
    if let Some(refused) = service.stranger(&raw) {
        return Ok(response(refused));
    }
    let outcome = match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(collected) => {
            raw.body = collected.to_bytes().into();
            let latency = front::latency(&service, &raw);
            if !latency.is_zero() {
                tokio::time::sleep(latency).await;
            }
            front::take(&service, &raw)
        }
        Err(_) => service.refuse(
            &raw,
            &ErrorAnswer::new(
                413,
                "RequestEntityTooLarge",
                "The request body is larger than 4 MiB.",
            ),
        ),
    };
    if outcome.held {
        let _ = stop.changed().await;
    }
    if outcome.lost || outcome.held {
        Err(Lost)
    } else {
        Ok(response(outcome))
    }
}

fn response(outcome: ServedAnswer) -> Response<Full<Bytes>> {
    let bytes = match outcome.body {
        Body::None => Vec::new(),
        Body::Json(value) => serde_json::to_vec(&value).unwrap_or_default(),
        Body::Text(text) | Body::Xml(text) => text.into_bytes(),
    };
    let mut response = Response::new(Full::new(Bytes::from(bytes)));
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

/// The address in the form that a client takes.
pub(super) fn url(address: SocketAddr, secure: bool) -> String {
    let scheme = if secure { "https" } else { "http" };
    format!("{scheme}://{address}")
}
