//! `gatewright auth`

use clap::{Args, Subcommand};

use super::console::Console;
use super::session::{Stopped, config, no_token, teller};
use super::setup;
use super::{Common, Exit, Format};
use crate::graph::GraphError;
use crate::graph::auth::provider::LogInError;
use crate::graph::auth::{Access, Claims, Provider, SignInError};
use crate::manifest::config::{ConfigFile, TenantEntry};
use crate::model::cloud::Cloud;
use crate::render;
use crate::render::whoami::WhoamiOutput;
use crate::tenant::connect::{other_tenant, same_tenant, sign_in};
use crate::text::{shell_word, visible};

/// Sign in to a tenant, and show as whom
#[derive(Debug, Args)]
pub struct AuthArgs {
    /// What to do
    #[command(subcommand)]
    pub command: AuthCommand,
}

/// What to do
#[derive(Debug, Subcommand)]
pub enum AuthCommand {
    /// Sign in, and show the identity and its permissions
    ///
    /// Names the permissions that plan and apply need and the token lacks. The token is read,
    /// not verified, and not shown; no request goes to Microsoft Graph.
    Whoami,
    /// Sign in as a person, and keep the sign-in in the system's keyring
    ///
    /// For tenants whose `auth.method` is `browser` or `deviceCode`: later commands then need no
    /// sign-in until this one expires. Nothing is ever written to a file. On Linux the keyring is
    /// the kernel's, which is cleared when the machine restarts, or after three days without use.
    Login(LoginArgs),
    /// Remove the sign-in that `auth login` kept
    Logout,
    /// Print the commands that register a pipeline's applications
    Setup(Box<setup::SetupArgs>),
}

/// The permissions that the person is asked to consent to
#[derive(Debug, Args)]
pub struct LoginArgs {
    /// Ask for consent to what `apply` needs, and not only to what `plan` needs
    #[arg(long)]
    pub write: bool,
}

/// Runs the command.
///
/// # Errors
/// See [`Stopped`].
pub async fn run(args: &AuthArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    if let AuthCommand::Setup(args) = &args.command {
        return setup::run(args, common, console);
    }
    let file = config(common, console)?;
    let (name, tenant) = file
        .tenant(common.tenant.as_deref())
        .map_err(|f| Stopped::Findings(vec![*f]))?;
    let stopped = |error: GraphError| match error {
        GraphError::NoToken(error) => no_token(&file, name, &error),
        other => other.into(),
    };
    let access = match &args.command {
        AuthCommand::Login(login) if login.write => Access::Write,
        _ => Access::Read,
    };
    let provider = match tenant.sandbox {
        Some(_) => None,
        None => Some(sign_in(&file.root, tenant, access, teller(console)).map_err(stopped)?),
    };
    if !matches!(args.command, AuthCommand::Whoami) {
        let done = match (&args.command, &provider) {
            (_, None) => Err(LogInError::NoPerson(None)),
            (AuthCommand::Logout, Some(provider)) => provider.log_out().map(|found| match found {
                true => "Signed out: the next command asks for a sign-in.".to_owned(),
                false => "There was no sign-in to remove.".to_owned(),
            }),
            (_, Some(provider)) => log_in(name, tenant, provider).await,
        };
        return match done {
            Ok(text) => {
                console.note(&text);
                Ok(Exit::Done)
            }
            Err(error) => Err(not_kept(&file, name, error)),
        };
    }
    let found = match &provider {
        None => WhoamiOutput::of_sandbox(name),
        Some(provider) => whoami(name, tenant, provider).await.map_err(stopped)?,
    };
    match console.format {
        Format::Json => console.result(&render::json::text(&found)),
        _ => console.result(&render::whoami::human(&found)),
    }
    Ok(Exit::Done)
}

/// Signs a person in and keeps it.
async fn log_in(
    name: &str,
    tenant: &TenantEntry,
    provider: &Provider,
) -> Result<String, LogInError> {
    let issued = provider.log_in().await?;
    let claims = Claims::of(&issued.token);
    let home = tenant
        .auth
        .as_ref()
        .and_then(|auth| auth.home_tenant.as_ref());
    if let (Some(expected), Some(found)) = (
        home.or(tenant.tenant_id.as_ref()),
        claims.as_ref().and_then(|claims| claims.tenant.as_deref()),
    ) && !found.eq_ignore_ascii_case(expected)
    {
        provider.log_out()?;
        return Err(LogInError::SignIn(other_tenant(found, expected)));
    }
    let user = claims.and_then(|claims| claims.user);
    let place = match home {
        Some(home) => format!("the tenant `{home}`"),
        None => format!("`{name}`"),
    };
    Ok(format!(
        "Signed in to {place} as {}; the sign-in is kept in the system's keyring. `gatewright auth logout -t {}` removes it.",
        visible(
            user.as_deref()
                .unwrap_or("an account that the token does not identify"),
            false
        ),
        shell_word(name)
    ))
}

fn not_kept(file: &ConfigFile, name: &str, error: LogInError) -> Stopped {
    let error = match error {
        LogInError::SignIn(error) => error,
        LogInError::Keyring(_) => SignInError::new(
            error.to_string(),
            "commands work without it: each one asks for a sign-in, and keeps it in memory only",
        ),
        LogInError::NoPerson(method) => SignInError::new(
            match method {
                Some(method) => {
                    format!("the method `{}` does not sign in a person", method.as_str())
                }
                None => "the embedded tenant needs no sign-in".to_owned(),
            },
            "`auth: { method: browser }` or `auth: { method: deviceCode }` in the tenant's entry is for people; the other methods have nothing to keep",
        ),
    };
    no_token(file, name, &error)
}

async fn whoami(
    name: &str,
    tenant: &TenantEntry,
    provider: &Provider,
) -> Result<WhoamiOutput, GraphError> {
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
        provider,
        &issued,
        claims,
    ))
}
