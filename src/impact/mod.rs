//! What a plan means for people, and for the sign-ins of a log: who is affected, in numbers.

pub mod people;
pub mod replay;
