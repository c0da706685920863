//! Parses the command line, calls the library, and turns its answer into an exit code.

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{ArgMatches, FromArgMatches};
use gatewright::cli::command::{command, forms};
use gatewright::cli::console::Console;
use gatewright::cli::progress::LogLines;
use gatewright::cli::session::Stopped;
use gatewright::cli::{Cli, Color, Command, Exit, Format, LogFormat};
use gatewright::cli::{
    apply, auth, compare, complete, completions, destroy, doctor, drift, explain, export, fmt,
    gaps, get, guards, impact, import, init, list, plan, reference, report, risk, rollback, runs,
    schema, show, synonyms, test, user, uses, validate, whatif,
};
use gatewright::finding::{Code, Finding};
use gatewright::render::findings;
use gatewright::text::visible;

fn main() -> ExitCode {
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
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            console.warn(&format!("error: cannot start the runtime: {error}"));
            return ExitCode::from(Exit::Error as u8);
        }
    };
    let exit = match runtime.block_on(run(&cli, &console)) {
        Ok(exit) => exit,
        Err(Stopped::Findings(list)) => stopped(&list, guards::exit_of(&list), &cli, &console),
        Err(Stopped::Refused(list, exit)) => stopped(&list, exit, &cli, &console),
        Err(Stopped::Error(error)) => {
            let text = format!("{error:#}");
            // stdout holds one document, whatever happens.
            if console.format != Format::Human {
                console.stopped(&[Finding::error(Code::Failed, text.as_str())]);
            }
            if console.format != Format::Json {
                console.warn(&format!("error: {}", visible(&text, true)));
            }
            Exit::Error
        }
    };
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

/// Findings stopped a command.
fn stopped(list: &[Finding], exit: Exit, cli: &Cli, console: &Console) -> Exit {
    console.stopped(list);
    if console.format != Format::Json {
        let said = findings::count(list);
        console.warn(&format!("\n{said}; {}", cli.command.undone()));
    }
    exit
}

async fn run(cli: &Cli, console: &Console) -> Result<Exit, Stopped> {
    let common = &cli.common;
    match &cli.command {
        Command::Init(args) => init::run(args, common, console),
        Command::Validate(args) => validate::run(args, common, console),
        Command::Fmt(args) => fmt::run(args, common, console),
        Command::Whatif(args) => whatif::run(args, common, console).await,
        Command::Test(args) => test::run(args, common, console).await,
        Command::Gaps(args) => gaps::run(args, common, console).await,
        Command::Report(args) => report::run(args, common, console).await,
        Command::Compare(args) => compare::run(args, common, console).await,
        Command::Impact(args) => impact::run(args, common, console).await,
        Command::Plan(args) => plan::run(args, common, console).await,
        Command::Apply(args) => apply::run(args, common, console).await,
        Command::Show(args) => show::run(args, console),
        Command::Destroy(args) => destroy::run(args, common, console).await,
        Command::Import(args) => import::run(args, common, console).await,
        Command::Drift(args) => drift::run(args, common, console).await,
        Command::Export(args) => export::run(args, common, console).await,
        Command::Auth(args) => auth::run(args, common, console).await,
        Command::Get(args) => get::run(args, common, console).await,
        Command::List(args) => list::run(args, common, console).await,
        Command::Uses(args) => uses::run(args, common, console).await,
        Command::Runs(args) => runs::run(args, common, console),
        Command::Rollback(args) => rollback::run(args, common, console).await,
        Command::Risk(args) => risk::run(args, common, console).await,
        Command::User(args) => user::run(args, common, console).await,
        #[cfg(feature = "sandbox")]
        Command::Sandbox(args) => gatewright::cli::sandbox::run(args, common, console).await,
        Command::Schema(args) => schema::run(args, console),
        Command::Completions(args) => completions::run(args, console),
        Command::Doctor(args) => doctor::run(args, common, console).await,
        Command::Explain(args) => Ok(explain::run(args, console)),
        Command::Reference(args) => reference::run(args, console),
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
