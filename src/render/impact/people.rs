//! Who is affected, in numbers of people.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use crate::impact::people::{ImpactKind, PeopleChange, PeopleEffect, PeopleImpact, Persona};
use crate::render::escape::{markdown_sentence, shortened};
use crate::render::human::{BOLD, GREEN, RED, YELLOW, paint};
use crate::render::markdown::marker;
use crate::render::review::About;
use crate::render::whatif::words;
use crate::render::{boxes, proof};
use crate::text::{few_names, visible};
use crate::whatif::{Consequence, SignIn};

/// How many changes of each kind a terminal shows.
const SHOWN: usize = 20;
/// How many names of a persona are shown.
const NAMES: usize = 20;
/// The most characters of a cell of a table.
const CELL: usize = 240;
/// The most bytes of the table in the comment of a plan, which has other parts, and of one that
/// has none.
pub const BESIDE: usize = 8_000;
const ALONE: usize = 60_000;

/// The people of `impact --format json` and `plan --format json`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PeopleOutput<'a> {
    /// Everybody: the users before and after. `unchanged` and the counts of `changes` add up to it.
    pub all: usize,
    /// Those all of whose sign-ins get what they got: proved.
    pub unchanged: usize,
    /// Of the unchanged, those whose accounts are disabled.
    pub disabled: usize,
    /// How many classes people fall into by which policies mean them.
    pub classes: usize,
    /// The others, by what changes: the worst first.
    pub changes: Vec<PeopleChangeOutput<'a>>,
    /// What the numbers take for granted, and what could not be read, as sentences.
    pub notes: &'a [String],
}

/// People to whom the same happens.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PeopleChangeOutput<'a> {
    /// Who they are, in words.
    pub persona: String,
    /// How many there are.
    pub count: usize,
    /// What such a sign-in gets before; null: there is no such account.
    pub before: Option<&'a Consequence>,
    /// What it gets after.
    pub after: Option<&'a Consequence>,
    /// The gravest of what happens to their ordinary sign-ins (to an application, by a browser or an
    /// application on a usual platform, without risk, without a flow), and where nothing does to
    /// the others: LOST, MORE, GAINED, LESS, or one of these with MAYBE_ before it
    /// where it hangs on a fact that is not known.
    pub kind: ImpactKind,
    /// Which sign-ins: the values of every member of the sign-in that is not free.
    pub widest: &'a BTreeMap<String, Vec<String>>,
    /// One of them.
    pub sign_in: &'a SignIn,
    /// True when `whatif --before-after` says the same of it.
    pub replays: bool,
    /// Each persona by itself, with how many people it stands for.
    pub personas: Vec<PersonaOutput<'a>>,
    /// What else happens to them.
    pub besides: Vec<PeopleEffectOutput<'a>>,
    /// True when something else may happen to them.
    pub more: bool,
}

/// People in a few words.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonaOutput<'a> {
    /// Who they are.
    pub persona: &'a str,
    /// How many.
    pub count: usize,
    /// Their principal names, with `--names`.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    #[schemars(default)]
    pub names: &'a [String],
}

/// Something else that happens to people.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PeopleEffectOutput<'a> {
    /// What it is to them.
    pub kind: ImpactKind,
    /// True for ordinary sign-ins.
    pub ordinary: bool,
    /// What such a sign-in gets before.
    pub before: Option<&'a Consequence>,
    /// What it gets after.
    pub after: Option<&'a Consequence>,
    /// Which sign-ins.
    pub widest: &'a BTreeMap<String, Vec<String>>,
    /// One of them.
    pub sign_in: &'a SignIn,
    /// True when `whatif --before-after` says the same of it.
    pub replays: bool,
}

/// For programs.
pub fn json(impact: &PeopleImpact) -> PeopleOutput<'_> {
    PeopleOutput {
        all: impact.all,
        unchanged: impact.unchanged,
        disabled: impact.disabled,
        classes: impact.classes,
        changes: impact.changes.iter().filter_map(change).collect(),
        notes: &impact.notes,
    }
}

fn change(change: &PeopleChange) -> Option<PeopleChangeOutput<'_>> {
    let (first, others) = change.effects.split_first()?;
    Some(PeopleChangeOutput {
        persona: who(&change.personas),
        count: change.count,
        before: first.before.as_ref(),
        after: first.after.as_ref(),
        kind: change.kind,
        widest: &first.widest,
        sign_in: &first.sign_in,
        replays: first.replays,
        personas: (change.personas.iter())
            .map(|persona| PersonaOutput {
                persona: &persona.words,
                count: persona.count,
                names: &persona.names,
            })
            .collect(),
        besides: others.iter().map(besides).collect(),
        more: change.more,
    })
}

fn besides(effect: &PeopleEffect) -> PeopleEffectOutput<'_> {
    PeopleEffectOutput {
        kind: effect.kind,
        ordinary: effect.is_ordinary,
        before: effect.before.as_ref(),
        after: effect.after.as_ref(),
        widest: &effect.widest,
        sign_in: &effect.sign_in,
        replays: effect.replays,
    }
}

/// Who people are, in words.
fn who(personas: &[Persona]) -> String {
    let words: Vec<&str> = personas.iter().map(|one| one.words.as_str()).collect();
    words.join("; ")
}

/// The sentence over all.
fn said(impact: &PeopleImpact) -> String {
    let people = |count: usize| match count {
        1 => "1 person".to_owned(),
        many => format!("{many} people"),
    };
    let (changed, all) = (impact.changed(), people(impact.all));
    let rest = match (impact.unchanged, impact.disabled) {
        (unchanged, 0) => format!("{unchanged} keep what they have (proved)"),
        (unchanged, disabled) => format!(
            "{unchanged} keep what they have (proved), {disabled} of whom cannot sign in: their accounts are disabled"
        ),
    };
    match changed {
        0 => format!("Of {all}, nobody is affected; {rest}"),
        1 => format!("Of {all}, 1 is affected; {rest}"),
        many => format!("Of {all}, {many} are affected; {rest}"),
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

fn got(consequence: Option<&Consequence>) -> String {
    match consequence {
        Some(got) => visible(&boxes::got(got), false),
        None => "no account that can sign in".to_owned(),
    }
}

fn place(effect: &PeopleEffect) -> String {
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
    let mut told: Vec<(ImpactKind, Option<&Consequence>, Option<&Consequence>)> = Vec::new();
    for (at, effect) in change.effects.iter().enumerate() {
        // Elsewhere the same: programs get all of it.
        let same = (effect.kind, effect.before.as_ref(), effect.after.as_ref());
        if told.contains(&same) {
            continue;
        }
        told.push(same);
        if at > 0 {
            let way = match effect.is_ordinary {
                true => "",
                false => ", in sign-ins that are not ordinary",
            };
            let _ = writeln!(out, "          besides {}{way}", effect.kind.as_str());
        }
        let _ = writeln!(out, "          where:  {}", place(effect));
        let _ = writeln!(out, "          before: {}", got(effect.before.as_ref()));
        let _ = writeln!(out, "          after:  {}", got(effect.after.as_ref()));
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
fn cell(text: &str) -> String {
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
            change.kind.as_str(),
            change.count,
            cell(&who(&change.personas)),
            cell(&got(effect.before.as_ref())),
            cell(&got(effect.after.as_ref())),
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

/// For a comment on a pull request.
pub fn markdown(impact: &PeopleImpact, about: &About) -> String {
    let tenant = about.tenant.as_deref().unwrap_or_default();
    let mut out = marker("impact", tenant);
    out.push_str("## Impact on people");
    if !tenant.is_empty() {
        let _ = write!(out, " ({})", cell(tenant));
    }
    out.push('\n');
    out.push_str(&table(impact, ALONE));
    out.push_str(&examples(impact));
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
