//! What becomes of a sign-in: what is required, when it is stopped, what holds in the session.

use serde_json::{Value, json};

use super::*;

/// The lines of `docs/whatif.md` that are tested here.
pub(super) const NUMBERS: &[&str] = &[
    "1.3", "1.4", "1.5", "1.6", "1.9", "1.10", "1.11", "1.12", "1.13", "1.14", "1.15", "1.16",
    "1.17", "1.18",
];

/// A policy: its name, state, conditions, grant controls.
pub(super) fn policy(
    name: &str,
    state: &str,
    conditions: Value,
    grant: Value,
) -> ConditionalAccessPolicy {
    policy_of(name, state, &conditions, &grant, &Value::Null)
}

pub(super) fn asks(operator: &str, controls: &[&str]) -> Value {
    json!({"operator": operator, "builtInControls": controls})
}

fn strength(name: &str) -> Value {
    json!({"operator": "OR", "builtInControls": [], "authenticationStrength": {"id": name}})
}

/// An enforced policy for every sign-in.
pub(super) fn on(name: &str, grant: Value) -> ConditionalAccessPolicy {
    policy(name, "enabled", json!({}), grant)
}

pub(super) fn session(name: &str, session: Value) -> ConditionalAccessPolicy {
    policy_of(name, "enabled", &json!({}), &Value::Null, &session)
}

pub(super) fn judged(
    world: &World,
    policies: &[ConditionalAccessPolicy],
    changes: Value,
) -> Outcome {
    let compiled = CompiledPolicies::new(policies, world);
    let outcome = compiled.outcome(&sign_in(&changes));
    outcome.unwrap_or_else(|faults| panic!("{changes}: {faults:?}"))
}

/// `outcome: all of [any | of], ...`, `hidden block`, `missing`.
fn shown(effect: &Consequence) -> String {
    let lists = effect.requires.iter().map(|list| {
        let names: Vec<&str> = list.iter().map(|name| &**name).collect();
        names.join(" | ")
    });
    let mut text = format!(
        "{}: {}",
        effect.outcome,
        lists.collect::<Vec<_>>().join(", ")
    );
    if effect.hidden_block {
        text.push_str("; hidden block");
    }
    if !effect.missing.is_empty() {
        text.push_str(&format!("; missing {}", effect.missing.join(", ")));
    }
    text
}

pub(super) fn told(policies: &[ConditionalAccessPolicy], changes: Value) -> String {
    shown(&judged(&contoso(), policies, changes).enforced)
}

/// What one policy did, by the words of the log.
pub(super) fn result(policy: &ConditionalAccessPolicy, changes: Value) -> &'static str {
    let compiled = CompiledPolicies::new(std::slice::from_ref(policy), &contoso());
    let prepared = compiled.prepare(&sign_in(&changes)).unwrap();
    let applies = compiled.judge(&prepared).applies(0).unwrap();
    compiled.result(0, &prepared, applies).as_str()
}

pub(super) fn meets(list: &[&str]) -> Value {
    // The ordinary device is none that the tenant knows.
    let of_device = [
        "compliantDevice",
        "domainJoinedDevice",
        "secureSignInSession",
        "windowsHelloForBusiness",
    ];
    match list.iter().any(|held| of_device.contains(held)) {
        true => json!({ "satisfied": list, "deviceInfo": {"model": "Surface"} }),
        false => json!({ "satisfied": list }),
    }
}

#[test]
fn every_policy_that_applies_must_be_met_and_a_block_ends_it() {
    // 1.9
    assert_eq!(told(&[], json!({})), "granted: ");
    let mfa = || on("A", asks("OR", &["mfa"]));
    // 1.3
    assert_eq!(told(&[mfa()], json!({})), "granted: mfa");
    let block = || on("B", asks("OR", &["block"]));
    assert_eq!(told(&[mfa(), block()], json!({})), "blocked: ");
    assert_eq!(told(&[mfa(), block()], meets(&["mfa"])), "blocked: ");
    assert_eq!(told(&[mfa()], meets(&["mfa"])), "granted: mfa");
    assert_eq!(told(&[mfa()], meets(&[])), "interrupted: mfa");
    let elsewhere = policy(
        "C",
        "enabled",
        json!({"clientAppTypes": ["other"]}),
        asks("OR", &["block"]),
    );
    assert_eq!(told(&[mfa(), elsewhere], json!({})), "granted: mfa");
    // 1.4
    let either = || on("D", asks("OR", &["compliantDevice", "mfa"]));
    assert_eq!(
        told(&[either()], json!({})),
        "granted: mfa | compliantDevice"
    );
    assert_eq!(
        told(&[either()], meets(&["compliantDevice"])),
        "granted: mfa | compliantDevice"
    );
    assert_eq!(
        told(&[either()], meets(&[])),
        "interrupted: mfa | compliantDevice"
    );
    let both = || on("E", asks("AND", &["compliantDevice", "mfa"]));
    assert_eq!(told(&[both()], json!({})), "granted: mfa, compliantDevice");
    // Nothing can be done about a device.
    assert_eq!(
        told(&[both()], meets(&["mfa"])),
        "blocked: mfa, compliantDevice"
    );
    let terms = on(
        "F",
        json!({"operator": "AND", "builtInControls": ["mfa"], "termsOfUse": ["House rules"],
        "customAuthenticationFactors": ["Duo"]}),
    );
    assert_eq!(
        told(std::slice::from_ref(&terms), json!({})),
        "granted: mfa, termsOfUse House rules, customAuthenticationFactor Duo"
    );
    assert_eq!(
        told(&[terms], meets(&["mfa", "House rules", "Duo"])),
        "granted: mfa, termsOfUse House rules, customAuthenticationFactor Duo"
    );
    assert_eq!(
        told(
            &[on("G", json!({"operator": "OR", "builtInControls": []}))],
            json!({})
        ),
        "granted: "
    );
    // 1.18
    let off = policy("H", "disabled", json!({}), asks("OR", &["block"]));
    let outcome = judged(&contoso(), &[off], json!({}));
    assert_eq!(outcome.enforced.outcome, Ending::Granted);
    assert_eq!(outcome.policies[0].reason, Some(Reason::PolicyNotEnabled));
    assert_eq!(outcome.report_only, None);
    let odd = policy("I", "paused", json!({}), asks("OR", &["block"]));
    assert_eq!(told(&[odd], json!({})), "unknown: ; missing state");
}

#[test]
fn what_is_asked_for_stands_in_the_order_of_asking() {
    // 1.5
    let all = on(
        "A",
        json!({"operator": "AND", "builtInControls": ["passwordChange", "compliantApplication",
        "approvedApplication", "domainJoinedDevice", "compliantDevice", "mfa"],
        "termsOfUse": ["T"], "customAuthenticationFactors": ["C"]}),
    );
    assert_eq!(
        told(&[all], json!({"devicePlatform": "iOS"})),
        "granted: mfa, compliantDevice, domainJoinedDevice, approvedApplication, compliantApplication, \
         passwordChange, termsOfUse T, customAuthenticationFactor C; hidden block"
    );
}

#[test]
fn a_list_that_another_implies_is_dropped() {
    let mfa = || on("A", asks("OR", &["mfa"]));
    let strong = || on("B", strength("Phishing-resistant MFA"));
    let plain = || on("C", strength("Multifactor authentication"));
    assert_eq!(
        told(&[mfa(), strong()], json!({})),
        "granted: Phishing-resistant MFA"
    );
    assert_eq!(
        told(&[plain(), strong()], json!({})),
        "granted: Phishing-resistant MFA"
    );
    assert_eq!(
        told(&[mfa(), plain()], json!({})),
        "granted: Multifactor authentication"
    );
    let either = || on("D", asks("OR", &["mfa", "compliantDevice"]));
    assert_eq!(told(&[mfa(), either()], json!({})), "granted: mfa");
    let mixed = || {
        on(
            "E",
            json!({"operator": "OR", "builtInControls": ["compliantDevice"],
        "authenticationStrength": {"id": "Phishing-resistant MFA"}}),
        )
    };
    assert_eq!(
        told(&[either(), mixed()], json!({})),
        "granted: Phishing-resistant MFA | compliantDevice"
    );
    assert_eq!(
        told(&[plain(), mixed()], json!({})),
        "granted: Multifactor authentication, Phishing-resistant MFA | compliantDevice"
    );
    assert_eq!(
        told(&[strong(), mixed()], json!({})),
        "granted: Phishing-resistant MFA"
    );
    // Inside a list, whoever meets the stronger one meets the weaker one.
    let loose = on(
        "F",
        json!({"operator": "OR", "builtInControls": ["mfa"],
        "authenticationStrength": {"id": "Phishing-resistant MFA"}}),
    );
    assert_eq!(told(&[loose], json!({})), "granted: mfa");
    // Nothing else implies anything.
    let device = on("G", asks("OR", &["compliantDevice"]));
    let joined = on("H", asks("OR", &["domainJoinedDevice"]));
    assert_eq!(
        told(&[device, joined], json!({})),
        "granted: compliantDevice, domainJoinedDevice"
    );
}

#[test]
fn strengths_imply_each_other_by_what_they_allow() {
    let strengths = |name: &str, combinations: Value, limits: Value| {
        json!({"kind": "AuthenticationStrength", "displayName": name,
            "allowedCombinations": combinations, "combinationConfigurations": limits})
    };
    let limit = |keys: Value| json!([{"appliesToCombinations": ["fido2"], "allowedAAGUIDs": keys}]);
    let world = world(&[
        strengths("Keys", json!(["fido2"]), json!([])),
        strengths("Keys again", json!(["fido2"]), json!([])),
        strengths("Our keys", json!(["fido2"]), limit(json!(["a", "b"]))),
        strengths("My key", json!(["fido2"]), limit(json!(["A"]))),
        strengths(
            "Keys or hello",
            json!(["fido2", "windowsHelloForBusiness"]),
            json!([]),
        ),
        strengths("Text", json!(["password, sms"]), json!([])),
        strengths("Word alone", json!(["password"]), json!([])),
    ]);
    let told = |names: &[&str], changes: Value| {
        let policies: Vec<_> = names.iter().map(|name| on(name, strength(name))).collect();
        shown(&judged(&world, &policies, changes).enforced)
    };
    assert_eq!(told(&["Keys", "Keys or hello"], json!({})), "granted: Keys");
    assert_eq!(
        told(&["Keys", "Our keys", "My key"], json!({})),
        "granted: My key"
    );
    // Two that allow the same: the first by name.
    assert_eq!(told(&["Keys again", "Keys"], json!({})), "granted: Keys");
    assert_eq!(told(&["Keys", "Text"], json!({})), "granted: Keys, Text");
    assert_eq!(
        told(&["Keys", "Unheard of"], json!({})),
        "granted: Keys, Unheard of"
    );
    let mfa = |name: &str| {
        let policies = [on("A", asks("OR", &["mfa"])), on("B", strength(name))];
        shown(&judged(&world, &policies, json!({})).enforced)
    };
    assert_eq!(mfa("Text"), "granted: Text");
    assert_eq!(mfa("Word alone"), "granted: mfa, Word alone");
    assert_eq!(mfa("Unheard of"), "granted: mfa, Unheard of");

    // 1.10: each must be satisfied, by whatever methods.
    assert_eq!(
        told(&["Keys", "Text"], meets(&["fido2"])),
        "interrupted: Keys, Text"
    );
    assert_eq!(
        told(&["Keys", "Text"], meets(&["fido2", "password,sms"])),
        "granted: Keys, Text"
    );
    assert_eq!(
        told(&["Keys", "Keys or hello"], meets(&["fido2"])),
        "granted: Keys"
    );
    // The limits of a combination count.
    assert_eq!(
        told(&["Our keys"], meets(&["fido2"])),
        "unknown: Our keys; missing satisfied"
    );
    let key = |aaguid: &str| json!({"satisfied": [{"name": "fido2", "aaguid": aaguid}]});
    assert_eq!(told(&["Our keys"], key("B")), "granted: Our keys");
    assert_eq!(told(&["My key"], key("B")), "interrupted: My key");
    // A strength by name, and what is not said of it.
    assert_eq!(
        told(&["Keys or hello"], meets(&["Keys"])),
        "granted: Keys or hello"
    );
    assert_eq!(
        told(&["Keys"], meets(&["Keys or hello"])),
        "unknown: Keys; missing satisfied"
    );
    assert_eq!(told(&["Text"], meets(&["Keys"])), "interrupted: Text");
    assert_eq!(
        told(&["Text"], meets(&["mfa"])),
        "unknown: Text; missing satisfied"
    );
    assert_eq!(
        told(&["Word alone"], meets(&["mfa"])),
        "interrupted: Word alone"
    );
    assert_eq!(
        told(&["Multifactor authentication"], meets(&["mfa"])),
        "granted: Multifactor authentication"
    );
    assert_eq!(
        told(&["Unheard of"], meets(&["fido2"])),
        "unknown: Unheard of; missing authenticationStrength"
    );
    assert_eq!(
        told(&["Unheard of"], meets(&["Unheard of"])),
        "granted: Unheard of"
    );
    assert_eq!(told(&["Unheard of"], meets(&[])), "interrupted: Unheard of");
}

#[test]
fn methods_are_multifactor_authentication_when_they_are() {
    let mfa = on("A", asks("OR", &["mfa"]));
    let told = |list: &[&str]| told(std::slice::from_ref(&mfa), meets(list));
    for list in [
        &["fido2"][..],
        &["password,sms"],
        &["password", "sms"],
        &["Phishing-resistant MFA"],
        &["mfa"],
    ] {
        assert_eq!(told(list), "granted: mfa", "{list:?}");
    }
    for list in [&["password"][..], &["compliantDevice"], &["sms"]] {
        assert_eq!(told(list), "interrupted: mfa", "{list:?}");
    }
}

#[test]
fn strengths_on_registering_win_over_those_on_all_resources() {
    // 1.11
    let all = || on("A", strength("Phishing-resistant MFA"));
    let action = |grant| {
        policy(
            "B",
            "enabled",
            json!({"applications": {"includeUserActions": ["urn:user:registersecurityinfo"]}}),
            grant,
        )
    };
    let register = || json!({"application": null, "applicationAttributes": null, "userAction": "registerSecurityInformation"});
    assert_eq!(
        told(&[all()], register()),
        "granted: Phishing-resistant MFA"
    );
    assert_eq!(
        told(
            &[all(), action(strength("Multifactor authentication"))],
            register()
        ),
        "granted: Multifactor authentication"
    );
    // Other grants still count, and it is about that action alone.
    let more = on(
        "C",
        json!({"operator": "AND", "builtInControls": ["compliantDevice"],
        "authenticationStrength": {"id": "Phishing-resistant MFA"}}),
    );
    assert_eq!(
        told(
            &[more, action(strength("Multifactor authentication"))],
            register()
        ),
        "granted: Multifactor authentication, compliantDevice"
    );
    assert_eq!(
        told(&[all(), action(asks("OR", &["mfa"]))], register()),
        "granted: Phishing-resistant MFA"
    );
    assert_eq!(
        told(
            &[all(), action(strength("Multifactor authentication"))],
            json!({})
        ),
        "granted: Phishing-resistant MFA"
    );
    // Whether it wins may hang on a fact.
    let abroad = policy(
        "D",
        "enabled",
        json!({"signInRiskLevels": ["low"],
        "applications": {"includeUserActions": ["urn:user:registersecurityinfo"]}}),
        strength("Multifactor authentication"),
    );
    assert_eq!(
        told(
            &[all(), abroad],
            json!({"application": null, "applicationAttributes": null, "userAction": "registerSecurityInformation", "signInRiskLevel": null})
        ),
        "granted: ; missing signInRiskLevel"
    );
}

#[test]
fn report_only_is_told_apart() {
    let report = "enabledForReportingButNotEnforced";
    let only = |grant| policy("R", report, json!({}), grant);
    // 1.12
    for (grant, list, told) in [
        (asks("OR", &["block"]), &[][..], "reportOnlyFailure"),
        (asks("OR", &["mfa"]), &["mfa"], "reportOnlySuccess"),
        (asks("OR", &["mfa"]), &[], "reportOnlyInterrupted"),
        (asks("OR", &["compliantDevice"]), &[], "reportOnlyFailure"),
        (
            asks("OR", &["mfa", "compliantDevice"]),
            &[],
            "reportOnlyInterrupted",
        ),
        (
            asks("AND", &["mfa", "compliantDevice"]),
            &[],
            "reportOnlyFailure",
        ),
        (
            asks("AND", &["mfa", "compliantDevice"]),
            &["compliantDevice"],
            "reportOnlyInterrupted",
        ),
        (
            asks("AND", &["riskRemediation"]),
            &[],
            "reportOnlyInterrupted",
        ),
        (Value::Null, &[], "reportOnlySuccess"),
    ] {
        assert_eq!(
            result(&only(grant.clone()), meets(list)),
            told,
            "{grant} {list:?}"
        );
    }
    let elsewhere = policy(
        "R",
        report,
        json!({"clientAppTypes": ["other"]}),
        asks("OR", &["block"]),
    );
    assert_eq!(result(&elsewhere, json!({})), "reportOnlyNotApplied");
    // Without a word of what is met that is not known.
    assert_eq!(result(&only(asks("OR", &["mfa"])), json!({})), "unknown");
    // Session controls count.
    let bound = policy_of(
        "R",
        report,
        &json!({}),
        &asks("OR", &["mfa"]),
        &json!({"secureSignInSession": {"isEnabled": true}}),
    );
    assert_eq!(result(&bound, meets(&["mfa"])), "reportOnlyFailure");
    assert_eq!(
        result(&bound, meets(&["mfa", "secureSignInSession"])),
        "reportOnlySuccess"
    );
    // 1.13
    let action = policy(
        "R",
        report,
        json!({"applications": {"includeUserActions": ["urn:user:registersecurityinfo"]}}),
        asks("OR", &["mfa"]),
    );
    let register = json!({"application": null, "applicationAttributes": null, "userAction": "registerSecurityInformation", "satisfied": ["mfa"]});
    assert_eq!(result(&action, register.clone()), "reportOnlyNotApplied");
    let outcome = judged(&contoso(), std::slice::from_ref(&action), register);
    assert!(outcome.policies[0].not_evaluated);
    assert_eq!(outcome.policies[0].applies, Some(true));
    // What would be, beside what is.
    let outcome = judged(
        &contoso(),
        &[on("A", asks("OR", &["mfa"])), only(asks("OR", &["block"]))],
        json!({}),
    );
    assert_eq!(shown(&outcome.enforced), "granted: mfa");
    assert_eq!(shown(&outcome.report_only.unwrap()), "blocked: ");
    let outcome = judged(&contoso(), &[elsewhere], json!({}));
    assert_eq!(outcome.report_only, None);
    for (grant, list, told) in [
        (asks("OR", &["block"]), &[][..], "failure"),
        (asks("OR", &["mfa"]), &["mfa"], "success"),
        (asks("OR", &["mfa"]), &[], "failure"),
    ] {
        assert_eq!(
            result(&on("E", grant.clone()), meets(list)),
            told,
            "{grant} {list:?}"
        );
    }
}

#[test]
fn session_controls_merge_to_the_strictest() {
    // 1.6
    let policies = [
        session(
            "A",
            json!({"signInFrequency": {"isEnabled": true, "type": "days", "value": 1},
            "persistentBrowser": {"isEnabled": true, "mode": "always"},
            "cloudAppSecurity": {"isEnabled": true, "cloudAppSecurityType": "monitorOnly"}}),
        ),
        session(
            "B",
            json!({"signInFrequency": {"isEnabled": true, "type": "hours", "value": 4},
            "persistentBrowser": {"isEnabled": true, "mode": "never"},
            "continuousAccessEvaluation": {"mode": "strictLocation"}}),
        ),
        session(
            "C",
            json!({"signInFrequency": {"isEnabled": true, "type": "hours", "value": 4},
            "cloudAppSecurity": {"isEnabled": true, "cloudAppSecurityType": "blockDownloads"},
            "continuousAccessEvaluation": {"mode": "disabled"}}),
        ),
        session(
            "D",
            json!({"signInFrequency": {"isEnabled": false, "type": "hours", "value": 1},
            "applicationEnforcedRestrictions": {"isEnabled": true}}),
        ),
    ];
    let merged = |policies: &[ConditionalAccessPolicy]| {
        serde_json::to_value(
            judged(&contoso(), policies, json!({}))
                .enforced
                .session_controls,
        )
        .unwrap()
    };
    assert_eq!(
        merged(&policies),
        json!({"signInFrequency": {"isEnabled": true, "type": "hours", "value": 4,
                "authenticationType": "primaryAndSecondaryAuthentication", "frequencyInterval": "timeBased"},
            "persistentBrowser": {"isEnabled": true, "mode": "never"},
            "cloudAppSecurity": {"isEnabled": true, "cloudAppSecurityType": "blockDownloads"},
            "applicationEnforcedRestrictions": {"isEnabled": true},
            "continuousAccessEvaluation": {"mode": "strictLocation"},
            "from": {"signInFrequency": ["B", "C"], "persistentBrowser": ["B"], "cloudAppSecurity": ["C"],
                "applicationEnforcedRestrictions": ["D"], "continuousAccessEvaluation": ["B"]}})
    );
    assert_eq!(merged(&[]), json!({}));
    // A shorter one for the second factor alone does not hide the one for both.
    let second = json!({"signInFrequency": {"isEnabled": true, "type": "hours", "value": 1, "authenticationType": "secondaryAuthentication"}});
    let both = merged(&[
        session("A", second),
        session(
            "B",
            json!({"signInFrequency": {"isEnabled": true, "type": "hours", "value": 24}}),
        ),
    ]);
    assert_eq!(both["signInFrequency"]["value"], 1);
    assert_eq!(both["primarySignInFrequency"]["value"], 1);
    assert_eq!(both["primarySignInFrequency"]["type"], "days");
    assert_eq!(
        both["from"],
        json!({"signInFrequency": ["A"], "primarySignInFrequency": ["B"]})
    );
    // 1.14
    let password = on("P", asks("AND", &["mfa", "passwordChange"]));
    let every = merged(&[
        password,
        session(
            "Q",
            json!({"signInFrequency": {"isEnabled": true, "type": "hours", "value": 1}}),
        ),
    ]);
    assert_eq!(every["signInFrequency"]["frequencyInterval"], "everyTime");
    assert_eq!(every["from"]["signInFrequency"], json!(["P"]));
    let remediation = merged(&[on("R", asks("AND", &["riskRemediation"]))]);
    assert_eq!(
        remediation["signInFrequency"]["frequencyInterval"],
        "everyTime"
    );
}

#[test]
fn controls_that_are_retired_or_not_known() {
    // 1.15
    let approved = on("A", asks("OR", &["approvedApplication"]));
    let phone = |list: &[&str]| json!({"devicePlatform": "iOS", "satisfied": list});
    let approved = |list: &[&str]| told(std::slice::from_ref(&approved), phone(list));
    assert_eq!(
        approved(&["approvedApplication", "compliantApplication"]),
        "granted: approvedApplication"
    );
    assert_eq!(
        approved(&["approvedApplication"]),
        "unknown: approvedApplication; missing approvedApplication"
    );
    assert_eq!(
        approved(&["compliantApplication"]),
        "blocked: approvedApplication"
    );
    // 1.16
    let other = on("B", asks("AND", &["verifiedID"]));
    assert_eq!(
        told(std::slice::from_ref(&other), json!({})),
        "granted: verifiedID"
    );
    assert_eq!(
        told(std::slice::from_ref(&other), meets(&["verifiedID"])),
        "granted: verifiedID"
    );
    assert_eq!(told(&[other], meets(&["mfa"])), "interrupted: verifiedID");
}

#[test]
fn what_nobody_can_meet_is_a_hidden_block() {
    // 1.17
    let mfa = || asks("OR", &["mfa"]);
    let device = || asks("OR", &["compliantDevice", "domainJoinedDevice"]);
    let guest = || json!({"user": {"userType": "b2bCollaborationGuest", "externalTenantId": HOME}});
    let code = || json!({"authenticationFlow": {"transferMethod": "deviceCodeFlow"}});
    for (grant, changes, hidden) in [
        (device(), json!({}), false),
        (device(), code(), true),
        (
            device(),
            json!({"authenticationFlow": {"transferMethod": "none", "originalTransferMethod": "deviceCodeFlow"}}),
            true,
        ),
        (device(), json!({"clientAppType": "other"}), true),
        (mfa(), json!({"clientAppType": "other"}), true),
        (mfa(), json!({"clientAppType": "exchangeActiveSync"}), true),
        (
            device(),
            json!({"clientAppType": "exchangeActiveSync"}),
            false,
        ),
        (
            json!({"operator": "OR", "builtInControls": [], "termsOfUse": ["T"]}),
            json!({"clientAppType": "exchangeActiveSync"}),
            true,
        ),
        (mfa(), code(), false),
        (asks("OR", &["mfa", "compliantDevice"]), code(), false),
        (asks("AND", &["mfa", "compliantDevice"]), code(), true),
        (asks("OR", &["domainJoinedDevice"]), json!({}), false),
        (
            asks("OR", &["domainJoinedDevice"]),
            json!({"devicePlatform": "macOS"}),
            true,
        ),
        (
            asks("OR", &["domainJoinedDevice"]),
            json!({"devicePlatform": "unknown"}),
            true,
        ),
        (asks("OR", &["approvedApplication"]), json!({}), true),
        (
            asks("OR", &["approvedApplication"]),
            json!({"devicePlatform": "iOS"}),
            false,
        ),
        (asks("OR", &["compliantApplication"]), json!({}), false),
        (
            asks("OR", &["compliantApplication"]),
            json!({"devicePlatform": "linux"}),
            true,
        ),
        (device(), guest(), true),
        (
            device(),
            laid(
                guest(),
                &json!({"user": {"userType": "internalGuest", "externalTenantId": null}}),
            ),
            false,
        ),
        (
            device(),
            laid(
                guest(),
                &json!({"environment": {"inboundTrust": {"compliantDevice": true}}}),
            ),
            false,
        ),
        (
            asks("OR", &["domainJoinedDevice"]),
            laid(
                guest(),
                &json!({"environment": {"inboundTrust": {"compliantDevice": true}}}),
            ),
            true,
        ),
        (
            device(),
            laid(
                guest(),
                &json!({"environment": {"inboundTrust": {"partners": {HOME: {"compliantDevice": true}}}}}),
            ),
            false,
        ),
        (mfa(), guest(), false),
        (
            strength("Phishing-resistant MFA"),
            json!({"application": null, "applicationAttributes": null, "userAction": "registerOrJoinDevices"}),
            false,
        ),
        // What is not known is not told.
        (mfa(), json!({"clientAppType": null}), false),
        (device(), json!({"user": {"userType": null}}), false),
    ] {
        let all = on("A", grant.clone());
        let joins = policy(
            "A",
            "enabled",
            json!({"applications": {"includeUserActions": ["urn:user:registerdevice"]}}),
            grant.clone(),
        );
        let policies = match changes.get("userAction").is_some() {
            true => [joins],
            false => [all],
        };
        let outcome = judged(&contoso(), &policies, changes.clone());
        assert_eq!(
            outcome.enforced.outcome,
            Ending::Granted,
            "{grant} {changes}"
        );
        assert_eq!(outcome.enforced.hidden_block, hidden, "{grant} {changes}");
    }
    // With nothing but Windows Hello a device cannot be joined.
    let world = world(&[
        json!({"kind": "AuthenticationStrength", "displayName": "Hello",
        "allowedCombinations": ["windowsHelloForBusiness"]}),
    ]);
    let joins = policy(
        "A",
        "enabled",
        json!({"applications": {"includeUserActions": ["urn:user:registerdevice"]}}),
        strength("Hello"),
    );
    let outcome = judged(
        &world,
        &[joins],
        json!({"application": null, "applicationAttributes": null, "userAction": "registerOrJoinDevices"}),
    );
    assert!(outcome.enforced.hidden_block);
    // Whoever says what is met is stopped there.
    assert_eq!(
        told(&[on("A", device())], laid(code(), &meets(&["mfa"]))),
        "blocked: compliantDevice | domainJoinedDevice; hidden block"
    );
    assert_eq!(
        told(
            &[on("A", mfa())],
            json!({"clientAppType": "other", "satisfied": []})
        ),
        "blocked: mfa; hidden block"
    );
}

#[test]
fn a_sign_in_cannot_say_that_it_meets_what_nobody_can() {
    let policies = [on("A", asks("OR", &["mfa", "compliantDevice"]))];
    let compiled = CompiledPolicies::new(&policies, &contoso());
    let faults = |changes: Value| {
        compiled
            .prepare(&sign_in(&changes))
            .map(|_| ())
            .unwrap_err()
    };
    for (changes, pointer, told) in [
        (
            json!({"clientAppType": "other", "satisfied": ["mfa"]}),
            "/satisfied/0",
            "nobody can satisfy `mfa`",
        ),
        (
            json!({"authenticationFlow": {"transferMethod": "deviceCodeFlow"}, "satisfied": ["compliantDevice"]}),
            "/satisfied/0",
            "nobody can satisfy `compliantDevice`",
        ),
        (
            json!({"satisfied": ["mfa", "mffa"]}),
            "/satisfied/1",
            "`mffa` is not something that a sign-in can satisfy",
        ),
        (
            json!({"satisfied": ["block"]}),
            "/satisfied/0",
            "`block` is not something",
        ),
    ] {
        let found = faults(changes.clone());
        assert_eq!(found.len(), 1, "{changes}: {found:?}");
        assert_eq!(found[0].pointer, pointer);
        assert!(found[0].message.contains(told), "{found:?}");
    }
    assert_eq!(
        faults(json!({"satisfied": ["mffa"]}))[0].help,
        "did you mean `mfa`?"
    );
    // A device that is known to be compliant meets that by itself, where it can be shown.
    let compliant = || json!({"deviceInfo": {"isCompliant": true}, "satisfied": []});
    let device = [on("A", asks("OR", &["compliantDevice"]))];
    assert_eq!(told(&device, compliant()), "granted: compliantDevice");
    assert_eq!(
        told(
            &device,
            laid(
                compliant(),
                &json!({"authenticationFlow": {"transferMethod": "deviceCodeFlow"}})
            )
        ),
        "blocked: compliantDevice; hidden block"
    );
    assert_eq!(
        told(
            &device,
            json!({"deviceInfo": {"isCompliant": true}, "satisfied": [], "authenticationFlow": null})
        ),
        "unknown: compliantDevice; missing authenticationFlow"
    );
}
