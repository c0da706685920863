//! `gatewright completions`

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::console::Console;
use super::{Cli, Exit};

/// Print a completion script for a shell
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Runs the command.
pub fn run(args: &CompletionsArgs, console: &Console) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "gatewright", &mut script);
    console.verbatim(&String::from_utf8_lossy(&script));
    Exit::Done
}
