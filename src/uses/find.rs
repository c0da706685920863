//! The objects that a person means.

use std::collections::BTreeSet;

use super::{ReferenceGraph, UsedKind};
use crate::finding::did_you_mean;

impl ReferenceGraph {
    /// The objects of this name or id, of one kind or of any.
    pub fn find(&self, text: &str, kind: Option<UsedKind>) -> Vec<usize> {
        let kinds = UsedKind::ALL.into_iter();
        let kinds = kinds.filter(|one| kind.is_none_or(|kind| kind == *one));
        let found: BTreeSet<usize> = kinds
            .flat_map(|kind| self.names.objects(kind, text))
            .copied()
            .collect();
        found.into_iter().collect()
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
