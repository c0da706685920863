//! `gatewright tenants`

use std::num::NonZeroU32;

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::console::Console;
use super::session::{Stopped, config};
use super::{Common, Exit, Format};
use crate::fleet::select::select;
use crate::fleet::shard::Shard;
use crate::manifest::config::{ConfigFile, TenantEntry};
use crate::render;
use crate::render::fleet::TenantRow;
use crate::render::json::FORMAT_VERSION;

/// List the tenants of the project, and share them out over machines
///
/// Asks no tenant anything. With `--matrix N` and `--format json` it prints, in one line, what a
/// matrix of GitHub Actions takes: one job for each part of N that holds a tenant, with its
/// `shard` for `--shard`.
#[derive(Debug, Args)]
pub struct TenantsArgs {
    /// Share them out into N parts, and show these
    #[arg(long, value_name = "N", value_parser = parts)]
    pub matrix: Option<NonZeroU32>,
}

/// As many jobs as one matrix of GitHub Actions may have.
const MOST: u32 = 256;

fn parts(text: &str) -> Result<NonZeroU32, String> {
    match text.parse::<NonZeroU32>() {
        Ok(parts) if parts.get() <= MOST => Ok(parts),
        _ => Err(format!(
            "it is a number from 1 to {MOST}, as many jobs as a matrix may have"
        )),
    }
}

/// The answer of `tenants --format json`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "gatewright tenants")]
pub struct TenantsOutput {
    /// The version of this shape.
    pub format_version: &'static str,
    /// The tenants, by name.
    pub tenants: Vec<TenantRow>,
}

/// The answer of `tenants --matrix N --format json`.
#[derive(Debug, Serialize)]
struct MatrixOutput {
    include: Vec<MatrixJob>,
}

/// One part.
#[derive(Debug, Serialize)]
struct MatrixJob {
    shard: String,
    /// The tenants, for the name of the job.
    tenants: Vec<String>,
}

/// Runs the command.
///
/// # Errors
/// See [`Stopped`].
pub fn run(args: &TenantsArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    let file = config(common, console)?;
    let chosen = match common.tenants.as_slice() {
        [] => (file.config.tenants.keys().chain(file.broken.keys()))
            .cloned()
            .collect(),
        selectors => select(&file, selectors).map_err(Stopped::Findings)?,
    };
    if let Some(of) = args.matrix {
        let jobs = Shard::all(of).map(|shard| MatrixJob {
            shard: shard.to_string(),
            tenants: chosen
                .iter()
                .filter(|name| shard.holds(name))
                .cloned()
                .collect(),
        });
        let include: Vec<MatrixJob> = jobs.filter(|job| !job.tenants.is_empty()).collect();
        match console.format {
            // One line: it becomes the output of a step.
            Format::Json => {
                let line = serde_json::to_string(&MatrixOutput { include }).unwrap_or_default();
                console.result(&format!("{line}\n"));
            }
            _ => {
                let parts: Vec<(String, Vec<String>)> = include
                    .into_iter()
                    .map(|job| (job.shard, job.tenants))
                    .collect();
                console.result(&render::fleet::parts(&parts, console.width()));
            }
        }
        return Ok(Exit::Done);
    }
    let rows: Vec<TenantRow> = chosen.iter().map(|name| row(&file, name)).collect();
    let is_wrong = rows.iter().any(|row| row.error.is_some());
    match console.format {
        Format::Json => console.result(&render::json::text(&TenantsOutput {
            format_version: FORMAT_VERSION,
            tenants: rows,
        })),
        _ => console.paged(&render::fleet::tenants(&rows, console.width())),
    }
    Ok(match is_wrong {
        true => Exit::Error,
        false => Exit::Done,
    })
}

fn row(file: &ConfigFile, name: &str) -> TenantRow {
    let entry: Option<&TenantEntry> = file.config.tenants.get(name);
    let of = |text: fn(&TenantEntry) -> Option<String>| entry.and_then(text);
    TenantRow {
        name: name.to_owned(),
        default: entry.is_some_and(|entry| entry.default),
        tenant_id: of(|entry| entry.tenant_id.clone()),
        sandbox: of(|entry| entry.sandbox.clone()),
        labels: entry.map_or_else(Vec::new, |entry| entry.labels.clone()),
        cloud: of(|entry| entry.cloud.map(|cloud| cloud.as_str().to_owned())),
        auth: of(|entry| Some(entry.auth.as_ref()?.method?.as_str().to_owned())),
        place: match file
            .broken
            .get(name)
            .and_then(|found| found.first()?.place.as_ref())
        {
            Some(place) => place.to_string(),
            None => file.tenant_key(name).to_string(),
        },
        error: file
            .broken
            .get(name)
            .and_then(|found| Some(found.first()?.message.clone())),
    }
}
