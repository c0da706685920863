//! Risk as tables for a terminal. What is left out for want of room is named.

use anstyle::{AnsiColor, Style};

use super::Row;
use crate::render::table::{TableCell, TableColumn, TableText, table, whole, wrapping};
use crate::render::times::moment;
use crate::text::visible;

const RED: Style = AnsiColor::Red.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const GREEN: Style = AnsiColor::Green.on_default();

/// A value as a person reads it.
fn shown_value(name: &str, value: &str) -> String {
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

/// The colour of a level or a state.
pub fn style(value: &str) -> Style {
    match value {
        "high" | "atRisk" | "confirmedCompromised" => RED,
        "medium" => YELLOW,
        "remediated" | "dismissed" | "confirmedSafe" => GREEN,
        _ => Style::new(),
    }
}

fn shown_table<T: Row>(items: &[T], width: Option<usize>) -> TableText {
    let shown = T::COLUMNS
        .iter()
        .filter_map(|column| Some((column, column.rank?)));
    let titles = shown.clone().map(|(column, rank)| match column.name {
        // One long name is no reason to show none.
        "userDisplayName" => wrapping(column.title, rank),
        _ => whole(column.title, rank),
    });
    let titles: Vec<TableColumn> = titles.collect();
    let row = |item: &T| -> Vec<TableCell> {
        let cells = shown.clone().map(|(column, _)| {
            let value = shown_value(column.name, &(column.value)(item));
            let style = style(&value);
            (value, style)
        });
        cells.collect()
    };
    let rows: Vec<Vec<TableCell>> = items.iter().map(row).collect();
    table(&titles, &rows, width)
}

/// A list of items for a screen of this width; `None`: as wide as it gets.
pub fn list<T: Row>(items: &[T], width: Option<usize>) -> String {
    let all: Vec<usize> = (0..items.len()).collect();
    some(items, &all, width, true)
}

/// The rows of some items, in columns as wide as all of them need, with a heading or without.
pub fn some<T: Row>(items: &[T], rows: &[usize], width: Option<usize>, heading: bool) -> String {
    let mut made = shown_table(items, width);
    let chosen = rows.iter().filter_map(|at| made.rows.get(*at).cloned());
    made.rows = chosen.collect();
    if !heading {
        made.heading.clear();
    }
    match heading {
        true => made.noted("`--format csv` has everything."),
        false => made.text(),
    }
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
