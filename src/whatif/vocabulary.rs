//! The parts of a sign-in that are one of a few words, an address or a country.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::words::words;
use crate::model::tables::{COUNTRIES, is_country_code};

words! {
    /// What kind of user, seen from the tenant.
    UserType, "a kind of user" {
        Member = "member",
        /// An account of the tenant whose `userType` is Guest.
        InternalGuest = "internalGuest",
        /// An account of another tenant, Guest here.
        B2bCollaborationGuest = "b2bCollaborationGuest",
        /// An account of another tenant, Member here.
        B2bCollaborationMember = "b2bCollaborationMember",
        /// A user of a shared channel, without an object in the tenant.
        B2bDirectConnectUser = "b2bDirectConnectUser",
        OtherExternalUser = "otherExternalUser",
        /// A cloud service provider's administrator.
        ServiceProvider = "serviceProvider",
    }
}

impl UserType {
    /// What a directory object shows: whether its `userType` is Guest, and whether the account
    /// is of another tenant. (How the kinds follow from that is not documented.)
    pub fn of_account(guest: bool, external: bool) -> UserType {
        match (external, guest) {
            (false, false) => UserType::Member,
            (false, true) => UserType::InternalGuest,
            (true, true) => UserType::B2bCollaborationGuest,
            (true, false) => UserType::B2bCollaborationMember,
        }
    }

    /// True for accounts of another tenant, whose device and methods are at home elsewhere.
    pub fn has_other_home(self) -> bool {
        !matches!(self, UserType::Member | UserType::InternalGuest)
    }
}

words! {
    /// Something that a user does other than to open an application.
    UserAction, "a user action" {
        RegisterSecurityInformation = "registerSecurityInformation" | "urn:user:registersecurityinfo",
        RegisterOrJoinDevices = "registerOrJoinDevices" | "urn:user:registerdevice",
        AccountRecovery = "accountRecovery" | "urn:user:accountrecovery",
    }
}

impl UserAction {
    /// The value that policies have for it.
    pub fn urn(self) -> &'static str {
        match self {
            UserAction::RegisterSecurityInformation => "urn:user:registersecurityinfo",
            UserAction::RegisterOrJoinDevices => "urn:user:registerdevice",
            UserAction::AccountRecovery => "urn:user:accountrecovery",
        }
    }
}

words! {
    /// The kind of client; a sign-in has one, so `all` is none.
    ClientType, "a kind of client" {
        Browser = "browser",
        MobileAppsAndDesktopClients = "mobileAppsAndDesktopClients",
        ExchangeActiveSync = "exchangeActiveSync",
        /// Exchange ActiveSync on iOS, Android or Windows.
        EasSupported = "easSupported",
        /// Clients of legacy protocols: IMAP, POP, SMTP, ...
        Other = "other",
    }
}

words! {
    /// A platform, as the client states it.
    Platform, "a platform" {
        Android = "android",
        Ios = "iOS",
        Windows = "windows",
        WindowsPhone = "windowsPhone",
        MacOs = "macOS",
        Linux = "linux",
        /// Any other, such as ChromeOS: only policies on all platforms mean it.
        Unknown = "unknown",
    }
}

words! {
    /// A level of risk.
    Risk, "a level of risk" {
        None = "none",
        Low = "low",
        Medium = "medium",
        High = "high",
        /// What a log shows where the licence is missing: the level is not known.
        Hidden = "hidden",
    }
}

words! {
    /// A level of insider risk.
    InsiderRisk, "a level of insider risk" {
        None = "none",
        Minor = "minor",
        Moderate = "moderate",
        Elevated = "elevated",
    }
}

words! {
    /// A level of risk of an agent.
    AgentRisk, "a level of risk of an agent" {
        None = "none",
        Low = "low",
        Medium = "medium",
        High = "high",
    }
}

words! {
    /// How an authentication is carried from one device to another.
    TransferMethod, "a transfer method" {
        None = "none",
        DeviceCodeFlow = "deviceCodeFlow",
        AuthenticationTransfer = "authenticationTransfer",
    }
}

words! {
    /// Who registered an application.
    OwnedBy, "an owner" {
        /// The tenant itself, for itself alone.
        Tenant = "tenant",
        Microsoft = "microsoft",
        Other = "other",
    }
}

words! {
    /// Whether a user action is lifted out of policies on all resources.
    ExclusionState, "a state" {
        Enabled = "enabled",
        Disabled = "disabled",
        /// It is only reported what the exclusion would do.
        ReportOnly = "report-only",
    }
}

/// The address of a sign-in, as Entra sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Address(pub IpAddr);

impl FromStr for Address {
    type Err = String;
    fn from_str(text: &str) -> Result<Address, String> {
        match text.trim().parse::<IpAddr>() {
            // An IPv4 address in IPv6 clothes is that IPv4 address.
            Ok(address) => Ok(Address(address.to_canonical())),
            Err(_) => Err(format!(
                "`{}` is not an IP address: write one like 203.0.113.7 or 2001:db8::7",
                text.escape_debug()
            )),
        }
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(d)?
            .parse()
            .map_err(D::Error::custom)
    }
}

impl JsonSchema for Address {
    fn schema_name() -> Cow<'static, str> {
        "Address".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "examples": ["203.0.113.7", "2001:db8::7"] })
    }
}

/// A range of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Range(pub IpNet);

impl FromStr for Range {
    type Err = String;
    fn from_str(text: &str) -> Result<Range, String> {
        let text = text.trim();
        let one = || text.parse::<IpAddr>().ok().map(IpNet::from);
        match text.parse::<IpNet>().ok().or_else(one) {
            Some(range) => Ok(Range(range)),
            None => Err(format!(
                "`{}` is not an IP range: write one like 203.0.113.0/24",
                text.escape_debug()
            )),
        }
    }
}

impl Serialize for Range {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Range {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(d)?
            .parse()
            .map_err(D::Error::custom)
    }
}

impl JsonSchema for Range {
    fn schema_name() -> Cow<'static, str> {
        "Range".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "examples": ["203.0.113.0/24"] })
    }
}

/// A country, or that none is known for the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Country {
    /// A two-letter code, upper case.
    Code([u8; 2]),
    /// No country is known for the address.
    Unknown,
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Country::Code(code) => f.write_str(std::str::from_utf8(code).unwrap_or_default()),
            Country::Unknown => f.write_str("unknown"),
        }
    }
}

impl FromStr for Country {
    type Err = String;
    fn from_str(text: &str) -> Result<Country, String> {
        let code = text.trim().to_ascii_uppercase();
        if code == "UNKNOWN" {
            return Ok(Country::Unknown);
        }
        match <[u8; 2]>::try_from(code.as_bytes()) {
            Ok(bytes) if is_country_code(&code) => Ok(Country::Code(bytes)),
            _ => Err(format!(
                "`{}` is not a country: write its two letters, such as `NL`, or `unknown`",
                text.escape_debug()
            )),
        }
    }
}

impl Serialize for Country {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Country {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(d)?
            .parse()
            .map_err(D::Error::custom)
    }
}

impl JsonSchema for Country {
    fn schema_name() -> Cow<'static, str> {
        "Country".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let codes: Vec<&str> = COUNTRIES
            .iter()
            .map(|country| country.id)
            .chain(["unknown"])
            .collect();
        json_schema!({ "type": "string", "enum": codes })
    }
}
