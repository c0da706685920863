//! What the service makes of a policy before it keeps it: defaults written out, special
//! values in their spelling, a single requirement joined by `OR`, session controls that do
//! nothing turned into null. And how a PATCH is laid over what is there.

use serde_json::{Value, json};

use super::NestedPatch;
use super::call::{Map, strings, text};
use super::value::at;
use crate::model::conditions::{CONDITIONS, Condition, Part};
use crate::model::facts::{Edition, Facts};
use crate::model::tables::special::{self, SpecialValue};
use crate::text::is_guid;

/// The built-in "Multifactor authentication".
const MULTIFACTOR: &str = "00000000-0000-0000-0000-000000000002";

/// A policy in the one form in which it is stored: every member of beta present.
pub(super) fn policy(body: &Map) -> Map {
    let get = |name: &str| body.get(name).cloned().unwrap_or(Value::Null);
    let mut policy = Map::new();
    for name in [
        "id",
        "templateId",
        "displayName",
        "createdDateTime",
        "modifiedDateTime",
        "state",
    ] {
        policy.insert(name.into(), get(name));
    }
    let mut grant = grant_controls(&get("grantControls"));
    let mut session = session_controls(&get("sessionControls"));
    risk_remediation(&mut grant, &mut session);
    policy.insert("conditions".into(), conditions(&get("conditions")));
    policy.insert("grantControls".into(), grant);
    policy.insert("sessionControls".into(), session);
    policy
}

const CONDITION_SET: &str = "conditionalAccessConditionSet";

fn conditions(from: &Value) -> Value {
    let mut to = filled(CONDITION_SET, from, &[]);
    for (name, fact) in Facts::get().properties(CONDITION_SET, Edition::Beta) {
        let part = &from[name];
        if !part.is_object() {
            continue;
        }
        let special: &[&[SpecialValue]] = match name {
            "users" => &[special::users()],
            "applications" => &[special::applications(), special::user_actions()],
            "locations" => &[special::locations()],
            "clientApplications" | "agents" => &[special::service_principals()],
            _ => &[],
        };
        let part = Value::Object(filled(&fact.type_name, part, special));
        let part = match name {
            // Of platforms and locations: CA-R62, CA-R63.
            "devices" | "clientApplications" | "agents" | "agentContext" | "platforms"
            | "locations" => null_if_empty(part),
            _ => part,
        };
        to.insert(name.into(), part);
    }
    if strings(from, "clientAppTypes").is_empty() {
        to.insert("clientAppTypes".into(), json!(["all"]));
    }
    let mut users = to.get("users").cloned().unwrap_or_default();
    let names_others = ["clientApplications", "agents"]
        .iter()
        .any(|name| to.get(*name).is_some_and(|part| !part.is_null()));
    if names_others && null_if_empty(users.clone()).is_null() {
        let nobody = json!({"includeUsers": ["None"]});
        users = Value::Object(filled("conditionalAccessUsers", &nobody, &[]));
    }
    for name in [
        "includeGuestsOrExternalUsers",
        "excludeGuestsOrExternalUsers",
    ] {
        if let Some(kind) = users
            .get_mut(name)
            .and_then(|g| g.get_mut("externalTenants"))
        {
            membership_kind(kind);
        }
    }
    to.insert("users".into(), users);
    Value::Object(to)
}

/// The members of an object of `type_name`: lists in the service's spelling, and null or empty
/// what was not sent.
fn filled(type_name: &str, from: &Value, special: &[&[SpecialValue]]) -> Map {
    let properties = Facts::get().properties(type_name, Edition::Beta);
    let stored = properties.into_iter().map(|(name, fact)| {
        let value = match fact.collection {
            true => list(from, name, special),
            false => from.get(name).cloned().unwrap_or_default(),
        };
        (name.to_owned(), value)
    });
    stored.collect()
}

/// The kind of external tenants is told by the type; the service answers both.
fn membership_kind(tenants: &mut Value) {
    let enumerated = text(tenants, "@odata.type").is_some_and(|t| t.contains("Enumerated"));
    let Some(map) = tenants.as_object_mut() else {
        return;
    };
    if map.get("membershipKind").is_none_or(Value::is_null) {
        let kind = if enumerated { "enumerated" } else { "all" };
        map.insert("membershipKind".into(), kind.into());
    }
    if enumerated && !map.contains_key("members") {
        map.insert("members".into(), json!([]));
    }
}

fn null_if_empty(value: Value) -> Value {
    let empty = value.as_object().is_some_and(|map| {
        map.values()
            .all(|v| v.is_null() || v.as_array().is_some_and(Vec::is_empty))
    });
    if empty { Value::Null } else { value }
}

fn list(from: &Value, name: &str, special: &[&[SpecialValue]]) -> Value {
    strings(from, name)
        .into_iter()
        .map(|text| {
            let mut known = special
                .iter()
                .filter_map(|list| special::canonical(list, text));
            if let Some(known) = known.next() {
                known.to_owned()
            } else if is_guid(text) {
                text.to_ascii_lowercase()
            } else {
                text.to_owned()
            }
        })
        .collect()
}

fn grant_controls(from: &Value) -> Value {
    if !from.is_object() {
        return Value::Null;
    }
    let parts = [
        "builtInControls",
        "customAuthenticationFactors",
        "termsOfUse",
    ];
    let lists: Vec<Value> = parts.iter().map(|name| list(from, name, &[])).collect();
    let strength = text(&from["authenticationStrength"], "id").map(str::to_ascii_lowercase);
    let count = lists
        .iter()
        .map(|l| l.as_array().map_or(0, Vec::len))
        .sum::<usize>()
        + usize::from(strength.is_some());
    if count == 0 {
        return Value::Null;
    }
    let operator = text(from, "operator").unwrap_or("OR").to_ascii_uppercase();
    let operator = if count == 1 {
        "OR".to_owned()
    } else {
        operator
    };
    let mut to = Map::new();
    to.insert("operator".into(), operator.into());
    for (name, list) in parts.iter().zip(lists) {
        to.insert((*name).into(), list);
    }
    let strength = strength.map_or(Value::Null, |id| json!({"id": id}));
    to.insert("authenticationStrength".into(), strength);
    Value::Object(to)
}

/// The circumstances that limit a policy on users; `all` kinds of client are no limit.
pub(super) fn circumstances(conditions: &Value) -> impl Iterator<Item = &'static Condition> {
    let set = |row: &&Condition| match &conditions[row.name] {
        Value::Array(items) => !items.is_empty() && *items != ["all"],
        value => !value.is_null(),
    };
    let rows = CONDITIONS.iter().filter(|row| row.part == Part::When);
    rows.filter(|row| row.is_for_users()).filter(set)
}

/// Whether any member of the session controls does something.
pub(super) fn effective(session: &Value) -> bool {
    let on = |name: &str| session[name].get("isEnabled") == Some(&Value::Bool(true));
    [
        "applicationEnforcedRestrictions",
        "cloudAppSecurity",
        "persistentBrowser",
        "signInFrequency",
        "secureSignInSession",
        "globalSecureAccessFilteringProfile",
    ]
    .into_iter()
    .any(on)
        || session["disableResilienceDefaults"] == true
        || at(session, "/continuousAccessEvaluation/mode").is_string()
}

fn session_controls(from: &Value) -> Value {
    if !effective(from) {
        return Value::Null;
    }
    let part = |name: &str, members: &[&str]| match from.get(name) {
        Some(Value::Object(given)) => {
            let filled: Map = members
                .iter()
                .map(|m| {
                    (
                        (*m).to_owned(),
                        given.get(*m).cloned().unwrap_or(Value::Null),
                    )
                })
                .collect();
            Value::Object(filled)
        }
        _ => Value::Null,
    };
    let mut frequency = part(
        "signInFrequency",
        &[
            "value",
            "type",
            "authenticationType",
            "frequencyInterval",
            "isEnabled",
        ],
    );
    if let Value::Object(map) = &mut frequency {
        let mut default = |name: &str, value: &str| {
            if map.get(name).is_none_or(Value::is_null) {
                map.insert(name.into(), value.into());
            }
        };
        default("authenticationType", "primaryAndSecondaryAuthentication");
        default("frequencyInterval", "timeBased");
    }
    json!({
        "disableResilienceDefaults": from.get("disableResilienceDefaults").cloned(),
        "applicationEnforcedRestrictions": part("applicationEnforcedRestrictions", &["isEnabled"]),
        "cloudAppSecurity": part("cloudAppSecurity", &["cloudAppSecurityType", "isEnabled"]),
        "signInFrequency": frequency,
        "persistentBrowser": part("persistentBrowser", &["mode", "isEnabled"]),
        "continuousAccessEvaluation": part("continuousAccessEvaluation", &["mode"]),
        "secureSignInSession": part("secureSignInSession", &["isEnabled"]),
        "globalSecureAccessFilteringProfile":
            part("globalSecureAccessFilteringProfile", &["profileId", "isEnabled"]),
    })
}

/// `riskRemediation` brings its own strength and asks at every sign-in.
fn risk_remediation(grant: &mut Value, session: &mut Value) {
    if !strings(grant, "builtInControls").contains(&"riskRemediation") {
        return;
    }
    if let Value::Object(grant) = grant
        && grant
            .get("authenticationStrength")
            .is_none_or(Value::is_null)
    {
        grant.insert("operator".into(), "AND".into());
        grant.insert("authenticationStrength".into(), json!({"id": MULTIFACTOR}));
    }
    if session["signInFrequency"].is_null() {
        let every_time = json!({"isEnabled": true, "frequencyInterval": "everyTime"});
        let mut given = session.as_object().cloned().unwrap_or_default();
        given.insert("signInFrequency".into(), every_time);
        *session = session_controls(&Value::Object(given));
    }
}

/// `patch` laid over the stored policy `old`: members not sent keep their value, lists are
/// replaced, null clears. `nested` says what an object inside `conditions`, and the two
/// control objects, do to members that they leave out.
pub(super) fn patched(old: &Map, patch: &Map, nested: NestedPatch) -> Map {
    let mut new = old.clone();
    for (name, value) in patch {
        match name.as_str() {
            "displayName" | "state" => {
                new.insert(name.clone(), value.clone());
            }
            "conditions" => {
                let held = old.get("conditions").and_then(Value::as_object);
                let mut conditions = held.cloned().unwrap_or_default();
                for (part, value) in value.as_object().into_iter().flatten() {
                    let laid = lay(conditions.get(part), value, nested);
                    conditions.insert(part.clone(), laid);
                }
                new.insert(name.clone(), Value::Object(conditions));
            }
            // Controls that do nothing are no instruction to remove the ones that do.
            "sessionControls" if !value.is_null() && !effective(value) => {}
            // Seen: a strength alone on a policy with `mfa` was refused as if both were sent.
            "grantControls" => {
                let laid = lay(old.get(name), value, NestedPatch::Merge);
                new.insert(name.clone(), laid);
            }
            "sessionControls" => {
                let laid = lay(old.get(name), value, nested);
                new.insert(name.clone(), laid);
            }
            _ => {}
        }
    }
    new
}

fn lay(old: Option<&Value>, new: &Value, nested: NestedPatch) -> Value {
    let (Some(Value::Object(old)), Value::Object(given), NestedPatch::Merge) = (old, new, nested)
    else {
        return new.clone();
    };
    let tag = "@odata.type";
    if given.contains_key("id") || (given.contains_key(tag) && given.get(tag) != old.get(tag)) {
        return new.clone(); // another object, not another state of this one
    }
    let mut merged = old.clone();
    for (name, value) in given {
        let laid = lay(merged.get(name), value, nested);
        merged.insert(name.clone(), laid);
    }
    Value::Object(merged)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(body: Value) -> Value {
        Value::Object(policy(body.as_object().unwrap()))
    }

    #[test]
    fn normal_form_is_idempotent() {
        let once = normal(json!({"displayName": "x", "state": "enabled",
            "conditions": {"applications": {"includeApplications": ["all"]},
                "users": {"includeUsers": ["none"]}, "devices": {}},
            "grantControls": {"operator": "and", "builtInControls": ["mfa"]},
            "sessionControls": {"signInFrequency": {"isEnabled": true, "type": "hours", "value": 4}}}));
        assert_eq!(normal(once.clone()), once);
        assert_eq!(once["grantControls"]["operator"], "OR");
        assert_eq!(
            once["conditions"]["applications"]["includeApplications"],
            json!(["All"])
        );
        assert_eq!(once["conditions"]["clientAppTypes"], json!(["all"]));
        assert_eq!(once["conditions"]["devices"], Value::Null);
        let frequency = &once["sessionControls"]["signInFrequency"];
        assert_eq!(frequency["frequencyInterval"], "timeBased");
        assert_eq!(
            frequency["authenticationType"],
            "primaryAndSecondaryAuthentication"
        );
    }

    #[test]
    fn session_controls_that_do_nothing_are_null() {
        let got = normal(
            json!({"sessionControls": {"persistentBrowser": {"isEnabled": false, "mode": "never"}}}),
        );
        assert_eq!(got["sessionControls"], Value::Null);
    }

    #[test]
    fn a_patch_merges_or_replaces_nested_objects() {
        let old = policy(
            json!({"conditions": {"users": {"includeUsers": ["All"], "excludeGroups": ["g"]}}})
                .as_object()
                .unwrap(),
        );
        let patch = json!({"conditions": {"users": {"includeUsers": ["None"]}}});
        let patch = patch.as_object().unwrap();
        let users = |nested| policy(&patched(&old, patch, nested))["conditions"]["users"].clone();
        assert_eq!(users(NestedPatch::Merge)["excludeGroups"], json!(["g"]));
        assert_eq!(users(NestedPatch::Replace)["excludeGroups"], json!([]));
        assert_eq!(users(NestedPatch::Replace)["includeUsers"], json!(["None"]));
    }
}
