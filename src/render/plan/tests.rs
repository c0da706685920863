use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::plan::weakening::Effect;
use crate::render::fixtures;
use crate::render::wrap::{columns, to_width};

fn action(verb: Verb, name: &str, before: Value, after: Value) -> Action {
    Action {
        effect: Some(Effect {
            class: Class::Neutral,
            reasons: vec!["nothing that is enforced changes".to_owned()],
        }),
        ..fixtures::action(verb, name, before, after)
    }
}

fn policy(name: &str, groups: &[&str]) -> Value {
    json!({
        "displayName": name,
        "state": "enabled",
        "conditions": {
            "applications": {"includeApplications": ["All"]},
            "users": {"includeUsers": ["All"], "excludeGroups": groups},
        },
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
    })
}

fn plan(actions: Vec<Action>) -> Plan {
    Plan {
        tenant: "prod".to_owned(),
        organization: crate::tenant::snapshot::Organization {
            display_name: "Contoso".to_owned(),
            default_domain: "contoso.com".to_owned(),
            ..Default::default()
        },
        actions,
        ..Plan::default()
    }
}

fn excluded(name: &str, own: &str) -> Action {
    let mut action = action(
        Verb::Update,
        name,
        policy(name, &[own]),
        policy(name, &["CA-Preview", own]),
    );
    action.effect = Some(Effect {
        class: Class::Weaker,
        reasons: vec!["leaves out 1 more group: `CA-Preview`".to_owned()],
    });
    action
}

fn all_sorts() -> Plan {
    let old = policy("Old name", &["Sales"]);
    let mut actions = vec![
        action(
            Verb::Create,
            "CA001 - MFA for everybody",
            Value::Null,
            policy("CA001", &["CA-BreakGlass"]),
        ),
        excluded("CA002", "A"),
        action(
            Verb::Update,
            "New name",
            old,
            policy("New name", &["Sales"]),
        ),
        action(Verb::Delete, "Last", policy("Last", &[]), Value::Null),
    ];
    actions.extend((3..15).map(|n| excluded(&format!("CA{n:03}"), &format!("G{n}"))));
    plan(actions)
}

fn shown(plan: &Plan, depth: Depth, width: Option<usize>) -> String {
    let text = human(plan, Look { depth, width });
    let text = width.map_or(text.clone(), |width| to_width(&text, width));
    anstream::adapter::strip_str(&text).to_string()
}

#[test]
fn a_plan_begins_with_its_tenant_and_a_table_and_says_equal_changes_once() {
    insta::assert_snapshot!("usual", shown(&all_sorts(), Depth::Usual, Some(80)));
}

#[test]
fn a_compact_plan_is_the_table_and_a_full_one_leaves_nothing_out() {
    let plan = all_sorts();
    insta::assert_snapshot!("compact", shown(&plan, Depth::Compact, Some(60)));
    let full = shown(&plan, Depth::Full, None);
    assert!(!full.contains("the same change"), "{full}");
    for n in 2..15 {
        if n != 2 {
            assert!(full.contains(&format!("~ change ConditionalAccessPolicy \"CA{n:03}\"")));
        }
    }
    for line in [
        "  +   users:\n  +     includeUsers:\n  +     - All\n",
        "  -   users:\n  -     includeUsers:\n  -     - All\n",
        "  - displayName: Old name\n  + displayName: New name\n",
    ] {
        assert!(full.contains(line), "{full}");
    }
}

#[test]
fn equal_changes_with_another_effect_or_of_another_kind_stand_apart() {
    let mut two = vec![
        excluded("CA1", "A"),
        excluded("CA2", "B"),
        excluded("CA3", "C"),
    ];
    two[1].effect = None;
    let text = shown(&plan(two.clone()), Depth::Usual, None);
    assert!(
        text.contains("the same change to 1 more: + excludeGroups: CA-Preview\n        \"CA3\"\n")
    );
    assert!(text.contains("~ change ConditionalAccessPolicy \"CA2\""));
    two[2].kind = Kind::Group;
    let text = shown(&plan(two), Depth::Usual, None);
    assert!(!text.contains("the same change"), "{text}");
}

#[test]
fn a_plan_without_a_change_is_one_line() {
    assert_eq!(
        shown(&plan(Vec::new()), Depth::Usual, None),
        "No changes. 0 objects in prod (Contoso, contoso.com) match their manifests.\n"
    );
}

#[test]
fn what_a_plan_is_limited_to_is_said_before_all() {
    let mut plan = plan(Vec::new());
    plan.limit = Some(crate::plan::limit::PlanLimit {
        names: vec!["CA\u{1b}1".to_owned()],
        kind: None,
        manifests: 2,
        all: 40,
    });
    let text = shown(&plan, Depth::Usual, None);
    assert!(
        text.starts_with("Plan for prod (Contoso, contoso.com)\nLimited to `CA\\u{1b}1` and what it needs: 2 of 40 manifests. Nothing is deleted;"),
        "{text}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn names_and_values_of_strangers_are_shown_and_not_obeyed(
        names in proptest::collection::vec(any::<String>(), 4),
        width in 20_usize..200,
    ) {
        let mut plan = plan(vec![
            action(Verb::Create, &names[0], Value::Null, policy(&names[0], &[&names[1]])),
            excluded(&names[1], &names[2]),
            excluded(&names[2], &names[3]),
            action(Verb::Update, &names[3], policy(&names[2], &[]), policy(&names[3], &[])),
            action(Verb::Delete, &names[2], policy(&names[2], &[&names[0]]), Value::Null),
        ]);
        plan.organization.display_name = names[3].clone();
        for depth in [Depth::Compact, Depth::Usual, Depth::Full] {
            let text = shown(&plan, depth, Some(width));
            for c in text.chars() {
                prop_assert!(c == '\n' || !c.is_control(), "{:?}", c);
            }
        }
        // Whatever the names are, a table has room.
        let table = shown(&plan, Depth::Compact, Some(width));
        let rows = table.lines().skip(2).take_while(|line| !line.is_empty());
        for line in rows {
            prop_assert!(columns(line) <= width.max(24), "{width}: {line}");
        }
    }
}
