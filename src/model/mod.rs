//! The Graph objects, one file each: their members and enums as the schema names them,
//! and the normal form in which two objects are compared.
//!
//! The same types read manifests and Graph's answers: they take the plain forms of a
//! manifest (a CIDR text, a list of flags, a strength's name) as well as Graph's own.

pub mod cloud;
pub mod conditions;
#[cfg(test)]
mod conformance;
pub mod context;
pub mod enums;
pub mod facts;
pub mod filter;
pub mod grant;
pub mod group;
pub mod kind;
pub mod learnt;
pub mod location;
pub mod normal;
pub mod policy;
pub mod refs;
pub mod requests;
pub mod session;
pub mod strength;
pub mod tables;
pub mod user;
pub mod values;
pub mod weather;

pub use kind::{Kind, Object};
