//! `gatewright show`

use std::path::PathBuf;

use clap::Args;

use super::console::Console;
use super::depth::DepthArgs;
use super::plan_folder::{FolderPlan, folder_digest, plans_in};
use super::session::Stopped;
use super::{Exit, Format};
use crate::fleet::result::{FLEET_FORMAT, Tally, TenantResult};
use crate::plan::file;
use crate::render;

/// Show a saved plan, or those of a folder
///
/// Needs no project and no tenant. Only `apply` checks whether the tenant has changed since
/// the plan was made. Of a folder that `plan --out-dir` wrote, the plans of all tenants are shown
/// with one table, and the digest of the folder.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The file that `plan --out` wrote, or the folder of `plan --out-dir`
    pub plan: PathBuf,
    /// How much to show
    #[command(flatten)]
    pub look: DepthArgs,
}

/// Runs the command.
///
/// # Errors
/// A finding when the file is no plan that this version can use.
pub fn run(args: &ShowArgs, console: &Console) -> Result<Exit, Stopped> {
    if args.plan.is_dir() {
        return folder(args, console);
    }
    let loaded = file::read::file(&args.plan).map_err(|f| Stopped::Findings(vec![*f]))?;
    match console.format {
        Format::Json => console.result(&render::json::text(&render::saved::json(&loaded))),
        Format::Markdown => console.result(&render::saved::markdown(&loaded)),
        _ => console.paged(&render::saved::human(&loaded, console.look(args.look))),
    }
    Ok(Exit::Done)
}

/// The plans of a folder.
fn folder(args: &ShowArgs, console: &Console) -> Result<Exit, Stopped> {
    let plans = plans_in(&args.plan)?;
    let results: Vec<TenantResult> = plans.iter().map(result).collect();
    let digest = folder_digest(&plans);
    match console.format {
        Format::Json => {
            for (plan, mut result) in plans.iter().zip(results) {
                result.result = serde_json::to_value(render::saved::json(&plan.loaded)).ok();
                let line = serde_json::to_string(&result).unwrap_or_default();
                console.result(&format!("{line}\n"));
            }
        }
        Format::Markdown => {
            let table = render::fleet::markdown(&results);
            console.result(&format!("{table}\nDigest: `{digest}`\n"));
        }
        _ => {
            let look = console.look(args.look);
            let told: Vec<(&str, String)> = plans
                .iter()
                .map(|plan| (plan.tenant(), render::saved::human(&plan.loaded, look)))
                .collect();
            let told = told.iter().map(|(name, text)| (*name, text.as_str()));
            let details = render::fleet::details(told);
            let table = render::fleet::human(&results, console.width());
            console.paged(&format!("{details}{table}Digest of the folder: {digest}\n"));
        }
    }
    Ok(Exit::Done)
}

/// A saved plan as a row of the table.
fn result(plan: &FolderPlan) -> TenantResult {
    let mut tally = Tally::of_plan(&plan.loaded.plan);
    let refused = plan.loaded.saved.refused().count();
    tally.summary.guards = Some(refused as u64);
    TenantResult {
        format_version: FLEET_FORMAT.to_owned(),
        command: "plan".to_owned(),
        tenant: plan.tenant().to_owned(),
        labels: Vec::new(),
        exit_code: match refused {
            0 => Exit::Done as u8,
            _ => Exit::Refused as u8,
        },
        summary: tally.summary,
        changes: tally.changes,
        findings: tally.findings,
        result: None,
    }
}
