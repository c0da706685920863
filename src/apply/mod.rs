//! Converges the tenant: carries a plan out, step by step, and verifies it.

pub mod adopt;
pub mod bodies;
pub mod execute;
pub mod journal;
pub mod password;
pub mod risk;
pub mod rollback;
mod send;
pub mod steps;
pub mod verify;

pub use execute::{ActionStatus, RunReport, Secret, execute};
