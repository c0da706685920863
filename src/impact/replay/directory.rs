//! Who is in which group, for those who signed in: what the log does not say.

use std::collections::HashMap;

use crate::whatif::{Risk, UserType};

/// What the directory says of people, now and after the plan.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LogDirectory {
    /// By id, in lower case: those of whom something is known.
    pub people: HashMap<String, LogPerson>,
    /// True when whoever is not among them is in none of the groups that policies name.
    pub groups_are_complete: bool,
    /// True when whoever is not among them holds none of the roles that policies name.
    pub roles_are_complete: bool,
    /// Users whom identity protection knows, by id in lower case. Others were never at risk. `None`:
    /// it was not asked.
    pub risks: Option<HashMap<String, LogRisk>>,
}

/// How risky a user is, and since when that is so.
#[derive(Debug, Clone, PartialEq)]
pub struct LogRisk {
    /// The level; `None`: it is not known.
    pub level: Option<Risk>,
    /// Since when.
    pub since: String,
}

impl LogDirectory {
    /// How risky a user was at a moment.
    pub(super) fn risk_at(&self, user: &str, moment: &str) -> Option<Risk> {
        match self.risks.as_ref()?.contains_key(user) {
            false => Some(Risk::None),
            true => self.known_risk_at(user, moment),
        }
    }

    /// The same of somebody of whom it is not known that they would be there.
    pub(super) fn known_risk_at(&self, user: &str, moment: &str) -> Option<Risk> {
        let risk = self.risks.as_ref()?.get(user)?;
        // Before that it may have been anything.
        let is_later = second(&risk.since) > second(moment);
        risk.level.filter(|_| !is_later)
    }
}

/// A moment up to its second: fractions are written in different lengths.
pub(super) fn second(moment: &str) -> &str {
    moment.get(..19).unwrap_or(moment)
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
