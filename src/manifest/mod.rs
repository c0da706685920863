//! YAML files -> desired state: text, values with places, variables, JSON Schema, types,
//! the rules of Graph that need no tenant. Every fault becomes a finding at its place.

pub mod config;
pub mod edit;
pub mod finding;
pub mod guards;
pub mod project;
pub mod rules;
pub mod schema;
pub mod source;
pub mod vars;
pub mod write;
pub mod yaml;
