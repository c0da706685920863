//! The journal of a run that decides about risk: which users, what they were before, what was
//! sent, and how it ended. It can be read by `gatewright runs`; there is no way back.

use std::io;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::journal::{Journal, Record, VERSION, now};
use crate::risk::decision::DecisionPlan;
use crate::risk::execute::{Event, Recorder, Report};

/// One line of a journal about risk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "step",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum RiskRecord {
    /// A user whom the run is about; all of them before the first request.
    User {
        /// The user's id.
        id: String,
        /// The user's principal name.
        name: String,
        /// `dismiss`, `confirm-compromised` or `confirm-safe`.
        decision: String,
        /// The risky user before, as Graph answered it.
        before: Value,
    },
    /// A request is about to be sent.
    Before {
        /// When, in UTC.
        time: String,
        /// The path, below the root.
        path: String,
        /// The ids of the users whom it is about.
        users: Vec<String>,
    },
    /// A request was answered, or not.
    After {
        /// When, in UTC.
        time: String,
        /// The ids of the users whom it is about.
        users: Vec<String>,
        /// What went wrong.
        error: Option<String>,
        /// True when it may have been carried out although no success was seen.
        maybe_done: bool,
    },
    /// How the decision about a user ended.
    Outcome {
        /// The user's id.
        id: String,
        /// `done`, `unverified`, `failed` or `not reached`.
        outcome: String,
        /// What more there is to say.
        message: Option<String>,
    },
}

/// What a journal tells of one user.
#[derive(Debug, Clone, PartialEq)]
pub struct RiskDone {
    /// The user's id.
    pub id: String,
    /// The user's principal name.
    pub name: String,
    /// `dismiss`, `confirm-compromised` or `confirm-safe`.
    pub decision: String,
    /// A request was sent.
    pub begun: bool,
    /// A request succeeded, or may have.
    pub wrote: bool,
    /// How it ended, where the run came that far.
    pub outcome: Option<String>,
    /// What more there is to say.
    pub message: Option<String>,
}

impl RiskRecord {
    /// Adds a line to what a journal tells; gives its time, where it has one.
    pub(super) fn fold(self, list: &mut Vec<RiskDone>) -> Option<String> {
        match self {
            RiskRecord::User {
                id, name, decision, ..
            } => {
                list.push(RiskDone {
                    id,
                    name,
                    decision,
                    begun: false,
                    wrote: false,
                    outcome: None,
                    message: None,
                });
                None
            }
            RiskRecord::Before { time, users, .. } => {
                for done in list.iter_mut().filter(|d| users.contains(&d.id)) {
                    done.begun = true;
                }
                Some(time)
            }
            RiskRecord::After {
                time,
                users,
                error,
                maybe_done,
            } => {
                for done in list.iter_mut().filter(|d| users.contains(&d.id)) {
                    done.wrote |= error.is_none() || maybe_done;
                }
                Some(time)
            }
            RiskRecord::Outcome {
                id,
                outcome,
                message,
            } => {
                for done in list.iter_mut().filter(|d| d.id == id) {
                    done.outcome = Some(outcome.clone());
                    done.message.clone_from(&message);
                }
                None
            }
        }
    }
}

/// Writes a run about risk into a journal.
pub struct Recording<'a>(&'a mut dyn Journal);

impl<'a> Recording<'a> {
    /// Begins: the run, and every user whom it is about.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn begin(
        journal: &'a mut dyn Journal,
        plan: &DecisionPlan,
        tenant: &str,
        tenant_id: &str,
    ) -> io::Result<Recording<'a>> {
        let decision = plan.decision.command();
        journal.write(&Record::Run {
            version: VERSION,
            gatewright: env!("CARGO_PKG_VERSION").to_owned(),
            time: now(),
            command: format!("risk {decision}"),
            tenant: tenant.to_owned(),
            tenant_id: tenant_id.to_owned(),
            plan: None,
            allowed: Vec::new(),
            actions: Vec::new(),
        })?;
        for item in &plan.items {
            journal.write(&Record::Risk(RiskRecord::User {
                id: item.user.id.clone(),
                name: item.user.name().to_owned(),
                decision: decision.to_owned(),
                before: item.user.raw.clone(),
            }))?;
        }
        Ok(Recording(journal))
    }

    /// Ends.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub fn end(self, report: &Report) -> io::Result<()> {
        self.0.write(&Record::End {
            time: now(),
            complete: report.is_complete(),
            interrupted: report.interrupted,
        })
    }
}

impl Recorder for Recording<'_> {
    fn write(&mut self, event: &Event<'_>) -> io::Result<()> {
        let owned = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
        self.0.write(&Record::Risk(match event {
            Event::Before(request, users) => RiskRecord::Before {
                time: now(),
                path: format!("/{}{}", request.edition.segment(), request.path),
                users: owned(users),
            },
            Event::After(users, error) => RiskRecord::After {
                time: now(),
                users: owned(users),
                error: error.map(ToString::to_string),
                maybe_done: error.is_some_and(|e| e.maybe_done()),
            },
            Event::Outcome(id, outcome) => RiskRecord::Outcome {
                id: (*id).to_owned(),
                outcome: outcome.as_str().to_owned(),
                message: outcome.message(),
            },
        }))
    }
}
