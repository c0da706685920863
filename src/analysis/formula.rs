//! Formulas over the atoms of a world: shared, so that what is the same is the same formula.

use std::collections::HashMap;
use std::ops::Not;

/// A formula: a node, or what is true where the node is false. Equal formulas are equal values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Formula(u32);

impl Formula {
    pub(super) const TRUE: Formula = Formula(0);
    pub(super) const FALSE: Formula = Formula(1);

    pub(super) fn node(self) -> usize {
        (self.0 >> 1) as usize
    }

    pub(super) fn is_negated(self) -> bool {
        self.0 & 1 == 1
    }
}

impl Not for Formula {
    type Output = Formula;
    fn not(self) -> Formula {
        Formula(self.0 ^ 1)
    }
}

impl From<bool> for Formula {
    fn from(holds: bool) -> Formula {
        match holds {
            true => Formula::TRUE,
            false => Formula::FALSE,
        }
    }
}

/// What a formula is made of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum FormulaNode {
    True,
    /// Something that a sign-in decides.
    Atom(u32),
    /// Something that nobody knows, by what it is.
    Open(Box<str>),
    And(Box<[Formula]>),
}

/// Every formula of a question.
#[derive(Debug)]
pub(super) struct Formulas {
    nodes: Vec<FormulaNode>,
    /// For each node whether something open is in it.
    open: Vec<bool>,
    numbers: HashMap<FormulaNode, u32>,
    atoms: u32,
}

impl Formulas {
    pub(super) fn new() -> Formulas {
        Formulas {
            nodes: vec![FormulaNode::True],
            open: vec![false],
            numbers: HashMap::from([(FormulaNode::True, 0)]),
            atoms: 0,
        }
    }

    fn put(&mut self, node: FormulaNode) -> Formula {
        if let Some(number) = self.numbers.get(&node) {
            return Formula(number << 1);
        }
        let open = match &node {
            FormulaNode::True | FormulaNode::Atom(_) => false,
            FormulaNode::Open(_) => true,
            FormulaNode::And(parts) => parts.iter().any(|part| self.is_open(*part)),
        };
        let number = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX >> 1);
        self.nodes.push(node.clone());
        self.open.push(open);
        self.numbers.insert(node, number);
        Formula(number << 1)
    }

    pub(super) fn get(&self, node: usize) -> &FormulaNode {
        self.nodes.get(node).unwrap_or(&FormulaNode::True)
    }

    /// What nobody knows, by what it is.
    pub(super) fn opens(&self) -> impl Iterator<Item = (&str, Formula)> {
        let numbered = self.nodes.iter().zip(0u32..);
        numbered.filter_map(|(node, number)| match node {
            FormulaNode::Open(what) => Some((&**what, Formula(number << 1))),
            _ => None,
        })
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// True when something that nobody knows is part of it.
    pub(super) fn is_open(&self, formula: Formula) -> bool {
        self.open.get(formula.node()).copied().unwrap_or_default()
    }

    /// Something new that a sign-in decides.
    pub(super) fn atom(&mut self) -> Formula {
        self.atoms += 1;
        self.put(FormulaNode::Atom(self.atoms))
    }

    /// Something that nobody knows: one thing for each text.
    pub(super) fn open(&mut self, what: impl Into<String>) -> Formula {
        self.put(FormulaNode::Open(what.into().into_boxed_str()))
    }

    /// All of them; true without any.
    pub(super) fn all(&mut self, parts: impl IntoIterator<Item = Formula>) -> Formula {
        let mut kept: Vec<Formula> = Vec::new();
        for part in parts {
            match self.get(part.node()) {
                _ if part == Formula::TRUE => {}
                _ if part == Formula::FALSE => return Formula::FALSE,
                FormulaNode::And(inner) if !part.is_negated() => kept.extend(inner.iter().copied()),
                _ => kept.push(part),
            }
        }
        kept.sort_unstable();
        kept.dedup();
        // A part and its opposite stand beside each other.
        let mut pairs = kept.iter().zip(kept.iter().skip(1));
        if pairs.any(|(one, next)| *one == !*next) {
            return Formula::FALSE;
        }
        match kept.as_slice() {
            [] => Formula::TRUE,
            [one] => *one,
            _ => self.put(FormulaNode::And(kept.into())),
        }
    }

    /// One of them; false without any.
    pub(super) fn any(&mut self, parts: impl IntoIterator<Item = Formula>) -> Formula {
        let parts: Vec<Formula> = parts.into_iter().map(|part| !part).collect();
        !self.all(parts)
    }

    pub(super) fn and(&mut self, one: Formula, other: Formula) -> Formula {
        self.all([one, other])
    }

    pub(super) fn or(&mut self, one: Formula, other: Formula) -> Formula {
        self.any([one, other])
    }

    /// The formula with an atom that holds, or does not.
    pub(super) fn with(&mut self, formula: Formula, atom: Formula, holds: bool) -> Formula {
        let mut known = HashMap::from([(atom.node(), Formula::from(holds != atom.is_negated()))]);
        self.replaced(formula, &mut known)
    }

    fn replaced(&mut self, formula: Formula, known: &mut HashMap<usize, Formula>) -> Formula {
        let number = formula.node();
        let own = match (known.get(&number), self.get(number)) {
            (Some(own), _) => *own,
            (None, FormulaNode::And(parts)) => {
                let parts = parts.clone();
                let parts: Vec<Formula> = parts
                    .iter()
                    .map(|part| self.replaced(*part, known))
                    .collect();
                self.all(parts)
            }
            (None, _) => Formula((number as u32) << 1),
        };
        known.insert(number, own);
        if formula.is_negated() { !own } else { own }
    }

    /// The one, and not the other: inclusion and exclusion.
    pub(super) fn but_not(&mut self, one: Formula, other: Formula) -> Formula {
        self.all([one, !other])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_same_is_the_same_formula() {
        let mut f = Formulas::new();
        let (a, b) = (f.atom(), f.atom());
        assert_eq!(f.and(a, b), f.and(b, a));
        assert_eq!(f.and(a, !a), Formula::FALSE);
        assert_eq!(f.or(a, !a), Formula::TRUE);
        assert_eq!(f.or(a, Formula::FALSE), a);
        let open = f.open("x");
        assert_eq!(open, f.open("x"));
        let both = f.and(open, a);
        assert!(f.is_open(!both) && !f.is_open(a));
    }
}
