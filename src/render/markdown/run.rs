//! The report of a run, for the summary of a job: what was done, and first of all what was not.

use std::fmt::Write as _;

use super::{Fold, NOTES, VERDICTS, code, list, manifest, notes, rows, sentence, verb, with_diffs};
use crate::apply::{ActionStatus, RunReport};
use crate::plan::{Action, Plan, Verb};
use crate::render::human;
use crate::render::plan::ShownAction;
use crate::render::review::Review;

/// The report of a run, and what the guards said before it.
pub fn run(plan: &Plan, report: &RunReport) -> String {
    let all: Vec<(&Action, &ActionStatus)> = plan
        .actions
        .iter()
        .zip(report.outcomes.iter().map(|(outcome, _)| outcome))
        .collect();
    let done = all
        .iter()
        .all(|(_, outcome)| **outcome == ActionStatus::Done);
    let heading = match (report.is_complete(), done, report.wrote) {
        (true, ..) => "Applied to",
        (_, true, _) => "Applied and not verified:",
        (_, _, true) => "Partly applied to",
        (_, _, false) => "Not applied to",
    };
    let mut head = format!("## {heading} {}\n\n", code(&human::tenant(plan)));
    match all.is_empty() {
        true => head.push_str("**No changes.**\n"),
        false => {
            let _ = writeln!(head, "**{}.**", human::counts(plan, report));
        }
    }
    let mut body = String::new();
    for (said, error) in [
        (
            "The tenant could not be read again",
            &report.verification_error,
        ),
        ("The journal could not be written", &report.journal_error),
    ] {
        if let Some(error) = error {
            let _ = writeln!(body, "\n**{said}:** {}", sentence(error));
        }
    }
    let open: Vec<String> = (all.iter())
        .filter(|(_, outcome)| **outcome != ActionStatus::Done)
        .map(|(action, outcome)| undone(action, outcome))
        .collect();
    body.push_str(&list("### Not as planned", open, VERDICTS));
    body.push_str(&table(&all));
    let review = Review::of(plan);
    let verdicts = review.remarks(&[]);
    let mut tail = list(
        "### Guards",
        verdicts.iter().map(super::line).collect(),
        NOTES,
    );
    tail.push_str(&notes(plan));
    let fold = |(action, outcome): &(&Action, &ActionStatus)| {
        let said = said(action, outcome);
        Fold::of(&ShownAction::of(plan, action), &[], &said, &action.reason)
    };
    let whole = "The journal of the run has all of it: `gatewright runs show latest`.";
    with_diffs([head, body, tail], &all, fold, whole)
}

fn said(action: &Action, outcome: &ActionStatus) -> String {
    let done = match action.verb {
        Verb::Create => "created",
        Verb::Update => "changed",
        Verb::Delete => "deleted",
    };
    match outcome {
        ActionStatus::Done => done.to_owned(),
        other => format!("{}: {}", other.as_str(), verb(action.verb)),
    }
}

fn undone(action: &Action, outcome: &ActionStatus) -> String {
    let why = match outcome.why(action.verb.as_str()) {
        Some(why) => format!(": {}", sentence(&why)),
        None => String::new(),
    };
    format!(
        "- **{}** {} {} {}{why}\n",
        outcome.as_str(),
        verb(action.verb),
        action.kind,
        code(&action.name)
    )
}

fn table(all: &[(&Action, &ActionStatus)]) -> String {
    if all.is_empty() {
        return String::new();
    }
    let head = "| Outcome | Action | Kind | Name | Manifest |\n| --- | --- | --- | --- | --- |\n";
    let row = |(action, outcome): &(&Action, &ActionStatus)| {
        format!(
            "| {} | {} | {} | {} | {} |\n",
            outcome.as_str(),
            verb(action.verb),
            action.kind,
            code(&action.name),
            manifest(action)
        )
    };
    let (mut out, shown) = rows("### Changes", head, all, row);
    let rest = all.len() - shown;
    if rest > 0 {
        let _ = writeln!(out, "\n**And {rest} more, left out here.**");
    }
    out
}
