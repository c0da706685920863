//! The results of several machines as one.

use std::collections::BTreeMap;

use super::result::{FLEET_FORMAT, TenantResult};
use crate::finding::source::SourceFile;
use crate::finding::{Code, Finding, Place};

/// The commands that take several tenants.
const COMMANDS: [&str; 8] = [
    "plan",
    "apply",
    "validate",
    "test",
    "drift",
    "report",
    "risk users",
    "risk detections",
];

/// The results in files of JSON lines, by tenant. What is wrong with them is told in `findings`.
pub fn merge(
    files: &[std::sync::Arc<SourceFile>],
    findings: &mut Vec<Finding>,
) -> Vec<TenantResult> {
    let mut merged: BTreeMap<String, (TenantResult, Place)> = BTreeMap::new();
    let mut command: Option<(String, Place)> = None;
    for file in files {
        let mut start = 0;
        for line in file.text.split_inclusive('\n') {
            let place = Place::new(file, start..start + line.trim_end().len());
            start += line.len();
            if line.trim().is_empty() {
                continue;
            }
            let result = match serde_json::from_str::<TenantResult>(line) {
                Ok(result) if major(&result.format_version) == major(FLEET_FORMAT) => result,
                Ok(result) => {
                    let message = format!(
                        "the line has the format version `{}`, and this gatewright reads `{FLEET_FORMAT}`",
                        result.format_version
                    );
                    findings.push(
                        Finding::error(Code::FleetResult, message)
                            .at(place)
                            .help("use the version of gatewright that wrote it"),
                    );
                    continue;
                }
                Err(error) => {
                    findings.push(told(&error, line, place));
                    // The rest of such a file is no more of a result.
                    break;
                }
            };
            if !COMMANDS.contains(&result.command.as_str()) || result.tenant.is_empty() {
                let message = format!(
                    "`{}` of `{}` is no result that this gatewright knows",
                    result.command, result.tenant
                );
                findings.push(Finding::error(Code::FleetResult, message).at(place).help(
                    "name files that `gatewright plan -t all --format json` and the like wrote",
                ));
                continue;
            }
            let (first, at) =
                command.get_or_insert_with(|| (result.command.clone(), place.clone()));
            if *first != result.command {
                let message = format!(
                    "the line is a result of `{}`, and others are of `{first}`",
                    result.command
                );
                findings.push(
                    Finding::error(Code::FleetResult, message)
                        .at(place)
                        .related(at.clone(), "the first one")
                        .help("merge the results of one command at a time"),
                );
                continue;
            }
            if let Some((_, first)) = merged.get(&result.tenant) {
                let message = format!("there are two results of the tenant `{}`", result.tenant);
                findings.push(
                    Finding::error(Code::FleetResult, message)
                        .at(place)
                        .related(first.clone(), "the other one")
                        .help("name the files of one run alone: a part that ran twice leaves two files"),
                );
                continue;
            }
            merged.insert(result.tenant.clone(), (result, place));
        }
    }
    merged.into_values().map(|(result, _)| result).collect()
}

/// The first number of a version.
fn major(version: &str) -> &str {
    version.split('.').next().unwrap_or_default()
}

/// What is wrong with a line.
fn told(error: &serde_json::Error, line: &str, place: Place) -> Finding {
    let is_cut = error.is_eof() && !line.ends_with('\n');
    let (message, help) = match is_cut {
        true => (
            "the line ends in the middle".to_owned(),
            "the machine that wrote it was stopped: run its part again",
        ),
        false => {
            // Without where in the line it is: the place says so.
            let text = error.to_string();
            let text = text.split(" at line ").next().unwrap_or_default();
            (
                format!("the line is no result of a tenant: {text}"),
                "name files that `gatewright plan -t all --format json` and the like wrote",
            )
        }
    };
    Finding::error(Code::FleetResult, message)
        .at(place)
        .help(help)
}
