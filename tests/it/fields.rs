//! Every field: written, changed, and cleared by dropping it from the manifest. A field of
//! the model that is not in the table fails the test.

use std::collections::BTreeSet;

use gatewright::manifest::schema::manifest_schema;
use gatewright::sandbox::NestedPatch;
use serde_json::{Map, Value, json};

use crate::world::{World, desired, outline, run};

/// What is around the field: other objects, and the object itself without the field.
struct Case {
    kind: &'static str,
    /// The dotted path of the property.
    path: &'static str,
    /// The value that it is set to.
    value: Value,
    /// Another value that it is changed to.
    other: Value,
    /// Dotted paths set beside it, because the field cannot stand without them.
    with: &'static [(&'static str, &'static str)],
    /// The properties that plan names when the field is dropped.
    named: &'static str,
}

fn case(kind: &'static str, path: &'static str, value: Value, other: Value) -> Case {
    Case {
        kind,
        path,
        value,
        other,
        with: &[],
        named: path,
    }
}

fn base(kind: &str) -> Value {
    match kind {
        "ConditionalAccessPolicy" => json!({
            "kind": kind, "displayName": "P", "state": "enabled",
            "conditions": {
                "users": {"includeUsers": ["AdeleV@contoso.com"]},
                "applications": {"includeApplications": ["Office365"]},
            },
            "grantControls": {"operator": "OR", "builtInControls": ["compliantDevice", "domainJoinedDevice"]},
            "sessionControls": {"cloudAppSecurity": {"cloudAppSecurityType": "monitorOnly"}},
        }),
        "Ip" => {
            json!({"kind": "NamedLocation", "displayName": "L", "ipRanges": ["203.0.113.0/24"]})
        }
        "Country" => {
            json!({"kind": "NamedLocation", "displayName": "L", "countriesAndRegions": ["DE"]})
        }
        "AuthenticationStrength" => {
            json!({"kind": kind, "displayName": "S", "allowedCombinations": ["fido2", "x509CertificateMultiFactor"]})
        }
        "AuthenticationContext" => json!({"kind": kind, "id": "c7", "displayName": "C"}),
        "Group" => json!({"kind": kind, "displayName": "G"}),
        "Dynamic" => {
            json!({"kind": "Group", "displayName": "D", "groupTypes": ["DynamicMembership"], "membershipRule": "user.country -eq \"DE\""})
        }
        _ => json!({"kind": "TestUser", "displayName": "U", "userPrincipalName": "u-test"}),
    }
}

/// Objects that references of the cases lead to.
const AROUND: &str = r#"
kind: NamedLocation
displayName: Office
ipRanges: [198.51.100.0/24]
isTrusted: true
---
kind: AuthenticationContext
id: c1
displayName: Step up
---
kind: AuthenticationContext
id: c2
displayName: Step higher
---
kind: Group
displayName: Own group
---
kind: Group
displayName: Other group
---
"#;

fn cases() -> Vec<Case> {
    let p = "ConditionalAccessPolicy";
    let rule = |text: &str| json!({"mode": "include", "rule": text});
    let guests = |kinds: &str| json!({"guestOrExternalUserTypes": kinds, "externalTenants": {"membershipKind": "all"}});
    let tenants = |id: &str| {
        json!({"guestOrExternalUserTypes": "internalGuest", "externalTenants": {
            "membershipKind": "enumerated", "members": [id]}})
    };
    let text = |kind, path| case(kind, path, json!("one"), json!("two"));
    vec![
        case(p, "state", json!("enabled"), json!("disabled")),
        case(
            p,
            "conditions.users.excludeUsers",
            json!(["AlexW@contoso.com"]),
            json!(["MeganB@contoso.com", "GuestsOrExternalUsers"]),
        ),
        case(
            p,
            "conditions.users.includeUsers",
            json!(["AlexW@contoso.com"]),
            json!(["All"]),
        ),
        case(
            p,
            "conditions.users.includeGroups",
            json!(["Sales"]),
            json!(["Finance", "Own group"]),
        ),
        case(
            p,
            "conditions.users.excludeGroups",
            json!(["Sales"]),
            json!(["Own group"]),
        ),
        case(
            p,
            "conditions.users.includeRoles",
            json!(["Global Administrator"]),
            json!(["Security Reader"]),
        ),
        case(
            p,
            "conditions.users.excludeRoles",
            json!(["Global Administrator"]),
            json!(["Security Reader"]),
        ),
        case(
            p,
            "conditions.users.includeGuestsOrExternalUsers",
            guests("internalGuest"),
            tenants("11111111-2222-3333-4444-555555555555"),
        ),
        case(
            p,
            "conditions.users.excludeGuestsOrExternalUsers",
            tenants("11111111-2222-3333-4444-555555555555"),
            guests("b2bCollaborationGuest,internalGuest"),
        ),
        case(
            p,
            "conditions.applications.includeApplications",
            json!(["Office 365 Exchange Online"]),
            json!(["All"]),
        ),
        case(
            p,
            "conditions.applications.excludeApplications",
            json!(["Office 365 Exchange Online"]),
            json!(["Office 365 SharePoint Online"]),
        ),
        case(
            p,
            "conditions.applications.applicationFilter",
            rule("CustomSecurityAttribute.A_B -contains \"x\""),
            rule("CustomSecurityAttribute.A_B -contains \"y\""),
        ),
        case(
            p,
            "conditions.clientAppTypes",
            json!(["browser"]),
            json!(["mobileAppsAndDesktopClients", "browser"]),
        ),
        case(
            p,
            "conditions.platforms",
            json!({"includePlatforms": ["all"], "excludePlatforms": ["iOS"]}),
            json!({"includePlatforms": ["windows", "linux"]}),
        ),
        case(
            p,
            "conditions.locations",
            json!({"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}),
            json!({"includeLocations": ["Office"]}),
        ),
        case(
            p,
            "conditions.userRiskLevels",
            json!(["high"]),
            json!(["medium", "high"]),
        ),
        case(
            p,
            "conditions.signInRiskLevels",
            json!(["high"]),
            json!(["low"]),
        ),
        case(
            p,
            "conditions.insiderRiskLevels",
            json!(["minor"]),
            json!("moderate,elevated"),
        ),
        case(
            p,
            "conditions.devices",
            json!({"deviceFilter": rule("device.isCompliant -eq True")}),
            json!({"deviceFilter": rule("device.isCompliant -eq False")}),
        ),
        case(
            p,
            "conditions.authenticationFlows",
            json!({"transferMethods": ["deviceCodeFlow"]}),
            json!({"transferMethods": "deviceCodeFlow,authenticationTransfer"}),
        ),
        case(
            p,
            "conditions.agentIdRiskLevels",
            json!(["low"]),
            json!("medium,high"),
        ),
        case(p, "grantControls.operator", json!("OR"), json!("AND")),
        case(
            p,
            "grantControls.builtInControls",
            json!(["mfa"]),
            json!(["compliantApplication"]),
        ),
        case(
            p,
            "grantControls.termsOfUse",
            json!(["Contoso Terms of Use"]),
            json!([]),
        ),
        case(
            p,
            "grantControls.authenticationStrength",
            json!("Phishing-resistant MFA"),
            json!("Passwordless MFA"),
        ),
        case(
            p,
            "sessionControls.applicationEnforcedRestrictions",
            json!({"isEnabled": true}),
            json!({"isEnabled": false}),
        ),
        case(
            p,
            "sessionControls.cloudAppSecurity",
            json!({"cloudAppSecurityType": "blockDownloads"}),
            json!({"cloudAppSecurityType": "mcasConfigured"}),
        ),
        case(
            p,
            "sessionControls.signInFrequency",
            json!({"value": 4, "type": "hours"}),
            json!({"value": 4, "type": "hours", "authenticationType": "secondaryAuthentication"}),
        ),
        Case {
            with: &[("conditions.applications.includeApplications", r#"["All"]"#)],
            ..case(
                p,
                "sessionControls.persistentBrowser",
                json!({"mode": "never"}),
                json!({"mode": "always"}),
            )
        },
        case(
            p,
            "sessionControls.secureSignInSession",
            json!({"isEnabled": true}),
            json!({"isEnabled": false}),
        ),
        case(
            p,
            "sessionControls.disableResilienceDefaults",
            json!(true),
            json!(false),
        ),
        case(
            p,
            "sessionControls.continuousAccessEvaluation",
            json!({"mode": "strictEnforcement"}),
            json!({"mode": "strictLocation"}),
        ),
        case(
            p,
            "sessionControls.globalSecureAccessFilteringProfile",
            json!({"profileId": "11111111-2222-3333-4444-555555555555"}),
            json!({"profileId": "21111111-2222-3333-4444-555555555555"}),
        ),
        case(
            "Ip",
            "ipRanges",
            json!(["192.0.2.0/24"]),
            json!(["192.0.2.0/24", "2001:db8::/32"]),
        ),
        case("Ip", "isTrusted", json!(true), json!(false)),
        case(
            "Country",
            "countriesAndRegions",
            json!(["FR"]),
            json!(["FR", "AT"]),
        ),
        case(
            "Country",
            "includeUnknownCountriesAndRegions",
            json!(true),
            json!(false),
        ),
        case(
            "Country",
            "countryLookupMethod",
            json!("authenticatorAppGps"),
            json!("clientIpAddress"),
        ),
        text("AuthenticationStrength", "description"),
        case(
            "AuthenticationStrength",
            "allowedCombinations",
            json!(["fido2"]),
            json!(["password,sms", "fido2"]),
        ),
        case(
            "AuthenticationStrength",
            "combinationConfigurations",
            json!([{"appliesToCombinations": ["fido2"], "allowedAAGUIDs": ["11111111-2222-3333-4444-555555555555"]}]),
            json!([{"appliesToCombinations": ["fido2"], "allowedAAGUIDs": ["21111111-2222-3333-4444-555555555555"]},
                   {"appliesToCombinations": ["x509CertificateMultiFactor"], "allowedIssuerSkis": ["9A4248C6AC8C2931AB2A86537818E92E7B6C97B6"], "allowedPolicyOIDs": ["1.2.3"]}]),
        ),
        text("AuthenticationContext", "description"),
        case(
            "AuthenticationContext",
            "displayName",
            json!("C"),
            json!("D"),
        ),
        case(
            "AuthenticationContext",
            "isAvailable",
            json!(true),
            json!(false),
        ),
        text("Group", "description"),
        case(
            "Group",
            "members",
            json!(["AdeleV@contoso.com"]),
            json!(["AlexW@contoso.com", "Own group"]),
        ),
        case("Group", "securityEnabled", json!(true), json!(true)),
        case(
            "Dynamic",
            "membershipRule",
            json!("user.country -eq \"FR\""),
            json!("user.country -eq \"AT\""),
        ),
        case(
            "Dynamic",
            "membershipRuleProcessingState",
            json!("Paused"),
            json!("On"),
        ),
        case("TestUser", "displayName", json!("U"), json!("V")),
        case("TestUser", "accountEnabled", json!(false), json!(true)),
        text("TestUser", "givenName"),
        text("TestUser", "surname"),
        text("TestUser", "jobTitle"),
        text("TestUser", "department"),
        text("TestUser", "companyName"),
        text("TestUser", "officeLocation"),
        text("TestUser", "city"),
        text("TestUser", "country"),
        case("TestUser", "usageLocation", json!("DE"), json!("FR")),
        case(
            "TestUser",
            "preferredLanguage",
            json!("de-DE"),
            json!("fr-FR"),
        ),
        text("TestUser", "mobilePhone"),
        text("TestUser", "employeeId"),
        case(
            "TestUser",
            "memberOf",
            json!(["Own group"]),
            json!(["Own group", "Other group"]),
        ),
    ]
}

/// Fields that the table does not set, each with the reason.
const NOT_SET: &[(&str, &str)] = &[
    ("id", "pins the object, or is its identity"),
    ("kind", "says what the document is"),
    ("renamedFrom", "tested with ownership"),
    ("ignoreChanges", "tested with ownership"),
    ("ConditionalAccessPolicy.displayName", "the identity"),
    ("NamedLocation.displayName", "the identity"),
    ("AuthenticationStrength.displayName", "the identity"),
    ("Group.displayName", "the identity"),
    ("TestUser.userPrincipalName", "the identity"),
    (
        "mailNickname",
        "managed only when it is listed: dropping it leaves the live one",
    ),
    ("mailEnabled", "cannot be changed once the group exists"),
    (
        "groupTypes",
        "decides what kind of group it is; the dynamic cases set it",
    ),
    (
        "isAssignableToRole",
        "cannot be changed once the group exists",
    ),
    (
        "includeUserActions",
        "the other kinds of resource: tested on their own below",
    ),
    (
        "includeAuthenticationContextClassReferences",
        "the other kinds of resource: tested below",
    ),
    (
        "clientApplications",
        "workload identities: tested on their own below",
    ),
    (
        "servicePrincipalRiskLevels",
        "workload identities: tested on their own below",
    ),
    (
        "customAuthenticationFactors",
        "a retired preview; no tenant here has one",
    ),
    ("deviceStates", "deprecated, and no answer is known"),
    ("agents", "a preview whose rules are not known"),
    ("agentContext", "a preview whose rules are not known"),
    ("includeDevices", "deprecated"),
    ("excludeDevices", "deprecated"),
    ("includeDeviceStates", "deprecated"),
    ("excludeDeviceStates", "deprecated"),
    ("compliantNetworkType", "made by the service alone"),
];

fn set(value: &mut Value, path: &str, new: Option<Value>) {
    let mut at = value;
    let parts: Vec<&str> = path.split('.').collect();
    for part in &parts[..parts.len() - 1] {
        let map = at.as_object_mut().unwrap();
        at = map
            .entry(*part)
            .or_insert_with(|| Value::Object(Map::new()));
    }
    let last = parts[parts.len() - 1];
    let map = at.as_object_mut().unwrap();
    match new {
        Some(new) => map.insert(last.to_owned(), new),
        None => map.shift_remove(last),
    };
}

fn project(manifest: &Value) -> String {
    format!("{AROUND}{manifest}\n")
}

/// The field is not in the base, or the base says the same: then "dropped" means the base.
fn dropped(case: &Case) -> Value {
    let mut manifest = base(case.kind);
    for (path, value) in case.with {
        set(
            &mut manifest,
            path,
            Some(serde_json::from_str(value).unwrap()),
        );
    }
    manifest
}

fn check_all(nested: NestedPatch) {
    run(async {
        let world = World::with(nested).await;
        for case in cases() {
            let without = dropped(&case);
            let mut one = without.clone();
            set(&mut one, case.path, Some(case.value.clone()));
            let mut two = without.clone();
            set(&mut two, case.path, Some(case.other.clone()));
            let (without, one, two) = (
                desired(&project(&without)),
                desired(&project(&one)),
                desired(&project(&two)),
            );
            let normal = |d: &gatewright::manifest::project::Desired| {
                d.manifests.last().unwrap().object.normal_form()
            };
            // Each step: the plan names the field and nothing else, and is empty afterwards.
            let mut before = None;
            for (step, next) in [
                ("base", &without),
                ("set", &one),
                ("changed", &two),
                ("set again", &one),
                ("dropped", &without),
            ] {
                let plan = world.apply(next).await;
                let what = format!("{} {} {step} ({nested:?})", case.kind, case.path);
                if let Some(before) = before.replace(normal(next)) {
                    let expected = if before == normal(next) { 0 } else { 1 };
                    let managed_off = step == "dropped"
                        && ["members", "memberOf", "usageLocation"].contains(&case.path);
                    if managed_off {
                        assert!(plan.is_empty(), "{what}: {:?}", outline(&plan));
                    } else {
                        assert_eq!(plan.actions.len(), expected, "{what}: {:?}", outline(&plan));
                    }
                    for action in &plan.actions {
                        for change in &action.changes {
                            let exact = change == case.named
                                || change.starts_with(&format!("{}.", case.named));
                            // An object whose only member goes, goes as a whole.
                            let whole = case.named.starts_with(&format!("{change}."));
                            assert!(exact || whole, "{what} names {change}");
                        }
                    }
                }
                let again = world.plan(next).await;
                assert!(again.is_empty(), "{what}: not empty: {:?}", outline(&again));
            }
            world.clear(&case).await;
        }
    });
}

impl World {
    /// Deletes the case's object, so that the next case starts clean.
    async fn clear(&self, case: &Case) {
        use gatewright::graph::Request;
        use gatewright::model::facts::Edition;
        let (list, name) = match case.kind {
            "ConditionalAccessPolicy" => ("/identity/conditionalAccess/policies", "P"),
            "Ip" | "Country" => ("/identity/conditionalAccess/namedLocations", "L"),
            _ => return,
        };
        let all = self.live(list).await;
        for item in all["value"].as_array().unwrap() {
            if item["displayName"] == name {
                let path = format!("{list}/{}", item["id"].as_str().unwrap());
                if item["isTrusted"] == true {
                    let body = json!({"@odata.type": item["@odata.type"], "isTrusted": false});
                    let request = Request::patch(Edition::Beta, path.as_str(), body);
                    self.hand.send(&request).await.unwrap();
                }
                let request = Request::delete(Edition::Beta, path);
                self.hand.send(&request).await.unwrap();
            }
        }
    }
}

#[test]
fn every_field_is_written_changed_and_cleared_when_the_service_merges() {
    check_all(NestedPatch::Merge);
}

#[test]
fn every_field_is_written_changed_and_cleared_when_the_service_replaces() {
    check_all(NestedPatch::Replace);
}

#[test]
fn no_field_of_the_model_is_forgotten_here() {
    let schema = manifest_schema();
    let mut missing = Vec::new();
    let tested: BTreeSet<(&str, &str)> = cases()
        .iter()
        .map(|c| {
            let kind = match c.kind {
                "Ip" | "Country" => "NamedLocation",
                "Dynamic" => "Group",
                other => other,
            };
            (kind, c.path.split('.').next_back().unwrap())
        })
        .collect();
    for kind in gatewright::model::Kind::ALL {
        let defs = schema["$defs"].as_object().unwrap();
        let mut places = vec![defs[kind.as_str()].clone()];
        if kind == gatewright::model::Kind::ConditionalAccessPolicy {
            for name in [
                "Conditions",
                "Users",
                "Applications",
                "GrantControls",
                "SessionControls",
            ] {
                places.push(defs[name].clone());
            }
        }
        for place in places {
            for (name, property) in place["properties"].as_object().unwrap() {
                let containers = [
                    "conditions",
                    "users",
                    "applications",
                    "grantControls",
                    "sessionControls",
                ];
                if name.starts_with('@')
                    || property["readOnly"] == true
                    || containers.contains(&name.as_str())
                    || tested.contains(&(kind.as_str(), name))
                    || NOT_SET
                        .iter()
                        .any(|(n, _)| *n == name.as_str() || *n == format!("{kind}.{name}"))
                {
                    continue;
                }
                missing.push(format!("{kind}: {name}"));
            }
        }
    }
    assert!(missing.is_empty(), "not in the table: {missing:?}");
}

#[test]
fn other_kinds_of_resource_and_workload_identities_converge() {
    run(async {
        let world = World::new().await;
        let policy = |conditions: &str, grant: &str| {
            format!(
                "{AROUND}kind: ConditionalAccessPolicy\ndisplayName: P\nstate: enabled\nconditions: {conditions}\ngrantControls: {grant}\n"
            )
        };
        let mfa = "{operator: OR, builtInControls: [mfa]}";
        let block = "{operator: OR, builtInControls: [block]}";
        let users = "users: {includeUsers: [All]}";
        let steps = [
            policy(
                &format!(
                    "{{{users}, applications: {{includeUserActions: ['urn:user:registersecurityinfo']}}}}"
                ),
                mfa,
            ),
            policy(
                &format!(
                    "{{{users}, applications: {{includeAuthenticationContextClassReferences: [c1]}}}}"
                ),
                mfa,
            ),
            policy(
                &format!(
                    "{{{users}, applications: {{includeAuthenticationContextClassReferences: [Step higher]}}}}"
                ),
                mfa,
            ),
            policy(
                &format!("{{{users}, applications: {{includeApplications: [All]}}}}"),
                mfa,
            ),
        ];
        for step in &steps {
            let plan = world.apply(&desired(step)).await;
            assert!(!plan.is_empty());
            let again = world.plan(&desired(step)).await;
            assert!(again.is_empty(), "{:?}\n{step}", outline(&again));
        }
        let workload = policy("{clientApplications: {includeServicePrincipals: [ServicePrincipalsInMyTenant]}, servicePrincipalRiskLevels: [high], applications: {includeApplications: [All]}}", block)
            .replace("displayName: P\n", "displayName: W\n");
        let both = format!("{}---\n{}", steps[3], workload.trim_start_matches(AROUND));
        world.apply(&desired(&both)).await;
        assert!(world.plan(&desired(&both)).await.is_empty());
        let calmer = both.replace("servicePrincipalRiskLevels: [high], ", "");
        let plan = world.apply(&desired(&calmer)).await;
        assert_eq!(
            outline(&plan),
            ["update ConditionalAccessPolicy W: conditions.servicePrincipalRiskLevels"]
        );
        assert!(world.plan(&desired(&calmer)).await.is_empty());
    });
}
