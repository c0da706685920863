//! Integration tests: one binary.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;
mod refuse;
mod sandbox;
mod sandbox_directory;
mod sandbox_policies;
mod sandbox_protocol;
