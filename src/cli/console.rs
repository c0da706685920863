//! Where a command writes: results to stdout, everything else to stderr.

use std::io::{IsTerminal, Write};

use super::{Common, Format, FormatFlag};
use crate::manifest::finding::Finding;
use crate::render;

/// The two streams of a command.
#[derive(Debug, Clone)]
pub struct Console {
    /// The form of results.
    pub format: Format,
    /// Whether a list is to be rows for a spreadsheet.
    pub rows: bool,
    quiet: bool,
}

impl Console {
    /// The console that the flags ask for.
    pub fn new(common: &Common) -> Console {
        Console {
            format: common.format.format(),
            rows: common.format == FormatFlag::Csv,
            quiet: common.quiet,
        }
    }

    /// How many columns stdout shows; nothing where it is no terminal, and a line may be of
    /// any length.
    pub fn width(&self) -> Option<usize> {
        let (columns, _) = terminal_size::terminal_size_of(std::io::stdout())?;
        Some(usize::from(columns.0))
    }

    /// A result. A reader that went away (`| head`) ends the output quietly.
    pub fn result(&self, text: &str) {
        let mut out = anstream::stdout().lock();
        let _ = out.write_all(text.as_bytes());
        let _ = out.flush();
    }

    /// A line about the way there; `-q` keeps it back.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            self.warn(text);
        }
    }

    /// A line that the next one replaces; an empty one takes it away. On a terminal alone.
    pub fn progress(&self, text: &str) {
        if self.quiet || !std::io::stderr().is_terminal() {
            return;
        }
        let mut err = anstream::stderr().lock();
        let _ = write!(err, "\r\x1b[K{text}");
        let _ = err.flush();
    }

    /// A line that `-q` does not keep back.
    pub fn warn(&self, text: &str) {
        let mut err = anstream::stderr().lock();
        let _ = writeln!(err, "{}", text.trim_end_matches('\n'));
    }

    /// Findings: in human form to stderr, in JSON to stdout as the result.
    pub fn findings(&self, list: &[Finding]) {
        match self.format {
            Format::Json => self.result(&render::json::text(&render::json::findings(list))),
            Format::Human => {
                if !list.is_empty() {
                    self.warn(&render::findings::findings(list));
                }
            }
        }
    }

    /// Asks for a `yes`. Without a terminal the answer is no.
    pub fn confirm(&self, question: &str) -> Confirmed {
        if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
            return Confirmed::NoTerminal;
        }
        let mut err = anstream::stderr().lock();
        let _ = write!(err, "{question} Type `yes` to go on: ");
        let _ = err.flush();
        let mut answer = String::new();
        match std::io::stdin().read_line(&mut answer) {
            Ok(_) if answer.trim() == "yes" => Confirmed::Yes,
            _ => Confirmed::No,
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

/// Waits for Ctrl-C or SIGTERM.
pub async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
