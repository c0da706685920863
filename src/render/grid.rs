//! Tables for a terminal of any width. Texts wrap at words within their columns; where the columns
//! do not fit side by side, each row is a block.

use std::fmt::Write as _;

use anstyle::Style;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// What stands between two columns.
const GAP: usize = 2;
/// No column is made narrower than this.
const LEAST: usize = 16;

/// One cell: its text, of which every character is seen, and its style.
pub type GridCell = (String, Style);

/// A cell without a style.
pub fn plain(text: impl Into<String>) -> GridCell {
    (text.into(), Style::new())
}

/// One column.
#[derive(Debug, Clone, Copy)]
pub struct GridColumn {
    /// What stands above it.
    pub title: &'static str,
    /// How soon it is left out where there is no room: those of 0 never, the highest first.
    pub rank: u8,
    /// Whether its cells may take several lines.
    pub wraps: bool,
}

/// A column whose cells take one line.
pub const fn whole(title: &'static str, rank: u8) -> GridColumn {
    GridColumn {
        title,
        rank,
        wraps: false,
    }
}

/// A column whose cells may take several lines.
pub const fn wrapping(title: &'static str, rank: u8) -> GridColumn {
    GridColumn {
        title,
        rank,
        wraps: true,
    }
}

/// Rows below titles, for a screen of this width; `None`: as wide as it gets. A column in which
/// no row says anything is left out.
pub fn grid(columns: &[GridColumn], rows: &[Vec<GridCell>], width: Option<usize>) -> String {
    let cells = |at: usize| rows.iter().filter_map(move |row| row.get(at));
    let said = |at: usize| cells(at).any(|(text, _)| !text.is_empty() && text != "-");
    let natural = columns.iter().enumerate().map(|(at, column)| {
        let texts = cells(at).map(|(text, _)| text.chars().count());
        let widest = texts.chain([column.title.chars().count()]).max();
        widest.unwrap_or(0)
    });
    let natural: Vec<usize> = natural.collect();
    let mut shown: Vec<(usize, GridColumn, usize)> = columns
        .iter()
        .zip(&natural)
        .enumerate()
        .filter(|(at, _)| said(*at))
        .map(|(at, (column, width))| (at, *column, *width))
        .collect();
    if let Some(width) = width
        && !fit(&mut shown, &natural, width)
    {
        return blocks(&shown, rows, width);
    }
    let widths: Vec<usize> = shown.iter().map(|(.., width)| *width).collect();
    let mut out = String::new();
    let heading: Vec<GridCell> = shown
        .iter()
        .map(|(_, column, _)| (column.title.to_owned(), BOLD))
        .collect();
    line(&heading, &widths, &mut out);
    for row in rows {
        let cells: Vec<GridCell> = shown
            .iter()
            .filter_map(|(at, ..)| row.get(*at).cloned())
            .collect();
        line(&cells, &widths, &mut out);
    }
    out
}

/// Makes columns narrower that may be, then leaves some out. False: they do not fit.
fn fit(shown: &mut Vec<(usize, GridColumn, usize)>, natural: &[usize], width: usize) -> bool {
    loop {
        let gaps = GAP * shown.len().saturating_sub(1);
        if shown.iter().map(|(.., width)| width).sum::<usize>() + gaps <= width {
            return true;
        }
        let open = shown.iter_mut().filter(|(_, column, _)| column.wraps);
        let widest = open.map(|(.., width)| width).max();
        if let Some(widest) = widest.filter(|width| **width > LEAST) {
            *widest -= 1;
            continue;
        }
        let last = shown
            .iter()
            .enumerate()
            .max_by_key(|(at, (_, column, _))| (column.rank, *at));
        match last {
            Some((at, (_, column, _))) if column.rank > 0 => {
                shown.remove(at);
                // The rest has that room.
                for (at, _, width) in shown.iter_mut() {
                    *width = natural.get(*at).copied().unwrap_or_default();
                }
            }
            _ => return false,
        }
    }
}

/// One row, of as many lines as its highest cell.
fn line(cells: &[GridCell], widths: &[usize], out: &mut String) {
    let wrapped: Vec<(Vec<String>, Style)> = cells
        .iter()
        .zip(widths)
        .map(|((text, style), width)| (wrapped(text, *width), *style))
        .collect();
    let height = wrapped.iter().map(|(lines, _)| lines.len()).max();
    for number in 0..height.unwrap_or(0) {
        let mut shown = String::new();
        let mut blanks = 0;
        for ((lines, style), width) in wrapped.iter().zip(widths) {
            let text = lines.get(number).map_or("", String::as_str);
            if !text.is_empty() {
                let _ = write!(shown, "{:blanks$}{style}{text}{style:#}", "");
                blanks = 0;
            }
            blanks += width + GAP - text.chars().count();
        }
        let _ = writeln!(out, "{shown}");
    }
}

/// Each row as lines of `title  text`.
fn blocks(shown: &[(usize, GridColumn, usize)], rows: &[Vec<GridCell>], width: usize) -> String {
    let titles = shown
        .iter()
        .map(|(_, column, _)| column.title.chars().count());
    let label = titles.max().unwrap_or(0) + GAP;
    let room = width.saturating_sub(label).max(LEAST);
    let mut out = String::new();
    for (number, row) in rows.iter().enumerate() {
        if number > 0 {
            out.push('\n');
        }
        for (at, column, _) in shown {
            let Some((text, style)) = row.get(*at) else {
                continue;
            };
            if text.is_empty() || text == "-" {
                continue;
            }
            let mut name = column.title.to_lowercase();
            for part in wrapped(text, room) {
                let _ = writeln!(out, "{DIM}{name:<label$}{DIM:#}{style}{part}{style:#}");
                name.clear();
            }
        }
    }
    out
}

/// A text in lines of at most `width` characters, broken at blanks where there are any.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = vec![String::new()];
    let mut taken = 0;
    for word in text.split(' ') {
        let mut rest: Vec<char> = word.chars().collect();
        let room = |taken: usize| {
            if taken == 0 {
                width
            } else {
                width.saturating_sub(taken + 1)
            }
        };
        if taken > 0 && rest.len() > room(taken) {
            lines.push(String::new());
            taken = 0;
        }
        loop {
            let part: Vec<char> = rest.drain(..rest.len().min(room(taken))).collect();
            if let Some(last) = lines.last_mut() {
                if taken > 0 {
                    last.push(' ');
                    taken += 1;
                }
                last.extend(&part);
                taken += part.len();
            }
            if rest.is_empty() {
                break;
            }
            lines.push(String::new());
            taken = 0;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_fits_any_width() {
        let rows = vec![
            vec![
                plain("enabled"),
                plain("CA001: MFA for everybody who is not a guest, in all apps"),
                plain("policies/ca001.yaml"),
                plain("2026-01-31 08:00:00Z"),
            ],
            vec![plain("disabled"), plain("x"), plain("-"), plain("-")],
        ];
        let columns = [
            whole("STATE", 0),
            wrapping("NAME", 0),
            wrapping("MANIFEST", 1),
            whole("LAST CHANGE", 2),
        ];
        let at = |width| anstream::adapter::strip_str(&grid(&columns, &rows, width)).to_string();
        assert_eq!(at(None).lines().count(), 3);
        for width in [28, 40, 60, 80, 120, 200] {
            for line in at(Some(width)).lines() {
                assert!(line.chars().count() <= width, "{width}: {line}");
            }
        }
        assert_eq!(
            at(Some(60)),
            "\
STATE     NAME                           MANIFEST
enabled   CA001: MFA for everybody who   policies/ca001.yaml
          is not a guest, in all apps
disabled  x                              -
"
        );
        assert!(at(Some(22)).starts_with("state  enabled\n"));
    }
}
