//! From an action to its requests, as values: nothing is sent here.
//!
//! Where an id is not known yet, the request holds a stand-in (`pending:Kind:name`), which
//! the executor replaces once the object exists.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::bodies::{
    before_every_time, changed_members, context_create, group_create, group_update, location_body,
    policy_create, policy_update, strength_create, strength_update, user_create, user_restored,
};
use super::step::{Purpose, Step};
use crate::graph::Request;
use crate::graph::request::item;
use crate::model::facts::Edition;
use crate::model::location::IP_NAMED_LOCATION;
use crate::model::normal::is_empty;
use crate::model::{Kind, Object};
use crate::plan::{Action, Phase, Plan, Verb};
use crate::tenant::read::{CONTEXTS, LOCATIONS, POLICIES, STRENGTHS};
use crate::tenant::resolve::{is_pending, pending};

/// How many members one PATCH may add (Add members).
const MEMBERS_LIMIT: usize = 20;

/// What stands before the id in a reference to a member. The executor puts the tenant's own
/// root in its place.
pub const MEMBER_ROOT: &str = "https://graph.microsoft.com/v1.0/directoryObjects/";

/// The requests of an action, in order.
pub fn steps(action: &Action) -> Vec<Step> {
    let step = |phase, purpose, request| Step {
        phase,
        request,
        purpose,
    };
    let edition = action.edition;
    let id = action
        .id
        .clone()
        .unwrap_or_else(|| pending(action.kind, &action.name));
    let main = action.phase;
    match (action.verb, &action.desired, &action.live) {
        (Verb::Create, Some(desired), _) if action.restore => restore(action, desired, &id),
        (Verb::Create, Some(desired), _) => {
            let mut list = Vec::new();
            match desired {
                Object::ConditionalAccessPolicy(policy) => list.push(step(
                    main,
                    Purpose::Create,
                    Request::post(edition, POLICIES, policy_create(policy)),
                )),
                Object::NamedLocation(location) => list.push(step(
                    main,
                    Purpose::Create,
                    Request::post(edition, LOCATIONS, location_body(location)),
                )),
                Object::AuthenticationStrength(strength) => list.push(step(
                    main,
                    Purpose::Create,
                    Request::post(Edition::V1, STRENGTHS, strength_create(strength)),
                )),
                Object::AuthenticationContext(context) => {
                    let path = item(CONTEXTS, desired.name());
                    list.push(step(
                        main,
                        Purpose::Change,
                        Request::patch(Edition::V1, path, context_create(context)),
                    ));
                }
                Object::Group(group) => {
                    list.push(step(
                        main,
                        Purpose::Create,
                        Request::post(Edition::V1, "/groups", group_create(group)),
                    ));
                    let members = group.members.clone().unwrap_or_default();
                    list.extend(add_members(action, &id, &members));
                }
                Object::TestUser(user) => {
                    if let Some(deleted) = &action.purge {
                        let path = item("/directory/deletedItems", deleted);
                        let request = Request::delete(Edition::V1, path);
                        list.push(step(main, Purpose::Purge, request));
                    }
                    list.push(step(
                        main,
                        Purpose::CreateUser,
                        Request::post(Edition::V1, "/users", user_create(user)),
                    ));
                    for group in user.member_of.iter().flat_map(|l| l.iter()) {
                        list.extend(add_members(action, group, std::slice::from_ref(&id)));
                    }
                }
            }
            list
        }
        (Verb::Update, Some(desired), Some(live)) => match (desired, &live.object) {
            (Object::ConditionalAccessPolicy(policy), Object::ConditionalAccessPolicy(have)) => {
                let path = item(POLICIES, &id);
                let mut list = Vec::new();
                if let Some(first) = before_every_time(policy, have) {
                    let body = json!({ "sessionControls": first });
                    let request = Request::patch(edition, path.as_str(), body);
                    list.push(step(main, Purpose::Prepare, request));
                }
                let body = policy_update(policy, action, &live.raw);
                list.push(step(
                    main,
                    Purpose::Change,
                    Request::patch(edition, path, body),
                ));
                list
            }
            (Object::NamedLocation(location), Object::NamedLocation(_)) => vec![step(
                main,
                Purpose::Change,
                Request::patch(edition, item(LOCATIONS, &id), location_body(location)),
            )],
            (Object::AuthenticationStrength(want), Object::AuthenticationStrength(have)) => {
                strength_update(&id, want, have, &action.changes)
                    .into_iter()
                    .map(|request| step(main, Purpose::Change, request))
                    .collect()
            }
            (Object::AuthenticationContext(want), _) => {
                let mut body = changed_members(action, &desired.to_value());
                if let Some(flag) = body.get_mut("isAvailable") {
                    *flag = want.is_available.unwrap_or(false).into();
                }
                let path = item(CONTEXTS, &id);
                vec![step(
                    main,
                    Purpose::Change,
                    Request::patch(Edition::V1, path, body),
                )]
            }
            (Object::Group(want), Object::Group(have)) => {
                let mut list = Vec::new();
                let body = group_update(want, action);
                if !is_empty(&body) {
                    let request = Request::patch(Edition::V1, item("/groups", &id), body);
                    list.push(step(main, Purpose::Change, request));
                }
                if let Some(members) = &want.members {
                    let old = have.members.clone().unwrap_or_default();
                    let (added, removed) = difference(&old, members);
                    list.extend(add_members(action, &id, &added));
                    list.extend(
                        removed
                            .iter()
                            .map(|member| remove_member(action, &id, member)),
                    );
                }
                list
            }
            (Object::TestUser(want), Object::TestUser(_)) => {
                let mut list = Vec::new();
                let mut body = changed_members(action, &desired.to_value());
                if let Some(map) = body.as_object_mut() {
                    map.shift_remove("memberOf");
                    if map.contains_key("accountEnabled") {
                        let enabled = want.account_enabled.unwrap_or(true);
                        map.insert("accountEnabled".to_owned(), enabled.into());
                    }
                }
                if !is_empty(&body) {
                    let request = Request::patch(Edition::V1, item("/users", &id), body);
                    list.push(step(main, Purpose::Change, request));
                }
                let side = |value: &Value| -> Vec<String> {
                    value
                        .get("memberOf")
                        .and_then(Value::as_array)
                        .into_iter()
                        .flatten()
                        .filter_map(|item| item.as_str().map(str::to_owned))
                        .collect()
                };
                let (added, removed) = difference(&side(&action.before), &side(&action.after));
                for group in &added {
                    list.extend(add_members(action, group, std::slice::from_ref(&id)));
                }
                list.extend(
                    removed
                        .iter()
                        .map(|group| remove_member(action, group, &id)),
                );
                list
            }
            _ => Vec::new(),
        },
        (Verb::Delete, _, Some(live)) => {
            let mut list = Vec::new();
            let path = match action.kind {
                Kind::ConditionalAccessPolicy => item(POLICIES, &id),
                Kind::NamedLocation => item(LOCATIONS, &id),
                Kind::AuthenticationStrength => item(STRENGTHS, &id),
                Kind::AuthenticationContext => item(CONTEXTS, &id),
                Kind::Group => item("/groups", &id),
                Kind::TestUser => item("/users", &id),
            };
            match &live.object {
                // NL-R07: a trusted location is untrusted first.
                Object::NamedLocation(location) if location.is_trusted == Some(true) => {
                    let body = json!({ "@odata.type": IP_NAMED_LOCATION, "isTrusted": false });
                    let request = Request::patch(edition, path.as_str(), body);
                    list.push(step(main, Purpose::Prepare, request));
                }
                // AC-R02: a published context is withdrawn first.
                Object::AuthenticationContext(context) if context.is_available == Some(true) => {
                    let request =
                        Request::patch(Edition::V1, path.as_str(), json!({ "isAvailable": false }));
                    list.push(step(main, Purpose::Prepare, request));
                }
                _ => {}
            }
            let edition = match action.kind {
                Kind::ConditionalAccessPolicy | Kind::NamedLocation => edition,
                _ => Edition::V1,
            };
            list.push(step(main, Purpose::Delete, Request::delete(edition, path)));
            list
        }
        _ => Vec::new(),
    }
}

/// Back from the recycle bin, under the old id. A location is put into the state of its
/// image, too: it was untrusted before it was deleted.
fn restore(action: &Action, desired: &Object, id: &str) -> Vec<Step> {
    let step = |request: Request| Step {
        phase: action.phase,
        purpose: match request.path.ends_with("/restore") {
            true => Purpose::Restore,
            false => Purpose::Change,
        },
        request,
    };
    // Documented for beta; the v1.0 schema has the action, too.
    let bin = "/identity/conditionalAccess/deletedItems";
    match desired {
        Object::ConditionalAccessPolicy(policy) => {
            let mut list = vec![step(Request::post(
                Edition::Beta,
                format!("{}/restore", item(&format!("{bin}/policies"), id)),
                json!({}),
            ))];
            // It comes back with the ids that it had: what was made anew since has others.
            let moved = desired
                .references()
                .iter()
                .any(|(_, _, target)| is_pending(target).is_some());
            if moved {
                let whole = Action {
                    changes: vec!["conditions".to_owned(), "grantControls".to_owned()],
                    ..action.clone()
                };
                let body = policy_update(policy, &whole, &Value::Null);
                let path = item(POLICIES, id);
                list.push(step(Request::patch(action.edition, path, body)));
            }
            list
        }
        Object::NamedLocation(location) => vec![
            step(Request::post(
                Edition::Beta,
                format!("{}/restore", item(&format!("{bin}/namedLocations"), id)),
                json!({}),
            )),
            step(Request::patch(
                action.edition,
                item(LOCATIONS, id),
                location_body(location),
            )),
        ],
        // It comes back as it was; who is a member already is no failure.
        Object::Group(group) => {
            let path = format!("{}/restore", item("/directory/deletedItems", id));
            let mut list = vec![step(Request::post(Edition::V1, path, json!({})))];
            let members = group.members.clone().unwrap_or_default();
            list.extend(add_members(action, id, &members));
            list
        }
        Object::TestUser(user) => {
            let mut list = vec![
                step(Request::post(
                    Edition::V1,
                    format!("{}/restore", item("/directory/deletedItems", id)),
                    json!({}),
                )),
                step(Request::patch(
                    Edition::V1,
                    item("/users", id),
                    user_restored(user),
                )),
            ];
            for group in user.member_of.iter().flat_map(|l| l.iter()) {
                list.extend(add_members(
                    action,
                    group,
                    std::slice::from_ref(&id.to_owned()),
                ));
            }
            list
        }
        _ => Vec::new(),
    }
}

/// The requests of a plan, with stand-ins and without passwords: for asking the table of requests
/// about them.
pub fn requests(plan: &Plan) -> Vec<Request> {
    let steps = plan.actions.iter().flat_map(steps);
    steps
        .map(|step| {
            let mut request = step.request;
            if step.purpose == Purpose::CreateUser
                && let Some(body) = request.body.as_mut().and_then(Value::as_object_mut)
            {
                body.insert("passwordProfile".to_owned(), json!({}));
            }
            request
        })
        .collect()
}

fn difference(old: &[String], new: &[String]) -> (Vec<String>, Vec<String>) {
    let beyond = |these: &[String], those: &[String]| {
        let held: HashSet<String> = those.iter().map(|id| id.to_ascii_lowercase()).collect();
        let not_held = |id: &&String| !held.contains(&id.to_ascii_lowercase());
        these.iter().filter(not_held).cloned().collect()
    };
    (beyond(new, old), beyond(old, new))
}

/// When members of a group are added (0) or taken out (1).
fn link_phase(action: &Action, group: &str) -> (Phase, Phase) {
    let usual = (Phase::Link, Phase::Unlink);
    action.links.get(group).copied().unwrap_or(usual)
}

fn add_members(action: &Action, group: &str, members: &[String]) -> Vec<Step> {
    let phase = link_phase(action, group).0;
    members
        .chunks(MEMBERS_LIMIT)
        .map(|chunk| {
            let binds: Vec<String> = chunk
                .iter()
                .map(|id| format!("{MEMBER_ROOT}{id}"))
                .collect();
            let request = match binds.as_slice() {
                [one] => Request::post(
                    Edition::V1,
                    format!("{}/members/$ref", item("/groups", group)),
                    json!({ "@odata.id": one }),
                ),
                several => Request::patch(
                    Edition::V1,
                    item("/groups", group),
                    json!({ "members@odata.bind": several }),
                ),
            };
            Step {
                phase,
                request,
                purpose: Purpose::AddMember,
            }
        })
        .collect()
}

fn remove_member(action: &Action, group: &str, member: &str) -> Step {
    Step {
        phase: link_phase(action, group).1,
        // Without `/$ref` Graph would delete the member itself.
        request: Request::delete(
            Edition::V1,
            format!(
                "{}/$ref",
                item(&format!("{}/members", item("/groups", group)), member)
            ),
        ),
        purpose: Purpose::RemoveMember,
    }
}
