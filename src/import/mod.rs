//! What is there already becomes manifests: a live tenant or exported files into new files, and
//! what changed in a tenant into the files that describe it.

pub mod adopt;
pub mod compose;
pub mod export;
pub mod folder;
pub mod names;
pub mod naming;
pub mod settle;
