//! What is there already becomes manifests: files from live objects or exports, and what
//! changed in a tenant into the files that describe it.

pub mod folder;
pub mod names;
