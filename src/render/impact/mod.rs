//! Who is affected by a plan, for people and for programs.

pub mod people;
pub mod replay;
