//! What can go wrong on the wire, and what Graph's error bodies say.

use std::fmt;

use serde_json::Value;

use super::auth::SignInError;
use super::refusal::Denial;
use crate::finding::{Code, Finding};

/// A request that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum GraphError {
    /// Graph answered with an error.
    #[error("{0}")]
    Api(Box<ApiError>),
    /// No answer came: the network, or the service, is at fault.
    #[error("no answer to {request}: {problem}")]
    Network {
        /// The request, without its body.
        request: String,
        /// What happened, without the URL.
        problem: String,
        /// True when the request may have been carried out all the same.
        maybe_done: bool,
    },
    /// The answer is not what Graph documents.
    #[error("the answer to {request} cannot be understood: {problem}")]
    Answer {
        /// The request.
        request: String,
        /// What is wrong with the answer.
        problem: String,
    },
    /// The tenant's entry or the environment does not let gatewright sign in.
    #[error("cannot sign in: {0}")]
    SignIn(String),
    /// No token could be had.
    #[error("cannot sign in: {0}")]
    NoToken(Box<SignInError>),
    /// A fault of gatewright: nothing documents the request that it would have sent.
    #[error("nothing was sent: {0} is not in the table of requests (src/model/requests)")]
    Unlisted(String),
    /// The endpoint is not one that a token may be sent to.
    #[error("{0}")]
    Endpoint(String),
}

impl From<SignInError> for GraphError {
    fn from(error: SignInError) -> GraphError {
        GraphError::NoToken(Box::new(error))
    }
}

impl GraphError {
    /// Graph's answer, when there was one.
    pub fn api(&self) -> Option<&ApiError> {
        match self {
            GraphError::Api(error) => Some(error),
            _ => None,
        }
    }

    /// A refusal as a finding that says what to do; nothing for any other error.
    pub fn refused(&self) -> Option<Finding> {
        let api = self.api()?;
        let refusal = api.refusal.as_ref()?;
        let code = match refusal.licence {
            true => Code::MissingLicence,
            false => Code::MissingPermission,
        };
        Some(
            Finding::error(code, format!("{}: {}", refusal.what, api.plain()))
                .help(refusal.help.as_str()),
        )
    }

    /// True when Graph said that the object does not exist.
    pub fn is_not_found(&self) -> bool {
        self.api().is_some_and(|e| e.status == 404)
    }

    /// True when the write may have happened although no success was seen.
    pub fn maybe_done(&self) -> bool {
        match self {
            GraphError::Network { maybe_done, .. } => *maybe_done,
            GraphError::Api(error) => error.status >= 500,
            GraphError::Answer { .. } => true,
            GraphError::SignIn(_)
            | GraphError::NoToken(_)
            | GraphError::Unlisted(_)
            | GraphError::Endpoint(_) => false,
        }
    }
}

/// What stands in the place of a message that Graph did not give.
const NO_MESSAGE: &str = "no message";

/// An error that Graph answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// The HTTP status.
    pub status: u16,
    /// Graph's code, such as `BadRequest`.
    pub code: String,
    /// Graph's message, the numbered one where there is one.
    pub message: String,
    /// The number that Conditional Access puts before its messages, such as 1040.
    pub number: Option<u32>,
    /// The numbered text stood in `innerError`.
    pub inner: bool,
    /// What `details` adds, such as the property that is wrong.
    pub details: Vec<String>,
    /// The request, without its body.
    pub request: String,
    /// Graph's id of the request, for Microsoft's support.
    pub request_id: Option<String>,
    /// Our id of the request.
    pub client_request_id: Option<String>,
    /// How many seconds Graph asks to wait.
    pub retry_after: Option<u64>,
    /// Why a 403 was answered, and what to do.
    pub refusal: Option<Denial>,
}

impl ApiError {
    /// Reads an error body, whichever of its known shapes it has.
    pub fn from_body(request: String, status: u16, body: &[u8]) -> ApiError {
        let json: Value = serde_json::from_slice(body).unwrap_or_default();
        let error = json.get("error").unwrap_or(&json);
        let text = |value: Option<&Value>| {
            value
                .and_then(Value::as_str)
                .map(str::to_owned)
                .filter(|t| !t.is_empty())
        };
        let inner = error.get("innerError").or_else(|| error.get("innererror"));
        let mut code = text(error.get("code")).unwrap_or_default();
        // OAuth errors have another shape: {"error": "invalid_client", "error_description": ...}.
        if code.is_empty()
            && let Some(name) = error.as_str()
        {
            code = name.to_owned();
        }
        let outer = text(error.get("message")).or_else(|| text(json.get("error_description")));
        let inner_message = inner.and_then(|i| text(i.get("message")));
        // Conditional Access put the numbered text into innerError for years.
        let message = match (&outer, &inner_message) {
            (Some(outer), _) if number_of(outer).is_some() => outer.clone(),
            (_, Some(inner)) if number_of(inner).is_some() => inner.clone(),
            (Some(outer), _) => outer.clone(),
            (None, Some(inner)) => inner.clone(),
            (None, None) => match std::str::from_utf8(body) {
                Ok(text) if !error.is_object() && !text.trim().is_empty() && text.len() < 300 => {
                    text.trim().to_owned()
                }
                _ => NO_MESSAGE.to_owned(),
            },
        };
        let details = error
            .get("details")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|d| text(d.get("message")))
            .filter(|d| *d != message)
            .collect();
        let inner_text =
            inner_message.as_ref() == Some(&message) && outer.as_ref() != Some(&message);
        ApiError {
            inner: inner_text,
            status,
            code,
            details,
            number: number_of(&message),
            message,
            request,
            request_id: inner.and_then(|i| text(i.get("request-id"))),
            client_request_id: inner.and_then(|i| text(i.get("client-request-id"))),
            retry_after: None,
            refusal: None,
        }
    }

    /// True for a 400 that says nothing about why.
    pub fn is_mute_refusal(&self) -> bool {
        self.status == 400 && self.message == NO_MESSAGE
    }

    /// Graph's code and message.
    pub(super) fn said(&self) -> String {
        format!("{} {}", self.code, self.message)
    }

    /// What Graph said, without what it means.
    pub fn plain(&self) -> impl fmt::Display + '_ {
        Plain(self)
    }

    /// What the error means and what to do, where that is known and not told already.
    pub fn advice(&self) -> Option<&'static str> {
        Some(match (self.number, self.status, self.code.as_str()) {
            (Some(1007), ..) => {
                "the body does not match the policy schema: a member or a value that this edition of Graph does not know"
            }
            (Some(1011), ..) => {
                "the policy includes no application, user action or authentication context"
            }
            (Some(1034), ..) => "an application has no service principal in the tenant",
            (Some(1037), ..) => "the policy has a preview member: use the beta edition",
            (Some(1040), ..) => {
                "a named location does not exist, or was just created and is not visible everywhere yet"
            }
            (Some(1054), ..) => {
                "a group does not exist, or was just created and is not visible everywhere yet"
            }
            (Some(1064), ..) => "`clientAppTypes` must not be empty: omit it",
            (_, 401, _) => "the token is missing, expired or for another service",
            (_, 429, _) => "the tenant is being asked too fast; other tools may share its budget",
            _ => return None,
        })
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.plain())?;
        match &self.refusal {
            Some(refusal) => write!(f, " - {}: {}", refusal.what, refusal.help),
            None => Ok(()),
        }
    }
}

/// What Graph said, without what it means.
struct Plain<'a>(&'a ApiError);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let this = self.0;
        write!(f, "{} was answered with {}", this.request, this.status)?;
        if !this.code.is_empty() {
            write!(f, " {}", this.code)?;
        }
        write!(f, ": {}", this.message)?;
        for detail in &this.details {
            write!(f, " [{detail}]")?;
        }
        if let Some(id) = &this.request_id {
            write!(f, " (request-id {id}")?;
            if let Some(own) = &this.client_request_id {
                write!(f, ", client-request-id {own}")?;
            }
            f.write_str(")")?;
        }
        Ok(())
    }
}

fn number_of(message: &str) -> Option<u32> {
    let (digits, _) = message.trim_start().split_once(':')?;
    (digits.len() == 4).then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> ApiError {
        ApiError::from_body("POST /v1.0/x".to_owned(), 400, body.as_bytes())
    }

    #[test]
    fn the_numbered_text_is_found_in_both_places() {
        let new = read(
            r#"{"error":{"code":"BadRequest","message":"1040: NamedLocation with id x does not exist in the directory.","innerError":{"request-id":"r"}}}"#,
        );
        assert_eq!(
            (new.number, new.request_id.as_deref()),
            (Some(1040), Some("r"))
        );
        let old = read(
            r#"{"error":{"code":"BadRequest","message":"The server could not process the request because it is malformed or incorrect.","innererror":{"message":"1064: clientAppTypes"}}}"#,
        );
        assert_eq!(
            (old.number, old.message.as_str()),
            (Some(1064), "1064: clientAppTypes")
        );
    }

    #[test]
    fn any_other_body_is_shown_as_it_is() {
        assert_eq!(read("Bad Gateway").message, "Bad Gateway");
        assert_eq!(read("").message, "no message");
        let mute = r#"{"error":{"code":"BadRequest","message":"","innerError":{}}}"#;
        assert!(read(mute).is_mute_refusal() && !read("Bad Gateway").is_mute_refusal());
        assert_eq!(
            read(r#"{"error":"invalid_client","error_description":"AADSTS7000215"}"#).code,
            "invalid_client"
        );
    }
}
