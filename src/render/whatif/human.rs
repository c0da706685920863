//! For people: one line with the outcome, then the policies.

use std::fmt::Write as _;

use super::words::{self, facts, ruled_out};
use super::{Compared, Difference, WhatifAnswer};
use crate::render::human::{BOLD, DIM, GREEN, RED, YELLOW, paint};
use crate::text::{counted, visible};
use crate::whatif::{Consequence, Ending, Outcome, PolicyOutcome};

/// How many policies are shown unless all are wanted.
const MOST: usize = 20;

/// The whole answer.
pub fn answer(shown: &WhatifAnswer<'_>) -> String {
    let mut out = format!("{}\n", words::whole(shown.sign_in));
    for answer in shown.answers {
        out.push('\n');
        if !answer.title.is_empty() {
            let _ = writeln!(out, "{}", paint(BOLD, &answer.title));
        }
        self::outcome(&mut out, &answer.outcome, shown);
    }
    if let Some(online) = shown.online {
        out.push('\n');
        self::online(&mut out, online);
    }
    out
}

fn outcome(out: &mut String, outcome: &Outcome, shown: &WhatifAnswer<'_>) {
    consequence(out, "Outcome", &outcome.enforced);
    if let Some(reported) = &outcome.report_only {
        consequence(out, "With report-only", reported);
    }
    for assumption in &outcome.assumptions {
        let _ = writeln!(
            out,
            "{}",
            paint(DIM, &format!("Assumed: {}", visible(assumption, false)))
        );
    }
    if outcome.policies.is_empty() {
        out.push_str("\nThere are no policies.\n");
        return;
    }
    out.push('\n');
    let rank = |policy: &&PolicyOutcome| match policy.applies {
        Some(true) => 0,
        None => 1,
        Some(false) => 2,
    };
    let mut policies: Vec<&PolicyOutcome> = outcome.policies.iter().collect();
    policies.sort_by_key(rank);
    let certain = policies.iter().filter(|policy| rank(policy) < 2).count();
    let most = match shown.all || policies.len() <= MOST {
        true => policies.len(),
        false => certain.max(MOST.min(policies.len())),
    };
    let kept = policies.get(..most).unwrap_or(&policies);
    let width = |text: &str| text.chars().count();
    let name = |policy: &PolicyOutcome| visible(&policy.display_name, false);
    let widest = kept.iter().map(|policy| width(&name(policy))).max();
    let widest = widest.unwrap_or_default();
    for policy in kept {
        let (style, word, why) = match (policy.applies, policy.reason) {
            (Some(true), _) if policy.not_evaluated => {
                (DIM, "applies", "never evaluated in report-only".to_owned())
            }
            (Some(true), _) => (GREEN, "applies", String::new()),
            (None, _) => (YELLOW, "depends", format!("on {}", facts(&policy.missing))),
            (Some(false), reason) => {
                let why = reason.map(|reason| ruled_out(reason, policy, shown.sign_in));
                (DIM, "does not", why.unwrap_or_default())
            }
        };
        let name = name(policy);
        let blank = " ".repeat(widest.saturating_sub(width(&name)));
        let line = format!(
            "  {name}{blank}  {:<11}  {word:<8}  {why}",
            words::state(policy)
        );
        let _ = writeln!(out, "{}", paint(style, line.trim_end()));
    }
    let rest = policies.len() - kept.len();
    if rest > 0 {
        let _ = writeln!(
            out,
            "  and {rest} more that do not apply (`--all` lists them)"
        );
    }
}

fn consequence(out: &mut String, title: &str, found: &Consequence) {
    let style = match found.outcome {
        Ending::Granted if !found.hidden_block => GREEN,
        Ending::Granted | Ending::Blocked => RED,
        Ending::Interrupted | Ending::Unknown => YELLOW,
    };
    let asked = words::requires(found);
    let asked = match (asked.as_str(), found.outcome) {
        ("", _) => String::new(),
        (asked, Ending::Unknown) => format!("; asks at least for {}", visible(asked, false)),
        (asked, _) => format!("; asks for {}", visible(asked, false)),
    };
    let session: Vec<String> = words::session(&found.session_controls);
    let session = match session.is_empty() {
        true => String::new(),
        false => format!("; session: {}", visible(&session.join(", "), false)),
    };
    let _ = writeln!(
        out,
        "{title}: {}{asked}{session}",
        paint(style.bold(), words::ending(found))
    );
    if !found.missing.is_empty() {
        let what = match found.outcome {
            Ending::Unknown => "It depends on",
            _ => "More depends on",
        };
        let _ = writeln!(out, "{what} {}", facts(&found.missing));
    }
}

fn online(out: &mut String, online: &Compared) {
    let surprising = online.differences.iter().filter(|one| one.known.is_none());
    match (online.differences.len(), surprising.count()) {
        (0, _) => {
            let _ = writeln!(
                out,
                "Graph's own `evaluate` agrees on {}.",
                counted(online.policies, "policy")
            );
        }
        (all, surprising) => {
            let _ = writeln!(
                out,
                "{}",
                paint(
                    BOLD,
                    &format!(
                        "Graph's own `evaluate` differs on {all} of {}, {surprising} without a known reason:",
                        counted(online.policies, "policy")
                    )
                )
            );
        }
    }
    for difference in &online.differences {
        let _ = writeln!(out, "  {}", line(difference));
    }
    if !online.unsaid.is_empty() {
        let _ = writeln!(
            out,
            "Not asked online, because the request cannot express it: {}",
            online.unsaid.join(", ")
        );
    }
}

/// A difference in one line.
pub(super) fn line(difference: &Difference) -> String {
    let says = |applies: Option<bool>, reason: &Option<String>, none: &str| match (applies, reason)
    {
        (Some(true), _) => "applies".to_owned(),
        (Some(false), Some(reason)) => format!("does not apply ({reason})"),
        (Some(false), None) => "does not apply".to_owned(),
        (None, _) => none.to_owned(),
    };
    let known = difference.known.as_ref();
    visible(
        &format!(
            "{}: here {}, there {}{}",
            difference.policy,
            says(difference.here, &difference.here_reason, "it depends"),
            says(
                difference.there,
                &difference.there_reason,
                "it is not listed"
            ),
            known.map_or_else(String::new, |why| format!("; known: {why}")),
        ),
        false,
    )
}
