//! Converges the tenant: carries a plan, a decision about risk or a new password out, step by
//! step, and verifies it. `run` is the engine of all of them.

pub mod bodies;
pub mod decide;
pub mod execute;
pub mod executor;
pub mod journal;
pub mod password;
pub mod progress;
pub mod report;
pub mod reset;
pub mod rollback;
pub mod run;
mod send;
pub mod settle;
pub mod step;
pub mod steps;
pub mod trial;
pub mod verify;

pub use decide::decide;
pub use execute::execute;
pub use executor::{Executor, Patience, Stop};
pub use progress::{Progress, RunPosition};
pub use report::{ActionStatus, RunReport, Secret};
pub use reset::reset_password;
pub use trial::attempt;
