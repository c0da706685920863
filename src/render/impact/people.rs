//! Who is affected, in numbers of people.

use std::fmt::Write as _;

use crate::impact::people::{ImpactKind, PeopleChange, PeopleEffect, PeopleImpact};
use crate::render::affected::who;
use crate::render::escape::{markdown_sentence, shortened};
use crate::render::human::{BOLD, GREEN, RED, YELLOW, paint};
use crate::render::{boxes, proof};
use crate::text::{few_names, visible};
use crate::whatif::Consequence;

/// How many changes of each kind a terminal shows.
const SHOWN: usize = 20;
/// How many names of a persona are shown.
const NAMES: usize = 20;
/// The most characters of a cell of a table.
pub const CELL: usize = 240;
/// The most bytes of the table in the comment of a plan, which has other parts, and of one that
/// has none.
pub const BESIDE: usize = 8_000;

/// The sentence over all.
pub(crate) fn said(impact: &PeopleImpact) -> String {
    let people = |count: usize| match count {
        1 => "1 person".to_owned(),
        many => format!("{many} people"),
    };
    let changes = impact.changes.iter();
    let may = changes.filter(|one| one.kind >= ImpactKind::MaybeLost);
    let may: usize = may.map(|one| one.count).sum();
    let (changed, all) = (impact.changed() - may, people(impact.all));
    let keep = match impact.unchanged {
        1 => "1 keeps what they have (proved)".to_owned(),
        many => format!("{many} keep what they have (proved)"),
    };
    let rest = match impact.disabled {
        0 => keep,
        disabled => format!("{keep}, {disabled} of whom cannot sign in"),
    };
    let shut_out = match impact.shut_out() {
        0 => String::new(),
        some => format!(", {some} of whom can get in nowhere any more"),
    };
    match (changed, may) {
        (0, 0) => format!("Of {all}, nobody is affected; {rest}"),
        (0, may) => format!("Of {all}, {may} may be affected; {rest}"),
        (1, 0) => format!("Of {all}, 1 is affected{shut_out}; {rest}"),
        (many, 0) => format!("Of {all}, {many} are affected{shut_out}; {rest}"),
        (1, may) => format!("Of {all}, 1 is affected{shut_out} and {may} may be; {rest}"),
        (many, may) => {
            format!("Of {all}, {many} are affected{shut_out} and {may} may be; {rest}")
        }
    }
}

/// What it is that happens, for a heading.
fn title(kind: ImpactKind) -> &'static str {
    match kind {
        ImpactKind::Lost => "LOST: some of their sign-ins passed, and can pass no more",
        ImpactKind::More => "MORE: some of their sign-ins are asked for more",
        ImpactKind::Gained => "GAINED: some of their sign-ins could not pass, and can",
        ImpactKind::Less => "LESS: some of their sign-ins are asked for less",
        ImpactKind::MaybeLost => "MAYBE_LOST: some of their sign-ins may pass no more",
        ImpactKind::MaybeMore => "MAYBE_MORE: some of their sign-ins may be asked for more",
        ImpactKind::MaybeGained => "MAYBE_GAINED: some of their sign-ins may pass that could not",
        ImpactKind::MaybeLess => "MAYBE_LESS: some of their sign-ins may be asked for less",
    }
}

/// What a sign-in gets after the plan, and on which group that hangs.
pub(in crate::render) fn got_after(effect: &PeopleEffect) -> String {
    let got = got(effect.after.as_ref());
    match &effect.hangs_on {
        None => got,
        Some(doubt) => {
            let word = if doubt.is_in { "in" } else { "not in" };
            let group = visible(&doubt.group, false);
            format!("{got}, for whoever is {word} `{group}` by its membership rule")
        }
    }
}

pub(in crate::render) fn got(consequence: Option<&Consequence>) -> String {
    match consequence {
        Some(got) => visible(&boxes::got(got), false),
        None => "no account that can sign in".to_owned(),
    }
}

pub(in crate::render) fn place(effect: &PeopleEffect) -> String {
    match (&effect.before, &effect.after) {
        (Some(_), Some(_)) => boxes::widest(&effect.widest, "every sign-in"),
        _ => "every sign-in".to_owned(),
    }
}

/// For a terminal. `command` judges a sign-in before and after.
pub fn human(impact: &PeopleImpact, command: &str) -> String {
    let mut out = format!("{}\n", paint(BOLD, &format!("People: {}", said(impact))));
    let mut kinds: Vec<ImpactKind> = impact.changes.iter().map(|one| one.kind).collect();
    kinds.dedup();
    for kind in kinds {
        let style = match kind {
            ImpactKind::Lost | ImpactKind::Gained => RED,
            ImpactKind::More | ImpactKind::Less => GREEN,
            _ => YELLOW,
        };
        let _ = writeln!(out, "\n{}", paint(style, title(kind)));
        let own = impact.changes.iter().filter(|one| one.kind == kind);
        let many = own.clone().count();
        for change in own.take(SHOWN) {
            out.push_str(&lines(change, command));
        }
        if many > SHOWN {
            let left = impact.changes.iter().filter(|one| one.kind == kind);
            let people: usize = left.skip(SHOWN).map(|one| one.count).sum();
            let _ = writeln!(
                out,
                "  and {} more changes, of {people} people; `--format json` has them all",
                many - SHOWN
            );
        }
    }
    for note in &impact.notes {
        let _ = writeln!(out, "\nnote: {}", visible(note, false));
    }
    out
}

fn lines(change: &PeopleChange, command: &str) -> String {
    let mut out = String::new();
    for persona in &change.personas {
        let words = visible(&persona.words, false);
        let _ = writeln!(out, "  {:>6}  {words}", persona.count);
        if !persona.names.is_empty() {
            let names = persona.names.iter().map(|name| visible(name, false));
            let _ = writeln!(out, "          {}", few_names(names, NAMES));
        }
    }
    if change.is_shut_out {
        let _ = writeln!(
            out,
            "          {}",
            paint(RED, "They can get in nowhere any more.")
        );
    }
    let mut told = Vec::new();
    for (at, effect) in change.effects.iter().enumerate() {
        // Elsewhere the same: programs get all of it.
        let same = (effect.kind, effect.before.as_ref(), got_after(effect));
        if told.contains(&same) {
            continue;
        }
        told.push(same);
        if at > 0 {
            let way = match effect.is_ordinary {
                true => "",
                false => ", in sign-ins that are not ordinary",
            };
            let _ = writeln!(out, "          also {}{way}", effect.kind.as_str());
        }
        let _ = writeln!(out, "          where:  {}", place(effect));
        let _ = writeln!(out, "          before: {}", got(effect.before.as_ref()));
        let _ = writeln!(out, "          after:  {}", got_after(effect));
        if let Some(line) = proof::replay(command, &effect.sign_in)
            && effect.replays
            && at == 0
        {
            let _ = writeln!(out, "          {line}");
        }
    }
    if change.more {
        let _ = writeln!(out, "          there may be more");
    }
    out
}

/// A cell of a table.
pub fn cell(text: &str) -> String {
    let text = shortened(&visible(text, false), CELL);
    markdown_sentence(&text).replace('|', "\\|")
}

/// The sentence and the table for a comment, of at most so many bytes.
pub fn table(impact: &PeopleImpact, most: usize) -> String {
    let mut out = format!("\n**People:** {}.\n", cell(&said(impact)));
    let mut rows = String::new();
    let (mut left, mut people) = (0, 0);
    for change in &impact.changes {
        let Some(effect) = change.effects.first() else {
            continue;
        };
        let row = format!(
            "| {} | {} | {} | {} | {} | {} |\n",
            match change.is_shut_out {
                true => "**LOST, everywhere**",
                false => change.kind.as_str(),
            },
            change.count,
            cell(&who(&change.personas)),
            cell(&got(effect.before.as_ref())),
            cell(&got_after(effect)),
            cell(&place(effect)),
        );
        // Once one is left out, so are all behind it: the order is by weight.
        if left > 0 || rows.len() + row.len() > most.saturating_sub(1_500) {
            left += 1;
            people += change.count;
            continue;
        }
        rows.push_str(&row);
    }
    if !rows.is_empty() {
        let _ = write!(
            out,
            "\n| What | People | Who | Before | After | Where |\n| --- | ---: | --- | --- | --- | --- |\n{rows}"
        );
    }
    if left > 0 {
        let _ = writeln!(
            out,
            "\n**And {left} more changes, of {people} people, are left out here.** `gatewright impact --people --format json` has them all."
        );
    }
    for note in impact.notes.iter().take(4) {
        let _ = writeln!(out, "\n{}.", cell(note));
    }
    out
}
