//! Who is locked out of everything: what takes several policies, what hangs on facts that nobody
//! knows, and random small worlds by trying every way in.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::super::change::lockout_within;
use super::super::{Comparative, Lockouts, compare, lockout};
use super::enumeration::{self, EXO, ROLE};
use super::{all, block, conditions, location, mfa, set};
use crate::whatif::{Ending, PolicySet, SignIn};

fn locks_out(before: &PolicySet, after: Vec<Value>) -> Lockouts {
    lockout(before, &set(after), &[])
}

/// A block of the devices that a rule is true of.
fn block_of(rule: &str) -> Value {
    block(
        "Devices",
        json!({"devices": {"deviceFilter": {"mode": "include", "rule": rule}}}),
    )
}

/// Policies of a tenant in which nobody knows whether its one trusted place counts as trusted.
fn unsure(policies: Vec<Value>) -> PolicySet {
    let mut set = set(policies);
    let network = json!({"@odata.type": "#microsoft.graph.compliantNetworkNamedLocation",
        "displayName": "Global Secure Access", "isTrusted": true});
    set.world.locations = vec![serde_json::from_value(network).unwrap()];
    set
}

fn outside_trusted() -> Value {
    block(
        "Outside",
        json!({"locations": {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}}),
    )
}

#[test]
fn a_lockout_may_take_two_policies() {
    let browser = block("Browsers", json!({"clientAppTypes": ["browser"]}));
    let others = block(
        "Others",
        json!({"clientAppTypes": ["mobileAppsAndDesktopClients", "exchangeActiveSync", "other"]}),
    );
    let before = set(vec![]);
    let one = set(vec![browser.clone()]);
    let both = set(vec![browser, others]);
    assert_eq!(lockout(&before, &one, &[]), Lockouts::default());
    assert!(lockout(&before, &both, &[]).certain.is_some());
    // They were out before already.
    assert_eq!(lockout(&both, &both, &[]), Lockouts::default());
    // One application is a policy like any other; nobody is shut out by it altogether.
    let app = set(vec![block(
        "App",
        json!({"applications": {"includeApplications": ["Office365"]}}),
    )]);
    assert_eq!(lockout(&before, &app, &[]), Lockouts::default());
    let found = compare(&before, &app, &[]);
    assert_eq!(found.verdict, Comparative::Stricter);
    assert!(!found.locked_out.is_empty());
    // To leave one break-glass group out helps nobody else.
    let spares = set(vec![block(
        "All",
        json!({"users": {"includeUsers": ["All"], "excludeGroups": ["Break glass"]}}),
    )]);
    let glass = conditions(json!({"users": {"includeGroups": ["Break glass"]}}));
    let found = lockout(&before, &spares, &[glass]).certain.unwrap();
    assert!(!found.singled_out);
    // To stop one group is to stop whom it singles out.
    let group = set(vec![block(
        "Left",
        json!({"users": {"includeGroups": ["Left"]}}),
    )]);
    let found = lockout(&before, &group, &[]);
    assert!(found.certain.unwrap().singled_out && found.open.is_none());
}

#[test]
fn many_roles_and_a_fact_that_nobody_knows_hide_no_lockout() {
    let roles: Vec<String> = (0..30)
        .map(|n| format!("00000000-0000-4000-8000-{n:012}"))
        .collect();
    let admins = mfa("Admins", json!({"users": {"includeRoles": roles}}));
    let guests = block(
        "Guests",
        json!({"users": {"includeGuestsOrExternalUsers": {"guestOrExternalUserTypes": "internalGuest",
            "externalTenants": {"@odata.type": "#microsoft.graph.conditionalAccessAllExternalTenants", "membershipKind": "all"}}}}),
    );
    let before = unsure(vec![admins.clone()]);
    let after = unsure(vec![admins.clone(), outside_trusted(), guests]);
    let found = lockout(&before, &after, &[]);
    let certain = found.certain.unwrap();
    assert!(!certain.singled_out);
    let user = certain.difference.sign_in.user.unwrap();
    assert_eq!(user.user_type.unwrap().to_string(), "internalGuest");
    // Where nothing is sure, it is said on what it hangs.
    let mut after = unsure(vec![admins, outside_trusted()]);
    let found = lockout(&before, &after, &[]);
    assert_eq!(found.certain, None);
    let open = found.open.unwrap();
    assert_eq!(open.because, ["namedLocation"]);
    assert!(!open.singled_out);
    // What was so before is no news.
    assert_eq!(lockout(&after, &after, &[]), Lockouts::default());
    // And a place that is trusted is a way in, whatever else is not known.
    after.world.locations.push(location(&["203.0.113.0/24"]));
    assert_eq!(lockout(&before, &after, &[]), Lockouts::default());
}

#[test]
fn the_device_that_one_policy_asks_for_may_be_the_one_that_another_blocks() {
    let compliant = "device.isCompliant -eq True";
    let joined = "device.trustType -eq \"ServerAD\"";
    let managed = all(
        "Managed",
        json!(["compliantDevice", "domainJoinedDevice"]),
        json!({}),
    );
    let hybrid = all("Hybrid", json!(["domainJoinedDevice"]), json!({}));
    let both = format!("{compliant} -or {joined}");
    let before = set(vec![mfa("MFA", json!({}))]);
    // Nobody trusts the devices of other tenants here.
    let away = conditions(
        json!({"users": {"includeGuestsOrExternalUsers": {"guestOrExternalUserTypes":
        "b2bCollaborationGuest,b2bCollaborationMember,b2bDirectConnectUser,otherExternalUser,serviceProvider"}}}),
    );
    let away = [away];
    for (policies, is_out) in [
        (vec![managed.clone(), block_of(&both)], true),
        (vec![managed.clone(), block_of(compliant)], false),
        (vec![managed.clone(), block_of(joined)], false),
        (vec![hybrid.clone(), block_of(joined)], true),
        (vec![hybrid.clone(), block_of(compliant)], false),
    ] {
        let found = lockout(&before, &set(policies.clone()), &away);
        assert_eq!(found.certain.is_some(), is_out, "{policies:?}");
        assert_eq!(found.open, None, "{policies:?}");
    }
    // Of an application alone it is told by the comparison.
    let mut blocked = block_of(&both);
    blocked["conditions"]["applications"] = json!({"includeApplications": [EXO]});
    let before = set(vec![managed.clone()]);
    let after = set(vec![managed, blocked]);
    assert_eq!(lockout(&before, &after, &away), Lockouts::default());
    let found = compare(&before, &after, &away);
    assert_eq!(found.verdict, Comparative::Stricter);
    let out: Vec<_> = (found.locked_out.iter())
        .map(|one| &one.widest["application"])
        .collect();
    assert_eq!(out, [&["Office 365 Exchange Online"]]);
}

#[test]
fn a_method_that_lives_on_a_device_is_none_where_devices_are_blocked() {
    let mut hello = mfa("Hello", json!({}));
    hello["grantControls"] = json!({"operator": "OR", "builtInControls": [],
        "authenticationStrength": {"id": "11111111-1111-4111-8111-111111111111"}});
    let known = "device.trustType -eq \"AzureAD\" -or device.trustType -eq \"ServerAD\" -or device.trustType -eq \"Workplace\"";
    let some = "device.trustType -eq \"AzureAD\" -or device.trustType -eq \"ServerAD\"";
    let before = set(vec![]);
    for (rule, is_out) in [(known, true), (some, false)] {
        let mut after = set(vec![hello.clone(), block_of(rule)]);
        after.world.strengths = vec![
            serde_json::from_value(json!({"id": "11111111-1111-4111-8111-111111111111",
                "displayName": "Hello", "allowedCombinations": ["windowsHelloForBusiness"]}))
            .unwrap(),
        ];
        let found = lockout(&before, &after, &[]);
        assert_eq!(found.certain.is_some(), is_out, "{rule}");
        assert_eq!(found.open, None, "{rule}");
    }
}

#[test]
fn a_platform_that_nobody_works_on_is_no_way_in() {
    let before = set(vec![]);
    let usual = ["windows", "macOS", "linux", "iOS", "android"];
    let on = |platforms: &[&str]| {
        block(
            "Platforms",
            json!({"platforms": {"includePlatforms": platforms}}),
        )
    };
    assert!(locks_out(&before, vec![on(&usual)]).certain.is_some());
    for left in 0..usual.len() {
        let mut others = usual.to_vec();
        others.remove(left);
        let found = locks_out(&before, vec![on(&others)]);
        assert_eq!(found, Lockouts::default(), "{others:?}");
    }
}

#[test]
fn a_place_that_only_a_phone_knows_may_be_a_way_in() {
    let mut after = set(vec![block(
        "Elsewhere",
        json!({"locations": {"includeLocations": ["All"], "excludeLocations": ["Home"]}}),
    )]);
    let country: Value = json!({"@odata.type": "#microsoft.graph.countryNamedLocation", "displayName": "Home",
        "countriesAndRegions": ["NL"], "countryLookupMethod": "authenticatorAppGps", "includeUnknownCountriesAndRegions": false});
    after.world.locations = vec![serde_json::from_value(country).unwrap()];
    assert_eq!(lockout(&set(vec![]), &after, &[]), Lockouts::default());
}

#[test]
fn a_search_that_is_given_up_says_so() {
    let before = set(vec![]);
    let after = set(vec![mfa("MFA", json!({}))]);
    assert_eq!(lockout(&before, &after, &[]), Lockouts::default());
    let found = lockout_within(&before, &after, &[], 0);
    assert_eq!(found.certain, None);
    let open = found.open.unwrap();
    assert_eq!(
        (open.because.as_slice(), open.singled_out),
        (&[] as &[String], false)
    );
}

#[test]
fn who_is_singled_out_hides_nobody_else() {
    let left = block("Left", json!({"users": {"includeGroups": ["Left"]}}));
    let found = lockout(&unsure(vec![]), &unsure(vec![left, outside_trusted()]), &[]);
    assert!(found.certain.unwrap().singled_out);
    assert!(!found.open.unwrap().singled_out);
}

/// Every ordinary way in that policies of the small worlds tell apart, with all methods.
fn ways() -> Vec<SignIn> {
    let mut devices = vec![json!("unregistered")];
    for trust in ["AzureAD", "ServerAD"] {
        for compliant in [true, false] {
            for model in ["Surface", "Surf", "xacex", "other"] {
                devices.push(json!({"isCompliant": compliant, "trustType": trust, "model": model}));
            }
        }
    }
    let applications = [
        json!(EXO),
        json!("00000003-0000-0ff1-ce00-000000000000"),
        json!({"name": "Payroll", "ownedBy": "tenant"}),
        json!({"ownedBy": "tenant"}),
        json!({"ownedBy": "microsoft"}),
    ];
    let mut found = Vec::new();
    for application in &applications {
        for device in &devices {
            for platform in ["windows", "linux", "android", "macOS"] {
                if device["trustType"] == "ServerAD" && platform != "windows" {
                    continue;
                }
                for client in ["browser", "mobileAppsAndDesktopClients"] {
                    for (ip, country) in [
                        ("198.51.100.7", "NL"),
                        ("198.51.100.7", "US"),
                        ("203.0.113.1", "NL"),
                        ("203.0.113.1", "US"),
                    ] {
                        let way = json!({"application": application, "deviceInfo": device, "clientAppType": client,
                            "devicePlatform": platform, "authenticationFlow": {"transferMethod": "none"}, "ipAddress": ip,
                            "country": country, "compliantNetwork": false, "signInRiskLevel": "none", "userRiskLevel": "none",
                            "insiderRiskLevel": "none", "satisfied": ["password", "sms", "fido2"]});
                        found.push(serde_json::from_value(way).unwrap());
                    }
                }
            }
        }
    }
    found
}

/// How each way in ends for somebody; none that cannot be.
fn endings<'a>(
    set: &'a crate::whatif::CompiledPolicies,
    user: &'a Option<crate::whatif::User>,
    ways: &'a [SignIn],
) -> impl Iterator<Item = Ending> + 'a {
    ways.iter().filter_map(move |way| {
        let own = SignIn {
            user: user.clone(),
            ..way.clone()
        };
        set.outcome(&own).ok().map(|got| got.enforced.outcome)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10,
        max_shrink_iters: 60, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn lockouts_are_those_of_enumeration(
        before in prop::collection::vec((enumeration::conditions(), enumeration::grant()), 0..2),
        after in prop::collection::vec((enumeration::conditions(), enumeration::grant()), 1..4),
        everybody in prop::collection::vec(
            (enumeration::conditions(), select(vec!["block", "mfa", "compliantDevice", "domainJoinedDevice"])), 1..4),
    ) {
        // Policies for all who sign in to anything make lockouts likely.
        let everybody = everybody.into_iter().map(|(mut conditions, control)| {
            conditions["users"] = json!({"includeUsers": ["All"]});
            conditions["applications"] = json!({"includeApplications": ["All"]});
            (conditions, json!({"operator": "OR", "builtInControls": [control]}))
        });
        let after: Vec<(Value, Value)> = after.into_iter().chain(everybody).collect();
        let of = |list: &[(Value, Value)]| PolicySet {
            policies: list.iter().enumerate()
                .map(|(at, (c, g))| enumeration::policy(&format!("P{at}"), "enabled", c, g, &Value::Null)).collect(),
            world: enumeration::world(),
        };
        let (before, after) = (of(&before), of(&after));
        let found = lockout(&before, &after, &[]);
        let (was, is) = (before.compiled(), after.compiled());
        let ways = ways();
        for one in found.certain.iter().chain(&found.open) {
            let shown = || serde_json::to_string(&one.difference.sign_in).unwrap();
            let user = &one.difference.sign_in.user;
            let open = found.open.as_ref() == Some(one);
            for ending in endings(&is, user, &ways) {
                let gets_in = ending == Ending::Granted || !open && ending == Ending::Unknown;
                prop_assert!(!gets_in, "{:?} {}", ending, shown());
            }
            prop_assert!(open || one.difference.before.outcome == Ending::Granted, "{}", shown());
            prop_assert!(one.difference.after.outcome != Ending::Granted, "{}", shown());
        }
        let member = |groups: &[&str], roles: &[&str]| json!({"memberOf": groups, "roles": roles, "userType": "member"});
        for (user, is_plain) in [
            (member(&[], &[]), true),
            (member(&["G1"], &[]), false),
            (member(&[], &[ROLE]), true),
            (member(&["G1"], &[ROLE]), false),
            (json!({"name": "ada@x.com", "memberOf": ["Closed"], "roles": [], "userType": "member"}), false),
        ] {
            let shown = user.to_string();
            let user = Some(serde_json::from_value(user).unwrap());
            if !endings(&was, &user, &ways).any(|ending| ending == Ending::Granted) {
                continue;
            }
            if endings(&is, &user, &ways).any(|ending| matches!(ending, Ending::Granted | Ending::Unknown)) {
                continue;
            }
            let certain = found.certain.as_ref();
            prop_assert!(certain.is_some_and(|one| !(is_plain && one.singled_out)), "{shown} is not found: {found:?}");
        }
    }
}
