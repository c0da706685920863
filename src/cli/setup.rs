//! `gatewright auth setup`

use clap::{Args, ValueEnum};

use super::console::Console;
use super::session::{Stopped, config};
use super::{Common, Exit, Format};
use crate::finding::{Code, Finding};
use crate::graph::auth::registration::{AppRole, CiProject, Managed, registrations};
use crate::manifest::config::find_root;
use crate::model::cloud::Cloud;
use crate::render::{self, setup::Setup};
use crate::text::is_unseen;

/// Print the commands that register a pipeline's applications
///
/// Two applications, one that reads and one that writes, each with the least permissions and
/// a federated credential instead of a secret, as the pipelines of `init --ci` expect. Nothing is
/// run: read the commands, then run them as an administrator.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("service").required(true).args(["github", "azure_devops", "gitlab"])))]
pub struct SetupArgs {
    /// For GitHub Actions: the repository
    #[arg(long, value_name = "ORG/REPO")]
    pub github: Option<String>,
    /// The numbers of the owner and the repository, if the repository's tokens have them
    #[arg(long, value_name = "OWNER/REPO", requires = "github", value_parser = numbers)]
    pub github_ids: Option<(u64, u64)>,
    /// For Azure Pipelines: the project
    #[arg(long, value_name = "ORG/PROJECT", requires = "organization_id")]
    pub azure_devops: Option<String>,
    /// The id of the Azure DevOps organisation
    #[arg(long, value_name = "ID", requires = "azure_devops")]
    pub organization_id: Option<String>,
    /// For GitLab: the project
    #[arg(long, value_name = "GROUP/PROJECT")]
    pub gitlab: Option<String>,
    /// The URL of the GitLab instance
    #[arg(
        long,
        value_name = "URL",
        requires = "gitlab",
        default_value = "https://gitlab.com"
    )]
    pub gitlab_url: String,
    /// The branch that applies, on GitLab
    #[arg(long, value_name = "NAME", requires = "gitlab", default_value = "main")]
    pub branch: String,
    /// The issuer of the job's token, if the service shows another one
    #[arg(long, value_name = "URL")]
    pub issuer: Option<String>,
    /// The subject for plan, if the service shows another one
    #[arg(long, value_name = "TEXT")]
    pub plan_subject: Option<String>,
    /// The subject for apply, if the service shows another one
    #[arg(long, value_name = "TEXT")]
    pub apply_subject: Option<String>,
    /// Also let apply write groups and their members
    #[arg(long)]
    pub groups: bool,
    /// Also let apply write test users; it can then change every user
    #[arg(long)]
    pub test_users: bool,
    /// Also let apply delete authentication contexts
    #[arg(long)]
    pub contexts: bool,
    /// The shell that runs the commands: a POSIX shell with the Azure CLI, or PowerShell with
    /// Microsoft Graph PowerShell
    #[arg(long, value_enum, value_name = "SHELL", default_value_t = Shell::Bash)]
    pub shell: Shell,
}

/// What runs the commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// The Azure CLI, in a POSIX shell
    Bash,
    /// Microsoft Graph PowerShell
    Powershell,
}

fn numbers(text: &str) -> Result<(u64, u64), String> {
    let pair = text
        .split_once('/')
        .and_then(|(owner, repository)| Some((owner.parse().ok()?, repository.parse().ok()?)));
    pair.ok_or_else(|| "expected two numbers, such as `123456/456789`".to_owned())
}

/// Runs the command.
///
/// # Errors
/// See [`Stopped`].
pub fn run(args: &SetupArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    let refuse = |message: String, help: &str| {
        Stopped::Findings(vec![Finding::error(Code::Config, message).help(help)])
    };
    let (tenant_id, cloud) = match find_root(&common.chdir) {
        // Without a project the applications are made where one is signed in.
        None if common.tenant.is_none() => (None, Cloud::Global),
        _ => {
            let file = config(common, console)?;
            let (_, tenant) = file
                .tenant(common.tenant.as_deref())
                .map_err(|f| Stopped::Findings(vec![*f]))?;
            let cloud = tenant.cloud.unwrap_or(Cloud::Global);
            (tenant.tenant_id.clone(), cloud)
        }
    };
    let id = args.organization_id.as_deref().unwrap_or_default();
    let project = match (&args.github, &args.azure_devops, &args.gitlab) {
        (Some(name), ..) => CiProject::github(name, args.github_ids),
        (_, Some(name), _) => CiProject::azure_devops(name, id),
        (.., Some(name)) => CiProject::gitlab(name, &args.gitlab_url, &args.branch),
        (None, None, None) => Err("no CI service is named".to_owned()),
    };
    let project =
        project.map_err(|message| refuse(message, "take the name from the project's URL"))?;
    let managed = Managed {
        groups: args.groups,
        test_users: args.test_users,
        contexts: args.contexts,
    };
    let mut registrations = registrations(&project, cloud, managed);
    for one in &mut registrations {
        let subject = match one.role {
            AppRole::Plan => &args.plan_subject,
            AppRole::Apply => &args.apply_subject,
        };
        for (slot, given) in [(&mut one.issuer, &args.issuer), (&mut one.subject, subject)] {
            let Some(given) = given else { continue };
            if given.is_empty() || given.chars().any(is_unseen) {
                let message =
                    "an issuer or subject is empty, or has invisible characters".to_owned();
                return Err(refuse(
                    message,
                    "copy it again from the page of the service",
                ));
            }
            slot.clone_from(given);
        }
    }
    let setup = Setup {
        project,
        tenant_id,
        cloud,
        registrations,
    };
    match console.format {
        Format::Json => console.result(&render::json::text(&render::setup::output(&setup))),
        _ => {
            let script = match args.shell {
                Shell::Bash => render::setup::bash(&setup),
                Shell::Powershell => render::setup::powershell(&setup),
            };
            console.result(&script);
            console
                .note("Nothing was run: read these commands, then run them as an administrator.");
        }
    }
    Ok(Exit::Done)
}
