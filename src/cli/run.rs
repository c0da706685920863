//! What every command that writes to a tenant does around its run: a journal on disk, Ctrl-C,
//! and a line for each step.

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use tokio::sync::watch;

use super::console::{Console, Signals};
use super::secrets::SecretsFile;
use super::{Exit, Format, session};
use crate::apply::journal::{ActionKind, Head, Journal};
use crate::apply::{ActionStatus, Executor, Patience, Progress, RunReport, Secret, Stop};
use crate::graph::read::Reader;
use crate::graph::write::Writer;
use crate::tenant::connect::Connection;
use crate::text::visible;

/// Does a run, keeps its new passwords in `secrets` before they are sent, and gives what it did and its name in the journals.
///
/// # Errors
/// When there can be no journal: then nothing was written.
pub async fn carry_out(
    connection: &Connection,
    root: &Path,
    mut patience: Patience,
    secrets: Option<&mut SecretsFile>,
    console: &Console,
    work: impl AsyncFnOnce(&Executor<'_>, &mut dyn Journal, &mut dyn Progress) -> io::Result<RunReport>,
) -> Result<(RunReport, String), session::Stopped> {
    patience.replication = connection.replication;
    let (stop_sender, stop) = watch::channel(Stop::No);
    let listener = tokio::spawn(listen(Signals::listen(), stop_sender));
    let executor = Executor {
        reader: Reader::new(&connection.client),
        writer: Writer::new(&connection.client),
        version: connection.version,
        patience,
        stop,
    };
    let mut progress = Lines {
        console: console.clone(),
        secrets,
        told: None,
    };
    let mut journal = session::journal(root, connection).await?;
    let report = work(&executor, &mut journal, &mut progress)
        .await
        .context("cannot write the journal of the run; nothing was written")?;
    console.note(&format!("Journal: run {}", journal.run));
    listener.abort();
    let (sent, paced) = connection.client.requests_sent();
    tracing::info!("{sent} requests in all, {paced} of them on resources limited to one a second");
    Ok((report, journal.run))
}

/// The exit code that a report ends with.
pub fn exit_of(report: &RunReport) -> Exit {
    match (report.is_complete(), report.wrote) {
        (true, _) => Exit::Done,
        (false, true) => Exit::Partial,
        (false, false) => Exit::Error,
    }
}

/// Waits for signals: the first asks the run to stop before its next write, the second to
/// wait for nothing any more.
async fn listen(mut signals: Signals, stop: watch::Sender<Stop>) {
    let steps = [
        (
            Stop::BeforeNextWrite,
            "\nStopping before the next write; what was begun is finished and verified. Press Ctrl-C again to wait for nothing.",
        ),
        (
            Stop::Now,
            "Stopping now: no answer is waited for, and the tenant is not read again.",
        ),
    ];
    for (level, text) in steps {
        signals.next().await;
        let _ = writeln!(anstream::stderr(), "{text}");
        let _ = stop.send(level);
    }
    // The sender lives as long as the run.
    std::future::pending::<()>().await;
}

struct Lines<'a> {
    console: Console,
    /// Where new passwords are kept.
    secrets: Option<&'a mut SecretsFile>,
    /// Why the last one did not end as it should.
    told: Option<String>,
}

impl Progress for Lines<'_> {
    fn begins(&mut self, actions: &[&Head]) {
        for action in actions {
            let word = match (action.kind, action.verb.as_str()) {
                (ActionKind::Object(_), "create") => "Creating",
                (ActionKind::Object(_), "update") => "Changing",
                (ActionKind::Object(_), "delete") => "Deleting",
                _ => continue,
            };
            let name = visible(&action.name, false);
            self.console
                .note(&format!("{word} {} \"{name}\"", action.kind.as_str()));
        }
    }

    fn ends(&mut self, action: &Head, outcome: &ActionStatus) {
        let word = match outcome {
            ActionStatus::Failed(_) => "Failed",
            ActionStatus::Skipped(_) => "Skipped",
            ActionStatus::Unknown(_) => "Not known",
            _ => return,
        };
        let name = visible(&action.name, false);
        let mut line = format!("{word}: {} \"{name}\"", action.kind.as_str());
        let why = outcome.message().map(str::to_owned);
        // The report for people says why, a moment later; a request may be about many.
        if let Some(why) = why.as_ref().filter(|_| why != self.told)
            && self.console.format != Format::Human
        {
            line.push_str(": ");
            line.push_str(&visible(why, false));
        }
        self.told = why;
        self.console.note(&line);
    }

    fn waits(&mut self, what: &str, most: Duration) {
        let most = most.as_secs();
        if most > 0 {
            self.console
                .note(&format!("Waiting for {what}, {most} s at most"));
        }
    }

    fn keeps(&mut self, secret: &Secret) -> io::Result<()> {
        match &mut self.secrets {
            Some(file) => file.keep(secret),
            None => Ok(()),
        }
    }

    fn verifies(&mut self) {
        self.console.note("Reading the tenant again");
    }
}
