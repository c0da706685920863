//! The vocabulary of a sign-in: read strictly, written back as it was.

use schemars::schema_for;
use serde_json::{Value, json};

use crate::whatif::{Environment, SignIn};

fn read(value: Value) -> SignIn {
    serde_json::from_value(value).unwrap()
}

/// Every member once.
fn whole() -> Value {
    json!({
        "user": {"name": "ada@contoso.com", "memberOf": ["CA-Pilot"], "roles": ["Global Administrator"],
            "userType": "b2bCollaborationGuest", "externalTenantId": "0f1e2d3c-0000-4000-8000-000000000001",
            "agentUser": true},
        "servicePrincipal": {"name": "my-app", "tags": ["t"], "attributes": {"Set_A": "x"},
            "ownedBy": "tenant", "managedIdentity": true},
        "agentIdentity": {"name": "agent", "blueprint": "b", "attributes": {"Set_A": ["x", "y"]}},
        "application": {"name": "SharePoint Online", "attributes": {"Set_A": ["x"]}, "ownedBy": "microsoft"},
        "applications": ["Office 365 Exchange Online"],
        "userAction": "registerSecurityInformation",
        "authenticationContext": "c1",
        "applicationAttributes": {"Set_Name": ["value"]},
        "scopes": ["openid", "User.Read"],
        "client": {"name": "web", "confidential": true},
        "clientAppType": "browser",
        "devicePlatform": "iOS",
        "ipAddress": "203.0.113.7",
        "country": "NL",
        "compliantNetwork": false,
        "signInRiskLevel": "none",
        "userRiskLevel": "low",
        "insiderRiskLevel": "elevated",
        "servicePrincipalRiskLevel": "high",
        "agentIdRiskLevel": "medium",
        "deviceInfo": {"isCompliant": true, "ownership": "Company", "physicalIds": ["a"], "trustType": "ServerAD", "model": null},
        "authenticationFlow": {"transferMethod": "none", "originalTransferMethod": "deviceCodeFlow"},
        "satisfied": ["mfa", {"name": "fido2", "aaguid": "a"}],
        "environment": {"baselineScopes": "legacy",
            "userActionExclusions": ["registerSecurityInformation", {"userAction": "registerOrJoinDevices", "state": "report-only"}],
            "inboundTrust": {"mfa": true, "compliantDevice": false, "hybrid": false, "partners":
                {"t": {"mfa": true, "compliantDevice": true, "hybrid": false}}},
            "mfaTrustedIps": ["198.51.100.0/24"], "securityDefaults": false,
            "officeApplications": ["a"], "adminPortals": ["b"], "assumeEmpty": ["CA-Exclude"]},
    })
}

#[test]
fn a_sign_in_is_written_as_it_was_read() {
    let value = whole();
    assert_eq!(serde_json::to_value(read(value.clone())).unwrap(), value);
    let plain =
        json!({"user": "ada@contoso.com", "deviceInfo": "unregistered", "country": "unknown"});
    assert_eq!(serde_json::to_value(read(plain.clone())).unwrap(), plain);
    // What is not given is not written.
    assert_eq!(serde_json::to_value(SignIn::default()).unwrap(), json!({}));
}

#[test]
fn the_schema_takes_the_same() {
    let schema = schema_for!(SignIn).to_value();
    let valid = jsonschema::validator_for(&schema).unwrap();
    let faults: Vec<String> = valid.iter_errors(&whole()).map(|e| e.to_string()).collect();
    assert!(faults.is_empty(), "{faults:?}");
    let every: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
    let given = whole();
    let given: Vec<&String> = given.as_object().unwrap().keys().collect();
    assert_eq!(every, given, "`whole` holds every member");
    for wrong in [
        json!({"clientAppType": "all"}),
        json!({"devicePlatform": "all"}),
        json!({"signInRiskLevel": "severe"}),
        json!({"country": "Holland"}),
        json!({"risk": "high"}),
        json!({"deviceInfo": {"colour": "red"}}),
        json!({"environment": {"baselineScope": "legacy"}}),
    ] {
        assert!(!valid.is_valid(&wrong), "{wrong}");
        assert!(
            serde_json::from_value::<SignIn>(wrong.clone()).is_err(),
            "{wrong}"
        );
    }
}

#[test]
fn what_is_none_of_the_words_is_said_with_a_way_out() {
    for (wrong, told) in [
        (
            json!({"clientAppType": "all"}),
            "`all` is not a kind of client: write `browser`",
        ),
        (
            json!({"devicePlatform": "ios12"}),
            "`ios12` is not a platform: did you mean `iOS`?",
        ),
        (
            json!({"signInRiskLevel": "hihg"}),
            "`hihg` is not a level of risk: did you mean `high`?",
        ),
        (
            json!({"insiderRiskLevel": "low"}),
            "`low` is not a level of insider risk: write `none`",
        ),
        (
            json!({"ipAddress": "203.0.113"}),
            "`203.0.113` is not an IP address",
        ),
        (
            json!({"ipAddress": "203.0.113.0/24"}),
            "`203.0.113.0/24` is not an IP address",
        ),
        (
            json!({"country": "XX"}),
            "`XX` is not a country: write its two letters",
        ),
        (
            json!({"userAction": "register"}),
            "`register` is not a user action",
        ),
        (
            json!({"deviceInfo": "managed"}),
            "`managed` is not a device: write `unregistered`",
        ),
        (
            json!({"deviceInfo": {"isCompliant": "maybe"}}),
            "`isCompliant` is true, false or null",
        ),
        (
            json!({"deviceInfo": {"isComplaint": true}}),
            "did you mean `isCompliant`?",
        ),
        (json!({"user": {"groups": []}}), "unknown field `groups`"),
        (
            json!({"environment": {"mfaTrustedIps": ["office"]}}),
            "`office` is not an IP range",
        ),
    ] {
        let error = serde_json::from_value::<SignIn>(wrong.clone()).unwrap_err();
        assert!(error.to_string().contains(told), "{wrong}: {error}");
    }
}

#[test]
fn spellings_of_graph_and_its_logs_are_taken() {
    let sign_in = read(
        json!({"userAction": "urn:user:registerdevice", "ipAddress": "::ffff:203.0.113.7",
        "country": "nl", "deviceInfo": {"trustType": "EntraID", "deviceOwnership": "Company", "isCompliant": "True"}}),
    );
    assert_eq!(
        serde_json::to_value(sign_in).unwrap(),
        json!({"userAction": "registerOrJoinDevices", "ipAddress": "203.0.113.7", "country": "NL",
            "deviceInfo": {"trustType": "AzureAD", "ownership": "Company", "isCompliant": true}})
    );
}

#[test]
fn contradictions_are_refused() {
    for (wrong, pointer) in [
        (
            json!({"application": "a", "userAction": "registerSecurityInformation"}),
            "/userAction",
        ),
        (
            json!({"application": "a", "authenticationContext": "c1"}),
            "/authenticationContext",
        ),
        (
            json!({"userAction": "registerSecurityInformation", "authenticationContext": "c1"}),
            "/authenticationContext",
        ),
        (
            json!({"application": "a", "applications": ["b"]}),
            "/applications",
        ),
        (
            json!({"user": "a", "servicePrincipal": "b"}),
            "/servicePrincipal",
        ),
        (
            json!({"servicePrincipal": "b", "userRiskLevel": "high"}),
            "/userRiskLevel",
        ),
        (
            json!({"user": "b", "servicePrincipalRiskLevel": "high"}),
            "/servicePrincipalRiskLevel",
        ),
        (
            json!({"applications": ["a", "b"], "applicationAttributes": {}}),
            "/applicationAttributes",
        ),
        (
            json!({"user": {"userType": "member", "externalTenantId": "t"}}),
            "/user/externalTenantId",
        ),
        (
            json!({"user": {"userType": "b2bDirectConnectUser", "memberOf": ["g"]}}),
            "/user/memberOf",
        ),
    ] {
        let faults = read(wrong.clone()).faults();
        let pointers: Vec<&str> = faults.iter().map(|f| f.pointer.as_str()).collect();
        assert_eq!(pointers, [pointer], "{wrong}: {faults:?}");
    }
    assert_eq!(read(json!({"user": "a", "application": "b"})).faults(), []);
}

#[test]
fn an_environment_is_laid_over_another() {
    let of = |value: Value| serde_json::from_value::<Environment>(value).unwrap();
    let base =
        of(json!({"baselineScopes": "legacy", "securityDefaults": true, "assumeEmpty": ["a"]}));
    let own = of(json!({"securityDefaults": false}));
    assert_eq!(
        own.over(&base),
        of(json!({"baselineScopes": "legacy", "securityDefaults": false, "assumeEmpty": ["a"]}))
    );
}
