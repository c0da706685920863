//! What a change does: to what it leaves out, to lists, to what is cleared, and when it is seen.

use serde_json::{Value, json};

use super::super::{ProbeVerdict, ask};
use super::{Heard, Trial, by_look, told};
use crate::apply::trial::{Told, Until};

/// Global Administrator, a role that every tenant has.
const ROLE: &str = "62e90394-69f5-4237-9190-012177145e10";

pub(super) const TRIALS: &[Trial] = &[
    // The first one makes the plain policy that the others rest on.
    Trial {
        question: ask(
            "lag",
            "how long does the tenant take to show a write?",
            "a write is usually seen within seconds; no bound is documented (unverified)",
        ),
        make: |script| {
            let policy = script.policy_now(json!({}));
            script.look(policy, Until::Shown);
            script.change(policy, json!({}));
        },
        judge: lag,
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "nested-patch",
            "does a PATCH merge the objects in `conditions`, or replace them?",
            "what an object in `conditions` leaves out keeps its value (unverified)",
        ),
        make: |script| {
            let policy = script.policy_now(json!({"conditions": {"users":
                {"includeUsers": ["None"], "excludeRoles": [ROLE]}}}));
            let users = json!({"conditions": {"users": {"includeUsers": ["None"]}}});
            script.change(policy, users);
        },
        judge: |heard| by_look(heard, "/conditions/users/excludeRoles", merges),
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "patch-conditions",
            "does a PATCH keep the conditions that it leaves out?",
            "what `conditions` leaves out keeps its value (documented)",
        ),
        make: |script| {
            let policy = script.policy_now(
                json!({"conditions": {"platforms": {"includePlatforms": ["windows"]}}}),
            );
            script.change(
                policy,
                json!({"conditions": {"clientAppTypes": ["browser"]}}),
            );
        },
        judge: |heard| by_look(heard, "/conditions/platforms/includePlatforms", merges),
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "patch-grant",
            "does a PATCH keep the grant controls that it leaves out?",
            "what `grantControls` leaves out keeps its value (reported)",
        ),
        make: |script| {
            let controls = ["mfa", "compliantDevice"];
            let policy = script.policy_now(json!({"grantControls":
                {"operator": "AND", "builtInControls": controls}}));
            script.change(policy, json!({"grantControls": {"operator": "OR"}}));
        },
        judge: |heard| by_look(heard, "/grantControls/builtInControls", merges),
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "patch-session",
            "does a PATCH keep the session controls that it leaves out?",
            "what `sessionControls` leaves out keeps its value (unverified)",
        ),
        make: |script| {
            let policy = script.policy_now(json!({"sessionControls": {"signInFrequency":
                {"isEnabled": true, "type": "hours", "value": 4}}}));
            let other = json!({"isEnabled": true, "cloudAppSecurityType": "monitorOnly"});
            script.change(
                policy,
                json!({"sessionControls": {"cloudAppSecurity": other}}),
            );
        },
        judge: |heard| by_look(heard, "/sessionControls/signInFrequency", merges),
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "clear-by-null",
            "does null clear a condition?",
            "null clears an object in `conditions` (reported)",
        ),
        make: |script| {
            let policy = script.policy_now(
                json!({"conditions": {"platforms": {"includePlatforms": ["windows"]}}}),
            );
            script.change(policy, json!({"conditions": {"platforms": null}}));
        },
        judge: |heard| by_look(heard, "/conditions/platforms", cleared),
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "clear-by-empty-list",
            "does an empty list clear a list?",
            "`[]` clears a list (reported)",
        ),
        make: |script| {
            let policy = script.policy_now(json!({"conditions": {"users":
                {"includeUsers": ["None"], "excludeRoles": [ROLE]}}}));
            let users = json!({"includeUsers": ["None"], "excludeRoles": []});
            script.change(policy, json!({"conditions": {"users": users}}));
        },
        judge: |heard| by_look(heard, "/conditions/users/excludeRoles", cleared),
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "clear-session",
            "does `sessionControls: null` remove the session controls?",
            "only null removes session controls (reported)",
        ),
        make: |script| {
            let policy = script.policy_now(json!({"sessionControls": {"signInFrequency":
                {"isEnabled": true, "type": "hours", "value": 4}}}));
            script.change(policy, json!({"sessionControls": null}));
        },
        judge: |heard| by_look(heard, "/sessionControls", cleared),
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "clear-strength",
            "does null remove an authentication strength from a policy?",
            "`authenticationStrength: null` beside other controls removes it (unverified)",
        ),
        make: |script| {
            let strength = json!({"id": "00000000-0000-0000-0000-000000000002"});
            let policy = script.policy_now(json!({"grantControls":
                {"operator": "OR", "builtInControls": [], "authenticationStrength": strength}}));
            script.change(
                policy,
                json!({"grantControls": {"operator": "OR",
                "builtInControls": ["mfa"], "authenticationStrength": null}}),
            );
        },
        judge: |heard| by_look(heard, "/grantControls/authenticationStrength", cleared),
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "list-order",
            "does a list keep the order in which it was sent?",
            "the order in lists stays as it was sent (seen)",
        ),
        make: |script| {
            let platforms = json!({"includePlatforms": ["windows", "android", "iOS"]});
            let policy = script.policy_now(json!({"conditions": {"platforms": platforms}}));
            script.look(policy, Until::Shown);
        },
        judge: |heard| {
            by_look(heard, "/conditions/platforms/includePlatforms", |list| {
                Some(match *list? == json!(["windows", "android", "iOS"]) {
                    true => "kept",
                    false => "sorted",
                })
            })
        },
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "list-doubles",
            "what happens to a value that is in a list twice?",
            "lists are sets (unverified)",
        ),
        make: |script| {
            let platforms = json!({"includePlatforms": ["windows", "windows"]});
            let policy = script.policy_now(json!({"conditions": {"platforms": platforms}}));
            script.look(policy, Until::Shown);
        },
        judge: |heard| match heard.first().map(|first| (told::taken(first), first)) {
            Some((verdict, _)) if verdict.answer == "refused" => verdict,
            _ => by_look(
                heard,
                "/conditions/platforms/includePlatforms",
                |list| match list?.as_array()?.len() {
                    1 => Some("removed"),
                    2 => Some("kept"),
                    _ => None,
                },
            ),
        },
        rests_on_plain: true,
    },
    Trial {
        question: ask(
            "single-operator",
            "which operator does a policy with one requirement get when it was sent with `AND`?",
            "a single requirement is stored with `OR` (seen)",
        ),
        make: |script| {
            let grant = json!({"operator": "AND", "builtInControls": ["mfa"]});
            let policy = script.policy_now(json!({"grantControls": grant}));
            script.look(policy, Until::Shown);
        },
        judge: |heard| {
            by_look(
                heard,
                "/grantControls/operator",
                |operator| match operator?.as_str()? {
                    "OR" => Some("OR"),
                    "AND" => Some("AND"),
                    _ => None,
                },
            )
        },
        rests_on_plain: true,
    },
];

/// What a list or object that was left out became.
fn merges(value: Option<&Value>) -> Option<&'static str> {
    Some(match is_empty(value) {
        true => "replaces",
        false => "merges",
    })
}

fn cleared(value: Option<&Value>) -> Option<&'static str> {
    Some(match is_empty(value) {
        true => "cleared",
        false => "kept",
    })
}

fn is_empty(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::Array(list)) => list.is_empty(),
        _ => false,
    }
}

/// The longest of both looks, in seconds.
fn lag(heard: &[Heard]) -> ProbeVerdict {
    let looks: Vec<&Heard> = heard
        .iter()
        .filter(|one| one.request.starts_with("GET"))
        .collect();
    if let Some(failed) = heard
        .iter()
        .find(|one| !matches!(one.told, Told::Answered(_)))
    {
        return ProbeVerdict::open(told::line(failed));
    }
    let times: Option<Vec<f64>> = looks
        .iter()
        .map(|one| Some(one.after?.as_secs_f64()))
        .collect();
    let Some(times) = times else {
        return ProbeVerdict::open("the tenant did not show the write within the waiting time");
    };
    let longest = times.iter().copied().fold(0.0, f64::max);
    let rounded = (longest * 10.0).ceil() / 10.0;
    let shown: Vec<String> = times.iter().map(|t| format!("{t:.1} s")).collect();
    ProbeVerdict::of(
        rounded,
        format!(
            "a creation and a change were seen after {}",
            shown.join(" and ")
        ),
    )
}
