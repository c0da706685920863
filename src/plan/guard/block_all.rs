//! `block-all`: a policy that blocks everybody, or every administrator, from everything
//! (CA-R49), whatever trivial condition stands beside it.

use super::{After, Hit, Inputs, after};
use crate::model::enums::{ClientApp, DevicePlatform, GrantControl, RiskLevel};
use crate::model::policy::{ConditionalAccessPolicy, Conditions, Users};
use crate::model::tables::roles;
use crate::model::values::{GraphEnum, List};
use crate::model::{Kind, Object};
use crate::plan::{Plan, Verb};
use crate::tenant::resolve::is_pending;

/// Windows Azure Service Management API: the Azure portal and the Entra admin center.
const AZURE_MANAGEMENT: &str = "797f4846-ba00-4fd7-ba43-dac1f8f63013";

pub(super) fn check(plan: &Plan, inputs: Inputs<'_>) -> Vec<Hit> {
    let mut hits = Vec::new();
    for found in after(plan, inputs.snapshot) {
        let Some(action) = found.action else {
            continue;
        };
        if !found.is_on() || !blocks(found.policy) {
            continue;
        }
        let users = found.policy.conditions.users.as_ref();
        let Some(whom) = users.and_then(|users| whom(users, plan)) else {
            continue;
        };
        let Some(what) = what(&found.policy.conditions) else {
            continue;
        };
        if !is_trivial(&found.policy.conditions, plan, inputs) {
            continue;
        }
        let message = format!(
            "`{}` blocks {whom} from {what} and excludes nobody",
            found.name
        );
        let help = "exclude the break-glass group in `conditions.users.excludeGroups`, and narrow the policy to the sign-ins that are meant";
        hits.push(hit(&found, message).help(help).on(action));
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

/// Who is blocked with nobody left out, if it is everybody or every administrator.
fn whom(users: &Users, plan: &Plan) -> Option<&'static str> {
    let someone_out = !users.exclude_users.is_empty()
        || users
            .exclude_groups
            .iter()
            .any(|g| !is_empty_group(g, plan));
    if someone_out {
        return None;
    }
    let is = |list: &List<String>, text: &str| list.iter().any(|i| i.eq_ignore_ascii_case(text));
    let admin = roles::by_name("Global Administrator").map_or("", |role| role.id);
    if is(&users.include_users, "All") {
        // Excluded guests leave every member out; an excluded administrator role does not.
        return (!is(&users.exclude_roles, admin)).then_some("all users");
    }
    (is(&users.include_roles, admin) && !is(&users.exclude_roles, admin))
        .then_some("every Global Administrator")
}

/// True for a group that this plan creates without a member: to exclude it excludes nobody.
fn is_empty_group(id: &str, plan: &Plan) -> bool {
    let Some((Kind::Group, name)) = is_pending(id) else {
        return false;
    };
    plan.actions.iter().any(|action| match &action.desired {
        Some(Object::Group(group)) => {
            action.verb == Verb::Create
                && action.name == name
                && !group.is_dynamic()
                && group.members.as_ref().is_none_or(|m| m.is_empty())
                && !joined(plan, id)
        }
        _ => false,
    })
}

/// True when a test user of the plan joins the group.
fn joined(plan: &Plan, group: &str) -> bool {
    plan.actions.iter().any(|action| match &action.desired {
        Some(Object::TestUser(user)) => user
            .member_of
            .as_ref()
            .is_some_and(|groups| groups.iter().any(|g| g == group)),
        _ => false,
    })
}

fn what(conditions: &Conditions) -> Option<&'static str> {
    let apps = conditions.applications.as_ref()?;
    if !apps.exclude_applications.is_empty() || apps.application_filter.is_some() {
        return None;
    }
    let has = |text: &str| {
        apps.include_applications
            .iter()
            .any(|a| a.eq_ignore_ascii_case(text))
    };
    if has("All") {
        Some("all applications")
    } else if has("MicrosoftAdminPortals") {
        Some("the administration portals")
    } else if has(AZURE_MANAGEMENT) {
        Some("the Azure portal and the Entra admin center")
    } else {
        None
    }
}

/// True when the conditions leave nearly every sign-in covered.
fn is_trivial(conditions: &Conditions, plan: &Plan, inputs: Inputs<'_>) -> bool {
    fn has<T: GraphEnum>(list: &[T], text: &str) -> bool {
        list.iter()
            .any(|item| item.as_str().eq_ignore_ascii_case(text))
    }
    let clients = conditions.client_app_types.as_ref().is_none_or(|list| {
        list.is_empty()
            || list.contains(&ClientApp::All)
            || has(list, "browser") && has(list, "mobileAppsAndDesktopClients")
    });
    let platforms = conditions.platforms.as_ref().is_none_or(|platforms| {
        let list: &[DevicePlatform] = &platforms.include_platforms;
        let known = ["windows", "macOS", "iOS", "android"];
        platforms.exclude_platforms.is_empty()
            && (list.is_empty() || has(list, "all") || known.iter().all(|p| has(list, p)))
    });
    let locations = conditions.locations.as_ref().is_none_or(|locations| {
        let is =
            |list: &List<String>, text: &str| list.iter().any(|l| l.eq_ignore_ascii_case(text));
        let all = locations.include_locations.is_empty() || is(&locations.include_locations, "All");
        let out = &locations.exclude_locations;
        let nowhere =
            out.is_empty() || out.len() == 1 && is(out, "AllTrusted") && !any_trusted(plan, inputs);
        all && nowhere
    });
    let risk = |list: &List<RiskLevel>| list.is_empty() || has(list, "none");
    clients
        && platforms
        && locations
        && risk(&conditions.user_risk_levels)
        && risk(&conditions.sign_in_risk_levels)
        && conditions
            .insider_risk_levels
            .as_ref()
            .is_none_or(|l| l.is_empty())
        && conditions.devices.is_none()
        && conditions.device_states.is_none()
        && conditions
            .authentication_flows
            .as_ref()
            .is_none_or(|f| f.transfer_methods.is_empty())
}

/// True when a location is trusted after the plan.
fn any_trusted(plan: &Plan, inputs: Inputs<'_>) -> bool {
    let trusted = |object: &Object| matches!(object, Object::NamedLocation(location) if location.is_trusted == Some(true));
    let acted = |id: &str| {
        plan.actions
            .iter()
            .any(|a| a.kind == Kind::NamedLocation && a.id.as_deref() == Some(id))
    };
    inputs
        .snapshot
        .of(Kind::NamedLocation)
        .iter()
        .any(|live| !acted(&live.id) && trusted(&live.object))
        || plan
            .actions
            .iter()
            .any(|a| a.desired.as_ref().is_some_and(trusted))
}
