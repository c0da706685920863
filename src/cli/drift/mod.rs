//! `gatewright drift`

mod adopt;
mod choose;

use clap::Args;

use super::console::Console;
use super::depth::DepthArgs;
use super::guards::{AllowArgs, enforce, explain};
use super::many::FleetArgs;
use super::session::{Stopped, lock};
use super::view::{self, Manifests};
use super::{Common, Exit, Format, session};
use crate::finding::{Code, Finding, Severity};
use crate::fleet::result::Tally;
use crate::render;
use crate::render::drift::DriftReport;

/// Show what differs in the tenant, and take it over
///
/// Compares the tenant with the manifests, like `plan`, and shows the result from the tenant's side: what was done to protection, who did it and when (if the audit log can be read), and what the guards say. Unmanaged policies are also listed. Exits with 2 if something differs.
///
/// With `--adopt` the manifests are changed to say what the tenant has, so that a change made
/// in the portal becomes a commit that can be reviewed: comments are kept, a renamed object keeps
/// its manifest, and objects in the project's scope without a manifest get one. What a guard refuses, such as a change that weakens protection, is adopted only if it is let through, as with `apply`; else the exit code is 3.
#[derive(Debug, Args)]
pub struct DriftArgs {
    /// Check only the objects with these names or ids; with --adopt, also unmanaged ones outside the scope
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Write what the tenant has to the manifests
    #[arg(long)]
    pub adopt: bool,
    /// With --adopt: remove manifests whose objects are missing in the tenant
    #[arg(long, requires = "adopt")]
    pub prune: bool,
    /// With --adopt: show what would be written, and write nothing
    #[arg(long, requires = "adopt")]
    pub dry_run: bool,
    /// Ask for each object whether to adopt it, to undo it in the tenant, or to leave it; nothing
    /// is written before everything is answered
    #[arg(short, long, conflicts_with = "adopt")]
    pub interactive: bool,
    /// How much is shown
    #[command(flatten)]
    pub look: DepthArgs,
    /// What to let through, with --adopt
    #[command(flatten)]
    pub allow: AllowArgs,
    /// Which of several tenants
    #[command(flatten)]
    pub fleet: FleetArgs,
}

/// Runs the command.
///
/// # Errors
/// See [`Stopped`].
pub async fn run(args: &DriftArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    let mut held = None;
    if args.interactive {
        let file = session::config(common, console)?;
        let (name, _) = file
            .tenant(common.tenant.as_deref())
            .map_err(|f| Stopped::Findings(vec![*f]))?;
        held = Some(lock(&file.root, name)?);
    }
    let mut view = view::open(common, console, Manifests::Needed, |_| {}).await?;
    let allow = args.allow.guards();
    let drift = view.judged_drift(&allow, &args.names, args.adopt).await?;
    let report = DriftReport {
        asks: args.interactive,
        ..drift.report()
    };
    let shown = || render::drift::human(&report, console.look(args.look));
    console.tells(|| Tally::of_plan(&drift.plan));
    if !args.adopt {
        match console.format {
            Format::Json => {
                console.result(&render::json::text(&render::drift::json(&report)));
            }
            Format::Markdown => console.result(&render::markdown::drift(&report)),
            // Where a question follows, what it is about stands above it.
            _ if args.interactive => console.result(&shown()),
            _ => console.paged(&shown()),
        }
        if args.interactive {
            let exit = choose::choose(&mut view, &drift, &args.allow.guards(), console).await;
            drop(held);
            return exit;
        }
        return Ok(match drift.plan.is_empty() {
            true => Exit::Done,
            false => Exit::Pending,
        });
    }
    if drift.plan.is_refused() {
        // It is shown before it is refused, so that somebody can agree to it.
        console.warn(&shown());
        explain(&drift.plan, console, "no manifest was changed");
        if console.format != Format::Human {
            return Err(enforce(&drift.plan)
                .err()
                .unwrap_or(Stopped::Findings(Vec::new())));
        }
        return Ok(Exit::Refused);
    }
    if args.prune {
        // A manifest must not go whose object may be there.
        settled(&view.notices)?;
    }
    let adoption = adopt::adopted(&mut view, &drift.plan, args.prune).await?;
    adoption.finish(&drift.plan, args.dry_run, console)
}

/// Nothing is written about objects that an earlier run may have made and the tenant does not
/// show.
fn settled(notices: &[Finding]) -> Result<(), Stopped> {
    let unsettled = |f: &&Finding| f.code == Code::Unsettled;
    let mut found: Vec<Finding> = notices.iter().filter(unsettled).cloned().collect();
    for finding in &mut found {
        finding.severity = Severity::Error;
    }
    match found.is_empty() {
        true => Ok(()),
        false => Err(Stopped::Findings(found)),
    }
}
