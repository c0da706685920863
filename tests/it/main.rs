//! Integration tests: one binary.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on fails"
)]
#![allow(unreachable_pub, reason = "nothing uses a binary of tests")]

mod answers;
mod applying;
mod batches;
mod claims;
mod common;
mod dangers;
mod disk;
mod doctor;
mod drift;
mod editing;
mod evaluate;
mod examples;
mod export;
mod exports;
mod faults;
mod fields;
mod fleet;
mod formats;
mod guard_laws;
mod guards;
mod guards_battery;
mod history;
#[cfg(unix)]
mod hostile;
mod house;
mod impact;
mod import;
mod import_cases;
mod import_told;
mod init;
mod invariants;
mod laws;
mod lint;
mod look;
mod lost;
mod next_run;
mod order;
mod overlays;
mod ownership;
mod permissions;
mod pipelines;
mod plans;
mod proofs;
mod refusals;
mod refuse;
mod registry;
mod replay;
mod replay_by_log;
mod report;
mod requests;
mod risk;
mod rows;
mod rules_agree;
mod runs;
mod sandbox;
mod sandbox_coverage;
mod sandbox_directory;
mod sandbox_policies;
mod sandbox_protocol;
mod sandbox_signin;
mod sandbox_state;
mod sandbox_strict;
mod sandbox_terraform;
mod sandbox_weather;
mod saved_plan;
mod served;
#[cfg(unix)]
mod setup;
mod sign_in;
mod signals;
mod story;
#[cfg(unix)]
mod terminal;
mod tls;
mod tutorial;
mod uses;
mod whatif;
mod words;
mod world;
