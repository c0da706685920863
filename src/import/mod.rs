//! Existing objects -> manifests.

pub mod export;
