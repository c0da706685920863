//! Cases whose answers Microsoft or somebody who tried them has published. The numbers are
//! those of `docs/whatif.md`, "Published cases".

use serde_json::{Value, json};

use super::*;

const EXCHANGE: &str = "00000002-0000-0ff1-ce00-000000000000";
const REPORT_ONLY: &str = "enabledForReportingButNotEnforced";

fn grant(operator: &str, controls: &[&str]) -> Value {
    json!({"operator": operator, "builtInControls": controls})
}

fn strength(name: &str) -> Value {
    json!({"operator": "OR", "authenticationStrength": {"id": name}})
}

fn policy(name: &str, state: &str, conditions: Value, grant: Value) -> ConditionalAccessPolicy {
    policy_of(name, state, &conditions, &grant, &Value::Null)
}

fn legacy_block() -> ConditionalAccessPolicy {
    let clients = json!({"clientAppTypes": ["exchangeActiveSync", "other"], "users": {"includeUsers": ["All"], "excludeUsers": [BOB]}});
    policy("CA003", "enabled", clients, grant("OR", &["block"]))
}

/// For each policy whether it applies, or why not.
fn applied(policies: &[ConditionalAccessPolicy], changes: Value) -> Vec<String> {
    let compiled = CompiledPolicies::new(policies, &contoso());
    let outcome = compiled.outcome(&sign_in(&changes)).unwrap();
    let policies = outcome.policies.iter();
    policies
        .map(|policy| match (policy.applies, policy.reason) {
            (Some(true), _) => "yes".to_owned(),
            (_, Some(reason)) => reason.to_string(),
            _ => format!("unknown: {}", policy.missing.join(", ")),
        })
        .collect()
}

/// What each policy did, by the words of the log.
fn logged(policies: &[ConditionalAccessPolicy], changes: Value) -> Vec<&'static str> {
    let compiled = CompiledPolicies::new(policies, &contoso());
    let prepared = compiled.prepare(&sign_in(&changes)).unwrap();
    let judgement = compiled.judge(&prepared);
    let applies = judgement.iter().enumerate();
    applies
        .map(|(at, applies)| compiled.result(at, &prepared, applies).as_str())
        .collect()
}

fn ends(policies: &[ConditionalAccessPolicy], changes: Value) -> Ending {
    let compiled = CompiledPolicies::new(policies, &contoso());
    compiled
        .outcome(&sign_in(&changes))
        .unwrap()
        .enforced
        .outcome
}

/// 1 to 4: a policy on four conditions, of which a request states more and more.
#[test]
fn every_condition_must_be_stated() {
    let world = world(&[
        json!({"kind": "NamedLocation", "displayName": "US", "countriesAndRegions": ["US"]}),
    ]);
    let conditions = json!({"applications": {"includeApplications": ["Office365"]},
        "locations": {"includeLocations": ["US"]}, "signInRiskLevels": ["high"]});
    let mut request = json!({"user": ADA});
    let mut told = Vec::new();
    let compiled = CompiledPolicies::new(&[blocks(&conditions)], &world);
    for (member, value) in [
        ("user", ADA),
        ("application", SHAREPOINT),
        ("country", "US"),
        ("signInRiskLevel", "high"),
    ] {
        request[member] = json!(value);
        let given: SignIn = serde_json::from_value(request.clone()).unwrap();
        // What is not stated is not known; the ordinary in its place does not match.
        let ordinary = compiled.outcome(&compiled.complete(given.clone())).unwrap();
        told.push((
            says(&world, &conditions, &given),
            ordinary.policies[0].applies,
        ));
    }
    let of = |text: &str, applies| (text.to_owned(), Some(applies));
    assert_eq!(
        told,
        [
            of("unknown: application, country, signInRiskLevel", false),
            of("unknown: country, signInRiskLevel", false),
            of("unknown: signInRiskLevel", false),
            of("yes", true),
        ]
    );
}

/// 9 to 14: all resources but a confidential client and Exchange, and scopes of low privilege.
#[test]
fn scopes_of_low_privilege() {
    let conditions = json!({"applications": {"includeApplications": ["All"], "excludeApplications": ["web", EXCHANGE]}});
    let mfa = policy("CA1", "enabled", conditions, grant("OR", &["mfa"]));
    let told = |mode: &str, application: Value, client: Value, scopes: Value| {
        let changes = json!({"application": application, "applicationAttributes": null, "client": client,
            "scopes": scopes, "environment": {"baselineScopes": mode}});
        applied(std::slice::from_ref(&mfa), changes)[0] == "yes"
    };
    let public = || json!({"name": "tool", "confidential": false});
    let web = || json!({"name": "web", "confidential": true});
    for (number, application, client, scopes, before, after) in [
        (
            9,
            Value::Null,
            public(),
            json!(["openid", "profile"]),
            false,
            true,
        ),
        (10, Value::Null, public(), json!(["User.Read"]), false, true),
        (
            11,
            Value::Null,
            web(),
            json!(["User.Read", "People.Read"]),
            false,
            true,
        ),
        (
            12,
            json!(SHAREPOINT),
            web(),
            json!(["offline_access", "Files.Read"]),
            true,
            true,
        ),
        (
            13,
            json!(EXCHANGE),
            public(),
            json!(["offline_access", "Mail.Read"]),
            false,
            false,
        ),
        (
            14,
            Value::Null,
            web(),
            json!(["openid", "profile"]),
            false,
            false,
        ),
    ] {
        assert_eq!(
            told(
                "legacy",
                application.clone(),
                client.clone(),
                scopes.clone()
            ),
            before,
            "{number} before"
        );
        assert_eq!(
            told("directory", application, client, scopes),
            after,
            "{number} after"
        );
    }
}

/// 16 and 18, 19: device code flow, an excluded user, a device that is joined and no more.
#[test]
fn what_a_lab_has_seen() {
    let device = || grant("OR", &["compliantDevice", "domainJoinedDevice"]);
    let policies = [
        legacy_block(),
        policy("CA004", "enabled", json!({}), grant("OR", &["mfa"])),
        policy("CA005", REPORT_ONLY, json!({}), device()),
    ];
    let flow = json!({"clientAppType": "mobileAppsAndDesktopClients", "satisfied": ["mfa"],
        "authenticationFlow": {"transferMethod": "none", "originalTransferMethod": "deviceCodeFlow"}});
    assert_eq!(
        logged(&policies, flow.clone()),
        ["notApplied", "success", "reportOnlyFailure"]
    );
    assert_eq!(applied(&policies, flow)[0], "clientApps");
    let excluded = json!({"user": {"name": BOB}});
    assert_eq!(applied(&[legacy_block()], excluded), ["users"]);
    assert_eq!(applied(&[legacy_block()], json!({})), ["clientApps"]);
    let joined =
        json!({"deviceInfo": {"isCompliant": false, "trustType": "AzureAD"}, "satisfied": ["mfa"]});
    assert_eq!(logged(&policies, joined)[2], "reportOnlyFailure");
}

/// 23, 24, 26: samples of the sign-in log and of Graph.
#[test]
fn what_logs_show() {
    let policies = [
        legacy_block(),
        policy("CA004", "enabled", json!({}), grant("OR", &["mfa"])),
    ];
    assert_eq!(
        logged(&policies, json!({"satisfied": ["mfa"]})),
        ["notApplied", "success"]
    );
    assert_eq!(applied(&policies, json!({})), ["clientApps", "yes"]);
    let admins = json!({"users": {"includeUsers": ["All"], "excludeGroups": [PILOT]}});
    let others = json!({"applications": {"includeApplications": [SHAREPOINT]}, "users": {"includeUsers": [BOB]}});
    let policies = [
        policy("A", REPORT_ONLY, admins, strength("Phishing-resistant MFA")),
        policy("B", "enabled", others, grant("OR", &["mfa"])),
        policy("C", "disabled", json!({}), grant("OR", &["mfa"])),
    ];
    assert_eq!(
        logged(&policies, json!({})),
        ["reportOnlyNotApplied", "notApplied", "notEnabled"]
    );
    assert_eq!(
        applied(&policies, json!({})),
        ["users", "application", "policyNotEnabled"]
    );
}

/// 29 and 31: strengths together, and after methods that were used before.
#[test]
fn strengths_and_the_methods_used() {
    let both = [
        policy(
            "A",
            "enabled",
            json!({}),
            strength("Phishing-resistant MFA"),
        ),
        policy(
            "B",
            "enabled",
            json!({}),
            strength("Multifactor authentication"),
        ),
    ];
    assert_eq!(
        ends(&both, json!({"satisfied": ["fido2"]})),
        Ending::Granted
    );
    let disjoint = world(&[
        json!({"kind": "AuthenticationStrength", "displayName": "Key", "allowedCombinations": ["fido2"]}),
        json!({"kind": "AuthenticationStrength", "displayName": "Text", "allowedCombinations": ["password,sms"]}),
    ]);
    let policies = [
        policy("A", "enabled", json!({}), strength("Key")),
        policy("B", "enabled", json!({}), strength("Text")),
    ];
    let compiled = CompiledPolicies::new(&policies, &disjoint);
    for (list, ending) in [
        (json!(["fido2"]), Ending::Interrupted),
        (json!(["password,sms"]), Ending::Interrupted),
        (json!(["fido2", "password,sms"]), Ending::Granted),
    ] {
        let outcome = compiled
            .outcome(&sign_in(&json!({"satisfied": list})))
            .unwrap();
        assert_eq!(outcome.enforced.outcome, ending, "{list}");
    }
    let used = json!({"satisfied": ["password,sms"]});
    assert_eq!(ends(&both[1..], used.clone()), Ending::Granted);
    assert_eq!(ends(&both[..1], used), Ending::Interrupted);
}

/// 33: an unregistered device; 35: the emergency account.
#[test]
fn devices_and_emergency_accounts() {
    let of = |rule: &str| {
        let filter = json!({"devices": {"deviceFilter": {"mode": "include", "rule": rule}}});
        applied(&[blocks(&filter)], json!({"deviceInfo": "unregistered"}))
    };
    assert_eq!(of(r#"device.model -startsWith "x""#), ["devices"]);
    assert_eq!(of(r#"device.model -notStartsWith "x""#), ["yes"]);
    let excluding = |conditions: Value| {
        laid(
            conditions,
            &json!({"users": {"includeUsers": ["All"], "excludeGroups": ["CA-BreakGlass"]}}),
        )
    };
    let policies = [
        policy("A", "enabled", excluding(json!({})), grant("OR", &["mfa"])),
        policy(
            "B",
            "enabled",
            excluding(json!({"clientAppTypes": ["exchangeActiveSync", "other"]})),
            grant("OR", &["block"]),
        ),
    ];
    let emergency = json!({"user": {"memberOf": ["CA-BreakGlass"]}, "application": EXCHANGE, "clientAppType": "exchangeActiveSync"});
    assert_eq!(applied(&policies, emergency.clone()), ["users", "users"]);
    assert_eq!(ends(&policies, emergency), Ending::Granted);
}
