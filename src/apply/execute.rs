//! Carries a plan out: its steps phase by phase, ids filled in as they become known, what
//! depends on a failure left out.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;

use jiff::Timestamp;
use serde_json::Value;

use super::executor::Executor;
use super::journal::{ActionKind, Head, Header, Journal};
use super::password;
use super::progress::Progress;
use super::report::{ActionStatus, RunReport, Secret};
use super::run::{Ready, Sending, SoFar, Work, run};
use super::settle::{Sight, look, named};
use super::step::{Purpose, Step};
use super::steps::{MEMBER_ROOT, steps};
use super::verify::{Expected, Wrong, verify};
use crate::graph::request::{decode, encode, item};
use crate::graph::{GraphError, Request};
use crate::model::kind::folded_name;
use crate::model::{Kind, Object};
use crate::plan::{Action, Phase, Plan, Verb};
use crate::tenant::resolve::{is_pending, pending};

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
    let made = plan.actions.iter().enumerate();
    let mut referrers: HashMap<String, Vec<usize>> = HashMap::new();
    for (number, action) in made.clone() {
        let before = action.live.iter().flat_map(|live| live.object.references());
        for (.., target) in before {
            let numbers = referrers.entry(target.to_ascii_lowercase()).or_default();
            numbers.push(number);
        }
    }
    let work = Converge {
        plan,
        command,
        stand_ins: made
            .map(|(index, action)| (pending(action.kind, &action.name), index))
            .collect(),
        taken: RefCell::default(),
        new_contexts: (plan.actions.iter())
            .filter(|one| (one.kind, one.verb) == (Kind::AuthenticationContext, Verb::Create))
            .map(|one| one.name.to_ascii_lowercase())
            .collect(),
        referrers,
    };
    run(executor, &work, journal, progress).await
}

/// The actions of a plan.
struct Converge<'p> {
    plan: &'p Plan,
    command: &'p str,
    /// The number of the action behind each stand-in.
    stand_ins: BTreeMap<String, usize>,
    /// The names that were taken when they were read again, and when that was.
    taken: RefCell<BTreeMap<Kind, (Timestamp, BTreeSet<String>)>>,
    /// The ids, in lower case, of the contexts that the run makes.
    new_contexts: BTreeSet<String>,
    /// The numbers of the actions whose live objects refer to an id, in lower case.
    referrers: HashMap<String, Vec<usize>>,
}

impl Work for Converge<'_> {
    fn header(&self) -> Header {
        let plan = self.plan;
        let allowed = plan.allowed_by_flag();
        Header {
            command: self.command.to_owned(),
            tenant: plan.tenant.clone(),
            tenant_id: plan.organization.id.clone(),
            plan: plan.saved.clone(),
            allowed: allowed.into_iter().map(str::to_owned).collect(),
            names: plan.names.clone(),
            actions: plan.actions.iter().map(head).collect(),
        }
    }

    fn steps(&self) -> Vec<(Vec<usize>, Step)> {
        let mut queue = Vec::new();
        for (number, action) in self.plan.actions.iter().enumerate() {
            queue.extend(steps(action).into_iter().map(|step| (vec![number], step)));
        }
        // Stable: within a phase, actions and their steps keep the plan's order.
        queue.sort_by_key(|(_, step)| step.phase);
        queue
    }

    async fn ready(
        &self,
        about: &[usize],
        step: &Step,
        so_far: &SoFar,
        executor: &Executor<'_>,
    ) -> Result<Ready, GraphError> {
        let number = about.first().copied().unwrap_or_default();
        let Some(action) = self.plan.actions.get(number) else {
            return Ok(Ready::End);
        };
        let mut fill = Fill {
            work: self,
            so_far,
            root: executor.writer.root(),
            fresh: false,
            missing: BTreeSet::new(),
        };
        let mut request = fill.request(&step.request);
        if let Some(missing) = fill.missing.first() {
            let name = is_pending(missing).map_or_else(String::new, |(_, name)| name);
            return Ok(Ready::Skip(format!("`{name}` was not created")));
        }
        if let Some(broken) = self.broken_reference(action, so_far) {
            return Ok(Ready::Skip(format!(
                "the {} `{}`, which it refers to, was not written as planned",
                broken.kind.words(),
                broken.name
            )));
        }
        if let Some(why) = self.unsafe_now(step.phase, so_far) {
            return Ok(Ready::Skip(why.to_owned()));
        }
        let first = so_far.wrote.get(number) != Some(&true);
        if action.verb == Verb::Create
            && !action.restore
            && first
            && step.purpose != Purpose::Purge
            && self.is_taken(action, executor).await?
        {
            return Ok(Ready::Skip(format!(
                "somebody created {} `{}` after the plan was made; plan again",
                action.kind.words(),
                action.name
            )));
        }
        let secret = match step.purpose {
            Purpose::CreateUser => Some(Secret {
                user: action.name.clone(),
                password: password::into_body(&mut request)?,
            }),
            _ => None,
        };
        // What was just made ready for its deletion is refused for a while; what was just
        // restored is not found everywhere, and the name of who was purged is not yet free.
        let moved = action.restore || action.purge.is_some();
        let deletes = step.purpose == Purpose::Delete;
        let lags = (deletes || moved) && so_far.wrote.get(number) == Some(&true)
            || deletes && self.was_released(action, so_far);
        Ok(Ready::Send(Box::new(Sending {
            request,
            fresh: fill.fresh || lags || self.is_on_new_context(action),
            secret,
        })))
    }

    async fn look(
        &self,
        executor: &Executor<'_>,
        about: &[usize],
        step: &Step,
        request: &Request,
        so_far: &SoFar,
    ) -> Result<Sight, GraphError> {
        let number = about.first().copied().unwrap_or_default();
        match self.plan.actions.get(number) {
            Some(action) => {
                let expected = self.expected(number, action, so_far);
                look(executor, step.purpose, request, &expected).await
            }
            None => Ok(Sight::Blind),
        }
    }

    async fn verify(
        &self,
        executor: &Executor<'_>,
        so_far: &mut SoFar,
        progress: &mut dyn Progress,
    ) -> Result<(), GraphError> {
        // Of what is not known, too: it may be seen now.
        let written = |number: &usize| {
            matches!(
                so_far.outcomes.get(*number),
                Some(Some(ActionStatus::Done | ActionStatus::Unknown(_)))
            )
        };
        let (numbers, list): (Vec<usize>, Vec<Expected>) = (self.plan.actions.iter().enumerate())
            .map(|(number, action)| (number, self.expected(number, action, so_far)))
            // What was created and not finished may have a double as well.
            .filter(|(number, e)| written(number) || e.in_part && e.new)
            .filter(|(_, expected)| !expected.id.is_empty())
            .unzip();
        if list.is_empty() {
            return Ok(());
        }
        progress.verifies();
        let mut wrong = verify(executor, &list, progress).await?;
        for (at, number) in numbers.iter().enumerate() {
            let Some(Some(outcome)) = so_far.outcomes.get_mut(*number) else {
                continue;
            };
            *outcome = match (wrong.remove(&at), &outcome) {
                (Some(Wrong::Doubled(ids)), _) => ActionStatus::Doubled(ids),
                (_, ActionStatus::Failed(_) | ActionStatus::Skipped(_)) => continue,
                (None, _) => ActionStatus::Done,
                (Some(_), ActionStatus::Unknown(_)) => continue,
                (Some(Wrong::Missing), _) => ActionStatus::Unverified(Vec::new()),
                (Some(Wrong::Differs(paths)), _) => ActionStatus::Unverified(paths),
            };
        }
        Ok(())
    }
}

/// What a journal says of an action.
fn head(action: &Action) -> Head {
    Head {
        verb: action.verb.as_str().to_owned(),
        kind: ActionKind::Object(action.kind),
        name: action.name.clone(),
        id: action.id.clone(),
        before: action.live.as_ref().map(|live| live.raw.clone()),
        sides: Some((action.before.clone(), action.after.clone())),
        links: action.live.as_ref().and_then(|live| match &live.object {
            Object::Group(group) => group.members.as_ref().map(|l| l.0.clone()),
            Object::TestUser(user) => user.member_of.as_ref().map(|l| l.0.clone()),
            _ => None,
        }),
        changes: action.changes.clone(),
    }
}

impl Converge<'_> {
    /// Whether somebody made an object of the name since the tenant was read, as far as a list
    /// says that is no older than [`Patience::names`](super::Patience).
    async fn is_taken(&self, action: &Action, executor: &Executor<'_>) -> Result<bool, GraphError> {
        let kind = action.kind;
        let is_new = |at: &Timestamp| {
            let age = Timestamp::now().duration_since(*at).unsigned_abs();
            age <= executor.patience.names
        };
        if self.plan.read_at.as_ref().is_some_and(is_new) {
            return Ok(false);
        }
        let name = folded_name(kind, &action.name);
        if let Some((at, taken)) = self.taken.borrow().get(&kind)
            && is_new(at)
        {
            return Ok(taken.contains(&name));
        }
        let created = self
            .plan
            .actions
            .iter()
            .filter(|other| other.kind == kind && other.verb == Verb::Create && !other.restore);
        let names: Vec<String> = created.map(|other| other.name.clone()).collect();
        let at = Timestamp::now();
        let found = named(executor, kind, &names).await?;
        let taken: BTreeSet<String> = (found.iter())
            .map(|live| folded_name(kind, live.name()))
            .collect();
        let is_taken = taken.contains(&name);
        self.taken.borrow_mut().insert(kind, (at, taken));
        Ok(is_taken)
    }

    /// The id behind a stand-in, once it exists.
    fn id(&self, stand_in: &str, so_far: &SoFar) -> Option<String> {
        let number = *self.stand_ins.get(stand_in)?;
        let action = self.plan.actions.get(number)?;
        // Who makes a context chooses its id.
        if action.kind == Kind::AuthenticationContext && so_far.wrote.get(number) == Some(&true) {
            return Some(action.name.clone());
        }
        // What was restored has the id that it had.
        let restored = action.restore && so_far.wrote.get(number) == Some(&true);
        let id = so_far.ids.get(number).cloned().flatten();
        id.or_else(|| action.id.clone().filter(|_| restored))
    }

    /// Whether something that this run deleted or changed referred to the object: for a while the
    /// service counts it as used.
    fn was_released(&self, action: &Action, so_far: &SoFar) -> bool {
        let id = action.id.as_ref().map(|id| id.to_ascii_lowercase());
        let referrers = id.and_then(|id| self.referrers.get(&id));
        let mut referrers = referrers.into_iter().flatten();
        referrers.any(|number| so_far.wrote.get(*number) == Some(&true))
    }

    /// Whether it refers to a context that this run makes: its id is no stand-in.
    fn is_on_new_context(&self, action: &Action) -> bool {
        let references = action.desired.iter().flat_map(Object::references);
        let mut targets = references.map(|(_, _, target)| target.to_ascii_lowercase());
        targets.any(|target| self.new_contexts.contains(&target))
    }

    fn failed<'s>(&'s self, so_far: &'s SoFar) -> impl Iterator<Item = &'s Action> {
        let broken = so_far.broken.iter();
        broken.filter_map(|number| self.plan.actions.get(*number))
    }

    /// What the action refers to and what failed: a policy must not be written on a group
    /// whose members, or a strength whose combinations, are not as the manifests say.
    fn broken_reference<'s>(&'s self, action: &Action, so_far: &'s SoFar) -> Option<&'s Action> {
        let references = action.desired.as_ref()?.references();
        self.failed(so_far).find(|failed| {
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
    fn unsafe_now(&self, phase: Phase, so_far: &SoFar) -> Option<&'static str> {
        let policy = self
            .failed(so_far)
            .any(|a| a.kind == Kind::ConditionalAccessPolicy);
        if phase > Phase::Change && self.failed(so_far).next().is_some() {
            // Taking away after a failed creation could leave less protection than before.
            Some("nothing is deleted after a failure")
        } else if phase == Phase::Change && policy {
            Some("after a policy failed, no policy that may lose protection is changed")
        } else {
            None
        }
    }

    /// What must be seen of an action once it is done.
    fn expected(&self, number: usize, action: &Action, so_far: &SoFar) -> Expected {
        let known = |id: &str| self.id(id, so_far).unwrap_or_else(|| id.to_owned());
        let stand_in = pending(action.kind, &action.name);
        let own = match action.kind {
            Kind::AuthenticationContext => Some(action.name.clone()),
            _ => action.id.clone().or_else(|| self.id(&stand_in, so_far)),
        };
        let object = action.desired.clone().map(|mut object| {
            for reference in object.references_mut() {
                *reference.target = known(reference.target);
            }
            object
        });
        let groups = |side: &Value| -> Vec<String> {
            let list = side.get("memberOf").and_then(Value::as_array);
            let ids = list.into_iter().flatten().filter_map(Value::as_str);
            ids.map(known).collect()
        };
        let (old, new) = (groups(&action.before), groups(&action.after));
        let steps = so_far.wrote.get(number) == Some(&true);
        Expected {
            kind: action.kind,
            id: own.unwrap_or_default(),
            name: action.name.clone(),
            object,
            ignored: action.ignored.clone(),
            left: old
                .into_iter()
                .filter(|group| !new.contains(group))
                .collect(),
            new: action.verb == Verb::Create && steps,
            in_part: matches!(
                so_far.outcomes.get(number),
                Some(Some(ActionStatus::Failed(_) | ActionStatus::Skipped(_)))
            ),
        }
    }
}

/// Puts ids in the place of stand-ins.
struct Fill<'a, 'p> {
    work: &'a Converge<'p>,
    so_far: &'a SoFar,
    root: &'a str,
    /// There were stand-ins.
    fresh: bool,
    /// The stand-ins of what does not exist.
    missing: BTreeSet<String>,
}

impl Fill<'_, '_> {
    fn request(&mut self, request: &Request) -> Request {
        let mut request = request.clone();
        if let Some(body) = &mut request.body {
            self.value(body);
        }
        let path: Vec<String> = request
            .path
            .split('/')
            .map(|part| match decode(part) {
                stand_in if is_pending(&stand_in).is_some() => encode(&self.text(&stand_in)),
                _ => part.to_owned(),
            })
            .collect();
        request.path = path.join("/");
        request
    }

    fn value(&mut self, value: &mut Value) {
        match value {
            Value::String(text) => {
                *text = match text.strip_prefix(MEMBER_ROOT) {
                    Some(id) => {
                        let id = self.text(id);
                        item(&format!("{}/v1.0/directoryObjects", self.root), &id)
                    }
                    None => self.text(text),
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            Value::Object(map) => map.values_mut().for_each(|member| self.value(member)),
            _ => {}
        }
    }

    fn text(&mut self, text: &str) -> String {
        if is_pending(text).is_none() {
            return text.to_owned();
        }
        self.fresh = true;
        self.work.id(text, self.so_far).unwrap_or_else(|| {
            self.missing.insert(text.to_owned());
            text.to_owned()
        })
    }
}
