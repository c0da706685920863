//! The objects that a person means.

use std::collections::BTreeSet;

use super::{ReferenceGraph, UsedKind, UsedObject};
use crate::finding::did_you_mean;

impl ReferenceGraph {
    /// The objects of this name or id, of one kind or of any. What is well known or was looked up
    /// and is not referred to becomes an object without references.
    pub fn find(&mut self, text: &str, kind: Option<UsedKind>) -> Vec<usize> {
        let kinds: Vec<UsedKind> = match kind {
            Some(kind) => vec![kind],
            None => UsedKind::ALL.to_vec(),
        };
        let found: BTreeSet<usize> = (kinds.iter())
            .flat_map(|kind| self.names.objects(*kind, text))
            .copied()
            .collect();
        if !found.is_empty() {
            return found.into_iter().collect();
        }
        let mut others: Vec<UsedObject> = Vec::new();
        for kind in kinds {
            let known = self.names.known(kind, text);
            others.extend(known.into_iter().map(UsedObject::from));
            let well_known = kind.reference().and_then(|one| one.well_known(text.trim()));
            if let (Some(known), Some(reference)) = (well_known, kind.reference()) {
                others.push(UsedObject::well_known(kind, reference, known));
            }
        }
        let first = self.objects.len();
        self.objects.extend(others);
        self.users.resize(self.objects.len(), Vec::new());
        self.used.resize(self.objects.len(), Vec::new());
        (first..self.objects.len()).collect()
    }

    /// The objects of a kind.
    pub fn of_kind(&self, kind: UsedKind) -> Vec<usize> {
        let all = self.objects.iter().enumerate();
        all.filter(|(_, object)| object.kind == kind)
            .map(|(at, _)| at)
            .collect()
    }

    /// The name that a text was most likely meant to be.
    pub fn nearest(&self, text: &str, kind: Option<UsedKind>) -> Option<&str> {
        let is_meant = |one: UsedKind| kind.is_none_or(|kind| kind == one);
        let own = self.objects.iter().filter(|one| is_meant(one.kind));
        let own = own.flat_map(|one| [Some(one.name.as_str()), one.also.as_deref()]);
        let known = self.names.all_known();
        let known = known.filter(|(kind, _)| is_meant(*kind));
        // By the alphabet: of two that are equally near it is always the same.
        let all: BTreeSet<&str> = own.flatten().chain(known.map(|(_, name)| name)).collect();
        did_you_mean(text, all)
    }
}
