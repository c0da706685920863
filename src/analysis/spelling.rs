//! What the objects of a space are called where they are shown.

use std::collections::{BTreeMap, BTreeSet};

use super::formula::Formula;
use super::side::Side;
use super::space::{Resource, Space};
use crate::model::refs::RefKind;
use crate::model::tables::{APPS, ROLES};
use crate::whatif::{Application, OwnedBy};

/// How a sign-in names an object so that it is found again.
pub(super) fn spelled(side: &Side<'_>, kind: RefKind, one: &str) -> String {
    let names = &side.policies.index.names;
    let shown = side.shown(kind, one);
    let by_table = match kind {
        RefKind::Application => APPS.by_id(one).map(|app| app.name),
        RefKind::Role => ROLES.by_id(one).map(|role| role.name),
        _ => None,
    };
    let candidates = [by_table, Some(shown)].into_iter().flatten();
    let mut fit = candidates.filter(|text| names.canonical(kind, text) == one);
    fit.next().unwrap_or(one).to_owned()
}

/// A group, and when a subject is in it.
#[derive(Debug)]
pub(super) struct Membership {
    pub name: String,
    /// What it is called in a box: with the side, where the sides do not agree who is in it.
    pub word: String,
    pub member: Formula,
    /// True where a sign-in that lists the group says it.
    pub is_told: bool,
}

/// The names of all that a sign-in can name.
#[derive(Debug)]
pub(super) struct Spelling {
    applications: BTreeMap<String, String>,
    /// The applications that a policy names.
    named: BTreeSet<String>,
    users: BTreeMap<String, String>,
    pub groups: Vec<Membership>,
    pub roles: Vec<(String, Formula)>,
}

impl Spelling {
    pub(super) fn new(space: &Space, sides: &[Side<'_>]) -> Spelling {
        let mut applications = BTreeMap::new();
        for side in sides {
            for resource in &space.resource.values {
                if let Resource::Application { application, .. } = resource
                    && let Some(id) = &application.name
                {
                    let shown = || spelled(side, RefKind::Application, id);
                    applications.entry(id.clone()).or_insert_with(shown);
                }
            }
        }
        let named = (sides.iter())
            .flat_map(|side| side.policies.index.applications.numbered())
            .map(|(_, one)| one.to_owned());
        let called = |kind: RefKind, one: &str| {
            let side = sides.first();
            side.map_or(one.to_owned(), |side| spelled(side, kind, one))
        };
        let users = space.user.values.iter().flatten();
        let users = users.map(|one| (one.clone(), called(RefKind::User, one)));
        let roles = space.roles.iter();
        let roles = roles.map(|(one, atom)| (called(RefKind::Role, one), *atom));
        Spelling {
            applications,
            named: named.collect(),
            users: users.collect(),
            groups: groups(space, sides),
            roles: roles.collect(),
        }
    }

    pub(super) fn user<'a>(&'a self, one: &'a str) -> &'a str {
        self.users.get(one).map_or(one, String::as_str)
    }

    pub(super) fn application(&self, id: &str) -> String {
        self.applications
            .get(id)
            .cloned()
            .unwrap_or_else(|| id.to_owned())
    }

    pub(super) fn resource(&self, resource: &Resource) -> String {
        match resource {
            Resource::Application {
                application: Application { name: Some(id), .. },
                scopes,
            } => {
                let name = match self.named.contains(id) {
                    true => self.application(id),
                    false => format!("others such as {}", self.application(id)),
                };
                match scopes.as_deref() {
                    Some([scope]) if scope == "User.Read" => {
                        format!("{name} (only low-privilege scopes)")
                    }
                    _ => name,
                }
            }
            Resource::Application { application, .. } => match application.owned_by {
                Some(OwnedBy::Microsoft) => "another Microsoft application".to_owned(),
                _ => "another application".to_owned(),
            },
            Resource::Action(action) => action.to_string(),
            Resource::Context(context) => format!("authentication context {context}"),
        }
    }
}

/// Every group of which it matters who is in it: those that policies name, and those that are in
/// one of them.
fn groups(space: &Space, sides: &[Side<'_>]) -> Vec<Membership> {
    let (first, last) = (0, sides.len().saturating_sub(1));
    // For each what its sides say of it.
    let mut named: BTreeMap<&str, BTreeMap<Formula, Vec<usize>>> = BTreeMap::new();
    for (at, side) in sides.iter().enumerate() {
        for (number, group) in side.policies.index.groups.numbered() {
            let said = named.entry(group).or_default();
            said.entry(side.is_member(number)).or_default().push(at);
        }
    }
    let shown = |group: &str| {
        let knows = |side: &&Side<'_>| side.policies.index.groups.get(group).is_some();
        let side = sides.iter().rev().find(knows).or(sides.last());
        side.map_or(group.to_owned(), |side| {
            spelled(side, RefKind::Group, group)
        })
    };
    let mut found = Vec::new();
    let mut told = BTreeSet::new();
    for (group, atom) in &space.groups {
        if !named.contains_key(group.as_str()) {
            told.insert(*atom);
            let name = shown(group);
            found.push(Membership {
                word: name.clone(),
                name,
                member: *atom,
                is_told: true,
            });
        }
    }
    for (group, said) in named {
        let name = shown(group);
        let differs = said.len() > 1;
        for (member, at) in said {
            let word = match differs {
                false => name.clone(),
                // Another one says the same.
                true if told.contains(&member) => continue,
                true if at.contains(&first) => format!("{name} before"),
                true => format!("{name} after"),
            };
            found.push(Membership {
                name: name.clone(),
                word,
                member,
                is_told: !differs || at.contains(&last),
            });
        }
    }
    found.sort_by(|a, b| a.word.cmp(&b.word));
    found
}
