//! `gatewright explain`

use clap::Args;
use clap::builder::{PossibleValue, TypedValueParser};

use super::console::Console;
use super::{Exit, Format};
use crate::finding::did_you_mean;
use crate::finding::registry::{Table, find, ids};
use crate::render::{json, rules};

/// Explain a rule, a guard or the code of a finding
///
/// Every finding names its code, and the rule or guard behind it. The same text is in docs/rules/.
/// Without an argument, all of them are listed.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// An id, such as CA-R80, no-exclusions, budget or bad-value; or as a finding shows it, such as
    /// bad-value/CA-R05
    #[arg(value_name = "CODE", value_parser = KnownId, hide_possible_values = true)]
    pub code: Option<String>,
}

/// Takes the ids of the registry.
#[derive(Debug, Clone)]
struct KnownId;

impl TypedValueParser for KnownId {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        _: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<String, clap::Error> {
        let text = value.to_string_lossy();
        if !find(&text).is_empty() {
            return Ok(text.into_owned());
        }
        let last = text.rsplit(['/', ':']).next().unwrap_or_default().trim();
        let help = did_you_mean(last, ids()).map_or_else(
            || "`gatewright explain` lists all".to_owned(),
            |meant| format!("did you mean `{meant}`? `gatewright explain` lists all"),
        );
        Err(clap::Error::raw(
            clap::error::ErrorKind::InvalidValue,
            format!(
                "`{}` is not a rule, guard or code\n\nhelp: {help}\n",
                text.escape_debug()
            ),
        )
        .with_cmd(command))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(ids().map(PossibleValue::new)))
    }
}

/// Runs the command.
pub fn run(args: &ExplainArgs, console: &Console) -> Exit {
    let found = match &args.code {
        Some(code) => find(code),
        None => (Table::ALL.into_iter())
            .flat_map(|table| table.rows().into_iter().map(move |row| (table, row)))
            .collect(),
    };
    match (console.format, &args.code) {
        (Format::Json, _) => console.result(&json::text(&rules::json(&found))),
        (_, None) => console.result(&rules::list()),
        (_, Some(_)) => {
            let pages = found.iter().map(|(table, row)| match console.width() {
                Some(width) if console.format == Format::Human => rules::human(*table, row, width),
                _ => rules::page(*table, row),
            });
            let pages: Vec<String> = pages.collect();
            console.verbatim(&pages.join("\n"));
        }
    }
    Exit::Done
}
