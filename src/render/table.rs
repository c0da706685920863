//! Tables for a terminal. Where not all columns have room, the cells of those that may take several
//! lines are broken at words, then the least important columns are left out; where that is not
//! enough each row is shown as a block.

use std::fmt::Write as _;

use anstyle::Style;

use super::wrap::{columns, lines, to_width, widest_word};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// What stands between two columns.
const GAP: usize = 2;

/// How narrow a column gets whose cells may take several lines.
const LEAST: usize = 16;

/// The widest word that a column has room for before others are shown.
const WORD: usize = 30;

/// How many rows are tried to find out how wide columns should be.
const SAMPLE: usize = 60;

/// One cell: its text, of which every character is seen and which holds no colours, and its style.
/// One that says nothing is `-`.
pub(super) type TableCell = (String, Style);

/// A cell without a style.
pub(super) fn plain(text: impl Into<String>) -> TableCell {
    (text.into(), Style::new())
}

/// One column.
#[derive(Debug, Clone, Copy)]
pub(super) struct TableColumn {
    /// What stands above it.
    title: &'static str,
    /// How soon it is left out where there is no room: those of 0 never, the highest first.
    rank: u8,
    /// How wide it has to be before others are shown, if its cells may take several lines.
    wraps: Option<usize>,
}

/// A column whose cells take one line.
pub(super) const fn whole(title: &'static str, rank: u8) -> TableColumn {
    TableColumn {
        title,
        rank,
        wraps: None,
    }
}

/// A column whose cells may take several lines.
pub(super) const fn wrapping(title: &'static str, rank: u8) -> TableColumn {
    TableColumn {
        title,
        rank,
        wraps: Some(LEAST),
    }
}

/// A column whose cells may take several lines, and that is so wide before others are shown.
pub(super) const fn roomy(title: &'static str, rank: u8, width: usize) -> TableColumn {
    TableColumn {
        title,
        rank,
        wraps: Some(width),
    }
}

/// A table as text.
#[derive(Default)]
pub(super) struct TableText {
    /// The titles of the columns; empty where it has none.
    pub(super) heading: String,
    /// The rows.
    pub(super) rows: Vec<String>,
    /// What stands between two rows.
    pub(super) between: &'static str,
    /// The titles of the columns that were left out.
    pub(super) left_out: Vec<String>,
    /// How wide the screen is.
    width: Option<usize>,
}

impl TableText {
    /// All of it.
    pub(super) fn text(&self) -> String {
        format!("{}{}", self.heading, self.rows.join(self.between))
    }

    /// All of it, and what is left out.
    pub(super) fn noted(&self, whole: &str) -> String {
        self.text() + &self.note(whole)
    }

    /// What is left out, with where all is shown; nothing where that is nothing.
    pub(super) fn note(&self, whole: &str) -> String {
        match self.left_out.join(", ").as_str() {
            "" => String::new(),
            left_out => {
                let note = format!("{DIM}Left out to fit the width: {left_out}. {whole}{DIM:#}\n");
                to_width(&note, self.width.unwrap_or(usize::MAX))
            }
        }
    }
}

/// A column with its cells, one for each row.
struct Cells<'a> {
    column: TableColumn,
    cells: Vec<&'a TableCell>,
    /// How wide it would be.
    natural: usize,
    /// How narrow it gets.
    least: usize,
    /// How wide it has to be so that no usual word is broken.
    fair: usize,
}

impl<'a> Cells<'a> {
    fn of(column: TableColumn, cells: Vec<&'a TableCell>) -> Cells<'a> {
        let widths = cells.iter().map(|(text, _)| columns(text));
        let natural = widths.chain([columns(column.title)]).max().unwrap_or(0);
        let words = cells.iter().take(SAMPLE);
        let widest = words.map(|(text, _)| widest_word(text)).max().unwrap_or(0);
        let (least, fair) = match column.wraps {
            Some(fair) => (LEAST, widest.min(WORD).max(fair)),
            None => (natural, natural),
        };
        Cells {
            column,
            cells,
            natural,
            least: natural.min(least),
            fair: natural.min(fair),
        }
    }

    /// A column that says nothing of anybody is none.
    fn is_empty(&self) -> bool {
        let mut cells = self.cells.iter();
        !self.cells.is_empty() && cells.all(|(text, _)| text == "-" || text.is_empty())
    }
}

/// Rows below titles, for a screen of this width; `None`: as wide as it gets. Each row has a cell
/// for each column.
pub(super) fn table(
    columns: &[TableColumn],
    rows: &[Vec<TableCell>],
    width: Option<usize>,
) -> TableText {
    let all = columns.iter().enumerate().map(|(at, column)| {
        let cells = rows.iter().filter_map(|row| row.get(at));
        Cells::of(*column, cells.collect())
    });
    let all: Vec<Cells<'_>> = all.filter(|cells| !cells.is_empty()).collect();
    let kept = match width {
        None => vec![true; all.len()],
        Some(width) => match kept(&all, width) {
            Some(kept) => kept,
            None => return blocks(&all, rows.len(), width),
        },
    };
    let (mut shown, mut left_out) = (Vec::new(), Vec::new());
    for (cells, kept) in all.into_iter().zip(kept) {
        match kept {
            true => shown.push(cells),
            false => left_out.push(cells.column.title.to_lowercase()),
        }
    }
    let widths = widths(&shown, width);
    let titles = shown.iter().map(|cells| (cells.column.title, BOLD));
    let titles: Vec<(&str, Style)> = titles.collect();
    let line = |index: usize| {
        let cells = shown.iter().filter_map(|cells| cells.cells.get(index));
        let cells: Vec<(&str, Style)> = cells.map(|(text, style)| (&**text, *style)).collect();
        row(&cells, &widths)
    };
    TableText {
        heading: row(&titles, &widths),
        rows: (0..rows.len()).map(line).collect(),
        left_out,
        width,
        ..TableText::default()
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
fn kept(all: &[Cells<'_>], width: usize) -> Option<Vec<bool>> {
    let mut kept: Vec<bool> = all.iter().map(|cells| cells.column.rank == 0).collect();
    let needed = |kept: &[bool], is_fair: bool| {
        let chosen = all.iter().zip(kept).filter(|(_, kept)| **kept);
        total(chosen.map(|(cells, _)| if is_fair { cells.fair } else { cells.least }))
    };
    if needed(&kept, false) > width {
        return None;
    }
    let others = all.iter().enumerate();
    let others = others.filter(|(_, cells)| cells.column.rank > 0);
    let mut others: Vec<_> = others.map(|(i, cells)| (cells.column.rank, i)).collect();
    others.sort_unstable();
    for (_, index) in others {
        let mut more = kept.clone();
        more.iter_mut()
            .skip(index)
            .take(1)
            .for_each(|kept| *kept = true);
        if needed(&more, true) <= width {
            kept = more;
        }
    }
    Some(kept)
}

/// How wide each column is. Those that may take several lines share the room that is left.
fn widths(shown: &[Cells<'_>], width: Option<usize>) -> Vec<usize> {
    let natural: Vec<usize> = shown.iter().map(|cells| cells.natural).collect();
    let Some(width) = width else {
        return natural;
    };
    let fair: Vec<usize> = shown.iter().map(|cells| cells.fair).collect();
    let begin = match total(fair.iter().copied()) <= width {
        true => fair,
        false => shown.iter().map(|cells| cells.least).collect(),
    };
    let mut widths = begin.clone();
    let mut left = width.saturating_sub(total(begin.iter().copied()));
    let mut open: Vec<usize> = (0..shown.len()).collect();
    // Those first that want least: what they leave is for the others.
    let wants = |at: &usize| (natural.get(*at).copied(), begin.get(*at).copied());
    open.retain(|at| matches!(wants(at), (Some(natural), Some(begin)) if natural > begin));
    open.sort_by_key(|at| match wants(at) {
        (Some(natural), Some(begin)) => natural - begin,
        _ => 0,
    });
    let mut sharing = open.len();
    for at in &open {
        if let (Some(natural), Some(own)) = (natural.get(*at), widths.get_mut(*at)) {
            let more = (*natural - *own).min(left / sharing.max(1));
            *own += more;
            left -= more;
        }
        sharing -= 1;
    }
    lower(shown, &open, &mut widths);
    widths
}

/// Shares out the room of columns in another way, two at a time, where the rows are lower then.
fn lower(shown: &[Cells<'_>], open: &[usize], widths: &mut [usize]) {
    let rows = shown.first().map_or(0, |cells| cells.cells.len());
    let height = |widths: &[usize]| {
        let tallest = |row: usize| {
            let lines = open.iter().map(|at| {
                let cell = shown.get(*at).and_then(|cells| cells.cells.get(row));
                let width = widths.get(*at).copied().unwrap_or(0);
                cell.map_or(0, |(text, _)| lines(text, width).len())
            });
            lines.max().unwrap_or(0)
        };
        (0..rows.min(SAMPLE)).map(tallest).sum::<usize>()
    };
    let least = |at: usize| shown.get(at).map_or(0, |cells| cells.least);
    for (number, one) in open.iter().enumerate() {
        for other in open.iter().skip(number + 1) {
            let of = |at: usize| widths.get(at).copied().unwrap_or(0);
            let (now, both) = (of(*one), of(*one) + of(*other));
            let shared = |narrow: usize| {
                let mut tried = widths.to_vec();
                for (at, width) in [(*one, narrow), (*other, both.saturating_sub(narrow))] {
                    if let Some(own) = tried.get_mut(at) {
                        *own = width;
                    }
                }
                tried
            };
            let tried = least(*one)..=both.saturating_sub(least(*other));
            let best = tried.min_by_key(|n| (height(&shared(*n)), n.abs_diff(now)));
            if let Some(best) = best {
                let shared = shared(best);
                widths.copy_from_slice(&shared);
            }
        }
    }
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

/// Each row as lines of `title  text`.
fn blocks(all: &[Cells<'_>], rows: usize, width: usize) -> TableText {
    let titles = all.iter().map(|cells| columns(cells.column.title));
    let label = titles.max().unwrap_or(0) + GAP;
    let block = |index: usize| {
        let mut out = String::new();
        for Cells { column, cells, .. } in all {
            let Some((text, style)) = cells.get(index) else {
                continue;
            };
            if text == "-" || text.is_empty() {
                continue;
            }
            let mut title = column.title.to_lowercase();
            for text in lines(text, width.saturating_sub(label)) {
                let _ = writeln!(out, "{DIM}{title:<label$}{DIM:#}{style}{text}{style:#}");
                title.clear();
            }
        }
        out
    };
    TableText {
        rows: (0..rows).map(block).collect(),
        between: "\n",
        ..TableText::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table_of(width: Option<usize>) -> (String, Vec<String>) {
        let columns = [
            whole("ACTION", 0),
            whole("KIND", 1),
            wrapping("NAME", 0),
            whole("NOTE", 2),
            wrapping("WHAT", 0),
        ];
        let row = |texts: [&str; 5]| texts.map(plain).to_vec();
        let rows = [
            row([
                "change",
                "policy",
                "CA001 - Multifactor authentication for everybody",
                "-",
                "+ excludeGroups: CA-Preview",
            ]),
            row(["create", "group", "CA-Preview", "-", "no members"]),
        ];
        let made = table(&columns, &rows, width);
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

    #[test]
    fn a_word_is_broken_before_a_column_is_shown_that_can_be_left_out_but_not_the_other_way_round()
    {
        let columns = [wrapping("NAME", 0), wrapping("BY", 1)];
        let rows = [[plain("Konditionszugriffsrichtlinie"), plain("somebody")].to_vec()];
        let at = |width| {
            let made = table(&columns, &rows, Some(width));
            (made.rows.concat().lines().count(), made.left_out.len())
        };
        assert_eq!(at(38), (1, 0));
        assert_eq!(at(37), (1, 1));
        assert_eq!(at(20), (2, 1));
    }

    #[test]
    fn no_row_is_a_heading_alone() {
        let made = table(&[whole("A", 0), whole("B", 1)], &[], Some(80));
        assert_eq!(
            anstream::adapter::strip_str(&made.text()).to_string(),
            "A  B\n"
        );
    }
}
