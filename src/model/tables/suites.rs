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

use super::apps;

/// Members of Office 365, by app id.
#[rustfmt::skip] // one entry, one line
const OFFICE_365: &[&str] = &[
    "4354e225-50c9-4423-9ece-2d5afd904870", // Augmentation Loop
    "4580fd1d-e5a3-4f56-9ad1-aab0e3bf8f76", // Call Recorder
    "69cad5fa-2338-4390-aa5d-1ca1fb39860a", // Connectors
    "fb8d773d-7ef8-4ec0-a117-179f88add510", // Enterprise Copilot Platform
    "6b91db1b-f05b-405a-a0b2-e3f60b28d645", // M365 Admin Services
    "c0ab8ce9-e9a0-42e7-b064-33d422df41f1", // M365ChatClient
    "a8f7a65c-f5ba-4859-b2d6-df772c264e9d", // make.powerapps.com
    "944f0bd1-117b-4b1c-af26-804ed95e767e", // Media Analysis and Transformation Service
    "0e90d0b8-039a-4936-a6f4-d25dd510be5d", // Message Recall
    "6f82282e-0070-4e78-bc23-e6320c5fa7de", // Microsoft Discovery Service
    "00000007-0000-0ff1-ce00-000000000000", // Microsoft Exchange Online Protection
    "6204c1d1-4712-4c46-a7d9-3ed63d992682", // Microsoft Flow Portal
    "c9a559d2-7aab-4f13-a6ed-e7e9c52aec87", // Microsoft Forms
    "5f00fd34-f302-417f-81ef-1adda179d8fd", // Microsoft Forms Web
    "40775b29-2688-46b6-a3b5-b256bd04df9f", // Microsoft Information Protection API
    "d3590ed6-52b3-4102-aeff-aad2292ab01c", // Microsoft Office
    "00000006-0000-0ff1-ce00-000000000000", // Microsoft Office 365 Portal
    "394866fc-eedb-4f01-8536-3ff84b16be2a", // Microsoft People Cards Service
    "75f31797-37c9-498e-8dc9-53c16a36afca", // Microsoft Planner Client
    "dcad865d-9257-4521-ad4d-bae3e137b345", // Microsoft SharePoint Online - SharePoint Home
    "cf53fce8-def6-4aeb-8d30-b158e7b1cf83", // Microsoft Stream Portal
    "2634dd23-5e5a-431c-81ca-11710d9079f4", // Microsoft Stream Service
    "1fec8e78-bce4-4aaf-ab1b-5451cc387264", // Microsoft Teams
    "b1379a75-ce5e-4fa3-80c6-89bb39bf646c", // Microsoft Teams Chat Aggregator
    "ab3be6b7-f5df-413d-ac2d-abf1e3fd9c0b", // Microsoft Teams Graph Service
    "cc15fd57-2c6c-4117-a88c-83b1d56b4bbe", // Microsoft Teams Services
    "1996141e-2b07-4491-927a-5a024b335c78", // Microsoft Teams UIS
    "5e3ce6c0-2b1f-4285-8d4b-75ee78787346", // Microsoft Teams Web Client
    "5754bb84-f388-44f0-b3f7-9233a05bbb34", // Microsoft To-Do web app
    "95de633a-083e-42f5-b444-a4295d8e9314", // Microsoft Whiteboard Services
    "4345a7b9-9a63-4910-a426-35363201d503", // O365 Suite UX
    "ec156f81-f23a-47bd-b16f-9fb2c66420f9", // Office 365 Exchange Microservices
    "00000002-0000-0ff1-ce00-000000000000", // Office 365 Exchange Online
    "66a88757-258c-4c72-893c-3e8bed4d6899", // Office 365 Search Service
    "00000003-0000-0ff1-ce00-000000000000", // Office 365 SharePoint Online
    "94c63fef-13a3-47bc-8074-75af8c65887a", // Office Delve
    "166f1b03-5b19-416f-a94b-1d7aa2d247dc", // Office Hive
    "b97b6bd4-a49f-4a0c-af18-af507d1da76c", // Office Shredding Service
    "4b233688-031c-404b-9a80-a4f3f2351f90", // Office.com
    "89bee1f7-5e6e-4d8a-9f3d-ecd601259da7", // Office365 Shell WCSS-Client
    "0f698dd4-f011-4d23-a33e-b36416dcb1e6", // OfficeClientService
    "4765445b-32c6-49b0-83e6-1d93765276ca", // OfficeHome
    "9199bf20-a13f-4107-85dc-02114787ef48", // One Outlook Web
    "6a9b9266-8161-4a7b-913a-a9eda19da220", // OneDrive
    "b26aadf8-566f-4478-926f-589f601d9c74", // OneDrive
    "ab9b8c07-8f02-4f72-87fa-80105867a763", // OneDrive SyncEngine
    "2d4d3d8e-2be3-4bef-9f87-7875a61c29de", // OneNote
    "13d54852-ae25-4f0b-823a-b09eea89f431", // Outlook Service for Exchange
    "475226c6-020e-4fb2-8a90-7a972cbfc1d4", // PowerApps Service
    "09abbdfd-ed23-44ee-a2d9-a627aa1c90f3", // ProjectWorkManagement
    "80ccca67-54bd-44ab-8625-4b79c4dc7775", // Protection Center
    "08e18876-6177-487e-b8b5-cf950c1e598c", // SharePoint Online Web Client Extensibility
    "48ac35b8-9aa8-4d74-927d-1f4a14a0b239", // Skype and Teams Tenant Admin API
    "7557eb47-c689-4224-abcf-aef9bd7573df", // Skype for Business
    "00000004-0000-0ff1-ce00-000000000000", // Skype for Business Online
    "1e70cd27-4707-4589-8ec5-9bd20c472a46", // Skype Presence Service
    "905fcf26-4eb7-48a0-9ff0-8dcc7194b5ba", // Sway
    "4c4f550b-42b2-4a16-93f9-fdb9e01bb6ed", // Targeted Messaging Service
    "00000005-0000-0ff1-ce00-000000000000", // Viva Engage
];

/// Applications of our table whose names resemble a member of Office 365.
#[rustfmt::skip] // one entry, one line
const PERHAPS_OFFICE_365: &[&str] = &[
    "7df0a125-d3be-4c96-aa54-591f83ff541c", // Microsoft Flow Service
    "a187e399-0c36-4b98-8f04-1edc167a0996", // Microsoft Loop App
    "22098786-6e16-43cc-a27d-191a01a1e3b5", // Microsoft To-Do client
    "57336123-6e14-4acc-8dcf-287b6088aa28", // Microsoft Whiteboard Client
    "67e3df25-268a-4324-a550-0de1c7f97287", // Office Online Service LEGACY
    "33be1cef-03fb-444b-8fd3-08ca1b4d803f", // OneDrive Web
    "c58637bb-e2e1-4312-8a00-04b5ffcd3403", // SharePoint Online Client Extensibility
];

/// The admin portals, by app id; the documentation gives these four.
#[rustfmt::skip] // one entry, one line
const ADMIN_PORTALS: &[&str] = &[
    "497effe9-df71-4043-a8bb-14cf78c4b63b", // Exchange Admin Center
    AZURE_PORTAL,
    "00000006-0000-0ff1-ce00-000000000000", // Microsoft Office 365 Portal
    "80ccca67-54bd-44ab-8625-4b79c4dc7775", // Microsoft 365 Security and Compliance Center
];

/// Azure portal and Microsoft Entra admin center.
const AZURE_PORTAL: &str = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c";

/// Windows Azure Service Management API, and what it is in Azure Government.
pub const SERVICE_MANAGEMENT: &[&str] = &[
    "797f4846-ba00-4fd7-ba43-dac1f8f63013",
    "40a69793-8fe6-4db1-9591-dbc5c57b17d8",
];

/// What a policy on it covers besides, as far as ids are known.
#[rustfmt::skip] // one entry, one line
const MANAGED: &[&str] = &[
    AZURE_PORTAL,
    "e9f49c6b-5ce5-44c8-925d-015017e9f7ad", // Azure Data Lake
    "f5c26e74-f226-4ae8-85f0-b4af0080ac9e", // Application Insights API
    "ca7f3f0b-7d91-482c-8e09-c5d840d0eac5", // Log Analytics API
];

fn has(list: &[&str], app_id: &str) -> bool {
    list.iter().any(|id| id.eq_ignore_ascii_case(app_id))
}

/// Whether an application belongs to Office 365; `None` when that is not known.
pub fn is_office_365(app_id: &str) -> Option<bool> {
    if has(OFFICE_365, app_id) {
        return Some(true);
    }
    let known = apps::by_app_id(app_id).is_some() && !has(PERHAPS_OFFICE_365, app_id);
    known.then_some(false)
}

/// Whether an application is one of the admin portals; `None` when that is not known.
pub fn is_admin_portal(app_id: &str) -> Option<bool> {
    if has(ADMIN_PORTALS, app_id) {
        return Some(true);
    }
    apps::by_app_id(app_id).is_some().then_some(false)
}

/// True for what a policy on the Windows Azure Service Management API covers.
pub fn is_service_management(app_id: &str) -> bool {
    has(MANAGED, app_id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tables::is_guid;

    #[test]
    fn members_are_ids_once() {
        for list in [
            OFFICE_365,
            PERHAPS_OFFICE_365,
            ADMIN_PORTALS,
            SERVICE_MANAGEMENT,
            MANAGED,
        ] {
            for (at, id) in list.iter().enumerate() {
                assert!(is_guid(id), "{id}");
                assert!(!has(&list[at + 1..], id), "{id}");
            }
        }
        assert!(PERHAPS_OFFICE_365.iter().all(|id| !has(OFFICE_365, id)));
    }

    #[test]
    fn membership_is_certain_for_what_the_table_of_applications_knows() {
        let id = |name| apps::by_name(name).unwrap().app_id;
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
