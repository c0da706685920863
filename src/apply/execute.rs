//! The executor: sends the steps of a plan in order, fills in ids as they become known,
//! skips what depends on a failure, and verifies at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::password;
use super::steps::{Purpose, Step, steps};
use super::verify::{Expected, Patience, verify};
use crate::graph::read::Reader;
use crate::graph::write::Writer;
use crate::graph::{GraphError, Request};
use crate::manifest::config::ApiVersion;
use crate::model::Kind;
use crate::plan::{Action, Phase, Plan, Verb};
use crate::tenant::resolve::{is_pending, pending};

/// How one action ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Not begun: the run was stopped before.
    NotReached,
    /// Begun, and stopped from outside before its last request.
    Begun,
    /// Written and seen.
    Done,
    /// Written, but the tenant did not show it in time; the properties that differ.
    Unverified(Vec<String>),
    /// A request failed.
    Failed(String),
    /// Left out, because something it needs failed.
    Skipped(String),
}

impl Outcome {
    /// A word for tables and JSON.
    pub fn as_str(&self) -> &'static str {
        match self {
            Outcome::NotReached => "not reached",
            Outcome::Begun => "begun",
            Outcome::Done => "done",
            Outcome::Unverified(_) => "unverified",
            Outcome::Failed(_) => "failed",
            Outcome::Skipped(_) => "skipped",
        }
    }
}

/// A secret that was made on the way, to be shown once.
#[derive(Debug)]
pub struct Secret {
    /// The user's principal name.
    pub user: String,
    /// The password.
    pub password: SecretString,
}

/// What a run did.
#[derive(Debug, Default)]
pub struct Report {
    /// For each action of the plan, in its order: the outcome and the object's id.
    pub outcomes: Vec<(Outcome, Option<String>)>,
    /// Passwords of new test users.
    pub secrets: Vec<Secret>,
    /// True when the run was stopped from outside.
    pub interrupted: bool,
    /// Why verification could not be done, if so.
    pub verification_error: Option<String>,
}

impl Report {
    /// True when everything was done and seen.
    pub fn is_complete(&self) -> bool {
        self.verification_error.is_none() && self.outcomes.iter().all(|(o, _)| *o == Outcome::Done)
    }
}

/// Hears of the progress of a run.
pub trait Progress {
    /// The first request of an action is about to go out.
    fn begins(&mut self, action: &Action);
    /// The last request of an action was answered, or one failed.
    fn ends(&mut self, action: &Action, outcome: &Outcome);
    /// All writes are done; the tenant is read again.
    fn verifies(&mut self);
}

/// Connections and patience of a run.
#[derive(Debug)]
pub struct Executor<'a> {
    /// The read half.
    pub reader: Reader<'a>,
    /// The write half.
    pub writer: Writer<'a>,
    /// Which edition of Graph is used.
    pub version: ApiVersion,
    /// How long verification goes on.
    pub patience: Patience,
    /// Turns true when the run is to stop before its next write.
    pub stop: watch::Receiver<bool>,
}

struct Run<'p> {
    plan: &'p Plan,
    /// Ids of what was created, by stand-in.
    ids: BTreeMap<String, String>,
    /// Stand-ins of what is not going to exist.
    lost: BTreeSet<String>,
    outcomes: Vec<Option<Outcome>>,
    begun: Vec<bool>,
    left: Vec<usize>,
    secrets: Vec<Secret>,
}

/// Carries a plan out.
pub async fn execute(executor: &Executor<'_>, plan: &Plan, progress: &mut dyn Progress) -> Report {
    let mut queue: Vec<(usize, Step)> = Vec::new();
    for (index, action) in plan.actions.iter().enumerate() {
        queue.extend(steps(action).into_iter().map(|step| (index, step)));
    }
    // Stable: within a phase, actions and their steps keep the plan's order.
    queue.sort_by_key(|(_, step)| step.phase);
    let mut left = vec![0; plan.actions.len()];
    for (index, _) in &queue {
        left[*index] += 1;
    }
    let mut run = Run {
        plan,
        ids: BTreeMap::new(),
        lost: BTreeSet::new(),
        outcomes: vec![None; plan.actions.len()],
        begun: vec![false; plan.actions.len()],
        left,
        secrets: Vec::new(),
    };
    let mut interrupted = false;
    for (index, step) in queue {
        if *executor.stop.borrow() {
            interrupted = true;
            break;
        }
        run.step(executor, index, &step, progress).await;
    }
    let mut report = Report {
        interrupted,
        ..Report::default()
    };
    let expected = run.expected();
    if !expected.is_empty() {
        progress.verifies();
        let (indexes, list): (Vec<usize>, Vec<Expected>) = expected.into_iter().unzip();
        match verify(&executor.reader, executor.version, &list, executor.patience).await {
            Ok(wrong) => {
                for (at, paths) in wrong {
                    run.outcomes[indexes[at]] = Some(Outcome::Unverified(paths));
                }
            }
            Err(error) => report.verification_error = Some(error.to_string()),
        }
    }
    report.outcomes = plan
        .actions
        .iter()
        .zip(run.outcomes.into_iter().zip(run.begun))
        .map(|(action, (outcome, begun))| {
            let id = action
                .id
                .clone()
                .or_else(|| run.ids.get(&pending(action.kind, &action.name)).cloned());
            let unfinished = if begun {
                Outcome::Begun
            } else {
                Outcome::NotReached
            };
            (outcome.unwrap_or(unfinished), id)
        })
        .collect();
    report.secrets = run.secrets;
    report
}

impl Run<'_> {
    async fn step(
        &mut self,
        executor: &Executor<'_>,
        index: usize,
        step: &Step,
        progress: &mut dyn Progress,
    ) {
        let action = &self.plan.actions[index];
        self.left[index] -= 1;
        if matches!(
            self.outcomes[index],
            Some(Outcome::Failed(_) | Outcome::Skipped(_))
        ) {
            return;
        }
        let mut waits_for = BTreeSet::new();
        let (request, fresh) = self.fill(&step.request, &mut waits_for);
        let outcome = if let Some(missing) = waits_for.first() {
            let name = is_pending(missing).map_or_else(String::new, |(_, name)| name);
            Some(Outcome::Skipped(format!("`{name}` was not created")))
        } else if step.phase > Phase::Change && self.has_failed() {
            // Removing after a failed creation could leave less protection than before.
            Some(Outcome::Skipped(
                "nothing is taken away after a failure".to_owned(),
            ))
        } else {
            if !self.begun[index] {
                self.begun[index] = true;
                progress.begins(action);
            }
            match self.send(executor, index, step, request, fresh).await {
                Ok(()) if self.left[index] == 0 => Some(Outcome::Done),
                Ok(()) => None,
                Err(error) => Some(Outcome::Failed(explain(&error, step))),
            }
        };
        let Some(outcome) = outcome else { return };
        if outcome != Outcome::Done && action.verb == Verb::Create {
            let stand_in = pending(action.kind, &action.name);
            if !self.ids.contains_key(&stand_in) {
                self.lost.insert(stand_in);
            }
        }
        progress.ends(action, &outcome);
        self.outcomes[index] = Some(outcome);
    }

    fn has_failed(&self) -> bool {
        self.outcomes
            .iter()
            .flatten()
            .any(|o| matches!(o, Outcome::Failed(_) | Outcome::Skipped(_)))
    }

    /// The request with ids in the place of stand-ins, and whether there were any.
    fn fill(&self, request: &Request, missing: &mut BTreeSet<String>) -> (Request, bool) {
        let mut request = request.clone();
        let mut fresh = false;
        if let Some(body) = &mut request.body {
            self.fill_value(body, &mut fresh, missing);
        }
        let path: Vec<String> = request
            .path
            .split('/')
            .map(|part| self.fill_text(part, &mut fresh, missing))
            .collect();
        request.path = path.join("/");
        (request, fresh)
    }

    fn fill_value(&self, value: &mut Value, fresh: &mut bool, missing: &mut BTreeSet<String>) {
        match value {
            Value::String(text) => *text = self.fill_text(text, fresh, missing),
            Value::Array(items) => {
                for item in items {
                    self.fill_value(item, fresh, missing);
                }
            }
            Value::Object(map) => {
                for (_, member) in map.iter_mut() {
                    self.fill_value(member, fresh, missing);
                }
            }
            _ => {}
        }
    }

    fn fill_text(&self, text: &str, fresh: &mut bool, missing: &mut BTreeSet<String>) -> String {
        // A stand-in is the whole text, or the end of a member's URL.
        const OBJECTS: &str = "/directoryObjects/";
        let (head, tail) = match text.find(OBJECTS) {
            Some(at) => text.split_at(at + OBJECTS.len()),
            None => ("", text),
        };
        if is_pending(tail).is_none() {
            return text.to_owned();
        }
        *fresh = true;
        match self.ids.get(tail) {
            Some(id) => format!("{head}{id}"),
            None => {
                missing.insert(tail.to_owned());
                text.to_owned()
            }
        }
    }

    async fn send(
        &mut self,
        executor: &Executor<'_>,
        index: usize,
        step: &Step,
        mut request: Request,
        fresh: bool,
    ) -> Result<(), GraphError> {
        let action = &self.plan.actions[index];
        let mut secret = None;
        if step.purpose == Purpose::CreateUser {
            let password = password::generate()
                .map_err(|e| GraphError::SignIn(format!("no random numbers: {e}")))?;
            if let Some(body) = &mut request.body {
                body["passwordProfile"] = json!({
                    "forceChangePasswordNextSignIn": true,
                    "password": password.expose_secret(),
                });
            }
            secret = Some(password);
        }
        let answer = send_patiently(executor, &request, fresh, step.purpose).await?;
        if matches!(step.purpose, Purpose::Create | Purpose::CreateUser) {
            let id =
                answer
                    .get("id")
                    .and_then(Value::as_str)
                    .ok_or_else(|| GraphError::Answer {
                        request: request.to_string(),
                        problem: "it holds no id".to_owned(),
                    })?;
            self.ids
                .insert(pending(action.kind, &action.name), id.to_owned());
            if let Some(password) = secret {
                self.secrets.push(Secret {
                    user: action.name.clone(),
                    password,
                });
            }
        }
        if action.kind == Kind::AuthenticationContext && action.verb == Verb::Create {
            self.ids
                .insert(pending(action.kind, &action.name), action.name.clone());
        }
        Ok(())
    }

    /// What must be seen of the actions that were written.
    fn expected(&self) -> Vec<(usize, Expected)> {
        let mut list = Vec::new();
        for (index, action) in self.plan.actions.iter().enumerate() {
            if self.outcomes[index] != Some(Outcome::Done) {
                continue;
            }
            let stand_in = pending(action.kind, &action.name);
            let Some(id) = action
                .id
                .clone()
                .or_else(|| self.ids.get(&stand_in).cloned())
            else {
                continue;
            };
            let object = action.desired.clone().map(|mut object| {
                for reference in object.references_mut() {
                    if let Some(id) = self.ids.get(reference.target.as_str()) {
                        *reference.target = id.clone();
                    }
                }
                object
            });
            list.push((
                index,
                Expected {
                    kind: action.kind,
                    id,
                    object,
                    ignored: action.ignored.clone(),
                },
            ));
        }
        list
    }
}

/// Sends a write. What was created a moment ago may not be known everywhere: then Graph
/// refuses the reference, and a little later it does not.
async fn send_patiently(
    executor: &Executor<'_>,
    request: &Request,
    fresh: bool,
    purpose: Purpose,
) -> Result<Value, GraphError> {
    let mut pause = Duration::from_secs(2);
    for attempt in 0.. {
        match executor.writer.send(request).await {
            Err(error) if purpose == Purpose::AddMember && is_member_already(&error) => {
                return Ok(Value::Null);
            }
            Err(error) if fresh && attempt < 6 && is_not_known_yet(&error) => {
                tracing::debug!(%error, "waiting for the tenant to know what was created");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(10));
            }
            other => return other,
        }
    }
    Ok(Value::Null)
}

fn is_member_already(error: &GraphError) -> bool {
    error
        .api()
        .is_some_and(|e| e.status == 400 && e.message.contains("already exist"))
}

fn is_not_known_yet(error: &GraphError) -> bool {
    error.api().is_some_and(|e| {
        e.status == 404
            || e.status == 400
                && (matches!(e.number, Some(1040 | 1054))
                    || e.message.contains("does not exist")
                    || e.message.contains("Invalid") && e.message.contains("value"))
    })
}

fn explain(error: &GraphError, step: &Step) -> String {
    let mut text = error.to_string();
    if let Some(advice) = error.api().and_then(|e| e.advice()) {
        text.push_str(" - ");
        text.push_str(advice);
    }
    if error.maybe_done() && matches!(step.purpose, Purpose::Create | Purpose::CreateUser) {
        text.push_str(" - it may have been created all the same: `gatewright plan` will tell");
    }
    text
}
