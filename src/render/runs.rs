//! Runs, for people: a row each, and one with what it did.

use std::fmt::Write as _;

use anstyle::Style;
use serde_json::Value;

use super::grid::{GridCell, GridColumn, grid, plain, whole, wrapping};
use super::human::{BOLD, DIM, GREEN, RED, paint, to_yaml};
use super::hunks;
use crate::apply::journal::{self, Done, RunRecord};
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
    /// Actions that did not come to their end.
    pub left: usize,
}

impl RunCounts {
    /// Those of a run.
    pub fn of(run: &RunRecord) -> RunCounts {
        let mut counts = RunCounts::default();
        for done in &run.actions {
            let count = match (done.wrote, journal::verb(&done.head.verb)) {
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
    let rows: Vec<Vec<GridCell>> = list
        .iter()
        .map(|run| {
            let style = match run.complete {
                Some(true) => GREEN,
                _ => RED,
            };
            vec![
                (visible(&run.run, false), Style::new().bold()),
                plain(visible(&run.command, false)),
                (run.state().to_owned(), style),
                plain(RunCounts::of(run).words()),
                plain(said(&run.by)),
                plain(visible(&run.tenant, false)),
                plain(run.commit.as_deref().map_or_else(|| "-".to_owned(), short)),
            ]
        })
        .collect();
    const COLUMNS: [GridColumn; 7] = [
        whole("RUN", 0),
        wrapping("COMMAND", 0),
        whole("STATE", 0),
        wrapping("WHAT", 0),
        wrapping("BY", 1),
        whole("TENANT", 2),
        whole("COMMIT", 3),
    ];
    grid(&COLUMNS, &rows, width)
}

/// What one run did; with `sides` also in what each object changed.
pub fn run(run: &RunRecord, sides: bool) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{} {} on {} at {}: {}, {}",
        paint(BOLD, &visible(&run.run, false)),
        visible(&run.command, false),
        visible(&run.tenant, false),
        visible(&run.time, false),
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
    for done in &run.actions {
        action(run, done, sides, &mut out);
    }
    out
}

fn action(run: &RunRecord, done: &Done, sides: bool, out: &mut String) {
    let state = match (&done.outcome, done.unknown, done.wrote, done.begun) {
        (Some(outcome), ..) => outcome.as_str(),
        (None, true, ..) => "not known",
        (None, _, true, _) => "written",
        (None, _, _, true) => "begun",
        _ => "not reached",
    };
    let id = done.head.id.as_ref().or(done.created.as_ref());
    let _ = writeln!(
        out,
        "  {:<11}  {:<6}  {} \"{}\"  {}",
        visible(state, false),
        visible(&done.head.verb, false),
        done.head.kind.as_str(),
        visible(&done.head.name, false),
        paint(
            DIM,
            &id.map_or_else(|| "-".to_owned(), |id| visible(id, false))
        ),
    );
    if let Some(message) = &done.message {
        let _ = writeln!(out, "               {}", visible(message, false));
    }
    if !sides {
        return;
    }
    match shown(run, done) {
        Some((before, after)) => {
            for line in hunks::human(&to_yaml(&before), &to_yaml(&after)).lines() {
                let _ = writeln!(out, "  {line}");
            }
        }
        None => {
            let _ = writeln!(
                out,
                "{}",
                paint(DIM, "      # the journal does not say what changed")
            );
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
