//! Several tenants in one table, with details: for a terminal, as Markdown, as a page.

mod page;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use anstyle::Style;
use schemars::JsonSchema;
use serde::Serialize;

pub use self::page::html;
use super::escape::{markdown_code, markdown_text, shortened};
use super::human::{BOLD, GREEN, RED, YELLOW, paint};
use super::markdown::LIMIT;
use super::table::{TableCell, TableColumn, plain, table, whole, wrapping};
use crate::fleet::result::{FleetChange, FleetFinding, FleetSummary, TenantResult};
use crate::text::{counted, few, visible};

/// Whether there is more to tell of a tenant than its row.
pub fn is_worth_a_look(result: &TenantResult) -> bool {
    result.exit_code != 0
        || !result.changes.is_empty()
        || !result.findings.is_empty()
        || result.summary.found.is_some_and(|found| found > 0)
}

/// One column of the table.
#[derive(Clone, Copy)]
struct Column {
    title: &'static str,
    of: fn(&FleetSummary) -> Option<String>,
}

fn number(number: Option<u64>) -> Option<String> {
    number.map(|number| number.to_string())
}

/// The numbers that a command has.
fn columns(command: &str) -> &'static [Column] {
    macro_rules! columns {
        ($($title:literal $of:expr),+ $(,)?) => { &[$(Column { title: $title, of: $of }),+] };
    }
    match command {
        "plan" => columns! {
            "CREATE" |s| number(s.create), "CHANGE" |s| number(s.change),
            "DELETE" |s| number(s.delete), "EFFECT" |s| s.effect.clone(),
            "GUARDS" |s| number(s.guards), "ERRORS" |s| number(Some(s.errors)),
        },
        "apply" => columns! {
            "CREATED" |s| number(s.create), "CHANGED" |s| number(s.change),
            "DELETED" |s| number(s.delete), "EFFECT" |s| s.effect.clone(),
            "GUARDS" |s| number(s.guards), "ERRORS" |s| number(Some(s.errors)),
        },
        "drift" => columns! {
            "MISSING" |s| number(s.create), "CHANGED" |s| number(s.change),
            "ADDED" |s| number(s.delete), "EFFECT" |s| s.effect.clone(),
            "GUARDS" |s| number(s.guards), "ERRORS" |s| number(Some(s.errors)),
        },
        "test" => columns! {
            "PASSED" |s| number(s.passed), "FAILED" |s| number(s.failed),
            "OPEN" |s| number(s.open), "ERRORS" |s| number(Some(s.errors)),
        },
        "report" => columns! {
            "POLICIES" |s| number(s.objects), "FILE" |s| s.file.clone(),
            "ERRORS" |s| number(Some(s.errors)),
        },
        "risk users" | "risk detections" => columns! {
            "FOUND" |s| number(s.found), "ERRORS" |s| number(Some(s.errors)),
        },
        _ => columns! {
            "MANIFESTS" |s| number(s.objects), "WARNINGS" |s| number(Some(s.warnings)),
            "ERRORS" |s| number(Some(s.errors)),
        },
    }
}

/// How a command ended for a tenant, in a word or two.
fn word(result: &TenantResult) -> &'static str {
    match (result.exit_code, result.command.as_str()) {
        (0, "plan") if !result.changes.is_empty() => "changes",
        (2, "apply") => "not applied",
        (0, "apply") if result.changes.is_empty() => "no changes",
        (0, "apply") => "applied",
        (0, "plan") => "no changes",
        (0, "drift") => "no drift",
        (0, _) => "ok",
        (2, "drift") => "drift",
        (2, "test") => "open",
        (2, _) => "changes",
        (3, _) => "refused",
        (4, _) => "stale",
        (5, _) => "partly applied",
        (_, "test") if result.summary.failed.is_some_and(|failed| failed > 0) => "failed",
        (_, "validate") => "not valid",
        _ => "error",
    }
}

fn style(result: &TenantResult) -> Style {
    match result.exit_code {
        0 if result.changes.is_empty() => Style::new(),
        0 | 2 => YELLOW,
        _ => RED,
    }
}

/// The command that the results are of.
fn command(results: &[TenantResult]) -> &str {
    results.first().map_or("", |one| one.command.as_str())
}

/// The table for people, and what it comes to.
pub fn human(results: &[TenantResult], width: Option<usize>) -> String {
    if results.is_empty() {
        return String::new();
    }
    let columns = columns(command(results));
    let mut titles: Vec<TableColumn> = vec![wrapping("TENANT", 0), whole("RESULT", 0)];
    titles.extend(columns.iter().enumerate().map(|(at, column)| {
        // What is done to the tenant goes last.
        whole(column.title, if at < 3 { 1 } else { 2 })
    }));
    titles.push(wrapping("LABELS", 3));
    let rows: Vec<Vec<TableCell>> = results
        .iter()
        .map(|result| {
            let mut row = vec![
                plain(visible(&result.tenant, false)),
                (word(result).to_owned(), style(result)),
            ];
            row.extend(columns.iter().map(|column| {
                let text = (column.of)(&result.summary).unwrap_or_else(|| "-".to_owned());
                let alarming = matches!(column.title, "ERRORS" | "GUARDS" | "FAILED")
                    && text != "0"
                    && text != "-";
                let style = match text.as_str() {
                    "lockout" => RED,
                    "looser" | "both" | "open" => YELLOW,
                    "stricter" => GREEN,
                    _ if alarming => RED,
                    _ => Style::new(),
                };
                (visible(&text, false), style)
            }));
            row.push(plain(match result.labels.is_empty() {
                true => "-".to_owned(),
                false => visible(&result.labels.join(", "), false),
            }));
            row
        })
        .collect();
    let table = table(&titles, &rows, width);
    format!(
        "{}\n{}\n",
        table.noted("`--format json` has all."),
        paint(BOLD, &totals(results))
    )
}

/// What it comes to.
fn totals(results: &[TenantResult]) -> String {
    let mut words: Vec<(&str, usize)> = Vec::new();
    let mut sorted: Vec<&TenantResult> = results.iter().collect();
    sorted.sort_by_key(|one| std::cmp::Reverse(crate::fleet::result::gravity(one.exit_code)));
    for result in sorted {
        let word = match word(result) {
            "changes" => "with changes",
            "no changes" => "without changes",
            "drift" => "with drift",
            "no drift" => "without drift",
            "error" => "failed",
            word => word,
        };
        match words.iter_mut().find(|(known, _)| *known == word) {
            Some((_, count)) => *count += 1,
            None => words.push((word, 1)),
        }
    }
    let words: Vec<String> = words
        .iter()
        .map(|(word, count)| format!("{count} {word}"))
        .collect();
    format!("{}: {}", counted(results.len(), "tenant"), words.join(", "))
}

/// What tenants have to tell, each under its name; what several tell word for word once.
pub fn details<'a>(told: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    // The first line may name the tenant, which is no difference.
    let mut groups: Vec<(Vec<&str>, &str, &str)> = Vec::new();
    for (tenant, text) in told.filter(|(_, text)| !text.is_empty()) {
        let text = text.trim_matches('\n');
        let (heading, rest) = match text.split_once('\n') {
            Some((first, rest)) if first.contains(&*visible(tenant, false)) => (first, rest),
            _ => ("", text),
        };
        match groups.iter_mut().find(|(.., known)| *known == rest) {
            Some((tenants, ..)) => tenants.push(tenant),
            None => groups.push((vec![tenant], heading, rest)),
        }
    }
    let mut out = String::new();
    for (tenants, heading, text) in groups {
        let names = few(tenants.iter().map(|name| visible(name, false)), 8);
        let heading = match tenants.as_slice() {
            [_] if !heading.is_empty() => format!("{heading}\n\n"),
            _ => String::new(),
        };
        let _ = writeln!(out, "{}\n", paint(BOLD, &format!("== {names} ==")));
        let _ = writeln!(out, "{heading}{}\n", text.trim_start_matches('\n'));
    }
    out
}

/// One object, in a line.
fn change_line(change: &FleetChange) -> String {
    let members = match change.changes.as_slice() {
        [] => String::new(),
        all => format!(" ({})", few(all.iter().map(|one| visible(one, false)), 5)),
    };
    let effect = change
        .effect
        .as_deref()
        .map_or_else(String::new, |effect| format!(", {effect}"));
    let end = match (&change.outcome, &change.message) {
        (Some(end), Some(why)) => format!(": {end}: {}", visible(why, false)),
        (Some(end), None) => format!(": {end}"),
        _ => String::new(),
    };
    format!("{members}{}{}", visible(&effect, false), end)
}

/// One finding, in a line.
fn finding_line(finding: &FleetFinding) -> String {
    let place = finding
        .place
        .as_ref()
        .map_or_else(String::new, |place| format!("{place}: "));
    let help = finding
        .help
        .as_ref()
        .map_or_else(String::new, |help| format!(" ({help})"));
    let severity = &finding.severity;
    visible(
        &format!(
            "{place}{severity}[{}]: {}{help}",
            finding.code, finding.message
        ),
        false,
    )
}

/// How long one text may be in a table.
const CELL: usize = 120;

/// One table with details, as far as they fit into a comment.
pub fn markdown(results: &[TenantResult]) -> String {
    let columns = columns(command(results));
    let mut out = format!(
        "<!-- gatewright:tenants -->\n## {}\n\n",
        markdown_text(&heading(results))
    );
    let _ = writeln!(out, "{}\n", markdown_text(&totals(results)));
    let titles: Vec<&str> = columns.iter().map(|column| column.title).collect();
    let _ = writeln!(out, "| TENANT | RESULT | {} |", titles.join(" | "));
    let _ = writeln!(out, "|---|---|{}", "---|".repeat(titles.len()));
    let row = |result: &TenantResult| {
        let cells = columns.iter().map(|column| {
            let text = (column.of)(&result.summary).unwrap_or_else(|| "-".to_owned());
            markdown_text(&shortened(&text, CELL))
        });
        let cells: Vec<String> = cells.collect();
        format!(
            "| {} | {} | {} |\n",
            markdown_text(&shortened(&result.tenant, CELL)),
            word(result),
            cells.join(" | ")
        )
    };
    // The rows that ask for attention first: they must not be the ones that do not fit.
    let mut sorted: Vec<&TenantResult> = results.iter().collect();
    sorted.sort_by_key(|one| {
        (
            std::cmp::Reverse(crate::fleet::result::gravity(one.exit_code)),
            one.changes.is_empty(),
        )
    });
    let room = LIMIT - 2_000;
    // The details of the gravest must have room, too.
    let rows = sorted.iter().map(|result| row(result));
    let shown = fill(&mut out, rows, room * 2 / 3);
    if shown < results.len() {
        let _ = writeln!(
            out,
            "\n{} more, which do not fit here.",
            counted(results.len() - shown, "tenant")
        );
    }
    out.push('\n');
    let told: Vec<&TenantResult> = sorted
        .into_iter()
        .filter(|one| is_worth_a_look(one))
        .collect();
    let shown = fill(&mut out, told.iter().map(|result| fold(result)), room);
    if shown < told.len() {
        let _ = writeln!(
            out,
            "\nThe details of {} do not fit here: `--format html` has all.",
            counted(told.len() - shown, "tenant")
        );
    }
    out
}

fn heading(results: &[TenantResult]) -> String {
    match command(results) {
        "" => "No tenant".to_owned(),
        command => format!("{command} of {}", counted(results.len(), "tenant")),
    }
}

/// Adds texts while there is room; how many there was room for.
fn fill(out: &mut String, texts: impl Iterator<Item = String>, room: usize) -> usize {
    let mut shown = 0;
    for text in texts {
        if out.len() + text.len() > room {
            return shown;
        }
        out.push_str(&text);
        shown += 1;
    }
    shown
}

/// What one tenant has to tell, folded.
fn fold(result: &TenantResult) -> String {
    let mut out = format!(
        "<details><summary>{}: {}</summary>\n\n",
        super::escape::html(&visible(&shortened(&result.tenant, CELL), false)),
        word(result)
    );
    for change in &result.changes {
        let _ = writeln!(
            out,
            "- {} {} {}{}",
            markdown_text(&change.action),
            markdown_text(&change.kind),
            markdown_code(&shortened(&change.name, CELL)),
            markdown_text(&change_line(change))
        );
    }
    for finding in &result.findings {
        let _ = writeln!(
            out,
            "- {}",
            markdown_text(&shortened(&finding_line(finding), 600))
        );
    }
    out.push_str("\n</details>\n");
    out
}

/// One tenant of a project.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TenantRow {
    /// Its name in `gatewright.yaml`.
    pub name: String,
    /// Whether it is used when no `-t` is given.
    pub default: bool,
    /// The id of the Entra tenant.
    pub tenant_id: Option<String>,
    /// The file of the embedded tenant.
    pub sandbox: Option<String>,
    /// Its labels.
    pub labels: Vec<String>,
    /// The cloud, if it is named.
    pub cloud: Option<String>,
    /// The method of signing in, if it is named.
    pub auth: Option<String>,
    /// Where its entry stands: file, line and column.
    pub place: String,
    /// What is wrong with its entry.
    pub error: Option<String>,
}

/// The tenants of a project, a row each.
pub fn tenants(rows: &[TenantRow], width: Option<usize>) -> String {
    let columns = [
        wrapping("TENANT", 0),
        wrapping("ID", 0),
        wrapping("LABELS", 1),
        whole("CLOUD", 3),
        whole("AUTH", 2),
        wrapping("ENTRY", 4),
        wrapping("ERROR", 1),
    ];
    let said = |text: Option<&String>| match text {
        Some(text) => visible(text, false),
        None => "-".to_owned(),
    };
    let cells = rows.iter().map(|row| {
        let name = match row.default {
            true => format!("{} (default)", row.name),
            false => row.name.clone(),
        };
        let labels = Some(row.labels.join(", ")).filter(|labels| !labels.is_empty());
        vec![
            plain(visible(&name, false)),
            plain(said(row.tenant_id.as_ref().or(row.sandbox.as_ref()))),
            plain(said(labels.as_ref())),
            plain(said(row.cloud.as_ref())),
            plain(said(row.auth.as_ref())),
            plain(visible(&row.place, false)),
            (said(row.error.as_ref()), RED),
        ]
    });
    let cells: Vec<Vec<TableCell>> = cells.collect();
    table(&columns, &cells, width).noted("`--format json` has all.")
}

/// The parts of the tenants, a row each.
pub fn parts(parts: &[(String, Vec<String>)], width: Option<usize>) -> String {
    let columns = [whole("SHARD", 0), whole("COUNT", 1), wrapping("TENANTS", 0)];
    let rows = parts.iter().map(|(shard, tenants)| {
        let names = few(tenants.iter().map(|name| visible(name, false)), 12);
        vec![plain(shard), plain(tenants.len().to_string()), plain(names)]
    });
    let rows: Vec<Vec<TableCell>> = rows.collect();
    table(&columns, &rows, width).noted("`--format json` has all.")
}

/// What one tenant has to tell, for people, a line for each object and finding.
pub fn lines(result: &TenantResult) -> String {
    let mut out = String::new();
    for change in &result.changes {
        let name = visible(&change.name, false);
        let (action, kind) = (visible(&change.action, false), visible(&change.kind, false));
        let _ = writeln!(out, "{action} {kind} \"{name}\"{}", change_line(change));
    }
    for finding in &result.findings {
        let _ = writeln!(out, "{}", finding_line(finding));
    }
    out
}
