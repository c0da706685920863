//! The form of a saved plan.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ground::Ground;
use crate::finding::Severity;
use crate::model::Kind;
use crate::model::cloud::ApiVersion;
use crate::plan::limit::PlanLimit;
use crate::plan::sign_ins::SignInEffect;
use crate::plan::{Phase, Verb};

/// The version of the file's form: another first number is another form.
pub const FORMAT_VERSION: &str = "1.0";
/// The largest file that is read, in bytes: many times what a plan for a full tenant takes.
pub const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;
/// The text of `kind`.
pub const KIND: &str = "GatewrightPlan";

/// A saved plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(title = "A saved plan of gatewright")]
pub struct SavedPlan {
    /// `GatewrightPlan`.
    pub kind: String,
    /// The version of this form.
    pub format_version: String,
    /// The version of gatewright that made the plan.
    pub gatewright_version: String,
    /// When the plan was made, in UTC.
    pub created_at: String,
    /// SHA-256, in hexadecimal, of everything else in this file, as JSON with sorted keys and
    /// without blanks.
    pub digest: String,
    /// The tenant.
    pub tenant: SavedTenant,
    /// Which edition of Graph is used.
    pub api_version: ApiVersion,
    /// The files that the plan was made from.
    pub sources: Sources,
    /// What the plan is limited to; left out where it is for the whole project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<PlanLimit>,
    /// The run that the plan undoes; left out where it undoes none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<UndoneRun>,
    /// The actions, in the order in which they are carried out.
    pub actions: Vec<SavedAction>,
    /// Objects that need nothing.
    pub unchanged: Vec<SavedUnchanged>,
    /// The names of live objects without a manifest and outside the scope, by kind.
    pub unmanaged: BTreeMap<Kind, Vec<String>>,
    /// What is worth knowing and stops nothing.
    pub notices: Vec<SavedNotice>,
    /// What the guards found.
    pub guards: Vec<SavedGuard>,
    /// What the whole does to sign-ins; asked anew before the plan is carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<SignInEffect>,
    /// The names of ids (lower-case) that the plan shows.
    pub names: BTreeMap<String, String>,
    /// What the plan rests on.
    pub ground: Ground,
}

/// The tenant that a plan is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SavedTenant {
    /// Its name in `gatewright.yaml`.
    pub name: String,
    /// Its id.
    pub id: String,
    /// Its display name.
    pub display_name: String,
    /// The domain that is added to principal names without one.
    pub default_domain: String,
    /// The Graph host, or `sandbox` for the embedded tenant.
    pub graph_endpoint: String,
}

/// A run that is undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UndoneRun {
    /// Its name.
    pub run: String,
    /// The commit of the project that it applied, where it lay in a repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

/// The files that a plan was made from, as they were loaded.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Sources {
    /// SHA-256 of `files`, as JSON with sorted keys and without blanks.
    pub sha256: String,
    /// SHA-256 of the text of each file, by its path in the project.
    pub files: BTreeMap<String, String>,
    /// Which of them is the guards file; null where the project had none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guards: Option<String>,
}

/// One action.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SavedAction {
    /// What happens.
    pub action: Verb,
    /// The kind.
    pub kind: Kind,
    /// The name, after the action when the object is renamed.
    pub name: String,
    /// The live id; null for what is to be created.
    pub id: Option<String>,
    /// The place of the manifest; null without one.
    pub place: Option<SavedPlace>,
    /// When it is carried out.
    pub phase: Phase,
    /// Why.
    pub reason: String,
    /// The properties that differ, as dotted paths.
    pub changes: Vec<String>,
    /// The normal form before, with ids; null for a creation.
    pub before: Value,
    /// The normal form after, with ids; null for a deletion.
    pub after: Value,
    /// The object to be, as it is sent, with ids; null for a deletion.
    pub desired: Value,
    /// When members of these groups are added and taken out, where that is not as usual.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub links: BTreeMap<String, LinkPhases>,
    /// Properties whose live value is kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignored: Vec<String>,
    /// The object is restored from the recycle bin, under its old id.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub restore: bool,
    /// The id of the deleted test user that is purged first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purge: Option<String>,
    /// The edition of Graph that the write goes to.
    pub edition: SavedEdition,
    /// What the action does to protection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<SavedEffect>,
}

/// When members of a group are added and taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkPhases {
    /// When they are added.
    pub add: Phase,
    /// When they are taken out.
    pub remove: Phase,
}

/// An edition of Graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SavedEdition {
    /// `v1.0`
    #[serde(rename = "v1.0")]
    V1,
    /// `beta`
    #[serde(rename = "beta")]
    Beta,
}

/// What an action does to protection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SavedEffect {
    /// `stronger`, `weaker`, `neutral` or `unknown`.
    pub class: String,
    /// Why, in words.
    pub reasons: Vec<String>,
}

/// A place in a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SavedPlace {
    /// The file, by its path in the project.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
}

/// An object that is as its manifest says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SavedUnchanged {
    /// The kind.
    pub kind: Kind,
    /// The name.
    pub name: String,
    /// The id.
    pub id: String,
}

/// A finding that stops nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SavedNotice {
    /// The code, such as `unmodelled-member`.
    pub code: String,
    /// How grave it is.
    pub severity: Severity,
    /// The rule of Graph, such as `CA-R80`.
    pub rule: Option<String>,
    /// Notes and warnings.
    pub message: String,
    /// What can be done.
    pub help: Option<String>,
    /// Where.
    pub place: Option<SavedPlace>,
}

/// What one guard found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SavedGuard {
    /// The guard.
    pub id: String,
    /// How grave it is: an error that is not allowed refuses the plan.
    pub severity: Severity,
    /// What it found.
    pub message: String,
    /// Whether it was allowed for this run.
    pub allowed: bool,
    /// What allowed it: what the guards file allowed is asked of the guards file again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_by: Option<SavedConsent>,
}

/// What allowed something that a guard found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SavedConsent {
    /// `--allow`, for the run that made the plan: it was reviewed with the plan.
    Flag,
    /// An entry of the guards file.
    File,
}

impl SavedPlan {
    /// What the guards refuse: errors that nobody allowed.
    pub fn refused(&self) -> impl Iterator<Item = &SavedGuard> {
        self.guards
            .iter()
            .filter(|guard| guard.severity == Severity::Error && !guard.allowed)
    }
}
