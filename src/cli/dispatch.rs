//! From a command that was typed to the code that does it, and from how it ended to an exit code.

use anyhow::Context;
use clap::CommandFactory;
use clap::error::ErrorKind;
use tokio::runtime::Runtime;

use super::console::Console;
use super::session::Stopped;
use super::{Cli, Command, Common, Exit, Format};
use super::{
    apply, auth, compare, completions, destroy, doctor, drift, explain, export, fmt, gaps, get,
    guards, impact, import, init, list, man, merge, plan, reference, render, report, risk,
    rollback, runs, schema, show, tenants, test, user, uses, validate, whatif,
};
use crate::finding::{Code, Finding};
use crate::render::findings;
use crate::text::visible;

/// What runs a command: it has one thread.
///
/// # Errors
/// When the system gives none.
pub fn runtime() -> Result<Runtime, Stopped> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    Ok(runtime.context("cannot start the runtime")?)
}

/// Runs a command.
///
/// # Errors
/// See [`Stopped`].
pub async fn run(command: &Command, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    match command {
        Command::Init(args) => init::run(args, common, console),
        Command::Validate(args) => validate::run(args, common, console),
        Command::Fmt(args) => fmt::run(args, common, console),
        Command::Render(args) => render::run(args, common, console),
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
        Command::Export(args) => export::run(args, common, console).await,
        Command::Drift(args) => drift::run(args, common, console).await,
        Command::Auth(args) => auth::run(args, common, console).await,
        Command::Get(args) => get::run(args, common, console).await,
        Command::List(args) => list::run(args, common, console).await,
        Command::Uses(args) => uses::run(args, common, console).await,
        Command::Runs(args) => runs::run(args, common, console),
        Command::Tenants(args) => tenants::run(args, common, console),
        Command::Merge(args) => merge::run(args, common, console),
        Command::Rollback(args) => rollback::run(args, common, console).await,
        Command::Risk(args) => risk::run(args, common, console).await,
        Command::User(args) => user::run(args, common, console).await,
        #[cfg(feature = "sandbox")]
        Command::Sandbox(args) => super::sandbox::run(args, common, console).await,
        Command::Schema(args) => schema::run(args, console),
        Command::Completions(args) => completions::run(args, console),
        Command::Man(args) => man::run(args, console),
        Command::Doctor(args) => doctor::run(args, common, console).await,
        Command::Explain(args) => Ok(explain::run(args, console)),
        Command::Reference(args) => reference::run(args, console),
    }
}

/// Tells why a command stopped, and gives its exit code.
pub fn exit_of(ended: Result<Exit, Stopped>, command: &Command, console: &Console) -> Exit {
    match ended {
        Ok(exit) => exit,
        Err(Stopped::Findings(list)) => stopped(&list, guards::exit_of(&list), command, console),
        Err(Stopped::Refused(list, exit)) => stopped(&list, exit, command, console),
        Err(Stopped::Usage(why)) => {
            let _ = Cli::command()
                .error(ErrorKind::ArgumentConflict, why)
                .print();
            Exit::Usage
        }
        Err(Stopped::Error(error)) => {
            let text = format!("{error:#}");
            let finding = Finding::error(Code::Failed, text.as_str());
            // stdout holds one document, whatever happens.
            if console.format != Format::Human {
                console.stopped(&[finding]);
            } else {
                console.tells_of(&[finding]);
            }
            if console.format != Format::Json {
                console.warn(&format!("error: {}", visible(&text, true)));
            }
            Exit::Error
        }
    }
}

/// Findings stopped a command.
fn stopped(list: &[Finding], exit: Exit, command: &Command, console: &Console) -> Exit {
    console.stopped(list);
    if console.format != Format::Json {
        let said = findings::count(list);
        console.warn(&format!("\n{said}; {}", command.undone()));
    }
    exit
}
