//! Who is in which group, for those who signed in: what the log does not say.

use std::collections::HashMap;

use crate::whatif::UserType;

/// What the directory says of people, now and after the plan.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LogDirectory {
    /// By id, in lower case: those of whom something is known.
    pub people: HashMap<String, LogPerson>,
    /// True when whoever is not among them is in none of the groups that policies name.
    pub groups_are_complete: bool,
    /// True when whoever is not among them holds none of the roles that policies name.
    pub roles_are_complete: bool,
}

/// What the directory says of somebody.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LogPerson {
    /// The groups among those that policies name, as ids.
    pub before: Vec<String>,
    /// The same after the plan.
    pub after: Vec<String>,
    /// The active roles, as ids of templates.
    pub roles: Option<Vec<String>>,
    /// Which kind of user.
    pub user_type: Option<UserType>,
}
