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

/// How many boxes of each kind of change are shown here; JSON has all that were looked for.
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

/// What a consequence says of every sign-in of a box, in a few words: whether who is asked for more
/// can be asked may differ.
pub(super) fn got(consequence: &Value) -> String {
    let outcome = consequence.get("outcome").and_then(Value::as_str);
    let outcome = outcome.unwrap_or("unknown");
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
    let asked = lists.join(" and ");
    let mut words = match (asked.as_str(), outcome) {
        ("", _) => outcome.to_owned(),
        (asked, "interrupted" | "blocked") => format!("asked for {asked}"),
        (asked, _) => format!("{outcome}, asked for {asked}"),
    };
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

/// What becomes of some sign-ins, and the boxes of which the same is said before and after.
pub(super) struct ChangesOfAKind<'a> {
    pub title: &'static str,
    /// Together those that get the same before, and the same after.
    pub changes: Vec<Vec<&'a SignInChange>>,
    /// How many boxes are not among them.
    pub left: usize,
    pub grave: bool,
}

impl<'a> ChangesOfAKind<'a> {
    fn of(title: &'static str, all: &[&'a SignInChange], grave: bool) -> Self {
        let shown = all.iter().copied().take(MOST);
        let changes = boxes::alike(shown, |one| (got(&one.before), got(&one.after)));
        ChangesOfAKind {
            title,
            changes,
            left: all.len().saturating_sub(MOST),
            grave,
        }
    }
}

/// One kind for each turn; of what is open, that it may be so.
fn turns<'a>(
    list: &'a [SignInChange],
    may: Option<&'static str>,
    otherwise: &'static str,
    grave: bool,
) -> Vec<ChangesOfAKind<'a>> {
    let mut kinds: Vec<(&'static str, Vec<&'a SignInChange>)> = Vec::new();
    for change in list {
        let title = may.or_else(|| change.turn.map(boxes::becomes));
        let title = title.unwrap_or(otherwise);
        match kinds.last_mut() {
            Some((last, changes)) if *last == title => changes.push(change),
            _ => kinds.push((title, vec![change])),
        }
    }
    let kinds = kinds.into_iter();
    kinds
        .map(|(title, all)| ChangesOfAKind::of(title, &all, grave))
        .collect()
}

pub(super) fn kinds(effect: &SignInEffect) -> Vec<ChangesOfAKind<'_>> {
    let may = |is_open: bool, title| is_open.then_some(title);
    let mut all = turns(
        &effect.looser,
        may(effect.looser_is_open, "may pass more easily"),
        "passes more easily",
        true,
    );
    let lost = [
        (
            "can no longer get in anywhere",
            effect.shut_out.iter().collect::<Vec<_>>(),
        ),
        (
            "perhaps can no longer get in anywhere",
            (effect.may_be_shut_out.iter())
                .map(|one| &one.change)
                .collect(),
        ),
        (
            "loses every way into the application",
            match &effect.shut_out {
                // Who gets in nowhere gets into none of them.
                Some(_) => Vec::new(),
                None => effect.locked_out.iter().collect(),
            },
        ),
    ];
    let lost = lost.into_iter().filter(|(_, changes)| !changes.is_empty());
    all.extend(lost.map(|(title, changes)| ChangesOfAKind::of(title, &changes, true)));
    all.extend(turns(
        &effect.stricter,
        may(effect.stricter_is_open, "may be asked for more"),
        "is asked for more",
        false,
    ));
    all
}

/// Whether there are boxes that are not shown.
fn has_more(effect: &SignInEffect) -> bool {
    effect.more > 0 || kinds(effect).iter().any(|kind| kind.left > 0)
}

/// The command that lists every box.
fn all_of_them(plan: &Plan) -> String {
    let tenant = visible(&plan.tenant, false);
    let live = format!("live:{tenant}");
    format!(
        "gatewright compare {} plan:plan.json --all",
        shell_word(&live)
    )
}

/// The command that saves the plan for it.
fn saved(plan: &Plan) -> String {
    let tenant = visible(&plan.tenant, false);
    format!("gatewright plan -t {} --out plan.json", shell_word(&tenant))
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
        for alike in kind.changes {
            let mut title = paint(style, kind.title);
            for change in &alike {
                let at = boxes::widest(&change.widest, FREE);
                let _ = writeln!(out, "    {title}: {at}");
                "    or".clone_into(&mut title);
            }
            let Some(change) = alike.first() else {
                continue;
            };
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
        if kind.left > 0 {
            let _ = writeln!(out, "    and {} more of these", kind.left);
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
    if has_more(effect) {
        let _ = writeln!(
            out,
            "    there are more: after `{}`, `{}` lists them",
            saved(plan),
            all_of_them(plan)
        );
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
        for alike in kind.changes {
            let at: Vec<String> = (alike.iter())
                .map(|change| boxes::widest(&change.widest, FREE))
                .collect();
            let Some(change) = alike.first() else {
                continue;
            };
            let _ = writeln!(
                out,
                "- {}: {}; before: {}; after: {}",
                kind.title,
                markdown_sentence(&at.join("; or ")),
                markdown_sentence(&got(&change.before)),
                markdown_sentence(&got(&change.after)),
            );
        }
        if kind.left > 0 {
            let _ = writeln!(out, "- and {} more of these", kind.left);
        }
    }
    for exposure in &effect.between {
        let _ = writeln!(
            out,
            "- between two steps, after action {}, a sign-in passes that does not pass before or after",
            exposure.after_action
        );
    }
    if has_more(effect) {
        let _ = writeln!(
            out,
            "- there are more: after {}, {} lists them",
            markdown_code(&saved(plan)),
            markdown_code(&all_of_them(plan))
        );
    }
    let facts = words::facts(&effect.open_because);
    for (told, facts) in [
        ("It depends on", facts),
        ("Assumed:", effect.assumptions.join("; ")),
    ] {
        if !facts.is_empty() {
            let _ = writeln!(out, "\n{told} {}", markdown_sentence(&facts));
        }
    }
    out
}
