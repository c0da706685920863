//! The errors of the sandbox: those that Graph sends, and those that keep it from running.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::value::Map;

/// Why the sandbox cannot start, or cannot keep its tenant.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// The address is taken or not ours: the caller chose it.
    #[error("the sandbox cannot listen on `{address}`")]
    Bind {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The tenant file is there but cannot be read.
    #[error("the sandbox cannot read its tenant file `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The tenant file is not what the sandbox writes. It is left as it is.
    #[error("the sandbox's tenant file `{}` is broken at line {line}, column {column}: {reason}", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// Line of the fault, counted from 1.
        line: usize,
        /// Column of the fault, counted from 1.
        column: usize,
        /// What is wrong there.
        reason: String,
    },
    /// The tenant file was written by a newer version of the program.
    #[error(
        "the sandbox's tenant file `{}` has version {found}, this program knows versions up to {known}",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version it states.
        found: u64,
        /// The newest version that this program reads.
        known: u64,
    },
    /// Another process has the tenant file.
    #[error(
        "the sandbox's tenant file `{}` is in use by {}{}",
        path.display(),
        pid.map_or("another process".to_owned(), |pid| format!("process {pid}")),
        url.as_ref().map_or_else(String::new, |url| format!(", which serves it on {url}"))
    )]
    InUse {
        /// The file.
        path: PathBuf,
        /// The process.
        pid: Option<u64>,
        /// Where it serves the tenant.
        url: Option<String>,
        /// The authority of its certificate, when it serves over TLS.
        certificate: Option<PathBuf>,
    },
    /// The certificate cannot be made.
    #[error("the sandbox cannot make its certificate")]
    Certificate {
        /// What the cryptography said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file to be loaded is not what can be loaded.
    #[error("`{}` cannot be loaded: {reason}", path.display())]
    Seed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A request to the sandbox itself was refused.
    #[error("{0}")]
    Refused(String),
    /// The file that is to be put back to how a tenant starts is something else.
    #[error("`{}` is no tenant of the sandbox, so it is left as it is; name another file", path.display())]
    NoTenant {
        /// The file.
        path: PathBuf,
    },
    /// The lock file beside the tenant file cannot be made or used.
    #[error("the sandbox cannot use its lock file `{}`", path.display())]
    Lock {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The tenant file cannot be written.
    #[error("the sandbox cannot write its tenant file `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Where the numbered texts of the Conditional Access service stand. Both were seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ErrorForm {
    /// In `message`, as in reports since 2021.
    #[default]
    Message,
    /// In `innerError.message`, behind a general text, as in reports of 2020 and some later.
    Inner,
}

/// The general text of the older form.
const GENERIC: &str =
    "The server could not process the request because it is malformed or incorrect.";

/// What a check gives.
pub(super) type Check = Result<(), ErrorAnswer>;

pub(super) fn invalid<T>(kind: &str, target: &str, reason: &str) -> Result<T, ErrorAnswer> {
    Err(ErrorAnswer::validation(kind, target, reason))
}

/// An answer of Graph's that is an error.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ErrorAnswer {
    pub status: u16,
    pub code: &'static str,
    pub message: String,
    /// What a person needs to find the fault; Graph's numbered texts seldom say it.
    pub details: Vec<Value>,
    /// Headers of the answer, such as Retry-After.
    pub headers: Vec<(&'static str, String)>,
}

impl ErrorAnswer {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        ErrorAnswer {
            status,
            code,
            message: message.into(),
            details: Vec::new(),
            headers: Vec::new(),
        }
    }

    pub(crate) fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(crate) fn detail(mut self, code: &str, target: &str, message: impl Into<String>) -> Self {
        self.details
            .push(json!({"code": code, "message": message.into(), "target": target}));
        self
    }

    /// 400 of the Conditional Access service and of the request line itself.
    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    /// 400 of the directory.
    pub(crate) fn directory(message: impl Into<String>) -> Self {
        Self::new(400, "Request_BadRequest", message)
    }

    /// 1007: the body is no policy.
    pub(crate) fn schema(target: &str, reason: impl Into<String>) -> Self {
        Self::bad(
            "1007: Incoming ConditionalAccessPolicy object is null or does not match the schema of \
             ConditionalAccessPolicy type. For examples, please see API documentation at \
             https://docs.microsoft.com/en-us/graph/api/conditionalaccessroot-post-policies?view=graph-rest-1.0.",
        )
        .detail("InvalidSchema", target, reason)
    }

    /// 1032: the policy contradicts itself. `kind` is Graph's word where it is known.
    pub(crate) fn validation(kind: &str, target: &str, reason: impl Into<String>) -> Self {
        Self::bad(format!(
            "1032: ConditionalActionPolicy validation failed due to {kind}."
        ))
        .detail(kind, target, reason)
    }

    pub(crate) fn missing_ca(kind: &str, id: &str) -> Self {
        Self::new(
            404,
            "ResourceNotFound",
            format!("{kind} with id {id} does not exist in the directory."),
        )
    }

    pub(crate) fn missing_directory(id: &str) -> Self {
        Self::new(
            404,
            "Request_ResourceNotFound",
            format!(
                "Resource '{id}' does not exist or one of its queried reference-property objects are not present."
            ),
        )
    }

    pub(crate) fn segment(name: &str) -> Self {
        Self::bad(format!("Resource not found for the segment '{name}'."))
    }

    pub(crate) fn method() -> Self {
        Self::new(
            405,
            "Request_BadRequest",
            "Specified HTTP method is not allowed for the request target.",
        )
    }

    pub(crate) fn unsupported_query(message: impl Into<String>) -> Self {
        Self::new(400, "Request_UnsupportedQuery", message)
    }

    pub(crate) fn filter(message: impl Into<String>) -> Self {
        Self::bad(format!("Invalid filter clause: {}", message.into()))
    }

    pub(crate) fn conflict(property: &str) -> Self {
        let message =
            format!("Another object with the same value for property {property} already exists.");
        Self::directory(message.clone()).detail("ObjectConflict", property, message)
    }

    /// Whether the message starts with a number of the Conditional Access service.
    fn numbered(&self) -> bool {
        self.code == "BadRequest"
            && self.message.split_once(": ").is_some_and(|(number, _)| {
                !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
            })
    }

    /// The body, with the ids of the request that it answers.
    pub(crate) fn body(
        &self,
        form: ErrorForm,
        request_id: &str,
        client_request_id: &str,
        date: &str,
    ) -> Value {
        let mut inner = Map::new();
        let mut message = self.message.as_str();
        if form == ErrorForm::Inner && self.numbered() {
            inner.insert("message".into(), message.into());
            message = GENERIC;
        }
        inner.insert("date".into(), date.into());
        inner.insert("request-id".into(), request_id.into());
        inner.insert("client-request-id".into(), client_request_id.into());
        let mut error = Map::new();
        error.insert("code".into(), self.code.into());
        error.insert("message".into(), message.into());
        if !self.details.is_empty() {
            error.insert("details".into(), Value::Array(self.details.clone()));
        }
        error.insert("innerError".into(), Value::Object(inner));
        json!({"error": error})
    }
}
