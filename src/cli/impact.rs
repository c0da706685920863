//! `gatewright impact`

use std::path::PathBuf;

use clap::{ArgGroup, Args};

use super::console::Console;
use super::impact_replay::{self, ReplayArgs, ReplayWish};
use super::judged::{AskedOf, From, open, project_flags};
use super::people::{self, Counting};
use super::session::Stopped;
use super::{Common, Exit, Format};
use crate::graph::read::Reader;
use crate::impact::people::mask::NameMask;
use crate::render;

/// Say who is affected by a plan, in numbers
///
/// `--people` counts people, `--last` and `--logs` judge recorded sign-ins again; together they give
/// one answer with both parts. The policies that the tenant has now are compared with those that it
/// has after the plan of the manifests, or after a saved plan. docs/impact.md says what is read and
/// what the numbers mean.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("counted").args(["people", "logs", "last"]).required(true).multiple(true)))]
pub struct ImpactArgs {
    /// Count people: users, memberships of the groups that matter, and active roles are read
    #[arg(long)]
    pub people: bool,
    /// List the principal names of those who are affected
    #[arg(long, requires = "people")]
    pub names: bool,
    /// Show no name of the tenant: groups, users, policies and the like are numbered
    #[arg(long)]
    pub mask: bool,
    /// Keep in DIR what is read of people, for 12 hours, and take it from there; with `--mask`
    /// without principal names. With `--last` also the log, day by day: a run that was interrupted
    /// goes on there
    #[arg(long, value_name = "DIR")]
    pub cache: Option<PathBuf>,
    /// Of a saved plan, not of the plan of the manifests
    #[arg(long, value_name = "FILE")]
    pub plan: Option<PathBuf>,
    /// Recorded sign-ins
    #[command(flatten)]
    pub replay: ReplayArgs,
}

/// Runs the command.
///
/// # Errors
/// See [`Stopped`].
pub async fn run(args: &ImpactArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    match (args.mask, impact(args, common, console).await) {
        (true, Err(stopped)) => Err(stopped.masked()),
        (_, result) => result,
    }
}

async fn impact(args: &ImpactArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    if args.replay.is_asked() {
        let wish = ReplayWish {
            replay: &args.replay,
            plan: args.plan.clone(),
            people: args.people,
            names: args.names,
            mask: args.mask,
            cache: args.cache.clone(),
        };
        return impact_replay::run(&wish, common, console).await;
    }
    if console.rows {
        let message = "people have no result of the form `csv`: take `human`, `json` or `markdown`";
        return Err(anyhow::anyhow!(message).into());
    }
    let from = From {
        plan: args.plan.clone(),
        before_after: true,
        ..From::default()
    };
    let opened = open(&from, common, console, AskedOf::Every(&[])).await;
    let mut judged = opened.map_err(people::without_tenant)?;
    let (Some(view), Some(plan)) = (&mut judged.view, &judged.plan) else {
        return Ok(Exit::Error);
    };
    let environment = view.file.config.environment(view.tenant()?);
    let reader = Reader::new(&view.connection.client);
    let sides = people::sides(&reader, plan, &mut view.snapshot, &environment).await;
    let sides = sides.map_err(people::without_tenant)?;
    let how = Counting {
        names: args.names,
        mask: args.mask,
        cache: args.cache.as_deref(),
        root: Some(&view.file.root),
    };
    let tenant = &plan.organization.id;
    let impact = people::count(
        &reader,
        plan,
        &sides,
        tenant,
        &how,
        &mut NameMask::default(),
        console,
    )
    .await?;
    let shown = render::impact::people::human;
    match console.format {
        Format::Json => {
            let output = render::impact::json(Some(&impact));
            console.result(&render::json::text(&output));
        }
        Format::Markdown => {
            let mut about = console.about();
            if args.mask {
                about.tenant = None;
            }
            let text = render::markdown::impact(&impact, &about);
            console.result(&text);
        }
        _ => {
            let command = format!("gatewright whatif --before-after{}", project_flags(common));
            console.paged(&shown(&impact, &command));
        }
    }
    Ok(Exit::Done)
}
