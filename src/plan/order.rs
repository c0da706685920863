//! The order of actions, and why: dependencies before what refers to them; then policies
//! that add protection, then changes, then removals; then what nothing refers to any more.
//! So a tenant is never less protected between two steps than before and after both.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::weakening::{
    EffectReason, InForce, Turn, Use, adds_and_takes, groups, of_members, of_object, of_policy,
    of_strength, own_id,
};
use super::{Action, Phase, Plan, Verb};
use crate::finding::{Code, Finding};
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

/// When a change of what policies rest on is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    /// Before the policies.
    Early,
    /// After them.
    Late,
    /// That makes no difference to protection.
    Either,
}

/// What a change does by the policies that use its object before, after, and both times.
struct Judged {
    ends: Vec<EffectReason>,
    begins: Vec<EffectReason>,
    lasts: Vec<EffectReason>,
}

impl Judged {
    fn of(reasons: impl Fn(Use) -> Vec<EffectReason>) -> Judged {
        Judged {
            ends: reasons(Use::Ends),
            begins: reasons(Use::Begins),
            lasts: reasons(Use::Lasts),
        }
    }

    /// Before a policy begins to use it: who is to be spared must be spared then, and who is not
    /// must not. After the policies that let go of it, where they would take protection meanwhile;
    /// and what takes protection in any case comes late, so that a failure leaves it out.
    fn when(&self) -> When {
        let (begin_adds, begin_takes) = adds_and_takes(&self.begins);
        if begin_takes {
            When::Early
        } else if adds_and_takes(&self.ends).1 {
            When::Late
        } else if begin_adds {
            When::Early
        } else if adds_and_takes(&self.lasts).1 {
            When::Late
        } else {
            When::Either
        }
    }

    /// Why neither order is without a weaker moment, where that is so.
    fn torn(&self) -> Option<String> {
        let (adds, takes) = adds_and_takes(&self.begins);
        if !adds_and_takes(&self.ends).1 || !adds && !takes {
            return None;
        }
        let words = |reasons: &[EffectReason]| -> String {
            let words: Vec<&str> = (reasons.iter())
                .filter(|reason| reason.turn != Turn::Neutral)
                .map(|reason| reason.words.as_str())
                .collect();
            words.join(", ")
        };
        Some(format!(
            "before the policies change, {}; after that, not yet: {}",
            words(&self.ends),
            words(&self.begins)
        ))
    }
}

/// Decides when what policies rest on is changed (locations, strengths, contexts, rules and
/// members of groups), by the policies before and after: before them, unless that takes
/// protection by the policies of before; then after them. Answers a warning for each change where
/// both have a weaker moment.
pub fn around_policies(plan: &mut Plan, snapshot: &Snapshot) -> Vec<Finding> {
    let mut findings = Vec::new();
    if plan
        .actions
        .iter()
        .all(|a| a.kind == Kind::ConditionalAccessPolicy)
    {
        return findings;
    }
    let in_force = InForce::of(plan, snapshot);
    let wanted: BTreeSet<String> =
        references(plan.actions.iter().filter_map(|a| a.desired.as_ref()));
    let held: BTreeSet<String> = references(
        snapshot
            .of(Kind::ConditionalAccessPolicy)
            .iter()
            .map(|live| &live.object),
    );
    let mut decided = Vec::new();
    for action in &plan.actions {
        let mut torn = Vec::new();
        let (mut phase, mut links) = (action.phase, BTreeMap::new());
        if action.kind != Kind::ConditionalAccessPolicy {
            let judged = Judged::of(|when| of_object(action, &in_force, when));
            let id = own_id(action).to_lowercase();
            phase = match (action.verb, judged.when()) {
                (_, When::Either) => phase,
                // What refers to it needs it, and what it is deleted from has to let go of it.
                (Verb::Create, When::Late) if wanted.contains(&id) => phase,
                (Verb::Delete, When::Early) if held.contains(&id) => phase,
                (Verb::Delete, When::Early) => Phase::Link,
                (Verb::Delete, When::Late) => phase,
                (_, When::Early) => Phase::Prepare,
                (_, When::Late) => Phase::Unlink,
            };
            torn.extend(judged.torn());
        }
        let name = |id: &str| plan.name_of(id);
        for group in groups(action) {
            let judge = |joins| {
                Judged::of(|when| of_members(action, &group, joins, &in_force, when, &name))
            };
            let (joins, leaves) = (judge(true), judge(false));
            let phases = (
                match joins.when() {
                    When::Late => Phase::Unlink,
                    When::Early | When::Either => Phase::Link,
                },
                match leaves.when() {
                    When::Early => Phase::Link,
                    When::Late | When::Either => Phase::Unlink,
                },
            );
            if phases != (Phase::Link, Phase::Unlink) {
                links.insert(group, phases);
            }
            torn.extend([joins.torn(), leaves.torn()].into_iter().flatten());
        }
        findings.extend(torn.iter().map(|why| weaker_between(action, why)));
        decided.push((phase, links));
    }
    for (action, (phase, links)) in plan.actions.iter_mut().zip(decided) {
        (action.phase, action.links) = (phase, links);
    }
    findings
}

/// What objects refer to, in lower case.
fn references<'o>(objects: impl Iterator<Item = &'o Object>) -> BTreeSet<String> {
    let all = objects.flat_map(Object::references);
    all.map(|(_, _, target)| target.to_lowercase()).collect()
}

fn weaker_between(action: &Action, why: &str) -> Finding {
    let finding = Finding::warning(
        Code::WeakerBetween,
        format!(
            "the {} `{}` cannot change without a moment in which the tenant is weaker than before and after: {why}",
            action.kind.words(),
            action.name
        ),
    );
    let finding = match &action.place {
        Some(place) => finding.at(place.clone()),
        None => finding,
    };
    finding.help("first apply the policy that stops using it, then the rest in a second apply")
}
