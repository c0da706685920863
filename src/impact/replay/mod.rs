//! Recorded sign-ins, judged again by the policies that are and by those that are to be.
//!
//! A log is read as a stream ([`text_of`], [`LogRecords`]); each record becomes a sign-in, in which
//! nothing is guessed. First the evaluator's answers by the policies that are, are held against what
//! the log says that these did ([`Calibration`]); then both sets are compared ([`ReplayVerdict`]).

mod calibration;
mod changes;
mod directory;
mod judge;
mod live;
mod mask;
mod policies;
mod reading;
mod record;
mod repeats;
mod report;
mod run;
mod source;
mod split;
mod tally;
mod trust;
mod verdict;
mod words;

pub use calibration::{AgreementCount, DOUBTFUL_BELOW, DifferenceCause, LogDifference, LogExample};
pub use directory::{LogDirectory, LogPerson, LogRisk};
pub use judge::{Replay, ReplayRefusal};
pub use live::{LogReadError, LogWindow, log_windows, read_window, sweep_log};
pub use reading::NotJudged;
pub use report::{
    Calibration, NewRequirement, ReplayChange, ReplayReport, ReplayRow, VerdictCounts, VerdictRow,
};
pub use run::{ReplayEnd, ReplayFault};
pub use source::text_of;
pub use split::{LogFault, LogPosition, LogRecords};
pub use tally::ReplayTally;
pub use verdict::ReplayVerdict;
