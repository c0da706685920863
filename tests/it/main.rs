//! Integration tests: one binary.
#![allow(clippy::unwrap_used, clippy::panic)]

mod sandbox;
