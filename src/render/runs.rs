//! Runs, for people: a row each, and one with what it did.

use std::fmt::Write as _;

use anstyle::Style;
use serde_json::Value;

use super::human::{BOLD, DIM, GREEN, RED, paint, to_yaml};
use super::hunks;
use super::table::{TableCell, TableColumn, plain, roomy, table, whole, wrapping};
use super::times::moment;
use crate::apply::journal::{self, Done, RunRecord};
use crate::model::Kind;
use crate::plan::{Plan, Verb};
use crate::text::visible;

/// How many actions of a run did what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RunCounts {
    /// Objects that were created.
    pub created: usize,
    /// Objects that were changed.
    pub changed: usize,
    /// Objects that were deleted.
    pub deleted: usize,
    /// Users about whose risk was decided, or who got a password.
    pub users: usize,
    /// Actions of which it is not known whether they were done.
    pub unknown: usize,
    /// Actions that did not come to their end.
    pub left: usize,
}

impl RunCounts {
    /// Those of a run.
    pub fn of(run: &RunRecord) -> RunCounts {
        let mut counts = RunCounts::default();
        for done in &run.actions {
            let unknown = match &done.outcome {
                Some(outcome) => outcome == "unknown",
                None => done.unknown,
            };
            let count = match (done.wrote, journal::verb(&done.head.verb)) {
                (true, _) if unknown => &mut counts.unknown,
                (false, _) => &mut counts.left,
                (true, Some(Verb::Create)) => &mut counts.created,
                (true, Some(Verb::Update)) => &mut counts.changed,
                (true, Some(Verb::Delete)) => &mut counts.deleted,
                (true, None) => &mut counts.users,
            };
            *count += 1;
        }
        counts
    }

    fn words(self) -> String {
        let users = if self.users == 1 { "user" } else { "users" };
        let parts: Vec<String> = [
            (self.created, "created"),
            (self.changed, "changed"),
            (self.deleted, "deleted"),
            (self.users, users),
            (self.unknown, "unknown"),
            (self.left, "not done"),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
        match parts.is_empty() {
            true => "nothing".to_owned(),
            false => parts.join(", "),
        }
    }
}

/// A commit in few digits.
fn short(commit: &str) -> String {
    let id: String = commit.chars().take(12).collect();
    match commit.strip_suffix("-dirty") {
        Some(_) => format!("{}-dirty", visible(&id, false)),
        None => visible(&id, false),
    }
}

/// A list of runs, a row each, for a screen of this width.
pub fn runs(list: &[RunRecord], width: Option<usize>) -> String {
    let said = |text: &Option<String>| {
        text.as_deref()
            .map_or_else(|| "-".to_owned(), |t| visible(t, false))
    };
    let rows: Vec<Vec<TableCell>> = list
        .iter()
        .map(|run| {
            let style = match run.complete {
                Some(true) => GREEN,
                _ => RED,
            };
            vec![
                (visible(&run.run, false), Style::new().bold()),
                plain(moment(&run.time)),
                plain(visible(&run.command, false)),
                (run.state().to_owned(), style),
                plain(RunCounts::of(run).words()),
                plain(said(&run.by)),
                plain(visible(&run.tenant, false)),
                plain(run.commit.as_deref().map_or_else(|| "-".to_owned(), short)),
            ]
        })
        .collect();
    const COLUMNS: [TableColumn; 8] = [
        whole("RUN", 0),
        // The name of a run begins with it.
        whole("TIME", 3),
        wrapping("COMMAND", 0),
        whole("STATE", 0),
        wrapping("WHAT", 0),
        wrapping("BY", 1),
        whole("TENANT", 2),
        whole("COMMIT", 4),
    ];
    table(&COLUMNS, &rows, width).noted("`--format json` has everything.")
}

/// What one run did, for a screen of this width; with `sides` also in what each object changed.
pub fn run(run: &RunRecord, sides: bool, width: Option<usize>) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{} {} on {} at {}: {}, {}",
        paint(BOLD, &visible(&run.run, false)),
        visible(&run.command, false),
        visible(&run.tenant, false),
        moment(&run.time),
        run.state(),
        RunCounts::of(run).words(),
    );
    for (what, said) in [
        ("by", run.by.clone()),
        ("from the commit", run.commit.clone()),
        ("by the saved plan", run.plan.clone()),
        (
            "let through with --allow:",
            (!run.allowed.is_empty()).then(|| run.allowed.join(", ")),
        ),
    ] {
        if let Some(said) = said {
            let _ = writeln!(out, "  {what} {}", visible(&said, false));
        }
    }
    const COLUMNS: [TableColumn; 5] = [
        whole("RESULT", 0),
        whole("ACTION", 0),
        whole("KIND", 1),
        roomy("NAME", 0, 30),
        whole("ID", 2),
    ];
    let rows: Vec<Vec<TableCell>> = run.actions.iter().map(row).collect();
    let made = table(&COLUMNS, &rows, width);
    out.push('\n');
    out.push_str(&made.heading);
    for (number, (done, row)) in run.actions.iter().zip(&made.rows).enumerate() {
        if number > 0 {
            out.push_str(made.between);
        }
        out.push_str(row);
        if let Some(message) = &done.message {
            let _ = writeln!(out, "    {}", visible(message, false));
        }
        if sides {
            out.push_str(&differences(run, done));
        }
    }
    out.push_str(&made.note("`--format json` has everything."));
    out
}

fn row(done: &Done) -> Vec<TableCell> {
    let state = match (&done.outcome, done.unknown, done.wrote, done.begun) {
        (Some(outcome), ..) => outcome.as_str(),
        (None, true, ..) => "not known",
        (None, _, true, _) => "written",
        (None, _, _, true) => "begun",
        _ => "not reached",
    };
    let style = match state {
        "done" => Style::new(),
        _ => RED,
    };
    let id = done.head.id.as_ref().or(done.created.as_ref());
    vec![
        (visible(state, false), style),
        // As a plan calls it.
        plain(match journal::verb(&done.head.verb) {
            Some(Verb::Update) => "change".to_owned(),
            _ => visible(&done.head.verb, false),
        }),
        plain(done.head.kind.object().map_or("user", Kind::short)),
        plain(visible(&done.head.name, false)),
        (
            id.map_or_else(|| "-".to_owned(), |id| visible(id, false)),
            DIM,
        ),
    ]
}

/// In what an action changed its object.
fn differences(run: &RunRecord, done: &Done) -> String {
    match shown(run, done) {
        Some((before, after)) => hunks::human(&to_yaml(&before), &to_yaml(&after)),
        None => {
            let told = "    # the journal does not say what changed";
            paint(DIM, told) + "\n"
        }
    }
}

/// Both sides of an action, with names.
pub(super) fn shown(run: &RunRecord, done: &Done) -> Option<(Value, Value)> {
    let (before, after) = done.head.sides.as_ref()?;
    let kind = done.head.kind.object()?;
    let names = Plan {
        names: run.names.clone(),
        ..Plan::default()
    };
    Some((names.named(kind, before), names.named(kind, after)))
}
