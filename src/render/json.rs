//! Plans, reports and findings for programs. The shapes have a version and their own
//! structs, so that a change inside does not change them. `docs/json.md` describes them,
//! `schema/plan.schema.json` and its siblings define them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::runs::{RunCounts, shown};
use crate::apply::RunReport;
use crate::apply::journal::{Done, RunRecord};
use crate::finding::{Finding, Place};
use crate::impact::people::PeopleImpact;
use crate::manifest::allow::Allowed;
use crate::plan::guard::{AllowedBy, GuardFinding};
use crate::plan::limit::PlanLimit;
use crate::plan::sign_ins::SignInEffect;
use crate::plan::{Action, Plan};

/// The version of the shapes. A minor version adds members; a major one may change them.
pub const FORMAT_VERSION: &str = "1.0";

/// The answer of `plan --format json`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanOutput {
    /// The version of this format.
    pub format_version: &'static str,
    /// The version of gatewright.
    pub gatewright_version: &'static str,
    /// The tenant.
    pub tenant: TenantOutput,
    /// What the plan is limited to; null where it is for the whole project.
    pub limit: Option<PlanLimit>,
    /// The counts.
    pub summary: SummaryOutput,
    /// The actions, in the order in which they are carried out.
    pub actions: Vec<ActionOutput>,
    /// The names of live objects without a manifest and outside the scope, by kind.
    pub unmanaged: BTreeMap<String, Vec<String>>,
    /// What is worth knowing and stops nothing.
    pub notices: Vec<FindingOutput>,
    /// What the guards found.
    pub guards: Vec<GuardOutput>,
    /// What the whole does to sign-ins, by proof; null where it cannot do anything.
    pub effect: Option<SignInEffect>,
    /// The people who are affected; null where they were not counted.
    #[schemars(with = "Option<super::affected::PeopleOutput<'static>>")]
    pub people: Option<Value>,
    /// True when a guard refuses the plan.
    pub refused: bool,
}

/// What one guard found.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GuardOutput {
    /// The guard's id, such as `break-glass`.
    pub guard: &'static str,
    /// `refused`, `warning` or `allowed`.
    pub outcome: &'static str,
    /// For `allowed`: `flag` (`--allow`) or `file` (the guards file).
    pub allowed_by: Option<&'static str>,
    /// The kind of the object that it is about.
    pub kind: Option<&'static str>,
    /// The name of the object that it is about.
    pub name: Option<String>,
    /// What was found, and where.
    pub finding: FindingOutput,
}

/// What an action does to protection.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EffectOutput {
    /// `stronger`, `weaker`, `neutral`, or `unknown` (treated like weaker).
    pub class: &'static str,
    /// Why, in words; what weakens protection first.
    pub reasons: Vec<String>,
}

/// A tenant.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TenantOutput {
    /// Its name in `gatewright.yaml`.
    pub name: String,
    /// Its id.
    pub id: String,
    /// Its display name.
    pub display_name: String,
    /// Its default domain.
    pub default_domain: String,
}

/// How many objects of each sort there are.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SummaryOutput {
    /// To be created.
    pub create: usize,
    /// To be changed.
    pub update: usize,
    /// To be deleted.
    pub delete: usize,
    /// As their manifests say.
    pub unchanged: usize,
    /// Unmanaged: in the tenant, without a manifest.
    pub unmanaged: usize,
}

/// One action.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActionOutput {
    /// `create`, `update` or `delete`.
    pub action: &'static str,
    /// The kind.
    pub kind: &'static str,
    /// The name.
    pub name: String,
    /// The live id; null for what is to be created.
    pub id: Option<String>,
    /// The manifest's file; null without one.
    pub file: Option<String>,
    /// The line in the file, from 1.
    pub line: Option<usize>,
    /// The patches of the manifest, as `file:line`, in the order in which they are applied; not there
    /// without one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patches: Vec<String>,
    /// Why.
    pub reason: String,
    /// The properties that differ, as dotted paths (for `update`).
    pub changes: Vec<String>,
    /// What it does to protection; null where that was not asked.
    pub effect: Option<EffectOutput>,
    /// The object before, in manifest form with names; null for a creation.
    pub before: Value,
    /// The object after, in manifest form with names; null for a deletion.
    pub after: Value,
}

/// The answer of `apply --format json` and `destroy --format json`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApplyOutput {
    /// The version of this format.
    pub format_version: &'static str,
    /// The version of gatewright.
    pub gatewright_version: &'static str,
    /// The tenant.
    pub tenant: TenantOutput,
    /// The counts of the plan.
    pub summary: SummaryOutput,
    /// What became of each action, in the plan's order.
    pub results: Vec<ResultOutput>,
    /// True when everything was done and seen.
    pub complete: bool,
    /// True when the run was stopped from outside.
    pub interrupted: bool,
    /// Why verification could not be done; null when it was.
    pub verification_error: Option<String>,
    /// Why the journal could not be written to its end; null when it was.
    pub journal_error: Option<String>,
    /// What is worth knowing and stops nothing.
    pub notices: Vec<FindingOutput>,
}

/// What became of one action.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResultOutput {
    /// The action.
    #[serde(flatten)]
    pub action: ActionOutput,
    /// `done`, `unverified`, `doubled`, `unknown`, `failed`, `skipped`, `begun` or `not reached`.
    pub outcome: &'static str,
    /// Why, for `doubled`, `unknown`, `failed` and `skipped`.
    pub message: Option<String>,
    /// The properties that the tenant shows otherwise, for `unverified`.
    pub unverified: Vec<String>,
}

/// The answer of `validate --format json`, and of a command that findings stopped.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FindingsOutput {
    /// The version of this format.
    pub format_version: &'static str,
    /// The version of gatewright.
    pub gatewright_version: &'static str,
    /// True when no finding is an error.
    pub valid: bool,
    /// The findings.
    pub findings: Vec<FindingOutput>,
    /// Findings that comments in the manifests allowed; only `validate` has them.
    pub allowed: Vec<AllowedOutput>,
}

/// A finding that a comment allowed.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AllowedOutput {
    /// The finding.
    #[serde(flatten)]
    pub finding: FindingOutput,
    /// Why, in the words of the comment.
    pub reason: String,
    /// The line of the comment, from 1, in the finding's file.
    pub comment_line: usize,
}

/// One finding.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FindingOutput {
    /// The code, such as `unknown-property`.
    pub code: &'static str,
    /// `error`, `warning` or `hint`.
    pub severity: String,
    /// The rule of Graph, such as `CA-R80`, or of lint, such as `matches-nobody`, or the id of
    /// the guard.
    pub rule: Option<&'static str>,
    /// For `lint`: `high`, `medium` or `low`; null for the rest, which is certain.
    pub confidence: Option<String>,
    /// What is wrong.
    pub message: String,
    /// How to fix it.
    pub help: Option<String>,
    /// The file.
    pub file: Option<String>,
    /// The line, from 1.
    pub line: Option<usize>,
    /// The column, from 1, in characters.
    pub column: Option<usize>,
    /// Other places that matter; not there without one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<RelatedOutput>,
}

/// Another place that matters for a finding.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RelatedOutput {
    /// Why it matters.
    pub message: String,
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
}

/// The answer of `runs --format json` and `runs show --format json`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunsOutput {
    /// The version of this format.
    pub format_version: &'static str,
    /// The version of gatewright.
    pub gatewright_version: &'static str,
    /// The runs, the oldest first.
    pub runs: Vec<RunOutput>,
}

/// One run.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunOutput {
    /// Its name.
    pub run: String,
    /// When it began, in UTC.
    pub time: String,
    /// `apply`, `destroy`, `rollback`, `risk` with its decision, or `user reset-password`.
    pub command: String,
    /// The tenant's name in `gatewright.yaml`.
    pub tenant: String,
    /// The tenant's id.
    pub tenant_id: String,
    /// Who ran it: the account or the application of the sign-in; null where that did not tell.
    pub by: Option<String>,
    /// The commit of the project, with `-dirty` where files differed; null outside of a repository.
    pub commit: Option<String>,
    /// The digest of the saved plan that was carried out; null when it was none.
    pub plan: Option<String>,
    /// The guards that were let through for it by `--allow`.
    pub allowed: Vec<String>,
    /// `complete`, `in part`, `stopped` or `broken off`.
    pub state: &'static str,
    /// How many objects it created.
    pub created: usize,
    /// How many objects it changed.
    pub changed: usize,
    /// How many objects it deleted.
    pub deleted: usize,
    /// Of how many actions it is not known whether they were done.
    pub unknown: usize,
    /// Its actions.
    pub actions: Vec<RunActionOutput>,
}

/// One action of a run.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunActionOutput {
    /// `create`, `update`, `delete`, `reset-password`, or a decision about risk: `dismiss`,
    /// `confirm-compromised` or `confirm-safe`.
    pub action: String,
    /// The kind; `RiskyUser` for a decision about risk.
    pub kind: &'static str,
    /// The name.
    pub name: String,
    /// The id, once known.
    pub id: Option<String>,
    /// How it ended; null when the run did not come so far.
    pub outcome: Option<String>,
    /// Why.
    pub message: Option<String>,
    /// True when a request succeeded, or may have.
    pub wrote: bool,
    /// The properties that changed, as dotted paths (for `update`).
    pub changes: Vec<String>,
    /// The object before, in manifest form with names: for `runs show --diff`, else null.
    pub before: Value,
    /// The object after, in manifest form with names: for `runs show --diff`, else null.
    pub after: Value,
}

/// Runs; with `sides` also in what each object changed.
pub fn runs(list: &[RunRecord], sides: bool) -> RunsOutput {
    let output = |run: &RunRecord, done: &Done| {
        let (before, after) = (sides.then(|| shown(run, done)).flatten()).unwrap_or_default();
        RunActionOutput {
            action: done.head.verb.clone(),
            kind: done.head.kind.as_str(),
            name: done.head.name.clone(),
            id: done.head.id.clone().or_else(|| done.created.clone()),
            outcome: done.outcome.clone(),
            message: done.message.clone(),
            wrote: done.wrote,
            changes: done.head.changes.clone(),
            before,
            after,
        }
    };
    RunsOutput {
        format_version: FORMAT_VERSION,
        gatewright_version: VERSION,
        runs: list
            .iter()
            .map(|run| RunOutput {
                run: run.run.clone(),
                time: run.time.clone(),
                command: run.command.clone(),
                tenant: run.tenant.clone(),
                tenant_id: run.tenant_id.clone(),
                by: run.by.clone(),
                commit: run.commit.clone(),
                plan: run.plan.clone(),
                allowed: run.allowed.clone(),
                state: run.state(),
                created: RunCounts::of(run).created,
                changed: RunCounts::of(run).changed,
                deleted: RunCounts::of(run).deleted,
                unknown: RunCounts::of(run).unknown,
                actions: run.actions.iter().map(|done| output(run, done)).collect(),
            })
            .collect(),
    }
}

/// The version of gatewright.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(super) fn tenant(plan: &Plan) -> TenantOutput {
    TenantOutput {
        name: plan.tenant.clone(),
        id: plan.organization.id.clone(),
        display_name: plan.organization.display_name.clone(),
        default_domain: plan.organization.default_domain.clone(),
    }
}

fn summary(plan: &Plan) -> SummaryOutput {
    let summary = plan.summary();
    SummaryOutput {
        create: summary.create,
        update: summary.update,
        delete: summary.delete,
        unchanged: summary.unchanged,
        unmanaged: summary.unmanaged,
    }
}

/// What no manifest names, by kind.
pub(super) fn unmanaged(plan: &Plan) -> BTreeMap<String, Vec<String>> {
    let of_kind =
        |(kind, names): (&crate::model::Kind, &Vec<String>)| (kind.to_string(), names.clone());
    plan.unmanaged.iter().map(of_kind).collect()
}

/// What an action does to protection, where that was judged.
pub(super) fn effect(action: &Action) -> Option<EffectOutput> {
    action.effect.as_ref().map(|effect| EffectOutput {
        class: effect.class.as_str(),
        reasons: effect.reasons.clone(),
    })
}

/// The patches of the manifest of an action.
fn patches(action: &Action) -> Vec<String> {
    let beside = action
        .place
        .iter()
        .filter_map(|place| place.beside.as_ref());
    let patches = beside.flat_map(|all| all.iter());
    patches
        .map(|(patch, _)| format!("{}:{}", patch.file.name, patch.line))
        .collect()
}

fn action(plan: &Plan, action: &Action) -> ActionOutput {
    let (before, after) = plan.shown(action);
    ActionOutput {
        action: action.verb.as_str(),
        kind: action.kind.as_str(),
        name: action.name.clone(),
        id: action.id.clone(),
        file: action.place.as_ref().map(|p| p.file.name.clone()),
        line: action.place.as_ref().map(|p| p.line),
        patches: patches(action),
        reason: action.reason.clone(),
        changes: action.changes.clone(),
        effect: effect(action),
        before,
        after,
    }
}

pub(super) fn guard(verdict: &GuardFinding) -> GuardOutput {
    GuardOutput {
        guard: verdict.guard.as_str(),
        outcome: super::guards::outcome(verdict),
        allowed_by: verdict.allowed.map(|by| match by {
            AllowedBy::Flag => "flag",
            AllowedBy::File => "file",
        }),
        kind: verdict.object.as_ref().map(|(kind, _)| kind.as_str()),
        name: verdict.object.as_ref().map(|(_, name)| name.clone()),
        finding: finding(&verdict.finding),
    }
}

/// One finding.
pub fn finding(finding: &Finding) -> FindingOutput {
    let place: Option<&Place> = finding.place.as_deref();
    FindingOutput {
        code: finding.code.as_str(),
        severity: finding.severity.to_string(),
        rule: finding.rule.map(|rule| rule.as_str()),
        confidence: finding.confidence.map(|c| c.to_string()),
        message: finding.message.clone(),
        help: finding.help.clone(),
        file: place.map(|p| p.file.name.clone()),
        line: place.map(|p| p.line),
        column: place.map(|p| p.column),
        related: (finding.related.iter())
            .map(|(place, why)| RelatedOutput {
                message: why.clone(),
                file: place.file.name.clone(),
                line: place.line,
                column: place.column,
            })
            .collect(),
    }
}

/// A plan.
pub fn plan(plan: &Plan) -> PlanOutput {
    PlanOutput {
        format_version: FORMAT_VERSION,
        gatewright_version: VERSION,
        tenant: tenant(plan),
        limit: plan.limit.clone(),
        summary: summary(plan),
        actions: plan.actions.iter().map(|a| action(plan, a)).collect(),
        unmanaged: unmanaged(plan),
        notices: plan.notices.iter().map(finding).collect(),
        guards: plan.guards.iter().map(guard).collect(),
        effect: plan.sign_ins.clone(),
        people: None,
        refused: plan.is_refused(),
    }
}

/// A plan, with the people whom it affects where they were counted.
pub fn plan_with(plan: &Plan, people: Option<&PeopleImpact>) -> PlanOutput {
    let people = people.map(super::affected::json);
    PlanOutput {
        people: people.and_then(|people| serde_json::to_value(people).ok()),
        ..self::plan(plan)
    }
}

/// A run.
pub fn report(plan: &Plan, report: &RunReport) -> ApplyOutput {
    use crate::apply::ActionStatus;
    let results = plan
        .actions
        .iter()
        .zip(&report.outcomes)
        .map(|(a, (outcome, id))| ResultOutput {
            action: ActionOutput {
                id: id.clone(),
                ..action(plan, a)
            },
            outcome: outcome.as_str(),
            message: match outcome {
                ActionStatus::Doubled(_) => outcome.why(a.verb.as_str()),
                _ => outcome.message().map(str::to_owned),
            },
            unverified: match outcome {
                ActionStatus::Unverified(paths) => paths.clone(),
                _ => Vec::new(),
            },
        })
        .collect();
    ApplyOutput {
        format_version: FORMAT_VERSION,
        gatewright_version: VERSION,
        tenant: tenant(plan),
        summary: summary(plan),
        results,
        complete: report.is_complete(),
        interrupted: report.interrupted,
        verification_error: report.verification_error.clone(),
        journal_error: report.journal_error.clone(),
        notices: plan.notices.iter().map(finding).collect(),
    }
}

/// Findings.
pub fn findings(list: &[Finding]) -> FindingsOutput {
    checked(list, &[])
}

/// Findings, and those that comments took back.
pub fn checked(list: &[Finding], allowed: &[Allowed]) -> FindingsOutput {
    FindingsOutput {
        format_version: FORMAT_VERSION,
        gatewright_version: VERSION,
        valid: !crate::finding::has_errors(list),
        findings: list.iter().map(finding).collect(),
        allowed: allowed
            .iter()
            .map(|allowed| AllowedOutput {
                finding: finding(&allowed.finding),
                reason: allowed.reason.clone(),
                comment_line: allowed.place.line,
            })
            .collect(),
    }
}

/// A value as JSON text with a line break at its end.
pub fn text<T: Serialize>(value: &T) -> String {
    // These shapes hold strings, numbers, lists and maps with text keys.
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}
