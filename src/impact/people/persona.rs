//! People in a few words: the smallest set of groups, roles and kinds that tells some people from
//! all others.

use std::collections::BTreeSet;

use super::Persona;
use crate::text::few_names;
use crate::whatif::UserType;

/// How many descriptions a set of people gets; the rest is counted.
const MOST: usize = 5;
/// How many names of groups or roles of one sort are told.
const NAMES: usize = 4;

/// Something that tells people apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Feature {
    /// Of what kind they are.
    Kind(UserType),
    /// Members of a group, after the plan.
    In(String),
    /// They are members by the plan alone.
    Joins(String),
    /// They are members no longer.
    Leaves(String),
    /// They hold a role.
    Role(String),
    /// Somebody whom policies name.
    Is(String),
    /// The plan makes them; it deletes them.
    Made,
    Deleted,
    /// The plan lets them sign in, or stops them.
    Enabled,
    Disabled,
}

/// People of whom all features are the same.
#[derive(Debug, Clone, Default)]
pub(super) struct AlikePeople {
    /// The features that they have, by number.
    pub features: BTreeSet<usize>,
    /// How many there are.
    pub count: usize,
}

/// Numbers of people who are alike, as a set.
#[derive(Clone)]
struct Set(Vec<u64>);

impl Set {
    fn empty(size: usize) -> Set {
        Set(vec![0; size.div_ceil(64)])
    }

    fn put(&mut self, at: usize) {
        if let Some(word) = self.0.get_mut(at / 64) {
            *word |= 1 << (at % 64);
        }
    }

    fn has(&self, at: usize) -> bool {
        let word = self.0.get(at / 64).copied().unwrap_or_default();
        word >> (at % 64) & 1 == 1
    }

    fn keep(&mut self, other: &Set, where_it_is: bool) {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word &= if where_it_is { *other } else { !*other };
        }
    }

    fn count(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    /// How many of them are in another one, or are not.
    fn count_with(&self, other: &Set, where_it_is: bool) -> u32 {
        let words = self.0.iter().zip(&other.0);
        let words = words.map(|(word, other)| match where_it_is {
            true => word & other,
            false => word & !other,
        });
        words.map(|word| word.count_ones()).sum()
    }
}

/// A feature, and whether they have it.
type Mark = (usize, bool);

/// All people, ready to be described.
pub(super) struct Describer {
    features: Vec<Feature>,
    alike: Vec<AlikePeople>,
    /// Who has a feature.
    having: Vec<Set>,
    /// Whoever can sign in at all.
    able: Set,
}

impl Describer {
    /// `able` are those who can sign in; the others are told apart from nobody.
    pub(super) fn new(
        features: Vec<Feature>,
        alike: Vec<AlikePeople>,
        able: Vec<bool>,
    ) -> Describer {
        let mut having = vec![Set::empty(alike.len()); features.len()];
        for (at, one) in alike.iter().enumerate() {
            for feature in &one.features {
                if let Some(set) = having.get_mut(*feature) {
                    set.put(at);
                }
            }
        }
        let mut set = Set::empty(alike.len());
        let numbered = able.into_iter().enumerate();
        numbered
            .filter(|(_, able)| *able)
            .for_each(|(at, _)| set.put(at));
        Describer {
            features,
            alike,
            having,
            able: set,
        }
    }

    /// Descriptions of some, by their numbers, that fit nobody else: each with those for whom it
    /// stands. The most people first.
    pub(super) fn describe(&self, some: &[usize]) -> Vec<(Persona, Vec<usize>)> {
        let mut others = self.able.clone();
        let mut open = Set::empty(self.alike.len());
        some.iter().for_each(|at| open.put(*at));
        others.keep(&open, false);
        let count = |at: &usize| self.alike.get(*at).map_or(0, |one| one.count);
        let mut left: Vec<usize> = some.to_vec();
        left.sort_by_key(|at| (std::cmp::Reverse(count(at)), *at));
        let mut found = Vec::new();
        while let Some(first) = left.first().copied() {
            if found.len() == MOST {
                let persona = Persona {
                    words: "others".to_owned(),
                    count: left.iter().map(count).sum(),
                    names: Vec::new(),
                };
                found.push((persona, left));
                break;
            }
            let marks = self.marks(first, &others, &open);
            let fits = |at: &usize| marks.iter().all(|mark| self.is(*at, mark));
            let (those, rest): (Vec<usize>, Vec<usize>) = left.into_iter().partition(fits);
            left = rest;
            let persona = Persona {
                words: self.words(&marks),
                count: those.iter().map(count).sum(),
                names: Vec::new(),
            };
            found.push((persona, those));
        }
        found.sort_by_key(|(persona, _)| std::cmp::Reverse(persona.count));
        found
    }

    fn is(&self, at: usize, (feature, has): &Mark) -> bool {
        self.having.get(*feature).is_some_and(|set| set.has(at)) == *has
    }

    /// A small set of marks that `one` has and none of `others` has altogether; of `same` it fits
    /// as many as can be.
    fn marks(&self, one: usize, others: &Set, same: &Set) -> Vec<Mark> {
        let own = self.having.iter().enumerate();
        let own: Vec<(Mark, &Set)> = own
            .map(|(feature, set)| ((feature, set.has(one)), set))
            .collect();
        let mut chosen: Vec<Mark> = Vec::new();
        let mut left = others.clone();
        let mut fits = same.clone();
        while left.count() > 0 {
            let best = own.iter().max_by_key(|((feature, has), set)| {
                let gone = left.count_with(set, !*has);
                let kept = fits.count_with(set, *has);
                // What somebody is says more than what somebody is not.
                (
                    gone * if *has { 4 } else { 3 },
                    kept,
                    std::cmp::Reverse(*feature),
                )
            });
            let Some(((feature, has), set)) = best else {
                break;
            };
            if left.count_with(set, !*has) == 0 {
                break;
            }
            left.keep(set, *has);
            fits.keep(set, *has);
            chosen.push((*feature, *has));
        }
        // What the others rule out already is left out again.
        let mut at = 0;
        while at < chosen.len() {
            let mut fewer = chosen.clone();
            fewer.remove(at);
            let mut left = others.clone();
            for (feature, has) in &fewer {
                if let Some(set) = self.having.get(*feature) {
                    left.keep(set, *has);
                }
            }
            match left.count() {
                0 => chosen = fewer,
                _ => at += 1,
            }
        }
        chosen.sort_unstable();
        chosen
    }

    fn words(&self, marks: &[Mark]) -> String {
        let named = |wanted: bool, read: &dyn Fn(&Feature) -> Option<String>| -> Vec<String> {
            let fitting = marks.iter().filter(|(_, has)| *has == wanted);
            fitting
                .filter_map(|(feature, _)| read(self.features.get(*feature)?))
                .collect()
        };
        let quoted = |name: &String| format!("`{name}`");
        let group = |feature: &Feature| match feature {
            Feature::In(name) => Some(quoted(name)),
            _ => None,
        };
        let role = |feature: &Feature| match feature {
            Feature::Role(name) => Some(quoted(name)),
            _ => None,
        };
        let kind = |feature: &Feature| match feature {
            Feature::Kind(kind) => Some(plural(*kind).to_owned()),
            _ => None,
        };
        let user = |feature: &Feature| match feature {
            Feature::Is(name) => Some(quoted(name)),
            _ => None,
        };
        let (is, is_not) = (named(true, &user), named(false, &user));
        let kinds = named(true, &kind);
        let mut words = match (is.first(), kinds.first()) {
            (Some(name), _) => format!("the user {name}"),
            (None, Some(kind)) => kind.clone(),
            (None, None) => "users".to_owned(),
        };
        let mut say = |before: &str, names: Vec<String>, word: &str| {
            if !names.is_empty() {
                words.push_str(before);
                words.push_str(&listed(names, word));
            }
        };
        say(" in ", named(true, &group), "and");
        say(" with the role ", named(true, &role), "and");
        for (feature, has) in marks {
            let text = match (self.features.get(*feature), has) {
                (Some(Feature::Joins(name)), true) => format!(" who join `{name}`"),
                (Some(Feature::Joins(name)), false) => format!(" who do not join `{name}`"),
                (Some(Feature::Leaves(name)), true) => format!(" who leave `{name}`"),
                (Some(Feature::Leaves(name)), false) => format!(" who do not leave `{name}`"),
                (Some(Feature::Made), true) => " who are created by the plan".to_owned(),
                (Some(Feature::Deleted), true) => " who are deleted by the plan".to_owned(),
                (Some(Feature::Enabled), true) => " who are enabled by the plan".to_owned(),
                (Some(Feature::Disabled), true) => " who are disabled by the plan".to_owned(),
                _ => continue,
            };
            say("", vec![text], "");
        }
        say(", not in ", named(false, &group), "or");
        say(", without the role ", named(false, &role), "or");
        say(", but no ", named(false, &kind), "or");
        say(", but not ", is_not, "or");
        match words.as_str() {
            "users" => "everybody".to_owned(),
            _ => words,
        }
    }
}

fn listed(names: Vec<String>, word: &str) -> String {
    if names.len() > NAMES {
        return few_names(names, NAMES);
    }
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} {word} {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// What people of a kind are called.
fn plural(kind: UserType) -> &'static str {
    match kind {
        UserType::Member => "members",
        UserType::InternalGuest => "internal guests",
        UserType::B2bCollaborationGuest => "B2B collaboration guests",
        UserType::B2bCollaborationMember => "B2B collaboration members",
        UserType::B2bDirectConnectUser => "B2B direct connect users",
        UserType::OtherExternalUser => "other external users",
        UserType::ServiceProvider => "users of service providers",
    }
}
