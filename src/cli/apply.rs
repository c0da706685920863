//! `gatewright apply`

use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{Args, CommandFactory};

use super::console::{Confirmed, Console};
use super::depth::DepthArgs;
use super::guards::{AllowArgs, enforce, explain};
use super::many::FleetArgs;
use super::part::{KindArgs, PlanPart};
use super::saved::SavedSession;
use super::secrets::{SecretsFile, hand_out};
use super::session::{Aim, Stopped, Wish, open, permitted};
use super::undone::still_said;
use super::{Cli, Common, Exit, Format, run, saved};
use crate::apply::steps::requests;
use crate::apply::{Patience, RunReport, execute};
use crate::finding::{Code, Finding};
use crate::fleet::result::Tally;
use crate::plan::Plan;
use crate::render;
use crate::tenant::connect::Connection;

/// Bring the tenant to what the manifests say, or carry out a saved plan
///
/// Shows the plan, asks, writes, and reads the tenant again to verify the result.
///
/// With PLAN, a plan that `plan --out` saved is carried out as it was reviewed, without
/// asking: scope, settings and manifests are those of the plan, and gatewright.yaml only says how
/// to reach the tenant. If the tenant has changed since, nothing is written and the exit code
/// is 4.
///
/// With NAME, only the objects with these names are written, and the objects that they refer to.
/// Nothing is deleted then. The guards judge the whole tenant as it would be.
#[derive(Debug, Clone, Args)]
pub struct ApplyArgs {
    /// A saved plan, which is carried out as it was reviewed, without asking, unless the tenant
    /// has changed since; or the names of objects to limit the plan to
    #[arg(value_name = "PLAN|NAME")]
    pub what: Vec<String>,
    /// Limit the plan to objects of this kind
    #[command(flatten)]
    pub kind: KindArgs,
    /// Refuse the saved plan unless it has this digest, which `show` prints
    #[arg(long, value_name = "SHA256", requires = "what")]
    pub digest: Option<String>,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Write the passwords of new test users to FILE (mode 0600), which must be new or empty
    #[arg(long, value_name = "FILE")]
    pub secrets_out: Option<PathBuf>,
    /// Purge a deleted test user of the same name and create a new one, instead of restoring it
    #[arg(long)]
    pub purge_deleted_users: bool,
    /// Treat what an earlier run may have created, but the tenant does not show, as not created
    #[arg(long)]
    pub assume_not_made: bool,
    /// How much to show
    #[command(flatten)]
    pub look: DepthArgs,
    /// What to let through
    #[command(flatten)]
    pub allow: AllowArgs,
    /// Apply the plans of a folder that can be applied, although others cannot
    #[arg(long, requires = "what", help_heading = "Several tenants")]
    pub partial: bool,
    /// Which of several tenants
    #[command(flatten)]
    pub fleet: FleetArgs,
}

impl ApplyArgs {
    /// The file of a saved plan, where one is named: there is such a file, or it is called like
    /// one.
    pub(super) fn saved_plan(&self) -> Option<&Path> {
        match self.what.as_slice() {
            [one] if self.kind.kind.is_none() => {
                let path = Path::new(one);
                let is_file = path.symlink_metadata().is_ok() || one.ends_with(".json");
                is_file.then_some(path)
            }
            _ => None,
        }
    }

    /// What is wrong with the flags together.
    fn conflict(&self) -> Option<&'static str> {
        match self.saved_plan() {
            Some(_) if self.purge_deleted_users => Some(
                "a saved plan already says what happens to deleted users: leave out `--purge-deleted-users`",
            ),
            None if self.digest.is_some() => {
                Some("`--digest` is for a saved plan, and no plan file is named")
            }
            _ => None,
        }
    }
}

/// Runs the command.
///
/// # Errors
/// See [`Stopped`].
pub async fn run(args: &ApplyArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    if let Some(conflict) = args.conflict() {
        let _ = Cli::command()
            .error(ErrorKind::ArgumentConflict, conflict)
            .print();
        return Ok(Exit::Usage);
    }
    if let Some(path) = args.saved_plan() {
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
            command: match &session.undoes {
                Some(_) => "rollback",
                None => "apply",
            },
            yes: true, // it was reviewed
            shown: false,
            secrets_out: args.secrets_out.as_deref(),
            look: args.look,
            question: &|_| String::new(),
        };
        let exit = carry_out(&session.connection, &session.plan, console, &carry).await?;
        let SavedSession {
            plan,
            undoes,
            connection,
            ..
        } = session;
        drop(connection); // the sandbox is free again
        if let Some(undone) = undoes {
            still_said(&plan, &undone, exit, common, console).await;
        }
        return Ok(exit);
    }
    let allow = args.allow.guards();
    let wish = Wish {
        aim: Aim::Converge,
        writes: true,
        purge_deleted_users: args.purge_deleted_users,
        assume_not_made: args.assume_not_made,
        allow: &allow,
        part: PlanPart {
            names: &args.what,
            kind: args.kind.kind,
        },
    };
    let session = open(common, console, wish).await.map_err(or_a_file)?;
    let carry = Carry {
        root: &session.root,
        command: "apply",
        yes: args.yes,
        shown: false,
        secrets_out: args.secrets_out.as_deref(),
        look: args.look,
        question: &|tenant| format!("Apply to {tenant}?"),
    };
    carry_out(&session.connection, &session.plan, console, &carry).await
}

/// A name of no manifest may have been meant as that of a file.
fn or_a_file(mut stopped: Stopped) -> Stopped {
    if let Stopped::Findings(findings) = &mut stopped
        && let [
            Finding {
                code: Code::NoSuchManifest,
                help: Some(help),
                ..
            },
        ] = findings.as_mut_slice()
    {
        help.push_str("; there is no saved plan with that name here either");
    }
    stopped
}

/// Asks whether what was shown is to be written.
///
/// # Errors
/// When the answer is no; or there is nobody to ask, with `help`.
pub fn agreed(console: &Console, question: &str, help: &str) -> Result<(), Stopped> {
    let finding = match console.confirm(question) {
        Confirmed::Yes => return Ok(()),
        Confirmed::No => Finding::error(Code::NotConfirmed, "the answer was not `yes`"),
        Confirmed::NoTerminal => {
            Finding::error(Code::NotConfirmed, "there is no terminal to ask on").help(help)
        }
    };
    Err(Stopped::Findings(vec![finding]))
}

/// How a plan is carried out.
#[derive(Clone, Copy)]
pub struct Carry<'a> {
    /// The project's folder.
    pub root: &'a Path,
    /// What the journal calls the run.
    pub command: &'a str,
    /// Whether nothing is asked.
    pub yes: bool,
    /// Whether the plan was shown before.
    pub shown: bool,
    /// Where the passwords of new users go.
    pub secrets_out: Option<&'a Path>,
    /// How much of the plan is shown.
    pub look: DepthArgs,
    /// What is asked, where the tenant is called so.
    pub question: &'a dyn Fn(&str) -> String,
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
        shown,
        secrets_out,
        look,
        question,
    } = *carry;
    let look = console.look(look);
    match console.format {
        _ if shown => {}
        // stdout is for the one document of the result.
        Format::Json | Format::Markdown if !yes => console.warn(&render::plan::human(plan, look)),
        Format::Json | Format::Markdown => {}
        _ => console.result(&render::plan::human(plan, look)),
    }
    console.tells(|| Tally::of_plan(plan).unwritten());
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
        let question = question(&render::human::tenant(plan));
        agreed(console, &question, "use `--yes` to apply without asking")?;
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
    if !plan.is_empty() {
        console.tells(|| Tally::of_run(plan, &report));
    }
    let handed = hand_out(&report.secrets, secrets_file.as_mut(), console);
    match console.format {
        Format::Json => {
            console.result(&render::json::text(&render::json::report(plan, &report)));
        }
        Format::Markdown => console.result(&render::markdown::run(plan, &report)),
        _ if plan.is_empty() => {}
        _ => {
            console.result("\n");
            console.result(&render::human::report(plan, &report, console.width()));
        }
    }
    // The report comes first: a disk that is full must not hide what was done.
    handed?;
    Ok(run::exit_of(&report))
}
