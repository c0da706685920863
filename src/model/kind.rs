//! The kinds of object that a manifest can describe, and one object of any kind.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::context::AuthenticationContext;
use super::group::Group;
use super::location::NamedLocation;
use super::policy::ConditionalAccessPolicy;
use super::strength::AuthenticationStrength;
use super::user::TestUser;

/// A kind of manifest.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum Kind {
    /// A security group.
    Group,
    /// A user made for tests, with gatewright's mark.
    TestUser,
    /// A named location.
    NamedLocation,
    /// An authentication strength.
    AuthenticationStrength,
    /// An authentication context.
    AuthenticationContext,
    /// A Conditional Access policy.
    ConditionalAccessPolicy,
}

impl Kind {
    /// Every kind, in the order in which objects are created: what is referred to first.
    pub const ALL: [Kind; 6] = [
        Kind::Group,
        Kind::TestUser,
        Kind::NamedLocation,
        Kind::AuthenticationStrength,
        Kind::AuthenticationContext,
        Kind::ConditionalAccessPolicy,
    ];

    /// The text of `kind:` in a manifest.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Group => "Group",
            Kind::TestUser => "TestUser",
            Kind::NamedLocation => "NamedLocation",
            Kind::AuthenticationStrength => "AuthenticationStrength",
            Kind::AuthenticationContext => "AuthenticationContext",
            Kind::ConditionalAccessPolicy => "ConditionalAccessPolicy",
        }
    }

    /// The kind that `text` names, exactly.
    pub fn parse(text: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// A word for a narrow table, and for a command line.
    pub fn short(self) -> &'static str {
        match self {
            Kind::Group => "group",
            Kind::TestUser => "user",
            Kind::NamedLocation => "location",
            Kind::AuthenticationStrength => "strength",
            Kind::AuthenticationContext => "context",
            Kind::ConditionalAccessPolicy => "policy",
        }
    }

    /// The type in the Graph schema. A named location has derived types.
    pub fn graph_type(self) -> &'static str {
        match self {
            Kind::Group => "group",
            Kind::TestUser => "user",
            Kind::NamedLocation => "namedLocation",
            Kind::AuthenticationStrength => "authenticationStrengthPolicy",
            Kind::AuthenticationContext => "authenticationContextClassReference",
            Kind::ConditionalAccessPolicy => "conditionalAccessPolicy",
        }
    }

    /// The property by which a person tells objects of this kind apart.
    pub fn identity_property(self) -> &'static str {
        match self {
            Kind::TestUser => "userPrincipalName",
            Kind::AuthenticationContext => "id",
            _ => "displayName",
        }
    }

    /// Words for a sentence: `conditional access policy`, `named location`, ...
    pub fn words(self) -> &'static str {
        match self {
            Kind::Group => "group",
            Kind::TestUser => "test user",
            Kind::NamedLocation => "named location",
            Kind::AuthenticationStrength => "authentication strength",
            Kind::AuthenticationContext => "authentication context",
            Kind::ConditionalAccessPolicy => "conditional access policy",
        }
    }
}

/// A value for each kind that has one; in a file, an object whose properties are kinds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ByKind<T>(BTreeMap<Kind, Option<T>>);

impl<T> ByKind<T> {
    /// The value for `kind`.
    pub fn of(&self, kind: Kind) -> Option<&T> {
        self.0.get(&kind)?.as_ref()
    }
}

impl<T> Default for ByKind<T> {
    fn default() -> ByKind<T> {
        ByKind(BTreeMap::new())
    }
}

impl<T: JsonSchema> JsonSchema for ByKind<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("{}ByKind", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut properties = Map::new();
        for kind in Kind::ALL.into_iter().rev() {
            let mut value = generator.subschema_for::<Option<T>>();
            let objects = match kind.words().strip_suffix('y') {
                Some(stem) => format!("{stem}ies"),
                None => format!("{}s", kind.words()),
            };
            value.insert("description".to_owned(), format!("For {objects}.").into());
            properties.insert(kind.as_str().to_owned(), value.into());
        }
        json_schema!({"type": "object", "additionalProperties": false, "properties": properties})
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One object of any kind.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "a tenant has some hundreds of objects; a policy, the largest, is boxed"
)]
pub enum Object {
    /// A security group.
    Group(Group),
    /// A test user.
    TestUser(TestUser),
    /// A named location.
    NamedLocation(NamedLocation),
    /// An authentication strength.
    AuthenticationStrength(AuthenticationStrength),
    /// An authentication context.
    AuthenticationContext(AuthenticationContext),
    /// A Conditional Access policy. Boxed: it is far larger than the others.
    ConditionalAccessPolicy(Box<ConditionalAccessPolicy>),
}

impl Object {
    /// Reads an object of `kind` from JSON, be it a manifest or an answer of Graph.
    /// Members that the model does not know are passed over: see
    /// [`crate::model::normal::unknown_members`].
    ///
    /// # Errors
    /// When a member has a type that the model cannot take; the message names its path.
    pub fn from_value(kind: Kind, value: &Value) -> Result<Object, serde_json::Error> {
        if !value.is_object() {
            return Err(serde_json::Error::custom("not an object"));
        }
        Ok(match kind {
            Kind::Group => Object::Group(Group::deserialize(value)?),
            Kind::TestUser => Object::TestUser(TestUser::deserialize(value)?),
            Kind::NamedLocation => Object::NamedLocation(NamedLocation::deserialize(value)?),
            Kind::AuthenticationStrength => {
                Object::AuthenticationStrength(AuthenticationStrength::deserialize(value)?)
            }
            Kind::AuthenticationContext => {
                Object::AuthenticationContext(AuthenticationContext::deserialize(value)?)
            }
            Kind::ConditionalAccessPolicy => Object::ConditionalAccessPolicy(Box::new(
                ConditionalAccessPolicy::deserialize(value)?,
            )),
        })
    }

    /// The whole object as JSON, with `null` and `[]` written out.
    pub fn to_value(&self) -> Value {
        let value = match self {
            Object::Group(o) => serde_json::to_value(o),
            Object::TestUser(o) => serde_json::to_value(o),
            Object::NamedLocation(o) => serde_json::to_value(o),
            Object::AuthenticationStrength(o) => serde_json::to_value(o),
            Object::AuthenticationContext(o) => serde_json::to_value(o),
            Object::ConditionalAccessPolicy(o) => serde_json::to_value(o),
        };
        // These types hold strings, numbers, lists and structs: they always serialize.
        value.unwrap_or_default()
    }

    /// The kind.
    pub fn kind(&self) -> Kind {
        match self {
            Object::Group(_) => Kind::Group,
            Object::TestUser(_) => Kind::TestUser,
            Object::NamedLocation(_) => Kind::NamedLocation,
            Object::AuthenticationStrength(_) => Kind::AuthenticationStrength,
            Object::AuthenticationContext(_) => Kind::AuthenticationContext,
            Object::ConditionalAccessPolicy(_) => Kind::ConditionalAccessPolicy,
        }
    }

    /// The id, when there is one.
    pub fn id(&self) -> Option<&str> {
        match self {
            Object::Group(o) => o.id.as_deref(),
            Object::TestUser(o) => o.id.as_deref(),
            Object::NamedLocation(o) => o.id.as_deref(),
            Object::AuthenticationStrength(o) => o.id.as_deref(),
            Object::AuthenticationContext(o) => o.id.as_deref(),
            Object::ConditionalAccessPolicy(o) => o.id.as_deref(),
        }
    }

    /// The display name.
    pub fn display_name(&self) -> &str {
        match self {
            Object::Group(o) => &o.display_name,
            Object::TestUser(o) => &o.display_name,
            Object::NamedLocation(o) => &o.display_name,
            Object::AuthenticationStrength(o) => &o.display_name,
            Object::AuthenticationContext(o) => &o.display_name,
            Object::ConditionalAccessPolicy(o) => &o.display_name,
        }
    }

    /// The name by which people and plans call the object: its principal name for a test
    /// user, its id for an authentication context, else its display name.
    pub fn name(&self) -> &str {
        match self {
            Object::TestUser(o) => &o.user_principal_name,
            Object::AuthenticationContext(o) => o.id.as_deref().unwrap_or(&o.display_name),
            other => other.display_name(),
        }
    }
}

/// The name in the form in which names of `kind` are compared.
///
/// The service takes principal names, and `c1` as an id of a context, in any case; both hold ASCII
/// alone (rule US-R01; the ids are of a closed list), so that there are no other letters to fold.
/// Display names need not be unique for the service and differ in their case alone: they are
/// compared exactly. A fold that goes further than the service's would take one object for
/// another; one that goes less far finds nothing, and says so.
pub fn folded_name(kind: Kind, name: &str) -> String {
    match kind {
        Kind::TestUser | Kind::AuthenticationContext => name.to_ascii_lowercase(),
        _ => name.to_owned(),
    }
}

/// True when `a` and `b` name the same object of `kind`, by [`folded_name`].
pub fn same_name(kind: Kind, a: &str, b: &str) -> bool {
    folded_name(kind, a) == folded_name(kind, b)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::location::{COUNTRY_NAMED_LOCATION, LocationType};

    #[test]
    fn the_schema_of_a_map_by_kind_is_closed_and_tells_each_kind() {
        let schema = schemars::schema_for!(ByKind<String>).to_value();
        assert_eq!(schema["additionalProperties"], false);
        let properties = schema["properties"].as_object().unwrap();
        assert_eq!(properties.len(), Kind::ALL.len());
        for kind in Kind::ALL {
            let property = &properties[kind.as_str()];
            assert_eq!(property["type"], serde_json::json!(["string", "null"]));
            let told = property["description"].as_str().unwrap();
            assert!(told.starts_with("For ") && told.ends_with("s."), "{told}");
        }
        let policy = &properties["ConditionalAccessPolicy"]["description"];
        assert_eq!(policy, "For conditional access policies.");
    }

    #[test]
    fn a_kind_that_is_not_there_or_null_has_no_value() {
        let map: ByKind<u8> = serde_json::from_str(r#"{"Group": 1, "TestUser": null}"#).unwrap();
        assert_eq!(map.of(Kind::Group), Some(&1));
        assert_eq!(map.of(Kind::TestUser), None);
        assert_eq!(map.of(Kind::NamedLocation), None);
        assert!(serde_json::from_str::<ByKind<u8>>(r#"{"Groups": 1}"#).is_err());
    }

    #[test]
    fn a_location_of_unknown_countries_alone_is_one_of_countries_without_its_type_too() {
        let stated = json!({"@odata.type": COUNTRY_NAMED_LOCATION, "displayName": "Elsewhere",
            "includeUnknownCountriesAndRegions": true, "countryLookupMethod": "authenticatorAppGps"});
        let normal = Object::from_value(Kind::NamedLocation, &stated)
            .unwrap()
            .normal_form();
        let again = Object::from_value(Kind::NamedLocation, &normal).unwrap();
        assert_eq!(again.normal_form(), normal);
        let Object::NamedLocation(location) = again else {
            panic!("{normal}");
        };
        assert_eq!(location.location_type(), LocationType::Country);
        let ranges: NamedLocation = serde_json::from_value(json!({"displayName": "Office",
            "ipRanges": ["203.0.113.0/24"], "includeUnknownCountriesAndRegions": true}))
        .unwrap();
        assert_eq!(ranges.location_type(), LocationType::Ip);
    }
}
