//! What a project claims of its policies: scenarios, and whether they hold. Pure.

pub mod coverage;
pub mod names;
pub mod scenario;

pub use coverage::Coverage;
pub use scenario::{Judged, Verdict, judge};
