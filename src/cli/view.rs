//! A project and its tenant, read for commands that write manifests and not the tenant.

use std::collections::BTreeMap;

use super::Common;
use super::console::Console;
use super::session::{Stopped, config, connected, earlier, runs_folder, unsettled, waits};
use super::unmanaged::orphans;
use crate::apply::journal::managed;
use crate::finding::{self, Code, Finding, Severity, did_you_mean};
use crate::graph::auth::Access;
use crate::graph::read::Reader;
use crate::import::settle::broken_rules;
use crate::manifest::config::{ConfigFile, TenantEntry};
use crate::manifest::guards::{Guard, GuardsFile};
use crate::manifest::project::{self, Desired};
use crate::model::Kind;
use crate::model::kind::same_name;
use crate::plan::backwards::{backwards, judge};
use crate::plan::build::{PlanTarget, build};
use crate::plan::guard::{Inputs, PlanPurpose, break_glass};
use crate::plan::names::{known, unnamed};
use crate::plan::strays::{renamed_live, stray_action, strays};
use crate::plan::{Action, Plan, Verb};
use crate::render::drift::{DriftReport, Stray};
use crate::tenant::audit::{AuditLog, LastChange};
use crate::tenant::break_glass as accounts;
use crate::tenant::connect::Connection;
use crate::tenant::snapshot::{Live, Snapshot};
use crate::tenant::trace::{Shown, until_shown};
use crate::tenant::wanted::{Own, Wanted};
use crate::tenant::{again, read};

/// How many objects of a kind that the project managed once are told by name.
const MOST_ORPHANS: usize = 40;

/// A project and a snapshot of its tenant.
pub struct View {
    /// The project file.
    pub file: ConfigFile,
    /// The tenant's name in it.
    pub name: String,
    /// The connection. A sandbox runs as long as it lives.
    pub connection: Connection,
    /// The manifests.
    pub desired: Desired,
    /// What is worth knowing about them and stops nothing.
    pub notices: Vec<Finding>,
    /// Rules of Graph that they break, which stop no import.
    pub broken: Vec<Finding>,
    /// Whether the manifests could be read.
    pub manifests_read: bool,
    /// The tenant.
    pub snapshot: Snapshot,
}

/// What is asked of the manifests before the tenant is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manifests {
    /// There are some, and they are right.
    Needed,
    /// They are right, if there are any.
    MayBeNone,
    /// As they are; what breaks a rule of Graph was imported so.
    Imported,
    /// Whatever they are: nothing is decided by them.
    Looked,
}

/// Reads the project and what `adjust` makes of the list of what its manifests need.
///
/// # Errors
/// See [`Stopped`].
pub async fn open(
    common: &Common,
    console: &Console,
    manifests: Manifests,
    adjust: impl FnOnce(&mut Wanted),
) -> Result<View, Stopped> {
    let file = config(common, console)?;
    let (name, tenant) = file
        .tenant(common.tenant.as_deref())
        .map_err(|f| Stopped::Findings(vec![*f]))?;
    let (mut desired, mut findings) = project::load(&file, name, tenant);
    let mut broken = Vec::new();
    if matches!(manifests, Manifests::Imported | Manifests::Looked) {
        broken = broken_rules(&mut findings);
    }
    if manifests != Manifests::Needed {
        findings.retain(|f| f.code != Code::NoManifests);
        // A folder that does not exist yet will be made.
        findings.retain(|f| f.code != Code::MissingFolder);
    }
    let mut manifests_read = true;
    if manifests == Manifests::Looked && finding::has_errors(&findings) {
        manifests_read = false;
        desired = Desired::default();
        findings.clear();
        console.note("The manifests have errors (`gatewright validate` shows them): it is not known which objects are managed.");
    }
    if finding::has_errors(&findings) {
        return Err(Stopped::Findings(findings));
    }
    let connection = connected(&file, name, tenant, Access::Read, console).await?;
    let mut wanted = Wanted::of(&desired, &file.config);
    adjust(&mut wanted);
    let reader = Reader::new(&connection.client);
    let earlier = earlier(&connection, &file.root, name, tenant);
    let own = Own::from(&desired);
    let Shown {
        mut snapshot,
        unsettled: left,
    } = until_shown(
        &reader,
        &earlier,
        &own,
        async || read::snapshot(&reader, connection.version, &wanted, own.clone()).await,
        &|missing, most| waits(console, missing, most),
    )
    .await?;
    findings.extend(unsettled(&left, &earlier, false)?);
    let target = PlanTarget {
        tenant: name,
        config: &file.config,
        version: connection.version,
        purge_deleted_users: false,
    };
    let unresolved = |f: &Finding| f.code == Code::UnresolvedReference;
    if manifests != Manifests::Looked
        && let Err(found) = build(target, &desired, &snapshot)
        && found.iter().any(unresolved)
    {
        // Names that are spelt alike, so that the findings can suggest.
        again::candidates(&reader, &mut snapshot, &wanted).await?;
    }
    findings.retain(|f| f.severity != Severity::Hint);
    Ok(View {
        name: name.to_owned(),
        connection,
        desired,
        notices: findings,
        broken,
        manifests_read,
        snapshot,
        file,
    })
}

impl View {
    /// The tenant's entry in the project file.
    ///
    /// # Errors
    /// See [`Stopped`]; none for a view that was opened.
    pub fn tenant(&self) -> Result<&TenantEntry, Stopped> {
        match self.file.tenant(Some(&self.name)) {
            Ok((_, tenant)) => Ok(tenant),
            Err(finding) => Err(Stopped::Findings(vec![*finding])),
        }
    }

    /// The plan for `desired`, which may be other manifests than those of the project.
    ///
    /// # Errors
    /// Findings, when one of them is an error.
    pub fn plan(&self, desired: &Desired) -> Result<Plan, Vec<Finding>> {
        let target = PlanTarget {
            tenant: &self.name,
            config: &self.file.config,
            version: self.connection.version,
            purge_deleted_users: false,
        };
        build(target, desired, &self.snapshot)
    }

    /// What differs in the tenant, judged: what was done to protection, and what the guards
    /// find in it. With `names`, of these objects alone; where they are to be adopted (`adopts`),
    /// an object that no manifest describes and the scope does not cover counts as well.
    ///
    /// # Errors
    /// See [`Stopped`]; a name that nothing bears is one.
    pub async fn judged_drift(
        &mut self,
        allow: &[Guard],
        names: &[String],
        adopts: bool,
    ) -> Result<JudgedDrift, Stopped> {
        let mut plan = self.with_renames()?;
        let mut strays = strays(&plan, &self.snapshot);
        // Nothing else of drift names them.
        let (mut told, mut by_name) =
            orphans(&runs_folder(&self.file.root), &plan, &strays, MOST_ORPHANS);
        if !names.is_empty() {
            limit(&mut plan, &mut strays, names)?;
            told.clear();
            by_name.clear();
            if adopts {
                plan.actions.extend(strays.drain(..).map(stray_action));
            }
        }
        plan.names.extend(known(&plan, &self.snapshot));
        plan.notices.extend(self.notices.iter().cloned());
        finding::tidy(&mut plan.notices);
        let (ids, apps) = unnamed(&plan);
        let reader = Reader::new(&self.connection.client);
        plan.names.extend(again::names(&reader, &ids, &apps).await?);
        self.judge(&mut plan, allow).await?;
        let scope = self.file.config.scope.clone().unwrap_or_default();
        let mut strays: Vec<Stray> = strays
            .into_iter()
            .map(|live| {
                let kind = live.kind;
                let looked_after = !names.is_empty() || !scope.rule(kind).is_declared();
                let listed = kind == Kind::ConditionalAccessPolicy || looked_after;
                Stray {
                    told: by_name.contains(&live.id),
                    ..Stray::of(live, listed)
                }
            })
            .collect();
        let asked = (plan.actions.iter())
            .map(|action| (action.kind, action.id.as_deref()))
            .chain(
                strays
                    .iter()
                    .filter(|s| s.listed)
                    .map(|s| (s.kind, Some(s.id.as_str()))),
            );
        let asked: Vec<(Kind, Option<&str>)> = asked.collect();
        let (log, untold) = AuditLog::read(&reader, &asked).await;
        let changes = (plan.actions.iter())
            .filter_map(|action| {
                let (kind, name) = (action.kind, action.name.clone());
                let live = action.live.as_ref();
                let last = log.last(kind, action.id.as_deref(), &name).cloned();
                let last = last.or_else(|| LastChange::of(&live?.raw))?;
                Some(((kind, name), last))
            })
            .collect();
        for stray in &mut strays {
            let last = log.last(stray.kind, Some(&stray.id), &stray.name);
            stray.change = last.cloned().or(stray.change.take());
        }
        plan.notices.extend(told);
        plan.notices.extend(untold);
        finding::tidy(&mut plan.notices);
        Ok(JudgedDrift {
            plan,
            strays,
            changes,
            names: names.to_vec(),
        })
    }

    /// Judges what was done to the tenant, which `plan` would undo.
    ///
    /// # Errors
    /// See [`Stopped`].
    pub async fn judge(&self, plan: &mut Plan, allow: &[Guard]) -> Result<(), Stopped> {
        let guards =
            GuardsFile::load(&self.file, &self.name, self.tenant()?).map_err(Stopped::Findings)?;
        let reader = Reader::new(&self.connection.client);
        let accounts = match &guards.guards.break_glass {
            Some(declared) => {
                let ask = break_glass::ask(declared, &backwards(plan));
                Some(accounts::read(&reader, &ask).await?)
            }
            None => None,
        };
        let environment = self.file.config.environment(self.tenant()?);
        let inputs = Inputs {
            environment: &environment,
            purpose: PlanPurpose::Drift,
            snapshot: &self.snapshot,
            desired: None,
            guards: &guards,
            accounts: accounts.as_ref(),
            allow,
        };
        judge(plan, inputs);
        Ok(())
    }

    /// The plan for the project. What was renamed in the tenant is taken for what it is: its
    /// manifest is about it.
    fn with_renames(&mut self) -> Result<Plan, Stopped> {
        let plan = self.plan(&self.desired).map_err(Stopped::Findings)?;
        let creates = |action: &Action| action.verb == Verb::Create;
        if !plan.actions.iter().any(creates) {
            return Ok(plan);
        }
        let runs = runs_folder(&self.file.root);
        let managed = managed(&runs, (&self.name, &self.snapshot.organization.id));
        let known = |kind: Kind, id: &str| {
            let known = managed.get(&(kind, id.to_lowercase()))?;
            Some(known.name.clone())
        };
        let renames = renamed_live(&plan, &self.snapshot, &known);
        if renames.is_empty() {
            return Ok(plan);
        }
        for renamed in renames {
            let mut manifests = self.desired.manifests.iter_mut();
            let own = manifests.find(|manifest| {
                manifest.kind() == renamed.kind && manifest.name() == renamed.manifest
            });
            if let Some(manifest) = own {
                manifest.renamed_from.push(renamed.live);
            }
        }
        self.plan(&self.desired).map_err(Stopped::Findings)
    }
}

/// Drift, judged, and what is told of it.
#[derive(Debug)]
pub struct JudgedDrift {
    /// The plan that would undo it.
    pub plan: Plan,
    /// Live objects without a manifest and outside of the scope.
    pub strays: Vec<Stray>,
    /// The last change of each object that differs.
    pub changes: BTreeMap<(Kind, String), LastChange>,
    /// The names that it is limited to; none: all.
    pub names: Vec<String>,
}

impl JudgedDrift {
    /// What is shown of it.
    pub fn report(&self) -> DriftReport<'_> {
        DriftReport {
            plan: &self.plan,
            strays: &self.strays,
            changes: &self.changes,
            names: &self.names,
            asks: false,
        }
    }
}

/// Leaves what has one of these names, or ids, alone.
fn limit(plan: &mut Plan, strays: &mut Vec<&Live>, names: &[String]) -> Result<(), Stopped> {
    let means = |wanted: &str, kind: Kind, name: &str, id: Option<&str>| {
        same_name(kind, name, wanted) || id.is_some_and(|id| id.eq_ignore_ascii_case(wanted))
    };
    let of_action = |wanted: &str, action: &Action| {
        let live = action.live.as_ref().map_or("", |live| live.name());
        let id = action.id.as_deref();
        means(wanted, action.kind, &action.name, id) || means(wanted, action.kind, live, None)
    };
    let of_live = |wanted: &str, live: &Live| means(wanted, live.kind, live.name(), Some(&live.id));
    let mut missing = Vec::new();
    for wanted in names {
        let drifted = plan.actions.iter().any(|action| of_action(wanted, action));
        let mut same = plan.unchanged.iter();
        let same = same.any(|u| means(wanted, u.kind, &u.name, Some(&u.id)));
        let found = strays.iter().any(|live| of_live(wanted, live));
        if !found && !drifted && !same {
            let candidates = (plan.actions.iter().map(|a| a.name.as_str()))
                .chain(plan.unchanged.iter().map(|u| u.name.as_str()))
                .chain(strays.iter().map(|live| live.name()));
            let help = did_you_mean(wanted, candidates).map_or_else(
                || {
                    "`gatewright drift` lists what differs, `gatewright list` what exists"
                        .to_owned()
                },
                |meant| format!("did you mean `{meant}`?"),
            );
            let message = format!("neither the project nor the tenant has a `{wanted}`");
            missing.push(Finding::error(Code::MissingObject, message).help(help));
        }
    }
    if !missing.is_empty() {
        return Err(Stopped::Findings(missing));
    }
    strays.retain(|live| names.iter().any(|wanted| of_live(wanted, live)));
    plan.unmanaged.clear();
    let named = |action: &Action| names.iter().any(|wanted| of_action(wanted, action));
    plan.actions.retain(named);
    plan.unchanged.retain(|u| {
        let mut names = names.iter();
        names.any(|wanted| means(wanted, u.kind, &u.name, Some(&u.id)))
    });
    Ok(())
}
