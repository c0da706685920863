//! What a change of policies means for one sign-in.

use crate::whatif::{CompiledPolicies, Consequence, Ending, Name};

/// What becomes of a recorded sign-in by the set to be, against the set that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum ReplayVerdict {
    /// The same.
    #[default]
    NoChange,
    /// It did not pass, and passes.
    Gained,
    /// It passed, and can pass no more.
    Lost,
    /// It is asked for more; also when it is asked for something else.
    More,
    /// It is asked for less; also where a stricter session is all that it gets for it.
    Less,
    /// It depends on what the record does not say: perhaps one of these.
    MaybeGained,
    /// See [`ReplayVerdict::MaybeGained`].
    MaybeLost,
    /// See [`ReplayVerdict::MaybeGained`].
    MaybeMore,
    /// See [`ReplayVerdict::MaybeGained`].
    MaybeLess,
}

impl ReplayVerdict {
    /// All of them, in the order in which they are told.
    pub const ALL: [ReplayVerdict; 9] = [
        ReplayVerdict::NoChange,
        ReplayVerdict::Gained,
        ReplayVerdict::Lost,
        ReplayVerdict::More,
        ReplayVerdict::Less,
        ReplayVerdict::MaybeGained,
        ReplayVerdict::MaybeLost,
        ReplayVerdict::MaybeMore,
        ReplayVerdict::MaybeLess,
    ];

    /// The word of JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            ReplayVerdict::NoChange => "NO_CHANGE",
            ReplayVerdict::Gained => "GAINED",
            ReplayVerdict::Lost => "LOST",
            ReplayVerdict::More => "MORE",
            ReplayVerdict::Less => "LESS",
            ReplayVerdict::MaybeGained => "MAYBE_GAINED",
            ReplayVerdict::MaybeLost => "MAYBE_LOST",
            ReplayVerdict::MaybeMore => "MAYBE_MORE",
            ReplayVerdict::MaybeLess => "MAYBE_LESS",
        }
    }

    /// True without a perhaps.
    pub(super) fn is_certain(self) -> bool {
        self == ReplayVerdict::NoChange || self != self.perhaps()
    }

    /// True for what is asked for less, or let in.
    pub fn is_less(self) -> bool {
        matches!(
            self.perhaps(),
            ReplayVerdict::MaybeLess | ReplayVerdict::MaybeGained
        )
    }

    /// True where it is about getting in, and not about what is asked for.
    pub(super) fn is_about_passing(self) -> bool {
        matches!(
            self.perhaps(),
            ReplayVerdict::MaybeLost | ReplayVerdict::MaybeGained
        )
    }

    /// How grave it is: the gravest of several that are possible is the one that is told.
    fn gravity(self) -> u8 {
        match self.perhaps() {
            ReplayVerdict::MaybeLost => 4,
            ReplayVerdict::MaybeMore => 3,
            ReplayVerdict::MaybeGained => 2,
            ReplayVerdict::MaybeLess => 1,
            _ => 0,
        }
    }

    fn perhaps(self) -> ReplayVerdict {
        match self {
            ReplayVerdict::Gained => ReplayVerdict::MaybeGained,
            ReplayVerdict::Lost => ReplayVerdict::MaybeLost,
            ReplayVerdict::More => ReplayVerdict::MaybeMore,
            ReplayVerdict::Less => ReplayVerdict::MaybeLess,
            other => other,
        }
    }

    /// The one that is told when each of these is possible.
    pub(super) fn of(possible: &[ReplayVerdict], certain: bool) -> ReplayVerdict {
        let gravest = possible.iter().copied().max_by_key(|one| one.gravity());
        let gravest = gravest.unwrap_or(ReplayVerdict::NoChange);
        match certain && possible.iter().all(|one| *one == gravest) {
            true => gravest,
            false => gravest.perhaps(),
        }
    }
}

/// A consequence, and the policies whose it is.
pub(super) type ConsequenceBy<'a> = (&'a CompiledPolicies, &'a Consequence);

/// Whether a sign-in may pass, and may be stopped. What hangs on the methods alone that were used
/// can be asked for.
pub(super) fn ways(consequence: &Consequence) -> (bool, bool) {
    match consequence.outcome {
        Ending::Blocked => (false, true),
        _ if consequence.hidden_block => (false, true),
        Ending::Granted | Ending::Interrupted => (true, false),
        Ending::Unknown => {
            let methods_alone = consequence.missing.iter().all(|fact| fact == "satisfied");
            (true, !methods_alone)
        }
    }
}

/// What the second consequence asks for that the first does not: lists, and session controls.
pub(super) fn added(
    before: ConsequenceBy<'_>,
    after: ConsequenceBy<'_>,
) -> (Vec<Vec<Name>>, Vec<&'static str>) {
    let lists = after.0.asks_beyond(after.1, before.0, before.1);
    let session = &after.1.session_controls;
    (lists, session.stricter_than(&before.1.session_controls))
}

/// Every verdict that is possible between two consequences.
pub(super) fn verdicts(before: ConsequenceBy<'_>, after: ConsequenceBy<'_>) -> Vec<ReplayVerdict> {
    let (passed, stopped) = ways(before.1);
    let (passes, stops) = ways(after.1);
    let asks = |before, after| {
        let (lists, session) = added(before, after);
        (!lists.is_empty(), !session.is_empty())
    };
    let both_open = passed && stopped && passes && stops;
    let mut found = Vec::new();
    if passed && passes {
        // A requirement decides who gets in; a session control only what holds once they are.
        found.push(match (asks(before, after), asks(after, before)) {
            ((true, _), _) => ReplayVerdict::More,
            (_, (true, _)) => ReplayVerdict::Less,
            ((_, true), _) => ReplayVerdict::More,
            (_, (_, true)) => ReplayVerdict::Less,
            _ => ReplayVerdict::NoChange,
        });
    }
    // Two answers that say the same hang on the same.
    if both_open && found == [ReplayVerdict::NoChange] && before.1.missing == after.1.missing {
        return found;
    }
    if stopped && stops {
        found.push(ReplayVerdict::NoChange);
    }
    if passed && stops {
        found.push(ReplayVerdict::Lost);
    }
    if stopped && passes {
        found.push(ReplayVerdict::Gained);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_that_is_possible_is_told_and_only_what_is_certain_without_a_perhaps() {
        use ReplayVerdict::{Gained, Less, Lost, MaybeLost, MaybeMore, More, NoChange};
        for (possible, certain, told) in [
            (vec![NoChange], true, NoChange),
            (vec![More], true, More),
            (vec![More], false, MaybeMore),
            (vec![NoChange, More], true, MaybeMore),
            (vec![Less, Lost, Gained], true, MaybeLost),
            (vec![], true, NoChange),
        ] {
            assert_eq!(ReplayVerdict::of(&possible, certain), told, "{possible:?}");
        }
    }
}
