//! Drift: a plan read the other way round. What the tenant has that the manifests do not say,
//! for people and for programs.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::human::{BOLD, GREEN, RED, YELLOW, diff, headline, notice, paint, tenant, to_yaml};
use super::json::{FORMAT_VERSION, FindingOutput, TenantOutput, VERSION, finding};
use crate::plan::{Action, Plan, Verb};
use crate::text::visible;

/// How an object of the tenant differs from the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Drift {
    /// It is not as its manifest says.
    Changed,
    /// Its manifest is there, and it is not.
    Missing,
    /// It is in the project's scope and has no manifest.
    Unmanaged,
}

impl Drift {
    /// What the action would undo.
    pub fn of(action: &Action) -> Drift {
        match action.verb {
            Verb::Create => Drift::Missing,
            Verb::Update => Drift::Changed,
            Verb::Delete => Drift::Unmanaged,
        }
    }
}

/// `gatewright drift --format json`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "gatewright drift")]
pub struct DriftOutput {
    /// The version of this shape. It changes when a member changes its meaning or goes.
    pub format_version: &'static str,
    /// The version of gatewright.
    pub gatewright_version: &'static str,
    /// The tenant.
    pub tenant: TenantOutput,
    /// How many objects differ.
    pub count: usize,
    /// The objects that differ.
    pub objects: Vec<DriftedOutput>,
    /// What is worth knowing and stops nothing.
    pub notices: Vec<FindingOutput>,
}

/// One object that differs.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DriftedOutput {
    /// How it differs.
    pub drift: Drift,
    /// The kind.
    pub kind: &'static str,
    /// The name that people call it by.
    pub name: String,
    /// Its id in the tenant; null when it is not there.
    pub id: Option<String>,
    /// The file of the manifest; null without one.
    pub file: Option<String>,
    /// The line of its name in the manifest; null without one.
    pub line: Option<usize>,
    /// The properties that differ, as dotted paths.
    pub changes: Vec<String>,
    /// What the manifest says, with names. Null without one.
    pub manifest: Value,
    /// What the tenant has, with names. Null when it has nothing.
    pub tenant: Value,
}

/// The drift that `plan` would undo, as JSON.
pub fn json(plan: &Plan) -> DriftOutput {
    DriftOutput {
        format_version: FORMAT_VERSION,
        gatewright_version: VERSION,
        tenant: super::json::tenant(plan),
        count: plan.actions.len(),
        objects: plan
            .actions
            .iter()
            .map(|action| {
                let (live, manifest) = plan.shown(action);
                DriftedOutput {
                    drift: Drift::of(action),
                    kind: action.kind.as_str(),
                    name: action.name.clone(),
                    id: action.id.clone(),
                    file: action.place.as_ref().map(|p| p.file.name.clone()),
                    line: action.place.as_ref().map(|p| p.line),
                    changes: action.changes.clone(),
                    manifest,
                    tenant: live,
                }
            })
            .collect(),
        notices: plan.notices.iter().map(finding).collect(),
    }
}

/// The drift that `plan` would undo, for people: the manifest's side in red, the tenant's in
/// green.
pub fn human(plan: &Plan) -> String {
    let mut out = String::new();
    for action in &plan.actions {
        out.push_str(&object(plan, action));
        out.push('\n');
    }
    for found in &plan.notices {
        let _ = writeln!(out, "{}", notice(found));
    }
    if !plan.notices.is_empty() {
        out.push('\n');
    }
    let count = |drift| {
        plan.actions
            .iter()
            .filter(|action| Drift::of(action) == drift)
            .count()
    };
    let line = match plan.actions.len() {
        0 => format!(
            "No drift. {} objects in {} are as their manifests say.",
            plan.unchanged.len(),
            tenant(plan)
        ),
        _ => format!(
            "Drift in {}: {} changed, {} missing, {} without a manifest",
            tenant(plan),
            count(Drift::Changed),
            count(Drift::Missing),
            count(Drift::Unmanaged)
        ),
    };
    let _ = writeln!(out, "{}", paint(BOLD, &line));
    if !plan.actions.is_empty() {
        out.push_str(
            "To keep it: `gatewright drift --adopt` writes it into the manifests. To undo it: `gatewright apply`.\n",
        );
    }
    out
}

fn object(plan: &Plan, action: &Action) -> String {
    let mut out = String::new();
    let (style, sign, words) = match Drift::of(action) {
        Drift::Changed => (YELLOW, '~', "is not as its manifest says"),
        Drift::Missing => (RED, '-', "is not in the tenant"),
        Drift::Unmanaged => (GREEN, '+', "is in the project's scope and has no manifest"),
    };
    let heading = format!(
        "{sign} {} \"{}\" {words}",
        action.kind,
        visible(&action.name, false)
    );
    out.push_str(&headline(style, &heading, action));
    let (live, manifest) = plan.shown(action);
    match Drift::of(action) {
        Drift::Changed => out.push_str(&diff(&to_yaml(&manifest), &to_yaml(&live))),
        Drift::Missing => {}
        Drift::Unmanaged => {
            for line in to_yaml(&live).lines() {
                let _ = writeln!(out, "{}", paint(GREEN, &format!("  + {line}")));
            }
        }
    }
    out
}
