//! Identity protection: risk detections, risky users and their history, and what an
//! administrator decides about them.
//!
//! Facts from the Graph pages riskDetection, riskyUser and riskyUserHistoryItem. All of it is
//! limited to one request a second for the whole tenant, so a list is asked once, in the
//! largest pages, with everything filtered by the service that it can filter.

pub mod decision;
pub mod filter;
pub mod object;
pub mod read;
pub mod span;
pub mod subject;
pub mod wait;
pub mod watch;

pub use filter::RiskFilter;
pub use object::{Detection, HistoryItem, RiskyUser};
pub use read::Listed;
pub use subject::RiskSubject;
