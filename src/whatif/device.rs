//! The device of a sign-in: the attributes that device filters ask for.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::finding::did_you_mean;
use crate::model::filter::{ATTRIBUTES, AttributeKind, attribute};

/// The device of a sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Device {
    /// The tenant does not know it: no attribute has a value.
    Unregistered,
    /// One with these attributes. What is left out is not known; `null` is no value.
    Registered(DeviceInfo),
}

/// Attributes of a device, by the names that filters have for them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeviceInfo(BTreeMap<&'static str, DeviceValue>);

/// The value of an attribute of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceValue {
    /// It has none.
    Null,
    /// True or false.
    Bool(bool),
    /// A text.
    Text(String),
    /// Several texts.
    Texts(Vec<String>),
}

/// The name that Graph's `deviceInfo` has for an attribute where filters have another.
const OWNERSHIP: (&str, &str) = ("ownership", "deviceOwnership");
/// What `deviceInfo` may say for the trust of a joined device, and what filters say.
const ENTRA_ID: (&str, &str) = ("EntraID", "AzureAD");

impl DeviceValue {
    pub(super) fn is_true(&self) -> bool {
        *self == DeviceValue::Bool(true)
    }

    /// True for the trust of a device that is hybrid joined.
    pub(super) fn is_hybrid_join(&self) -> bool {
        matches!(self, DeviceValue::Text(text) if text.eq_ignore_ascii_case("ServerAD"))
    }
}

impl fmt::Display for DeviceValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DeviceValue::Null => f.write_str("null"),
            DeviceValue::Bool(flag) => write!(f, "{flag}"),
            DeviceValue::Text(text) => f.write_str(text),
            DeviceValue::Texts(texts) => f.write_str(&texts.join(", ")),
        }
    }
}

impl DeviceInfo {
    /// True when it is known to be hybrid joined.
    pub(super) fn is_hybrid_joined(&self) -> bool {
        self.get("trustType")
            .is_some_and(DeviceValue::is_hybrid_join)
    }

    /// What is known of an attribute: its value, or `None`.
    pub fn get(&self, name: &str) -> Option<&DeviceValue> {
        self.0.get(name)
    }

    /// Notes a value of an attribute that there is.
    pub(super) fn put(&mut self, name: &'static str, value: DeviceValue) {
        self.0.insert(name, value);
    }

    /// Every attribute of which something is known.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &DeviceValue)> {
        self.0.iter().map(|(name, value)| (*name, value))
    }

    /// Notes a value, given as JSON.
    ///
    /// # Errors
    /// When there is no such attribute, or it holds nothing of that kind.
    pub fn set(&mut self, name: &str, value: &Value) -> Result<(), String> {
        let (short, long) = OWNERSHIP;
        let wanted = match name.eq_ignore_ascii_case(short) {
            true => long,
            false => name,
        };
        let Some((name, kind)) = attribute(wanted) else {
            let names = || ATTRIBUTES.iter().map(|(name, _)| *name).chain([short]);
            return Err(match did_you_mean(name, names()) {
                Some(known) => format!(
                    "`{}` is not a device attribute: did you mean `{known}`?",
                    name.escape_debug()
                ),
                None => format!("`{}` is not a device attribute", name.escape_debug()),
            });
        };
        let value = match (value, kind) {
            (Value::Null, _) => DeviceValue::Null,
            (Value::Bool(flag), AttributeKind::Bool) => DeviceValue::Bool(*flag),
            (Value::String(text), AttributeKind::Bool) => {
                match text.to_ascii_lowercase().as_str() {
                    "true" => DeviceValue::Bool(true),
                    "false" => DeviceValue::Bool(false),
                    _ => return Err(format!("`{name}` is true, false or null")),
                }
            }
            (Value::String(text), AttributeKind::Texts) => DeviceValue::Texts(vec![text.clone()]),
            (Value::String(text), _) if name == "trustType" => {
                let (word, filters) = ENTRA_ID;
                let text = match text.eq_ignore_ascii_case(word) {
                    true => filters,
                    false => text,
                };
                DeviceValue::Text(text.to_owned())
            }
            (
                Value::String(text),
                AttributeKind::Id | AttributeKind::Text | AttributeKind::OneOf(_),
            ) => DeviceValue::Text(text.clone()),
            (Value::Array(items), AttributeKind::Texts) => {
                let texts: Option<Vec<String>> = items
                    .iter()
                    .map(|item| item.as_str().map(str::to_owned))
                    .collect();
                DeviceValue::Texts(texts.ok_or_else(|| format!("`{name}` is a list of strings"))?)
            }
            (_, AttributeKind::Bool) => return Err(format!("`{name}` is true, false or null")),
            (_, AttributeKind::Texts) => return Err(format!("`{name}` is a list of strings")),
            (_, AttributeKind::Id | AttributeKind::Text | AttributeKind::OneOf(_)) => {
                return Err(format!("`{name}` is a string or null"));
            }
        };
        self.0.insert(name, value);
        Ok(())
    }
}

impl Serialize for Device {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let Device::Registered(info) = self else {
            return s.serialize_str("unregistered");
        };
        let (short, long) = OWNERSHIP;
        let mut map = s.serialize_map(Some(info.0.len()))?;
        for (name, value) in &info.0 {
            let name = if *name == long { short } else { name };
            match value {
                DeviceValue::Null => map.serialize_entry(name, &())?,
                DeviceValue::Bool(flag) => map.serialize_entry(name, flag)?,
                DeviceValue::Text(text) => map.serialize_entry(name, text)?,
                DeviceValue::Texts(texts) => map.serialize_entry(name, texts)?,
            }
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Device {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Info;
        impl<'de> Visitor<'de> for Info {
            type Value = Device;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`unregistered`, or the attributes of the device")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Device, E> {
                match text.eq_ignore_ascii_case("unregistered") {
                    true => Ok(Device::Unregistered),
                    false => Err(E::custom(format!(
                        "`{}` is not a device: write `unregistered`, or its attributes",
                        text.escape_debug()
                    ))),
                }
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Device, A::Error> {
                let mut info = DeviceInfo::default();
                while let Some(name) = map.next_key::<Cow<'de, str>>()? {
                    let value = map.next_value::<Value>()?;
                    info.set(&name, &value).map_err(de::Error::custom)?;
                }
                Ok(Device::Registered(info))
            }
        }
        d.deserialize_any(Info)
    }
}

impl JsonSchema for Device {
    fn schema_name() -> Cow<'static, str> {
        "Device".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let (short, long) = OWNERSHIP;
        let mut properties = Map::new();
        for (name, kind) in ATTRIBUTES {
            let name = if *name == long { short } else { name };
            let mut schema = match kind {
                AttributeKind::Bool => json_schema!({ "type": ["boolean", "null"] }),
                AttributeKind::Texts => {
                    json_schema!({ "type": ["array", "null"], "items": { "type": "string" } })
                }
                AttributeKind::OneOf(words) => {
                    json_schema!({ "type": ["string", "null"], "examples": words })
                }
                AttributeKind::Id | AttributeKind::Text => {
                    json_schema!({ "type": ["string", "null"] })
                }
            };
            let told = format!("What `device.{name}` is; `null` for no value.");
            schema.insert("description".to_owned(), told.into());
            properties.insert(name.to_owned(), schema.into());
        }
        json_schema!({
            "anyOf": [
                { "type": "string", "enum": ["unregistered"] },
                { "type": "object", "properties": properties, "additionalProperties": false },
            ],
        })
    }
}
