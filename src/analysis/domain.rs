//! A dimension of sign-ins: a few values, of which a sign-in has exactly one.

use super::formula::{Formula, Formulas};

/// From how many values on a ladder of helpers says that no two hold (fewer clauses).
const LADDER: usize = 8;

/// The values of a dimension, most ordinary first, and the atom of each.
#[derive(Debug)]
pub(super) struct Domain<T> {
    /// The member of a sign-in that holds it.
    pub name: &'static str,
    pub values: Vec<T>,
    pub atoms: Vec<Formula>,
}

impl<T> Domain<T> {
    /// Makes the atoms; what every sign-in obeys is added to `hard`.
    pub(super) fn new(
        name: &'static str,
        values: Vec<T>,
        formulas: &mut Formulas,
        hard: &mut Vec<Formula>,
    ) -> Domain<T> {
        let atoms: Vec<Formula> = match values.len() {
            1 => vec![Formula::TRUE],
            many => (0..many).map(|_| formulas.atom()).collect(),
        };
        hard.push(formulas.any(atoms.iter().copied()));
        if atoms.len() <= LADDER {
            for (at, one) in atoms.iter().enumerate() {
                for other in atoms.iter().skip(at + 1) {
                    let both = formulas.and(*one, *other);
                    hard.push(!both);
                }
            }
        } else {
            // A step is up from the first value that holds on.
            let mut up = Formula::FALSE;
            for one in &atoms {
                let twice = formulas.and(*one, up);
                hard.push(!twice);
                let next = formulas.atom();
                for implies in [*one, up] {
                    let rises = formulas.or(!implies, next);
                    hard.push(rises);
                }
                up = next;
            }
        }
        Domain {
            name,
            values,
            atoms,
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&T, Formula)> {
        self.values.iter().zip(self.atoms.iter().copied())
    }

    /// That the value is one of those for which `test` holds.
    pub(super) fn of(&self, formulas: &mut Formulas, test: impl Fn(&T) -> bool) -> Formula {
        if self.values.iter().all(&test) {
            return Formula::TRUE;
        }
        let chosen: Vec<Formula> = (self.iter().filter(|(value, _)| test(value)))
            .map(|(_, atom)| atom)
            .collect();
        formulas.any(chosen)
    }
}

impl<T: PartialEq> Domain<T> {
    /// That the value is this one.
    pub(super) fn is(&self, value: &T) -> Formula {
        let found = self.iter().find(|(known, _)| *known == value);
        found.map_or(Formula::FALSE, |(_, atom)| atom)
    }
}
