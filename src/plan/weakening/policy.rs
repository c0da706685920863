//! Two versions of one policy: state, and who, what and when is covered.

use std::collections::BTreeSet;

use super::controls::{grant, loosens, session};
use super::{EffectReason, NameOf, Turn, counted, is_enforced};
use crate::model::conditions::{CONDITIONS, Condition, Limit, Part, Whom};
use crate::model::enums::PolicyState;
use crate::model::policy::{ConditionalAccessPolicy, Conditions, GuestsOrExternalUsers};
use crate::model::values::GraphEnum;

type Set<'a> = BTreeSet<&'a str>;

/// What a new policy adds.
pub(super) fn created(after: &ConditionalAccessPolicy) -> Vec<EffectReason> {
    if !is_enforced(after) {
        return vec![EffectReason::new(
            Turn::Neutral,
            format!("a new policy that is {}: nothing is enforced", state(after)),
        )];
    }
    let mut reasons = vec![EffectReason::new(
        Turn::Adds,
        "a new policy that is enabled",
    )];
    if let Some(what) = loosens(after) {
        reasons.push(EffectReason::new(Turn::Unknown, what));
    }
    reasons
}

/// What the end of a policy takes.
pub(super) fn deleted(before: &ConditionalAccessPolicy) -> Vec<EffectReason> {
    vec![if is_enforced(before) {
        EffectReason::new(Turn::Takes, "an enabled policy is deleted")
    } else {
        EffectReason::new(
            Turn::Neutral,
            format!("the policy is {}: nothing was enforced", state(before)),
        )
    }]
}

/// What changing a policy does, by its two normal forms. `name` says what a person calls the
/// object of an id.
pub(super) fn compare(
    before: &ConditionalAccessPolicy,
    after: &ConditionalAccessPolicy,
    name: NameOf<'_>,
) -> Vec<EffectReason> {
    let (old, new) = (state(before), state(after));
    let moved = format!("moved from {old} to {new}");
    match (is_enforced(before), is_enforced(after)) {
        (true, true) => content(before, after, name),
        (true, false) => vec![EffectReason::new(Turn::Takes, moved)],
        (false, true) => {
            let mut reasons = vec![EffectReason::new(Turn::Adds, moved)];
            if let Some(what) = loosens(after) {
                reasons.push(EffectReason::new(Turn::Unknown, what));
            }
            reasons
        }
        (false, false) if old != new => vec![EffectReason::new(
            Turn::Neutral,
            format!("{moved}: nothing is enforced before or after"),
        )],
        (false, false) => vec![EffectReason::new(
            Turn::Neutral,
            format!("the policy is {new}: nothing is enforced"),
        )],
    }
}

fn state(policy: &ConditionalAccessPolicy) -> &'static str {
    match policy.state {
        Some(PolicyState::Enabled) => "enabled",
        Some(PolicyState::ReportOnly) => "report-only",
        _ => "disabled",
    }
}

fn content(
    before: &ConditionalAccessPolicy,
    after: &ConditionalAccessPolicy,
    name: NameOf<'_>,
) -> Vec<EffectReason> {
    // Destructured so that a new member cannot be forgotten. What is passed over is not
    // Graph's to use, or the service's own.
    let ConditionalAccessPolicy {
        id: _,
        display_name,
        description: _,
        state: _,
        conditions,
        grant_controls,
        session_controls,
        template_id: _,
        created_date_time: _,
        modified_date_time: _,
        deleted_date_time: _,
    } = before;
    let mut reasons = Vec::new();
    for row in CONDITIONS {
        reach(row, conditions, &after.conditions, name, &mut reasons);
    }
    // A session control that loosens reaches more people when the policy does.
    if loosens(before).is_some() || loosens(after).is_some() {
        for reason in reasons.iter_mut().filter(|r| r.turn == Turn::Adds) {
            reason.turn = Turn::Unknown;
            reason
                .words
                .push_str(", with a session control that loosens");
        }
    }
    let controls = (grant_controls.as_ref(), after.grant_controls.as_ref());
    grant(controls.0, controls.1, name, &mut reasons);
    let controls = (session_controls.as_ref(), after.session_controls.as_ref());
    session(controls.0, controls.1, &mut reasons);
    if reasons.is_empty() && *display_name != after.display_name {
        reasons.push(EffectReason::new(Turn::Neutral, "only the name changes"));
    }
    reasons
}

/// What one condition does to whom and what is covered.
fn reach(
    row: &Condition,
    old: &Conditions,
    new: &Conditions,
    name: NameOf<'_>,
    into: &mut Vec<EffectReason>,
) {
    let (had, has) = ((row.read)(old), (row.read)(new));
    if had == has {
        return;
    }
    // What is no reference is its own name.
    let name = if row.refs.is_some() {
        name
    } else {
        &str::to_owned
    };
    if row.part == Part::When {
        return limit(row, &had, &has, name, into);
    }
    let (all_before, all_after) = (everything(row, old), everything(row, new));
    if let (Limit::Opaque(_), _) | (_, Limit::Opaque(_)) = (&had, &has) {
        return match row.name {
            // Whatever else is listed is covered already.
            "users" if row.exclude.is_empty() && (all_before || all_after) => {}
            "users" => guests(row, old, new, into),
            _ => filter(row, &had, &has, into),
        };
    }
    let (old, new) = (had.sides(), has.sides());
    let verb = if row.part == Part::What {
        "covers"
    } else {
        "includes"
    };
    let of = if row.whom == Whom::Workloads {
        " of the tenant"
    } else {
        ""
    };
    let several = row.several;
    match (all_before, all_after) {
        (false, false) => included(row, &set(old.0), &set(new.0), name, into),
        // Whatever else is listed is covered already.
        _ if row.all.is_empty() || all_before == all_after => {}
        (true, _) => into.push(EffectReason::new(
            Turn::Takes,
            format!("no longer {verb} all {several}{of}"),
        )),
        (false, _) => into.push(EffectReason::new(
            Turn::Adds,
            format!("{verb} all {several}{of}"),
        )),
    }
    excluded(row, &set(old.1), &set(new.1), name, into);
}

/// True when everything is included, be it by another row about the same subjects.
fn everything(row: &Condition, conditions: &Conditions) -> bool {
    let same = |other: &Condition| {
        std::ptr::eq(other, row)
            || row.part == Part::Who && (other.name, other.whom) == (row.name, row.whom)
    };
    CONDITIONS
        .iter()
        .any(|other| same(other) && other.is_all((other.read)(conditions).sides().0))
}

/// `None` stands for nobody and nothing.
fn set<'a>(items: &[&'a str]) -> Set<'a> {
    items
        .iter()
        .copied()
        .filter(|item| *item != "None")
        .collect()
}

/// What stands in one list and not in the other, by name.
fn missing(from: &Set<'_>, list: &Set<'_>, name: NameOf<'_>) -> Vec<String> {
    from.difference(list).map(|id| name(id)).collect()
}

/// A list that includes: more of it adds.
fn included(
    row: &Condition,
    old: &Set<'_>,
    new: &Set<'_>,
    name: NameOf<'_>,
    into: &mut Vec<EffectReason>,
) {
    let (gone, come) = (missing(old, new, name), missing(new, old, name));
    into.extend(says(Turn::Takes, "no longer includes", "", &gone, row));
    into.extend(says(Turn::Adds, "includes", "more ", &come, row));
}

/// A list that excludes: more of it takes.
fn excluded(
    row: &Condition,
    old: &Set<'_>,
    new: &Set<'_>,
    name: NameOf<'_>,
    into: &mut Vec<EffectReason>,
) {
    let (gone, come) = (missing(old, new, name), missing(new, old, name));
    into.extend(says(Turn::Takes, "excludes", "more ", &come, row));
    into.extend(says(Turn::Adds, "no longer excludes", "", &gone, row));
}

/// A reason about some items, if there are any.
fn says(
    turn: Turn,
    verb: &str,
    more: &str,
    items: &[String],
    row: &Condition,
) -> Option<EffectReason> {
    let word = |word| format!("{more}{word}");
    let what = counted(items, &word(row.one), &word(row.several));
    (!items.is_empty()).then(|| EffectReason::new(turn, format!("{verb} {what}")))
}

/// Guests and external users, by type; of other home tenants nothing is concluded.
fn guests(row: &Condition, old: &Conditions, new: &Conditions, into: &mut Vec<EffectReason>) {
    let excludes = !row.exclude.is_empty();
    let (old, new) = (guests_of(old, excludes), guests_of(new, excludes));
    if let (Some(old), Some(new)) = (old, new)
        && old.external_tenants != new.external_tenants
    {
        let verb = if excludes { "excludes" } else { "includes" };
        let words = format!("{verb} guests or external users of other tenants");
        into.push(EffectReason::new(Turn::Unknown, words));
        return;
    }
    let compare = if excludes { excluded } else { included };
    compare(row, &types(old), &types(new), &str::to_owned, into);
}

fn guests_of(conditions: &Conditions, excludes: bool) -> Option<&GuestsOrExternalUsers> {
    let users = conditions.users.as_ref()?;
    match excludes {
        true => users.exclude_guests_or_external_users.as_ref(),
        false => users.include_guests_or_external_users.as_ref(),
    }
}

fn types(guests: Option<&GuestsOrExternalUsers>) -> Set<'_> {
    let types = guests
        .into_iter()
        .flat_map(|g| &g.guest_or_external_user_types.0);
    types.map(GraphEnum::as_str).collect()
}

/// A filter on what is included: only that of one that excludes comes or goes can be told.
fn filter(row: &Condition, had: &Limit<'_>, has: &Limit<'_>, into: &mut Vec<EffectReason>) {
    let excludes = |limit: &Limit<'_>| match limit {
        Limit::Opaque(filter) => filter.get("mode").is_some_and(|mode| mode == "exclude"),
        _ => false,
    };
    let what = row.several;
    into.push(match (had, has) {
        (Limit::Absent, has) if excludes(has) => {
            EffectReason::new(Turn::Takes, format!("excludes {what} by a filter"))
        }
        (had, Limit::Absent) if excludes(had) => {
            EffectReason::new(Turn::Adds, format!("no longer excludes {what} by a filter"))
        }
        _ => EffectReason::new(Turn::Unknown, format!("the filter of {what} changes")),
    });
}

/// A circumstance: without one every sign-in is covered, a longer list covers more.
fn limit(
    row: &Condition,
    had: &Limit<'_>,
    has: &Limit<'_>,
    name: NameOf<'_>,
    into: &mut Vec<EffectReason>,
) {
    let several = row.several;
    if let (Limit::Opaque(_), _) | (_, Limit::Opaque(_)) = (had, has) {
        into.push(match (had, has) {
            (Limit::Absent, _) => {
                EffectReason::new(Turn::Takes, format!("applies to some {several} only"))
            }
            (_, Limit::Absent) => {
                EffectReason::new(Turn::Adds, format!("no longer limited to some {several}"))
            }
            _ => EffectReason::new(Turn::Unknown, format!("the filter of {several} changes")),
        });
        return;
    }
    let (old, new) = (had.sides(), has.sides());
    let only = |limit: &Limit<'_>, items: &[&str]| limit.is_set() && !row.is_all(items);
    let (listed, lists) = (set(old.0), set(new.0));
    let none = Set::new();
    let (turn, verb, more, items) = match (only(had, old.0), only(has, new.0)) {
        (false, true) => (
            Turn::Takes,
            "applies only to",
            "",
            missing(&lists, &none, name),
        ),
        (true, false) => (
            Turn::Adds,
            "no longer limited to",
            "",
            missing(&listed, &none, name),
        ),
        (true, true) => {
            let gone = missing(&listed, &lists, name);
            into.extend(says(Turn::Takes, "no longer applies to", "", &gone, row));
            (
                Turn::Adds,
                "applies to",
                "more ",
                missing(&lists, &listed, name),
            )
        }
        (false, false) => (Turn::Adds, "", "", Vec::new()),
    };
    into.extend(says(turn, verb, more, &items, row));
    excluded(row, &set(old.1), &set(new.1), name, into);
}
