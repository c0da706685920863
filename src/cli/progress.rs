//! The one line on a terminal that says what goes on. Whoever writes anything else steps in front
//! of it; nothing of it is left at the end.

use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::graph::auth::EnvironmentVariables;

/// A process has one terminal.
static LINE: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// Whether there is a terminal that can show such a line.
pub fn can_be_shown() -> bool {
    let terminal = EnvironmentVariables::process().get("TERM");
    io::stderr().is_terminal() && terminal.as_deref() != Some("dumb")
}

/// Says what goes on, with how many of how many are done where that is known.
pub fn show(text: &str, done: Option<(usize, usize)>) {
    let mut line = LINE.lock().unwrap_or_else(PoisonError::into_inner);
    let is_new = line.is_none();
    let bar = line
        .get_or_insert_with(|| ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()));
    let template = match done {
        Some(_) => "{bar:12} {wide_msg}",
        None => "{spinner} {wide_msg}",
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> ").tick_chars("|/-\\ "));
    }
    if let Some((done, of)) = done {
        bar.set_length(of as u64);
        bar.set_position(done as u64);
    }
    bar.set_message(text.to_owned());
    if is_new {
        // Not before: what has no style yet is drawn as a bar over the whole width.
        bar.enable_steady_tick(Duration::from_millis(120));
    }
}

/// Takes the line away.
pub fn clear() {
    let line = LINE.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(line) = line {
        line.finish_and_clear();
    }
}

/// Writes while the line is away.
pub fn aside<T>(write: impl FnOnce() -> T) -> T {
    let line = LINE.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match line {
        Some(line) => line.suspend(write),
        None => write(),
    }
}

/// Stderr for the lines of the log.
#[derive(Debug)]
pub struct LogLines;

impl Write for LogLines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        aside(|| anstream::stderr().write_all(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        anstream::stderr().flush()
    }
}
