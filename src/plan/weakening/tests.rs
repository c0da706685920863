//! What single edits do, as a table: who reads it reads the rules.

use serde_json::{Value, json};

use super::*;

/// An enabled policy that asks for multifactor authentication.
fn base() -> Value {
    json!({
        "displayName": "P",
        "state": "enabled",
        "conditions": {
            "users": {"includeGroups": ["a", "b"], "excludeGroups": ["x"], "excludeUsers": ["u"]},
            "applications": {"includeApplications": ["app1", "app2"], "excludeApplications": ["out"]},
            "clientAppTypes": ["browser", "mobileAppsAndDesktopClients"],
            "signInRiskLevels": ["high", "medium"],
            "platforms": {"includePlatforms": ["android", "iOS"], "excludePlatforms": ["iOS"]},
            "locations": {"includeLocations": ["All"], "excludeLocations": ["office"]},
        },
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
        "sessionControls": {"signInFrequency": {"value": 4, "type": "hours", "authenticationType": "primaryAndSecondaryAuthentication", "frequencyInterval": "timeBased", "isEnabled": true}},
    })
}

/// The base with the values at these pointers replaced; `null` takes one out.
fn with(edits: &[(&str, Value)]) -> Value {
    let mut policy = base();
    for (pointer, value) in edits {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let map = policy.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        if value.is_null() {
            map.remove(name);
        } else {
            map.insert(name.to_owned(), value.clone());
        }
    }
    policy
}

fn effect(before: &Value, after: &Value) -> Effect {
    Effect::of(of_policy(before, after, &|id| format!("<{id}>")))
}

#[track_caller]
fn row(edits: &[(&str, Value)], class: Class, words: &str) {
    let (before, after) = (base(), with(edits));
    let found = effect(&before, &after);
    let all = found.reasons.join("; ");
    assert_eq!((found.class, all.contains(words)), (class, true), "{all}");
    // What adds one way takes the other way: the order of actions rests on it.
    let (adds, takes) = adds_and_takes(&of_policy(&before, &after, &str::to_owned));
    let back = adds_and_takes(&of_policy(&after, &before, &str::to_owned));
    assert_eq!((adds, takes), (back.1, back.0), "{all}");
}

const USERS: &str = "/conditions/users";
const APPS: &str = "/conditions/applications";

macro_rules! table {
    ($($name:ident: [$($pointer:expr => $value:tt),+ $(,)?] is $class:ident, $words:literal;)+) => {
        $(#[test] fn $name() { row(&[$(($pointer, json!($value))),+], Class::$class, $words); })+
    };
}

fn users(member: &str) -> &'static str {
    Box::leak(format!("{USERS}/{member}").into_boxed_str())
}

fn apps(member: &str) -> &'static str {
    Box::leak(format!("{APPS}/{member}").into_boxed_str())
}

table! {
    // State.
    to_disabled: ["/state" => "disabled"] is Weaker, "moved from enabled to disabled";
    to_report_only: ["/state" => "enabledForReportingButNotEnforced"] is Weaker, "moved from enabled to report-only";
    to_report_only_beside_a_stronger_control: ["/state" => "disabled", "/grantControls" => {"operator": "OR", "builtInControls": ["block"]}] is Weaker, "moved from enabled";
    another_name: ["/displayName" => "Q"] is Neutral, "only the name";

    // Who.
    one_more_group: [users("includeGroups") => ["a", "b", "c"]] is Stronger, "includes 1 more group: `<c>`";
    one_group_less: [users("includeGroups") => ["a"]] is Weaker, "no longer includes 1 group: `<b>`";
    no_groups_but_everybody: [users("includeGroups") => null, users("includeUsers") => ["All"]] is Stronger, "includes all users";
    another_group: [users("includeGroups") => ["a", "c"]] is Weaker, "no longer includes 1 group: `<b>`";
    one_more_user: [users("includeUsers") => ["v"]] is Stronger, "includes 1 more user: `<v>`";
    one_more_role: [users("includeRoles") => ["r"]] is Stronger, "includes 1 more role";
    guests_too: [users("includeGuestsOrExternalUsers") => {"guestOrExternalUserTypes": "b2bCollaborationGuest", "externalTenants": {"membershipKind": "all"}}] is Stronger, "more type of guests";
    nobody: [users("includeGroups") => null, users("includeUsers") => ["None"]] is Weaker, "no longer includes 2 groups";
    one_more_group_out: [users("excludeGroups") => ["x", "y"]] is Weaker, "excludes 1 more group: `<y>`";
    no_group_out: [users("excludeGroups") => null] is Stronger, "no longer excludes 1 group: `<x>`";
    another_group_out: [users("excludeGroups") => ["y"]] is Weaker, "excludes 1 more group";
    one_more_user_out: [users("excludeUsers") => ["u", "v"]] is Weaker, "excludes 1 more user: `<v>`";
    a_role_out: [users("excludeRoles") => ["r"]] is Weaker, "excludes 1 more role";
    guests_out: [users("excludeGuestsOrExternalUsers") => {"guestOrExternalUserTypes": "b2bCollaborationGuest,internalGuest", "externalTenants": {"membershipKind": "all"}}] is Weaker, "excludes 2 more types";
    a_user_out_becomes_a_group_out: [users("excludeUsers") => null, users("excludeGroups") => ["x", "y"]] is Weaker, "excludes 1 more group";

    // What.
    one_more_application: [apps("includeApplications") => ["app1", "app2", "app3"]] is Stronger, "includes 1 more application";
    one_application_less: [apps("includeApplications") => ["app1"]] is Weaker, "no longer includes 1 application: `<app2>`";
    all_applications: [apps("includeApplications") => ["All"]] is Stronger, "covers all applications";
    no_application: [apps("includeApplications") => ["None"]] is Weaker, "no longer includes 2 applications";
    one_more_application_out: [apps("excludeApplications") => ["out", "out2"]] is Weaker, "excludes 1 more application";
    no_application_out: [apps("excludeApplications") => null] is Stronger, "no longer excludes 1 application";
    an_action_instead_of_applications: [apps("includeApplications") => null, apps("includeUserActions") => ["urn:user:registersecurityinfo"]] is Weaker, "no longer includes 2 applications";
    a_context_too: [apps("includeAuthenticationContextClassReferences") => ["c1"]] is Stronger, "1 more authentication context";
    applications_out_by_a_filter: [apps("applicationFilter") => {"mode": "exclude", "rule": "x"}] is Weaker, "by a filter";
    applications_by_a_filter: [apps("applicationFilter") => {"mode": "include", "rule": "x"}] is Unknown, "filter of applications";

    // When.
    any_client: ["/conditions/clientAppTypes" => null] is Stronger, "no longer limited to 2 kinds of client";
    one_client_less: ["/conditions/clientAppTypes" => ["browser"]] is Weaker, "no longer applies to 1 kind of client: `mobileAppsAndDesktopClients`";
    one_more_client: ["/conditions/clientAppTypes" => ["browser", "mobileAppsAndDesktopClients", "other"]] is Stronger, "more kind of client: `other`";
    any_risk: ["/conditions/signInRiskLevels" => null] is Stronger, "no longer limited to 2 levels of sign-in risk";
    high_risk_alone: ["/conditions/signInRiskLevels" => ["high"]] is Weaker, "no longer applies to 1 level of sign-in risk: `medium`";
    low_risk_too: ["/conditions/signInRiskLevels" => ["high", "medium", "low"]] is Stronger, "more level of sign-in risk: `low`";
    user_risk_as_well: ["/conditions/userRiskLevels" => ["high"]] is Weaker, "applies only to 1 level of user risk";
    insider_risk_as_well: ["/conditions/insiderRiskLevels" => "elevated"] is Weaker, "insider risk";
    device_code_flow_alone: ["/conditions/authenticationFlows" => {"transferMethods": "deviceCodeFlow"}] is Weaker, "authentication flow";
    any_platform: ["/conditions/platforms" => null] is Stronger, "no longer limited to 2 platforms";
    all_platforms_by_name: ["/conditions/platforms" => {"includePlatforms": ["all"]}] is Stronger, "no longer excludes 1 platform";
    one_platform_less: ["/conditions/platforms" => {"includePlatforms": ["iOS"], "excludePlatforms": ["iOS"]}] is Weaker, "`android`";
    one_more_platform_out: ["/conditions/platforms" => {"includePlatforms": ["android", "iOS"], "excludePlatforms": ["iOS", "android"]}] is Weaker, "excludes 1 more platform";
    anywhere: ["/conditions/locations" => null] is Stronger, "no longer excludes 1 location: `<office>`";
    one_more_location_out: ["/conditions/locations" => {"includeLocations": ["All"], "excludeLocations": ["office", "home"]}] is Weaker, "excludes 1 more location: `<home>`";
    some_places_only: ["/conditions/locations" => {"includeLocations": ["abroad"], "excludeLocations": ["office"]}] is Weaker, "applies only to 1 location: `<abroad>`";
    trusted_out: ["/conditions/locations" => {"includeLocations": ["All"], "excludeLocations": ["office", "AllTrusted"]}] is Weaker, "<AllTrusted>";
    some_devices_only: ["/conditions/devices" => {"deviceFilter": {"mode": "exclude", "rule": "device.isCompliant -eq True"}}] is Weaker, "some devices only";

    // Grant.
    block: ["/grantControls" => {"operator": "OR", "builtInControls": ["block"]}] is Stronger, "blocks access";
    nothing_asked: ["/grantControls" => null] is Weaker, "no longer requires `<mfa>`";
    and_a_device: ["/grantControls" => {"operator": "AND", "builtInControls": ["mfa", "compliantDevice"]}] is Stronger, "also requires `<compliantDevice>`";
    or_a_device: ["/grantControls" => {"operator": "OR", "builtInControls": ["mfa", "compliantDevice"]}] is Weaker, "`<compliantDevice>` is enough as well";
    a_device_instead: ["/grantControls" => {"operator": "OR", "builtInControls": ["compliantDevice"]}] is Unknown, "requires `<compliantDevice>` instead of `<mfa>`";
    terms_too: ["/grantControls" => {"operator": "AND", "builtInControls": ["mfa"], "termsOfUse": ["t"]}] is Stronger, "also requires terms of use `<t>`";
    phishing_resistant: ["/grantControls" => {"operator": "OR", "authenticationStrength": "00000000-0000-0000-0000-000000000004"}] is Stronger, "instead of `<mfa>`";
    a_strength_of_ones_own: ["/grantControls" => {"operator": "OR", "authenticationStrength": "s"}] is Unknown, "the strength `<s>` instead of";

    // Session.
    no_frequency: ["/sessionControls" => null] is Weaker, "no longer sign in again every 4 hours";
    every_time: ["/sessionControls/signInFrequency" => {"authenticationType": "primaryAndSecondaryAuthentication", "frequencyInterval": "everyTime", "isEnabled": true}] is Stronger, "every time instead of every 4 hours";
    every_week: ["/sessionControls/signInFrequency" => {"value": 7, "type": "days", "authenticationType": "primaryAndSecondaryAuthentication", "frequencyInterval": "timeBased", "isEnabled": true}] is Weaker, "every 7 days instead of every 4 hours";
    every_hour: ["/sessionControls/signInFrequency/value" => 1] is Stronger, "every hour instead";
    the_second_factor_alone: ["/sessionControls/signInFrequency/authenticationType" => "secondaryAuthentication"] is Weaker, "the factors";
    never_persistent: ["/sessionControls/persistentBrowser" => {"mode": "never", "isEnabled": true}] is Stronger, "never persist";
    always_persistent: ["/sessionControls/persistentBrowser" => {"mode": "always", "isEnabled": true}] is Weaker, "browser sessions persist";
    no_continuous_evaluation: ["/sessionControls/continuousAccessEvaluation" => {"mode": "disabled"}] is Weaker, "`disabled`";
    strict_location: ["/sessionControls/continuousAccessEvaluation" => {"mode": "strictLocation"}] is Stronger, "`strictLocation`";
    no_resilience: ["/sessionControls/disableResilienceDefaults" => true] is Stronger, "`disableResilienceDefaults` is added";
    token_protection: ["/sessionControls/secureSignInSession" => {"isEnabled": true}] is Stronger, "is added";
    a_proxy: ["/sessionControls/cloudAppSecurity" => {"isEnabled": true, "cloudAppSecurityType": "monitorOnly"}] is Stronger, "is added";
}

#[test]
fn no_condition_changes_unseen() {
    for (name, member, value) in crate::model::conditions::tests::members() {
        let mut policy = base();
        let slot = &mut policy["conditions"][&name];
        match member.as_str() {
            "" => *slot = value,
            member => slot[member] = value,
        }
        let found = effect(&base(), &policy);
        let weighed = matches!(
            found.class,
            Class::Stronger | Class::Weaker | Class::Unknown
        );
        assert!(weighed, "{name}/{member}: {found:?}");
        assert!(
            effect(&policy, &base()).class != Class::Neutral,
            "{name}/{member}"
        );
    }
}

#[test]
fn a_policy_that_is_not_enforced_has_no_effect() {
    for state in ["disabled", "enabledForReportingButNotEnforced"] {
        let off = |group: &str| {
            with(&[
                ("/state", json!(state)),
                (users("excludeGroups"), json!([group])),
            ])
        };
        assert_eq!(effect(&off("x"), &off("y")).class, Class::Neutral);
        let created = Effect::of(policy::created(&typed(&off("x")).unwrap()));
        assert_eq!(created.class, Class::Neutral);
        let deleted = Effect::of(policy::deleted(&typed(&off("x")).unwrap()));
        assert_eq!(deleted.class, Class::Neutral);
        // To be enforced adds, whatever else changes.
        assert_eq!(effect(&off("x"), &base()).class, Class::Stronger);
    }
    let off = with(&[("/state", json!("disabled"))]);
    let reported = with(&[("/state", json!("enabledForReportingButNotEnforced"))]);
    assert_eq!(effect(&off, &reported).class, Class::Neutral);
    assert_eq!(effect(&reported, &off).class, Class::Neutral);
}

#[test]
fn an_enabled_policy_is_stronger_to_make_and_weaker_to_delete() {
    assert_eq!(
        Effect::of(policy::created(&typed(&base()).unwrap())).class,
        Class::Stronger
    );
    assert_eq!(
        Effect::of(policy::deleted(&typed(&base()).unwrap())).class,
        Class::Weaker
    );
}

#[test]
fn a_control_that_loosens_is_never_called_stronger() {
    let lasting = (
        "/sessionControls",
        json!({"persistentBrowser": {"mode": "always", "isEnabled": true}}),
    );
    let wide = with(&[
        lasting.clone(),
        (users("includeGroups"), json!(["a", "b", "c"])),
    ]);
    let narrow = with(&[lasting]);
    assert_eq!(effect(&narrow, &wide).class, Class::Unknown);
    assert_eq!(
        Effect::of(policy::created(&typed(&narrow).unwrap())).class,
        Class::Unknown
    );
    let off = with(&[("/state", json!("disabled"))]);
    assert_eq!(effect(&off, &narrow).class, Class::Unknown);
}

#[test]
fn an_operator_decides_what_a_control_means() {
    let grant = |operator: &str, controls: &[&str]| {
        with(&[(
            "/grantControls",
            json!({"operator": operator, "builtInControls": controls}),
        )])
    };
    let two = ["mfa", "compliantDevice"];
    let three = ["mfa", "compliantDevice", "domainJoinedDevice"];
    for (before, after, class) in [
        (grant("AND", &two), grant("OR", &two), Class::Weaker),
        (grant("OR", &two), grant("AND", &two), Class::Stronger),
        (grant("OR", &two), grant("OR", &three), Class::Weaker),
        (grant("OR", &three), grant("OR", &two), Class::Stronger),
        (grant("AND", &two), grant("AND", &three), Class::Stronger),
        (grant("AND", &three), grant("AND", &two), Class::Weaker),
        (grant("AND", &two), grant("OR", &three), Class::Unknown),
        (
            grant("OR", &["block"]),
            grant("OR", &["mfa"]),
            Class::Weaker,
        ),
    ] {
        assert_eq!(effect(&before, &after).class, class);
    }
}

#[test]
fn built_in_strengths_have_an_order() {
    let strength = |number: u8| {
        let id = format!("00000000-0000-0000-0000-00000000000{number}");
        with(&[(
            "/grantControls",
            json!({"operator": "OR", "authenticationStrength": id}),
        )])
    };
    assert_eq!(effect(&base(), &strength(2)).class, Class::Neutral);
    assert_eq!(effect(&strength(2), &strength(3)).class, Class::Stronger);
    assert_eq!(effect(&strength(4), &strength(3)).class, Class::Weaker);
    assert_eq!(effect(&strength(4), &base()).class, Class::Weaker);
}

#[test]
fn a_strength_with_fewer_combinations_is_stronger() {
    let of = |list: &[&str]| json!({"allowedCombinations": list});
    let class = |a: &Value, b: &Value| Effect::of(of_strength(a, b)).class;
    assert_eq!(class(&of(&["a", "b"]), &of(&["a"])), Class::Stronger);
    assert_eq!(class(&of(&["a"]), &of(&["a", "b"])), Class::Weaker);
    assert_eq!(class(&of(&["a"]), &of(&["b"])), Class::Weaker);
    let limited = json!({"allowedCombinations": ["a"], "combinationConfigurations": [{"allowedAAGUIDs": ["k"]}]});
    assert_eq!(class(&of(&["a"]), &limited), Class::Stronger);
    assert_eq!(class(&limited, &of(&["a"])), Class::Weaker);
}
