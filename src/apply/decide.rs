//! Carries a decision about risk out, batch after batch, and reads until the tenant shows it.
//!
//! Deciding twice is deciding once: a request whose answer was lost is sent again.

use std::collections::BTreeMap;
use std::io;

use jiff::Timestamp;

use super::executor::Executor;
use super::journal::{ActionKind, Head, Header, Journal};
use super::progress::Progress;
use super::report::{ActionStatus, RunReport};
use super::run::{Ready, Sending, SoFar, Work, run};
use super::settle::Sight;
use super::step::{Purpose, Step};
use super::verify::until_shown;
use crate::graph::read::Reader;
use crate::graph::{GraphError, Request};
use crate::plan::Phase;
use crate::risk::decision::DecisionPlan;
use crate::risk::{RiskFilter, RiskyUser, read};

/// Carries a decision out. There is no way back from it. `tenant` is the name and the id of
/// the tenant.
///
/// # Errors
/// When the journal cannot be begun: then nothing was written.
pub async fn decide(
    executor: &Executor<'_>,
    plan: &DecisionPlan,
    tenant: (&str, &str),
    journal: &mut dyn Journal,
    progress: &mut dyn Progress,
) -> io::Result<RunReport> {
    run(executor, &Decide { plan, tenant }, journal, progress).await
}

struct Decide<'p> {
    plan: &'p DecisionPlan,
    tenant: (&'p str, &'p str),
}

impl Work for Decide<'_> {
    fn header(&self) -> Header {
        let decision = self.plan.decision.command();
        Header {
            command: format!("risk {decision}"),
            tenant: self.tenant.0.to_owned(),
            tenant_id: self.tenant.1.to_owned(),
            plan: None,
            allowed: Vec::new(),
            names: BTreeMap::new(),
            actions: self
                .plan
                .items
                .iter()
                .map(|item| Head {
                    verb: decision.to_owned(),
                    kind: ActionKind::RISKY_USER,
                    name: item.user.name().to_owned(),
                    id: Some(item.user.id.clone()),
                    before: Some(item.user.raw.clone()),
                    sides: None,
                    links: None,
                    changes: Vec::new(),
                })
                .collect(),
        }
    }

    fn steps(&self) -> Vec<(Vec<usize>, Step)> {
        self.plan
            .requests()
            .into_iter()
            .map(|(users, request)| {
                let step = Step {
                    phase: Phase::Change,
                    request,
                    purpose: Purpose::Decide,
                };
                (users, step)
            })
            .collect()
    }

    fn split(&self, about: &[usize], step: &Step, error: &GraphError) -> Vec<(Vec<usize>, Step)> {
        // One id that is not taken, such as that of a user deleted since, refuses them all.
        let refused = error.api().is_some_and(|e| matches!(e.status, 400 | 404));
        if !refused || about.len() < 2 {
            return Vec::new();
        }
        let (first, second) = about.split_at(about.len() / 2);
        [first, second]
            .into_iter()
            .map(|part| {
                let request = self.plan.request(part);
                (
                    part.to_vec(),
                    Step {
                        request,
                        ..step.clone()
                    },
                )
            })
            .collect()
    }

    async fn ready(
        &self,
        _: &[usize],
        step: &Step,
        so_far: &SoFar,
        _: &Executor<'_>,
    ) -> Result<Ready, GraphError> {
        // Who may not decide about some may not decide about the others.
        if so_far.refused {
            return Ok(Ready::End);
        }
        Ok(Ready::Send(Box::new(Sending {
            request: step.request.clone(),
            fresh: false,
            secret: None,
        })))
    }

    async fn look(
        &self,
        _: &Executor<'_>,
        _: &[usize],
        _: &Step,
        _: &Request,
        _: &SoFar,
    ) -> Result<Sight, GraphError> {
        Ok(Sight::Blind) // verification sees it
    }

    async fn verify(
        &self,
        executor: &Executor<'_>,
        so_far: &mut SoFar,
        progress: &mut dyn Progress,
    ) -> Result<(), GraphError> {
        let sent: Vec<usize> = (0..self.plan.items.len())
            .filter(|number| so_far.wrote.get(*number) == Some(&true))
            .collect();
        if sent.is_empty() {
            return Ok(());
        }
        progress.verifies();
        let open = until_shown(executor, progress, async || {
            self.open(&executor.reader, &sent).await
        })
        .await?;
        for number in sent {
            let Some(Some(outcome)) = so_far.outcomes.get_mut(number) else {
                continue;
            };
            match open.iter().find(|(open, _)| *open == number) {
                // Whether it was done can be seen.
                None => *outcome = ActionStatus::Done,
                Some((_, state)) if *outcome == ActionStatus::Done => {
                    let path = format!("riskState (`{state}`)");
                    *outcome = ActionStatus::Unverified(vec![path]);
                }
                Some(_) => {}
            }
        }
        Ok(())
    }
}

impl Decide<'_> {
    /// Of the users in `sent` those who are not shown in the new state, with the state that
    /// they are in.
    async fn open(
        &self,
        reader: &Reader<'_>,
        sent: &[usize],
    ) -> Result<Vec<(usize, String)>, GraphError> {
        let shown = look(reader, self.plan, sent).await?;
        Ok(sent
            .iter()
            .filter_map(|number| {
                let before = &self.plan.items.get(*number)?.user;
                let now = shown.get(&before.id.to_lowercase()).unwrap_or(before);
                (now.risk_state != self.plan.decision.state())
                    .then(|| (*number, now.risk_state.clone()))
            })
            .collect())
    }
}

/// The users as the tenant shows them now, in one request: one user by id, several as the
/// list of those in the new state that changed since these last did, by the tenant's clock.
async fn look(
    reader: &Reader<'_>,
    plan: &DecisionPlan,
    users: &[usize],
) -> Result<BTreeMap<String, RiskyUser>, GraphError> {
    let users: Vec<&RiskyUser> = users
        .iter()
        .filter_map(|number| plan.items.get(*number))
        .map(|item| &item.user)
        .collect();
    let found = match users.as_slice() {
        [one] => read::user(reader, &one.id).await?.into_iter().collect(),
        several => {
            let filter = RiskFilter {
                states: vec![plan.decision.state().to_owned()],
                since: earliest(several),
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
fn earliest(users: &[&RiskyUser]) -> Option<Timestamp> {
    users
        .iter()
        .map(|user| user.risk_last_updated_date_time.parse::<Timestamp>().ok())
        .min()
        .flatten()
}
