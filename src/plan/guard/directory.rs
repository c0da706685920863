//! Who is in which group before and after a plan, as far as it can be told, for the guard
//! `break-glass`.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::policy::Users;
use crate::model::{Kind, Object};
use crate::plan::{Action, Plan, Verb};
use crate::tenant::break_glass::{Account, BreakGlassAccounts};
use crate::tenant::resolve::{is_pending, pending};

/// Whether something is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sure {
    Yes,
    No,
    Maybe,
}

/// The accounts and groups, as they are after the plan.
pub(super) struct Directory<'a> {
    /// The accounts, and the test users of the plan, by id.
    pub(super) accounts: BTreeMap<String, Account>,
    /// Groups whose members the plan writes: the whole list, by the group's id.
    written: BTreeMap<String, Vec<String>>,
    /// Groups that are deleted.
    deleted: BTreeSet<String>,
    /// What test users' manifests say of their groups: before and after, by the user's id.
    links: BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)>,
    /// What was read.
    pub(super) facts: &'a BreakGlassAccounts,
}

impl<'a> Directory<'a> {
    /// The directory before anything is written.
    pub(super) fn before(facts: &'a BreakGlassAccounts) -> Directory<'a> {
        Directory {
            accounts: facts.accounts.clone(),
            written: BTreeMap::new(),
            deleted: BTreeSet::new(),
            links: BTreeMap::new(),
            facts,
        }
    }

    pub(super) fn after(facts: &'a BreakGlassAccounts, plan: &Plan) -> Directory<'a> {
        let mut directory = Directory::before(facts);
        for action in &plan.actions {
            let id = id_of(action);
            match (&action.desired, action.kind) {
                (None, Kind::Group) => {
                    directory.deleted.insert(id);
                }
                (None, Kind::TestUser) => {
                    directory.accounts.remove(&id);
                }
                (Some(Object::Group(group)), _) => {
                    if let Some(members) = &group.members {
                        let ids = members.iter().map(|m| lower(m)).collect();
                        directory.written.insert(id, ids);
                    } else if action.verb == Verb::Create {
                        directory.written.insert(id, Vec::new());
                    }
                }
                (Some(Object::TestUser(user)), _) => {
                    let list = |member: &str, side| {
                        let ids = crate::plan::weakening::listed(side, member);
                        ids.iter().map(|g| lower(g)).collect::<BTreeSet<String>>()
                    };
                    if user.member_of.is_some() {
                        let links = (
                            list("memberOf", &action.before),
                            list("memberOf", &action.after),
                        );
                        directory.links.insert(id.clone(), links);
                    }
                    let account = directory.accounts.entry(id.clone()).or_default();
                    account.id = id;
                    account.name.clone_from(&user.user_principal_name);
                    account.enabled = user.account_enabled != Some(false);
                }
                _ => {}
            }
        }
        directory
    }

    pub(super) fn is_member(&self, account: &Account, group: &str) -> Sure {
        self.member(account, &lower(group), 8)
    }

    fn member(&self, account: &Account, group: &str, depth: usize) -> Sure {
        if self.deleted.contains(group) {
            return Sure::No;
        }
        if let Some((before, after)) = self.links.get(&account.id) {
            if after.contains(group) {
                return Sure::Yes;
            }
            if before.contains(group) {
                return Sure::No;
            }
        }
        if let Some(members) = self.written.get(group) {
            if members.contains(&account.id) {
                return Sure::Yes;
            }
            if depth == 0 {
                return Sure::Maybe;
            }
            let nested: Vec<Sure> = members
                .iter()
                .filter(|id| !self.accounts.contains_key(*id))
                .map(|id| self.member(account, id, depth - 1))
                .collect();
            return if nested.contains(&Sure::Yes) {
                Sure::Yes
            } else if nested.contains(&Sure::Maybe) {
                Sure::Maybe
            } else {
                Sure::No
            };
        }
        // The plan leaves this group itself alone. Groups in it may still be written.
        let others_change = self.written.keys().any(|id| {
            let was = account.groups.contains(id);
            let exists = is_pending(id).is_none();
            exists && was != self.written[id].contains(&account.id)
        }) || self.links.contains_key(&account.id);
        if account.direct.contains(group) {
            Sure::Yes
        } else if others_change {
            Sure::Maybe
        } else if account.groups.contains(group) {
            Sure::Yes
        } else {
            Sure::No
        }
    }

    /// Whether a policy on these users applies to the account, exclusions aside.
    pub(super) fn hits(&self, account: &Account, users: &Users) -> bool {
        let includes = |text: &str| users.include_users.iter().any(|u| same(u, text));
        includes("All")
            || includes(&account.id)
            || includes("GuestsOrExternalUsers") && account.guest
            || users.include_guests_or_external_users.is_some() && account.guest
            // Roles are given and activated where no plan sees it.
            || !users.include_roles.is_empty()
            || users
                .include_groups
                .iter()
                .any(|group| self.is_member(account, group) != Sure::No)
    }

    /// Whether the account is left out for sure. An excluded role ends with the role.
    pub(super) fn is_excluded(&self, account: &Account, users: &Users) -> bool {
        users.exclude_users.iter().any(|u| same(u, &account.id))
            || users
                .exclude_groups
                .iter()
                .any(|group| self.is_member(account, group) == Sure::Yes)
    }
}

pub(super) fn lower(id: &str) -> String {
    match is_pending(id) {
        Some(_) => id.to_owned(),
        None => id.to_lowercase(),
    }
}

pub(super) fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

/// The id of what an action is about, lower-case, or its stand-in.
pub(super) fn id_of(action: &Action) -> String {
    match &action.id {
        Some(id) => id.to_lowercase(),
        None => pending(action.kind, &action.name),
    }
}
