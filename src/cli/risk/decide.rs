//! `gatewright risk dismiss`, `confirm-compromised` and `confirm-safe`

use std::collections::BTreeSet;
use std::time::Duration;

use clap::Args;

use super::{FilterArgs, ProjectTenant};
use crate::apply::{Patience, RunReport, decide};
use crate::cli::console::{Confirmed, Console};
use crate::cli::session::{Stopped, lock, permitted};
use crate::cli::{Common, Exit, Format, run};
use crate::finding::{Code, Finding};
use crate::graph::Request;
use crate::graph::auth::Access;
use crate::graph::request::literal;
use crate::manifest::guards::GuardsFile;
use crate::render;
use crate::render::risk::decision as shown;
use crate::risk::decision::{Decision, DecisionLimits, DecisionPlan, MOST, plan};
use crate::risk::{Detection, RiskyUser, read};
use crate::tenant::break_glass::Ask;
use crate::tenant::snapshot::Organization;
use crate::text::visible;

/// Which users to decide about
#[derive(Debug, Args)]
pub struct DecideArgs {
    /// The users: principal names, display names or ids
    #[arg(value_name = "USER", conflicts_with_all = ["level", "state", "since"], required_unless_present_any = ["level", "state", "since"])]
    pub users: Vec<String>,
    /// Or all users that these flags select
    #[command(flatten)]
    pub filter: FilterArgs,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Refuse to decide about more users than this
    #[arg(long, value_name = "N", default_value_t = MOST)]
    pub max: usize,
    /// Continue even if break-glass accounts are among them
    #[arg(long)]
    pub include_break_glass: bool,
}

/// Runs the command.
///
/// # Errors
/// See [`Stopped`].
pub async fn run(
    decision: Decision,
    args: &DecideArgs,
    common: &Common,
    console: &Console,
) -> Result<Exit, Stopped> {
    let place = ProjectTenant::open(Access::WriteRisk, common, console).await?;
    let _lock = lock(&place.file.root, &place.name)?;
    let users = meant(args, &place).await?;
    let why = reasons(&place, &users, console).await;
    let plan = plan(decision, users, &why, &break_glass(&place).await?);
    if let Some(finding) = plan.nobody() {
        return Err(Stopped::Findings(vec![finding]));
    }
    let text = shown::plan(&plan, console.width());
    let guards = DecisionLimits {
        most: args.max,
        break_glass: args.include_break_glass,
    };
    let against = plan.refused(guards);
    match console.format {
        // stdout is for the one JSON document of the result.
        Format::Json if !args.yes || !against.is_empty() => console.warn(&text),
        Format::Json => {}
        _ => console.result(&text),
    }
    if !against.is_empty() {
        return Err(Stopped::Refused(against, Exit::Refused));
    }
    let requests: Vec<Request> = plan.requests().into_iter().map(|(_, r)| r).collect();
    permitted(&place.connection, &requests).await?;
    if !args.yes {
        confirm(&plan, &place.name, console)?;
    }
    let (report, name) = carry_out(&place, &plan, console).await?;
    match console.format {
        Format::Json => {
            let result = shown::json(&place.name, &plan, &report, Some(&name));
            console.result(&render::json::text(&result));
        }
        _ => console.result(&shown::report(&plan, &report)),
    }
    Ok(run::exit_of(&report))
}

/// The users who are meant: those named, or those at risk whom the filter takes. A decision
/// about many is one about users at risk, unless other states are named.
async fn meant(args: &DecideArgs, place: &ProjectTenant) -> Result<Vec<RiskyUser>, Stopped> {
    let reader = place.reader();
    if args.users.is_empty() {
        let mut filter = args.filter.filter(None, &[]);
        if filter.states.is_empty() {
            filter.states.push("atRisk".to_owned());
        }
        let found = read::users(&reader, &filter).await?;
        return Ok(found.items);
    }
    let (mut users, mut unknown) = (Vec::new(), Vec::new());
    for text in &args.users {
        let subject = match place.subject(Some(text), true).await {
            Ok(Some(subject)) => subject,
            Ok(None) => continue,
            // All that are wrong are told at once.
            Err(Stopped::Findings(findings)) => {
                unknown.extend(findings);
                continue;
            }
            Err(other) => return Err(other),
        };
        let known = read::user(&reader, &subject.id).await?;
        users.push(known.unwrap_or_else(|| subject.without_risk()));
    }
    match unknown.is_empty() {
        true => Ok(users),
        false => Err(Stopped::Findings(unknown)),
    }
}

/// What was noticed about the users. Without it the plan has no reasons, and says why.
async fn reasons(place: &ProjectTenant, users: &[RiskyUser], console: &Console) -> Vec<Detection> {
    /// As many as the directory takes in one filter; identity protection names no number.
    const AT_ONCE: usize = 15;
    let mut found = Vec::new();
    for some in users.chunks(AT_ONCE) {
        let ids: Vec<String> = some
            .iter()
            .map(|user| format!("userId eq {}", literal(&user.id)))
            .collect();
        let filter = format!("({})", ids.join(" or "));
        match place.reader().risk("riskDetections", &filter).await {
            Ok((items, _)) => found.extend(items.iter().map(Detection::read)),
            Err(error) => {
                let error = visible(&error.to_string(), false);
                console.warn(&format!(
                    "Note: it is not known why they are at risk: {error}"
                ));
                break;
            }
        }
    }
    found
}

/// The ids of the accounts that must never be locked out, as the project's guards name them.
async fn break_glass(place: &ProjectTenant) -> Result<BTreeSet<String>, Stopped> {
    let (_, tenant) = place
        .file
        .tenant(Some(&place.name))
        .map_err(|f| Stopped::Findings(vec![*f]))?;
    let file = GuardsFile::load(&place.file, &place.name, tenant).map_err(Stopped::Findings)?;
    let Some(declared) = file.guards.break_glass else {
        return Ok(BTreeSet::new());
    };
    let mut ask = Ask {
        users: declared.users,
        groups: declared.groups,
        ..Ask::default()
    };
    if ask.users.iter().any(|user| !user.contains('@')) {
        ask.domain = organization(place).await.default_domain;
    }
    let found = crate::tenant::break_glass::read(&place.reader(), &ask).await?;
    Ok(found.accounts.into_keys().collect())
}

fn confirm(plan: &DecisionPlan, tenant: &str, console: &Console) -> Result<(), Stopped> {
    let mut question = plan.decision.sentence(plan.items.len());
    let mut letters = question.chars();
    if let Some(first) = letters.next() {
        let tenant = visible(tenant, false);
        question = format!("{}{} in {tenant}?", first.to_uppercase(), letters.as_str());
    }
    let refused = |message: &str, help: &str| {
        Err(Stopped::Findings(vec![
            Finding::error(Code::NotConfirmed, message).help(help),
        ]))
    };
    match console.confirm(&question) {
        Confirmed::Yes => Ok(()),
        Confirmed::No => refused("the answer was not `yes`", "nothing was changed"),
        Confirmed::NoTerminal => refused(
            "there is no terminal to ask on",
            "use `--yes` to continue without asking",
        ),
    }
}

/// Sends, with a journal on disk; gives what was done, and the run's name.
async fn carry_out(
    place: &ProjectTenant,
    plan: &DecisionPlan,
    console: &Console,
) -> Result<(RunReport, String), Stopped> {
    let tenant_id = tenant_id(place).await;
    let tenant = (place.name.as_str(), tenant_id.as_str());
    // A decision takes longer to be shown than an object does.
    let patience = Patience {
        rounds: 18,
        pause: Duration::from_secs(3),
        ..Patience::default()
    };
    let (report, run) = run::carry_out(
        &place.connection,
        &place.file.root,
        patience,
        None,
        console,
        async |executor, journal, progress| decide(executor, plan, tenant, journal, progress).await,
    )
    .await?;
    Ok((report, run))
}

/// The id of the tenant, as far as it can be had.
async fn tenant_id(place: &ProjectTenant) -> String {
    let configured = place
        .file
        .tenant(Some(&place.name))
        .ok()
        .and_then(|(_, tenant)| tenant.tenant_id.clone());
    if let Some(id) = configured {
        return id;
    }
    organization(place).await.id
}

/// The tenant itself, as far as it may be read.
async fn organization(place: &ProjectTenant) -> Organization {
    let answer = place.reader().organization().await;
    answer.map_or_else(
        |_| Organization::default(),
        |answer| Organization::read(&answer),
    )
}
