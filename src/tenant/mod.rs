//! A live tenant as it was at one time, and the names and ids in it. Reading is here;
//! writing is in `apply`.

pub mod again;
pub mod audit;
pub mod break_glass;
pub mod connect;
pub mod embedded;
pub mod evaluate;
pub mod live;
mod matching;
pub mod memberships;
pub mod names;
pub mod read;
pub mod replication;
pub mod resolve;
#[cfg(feature = "sandbox")]
pub mod sandbox_admin;
pub mod snapshot;
pub mod trace;
pub mod wanted;
pub mod world;
