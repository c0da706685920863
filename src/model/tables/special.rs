//! Special values that stand in a policy where an id could stand.
//!
//! Facts from the Graph documentation of `conditionalAccessUsers`, `conditionalAccessApplications`,
//! `conditionalAccessLocations` and `conditionalAccessClientApplications`; the values of agents and
//! of account recovery exist in beta only and were seen in exported policies and public client code.
//!
//! # Caveats
//! A value is listed once for its kind of member, whether the member includes or excludes: which
//! side may hold it (`All` and `None` are for the including side) is a rule, not a fact of this table.

use std::sync::LazyLock;

use serde::Deserialize;

use super::embedded;

/// A special value of a policy member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpecialValue {
    /// Canonical spelling.
    pub value: &'static str,
    /// What it stands for, in a few words.
    pub meaning: &'static str,
    /// Whether only the beta version of Graph knows it.
    #[serde(default)]
    pub beta: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[serde(bound(deserialize = "'de: 'static"))]
struct Lists {
    users: Vec<SpecialValue>,
    applications: Vec<SpecialValue>,
    locations: Vec<SpecialValue>,
    service_principals: Vec<SpecialValue>,
    user_actions: Vec<SpecialValue>,
}

static LISTS: LazyLock<Lists> = LazyLock::new(|| embedded(include_str!("special.json")));

/// The id that means the trusted addresses of the per-user multifactor authentication settings. It
/// looks like the id of a named location but none can be read under it.
pub const MFA_TRUSTED_IPS: &str = "00000000-0000-0000-0000-000000000000";

/// Values of `includeUsers` and `excludeUsers`.
pub fn users() -> &'static [SpecialValue] {
    &LISTS.users
}

/// Values of `includeApplications` and `excludeApplications`.
pub fn applications() -> &'static [SpecialValue] {
    &LISTS.applications
}

/// Values of `includeLocations` and `excludeLocations`.
pub fn locations() -> &'static [SpecialValue] {
    &LISTS.locations
}

/// Values of the service principal lists in `clientApplications`. `All` belongs to agent identities
/// (`includeAgentIdServicePrincipals`), the other one to `includeServicePrincipals`.
pub fn service_principals() -> &'static [SpecialValue] {
    &LISTS.service_principals
}

/// Values of `includeUserActions`.
pub fn user_actions() -> &'static [SpecialValue] {
    &LISTS.user_actions
}

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

    fn lists() -> [&'static [SpecialValue]; 5] {
        [
            users(),
            applications(),
            locations(),
            service_principals(),
            user_actions(),
        ]
    }

    #[test]
    fn values_are_unique_in_their_list_and_explained() {
        for list in lists() {
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
        for list in lists() {
            for special in list {
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
        assert_eq!(canonical(users(), "all"), Some("All"));
        assert_eq!(canonical(users(), "Office365"), None);
        assert_eq!(canonical(applications(), "office365"), Some("Office365"));
        assert_eq!(canonical(locations(), "alltrusted"), Some("AllTrusted"));
        assert_eq!(
            canonical(locations(), MFA_TRUSTED_IPS),
            Some(MFA_TRUSTED_IPS)
        );
        assert_eq!(canonical(user_actions(), ""), None);
        assert!(
            locations()
                .iter()
                .any(|known| known.value == MFA_TRUSTED_IPS)
        );
    }
}
