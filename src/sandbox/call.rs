//! One request as the sandbox sees it, and the answer to it.

use std::sync::Arc;

use serde_json::Value;

use super::error::ErrorAnswer;
use super::filter::FilterNames;
use super::filter_text;
use super::tenant::Tenant;
use crate::model::facts::Edition;
use crate::model::requests::{self, RequestParts, Served};

pub(super) use super::value::{Map, new_id, now, now_seconds, strings, text};

pub(super) type Answer = Result<Reply, ErrorAnswer>;

/// A request as it came over the wire, or as one item of a batch.
#[derive(Debug, Clone)]
pub(super) struct Raw {
    pub method: String,
    /// Path and query as received, with the version root.
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub in_batch: bool,
    /// It came over TLS.
    pub secure: bool,
}

impl Raw {
    /// A request without headers and body.
    #[cfg(test)]
    pub(crate) fn new(method: &str, target: &str) -> Self {
        Raw {
            method: method.into(),
            target: target.into(),
            headers: Vec::new(),
            body: Vec::new(),
            in_batch: false,
            secure: false,
        }
    }

    /// Host and port, as the client names them.
    pub(crate) fn authority(&self) -> &str {
        self.header("host").unwrap_or("localhost")
    }

    /// Scheme, host and port, as the client names them.
    pub(crate) fn base(&self) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{}", self.authority())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }
}

/// A request taken apart.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub raw: &'a Raw,
    pub edition: Edition,
    /// Path segments behind the version root, decoded, key parentheses opened:
    /// `users('x')/memberOf` is `users`, `x`, `memberOf`.
    pub path: Vec<String>,
    /// The same in lower case, to recognise the fixed ones.
    pub low: Vec<String>,
    pub query: Vec<(String, String)>,
    /// What a lagging replica holds; references are checked against it.
    pub stale: Option<Arc<Tenant>>,
    /// v1.0 lists service principals among the members of groups.
    pub shows_service_principals: bool,
    /// What a filter that asks for nothing but some names of one property asks for.
    pub names: Option<FilterNames>,
}

impl<'a> Call<'a> {
    pub(crate) fn parse(raw: &'a Raw) -> Result<Self, ErrorAnswer> {
        let (path, query) = raw.target.split_once('?').unwrap_or((&raw.target, ""));
        let mut segments = path.split('/').filter(|s| !s.is_empty());
        let root = segments.next().unwrap_or_default();
        let edition = match root.to_ascii_lowercase().as_str() {
            "v1.0" => Edition::V1,
            "beta" => Edition::Beta,
            _ => {
                return Err(ErrorAnswer::bad(format!("Invalid version: {root}")));
            }
        };
        let mut parts = Vec::new();
        for segment in segments {
            split_segment(&decode(segment, false), &mut parts);
        }
        let query: Vec<(String, String)> = query
            .split('&')
            .filter(|p| !p.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (decode(name, true), decode(value, true))
            })
            .collect();
        let filter = query.iter().find(|(name, _): &&(String, String)| {
            name.strip_prefix('$')
                .unwrap_or(name)
                .eq_ignore_ascii_case("filter")
        });
        let names = filter.and_then(|(_, text)| filter_text::parse(text).ok()?.names());
        Ok(Call {
            raw,
            edition,
            names,
            low: parts.iter().map(|p| p.to_ascii_lowercase()).collect(),
            path: parts,
            query,
            stale: None,
            shows_service_principals: false,
        })
    }

    /// What the table of requests knows of it.
    pub(crate) fn known(&self) -> Served {
        let body = match self.raw.body.is_empty() {
            true => None,
            false => self.json().ok(),
        };
        requests::served(&RequestParts {
            method: match self.method() {
                "HEAD" => "GET",
                method => method,
            },
            edition: self.edition,
            path: &self.path,
            query: &self.query,
            body: body.as_ref(),
        })
    }

    /// The tenant as the replica sees it that checks this request.
    pub(crate) fn seen<'b>(&'b self, tenant: &'b Tenant) -> &'b Tenant {
        self.stale.as_deref().unwrap_or(tenant)
    }

    pub(crate) fn method(&self) -> &str {
        &self.raw.method
    }

    /// A query option, with or without its `$`.
    pub(crate) fn option(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(n, _)| n.strip_prefix('$').unwrap_or(n).eq_ignore_ascii_case(name))
            .map(|(_, v)| v.as_str())
    }

    /// The body as JSON; `null` and an empty body are refused.
    pub(crate) fn json(&self) -> Result<Value, ErrorAnswer> {
        let value: Value = serde_json::from_slice(&self.raw.body).map_err(|_| {
            ErrorAnswer::bad(
                "Unable to read JSON request payload. Please ensure Content-Type header is set and \
                 payload is of valid JSON format.",
            )
        })?;
        Ok(value)
    }

    pub(crate) fn eventual(&self) -> bool {
        self.raw
            .header("consistencylevel")
            .is_some_and(|v| v.eq_ignore_ascii_case("eventual"))
    }

    /// Text of `@odata.context`. Graph's own host, as in its documentation: clients
    /// treat it as opaque.
    pub(crate) fn context(&self, what: &str) -> String {
        context(self.edition, what)
    }

    /// The absolute address of this request with another `$skiptoken`.
    pub(crate) fn next_link(&self, token: &str) -> String {
        let path = self.raw.target.split('?').next().unwrap_or_default();
        let mut query: Vec<String> = self
            .query
            .iter()
            .filter(|(n, _)| {
                let bare = n.strip_prefix('$').unwrap_or(n);
                !bare.eq_ignore_ascii_case("skiptoken") && !bare.eq_ignore_ascii_case("skip")
            })
            .map(|(n, v)| format!("{}={}", encode(n), encode(v)))
            .collect();
        query.push(format!("$skiptoken={token}"));
        format!("{}{path}?{}", self.raw.base(), query.join("&"))
    }
}

pub(super) fn context(edition: Edition, what: &str) -> String {
    format!(
        "https://graph.microsoft.com/{}/$metadata#{what}",
        edition.segment()
    )
}

/// An answer before headers and metadata level.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reply {
    pub status: u16,
    pub body: Body,
    /// The tenant changed: it has to be saved before the answer goes out.
    pub changed: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Body {
    None,
    Json(Value),
    Text(String),
    Xml(String),
}

impl Reply {
    pub(crate) fn ok(value: Value) -> Self {
        Reply {
            status: 200,
            body: Body::Json(value),
            changed: false,
        }
    }

    pub(crate) fn created(value: Value) -> Self {
        Reply {
            status: 201,
            body: Body::Json(value),
            changed: true,
        }
    }

    pub(crate) fn no_content() -> Self {
        Reply {
            status: 204,
            body: Body::None,
            changed: true,
        }
    }

    pub(crate) fn text(text: String) -> Self {
        Reply {
            status: 200,
            body: Body::Text(text),
            changed: false,
        }
    }

    pub(crate) fn xml(text: String) -> Self {
        Reply {
            status: 200,
            body: Body::Xml(text),
            changed: false,
        }
    }

    pub(crate) fn changed(mut self) -> Self {
        self.changed = true;
        self
    }
}

/// An answer as it is sent.
#[derive(Debug)]
pub(super) struct ServedAnswer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Body,
    /// It is not sent: the connection drops.
    pub lost: bool,
    /// It is held back: the connection stays open.
    pub held: bool,
}

/// `policies('x')` is `policies`, `x`; `servicePrincipals(appId='x')` keeps its key as
/// `(appId='x')`, which no plain segment can be.
fn split_segment(segment: &str, into: &mut Vec<String>) {
    let Some((name, rest)) = segment.split_once('(') else {
        into.push(segment.to_owned());
        return;
    };
    let Some(key) = rest.strip_suffix(')').filter(|_| !name.is_empty()) else {
        into.push(segment.to_owned());
        return;
    };
    into.push(name.to_owned());
    match quoted(key) {
        Some(id) => into.push(id),
        None if key.contains('=') => into.push(format!("({key})")),
        None if key.is_empty() => {}
        None => into.push(key.to_owned()),
    }
}

fn quoted(text: &str) -> Option<String> {
    let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
    Some(inner.replace("''", "'"))
}

/// The name and value of a key segment made by [`split_segment`].
pub(super) fn alternate_key(segment: &str) -> Option<(String, String)> {
    let (name, value) = segment
        .strip_prefix('(')?
        .strip_suffix(')')?
        .split_once('=')?;
    Some((name.trim().to_owned(), quoted(value.trim())?))
}

pub(super) fn decode(text: &str, plus_is_space: bool) -> String {
    let hex = |b: &u8| char::from(*b).to_digit(16);
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        let digits = tail
            .split_at_checked(2)
            .and_then(|(pair, behind)| match pair {
                [high, low] => Some((hex(high)? * 16 + hex(low)?, behind)),
                _ => None,
            });
        match (first, digits) {
            (b'%', Some((byte, behind))) => {
                out.push(byte as u8);
                rest = behind;
            }
            (b'+', _) if plus_is_space => out.push(b' '),
            (other, _) => out.push(*other),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn encode(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z'
            | b'a'..=b'z'
            | b'0'..=b'9'
            | b'-'
            | b'_'
            | b'.'
            | b'~'
            | b'$'
            | b','
            | b'\''
            | b'('
            | b')'
            | b'*'
            | b':'
            | b'/'
            | b'@' => out.push(byte as char),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(target: &str) -> Raw {
        Raw {
            headers: vec![("host".into(), "127.0.0.1:1".into())],
            ..Raw::new("GET", target)
        }
    }

    #[test]
    fn key_parentheses_and_percent_encoding_are_opened() {
        let raw = raw(
            "/v1.0/users('a''b%40contoso.com')/memberOf?%24filter=displayName+eq+'x%2By'&top=2",
        );
        let call = Call::parse(&raw).unwrap();
        assert_eq!(call.path, ["users", "a'b@contoso.com", "memberOf"]);
        assert_eq!(call.option("filter"), Some("displayName eq 'x+y'"));
        assert_eq!(call.option("top"), Some("2"));
    }

    #[test]
    fn an_alternate_key_is_kept_with_its_name() {
        let raw = raw("/beta/servicePrincipals(appId='x')");
        let call = Call::parse(&raw).unwrap();
        assert_eq!(
            alternate_key(&call.path[1]),
            Some(("appId".into(), "x".into()))
        );
    }

    #[test]
    fn next_link_replaces_the_token_and_drops_skip() {
        let raw = raw("/v1.0/users?$top=2&$skip=3&$filter=displayName eq 'a b'");
        let link = Call::parse(&raw).unwrap().next_link("t");
        assert_eq!(
            link,
            "http://127.0.0.1:1/v1.0/users?$top=2&$filter=displayName%20eq%20'a%20b'&$skiptoken=t"
        );
    }

    #[test]
    fn times_have_seven_fractional_digits() {
        let now = now();
        assert_eq!(now.len(), "2020-11-03T20:56:38.6210843Z".len());
        assert!(now.ends_with('Z') && now.parse::<jiff::Timestamp>().is_ok());
    }

    proptest::proptest! {
        #[test]
        fn any_target_is_taken_apart_without_a_panic(target in ".*") {
            let raw = raw(&target);
            if let Ok(call) = Call::parse(&raw) {
                let _ = call.next_link("t");
            }
        }
    }
}
