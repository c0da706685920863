//! `gatewright whatif`

pub mod flags;
mod lines;

use std::path::{Path, PathBuf};

use clap::Args;

use self::flags::SignInFlags;
use super::console::Console;
use super::files::unreadable;
use super::judged::{self, AskedOf, From};
use super::session::Stopped;
use super::{Common, Exit, Format};
use crate::claims::names::{self, NamesKnown};
use crate::disk;
use crate::finding::source::{Place, SourceFile, decode};
use crate::finding::{self, Code, Finding};
use crate::manifest::case;
use crate::manifest::yaml::Document;
use crate::render;
use crate::render::whatif::{StateAnswer, WhatifAnswer};
use crate::whatif::{CompiledPolicies, SignIn};

/// Say what the policies do with a sign-in, and why
///
/// Describe the sign-in by flags, by a file, or by both: a flag overrides the file. It is judged by
/// the project's manifests, without any tenant; by the tenant's policies (`--live`), or by those
/// after a plan (`--plan`). What is left out is unknown: where it matters, the answer is that it
/// depends, and on what. docs/whatif.md says what is judged.
#[derive(Debug, Args)]
pub struct WhatifArgs {
    /// Also ask Graph's own `evaluate`, and show where the two differ
    #[arg(long, requires = "live")]
    pub online: bool,
    /// Also list all policies that do not apply
    #[arg(long)]
    pub all: bool,
    /// The sign-in
    #[command(flatten)]
    pub flags: SignInFlags,
    /// Read the sign-in from FILE, as YAML or JSON; `-` is stdin
    #[arg(long, value_name = "FILE", conflicts_with_all = ["sign_ins", "scenario"])]
    pub case: Option<PathBuf>,
    /// The sign-in as JSON, as answers and counterexamples print it
    #[arg(long, value_name = "JSON", conflicts_with_all = ["case", "sign_ins", "scenario"])]
    pub sign_in: Option<String>,
    /// Use the sign-in of the scenario with this name
    #[arg(long, value_name = "NAME")]
    pub scenario: Option<String>,
    /// Judge many sign-ins: one JSON object per line in FILE (`-` is stdin); one answer per line,
    /// in the same order
    #[arg(long, value_name = "FILE", conflicts_with_all = ["scenario", "online"])]
    pub sign_ins: Option<PathBuf>,
    /// Fill what is left out with ordinary values: a member in no group, a browser on Windows, no
    /// risk, an unregistered device, an address in no named location
    #[arg(long)]
    pub assume_defaults: bool,
    /// Which policies to judge by
    #[command(flatten)]
    pub from: From,
}

/// Runs the command.
///
/// # Errors
/// See [`Stopped`].
pub async fn run(args: &WhatifArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    if let Some(path) = &args.sign_ins {
        return many(path, args, common, console).await;
    }
    let given = match (&args.case, &args.sign_in) {
        (Some(path), _) => Some(case::read(&read(path)?).map_err(Stopped::Findings)?),
        (None, Some(text)) => {
            let text = SourceFile::new("--sign-in", "--sign-in", text.clone());
            Some(case::read(&text).map_err(Stopped::Findings)?)
        }
        (None, None) => None,
    };
    let base = given.as_ref().map(|case| case.sign_in.clone());
    let sign_in = args
        .flags
        .over(base.unwrap_or_default())
        .map_err(Stopped::Findings)?;
    if sign_in == SignIn::default() && args.scenario.is_none() {
        return Err(refuse(
            "the sign-in is not described".to_owned(),
            "say who opens what, such as `--user ada@contoso.com --app \"SharePoint Online\"`; `gatewright whatif --help` lists the flags",
        ));
    }
    let mut assume_defaults = args.assume_defaults;
    let (judged, stated) = match &args.scenario {
        None => {
            let judged =
                judged::open(&args.from, common, console, AskedOf::SignIn(&sign_in)).await?;
            (judged, sign_in)
        }
        Some(name) => {
            let scenario = judged::scenario(common, console, name)?;
            assume_defaults |= scenario.assume_defaults;
            let base = scenario.sign_in;
            let sign_in = args.flags.over(base).map_err(Stopped::Findings)?;
            let judged =
                judged::open(&args.from, common, console, AskedOf::SignIn(&sign_in)).await?;
            (judged, sign_in)
        }
    };
    let document = given.as_ref().map(|case| &case.document);
    let states: Vec<CompiledPolicies> =
        judged.states.iter().map(|one| one.set.compiled()).collect();
    let sign_in = match states.first() {
        Some(first) if assume_defaults => first.complete(stated.clone()),
        _ => stated.clone(),
    };
    // What was filled in is what was read, and may have no name.
    let mut notes: Vec<Finding> = names::unknown(&states, &stated, judged.known)
        .iter()
        .map(|one| at(one.finding(), document, &one.fault.pointer))
        .collect();
    let mut answers = Vec::new();
    for (state, policies) in judged.states.iter().zip(&states) {
        let outcome = policies.outcome(&sign_in).map_err(|faults| {
            let faults = faults.into_iter().map(|fault| {
                let finding = Finding::error(Code::SignInCase, fault.message).help(fault.help);
                at(finding, document, &fault.pointer)
            });
            Stopped::Findings(faults.collect())
        })?;
        answers.push(StateAnswer {
            title: state.title.clone(),
            outcome,
        });
    }
    finding::tidy(&mut notes);
    if finding::has_errors(&notes) {
        return Err(Stopped::Findings(notes));
    }
    if !notes.is_empty() {
        console.note(&render::findings::findings(&notes));
    }
    let online = match (answers.first(), states.first()) {
        (Some(answer), Some(policies)) if args.online => {
            // The service knows by itself what was read of the user.
            let mut asked = sign_in.clone();
            if let (Some(user), Some(said)) = (&mut asked.user, &stated.user) {
                user.member_of.clone_from(&said.member_of);
                user.roles.clone_from(&said.roles);
            }
            Some(judged.ask_online(&asked, policies, answer).await?)
        }
        _ => None,
    };
    let shown = WhatifAnswer {
        sign_in: &sign_in,
        answers: &answers,
        online: online.as_ref(),
        all: args.all,
    };
    console.result(&match console.format {
        Format::Json => render::json::text(&render::whatif::json::answer(&shown)),
        Format::Markdown => render::whatif::markdown::answer(&shown),
        _ => render::whatif::human::answer(&shown),
    });
    Ok(Exit::Done)
}

/// Answers a line for each line.
async fn many(
    path: &Path,
    args: &WhatifArgs,
    common: &Common,
    console: &Console,
) -> Result<Exit, Stopped> {
    let flags = args.flags.over(SignIn::default());
    if flags.map_err(Stopped::Findings)? != SignIn::default() {
        return Err(refuse(
            "flags describe one sign-in, and `--sign-ins` names many".to_owned(),
            "put what they say in each line",
        ));
    }
    if console.format == Format::Markdown {
        return Err(refuse(
            "results for many sign-ins have no format `markdown`".to_owned(),
            "use `--format json`: one answer per line",
        ));
    }
    // What is not there is told before a tenant is asked.
    let given = lines::Given::open(path)?;
    let judged = judged::open(&args.from, common, console, AskedOf::Lines).await?;
    let states: Vec<_> = judged.states.iter().map(|one| one.set.compiled()).collect();
    let lines = lines::Lines {
        states: &states,
        known: match judged.known {
            // Nothing is looked up for a line: what it names may be there all the same.
            NamesKnown::InTenant => NamesKnown::Unread,
            known => known,
        },
        assume_defaults: args.assume_defaults,
        all: args.all,
    };
    lines::run(given, &lines, console)
}

fn refuse(message: String, help: &str) -> Stopped {
    Stopped::Findings(vec![Finding::error(Code::SignInCase, message).help(help)])
}

fn at(finding: Finding, document: Option<&Document>, pointer: &str) -> Finding {
    match document {
        // What a flag said stands in no file.
        Some(document) if document.value.pointer(pointer).is_some() => {
            finding.at(document.place(pointer))
        }
        _ => finding,
    }
}

/// Reads a file that a person named, or stdin.
fn read(path: &Path) -> Result<std::sync::Arc<SourceFile>, Stopped> {
    let name = path.display().to_string();
    let bytes = match name.as_str() {
        "-" => disk::bounded(std::io::stdin(), finding::MAX_FILE_BYTES),
        _ => disk::open_given(path).and_then(|file| disk::bounded(file, finding::MAX_FILE_BYTES)),
    };
    let bytes = bytes.map_err(|error| unreadable(&name, error))?;
    decode(&bytes)
        .map(|text| SourceFile::new(name.clone(), path, text))
        .map_err(|problem| {
            let empty = SourceFile::new(name.clone(), path, String::new());
            let finding = Finding::error(Code::Encoding, format!("`{name}` {problem}"));
            let finding = finding.at(Place::new(&empty, 0..0));
            Stopped::Findings(vec![finding.help("save the file as UTF-8")])
        })
}
