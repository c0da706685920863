//! Parses the command line, calls the library, and turns its answer into an exit code.

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{ArgMatches, FromArgMatches};
use gatewright::cli::command::{command, forms};
use gatewright::cli::console::Console;
use gatewright::cli::fleet::{self, MeantTenants};
use gatewright::cli::progress::LogLines;
use gatewright::cli::{Cli, Color, Command, Exit, Format, LogFormat};
use gatewright::cli::{complete, dispatch, synonyms};

/// What a command may use of the stack. Windows gives the first thread of a process 1 MiB.
const STACK: usize = 8 << 20;

fn main() -> ExitCode {
    if !cfg!(windows) {
        return run();
    }
    let builder = std::thread::Builder::new().stack_size(STACK);
    let ended = builder.spawn(run).map(std::thread::JoinHandle::join);
    match ended {
        Ok(Ok(exit)) => exit,
        // The thread has said what is wrong.
        Ok(Err(_)) | Err(_) => ExitCode::from(Exit::Error as u8),
    }
}

fn run() -> ExitCode {
    match complete::answered() {
        Ok(false) => {}
        Ok(true) => return ExitCode::SUCCESS,
        Err(error) => return usage(&error),
    }
    let line = command();
    let arguments: Vec<String> = std::env::args_os()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    if let Some(error) = synonyms::before(&line, &arguments) {
        return usage(&error);
    }
    let matches = match line.clone().try_get_matches() {
        Ok(matches) => matches,
        Err(error) => {
            let answer = synonyms::after(&line, &arguments, &error);
            return usage(answer.as_ref().unwrap_or(&error));
        }
    };
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => return usage(&error.format(&mut line.clone())),
    };
    let mut forms = forms(&path(&matches)).to_vec();
    forms.retain(|form| match (&cli.command, form) {
        // It asks at a terminal.
        (Command::Drift(args), form) if args.interactive => *form == Format::Human,
        (Command::Drift(args), Format::Markdown) => !args.adopt,
        (Command::Rollback(args), Format::Markdown) => args.dry_run || args.out.is_some(),
        _ => true,
    });
    if !forms.contains(&cli.common.format) {
        let has: Vec<&str> = forms.iter().map(|format| format.as_str()).collect();
        let without = match &cli.command {
            Command::Drift(args) if args.interactive => " with `--interactive`, which asks",
            Command::Drift(args) if args.adopt => " with `--adopt`",
            _ => "",
        };
        let told = format!(
            "this command has no format `{}`{without}; it has {}",
            cli.common.format.as_str(),
            has.join(", ")
        );
        return usage(&line.clone().error(ErrorKind::InvalidValue, told));
    }
    match cli.common.color {
        Color::Auto => {}
        Color::Always => anstream::ColorChoice::Always.write_global(),
        Color::Never => anstream::ColorChoice::Never.write_global(),
    }
    if cli.common.verbose {
        log(cli.common.log_format);
    }
    let console = Console::new(&cli.common).of(&cli.command);
    let (exit, console) = match fleet::meant(&cli, &console) {
        Ok(MeantTenants::Many(many)) => (fleet::run(&many, &cli, &console), console),
        Ok(MeantTenants::One(common)) => {
            let console = console.about_tenant(common.tenant.clone());
            let ended = dispatch::runtime().and_then(|runtime| {
                runtime.block_on(dispatch::run(&cli.command, &common, &console))
            });
            (ended, console)
        }
        Err(stopped) => (Err(stopped), console),
    };
    let exit = dispatch::exit_of(exit, &cli.command, &console);
    ExitCode::from(console.settle(exit) as u8)
}

/// The names of the command and those above it.
fn path(matches: &ArgMatches) -> Vec<String> {
    let mut names = Vec::new();
    let mut at = matches.subcommand();
    while let Some((name, below)) = at {
        names.push(name.to_owned());
        at = below.subcommand();
    }
    names
}

/// Shows what is wrong with the command line, or the help that was asked for.
fn usage(error: &clap::Error) -> ExitCode {
    let printed = error.print();
    match error.use_stderr() {
        true => ExitCode::from(Exit::Usage as u8),
        // --help and --version
        false if printed.is_err_and(|e| e.kind() != std::io::ErrorKind::BrokenPipe) => {
            ExitCode::from(Exit::Error as u8)
        }
        false => ExitCode::SUCCESS,
    }
}

/// Logs requests and what is waited for to stderr. No line holds a body: those of users hold
/// passwords.
fn log(format: LogFormat) {
    let filter =
        tracing_subscriber::filter::Targets::new().with_target("gatewright", tracing::Level::DEBUG);
    use tracing_subscriber::layer::SubscriberExt;
    use tracing_subscriber::util::SubscriberInitExt;
    let to = || LogLines;
    let registry = tracing_subscriber::registry().with(filter);
    let layer = tracing_subscriber::fmt::layer().with_writer(to);
    match format {
        LogFormat::Text => registry.with(layer).init(),
        LogFormat::Json => registry.with(layer.json().with_ansi(false)).init(),
    }
}
