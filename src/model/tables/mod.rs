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

/// Whether the text has the form of a GUID: hexadecimal groups of 8, 4, 4, 4 and 12 digits in any
/// letter case, joined by hyphens, without braces.
pub fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guids_in_any_case() {
        assert!(is_guid("00000000-0000-0000-0000-000000000000"));
        assert!(is_guid("62e90394-69f5-4237-9190-012177145e10"));
        assert!(is_guid("62E90394-69F5-4237-9190-012177145E10"));
    }

    #[test]
    fn other_text_is_no_guid() {
        for text in [
            "",
            "All",
            "62e90394-69f5-4237-9190-012177145e1",
            "62e90394-69f5-4237-9190-012177145e100",
            "62e9039469f542379190012177145e10",
            "{62e90394-69f5-4237-9190-012177145e10}",
            "62e90394-69f5-4237-9190-012177145e1g",
            "62e90394_69f5_4237_9190_012177145e10",
            "62e90394-69f5-4237-9190-01217714é10",
        ] {
            assert!(!is_guid(text), "{text}");
        }
    }

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
