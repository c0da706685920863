//! What a plan does to sign-ins as a whole, for people and for pull requests.

use std::fmt::Write as _;

use serde_json::Value;

use super::boxes;
use super::escape::{markdown_code, markdown_sentence};
use super::guards::{GREEN, RED, YELLOW, paint};
use super::whatif::words;
use crate::analysis::Comparative;
use crate::plan::Plan;
use crate::plan::sign_ins::{SignInChange, SignInEffect};
use crate::text::{shell_word, visible};

/// How many boxes of each kind are shown here; JSON has all that were looked for.
const MOST: usize = 3;

/// What is said of a box that nothing narrows.
pub(super) const FREE: &str = "whoever signs in, wherever to";

/// The sentence on the whole.
pub(super) fn verdict(effect: &SignInEffect) -> &'static str {
    match effect.verdict {
        Comparative::Equal => "No sign-in is treated differently (proved).",
        Comparative::Stricter => {
            "No sign-in passes more easily (proved); some are asked for more, or stopped."
        }
        Comparative::Looser if effect.stricter_is_open => {
            "Some sign-ins pass more easily; whether others are asked for more cannot be told."
        }
        Comparative::Looser => "Some sign-ins pass more easily.",
        Comparative::Both => {
            "Some sign-ins pass more easily; others are asked for more, or stopped."
        }
        Comparative::Open if effect.is_safe() => {
            "No sign-in passes more easily (proved); it is not known whether some are asked for more."
        }
        Comparative::Open => "It is not known whether some sign-ins pass more easily.",
    }
}

/// What a consequence says, in a few words.
pub(super) fn got(consequence: &Value) -> String {
    let outcome = consequence.get("outcome").and_then(Value::as_str);
    let mut words = outcome.unwrap_or("unknown").to_owned();
    let lists = consequence.get("requires").and_then(Value::as_array);
    let lists: Vec<String> = (lists.into_iter().flatten())
        .map(|list| {
            let names = list
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str);
            names.collect::<Vec<_>>().join(" or ")
        })
        .collect();
    if !lists.is_empty() {
        let _ = write!(words, ", asked for {}", lists.join(" and "));
    }
    let session = consequence
        .get("sessionControls")
        .and_then(Value::as_object);
    let session: Vec<&str> = (session.into_iter().flatten())
        .map(|(name, _)| name.as_str())
        .filter(|name| *name != "from")
        .collect();
    if !session.is_empty() {
        let _ = write!(words, ", session with {}", session.join(", "));
    }
    words
}

pub(super) struct ChangesOfAKind<'a> {
    pub title: &'static str,
    pub changes: Vec<&'a SignInChange>,
    pub grave: bool,
}

pub(super) fn kinds(effect: &SignInEffect) -> Vec<ChangesOfAKind<'_>> {
    let all = [
        (
            match effect.looser_is_open {
                true => "may pass more easily",
                false => "passes more easily",
            },
            effect.looser.iter().collect::<Vec<_>>(),
            true,
        ),
        (
            "can no longer get in anywhere",
            effect.shut_out.iter().collect(),
            true,
        ),
        (
            "perhaps can no longer get in anywhere",
            (effect.may_be_shut_out.iter())
                .map(|one| &one.change)
                .collect(),
            true,
        ),
        (
            "loses every way into the application",
            match &effect.shut_out {
                // Who gets in nowhere gets into none of them.
                Some(_) => Vec::new(),
                None => effect.locked_out.iter().collect(),
            },
            true,
        ),
        (
            match effect.stricter_is_open {
                true => "may be asked for more",
                false => "is asked for more",
            },
            effect.stricter.iter().collect(),
            false,
        ),
    ];
    let some = all
        .into_iter()
        .filter(|(_, changes, _)| !changes.is_empty());
    some.map(|(title, changes, grave)| ChangesOfAKind {
        title,
        changes,
        grave,
    })
    .collect()
}

/// For a terminal; empty where the plan cannot do anything to sign-ins.
pub fn human(plan: &Plan) -> String {
    let Some(effect) = &plan.sign_ins else {
        return String::new();
    };
    let style = match effect.verdict {
        Comparative::Equal | Comparative::Stricter => GREEN,
        Comparative::Open if effect.is_safe() => GREEN,
        Comparative::Open => YELLOW,
        Comparative::Looser | Comparative::Both => RED,
    };
    let tenant = visible(&plan.tenant, false);
    let tenant = shell_word(&tenant);
    let command = format!("gatewright whatif --before-after -t {tenant}");
    let mut out = format!("Sign-ins: {}\n", paint(style, verdict(effect)));
    for kind in kinds(effect) {
        let style = if kind.grave { RED } else { GREEN };
        for change in kind.changes.iter().take(MOST) {
            let at = boxes::widest(&change.widest, FREE);
            let _ = writeln!(out, "    {}: {at}", paint(style, kind.title));
            let _ = writeln!(
                out,
                "        before: {}",
                visible(&got(&change.before), false)
            );
            let _ = writeln!(
                out,
                "        after:  {}",
                visible(&got(&change.after), false)
            );
            if let Some(line) = super::proof::replay(&command, &change.sign_in)
                && kind.grave
                && change.replays
            {
                let _ = writeln!(out, "        {line}");
            }
        }
        if kind.changes.len() > MOST {
            let _ = writeln!(out, "    and {} more", kind.changes.len() - MOST);
        }
    }
    for exposure in &effect.between {
        let line = format!(
            "between two steps, after action {}, a sign-in passes that does not pass before or after",
            exposure.after_action
        );
        let _ = writeln!(out, "    {}", paint(YELLOW, &line));
        let sign_in = super::whatif::words::sign_in(&exposure.change.sign_in);
        let _ = writeln!(out, "        such as {sign_in}");
    }
    if effect.more > 0 {
        let _ = writeln!(out, "    there are more; `gatewright compare` lists them");
    }
    let perhaps = effect.may_be_shut_out.iter().flat_map(|one| &one.because);
    let mut facts: Vec<String> = effect.open_because.iter().chain(perhaps).cloned().collect();
    facts.sort();
    facts.dedup();
    let facts = words::facts(&facts);
    for (facts, told) in [
        (facts, "it depends on"),
        (effect.assumptions.join("; "), "assumed:"),
    ] {
        if !facts.is_empty() {
            let _ = writeln!(out, "    {told} {}", visible(&facts, false));
        }
    }
    out.push('\n');
    out
}

/// For a pull request.
pub fn markdown(plan: &Plan) -> String {
    let Some(effect) = &plan.sign_ins else {
        return String::new();
    };
    let mut out = format!("\n**Sign-ins:** {}\n", verdict(effect));
    for kind in kinds(effect) {
        for change in kind.changes.iter().take(MOST) {
            let _ = writeln!(
                out,
                "- {}: {}; before: {}; after: {}",
                kind.title,
                markdown_sentence(&boxes::widest(&change.widest, FREE)),
                markdown_sentence(&got(&change.before)),
                markdown_sentence(&got(&change.after)),
            );
        }
    }
    for exposure in &effect.between {
        let _ = writeln!(
            out,
            "- between two steps, after action {}, a sign-in passes that does not pass before or after",
            exposure.after_action
        );
    }
    for fact in effect.open_because.iter().chain(&effect.assumptions) {
        let _ = writeln!(out, "- {}", markdown_code(fact));
    }
    out
}
