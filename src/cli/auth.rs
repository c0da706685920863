//! `gatewright auth`

use clap::{Args, Subcommand};

use super::console::Console;
use super::session::{Stopped, config, no_token};
use super::{Common, Exit, Format};
use crate::graph::GraphError;
use crate::graph::auth::Claims;
use crate::manifest::config::{ConfigFile, TenantEntry};
use crate::model::cloud::Cloud;
use crate::render;
use crate::render::whoami::WhoamiOutput;
use crate::tenant::connect::{same_tenant, sign_in};

/// Look at how a tenant is signed in to
#[derive(Debug, Args)]
pub struct AuthArgs {
    /// What to look at
    #[command(subcommand)]
    pub command: AuthCommand,
}

/// What to look at
#[derive(Debug, Subcommand)]
pub enum AuthCommand {
    /// Sign in, and show as whom and with which permissions
    ///
    /// Names the permissions that plan and apply will miss. The token is read, not
    /// verified, and not shown; Microsoft Graph is not asked.
    Whoami,
}

/// Runs the command.
///
/// # Errors
/// See [`Stopped`].
pub async fn run(args: &AuthArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    let AuthCommand::Whoami = args.command;
    let file = config(common, console)?;
    let (name, tenant) = file
        .tenant(common.tenant.as_deref())
        .map_err(|f| Stopped::Findings(vec![*f]))?;
    let found = match tenant.sandbox {
        Some(_) => WhoamiOutput::of_sandbox(name),
        None => whoami(&file, name, tenant)
            .await
            .map_err(|error| match error {
                GraphError::NoToken(error) => no_token(&file, name, &error),
                other => other.into(),
            })?,
    };
    match console.format {
        Format::Json => console.result(&render::json::text(&found)),
        _ => console.result(&render::whoami::human(&found)),
    }
    Ok(Exit::Done)
}

async fn whoami(
    file: &ConfigFile,
    name: &str,
    tenant: &TenantEntry,
) -> Result<WhoamiOutput, GraphError> {
    let provider = sign_in(&file.root, tenant)?;
    let issued = provider.token().await?;
    let claims = Claims::of(&issued.token);
    if let (Some(expected), Some(found)) = (
        &tenant.tenant_id,
        claims.as_ref().and_then(|claims| claims.tenant.as_deref()),
    ) {
        same_tenant(found, expected)?;
    }
    Ok(WhoamiOutput::of_token(
        render::whoami::SignedInTenant {
            name,
            tenant_id: tenant.tenant_id.as_deref().unwrap_or_default(),
            cloud: match tenant.graph_endpoint {
                Some(_) => None,
                None => Some(tenant.cloud.unwrap_or(Cloud::Global).as_str()),
            },
            graph_endpoint: tenant.graph_endpoint(),
        },
        &provider,
        &issued,
        claims,
    ))
}
