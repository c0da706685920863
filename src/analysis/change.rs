//! Two sets of policies compared: who passes more easily, who is stopped, and who is locked out.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::compared::{ComparedSets, SignInDifference, is_subject, missing, prepared, who_is_it};
use super::formula::Formula;
use super::question::Found;
use super::solver::Reading;
use super::space::Resource;
use super::turns::Answered;
use super::ways::{Loss, Lost, ROUNDS, Ways};
use crate::model::policy::Conditions;
use crate::whatif::{CompiledPolicies, PolicySet};

/// How the second of two sets of policies stands to the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Comparative {
    /// No sign-in tells them apart: proved.
    Equal,
    /// Some sign-ins are asked for more, and none passes more easily.
    Stricter,
    /// Some pass more easily, and of none it is certain that it is asked for more.
    Looser,
    /// Some pass more easily, others are asked for more.
    Both,
    /// It hangs on facts that are not known whether some pass more easily.
    Open,
}

impl Comparative {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Comparative::Equal => "equal",
            Comparative::Stricter => "stricter",
            Comparative::Looser => "looser",
            Comparative::Both => "both",
            Comparative::Open => "open",
        }
    }
}

/// What a change does to sign-ins.
#[derive(Debug, Clone, PartialEq)]
pub struct SetComparison {
    /// The verdict.
    pub verdict: Comparative,
    /// Sign-ins that pass more easily, one for each box.
    pub looser: Vec<SignInDifference>,
    /// Sign-ins that are asked for more.
    pub stricter: Vec<SignInDifference>,
    /// Somebody who loses every way into an application, one for each application.
    pub locked_out: Vec<SignInDifference>,
    /// True when not every box is listed.
    pub more: bool,
    /// True when some sign-in passes more easily, or that is not known.
    pub eases: bool,
    /// True when some is asked for more, or that is not known.
    pub hardens: bool,
    /// True when it is not known whether what `looser` shows passes more easily.
    pub looser_is_open: bool,
    /// True when it is not known whether what `stricter` shows is asked for more.
    pub stricter_is_open: bool,
    /// The facts on which it hangs what is open.
    pub because: Vec<String>,
    /// What the verdict takes for granted.
    pub assumptions: Vec<String>,
}

/// How many boxes are listed of each direction; of each turn with causes of their own as many.
pub const BOXES: usize = 5;

/// What is compared, and how much of it is listed.
#[derive(Debug, Clone, Copy)]
pub struct CompareScope<'a> {
    /// People who are left out, as the users of a policy's conditions mean them before: the
    /// break-glass accounts.
    pub except: &'a [Conditions],
    /// People whom the change makes: they are not there before, and lose nothing.
    pub new: &'a [Conditions],
    /// How many boxes are listed.
    pub most: usize,
}

impl Default for CompareScope<'_> {
    fn default() -> Self {
        CompareScope {
            except: &[],
            new: &[],
            most: BOXES,
        }
    }
}

/// Compares two sets of policies. `except` are people who are left out.
pub fn compare(before: &PolicySet, after: &PolicySet, except: &[Conditions]) -> SetComparison {
    let scope = CompareScope {
        except,
        ..CompareScope::default()
    };
    compare_within(before, after, &scope)
}

/// Compares as much as is asked for. A sign-in is a person, an address, an application and methods:
/// each set judges it by its own locations, strengths and groups.
pub fn compare_within(
    before: &PolicySet,
    after: &PolicySet,
    scope: &CompareScope<'_>,
) -> SetComparison {
    let CompareScope { except, new, most } = *scope;
    let sets = prepared(&[before, after], &[new, except].concat());
    let compiled: Vec<CompiledPolicies> = sets.iter().map(PolicySet::compiled).collect();
    let mut compared = ComparedSets::new(&sets, &compiled, except.len());
    let newcomers = compared.meant(&sets, except.len() + new.len(), new.len());
    let mut comparison = SetComparison {
        verdict: Comparative::Equal,
        looser: Vec::new(),
        stricter: Vec::new(),
        locked_out: Vec::new(),
        more: false,
        eases: false,
        hardens: false,
        looser_is_open: false,
        stricter_is_open: false,
        because: Vec::new(),
        assumptions: (compared.question.space.assumed_empty.iter())
            .map(|group| format!("nobody is in the group `{group}`"))
            .collect(),
    };
    let Some(answers) = compared.answers() else {
        return comparison;
    };
    let looser = compared.turns(&answers, [0, 1], most);
    let stricter = compared.turns(&answers, [1, 0], most);
    let (eases, hardens) = (looser.answered, stricter.answered);
    comparison.looser = looser.boxes;
    comparison.stricter = stricter.boxes;
    comparison.more = looser.more || stricter.more;
    comparison.because = [looser.because, stricter.because].concat();
    comparison.because.sort();
    comparison.because.dedup();
    comparison.verdict = match (eases, hardens) {
        (Answered::Open, _) | (Answered::No, Answered::Open) => Comparative::Open,
        (Answered::Yes, Answered::Yes) => Comparative::Both,
        (Answered::Yes, _) => Comparative::Looser,
        (Answered::No, Answered::No) => Comparative::Equal,
        (Answered::No, Answered::Yes) => Comparative::Stricter,
    };
    comparison.eases = eases != Answered::No;
    comparison.hardens = hardens != Answered::No;
    comparison.looser_is_open = eases == Answered::Open;
    comparison.stricter_is_open = hardens == Answered::Open;
    if comparison.hardens {
        compared.lock_outs(&mut comparison, &newcomers, most);
    }
    if comparison.looser_is_open || comparison.stricter_is_open {
        comparison.because.extend(compared.contested());
    }
    comparison
}

/// Somebody who can get in nowhere any more.
#[derive(Debug, Clone, PartialEq)]
pub struct Lockout {
    /// One of their sign-ins.
    pub difference: SignInDifference,
    /// True when it takes a group, or a name, to be one of them; false when it hits whoever is
    /// in no group that a policy names.
    pub singled_out: bool,
    /// The facts on which it hangs. Of one that is open it may be that none is told: then the
    /// search for it was given up.
    pub because: Vec<String>,
}

/// Who can get in nowhere any more.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lockouts {
    /// Whatever the facts are that are not known.
    pub certain: Option<Lockout>,
    /// For some of them, or as far as it was found out; where it is worse than what is certain.
    pub open: Option<Lockout>,
}

/// Somebody who could get in somewhere in an ordinary way (into an application, by a browser or an
/// application on a usual platform, without risk, without a flow) and can get in nowhere any more:
/// no such way is left, from no place, with no device and no methods. `except` are people who are
/// left out: the break-glass accounts.
pub fn lockout(before: &PolicySet, after: &PolicySet, except: &[Conditions]) -> Lockouts {
    lockout_within(before, after, except, ROUNDS)
}

/// The same, with how many people are looked at in one search.
pub(super) fn lockout_within(
    before: &PolicySet,
    after: &PolicySet,
    except: &[Conditions],
    rounds: usize,
) -> Lockouts {
    let sets = prepared(&[before, after], except);
    let compiled: Vec<CompiledPolicies> = sets.iter().map(PolicySet::compiled).collect();
    let mut compared = ComparedSets::new(&sets, &compiled, except.len());
    let ordinary = compared.ordinary_way();
    let loss = compared.loss(ordinary);
    let space = &mut compared.question.space;
    let mut plain: Vec<Formula> = space.memberships().map(|atom| !atom).collect();
    plain.push(space.user.is(&None));
    let plain = space.formulas.all(plain);
    let mut ways = Ways::new(&mut compared.question, rounds);
    let mut found = Lockouts::default();
    let question = &mut compared.question;
    if let Lost::Nobody = ways.lost(question, &loss, Formula::TRUE, Reading::Possibly) {
        return found;
    }
    let people = [(plain, false), (Formula::TRUE, true)];
    for (among, singled_out) in people {
        let lost = ways.lost(&mut compared.question, &loss, among, Reading::Certainly);
        if let Lost::Somebody(one) = lost {
            found.certain = compared.locked_out(&one, singled_out);
            break;
        }
    }
    let worst = found.certain.as_ref().map(|one| one.singled_out);
    for (among, singled_out) in people {
        if worst.is_some_and(|certain| certain <= singled_out) {
            break;
        }
        found.open = match ways.lost(&mut compared.question, &loss, among, Reading::Possibly) {
            Lost::Nobody => continue,
            Lost::Somebody(one) => compared
                .locked_out(&one, singled_out)
                .map(|lockout| Lockout {
                    because: compared.hangs_on(&one, &lockout.difference, loss.can),
                    ..lockout
                }),
            Lost::Unsettled(one) => compared.locked_out(&one, singled_out),
        };
        break;
    }
    found
}

/// Sign-ins that pass between two steps of a change and neither before nor after the whole: by
/// the number of the step, from 0, after which they do. `steps` are the states after each step
/// but the last.
pub fn exposures(
    before: &PolicySet,
    steps: &[PolicySet],
    after: &PolicySet,
    except: &[Conditions],
) -> Vec<(usize, SignInDifference)> {
    let all: Vec<&PolicySet> = [before, after].into_iter().chain(steps).collect();
    let sets = prepared(&all, except);
    let compiled: Vec<CompiledPolicies> = sets.iter().map(PolicySet::compiled).collect();
    let mut compared = ComparedSets::new(&sets, &compiled, except.len());
    let [was, is] = [0, 1].map(|side| compared.effect(side, |effect| effect.passes));
    let mut found = Vec::new();
    for step in 0..steps.len() {
        let side = step + 2;
        let now = compared.effect(side, |effect| effect.passes);
        let physical = compared.physical(side);
        let formulas = &mut compared.question.space.formulas;
        let exposed = formulas.all([physical, now, !was, !is]);
        let certainly = compared.question.literals(&[exposed], Reading::Certainly);
        if let Some(one) = compared.question.ordinary(&certainly)
            && let Some(difference) = compared.difference(&one, BTreeMap::new(), 0, side)
        {
            found.push((step, difference));
        }
    }
    found
}

impl ComparedSets<'_> {
    fn locked_out(&self, found: &Found, singled_out: bool) -> Option<Lockout> {
        let told = who_is_it(found, false);
        let difference = self.difference(found, told, 0, 1)?;
        Some(Lockout {
            difference,
            singled_out,
            because: Vec::new(),
        })
    }

    /// The facts on which it hangs that somebody lost every way in.
    fn hangs_on(&mut self, found: &Found, lost: &SignInDifference, can: Formula) -> Vec<String> {
        let mut asked = vec![self.question.read(can, Reading::Possibly)];
        let who = found.fixed.iter().filter(|fixed| is_subject(&fixed.member));
        asked.extend(who.map(|fixed| fixed.literal));
        let other = self.question.ordinary(&asked);
        let other = other.and_then(|other| self.difference(&other, BTreeMap::new(), 0, 1));
        let after = other.as_ref().map(|other| &other.after);
        let mut facts = missing([&lost.before, &lost.after].into_iter().chain(after));
        facts.sort();
        facts.dedup();
        if facts.is_empty() {
            facts = self.contested();
        }
        facts
    }

    /// For each application somebody who loses every way into it.
    fn lock_outs(&mut self, comparison: &mut SetComparison, newcomers: &[Formula], most: usize) {
        let all = self.loss(Formula::TRUE);
        let known = newcomers.iter().map(|one| !*one);
        let could = self.question.space.formulas.all(known.chain([all.could]));
        let atoms: Vec<Formula> = (self.question.space.resource.iter())
            .filter(|(one, _)| matches!(one, Resource::Application { .. }))
            .map(|(_, atom)| atom)
            .collect();
        let mut ways = Ways::new(&mut self.question, ROUNDS / 4);
        for atom in atoms {
            if comparison.locked_out.len() >= most {
                comparison.more = true;
                return;
            }
            let formulas = &mut self.question.space.formulas;
            let loss = Loss {
                could: formulas.and(could, atom),
                can: formulas.and(all.can, atom),
                telling: all.telling,
            };
            if !self
                .question
                .exists(&[loss.could, !loss.can], Reading::Certainly)
            {
                continue;
            }
            ways.turn(&mut self.question, &loss, atom);
            match ways.lost(&mut self.question, &loss, Formula::TRUE, Reading::Certainly) {
                Lost::Nobody => {}
                Lost::Somebody(one) => {
                    let difference = self.difference(&one, who_is_it(&one, true), 0, 1);
                    comparison.locked_out.extend(difference);
                }
                Lost::Unsettled(_) => comparison.more = true,
            }
        }
    }
}
