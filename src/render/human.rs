//! Plans and reports for people: what is made in green, changed in yellow with a diff,
//! deleted in red; names, not ids.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use serde_json::Value;
use similar::{ChangeTag, TextDiff};

use crate::apply::{ActionStatus, RunReport};
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

fn style_of(verb: Verb) -> (Style, &'static str) {
    match verb {
        Verb::Create => (GREEN, "+"),
        Verb::Update => (YELLOW, "~"),
        Verb::Delete => (RED, "-"),
    }
}

fn verb_word(verb: Verb) -> &'static str {
    match verb {
        Verb::Create => "create",
        Verb::Update => "change",
        Verb::Delete => "delete",
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

/// A whole plan.
pub fn plan(plan: &Plan) -> String {
    let mut out = String::new();
    for action in &plan.actions {
        out.push_str(&self::action(plan, action));
        out.push('\n');
    }
    out.push_str(&super::sign_ins::human(plan));
    out.push_str(&super::guards::guards(&plan.guards));
    out.push_str(&super::findings::notices(&plan.notices));
    out.push_str(&summary(plan));
    out
}

/// The last line of a plan, and what is left alone.
pub fn summary(plan: &Plan) -> String {
    let summary = plan.summary();
    let mut out = String::new();
    let unmanaged = unmanaged(plan, "Left alone, without a manifest");
    if plan.is_empty() && plan.destroys {
        let line = format!(
            "Nothing to destroy: no object of the manifests exists in {}.",
            tenant(plan)
        );
        let _ = writeln!(out, "{}", paint(BOLD, &line));
        return out;
    }
    if plan.is_empty() {
        let line = match summary.unchanged {
            1 => format!(
                "No changes. 1 object in {} is as its manifest says.",
                tenant(plan)
            ),
            n => format!(
                "No changes. {n} objects in {} are as their manifests say.",
                tenant(plan)
            ),
        };
        let _ = writeln!(out, "{}", paint(BOLD, &line));
        out.push_str(&unmanaged);
        return out;
    }
    out.push_str(&unmanaged);
    let _ = writeln!(
        out,
        "{}",
        paint(
            BOLD,
            &format!(
                "Plan: {} to create, {} to change, {} to delete",
                summary.create, summary.update, summary.delete
            )
        )
    );
    out
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
    let place = action.place.as_ref().map_or_else(String::new, |p| {
        format!("  {}:{}", visible(&p.file.name, false), p.line)
    });
    format!("{}{}\n", paint(style.bold(), heading), paint(DIM, &place))
}

/// One action: its heading and its body.
fn action(plan: &Plan, action: &Action) -> String {
    let (style, sign) = style_of(action.verb);
    let mut out = String::new();
    let heading = format!(
        "{sign} {} {} \"{}\"",
        verb_word(action.verb),
        action.kind,
        visible(&action.name, false)
    );
    out.push_str(&headline(style, &heading, action));
    let _ = writeln!(
        out,
        "{}",
        paint(DIM, &format!("    # {}", visible(&action.reason, false)))
    );
    if let Some(effect) = &action.effect {
        out.push_str(&super::guards::effect(effect));
    }
    let (before, after) = plan.shown(action);
    let (before, after) = (to_yaml(&before), to_yaml(&after));
    match action.verb {
        Verb::Create => {
            for line in after.lines() {
                let _ = writeln!(out, "{}", paint(GREEN, &format!("  + {line}")));
            }
        }
        Verb::Update => out.push_str(&diff(&before, &after)),
        Verb::Delete => {
            if let Some(id) = &action.id {
                let _ = writeln!(out, "{}", paint(DIM, &format!("    # id {id}")));
            }
            for line in before.lines() {
                let _ = writeln!(out, "{}", paint(RED, &format!("  - {line}")));
            }
        }
    }
    out
}

/// The lines that differ, with three lines around them and the changed words marked.
pub(super) fn diff(before: &str, after: &str) -> String {
    let mut out = String::new();
    let diff = TextDiff::from_lines(before, after);
    for (index, group) in diff.grouped_ops(3).iter().enumerate() {
        if index > 0 {
            let _ = writeln!(out, "{}", paint(DIM, "    ..."));
        }
        for op in group {
            for change in diff.iter_inline_changes(op) {
                let (style, sign) = match change.tag() {
                    ChangeTag::Delete => (RED, '-'),
                    ChangeTag::Insert => (GREEN, '+'),
                    ChangeTag::Equal => (DIM, ' '),
                };
                let mut line = paint(style, &format!("  {sign} "));
                for (emphasized, text) in change.iter_strings_lossy() {
                    let text = text.trim_end_matches('\n');
                    if text.is_empty() {
                        continue;
                    }
                    let style = if emphasized {
                        style.bold().underline()
                    } else {
                        style
                    };
                    line.push_str(&paint(style, text));
                }
                let _ = writeln!(out, "{line}");
            }
        }
    }
    out
}

/// JSON as YAML, as a person would write it.
pub fn to_yaml(value: &Value) -> String {
    if value.is_null() {
        return String::new();
    }
    let text = serde_yaml::to_string(value).unwrap_or_else(|_| value.to_string());
    visible(&text, true)
}

/// What a run did: a line for each action that needs one, and the counts.
pub fn report(plan: &Plan, report: &RunReport) -> String {
    let mut out = String::new();
    let width = plan
        .actions
        .iter()
        .map(|a| a.kind.as_str().len())
        .max()
        .unwrap_or(0);
    let names = plan
        .actions
        .iter()
        .map(|a| visible(&a.name, false).chars().count())
        .max()
        .unwrap_or(0)
        .min(60);
    for (action, (outcome, id)) in plan.actions.iter().zip(&report.outcomes) {
        let (style, _) = style_of(action.verb);
        let style = match outcome {
            ActionStatus::Done => style,
            _ => RED,
        };
        let word = match (outcome, action.verb) {
            (ActionStatus::Done, Verb::Create) => "created",
            (ActionStatus::Done, Verb::Update) => "changed",
            (ActionStatus::Done, Verb::Delete) => "deleted",
            (other, _) => other.as_str(),
        };
        let name = visible(&action.name, false);
        let line = format!(
            "  {}  {:<width$}  {name:<names$}  {}",
            paint(style, &format!("{word:<11}")),
            action.kind.as_str(),
            paint(DIM, id.as_deref().unwrap_or("-")),
        );
        let _ = writeln!(out, "{}", line.trim_end());
        if let Some(why) = outcome.why(action.verb.as_str()) {
            let _ = writeln!(out, "               {}", visible(&why, false));
        }
    }
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
        let _ = write!(line, "; {unknown} not known");
    }
    if left > 0 {
        let _ = write!(line, "; {left} not done");
    }
    if left > 0 && report.journal_error.is_some() {
        line.push_str("; stopped, since the journal cannot be written");
    }
    if report.interrupted {
        line.push_str("; stopped on request, the next apply goes on from here");
    }
    line
}
