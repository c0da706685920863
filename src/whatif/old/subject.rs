//! Whether a policy is about a user.

use std::collections::BTreeSet;

use super::known::{Fact, Match};
use super::sign_in::{User, UserKind};
use crate::model::enums::{GuestOrExternalUserType, MembershipKind};
use crate::model::policy::{GuestsOrExternalUsers, Users};

/// The users of a policy: included and not excluded.
pub fn users(users: &Users, who: &User) -> Match {
    let included = side(
        who,
        &users.include_users,
        &users.include_groups,
        &users.include_roles,
        users.include_guests_or_external_users.as_ref(),
    );
    let excluded = side(
        who,
        &users.exclude_users,
        &users.exclude_groups,
        &users.exclude_roles,
        users.exclude_guests_or_external_users.as_ref(),
    );
    included.but_not(excluded)
}

fn side(
    who: &User,
    users: &[String],
    groups: &[String],
    roles: &[String],
    guests: Option<&GuestsOrExternalUsers>,
) -> Match {
    let named = users.iter().map(|user| one_user(user, who));
    let others = [
        member(groups, who.groups.as_ref(), Fact::Groups),
        member(roles, who.roles.as_ref(), Fact::Roles),
        guests.map_or(Match::No, |guests| external(guests, who)),
    ];
    Match::any(named.chain(others))
}

fn one_user(user: &str, who: &User) -> Match {
    if user.eq_ignore_ascii_case("All") {
        return Match::Yes;
    }
    if user.eq_ignore_ascii_case("GuestsOrExternalUsers") {
        return match &who.kind {
            Some(UserKind::External { .. }) => Match::Yes,
            Some(UserKind::Member) => Match::No,
            None => Match::unknown(Fact::UserKind),
        };
    }
    // `None` is nobody, and no user is an agent here.
    user.eq_ignore_ascii_case(&who.id).into()
}

/// Whether one of the ids is among those held, which only matters when there is one.
fn member(ids: &[String], held: Option<&BTreeSet<String>>, fact: Fact) -> Match {
    if ids.is_empty() {
        return Match::No;
    }
    // A directory role may be asked for by all at once; documented, and refused in practice.
    if ids.iter().any(|id| id.eq_ignore_ascii_case("All")) {
        return Match::unknown(Fact::Unmodelled("All"));
    }
    match held {
        None => Match::unknown(fact),
        Some(held) => ids
            .iter()
            .any(|id| held.iter().any(|h| h.eq_ignore_ascii_case(id)))
            .into(),
    }
}

fn external(guests: &GuestsOrExternalUsers, who: &User) -> Match {
    let (kind, tenant) = match &who.kind {
        None => return Match::unknown(Fact::UserKind),
        Some(UserKind::Member) => return Match::No,
        Some(UserKind::External { kind, tenant }) => (kind, tenant),
    };
    let kinds = &guests.guest_or_external_user_types.0;
    if !kinds.contains(kind) {
        // Policies on direct connect users count for collaboration users in some services,
        // and the reverse.
        let pair = |a: &GuestOrExternalUserType, b: &GuestOrExternalUserType| {
            kind == a && kinds.contains(b)
        };
        let (direct, guest, member) = (
            GuestOrExternalUserType::B2bDirectConnectUser,
            GuestOrExternalUserType::B2bCollaborationGuest,
            GuestOrExternalUserType::B2bCollaborationMember,
        );
        let crossing = [
            (&direct, &guest),
            (&direct, &member),
            (&guest, &direct),
            (&member, &direct),
        ];
        return match crossing.iter().any(|(a, b)| pair(a, b)) {
            true => Match::unknown(Fact::Unmodelled("b2bDirectConnectUser")),
            false => Match::No,
        };
    }
    let tenants = guests.external_tenants.as_ref();
    match tenants.and_then(|t| t.membership_kind.as_ref()) {
        Some(MembershipKind::All) => Match::Yes,
        Some(MembershipKind::Enumerated) => match tenant {
            None => Match::unknown(Fact::HomeTenant),
            Some(tenant) => tenants
                .is_some_and(|t| t.members.iter().any(|m| m.eq_ignore_ascii_case(tenant)))
                .into(),
        },
        Some(MembershipKind::Other(_)) | None => {
            Match::unknown(Fact::Unmodelled("externalTenants"))
        }
    }
}
