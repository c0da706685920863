//! What has the same id and name in every tenant: applications of Microsoft, roles, countries.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::embedded;

/// Well-known applications of Microsoft itself, by app id (client id).
///
/// A policy names applications by app id, which for Microsoft's own applications is the same in
/// every tenant. Facts (ids and names) from "Verify first-party Microsoft applications in sign-in
/// reports", the Conditional Access documentation (target resources, Global Secure Access, Azure
/// Virtual Desktop, Security Copilot, subscription activation, Defender on mobile devices), the
/// Power Platform list "Commonly used Microsoft first-party services and portal apps", and public
/// listings of the service principals that Graph shows as owned by Microsoft. The ids were compared
/// with a second public listing wherever one exists.
///
/// # Caveats
/// - Display names vary between tenants: a service principal keeps the name it was created with.
///   The aliases are the better known variants.
/// - Some entries are clients (mobile apps, command line tools). The service evaluates a policy for
///   the resource that is called, so naming such a client in a policy has little or no effect.
/// - `Microsoft Graph` is listed to show its name; it cannot be targeted on its own.
/// - The two applications that call themselves "Azure VPN" differ in who registered them; the one
///   Microsoft registered carries a suffix of ours to keep names unique.
/// - Applications whose name several ids share (for example "Microsoft To-Do") are left out, and so
///   is the one called "Office 365", which would be taken for the special value `Office365`.
pub static APPS: LazyLock<NamedTable> =
    LazyLock::new(|| NamedTable::read(include_str!("apps.json")));

/// Built-in directory roles of Microsoft Entra ID, by role template id, which is also the id of the
/// role's definition.
///
/// A policy names roles by template id (`includeRoles`, `excludeRoles`), which is the same in every
/// tenant. Facts (ids and names) from the "Microsoft Entra built-in roles" reference page as of
/// June 2026, its lists "Deprecated roles" and "Roles not shown in the portal", and the role
/// template listings of `Get-AzureADDirectoryRoleTemplate` for the implicit and the retired ones.
/// The ids were compared with a second public listing wherever one exists.
///
/// # Caveats
/// Microsoft adds roles several times a year: an id that is not here can still be a valid role, so
/// a caller must warn, not refuse. The implicit role "Agent User" is missing because no source
/// gives its id.
pub static ROLES: LazyLock<NamedTable> =
    LazyLock::new(|| NamedTable::read(include_str!("roles.json")));

/// Country and region codes that a country named location may hold.
///
/// Codes are ISO 3166-1 alpha-2 (249 of them, as of 2023) and `XK`, a user-assigned code that
/// Microsoft Entra ID uses for Kosovo. The English short names follow the public domain table of the
/// time zone database, spelled out where it abbreviates. They are for messages only; the service
/// knows just the codes.
pub static COUNTRIES: LazyLock<NamedTable> =
    LazyLock::new(|| NamedTable::read(include_str!("countries.json")));

/// Whether the text is the code of a country. Codes are upper case; lower case is not accepted.
pub fn is_country_code(code: &str) -> bool {
    COUNTRIES.by_id(code).is_some_and(|known| known.id == code)
}

/// Something with an id and a name.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// The id, in the service's letter case.
    pub id: &'static str,
    /// The usual display name, in English.
    pub name: &'static str,
    /// Former names and variants of the name.
    #[serde(default)]
    pub aliases: Vec<&'static str>,
    /// Whether Microsoft's list calls it deprecated.
    #[serde(default)]
    pub deprecated: bool,
}

/// All of a kind, found by id or name.
pub struct NamedTable {
    rows: Vec<Named>,
    ids: HashMap<String, usize>,
    names: HashMap<String, usize>,
}

impl NamedTable {
    fn read(text: &'static str) -> NamedTable {
        let rows: Vec<Named> = embedded(text);
        let mut table = NamedTable {
            ids: HashMap::new(),
            names: HashMap::new(),
            rows: Vec::new(),
        };
        for (at, row) in rows.iter().enumerate() {
            table.ids.insert(row.id.to_ascii_lowercase(), at);
            for name in std::iter::once(&row.name).chain(&row.aliases) {
                table.names.insert(name.to_ascii_lowercase(), at);
            }
        }
        NamedTable { rows, ..table }
    }

    /// By id, in any letter case.
    pub fn by_id(&self, id: &str) -> Option<&Named> {
        self.rows.get(*self.ids.get(&id.to_ascii_lowercase())?)
    }

    /// By its name or an alias, in any letter case.
    pub fn by_name(&self, name: &str) -> Option<&Named> {
        self.rows.get(*self.names.get(&name.to_ascii_lowercase())?)
    }

    /// Every name and alias.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let rows = self.rows.iter();
        rows.flat_map(|row| {
            let aliases = row.aliases.iter().map(AsRef::as_ref);
            std::iter::once::<&str>(row.name).chain(aliases)
        })
    }

    /// All, in the order of the table.
    pub fn iter(&self) -> std::slice::Iter<'_, Named> {
        self.rows.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::is_guid;

    #[test]
    fn ids_and_names_are_unique_and_well_formed() {
        for table in [&*APPS, &*ROLES, &*COUNTRIES] {
            assert!(
                table
                    .names()
                    .all(|name| !name.is_empty() && name.trim() == name)
            );
            assert_eq!(table.ids.len(), table.rows.len());
            assert_eq!(table.names.len(), table.names().count());
        }
        for row in APPS.iter().chain(ROLES.iter()) {
            assert!(
                is_guid(row.id) && row.id == row.id.to_ascii_lowercase(),
                "{row:?}"
            );
        }
        for row in COUNTRIES.iter() {
            assert!(row.id.len() == 2 && row.id.bytes().all(|b| b.is_ascii_uppercase()));
        }
    }

    #[test]
    fn a_new_row_has_its_place() {
        for table in [&*APPS, &*ROLES] {
            assert!(
                table
                    .rows
                    .is_sorted_by_key(|row| row.name.to_ascii_lowercase())
            );
        }
        assert!(COUNTRIES.rows.is_sorted_by_key(|row| row.id));
    }

    #[test]
    fn special_values_are_no_app_names() {
        for special in [
            "All",
            "None",
            "Office365",
            "Office 365",
            "MicrosoftAdminPortals",
            "Microsoft Admin Portals",
        ] {
            assert_eq!(APPS.by_name(special), None, "{special}");
        }
    }

    #[test]
    fn finds_by_id_in_any_case() {
        let upper = APPS.by_id("797F4846-BA00-4FD7-BA43-DAC1F8F63013");
        assert_eq!(
            upper.map(|app| app.name),
            Some("Windows Azure Service Management API")
        );
        assert_eq!(APPS.by_id("797f4846"), None);
        let upper = ROLES.by_id("62E90394-69F5-4237-9190-012177145E10");
        assert_eq!(upper.map(|role| role.name), Some("Global Administrator"));
        assert_eq!(ROLES.by_id("62e90394-69f5-4237-9190-012177145e11"), None);
    }

    #[test]
    fn finds_by_name_and_by_alias() {
        let exchange = APPS.by_id("00000002-0000-0ff1-ce00-000000000000");
        for name in [
            "Office 365 Exchange Online",
            "office 365 exchange online",
            "exchange online",
        ] {
            assert_eq!(APPS.by_name(name), exchange);
        }
        assert_eq!(
            APPS.by_name("Microsoft Azure Management"),
            APPS.by_id("797f4846-ba00-4fd7-ba43-dac1f8f63013")
        );
        assert_eq!(APPS.by_name("Tailor"), None);
        let global = ROLES.by_id("62e90394-69f5-4237-9190-012177145e10");
        for name in [
            "Global Administrator",
            "global administrator",
            "Company Administrator",
        ] {
            assert_eq!(ROLES.by_name(name), global);
        }
        assert_eq!(
            ROLES
                .by_name("Azure AD Joined Device Local Administrator")
                .map(|role| role.name),
            Some("Microsoft Entra Joined Device Local Administrator")
        );
    }

    #[test]
    fn only_the_listed_roles_are_deprecated() {
        let deprecated: Vec<_> = (ROLES.iter().filter(|role| role.deprecated))
            .map(|role| role.name)
            .collect();
        assert_eq!(
            deprecated,
            [
                "AdHoc License Administrator",
                "Device Join",
                "Device Managers",
                "Device Users",
                "Email Verified User Creator",
                "Mailbox Administrator",
                "Workplace Device Join",
            ]
        );
    }

    #[test]
    fn there_are_249_iso_codes_and_kosovo() {
        assert_eq!(COUNTRIES.rows.len(), 250);
        assert_eq!(COUNTRIES.by_id("XK").map(|c| c.name), Some("Kosovo"));
        for code in ["US", "DE", "AD", "ZW"] {
            assert!(is_country_code(code), "{code}");
        }
        for wrong in ["", "U", "us", "USA", "UK", "EU", "ZZ", "AN"] {
            assert!(!is_country_code(wrong), "{wrong}");
        }
    }
}
