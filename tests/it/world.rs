//! A tenant in memory and the tool around it, in one process over real loopback HTTP.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use gatewright::apply::journal::{self, Head, InFile, InMemory, Journal, RunRecord};
use gatewright::apply::rollback;
use gatewright::apply::{ActionStatus, Executor, Patience, Progress, RunReport, Stop, execute};
use gatewright::finding::source::SourceFile;
use gatewright::finding::{Finding, has_errors};
use gatewright::graph::client::{Client, Pace};
use gatewright::graph::read::Reader;
use gatewright::graph::token::Token;
use gatewright::graph::write::Writer;
use gatewright::manifest::config::{Config, Scope, TenantEntry};
use gatewright::manifest::guards::{Guard, GuardsFile};
use gatewright::manifest::project::{self, Desired};
use gatewright::manifest::yaml;
use gatewright::model::cloud::ApiVersion;
use gatewright::plan::build::{PlanTarget, build};
use gatewright::plan::names::unnamed;
use gatewright::plan::{Plan, guard};
use gatewright::sandbox::{self, NestedPatch, Running, StoreKind};
use gatewright::tenant::replication::Replication;
use gatewright::tenant::trace::{Trace, Trail, until_shown};
use gatewright::tenant::wanted::{Own, Wanted};
use gatewright::tenant::{again, break_glass, read};
use serde_json::Value;
use tokio::sync::watch;

/// A tenant in memory, a client, and the project's settings.
pub struct World {
    pub sandbox: Running,
    pub client: Client,
    /// Another client on the same tenant, which asks whatever it likes.
    pub hand: Client,
    pub config: Config,
    pub version: ApiVersion,
    pub purge_deleted_users: bool,
    pub patience: Patience,
    /// What earlier runs left, as the command line knows it from its journals.
    pub traces: RefCell<Vec<Trace>>,
}

pub struct Silent;

impl Progress for Silent {
    fn begins(&mut self, _: &[&Head]) {}
    fn ends(&mut self, _: &Head, _: &ActionStatus) {}
    fn waits(&mut self, _: &str, _: Duration) {}
    fn verifies(&mut self) {}
}

/// As long as it takes, without the pauses.
pub fn patience() -> Patience {
    Patience {
        pause: Duration::from_millis(1),
        lag: Duration::from_millis(1),
        replication: Replication::always(Duration::ZERO),
        ..Patience::default()
    }
}

/// Runs a future on a runtime of its own.
pub fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

/// The desired state of a text of YAML documents; its findings must hold no error.
pub fn desired(text: &str) -> Desired {
    let (desired, findings) = parse(text);
    assert!(!has_errors(&findings), "{findings:#?}\n{text}");
    desired
}

/// The desired state of a text, and what is wrong with it.
pub fn parse(text: &str) -> (Desired, Vec<Finding>) {
    let mut findings = Vec::new();
    let file = SourceFile::new("world.yaml", "world.yaml", text.to_owned());
    let manifests = yaml::parse(&file, &mut findings)
        .into_iter()
        .filter_map(|document| {
            project::read(document, "world", &TenantEntry::default(), &mut findings)
        })
        .collect();
    (
        Desired {
            manifests,
            ..Desired::default()
        },
        findings,
    )
}

impl World {
    pub async fn new() -> World {
        World::with(NestedPatch::Merge).await
    }

    pub async fn with(nested_patch: NestedPatch) -> World {
        World::start(nested_patch, Pace::Unlimited).await
    }

    pub async fn start(nested_patch: NestedPatch, pace: Pace) -> World {
        let sandbox = sandbox::start(sandbox::Options {
            store: StoreKind::Memory,
            nested_patch,
            ..sandbox::Options::default()
        })
        .await
        .unwrap();
        let client = |pace| Client::new(&sandbox.url(), &Token::new("t"), pace).unwrap();
        let hand = client(Pace::Unlimited).with_unlisted();
        let client = client(pace).with_first_wait(match pace {
            Pace::Documented => Duration::from_secs(1),
            Pace::Unlimited => Duration::from_millis(1),
        });
        World {
            sandbox,
            client,
            hand,
            config: Config {
                lint: Default::default(),
                version: 1,
                manifests: vec!["policies".to_owned()],
                tenants: BTreeMap::new(),
                tenant_files: Vec::new(),
                defaults: Default::default(),
                scope: None,
                guards: None,
                environment: None,
                impact: None,
                claims: Default::default(),
            },
            version: ApiVersion::Auto,
            purge_deleted_users: false,
            patience: patience(),
            traces: RefCell::default(),
        }
    }

    pub fn scope(&mut self, scope: Value) {
        use serde::Deserialize;
        self.config.scope = Some(Scope::deserialize(&scope).unwrap());
    }

    fn trail(&self) -> Trail {
        Trail {
            traces: self.traces.borrow().clone(),
            replication: self.patience.replication,
        }
    }

    pub async fn try_plan(&self, desired: &Desired) -> Result<Plan, Vec<Finding>> {
        let reader = Reader::new(&self.client);
        let wanted = Wanted::of(desired, &self.config);
        let (trail, own) = (self.trail(), Own::from(desired));
        let read = async || read::snapshot(&reader, self.version, &wanted, own.clone()).await;
        let shown = until_shown(&reader, &trail, &own, read, &|_, _| {}).await;
        let snapshot = shown.unwrap().snapshot;
        let target = PlanTarget {
            tenant: "world",
            config: &self.config,
            version: self.version,
            purge_deleted_users: self.purge_deleted_users,
        };
        let mut plan = build(target, desired, &snapshot)?;
        let (ids, apps) = unnamed(&plan);
        plan.names
            .extend(again::names(&reader, &ids, &apps).await.unwrap());
        Ok(plan)
    }

    /// A plan that the guards were asked about, with the text of a guards file.
    pub async fn guarded(&self, desired: &Desired, guards: &str, allow: &[Guard]) -> Plan {
        let file = SourceFile::new("guards.yaml", "guards.yaml", guards.to_owned());
        let guards = GuardsFile::parse(&file, "world", &TenantEntry::default()).unwrap();
        let mut plan = self.plan(desired).await;
        let reader = Reader::new(&self.client);
        let wanted = Wanted::of(desired, &self.config);
        let snapshot = read::snapshot(&reader, self.version, &wanted, desired)
            .await
            .unwrap();
        let accounts = match &guards.guards.break_glass {
            Some(declared) => {
                let ask = guard::break_glass::ask(declared, &plan);
                Some(break_glass::read(&reader, &ask).await.unwrap())
            }
            None => None,
        };
        let environment = gatewright::whatif::Environment::default();
        let inputs = guard::Inputs {
            environment: &environment,
            purpose: guard::PlanPurpose::Converge,
            snapshot: &snapshot,
            desired: Some(desired),
            guards: &guards,
            accounts: accounts.as_ref(),
            allow,
        };
        guard::check(&mut plan, inputs);
        plan
    }

    pub async fn plan(&self, desired: &Desired) -> Plan {
        match self.try_plan(desired).await {
            Ok(plan) => plan,
            Err(findings) => panic!("{findings:#?}"),
        }
    }

    pub async fn execute(&self, plan: &Plan) -> RunReport {
        self.execute_with(plan, &mut InMemory::default()).await
    }

    /// Applies with a journal on disk, and gives what it tells.
    pub async fn apply_recorded(&self, desired: &Desired) -> RunRecord {
        let plan = self.plan(desired).await;
        self.execute_recorded(&plan).await
    }

    pub async fn execute_recorded(&self, plan: &Plan) -> RunRecord {
        let folder = tempfile::tempdir().unwrap();
        let mut file = InFile::create(folder.path()).unwrap();
        let report = self.execute_with(plan, &mut file).await;
        assert!(report.is_complete(), "{report:#?}");
        journal::list(folder.path()).remove(0)
    }

    /// The plan back to before a run.
    pub async fn plan_back(&self, run: &RunRecord) -> Plan {
        let reader = Reader::new(&self.client);
        let trail = self.trail();
        let prepared = rollback::prepare(&reader, self.version, run, &trail, &|_, _| {}).await;
        prepared.unwrap().0
    }

    pub async fn execute_with(&self, plan: &Plan, journal: &mut dyn Journal) -> RunReport {
        let (_keep, stop) = watch::channel(Stop::No);
        let executor = Executor {
            reader: Reader::new(&self.client),
            writer: Writer::new(&self.client),
            version: self.version,
            patience: self.patience,
            stop,
        };
        execute(&executor, plan, "apply", journal, &mut Silent)
            .await
            .unwrap()
    }

    /// Plans and applies; everything must be done and seen.
    pub async fn apply(&self, desired: &Desired) -> Plan {
        let plan = self.plan(desired).await;
        let report = self.execute(&plan).await;
        assert!(
            report.is_complete(),
            "{report:#?}\n{}",
            gatewright::render::plan::human(&plan, Default::default())
        );
        plan
    }

    /// The live object of a name, as v1.0 (or beta) answers it.
    pub async fn live(&self, path: &str) -> Value {
        use gatewright::graph::Request;
        use gatewright::model::facts::Edition;
        self.hand
            .send(&Request::get(Edition::Beta, path))
            .await
            .unwrap()
    }
}

/// What an action is, for comparisons: verb, kind, name, changed properties.
pub fn outline(plan: &Plan) -> Vec<String> {
    plan.actions
        .iter()
        .map(|a| {
            let mut line = format!("{} {} {}", a.verb.as_str(), a.kind, a.name);
            if !a.changes.is_empty() {
                line.push_str(&format!(": {}", a.changes.join(", ")));
            }
            line
        })
        .collect()
}
