//! Laws: what holds for every set of policies and every sign-in.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

use super::*;

const CONFIG: fn(u32) -> ProptestConfig = |cases| ProptestConfig {
    cases,
    failure_persistence: None,
    ..ProptestConfig::default()
};

fn some_of(all: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
    subsequence(all, 0..=all.len())
}

/// Mostly nothing, else one of these values under a name.
fn rarely(values: impl Strategy<Value = Value> + 'static) -> BoxedStrategy<Value> {
    prop_oneof![2 => Just(Value::Null), 1 => values].boxed()
}

const GROUPS: &[&str] = &["G1", "G2"];
const RISKS: &[&str] = &["none", "low", "high"];

fn conditions() -> impl Strategy<Value = Value> {
    let users = (
        prop_oneof![3 => Just(vec!["All"]), 2 => some_of(&["ada", "bob", "GuestsOrExternalUsers"])],
        some_of(&["ada", "GuestsOrExternalUsers"]),
        some_of(GROUPS),
        prop_oneof![2 => Just(vec![]), 1 => some_of(GROUPS)],
        prop_oneof![2 => Just(vec![]), 1 => some_of(&[ROLE])],
        prop_oneof![3 => Just(vec![]), 1 => some_of(&[ROLE])],
    )
        .prop_map(|(users, not, groups, not_groups, roles, not_roles)| {
            json!({"includeUsers": users, "excludeUsers": not, "includeGroups": groups,
                "excludeGroups": not_groups, "includeRoles": roles, "excludeRoles": not_roles})
        });
    let apps = prop_oneof![
        4 => (prop_oneof![2 => Just(vec!["All"]), 1 => some_of(&["All", "Payroll", SHAREPOINT, "Office365", "MicrosoftAdminPortals"])],
            prop_oneof![2 => Just(vec![]), 1 => some_of(&["Payroll", "Office365", "MicrosoftAdminPortals"])])
            .prop_map(|(apps, not)| json!({"includeApplications": apps, "excludeApplications": not})),
        1 => Just(json!({"includeUserActions": ["urn:user:registersecurityinfo"]})),
    ];
    let sides = |name: &'static str,
                 include: &'static [&'static str],
                 exclude: &'static [&'static str]| {
        (subsequence(include, 1..=include.len()), some_of(exclude)).prop_map(move |(include, exclude)| {
            json!({format!("include{name}"): include, format!("exclude{name}"): exclude})
        })
    };
    let rules = (
        select(vec!["include", "exclude"]),
        select(vec![
            "device.isCompliant -eq True",
            "device.isCompliant -ne True",
        ]),
    )
        .prop_map(|(mode, rule)| json!({"deviceFilter": {"mode": mode, "rule": rule}}));
    (
        users,
        apps,
        rarely(some_of(&["browser", "other"]).prop_map(|list| json!(list))),
        rarely(some_of(RISKS).prop_map(|list| json!(list))),
        rarely(some_of(RISKS).prop_map(|list| json!(list))),
        rarely(sides("Platforms", &["all", "windows", "iOS"], &["windows"])),
        rarely(sides(
            "Locations",
            &["All", "Office", "Benelux"],
            &["AllTrusted", "Benelux"],
        )),
        rarely(rules),
        rarely(Just(json!({"transferMethods": "deviceCodeFlow"}))),
    )
        .prop_map(
            |(users, apps, clients, risk, user_risk, platforms, locations, devices, flows)| {
                without_nulls(
                    &json!({"users": users, "applications": apps, "clientAppTypes": clients,
                "signInRiskLevels": risk, "userRiskLevels": user_risk, "platforms": platforms,
                "locations": locations, "devices": devices, "authenticationFlows": flows}),
                )
            },
        )
}

fn grant() -> impl Strategy<Value = Value> {
    let controls = &["mfa", "compliantDevice", "domainJoinedDevice"][..];
    prop_oneof![
        1 => Just(json!({"operator": "OR", "builtInControls": ["block"]})),
        1 => Just(Value::Null),
        4 => (select(vec!["AND", "OR"]), some_of(controls), prop_oneof![2 => Just(None),
            1 => select(vec![Some("Keys"), Some("Text"), Some("Phishing-resistant MFA")])])
            .prop_map(|(operator, controls, strength)| {
                let mut grant = json!({"operator": operator, "builtInControls": controls});
                if let Some(strength) = strength {
                    grant["authenticationStrength"] = json!({ "id": strength });
                }
                grant
            }),
    ]
}

fn session() -> impl Strategy<Value = Value> {
    prop_oneof![
        2 => Just(Value::Null),
        1 => (1..4u8, any::<bool>()).prop_map(|(hours, never)| json!({
            "signInFrequency": {"isEnabled": true, "type": "hours", "value": hours},
            "persistentBrowser": {"isEnabled": never, "mode": "never"}})),
    ]
}

/// A policy as JSON; its name is one of few, so that some have the same.
fn policy() -> impl Strategy<Value = Value> {
    (
        select(vec!["A", "B", "C", "D"]),
        select(vec![
            "enabled",
            "enabled",
            "disabled",
            "enabledForReportingButNotEnforced",
        ]),
        conditions(),
        grant(),
        session(),
    )
        .prop_map(|(name, state, conditions, grant, session)| {
            without_nulls(
                &json!({"displayName": name, "state": state, "conditions": conditions,
                "grantControls": grant, "sessionControls": session}),
            )
        })
}

fn enabled() -> impl Strategy<Value = Value> {
    policy().prop_map(|mut policy| {
        policy["state"] = json!("enabled");
        policy
    })
}

/// A sign-in of which everything is known.
fn whole() -> impl Strategy<Value = Value> {
    let user = (select(vec!["ada", "bob", "eve"]), some_of(GROUPS), some_of(&[ROLE]), select(vec!["member", "internalGuest", "b2bCollaborationGuest"]))
        .prop_map(|(name, groups, roles, kind)| json!({"name": name, "memberOf": groups, "roles": roles, "userType": kind}));
    let one = |values: &[&'static str]| select(values.to_vec());
    let resource = prop_oneof![
        4 => one(&["Payroll", SHAREPOINT, PORTAL]).prop_map(|app| ("application", app)),
        1 => Just(("userAction", "registerSecurityInformation")),
    ];
    (
        user,
        resource,
        (one(&["browser", "other"]), one(&["windows", "iOS", "unknown"])),
        (one(RISKS), one(RISKS)),
        (one(&["198.51.100.7", "203.0.113.7", "2001:db8::1"]), one(&["NL", "DE", "unknown"])),
        select(vec![json!("unregistered"), json!({"isCompliant": true, "trustType": "ServerAD"}), json!({"isCompliant": true, "trustType": "Workplace"}),
            json!({"isCompliant": false, "trustType": "ServerAD"}), json!({"isCompliant": false, "trustType": "AzureAD"})]),
        one(&["none", "deviceCodeFlow"]),
    )
        .prop_map(|(user, (kind, resource), (client, platform), (risk, user_risk), (address, country), mut device, flow)| {
            // Hybrid joined devices run Windows.
            if platform != "windows" && device["trustType"] == "ServerAD" {
                device["trustType"] = json!("Workplace");
            }
            json!({"user": user, kind: resource, "clientAppType": client, "devicePlatform": platform,
                "signInRiskLevel": risk, "userRiskLevel": user_risk, "ipAddress": address, "country": country,
                "deviceInfo": device, "authenticationFlow": {"transferMethod": flow}})
        })
}

/// Members of a sign-in that can be left out.
const MEMBERS: &[&str] = &[
    "/user",
    "/user/memberOf",
    "/user/roles",
    "/user/userType",
    "/application",
    "/userAction",
    "/clientAppType",
    "/devicePlatform",
    "/signInRiskLevel",
    "/userRiskLevel",
    "/ipAddress",
    "/country",
    "/deviceInfo",
    "/authenticationFlow",
];

/// Attributes of the device that can be left out where the others are known.
const ATTRIBUTES: &[&str] = &["/deviceInfo/isCompliant", "/deviceInfo/trustType"];

fn without(sign_in: &Value, members: &[&str]) -> Value {
    let mut less = sign_in.clone();
    for member in members {
        let (parent, name) = member.rsplit_once('/').unwrap();
        if let Some(Value::Object(map)) = less.pointer_mut(parent) {
            map.shift_remove(name);
        }
    }
    // A risk belongs to somebody.
    if less.get("user").is_none() {
        less.as_object_mut().unwrap().shift_remove("userRiskLevel");
    }
    less
}

fn small_world() -> World {
    world(&[
        json!({"kind": "NamedLocation", "displayName": "Office", "isTrusted": true, "ipRanges": ["198.51.100.0/24"]}),
        json!({"kind": "NamedLocation", "displayName": "Benelux", "countriesAndRegions": ["NL"]}),
        json!({"kind": "AuthenticationStrength", "displayName": "Keys", "allowedCombinations": ["fido2"]}),
        json!({"kind": "AuthenticationStrength", "displayName": "Text", "allowedCombinations": ["password,sms"]}),
    ])
}

fn read<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap()
}

fn compiled(policies: &[Value]) -> CompiledPolicies {
    let policies: Vec<ConditionalAccessPolicy> = policies.iter().map(read).collect();
    CompiledPolicies::new(&policies, &small_world())
}

fn outcome(policies: &[Value], sign_in: &Value) -> Outcome {
    compiled(policies).outcome(&read(sign_in)).unwrap()
}

fn text(outcome: &Outcome) -> String {
    serde_json::to_string(outcome).unwrap()
}

/// What a sign-in may be able to meet.
const MET: &[&[&str]] = &[
    &[],
    &["mfa"],
    &["fido2"],
    &["password,sms"],
    &["compliantDevice"],
    &["mfa", "compliantDevice"],
    &[
        "fido2",
        "password,sms",
        "compliantDevice",
        "domainJoinedDevice",
    ],
];

/// The sign-ins with what can be met in them; those that nobody could are left out.
fn endings(policies: &[Value], sign_in: &Value) -> Vec<Option<Ending>> {
    let compiled = compiled(policies);
    let each = MET.iter().map(|met| {
        let mut sign_in = sign_in.clone();
        sign_in["satisfied"] = json!(met);
        let outcome = compiled.outcome(&read(&sign_in)).ok()?;
        Some(outcome.enforced.outcome)
    });
    each.collect()
}

proptest! {
    #![proptest_config(CONFIG(150))]

    /// The plain evaluator says the same of every whole sign-in.
    #[test]
    fn a_plain_evaluator_agrees(policies in prop::collection::vec(policy(), 1..6), sign_in in whole()) {
        let compiled = compiled(&policies);
        let prepared = compiled.prepare(&read(&sign_in)).unwrap();
        let judgement = compiled.judge(&prepared);
        for (given, policy) in policies.iter().enumerate() {
            let found = judgement.applies(compiled.number_of(given).unwrap()).unwrap();
            let told = naive::applies(policy, &sign_in);
            prop_assert!(!matches!(found, Applies::Unknown(_)), "{policy} {sign_in}");
            prop_assert_eq!(found == Applies::Yes, told, "{} {}", policy, sign_in);
        }
    }

    /// A fact that becomes known never turns a certain answer into another.
    #[test]
    fn knowing_more_changes_only_what_was_open(
        policies in prop::collection::vec(policy(), 1..6), sign_in in whole(),
        mut left_out in subsequence(MEMBERS, 0..6), attributes in subsequence(ATTRIBUTES, 0..=ATTRIBUTES.len()),
        met in select(vec![None, Some(0usize), Some(1), Some(2), Some(4), Some(6)]),
    ) {
        left_out.extend(attributes);
        let mut more = sign_in;
        if let Some(met) = met {
            more["satisfied"] = json!(MET[met]);
        }
        let less = without(&more, &left_out);
        let compiled = compiled(&policies);
        // What nobody could meet in the whole sign-in is a contradiction, and refused.
        let Ok(whole) = compiled.outcome(&read(&more)) else { return Ok(()); };
        let part = compiled.outcome(&read(&less)).unwrap();
        for (less, more) in part.policies.iter().zip(&whole.policies) {
            prop_assert!(less.applies.is_none() || less.applies == more.applies, "{less:?} {more:?}");
            prop_assert_eq!(less.applies.is_none(), !less.missing.is_empty());
        }
        let both = [(Some(part.enforced.clone()), Some(whole.enforced.clone())), (part.report_only.clone(), whole.report_only.clone())];
        for (less, more) in both {
            let (Some(less), Some(more)) = (less, more) else { continue };
            prop_assert!(less.outcome == Ending::Unknown || less.outcome == more.outcome, "{less:?} {more:?}");
            prop_assert!(less.outcome != Ending::Unknown || !less.missing.is_empty());
            if less.missing.is_empty() {
                prop_assert_eq!(&less.requires, &more.requires);
                prop_assert_eq!(&less.session_controls, &more.session_controls);
            }
            prop_assert!(!less.hidden_block || more.hidden_block || more.outcome == Ending::Blocked);
        }
    }

    /// One more enforced policy never lets anybody through who was stopped. (Strengths asked for
    /// on the registration of security information are the documented exception.)
    #[test]
    fn one_more_policy_never_weakens(
        policies in prop::collection::vec(policy(), 0..5), one in enabled(), sign_in in whole(),
    ) {
        prop_assume!(sign_in.get("userAction").is_none());
        let more: Vec<Value> = policies.iter().cloned().chain([one]).collect();
        for (before, after) in endings(&policies, &sign_in).into_iter().zip(endings(&more, &sign_in)) {
            if after == Some(Ending::Granted) {
                prop_assert!(before.is_none() || before == Some(Ending::Granted));
            }
            if before == Some(Ending::Blocked) {
                prop_assert!(after.is_none() || after == Some(Ending::Blocked));
            }
        }
        let (before, after) = (outcome(&policies, &sign_in).enforced, outcome(&more, &sign_in).enforced);
        prop_assert!(before.outcome != Ending::Blocked || after.outcome == Ending::Blocked);
    }

    /// What is off or only reported on never changes what is enforced.
    #[test]
    fn what_is_not_enforced_changes_nothing(
        policies in prop::collection::vec(policy(), 0..5), mut one in policy(), off in any::<bool>(), sign_in in whole(),
        left_out in subsequence(MEMBERS, 0..4),
    ) {
        one["state"] = json!(if off { "disabled" } else { "enabledForReportingButNotEnforced" });
        let more: Vec<Value> = policies.iter().cloned().chain([one]).collect();
        let sign_in = without(&sign_in, &left_out);
        prop_assert_eq!(outcome(&policies, &sign_in).enforced, outcome(&more, &sign_in).enforced);
    }

    /// The order of policies and of lists never matters: the same bytes.
    #[test]
    fn order_never_matters(
        policies in prop::collection::vec(policy(), 1..6), sign_in in whole(), turn in 0..6usize,
        left_out in subsequence(MEMBERS, 0..4),
    ) {
        fn reversed(value: &Value) -> Value {
            match value {
                Value::Array(items) => items.iter().rev().map(reversed).collect(),
                Value::Object(map) => map.iter().map(|(name, value)| (name.clone(), reversed(value))).collect(),
                other => other.clone(),
            }
        }
        let sign_in = without(&sign_in, &left_out);
        let mut other: Vec<Value> = policies.iter().map(reversed).collect();
        other.rotate_left(turn % policies.len());
        prop_assert_eq!(text(&outcome(&policies, &sign_in)), text(&outcome(&other, &reversed(&sign_in))));
    }

    /// A sign-in that was completed leaves nothing open, and comes back from JSON as it was.
    #[test]
    fn a_completed_sign_in_is_whole(policies in prop::collection::vec(policy(), 1..5), sign_in in whole(), left_out in subsequence(MEMBERS, 0..9)) {
        let less = without(&sign_in, &left_out);
        prop_assume!(less.get("application").is_some() || less.get("userAction").is_some());
        let compiled = compiled(&policies);
        let whole = compiled.complete(read(&less));
        let outcome = compiled.outcome(&whole).unwrap();
        prop_assert!(outcome.policies.iter().all(|policy| policy.applies.is_some()), "{outcome:?}");
        prop_assert_eq!(read::<SignIn>(&serde_json::to_value(&whole).unwrap()), whole);
    }
}

/// Any JSON that has the members of a policy, with hostile texts in them.
fn hostile() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        "[ -~]{0,12}",
        "\\PC{0,8}",
        select(vec![
            "All",
            "all",
            "None",
            "AllTrusted",
            "Office365",
            "",
            " ",
            "device.",
            "::",
            "0.0.0.0/0",
            "c1",
            "00000000-0000-0000-0000-000000000000",
            "device.model -in [\"a\", \"b\"]"
        ])
        .prop_map(str::to_owned),
    ];
    let texts = || {
        prop::collection::vec(
            prop_oneof![
                "[ -~]{0,12}",
                select(vec![
                    "All",
                    "None",
                    "AllTrusted",
                    "high",
                    "all",
                    "mfa",
                    "block",
                    "windows"
                ])
                .prop_map(str::to_owned)
            ],
            0..3,
        )
    };
    (text, texts(), texts(), texts(), texts(), any::<Option<i32>>()).prop_map(|(text, a, b, c, d, number)| {
        without_nulls(&json!({"displayName": text, "id": text, "state": text,
            "conditions": {
                "users": {"includeUsers": a, "excludeUsers": b, "includeGroups": c, "excludeRoles": d,
                    "includeGuestsOrExternalUsers": {"guestOrExternalUserTypes": a, "externalTenants": {"membershipKind": text, "members": b}}},
                "clientApplications": {"includeServicePrincipals": c, "servicePrincipalFilter": {"mode": text, "rule": text}, "includeAgentIdServicePrincipals": d},
                "applications": {"includeApplications": b, "excludeApplications": c, "includeUserActions": d, "includeAuthenticationContextClassReferences": a,
                    "applicationFilter": {"mode": "include", "rule": text}},
                "clientAppTypes": a, "platforms": {"includePlatforms": b, "excludePlatforms": c},
                "locations": {"includeLocations": c, "excludeLocations": d}, "signInRiskLevels": a, "insiderRiskLevels": b,
                "devices": {"deviceFilter": {"mode": "exclude", "rule": text}, "includeDevices": c}, "authenticationFlows": {"transferMethods": d},
                "agents": {"includeAgentUsers": a}, "agentIdRiskLevels": b},
            "grantControls": {"operator": text, "builtInControls": a, "termsOfUse": b, "authenticationStrength": {"id": text}},
            "sessionControls": {"signInFrequency": {"isEnabled": true, "type": text, "value": number}, "persistentBrowser": {"isEnabled": true, "mode": text},
                "globalSecureAccessFilteringProfile": {"isEnabled": true, "profileId": text}}}))
    })
}

proptest! {
    #![proptest_config(CONFIG(100))]

    /// No policy and no sign-in brings it down, and every answer can be written.
    #[test]
    fn no_input_panics(policies in prop::collection::vec(hostile(), 0..4), names in prop::collection::vec("\\PC{0,10}", 4), sign_in in whole()) {
        let policies: Vec<ConditionalAccessPolicy> = policies.iter().map(read).collect();
        let mut world = small_world();
        for policy in &policies {
            world.groups.push(KnownGroup { display_name: policy.display_name.clone(), members: Some(names.clone()), ..KnownGroup::default() });
            world.locations.push(crate::model::location::NamedLocation { display_name: policy.display_name.clone(), ..Default::default() });
            world.strengths.push(crate::model::strength::AuthenticationStrength { display_name: policy.display_name.clone(), ..Default::default() });
        }
        let compiled = CompiledPolicies::new(&policies, &world);
        let mut given: SignIn = read(&sign_in);
        let mut others: Vec<SignIn> = vec![SignIn::default(), given.clone()];
        given.user = Some(User { name: names.first().cloned(), member_of: Some(names.clone()), ..User::default() });
        given.satisfied = Some(names.iter().map(|name| Satisfied::named(name.clone())).collect());
        others.push(given);
        others.push(SignIn { service_principal: names.first().map(ServicePrincipal::named), ..SignIn::default() });
        for sign_in in others {
            if let Ok(outcome) = compiled.outcome(&sign_in) {
                prop_assert!(serde_json::to_string(&outcome).is_ok());
            }
            let _ = compiled.unknown_names(&sign_in);
            let _ = compiled.outcome(&compiled.complete(sign_in));
        }
    }
}
