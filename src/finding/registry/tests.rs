//! Nothing is used that is not in the registry, and nothing in it is left open. That examples
//! are true is shown by `tests/it/registry.rs`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::*;
use crate::finding::Severity;
use crate::finding::registry::row::{Mark, ShownBy};

fn all() -> Vec<(Table, &'static Entry)> {
    Table::ALL
        .into_iter()
        .flat_map(|table| table.rows().into_iter().map(move |row| (table, row)))
        .collect()
}

#[test]
fn every_row_says_all_there_is_to_say() {
    for (table, row) in all() {
        let id = row.id;
        for text in [
            row.summary,
            row.source,
            row.why,
            row.fix,
            row.example.before,
            row.example.after,
        ] {
            assert!(!text.trim().is_empty(), "{id} lacks something");
            assert_eq!(text.matches('`').count() % 2, 0, "{id}: {text}");
        }
        assert!(
            !row.summary.ends_with('.') && !row.source.ends_with('.'),
            "{id}"
        );
        for text in [row.why, row.fix] {
            assert!(text.ends_with('.'), "{id}: {text}");
        }
        assert_ne!(row.example.before, row.example.after, "{id}");
        let unique: BTreeSet<Severity> = row.severities.iter().copied().collect();
        assert_eq!(unique.len(), row.severities.len(), "{id}");
        assert_eq!(row.confidence.is_some(), table == Table::Advice, "{id}");
        // What gives no finding shows none.
        if row.severities.is_empty() {
            assert_eq!(row.example.shown_by, ShownBy::Nothing, "{id}");
        }
        if table != Table::Graph {
            assert!(!row.severities.is_empty(), "{id}");
        } else {
            assert_ne!(row.mark, Mark::Ours, "{id}");
        }
    }
}

#[test]
fn ids_are_unique_and_found_as_findings_show_them() {
    for table in Table::ALL {
        let rows = table.rows();
        let ids: BTreeSet<String> = rows.iter().map(|row| row.id.to_lowercase()).collect();
        assert_eq!(ids.len(), rows.len(), "{table:?}");
    }
    // A guard and a code may share a name; rules of any sort never do.
    let rules: Vec<&str> = (Table::ALL.into_iter())
        .filter(|table| *table != Table::Codes)
        .flat_map(|table| table.rows().into_iter().map(|row| row.id))
        .collect();
    assert_eq!(rules.iter().collect::<BTreeSet<_>>().len(), rules.len());
    for rule in rules {
        assert_eq!(RuleId::parse(rule).map(RuleId::as_str), Some(rule));
    }
    let found = |text: &str| find(text).iter().map(|(_, row)| row.id).collect::<Vec<_>>();
    assert_eq!(found("ca-r80"), ["CA-R80"]);
    assert_eq!(found("bad-value/CA-R05"), ["CA-R05"]);
    assert_eq!(found("lint: naming"), ["naming"]);
    assert_eq!(found("microsoft-managed").len(), 2);
    assert_eq!(found("guard/microsoft-managed").len(), 1);
    assert_eq!(found("CA-R999"), [""; 0]);
}

/// The files below `folder` whose names end so.
fn files(folder: &Path, endings: &[&str], found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, endings, found);
        } else if endings
            .iter()
            .any(|end| path.to_string_lossy().ends_with(end))
        {
            found.push(path);
        }
    }
}

fn texts() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for folder in ["src", "tests", "docs"] {
        files(&root.join(folder), &[".rs", ".md"], &mut found);
    }
    for file in [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
    ] {
        found.push(root.join(file));
    }
    found
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            (path, text)
        })
        .collect()
}

#[test]
fn every_id_that_is_cited_has_a_row() {
    let known: BTreeSet<&str> = Graph::ALL.iter().map(|rule| rule.as_str()).collect();
    let id = regex::Regex::new(r"\b[A-Z]{1,2}-R[0-9]+b?\b").unwrap();
    let mut cited = BTreeSet::new();
    for (path, text) in texts() {
        for found in id.find_iter(&text).map(|found| found.as_str()) {
            let meant = ["CA-R999"].contains(&found) || known.contains(found);
            assert!(meant, "{}: {found} is not in the registry", path.display());
            if !path.ends_with("graph.rs") && !path.starts_with("docs/rules") {
                cited.insert(found.to_owned());
            }
        }
    }
    assert!(cited.len() > 50, "{cited:?}");
}

#[test]
fn every_document_that_is_cited_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let name = regex::Regex::new(r"[A-Za-z0-9_./-]+\.md\b|\b[a-z]+ section [0-9]").unwrap();
    let mut cited = 0;
    for (path, text) in texts() {
        let code = path.extension().is_some_and(|end| end == "rs");
        // Tests make names up, and so do pipelines.
        if path.starts_with(root.join("tests")) || path.ends_with(file!()) {
            continue;
        }
        for line in text.lines() {
            for found in name.find_iter(line).map(|found| found.as_str()) {
                let comment = line.trim_start().starts_with("//");
                if code && !comment && !found.starts_with("docs/") {
                    continue;
                }
                let beside = path.parent().unwrap().join(found);
                let there = root.join(found).is_file() || beside.is_file();
                assert!(there, "{}: there is no {found}", path.display());
                cited += 1;
            }
        }
    }
    assert!(cited > 50, "{cited}");
}
