//! Who is in which group, as far as a world tells it.

use std::collections::{HashMap, HashSet};

use super::fact::{Fact, Match};
use super::names::Names;
use super::world::{KnownUser, World};
use crate::model::refs::RefKind;
use crate::text::is_guid;

/// Groups and users, in one spelling.
#[derive(Debug, Clone, Default)]
pub(crate) struct People {
    groups: HashMap<String, Group>,
    users: HashMap<String, KnownUser>,
    /// The groups that a group is a member of.
    parents: HashMap<String, Vec<String>>,
}

#[derive(Debug, Clone, Default)]
struct Group {
    members: Option<Members>,
    declared: bool,
    rule: Option<String>,
}

/// A list of members that is complete.
#[derive(Debug, Clone, Default)]
struct Members {
    users: HashSet<String>,
    groups: Vec<String>,
    /// An id that may be that of a group.
    obscure: bool,
}

impl People {
    pub(crate) fn new(world: &World, names: &Names) -> People {
        let mut people = People::default();
        for user in &world.users {
            let name = user.id.as_deref().unwrap_or(&user.user_principal_name);
            let of = |kind, list: &Option<Vec<String>>| {
                let list = list.as_ref()?;
                Some(
                    list.iter()
                        .map(|text| names.canonical(kind, text))
                        .collect(),
                )
            };
            let user = KnownUser {
                member_of: of(RefKind::Group, &user.member_of),
                roles: of(RefKind::Role, &user.roles),
                ..user.clone()
            };
            people
                .users
                .insert(names.canonical(RefKind::User, name), user);
        }
        for group in &world.groups {
            let name = group.id.as_deref().unwrap_or(&group.display_name);
            let name = names.canonical(RefKind::Group, name);
            let members = group.members.as_ref().map(|list| {
                let mut members = Members::default();
                for text in list {
                    if names.knows(RefKind::User, text) || !names.knows(RefKind::Group, text) {
                        members.users.insert(names.canonical(RefKind::User, text));
                    }
                    if names.knows(RefKind::Group, text) {
                        let inner = names.canonical(RefKind::Group, text);
                        let parents = people.parents.entry(inner.clone()).or_default();
                        parents.push(name.clone());
                        members.groups.push(inner);
                    } else {
                        members.obscure |= is_guid(text) && !names.knows(RefKind::User, text);
                    }
                }
                members
            });
            let found = Group {
                members,
                declared: group.declared,
                rule: group.rule.clone(),
            };
            people.groups.insert(name, found);
        }
        people
    }

    /// What is known of a user.
    pub(crate) fn user(&self, name: &str) -> Option<&KnownUser> {
        self.users.get(name)
    }

    /// The groups of which somebody is a member who is in `listed`: those, and the groups that
    /// they are in.
    pub(crate) fn held(&self, listed: impl IntoIterator<Item = String>) -> HashSet<String> {
        let mut held = HashSet::new();
        let mut open: Vec<String> = listed.into_iter().collect();
        while let Some(group) = open.pop() {
            // A group may be in another in several ways, or in itself.
            if !held.contains(&group) {
                open.extend(self.parents.get(&group).into_iter().flatten().cloned());
                held.insert(group);
            }
        }
        held
    }

    /// Whether a user, by name, is in a group. Whoever is described without a name may be any
    /// of its members.
    pub(crate) fn is_member(&self, user: Option<&str>, group: &str) -> Match {
        let known = user.and_then(|name| self.users.get(name));
        if let Some(KnownUser {
            member_of: Some(list),
            member_of_is_complete: true,
            ..
        }) = known
        {
            return list.iter().any(|held| held == group).into();
        }
        let mut found = Match::No;
        let mut seen = HashSet::new();
        let mut open = vec![group];
        while let Some(group) = open.pop() {
            if seen.insert(group) {
                found = found.or(self.is_listed(user, known, group));
                let members = self.groups.get(group).and_then(|g| g.members.as_ref());
                open.extend(members.iter().flat_map(|m| &m.groups).map(String::as_str));
            }
        }
        found
    }

    /// Whether a user, by name, is in a group without being in another.
    pub(crate) fn is_direct_member(&self, user: &str, group: &str) -> Match {
        let known = self.users.get(user);
        match known {
            Some(KnownUser {
                member_of: Some(list),
                member_of_is_complete: true,
                ..
            }) => list.iter().any(|held| held == group).into(),
            _ => self.is_listed(Some(user), known, group),
        }
    }

    /// Whether somebody whom no list names may be in a group, without being in another.
    pub(crate) fn is_open(&self, group: &str) -> Match {
        match self.groups.get(group).map(|found| &found.members) {
            Some(Some(members)) if !members.obscure => Match::No,
            _ => Match::unknown(Fact::GROUPS),
        }
    }

    /// Whether a user is in a group without being in another.
    fn is_listed(&self, user: Option<&str>, known: Option<&KnownUser>, group: &str) -> Match {
        let says = known.and_then(|user| user.member_of.as_ref());
        if says.is_some_and(|list| list.iter().any(|held| held == group)) {
            return Match::Yes;
        }
        let unknown = Match::unknown(Fact::GROUPS);
        let Some(found) = self.groups.get(group) else {
            return unknown;
        };
        match (&found.members, user) {
            (None, _) if says.is_some() && found.declared => Match::No,
            (None, _) => unknown,
            (Some(members), Some(user)) if members.users.contains(user) => Match::Yes,
            (Some(members), _) if members.obscure => unknown,
            (Some(members), None) if !members.users.is_empty() => unknown,
            (Some(_), _) => Match::No,
        }
    }

    /// The users that the lists of `groups` name, those of the groups in them included.
    pub(crate) fn members_of<'a>(
        &self,
        groups: impl IntoIterator<Item = &'a String>,
    ) -> Vec<String> {
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        let mut open: Vec<&str> = groups.into_iter().map(String::as_str).collect();
        while let Some(group) = open.pop() {
            if !seen.insert(group.to_owned()) {
                continue;
            }
            let members = self.groups.get(group).and_then(|g| g.members.as_ref());
            if let Some((_, members)) = self.groups.get_key_value(group).zip(members) {
                found.extend(members.users.iter().cloned());
                open.extend(members.groups.iter().map(String::as_str));
            }
        }
        let says = self
            .users
            .iter()
            .filter(|(_, user)| user.member_of.is_some());
        found.extend(says.map(|(name, _)| name.clone()));
        found.sort();
        found.dedup();
        found
    }

    /// What works the members of a dynamic group out, when that is known.
    pub(crate) fn rule_of(&self, group: &str) -> Option<&str> {
        self.groups.get(group)?.rule.as_deref()
    }

    /// The groups that are listed as members of a group, as far as its list is known.
    pub(crate) fn groups_in(&self, group: &str) -> &[String] {
        let members = self.groups.get(group).and_then(|g| g.members.as_ref());
        members.map_or(&[], |members| &members.groups)
    }

    /// The groups that a user is known to be in.
    pub(crate) fn known_groups(&self, user: &str) -> Vec<String> {
        let mut names: Vec<&String> = self.groups.keys().collect();
        names.sort();
        let own = self.users.get(user).and_then(|user| user.member_of.clone());
        let mut found: Vec<String> = names
            .into_iter()
            .filter(|group| self.is_member(Some(user), group) == Match::Yes)
            .cloned()
            .chain(own.into_iter().flatten())
            .collect();
        found.sort();
        found.dedup();
        found
    }
}
