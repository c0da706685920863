//! What is proved of small tenants, from the facts and from the user's side. `enumeration` judges
//! random ones by trying every sign-in.

mod claims;
mod compared;
mod enumeration;
mod exclusions;
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

fn location(ranges: &[&str]) -> NamedLocation {
    let ranges: Vec<Value> = (ranges.iter())
        .map(|range| json!({"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": range}))
        .collect();
    serde_json::from_value(json!({"@odata.type": "#microsoft.graph.ipNamedLocation",
        "displayName": "Office", "isTrusted": true, "ipRanges": ranges}))
    .unwrap()
}
