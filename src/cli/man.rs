//! `gatewright man`: the manual pages, made from the command line itself and its examples.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, italic, roman};
use jiff::civil::Date;

use super::command::command;
use super::console::Console;
use super::examples::EXAMPLES;
use super::session::Stopped;
use super::{EXIT_CODES, Exit};
use crate::disk;
use crate::finding::did_you_mean;

/// Print a manual page, or write all of them
///
/// The page of `gatewright`, or of the command that is named. Packages install all of them, as
/// gatewright(1), gatewright-plan(1) and so on.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// The command, such as `plan` or `risk users` [default: the page that lists all pages]
    #[arg(value_name = "COMMAND")]
    pub path: Vec<String>,
    /// Write all pages to DIR instead
    #[arg(long, value_name = "DIR", conflicts_with = "path")]
    pub out: Option<PathBuf>,
    /// Date on the pages, such as that of the commit: the same program writes the same pages
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
    pub date: Option<Date>,
}

fn date(text: &str) -> Result<Date, String> {
    text.parse()
        .map_err(|_| "a date is written as 2026-11-27".to_owned())
}

/// A name, and what is said about it.
type Row = (&'static str, &'static str);

const ENVIRONMENT: &[Row] = &[
    (
        "AZURE_TENANT_ID",
        "The tenant that the environment signs in to; it has to be the tenantId of the tenant.",
    ),
    (
        "AZURE_CLIENT_ID",
        "The application that signs in, unless gatewright.yaml names one.",
    ),
    (
        "AZURE_CLIENT_SECRET",
        "Its secret. Of the ways to sign in that the environment offers, the first in this order is used.",
    ),
    (
        "AZURE_CLIENT_CERTIFICATE_PATH",
        "A PEM file with its certificate and private key.",
    ),
    (
        "AZURE_CLIENT_CERTIFICATE",
        "The certificate and private key themselves, as PEM text.",
    ),
    (
        "AZURE_FEDERATED_TOKEN_FILE",
        "A file with a token that the application trusts: workload identity federation.",
    ),
    (
        "ACTIONS_ID_TOKEN_REQUEST_URL",
        "With ACTIONS_ID_TOKEN_REQUEST_TOKEN: the same in GitHub Actions.",
    ),
    (
        "SYSTEM_OIDCREQUESTURI",
        "With SYSTEM_ACCESSTOKEN and AZURE_SERVICE_CONNECTION_ID: the same in Azure Pipelines.",
    ),
    (
        "IDENTITY_ENDPOINT",
        "With IDENTITY_HEADER: the managed identity of a service of Azure.",
    ),
    (
        "GATEWRIGHT_ALLOW_HOSTS",
        "Hosts, separated by commas, that may get a token although they are not Microsoft's.",
    ),
    (
        "GATEWRIGHT_PAGER",
        "The program that shows long results on a terminal; else PAGER, else less. With cat, or in CI, none does.",
    ),
    (
        "HTTPS_PROXY",
        "The proxy on the way to the tenant; NO_PROXY lists hosts that are reached without it.",
    ),
    (
        "SSL_CERT_FILE",
        "A PEM file with the authorities to trust, in the place of the system's.",
    ),
    ("NO_COLOR", "If set, there are no colours."),
];

const FILES: &[Row] = &[
    (
        "gatewright.yaml",
        "The project: its tenants, its variables, and what may be deleted.",
    ),
    (
        "guards.yaml",
        "The break-glass accounts, and what no plan may do.",
    ),
    (
        "policies/",
        "The manifests, in any number of files and folders.",
    ),
    (
        ".gatewright/runs/",
        "The journal of each run. gatewright rollback needs it.",
    ),
    (".gatewright/sandbox.json", "The embedded tenant."),
];

/// Runs the command.
///
/// # Errors
/// When there is no such command, or a page cannot be written.
pub fn run(args: &ManArgs, console: &Console) -> Result<Exit, Stopped> {
    let mut pages = Vec::new();
    let mut root = command().disable_help_subcommand(true);
    root.build();
    add(&mut pages, &root, &mut Vec::new(), args.date);
    let Some(folder) = &args.out else {
        let name = file(&words(&args.path));
        let page = pages.iter().find(|(known, _)| *known == name);
        let (_, page) = page.ok_or_else(|| Stopped::Usage(no_page(&args.path, &pages)))?;
        console.verbatim(page);
        return Ok(Exit::Done);
    };
    disk::folder(folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
    for (name, page) in pages {
        let path = folder.join(name);
        disk::put(&path, page.as_bytes(), disk::Put::Over)
            .with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    Ok(Exit::Done)
}

/// Says that there is no such command, and which one may be meant.
fn no_page(given: &[String], pages: &[(String, String)]) -> String {
    let given = words(given).join(" ");
    let commands = pages.iter().filter_map(|(name, _)| {
        let command = name.strip_suffix(".1")?.strip_prefix("gatewright-")?;
        Some(command.replace('-', " "))
    });
    let commands: Vec<String> = commands.collect();
    let near = did_you_mean(&given, commands.iter().map(String::as_str));
    let way = near.map_or_else(
        || "`gatewright --help` lists the commands".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    format!("there is no command `{given}`: {way}")
}

/// The words of a command, written as words or as the name of its page.
fn words(given: &[String]) -> Vec<&str> {
    let parts = given.iter().flat_map(|part| part.split([' ', '-']));
    let mut parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    if parts.first() == Some(&"gatewright") {
        parts.remove(0);
    }
    parts
}

/// The name of a page, as `man` takes it.
fn title<T: AsRef<str>>(path: &[T]) -> String {
    let words = path.iter().map(AsRef::as_ref);
    let words: Vec<&str> = std::iter::once("gatewright").chain(words).collect();
    words.join("-")
}

fn file<T: AsRef<str>>(path: &[T]) -> String {
    format!("{}.1", title(path))
}

/// Adds the page of a command, and those of the commands below it.
fn add(
    pages: &mut Vec<(String, String)>,
    command: &clap::Command,
    path: &mut Vec<String>,
    date: Option<Date>,
) {
    pages.push((file(path), page(command, path, date)));
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        path.push(sub.get_name().to_owned());
        add(pages, sub, path, date);
        path.pop();
    }
}

fn page(command: &clap::Command, path: &[String], date: Option<Date>) -> String {
    // The options are listed below.
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").trim().to_owned();
    let has_commands = command.get_subcommands().any(|sub| !sub.is_hide_set());
    let man = Man::new(command.clone().override_usage(usage))
        .title(title(path).to_uppercase())
        .date(date.map_or_else(String::new, |date| date.to_string()))
        .source(format!("gatewright {}", env!("CARGO_PKG_VERSION")))
        .manual("gatewright manual");
    let mut out = Vec::new();
    // A Vec takes everything.
    let _ = man.render_title(&mut out);
    let _ = man.render_name_section(&mut out);
    let _ = man.render_synopsis_section(&mut out);
    let _ = man.render_description_section(&mut out);
    let _ = man.render_options_section(&mut out);
    if has_commands {
        let _ = man.render_subcommands_section(&mut out);
    }
    let mut more = Roff::new();
    more.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in EXIT_CODES {
        more.control("TP", []);
        more.text([bold((*code as u8).to_string())]);
        more.text([roman(*meaning)]);
    }
    if path.is_empty() {
        rows(&mut more, "ENVIRONMENT", ENVIRONMENT);
        rows(&mut more, "FILES", FILES);
    } else {
        for section in ["ENVIRONMENT", "FILES"] {
            more.control("SH", [section]);
            more.text([bold("gatewright"), roman("(1) lists them.")]);
        }
    }
    let name = path.join(" ");
    let examples = EXAMPLES.iter().find(|(of, _)| *of == name);
    let examples = examples.map_or(&[][..], |(_, examples)| *examples);
    more.control("SH", ["EXAMPLES"]);
    for (what, line) in examples {
        more.control("TP", []);
        more.text([roman(format!("{what}:"))]);
        more.text([bold(*line)]);
    }
    more.control("SH", ["SEE ALSO"]);
    let also = also(command, path, examples);
    for (number, name) in also.iter().enumerate() {
        let end = if number + 1 == also.len() { "" } else { "," };
        more.text([bold(name.as_str()), roman(format!("(1){end}"))]);
    }
    let _ = more.to_writer(&mut out);
    tidied(&String::from_utf8_lossy(&out))
}

/// What clap_mangen writes, without what readers of manual pages warn of, and with dense lists of
/// values.
fn tidied(page: &str) -> String {
    // What each part begins with is needed once.
    let before = page.split(".TH").next().unwrap_or_default();
    let text = page.replace("\n.br\n\n.br\n", "\n.br\n");
    // A page without a date keeps its place: the version would move there.
    let text = text.replacen(" 1  \"gatewright", " 1 \"\" \"gatewright", 1);
    let text = text.replace(before, "");
    let mut dense = false;
    let mut out = before.to_owned();
    for line in text.lines().map(str::trim_end) {
        match line {
            ".RS 14" => out.push_str(".RS\n.PD 0\n"),
            ".RE" if dense => out.push_str(".PD\n.RE\n"),
            _ => {
                out.push_str(line);
                out.push('\n');
            }
        }
        dense = line == ".RS 14" || (dense && line != ".RE");
    }
    out
}

fn rows(page: &mut Roff, section: &str, rows: &[Row]) {
    page.control("SH", [section]);
    for (name, meaning) in rows {
        page.control("TP", []);
        page.text([italic(*name)]);
        page.text([roman(*meaning)]);
    }
}

/// Other pages: of the command above, those below, and those in the examples.
fn also(command: &clap::Command, path: &[String], examples: &[Row]) -> Vec<String> {
    let above = (0..path.len()).map(|end| title(path.get(..end).unwrap_or_default()));
    let mut below = Vec::new();
    all_below(command, &title(path), path.is_empty(), &mut below);
    let lines = examples
        .iter()
        .flat_map(|(_, line)| line.split("gatewright "));
    let root = super::command::command();
    let named = lines.filter_map(|line| {
        let word = line.split_whitespace().next()?;
        root.find_subcommand(word).map(|_| title(&[word]))
    });
    let mut found: Vec<String> = above.collect();
    let mut more: Vec<String> = below.into_iter().chain(named).collect();
    more.sort();
    more.dedup();
    more.retain(|name| *name != title(path) && !found.contains(name));
    found.extend(more);
    found
}

/// The pages of the commands below one; with `deep` also of those further down.
fn all_below(command: &clap::Command, title: &str, deep: bool, found: &mut Vec<String>) {
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        let name = format!("{title}-{}", sub.get_name());
        if deep {
            all_below(sub, &name, deep, found);
        }
        found.push(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_with_all_sections() {
        let mut pages = Vec::new();
        let mut root = command().disable_help_subcommand(true);
        root.build();
        let date = Some(Date::constant(2026, 11, 27));
        add(&mut pages, &root, &mut Vec::new(), date);
        assert_eq!(pages.len(), EXAMPLES.len());
        for (name, page) in &pages {
            let sections: Vec<&str> = page
                .lines()
                .filter_map(|line| line.strip_prefix(".SH "))
                .map(|name| name.trim_matches('"'))
                .collect();
            for wanted in [
                "NAME",
                "SYNOPSIS",
                "DESCRIPTION",
                "OPTIONS",
                "EXIT STATUS",
                "ENVIRONMENT",
                "FILES",
                "EXAMPLES",
                "SEE ALSO",
            ] {
                assert!(sections.contains(&wanted), "{name}: {wanted}: {sections:?}");
            }
            assert!(page.contains("2026\\-11\\-27") || page.contains("2026-11-27"));
        }
        // `man gatewright-risk-users`
        assert!(
            pages
                .iter()
                .any(|(name, _)| name == "gatewright-risk-users.1")
        );
    }

    /// `.TH` takes title, section, date, source and manual, in this order.
    #[test]
    fn a_page_without_a_date_says_the_version_in_its_place() {
        let page = page(&command(), &["plan".to_owned()], None);
        let head = page.lines().find(|line| line.starts_with(".TH ")).unwrap();
        let version = env!("CARGO_PKG_VERSION");
        let wanted = format!("1 \"\" \"gatewright {version}\" \"gatewright manual\"");
        assert!(head.replace('\\', "").ends_with(&wanted), "{head}");
    }

    #[test]
    fn a_page_is_named_as_its_command_or_as_man_names_it() {
        for given in [
            &["risk", "users"][..],
            &["risk users"],
            &["gatewright-risk-users"],
        ] {
            let given: Vec<String> = given.iter().map(|&word| word.to_owned()).collect();
            assert_eq!(words(&given), ["risk", "users"]);
        }
        assert!(words(&["gatewright".to_owned()]).is_empty());
    }

    #[test]
    fn a_mistyped_command_is_told_which_one_may_be_meant() {
        let mut pages = Vec::new();
        let mut root = command().disable_help_subcommand(true);
        root.build();
        add(&mut pages, &root, &mut Vec::new(), None);
        let told = |given: &str| no_page(&[given.to_owned()], &pages);
        assert_eq!(
            told("plann"),
            "there is no command `plann`: did you mean `plan`?"
        );
        assert!(told("risk-user").ends_with("did you mean `risk users`?"));
        assert!(told("qqq").ends_with("lists the commands"));
    }

    #[test]
    fn the_page_of_the_program_lists_every_other() {
        let mut pages = Vec::new();
        let mut root = command().disable_help_subcommand(true);
        root.build();
        add(&mut pages, &root, &mut Vec::new(), None);
        let first = pages.first().unwrap().1.replace('\\', "");
        for (name, _) in pages.iter().skip(1) {
            let name = name.trim_end_matches(".1");
            assert!(first.contains(name), "{name}");
        }
    }

    #[test]
    fn the_pages_that_are_named_exist() {
        let mut pages = Vec::new();
        let mut root = command().disable_help_subcommand(true);
        root.build();
        add(&mut pages, &root, &mut Vec::new(), None);
        let names: Vec<&str> = pages.iter().map(|(name, _)| name.as_str()).collect();
        for (name, page) in &pages {
            let (_, also) = page.split_once(".SH \"SEE ALSO\"").unwrap();
            let also = also
                .replace("\\fB", "")
                .replace("\\fR", "")
                .replace("\\-", "-");
            assert!(also.contains("(1)"), "{name}: {also}");
            for other in also.split_whitespace() {
                let other = other.trim_end_matches(',').replace("(1)", ".1");
                assert!(names.contains(&other.as_str()), "{name}: {other}");
            }
        }
    }
}
