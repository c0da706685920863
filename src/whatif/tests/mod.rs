//! What must hold of the evaluator: by the facts of `docs/whatif.md`, and from the side of who
//! asks.

mod answers;
mod contradictions;
mod laws;
mod lines;
mod naive;
mod people;
mod published;
mod rests;
mod vocabulary;

use serde_json::{Value, json};

use super::*;
use crate::model::Object;
use crate::model::kind::Kind;
use crate::model::normal::without_nulls;
use crate::model::policy::ConditionalAccessPolicy;

const ADA: &str = "4628e7df-dff3-407c-a08f-75f08c0806dc";
const BOB: &str = "93c9da93-7ffb-498e-afc1-2798ea05112e";
const PILOT: &str = "6da4f554-8612-4359-a481-b293af78e1fb";
const ROLE: &str = "62e90394-69f5-4237-9190-012177145e10";
const HOME: &str = "0f1e2d3c-0000-4000-8000-000000000001";
const SHAREPOINT: &str = "00000003-0000-0ff1-ce00-000000000000";
const PORTAL: &str = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c";
const MANAGEMENT: &str = "797f4846-ba00-4fd7-ba43-dac1f8f63013";
const DEVOPS: &str = "499b84ac-1321-427f-aa17-267ca6975798";
const DIRECTORY: &str = "00000002-0000-0000-c000-000000000000";
const OWN_APP: &str = "095a7e38-5c47-42ce-aa0c-63b5bf45790b";
const OFFICE: &str = "b4191885-f836-4ccd-bfc4-e0ccaf88dcae";

/// An object laid over another, member by member, also within `user` and `environment`; `null`
/// takes a member out.
fn laid(base: Value, over: &Value) -> Value {
    let (Value::Object(mut base), Value::Object(over)) = (base, over) else {
        return over.clone();
    };
    for (name, value) in over {
        let below = base.shift_remove(name);
        let value = match below {
            _ if value.is_null() => continue,
            Some(below) if name == "user" || name == "environment" => laid(below, value),
            _ => value.clone(),
        };
        base.insert(name.clone(), value);
    }
    Value::Object(base)
}

/// A policy for everybody and everything that these conditions narrow.
fn policy_of(
    name: &str,
    state: &str,
    conditions: &Value,
    grant: &Value,
    session: &Value,
) -> ConditionalAccessPolicy {
    let all = json!({"users": {"includeUsers": ["All"]},
        "applications": {"includeApplications": ["All"]}});
    let value = json!({"displayName": name, "state": state,
        "conditions": laid(all, conditions), "grantControls": grant, "sessionControls": session});
    serde_json::from_value(without_nulls(&value)).unwrap()
}

fn blocks(conditions: &Value) -> ConditionalAccessPolicy {
    let block = json!({"operator": "OR", "builtInControls": ["block"]});
    policy_of("P", "enabled", conditions, &block, &Value::Null)
}

/// A sign-in of which everything is known and ordinary, and what is changed of it.
fn sign_in(changes: &Value) -> SignIn {
    let ordinary = json!({
        "user": {"name": ADA, "memberOf": [PILOT], "roles": [], "userType": "member"},
        "application": OWN_APP, "applicationAttributes": {},
        "clientAppType": "browser", "devicePlatform": "windows",
        "ipAddress": "203.0.113.7", "country": "NL", "compliantNetwork": false,
        "signInRiskLevel": "none", "userRiskLevel": "none", "insiderRiskLevel": "none",
        "deviceInfo": "unregistered", "authenticationFlow": {"transferMethod": "none"}});
    serde_json::from_value(laid(ordinary, changes)).unwrap()
}

/// A world of these objects: manifests.
fn world(objects: &[Value]) -> World {
    let objects: Vec<Object> = objects
        .iter()
        .map(|value| {
            let kind = Kind::parse(value["kind"].as_str().unwrap()).unwrap();
            Object::from_value(kind, value).unwrap()
        })
        .collect();
    World::new(&objects, Environment::default())
}

/// The world of the tables: an office, countries, groups within groups.
fn contoso() -> World {
    world(&[
        json!({"kind": "NamedLocation", "id": OFFICE, "displayName": "Office", "isTrusted": true,
            "ipRanges": ["198.51.100.0/24", "2001:db8:1::/48"]}),
        json!({"kind": "NamedLocation", "displayName": "Branch", "ipRanges": ["192.0.2.128/25"]}),
        json!({"kind": "NamedLocation", "displayName": "Benelux", "countriesAndRegions": ["NL", "BE", "LU"]}),
        json!({"kind": "NamedLocation", "displayName": "Nowhere", "countriesAndRegions": ["AQ"],
            "includeUnknownCountriesAndRegions": true}),
        json!({"kind": "NamedLocation", "displayName": "By phone", "countriesAndRegions": ["NL"],
            "countryLookupMethod": "authenticatorAppGps"}),
        json!({"kind": "NamedLocation", "displayName": "Global Secure Access",
            "@odata.type": "#microsoft.graph.compliantNetworkNamedLocation"}),
        json!({"kind": "Group", "displayName": "CA-Inner", "members": ["eve@contoso.com"]}),
        json!({"kind": "Group", "displayName": "CA-Outer", "members": ["CA-Inner"]}),
        json!({"kind": "AuthenticationContext", "id": "c1", "displayName": "Sensitive"}),
    ])
}

/// What a policy that blocks, with these conditions, does to a sign-in: `yes`, the reason why
/// not, or what it hangs on.
fn says(world: &World, conditions: &Value, sign_in: &SignIn) -> String {
    let compiled = CompiledPolicies::new(&[blocks(conditions)], world);
    let prepared = compiled
        .prepare(sign_in)
        .unwrap_or_else(|faults| panic!("{conditions}: {faults:?}"));
    let judgement = compiled.judge(&prepared);
    match judgement.applies(0).unwrap() {
        Applies::Yes => "yes".to_owned(),
        Applies::No(reason) => reason.to_string(),
        Applies::Unknown(facts) => format!("unknown: {}", facts.members().join(", ")),
    }
}
