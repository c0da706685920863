//! `break-glass`: whoever may be left to open the door is excluded from every policy that can
//! shut it, worked out through `All`, groups, roles and guests, as the tenant is after the
//! plan. Where it cannot be told whether a policy can hit an account, it can; where it cannot
//! be told whether an exclusion holds, it does not.

use std::collections::{BTreeMap, BTreeSet};

use super::directory::{Directory, Sure, id_of, same};
use super::{Hit, Inputs, PlanPurpose, after};
use crate::finding::{Code, Finding, Guard, Place};
use crate::manifest::guards::BreakGlass;
use crate::model::kind::same_name;
use crate::model::policy::{ConditionalAccessPolicy, Users};
use crate::model::{Kind, Object};
use crate::plan::{Action, Plan, Verb};
use crate::tenant::break_glass::{Ask, BreakGlassAccounts, MOST_ACCOUNTS};
use crate::tenant::read::with_domain;
use crate::tenant::resolve::is_pending;
use crate::text::few_names;
use crate::whatif::{CompiledPolicies, Fact, Match, Prepared, SignIn, User, UserType, World};

/// What must be read of the tenant for this plan.
pub fn ask(declared: &BreakGlass, plan: &Plan) -> Ask {
    let mut members = BTreeSet::new();
    let mut groups = declared.groups.clone();
    for name in &declared.groups {
        for action in group_actions(plan, name) {
            // It gets the declared name by this plan: it is found by its id.
            let id = action
                .id
                .iter()
                .filter(|id| !groups.contains(id))
                .cloned()
                .collect::<Vec<_>>();
            groups.extend(id);
            if let Some(Object::Group(group)) = &action.desired {
                members.extend(group.members.iter().flat_map(|m| m.iter().cloned()));
            }
        }
    }
    Ask {
        users: declared.users.clone(),
        groups,
        members: members
            .into_iter()
            .filter(|id| is_pending(id).is_none())
            .collect(),
        domain: plan.organization.default_domain.clone(),
    }
}

/// The ids of the declared users and groups, lower-case. A group into which this very plan
/// puts somebody is left out: whom it would exclude, nobody has agreed to.
pub(super) fn ids(plan: &Plan, inputs: Inputs<'_>) -> BTreeSet<String> {
    let Some(facts) = inputs.accounts else {
        return BTreeSet::new();
    };
    let touched = |id: &str| {
        plan.actions.iter().any(|action| match action.kind {
            Kind::Group => id_of(action) == id,
            Kind::TestUser => crate::plan::weakening::listed(&action.after, "memberOf")
                .iter()
                .any(|group| same(group, id)),
            _ => false,
        })
    };
    let groups = facts.groups.values().flatten();
    let groups = groups.filter(|g| !g.crowded && !touched(&g.id));
    let users = facts.users.values().flatten().cloned();
    users.chain(groups.map(|g| g.id.clone())).collect()
}

/// The actions on the group that is called so after the plan.
fn group_actions<'a>(plan: &'a Plan, name: &'a str) -> impl Iterator<Item = &'a Action> {
    plan.actions.iter().filter(move |a| {
        a.kind == Kind::Group
            && (same_name(a.kind, &a.name, name)
                || a.id
                    .as_deref()
                    .is_some_and(|id| id.eq_ignore_ascii_case(name)))
    })
}

/// A declared user or group, and what it stands for after the plan.
struct Declared {
    name: String,
    place: Option<Place>,
    /// The group; `None` for a user.
    group: Option<String>,
    /// The accounts, by id.
    accounts: Vec<String>,
}

/// Policies, and the accounts that they may hit, on one side of the plan.
struct Sight {
    compiled: CompiledPolicies,
    accounts: BTreeMap<String, Prepared>,
}

impl Sight {
    fn new<'a>(
        policies: impl IntoIterator<Item = &'a ConditionalAccessPolicy>,
        directory: &Directory<'_>,
    ) -> Sight {
        let compiled = CompiledPolicies::new(policies, &World::default());
        let prepared = directory.accounts.values().filter_map(|account| {
            // Roles are given and activated where no plan sees it, and which kind of guest
            // somebody is was not read: both are left unknown.
            let sign_in = SignIn {
                user: Some(User {
                    user_type: (!account.guest).then_some(UserType::Member),
                    ..User::named(account.id.as_str())
                }),
                ..SignIn::default()
            };
            let member = |group: &str| match directory.is_member(account, group) {
                Sure::Yes => Match::Yes,
                Sure::No => Match::No,
                Sure::Maybe => Match::unknown(Fact::GROUPS),
            };
            let prepared = compiled.prepare_with(&sign_in, &member).ok()?;
            Some((account.id.clone(), prepared))
        });
        let accounts = prepared.collect();
        Sight { compiled, accounts }
    }

    /// True when the policy can hit the account, and does not exclude it for sure.
    fn hits(&self, policy: usize, account: &str) -> bool {
        let Some(number) = self.compiled.number_of(policy) else {
            return false;
        };
        let users = |prepared| self.compiled.users(number, prepared);
        !self.compiled.reaches_nothing(number)
            && self
                .accounts
                .get(account)
                .map(users)
                .is_some_and(|(included, left_out)| included != Match::No && left_out != Match::Yes)
    }
}

impl Declared {
    /// True when the policy can hit the declared user, or somebody in the declared group, and
    /// does not exclude them.
    fn is_hit(&self, users: &Users, sight: &Sight, policy: usize) -> bool {
        if let Some(group) = &self.group {
            if users.exclude_groups.iter().any(|g| same(g, group)) {
                return false;
            }
            // Who joins the group later is hit, too.
            let broad = users.include_users.iter().any(|u| same(u, "All"))
                || !users.include_roles.is_empty()
                || users.include_groups.iter().any(|g| same(g, group));
            if broad && self.accounts.is_empty() {
                let number = sight.compiled.number_of(policy);
                return number.is_none_or(|number| !sight.compiled.reaches_nothing(number));
            }
        }
        self.accounts.iter().any(|id| sight.hits(policy, id))
    }
}

pub(super) fn check(plan: &Plan, inputs: Inputs<'_>, notices: &mut Vec<Finding>) -> Vec<Hit> {
    let policies = after(plan, inputs.snapshot);
    let written = policies
        .iter()
        .any(|found| found.action.is_some() && found.is_on());
    let (Some(declared), Some(facts)) = (&inputs.guards.guards.break_glass, inputs.accounts) else {
        if written && inputs.guards.guards.break_glass.is_none() {
            notices.push(undeclared());
        }
        return Vec::new();
    };
    let now = Directory::after(facts, plan);
    let then = Directory::before(facts);
    let mut hits = Vec::new();
    let found = resolve(declared, plan, inputs, &now, &mut hits);
    if inputs.purpose == PlanPurpose::Destroy {
        // The group may go with the policies; those that stay are looked at below.
        hits.clear();
    } else {
        accounts(&found, &now, written || usable(facts) > 1, &mut hits);
    }
    let mut elsewhere: Vec<&str> = Vec::new();
    let seen_now = Sight::new(policies.iter().map(|found| found.policy), &now);
    // What the policy was before stands at the same place; a new one never did anything.
    let nothing = ConditionalAccessPolicy::default();
    let before = policies
        .iter()
        .map(|found| found.before.unwrap_or(&nothing));
    let seen_then = Sight::new(before, &then);
    for (number, after) in policies
        .iter()
        .enumerate()
        .filter(|(_, found)| found.is_on())
    {
        let Some(users) = &after.policy.conditions.users else {
            continue;
        };
        let missed: Vec<&Declared> = found
            .iter()
            .filter(|declared| declared.is_hit(users, &seen_now, number))
            .collect();
        if missed.is_empty() {
            continue;
        }
        let names: Vec<String> = missed
            .iter()
            .map(|declared| match declared.group {
                Some(_) => format!("group `{}`", declared.name),
                None => format!("account `{}`", declared.name),
            })
            .collect();
        let names = names.join(", ");
        match after.action {
            Some(action) => hits.push(
                Hit::error(format!(
                    "`{}` can hit the break-glass {names} and does not exclude {}",
                    after.name,
                    if missed.len() == 1 { "it" } else { "them" }
                ))
                .help(way_out(&missed))
                .on(action),
            ),
            None if newly(number, &found, [&seen_then, &seen_now]) => hits.push(
                Hit::error(format!(
                    "`{}` would start to hit the break-glass {names}: this plan changes who is in the groups that it names",
                    after.name
                ))
                .help("leave the break-glass accounts in the groups that exclude them"),
            ),
            None => elsewhere.push(after.name),
        }
    }
    if !elsewhere.is_empty() {
        hits.push(
            Hit::warning(format!(
                "policies that stay as they are can hit a break-glass account and do not exclude it: {}",
                few_names(&elsewhere, 5)
            ))
            .help("also exclude the accounts there"),
        );
    }
    hits
}

fn undeclared() -> Finding {
    Finding::hint(
        Code::Guard,
        "no break-glass account is declared, so policies are not checked for locking everybody out; declare them in guards.yaml: `breakGlass: { groups: [CA-BreakGlass] }`",
    )
    .rule(Guard::BreakGlass)
}

fn way_out(missed: &[&Declared]) -> String {
    let parts: Vec<String> = missed
        .iter()
        .map(|declared| {
            let list = match declared.group {
                Some(_) => "excludeGroups",
                None => "excludeUsers",
            };
            format!("`{}` to `conditions.users.{list}`", declared.name)
        })
        .collect();
    format!("add {}", parts.join(", "))
}

/// True when a policy that the plan leaves alone hits somebody whom it does not hit yet.
fn newly(policy: usize, found: &[Declared], [then, now]: [&Sight; 2]) -> bool {
    found
        .iter()
        .flat_map(|declared| &declared.accounts)
        .any(|id| now.hits(policy, id) && !then.hits(policy, id))
}

/// What each declared name stands for after the plan. A name that stands for nothing is
/// refused: an exclusion of it protects nobody.
fn resolve(
    declared: &BreakGlass,
    plan: &Plan,
    inputs: Inputs<'_>,
    now: &Directory<'_>,
    hits: &mut Vec<Hit>,
) -> Vec<Declared> {
    let mut found = Vec::new();
    for (index, name) in declared.users.iter().enumerate() {
        let place = inputs.guards.place(&format!("/breakGlass/users/{index}"));
        let full = with_domain(name, &plan.organization.default_domain);
        let mut ids: Vec<String> = now
            .accounts
            .values()
            .filter(|account| same(&account.name, &full) || same(&account.id, name))
            .map(|account| account.id.clone())
            .collect();
        ids.sort();
        ids.dedup();
        if ids.len() != 1 {
            hits.push(missing("user", name, ids.len()).at(place));
            continue;
        }
        found.push(Declared {
            name: name.clone(),
            place,
            group: None,
            accounts: ids,
        });
    }
    for (index, name) in declared.groups.iter().enumerate() {
        let place = inputs.guards.place(&format!("/breakGlass/groups/{index}"));
        let mut renamed = None;
        let mut ids: BTreeSet<String> = now
            .facts
            .groups
            .get(name)
            .into_iter()
            .flatten()
            .map(|holder| holder.id.clone())
            .collect();
        // A group that gets another name is not found by this one any more.
        for action in plan.actions.iter().filter(|a| a.kind == Kind::Group) {
            let id = id_of(action);
            let by_id = id.eq_ignore_ascii_case(name);
            if ids.contains(&id)
                && !by_id
                && !same_name(action.kind, &action.name, name)
                && action.verb == Verb::Update
            {
                renamed = Some(action);
            }
        }
        if let Some(action) = renamed {
            hits.push(
                Hit::error(format!(
                    "the break-glass group `{name}` would be renamed to `{}`, and the guards file would name nothing",
                    action.name
                ))
                .help("change the name in the guards file in the same step, or declare the group by its id")
                .at(place.clone()),
            );
        }
        for action in group_actions(plan, name) {
            let id = id_of(action);
            match action.verb {
                Verb::Delete => ids.remove(&id),
                Verb::Create | Verb::Update => ids.insert(id),
            };
        }
        let Some(group) = ids.pop_first().filter(|_| ids.is_empty()) else {
            let holders = now.facts.groups.get(name).map_or(&[][..], Vec::as_slice);
            if let (PlanPurpose::Destroy, true, [holder]) =
                (inputs.purpose, ids.is_empty(), holders)
            {
                found.push(Declared {
                    name: name.clone(),
                    place,
                    group: None,
                    accounts: holder.users.clone(),
                });
                continue;
            }
            let count = if ids.is_empty() { 0 } else { ids.len() + 1 };
            hits.push(missing("group", name, count).at(place));
            continue;
        };
        if now.facts.nested.get(&group).is_some_and(|h| h.crowded) {
            hits.push(
                Hit::error(format!(
                    "the break-glass group `{name}` has more than {MOST_ACCOUNTS} users"
                ))
                .help("declare a group that has only the break-glass accounts")
                .at(place.clone()),
            );
        }
        if now.is_ruled_anew(&group) {
            hits.push(
                Hit::error(format!(
                    "it is not known who would be in the break-glass group `{name}`: this plan changes its membership rule"
                ))
                .help("use a group with assigned members")
                .at(place.clone()),
            );
        }
        found.push(Declared {
            name: name.clone(),
            place,
            accounts: members(&group, now),
            group: Some(group),
        });
    }
    found
}

/// A declared name that stands for nothing, or for several objects.
fn missing(kind: &str, name: &str, count: usize) -> Hit {
    match count {
        0 => Hit::error(format!("the break-glass {kind} `{name}` does not exist"))
            .help("correct the name in the guards file, or create it"),
        n => Hit::error(format!("{n} objects match the break-glass {kind} `{name}`"))
            .help("write the id of the intended one"),
    }
}

/// The accounts in a group after the plan.
fn members(group: &str, now: &Directory<'_>) -> Vec<String> {
    now.accounts
        .values()
        .filter(|account| now.is_member(account, group) == Sure::Yes)
        .map(|account| account.id.clone())
        .collect()
}

/// How many of the declared accounts can sign in before the plan.
fn usable(facts: &BreakGlassAccounts) -> usize {
    let in_groups = facts.groups.values().flatten().flat_map(|g| &g.users);
    let all: BTreeSet<&String> = facts.users.values().flatten().chain(in_groups).collect();
    all.iter()
        .filter(|id| facts.accounts.get(**id).is_some_and(|a| a.enabled))
        .count()
}

/// The accounts must be able to sign in, and there must be two: refused while policies are
/// written and where this plan brings it about, a warning otherwise.
fn accounts(found: &[Declared], now: &Directory<'_>, written: bool, hits: &mut Vec<Hit>) {
    let hit = |message: String| match written {
        true => Hit::error(message),
        false => Hit::warning(message),
    };
    let mut enabled = BTreeSet::new();
    for declared in found {
        let mut all = 0;
        for account in declared
            .accounts
            .iter()
            .filter_map(|id| now.accounts.get(id))
        {
            all += usize::from(account.enabled);
            if account.enabled {
                enabled.insert(account.id.clone());
            } else if account.unreadable {
                hits.push(
                    hit(format!(
                        "it is not known whether the break-glass account `{}` can sign in",
                        account.name
                    ))
                    .help("let gatewright read users (`User.Read.All`): `gatewright auth whoami` shows its permissions")
                    .at(declared.place.clone()),
                );
            } else {
                hits.push(
                    hit(format!(
                        "the break-glass account `{}` is disabled",
                        account.name
                    ))
                    .help("enable it, or remove it from the guards file and the group")
                    .at(declared.place.clone()),
                );
            }
        }
        if declared.group.is_some() && all == 0 {
            hits.push(
                hit(format!(
                    "the break-glass group `{}` has no account that can sign in",
                    declared.name
                ))
                .help("add the break-glass accounts to the group")
                .at(declared.place.clone()),
            );
        }
    }
    if enabled.len() < 2 && !found.is_empty() {
        let n = enabled.len();
        let are = if n == 1 { "account" } else { "accounts" };
        hits.push(
            hit(format!(
                "there must be two break-glass accounts that can sign in, and there {} {n} {are}",
                if n == 1 { "is" } else { "are" }
            ))
            .help("add another one: a single one can be lost")
            .at(found.first().and_then(|d| d.place.clone())),
        );
    }
}
