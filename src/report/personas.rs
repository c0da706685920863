//! The people whom policies tell apart: everybody else, members of each group, holders of each role,
//! guests, and whoever is named.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::sets::JudgedSets;
use crate::model::policy::ConditionalAccessPolicy;
use crate::model::refs::RefKind;
use crate::model::tables::special;
use crate::whatif::{Match, User, UserType};

/// People whom the same policies mean.
#[derive(Debug, Clone)]
pub(super) struct PersonaRow {
    /// Who they are, in a few words each.
    pub people: Vec<String>,
    /// One of them.
    pub user: User,
}

/// Kinds of guests and external users, as people call them.
const GUESTS: &[(UserType, &str)] = &[
    (
        UserType::B2bCollaborationGuest,
        "Guests (B2B collaboration)",
    ),
    (
        UserType::B2bCollaborationMember,
        "External members (B2B collaboration)",
    ),
    (UserType::B2bDirectConnectUser, "B2B direct connect users"),
    (UserType::InternalGuest, "Internal guests"),
    (UserType::ServiceProvider, "Service provider users"),
    (UserType::OtherExternalUser, "Other external users"),
];

/// The rows of the matrix, everybody else first. Who is in a group through another group is in both.
pub(super) fn personas(sets: &JudgedSets<'_>) -> Vec<PersonaRow> {
    let member = User {
        member_of: Some(Vec::new()),
        roles: Some(Vec::new()),
        user_type: Some(UserType::Member),
        ..User::default()
    };
    let mut all = vec![("Everyone else".to_owned(), member.clone())];
    let named = Named::of(sets);
    let above = above(sets);
    for group in &named.groups {
        let mut groups = vec![group.clone()];
        groups.extend(above.get(&key(sets, group)).into_iter().flatten().cloned());
        let user = User {
            member_of: Some(groups),
            ..member.clone()
        };
        let name = sets.names.of(RefKind::Group, group);
        all.push((format!("Members of {name}"), user));
    }
    for role in &named.roles {
        let user = User {
            roles: Some(vec![role.clone()]),
            ..member.clone()
        };
        all.push((sets.names.of(RefKind::Role, role), user));
    }
    for (kind, words) in GUESTS {
        let user = User {
            user_type: Some(*kind),
            ..member.clone()
        };
        all.push(((*words).to_owned(), user));
    }
    for user in &named.users {
        // The rest is what is known of this user, else the ordinary.
        let name = sets.names.of(RefKind::User, user);
        all.push((name, User::named(user)));
    }
    let mut rows: Vec<PersonaRow> = Vec::new();
    let mut known: HashMap<Vec<u8>, usize> = HashMap::new();
    for (name, user) in all {
        let signature = signature(sets, &user);
        match known.get(&signature).and_then(|at| rows.get_mut(*at)) {
            // The same object by its name and its id.
            Some(row) if row.people.contains(&name) => {}
            Some(row) => row.people.push(name),
            None => {
                known.insert(signature, rows.len());
                let people = vec![name];
                rows.push(PersonaRow { people, user });
            }
        }
    }
    rows
}

/// Whom policies name, by one spelling each, in the order of their names.
#[derive(Default)]
struct Named {
    groups: Vec<String>,
    roles: Vec<String>,
    users: Vec<String>,
}

impl Named {
    fn of(sets: &JudgedSets<'_>) -> Named {
        let policies = || sets.sets.iter().flat_map(|set| &set.policies);
        let sorted = |kind: RefKind, of: fn(&ConditionalAccessPolicy) -> Vec<&String>| {
            // Several can have one name.
            let mut all: BTreeMap<(String, String), String> = BTreeMap::new();
            for text in policies().flat_map(of) {
                let is_special = special::canonical(kind.special_values(), text).is_some();
                if !is_special {
                    let name = sets.names.of(kind, text);
                    let key = (name, text.to_lowercase());
                    all.entry(key).or_insert_with(|| text.clone());
                }
            }
            all.into_values().collect()
        };
        Named {
            groups: sorted(RefKind::Group, |policy| {
                let users = policy.conditions.users.iter();
                users
                    .flat_map(|users| users.include_groups.iter().chain(&users.exclude_groups.0))
                    .collect()
            }),
            roles: sorted(RefKind::Role, |policy| {
                let users = policy.conditions.users.iter();
                users
                    .flat_map(|users| users.include_roles.iter().chain(&users.exclude_roles.0))
                    .collect()
            }),
            users: sorted(RefKind::User, |policy| {
                let users = policy.conditions.users.iter();
                users
                    .flat_map(|users| users.include_users.iter().chain(&users.exclude_users.0))
                    .collect()
            }),
        }
    }
}

/// The one spelling of a group: its name.
fn key(sets: &JudgedSets<'_>, group: &str) -> String {
    sets.names.of(RefKind::Group, group)
}

/// The groups that each group is in, through others too, as far as lists of members say.
fn above(sets: &JudgedSets<'_>) -> HashMap<String, BTreeSet<String>> {
    let mut direct: HashMap<String, BTreeSet<String>> = HashMap::new();
    for group in sets.sets.iter().flat_map(|set| &set.world.groups) {
        let own = group.id.as_ref().unwrap_or(&group.display_name);
        for member in group.members.iter().flatten() {
            let member = key(sets, member);
            direct.entry(member).or_default().insert(own.clone());
        }
    }
    let mut all = HashMap::new();
    for start in direct.keys() {
        let mut found: BTreeSet<String> = BTreeSet::new();
        let mut next = vec![start.clone()];
        while let Some(one) = next.pop() {
            for group in direct.get(&one).into_iter().flatten() {
                if found.insert(group.clone()) {
                    next.push(key(sets, group));
                }
            }
        }
        all.insert(start.clone(), found);
    }
    all
}

/// Which policies mean somebody.
fn signature(sets: &JudgedSets<'_>, user: &User) -> Vec<u8> {
    let all = sets.compiled.iter().flat_map(|policies| {
        let known = policies.complete(crate::whatif::SignIn {
            user: Some(user.clone()),
            ..crate::whatif::SignIn::default()
        });
        policies.means(known.user.unwrap_or_default())
    });
    all.map(|means| match means {
        Match::No => 0,
        Match::Yes => 1,
        Match::Unknown(_) => 2,
    })
    .collect()
}
