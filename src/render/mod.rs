//! What people and programs see: plans, reports and findings, each format in its file.
//!
//! A renderer gives a text; `main` prints it. Nothing that comes from a tenant or a file
//! reaches a terminal with its control characters.

pub mod affected;
mod boxes;
pub mod claims;
pub mod compare;
pub mod diagram;
pub mod doctor;
pub mod drift;
pub mod escape;
pub mod files;
pub mod findings;
#[cfg(test)]
mod fixtures;
pub mod fleet;
pub mod gaps;
pub mod github;
pub mod guards;
pub mod human;
mod hunks;
pub mod impact;
pub mod import;
pub mod json;
pub mod junit;
pub mod look;
pub mod markdown;
pub mod packs;
pub mod plan;
pub mod proof;
pub mod report;
pub mod review;
pub mod risk;
pub mod rules;
pub mod runs;
pub mod sarif;
pub mod saved;
pub mod setup;
pub mod sign_ins;
mod table;
pub mod tenant_manifests;
mod times;
pub mod uses;
pub mod whatif;
pub mod whoami;
pub mod wrap;
