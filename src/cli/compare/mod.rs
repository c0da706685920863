//! `gatewright compare`

pub(super) mod sides;

use clap::Args;

use self::sides::SideSource;
use super::console::Console;
use super::judged::project_flags;
use super::session::Stopped;
use super::{Common, Exit, Format};
use crate::analysis::{self, CompareScope};
use crate::finding::{Code, Finding, SourceFile};
use crate::manifest::case;
use crate::render;
use crate::render::compare::CompareRun;
use crate::render::whatif::{StateAnswer, WhatifAnswer};
use crate::text::{shell_word, visible};
use crate::whatif::PolicySet;

/// How many boxes `--all` lists.
const ALL: usize = 500;

/// Compare what two sets of policies do to sign-ins
///
/// Compares every sign-in that can exist: either no sign-in passes more easily under the second
/// set, which is proved, or those that do are shown, each with an example. A set is a project's
/// folder (relative to `-C`), `git:REVISION` of this project, `plan:FILE` (the tenant after a saved
/// plan) or `live:TENANT`. Folders and revisions need no tenant and no credential. docs/proofs.md
/// says what a proof covers.
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// The set before
    #[arg(value_name = "BEFORE")]
    before: SideSource,
    /// The set after
    #[arg(value_name = "AFTER")]
    after: SideSource,
    /// Judge only this sign-in by both sets, as JSON that a comparison printed
    #[arg(long, value_name = "JSON")]
    pub sign_in: Option<String>,
    /// List every box of sign-ins, not only the first of each kind (at most 500)
    #[arg(long, conflicts_with = "sign_in")]
    pub all: bool,
    /// Exit with 2 if a sign-in passes more easily, or may (looser, both or open)
    #[arg(long)]
    pub detailed_exitcode: bool,
}

/// Runs the command.
///
/// # Errors
/// See [`Stopped`].
pub async fn run(args: &CompareArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    let sources = [&args.before, &args.after];
    let named = match &common.tenant {
        Some(tenant) => Some(tenant.clone()),
        // A tenant that one side names is the one that a project on the other side is read for.
        None => match args.before.tenant()? {
            Some(name) => Some(name),
            None => args.after.tenant()?,
        },
    };
    let mut sets = Vec::new();
    for source in sources {
        sets.push(source.open(named.as_deref(), common, console).await?);
    }
    let [before, after] = sets.as_slice() else {
        return Ok(Exit::Error);
    };
    if let Some(text) = &args.sign_in {
        return one_sign_in(text, args, [before, after], console);
    }
    let sides = sources.map(SideSource::name);
    let [one, other] = sides.each_ref().map(|side| {
        let side = visible(side, false);
        shell_word(&side).into_owned()
    });
    let [before_name, after_name] = sides;
    let mut scope = CompareScope::default();
    if args.all {
        scope.most = ALL;
    }
    let run = CompareRun {
        before: before_name,
        after: after_name,
        comparison: analysis::compare_within(before, after, &scope),
        is_all: args.all,
        command: format!("gatewright compare{} {one} {other}", project_flags(common)),
    };
    match console.format {
        Format::Human | Format::Csv | Format::Html | Format::Dot | Format::Mermaid => {
            console.result(&render::compare::human(&run))
        }
        Format::Json => console.result(&render::json::text(&render::compare::json(&run))),
        Format::Markdown => {
            console.result(&render::compare::markdown(&run, &console.about()));
        }
        Format::Sarif | Format::Github | Format::Junit => {
            console.remarks("Comparison", &render::review::remarks(&run.findings()));
        }
    }
    Ok(match args.detailed_exitcode && run.comparison.eases {
        true => Exit::Pending,
        false => Exit::Done,
    })
}

/// What one sign-in gets from both sets.
fn one_sign_in(
    text: &str,
    args: &CompareArgs,
    sets: [&PolicySet; 2],
    console: &Console,
) -> Result<Exit, Stopped> {
    let given = SourceFile::new("--sign-in", "--sign-in", text.to_owned());
    let sign_in = case::read(&given).map_err(Stopped::Findings)?.sign_in;
    let mut answers = Vec::new();
    for (set, source) in sets.into_iter().zip([&args.before, &args.after]) {
        let outcome = set.compiled().outcome(&sign_in).map_err(|faults| {
            let faults = faults
                .into_iter()
                .map(|fault| Finding::error(Code::SignInCase, fault.message).help(fault.help));
            Stopped::Findings(faults.collect())
        })?;
        answers.push(StateAnswer {
            title: source.name(),
            outcome,
        });
    }
    let shown = WhatifAnswer {
        sign_in: &sign_in,
        answers: &answers,
        online: None,
        all: false,
    };
    match console.format {
        Format::Human | Format::Csv | Format::Html | Format::Dot | Format::Mermaid => {
            console.result(&render::whatif::human::answer(&shown))
        }
        Format::Json => {
            console.result(&render::json::text(&render::whatif::json::answer(&shown)));
        }
        Format::Markdown => console.result(&render::whatif::markdown::answer(&shown)),
        other => {
            let message = format!(
                "a single sign-in has no result in the format `{}`",
                other.as_str()
            );
            let finding = Finding::error(Code::SignInCase, message);
            return Err(Stopped::Findings(vec![
                finding.help("use `human`, `json` or `markdown`"),
            ]));
        }
    }
    Ok(Exit::Done)
}
