//! A monitor, held to facts of Microsoft's schema that were written down here by hand, and turned back.

use gatewright::export::utcm;
use gatewright::manifest::project::Desired;
use gatewright::model::{Kind, Object};
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};

use super::{ALL, file, lost, source, told};
use crate::laws;
use crate::world::desired;

/// What a property is: its type in the schema of `configurationMonitor`, or the values that it has
/// (in any letter case).
enum Type {
    Text,
    Texts,
    Flag,
    Number,
    One(&'static [&'static str]),
    Of(&'static [&'static str]),
}

use Type::{Flag, Number, Of, One, Text, Texts};

/// One property: its name, its type, and what it is in Graph.
type Property = (&'static str, Type, &'static str);

const ENSURE: Property = ("Ensure", One(&["Present", "Absent"]), "");
const GUESTS: &[&str] = &[
    "none",
    "internalGuest",
    "b2bCollaborationGuest",
    "b2bCollaborationMember",
    "b2bDirectConnectUser",
    "otherExternalUser",
    "serviceProvider",
    "unknownFutureValue",
];
const KINDS: &[&str] = &["", "all", "enumerated", "unknownFutureValue"];

/// The properties of each type of resource that there are, and which of them are needed. Those that
/// describe nothing of Conditional Access are left out.
fn facts(kind: Kind) -> (&'static str, &'static [&'static str], Vec<Property>) {
    match kind {
        Kind::ConditionalAccessPolicy => (
            "microsoft.entra.conditionalaccesspolicy",
            &["DisplayName"],
            vec![
                ("DisplayName", Text, "/displayName"),
                ("Id", Text, ""),
                (
                    "State",
                    One(&["disabled", "enabled", "enabledForReportingButNotEnforced"]),
                    "/state",
                ),
                (
                    "IncludeApplications",
                    Texts,
                    "/conditions/applications/includeApplications",
                ),
                (
                    "ExcludeApplications",
                    Texts,
                    "/conditions/applications/excludeApplications",
                ),
                (
                    "ApplicationsFilter",
                    Text,
                    "/conditions/applications/applicationFilter/rule",
                ),
                (
                    "ApplicationsFilterMode",
                    One(&["include", "exclude"]),
                    "/conditions/applications/applicationFilter/mode",
                ),
                (
                    "IncludeUserActions",
                    Texts,
                    "/conditions/applications/includeUserActions",
                ),
                (
                    "AuthenticationContexts",
                    Texts,
                    "/conditions/applications/includeAuthenticationContextClassReferences",
                ),
                ("IncludeUsers", Texts, "/conditions/users/includeUsers"),
                ("ExcludeUsers", Texts, "/conditions/users/excludeUsers"),
                ("IncludeGroups", Texts, "/conditions/users/includeGroups"),
                ("ExcludeGroups", Texts, "/conditions/users/excludeGroups"),
                ("IncludeRoles", Texts, "/conditions/users/includeRoles"),
                ("ExcludeRoles", Texts, "/conditions/users/excludeRoles"),
                (
                    "IncludeGuestOrExternalUserTypes",
                    Of(GUESTS),
                    "/conditions/users/includeGuestsOrExternalUsers/guestOrExternalUserTypes",
                ),
                (
                    "IncludeExternalTenantsMembershipKind",
                    One(KINDS),
                    "/conditions/users/includeGuestsOrExternalUsers/externalTenants/membershipKind",
                ),
                (
                    "IncludeExternalTenantsMembers",
                    Texts,
                    "/conditions/users/includeGuestsOrExternalUsers/externalTenants/members",
                ),
                (
                    "ExcludeGuestOrExternalUserTypes",
                    Of(GUESTS),
                    "/conditions/users/excludeGuestsOrExternalUsers/guestOrExternalUserTypes",
                ),
                (
                    "ExcludeExternalTenantsMembershipKind",
                    One(KINDS),
                    "/conditions/users/excludeGuestsOrExternalUsers/externalTenants/membershipKind",
                ),
                (
                    "ExcludeExternalTenantsMembers",
                    Texts,
                    "/conditions/users/excludeGuestsOrExternalUsers/externalTenants/members",
                ),
                (
                    "IncludePlatforms",
                    Texts,
                    "/conditions/platforms/includePlatforms",
                ),
                (
                    "ExcludePlatforms",
                    Texts,
                    "/conditions/platforms/excludePlatforms",
                ),
                (
                    "IncludeLocations",
                    Texts,
                    "/conditions/locations/includeLocations",
                ),
                (
                    "ExcludeLocations",
                    Texts,
                    "/conditions/locations/excludeLocations",
                ),
                (
                    "DeviceFilterMode",
                    One(&["include", "exclude"]),
                    "/conditions/devices/deviceFilter/mode",
                ),
                (
                    "DeviceFilterRule",
                    Text,
                    "/conditions/devices/deviceFilter/rule",
                ),
                ("UserRiskLevels", Texts, "/conditions/userRiskLevels"),
                ("SignInRiskLevels", Texts, "/conditions/signInRiskLevels"),
                ("ClientAppTypes", Texts, "/conditions/clientAppTypes"),
                (
                    "TransferMethods",
                    Text,
                    "/conditions/authenticationFlows/transferMethods",
                ),
                (
                    "GrantControlOperator",
                    One(&["AND", "OR"]),
                    "/grantControls/operator",
                ),
                ("BuiltInControls", Texts, "/grantControls/builtInControls"),
                ("TermsOfUse", Text, "/grantControls/termsOfUse"),
                (
                    "CustomAuthenticationFactors",
                    Texts,
                    "/grantControls/customAuthenticationFactors",
                ),
                (
                    "AuthenticationStrength",
                    Text,
                    "/grantControls/authenticationStrength",
                ),
                (
                    "ApplicationEnforcedRestrictionsIsEnabled",
                    Flag,
                    "/sessionControls/applicationEnforcedRestrictions/isEnabled",
                ),
                (
                    "CloudAppSecurityIsEnabled",
                    Flag,
                    "/sessionControls/cloudAppSecurity/isEnabled",
                ),
                (
                    "CloudAppSecurityType",
                    Text,
                    "/sessionControls/cloudAppSecurity/cloudAppSecurityType",
                ),
                (
                    "SignInFrequencyIsEnabled",
                    Flag,
                    "/sessionControls/signInFrequency/isEnabled",
                ),
                (
                    "SignInFrequencyValue",
                    Number,
                    "/sessionControls/signInFrequency/value",
                ),
                (
                    "SignInFrequencyType",
                    One(&["Days", "Hours", ""]),
                    "/sessionControls/signInFrequency/type",
                ),
                (
                    "SignInFrequencyInterval",
                    One(&["timeBased", "everyTime", "unknownFutureValue"]),
                    "/sessionControls/signInFrequency/frequencyInterval",
                ),
                (
                    "PersistentBrowserIsEnabled",
                    Flag,
                    "/sessionControls/persistentBrowser/isEnabled",
                ),
                (
                    "PersistentBrowserMode",
                    One(&["Always", "Never", ""]),
                    "/sessionControls/persistentBrowser/mode",
                ),
                ENSURE,
            ],
        ),
        Kind::NamedLocation => (
            "microsoft.entra.namedlocationpolicy",
            &["DisplayName"],
            vec![
                (
                    "OdataType",
                    One(&[
                        "#microsoft.graph.countryNamedLocation",
                        "#microsoft.graph.ipNamedLocation",
                        "#microsoft.graph.compliantNetworkNamedLocation",
                    ]),
                    "/@odata.type",
                ),
                ("Id", Text, ""),
                ("DisplayName", Text, "/displayName"),
                ("IpRanges", Texts, "/ipRanges"),
                ("IsTrusted", Flag, "/isTrusted"),
                ("CountriesAndRegions", Texts, "/countriesAndRegions"),
                (
                    "CountryLookupMethod",
                    One(&["clientIpAddress", "authenticatorAppGps"]),
                    "/countryLookupMethod",
                ),
                (
                    "IncludeUnknownCountriesAndRegions",
                    Flag,
                    "/includeUnknownCountriesAndRegions",
                ),
                ENSURE,
            ],
        ),
        Kind::AuthenticationStrength => (
            "microsoft.entra.authenticationstrengthpolicy",
            &["DisplayName"],
            vec![
                ("DisplayName", Text, "/displayName"),
                ("Description", Text, "/description"),
                ("Id", Text, ""),
                ("AllowedCombinations", Texts, "/allowedCombinations"),
                ENSURE,
            ],
        ),
        Kind::AuthenticationContext => (
            "microsoft.entra.authenticationcontextclassreference",
            &["Id"],
            vec![
                ("Id", Text, "/id"),
                ("DisplayName", Text, "/displayName"),
                ("Description", Text, "/description"),
                ("IsAvailable", Flag, "/isAvailable"),
                ENSURE,
            ],
        ),
        Kind::Group => (
            "microsoft.entra.group",
            &[
                "DisplayName",
                "MailNickname",
                "SecurityEnabled",
                "MailEnabled",
            ],
            vec![
                ("DisplayName", Text, "/displayName"),
                ("MailNickname", Text, "/mailNickname"),
                ("Description", Text, "/description"),
                ("Id", Text, ""),
                ("Members", Texts, ""),
                ("GroupAsMembers", Texts, ""),
                ("GroupTypes", Texts, "/groupTypes"),
                ("MembershipRule", Text, "/membershipRule"),
                (
                    "MembershipRuleProcessingState",
                    One(&["On", "Paused"]),
                    "/membershipRuleProcessingState",
                ),
                ("SecurityEnabled", Flag, "/securityEnabled"),
                ("MailEnabled", Flag, "/mailEnabled"),
                ("IsAssignableToRole", Flag, "/isAssignableToRole"),
                ENSURE,
            ],
        ),
        Kind::TestUser => (
            "microsoft.entra.user",
            &["UserPrincipalName"],
            vec![
                ("UserPrincipalName", Text, "/userPrincipalName"),
                ("DisplayName", Text, "/displayName"),
                ("FirstName", Text, "/givenName"),
                ("LastName", Text, "/surname"),
                ("UsageLocation", Text, "/usageLocation"),
                ("City", Text, "/city"),
                ("Country", Text, "/country"),
                ("Department", Text, "/department"),
                ("MemberOf", Texts, "/memberOf"),
                ("MobilePhone", Text, "/mobilePhone"),
                ("Office", Text, "/officeLocation"),
                ("PreferredLanguage", Text, "/preferredLanguage"),
                ("Title", Text, "/jobTitle"),
                ENSURE,
            ],
        ),
    }
}

fn fits(value: &Value, of: &Type) -> bool {
    let is_one = |value: &Value, known: &[&str]| {
        value
            .as_str()
            .is_some_and(|text| known.iter().any(|one| one.eq_ignore_ascii_case(text)))
    };
    let all = |test: &dyn Fn(&Value) -> bool| {
        value.as_array().is_some_and(|items| items.iter().all(test))
    };
    match of {
        Text => value.is_string(),
        Texts => all(&Value::is_string),
        Flag => value.is_boolean(),
        Number => value.is_i64(),
        One(known) => is_one(value, known),
        Of(known) => all(&|item| is_one(item, known)),
    }
}

/// What the properties say, in Graph's form; and that they are what the schema has.
fn object(kind: Kind, resource: &Value) -> Object {
    let (name, needed, facts) = facts(kind);
    assert_eq!(resource["resourceType"], name);
    let properties = resource["properties"].as_object().unwrap();
    for needed in needed {
        assert!(properties.contains_key(*needed), "{needed}: {resource}");
    }
    let mut out = json!({});
    for (name, value) in properties {
        let Some((_, of, pointer)) = facts.iter().find(|(own, ..)| own == name) else {
            panic!("no property {name} of {kind}");
        };
        assert!(fits(value, of), "{kind} {name}: {value}");
        if pointer.is_empty() {
            continue;
        }
        let mut value = value.clone();
        if matches!(
            name.as_str(),
            "SignInFrequencyType" | "PersistentBrowserMode"
        ) {
            value = value.as_str().unwrap().to_ascii_lowercase().into();
        }
        if name == "TermsOfUse" {
            value = json!([value]);
        }
        let steps: Vec<&str> = pointer.split('/').skip(1).collect();
        let mut at = &mut out;
        for step in &steps[..steps.len() - 1] {
            let map = at.as_object_mut().unwrap();
            at = map
                .entry(*step)
                .or_insert_with(|| Value::Object(Map::new()));
        }
        at[steps[steps.len() - 1]] = value;
    }
    // A condition without its first part is none.
    for guests in [
        "includeGuestsOrExternalUsers",
        "excludeGuestsOrExternalUsers",
    ] {
        let users = out
            .pointer_mut("/conditions/users")
            .and_then(Value::as_object_mut);
        if let Some(users) = users
            && users
                .get(guests)
                .is_some_and(|one| one["guestOrExternalUserTypes"] == json!([]))
        {
            users.shift_remove(guests);
        }
    }
    Object::from_value(kind, &out).unwrap_or_else(|error| panic!("{error}: {out}"))
}

/// Without what several objects say together, and what the schema has no property for.
fn alone(object: &Object) -> Value {
    let mut value = told(object);
    value.as_object_mut().unwrap().shift_remove("members");
    value
}

fn holds(desired: &Desired) {
    let files = utcm::utcm(&source(desired));
    let monitor: Value = serde_json::from_str(file(&files, utcm::MONITOR)).unwrap();
    assert!(monitor["displayName"].is_string() && monitor["baseline"]["displayName"].is_string());
    let resources = monitor["baseline"]["resources"].as_array().unwrap();
    assert_eq!(resources.len(), files.objects.len());
    for manifest in &desired.manifests {
        let (kind, name) = (manifest.kind(), manifest.object.name());
        let is_it =
            |one: &&Value| one["displayName"] == name && one["resourceType"] == facts(kind).0;
        let Some(resource) = resources.iter().find(is_it) else {
            assert!(!lost(&files, name).is_empty(), "{kind} {name} is nowhere");
            continue;
        };
        let found = object(kind, resource);
        if lost(&files, name).is_empty() {
            assert_eq!(alone(&found), alone(&manifest.object), "{kind} {name}");
        }
    }
}

#[test]
fn a_monitor_says_what_the_manifests_say() {
    holds(&desired(ALL));
}

#[test]
fn whatever_the_project_its_monitor_says_the_same() {
    let mut runner = TestRunner::new(Config::with_cases(64));
    let law = |project: Vec<Value>| {
        holds(&desired(&laws::text(&project)));
        Ok(())
    };
    runner.run(&laws::project(), law).unwrap();
}

/// An exclusion that somebody adds is drift only where the baseline says that there is none.
#[test]
fn a_monitor_also_says_what_a_policy_does_not_have() {
    let text = json!({"kind": "ConditionalAccessPolicy", "displayName": "P", "state": "enabled",
        "conditions": {"applications": {"includeApplications": ["All"]}, "users": {"includeUsers": ["All"]}},
        "grantControls": {"operator": "AND", "builtInControls": ["mfa"]}});
    let files = utcm::utcm(&source(&desired(&text.to_string())));
    let monitor: Value = serde_json::from_str(file(&files, utcm::MONITOR)).unwrap();
    let properties = &monitor["baseline"]["resources"][0]["properties"];
    assert_eq!(properties["ExcludeUsers"], json!([]));
    assert_eq!(properties["ExcludeGroups"], json!([]));
    assert_eq!(properties["PersistentBrowserIsEnabled"], json!(false));
    // As the service stores a single control.
    assert_eq!(properties["GrantControlOperator"], "OR");
}
