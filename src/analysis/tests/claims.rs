//! Claims about one set of policies: proved, refuted by a sign-in, or open.

use super::*;

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
