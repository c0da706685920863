//! What becomes of a claim.

/// What becomes of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClaimVerdict {
    /// A scenario gets what it expects.
    Passed,
    /// A scenario does not, or leaves it open what it gets.
    Failed,
    /// An invariant holds for every sign-in.
    Proved,
    /// There is a sign-in that breaks an invariant.
    Refuted,
    /// It depends on what no sign-in can say.
    Open,
    /// An invariant is about no sign-in at all: it counts as failed.
    Vacuous,
}

impl ClaimVerdict {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            ClaimVerdict::Passed => "passed",
            ClaimVerdict::Failed => "failed",
            ClaimVerdict::Proved => "proved",
            ClaimVerdict::Refuted => "refuted",
            ClaimVerdict::Open => "open",
            ClaimVerdict::Vacuous => "vacuous",
        }
    }

    /// True when the claim holds.
    pub fn holds(self) -> bool {
        matches!(self, ClaimVerdict::Passed | ClaimVerdict::Proved)
    }

    /// True when it certainly does not, or says nothing.
    pub fn fails(self) -> bool {
        !self.holds() && self != ClaimVerdict::Open
    }
}
