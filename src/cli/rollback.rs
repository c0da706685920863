//! `gatewright rollback`

use std::path::PathBuf;

use clap::Args;

use super::apply::{Carry, carry_out};
use super::console::Console;
use super::guards::AllowArgs;
use super::depth::DepthArgs;
use super::runs::find;
use super::session::{Stopped, config, lock, runs_folder, unsettled, waits};
use super::{Common, Exit, session};
use crate::apply::journal::{ActionKind, trail, verb};
use crate::apply::rollback::{self, NoWayBack};
use crate::finding::{Code, Finding};
use crate::graph::auth::Access;
use crate::graph::read::Reader;
use crate::manifest::guards::GuardsFile;
use crate::plan::guard::PlanPurpose;
use crate::plan::names::unnamed;
use crate::tenant::again;
use crate::text::visible;

/// Put things back to how they were before a run
///
/// Makes a plan from the run's journal: what it created is deleted, what it changed is changed
/// back, what it deleted is restored, or made anew where that is not possible. The plan is
/// shown and asked about like any other.
#[derive(Debug, Args)]
pub struct RollbackArgs {
    /// The run, by its name or the beginning of it; `latest` is the last one
    pub run: String,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Write the passwords of users that are made anew into FILE (mode 0600)
    #[arg(long, value_name = "FILE")]
    pub secrets_out: Option<PathBuf>,
    /// What an earlier run may have made, and the tenant does not show, counts as not made
    #[arg(long)]
    pub assume_not_made: bool,
    /// How much is shown
    #[command(flatten)]
    pub look: DepthArgs,
    /// What is let through
    #[command(flatten)]
    pub allow: AllowArgs,
}

/// Runs the command.
///
/// # Errors
/// See [`Stopped`].
pub async fn run(args: &RollbackArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
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
                "`gatewright risk confirm-compromised` puts users at risk again; dismissing takes that back",
            ),
            ActionKind::Object(_) => (
                "made a new password",
                "`gatewright user reset-password` makes another",
            ),
        };
        let message = format!(
            "the run `{}` {what}, and there is no way back from that",
            record.run
        );
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
            Finding::error(Code::NoRun, message).help("leave `-t` away: a run knows its tenant"),
        ]));
    }
    let _lock = lock(&file.root, name)?;
    let connection = session::connected(&file, name, tenant, Access::Write, console).await?;
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
    let snapshot = shown.snapshot;
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
        unsettled(&shown.unsettled, &trail, true)?;
    }
    name.clone_into(&mut plan.tenant);
    let (ids, apps) = unnamed(&plan);
    plan.names.extend(again::names(&reader, &ids, &apps).await?);
    session::ask_guards(
        &mut plan,
        &reader,
        &snapshot,
        None,
        &guards,
        session::Asking {
            purpose: PlanPurpose::Rollback,
            allow: &args.allow.guards(),
            environment: file.config.environment(tenant),
        },
    )
    .await?;
    let carry = Carry {
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
    carry_out(&connection, &plan, console, &carry).await
}
