//! Special values that stand in a policy where an id could stand.
//!
//! Facts from the Graph documentation of `conditionalAccessUsers`, `conditionalAccessApplications`,
//! `conditionalAccessLocations` and `conditionalAccessClientApplications`; the values of agents and
//! of account recovery exist in beta only and were seen in exported policies and public client code.
//!
//! # Caveats
//! A value is listed once for its kind of member, whether the member includes or excludes: which
//! side may hold it (`All` and `None` are for the including side) is a rule, not a fact of this table.

/// A special value of a policy member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpecialValue {
    /// Canonical spelling.
    pub value: &'static str,
    /// What it stands for, in a few words.
    pub meaning: &'static str,
    /// Whether only the beta version of Graph knows it.
    pub beta: bool,
}

const fn stable(value: &'static str, meaning: &'static str) -> SpecialValue {
    SpecialValue {
        value,
        meaning,
        beta: false,
    }
}

const fn beta(value: &'static str, meaning: &'static str) -> SpecialValue {
    SpecialValue {
        value,
        meaning,
        beta: true,
    }
}

/// The id that means the trusted addresses of the per-user multifactor authentication settings. It
/// looks like the id of a named location but none can be read under it.
pub const MFA_TRUSTED_IPS: &str = "00000000-0000-0000-0000-000000000000";

/// Values of `includeUsers` and `excludeUsers`.
pub const USER_VALUES: &[SpecialValue] = &[
    stable("All", "all users, guests included"),
    stable("None", "no users"),
    stable("GuestsOrExternalUsers", "all guests and external users"),
    beta("AllAgentIdUsers", "all users that are agents"),
];

/// Values of `includeApplications` and `excludeApplications`.
pub const APPLICATION_VALUES: &[SpecialValue] = &[
    stable("All", "all resources"),
    stable("None", "no resources"),
    stable("Office365", "the Office 365 suite of applications"),
    stable(
        "MicrosoftAdminPortals",
        "the administration portals of Microsoft",
    ),
    beta("AllAgentIdResources", "all resources that are agents"),
];

/// Values of `includeLocations` and `excludeLocations`.
pub const LOCATION_VALUES: &[SpecialValue] = &[
    stable("All", "any location"),
    stable("AllTrusted", "all trusted locations"),
    stable(MFA_TRUSTED_IPS, "MFA trusted IPs"),
];

/// Values of the service principal lists in `clientApplications`. `All` belongs to agent identities
/// (`includeAgentIdServicePrincipals`), the other one to `includeServicePrincipals`.
pub const SERVICE_PRINCIPAL_VALUES: &[SpecialValue] = &[
    stable(
        "ServicePrincipalsInMyTenant",
        "all service principals the tenant owns",
    ),
    beta("All", "all agent identities"),
];

/// Values of `includeUserActions`.
pub const USER_ACTIONS: &[SpecialValue] = &[
    stable(
        "urn:user:registersecurityinfo",
        "register security information",
    ),
    stable("urn:user:registerdevice", "register or join devices"),
    beta("urn:user:accountrecovery", "recover an account"),
];

/// The canonical spelling of a special value, matched in any letter case.
pub fn canonical(list: &[SpecialValue], text: &str) -> Option<&'static str> {
    list.iter()
        .find(|special| special.value.eq_ignore_ascii_case(text))
        .map(|special| special.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const LISTS: &[&[SpecialValue]] = &[
        USER_VALUES,
        APPLICATION_VALUES,
        LOCATION_VALUES,
        SERVICE_PRINCIPAL_VALUES,
        USER_ACTIONS,
    ];

    #[test]
    fn values_are_unique_in_their_list_and_explained() {
        for list in LISTS {
            let values: BTreeSet<_> = list
                .iter()
                .map(|special| special.value.to_ascii_lowercase())
                .collect();
            assert_eq!(values.len(), list.len());
            assert!(list.iter().all(|special| !special.meaning.is_empty()));
        }
    }

    #[test]
    fn every_value_is_its_own_canonical_spelling() {
        for list in LISTS {
            for special in *list {
                assert_eq!(canonical(list, special.value), Some(special.value));
                assert_eq!(
                    canonical(list, &special.value.to_ascii_uppercase()),
                    Some(special.value)
                );
            }
        }
    }

    #[test]
    fn matches_within_the_given_list_only() {
        assert_eq!(canonical(USER_VALUES, "all"), Some("All"));
        assert_eq!(canonical(USER_VALUES, "Office365"), None);
        assert_eq!(
            canonical(APPLICATION_VALUES, "office365"),
            Some("Office365")
        );
        assert_eq!(canonical(LOCATION_VALUES, "alltrusted"), Some("AllTrusted"));
        assert_eq!(
            canonical(LOCATION_VALUES, MFA_TRUSTED_IPS),
            Some(MFA_TRUSTED_IPS)
        );
        assert_eq!(canonical(USER_ACTIONS, ""), None);
    }
}
