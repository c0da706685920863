//! The same for each of several tenants: so many at a time, each in a thread of its own, with its
//! own connection and pace. What becomes of one of them does not touch the others.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use super::Fleet;
use crate::cli::console::{Console, Signals};
use crate::cli::session::Stopped;
use crate::cli::{Cli, Common, Exit, Format, dispatch};
use crate::fleet::result::{FLEET_FORMAT, FleetFinding, TenantResult};
use crate::text::visible;

/// What came of one tenant.
#[derive(Debug)]
pub(super) struct TenantEnd {
    /// What is told of it.
    pub(super) result: TenantResult,
    /// What a person would have read.
    pub(super) text: String,
}

/// As much stack as the main thread has.
const STACK: usize = 8 << 20;

/// Does `work` for each of the tenants and hands on what comes of each, in any order.
pub(super) fn each(
    fleet: &Fleet,
    cli: &Cli,
    console: &Console,
    names: &BTreeSet<String>,
    work: &(impl AsyncFn(&Common, &Console) -> Result<Exit, Stopped> + Sync),
    tell: &(dyn Fn(usize, String, TenantEnd) + Sync),
) {
    let queue: Mutex<VecDeque<(usize, String)>> =
        Mutex::new(names.iter().cloned().enumerate().collect());
    let stopped = Arc::<AtomicBool>::default();
    let ended = AtomicBool::new(false);
    let count = names.len();
    let worker = || loop {
        let next = queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front();
        let Some((number, name)) = next else { return };
        let end = match stopped.load(Ordering::Relaxed) {
            true => not_begun(fleet, &name),
            false => {
                let shown = visible(&name, false);
                console.progress(&format!("[{}/{count}] {shown}", number + 1));
                one(fleet, &name, cli, (console, &stopped), work)
            }
        };
        tell(number, name, end);
    };
    std::thread::scope(|scope| {
        if fleet.writes {
            scope.spawn(|| listen(&stopped, &ended, console));
        }
        let threads: Vec<_> = (0..fleet.jobs.min(count))
            .map(|_| {
                std::thread::Builder::new()
                    .stack_size(STACK)
                    .spawn_scoped(scope, worker)
            })
            .collect();
        if threads.iter().all(Result::is_err) {
            // The system gives no thread: it is done in this one.
            worker();
        }
        for thread in threads.into_iter().flatten() {
            let _ = thread.join();
        }
        ended.store(true, Ordering::Relaxed);
    });
    console.progress("");
}

/// Hands on what comes in any order in the order of the tenants' names.
pub(super) fn in_order(
    work: impl FnOnce(&(dyn Fn(usize, String, TenantEnd) + Sync)) + Send,
    mut shows: impl FnMut(String, TenantEnd),
) {
    let (sender, receiver) = channel();
    let sender: Mutex<Sender<(usize, String, TenantEnd)>> = Mutex::new(sender);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            work(&|number, name, end| {
                let sender = sender.lock().unwrap_or_else(PoisonError::into_inner);
                let _ = sender.send((number, name, end));
            });
        });
        let mut early: BTreeMap<usize, (String, TenantEnd)> = BTreeMap::new();
        let mut next = 0;
        for (number, name, end) in receiver {
            early.insert(number, (name, end));
            while let Some((name, end)) = early.remove(&next) {
                shows(name, end);
                next += 1;
            }
        }
    });
}

/// After a signal no further tenant is begun; those that are under way end as a run of their own
/// would.
fn listen(stopped: &AtomicBool, ended: &AtomicBool, console: &Console) {
    let Ok(runtime) = dispatch::runtime() else {
        return;
    };
    runtime.block_on(async {
        let mut signals = Signals::listen();
        loop {
            tokio::select! {
                () = signals.next() => {
                    if !stopped.swap(true, Ordering::Relaxed) {
                        console.warn("\nStopping: no further tenant is begun, and no further write; what was started is finished and verified. Press Ctrl-C again to stop at once.");
                    }
                }
                () = tokio::time::sleep(std::time::Duration::from_millis(100)) => {
                    if ended.load(Ordering::Relaxed) {
                        return;
                    }
                }
            }
        }
    });
}

fn one(
    fleet: &Fleet,
    name: &str,
    cli: &Cli,
    (console, stopped): (&Console, &Arc<AtomicBool>),
    work: &impl AsyncFn(&Common, &Console) -> Result<Exit, Stopped>,
) -> TenantEnd {
    let format = match fleet.common.format {
        Format::Human => Format::Human,
        _ => Format::Json,
    };
    let file = match fleet.file.config.tenants.contains_key(name) {
        true => Arc::new(fleet.file.only(name)),
        // A plan may be for a tenant that is no more in the project.
        false => Arc::clone(&fleet.file),
    };
    let common = Common {
        tenant: Some(name.to_owned()),
        project: Some(file),
        format,
        ..fleet.common.clone()
    };
    let (console, caught) = console.caught(name, format, stopped);
    // The log says of whom it tells.
    let _span = tracing::info_span!("tenant", name).entered();
    let did = catch_unwind(AssertUnwindSafe(|| {
        let ended = match fleet.file.broken.get(name) {
            Some(findings) => Err(Stopped::Findings(findings.clone())),
            None => {
                dispatch::runtime().and_then(|runtime| runtime.block_on(work(&common, &console)))
            }
        };
        dispatch::exit_of(ended, &cli.command, &console)
    }));
    let mut caught = std::mem::take(&mut *caught.lock().unwrap_or_else(PoisonError::into_inner));
    let exit = did.unwrap_or_else(|_| {
        let message = "gatewright failed in an unforeseen way: please report it".to_owned();
        caught.text.push_str(&format!("error: {message}\n"));
        caught.tally.findings.push(FleetFinding::error(message));
        caught.tally.summary.errors += 1;
        Exit::Error
    });
    let result = match format {
        Format::Json => serde_json::from_str(&caught.result).ok(),
        _ => None,
    };
    TenantEnd {
        text: caught.text,
        result: TenantResult {
            exit_code: exit as u8,
            summary: caught.tally.summary,
            changes: caught.tally.changes,
            findings: caught.tally.findings,
            result,
            ..nothing(fleet, name)
        },
    }
}

/// A result that says nothing yet.
fn nothing(fleet: &Fleet, name: &str) -> TenantResult {
    let entry = fleet.file.config.tenants.get(name);
    TenantResult {
        format_version: FLEET_FORMAT.to_owned(),
        command: fleet.command.to_owned(),
        tenant: name.to_owned(),
        labels: entry.map_or_else(Vec::new, |entry| entry.labels.clone()),
        exit_code: Exit::Done as u8,
        summary: Default::default(),
        changes: Vec::new(),
        findings: Vec::new(),
        result: None,
    }
}

fn not_begun(fleet: &Fleet, name: &str) -> TenantEnd {
    let message = "not begun: the run was stopped before".to_owned();
    let mut result = nothing(fleet, name);
    result.exit_code = Exit::Error as u8;
    result.summary.errors = 1;
    let text = format!("error: {message}\n");
    result.findings.push(FleetFinding::error(message));
    TenantEnd { result, text }
}
