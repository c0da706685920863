//! Known answers: how the documentation says that Conditional Access evaluates a sign-in.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::model::enums::*;
use crate::model::values::GraphEnum;

const USER: &str = "4628e7df-dff3-407c-a08f-75f08c0806dc";
const OTHER: &str = "93c9da93-7ffb-498e-afc1-2798ea05112e";
const GROUP: &str = "6da4f554-8612-4359-a481-b293af78e1fb";
const ROLE: &str = "62e90394-69f5-4237-9190-012177145e10";
const HOME: &str = "0f1e2d3c-0000-4000-8000-000000000001";
const SHAREPOINT: &str = "00000003-0000-0ff1-ce00-000000000000";
const PORTAL: &str = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c";
const MANAGEMENT: &str = "797f4846-ba00-4fd7-ba43-dac1f8f63013";
const OWN_APP: &str = "095a7e38-5c47-42ce-aa0c-63b5bf45790b";
const PLACE: &str = "b4191885-f836-4ccd-bfc4-e0ccaf88dcae";

fn policy(state: &str, conditions: Value, grant: Value) -> ConditionalAccessPolicy {
    let mut all = json!({"users": {"includeUsers": ["All"]},
        "applications": {"includeApplications": ["All"]}});
    for (name, value) in conditions.as_object().unwrap() {
        all[name] = value.clone();
    }
    serde_json::from_value(
        json!({"displayName": "P", "state": state, "conditions": all,
        "grantControls": grant}),
    )
    .unwrap()
}

fn block() -> Value {
    json!({"operator": "OR", "builtInControls": ["block"]})
}

/// A sign-in of which everything is known and ordinary.
fn ordinary() -> SignIn {
    SignIn {
        user: User {
            id: USER.to_owned(),
            groups: Some(BTreeSet::from([GROUP.to_owned()])),
            roles: Some(BTreeSet::new()),
            kind: Some(UserKind::Member),
        },
        resource: Resource::Application(OWN_APP.to_owned()),
        sign_in_risk: Some(RiskLevel::None),
        user_risk: Some(RiskLevel::None),
        insider_risk: Some(None),
        client_app: Some(ClientApp::Browser),
        platform: Some(Platform::Known(DevicePlatform::Windows)),
        places: Some(Places::default()),
        transfer: Some(None),
    }
}

fn judged(conditions: Value, sign_in: &SignIn) -> String {
    let policies = [policy("enabled", conditions, block())];
    match &evaluate(&policies, sign_in)[0].applies {
        Applies::Yes => "yes".to_owned(),
        Applies::No(reason) => reason.as_str().to_owned(),
        Applies::Unknown(facts) => {
            let facts: Vec<String> = facts.iter().map(ToString::to_string).collect();
            format!("unknown: {}", facts.join(", "))
        }
    }
}

/// Each line: a condition, and what is to be said of the sign-in.
fn table(sign_in: &SignIn, lines: &[(Value, &str)]) {
    for (conditions, expected) in lines {
        assert_eq!(
            judged(conditions.clone(), sign_in),
            *expected,
            "{conditions}"
        );
    }
}

fn users(users: Value) -> Value {
    json!({ "users": users })
}

fn apps(apps: Value) -> Value {
    json!({ "applications": apps })
}

#[test]
fn the_user_is_included_by_any_list_and_excluded_by_any() {
    table(
        &ordinary(),
        &[
            (users(json!({"includeUsers": ["All"]})), "yes"),
            (users(json!({"includeUsers": ["None"]})), "users"),
            (users(json!({})), "users"),
            (users(json!({"includeUsers": [USER.to_uppercase()]})), "yes"),
            (users(json!({"includeUsers": [OTHER]})), "users"),
            (users(json!({"includeUsers": [OTHER, USER]})), "yes"),
            (users(json!({"includeGroups": [GROUP]})), "yes"),
            (
                users(json!({"includeUsers": [OTHER], "includeGroups": [GROUP]})),
                "yes",
            ),
            (users(json!({"includeRoles": [ROLE]})), "users"),
            (
                users(json!({"includeUsers": ["GuestsOrExternalUsers"]})),
                "users",
            ),
            // Exclusion beats inclusion.
            (
                users(json!({"includeUsers": ["All"], "excludeUsers": [USER]})),
                "users",
            ),
            (
                users(json!({"includeUsers": [USER], "excludeGroups": [GROUP]})),
                "users",
            ),
            (
                users(
                    json!({"includeUsers": ["All"], "excludeGroups": [OTHER], "excludeRoles": [ROLE]}),
                ),
                "yes",
            ),
            (
                users(json!({"includeUsers": ["All"], "excludeUsers": ["GuestsOrExternalUsers"]})),
                "yes",
            ),
            // A policy on workload identities is not about users.
            (
                json!({"users": {"includeUsers": ["None"]},
                "clientApplications": {"includeServicePrincipals": ["ServicePrincipalsInMyTenant"]}}),
                "users",
            ),
            (
                json!({"clientApplications": {"includeServicePrincipals": [OTHER]}}),
                "workloadIdentities",
            ),
        ],
    );
}

#[test]
fn groups_and_roles_that_are_not_known_are_said_to_be() {
    let mut sign_in = ordinary();
    sign_in.user.groups = None;
    sign_in.user.roles = None;
    sign_in.user.kind = None;
    table(
        &sign_in,
        &[
            (users(json!({"includeUsers": ["All"]})), "yes"),
            (
                users(json!({"includeGroups": [GROUP]})),
                "unknown: the user's groups",
            ),
            (
                users(json!({"includeUsers": ["All"], "excludeGroups": [GROUP]})),
                "unknown: the user's groups",
            ),
            (
                users(json!({"includeRoles": [ROLE], "includeGroups": [GROUP]})),
                "unknown: the user's groups, the user's roles",
            ),
            // Named by id all the same, or left out for certain.
            (
                users(json!({"includeUsers": [USER], "includeGroups": [GROUP]})),
                "yes",
            ),
            (
                users(json!({"includeGroups": [GROUP], "excludeUsers": [USER]})),
                "users",
            ),
            (
                users(json!({"includeUsers": [OTHER], "excludeGroups": [GROUP]})),
                "users",
            ),
            (
                users(json!({"includeUsers": ["GuestsOrExternalUsers"]})),
                "unknown: whether the user is a guest",
            ),
            // Another condition settles it.
            (
                json!({"users": {"includeGroups": [GROUP]}, "signInRiskLevels": ["high"]}),
                "signInRisk",
            ),
        ],
    );
    sign_in.user.roles = Some(BTreeSet::from([ROLE.to_owned()]));
    table(
        &sign_in,
        &[(
            users(json!({"includeRoles": [ROLE], "includeGroups": [GROUP]})),
            "yes",
        )],
    );
}

#[test]
fn guests_are_told_apart_by_kind_and_home_tenant() {
    let of = |kinds: &str, tenants: Value| {
        users(json!({"includeGuestsOrExternalUsers":
            {"guestOrExternalUserTypes": kinds, "externalTenants": tenants}}))
    };
    let all = || json!({"membershipKind": "all"});
    let these = |id: &str| json!({"membershipKind": "enumerated", "members": [id]});
    let mut sign_in = ordinary();
    table(&sign_in, &[(of("b2bCollaborationGuest", all()), "users")]);
    sign_in.user.kind = Some(UserKind::of_account(true, true, Some(HOME.to_owned())));
    table(
        &sign_in,
        &[
            (users(json!({"includeUsers": ["All"]})), "yes"),
            (
                users(json!({"includeUsers": ["GuestsOrExternalUsers"]})),
                "yes",
            ),
            (of("b2bCollaborationGuest", all()), "yes"),
            (
                of("internalGuest,b2bCollaborationGuest", these(HOME)),
                "yes",
            ),
            (of("b2bCollaborationGuest", these(OTHER)), "users"),
            (of("internalGuest", all()), "users"),
            (of("serviceProvider,otherExternalUser", all()), "users"),
            (
                users(
                    json!({"includeUsers": ["All"], "excludeGuestsOrExternalUsers":
                {"guestOrExternalUserTypes": "b2bCollaborationGuest", "externalTenants": all()}}),
                ),
                "users",
            ),
            (
                of("b2bDirectConnectUser", all()),
                "unknown: the meaning of `b2bDirectConnectUser`",
            ),
        ],
    );
    sign_in.user.kind = Some(UserKind::of_account(true, true, None));
    table(
        &sign_in,
        &[(
            of("b2bCollaborationGuest", these(HOME)),
            "unknown: the user's home tenant",
        )],
    );
    sign_in.user.kind = Some(UserKind::of_account(true, false, None));
    table(&sign_in, &[(of("internalGuest", all()), "yes")]);
    assert_eq!(UserKind::of_account(false, false, None), UserKind::Member);
}

#[test]
fn resources_are_applications_actions_or_contexts() {
    let include = |list: Value| apps(json!({ "includeApplications": list }));
    let mut sign_in = ordinary();
    table(
        &sign_in,
        &[
            (include(json!(["All"])), "yes"),
            (include(json!(["None"])), "application"),
            (include(json!([OWN_APP])), "yes"),
            (include(json!([SHAREPOINT])), "application"),
            (
                apps(json!({"includeApplications": ["All"], "excludeApplications": [OWN_APP]})),
                "application",
            ),
            (
                include(json!(["Office365"])),
                "unknown: whether the application belongs to Office 365",
            ),
            (
                apps(json!({"includeApplications": [OWN_APP, "Office365"]})),
                "yes",
            ),
            (
                apps(
                    json!({"includeApplications": ["All"], "applicationFilter": {"mode": "exclude", "rule": "r"}}),
                ),
                "unknown: the application's custom security attributes",
            ),
            (
                apps(json!({"applicationFilter": {"mode": "include", "rule": "r"}})),
                "unknown: the application's custom security attributes",
            ),
            (
                apps(
                    json!({"includeApplications": [OWN_APP], "applicationFilter": {"mode": "include", "rule": "r"}}),
                ),
                "yes",
            ),
            (
                apps(json!({"includeUserActions": ["urn:user:registersecurityinfo"]})),
                "userActions",
            ),
            (
                apps(json!({"includeAuthenticationContextClassReferences": ["c1"]})),
                "authenticationContext",
            ),
        ],
    );
    sign_in.resource = Resource::Application(SHAREPOINT.to_owned());
    table(&sign_in, &[(include(json!(["Office365"])), "yes")]);
    sign_in.resource = Resource::Application(PORTAL.to_owned());
    table(
        &sign_in,
        &[
            (include(json!(["MicrosoftAdminPortals"])), "yes"),
            (include(json!([MANAGEMENT])), "yes"),
            (
                apps(json!({"includeApplications": ["All"], "excludeApplications": [MANAGEMENT]})),
                "application",
            ),
        ],
    );
    sign_in.resource = Resource::UserAction("urn:user:registersecurityinfo".to_owned());
    table(
        &sign_in,
        &[
            (
                apps(json!({"includeUserActions": ["urn:user:registersecurityinfo"]})),
                "yes",
            ),
            (
                apps(json!({"includeUserActions": ["urn:user:registerdevice"]})),
                "userActions",
            ),
            // The evaluate page's third example.
            (include(json!(["All"])), "yes"),
            (include(json!([OWN_APP])), "userActions"),
        ],
    );
    sign_in.resource = Resource::UserAction("urn:user:registerdevice".to_owned());
    table(
        &sign_in,
        &[(
            include(json!(["All"])),
            "unknown: whether policies on all resources count here",
        )],
    );
    sign_in.resource = Resource::AuthenticationContext("c1".to_owned());
    let context = |id: &str| apps(json!({ "includeAuthenticationContextClassReferences": [id] }));
    table(
        &sign_in,
        &[
            (context("c1"), "yes"),
            (context("c2"), "authenticationContext"),
        ],
    );
}

#[test]
fn risk_levels_match_exactly() {
    let sign_in_risk = |level: Option<RiskLevel>| SignIn {
        sign_in_risk: level,
        ..ordinary()
    };
    let levels = |list: Value| json!({ "signInRiskLevels": list });
    table(
        &sign_in_risk(Some(RiskLevel::Medium)),
        &[
            (levels(json!([])), "yes"),
            (levels(json!(["high"])), "signInRisk"),
            (levels(json!(["high", "medium"])), "yes"),
            (levels(json!(["none"])), "signInRisk"),
            (
                json!({"signInRiskLevels": ["medium"], "userRiskLevels": ["medium"]}),
                "userRisk",
            ),
        ],
    );
    table(
        &sign_in_risk(Some(RiskLevel::None)),
        &[
            (levels(json!(["none"])), "yes"),
            (levels(json!(["low"])), "signInRisk"),
        ],
    );
    table(
        &sign_in_risk(None),
        &[
            (levels(json!(["low"])), "unknown: the risk of the sign-in"),
            (levels(json!([])), "yes"),
        ],
    );
    table(
        &sign_in_risk(Some(RiskLevel::Hidden)),
        &[(
            levels(json!(["hidden"])),
            "unknown: the risk of the sign-in",
        )],
    );
    let risky = SignIn {
        user_risk: Some(RiskLevel::High),
        ..ordinary()
    };
    table(&risky, &[(json!({"userRiskLevels": ["high"]}), "yes")]);
}

#[test]
fn the_other_conditions_match_what_is_stated() {
    let place = SignIn {
        places: Some(Places {
            named: BTreeSet::from([PLACE.to_owned()]),
            trusted: true,
        }),
        ..ordinary()
    };
    let at = |include: Value, exclude: Value| json!({"locations": {"includeLocations": include, "excludeLocations": exclude}});
    table(
        &place,
        &[
            (at(json!(["All"]), json!([])), "yes"),
            (at(json!([PLACE]), json!([])), "yes"),
            (at(json!([OTHER]), json!([])), "location"),
            (at(json!(["AllTrusted"]), json!([])), "yes"),
            (at(json!(["All"]), json!(["AllTrusted"])), "location"),
            (at(json!(["All"]), json!([PLACE])), "location"),
        ],
    );
    let nowhere = SignIn {
        places: None,
        ..ordinary()
    };
    table(
        &nowhere,
        &[
            (at(json!(["All"]), json!([])), "yes"),
            (
                at(json!(["All"]), json!(["AllTrusted"])),
                "unknown: the place",
            ),
        ],
    );
    let clients = |list: Value| json!({ "clientAppTypes": list });
    table(
        &ordinary(),
        &[
            (clients(json!(["all"])), "yes"),
            (clients(json!(["browser"])), "yes"),
            (
                clients(json!(["mobileAppsAndDesktopClients", "other"])),
                "clientApps",
            ),
        ],
    );
    let mail = SignIn {
        client_app: Some(ClientApp::ExchangeActiveSync),
        ..ordinary()
    };
    table(
        &mail,
        &[
            (clients(json!(["exchangeActiveSync"])), "yes"),
            (clients(json!(["easSupported"])), "yes"),
        ],
    );
    let platforms = |include: Value, exclude: Value| json!({"platforms": {"includePlatforms": include, "excludePlatforms": exclude}});
    table(
        &ordinary(),
        &[
            (platforms(json!(["all"]), json!([])), "yes"),
            (platforms(json!(["android", "windows"]), json!([])), "yes"),
            (
                platforms(json!(["all"]), json!(["windows"])),
                "devicePlatform",
            ),
        ],
    );
    let chrome_os = SignIn {
        platform: Some(Platform::Other),
        ..ordinary()
    };
    table(
        &chrome_os,
        &[
            (
                platforms(
                    json!(["all"]),
                    json!(["android", "iOS", "windows", "macOS", "linux"]),
                ),
                "yes",
            ),
            (
                platforms(json!(["android", "windows"]), json!([])),
                "devicePlatform",
            ),
        ],
    );
    table(
        &ordinary(),
        &[
            (
                json!({"devices": {"deviceFilter": {"mode": "exclude", "rule": "device.isCompliant -eq True"}}}),
                "unknown: the device's attributes",
            ),
            (
                json!({"authenticationFlows": {"transferMethods": "deviceCodeFlow"}}),
                "authenticationFlow",
            ),
            (
                json!({"insiderRiskLevels": "moderate,elevated"}),
                "insiderRisk",
            ),
        ],
    );
    let odd = SignIn {
        transfer: Some(Some(TransferMethod::DeviceCodeFlow)),
        insider_risk: Some(Some(InsiderRiskLevel::Elevated)),
        ..ordinary()
    };
    table(
        &odd,
        &[
            (
                json!({"authenticationFlows": {"transferMethods": "deviceCodeFlow,authenticationTransfer"}}),
                "yes",
            ),
            (json!({"insiderRiskLevels": "moderate,elevated"}), "yes"),
            (json!({"insiderRiskLevels": "minor"}), "insiderRisk"),
        ],
    );
}

/// The documented example: all users, Office 365, one location, high sign-in risk. Every
/// condition must match.
#[test]
fn all_conditions_must_match() {
    let conditions = json!({"applications": {"includeApplications": ["Office365"]},
        "locations": {"includeLocations": [PLACE]}, "signInRiskLevels": ["high"]});
    let mut sign_in = ordinary();
    sign_in.resource = Resource::Application(SHAREPOINT.to_owned());
    table(&sign_in, &[(conditions.clone(), "location")]);
    sign_in.places = Some(Places {
        named: BTreeSet::from([PLACE.to_owned()]),
        trusted: false,
    });
    table(&sign_in, &[(conditions.clone(), "signInRisk")]);
    sign_in.sign_in_risk = Some(RiskLevel::High);
    table(&sign_in, &[(conditions, "yes")]);
}

fn met_by<'a>(held: &'a [&'a str]) -> impl Fn(&Requirement) -> Match + 'a {
    move |requirement| held.contains(&requirement.name().as_str()).into()
}

fn ends(policies: &[ConditionalAccessPolicy], held: &[&str]) -> (String, Vec<&'static str>) {
    let outcome = decide(&evaluate(policies, &ordinary()), &met_by(held));
    let decision = match outcome.decision {
        Decision::Blocked => "blocked".to_owned(),
        Decision::Granted => "granted".to_owned(),
        Decision::Unknown(_) => "unknown".to_owned(),
        Decision::NotMet(list) => {
            let names: Vec<String> = list.iter().map(Requirement::name).collect();
            names.join(", ")
        }
    };
    let results = outcome.policies.into_iter().map(PolicyResult::as_str);
    (decision, results.collect())
}

fn asks(state: &str, operator: &str, controls: &[&str]) -> ConditionalAccessPolicy {
    policy(
        state,
        json!({}),
        json!({"operator": operator, "builtInControls": controls}),
    )
}

#[test]
fn every_policy_that_applies_must_be_met() {
    let on = |operator, controls: &[&str]| asks("enabled", operator, controls);
    let told = |policies: &[ConditionalAccessPolicy], held: &[&str]| ends(policies, held).0;
    assert_eq!(told(&[], &[]), "granted");
    let mfa = || on("OR", &["mfa"]);
    assert_eq!(told(&[mfa()], &[]), "mfa");
    assert_eq!(told(&[mfa()], &["mfa"]), "granted");
    let either = || on("OR", &["mfa", "compliantDevice"]);
    assert_eq!(told(&[either()], &["compliantDevice"]), "granted");
    assert_eq!(told(&[either()], &[]), "mfa, compliantDevice");
    let both = || on("AND", &["passwordChange", "mfa"]);
    assert_eq!(told(&[both()], &["mfa"]), "passwordChange");
    assert_eq!(told(&[both()], &["mfa", "passwordChange"]), "granted");
    // Across policies always AND, and asked for in the documented order.
    let device = || on("OR", &["compliantDevice"]);
    assert_eq!(
        told(&[device(), both()], &[]),
        "mfa, compliantDevice, passwordChange"
    );
    // A block ends it, whatever is met.
    let policies = [mfa(), on("OR", &["block"])];
    assert_eq!(
        ends(&policies, &["mfa"]),
        ("blocked".to_owned(), vec!["success", "failure"])
    );
    let strength = |id: &str| {
        policy(
            "enabled",
            json!({}),
            json!({"operator": "OR", "builtInControls": [], "authenticationStrength": {"id": id}}),
        )
    };
    // Several strengths must each be met.
    let two = [strength("a"), strength("b")];
    assert_eq!(
        told(&two, &["authenticationStrength a"]),
        "authenticationStrength b"
    );
    let terms = policy(
        "enabled",
        json!({}),
        json!({"operator": "AND", "builtInControls": ["mfa"], "termsOfUse": ["t"]}),
    );
    assert_eq!(told(&[terms], &[]), "mfa, termsOfUse t");
    let session_only = policy("enabled", json!({}), Value::Null);
    assert_eq!(
        ends(&[session_only], &[]),
        ("granted".to_owned(), vec!["success"])
    );
}

#[test]
fn what_is_off_or_only_reported_on_stops_nobody() {
    let off = ends(&[asks("disabled", "OR", &["block"])], &[]);
    assert_eq!(off, ("granted".to_owned(), vec!["notEnabled"]));
    let report = |operator, controls: &[&str], held: &[&str]| {
        let state = "enabledForReportingButNotEnforced";
        let (decision, results) = ends(&[asks(state, operator, controls)], held);
        assert_eq!(decision, "granted");
        results[0]
    };
    assert_eq!(report("OR", &["block"], &[]), "reportOnlyFailure");
    assert_eq!(report("OR", &["mfa"], &["mfa"]), "reportOnlySuccess");
    assert_eq!(report("OR", &["mfa"], &[]), "reportOnlyInterrupted");
    assert_eq!(report("OR", &["compliantDevice"], &[]), "reportOnlyFailure");
    assert_eq!(
        report("OR", &["mfa", "compliantDevice"], &[]),
        "reportOnlyInterrupted"
    );
    assert_eq!(
        report("AND", &["mfa", "compliantDevice"], &[]),
        "reportOnlyFailure"
    );
    let elsewhere = policy(
        "enabledForReportingButNotEnforced",
        json!({"signInRiskLevels": ["high"]}),
        block(),
    );
    assert_eq!(ends(&[elsewhere], &[]).1, ["reportOnlyNotApplied"]);
}

#[test]
fn the_unknown_decides_nothing_and_what_is_certain_stays_certain() {
    let unknown = |controls: &[&str]| {
        policy(
            "enabled",
            json!({"devices": {"deviceFilter": {"mode": "include", "rule": "device.x -eq 1"}}}),
            json!({"operator": "OR", "builtInControls": controls}),
        )
    };
    let told = |policies: &[ConditionalAccessPolicy], held: &[&str]| ends(policies, held).0;
    assert_eq!(
        ends(&[unknown(&["block"])], &[]),
        ("unknown".to_owned(), vec!["unknown"])
    );
    // Whether it applies does not matter when it is met.
    assert_eq!(told(&[unknown(&["mfa"])], &["mfa"]), "granted");
    assert_eq!(told(&[unknown(&["mfa"])], &[]), "unknown");
    let certain = asks("enabled", "OR", &["block"]);
    assert_eq!(told(&[unknown(&["mfa"]), certain], &[]), "blocked");
    assert_eq!(
        told(&[unknown(&["block"]), asks("enabled", "OR", &["mfa"])], &[]),
        "mfa"
    );
}

fn subset(all: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
    prop::sample::subsequence(all, 0..=all.len())
}

fn conditions() -> impl Strategy<Value = Value> {
    (
        subset(&["All", USER, OTHER]),
        subset(&[USER, "GuestsOrExternalUsers"]),
        subset(&[GROUP]),
        subset(&["All", OWN_APP, "Office365", SHAREPOINT]),
        subset(RiskLevel::MEMBERS),
        subset(&["browser", "other"]),
        subset(&["All", "AllTrusted", PLACE]),
    )
        .prop_map(|(include, exclude, groups, apps, risks, clients, places)| {
            json!({"users": {"includeUsers": include, "excludeUsers": exclude, "excludeGroups": groups},
                "applications": {"includeApplications": apps}, "signInRiskLevels": risks,
                "clientAppTypes": clients, "locations": {"includeLocations": places}})
        })
}

proptest! {
    /// A fact that becomes known never turns a yes into a no, or a no into a yes.
    #[test]
    fn knowing_more_changes_only_what_was_unknown(
        conditions in conditions(),
        groups in any::<bool>(), kind in any::<bool>(), risk in any::<bool>(),
        client in any::<bool>(), places in any::<bool>(),
    ) {
        let known = ordinary();
        let mut less = known.clone();
        if groups { less.user.groups = None; }
        if kind { less.user.kind = None; }
        if risk { less.sign_in_risk = None; }
        if client { less.client_app = None; }
        if places { less.places = None; }
        let (more, less) = (judged(conditions.clone(), &known), judged(conditions, &less));
        if !less.starts_with("unknown") {
            prop_assert_eq!(less == "yes", more == "yes");
        }
    }

    /// One more exclusion never makes a policy apply.
    #[test]
    fn an_exclusion_never_adds(conditions in conditions()) {
        let before = judged(conditions.clone(), &ordinary());
        let mut narrowed = conditions;
        narrowed["users"]["excludeUsers"] = json!([USER]);
        prop_assert_eq!(judged(narrowed, &ordinary()), "users");
        prop_assert!(!before.is_empty());
    }
}
