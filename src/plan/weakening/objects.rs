//! What policies rest on: locations, strengths, contexts, and the members of groups.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ipnet::IpNet;
use serde_json::Value;

use super::controls::{strength, uses_strength};
use super::{EffectReason, NameOf, Turn, counted, is_enforced, listed, typed};
use crate::model::policy::{ConditionalAccessPolicy, Conditions};
use crate::model::{Kind, Object};
use crate::plan::{Action, Plan, Verb};
use crate::tenant::snapshot::Snapshot;
use crate::text::few_names;

/// A policy that is enabled before and after the plan.
struct Lasting {
    name: String,
    before: ConditionalAccessPolicy,
    after: ConditionalAccessPolicy,
}

/// One list of a policy.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Listed {
    IncludedUsers,
    IncludedGroups,
    ExcludedGroups,
    IncludedLocations,
    ExcludedLocations,
    Contexts,
}

/// Every list of conditions that something may rest on.
fn lists(conditions: &Conditions) -> Vec<(Listed, &Vec<String>)> {
    let mut found = Vec::new();
    if let Some(users) = &conditions.users {
        found.push((Listed::IncludedUsers, &*users.include_users));
        found.push((Listed::IncludedGroups, &users.include_groups));
        found.push((Listed::ExcludedGroups, &users.exclude_groups));
    }
    if let Some(locations) = &conditions.locations {
        found.push((Listed::IncludedLocations, &locations.include_locations));
        found.push((Listed::ExcludedLocations, &locations.exclude_locations));
    }
    if let Some(apps) = &conditions.applications {
        let contexts = &apps.include_authentication_context_class_references;
        found.push((Listed::Contexts, contexts));
    }
    found
}

/// A list of a normal form, in lower case.
fn lower(side: &Value, member: &str) -> BTreeSet<String> {
    let items = listed(side, member);
    items.iter().map(|item| item.to_lowercase()).collect()
}

/// The policies that are enabled before and after the plan, and which groups are in which.
#[derive(Default)]
pub(super) struct InForce {
    policies: Vec<Lasting>,
    /// Which policies, by their places, have an id (lower-case) in a list before, and after.
    holders: HashMap<(Listed, String), [BTreeSet<usize>; 2]>,
    /// The known groups that hold a group, by its id.
    parents: BTreeMap<String, BTreeSet<String>>,
}

/// The names of policies that include and exclude something.
#[derive(Default)]
struct UsedBy {
    included: Vec<String>,
    excluded: Vec<String>,
}

impl InForce {
    pub(super) fn of(plan: &Plan, snapshot: &Snapshot) -> InForce {
        let mut policies: Vec<Lasting> = Vec::new();
        let actions = plan
            .actions
            .iter()
            .filter(|a| a.kind == Kind::ConditionalAccessPolicy);
        let by_id: HashMap<&str, &Action> = actions
            .filter_map(|a| Some((a.id.as_deref()?, a)))
            .collect();
        for live in snapshot.of(Kind::ConditionalAccessPolicy) {
            let action = by_id.get(live.id.as_str());
            let Some(before) = typed(&live.object.normal_form()) else {
                continue;
            };
            let after = match action {
                Some(action) => typed(&action.after).unwrap_or_default(),
                None => before.clone(),
            };
            if is_enforced(&before) && is_enforced(&after) {
                policies.push(Lasting {
                    name: live.name().to_owned(),
                    before,
                    after,
                });
            }
        }
        let mut holders: HashMap<_, [BTreeSet<usize>; 2]> = HashMap::new();
        for (at, policy) in policies.iter().enumerate() {
            for (side, conditions) in [&policy.before, &policy.after].into_iter().enumerate() {
                for (list, items) in lists(&conditions.conditions) {
                    for item in items {
                        let held = holders.entry((list, item.to_lowercase())).or_default();
                        if let Some(places) = held.get_mut(side) {
                            places.insert(at);
                        }
                    }
                }
            }
        }
        let mut parents: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let live = snapshot.of(Kind::Group).iter();
        let sides = live.map(|live| (live.id.clone(), &live.object)).chain(
            plan.actions
                .iter()
                .filter_map(|action| Some((action.id.clone()?, action.desired.as_ref()?))),
        );
        for (id, object) in sides {
            if let Object::Group(group) = object {
                for member in group.members.iter().flat_map(|m| m.iter()) {
                    let held = parents.entry(member.to_lowercase()).or_default();
                    held.insert(id.to_lowercase());
                }
            }
        }
        InForce {
            policies,
            holders,
            parents,
        }
    }

    /// The policies whose list holds one of `ids` (lower-case) before and after.
    fn holding(&self, list: Listed, ids: &BTreeSet<String>) -> BTreeSet<usize> {
        let [mut before, mut after] = <[BTreeSet<usize>; 2]>::default();
        for id in ids {
            if let Some([was, is]) = self.holders.get(&(list, id.clone())) {
                before.extend(was);
                after.extend(is);
            }
        }
        before.intersection(&after).copied().collect()
    }

    fn names<'a>(&'a self, places: impl IntoIterator<Item = &'a usize>) -> Vec<String> {
        let policies = places.into_iter().filter_map(|at| self.policies.get(*at));
        policies.map(|policy| policy.name.clone()).collect()
    }

    /// The group and the known groups that it is in.
    fn with_parents(&self, group: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::from([group.to_lowercase()]);
        let mut open = vec![group.to_lowercase()];
        while let Some(id) = open.pop() {
            for parent in self.parents.get(&id).into_iter().flatten() {
                if found.insert(parent.clone()) {
                    open.push(parent.clone());
                }
            }
        }
        found
    }

    fn users(&self, ids: &BTreeSet<String>, include: Listed, exclude: Listed) -> UsedBy {
        let excluded = self.holding(exclude, ids);
        let included = self.holding(include, ids);
        UsedBy {
            included: self.names(included.difference(&excluded)),
            excluded: self.names(&excluded),
        }
    }

    fn of_group(&self, id: &str) -> UsedBy {
        let everybody = BTreeSet::from(["all".to_owned()]);
        let ids = self.with_parents(id);
        let mut users = self.users(&ids, Listed::IncludedGroups, Listed::ExcludedGroups);
        if !users.included.is_empty() {
            // Who is covered by a policy on all users is covered in the group and out of it.
            let all = self.names(&self.holding(Listed::IncludedUsers, &everybody));
            let all: BTreeSet<String> = all.into_iter().collect();
            users.included.retain(|name| !all.contains(name));
        }
        users
    }

    fn of_location(&self, id: &str, trusted: bool) -> UsedBy {
        let mut ids = BTreeSet::from([id.to_lowercase()]);
        if trusted {
            ids.insert("alltrusted".to_owned());
        }
        self.users(&ids, Listed::IncludedLocations, Listed::ExcludedLocations)
    }
}

/// What an action on anything but a policy does.
pub(super) fn reasons(action: &Action, in_force: &InForce, name: NameOf<'_>) -> Vec<EffectReason> {
    let id = action.id.as_deref().unwrap_or_default();
    match (action.kind, action.verb) {
        (Kind::NamedLocation, _) => location(action, id, in_force),
        (Kind::AuthenticationStrength, Verb::Update) => {
            let used: Vec<String> = in_force
                .policies
                .iter()
                .filter(|p| uses_strength(&p.before, id) && uses_strength(&p.after, id))
                .map(|p| p.name.clone())
                .collect();
            if used.is_empty() {
                return unused();
            }
            let mut reasons = strength(&action.before, &action.after);
            for reason in &mut reasons {
                reason
                    .words
                    .push_str(&format!(", which {} asks for", quoted(&used)));
            }
            reasons
        }
        (Kind::AuthenticationContext, Verb::Update) => {
            let ids = BTreeSet::from([id.to_lowercase()]);
            let used = !in_force.holding(Listed::Contexts, &ids).is_empty();
            let available = |side: &Value| side.get("isAvailable") == Some(&Value::Bool(true));
            match (available(&action.before), available(&action.after)) {
                (true, false) if used => vec![EffectReason::new(
                    Turn::Takes,
                    "applications can no longer ask for a context that an enabled policy is on",
                )],
                (false, true) if used => {
                    vec![EffectReason::new(
                        Turn::Adds,
                        "applications can ask for the context",
                    )]
                }
                _ => unused(),
            }
        }
        (Kind::Group, Verb::Update) => group(action, id, in_force, name),
        (Kind::TestUser, Verb::Update) => {
            let mut reasons = Vec::new();
            let list = |side: &Value| lower(side, "memberOf");
            let (old, new) = (list(&action.before), list(&action.after));
            for joined in new.difference(&old) {
                membership(in_force.of_group(joined), true, &name(joined), &mut reasons);
            }
            for left in old.difference(&new) {
                membership(in_force.of_group(left), false, &name(left), &mut reasons);
            }
            or_unused(reasons)
        }
        (_, Verb::Create) => vec![EffectReason::new(
            Turn::Neutral,
            "new, and nothing that is enabled now rests on it",
        )],
        (_, Verb::Delete) => vec![EffectReason::new(Turn::Neutral, "no policy rests on it")],
        _ => unused(),
    }
}

fn unused() -> Vec<EffectReason> {
    vec![EffectReason::new(
        Turn::Neutral,
        "nothing changes in what an enabled policy rests on",
    )]
}

fn or_unused(reasons: Vec<EffectReason>) -> Vec<EffectReason> {
    if reasons.is_empty() {
        unused()
    } else {
        reasons
    }
}

fn quoted(names: &[String]) -> String {
    few_names(names, 3)
}

/// A user joins or leaves a group.
fn membership(users: UsedBy, joins: bool, group: &str, into: &mut Vec<EffectReason>) {
    let verb = if joins { "joins" } else { "leaves" };
    if !users.excluded.is_empty() {
        let turn = if joins { Turn::Takes } else { Turn::Adds };
        let by = quoted(&users.excluded);
        into.push(EffectReason::new(
            turn,
            format!("the user {verb} `{group}`, which {by} excludes"),
        ));
    }
    if !users.included.is_empty() {
        let turn = if joins { Turn::Adds } else { Turn::Takes };
        let by = quoted(&users.included);
        into.push(EffectReason::new(
            turn,
            format!("the user {verb} `{group}`, which {by} includes"),
        ));
    }
}

fn group(action: &Action, id: &str, in_force: &InForce, name: NameOf<'_>) -> Vec<EffectReason> {
    let mut reasons = Vec::new();
    let users = in_force.of_group(id);
    let used = !users.included.is_empty() || !users.excluded.is_empty();
    let (old, new) = (
        lower(&action.before, "members"),
        lower(&action.after, "members"),
    );
    let named = |from: &BTreeSet<String>, of: &BTreeSet<String>| -> Vec<String> {
        // The members as they stand in the plan: stand-ins for ids have upper case.
        let sides = [&action.before, &action.after];
        let all = sides
            .iter()
            .filter_map(|side| side.get("members").and_then(Value::as_array))
            .flatten()
            .filter_map(Value::as_str);
        let found: BTreeSet<&str> = all
            .filter(|m| from.contains(&m.to_lowercase()) && !of.contains(&m.to_lowercase()))
            .collect();
        found.into_iter().map(name).collect()
    };
    let (gone, come) = (named(&old, &new), named(&new, &old));
    for (list, word, included, excluded) in [
        (&come, "more ", Turn::Adds, Turn::Takes),
        (&gone, "fewer ", Turn::Takes, Turn::Adds),
    ] {
        if list.is_empty() {
            continue;
        }
        let what = counted(list, &format!("{word}member"), &format!("{word}members"));
        if !users.excluded.is_empty() {
            let by = quoted(&users.excluded);
            reasons.push(EffectReason::new(excluded, format!("{by} excludes {what}")));
        }
        if !users.included.is_empty() {
            let by = quoted(&users.included);
            reasons.push(EffectReason::new(included, format!("{by} includes {what}")));
        }
    }
    for member in [
        "membershipRule",
        "membershipRuleProcessingState",
        "groupTypes",
    ] {
        if used && action.before.get(member) != action.after.get(member) {
            let by = quoted(&[users.excluded.clone(), users.included.clone()].concat());
            reasons.push(EffectReason::new(
                Turn::Unknown,
                format!("`{member}` decides who is a member, and {by} rests on the group"),
            ));
        }
    }
    or_unused(reasons)
}

/// Where sign-ins come from, as far as it can be compared.
struct Origins {
    /// In order, none of them in another.
    ranges: Vec<IpNet>,
    countries: BTreeSet<String>,
    unknown: bool,
    trusted: bool,
}

impl Origins {
    fn of(side: &Value) -> Origins {
        let texts = |member: &str| {
            side.get(member)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
        };
        let flag = |member: &str| side.get(member) == Some(&Value::Bool(true));
        let ranges: Vec<IpNet> = texts("ipRanges").filter_map(|t| t.parse().ok()).collect();
        let mut ranges = IpNet::aggregate(&ranges.iter().map(IpNet::trunc).collect());
        ranges.sort();
        Origins {
            ranges,
            countries: texts("countriesAndRegions").map(str::to_owned).collect(),
            unknown: flag("includeUnknownCountriesAndRegions"),
            trusted: flag("isTrusted"),
        }
    }

    /// Whether one of the ranges holds this one: that could only be the last that begins
    /// before it.
    fn covers(&self, range: &IpNet) -> bool {
        let at = self.ranges.partition_point(|own| own <= range);
        let last = at.checked_sub(1).and_then(|at| self.ranges.get(at));
        last.is_some_and(|own| own.contains(range))
    }

    /// What is in here and not in the other, in words.
    fn beyond(&self, other: &Origins) -> Vec<String> {
        let mut found: Vec<String> = self
            .ranges
            .iter()
            .filter(|range| !other.covers(range))
            .map(ToString::to_string)
            .collect();
        found.extend(self.countries.difference(&other.countries).cloned());
        if self.unknown && !other.unknown {
            found.push("unknown countries".to_owned());
        }
        found
    }
}

fn location(action: &Action, id: &str, in_force: &InForce) -> Vec<EffectReason> {
    let (old, new) = (Origins::of(&action.before), Origins::of(&action.after));
    let mut reasons = Vec::new();
    let words = ("range or country", "ranges or countries");
    // What the location stands for while its trust does not change.
    let users = in_force.of_location(id, old.trusted && new.trusted);
    for (list, word, included, excluded) in [
        (new.beyond(&old), "more ", Turn::Adds, Turn::Takes),
        (old.beyond(&new), "fewer ", Turn::Takes, Turn::Adds),
    ] {
        if list.is_empty() {
            continue;
        }
        let what = counted(
            &list,
            &format!("{word}{}", words.0),
            &format!("{word}{}", words.1),
        );
        if !users.excluded.is_empty() {
            let by = quoted(&users.excluded);
            reasons.push(EffectReason::new(excluded, format!("{by} excludes {what}")));
        }
        if !users.included.is_empty() {
            let by = quoted(&users.included);
            reasons.push(EffectReason::new(included, format!("{by} includes {what}")));
        }
        // Risk is rated lower at trusted places, whatever the policies say.
        let risk = old.trusted && new.trusted && action.verb == Verb::Update;
        if risk && users.excluded.is_empty() && users.included.is_empty() {
            let what = counted(&list, words.0, words.1);
            let (turn, says) = match word {
                "more " => (Turn::Takes, "trusts"),
                _ => (Turn::Adds, "no longer trusts"),
            };
            reasons.push(EffectReason::new(turn, format!("{says} {what}")));
        }
    }
    if old.trusted != new.trusted {
        let trusted = in_force.of_location("alltrusted", true);
        let begins = new.trusted;
        let says = match begins {
            true => "becomes one of the trusted locations",
            false => "is no longer one of the trusted locations",
        };
        if !trusted.excluded.is_empty() {
            let turn = if begins { Turn::Takes } else { Turn::Adds };
            let by = quoted(&trusted.excluded);
            reasons.push(EffectReason::new(
                turn,
                format!("{says}, which {by} excludes"),
            ));
        }
        if !trusted.included.is_empty() {
            let turn = if begins { Turn::Adds } else { Turn::Takes };
            let by = quoted(&trusted.included);
            reasons.push(EffectReason::new(
                turn,
                format!("{says}, which {by} includes"),
            ));
        }
        if trusted.excluded.is_empty() && trusted.included.is_empty() && action.verb == Verb::Update
        {
            let turn = if begins { Turn::Takes } else { Turn::Adds };
            reasons.push(EffectReason::new(turn, says));
        }
    }
    let method = "countryLookupMethod";
    let used = !users.excluded.is_empty() || !users.included.is_empty();
    let updated = action.verb == Verb::Update;
    if updated && used && action.before.get(method) != action.after.get(method) {
        reasons.push(EffectReason::new(
            Turn::Unknown,
            "the way in which a country is found changes",
        ));
    }
    or_unused(reasons)
}
