//! The tenant after a plan, as far as sign-ins are judged by it.

use std::collections::HashMap;

use super::{Action, Plan, Verb};
use crate::model::{Kind, Object};
use crate::tenant::resolve::pending;
use crate::tenant::snapshot::Snapshot;
use crate::tenant::world::{Looked, policy_set, with_id};
use crate::whatif::{Environment, PolicySet};

/// The policies of a tenant as they are after a plan, and what they refer to then.
pub fn after(
    plan: &Plan,
    snapshot: &Snapshot,
    looked: &Looked,
    environment: Environment,
) -> PolicySet {
    let objects = objects(plan, snapshot);
    let mut looked = looked.clone();
    for user in &mut looked.users {
        let name = user.user_principal_name.clone();
        let called: Vec<String> = user.id.iter().cloned().chain([name]).collect();
        let groups = user.member_of.get_or_insert_default();
        for action in &plan.actions {
            joins(action, &called, groups);
        }
    }
    policy_set(objects, snapshot, &looked, environment)
}

/// The objects of a tenant as they are after a plan, with their ids or what stands for them.
pub fn objects(plan: &Plan, snapshot: &Snapshot) -> Vec<Object> {
    let mut objects = Vec::new();
    let mut acted: HashMap<(Kind, &str), &Action> = HashMap::new();
    for action in &plan.actions {
        if let Some(id) = &action.id {
            acted.entry((action.kind, id)).or_insert(action);
        }
    }
    for kind in Kind::ALL {
        for live in snapshot.of(kind) {
            let acted = acted.get(&(kind, live.id.as_str()));
            let object = match acted.map(|action| (action.verb, &action.desired)) {
                Some((Verb::Delete, _)) => continue,
                Some((_, Some(desired))) => desired.clone(),
                _ => live.object.clone(),
            };
            objects.push(with_id(object, &live.id));
        }
    }
    for action in &plan.actions {
        if action.verb == Verb::Create
            && let Some(desired) = &action.desired
        {
            objects.push(with_id(desired.clone(), &id_of(action)));
        }
    }
    objects
}

/// The id, or what stands for it until the object is there.
pub fn id_of(action: &Action) -> String {
    let id = action.id.clone();
    id.unwrap_or_else(|| pending(action.kind, &action.name))
}

/// What an action does to the groups of a user. (Groups in groups are as they were.)
fn joins(action: &Action, user: &[String], groups: &mut Vec<String>) {
    let is_user = |id: &String| user.iter().any(|own| own.eq_ignore_ascii_case(id));
    let listed = |object: Option<&Object>| match object {
        Some(Object::Group(group)) => group.members.as_ref().map(|list| list.iter().any(is_user)),
        _ => None,
    };
    let mut put = |group: String, is_member: bool| {
        groups.retain(|held| !held.eq_ignore_ascii_case(&group));
        if is_member {
            groups.push(group);
        }
    };
    match (action.kind, &action.desired) {
        (Kind::Group, None) => put(id_of(action), false),
        (Kind::Group, desired) => {
            let before = listed(action.live.as_ref().map(|live| &live.object));
            match (before, listed(desired.as_ref())) {
                (_, Some(true)) => put(id_of(action), true),
                (Some(true), Some(false)) => put(id_of(action), false),
                _ => {}
            }
        }
        (Kind::TestUser, Some(Object::TestUser(desired))) if is_user(&id_of(action)) => {
            for group in desired.member_of.iter().flat_map(|list| list.iter()) {
                put(group.clone(), true);
            }
        }
        _ => {}
    }
}
