//! Whether a sign-in exists for which a formula holds: by SAT. The one place that calls batsat.

use batsat::{BasicSolver, Lit, SolverInterface, lbool};

use super::formula::{Formula, FormulaNode, Formulas};

/// What is asked of a formula with something open in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// Whatever is open may be either way.
    Possibly,
    /// It holds whichever way what is open turns out, judged part by part as the evaluator does
    /// (Kleene's three values).
    Certainly,
}

/// A solver for the formulas of one question. What it has learnt stays from call to call.
pub(super) struct Solver {
    sat: BasicSolver,
    truth: Lit,
    /// For each node its literal; for those with something open in them, when it is certainly
    /// true and when it is certainly false.
    plain: Vec<Option<Lit>>,
    certain: Vec<Option<(Lit, Lit)>>,
    /// The solution that was found last.
    solution: Vec<lbool>,
}

impl Solver {
    pub(super) fn new() -> Solver {
        let mut sat = BasicSolver::default();
        let truth = Lit::new(sat.new_var(lbool::UNDEF, true), true);
        sat.add_clause_reuse(&mut vec![truth]);
        Solver {
            sat,
            truth,
            plain: Vec::new(),
            certain: Vec::new(),
            solution: Vec::new(),
        }
    }

    /// A new variable. What others decide is never guessed by itself: once they are known, so is it.
    fn fresh(&mut self, is_decided_by_others: bool) -> Lit {
        Lit::new(self.sat.new_var(lbool::UNDEF, !is_decided_by_others), true)
    }

    fn clause(&mut self, literals: &[Lit]) {
        self.sat.add_clause_reuse(&mut literals.to_vec());
    }

    /// A literal that is true exactly when all of `parts` are.
    pub(super) fn conjunction(&mut self, parts: &[Lit]) -> Lit {
        let whole = self.fresh(true);
        for part in parts {
            self.clause(&[!whole, *part]);
        }
        let mut back: Vec<Lit> = parts.iter().map(|part| !*part).collect();
        back.push(whole);
        self.clause(&back);
        whole
    }

    /// The literal of a formula, whatever is open being either way.
    pub(super) fn literal(&mut self, formulas: &Formulas, formula: Formula) -> Lit {
        let number = formula.node();
        if self.plain.len() < formulas.len() {
            self.plain.resize(formulas.len(), None);
        }
        let known = self.plain.get(number).copied().flatten();
        let literal = match (known, formulas.get(number)) {
            (Some(literal), _) => literal,
            (None, FormulaNode::True) => self.truth,
            (None, FormulaNode::Atom(_) | FormulaNode::Open(_)) => self.fresh(false),
            (None, FormulaNode::And(parts)) => {
                let parts: Vec<Lit> = parts
                    .iter()
                    .map(|part| self.literal(formulas, *part))
                    .collect();
                self.conjunction(&parts)
            }
        };
        if let Some(slot) = self.plain.get_mut(number) {
            *slot = Some(literal);
        }
        literal ^ formula.is_negated()
    }

    /// When a formula certainly holds, and when it certainly does not.
    fn rails(&mut self, formulas: &Formulas, formula: Formula) -> (Lit, Lit) {
        if !formulas.is_open(formula) {
            let literal = self.literal(formulas, formula);
            return (literal, !literal);
        }
        let number = formula.node();
        if self.certain.len() < formulas.len() {
            self.certain.resize(formulas.len(), None);
        }
        let known = self.certain.get(number).copied().flatten();
        let (yes, no) = match (known, formulas.get(number)) {
            (Some(rails), _) => rails,
            (None, FormulaNode::And(parts)) => {
                let (mut yes, mut no) = (Vec::new(), Vec::new());
                for part in parts {
                    let (holds, fails) = self.rails(formulas, *part);
                    yes.push(holds);
                    no.push(!fails);
                }
                (self.conjunction(&yes), !self.conjunction(&no))
            }
            (None, _) => (!self.truth, !self.truth),
        };
        if let Some(slot) = self.certain.get_mut(number) {
            *slot = Some((yes, no));
        }
        match formula.is_negated() {
            true => (no, yes),
            false => (yes, no),
        }
    }

    /// The literal of a formula in a reading.
    pub(super) fn read(&mut self, formulas: &Formulas, formula: Formula, how: Reading) -> Lit {
        match how {
            Reading::Possibly => self.literal(formulas, formula),
            Reading::Certainly => self.rails(formulas, formula).0,
        }
    }

    /// Makes a formula hold for good.
    pub(super) fn hold(&mut self, formulas: &Formulas, formula: Formula) {
        let literal = self.literal(formulas, formula);
        self.clause(&[literal]);
    }

    /// Whether all of `assumed` can hold at once.
    pub(super) fn solve(&mut self, assumed: &[Lit]) -> bool {
        let is_possible = self.sat.solve_limited(assumed) == lbool::TRUE;
        if is_possible {
            self.solution.clear();
            self.solution.extend_from_slice(self.sat.get_model());
        }
        is_possible
    }

    /// A literal that is true exactly when one of two is.
    pub(super) fn either(&mut self, one: Lit, other: Lit) -> Lit {
        !self.conjunction(&[!one, !other])
    }

    /// Whether a literal holds in the solution that was found last; it does not where the literal
    /// was made later.
    pub(super) fn holds(&self, literal: Lit) -> bool {
        let value = self.solution.get(literal.var().idx() as usize).copied();
        value.is_some_and(|value| value ^ !literal.sign() == lbool::TRUE)
    }

    /// After none was found: of `assumed` those that already cannot hold at once.
    pub(super) fn core(&self, assumed: &[Lit]) -> Vec<Lit> {
        let wanted = |literal: &&Lit| self.sat.unsat_core_contains_lit(!**literal);
        assumed.iter().filter(wanted).copied().collect()
    }

    /// Of `assumed` a smallest part that cannot hold together with `fixed`: none of it can be
    /// left out. `None` when all can hold at once.
    pub(super) fn minimal_core(&mut self, fixed: &[Lit], assumed: &[Lit]) -> Option<Vec<Lit>> {
        let all: Vec<Lit> = fixed.iter().chain(assumed).copied().collect();
        if self.solve(&all) {
            return None;
        }
        let mut core = self.core(assumed);
        let mut at = 0;
        while at < core.len() {
            let mut fewer = core.clone();
            fewer.remove(at);
            let all: Vec<Lit> = fixed.iter().chain(&fewer).copied().collect();
            match self.solve(&all) {
                true => at += 1,
                // What it rests on now may be less still; what was needed before still is.
                false => {
                    let needed = self.core(&fewer);
                    core = fewer;
                    core.retain(|literal| needed.contains(literal));
                }
            }
        }
        Some(core)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_is_neither_certain_nor_impossible() {
        let mut f = Formulas::new();
        let (a, open) = (f.atom(), f.open("x"));
        let either = f.or(a, open);
        let mut solver = Solver::new();
        let not_a = solver.literal(&f, !a);
        for (formula, how, possible) in [
            (either, Reading::Possibly, true),
            (either, Reading::Certainly, false),
            (!either, Reading::Possibly, true),
            (!either, Reading::Certainly, false),
        ] {
            let literal = solver.read(&f, formula, how);
            assert_eq!(solver.solve(&[not_a, literal]), possible, "{how:?}");
        }
        let certain = solver.read(&f, either, Reading::Certainly);
        assert!(solver.solve(&[certain]) && solver.holds(!not_a));
    }

    #[test]
    fn a_core_names_what_cannot_be_left_out() {
        let mut f = Formulas::new();
        let atoms: Vec<Formula> = (0..5).map(|_| f.atom()).collect();
        let mut solver = Solver::new();
        let both = f.and(atoms[1], atoms[3]);
        solver.hold(&f, !both);
        let assumed: Vec<Lit> = atoms.iter().map(|a| solver.literal(&f, *a)).collect();
        let core = solver.minimal_core(&[], &assumed).unwrap();
        assert_eq!(core, [assumed[1], assumed[3]]);
        assert_eq!(solver.minimal_core(&[], &assumed[..3]), None);
    }
}
