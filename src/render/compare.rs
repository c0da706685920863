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
use crate::analysis::{Comparative, SetComparison, SignInDifference, SignInTurn};
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
    /// True when every box was asked for.
    pub is_all: bool,
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
    /// What becomes of it; nothing of somebody who is locked out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn: Option<SignInTurn>,
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

    /// The kinds of differences, each under its heading: together those of which the same is said.
    fn parts(&self) -> Vec<DifferencesOfAKind<'_>> {
        let found = &self.comparison;
        let mut parts: Vec<(String, Vec<&SignInDifference>, Code)> = Vec::new();
        let mut add = |heading: String, one, code| match parts.last_mut() {
            Some((last, list, _)) if *last == heading => list.push(one),
            _ => parts.push((heading, vec![one], code)),
        };
        let heading = |pass: &str, is_open, one: &SignInDifference| match (is_open, one.turn) {
            (true, _) => format!("May {}", pass.to_lowercase()),
            (false, Some(turn)) => format!("{pass}: {}", which(turn)),
            (false, None) => pass.to_owned(),
        };
        for one in &found.looser {
            let heading = heading("Pass more easily", found.looser_is_open, one);
            add(heading, one, Code::PassesMoreEasily);
        }
        for one in &found.locked_out {
            let heading = "Can no longer get in, whatever they do".to_owned();
            add(heading, one, Code::LockedOut);
        }
        for one in &found.stricter {
            let heading = heading("Pass less easily", found.stricter_is_open, one);
            add(heading, one, Code::PassesLessEasily);
        }
        let parts = parts.into_iter();
        parts
            .map(|(heading, list, code)| DifferencesOfAKind {
                heading,
                code,
                boxes: boxes::alike(list.into_iter(), |one| {
                    (boxes::all_get(&one.before), boxes::all_get(&one.after))
                }),
            })
            .collect()
    }

    /// Boxes in lines: how wide each is, a sign-in of the first, what that gets from each set, and
    /// the command.
    fn lines(&self, alike: &[&SignInDifference]) -> Option<BoxLines> {
        let one = alike.first()?;
        let wide = alike.iter().filter(|one| !one.widest.is_empty());
        Some(BoxLines {
            wide: wide.map(|one| boxes::widest(&one.widest, "")).collect(),
            example: boxes::example(&one.sign_in, &one.widest),
            before: visible(&boxes::all_get(&one.before), false),
            after: visible(&boxes::all_get(&one.after), false),
            replay: proof::replay(&self.command, &one.sign_in).filter(|_| one.replays),
        })
    }

    /// What lists every box, where it was not asked for.
    fn all_of_them(&self) -> &'static str {
        match self.is_all {
            true => "",
            false => ": `--all` lists them",
        }
    }

    /// What reviewers and pipelines are told.
    pub fn findings(&self) -> Vec<Finding> {
        let mut all = Vec::new();
        for part in self.parts() {
            for lines in part.boxes.iter().filter_map(|alike| self.lines(alike)) {
                let wide = lines.wide.iter().map(|wide| format!("{wide}; "));
                let message = format!(
                    "{}: {}{}; before: {}; after: {}",
                    part.heading.to_lowercase(),
                    wide.collect::<String>(),
                    lines.example,
                    lines.before,
                    lines.after
                );
                let code = part.code;
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

/// Boxes under a heading.
struct DifferencesOfAKind<'a> {
    heading: String,
    code: Code,
    boxes: Vec<Vec<&'a SignInDifference>>,
}

/// Of which of those that pass more or less easily a sign-in is, after a colon.
fn which(turn: SignInTurn) -> &'static str {
    match turn {
        SignInTurn::NothingAsked => "nothing is asked for",
        SignInTurn::Unblocked => "blocked no longer",
        SignInTurn::MfaLost => "with less authentication",
        SignInTurn::ControlLost => "without a control that was asked for",
        SignInTurn::SessionLost => "with a less strict session",
        SignInTurn::AskedMore => "asked for more",
        SignInTurn::Blocked => "blocked",
        SignInTurn::SessionGained => "with a stricter session",
    }
}

struct BoxLines {
    wide: Vec<String>,
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
    for part in run.parts() {
        let _ = writeln!(out, "\n{}", paint(BOLD, &part.heading));
        for lines in part.boxes.iter().filter_map(|alike| run.lines(alike)) {
            let mut mark = "-";
            for line in said_in_turn(&lines) {
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
        let _ = writeln!(out, "\nAnd at least 1 more{}.", run.all_of_them());
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
    for part in run.parts() {
        let _ = write!(out, "\n### {}\n", part.heading);
        let mut left = 0;
        for lines in part.boxes.iter().filter_map(|alike| run.lines(alike)) {
            let text = markdown_box(lines);
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
        let _ = write!(out, "\nAnd at least 1 more{}.\n", run.all_of_them());
    }
    for line in &found.assumptions {
        let _ = write!(out, "\nAssumed: {}\n", markdown_sentence(line));
    }
    out
}

/// The boxes of which the same is said, and the example.
fn said_in_turn(lines: &BoxLines) -> Vec<String> {
    let wide = lines.wide.iter().enumerate();
    let wide = wide.map(|(at, wide)| match at {
        0 => wide.clone(),
        _ => format!("or {wide}"),
    });
    wide.chain([lines.example.clone()]).collect()
}

fn markdown_box(lines: BoxLines) -> String {
    let mut out = String::new();
    let mut mark = "\n-";
    for line in said_in_turn(&lines) {
        let _ = writeln!(out, "{mark} {}", markdown_sentence(&line));
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
            turn: one.turn,
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
