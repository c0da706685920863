//! What policies rest on is changed before them or after them, so that nobody is less protected
//! in between than before and after, and a failure leaves nobody less protected than before.

use gatewright::apply::steps::steps;
use gatewright::finding::Code;
use gatewright::model::Object;
use gatewright::plan::{Phase, Plan};

use crate::world::{World, desired, run};

/// A policy with these members of `users`, and these conditions and controls.
fn policy(users: &str, more: &str, grant: &str) -> String {
    format!(
        "---\nkind: ConditionalAccessPolicy\ndisplayName: P\nstate: enabled\nconditions: {{users: {{{users}}}, applications: {{includeApplications: [All]}}{more}}}\ngrantControls: {{operator: OR, {grant}}}\n"
    )
}

/// When the first request about an object is sent.
fn phase(plan: &Plan, name: &str) -> Phase {
    let action = plan.actions.iter().find(|a| a.name == name).unwrap();
    steps(action)[0].phase
}

/// What P says of the object before and after, what the object is before and after, and when it
/// changes.
type Case<'c> = (&'c str, &'c str, &'c str, &'c str, Phase);

async fn check(cases: &[Case<'_>], object: impl Fn(&str) -> String, rest: impl Fn(&str) -> String) {
    for (uses, will_use, was, is, expected) in cases {
        let world = World::new().await;
        world.apply(&desired(&(object(was) + &rest(uses)))).await;
        let plan = world.plan(&desired(&(object(is) + &rest(will_use)))).await;
        let about = format!("{uses} -> {will_use}, {was} -> {is}");
        assert_eq!(phase(&plan, "X"), *expected, "{about}");
        let torn = plan.notices.iter().any(|f| f.code == Code::WeakerBetween);
        assert!(!torn, "{about}");
        assert!(world.execute(&plan).await.is_complete(), "{about}");
    }
}

const ONE: &str = "ipRanges: [192.0.2.0/24]";
const MORE: &str = "ipRanges: [192.0.2.0/24, 198.51.100.0/24]";
const TRUSTED: &str = "ipRanges: [192.0.2.0/24]\nisTrusted: true";
const OTHER: &str = "ipRanges: [203.0.113.0/24]";
const EXCLUDED: &str = "includeLocations: [All], excludeLocations: [X]";
const INCLUDED: &str = "includeLocations: [X, Else]";
const ELSE: &str = "includeLocations: [Else]";
const ALL: &str = "includeLocations: [All]";
const NO_TRUSTED: &str = "includeLocations: [All], excludeLocations: [AllTrusted]";

#[test]
fn a_location_changes_when_no_policy_loses_by_it() {
    run(check(
        &[
            // Used all the time: what takes protection comes last.
            (EXCLUDED, EXCLUDED, ONE, MORE, Phase::Unlink),
            (EXCLUDED, EXCLUDED, MORE, ONE, Phase::Prepare),
            (INCLUDED, INCLUDED, ONE, MORE, Phase::Prepare),
            (INCLUDED, INCLUDED, MORE, ONE, Phase::Unlink),
            (EXCLUDED, EXCLUDED, ONE, OTHER, Phase::Unlink),
            // P lets go of it.
            (EXCLUDED, ALL, ONE, MORE, Phase::Unlink),
            (EXCLUDED, ALL, MORE, ONE, Phase::Prepare),
            (INCLUDED, ELSE, MORE, ONE, Phase::Unlink),
            (NO_TRUSTED, ALL, ONE, TRUSTED, Phase::Unlink),
            // P begins to use it.
            (ALL, EXCLUDED, ONE, MORE, Phase::Prepare),
            (ALL, EXCLUDED, MORE, ONE, Phase::Prepare),
            (ELSE, INCLUDED, MORE, ONE, Phase::Prepare),
            (ALL, NO_TRUSTED, ONE, TRUSTED, Phase::Prepare),
            // One way of use for another is use all the time.
            (NO_TRUSTED, EXCLUDED, TRUSTED, TRUSTED_MORE, Phase::Unlink),
        ],
        |it| format!("kind: NamedLocation\ndisplayName: X\n{it}\n"),
        |uses| {
            let other = "---\nkind: NamedLocation\ndisplayName: Else\nipRanges: [203.0.113.128/25]\nisTrusted: true\n";
            let locations = format!(", locations: {{{uses}}}");
            let grant = "builtInControls: [mfa]";
            other.to_owned() + &policy("includeUsers: [All]", &locations, grant)
        },
    ));
}

const TRUSTED_MORE: &str = "ipRanges: [192.0.2.0/24, 198.51.100.0/24]\nisTrusted: true";

#[test]
fn the_rule_of_a_group_changes_when_no_policy_loses_by_it() {
    let (old, new) = ("user.department -eq \"A\"", "user.department -eq \"B\"");
    let (without, with) = (
        "includeUsers: [All]",
        "includeUsers: [All], excludeGroups: [X]",
    );
    run(check(
        &[
            (with, with, old, new, Phase::Unlink),
            (with, without, old, new, Phase::Unlink),
            (without, with, old, new, Phase::Prepare),
            (without, without, old, new, Phase::Prepare),
        ],
        |rule| {
            format!(
                "kind: Group\ndisplayName: X\ngroupTypes: [DynamicMembership]\nmembershipRule: '{rule}'\nmembershipRuleProcessingState: 'On'\n"
            )
        },
        |users| {
            // What else changes in P, so that there is an order.
            policy(users, "", "builtInControls: [mfa]")
        },
    ));
}

#[test]
fn members_move_by_each_policy() {
    let (one, two) = (
        "members: [adelev@contoso.com]",
        "members: [adelev@contoso.com, alexw@contoso.com]",
    );
    let (without, with) = (
        "includeUsers: [All]",
        "includeUsers: [All], excludeGroups: [X]",
    );
    let (in_x, elsewhere) = ("includeGroups: [X, Sales]", "includeGroups: [Sales]");
    run(check(
        &[
            (with, without, one, two, Phase::Unlink),
            (without, with, two, one, Phase::Link),
            (without, with, one, two, Phase::Link),
            (with, with, one, two, Phase::Unlink),
            (in_x, in_x, one, two, Phase::Link),
            (in_x, elsewhere, two, one, Phase::Unlink),
            (elsewhere, in_x, one, two, Phase::Link),
        ],
        |members| format!("kind: Group\ndisplayName: X\n{members}\n"),
        |users| policy(users, "", "builtInControls: [mfa]"),
    ));
}

#[test]
fn a_strength_changes_when_no_policy_loses_by_it() {
    let (strict, loose) = ("[fido2]", "[fido2, 'password,sms']");
    let (mfa, strength) = ("builtInControls: [mfa]", "authenticationStrength: X");
    run(check(
        &[
            (strength, strength, strict, loose, Phase::Unlink),
            (strength, strength, loose, strict, Phase::Prepare),
            (strength, mfa, strict, loose, Phase::Unlink),
            // Nobody is to be asked for more than is meant, not even for a moment.
            (mfa, strength, strict, loose, Phase::Prepare),
            (mfa, strength, loose, strict, Phase::Prepare),
        ],
        |list| {
            format!("kind: AuthenticationStrength\ndisplayName: X\nallowedCombinations: {list}\n")
        },
        |grant| policy("includeUsers: [All]", "", grant),
    ));
}

#[test]
fn a_location_does_not_grow_when_the_policy_that_lets_go_of_it_failed() {
    run(async {
        let world = World::new().await;
        let project = |ranges: &str, uses: &str| {
            let locations = format!(", locations: {{{uses}}}");
            format!("kind: NamedLocation\ndisplayName: X\n{ranges}\n")
                + &policy("includeUsers: [All]", &locations, "builtInControls: [mfa]")
        };
        world.apply(&desired(&project(ONE, EXCLUDED))).await;
        let mut plan = world.plan(&desired(&project(MORE, ALL))).await;
        // The tenant refuses the policy.
        for action in &mut plan.actions {
            if let Some(Object::ConditionalAccessPolicy(policy)) = &mut action.desired {
                policy.conditions.applications = None;
            }
        }
        let report = world.execute(&plan).await;
        let told: Vec<&str> = report.outcomes.iter().map(|(o, _)| o.as_str()).collect();
        assert_eq!(told, ["failed", "skipped"]);
        let live = world
            .live("/identity/conditionalAccess/namedLocations")
            .await;
        let mut all = live["value"].as_array().unwrap().iter();
        let location = all.find(|location| location["displayName"] == "X").unwrap();
        assert_eq!(location["ipRanges"].as_array().unwrap().len(), 1, "{live}");
    });
}

#[test]
fn a_replaced_policy_is_one_use() {
    run(async {
        let mut world = World::new().await;
        world.scope(serde_json::json!({"ConditionalAccessPolicy": "all"}));
        let project = |name: &str, members: &str| {
            let users = "includeUsers: [All], excludeGroups: [X]";
            let text = policy(users, "", "builtInControls: [mfa]");
            format!("kind: Group\ndisplayName: X\nmembers: [{members}]\n")
                + &text.replace("displayName: P", &format!("displayName: {name}"))
        };
        let one = "breakglass1@contoso.com";
        world.apply(&desired(&project("Old", one))).await;
        // The group is filled before the new policy begins, and nobody is warned.
        let two = format!("{one}, breakglass2@contoso.com");
        let plan = world.plan(&desired(&project("New", &two))).await;
        assert_eq!(phase(&plan, "X"), Phase::Link);
        assert!(plan.notices.iter().all(|f| f.code != Code::WeakerBetween));
    });
}
