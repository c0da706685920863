//! One request of a run, as a value.

use crate::graph::Request;
use crate::plan::Phase;

/// One request.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// When it is sent.
    pub phase: Phase,
    /// The request, perhaps with stand-ins.
    pub request: Request,
    /// What it is for.
    pub purpose: Purpose,
}

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Makes the object: the answer holds its id.
    Create,
    /// Makes a test user: a password is put into the body when it is sent.
    CreateUser,
    /// Brings it back from the recycle bin.
    Restore,
    /// Changes it.
    Change,
    /// Changes it so that the next request of the action is taken.
    Prepare,
    /// Adds members: to be one already is success.
    AddMember,
    /// Takes a member out.
    RemoveMember,
    /// Deletes it.
    Delete,
    /// Takes a deleted user out of the recycle bin, for good.
    Purge,
    /// Decides about the risk of users: to have decided already is success.
    Decide,
    /// Tries what the tenant does with it: a refusal is an answer, too.
    Try,
    /// Gives a test user a new password, which is put into the body when it is sent.
    ResetPassword,
}

impl Purpose {
    /// Whether the answer holds the id of a new object.
    pub fn creates(self) -> bool {
        matches!(self, Purpose::Create | Purpose::CreateUser)
    }
}
