//! Long results on a terminal go through a pager. What it does not take is not lost.

use std::io::{IsTerminal, Write};
use std::process::{Command, Stdio};

use crate::graph::auth::EnvironmentVariables;

/// What `less` does where nothing else is said: it ends when all fits on one screen, shows colours,
/// and leaves the text on the screen.
const LESS: &str = "FRX";

/// The program that shows long texts, with its arguments; none where there is none to be used.
fn program(variables: &EnvironmentVariables) -> Option<Vec<String>> {
    let said = ["GATEWRIGHT_PAGER", "PAGER"];
    let said = said.iter().find_map(|name| variables.get(name));
    let words: Vec<String> = match said {
        Some(text) => text.split_whitespace().map(str::to_owned).collect(),
        // Nobody is there to press a key.
        None if variables.has("CI") || variables.get("TERM").as_deref() == Some("dumb") => {
            return None;
        }
        None => vec!["less".to_owned()],
    };
    (words.first().is_some_and(|word| word != "cat")).then_some(words)
}

/// Shows a text by the pager, and answers whether that was done: else it has to be shown in
/// another way. Whoever calls this keeps Ctrl-C for the pager.
pub fn shows(text: &str) -> bool {
    if !std::io::stdout().is_terminal() {
        return false;
    }
    let variables = EnvironmentVariables::process();
    let Some(words) = program(&variables) else {
        return false;
    };
    let Some((program, arguments)) = words.split_first() else {
        return false;
    };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped());
    for (name, value) in [("LESS", LESS), ("LV", "-c")] {
        if !variables.has(name) {
            command.env(name, value);
        }
    }
    let Ok(mut pager) = command.spawn() else {
        return false;
    };
    let styled = match anstream::AutoStream::choice(&std::io::stdout()) {
        anstream::ColorChoice::Never => anstream::adapter::strip_str(text).to_string(),
        _ => text.to_owned(),
    };
    if let Some(mut input) = pager.stdin.take() {
        // Whoever has read enough does not take the rest.
        let _ = input.write_all(styled.as_bytes());
    }
    pager.wait().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pager_is_the_one_that_is_asked_for() {
        let of = |given: &[(&str, &str)]| {
            program(&EnvironmentVariables::of(given.iter().copied())).map(|words| words.join(" "))
        };
        let less = Some("less".to_owned());
        assert_eq!(of(&[]), less);
        assert_eq!(of(&[("TERM", "xterm")]), less);
        assert_eq!(of(&[("TERM", "dumb")]), None);
        assert_eq!(of(&[("TERM", "xterm"), ("CI", "true")]), None);
        assert_eq!(of(&[("PAGER", "more -s")]), Some("more -s".to_owned()));
        assert_eq!(of(&[("PAGER", "cat")]), None);
        assert_eq!(of(&[("PAGER", "more"), ("GATEWRIGHT_PAGER", "cat")]), None);
        assert_eq!(of(&[("PAGER", "cat"), ("GATEWRIGHT_PAGER", "less")]), less);
    }
}
