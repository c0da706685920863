//! Saved plans: what `plan --out` writes and `apply PLAN` reads back and checks.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use anyhow::Context;

use super::console::Console;
use super::session::{
    Asking, Session, Stopped, ask_guards, config, connected, earlier, lock, runs_folder, unsettled,
    waits,
};
use super::{Common, Exit};
use crate::apply::journal::{self, now};
use crate::disk::{self, Lock};
use crate::finding::source::SourceFile;
use crate::finding::{self, Code, Finding};
use crate::graph::auth::Access;
use crate::graph::endpoint;
use crate::graph::read::Reader;
use crate::manifest::config::{ConfigFile, Scope, TenantEntry};
use crate::manifest::guards::{Guard, GuardsFile, path as guards_path};
use crate::manifest::project;
use crate::model::Kind;
use crate::model::cloud::ApiVersion;
use crate::plan::Plan;
use crate::plan::compare::pair;
use crate::plan::file::ground::Ground;
use crate::plan::file::read::{self as plan_file, Loaded};
use crate::plan::file::{
    Origin, SavedConsent, SavedGuard, SavedPlan, Sources, UndoneRun, digest_of_text,
};
use crate::plan::guard::{AllowedBy, GuardFinding, PlanPurpose};
use crate::tenant::connect::Connection;
use crate::tenant::read;
use crate::tenant::snapshot::{Live, Organization};
use crate::tenant::trace::{Shown, binned, until_shown};
use crate::tenant::wanted::Wanted;
use crate::text::{shell_word, visible};

/// What stands for the Graph host of the embedded tenant.
const SANDBOX: &str = "sandbox";

/// Refuses to write over what is no saved plan, before the tenant is asked for anything.
///
/// # Errors
/// A finding that names the file.
pub fn check_target(path: &Path) -> Result<(), Stopped> {
    if plan_file::may_be_replaced(path) {
        return Ok(());
    }
    let name = path.display();
    Err(Stopped::Findings(vec![
        Finding::error(
            Code::PlanFile,
            format!("`{name}` exists and is not a saved plan, so it is not overwritten"),
        )
        .help("name another file, or delete this one"),
    ]))
}

/// Writes the plan of a session into a file: whole, or not at all.
///
/// # Errors
/// When the file cannot be written.
pub fn write(session: &Session, path: &Path) -> Result<SavedPlan, Stopped> {
    let Session {
        plan,
        file,
        desired,
        snapshot,
        guards,
        ..
    } = session;
    let planned = session.planned();
    let scope = match &plan.limit {
        // What is new in the project's scope is no matter of a part.
        Some(_) => Scope::default(),
        None => file.config.scope.clone().unwrap_or_default(),
    };
    let wanted = Wanted::of(desired, &file.config);
    let documents = desired.files().map(|file| &**file);
    let ground = Ground::of(plan, (desired, planned), wanted, scope, snapshot);
    let version = session.connection.version;
    let basis = (version, ground, None);
    write_plan(plan, file, documents, guards, basis, path)
}

/// Writes a plan that was made from these documents into a file: whole, or not at all.
///
/// # Errors
/// When the file cannot be written.
pub fn write_plan<'a>(
    plan: &Plan,
    file: &'a ConfigFile,
    documents: impl Iterator<Item = &'a SourceFile>,
    guards: &'a GuardsFile,
    (api_version, ground, undoes): (ApiVersion, Ground, Option<UndoneRun>),
    path: &Path,
) -> Result<SavedPlan, Stopped> {
    let tenant = file.config.tenants.get(&plan.tenant);
    let judged = guards.document.as_ref().map(|document| &*document.file);
    let mut sources = Sources::of(documents.chain(file.sources(&plan.tenant)).chain(judged));
    sources.guards = judged.map(|file| file.name.clone());
    let origin = Origin {
        created_at: now(),
        graph_endpoint: tenant.map_or_else(String::new, graph_endpoint),
        api_version,
        sources,
        undoes,
        ground,
    };
    let saved = SavedPlan::of(plan, origin);
    disk::put(path, saved.text().as_bytes(), disk::Put::Over)
        .with_context(|| format!("cannot write the plan to `{}`", path.display()))?;
    Ok(saved)
}

/// Tells where a plan was saved, and how it is carried out.
pub fn tell(plan: &Plan, saved: &SavedPlan, path: &Path, common: &Common, console: &Console) {
    let path = visible(&path.display().to_string(), false);
    let project = match common.chdir == Path::new(".") {
        true => String::new(),
        false => {
            let folder = visible(&common.chdir.display().to_string(), false);
            format!(" -C {}", shell_word(&folder))
        }
    };
    // What was let through here counts for the file of this digest alone.
    let digest = match plan.allowed_by_flag().is_empty() {
        true => String::new(),
        false => format!(" --digest {}", saved.digest),
    };
    let next = match plan.is_refused() {
        true => {
            let again = match &saved.undoes {
                Some(undone) => format!("`gatewright rollback {}`", visible(&undone.run, false)),
                None => "`gatewright plan`".to_owned(),
            };
            format!(
                "apply refuses it as it is: fix what the guard found, or run {again} again with `--allow GUARD_ID` if it is intended"
            )
        }
        false => format!(
            "To apply it: gatewright{project} apply {}{digest}",
            shell_word(&path)
        ),
    };
    console.note(&format!(
        "Saved the plan to {path}, digest {}\n{next}",
        saved.digest
    ));
}

/// The Graph that an entry of `gatewright.yaml` is about.
fn graph_endpoint(tenant: &TenantEntry) -> String {
    match &tenant.sandbox {
        Some(_) => SANDBOX.to_owned(),
        None => match endpoint::parse(tenant.graph_endpoint()) {
            Ok(url) => url.origin().ascii_serialization(),
            Err(_) => tenant.graph_endpoint().to_owned(),
        },
    }
}

/// A double of Graph on this machine may have another port each time.
fn same_endpoint(one: &str, other: &str) -> bool {
    let local = |text: &str| endpoint::parse(text).is_ok_and(|url| endpoint::is_loopback(&url));
    one == other || local(one) && local(other)
}

/// A saved plan that may be carried out now, and the connection to its tenant.
pub struct SavedSession {
    /// The project's folder.
    pub root: PathBuf,
    /// The connection.
    pub connection: Connection,
    /// The plan, with the live objects that it is about.
    pub plan: Plan,
    /// The run that it undoes.
    pub undoes: Option<UndoneRun>,
    _lock: Lock,
}

/// Reads a saved plan and connects to its tenant; checks that it is the plan and the tenant
/// that are meant, and that nothing has moved since.
///
/// # Errors
/// See [`Stopped`]; a stale plan ends with [`Exit::Stale`].
pub async fn open(
    path: &Path,
    digest: Option<&str>,
    allow: &[Guard],
    assume_not_made: bool,
    common: &Common,
    console: &Console,
) -> Result<SavedSession, Stopped> {
    let loaded = plan_file::file(path).map_err(|f| Stopped::Findings(vec![*f]))?;
    let refuse = |finding: Finding| Stopped::Findings(vec![finding]);
    check_digest(&loaded, digest)?;
    check_guards(&loaded)?;
    let file = config(common, console)?;
    let saved = &loaded.saved;
    if let Some(named) = common.tenant.as_deref().filter(|n| *n != saved.tenant.name) {
        let message = format!(
            "the plan is for the tenant `{}`, and `-t` names `{named}`",
            saved.tenant.name
        );
        let finding = loaded.finding("tenant", message);
        return Err(refuse(
            finding.help("leave out `-t`, or make a plan for that tenant"),
        ));
    }
    let (name, tenant) = file
        .tenant(Some(&saved.tenant.name))
        .map_err(|f| Stopped::Findings(vec![*f]))?;
    check_endpoint(&loaded, tenant)?;
    let lock = lock(&file.root, name)?;
    let mut connection = connected(&file, name, tenant, Access::Write, console).await?;
    connection.version = saved.api_version;
    let reader = Reader::new(&connection.client);
    let Ground { wanted, own, .. } = &saved.ground;
    let earlier = earlier(&connection, &file.root, name, tenant);
    let Shown {
        snapshot,
        unsettled: left,
    } = until_shown(
        &reader,
        &earlier,
        own,
        async || read::snapshot(&reader, saved.api_version, wanted, own.clone()).await,
        &|missing, most| waits(console, missing, most),
    )
    .await?;
    if !assume_not_made {
        unsettled(&left, &earlier, true)?;
    }
    if finding::has_errors(&snapshot.findings) {
        return Err(Stopped::Findings(snapshot.findings));
    }
    check_organization(&loaded, name, &snapshot.organization)?;
    let mut moved = loaded.moved(&snapshot);
    if let Some(undone) = &saved.undoes {
        let again = format!(
            "make a new plan with `gatewright rollback {} --out FILE`, and review it",
            undone.run
        );
        for finding in &mut moved {
            finding.help = Some(again.clone());
        }
    }
    if !moved.is_empty() {
        tell_earlier_run(saved, &file.root, console);
        return Err(Stopped::Refused(moved, Exit::Stale));
    }
    let guards = GuardsFile::load(&file, name, tenant).map_err(Stopped::Findings)?;
    if let (Some(name), None) = (&loaded.saved.sources.guards, guards_path(&file)) {
        let message =
            format!("the plan was made with the guards file `{name}`, which is missing here");
        let finding = loaded.finding("sources", message);
        return Err(refuse(finding.help(
            "put it beside gatewright.yaml, or make a new plan without it",
        )));
    }
    tell_changed_files(&loaded, &file, console);
    let mut plan = loaded.plan;
    restorable(&plan, &reader).await?;
    plan_file::bind(&mut plan, &snapshot).map_err(|f| Stopped::Findings(vec![*f]))?;
    // What the guards found when the plan was made is not trusted: who may sign in after a
    // lockout can have changed since, and a file can be written by hand.
    // Nor is what the file says somebody agreed to, unless it is the very file that was
    // reviewed.
    plan.guards = reviewed(&loaded.saved.guards);
    if digest.is_none() {
        tell_agreed(&plan.guards, console);
        for verdict in &mut plan.guards {
            verdict.allowed = None;
        }
    }
    ask_guards(
        &mut plan,
        &reader,
        &snapshot,
        None,
        &guards,
        Asking {
            purpose: PlanPurpose::Saved,
            allow,
            environment: file.config.environment(tenant),
        },
    )
    .await?;
    Ok(SavedSession {
        root: file.root,
        connection,
        plan,
        undoes: loaded.saved.undoes,
        _lock: lock,
    })
}

/// Refuses a plan that was made for another Graph.
///
/// # Errors
/// A finding that names both.
pub fn check_endpoint(loaded: &plan_file::Loaded, tenant: &TenantEntry) -> Result<(), Stopped> {
    let endpoint = graph_endpoint(tenant);
    let saved = &loaded.saved.tenant.graph_endpoint;
    if same_endpoint(&endpoint, saved) {
        return Ok(());
    }
    let message =
        format!("the plan was made for the Graph `{saved}`, and gatewright.yaml says `{endpoint}`");
    Err(Stopped::Findings(vec![loaded.finding("tenant", message)]))
}

/// Refuses a plan that was made for another tenant than the one that was read.
///
/// # Errors
/// A finding that names both.
pub fn check_organization(
    loaded: &plan_file::Loaded,
    name: &str,
    found: &Organization,
) -> Result<(), Stopped> {
    let saved = &loaded.saved.tenant.id;
    if found.id.eq_ignore_ascii_case(saved) {
        return Ok(());
    }
    let message = format!(
        "the plan is for the tenant `{saved}`, and `{name}` is the tenant `{}`",
        found.id
    );
    let finding = loaded.finding("tenant", message);
    Err(Stopped::Findings(vec![finding.help(
        "make a plan for this tenant, or correct its entry in gatewright.yaml",
    )]))
}

/// What the plan restores lies in the recycle bin, and is what the plan shows. A test user was
/// looked at with the rest.
async fn restorable(plan: &Plan, reader: &Reader<'_>) -> Result<(), Stopped> {
    let mut moved = Vec::new();
    for action in plan
        .actions
        .iter()
        .filter(|a| a.restore && a.kind != Kind::TestUser)
    {
        let id = action.id.as_deref().unwrap_or_default();
        let raw = binned(reader, action.kind, id).await?;
        let there = raw.and_then(|raw| Live::read(action.kind, raw).ok());
        let same = there.is_some_and(|live| match (&action.desired, action.kind) {
            (Some(desired), Kind::ConditionalAccessPolicy) => {
                let pair = pair(desired, &live.object, &[]);
                pair.desired.normal_form() == pair.live.normal_form()
            }
            _ => live.name() == action.name,
        });
        if !same {
            let message = format!(
                "the {} `{}` ({id}) is not in the recycle bin as the plan shows it",
                action.kind.words(),
                action.name
            );
            moved.push(
                Finding::error(Code::StalePlan, message).help(
                    "make a new plan with `gatewright rollback RUN --out FILE`, and review it",
                ),
            );
        }
    }
    match moved.is_empty() {
        true => Ok(()),
        false => Err(Stopped::Refused(moved, Exit::Stale)),
    }
}

/// What the guards found when the plan was made, and what somebody agreed to then.
pub(super) fn reviewed(guards: &[SavedGuard]) -> Vec<GuardFinding> {
    let verdict = |saved: &SavedGuard| {
        Some(GuardFinding {
            guard: Guard::parse(&saved.id)?,
            finding: Finding {
                severity: saved.severity,
                ..Finding::error(Code::Guard, saved.message.as_str())
            },
            allowed: (saved.allowed_by.filter(|_| saved.allowed)).map(|by| match by {
                SavedConsent::Flag => AllowedBy::Flag,
                SavedConsent::File => AllowedBy::File,
            }),
            object: None,
        })
    };
    guards.iter().filter_map(verdict).collect()
}

/// What somebody let through when the plan was made has to be let through again.
fn tell_agreed(agreed: &[GuardFinding], console: &Console) {
    let mut flags: Vec<String> = agreed
        .iter()
        .filter(|verdict| verdict.allowed == Some(AllowedBy::Flag))
        .map(|verdict| format!("`--allow {}`", verdict.guard.as_str()))
        .collect();
    flags.sort();
    flags.dedup();
    if !flags.is_empty() {
        console.note(&format!(
            "Note: the plan was made with {}; that only counts for the file whose digest is given (`--digest`); otherwise repeat the flags\n",
            flags.join(", ")
        ));
    }
}

/// A pipeline that was started twice: what moved is then what the plan itself did.
fn tell_earlier_run(saved: &SavedPlan, root: &Path, console: &Console) {
    let runs = journal::list(&runs_folder(root));
    let earlier = runs
        .iter()
        .rfind(|run| run.plan.as_ref() == Some(&saved.digest));
    if let Some(run) = earlier {
        console.note(&format!(
            "Note: this plan was already applied, by run {} ({})\n",
            run.run,
            run.state()
        ));
    }
}

/// The digest that was reviewed is the digest that is carried out.
fn check_digest(loaded: &Loaded, digest: Option<&str>) -> Result<(), Stopped> {
    let own = loaded.saved.digest.as_str();
    let Some(wanted) = digest.map(str::trim) else {
        return Ok(());
    };
    let bare = wanted.strip_prefix("sha256:").unwrap_or(wanted);
    if bare.eq_ignore_ascii_case(own) {
        return Ok(());
    }
    let message = format!("the plan has the digest `{own}`, and `--digest` names `{bare}`");
    let finding = loaded.finding("digest", message);
    Err(Stopped::Findings(vec![finding.help(
        "this is not the plan that was reviewed: apply that one, or review this one (`gatewright show`)",
    )]))
}

/// What a guard refused is not carried out by way of a file.
fn check_guards(loaded: &Loaded) -> Result<(), Stopped> {
    let refused: Vec<Finding> = loaded
        .saved
        .refused()
        .map(|guard| {
            let message = format!(
                "the guard `{}` refused the plan: {}",
                guard.id, guard.message
            );
            loaded
                .finding("guards", message)
                .help("fix what the guard found, and make a new plan")
        })
        .collect();
    match refused.is_empty() {
        true => Ok(()),
        false => Err(Stopped::Refused(refused, Exit::Refused)),
    }
}

/// Files of the project that are not as they were when the plan was made. The plan is carried
/// out as it was reviewed; it is worth a note.
fn tell_changed_files(loaded: &Loaded, file: &ConfigFile, console: &Console) {
    let files = &loaded.saved.sources.files;
    let (mut changed, mut gone) = (BTreeSet::new(), BTreeSet::new());
    for (name, hash) in files {
        let path = Path::new(name);
        // The names come from the file: nothing outside the project is looked at.
        if !path.components().all(|c| matches!(c, Component::Normal(_))) {
            continue;
        }
        match SourceFile::read(&file.root, name, &file.root.join(path)) {
            Ok(source) if digest_of_text(&source.text) == *hash => {}
            Ok(_) => {
                changed.insert(format!("{name} (changed)"));
            }
            Err(_) => {
                gone.insert(format!("{name} (missing)"));
            }
        }
    }
    // A pipeline may have gatewright.yaml, the guards file and the plan alone.
    let settings = 1 + usize::from(loaded.saved.sources.guards.is_some());
    if gone.len() + settings < files.len() {
        changed.extend(gone);
        if let Ok((name, tenant)) = file.tenant(Some(&loaded.saved.tenant.name)) {
            let (desired, _) = project::load(file, name, tenant);
            let now = desired.files().map(|file| &file.name);
            let new = now.filter(|name| !files.contains_key(*name));
            changed.extend(new.map(|name| format!("{name} (new)")));
        }
    }
    if !changed.is_empty() {
        let list: Vec<String> = changed.iter().map(|text| visible(text, false)).collect();
        console.note(&format!(
            "Note: files of the project have changed since the plan was made; the plan is applied as it was saved: {}",
            list.join(", ")
        ));
    }
}
