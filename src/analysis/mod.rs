//! What holds for every sign-in that can exist: proofs and counterexamples.

mod attributes;
mod change;
mod claims;
mod classes;
mod domain;
mod formula;
mod gaps;
mod grant;
mod ordinary;
mod places;
mod question;
mod session;
mod side;
mod solver;
mod space;
mod spelling;
mod unify;
mod ways;
mod witness;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::model::grant::GrantControls;
use crate::model::policy::Conditions;
use crate::model::session::SessionControls;
use crate::whatif::{Consequence, Name, SignIn};

pub use change::{
    Comparative, Lockout, Lockouts, SetComparison, SignInDifference, compare, compare_with_new,
    exposures, lockout,
};
pub use claims::check;
pub use classes::{
    ClassAnswer, ClassTurn, PeopleAnswers, PeopleBox, PeopleClass, PeopleTurn, counts_for_people,
    people,
};
pub use gaps::{Exclusion, Floor, Gap, Gaps, Idle, Stopper, gaps, gaps_and_stoppers};
pub use unify::unified;

/// A claim about every sign-in that a selection means.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// Which sign-ins: those that a policy with these conditions would apply to.
    pub selection: Conditions,
    /// Sign-ins that are left out: known exceptions.
    pub accepted: Vec<Conditions>,
    /// What holds for the others.
    pub must: Must,
}

/// What is claimed of a sign-in.
#[derive(Debug, Clone, PartialEq)]
pub enum Must {
    /// The enforced policies ask for at least this; a block satisfies everything.
    Require {
        /// The grant controls, read as a policy's.
        grant: Option<GrantControls>,
        /// The session controls.
        session: Option<Box<SessionControls>>,
    },
    /// No policy blocks it.
    NoBlock,
    /// Somebody can get in who meets everything that is physically possible there.
    NoLockout,
    /// No enforced policy applies to it.
    Nothing,
    /// Some enforced policy applies to it.
    Covered,
    /// Nobody gets in who can meet these alone: methods, by their names in Graph (`password`),
    /// and built-in controls.
    Stopped {
        /// What can be met.
        with: Vec<String>,
    },
}

/// What becomes of a claim.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It holds for every sign-in; these policies carry it, by name (none when nothing could
    /// break it).
    Proved {
        /// Display names, sorted.
        carried_by: Vec<Name>,
    },
    /// There is a sign-in that breaks it.
    Refuted(Box<Counterexample>),
    /// Only a sign-in breaks it that hangs on facts that are not known.
    Open {
        /// What it hangs on, as answers name facts.
        because: Vec<String>,
        /// The sign-in.
        example: Box<Counterexample>,
    },
    /// No sign-in is meant at all, or nothing could ever be asked of it.
    Vacuous {
        /// Why.
        why: String,
    },
}

/// A sign-in that shows something, as the evaluator judges it.
#[derive(Debug, Clone, PartialEq)]
pub struct Counterexample {
    /// The sign-in, complete: `whatif` says the same of it.
    pub sign_in: SignIn,
    /// What it gets.
    pub got: Consequence,
    /// The widest box of sign-ins of which the same is true: for each dimension that is not
    /// free (by the name of the sign-in's member), the values.
    pub widest: BTreeMap<String, Vec<String>>,
    /// True when the sign-in could not take an ordinary value: the members, most telling first.
    pub unusual: Vec<&'static str>,
}

/// A judged claim.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimAnswer {
    /// The verdict.
    pub verdict: Verdict,
    /// The accepted exceptions (by place in the claim's list) that no sign-in needs.
    pub idle_exceptions: Vec<usize>,
    /// Defaults for facts of the tenant that the answer rests on.
    pub assumptions: Vec<String>,
}
