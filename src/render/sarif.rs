//! Findings as SARIF 2.1.0 (OASIS "Static Analysis Results Interchange Format"), with what
//! GitHub code scanning needs of it ("SARIF support for code scanning"): rules with texts,
//! a place for every result, and a category for each command and tenant.

use std::fmt::Write as _;

use std::collections::BTreeMap;

use serde::Serialize;
use uuid::Uuid;

use super::escape::uri_path;
use super::review::{About, Region, Remark};
use super::rules;
use crate::finding::registry::Table;
use crate::finding::{Entry, Place, Severity};
use crate::manifest::config::CONFIG_FILE;
use crate::text::visible;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The root of the repository, which uploads know.
const ROOT: &str = "%SRCROOT%";

/// What fingerprints are made under.
const NAMESPACE: Uuid = Uuid::from_u128(0x6d7d_5f0c_0d0e_4f5b_9b1e_3a52_7f34_8c11);

/// A log with one run.
#[derive(Debug, Serialize)]
pub struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [SarifRun; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifRun {
    tool: Tool,
    automation_details: AutomationDetails,
    column_kind: &'static str,
    results: Vec<SarifResult>,
}

#[derive(Debug, Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    version: &'static str,
    semantic_version: &'static str,
    rules: Vec<SarifRule>,
}

#[derive(Debug, Serialize)]
struct AutomationDetails {
    id: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifRule {
    id: String,
    short_description: Text,
    full_description: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    help_uri: Option<String>,
    help: Help,
    default_configuration: Configuration,
}

#[derive(Debug, Serialize)]
struct Help {
    text: String,
    markdown: String,
}

#[derive(Debug, Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult {
    rule_id: String,
    rule_index: usize,
    level: &'static str,
    message: Text,
    locations: [Location; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    partial_fingerprints: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Suppression>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Text>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: SarifRegion,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactLocation {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifRegion {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Debug, Serialize)]
struct Suppression {
    kind: &'static str,
    justification: String,
}

#[derive(Debug, Serialize)]
struct Text {
    text: String,
}

/// The log of what was found.
pub fn remarks(list: &[Remark<'_>], about: &About) -> Log {
    let rules: BTreeMap<String, (Table, &Entry)> = (list.iter())
        .map(|remark| (remark.id(), remark.row()))
        .collect();
    let index = |id: &str| {
        rules
            .keys()
            .position(|known| known == id)
            .unwrap_or_default()
    };
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let results = list
        .iter()
        .map(|remark| result(remark, about, index(&remark.id()), &mut seen))
        .collect();
    let version = env!("CARGO_PKG_VERSION");
    let mut id = format!("gatewright/{}/", about.command);
    if let Some(tenant) = &about.tenant {
        id.push_str(&uri_path(tenant).replace('/', "%2F"));
        id.push('/');
    }
    Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [SarifRun {
            tool: Tool {
                driver: Driver {
                    name: "gatewright",
                    version,
                    semantic_version: version,
                    rules: rules.iter().map(|(id, row)| rule(id, *row)).collect(),
                },
            },
            automation_details: AutomationDetails { id },
            column_kind: "unicodeCodePoints",
            results,
        }],
    }
}

fn rule(id: &str, (table, row): (Table, &Entry)) -> SarifRule {
    let summary = rules::sentence(row.summary);
    let full = format!("{summary} {} {}", row.why, row.fix);
    SarifRule {
        id: id.to_owned(),
        short_description: text(&summary),
        full_description: text(&full),
        help_uri: rules::url(table, row),
        help: Help {
            text: text(&format!(
                "{full} `gatewright explain {}` says more.",
                row.id
            ))
            .text,
            markdown: rules::page(table, row),
        },
        default_configuration: Configuration {
            level: row.severities.first().copied().map_or("none", level),
        },
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "note",
    }
}

fn result(
    remark: &Remark<'_>,
    about: &About,
    rule_index: usize,
    seen: &mut BTreeMap<String, usize>,
) -> SarifResult {
    let finding = remark.finding;
    let id = remark.id();
    let location = match &finding.place {
        Some(place) => location(place, about, None, None),
        // A result without a place is not shown at all: it is about the whole project.
        None => Location {
            id: None,
            physical_location: PhysicalLocation {
                artifact_location: artifact(&about.path(CONFIG_FILE)),
                region: SarifRegion {
                    start_line: 1,
                    start_column: 1,
                    end_line: 1,
                    end_column: 2,
                },
            },
            message: None,
        },
    };
    // What stays the same while lines move: rule, file and message.
    let uri = &location.physical_location.artifact_location.uri;
    let same = format!("{id}\n{uri}\n{}", finding.message);
    let nth = seen.entry(same.clone()).or_default();
    let fingerprint = Uuid::new_v5(&NAMESPACE, format!("{same}\n{nth}").as_bytes());
    *nth += 1;
    SarifResult {
        rule_index,
        level: level(finding.severity),
        message: text(&remark.text()),
        locations: [location],
        related_locations: finding
            .related
            .iter()
            .enumerate()
            .map(|(index, (place, why))| self::location(place, about, Some(index + 1), Some(why)))
            .collect(),
        partial_fingerprints: BTreeMap::from([("gatewright/v1", fingerprint.simple().to_string())]),
        suppressions: remark
            .allowed
            .map(|why| Suppression {
                kind: "external",
                justification: visible(why, true),
            })
            .into_iter()
            .collect(),
        rule_id: id,
    }
}

fn location(place: &Place, about: &About, id: Option<usize>, why: Option<&String>) -> Location {
    let region = Region::of(place);
    Location {
        id,
        physical_location: PhysicalLocation {
            artifact_location: artifact(&about.path(&place.file.name)),
            region: SarifRegion {
                start_line: region.line,
                start_column: region.column,
                end_line: region.end_line,
                end_column: region.end_column,
            },
        },
        message: why.map(|why| text(why)),
    }
}

fn artifact(path: &str) -> ArtifactLocation {
    let absolute = path.starts_with('/') || path.contains(":/");
    ArtifactLocation {
        uri: match path.contains(":/") {
            true => format!("/{}", uri_path(path)), // a drive is no scheme
            false => uri_path(path),
        },
        uri_base_id: (!absolute).then_some(ROOT),
    }
}

/// A plain text message. `[words](place)` would be a link in it and `{0}` a gap to fill.
fn text(text: &str) -> Text {
    let mut text = visible(text, true);
    if text.contains("](") {
        text = text
            .replace('\\', "\\\\")
            .replace('[', "\\[")
            .replace(']', "\\]");
    }
    let mut parts = text.split('{');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let _ = match part.split_once('}') {
            Some((gap, rest)) if number(gap) => write!(out, "{{{{{gap}}}}}{rest}"),
            _ => write!(out, "{{{part}"),
        };
    }
    Text { text: out }
}

#[cfg(test)]
mod tests;
