//! The engine of every run: requests in their order, each in the journal before it is sent
//! and when it is answered, a way to stop, and a look at the tenant at the end.
//!
//! What a run is about is its `Work`: the actions of a plan (`execute`), decisions about
//! risk (`decide`), a new password (`reset`), trials (`trial`).

use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::executor::{Executor, Stop, pause, unless_stopped};
use super::journal::{self, Head, Header, Journal, Record};
use super::progress::{Progress, RunPosition};
use super::report::{ActionStatus, RunReport, Secret};
use super::send::send_patiently;
use super::settle::Sight;
use super::step::{Purpose, Step};
use crate::graph::{GraphError, Request};
use crate::tenant::replication::Replication;

/// What a run is to do.
pub(super) trait Work {
    /// What the journal begins with: the actions, and whose they are.
    fn header(&self) -> Header;

    /// The requests in their order, each with the numbers of the actions that it is about.
    fn steps(&self) -> Vec<(Vec<usize>, Step)>;

    /// The parts that a refused step is sent in, so that what is wrong with one of its actions
    /// stops none of the others. Empty: it is not sent again.
    fn split(&self, _: &[usize], _: &Step, _: &GraphError) -> Vec<(Vec<usize>, Step)> {
        Vec::new()
    }

    /// Hears what a step was answered, each time that it is sent.
    fn hears(&self, _: &[usize], _: &Result<Value, GraphError>) {}

    /// Whether a refusal ends the actions of a step. Where it is what one wants to know, it
    /// does not.
    fn fails(&self, _: &Step, _: &GraphError) -> bool {
        true
    }

    /// The request of a step as it is sent now.
    ///
    /// # Errors
    /// When it cannot be made, or the tenant cannot be read.
    async fn ready(
        &self,
        about: &[usize],
        step: &Step,
        so_far: &SoFar,
        executor: &Executor<'_>,
    ) -> Result<Ready, GraphError>;

    /// Looks once whether a request whose answer was lost was carried out.
    ///
    /// # Errors
    /// When the tenant cannot be read, or does not say.
    async fn look(
        &self,
        executor: &Executor<'_>,
        about: &[usize],
        step: &Step,
        request: &Request,
        so_far: &SoFar,
    ) -> Result<Sight, GraphError>;

    /// Reads until what was written is shown. What is not becomes part of the outcomes.
    ///
    /// # Errors
    /// When the tenant cannot be read.
    async fn verify(
        &self,
        executor: &Executor<'_>,
        so_far: &mut SoFar,
        progress: &mut dyn Progress,
    ) -> Result<(), GraphError>;
}

/// What becomes of a step.
pub(super) enum Ready {
    /// It is sent.
    Send(Box<Sending>),
    /// It is left out, and its action with it; why.
    Skip(String),
    /// It is left out, and its action goes on.
    Pass,
    /// Nothing more is sent.
    End,
}

/// A request on its way.
pub(super) struct Sending {
    /// The request, without stand-ins.
    pub request: Request,
    /// It depends on what was written a moment ago.
    pub fresh: bool,
    /// The password in its body.
    pub secret: Option<Secret>,
}

/// What a run has done so far. Each list holds one item for each action.
pub(super) struct SoFar {
    pub outcomes: Vec<Option<ActionStatus>>,
    /// Ids of what was created.
    pub ids: Vec<Option<String>>,
    /// A request of the action succeeded, or may have.
    pub wrote: Vec<bool>,
    /// The tenant said that the caller may not.
    pub refused: bool,
    /// The actions that must not be built upon.
    pub broken: BTreeSet<usize>,
    begun: Vec<bool>,
    left: Vec<usize>,
    secrets: Vec<Secret>,
    /// Why nothing more may be written: the journal cannot be.
    no_journal: Option<String>,
    /// What was told to be missing of permissions.
    missing: BTreeSet<String>,
}

/// Carries work out.
///
/// # Errors
/// When the journal cannot be begun: then nothing was written.
pub(super) async fn run(
    executor: &Executor<'_>,
    work: &impl Work,
    journal: &mut dyn Journal,
    progress: &mut dyn Progress,
) -> io::Result<RunReport> {
    let header = work.header();
    journal.write(&journal::header(&header))?;
    let heads = header.actions;
    let mut steps: VecDeque<_> = work.steps().into();
    let mut left = vec![0; heads.len()];
    for number in steps.iter().flat_map(|(about, _)| about) {
        if let Some(left) = left.get_mut(*number) {
            *left += 1;
        }
    }
    let pace = |step: &Step| executor.reader.pace_of(&step.request);
    let mut run = Run {
        executor,
        work,
        journal,
        begun: 0,
        rest: steps.iter().map(|(_, step)| pace(step)).sum(),
        so_far: SoFar {
            outcomes: vec![None; heads.len()],
            ids: vec![None; heads.len()],
            wrote: vec![false; heads.len()],
            refused: false,
            broken: BTreeSet::new(),
            begun: vec![false; heads.len()],
            left,
            secrets: Vec::new(),
            no_journal: None,
            missing: BTreeSet::new(),
        },
        heads,
        held: false,
    };
    let mut interrupted = false;
    while let Some((about, step)) = steps.pop_front() {
        if *executor.stop.borrow() > Stop::No {
            interrupted = true;
            break;
        }
        run.rest = run.rest.saturating_sub(pace(&step));
        match run.step(&about, &step, progress).await {
            Next::On => {}
            Next::End => break,
            Next::Split(parts) => {
                for (about, step) in parts.into_iter().rev() {
                    run.rest += pace(&step);
                    steps.push_front((about, step));
                }
            }
        }
        if run.so_far.no_journal.is_some() {
            break;
        }
    }
    let verified = work.verify(executor, &mut run.so_far, progress).await;
    let interrupted = interrupted || run.held || *executor.stop.borrow() == Stop::Now;
    Ok(run.end(interrupted, verified.err()))
}

struct Run<'a, 'e, W: Work> {
    executor: &'a Executor<'e>,
    work: &'a W,
    journal: &'a mut dyn Journal,
    /// How many actions are begun.
    begun: usize,
    /// How long the steps that are left take at least.
    rest: Duration,
    heads: Vec<Head>,
    so_far: SoFar,
    /// A request was held back, since the run is to stop.
    held: bool,
}

impl<W: Work> Run<'_, '_, W> {
    /// Carries a step out.
    async fn step(&mut self, about: &[usize], step: &Step, progress: &mut dyn Progress) -> Next {
        let so_far = &mut self.so_far;
        for number in about {
            if let Some(left) = so_far.left.get_mut(*number) {
                *left -= 1;
            }
        }
        if about.iter().any(|number| so_far.broken.contains(number)) {
            return Next::On;
        }
        let ready = self
            .work
            .ready(about, step, &self.so_far, self.executor)
            .await;
        let outcome = match ready {
            Ok(Ready::End) => return Next::End,
            Ok(Ready::Skip(why)) => Some(ActionStatus::Skipped(why)),
            Ok(Ready::Pass) => None,
            Ok(Ready::Send(sending)) => {
                self.begin(about, progress);
                match self.send(about, step, *sending, progress).await {
                    Sent::Ends(outcome) => outcome,
                    Sent::Split(parts) => {
                        for number in about {
                            if let Some(left) = self.so_far.left.get_mut(*number) {
                                *left += 1;
                            }
                        }
                        return Next::Split(parts);
                    }
                }
            }
            Err(error) => Some(ActionStatus::Failed(self.so_far.explained(&error))),
        };
        for number in about {
            let done = self.so_far.left.get(*number) == Some(&0);
            let Some(outcome) = outcome.clone().or(done.then_some(ActionStatus::Done)) else {
                continue;
            };
            let outcome = match outcome {
                ActionStatus::Failed(why) | ActionStatus::Skipped(why)
                    if self.so_far.wrote.get(*number) == Some(&true) =>
                {
                    ActionStatus::Failed(format!("it was written in part, and not finished: {why}"))
                }
                other => other,
            };
            if let Some(head) = self.heads.get(*number) {
                progress.ends(head, &outcome);
            }
            if outcome.is_broken() {
                self.so_far.broken.insert(*number);
            }
            if let Some(slot) = self.so_far.outcomes.get_mut(*number) {
                *slot = Some(outcome);
            }
        }
        Next::On
    }

    fn begin(&mut self, about: &[usize], progress: &mut dyn Progress) {
        let mut new = Vec::new();
        for number in about {
            if let (Some(begun), Some(head)) =
                (self.so_far.begun.get_mut(*number), self.heads.get(*number))
                && !std::mem::replace(begun, true)
            {
                new.push(head);
            }
        }
        self.begun += new.len();
        if !new.is_empty() {
            progress.is_at(RunPosition {
                begun: self.begun,
                of: self.heads.len(),
                least: self.rest,
            });
            progress.begins(&new);
        }
    }

    /// Sends a step.
    async fn send(
        &mut self,
        about: &[usize],
        step: &Step,
        sending: Sending,
        progress: &mut dyn Progress,
    ) -> Sent {
        let Sending {
            request,
            fresh,
            secret,
        } = sending;
        // Before the journal says that the request is on its way: a run that is killed while it waits
        // has sent nothing.
        let turn = self.executor.writer.wait_for_pace(&request);
        let is_mine = unless_stopped(&self.executor.stop, turn).await.is_some();
        if !is_mine || *self.executor.stop.borrow() > Stop::No {
            self.held = true;
            let wrote = about
                .iter()
                .any(|number| self.so_far.wrote.get(*number) == Some(&true));
            return Sent::Ends(Some(match wrote {
                true => ActionStatus::Begun,
                false => ActionStatus::NotReached,
            }));
        }
        if let Some(secret) = &secret
            && let Err(error) = progress.keeps(secret)
        {
            return Sent::Ends(Some(ActionStatus::Failed(format!(
                "nothing was sent: the password cannot be stored: {error}"
            ))));
        }
        if let Err(error) = self.journal.write(&journal::before(about, &request)) {
            self.so_far.no_journal = Some(error.to_string());
            return Sent::Ends(Some(ActionStatus::Failed(format!(
                "nothing was sent: the journal cannot be written: {error}"
            ))));
        }
        let answer = self.answer(about, step, &request, fresh, progress).await;
        let record = match &answer {
            Answer::Done(id) => journal::after(about, id.as_deref(), None, false),
            Answer::Refused(error) => journal::after(about, None, Some(error.to_string()), false),
            Answer::Unknown(why) => journal::after(about, None, Some(why.clone()), true),
        };
        if let Err(error) = self.journal.write(&record) {
            // The request is done: this action goes on being told, the next is not begun.
            self.so_far.no_journal = Some(error.to_string());
        }
        let so_far = &mut self.so_far;
        if let Answer::Refused(error) = &answer {
            let parts = self.work.split(about, step, error);
            if !parts.is_empty() {
                return Sent::Split(parts);
            }
            if !self.work.fails(step, error) {
                return Sent::Ends(None);
            }
            so_far.refused |= error.api().is_some_and(|e| matches!(e.status, 401 | 403));
            return Sent::Ends(Some(ActionStatus::Failed(so_far.explained(error))));
        }
        for number in about {
            if let Some(wrote) = so_far.wrote.get_mut(*number) {
                *wrote = true;
            }
            if let (Answer::Done(Some(id)), Some(slot)) = (&answer, so_far.ids.get_mut(*number)) {
                *slot = Some(id.clone());
            }
        }
        // A password that may be the user's must not be lost.
        so_far.secrets.extend(secret);
        Sent::Ends(match answer {
            Answer::Unknown(_) if step.purpose == Purpose::Prepare => None, // the next one tells
            Answer::Unknown(why) => Some(ActionStatus::Unknown(why)),
            _ => None,
        })
    }

    /// Sends a request until it is answered, or what became of it is known otherwise.
    async fn answer(
        &self,
        about: &[usize],
        step: &Step,
        request: &Request,
        fresh: bool,
        progress: &mut dyn Progress,
    ) -> Answer {
        let creates = step.purpose.creates();
        for attempt in 1.. {
            let said = send_patiently(self.executor, request, fresh, step.purpose).await;
            self.work.hears(about, &said);
            let error = match said {
                Ok(answer) if creates => match answer.get("id").and_then(Value::as_str) {
                    Some(id) => return Answer::Done(Some(id.to_owned())),
                    None => GraphError::Answer {
                        request: request.to_string(),
                        problem: "it has no id".to_owned(),
                    },
                },
                Ok(_) => return Answer::Done(None),
                Err(error) if error.maybe_done() => error,
                Err(error) => return Answer::Refused(error),
            };
            // The answer was lost, and perhaps nothing else.
            match self.settle(about, step, request, progress).await {
                Settled::Done(id) => return Answer::Done(id),
                Settled::Unknown(why) => {
                    return Answer::Unknown(format!("{}; {why}", explained(&error)));
                }
                Settled::NotDone => {}
            }
            let again = creates || step.purpose == Purpose::Restore;
            if !again || attempt > 2 || *self.executor.stop.borrow() > Stop::No {
                return Answer::Refused(error);
            }
        }
        Answer::Done(None) // never
    }

    /// Reads until it is known whether a request was carried out.
    async fn settle(
        &self,
        about: &[usize],
        step: &Step,
        request: &Request,
        progress: &mut dyn Progress,
    ) -> Settled {
        let executor = self.executor;
        let Replication { usual, most } = executor.patience.replication;
        let unknown =
            |why: String| Settled::Unknown(format!("it is not known whether it was done: {why}"));
        let began = Instant::now();
        let mut wait = executor.patience.lag;
        for looks in 1.. {
            let look = self.work.look(executor, about, step, request, &self.so_far);
            match unless_stopped(&executor.stop, look).await {
                Some(Ok(Sight::Done(id))) => return Settled::Done(id),
                Some(Ok(Sight::NotYet)) => {}
                Some(Ok(Sight::Blind)) => return unknown("it cannot be read".to_owned()),
                Some(Err(error)) => {
                    return unknown(format!("the tenant cannot be read: {error}"));
                }
                None => return unknown("the run was stopped".to_owned()),
            }
            let left = usual.saturating_sub(began.elapsed());
            if left.is_zero() && looks > 1 {
                break;
            }
            if looks == 1 {
                progress.waits("the tenant to show whether it was done", usual);
            }
            if pause(&executor.stop, wait.min(left)).await {
                return unknown("the run was stopped".to_owned());
            }
            wait = (wait * 2).min(Duration::from_secs(10));
        }
        match usual < most {
            true => unknown(format!(
                "the tenant does not show it after {} s, but may take longer; the next run checks again",
                usual.as_secs()
            )),
            false => Settled::NotDone,
        }
    }

    /// The last records, and the report.
    fn end(self, interrupted: bool, verification_error: Option<GraphError>) -> RunReport {
        let so_far = self.so_far;
        let outcomes: Vec<(ActionStatus, Option<String>)> = so_far
            .outcomes
            .into_iter()
            .zip(so_far.begun)
            .zip(self.heads.into_iter().zip(so_far.ids))
            .map(|((outcome, begun), (head, id))| {
                let unfinished = match begun {
                    true => ActionStatus::Begun,
                    false => ActionStatus::NotReached,
                };
                (outcome.unwrap_or(unfinished), head.id.or(id))
            })
            .collect();
        let mut report = RunReport {
            outcomes,
            secrets: so_far.secrets,
            interrupted,
            wrote: so_far.wrote.contains(&true),
            refused: so_far.refused,
            verification_error: verification_error.map(|e| e.to_string()),
            journal_error: so_far.no_journal,
        };
        // What was done is done: a journal that fails now is told, and hides nothing.
        let mut ended: Vec<Record> = report
            .outcomes
            .iter()
            .enumerate()
            .map(|(number, (outcome, _))| journal::outcome(number, outcome))
            .collect();
        ended.push(Record::End {
            time: journal::now(),
            complete: report.is_complete(),
            interrupted: report.interrupted,
        });
        let written = ended
            .iter()
            .try_for_each(|record| self.journal.write(record));
        if let Err(error) = written {
            report.journal_error.get_or_insert(error.to_string());
        }
        report
    }
}

/// What comes after a step.
enum Next {
    /// The next one.
    On,
    /// Its parts.
    Split(Vec<(Vec<usize>, Step)>),
    /// Nothing.
    End,
}

/// What became of a step that was sent.
enum Sent {
    /// How its actions end, where they do not go on.
    Ends(Option<ActionStatus>),
    /// It was refused, and is sent in parts.
    Split(Vec<(Vec<usize>, Step)>),
}

/// What became of a request.
enum Answer {
    /// It was carried out; the id of what it made.
    Done(Option<String>),
    /// It was not carried out.
    Refused(GraphError),
    /// That is not known; why.
    Unknown(String),
}

/// What became of a request whose answer was lost.
enum Settled {
    Done(Option<String>),
    NotDone,
    Unknown(String),
}

impl SoFar {
    /// An error, and what it means; what is missing of permissions is told once.
    fn explained(&mut self, error: &GraphError) -> String {
        let refusal = error
            .api()
            .and_then(|api| Some((api, api.refusal.as_ref()?)));
        match refusal {
            Some((api, refusal)) if !self.missing.insert(refusal.what.clone()) => {
                format!("{} - {}, as above", api.plain(), refusal.what)
            }
            _ => explained(error),
        }
    }
}

/// An error, and what it means.
fn explained(error: &GraphError) -> String {
    match error.api().and_then(|e| e.advice()) {
        Some(advice) => format!("{error} - {advice}"),
        None => error.to_string(),
    }
}
