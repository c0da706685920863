//! Rules CA-R27 and CA-R28: guests and external users.

use super::{Graph, Reporter, position_of};
use crate::model::enums::{GuestOrExternalUserType, MembershipKind};
use crate::model::policy::{ConditionalAccessPolicy, GuestsOrExternalUsers, Users};
use crate::model::tables::special;
use crate::text::is_guid;

pub(super) fn check(policy: &ConditionalAccessPolicy, report: &mut Reporter<'_>) {
    if let Some(users) = &policy.conditions.users {
        for (name, guests) in [
            ("include", &users.include_guests_or_external_users),
            ("exclude", &users.exclude_guests_or_external_users),
        ] {
            if let Some(guests) = guests {
                let pointer = format!("/conditions/users/{name}GuestsOrExternalUsers");
                guest_types(guests, &pointer, report);
                guest_tenants(guests, &pointer, report);
            }
        }
        guests_twice(users, report);
    }
}

/// Rule CA-R27: kinds of guests are named, and `none` is not among others.
fn guest_types(guests: &GuestsOrExternalUsers, pointer: &str, report: &mut Reporter<'_>) {
    let types = &guests.guest_or_external_user_types.0;
    let pointer = format!("{pointer}/guestOrExternalUserTypes");
    if types.is_empty() {
        report.warn(
            Graph::CaR27,
            &pointer,
            "no type of guest or external user is named: the property matches nobody",
            "name the types, for example `[b2bCollaborationGuest]`, or remove the property around it",
        );
    } else if let Some(index) = types
        .iter()
        .position(|t| *t == GuestOrExternalUserType::None)
    {
        let (message, help) = if types.iter().all(|t| *t == GuestOrExternalUserType::None) {
            (
                "`none` is not a type of guest or external user: the property matches nobody",
                "name the types, or remove the property around it",
            )
        } else {
            (
                "`none` is combined with types of guests or external users",
                "remove `none`",
            )
        };
        report.warn(Graph::CaR27, &format!("{pointer}/{index}"), message, help);
    }
}

/// Rule CA-R27: of which tenants the guests are. `members` with `enumerated` (and only then: the
/// other type has no such member), each a tenant id.
fn guest_tenants(guests: &GuestsOrExternalUsers, pointer: &str, report: &mut Reporter<'_>) {
    let below = format!("{pointer}/externalTenants");
    let Some(tenants) = &guests.external_tenants else {
        report.warn(
            Graph::CaR27,
            pointer,
            "`externalTenants` is missing: guests of all tenants are meant",
            "write `externalTenants: { membershipKind: all }`",
        );
        return;
    };
    let pointer = below;
    let enumerated = match (&tenants.membership_kind, &tenants.odata_type) {
        (Some(kind), _) => *kind == MembershipKind::Enumerated,
        (None, Some(odata)) => odata.ends_with("EnumeratedExternalTenants"),
        (None, None) => !tenants.members.is_empty(),
    };
    if enumerated && tenants.members.is_empty() {
        report.warn(
            Graph::CaR27,
            &pointer,
            "the external tenants are `enumerated`, and `members` names none: the property matches nobody",
            "list tenant ids in `members`, or write `membershipKind: all`",
        );
    }
    if !enumerated && !tenants.members.is_empty() {
        report.refuse(
            Graph::CaR27,
            &format!("{pointer}/members"),
            "`members` names tenants, but all external tenants are meant",
            "write `membershipKind: enumerated`, or remove `members`",
        );
        return;
    }
    for (index, member) in tenants.members.iter().enumerate() {
        if !is_guid(member.trim()) {
            report.warn(
                Graph::CaR27,
                &format!("{pointer}/members/{index}"),
                &format!("`{member}` is not a tenant id"),
                "write the id of the tenant, a GUID; domain names are not accepted here",
            );
        }
    }
}

/// Rule CA-R28: the old and the new form of the same condition.
fn guests_twice(users: &Users, report: &mut Reporter<'_>) {
    for (list, items, guests) in [
        (
            "include",
            &users.include_users,
            &users.include_guests_or_external_users,
        ),
        (
            "exclude",
            &users.exclude_users,
            &users.exclude_guests_or_external_users,
        ),
    ] {
        if guests.is_some()
            && let Some(index) = position_of(special::users(), items, "GuestsOrExternalUsers")
        {
            report.refuse(
                Graph::CaR28,
                &format!("/conditions/users/{list}Users/{index}"),
                &format!(
                    "`GuestsOrExternalUsers` is the old form of `{list}GuestsOrExternalUsers`, which is also here"
                ),
                &format!("keep only `{list}GuestsOrExternalUsers`"),
            );
        }
    }
}
