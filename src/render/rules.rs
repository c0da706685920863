//! The registry as pages: `docs/rules/`, `gatewright explain` and the help of SARIF.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use super::human::{BOLD, paint};
use super::json::{FORMAT_VERSION, VERSION};
use crate::finding::registry::Table;
use crate::finding::registry::row::{Mark, POLICY, ShownBy};
use crate::finding::{Entry, Guard};

/// How long a line of a page is.
const WIDTH: usize = 96;

/// Where the folder `docs/` can be read of the repository that the program was built from, as the
/// build was told (`GATEWRIGHT_DOCS`) or as the package says; nothing where nobody said.
fn docs() -> Option<String> {
    docs_of(option_env!("GATEWRIGHT_DOCS"), env!("CARGO_PKG_REPOSITORY"))
}

fn docs_of(told: Option<&str>, repository: &str) -> Option<String> {
    let docs = match told {
        Some(docs) if !docs.is_empty() => docs.to_owned(),
        _ if repository.is_empty() => return None,
        _ => format!("{}/blob/v{VERSION}/docs", repository.trim_end_matches('/')),
    };
    let docs = docs.trim_end_matches('/');
    docs.starts_with("https://").then(|| docs.to_owned())
}

/// Where the page of a row can be read, when that is known.
pub fn url(table: Table, row: &Entry) -> Option<String> {
    docs().map(|docs| format!("{docs}/{}", link(table, row)))
}

fn link(table: Table, row: &Entry) -> String {
    let anchor = row.id.to_ascii_lowercase();
    format!("rules/{}.md#{anchor}", table.as_str())
}

/// A summary as a sentence.
pub fn sentence(summary: &str) -> String {
    let mut chars = summary.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).chain(['.']).collect()
}

/// All that is said about one id, for a terminal of this width: examples can be copied as they are.
pub fn human(table: Table, row: &Entry, width: usize) -> String {
    let mut out = String::new();
    let mut is_code = false;
    for line in page_at(table, row, width.min(WIDTH)).lines() {
        if line.starts_with("```") {
            is_code = !is_code;
            continue;
        }
        let shown = match line.strip_prefix("### ") {
            _ if is_code => line.to_owned(),
            Some(id) => paint(BOLD, id.trim_matches('`')),
            None => match line
                .strip_prefix("**")
                .and_then(|rest| rest.split_once("**"))
            {
                Some((word, rest)) => paint(BOLD, word) + rest,
                None => line.to_owned(),
            },
        };
        let _ = writeln!(out, "{}{shown}", if is_code { "    " } else { "" });
    }
    out
}

/// All that is said about one id, as Markdown.
pub fn page(table: Table, row: &Entry) -> String {
    page_at(table, row, WIDTH)
}

fn page_at(table: Table, row: &Entry, width: usize) -> String {
    let wrapped = |text: &str| wrapped_at(text, width);
    let mut out = format!("### `{}`\n\n", row.id);
    let mut facts = format!("{}. {}.", grave(row), sure(row));
    if table == Table::Guards {
        facts.push_str(&match Guard::parse(row.id) {
            Some(guard) if guard.is_absolute() => " Cannot be tuned or let through.".to_owned(),
            _ => format!(" For one run: `--allow {}`.", row.id),
        });
    }
    let fix = format!("**Way out:** {}", row.fix);
    for text in [&sentence(row.summary), &facts, row.why, &fix, row.more] {
        if !text.is_empty() {
            out.push_str(&wrapped(text));
            out.push('\n');
        }
    }
    let example = &row.example;
    for (name, text) in [
        ("given", example.given),
        ("before", example.before),
        ("after", example.after),
    ] {
        if text.is_empty() {
            continue;
        }
        match example.shown_by {
            ShownBy::Nothing => out.push_str(&wrapped(&format!("- {name}: {text}"))),
            ShownBy::Import => {
                let _ = writeln!(out, "```jsonc\n// {name}\n{text}\n```\n");
            }
            _ => {
                let _ = writeln!(out, "```yaml\n# {name}\n{text}\n```\n");
            }
        }
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// `Error, or warning`.
fn grave(row: &Entry) -> String {
    let words: Vec<String> = row.severities.iter().map(ToString::to_string).collect();
    let mut text = match words.as_slice() {
        [] => "no finding of its own".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    };
    if let Some(confidence) = row.confidence {
        let _ = write!(text, ", confidence {confidence}");
    }
    let sentence = sentence(&text);
    sentence.trim_end_matches('.').to_owned()
}

/// `Documented: where`.
fn sure(row: &Entry) -> String {
    let mark = sentence(row.mark.as_str());
    format!("{}: {}", mark.trim_end_matches('.'), row.source)
}

/// Paragraphs and lists, broken into lines; tables as they are.
fn wrapped(text: &str) -> String {
    wrapped_at(text, WIDTH)
}

fn wrapped_at(text: &str, width: usize) -> String {
    let mut out = String::new();
    for line in text.lines() {
        if line.starts_with('|') {
            out.push_str(line);
            out.push('\n');
            continue;
        }
        let indent = if line.starts_with("- ") { "  " } else { "" };
        let mut length = 0;
        for word in line.split(' ').filter(|word| !word.is_empty()) {
            let new = word.chars().count();
            if length > 0 && length + 1 + new > width {
                out.push('\n');
                out.push_str(indent);
                length = indent.len();
            } else if length > 0 {
                out.push(' ');
                length += 1;
            }
            out.push_str(word);
            length += new;
        }
        out.push('\n');
    }
    out
}

/// Every id with its summary, a line each.
pub fn list() -> String {
    let mut out = String::new();
    for table in Table::ALL {
        let (title, _) = heading(table);
        let _ = writeln!(out, "{title}");
        for row in table.rows() {
            let _ = writeln!(out, "  {:24} {}", row.id, row.summary);
        }
        out.push('\n');
    }
    out.push_str("`gatewright explain CODE` says more.\n");
    out
}

fn heading(table: Table) -> (&'static str, &'static str) {
    match table {
        Table::Graph => (
            "Rules of Microsoft Graph",
            "What the service refuses, ignores, or does differently than expected. Findings have the code `graph-rule` or a more specific one, and the rule.",
        ),
        Table::Advice => (
            "Rules of advice",
            "What Graph accepts and people came to regret. [Advice](../lint.md) says how to tune a rule for a project and how to allow it in one place.",
        ),
        Table::Guards => (
            "Guards",
            "What refuses a plan, whatever the manifests say. [Guards](../guards.md) says when they run and how to tune them.",
        ),
        Table::Codes => (
            "Codes of findings",
            "The kind of finding. Every finding has one; some also name a rule or guard.",
        ),
    }
}

/// The files of `docs/rules/`: name and text.
pub fn files() -> Vec<(String, String)> {
    let mut files = vec![("README.md".to_owned(), index())];
    for table in Table::ALL {
        let (title, about) = heading(table);
        let mut text = format!("# {title}\n\n{GENERATED}\n\n{}", wrapped(about));
        for row in table.rows() {
            text.push('\n');
            text.push_str(&page(table, row));
        }
        files.push((format!("{}.md", table.as_str()), text));
    }
    files
}

const GENERATED: &str = "Generated by `gatewright reference`; do not edit.";

fn index() -> String {
    let mut out = format!("# Rules, advice, guards and codes\n\n{GENERATED}\n\n");
    out.push_str(&wrapped(
        "Everything that gatewright reports has an id, and each id is explained here. `gatewright explain CODE` prints the same.",
    ));
    out.push_str("\nHow sure a rule is:\n\n| mark | meaning |\n| --- | --- |\n");
    for mark in Mark::ALL {
        let _ = writeln!(out, "| {} | {} |", mark.as_str(), mark.meaning());
    }
    out.push('\n');
    out.push_str(&wrapped(
        "In examples, `given` is what the tenant has before, `before` causes the finding and `after` does not; tests check this. An example without `kind` is part of this policy: what it says replaces what is here, and `null` removes it. A part under `# gatewright.yaml` or `# guards.yaml` is added to that file.",
    ));
    let _ = writeln!(out, "\n```yaml\n{POLICY}```");
    for table in Table::ALL {
        let (title, _) = heading(table);
        let _ = writeln!(
            out,
            "\n## {title}\n\n| id | what | severity | source |\n| --- | --- | --- | --- |"
        );
        for row in table.rows() {
            let link = link(table, row);
            let _ = writeln!(
                out,
                "| [`{}`]({}) | {} | {} | {} |",
                row.id,
                link.trim_start_matches("rules/"),
                row.summary,
                row.severities
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join(", "),
                row.mark.as_str(),
            );
        }
    }
    out
}

/// The answer of `explain --format json`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExplainOutput {
    /// The version of this format.
    pub format_version: &'static str,
    /// The version of gatewright.
    pub gatewright_version: &'static str,
    /// What was asked for: often one; without an argument all.
    pub entries: Vec<EntryOutput>,
}

/// What is said about one id. Texts are Markdown.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EntryOutput {
    /// The id.
    pub id: &'static str,
    /// `graph`, `advice`, `guards` or `codes`.
    pub table: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// The severities of its findings, the usual one first: `error`, `warning`, `hint`. Empty: it
    /// is kept to without a finding.
    pub severities: Vec<String>,
    /// How certain a finding is: `high`, `medium`, `low`.
    pub confidence: Option<String>,
    /// How certain the rule is: `documented`, `seen`, `reported`, `unverified`, `ours`.
    pub mark: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// What to do.
    pub fix: &'static str,
    /// The rest; often empty.
    pub more: &'static str,
    /// What the tenant holds before; often empty.
    pub given: &'static str,
    /// What gives a finding of the id.
    pub before: &'static str,
    /// The same, fixed.
    pub after: &'static str,
    /// Where the page can be read, when the build knows its repository.
    pub url: Option<String>,
}

/// For programs.
pub fn json(found: &[(Table, &'static Entry)]) -> ExplainOutput {
    ExplainOutput {
        format_version: FORMAT_VERSION,
        gatewright_version: VERSION,
        entries: found
            .iter()
            .map(|(table, row)| EntryOutput {
                id: row.id,
                table: table.as_str(),
                summary: row.summary,
                severities: row.severities.iter().map(ToString::to_string).collect(),
                confidence: row.confidence.map(|c| c.to_string()),
                mark: row.mark.as_str(),
                source: row.source,
                why: row.why,
                fix: row.fix,
                more: row.more,
                given: row.example.given,
                before: row.example.before,
                after: row.example.after,
                url: url(*table, row),
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_where_the_build_says() {
        let told = "https://example.com/o/r/blob/abc/docs";
        assert_eq!(docs_of(Some(told), ""), Some(told.to_owned()));
        assert_eq!(
            docs_of(Some(&format!("{told}/")), "https://example.com/x"),
            Some(told.to_owned())
        );
        let package = format!("https://example.com/x/blob/v{VERSION}/docs");
        assert_eq!(docs_of(None, "https://example.com/x/"), Some(package));
        for nothing in [
            docs_of(None, ""),
            docs_of(Some(""), ""),
            docs_of(Some("../docs"), ""),
        ] {
            assert_eq!(nothing, None);
        }
    }

    #[test]
    fn texts_are_broken_into_lines() {
        let long = "a word ".repeat(40);
        let text = format!("{long}\n\n- {long}\n| {long} |");
        let out = wrapped(&text);
        let lines: Vec<&str> = out.lines().collect();
        assert!(
            lines
                .iter()
                .filter(|line| !line.starts_with('|'))
                .all(|line| line.len() <= WIDTH)
        );
        assert!(lines.iter().any(|line| line.starts_with("  word")), "{out}");
        let words = |text: &str| {
            text.split_whitespace()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(words(&out), words(&text));
    }
}
