//! The page: it loads nothing, and the template engine escapes every text.

use askama::Template;

use super::{change_line, columns, command, finding_line, heading, is_worth_a_look, totals, word};
use crate::fleet::result::TenantResult;
use crate::render::escape::uri_path;
use crate::render::report::digest_of;
use crate::text::visible;

const STYLE: &str = include_str!("fleet.css");

#[derive(Template)]
#[template(path = "fleet.html")]
struct FleetPage {
    title: String,
    totals: String,
    policy: String,
    style: &'static str,
    version: &'static str,
    columns: Vec<&'static str>,
    rows: Vec<PageRow>,
}

struct PageRow {
    tenant: String,
    /// Where the row's details are on the page; empty where there are none.
    anchor: String,
    word: &'static str,
    class: &'static str,
    cells: Vec<PageCell>,
    labels: String,
    lines: Vec<String>,
}

struct PageCell {
    text: String,
    /// The page that the text leads to; empty: none.
    link: String,
}

/// One table of all tenants, with details. Two runs over the same give the same bytes.
///
/// # Errors
/// None that depends on what is shown: the template is compiled in.
pub fn html(results: &[TenantResult]) -> Result<String, askama::Error> {
    let columns = columns(command(results));
    let rows = results.iter().enumerate().map(|(number, result)| {
        let changes = result.changes.iter().map(|change| {
            let line = format!(
                "{} {} {}{}",
                change.action,
                change.kind,
                change.name,
                change_line(change)
            );
            visible(&line, false)
        });
        let findings = result.findings.iter().map(finding_line);
        PageRow {
            tenant: visible(&result.tenant, false),
            anchor: match is_worth_a_look(result) {
                true => format!("t{number}"),
                false => String::new(),
            },
            word: word(result),
            class: match result.exit_code {
                0 if result.changes.is_empty() => "same",
                0 | 2 => "changes",
                _ => "bad",
            },
            cells: columns
                .iter()
                .map(|column| {
                    let text = (column.of)(&result.summary).unwrap_or_else(|| "-".to_owned());
                    let is_link = column.title == "FILE" && result.summary.file.is_some();
                    PageCell {
                        // A path that stands beside this page alone: no scheme can be in it.
                        link: match is_link && !text.contains(['/', '\\', ':']) {
                            true => uri_path(&text),
                            false => String::new(),
                        },
                        text: visible(&text, false),
                    }
                })
                .collect(),
            labels: visible(&result.labels.join(", "), false),
            lines: changes.chain(findings).collect(),
        }
    });
    let page = FleetPage {
        title: heading(results),
        totals: totals(results),
        policy: format!(
            "default-src 'none'; style-src '{}'; base-uri 'none'; form-action 'none'",
            digest_of(STYLE)
        ),
        style: STYLE,
        version: env!("CARGO_PKG_VERSION"),
        columns: columns.iter().map(|column| column.title).collect(),
        rows: rows.collect(),
    };
    page.render()
}
