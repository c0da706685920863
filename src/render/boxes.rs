//! Sign-ins that show something, in words: how wide what they show is, and what they get. What is
//! proved, refuted and compared says it in the same way.

use std::collections::BTreeMap;

use super::whatif::words;
use crate::text::{few_names, visible};
use crate::whatif::Consequence;

/// How many values of a dimension are shown.
const MOST_VALUES: usize = 5;

/// The widest box in words; `free` is what is said of one that nothing narrows.
pub(super) fn widest(widest: &BTreeMap<String, Vec<String>>, free: &str) -> String {
    let parts: Vec<String> = widest
        .iter()
        .map(|(member, values)| format!("{member} {}", values_of(member, values)))
        .collect();
    match parts.is_empty() {
        true => free.to_owned(),
        false => format!("{}; all else is free", parts.join("; ")),
    }
}

/// The values of a member. Somebody is in several groups, and out of others; of all else a
/// sign-in has one value: one of these, or any but those.
fn values_of(member: &str, values: &[String]) -> String {
    let names = |list: Vec<&str>| {
        let seen = list.iter().map(|name| visible(name, false));
        few_names(seen, MOST_VALUES)
    };
    let (without, with): (Vec<&str>, Vec<&str>) = (values.iter())
        .map(String::as_str)
        .partition(|value| value.starts_with("not "));
    let without: Vec<&str> = (without.into_iter())
        .filter_map(|value| value.strip_prefix("not "))
        .collect();
    let word = match member {
        "user.memberOf" | "user.roles" => "not",
        _ => "any but",
    };
    match (with.is_empty(), without.is_empty()) {
        (_, true) => names(with),
        (true, false) => format!("{word} {}", names(without)),
        (false, false) => format!("{}, {word} {}", names(with), names(without)),
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
