//! The matrix as a table: each cell a word, a colour and a shape.

use super::ReportRun;
use crate::report::matrix::{CellPart, CellResult, CellWord};
use crate::text::visible;

/// How many kinds of people a row names before it counts.
const PEOPLE: usize = 3;

/// The table.
pub(super) struct GridView {
    pub heads: Vec<GridHead>,
    pub rows: Vec<GridRow>,
    pub notes: Vec<String>,
    /// True where each cell is before and after.
    pub compares: bool,
}

/// A column.
pub(super) struct GridHead {
    pub title: String,
    pub said: String,
}

/// A row.
pub(super) struct GridRow {
    pub people: Vec<String>,
    /// Further ones, behind a fold.
    pub more: Vec<String>,
    pub cells: Vec<GridCell>,
}

/// What one kind of people gets in one situation.
pub(super) struct GridCell {
    pub parts: Vec<GridPart>,
    pub changes: bool,
}

/// What they get at some applications.
pub(super) struct GridPart {
    /// The applications; none: all the others.
    pub applications: Vec<String>,
    /// Before the change, where it is another result.
    pub before: Option<GridResult>,
    pub after: GridResult,
}

/// A result.
pub(super) struct GridResult {
    pub word: &'static str,
    pub class: &'static str,
    /// What is asked for, or what it depends on.
    pub detail: String,
    pub session: String,
    pub report_only: Option<Box<GridResult>>,
}

pub(super) fn view(run: &ReportRun<'_>) -> GridView {
    let matrix = &run.matrix;
    let heads = matrix.situations.iter().map(|one| GridHead {
        title: one.title.clone(),
        said: visible(&one.said, false),
    });
    let rows = matrix.rows.iter().map(|row| {
        let mut people: Vec<String> = row.people.iter().map(|one| visible(one, false)).collect();
        let more = people.split_off(people.len().min(PEOPLE));
        GridRow {
            people,
            more,
            cells: (row.cells.iter())
                .map(|cell| GridCell {
                    parts: cell.parts.iter().map(part).collect(),
                    changes: cell.parts.iter().any(CellPart::changes),
                })
                .collect(),
        }
    });
    GridView {
        heads: heads.collect(),
        rows: rows.collect(),
        notes: matrix.notes.iter().map(|one| visible(one, false)).collect(),
        compares: run.change.is_some(),
    }
}

fn part(part: &CellPart) -> GridPart {
    let names = part.applications.iter();
    let nothing = CellResult {
        word: CellWord::Depends,
        asks: Vec::new(),
        session: Vec::new(),
        by_device: false,
        missing: Vec::new(),
        report_only: None,
    };
    let before = part.got.first().filter(|_| part.changes());
    GridPart {
        applications: names.map(|name| visible(name, false)).collect(),
        before: before.map(result),
        after: result(part.got.last().unwrap_or(&nothing)),
    }
}

fn result(got: &CellResult) -> GridResult {
    let asks = got.asks.iter().map(|list| list.join(" or "));
    let mut detail = asks.collect::<Vec<_>>().join(" and ");
    if got.word == CellWord::Blocked && !detail.is_empty() {
        detail = format!("without {detail}");
    }
    if got.by_device {
        detail = format!("{detail} (the device does)");
    }
    if !got.missing.is_empty() {
        let missing = got.missing.join(", ");
        detail = match detail.is_empty() {
            true => format!("on {missing}"),
            false => format!("{detail}; more depends on {missing}"),
        };
    }
    GridResult {
        word: got.word.as_str(),
        class: match got.word {
            CellWord::Blocked => "block",
            CellWord::NobodyPasses => "stuck",
            CellWord::Asked => "ask",
            CellWord::Allowed => "allow",
            CellWord::Depends => "open",
        },
        detail: visible(&detail, false),
        session: visible(&got.session.join(", "), false),
        report_only: got.report_only.as_deref().map(result).map(Box::new),
    }
}
