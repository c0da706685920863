//! `authenticationContextClassReference`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An authentication context: a label that applications ask for and policies target.
/// Its id (`c1` to `c99`) is chosen by the client and never changes.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("x-graph-type" = "authenticationContextClassReference", "required" = ["id", "displayName"]))]
pub struct AuthenticationContext {
    /// `c1` to `c99`.
    #[schemars(regex(pattern = r"^c[1-9][0-9]?$"), transform = super::values::not_null)]
    pub id: Option<String>,
    /// The name that administrators see.
    #[schemars(length(min = 1))]
    pub display_name: String,
    /// A description.
    pub description: Option<String>,
    /// Whether the context is published to applications. Default: false.
    pub is_available: Option<bool>,
}
