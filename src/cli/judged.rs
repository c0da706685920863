//! The policies by which `whatif` and `test` judge: those of the manifests, of the tenant, or of
//! the tenant after a plan.

use std::path::PathBuf;

use clap::Args;

use super::Common;
use super::console::Console;
use super::session::{Stopped, config};
use crate::finding::{self, Code, Finding, did_you_mean};
use crate::manifest::config::ConfigFile;
use crate::manifest::project::{self, Desired};
use crate::render::whatif::{Compared, StateAnswer};
use crate::whatif::{PolicySet, SignIn, User};

/// By which policies
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Policies")]
pub struct From {
    /// Judge by the policies of the tenant, not by the manifests
    #[arg(long)]
    pub live: bool,
    /// Judge by the policies of the tenant as they are after a saved plan
    #[arg(long, value_name = "FILE")]
    pub plan: Option<PathBuf>,
    /// Judge by the policies of the tenant as they are, and as they are after the plan
    #[arg(long)]
    pub before_after: bool,
}

/// A state of the tenant.
pub struct State {
    /// What it is called, where there are two.
    pub title: String,
    /// The policies, and what they refer to.
    pub set: PolicySet,
}

/// What is known of a user in the tenant.
pub struct LiveUser {
    /// The user.
    pub user: User,
}

impl LiveUser {
    /// What the tenant knows of the user, under what is said of it.
    pub fn over(&self, said: Option<User>) -> User {
        let said = said.unwrap_or_default();
        let known = &self.user;
        User {
            name: known.name.clone().or(said.name),
            member_of: said.member_of.or_else(|| known.member_of.clone()),
            roles: said.roles.or_else(|| known.roles.clone()),
            user_type: said.user_type.or(known.user_type),
            external_tenant_id: said
                .external_tenant_id
                .or_else(|| known.external_tenant_id.clone()),
            agent_user: said.agent_user || known.agent_user,
        }
    }
}

/// All that is needed to judge.
pub struct States {
    /// The project file.
    pub file: ConfigFile,
    /// The manifests and scenarios.
    pub desired: Desired,
    /// One state, or before and after.
    pub states: Vec<State>,
    /// Every object that can be named is known: they are those of a tenant.
    pub all_known: bool,
    /// The user of the sign-in, as the tenant knows it.
    pub user: Option<LiveUser>,
}

/// Loads the project, and the tenant where it is asked for.
///
/// # Errors
/// See [`Stopped`].
pub async fn open(
    from: &From,
    common: &Common,
    console: &Console,
    sign_in: Option<&SignIn>,
) -> Result<States, Stopped> {
    let _ = sign_in;
    if from.live || from.plan.is_some() || from.before_after {
        return Err(Stopped::Findings(vec![Finding::error(
            Code::Failed,
            "only the manifests can be asked yet",
        )]));
    }
    let (file, name, desired) = load(common, console)?;
    let tenant = file.config.tenants.get(&name).cloned().unwrap_or_default();
    let environment = file.config.environment(&tenant);
    let objects = desired.manifests.iter().map(|manifest| &manifest.object);
    let set = PolicySet::of(objects, environment);
    Ok(States {
        file,
        desired,
        states: vec![State {
            title: String::new(),
            set,
        }],
        all_known: false,
        user: None,
    })
}

/// The project for the tenant that is meant.
fn load(common: &Common, console: &Console) -> Result<(ConfigFile, String, Desired), Stopped> {
    let file = config(common, console)?;
    let (name, tenant) = file
        .tenant(common.tenant.as_deref())
        .map_err(|f| Stopped::Findings(vec![*f]))?;
    let (desired, findings) = project::load(&file, name, tenant);
    if finding::has_errors(&findings) {
        return Err(Stopped::Findings(findings));
    }
    let name = name.to_owned();
    Ok((file, name, desired))
}

/// The sign-in of a scenario.
///
/// # Errors
/// When there is none of that name.
pub fn scenario(common: &Common, console: &Console, name: &str) -> Result<SignIn, Stopped> {
    let (_, _, desired) = load(common, console)?;
    let mut scenarios = desired.scenarios.iter();
    match scenarios.find(|one| one.name() == name) {
        Some(found) => Ok(found.scenario.sign_in.clone()),
        None => Err(Stopped::Findings(vec![no_scenario(&desired, name)])),
    }
}

/// There is no scenario of a name.
pub fn no_scenario(desired: &Desired, name: &str) -> Finding {
    let names = desired.scenarios.iter().map(|one| one.name());
    let help = match did_you_mean(name, names) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "`gatewright test` lists them".to_owned(),
    };
    Finding::error(Code::SignInCase, format!("no scenario is called `{name}`")).help(help)
}

impl States {
    /// Asks the tenant's own evaluate.
    ///
    /// # Errors
    /// See [`Stopped`].
    pub async fn ask_online(
        &self,
        sign_in: &SignIn,
        answer: Option<&StateAnswer>,
    ) -> Result<Compared, Stopped> {
        let _ = (sign_in, answer);
        Ok(Compared::default())
    }
}
