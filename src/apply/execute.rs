//! The executor: sends the steps of a plan in order, fills in ids as they become known,
//! skips what depends on a failure, and verifies at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::adopt;
use super::journal::{self, Journal, Record};
use super::password;
use super::send::send_patiently;
use super::steps::{MEMBER_ROOT, Purpose, Step, steps};
use super::verify::{Expected, Patience, verify};
use crate::graph::read::Reader;
use crate::graph::write::Writer;
use crate::graph::{GraphError, Request};
use crate::model::Kind;
use crate::model::cloud::ApiVersion;
use crate::plan::{Action, Phase, Plan, Verb};
use crate::tenant::resolve::{is_pending, pending};

/// How one action ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActionStatus {
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

impl ActionStatus {
    /// A word for tables and JSON.
    pub fn as_str(&self) -> &'static str {
        match self {
            ActionStatus::NotReached => "not reached",
            ActionStatus::Begun => "begun",
            ActionStatus::Done => "done",
            ActionStatus::Unverified(_) => "unverified",
            ActionStatus::Failed(_) => "failed",
            ActionStatus::Skipped(_) => "skipped",
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
pub struct RunReport {
    /// For each action of the plan, in its order: the outcome and the object's id.
    pub outcomes: Vec<(ActionStatus, Option<String>)>,
    /// Passwords of new test users.
    pub secrets: Vec<Secret>,
    /// True when the run was stopped from outside.
    pub interrupted: bool,
    /// True when a write succeeded, be it of an action that failed later on.
    pub wrote: bool,
    /// Why verification could not be done, if so.
    pub verification_error: Option<String>,
    /// Why the journal could not be written to its end, if so.
    pub journal_error: Option<String>,
}

impl RunReport {
    /// True when everything was done and seen.
    pub fn is_complete(&self) -> bool {
        self.verification_error.is_none()
            && self.outcomes.iter().all(|(o, _)| *o == ActionStatus::Done)
    }
}

/// Hears of the progress of a run.
pub trait Progress {
    /// The first request of an action is about to go out.
    fn begins(&mut self, action: &Action);
    /// The last request of an action was answered, or one failed.
    fn ends(&mut self, action: &Action, outcome: &ActionStatus);
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
    /// Whether the run is to go on.
    pub stop: watch::Receiver<Stop>,
}

/// Whether a run goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// It does.
    No,
    /// It stops before its next write, and verifies what was written.
    BeforeNextWrite,
    /// It waits for nothing any more.
    Now,
}

/// Waits, unless the run is to stop at once. Answers whether the wait was cut short.
pub(super) async fn pause(stop: &watch::Receiver<Stop>, time: Duration) -> bool {
    let mut stop = stop.clone();
    tokio::select! {
        () = tokio::time::sleep(time) => false,
        result = stop.wait_for(|s| *s == Stop::Now) => match result {
            Ok(_) => true,
            // Nobody is left to stop the run.
            Err(_) => {
                tokio::time::sleep(time).await;
                false
            }
        },
    }
}

struct Run<'p> {
    plan: &'p Plan,
    journal: &'p mut dyn Journal,
    /// Why nothing more may be written: the journal cannot be.
    no_journal: Option<String>,
    /// Ids of what was created, by stand-in.
    ids: BTreeMap<String, String>,
    outcomes: Vec<Option<ActionStatus>>,
    begun: Vec<bool>,
    /// A request of the action succeeded.
    wrote: Vec<bool>,
    left: Vec<usize>,
    secrets: Vec<Secret>,
}

/// Carries a plan out. `command` is what the journal calls the run.
///
/// # Errors
/// When the journal cannot be begun: then nothing was written.
pub async fn execute(
    executor: &Executor<'_>,
    plan: &Plan,
    command: &str,
    journal: &mut dyn Journal,
    progress: &mut dyn Progress,
) -> io::Result<RunReport> {
    journal.write(&journal::header(plan, command))?;
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
        journal,
        no_journal: None,
        ids: BTreeMap::new(),
        outcomes: vec![None; plan.actions.len()],
        begun: vec![false; plan.actions.len()],
        wrote: vec![false; plan.actions.len()],
        left,
        secrets: Vec::new(),
    };
    let mut interrupted = false;
    for (index, step) in queue {
        if *executor.stop.borrow() > Stop::No {
            interrupted = true;
            break;
        }
        run.step(executor, index, &step, progress).await;
        if run.no_journal.is_some() {
            interrupted = true;
            break;
        }
    }
    let mut report = RunReport {
        interrupted,
        wrote: run.wrote.contains(&true),
        ..RunReport::default()
    };
    let expected = run.expected();
    if !expected.is_empty() {
        progress.verifies();
        let (indexes, list): (Vec<usize>, Vec<Expected>) = expected.into_iter().unzip();
        match verify(executor, &list).await {
            Ok(wrong) => {
                for (at, paths) in wrong {
                    run.outcomes[indexes[at]] = Some(ActionStatus::Unverified(paths));
                }
            }
            Err(error) => report.verification_error = Some(error.to_string()),
        }
    }
    let no_journal = run.no_journal.take();
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
                ActionStatus::Begun
            } else {
                ActionStatus::NotReached
            };
            (outcome.unwrap_or(unfinished), id)
        })
        .collect();
    report.secrets = run.secrets;
    // What was done is done: a journal that fails now is told, and hides nothing.
    let mut ended: Vec<Record> = report
        .outcomes
        .iter()
        .enumerate()
        .map(|(index, (outcome, _))| journal::outcome(index, outcome))
        .collect();
    ended.push(Record::End {
        time: journal::now(),
        complete: report.is_complete(),
        interrupted: report.interrupted,
    });
    let written = ended
        .iter()
        .try_for_each(|record| run.journal.write(record));
    report.journal_error = no_journal.or(written.err().map(|e| e.to_string()));
    Ok(report)
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
            Some(ActionStatus::Failed(_) | ActionStatus::Skipped(_))
        ) {
            return;
        }
        let mut waits_for = BTreeSet::new();
        let (request, fresh) = self.fill(&step.request, executor.writer.root(), &mut waits_for);
        let outcome = if let Some(missing) = waits_for.first() {
            let name = is_pending(missing).map_or_else(String::new, |(_, name)| name);
            Some(ActionStatus::Skipped(format!("`{name}` was not created")))
        } else if let Some(broken) = self.broken_reference(action) {
            Some(ActionStatus::Skipped(format!(
                "the {} `{}`, which it refers to, is not as it should be",
                broken.kind.words(),
                broken.name
            )))
        } else if let Some(why) = self.unsafe_now(step.phase) {
            Some(ActionStatus::Skipped(why.to_owned()))
        } else {
            if !self.begun[index] {
                self.begun[index] = true;
                progress.begins(action);
            }
            match self.send(executor, index, step, request, fresh).await {
                Ok(()) => {
                    self.wrote[index] = true;
                    (self.left[index] == 0).then_some(ActionStatus::Done)
                }
                Err(error) => Some(ActionStatus::Failed(explain(&error, step))),
            }
        };
        let Some(outcome) = outcome else { return };
        progress.ends(action, &outcome);
        self.outcomes[index] = Some(outcome);
    }

    fn failed(&self) -> impl Iterator<Item = &Action> {
        self.plan
            .actions
            .iter()
            .zip(&self.outcomes)
            .filter(|(_, o)| matches!(o, Some(ActionStatus::Failed(_) | ActionStatus::Skipped(_))))
            .map(|(action, _)| action)
    }

    /// What the action refers to and what failed: a policy must not be written on a group
    /// whose members, or a strength whose combinations, are not as the manifests say.
    fn broken_reference(&self, action: &Action) -> Option<&Action> {
        let desired = action.desired.as_ref()?;
        let references = desired.references();
        self.failed().find(|failed| {
            let id = failed
                .id
                .clone()
                .unwrap_or_else(|| pending(failed.kind, &failed.name));
            references
                .iter()
                .any(|(_, _, target)| target.eq_ignore_ascii_case(&id))
        })
    }

    /// Why a step of this phase would not be safe after what failed.
    fn unsafe_now(&self, phase: Phase) -> Option<&'static str> {
        let policy = self
            .failed()
            .any(|a| a.kind == Kind::ConditionalAccessPolicy);
        if phase > Phase::Change && self.failed().next().is_some() {
            // Taking away after a failed creation could leave less protection than before.
            Some("nothing is taken away after a failure")
        } else if phase == Phase::Change && policy {
            Some("after the failure of a policy, none is changed that may lose protection")
        } else {
            None
        }
    }

    /// The request with ids in the place of stand-ins, and whether there were any.
    fn fill(
        &self,
        request: &Request,
        root: &str,
        missing: &mut BTreeSet<String>,
    ) -> (Request, bool) {
        let mut request = request.clone();
        let mut fresh = false;
        if let Some(body) = &mut request.body {
            self.fill_value(body, root, &mut fresh, missing);
        }
        let path: Vec<String> = request
            .path
            .split('/')
            .map(|part| self.fill_text(part, &mut fresh, missing))
            .collect();
        request.path = path.join("/");
        (request, fresh)
    }

    fn fill_value(
        &self,
        value: &mut Value,
        root: &str,
        fresh: &mut bool,
        missing: &mut BTreeSet<String>,
    ) {
        match value {
            Value::String(text) => {
                *text = match text.strip_prefix(MEMBER_ROOT) {
                    Some(id) => {
                        let id = self.fill_text(id, fresh, missing);
                        format!("{root}/v1.0/directoryObjects/{id}")
                    }
                    None => self.fill_text(text, fresh, missing),
                }
            }
            Value::Array(items) => {
                for item in items {
                    self.fill_value(item, root, fresh, missing);
                }
            }
            Value::Object(map) => {
                for (_, member) in map.iter_mut() {
                    self.fill_value(member, root, fresh, missing);
                }
            }
            _ => {}
        }
    }

    fn fill_text(&self, text: &str, fresh: &mut bool, missing: &mut BTreeSet<String>) -> String {
        if is_pending(text).is_none() {
            return text.to_owned();
        }
        *fresh = true;
        match self.ids.get(text) {
            Some(id) => id.clone(),
            None => {
                missing.insert(text.to_owned());
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
        if let Err(error) = self.journal.write(&journal::before(index, &request)) {
            self.no_journal = Some(error.to_string());
            return Err(GraphError::Endpoint(format!(
                "nothing was sent: the journal cannot be written: {error}"
            )));
        }
        let lags = step.purpose == Purpose::Delete && self.wrote[index];
        let creates = matches!(step.purpose, Purpose::Create | Purpose::CreateUser);
        let mut result = send_patiently(executor, &request, fresh || lags, step.purpose).await;
        let mut tries = 0;
        while creates && tries < 2 && result.as_ref().is_err_and(GraphError::maybe_done) {
            // The answer was lost, and perhaps nothing else.
            result = match adopt::created(executor, action).await? {
                Some(id) => Ok(json!({ "id": id })),
                None => {
                    tries += 1;
                    send_patiently(executor, &request, fresh, step.purpose).await
                }
            };
        }
        let id = result
            .as_ref()
            .ok()
            .and_then(|answer| answer.get("id").and_then(Value::as_str).filter(|_| creates));
        let record = journal::after(index, result.as_ref().map(|_| id));
        if let Err(error) = self.journal.write(&record) {
            // The request is done: this action goes on being told, the next is not begun.
            self.no_journal = Some(error.to_string());
        }
        let answer = result?;
        if creates {
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
            if self.outcomes[index] != Some(ActionStatus::Done) {
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
