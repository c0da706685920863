//! Policies that another one makes idle: it applies wherever they do, and requires as much.

use std::collections::{HashMap, HashSet};

use super::candidates::{Candidates, Lot, candidates};
use super::covers::applies_wherever;
use super::view::Policy;
use super::{RuleFindings, Rule, Subject};
use crate::finding::LintRule;
use crate::whatif::{CompiledPolicies, Environment, World};

pub(super) const RULE: Rule = Rule {
    id: LintRule::ShadowedPolicy,
    check,
};

/// How many ways of requiring something are compared each with each before policies are.
const DEMANDS: usize = 64;

/// Policies that say the same and are in the same state.
struct Alike<'a> {
    /// The first of them; its references are in one spelling.
    first: Policy<'a>,
    /// Where the first of them stands among the policies that are on.
    at: usize,
    /// The number of what they say.
    content: usize,
    /// The number of what they require, among the compiled ones.
    demand: usize,
}

impl Alike<'_> {
    /// Whether these make `other` idle.
    fn covers(&self, other: &Alike<'_>, compiled: &CompiledPolicies) -> bool {
        self.first.is_enforced()
            && applies_wherever(self.first, other.first)
            && compiled.is_as_strict(self.demand, other.demand)
    }
}

fn check(subject: &Subject<'_>, report: &mut RuleFindings<'_>) {
    let policies: Vec<_> = subject.spelt().collect();
    let mut alike: Vec<Alike<'_>> = Vec::new();
    let mut numbers: HashMap<(usize, bool), usize> = HashMap::new();
    let mut group_of: Vec<usize> = Vec::new();
    for (at, (policy, spelt)) in policies.iter().enumerate() {
        let number = *numbers
            .entry((spelt.content, policy.is_enforced()))
            .or_insert_with(|| {
                alike.push(Alike {
                    first: Policy {
                        manifest: policy.manifest,
                        policy: &spelt.policy,
                    },
                    at,
                    content: spelt.content,
                    demand: 0,
                });
                alike.len() - 1
            });
        group_of.push(number);
    }
    let objects = subject.desired.manifests.iter().map(|m| &m.object);
    let world = World::new(objects, Environment::default());
    let compiled = CompiledPolicies::new(alike.iter().map(|one| one.first.policy), &world);
    let mut demands: HashMap<String, usize> = HashMap::new();
    for (given, one) in alike.iter_mut().enumerate() {
        let number = compiled.number_of(given).unwrap_or_default();
        let demand = compiled.demand(number);
        one.demand = *demands.entry(demand).or_insert(number);
    }
    let spelt: Vec<Policy<'_>> = alike.iter().map(|one| one.first).collect();
    let mut wider = candidates(&spelt);
    let enforced = (0..alike.len()).filter(|at| spelt.get(*at).is_some_and(Policy::is_enforced));
    let enforced = Lot::of(enforced.collect(), alike.len());
    let strict = stricter(&alike, &demands, &compiled);
    for (one, narrow) in wider.iter_mut().zip(&alike) {
        one.keep([&enforced]);
        if let Some(strict) = strict.get(&narrow.demand) {
            one.keep([strict]);
        }
    }
    // What makes each group idle, as far as one of its policies asked for it.
    let mut covers: HashMap<usize, Vec<(usize, bool)>> = HashMap::new();
    for (index, (policy, _)) in policies.iter().enumerate() {
        let Some((number, narrow, wider)) = group_of.get(index).and_then(|number| {
            Some((*number, alike.get(*number)?, wider.get(*number)?))
        }) else {
            continue;
        };
        let found = covers
            .entry(number)
            .or_insert_with(|| covering(narrow, wider, &alike, &compiled));
        let shadow = found
            .iter()
            // Two that shadow each other: the first one stays.
            .find(|(at, each_other)| *at < index || !each_other)
            .and_then(|(at, _)| policies.get(*at));
        if let Some((wide, _)) = shadow {
            report
                .add(
                    policy.manifest.place(),
                    format!(
                        "the policy changes nothing: `{}` applies wherever it does, and requires at least as much",
                        wide.name()
                    ),
                    "delete it, or allow it with the reason why it is kept",
                )
                .related
                .push((wide.manifest.place(), "the other one".to_owned()));
        }
    }
}

/// The policies that make a group idle, each by its place and whether the group makes it idle,
/// too. The first one of which that is not so is the last.
fn covering(
    narrow: &Alike<'_>,
    wider: &Candidates,
    alike: &[Alike<'_>],
    compiled: &CompiledPolicies,
) -> Vec<(usize, bool)> {
    let mut found = Vec::new();
    for wide in wider.iter().filter_map(|number| alike.get(number)) {
        // The rule `duplicate-policy` says more.
        if wide.content != narrow.content && wide.covers(narrow, compiled) {
            let each_other = narrow.covers(wide, compiled);
            found.push((wide.at, each_other));
            if !each_other {
                break;
            }
        }
    }
    found
}

/// For each way of requiring something the policies that require as much; nothing where there are
/// very many ways.
fn stricter(
    alike: &[Alike<'_>],
    demands: &HashMap<String, usize>,
    compiled: &CompiledPolicies,
) -> HashMap<usize, Lot> {
    let all = || demands.values().copied().filter(|_| demands.len() <= DEMANDS);
    let strict = all().map(|weak| {
        let strong: HashSet<usize> = all()
            .filter(|strong| compiled.is_as_strict(*strong, weak))
            .collect();
        let numbers = alike.iter().enumerate();
        let numbers = numbers.filter(|(_, one)| strong.contains(&one.demand));
        let numbers = numbers.map(|(at, _)| at).collect();
        (weak, Lot::of(numbers, alike.len()))
    });
    strict.collect()
}
