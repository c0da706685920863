//! A plan for a part of a project: some objects, and what they need.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::Kind;
use crate::text::few_names;

/// To what a plan is limited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlanLimit {
    /// The names that were asked for; none: all objects of the kind.
    pub names: Vec<String>,
    /// The kind that was asked for; null: all kinds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// How many manifests that is, with those that they need.
    pub manifests: usize,
    /// How many manifests the project has.
    pub all: usize,
}

impl PlanLimit {
    /// What is left out, for people; the names are as they were asked for.
    pub fn sentence(&self) -> String {
        let kind = self.kind.map(|kind| format!("the kind {kind}"));
        let asked = match (self.names.is_empty(), kind) {
            (true, kind) => kind.unwrap_or_default(),
            (false, None) => few_names(&self.names, 5),
            (false, Some(kind)) => format!("{} of {kind}", few_names(&self.names, 5)),
        };
        let need = match self.names.len() {
            1 => "what it needs",
            _ => "what they need",
        };
        format!(
            "Limited to {asked} and {need}: {} of {} manifests. Nothing is deleted; `gatewright plan` without names shows the rest.",
            self.manifests, self.all
        )
    }
}
