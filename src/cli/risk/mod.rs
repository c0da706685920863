//! `gatewright risk`

pub mod decide;
pub mod list;
pub mod wait;

use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::console::Console;
use super::session::{Stopped, config, connected};
use super::{Common, Exit};
use crate::finding::{Code, Finding};
use crate::graph::auth::Access;
use crate::graph::read::Reader;
use crate::manifest::config::ConfigFile;
use crate::model::cloud::Cloud;
use crate::risk::RiskFilter;
use crate::risk::decision::Decision;
use crate::risk::filter::{LEVELS, STATES};
use crate::risk::span::Since;
use crate::risk::subject::{RiskSubject, SubjectError, resolve};
use crate::tenant::connect::Connection;

/// Show risk, wait for it, and decide about it
#[derive(Debug, Args)]
pub struct RiskArgs {
    /// What to do
    #[command(subcommand)]
    pub command: RiskCommand,
}

/// What to do about risk
#[derive(Debug, Subcommand)]
pub enum RiskCommand {
    /// List risk detections of sign-ins and users
    ///
    /// Newest first. It may take minutes until a detection appears here; --watch keeps looking.
    /// Needs the permission IdentityRiskEvent.Read.All, and User.Read.All to find users by
    /// name.
    Detections(list::DetectionsArgs),
    /// List users that are or were at risk
    ///
    /// Last changed first. Needs the permission IdentityRiskyUser.Read.All and the licence
    /// Microsoft Entra ID P2.
    Users(list::UsersArgs),
    /// Show how the risk of a user changed
    ///
    /// Newest change first. Needs the permission IdentityRiskyUser.Read.All and the licence
    /// Microsoft Entra ID P2.
    History(list::HistoryArgs),
    /// Wait until a user is at risk, or no longer at risk
    ///
    /// Exits with 0 when the state is seen, and with 2 on timeout. It may take some minutes until
    /// a detection appears. Needs the permission IdentityRiskyUser.Read.All and the licence
    /// Microsoft Entra ID P2.
    Wait(wait::WaitArgs),
    /// Dismiss the risk of users: their level becomes none
    ///
    /// The users are shown with the reasons, then the command asks, sends in batches, and reads
    /// again until the tenant shows the result. With --level, --state or --since instead of users,
    /// it is about all that `risk users` lists with these flags; without --state, those that are
    /// atRisk. Needs the permission IdentityRiskyUser.ReadWrite.All and the licence Microsoft Entra
    /// ID P2.
    Dismiss(decide::DecideArgs),
    /// Confirm that somebody else has the account: the level becomes high
    ///
    /// Policies on user risk then ask for a new password, or block. Otherwise like dismiss.
    ConfirmCompromised(decide::DecideArgs),
    /// Confirm that it was the user: the level becomes none
    ///
    /// Unlike dismiss, this teaches the detection that the activity was legitimate. Otherwise like
    /// dismiss.
    ConfirmSafe(decide::DecideArgs),
}

impl RiskArgs {
    /// Whether the command keeps looking until it is stopped.
    pub fn watches(&self) -> bool {
        matches!(&self.command, RiskCommand::Detections(args) if args.watch)
    }

    /// What reports call the command.
    pub fn name(&self) -> &'static str {
        match self.command {
            RiskCommand::Detections(_) => "risk detections",
            RiskCommand::Users(_) => "risk users",
            _ => "",
        }
    }

    /// Whether the command changes anything.
    pub fn writes(&self) -> bool {
        match self.command {
            RiskCommand::Detections(_)
            | RiskCommand::Users(_)
            | RiskCommand::History(_)
            | RiskCommand::Wait(_) => false,
            RiskCommand::Dismiss(_)
            | RiskCommand::ConfirmCompromised(_)
            | RiskCommand::ConfirmSafe(_) => true,
        }
    }
}

/// Which risk
#[derive(Debug, Clone, Args)]
pub struct FilterArgs {
    /// Of exactly these levels; separate several by commas
    #[arg(long, value_name = "LEVEL", value_delimiter = ',', value_parser = LEVELS)]
    pub level: Vec<String>,
    /// In these states; separate several by commas
    #[arg(long, value_name = "STATE", value_delimiter = ',', value_parser = STATES)]
    pub state: Vec<String>,
    /// Detected or changed since then: a time ago such as 24h or 7d, or a date such as 2026-01-31
    #[arg(long, value_name = "TIME", value_parser = Since::parse)]
    pub since: Option<Since>,
}

impl FilterArgs {
    fn filter(&self, user: Option<&RiskSubject>, types: &[String]) -> RiskFilter {
        RiskFilter {
            user_id: user.map(|u| u.id.clone()),
            levels: self.level.clone(),
            states: self.state.clone(),
            types: types.to_vec(),
            since: self.since.map(|s| s.moment(Timestamp::now())),
        }
    }
}

/// Runs the command.
///
/// # Errors
/// See [`Stopped`].
pub async fn run(args: &RiskArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    match &args.command {
        RiskCommand::Detections(args) => list::detections(args, common, console).await,
        RiskCommand::Users(args) => list::users(args, common, console).await,
        RiskCommand::History(args) => list::history(args, common, console).await,
        RiskCommand::Wait(args) => wait::run(args, common, console).await,
        RiskCommand::Dismiss(args) => decide::run(Decision::Dismiss, args, common, console).await,
        RiskCommand::ConfirmCompromised(args) => {
            decide::run(Decision::ConfirmCompromised, args, common, console).await
        }
        RiskCommand::ConfirmSafe(args) => {
            decide::run(Decision::ConfirmSafe, args, common, console).await
        }
    }
}

/// A project and its tenant.
struct ProjectTenant {
    file: ConfigFile,
    name: String,
    connection: Connection,
}

impl ProjectTenant {
    async fn open(
        access: Access,
        common: &Common,
        console: &Console,
    ) -> Result<ProjectTenant, Stopped> {
        let file = config(common, console)?;
        let (name, tenant) = file
            .tenant(common.tenant.as_deref())
            .map_err(|f| Stopped::Findings(vec![*f]))?;
        if tenant.cloud == Some(Cloud::China) && tenant.graph_endpoint.is_none() {
            return Err(Stopped::Findings(vec![
                Finding::error(
                    Code::MissingLicence,
                    "the China cloud has no identity protection in Microsoft Graph",
                )
                .help("risk is only available in the other clouds"),
            ]));
        }
        let connection = connected(&file, name, tenant, access, console).await?;
        let name = name.to_owned();
        Ok(ProjectTenant {
            file,
            name,
            connection,
        })
    }

    fn reader(&self) -> Reader<'_> {
        Reader::new(&self.connection.client)
    }

    /// The user that a text means, when one is given.
    async fn subject(
        &self,
        text: Option<&str>,
        certain: bool,
    ) -> Result<Option<RiskSubject>, Stopped> {
        let Some(text) = text else { return Ok(None) };
        match resolve(&self.reader(), text, certain).await {
            Ok(subject) => Ok(Some(subject)),
            Err(SubjectError::Finding(finding)) => Err(Stopped::Findings(vec![*finding])),
            Err(SubjectError::Graph(error)) => Err(error.into()),
        }
    }
}
