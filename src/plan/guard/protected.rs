//! `protected`: what the guards file protects is never changed or deleted.

use std::collections::BTreeSet;

use super::{Hit, Inputs, notice};
use crate::finding::Finding;
use crate::manifest::guards::Protect;
use crate::model::kind::same_name;
use crate::model::{Kind, Object};
use crate::plan::{Action, Plan, Verb};
use crate::tenant::read::with_domain;

pub(super) fn check(plan: &Plan, inputs: Inputs<'_>, notices: &mut Vec<Finding>) -> Vec<Hit> {
    let domain = plan.organization.default_domain.as_str();
    let mut hits = Vec::new();
    for (index, entry) in inputs.guards.guards.protect.iter().enumerate() {
        let place = inputs.guards.place(&format!("/protect/{index}"));
        let mut known = inputs
            .snapshot
            .live
            .iter()
            .any(|live| is_meant(entry, live.kind, live.name(), Some(&live.id), domain))
            || plan
                .unchanged
                .iter()
                .any(|u| is_meant(entry, u.kind, &u.name, Some(&u.id), domain));
        for action in &plan.actions {
            let live = action.live.as_ref();
            let name = live.map_or(action.name.as_str(), |live| live.name());
            let meant = is_meant(entry, action.kind, name, action.id.as_deref(), domain)
                || is_meant(entry, action.kind, &action.name, None, domain);
            known |= meant;
            let verb = match action.verb {
                Verb::Create => None,
                Verb::Update => Some("changed"),
                Verb::Delete => Some("deleted"),
            };
            if let (true, Some(verb)) = (meant, verb) {
                let mut hit = Hit::error(format!(
                    "the {} `{name}` is protected and would be {verb}",
                    action.kind.words()
                ))
                .help("undo the change, or change `protect` in the guards file with those who review it")
                .on(action);
                if let Some(place) = &place {
                    hit.finding = hit.finding.related(place.clone(), "protected here");
                }
                hits.push(hit);
            }
            for group in touched_groups(action) {
                let name = plan.name_of(&group);
                if is_meant(entry, Kind::Group, &name, Some(&group), domain) {
                    known = true;
                    hits.push(
                        Hit::error(format!(
                            "the group `{name}` is protected, and its members would change because of the test user `{}`",
                            action.name
                        ))
                        .help("remove the group from `memberOf`, or change `protect` in the guards file with those who review it")
                        .on(action),
                    );
                }
            }
        }
        if !known {
            notices.push(notice(
                format!(
                    "`{}` is protected and matches nothing that this run has read",
                    entry.name()
                ),
                place,
            ));
        }
    }
    hits
}

fn is_meant(entry: &Protect, kind: Kind, name: &str, id: Option<&str>, domain: &str) -> bool {
    if entry.kind().is_some_and(|k| k != kind) {
        return false;
    }
    let full = match kind {
        Kind::TestUser => with_domain(entry.name(), domain),
        _ => entry.name().to_owned(),
    };
    same_name(kind, &full, name) || id.is_some_and(|id| id.eq_ignore_ascii_case(entry.name()))
}

/// The groups that a test user joins or leaves by an action on the user.
fn touched_groups(action: &Action) -> Vec<String> {
    let list = |object: Option<&Object>| -> BTreeSet<String> {
        match object {
            Some(Object::TestUser(user)) => user
                .member_of
                .iter()
                .flat_map(|l| l.iter().cloned())
                .collect(),
            _ => BTreeSet::new(),
        }
    };
    if action.kind != Kind::TestUser || action.verb == Verb::Delete {
        return Vec::new();
    }
    let before = list(action.live.as_ref().map(|l| &l.object));
    let after = list(action.desired.as_ref());
    // A live membership that the manifest does not manage is not in `after` and stays.
    let managed = crate::plan::weakening::listed(&action.before, "memberOf");
    let left = before.difference(&after).filter(|g| managed.contains(*g));
    after.difference(&before).chain(left).cloned().collect()
}
