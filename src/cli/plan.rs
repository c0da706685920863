//! `gatewright plan`

use std::path::PathBuf;

use clap::Args;

use super::console::Console;
use super::depth::DepthArgs;
use super::guards::{AllowArgs, explain};
use super::judged::project_flags;
use super::many::FleetArgs;
use super::part::{KindArgs, PlanPart};
use super::people::{self, Counting};
use super::session::{Aim, Session, Stopped, Wish, open};
use super::{Common, Exit, Format, renames, saved};
use crate::finding::Severity;
use crate::fleet::result::Tally;
use crate::graph::read::Reader;
use crate::impact::people::PeopleImpact;
use crate::impact::people::mask::NameMask;
use crate::manifest::config::ImpactOf;
use crate::render;
use crate::render::review::Review;

/// Show what apply would do
///
/// Reads the tenant and changes nothing. A plan that a guard refuses is shown, and the
/// exit code is 3.
///
/// With NAME, only the objects with these names are planned, and the objects that they refer to.
/// Nothing is deleted then. The guards judge the whole tenant as it would be.
#[derive(Debug, Clone, Args)]
pub struct PlanArgs {
    /// Limit the plan to the objects with these names, and what they refer to
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Limit the plan to objects of this kind
    #[command(flatten)]
    pub kind: KindArgs,
    /// Write `renamedFrom` where an object was renamed only in its manifest
    #[arg(long)]
    pub fix_renames: bool,
    /// Exit with 2 if changes are pending
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Create a new test user instead of restoring a deleted one
    #[arg(long)]
    pub purge_deleted_users: bool,
    /// Save the plan to FILE, for `show` and `apply`
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Save the plan of each tenant to a file in DIR, for `apply DIR`
    #[arg(
        long,
        value_name = "DIR",
        conflicts_with = "out",
        help_heading = "Several tenants"
    )]
    pub out_dir: Option<PathBuf>,
    /// Count the people who are affected, and say who they are [default: if `impact: people` is in
    /// gatewright.yaml]
    #[arg(long)]
    pub people: bool,
    /// How much to show
    #[command(flatten)]
    pub look: DepthArgs,
    /// What to let through
    #[command(flatten)]
    pub allow: AllowArgs,
    /// Which of several tenants
    #[command(flatten)]
    pub fleet: FleetArgs,
}

/// Counts the people whom the plan affects. Where the project file asks for it, a permission that is
/// missing is told, and the plan is shown without.
async fn people_of(
    session: &mut Session,
    asked: bool,
    console: &Console,
) -> Result<Option<PeopleImpact>, Stopped> {
    let entry = session.file.tenant(Some(&session.plan.tenant));
    let (_, tenant) = entry.map_err(|finding| Stopped::Findings(vec![*finding]))?;
    let environment = session.file.config.environment(tenant);
    let reader = Reader::new(&session.connection.client);
    let plan = &session.plan;
    let id = plan.organization.id.clone();
    let counted = async {
        let sides = people::sides(&reader, plan, &mut session.snapshot, &environment).await;
        let sides = sides.map_err(people::without_tenant)?;
        let (how, mut names) = (Counting::default(), NameMask::default());
        people::count(&reader, plan, &sides, &id, &how, &mut names, console).await
    };
    match counted.await {
        Ok(people) => Ok(Some(people)),
        Err(Stopped::Findings(list)) if !asked => {
            let told = list.into_iter().map(|mut finding| {
                finding.severity = Severity::Warning;
                finding.message = format!("people were not counted: {}", finding.message);
                finding
            });
            session.plan.notices.extend(told);
            Ok(None)
        }
        Err(other) => Err(other),
    }
}

/// Runs the command.
///
/// # Errors
/// See [`Stopped`].
pub async fn run(args: &PlanArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    if let Some(path) = &args.out {
        saved::check_target(path)?;
    }
    let allow = args.allow.guards();
    let wish = Wish {
        aim: Aim::Converge,
        writes: false,
        purge_deleted_users: args.purge_deleted_users,
        assume_not_made: false,
        allow: &allow,
        part: PlanPart {
            names: &args.names,
            kind: args.kind.kind,
        },
    };
    let mut session = open(common, console, wish).await?;
    if args.fix_renames && renames::fix(&session, console)? {
        drop(session);
        session = open(common, console, wish).await?;
    }
    let people = match args.people || session.file.config.impact == Some(ImpactOf::People) {
        true => people_of(&mut session, args.people, console).await?,
        false => None,
    };
    let people = people.as_ref();
    let plan = &session.plan;
    console.tells(|| Tally::of_plan(plan));
    let review = Review::of(plan);
    let file = match &args.out {
        Some(path) => Some((path, saved::write(&session, path)?)),
        None => None,
    };
    match console.format {
        Format::Human | Format::Csv | Format::Html | Format::Dot | Format::Mermaid => {
            let command = format!("gatewright whatif --before-after{}", project_flags(common));
            let first = people.map(|people| render::impact::people::human(people, &command));
            let first = first.map_or_else(String::new, |text| format!("{text}\n"));
            let shown = render::plan::human(plan, console.look(args.look));
            console.paged(&format!("{first}{shown}"));
        }
        Format::Json => console.result(&render::json::text(&render::json::plan_with(plan, people))),
        Format::Markdown => console.result(&render::markdown::plan_with(plan, &review, people)),
        Format::Sarif | Format::Github | Format::Junit => {
            console.remarks("Plan", &review.remarks(&plan.notices));
        }
    }
    if let Some((path, saved)) = file {
        saved::tell(plan, &saved, path, common, console);
    }
    if plan.is_refused() {
        explain(plan, console, "apply would write nothing");
        return Ok(Exit::Refused);
    }
    if args.detailed_exitcode && !plan.is_empty() {
        return Ok(Exit::Pending);
    }
    Ok(Exit::Done)
}
