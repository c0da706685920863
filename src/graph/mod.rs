//! The wire: requests to Microsoft Graph, built as values, sent with patience, answered
//! with JSON or an error that says what Graph said.

pub mod auth;
mod cause;
pub mod client;
pub mod endpoint;
pub mod error;
pub mod read;
pub mod refusal;
pub mod request;
pub mod write;

pub use auth::token;
pub use client::Client;
pub use error::GraphError;
pub use request::Request;
