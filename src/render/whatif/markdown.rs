//! For a comment on a pull request.

use std::fmt::Write as _;

use super::words::{self, facts, ruled_out};
use super::{WhatifAnswer, human};
use crate::render::escape::{markdown_code, markdown_sentence};
use crate::text::counted;
use crate::whatif::{Consequence, PolicyOutcome};

/// The whole answer.
pub fn answer(shown: &WhatifAnswer<'_>) -> String {
    let mut out = format!("## {}\n", markdown_sentence(&words::whole(shown.sign_in)));
    for answer in shown.answers {
        if !answer.title.is_empty() {
            let _ = write!(out, "\n### {}\n", markdown_sentence(&answer.title));
        }
        let outcome = &answer.outcome;
        consequence(&mut out, "Outcome", &outcome.enforced);
        if let Some(reported) = &outcome.report_only {
            consequence(&mut out, "With report-only", reported);
        }
        for assumption in &outcome.assumptions {
            let _ = write!(out, "\nAssumed: {}\n", markdown_sentence(assumption));
        }
        let mut policies: Vec<&PolicyOutcome> = outcome.policies.iter().collect();
        if !shown.all {
            policies.retain(|policy| policy.applies != Some(false));
        }
        policies.sort_by_key(|policy| (policy.applies == Some(false), policy.applies.is_none()));
        if policies.is_empty() {
            out.push_str("\nNo policy applies.\n");
            continue;
        }
        out.push_str("\n| policy | state | applies | |\n| --- | --- | --- | --- |\n");
        for policy in policies {
            let (word, why) = match (policy.applies, policy.reason) {
                (Some(true), _) => ("yes", String::new()),
                (None, _) => ("depends", format!("on {}", facts(&policy.missing))),
                (Some(false), reason) => {
                    let why = reason.map(|reason| ruled_out(reason, policy, shown.sign_in));
                    ("no", why.unwrap_or_default())
                }
            };
            let _ = writeln!(
                out,
                "| {} | {} | {word} | {} |",
                markdown_code(&policy.display_name),
                words::state(policy),
                markdown_sentence(&why)
            );
        }
    }
    if let Some(online) = shown.online {
        out.push_str("\n### Graph's own `evaluate`\n\n");
        if online.differences.is_empty() {
            let _ = writeln!(out, "It agrees on {}.", counted(online.policies, "policy"));
        }
        for difference in &online.differences {
            let _ = writeln!(out, "- {}", markdown_sentence(&human::line(difference)));
        }
    }
    out
}

fn consequence(out: &mut String, title: &str, found: &Consequence) {
    let _ = write!(out, "\n**{title}: {}**", words::ending(found));
    let asked = words::requires(found);
    if !asked.is_empty() {
        let _ = write!(out, "; asks for {}", markdown_sentence(&asked));
    }
    let session = words::session(&found.session_controls);
    if !session.is_empty() {
        let _ = write!(out, "; session: {}", markdown_sentence(&session.join(", ")));
    }
    out.push('\n');
    if !found.missing.is_empty() {
        let _ = write!(
            out,
            "\nMore depends on {}.\n",
            markdown_sentence(&facts(&found.missing))
        );
    }
}
