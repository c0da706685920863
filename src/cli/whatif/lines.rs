//! Many sign-ins: one JSON object a line in, one answer a line out, in constant memory.

use std::io::{BufRead, BufReader, BufWriter, ErrorKind, Read, Write};
use std::path::Path;

use serde::Serialize;
use serde::de::{Error as _, IgnoredAny, Unexpected};

use super::super::Exit;
use super::super::console::Console;
use super::super::files::unreadable;
use super::super::session::Stopped;
use crate::claims::names::{NamesKnown, unknown};
use crate::disk;
use crate::finding::source::SourceFile;
use crate::finding::stream::utf8;
use crate::finding::{Code, Finding, Severity};
use crate::manifest::case;
use crate::render;
use crate::render::json::FindingOutput;
use crate::text::visible;
use crate::whatif::{CompiledPolicies, Judgement, Outcome, SignIn};

/// The longest line, in bytes. A sign-in has some hundreds.
const LONGEST: u64 = 1 << 20;

const A_LINE: &str = "write each sign-in on a line of its own (`jq -c . FILE` does that); for the one sign-in of a file use `--case FILE`";

/// How the lines are judged.
pub(super) struct Lines<'a> {
    /// The states: one, or before and after.
    pub(super) states: &'a [CompiledPolicies],
    /// What can be known of names.
    pub(super) known: NamesKnown,
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
    /// A line that is no sign-in.
    Refused {
        valid: bool,
        findings: Vec<FindingOutput>,
    },
}

/// A line, and where it stands.
struct Line<'a> {
    file: &'a str,
    number: usize,
    text: &'a [u8],
}

/// Lines that were refused.
#[derive(Default)]
struct Refused {
    lines: usize,
    /// What was wrong with the first.
    first: Option<Finding>,
}

/// Lines that a person names.
pub(super) struct Given {
    name: String,
    from: Box<dyn Read>,
}

impl Given {
    /// Opens a file, a pipe, or stdin (`-`).
    ///
    /// # Errors
    /// When it cannot be opened.
    pub(super) fn open(path: &Path) -> Result<Given, Stopped> {
        let name = path.display().to_string();
        let from: Box<dyn Read> = match name.as_str() {
            "-" => Box::new(std::io::stdin()),
            _ => {
                let file = disk::open_given(path);
                Box::new(file.map_err(|error| unreadable(&name, error))?)
            }
        };
        Ok(Given { name, from })
    }
}

/// Judges every line. One that is no sign-in is answered by what is wrong with it.
///
/// # Errors
/// When the lines cannot be read, or do not begin with JSON; nothing was answered then.
pub(super) fn run(given: Given, lines: &Lines<'_>, console: &Console) -> Result<Exit, Stopped> {
    let Given { name, from } = given;
    let text = utf8(from).map_err(|error| unreadable(&name, error))?;
    let mut reader = BufReader::with_capacity(1 << 16, text);
    let mut out = BufWriter::with_capacity(1 << 16, console.stream());
    let mut refused = Refused::default();
    let ended = all(&name, &mut reader, lines, &mut out, &mut refused);
    // What was answered so far is whole.
    let ended = ended.and(out.flush().map_err(cannot_write));
    if let Some(first) = refused.first {
        console.warn(&render::findings::findings(&[first]));
        let count = match refused.lines {
            1 => "1 line is not a sign-in".to_owned(),
            n => format!("{n} lines are not sign-ins; the first is above"),
        };
        console.warn(&format!(
            "{count}; the error is printed instead of the answer"
        ));
    }
    match ended {
        Err(Ended::Stopped(stopped)) => Err(stopped),
        Err(Ended::Broken(error)) => {
            console.warn(&format!("error: {}", visible(&format!("{error:#}"), true)));
            Ok(Exit::Error)
        }
        // A reader that went away (`| head`) has what it wanted.
        Ok(()) | Err(Ended::ReaderLeft) => Ok(match refused.lines {
            0 => Exit::Done,
            _ => Exit::Error,
        }),
    }
}

/// Why no more lines are judged.
enum Ended {
    ReaderLeft,
    /// Before the first answer.
    Stopped(Stopped),
    /// Behind some.
    Broken(anyhow::Error),
}

fn cannot_write(error: std::io::Error) -> Ended {
    match error.kind() {
        ErrorKind::BrokenPipe => Ended::ReaderLeft,
        _ => Ended::Broken(anyhow::Error::from(error).context("cannot write")),
    }
}

fn all<R: Read>(
    name: &str,
    reader: &mut BufReader<R>,
    lines: &Lines<'_>,
    out: &mut impl Write,
    refused: &mut Refused,
) -> Result<(), Ended> {
    let mut text = Vec::new();
    let mut judgement = Judgement::default();
    let mut answered = 0_usize;
    for number in 1_usize.. {
        // Whoever waits for the answers before writing more is not kept waiting.
        if reader.buffer().is_empty() {
            out.flush().map_err(cannot_write)?;
        }
        text.clear();
        let more = next_line(reader, &mut text).map_err(|error| match answered {
            0 => Ended::Stopped(unreadable(name, error)),
            _ => Ended::Broken(anyhow::Error::from(error).context(format!("cannot read `{name}`"))),
        })?;
        if !more {
            break;
        }
        if text.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let line = Line {
            file: name,
            number,
            text: text.trim_ascii_end(),
        };
        let answer = match line.sign_in() {
            Ok(sign_in) => lines.answer(&line, sign_in, &mut judgement),
            // It is another file than was thought.
            Err(NoSignIn::NoJson(finding)) if answered == 0 => {
                return Err(Ended::Stopped(Stopped::Findings(vec![
                    line.placed(finding),
                ])));
            }
            Err(NoSignIn::NoJson(finding)) => Err(vec![finding]),
            Err(NoSignIn::Other(findings)) => Err(findings),
        };
        let answer = answer.unwrap_or_else(|findings| {
            refused.lines += 1;
            let first = || line.placed(findings.first().cloned()?).into();
            refused.first = refused.first.take().or_else(first);
            line.refusal(&findings)
        });
        serde_json::to_writer(&mut *out, &answer)
            .map_err(std::io::Error::from)
            .and_then(|()| out.write_all(b"\n"))
            .map_err(cannot_write)?;
        answered += 1;
    }
    Ok(())
}

/// Reads a line, or more than the longest of it: then what is left of it is passed over.
/// False at the end.
fn next_line(reader: &mut impl BufRead, text: &mut Vec<u8>) -> std::io::Result<bool> {
    let line = reader.by_ref().take(LONGEST + 1);
    let read = { line }.read_until(b'\n', text)?;
    if read as u64 > LONGEST && !text.ends_with(b"\n") {
        reader.skip_until(b'\n')?;
    }
    Ok(read > 0)
}

/// Why a line is no sign-in.
enum NoSignIn {
    /// It is no JSON, or not all of it.
    NoJson(Finding),
    Other(Vec<Finding>),
}

fn wrong(message: impl Into<String>, help: &str) -> Finding {
    Finding::error(Code::SignInCase, message).help(help)
}

impl Line<'_> {
    fn sign_in(&self) -> Result<SignIn, NoSignIn> {
        if self.text.len() as u64 > LONGEST {
            let message = format!("the line is longer than {} MiB", LONGEST >> 20);
            return Err(NoSignIn::Other(vec![wrong(message, A_LINE)]));
        }
        let read = match self.text.trim_ascii_start().starts_with(b"[") {
            // A derive reads a list of members in their order.
            true => serde_json::from_slice(self.text).and_then(|_: Vec<IgnoredAny>| {
                Err(serde_json::Error::invalid_type(
                    Unexpected::Seq,
                    &"an object",
                ))
            }),
            false => serde_json::from_slice(self.text),
        };
        read.map_err(|error: serde_json::Error| {
            let text = error.to_string();
            let place = format!(" at line {} column {}", error.line(), error.column());
            let what = text.strip_suffix(&place).unwrap_or(&text);
            match error.classify() {
                serde_json::error::Category::Eof => NoSignIn::NoJson(wrong(
                    "the line is only part of a JSON document; each line must hold a whole one",
                    A_LINE,
                )),
                serde_json::error::Category::Data => {
                    let said = wrong(what, "docs/whatif.md lists the members of a sign-in");
                    NoSignIn::Other(self.faults(said))
                }
                _ => NoSignIn::NoJson(wrong(
                    format!("the line is not JSON: {what} (column {})", error.column()),
                    A_LINE,
                )),
            }
        })
    }

    /// The line as a file of its own, for what is said of such a file.
    fn as_file(&self) -> Option<std::sync::Arc<SourceFile>> {
        let text = std::str::from_utf8(self.text).ok()?;
        Some(SourceFile::new(self.file, self.file, text.to_owned()))
    }

    /// What is wrong with JSON that is no sign-in, in the words of `--case`; `otherwise` where
    /// nothing is found there.
    fn faults(&self, otherwise: Finding) -> Vec<Finding> {
        match self.text.trim_ascii_start().first() {
            Some(b'{') => {}
            Some(b'[') => {
                let message = "the line is a list, but a sign-in is an object";
                let help =
                    "write each of its entries on a line of its own (`jq -c '.[]' FILE` does that)";
                return vec![wrong(message, help)];
            }
            _ => {
                return vec![wrong(
                    "the line is not an object, but a sign-in is one",
                    A_LINE,
                )];
            }
        }
        let found = self.as_file().map(|file| case::read(&file));
        match found {
            Some(Err(findings)) => findings,
            _ => vec![otherwise],
        }
    }

    /// A finding that says in words where the line stands.
    fn placed(&self, mut finding: Finding) -> Finding {
        finding.message = format!("`{}`, line {}: {}", self.file, self.number, finding.message);
        finding.place = None;
        finding
    }

    fn refusal(&self, findings: &[Finding]) -> Answer {
        let findings = findings.iter().map(|finding| FindingOutput {
            file: Some(self.file.to_owned()),
            line: Some(self.number),
            ..render::json::finding(finding)
        });
        Answer::Refused {
            valid: false,
            findings: findings.collect(),
        }
    }
}

impl Lines<'_> {
    fn answer(
        &self,
        line: &Line<'_>,
        sign_in: SignIn,
        judgement: &mut Judgement,
    ) -> Result<Answer, Vec<Finding>> {
        // Faults stand where they do in the line.
        let at = |found: Vec<(String, Finding)>| -> Vec<Finding> {
            let document = line.as_file().and_then(|file| case::document(&file));
            let placed = found.into_iter().map(|(pointer, finding)| match &document {
                Some(document) => finding.at(document.place(&pointer)),
                None => finding,
            });
            placed.collect()
        };
        let refused: Vec<_> = (unknown(self.states, &sign_in, self.known).into_iter())
            .filter(|one| one.severity == Severity::Error)
            .map(|one| (one.fault.pointer.clone(), one.finding()))
            .collect();
        if !refused.is_empty() {
            return Err(at(refused));
        }
        let sign_in = match self.states.first() {
            Some(first) if self.assume_defaults => first.complete(sign_in),
            _ => sign_in,
        };
        let mut outcomes = Vec::with_capacity(self.states.len());
        for policies in self.states {
            let prepared = policies.prepare(&sign_in).map_err(|faults| {
                let faults = faults.into_iter();
                at(faults
                    .map(|fault| (fault.pointer, wrong(fault.message, &fault.help)))
                    .collect())
            })?;
            policies.judge_into(&prepared, judgement);
            let mut outcome = policies.explain(&prepared, judgement);
            if !self.all {
                outcome.policies.retain(|one| one.applies != Some(false));
            }
            outcomes.push(Box::new(outcome));
        }
        let mut outcomes = outcomes.into_iter();
        match (outcomes.next(), outcomes.next()) {
            (Some(before), Some(after)) => Ok(Answer::Both { before, after }),
            (Some(only), None) => Ok(Answer::One(only)),
            (None, _) => Err(Vec::new()),
        }
    }
}
