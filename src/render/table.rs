//! Tables for a terminal. Where not all columns have room, the cells of those that may take several
//! lines are broken at words, then the least important columns are left out; where that is not
//! enough each row is shown as a block.

use std::fmt::Write as _;

use anstyle::Style;

use super::wrap::{columns, lines};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// What stands between two columns.
const GAP: usize = 2;

/// How narrow a column gets whose cells may take several lines.
const LEAST: usize = 16;

/// How many rows are tried to find out how wide columns should be.
const SAMPLE: usize = 200;

/// One column.
pub(super) struct TableColumn<'a> {
    /// What stands above it.
    pub(super) title: &'a str,
    /// How soon it is left out where there is no room: those of 0 never, the highest first.
    pub(super) rank: u8,
    /// Whether its cells may take several lines.
    pub(super) wraps: bool,
    /// Its cells, which hold no colours. One that says nothing is `-`.
    pub(super) cells: Vec<(String, Style)>,
}

impl TableColumn<'_> {
    fn natural(&self) -> usize {
        let cells = self.cells.iter().map(|(text, _)| columns(text));
        cells.chain([columns(self.title)]).max().unwrap_or(0)
    }

    fn least(&self) -> usize {
        match self.wraps {
            true => self.natural().min(LEAST),
            false => self.natural(),
        }
    }

    /// A column that says nothing of anybody is none, unless it is never left out.
    fn is_empty(&self) -> bool {
        self.rank > 0
            && self
                .cells
                .iter()
                .all(|(text, _)| text == "-" || text.is_empty())
    }
}

/// A table as text.
#[derive(Default)]
pub(super) struct TableText {
    /// The titles of the columns; empty where it has none.
    pub(super) heading: String,
    /// The rows.
    pub(super) rows: Vec<String>,
    /// The titles of the columns that were left out.
    pub(super) left_out: Vec<String>,
}

impl TableText {
    /// All of it.
    pub(super) fn text(&self) -> String {
        format!("{}{}", self.heading, self.rows.concat())
    }
}

/// Some rows of a table, in columns as wide as all rows need, for a screen of this width (`None`:
/// as wide as it gets).
pub(super) fn table(all: Vec<TableColumn<'_>>, rows: &[usize], width: Option<usize>) -> TableText {
    let all: Vec<TableColumn<'_>> = all.into_iter().filter(|c| !c.is_empty()).collect();
    let kept = match width {
        None => vec![true; all.len()],
        Some(width) => match kept(&all, width) {
            Some(kept) => kept,
            None => return blocks(&all, rows, width),
        },
    };
    let (mut shown, mut left_out) = (Vec::new(), Vec::new());
    for (column, kept) in all.into_iter().zip(kept) {
        match kept {
            true => shown.push(column),
            false => left_out.push(column.title.to_lowercase()),
        }
    }
    let widths = widths(&shown, width);
    let titles: Vec<(&str, Style)> = shown.iter().map(|column| (column.title, BOLD)).collect();
    let cells = |index: &usize| {
        let cells = shown.iter().filter_map(|column| column.cells.get(*index));
        let cells: Vec<(&str, Style)> = cells.map(|(text, style)| (&**text, *style)).collect();
        row(&cells, &widths)
    };
    TableText {
        heading: row(&titles, &widths),
        rows: rows.iter().map(cells).collect(),
        left_out,
    }
}

/// How wide columns are together.
fn total(widths: impl Iterator<Item = usize>) -> usize {
    widths
        .map(|width| width + GAP)
        .sum::<usize>()
        .saturating_sub(GAP)
}

/// The columns that have room; `None` when not even those have that are never left out.
fn kept(all: &[TableColumn<'_>], width: usize) -> Option<Vec<bool>> {
    let mut kept: Vec<bool> = all.iter().map(|column| column.rank == 0).collect();
    let fits = |kept: &[bool]| {
        let chosen = all.iter().zip(kept).filter(|(_, kept)| **kept);
        total(chosen.map(|(column, _)| column.least())) <= width
    };
    if !fits(&kept) {
        return None;
    }
    let others = all.iter().enumerate().filter(|(_, column)| column.rank > 0);
    let mut others: Vec<_> = others.map(|(i, column)| (column.rank, i)).collect();
    others.sort_unstable();
    for (_, index) in others {
        let mut more = kept.clone();
        more.iter_mut()
            .skip(index)
            .take(1)
            .for_each(|kept| *kept = true);
        if fits(&more) {
            kept = more;
        }
    }
    Some(kept)
}

/// How wide each column is. Those that may take several lines share the room that is left.
fn widths(shown: &[TableColumn<'_>], width: Option<usize>) -> Vec<usize> {
    let mut widths: Vec<usize> = shown.iter().map(TableColumn::natural).collect();
    let Some(width) = width else {
        return widths;
    };
    let fixed = shown
        .iter()
        .zip(&widths)
        .filter(|(column, _)| !column.wraps);
    let gaps = GAP * shown.len().saturating_sub(1);
    let mut left = width.saturating_sub(fixed.map(|(_, width)| width).sum::<usize>() + gaps);
    let open = shown.iter().zip(widths.iter_mut());
    let mut open: Vec<(&TableColumn<'_>, &mut usize)> =
        open.filter(|(column, _)| column.wraps).collect();
    open.sort_by_key(|(_, width)| **width);
    let mut sharing = open.len();
    for (_, width) in &mut open {
        **width = (**width).min(left / sharing.max(1));
        left -= **width;
        sharing -= 1;
    }
    if let [(one, narrow), (other, broad)] = open.as_mut_slice() {
        // Not half each, where the rows are lower otherwise.
        let both = **narrow + **broad;
        let height = |narrow: usize| {
            let cells = one.cells.iter().zip(&other.cells).take(SAMPLE);
            let heights = cells
                .map(|((a, _), (b, _))| lines(a, narrow).len().max(lines(b, both - narrow).len()));
            heights.sum::<usize>()
        };
        let chosen = [one.natural(), both.saturating_sub(other.natural())];
        let chosen = chosen
            .into_iter()
            .filter(|n| *n >= LEAST && both >= n + LEAST);
        let best = chosen.min_by_key(|narrow| height(*narrow));
        if let Some(best) = best.filter(|best| height(*best) < height(**narrow)) {
            (**narrow, **broad) = (best, both - best);
        }
    }
    widths
}

/// One row, in as many lines as its tallest cell has.
fn row(cells: &[(&str, Style)], widths: &[usize]) -> String {
    let mut out = String::new();
    let broken: Vec<Vec<String>> = (cells.iter().zip(widths))
        .map(|((text, _), width)| lines(text, *width))
        .collect();
    let height = broken.iter().map(Vec::len).max().unwrap_or(0);
    for number in 0..height {
        let mut line = String::new();
        let mut blanks = 0;
        for (((_, style), width), lines) in cells.iter().zip(widths).zip(&broken) {
            let text = lines.get(number).map_or("", String::as_str);
            if !text.is_empty() {
                line.extend(std::iter::repeat_n(' ', blanks));
                let _ = write!(line, "{style}{text}{style:#}");
                blanks = 0;
            }
            blanks += (width + GAP).saturating_sub(columns(text));
        }
        let _ = writeln!(out, "{line}");
    }
    out
}

fn blocks(all: &[TableColumn<'_>], rows: &[usize], width: usize) -> TableText {
    let label = all.iter().map(|c| columns(c.title)).max().unwrap_or(0) + GAP;
    let block = |(number, index): (usize, &usize)| {
        let mut out = String::from(if number > 0 { "\n" } else { "" });
        for column in all {
            let Some((text, style)) = column.cells.get(*index) else {
                continue;
            };
            if column.rank > 0 && (text == "-" || text.is_empty()) {
                continue;
            }
            let broken = match column.wraps {
                true => lines(text, width.saturating_sub(label)),
                false => vec![text.clone()],
            };
            let mut title = column.title.to_lowercase();
            for text in broken {
                let _ = writeln!(out, "{DIM}{title:<label$}{DIM:#}{style}{text}{style:#}");
                title.clear();
            }
        }
        out
    };
    TableText {
        rows: rows.iter().enumerate().map(block).collect(),
        ..TableText::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table_of(width: Option<usize>) -> (String, Vec<String>) {
        let cells = |cells: &[&str]| {
            let cells = cells.iter().map(|text| ((*text).to_owned(), Style::new()));
            cells.collect::<Vec<_>>()
        };
        let column = |title, rank, wraps, texts: &[&str]| TableColumn {
            title,
            rank,
            wraps,
            cells: cells(texts),
        };
        let all = vec![
            column("ACTION", 0, false, &["change", "create"]),
            column("KIND", 1, false, &["policy", "group"]),
            column(
                "NAME",
                0,
                true,
                &[
                    "CA001 - Multifactor authentication for everybody",
                    "CA-Preview",
                ],
            ),
            column("NOTE", 2, false, &["-", "-"]),
            column(
                "WHAT",
                0,
                true,
                &["+ excludeGroups: CA-Preview", "no members"],
            ),
        ];
        let made = table(all, &[0, 1], width);
        (
            anstream::adapter::strip_str(&made.text()).to_string(),
            made.left_out,
        )
    }

    #[test]
    fn a_table_fits_at_every_width() {
        let (wide, left_out) = table_of(None);
        assert_eq!(
            wide,
            "\
ACTION  KIND    NAME                                              WHAT
change  policy  CA001 - Multifactor authentication for everybody  + excludeGroups: CA-Preview
create  group   CA-Preview                                        no members
"
        );
        assert!(left_out.is_empty(), "a column that says nothing is none");
        let (narrow, left_out) = table_of(Some(56));
        assert_eq!(
            narrow,
            "\
ACTION  KIND    NAME                 WHAT
change  policy  CA001 - Multifactor  + excludeGroups:
                authentication for   CA-Preview
                everybody
create  group   CA-Preview           no members
"
        );
        assert!(left_out.is_empty());
        assert_eq!(table_of(Some(45)).1, ["kind"]);
        for width in [30, 38, 42, 60, 80, 120, 200] {
            for line in table_of(Some(width)).0.lines() {
                assert!(columns(line) <= width, "{width}: {line}");
                assert_eq!(line, line.trim_end());
            }
        }
        assert!(table_of(Some(30)).0.starts_with("action  change\n"));
    }
}
