//! `gatewright completions`

use clap::{Args, ValueEnum};
use clap_complete::Shell;

use super::Exit;
use super::command::command;
use super::complete::registration;
use super::console::Console;
use super::session::Stopped;

/// Print a completion script for a shell
///
/// With `--dynamic` the shell asks gatewright itself, which completes the tenants, names and runs
/// of the project in the current folder. It only reads files: no secret and no tenant. In bash and
/// PowerShell, names that need quotes are left out.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
    /// Also complete tenants, names of manifests, runs, kinds and codes
    #[arg(long)]
    pub dynamic: bool,
}

/// Runs the command.
///
/// # Errors
/// When the shell cannot ask.
pub fn run(args: &CompletionsArgs, console: &Console) -> Result<Exit, Stopped> {
    if args.dynamic {
        let shell = args.shell.to_possible_value();
        let name = shell.as_ref().map_or("", |value| value.get_name());
        console.verbatim(&registration(name)?);
        return Ok(Exit::Done);
    }
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command(), "gatewright", &mut script);
    console.verbatim(&String::from_utf8_lossy(&script));
    Ok(Exit::Done)
}
