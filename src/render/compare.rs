//! What one set of policies does to sign-ins that another does not: for people, programs, pull
//! requests and code scanning.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use super::escape::{markdown_block, markdown_code, markdown_sentence};
use super::human::{BOLD, DIM, GREEN, RED, YELLOW, paint};
use super::json::FORMAT_VERSION;
use super::markdown::marker;
use super::review::About;
use super::whatif::words;
use super::{boxes, proof};
use crate::analysis::{Comparative, SetComparison, SignInDifference};
use crate::finding::{Code, Finding};
use crate::text::visible;
use crate::whatif::{Consequence, SignIn};

/// The most bytes of a comment: a plan has to fit beside it.
const MARKDOWN: usize = 24_000;

/// All that is shown of a comparison.
#[derive(Debug)]
pub struct CompareRun {
    /// How the first set was named.
    pub before: String,
    /// How the second set was named.
    pub after: String,
    /// What was found.
    pub comparison: SetComparison,
    /// The command that judges a sign-in by both sets, with its flags.
    pub command: String,
}

/// The answer of `compare --format json`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CompareOutput<'a> {
    /// The version of this shape.
    pub format_version: &'static str,
    /// How the first set was named.
    pub before: &'a str,
    /// How the second set was named.
    pub after: &'a str,
    /// `equal`, `stricter`, `looser`, `both` or `open`.
    pub verdict: &'static str,
    /// Sign-ins that pass more easily by the second set, one for each box.
    pub looser: Vec<DifferenceBoxOutput<'a>>,
    /// Sign-ins that pass less easily by the second set, one for each box.
    pub stricter: Vec<DifferenceBoxOutput<'a>>,
    /// Somebody who could get into an application and cannot any more, one for each application.
    pub locked_out: Vec<DifferenceBoxOutput<'a>>,
    /// At least how many boxes there are beyond those that are listed.
    pub more: usize,
    /// The facts on which an open verdict hangs.
    pub open_because: &'a [String],
    /// What the verdict takes for granted, as sentences.
    pub assumptions: &'a [String],
}

/// A box of sign-ins that two sets of policies treat differently, by one of them.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DifferenceBoxOutput<'a> {
    /// The sign-in, complete.
    pub sign_in: &'a SignIn,
    /// What it gets by the first set.
    pub before: &'a Consequence,
    /// What it gets by the second set.
    pub after: &'a Consequence,
    /// The widest box: the values of every member of the sign-in that is not free.
    pub widest: &'a BTreeMap<String, Vec<String>>,
}

impl CompareRun {
    /// The sentence over all.
    fn said(&self) -> String {
        let because = || {
            let facts = words::facts(&self.comparison.because);
            match facts.is_empty() {
                true => "unknown facts".to_owned(),
                false => visible(&facts, false),
            }
        };
        match self.comparison.verdict {
            Comparative::Equal => {
                "Equal (proved): no sign-in passes more easily, and none less".to_owned()
            }
            Comparative::Stricter => {
                "Stricter: no sign-in passes more easily (proved); some are asked for more, or stopped"
                    .to_owned()
            }
            Comparative::Looser if self.comparison.stricter_is_open => format!(
                "Looser: some sign-ins pass more easily; whether others pass less easily depends on {}",
                because()
            ),
            Comparative::Looser => "Looser: some sign-ins pass more easily".to_owned(),
            Comparative::Both => {
                "Looser and stricter: some sign-ins pass more easily, and others less".to_owned()
            }
            Comparative::Open if !self.comparison.eases => format!(
                "Open: no sign-in passes more easily (proved); whether some pass less easily depends on {}",
                because()
            ),
            Comparative::Open => format!(
                "Open: whether a sign-in passes more easily depends on {}",
                because()
            ),
        }
    }

    /// The kinds of differences, each under its heading.
    fn parts(&self) -> [(&'static str, &[SignInDifference], Code); 3] {
        let found = &self.comparison;
        let more = match found.looser_is_open {
            true => "May pass more easily",
            false => "Pass more easily",
        };
        let less = match found.stricter_is_open {
            true => "May pass less easily",
            false => "Pass less easily",
        };
        [
            (more, &found.looser, Code::PassesMoreEasily),
            (
                "Can no longer get in, whatever they do",
                &found.locked_out,
                Code::LockedOut,
            ),
            (less, &found.stricter, Code::PassesLessEasily),
        ]
    }

    /// A box in lines: how wide it is, a sign-in of it, what that gets from each set, and the
    /// command.
    fn lines(&self, one: &SignInDifference) -> BoxLines {
        BoxLines {
            wide: (!one.widest.is_empty()).then(|| boxes::widest(&one.widest, "")),
            example: format!("such as {}", words::sign_in(&one.sign_in)),
            before: visible(&boxes::got(&one.before), false),
            after: visible(&boxes::got(&one.after), false),
            replay: proof::replay(&self.command, &one.sign_in).filter(|_| one.replays),
        }
    }

    /// What reviewers and pipelines are told.
    pub fn findings(&self) -> Vec<Finding> {
        let mut all = Vec::new();
        for (heading, list, code) in self.parts() {
            for one in list {
                let lines = self.lines(one);
                let message = format!(
                    "{}: {}{}; before: {}; after: {}",
                    heading.to_lowercase(),
                    lines
                        .wide
                        .map_or_else(String::new, |wide| format!("{wide}; ")),
                    lines.example,
                    lines.before,
                    lines.after
                );
                let finding = match code {
                    Code::PassesLessEasily => Finding::hint(code, message),
                    _ => Finding::warning(code, message),
                };
                all.push(match lines.replay {
                    Some(replay) => finding.help(format!("judge it again: `{replay}`")),
                    None => finding,
                });
            }
        }
        all
    }
}

struct BoxLines {
    wide: Option<String>,
    example: String,
    before: String,
    after: String,
    replay: Option<String>,
}

/// For people.
pub fn human(run: &CompareRun) -> String {
    let found = &run.comparison;
    let style = match found.verdict {
        Comparative::Equal | Comparative::Stricter => GREEN,
        Comparative::Open => YELLOW,
        Comparative::Looser | Comparative::Both => RED,
    };
    let mut out = format!(
        "From {} to {}\n\n{}\n",
        visible(&run.before, false),
        visible(&run.after, false),
        paint(style.bold(), &run.said())
    );
    for (heading, list, _) in run.parts() {
        if list.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n{}", paint(BOLD, heading));
        for one in list {
            let lines = run.lines(one);
            let mut mark = "-";
            for line in lines.wide.iter().chain([&lines.example]) {
                let _ = writeln!(out, "  {mark} {line}");
                mark = " ";
            }
            let _ = writeln!(
                out,
                "    before: {}\n    after:  {}",
                lines.before, lines.after
            );
            if let Some(replay) = lines.replay {
                let _ = writeln!(out, "    {}", paint(DIM, &replay));
            }
        }
    }
    if found.more {
        let _ = writeln!(out, "\nAnd at least 1 more.");
    }
    if !found.assumptions.is_empty() {
        out.push('\n');
    }
    for line in &found.assumptions {
        let line = format!("Assumed: {}", visible(line, false));
        let _ = writeln!(out, "{}", paint(DIM, &line));
    }
    out
}

/// For a comment on a pull request.
pub fn markdown(run: &CompareRun, about: &About) -> String {
    let tenant = about.tenant.as_deref().unwrap_or_default();
    let found = &run.comparison;
    let mut out = format!(
        "{}## What this does to sign-ins\n\n**{}.**\n\nFrom {} to {}.\n",
        marker("compare", tenant),
        markdown_sentence(&run.said()),
        markdown_code(&run.before),
        markdown_code(&run.after)
    );
    for (heading, list, _) in run.parts() {
        if list.is_empty() {
            continue;
        }
        let _ = write!(out, "\n### {heading}\n");
        let mut left = 0;
        for one in list {
            let text = markdown_box(run.lines(one));
            match out.len() + text.len() > MARKDOWN {
                true => left += 1,
                false => out.push_str(&text),
            }
        }
        if left > 0 {
            let _ = write!(out, "\n{left} more do not fit here.\n");
        }
    }
    if found.more {
        out.push_str("\nAnd at least 1 more.\n");
    }
    for line in &found.assumptions {
        let _ = write!(out, "\nAssumed: {}\n", markdown_sentence(line));
    }
    out
}

fn markdown_box(lines: BoxLines) -> String {
    let mut out = String::new();
    let mut mark = "\n-";
    for line in lines.wide.iter().chain([&lines.example]) {
        let _ = writeln!(out, "{mark} {}", markdown_sentence(line));
        mark = " ";
    }
    let _ = write!(
        out,
        "  - before: {}\n  - after: {}\n",
        markdown_sentence(&lines.before),
        markdown_sentence(&lines.after)
    );
    if let Some(replay) = lines.replay {
        out.push('\n');
        for line in markdown_block("sh", &replay).lines() {
            let _ = writeln!(out, "  {line}");
        }
    }
    out
}

/// For programs.
pub fn json(run: &CompareRun) -> CompareOutput<'_> {
    let found = &run.comparison;
    fn boxes(list: &[SignInDifference]) -> Vec<DifferenceBoxOutput<'_>> {
        let outputs = list.iter().map(|one| DifferenceBoxOutput {
            sign_in: &one.sign_in,
            before: &one.before,
            after: &one.after,
            widest: &one.widest,
        });
        outputs.collect()
    }
    CompareOutput {
        format_version: FORMAT_VERSION,
        before: &run.before,
        after: &run.after,
        verdict: found.verdict.as_str(),
        looser: boxes(&found.looser),
        stricter: boxes(&found.stricter),
        locked_out: boxes(&found.locked_out),
        more: usize::from(found.more),
        open_because: &found.because,
        assumptions: &found.assumptions,
    }
}
