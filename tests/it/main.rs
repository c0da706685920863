//! Integration tests: one binary.
#![allow(clippy::unwrap_used, clippy::panic)]

mod fields;
mod sandbox;
mod sandbox_directory;
mod sandbox_policies;
mod sandbox_protocol;
mod world;
