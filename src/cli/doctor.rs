//! `gatewright doctor`

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use clap::Args;

use super::console::{Confirmed, Console};
use super::run::carry_out;
use super::session::{Stopped, config, connected, lock, runs_folder};
use super::{Common, Exit, Format};
use crate::apply::journal::trail;
use crate::apply::trial::Trials;
use crate::apply::{ActionStatus, Patience, attempt};
use crate::disk;
use crate::doctor::leftovers::{self, Leftovers, Run};
use crate::doctor::state::{Collected, WhoAsks};
use crate::doctor::write::{self, TrialGround};
use crate::doctor::{Mask, PREFIX, Probe, evaluate, read, state};
use crate::finding::{Code, Finding};
use crate::graph::auth::{Access, Claims};
use crate::graph::read::Reader;
use crate::graph::{GraphError, endpoint};
use crate::manifest::config::{ConfigFile, TenantEntry};
use crate::model::Kind;
use crate::model::cloud::Cloud;
use crate::model::requests::Identity;
use crate::render;
use crate::render::doctor::DoctorOutput;
use crate::tenant::connect::Connection;
use crate::tenant::snapshot::Organization;
use crate::tenant::trace::Left;
use crate::text::{counted, shell_word, visible};

/// Find out how a tenant behaves
///
/// Only reads: where the tenant is, what the caller may do, what can be read, how much of the
/// limits is used, and what the service does where its documentation is silent. With `--write` it
/// tries the rest in a test tenant: whatever it creates is disabled or report-only, applies to
/// nobody, bears its name, is recorded in the journals, and is deleted at the end, or by the next
/// run.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Also try what needs a write, in a tenant that is marked `test: true`
    #[arg(long)]
    pub write: bool,
    /// Only delete what an earlier `--write` left behind
    #[arg(long, conflicts_with_all = ["write", "report"])]
    pub clean_up: bool,
    /// Do not ask; `--confirm` must name the tenant
    #[arg(short, long, requires = "confirm")]
    pub yes: bool,
    /// The name of the tenant to write to, as `-t` names it, instead of typing it
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
    /// Also write the report to FILE, for `facts` in gatewright.yaml
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// See [`Stopped`].
pub async fn run(args: &DoctorArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    let file = config(common, console)?;
    let (name, tenant) = file
        .tenant(common.tenant.as_deref())
        .map_err(|f| Stopped::Findings(vec![*f]))?;
    let writes = args.write || args.clean_up;
    let _lock = match writes {
        false => None,
        true => {
            may_write(args, &file, name, tenant, console)?;
            Some(lock(&file.root, name)?)
        }
    };
    let access = match writes {
        true => Access::Write,
        false => Access::Read,
    };
    let mut connection = connected(&file, name, tenant, access, console).await?;
    // Doctor asks what no other command does, and what is wrong on purpose.
    connection.client = connection.client.with_unlisted();
    let visit = Visit {
        tenant_id: tenant_id(&connection, tenant).await?,
        connection,
        root: &file.root,
        name,
        console,
        stopped: Cell::new(false),
    };
    let mut mask = Mask::default();
    if args.clean_up {
        let left = visit.clean_up(&[]).await?;
        let probe = leftovers::QUESTION.answered(left.verdict(), &mut mask);
        visit.show(&DoctorOutput::new(
            tenant.tenant_id.as_deref(),
            true,
            vec![probe],
        ));
        return Ok(visit.end(&left, true));
    }
    // What an earlier run left would be in the way.
    if args.write {
        visit.clean_up(&[]).await?;
    }
    let reader = visit.reader();
    let caller = caller(&visit.connection, tenant).await?;
    let (mut probes, known) = state::probes(&reader, &caller, &mut mask).await?;
    probes.extend(read::probes(&reader, &known, &mut mask).await);
    let (tried, made) = match args.write {
        true => visit.tries(&known, &mut mask).await?,
        false => (write::unasked(&mut mask), Vec::new()),
    };
    let environment = file.config.environment(tenant);
    let version = visit.connection.version;
    let judged = evaluate::probe(&reader, version, environment, known.user.as_deref()).await;
    probes.push(evaluate::QUESTION.answered(judged, &mut mask));
    let left = match args.write {
        true => visit.clean_up(&made).await?,
        false => leftovers::find(&reader)
            .await
            .unwrap_or_else(|error| Leftovers {
                unread: vec![error.to_string()],
                ..Leftovers::default()
            }),
    };
    probes.push(leftovers::QUESTION.answered(left.verdict(), &mut mask));
    probes.extend(tried);
    let report = DoctorOutput::new(tenant.tenant_id.as_deref(), args.write, probes);
    if let Some(path) = &args.report {
        let text = render::json::text(&report);
        disk::put(path, text.as_bytes(), disk::Put::Over)
            .with_context(|| format!("cannot write `{}`", path.display()))?;
        console.note(&format!("Report: {}", path.display()));
    }
    visit.show(&report);
    Ok(visit.end(&left, args.write))
}

/// Who is asked before anything is written.
fn may_write(
    args: &DoctorArgs,
    file: &ConfigFile,
    name: &str,
    tenant: &TenantEntry,
    console: &Console,
) -> Result<(), Stopped> {
    let refuse = |code, message: String, help: String| {
        Err(Stopped::Findings(vec![
            Finding::error(code, message)
                .at(file.tenant_key(name))
                .help(help),
        ]))
    };
    let flag = if args.write { "--write" } else { "--clean-up" };
    if !tenant.test {
        return refuse(
            Code::NotATestTenant,
            format!("`doctor {flag}` writes, and the tenant `{name}` is not marked as a test tenant"),
            "leave out the flag, since most is found out by reading; or add `test: true` to the entry of a tenant that nobody works in".to_owned(),
        );
    }
    let word = shell_word(name);
    match (&args.confirm, args.yes) {
        (Some(given), _) if given != name => refuse(
            Code::NotConfirmed,
            format!("`--confirm` names `{given}`, and the tenant is `{name}`"),
            format!("name the same tenant twice: `-t {word} --confirm {word}`"),
        ),
        (Some(_), true) => Ok(()),
        _ => match console.ask(
            &format!(
                "Doctor creates and deletes objects in the tenant {}.",
                visible(name, false)
            ),
            name,
        ) {
            Confirmed::Yes => Ok(()),
            Confirmed::No => refuse(
                Code::NotConfirmed,
                "the answer was not the name of the tenant".to_owned(),
                "nothing was changed".to_owned(),
            ),
            Confirmed::NoTerminal => refuse(
                Code::NotConfirmed,
                "there is no terminal to type the name of the tenant on".to_owned(),
                format!("use `--yes --confirm {word}`"),
            ),
        },
    }
}

/// The id of the tenant: of a sandbox what it says.
async fn tenant_id(connection: &Connection, tenant: &TenantEntry) -> Result<String, GraphError> {
    if let Some(id) = &tenant.tenant_id {
        return Ok(id.clone());
    }
    let reader = Reader::new(&connection.client);
    Ok(Organization::read(&reader.organization().await?).id)
}

/// Who asks, and where.
async fn caller(connection: &Connection, tenant: &TenantEntry) -> Result<WhoAsks, Stopped> {
    let issued = connection.client.tokens().token().await;
    let issued = issued.map_err(GraphError::from)?;
    let claims = Claims::of(&issued.token);
    let host = endpoint::parse(connection.client.root())
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned));
    let expires = claims.as_ref().and_then(|claims| claims.expires);
    let sandbox = connection.sandbox.is_some();
    Ok(WhoAsks {
        host: host.unwrap_or_default(),
        cloud: tenant.cloud.unwrap_or(Cloud::Global).as_str().to_owned(),
        token: match &claims {
            _ if sandbox => "none",
            None => "opaque",
            Some(claims) if claims.is_delegated() => "delegated",
            Some(_) => "application",
        },
        expires: expires.or(issued.expires).map(|at| at.to_string()),
        held: claims.as_ref().map(|claims| claims.permissions().to_vec()),
        identity: claims.map_or(Identity::Application, |claims| claims.identity()),
    })
}

/// An object of a run's own: its kind, name and id.
type Own = (Kind, String, String);

/// A tenant that doctor is at.
struct Visit<'a> {
    connection: Connection,
    root: &'a Path,
    name: &'a str,
    tenant_id: String,
    console: &'a Console,
    /// A run was stopped from outside.
    stopped: Cell<bool>,
}

impl Visit<'_> {
    fn reader(&self) -> Reader<'_> {
        Reader::new(&self.connection.client)
    }

    fn run(&self) -> Run<'_> {
        Run {
            tenant: self.name,
            tenant_id: &self.tenant_id,
        }
    }

    /// Tries what takes a write; the answers, and what was made.
    async fn tries(
        &self,
        known: &Collected,
        mask: &mut Mask,
    ) -> Result<(Vec<Probe>, Vec<Own>), Stopped> {
        let ground = TrialGround {
            tenant: self.name.to_owned(),
            tenant_id: self.tenant_id.clone(),
            user: known.user.clone(),
            service_principal: known.service_principal.clone(),
            root: self.connection.client.root().to_owned(),
        };
        let random = uuid::Uuid::new_v4().simple().to_string();
        let plan = write::plan(&ground, &format!("{random:.8}"));
        self.console.note(&format!(
            "Running {} trials with objects named `{PREFIX} {random:.8} ...`",
            plan.trials.objects.len()
        ));
        let (outcomes, heard) = self.carry_out(&plan.trials).await?;
        let objects = plan.trials.objects.iter().zip(outcomes);
        let made: Vec<Own> = objects
            .filter_map(|(object, (_, id))| Some((object.kind, object.name.clone(), id?)))
            .collect();
        let standing = write::standing(&plan, &heard);
        self.wait_for(&plan.trials, &standing, &made).await?;
        Ok((write::judge(&plan, &heard, mask), made))
    }

    /// Carries trials out by the one engine.
    async fn carry_out(
        &self,
        trials: &Trials,
    ) -> Result<
        (
            Vec<(ActionStatus, Option<String>)>,
            Vec<crate::apply::trial::Heard>,
        ),
        Stopped,
    > {
        let mut heard = Vec::new();
        let (report, _) = carry_out(
            &self.connection,
            self.root,
            Patience::default(),
            None,
            self.console,
            async |executor, journal, progress| {
                let (report, all) = attempt(executor, trials, journal, progress).await?;
                heard = all;
                Ok(report)
            },
        )
        .await?;
        if report.interrupted {
            self.stopped.set(true);
        }
        if let Some(error) = &report.journal_error {
            let error = visible(error, false);
            self.console
                .warn(&format!("The journal could not be written: {error}"));
        }
        Ok((report.outcomes, heard))
    }

    /// Waits until the lists show what a run made and did not delete itself: what is not shown
    /// cannot be found, and would stay.
    async fn wait_for(
        &self,
        trials: &Trials,
        standing: &[bool],
        made: &[Own],
    ) -> Result<(), Stopped> {
        let stands: Vec<&Own> = made
            .iter()
            .filter(|(_, name, _)| {
                let mut objects = trials.objects.iter().zip(standing);
                objects.any(|(object, stands)| object.name == *name && *stands)
            })
            .collect();
        self.until(|found| {
            stands
                .iter()
                .all(|(_, name, id)| found.shows(Some(id), name))
        })
        .await?;
        Ok(())
    }

    /// Looks until what is there satisfies, as long as the tenant may take to show a write.
    async fn until(&self, shows: impl Fn(&Leftovers) -> bool) -> Result<Leftovers, Stopped> {
        let most = self.connection.replication.usual;
        let began = std::time::Instant::now();
        let mut wait = Duration::from_millis(500);
        loop {
            let found = leftovers::find(&self.reader()).await?;
            if shows(&found) || began.elapsed() >= most {
                return Ok(found);
            }
            if wait == Duration::from_millis(500) {
                self.console.note(&format!(
                    "Waiting for the tenant to show what was created, {} s at most",
                    most.as_secs()
                ));
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(Duration::from_secs(8));
        }
    }

    /// Removes whatever is there of doctor's: what bears its name, what earlier runs made by
    /// their journals, and what this run made.
    async fn clean_up(&self, own: &[Own]) -> Result<Leftovers, Stopped> {
        let folder = runs_folder(self.root);
        let id = Some(self.tenant_id.as_str());
        let replication = self.connection.replication;
        let traces = trail(&folder, id, self.name, replication, false).traces;
        let mut made = own.to_vec();
        let mut maybe = Vec::new();
        for trace in traces.iter().filter(|t| t.name.starts_with(PREFIX)) {
            let known = |id: &str| made.iter().any(|(_, _, own)| own.eq_ignore_ascii_case(id));
            match (&trace.left, &trace.id) {
                (Left::Exists(_), Some(id)) if !known(id) => {
                    made.push((trace.kind, trace.name.clone(), id.clone()));
                }
                (Left::MayExist(_), _) => maybe.push(trace.name.clone()),
                _ => {}
            }
        }
        let mut found = leftovers::find(&self.reader()).await?;
        if own.is_empty() && !(made.is_empty() && maybe.is_empty()) {
            // A run that was killed: what it made may not be shown yet.
            found = self
                .until(|found| {
                    let made = made.iter();
                    made.map(|(_, name, id)| (Some(id.as_str()), name))
                        .chain(maybe.iter().map(|name| (None, name)))
                        .all(|(id, name)| found.shows(id, name))
                })
                .await?;
        }
        let removal = found.removal(&made, self.run());
        if !removal.objects.is_empty() {
            self.console.note(&format!(
                "Deleting {}",
                counted(removal.objects.len(), "object")
            ));
            let (outcomes, _) = self.carry_out(&removal).await?;
            for (object, (outcome, _)) in removal.objects.iter().zip(&outcomes) {
                if let Some(why) = outcome.message() {
                    let (name, why) = (visible(&object.name, false), visible(why, false));
                    self.console.warn(&format!("Not deleted: {name}: {why}"));
                }
            }
            found = self.until(|found| found.live.is_empty()).await?;
        }
        let purge = found.purge(self.run());
        if !purge.objects.is_empty() {
            self.carry_out(&purge).await?;
            found = leftovers::find(&self.reader()).await?;
        }
        Ok(found)
    }

    fn show(&self, report: &DoctorOutput) {
        let console = self.console;
        console.result(&match console.format {
            Format::Json => render::json::text(report),
            Format::Markdown => render::doctor::markdown(report),
            _ => render::doctor::human(report),
        });
    }

    /// What was left is told once more; for a run that was to remove it, it is no success.
    fn end(&self, left: &Leftovers, wrote: bool) -> Exit {
        if self.stopped.get() {
            self.console.warn("Stopped: not all trials were run.");
        }
        if left.live.is_empty() {
            return match self.stopped.get() {
                true => Exit::Partial,
                false => Exit::Done,
            };
        }
        let word = shell_word(self.name);
        let finding = Finding::warning(
            Code::LeftBehind,
            format!(
                "doctor left {} in the tenant",
                counted(left.live.len(), "object")
            ),
        )
        .help(format!(
            "`gatewright doctor -t {word} --clean-up` deletes them"
        ));
        self.console.warn(&render::findings::findings(&[finding]));
        match wrote {
            true => Exit::Partial,
            false => Exit::Done,
        }
    }
}
