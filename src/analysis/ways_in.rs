//! Who can get in nowhere any more.

use super::compared::ComparedSets;
use super::formula::Formula;
use super::rows::{PeopleClass, RowCube, Rows};
use super::solver::Reading;

/// An ordinary way in, before and after, and for whom there is one.
pub(super) struct WaysIn {
    before: Formula,
    after: Formula,
    rows: Rows,
    /// Each of these classes has one that is left.
    left: Vec<RowCube>,
}

impl WaysIn {
    /// `places` are those of the policies of each side.
    pub(super) fn new(compared: &mut ComparedSets<'_>, places: [&[usize]; 2]) -> WaysIn {
        let ordinary = compared.ordinary_way();
        let loss = compared.loss(ordinary);
        WaysIn {
            before: loss.could,
            after: loss.can,
            rows: Rows::new(&mut compared.question, places),
            left: Vec::new(),
        }
    }

    /// Whether a class could get in, and can nowhere any more, whatever is not known.
    pub(super) fn are_lost(
        &mut self,
        compared: &mut ComparedSets<'_>,
        class: &PeopleClass,
    ) -> bool {
        if self.left.iter().any(|cube| cube.covers(class)) {
            return false;
        }
        let row = self.rows.of(class);
        let question = &mut compared.question;
        let mut had = question.literals(&[self.before], Reading::Certainly);
        let has = question.literals(&[self.after], Reading::Possibly);
        had.extend(&row);
        let assumed: Vec<_> = has.iter().chain(&row).copied().collect();
        if !question.solver.solve(&had) {
            return false;
        }
        let Some(found) = question.ordinary(&assumed) else {
            return true;
        };
        // Who else has the way that was found: by what they are, everything else as it is there.
        let fixed = found.fixed.iter().map(|fixed| fixed.literal);
        let mut base: Vec<_> = fixed.filter(|one| !self.rows.has(*one)).collect();
        base.extend(&found.means);
        base.extend(has.iter().map(|literal| !*literal));
        if let Some(core) = question.solver.minimal_core(&base, &row) {
            let mut cube = self.rows.cube(&core);
            cube.kinds = Some(vec![class.kind]);
            self.left.push(cube);
        }
        false
    }
}
