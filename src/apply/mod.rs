//! Converges the tenant: carries a plan out, step by step, and verifies it.

pub mod bodies;
pub mod execute;
pub mod password;
pub mod steps;
pub mod verify;

pub use execute::{Outcome, Report, Secret, execute};
