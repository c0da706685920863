//! What is counted of a log. It grows with people, applications and policies, not with records.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;

use super::calibration::{CalibrationTally, LogExample};
use super::reading::NotJudged;
use super::repeats::MetRecords;
use super::split::LogPosition;
use super::verdict::ReplayVerdict;
use crate::whatif::Consequence;

/// Things that were met, by number.
#[derive(Debug, Clone)]
pub(super) struct Numbered<K, V> {
    numbers: HashMap<K, u32>,
    pub(super) items: Vec<(K, V)>,
}

impl<K, V> Default for Numbered<K, V> {
    fn default() -> Self {
        Numbered {
            numbers: HashMap::new(),
            items: Vec::new(),
        }
    }
}

impl<K: Eq + Hash + Clone, V> Numbered<K, V> {
    pub(super) fn number<Q>(&mut self, key: &Q, make: impl FnOnce() -> (K, V)) -> u32
    where
        K: std::borrow::Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        if let Some(number) = self.numbers.get(key) {
            return *number;
        }
        let number = u32::try_from(self.items.len()).unwrap_or(u32::MAX);
        let (key, value) = make();
        self.numbers.insert(key.clone(), number);
        self.items.push((key, value));
        number
    }

    pub(super) fn get(&self, number: u32) -> Option<&(K, V)> {
        self.items.get(number as usize)
    }
}

/// What somebody, or an application, is called: in the first record that says so.
pub(super) type Called = (u64, String);

/// Somebody's sign-ins to one application that come to the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct RowKey {
    pub(super) who: u32,
    pub(super) what: u32,
    pub(super) change: u32,
}

/// A change, by what it is and whose doing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ChangeKey {
    pub(super) verdict: ReplayVerdict,
    /// The policies behind it.
    pub(super) because: Vec<String>,
    /// What is asked for besides, or no more.
    pub(super) asks: Vec<String>,
    /// What is asked for besides, and was met as the log says of the policy while it was in
    /// report-only.
    pub(super) met: Vec<String>,
}

/// The first sign-in of a change.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ChangeExample {
    pub(super) example: LogExample,
    pub(super) before: Consequence,
    pub(super) after: Consequence,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct RowCount {
    pub(super) records: u64,
    /// Those that met all that is asked for by what they did anyway.
    pub(super) met: u64,
    /// The same of each thing that is asked for besides, in the order of the change.
    pub(super) each: Vec<u64>,
}

impl RowCount {
    pub(super) fn add(&mut self, other: &RowCount) {
        self.records += other.records;
        self.met += other.met;
        if self.each.len() < other.each.len() {
            self.each.resize(other.each.len(), 0);
        }
        for (own, more) in self.each.iter_mut().zip(&other.each) {
            *own += more;
        }
    }
}

/// What becomes of sign-ins that policies mean alike.
#[derive(Debug)]
pub(super) struct Weighed {
    /// The number of the change.
    pub(super) change: u32,
    /// The sign-in, as it counts in a row.
    pub(super) count: RowCount,
    /// What the answer hangs on that is not known.
    pub(super) facts: BTreeSet<String>,
    /// The policies that are block it already.
    pub(super) is_blocked: bool,
}

/// What is counted of a log.
#[derive(Debug, Clone, Default)]
pub struct ReplayTally {
    /// Records that were read.
    pub(super) records: u64,
    pub(super) judged: u64,
    /// Those that the policies that are block.
    pub(super) blocked: u64,
    /// Records that say that they are of the tenant.
    pub(super) own: u64,
    /// Sign-ins of people of whom the directory has no account, by id.
    pub(super) gone: BTreeMap<String, u64>,
    /// What stands for the records of this log, where another one follows.
    pub(super) seen: HashSet<u64>,
    /// The same of those before it.
    pub(super) earlier: Arc<HashSet<u64>>,
    pub(super) keeps_ids: bool,
    /// Records that were met before.
    pub(super) repeated: u64,
    pub(super) met: MetRecords,
    pub(super) not_judged: BTreeMap<NotJudged, u64>,
    /// Records that cannot be read, and the first of them.
    pub(super) unreadable: Option<(u64, LogPosition, String)>,
    /// The first and the last moment.
    pub(super) times: Option<(String, String)>,
    pub(super) calibration: CalibrationTally,
    pub(super) people: Numbered<String, Called>,
    pub(super) applications: Numbered<String, Called>,
    pub(super) changes: Numbered<ChangeKey, Option<ChangeExample>>,
    pub(super) rows: HashMap<RowKey, RowCount>,
    /// What changes hang on that the log does not say.
    pub(super) open: BTreeMap<String, u64>,
    /// Answers of sign-ins that policies mean alike, by all that they depend on.
    pub(super) weighed: HashMap<Vec<u8>, Arc<Weighed>>,
}

impl ReplayTally {
    /// How many records were read.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Begins another log: records that one before it had do not count again. Only where another
    /// one follows it is kept which records it has.
    pub fn next_log(&mut self, is_last: bool) {
        let seen = std::mem::take(&mut self.seen);
        Arc::make_mut(&mut self.earlier).extend(seen);
        self.keeps_ids = !is_last;
    }

    /// Whether the very same record was met before. Then it does not count again.
    pub fn is_again(&mut self, json: &[u8]) -> bool {
        let is_again = self.met.is_again(json);
        if is_again {
            self.records += 1;
            self.repeated += 1;
        }
        is_again
    }

    /// An empty one for records of the same log.
    pub(super) fn beside(&self) -> ReplayTally {
        ReplayTally {
            earlier: Arc::clone(&self.earlier),
            keeps_ids: self.keeps_ids,
            ..ReplayTally::default()
        }
    }

    pub(super) fn note_time(&mut self, at: &str) {
        if at.is_empty() {
            return;
        }
        match &mut self.times {
            None => self.times = Some((at.to_owned(), at.to_owned())),
            Some((first, _)) if at < first.as_str() => at.clone_into(first),
            Some((_, last)) if at > last.as_str() => at.clone_into(last),
            Some(_) => {}
        }
    }

    pub(super) fn note_unreadable(&mut self, at: LogPosition, why: String) {
        self.add_unreadable(1, at, why);
    }

    fn add_unreadable(&mut self, more: u64, at: LogPosition, why: String) {
        match &mut self.unreadable {
            None => self.unreadable = Some((more, at, why)),
            Some((count, first, told)) => {
                *count += more;
                if at < *first {
                    (*first, *told) = (at, why);
                }
            }
        }
    }

    /// Adds what was counted elsewhere, whichever of the two came first.
    pub(super) fn merge(&mut self, other: ReplayTally) {
        self.records += other.records;
        self.judged += other.judged;
        self.blocked += other.blocked;
        self.own += other.own;
        for (who, count) in other.gone {
            *self.gone.entry(who).or_default() += count;
        }
        self.seen.extend(other.seen);
        self.repeated += other.repeated;
        for (why, count) in other.not_judged {
            *self.not_judged.entry(why).or_default() += count;
        }
        if let Some((count, at, why)) = other.unreadable {
            self.add_unreadable(count, at, why);
        }
        if let Some((first, last)) = other.times {
            self.note_time(&first);
            self.note_time(&last);
        }
        self.calibration.merge(other.calibration);
        let people = merge_called(&mut self.people, other.people);
        let applications = merge_called(&mut self.applications, other.applications);
        let changes: Vec<u32> = (other.changes.items.into_iter())
            .map(|(key, example)| {
                let number = self.changes.number(&key.clone(), || (key, None));
                let own = self.changes.items.get_mut(number as usize);
                if let (Some((_, own)), Some(example)) = (own, example)
                    && own
                        .as_ref()
                        .is_none_or(|own| example.example.index < own.example.index)
                {
                    *own = Some(example);
                }
                number
            })
            .collect();
        let of = |map: &[u32], number: u32| map.get(number as usize).copied().unwrap_or(number);
        for (key, count) in other.rows {
            let key = RowKey {
                who: of(&people, key.who),
                what: of(&applications, key.what),
                change: of(&changes, key.change),
            };
            let own = self.rows.entry(key).or_default();
            own.add(&count);
        }
        for (fact, count) in other.open {
            *self.open.entry(fact).or_default() += count;
        }
    }
}

fn merge_called(own: &mut Numbered<String, Called>, other: Numbered<String, Called>) -> Vec<u32> {
    let merged = other.items.into_iter().map(|(key, called)| {
        let number = own.number(key.as_str(), || (key.clone(), called.clone()));
        if let Some((_, known)) = own.items.get_mut(number as usize)
            && called.0 < known.0
        {
            *known = called;
        }
        number
    });
    merged.collect()
}
