//! Microsoft's Conditional Access templates, read-only. Ids, names, scenarios and settings
//! are documented facts; the descriptions are worded here.

use serde_json::{Value, json};

use super::call::{Answer, Call, Map};
use super::error::ErrorAnswer;
use super::odata::Listing;
use super::tenant::Tenant;
use super::value::set;
use super::{normalise, render};

const TYPE: &str = "conditionalAccessTemplate";
const PLACE: &str = "identity/conditionalAccess/templates";

/// What Graph writes in place of the administrator who will use the template.
const CALLER: &str = "Current administrator will be excluded";
const SYNC_ACCOUNTS: &str = "d29b2b05-8046-44ba-8758-1e26182fcf32";
const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";

/// The roles that security defaults protect.
const ADMINS: &[&str] = &[
    GLOBAL_ADMINISTRATOR,
    "194ae4cb-b126-40b2-bd5b-6091b380977d",
    "f28a1f50-f6e7-4571-818b-6a12f2af6b6c",
    "29232cdf-9323-42fd-ade2-1d097af3e4de",
    "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9",
    "729827e3-9c14-49f7-bb1b-9608f156bbb8",
    "b0f54661-2d74-4c50-afa3-1ec803f12efe",
    "fe930be7-5e62-47db-91af-98c3a49a38b1",
    "c4e39bd9-1100-46d3-8c65-fb160da0071f",
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
    "158c047a-c907-4556-b7ef-446551a6b5f7",
    "966707d0-3269-4727-9be2-8c3a10f19b9d",
    "7be44c8a-adaf-4e2a-84d6-ab2649e08a13",
    "e8611ab8-c189-46e8-94e1-60213ab1f814",
];

/// The further roles of the phishing-resistant template.
const MORE_ADMINS: &[&str] = &[
    "17315797-102d-40b4-93e0-432062caca18",
    "e6d1a23a-da11-4be4-9570-befc86d067a7",
    "3a2c62db-5318-420d-8d74-23affee5d9d5",
    "44367163-eba1-44c3-98af-f5787879f96a",
    "11648597-926c-4cf3-9c36-bcebb0ba8dcc",
];

struct Template {
    id: &'static str,
    name: &'static str,
    description: &'static str,
    scenarios: &'static str,
    policy: Value,
}

fn everyone(apps: &str, grant: Value) -> Value {
    json!({"conditions": {"applications": {"includeApplications": [apps]},
        "users": {"includeUsers": ["All"], "excludeUsers": [CALLER]}},
        "grantControls": grant})
}

/// Everyone but the accounts of directory synchronisation.
fn people(grant: Value) -> Value {
    let mut policy = everyone("All", grant);
    if let Some(users) = policy.pointer_mut("/conditions/users") {
        set(users, "excludeRoles", json!([SYNC_ACCOUNTS]));
    }
    policy
}

fn admins(apps: &str, users: Value, roles: Vec<&str>, grant: Value) -> Value {
    json!({"conditions": {"applications": {"includeApplications": [apps]},
        "users": {"includeUsers": users, "excludeUsers": [CALLER], "includeRoles": roles}},
        "grantControls": grant})
}

fn any(controls: &[&str]) -> Value {
    json!({"operator": "OR", "builtInControls": controls})
}

fn with(mut policy: Value, conditions: &Value, session: Value) -> Value {
    let into = policy.get_mut("conditions").and_then(Value::as_object_mut);
    if let (Some(into), Some(from)) = (into, conditions.as_object()) {
        into.extend(from.clone());
    }
    set(&mut policy, "sessionControls", session);
    policy
}

fn every_time() -> Value {
    json!({"signInFrequency": {"isEnabled": true, "type": null, "value": null,
        "authenticationType": "primaryAndSecondaryAuthentication", "frequencyInterval": "everyTime"}})
}

#[rustfmt::skip] // one entry, one block
fn templates() -> Vec<Template> {
    let mut phishing: Vec<&str> = ADMINS.to_vec();
    phishing.extend(MORE_ADMINS);
    vec![
        Template { id: "c7503427-338e-4c5e-902d-abe252abfb43", name: "Require multifactor authentication for admins",
            description: "Holders of the administrator roles that security defaults cover pass multifactor authentication.",
            scenarios: "secureFoundation,zeroTrust,protectAdmins",
            policy: admins("All", json!([]), ADMINS.to_vec(), any(&["mfa"])) },
        Template { id: "b8bda7f8-6584-4446-bce9-d871480e53fa", name: "Securing security info registration",
            description: "Registering methods for multifactor authentication and password reset asks for multifactor authentication outside trusted locations.",
            scenarios: "secureFoundation,zeroTrust,remoteWork",
            policy: json!({"conditions": {"applications": {"includeUserActions": ["urn:user:registersecurityinfo"]},
                "users": {"includeUsers": ["All"], "excludeUsers": ["GuestsOrExternalUsers", CALLER], "excludeRoles": [GLOBAL_ADMINISTRATOR]},
                "locations": {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}},
                "grantControls": any(&["mfa"])}) },
        Template { id: "0b2282f9-2862-4178-88b5-d79340b36cb8", name: "Block legacy authentication",
            description: "Protocols that cannot ask for multifactor authentication are blocked.",
            scenarios: "secureFoundation,zeroTrust,remoteWork,protectAdmins",
            policy: with(everyone("All", any(&["block"])), &json!({"clientAppTypes": ["exchangeActiveSync", "other"]}), Value::Null) },
        Template { id: "a3d0a415-b068-4326-9251-f9cdf9feeb64", name: "Require multifactor authentication for all users",
            description: "All accounts pass multifactor authentication; those of directory synchronisation are left out.",
            scenarios: "secureFoundation,zeroTrust,remoteWork", policy: people(any(&["mfa"])) },
        Template { id: "a4072ac0-722b-4991-981b-7f9755daef14", name: "Require multifactor authentication for guest access",
            description: "Guests pass multifactor authentication.",
            scenarios: "zeroTrust,remoteWork",
            policy: json!({"conditions": {"applications": {"includeApplications": ["All"]},
                "users": {"includeUsers": ["GuestsOrExternalUsers"], "excludeUsers": [CALLER]}},
                "grantControls": any(&["mfa"])}) },
        Template { id: "d8c51a9a-e6b1-454d-86af-554e7872e2c1", name: "Require multifactor authentication for Azure management",
            description: "Managing Azure asks for multifactor authentication.",
            scenarios: "secureFoundation,zeroTrust,protectAdmins",
            policy: everyone("797f4846-ba00-4fd7-ba43-dac1f8f63013", any(&["mfa"])) },
        Template { id: "6b619f55-792e-45dc-9711-d83ec9d7ae90", name: "Require multifactor authentication for risky sign-ins",
            description: "A sign-in of medium or high risk asks for multifactor authentication. Needs Microsoft Entra ID P2.",
            scenarios: "zeroTrust,remoteWork",
            policy: with(everyone("All", any(&["mfa"])), &json!({"signInRiskLevels": ["high", "medium"]}), every_time()) },
        Template { id: "634b6de7-c38d-4357-a2c7-3842706eedd7", name: "Require password change for high-risk users",
            description: "A user of high risk changes the password. Needs Microsoft Entra ID P2.",
            scenarios: "zeroTrust,remoteWork",
            policy: with(everyone("All", json!({"operator": "AND", "builtInControls": ["mfa", "passwordChange"]})),
                &json!({"userRiskLevels": ["high"]}), every_time()) },
        Template { id: "c26a510a-3b8b-4023-8c44-d4f4c854e9f9", name: "Require compliant or hybrid Azure AD joined device for admins",
            description: "Administrators work on compliant or hybrid joined devices alone.",
            scenarios: "remoteWork,protectAdmins",
            policy: admins("All", json!(["None"]), ADMINS.to_vec(), any(&["compliantDevice", "domainJoinedDevice"])) },
        Template { id: "4e39a309-931e-4cb1-a371-e2beea168002", name: "Block access for unknown or unsupported device platform",
            description: "Devices of an unknown or unsupported platform are blocked.",
            scenarios: "zeroTrust,remoteWork",
            policy: with(everyone("All", any(&["block"])), &json!({"platforms": {"includePlatforms": ["all"],
                "excludePlatforms": ["android", "iOS", "windows", "macOS", "linux", "windowsPhone"]}}), Value::Null) },
        Template { id: "62e51ccc-c9c3-4554-ac70-066172c81007", name: "No persistent browser session",
            description: "On unmanaged devices browser sessions end with the browser, and after one hour.",
            scenarios: "zeroTrust,remoteWork",
            policy: with(everyone("All", Value::Null), &json!({"devices": {"deviceFilter": {"mode": "include",
                "rule": "device.trustType -ne \"ServerAD\" -or device.isCompliant -ne True"}}}),
                json!({"signInFrequency": {"isEnabled": true, "type": "hours", "value": 1},
                    "persistentBrowser": {"isEnabled": true, "mode": "never"}})) },
        Template { id: "927c884e-7888-4e81-abc4-bd56ded28985",
            name: "Require compliant or hybrid Azure AD joined device or multifactor authentication for all users",
            description: "Everyone works on a managed device or passes multifactor authentication; accounts of directory synchronisation are left out.",
            scenarios: "secureFoundation,zeroTrust", policy: people(any(&["mfa", "compliantDevice", "domainJoinedDevice"])) },
        Template { id: "81fd2072-4876-42b6-8157-c6000693046b", name: "Use application enforced restrictions for O365 apps",
            description: "SharePoint Online, OneDrive and Exchange Online limit what unmanaged devices may do. Needs settings in the SharePoint admin center.",
            scenarios: "remoteWork",
            policy: with(everyone("Office365", Value::Null), &Value::Null, json!({"applicationEnforcedRestrictions": {"isEnabled": true}})) },
        Template { id: "76c03f19-ea37-4656-a772-a183b4ddb81d", name: "Require phishing-resistant multifactor authentication for admins",
            description: "Administrators use a phishing-resistant method, which they have to have registered.",
            scenarios: "protectAdmins,emergingThreats",
            policy: admins("All", json!([]), phishing, json!({"operator": "OR", "builtInControls": [],
                "authenticationStrength": {"id": "00000000-0000-0000-0000-000000000004"}})) },
        Template { id: "6364131e-bc4a-47c4-a20b-33492d1fff6c", name: "Require multifactor authentication for Microsoft admin portals",
            description: "Administrators pass multifactor authentication in Microsoft's admin portals; for tenants that cannot ask for it everywhere.",
            scenarios: "zeroTrust,protectAdmins",
            policy: admins("MicrosoftAdminPortals", json!([]), ADMINS.to_vec(), json!({"operator": "OR", "builtInControls": [],
                "authenticationStrength": {"id": "00000000-0000-0000-0000-000000000002"}})) },
        Template { id: "16aaa400-bfdf-4756-a420-ad2245d4cde8", name: "Block access to Office365 apps for users with insider risk",
            description: "Users of elevated insider risk are kept out of Office 365. Needs Microsoft Entra ID P2.",
            scenarios: "zeroTrust",
            policy: with(everyone("Office365", any(&["block"])), &json!({"insiderRiskLevels": "elevated",
                "users": {"includeUsers": ["All"], "excludeUsers": [CALLER], "excludeGuestsOrExternalUsers":
                    {"guestOrExternalUserTypes": "b2bDirectConnectUser,otherExternalUser,serviceProvider", "externalTenants": null}}}), Value::Null) },
        Template { id: "a297dd1a-21fe-4016-99a0-ba43ba64378c",
            name: "Require MDM-enrolled and compliant device to access cloud apps for all users (Preview)",
            description: "Everyone works on an enrolled and compliant device; accounts of directory synchronisation are left out.",
            scenarios: "secureFoundation,zeroTrust", policy: people(any(&["compliantDevice"])) },
    ]
}

fn shown(call: &Call, tenant: &Tenant) -> Vec<Value> {
    let one = |template: &Template| {
        let body: Map = template.policy.as_object().cloned().unwrap_or_default();
        let policy = Value::Object(normalise::policy(&body));
        let place = format!("{PLACE}('{}')/details", template.id);
        json!({"id": template.id, "name": template.name, "description": template.description,
            "scenarios": template.scenarios,
            "details": render::details(call.edition, &policy, tenant, &place)})
    };
    templates().iter().map(one).collect()
}

/// `/identity/conditionalAccess/templates`
pub(super) fn route(call: &Call, rest: &[&str], tenant: &Tenant) -> Answer {
    let listing = Listing::service(TYPE, PLACE).refusing(&["count", "skip"]);
    match (call.method(), rest) {
        ("GET", []) => listing.answer(call, shown(call, tenant)),
        ("GET", [id]) => match shown(call, tenant).iter().find(|t| t["id"] == **id) {
            Some(found) => listing.one(call, found),
            None => Err(ErrorAnswer::missing_ca("ConditionalAccessTemplate", id)),
        },
        (_, [] | [_]) => Err(ErrorAnswer::method()),
        (_, [.., last]) => Err(ErrorAnswer::segment(last)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{check, rules};
    use super::*;
    use crate::model::facts::Edition;
    use crate::model::tables::ROLES;
    use crate::sandbox::Options;

    #[test]
    fn every_template_is_a_policy_that_the_service_takes() {
        let all = templates();
        assert!(all.len() >= 10);
        for template in all {
            let mut body = template.policy.clone();
            body["displayName"] = template.name.into();
            body["state"] = "disabled".into();
            let checked = check::body("conditionalAccessPolicy", Edition::V1, &body).unwrap();
            rules::required(&checked).unwrap();
            let whole = Value::Object(normalise::policy(&checked));
            assert_eq!(
                rules::whole(&whole, &Options::default()),
                Ok(()),
                "{}",
                template.name
            );
        }
        assert!(
            ADMINS
                .iter()
                .chain(MORE_ADMINS)
                .all(|id| ROLES.by_id(id).is_some())
        );
    }
}
