//! Which applications belong to the groups that a policy names at once.
//!
//! Facts from the Conditional Access documentation: "Office 365 App in Conditional Access
//! reference" (names, June 2026), "Target resources" (the four ids of the admin portals; what
//! the Windows Azure Service Management API covers), and the ids that the Graph documentation
//! gives for the keyword `Office365` (crossTenantAccessPolicyTarget).
//!
//! # Caveats
//! The lists grow. The reference names its members without ids, and display names vary: where a
//! name of our table resembles one of its names without being it, membership is not certain.

use std::sync::LazyLock;

use serde::Deserialize;

use super::{APPS, Named, embedded};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[serde(bound(deserialize = "'de: 'static"))]
struct Suites {
    /// Members of Office 365.
    office365: Vec<Named>,
    /// Applications of our table whose names resemble a member of it.
    perhaps_office365: Vec<Named>,
    admin_portals: Vec<Named>,
    /// Windows Azure Service Management API, and what it is in Azure Government.
    service_management: Vec<Named>,
    /// What a policy on it covers besides, as far as ids are known.
    managed: Vec<Named>,
}

static SUITES: LazyLock<Suites> = LazyLock::new(|| embedded(include_str!("suites.json")));

fn has(list: &[Named], app_id: &str) -> bool {
    list.iter().any(|app| app.id.eq_ignore_ascii_case(app_id))
}

/// Whether an application belongs to Office 365; `None` when that is not known.
pub fn is_office_365(app_id: &str) -> Option<bool> {
    if has(&SUITES.office365, app_id) {
        return Some(true);
    }
    let known = APPS.by_id(app_id).is_some() && !has(&SUITES.perhaps_office365, app_id);
    known.then_some(false)
}

/// Whether an application is one of the admin portals; `None` when that is not known.
pub fn is_admin_portal(app_id: &str) -> Option<bool> {
    if has(&SUITES.admin_portals, app_id) {
        return Some(true);
    }
    APPS.by_id(app_id).is_some().then_some(false)
}

/// The applications that are known to belong to Office 365.
pub fn office_365() -> &'static [Named] {
    &SUITES.office365
}

/// The admin portals that are known.
pub fn admin_portals() -> &'static [Named] {
    &SUITES.admin_portals
}

/// True for what a policy on the Windows Azure Service Management API covers.
pub fn is_service_management(app_id: &str) -> bool {
    has(&SUITES.managed, app_id)
}

/// The ids under which a policy names that interface.
pub fn service_management() -> impl Iterator<Item = &'static str> {
    SUITES.service_management.iter().map(|app| app.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::is_guid;

    #[test]
    fn members_are_ids_once() {
        for list in [
            &SUITES.office365,
            &SUITES.perhaps_office365,
            &SUITES.admin_portals,
            &SUITES.service_management,
            &SUITES.managed,
        ] {
            for (at, app) in list.iter().enumerate() {
                assert!(is_guid(app.id), "{app:?}");
                assert!(!has(&list[at + 1..], app.id), "{app:?}");
            }
        }
        let perhaps = &SUITES.perhaps_office365;
        assert!(perhaps.iter().all(|app| !has(&SUITES.office365, app.id)));
    }

    #[test]
    fn membership_is_certain_for_what_the_table_of_applications_knows() {
        let id = |name| APPS.by_name(name).unwrap().id;
        assert_eq!(is_office_365(id("SharePoint Online")), Some(true));
        assert_eq!(is_office_365(id("Azure Portal")), Some(false));
        assert_eq!(is_office_365(id("Microsoft Loop App")), None);
        let own = "095a7e38-5c47-42ce-aa0c-63b5bf45790b";
        assert_eq!((is_office_365(own), is_admin_portal(own)), (None, None));
        assert_eq!(is_admin_portal(id("Azure Portal")), Some(true));
        assert_eq!(is_admin_portal(id("SharePoint Online")), Some(false));
        assert!(is_service_management(id("Azure Portal")));
        assert!(!is_service_management(id("Azure DevOps")));
    }
}
