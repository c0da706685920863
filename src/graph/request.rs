//! One request as a value: built without any I/O, so that tests can look at it.

use std::fmt;

use serde_json::Value;

use crate::model::facts::Edition;

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

    /// True for the resources of which a tenant may ask one a second, all apps together
    /// (Microsoft Graph service-specific throttling limits: identity protection and
    /// conditional access).
    pub fn is_one_per_second(&self) -> bool {
        let path = self.path.trim_start_matches('/').to_ascii_lowercase();
        path.starts_with("identity/conditionalaccess/policies")
            || path.starts_with("identity/conditionalaccess/namedlocations")
            || path.starts_with("identity/conditionalaccess/deleteditems")
            || path.starts_with("identityprotection/")
    }
}

/// The resource units that a request costs outside Conditional Access (Microsoft Graph
/// throttling limits: identity and access; `$select` makes one unit of difference and is not
/// counted in).
pub fn resource_units(method: Method, path: &str) -> u32 {
    let path = path.trim_start_matches('/').to_ascii_lowercase();
    let path = path.split('?').next().unwrap_or_default();
    match method {
        Method::Post if path.ends_with("getbyids") => 3,
        Method::Get if path.ends_with("/members") => 3,
        Method::Get if path.ends_with("/transitivemembers") => 5,
        Method::Get if path.ends_with("/memberof") => 2,
        Method::Get if path == "users" => 2,
        _ => 1,
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

/// Undoes [`encode`]. What is not well-formed stays as it is.
pub fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let pair = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match pair.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &tail[2..];
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
    fn encoding_is_undone() {
        for text in ["A/B", "100 %", "é:ü'", "%41"] {
            assert_eq!(decode(&encode(text)), text);
        }
    }

    #[test]
    fn units_are_those_of_the_page() {
        assert_eq!(resource_units(Method::Get, "/groups/x/members?$top=999"), 3);
        assert_eq!(resource_units(Method::Get, "/users?$filter=x"), 2);
        assert_eq!(
            resource_units(Method::Post, "/directoryObjects/getByIds"),
            3
        );
        assert_eq!(resource_units(Method::Patch, "/groups/x"), 1);
    }

    #[test]
    fn the_one_per_second_resources_are_known() {
        let get = |path: &str| Request::get(Edition::V1, path).is_one_per_second();
        assert!(get("/identity/conditionalAccess/policies?$top=999"));
        assert!(get("/identity/conditionalAccess/namedLocations/x"));
        assert!(get("/identityProtection/riskyUsers"));
        assert!(!get(
            "/identity/conditionalAccess/authenticationStrength/policies"
        ));
        assert!(!get("/groups"));
    }
}
