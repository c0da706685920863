//! Records that are given twice: whole ones in the same log, and by their ids in several.

use std::hash::{DefaultHasher, Hash, Hasher};

/// What stands for a record in another log: its id and its moment, in eight bytes.
pub(super) fn fingerprint(id: &str, at: Option<&str>) -> u64 {
    let mut hasher = DefaultHasher::new();
    (id, at).hash(&mut hasher);
    hasher.finish()
}

/// The bits of a filter, and how many are set for a record.
const BITS: u64 = 1 << 26;
const SET: u64 = 12;
/// A filter takes so many records: of as many, the chance that one is mistaken for another is one in
/// thirty thousand.
const FULL: u64 = 1_000_000;

/// Which records were met: a Bloom filter, eight megabytes for each million of them.
#[derive(Debug, Clone, Default)]
pub(super) struct MetRecords {
    filters: Vec<Vec<u64>>,
    in_last: u64,
}

impl MetRecords {
    /// Whether the very same record was met before; it is from now on.
    pub(super) fn is_again(&mut self, json: &[u8]) -> bool {
        let mut hasher = DefaultHasher::new();
        json.hash(&mut hasher);
        let first = hasher.finish();
        1_u8.hash(&mut hasher);
        let step = hasher.finish() | 1;
        let places = (0..SET).map(|at| first.wrapping_add(step.wrapping_mul(at)) % BITS);
        let slot = |place: u64| ((place / 64) as usize, 1_u64 << (place % 64));
        let holds = |filter: &Vec<u64>| {
            let mut all = places.clone().map(slot);
            all.all(|(word, bit)| filter.get(word).is_some_and(|word| word & bit != 0))
        };
        if self.filters.iter().any(holds) {
            return true;
        }
        if self.filters.is_empty() || self.in_last >= FULL {
            self.filters.push(vec![0; (BITS / 64) as usize]);
            self.in_last = 0;
        }
        self.in_last += 1;
        if let Some(filter) = self.filters.last_mut() {
            for (word, bit) in places.map(slot) {
                if let Some(word) = filter.get_mut(word) {
                    *word |= bit;
                }
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_record_is_new_once() {
        let mut met = MetRecords::default();
        let records = || (0..50_000).map(|n| format!("{{\"id\":\"{n}\"}}"));
        let again = records().filter(|one| met.is_again(one.as_bytes()));
        assert_eq!(again.count(), 0);
        assert!(records().all(|one| met.is_again(one.as_bytes())));
        // Another filter takes what the first has no room for, and both are asked.
        met.in_last = FULL;
        assert!(!met.is_again(b"{}") && met.is_again(b"{}"));
        assert_eq!(met.filters.len(), 2);
        assert!(records().all(|one| met.is_again(one.as_bytes())));
    }
}
