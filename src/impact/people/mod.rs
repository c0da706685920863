//! Who is affected, in numbers of people: users fall into classes by which policies mean them, and
//! for each class the engine says what changes. Nobody is asked twice, and nobody is in two classes.

pub mod cache;
pub mod directory;
pub mod edits;
pub mod judge;
pub mod mask;
mod persona;
pub mod read;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::whatif::{Consequence, SignIn};

/// Who is affected by a change.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PeopleImpact {
    /// Everybody: the users before and after.
    pub all: usize,
    /// Those all of whose sign-ins get what they got: proved.
    pub unchanged: usize,
    /// Of the unchanged, those whose accounts are disabled.
    pub disabled: usize,
    /// How many classes they fall into.
    pub classes: usize,
    /// The others, by what changes: the worst first.
    pub changes: Vec<PeopleChange>,
    /// What the numbers take for granted, and what could not be read.
    pub notes: Vec<String>,
}

/// What a change is to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ImpactKind {
    /// Some of their sign-ins passed and can pass no more.
    Lost,
    /// Some of their sign-ins are asked for more.
    More,
    /// Some of their sign-ins could not pass, and can.
    Gained,
    /// Some of their sign-ins are asked for less.
    Less,
    /// Whether some are lost hangs on a fact that is not known.
    MaybeLost,
    /// Likewise.
    MaybeMore,
    /// Likewise.
    MaybeGained,
    /// Likewise.
    MaybeLess,
}

/// People to whom the same happens.
#[derive(Debug, Clone, PartialEq)]
pub struct PeopleChange {
    /// The gravest of what happens to their ordinary sign-ins; where nothing does, to the others.
    pub kind: ImpactKind,
    /// True for people who could get in somewhere in an ordinary way, and can nowhere any more.
    pub is_shut_out: bool,
    /// How many there are.
    pub count: usize,
    /// Who they are: nobody stands in two of these.
    pub personas: Vec<Persona>,
    /// What happens, ordinary sign-ins and the gravest first; at least one.
    pub effects: Vec<PeopleEffect>,
    /// True when something else may happen to them besides.
    pub more: bool,
}

/// People in a few words.
#[derive(Debug, Clone, PartialEq)]
pub struct Persona {
    /// Who they are.
    pub words: String,
    /// How many.
    pub count: usize,
    /// Their principal names, where these are asked for.
    pub names: Vec<String>,
}

/// Sign-ins of some people that get something else than before.
#[derive(Debug, Clone, PartialEq)]
pub struct PeopleEffect {
    /// What it is to them.
    pub kind: ImpactKind,
    /// True for ordinary sign-ins: into an application, by a browser or an application on a usual
    /// platform, without risk, without a flow.
    pub is_ordinary: bool,
    /// What such a sign-in gets before; `None`: there is no such account.
    pub before: Option<Consequence>,
    /// What it gets after.
    pub after: Option<Consequence>,
    /// Which sign-ins: the values by member of the sign-in. What is not named is free.
    pub widest: BTreeMap<String, Vec<String>>,
    /// One of them.
    pub sign_in: SignIn,
    /// True when `whatif --before-after` says the same of it.
    pub replays: bool,
    /// The group on whose members it hangs, where nobody knows them yet: `after` is what the sign-in
    /// gets if it is so.
    pub hangs_on: Option<GroupDoubt>,
}

/// What nobody knows before the service has worked it out: who is in a group by its rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupDoubt {
    /// The group.
    pub group: String,
    /// Whether it is being in it that makes the difference, or not being in it.
    pub is_in: bool,
}

impl ImpactKind {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            ImpactKind::Lost => "LOST",
            ImpactKind::More => "MORE",
            ImpactKind::Gained => "GAINED",
            ImpactKind::Less => "LESS",
            ImpactKind::MaybeLost => "MAYBE_LOST",
            ImpactKind::MaybeMore => "MAYBE_MORE",
            ImpactKind::MaybeGained => "MAYBE_GAINED",
            ImpactKind::MaybeLess => "MAYBE_LESS",
        }
    }
}

impl PeopleImpact {
    /// How many people can get in nowhere any more.
    pub fn shut_out(&self) -> usize {
        let those = self.changes.iter().filter(|change| change.is_shut_out);
        those.map(|change| change.count).sum()
    }

    /// How many people change.
    pub fn changed(&self) -> usize {
        self.changes.iter().map(|change| change.count).sum()
    }
}
