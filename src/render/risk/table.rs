//! Tables for a terminal. One that is too narrow for all columns leaves the least important
//! out, and says so; one that is too narrow for the others shows each item as a block.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::Row;
use crate::text::visible;

const RED: Style = AnsiColor::Red.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const GREEN: Style = AnsiColor::Green.on_default();
const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// What stands between two columns.
const GAP: usize = 2;

struct Cell {
    title: &'static str,
    rank: u8,
    name: &'static str,
    values: Vec<String>,
    width: usize,
}

/// A value as a person reads it.
fn shown(name: &str, value: &str) -> String {
    let text = match value {
        "" => "-",
        "none" if name == "riskDetail" => "-",
        value => value,
    };
    if name.ends_with("DateTime") {
        return moment(text);
    }
    visible(text, false)
}

/// `2026-01-31T08:00:00.1234567Z` as `2026-01-31 08:00:00Z`.
pub fn moment(text: &str) -> String {
    text.parse::<jiff::Timestamp>().map_or_else(
        |_| visible(text, false),
        |at| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
    )
}

/// The colour of a level or a state.
pub fn style(value: &str) -> Style {
    match value {
        "high" | "atRisk" | "confirmedCompromised" => RED,
        "medium" => YELLOW,
        "remediated" | "dismissed" | "confirmedSafe" => GREEN,
        _ => Style::new(),
    }
}

fn cells<T: Row>(items: &[T]) -> Vec<Cell> {
    T::COLUMNS
        .iter()
        .filter_map(|column| {
            let rank = column.rank?;
            let values: Vec<String> = items
                .iter()
                .map(|item| shown(column.name, &(column.value)(item)))
                .collect();
            // A column that says nothing of anybody is none.
            if rank > 0 && values.iter().all(|v| v == "-") {
                return None;
            }
            let width = values
                .iter()
                .map(|v| v.chars().count())
                .chain([column.title.len()])
                .max()
                .unwrap_or(0);
            Some(Cell {
                title: column.title,
                rank,
                name: column.name,
                values,
                width,
            })
        })
        .collect()
}

/// How wide the columns that are kept are together.
fn total(cells: &[Cell], kept: &[bool]) -> usize {
    let widths = cells.iter().zip(kept).filter(|(_, kept)| **kept);
    widths
        .map(|(c, _)| c.width + GAP)
        .sum::<usize>()
        .saturating_sub(GAP)
}

/// A list of items for a screen of this width; `None`: as wide as it gets.
pub fn list<T: Row>(items: &[T], width: Option<usize>) -> String {
    let all: Vec<usize> = (0..items.len()).collect();
    some(items, &all, width, true)
}

/// The rows of some items, in columns as wide as all of them need, with a heading or without.
pub fn some<T: Row>(items: &[T], rows: &[usize], width: Option<usize>, heading: bool) -> String {
    let all = cells(items);
    let Some(width) = width else {
        return lines(&all, rows, heading);
    };
    let mut kept: Vec<bool> = all.iter().map(|c| c.rank == 0).collect();
    if total(&all, &kept) > width {
        return blocks(&all, rows);
    }
    let others = all.iter().enumerate().filter(|(_, cell)| cell.rank > 0);
    let mut others: Vec<_> = others.map(|(i, cell)| (cell.rank, i)).collect();
    others.sort();
    for (_, i) in others {
        let mut more = kept.clone();
        more.iter_mut()
            .skip(i)
            .take(1)
            .for_each(|kept| *kept = true);
        if total(&all, &more) <= width {
            kept = more;
        }
    }
    let mut left_out: Vec<String> = Vec::new();
    let mut shown = Vec::new();
    for (cell, kept) in all.into_iter().zip(kept) {
        match kept {
            true => shown.push(cell),
            false => left_out.push(cell.title.to_lowercase()),
        }
    }
    let mut out = lines(&shown, rows, heading);
    if heading && !left_out.is_empty() {
        let note = format!(
            "Left out for want of room: {}. `--format csv` has everything.",
            left_out.join(", ")
        );
        let _ = writeln!(out, "{DIM}{note}{DIM:#}");
    }
    out
}

fn lines(cells: &[Cell], rows: &[usize], heading: bool) -> String {
    let mut out = String::new();
    let mut line = |texts: Vec<(String, Style)>| {
        let mut text = String::new();
        let last = texts.len().saturating_sub(1);
        for (i, ((value, style), cell)) in texts.into_iter().zip(cells).enumerate() {
            let pad = match i == last {
                true => 0,
                false => cell.width + GAP - value.chars().count().min(cell.width),
            };
            let _ = write!(text, "{style}{value}{style:#}{:pad$}", "");
        }
        let _ = writeln!(out, "{}", text.trim_end());
    };
    if heading {
        line(cells.iter().map(|c| (c.title.to_owned(), BOLD)).collect());
    }
    for row in rows.iter().copied() {
        line(
            cells
                .iter()
                .filter_map(|cell| cell.values.get(row))
                .map(|value| (value.clone(), style(value)))
                .collect(),
        );
    }
    out
}

fn blocks(cells: &[Cell], rows: &[usize]) -> String {
    let label = cells.iter().map(|c| c.title.len()).max().unwrap_or(0) + GAP;
    let mut out = String::new();
    for (n, row) in rows.iter().copied().enumerate() {
        if n > 0 {
            out.push('\n');
        }
        for (cell, value) in cells.iter().filter_map(|c| Some((c, c.values.get(row)?))) {
            if value == "-" && cell.rank > 0 {
                continue;
            }
            let style = match cell.name {
                "userPrincipalName" => BOLD,
                _ => style(value),
            };
            let title = cell.title.to_lowercase();
            let _ = writeln!(out, "{DIM}{title:<label$}{DIM:#}{style}{value}{style:#}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::risk::{Detection, RiskyUser};

    fn two() -> Vec<Detection> {
        let one = Detection {
            detected_date_time: "2020-11-12T23:45:22.4092789Z".to_owned(),
            user_principal_name: "MyTestUser1@contoso.com".to_owned(),
            risk_level: "medium".to_owned(),
            risk_state: "remediated".to_owned(),
            risk_event_type: "anonymizedIPAddress".to_owned(),
            risk_detail: "userPassedMFADrivenByRiskBasedPolicy".to_owned(),
            ip_address: "185.220.101.213".to_owned(),
            city: "Schoenwalde-Glien".to_owned(),
            country: "DE".to_owned(),
            ..Detection::default()
        };
        let other = Detection {
            risk_state: "atRisk".to_owned(),
            risk_detail: "none".to_owned(),
            user_principal_name: "evil\u{1b}[31m@contoso.com".to_owned(),
            city: String::new(),
            ..one.clone()
        };
        vec![one, other]
    }

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn a_wide_terminal_shows_all_a_usual_one_the_important_and_a_narrow_one_blocks() {
        let detections = two();
        insta::assert_snapshot!("wide", plain(&list(&detections, None)));
        insta::assert_snapshot!("usual", plain(&list(&detections, Some(110))));
        insta::assert_snapshot!("narrow", plain(&list(&detections, Some(60))));
        for width in [60, 80, 100, 110, 120, 160, 200] {
            for line in plain(&list(&detections, Some(width))).lines() {
                assert!(line.chars().count() <= width, "{width}: {line}");
            }
        }
    }

    #[test]
    fn nobody_is_an_empty_table_at_any_width() {
        let none: Vec<RiskyUser> = Vec::new();
        for width in [None, Some(0), Some(10), Some(200)] {
            let _ = list(&none, width);
        }
    }
}
