//! Whether an action makes the tenant stronger or weaker, with the reasons in words. The one
//! source for the order of actions, for what a plan shows and for the guard `weakening`.
//!
//! Two policies are compared by their normal forms: state, who and what is covered, conditions,
//! controls. For what policies rest on (locations, strengths, contexts, members of groups) the
//! policies count that are enabled before and after and use it both times; a policy that begins
//! or ends using it says so itself. What cannot be told is unknown, and unknown asks for consent
//! like weaker.

mod controls;
mod objects;
mod policy;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use super::{Action, Plan, Verb};
use crate::model::Kind;
use crate::model::enums::PolicyState;
use crate::model::policy::{ConditionalAccessPolicy, Users};
use crate::tenant::snapshot::Snapshot;
use crate::text::few_names;

pub use controls::strength as of_strength;
pub(super) use objects::{InForce, Use, groups, own_id};

/// Gives the name of an id, for texts.
type NameOf<'a> = &'a dyn Fn(&str) -> String;

/// What an action does to protection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Class {
    /// Nothing that is enforced changes.
    #[default]
    Neutral,
    /// It adds protection and takes none.
    Stronger,
    /// It takes some protection, whatever else it adds.
    Weaker,
    /// It cannot be told; treated like weaker.
    Unknown,
}

impl Class {
    /// True when a reviewer has to look twice.
    pub fn weakens(self) -> bool {
        matches!(self, Class::Weaker | Class::Unknown)
    }

    /// The class that `text` names, exactly.
    pub fn parse(text: &str) -> Option<Class> {
        [
            Class::Neutral,
            Class::Stronger,
            Class::Weaker,
            Class::Unknown,
        ]
        .into_iter()
        .find(|class| class.as_str() == text)
    }

    /// `neutral`, `stronger`, `weaker` or `unknown`.
    pub fn as_str(self) -> &'static str {
        match self {
            Class::Neutral => "neutral",
            Class::Stronger => "stronger",
            Class::Weaker => "weaker",
            Class::Unknown => "unknown",
        }
    }
}

/// Which way one reason points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    /// Protection is taken.
    Takes,
    /// It cannot be told.
    Unknown,
    /// Protection is added.
    Adds,
    /// Neither.
    Neutral,
}

/// One thing that changes, and which way it points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectReason {
    /// Which way.
    pub turn: Turn,
    /// What changes, in words without a full stop.
    pub words: String,
}

impl EffectReason {
    fn new(turn: Turn, words: impl Into<String>) -> EffectReason {
        EffectReason {
            turn,
            words: words.into(),
        }
    }
}

/// Whether any reason adds protection, and whether any takes some. What cannot be told may do
/// both.
pub fn adds_and_takes(reasons: &[EffectReason]) -> (bool, bool) {
    let any = |turn| reasons.iter().any(|r| r.turn == turn);
    let unknown = any(Turn::Unknown);
    (any(Turn::Adds) || unknown, any(Turn::Takes) || unknown)
}

/// What an action does to protection, and why.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Effect {
    /// The class.
    pub class: Class,
    /// The reasons in words, what takes protection first.
    pub reasons: Vec<String>,
}

impl Effect {
    /// The sum of reasons.
    pub fn of(mut reasons: Vec<EffectReason>) -> Effect {
        reasons.sort_by_key(|reason| reason.turn);
        let any = |turn| reasons.iter().any(|r| r.turn == turn);
        let class = if any(Turn::Takes) {
            Class::Weaker
        } else if any(Turn::Unknown) {
            Class::Unknown
        } else if any(Turn::Adds) {
            Class::Stronger
        } else {
            Class::Neutral
        };
        let mut words: Vec<String> = reasons.into_iter().map(|r| r.words).collect();
        words.dedup();
        Effect {
            class,
            reasons: words,
        }
    }

    /// True when somebody must agree to it: it is weaker, or that is not known.
    pub fn needs_consent(&self) -> bool {
        matches!(self.class, Class::Weaker | Class::Unknown)
    }
}

/// The effect of every action of the plan, in their order. Ids are shown by the plan's names.
/// To exclude one of `break_glass` (ids of users and groups, lower-case) takes
/// nothing: it is what a policy has to do.
pub fn assess(plan: &Plan, snapshot: &Snapshot, break_glass: &BTreeSet<String>) -> Vec<Effect> {
    // Only what policies rest on needs the policies around it.
    let policies_only = plan
        .actions
        .iter()
        .all(|a| a.kind == Kind::ConditionalAccessPolicy);
    let in_force = match policies_only {
        true => objects::InForce::default(),
        false => objects::InForce::of(plan, snapshot),
    };
    plan.actions
        .iter()
        .map(|action| Effect::of(reasons(action, plan, &in_force, break_glass)))
        .collect()
}

fn reasons(
    action: &Action,
    plan: &Plan,
    in_force: &objects::InForce,
    break_glass: &BTreeSet<String>,
) -> Vec<EffectReason> {
    let name = |id: &str| plan.name_of(id);
    if action.kind != Kind::ConditionalAccessPolicy {
        return objects::reasons(action, in_force, &name);
    }
    let (before, after) = (typed(&action.before), typed(&action.after));
    match (action.verb, before, after) {
        (Verb::Create, _, Some(after)) => policy::created(&after),
        (Verb::Delete, Some(before), _) => policy::deleted(&before),
        (Verb::Update, Some(before), Some(after)) => {
            let (after, spared) = without_added(&before, after, break_glass);
            let mut reasons = policy::compare(&before, &after, &name);
            if spared {
                reasons.push(EffectReason::new(
                    Turn::Neutral,
                    "excludes the break-glass accounts",
                ));
            }
            reasons
        }
        _ => vec![unreadable()],
    }
}

/// What an action on anything but a policy does by policies that use its object at a time; but
/// for the members of groups.
pub(super) fn of_object(action: &Action, in_force: &InForce, when: Use) -> Vec<EffectReason> {
    objects::own_reasons(action, in_force.uses(when))
}

/// What it does by such policies that a group gets members (`joins`), or loses them.
pub(super) fn of_members(
    action: &Action,
    group: &str,
    joins: bool,
    in_force: &InForce,
    when: Use,
    name: &dyn Fn(&str) -> String,
) -> Vec<EffectReason> {
    objects::member_reasons(action, group, joins, in_force.uses(when), name)
}

/// The policy of a normal form.
fn typed(side: &Value) -> Option<ConditionalAccessPolicy> {
    ConditionalAccessPolicy::deserialize(side).ok()
}

/// Normal forms are made from the model and can be read by it; were one not, nothing could be
/// told.
fn unreadable() -> EffectReason {
    EffectReason::new(Turn::Unknown, "the policy cannot be compared")
}

/// What changing a policy does, by its two normal forms; see `policy::compare`.
pub fn of_policy(
    before: &Value,
    after: &Value,
    name: &dyn Fn(&str) -> String,
) -> Vec<EffectReason> {
    match (typed(before), typed(after)) {
        (Some(before), Some(after)) => policy::compare(&before, &after, name),
        _ => vec![unreadable()],
    }
}

/// The policy after, without those of `ids` that it begins to exclude, and whether there are
/// such.
fn without_added(
    before: &ConditionalAccessPolicy,
    mut after: ConditionalAccessPolicy,
    ids: &BTreeSet<String>,
) -> (ConditionalAccessPolicy, bool) {
    let mut spared = false;
    if let Some(users) = &mut after.conditions.users {
        let none = Users::default();
        let old = before.conditions.users.as_ref().unwrap_or(&none);
        for (list, old) in [
            (&mut users.exclude_users, &old.exclude_users),
            (&mut users.exclude_groups, &old.exclude_groups),
        ] {
            let all = list.len();
            let old: BTreeSet<&String> = old.iter().collect();
            list.retain(|id| old.contains(id) || !ids.contains(&id.to_lowercase()));
            spared |= list.len() < all;
        }
    }
    (after, spared)
}

/// Whether a policy is in force.
fn is_enforced(policy: &ConditionalAccessPolicy) -> bool {
    policy.state == Some(PolicyState::Enabled)
}

/// True for a policy that is enforced.
pub fn is_enabled(policy: &Value) -> bool {
    policy.get("state").and_then(Value::as_str) == Some("enabled")
}

/// The texts of a list of a normal form.
pub(super) fn listed(side: &Value, member: &str) -> BTreeSet<String> {
    let list = side.get(member).and_then(Value::as_array);
    let texts = list.into_iter().flatten().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

/// `3 groups: "a", "b", "c"`; from the sixth on they are counted.
fn counted(items: &[String], one: &str, several: &str) -> String {
    let word = if items.len() == 1 { one } else { several };
    format!("{} {word}: {}", items.len(), few_names(items, 5))
}
