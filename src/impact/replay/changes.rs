//! What the policies that are to be mean for a sign-in, against those that are.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::judge::{JudgedRecord, Replay, Sided};
use super::tally::{ChangeExample, ChangeKey, ReplayTally, RowCount, RowKey, Weighed};
use super::verdict::{self, ReplayVerdict};
use crate::whatif::{
    Applies, CompiledPolicies, Consequence, Ending, Match, MissingFacts, Name, Reason,
};

/// Up to so many open answers every combination of them is looked at.
const COMBINED: usize = 3;
/// So many answers are kept of sign-ins that policies mean alike.
const KEPT: usize = 20_000;

/// An answer that is open, in one set or in both alike.
struct Open {
    before: Option<usize>,
    after: Option<usize>,
    facts: MissingFacts,
}

/// What was found of a sign-in.
#[derive(Default)]
struct Weight {
    verdict: ReplayVerdict,
    /// What is certain of it, before and after.
    told: Option<(Consequence, Consequence)>,
    /// Whether all that is asked for was met anyway.
    met: bool,
    /// What is asked for besides, or no more; and whether it was met anyway.
    asks: Vec<(String, bool)>,
}

/// The requirements that a sign-in meets, of those that policies ask it for.
fn met(policies: &CompiledPolicies, sided: &Sided) -> BTreeSet<Name> {
    let asking = sided
        .judgement
        .iter()
        .enumerate()
        .filter(|(_, applies)| !matches!(applies, Applies::No(_)));
    asking
        .flat_map(|(number, _)| policies.requirements(number, &sided.prepared))
        .filter(|required| required.met == Some(Match::Yes))
        .map(|required| required.name.clone())
        .collect()
}

/// A list of which one is asked for.
fn words(list: &[Name]) -> String {
    let names: Vec<&str> = list.iter().map(|name| &**name).collect();
    names.join(" or ")
}

/// What a set does to a sign-in that the log says one of its policies would have stopped.
fn as_logged(sided: &Sided, mut consequence: Consequence) -> Consequence {
    if !sided.stopped.is_empty() && verdict::ways(&consequence).0 {
        consequence.outcome = Ending::Blocked;
        consequence.missing.clear();
    }
    consequence
}

impl Replay {
    /// What the set to be means for a sign-in.
    pub(super) fn compare(
        &self,
        judged: &JudgedRecord<'_, '_>,
        before: &Sided,
        after: &Sided,
        tally: &mut ReplayTally,
    ) {
        let pattern = self.pattern(before, after);
        let known = tally.weighed.get(&pattern).cloned();
        let weighed = known.unwrap_or_else(|| {
            let weighed = Arc::new(self.weighed(judged, before, after, tally));
            if tally.weighed.len() >= KEPT {
                tally.weighed.clear();
            }
            tally.weighed.insert(pattern, Arc::clone(&weighed));
            weighed
        });
        tally.blocked += u64::from(weighed.is_blocked);
        for fact in &weighed.facts {
            match tally.open.get_mut(fact) {
                Some(count) => *count += 1,
                None => drop(tally.open.insert(fact.clone(), 1)),
            }
        }
        let (who, what) = (&judged.read.who, &judged.read.what);
        let called = |(key, name): &(String, String)| (key.clone(), (judged.index, name.clone()));
        let key = RowKey {
            who: tally.people.number(who.0.as_str(), || called(who)),
            what: tally.applications.number(what.0.as_str(), || called(what)),
            change: weighed.change,
        };
        tally.rows.entry(key).or_default().add(&weighed.count);
    }

    /// All of a sign-in that an answer depends on: which enforced policies apply, or may, and what
    /// is met and can be.
    fn pattern(&self, before: &Sided, after: &Sided) -> Vec<u8> {
        let mut pattern = Vec::with_capacity(256);
        for (policies, sided) in [(&self.before, before), (&self.after, after)] {
            for (number, applies) in sided.judgement.iter().enumerate() {
                if matches!(applies, Applies::No(_)) || !policies.is_enforced(number) {
                    continue;
                }
                let number = u32::try_from(number).unwrap_or(u32::MAX);
                pattern.extend(number.to_le_bytes());
                match applies {
                    Applies::Unknown(facts) => {
                        pattern.push(2);
                        pattern.extend(facts.bytes());
                    }
                    _ => pattern.push(1),
                }
            }
            for by_log in [&sided.met, &sided.stopped] {
                pattern.push(u8::MAX);
                for number in by_log {
                    pattern.extend(u32::try_from(*number).unwrap_or(u32::MAX).to_le_bytes());
                }
            }
            pattern.push(u8::MAX);
            sided.prepared.pattern(&mut pattern);
        }
        pattern
    }

    /// What becomes of a sign-in, and of all that policies mean alike.
    fn weighed(
        &self,
        judged: &JudgedRecord<'_, '_>,
        before: &Sided,
        after: &Sided,
        tally: &mut ReplayTally,
    ) -> Weighed {
        let (differs, open) = self.differing(before, after);
        let Weight {
            verdict,
            told,
            met,
            asks,
        } = match differs || !open.is_empty() {
            true => self.weigh(before, after, &open),
            false => Weight::default(),
        };
        let changes = verdict != ReplayVerdict::NoChange;
        let mut facts = BTreeSet::new();
        if changes && !verdict.is_certain() {
            let open = open.iter().flat_map(|one| one.facts.members());
            let told = told
                .iter()
                .flat_map(|(one, other)| one.missing.iter().chain(&other.missing));
            facts = open
                .chain(told.cloned())
                .map(|fact| fact.into_owned())
                .collect();
        }
        let (asks, each): (Vec<String>, Vec<u64>) = (asks.into_iter())
            .filter(|_| changes)
            .map(|(asked, met)| (asked, u64::from(met)))
            .unzip();
        let count = RowCount {
            records: 1,
            met: u64::from(met),
            each,
        };
        let because = match &told {
            Some(told) if changes => self.behind(verdict, before, after, told),
            _ => BTreeSet::new(),
        };
        let key = ChangeKey {
            verdict,
            because: because.into_iter().collect(),
            asks,
            met: self.met_as_logged(before, after),
        };
        let change = tally.changes.number(&key.clone(), || {
            let example = told.map(|(before, after)| ChangeExample {
                example: judged.example(),
                before,
                after,
            });
            (key, example)
        });
        let now = (self.before).consequence(&before.prepared, &before.judgement, false);
        Weighed {
            change,
            count,
            facts,
            is_blocked: now.outcome == Ending::Blocked || now.hidden_block,
        }
    }

    /// What the policies ask for that were met while they were in report-only, as far as those
    /// before did not.
    fn met_as_logged(&self, before: &Sided, after: &Sided) -> Vec<String> {
        if after.met.is_empty() {
            return Vec::new();
        }
        let mut judgement = after.judgement.clone();
        for number in &after.met {
            judgement.put(*number, Applies::Yes);
        }
        let one = (self.before).consequence(&before.prepared, &before.judgement, false);
        let other = (self.after).consequence(&after.prepared, &judgement, false);
        let (lists, _) = verdict::added((&self.before, &one), (&self.after, &other));
        lists.iter().map(|list| words(list)).collect()
    }

    /// The policies that bring a verdict: whose meaning for the sign-in is not the same before and
    /// after, and who stop it or ask it for what the others do not.
    fn behind(
        &self,
        verdict: ReplayVerdict,
        before: &Sided,
        after: &Sided,
        told: &(Consequence, Consequence),
    ) -> BTreeSet<String> {
        // What is less is brought by a policy that was.
        let less = verdict.is_less();
        let (policies, sided, (others, known)) = match less {
            true => (&self.before, before, (&self.after, &told.1)),
            false => (&self.after, after, (&self.before, &told.0)),
        };
        let applies = |sided: &Sided, number: usize| sided.judgement.applies(number);
        let counts = |number: &usize| {
            let (was, is) = match less {
                true => (Some(*number), self.becomes.get(number).copied()),
                false => (self.was.get(*number).copied().flatten(), Some(*number)),
            };
            let both = was.zip(is).is_some_and(|(was, is)| {
                let (one, other) = (applies(before, was), applies(after, is));
                self.asks_alike.get(is) == Some(&true)
                    && self.before.is_enforced(was)
                    && self.after.is_enforced(is)
                    && one == other
            });
            let means = !matches!(applies(sided, *number), Some(Applies::No(_)) | None);
            policies.is_enforced(*number) && means && !both
        };
        let names = policies.titles().enumerate();
        // How far each goes by itself: it stops the sign-in, it asks for more, or it does nothing.
        let mut found: Vec<(u8, &str)> = Vec::new();
        for (number, (name, _)) in names.filter(|(number, _)| counts(number)) {
            let mut alone = sided.judgement.clone();
            for other in 0..policies.len() {
                let own = match other == number {
                    true => Applies::Yes,
                    false => Applies::No(Reason::Users),
                };
                alone.put(other, own);
            }
            let alone = policies.consequence(&sided.prepared, &alone, false);
            let stops = sided.stopped.contains(&number) || verdict::ways(&alone).1;
            let (lists, session) = verdict::added((others, known), (policies, &alone));
            let far = match stops {
                true => 2,
                false => u8::from(!(lists.is_empty() && session.is_empty())),
            };
            found.push((far, name));
        }
        let most = match verdict.is_about_passing() {
            true => found.iter().map(|(far, _)| *far).max(),
            false => found.iter().map(|(far, _)| (*far).min(1)).max(),
        };
        let most = most.unwrap_or_default();
        found.retain(|(far, _)| *far >= most);
        (found.into_iter())
            .map(|(_, name)| name.to_owned())
            .collect()
    }

    /// Whether an enforced policy means the sign-in differently, and the answers that are open and
    /// matter.
    fn differing(&self, before: &Sided, after: &Sided) -> (bool, Vec<Open>) {
        let (mut differs, mut open) = (false, Vec::new());
        let unknown = |applies: Option<Applies>| match applies {
            Some(Applies::Unknown(facts)) => Some(facts),
            _ => None,
        };
        let counts = |applies: Option<Applies>| !matches!(applies, Some(Applies::No(_)) | None);
        let mut shared = Vec::new();
        for (number, (was, same)) in self.was.iter().zip(&self.same).enumerate() {
            if !self.after.is_enforced(number) {
                continue;
            }
            let now = after.judgement.applies(number);
            let then = was
                .filter(|_| *same)
                .map(|was| before.judgement.applies(was));
            match (unknown(now), then) {
                // The same policy, and the same answer.
                (None, Some(then)) if counts(now) == counts(then) && unknown(then).is_none() => {}
                (Some(facts), Some(Some(Applies::Unknown(other)))) if facts == other => {
                    shared.push(Open {
                        before: *was,
                        after: Some(number),
                        facts,
                    });
                }
                (facts, then) => {
                    let then_open = then.and_then(unknown);
                    differs |= counts(now) || then.is_some_and(counts);
                    open.extend(facts.map(|facts| Open {
                        before: None,
                        after: Some(number),
                        facts,
                    }));
                    open.extend(then_open.map(|facts| Open {
                        before: *was,
                        after: None,
                        facts,
                    }));
                }
            }
        }
        for number in &self.gone {
            if !self.before.is_enforced(*number) {
                continue;
            }
            let then = before.judgement.applies(*number);
            differs |= counts(then);
            open.extend(unknown(then).map(|facts| Open {
                before: Some(*number),
                after: None,
                facts,
            }));
        }
        // Where nothing else differs, what both hang on alike makes no difference.
        if differs || !open.is_empty() {
            open.append(&mut shared);
        }
        (differs, open)
    }

    /// The verdict, with the consequences of what is certain, whether what is new was met anyway,
    /// and what is new.
    fn weigh(&self, before: &Sided, after: &Sided, open: &[Open]) -> Weight {
        let plain = |sided: &Sided, policies: &CompiledPolicies| {
            policies.consequence(&sided.prepared, &sided.judgement, false)
        };
        let told = (
            plain(before, &self.before),
            as_logged(after, plain(after, &self.after)),
        );
        let all = open.len() <= COMBINED;
        let combinations: Vec<Vec<bool>> = match all {
            true => (0..1_u32 << open.len())
                .map(|bits| (0..open.len()).map(|at| bits >> at & 1 == 1).collect())
                .collect(),
            // The extremes: policies only add, so where none of these differs, none between does.
            false => (0..8_u32)
                .map(|bits| {
                    let side = |one: &Open| match (one.before, one.after) {
                        (Some(_), Some(_)) => bits & 1 == 1,
                        (Some(_), None) => bits & 2 == 2,
                        (None, _) => bits & 4 == 4,
                    };
                    open.iter().map(side).collect()
                })
                .collect(),
        };
        let mut possible: Vec<ReplayVerdict> = Vec::new();
        for combination in combinations {
            let mut judgements = (before.judgement.clone(), after.judgement.clone());
            for (one, applies) in open.iter().zip(combination) {
                let applies = match applies {
                    true => Applies::Yes,
                    false => Applies::No(Reason::Users),
                };
                for (judgement, number) in [
                    (&mut judgements.0, one.before),
                    (&mut judgements.1, one.after),
                ] {
                    if let Some(number) = number {
                        judgement.put(number, applies);
                    }
                }
            }
            let (one, other) = (&before.prepared, &after.prepared);
            let one = self.before.consequence(one, &judgements.0, false);
            let other = as_logged(after, self.after.consequence(other, &judgements.1, false));
            for found in verdict::verdicts((&self.before, &one), (&self.after, &other)) {
                if !possible.contains(&found) {
                    possible.push(found);
                }
            }
        }
        let verdict = ReplayVerdict::of(&possible, all);
        let (one, other) = ((&self.before, &told.0), (&self.after, &told.1));
        let less = verdict.is_less();
        let (lists, session) = match less {
            true => verdict::added(other, one),
            false => verdict::added(one, other),
        };
        let held = met(&self.after, after);
        let words = |list: &Vec<Name>| {
            let is_met = list.iter().any(|name| held.contains(name));
            (words(list), is_met)
        };
        let is_met = told.1.outcome == Ending::Granted;
        let mut asks: Vec<(String, bool)> = lists.iter().map(words).collect();
        let session = session.into_iter();
        asks.extend(session.map(|name| (format!("session: {name}"), is_met)));
        let blocked = if less { &told.0 } else { &told.1 };
        if asks.is_empty() && blocked.outcome == Ending::Blocked {
            asks.push(("block".to_owned(), false));
        }
        Weight {
            verdict,
            met: is_met,
            told: Some(told),
            asks,
        }
    }
}
