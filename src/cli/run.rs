//! What every command that writes to a tenant does around its run: a journal on disk, Ctrl-C,
//! and a line for each step.

use std::io;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use tokio::sync::watch;

use super::console::{Console, Signals};
use super::secrets::SecretsFile;
use super::{Exit, Format, session};
use crate::apply::journal::{ActionKind, Head, Journal};
use crate::apply::{
    ActionStatus, Executor, Patience, Progress, RunPosition, RunReport, Secret, Stop,
};
use crate::finding::{Code, Finding};
use crate::graph::read::Reader;
use crate::graph::write::Writer;
use crate::model::Kind;
use crate::tenant::connect::Connection;
use crate::text::{counted, visible};

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
    let signals = Signals::listen();
    // It came while this tenant was read, and was for all of many.
    if console.is_stopped() {
        return Err(session::Stopped::Findings(vec![Finding::error(
            Code::Failed,
            "the run was stopped before anything was written to this tenant",
        )]));
    }
    let listener = tokio::spawn(listen(signals, stop_sender, console.clone()));
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
        at: None,
    };
    let mut journal = session::journal(root, connection).await?;
    let report = work(&executor, &mut journal, &mut progress)
        .await
        .context("cannot write the journal of the run; nothing was written")?;
    console.note(&format!("Journal: run {}", journal.run));
    listener.abort();
    let (sent, paced) = connection.client.requests_sent();
    tracing::info!(
        "{} in all, {paced} on resources limited to one per second",
        counted(sent, "request")
    );
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
async fn listen(mut signals: Signals, stop: watch::Sender<Stop>, console: Console) {
    let steps = [
        (
            Stop::BeforeNextWrite,
            "\nStopping before the next write; what was started is finished and verified. Press Ctrl-C again to stop at once.",
        ),
        (
            Stop::Now,
            "Stopping now, without waiting for answers or reading the tenant again.",
        ),
    ];
    for (level, text) in steps {
        match level {
            // The thread that heard it may have been faster than this one began to listen.
            Stop::BeforeNextWrite => tokio::select! {
                // Heard here, it is not also the second one.
                biased;
                () = signals.next() => {}
                () = stopped(&console) => {}
            },
            _ => signals.next().await,
        }
        console.warn(text);
        let _ = stop.send(level);
    }
    // The sender lives as long as the run.
    std::future::pending::<()>().await;
}

/// Waits until all of many tenants are to be stopped.
async fn stopped(console: &Console) {
    if !console.is_caught() {
        std::future::pending::<()>().await;
    }
    while !console.is_stopped() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

struct Lines<'a> {
    console: Console,
    /// Where new passwords are kept.
    secrets: Option<&'a mut SecretsFile>,
    /// Why the last one did not end as it should.
    told: Option<String>,
    /// How far the run is.
    at: Option<RunPosition>,
}

/// A kind as a line has it.
fn short(kind: ActionKind) -> &'static str {
    match kind.object() {
        Some(Kind::ConditionalAccessPolicy) => "policy",
        Some(kind) => kind.words(),
        None => "risky user",
    }
}

/// How long the rest takes at least, where that is worth a word.
fn left(least: Duration) -> String {
    match least.as_secs() {
        0..5 => String::new(),
        seconds @ 5..120 => format!(", about {seconds} s left"),
        seconds => format!(", about {} min left", seconds.div_ceil(60)),
    }
}

impl Progress for Lines<'_> {
    fn is_at(&mut self, position: RunPosition) {
        self.at = Some(position);
    }

    fn begins(&mut self, actions: &[&Head]) {
        let at = self.at.take();
        let (mut begun, of) =
            at.map_or((0, 0), |at| (at.begun.saturating_sub(actions.len()), at.of));
        for action in actions {
            begun += 1;
            let word = match (action.kind, action.verb.as_str()) {
                (ActionKind::Object(_), "create") => "Creating",
                (ActionKind::Object(_), "update") => "Changing",
                (ActionKind::Object(_), "delete") => "Deleting",
                _ => continue,
            };
            let name = visible(&action.name, false);
            let left = left(at.map_or(Duration::ZERO, |at| at.least));
            // Before the name, which may be longer than the line.
            let line = format!(
                "[{begun}/{of}{left}] {word} {} \"{name}\"",
                short(action.kind)
            );
            self.console.step(&line, begun, of);
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
        let mut line = format!("{word}: {} \"{name}\"", short(action.kind));
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
                .phase(&format!("Waiting for {what}, {most} s at most"));
        }
    }

    fn keeps(&mut self, secret: &Secret) -> io::Result<()> {
        match &mut self.secrets {
            Some(file) => file.keep(secret),
            None => Ok(()),
        }
    }

    fn verifies(&mut self) {
        self.console.phase("Reading the tenant again");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_that_is_left_is_told_where_it_is_worth_a_word() {
        for (seconds, said) in [
            (0, ""),
            (4, ""),
            (34, ", about 34 s left"),
            (261, ", about 5 min left"),
        ] {
            assert_eq!(left(Duration::from_secs(seconds)), said);
        }
    }
}
