//! Who is affected, as a comment on a pull request.

use std::fmt::Write as _;

use super::marker;
use crate::impact::people::PeopleImpact;
use crate::render::escape::{markdown_sentence, shortened};
use crate::render::impact::people::{CELL, cell, table};
use crate::render::review::About;
use crate::render::whatif::words;
use crate::text::{few_names, visible};

/// The most bytes of the table.
const ALONE: usize = 60_000;
/// Of how many changes names are listed, and how many of each.
const LISTED: usize = 5;
const NAMES: usize = 20;

/// For a comment on a pull request.
pub fn impact(impact: &PeopleImpact, about: &About) -> String {
    impact_within(impact, about, ALONE)
}

/// The same in a table of at most so many bytes.
pub(super) fn impact_within(impact: &PeopleImpact, about: &About, most: usize) -> String {
    let tenant = about.tenant.as_deref().unwrap_or_default();
    let mut out = marker("impact", tenant);
    out.push_str("## Impact on people");
    if !tenant.is_empty() {
        let _ = write!(out, " ({})", cell(tenant));
    }
    out.push('\n');
    let names = names(impact);
    out.push_str(&table(impact, most.saturating_sub(names.len())));
    out.push_str(&examples(impact));
    out.push_str(&names);
    out
}

/// A sign-in of each of the first changes.
fn examples(impact: &PeopleImpact) -> String {
    let mut out = String::new();
    for change in impact.changes.iter().take(5) {
        let Some(effect) = change.effects.first() else {
            continue;
        };
        let example = shortened(&words::sign_in(&effect.sign_in), CELL);
        let _ = writeln!(
            out,
            "- {} such as {}",
            change.kind.as_str(),
            markdown_sentence(&visible(&example, false))
        );
    }
    match out.is_empty() {
        true => out,
        false => format!("\n{out}"),
    }
}

/// Who is meant, where that was asked for: so many names of each of the first changes.
fn names(impact: &PeopleImpact) -> String {
    let mut out = String::new();
    for change in impact.changes.iter().take(LISTED) {
        let personas = change.personas.iter();
        let names: Vec<String> = personas
            .flat_map(|persona| &persona.names)
            .map(|name| shortened(&visible(name, false), CELL).to_string())
            .collect();
        if !names.is_empty() {
            let line = format!("{}: {}", change.kind.as_str(), few_names(names, NAMES));
            let _ = writeln!(out, "- {}", markdown_sentence(&shortened(&line, 1_500)));
        }
    }
    match out.is_empty() {
        true => out,
        false => format!("\n### Names\n\n{out}"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::impact::people::{ImpactKind, PeopleChange, PeopleEffect, Persona};
    use crate::plan::Plan;
    use crate::render::impact::people::{human, said};
    use crate::render::markdown;
    use crate::render::review::Review;
    use crate::whatif::SignIn;

    /// Many changes, whose names are as long and as hostile as names can be.
    fn many(count: usize) -> PeopleImpact {
        let hostile = "`|<script>[x](y)\u{1b}[2J\n\u{202e}".repeat(40);
        let change = |at: usize| PeopleChange {
            kind: ImpactKind::Lost,
            is_shut_out: false,
            count: 1,
            personas: vec![Persona {
                words: format!("users in `{at} {hostile}`"),
                count: 1,
                names: vec![hostile.clone()],
            }],
            effects: vec![PeopleEffect {
                kind: ImpactKind::Lost,
                is_ordinary: true,
                before: None,
                after: None,
                widest: BTreeMap::new(),
                sign_in: SignIn::default(),
                replays: false,
                hangs_on: None,
            }],
            more: false,
        };
        PeopleImpact {
            all: count,
            changes: (0..count).map(change).collect(),
            notes: vec![hostile.clone()],
            ..PeopleImpact::default()
        }
    }

    #[test]
    fn ten_thousand_changes_fit_a_comment_and_are_counted() {
        let impact = many(10_000);
        let alone = super::impact(&impact, &About::default());
        let plan = Plan::default();
        let beside = markdown::plan_with(&plan, &Review::of(&plan), Some(&impact));
        for text in [&alone, &beside] {
            assert!(text.len() <= markdown::LIMIT, "{}", text.len());
            let rows = text
                .lines()
                .filter(|line| line.starts_with("| LOST"))
                .count();
            assert!(rows > 3, "{rows}");
            let left = format!(
                "And {} more changes, of {} people",
                10_000 - rows,
                10_000 - rows
            );
            assert!(text.contains(&left), "{left}");
            assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'));
            assert!(!text.contains("<script>"));
        }
        // Names are listed where they were asked for.
        assert!(alone.contains("### Names"));
        let shown = human(&impact, "gatewright whatif");
        assert!(!shown.contains("\u{1b}[2J") && shown.contains("9980 more changes"));
    }

    #[test]
    fn the_sentence_counts_people() {
        let said_of = |changed: usize, unchanged: usize, disabled: usize| {
            let mut impact = many(changed);
            (impact.all, impact.unchanged, impact.disabled) =
                (changed + unchanged, unchanged, disabled);
            said(&impact)
        };
        assert_eq!(
            said_of(0, 1, 0),
            "Of 1 person, nobody is affected; 1 keeps what they have (proved)"
        );
        assert_eq!(
            said_of(1, 3, 1),
            "Of 4 people, 1 is affected; 3 keep what they have (proved), 1 of whom cannot sign in"
        );
        assert_eq!(
            said_of(2, 0, 0),
            "Of 2 people, 2 are affected; 0 keep what they have (proved)"
        );
    }
}
