//! One space, the sets of policies over it, and the solver that is asked about them.

use std::rc::Rc;

use batsat::Lit;

use super::formula::Formula;
use super::places;
use super::side::Side;
use super::solver::{Reading, Solver};
use super::space::Space;
use super::spelling::Spelling;
use crate::whatif::SignIn;

/// A space and the sets of policies over it.
pub(super) struct Inquiry<'a> {
    pub space: Space,
    pub sides: Vec<Side<'a>>,
    pub solver: Solver,
    /// That no policy blocks a sign-in: liked where it can be had.
    pub unblocked: Formula,
    /// What the classes of addresses are called, and those of countries.
    pub addresses: Vec<String>,
    pub countries: Vec<String>,
    pub spelling: Rc<Spelling>,
    held: usize,
}

/// A sign-in in the space: which value each dimension has.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// The literals of everything that a sign-in decides, as they are.
    pub fixed: Vec<Fixed>,
    /// What is met, which is no dimension of a box.
    pub means: Vec<Lit>,
    /// For each side the groups that the subject is in, by their one spelling there.
    pub groups: Vec<Vec<String>>,
    /// Members that could not take an ordinary value.
    pub unusual: Vec<&'static str>,
    pub sign_in: SignIn,
}

/// One thing that a sign-in decides.
#[derive(Debug, Clone)]
pub(super) struct Fixed {
    /// The member of the sign-in.
    pub member: String,
    pub literal: Lit,
    /// What it is called; with `not ` before it where it does not hold.
    pub word: String,
    /// The other values of the dimension, with their atoms; none of a thing by itself.
    pub others: Vec<(String, Formula)>,
    /// True for a value that stands for all that is not named: the others say it better.
    pub is_rest: bool,
}

impl<'a> Inquiry<'a> {
    pub(super) fn new(space: Space, sides: Vec<Side<'a>>) -> Inquiry<'a> {
        Inquiry {
            addresses: places::of_addresses(&sides, &space.address.values),
            countries: places::of_countries(&sides, &space.country.values),
            spelling: Rc::new(Spelling::new(&space, &sides)),
            space,
            sides,
            solver: Solver::new(),
            unblocked: Formula::TRUE,
            held: 0,
        }
    }

    /// Whether a sign-in exists for which all of `formulas` hold.
    pub(super) fn exists(&mut self, formulas: &[Formula], how: Reading) -> bool {
        let literals = self.literals(formulas, how);
        self.solver.solve(&literals)
    }

    pub(super) fn literals(&mut self, formulas: &[Formula], how: Reading) -> Vec<Lit> {
        for rule in self.space.hard.get(self.held..).unwrap_or_default() {
            self.solver.hold(&self.space.formulas, *rule);
        }
        self.held = self.space.hard.len();
        let formulas = formulas.iter();
        formulas
            .map(|one| self.solver.read(&self.space.formulas, *one, how))
            .collect()
    }

    pub(super) fn read(&mut self, formula: Formula, how: Reading) -> Lit {
        // With what every sign-in obeys.
        self.literals(&[], how);
        self.solver.read(&self.space.formulas, formula, how)
    }

    /// Whether a formula certainly holds in the solution that was found last; its reading was asked
    /// for before.
    pub(super) fn is_certain(&mut self, formula: Formula) -> bool {
        let literal = self.read(formula, Reading::Certainly);
        self.solver.holds(literal)
    }

    pub(super) fn plain(&mut self, formula: Formula) -> Lit {
        self.solver.literal(&self.space.formulas, formula)
    }
}
