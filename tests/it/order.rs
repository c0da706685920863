//! What policies rest on is changed before them or after them, so that nobody is less protected
//! in between than before and after, and a failure leaves nobody less protected than before.

use std::collections::BTreeSet;

use gatewright::apply::journal::{Journal, Record};
use gatewright::apply::steps::steps;
use gatewright::finding::Code;
use gatewright::model::Object;
use gatewright::plan::{Phase, Plan};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::Value;

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

/// A policy by what it says of X and L; `None`: there is none.
type Uses = Option<(&'static str, &'static str, &'static str)>;

/// The members of X, the ranges of L, whether L is trusted, and two policies of their own controls.
type State = (Vec<&'static str>, Vec<&'static str>, bool, [Uses; 2]);

const PEOPLE: [&str; 2] = ["adelev@contoso.com", "alexw@contoso.com"];
const RANGES: [&str; 2] = ["192.0.2.0/24", "198.51.100.0/24"];

fn uses() -> impl Strategy<Value = Uses> {
    let state = prop_oneof![3 => Just("enabled"), 1 => Just("enabledForReportingButNotEnforced")];
    let users = select(vec![
        "includeUsers: [All]",
        "includeUsers: [All], excludeGroups: [X]",
        "includeGroups: [X]",
    ]);
    let locations = select(vec![
        "",
        ", locations: {includeLocations: [All], excludeLocations: [L]}",
        ", locations: {includeLocations: [All], excludeLocations: [AllTrusted]}",
        ", locations: {includeLocations: [L]}",
    ]);
    prop_oneof![5 => (state, users, locations).prop_map(Some), 1 => Just(None)]
}

fn state() -> impl Strategy<Value = State> {
    (
        subsequence(PEOPLE.to_vec(), 0..=2),
        subsequence(RANGES.to_vec(), 1..=2),
        any::<bool>(),
        [uses(), uses()],
    )
}

fn manifests((members, ranges, trusted, policies): &State) -> String {
    let mut text = format!(
        "kind: Group\ndisplayName: X\nmembers: [{}]\n---\nkind: NamedLocation\ndisplayName: L\nipRanges: [{}]\nisTrusted: {trusted}\n",
        members.join(", "),
        ranges.join(", ")
    );
    for ((name, control), uses) in [("P", "mfa"), ("Q", "compliantDevice")]
        .iter()
        .zip(policies)
    {
        if let Some((state, users, locations)) = uses {
            text += &policy(users, locations, &format!("builtInControls: [{control}]"))
                .replace("displayName: P", &format!("displayName: {name}"))
                .replace("state: enabled", &format!("state: {state}"));
        }
    }
    text
}

/// Who is asked for what from where: a reading of the rules that is this test's own.
fn protected(tenant: &Value) -> BTreeSet<(String, usize, String)> {
    let objects = |part: &str| -> Vec<(String, Value)> {
        let all = tenant[part].as_object().unwrap().iter();
        all.map(|(id, object)| (id.clone(), object.clone()))
            .collect()
    };
    let has = |list: &Value, text: &str| {
        let mut items = list.as_array().into_iter().flatten();
        items.any(|item| item.as_str() == Some(text))
    };
    let group = objects("groups")
        .into_iter()
        .find(|(_, g)| g["displayName"] == "X");
    let location = objects("namedLocations")
        .into_iter()
        .find(|(_, l)| l["displayName"] == "L");
    let mut found = BTreeSet::new();
    let enabled = objects("policies")
        .into_iter()
        .filter(|(_, p)| p["state"] == "enabled");
    for (_, policy) in enabled {
        for person in PEOPLE {
            let (id, _) = (objects("users").into_iter())
                .find(|(_, u)| {
                    u["userPrincipalName"]
                        .as_str()
                        .unwrap()
                        .eq_ignore_ascii_case(person)
                })
                .unwrap();
            let users = &policy["conditions"]["users"];
            let in_list = |list: &Value| {
                group.as_ref().is_some_and(|(group, _)| {
                    has(list, group) && has(&tenant["members"][group], &id)
                })
            };
            if !has(&users["includeUsers"], "All") && !in_list(&users["includeGroups"])
                || in_list(&users["excludeGroups"])
            {
                continue;
            }
            // The last place is in no range.
            for place in 0..=RANGES.len() {
                let locations = &policy["conditions"]["locations"];
                let at = |list: &Value| {
                    let here = location.as_ref().filter(|(_, location)| {
                        let ranges = location["ipRanges"].as_array().unwrap();
                        RANGES.get(place).is_some_and(|range| {
                            ranges.iter().any(|own| own["cidrAddress"] == *range)
                        })
                    });
                    has(list, "All")
                        || here.is_some_and(|(id, location)| {
                            has(list, id)
                                || location["isTrusted"] == true && has(list, "AllTrusted")
                        })
                };
                if locations.is_object()
                    && (!at(&locations["includeLocations"]) || at(&locations["excludeLocations"]))
                {
                    continue;
                }
                let control = policy["grantControls"]["builtInControls"][0].clone();
                found.insert((
                    person.to_owned(),
                    place,
                    control.as_str().unwrap().to_owned(),
                ));
            }
        }
    }
    found
}

/// Looks at the tenant after each answer.
struct Watching<'w>(&'w World, Vec<BTreeSet<(String, usize, String)>>);

impl Journal for Watching<'_> {
    fn write(&mut self, _: &Record) -> std::io::Result<()> {
        self.1.push(protected(&self.0.sandbox.tenant()));
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, max_shrink_iters: 40, ..ProptestConfig::default() })]

    #[test]
    fn nobody_is_less_protected_in_between(was in state(), is in state(), fails in 0_u64..8) {
        run(async {
            let mut world = World::new().await;
            world.scope(serde_json::json!({"ConditionalAccessPolicy": "all"}));
            world.apply(&desired(&manifests(&was))).await;
            let before = protected(&world.sandbox.tenant());
            let after = {
                let other = World::new().await;
                other.apply(&desired(&manifests(&is))).await;
                protected(&other.sandbox.tenant())
            };
            let plan = world.plan(&desired(&manifests(&is))).await;
            if plan.notices.iter().any(|f| f.code == Code::WeakerBetween) {
                return;
            }
            if fails > 0 {
                let weather = serde_json::json!({"fail": "100%", "onWrite": fails});
                world.sandbox.set_weather(serde_json::from_value(weather).unwrap());
            }
            let mut watching = Watching(&world, Vec::new());
            let report = world.execute_with(&plan, &mut watching).await;
            let held: BTreeSet<_> = before.intersection(&after).cloned().collect();
            for (at, seen) in watching.1.iter().enumerate() {
                let lost: Vec<_> = held.difference(seen).collect();
                assert!(lost.is_empty(), "{lost:?} at {at}\n{}\n{report:#?}", gatewright::render::plan::human(&plan, Default::default()));
            }
        });
    }
}
