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

    /// The root of this Graph: scheme, host and port, without a slash at the end.
    pub fn root(&self) -> &'a str {
        self.client.root()
    }

    /// Waits until the service's limits let this request go.
    pub async fn wait_for_pace(&self, request: &Request) {
        self.client.wait_for_pace(request).await;
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
