//! A decision about risk, before and after it is carried out.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use schemars::JsonSchema;
use serde::Serialize;

use super::json::{RiskyUserOutput, user};
use super::table;
use crate::apply::{ActionStatus, RunReport};
use crate::render::json::FORMAT_VERSION;
use crate::risk::decision::DecisionPlan;
use crate::text::visible;

const BOLD: Style = Style::new().bold();
const RED: Style = AnsiColor::Red.on_default();
const GREEN: Style = AnsiColor::Green.on_default();

/// What is to be done, to whom, and why they are at risk.
pub fn plan(plan: &DecisionPlan, width: Option<usize>) -> String {
    let mut out = table::list(&plan.items, width);
    if !plan.left.is_empty() {
        out.push('\n');
    }
    for user in &plan.left {
        let name = visible(user.name(), false);
        let _ = match user.is_deleted {
            true => writeln!(out, "Left alone: {name} was deleted"),
            false => {
                let state = visible(&user.risk_state, false);
                writeln!(out, "Left alone: {name} is `{state}`")
            }
        };
    }
    let line = format!("Plan: {}", plan.decision.sentence(plan.items.len()));
    let _ = writeln!(out, "\n{BOLD}{line}{BOLD:#}");
    out
}

/// What became of it.
pub fn report(plan: &DecisionPlan, report: &RunReport) -> String {
    let mut out = String::from("\n");
    let mut done = 0;
    let mut told = None;
    for (item, (outcome, _)) in plan.items.iter().zip(&report.outcomes) {
        let (style, word) = match outcome {
            ActionStatus::Done => (GREEN, plan.decision.state()),
            other => (RED, other.as_str()),
        };
        done += usize::from(*outcome == ActionStatus::Done);
        let name = visible(item.user.name(), false);
        let _ = writeln!(out, "  {style}{word}{style:#}  {name}");
        // One request is about many users: why it failed is said once.
        let message = outcome.why(plan.decision.command());
        if let Some(message) = message.as_ref().filter(|_| message != told) {
            let _ = writeln!(out, "      {}", visible(message, false));
        }
        told = message;
    }
    for (what, why) in [
        ("Not verified:", &report.verification_error),
        ("The journal could not be written:", &report.journal_error),
    ] {
        if let Some(why) = why {
            let why = visible(why, false);
            let _ = writeln!(out, "\n{RED}{what}{RED:#} {why}");
        }
    }
    let mut line = format!("{done} of {} done and seen", plan.items.len());
    if report.interrupted {
        line.push_str("; stopped on request");
    }
    let _ = writeln!(out, "\n{BOLD}{line}{BOLD:#}");
    out
}

/// The answer of `risk dismiss`, `risk confirm-compromised` and `risk confirm-safe` with
/// `--format json`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RiskDecisionOutput {
    /// The version of this format.
    pub format_version: &'static str,
    /// The version of gatewright.
    pub gatewright_version: &'static str,
    /// The tenant's name in `gatewright.yaml`.
    pub tenant: String,
    /// `dismiss`, `confirm-compromised` or `confirm-safe`.
    pub decision: &'static str,
    /// The users whom it was about.
    pub users: Vec<DecidedOutput>,
    /// Selected users about whom there was nothing to decide.
    pub left_alone: Vec<RiskyUserOutput>,
    /// True when everything was done and seen.
    pub complete: bool,
    /// True when the run was stopped from outside.
    pub interrupted: bool,
    /// Why the tenant could not be read again; null when it was.
    pub verification_error: Option<String>,
    /// Why the journal could not be written to its end; null when it was.
    pub journal_error: Option<String>,
    /// The run's name in `gatewright runs`.
    pub run: Option<String>,
}

/// A user whom a decision was about, as the risk was before.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DecidedOutput {
    /// The user before.
    #[serde(flatten)]
    pub user: RiskyUserOutput,
    /// What was noticed and not settled, as riskEventType names it.
    pub why: Vec<String>,
    /// Whether it is a break-glass account.
    pub break_glass: bool,
    /// `done`, `unverified`, `unknown`, `failed` or `not reached`.
    pub outcome: &'static str,
    /// What more there is to say.
    pub message: Option<String>,
}

/// What became of a decision, for programs.
pub fn json(
    tenant: &str,
    plan: &DecisionPlan,
    report: &RunReport,
    run: Option<&str>,
) -> RiskDecisionOutput {
    RiskDecisionOutput {
        format_version: FORMAT_VERSION,
        gatewright_version: env!("CARGO_PKG_VERSION"),
        tenant: tenant.to_owned(),
        decision: plan.decision.command(),
        users: plan
            .items
            .iter()
            .zip(&report.outcomes)
            .map(|(item, (outcome, _))| DecidedOutput {
                user: user(&item.user),
                why: item.why.iter().map(|(kind, _)| kind.clone()).collect(),
                break_glass: item.break_glass,
                outcome: outcome.as_str(),
                message: outcome.why(plan.decision.command()),
            })
            .collect(),
        left_alone: plan.left.iter().map(user).collect(),
        complete: report.is_complete(),
        interrupted: report.interrupted,
        verification_error: report.verification_error.clone(),
        journal_error: report.journal_error.clone(),
        run: run.map(str::to_owned),
    }
}
