//! What a change does to sign-ins, box by box: the gravest first, and one for each cause before
//! there is another of the same.

use std::collections::{BTreeMap, BTreeSet};

use batsat::Lit;

use super::answer::{AnswerFormulas, sessions};
use super::compared::{ComparedSets, SignInDifference, SignInTurn, missing, who_is_it};
use super::formula::Formula;
use super::question::Found;
use super::session::{levels, reaches};
use super::solver::Reading;

/// What is found of one direction.
pub(super) struct TurnsFound {
    pub answered: Answered,
    /// One for each box.
    pub boxes: Vec<SignInDifference>,
    /// True when there are others.
    pub more: bool,
    /// The facts on which it hangs what is open.
    pub because: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answered {
    Yes,
    No,
    Open,
}

/// A search for boxes of what passes on one side, and less easily or not at all on another.
struct BoxSearch {
    /// What all of them are.
    formula: Formula,
    certainly: Vec<Lit>,
    turns: Vec<(SignInTurn, Formula, Lit)>,
    /// What protects on the side that does: each policy that stops, and for sessions each policy and
    /// level of its own.
    causes: Vec<Cause>,
    told: BTreeSet<usize>,
    /// That nothing of what is printed hangs on facts that are not known.
    known: Vec<Lit>,
    /// That a sign-in is in no box that was found.
    outside: Vec<Lit>,
    /// That it passes where it is protected: then its session is what differs.
    passed: Lit,
}

struct Cause {
    formula: Formula,
    literal: Lit,
    /// True when it makes sessions stricter, false when it stops a sign-in.
    is_session: bool,
}

impl ComparedSets<'_> {
    /// Boxes of what passes on the side `to` more easily than on the side `from`: at least `most`
    /// where there are so many, and of each turn at most so many with causes of their own.
    pub(super) fn turns(
        &mut self,
        answers: &[AnswerFormulas; 2],
        [from, to]: [usize; 2],
        most: usize,
    ) -> TurnsFound {
        let formula = self.eases(from, to);
        let mut found = TurnsFound {
            answered: Answered::No,
            boxes: Vec::new(),
            more: false,
            because: Vec::new(),
        };
        if !self.question.exists(&[formula], Reading::Possibly) {
            return found;
        }
        let mut search = self.search(answers, formula, [from, to]);
        // The last is of those who do not feel it: who has less is told of before.
        let told = search.turns.split_last().map_or(&[][..], |(_, told)| told);
        let told: Vec<Formula> = told.iter().map(|(_, formula, _)| *formula).collect();
        let of_turns: Vec<Vec<Lit>> = (told.iter())
            .map(|formula| self.question.literals(&[*formula], Reading::Certainly))
            .collect();
        for (at, turn) in of_turns.iter().enumerate() {
            let causes = search.causes_of(at);
            let mut left = most;
            while left > 0
                && let Some(one) = self.another(&mut search, answers, turn, causes, left < most)
            {
                found.boxes.push(one);
                left -= 1;
            }
        }
        // Then others; and what is of no one turn for certain, where there is nothing else.
        let whole = Vec::new();
        let whole = Some(&whole).filter(|_| found.boxes.is_empty());
        for turn in of_turns.iter().chain(whole) {
            while found.boxes.len() < most
                && let Some(one) = self.another(&mut search, answers, turn, None, false)
            {
                found.boxes.push(one);
            }
        }
        found.boxes.sort_by_key(|one| one.turn);
        if !found.boxes.is_empty() {
            let any = self.question.space.formulas.any(told);
            let any = self.question.plain(any);
            let assumed = [search.certainly, search.outside, vec![any]].concat();
            found.more = self.question.solver.solve(&assumed);
            found.answered = Answered::Yes;
            return found;
        }
        // Only a sign-in that hangs on what nobody knows.
        found.answered = Answered::Open;
        let possibly = self.question.literals(&[formula], Reading::Possibly);
        if let Some(one) = self.question.ordinary(&possibly)
            && let Some(mut difference) = self.difference(&one, who_is_it(&one, true), 0, 1)
        {
            difference.turn = search.turn(self);
            let facts = missing([&difference.before, &difference.after]);
            let facts: BTreeSet<String> = facts.into_iter().collect();
            found.because.extend(facts);
            found.boxes.push(difference);
        }
        found
    }

    fn search(
        &mut self,
        answers: &[AnswerFormulas; 2],
        formula: Formula,
        [from, to]: [usize; 2],
    ) -> BoxSearch {
        let known = answers.iter().flat_map(|one| one.ask(&mut self.question));
        let known = known.collect();
        let mut turns = Vec::new();
        let causes = self.causes(from, to);
        let policies = |at: usize| self.question.sides.get(at).map(|side| side.policies);
        if let (Some(had), Some(has)) = (answers.get(from), answers.get(to))
            && let (Some(before), Some(after)) = (policies(from), policies(to))
        {
            let space = &mut self.question.space;
            let no_more = had.asks_no_more(before, has, after, space);
            let f = &mut space.formulas;
            let own = match from < to {
                true => vec![
                    (SignInTurn::NothingAsked, f.and(!had.passes, !has.asks)),
                    (SignInTurn::Unblocked, had.blocked),
                    (SignInTurn::MfaLost, had.lacks_mfa),
                    (SignInTurn::ControlLost, !had.passes),
                    (SignInTurn::SessionLost, no_more),
                    // As above, by somebody who can meet what was asked for.
                    (SignInTurn::ControlLost, Formula::TRUE),
                ],
                false => vec![
                    (SignInTurn::AskedMore, f.and(!had.passes, !had.blocked)),
                    (SignInTurn::Blocked, !had.passes),
                    (SignInTurn::SessionGained, no_more),
                    (SignInTurn::AskedMore, Formula::TRUE),
                ],
            };
            let mut rest = formula;
            for (turn, own) in own {
                turns.push((turn, f.and(rest, own)));
                rest = f.but_not(rest, own);
            }
        }
        let passed = self.effect(from, |effect| effect.passes);
        let question = &mut self.question;
        let mut told = |one: Formula| (one, question.plain(one));
        let causes = causes.into_iter().map(|(one, is_session)| {
            let (formula, literal) = told(one);
            Cause {
                formula,
                literal,
                is_session,
            }
        });
        let causes = causes.collect();
        let turns = turns.into_iter().map(|(turn, own)| {
            let (own, literal) = told(own);
            (turn, own, literal)
        });
        BoxSearch {
            formula,
            turns: turns.collect(),
            causes,
            told: BTreeSet::new(),
            known,
            outside: Vec::new(),
            // Of sessions an answer does not tell all that a later version may know.
            passed: self.question.plain(passed),
            certainly: self.question.literals(&[formula], Reading::Certainly),
        }
    }

    /// What stands in the way on the side `from`, and not on the side `to`: when each policy stops
    /// a sign-in (false), and when it makes a session stricter (true).
    fn causes(&mut self, from: usize, to: usize) -> Vec<(Formula, bool)> {
        let effect = self.effects.get(from).into_iter();
        let stops = effect.flat_map(|effect| effect.stops.iter().copied());
        let mut causes: Vec<(Formula, bool)> = stops.map(|stops| (stops, false)).collect();
        let of = |side: usize| self.question.sides.get(side).map(sessions);
        let (had, has) = (of(from).unwrap_or_default(), of(to).unwrap_or_default());
        let f = &mut self.question.space.formulas;
        let mut of_policies = vec![Vec::new(); had.len()];
        for level in levels(had.iter().chain(&has).map(|(session, _)| *session)) {
            let was = reaches(&level, had.iter().copied(), f);
            let is = reaches(&level, has.iter().copied(), f);
            let lost = f.but_not(was, is);
            causes.push((lost, true));
            for (one, lasts) in had.iter().zip(&mut of_policies) {
                let alone = reaches(&level, [*one].into_iter(), f);
                lasts.push(f.all([lost, one.1, alone]));
            }
        }
        causes.extend(of_policies.into_iter().map(|ways| (f.any(ways), true)));
        causes.retain(|(cause, _)| *cause != Formula::FALSE);
        causes
    }

    /// One more box of a turn. It tells its causes, those of sessions or the others; `anew`: one of
    /// them is not told so far.
    fn another(
        &mut self,
        search: &mut BoxSearch,
        answers: &[AnswerFormulas; 2],
        turn: &[Lit],
        by_sessions: Option<bool>,
        anew: bool,
    ) -> Option<SignInDifference> {
        let mut assumed = [&search.certainly, turn, &search.outside].concat();
        let causes = |search: &BoxSearch| -> Vec<(usize, Formula, Lit)> {
            let all = search.causes.iter().enumerate();
            let own = all.filter(|(_, one)| Some(one.is_session) == by_sessions);
            own.map(|(at, one)| (at, one.formula, one.literal))
                .collect()
        };
        if anew {
            let others = causes(search).into_iter();
            let others = others.filter(|(at, ..)| !search.told.contains(at));
            let others: Vec<Formula> = others.map(|(_, one, _)| one).collect();
            let any = self.question.space.formulas.any(others);
            assumed.push(self.question.plain(any));
        }
        let known = [assumed.as_slice(), &search.known].concat();
        let found = match self.question.ordinary(&known) {
            None if !search.known.is_empty() => self.question.ordinary(&assumed)?,
            found => found?,
        };
        let solver = &self.question.solver;
        let by_session = solver.holds(search.passed);
        let told = causes(search).into_iter();
        let told = told.filter(|(.., literal)| solver.holds(*literal));
        let told: Vec<usize> = told.map(|(at, ..)| at).collect();
        let turn = search.turn(self);
        let (widest, inside) = self.box_around(&found, answers, search.formula);
        let mut difference = self.difference(&found, widest, 0, 1)?;
        if difference.before == difference.after && !by_session {
            // The evaluator confirms no difference: there is none to be shown.
            return None;
        }
        difference.turn = turn;
        search.told.extend(told);
        search.outside.push(!inside);
        Some(difference)
    }

    /// The widest box around a sign-in, found last, of which the same is said for both sides.
    fn box_around(
        &mut self,
        found: &Found,
        answers: &[AnswerFormulas; 2],
        formula: Formula,
    ) -> (BTreeMap<String, Vec<String>>, Lit) {
        let mut same = vec![formula];
        for (side, answer) in answers.iter().enumerate() {
            let policies = self.question.sides.get(side).map(|side| side.policies);
            same.extend(
                policies
                    .into_iter()
                    .flat_map(|policies| answer.as_it_is(policies, &mut self.question)),
            );
        }
        let same = self.question.space.formulas.all(same);
        self.question.widest(found, same, &[])
    }
}

impl BoxSearch {
    /// Whether sessions are the causes of a turn.
    fn causes_of(&self, turn: usize) -> Option<bool> {
        let turn = self.turns.get(turn).map(|(turn, ..)| *turn)?;
        Some(matches!(
            turn,
            SignInTurn::SessionLost | SignInTurn::SessionGained
        ))
    }

    /// Of which turn the solution is that was found last.
    fn turn(&self, compared: &ComparedSets<'_>) -> Option<SignInTurn> {
        let solver = &compared.question.solver;
        let own = self.turns.iter().find(|(.., own)| solver.holds(*own));
        own.map(|(turn, ..)| *turn)
    }
}
