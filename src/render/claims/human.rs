//! For people: every claim, and of those that fail why.

use std::fmt::Write as _;

use super::TestRun;
use crate::claims::ClaimVerdict;
use crate::render::human::{BOLD, DIM, GREEN, RED, YELLOW, paint};
use crate::text::visible;

/// For people: every claim, and of those that fail why.
pub fn human(run: &TestRun<'_>) -> String {
    let mut out = String::new();
    let views = run.views();
    for one in &views {
        let (style, word) = match one.verdict {
            ClaimVerdict::Passed | ClaimVerdict::Proved => (GREEN, "ok"),
            ClaimVerdict::Open => (YELLOW, "open"),
            _ => (RED, "FAIL"),
        };
        let name = visible(&one.title, false);
        let _ = writeln!(out, "{} {name}", paint(style.bold(), &format!("{word:<5}")));
        for (place, line) in &one.told {
            let line = match place {
                Some(place) => format!("{}:{}: {line}", place.file.name, place.line),
                None => line.clone(),
            };
            let line = visible(&line, false);
            let line = match one.verdict.holds() {
                true => paint(DIM, &line),
                false => line,
            };
            let _ = writeln!(out, "      {line}");
        }
        if let Some(replay) = &one.replay {
            let _ = writeln!(out, "      {replay}");
        }
    }
    if !views.is_empty() {
        out.push('\n');
    }
    for line in run.assumed() {
        let line = format!("Assumed: {}", visible(&line, false));
        let _ = writeln!(out, "{}", paint(DIM, &line));
    }
    let _ = writeln!(out, "{}\n{}", paint(BOLD, &run.said()), run.covered());
    out
}
