//! A saved plan, as `show` shows it: the plan itself, and where it comes from.

use schemars::JsonSchema;
use serde::Serialize;

use super::escape::{markdown_code, shortened};
use super::human;
use super::json::{self, PlanOutput};
use super::plan::{self, Look};
use super::review::{Review, ReviewFinding};
use crate::finding::{Code, Finding};
use crate::plan::file::SavedGuard;
use crate::plan::file::read::Loaded;
use crate::text::visible;

/// The answer of `show --format json`: that of `plan --format json`, and where it comes from.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShowOutput {
    /// The plan.
    #[serde(flatten)]
    pub plan: PlanOutput,
    /// Where it comes from.
    pub saved: SavedOutput,
}

/// Where a saved plan comes from.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SavedOutput {
    /// The digest of the file.
    pub digest: String,
    /// When the plan was made, in UTC.
    pub created_at: String,
    /// The version of gatewright that made it.
    pub gatewright_version: String,
    /// The SHA-256 of the files that it was made from.
    pub sources: String,
    /// What the guards found.
    pub guards: Vec<SavedGuard>,
}

/// For a comment on a pull request.
pub fn markdown(loaded: &Loaded) -> String {
    let verdict = |guard: &SavedGuard| ReviewFinding {
        guard: guard.id.clone(),
        finding: Finding {
            severity: guard.severity,
            ..Finding::error(Code::Failed, guard.message.as_str())
        },
        allowed: guard.allowed.then(|| "when the plan was made".to_owned()),
    };
    let review = Review {
        verdicts: loaded.saved.guards.iter().map(verdict).collect(),
    };
    let mut out = super::markdown::plan(&loaded.plan, &review);
    out.push_str(&format!(
        "\nSaved at {}, digest {}\n",
        markdown_code(&shortened(&loaded.saved.created_at, 40)),
        markdown_code(&shortened(&loaded.saved.digest, 100))
    ));
    out
}

/// For people.
pub fn human(loaded: &Loaded, look: Look) -> String {
    let saved = &loaded.saved;
    let mut out = plan::human(&loaded.plan, look);
    for guard in &saved.guards {
        out.push_str(&format!(
            "Guard {}: {}{}\n",
            visible(&guard.id, false),
            visible(&guard.message, false),
            if guard.allowed { " (allowed)" } else { "" }
        ));
    }
    out.push_str(&format!(
        "\nSaved for {} at {} by gatewright {}\nDigest: {}\n",
        visible(&human::tenant(&loaded.plan), false),
        visible(&saved.created_at, false),
        visible(&saved.gatewright_version, false),
        saved.digest,
    ));
    out
}

/// For programs.
pub fn json(loaded: &Loaded) -> ShowOutput {
    let saved = &loaded.saved;
    ShowOutput {
        plan: json::plan(&loaded.plan),
        saved: SavedOutput {
            digest: saved.digest.clone(),
            created_at: saved.created_at.clone(),
            gatewright_version: saved.gatewright_version.clone(),
            sources: saved.sources.sha256.clone(),
            guards: saved.guards.clone(),
        },
    }
}
