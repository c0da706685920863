//! What may stand as a mere text, or as an object that says more.

/// Implements serde for a type whose derives are made with `remote = "Self"`: a text is read by
/// `from_text`, and written where `as_text` has one; an object is read and written as derived.
macro_rules! text_or_object {
    ($type:ty, $expecting:literal) => {
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                struct TextOrObject;
                impl<'de> serde::de::Visitor<'de> for TextOrObject {
                    type Value = $type;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str($expecting)
                    }
                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$type, E> {
                        <$type>::from_text(text).map_err(E::custom)
                    }
                    fn visit_map<A: serde::de::MapAccess<'de>>(
                        self,
                        map: A,
                    ) -> Result<$type, A::Error> {
                        <$type>::deserialize(serde::de::value::MapAccessDeserializer::new(map))
                    }
                }
                d.deserialize_any(TextOrObject)
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                match self.as_text() {
                    Some(text) => s.serialize_str(&text),
                    None => <$type>::serialize(self, s),
                }
            }
        }
    };
}
pub(super) use text_or_object;

/// Implements serde for a type whose derives are made with `remote = "Self"`: an object is read and
/// written as derived. A list of its members in their order, which a derive reads as well, is none.
macro_rules! object_alone {
    ($($type:ty),+) => {
        $(
            impl<'de> serde::Deserialize<'de> for $type {
                fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                    struct Object;
                    impl<'de> serde::de::Visitor<'de> for Object {
                        type Value = $type;
                        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                            f.write_str("an object")
                        }
                        fn visit_map<A: serde::de::MapAccess<'de>>(
                            self,
                            map: A,
                        ) -> Result<$type, A::Error> {
                            <$type>::deserialize(serde::de::value::MapAccessDeserializer::new(map))
                        }
                    }
                    d.deserialize_any(Object)
                }
            }

            impl serde::Serialize for $type {
                fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                    <$type>::serialize(self, s)
                }
            }
        )+
    };
}
pub(super) use object_alone;

/// The schema of such a type: a text beside the object.
pub(super) fn or_text(schema: &mut schemars::Schema) {
    let object = std::mem::take(schema);
    let description = object.get("description").cloned();
    let mut both = schemars::json_schema!({
        "anyOf": [{ "type": "string", "minLength": 1 }, object],
    });
    if let Some(description) = description {
        both.insert("description".to_owned(), description);
    }
    *schema = both;
}
