//! Who is in which group before and after a plan, as far as it can be told, for the guard
//! `break-glass`.

use std::collections::{BTreeMap, BTreeSet};

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
    /// Groups whose members a new or changed rule decides: nobody knows who that is.
    ruled: BTreeSet<String>,
    /// The existing groups that an account may join or leave by this plan, by its id.
    moves: BTreeMap<String, Moves>,
    /// What test users' manifests say of their groups: before and after, by the user's id.
    links: BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)>,
    /// What was read.
    pub(super) facts: &'a BreakGlassAccounts,
}

/// What the plan does to the memberships of one account in existing groups.
#[derive(Default)]
struct Moves {
    joins: BTreeSet<String>,
    leaves: BTreeSet<String>,
}

impl<'a> Directory<'a> {
    /// The directory before anything is written.
    pub(super) fn before(facts: &'a BreakGlassAccounts) -> Directory<'a> {
        Directory {
            accounts: facts.accounts.clone(),
            written: BTreeMap::new(),
            deleted: BTreeSet::new(),
            ruled: BTreeSet::new(),
            moves: BTreeMap::new(),
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
                    if group.is_dynamic() && rule_changes(action) {
                        directory.ruled.insert(id);
                    } else if let Some(members) = &group.members {
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
        directory.moves = directory
            .accounts
            .values()
            .map(|account| (account.id.clone(), directory.moves_of(account)))
            .collect();
        directory
    }

    /// True for a group whose members are decided by a rule that the plan makes or changes.
    pub(super) fn is_ruled_anew(&self, group: &str) -> bool {
        self.ruled.contains(&lower(group))
    }

    fn moves_of(&self, account: &Account) -> Moves {
        let mut moves = Moves::default();
        let written = self.written.keys().chain(&self.deleted).chain(&self.ruled);
        let linked = self.links.get(&account.id).into_iter();
        let linked = linked.flat_map(|(before, after)| before.iter().chain(after));
        for id in written.chain(linked).filter(|id| is_pending(id).is_none()) {
            let was = account.groups.contains(id);
            let is = self.member(account, id, 8);
            if !was && is != Sure::No {
                moves.joins.insert(id.clone());
            }
            if was && is != Sure::Yes {
                moves.leaves.insert(id.clone());
            }
        }
        moves
    }

    /// True unless somebody is known to be in the one group and not in the other.
    fn may_be_nested(&self, inner: &str, outer: &str) -> bool {
        !self
            .facts
            .accounts
            .values()
            .any(|a| a.groups.contains(inner) && !a.groups.contains(outer))
    }

    pub(super) fn is_member(&self, account: &Account, group: &str) -> Sure {
        self.member(account, &lower(group), 8)
    }

    fn member(&self, account: &Account, group: &str, depth: usize) -> Sure {
        if self.deleted.contains(group) {
            return Sure::No;
        }
        if self.ruled.contains(group) {
            return Sure::Maybe;
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
        // The plan leaves this group itself alone. Groups in it may still change.
        if account.direct.contains(group) {
            return Sure::Yes;
        }
        let moves = self.moves.get(&account.id);
        if account.groups.contains(group) {
            return match moves {
                Some(moves) if !moves.leaves.is_empty() => Sure::Maybe,
                _ => Sure::Yes,
            };
        }
        let joins = moves.into_iter().flat_map(|moves| &moves.joins);
        match { joins }.any(|inner| self.may_be_nested(inner, group)) {
            true => Sure::Maybe,
            false => Sure::No,
        }
    }
}

/// True when the plan makes the group, or changes what decides who is in it.
fn rule_changes(action: &Action) -> bool {
    action.verb == Verb::Create
        || [
            "membershipRule",
            "membershipRuleProcessingState",
            "groupTypes",
        ]
        .iter()
        .any(|member| action.before.get(member) != action.after.get(member))
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
