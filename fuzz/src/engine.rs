//! The proof engine against the evaluator: what is proved has no sign-in that breaks it, what is refuted
//! has one, and comparisons are those of single sign-ins. The evaluator itself is held against a second
//! one that is as plain as can be.
//!
//! The bytes choose small sets of policies and claims.

use std::sync::LazyLock;

use gatewright::analysis::{
    Claim, Comparative, Floor, Must, SignInTurn, Verdict, check as prove, compare, gaps,
};
use gatewright::model::enums::PolicyState;
use gatewright::model::policy::ConditionalAccessPolicy;
use gatewright::whatif::{
    Applies, CompiledPolicies, Ending, Judgement, KnownGroup, KnownUser, PolicySet, SignIn,
    UserType, World,
};
use serde_json::{Value, json};

use crate::choices::Choices;

const ROLE: &str = "62e90394-69f5-4237-9190-012177145e10";
const EXO: &str = "00000002-0000-0ff1-ce00-000000000000";
/// How many sign-ins of the small world are tried for each input.
const SAMPLE: usize = 60;

static WORLD: LazyLock<World> = LazyLock::new(|| {
    World {
    locations: vec![
        serde_json::from_value(json!({"@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "Office", "isTrusted": true,
            "ipRanges": [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": "198.51.100.0/24"}]})).unwrap(),
        serde_json::from_value(json!({"@odata.type": "#microsoft.graph.countryNamedLocation", "displayName": "Home",
            "countriesAndRegions": ["NL"], "includeUnknownCountriesAndRegions": false})).unwrap(),
    ],
    groups: vec![
        KnownGroup { display_name: "G1".into(), ..KnownGroup::default() },
        KnownGroup { display_name: "Closed".into(), members: Some(vec!["ada@x.com".into()]), declared: true, ..KnownGroup::default() },
    ],
    users: vec![KnownUser { user_principal_name: "ada@x.com".into(), user_type: Some(UserType::Member), ..KnownUser::default() }],
    ..World::default()
}
});

/// Every sign-in of the small world, as JSON and as it is.
static SIGN_INS: LazyLock<Vec<(Value, SignIn)>> = LazyLock::new(sign_ins);

fn sign_ins() -> Vec<(Value, SignIn)> {
    let member = |groups: &[&str], roles: &[&str]| json!({"memberOf": groups, "roles": roles, "userType": "member"});
    let users = [
        member(&[], &[]),
        member(&["G1"], &[]),
        member(&[], &[ROLE]),
        json!({"memberOf": [], "roles": [], "userType": "b2bCollaborationGuest", "externalTenantId": "99999999-9999-4999-8999-999999999999"}),
        json!({"name": "ada@x.com", "memberOf": ["Closed"], "roles": [], "userType": "member"}),
    ];
    let resources = [
        json!({"application": EXO}),
        json!({"application": {"name": "Payroll", "ownedBy": "tenant"}}),
        json!({"application": {"ownedBy": "microsoft"}}),
        json!({"userAction": "registerSecurityInformation"}),
    ];
    let devices = [
        json!("unregistered"),
        json!({"isCompliant": true, "trustType": "AzureAD", "model": "Surface"}),
        json!({"isCompliant": false, "trustType": "ServerAD", "model": "xacex"}),
    ];
    let clients = [
        ("browser", "windows", "none"),
        ("browser", "linux", "none"),
        ("other", "windows", "none"),
        ("exchangeActiveSync", "android", "none"),
        ("browser", "windows", "deviceCodeFlow"),
    ];
    let places = [
        ("198.51.100.7", "NL"),
        ("203.0.113.1", "NL"),
        ("203.0.113.1", "US"),
    ];
    let methods: [&[&str]; 4] = [&[], &["password"], &["password", "sms"], &["fido2"]];
    let mut all = Vec::new();
    for user in &users {
        for resource in &resources {
            for device in &devices {
                for (client, platform, flow) in clients {
                    for (ip, country) in places {
                        for risk in ["none", "high"] {
                            for methods in methods {
                                let is_silent = client == "other" || client == "exchangeActiveSync";
                                let is_joined = device["trustType"] == "ServerAD";
                                if is_joined && platform != "windows"
                                    || is_silent && !methods.is_empty()
                                {
                                    continue;
                                }
                                let mut value = json!({"user": user, "deviceInfo": device, "clientAppType": client, "devicePlatform": platform,
                                    "authenticationFlow": {"transferMethod": flow}, "ipAddress": ip, "country": country, "compliantNetwork": false,
                                    "signInRiskLevel": risk, "userRiskLevel": "none", "insiderRiskLevel": "none", "satisfied": methods});
                                for (name, one) in resource.as_object().unwrap() {
                                    value[name] = one.clone();
                                }
                                let sign_in = serde_json::from_value(value.clone()).unwrap();
                                all.push((value, sign_in));
                            }
                        }
                    }
                }
            }
        }
    }
    all
}

/// Holds the laws for one input.
pub fn check(data: &[u8]) {
    let mut choices = Choices::new(data);
    let start = choices.below(SIGN_INS.len());
    let law = choices.below(4);
    let policies: Vec<Value> = (0..1 + choices.below(3))
        .map(|number| policy(number, &mut choices))
        .collect();
    let set = set(&policies);
    // A stride that has no part in common with how the list is made.
    let sample: Vec<&(Value, SignIn)> = (0..SAMPLE)
        .map(|at| &SIGN_INS[(start + at * 127) % SIGN_INS.len()])
        .collect();
    match law {
        0 => evaluated(&policies, &set, &sample),
        1 => claims(&set, &sample, &mut choices),
        2 => compared(&policies, &set, &sample, &mut choices),
        _ => open(&set, &sample),
    }
}

fn set(policies: &[Value]) -> PolicySet {
    let policies = policies
        .iter()
        .map(|one| serde_json::from_value(one.clone()).unwrap());
    PolicySet {
        policies: policies.collect(),
        world: WORLD.clone(),
    }
}

fn policy(number: usize, choices: &mut Choices<'_>) -> Value {
    let state = *choices.pick(&[
        "enabled",
        "enabled",
        "enabled",
        "disabled",
        "enabledForReportingButNotEnforced",
    ]);
    let mut value = json!({"displayName": format!("P{number}"), "state": state, "conditions": conditions(choices), "grantControls": grant(choices)});
    match choices.below(6) {
        0 => {
            value["sessionControls"] = json!({"persistentBrowser": {"isEnabled": true, "mode": choices.pick(&["never", "always"])}})
        }
        1 => {
            value["sessionControls"] = json!({"signInFrequency": {"isEnabled": true, "type": "hours", "value": choices.pick(&[1, 4, 24]),
            "frequencyInterval": "timeBased", "authenticationType": "primaryAndSecondaryAuthentication"}})
        }
        _ => {}
    }
    value
}

fn conditions(choices: &mut Choices<'_>) -> Value {
    let people = ["ada@x.com", "GuestsOrExternalUsers"];
    let rarely = |choices: &mut Choices<'_>, all: &[&'static str]| match choices.once_in(3) {
        true => choices.some_of(all),
        false => Vec::new(),
    };
    let users = json!({
        "includeUsers": if choices.once_in(3) { choices.some_of(&people) } else { vec!["All"] },
        "excludeUsers": rarely(choices, &people),
        "includeGroups": rarely(choices, &["G1", "Closed"]), "excludeGroups": rarely(choices, &["G1", "Closed"]),
        "includeRoles": rarely(choices, &[ROLE]), "excludeRoles": rarely(choices, &[ROLE])});
    let applications = match choices.once_in(6) {
        true => json!({"includeUserActions": ["urn:user:registersecurityinfo"]}),
        false => json!({
            "includeApplications": if choices.once_in(4) { choices.some_of(&["Payroll", EXO, "Office365"]) } else { vec!["All"] },
            "excludeApplications": rarely(choices, &["Payroll", "Office365"])}),
    };
    let mut all = json!({"users": users, "applications": applications});
    if choices.once_in(4) {
        let rule = *choices.pick(&[
            "device.isCompliant -eq True",
            "device.isCompliant -ne True",
            "device.trustType -eq \"ServerAD\"",
            "device.model -startsWith \"Surf\"",
            "device.model -contains \"ace\" -and device.isCompliant -eq True",
        ]);
        all["devices"] =
            json!({"deviceFilter": {"mode": choices.pick(&["include", "exclude"]), "rule": rule}});
    }
    if choices.once_in(4) {
        let named = ["Office", "Home", "AllTrusted"];
        let include = if choices.once_in(2) {
            choices.some_of(&named)
        } else {
            vec!["All"]
        };
        if !include.is_empty() {
            all["locations"] =
                json!({"includeLocations": include, "excludeLocations": choices.some_of(&named)});
        }
    }
    let lists: [(&str, &[&str]); 2] = [
        (
            "clientAppTypes",
            &[
                "browser",
                "mobileAppsAndDesktopClients",
                "other",
                "exchangeActiveSync",
            ],
        ),
        ("signInRiskLevels", &["low", "high"]),
    ];
    for (name, words) in lists {
        let chosen = rarely(choices, words);
        if !chosen.is_empty() {
            all[name] = json!(chosen);
        }
    }
    let platforms = rarely(choices, &["windows", "linux", "android"]);
    if !platforms.is_empty() {
        all["platforms"] = json!({"includePlatforms": ["all"], "excludePlatforms": platforms});
    }
    if choices.once_in(6) {
        all["authenticationFlows"] = json!({"transferMethods": "deviceCodeFlow"});
    }
    all
}

fn grant(choices: &mut Choices<'_>) -> Value {
    match choices.below(8) {
        0 | 1 => json!({"operator": "OR", "builtInControls": ["block"]}),
        2 => {
            json!({"operator": "OR", "builtInControls": [], "authenticationStrength": {"id": "00000000-0000-0000-0000-000000000004"}})
        }
        _ => {
            let controls = choices.some_of(&["mfa", "compliantDevice", "domainJoinedDevice"]);
            let controls = if controls.is_empty() {
                vec!["mfa"]
            } else {
                controls
            };
            json!({"operator": choices.pick(&["AND", "OR"]), "builtInControls": controls})
        }
    }
}

/// The evaluator: prepared and explained it says what it says at once, no order of policies matters, and
/// whether a policy applies is what a plain reading of it says.
fn evaluated(policies: &[Value], set: &PolicySet, sample: &[&(Value, SignIn)]) {
    let compiled = set.compiled();
    let backwards = CompiledPolicies::new(set.policies.iter().rev(), &set.world);
    let mut again = Judgement::default();
    for (value, sign_in) in sample.iter().copied() {
        let prepared = compiled.prepare(sign_in).unwrap();
        let judgement = compiled.judge(&prepared);
        compiled.judge_into(&prepared, &mut again);
        assert_eq!(judgement, again);
        let outcome = compiled.outcome(sign_in).unwrap();
        assert_eq!(outcome, compiled.explain(&prepared, &judgement));
        assert_eq!(outcome, backwards.outcome(sign_in).unwrap(), "{value}");
        for (given, policy) in policies.iter().enumerate() {
            let says = compiled
                .number_of(given)
                .and_then(|number| judgement.applies(number))
                .unwrap();
            let known = match says {
                Applies::Yes => true,
                Applies::No(_) => false,
                Applies::Unknown(_) => continue,
            };
            if let Some(plain) = applies(policy, value) {
                assert_eq!(known, plain, "{says:?}: {policy} of {value}");
            }
        }
    }
}

/// Whether a policy applies to a sign-in, read as plainly as can be; nothing where it is not that plain.
fn applies(policy: &Value, sign_in: &Value) -> Option<bool> {
    let list = |pointer: String| -> Vec<&str> {
        let items = policy
            .pointer(&pointer)
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        items.filter_map(Value::as_str).collect()
    };
    let user = &sign_in["user"];
    let held = |member: &str| -> Vec<&str> {
        user[member]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    };
    let people = |side: &str| {
        let of = |what: &str| list(format!("/conditions/users/{side}{what}"));
        of("Users").contains(&"All")
            || user["name"]
                .as_str()
                .is_some_and(|name| of("Users").contains(&name))
            || of("Users").contains(&"GuestsOrExternalUsers") && user["userType"] != "member"
            || of("Groups")
                .iter()
                .any(|one| held("memberOf").contains(one))
            || of("Roles").iter().any(|one| held("roles").contains(one))
    };
    let included = list("/conditions/applications/includeApplications".to_owned());
    let excluded = list("/conditions/applications/excludeApplications".to_owned());
    let actions = list("/conditions/applications/includeUserActions".to_owned());
    let application = sign_in["application"]
        .as_str()
        .or(sign_in["application"]["name"].as_str());
    let resource = match (sign_in["userAction"].as_str(), application) {
        (Some(_), _) if actions.is_empty() => return None,
        (Some(_), _) => true,
        (None, None) => return None,
        (None, Some(name)) => {
            let among = |all: &[&str]| {
                all.contains(&"All")
                    || all.contains(&name)
                    || all.contains(&"Office365") && name == EXO
            };
            actions.is_empty() && among(&included) && !among(&excluded)
        }
    };
    let listed = [
        ("clientAppTypes", "clientAppType"),
        ("signInRiskLevels", "signInRiskLevel"),
    ]
    .iter()
    .all(|(condition, member)| {
        let all = list(format!("/conditions/{condition}"));
        all.is_empty() || all.contains(&sign_in[*member].as_str().unwrap())
    });
    let platform = sign_in["devicePlatform"].as_str().unwrap();
    let platforms = !list("/conditions/platforms/excludePlatforms".to_owned()).contains(&platform);
    let office = sign_in["ipAddress"] == "198.51.100.7";
    let place = |side: &str| {
        let all = list(format!("/conditions/locations/{side}Locations"));
        all.contains(&"All")
            || office && (all.contains(&"Office") || all.contains(&"AllTrusted"))
            || sign_in["country"] == "NL" && all.contains(&"Home")
    };
    let places =
        policy["conditions"]["locations"].is_null() || place("include") && !place("exclude");
    let filter = &policy["conditions"]["devices"]["deviceFilter"];
    let device = &sign_in["deviceInfo"];
    let compliant = device["isCompliant"] == true;
    let model = device["model"].as_str().unwrap_or_default();
    let rule = match filter["rule"].as_str() {
        None => None,
        Some("device.isCompliant -eq True") => Some(compliant),
        Some("device.isCompliant -ne True") => Some(!compliant),
        Some("device.trustType -eq \"ServerAD\"") => Some(device["trustType"] == "ServerAD"),
        Some("device.model -startsWith \"Surf\"") => Some(model.starts_with("Surf")),
        Some(_) => Some(model.contains("ace") && compliant),
    };
    let devices = rule.is_none_or(|holds| holds == (filter["mode"] == "include"));
    let flows = policy["conditions"]["authenticationFlows"].is_null()
        || sign_in["authenticationFlow"]["transferMethod"] == "deviceCodeFlow";
    let is_on = policy["state"] != "disabled";
    Some(
        is_on
            && people("include")
            && !people("exclude")
            && resource
            && listed
            && platforms
            && places
            && devices
            && flows,
    )
}

/// Claims: one that is proved holds for each sign-in, and one that is refuted is broken by its example.
fn claims(set: &PolicySet, sample: &[&(Value, SignIn)], choices: &mut Choices<'_>) {
    let asked: Vec<(Value, Value, usize)> = (0..2)
        .map(|_| (conditions(choices), grant(choices), choices.below(5)))
        .collect();
    let claims: Vec<Claim> = asked
        .iter()
        .map(|(selection, grant, what)| {
            let policy = of(selection, grant);
            let must = match what {
                0 => Must::Require {
                    grant: policy.grant_controls,
                    session: None,
                },
                1 => Must::NoBlock,
                2 => Must::NoLockout,
                3 => Must::Nothing,
                _ => Must::Covered,
            };
            Claim {
                selection: policy.conditions,
                accepted: Vec::new(),
                must,
            }
        })
        .collect();
    let sample: Vec<&SignIn> = sample.iter().map(|(_, sign_in)| sign_in).collect();
    for (answer, claim) in prove(set, &claims).iter().zip(&asked) {
        match &answer.verdict {
            Verdict::Refuted(found) => {
                let broken = broken(set, claim, &[&found.sign_in]);
                assert!(
                    broken.is_some(),
                    "not broken by {}: {claim:?}",
                    serde_json::to_string(&found.sign_in).unwrap()
                );
            }
            verdict => {
                let broken = broken(set, claim, &sample);
                assert!(
                    broken.is_none(),
                    "{verdict:?}, and broken by {}: {claim:?}",
                    serde_json::to_string(&broken).unwrap()
                );
            }
        }
    }
}

fn of(conditions: &Value, grant: &Value) -> ConditionalAccessPolicy {
    serde_json::from_value(json!({"displayName": "X", "state": "enabled", "conditions": conditions, "grantControls": grant})).unwrap()
}

/// The first of these sign-ins that certainly breaks a claim.
fn broken(
    set: &PolicySet,
    (selection, grant, what): &(Value, Value, usize),
    sign_ins: &[&SignIn],
) -> Option<SignIn> {
    let own = set.compiled();
    let everybody = json!({"includeUsers": ["All"]});
    let required = (grant["builtInControls"] != json!(["block"])).then(|| {
        let of_apps = of(&json!({"users": everybody, "applications": {"includeApplications": ["All"]}}), grant);
        let of_actions = of(&json!({"users": everybody, "applications": {"includeUserActions": ["urn:user:registersecurityinfo"]}}), grant);
        CompiledPolicies::new(&[of_apps, of_actions], &set.world)
    });
    let select = CompiledPolicies::new(&[of(selection, &Value::Null)], &set.world);
    let is_meant = |sign_in: &SignIn| {
        select.judge(&select.prepare(sign_in).unwrap()).applies(0) == Some(Applies::Yes)
    };
    let found = sign_ins
        .iter()
        .filter(|sign_in| is_meant(sign_in))
        .find(|sign_in| {
            let got = own.outcome(sign_in).unwrap();
            let judgement = own.judge(&own.prepare(sign_in).unwrap());
            let blocks = |wanted: fn(Applies) -> bool| {
                (0..own.len()).any(|number| {
                    own.is_enforced(number)
                        && own.blocks(number)
                        && judgement.applies(number).is_some_and(wanted)
                })
            };
            let is_blocked = blocks(|applies| applies == Applies::Yes);
            let may_be_blocked = blocks(|applies| matches!(applies, Applies::Unknown(_)));
            let enforced = || {
                got.policies
                    .iter()
                    .filter(|one| one.state == Some(PolicyState::Enabled))
            };
            let is_covered = enforced().any(|one| one.applies == Some(true));
            let may_be_covered = enforced().any(|one| one.applies.is_none());
            match (what, &required) {
                (0, None) => !is_blocked && !may_be_blocked,
                (0, Some(required)) => {
                    let is_met =
                        required.outcome(sign_in).unwrap().enforced.outcome == Ending::Granted;
                    got.enforced.outcome == Ending::Granted && !is_met
                }
                (1, _) => is_blocked,
                (2, _) => is_blocked || got.enforced.hidden_block,
                (3, _) => is_covered,
                _ => !is_covered && !may_be_covered,
            }
        });
    found.map(|sign_in| (*sign_in).clone())
}

/// Comparisons: what becomes looser or stricter is so for single sign-ins.
fn compared(
    policies: &[Value],
    before: &PolicySet,
    sample: &[&(Value, SignIn)],
    choices: &mut Choices<'_>,
) {
    let keep = choices.below(policies.len() + 1);
    let mut other: Vec<Value> = policies[..keep].to_vec();
    other.extend((0..choices.below(2)).map(|number| policy(number + 4, choices)));
    let after = set(&other);
    let found = compare(before, &after, &[]);
    let (was, is) = (before.compiled(), after.compiled());
    let ending =
        |side: &CompiledPolicies, sign_in: &SignIn| side.outcome(sign_in).unwrap().enforced.outcome;
    let stopped = |ending: Ending| matches!(ending, Ending::Blocked | Ending::Interrupted);
    for (value, sign_in) in sample.iter().copied() {
        let (was, is) = (ending(&was, sign_in), ending(&is, sign_in));
        let looser = stopped(was) && is == Ending::Granted;
        let stricter = was == Ending::Granted && stopped(is);
        match found.verdict {
            Comparative::Equal => assert!(!looser && !stricter, "equal: {value}"),
            Comparative::Stricter => assert!(!looser, "stricter: {value}"),
            Comparative::Looser => assert!(!stricter, "looser: {value}"),
            Comparative::Open => assert!(!looser, "open: {value}"),
            Comparative::Both => {}
        }
    }
    if matches!(found.verdict, Comparative::Looser | Comparative::Both) {
        assert!(!found.looser.is_empty());
        for one in &found.looser {
            let by_session = one.turn == Some(SignInTurn::SessionLost);
            assert_eq!(ending(&is, &one.sign_in), Ending::Granted);
            assert_eq!(ending(&was, &one.sign_in) == Ending::Granted, by_session);
        }
    }
    let back = compare(&after, before, &[]).verdict;
    let mirrored = match found.verdict {
        Comparative::Looser => Comparative::Stricter,
        Comparative::Stricter => Comparative::Looser,
        verdict => verdict,
    };
    if found.verdict != Comparative::Open && back != Comparative::Open {
        assert_eq!(back, mirrored);
    }
    assert_eq!(compare(before, before, &[]).verdict, Comparative::Equal);
}

/// Gaps: who is in no exclusion and gets in with a password alone is found; what is idle changes
/// nothing, and what never applies applies to none.
fn open(set: &PolicySet, sample: &[&(Value, SignIn)]) {
    let found = gaps(set, Floor::Mfa, &[]);
    let compiled = set.compiled();
    for gap in found
        .gaps
        .iter()
        .chain(found.exclusions.iter().flat_map(|one| &one.opens))
    {
        let got = compiled.outcome(&gap.sign_in).unwrap().enforced;
        assert_eq!(got, gap.got);
        assert!(
            got.outcome == Ending::Granted || !gap.open_because.is_empty(),
            "{gap:?}"
        );
    }
    let excluded: Vec<&str> = found
        .exclusions
        .iter()
        .map(|one| one.group.as_str())
        .collect();
    for (value, sign_in) in sample.iter().copied() {
        let outcome = compiled.outcome(sign_in).unwrap();
        let held = ["memberOf", "roles"].map(|member| {
            value["user"][member]
                .as_array()
                .cloned()
                .unwrap_or_default()
        });
        let is_excluded = held.concat().iter().any(|one| {
            excluded.iter().any(|name| *one == *name)
                || *one == ROLE && excluded.contains(&"Global Administrator")
        });
        let methods = &value["satisfied"];
        let lacks_mfa = *methods == json!([]) || *methods == json!(["password"]);
        if found.gaps.is_empty() && !is_excluded && lacks_mfa {
            assert_ne!(
                outcome.enforced.outcome,
                Ending::Granted,
                "no gap, but {value}"
            );
        }
        for own in outcome
            .policies
            .iter()
            .filter(|one| found.never_apply.contains(&one.display_name))
        {
            assert_ne!(own.applies, Some(true), "{value}");
        }
    }
    for idle in &found.idle {
        let mut fewer = set.clone();
        fewer
            .policies
            .retain(|policy| *policy.display_name != *idle.policy);
        assert_eq!(compare(set, &fewer, &[]).verdict, Comparative::Equal);
    }
}
