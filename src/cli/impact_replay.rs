//! `gatewright impact --logs` and `--last`: recorded sign-ins, judged again.

use std::path::PathBuf;

use clap::Args;

use super::console::Console;
use super::session::Stopped;
use super::{Common, Exit};
use crate::finding::{Code, Finding};

/// Recorded sign-ins
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Recorded sign-ins")]
pub struct ReplayArgs {
    /// Judge the sign-ins of a log again: a JSON array, a page of Graph, or one record a line
    #[arg(long, value_name = "FILE")]
    pub logs: Vec<PathBuf>,
    /// Judge the tenant's own sign-ins of the last days or hours again, such as `7d`
    #[arg(long, value_name = "TIME")]
    pub last: Option<String>,
}

impl ReplayArgs {
    /// True when recorded sign-ins are asked about.
    pub fn is_asked(&self) -> bool {
        !self.logs.is_empty() || self.last.is_some()
    }
}

/// What is wanted of recorded sign-ins.
#[derive(Debug, Clone)]
pub struct ReplayWish<'a> {
    /// Which.
    pub replay: &'a ReplayArgs,
    /// The saved plan that is meant, where it is one.
    pub plan: Option<PathBuf>,
    /// No name of the tenant is shown.
    pub mask: bool,
    /// Where what was read of people is kept.
    pub cache: Option<PathBuf>,
}

/// Runs the command for recorded sign-ins.
///
/// # Errors
/// See [`Stopped`].
pub async fn run(
    _args: &ReplayWish<'_>,
    _common: &Common,
    _console: &Console,
) -> Result<Exit, Stopped> {
    let finding = Finding::error(
        Code::Failed,
        "recorded sign-ins cannot be judged again in this version",
    );
    Err(Stopped::Findings(vec![
        finding.help("`--people` says who is affected"),
    ]))
}
