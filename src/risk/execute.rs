//! Sends a decision, batch after batch, and reads until the tenant shows it.
//!
//! Deciding twice is deciding once: a request whose answer was lost is sent again.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::decision::DecisionPlan;
use super::filter::RiskFilter;
use super::object::RiskyUser;
use super::read;
use crate::graph::read::Reader;
use crate::graph::write::Writer;
use crate::graph::{GraphError, Request};

/// How often a request is sent whose answer was lost.
const TRIES: u32 = 3;

/// How long the tenant may take to show what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Between two reads.
    pub pause: Duration,
    /// In all.
    pub most: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            pause: Duration::from_secs(3),
            most: Duration::from_secs(120),
        }
    }
}

/// What became of a decision about one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Sent, and the tenant shows it.
    Done,
    /// Sent, and the tenant did not show it in time; the state that it shows.
    Unverified(String),
    /// A request failed.
    Failed(String),
    /// The run was stopped before it.
    NotReached,
}

impl Outcome {
    /// The outcome's word, as in journals and JSON.
    pub fn as_str(&self) -> &'static str {
        match self {
            Outcome::Done => "done",
            Outcome::Unverified(_) => "unverified",
            Outcome::Failed(_) => "failed",
            Outcome::NotReached => "not reached",
        }
    }

    /// What more there is to say.
    pub fn message(&self) -> Option<String> {
        match self {
            Outcome::Unverified(state) => Some(format!("the tenant still shows `{state}`")),
            Outcome::Failed(why) => Some(why.clone()),
            Outcome::Done | Outcome::NotReached => None,
        }
    }
}

/// A moment of a run, for its journal.
#[derive(Debug)]
pub enum Event<'a> {
    /// A request on these users, by their ids, is about to be sent.
    Before(&'a Request, &'a [&'a str]),
    /// It was answered, or not.
    After(&'a [&'a str], Option<&'a GraphError>),
    /// How the decision about a user ended.
    Outcome(&'a str, &'a Outcome),
}

/// Where a run writes down what it does, durably, before it goes on.
pub trait Recorder {
    /// Writes an event down.
    ///
    /// # Errors
    /// When it cannot: then nothing more is sent.
    fn write(&mut self, event: &Event<'_>) -> io::Result<()>;
}

/// What a run did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// For each item of the plan.
    pub outcomes: Vec<Outcome>,
    /// Whether a request succeeded, or may have.
    pub wrote: bool,
    /// Whether the tenant said that the caller may not decide.
    pub refused: bool,
    /// Whether it was stopped from outside.
    pub interrupted: bool,
    /// Why the journal could not be written.
    pub journal_error: Option<String>,
    /// Why the tenant could not be read again.
    pub verification_error: Option<String>,
}

impl Report {
    /// Whether everything was done and seen.
    pub fn is_complete(&self) -> bool {
        self.journal_error.is_none() && self.outcomes.iter().all(|o| *o == Outcome::Done)
    }
}

/// What a run needs.
pub struct Executor<'a> {
    /// Reads the tenant again.
    pub reader: Reader<'a>,
    /// Sends.
    pub writer: Writer<'a>,
    /// How long to wait.
    pub patience: Patience,
    /// Becomes true when the run is to stop before its next request.
    pub stop: watch::Receiver<bool>,
}

/// Carries a plan out.
pub async fn execute(
    executor: &Executor<'_>,
    plan: &DecisionPlan,
    recorder: &mut dyn Recorder,
    told: &dyn Fn(&str),
) -> Report {
    let mut report = Report {
        outcomes: vec![Outcome::NotReached; plan.items.len()],
        wrote: false,
        refused: false,
        interrupted: false,
        journal_error: None,
        verification_error: None,
    };
    let id = |i: &usize| plan.items[*i].user.id.as_str();
    let mut sent: Vec<usize> = Vec::new();
    for (users, request) in plan.requests() {
        if *executor.stop.borrow() {
            report.interrupted = true;
            break;
        }
        let ids: Vec<&str> = users.iter().map(id).collect();
        if let Err(error) = recorder.write(&Event::Before(&request, &ids)) {
            report.journal_error = Some(error.to_string());
            break;
        }
        let result = send(executor, &request).await;
        let recorded = recorder.write(&Event::After(&ids, result.as_ref().err()));
        match &result {
            Ok(()) => {
                report.wrote = true;
                sent.extend(&users);
            }
            Err(error) => {
                report.wrote |= error.maybe_done();
                for i in &users {
                    report.outcomes[*i] = Outcome::Failed(error.to_string());
                }
                // Whether it happened can be seen.
                if error.maybe_done() {
                    sent.extend(&users);
                }
            }
        }
        if let Err(error) = recorded {
            report.journal_error = Some(error.to_string());
            break;
        }
        // Who may not decide about these may not decide about the others.
        if result.is_err_and(|e| e.api().is_some_and(|e| matches!(e.status, 401 | 403))) {
            report.refused = true;
            break;
        }
    }
    if !sent.is_empty() {
        told("Reading the tenant again");
        verify(executor, plan, &sent, &mut report).await;
    }
    for (item, outcome) in plan.items.iter().zip(&report.outcomes) {
        if report.journal_error.is_none()
            && let Err(error) = recorder.write(&Event::Outcome(&item.user.id, outcome))
        {
            report.journal_error = Some(error.to_string());
        }
    }
    report
}

async fn send(executor: &Executor<'_>, request: &Request) -> Result<(), GraphError> {
    let mut tries = 1;
    loop {
        match executor.writer.send(request).await {
            Ok(_) => return Ok(()),
            Err(error) if error.maybe_done() && tries < TRIES => {
                tries += 1;
                sleep(executor.patience.pause.min(Duration::from_secs(5))).await;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Reads until everything that was sent is shown, or patience ends.
async fn verify(executor: &Executor<'_>, plan: &DecisionPlan, sent: &[usize], report: &mut Report) {
    let started = Instant::now();
    let mut open: Vec<usize> = sent.to_vec();
    loop {
        let shown = match look(&executor.reader, plan, &open).await {
            Ok(shown) => shown,
            Err(error) => {
                report.verification_error = Some(error.to_string());
                BTreeMap::new()
            }
        };
        open.retain(|i| {
            let user = shown.get(&plan.items[*i].user.id.to_lowercase());
            let done = user.is_some_and(|u| u.risk_state == plan.decision.state());
            if done {
                report.outcomes[*i] = Outcome::Done;
            } else if !matches!(report.outcomes[*i], Outcome::Failed(_)) {
                let state = user.unwrap_or(&plan.items[*i].user).risk_state.clone();
                report.outcomes[*i] = Outcome::Unverified(state);
            }
            !done
        });
        if open.is_empty() {
            report.verification_error = None;
            return;
        }
        if *executor.stop.borrow() {
            report.interrupted = true;
            return;
        }
        if started.elapsed() + executor.patience.pause > executor.patience.most {
            return;
        }
        sleep(executor.patience.pause).await;
    }
}

/// The users as the tenant shows them now, in one request: one user by id, several as the
/// list of those in the new state that changed since these last did, by the tenant's clock.
async fn look(
    reader: &Reader<'_>,
    plan: &DecisionPlan,
    open: &[usize],
) -> Result<BTreeMap<String, RiskyUser>, GraphError> {
    let found = match open {
        [one] => read::user(reader, &plan.items[*one].user.id)
            .await?
            .into_iter()
            .collect(),
        several => {
            let filter = RiskFilter {
                states: vec![plan.decision.state().to_owned()],
                since: earliest(plan, several),
                ..RiskFilter::default()
            };
            read::users(reader, &filter).await?.items
        }
    };
    Ok(found
        .into_iter()
        .map(|user| (user.id.to_lowercase(), user))
        .collect())
}

/// When the first of these users changed last; nothing when that is not known of all.
fn earliest(plan: &DecisionPlan, users: &[usize]) -> Option<Timestamp> {
    users
        .iter()
        .map(|i| {
            let time = &plan.items[*i].user.risk_last_updated_date_time;
            time.parse::<Timestamp>().ok()
        })
        .min()
        .flatten()
}
