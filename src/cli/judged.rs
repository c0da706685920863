//! The policies by which `whatif` and `test` judge: those of the manifests, of the tenant, or of
//! the tenant after a plan.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;

use super::console::Console;
use super::saved::{check_endpoint, check_organization, reviewed};
use super::session::{Stopped, config};
use super::view::{self, Manifests, View};
use super::{Common, Exit};
use crate::claims::AskedClaim;
use crate::claims::names::NamesKnown;
use crate::finding::{self, Code, Finding, did_you_mean};
use crate::graph::read::Reader;
use crate::manifest::config::{ConfigFile, TenantEntry};
use crate::manifest::project::{self, Desired};
use crate::manifest::scenario::Scenario;
use crate::model::refs::RefKind;
use crate::model::tables::special;
use crate::model::{Kind, Object};
use crate::plan::Plan;
use crate::plan::after::after;
use crate::plan::file::ground::Ground;
use crate::plan::file::read as plan_file;
use crate::render::whatif::{Compared, Difference, StateAnswer};
use crate::tenant::evaluate::{self, OnlineResult};
use crate::tenant::names::read_names;
use crate::tenant::read;
use crate::tenant::snapshot::Snapshot;
use crate::tenant::world::{self, Looked};
use crate::text::{shell_word, visible};
use crate::whatif::{CompiledPolicies, Environment, PolicyOutcome, PolicySet, SignIn, User};

/// Which policies to judge by
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Policies")]
pub struct From {
    /// Judge by the tenant's policies, not by the manifests
    #[arg(long)]
    pub live: bool,
    /// Judge by the tenant's policies as they would be after a saved plan
    #[arg(long, value_name = "FILE")]
    pub plan: Option<PathBuf>,
    /// Judge by the tenant's policies before and after the plan of the manifests; `gaps`
    /// and `test` answer for the latter
    #[arg(long)]
    pub before_after: bool,
}

impl From {
    /// True when the policies are those of a tenant.
    pub fn of_tenant(&self) -> bool {
        self.live || self.before_after || self.plan.is_some()
    }

    /// The flags by which `whatif` judges by the same policies, with a blank before each.
    pub fn flags(&self, common: &Common) -> String {
        let mut flags = project_flags(common);
        if self.live {
            flags.push_str(" --live");
        }
        if let Some(path) = &self.plan {
            let path = visible(&path.display().to_string(), false);
            let _ = write!(flags, " --plan {}", shell_word(&path));
        }
        flags
    }
}

/// The flags that name the project and the tenant, with a blank before each.
pub fn project_flags(common: &Common) -> String {
    let mut flags = String::new();
    if common.chdir != Path::new(".") {
        let folder = visible(&common.chdir.display().to_string(), false);
        let _ = write!(flags, " -C {}", shell_word(&folder));
    }
    if let Some(tenant) = &common.tenant {
        let tenant = visible(tenant, false);
        let _ = write!(flags, " -t {}", shell_word(&tenant));
    }
    flags
}

/// A state of the tenant.
pub struct State {
    /// What it is called, where there are two.
    pub title: String,
    /// The policies, and what they refer to.
    pub set: PolicySet,
}

/// All that is needed to judge.
pub struct States {
    /// The manifests and scenarios.
    pub desired: Desired,
    /// One state, or before and after.
    pub states: Vec<State>,
    /// What is known of names.
    pub known: NamesKnown,
    /// The plan that leads from the one to the other, where there are two.
    pub plan: Option<Plan>,
    /// The tenant, where it was read.
    pub view: Option<View>,
}

/// What is asked about.
#[derive(Debug, Clone, Copy)]
pub enum AskedOf<'a> {
    /// One sign-in.
    SignIn(&'a SignIn),
    /// The scenarios of the project, and what invariants name.
    Claims(&'a [AskedClaim]),
    /// Every sign-in, and besides what is named.
    Every(&'a [(RefKind, String)]),
    /// Both: claims, and every sign-in.
    ClaimsAndEvery(&'a [AskedClaim], &'a [(RefKind, String)]),
    /// Sign-ins that nothing is looked up for.
    Lines,
}

impl AskedOf<'_> {
    /// The references of what is asked about.
    fn references(&self) -> Vec<(RefKind, String)> {
        let named = match self {
            AskedOf::Every(named) | AskedOf::ClaimsAndEvery(_, named) => named,
            AskedOf::Claims(_) | AskedOf::SignIn(_) | AskedOf::Lines => &[][..],
        };
        let parts = self.claims().iter().flat_map(|one| one.manifest.parts());
        parts
            .flat_map(|part| part.references())
            .map(|(kind, _, name)| (kind, name))
            .chain(named.iter().cloned())
            .collect()
    }

    fn claims(&self) -> &[AskedClaim] {
        match self {
            AskedOf::Claims(claims) | AskedOf::ClaimsAndEvery(claims, _) => claims,
            AskedOf::Every(_) | AskedOf::SignIn(_) | AskedOf::Lines => &[],
        }
    }
}

/// Loads the project, and the tenant where it is asked for.
///
/// # Errors
/// See [`Stopped`].
pub async fn open(
    from: &From,
    common: &Common,
    console: &Console,
    asked: AskedOf<'_>,
) -> Result<States, Stopped> {
    let loaded = match &from.plan {
        Some(path) => Some(plan_file::file(path).map_err(|f| Stopped::Findings(vec![*f]))?),
        None => None,
    };
    if !from.of_tenant() {
        let LoadedProject {
            environment,
            desired,
            ..
        } = load(common, console, false)?;
        let objects = desired.manifests.iter().map(|manifest| &manifest.object);
        let set = PolicySet::of(objects, environment);
        let title = String::new();
        return Ok(States {
            desired,
            states: vec![State { title, set }],
            known: NamesKnown::InManifests,
            plan: None,
            view: None,
        });
    }
    let mut common = common.clone();
    if let (Some(loaded), Some(path)) = (&loaded, &from.plan) {
        let name = &loaded.saved.tenant.name;
        if common.tenant.as_ref().is_some_and(|given| given != name) {
            let message = format!("`{}` is for the tenant `{name}`", path.display());
            let finding = Finding::error(Code::PlanFile, message);
            return Err(Stopped::Findings(vec![
                finding.help("leave out `-t`, or name a plan for that tenant"),
            ]));
        }
        common.tenant = Some(name.clone());
    }
    let mut view = view::open(&common, console, Manifests::MayBeNone, |wanted| {
        (wanted.strengths, wanted.contexts) = (true, true);
        for (kind, name) in asked.references() {
            wanted.reference(kind, &name);
        }
    })
    .await?;
    let environment = view.file.config.environment(view.tenant()?);
    let reader = Reader::new(&view.connection.client);
    if let Some(loaded) = &loaded {
        check_endpoint(loaded, view.tenant()?)?;
        check_organization(loaded, &view.name, &view.snapshot.organization)?;
    }
    let plan = match loaded {
        Some(loaded) => Some(saved(&reader, loaded).await?),
        None if from.before_after => Some(view.plan(&view.desired).map_err(Stopped::Findings)?),
        None => None,
    };
    // Of groups those whose members manifests list.
    let named = [Kind::ConditionalAccessPolicy, Kind::Group];
    let named = named.into_iter().flat_map(|kind| view.snapshot.of(kind));
    let mut objects: Vec<Object> = named.map(|live| live.object.clone()).collect();
    let actions = plan.iter().flat_map(|plan| &plan.actions);
    objects.extend(actions.filter_map(|action| action.desired.clone()));
    let parts = asked.claims().iter().flat_map(|one| one.manifest.parts());
    objects.extend(parts.map(|part| part.object()));
    read_names(&reader, &mut view.snapshot, &objects).await?;
    let looked = {
        // Whom a claim names is looked up as the user of a sign-in is.
        let named: Vec<SignIn> = (asked.references().into_iter())
            .filter(|(kind, name)| {
                *kind == RefKind::User && special::canonical(special::users(), name).is_none()
            })
            .map(|(_, name)| SignIn {
                user: Some(User::named(name)),
                ..SignIn::default()
            })
            .collect();
        // For a report, so is whom a policy names.
        let mut named = named;
        if matches!(asked, AskedOf::ClaimsAndEvery(..)) {
            let users = users_of(&view.snapshot);
            named.extend(users.into_iter().map(|id| SignIn {
                user: Some(User::named(id)),
                ..SignIn::default()
            }));
        }
        let own = view.desired.scenarios.iter();
        let own = own.map(|one| &one.scenario.sign_in);
        let asked: Vec<&SignIn> = match asked {
            AskedOf::SignIn(sign_in) => vec![sign_in],
            _ => own.chain(&named).collect(),
        };
        world::look_up(&reader, &view.snapshot.organization.id, asked).await?
    };
    let states = self::states(from, &view, plan.as_ref(), &looked, &environment);
    Ok(States {
        desired: view.desired.clone(),
        states,
        known: NamesKnown::InTenant,
        plan,
        view: Some(view),
    })
}

/// The users whom policies of the tenant name.
fn users_of(snapshot: &Snapshot) -> BTreeSet<String> {
    let mut users = BTreeSet::new();
    for live in snapshot.of(Kind::ConditionalAccessPolicy) {
        let Object::ConditionalAccessPolicy(policy) = &live.object else {
            continue;
        };
        let named = policy.conditions.users.iter();
        let named = named.flat_map(|one| one.include_users.iter().chain(one.exclude_users.iter()));
        let own = named.filter(|name| special::canonical(special::users(), name).is_none());
        users.extend(own.cloned());
    }
    users
}

fn states(
    from: &From,
    view: &View,
    plan: Option<&Plan>,
    looked: &Looked,
    environment: &Environment,
) -> Vec<State> {
    let mut states = Vec::new();
    let named = |title: &str| match from.before_after {
        true => title.to_owned(),
        false => String::new(),
    };
    if plan.is_none() || from.before_after {
        states.push(State {
            title: named("Before"),
            set: world::live(&view.snapshot, looked, environment.clone()),
        });
    }
    if let Some(plan) = plan {
        states.push(State {
            title: named("After"),
            set: after(plan, &view.snapshot, looked, environment.clone()),
        });
    }
    states
}

/// A saved plan that still fits its tenant.
async fn saved(reader: &Reader<'_>, loaded: plan_file::Loaded) -> Result<Plan, Stopped> {
    let Ground { wanted, own, .. } = &loaded.saved.ground;
    let snapshot = read::snapshot(reader, loaded.saved.api_version, wanted, own.clone()).await?;
    let moved = loaded.moved(&snapshot);
    if !moved.is_empty() {
        return Err(Stopped::Refused(moved, Exit::Stale));
    }
    let mut plan = loaded.plan;
    plan.guards = reviewed(&loaded.saved.guards);
    plan_file::bind(&mut plan, &snapshot).map_err(|f| Stopped::Findings(vec![*f]))?;
    Ok(plan)
}

/// A project for one tenant, of which nothing was asked.
pub struct LoadedProject {
    /// The project file.
    pub file: ConfigFile,
    /// The name of the tenant.
    pub name: String,
    /// Facts of the tenant that no policy holds.
    pub environment: Environment,
    /// The manifests, scenarios and invariants.
    pub desired: Desired,
}

impl LoadedProject {
    /// The tenant's entry in the project file.
    ///
    /// # Errors
    /// None for a project that was loaded.
    pub fn tenant(&self) -> Result<&TenantEntry, Stopped> {
        let found = self.file.tenant(Some(&self.name));
        found
            .map(|(_, tenant)| tenant)
            .map_err(|f| Stopped::Findings(vec![*f]))
    }
}

/// The project for the tenant that is meant, without asking it anything.
///
/// # Errors
/// See [`Stopped`].
pub fn load(
    common: &Common,
    console: &Console,
    may_be_empty: bool,
) -> Result<LoadedProject, Stopped> {
    let file = config(common, console)?;
    let (name, tenant) = file
        .tenant(common.tenant.as_deref())
        .map_err(|f| Stopped::Findings(vec![*f]))?;
    let (desired, mut findings) = project::load(&file, name, tenant);
    if may_be_empty {
        findings.retain(|f| !matches!(f.code, Code::NoManifests | Code::MissingFolder));
    }
    if finding::has_errors(&findings) {
        return Err(Stopped::Findings(findings));
    }
    Ok(LoadedProject {
        name: name.to_owned(),
        environment: file.config.environment(tenant),
        desired,
        file,
    })
}

/// A scenario of the project.
///
/// # Errors
/// When there is none of that name.
pub fn scenario(common: &Common, console: &Console, name: &str) -> Result<Scenario, Stopped> {
    let LoadedProject { desired, .. } = load(common, console, false)?;
    let mut scenarios = desired.scenarios.iter();
    match scenarios.find(|one| one.name() == name) {
        Some(found) => Ok(found.scenario.clone()),
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
    Finding::error(Code::SignInCase, format!("there is no scenario `{name}`")).help(help)
}

impl States {
    /// Asks the tenant's own evaluate, and compares.
    ///
    /// # Errors
    /// See [`Stopped`].
    pub async fn ask_online(
        &self,
        sign_in: &SignIn,
        policies: &CompiledPolicies,
        answer: &StateAnswer,
    ) -> Result<Compared, Stopped> {
        let Some(view) = &self.view else {
            return Ok(Compared::default());
        };
        let asked = evaluate::request(sign_in, policies).map_err(|message| {
            let finding = Finding::error(Code::SignInCase, message);
            Stopped::Findings(vec![finding.help("say it, or leave out `--online`")])
        })?;
        let reader = Reader::new(&view.connection.client);
        let found = evaluate::ask(&reader, &asked).await?;
        Ok(compare(&answer.outcome.policies, &found, asked.unsaid))
    }
}

/// Where two answers differ.
fn compare(here: &[PolicyOutcome], there: &[OnlineResult], unsaid: Vec<String>) -> Compared {
    let mut differences = Vec::new();
    for own in here {
        let is_own = |other: &&OnlineResult| match &own.id {
            Some(id) => other.id.eq_ignore_ascii_case(id),
            None => *other.name == *own.display_name,
        };
        let other = there.iter().find(is_own);
        let applies = other.map(|other| other.applies);
        // A disabled policy is listed by nobody but us.
        if applies == own.applies || applies.is_none() && own.applies == Some(false) {
            continue;
        }
        let known = match (own.applies, applies) {
            (None, Some(false)) => Some("what is left out does not match there, but is open here"),
            _ if !unsaid.is_empty() => Some("the request could not describe the whole sign-in"),
            _ => None,
        };
        differences.push(Difference {
            policy: own.display_name.to_string(),
            here: own.applies,
            here_reason: own.reason.map(|reason| reason.to_string()),
            there: applies,
            there_reason: other.map(|o| o.reason.clone()).filter(|r| r != "notSet"),
            known: known.map(str::to_owned),
        });
    }
    let mine = |other: &&OnlineResult| {
        !here.iter().any(|own| match &own.id {
            Some(id) => other.id.eq_ignore_ascii_case(id),
            None => *other.name == *own.display_name,
        })
    };
    differences.extend(there.iter().filter(mine).map(|other| Difference {
        policy: other.name.clone(),
        here: None,
        here_reason: None,
        there: Some(other.applies),
        there_reason: Some(other.reason.clone()).filter(|r| r != "notSet"),
        known: None,
    }));
    Compared {
        policies: there.len(),
        differences,
        unsaid,
    }
}
