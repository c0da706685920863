//! `gatewright rollback`

use std::path::PathBuf;

use clap::Args;

use super::apply::{Carry, carry_out};
use super::console::Console;
use super::depth::DepthArgs;
use super::guards::{AllowArgs, explain};
use super::runs::find;
use super::session::{Stopped, config, lock, runs_folder, unsettled, waits};
use super::undone::still_said;
use super::{Common, Exit, Format, saved, session};
use crate::apply::journal::{ActionKind, trail, verb};
use crate::apply::rollback::{self, NoWayBack};
use crate::finding::{Code, Finding};
use crate::graph::auth::Access;
use crate::graph::read::Reader;
use crate::manifest::config::Scope;
use crate::manifest::guards::GuardsFile;
use crate::manifest::project::Desired;
use crate::plan::file::UndoneRun;
use crate::plan::file::ground::Ground;
use crate::plan::guard::PlanPurpose;
use crate::plan::names::{teach, unnamed};
use crate::plan::{Plan, Verb};
use crate::render;
use crate::render::review::Review;
use crate::tenant::connect::Connection;
use crate::tenant::{again, read};
use crate::text::visible;

/// Undo a run
///
/// Makes a plan from the run's journal: what the run created is deleted, what it changed is changed
/// back, what it deleted is restored, or recreated where that is not possible. The plan is shown
/// and asked about like any other. The manifests are left as they are: where they still say what
/// the run applied, the command says so, and how to go on.
#[derive(Debug, Args)]
pub struct RollbackArgs {
    /// The run, by its name or the start of it; `latest` is the last one
    pub run: String,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Only show the plan, and write nothing
    #[arg(long, conflicts_with_all = ["yes", "secrets_out"])]
    pub dry_run: bool,
    /// Save the plan to FILE, for `show` and `apply`, and write nothing to the tenant
    #[arg(long, value_name = "FILE", conflicts_with_all = ["yes", "secrets_out"])]
    pub out: Option<PathBuf>,
    /// Write the passwords of recreated users to FILE (mode 0600)
    #[arg(long, value_name = "FILE")]
    pub secrets_out: Option<PathBuf>,
    /// Treat what an earlier run may have created, but the tenant does not show, as not created
    #[arg(long)]
    pub assume_not_made: bool,
    /// How much to show
    #[command(flatten)]
    pub look: DepthArgs,
    /// What to let through
    #[command(flatten)]
    pub allow: AllowArgs,
}

/// Runs the command.
///
/// # Errors
/// See [`Stopped`].
pub async fn run(args: &RollbackArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    if let Some(path) = &args.out {
        saved::check_target(path)?;
    }
    let file = config(common, console)?;
    let record = find(&runs_folder(&file.root), &args.run)?;
    if let Some(done) = record
        .actions
        .iter()
        .find(|done| verb(&done.head.verb).is_none())
    {
        let (what, help) = match done.head.kind {
            ActionKind::Risk(_) => (
                "decided about risk",
                "`gatewright risk confirm-compromised` puts users at risk again; `gatewright risk dismiss` undoes that",
            ),
            ActionKind::Object(_) => (
                "made a new password",
                "`gatewright user reset-password` sets another",
            ),
        };
        let message = format!("the run `{}` {what}, which cannot be undone", record.run);
        return Err(Stopped::Findings(vec![
            Finding::error(Code::NoRun, message).help(help),
        ]));
    }
    let name = common.tenant.as_deref().unwrap_or(&record.tenant);
    let (name, tenant) = file
        .tenant(Some(name))
        .map_err(|f| Stopped::Findings(vec![*f]))?;
    // An entry may have been renamed: then the tenant's id tells, but that of all sandboxes is one.
    if name != record.tenant
        && (tenant.sandbox.is_some() || file.tenant(Some(&record.tenant)).is_ok())
    {
        let message = format!(
            "the run `{}` was on `{}`, and `-t` names `{name}`",
            record.run, record.tenant
        );
        return Err(Stopped::Findings(vec![
            Finding::error(Code::NoRun, message).help("leave out `-t`: a run knows its tenant"),
        ]));
    }
    let only_shown = args.dry_run || args.out.is_some();
    let (access, held) = match only_shown {
        true => (Access::Read, None),
        false => (Access::Write, Some(lock(&file.root, name)?)),
    };
    let connection = session::connected(&file, name, tenant, access, console).await?;
    let reader = Reader::new(&connection.client);
    let guards = GuardsFile::load(&file, name, tenant).map_err(Stopped::Findings)?;
    let folder = runs_folder(&file.root);
    let tenant_id = tenant.tenant_id.as_deref();
    let trail = trail(&folder, tenant_id, name, connection.replication, true);
    let prepared = rollback::prepare(
        &reader,
        connection.version,
        &record,
        &trail,
        &|missing, most| waits(console, missing, most),
    )
    .await;
    let (mut plan, shown) = prepared.map_err(|error| match error {
        NoWayBack::Graph(error) => error.into(),
        NoWayBack::Findings(findings) => Stopped::Findings(findings),
    })?;
    let mut snapshot = shown.snapshot;
    if plan.organization.id != record.tenant_id {
        return Err(Stopped::Findings(vec![
            Finding::error(
                Code::NoRun,
                format!(
                    "the run was on the tenant `{}`, and `{name}` is `{}`",
                    record.tenant_id, plan.organization.id
                ),
            )
            .help("name the tenant of the run with `-t`"),
        ]));
    }
    if !args.assume_not_made {
        plan.notices
            .extend(unsettled(&shown.unsettled, &trail, !only_shown)?);
    }
    name.clone_into(&mut plan.tenant);
    let (ids, apps) = unnamed(&plan);
    plan.names.extend(again::names(&reader, &ids, &apps).await?);
    // Sign-ins are told by the names that the snapshot has.
    teach(&plan, &mut snapshot.index);
    let purpose = match &args.out {
        // So it is judged before it is carried out.
        Some(_) => PlanPurpose::Saved,
        None => PlanPurpose::Rollback,
    };
    session::ask_guards(
        &mut plan,
        &reader,
        &snapshot,
        None,
        &guards,
        session::Asking {
            purpose,
            allow: &args.allow.guards(),
            environment: file.config.environment(tenant),
        },
    )
    .await?;
    let undone = UndoneRun {
        run: record.run.clone(),
        commit: record.commit.clone(),
    };
    if only_shown {
        let saved = match &args.out {
            Some(path) => {
                let ground = ground(&plan, &connection).await?;
                let ground = (connection.version, ground, Some(undone.clone()));
                let none = std::iter::empty();
                let saved = saved::write_plan(&plan, &file, none, &guards, ground, path)?;
                Some((path, saved))
            }
            None => None,
        };
        match console.format {
            Format::Json => console.result(&render::json::text(&render::json::plan(&plan))),
            Format::Markdown => {
                console.result(&render::markdown::plan(&plan, &Review::of(&plan)));
            }
            _ => console.paged(&render::plan::human(&plan, console.look(args.look))),
        }
        if let Some((path, saved)) = saved {
            saved::tell(&plan, &saved, path, common, console);
        }
        if plan.is_refused() {
            explain(&plan, console, "nothing was written");
            return Ok(Exit::Refused);
        }
        return Ok(Exit::Done);
    }
    let carry = Carry {
        shown: false,
        root: &file.root,
        command: "rollback",
        yes: args.yes,
        secrets_out: args.secrets_out.as_deref(),
        look: args.look,
        question: &|_| {
            let name = visible(name, false);
            format!("Roll {name} back to before run {}?", record.run)
        },
    };
    let exit = carry_out(&connection, &plan, console, &carry).await?;
    drop(held);
    drop(connection); // the sandbox is free again
    still_said(&plan, &undone, exit, common, console).await;
    Ok(exit)
}

/// What the saved plan rests on, read as `apply` will read it.
async fn ground(plan: &Plan, connection: &Connection) -> Result<Ground, Stopped> {
    let (wanted, own) = rollback::ground(plan);
    let reader = Reader::new(&connection.client);
    let snapshot = read::snapshot(&reader, connection.version, &wanted, own.clone()).await?;
    for action in plan.actions.iter().filter(|a| a.verb != Verb::Create) {
        let id = action.id.as_deref().unwrap_or_default();
        let now = snapshot
            .by_id(action.kind, id)
            .map(|live| live.object.normal_form());
        let then = action.live.as_ref().map(|live| live.object.normal_form());
        if now != then {
            let message = format!(
                "the {} `{}` changed while the plan was made",
                action.kind.words(),
                action.name
            );
            let finding = Finding::error(Code::StalePlan, message);
            return Err(Stopped::Findings(vec![finding.help("do it again")]));
        }
    }
    let none = Desired::default();
    Ok(Ground {
        own,
        ..Ground::of(plan, (&none, &none), wanted, Scope::default(), &snapshot)
    })
}
