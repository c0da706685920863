//! `gatewright apply`

use std::path::{Path, PathBuf};

use clap::Args;

use super::console::{Confirmed, Console};
use super::guards::{AllowArgs, enforce, explain};
use super::secrets::{SecretsFile, hand_out};
use super::session::{Aim, Stopped, Wish, open, permitted};
use super::{Common, Exit, Format, run, saved};
use crate::apply::steps::requests;
use crate::apply::{Patience, RunReport, execute};
use crate::finding::{Code, Finding};
use crate::plan::Plan;
use crate::render;
use crate::tenant::connect::Connection;

/// Make the tenant as the manifests say, or carry out a saved plan
///
/// Shows the plan, asks, writes, and reads the tenant again to see that it is so.
///
/// With PLAN, what `plan --out` saved is carried out, as it was reviewed and without asking:
/// scope, settings and manifests are those of the plan, and gatewright.yaml only says how to
/// reach the tenant. When the tenant has changed since, nothing is written and the exit code
/// is 4.
#[derive(Debug, Args)]
pub struct ApplyArgs {
    /// File of a saved plan: it is carried out as it was reviewed, without asking, unless the
    /// tenant has changed since
    pub plan: Option<PathBuf>,
    /// Refuse the saved plan unless it has this digest, which `show` prints
    #[arg(long, value_name = "SHA256", requires = "plan")]
    pub digest: Option<String>,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Write the passwords of new test users into FILE (mode 0600), which must be new or empty
    #[arg(long, value_name = "FILE")]
    pub secrets_out: Option<PathBuf>,
    /// Purge a deleted test user of the same name and make it anew, instead of restoring it
    #[arg(long, conflicts_with = "plan")]
    pub purge_deleted_users: bool,
    /// What an earlier run may have made, and the tenant does not show, counts as not made
    #[arg(long)]
    pub assume_not_made: bool,
    /// What is let through
    #[command(flatten)]
    pub allow: AllowArgs,
}

/// Runs the command.
///
/// # Errors
/// See [`Stopped`].
pub async fn run(args: &ApplyArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    if let Some(path) = &args.plan {
        let session = saved::open(
            path,
            args.digest.as_deref(),
            &args.allow.guards(),
            args.assume_not_made,
            common,
            console,
        )
        .await?;
        let carry = Carry {
            root: &session.root,
            command: "apply",
            yes: true, // it was reviewed
            secrets_out: args.secrets_out.as_deref(),
            question: "",
        };
        return carry_out(&session.connection, &session.plan, console, &carry).await;
    }
    let allow = args.allow.guards();
    let wish = Wish {
        aim: Aim::Converge,
        writes: true,
        purge_deleted_users: args.purge_deleted_users,
        assume_not_made: args.assume_not_made,
        allow: &allow,
    };
    let session = open(common, console, wish).await?;
    let carry = Carry {
        root: &session.root,
        command: "apply",
        yes: args.yes,
        secrets_out: args.secrets_out.as_deref(),
        question: "Apply this plan?",
    };
    carry_out(&session.connection, &session.plan, console, &carry).await
}

/// How a plan is carried out.
#[derive(Debug, Clone, Copy)]
pub struct Carry<'a> {
    /// The project's folder.
    pub root: &'a Path,
    /// What the journal calls the run.
    pub command: &'a str,
    /// Whether nothing is asked.
    pub yes: bool,
    /// Where the passwords of new users go.
    pub secrets_out: Option<&'a Path>,
    /// What is asked.
    pub question: &'a str,
}

/// Shows a plan, asks, and carries it out.
///
/// # Errors
/// See [`Stopped`].
pub async fn carry_out(
    connection: &Connection,
    plan: &Plan,
    console: &Console,
    carry: &Carry<'_>,
) -> Result<Exit, Stopped> {
    let Carry {
        root,
        command,
        yes,
        secrets_out,
        question,
    } = *carry;
    match console.format {
        // stdout is for the one document of the result.
        Format::Json | Format::Markdown if !yes => console.warn(&render::human::plan(plan)),
        Format::Json | Format::Markdown => {}
        _ => console.result(&render::human::plan(plan)),
    }
    if plan.is_refused() {
        if console.format == Format::Human {
            explain(plan, console, "nothing was written");
            return Ok(Exit::Refused);
        }
        enforce(plan)?;
    }
    if !plan.is_empty() {
        permitted(connection, &requests(plan)).await?;
    }
    if !plan.is_empty() && !yes {
        match console.confirm(question) {
            Confirmed::Yes => {}
            Confirmed::No => {
                return Err(Stopped::Findings(vec![Finding::error(
                    Code::NotConfirmed,
                    "the answer was not `yes`",
                )]));
            }
            Confirmed::NoTerminal => {
                return Err(Stopped::Findings(vec![
                    Finding::error(Code::NotConfirmed, "there is no terminal to ask on")
                        .help("`--yes` carries the plan out without asking"),
                ]));
            }
        }
    }
    let mut secrets_file = match secrets_out {
        Some(path) if !plan.is_empty() => Some(SecretsFile::open(path)?),
        _ => None,
    };
    let report = match plan.is_empty() {
        true => RunReport::default(),
        false => {
            let carried = run::carry_out(
                connection,
                root,
                Patience::default(),
                secrets_file.as_mut(),
                console,
                async |executor, journal, progress| {
                    execute(executor, plan, command, journal, progress).await
                },
            );
            carried.await?.0
        }
    };
    let handed = hand_out(&report.secrets, secrets_file.as_mut(), console);
    match console.format {
        Format::Json => {
            console.result(&render::json::text(&render::json::report(plan, &report)));
        }
        Format::Markdown => console.result(&render::markdown::run(plan, &report)),
        _ if plan.is_empty() => {}
        _ => {
            console.result("\n");
            console.result(&render::human::report(plan, &report));
        }
    }
    // The report comes first: a disk that is full must not hide what was done.
    handed?;
    Ok(run::exit_of(&report))
}
