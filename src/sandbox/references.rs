//! What a policy refers to must exist in the tenant. An id that the stored policy already
//! holds is taken: objects may be deleted behind a policy's back.

use serde_json::Value;

use super::call::{strings, text};
use super::error::{Check, ErrorAnswer};
use super::tenant::Tenant;
use crate::model::facts::Edition;
use crate::model::tables::{ROLES, special};
use crate::text::is_guid;

/// Every reference of `policy` that `old` does not hold.
pub(super) fn exist(tenant: &Tenant, edition: Edition, policy: &Value, old: &Value) -> Check {
    let conditions = &policy["conditions"];
    let before = &old["conditions"];
    let beta = |values: &[special::SpecialValue], value: &str| {
        values
            .iter()
            .any(|v| v.value == value && (!v.beta || edition == Edition::Beta))
    };

    let users = |value: &str| beta(special::users(), value) || tenant.users.contains_key(value);
    let bad_user = |value: &str| invalid("user", value);
    each(
        conditions,
        before,
        "users",
        &["includeUsers", "excludeUsers"],
        users,
        bad_user,
    )?;

    let groups = |value: &str| tenant.groups.contains_key(value);
    let bad_group = |value: &str| ErrorAnswer::bad(format!("1054: Invalid group value: {value}."));
    each(
        conditions,
        before,
        "users",
        &["includeGroups", "excludeGroups"],
        groups,
        bad_group,
    )?;

    let known_roles = |value: &str| ROLES.by_id(value).is_some();
    let bad_role = |value: &str| invalid("role", value);
    each(
        conditions,
        before,
        "users",
        &["includeRoles", "excludeRoles"],
        known_roles,
        bad_role,
    )?;

    let apps = |value: &str| {
        beta(special::applications(), value)
            || tenant
                .service_principals
                .values()
                .any(|sp| text(sp, "appId") == Some(value))
    };
    let bad_app = |value: &str| {
        ErrorAnswer::bad("1034: Policy contains invalid applications.").detail(
            "InvalidApplication",
            "conditions.applications",
            format!("no service principal of the tenant has the app id `{value}`"),
        )
    };
    each(
        conditions,
        before,
        "applications",
        &["includeApplications", "excludeApplications"],
        apps,
        bad_app,
    )?;

    let actions = |value: &str| beta(special::user_actions(), value);
    let bad_action = |value: &str| invalid("user action", value);
    each(
        conditions,
        before,
        "applications",
        &["includeUserActions"],
        actions,
        bad_action,
    )?;

    let contexts = |value: &str| tenant.authentication_contexts.contains_key(value);
    let bad_context = |value: &str| invalid("authentication context", value);
    each(
        conditions,
        before,
        "applications",
        &["includeAuthenticationContextClassReferences"],
        contexts,
        bad_context,
    )?;

    let locations = |value: &str| {
        beta(special::locations(), value) || tenant.named_locations.contains_key(value)
    };
    let bad_location = |value: &str| {
        ErrorAnswer::bad(format!(
            "1040: NamedLocation with id {value} does not exist in the directory."
        ))
    };
    each(
        conditions,
        before,
        "locations",
        &["includeLocations", "excludeLocations"],
        locations,
        bad_location,
    )?;

    // Only applications of this tenant alone are workloads that a policy can name.
    let workloads = |value: &str| {
        value == "ServicePrincipalsInMyTenant"
            || tenant
                .service_principals
                .get(value)
                .is_some_and(|sp| text(sp, "appOwnerOrganizationId") == Some(&tenant.tenant_id))
    };
    let bad_workload = |value: &str| invalid("service principal", value);
    each(
        conditions,
        before,
        "clientApplications",
        &["includeServicePrincipals", "excludeServicePrincipals"],
        workloads,
        bad_workload,
    )?;
    let agents = |value: &str| value == "All" || tenant.service_principals.contains_key(value);
    each(
        conditions,
        before,
        "clientApplications",
        &[
            "includeAgentIdServicePrincipals",
            "excludeAgentIdServicePrincipals",
        ],
        agents,
        bad_workload,
    )?;
    for name in [
        "includeGuestsOrExternalUsers",
        "excludeGuestsOrExternalUsers",
    ] {
        let tenants = &conditions["users"][name]["externalTenants"];
        if let Some(wrong) = strings(tenants, "members").iter().find(|id| !is_guid(id)) {
            return Err(invalid("tenant", wrong));
        }
    }
    controls(tenant, policy, old)
}

fn controls(tenant: &Tenant, policy: &Value, old: &Value) -> Check {
    let agreements = |value: &str| tenant.agreements.contains_key(value);
    let bad_agreement = |value: &str| invalid("terms of use", value);
    each(
        policy,
        old,
        "grantControls",
        &["termsOfUse"],
        agreements,
        bad_agreement,
    )?;
    let strength = &policy["grantControls"]["authenticationStrength"];
    match text(strength, "id") {
        Some(id) if !tenant.authentication_strengths.contains_key(id) => {
            Err(invalid("authentication strength", id))
        }
        _ => Ok(()),
    }
}

fn invalid(what: &str, value: &str) -> ErrorAnswer {
    ErrorAnswer::bad(format!("Invalid {what} value: {value}."))
}

fn each(
    now: &Value,
    before: &Value,
    part: &str,
    lists: &[&str],
    known: impl Fn(&str) -> bool,
    refuse: impl Fn(&str) -> ErrorAnswer,
) -> Check {
    for list in lists {
        let held = strings(&before[part], list);
        for value in strings(&now[part], list) {
            if !known(value) && !held.contains(&value) {
                return Err(refuse(value));
            }
        }
    }
    Ok(())
}
