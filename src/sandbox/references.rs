//! What a policy refers to must exist in the tenant. An id that the stored policy already
//! holds is taken: objects may be deleted behind a policy's back.

use serde_json::Value;

use super::call::{strings, text};
use super::error::{Check, ErrorAnswer};
use super::tenant::Tenant;
use super::value::at;
use crate::model::conditions::{CONDITIONS, Condition};
use crate::model::facts::Edition;
use crate::model::refs::RefKind;
use crate::model::tables::{ROLES, special};

/// Every reference of `policy` that `old` does not hold.
pub(super) fn exist(tenant: &Tenant, edition: Edition, policy: &Value, old: &Value) -> Check {
    let (conditions, before) = (&policy["conditions"], &old["conditions"]);
    for row in CONDITIONS {
        let lists = [row.include, row.exclude];
        let known = |value: &str| match row.refs {
            Some(kind) => is_known(tenant, edition, kind, value),
            None if row.include == "includeAgentIdServicePrincipals" => {
                value == "All" || tenant.service_principals.contains_key(value)
            }
            None => true,
        };
        each(conditions, before, row.name, &lists, known, |value| {
            refuse(row, value)
        })?;
    }
    controls(tenant, policy, old)
}

/// Whether the tenant has what `value` refers to.
fn is_known(tenant: &Tenant, edition: Edition, kind: RefKind, value: &str) -> bool {
    let principals = &tenant.service_principals;
    let own = |sp: &Value| text(sp, "appOwnerOrganizationId") == Some(&tenant.tenant_id);
    match kind {
        // Only applications of this tenant alone are workloads that a policy can name.
        RefKind::ServicePrincipal => {
            value == "ServicePrincipalsInMyTenant" || principals.get(value).is_some_and(own)
        }
        kind if is_special(kind.special_values(), edition, value) => true,
        RefKind::User => tenant.users.contains_key(value),
        RefKind::Group => tenant.groups.contains_key(value),
        RefKind::Role => ROLES.by_id(value).is_some(),
        RefKind::Application => {
            let mut principals = principals.values();
            principals.any(|sp| text(sp, "appId") == Some(value))
        }
        RefKind::Context => tenant.authentication_contexts.contains_key(value),
        RefKind::Location => tenant.named_locations.contains_key(value),
        RefKind::Member | RefKind::Strength | RefKind::Agreement => false,
    }
}

fn is_special(values: &[special::SpecialValue], edition: Edition, value: &str) -> bool {
    let mut values = values.iter();
    values.any(|v| v.value == value && (!v.beta || edition == Edition::Beta))
}

fn refuse(row: &Condition, value: &str) -> ErrorAnswer {
    match row.refs {
        Some(RefKind::Group) => ErrorAnswer::bad(format!("1054: Invalid group value: {value}.")),
        Some(RefKind::Application) => {
            ErrorAnswer::bad("1034: Policy contains invalid applications.").detail(
                "InvalidApplication",
                "conditions.applications",
                format!("no service principal of the tenant has the app id `{value}`"),
            )
        }
        Some(RefKind::Location) => ErrorAnswer::bad(format!(
            "1040: NamedLocation with id {value} does not exist in the directory."
        )),
        _ => invalid(row.one, value),
    }
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
    let strength = at(policy, "/grantControls/authenticationStrength");
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
