//! The wire: requests to Microsoft Graph, built as values, sent with patience, answered
//! with JSON or an error that says what Graph said.

mod answer;
pub mod auth;
mod cause;
pub mod client;
pub mod endpoint;
pub mod error;
mod patience;
pub mod read;
pub mod reading;
pub mod refusal;
pub mod request;
mod secrets;
pub mod trust;
pub mod write;

pub use auth::token;
pub use client::Client;
pub use error::GraphError;
pub use request::Request;
