//! Fingerprints of live objects: digests of what counts of them, and no values.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::canonical::digest_of;
use crate::model::normal::is_empty;
use crate::model::{Kind, Object};
use crate::tenant::snapshot::Live;

/// How many hexadecimal digits a property's fingerprint has. It only tells what moved; that
/// something moved is told by the whole object's.
const PROPERTY_DIGITS: usize = 16;

/// A live object, as it was: digests, and no values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fingerprint {
    /// The kind.
    pub kind: Kind,
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
    /// How much of it counts.
    pub extent: Extent,
    /// SHA-256 of what counts: the normal form and members that gatewright does not know.
    pub sha256: String,
    /// The beginning of the SHA-256 of each property, by its dotted path.
    pub properties: BTreeMap<String, String>,
}

/// How much of an object counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Extent {
    /// All of it.
    Whole,
    /// Of a group or user that is referred to: who it is, and who belongs to it.
    Identity,
}

impl Fingerprint {
    /// The fingerprint of a live object.
    pub fn of(live: &Live, extent: Extent) -> Fingerprint {
        let value = what_counts(live, extent);
        let mut properties = BTreeMap::new();
        leaves(&value, "", &mut |path, leaf| {
            let mut digest = digest_of(leaf);
            digest.truncate(PROPERTY_DIGITS);
            properties.insert(path.to_owned(), digest);
        });
        Fingerprint {
            kind: live.kind,
            id: live.id.clone(),
            name: live.name().to_owned(),
            extent,
            sha256: digest_of(&value),
            properties,
        }
    }
}

/// The normal form, and what decides besides it.
fn what_counts(live: &Live, extent: Extent) -> Value {
    let normal = live.object.normal_form();
    let mut map = match normal {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    if extent == Extent::Identity {
        let kept: &[&str] = match live.kind {
            Kind::TestUser => &["userPrincipalName", "accountEnabled", "memberOf"],
            _ => &[
                "displayName",
                "securityEnabled",
                "mailEnabled",
                "groupTypes",
                "membershipRule",
                "membershipRuleProcessingState",
                "isAssignableToRole",
                "members",
            ],
        };
        map.retain(|name, _| kept.contains(&name.as_str()));
    }
    if let Object::TestUser(user) = &live.object {
        map.insert("employeeType".to_owned(), user.is_marked().into());
    }
    // Read-only members that say what an object is, and so what may be done with it.
    for name in ["policyType", "templateId", "onPremisesSyncEnabled"] {
        match live.raw.get(name) {
            Some(value) if !is_empty(value) && *value != Value::Bool(false) => {
                map.insert(name.to_owned(), value.clone());
            }
            _ => {}
        }
    }
    for member in &live.unknown {
        let path = crate::text::pointer::dotted(&member.pointer);
        map.insert(path, member.value.clone());
    }
    Value::Object(map)
}

fn leaves(value: &Value, at: &str, visit: &mut dyn FnMut(&str, &Value)) {
    match value {
        Value::Object(map) => {
            for (name, member) in map {
                let path = match at {
                    "" => name.clone(),
                    at => format!("{at}.{name}"),
                };
                leaves(member, &path, visit);
            }
        }
        leaf => visit(at, leaf),
    }
}
