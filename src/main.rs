//! Parses the command line, calls the library, and turns its answer into an exit code.

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, ValueEnum};
use gatewright::cli::console::Console;
use gatewright::cli::session::Stopped;
use gatewright::cli::{Cli, Color, Command, Exit, Format, LogFormat};
use gatewright::cli::{
    apply, auth, compare, completions, destroy, doctor, drift, explain, gaps, get, guards, import,
    init, list, plan, reference, risk, rollback, runs, schema, show, test, user, validate, whatif,
};
use gatewright::finding::{Code, Finding};
use gatewright::render::findings;
use gatewright::text::visible;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let printed = error.print();
            return match error.use_stderr() {
                true => ExitCode::from(Exit::Usage as u8),
                // --help and --version
                false if printed.is_err_and(|e| e.kind() != std::io::ErrorKind::BrokenPipe) => {
                    ExitCode::from(Exit::Error as u8)
                }
                false => ExitCode::SUCCESS,
            };
        }
    };
    if !cli.command.takes(cli.common.format) {
        let has: Vec<&str> = Format::value_variants()
            .iter()
            .filter(|format| cli.command.takes(**format))
            .map(|format| format.as_str())
            .collect();
        let told = format!(
            "this command has no result of the form `{}`; it has {}",
            cli.common.format.as_str(),
            has.join(", ")
        );
        let _ = Cli::command().error(ErrorKind::InvalidValue, told).print();
        return ExitCode::from(Exit::Usage as u8);
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
            console.warn(&format!("error: no runtime can be started: {error}"));
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
        Command::Whatif(args) => whatif::run(args, common, console).await,
        Command::Test(args) => test::run(args, common, console).await,
        Command::Gaps(args) => gaps::run(args, common, console).await,
        Command::Compare(args) => compare::run(args, common, console).await,
        Command::Plan(args) => plan::run(args, common, console).await,
        Command::Apply(args) => apply::run(args, common, console).await,
        Command::Show(args) => show::run(args, console),
        Command::Destroy(args) => destroy::run(args, common, console).await,
        Command::Import(args) => import::run(args, common, console).await,
        Command::Drift(args) => drift::run(args, common, console).await,
        Command::Auth(args) => auth::run(args, common, console).await,
        Command::Get(args) => get::run(args, common, console).await,
        Command::List(args) => list::run(args, common, console).await,
        Command::Runs(args) => runs::run(args, common, console),
        Command::Rollback(args) => rollback::run(args, common, console).await,
        Command::Risk(args) => risk::run(args, common, console).await,
        Command::User(args) => user::run(args, common, console).await,
        #[cfg(feature = "sandbox")]
        Command::Sandbox(args) => gatewright::cli::sandbox::run(args, common, console).await,
        Command::Schema(args) => schema::run(args, console),
        Command::Completions(args) => Ok(completions::run(args, console)),
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
    let to = anstream::stderr as fn() -> _;
    let registry = tracing_subscriber::registry().with(filter);
    let layer = tracing_subscriber::fmt::layer().with_writer(to);
    match format {
        LogFormat::Text => registry.with(layer).init(),
        LogFormat::Json => registry.with(layer.json().with_ansi(false)).init(),
    }
}
