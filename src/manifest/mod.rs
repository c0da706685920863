//! YAML files -> desired state.

pub mod finding;
pub mod rules;
pub mod source;
pub mod yaml;
