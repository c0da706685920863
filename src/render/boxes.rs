//! Sign-ins that show something, in words: how wide what they show is, and what they get. What is
//! proved, refuted and compared says it in the same way.

use std::collections::BTreeMap;

use super::whatif::words;
use crate::analysis::SignInTurn;
use crate::text::{few_names, visible};
use crate::whatif::{Consequence, Ending, SignIn};

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

/// What becomes of a sign-in, in a few words.
pub(super) fn becomes(turn: SignInTurn) -> &'static str {
    match turn {
        SignInTurn::NothingAsked => "passes with nothing asked for",
        SignInTurn::Unblocked => "is no longer blocked",
        SignInTurn::MfaLost => "passes with less authentication",
        SignInTurn::ControlLost => "passes without a control that it needed",
        SignInTurn::SessionLost => "gets a less strict session",
        SignInTurn::AskedMore => "is asked for more",
        SignInTurn::Blocked => "is blocked",
        SignInTurn::SessionGained => "gets a stricter session",
    }
}

/// Boxes put together of which the same is said, in the order of the first of each.
pub(super) fn alike<T, K: PartialEq>(
    all: impl Iterator<Item = T>,
    said: impl Fn(&T) -> K,
) -> Vec<Vec<T>> {
    let mut kinds: Vec<(K, Vec<T>)> = Vec::new();
    for one in all {
        let said = said(&one);
        match kinds.iter_mut().find(|(known, _)| *known == said) {
            Some((_, list)) => list.push(one),
            None => kinds.push((said, vec![one])),
        }
    }
    kinds.into_iter().map(|(_, list)| list).collect()
}

/// An example of a box: who, for what, and what else of it decides.
pub(super) fn example(sign_in: &SignIn, widest: &BTreeMap<String, Vec<String>>) -> String {
    let members = widest.keys().map(String::as_str);
    format!("such as {}", with(sign_in, members))
}

/// Who signs in, for what, and what a sign-in says of `members`.
pub(super) fn with<'a>(sign_in: &SignIn, members: impl IntoIterator<Item = &'a str>) -> String {
    let value = serde_json::to_value(sign_in).unwrap_or_default();
    let mut parts = vec![words::sign_in(sign_in)];
    for member in members.into_iter().filter(|member| !is_said(member)) {
        let pointer = format!("/{}", member.replace('.', "/"));
        let held = value.pointer(&pointer).map(words::plain);
        if let Some(held) = held.filter(|held| !held.is_empty()) {
            parts.push(format!("{member} {}", visible(&held, false)));
        }
    }
    parts.join("; ")
}

/// True for a member that is said with who signs in, and for what.
fn is_said(member: &str) -> bool {
    let of = |kind: &str| {
        let rest = member.strip_prefix(kind);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    ["user", "application", "servicePrincipal", "agentIdentity"]
        .into_iter()
        .any(of)
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
    let session = words::session(&consequence.session_controls);
    said(words::ending(consequence), consequence, &session)
}

/// What every sign-in of a box gets, in a line. Which policies ask for it may differ, and whether
/// who signs in can be asked, or is stopped.
pub(super) fn all_get(consequence: &Consequence) -> String {
    let session = words::controls(&consequence.session_controls);
    let ending = match consequence.outcome {
        Ending::Interrupted | Ending::Blocked if !consequence.requires.is_empty() => "",
        _ => words::ending(consequence),
    };
    said(ending, consequence, &session)
}

fn said(ending: &str, consequence: &Consequence, session: &[String]) -> String {
    let mut parts = vec![ending.to_owned()];
    parts.retain(|part| !part.is_empty());
    let asked = words::requires(consequence);
    if !asked.is_empty() {
        parts.push(format!("asks for {asked}"));
    }
    if !session.is_empty() {
        parts.push(format!("session: {}", session.join(", ")));
    }
    if !consequence.missing.is_empty() {
        let missing = words::facts(&consequence.missing);
        parts.push(format!("depends on {missing}"));
    }
    parts.join("; ")
}
