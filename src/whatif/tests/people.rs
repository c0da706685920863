//! Who is in which group: nested, closed, declared, or not known.

use serde_json::{Value, json};

use super::*;

const UNLISTED: &str = "7d1f2c6e-55a0-4b6e-9d3a-0a4c0d5c1e11";

fn told(objects: &[Value], group: &str, user: Value) -> String {
    let conditions = json!({"users": {"includeGroups": [group]}});
    let mut sign_in = sign_in(&json!({}));
    sign_in.user = Some(serde_json::from_value(user).unwrap());
    says(&world(objects), &conditions, &sign_in)
}

fn group(name: &str, members: Value) -> Value {
    json!({"kind": "Group", "displayName": name, "members": members})
}

const UNKNOWN: &str = "unknown: user.memberOf";

#[test]
fn a_list_of_members_is_complete_and_groups_may_be_in_groups() {
    let objects = [
        group("Outer", json!(["Middle"])),
        group("Middle", json!(["Inner", "bob@contoso.com"])),
        group("Inner", json!(["ada@contoso.com"])),
        group("Empty", json!([])),
        json!({"kind": "Group", "displayName": "Open"}),
    ];
    let ada = || json!("ada@contoso.com");
    for name in ["Outer", "Middle", "Inner"] {
        assert_eq!(told(&objects, name, ada()), "yes", "{name}");
    }
    assert_eq!(told(&objects, "Inner", json!("Bob@Contoso.com")), "users");
    assert_eq!(told(&objects, "Outer", json!("bob@contoso.com")), "yes");
    assert_eq!(told(&objects, "Empty", ada()), "users");
    assert_eq!(told(&objects, "Open", ada()), UNKNOWN);
    assert_eq!(told(&objects, "Unheard of", ada()), UNKNOWN);
    // A description may be about any member, and about none of an empty group.
    assert_eq!(
        told(&objects, "Inner", json!({"userType": "member"})),
        UNKNOWN
    );
    assert_eq!(
        told(&objects, "Empty", json!({"userType": "member"})),
        "users"
    );
    // What is listed is complete, with the groups that those are in.
    assert_eq!(
        told(&objects, "Outer", json!({"memberOf": ["Inner"]})),
        "yes"
    );
    assert_eq!(
        told(&objects, "Open", json!({"memberOf": ["Inner"]})),
        "users"
    );
    assert_eq!(
        told(
            &objects,
            "Inner",
            json!({"name": "ada@contoso.com", "memberOf": []})
        ),
        "users"
    );
}

#[test]
fn circles_and_diamonds_of_groups_end() {
    let mut objects = vec![group("A", json!(["B"])), group("B", json!(["A"]))];
    assert_eq!(told(&objects, "A", json!("ada@contoso.com")), "users");
    assert_eq!(told(&objects, "A", json!({"memberOf": ["A"]})), "yes");
    for level in 0..60 {
        let below = [format!("D{}", 2 * level + 2), format!("D{}", 2 * level + 3)];
        objects.push(group(&format!("D{}", 2 * level), json!(below)));
        objects.push(group(&format!("D{}", 2 * level + 1), json!(below)));
    }
    objects.push(group("D120", json!(["ada@contoso.com"])));
    objects.push(group("D121", json!([])));
    assert_eq!(told(&objects, "D0", json!("ada@contoso.com")), "yes");
    assert_eq!(told(&objects, "D0", json!({"memberOf": ["D121"]})), "yes");
    assert_eq!(told(&objects, "D0", json!("bob@contoso.com")), "users");
}

#[test]
fn an_id_that_nothing_knows_may_be_that_of_a_group() {
    let objects = [group("A", json!([UNLISTED])), group("B", json!(["A"]))];
    assert_eq!(told(&objects, "A", json!("ada@contoso.com")), UNKNOWN);
    assert_eq!(told(&objects, "B", json!("ada@contoso.com")), UNKNOWN);
    assert_eq!(told(&objects, "B", json!(UNLISTED)), "yes");
}

#[test]
fn test_users_say_their_groups() {
    let objects = [
        json!({"kind": "Group", "displayName": "Pilot"}),
        json!({"kind": "Group", "displayName": "Other"}),
        json!({"kind": "Group", "displayName": "Ruled", "groupTypes": ["DynamicMembership"], "membershipRule": "true"}),
        group("Wide", json!(["Pilot"])),
        json!({"kind": "TestUser", "displayName": "Test One", "userPrincipalName": "test1", "memberOf": ["Pilot"]}),
        json!({"kind": "TestUser", "displayName": "Test Two", "userPrincipalName": "test2@contoso.com"}),
    ];
    // By principal name with or without a domain, or by display name.
    for name in ["test1", "TEST1@contoso.com", "Test One"] {
        assert_eq!(told(&objects, "Pilot", json!(name)), "yes", "{name}");
    }
    assert_eq!(told(&objects, "Wide", json!("test1")), "yes");
    assert_eq!(told(&objects, "Other", json!("test1")), "users");
    assert_eq!(told(&objects, "Ruled", json!("test1")), UNKNOWN);
    assert_eq!(told(&objects, "Elsewhere", json!("test1")), UNKNOWN);
    // One that lists no groups may be in any that is not closed.
    assert_eq!(told(&objects, "Pilot", json!("test2@contoso.com")), UNKNOWN);
    // They are members.
    let kind = json!({"users": {"includeUsers": ["GuestsOrExternalUsers"]}});
    let mut given = sign_in(&json!({}));
    given.user = Some(User::named("test1"));
    assert_eq!(says(&world(&objects), &kind, &given), "users");
}

#[test]
fn what_a_directory_says_of_a_user_is_complete() {
    let mut world = world(&[]);
    world.users.push(KnownUser {
        id: Some(ADA.to_owned()),
        user_principal_name: "ada@contoso.com".to_owned(),
        member_of: Some(vec![PILOT.to_owned()]),
        member_of_is_complete: true,
        roles: Some(vec![ROLE.to_owned()]),
        user_type: Some(UserType::B2bCollaborationGuest),
        external_tenant_id: Some(HOME.to_owned()),
        ..KnownUser::default()
    });
    world.groups.push(KnownGroup {
        id: Some(PILOT.to_owned()),
        display_name: "Pilot".to_owned(),
        ..KnownGroup::default()
    });
    let mut given = sign_in(&json!({}));
    given.user = Some(User::named("Ada@contoso.com"));
    for (users, told) in [
        (json!({"includeGroups": ["Pilot"]}), "yes"),
        (json!({"includeGroups": [BOB]}), "users"),
        (json!({"includeRoles": ["Global Administrator"]}), "yes"),
        (json!({"includeRoles": ["Security Reader"]}), "users"),
        (json!({"includeUsers": [ADA]}), "yes"),
        (
            json!({"includeGuestsOrExternalUsers": {"guestOrExternalUserTypes": "b2bCollaborationGuest",
            "externalTenants": {"membershipKind": "enumerated", "members": [HOME]}}}),
            "yes",
        ),
    ] {
        assert_eq!(
            says(&world, &json!({"users": users.clone()}), &given),
            told,
            "{users}"
        );
    }
}

#[test]
fn names_that_stand_for_two_objects_stand_for_neither() {
    let mut two = world(&[]);
    for id in [PILOT, BOB] {
        two.groups.push(KnownGroup {
            id: Some(id.to_owned()),
            display_name: "Pilot".to_owned(),
            ..KnownGroup::default()
        });
    }
    let given = sign_in(&json!({"user": {"memberOf": [PILOT]}}));
    assert_eq!(
        says(&two, &json!({"users": {"includeGroups": [PILOT]}}), &given),
        "yes"
    );
    assert_eq!(
        says(
            &two,
            &json!({"users": {"includeGroups": ["Pilot"]}}),
            &given
        ),
        "users"
    );
}
