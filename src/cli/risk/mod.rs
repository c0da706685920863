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

/// Look at risk, wait for it, and decide about it
#[derive(Debug, Args)]
pub struct RiskArgs {
    /// What to do
    #[command(subcommand)]
    pub command: RiskCommand,
}

/// What to do about risk
#[derive(Debug, Subcommand)]
pub enum RiskCommand {
    /// List what was noticed about sign-ins and users
    ///
    /// The newest first. A detection may take minutes to be seen here; --watch goes on looking.
    /// Needs the permission IdentityRiskEvent.Read.All, and User.Read.All to find users by
    /// name.
    Detections(list::DetectionsArgs),
    /// List the users that are or were at risk
    ///
    /// The last changed first. Needs the permission IdentityRiskyUser.Read.All and the licence
    /// Microsoft Entra ID P2.
    Users(list::UsersArgs),
    /// Show how the risk of a user changed
    ///
    /// The newest change first. Needs the permission IdentityRiskyUser.Read.All and the licence
    /// Microsoft Entra ID P2.
    History(list::HistoryArgs),
    /// Wait until a user is at risk, or no longer
    ///
    /// Exits with 0 when it is seen, and with 2 when the time is out. A detection may take some
    /// minutes to be seen. Needs the permission IdentityRiskyUser.Read.All and the licence
    /// Microsoft Entra ID P2.
    Wait(wait::WaitArgs),
    /// Dismiss the risk of users: their level becomes none
    ///
    /// Shown first with the reasons, asked about, sent in batches, and read again until the
    /// tenant shows it. With --level, --state or --since instead of users all are meant whom
    /// `risk users` lists with them; without --state those that are atRisk. Needs the
    /// permission IdentityRiskyUser.ReadWrite.All and the licence Microsoft Entra ID P2.
    Dismiss(decide::DecideArgs),
    /// Confirm that somebody else has the account: the level becomes high
    ///
    /// Policies on user risk then ask for a new password, or block. Otherwise as dismiss.
    ConfirmCompromised(decide::DecideArgs),
    /// Confirm that it was the user: the level becomes none
    ///
    /// Unlike dismiss it teaches the detection that the activity was legitimate. Otherwise as
    /// dismiss.
    ConfirmSafe(decide::DecideArgs),
}

impl RiskArgs {
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

/// Which risk is meant
#[derive(Debug, Clone, Args)]
pub struct FilterArgs {
    /// Of these levels, exactly; several with commas
    #[arg(long, value_name = "LEVEL", value_delimiter = ',', value_parser = LEVELS)]
    pub level: Vec<String>,
    /// In these states; several with commas
    #[arg(long, value_name = "STATE", value_delimiter = ',', value_parser = STATES)]
    pub state: Vec<String>,
    /// Noticed or changed since: a time ago such as 24h or 7d, or a moment such as 2026-01-31
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
                    "the cloud of China has no identity protection in Microsoft Graph",
                )
                .help("risk can be seen in the other clouds alone"),
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
