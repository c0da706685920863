//! Tables for a terminal of any width. Texts wrap at words within their columns; where the columns
//! do not fit side by side, each row is a block.

use std::fmt::Write as _;

use anstyle::Style;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// What stands between two columns.
const GAP: usize = 2;
/// No column is made narrower than this.
const LEAST: usize = 14;

/// One cell: its text, of which every character is seen, and its style.
pub type GridCell = (String, Style);

/// A cell without a style.
pub fn plain(text: impl Into<String>) -> GridCell {
    (text.into(), Style::new())
}

/// Rows below titles, for a screen of this width; `None`: as wide as it gets. A column in which
/// no row says anything is left out.
pub fn grid(titles: &[&str], rows: &[Vec<GridCell>], width: Option<usize>) -> String {
    let said = |at: usize| {
        let mut cells = rows.iter().filter_map(|row| row.get(at));
        cells.any(|(text, _)| !text.is_empty() && text != "-")
    };
    let columns: Vec<usize> = (0..titles.len()).filter(|at| said(*at)).collect();
    let title = |at: usize| titles.get(at).copied().unwrap_or_default();
    let natural: Vec<usize> = columns
        .iter()
        .map(|at| {
            let cells = rows.iter().filter_map(|row| row.get(*at));
            let texts = cells.map(|(text, _)| text.chars().count());
            texts.chain([title(*at).chars().count()]).max().unwrap_or(0)
        })
        .collect();
    let Some(widths) = fitted(&natural, width) else {
        return blocks(&columns, titles, rows, width.unwrap_or(LEAST));
    };
    let mut out = String::new();
    let heading: Vec<GridCell> = columns
        .iter()
        .map(|at| (title(*at).to_owned(), BOLD))
        .collect();
    line(&heading, &widths, &mut out);
    for row in rows {
        let cells: Vec<GridCell> = columns
            .iter()
            .filter_map(|at| row.get(*at).cloned())
            .collect();
        line(&cells, &widths, &mut out);
    }
    out
}

/// The widths of the columns; nothing where they do not fit.
fn fitted(natural: &[usize], width: Option<usize>) -> Option<Vec<usize>> {
    let mut widths = natural.to_vec();
    let Some(width) = width else {
        return Some(widths);
    };
    let gaps = GAP * natural.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > width {
        let widest = widths.iter_mut().max()?;
        if *widest <= LEAST {
            return None;
        }
        *widest -= 1;
    }
    Some(widths)
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
fn blocks(columns: &[usize], titles: &[&str], rows: &[Vec<GridCell>], width: usize) -> String {
    let title = |at: usize| titles.get(at).copied().unwrap_or_default();
    let label = columns.iter().map(|at| title(*at).chars().count()).max();
    let label = label.unwrap_or(0) + GAP;
    let room = width.saturating_sub(label).max(LEAST);
    let mut out = String::new();
    for (number, row) in rows.iter().enumerate() {
        if number > 0 {
            out.push('\n');
        }
        for at in columns {
            let Some((text, style)) = row.get(*at) else {
                continue;
            };
            if text.is_empty() || text == "-" {
                continue;
            }
            let mut name = title(*at).to_lowercase();
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
    fn a_table_fits_any_width_and_loses_no_word() {
        let rows = vec![
            vec![
                plain("enabled"),
                plain("CA001: MFA for everybody who is not a guest, in all apps"),
                plain("policies/ca001.yaml"),
                plain("2026-01-31 08:00:00Z"),
            ],
            vec![plain("disabled"), plain("x"), plain("-"), plain("-")],
        ];
        let titles = ["STATE", "NAME", "MANIFEST", "LAST CHANGE"];
        let words = |text: &str| -> Vec<String> {
            let mut words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
            words.sort();
            words
        };
        let bare = |text: &str| anstream::adapter::strip_str(text).to_string();
        let whole = bare(&grid(&titles, &rows, None));
        assert_eq!(whole.lines().count(), 3);
        for width in [20, 40, 60, 80, 120, 200] {
            let shown = bare(&grid(&titles, &rows, Some(width)));
            for line in shown.lines() {
                assert!(line.chars().count() <= width.max(30), "{width}: {line}");
            }
            if width >= 60 {
                let mut shown = words(&shown);
                shown.retain(|word| word != "-");
                let mut wanted = words(&whole);
                wanted.retain(|word| word != "-");
                assert_eq!(shown, wanted, "{width}");
            }
        }
        insta::assert_snapshot!(bare(&grid(&titles, &rows, Some(80))));
    }
}
