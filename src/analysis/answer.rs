//! What a sign-in gets from one side, as formulas: so that a box holds those sign-ins alone that get
//! what is printed of it.

use batsat::Lit;

use super::formula::Formula;
use super::grant::{Means, PassFormulas, counts};
use super::question::Inquiry;
use super::session::{levels, reaches};
use super::side::Side;
use super::solver::Reading;
use super::space::Space;
use crate::model::enums::GrantControl;
use crate::model::session::SessionControls;
use crate::whatif::{CompiledPolicies, Requirement};

/// All that is printed of what a sign-in gets.
pub(super) struct AnswerFormulas {
    /// A policy blocks it.
    pub blocked: Formula,
    pub passes: Formula,
    /// For each list when it is asked for.
    asked: Vec<Formula>,
    /// Something is asked for.
    pub asks: Formula,
    /// It lacks multifactor authentication, or a strength.
    pub lacks_mfa: Formula,
    /// How strict the session is at least.
    levels: Vec<Formula>,
}

impl AnswerFormulas {
    /// What one side does, as far as its answers say it.
    pub(super) fn new(
        side: &Side<'_>,
        means: &Means,
        effect: &PassFormulas,
        space: &mut Space,
    ) -> AnswerFormulas {
        let asked = means.asked(side, space);
        let mut lacks_mfa = Vec::new();
        let requirements = &side.policies.index.requirements;
        for (clause, asked) in asked.iter().enumerate() {
            let met = means.is_met(side, clause, space);
            let mut members = requirements.clauses.get(clause).into_iter().flatten();
            if members.any(|one| {
                requirements
                    .known
                    .get(*one)
                    .is_some_and(|k| proves_who(&k.requirement))
            }) {
                lacks_mfa.push(space.formulas.but_not(*asked, met));
            }
        }
        let own = sessions(side);
        let all = levels(own.iter().map(|(session, _)| *session));
        let levels = all.iter();
        let levels: Vec<Formula> = levels
            .map(|level| reaches(level, own.iter().copied(), &mut space.formulas))
            .collect();
        AnswerFormulas {
            blocked: effect.blocked,
            passes: effect.passes,
            asks: space.formulas.any(asked.iter().copied()),
            lacks_mfa: space.formulas.any(lacks_mfa),
            asked,
            levels,
        }
    }

    /// When nothing is asked for here that is not asked for there as well.
    pub(super) fn asks_no_more(
        &self,
        policies: &CompiledPolicies,
        other: &AnswerFormulas,
        others: &CompiledPolicies,
        space: &mut Space,
    ) -> Formula {
        let (own, theirs) = (&policies.index.requirements, &others.index.requirements);
        let lists = own.clauses.iter().zip(&self.asked);
        let each: Vec<Formula> = lists
            .map(|(weak, asked)| {
                // Whoever meets the one meets the other.
                let implies = |strong: &Vec<usize>| {
                    strong.iter().all(|one| {
                        let strong = theirs.known.get(*one);
                        let mut weak = weak.iter().filter_map(|one| own.known.get(*one));
                        strong.is_some_and(|strong| weak.any(|weak| strong.implies(weak)))
                    })
                };
                let there = theirs.clauses.iter().zip(&other.asked);
                let there = there.filter(|(strong, _)| implies(strong));
                let there: Vec<Formula> = there.map(|(_, asked)| *asked).collect();
                space.formulas.any(there.into_iter().chain([!*asked]))
            })
            .collect();
        space.formulas.all(each)
    }

    /// Has the solver know all of it, so that a solution tells it; with the literals that all of it
    /// is certain.
    pub(super) fn ask(&self, question: &mut Inquiry<'_>) -> Vec<Lit> {
        let single = [self.blocked, self.passes];
        let all = single.iter().chain(&self.asked).chain(&self.levels);
        let certain = all.filter_map(|one| {
            let [yes, no] = [*one, !*one].map(|one| question.read(one, Reading::Certainly));
            let is_open = question.space.formulas.is_open(*one);
            is_open.then(|| question.solver.either(yes, no))
        });
        certain.collect()
    }

    /// What makes the answer what it is in the solution that was found last: whatever has all of it
    /// gets the same. What hangs on facts that are not known is none of it.
    pub(super) fn as_it_is(
        &self,
        policies: &CompiledPolicies,
        question: &mut Inquiry<'_>,
    ) -> Vec<Formula> {
        if question.is_certain(self.blocked) {
            return vec![self.blocked];
        }
        let mut parts = vec![self.blocked, self.passes];
        parts.extend(&self.levels);
        let asked = self.asked.iter().enumerate();
        let asked = asked.filter(|(_, asked)| question.is_certain(**asked));
        let asked: Vec<usize> = asked.map(|(clause, _)| clause).collect();
        let requirements = &policies.index.requirements;
        let printed = requirements.minimal(asked);
        for (clause, asked) in self.asked.iter().enumerate() {
            // What is printed says it.
            let is_said = printed.iter().any(|strong| {
                requirements.clause_implies(*strong, clause)
                    && !requirements.clause_implies(clause, *strong)
            });
            if !is_said {
                parts.push(*asked);
            }
        }
        let both = parts.into_iter().flat_map(|one| [one, !one]);
        both.filter(|one| question.is_certain(*one)).collect()
    }
}

/// The session controls of the policies that count, each with when it applies.
pub(super) fn sessions<'a>(side: &Side<'a>) -> Vec<(&'a SessionControls, Formula)> {
    let policies: &'a CompiledPolicies = side.policies;
    let all = policies.policies.iter().zip(&side.applies).enumerate();
    let counted = all.filter(|(number, _)| counts(policies, *number));
    counted
        .filter_map(|(_, (policy, applies))| Some((policy.session.as_deref()?, *applies)))
        .collect()
}

/// Whether a requirement is that who signs in proves who they are.
fn proves_who(requirement: &Requirement) -> bool {
    matches!(
        requirement,
        Requirement::Control(GrantControl::Mfa) | Requirement::Strength(_)
    )
}
