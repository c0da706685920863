//! The command line as clap knows it: what stands in the types of the commands, the forms of each
//! result, and examples.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Arg, CommandFactory, ValueEnum};

use super::{Cli, Format, examples};

/// The whole command line.
pub fn command() -> clap::Command {
    shaped(Cli::command(), &mut Vec::new())
}

fn shaped(mut command: clap::Command, path: &mut Vec<String>) -> clap::Command {
    let names = command
        .get_subcommands()
        .map(|sub| sub.get_name().to_owned());
    for name in names.collect::<Vec<_>>() {
        path.push(name.clone());
        command = command.mut_subcommand(name, |sub| shaped(sub, path));
        path.pop();
    }
    if let Some(text) = examples::of(path) {
        command = command.after_long_help(text);
    }
    match path.is_empty() {
        true => command,
        false => command.arg(format(forms(path))),
    }
}

/// The flag `--format` of one command, which shadows that of all.
fn format(forms: &'static [Format]) -> Arg {
    let values = forms.iter().filter_map(ValueEnum::to_possible_value);
    let parser = PossibleValuesParser::new(values).try_map(|text| Format::from_str(&text, false));
    Arg::new("format")
        .long("format")
        .value_name("FORMAT")
        .value_parser(parser)
        .default_value("human")
        .hide(forms.len() == 1)
        .global(true)
        .help_heading(None::<&str>)
        .help("Format of the result on stdout")
}

/// The forms of the result of a command.
pub fn forms<T: AsRef<str>>(path: &[T]) -> &'static [Format] {
    use Format::{Csv, Dot, Github, Html, Human, Json, Junit, Markdown, Mermaid, Sarif};
    let path: Vec<&str> = path.iter().map(AsRef::as_ref).collect();
    match path.as_slice() {
        [] => Format::value_variants(),
        ["plan" | "validate" | "test"] => &[Human, Json, Markdown, Html, Sarif, Github, Junit],
        ["gaps" | "compare"] => &[Human, Json, Markdown, Sarif, Github, Junit],
        ["apply" | "drift" | "merge"] => &[Human, Json, Markdown, Html],
        ["uses"] => &[Human, Json, Dot, Mermaid],
        ["impact"] => &[Human, Json, Markdown, Csv],
        ["show" | "whatif" | "doctor" | "rollback"] => &[Human, Json, Markdown],
        ["risk"] | ["risk", "detections" | "users" | "history"] => &[Human, Json, Csv],
        ["fmt" | "completions" | "man" | "reference"] => &[Human],
        _ => &[Human, Json],
    }
}

#[cfg(test)]
mod tests {
    use super::examples::EXAMPLES;
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        command().debug_assert();
    }

    #[test]
    fn a_form_that_a_command_does_not_have_is_refused_with_those_that_it_has() {
        for arguments in [["drift", "--format", "csv"], ["fmt", "--format", "json"]] {
            let line = ["gatewright"].into_iter().chain(arguments);
            let error = command()
                .try_get_matches_from(line)
                .unwrap_err()
                .to_string();
            assert!(
                error.contains("human") && !error.contains("junit"),
                "{error}"
            );
        }
        let line = ["gatewright", "risk", "users", "--format", "csv"];
        assert!(command().try_get_matches_from(line).is_ok());
    }

    fn paths(command: &clap::Command, at: &str, found: &mut Vec<String>) {
        found.push(at.trim().to_owned());
        for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
            paths(sub, &format!("{at} {}", sub.get_name()), found);
        }
    }

    #[test]
    fn every_command_has_examples_and_nothing_else_has() {
        let mut known = Vec::new();
        paths(&command(), "", &mut known);
        let mut told: Vec<&str> = EXAMPLES.iter().map(|(path, _)| *path).collect();
        known.sort();
        told.sort_unstable();
        assert_eq!(told, known);
    }

    /// The heading of a group of flags holds for all flags that follow in the code.
    #[test]
    fn a_flag_stands_under_the_heading_that_it_belongs_to() {
        let command = command();
        for (name, flag) in [
            ("plan", "allow"),
            ("plan", "compact"),
            ("apply", "full"),
            ("drift", "allow"),
            ("test", "open_ok"),
            ("gaps", "detailed_exitcode"),
            ("whatif", "online"),
            ("whatif", "all"),
        ] {
            let sub = command.find_subcommand(name).unwrap();
            let arg = sub
                .get_arguments()
                .find(|arg| arg.get_id() == flag)
                .unwrap();
            assert_eq!(arg.get_help_heading(), None, "{name} {flag}");
        }
    }

    #[test]
    fn every_example_is_a_command_line() {
        for (path, examples) in EXAMPLES {
            for (_, line) in *examples {
                let mut shown = false;
                let line = line.trim_start_matches("source <(").trim_end_matches(')');
                for part in line.split(" && ") {
                    let part = part.split(
                        [" > ", " < ", " | "]
                            .into_iter()
                            .find(|c| part.contains(c))
                            .unwrap_or("\n"),
                    );
                    let part = part.into_iter().next().unwrap();
                    // Words in single quotes are one.
                    let mut words: Vec<String> = Vec::new();
                    for (number, piece) in part.split('\'').enumerate() {
                        match number % 2 {
                            1 => words.push(piece.to_owned()),
                            _ => words.extend(piece.split_whitespace().map(str::to_owned)),
                        }
                    }
                    let matches = command().try_get_matches_from(&words);
                    assert!(matches.is_ok(), "{line}: {}", matches.unwrap_err());
                    shown |= format!("{} ", words[1..].join(" ")).starts_with(&format!("{path} "));
                }
                assert!(shown || path.is_empty(), "{path}: {line}");
            }
        }
    }
}
