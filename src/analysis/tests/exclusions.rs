//! What groups that are excluded open, with groups in groups and lists of members.

use super::*;

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
