//! `gatewright sandbox`

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::console::{Console, interrupted};
use super::session::{Stop, config};
use super::{Common, Exit, Format};
use crate::manifest::finding::{Code, Finding};
use crate::render;
use crate::sandbox;
use crate::tenant::connect::sandbox_file;

/// Run or reset the embedded tenant
#[derive(Debug, Args)]
pub struct SandboxArgs {
    /// What to do with it
    #[command(subcommand)]
    pub command: SandboxCommand,
}

/// What to do with the embedded tenant
#[derive(Debug, Subcommand)]
pub enum SandboxCommand {
    /// Answer any Graph client on a loopback port, until stopped
    Serve(ServeArgs),
    /// Put the tenant back to how it starts
    Reset(ResetArgs),
}

/// Answer any Graph client on a loopback port, until stopped
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The port; 0 takes a free one
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// The tenant's file, instead of that of a tenant in gatewright.yaml
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
}

/// Put the tenant back to how it starts
#[derive(Debug, Args)]
pub struct ResetArgs {
    /// The tenant's file, instead of that of a tenant in gatewright.yaml
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// See [`Stop`].
pub async fn run(args: &SandboxArgs, common: &Common, console: &Console) -> Result<Exit, Stop> {
    match &args.command {
        SandboxCommand::Serve(serve) => {
            let file = file_of(serve.file.as_ref(), common, console)?;
            let running = sandbox::start(sandbox::Options {
                bind: SocketAddr::from((Ipv4Addr::LOCALHOST, serve.port)),
                store: sandbox::StoreKind::File(file.clone()),
                ..sandbox::Options::default()
            })
            .await?;
            console.result(&format!("{}\n", running.url()));
            console.note(&format!(
                "The tenant in {} answers /v1.0 and /beta there; any bearer token will do. Ctrl-C ends it.",
                file.display()
            ));
            interrupted().await;
            running.stop().await;
            Ok(Exit::Done)
        }
        SandboxCommand::Reset(reset) => {
            let file = file_of(reset.file.as_ref(), common, console)?;
            sandbox::reset(&file)?;
            console.note(&format!("Reset {}", file.display()));
            if console.format == Format::Json {
                console.result(&render::json::text(&serde_json::json!({
                    "formatVersion": render::json::FORMAT_VERSION,
                    "reset": file,
                })));
            }
            Ok(Exit::Done)
        }
    }
}

/// The file that was named, or that of the tenant given with `-t`, or of the only sandbox.
fn file_of(named: Option<&PathBuf>, common: &Common, console: &Console) -> Result<PathBuf, Stop> {
    if let Some(file) = named {
        return Ok(file.clone());
    }
    let config = config(common, console)?;
    if let Some(name) = common.tenant.as_deref() {
        // A misspelt name is answered with the right one.
        config
            .tenant(Some(name))
            .map_err(|f| Stop::Findings(vec![*f]))?;
    }
    let sandboxes: Vec<_> = config
        .config
        .tenants
        .iter()
        .filter(|(name, tenant)| match &common.tenant {
            Some(wanted) => *name == wanted,
            None => tenant.sandbox.is_some(),
        })
        .collect();
    let finding = |message: String, help: &str| {
        Stop::Findings(vec![
            Finding::error(Code::Config, message)
                .at(config.document.key_place("/tenants"))
                .help(help),
        ])
    };
    match sandboxes.as_slice() {
        [(name, tenant)] => sandbox_file(&config.root, tenant).ok_or_else(|| {
            finding(
                format!("the tenant `{name}` is a real one, not a sandbox"),
                "name a tenant that has `sandbox:`",
            )
        }),
        [] => Err(finding(
            "the project has no sandbox".to_owned(),
            "add `sandbox: { sandbox: .gatewright/sandbox.json }`, or name a file with `--file`",
        )),
        _ => Err(finding(
            "the project has several sandboxes".to_owned(),
            "name one with `-t`",
        )),
    }
}
