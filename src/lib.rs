//! gatewright: Conditional Access as code for Microsoft Entra ID.
//!
//! The way of data: `manifest` reads YAML into desired state, `graph` carries requests,
//! `tenant` reads a snapshot of the live tenant and resolves names, `plan` compares both,
//! `apply` converges, `render` shows. `sandbox` is an embedded tenant. A module uses those
//! that stand below it in `ARCHITECTURE.md`, never those above.

pub mod analysis;
pub mod apply;
pub mod claims;
pub mod cli;
pub mod disk;
pub mod doctor;
pub mod export;
pub mod finding;
pub mod fleet;
pub mod graph;
pub mod impact;
pub mod import;
pub mod lint;
pub mod manifest;
pub mod model;
pub mod plan;
pub mod render;
pub mod report;
pub mod risk;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod tenant;
pub mod text;
pub mod uses;
pub mod whatif;
