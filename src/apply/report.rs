//! What a run did.

use secrecy::SecretString;

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
    /// Written, and the name is there more than once now; the ids.
    Doubled(Vec<String>),
    /// A request was sent and its answer was lost: whether it was carried out is not known.
    Unknown(String),
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
            ActionStatus::Doubled(_) => "doubled",
            ActionStatus::Unknown(_) => "unknown",
            ActionStatus::Failed(_) => "failed",
            ActionStatus::Skipped(_) => "skipped",
        }
    }

    /// Why a request did not do what it should.
    pub fn message(&self) -> Option<&str> {
        match self {
            ActionStatus::Unknown(why) | ActionStatus::Failed(why) | ActionStatus::Skipped(why) => {
                Some(why)
            }
            _ => None,
        }
    }

    /// Why the action did not end as it should, for people. `verb` is the action's.
    pub fn why(&self, verb: &str) -> Option<String> {
        let why = match self {
            ActionStatus::Unverified(paths) if paths.is_empty() && verb == "delete" => {
                "it was deleted, but the tenant still shows it"
            }
            ActionStatus::Unverified(paths) if paths.is_empty() => {
                "it was written, but the tenant does not show it yet"
            }
            ActionStatus::Unverified(paths) => {
                return Some(format!(
                    "it was written, but the tenant shows other values for: {}",
                    paths.join(", ")
                ));
            }
            ActionStatus::Doubled(ids) => {
                return Some(format!(
                    "{} objects have this name now ({}): another run created one at the same time, or the tenant did not show an earlier one yet; delete all but one, or every plan is refused",
                    ids.len(),
                    ids.join(", ")
                ));
            }
            ActionStatus::Begun => "it was started, and the run was stopped before it finished",
            ActionStatus::Done | ActionStatus::NotReached => return None,
            other => other.message()?,
        };
        Some(why.to_owned())
    }

    /// Whether it was written to its end, as far as the service said so.
    pub fn is_written(&self) -> bool {
        matches!(
            self,
            ActionStatus::Done | ActionStatus::Unverified(_) | ActionStatus::Doubled(_)
        )
    }

    /// Whether it must not be built upon.
    pub(super) fn is_broken(&self) -> bool {
        self.message().is_some()
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
    /// For each action, in the run's order: the outcome and the object's id.
    pub outcomes: Vec<(ActionStatus, Option<String>)>,
    /// Passwords that were made.
    pub secrets: Vec<Secret>,
    /// True when the run was stopped from outside.
    pub interrupted: bool,
    /// True when a write succeeded, or may have, be it of an action that failed later on.
    pub wrote: bool,
    /// True when the tenant said that the caller may not do it at all.
    pub refused: bool,
    /// Why verification could not be done, if so.
    pub verification_error: Option<String>,
    /// Why the journal could not be written to its end, if so.
    pub journal_error: Option<String>,
}

impl RunReport {
    /// True when everything was done and seen, and the journal says so.
    pub fn is_complete(&self) -> bool {
        self.verification_error.is_none()
            && self.journal_error.is_none()
            && self.outcomes.iter().all(|(o, _)| *o == ActionStatus::Done)
    }
}
