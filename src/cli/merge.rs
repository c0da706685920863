//! `gatewright merge`

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use super::console::Console;
use super::report::check_target;
use super::session::{Stopped, config};
use super::{Common, Exit, Format};
use crate::disk;
use crate::finding::source::{SourceFile, decode};
use crate::finding::{Code, Finding};
use crate::fleet::merge::merge;
use crate::fleet::result::{FLEET_FORMAT, FleetFinding, FleetSummary, TenantResult, gravest};
use crate::fleet::select::select;
use crate::manifest::config::find_root;
use crate::render;
use crate::text::visible;

/// Put the results of several machines together: one table, one exit code
///
/// Takes files of JSON lines that `plan`, `apply`, `validate`, `test`, `drift`, `report` and `risk`
/// wrote for several tenants with `--format json`. The exit code is the gravest of all tenants; a
/// tenant of the project that has no result counts as an error.
#[derive(Debug, Args)]
pub struct MergeArgs {
    /// Files of results, or folders with files that end in .jsonl
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Do not miss the tenants of the project that have no result
    #[arg(long)]
    pub partial: bool,
    /// Also write the table with details to FILE, as a page
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Replace the page if it exists
    #[arg(long, requires = "html")]
    pub force: bool,
}

/// The most that one file of results may hold, in bytes.
const MOST_BYTES: u64 = 1 << 30;

/// Runs the command.
///
/// # Errors
/// See [`Stopped`].
pub fn run(args: &MergeArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    if let Some(path) = &args.html {
        check_target(path, args.force)?;
    }
    let mut findings = Vec::new();
    let mut sources = Vec::new();
    for path in files(&args.files)? {
        let name = path.display().to_string();
        let bytes = disk::read(&path, MOST_BYTES);
        // PowerShell may have written it as UTF-16.
        let text = bytes.map_err(|error| format!("cannot be read: {error}"));
        match text.and_then(|bytes| decode(&bytes)) {
            Ok(text) => sources.push(SourceFile::new(name, path, text)),
            Err(problem) => findings.push(
                Finding::error(Code::FleetResult, format!("`{name}` {problem}")).help(
                    "name files that `gatewright plan -t all --format json` and the like wrote",
                ),
            ),
        }
    }
    let mut results = merge(&sources, &mut findings);
    if results.is_empty() && findings.is_empty() {
        findings.push(
            Finding::error(
                Code::FleetResult,
                "these files have no result of any tenant",
            )
            .help("name files that `gatewright plan -t all --format json` and the like wrote"),
        );
    }
    if !findings.is_empty() {
        return Err(Stopped::Findings(findings));
    }
    if !args.partial {
        let missing = missing(&results, common, console)?;
        results.extend(missing);
        results.sort_by(|one, other| one.tenant.cmp(&other.tenant));
    }
    if let Some(path) = &args.html {
        let page = render::fleet::html(&results).context("cannot put the table on a page")?;
        let put = match args.force {
            true => disk::Put::Over,
            false => disk::Put::New,
        };
        disk::put(path, page.as_bytes(), put)
            .with_context(|| format!("cannot write `{}`", path.display()))?;
        console.note(&format!(
            "The page: {}",
            visible(&path.display().to_string(), false)
        ));
    }
    match console.format {
        Format::Json => {
            for result in &results {
                let line = serde_json::to_string(result).unwrap_or_default();
                console.result(&format!("{line}\n"));
            }
        }
        Format::Markdown => console.result(&render::fleet::markdown(&results)),
        Format::Html => {
            let page = render::fleet::html(&results).context("cannot put the table on a page")?;
            console.result(&page);
        }
        _ => {
            let told = results
                .iter()
                .filter(|one| render::fleet::is_worth_a_look(one));
            let told: Vec<(&str, String)> = told
                .map(|one| (one.tenant.as_str(), render::fleet::lines(one)))
                .collect();
            let details =
                render::fleet::details(told.iter().map(|(name, text)| (*name, text.as_str())));
            console.paged(&format!(
                "{details}{}",
                render::fleet::human(&results, console.width())
            ));
        }
    }
    Ok(Exit::of_code(gravest(
        results.iter().map(|one| one.exit_code),
    )))
}

/// The files that are meant: of a folder those of results.
fn files(given: &[PathBuf]) -> Result<Vec<PathBuf>, Stopped> {
    let mut files = Vec::new();
    for path in given {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let entries = disk::entries(path)
            .with_context(|| format!("cannot read the folder `{}`", path.display()))?;
        let before = files.len();
        let is_result = |path: &Path| path.extension().is_some_and(|ending| ending == "jsonl");
        files.extend(
            entries
                .into_iter()
                .map(|(path, _)| path)
                .filter(|path| is_result(path)),
        );
        if files.len() == before {
            let message = format!(
                "the folder `{}` has no file that ends in .jsonl",
                path.display()
            );
            return Err(Stopped::Findings(vec![
                Finding::error(Code::FleetResult, message)
                    .help("`gatewright plan -t all --format json > results/0.jsonl` and the like write one"),
            ]));
        }
    }
    Ok(files)
}

/// A result for each tenant of the project that has none.
fn missing(
    results: &[TenantResult],
    common: &Common,
    console: &Console,
) -> Result<Vec<TenantResult>, Stopped> {
    if find_root(&common.chdir).is_none() && common.tenants.is_empty() {
        console.warn(
            "Note: without a gatewright.yaml here, nobody knows whether tenants are missing.",
        );
        return Ok(Vec::new());
    }
    let file = config(common, console)?;
    let wanted: BTreeSet<String> = match common.tenants.as_slice() {
        [] => (file.config.tenants.keys().chain(file.broken.keys()))
            .cloned()
            .collect(),
        selectors => select(&file, selectors).map_err(Stopped::Findings)?,
    };
    let known: BTreeSet<&str> = results.iter().map(|one| one.tenant.as_str()).collect();
    let command = results
        .first()
        .map_or_else(String::new, |one| one.command.clone());
    let missing = wanted
        .into_iter()
        .filter(|name| !known.contains(name.as_str()));
    Ok(missing
        .map(|tenant| TenantResult {
            format_version: FLEET_FORMAT.to_owned(),
            command: command.clone(),
            labels: (file.config.tenants.get(&tenant))
                .map_or_else(Vec::new, |one| one.labels.clone()),
            exit_code: Exit::Error as u8,
            summary: FleetSummary {
                errors: 1,
                ..FleetSummary::default()
            },
            changes: Vec::new(),
            findings: vec![FleetFinding {
                severity: "error".to_owned(),
                code: Code::FleetResult.to_string(),
                message: "there is no result of this tenant: its part failed, or did not run"
                    .to_owned(),
                place: None,
                help: Some("run its part again; `--partial` does without it".to_owned()),
            }],
            tenant,
            result: None,
        })
        .collect())
}
