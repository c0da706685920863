//! A plan, or the findings that stopped it, as a comment on a pull request: what refuses and
//! what weakens first, then a table of all changes, then a folded diff of each. Drift and the
//! report of a run have the same build.
//!
//! The first line is a comment that a reader does not see and a pipeline finds again: what it
//! wrote for that tenant the last time, to be renewed.
//!
//! A comment may have 65,536 characters on GitHub. What does not fit is left out from the
//! end, never from the beginning, and the text says at its top what and how much it is.

mod drift;
mod impact;
mod replay;
mod run;

use std::fmt::Write as _;

pub use drift::drift;
pub use impact::impact;
pub use replay::{people_and_replay, replay};
pub use run::run;
use serde_json::Value;

use super::escape::{html, markdown_block, markdown_code, markdown_sentence, shortened, uri_word};
use super::findings::count;
use super::human;
use super::hunks;
use super::impact::people::BESIDE;
use super::plan::{Depth, Same, ShownAction, groups};
use super::review::{About, Remark, Review, SaidAlike};
use crate::finding::cause::{Cause, causes};
use crate::finding::{Place, Severity};
use crate::impact::people::PeopleImpact;
use crate::plan::weakening::Effect;
use crate::plan::{Action, Plan, Verb};
use crate::text::{counted, few, visible};

/// The most bytes of a text, and so of its characters however they are counted. It leaves a
/// pipeline room for a line of its own.
pub const LIMIT: usize = 64_000;

/// The most bytes of each part before the diffs.
const VERDICTS: usize = 14_000;
const WEAKENED: usize = 12_000;
const TABLE: usize = 14_000;
const NOTES: usize = 8_000;
const LEFT_ALONE: usize = 3_000;

/// The least bytes that a folded diff takes: its frame.
const SMALLEST: usize = 200;

/// The most characters of a name, and of a sentence.
const NAME: usize = 100;
const SENTENCE: usize = 500;

/// The most names of objects to which the same is done.
const NAMES: usize = 10;

/// A plan, and what was said about it.
pub fn plan(plan: &Plan, review: &Review) -> String {
    plan_with(plan, review, None)
}

/// The same, with the people whom it affects where they were counted: they come first.
pub fn plan_with(plan: &Plan, review: &Review, people: Option<&PeopleImpact>) -> String {
    let mut head = format!(
        "{}## Plan for {}\n\n",
        marker("plan", &plan.tenant),
        code(&human::tenant(plan))
    );
    if let Some(limit) = &plan.limit {
        let _ = writeln!(head, "{}\n", sentence(&limit.sentence()));
    }
    let summary = plan.summary();
    if plan.is_empty() {
        let _ = write!(head, "**No changes.**");
    } else {
        let _ = write!(
            head,
            "**{} to create, {} to change, {} to delete.**",
            summary.create, summary.update, summary.delete
        );
    }
    let _ = writeln!(
        head,
        " {} unchanged, {} unmanaged.",
        summary.unchanged, summary.unmanaged
    );
    let refusing = review.verdicts.iter().filter(|v| v.refuses()).count();
    if refusing > 0 {
        let _ = writeln!(
            head,
            "\n**Refused by guards: {}. This plan cannot be applied as it is.**",
            counted(refusing, "reason")
        );
    }

    if let Some(people) = people {
        head.push_str(&super::impact::people::table(people, BESIDE));
    }
    head.push_str(&super::sign_ins::markdown(plan));

    let verdicts = review.remarks(&[]);
    let mut body = list("### Guards", lines(&verdicts), VERDICTS);
    // The careful look first: what weakens goes before the rest, in the table and the diffs.
    let mut actions: Vec<&Action> = plan.actions.iter().collect();
    actions.sort_by_key(|action| weakens(action).is_none());
    let weakened = weakenings(&actions, |action| verb(action.verb));
    body.push_str(&list("### Weakens protection", weakened, WEAKENED));
    body.push_str(&table(&actions));

    let mut tail = notes(plan);
    tail.push_str(&left_alone(plan));
    let shown: Vec<ShownAction<'_>> = (actions.iter())
        .map(|action| ShownAction::of(plan, action))
        .collect();
    let fold = |(first, others): &Same<'_, '_>| {
        let action = first.action;
        Fold::of(first, others, verb(action.verb), &action.reason)
    };
    let whole = "`gatewright plan` prints the whole plan.";
    with_diffs(
        [head, body, tail],
        &groups(&shown, Depth::Usual),
        fold,
        whole,
    )
}

/// What is worth knowing and stops nothing.
fn notes(plan: &Plan) -> String {
    let notes: Vec<Remark<'_>> = super::review::remarks(&plan.notices);
    list("### Notes", lines(&notes), NOTES)
}

/// The line by which a pipeline finds its comment again. Whatever the tenant is called, the
/// comment ends where it should: the name is percent-encoded, but for letters, digits and
/// `-`, `.`, `_`, `~`.
pub(super) fn marker(what: &str, tenant: &str) -> String {
    let name = uri_word(&shortened(tenant, NAME));
    if name.is_empty() {
        return format!("<!-- gatewright:{what} -->\n");
    }
    // Two of them end a comment for some readers.
    let name = name.replace("--", "-%2D");
    format!("<!-- gatewright:{what} tenant={name} -->\n")
}

/// Puts as many diffs as fit between the body and the tail, and says at the top what does not.
fn with_diffs<T>(
    [mut head, body, tail]: [String; 3],
    items: &[T],
    fold: impl Fn(&T) -> Fold,
    whole: &str,
) -> String {
    const WARNING: usize = 400;
    let room = LIMIT.saturating_sub(head.len() + body.len() + tail.len() + WARNING);
    let (diffs, cut, left_out) = diffs(items, room, fold);
    if cut + left_out > 0 {
        let _ = writeln!(
            head,
            "\n**Not everything fits here:** {left_out} of {} diffs are left out and {cut} cut short. {whole}",
            items.len()
        );
    }
    let diffs = match diffs.is_empty() {
        true => diffs,
        false => format!("{}\n", diffs.trim_end()),
    };
    [head, body, diffs, tail].concat()
}

/// Findings, under a heading.
pub fn remarks(heading: &str, list: &[Remark<'_>], about: &About) -> String {
    let findings: Vec<_> = list.iter().map(|r| r.finding.clone()).collect();
    let mut out = match &about.tenant {
        // A pipeline that renews its comment does so when no plan could be made, too.
        Some(tenant) if ["plan", "drift"].contains(&about.command) => marker(about.command, tenant),
        _ => String::new(),
    };
    let _ = write!(out, "## {}", markdown_sentence(heading));
    if let Some(tenant) = &about.tenant {
        let _ = write!(out, " ({})", code(tenant));
    }
    out.push('\n');
    let said = count(&findings);
    let said = if said.is_empty() {
        "No findings"
    } else {
        &said
    };
    let _ = writeln!(out, "\n**{said}**");
    out.push_str(&self::list("", lines(list), LIMIT - 1_000));
    out
}

/// A name as code, cut when it is long.
fn code(text: &str) -> String {
    markdown_code(&shortened(&visible(text, false), NAME))
}

/// A sentence, cut when it is long, and shorter still when it is nearly all signs.
fn sentence(text: &str) -> String {
    let text = visible(text, false);
    let out = markdown_sentence(&shortened(&text, SENTENCE));
    match out.len() > 3 * SENTENCE {
        true => markdown_sentence(&shortened(&text, NAME)),
        false => out,
    }
}

fn at(place: &Place) -> String {
    // A long path is cut, never the line.
    let line = format!(":{}", place.line);
    let path = visible(&place.file.name, false);
    let path = shortened(&path, NAME.saturating_sub(line.len()));
    markdown_code(&format!("{path}{line}"))
}

/// Findings as items of a list: what guards say, then each cause once.
fn lines(list: &[Remark<'_>]) -> Vec<String> {
    let (plain, others): (Vec<&Remark<'_>>, Vec<&Remark<'_>>) =
        list.iter().partition(|remark| remark.is_plain());
    let causes = causes(plain.iter().map(|remark| remark.finding));
    let plain = causes.iter().map(|cause| {
        let remark = Remark::of(cause.first);
        let mut out = line(&remark);
        out.push_str(&help(&remark));
        out.push_str(&also_at(cause));
        out
    });
    let others = SaidAlike::of(
        others,
        |remark| remark.finding,
        |remark| (remark.id(), remark.allowed, remark.finding.severity),
    );
    let mut told: Vec<String> = Vec::new();
    let mut lines = others.iter().peekable();
    while let Some(alike) = lines.next() {
        let mut out = line(alike.first);
        if let Some(also) = alike.also(code, at) {
            let _ = writeln!(out, "  <br>{also}");
        }
        // The same advice stands once, below the last of those that it is for.
        let next = lines.peek().map(|next| &next.first.finding.help);
        if next != Some(&alike.first.finding.help) {
            out.push_str(&help(alike.first));
        }
        told.push(out);
    }
    told.into_iter().chain(plain).collect()
}

/// The other places of a cause.
fn also_at(cause: &Cause<'_>) -> String {
    let (shown, more) = cause.other_places();
    let shown: Vec<String> = shown.into_iter().map(at).collect();
    match (shown.is_empty(), more) {
        (true, _) => String::new(),
        (_, 0) => format!("  <br>also at {}\n", shown.join(", ")),
        _ => format!("  <br>also at {} and {more} more\n", shown.join(", ")),
    }
}

/// A finding as an item of a list.
fn line(remark: &Remark<'_>) -> String {
    let finding = remark.finding;
    let word = match (remark.allowed, finding.severity) {
        (Some(_), _) => "let through",
        (None, Severity::Error) => "error",
        (None, Severity::Warning) => "warning",
        (None, Severity::Hint) => "hint",
    };
    let mut out = format!("- **{word}** {}", code(&remark.id()));
    if let Some(place) = &finding.place {
        let _ = write!(out, " at {}", at(place));
    }
    let _ = writeln!(out, ": {}", sentence(&finding.message));
    if let Some(why) = remark.allowed {
        let _ = writeln!(out, "  <br>let through: {}", sentence(why));
    }
    out
}

/// The way out of a finding.
fn help(remark: &Remark<'_>) -> String {
    let help = remark.finding.help.as_ref();
    help.map_or_else(String::new, |help| {
        format!("  <br>help: {}\n", sentence(&help.replace('\n', " ")))
    })
}

/// Items under a heading, as many as fit, and a line that counts the others.
fn list(heading: &str, items: Vec<String>, most: usize) -> String {
    if items.is_empty() {
        return String::new();
    }
    let mut out = format!("\n{heading}\n\n").replace("\n\n\n", "\n");
    let mut shown = 0;
    for item in &items {
        if out.len() + item.len() > most {
            break;
        }
        out.push_str(item);
        shown += 1;
    }
    match items.len() - shown {
        0 => {}
        more => {
            let _ = writeln!(out, "- **and {more} more, left out here**");
        }
    }
    out
}

fn verb(verb: Verb) -> &'static str {
    match verb {
        Verb::Create => "create",
        Verb::Update => "change",
        Verb::Delete => "delete",
    }
}

/// What an action does to protection, where it weakens.
fn weakens(action: &Action) -> Option<&Effect> {
    action.effect.as_ref().filter(|e| e.class.weakens())
}

/// What weakens, as items of a list: together where it is for the same reasons.
fn weakenings(actions: &[&Action], word: impl Fn(&Action) -> &'static str) -> Vec<String> {
    let mut alike: Vec<(&Action, &Effect, Vec<String>)> = Vec::new();
    for action in actions {
        let Some(effect) = weakens(action) else {
            continue;
        };
        let same = alike.iter_mut().find(|(first, known, _)| {
            (word(first), first.kind) == (word(action), action.kind) && *known == effect
        });
        match same {
            Some((.., names)) => names.push(code(&action.name)),
            None => alike.push((action, effect, vec![code(&action.name)])),
        }
    }
    let items = alike.into_iter();
    items
        .map(|(action, effect, names)| weakening(action, word(action), effect, &few(names, NAMES)))
        .collect()
}

fn weakening(action: &Action, verb: &str, effect: &Effect, names: &str) -> String {
    let reasons: Vec<String> = effect.reasons.iter().map(|r| visible(r, false)).collect();
    let why = match reasons.is_empty() {
        true => String::new(),
        false => format!(": {}", sentence(&reasons.join("; "))),
    };
    format!(
        "- **{}** {verb} {} {names}{why}\n",
        effect.class.as_str(),
        action.kind,
    )
}

/// A cell on protection, in a table of actions that were judged; else nothing.
fn protection(actions: &[&Action]) -> impl Fn(&str) -> String + use<> {
    let judged = actions.iter().any(|action| action.effect.is_some());
    move |cell: &str| match judged {
        true => format!(" {cell} |"),
        false => String::new(),
    }
}

/// What an action does to protection, in a word.
fn class(action: &Action) -> &'static str {
    let effect = action.effect.as_ref();
    effect.map_or("", |effect| effect.class.as_str())
}

/// A row for each action, as many as fit.
fn table(actions: &[&Action]) -> String {
    if actions.is_empty() {
        return String::new();
    }
    let protection = protection(actions);
    let head = format!(
        "| Action | Kind | Name |{} What | Manifest |\n| --- | --- | --- |{} --- | --- |\n",
        protection("Protection"),
        protection("---")
    );
    let row = |action: &&Action| {
        format!(
            "| {} | {} | {} |{} {} | {} |\n",
            verb(action.verb),
            action.kind,
            code(&action.name),
            protection(class(action)),
            what(action),
            manifest(action),
        )
    };
    let (mut out, shown) = rows("### Changes", &head, actions, row);
    let rest = actions.get(shown..).unwrap_or_default();
    if !rest.is_empty() {
        let count = |wanted| rest.iter().filter(|a| a.verb == wanted).count();
        let _ = writeln!(
            out,
            "\n**And {} more, left out here: {} to create, {} to change, {} to delete.**",
            rest.len(),
            count(Verb::Create),
            count(Verb::Update),
            count(Verb::Delete)
        );
    }
    out
}

/// A table with as many rows as fit, and how many those are.
fn rows<T>(heading: &str, head: &str, items: &[T], row: impl Fn(&T) -> String) -> (String, usize) {
    let mut out = format!("\n{heading}\n\n{head}");
    for (number, item) in items.iter().enumerate() {
        let row = row(item);
        if out.len() + row.len() > TABLE {
            return (out, number);
        }
        out.push_str(&row);
    }
    (out, items.len())
}

/// Where the manifest of an action is; nothing without one.
fn manifest(action: &Action) -> String {
    action.place.as_ref().map_or_else(String::new, at)
}

/// What an action changes, or why it is. Whether a policy is enforced is what reviewers look
/// for first, so its state stands here by its value.
fn what(action: &Action) -> String {
    const MOST: usize = 6;
    let state = |side: &Value| side.get("state").and_then(Value::as_str).map(code);
    let (before, after) = (state(&action.before), state(&action.after));
    if action.verb != Verb::Update || action.changes.is_empty() {
        let reason = sentence(&action.reason);
        return match before.or(after) {
            Some(state) => format!("{state}; {reason}"),
            None => reason,
        };
    }
    let changes = (action.changes.iter()).map(|path| match (path.as_str(), &before, &after) {
        ("state", Some(before), Some(after)) => format!("`state`: {before} to {after}"),
        _ => code(path),
    });
    few(changes, MOST)
}

/// A diff that is folded away.
struct Fold {
    /// What is seen of it, as HTML.
    title: String,
    /// What stands above the diff, as Markdown.
    above: String,
    /// The diff.
    lines: String,
}

impl Fold {
    /// What an action is about: what is said of it, why, to what else the same is done, and its
    /// two sides.
    fn of(first: &ShownAction<'_>, others: &[&ShownAction<'_>], said: &str, why: &str) -> Fold {
        let action = first.action;
        let name = html(&shortened(&visible(&action.name, false), NAME));
        let id = match (&action.id, action.verb) {
            (Some(id), Verb::Update | Verb::Delete) => format!(", id {}", code(id)),
            _ => String::new(),
        };
        let place = match manifest(action) {
            place if place.is_empty() => place,
            place => format!(", {place}"),
        };
        let (more, same) = match others.len() {
            0 => (String::new(), String::new()),
            more => {
                let names = others.iter().map(|one| code(&one.action.name));
                let same = format!("\n\nThe same change to {more} more: {}", few(names, NAMES));
                (format!(" and {more} more"), same)
            }
        };
        Fold {
            title: format!("{said} {} <code>{name}</code>{more}", action.kind),
            above: format!("{}{place}{id}{same}", sentence(why)),
            lines: diff(&first.before, &first.after),
        }
    }

    fn with(&self, lines: &str) -> String {
        format!(
            "<details><summary>{}</summary>\n\n{}\n\n{}\n</details>\n\n",
            self.title,
            self.above,
            markdown_block("diff", lines)
        )
    }

    /// The beginning in at most `most` bytes; nothing when it would be a stump.
    fn shorter(&self, most: usize) -> Option<String> {
        const STUMP: usize = 5;
        let all: Vec<&str> = self.lines.lines().collect();
        let with = |count: usize| {
            let kept = all.get(..count).unwrap_or_default().join("\n");
            self.with(&format!("{kept}\n... {} more lines", all.len() - count))
        };
        // Longer with every line, so halving finds the last that fits.
        let (mut low, mut high) = (0, all.len());
        while low < high {
            let middle = (low + high).div_ceil(2);
            if with(middle).len() <= most {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        (low >= STUMP)
            .then(|| with(low))
            .filter(|text| text.len() <= most)
    }
}

/// The folded diffs that fit in `room` bytes, how many were cut short and how many left out.
fn diffs<T>(items: &[T], room: usize, fold: impl Fn(&T) -> Fold) -> (String, usize, usize) {
    let mut out = String::from(if items.is_empty() {
        ""
    } else {
        "\n### Diffs\n\n"
    });
    let (mut cut, mut left_out) = (0, 0);
    for item in items {
        let free = room.saturating_sub(out.len());
        if free < SMALLEST {
            left_out += 1;
            continue;
        }
        let fold = fold(item);
        let whole = fold.with(&fold.lines);
        if whole.len() <= free {
            out.push_str(&whole);
            continue;
        }
        match fold.shorter(free) {
            Some(part) => {
                out.push_str(&part);
                cut += 1;
            }
            None => left_out += 1,
        }
    }
    if cut + left_out == items.len() && cut == 0 && left_out > 0 {
        out.clear();
    }
    (out, cut, left_out)
}

/// The lines that differ, with some around them; all lines of what is made or deleted.
fn diff(before: &Value, after: &Value) -> String {
    let yaml = |value| visible(&human::to_yaml(value), true);
    hunks::plain(&yaml(before), &yaml(after))
}

/// What no manifest names, by kind.
fn left_alone(plan: &Plan) -> String {
    const MOST: usize = 5;
    let lines = plan
        .unmanaged
        .iter()
        .map(|(kind, names)| {
            let shown = few(names.iter().map(|name| code(name)), MOST);
            format!("- {} {kind}: {shown}\n", names.len())
        })
        .collect();
    list("### Unmanaged", lines, LEFT_ALONE)
}

#[cfg(test)]
mod tests;
