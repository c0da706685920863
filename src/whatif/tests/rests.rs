//! What an answer rests on: facts that are open, defaults, and why a policy does not apply; and the
//! form in which it is written.

use serde_json::{Value, json};

use super::answers::{asks, judged, meets, on, policy, result, session, told};
use super::*;

#[test]
fn the_state_of_the_device_is_open_where_neither_the_device_nor_the_list_says_it() {
    let compliant = || on("A", asks("OR", &["compliantDevice"]));
    let hybrid = || on("A", asks("OR", &["domainJoinedDevice"]));
    let with = |device: Value, list: &[&str]| json!({"deviceInfo": device, "satisfied": list});
    for (policy, device, list, ending) in [
        (
            compliant(),
            Value::Null,
            &[][..],
            "unknown: compliantDevice; missing deviceInfo.isCompliant",
        ),
        (
            compliant(),
            Value::Null,
            &["mfa"],
            "unknown: compliantDevice; missing deviceInfo.isCompliant",
        ),
        (
            compliant(),
            json!({"trustType": "ServerAD"}),
            &[],
            "unknown: compliantDevice; missing deviceInfo.isCompliant",
        ),
        (
            compliant(),
            json!({"isCompliant": true}),
            &[],
            "granted: compliantDevice",
        ),
        (
            compliant(),
            json!({"isCompliant": false}),
            &[],
            "blocked: compliantDevice",
        ),
        (
            compliant(),
            json!({"isCompliant": null}),
            &[],
            "blocked: compliantDevice",
        ),
        (
            compliant(),
            json!("unregistered"),
            &[],
            "blocked: compliantDevice",
        ),
        (
            compliant(),
            Value::Null,
            &["compliantDevice"],
            "granted: compliantDevice",
        ),
        (
            hybrid(),
            Value::Null,
            &[],
            "unknown: domainJoinedDevice; missing deviceInfo.trustType",
        ),
        (
            hybrid(),
            json!({"isCompliant": true}),
            &[],
            "unknown: domainJoinedDevice; missing deviceInfo.trustType",
        ),
        (
            hybrid(),
            json!({"trustType": "ServerAD"}),
            &[],
            "granted: domainJoinedDevice",
        ),
        (
            hybrid(),
            json!({"trustType": "Workplace"}),
            &[],
            "blocked: domainJoinedDevice",
        ),
        (
            hybrid(),
            Value::Null,
            &["domainJoinedDevice"],
            "granted: domainJoinedDevice",
        ),
        // What nobody can meet there no device meets.
        (
            on("A", asks("OR", &["mfa", "compliantDevice"])),
            Value::Null,
            &["mfa"],
            "granted: mfa | compliantDevice",
        ),
        (
            on("A", asks("OR", &["mfa", "compliantDevice"])),
            Value::Null,
            &[],
            "unknown: mfa | compliantDevice; missing deviceInfo.isCompliant",
        ),
        // Nothing of a sign-in says which application is used: the list is complete.
        (
            on("A", asks("OR", &["compliantApplication"])),
            Value::Null,
            &[],
            "blocked: compliantApplication",
        ),
    ] {
        let given = with(device, list);
        assert_eq!(
            told(std::slice::from_ref(&policy), given.clone()),
            ending,
            "{given}"
        );
    }
    let code = json!({"authenticationFlow": {"transferMethod": "deviceCodeFlow"}});
    assert_eq!(
        told(&[compliant()], laid(with(Value::Null, &[]), &code)),
        "blocked: compliantDevice; hidden block"
    );
    // As the log would say it.
    assert_eq!(result(&compliant(), with(Value::Null, &[])), "unknown");
    assert_eq!(
        result(&compliant(), with(json!("unregistered"), &[])),
        "failure"
    );
}

#[test]
fn what_hangs_on_a_fact_is_said_and_what_does_not_is_not() {
    let risky = |name: &str, grant| {
        policy(
            name,
            "enabled",
            json!({"signInRiskLevels": ["high"]}),
            grant,
        )
    };
    let mfa = || on("A", asks("OR", &["mfa"]));
    let unknown = || json!({"signInRiskLevel": null});
    assert_eq!(
        told(&[risky("B", asks("OR", &["block"]))], unknown()),
        "unknown: ; missing signInRiskLevel"
    );
    assert_eq!(
        told(&[risky("B", asks("OR", &["mfa"]))], unknown()),
        "granted: ; missing signInRiskLevel"
    );
    assert_eq!(
        told(&[mfa(), risky("B", asks("OR", &["mfa"]))], unknown()),
        "granted: mfa"
    );
    assert_eq!(
        told(&[mfa(), risky("B", asks("OR", &["block"]))], unknown()),
        "unknown: mfa; missing signInRiskLevel"
    );
    assert_eq!(
        told(
            &[
                on("B", asks("OR", &["block"])),
                risky("C", asks("OR", &["block"]))
            ],
            unknown()
        ),
        "blocked: "
    );
    // What is met anyway asks for nothing more.
    assert_eq!(
        told(
            &[risky("B", asks("OR", &["mfa"]))],
            laid(unknown(), &meets(&["mfa"]))
        ),
        "granted: ; missing signInRiskLevel"
    );
    assert_eq!(
        told(
            &[risky("B", asks("OR", &["mfa"]))],
            laid(unknown(), &meets(&[]))
        ),
        "unknown: ; missing signInRiskLevel"
    );
    assert_eq!(
        told(
            &[mfa(), risky("B", asks("OR", &["compliantDevice"]))],
            laid(unknown(), &meets(&[]))
        ),
        "unknown: mfa; missing signInRiskLevel"
    );
    // Whether it is interrupted or blocked may hang on the client.
    assert_eq!(
        told(&[mfa()], json!({"clientAppType": null, "satisfied": []})),
        "unknown: mfa; missing clientAppType"
    );
    // A session control that would change nothing is not worth a fact.
    let frequency = |name: &str, conditions: Value, hours: u32| {
        policy_of(
            name,
            "enabled",
            &conditions,
            &Value::Null,
            &json!({"signInFrequency": {"isEnabled": true, "type": "hours", "value": hours}}),
        )
    };
    let risk = || json!({"signInRiskLevels": ["high"]});
    assert_eq!(
        told(
            &[frequency("A", json!({}), 1), frequency("B", risk(), 4)],
            unknown()
        ),
        "granted: "
    );
    assert_eq!(
        told(
            &[frequency("A", json!({}), 4), frequency("B", risk(), 1)],
            unknown()
        ),
        "granted: ; missing signInRiskLevel"
    );
}

#[test]
fn an_answer_says_the_defaults_that_it_rests_on() {
    let policies = [
        on("A", asks("OR", &["compliantDevice"])),
        policy(
            "B",
            "enabled",
            json!({"locations": {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}}),
            asks("OR", &["mfa"]),
        ),
        policy(
            "C",
            "enabled",
            json!({"users": {"includeUsers": ["All"], "excludeGroups": ["CA-Exclude"]}}),
            asks("OR", &["mfa"]),
        ),
    ];
    let told = |changes: Value| judged(&contoso(), &policies, changes).assumptions;
    let trusted = "the per-user MFA settings trust no address";
    assert_eq!(told(json!({})), [trusted]);
    assert_eq!(
        told(json!({"environment": {"mfaTrustedIps": []}})),
        Vec::<String>::new()
    );
    assert_eq!(
        told(json!({"ipAddress": "2001:db8::1"})),
        Vec::<String>::new()
    );
    assert_eq!(
        told(
            json!({"user": {"userType": "b2bCollaborationGuest"}, "application": "Payroll", "ipAddress": "2001:db8::1"})
        ),
        [
            "`Payroll` is an application of the tenant's own",
            "claims of home tenants are not trusted"
        ]
    );
    assert_eq!(
        told(
            json!({"user": {"memberOf": null}, "ipAddress": "2001:db8::1", "environment": {"assumeEmpty": ["CA-Exclude"]}})
        ),
        ["nobody is in the group `CA-Exclude`"]
    );
    assert_eq!(
        told(
            json!({"application": null, "applicationAttributes": null, "scopes": ["User.Read"], "ipAddress": "2001:db8::1"})
        ),
        [
            "requests for only low-privilege scopes count as access to Windows Azure Active Directory"
        ]
    );
    assert_eq!(
        told(
            json!({"application": null, "applicationAttributes": null, "userAction": "registerSecurityInformation", "ipAddress": "2001:db8::1"})
        ),
        ["no user action is exempt from policies on all resources"]
    );
}

#[test]
fn the_outcome_has_the_documented_shape() {
    let policies = [
        on("CA101", asks("OR", &["mfa"])),
        policy(
            "CA102",
            "enabledForReportingButNotEnforced",
            json!({}),
            asks("OR", &["compliantDevice"]),
        ),
        policy(
            "CA103",
            "enabled",
            json!({"clientAppTypes": ["other"]}),
            asks("OR", &["block"]),
        ),
        policy(
            "CA104",
            "enabled",
            json!({"signInRiskLevels": ["high"]}),
            asks("OR", &["block"]),
        ),
        session(
            "CA105",
            json!({"signInFrequency": {"isEnabled": true, "type": "hours", "value": 12}}),
        ),
    ];
    let outcome = judged(&contoso(), &policies, json!({"signInRiskLevel": null}));
    insta::assert_snapshot!(serde_json::to_string_pretty(&outcome).unwrap());
}

#[test]
fn a_whole_sign_in_leaves_nothing_open() {
    let policies = [policy(
        "A",
        "enabled",
        json!({"users": {"includeUsers": ["All"], "excludeGroups": [PILOT]},
            "locations": {"includeLocations": ["All"], "excludeLocations": ["Office", "Benelux"]},
            "signInRiskLevels": ["none"], "userRiskLevels": ["none"], "clientAppTypes": ["browser"],
            "platforms": {"includePlatforms": ["windows"]}, "authenticationFlows": {"transferMethods": "deviceCodeFlow"},
            "insiderRiskLevels": "minor", "devices": {"deviceFilter": {"mode": "exclude", "rule": "device.model -eq \"x\""}}}),
        asks("OR", &["mfa"]),
    )];
    let compiled = CompiledPolicies::new(&policies, &contoso());
    let whole =
        compiled.complete(serde_json::from_value(json!({"application": SHAREPOINT})).unwrap());
    let outcome = compiled.outcome(&whole).unwrap();
    assert_eq!(outcome.policies[0].applies, Some(false));
    assert_eq!(outcome.enforced.missing, Vec::<String>::new());
    assert_eq!(
        serde_json::to_value(&whole).unwrap(),
        json!({"user": {"memberOf": [], "roles": [], "userType": "member"}, "application": SHAREPOINT,
            "clientAppType": "browser", "devicePlatform": "windows", "ipAddress": "203.0.113.1", "country": "AD",
            "compliantNetwork": false, "signInRiskLevel": "none", "userRiskLevel": "none", "insiderRiskLevel": "none",
            "deviceInfo": "unregistered", "authenticationFlow": {"transferMethod": "none"}})
    );
}

#[test]
fn names_that_nothing_knows_are_told_with_what_was_meant() {
    let policies = [policy(
        "A",
        "enabled",
        json!({"users": {"includeGroups": ["CA-Pilot"]},
        "applications": {"includeApplications": ["Payroll"]}}),
        asks("OR", &["mfa"]),
    )];
    let compiled = CompiledPolicies::new(&policies, &contoso());
    let given: SignIn = serde_json::from_value(json!({"user": {"name": "nobody@contoso.com",
        "memberOf": ["CA-Pilot", "CA-Pilto", "CA-Inner"], "roles": ["Global Administrator", "Globl Administrator"]},
        "applications": ["Payroll", "Payrol", "SharePoint Online"]})).unwrap();
    let found: Vec<(String, Option<String>)> = compiled
        .unknown_names(&given)
        .into_iter()
        .map(|unknown| (unknown.pointer, unknown.meant))
        .collect();
    let of = |pointer: &str, meant: Option<&str>| (pointer.to_owned(), meant.map(str::to_owned));
    assert_eq!(
        found,
        [
            of("/user", None),
            of("/user/memberOf/1", Some("CA-Pilot")),
            of("/user/roles/1", Some("Global Administrator")),
            of("/applications/1", Some("Payroll")),
        ]
    );
}

/// Who is excluded, and who is not included, are told apart.
#[test]
fn a_condition_that_rules_a_policy_out_says_by_which_side() {
    let world = contoso();
    let who = |users: Value| json!({"users": users});
    let place =
        json!({"locations": {"includeLocations": ["All"], "excludeLocations": ["Benelux"]}});
    let policies = [
        blocks(&who(
            json!({"includeUsers": ["All"], "excludeGroups": ["CA-Pilot"]}),
        )),
        blocks(&who(
            json!({"includeUsers": ["All"], "excludeRoles": ["Global Administrator"]}),
        )),
        blocks(&who(
            json!({"includeGroups": ["CA-Other"], "excludeGroups": ["CA-Pilot"]}),
        )),
        blocks(
            &json!({"platforms": {"includePlatforms": ["all"], "excludePlatforms": ["windows"]}}),
        ),
        blocks(&json!({"platforms": {"includePlatforms": ["iOS"]}})),
        blocks(
            &json!({"applications": {"includeApplications": ["All"], "excludeApplications": ["Payroll"]}}),
        ),
        blocks(&json!({"clientAppTypes": ["other"]})),
        blocks(&place),
    ];
    let user = json!({"user": {"memberOf": ["CA-Pilot"], "roles": ["Global Administrator"]},
        "application": "Payroll", "devicePlatform": "windows", "clientAppType": "browser"});
    let told: Vec<(Option<bool>, Vec<String>)> = (policies.iter())
        .map(|policy| {
            let outcome = judged(&world, std::slice::from_ref(policy), user.clone());
            let one = outcome.policies.into_iter().next().unwrap();
            (one.excluded, one.excluded_by)
        })
        .collect();
    let by = |text: &str| (Some(true), vec![text.to_owned()]);
    assert_eq!(told[0], by("group CA-Pilot"));
    assert_eq!(told[1], by("role Global Administrator"));
    assert_eq!(told[2], (Some(false), vec![]));
    assert_eq!(told[3], (Some(true), vec![]));
    assert_eq!(told[4], (Some(false), vec![]));
    assert_eq!(told[5], (Some(true), vec![]));
    assert_eq!(told[6], (None, vec![]));
    assert_eq!(told[7], (Some(true), vec![]));
}
