//! The grant controls of a policy.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use serde_json::{Map, json};

use super::enums::GrantControl;
use super::facts::{Edition, Facts};
use super::values::List;

/// What is required for access.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("x-graph-type" = "conditionalAccessGrantControls", "required" = ["operator"]))]
pub struct GrantControls {
    /// `AND`: all requirements; `OR`: one of them. A single requirement is stored as `OR`.
    #[schemars(extend("enum" = ["AND", "OR"]))]
    pub operator: Option<String>,
    /// Built-in requirements, or only `block`.
    pub built_in_controls: List<GrantControl>,
    /// Ids of custom controls (a retiring preview).
    pub custom_authentication_factors: List<String>,
    /// Names or ids of terms-of-use agreements.
    pub terms_of_use: List<String>,
    /// The authentication strength, by name or id. Not together with `mfa`.
    pub authentication_strength: Option<StrengthReference>,
}

impl GrantControls {
    /// How many requirements there are; a strength counts as one.
    pub fn requirements(&self) -> usize {
        self.built_in_controls.len()
            + self.custom_authentication_factors.len()
            + self.terms_of_use.len()
            + usize::from(self.authentication_strength.is_some())
    }
}

/// A reference to an authentication strength: in a manifest its name (or id), in Graph's
/// answers the whole object, in a request `{"id": ...}`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StrengthReference {
    /// The id, or in a manifest the name, of the strength.
    pub target: String,
}

impl Serialize for StrengthReference {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut map = s.serialize_map(Some(1))?;
        map.serialize_entry("id", &self.target)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for StrengthReference {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct ReferenceVisitor;
        impl<'de> Visitor<'de> for ReferenceVisitor {
            type Value = StrengthReference;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of an authentication strength, or an object with its id")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(StrengthReference {
                    target: text.to_owned(),
                })
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let (mut id, mut name) = (None, None);
                while let Some(key) = map.next_key::<Cow<'de, str>>()? {
                    let value = map.next_value::<serde_json::Value>()?;
                    match (key.as_ref(), value) {
                        ("id", serde_json::Value::String(text)) => id = Some(text),
                        ("displayName", serde_json::Value::String(text)) => name = Some(text),
                        _ => {}
                    }
                }
                id.or(name)
                    .map(|target| StrengthReference { target })
                    .ok_or_else(|| de::Error::custom("an authentication strength needs an id"))
            }
        }
        d.deserialize_any(ReferenceVisitor)
    }
}

impl JsonSchema for StrengthReference {
    fn schema_name() -> Cow<'static, str> {
        "StrengthReference".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut properties = Map::from_iter([
            (
                "id".to_owned(),
                json!({ "type": "string", "minLength": 1, "description": "The id of the strength." }),
            ),
            (
                "displayName".to_owned(),
                json!({ "type": "string", "minLength": 1, "description": "The name of the strength, when no id is given." }),
            ),
        ]);
        // The rest of the strength, as Graph's answers hold it: a pasted policy is right.
        let facts = Facts::get().properties("authenticationStrengthPolicy", Edition::V1);
        for name in facts.keys().copied().chain(["combinationConfigurations"]) {
            properties.entry(name).or_insert_with(
                || json!({ "description": "Accepted, but has no effect here.", "readOnly": true }),
            );
        }
        json_schema!({
            "anyOf": [
                { "type": "string", "minLength": 1 },
                {
                    "type": "object",
                    "description": "Graph's own form. Only `id` (or else `displayName`) counts.",
                    "properties": properties,
                    "anyOf": [ { "required": ["id"] }, { "required": ["displayName"] } ],
                },
                { "type": "null" },
            ],
            "x-graph-type": "authenticationStrengthPolicy",
        })
    }
}
