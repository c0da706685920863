//! What policies rest on: locations, strengths, contexts, and the members of groups.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ipnet::IpNet;
use serde_json::Value;

use super::controls::{strength, uses_strength};
use super::{EffectReason, NameOf, Turn, counted, is_enforced, listed, typed};
use crate::model::policy::{ConditionalAccessPolicy, Conditions};
use crate::model::{Kind, Object};
use crate::plan::{Action, Plan, Verb};
use crate::tenant::resolve::pending;
use crate::tenant::snapshot::Snapshot;
use crate::text::few_names;

/// A policy as it is in force before and after the plan; `None`: it is not.
struct Enforced {
    name: String,
    before: Option<ConditionalAccessPolicy>,
    after: Option<ConditionalAccessPolicy>,
}

/// Of which policies it is asked what they use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::plan) enum Use {
    /// Of those that use it before and after.
    Lasts,
    /// Of those that use it before, and no more after.
    Ends,
    /// Of those that use it after, and not before.
    Begins,
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

/// The policies that are enabled before or after the plan, and which groups are in which.
#[derive(Default)]
pub(in crate::plan) struct InForce {
    policies: Vec<Enforced>,
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

/// [`InForce`], of the policies that are asked for.
#[derive(Clone, Copy)]
pub(super) struct Uses<'p> {
    all: &'p InForce,
    when: Use,
}

impl InForce {
    pub(in crate::plan) fn of(plan: &Plan, snapshot: &Snapshot) -> InForce {
        let enforced = |side: &Value| typed(side).filter(is_enforced);
        let mut policies: Vec<Enforced> = Vec::new();
        let actions = plan
            .actions
            .iter()
            .filter(|a| a.kind == Kind::ConditionalAccessPolicy);
        let by_id: HashMap<&str, &Action> = actions
            .filter_map(|a| Some((a.id.as_deref()?, a)))
            .collect();
        for live in snapshot.of(Kind::ConditionalAccessPolicy) {
            let action = by_id.get(live.id.as_str());
            let before = enforced(&live.object.normal_form());
            let after = match action {
                Some(action) => enforced(&action.after),
                None => before.clone(),
            };
            policies.push(Enforced {
                name: live.name().to_owned(),
                before,
                after,
            });
        }
        let made = plan
            .actions
            .iter()
            .filter(|a| a.kind == Kind::ConditionalAccessPolicy && a.verb == Verb::Create);
        policies.extend(made.map(|action| Enforced {
            name: action.name.clone(),
            before: None,
            after: enforced(&action.after),
        }));
        let mut holders: HashMap<_, [BTreeSet<usize>; 2]> = HashMap::new();
        for (at, policy) in policies.iter().enumerate() {
            for (side, conditions) in [&policy.before, &policy.after].into_iter().enumerate() {
                let Some(policy) = conditions else { continue };
                for (list, items) in lists(&policy.conditions) {
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
                .filter_map(|action| Some((own_id(action), action.desired.as_ref()?))),
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

    pub(super) fn uses(&self, when: Use) -> Uses<'_> {
        Uses { all: self, when }
    }

    /// The policies whose list holds one of `ids` (lower-case), before and after.
    fn holding(&self, list: Listed, ids: &BTreeSet<String>) -> [BTreeSet<usize>; 2] {
        let [mut before, mut after] = <[BTreeSet<usize>; 2]>::default();
        for id in ids {
            if let Some([was, is]) = self.holders.get(&(list, id.clone())) {
                before.extend(was);
                after.extend(is);
            }
        }
        [before, after]
    }

    fn is_gone(&self, at: usize) -> bool {
        self.policies.get(at).is_some_and(|p| p.after.is_none())
    }

    fn is_new(&self, at: usize) -> bool {
        self.policies.get(at).is_some_and(|p| p.before.is_none())
    }
}

impl Uses<'_> {
    /// Those of the policies that hold one of `ids` (lower-case) in a list.
    fn holding(self, list: Listed, ids: &BTreeSet<String>) -> BTreeSet<usize> {
        let [before, after] = self.all.holding(list, ids);
        let mut ends: BTreeSet<usize> = before.difference(&after).copied().collect();
        let mut begins: BTreeSet<usize> = after.difference(&before).copied().collect();
        // Where a policy takes the place of another, the use goes on.
        if ends.iter().any(|at| self.all.is_gone(*at))
            && begins.iter().any(|at| self.all.is_new(*at))
        {
            ends.retain(|at| !self.all.is_gone(*at));
            begins.retain(|at| !self.all.is_new(*at));
        }
        match self.when {
            Use::Lasts => before.intersection(&after).copied().collect(),
            Use::Ends => ends,
            Use::Begins => begins,
        }
    }

    /// Those that hold one of `ids` at the time that counts, be it at the other, too.
    fn holding_then(self, list: Listed, ids: &BTreeSet<String>) -> BTreeSet<usize> {
        let [before, after] = self.all.holding(list, ids);
        match self.when {
            Use::Lasts => before.intersection(&after).copied().collect(),
            Use::Ends => before,
            Use::Begins => after,
        }
    }

    /// The names of those that ask for a strength.
    fn of_strength(self, id: &str) -> Vec<String> {
        let asks = |side: &Option<ConditionalAccessPolicy>| {
            side.as_ref()
                .is_some_and(|policy| uses_strength(policy, id))
        };
        let policies = self.all.policies.iter().filter(|policy| {
            let (before, after) = (asks(&policy.before), asks(&policy.after));
            match self.when {
                Use::Lasts => before && after,
                Use::Ends => before && !after,
                Use::Begins => after && !before,
            }
        });
        policies.map(|policy| policy.name.clone()).collect()
    }

    fn names<'a>(self, places: impl IntoIterator<Item = &'a usize>) -> Vec<String> {
        let policies = places
            .into_iter()
            .filter_map(|at| self.all.policies.get(*at));
        policies.map(|policy| policy.name.clone()).collect()
    }

    /// The group and the known groups that it is in.
    fn with_parents(self, group: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::from([group.to_lowercase()]);
        let mut open = vec![group.to_lowercase()];
        while let Some(id) = open.pop() {
            for parent in self.all.parents.get(&id).into_iter().flatten() {
                if found.insert(parent.clone()) {
                    open.push(parent.clone());
                }
            }
        }
        found
    }

    fn users(self, ids: &BTreeSet<String>, include: Listed, exclude: Listed) -> UsedBy {
        let excluded = self.holding(exclude, ids);
        let included = self.holding(include, ids);
        UsedBy {
            included: self.names(included.difference(&excluded)),
            excluded: self.names(&excluded),
        }
    }

    fn of_group(self, id: &str) -> UsedBy {
        let everybody = BTreeSet::from(["all".to_owned()]);
        let ids = self.with_parents(id);
        let mut users = self.users(&ids, Listed::IncludedGroups, Listed::ExcludedGroups);
        if !users.included.is_empty() {
            // Who is covered by a policy on all users is covered in the group and out of it.
            let all = self.names(&self.holding_then(Listed::IncludedUsers, &everybody));
            let all: BTreeSet<String> = all.into_iter().collect();
            users.included.retain(|name| !all.contains(name));
        }
        users
    }

    fn of_location(self, id: &str, trusted: bool) -> UsedBy {
        let mut ids = BTreeSet::from([id.to_lowercase()]);
        if trusted {
            ids.insert("alltrusted".to_owned());
        }
        self.users(&ids, Listed::IncludedLocations, Listed::ExcludedLocations)
    }
}

/// The id of an action's object, or what stands for it.
pub(in crate::plan) fn own_id(action: &Action) -> String {
    let id = action.id.clone();
    id.unwrap_or_else(|| pending(action.kind, &action.name))
}

/// What an action on anything but a policy does, but for the members of groups.
pub(super) fn own_reasons(action: &Action, uses: Uses<'_>) -> Vec<EffectReason> {
    let id = &own_id(action);
    match (action.kind, action.verb) {
        (Kind::NamedLocation, _) => location(action, id, uses),
        (Kind::AuthenticationStrength, Verb::Update) => {
            let used = uses.of_strength(id);
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
            let used = !uses.holding(Listed::Contexts, &ids).is_empty();
            let available = |side: &Value| side.get("isAvailable") == Some(&Value::Bool(true));
            match (available(&action.before), available(&action.after)) {
                (true, false) if used => vec![EffectReason::new(
                    Turn::Takes,
                    "applications can no longer ask for a context that an enabled policy targets",
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
        (Kind::Group, Verb::Update) => rule(action, uses.of_group(id)),
        (_, Verb::Create) => vec![EffectReason::new(
            Turn::Neutral,
            "new, and nothing that is enabled now uses it",
        )],
        (_, Verb::Delete) => vec![EffectReason::new(Turn::Neutral, "no policy uses it")],
        _ => unused(),
    }
}

/// The groups whose members an action changes.
pub(in crate::plan) fn groups(action: &Action) -> BTreeSet<String> {
    match action.kind {
        Kind::Group if action.verb != Verb::Delete => BTreeSet::from([own_id(action)]),
        Kind::TestUser => {
            let sides = [&action.before, &action.after];
            sides
                .into_iter()
                .flat_map(|side| listed(side, "memberOf"))
                .collect()
        }
        _ => BTreeSet::new(),
    }
}

/// What it does that a group gets members (`joins`), or loses them, by an action.
pub(super) fn member_reasons(
    action: &Action,
    group: &str,
    joins: bool,
    uses: Uses<'_>,
    name: NameOf<'_>,
) -> Vec<EffectReason> {
    let mut reasons = Vec::new();
    let (from, to) = match joins {
        true => (&action.before, &action.after),
        false => (&action.after, &action.before),
    };
    if action.kind == Kind::TestUser {
        let is_in = |side: &Value| lower(side, "memberOf").contains(&group.to_lowercase());
        if is_in(to) && !is_in(from) {
            membership(uses.of_group(group), joins, &name(group), &mut reasons);
        }
        return reasons;
    }
    let old = lower(from, "members");
    // The members as they stand in the plan: stand-ins for ids have upper case.
    let come: BTreeSet<String> = listed(to, "members");
    let come: Vec<String> = (come.iter())
        .filter(|member| !old.contains(&member.to_lowercase()))
        .map(|member| name(member))
        .collect();
    if !come.is_empty() {
        let (word, included, excluded) = match joins {
            true => ("more ", Turn::Adds, Turn::Takes),
            false => ("fewer ", Turn::Takes, Turn::Adds),
        };
        let what = counted(&come, &format!("{word}member"), &format!("{word}members"));
        told_by(
            &uses.of_group(group),
            &what,
            included,
            excluded,
            &mut reasons,
        );
    }
    reasons
}

/// What policies do with what is more, or less.
fn told_by(
    users: &UsedBy,
    what: &str,
    included: Turn,
    excluded: Turn,
    into: &mut Vec<EffectReason>,
) {
    for (names, turn, does) in [
        (&users.excluded, excluded, "excludes"),
        (&users.included, included, "includes"),
    ] {
        if !names.is_empty() {
            let words = format!("{} {does} {what}", quoted(names));
            into.push(EffectReason::new(turn, words));
        }
    }
}

/// What an action on anything but a policy does.
pub(super) fn reasons(action: &Action, in_force: &InForce, name: NameOf<'_>) -> Vec<EffectReason> {
    let uses = in_force.uses(Use::Lasts);
    let mut reasons = Vec::new();
    if action.verb == Verb::Update {
        for joins in [true, false] {
            for group in groups(action) {
                reasons.extend(member_reasons(action, &group, joins, uses, name));
            }
        }
    }
    match reasons.is_empty() {
        true => own_reasons(action, uses),
        false => {
            let own = own_reasons(action, uses);
            reasons.extend(own.into_iter().filter(|r| r.turn != Turn::Neutral));
            reasons
        }
    }
}

fn unused() -> Vec<EffectReason> {
    vec![EffectReason::new(
        Turn::Neutral,
        "nothing changes in what an enabled policy uses",
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

/// The rule by which members of a group are found.
fn rule(action: &Action, users: UsedBy) -> Vec<EffectReason> {
    let mut reasons = Vec::new();
    let used = [users.excluded, users.included].concat();
    for member in [
        "membershipRule",
        "membershipRuleProcessingState",
        "groupTypes",
    ] {
        if !used.is_empty() && action.before.get(member) != action.after.get(member) {
            let by = quoted(&used);
            reasons.push(EffectReason::new(
                Turn::Unknown,
                format!("`{member}` decides who is a member, and {by} uses the group"),
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

fn location(action: &Action, id: &str, uses: Uses<'_>) -> Vec<EffectReason> {
    let (old, new) = (Origins::of(&action.before), Origins::of(&action.after));
    let mut reasons = Vec::new();
    let words = ("range or country", "ranges or countries");
    // What the location stands for while its trust does not change.
    let users = uses.of_location(id, old.trusted && new.trusted);
    let alone = action.verb == Verb::Update && uses.when == Use::Lasts;
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
        told_by(&users, &what, included, excluded, &mut reasons);
        // Risk is rated lower at trusted places, whatever the policies say.
        let risk = old.trusted && new.trusted && alone;
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
        let trusted = uses.of_location("alltrusted", true);
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
        if trusted.excluded.is_empty() && trusted.included.is_empty() && alone {
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
            "the way a country is found changes",
        ));
    }
    or_unused(reasons)
}
