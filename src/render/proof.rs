//! Sign-ins that show something, in words: how wide what they show is, what they get, and the
//! command that judges one again. What is proved, refuted and compared says it in the same way.

use std::collections::BTreeMap;

use super::whatif::words;
use crate::text::{few_names, shell_word, visible, visible_json};
use crate::whatif::{Consequence, SignIn};

/// How many values of a dimension are shown.
const MOST_VALUES: usize = 5;

/// The command that judges a sign-in again, after `command` and its flags. It can be pasted, whatever
/// names are in it: JSON has an escape for what is not seen, and for what a pipeline would obey.
pub fn replay(command: &str, sign_in: &SignIn) -> Option<String> {
    let sign_in = visible_json(&serde_json::to_string(sign_in).ok()?);
    Some(format!("{command} --sign-in {}", shell_word(&sign_in.replace('#', "\\u0023"))))
}

/// The widest box in words; `free` is what is said of one that nothing narrows.
pub(super) fn widest(widest: &BTreeMap<String, Vec<String>>, free: &str) -> String {
    let parts: Vec<String> = widest
        .iter()
        .map(|(member, values)| {
            let values = values.iter().map(|value| visible(value, false));
            format!("{member} {}", few_names(values, MOST_VALUES))
        })
        .collect();
    match parts.is_empty() {
        true => free.to_owned(),
        false => format!("{}; all else is free", parts.join("; ")),
    }
}

/// What a sign-in gets, in a line.
pub(super) fn got(consequence: &Consequence) -> String {
    let mut parts = vec![words::ending(consequence).to_owned()];
    let asked = words::requires(consequence);
    if !asked.is_empty() {
        parts.push(format!("asks for {asked}"));
    }
    let session = words::session(&consequence.session_controls);
    if !session.is_empty() {
        parts.push(format!("session: {}", session.join(", ")));
    }
    if !consequence.missing.is_empty() {
        let missing = words::facts(&consequence.missing);
        parts.push(format!("depends on {missing}"));
    }
    parts.join("; ")
}
