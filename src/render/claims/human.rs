//! For people: every claim, and of those that fail why.

use std::fmt::Write as _;

use super::TestRun;
use crate::claims::ClaimVerdict;
use crate::render::human::{BOLD, DIM, GREEN, RED, YELLOW, paint};
use crate::text::{few_names, visible};

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
    let (claims, groups) = run.broken_by_members();
    if claims > 0 {
        let line = format!(
            "Help: {} broken by a member of {}; a group whose manifest lists its `members`, or that `assumeEmpty` \
             names in gatewright.yaml, has no others",
            match claims {
                1 => "1 claim is".to_owned(),
                many => format!("{many} claims are"),
            },
            few_names(groups.into_iter().map(|name| visible(name, false)), 5)
        );
        let _ = writeln!(out, "{line}");
    }
    let _ = writeln!(out, "{}\n{}", paint(BOLD, &run.said()), run.covered());
    out
}
