//! `block-all`: a policy that blocks everybody, or every administrator, from everything
//! (CA-R49), whatever trivial condition stands beside it.

use super::directory::{id_of, same};
use super::{After, Hit, Inputs, after};
use crate::lint::filters_nothing;
use crate::model::conditions::{Condition, Part};
use crate::model::enums::GrantControl;
use crate::model::policy::{ConditionalAccessPolicy, Conditions, Users};
use crate::model::tables::ROLES;
use crate::model::values::List;
use crate::model::{Kind, Object};
use crate::plan::{Plan, Verb};
use crate::tenant::snapshot::Snapshot;

/// Windows Azure Service Management API: the Azure portal and the Entra admin center.
const AZURE_MANAGEMENT: &str = "797f4846-ba00-4fd7-ba43-dac1f8f63013";

/// The tenant before or after the plan.
#[derive(Clone, Copy)]
struct Side<'a> {
    /// The plan; `None` before it.
    plan: Option<&'a Plan>,
    snapshot: &'a Snapshot,
}

pub(super) fn check(plan: &Plan, inputs: Inputs<'_>) -> Vec<Hit> {
    let mut hits = Vec::new();
    let snapshot = inputs.snapshot;
    let now = Side {
        plan: Some(plan),
        snapshot,
    };
    let then = Side {
        plan: None,
        snapshot,
    };
    for found in after(plan, snapshot).iter().filter(|found| found.is_on()) {
        let Some(words) = now.shuts_out(found.policy) else {
            continue;
        };
        match found.action {
            Some(action) => hits.push(
                hit(found, format!("`{}` {words} and excludes nobody", found.name))
                    .help("exclude the break-glass group in `conditions.users.excludeGroups`, and narrow the policy to the sign-ins that are meant")
                    .on(action),
            ),
            // The policy stays as it is, and what it rests on changes.
            None if then.shuts_out(found.policy).is_none() => hits.push(
                hit(
                    found,
                    format!(
                        "`{}` {words} and would exclude nobody any more: this plan changes the groups or locations that it excludes",
                        found.name
                    ),
                )
                .help("leave somebody in the groups that it excludes, and a trusted location where it spares those"),
            ),
            None => {}
        }
    }
    hits
}

fn hit(found: &After<'_>, message: String) -> Hit {
    if found.is_enabled() {
        Hit::error(message)
    } else {
        Hit::warning(format!("{message}; it is report-only so far"))
    }
}

fn blocks(policy: &ConditionalAccessPolicy) -> bool {
    policy
        .grant_controls
        .as_ref()
        .is_some_and(|g| g.built_in_controls.contains(&GrantControl::Block))
}

impl Side<'_> {
    /// Whom a policy blocks from what, with nobody left out.
    fn shuts_out(self, policy: &ConditionalAccessPolicy) -> Option<String> {
        if !blocks(policy) {
            return None;
        }
        let whom = self.whom(policy.conditions.users.as_ref()?)?;
        let what = what(&policy.conditions)?;
        self.is_trivial(&policy.conditions)
            .then(|| format!("blocks {whom} from {what}"))
    }

    /// Who is blocked with nobody left out, if it is everybody or every administrator.
    fn whom(self, users: &Users) -> Option<&'static str> {
        let is =
            |list: &List<String>, text: &str| list.iter().any(|i| i.eq_ignore_ascii_case(text));
        // Guests are nobody who could help.
        let person = |user: &String| {
            !["GuestsOrExternalUsers", "None"]
                .iter()
                .any(|special| user.eq_ignore_ascii_case(special))
        };
        let someone_out = users.exclude_users.iter().any(person)
            || users
                .exclude_groups
                .iter()
                .any(|group| !self.is_empty(group, 8));
        if someone_out {
            return None;
        }
        let admin = ROLES
            .by_name("Global Administrator")
            .map_or("", |role| role.id);
        if is(&users.include_users, "All") {
            // Excluded guests leave every member out; an excluded administrator role does not.
            return (!is(&users.exclude_roles, admin)).then_some("all users");
        }
        (is(&users.include_roles, admin) && !is(&users.exclude_roles, admin))
            .then_some("every Global Administrator")
    }

    /// True for a group that is known to hold nobody: to exclude it excludes nobody. Of a group
    /// whose members no manifest lists that is not known.
    fn is_empty(self, id: &str, depth: usize) -> bool {
        let action = self
            .plan
            .into_iter()
            .flat_map(|plan| &plan.actions)
            .find(|a| a.kind == Kind::Group && same(&id_of(a), id));
        let members = match action {
            Some(action) => match &action.desired {
                None => return true,
                Some(Object::Group(group)) if group.is_dynamic() => return false,
                Some(Object::Group(group)) => match (&group.members, action.verb) {
                    (Some(members), _) => members.iter().cloned().collect(),
                    (None, Verb::Create) => Vec::new(),
                    (None, _) => return false,
                },
                Some(_) => return false,
            },
            None => {
                let live = self
                    .snapshot
                    .of(Kind::Group)
                    .iter()
                    .find(|l| same(&l.id, id));
                match live.map(|live| &live.object) {
                    Some(Object::Group(group)) if !group.is_dynamic() => match &group.members {
                        Some(members) => members.iter().cloned().collect::<Vec<_>>(),
                        None => return false,
                    },
                    _ => return false,
                }
            }
        };
        depth > 0
            && !self.is_joined(id)
            && members
                .iter()
                .all(|member| self.is_empty(member, depth - 1))
    }

    /// True when a test user of the plan joins the group.
    fn is_joined(self, group: &str) -> bool {
        let actions = self.plan.into_iter().flat_map(|plan| &plan.actions);
        actions.into_iter().any(|action| match &action.desired {
            Some(Object::TestUser(user)) => user
                .member_of
                .as_ref()
                .is_some_and(|groups| groups.iter().any(|g| same(g, group))),
            _ => false,
        })
    }

    /// True when the conditions leave nearly every sign-in covered.
    fn is_trivial(self, conditions: &Conditions) -> bool {
        let limits = |row: &&Condition| row.part == Part::When && row.is_for_users();
        let mut rows = conditions.stated().filter(limits);
        rows.all(|row| self.spares_nobody(row, conditions))
    }

    /// True when a condition leaves nearly every sign-in covered.
    fn spares_nobody(self, row: &Condition, conditions: &Conditions) -> bool {
        let limit = (row.read)(conditions);
        let (included, excluded) = limit.sides();
        let has = |list: &[&str], text: &str| list.iter().any(|item| same(item, text));
        let all = included.is_empty() || row.is_all(included);
        match row.name {
            "clientAppTypes" => {
                has(included, "browser") && has(included, "mobileAppsAndDesktopClients")
            }
            "platforms" => {
                let known = ["windows", "macOS", "iOS", "android"];
                // Other platforms say nothing of who could help.
                let spared = known.iter().any(|p| has(excluded, p));
                !spared && (all || known.iter().all(|p| has(included, p)))
            }
            "locations" => {
                let trusted = matches!(excluded, [one] if same(one, "AllTrusted"));
                all && (excluded.is_empty() || trusted && !self.any_trusted())
            }
            "devices" if row.exclude.is_empty() => {
                let devices = conditions.devices.as_ref();
                let filter = devices.and_then(|devices| devices.device_filter.as_ref());
                filter.is_none_or(filters_nothing)
            }
            _ if row.risk => has(included, "none"),
            _ => row.is_all(included) && excluded.is_empty(),
        }
    }

    /// True when a location is trusted after the plan.
    fn any_trusted(self) -> bool {
        let trusted = |object: &Object| matches!(object, Object::NamedLocation(location) if location.is_trusted == Some(true));
        let actions = self.plan.map_or(&[][..], |plan| &plan.actions);
        let acted = |id: &str| {
            actions
                .iter()
                .any(|a| a.kind == Kind::NamedLocation && a.id.as_deref() == Some(id))
        };
        self.snapshot
            .of(Kind::NamedLocation)
            .iter()
            .any(|live| !acted(&live.id) && trusted(&live.object))
            || actions
                .iter()
                .any(|a| a.desired.as_ref().is_some_and(trusted))
    }
}

fn what(conditions: &Conditions) -> Option<&'static str> {
    let apps = conditions.applications.as_ref()?;
    let excludes = &apps.exclude_applications;
    let portal = |app: &String| same(app, "MicrosoftAdminPortals") || same(app, AZURE_MANAGEMENT);
    if excludes.iter().any(portal) || apps.application_filter.is_some() {
        return None;
    }
    let has = |text: &str| {
        apps.include_applications
            .iter()
            .any(|a| a.eq_ignore_ascii_case(text))
    };
    if has("All") && !excludes.is_empty() {
        // Whoever gets into another application cannot take the policy back there.
        Some("nearly all applications, the administration portals among them,")
    } else if has("All") {
        Some("all applications")
    } else if has("MicrosoftAdminPortals") {
        Some("the administration portals")
    } else if has(AZURE_MANAGEMENT) {
        Some("the Azure portal and the Entra admin center")
    } else {
        None
    }
}
