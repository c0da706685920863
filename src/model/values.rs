//! The building blocks of the Graph types: enums that keep what they do not know,
//! flags, and lists for which absent, `null` and empty are one.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};

use super::facts::Facts;

/// The sentinel of evolvable enums: read, never sent.
pub const SENTINEL: &str = "unknownFutureValue";

/// An enum of the Graph schema.
pub trait GraphEnum: Sized + Clone + PartialEq {
    /// The enum's name in the Graph schema.
    const GRAPH_TYPE: &'static str;
    /// The members a client may send, in the schema's order.
    const MEMBERS: &'static [&'static str];
    /// The member that `text` names, whatever its case; what is unknown is kept.
    fn parse(text: &str) -> Self;
    /// The JSON text of the member.
    fn as_str(&self) -> &str;
}

/// Declares an enum of the Graph schema: its Rust name, its Graph name, its members.
macro_rules! graph_enum {
    ($(#[$meta:meta])* $name:ident = $graph:literal { $($(#[$vmeta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$vmeta])* #[doc = concat!("`", $text, "`")] $variant,)+
            /// A value that this version does not know, kept as it came.
            Other(String),
        }

        impl $crate::model::values::GraphEnum for $name {
            const GRAPH_TYPE: &'static str = $graph;
            const MEMBERS: &'static [&'static str] = &[$($text),+];
            fn parse(text: &str) -> Self {
                $(if text.eq_ignore_ascii_case($text) { return $name::$variant; })+
                $name::Other(text.to_owned())
            }
            fn as_str(&self) -> &str {
                match self { $($name::$variant => $text,)+ $name::Other(text) => text }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str($crate::model::values::GraphEnum::as_str(self))
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(d)?;
                Ok(<$name as $crate::model::values::GraphEnum>::parse(&text))
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> { stringify!($name).into() }
            fn inline_schema() -> bool { true }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string",
                    "enum": <$name as $crate::model::values::GraphEnum>::MEMBERS,
                    "x-graph-type": $graph,
                })
            }
        }
    };
}
pub(crate) use graph_enum;

/// A list of a Graph object. Compared as a set by the normal form; `null` reads as empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List<T>(pub Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        List(Vec::new())
    }
}

impl<T> std::ops::Deref for List<T> {
    type Target = Vec<T>;
    fn deref(&self) -> &Vec<T> {
        &self.0
    }
}

impl<T> std::ops::DerefMut for List<T> {
    fn deref_mut(&mut self) -> &mut Vec<T> {
        &mut self.0
    }
}

impl<T> From<Vec<T>> for List<T> {
    fn from(items: Vec<T>) -> Self {
        List(items)
    }
}

impl<T: Serialize> Serialize for List<T> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(s)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Ok(List(Option::<Vec<T>>::deserialize(d)?.unwrap_or_default()))
    }
}

impl<T: JsonSchema> JsonSchema for List<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("List_of_{}", T::schema_name()).into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["array", "null"],
            "items": generator.subschema_for::<T>(),
        })
    }
}

/// A flags value. Graph's JSON is one string of members joined by commas in ascending
/// numeric order; a manifest may also list the members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flags<E>(pub Vec<E>);

impl<E> Default for Flags<E> {
    fn default() -> Self {
        Flags(Vec::new())
    }
}

impl<E: GraphEnum> Flags<E> {
    /// Reads the joined form. Members keep the order in which they stand.
    pub fn parse(text: &str) -> Self {
        Flags(
            text.split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .map(E::parse)
                .collect(),
        )
    }

    /// Graph's text: each member once, in numeric order; unknown members last.
    pub fn joined(&self) -> String {
        let values = Facts::get().enums.get(E::GRAPH_TYPE).map(|e| &e.members);
        let mut parts: Vec<(i64, &str)> = self
            .0
            .iter()
            .map(|member| {
                let text = member.as_str();
                let value = values.and_then(|v| v.get(text)).copied();
                (value.unwrap_or(i64::MAX), text)
            })
            .collect();
        parts.sort_unstable();
        parts.dedup();
        let texts: Vec<&str> = parts.into_iter().map(|(_, text)| text).collect();
        texts.join(",")
    }

    /// True when no member is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<E: GraphEnum> Serialize for Flags<E> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.joined())
    }
}

impl<'de, E: GraphEnum> Deserialize<'de> for Flags<E> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct FlagsVisitor<E>(PhantomData<E>);
        impl<'de, E: GraphEnum> Visitor<'de> for FlagsVisitor<E> {
            type Value = Flags<E>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("members joined by commas, or a list of them")
            }
            fn visit_str<X: de::Error>(self, text: &str) -> Result<Flags<E>, X> {
                Ok(Flags::parse(text))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Flags<E>, A::Error> {
                let mut members = Vec::new();
                while let Some(text) = seq.next_element::<Cow<'de, str>>()? {
                    members.push(E::parse(&text));
                }
                Ok(Flags(members))
            }
        }
        d.deserialize_any(FlagsVisitor(PhantomData))
    }
}

impl<E: GraphEnum> JsonSchema for Flags<E> {
    fn schema_name() -> Cow<'static, str> {
        E::GRAPH_TYPE.into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let one = E::MEMBERS.join("|");
        json_schema!({
            "anyOf": [
                { "type": "array", "items": { "type": "string", "enum": E::MEMBERS } },
                { "type": "string", "pattern": format!("^({one})( *, *({one}))*$"), "examples": E::MEMBERS },
            ],
            "x-graph-type": E::GRAPH_TYPE,
            "x-graph-flags": true,
        })
    }
}

/// What a schema needs to say that a member is set by the service alone.
pub(crate) fn read_only(schema: &mut Schema) {
    schema.insert("readOnly".to_owned(), json!(true));
}

/// Marks a member that only the beta edition of Graph has.
pub(crate) fn beta(schema: &mut Schema) {
    schema.insert("x-graph-beta".to_owned(), json!(true));
}

/// Takes `null` out of what is allowed: the member is required, and empty is not a value.
pub(crate) fn not_null(schema: &mut Schema) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|t| t != "null");
        if let [one] = types.as_slice() {
            let one = one.clone();
            schema.insert("type".to_owned(), one);
        }
    }
    if let Some(Value::Array(members)) = schema.get_mut("enum") {
        members.retain(|member| !member.is_null());
    }
}
