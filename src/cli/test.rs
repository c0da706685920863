//! `gatewright test`

use clap::Args;

use super::console::Console;
use super::judged::{self, From};
use super::session::Stopped;
use super::{Common, Exit, Format};
use crate::claims::{self, Coverage, Verdict};
use crate::finding::{self, Finding};
use crate::render;
use crate::render::claims::TestRun;
use crate::text::shell_word;

/// Judge the scenarios of the project
///
/// By the manifests, without any tenant; or by the policies of the tenant (`--live`), or as they
/// are after a plan (`--plan`). Exit codes: 0 all hold, 1 one fails, 2 none fails and one is open.
/// docs/tests.md says how scenarios are written.
#[derive(Debug, Args)]
pub struct TestArgs {
    /// Judge these alone, by name
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// By which policies
    #[command(flatten)]
    pub from: From,
    /// A claim that is open fails nothing
    #[arg(long)]
    pub open_ok: bool,
}

/// Runs the command.
///
/// # Errors
/// See [`Stopped`].
pub async fn run(args: &TestArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    let judged = judged::open(&args.from, common, console, None).await?;
    let missing: Vec<Finding> = (args.names.iter())
        .filter(|name| {
            !judged
                .desired
                .scenarios
                .iter()
                .any(|one| one.name() == *name)
        })
        .map(|name| judged::no_scenario(&judged.desired, name))
        .collect();
    if !missing.is_empty() {
        return Err(Stopped::Findings(missing));
    }
    // With two states it is the later one that must hold.
    let Some(state) = judged.states.last() else {
        return Ok(Exit::Error);
    };
    let policies = state.set.compiled();
    let wanted: Vec<_> = (judged.desired.scenarios.iter())
        .filter(|one| args.names.is_empty() || args.names.iter().any(|name| name == one.name()))
        .collect();
    let mut notices: Vec<Finding> = (wanted.iter())
        .flat_map(|one| claims::names::check(&policies, one, judged.known))
        .collect();
    finding::tidy(&mut notices);
    if finding::has_errors(&notices) {
        return Err(Stopped::Findings(notices));
    }
    let claims: Vec<_> = (wanted.into_iter())
        .map(|one| claims::judge(&policies, one))
        .collect();
    let coverage = Coverage::of(&state.set.policies, &claims);
    let run = TestRun {
        claims,
        coverage,
        notices,
        flags: flags(&args.from, common),
    };
    if console.format == Format::Human && !run.notices.is_empty() {
        console.note(&render::findings::findings(&run.notices));
    }
    match console.format {
        Format::Human | Format::Csv => console.result(&render::claims::human(&run)),
        Format::Json => console.result(&render::json::text(&render::claims::json(&run))),
        Format::Markdown => {
            console.result(&render::claims::markdown(&run, &console.about()));
        }
        Format::Junit => console.result(&render::claims::junit(&run, &console.about())),
        Format::Sarif | Format::Github => {
            let findings = run.findings();
            console.remarks("Scenarios", &render::review::remarks(&findings));
        }
    }
    Ok(
        match (run.count(Verdict::Failed), run.count(Verdict::Open)) {
            (0, 0) => Exit::Done,
            (0, _) if args.open_ok => Exit::Done,
            (0, _) => Exit::Pending,
            _ => Exit::Error,
        },
    )
}

/// The flags by which `whatif` judges by the same policies.
fn flags(from: &From, common: &Common) -> String {
    let mut flags = String::new();
    let mut add = |flag: &str, value: Option<String>| {
        flags.push(' ');
        flags.push_str(flag);
        if let Some(value) = value {
            flags.push(' ');
            flags.push_str(&shell_word(&value));
        }
    };
    if common.chdir != std::path::Path::new(".") {
        add("-C", Some(common.chdir.display().to_string()));
    }
    if let Some(tenant) = &common.tenant {
        add("-t", Some(tenant.clone()));
    }
    if from.live {
        add("--live", None);
    }
    if let Some(path) = &from.plan {
        add("--plan", Some(path.display().to_string()));
    }
    flags
}
