//! Rules of device filters: what is parsed, printed and parsed again is the same, and judges devices
//! alike; what is negated judges them the other way round.

use std::sync::LazyLock;

use gatewright::model::filter::{parse, parse_attributes};
use gatewright::model::policy::ConditionalAccessPolicy;
use gatewright::whatif::{Applies, CompiledPolicies, SignIn, World};
use serde_json::{Value, json};

/// Sign-ins of devices of which every attribute is known: all set, or none.
static SIGN_INS: LazyLock<Vec<SignIn>> = LazyLock::new(|| {
    let set = |compliant: bool, text: &str, trust: &str, texts: &[&str]| {
        let mut info = json!({"isCompliant": compliant, "trustType": trust, "ownership": "Company",
            "profileType": "RegisteredDevice", "physicalIds": texts, "systemLabels": texts,
            "deviceId": "11111111-2222-3333-4444-555555555555", "mdmAppId": null});
        for name in [
            "displayName",
            "enrollmentProfileName",
            "manufacturer",
            "model",
            "operatingSystem",
            "operatingSystemVersion",
        ] {
            info[name] = text.into();
        }
        for number in 1..=15 {
            info[format!("extensionAttribute{number}")] = text.into();
        }
        info
    };
    let devices = [
        set(true, "a", "ServerAD", &["a", "B"]),
        set(false, "Surface Pro", "AzureAD", &[]),
        set(true, "", "Workplace", &["10.0.1"]),
        json!("unregistered"),
    ];
    devices.map(sign_in).into()
});

fn sign_in(device: Value) -> SignIn {
    serde_json::from_value(
        json!({"user": {"name": "ada", "memberOf": [], "roles": [], "userType": "member"},
        "application": "00000003-0000-0ff1-ce00-000000000000", "clientAppType": "browser",
        "devicePlatform": "windows", "deviceInfo": device}),
    )
    .unwrap()
}

/// Holds the laws for one text.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    for parse in [parse, parse_attributes] {
        match parse(text) {
            Ok(rule) => {
                let printed = rule.to_string();
                assert_eq!(parse(&printed).as_ref(), Ok(&rule), "printed as {printed}");
                assert_eq!(parse(&printed).map(|rule| rule.to_string()), Ok(printed));
            }
            Err(error) => {
                assert!(
                    error.at >= 1 && error.at <= text.chars().count() + 1,
                    "{error:?}"
                );
                assert!(!error.message.is_empty() && !error.help.is_empty());
            }
        }
    }
    if let Ok(rule) = parse(text) {
        judged(text, &rule.to_string());
    }
}

fn judged(text: &str, printed: &str) {
    let not = format!("-not ({printed})");
    let not = parse(&not).is_ok().then_some(not);
    let rules = [("include", text), ("include", printed), ("exclude", text)];
    let rules = rules
        .into_iter()
        .chain(not.as_deref().map(|not| ("include", not)));
    let policies: Vec<ConditionalAccessPolicy> =
        rules.map(|(mode, rule)| policy(mode, rule)).collect();
    let compiled = CompiledPolicies::new(&policies, &World::default());
    for sign_in in SIGN_INS.iter() {
        let judgement = compiled.judge(&compiled.prepare(sign_in).unwrap());
        let of = |given: usize| judgement.applies(compiled.number_of(given)?);
        let applies = of(0);
        assert_eq!(
            of(1),
            applies,
            "{text} was printed as {printed}: {sign_in:?}"
        );
        let is_known = |applies: Option<Applies>| match applies {
            Some(Applies::Yes) => Some(true),
            Some(Applies::No(_)) => Some(false),
            _ => None,
        };
        for (other, what) in [(of(2), "excluded"), (of(3), "negated")] {
            if let (Some(here), Some(there)) = (is_known(applies), is_known(other)) {
                assert_ne!(here, there, "{text} {what}: {sign_in:?}");
            }
        }
    }
}

fn policy(mode: &str, rule: &str) -> ConditionalAccessPolicy {
    serde_json::from_value(json!({"displayName": "P", "state": "enabled",
        "conditions": {"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]},
            "devices": {"deviceFilter": {"mode": mode, "rule": rule}}},
        "grantControls": {"operator": "OR", "builtInControls": ["block"]}}))
    .unwrap()
}
