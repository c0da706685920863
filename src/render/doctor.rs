//! What doctor found, for people, for programs and for an issue.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::escape::{markdown_code, markdown_sentence};
use super::json::FORMAT_VERSION;
use crate::doctor::{Probe, UNASKED};
use crate::model::learnt::mark_of;
use crate::text::{counted, visible};

const BOLD: Style = Style::new().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const DIM: Style = Style::new().dimmed();

/// The answer of `doctor --format json`, and the file that `--report` writes and `facts` names.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DoctorOutput {
    /// The version of this format.
    pub format_version: &'static str,
    /// The version of gatewright.
    pub gatewright_version: &'static str,
    /// When it was asked (RFC 3339).
    pub time: String,
    /// What the tenant is told by, without its id; null for a sandbox.
    pub tenant: Option<String>,
    /// Whether things were tried by writing.
    pub wrote: bool,
    /// The questions with their answers.
    pub probes: Vec<Probe>,
}

impl DoctorOutput {
    /// A report of these probes.
    pub fn new(tenant_id: Option<&str>, wrote: bool, probes: Vec<Probe>) -> DoctorOutput {
        DoctorOutput {
            format_version: FORMAT_VERSION,
            gatewright_version: env!("CARGO_PKG_VERSION"),
            time: jiff::Timestamp::now().to_string(),
            tenant: tenant_id.map(mark_of),
            wrote,
            probes,
        }
    }

    fn open(&self) -> usize {
        self.probes.iter().filter(|probe| probe.is_open()).count()
    }
}

/// An answer as a text.
fn answer(value: &Value) -> String {
    match value {
        Value::Null => "open".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// For people.
pub fn human(report: &DoctorOutput) -> String {
    let mut out = String::new();
    let unasked: Vec<&str> = (report.probes.iter())
        .filter(|probe| probe.is_unasked())
        .map(|probe| probe.id)
        .collect();
    for probe in report.probes.iter().filter(|probe| !probe.is_unasked()) {
        let style = if probe.is_open() { YELLOW } else { BOLD };
        let _ = writeln!(out, "{BOLD}{}{BOLD:#}  {}", probe.id, probe.question);
        let said = answer(&probe.answer);
        let long = probe.answer.as_object().filter(|map| map.len() > 2);
        match long {
            None => {
                let _ = writeln!(out, "  {style}{}{style:#}", visible(&said, false));
            }
            Some(map) => {
                for (name, value) in map {
                    let text = visible(&row(value), false);
                    let _ = writeln!(out, "  {:<24} {text}", visible(name, false));
                }
            }
        }
        for line in &probe.evidence {
            let _ = writeln!(out, "  {DIM}{}{DIM:#}", visible(line, false));
        }
    }
    if !unasked.is_empty() {
        let _ = writeln!(out, "{BOLD}not asked{BOLD:#}  {UNASKED}");
        let _ = writeln!(out, "  {DIM}{}{DIM:#}", unasked.join(", "));
    }
    let _ = writeln!(out, "\n{}", summary(report));
    out
}

/// One member of an answer.
fn row(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let parts = map
                .iter()
                .map(|(name, value)| format!("{name}: {}", answer(value)));
            parts.collect::<Vec<_>>().join(", ")
        }
        Value::Array(list) if list.is_empty() => "nothing".to_owned(),
        Value::Array(list) => list.iter().map(answer).collect::<Vec<_>>().join("; "),
        other => answer(other),
    }
}

fn summary(report: &DoctorOutput) -> String {
    let open = report.open();
    let answered = report.probes.len() - open;
    let way = match (report.wrote, open) {
        (false, 1..) => "; `--write` on a test tenant answers more",
        _ => "",
    };
    format!(
        "{} answered, {open} open{way}.",
        counted(answered, "question")
    )
}

/// For an issue, or the summary of a job.
pub fn markdown(report: &DoctorOutput) -> String {
    let mut out = String::from("## Doctor\n\n");
    let _ = writeln!(out, "{}\n", summary(report));
    out.push_str("| probe | question | answer | evidence |\n| --- | --- | --- | --- |\n");
    for probe in &report.probes {
        let cell = |text: &str| markdown_sentence(text).replace('|', "\\|");
        let evidence: Vec<String> = probe.evidence.iter().map(|line| cell(line)).collect();
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {} |",
            probe.id,
            cell(probe.question),
            markdown_code(&answer(&probe.answer)),
            evidence.join("; ")
        );
    }
    out
}
