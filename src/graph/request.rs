//! One request as a value: built without any I/O, so that tests can look at it.

use std::fmt;

use serde_json::Value;

use crate::model::facts::Edition;
use crate::model::requests::{self, RateLimit, RequestParts, Served, Shape};

/// An HTTP method that Graph knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates, or calls an action.
    Post,
    /// Changes.
    Patch,
    /// Deletes.
    Delete,
}

impl Method {
    /// The method's text.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }
}

/// One request below a version root.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// v1.0 or beta.
    pub edition: Edition,
    /// The path below the version root, with its query, percent-encoded.
    pub path: String,
    /// The JSON body.
    pub body: Option<Value>,
}

impl Request {
    /// A GET.
    pub fn get(edition: Edition, path: impl Into<String>) -> Request {
        Request {
            method: Method::Get,
            edition,
            path: path.into(),
            body: None,
        }
    }

    /// A POST with a body.
    pub fn post(edition: Edition, path: impl Into<String>, body: Value) -> Request {
        Request {
            method: Method::Post,
            edition,
            path: path.into(),
            body: Some(body),
        }
    }

    /// A PATCH with a body.
    pub fn patch(edition: Edition, path: impl Into<String>, body: Value) -> Request {
        Request {
            method: Method::Patch,
            edition,
            path: path.into(),
            body: Some(body),
        }
    }

    /// A DELETE.
    pub fn delete(edition: Edition, path: impl Into<String>) -> Request {
        Request {
            method: Method::Delete,
            edition,
            path: path.into(),
            body: None,
        }
    }

    /// The row of the table of requests. `None`: the table does not know it.
    pub fn shape(&self) -> Option<&'static Shape> {
        let (path, query) = self.parts();
        let asked = RequestParts {
            method: self.method.as_str(),
            edition: self.edition,
            path: &path,
            query: &query,
            body: self.body.as_ref(),
        };
        requests::sent(&asked)
    }

    /// The headers that it needs, besides those of every HTTP request. An item of a batch has
    /// its own (JSON batching), and a following page needs them again.
    pub fn headers(&self) -> Vec<(&'static str, &'static str)> {
        let mut headers = vec![requests::PREFER];
        let advanced = self.parts().1.iter().any(|(name, _)| name == "$count");
        headers.extend(advanced.then_some(requests::EVENTUAL));
        headers
    }

    /// The limit that it falls under, and what it costs where that is counted in resource units.
    pub fn cost(&self) -> (Option<RateLimit>, u32) {
        match self.shape() {
            Some(shape) => (shape.limit, shape.units(&self.parts().1)),
            // A request that is none of gatewright's own, such as one of doctor's: by its path.
            None => (self.limit_of_path(), 1),
        }
    }

    fn limit_of_path(&self) -> Option<RateLimit> {
        let (path, query) = self.parts();
        let asked = RequestParts {
            method: self.method.as_str(),
            edition: self.edition,
            path: &path,
            query: &query,
            body: self.body.as_ref(),
        };
        match requests::served(&asked) {
            Served::Rows(rows) => rows.iter().find_map(|shape| shape.limit),
            Served::OtherMethod | Served::Nothing => None,
        }
    }

    /// The decoded segments of the path, and the decoded query options.
    fn parts(&self) -> (Vec<String>, Vec<(String, String)>) {
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        let segments = path.split('/').filter(|segment| !segment.is_empty());
        let options = query.split('&').filter(|option| !option.is_empty());
        (
            segments.map(decode).collect(),
            options
                .map(|option| {
                    let (name, value) = option.split_once('=').unwrap_or((option, ""));
                    (decode(name), decode(value))
                })
                .collect(),
        )
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} /{}/{}",
            self.method.as_str(),
            self.edition.segment(),
            self.path.trim_start_matches('/')
        )
    }
}

/// A text as an OData string literal: in quotes, quotes doubled.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Percent-encodes a text for a query value or a path segment (RFC 3986 unreserved
/// characters stay).
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

/// The path of the object of an id, or of a name, in a collection. Texts become segments of paths
/// here and nowhere else, so that none of them leads to another object.
pub fn item(collection: &str, id: &str) -> String {
    format!("{collection}/{}", encode(id))
}

/// Undoes [`encode`]. What is not well-formed stays as it is.
pub fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let byte = tail.split_at_checked(2).and_then(|(pair, behind)| {
            let digits = std::str::from_utf8(pair).ok()?;
            Some((u8::from_str_radix(digits, 16).ok()?, behind))
        });
        match byte {
            Some((byte, behind)) if *first == b'%' => {
                bytes.push(byte);
                rest = behind;
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// `property in ('a','b')`, encoded, for at most 15 values: the directory takes no more in
/// one filter.
pub fn in_filter(property: &str, values: &[String]) -> String {
    let list: Vec<String> = values.iter().map(|v| literal(v)).collect();
    encode(&format!("{property} in ({})", list.join(",")))
}

/// How many values one `in` takes on directory objects.
pub const IN_LIMIT: usize = 15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_quotes_and_signs_survive_a_filter() {
        assert_eq!(
            in_filter("displayName", &["O'Brien & Söhne".to_owned()]),
            "displayName%20in%20%28%27O%27%27Brien%20%26%20S%C3%B6hne%27%29"
        );
    }

    #[test]
    fn a_segment_stays_one() {
        assert_eq!(item("/groups", "a/../b?c"), "/groups/a%2F..%2Fb%3Fc");
    }

    #[test]
    fn encoding_is_undone() {
        for text in ["A/B", "100 %", "é:ü'", "%41"] {
            assert_eq!(decode(&encode(text)), text);
        }
    }

    #[test]
    fn an_advanced_query_bears_its_header() {
        let headers = |path: &str| Request::get(Edition::V1, path).headers();
        assert_eq!(headers("/users?$select=id"), [requests::PREFER]);
        assert_eq!(
            headers("/users?$filter=a%20eq%20%27b%27&$count=true"),
            [requests::PREFER, requests::EVENTUAL]
        );
    }

    #[test]
    fn limits_and_costs_are_those_of_the_table() {
        let cost = |path: &str| Request::get(Edition::V1, path).cost();
        let policies = "/identity/conditionalAccess/policies?$top=999";
        assert_eq!(cost(policies).0, Some(RateLimit::OnePerSecond));
        assert_eq!(
            cost("/identityProtection/riskyUsers/x").0,
            Some(RateLimit::OnePerSecond)
        );
        assert_eq!(
            cost("/policies/authenticationStrengthPolicies").0,
            Some(RateLimit::Neighbour)
        );
        // Whose shape is none of gatewright's own falls under the limit of its path.
        assert_eq!(
            cost("/identity/conditionalAccess/policies?$top=1").0,
            Some(RateLimit::OnePerSecond)
        );
        assert_eq!(cost("/groups/x/members?$select=id&$top=999"), (None, 2));
    }
}
