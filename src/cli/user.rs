//! `gatewright user`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use secrecy::ExposeSecret;
use serde_json::json;

use super::apply::{hand_out, open_secret};
use super::console::{Confirmed, Console};
use super::session::{Stopped, config, connected, lock};
use super::{Common, Exit, Format};
use crate::apply::{Secret, password};
use crate::finding::{Code, Finding};
use crate::graph::Request;
use crate::graph::read::{Reader, USER_SELECT};
use crate::graph::request::encode;
use crate::graph::write::Writer;
use crate::model::facts::Edition;
use crate::model::{Kind, Object};
use crate::render;
use crate::tenant::read::with_domain;
use crate::tenant::snapshot::{Live, Organization};

/// Look after test users
#[derive(Debug, Args)]
pub struct UserArgs {
    /// What to do
    #[command(subcommand)]
    pub command: UserCommand,
}

/// What to do with test users
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Give a test user a new password
    ResetPassword(ResetPasswordArgs),
}

/// Give a test user a new password
///
/// Only of users that gatewright created. The password is shown on the terminal once, or
/// written to a file, and must be changed at the next sign-in.
#[derive(Debug, Args)]
pub struct ResetPasswordArgs {
    /// The user's principal name; without @ the tenant's default domain is added
    pub user: String,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Write the password into FILE (mode 0600), which must not exist
    #[arg(long, value_name = "FILE")]
    pub secrets_out: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// See [`Stopped`].
pub async fn run(args: &UserArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    let UserCommand::ResetPassword(args) = &args.command;
    let refuse = |code, message: String, help: &str| {
        Err(Stopped::Findings(vec![
            Finding::error(code, message).help(help),
        ]))
    };
    let file = config(common, console)?;
    let (name, tenant) = file
        .tenant(common.tenant.as_deref())
        .map_err(|f| Stopped::Findings(vec![*f]))?;
    let _lock = lock(&file.root, name)?;
    let connection = connected(&file, name, tenant).await?;
    let reader = Reader::new(&connection.client);
    let mut user = args.user.clone();
    if !user.contains('@') {
        let answer = reader
            .get(
                Edition::V1,
                "/organization?$select=id,displayName,verifiedDomains",
            )
            .await?
            .unwrap_or_default();
        user = with_domain(&user, &Organization::read(&answer).default_domain);
    }
    let path = format!("/users/{}?$select={USER_SELECT}", encode(&user));
    let live = match reader.get(Edition::V1, &path).await? {
        Some(answer) => {
            Live::read(Kind::TestUser, answer).map_err(|f| Stopped::Findings(vec![*f]))?
        }
        None => {
            return refuse(
                Code::MissingObject,
                format!("there is no user `{user}` in the tenant"),
                "correct the name; `gatewright apply` creates the users of the manifests",
            );
        }
    };
    if !matches!(&live.object, Object::TestUser(user) if user.is_marked()) {
        return refuse(
            Code::UnmarkedUser,
            format!("the user `{user}` was not created by gatewright"),
            "gatewright changes its own test users alone",
        );
    }
    if !args.yes {
        match console.confirm(&format!("Give {user} a new password?")) {
            Confirmed::Yes => {}
            Confirmed::No => {
                return refuse(
                    Code::NotConfirmed,
                    "the answer was not `yes`".to_owned(),
                    "nothing was changed",
                );
            }
            Confirmed::NoTerminal => {
                return refuse(
                    Code::NotConfirmed,
                    "there is no terminal to ask on".to_owned(),
                    "`--yes` does it without asking",
                );
            }
        }
    }
    let mut secrets_file = args.secrets_out.as_deref().map(open_secret).transpose()?;
    let secret = Secret {
        user: user.clone(),
        password: password::generate().map_err(|e| anyhow::anyhow!("no random numbers: {e}"))?,
    };
    let body = json!({"passwordProfile": {
        "forceChangePasswordNextSignIn": true,
        "password": secret.password.expose_secret(),
    }});
    let request = Request::patch(Edition::V1, format!("/users/{}", live.id), body);
    let written = Writer::new(&connection.client).send(&request).await;
    if let Err(error) = written {
        if let (Some(_), Some(path)) = (&secrets_file, &args.secrets_out) {
            let _ = std::fs::remove_file(path);
        }
        return Err(error.into());
    }
    match console.format {
        Format::Json => console.result(&render::json::text(&json!({
            "formatVersion": render::json::FORMAT_VERSION,
            "user": user,
            "id": live.id,
        }))),
        _ => console.result(&format!("Changed the password of {user}\n")),
    }
    let list = [secret];
    hand_out(
        &list,
        secrets_file.as_mut(),
        args.secrets_out.as_deref(),
        console,
    )?;
    Ok(Exit::Done)
}
