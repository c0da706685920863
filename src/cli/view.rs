//! A project and its tenant, read for commands that write manifests and not the tenant.

use super::Common;
use super::console::Console;
use super::session::{Stopped, config, connected, earlier, unsettled, waits};
use crate::finding::{self, Code, Finding, Severity};
use crate::graph::auth::Access;
use crate::graph::read::Reader;
use crate::import::settle::broken_rules;
use crate::manifest::config::{ConfigFile, TenantEntry};
use crate::manifest::guards::{Guard, GuardsFile};
use crate::manifest::project::{self, Desired};
use crate::plan::Plan;
use crate::plan::backwards::{backwards, judge};
use crate::plan::build::{PlanTarget, build};
use crate::plan::guard::{Inputs, PlanPurpose, break_glass};
use crate::plan::names::unnamed;
use crate::tenant::break_glass as accounts;
use crate::tenant::connect::Connection;
use crate::tenant::snapshot::Snapshot;
use crate::tenant::trace::{Shown, until_shown};
use crate::tenant::wanted::{Own, Wanted};
use crate::tenant::{again, read};

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
    let (desired, mut findings) = project::load(&file, name, tenant);
    let mut broken = Vec::new();
    if manifests == Manifests::Imported {
        broken = broken_rules(&mut findings);
    }
    if manifests != Manifests::Needed {
        findings.retain(|f| f.code != Code::NoManifests);
        // A folder that does not exist yet will be made.
        findings.retain(|f| f.code != Code::MissingFolder);
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
    if let Err(found) = build(target, &desired, &snapshot)
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
    /// find in it.
    ///
    /// # Errors
    /// See [`Stopped`].
    pub async fn judged_drift(&self, allow: &[Guard]) -> Result<Plan, Stopped> {
        let guards =
            GuardsFile::load(&self.file, &self.name, self.tenant()?).map_err(Stopped::Findings)?;
        let mut plan = self.named_plan().await?;
        let reader = Reader::new(&self.connection.client);
        let accounts = match &guards.guards.break_glass {
            Some(declared) => {
                let ask = break_glass::ask(declared, &backwards(&plan));
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
        judge(&mut plan, inputs);
        Ok(plan)
    }

    /// The plan for the project, with the names of all ids that it shows.
    ///
    /// # Errors
    /// See [`Stopped`].
    pub async fn named_plan(&self) -> Result<Plan, Stopped> {
        let mut plan = self.plan(&self.desired).map_err(Stopped::Findings)?;
        plan.notices.extend(self.notices.iter().cloned());
        finding::tidy(&mut plan.notices);
        let (ids, apps) = unnamed(&plan);
        let reader = Reader::new(&self.connection.client);
        plan.names.extend(again::names(&reader, &ids, &apps).await?);
        Ok(plan)
    }
}
