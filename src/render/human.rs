//! Reports for people, and what all texts for people share: what is made in green, changed in
//! yellow, deleted in red; names, not ids.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use serde_json::Value;

use super::table::{TableCell, TableColumn, plain, roomy, table, whole};
use crate::apply::{ActionStatus, RunReport};
use crate::finding::Place;
use crate::plan::{Action, Plan, Verb};
use crate::text::{few, visible};

pub(super) const GREEN: Style = AnsiColor::Green.on_default();
pub(super) const YELLOW: Style = AnsiColor::Yellow.on_default();
pub(super) const RED: Style = AnsiColor::Red.on_default();
pub(super) const BOLD: Style = Style::new().bold();
pub(super) const DIM: Style = Style::new().dimmed();

pub(super) fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

fn style_of(verb: Verb) -> Style {
    match verb {
        Verb::Create => GREEN,
        Verb::Update => YELLOW,
        Verb::Delete => RED,
    }
}

/// The tenant, as a heading names it.
pub fn tenant(plan: &Plan) -> String {
    let organization = &plan.organization;
    let own = visible(&plan.tenant, false);
    let name = visible(&organization.display_name, false);
    match (name.as_str(), organization.default_domain.as_str()) {
        ("", "") => own,
        (name, "") => format!("{own} ({name})"),
        (_, domain) => format!("{own} ({name}, {})", visible(domain, false)),
    }
}

/// What is in the tenant, not in the project, and outside of its scope: a line for each kind.
pub(super) fn unmanaged(plan: &Plan, heading: &str) -> String {
    const MOST: usize = 10;
    let mut out = String::new();
    for (kind, names) in &plan.unmanaged {
        let shown = names
            .iter()
            .map(|name| format!("\"{}\"", visible(name, false)));
        let shown = few(shown, MOST);
        let _ = writeln!(out, "{heading}: {} {kind}: {shown}", names.len());
    }
    out
}

/// The first line on an action's object: what about it, and where its manifest stands.
pub(super) fn headline(style: Style, heading: &str, action: &Action) -> String {
    let at = |p: &Place| format!("{}:{}", visible(&p.file.name, false), p.line);
    let place = action.place.as_ref().map_or_else(String::new, |p| {
        let patches: Vec<String> = p
            .beside
            .iter()
            .flat_map(|all| all.iter())
            .map(|(patch, _)| at(patch))
            .collect();
        match patches.is_empty() {
            true => format!("  {}", at(p)),
            false => format!("  {}, patched by {}", at(p), patches.join(", ")),
        }
    });
    format!("{}{}\n", paint(style.bold(), heading), paint(DIM, &place))
}

/// JSON as YAML, as a person would write it.
pub fn to_yaml(value: &Value) -> String {
    if value.is_null() {
        return String::new();
    }
    let text = serde_yaml::to_string(value).unwrap_or_else(|_| value.to_string());
    visible(&text, true)
}

/// What a run did: a row for each action, why it did not end as it should, and the counts.
pub fn report(plan: &Plan, report: &RunReport, width: Option<usize>) -> String {
    const COLUMNS: [TableColumn; 4] = [
        whole("RESULT", 0),
        whole("KIND", 1),
        roomy("NAME", 0, 30),
        whole("ID", 2),
    ];
    let all = plan.actions.iter().zip(&report.outcomes);
    let rows: Vec<Vec<TableCell>> = all.clone().map(row).collect();
    let made = table(&COLUMNS, &rows, width);
    let mut out = made.heading.clone();
    for (number, ((action, (outcome, _)), row)) in all.zip(&made.rows).enumerate() {
        if number > 0 {
            out.push_str(made.between);
        }
        out.push_str(row);
        if let Some(why) = outcome.why(action.verb.as_str()) {
            let _ = writeln!(out, "    {}", visible(&why, false));
        }
    }
    out.push_str(&made.note("`gatewright runs show latest --format json` has everything."));
    if let Some(error) = &report.verification_error {
        let _ = writeln!(
            out,
            "\n{} the tenant could not be read again: {}",
            paint(RED, "Not verified:"),
            visible(error, false)
        );
    }
    if let Some(error) = &report.journal_error {
        let _ = writeln!(
            out,
            "\n{} {}",
            paint(RED, "The journal could not be written:"),
            visible(error, false)
        );
    }
    let line = format!("Applied: {}", counts(plan, report));
    let _ = writeln!(out, "\n{}", paint(BOLD, &line));
    out
}

/// An action, and what became of it.
type Ended<'a> = (&'a Action, &'a (ActionStatus, Option<String>));

fn row((action, (outcome, id)): Ended<'_>) -> Vec<TableCell> {
    let word = match (outcome, action.verb) {
        (ActionStatus::Done, Verb::Create) => "created",
        (ActionStatus::Done, Verb::Update) => "changed",
        (ActionStatus::Done, Verb::Delete) => "deleted",
        (other, _) => other.as_str(),
    };
    let style = match outcome {
        ActionStatus::Done => style_of(action.verb),
        _ => RED,
    };
    vec![
        (word.to_owned(), style),
        plain(action.kind.short()),
        plain(visible(&action.name, false)),
        (id.clone().unwrap_or_else(|| "-".to_owned()), DIM),
    ]
}

/// What a run did, in numbers.
pub(super) fn counts(plan: &Plan, report: &RunReport) -> String {
    let count = |verb: Verb| {
        plan.actions
            .iter()
            .zip(&report.outcomes)
            .filter(|(a, (o, _))| a.verb == verb && o.is_written())
            .count()
    };
    let unknown = (report.outcomes.iter())
        .filter(|(o, _)| matches!(o, ActionStatus::Unknown(_)))
        .count();
    let left = report
        .outcomes
        .iter()
        .filter(|(o, _)| !o.is_written())
        .count()
        - unknown;
    let mut line = format!(
        "{} created, {} changed, {} deleted",
        count(Verb::Create),
        count(Verb::Update),
        count(Verb::Delete)
    );
    if unknown > 0 {
        let _ = write!(line, "; {unknown} unknown");
    }
    // Created, and not filled or set as it should be.
    let in_part = (plan.actions.iter().zip(&report.outcomes))
        .filter(|(action, (outcome, id))| {
            let ended = outcome.is_written() || matches!(outcome, ActionStatus::Unknown(_));
            action.verb == Verb::Create && action.id.is_none() && id.is_some() && !ended
        })
        .count();
    if in_part > 0 {
        let _ = write!(line, "; {in_part} created in part");
    }
    if left > in_part {
        let _ = write!(line, "; {} not done", left - in_part);
    }
    if left > 0 && report.journal_error.is_some() {
        line.push_str("; stopped, because the journal cannot be written");
    }
    if report.interrupted {
        line.push_str("; stopped on request; the next apply continues from here");
    }
    line
}
