//! `namedLocation`: IP ranges, countries, and the service's own compliant network.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::enums::{CompliantNetworkType, CountryLookupMethod};
use super::values::{List, beta, read_only};

/// `@odata.type` of a location made of IP ranges.
pub const IP_NAMED_LOCATION: &str = "#microsoft.graph.ipNamedLocation";
/// `@odata.type` of a location made of countries.
pub const COUNTRY_NAMED_LOCATION: &str = "#microsoft.graph.countryNamedLocation";
/// `@odata.type` of the service's own compliant network (beta).
pub const COMPLIANT_NETWORK_NAMED_LOCATION: &str = "#microsoft.graph.compliantNetworkNamedLocation";

/// Whether a name is the one that the service gives to the compliant network: tenants spell it in
/// two ways.
pub fn is_compliant_network_name(name: &str) -> bool {
    name.trim()
        .eq_ignore_ascii_case("All Compliant Network Locations")
}

/// A named location: either IP ranges (`ipRanges`) or countries (`countriesAndRegions`).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("x-graph-type" = "namedLocation", "required" = ["displayName"]))]
pub struct NamedLocation {
    /// The derived type. Implied by the members that are given.
    #[serde(rename = "@odata.type")]
    pub odata_type: Option<String>,
    /// Pins the live object. Without it the location is found by its display name.
    pub id: Option<String>,
    /// The name that administrators see.
    #[schemars(length(min = 1, max = 256))]
    pub display_name: String,
    /// IPv4 and IPv6 ranges in CIDR notation, at most 2000, masks greater than /8.
    pub ip_ranges: List<IpRange>,
    /// Whether sign-ins from the ranges count as trusted (`AllTrusted`). Default: false.
    pub is_trusted: Option<bool>,
    /// Two-letter country codes of ISO 3166-1, and `XK`.
    pub countries_and_regions: List<String>,
    /// Whether addresses of no known country are included. Default: false.
    pub include_unknown_countries_and_regions: Option<bool>,
    /// `clientIpAddress` (default) or `authenticatorAppGps`.
    pub country_lookup_method: Option<CountryLookupMethod>,
    /// The type of compliant network. Only the service creates it. Beta only.
    #[schemars(transform = beta, transform = read_only)]
    pub compliant_network_type: Option<CompliantNetworkType>,
    /// When the location was created. Set by the service.
    #[schemars(transform = read_only)]
    pub created_date_time: Option<String>,
    /// When the location was last changed. Set by the service.
    #[schemars(transform = read_only)]
    pub modified_date_time: Option<String>,
    /// When the location was deleted. Set by the service.
    #[schemars(transform = read_only)]
    pub deleted_date_time: Option<String>,
}

/// The derived types of a named location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LocationType {
    /// IP ranges.
    Ip,
    /// Countries.
    Country,
    /// The service's own compliant network: read, never created or deleted.
    CompliantNetwork,
    /// A type that this version does not know, by its `@odata.type`.
    Other(String),
}

impl NamedLocation {
    /// The derived type: as stated, or else as the members say.
    pub fn location_type(&self) -> LocationType {
        match self.odata_type.as_deref() {
            Some(text) if eq_type(text, IP_NAMED_LOCATION) => LocationType::Ip,
            Some(text) if eq_type(text, COUNTRY_NAMED_LOCATION) => LocationType::Country,
            Some(text) if eq_type(text, COMPLIANT_NETWORK_NAMED_LOCATION) => {
                LocationType::CompliantNetwork
            }
            Some(text) => LocationType::Other(text.to_owned()),
            None if self.compliant_network_type.is_some() => LocationType::CompliantNetwork,
            None if !self.countries_and_regions.is_empty() => LocationType::Country,
            // One of unknown countries alone.
            None if self.ip_ranges.is_empty() && self.says_where_countries_are() => {
                LocationType::Country
            }
            None => LocationType::Ip,
        }
    }

    fn says_where_countries_are(&self) -> bool {
        self.include_unknown_countries_and_regions == Some(true)
            || self.country_lookup_method.is_some()
    }
}

fn eq_type(text: &str, full: &str) -> bool {
    text.trim_start_matches('#')
        .eq_ignore_ascii_case(full.trim_start_matches('#'))
}

/// One range of addresses. Graph tells IPv4 and IPv6 apart by `@odata.type`; in a
/// manifest the CIDR text alone will do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IpRange {
    /// The range in CIDR notation, as written: Graph keeps host bits.
    pub cidr_address: String,
}

impl IpRange {
    /// `iPv4CidrRange` or `iPv6CidrRange`, by the text.
    pub fn odata_type(&self) -> &'static str {
        if self.cidr_address.contains(':') {
            "#microsoft.graph.iPv6CidrRange"
        } else {
            "#microsoft.graph.iPv4CidrRange"
        }
    }

    /// The one spelling of the range, host bits kept; the text itself if it is no range.
    pub fn canonical(&self) -> String {
        let text = self.cidr_address.trim();
        text.parse::<ipnet::IpNet>()
            .map_or_else(|_| text.to_owned(), |net| net.to_string())
    }
}

impl Serialize for IpRange {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut map = s.serialize_map(Some(2))?;
        map.serialize_entry("@odata.type", self.odata_type())?;
        map.serialize_entry("cidrAddress", &self.cidr_address)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for IpRange {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Range;
        impl<'de> Visitor<'de> for Range {
            type Value = IpRange;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a range in CIDR notation, or an object with `cidrAddress`")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<IpRange, E> {
                Ok(IpRange {
                    cidr_address: text.trim().to_owned(),
                })
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<IpRange, A::Error> {
                let mut found = None;
                while let Some(key) = map.next_key::<Cow<'de, str>>()? {
                    let value = map.next_value::<serde_json::Value>()?;
                    if let ("cidrAddress", serde_json::Value::String(text)) = (key.as_ref(), value)
                    {
                        found = Some(text);
                    }
                }
                found
                    .map(|cidr_address| IpRange { cidr_address })
                    .ok_or_else(|| de::Error::missing_field("cidrAddress"))
            }
        }
        d.deserialize_any(Range)
    }
}

impl JsonSchema for IpRange {
    fn schema_name() -> Cow<'static, str> {
        "IpRange".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                { "type": "string", "minLength": 1, "examples": ["203.0.113.0/24", "2001:db8::/32"] },
                {
                    "type": "object",
                    "description": "Graph's own form.",
                    "properties": {
                        "@odata.type": { "type": "string", "description": "Implied by the address." },
                        "cidrAddress": { "type": "string", "minLength": 1, "description": "The range in CIDR notation." },
                    },
                    "required": ["cidrAddress"],
                },
            ],
            "x-graph-type": "ipRange",
        })
    }
}
