//! What plan, apply and destroy have in common: the project is loaded, the tenant read,
//! the plan made.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;

use crate::apply::journal::{InFile, RunOrigin, now, trail};
use crate::cli::console::Console;
use crate::cli::part::{PlanPart, only_about};
use crate::cli::unmanaged::orphans;
use crate::cli::{Common, Exit};
use crate::disk::{self, Lock, LockError};
use crate::finding::{self, Code, Finding, Place, Severity};
use crate::fleet::name::file_stem;
use crate::graph::auth::{Access, Claims, SignInError, Teller};
use crate::graph::read::Reader;
use crate::graph::{GraphError, Request, refusal};
use crate::impact::people::mask::without_paths;
use crate::lint;
use crate::manifest::config::{CONFIG_FILE, ConfigFile, TenantEntry, find_root};
use crate::manifest::guards::{Guard, GuardsFile};
use crate::manifest::project::{self, Desired};
use crate::manifest::references;
use crate::manifest::yaml::Document;
use crate::model::{Kind, Object};
use crate::plan::Plan;
use crate::plan::build::{PlanTarget, build_destroy, build_part};
use crate::plan::guard::{self, Inputs, PlanPurpose, break_glass};
use crate::plan::names::unnamed;
use crate::plan::strays::strays;
use crate::tenant::connect::{ConnectError, Connection, connect};
use crate::tenant::embedded::EmbeddedTenant;
use crate::tenant::snapshot::Snapshot;
use crate::tenant::trace::{By, Left, Shown, Trace, Trail, until_shown};
use crate::tenant::wanted::{Own, Wanted};
use crate::tenant::{again, break_glass as accounts, read};
use crate::text::{counted, visible};
use crate::whatif::Environment;

/// Why a command stopped before it wrote anything.
#[derive(Debug)]
pub enum Stopped {
    /// Findings, at least one of them an error.
    Findings(Vec<Finding>),
    /// Findings that end with an exit code of their own, such as a stale plan.
    Refused(Vec<Finding>, Exit),
    /// The command line cannot be meant like this.
    Usage(String),
    /// Something else.
    Error(anyhow::Error),
}

impl Stopped {
    /// The same without what requests name: paths and principal names.
    #[must_use]
    pub fn masked(self) -> Stopped {
        let all = |list: Vec<Finding>| -> Vec<Finding> {
            (list.into_iter())
                .map(|mut finding| {
                    finding.message = without_paths(&finding.message);
                    finding.help = finding.help.as_deref().map(without_paths);
                    finding
                })
                .collect()
        };
        match self {
            Stopped::Findings(list) => Stopped::Findings(all(list)),
            Stopped::Refused(list, exit) => Stopped::Refused(all(list), exit),
            Stopped::Usage(why) => Stopped::Usage(why),
            Stopped::Error(error) => {
                let told = format!("{error:#}");
                let masked = without_paths(&told);
                match masked == told {
                    true => Stopped::Error(error),
                    false => Stopped::Error(anyhow::anyhow!(masked)),
                }
            }
        }
    }
}

impl<E: Into<anyhow::Error>> From<E> for Stopped {
    /// A refusal of Graph, wherever it was met, is a finding: it says what is missing, once.
    fn from(error: E) -> Stopped {
        let error = error.into();
        let of_graph = |cause: &(dyn std::error::Error + 'static)| {
            let graph = match cause.downcast_ref::<ConnectError>() {
                Some(ConnectError::Graph(graph)) => Some(graph),
                _ => cause.downcast_ref::<GraphError>(),
            };
            graph.and_then(GraphError::refused)
        };
        match error.chain().find_map(of_graph) {
            Some(finding) => Stopped::Findings(vec![finding]),
            None => Stopped::Error(error),
        }
    }
}

/// Which plan is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// The tenant as the manifests say.
    Converge,
    /// What the manifests name, deleted.
    Destroy,
}

/// A project, its tenant, and a plan.
pub struct Session {
    /// The project's folder.
    pub root: PathBuf,
    _lock: Option<Lock>,
    /// The connection. A sandbox runs as long as it lives.
    pub connection: Connection,
    /// The plan.
    pub plan: Plan,
    /// The project file.
    pub file: ConfigFile,
    /// The manifests.
    pub desired: Desired,
    /// Those of them that the plan is limited to; `None`: all.
    pub part: Option<Desired>,
    /// What was read of the tenant to make it.
    pub snapshot: Snapshot,
    /// The guards that were asked.
    pub guards: GuardsFile,
}

/// Which plan is wanted, and what is let through.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// Which plan.
    pub aim: Aim,
    /// Whether the command writes.
    pub writes: bool,
    /// Whether a deleted test user is purged and made anew.
    pub purge_deleted_users: bool,
    /// What an earlier run may have made, and is not shown, counts as not made.
    pub assume_not_made: bool,
    /// The guards that are let through.
    pub allow: &'a [Guard],
    /// To what the plan is limited.
    pub part: PlanPart<'a>,
}

impl Session {
    /// The manifests that the plan was made from.
    pub fn planned(&self) -> &Desired {
        self.part.as_ref().unwrap_or(&self.desired)
    }
}

/// The project file at or above the folder that the flags name.
///
/// # Errors
/// When there is none, or it is wrong.
pub fn config(common: &Common, console: &Console) -> Result<ConfigFile, Stopped> {
    if !common.chdir.is_dir() {
        return Err(Stopped::Findings(vec![
            Finding::error(
                Code::Config,
                format!("`{}` is not a folder", common.chdir.display()),
            )
            .help("`-C` takes the folder of a project"),
        ]));
    }
    let Some(root) = find_root(&common.chdir) else {
        return Err(Stopped::Findings(vec![
            Finding::error(
                Code::Config,
                format!(
                    "no {CONFIG_FILE} in `{}` or above it",
                    common.chdir.display()
                ),
            )
            .help("`gatewright init` writes one; `-C DIR` names another folder"),
        ]));
    };
    if let Some(known) = common.project.as_ref().filter(|known| known.root == root) {
        return Ok(ConfigFile::clone(known));
    }
    let here = std::path::absolute(&common.chdir).unwrap_or_default();
    let here: std::path::PathBuf = here.components().collect();
    if root != here {
        console.note(&format!("Project: {}", root.display()));
    }
    ConfigFile::load(&root).map_err(Stopped::Findings)
}

/// A sign-in that did not succeed, at the place where the tenant's entry says how.
pub fn no_token(file: &ConfigFile, tenant: &str, error: &SignInError) -> Stopped {
    let place = file.tenant_place(tenant, "/auth");
    let finding = Finding::error(Code::SignIn, format!("cannot sign in: {error}")).at(place);
    Stopped::Findings(vec![match &error.help {
        Some(help) => finding.help(help),
        None => finding.help("docs/sign-in.md says what each method needs"),
    }])
}

/// Loads, reads and plans.
///
/// # Errors
/// See [`Stopped`].
pub async fn open(common: &Common, console: &Console, wish: Wish<'_>) -> Result<Session, Stopped> {
    let Wish {
        aim,
        writes,
        purge_deleted_users,
        assume_not_made,
        allow,
        part,
    } = wish;
    let file = config(common, console)?;
    let (name, tenant) = file
        .tenant(common.tenant.as_deref())
        .map_err(|f| Stopped::Findings(vec![*f]))?;
    let (desired, mut findings) = project::load(&file, name, tenant);
    let guards = match GuardsFile::load(&file, name, tenant) {
        Ok(guards) => guards,
        Err(more) => {
            findings.extend(more);
            finding::tidy(&mut findings);
            GuardsFile::default()
        }
    };
    if finding::has_errors(&findings) {
        // What `validate` says of them, too: one round is better than several.
        references::check(&desired, &mut findings);
        let loads = vec![(desired, findings)];
        let all = lint::check(&file, loads, jiff::Timestamp::now(), false);
        return Err(Stopped::Findings(all.findings));
    }
    let (part, limit) = part.of(&desired).map_err(Stopped::Findings)?.unzip();
    if let Some(part) = &part {
        only_about(part, &desired, &mut findings);
    }
    let lock = match writes {
        true => Some(lock(&file.root, name)?),
        false => None,
    };
    let access = match writes {
        true => Access::Write,
        false => Access::Read,
    };
    let connection = connected(&file, name, tenant, access, console).await?;
    let reader = Reader::new(&connection.client);
    let target = PlanTarget {
        tenant: name,
        config: &file.config,
        version: connection.version,
        purge_deleted_users,
    };
    let earlier = earlier(&connection, &file.root, name, tenant);
    let manifests = (&desired, part.as_ref());
    let (mut plan, snapshot, left) =
        make(&file, &reader, target, manifests, aim, &earlier, console).await?;
    plan.limit = limit;
    if !assume_not_made {
        plan.notices.extend(unsettled(&left, &earlier, writes)?);
    }
    let purpose = match aim {
        Aim::Converge => PlanPurpose::Converge,
        Aim::Destroy => PlanPurpose::Destroy,
    };
    ask_guards(
        &mut plan,
        &reader,
        &snapshot,
        part.as_ref().or(Some(&desired)),
        &guards,
        Asking {
            purpose,
            allow,
            environment: file.config.environment(tenant),
        },
    )
    .await?;
    // Hints are what `validate` is for; a warning is worth a note each time.
    plan.notices.extend(
        findings
            .into_iter()
            .filter(|f| f.severity != Severity::Hint),
    );
    plan.notices = lint::without_allowed(&desired, plan.notices);
    if aim == Aim::Converge {
        let advice = advice(&file, &desired, &plan);
        plan.notices.extend(advice);
    }
    finding::tidy(&mut plan.notices);
    let (sent, paced) = connection.client.requests_sent();
    tracing::info!(
        "planned with {}, {paced} on resources limited to one per second",
        counted(sent, "request")
    );
    Ok(Session {
        root: file.root.clone(),
        connection,
        plan,
        desired,
        part,
        snapshot,
        guards,
        _lock: lock,
        file,
    })
}

/// The warnings of lint about what a plan creates or changes.
fn advice(file: &ConfigFile, desired: &Desired, plan: &Plan) -> Vec<Finding> {
    let mut changed: HashMap<&str, Vec<&Place>> = HashMap::new();
    for place in plan
        .actions
        .iter()
        .filter_map(|action| action.place.as_ref())
    {
        changed
            .entry(place.file.name.as_str())
            .or_default()
            .push(place);
    }
    let is_changed = |document: &Document| {
        let places = changed.get(document.file.name.as_str());
        places.is_some_and(|places| places.iter().any(|place| document.holds(place)))
    };
    let mut found = lint::of_documents(file, desired, jiff::Timestamp::now(), is_changed);
    found.retain(|found| found.severity != Severity::Hint);
    for finding in &mut found {
        // `validate` fails where the project says so; a plan is for guards to refuse.
        finding.severity = Severity::Warning;
    }
    found
}

/// What earlier runs of the project left on a tenant.
pub fn earlier(connection: &Connection, root: &Path, name: &str, tenant: &TenantEntry) -> Trail {
    let folder = runs_folder(root);
    trail(
        &folder,
        tenant.tenant_id.as_deref(),
        name,
        connection.replication,
        false,
    )
}

/// Tells that a snapshot is waited for.
pub fn waits(console: &Console, missing: usize, most: Duration) {
    console.phase(&format!(
        "Waiting for the tenant to show what earlier runs did ({missing} missing), {} s at most",
        most.as_secs_f64().ceil()
    ));
}

/// What may exist and is not shown: a warning, and an error where it could be made twice.
///
/// # Errors
/// Where something would be written (`writes`), and something may exist.
pub fn unsettled(list: &[Trace], trail: &Trail, writes: bool) -> Result<Vec<Finding>, Stopped> {
    let mut found = Vec::new();
    for trace in list {
        let (kind, name, run) = (trace.kind.words(), &trace.name, &trace.run);
        let (Left::Exists(by) | Left::MayExist(by)) = trace.left else {
            continue; // never: nothing else could be doubled
        };
        let done = match by {
            By::Creation => "made",
            By::Restore => "restored",
        };
        let (message, then) = match (&trace.left, &trace.id) {
            (Left::Exists(_), Some(id)) => (
                format!(
                    "the run `{run}` {done} the {kind} `{name}` ({id}), but the tenant does not show it"
                ),
                "deleted",
            ),
            _ => (
                format!(
                    "the run `{run}` may have {done} the {kind} `{name}`: its request got no answer, and the tenant does not show it"
                ),
                match by {
                    By::Creation => "not made",
                    By::Restore => "not restored",
                },
            ),
        };
        let finding = match writes {
            true => Finding::error(Code::Unsettled, message),
            false => Finding::warning(Code::Unsettled, message),
        };
        found.push(finding.help(format!(
            "run it again after {}: what is not shown by then was {then}. If the portal does not show it either, `apply --assume-not-made` goes on now",
            trace.settled_at(trail.replication).strftime("%H:%M:%S UTC")
        )));
    }
    match writes && !found.is_empty() {
        true => Err(Stopped::Findings(found)),
        false => Ok(found),
    }
}

/// Shows lines of a sign-in, and of what takes long, at the terminal.
pub fn teller(console: &Console) -> Teller {
    let told = console.clone();
    let teller = Teller::new(move |text| told.warn(&visible(text, false)));
    match console.is_caught() {
        true => teller.asking_nobody(),
        false => teller,
    }
}

/// Connects to a tenant of the project, to do what `access` says.
///
/// # Errors
/// See [`Stopped`].
pub async fn connected(
    file: &ConfigFile,
    name: &str,
    tenant: &TenantEntry,
    access: Access,
    console: &Console,
) -> Result<Connection, Stopped> {
    match connect(&file.root, tenant, access, teller(console)).await {
        Ok(mut connection) => {
            let shown = console.clone();
            connection.client = connection.client.reading(move |step| shown.reads(step));
            let sandbox = connection.sandbox.as_ref();
            if let Some(url) = sandbox.and_then(EmbeddedTenant::served_at) {
                let url = visible(url, false);
                console.note(&format!(
                    "The sandbox is served by another process; using it, at {url}"
                ));
            }
            Ok(connection)
        }
        Err(ConnectError::Graph(GraphError::NoToken(error))) => Err(no_token(file, name, &error)),
        Err(error @ ConnectError::Facts { .. }) => {
            let place = file.tenant_place(name, "/facts");
            let finding = Finding::error(Code::Facts, error.to_string()).at(place);
            Err(Stopped::Findings(vec![finding.help(
                "`gatewright doctor --report FILE` writes the file; without `facts`, the documented behaviour counts",
            )]))
        }
        Err(error) => Err(error.into()),
    }
}

/// Looks at what the token holds before anything is asked or sent.
///
/// # Errors
/// When it says that it lacks a permission of one of `requests`.
pub async fn permitted(connection: &Connection, requests: &[Request]) -> Result<(), Stopped> {
    let issued = connection.client.tokens().token().await;
    let issued = issued.map_err(GraphError::from)?;
    let missing = refusal::lacking(requests, &issued.token);
    match missing.is_empty() {
        true => Ok(()),
        false => Err(Stopped::Findings(vec![refusal::of_lacking(&missing)])),
    }
}

/// Where gatewright keeps what it needs itself, in a project's folder.
const STATE: &str = ".gatewright";

/// Where the journals of a project lie.
pub fn runs_folder(root: &Path) -> PathBuf {
    root.join(STATE).join("runs")
}

/// Makes the journal of a new run over this connection.
///
/// # Errors
/// When it cannot be made, or a link has the place of its folder.
pub async fn journal(root: &Path, connection: &Connection) -> anyhow::Result<InFile> {
    let token = connection.client.tokens().token().await.ok();
    let claims = token.and_then(|issued| Claims::of(&issued.token));
    let origin = RunOrigin {
        by: claims.and_then(|claims| claims.user.or(claims.client_name).or(claims.client_id)),
        commit: disk::head_commit(root),
    };
    disk::folders(root, &Path::new(STATE).join("runs"))
        .and_then(|folder| InFile::of(&folder, origin))
        .context("cannot create the journal of the run; nothing was written")
}

/// Takes the lock of a project and tenant: one run at a time.
///
/// # Errors
/// A finding that names the other run.
pub fn lock(root: &Path, tenant: &str) -> Result<Lock, Stopped> {
    let name = file_stem(tenant);
    let who = format!("process {}, since {}", std::process::id(), now());
    let name = format!("{name}.lock");
    disk::folders(root, Path::new(STATE))
        .map_err(LockError::Io)
        .and_then(|folder| Lock::take(&folder.join(&name), &who))
        .map_err(|error| match error {
            LockError::Held(by) => {
                let by = match by.as_str() {
                    "" => "it does not say which",
                    by => by,
                };
                Stopped::Findings(vec![
                    Finding::error(
                        Code::Locked,
                        format!("another run is in progress for this project and tenant: {by}"),
                    )
                    .help("wait until it ends; the lock ends with its process"),
                ])
            }
            LockError::Io(error) => anyhow::Error::from(error)
                .context(format!("cannot lock `{STATE}/{name}`"))
                .into(),
        })
}

/// Policies that have been in report-only for long: only the tenant knows since when.
fn forgotten(file: &ConfigFile, desired: &Desired, snapshot: &Snapshot) -> Vec<Finding> {
    const POLICY: Kind = Kind::ConditionalAccessPolicy;
    let live = |name: &str| {
        let by_id = snapshot.by_id(POLICY, name);
        let mut found = snapshot.live.named(POLICY, name);
        found.retain(|live| by_id.is_none_or(|known| known.id != live.id));
        match (found.into_iter().chain(by_id).collect::<Vec<_>>()).as_slice() {
            [live] => match &live.object {
                Object::ConditionalAccessPolicy(policy) => Some(&**policy),
                _ => None,
            },
            _ => None,
        }
    };
    lint::report_only(file, desired, jiff::Timestamp::now(), live)
}

async fn make(
    file: &ConfigFile,
    reader: &Reader<'_>,
    target: PlanTarget<'_>,
    (desired, part): (&Desired, Option<&Desired>),
    aim: Aim,
    earlier: &Trail,
    console: &Console,
) -> Result<(Plan, Snapshot, Vec<Trace>), Stopped> {
    let wanted = Wanted::of(desired, target.config);
    let own = Own::from(desired);
    let Shown {
        mut snapshot,
        unsettled,
    } = until_shown(
        reader,
        earlier,
        &own,
        async || read::snapshot(reader, target.version, &wanted, own.clone()).await,
        &|missing, most| waits(console, missing, most),
    )
    .await?;
    console.progress("Computing the plan");
    let attempt = |snapshot: &Snapshot| match aim {
        Aim::Converge => build_part(target, desired, part, snapshot),
        Aim::Destroy => build_destroy(target, desired, snapshot),
    };
    let mut plan = match attempt(&snapshot) {
        Ok(plan) => plan,
        Err(findings) if findings.iter().any(|f| f.code == Code::UnresolvedReference) => {
            // Once more with names that are spelt alike, so that the findings can suggest.
            again::candidates(reader, &mut snapshot, &wanted).await?;
            attempt(&snapshot).map_err(Stopped::Findings)?
        }
        Err(findings) => return Err(Stopped::Findings(findings)),
    };
    if aim == Aim::Converge {
        let planned = part.unwrap_or(desired);
        plan.notices.extend(forgotten(file, planned, &snapshot));
        // Of a part of the project nobody knows what else it describes.
        if part.is_none() {
            let strays = strays(&plan, &snapshot);
            let (told, _) = orphans(&runs_folder(&file.root), &plan, &strays, 5);
            plan.notices.extend(told);
        }
    }
    let (ids, apps) = unnamed(&plan);
    plan.names.extend(again::names(reader, &ids, &apps).await?);
    Ok((plan, snapshot, unsettled))
}

/// For what the guards are asked.
pub struct Asking<'a> {
    /// What the plan is for.
    pub purpose: PlanPurpose,
    /// The guards that are let through for this run.
    pub allow: &'a [Guard],
    /// Facts of the tenant that no policy holds.
    pub environment: Environment,
}

/// Reads what the guards need and asks them; their verdicts become part of the plan.
///
/// # Errors
/// When the tenant cannot be read.
pub async fn ask_guards(
    plan: &mut Plan,
    reader: &Reader<'_>,
    snapshot: &Snapshot,
    desired: Option<&Desired>,
    guards: &GuardsFile,
    asking: Asking<'_>,
) -> Result<(), Stopped> {
    let accounts = match &guards.guards.break_glass {
        Some(declared) => Some(accounts::read(reader, &break_glass::ask(declared, plan)).await?),
        None => None,
    };
    let inputs = Inputs {
        purpose: asking.purpose,
        snapshot,
        desired,
        guards,
        accounts: accounts.as_ref(),
        allow: asking.allow,
        environment: &asking.environment,
    };
    guard::check(plan, inputs);
    Ok(())
}
