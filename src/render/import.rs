//! What an import and an adoption did, for programs.

use schemars::JsonSchema;
use serde::Serialize;

use super::drift::Drift;
use super::json::FindingOutput;

/// The answer of `import --format json`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "gatewright import")]
pub struct ImportOutput {
    /// The version of this format.
    pub format_version: &'static str,
    /// The version of gatewright.
    pub gatewright_version: &'static str,
    /// The tenant or the files that were read.
    pub from: String,
    /// Whether nothing was written (`--dry-run`).
    pub dry_run: bool,
    /// The objects that were asked for.
    pub objects: Vec<ImportedOutput>,
    /// The files that were written, from the project's folder.
    pub files: Vec<String>,
    /// Notes and warnings.
    pub findings: Vec<FindingOutput>,
}

/// One object, and what became of it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportedOutput {
    /// The kind.
    pub kind: &'static str,
    /// The name that people use.
    pub name: String,
    /// Its id, where it came from.
    pub id: Option<String>,
    /// The file of its manifest; null when it has none.
    pub file: Option<String>,
    /// What became of it.
    pub result: ImportResult,
}

/// What became of one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ImportResult {
    /// A manifest was written.
    New,
    /// Its manifest was changed in place.
    Updated,
    /// Its manifest differs and was left as it is.
    Kept,
    /// Its manifest is up to date.
    Same,
    /// Microsoft creates it in every tenant: it was left out.
    OfMicrosoft,
    /// It cannot be a manifest.
    Refused,
}

/// The answer of `drift --adopt --format json`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "gatewright drift --adopt")]
pub struct AdoptOutput {
    /// The version of this format.
    pub format_version: &'static str,
    /// The version of gatewright.
    pub gatewright_version: &'static str,
    /// Whether nothing was written (`--dry-run`).
    pub dry_run: bool,
    /// The files that were written, from the project's folder.
    pub files: Vec<String>,
    /// The objects whose manifests now say what the tenant has.
    pub adopted: Vec<AdoptedOutput>,
    /// The objects that still differ.
    pub left: Vec<AdoptedOutput>,
    /// Notes and warnings.
    pub findings: Vec<FindingOutput>,
}

/// One object that differed.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdoptedOutput {
    /// How it differed.
    pub drift: Drift,
    /// The kind.
    pub kind: &'static str,
    /// The name that people use.
    pub name: String,
    /// The file of its manifest; null when it has none.
    pub file: Option<String>,
}
