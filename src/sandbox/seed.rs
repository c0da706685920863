//! The starting tenant: Contoso, small and made up. Every id is fixed, so that examples
//! and tests can name it.

use serde_json::{Value, json};

use super::call::Map;
use super::tenant::{Objects, Tenant};
use super::{roles, strengths};

const TENANT_ID: &str = "6f1d2c3b-8a47-4e5d-9b60-31c7f0a2d58e";
const CREATED: &str = "2024-01-15T09:00:00Z";
const DOMAIN: &str = "contoso.com";
const INITIAL_DOMAIN: &str = "contoso.onmicrosoft.com";

type SeedUser = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

/// Id, nickname, name, given name, surname, job title, department, office, country.
#[rustfmt::skip]
const USERS: &[SeedUser] = &[
    ("93c9da93-7ffb-498e-afc1-2798ea05112e", "AdeleV", "Adele Vance", "Adele", "Vance", "Retail Manager", "Retail", "18/2111", "US"),
    ("b4191885-f836-4ccd-bfc4-e0ccaf88dcae", "AlexW", "Alex Wilber", "Alex", "Wilber", "Marketing Assistant", "Marketing", "131/1104", "US"),
    ("a941e714-9c9f-41a2-ab22-2a7a6e16ff75", "MeganB", "Megan Bowen", "Megan", "Bowen", "Marketing Manager", "Marketing", "12/1110", "US"),
    ("c099a3f6-a191-4a70-b588-1b5e6e3ed470", "DiegoS", "Diego Siciliani", "Diego", "Siciliani", "HR Manager", "HR", "14/1108", "US"),
    ("872c5400-91e5-4822-a31c-8eb7c0fed8d7", "IsaiahL", "Isaiah Langer", "Isaiah", "Langer", "Sales Representative", "Sales", "20/1101", "US"),
    ("bc3a3324-6a05-4360-9278-f031f956c774", "GradyA", "Grady Archie", "Grady", "Archie", "Designer", "R&D", "19/2109", "GB"),
    ("a92afbd8-b796-48af-a79f-692cc97bbc4b", "LeeG", "Lee Gu", "Lee", "Gu", "Director", "Manufacturing", "23/3101", "DE"),
    ("eda6ce25-63b6-4385-b188-4da4f4ce248a", "NestorW", "Nestor Wilke", "Nestor", "Wilke", "Director", "Operations", "36/2121", "US"),
    ("68807d4e-7ac3-4f27-9559-72179474af97", "PattiF", "Patti Fernandez", "Patti", "Fernandez", "President", "Executive Management", "15/1102", "US"),
];

/// Id and number of the two break-glass accounts.
const BREAK_GLASS: &[(&str, u8)] = &[
    ("11beeb4a-badf-46c7-af82-af74f38463fd", 1),
    ("5426b249-9549-4c18-840b-3b14990d8afa", 2),
];
const GUEST: &str = "67571857-8d98-4020-85c1-bb19cb10f101";
const SYNC_ACCOUNT: &str = "0b83fae0-6a0f-44b0-ae7e-be808bad1f35";

enum SeedGroupKind {
    Security,
    Dynamic,
    Unified,
    Role,
}

struct SeedGroup {
    id: &'static str,
    name: &'static str,
    nickname: &'static str,
    description: &'static str,
    kind: SeedGroupKind,
    members: &'static [&'static str],
}

#[rustfmt::skip]
const GROUPS: &[SeedGroup] = &[
    SeedGroup { id: "4fb085c3-ecb5-4ea2-9497-7c4d95e4dba6", name: "All Employees", nickname: "AllEmployees", description: "Everyone who works at Contoso", kind: SeedGroupKind::Security, members: &["93c9da93-7ffb-498e-afc1-2798ea05112e", "b4191885-f836-4ccd-bfc4-e0ccaf88dcae", "a941e714-9c9f-41a2-ab22-2a7a6e16ff75", "c099a3f6-a191-4a70-b588-1b5e6e3ed470", "872c5400-91e5-4822-a31c-8eb7c0fed8d7", "bc3a3324-6a05-4360-9278-f031f956c774", "a92afbd8-b796-48af-a79f-692cc97bbc4b", "eda6ce25-63b6-4385-b188-4da4f4ce248a", "68807d4e-7ac3-4f27-9559-72179474af97"] },
    SeedGroup { id: "6da4f554-8612-4359-a481-b293af78e1fb", name: "Sales", nickname: "Sales", description: "The sales department", kind: SeedGroupKind::Security, members: &["93c9da93-7ffb-498e-afc1-2798ea05112e", "872c5400-91e5-4822-a31c-8eb7c0fed8d7"] },
    SeedGroup { id: "ece0958c-0dca-4ecf-897f-b9e64f7c463a", name: "Finance", nickname: "Finance", description: "The finance department", kind: SeedGroupKind::Security, members: &["68807d4e-7ac3-4f27-9559-72179474af97"] },
    SeedGroup { id: "4b0f665b-ca9d-4964-9bf6-7e7d128e3730", name: "IT Admins", nickname: "ITAdmins", description: "Administrators of the tenant", kind: SeedGroupKind::Security, members: &["b4191885-f836-4ccd-bfc4-e0ccaf88dcae", "eda6ce25-63b6-4385-b188-4da4f4ce248a"] },
    SeedGroup { id: "f6e4c333-afba-455d-be45-0ac69c73fa6b", name: "CA-Pilot", nickname: "CA-Pilot", description: "Tries new Conditional Access policies first", kind: SeedGroupKind::Security, members: &["a941e714-9c9f-41a2-ab22-2a7a6e16ff75", "4b0f665b-ca9d-4964-9bf6-7e7d128e3730"] },
    SeedGroup { id: "456ce091-50a3-42c9-8c4a-9a23d6ec0366", name: "Contractors", nickname: "Contractors", description: "People of other companies", kind: SeedGroupKind::Security, members: &["67571857-8d98-4020-85c1-bb19cb10f101"] },
    SeedGroup { id: "2f8e4f30-35d8-49b1-af86-9be96fd5c517", name: "Guests (dynamic)", nickname: "GuestsDynamic", description: "All guest accounts", kind: SeedGroupKind::Dynamic, members: &["67571857-8d98-4020-85c1-bb19cb10f101"] },
    SeedGroup { id: "06e9b3d7-ea53-4747-a6fd-d1684acd870a", name: "Mark 8 Project Team", nickname: "Mark8ProjectTeam", description: "Welcome to the team for Mark 8", kind: SeedGroupKind::Unified, members: &["a941e714-9c9f-41a2-ab22-2a7a6e16ff75", "b4191885-f836-4ccd-bfc4-e0ccaf88dcae", "a92afbd8-b796-48af-a79f-692cc97bbc4b"] },
    SeedGroup { id: "97e5d585-4b19-4a20-8654-c06e4a45f73f", name: "Leadership", nickname: "Leadership", description: "The leadership team", kind: SeedGroupKind::Unified, members: &["68807d4e-7ac3-4f27-9559-72179474af97", "a92afbd8-b796-48af-a79f-692cc97bbc4b"] },
    SeedGroup { id: "1e143db5-68a8-4244-95a3-6d743754f5f7", name: "Privileged Access", nickname: "PrivilegedAccess", description: "May hold directory roles", kind: SeedGroupKind::Role, members: &["eda6ce25-63b6-4385-b188-4da4f4ce248a"] },
];

/// Object id, app id, name: applications that Microsoft publishes in every tenant.
#[rustfmt::skip]
const FIRST_PARTY: &[(&str, &str, &str)] = &[
    ("15403cb1-02f5-4587-91f6-5dc263b33903", "00000002-0000-0ff1-ce00-000000000000", "Office 365 Exchange Online"),
    ("0c013ee6-c994-4802-8819-f1f4b35ec415", "00000003-0000-0ff1-ce00-000000000000", "Office 365 SharePoint Online"),
    ("c02ab5e6-acd0-4b60-a75f-56bcc8648316", "cc15fd57-2c6c-4117-a88c-83b1d56b4bbe", "Microsoft Teams Services"),
    ("022299e2-b8b5-4e80-be8f-811c0b56be23", "00000004-0000-0ff1-ce00-000000000000", "Skype for Business Online"),
    ("993956c1-97fb-45d2-81ba-e1fde01d18a6", "797f4846-ba00-4fd7-ba43-dac1f8f63013", "Windows Azure Service Management API"),
    ("c96232df-058c-4eed-a361-401ec0280cd8", "00000002-0000-0000-c000-000000000000", "Windows Azure Active Directory"),
    ("ecf69fda-b950-4758-bcf9-5c7f7149beba", "00000003-0000-0000-c000-000000000000", "Microsoft Graph"),
    ("32b49941-d814-4506-8d33-f69f8cfa739a", "0000000a-0000-0000-c000-000000000000", "Microsoft Intune"),
    ("c803f235-da43-427f-9f8d-246ce3dd126c", "d4ebce55-015a-49b5-a083-c84d1797ae8c", "Microsoft Intune Enrollment"),
    ("f4a1fe16-fc71-4516-9b40-4afa8a32ac11", "c44b4083-3bb0-49c1-b47d-974e53cbdf3c", "Azure Portal"),
    ("084cb5e2-dd44-42ff-bcd7-144a85b8283d", "00000009-0000-0000-c000-000000000000", "Power BI Service"),
    ("b25c7830-8c61-4c18-a2e9-be275ffe3d80", "499b84ac-1321-427f-aa17-267ca6975798", "Azure DevOps"),
    ("9d9c06d6-b0f0-48c2-87c8-82fc25747fb2", "c5393580-f805-4401-95e8-94b7a6ef2fc2", "Office 365 Management APIs"),
    ("da45c102-42cd-4663-b928-690569802bef", "372140e0-b3b7-4226-8ef9-d57986796201", "Azure Windows VM Sign-In"),
    ("812e99b8-865b-424f-ae94-7bc1e610f19a", "cfa8b339-82a2-471a-a3c9-0fc0be7a4093", "Azure Key Vault"),
    ("700f3a6b-b11f-46cd-b8e5-60169434acaa", "c9a559d2-7aab-4f13-a6ed-e7e9c52aec87", "Microsoft Forms"),
    ("c40abd63-8f81-4fe2-8109-a3490ade118a", "cf53fce8-def6-4aeb-8d30-b158e7b1cf83", "Microsoft Stream Portal"),
    ("d9e38d1c-b1d4-45cc-813f-d4bfacd89674", "0000000c-0000-0000-c000-000000000000", "Microsoft App Access Panel"),
    ("e4b8c0cc-0762-4440-913c-ec7257d4f337", "40775b29-2688-46b6-a3b5-b256bd04df9f", "Microsoft Information Protection API"),
    ("bc41086e-6883-409b-8a6b-8ca0beb244f5", "9cdead84-a844-4324-93f2-b2e6bb768d07", "Azure Virtual Desktop"),
    ("2e80d6a4-40fe-4253-9d80-f4bb7d558aaf", "2793995e-0a7d-40d7-bd35-6968ba142197", "My Apps"),
    ("3653b1d4-9af4-4e38-b1b7-546ea932a614", "19db86c3-b2b9-44cc-b339-36da233a3be2", "My Signins"),
    ("12bc2c84-2e1f-429c-a751-186328620153", "00000012-0000-0000-c000-000000000000", "Microsoft Rights Management Services"),
    ("d8b19b03-a62b-4468-a865-f127bdd51899", "475226c6-020e-4fb2-8a90-7a972cbfc1d4", "PowerApps Service"),
    ("e7fb878c-6cd1-4604-9acd-82ecbd71ce56", "7df0a125-d3be-4c96-aa54-591f83ff541c", "Microsoft Flow Service"),
    ("225e5cc9-0a65-4040-ba42-2ddbd5e2dc94", "0af06dc6-e4b5-4f28-818e-e78e62d137a5", "Windows 365"),
    ("cf908426-126d-4335-8935-abdf2f417d71", "05a65629-4c1b-48c1-a78b-804c4abdd4af", "Microsoft Cloud App Security"),
    ("e5f0cccf-d75a-4587-851f-59b6e3a47b7e", "022907d3-0f1b-48f7-badc-1ba6abab6d66", "Azure SQL Database"),
    ("b9dd5c43-f5d2-48ca-9032-412456242c2b", "e406a681-f3d4-42a8-90b6-c2b029497af1", "Azure Storage"),
    ("62f64c2f-0cc8-4765-b171-cbdeafd2de5e", "b26aadf8-566f-4478-926f-589f601d9c74", "OneDrive"),
    ("abbd0041-6cd4-4242-ae91-0ccd718a7f39", "f3b07414-6bf4-46e6-b63f-56941f3f4128", "Microsoft Power Query"),
    ("ed45997d-0968-42f8-af29-9aae223d7365", "01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9", "Device Registration Service"),
    ("a5599ef0-6188-4629-b0f7-af1a6e2853f0", "a4a365df-50f1-4397-bc59-1a1564b8bb9c", "Microsoft Remote Desktop"),
    ("e193fa8f-e952-449f-9b4e-a70a60c3e5a5", "fc780465-2017-40d4-a0c5-307022471b92", "WindowsDefenderATP"),
    ("3a3b9287-5b7a-419f-83c7-51199de340bd", "2f3f02c9-5679-4a5c-a605-0de55b07d135", "Office 365 Information Protection"),
    ("864ea9ed-8c8b-4fbd-86cc-cd00e00daadf", "00000006-0000-0ff1-ce00-000000000000", "Microsoft Office 365 Portal"),
    ("c1f4acc2-bdff-44c9-96cf-e3f935e4f3fd", "89bee1f7-5e6e-4d8a-9f3d-ecd601259da7", "Office365 Shell WCSS-Client"),
    ("6dd1593a-3cb8-4bc9-bb65-d8f3b77b0dd9", "f53895d3-095d-408f-8e93-8f94b391404e", "Portfolios"),
    ("1cd459ce-fabe-4291-b525-07ce535c52b6", "14d82eec-204b-4c2f-b7e8-296a70dab67e", "Microsoft Graph Command Line Tools"),
];

/// Object id, app id, name: applications of Contoso's own.
const OWN_APPS: &[(&str, &str, &str)] = &[
    (
        "9169a567-c51f-4682-acd4-fc3dbc367a12",
        "095a7e38-5c47-42ce-aa0c-63b5bf45790b",
        "Contoso Expenses",
    ),
    (
        "f4787508-d53e-406e-94ee-dc9b36501d19",
        "eeddb843-17df-49e6-8efa-5947182af2ea",
        "Contoso HR Portal",
    ),
];

/// Tenant that owns Microsoft's first-party applications.
const MICROSOFT: &str = "f8cdef31-a31e-4b4a-93e4-5f571e91255a";
const AGREEMENT: &str = "e268b884-a961-4716-9f32-06a65ae41f4f";
const COMPLIANT_NETWORK: &str = "ae0428fe-0eed-453b-89d9-81e4bf1c230f";

pub(super) fn tenant(version: u64) -> Tenant {
    let mut tenant = Tenant {
        version,
        tenant_id: TENANT_ID.into(),
        display_name: "Contoso".into(),
        domains: domains().into(),
        policies: Objects::default(),
        named_locations: Objects::default(),
        authentication_strengths: strengths::built_in().into(),
        authentication_contexts: Objects::default(),
        users: Objects::default(),
        groups: Objects::default(),
        members: Objects::default(),
        owners: Objects::default(),
        service_principals: Objects::default(),
        applications: Objects::default(),
        managers: Objects::default(),
        agreements: Objects::default(),
        deleted_policies: Objects::default(),
        deleted_named_locations: Objects::default(),
        deleted_objects: Objects::default(),
        directory_roles: Objects::default(),
        risk_detections: Objects::default(),
        risky_users: Objects::default(),
        risk_history: Objects::default(),
        sign_ins: Objects::default(),
        audits: Objects::default(),
    };
    activate_roles(&mut tenant);
    tenant.named_locations.insert(
        COMPLIANT_NETWORK.into(),
        json!({"@odata.type": "#microsoft.graph.compliantNetworkNamedLocation",
            "id": COMPLIANT_NETWORK, "displayName": "All Compliant Network Locations",
            "modifiedDateTime": "2024-01-15T09:00:00.0000000Z",
            "createdDateTime": "2024-01-15T09:00:00.0000000Z",
            "compliantNetworkType": "allTenantCompliantNetworks", "isTrusted": true}),
    );
    tenant.agreements.insert(
        AGREEMENT.into(),
        json!({"id": AGREEMENT, "displayName": "Contoso Terms of Use",
            "isViewingBeforeAcceptanceRequired": true, "isPerDeviceAcceptanceRequired": false,
            "userReacceptRequiredFrequency": null, "termsExpiration": null}),
    );
    users(&mut tenant.users);
    for group in GROUPS {
        tenant.groups.insert(group.id.into(), group.json());
        tenant.members.insert(group.id.into(), json!(group.members));
    }
    for (id, app_id, name) in FIRST_PARTY {
        tenant
            .service_principals
            .insert((*id).into(), service_principal(id, app_id, name, MICROSOFT));
    }
    for (id, app_id, name) in OWN_APPS {
        tenant
            .service_principals
            .insert((*id).into(), service_principal(id, app_id, name, TENANT_ID));
    }
    tenant
}

/// Template and members of the roles that are in use.
#[rustfmt::skip]
const ROLES: &[(&str, &[&str])] = &[
    ("62e90394-69f5-4237-9190-012177145e10", &["11beeb4a-badf-46c7-af82-af74f38463fd", "5426b249-9549-4c18-840b-3b14990d8afa"]),
    ("b1be1c3e-b65d-4f19-8427-f6fa0d97feb9", &["b4191885-f836-4ccd-bfc4-e0ccaf88dcae"]),
    ("194ae4cb-b126-40b2-bd5b-6091b380977d", &["eda6ce25-63b6-4385-b188-4da4f4ce248a"]),
    ("d29b2b05-8046-44ba-8758-1e26182fcf32", &[SYNC_ACCOUNT]),
];

pub(super) fn activate_roles(tenant: &mut Tenant) {
    for (template, members) in ROLES {
        if let Some((id, role)) = roles::activated(&tenant.tenant_id, template) {
            tenant.members.insert(id.clone(), json!(members));
            tenant.directory_roles.insert(id, role);
        }
    }
}

fn domains() -> Map {
    let domain = |id: &str, default: bool| {
        json!({"authenticationType": "Managed", "availabilityStatus": null, "id": id,
            "isAdminManaged": true, "isDefault": default, "isInitial": !default, "isRoot": true,
            "isVerified": true, "supportedServices": ["Email", "OfficeCommunicationsOnline"],
            "passwordValidityPeriodInDays": 2147483647, "passwordNotificationWindowInDays": 14,
            "state": null})
    };
    let mut domains = Map::new();
    domains.insert(DOMAIN.into(), domain(DOMAIN, true));
    domains.insert(INITIAL_DOMAIN.into(), domain(INITIAL_DOMAIN, false));
    domains
}

fn users(into: &mut Map) {
    for (id, nick, name, given, surname, title, department, office, country) in USERS {
        let upn = format!("{nick}@{DOMAIN}");
        into.insert(
            (*id).into(),
            json!({"id": id, "accountEnabled": true, "displayName": name, "givenName": given,
                "surname": surname, "jobTitle": title, "department": department,
                "officeLocation": office, "usageLocation": country, "mail": upn,
                "mailNickname": nick, "preferredLanguage": "en-US", "userPrincipalName": upn,
                "userType": "Member", "createdDateTime": CREATED, "businessPhones": []}),
        );
    }
    for (id, number) in BREAK_GLASS {
        into.insert(
            (*id).into(),
            json!({"id": id, "accountEnabled": true,
                "displayName": format!("Break Glass {number}"),
                "mailNickname": format!("breakglass{number}"),
                "userPrincipalName": format!("breakglass{number}@{DOMAIN}"),
                "userType": "Member", "createdDateTime": CREATED, "businessPhones": []}),
        );
    }
    into.insert(
        GUEST.into(),
        json!({"id": GUEST, "accountEnabled": true, "displayName": "Kim Akers",
            "givenName": "Kim", "surname": "Akers", "mail": "kim@fabrikam.com",
            "mailNickname": "kim_fabrikam.com#EXT#", "creationType": "Invitation",
            "externalUserState": "Accepted",
            "userPrincipalName": format!("kim_fabrikam.com#EXT#@{INITIAL_DOMAIN}"),
            "userType": "Guest", "createdDateTime": CREATED, "businessPhones": []}),
    );
    into.insert(
        SYNC_ACCOUNT.into(),
        json!({"id": SYNC_ACCOUNT, "accountEnabled": true,
            "displayName": "On-Premises Directory Synchronization Service Account",
            "mailNickname": "Sync_DC01_4f1b7e2a9c30",
            "userPrincipalName": format!("Sync_DC01_4f1b7e2a9c30@{INITIAL_DOMAIN}"),
            "userType": "Member", "createdDateTime": CREATED, "businessPhones": []}),
    );
}

impl SeedGroup {
    fn json(&self) -> Value {
        let unified = matches!(self.kind, SeedGroupKind::Unified);
        let dynamic = matches!(self.kind, SeedGroupKind::Dynamic);
        let types = if unified {
            json!(["Unified"])
        } else if dynamic {
            json!(["DynamicMembership"])
        } else {
            json!([])
        };
        json!({"id": self.id, "displayName": self.name, "description": self.description,
            "mailNickname": self.nickname, "mailEnabled": unified, "securityEnabled": !unified,
            "groupTypes": types, "createdDateTime": CREATED,
            "mail": unified.then(|| format!("{}@{DOMAIN}", self.nickname)),
            "visibility": unified.then_some("Private"),
            "membershipRule": dynamic.then_some("(user.userType -eq \"Guest\")"),
            "membershipRuleProcessingState": dynamic.then_some("On"),
            "isAssignableToRole": matches!(self.kind, SeedGroupKind::Role).then_some(true)})
    }
}

fn service_principal(id: &str, app_id: &str, name: &str, owner: &str) -> Value {
    let own = owner == TENANT_ID;
    json!({"id": id, "accountEnabled": true, "appDisplayName": name, "appId": app_id,
        "appOwnerOrganizationId": owner, "displayName": name,
        "servicePrincipalNames": [app_id], "servicePrincipalType": "Application",
        "signInAudience": if own { "AzureADMyOrg" } else { "AzureADMultipleOrgs" },
        "tags": if own { json!(["WindowsAzureActiveDirectoryIntegratedApp"]) } else { json!([]) }})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tables::APPS;

    #[test]
    fn the_starting_tenant_holds_together() {
        let tenant = tenant(1);
        let ids: Vec<&String> = [&tenant.users, &tenant.groups, &tenant.service_principals]
            .into_iter()
            .flat_map(|objects| objects.keys())
            .collect();
        let unique: std::collections::BTreeSet<_> = ids.iter().collect();
        assert_eq!(ids.len(), unique.len());
        assert!(ids.iter().all(|id| crate::text::is_guid(id)));
        for members in tenant.members.values() {
            for id in members.as_array().unwrap() {
                let id = id.as_str().unwrap();
                assert!(tenant.users.contains_key(id) || tenant.groups.contains_key(id));
            }
        }
        for (_, app_id, name) in FIRST_PARTY {
            assert_eq!(APPS.by_id(app_id).map(|a| a.name), Some(*name));
        }
        assert!(
            !tenant
                .groups
                .values()
                .any(|g| g["displayName"] == "CA-BreakGlass")
        );
    }
}
