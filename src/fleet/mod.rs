//! Many tenants: which of them are meant, how they are shared out over machines, what came of
//! each, and what that comes to. Pure.

pub mod merge;
pub mod name;
pub mod result;
pub mod select;
pub mod shard;
