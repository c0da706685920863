//! Many sign-ins: one JSON object a line in, one answer a line out, in constant memory.

use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;

use anyhow::Context;
use serde::Serialize;

use super::super::console::Console;
use super::super::session::Stopped;
use crate::claims::names::unknown;
use crate::finding::{Code, Finding, Severity};
use crate::whatif::{CompiledPolicies, Judgement, Outcome, SignIn};

/// The longest line, in bytes. A sign-in has some hundreds.
const LONGEST: u64 = 1 << 20;

/// How the lines are judged.
pub(super) struct Lines<'a> {
    /// The states: one, or before and after.
    pub(super) states: &'a [CompiledPolicies],
    /// Everything that can be named is known.
    pub(super) all_known: bool,
    /// What is left out is filled with the ordinary.
    pub(super) assume_defaults: bool,
    /// Policies that do not apply are listed, too.
    pub(super) all: bool,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    One(Box<Outcome>),
    Both {
        before: Box<Outcome>,
        after: Box<Outcome>,
    },
}

/// Judges every line of a file.
///
/// # Errors
/// A line that is no sign-in, by its number; nothing after it is judged.
pub(super) fn run(path: &Path, lines: &Lines<'_>, console: &Console) -> Result<(), Stopped> {
    let name = path.display().to_string();
    let file: Box<dyn Read> = match name.as_str() {
        "-" => Box::new(std::io::stdin()),
        _ => Box::new(crate::disk::open(path).with_context(|| format!("cannot read `{name}`"))?),
    };
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let mut out = BufWriter::with_capacity(1 << 16, console.stream());
    let mut text = Vec::new();
    let mut judgement = Judgement::default();
    for number in 1_usize.. {
        text.clear();
        let read = reader.by_ref().take(LONGEST).read_until(b'\n', &mut text);
        if read.with_context(|| format!("cannot read `{name}`"))? == 0 {
            break;
        }
        if text.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let answer = lines.answer(&text, &mut judgement).map_err(|findings| {
            let findings = findings.into_iter().map(|mut finding| {
                finding.message = format!("`{name}`, line {number}: {}", finding.message);
                finding
            });
            // What was answered so far is whole.
            let _ = out.flush();
            Stopped::Findings(findings.collect())
        })?;
        let written = serde_json::to_writer(&mut out, &answer)
            .map_err(std::io::Error::from)
            .and_then(|()| out.write_all(b"\n"));
        match written {
            Ok(()) => {}
            // A reader that went away (`| head`).
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(()),
            Err(error) => return Err(anyhow::Error::from(error).context("cannot write").into()),
        }
    }
    match out.flush() {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(anyhow::Error::from(error).context("cannot write").into())
        }
        _ => Ok(()),
    }
}

impl Lines<'_> {
    fn answer(&self, text: &[u8], judgement: &mut Judgement) -> Result<Answer, Vec<Finding>> {
        let sign_in: SignIn = serde_json::from_slice(text).map_err(|error| {
            let finding = Finding::error(Code::SignInCase, error.to_string());
            vec![finding.help("write one JSON object a line; docs/whatif.md lists its members")]
        })?;
        let mut outcomes = Vec::with_capacity(self.states.len());
        for policies in self.states {
            let unknown = unknown(policies, &sign_in, self.all_known);
            let refused: Vec<Finding> = (unknown.iter())
                .filter(|one| one.severity == Severity::Error)
                .map(|one| one.finding())
                .collect();
            if !refused.is_empty() {
                return Err(refused);
            }
            let completed = self
                .assume_defaults
                .then(|| policies.complete(sign_in.clone()));
            let prepared = policies
                .prepare(completed.as_ref().unwrap_or(&sign_in))
                .map_err(|faults| {
                    let faults = faults.into_iter().map(|fault| {
                        Finding::error(Code::SignInCase, fault.message).help(fault.help)
                    });
                    faults.collect::<Vec<_>>()
                })?;
            policies.judge_into(&prepared, judgement);
            let mut outcome = policies.explain(&prepared, judgement);
            if !self.all {
                outcome
                    .policies
                    .retain(|policy| policy.applies != Some(false));
            }
            outcomes.push(Box::new(outcome));
        }
        let mut outcomes = outcomes.into_iter();
        match (outcomes.next(), outcomes.next()) {
            (Some(before), Some(after)) => Ok(Answer::Both { before, after }),
            (Some(one), None) => Ok(Answer::One(one)),
            (None, _) => Err(Vec::new()),
        }
    }
}
