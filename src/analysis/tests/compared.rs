//! Two sets of policies compared: what is equal, what is weaker, and for whom.

use super::*;

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
