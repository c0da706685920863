//! The journal of a run: an append-only file of JSON lines, one before each request and one after
//! each answer, with the objects as they were before. It is synced before each request, and holds
//! no secret.
//!
//! A run that was killed can be told from its journal; what it created has its id there the
//! moment the answer came.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::report::ActionStatus;
use crate::disk;
use crate::graph::Request;
use crate::graph::request::{Method, decode};
use crate::model::Kind;
use crate::model::kind::folded_name;
use crate::plan::Verb;
use crate::tenant::read::{LOCATIONS, POLICIES, STRENGTHS};
use crate::tenant::replication::Replication;
use crate::tenant::trace::{By, Left, Trace, Trail};

/// The largest journal that is read, in bytes.
const MAX_FILE_BYTES: u64 = 1 << 30;

/// The version of the journal's form.
pub const VERSION: u32 = 1;

/// One line of a journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "record",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Record {
    /// The run begins.
    Run {
        /// The version of the form.
        version: u32,
        /// The version of gatewright.
        gatewright: String,
        /// When, in UTC.
        time: String,
        /// `apply`, `destroy`, `rollback`, `risk` with its decision, or `user reset-password`.
        command: String,
        /// The tenant's name in gatewright.yaml.
        tenant: String,
        /// The tenant's id.
        tenant_id: String,
        /// Who runs it: the account or the application of the sign-in, where that tells.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
        /// The commit of the project, where it lies in a repository.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        commit: Option<String>,
        /// The digest of the saved plan that is carried out, when it is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        plan: Option<String>,
        /// The guards that were let through for this run.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        allowed: Vec<String>,
        /// The names of ids (lower-case) in what is to be.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        names: BTreeMap<String, String>,
        /// What is to be done.
        actions: Vec<Head>,
    },
    /// A request is about to be sent.
    Before {
        /// When, in UTC.
        time: String,
        /// The action's number.
        action: usize,
        /// The numbers of the other actions, when the request is about several.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        also: Vec<usize>,
        /// The method.
        method: String,
        /// The path, below the root.
        path: String,
    },
    /// A request was answered, or not.
    After {
        /// When, in UTC.
        time: String,
        /// The action's number.
        action: usize,
        /// The numbers of the other actions, when the request is about several.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        also: Vec<usize>,
        /// The id of what was created.
        id: Option<String>,
        /// What went wrong.
        error: Option<String>,
        /// True when it may have been carried out although no success was seen.
        maybe_done: bool,
    },
    /// How an action ended.
    Outcome {
        /// The action's number.
        action: usize,
        /// `done`, `failed`, ...
        outcome: String,
        /// Why.
        message: Option<String>,
    },
    /// The run ends.
    End {
        /// When, in UTC.
        time: String,
        /// Whether everything was done and seen.
        complete: bool,
        /// Whether it was stopped from outside.
        interrupted: bool,
    },
}

/// One action, as a journal names it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Head {
    /// `create`, `update`, `delete`, `reset-password`, or the decision about risk.
    pub verb: String,
    /// What it is about.
    pub kind: ActionKind,
    /// The name.
    pub name: String,
    /// The id, when the object exists.
    pub id: Option<String>,
    /// The live object before, as Graph answered it.
    pub before: Option<Value>,
    /// The normal forms before and after that were compared, with ids or what stands for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sides: Option<(Value, Value)>,
    /// The ids of its members or groups before, when they were read.
    pub links: Option<Vec<String>>,
    /// The properties that change, as dotted paths.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<String>,
}

/// What an action is about, by the name of its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ActionKind {
    /// An object that has a manifest.
    Object(Kind),
    /// What identity protection knows of a user.
    Risk(RiskKind),
}

/// The type of what identity protection knows of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RiskKind {
    /// A user at risk.
    RiskyUser,
}

impl ActionKind {
    /// What identity protection knows of a user.
    pub const RISKY_USER: ActionKind = ActionKind::Risk(RiskKind::RiskyUser);

    /// The type's name.
    pub fn as_str(self) -> &'static str {
        match self {
            ActionKind::Object(kind) => kind.as_str(),
            ActionKind::Risk(RiskKind::RiskyUser) => "RiskyUser",
        }
    }

    /// The kind of an object that has a manifest.
    pub fn object(self) -> Option<Kind> {
        match self {
            ActionKind::Object(kind) => Some(kind),
            ActionKind::Risk(_) => None,
        }
    }
}

/// What a journal begins with.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    /// What the run is called.
    pub command: String,
    /// The tenant's name in gatewright.yaml.
    pub tenant: String,
    /// The tenant's id.
    pub tenant_id: String,
    /// The digest of the saved plan that is carried out, when it is one.
    pub plan: Option<String>,
    /// The guards that were let through for this run.
    pub allowed: Vec<String>,
    /// The names of ids (lower-case) in what is to be.
    pub names: BTreeMap<String, String>,
    /// What is to be done.
    pub actions: Vec<Head>,
}

/// Where a run writes down what it does.
pub trait Journal {
    /// Appends a record and makes it durable.
    ///
    /// # Errors
    /// When it cannot be written: then the run must not go on.
    fn write(&mut self, record: &Record) -> io::Result<()>;
}

/// A journal in memory, for runs that need none on disk.
#[derive(Debug, Default)]
pub struct InMemory(pub Vec<Record>);

impl Journal for InMemory {
    fn write(&mut self, record: &Record) -> io::Result<()> {
        self.0.push(record.clone());
        Ok(())
    }
}

/// A journal in a file.
#[derive(Debug)]
pub struct InFile {
    /// The name of the run: time and a random part.
    pub run: String,
    /// Who runs it, and from which commit; it stands in the first record.
    pub origin: RunOrigin,
    file: File,
}

/// Where a run comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RunOrigin {
    /// The account or the application of the sign-in.
    pub by: Option<String>,
    /// The commit of the project.
    pub commit: Option<String>,
}

impl InFile {
    /// Makes a new journal in `folder`, which exists.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn create(folder: &Path) -> io::Result<InFile> {
        InFile::of(folder, RunOrigin::default())
    }

    /// The same, of a run that comes from there.
    ///
    /// # Errors
    /// See [`InFile::create`].
    pub fn of(folder: &Path, origin: RunOrigin) -> io::Result<InFile> {
        let time = jiff::Timestamp::now()
            .strftime("%Y%m%dT%H%M%SZ")
            .to_string();
        let random = uuid::Uuid::new_v4().simple().to_string();
        let run = format!("{time}-{random:.8}");
        let file = disk::create(&folder.join(format!("{run}.jsonl")))?;
        #[cfg(unix)]
        File::open(folder)?.sync_all()?; // the name, too
        Ok(InFile { run, origin, file })
    }
}

impl Journal for InFile {
    fn write(&mut self, record: &Record) -> io::Result<()> {
        let mut record = record.clone();
        if let Record::Run { by, commit, .. } = &mut record {
            by.clone_from(&self.origin.by);
            commit.clone_from(&self.origin.commit);
        }
        let mut line = serde_json::to_vec(&record)?;
        line.push(b'\n');
        self.file.write_all(&line)?;
        match record {
            // It is synced with the next line. Where the machine fails before that, the request is
            // one without an answer, which the next run looks for.
            Record::After { .. } => Ok(()),
            _ => self.file.sync_data(),
        }
    }
}

/// The time now, in UTC, as journals have it.
pub fn now() -> String {
    jiff::Timestamp::now().to_string()
}

/// The first record of a run.
pub fn header(header: &Header) -> Record {
    let header = header.clone();
    Record::Run {
        version: VERSION,
        gatewright: env!("CARGO_PKG_VERSION").to_owned(),
        time: now(),
        command: header.command,
        tenant: header.tenant,
        tenant_id: header.tenant_id,
        by: None,
        commit: None,
        plan: header.plan,
        allowed: header.allowed,
        names: header.names,
        actions: header.actions,
    }
}

/// The record before a request about these actions.
pub fn before(about: &[usize], request: &Request) -> Record {
    let (action, also) = numbers(about);
    Record::Before {
        time: now(),
        action,
        also,
        method: request.method.as_str().to_owned(),
        path: format!("/{}{}", request.edition.segment(), request.path),
    }
}

/// The record after a request about these actions: the id of what it made, what went wrong,
/// and whether it may have been carried out although no success was seen.
pub fn after(about: &[usize], id: Option<&str>, error: Option<String>, maybe_done: bool) -> Record {
    let (action, also) = numbers(about);
    Record::After {
        time: now(),
        action,
        also,
        id: id.map(str::to_owned),
        error,
        maybe_done,
    }
}

fn numbers(about: &[usize]) -> (usize, Vec<usize>) {
    match about {
        [first, others @ ..] => (*first, others.to_vec()),
        [] => (usize::MAX, Vec::new()), // never: a request is about something
    }
}

/// The record of how an action ended.
pub fn outcome(action: usize, outcome: &ActionStatus) -> Record {
    Record::Outcome {
        action,
        outcome: outcome.as_str().to_owned(),
        message: match outcome {
            ActionStatus::Unverified(list) | ActionStatus::Doubled(list) => Some(list.join(", ")),
            other => other.message().map(str::to_owned),
        },
    }
}

/// What a journal tells of one action.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// The action.
    pub head: Head,
    /// The id of what was created, once known.
    pub created: Option<String>,
    /// A request was sent.
    pub begun: bool,
    /// A request succeeded, or may have.
    pub wrote: bool,
    /// A request was sent and its answer is not known.
    pub unknown: bool,
    /// The object may have been made, or brought back: no answer to that came.
    pub maybe_made: bool,
    /// How the object came to exist, where a request for that was sent.
    pub by: Option<By>,
    /// Whether the object is deleted, where a request for that was the last about whether it
    /// exists: false where no answer to it came.
    pub gone: Option<bool>,
    /// When the last request about it was sent or answered.
    pub touched: Option<String>,
    /// How it ended, where the run came that far.
    pub outcome: Option<String>,
    /// Why.
    pub message: Option<String>,
}

impl Done {
    /// The id of its object, where it is known: what it had, got, or was made under.
    pub fn id(&self) -> Option<String> {
        let own = self.head.kind.object() == Some(Kind::AuthenticationContext);
        (self.head.id.clone())
            .or_else(|| self.created.clone())
            .or_else(|| own.then(|| self.head.name.clone()))
    }
}

/// What a journal tells of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRecord {
    /// The name of the run.
    pub run: String,
    /// When it began.
    pub time: String,
    /// `apply`, `destroy`, `rollback`, `risk` with its decision, or `user reset-password`.
    pub command: String,
    /// The tenant's name.
    pub tenant: String,
    /// The tenant's id.
    pub tenant_id: String,
    /// Who ran it: the account or the application of the sign-in, where that told.
    pub by: Option<String>,
    /// The commit of the project, where it lay in a repository.
    pub commit: Option<String>,
    /// The digest of the saved plan that was carried out, when it was one.
    pub plan: Option<String>,
    /// The guards that were let through for it.
    pub allowed: Vec<String>,
    /// The names of ids (lower-case) in what was to be.
    pub names: BTreeMap<String, String>,
    /// Its actions.
    pub actions: Vec<Done>,
    /// The time of its last record.
    pub last: String,
    /// Whether everything was done and seen; `None`: the run did not end by itself.
    pub complete: Option<bool>,
    /// Whether it was stopped from outside.
    pub interrupted: bool,
}

impl RunRecord {
    /// How the run ended, in a word.
    pub fn state(&self) -> &'static str {
        match (self.complete, self.interrupted) {
            (Some(true), _) => "complete",
            (Some(false), true) => "stopped",
            (Some(false), false) => "in part",
            (None, _) => "broken off",
        }
    }
}

/// Whether a request makes an object, or brings one back.
fn makes(method: &str, path: &str) -> bool {
    let collections = [POLICIES, LOCATIONS, STRENGTHS, "/groups", "/users"];
    let path = path.trim_end_matches('/');
    method == Method::Post.as_str()
        && (path.ends_with("/restore") || collections.iter().any(|c| path.ends_with(c)))
}

/// Whether a request deletes the object with this id.
fn deletes(method: &str, path: &str, id: Option<&str>) -> bool {
    let last = path.rsplit('/').next().map(decode);
    method == Method::Delete.as_str() && id.is_some() && last.as_deref() == id
}

/// What an action left of its object that a tenant may not show everywhere yet.
fn left(done: &Done) -> Option<Left> {
    let maybe = done.wrote || done.unknown;
    let by = done.by.unwrap_or(By::Creation);
    Some(match (done.head.verb.as_str(), done.gone) {
        ("create", _) if done.maybe_made => Left::MayExist(by),
        _ if done.id().is_none() => return None,
        ("create" | "delete", Some(true)) => Left::Gone,
        ("delete", Some(false)) => Left::MayBeGone,
        ("create", _) if maybe => Left::Exists(by),
        ("update", _) if maybe => {
            let before = done.head.before.clone().unwrap_or_default();
            Left::Changed(before, done.head.changes.clone())
        }
        _ => return None,
    })
}

/// What runs on a tenant left that it may not show everywhere yet. Changes that a run has seen
/// to its end count where `verified_too` says so.
pub fn trail(
    folder: &Path,
    tenant_id: Option<&str>,
    tenant: &str,
    replication: Replication,
    verified_too: bool,
) -> Trail {
    let now = jiff::Timestamp::now();
    let mut traces = Latest::default();
    for run in runs_since(folder, replication.most + replication.usual) {
        let same = run.tenant == tenant
            && tenant_id.is_none_or(|id| id.eq_ignore_ascii_case(&run.tenant_id));
        for done in run.actions.iter().filter(|_| same) {
            let (Some(kind), Some(time)) = (done.head.kind.object(), &done.touched) else {
                continue;
            };
            let (Ok(at), Some(left)) = (time.parse(), left(done)) else {
                continue;
            };
            let seen = matches!(left, Left::Changed(..)) && run.complete == Some(true);
            let trace = Trace {
                kind,
                name: done.head.name.clone(),
                id: done.id(),
                left,
                at,
                run: run.run.clone(),
            };
            traces.make_way(&trace);
            if verified_too || !seen {
                traces.put(trace);
            }
        }
    }
    let traces = traces.all.into_iter().flatten();
    Trail {
        traces: traces
            .filter(|one| !one.is_settled(replication, now))
            .collect(),
        replication,
    }
}

/// What was left, by object: what a later run says of one counts.
#[derive(Default)]
struct Latest {
    all: Vec<Option<Trace>>,
    /// Where those of an id, in lower case, stand.
    by_id: HashMap<(Kind, String), Vec<usize>>,
    /// Where those of a name, folded, stand.
    by_name: HashMap<(Kind, String), Vec<usize>>,
}

impl Latest {
    /// Forgets or changes what was said of the object of a trace, as it is said there now.
    fn make_way(&mut self, trace: &Trace) {
        let id = trace.id.as_ref().map(|id| id.to_ascii_lowercase());
        let by_id = id.and_then(|id| self.by_id.get(&(trace.kind, id)));
        let names = trace.former_name().into_iter().chain([trace.name.clone()]);
        let by_name = names.filter_map(|name| {
            let key = (trace.kind, folded_name(trace.kind, &name));
            self.by_name.get(&key)
        });
        let mut about: Vec<usize> = by_id
            .into_iter()
            .chain(by_name)
            .flatten()
            .copied()
            .collect();
        about.sort_unstable();
        about.dedup();
        for at in about {
            let Some(slot) = self.all.get_mut(at) else {
                continue;
            };
            if let Some(mut old) = slot.take()
                && trace.leaves(&mut old)
            {
                let known = old.clone();
                *slot = Some(old);
                self.index(at, &known);
            }
        }
    }

    fn put(&mut self, trace: Trace) {
        self.index(self.all.len(), &trace);
        self.all.push(Some(trace));
    }

    fn index(&mut self, at: usize, trace: &Trace) {
        if let Some(id) = &trace.id {
            let key = (trace.kind, id.to_ascii_lowercase());
            self.by_id.entry(key).or_default().push(at);
        }
        let key = (trace.kind, folded_name(trace.kind, &trace.name));
        self.by_name.entry(key).or_default().push(at);
    }
}

/// The run that an object is known from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownObject {
    /// The object's name then.
    pub name: String,
    /// The run that wrote it last.
    pub run: String,
}

/// How many journals are looked through for what the project managed, the newest.
const MANAGED_BY: usize = 200;

/// What the runs of the project on a tenant created or changed and did not delete since, by kind
/// and id (lower-case).
pub fn managed(folder: &Path, tenant: (&str, &str)) -> HashMap<(Kind, String), KnownObject> {
    let mut known = HashMap::new();
    let mut paths = names(folder);
    paths.sort();
    let old = paths.len().saturating_sub(MANAGED_BY);
    for run in paths.iter().skip(old).filter_map(|path| read(path).ok()) {
        if run.tenant != tenant.0 || !run.tenant_id.eq_ignore_ascii_case(tenant.1) {
            continue;
        }
        for done in run.actions.iter().filter(|done| done.wrote) {
            let (Some(kind), Some(id)) = (done.head.kind.object(), done.id()) else {
                continue;
            };
            let key = (kind, id.to_lowercase());
            match verb(&done.head.verb) {
                Some(Verb::Delete) => {
                    known.remove(&key);
                }
                Some(_) => {
                    let name = done.head.name.clone();
                    let run = run.run.clone();
                    known.insert(key, KnownObject { name, run });
                }
                None => {}
            }
        }
    }
    known
}

/// The runs that wrote something within this time, oldest first.
fn runs_since(folder: &Path, time: Duration) -> Vec<RunRecord> {
    let recent = |path: &PathBuf| {
        let changed = std::fs::symlink_metadata(path).and_then(|m| m.modified());
        let age = changed.map(|at| at.elapsed().unwrap_or_default());
        // Clocks of file systems may differ a little.
        age.is_ok_and(|age| age <= time + Duration::from_secs(60))
    };
    let mut names = names(folder);
    names.retain(recent);
    in_order(&names)
}

/// The runs of a folder, oldest first. Files that are no journals are passed over.
pub fn list(folder: &Path) -> Vec<RunRecord> {
    in_order(&names(folder))
}

/// The runs of these files, oldest first: names tell no order within a second.
fn in_order(names: &[PathBuf]) -> Vec<RunRecord> {
    let runs = names.iter().filter_map(|path| read(path).ok());
    let mut runs: Vec<RunRecord> = runs.collect();
    runs.sort_by(|a, b| (&a.time, &a.run).cmp(&(&b.time, &b.run)));
    runs
}

/// The journals of a folder; their names begin with the time.
fn names(folder: &Path) -> Vec<PathBuf> {
    let entries = disk::entries(folder).unwrap_or_default().into_iter();
    entries
        .filter(|(path, kind)| kind.is_file() && path.extension().is_some_and(|e| e == "jsonl"))
        .map(|(path, _)| path)
        .collect()
}

/// Reads a journal. A last line that was cut off by a crash is passed over.
///
/// # Errors
/// When the file cannot be read, or does not begin as a journal.
pub fn read(path: &Path) -> io::Result<RunRecord> {
    let bytes = disk::read_own(path, MAX_FILE_BYTES)?;
    let run = path
        .file_stem()
        .map(|s| s.to_string_lossy().into_owned())
        .unwrap_or_default();
    read_bytes(run, &bytes)
}

/// The same of a journal's bytes; `run` is the name of the run.
///
/// # Errors
/// When they do not begin as a journal.
pub fn read_bytes(run: String, bytes: &[u8]) -> io::Result<RunRecord> {
    let text = String::from_utf8_lossy(bytes);
    let bad = || {
        io::Error::new(
            io::ErrorKind::InvalidData,
            "it is not a journal of this version",
        )
    };
    let mut lines = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Record>(line).ok());
    let Some(Record::Run {
        version: VERSION,
        time,
        command,
        tenant,
        tenant_id,
        by,
        commit,
        plan,
        allowed,
        names,
        actions,
        ..
    }) = lines.next()
    else {
        return Err(bad());
    };
    let mut record = RunRecord {
        run,
        last: time.clone(),
        time,
        command,
        tenant,
        tenant_id,
        by,
        commit,
        plan,
        allowed,
        names,
        actions: actions
            .into_iter()
            .map(|head| Done {
                head,
                created: None,
                begun: false,
                wrote: false,
                unknown: false,
                maybe_made: false,
                by: None,
                gone: None,
                touched: None,
                outcome: None,
                message: None,
            })
            .collect(),
        complete: None,
        interrupted: false,
    };
    for line in lines {
        match line {
            Record::Before {
                action,
                also,
                time,
                method,
                path,
            } => {
                for number in std::iter::once(action).chain(also) {
                    if let Some(done) = record.actions.get_mut(number) {
                        done.begun = true;
                        done.unknown = true;
                        if makes(&method, &path) {
                            let restores = path.ends_with("/restore");
                            done.maybe_made = true;
                            done.by = Some(if restores { By::Restore } else { By::Creation });
                            done.gone = None;
                        } else if deletes(&method, &path, done.id().as_deref()) {
                            done.gone = Some(false);
                        }
                        done.touched = Some(time.clone());
                    }
                }
                record.last = time;
            }
            Record::After {
                action,
                also,
                id,
                error,
                maybe_done,
                time,
            } => {
                for number in std::iter::once(action).chain(also) {
                    if let Some(done) = record.actions.get_mut(number) {
                        done.unknown = maybe_done;
                        done.maybe_made &= maybe_done;
                        if done.gone == Some(false) && !maybe_done {
                            done.gone = error.is_none().then_some(true);
                        }
                        done.touched = Some(time.clone());
                        done.wrote |= error.is_none() || maybe_done;
                        done.created = id.clone().or(done.created.take());
                    }
                }
                record.last = time;
            }
            Record::Outcome {
                action,
                outcome,
                message,
            } => {
                if let Some(done) = record.actions.get_mut(action) {
                    done.outcome = Some(outcome);
                    done.message = message;
                }
            }
            Record::End {
                complete,
                interrupted,
                time,
            } => {
                record.last = time;
                record.complete = Some(complete);
                record.interrupted = interrupted;
            }
            Record::Run { .. } => return Err(bad()),
        }
    }
    Ok(record)
}

/// The verb that a journal names.
pub fn verb(text: &str) -> Option<Verb> {
    [Verb::Create, Verb::Update, Verb::Delete]
        .into_iter()
        .find(|v| v.as_str() == text)
}
