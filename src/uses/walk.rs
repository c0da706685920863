//! What depends on an object in the end, and what it depends on: the way there, step by step.

use std::collections::HashSet;

use super::{ObjectUse, ReferenceGraph};

/// One step away from an object that was asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UseStep {
    /// The object that is reached, as its place among the objects of the graph.
    pub object: usize,
    /// The step before, as its place among the steps; nothing for what is reached at once.
    pub via: Option<usize>,
    /// How many steps there are before it.
    pub depth: usize,
    /// The references by which it is reached, as their places among the references of the graph.
    pub references: Vec<usize>,
    /// True when the object was reached before: what follows it is shown there.
    pub is_again: bool,
}

/// Which way references are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// To those that refer.
    Up,
    /// To what is referred to.
    Down,
}

impl ReferenceGraph {
    /// All that depends on an object, directly or through others, in the order of a tree: after
    /// each object what depends on it. What is reached again is not followed a second time, so
    /// that each reference is told once and circles end.
    pub fn above(&self, object: usize) -> Vec<UseStep> {
        self.walked(object, Way::Up)
    }

    /// All that an object depends on, directly or through others, in the same order.
    pub fn below(&self, object: usize) -> Vec<UseStep> {
        self.walked(object, Way::Down)
    }

    fn walked(&self, object: usize, way: Way) -> Vec<UseStep> {
        let mut steps: Vec<UseStep> = Vec::new();
        let mut seen = HashSet::from([object]);
        let mut open: Vec<UseStep> = self.next(object, None, 0, way);
        while let Some(mut step) = open.pop() {
            step.is_again = !seen.insert(step.object);
            let at = steps.len();
            if !step.is_again {
                open.extend(self.next(step.object, Some(at), step.depth + 1, way));
            }
            steps.push(step);
        }
        steps
    }

    /// The steps from an object, the last first: one for each object that is reached.
    fn next(&self, from: usize, via: Option<usize>, depth: usize, way: Way) -> Vec<UseStep> {
        let (list, end): (_, fn(&ObjectUse) -> usize) = match way {
            Way::Up => (self.users.get(from), |one| one.user),
            Way::Down => (self.used.get(from), |one| one.used),
        };
        let mut steps: Vec<UseStep> = Vec::new();
        for at in list.into_iter().flatten() {
            let Some(object) = self.uses.get(*at).map(end) else {
                continue;
            };
            match steps.last_mut().filter(|step| step.object == object) {
                Some(step) => step.references.push(*at),
                None => steps.push(UseStep {
                    object,
                    via,
                    depth,
                    references: vec![*at],
                    is_again: false,
                }),
            }
        }
        steps.reverse();
        steps
    }
}
