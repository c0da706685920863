//! What is proved of small tenants, from the facts and from the user's side. `enumeration` judges
//! random ones by trying every sign-in.

mod enumeration;
mod lockouts;

use serde_json::{Value, json};

use super::{
    Claim, ClaimAnswer, Comparative, CompareScope, Floor, Must, SignInTurn, Verdict, check,
    compare, compare_within, exposures, gaps,
};
use crate::model::location::NamedLocation;
use crate::model::policy::{ConditionalAccessPolicy, Conditions};
use crate::whatif::{Ending, KnownGroup, KnownUser, PolicySet, UserType, World};

fn policy(value: Value) -> ConditionalAccessPolicy {
    serde_json::from_value(value).unwrap()
}

fn set(policies: Vec<Value>) -> PolicySet {
    PolicySet {
        policies: policies.into_iter().map(policy).collect(),
        world: World::default(),
    }
}

/// A policy for all users and applications, with changes to its conditions.
fn all(name: &str, controls: Value, conditions: Value) -> Value {
    let mut own = json!({"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]}});
    for (member, value) in conditions.as_object().unwrap() {
        own[member] = value.clone();
    }
    json!({"displayName": name, "state": "enabled", "conditions": own,
        "grantControls": {"operator": "OR", "builtInControls": controls}})
}

fn mfa(name: &str, conditions: Value) -> Value {
    all(name, json!(["mfa"]), conditions)
}

fn block(name: &str, conditions: Value) -> Value {
    all(name, json!(["block"]), conditions)
}

fn conditions(value: Value) -> Conditions {
    policy(all("x", json!(["mfa"]), value)).conditions
}

fn require_mfa() -> Must {
    Must::Require {
        grant: policy(mfa("x", json!({}))).grant_controls,
        session: None,
    }
}

fn judged(set: &PolicySet, selection: Value, must: Must) -> ClaimAnswer {
    let claim = Claim {
        selection: conditions(selection),
        accepted: Vec::new(),
        must,
    };
    check(set, &[claim]).remove(0)
}

fn verdict(before: &PolicySet, after: &PolicySet) -> Comparative {
    compare(before, after, &[]).verdict
}

#[test]
fn a_proof_names_the_policies_that_carry_it() {
    let set = set(vec![
        mfa(
            "Office",
            json!({"platforms": {"includePlatforms": ["windows", "macOS"]}}),
        ),
        mfa(
            "Others",
            json!({"platforms": {"includePlatforms": ["all"], "excludePlatforms": ["windows", "macOS"]}}),
        ),
        mfa(
            "Only linux",
            json!({"platforms": {"includePlatforms": ["linux"]}}),
        ),
    ]);
    let Verdict::Proved { carried_by } = judged(&set, json!({}), require_mfa()).verdict else {
        panic!("not proved");
    };
    let names: Vec<&str> = carried_by.iter().map(|name| &**name).collect();
    assert_eq!(names, ["Office", "Others"]);
}

#[test]
fn a_refutation_is_a_sign_in_that_replays_and_says_what_is_unusual() {
    let set = set(vec![mfa(
        "Everyone",
        json!({"users": {"includeUsers": ["All"], "excludeGroups": ["Pilot"]}}),
    )]);
    let Verdict::Refuted(found) = judged(&set, json!({}), require_mfa()).verdict else {
        panic!("not refuted");
    };
    let user = found.sign_in.user.as_ref().unwrap();
    assert_eq!(user.member_of.as_deref(), Some(&["Pilot".to_owned()][..]));
    assert!(
        found.unusual.contains(&"user.memberOf"),
        "{:?}",
        found.unusual
    );
    assert_eq!(found.widest["user.memberOf"], ["Pilot"]);
    assert!(
        !found.widest.contains_key("devicePlatform"),
        "{:?}",
        found.widest
    );
    let again = set.compiled().outcome(&found.sign_in).unwrap().enforced;
    assert_eq!(again, found.got);
    assert_eq!(again.outcome, Ending::Granted);
    assert!(again.missing.is_empty());
}

#[test]
fn what_no_sign_in_can_mean_is_vacuous() {
    let set = set(vec![mfa("Everyone", json!({}))]);
    let nobody = json!({"users": {"includeUsers": ["All"], "excludeUsers": ["All"]}});
    let answer = judged(&set, nobody, require_mfa());
    assert!(
        matches!(answer.verdict, Verdict::Vacuous { .. }),
        "{answer:?}"
    );
    let claim = Claim {
        selection: conditions(json!({})),
        accepted: vec![conditions(json!({}))],
        must: require_mfa(),
    };
    let answer = check(&set, &[claim]).remove(0);
    assert!(
        matches!(answer.verdict, Verdict::Vacuous { .. }),
        "{answer:?}"
    );
}

#[test]
fn what_nobody_knows_leaves_a_claim_open() {
    // Whether an application of Microsoft that no list names belongs to Office 365.
    let set = set(vec![
        mfa(
            "Office",
            json!({"applications": {"includeApplications": ["Office365"]}}),
        ),
        mfa(
            "Others",
            json!({"applications": {"includeApplications": ["All"], "excludeApplications": ["Office365"]}}),
        ),
    ]);
    let proved = judged(&set, json!({}), require_mfa()).verdict;
    assert!(
        matches!(proved, Verdict::Proved { .. }),
        "either way it is one of the two: {proved:?}"
    );
    let office = self::set(vec![mfa(
        "Office",
        json!({"applications": {"includeApplications": ["Office365"]}}),
    )]);
    let microsoft =
        json!({"applications": {"includeApplications": ["11111111-aaaa-4aaa-8aaa-111111111111"]}});
    let open = judged(&office, microsoft, require_mfa()).verdict;
    let Verdict::Open { because, .. } = open else {
        panic!("{open:?}")
    };
    assert_eq!(because, ["environment.officeApplications"]);
}

#[test]
fn accepted_exceptions_are_left_out_and_idle_ones_told() {
    let set = set(vec![mfa(
        "Everyone",
        json!({"users": {"includeUsers": ["All"], "excludeGroups": ["Pilot"]}}),
    )]);
    let group = |name: &str| conditions(json!({"users": {"includeGroups": [name]}}));
    let claim = Claim {
        selection: conditions(json!({})),
        accepted: vec![group("Pilot"), group("Other")],
        must: require_mfa(),
    };
    let answer = check(&set, &[claim]).remove(0);
    assert!(
        matches!(answer.verdict, Verdict::Proved { .. }),
        "{answer:?}"
    );
    assert_eq!(answer.idle_exceptions, [1]);
}

#[test]
fn sessions_must_be_at_least_as_strict() {
    let session = |hours: u32| {
        json!({"signInFrequency": {"isEnabled": true, "type": "hours", "value": hours,
            "frequencyInterval": "timeBased", "authenticationType": "primaryAndSecondaryAuthentication"}})
    };
    let with = |hours: u32| {
        let mut value = mfa("Everyone", json!({}));
        value["sessionControls"] = session(hours);
        set(vec![value])
    };
    let wanted = |hours: u32| Must::Require {
        grant: None,
        session: Some(Box::new(serde_json::from_value(session(hours)).unwrap())),
    };
    let four = with(4);
    assert!(matches!(
        judged(&four, json!({}), wanted(24)).verdict,
        Verdict::Proved { .. }
    ));
    assert!(matches!(
        judged(&four, json!({}), wanted(1)).verdict,
        Verdict::Refuted(_)
    ));
    assert_eq!(verdict(&four, &with(8)), Comparative::Looser);
    assert_eq!(verdict(&with(8), &four), Comparative::Stricter);
    assert_eq!(verdict(&with(24), &with(24)), Comparative::Equal);
}

#[test]
fn a_hidden_block_locks_out_and_a_refused_one_does_not() {
    // Legacy clients can meet nothing that is asked for.
    let set = set(vec![mfa("Everyone", json!({}))]);
    let legacy = json!({"clientAppTypes": ["other"]});
    assert!(matches!(
        judged(&set, legacy.clone(), Must::NoBlock).verdict,
        Verdict::Proved { .. }
    ));
    assert!(matches!(
        judged(&set, legacy, Must::NoLockout).verdict,
        Verdict::Refuted(_)
    ));
    let browser = json!({"clientAppTypes": ["browser"]});
    assert!(matches!(
        judged(&set, browser, Must::NoLockout).verdict,
        Verdict::Proved { .. }
    ));
}

#[test]
fn a_password_alone_is_not_enough_where_something_else_is_asked() {
    let set = set(vec![all(
        "Everyone",
        json!(["mfa", "compliantDevice"]),
        json!({}),
    )]);
    let alone = || Must::Stopped {
        with: vec!["password".to_owned()],
    };
    assert!(matches!(
        judged(&set, json!({}), alone()).verdict,
        Verdict::Proved { .. }
    ));
    let none = self::set(vec![]);
    assert!(matches!(
        judged(&none, json!({}), alone()).verdict,
        Verdict::Refuted(_)
    ));
}

#[test]
fn another_way_to_say_the_same_is_equal() {
    let one = set(vec![
        mfa("Everyone", json!({})),
        mfa(
            "Only guests",
            json!({"users": {"includeUsers": ["GuestsOrExternalUsers"]}}),
        ),
    ]);
    // Split by platform, renamed, and without the one that the others carry.
    let other = set(vec![
        mfa(
            "A",
            json!({"platforms": {"includePlatforms": ["iOS", "android"]}}),
        ),
        mfa(
            "B",
            json!({"platforms": {"includePlatforms": ["all"], "excludePlatforms": ["iOS", "android"]}}),
        ),
    ]);
    assert_eq!(verdict(&one, &other), Comparative::Equal);
    assert_eq!(verdict(&other, &one), Comparative::Equal);
    // One platform falls between the two.
    let hole = set(vec![
        mfa(
            "A",
            json!({"platforms": {"includePlatforms": ["iOS", "android"]}}),
        ),
        mfa(
            "B",
            json!({"platforms": {"includePlatforms": ["all"], "excludePlatforms": ["iOS", "android", "linux"]}}),
        ),
    ]);
    let found = compare(&one, &hole, &[]);
    assert_eq!(found.verdict, Comparative::Looser);
    let [difference] = found.looser.as_slice() else {
        panic!("{:?}", found.looser)
    };
    assert_eq!(difference.widest["devicePlatform"], ["linux"]);
    assert_eq!(difference.after.outcome, Ending::Granted);
}

/// Allowed countries by name, and what they are a condition of.
fn from_countries(codes: &[&str], policies: Vec<Value>) -> PolicySet {
    let mut set = set(policies);
    set.world.locations = vec![
        serde_json::from_value(
            json!({"@odata.type": "#microsoft.graph.countryNamedLocation",
            "displayName": "Allowed", "countriesAndRegions": codes,
            "includeUnknownCountriesAndRegions": false}),
        )
        .unwrap(),
    ];
    set
}

#[test]
fn a_box_says_where_it_is_so() {
    // Outside of the allowed countries everybody is blocked; within, they are asked for more.
    let outside =
        json!({"locations": {"includeLocations": ["All"], "excludeLocations": ["Allowed"]}});
    let none = from_countries(&["NL"], vec![]);
    let both = from_countries(
        &["NL"],
        vec![mfa("Everyone", json!({})), block("Outside", outside)],
    );
    let found = compare(&none, &both, &[]);
    let told: Vec<(Option<SignInTurn>, &[String], Ending)> = (found.stricter.iter())
        .map(|one| {
            let country = one.widest.get("country").map_or(&[][..], Vec::as_slice);
            (one.turn, country, one.after.outcome)
        })
        .collect();
    let allowed = ["named location Allowed".to_owned()];
    let others = ["not named location Allowed".to_owned()];
    assert_eq!(
        told[0],
        (
            Some(SignInTurn::AskedMore),
            &allowed[..],
            Ending::Interrupted
        )
    );
    assert!(
        told.contains(&(Some(SignInTurn::Blocked), &others[..], Ending::Blocked)),
        "{told:?}"
    );
    for one in &found.stricter {
        assert!(one.widest.contains_key("country"), "{:?}", one.widest);
    }
}

#[test]
fn a_loss_of_everything_is_told_before_a_loss_of_a_session() {
    let roles = [
        "Global Administrator",
        "User Administrator",
        "SharePoint Administrator",
        "Exchange Administrator",
        "Security Administrator",
        "Helpdesk Administrator",
    ];
    let phones = json!({"platforms": {"includePlatforms": ["iOS", "android"]}});
    let spared = |mut conditions: Value| {
        conditions["users"] = json!({"includeUsers": ["All"], "excludeGroups": ["Partners"]});
        conditions
    };
    let protected = |conditions| all("Phones", json!(["compliantApplication"]), conditions);
    let browsers = json!({"displayName": "Browsers", "state": "enabled",
        "conditions": {"users": {"includeRoles": roles}, "clientAppTypes": ["browser"],
            "applications": {"includeApplications": ["All"]}},
        "sessionControls": {"persistentBrowser": {"isEnabled": true, "mode": "never"}}});
    let before = set(vec![
        mfa("Everyone", json!({})),
        protected(phones.clone()),
        browsers,
    ]);
    let after = set(vec![
        mfa("Everyone", spared(json!({}))),
        protected(spared(phones)),
    ]);
    let found = compare(&before, &after, &[]);
    let turns: Vec<SignInTurn> = found.looser.iter().filter_map(|one| one.turn).collect();
    assert_eq!(turns[0], SignInTurn::NothingAsked);
    assert!(
        turns.is_sorted() && turns.contains(&SignInTurn::SessionLost),
        "{turns:?}"
    );
    let first = &found.looser[0];
    assert!(first.widest["user.memberOf"].contains(&"Partners".to_owned()));
    assert!(first.after.requires.is_empty());
    // As many lighter ones as there are hide none that are graver.
    let mut lighter = set(vec![mfa("Everyone", json!({}))]);
    let mut without = set(vec![mfa("Everyone", spared(json!({})))]);
    for at in 0..12 {
        let session = json!({"displayName": format!("S{at}"), "state": "enabled",
            "conditions": {"users": {"includeGroups": [format!("G{at}")]},
                "applications": {"includeApplications": ["All"]}},
            "sessionControls": {"persistentBrowser": {"isEnabled": true, "mode": "never"}}});
        lighter.policies.push(policy(session));
    }
    without.policies.truncate(1);
    let found = compare(&lighter, &without, &[]);
    assert_eq!(found.looser[0].turn, Some(SignInTurn::NothingAsked));
    assert!(
        found.looser.len() > 5 && found.more,
        "{}",
        found.looser.len()
    );
}

#[test]
fn all_boxes_are_listed_where_all_are_asked_for() {
    let groups: Vec<String> = (0..9).map(|at| format!("G{at}")).collect();
    let before = set(vec![mfa("Everyone", json!({}))]);
    let after = set(vec![mfa(
        "Everyone",
        json!({"users": {"includeUsers": ["All"], "excludeGroups": groups}}),
    )]);
    let few = compare(&before, &after, &[]);
    assert!(few.more && few.looser.len() == 5);
    let scope = CompareScope {
        most: 100,
        ..CompareScope::default()
    };
    let every = compare_within(&before, &after, &scope);
    assert!(!every.more && every.looser.len() >= 9);
}

/// A policy on kinds of guests, each of all tenants.
fn guests(name: &str, kinds: &str) -> Value {
    mfa(
        name,
        json!({"users": {"includeGuestsOrExternalUsers": {"guestOrExternalUserTypes": kinds,
            "externalTenants": {"@odata.type": "#microsoft.graph.conditionalAccessAllExternalTenants", "membershipKind": "all"}}}}),
    )
}

#[test]
fn what_is_shared_out_stays_equal_where_nobody_knows_what_it_means() {
    // Whether policies on one kind of guest count for another is not documented.
    let one = set(vec![guests(
        "One",
        "b2bCollaborationGuest,b2bCollaborationMember",
    )]);
    let two = set(vec![
        guests("Guests", "b2bCollaborationGuest"),
        guests("Members", "b2bCollaborationMember"),
    ]);
    assert_eq!(verdict(&one, &two), Comparative::Equal);
    assert_eq!(verdict(&two, &one), Comparative::Equal);
    let fewer = set(vec![guests("Guests", "b2bCollaborationGuest")]);
    assert_eq!(verdict(&one, &fewer), Comparative::Looser);
    // Where a phone is.
    let gps = |locations: &[(&str, &[&str])]| {
        let names: Vec<&str> = locations.iter().map(|(name, _)| *name).collect();
        let mut set = set(vec![block(
            "Abroad",
            json!({"locations": {"includeLocations": names}}),
        )]);
        set.world.locations = (locations.iter())
            .map(|(name, codes)| {
                serde_json::from_value(
                    json!({"@odata.type": "#microsoft.graph.countryNamedLocation",
                    "displayName": name, "countriesAndRegions": codes,
                    "countryLookupMethod": "authenticatorAppGps"}),
                )
                .unwrap()
            })
            .collect();
        set
    };
    let one = gps(&[("Both", &["NL", "BE"])]);
    assert_eq!(
        verdict(&one, &gps(&[("Both", &["BE", "NL"])])),
        Comparative::Equal
    );
    let two = gps(&[("Dutch", &["NL"]), ("Belgian", &["BE"])]);
    assert_eq!(verdict(&one, &two), Comparative::Equal);
    let found = compare(&one, &gps(&[("Dutch", &["NL"])]), &[]);
    assert!(
        found.eases && found.looser_is_open && !found.hardens,
        "{found:?}"
    );
}

#[test]
fn what_is_certain_is_not_hidden_by_what_is_open() {
    // Of browsers alone multifactor authentication is asked now: others pass. That a block by
    // the place of a phone stops some is open.
    let before = set(vec![mfa("Everyone", json!({}))]);
    let mut after = set(vec![
        mfa("Everyone", json!({"clientAppTypes": ["browser"]})),
        block(
            "Abroad",
            json!({"clientAppTypes": ["browser"], "locations": {"includeLocations": ["GPS"]}}),
        ),
    ]);
    after.world.locations = vec![
        serde_json::from_value(
            json!({"@odata.type": "#microsoft.graph.countryNamedLocation",
            "displayName": "GPS", "countriesAndRegions": ["NL"],
            "countryLookupMethod": "authenticatorAppGps"}),
        )
        .unwrap(),
    ];
    let found = compare(&before, &after, &[]);
    assert_eq!(found.verdict, Comparative::Looser);
    assert!(!found.looser_is_open && found.stricter_is_open && found.hardens);
    assert!(!found.because.is_empty());
    let back = compare(&after, &before, &[]);
    assert_eq!(back.verdict, Comparative::Open);
    assert!(back.looser_is_open && !back.stricter_is_open && back.eases);
}

#[test]
fn a_box_names_the_group_in_a_group() {
    let asked = |members: &[&str]| {
        let mut set = set(vec![mfa(
            "Outer",
            json!({"users": {"includeGroups": ["Outer"]}}),
        )]);
        set.world.groups = [("Outer", Some(members)), ("Inner", None)]
            .into_iter()
            .map(|(name, members)| KnownGroup {
                display_name: name.to_owned(),
                members: members.map(|m| m.iter().map(|one| (*one).to_owned()).collect()),
                declared: true,
                ..KnownGroup::default()
            })
            .collect();
        set
    };
    let found = compare(&asked(&["Inner"]), &asked(&[]), &[]);
    assert_eq!(found.verdict, Comparative::Looser);
    let [one] = found.looser.as_slice() else {
        panic!("{:?}", found.looser)
    };
    assert_eq!(one.widest.keys().collect::<Vec<_>>(), ["user.memberOf"]);
    assert_eq!(one.widest["user.memberOf"], ["Inner"]);
    let user = one.sign_in.user.as_ref().unwrap();
    assert_eq!(user.member_of.as_deref(), Some(&["Inner".to_owned()][..]));
    assert!(one.replays);
}

#[test]
fn whom_a_complete_list_does_not_name_is_in_its_group_by_another_group_alone() {
    // Somebody is named, and nothing lists them.
    let named = block(
        "Named",
        json!({"users": {"includeUsers": ["gl@contoso.com"]}, "clientAppTypes": ["other"]}),
    );
    let world = |policies: Vec<Value>| {
        let mut set = set(policies);
        set.world.groups = [("Gin", Some(vec!["Go".to_owned()])), ("Go", None)]
            .into_iter()
            .map(|(name, members)| KnownGroup {
                display_name: name.to_owned(),
                members,
                declared: true,
                ..KnownGroup::default()
            })
            .collect();
        set
    };
    let sparing = |group: &str| {
        let everyone = mfa(
            "Everyone",
            json!({"users": {"includeUsers": ["All"], "excludeGroups": [group]}}),
        );
        world(vec![everyone, named.clone()])
    };
    assert_eq!(verdict(&sparing("Go"), &sparing("Gin")), Comparative::Equal);
    assert_eq!(verdict(&sparing("Gin"), &sparing("Go")), Comparative::Equal);
    let both = mfa(
        "Everyone",
        json!({"users": {"includeUsers": ["All"], "excludeGroups": ["Gin", "Go"]}}),
    );
    let found = gaps(&world(vec![both, named]), Floor::Mfa, &[]);
    for group in ["Gin", "Go"] {
        let row = found.exclusions.iter().find(|one| one.group == group);
        assert!(!row.unwrap().opens.is_empty(), "{group}");
    }
}

#[test]
fn kinds_of_guests_of_listed_tenants_can_be_shared_out() {
    let of = |name: &str, kinds: &str, tenants: Value| {
        block(
            name,
            json!({"users": {"includeGuestsOrExternalUsers": {"guestOrExternalUserTypes": kinds, "externalTenants": tenants}}}),
        )
    };
    let listed = || {
        json!({"@odata.type": "#microsoft.graph.conditionalAccessEnumeratedExternalTenants",
        "membershipKind": "enumerated", "members": ["11111111-1111-4111-8111-111111111111"]})
    };
    let one = set(vec![of(
        "One",
        "b2bDirectConnectUser,b2bCollaborationGuest",
        listed(),
    )]);
    let two = set(vec![
        of("Direct", "b2bDirectConnectUser", listed()),
        of("Guests", "b2bCollaborationGuest", listed()),
    ]);
    assert_eq!(verdict(&one, &two), Comparative::Equal);
    assert_eq!(verdict(&two, &one), Comparative::Equal);
}

#[test]
fn whose_a_service_principal_is_a_sign_in_says() {
    let of = |name: &str, clients: Value| {
        let mut policy = block(name, json!({"clientApplications": clients}));
        policy["conditions"]["users"] = json!({"includeUsers": ["None"]});
        policy
    };
    let before = set(vec![of(
        "All",
        json!({"includeServicePrincipals": ["ServicePrincipalsInMyTenant"]}),
    )]);
    let after = set(vec![
        of("A1", json!({"includeServicePrincipals": ["A1"]})),
        of(
            "Others",
            json!({"includeServicePrincipals": ["ServicePrincipalsInMyTenant"], "excludeServicePrincipals": ["A1"]}),
        ),
    ]);
    let found = compare(&before, &after, &[]);
    assert_eq!(found.verdict, Comparative::Stricter, "{:?}", found.because);
    let [one, ..] = found.stricter.as_slice() else {
        panic!("none")
    };
    assert_eq!(
        (one.before.outcome, one.after.outcome),
        (Ending::Granted, Ending::Blocked)
    );
    assert!(one.replays);
    assert_eq!(verdict(&after, &before), Comparative::Looser);
}

#[test]
fn a_claim_about_nobody_says_why() {
    let mut set = set(vec![mfa("Everyone", json!({}))]);
    set.world.groups = vec![KnownGroup {
        display_name: "Empty".to_owned(),
        members: Some(Vec::new()),
        declared: true,
        ..KnownGroup::default()
    }];
    set.world.environment.assume_empty = vec!["Pilot".to_owned()];
    for (users, why) in [
        (json!({"includeUsers": ["None"]}), "its `users` mean nobody"),
        (
            json!({"includeGroups": ["Empty"]}),
            "nobody is in the group `Empty`: its `members` name nobody",
        ),
        (
            json!({"includeGroups": ["Pilot"]}),
            "nobody is in the group `Pilot`: `assumeEmpty` names it",
        ),
    ] {
        let answer = judged(&set, json!({"users": users}), require_mfa());
        assert_eq!(
            answer.verdict,
            Verdict::Vacuous {
                why: why.to_owned()
            }
        );
    }
}

fn location(ranges: &[&str]) -> NamedLocation {
    let ranges: Vec<Value> = (ranges.iter())
        .map(|range| json!({"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": range}))
        .collect();
    serde_json::from_value(json!({"@odata.type": "#microsoft.graph.ipNamedLocation",
        "displayName": "Office", "isTrusted": true, "ipRanges": ranges}))
    .unwrap()
}

#[test]
fn each_side_has_its_own_locations_and_members() {
    let outside = mfa(
        "Outside",
        json!({"locations": {"includeLocations": ["All"], "excludeLocations": ["Office"]}}),
    );
    let with = |ranges: &[&str]| {
        let mut set = set(vec![outside.clone()]);
        set.world.locations = vec![location(ranges)];
        set
    };
    let found = compare(
        &with(&["198.51.100.0/25"]),
        &with(&["198.51.100.0/24"]),
        &[],
    );
    assert_eq!(found.verdict, Comparative::Looser);
    let address = found.looser[0].sign_in.ip_address.unwrap().0;
    assert_eq!(address.to_string(), "198.51.100.128");

    let excluded = mfa(
        "Most",
        json!({"users": {"includeUsers": ["All"], "excludeGroups": ["Spared"]}}),
    );
    let with = |members: &[&str]| {
        let mut set = set(vec![excluded.clone()]);
        let user = |name: &str| KnownUser {
            user_principal_name: name.to_owned(),
            user_type: Some(UserType::Member),
            ..KnownUser::default()
        };
        set.world.users = vec![user("ada@x.com"), user("bob@x.com")];
        set.world.groups = vec![KnownGroup {
            display_name: "Spared".to_owned(),
            members: Some(members.iter().map(|name| (*name).to_owned()).collect()),
            declared: true,
            ..KnownGroup::default()
        }];
        set
    };
    let found = compare(
        &with(&["ada@x.com"]),
        &with(&["ada@x.com", "bob@x.com"]),
        &[],
    );
    assert_eq!(found.verdict, Comparative::Looser);
    let user = found.looser[0].sign_in.user.as_ref().unwrap();
    assert_eq!(user.name.as_deref(), Some("bob@x.com"));
    // Who is there to be spared is no weakening.
    let bob = conditions(json!({"users": {"includeUsers": ["bob@x.com"]}}));
    let found = compare(
        &with(&["ada@x.com"]),
        &with(&["ada@x.com", "bob@x.com"]),
        &[bob],
    );
    assert_eq!(found.verdict, Comparative::Equal);
}

#[test]
fn a_strength_is_judged_by_what_it_allows() {
    let asks = |id: &str| {
        let mut value = mfa("Everyone", json!({}));
        value["grantControls"] =
            json!({"operator": "OR", "builtInControls": [], "authenticationStrength": {"id": id}});
        set(vec![value])
    };
    let (any, resistant) = (
        "00000000-0000-0000-0000-000000000002",
        "00000000-0000-0000-0000-000000000004",
    );
    assert_eq!(verdict(&asks(any), &asks(resistant)), Comparative::Stricter);
    assert_eq!(verdict(&asks(resistant), &asks(any)), Comparative::Looser);
    assert_eq!(
        verdict(&asks(any), &set(vec![mfa("Everyone", json!({}))])),
        Comparative::Equal
    );
    let weaker = compare(&asks(resistant), &asks(any), &[]);
    assert_eq!(weaker.looser[0].after.outcome, Ending::Granted);
    assert_ne!(weaker.looser[0].before.outcome, Ending::Granted);
}

#[test]
fn what_passes_between_two_steps_is_found() {
    let before = set(vec![mfa("Old", json!({}))]);
    let after = set(vec![mfa("New", json!({}))]);
    let nothing = set(vec![]);
    let both = set(vec![mfa("Old", json!({})), mfa("New", json!({}))]);
    let found = exposures(&before, &[nothing], &after, &[]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, 0);
    assert_eq!(found[0].1.after.outcome, Ending::Granted);
    assert!(exposures(&before, &[both], &after, &[]).is_empty());
}

#[test]
fn gaps_tell_what_each_exclusion_group_opens() {
    let set = set(vec![
        mfa(
            "Everyone",
            json!({"users": {"includeUsers": ["All"], "excludeGroups": ["Pilot", "Travel"]}}),
        ),
        mfa(
            "Travellers",
            json!({"users": {"includeGroups": ["Travel"]}}),
        ),
        block(
            "Legacy",
            json!({"clientAppTypes": ["exchangeActiveSync", "other"]}),
        ),
        mfa(
            "Idle",
            json!({"users": {"includeUsers": ["All"], "excludeGroups": ["Pilot"]}, "platforms": {"includePlatforms": ["iOS"]}}),
        ),
        mfa(
            "Never",
            json!({"platforms": {"includePlatforms": ["iOS"], "excludePlatforms": ["iOS"]}}),
        ),
    ]);
    let found = gaps(&set, Floor::Mfa, &[]);
    assert_eq!(found.gaps, [], "nobody outside the groups gets in without");
    let opens: Vec<(&str, bool)> = (found.exclusions.iter())
        .map(|one| (one.group.as_str(), !one.opens.is_empty()))
        .collect();
    assert_eq!(opens, [("Pilot", true), ("Travel", false)]);
    let never: Vec<&str> = found.never_apply.iter().map(|name| &**name).collect();
    assert_eq!(never, ["Never"]);
    let idle: Vec<&str> = found.idle.iter().map(|one| &*one.policy).collect();
    assert_eq!(idle, ["Idle"]);
    assert_eq!(gaps(&self::set(vec![]), Floor::Any, &[]).gaps.len(), 1);
}

#[test]
fn who_is_in_a_group_that_is_in_a_group_is_not_forgotten() {
    let mut set = set(vec![mfa(
        "Most",
        json!({"users": {"includeUsers": ["All"], "excludeGroups": ["Outer"]}}),
    )]);
    let group = |name: &str, members: Option<Vec<String>>| KnownGroup {
        display_name: name.to_owned(),
        members,
        ..KnownGroup::default()
    };
    // Nobody lists who is in the inner one.
    set.world.groups = vec![
        group("Outer", Some(vec!["Inner".to_owned()])),
        group("Inner", None),
    ];
    let verdict = judged(&set, json!({}), require_mfa()).verdict;
    assert!(matches!(verdict, Verdict::Refuted(_)), "{verdict:?}");
}

#[test]
fn another_rule_of_a_dynamic_group_is_another_membership() {
    let with = |rule: &str| {
        let mut set = set(vec![mfa(
            "Most",
            json!({"users": {"includeUsers": ["All"], "excludeGroups": ["Sales"]}}),
        )]);
        set.world.groups = vec![KnownGroup {
            display_name: "Sales".to_owned(),
            rule: Some(rule.to_owned()),
            ..KnownGroup::default()
        }];
        set
    };
    assert_eq!(verdict(&with("a"), &with("a")), Comparative::Equal);
    assert_eq!(verdict(&with("a"), &with("b")), Comparative::Both);
}

#[test]
fn what_a_later_version_may_know_is_no_equality() {
    let session = |mode: &str| {
        let mut value = mfa("Everyone", json!({}));
        value["sessionControls"] = json!({"persistentBrowser": {"isEnabled": true, "mode": mode}});
        set(vec![value])
    };
    let without = set(vec![mfa("Everyone", json!({}))]);
    assert_eq!(verdict(&session("brandNew"), &without), Comparative::Looser);
    assert_eq!(
        verdict(&session("brandNew"), &session("brandNew")),
        Comparative::Equal
    );
    // A filter whose mode nobody knows takes away or adds.
    let filtered = set(vec![mfa(
        "Filtered",
        json!({"applications": {"includeApplications": [], "applicationFilter":
            {"mode": "brandNew", "rule": "CustomSecurityAttribute.A_B -eq \"x\""}}}),
    )]);
    let verdict = judged(&filtered, json!({}), Must::Nothing).verdict;
    assert!(matches!(verdict, Verdict::Open { .. }), "{verdict:?}");
}

#[test]
fn numbers_of_one_side_are_not_those_of_the_other() {
    // Policies on collaboration users of one tenant may count for direct connect users.
    let of = |tenant: &str| {
        set(vec![mfa(
            "Partner",
            json!({"users": {"includeUsers": [], "includeGuestsOrExternalUsers": {
                "guestOrExternalUserTypes": "b2bCollaborationGuest",
                "externalTenants": {"@odata.type": "#microsoft.graph.conditionalAccessEnumeratedExternalTenants",
                    "membershipKind": "enumerated", "members": [tenant]}}}}),
        )])
    };
    let (one, other) = (
        "11111111-1111-4111-8111-111111111111",
        "22222222-2222-4222-8222-222222222222",
    );
    assert_eq!(verdict(&of(one), &of(one)), Comparative::Equal);
    let found = compare(&of(one), &of(other), &[]);
    assert_eq!(found.verdict, Comparative::Both);
}

#[test]
fn what_may_only_be_stricter_eases_nothing() {
    // Whether it is about anything hangs on a fact that nobody has.
    let perhaps = json!({"applications": {"includeApplications": [], "applicationFilter":
        {"mode": "brandNew", "rule": "CustomSecurityAttribute.A_B -eq \"x\""}}});
    let (none, one) = (set(vec![]), set(vec![mfa("Perhaps", perhaps)]));
    let found = compare(&none, &one, &[]);
    assert_eq!((found.verdict, found.eases), (Comparative::Open, false));
    let back = compare(&one, &none, &[]);
    assert_eq!((back.verdict, back.eases), (Comparative::Open, true));
}

/// What a list says of a group counts as much as what a sign-in says of it.
#[test]
fn what_listed_members_are_left_out_of_is_opened_by_their_groups() {
    let listed = |name: &str, members: &[&str]| KnownGroup {
        display_name: name.into(),
        members: Some(members.iter().map(|one| (*one).to_owned()).collect()),
        declared: true,
        ..KnownGroup::default()
    };
    let opens = |groups: Vec<KnownGroup>, policies: Vec<Value>| -> Vec<(String, bool)> {
        let mut set = set(policies);
        set.world.groups = groups;
        let found = gaps(&set, Floor::Mfa, &[]);
        let told = found.exclusions.iter().map(|one| {
            for gap in &one.opens {
                assert_eq!(gap.got.outcome, Ending::Granted);
            }
            (one.group.clone(), !one.opens.is_empty())
        });
        let mut told: Vec<_> = told.collect();
        told.sort();
        told
    };
    let without =
        |groups: &[&str]| json!({"users": {"includeUsers": ["All"], "excludeGroups": groups}});
    let is = |rows: &[(&str, bool)]| -> Vec<(String, bool)> {
        rows.iter()
            .map(|(name, open)| ((*name).to_owned(), *open))
            .collect()
    };
    let alice = ["alice@x.com"];
    // One list, an empty one, one group in another, and somebody who is in two of them.
    assert_eq!(
        opens(vec![listed("A", &alice)], vec![mfa("M", without(&["A"]))]),
        is(&[("A", true)])
    );
    assert_eq!(
        opens(vec![listed("A", &[])], vec![mfa("M", without(&["A"]))]),
        is(&[("A", false)])
    );
    assert_eq!(
        opens(
            vec![listed("A", &alice), listed("B", &["A"])],
            vec![mfa("M", without(&["A", "B"]))]
        ),
        is(&[("A", true), ("B", true)])
    );
    assert_eq!(
        opens(
            vec![listed("A", &alice), listed("B", &alice)],
            vec![mfa("M", without(&["A", "B"]))]
        ),
        is(&[("A", true), ("B", true)])
    );
    // The other policy asks her all the same.
    assert_eq!(
        opens(
            vec![listed("A", &alice)],
            vec![mfa("M", without(&["A"])), mfa("N", json!({}))]
        ),
        is(&[("A", false)])
    );
}

/// The box says what narrows it: what another policy asks of the members is not open to them.
#[test]
fn a_box_of_an_exclusion_group_is_no_wider_than_what_it_opens() {
    let of = |name: &str, users: Value, apps: Value| {
        mfa(name, json!({"users": users, "applications": apps}))
    };
    let set = set(vec![
        of(
            "One",
            json!({"includeUsers": ["All"], "excludeGroups": ["G"]}),
            json!({"includeApplications": ["All"]}),
        ),
        of(
            "Two",
            json!({"includeGroups": ["G"]}),
            json!({"includeApplications": ["All"], "excludeApplications": ["Payroll"]}),
        ),
    ]);
    let found = gaps(&set, Floor::Mfa, &[]);
    let row = &found.exclusions[0];
    assert!(!row.opens.is_empty());
    for gap in &row.opens {
        assert_eq!(gap.widest["application"], ["Payroll"], "{:?}", gap.widest);
    }
}

/// On the registration of security information a strength of its own wins over that of all
/// resources: without it more would be asked for.
#[test]
fn a_weaker_strength_on_an_action_is_not_idle() {
    let strength = |name: &str, id: &str, apps: Value| {
        let mut value = mfa(name, json!({"applications": apps}));
        value["grantControls"] = json!({"operator": "OR", "builtInControls": [],
            "authenticationStrength": {"id": format!("00000000-0000-0000-0000-00000000000{id}")}});
        value
    };
    let mut found = set(vec![
        strength(
            "Any",
            "2",
            json!({"includeUserActions": ["urn:user:registersecurityinfo"]}),
        ),
        strength("Strong", "4", json!({"includeApplications": ["All"]})),
    ]);
    found.world.environment.user_action_exclusions = Some(Vec::new());
    let idle = gaps(&found, Floor::Mfa, &[]).idle;
    assert!(idle.iter().all(|one| &*one.policy != "Any"), "{idle:?}");
}
