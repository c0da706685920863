//! Claims about every sign-in: proved, refuted, open or vacuous.

use batsat::Lit;

use super::formula::Formula;
use super::grant::{Means, PassFormulas};
use super::question::{Found, Inquiry};
use super::session::{levels, reaches};
use super::side::Side;
use super::solver::Reading;
use super::space::{Space, SubjectKind, Wide};
use super::spelling::spelled;
use super::{Claim, ClaimAnswer, Counterexample, Must, Verdict};
use crate::model::enums::{AuthenticationMethodMode, GrantControl, PolicyState};
use crate::model::policy::{ConditionalAccessPolicy, Conditions};
use crate::model::refs::RefKind;
use crate::model::session::SessionControls;
use crate::model::values::GraphEnum;
use crate::whatif::parts::Grant;
use crate::whatif::{CompiledPolicies, Ending, PolicySet, Requirement};

/// Judges claims about a set of policies, in the order in which they are given.
pub fn check(set: &PolicySet, claims: &[Claim]) -> Vec<ClaimAnswer> {
    // What a claim says stands among the policies as if it were one, so that it is read alike.
    let mut policies = set.policies.clone();
    let mut places = Vec::new();
    for claim in claims {
        let selection = policies.len();
        policies.push(as_policy(claim.selection.clone()));
        policies.extend(claim.accepted.iter().cloned().map(as_policy));
        let mut required = as_policy(Conditions::default());
        if let Must::Require { grant, session } = &claim.must {
            required.grant_controls.clone_from(grant);
            required.session_controls = session.as_deref().cloned();
        }
        policies.push(required);
        places.push(selection);
    }
    let compiled = CompiledPolicies::new(&policies, &set.world);
    let wide = policies.iter().fold(Wide::default(), |wide, policy| {
        let own = wideness(&policy.conditions);
        Wide {
            workloads: wide.workloads || own.workloads,
            agents: wide.agents || own.agents,
        }
    });
    let mut space = Space::new(&[&compiled], wide);
    let side = Side::new(&compiled, &policies, &mut space);
    let own: Vec<usize> = (0..set.policies.len())
        .filter_map(|at| compiled.number_of(at))
        .collect();
    // One switch for each policy: those that a proof needs are the ones that carry it.
    let mut switches = vec![Formula::FALSE; compiled.len()];
    for number in &own {
        if let Some(slot) = switches.get_mut(*number) {
            *slot = space.formulas.atom();
        }
    }
    let on = |number: usize| switches.get(number).copied().unwrap_or(Formula::FALSE);
    let means = Means::new(&side, &on, &mut space);
    let effect = PassFormulas::new(&side, &means, &on, &mut space);
    let judge = CompiledPolicies::new(&set.policies, &set.world);
    let assumed_empty = space.assumed_empty.clone();
    let mut question = Inquiry::new(space, vec![side]);
    question.unblocked = !effect.blocked;
    let mut check = Check {
        question,
        means,
        effect,
        switches,
        judge,
    };
    let mut answers = Vec::new();
    for (claim, selection) in claims.iter().zip(places) {
        let mut answer = check.claim(claim, selection, &compiled);
        let groups = assumed_empty.iter();
        answer
            .assumptions
            .extend(groups.map(|group| format!("nobody is in the group `{group}`")));
        answer.assumptions.sort();
        answer.assumptions.dedup();
        answers.push(answer);
    }
    answers
}

/// Conditions as a policy that counts for nothing.
pub(super) fn as_policy(conditions: Conditions) -> ConditionalAccessPolicy {
    ConditionalAccessPolicy {
        conditions,
        state: Some(PolicyState::Disabled),
        ..ConditionalAccessPolicy::default()
    }
}

/// Whether conditions speak of others than people.
pub(super) fn wideness(conditions: &Conditions) -> Wide {
    let clients = conditions.client_applications.as_ref();
    let users = conditions.users.as_ref();
    let all_agents = |list: &[String]| {
        list.iter()
            .any(|text| text.eq_ignore_ascii_case("AllAgentIdUsers"))
    };
    let by_client = clients.is_some_and(|clients| {
        !clients.include_agent_id_service_principals.is_empty()
            || clients.agent_id_service_principal_filter.is_some()
    });
    Wide {
        workloads: clients.is_some(),
        agents: by_client
            || conditions.agents.is_some()
            || users.is_some_and(|users| all_agents(&users.include_users)),
    }
}

struct Check<'a> {
    question: Inquiry<'a>,
    means: Means,
    effect: PassFormulas,
    switches: Vec<Formula>,
    judge: CompiledPolicies,
}

impl Check<'_> {
    fn claim(
        &mut self,
        claim: &Claim,
        selection: usize,
        compiled: &CompiledPolicies,
    ) -> ClaimAnswer {
        let mut answer = ClaimAnswer {
            verdict: Verdict::Vacuous { why: String::new() },
            idle_exceptions: Vec::new(),
            assumptions: Vec::new(),
        };
        let number = |at: usize| compiled.number_of(at);
        let applies = |check: &Check<'_>, at: usize| {
            let side = check.question.sides.first();
            let found = number(at).and_then(|number| side?.applies.get(number).copied());
            found.unwrap_or(Formula::FALSE)
        };
        let selected = applies(self, selection);
        let exceptions: Vec<Formula> = (1..=claim.accepted.len())
            .map(|offset| applies(self, selection + offset))
            .collect();
        let who = self.meant(&claim.selection);
        let meant = self.question.space.formulas.and(selected, who);
        if !self.question.exists(&[meant], Reading::Possibly) {
            answer.verdict = Verdict::Vacuous {
                why: self.nobody(number(selection), compiled),
            };
            return answer;
        }
        let left_out: Vec<Formula> = exceptions.iter().map(|one| !*one).collect();
        let kept = self
            .question
            .space
            .formulas
            .all(left_out.iter().copied().chain([meant]));
        if !self.question.exists(&[kept], Reading::Possibly) {
            answer.verdict = Verdict::Vacuous {
                why: "every sign-in that it covers is accepted as an exception, or is a break-glass account's".to_owned(),
            };
            return answer;
        }
        let required = number(selection + 1 + claim.accepted.len());
        let broken = self.broken(&claim.must, required);
        let physical = self.means.physical;
        let on: Vec<Formula> = self
            .switches
            .iter()
            .copied()
            .filter(|s| *s != Formula::FALSE)
            .collect();
        for (at, exception) in exceptions.iter().enumerate() {
            let others = left_out
                .iter()
                .enumerate()
                // Of two that cover the same, one is needed.
                .filter(|(other, _)| *other != at && !answer.idle_exceptions.contains(other));
            let mut all: Vec<Formula> = others.map(|(_, one)| *one).collect();
            all.extend([meant, *exception, physical, broken]);
            all.extend(&on);
            if !self.question.exists(&all, Reading::Possibly) {
                answer.idle_exceptions.push(at);
            }
        }
        let violation = self.question.space.formulas.all([kept, physical, broken]);
        let on = self.question.literals(&on, Reading::Possibly);
        answer.verdict = self.verdict(claim, violation, &on);
        answer
    }

    /// The kinds of subject that a selection is about.
    fn meant(&mut self, selection: &Conditions) -> Formula {
        let wide = wideness(selection);
        let has_users = selection.users.is_some();
        self.question
            .space
            .subject
            .of(&mut self.question.space.formulas, |one| match one {
                SubjectKind::User(_) => has_users,
                SubjectKind::AgentUser => wide.agents,
                SubjectKind::ServicePrincipal | SubjectKind::Agent => wide.workloads,
            })
    }

    /// Why no sign-in meets the conditions of a selection.
    fn nobody(&mut self, selection: Option<usize>, compiled: &CompiledPolicies) -> String {
        let together = "no sign-in meets all of its conditions at once".to_owned();
        let policy = selection.and_then(|number| compiled.policies.get(number));
        let (Some(side), Some(number)) = (self.question.sides.first(), selection) else {
            return together;
        };
        let Some(users) = policy.and_then(|policy| policy.users.as_ref()) else {
            return together;
        };
        let subject = side.subjects.get(number).copied();
        let groups: Vec<(String, Formula)> = (users.include.groups.iter())
            .filter_map(|group| {
                let name = compiled.index.groups.text(*group)?;
                Some((spelled(side, RefKind::Group, name), side.is_member(*group)))
            })
            .collect();
        if subject.is_some_and(|subject| self.question.exists(&[subject], Reading::Possibly)) {
            return together;
        }
        let mut empty = Vec::new();
        for (group, member) in groups {
            if !self.question.exists(&[member], Reading::Possibly) {
                let why = match self.question.space.assumed_empty.contains(&group) {
                    true => "`assumeEmpty` names it",
                    false => "its `members` name nobody",
                };
                empty.push(format!("nobody is in the group `{group}`: {why}"));
            }
        }
        match empty.is_empty() {
            true => "its `users` mean nobody".to_owned(),
            false => empty.join("; "),
        }
    }

    /// When a sign-in breaks what is claimed of it.
    fn broken(&mut self, must: &Must, required: Option<usize>) -> Formula {
        let Some(side) = self.question.sides.first() else {
            return Formula::FALSE;
        };
        let space = &mut self.question.space;
        match must {
            Must::NoBlock => self.effect.blocked,
            Must::NoLockout => self.effect.shut,
            Must::Nothing => self.effect.touched,
            Must::Covered => !self.effect.touched,
            Must::Stopped { with } => {
                let mut parts = vec![self.effect.passes];
                let listed = |name: &str| with.iter().any(|one| one.eq_ignore_ascii_case(name));
                let methods = AuthenticationMethodMode::MEMBERS.iter().zip(&space.methods);
                parts.extend(
                    methods
                        .filter(|(name, _)| !listed(name))
                        .map(|(_, atom)| !*atom),
                );
                let others = space.requirements.iter().filter(|(one, _)| match one {
                    Requirement::Control(control) => !listed(control.as_str()),
                    _ => true,
                });
                parts.extend(others.map(|(_, atom)| !*atom));
                for (control, held) in [
                    (
                        GrantControl::CompliantDevice,
                        super::grant::is_compliant(space),
                    ),
                    (
                        GrantControl::DomainJoinedDevice,
                        super::grant::is_hybrid(space),
                    ),
                ] {
                    if !listed(control.as_str()) {
                        parts.push(!held);
                    }
                }
                space.formulas.all(parts)
            }
            Must::Require { .. } => {
                let Some(required) = required else {
                    return Formula::FALSE;
                };
                let policies = &side.policies.policies;
                let Some(policy) = policies.get(required) else {
                    return Formula::FALSE;
                };
                if policy.grant == Grant::Block {
                    return !self.effect.blocked;
                }
                let met = self.means.meets(side, required, space);
                let mut ways = vec![!met];
                if let Some(session) = &policy.session {
                    let alone = [(&**session, Formula::TRUE)];
                    let own: Vec<(&SessionControls, Formula)> = (policies.iter().enumerate())
                        .filter(|(at, _)| super::grant::counts(side.policies, *at))
                        .filter_map(|(at, policy)| {
                            let on = self.switches.get(at)?;
                            let applies = side.applies.get(at)?;
                            let when = space.formulas.and(*on, *applies);
                            Some((policy.session.as_deref()?, when))
                        })
                        .collect();
                    for level in levels([&**session].into_iter()) {
                        let wanted = reaches(&level, alone.iter().copied(), &mut space.formulas);
                        let has = reaches(&level, own.iter().copied(), &mut space.formulas);
                        ways.push(space.formulas.but_not(wanted, has));
                    }
                }
                let any = space.formulas.any(ways);
                space.formulas.and(self.effect.passes, any)
            }
        }
    }

    fn verdict(&mut self, claim: &Claim, violation: Formula, on: &[Lit]) -> Verdict {
        let possibly = self.question.literals(&[violation], Reading::Possibly);
        if let Some(core) = self.question.solver.minimal_core(&possibly, on) {
            let mut carried_by = Vec::new();
            for (number, switch) in self.switches.iter().enumerate() {
                if *switch == Formula::FALSE {
                    continue;
                }
                let literal = self.question.literals(&[*switch], Reading::Possibly);
                let side = self.question.sides.first();
                let policy = side.and_then(|side| side.policies.policies.get(number));
                if let Some(policy) = policy
                    && literal.iter().all(|one| core.contains(one))
                {
                    carried_by.push(policy.name.clone());
                }
            }
            carried_by.sort();
            return Verdict::Proved { carried_by };
        }
        let certainly = self.question.literals(&[violation], Reading::Certainly);
        let assumed: Vec<Lit> = certainly.iter().chain(on).copied().collect();
        // Somebody who gets in shows more than somebody who is stopped for another reason.
        let passes = self.effect.passes;
        if let Some(found) = self.question.ordinary_and(&assumed, passes) {
            let (widest, _) = self.question.widest(&found, violation, on);
            if let Some(example) = self.replay(&claim.must, &found, widest) {
                return Verdict::Refuted(Box::new(example));
            }
        }
        let assumed: Vec<Lit> = possibly.iter().chain(on).copied().collect();
        match self.question.ordinary(&assumed) {
            Some(found) => self.open(&found),
            None => Verdict::Proved {
                carried_by: Vec::new(),
            },
        }
    }

    /// A sign-in as the evaluator judges it; `None` when it does not show what is claimed of it.
    fn replay(
        &self,
        must: &Must,
        found: &Found,
        widest: std::collections::BTreeMap<String, Vec<String>>,
    ) -> Option<Counterexample> {
        let got = self.judge.outcome(&found.sign_in).ok()?;
        let applied = got.policies.iter().any(|policy| {
            let enforced = policy.state == Some(PolicyState::Enabled);
            enforced && policy.applies == Some(true)
        });
        let shown = match must {
            Must::Require { grant, .. } => match grant {
                Some(grant) if grant.built_in_controls.contains(&GrantControl::Block) => {
                    got.enforced.missing.is_empty() || got.enforced.outcome != Ending::Unknown
                }
                _ => got.enforced.outcome == Ending::Granted,
            },
            Must::Stopped { .. } => got.enforced.outcome == Ending::Granted,
            Must::NoBlock => got.enforced.outcome == Ending::Blocked,
            Must::NoLockout => got.enforced.outcome == Ending::Blocked || got.enforced.hidden_block,
            Must::Nothing => applied,
            Must::Covered => !applied,
        };
        shown.then(|| Counterexample {
            sign_in: found.sign_in.clone(),
            got: got.enforced,
            widest,
            unusual: found
                .unusual
                .iter()
                .copied()
                .filter(|one| !one.is_empty())
                .collect(),
        })
    }

    fn open(&self, found: &Found) -> Verdict {
        let (got, mut because) = match self.judge.outcome(&found.sign_in) {
            Ok(got) => {
                let policies = got.policies.iter().flat_map(|policy| &policy.missing);
                let all = got.enforced.missing.iter().chain(policies);
                let facts = all.map(ToString::to_string);
                let facts: std::collections::BTreeSet<String> = facts.collect();
                (got.enforced, facts.into_iter().collect::<Vec<_>>())
            }
            Err(_) => {
                return Verdict::Vacuous {
                    why: "its counterexample contradicts itself; please report this".to_owned(),
                };
            }
        };
        if because.is_empty() {
            because.push("a condition that cannot be judged from a sign-in".to_owned());
        }
        Verdict::Open {
            because,
            example: Box::new(Counterexample {
                sign_in: found.sign_in.clone(),
                got,
                widest: std::collections::BTreeMap::new(),
                unusual: found
                    .unusual
                    .iter()
                    .copied()
                    .filter(|one| !one.is_empty())
                    .collect(),
            }),
        }
    }
}
