//! `claims:` in `gatewright.yaml`: which packs of claims the project makes its own. The packs
//! themselves are in [`crate::claims`].

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::invariant::AcceptedException;

/// Which packs of claims must hold, in addition to those of the manifests.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ChosenClaims {
    /// Packs of claims: a name, or more than a name. docs/packs.md lists them.
    pub packs: Vec<ChosenPack>,
}

/// A pack that the project uses.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ChosenPack {
    /// All of it, as it is.
    Name(#[schemars(length(min = 1))] String),
    /// With claims left out, parameters set, or exceptions accepted.
    Entry(PackEntry),
}

/// A pack, and its settings.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[schemars(extend("required" = ["name"]))]
pub struct PackEntry {
    /// The name of the pack.
    #[schemars(length(min = 1))]
    pub name: String,
    /// Claims that are left out, each with the reason.
    pub without: Vec<LeftOutClaim>,
    /// Values for the parameters of the pack.
    pub with: BTreeMap<String, ParameterValue>,
    /// Sign-ins for which claims of the pack need not hold: known exceptions.
    pub accepted: Vec<PackException>,
}

/// A claim of a pack that is left out.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LeftOutClaim {
    /// The id of the claim.
    #[schemars(length(min = 1))]
    pub claim: String,
    /// Why, for those who review it.
    #[schemars(length(min = 1))]
    pub reason: String,
}

/// A known exception of claims of a pack.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("required" = ["claims", "conditions", "reason"]))]
pub struct PackException {
    /// The ids of the claims that it is about.
    #[schemars(length(min = 1))]
    pub claims: Vec<String>,
    /// Which sign-ins, why, and until when.
    #[serde(flatten)]
    pub exception: AcceptedException,
}

/// The value of a parameter.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ParameterValue {
    /// A number.
    Number(i64),
    /// A text.
    Text(String),
    /// Names.
    Texts(Vec<String>),
}

impl ChosenPack {
    /// The entry that it stands for.
    pub fn entry(&self) -> PackEntry {
        match self {
            ChosenPack::Entry(entry) => entry.clone(),
            ChosenPack::Name(name) => PackEntry {
                name: name.clone(),
                ..PackEntry::default()
            },
        }
    }
}
