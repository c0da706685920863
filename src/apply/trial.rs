//! Carries trials out: objects are made and changed to see what the tenant does with them, and
//! taken away. A refusal is an answer as good as any.
//!
//! What is made is `create` in the journal, so that a run that was killed can be told, and gone
//! back on, like any other.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::executor::{Executor, Stop, pause};
use super::journal::{ActionKind, Head, Header, Journal};
use super::progress::Progress;
use super::report::{ActionStatus, RunReport};
use super::run::{Ready, Sending, SoFar, Work, run};
use super::settle::{Sight, named};
use super::step::{Purpose, Step};
use super::verify::until_shown;
use crate::graph::request::{Method, encode};
use crate::graph::{GraphError, Request};
use crate::model::Kind;
use crate::plan::{Phase, Verb};

/// Objects to be made and tried, or to be taken away.
#[derive(Debug, Clone, Default)]
pub struct Trials {
    /// What the journal calls the run.
    pub command: &'static str,
    /// The tenant's name in gatewright.yaml.
    pub tenant: String,
    /// The tenant's id.
    pub tenant_id: String,
    /// The objects.
    pub objects: Vec<TrialObject>,
    /// What is done with them, in this order, each with the number of its object.
    pub steps: Vec<(usize, TrialStep)>,
}

/// One object.
#[derive(Debug, Clone)]
pub struct TrialObject {
    /// Whether it is made or taken away.
    pub verb: Verb,
    /// The kind.
    pub kind: Kind,
    /// The name.
    pub name: String,
    /// Its id, where it exists already.
    pub id: Option<String>,
    /// The object as it was read, where it exists already.
    pub before: Option<Value>,
}

/// One thing that is done.
#[derive(Debug, Clone)]
pub struct TrialStep {
    /// The request: a read is a look. `{3}` in the path, or as a text in the body, stands for
    /// the id of the fourth object.
    pub request: Request,
    /// What a write is for.
    pub purpose: Purpose,
    /// The request is about what was written a moment ago, and may be refused for that.
    pub fresh: bool,
    /// What a look waits for.
    pub until: Until,
}

/// What a look waits for, as long as the tenant may take to show a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Until {
    /// Nothing: one look.
    Now,
    /// The object is there.
    Shown,
    /// The object has this name.
    Called(String),
    /// It is there no more.
    Gone,
}

/// What was heard of a step.
#[derive(Debug, Clone, Default)]
pub struct Heard {
    /// The request, with ids.
    pub request: String,
    /// The answer.
    pub told: Told,
    /// For a look, how long after the last write it saw what it waited for.
    pub after: Option<Duration>,
}

/// An answer.
#[derive(Debug, Clone, Default)]
pub enum Told {
    /// The step was not reached, or its object does not exist.
    #[default]
    Nothing,
    /// It was carried out; what came back (`null` for nothing).
    Answered(Value),
    /// It was refused.
    Refused(Refused),
    /// No answer came.
    Lost(String),
}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The HTTP status.
    pub status: u16,
    /// Graph's code.
    pub code: String,
    /// The number before the message.
    pub number: Option<u32>,
    /// The message.
    pub message: String,
    /// The numbered text stood in `innerError`.
    pub inner: bool,
}

impl Told {
    /// What an answer tells.
    pub fn of(said: &Result<Value, GraphError>) -> Told {
        match said {
            Ok(value) => Told::Answered(value.clone()),
            Err(GraphError::Api(error)) => Told::Refused(Refused {
                status: error.status,
                code: error.code.clone(),
                number: error.number,
                message: error.message.clone(),
                inner: error.inner,
            }),
            Err(error) => Told::Lost(error.to_string()),
        }
    }
}

/// Carries trials out, and gives what was heard of each step.
///
/// # Errors
/// When the journal cannot be begun: then nothing was written.
pub async fn attempt(
    executor: &Executor<'_>,
    trials: &Trials,
    journal: &mut dyn Journal,
    progress: &mut dyn Progress,
) -> io::Result<(RunReport, Vec<Heard>)> {
    let work = Attempt {
        trials,
        state: RefCell::new(State {
            next: 0,
            heard: vec![Heard::default(); trials.steps.len()],
            ids: trials.objects.iter().map(|o| o.id.clone()).collect(),
            refused: vec![false; trials.objects.len()],
            wrote: Instant::now(),
        }),
    };
    let report = run(executor, &work, journal, progress).await?;
    Ok((report, work.state.into_inner().heard))
}

struct Attempt<'t> {
    trials: &'t Trials,
    state: RefCell<State>,
}

struct State {
    /// The number of the next step.
    next: usize,
    heard: Vec<Heard>,
    /// The ids of the objects, as far as they exist.
    ids: Vec<Option<String>>,
    /// The last write of the object was refused.
    refused: Vec<bool>,
    /// When the last write was answered.
    wrote: Instant,
}

impl Work for Attempt<'_> {
    fn header(&self) -> Header {
        let trials = self.trials;
        Header {
            command: trials.command.to_owned(),
            tenant: trials.tenant.clone(),
            tenant_id: trials.tenant_id.clone(),
            plan: None,
            allowed: Vec::new(),
            names: BTreeMap::new(),
            actions: trials.objects.iter().map(head).collect(),
        }
    }

    fn steps(&self) -> Vec<(Vec<usize>, Step)> {
        let steps = self.trials.steps.iter();
        steps
            .map(|(object, step)| {
                let step = Step {
                    phase: Phase::Prepare,
                    request: step.request.clone(),
                    purpose: step.purpose,
                };
                (vec![*object], step)
            })
            .collect()
    }

    fn hears(&self, about: &[usize], said: &Result<Value, GraphError>) {
        let mut state = self.state.borrow_mut();
        let at = state.next.saturating_sub(1);
        let object = about.first().copied().unwrap_or_default();
        if let Some(refused) = state.refused.get_mut(object) {
            *refused = said.is_err();
        }
        if let Some(id) = said.as_ref().ok().and_then(|v| v.get("id")?.as_str())
            && let Some(slot) = state.ids.get_mut(object)
        {
            slot.get_or_insert_with(|| id.to_owned());
        }
        state.wrote = Instant::now();
        if let Some(heard) = state.heard.get_mut(at) {
            heard.told = Told::of(said);
        }
    }

    fn fails(&self, _: &Step, _: &GraphError) -> bool {
        false
    }

    async fn ready(
        &self,
        about: &[usize],
        _: &Step,
        so_far: &SoFar,
        executor: &Executor<'_>,
    ) -> Result<Ready, GraphError> {
        let (at, request) = {
            let mut state = self.state.borrow_mut();
            let at = state.next;
            state.next += 1;
            let Some((_, step)) = self.trials.steps.get(at) else {
                return Ok(Ready::End);
            };
            // What was made and whose answer was lost has its id from a look.
            let found = so_far.ids.iter().zip(&mut state.ids);
            for (known, slot) in found {
                if slot.is_none() {
                    slot.clone_from(known);
                }
            }
            let Some(request) = filled(&step.request, &state.ids) else {
                return Ok(Ready::Pass);
            };
            if let Some(heard) = state.heard.get_mut(at) {
                heard.request = request.to_string();
            }
            (at, request)
        };
        let Some((object, step)) = self.trials.steps.get(at) else {
            return Ok(Ready::End);
        };
        if is_look(&request) {
            let waits = self.state.borrow().refused.get(*object) != Some(&true);
            self.look_at(at, &request, &step.until, waits, executor)
                .await;
            return Ok(Ready::Pass);
        }
        // Twice is once too often: two objects of one name would be made.
        debug_assert_eq!(about, [*object]);
        Ok(Ready::Send(Box::new(Sending {
            request,
            fresh: step.fresh,
            secret: None,
        })))
    }

    async fn look(
        &self,
        executor: &Executor<'_>,
        about: &[usize],
        step: &Step,
        request: &Request,
        _: &SoFar,
    ) -> Result<Sight, GraphError> {
        let object = about.first().and_then(|n| self.trials.objects.get(*n));
        let Some(object) = object else {
            return Ok(Sight::Blind);
        };
        match step.purpose {
            Purpose::Create => {
                let names = std::slice::from_ref(&object.name);
                let found = named(executor, object.kind, names).await?;
                Ok(match found.first() {
                    Some(live) => Sight::Done(Some(live.id.clone())),
                    None => Sight::NotYet,
                })
            }
            _ if request.method == Method::Delete => {
                match executor.reader.get(request.edition, &request.path).await? {
                    None => Ok(Sight::Done(None)),
                    Some(_) => Ok(Sight::NotYet),
                }
            }
            _ => Ok(Sight::Blind),
        }
    }

    async fn verify(
        &self,
        executor: &Executor<'_>,
        so_far: &mut SoFar,
        progress: &mut dyn Progress,
    ) -> Result<(), GraphError> {
        let gone: Vec<(usize, &Request)> = (self.trials.steps.iter())
            .filter(|(object, step)| {
                let verb = self.trials.objects.get(*object).map(|o| o.verb);
                verb == Some(Verb::Delete)
                    && step.purpose == Purpose::Delete
                    && so_far.wrote.get(*object) == Some(&true)
            })
            .map(|(object, step)| (*object, &step.request))
            .collect();
        if gone.is_empty() || *executor.stop.borrow() == Stop::Now {
            return Ok(());
        }
        progress.verifies();
        let ids = self.state.borrow().ids.clone();
        let left = until_shown(executor, progress, async || {
            let mut left = Vec::new();
            for (object, request) in &gone {
                let Some(request) = filled(request, &ids) else {
                    continue;
                };
                let found = executor.reader.get(request.edition, &request.path).await?;
                left.extend(found.map(|_| *object));
            }
            Ok(left)
        })
        .await?;
        for object in left {
            if let Some(outcome) = so_far.outcomes.get_mut(object) {
                *outcome = Some(ActionStatus::Unverified(Vec::new()));
            }
        }
        Ok(())
    }
}

impl Attempt<'_> {
    /// Looks until the tenant shows what is waited for, and keeps what it saw last.
    async fn look_at(
        &self,
        at: usize,
        request: &Request,
        until: &Until,
        waits: bool,
        executor: &Executor<'_>,
    ) {
        let most = executor.patience.replication.usual;
        let began = Instant::now();
        let since = self.state.borrow().wrote;
        let mut wait = Duration::from_millis(500);
        loop {
            let asked = match request.method {
                Method::Get => executor.reader.ask(request.edition, &request.path).await,
                _ => executor.reader.ask_by_post(request).await,
            };
            let seen = match (&asked, until) {
                (_, Until::Now) => true,
                (Ok(_), Until::Shown) => true,
                (Ok(value), Until::Called(name)) => {
                    value.get("displayName").and_then(Value::as_str) == Some(name)
                }
                (Err(error), Until::Gone) => error.is_not_found(),
                _ => false,
            };
            let told = Told::of(&asked);
            if let Some(heard) = self.state.borrow_mut().heard.get_mut(at) {
                heard.told = told;
                heard.after = (seen && waits).then(|| since.elapsed());
            }
            if seen || !waits || began.elapsed() >= most {
                return;
            }
            if pause(&executor.stop, wait).await {
                return;
            }
            wait = (wait * 2).min(Duration::from_secs(5));
        }
    }
}

/// Whether a request changes nothing.
fn is_look(request: &Request) -> bool {
    let by_post = ["/identity/conditionalAccess/evaluate", "/$batch"];
    request.method == Method::Get || by_post.contains(&request.path.as_str())
}

fn head(object: &TrialObject) -> Head {
    Head {
        verb: object.verb.as_str().to_owned(),
        kind: ActionKind::Object(object.kind),
        name: object.name.clone(),
        id: object.id.clone(),
        before: object.before.clone(),
        sides: None,
        links: None,
        changes: Vec::new(),
    }
}

/// The request with ids; nothing when one of its objects does not exist.
fn filled(request: &Request, ids: &[Option<String>]) -> Option<Request> {
    let mut request = request.clone();
    let parts: Option<Vec<String>> = (request.path.split('/'))
        .map(|part| match number(part) {
            Some(n) => Some(encode(ids.get(n)?.as_deref()?)),
            None => Some(part.to_owned()),
        })
        .collect();
    request.path = parts?.join("/");
    match &mut request.body {
        Some(body) => fill(body, ids).then_some(request),
        None => Some(request),
    }
}

/// Puts ids into a body; answers whether all are known.
fn fill(value: &mut Value, ids: &[Option<String>]) -> bool {
    match value {
        Value::String(text) => {
            let Some((before, n, after)) = within(text) else {
                return true;
            };
            match ids.get(n).and_then(Option::as_deref) {
                Some(id) => {
                    *text = format!("{before}{id}{after}");
                    true
                }
                None => false,
            }
        }
        Value::Array(items) => items.iter_mut().all(|item| fill(item, ids)),
        Value::Object(map) => map.values_mut().all(|member| fill(member, ids)),
        _ => true,
    }
}

fn number(part: &str) -> Option<usize> {
    part.strip_prefix('{')?.strip_suffix('}')?.parse().ok()
}

/// A text around the number of an object: `.../directoryObjects/{3}`.
fn within(text: &str) -> Option<(&str, usize, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (number, after) = rest.split_once('}')?;
    Some((before, number.parse().ok()?, after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::facts::Edition;
    use serde_json::json;

    #[test]
    fn ids_are_filled_in_and_what_does_not_exist_is_not_sent() {
        let request = Request::patch(
            Edition::V1,
            "/groups/{1}/members/$ref",
            json!({"a": ["{0}"], "b": "x/{1}", "c": "{none}"}),
        );
        let ids = [Some("one".to_owned()), Some("two".to_owned())];
        let done = filled(&request, &ids).unwrap();
        assert_eq!(done.path, "/groups/two/members/$ref");
        assert_eq!(
            done.body.unwrap(),
            json!({"a": ["one"], "b": "x/two", "c": "{none}"})
        );
        assert!(filled(&request, &[None, Some("two".to_owned())]).is_none());
        assert!(filled(&request, &[Some("one".to_owned()), None]).is_none());
    }
}
