//! What came of one tenant: the line of JSON that a machine writes and `merge` reads.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::apply::{ActionStatus, RunReport};
use crate::finding::{Code, Finding, Severity};
use crate::plan::weakening::Class;
use crate::plan::{Action, Plan, Verb};

/// The version of the lines. A minor version adds members, a major one may change them.
pub const FLEET_FORMAT: &str = "1.0";

/// What a command did, or found, in one tenant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "gatewright: one tenant of many")]
pub struct TenantResult {
    /// The version of this format.
    pub format_version: String,
    /// The command, such as `plan`.
    pub command: String,
    /// The tenant's name in `gatewright.yaml`.
    pub tenant: String,
    /// Its labels.
    #[serde(default)]
    pub labels: Vec<String>,
    /// The exit code that the command has for this tenant alone.
    pub exit_code: u8,
    /// The numbers of the table.
    pub summary: FleetSummary,
    /// The objects that are, or were, changed.
    #[serde(default)]
    pub changes: Vec<FleetChange>,
    /// What stopped the command, what guards refused, and what is worth knowing.
    #[serde(default)]
    pub findings: Vec<FleetFinding>,
    /// What the command answers with `--format json` for this tenant alone.
    #[serde(default)]
    pub result: Option<Value>,
}

/// The numbers of one tenant. What a command does not count is null.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct FleetSummary {
    /// Objects that are created; of `drift`, those that the tenant lacks.
    pub create: Option<u64>,
    /// Objects that are changed; of `drift`, those that differ.
    pub change: Option<u64>,
    /// Objects that are deleted; of `drift`, those that should not be there.
    pub delete: Option<u64>,
    /// What the whole does to sign-ins, in a word: `equal`, `stricter`, `looser`, `incomparable`,
    /// `open`, or `lockout` if somebody can get in nowhere any more.
    pub effect: Option<String>,
    /// How many things guards refused.
    pub guards: Option<u64>,
    /// Manifests that were checked, or policies that a report shows.
    pub objects: Option<u64>,
    /// Claims that hold.
    pub passed: Option<u64>,
    /// Claims that fail.
    pub failed: Option<u64>,
    /// Claims that are open.
    pub open: Option<u64>,
    /// Users or detections that were found.
    pub found: Option<u64>,
    /// Warnings.
    pub warnings: u64,
    /// Errors.
    pub errors: u64,
    /// The file that was written.
    pub file: Option<String>,
}

/// One object that is, or was, changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FleetChange {
    /// `create`, `update` or `delete`.
    pub action: String,
    /// The kind.
    pub kind: String,
    /// The name.
    pub name: String,
    /// The properties that differ, as dotted paths.
    #[serde(default)]
    pub changes: Vec<String>,
    /// `stronger`, `weaker`, `neutral` or `unknown`.
    #[serde(default)]
    pub effect: Option<String>,
    /// How it ended, such as `done` or `failed`; null where nothing was written.
    #[serde(default)]
    pub outcome: Option<String>,
    /// Why it did not end as it should.
    #[serde(default)]
    pub message: Option<String>,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FleetFinding {
    /// `error`, `warning`, or `refused` for what a guard refused.
    pub severity: String,
    /// The code, such as `unknown-property`, or the guard's id.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// The file, line and column.
    #[serde(default)]
    pub place: Option<String>,
    /// How to fix it.
    #[serde(default)]
    pub help: Option<String>,
}

impl FleetFinding {
    /// A finding that is an error or a warning.
    fn of(finding: &Finding) -> Option<FleetFinding> {
        let severity = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Hint => return None,
        };
        Some(FleetFinding {
            severity: severity.to_owned(),
            code: finding.label(),
            message: finding.message.clone(),
            place: finding.place.as_ref().map(|place| place.to_string()),
            help: finding.help.clone(),
        })
    }

    /// An error that is no finding.
    pub fn error(message: String) -> FleetFinding {
        FleetFinding {
            severity: "error".to_owned(),
            code: "failed".to_owned(),
            message,
            place: None,
            help: None,
        }
    }
}

/// What a command has to tell of one tenant, but for its exit code.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// The numbers.
    pub summary: FleetSummary,
    /// The objects that are, or were, changed.
    pub changes: Vec<FleetChange>,
    /// What is worth knowing.
    pub findings: Vec<FleetFinding>,
}

impl Tally {
    /// What there is to tell of a plan.
    pub fn of_plan(plan: &Plan) -> Tally {
        let counts = plan.summary();
        let refused = plan.guards.iter().filter(|one| one.refuses());
        let refused: Vec<FleetFinding> = refused
            .map(|one| FleetFinding {
                severity: "refused".to_owned(),
                code: one.guard.as_str().to_owned(),
                ..FleetFinding::of(&one.finding)
                    .unwrap_or_else(|| FleetFinding::error(String::new()))
            })
            .collect();
        let mut tally = Tally {
            summary: FleetSummary {
                create: Some(counts.create as u64),
                change: Some(counts.update as u64),
                delete: Some(counts.delete as u64),
                effect: effect(plan),
                guards: Some(refused.len() as u64),
                ..FleetSummary::default()
            },
            changes: plan.actions.iter().map(change).collect(),
            findings: refused,
        };
        tally.adds(&plan.notices);
        tally
    }

    /// The same while nothing of it was written.
    #[must_use]
    pub fn unwritten(mut self) -> Tally {
        self.summary.create = Some(0);
        self.summary.change = Some(0);
        self.summary.delete = Some(0);
        self
    }

    /// What there is to tell of a run: of each object, how it ended.
    pub fn of_run(plan: &Plan, report: &RunReport) -> Tally {
        let mut tally = Tally::of_plan(plan);
        let done = |verb| {
            let of_verb = plan.actions.iter().zip(&report.outcomes);
            let done = of_verb.filter(|(action, (end, _))| action.verb == verb && end.is_written());
            Some(done.count() as u64)
        };
        tally.summary.create = done(Verb::Create);
        tally.summary.change = done(Verb::Update);
        tally.summary.delete = done(Verb::Delete);
        let ends = plan.actions.iter().zip(&report.outcomes);
        for (change, (action, (end, _))) in tally.changes.iter_mut().zip(ends) {
            change.outcome = Some(end.as_str().to_owned());
            change.message = end.why(action.verb.as_str());
            if *end != ActionStatus::Done {
                tally.summary.errors += 1;
            }
        }
        for error in [&report.verification_error, &report.journal_error]
            .into_iter()
            .flatten()
        {
            tally.summary.errors += 1;
            tally.findings.push(FleetFinding::error(error.clone()));
        }
        tally
    }

    /// Adds findings.
    pub fn adds(&mut self, findings: &[Finding]) {
        let of_guards = |finding: &&Finding| {
            let known = self.findings.iter().filter(|one| one.severity == "refused");
            let mut known = known.map(|one| &one.message);
            finding.code != Code::Guard || !known.any(|message| *message == finding.message)
        };
        let findings: Vec<&Finding> = findings.iter().filter(of_guards).collect();
        for finding in findings.into_iter().filter_map(FleetFinding::of) {
            match finding.severity.as_str() {
                "error" => self.summary.errors += 1,
                _ => self.summary.warnings += 1,
            }
            self.findings.push(finding);
        }
    }
}

/// What a plan does to sign-ins, in a word.
fn effect(plan: &Plan) -> Option<String> {
    if let Some(effect) = &plan.sign_ins {
        return Some(match (&effect.shut_out, effect.verdict) {
            (Some(_), _) => "lockout".to_owned(),
            (None, verdict) => verdict.as_str().to_owned(),
        });
    }
    match plan.is_empty() {
        true => None,
        // Nothing that decides about sign-ins is touched.
        false
            if plan
                .actions
                .iter()
                .all(|action| class(action) == Class::Neutral) =>
        {
            Some("equal".to_owned())
        }
        false => Some("open".to_owned()),
    }
}

fn class(action: &Action) -> Class {
    action
        .effect
        .as_ref()
        .map_or(Class::Unknown, |effect| effect.class)
}

fn change(action: &Action) -> FleetChange {
    FleetChange {
        action: action.verb.as_str().to_owned(),
        kind: action.kind.as_str().to_owned(),
        name: action.name.clone(),
        changes: action.changes.clone(),
        effect: action
            .effect
            .as_ref()
            .map(|effect| effect.class.as_str().to_owned()),
        outcome: None,
        message: None,
    }
}

/// How grave an exit code is, for the gravest of many: partly applied before an error, a refusal,
/// a stale plan, pending changes.
pub fn gravity(exit_code: u8) -> u8 {
    match exit_code {
        0 => 0,
        2 => 1,
        4 => 2,
        3 => 3,
        5 => 5,
        _ => 4,
    }
}

/// The gravest of exit codes.
pub fn gravest(codes: impl IntoIterator<Item = u8>) -> u8 {
    codes
        .into_iter()
        .max_by_key(|code| gravity(*code))
        .unwrap_or(0)
}
