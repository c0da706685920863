//! Facts about Microsoft Entra ID that are the same in every tenant, as tables.
//!
//! Built-in roles, first-party applications, country codes, combinations of authentication methods
//! and the special values of policies. The tables let manifests use names where the service wants
//! ids, and let checks run without a tenant. Each module says where its facts come from. None of the
//! tables is complete for ever: a value that is missing here may still be known to the service.

pub mod apps;
pub mod combinations;
pub mod countries;
pub mod roles;
pub mod special;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::is_guid;

    #[test]
    fn ids_of_the_tables_are_guids() {
        assert!(roles::BUILT_IN_ROLES.iter().all(|role| is_guid(role.id)));
        assert!(apps::FIRST_PARTY_APPS.iter().all(|app| is_guid(app.app_id)));
        assert!(
            combinations::BUILT_IN_STRENGTHS
                .iter()
                .all(|strength| is_guid(strength.id))
        );
        assert!(is_guid(special::MFA_TRUSTED_IPS));
    }
}
