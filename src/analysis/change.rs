//! Two sets of policies compared: who passes more easily, who is stopped, and who is locked out.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::claims::wideness;
use super::formula::Formula;
use super::grant::{Means, PassFormulas, counts, is_joined};
use super::question::{Found, Inquiry};
use super::session::{levels, reaches};
use super::side::Side;
use super::solver::Reading;
use super::space::{Resource, Space, Wide};
use super::spelling::spelled;
use super::unify::unified;
use super::ways::{Loss, Lost, ROUNDS, Ways};
use crate::model::policy::Conditions;
use crate::model::refs::RefKind;
use crate::model::session::SessionControls;
use crate::whatif::{
    ClientType, CompiledPolicies, Consequence, InsiderRisk, Match, Platform, PolicySet, Risk,
    SignIn, TransferMethod,
};

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

/// How many boxes of each kind are listed at most.
const BOXES: usize = 5;

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
    let looser = compared.eases(0, 1);
    let stricter = compared.eases(1, 0);
    let eases = compared.boxes(looser, &mut comparison, Turn::Looser);
    let hardens = compared.boxes(stricter, &mut comparison, Turn::Stricter);
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
        compared.lock_outs(&mut comparison, &newcomers);
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

/// The sets with one spelling for all that they name, and with those who are left out among
/// their policies, as policies that count for nothing.
pub(super) fn prepared(sets: &[&PolicySet], except: &[Conditions]) -> Vec<PolicySet> {
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

/// Sets of policies over one space.
pub(super) struct ComparedSets<'a> {
    pub(super) question: Inquiry<'a>,
    means: Vec<Means>,
    effects: Vec<PassFormulas>,
}

impl<'a> ComparedSets<'a> {
    /// The last `left_out` policies of each set are about people who are left out.
    pub(super) fn new(
        sets: &[PolicySet],
        compiled: &'a [CompiledPolicies],
        left_out: usize,
    ) -> ComparedSets<'a> {
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
        ComparedSets {
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

    /// The groups of which one side knows every member and another knows nothing.
    fn contested(&self) -> Vec<String> {
        let contested = &self.question.space.contested;
        let facts = contested.iter().map(|group| self.shown_group(group));
        facts.map(|group| format!("members of {group}")).collect()
    }

    pub(super) fn physical(&self, side: usize) -> Formula {
        self.means
            .get(side)
            .map_or(Formula::TRUE, |means| means.physical)
    }

    pub(super) fn effect(&self, side: usize, read: impl Fn(&PassFormulas) -> Formula) -> Formula {
        self.effects.get(side).map_or(Formula::FALSE, read)
    }

    /// The number of a policy of a side, by the place at which it was given.
    fn number(&self, side: usize, given: usize) -> Option<usize> {
        self.question.sides.get(side)?.policies.number_of(given)
    }

    /// When the policy that was given at a place of a side applies.
    pub(super) fn applies(&self, side: usize, given: usize) -> Option<Formula> {
        let number = self.number(side, given)?;
        self.question.sides.get(side)?.applies.get(number).copied()
    }

    /// What it does by itself, were its users everybody: when it applies, when it is not met, and when
    /// nobody can meet it; and its session controls, and which of its lists may give way to the
    /// strength of another policy, as a text. `users` is the atom of whom it means.
    pub(super) fn does(
        &mut self,
        side: usize,
        given: usize,
        users: Formula,
    ) -> Option<([Formula; 3], String)> {
        let number = self.number(side, given)?;
        let means = self.means.get(side)?;
        let Inquiry { space, sides, .. } = &mut self.question;
        let side = sides.get(side)?;
        let [stops, shuts] = means.alone(side, number, space);
        let does = [side.applies.get(number).copied()?, stops, shuts];
        let does = does.map(|one| space.formulas.with(one, users, true));
        let policy = side.policies.policies.get(number)?;
        let session = serde_json::to_string(&policy.session.as_deref()).ok()?;
        let clauses = policy.clauses();
        let strengths: Vec<bool> = clauses.map(|one| side.policies.is_strength(one)).collect();
        let kind = format!("{session} {} {strengths:?}", policy.is_on_action());
        Some((does, kind))
    }

    /// When a sign-in passes on the side `to` that does not pass on the side `from`, or with a
    /// session that is less strict.
    pub(super) fn eases(&mut self, from: usize, to: usize) -> Formula {
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
        // Of sessions an answer does not tell all that a later version may know.
        let passed = self.effect(usize::from(turn == Turn::Stricter), |effect| effect.passes);
        let passed = self.question.plain(passed);
        for _ in 0..BOXES {
            let Some(found) = self.question.ordinary(&assumed) else {
                break;
            };
            let by_session = self.question.solver.holds(passed);
            let (widest, inside) = self.question.widest(&found, formula, &[]);
            let Some(difference) = self.difference(&found, widest, 0, 1) else {
                break;
            };
            if difference.before == difference.after && !by_session {
                // The evaluator confirms no difference: there is none to be shown.
                break;
            }
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
            let facts = missing([&difference.before, &difference.after]);
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
        let again = |at: usize, sign_in: &SignIn| {
            let policies = self.question.sides.get(at)?.policies;
            Some(policies.outcome(sign_in).ok()?.enforced)
        };
        let is_so = |sign_in: &SignIn| {
            again(before, sign_in).as_ref() == Some(&was)
                && again(after, sign_in).as_ref() == Some(&is)
        };
        let mut sign_in = found.sign_in.clone();
        let mut replays = is_so(&sign_in);
        // Who is named, and in other groups before than after, is in those that each side knows.
        if !replays && sign_in.user.as_ref().is_some_and(|u| u.name.is_some()) {
            let mut unsaid = sign_in.clone();
            if let Some(user) = &mut unsaid.user {
                user.member_of = None;
            }
            if is_so(&unsaid) {
                (sign_in, replays) = (unsaid, true);
            }
        }
        Some(SignInDifference {
            replays,
            sign_in,
            before: was,
            after: is,
            widest,
        })
    }

    /// No risk and no flow, into an application, by a browser or an application on a usual platform.
    pub(super) fn ordinary_way(&mut self) -> Formula {
        let space = &mut self.question.space;
        let f = &mut space.formulas;
        let application = space
            .resource
            .of(f, |one| matches!(one, Resource::Application { .. }));
        let client = space.client.of(f, |one| {
            matches!(
                one,
                ClientType::Browser | ClientType::MobileAppsAndDesktopClients
            )
        });
        // Of any other it is said by the client alone what it is.
        let platform = space.platform.of(f, |one| {
            !matches!(one, Platform::Unknown | Platform::WindowsPhone)
        });
        let parts = [
            application,
            client,
            platform,
            space.sign_in_risk.is(&Risk::None),
            space.user_risk.is(&Risk::None),
            space.insider_risk.is(&InsiderRisk::None),
            space.flow.is(&TransferMethod::None),
        ];
        space.formulas.all(parts)
    }

    /// A person who passes on the first side in such a way, and on the second never.
    pub(super) fn loss(&mut self, way: Formula) -> Loss {
        let telling = self.effect(1, |effect| effect.shut);
        let [before, after] = [0, 1].map(|side| {
            let passes = self.effect(side, |effect| effect.passes);
            [self.physical(side), passes]
        });
        let space = &mut self.question.space;
        // With what nothing else holds of devices, each that is known has joined in some way.
        let joined = is_joined(space);
        let known = space.registered.is(&true);
        let device = space.formulas.or(!known, joined);
        let common = [way, space.person(), device];
        let formulas = &mut space.formulas;
        Loss {
            could: formulas.all(common.into_iter().chain(before)),
            can: formulas.all(common.into_iter().chain(after)),
            telling,
        }
    }

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
    fn lock_outs(&mut self, comparison: &mut SetComparison, newcomers: &[Formula]) {
        let all = self.loss(Formula::TRUE);
        let known = newcomers.iter().map(|one| !*one);
        let could = self.question.space.formulas.all(known.chain([all.could]));
        let atoms: Vec<Formula> = (self.question.space.resource.iter())
            .filter(|(one, _)| matches!(one, Resource::Application { .. }))
            .map(|(_, atom)| atom)
            .collect();
        let mut ways = Ways::new(&mut self.question, ROUNDS / 4);
        for atom in atoms {
            if comparison.locked_out.len() >= BOXES {
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

/// The facts that some answers miss.
fn missing<'a>(got: impl IntoIterator<Item = &'a Consequence>) -> Vec<String> {
    let facts = got.into_iter().flat_map(|got| &got.missing);
    facts.map(ToString::to_string).collect()
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
