//! The people of a tenant, as they were read, and who is in which group before and after a plan.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::edits::PeopleEdits;
use crate::whatif::{CompiledPolicies, UserType};

/// A user, as far as policies can mean one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DirectoryUser {
    /// The object id, lower-case.
    pub id: String,
    /// The principal name.
    pub name: String,
    /// Member, or what kind of guest, as far as the account says it.
    pub kind: UserType,
    /// Whether the account can sign in.
    pub enabled: bool,
}

/// Members of a group: users by their numbers, and groups by id.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembersRead {
    /// Users, by their place among those that were read.
    pub users: Vec<u32>,
    /// Groups, by id.
    pub groups: Vec<String>,
}

/// The people of a tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PeopleDirectory {
    /// Every user, by id.
    pub users: Vec<DirectoryUser>,
    /// Who is in a group, also through other groups.
    pub members: BTreeMap<String, MembersRead>,
    /// Who is in a group by itself; of groups whose members a plan changes.
    pub direct: BTreeMap<String, MembersRead>,
    /// To whom a role is assigned for the whole tenant; `None`: it may not be read.
    pub roles: Option<BTreeMap<String, MembersRead>>,
    /// How many assignments count for a part of the tenant alone.
    pub scoped_roles: usize,
}

/// What is to be read of people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeopleWanted {
    /// The groups whose members matter, by id.
    pub groups: BTreeSet<String>,
    /// The roles whose holders matter, by template id.
    pub roles: BTreeSet<String>,
}

impl PeopleWanted {
    /// What these policies name.
    pub fn of(sides: [&CompiledPolicies; 2]) -> PeopleWanted {
        let lower = |texts: Vec<&str>| texts.into_iter().map(str::to_lowercase).collect();
        let groups = sides.into_iter().flat_map(|side| side.named_groups());
        let roles = sides.into_iter().flat_map(|side| side.named_roles());
        PeopleWanted {
            groups: lower(groups.collect()),
            roles: lower(roles.collect()),
        }
    }
}

/// Who is in which group, on one side.
pub struct Memberships<'a> {
    directory: &'a PeopleDirectory,
    numbers: &'a HashMap<String, u32>,
    edits: Option<&'a PeopleEdits>,
    known: HashMap<String, Vec<u32>>,
}

impl<'a> Memberships<'a> {
    /// As they are now; with `edits` as they are after a plan. `numbers` are those of users by id,
    /// of whom some may be made by the plan.
    pub fn new(
        directory: &'a PeopleDirectory,
        numbers: &'a HashMap<String, u32>,
        edits: Option<&'a PeopleEdits>,
    ) -> Memberships<'a> {
        Memberships {
            directory,
            numbers,
            edits,
            known: HashMap::new(),
        }
    }

    /// The users in a group, sorted.
    pub fn of_group(&mut self, group: &str) -> Vec<u32> {
        if let Some(known) = self.known.get(group) {
            return known.clone();
        }
        // A group may be in itself.
        self.known.insert(group.to_owned(), Vec::new());
        let mut found = self.found(group);
        found.sort_unstable();
        found.dedup();
        self.known.insert(group.to_owned(), found.clone());
        found
    }

    /// The users to whom a role is assigned, by themselves or through a group.
    pub fn of_role(&mut self, role: &str) -> Vec<u32> {
        let roles = self.directory.roles.as_ref();
        let Some(assigned) = roles.and_then(|roles| roles.get(role)) else {
            return Vec::new();
        };
        let mut found = assigned.users.clone();
        for group in &assigned.groups {
            found.extend(self.of_group(group));
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    fn found(&mut self, group: &str) -> Vec<u32> {
        let directory = self.directory;
        let whole = directory.members.get(group);
        let Some(edits) = self.edits.filter(|edits| directory.moves(group, edits)) else {
            return whole
                .map(|members| members.users.clone())
                .unwrap_or_default();
        };
        if edits.groups_deleted.contains(group) {
            return Vec::new();
        }
        let own = directory.direct.get(group).cloned().unwrap_or_default();
        let mut users: BTreeSet<u32> = own.users.into_iter().collect();
        let mut groups: BTreeSet<String> = own.groups.into_iter().collect();
        for (list, is_in) in [(&edits.joins, true), (&edits.leaves, false)] {
            for member in list.get(group).into_iter().flatten() {
                match (self.numbers.get(member), is_in) {
                    (Some(user), true) => drop(users.insert(*user)),
                    (Some(user), false) => drop(users.remove(user)),
                    (None, true) => drop(groups.insert(member.clone())),
                    (None, false) => drop(groups.remove(member)),
                }
            }
        }
        let mut found: Vec<u32> = users.into_iter().collect();
        for inner in groups {
            found.extend(self.of_group(&inner));
        }
        found
    }
}

impl PeopleDirectory {
    /// Whether a plan changes who is in a group, by itself or through a group in it.
    pub fn moves(&self, group: &str, edits: &PeopleEdits) -> bool {
        let inner = self.members.get(group).into_iter();
        edits.touches(group)
            || inner
                .flat_map(|members| &members.groups)
                .any(|inner| edits.touches(inner))
    }
}
