//! The guards of a command: what is let through for one run, and what refuses a plan.

use clap::Args;
use clap::builder::{PossibleValue, TypedValueParser, ValueParserFactory};

use super::Exit;
use super::console::Console;
use super::session::Stopped;
use crate::finding::{Finding, RuleId, Severity};
use crate::manifest::guards::Guard;
use crate::plan::Plan;
use crate::plan::guard::GuardFinding;

/// What to let through for one run
#[derive(Debug, Clone, Default, Args)]
pub struct AllowArgs {
    /// Let this guard through for this run; repeatable. The journal records it
    #[arg(long = "allow", value_name = "GUARD_ID")]
    pub allow: Vec<Guard>,
    /// Accept changes that weaken protection: the same as `--allow weakening`
    #[arg(long)]
    pub allow_weakening: bool,
}

impl AllowArgs {
    /// The guards that are let through, each once.
    pub fn guards(&self) -> Vec<Guard> {
        let mut guards = self.allow.clone();
        guards.extend(self.allow_weakening.then_some(Guard::Weakening));
        guards.sort_unstable();
        guards.dedup();
        guards
    }
}

/// Reads the ids of guards, those that can be let through.
#[derive(Debug, Clone)]
pub struct GuardParser;

impl ValueParserFactory for Guard {
    type Parser = GuardParser;
    fn value_parser() -> GuardParser {
        GuardParser
    }
}

impl TypedValueParser for GuardParser {
    type Value = Guard;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<Guard, clap::Error> {
        let inner = clap::builder::PossibleValuesParser::new(possible());
        let text = inner.parse_ref(command, argument, value)?;
        // The parser above takes no other text.
        Guard::parse(&text).ok_or_else(|| clap::Error::new(clap::error::ErrorKind::InvalidValue))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(possible().into_iter()))
    }
}

fn possible() -> Vec<PossibleValue> {
    let allowable = Guard::ALL.iter().filter(|guard| !guard.is_absolute());
    allowable
        .map(|guard| PossibleValue::new(guard.as_str()).help(guard.row().summary))
        .collect()
}

/// Refuses a plan that a guard refuses. The plan itself was shown before.
///
/// # Errors
/// The findings of the guards that refuse.
pub fn enforce(plan: &Plan) -> Result<(), Stopped> {
    let refused: Vec<Finding> = plan
        .guards
        .iter()
        .filter(|verdict| verdict.refuses())
        .map(|verdict| verdict.finding.clone())
        .collect();
    match refused.is_empty() {
        true => Ok(()),
        false => Err(Stopped::Findings(refused)),
    }
}

/// How a command ends that findings stopped: refused where a guard is among them.
pub fn exit_of(findings: &[Finding]) -> Exit {
    let guard = |finding: &&Finding| {
        finding.severity == Severity::Error && matches!(finding.rule, Some(RuleId::Guard(_)))
    };
    match findings.iter().find(guard) {
        Some(_) => Exit::Refused,
        None => Exit::Error,
    }
}

/// Shows on stderr what refused the plan, and how it is let through.
pub fn explain(plan: &Plan, console: &Console, undone: &str) {
    let refusing: Vec<&GuardFinding> = plan.guards.iter().filter(|v| v.refuses()).collect();
    let mut ids: Vec<&str> = refusing.iter().map(|v| v.guard.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    let word = if ids.len() == 1 { "guard" } else { "guards" };
    console.warn(&format!(
        "Refused by the {word} {}; {undone}. `--allow GUARD_ID` lets a guard through for one run.",
        ids.join(", ")
    ));
}
