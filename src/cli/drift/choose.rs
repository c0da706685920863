//! What becomes of each object, asked for one by one: adopted, undone, or left as it is. Nothing
//! is written before everything is answered, and agreed to as a whole.

use std::io::IsTerminal;

use super::adopt::{adopted, is_of};
use super::settled;
use crate::apply::steps::requests;
use crate::cli::Exit;
use crate::cli::apply::{Carry, carry_out};
use crate::cli::console::{Confirmed, Console};
use crate::cli::depth::DepthArgs;
use crate::cli::guards::explain;
use crate::cli::session::{Asking, Stopped, ask_guards, connected, permitted};
use crate::cli::view::{JudgedDrift, View};
use crate::finding::{Code, Finding};
use crate::graph::auth::Access;
use crate::graph::read::Reader;
use crate::manifest::guards::{Guard, GuardsFile};
use crate::manifest::project::Desired;
use crate::plan::guard::PlanPurpose;
use crate::plan::limit::PlanLimit;
use crate::plan::strays::stray_action;
use crate::plan::{Action, Plan, Verb};
use crate::render;
use crate::render::drift::{Drift, gravest_first};
use crate::tenant::connect::Connection;
use crate::text::visible;

/// What is to become of the objects that differ.
#[derive(Default)]
struct Choices {
    adopt: Vec<Action>,
    undo: Vec<Action>,
    left: usize,
    /// Somebody quit.
    quit: bool,
}

impl Choices {
    fn quit() -> Choices {
        Choices {
            quit: true,
            ..Choices::default()
        }
    }
}

/// Asks, and does what was answered.
///
/// # Errors
/// See [`Stopped`].
pub(super) async fn choose(
    view: &mut View,
    drift: &JudgedDrift,
    allow: &[Guard],
    console: &Console,
) -> Result<Exit, Stopped> {
    if drift.plan.is_empty() && drift.strays.is_empty() {
        return Ok(Exit::Done);
    }
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        let finding = Finding::error(Code::NotConfirmed, "there is no terminal to ask on");
        return Err(Stopped::Findings(vec![finding.help(
            "`gatewright drift --adopt NAME` adopts without asking, `gatewright apply` undoes",
        )]));
    }
    let Some(choices) = asked(view, drift, console) else {
        return Err(not_agreed("not all questions were answered"));
    };
    if choices.quit || choices.adopt.is_empty() && choices.undo.is_empty() {
        console.note(match choices.quit {
            true => "Nothing was written.",
            false => "Nothing was chosen; nothing was written.",
        });
        return Ok(Exit::Pending);
    }
    settled(&view.notices)?;
    let mut adopt = with(&drift.plan, choices.adopt);
    view.judge(&mut adopt, allow).await?;
    if adopt.is_refused() {
        console.warn(&render::guards::guards(&adopt.guards));
        explain(&adopt, console, "nothing was written");
        return Ok(Exit::Refused);
    }
    let adoption = adopted(view, &adopt, true).await?;
    adoption.check()?;
    let (undo, part) = undoing(view, &drift.plan, &choices.undo);
    let undone = prepared(view, undo, &part, allow, console).await?;
    let (connection, undo) = match &undone {
        Some((connection, undo)) => (connection.as_ref().unwrap_or(&view.connection), Some(undo)),
        None => (&view.connection, None),
    };
    let tenant = render::human::tenant(&drift.plan);
    let question = format!(
        "{} to adopt, {} to undo in {tenant}, {} left as is: continue?",
        adopt.actions.len(),
        undo.map_or(0, |undo| undo.actions.len()),
        choices.left
    );
    // What is agreed to is seen first.
    if !adopt.is_empty() {
        console.result(&adoption.diff());
    }
    if let Some(undo) = undo {
        let look = console.look(DepthArgs::default());
        console.result(&render::plan::human(undo, look));
        if undo.is_refused() {
            explain(undo, console, "nothing was written");
            return Ok(Exit::Refused);
        }
    }
    if console.confirm(&question) != Confirmed::Yes {
        return Err(not_agreed("the answer was not `yes`"));
    }
    let mut exit = Exit::Done;
    if !adopt.is_empty() {
        exit = adoption.finish(&adopt, false, console)?;
    }
    if let Some(undo) = undo {
        let carry = Carry {
            root: &view.file.root,
            command: "apply",
            yes: true, // it was agreed to
            shown: true,
            secrets_out: None,
            look: DepthArgs::default(),
            question: &|_| String::new(),
        };
        let ended = carry_out(connection, undo, console, &carry).await?;
        if ended != Exit::Done {
            return Ok(ended);
        }
    }
    Ok(match choices.left {
        0 => exit,
        _ => Exit::Pending,
    })
}

fn not_agreed(message: &str) -> Stopped {
    Stopped::Findings(vec![
        Finding::error(Code::NotConfirmed, message).help("nothing was written"),
    ])
}

/// The answers; nothing where they end before all questions are answered.
fn asked(view: &View, drift: &JudgedDrift, console: &Console) -> Option<Choices> {
    let all = [
        ('a', "adopt"),
        ('u', "undo"),
        ('i', "ignore"),
        ('q', "quit"),
    ];
    let outside = [('a', "adopt"), ('i', "ignore"), ('q', "quit")];
    let mut choices = Choices::default();
    for action in gravest_first(&drift.plan) {
        let question = format!(
            "{} \"{}\" {}:",
            action.kind,
            visible(&action.name, false),
            match Drift::of(action) {
                Drift::Changed => "differs from its manifest",
                Drift::Renamed => "has another name in the tenant",
                Drift::Missing => "is missing in the tenant (adopt: its manifest is removed)",
                Drift::Unmanaged => "has no manifest (undo: it is deleted)",
            }
        );
        match console.choose(&question, &all)? {
            'a' => choices.adopt.push(action.clone()),
            'u' => choices.undo.push(action.clone()),
            'i' => choices.left += 1,
            _ => return Some(Choices::quit()),
        }
    }
    for stray in drift.strays.iter().filter(|stray| stray.listed) {
        let question = format!(
            "{} \"{}\" is unmanaged and outside the scope:",
            stray.kind,
            visible(&stray.name, false)
        );
        match console.choose(&question, &outside)? {
            'a' => {
                let live = view.snapshot.by_id(stray.kind, &stray.id)?;
                choices.adopt.push(stray_action(live));
            }
            'i' => choices.left += 1,
            _ => return Some(Choices::quit()),
        }
    }
    Some(choices)
}

/// The plan with these actions alone.
fn with(plan: &Plan, actions: Vec<Action>) -> Plan {
    Plan {
        actions,
        guards: Vec::new(),
        notices: Vec::new(),
        ..plan.clone()
    }
}

/// The plan that undoes what was chosen, limited as `apply NAME...` is: what the chosen objects need
/// and the tenant does not have comes with it. The part of the project that it is about.
fn undoing(view: &View, plan: &Plan, chosen: &[Action]) -> (Plan, Desired) {
    let part = (view.desired).part(|manifest| chosen.iter().any(|action| is_of(manifest, action)));
    let is_chosen = |action: &Action| {
        let key = |action: &Action| (action.kind, action.name.clone(), action.id.clone());
        chosen.iter().any(|one| key(one) == key(action))
    };
    let is_needed = |action: &Action| {
        action.verb == Verb::Create && part.manifests.iter().any(|m| is_of(m, action))
    };
    let actions = plan.actions.iter();
    let actions = actions.filter(|action| is_chosen(action) || is_needed(action));
    let mut undo = with(plan, actions.cloned().collect());
    if undo.summary().delete == 0 {
        undo.limit = Some(PlanLimit {
            names: chosen.iter().map(|action| action.name.clone()).collect(),
            kind: None,
            manifests: part.manifests.len(),
            all: view.desired.manifests.len(),
        });
    }
    (undo, part)
}

/// The way to the tenant, and the plan that undoes something there, judged as any other. Nothing
/// where nothing is to be undone; no other way where the view's own will do.
async fn prepared(
    view: &View,
    mut undo: Plan,
    part: &Desired,
    allow: &[Guard],
    console: &Console,
) -> Result<Option<(Option<Connection>, Plan)>, Stopped> {
    if undo.is_empty() {
        return Ok(None);
    }
    let (file, name, tenant) = (&view.file, &view.name, view.tenant()?);
    let own = match view.connection.sandbox {
        // It has no rights to tell apart, and is served by this process or another.
        Some(_) => None,
        None => Some(connected(file, name, tenant, Access::Write, console).await?),
    };
    let connection = own.as_ref().unwrap_or(&view.connection);
    let guards = GuardsFile::load(file, name, tenant).map_err(Stopped::Findings)?;
    ask_guards(
        &mut undo,
        &Reader::new(&connection.client),
        &view.snapshot,
        Some(part),
        &guards,
        Asking {
            purpose: PlanPurpose::Converge,
            allow,
            environment: file.config.environment(tenant),
        },
    )
    .await?;
    permitted(connection, &requests(&undo)).await?;
    Ok(Some((own, undo)))
}
