//! The errors of the sandbox: those that Graph sends, and those that keep it from running.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde_json::{Value, json};

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
    /// The tenant file cannot be written.
    #[error("the sandbox cannot write its tenant file `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// An answer of Graph's that is an error.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct GraphError {
    pub status: u16,
    pub code: &'static str,
    pub message: String,
    /// What a person needs to find the fault; Graph's numbered texts seldom say it.
    pub details: Vec<Value>,
}

impl GraphError {
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        GraphError {
            status,
            code,
            message: message.into(),
            details: Vec::new(),
        }
    }

    pub fn detail(mut self, code: &str, target: &str, message: impl Into<String>) -> Self {
        self.details
            .push(json!({"code": code, "message": message.into(), "target": target}));
        self
    }

    /// 400 of the Conditional Access service and of the request line itself.
    pub fn bad(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    /// 400 of the directory.
    pub fn directory(message: impl Into<String>) -> Self {
        Self::new(400, "Request_BadRequest", message)
    }

    /// 1007: the body is no policy.
    pub fn schema(target: &str, reason: impl Into<String>) -> Self {
        Self::bad(
            "1007: Incoming ConditionalAccessPolicy object is null or does not match the schema of \
             ConditionalAccessPolicy type. For examples, please see API documentation at \
             https://docs.microsoft.com/en-us/graph/api/conditionalaccessroot-post-policies?view=graph-rest-1.0.",
        )
        .detail("InvalidSchema", target, reason)
    }

    /// 1032: the policy contradicts itself. `kind` is Graph's word where it is known.
    pub fn validation(kind: &str, target: &str, reason: impl Into<String>) -> Self {
        Self::bad(format!(
            "1032: ConditionalActionPolicy validation failed due to {kind}."
        ))
        .detail(kind, target, reason)
    }

    pub fn missing_ca(kind: &str, id: &str) -> Self {
        Self::new(
            404,
            "ResourceNotFound",
            format!("{kind} with id {id} does not exist in the directory."),
        )
    }

    pub fn missing_directory(id: &str) -> Self {
        Self::new(
            404,
            "Request_ResourceNotFound",
            format!(
                "Resource '{id}' does not exist or one of its queried reference-property objects are not present."
            ),
        )
    }

    pub fn segment(name: &str) -> Self {
        Self::bad(format!("Resource not found for the segment '{name}'."))
    }

    pub fn method() -> Self {
        Self::new(
            405,
            "Request_BadRequest",
            "Specified HTTP method is not allowed for the request target.",
        )
    }

    pub fn unsupported_query(message: impl Into<String>) -> Self {
        Self::new(400, "Request_UnsupportedQuery", message)
    }

    pub fn filter(message: impl Into<String>) -> Self {
        Self::bad(format!("Invalid filter clause: {}", message.into()))
    }

    pub fn conflict(property: &str) -> Self {
        let message =
            format!("Another object with the same value for property {property} already exists.");
        Self::directory(message.clone()).detail("ObjectConflict", property, message)
    }

    /// The body, with the ids of the request that it answers.
    pub fn body(&self, request_id: &str, client_request_id: &str, date: &str) -> Value {
        let mut error = json!({"code": self.code, "message": self.message});
        if let Some(map) = error.as_object_mut() {
            if !self.details.is_empty() {
                map.insert("details".into(), Value::Array(self.details.clone()));
            }
            map.insert(
                "innerError".into(),
                json!({"date": date, "request-id": request_id, "client-request-id": client_request_id}),
            );
        }
        json!({"error": error})
    }
}
