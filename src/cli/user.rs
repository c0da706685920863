//! `gatewright user`

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::console::{Confirmed, Console};
use super::secrets::{SecretsFile, hand_out};
use super::session::{Stopped, config, connected, lock, permitted};
use super::{Common, Exit, Format, run};
use crate::apply::{ActionStatus, Patience, reset_password};
use crate::finding::{Code, Finding};
use crate::graph::Request;
use crate::graph::auth::Access;
use crate::graph::read::{Reader, USER_SELECT};
use crate::graph::request::item;
use crate::model::facts::Edition;
use crate::model::{Kind, Object};
use crate::render;
use crate::tenant::read::with_domain;
use crate::tenant::snapshot::{Live, Organization};
use crate::text::visible;

/// Manage test users
#[derive(Debug, Args)]
pub struct UserArgs {
    /// What to do
    #[command(subcommand)]
    pub command: UserCommand,
}

/// What to do with test users
#[derive(Debug, Subcommand)]
#[expect(
    missing_docs,
    reason = "a text here would take the place of the whole text of the arguments"
)]
pub enum UserCommand {
    ResetPassword(ResetPasswordArgs),
}

/// Give a test user a new password
///
/// Only for users that gatewright created. The password is shown on the terminal once, or
/// written to a file, and must be changed at the next sign-in. If there is neither, nothing
/// is done. The run is recorded in the journals, without the password.
#[derive(Debug, Args)]
pub struct ResetPasswordArgs {
    /// The user's principal name; without @, the tenant's default domain is added
    pub user: String,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Write the password to FILE (mode 0600), which must be new or empty
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
    // A password must not be made and then have no place.
    if args.secrets_out.is_none() && !std::io::stderr().is_terminal() {
        return refuse(
            Code::NotConfirmed,
            "there is no terminal to show the new password on".to_owned(),
            "`--secrets-out FILE` writes it to a file",
        );
    }
    let file = config(common, console)?;
    let (name, tenant) = file
        .tenant(common.tenant.as_deref())
        .map_err(|f| Stopped::Findings(vec![*f]))?;
    let _lock = lock(&file.root, name)?;
    let connection = connected(&file, name, tenant, Access::Passwords, console).await?;
    let reader = Reader::new(&connection.client);
    let mut user = args.user.clone();
    if !user.contains('@') {
        user = with_domain(&user, &organization(&reader).await?.default_domain);
    }
    let path = format!("{}?$select={USER_SELECT}", item("/users", &user));
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
            "gatewright only changes its own test users",
        );
    }
    let body = json!({ "passwordProfile": {} });
    let request = Request::patch(Edition::V1, item("/users", &live.id), body);
    permitted(&connection, &[request]).await?;
    let shown = visible(&user, false);
    if !args.yes {
        let tenant = visible(name, false);
        match console.confirm(&format!("Give {shown} in {tenant} a new password?")) {
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
                    "use `--yes` to continue without asking",
                );
            }
        }
    }
    let mut secrets_file = args
        .secrets_out
        .as_deref()
        .map(SecretsFile::open)
        .transpose()?;
    let tenant_id = match &tenant.tenant_id {
        Some(id) => id.clone(),
        None => organization(&reader).await?.id,
    };
    let (report, journal) = run::carry_out(
        &connection,
        &file.root,
        Patience::default(),
        secrets_file.as_mut(),
        console,
        async |executor, journal, progress| {
            let user = (user.as_str(), live.id.as_str());
            reset_password(executor, user, (name, &tenant_id), journal, progress).await
        },
    )
    .await?;
    let handed = hand_out(&report.secrets, secrets_file.as_mut(), console);
    let shown = visible(&user, false);
    let outcome = report.outcomes.first().map(|(outcome, _)| outcome);
    match console.format {
        Format::Json => console.result(&render::json::text(&json!({
            "formatVersion": render::json::FORMAT_VERSION,
            "user": user,
            "id": live.id,
            "outcome": outcome.map(ActionStatus::as_str),
            "message": outcome.and_then(ActionStatus::message),
            "run": journal,
            "journalError": report.journal_error,
        }))),
        _ => {
            if let Some(error) = &report.journal_error {
                let error = visible(error, false);
                console.warn(&format!("The journal could not be written: {error}"));
            }
            match outcome {
                Some(ActionStatus::Done) => {
                    console.result(&format!("Changed the password of {shown}\n"));
                }
                Some(ActionStatus::Unknown(_)) => console.warn(&format!(
                    "It is not known whether the password of {shown} was changed: try it, or run the command again"
                )),
                _ => console.warn(&format!("The password of {shown} was not changed")),
            }
        }
    }
    handed?;
    Ok(run::exit_of(&report))
}

async fn organization(reader: &Reader<'_>) -> Result<Organization, Stopped> {
    Ok(Organization::read(&reader.organization().await?))
}
