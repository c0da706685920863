//! The Graph objects, one file each, and the facts they are checked against.

pub mod facts;
