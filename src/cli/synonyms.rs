//! What people know from other tools, answered with the command or flag that does it here.

use clap::Command as Line;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Flags of other tools with one dash, which would be taken apart into short ones here.
const ONE_DASH: &[(&str, &str)] = &[
    ("-out", "`--out FILE`"),
    ("-check", "`--check`"),
    ("-auto-approve", "`--yes`"),
    ("-detailed-exitcode", "`--detailed-exitcode`"),
    ("-json", "`--format json`"),
    ("-no-color", "`--color never`"),
    ("-chdir", "`-C DIR`"),
    ("-var", VARS),
    ("-var-file", VARS),
    ("-refresh-only", "`gatewright drift`"),
    ("-destroy", "`gatewright destroy`"),
    ("-WhatIf", DRY_RUN),
    ("-whatif", DRY_RUN),
    ("-Confirm", "`--yes`"),
    ("-Verbose", "`--verbose`"),
    ("-TenantId", TENANT),
];

/// Long flags of other tools.
const LONG: &[(&str, &str)] = &[
    ("--auto-approve", "`--yes`"),
    ("--auto-apply", "`--yes`"),
    ("--assume-yes", "`--yes`"),
    ("--non-interactive", "`--yes`"),
    ("--no-prompt", "`--yes`"),
    (
        "--force",
        "`--yes`, which does not ask; what guards refuse is let through by `--allow GUARD`",
    ),
    ("--what-if", DRY_RUN),
    ("--whatif", DRY_RUN),
    ("--dry-run", DRY_RUN),
    ("--preview", DRY_RUN),
    ("--json", "`--format json`"),
    ("--output", "`--format FORMAT`"),
    ("--no-color", "`--color never`"),
    ("--no-colour", "`--color never`"),
    ("--var", VARS),
    ("--var-file", VARS),
    ("--config", FOLDER),
    ("--cwd", FOLDER),
    ("--dir", FOLDER),
    ("--project", FOLDER),
    ("--filename", FOLDER),
    ("--tenant-id", TENANT),
    ("--subscription", TENANT),
    ("--profile", TENANT),
    ("--environment", TENANT),
    ("--context", TENANT),
    ("--workspace", TENANT),
    ("--refresh-only", "`gatewright drift`"),
    ("--silent", "`--quiet`"),
    ("--debug", "`--verbose`"),
    ("--save", "`--out FILE`"),
    ("--write", "`gatewright fmt` without a flag, which writes"),
    ("--autofix", "`--fix`"),
];

const VARS: &str = "`vars` of the tenant in gatewright.yaml (docs/manifests.md)";
const DRY_RUN: &str = "`gatewright plan`, which shows what apply would do and writes nothing; without `--yes` a command that writes shows its plan and asks first";
const FOLDER: &str = "`-C DIR`, the folder of the project";
const TENANT: &str = "`-t NAME`, the name of the tenant in gatewright.yaml";

/// Commands of other tools.
const COMMANDS: &[(&[&str], &str)] = &[
    (
        &["lint", "check", "verify", "scan"],
        "`gatewright validate`",
    ),
    (&["format", "prettify"], "`gatewright fmt`"),
    (&["fix"], "`gatewright validate --fix`"),
    (
        &["state", "refresh", "status", "detect"],
        "`gatewright drift`; there is no state file, the tenant itself is read",
    ),
    (
        &["diff", "preview", "dry-run", "dryrun"],
        "`gatewright plan`",
    ),
    (
        &["login", "signin", "sign-in", "connect"],
        "`gatewright auth login`",
    ),
    (
        &["logout", "signout", "disconnect"],
        "`gatewright auth logout`",
    ),
    (&["whoami", "account"], "`gatewright auth whoami`"),
    (&["version"], "`gatewright --version`"),
    (
        &["up", "deploy", "sync", "push", "create", "update", "run"],
        "`gatewright apply`",
    ),
    (
        &["down", "delete", "remove", "rm", "teardown"],
        "`gatewright destroy`, or `gatewright apply` after removing the manifest of what is to be deleted, with its kind in `scope`",
    ),
    (
        &["pull", "download", "extract", "backup"],
        "`gatewright import`",
    ),
    (
        &["convert", "translate", "generate", "migrate"],
        "`gatewright export --as terraform`, or another format; `gatewright import` for the way in",
    ),
    (
        &[
            "graph",
            "refs",
            "references",
            "deps",
            "dependencies",
            "used-by",
            "usages",
            "who-uses",
        ],
        "`gatewright uses NAME`, or `gatewright uses --format mermaid` for the whole graph",
    ),
    (&["restore", "undo", "revert"], "`gatewright rollback RUN`"),
    (&["history", "log", "logs"], "`gatewright runs`"),
    (&["what-if", "simulate", "evaluate"], "`gatewright whatif`"),
    (
        &["workspace", "env", "environment", "tenant", "select"],
        TENANT,
    ),
    (
        &["fleet", "matrix"],
        "`gatewright tenants`, and `-t all` for every tenant",
    ),
    (&["new", "scaffold", "bootstrap"], "`gatewright init`"),
    (&["rules", "rule"], "`gatewright explain`"),
    (
        &["completion", "autocomplete"],
        "`gatewright completions SHELL`",
    ),
    (
        &["serve", "server", "emulator", "mock"],
        "`gatewright sandbox serve`",
    ),
    (
        &["permissions", "consent"],
        "`gatewright auth setup`, and `gatewright auth whoami`",
    ),
    (&["ls"], "`gatewright list`"),
    (&["describe"], "`gatewright get NAME`"),
    (
        &["output"],
        "`gatewright get NAME -o json`: a project has no outputs",
    ),
    (
        &["taint", "untaint"],
        "`gatewright plan`: nothing is marked to be recreated, what differs is changed in place",
    ),
    (
        &["graph", "providers", "console"],
        "`gatewright --help`, which lists the commands",
    ),
];

/// Short flags of other tools.
const SHORT: &[(&str, &str)] = &[
    (
        "-o",
        "`--format json`, or `--out FILE` where a plan is to be saved",
    ),
    ("-f", FOLDER),
    ("-n", TENANT),
];

/// The answer to a command line that uses the words of another tool, before it is parsed: `-out`
/// would be `-o` with the value `ut`.
pub fn before(line: &Line, arguments: &[String]) -> Option<clap::Error> {
    let words = arguments.iter().skip(1).take_while(|word| *word != "--");
    for word in words {
        let name = word.split('=').next().unwrap_or(word);
        let answer = match name {
            "-target" => Some(target(line, arguments)),
            _ => found(ONE_DASH, name).map(str::to_owned),
        };
        if let Some(answer) = answer {
            return Some(error(line, ErrorKind::UnknownArgument, name, &answer));
        }
    }
    None
}

/// The answer to what could not be parsed.
pub fn after(line: &Line, arguments: &[String], error_: &clap::Error) -> Option<clap::Error> {
    let context = |kind| match error_.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    match error_.kind() {
        ErrorKind::InvalidSubcommand => {
            let word = context(ContextKind::InvalidSubcommand)?;
            if arguments.iter().any(|word| word == "runs") && word != "runs" {
                let answer = format!("`gatewright runs show {}`", word.escape_debug());
                return Some(error(line, ErrorKind::InvalidSubcommand, &word, &answer));
            }
            // A command below another one is another thing.
            if arguments.get(1) != Some(&word) && !arguments.get(1)?.starts_with('-') {
                return None;
            }
            let words = |names: &[&str]| names.contains(&word.as_str());
            let (_, answer) = COMMANDS.iter().find(|(names, _)| words(names))?;
            Some(error(line, ErrorKind::InvalidSubcommand, &word, answer))
        }
        ErrorKind::UnknownArgument => {
            let word = context(ContextKind::InvalidArg)?;
            let name = word.split(['=', ' ']).next().unwrap_or(&word);
            let answer = match name {
                "--target" => target(line, arguments),
                "--dry-run" if arguments.iter().any(|word| word == "destroy") => {
                    "`gatewright destroy` without `--yes`, which shows its plan and asks first"
                        .to_owned()
                }
                _ => found(LONG, name).or_else(|| found(SHORT, name))?.to_owned(),
            };
            Some(error(line, ErrorKind::UnknownArgument, name, &answer))
        }
        _ => None,
    }
}

fn found(table: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    let mut rows = table.iter();
    rows.find_map(|(word, answer)| (*word == name).then_some(*answer))
}

/// What limits a command to some objects, if something does.
fn target(line: &Line, arguments: &[String]) -> String {
    let names = line.get_subcommands().map(Line::get_name);
    let name = { names }.find(|name| arguments.iter().any(|word| word == name));
    let command = name.and_then(|name| line.find_subcommand(name));
    let takes_names = command.is_some_and(|sub| {
        sub.get_positionals()
            .any(|arg| arg.get_id().as_str() == "names")
    });
    match (name, takes_names) {
        (Some(name), true) => format!("`gatewright {name} NAME...`"),
        _ => "a smaller project or `scope`: this command is always about the whole project"
            .to_owned(),
    }
}

fn error(line: &Line, kind: ErrorKind, word: &str, answer: &str) -> clap::Error {
    let what = match word.starts_with('-') {
        true => "a flag of this command",
        false => "a gatewright command",
    };
    let told = format!("`{}` is not {what}: use {answer}", word.escape_debug());
    line.clone().error(kind, told)
}

#[cfg(test)]
mod tests {
    use super::super::command::command;
    use super::*;

    fn told(line: &str) -> String {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let line = command();
        let answer = before(&line, &words).or_else(|| {
            let error = line.clone().try_get_matches_from(&words).unwrap_err();
            after(&line, &words, &error)
        });
        let text = answer.map(|error| error.to_string()).unwrap_or_default();
        text.lines().next().unwrap_or_default().to_owned()
    }

    #[test]
    fn words_of_other_tools_have_an_answer() {
        for (line, answer) in [
            ("gatewright plan -out=plan.tfplan", "--out FILE"),
            ("gatewright plan -out plan.tfplan", "--out FILE"),
            ("gatewright apply -auto-approve", "--yes"),
            ("gatewright apply --auto-approve", "--yes"),
            ("gatewright apply --dry-run", "gatewright plan"),
            ("gatewright plan -target x", "gatewright plan NAME"),
            ("gatewright lint", "gatewright validate"),
            ("gatewright check", "gatewright validate"),
            ("gatewright state list", "gatewright drift"),
            ("gatewright login", "gatewright auth login"),
            ("gatewright version", "gatewright --version"),
            ("gatewright -C x version", "gatewright --version"),
            (
                "gatewright destroy --dry-run",
                "gatewright destroy` without `--yes`",
            ),
            ("gatewright taint x", "gatewright plan"),
            ("gatewright output", "gatewright get"),
            ("gatewright runs latest", "gatewright runs show latest"),
            ("gatewright fmt -check", "--check"),
            ("gatewright plan -o json", "--format json"),
        ] {
            let told = told(line);
            let told_of_target = line.contains("target") && told.contains("the whole project");
            assert!(told.contains(answer) || told_of_target, "{line}: {told}");
        }
    }

    #[test]
    fn no_word_of_ours_is_answered_so() {
        let line = command();
        for (names, _) in COMMANDS {
            for name in *names {
                if line.find_subcommand(name).is_some() {
                    // It has become a command: then it is never asked for here.
                    continue;
                }
                assert!(
                    told(&format!("gatewright {name}")).contains("is not a gatewright command")
                );
            }
        }
        assert_eq!(told("gatewright plan --nonsense"), "");
        assert_eq!(told("gatewright nonsense"), "");
        assert!(
            before(
                &line,
                &["gatewright".into(), "plan".into(), "-t".into(), "x".into()]
            )
            .is_none()
        );
    }
}
