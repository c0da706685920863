//! What a set of policies leaves open: sign-ins that get less than a floor, what membership of
//! each exclusion group opens, and policies that do nothing.

use std::collections::{BTreeMap, BTreeSet};

use batsat::Lit;

use super::claims::{as_policy, wideness};
use super::formula::Formula;
use super::grant::{Means, PassFormulas, counts, multifactor};
use super::question::{Found, Inquiry};
use super::session::{Level, levels, reaches};
use super::side::Side;
use super::solver::Reading;
use super::space::{Resource, Space, Wide};
use crate::model::policy::Conditions;
use crate::model::refs::RefKind;
use crate::model::session::SessionControls;
use crate::whatif::parts::Subjects;
use crate::whatif::{CompiledPolicies, Consequence, Name, PolicySet, SignIn};

/// Below which a sign-in is a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Floor {
    /// Somebody gets in without multifactor authentication.
    Mfa,
    /// No enforced policy applies.
    Any,
}

/// A box of sign-ins, by one of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Gap {
    /// The sign-in, complete.
    pub sign_in: SignIn,
    /// What it gets.
    pub got: Consequence,
    /// The widest box.
    pub widest: BTreeMap<String, Vec<String>>,
    /// The facts on which it hangs, when nothing certain shows it.
    pub open_because: Vec<String>,
}

/// What membership of an exclusion group opens, or a role that policies leave out, for who has no
/// other of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Exclusion {
    /// The group or role, as people call it.
    pub group: String,
    /// True for a role.
    pub is_role: bool,
    /// The policies that leave its members out.
    pub policies: Vec<Name>,
    /// What its members get in with, and the others do not; one for each box.
    pub opens: Vec<Gap>,
    /// True when not every box is listed.
    pub more: bool,
}

/// A policy without which nothing would be different.
#[derive(Debug, Clone, PartialEq)]
pub struct Idle {
    /// The policy.
    pub policy: Name,
    /// Its id, where it has one.
    pub id: Option<Name>,
    /// The policies that do all that it does.
    pub carried_by: Vec<Name>,
}

/// A policy, and a sign-in that would get something else without it.
#[derive(Debug, Clone, PartialEq)]
pub struct Stopper {
    /// The policy.
    pub policy: Name,
    /// Its id, where it has one.
    pub id: Option<Name>,
    /// The sign-in, and what it gets with the policy.
    pub gap: Gap,
}

/// All that is left open.
#[derive(Debug, Clone, PartialEq)]
pub struct Gaps {
    /// Gaps for who is in no exclusion group and has no role that is left out.
    pub gaps: Vec<Gap>,
    /// True when not every box is listed.
    pub more: bool,
    /// One for each group and role that an enforced policy leaves out.
    pub exclusions: Vec<Exclusion>,
    /// Enforced policies that change nothing.
    pub idle: Vec<Idle>,
    /// Enforced policies that apply to no sign-in.
    pub never_apply: Vec<Name>,
    /// Sign-ins that nobody can pass although no policy says block.
    pub hidden_blocks: Vec<Gap>,
    /// What the answer takes for granted.
    pub assumptions: Vec<String>,
}

/// How many gaps are listed at most; for each exclusion group; and hidden blocks.
const GAPS: usize = 20;
const OPENS: usize = 3;
const HIDDEN: usize = 5;

/// Looks for what a set of policies leaves open. `except` are sign-ins that are left out, as a
/// policy's conditions mean them: the break-glass accounts.
pub fn gaps(set: &PolicySet, floor: Floor, except: &[Conditions]) -> Gaps {
    looked(set, floor, except, false).0
}

/// The same, and for each policy that is not idle a sign-in that would get something else without
/// it.
pub fn gaps_and_stoppers(
    set: &PolicySet,
    floor: Floor,
    except: &[Conditions],
) -> (Gaps, Vec<Stopper>) {
    looked(set, floor, except, true)
}

fn looked(
    set: &PolicySet,
    floor: Floor,
    except: &[Conditions],
    wants_stoppers: bool,
) -> (Gaps, Vec<Stopper>) {
    let mut policies = set.policies.clone();
    policies.extend(except.iter().cloned().map(as_policy));
    let compiled = CompiledPolicies::new(&policies, &set.world);
    let mut space = Space::new(&[&compiled], Wide::default());
    space.apart = true;
    let side = Side::new(&compiled, &policies, &mut space);
    let switches: Vec<Formula> = (0..compiled.len())
        .map(|number| match counts(&compiled, number) {
            true => space.formulas.atom(),
            false => Formula::FALSE,
        })
        .collect();
    let on = |number: usize| switches.get(number).copied().unwrap_or(Formula::FALSE);
    let means = Means::new(&side, &on, &mut space);
    let effect = PassFormulas::new(&side, &means, &on, &mut space);
    let left_out: Vec<Formula> = (set.policies.len()..policies.len())
        .filter_map(|at| compiled.number_of(at))
        .filter_map(|number| side.applies.get(number))
        .map(|applies| !*applies)
        .collect();
    let mut looked: Vec<Formula> = left_out;
    looked.push(means.physical);
    looked.push(space.resource.of(&mut space.formulas, |one| {
        !matches!(one, Resource::Context(_))
    }));
    looked.push(space.person());
    let looked = space.formulas.all(looked);
    let lacking = match floor {
        Floor::Mfa => {
            let mfa = multifactor(&mut space);
            space.formulas.but_not(effect.passes, mfa)
        }
        Floor::Any => !effect.touched,
    };
    let gap = space.formulas.and(looked, lacking);
    let assumptions = space.assumed_empty.iter();
    let assumptions = assumptions
        .map(|group| format!("nobody is in the group `{group}`"))
        .collect();
    let mut wide = vec![Wide::default(); compiled.len()];
    for (at, policy) in policies.iter().enumerate() {
        if let Some(slot) = compiled.number_of(at).and_then(|at| wide.get_mut(at)) {
            *slot = wideness(&policy.conditions);
        }
    }
    let mut looking = Looking {
        asked: Inquiry::new(space, vec![side]),
        means,
        effect,
        switches,
        judge: set.compiled(),
        compiled: &compiled,
        wide,
    };
    let groups = looking.exclusion_groups();
    let all_on = looking.all_on();
    let members: Vec<Formula> = groups.iter().map(|group| group.member).collect();
    let outside: Vec<Formula> = members.iter().map(|one| !*one).collect();
    let base = looking.literals(&outside, &all_on);
    let (found, more) = looking.boxes(gap, &base, GAPS);
    let mut exclusions = Vec::new();
    for (at, group) in groups.iter().enumerate() {
        let others = members.iter().enumerate().filter(|(other, _)| *other != at);
        let others: Vec<Formula> = others.map(|(_, member)| *member).collect();
        let (alone, implied) = looking.alone(group.member, &others);
        let base = looking.literals(&alone, &all_on);
        // What is open to others as well is no fault of the group's.
        let mut without = gap;
        for member in [group.member].into_iter().chain(implied) {
            without = looking.asked.space.formulas.with(without, member, false);
        }
        let opened = looking.asked.space.formulas.but_not(gap, without);
        let (opens, more) = looking.boxes(opened, &base, OPENS);
        exclusions.push(Exclusion {
            group: group.shown.clone(),
            is_role: group.is_role,
            policies: group.policies.clone(),
            opens,
            more,
        });
    }
    exclusions.sort_by(|a, b| (b.opens.len(), &a.group).cmp(&(a.opens.len(), &b.group)));
    let never_apply = looking.never_apply();
    let (idle, stoppers) = looking.idle(&never_apply, wants_stoppers);
    let blocked = looking.effect.blocked;
    let shut = looking.effect.shut;
    let hidden = looking.asked.space.formulas.all([looked, shut, !blocked]);
    let (hidden_blocks, _) = looking.boxes(hidden, &base, HIDDEN);
    let found = Gaps {
        gaps: found,
        more,
        exclusions,
        idle,
        never_apply,
        hidden_blocks,
        assumptions,
    };
    (found, stoppers)
}

struct ExcludedGroup {
    shown: String,
    is_role: bool,
    /// When somebody is in it: an atom, or false where its list says that nobody is.
    member: Formula,
    policies: Vec<Name>,
}

struct Looking<'a> {
    asked: Inquiry<'a>,
    means: Means,
    effect: PassFormulas,
    switches: Vec<Formula>,
    judge: CompiledPolicies,
    compiled: &'a CompiledPolicies,
    /// Whom each policy speaks of beside people.
    wide: Vec<Wide>,
}

impl Looking<'_> {
    fn all_on(&self) -> Vec<Formula> {
        let on = self.switches.iter().copied();
        on.filter(|switch| *switch != Formula::FALSE).collect()
    }

    fn literals(&mut self, formulas: &[Formula], more: &[Formula]) -> Vec<Lit> {
        let mut all = self.asked.literals(formulas, Reading::Possibly);
        all.extend(self.asked.literals(more, Reading::Possibly));
        all
    }

    fn exclusion_groups(&self) -> Vec<ExcludedGroup> {
        let Some(side) = self.asked.sides.first() else {
            return Vec::new();
        };
        let index = &self.compiled.index;
        let names = |leaves_out: &dyn Fn(&Subjects) -> bool| -> Vec<Name> {
            let all = self.compiled.policies.iter().enumerate();
            let those = all.filter(|(at, policy)| {
                let users = policy.users.as_ref();
                counts(self.compiled, *at) && users.is_some_and(|users| leaves_out(&users.exclude))
            });
            let names: BTreeSet<Name> = those.map(|(_, policy)| policy.name.clone()).collect();
            names.into_iter().collect()
        };
        let mut found = Vec::new();
        for (number, group) in index.groups.numbered() {
            found.push(ExcludedGroup {
                shown: super::spelling::spelled(side, RefKind::Group, group),
                is_role: false,
                member: side.is_member(number),
                policies: names(&|exclude| exclude.groups.contains(&number)),
            });
        }
        for (number, role) in index.roles.numbered() {
            let atom = self.asked.space.roles.get(role).copied();
            found.push(ExcludedGroup {
                shown: super::spelling::spelled(side, RefKind::Role, role),
                is_role: true,
                member: atom.unwrap_or(Formula::FALSE),
                policies: names(&|exclude| exclude.roles.contains(&number)),
            });
        }
        found.retain(|one| !one.policies.is_empty());
        found.sort_by(|a, b| (a.is_role, &a.shown).cmp(&(b.is_role, &b.shown)));
        found
    }

    /// Who is in one group and in no other, as formulas, and the others in which whoever is in
    /// it is as well: by their lists, or one in another.
    fn alone(&mut self, member: Formula, others: &[Formula]) -> (Vec<Formula>, Vec<Formula>) {
        let mut left = others.to_vec();
        let mut implied = Vec::new();
        let fixed = self.literals(&[member], &[]);
        loop {
            let outside: Vec<Formula> = left.iter().map(|one| !*one).collect();
            let literals = self.literals(&outside, &[]);
            let Some(core) = self.asked.solver.minimal_core(&fixed, &literals) else {
                break;
            };
            let gone = literals.iter().map(|literal| core.contains(literal));
            let gone: Vec<bool> = gone.collect();
            if !gone.contains(&true) {
                // Nobody is in it at all.
                break;
            }
            let parts = left.iter().copied().zip(gone);
            let (out, stays): (Vec<_>, Vec<_>) = parts.partition(|(_, gone)| *gone);
            implied.extend(out.into_iter().map(|(one, _)| one));
            left = stays.into_iter().map(|(one, _)| one).collect();
        }
        let alone = left.iter().map(|one| !*one).chain([member]);
        (alone.collect(), implied)
    }

    /// Boxes of sign-ins for which a formula holds, and whether there are more.
    fn boxes(&mut self, formula: Formula, base: &[Lit], most: usize) -> (Vec<Gap>, bool) {
        let certainly = self.asked.literals(&[formula], Reading::Certainly);
        let mut assumed: Vec<Lit> = base.iter().chain(&certainly).copied().collect();
        let mut found = Vec::new();
        while found.len() < most {
            let Some(one) = self.asked.ordinary(&assumed) else {
                if found.is_empty() {
                    found.extend(self.open(formula, base));
                }
                return (found, false);
            };
            let (widest, inside) = self.asked.widest(&one, formula, base);
            let Some(gap) = self.gap(&one, widest) else {
                return (found, true);
            };
            found.push(gap);
            assumed.push(!inside);
        }
        let more = self.asked.solver.solve(&assumed);
        (found, more)
    }

    fn open(&mut self, formula: Formula, base: &[Lit]) -> Option<Gap> {
        let possibly = self.asked.literals(&[formula], Reading::Possibly);
        let assumed: Vec<Lit> = base.iter().chain(&possibly).copied().collect();
        let found = self.asked.ordinary(&assumed)?;
        let mut gap = self.gap(&found, BTreeMap::new())?;
        let facts = gap.got.missing.iter().map(ToString::to_string);
        gap.open_because = facts.collect();
        Some(gap)
    }

    fn gap(&self, found: &Found, widest: BTreeMap<String, Vec<String>>) -> Option<Gap> {
        let got = self.judge.outcome(&found.sign_in).ok()?.enforced;
        Some(Gap {
            sign_in: found.sign_in.clone(),
            got,
            widest,
            open_because: Vec::new(),
        })
    }

    fn never_apply(&mut self) -> Vec<Name> {
        let applies = match self.asked.sides.first() {
            Some(side) => side.applies.clone(),
            None => return Vec::new(),
        };
        let mut found = Vec::new();
        for (number, applies) in applies.into_iter().enumerate() {
            if counts(self.compiled, number)
                && !self.speaks_of_others(number)
                && !self.asked.exists(&[applies], Reading::Possibly)
                && let Some(policy) = self.compiled.policies.get(number)
            {
                found.push(policy.name.clone());
            }
        }
        found
    }

    /// True for a policy on service principals or agents, who are no part of this.
    fn speaks_of_others(&self, number: usize) -> bool {
        let policy = self.compiled.policies.get(number);
        let wide = |number: usize| self.wide.get(number).is_some_and(|wide| wide.agents);
        policy.is_some_and(|policy| policy.workloads.is_some() || policy.agents.is_some())
            || wide(number)
    }

    /// Policies without which everybody would be asked for the same; of the others, if it is wished,
    /// a sign-in that would not.
    fn idle(&mut self, never: &[Name], wants_stoppers: bool) -> (Vec<Idle>, Vec<Stopper>) {
        let mut found = Vec::new();
        let mut stoppers = Vec::new();
        for number in 0..self.compiled.len() {
            let Some(policy) = self.compiled.policies.get(number) else {
                continue;
            };
            let (name, id) = (policy.name.clone(), policy.id.clone());
            if !counts(self.compiled, number)
                || self.speaks_of_others(number)
                || never.contains(&name)
            {
                continue;
            }
            let differs = self.differs_without(number);
            let own = self.switches.get(number).copied().unwrap_or(Formula::FALSE);
            let mut fixed = self.literals(&[differs], &[]);
            fixed.extend(self.literals(&[!own], &[]));
            let others: Vec<Formula> = self
                .all_on()
                .into_iter()
                .filter(|switch| *switch != own)
                .collect();
            let others = self.literals(&others, &[]);
            let Some(core) = self.asked.solver.minimal_core(&fixed, &others) else {
                if wants_stoppers {
                    stoppers.extend(self.stopper((&name, &id), &fixed, &others));
                }
                continue;
            };
            let mut carried_by = Vec::new();
            for (other, switch) in self.switches.clone().into_iter().enumerate() {
                if switch == Formula::FALSE {
                    continue;
                }
                let literal = self.literals(&[switch], &[]);
                if literal.iter().all(|literal| core.contains(literal))
                    && let Some(policy) = self.compiled.policies.get(other)
                {
                    carried_by.push(policy.name.clone());
                }
            }
            carried_by.sort();
            found.push(Idle {
                policy: name,
                id,
                carried_by,
            });
        }
        (found, stoppers)
    }

    /// An ordinary sign-in that a policy treats as no other does. Of a box it has what could not be
    /// ordinary: to widen it for every policy takes longer than all other questions together.
    fn stopper(
        &mut self,
        (policy, id): (&Name, &Option<Name>),
        fixed: &[Lit],
        others: &[Lit],
    ) -> Option<Stopper> {
        let assumed: Vec<Lit> = fixed.iter().chain(others).copied().collect();
        let found = self.asked.ordinary(&assumed)?;
        let value = serde_json::to_value(&found.sign_in).ok()?;
        let unusual = found.unusual.iter().filter_map(|member| {
            let held = value.pointer(&format!("/{}", member.replace('.', "/")))?;
            let text = held
                .as_str()
                .map_or_else(|| held.to_string(), str::to_owned);
            // What can be met is told with what it gets.
            (*member != "satisfied").then(|| ((*member).to_owned(), vec![text]))
        });
        let unusual = unusual.collect();
        Some(Stopper {
            policy: policy.clone(),
            id: id.clone(),
            gap: self.gap(&found, unusual)?,
        })
    }

    /// When a sign-in passes all other policies that are on, and this one stops it or makes its
    /// session another.
    fn differs_without(&mut self, number: usize) -> Formula {
        let Some(side) = self.asked.sides.first() else {
            return Formula::TRUE;
        };
        let space = &mut self.asked.space;
        if self.compiled.blocks(number) {
            // What others stop for want of means alone is another answer than a block.
            let applies = side.applies.get(number).copied().unwrap_or(Formula::FALSE);
            let blocked = self.effect.blocked;
            return space.formulas.all([self.means.physical, applies, !blocked]);
        }
        let stops = self.means.stops(side, number, space);
        let mut ways = vec![stops];
        let policies = &self.compiled.policies;
        if let Some(session) = policies.get(number).and_then(|p| p.session.as_deref()) {
            let applies = side.applies.get(number).copied().unwrap_or(Formula::FALSE);
            let mut others: Vec<(&SessionControls, Formula)> = Vec::new();
            for (other, policy) in policies.iter().enumerate() {
                if let Some(session) = policy.session.as_deref()
                    && other != number
                    && counts(self.compiled, other)
                {
                    let switch = self.switches.get(other).copied().unwrap_or(Formula::FALSE);
                    let applies = side.applies.get(other).copied().unwrap_or(Formula::FALSE);
                    others.push((session, space.formulas.and(switch, applies)));
                }
            }
            let own = levels(std::iter::once(session));
            for level in own.iter().collect::<BTreeSet<&Level>>() {
                let without = reaches(level, others.iter().copied(), &mut space.formulas);
                let all = others.iter().copied().chain([(session, Formula::TRUE)]);
                let with = reaches(level, all, &mut space.formulas);
                let gains = space.formulas.but_not(with, without);
                let loses = space.formulas.but_not(without, with);
                for change in [gains, loses] {
                    ways.push(space.formulas.and(applies, change));
                }
            }
        }
        let any = space.formulas.any(ways);
        let passes = self.effect.passes;
        let stopped = space.formulas.all([self.means.physical, passes, any]);
        if !policies
            .get(number)
            .is_some_and(|policy| policy.is_on_action())
        {
            return stopped;
        }
        // A strength on an action takes the place of others, which would stop more without it.
        let own = self.switches.get(number).copied().unwrap_or(Formula::FALSE);
        let [with, without] = [true, false].map(|holds| space.formulas.with(passes, own, holds));
        let spared = space.formulas.all([self.means.physical, with, !without]);
        space.formulas.or(stopped, spared)
    }
}
