//! By which texts an object is named: what stands for the same object is one.

use std::collections::HashMap;

use super::UsedKind;
use crate::text::is_guid;

/// An object of a tenant of which the id and the name are known, and no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedId {
    /// What it is.
    pub kind: UsedKind,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// Objects by each text that stands for them, and names that are known besides.
#[derive(Debug, Clone, Default)]
pub(super) struct ObjectNames {
    /// By kind and folded text.
    objects: HashMap<(UsedKind, String), Vec<usize>>,
    /// What is known and not yet one of the objects, by kind and folded text.
    known: HashMap<(UsedKind, String), Vec<NamedId>>,
    /// The domain that is added to principal names without one, where that is known.
    domain: Option<String>,
}

/// Ids, principal names and contexts have no letter case; display names are compared exactly.
fn folded(kind: UsedKind, text: &str) -> (UsedKind, String) {
    let text = text.trim();
    let folds = matches!(
        kind,
        UsedKind::User | UsedKind::Context | UsedKind::UserAction
    );
    match folds || is_guid(text) {
        true => (kind, text.to_ascii_lowercase()),
        false => (kind, text.to_owned()),
    }
}

impl ObjectNames {
    pub(super) fn new(known: Vec<NamedId>, domain: Option<&str>) -> ObjectNames {
        let mut names = ObjectNames {
            domain: domain.filter(|one| !one.is_empty()).map(str::to_owned),
            ..ObjectNames::default()
        };
        for one in known {
            for text in [&one.id, &one.name] {
                let list = names.known.entry(folded(one.kind, text)).or_default();
                if !list.contains(&one) {
                    list.push(one.clone());
                }
            }
        }
        names
    }

    /// Notes that a text stands for an object.
    pub(super) fn add(&mut self, kind: UsedKind, text: &str, object: usize) {
        let list = self.objects.entry(folded(kind, text)).or_default();
        if !list.contains(&object) {
            list.push(object);
        }
    }

    /// The objects that a text stands for.
    pub(super) fn objects(&self, kind: UsedKind, text: &str) -> &[usize] {
        let found = self.objects.get(&folded(kind, text));
        let found = found.or_else(|| {
            let full = self.full(kind, text)?;
            self.objects.get(&folded(kind, &full))
        });
        found.map_or(&[], Vec::as_slice)
    }

    /// What is known besides under this text.
    pub(super) fn known(&self, kind: UsedKind, text: &str) -> Vec<NamedId> {
        let found = self.known.get(&folded(kind, text));
        let found = found.or_else(|| {
            let full = self.full(kind, text)?;
            self.known.get(&folded(kind, &full))
        });
        found.cloned().unwrap_or_default()
    }

    /// Every name that is known besides.
    pub(super) fn all_known(&self) -> impl Iterator<Item = (UsedKind, &str)> {
        let all = self.known.values().flatten();
        all.map(|one| (one.kind, one.name.as_str()))
    }

    /// A principal name without a domain, with the one of the tenant.
    fn full(&self, kind: UsedKind, text: &str) -> Option<String> {
        let domain = self.domain.as_ref()?;
        let text = text.trim();
        (kind == UsedKind::User && !text.contains('@') && !is_guid(text))
            .then(|| format!("{text}@{domain}"))
    }

    /// Puts objects in a new order: the one at `n` is at `order[n]` now.
    pub(super) fn reorder(&mut self, order: &[usize]) {
        for list in self.objects.values_mut() {
            for at in list.iter_mut() {
                *at = order.get(*at).copied().unwrap_or(*at);
            }
            list.sort_unstable();
        }
    }
}
