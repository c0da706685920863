//! The order of actions, and why: dependencies before what refers to them; then policies
//! that add protection, then changes, then removals; then what nothing refers to any more.
//! So a tenant is never less protected between two steps than before and after both.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::weakening::{adds_and_takes, of_policy, of_strength};
use super::{Action, Phase, Verb};
use crate::model::{Kind, Object};
use crate::tenant::snapshot::Snapshot;

/// When an action is carried out.
pub fn phase(verb: Verb, kind: Kind, before: &Value, after: &Value) -> Phase {
    match (kind, verb) {
        (Kind::ConditionalAccessPolicy, Verb::Create) => Phase::Protect,
        (Kind::ConditionalAccessPolicy, Verb::Delete) => Phase::Relax,
        (Kind::ConditionalAccessPolicy, Verb::Update) => {
            match adds_and_takes(&of_policy(before, after, &str::to_owned)) {
                (true, false) => Phase::Protect,
                (false, true) => Phase::Relax,
                _ => Phase::Change,
            }
        }
        // A strength is loosened after the policies that let go of it.
        (Kind::AuthenticationStrength, Verb::Update)
            if adds_and_takes(&of_strength(before, after)).1 =>
        {
            Phase::Unlink
        }
        (_, Verb::Delete) => Phase::Remove,
        (_, Verb::Create | Verb::Update) => Phase::Prepare,
    }
}

/// Puts actions in the order in which they are carried out. Within a phase: by kind, what
/// is referred to first (last for deletions), then by name, so that the order is stable.
pub fn sort(actions: &mut [Action]) {
    actions.sort_by(|a, b| {
        let rank = |action: &Action| {
            let kind = action.kind as i32;
            let kind = if action.verb == Verb::Delete {
                -kind
            } else {
                kind
            };
            (action.phase, kind)
        };
        rank(a)
            .cmp(&rank(b))
            // Within a phase what is made comes first, and what ends comes last.
            .then_with(|| a.verb.cmp(&b.verb))
            .then_with(|| a.name.cmp(&b.name))
            .then_with(|| a.id.cmp(&b.id))
    });
}

/// Which groups each policy includes and excludes.
#[derive(Default)]
struct Uses {
    included: BTreeSet<String>,
    excluded: BTreeSet<String>,
}

impl Uses {
    fn of(object: &Object) -> Uses {
        let mut uses = Uses::default();
        if let Object::ConditionalAccessPolicy(policy) = object
            && let Some(users) = &policy.conditions.users
        {
            uses.included.extend(users.include_groups.iter().cloned());
            uses.excluded.extend(users.exclude_groups.iter().cloned());
        }
        uses
    }
}

/// Decides when members are added to and taken out of groups.
///
/// As a rule members are added before the policies change (an exclusion must hold when the
/// policy begins) and taken out after them. The other way round where that would leave
/// somebody unprotected in between: a group that no policy excludes any more is filled
/// late, and a group that a policy begins to exclude is emptied early.
pub fn memberships(actions: &mut [Action], snapshot: &Snapshot) {
    let mut before: BTreeMap<String, Uses> = BTreeMap::new();
    for live in snapshot.of(Kind::ConditionalAccessPolicy) {
        before.insert(live.id.clone(), Uses::of(&live.object));
    }
    let mut after: BTreeMap<String, Uses> = BTreeMap::new();
    for (id, live) in snapshot
        .of(Kind::ConditionalAccessPolicy)
        .iter()
        .map(|live| (live.id.clone(), live))
    {
        after.insert(id, Uses::of(&live.object));
    }
    for (number, action) in actions.iter().enumerate() {
        if action.kind != Kind::ConditionalAccessPolicy {
            continue;
        }
        let id = action.id.clone().unwrap_or_else(|| format!("new {number}"));
        match &action.desired {
            Some(desired) => after.insert(id, Uses::of(desired)),
            None => after.remove(&id),
        };
    }
    let is = |uses: &BTreeMap<String, Uses>, group: &str, excluded: bool| {
        uses.values().any(|u| match excluded {
            true => u.excluded.contains(group),
            false => u.included.contains(group),
        })
    };
    let begins = |group: &str| {
        after.iter().any(|(id, uses)| {
            uses.excluded.contains(group)
                && !before
                    .get(id)
                    .is_some_and(|old| old.excluded.contains(group))
        })
    };
    for action in actions.iter_mut() {
        let groups: BTreeSet<String> = match &action.desired {
            Some(Object::Group(_)) => action.id.iter().cloned().collect(),
            Some(Object::TestUser(user)) => {
                let old = match action.live.as_ref().map(|l| &l.object) {
                    Some(Object::TestUser(old)) => old.member_of.clone().unwrap_or_default(),
                    _ => Default::default(),
                };
                let new = user.member_of.clone().unwrap_or_default();
                new.iter().chain(old.iter()).cloned().collect()
            }
            _ => continue,
        };
        for group in groups {
            let add = if is(&before, &group, true) && !is(&after, &group, true) {
                Phase::Unlink
            } else {
                Phase::Link
            };
            let remove = if begins(&group) && !is(&before, &group, false) {
                Phase::Link
            } else {
                Phase::Unlink
            };
            if (add, remove) != (Phase::Link, Phase::Unlink) {
                action.links.insert(group, (add, remove));
            }
        }
    }
}
