//! What a plan does to sign-ins as a whole, by proof: whether any passes more easily, and whether
//! anybody loses every way in.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::after::{id_of, objects};
use super::turned::backwards;
use super::weakening::Class;
use super::{Action, Plan, Verb};
use crate::analysis::{
    self, Comparative, CompareScope, Lockouts, SetComparison, SignInDifference, SignInTurn,
};
use crate::model::enums::GuestOrExternalUserType;
use crate::model::policy::{Applications, Conditions, GuestsOrExternalUsers, Users};
use crate::model::values::{Flags, GraphEnum};
use crate::model::{Kind, Object};
use crate::tenant::snapshot::Snapshot;
use crate::tenant::world::{Looked, policy_set};
use crate::text::few_names;
use crate::whatif::{Environment, KnownGroup, KnownUser, PolicySet, SignIn, UserType};

/// Of how many steps at most it is asked what passes between them.
const STEPS: usize = 24;

/// What a plan does to sign-ins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignInEffect {
    /// How the tenant after the plan stands to the tenant before it.
    pub verdict: Comparative,
    /// True when some sign-in passes more easily, or that cannot be told; false: proved.
    pub eases: bool,
    /// Sign-ins that pass more easily, one for each box.
    pub looser: Vec<SignInChange>,
    /// Sign-ins that are asked for more, or stopped.
    pub stricter: Vec<SignInChange>,
    /// Somebody who loses every way into an application.
    pub locked_out: Vec<SignInChange>,
    /// Somebody who could get in somewhere in an ordinary way, and can get in nowhere any more.
    pub shut_out: Option<SignInChange>,
    /// True when it takes a group, or a name, to be one of those.
    #[serde(default)]
    pub singled_out: bool,
    /// Somebody who may be one of those: it was not found out.
    #[serde(default)]
    pub may_be_shut_out: Option<PossibleLockout>,
    /// Sign-ins that pass between two steps, and neither before nor after the plan.
    pub between: Vec<Exposure>,
    /// True when it is not known whether what `looser` shows passes more easily.
    #[serde(default)]
    pub looser_is_open: bool,
    /// True when it is not known whether what `stricter` shows is asked for more.
    #[serde(default)]
    pub stricter_is_open: bool,
    /// How many boxes more there are at least.
    pub more: usize,
    /// The facts that an open verdict depends on.
    pub open_because: Vec<String>,
    /// What the verdict takes for granted.
    pub assumptions: Vec<String>,
}

/// Somebody who can perhaps get in nowhere any more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PossibleLockout {
    /// One of their sign-ins.
    pub change: SignInChange,
    /// True when it takes a group, or a name, to be one of them.
    pub singled_out: bool,
    /// The facts that it depends on; none if the search for a way in was given up.
    pub because: Vec<String>,
}

/// A sign-in that is treated differently after the plan than before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignInChange {
    /// The sign-in, complete.
    pub sign_in: SignIn,
    /// What it gets before.
    pub before: Value,
    /// What it gets after.
    pub after: Value,
    /// The widest box of sign-ins that it stands for: the values by member of the sign-in. What
    /// is not named is free; `not X` is any but X.
    pub widest: BTreeMap<String, Vec<String>>,
    /// What becomes of it; nothing of somebody who is locked out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<SignInTurn>,
    /// True when `whatif --before-after` says the same of the sign-in.
    #[serde(default)]
    pub replays: bool,
}

/// What passes after a step of the plan alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Exposure {
    /// The action after which it passes, by its place in the plan, from 1.
    pub after_action: usize,
    /// The sign-in; `after` is what it gets then.
    pub change: SignInChange,
}

impl SignInEffect {
    /// True when nothing passes more easily: proved.
    pub fn is_safe(&self) -> bool {
        !self.eases
    }
}

impl SignInChange {
    /// Where it is, in a few words: the widest box.
    pub fn at(&self) -> String {
        let parts: Vec<String> = (self.widest.iter())
            .map(|(member, values)| format!("{member}: {}", few_names(values, 5)))
            .collect();
        match parts.is_empty() {
            true => "whoever signs in, wherever to".to_owned(),
            false => parts.join("; "),
        }
    }
}

impl From<SignInDifference> for SignInChange {
    fn from(one: SignInDifference) -> SignInChange {
        SignInChange {
            sign_in: one.sign_in,
            before: serde_json::to_value(one.before).unwrap_or_default(),
            after: serde_json::to_value(one.after).unwrap_or_default(),
            widest: one.widest,
            turn: one.turn,
            replays: one.replays,
        }
    }
}

/// Asks what a plan does to sign-ins; nothing of a plan that cannot do anything. `break_glass`
/// (ids of users, and of groups) are left out: that policies spare them is what they are there for.
///
/// With `done` the plan is done already, in another way: the tenant that was read is what comes
/// after it.
pub fn judge(
    plan: &Plan,
    snapshot: &Snapshot,
    environment: &Environment,
    break_glass: &[BTreeSet<String>; 2],
    done: bool,
) -> Option<SignInEffect> {
    if !plan.actions.iter().any(matters) {
        return None;
    }
    let nothing = Plan::default();
    // Whoever plans to leave a group out cannot say, in the same breath, that it is empty.
    let environment = &Environment {
        assume_empty: Vec::new(),
        ..environment.clone()
    };
    let then = |plan: &Plan| state(plan, snapshot, environment);
    let (mut before, after) = match done {
        true => (then(&backwards(plan)), then(&nothing)),
        false => (then(&nothing), then(plan)),
    };
    // Who is made by the plan is in no list before it, and loses nothing.
    let creations = plan.actions.iter();
    let creations = creations.filter(|action| action.verb == Verb::Create);
    let creations: Vec<&Action> = creations.collect();
    let mut made = BTreeSet::new();
    let mut newcomers = Vec::new();
    for action in &creations {
        if let Some(Object::TestUser(user)) = &action.desired {
            made.insert(id_of(action));
            newcomers.push(id_of(action));
            newcomers.push(user.user_principal_name.clone());
            before.world.users.push(KnownUser {
                id: Some(id_of(action)),
                user_principal_name: user.user_principal_name.clone(),
                display_name: Some(user.display_name.clone()),
                member_of: Some(Vec::new()),
                user_type: Some(UserType::Member),
                ..KnownUser::default()
            });
        }
    }
    let new = excepted(made, BTreeSet::new());
    // In a group that the plan makes nobody is before it.
    let groups = creations.iter().filter_map(|action| match &action.desired {
        Some(Object::Group(group)) => Some((id_of(action), group)),
        _ => None,
    });
    before
        .world
        .groups
        .extend(groups.map(|(id, group)| KnownGroup {
            id: Some(id),
            display_name: group.display_name.clone(),
            members: Some(Vec::new()),
            declared: true,
            ..KnownGroup::default()
        }));
    let [users, groups] = break_glass.clone();
    let except = excepted(users, groups);
    let scope = CompareScope {
        except: &except,
        new: &new,
        ..CompareScope::default()
    };
    let comparison = analysis::compare_within(&before, &after, &scope);
    let mut spared = [except.clone(), new].concat();
    // Whether the devices of external users are trusted nobody has said: what they lose is shown,
    // and refuses nothing.
    if environment.inbound_trust.is_none() {
        spared.push(external());
    }
    let Lockouts { certain, open } = match comparison.hardens {
        true => analysis::lockout(&before, &after, &spared),
        false => Lockouts::default(),
    };
    let unlooked = plan.actions.iter().filter(|action| matters(action)).count();
    let unlooked = unlooked.saturating_sub(STEPS + 1);
    let looks_between = !done && takes_before_it_adds(plan);
    let between = match looks_between {
        true => between(plan, &before, &after, &except, &then),
        false => Vec::new(),
    };
    let SetComparison {
        verdict,
        eases,
        hardens: _,
        looser_is_open,
        stricter_is_open,
        looser,
        stricter,
        locked_out,
        more,
        because,
        mut assumptions,
    } = comparison;
    if looks_between && unlooked > 0 {
        assumptions.push(format!(
            "nothing passes between two of the last {unlooked} steps that passes neither before nor after (the first {STEPS} steps were checked)"
        ));
    }
    if !except.is_empty() {
        assumptions.push("the break-glass accounts are left out".to_owned());
    }
    // Before the plan nobody can ask about somebody whom it makes.
    let one = |difference: SignInDifference| {
        let mut change = SignInChange::from(difference);
        let user = change.sign_in.user.as_ref();
        let name = user.and_then(|user| user.name.as_deref());
        let is_made = |name: &str| newcomers.iter().any(|one| one.eq_ignore_ascii_case(name));
        change.replays &= !name.is_some_and(is_made);
        change
    };
    let shown = |list: Vec<SignInDifference>| list.into_iter().map(one).collect();
    Some(SignInEffect {
        verdict,
        eases,
        looser: shown(looser),
        stricter: shown(stricter),
        locked_out: shown(locked_out),
        singled_out: certain.as_ref().is_some_and(|one| one.singled_out),
        shut_out: certain.map(|found| one(found.difference)),
        may_be_shut_out: open.map(|found| PossibleLockout {
            change: one(found.difference),
            singled_out: found.singled_out,
            because: found.because,
        }),
        between,
        looser_is_open,
        stricter_is_open,
        more: usize::from(more),
        open_because: because,
        assumptions,
    })
}

/// The policies of a tenant after a plan, and who is in which group as far as that was read.
fn state(plan: &Plan, snapshot: &Snapshot, environment: &Environment) -> PolicySet {
    let objects = objects(plan, snapshot);
    policy_set(objects, snapshot, &Looked::default(), environment.clone())
}

/// True when something takes protection, or may, and something else is done later: only then can
/// a sign-in pass in between that passes neither before nor after.
fn takes_before_it_adds(plan: &Plan) -> bool {
    let class = |action: &Action| action.effect.as_ref().map_or(Class::Unknown, |e| e.class);
    let first = plan
        .actions
        .iter()
        .position(|action| class(action).weakens());
    let later = plan
        .actions
        .iter()
        .rposition(|action| class(action) != Class::Neutral);
    first < later && first.is_some()
}

/// True for an action that sign-ins can feel.
fn matters(action: &Action) -> bool {
    match action.kind {
        Kind::ConditionalAccessPolicy => [&action.before, &action.after]
            .iter()
            .any(|side| super::weakening::is_enabled(side)),
        _ => true,
    }
}

/// Users and groups as the conditions of a policy that is about them.
fn excepted(users: BTreeSet<String>, groups: BTreeSet<String>) -> Vec<Conditions> {
    if users.is_empty() && groups.is_empty() {
        return Vec::new();
    }
    vec![about(Users {
        include_users: users.into_iter().collect::<Vec<_>>().into(),
        include_groups: groups.into_iter().collect::<Vec<_>>().into(),
        ..Users::default()
    })]
}

/// The same for users whose home is another tenant.
fn external() -> Conditions {
    let kinds = GuestOrExternalUserType::MEMBERS.iter().copied();
    let kinds = kinds.filter(|kind| !["none", "internalGuest"].contains(kind));
    about(Users {
        include_guests_or_external_users: Some(GuestsOrExternalUsers {
            guest_or_external_user_types: Flags(kinds.map(GraphEnum::parse).collect()),
            ..GuestsOrExternalUsers::default()
        }),
        ..Users::default()
    })
}

fn about(users: Users) -> Conditions {
    Conditions {
        users: Some(users),
        applications: Some(Applications {
            include_applications: vec!["All".to_owned()].into(),
            ..Applications::default()
        }),
        ..Conditions::default()
    }
}

/// What passes between two steps alone. Steps that sign-ins cannot feel are no steps; of very
/// long plans only the first are looked at.
fn between(
    plan: &Plan,
    before: &PolicySet,
    after: &PolicySet,
    except: &[Conditions],
    then: &dyn Fn(&Plan) -> PolicySet,
) -> Vec<Exposure> {
    let steps: Vec<usize> = (plan.actions.iter().enumerate())
        .filter(|(_, action)| matters(action))
        .map(|(at, _)| at)
        .collect();
    let Some((_, steps)) = steps.split_last() else {
        return Vec::new();
    };
    let steps: Vec<usize> = steps.iter().copied().take(STEPS).collect();
    let states: Vec<PolicySet> = (steps.iter())
        .map(|last| {
            let mut part = plan.clone();
            part.actions.truncate(last + 1);
            then(&part)
        })
        .collect();
    let found = analysis::exposures(before, &states, after, except);
    (found.into_iter())
        .filter_map(|(step, difference)| {
            Some(Exposure {
                after_action: steps.get(step)? + 1,
                change: difference.into(),
            })
        })
        .collect()
}
