//! Where a command writes: results to stdout, everything else to stderr.

use std::io::{ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::depth::DepthArgs;
use super::{Command, Common, Exit, Format, pager, progress};
use crate::finding::Finding;
use crate::fleet::result::Tally;
use crate::graph::reading::ReadStep;
use crate::manifest::config::find_root;
use crate::render::escape::{Notation, without_commands};
use crate::render::plan::Look;
use crate::render::review::{About, Remark, remarks, told_once, with_findings};
use crate::render::wrap::to_width;
use crate::render::{self, github, json, junit, markdown, sarif};
use crate::text::visible_json;

/// The two streams of a command.
#[derive(Debug, Clone)]
pub struct Console {
    /// The form of results.
    pub format: Format,
    /// Whether a list is to be rows for a spreadsheet.
    pub rows: bool,
    quiet: bool,
    pager: bool,
    chdir: PathBuf,
    tenant: Option<String>,
    command: &'static str,
    undone: &'static str,
    /// Why stdout did not take a result.
    lost: Arc<OnceLock<std::io::Error>>,
    /// Whether a line on the terminal says what goes on.
    shows: bool,
    /// When reading began, and whether that it takes long was told.
    reading: Arc<Mutex<(Option<Instant>, bool)>>,
    /// Where everything goes in place of the two streams, when this is one of many tenants.
    caught: Option<Arc<Mutex<Caught>>>,
    /// Whether all of many tenants are to be stopped.
    stopped: Arc<AtomicBool>,
}

/// What a command wrote, and what it has to tell of its tenant.
#[derive(Debug, Default)]
pub struct Caught {
    /// What would have gone to stdout, and warnings and errors in between.
    pub text: String,
    /// What would have gone to stdout alone.
    pub result: String,
    /// What there is to tell.
    pub tally: Tally,
}

/// Without a terminal what takes longer than this is told, once for each phase.
const LONG: Duration = Duration::from_secs(10);

impl Console {
    /// The console that the flags ask for.
    pub fn new(common: &Common) -> Console {
        Console {
            format: match common.format {
                // The command itself knows that it has one of these.
                Format::Csv | Format::Dot | Format::Mermaid => Format::Human,
                other => other,
            },
            rows: common.format == Format::Csv,
            quiet: common.quiet,
            pager: !common.no_pager,
            chdir: common.chdir.clone(),
            tenant: common.tenant.clone(),
            command: "",
            undone: "nothing was done",
            lost: Arc::default(),
            shows: !common.quiet
                && matches!(common.format, Format::Human | Format::Csv)
                && progress::can_be_shown(),
            reading: Arc::default(),
            caught: None,
            stopped: Arc::default(),
        }
    }

    /// The same console for one of many tenants: nothing is written to a stream, and nothing is
    /// asked. `stopped` says that all of them are to be stopped.
    #[must_use]
    pub fn caught(
        &self,
        tenant: &str,
        format: Format,
        stopped: &Arc<AtomicBool>,
    ) -> (Console, Arc<Mutex<Caught>>) {
        let caught = Arc::<Mutex<Caught>>::default();
        let console = Console {
            format,
            quiet: true,
            pager: false,
            shows: false,
            tenant: Some(tenant.to_owned()),
            lost: Arc::default(),
            reading: Arc::default(),
            caught: Some(Arc::clone(&caught)),
            stopped: Arc::clone(stopped),
            ..self.clone()
        };
        (console, caught)
    }

    /// Tells what a command did or found in its tenant, where it is one of many.
    pub fn tells(&self, tally: impl FnOnce() -> Tally) {
        self.catches(|caught| caught.tally = tally());
    }

    /// Tells of findings, where this is one of many tenants.
    pub fn tells_of(&self, list: &[Finding]) {
        self.catches(|caught| caught.tally.adds(list));
    }

    /// Whether this is one of many tenants: nobody is there to answer.
    pub fn is_caught(&self) -> bool {
        self.caught.is_some()
    }

    /// The tenant, where it is one of many.
    pub fn tenant_of_many(&self) -> Option<&str> {
        self.tenant.as_deref().filter(|_| self.is_caught())
    }

    /// Whether a signal came that is for all of many tenants.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Whether something was caught.
    fn catches(&self, catch: impl FnOnce(&mut Caught)) -> bool {
        let Some(caught) = &self.caught else {
            return false;
        };
        catch(&mut caught.lock().unwrap_or_else(PoisonError::into_inner));
        true
    }

    /// The same console, for results of another form.
    #[must_use]
    pub fn of_format(mut self, format: Format) -> Console {
        self.format = format;
        self
    }

    /// The same console, for reports about a tenant.
    #[must_use]
    pub fn about_tenant(mut self, tenant: Option<String>) -> Console {
        self.tenant = tenant;
        self
    }

    /// The same console, for the reports of one command.
    #[must_use]
    pub fn of(mut self, command: &Command) -> Console {
        self.command = command.name();
        self.undone = command.undone();
        self
    }

    /// How many columns stdout shows; nothing where it is no terminal, and a line may be of
    /// any length.
    pub fn width(&self) -> Option<usize> {
        let (columns, _) = terminal_size::terminal_size_of(std::io::stdout())?;
        Some(usize::from(columns.0))
    }

    /// How many columns stderr shows; nothing where it is no terminal.
    pub fn stderr_width() -> Option<usize> {
        let (columns, _) = terminal_size::terminal_size_of(std::io::stderr())?;
        Some(usize::from(columns.0))
    }

    /// How a plan is shown on stdout.
    pub fn look(&self, args: DepthArgs) -> Look {
        Look {
            depth: args.depth(),
            width: self.width(),
        }
    }

    /// A result that may be long: for people on a terminal, by a pager. Never where a question
    /// follows.
    pub fn paged(&self, text: &str) {
        if !self.pages(text) {
            self.result(text);
        }
    }

    /// Whether a pager has shown a text.
    fn pages(&self, text: &str) -> bool {
        if !self.pager || self.caught.is_some() || self.format != Format::Human || self.rows {
            return false;
        }
        // What goes on would be drawn over the pager's lines.
        progress::clear();
        // Ctrl-C is for the pager.
        let _signals = Signals::listen();
        pager::shows(&self.prepared(text))
    }

    /// A result. A reader that went away (`| head`) ends the output quietly. What a pipeline
    /// would obey is broken up ([`without_commands`]), in the notation of the format.
    pub fn result(&self, text: &str) {
        match self.format {
            Format::Json | Format::Sarif => self.json(text),
            _ => self.verbatim(&self.prepared(text)),
        }
    }

    /// A text as it is shown, in lines that the terminal has room for.
    fn prepared(&self, text: &str) -> String {
        let notation = match self.format {
            Format::Junit => Notation::Xml,
            _ => Notation::Text,
        };
        let text = without_commands(text, notation, self.format == Format::Github);
        match self.width() {
            Some(width) if self.format == Format::Human => to_width(&text, width),
            _ => text,
        }
    }

    /// A JSON document that is the result whatever the format.
    pub fn json(&self, text: &str) {
        let text = visible_json(text);
        self.verbatim(&without_commands(&text, Notation::Json, false));
    }

    /// A result in which nothing comes from a file or a tenant, as it is.
    pub fn verbatim(&self, text: &str) {
        let is_caught = self.catches(|caught| {
            caught.text.push_str(text);
            caught.result.push_str(text);
        });
        if is_caught {
            return;
        }
        // Where there is a result, nothing goes on any more.
        progress::clear();
        let mut out = anstream::stdout().lock();
        if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush())
            && error.kind() != ErrorKind::BrokenPipe
        {
            let _ = self.lost.set(error);
        }
    }

    /// The exit code of a command whose results may not have been taken, by a full disk: whoever
    /// reads them must not take what is there for the whole.
    pub fn settle(&self, exit: Exit) -> Exit {
        if self.caught.is_some() {
            return exit;
        }
        progress::clear();
        let Some(error) = self.lost.get() else {
            return exit;
        };
        self.warn(&format!(
            "error: the result cannot be written to stdout: {error}; what the command did in the tenant is in its journal (`gatewright runs`)"
        ));
        match exit {
            Exit::Done | Exit::Pending => Exit::Error,
            other => other,
        }
    }

    /// A line about the way there; `-q` keeps it back.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            self.warn(text);
        }
    }

    /// A line that the next one replaces; an empty one takes it away. On a terminal alone.
    pub fn progress(&self, text: &str) {
        match text {
            _ if self.caught.is_some() => {}
            "" => progress::clear(),
            text if self.shows => progress::show(text, None),
            _ => {}
        }
    }

    /// What goes on now: on a terminal until something else does, else as a line.
    pub fn phase(&self, text: &str) {
        match self.shows {
            true => progress::show(text, None),
            false => self.note(text),
        }
    }

    /// The next of several steps, with how many of how many are begun.
    pub fn step(&self, text: &str, begun: usize, of: usize) {
        match self.shows {
            true => progress::show(text, Some((begun, of))),
            false => self.note(text),
        }
    }

    /// What is being read. Without a terminal it is told once, and only when reading takes long.
    pub fn reads(&self, step: ReadStep<'_>) {
        if self.shows {
            progress::show(&format!("Reading {step}"), None);
            return;
        }
        let mut reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let (began, told) = &mut *reading;
        if began.get_or_insert_with(Instant::now).elapsed() > LONG && !*told {
            *told = true;
            self.note(&format!("Still reading the tenant: {step}"));
        }
    }

    /// A line that `-q` does not keep back.
    pub fn warn(&self, text: &str) {
        let mut text = without_commands(text.trim_end_matches('\n'), Notation::Text, false);
        if let Some(width) = Self::stderr_width() {
            text = to_width(&text, width);
        }
        let is_caught = self.catches(|caught| {
            caught.text.push_str(&text);
            caught.text.push('\n');
        });
        if is_caught {
            return;
        }
        progress::aside(|| {
            let _ = writeln!(anstream::stderr(), "{text}");
        });
    }

    /// Findings: in human form to stderr, in every other form to stdout as the result.
    pub fn findings(&self, list: &[Finding]) {
        self.found("Findings", list);
    }

    /// Findings and what they come to, for people: on a terminal together, by a pager.
    pub fn findings_and(&self, list: &[Finding], result: &str) {
        let text = || {
            let found = render::findings::findings_at(list, Self::stderr_width());
            format!("{found}{result}")
        };
        // Who keeps stderr in a file gets the findings there.
        if self.caught.is_some() || !std::io::stderr().is_terminal() || !self.pages(&text()) {
            self.findings(list);
            self.result(result);
        }
    }

    /// The findings that stopped the command.
    pub fn stopped(&self, list: &[Finding]) {
        self.tells_of(list);
        self.found(&format!("Stopped: {}", self.undone), list);
    }

    fn found(&self, heading: &str, list: &[Finding]) {
        match self.format {
            Format::Json => self.result(&json::text(&json::findings(list))),
            Format::Human => {
                if !list.is_empty() {
                    self.warn(&render::findings::findings_at(list, Self::stderr_width()));
                }
            }
            _ => self.remarks(heading, &remarks(list)),
        }
    }

    /// Remarks as the result, in a form for reviewers and pipelines.
    pub fn remarks(&self, heading: &str, list: &[Remark<'_>]) {
        let about = self.about();
        let told = told_once(list);
        let once = with_findings(list, &told);
        self.result(&match self.format {
            Format::Sarif => json::text(&sarif::remarks(list, &about)),
            Format::Github => github::remarks(&once, &about),
            Format::Junit => junit::remarks(&once, &about),
            _ => markdown::remarks(heading, list, &about),
        });
    }

    /// What the command is about.
    pub fn about(&self) -> About {
        About {
            command: self.command,
            tenant: self.tenant.clone(),
            folder: find_root(&self.chdir).map_or_else(String::new, |root| in_repository(&root)),
        }
    }

    /// Stdout for lines of JSON, one at a time. In them no character begins a line but `{`, so
    /// that a pipeline finds nothing to obey.
    pub fn stream(&self) -> impl Write {
        std::io::stdout().lock()
    }

    /// Whether there is a terminal to ask on.
    fn is_answered(&self) -> bool {
        self.caught.is_none() && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// Asks for a word, such as a name. Without a terminal the answer is no.
    pub fn ask(&self, question: &str, word: &str) -> Confirmed {
        if !self.is_answered() {
            return Confirmed::NoTerminal;
        }
        match answer(&format!("{question} Type its name to continue")) {
            Some(given) if given == word => Confirmed::Yes,
            _ => Confirmed::No,
        }
    }

    /// Asks for one of `keys`, each with its word, until one is given. Nothing without a terminal,
    /// and where the answers end.
    pub fn choose(&self, question: &str, keys: &[(char, &str)]) -> Option<char> {
        if !self.is_answered() {
            return None;
        }
        let words: Vec<String> = keys
            .iter()
            .map(|(key, word)| match word.strip_prefix(*key) {
                Some(rest) => format!("[{key}]{rest}"),
                None => format!("[{key}] {word}"),
            })
            .collect();
        let words = words.join(", ");
        let mut asks = format!("\n{question}\n  {words}");
        loop {
            let given = answer(&asks)?.to_lowercase();
            let meant = |(key, word): &&(char, &str)| {
                given == *word || given.chars().eq(std::iter::once(*key))
            };
            if let Some((key, _)) = keys.iter().find(meant) {
                return Some(*key);
            }
            let letters: Vec<String> = keys.iter().map(|(key, _)| format!("`{key}`")).collect();
            asks = format!(
                "Not an answer; type one of {}.\n  {words}",
                letters.join(", ")
            );
        }
    }

    /// Asks for a `yes`. Without a terminal the answer is no.
    pub fn confirm(&self, question: &str) -> Confirmed {
        if !self.is_answered() {
            return Confirmed::NoTerminal;
        }
        match answer(&format!("{question} Type `yes` to continue")) {
            Some(given) if given == "yes" => Confirmed::Yes,
            _ => Confirmed::No,
        }
    }
}

/// The line that is typed behind a question; nothing where the answers end.
fn answer(question: &str) -> Option<String> {
    progress::clear();
    let mut err = anstream::stderr().lock();
    let question = format!("{question}:");
    let question = match Console::stderr_width() {
        Some(width) => to_width(&question, width),
        None => question,
    };
    let _ = write!(err, "{question} ");
    let _ = err.flush();
    let mut given = String::new();
    match std::io::stdin().read_line(&mut given) {
        Ok(1..) => Some(given.trim().to_owned()),
        Ok(0) | Err(_) => {
            // What is said next begins a line.
            let _ = writeln!(err);
            None
        }
    }
}

/// An answer to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmed {
    /// Yes.
    Yes,
    /// Anything else.
    No,
    /// There is nobody to ask.
    NoTerminal,
}

/// A project's folder relative to the root of the Git repository around it, with forward
/// slashes; empty without a repository, and when it is the root.
fn in_repository(project: &Path) -> String {
    let Some(root) = project.ancestors().find(|a| a.join(".git").exists()) else {
        return String::new();
    };
    let inside = project.strip_prefix(root).unwrap_or(Path::new(""));
    let parts: Vec<_> = inside
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    parts.join("/")
}

/// Waits for a signal to stop.
pub async fn interrupted() {
    Signals::listen().next().await;
}

/// Whether a signal has come.
type Came = Box<dyn FnMut(&mut Context<'_>) -> bool + Send>;

/// The signals that ask a process to stop: Ctrl-C, an end from outside, a terminal that goes
/// away. They all ask for the same. From when this is made none is missed.
pub struct Signals(Vec<Came>);

impl Signals {
    /// Begins to listen.
    #[cfg(unix)]
    pub fn listen() -> Signals {
        use tokio::signal::unix::{SignalKind, signal};
        let mut kinds = vec![SignalKind::interrupt(), SignalKind::terminate()];
        if !ignores_hangup() {
            kinds.push(SignalKind::hangup());
        }
        let signals = kinds.into_iter().filter_map(|kind| signal(kind).ok());
        Signals(
            signals
                .map(|mut s| Box::new(move |c: &mut Context<'_>| s.poll_recv(c).is_ready()) as Came)
                .collect(),
        )
    }

    /// Begins to listen.
    #[cfg(windows)]
    pub fn listen() -> Signals {
        use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};
        let mut all: Vec<Came> = Vec::new();
        if let Ok(mut s) = ctrl_c() {
            all.push(Box::new(move |c| s.poll_recv(c).is_ready()));
        }
        if let Ok(mut s) = ctrl_break() {
            all.push(Box::new(move |c| s.poll_recv(c).is_ready()));
        }
        if let Ok(mut s) = ctrl_close() {
            all.push(Box::new(move |c| s.poll_recv(c).is_ready()));
        }
        if let Ok(mut s) = ctrl_shutdown() {
            all.push(Box::new(move |c| s.poll_recv(c).is_ready()));
        }
        Signals(all)
    }

    /// Waits for the next of them.
    pub async fn next(&mut self) {
        std::future::poll_fn(
            |context| match self.0.iter_mut().any(|came| came(context)) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            },
        )
        .await;
    }
}

/// Whether the process was started so that it outlives its terminal (`nohup`), as far as the
/// system tells: on Linux (proc_pid_status(5)).
#[cfg(unix)]
fn ignores_hangup() -> bool {
    let status = crate::disk::read(Path::new("/proc/self/status"), 1 << 16).unwrap_or_default();
    let status = String::from_utf8_lossy(&status);
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    // The lowest bit is SIGHUP.
    ignored.is_some_and(|mask| {
        mask.trim()
            .ends_with(['1', '3', '5', '7', '9', 'b', 'd', 'f'])
    })
}
