//! Sets of policies over one space: what each does with a sign-in, and one sign-in by two of them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::{AnswerFormulas, sessions};
use super::claims::wideness;
use super::formula::Formula;
use super::grant::{Means, PassFormulas, is_joined};
use super::question::{Found, Inquiry};
use super::session::{levels, reaches};
use super::side::Side;
use super::space::{Resource, Space, Wide};
use super::spelling::spelled;
use super::unify::unified;
use super::ways::Loss;
use crate::model::policy::Conditions;
use crate::model::refs::RefKind;
use crate::whatif::{
    ClientType, CompiledPolicies, Consequence, InsiderRisk, Match, Platform, PolicySet, Risk,
    SignIn, TransferMethod,
};

/// What becomes of a sign-in, the gravest first among those that pass more easily, and the most
/// usual first among the others.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum SignInTurn {
    /// It passes with nothing asked for, where something was, or where it was blocked.
    NothingAsked,
    /// It is blocked no more.
    Unblocked,
    /// It passes without the multifactor authentication or the strength that was asked for.
    MfaLost,
    /// It passes without another control that was asked for.
    ControlLost,
    /// Its session is less strict.
    SessionLost,
    /// It is asked for more.
    AskedMore,
    /// It is blocked.
    Blocked,
    /// Its session is stricter.
    SessionGained,
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
    /// What becomes of it; nothing of somebody who is locked out.
    pub turn: Option<SignInTurn>,
    /// True when `whatif` says the same of the sign-in for both sets: not where who is in which
    /// group differs between them, and the sign-in says it for neither.
    pub replays: bool,
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

/// Sets of policies over one space.
pub(super) struct ComparedSets<'a> {
    pub(super) question: Inquiry<'a>,
    means: Vec<Means>,
    pub(super) effects: Vec<PassFormulas>,
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
        let blocked = effects.iter().take(2);
        let blocked: Vec<Formula> = blocked.map(|one: &PassFormulas| !one.blocked).collect();
        let unblocked = space.formulas.all(blocked);
        let mut question = Inquiry::new(space, sides);
        question.unblocked = unblocked;
        ComparedSets {
            question,
            means,
            effects,
        }
    }

    pub(super) fn meant(&self, sets: &[PolicySet], last: usize, many: usize) -> Vec<Formula> {
        meant(sets, &self.question.sides, last, many)
    }

    fn shown_group(&self, group: &str) -> String {
        let side = self.question.sides.last();
        side.map_or(group.to_owned(), |side| {
            spelled(side, RefKind::Group, group)
        })
    }

    /// The groups of which one side knows every member and another knows nothing.
    pub(super) fn contested(&self) -> Vec<String> {
        let contested = &self.question.space.contested;
        let facts = contested.iter().map(|group| self.shown_group(group));
        facts.map(|group| format!("members of {group}")).collect()
    }

    /// What each of the first two sides answers.
    pub(super) fn answers(&mut self) -> Option<[AnswerFormulas; 2]> {
        let space = &mut self.question.space;
        let all = self
            .question
            .sides
            .iter()
            .zip(&self.means)
            .zip(&self.effects);
        let mut all =
            all.map(|((side, means), effect)| AnswerFormulas::new(side, means, effect, space));
        Some([all.next()?, all.next()?])
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
        let of = |at: usize| {
            self.question
                .sides
                .get(at)
                .map(sessions)
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

    /// A sign-in as two sides judge it.
    pub(super) fn difference(
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
            turn: None,
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
}

/// The facts that some answers miss.
pub(super) fn missing<'a>(got: impl IntoIterator<Item = &'a Consequence>) -> Vec<String> {
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
pub(super) fn who_is_it(found: &Found, into: bool) -> BTreeMap<String, Vec<String>> {
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

pub(super) fn is_subject(member: &str) -> bool {
    member.starts_with("user") && member != "userRiskLevel"
}
