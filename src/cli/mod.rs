//! The command line: what can be typed, and one file for each command.

pub mod apply;
pub mod auth;
pub mod ci;
pub mod command;
pub mod compare;
pub mod complete;
pub mod completions;
pub mod console;
pub mod depth;
pub mod destroy;
pub mod dispatch;
pub mod doctor;
pub mod drift;
mod examples;
pub mod explain;
pub mod export;
mod files;
pub mod fleet;
pub mod fmt;
pub mod gaps;
pub mod get;
pub mod guards;
pub mod impact;
pub mod impact_replay;
pub mod import;
pub mod init;
pub mod judged;
pub mod list;
pub mod look;
pub mod man;
pub mod many;
pub mod merge;
pub mod pager;
pub mod part;
pub mod people;
pub mod plan;
pub mod plan_folder;
pub mod progress;
pub mod reference;
pub mod renames;
pub mod render;
pub mod report;
pub mod risk;
pub mod rollback;
pub mod run;
pub mod runs;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod saved;
pub mod schema;
pub mod secrets;
pub mod session;
pub mod setup;
pub mod show;
pub mod synonyms;
pub mod tenants;
pub mod test;
pub mod undone;
pub mod unmanaged;
pub mod user;
pub mod uses;
pub mod validate;
pub mod view;
pub mod whatif;

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand, ValueEnum};

use self::many::FleetArgs;
use crate::manifest::config::ConfigFile;

/// How a command ended, as its exit code says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done, or nothing to do.
    Done = 0,
    /// An error; nothing was written, or the result could not be shown.
    Error = 1,
    /// Changes are pending (`plan --detailed-exitcode`, `drift`), what was waited for did
    /// not come in time (`risk wait`), a claim is open (`test`), or a sign-in gets in more easily
    /// than it should (`gaps`, `compare`, with `--detailed-exitcode`).
    Pending = 2,
    /// Refused by a guard.
    Refused = 3,
    /// The saved plan is stale: the tenant has changed since it was made.
    Stale = 4,
    /// Applied in part.
    Partial = 5,
    /// The command line was wrong.
    Usage = 64,
}

impl Exit {
    /// What an exit code says; one that is not known says that something failed.
    pub fn of_code(code: u8) -> Exit {
        let all = [
            Exit::Done,
            Exit::Pending,
            Exit::Refused,
            Exit::Stale,
            Exit::Partial,
            Exit::Usage,
        ];
        let meant = all.into_iter().find(|exit| *exit as u8 == code);
        meant.unwrap_or(Exit::Error)
    }
}

/// Conditional Access as code for Microsoft Entra ID
///
/// YAML files describe the Conditional Access policies that a tenant should have;
/// `plan` shows what differs, `apply` changes it.
#[derive(Debug, Parser)]
#[command(name = "gatewright", bin_name = "gatewright", version, propagate_version = true, max_term_width = 100, styles = styles(), after_help = exit_codes())]
pub struct Cli {
    /// What to do
    #[command(subcommand)]
    pub command: Command,
    /// Options of every command
    #[command(flatten)]
    pub common: Common,
}

/// What each exit code says.
const EXIT_CODES: &[(Exit, &str)] = &[
    (Exit::Done, "done or no change"),
    (Exit::Error, "error"),
    (
        Exit::Pending,
        "changes pending (plan --detailed-exitcode, drift), timed out (risk wait), open (test), or gaps or looser (gaps, compare --detailed-exitcode)",
    ),
    (Exit::Refused, "refused by a guard"),
    (Exit::Stale, "the saved plan is stale"),
    (Exit::Partial, "partly applied"),
    (Exit::Usage, "wrong usage"),
];

/// The same as one line of the help.
fn exit_codes() -> String {
    let codes = EXIT_CODES.iter();
    let codes: Vec<String> = codes
        .map(|(code, meaning)| format!("{} {meaning}", *code as u8))
        .collect();
    format!("Exit codes: {}", codes.join(", "))
}

/// Options of every command
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// Folder of the project: the nearest gatewright.yaml in it or above it is used
    #[arg(
        short = 'C',
        long = "chdir",
        global = true,
        value_name = "DIR",
        default_value = ".",
        hide_default_value = true,
        help_heading = "Common options"
    )]
    pub chdir: PathBuf,
    /// Tenant, by its name in gatewright.yaml [default: the only one, or the one marked `default`];
    /// repeatable. Also several: a pattern such as `eu-*`, `label:NAME`, `all` (docs/fleet.md)
    #[arg(
        id = "tenant",
        short,
        long = "tenant",
        global = true,
        value_name = "NAME",
        help_heading = "Common options"
    )]
    pub tenants: Vec<String>,
    /// The tenant that is meant, where it is one
    #[arg(skip)]
    pub tenant: Option<String>,
    /// The project file, where it was read before
    #[arg(skip)]
    pub project: Option<Arc<ConfigFile>>,
    /// Format of the result on stdout; each command has some of them
    #[arg(long, global = true, value_enum, value_name = "FORMAT", default_value_t = Format::Human, help_heading = "Common options")]
    pub format: Format,
    /// When to use colours
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Color::Auto, help_heading = "Common options")]
    pub color: Color,
    /// Do not page long results (GATEWRIGHT_PAGER, PAGER, else less)
    #[arg(long, global = true, help_heading = "Common options")]
    pub no_pager: bool,
    /// Log requests to stderr
    #[arg(short, long, global = true, help_heading = "Common options")]
    pub verbose: bool,
    /// Format of the log on stderr
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "FORMAT",
        default_value_t = LogFormat::Text,
        help_heading = "Common options"
    )]
    pub log_format: LogFormat,
    /// Print only results and errors
    #[arg(
        short,
        long,
        global = true,
        conflicts_with = "verbose",
        help_heading = "Common options"
    )]
    pub quiet: bool,
}

/// Form of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Human,
    /// For programs: documented and versioned
    Json,
    /// For a pull request comment or a job summary
    Markdown,
    /// For code scanning: the findings as SARIF 2.1.0
    Sarif,
    /// For GitHub Actions: the findings as annotations
    Github,
    /// For test reports of CI: JUnit XML
    Junit,
    /// For spreadsheets: CSV
    Csv,
    /// A page: one table of several tenants, with details
    Html,
    /// A graph for Graphviz
    Dot,
    /// A graph for Mermaid, which GitHub, GitLab and Azure DevOps draw
    Mermaid,
}

impl Format {
    /// How the command line names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Format::Human => "human",
            Format::Json => "json",
            Format::Markdown => "markdown",
            Format::Sarif => "sarif",
            Format::Github => "github",
            Format::Junit => "junit",
            Format::Csv => "csv",
            Format::Html => "html",
            Format::Dot => "dot",
            Format::Mermaid => "mermaid",
        }
    }
}

/// Form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people
    Text,
    /// One JSON object per line
    Json,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What to do
#[derive(Debug, Subcommand)]
#[expect(
    missing_docs,
    reason = "a text here would take the place of the whole text of the arguments"
)]
pub enum Command {
    Init(init::InitArgs),
    Validate(validate::ValidateArgs),
    Fmt(fmt::FmtArgs),
    Render(render::RenderArgs),
    Whatif(Box<whatif::WhatifArgs>),
    Test(test::TestArgs),
    Gaps(gaps::GapsArgs),
    Compare(compare::CompareArgs),
    Impact(Box<impact::ImpactArgs>),
    Report(report::ReportArgs),
    Plan(plan::PlanArgs),
    Apply(apply::ApplyArgs),
    Show(show::ShowArgs),
    Destroy(destroy::DestroyArgs),
    Import(import::ImportArgs),
    Drift(drift::DriftArgs),
    Export(export::ExportAsArgs),
    Get(get::GetArgs),
    List(list::ListArgs),
    Uses(uses::UsesArgs),
    Runs(runs::RunsArgs),
    Tenants(tenants::TenantsArgs),
    Merge(merge::MergeArgs),
    Rollback(rollback::RollbackArgs),
    Risk(Box<risk::RiskArgs>),
    User(user::UserArgs),
    Auth(auth::AuthArgs),
    #[cfg(feature = "sandbox")]
    Sandbox(sandbox::SandboxArgs),
    Doctor(doctor::DoctorArgs),
    Explain(explain::ExplainArgs),
    Schema(schema::SchemaArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
    #[command(hide = true)]
    Reference(reference::ReferenceArgs),
}

impl Command {
    /// What reports call the command.
    pub fn name(&self) -> &'static str {
        match self {
            Command::Plan(_) => "plan",
            Command::Validate(_) => "validate",
            Command::Drift(_) => "drift",
            Command::Apply(_) => "apply",
            Command::Whatif(_) => "whatif",
            Command::Test(_) => "test",
            Command::Doctor(_) => "doctor",
            Command::Gaps(_) => "gaps",
            Command::Compare(_) => "compare",
            Command::Impact(_) => "impact",
            Command::Report(_) => "report",
            Command::Risk(args) => args.name(),
            _ => "",
        }
    }

    /// The flags for several tenants; nothing for a command that takes one.
    pub fn fleet(&self) -> Option<&FleetArgs> {
        Some(match self {
            Command::Validate(args) => &args.fleet,
            Command::Test(args) => &args.fleet,
            Command::Plan(args) => &args.fleet,
            Command::Apply(args) => &args.fleet,
            Command::Drift(args) => &args.fleet,
            Command::Report(args) => &args.fleet,
            Command::Risk(args) => match &args.command {
                risk::RiskCommand::Detections(args) => &args.fleet,
                risk::RiskCommand::Users(args) => &args.fleet,
                _ => return None,
            },
            _ => return None,
        })
    }

    /// What did not happen when findings stop the command.
    pub fn undone(&self) -> &'static str {
        match self {
            Command::Plan(_) => "no plan was made",
            Command::Drift(args) if !args.adopt && !args.interactive => "nothing was compared",
            Command::Compare(_) => "nothing was compared",
            Command::Validate(_) => "nothing was checked",
            Command::Whatif(_) | Command::Test(_) | Command::Gaps(_) | Command::Impact(_) => {
                "nothing was judged"
            }
            Command::Runs(_) => "nothing was found",
            Command::Merge(_) => "nothing was merged",
            Command::Show(_)
            | Command::Get(_)
            | Command::List(_)
            | Command::Uses(_)
            | Command::Tenants(_) => "nothing was shown",
            Command::Render(args) if args.output.is_none() => "nothing was shown",
            Command::Doctor(args) if !(args.write || args.clean_up) => "nothing was asked",
            Command::Risk(args) if !args.writes() => "nothing was shown",
            _ => "nothing was written",
        }
    }
}

fn styles() -> clap::builder::Styles {
    use clap::builder::styling::AnsiColor;
    clap::builder::Styles::styled()
        .header(AnsiColor::Green.on_default().bold())
        .usage(AnsiColor::Green.on_default().bold())
        .literal(AnsiColor::Cyan.on_default().bold())
        .placeholder(AnsiColor::Cyan.on_default())
}
