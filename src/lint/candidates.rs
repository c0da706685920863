//! Which policies may apply wherever another one does, found by what they name: among many
//! policies few pairs are left, which [`super::covers`] then looks at. None is left out that it
//! would say yes to.

use std::collections::HashMap;
use std::hash::Hash;

use super::view::Policy;
use crate::model::conditions::{CONDITIONS, Condition, Limit, Part};
use crate::model::policy::Conditions;
use crate::model::refs::RefKind;

/// Numbers of policies, as bits.
#[derive(Debug, Clone, Default)]
pub(super) struct Candidates(Vec<u64>);

impl Candidates {
    fn all(count: usize) -> Candidates {
        (0..count).collect()
    }

    fn put(&mut self, number: usize) {
        let word = number / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(slot) = self.0.get_mut(word) {
            *slot |= 1 << (number % 64);
        }
    }

    fn word(&self, at: usize) -> u64 {
        self.0.get(at).copied().unwrap_or_default()
    }

    pub(super) fn has(&self, number: usize) -> bool {
        self.word(number / 64) >> (number % 64) & 1 == 1
    }

    /// The numbers, in their order.
    pub(super) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().flat_map(|(at, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros() as usize;
                left &= left.checked_sub(1)?;
                Some(at * 64 + bit)
            })
        })
    }

    /// Keeps those that are in one of these.
    pub(super) fn keep<'a>(&mut self, groups: impl IntoIterator<Item = &'a Lot>) {
        let mut few = Vec::new();
        let mut many: Vec<&Candidates> = Vec::new();
        for group in groups {
            match group {
                Lot::Few(list) => few.extend(list.iter().filter(|n| self.has(**n)).copied()),
                Lot::Many(set) => many.push(set),
            }
        }
        for (at, word) in self.0.iter_mut().enumerate() {
            *word &= many.iter().fold(0, |all, set| all | set.word(at));
        }
        few.into_iter().for_each(|number| self.put(number));
    }
}

impl FromIterator<usize> for Candidates {
    fn from_iter<I: IntoIterator<Item = usize>>(numbers: I) -> Candidates {
        let mut found = Candidates::default();
        numbers.into_iter().for_each(|number| found.put(number));
        found
    }
}

/// Policies that have something in common: a list while they are few.
#[derive(Debug)]
pub(super) enum Lot {
    Few(Vec<usize>),
    Many(Candidates),
}

impl Lot {
    pub(super) fn of(numbers: Vec<usize>, count: usize) -> Lot {
        match numbers.len() > count / 64 {
            true => Lot::Many(numbers.into_iter().collect()),
            false => Lot::Few(numbers),
        }
    }
}

/// Policies by what they have in common.
fn grouped<K: Hash + Eq>(keys: impl IntoIterator<Item = (usize, K)>, count: usize) -> Groups<K> {
    let mut lists: HashMap<K, Vec<usize>> = HashMap::new();
    for (number, key) in keys {
        lists.entry(key).or_default().push(number);
    }
    let sized = lists
        .into_iter()
        .map(|(key, list)| (key, (list.len(), Lot::of(list, count))));
    Groups(sized.collect())
}

struct Groups<K>(HashMap<K, (usize, Lot)>);

impl<K: Hash + Eq> Groups<K> {
    fn get(&self, key: &K) -> Option<&Lot> {
        self.0.get(key).map(|(_, group)| group)
    }

    fn size(&self, key: &K) -> usize {
        self.0.get(key).map_or(0, |(size, _)| *size)
    }
}

/// For each policy those that may apply wherever it does. The references of all are in one
/// spelling.
pub(super) fn candidates(policies: &[Policy<'_>]) -> Vec<Candidates> {
    let count = policies.len();
    let mut found = vec![Candidates::all(count); count];
    let conditions: Vec<&Conditions> = policies.iter().map(|p| &p.policy.conditions).collect();
    let limits = |row: &Condition| -> Vec<Limit<'_>> {
        conditions.iter().map(|one| (row.read)(one)).collect()
    };
    let who = |one: &&Policy<'_>| {
        let rows = CONDITIONS.iter().filter(|row| row.part == Part::Who);
        let limits: Vec<Limit<'_>> = rows.map(|row| (row.read)(&one.policy.conditions)).collect();
        format!("{limits:?}")
    };
    // People, or the very same workloads.
    let whose = policies
        .iter()
        .map(|one| one.people().is_none().then(|| who(&one)));
    same(&mut found, whose.collect());
    let what = conditions.iter().map(|one| {
        let apps = one.applications.as_ref();
        apps.map(|apps| {
            let actions = &apps.include_user_actions;
            (
                format!("{actions:?}"),
                format!("{:?}", apps.include_authentication_context_class_references),
            )
        })
    });
    same(&mut found, what.collect());
    let users = || CONDITIONS.iter().filter(|row| row.name == "users");
    let everybody: Vec<bool> = conditions
        .iter()
        .map(|one| users().any(|row| row.is_all((row.read)(one).sides().0)))
        .collect();
    let people: Vec<bool> = policies.iter().map(|one| one.people().is_some()).collect();
    for row in CONDITIONS {
        let limits = limits(row);
        let is_all = |at: usize| limits.get(at).is_some_and(|one| row.is_all(one.sides().0));
        let is_absent = |at: usize| limits.get(at) == Some(&Limit::Absent);
        let yes = |list: &[bool], at: usize| list.get(at) == Some(&true);
        match (row.part, row.name) {
            (Part::Who, "users") => narrow(
                &mut found,
                &limits,
                &|at| yes(&everybody, at),
                &|at| yes(&people, at),
                &|at| yes(&people, at),
            ),
            (Part::What, _) if row.refs == Some(RefKind::Application) => {
                // What a wide one leaves out may be nothing to one that names its applications.
                let binds = |at: usize| {
                    let named = limits.get(at).map_or(&[][..], |one| one.sides().0);
                    let suites = ["All", "Office365", "MicrosoftAdminPortals"];
                    named.is_empty() || named.iter().any(|name| suites.contains(name))
                };
                narrow(&mut found, &limits, &is_all, &|_| true, &binds);
            }
            (Part::When, _) => {
                let absent = Lot::of((0..count).filter(|at| is_absent(*at)).collect(), count);
                let rules = limits.iter().enumerate().filter_map(|(at, one)| match one {
                    Limit::Opaque(rule) => Some((at, rule.to_string())),
                    _ => None,
                });
                let rules = grouped(rules, count);
                for (one, limit) in found.iter_mut().zip(&limits) {
                    match limit {
                        Limit::Absent => one.keep([&absent]),
                        Limit::Opaque(rule) => {
                            one.keep([&absent].into_iter().chain(rules.get(&rule.to_string())));
                        }
                        _ => {}
                    }
                }
                let free = |at: usize| is_absent(at) || is_all(at);
                let sided = |at: usize| limits.get(at).is_some_and(|one| !one.sides().0.is_empty());
                narrow(&mut found, &limits, &free, &sided, &|at| !is_absent(at));
            }
            _ => {}
        }
    }
    found
}

/// Keeps for each policy those that have the same key.
fn same<K: Hash + Eq>(found: &mut [Candidates], keys: Vec<K>) {
    let groups = grouped(keys.iter().enumerate(), keys.len());
    for (one, key) in found.iter_mut().zip(&keys) {
        one.keep(groups.get(&key));
    }
}

/// Keeps for each policy those that include what it includes, or everything (`free`), and exclude
/// nothing but what it excludes, as far as a question `includes` and `excludes` for it. One item
/// is looked for, the rarest: that is enough to leave few.
fn narrow(
    found: &mut [Candidates],
    limits: &[Limit<'_>],
    free: &dyn Fn(usize) -> bool,
    includes: &dyn Fn(usize) -> bool,
    excludes: &dyn Fn(usize) -> bool,
) {
    let count = limits.len();
    if limits.iter().all(|limit| !limit.is_set()) {
        return;
    }
    let each = || limits.iter().map(Limit::sides).enumerate();
    let free = Lot::of((0..count).filter(|at| free(*at)).collect(), count);
    let including = grouped(
        each().flat_map(|(at, (items, _))| items.iter().map(move |item| (at, *item))),
        count,
    );
    let excluding = grouped(
        each().flat_map(|(at, (_, items))| items.iter().map(move |item| (at, *item))),
        count,
    );
    // Who excludes something is found by the rarest of it.
    let rarest = each().map(|(at, (_, items))| {
        let rarest = items.iter().min_by_key(|item| excluding.size(item));
        (at, rarest.copied())
    });
    let by_rarest = grouped(rarest, count);
    let nothing = by_rarest.get(&None);
    for (at, one) in found.iter_mut().enumerate() {
        let Some((included, excluded)) = limits.get(at).map(Limit::sides) else {
            continue;
        };
        if includes(at)
            && let Some(item) = included.iter().min_by_key(|item| including.size(item))
        {
            one.keep([&free].into_iter().chain(including.get(item)));
        }
        if excludes(at) {
            let some = excluded
                .iter()
                .filter_map(|item| by_rarest.get(&Some(*item)));
            one.keep(nothing.into_iter().chain(some));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::covers::applies_wherever;
    use super::*;
    use crate::finding::source::SourceFile;
    use crate::manifest::config::TenantEntry;
    use crate::manifest::project::{self, Manifest};
    use crate::manifest::yaml;
    use crate::model::Object;

    fn manifests(conditions: &[Value]) -> Vec<Manifest> {
        let texts = conditions.iter().enumerate().map(|(n, conditions)| {
            let policy = json!({"kind": "ConditionalAccessPolicy", "displayName": format!("P{n}"),
                "state": "enabled", "conditions": conditions,
                "grantControls": {"operator": "OR", "builtInControls": ["mfa"]}});
            policy.to_string()
        });
        let text = texts.collect::<Vec<_>>().join("\n---\n");
        let mut findings = Vec::new();
        yaml::parse(&SourceFile::new("t", "t", text), &mut findings)
            .into_iter()
            .filter_map(|one| project::read(one, "t", &TenantEntry::default(), &mut findings))
            .collect()
    }

    fn policies(manifests: &[Manifest]) -> Vec<Policy<'_>> {
        let policies = manifests
            .iter()
            .filter_map(|manifest| match &manifest.object {
                Object::ConditionalAccessPolicy(policy) => Some(Policy { manifest, policy }),
                _ => None,
            });
        policies.collect()
    }

    fn names(prefix: &'static str, least: usize) -> impl Strategy<Value = Vec<String>> {
        let name = (0..4u8).prop_map(move |n| format!("{prefix}{n}"));
        prop::collection::vec(name, least..3)
    }

    fn users() -> impl Strategy<Value = Value> {
        let whom = prop_oneof![
            Just(json!({"includeUsers": ["All"]})),
            names("g", 1).prop_map(|groups| json!({ "includeGroups": groups })),
            (names("u", 1), names("g", 0))
                .prop_map(|(u, g)| json!({"includeUsers": u, "includeGroups": g})),
            Just(
                json!({"includeGuestsOrExternalUsers": {"guestOrExternalUserTypes": "internalGuest"}})
            ),
        ];
        (whom, names("g", 0)).prop_map(|(mut whom, excluded)| {
            whom["excludeGroups"] = json!(excluded);
            whom
        })
    }

    fn apps() -> impl Strategy<Value = Value> {
        let included = prop_oneof![
            Just(json!(["All"])),
            Just(json!(["Office365"])),
            names("a", 1).prop_map(|apps| json!(apps)),
        ];
        prop_oneof![
            4 => (included, names("a", 0)).prop_map(
                |(i, e)| json!({"includeApplications": i, "excludeApplications": e})
            ),
            1 => Just(json!({"includeUserActions": ["urn:user:registersecurityinfo"]})),
        ]
    }

    fn conditions() -> impl Strategy<Value = Value> {
        let places = prop_oneof![Just(vec!["All".to_owned()]), names("l", 1)];
        let places = prop::option::of((places, names("l", 0)));
        let clients = prop::option::of(prop::sample::subsequence(
            vec!["browser", "other", "exchangeActiveSync"],
            1..3,
        ));
        let rule = prop::option::of((0..2u8).prop_map(|n| format!("device.model -eq \"m{n}\"")));
        (users(), apps(), places, clients, rule).prop_map(|(users, apps, places, clients, rule)| {
            let mut conditions = json!({"users": users, "applications": apps});
            if let Some((included, excluded)) = places {
                conditions["locations"] =
                    json!({"includeLocations": included, "excludeLocations": excluded});
            }
            if let Some(clients) = clients {
                conditions["clientAppTypes"] = json!(clients);
            }
            if let Some(rule) = rule {
                conditions["devices"] = json!({"deviceFilter": {"mode": "include", "rule": rule}});
            }
            conditions
        })
    }

    proptest! {
        #[test]
        fn none_is_left_out_that_applies_wherever_another_does(
            all in prop::collection::vec(conditions(), 2..12)
        ) {
            let manifests = manifests(&all);
            let policies = policies(&manifests);
            prop_assert!(policies.len() > 1);
            let found = candidates(&policies);
            for (at, narrow) in policies.iter().enumerate() {
                for (wide, other) in policies.iter().enumerate() {
                    if applies_wherever(*other, *narrow) {
                        prop_assert!(found[at].has(wide), "{wide} of {at}");
                        prop_assert!(found[at].iter().any(|one| one == wide));
                    }
                }
            }
        }
    }

    /// Twice as many policies leave twice as many pairs, in whatever they differ.
    #[test]
    fn pairs_grow_with_the_policies_and_not_with_their_square() {
        let shapes: [fn(usize) -> Value; 5] = [
            |n| json!({"users": {"includeUsers": ["All"], "excludeGroups": ["B", format!("g{n}")]}, "applications": {"includeApplications": ["All"]}}),
            |n| json!({"users": {"includeGroups": [format!("g{n}")], "excludeGroups": ["B"]}, "applications": {"includeApplications": ["All"]}}),
            |n| json!({"users": {"includeUsers": ["All"], "excludeGroups": ["B"]}, "applications": {"includeApplications": [format!("a{n}")]}}),
            |n| json!({"users": {"includeUsers": ["All"], "excludeGroups": ["B"]}, "applications": {"includeApplications": ["All"], "excludeApplications": [format!("a{n}")]}}),
            |n| {
                json!({"users": {"includeUsers": ["All"], "excludeGroups": ["B"]}, "applications": {"includeApplications": ["All"]},
                "locations": {"includeLocations": [format!("l{n}")]}})
            },
        ];
        for (number, shape) in shapes.into_iter().enumerate() {
            let pairs = |count: usize| {
                let manifests = manifests(&(0..count).map(shape).collect::<Vec<_>>());
                let found = candidates(&policies(&manifests));
                found.iter().map(|one| one.iter().count()).sum::<usize>()
            };
            let (few, many) = (pairs(60), pairs(120));
            assert!(
                few >= 60 && many * 10 <= few * 23,
                "{number}: {few}, {many}"
            );
        }
    }
}
