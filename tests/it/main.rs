//! Integration tests: one binary.
#![allow(clippy::unwrap_used, clippy::panic)]

mod applying;
mod common;
mod dangers;
mod faults;
mod fields;
mod laws;
mod ownership;
mod refuse;
mod requests;
mod risk;
mod runs;
mod sandbox;
mod sandbox_coverage;
mod sandbox_directory;
mod sandbox_policies;
mod sandbox_protocol;
mod sandbox_signin;
mod sandbox_state;
mod sandbox_weather;
mod sign_in;
mod tutorial;
mod world;
