//! Drift: a plan read the other way round. What the tenant has that the manifests do not say,
//! for people and for programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::hunks;
use super::human::{
    BOLD, GREEN, RED, YELLOW, headline, notice, paint, tenant, to_yaml, unmanaged,
};
use super::json::{
    EffectOutput, FORMAT_VERSION, FindingOutput, GuardOutput, TenantOutput, VERSION, finding,
};
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
    /// The objects that differ, those that took protection first.
    pub objects: Vec<DriftedOutput>,
    /// The names of live objects without a manifest and outside the scope, by kind.
    pub unmanaged: BTreeMap<String, Vec<String>>,
    /// What the guards found in what was done to the tenant. What refuses, refuses `--adopt`.
    pub guards: Vec<GuardOutput>,
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
    /// What was done to protection in the tenant.
    pub effect: Option<EffectOutput>,
    /// What the manifest says, with names. Null without one.
    pub manifest: Value,
    /// What the tenant has, with names. Null when it has nothing.
    pub tenant: Value,
}

/// The actions, those first that undo what took protection.
pub(super) fn gravest_first(plan: &Plan) -> Vec<&Action> {
    let mut actions: Vec<&Action> = plan.actions.iter().collect();
    let weakens = |action: &&Action| action.effect.as_ref().is_some_and(|e| e.class.weakens());
    actions.sort_by_key(|action| !weakens(action));
    actions
}

/// The drift that `plan` would undo, as JSON.
pub fn json(plan: &Plan) -> DriftOutput {
    DriftOutput {
        format_version: FORMAT_VERSION,
        gatewright_version: VERSION,
        tenant: super::json::tenant(plan),
        count: plan.actions.len(),
        objects: gravest_first(plan)
            .into_iter()
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
                    effect: super::json::effect(action),
                    manifest,
                    tenant: live,
                }
            })
            .collect(),
        unmanaged: super::json::unmanaged(plan),
        guards: plan.guards.iter().map(super::json::guard).collect(),
        notices: plan.notices.iter().map(finding).collect(),
    }
}

/// The drift that `plan` would undo, for people: the manifest's side in red, the tenant's in
/// green.
pub fn human(plan: &Plan) -> String {
    let mut out = String::new();
    for action in gravest_first(plan) {
        out.push_str(&object(plan, action));
        out.push('\n');
    }
    out.push_str(&super::sign_ins::human(plan));
    out.push_str(&super::guards::guards(&plan.guards));
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
    let unmanaged = unmanaged(plan, "Not in the project, and outside of its scope");
    out.push_str(&unmanaged);
    let line = match plan.actions.len() {
        0 if !unmanaged.is_empty() => format!(
            "No drift in what the project manages: {} objects in {} are as their manifests say.",
            plan.unchanged.len(),
            tenant(plan)
        ),
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
    if let Some(effect) = &action.effect {
        out.push_str(&super::guards::effect(effect));
    }
    let (live, manifest) = plan.shown(action);
    match Drift::of(action) {
        Drift::Changed => out.push_str(&hunks::human(&to_yaml(&manifest), &to_yaml(&live))),
        Drift::Missing => {}
        Drift::Unmanaged => {
            for line in to_yaml(&live).lines() {
                let _ = writeln!(out, "{}", paint(GREEN, &format!("  + {line}")));
            }
        }
    }
    out
}
