//! The browser of this machine: it is sent to the sign-in page, and brings the answer to a port
//! that only this machine reaches.
//! <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow>

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use oauth2::RedirectUrl;
use reqwest::Url;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::exchange::Exchange;
use super::{PersonTokens, SignInError};

/// How long the person may take.
const PATIENCE: Duration = Duration::from_secs(300);
/// How long one connection may take to say what it wants. Browsers open some in advance.
const REQUEST: Duration = Duration::from_secs(10);
/// The longest request that is read, in bytes.
const MAX_REQUEST: usize = 32 * 1024;

/// What the browser brought.
#[derive(Debug, PartialEq, Eq)]
enum Redirect {
    Code {
        code: String,
        issuer: Option<String>,
    },
    Refused {
        error: String,
        description: String,
    },
    /// It belongs to no question of ours.
    OtherState,
}

pub(super) async fn sign_in(exchange: &Exchange<'_>) -> Result<PersonTokens, SignInError> {
    let unheard = |error: io::Error| {
        SignInError::new(
            format!("cannot open a port on this machine for the browser's answer: {error}"),
            "`auth: { method: deviceCode }` needs no port",
        )
    };
    let listeners = Listeners::open().await.map_err(unheard)?;
    // The host is `localhost`, as it is registered for Microsoft's application; its port counts
    // for nothing there.
    let redirect = RedirectUrl::new(format!("http://localhost:{}", listeners.port))
        .map_err(|_| SignInError::from("the browser's answer has no URL".to_owned()))?;
    let question = exchange.question(redirect);
    open(exchange, &question.url);
    let found = timeout(PATIENCE, listeners.redirect(question.state.secret())).await;
    let found = found.map_err(|_| {
        SignInError::new(
            format!(
                "the browser did not answer within {} minutes",
                PATIENCE.as_secs() / 60
            ),
            "try again; on a machine without a browser, use `auth: { method: deviceCode }`",
        )
    })?;
    match found.map_err(unheard)? {
        Redirect::Code { code, issuer } => {
            if let Some(issuer) = issuer {
                same_issuer(&issuer, &exchange.issuer().await?)?;
            }
            exchange.code(code, question).await
        }
        Redirect::Refused { error, description } => Err(exchange.refused(&error, &description)),
        Redirect::OtherState => Err(SignInError::new(
            "the browser returned the answer to another sign-in (its `state` does not match)",
            "close other sign-in pages, and try again",
        )),
    }
}

/// Who answered, where the answer says so (RFC 9207).
fn same_issuer(found: &str, wanted: &str) -> Result<(), SignInError> {
    if found == wanted {
        return Ok(());
    }
    Err(SignInError::new(
        format!("the browser returned an answer from `{found}`, but `{wanted}` was asked"),
        "check `loginEndpoint`, and try again",
    ))
}

/// Opens the page, and says where it is: no browser may be there to open it.
fn open(exchange: &Exchange<'_>, url: &Url) {
    let opened = webbrowser::open(url.as_str());
    let tenant = &exchange.settings().tenant_id;
    let how = match opened {
        Ok(()) => "Your browser opens the sign-in page",
        Err(_) => "No browser could be opened. Open the sign-in page on this machine",
    };
    exchange
        .settings()
        .tells
        .tell(&format!("Sign in to the tenant {tenant}. {how}: {url}"));
    exchange.settings().tells.tell(&format!(
        "Waiting for the sign-in, up to {} minutes.",
        PATIENCE.as_secs() / 60
    ));
}

/// Both loopback addresses on one port: `localhost` may be either.
struct Listeners {
    v4: TcpListener,
    v6: Option<TcpListener>,
    port: u16,
}

impl Listeners {
    async fn open() -> io::Result<Listeners> {
        let v4 = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = v4.local_addr()?.port();
        let v6 = TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await.ok();
        Ok(Listeners { v4, v6, port })
    }

    /// Waits for the first connection that brings an answer.
    async fn redirect(&self, state: &str) -> io::Result<Redirect> {
        let mut open = JoinSet::new();
        loop {
            let v6 = async {
                match &self.v6 {
                    Some(listener) => listener.accept().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                accepted = self.v4.accept() => {
                    open.spawn(answer(accepted?.0, state.to_owned()));
                }
                accepted = v6 => {
                    open.spawn(answer(accepted?.0, state.to_owned()));
                }
                Some(done) = open.join_next() => {
                    if let Ok(Some(found)) = done {
                        return Ok(found);
                    }
                }
            }
        }
    }
}

/// Reads one request and answers it with a page.
async fn answer(stream: TcpStream, state: String) -> Option<Redirect> {
    let target = timeout(REQUEST, read(&stream)).await.ok()??;
    let found = meant(&target, &state);
    let (status, text) = match &found {
        None => ("404 Not Found", "There is nothing here."),
        Some(Redirect::Code { .. }) => (
            "200 OK",
            "The sign-in page has answered. gatewright continues; you can close this page.",
        ),
        Some(Redirect::Refused { .. }) => (
            "200 OK",
            "The sign-in did not succeed. gatewright shows why; you can close this page.",
        ),
        Some(Redirect::OtherState) => (
            "400 Bad Request",
            "This answer belongs to another sign-in. Try again.",
        ),
    };
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>gatewright</title><p>{text}</p></html>"
    );
    let response = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\nContent-Security-Policy: default-src 'none'\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n{page}",
        page.len()
    );
    // The answer counts even when the browser does not wait for its page.
    let _ = timeout(REQUEST, write(&stream, response.as_bytes())).await;
    found
}

/// The target of the request, once its head is there.
async fn read(stream: &TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut part = [0; 4096];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        stream.readable().await.ok()?;
        match stream.try_read(&mut part) {
            Ok(0) => return None,
            Ok(length) => head.extend_from_slice(part.get(..length)?),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return None,
        }
        if head.len() > MAX_REQUEST {
            return None;
        }
    }
    let head = String::from_utf8(head).ok()?;
    let mut words = head.lines().next()?.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    (method == "GET").then(|| target.to_owned())
}

async fn write(stream: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        stream.writable().await?;
        match stream.try_write(bytes) {
            Ok(length) => bytes = bytes.get(length..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// What a request to `target` brings; nothing when it is none of the sign-in host's.
fn meant(target: &str, state: &str) -> Option<Redirect> {
    let url = Url::parse(&format!("http://localhost{target}")).ok()?;
    if url.path() != "/" {
        return None;
    }
    let field = |wanted: &str| {
        let mut pairs = url.query_pairs();
        let found = pairs.find(|(name, _)| name == wanted)?;
        Some(found.1.into_owned())
    };
    let (code, error) = (field("code"), field("error"));
    if code.is_none() && error.is_none() {
        return None;
    }
    if field("state").as_deref() != Some(state) {
        return Some(Redirect::OtherState);
    }
    Some(match (error, code) {
        (Some(error), _) => Redirect::Refused {
            error,
            description: field("error_description").unwrap_or_default(),
        },
        (None, code) => Redirect::Code {
            code: code?,
            issuer: field("iss"),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_to_the_question_counts() {
        let code = Redirect::Code {
            code: "a b".to_owned(),
            issuer: None,
        };
        assert_eq!(meant("/?code=a+b&state=s&session_state=x", "s"), Some(code));
        assert_eq!(meant("/favicon.ico", "s"), None);
        assert_eq!(meant("/", "s"), None);
        for target in [
            "/?code=a",
            "/?code=a&state=t",
            "/?error=x&state=",
            "/?code=a&state=S",
        ] {
            assert_eq!(meant(target, "s"), Some(Redirect::OtherState), "{target}");
        }
        // What refuses does not become a code by one that stands beside it.
        let refused = Redirect::Refused {
            error: "access_denied".to_owned(),
            description: "AADSTS65004: no".to_owned(),
        };
        let target = "/?error=access_denied&error_description=AADSTS65004%3a+no&state=s&code=a";
        assert_eq!(meant(target, "s"), Some(refused));
    }

    #[test]
    fn another_issuer_is_refused() {
        let issuer = "https://login.microsoftonline.com/t/v2.0";
        assert!(same_issuer(issuer, issuer).is_ok());
        let error = same_issuer("https://evil.example/t/v2.0", issuer).unwrap_err();
        assert!(error.message.contains("evil.example"), "{error}");
    }
}
