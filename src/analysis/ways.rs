//! Who had a way in and has none any more, whatever they do. For each person that is found a way
//! in is asked for, and everybody for whom that very way is open is left out of what follows.

use batsat::Lit;

use super::formula::Formula;
use super::grant::is_compliant;
use super::question::{Found, Inquiry};
use super::side::PLACED;
use super::solver::Reading;

/// How many people are looked at before a search is given up.
pub(super) const ROUNDS: usize = 400;
/// Of a person who is one of many it counts who they are, and not all that they are not.
const FEW: usize = 8;
/// How often it is asked whether less of a person is enough.
const AGAIN: usize = 3;

/// Somebody is looked for who could do something, and cannot do something else.
pub(super) struct Loss {
    /// What a sign-in of theirs could do.
    pub could: Formula,
    /// What no sign-in of theirs can.
    pub can: Formula,
    /// What the sign-in that is shown has where it can be had.
    pub telling: Formula,
}

/// What a search finds.
pub(super) enum Lost {
    /// Nobody: proved.
    Nobody,
    Somebody(Box<Found>),
    /// It was given up; with somebody of whom it is not known.
    Unsettled(Box<Found>),
}

/// A search among people: all that somebody is, and all that a way in is.
pub(super) struct Ways {
    /// What a person is one of: the values of each dimension.
    one_of: Vec<Vec<Lit>>,
    /// What a person is or is not.
    held: Vec<Lit>,
    /// What nobody knows of the tenant, and what of a single way (where a phone is).
    facts: Vec<Lit>,
    placed: Vec<Lit>,
    /// What a way in consists of, and what it leads into.
    decided: Vec<Lit>,
    resources: Vec<Lit>,
    /// What is met in a way that suits many.
    means: Vec<(&'static str, Lit)>,
    spared: Vec<Spared>,
    /// Ways in, wherever to, and for whom they were open.
    found: Vec<(Vec<Lit>, Vec<Lit>)>,
    rounds: usize,
}

/// People who have a way in.
struct Spared {
    /// True when it is open to them where the facts are so, false when it only may be.
    is_sure: bool,
    people: Vec<Lit>,
    facts: Vec<Lit>,
}

/// A person.
struct Person {
    /// For each dimension what they are, and (which says the same of more people) are not.
    one_of: Vec<(Lit, Vec<Lit>)>,
    /// What else they are and are not.
    held: Vec<Lit>,
}

impl Ways {
    /// A search that looks at `rounds` people at most, each time it is asked.
    pub(super) fn new(question: &mut Inquiry<'_>, rounds: usize) -> Ways {
        let compliant = is_compliant(&mut question.space);
        let space = &question.space;
        let person = [&space.subject.atoms, &space.user.atoms, &space.home.atoms];
        let person: Vec<Vec<Formula>> = person.into_iter().cloned().collect();
        let held: Vec<Formula> = (space.memberships())
            .chain(space.roles.values().copied())
            .collect();
        let (placed, facts): (Vec<_>, Vec<_>) =
            (space.formulas.opens()).partition(|(what, _)| what.starts_with(PLACED));
        let resources = space.resource.atoms.clone();
        let mut decided: Vec<Formula> = Vec::new();
        for atoms in [
            &space.client.atoms,
            &space.platform.atoms,
            &space.address.atoms,
            &space.country.atoms,
            &space.network.atoms,
            &space.sign_in_risk.atoms,
            &space.user_risk.atoms,
            &space.insider_risk.atoms,
            &space.flow.atoms,
            &space.registered.atoms,
        ] {
            decided.extend(atoms);
        }
        for attributes in [&space.device, &space.application] {
            for (_, attribute) in attributes.all.values() {
                decided.extend(&attribute.held.atoms);
                decided.extend(attribute.tests.values());
            }
        }
        let requirements = space.requirements.iter().map(|(_, atom)| *atom);
        let mut means: Vec<Formula> = space.methods.iter().copied().chain(requirements).collect();
        decided.extend(&means);
        means.push(compliant);
        for limited in [&space.keys, &space.issuers, &space.oids] {
            decided.extend(limited.iter().map(|(_, atom)| *atom));
        }
        let (facts, placed) = (only(&facts), only(&placed));
        let mut literals = |all: Vec<Formula>| -> Vec<Lit> {
            all.into_iter().map(|one| question.plain(one)).collect()
        };
        Ways {
            one_of: person.into_iter().map(&mut literals).collect(),
            held: literals(held),
            facts: literals(facts),
            placed: literals(placed),
            decided: literals(decided),
            resources: literals(resources),
            means: literals(means).into_iter().map(|one| ("", one)).collect(),
            spared: Vec::new(),
            found: Vec::new(),
            rounds,
        }
    }

    /// The next search is about ways into this alone. Who has a way into something else may have
    /// the same into this.
    pub(super) fn turn(&mut self, question: &mut Inquiry<'_>, loss: &Loss, into: Formula) {
        self.spared.clear();
        let how = Reading::Certainly;
        let (shut, into) = (question.read(!loss.can, how), question.plain(into));
        for (way, people) in &self.found {
            let mut all = vec![shut, into];
            all.extend(way.iter().chain(people));
            if !question.solver.solve(&all) {
                self.spared.push(Spared {
                    is_sure: false,
                    people: people.clone(),
                    facts: Vec::new(),
                });
            }
        }
    }

    /// Somebody among those of whom `among` holds who lost what `loss` says. Certainly: whatever
    /// the facts are that nobody knows; possibly: for some of them.
    pub(super) fn lost(
        &mut self,
        question: &mut Inquiry<'_>,
        loss: &Loss,
        among: Formula,
        how: Reading,
    ) -> Lost {
        let gone = (question.space.formulas).all([loss.could, among, !loss.can]);
        let (gone, shut) = (question.read(gone, how), question.read(!loss.can, how));
        let mut assumed = vec![gone];
        for one in &self.spared {
            let mut those = one.people.clone();
            match how {
                // In some world they have that way.
                Reading::Certainly => {}
                Reading::Possibly if one.is_sure => those.extend(&one.facts),
                Reading::Possibly => continue,
            }
            assumed.push(!question.solver.conjunction(&those));
        }
        for _ in 0..self.rounds {
            if !question.solver.solve(&assumed) {
                return Lost::Nobody;
            }
            let person = self.person(question, how);
            let mut way = vec![!shut];
            way.extend(person.literals());
            if !question.solver.solve(&way) {
                // And nobody else who is the same in what matters.
                assumed.extend(person.core(question, &[!shut]));
                let found = question.ordinary_and(&assumed, loss.telling).map(Box::new);
                return found.map_or(Lost::Nobody, Lost::Somebody);
            }
            question.grant(&self.means, &mut way, &mut Vec::new());
            let mut fixed = vec![shut];
            if question.solver.solve(&way) {
                let placed: &[Lit] = match how {
                    Reading::Possibly => &self.placed,
                    Reading::Certainly => &[],
                };
                let all = self.decided.iter().chain(placed);
                fixed.extend(all.map(|literal| as_it_is(question, *literal)));
                let into = self.resources.iter();
                fixed.extend(into.filter(|one| question.solver.holds(**one)));
            }
            let core = person.core(question, &fixed);
            assumed.push(!question.solver.conjunction(&core));
            let is_fact = |one: &Lit| self.facts.iter().any(|fact| fact.var() == one.var());
            let (facts, people): (Vec<Lit>, _) = core.into_iter().partition(is_fact);
            let way = fixed.iter().skip(1).take(self.decided.len());
            self.found.push((way.copied().collect(), people.clone()));
            self.spared.push(Spared {
                is_sure: how == Reading::Possibly,
                people,
                facts,
            });
        }
        // Perhaps there is nobody left.
        let found = question.ordinary_and(&assumed, loss.telling);
        found.map_or(Lost::Nobody, |found| Lost::Unsettled(Box::new(found)))
    }

    /// The person of the solution that was found last; where it is about what is possible, with
    /// the facts that are so.
    fn person(&self, question: &Inquiry<'_>, how: Reading) -> Person {
        let mut one_of = Vec::new();
        for values in &self.one_of {
            let (is, not): (Vec<Lit>, Vec<Lit>) =
                (values.iter()).partition(|value| question.solver.holds(**value));
            let not = not.into_iter().map(|value| !value).collect();
            one_of.extend(is.first().map(|is| (*is, not)));
        }
        let facts: &[Lit] = match how {
            Reading::Possibly => &self.facts,
            Reading::Certainly => &[],
        };
        let held = self.held.iter().chain(facts);
        let held = held.map(|literal| as_it_is(question, *literal)).collect();
        Person { one_of, held }
    }
}

impl Person {
    fn literals(&self) -> Vec<Lit> {
        let not = self.one_of.iter().flat_map(|(_, not)| not);
        not.chain(&self.held).copied().collect()
    }

    /// What of them already cannot be together with `fixed`; all, when it can be.
    fn core(&self, question: &mut Inquiry<'_>, fixed: &[Lit]) -> Vec<Lit> {
        let own = self.literals();
        let all: Vec<Lit> = fixed.iter().chain(&own).copied().collect();
        let solver = &mut question.solver;
        if solver.solve(&all) {
            return own;
        }
        let mut core = solver.core(&own);
        for (is, not) in &self.one_of {
            // Who is meant alone is told by what they are.
            if core.iter().filter(|one| not.contains(one)).count() > FEW {
                core.retain(|one| !not.contains(one));
                core.push(*is);
            }
        }
        if core.len() <= FEW {
            return solver.minimal_core(fixed, &core).unwrap_or(core);
        }
        // Of many each costs a question: only what falls away at once.
        for _ in 0..AGAIN {
            let all: Vec<Lit> = fixed.iter().chain(&core).copied().collect();
            let had = core.len();
            if solver.solve(&all) {
                break;
            }
            core = solver.core(&core);
            if core.len() == had {
                break;
            }
        }
        core
    }
}

fn only(opens: &[(&str, Formula)]) -> Vec<Formula> {
    opens.iter().map(|(_, formula)| *formula).collect()
}

fn as_it_is(question: &Inquiry<'_>, literal: Lit) -> Lit {
    match question.solver.holds(literal) {
        true => literal,
        false => !literal,
    }
}
