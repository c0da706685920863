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
        .help("Form of the result on stdout")
}

/// The forms of the result of a command.
pub fn forms<T: AsRef<str>>(path: &[T]) -> &'static [Format] {
    use Format::{Csv, Github, Human, Json, Junit, Markdown, Sarif};
    let path: Vec<&str> = path.iter().map(AsRef::as_ref).collect();
    match path.as_slice() {
        [] => Format::value_variants(),
        ["plan" | "validate" | "test" | "gaps" | "compare"] => {
            &[Human, Json, Markdown, Sarif, Github, Junit]
        }
        ["show" | "apply" | "whatif" | "doctor" | "drift"] => &[Human, Json, Markdown],
        ["risk"] | ["risk", "detections" | "users" | "history"] => &[Human, Json, Csv],
        ["fmt" | "completions" | "reference"] => &[Human],
        _ => &[Human, Json],
    }
}

#[cfg(test)]
mod tests {
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
}
