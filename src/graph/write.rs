//! The write half: whoever holds a writer can change the tenant.

use serde_json::Value;

use super::client::Client;
use super::error::GraphError;
use super::request::{Method, Request};

/// A connection that can write.
#[derive(Debug, Clone, Copy)]
pub struct Writer<'a> {
    client: &'a Client,
}

impl<'a> Writer<'a> {
    /// The write half of a client.
    pub fn new(client: &'a Client) -> Writer<'a> {
        Writer { client }
    }

    /// Carries a write out and gives its answer (`null` for an empty one). Deleting what is
    /// already gone is success.
    ///
    /// # Errors
    /// See [`GraphError`]; [`GraphError::maybe_done`] tells whether it may have happened.
    pub async fn send(&self, request: &Request) -> Result<Value, GraphError> {
        match self.client.send(request).await {
            Err(error) if request.method == Method::Delete && error.is_not_found() => {
                Ok(Value::Null)
            }
            other => other,
        }
    }
}
