//! What a project claims of its policies, scenarios and invariants, and whether it holds; and the
//! packs of catalogued invariants. Pure.

pub mod coverage;
pub mod invariant;
pub mod names;
pub mod packs;
pub mod scenario;
mod verdict;

pub use coverage::Coverage;
pub use invariant::{AskedClaim, JudgedInvariant};
pub use scenario::{Judged, judge};
pub use verdict::ClaimVerdict;
