//! YAML files -> desired state: text, values with places, variables, JSON Schema, types,
//! the rules of Graph that need no tenant. Every fault becomes a finding at its place.

pub mod allow;
pub mod case;
pub mod claim;
pub mod comments;
pub mod config;
pub mod edit;
mod files;
mod fill;
pub mod fix;
pub mod guards;
pub mod invariant;
pub mod lint;
mod narrow;
pub mod overlay;
pub mod packs;
pub mod patch;
mod plain;
pub mod project;
pub mod references;
pub mod rules;
pub mod scenario;
pub mod schema;
mod spans;
pub mod tenant;
mod tenant_files;
pub mod vars;
pub mod write;
pub mod yaml;
