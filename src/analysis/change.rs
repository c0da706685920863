//! Two sets of policies compared: who passes more easily, who is stopped, and who is locked out.

use std::collections::BTreeMap;

use batsat::Lit;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::claims::wideness;
use super::formula::Formula;
use super::grant::{Means, PassFormulas, counts};
use super::question::{Found, Inquiry};
use super::session::{levels, reaches};
use super::side::Side;
use super::solver::Reading;
use super::space::{Resource, Space, Wide};
use super::unify::unified;
use super::witness::spelled;
use crate::model::policy::Conditions;
use crate::model::refs::RefKind;
use crate::model::session::SessionControls;
use crate::whatif::{
    CompiledPolicies, Consequence, Ending, Match, PolicySet, Risk, SignIn, TransferMethod,
};

/// How the second of two sets of policies stands to the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Comparative {
    /// No sign-in tells them apart: proved.
    Equal,
    /// Some sign-ins are asked for more, and none passes more easily.
    Stricter,
    /// Some pass more easily, and none is asked for more.
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

/// A sign-in that two sets of policies treat differently.
#[derive(Debug, Clone, PartialEq)]
pub struct SignInDifference {
    /// The sign-in, complete.
    pub sign_in: SignIn,
    /// What it gets from the first set.
    pub before: Consequence,
    /// What it gets from the second.
    pub after: Consequence,
    /// The widest box of sign-ins that it stands for.
    pub widest: BTreeMap<String, Vec<String>>,
    /// True when `whatif` says the same of the sign-in for both sets: not where who is in which
    /// group differs between them, and the sign-in says it for neither.
    pub replays: bool,
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
    /// The facts on which an open verdict hangs.
    pub because: Vec<String>,
    /// What the verdict takes for granted.
    pub assumptions: Vec<String>,
}

/// How many boxes of each kind are listed at most.
const BOXES: usize = 5;
/// How many people are looked at before a lockout is left open.
const ROUNDS: usize = 300;

/// Compares two sets of policies. A sign-in is a person, an address, an application and methods:
/// each set judges it by its own locations, strengths and groups. `except` are people who are left
/// out, as the users of a policy's conditions mean them before: the break-glass accounts.
pub fn compare(before: &PolicySet, after: &PolicySet, except: &[Conditions]) -> SetComparison {
    compare_with_new(before, after, except, &[])
}

/// The same for a change that makes people: `new` are not there before, and lose nothing.
pub fn compare_with_new(
    before: &PolicySet,
    after: &PolicySet,
    except: &[Conditions],
    new: &[Conditions],
) -> SetComparison {
    let sets = prepared(&[before, after], &[new, except].concat());
    let compiled: Vec<CompiledPolicies> = sets.iter().map(PolicySet::compiled).collect();
    let mut compared = Compared::new(&sets, &compiled, except.len());
    let newcomers = compared.meant(&sets, except.len() + new.len(), new.len());
    let mut comparison = SetComparison {
        verdict: Comparative::Equal,
        looser: Vec::new(),
        stricter: Vec::new(),
        locked_out: Vec::new(),
        more: false,
        eases: false,
        because: Vec::new(),
        assumptions: (compared.question.space.assumed_empty.iter())
            .map(|group| format!("nobody is in the group `{group}`"))
            .collect(),
    };
    let looser = compared.eases(0, 1);
    let stricter = compared.eases(1, 0);
    let eases = compared.boxes(looser, &mut comparison, Turn::Looser);
    let hardens = compared.boxes(stricter, &mut comparison, Turn::Stricter);
    comparison.verdict = match (eases, hardens) {
        (Answered::Open, _) | (Answered::No, Answered::Open) => Comparative::Open,
        (Answered::Yes, Answered::No) => Comparative::Looser,
        (Answered::Yes, _) => Comparative::Both,
        (Answered::No, Answered::No) => Comparative::Equal,
        (Answered::No, Answered::Yes) => Comparative::Stricter,
    };
    comparison.eases = eases != Answered::No;
    if hardens != Answered::No {
        compared.lock_outs(&mut comparison, &newcomers);
    }
    if comparison.verdict == Comparative::Open {
        let contested = &compared.question.space.contested;
        let facts = contested.iter().map(|group| compared.shown_group(group));
        let facts: Vec<String> = facts.map(|group| format!("members of {group}")).collect();
        comparison.because.extend(facts);
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
}

/// Somebody who could get in somewhere in an ordinary way (without risk, without a flow) and can
/// get in nowhere any more. `except` are people who are left out: the break-glass accounts.
pub fn lockout(before: &PolicySet, after: &PolicySet, except: &[Conditions]) -> Option<Lockout> {
    let sets = prepared(&[before, after], except);
    let compiled: Vec<CompiledPolicies> = sets.iter().map(PolicySet::compiled).collect();
    let mut compared = Compared::new(&sets, &compiled, except.len());
    let ordinary = compared.ordinary_way();
    let person = compared.question.space.person();
    let [was, is] = [0, 1].map(|side| compared.shut(side));
    let space = &mut compared.question.space;
    let could = space.formulas.all([ordinary, person, !was]);
    let can = space.formulas.all([ordinary, !is]);
    let mut plain: Vec<Formula> = space.memberships().map(|atom| !atom).collect();
    plain.extend([space.user.is(&None), could]);
    let plain = space.formulas.all(plain);
    for (could, singled_out) in [(plain, false), (could, true)] {
        if let Some(difference) = compared.shut_out(could, can, None) {
            return Some(Lockout {
                difference,
                singled_out,
            });
        }
    }
    None
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
    let mut compared = Compared::new(&sets, &compiled, except.len());
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

/// The sets with one spelling for all that they name, and with those who are left out among
/// their policies, as policies that count for nothing.
fn prepared(sets: &[&PolicySet], except: &[Conditions]) -> Vec<PolicySet> {
    let mut sets = unified(sets);
    for set in &mut sets {
        set.policies
            .extend(except.iter().cloned().map(super::claims::as_policy));
    }
    sets
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answered {
    Yes,
    No,
    Open,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Looser,
    Stricter,
}

struct Compared<'a> {
    question: Inquiry<'a>,
    means: Vec<Means>,
    effects: Vec<PassFormulas>,
}

impl<'a> Compared<'a> {
    /// The last `left_out` policies of each set are about people who are left out.
    fn new(sets: &[PolicySet], compiled: &'a [CompiledPolicies], left_out: usize) -> Compared<'a> {
        let all = sets.iter().flat_map(|set| &set.policies);
        let wide = all.fold(Wide::default(), |wide, policy| {
            let own = wideness(&policy.conditions);
            Wide {
                workloads: wide.workloads || own.workloads,
                agents: wide.agents || own.agents,
            }
        });
        let all: Vec<&CompiledPolicies> = compiled.iter().collect();
        let mut space = Space::new(&all, wide);
        let (mut sides, mut means, mut effects) = (Vec::new(), Vec::new(), Vec::new());
        for (set, compiled) in sets.iter().zip(compiled) {
            let side = Side::new(compiled, &set.policies, &mut space);
            let own = Means::new(&side, &|_| Formula::TRUE, &mut space);
            effects.push(PassFormulas::new(
                &side,
                &own,
                &|_| Formula::TRUE,
                &mut space,
            ));
            means.push(own);
            sides.push(side);
        }
        // No sign-in of theirs is looked at.
        let left_out = meant(sets, &sides, left_out, left_out);
        space
            .hard
            .extend(left_out.into_iter().map(|subject| !subject));
        Compared {
            question: Inquiry::new(space, sides),
            means,
            effects,
        }
    }

    fn meant(&self, sets: &[PolicySet], last: usize, many: usize) -> Vec<Formula> {
        meant(sets, &self.question.sides, last, many)
    }

    fn shown_group(&self, group: &str) -> String {
        let side = self.question.sides.last();
        side.map_or(group.to_owned(), |side| {
            spelled(side, RefKind::Group, group)
        })
    }

    fn physical(&self, side: usize) -> Formula {
        self.means
            .get(side)
            .map_or(Formula::TRUE, |means| means.physical)
    }

    fn effect(&self, side: usize, read: impl Fn(&PassFormulas) -> Formula) -> Formula {
        self.effects.get(side).map_or(Formula::FALSE, read)
    }

    fn shut(&self, side: usize) -> Formula {
        self.effect(side, |effect| effect.shut)
    }

    /// When a sign-in passes on the side `to` that does not pass on the side `from`, or with a
    /// session that is less strict.
    fn eases(&mut self, from: usize, to: usize) -> Formula {
        let physical = self.physical(to);
        let passed = self.effect(from, |effect| effect.passes);
        let passes = self.effect(to, |effect| effect.passes);
        let mut ways = vec![!passed];
        let sessions = |side: &Side<'a>| -> Vec<(&'a SessionControls, Formula)> {
            let policies: &'a CompiledPolicies = side.policies;
            let all = policies.policies.iter().zip(&side.applies).enumerate();
            let counted = all.filter(|(number, _)| counts(policies, *number));
            counted
                .filter_map(|(_, (policy, applies))| Some((policy.session.as_deref()?, *applies)))
                .collect()
        };
        let of = |at: usize| {
            self.question
                .sides
                .get(at)
                .map(&sessions)
                .unwrap_or_default()
        };
        let (had, has) = (of(from), of(to));
        let formulas = &mut self.question.space.formulas;
        for level in levels(had.iter().chain(&has).map(|(session, _)| *session)) {
            let was = reaches(&level, had.iter().copied(), formulas);
            let is = reaches(&level, has.iter().copied(), formulas);
            ways.push(formulas.but_not(was, is));
        }
        let any = formulas.any(ways);
        formulas.all([physical, passes, any])
    }

    /// What of `formula` there is, a box for each, into the comparison.
    fn boxes(&mut self, formula: Formula, comparison: &mut SetComparison, turn: Turn) -> Answered {
        if !self.question.exists(&[formula], Reading::Possibly) {
            return Answered::No;
        }
        let certainly = self.question.literals(&[formula], Reading::Certainly);
        let mut assumed = certainly.clone();
        let mut found_some = false;
        for _ in 0..BOXES {
            let Some(found) = self.question.ordinary(&assumed) else {
                break;
            };
            let (widest, inside) = self.question.widest(&found, formula, &[]);
            let Some(difference) = self.difference(&found, widest, 0, 1) else {
                break;
            };
            found_some = true;
            match turn {
                Turn::Looser => comparison.looser.push(difference),
                Turn::Stricter => comparison.stricter.push(difference),
            }
            assumed.push(!inside);
        }
        if found_some {
            comparison.more |= self.question.solver.solve(&assumed);
            return Answered::Yes;
        }
        // Only a sign-in that hangs on what nobody knows.
        let possibly = self.question.literals(&[formula], Reading::Possibly);
        if let Some(found) = self.question.ordinary(&possibly)
            && let Some(difference) = self.difference(&found, who_is_it(&found, true), 0, 1)
        {
            let facts = [&difference.before, &difference.after];
            let facts = facts.into_iter().flat_map(|got| &got.missing);
            let facts = facts.map(ToString::to_string);
            comparison.because.extend(facts);
            comparison.because.sort();
            comparison.because.dedup();
            match turn {
                Turn::Looser => comparison.looser.push(difference),
                Turn::Stricter => comparison.stricter.push(difference),
            }
        }
        Answered::Open
    }

    /// A sign-in as two sides judge it.
    fn difference(
        &self,
        found: &Found,
        widest: BTreeMap<String, Vec<String>>,
        before: usize,
        after: usize,
    ) -> Option<SignInDifference> {
        let judged = |at: usize| -> Option<Consequence> {
            let policies = self.question.sides.get(at)?.policies;
            let groups = found.groups.get(at)?;
            let member = |group: &str| Match::from(groups.iter().any(|held| held == group));
            let prepared = policies.prepare_with(&found.sign_in, &member).ok()?;
            Some(policies.consequence(&prepared, &policies.judge(&prepared), false))
        };
        let (was, is) = (judged(before)?, judged(after)?);
        if was == is {
            return None;
        }
        let mut sign_in = found.sign_in.clone();
        // Who is named, and in other groups before than after, is in those that each side knows.
        if let Some(user) = &mut sign_in.user
            && user.name.is_some()
            && found.groups.get(before) != found.groups.get(after)
        {
            user.member_of = None;
        }
        let again = |at: usize| {
            Some(
                self.question
                    .sides
                    .get(at)?
                    .policies
                    .outcome(&sign_in)
                    .ok()?
                    .enforced,
            )
        };
        let replays = again(before).as_ref() == Some(&was) && again(after).as_ref() == Some(&is);
        Some(SignInDifference {
            replays,
            sign_in,
            before: was,
            after: is,
            widest,
        })
    }

    /// No risk and no flow, into an application.
    fn ordinary_way(&mut self) -> Formula {
        let space = &mut self.question.space;
        let application = space.resource.of(&mut space.formulas, |one| {
            matches!(one, Resource::Application { .. })
        });
        let parts = [
            application,
            space.sign_in_risk.is(&Risk::None),
            space.user_risk.is(&Risk::None),
            space.insider_risk.is(&crate::whatif::InsiderRisk::None),
            space.flow.is(&TransferMethod::None),
        ];
        space.formulas.all(parts)
    }

    /// Somebody for whom `could` holds of some sign-in, and `can` of none (into the application,
    /// when one is given).
    fn shut_out(
        &mut self,
        could: Formula,
        can: Formula,
        into: Option<Formula>,
    ) -> Option<SignInDifference> {
        let gone = self
            .question
            .space
            .formulas
            .all([could, !can].into_iter().chain(into));
        let mut assumed = self.question.literals(&[gone], Reading::Certainly);
        let mut way = self.question.literals(&[can], Reading::Possibly);
        if let Some(into) = into {
            way.extend(self.question.literals(&[into], Reading::Possibly));
        }
        let shut: Vec<Lit> = self.question.literals(&[!can], Reading::Possibly);
        for _ in 0..ROUNDS {
            let found = self.question.ordinary(&assumed)?;
            let who: Vec<Lit> = (found.fixed.iter())
                .filter(|fixed| is_subject(&fixed.member))
                .map(|fixed| fixed.literal)
                .collect();
            let mut same: Vec<Lit> = way.clone();
            same.extend(&who);
            let Some(other) = self.question.ordinary(&same) else {
                // Nobody like that gets in: is it sure?
                let told = who_is_it(&found, into.is_some());
                return self
                    .difference(&found, told, 0, 1)
                    .filter(|d| d.after.outcome == Ending::Blocked || d.after.hidden_block);
            };
            // Everybody for whom that way is open, whatever else they are.
            let mut fixed = shut.clone();
            let rest = other
                .fixed
                .iter()
                .filter(|fixed| !is_subject(&fixed.member));
            fixed.extend(rest.map(|fixed| fixed.literal));
            let own: Vec<Lit> = (other.fixed.iter())
                .filter(|fixed| is_subject(&fixed.member))
                .map(|fixed| fixed.literal)
                .collect();
            let core = self
                .question
                .solver
                .minimal_core(&fixed, &own)
                .unwrap_or(own);
            let these = self.question.solver.conjunction(&core);
            assumed.push(!these);
        }
        None
    }

    /// For each application somebody who loses every way into it.
    fn lock_outs(&mut self, comparison: &mut SetComparison, newcomers: &[Formula]) {
        let person = self.question.space.person();
        let (was, is) = (self.shut(0), self.shut(1));
        let formulas = &mut self.question.space.formulas;
        let known = newcomers.iter().map(|one| !*one);
        let could = formulas.all(known.chain([person, !was]));
        let lost = formulas.and(could, is);
        let atoms: Vec<Formula> = (self.question.space.resource.iter())
            .filter(|(one, _)| matches!(one, Resource::Application { .. }))
            .map(|(_, atom)| atom)
            .collect();
        for atom in atoms {
            if comparison.locked_out.len() >= BOXES {
                comparison.more = true;
                return;
            }
            if self.question.exists(&[lost, atom], Reading::Certainly)
                && let Some(difference) = self.shut_out(could, !is, Some(atom))
            {
                comparison.locked_out.push(difference);
            }
        }
    }
}

/// When the users of policies of the first set mean who signs in: of `many` from the one that is
/// the `last`th from the end on.
fn meant(sets: &[PolicySet], sides: &[Side<'_>], last: usize, many: usize) -> Vec<Formula> {
    let (Some(set), Some(side)) = (sets.first(), sides.first()) else {
        return Vec::new();
    };
    let from = set.policies.len().saturating_sub(last);
    let numbers = (from..from + many).filter_map(|at| side.policies.number_of(at));
    let subjects = numbers.filter_map(|number| side.subjects.get(number));
    subjects.copied().collect()
}

/// Who signs in, and into what: what they are, not what they are not.
fn who_is_it(found: &Found, into: bool) -> BTreeMap<String, Vec<String>> {
    let mut words: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let told = found.fixed.iter().filter(|fixed| {
        let is_meant = is_subject(&fixed.member) || into && fixed.member == "application";
        is_meant && !fixed.word.starts_with("not ")
    });
    for fixed in told {
        let slot = words.entry(fixed.member.clone()).or_default();
        slot.push(fixed.word.clone());
    }
    words
}

fn is_subject(member: &str) -> bool {
    member.starts_with("user") && member != "userRiskLevel"
}
