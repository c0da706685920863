//! Plans for people: which tenant it is, a table of all actions, what each of them does, what the
//! whole does to sign-ins, what the guards say, and the counts.

mod delta;
pub(super) mod words;

use std::collections::HashMap;
use std::fmt::Write as _;

use anstyle::Style;
use serde_json::Value;

use super::human::{BOLD, DIM, GREEN, RED, YELLOW, headline, paint, tenant, to_yaml, unmanaged};
use super::table::{TableCell, plain, roomy, table, whole, wrapping};
use super::{guards, hunks, sign_ins};
use crate::model::Kind;
use crate::plan::renames::told_together;
use crate::plan::weakening::Class;
use crate::plan::{Action, Plan, Verb};
use crate::text::{few, visible};
use delta::ActionChange;

/// How much of a plan is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Depth {
    /// The table of all actions, without what each of them does.
    Compact,
    /// What each action does, in words or as a diff; equal changes once.
    #[default]
    Usual,
    /// All of it: each change as a diff, each new and each deleted object as YAML.
    Full,
}

/// How a plan is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Look {
    /// How much of it.
    pub depth: Depth,
    /// How many columns there are; `None`: as many as it takes.
    pub width: Option<usize>,
}

/// A whole plan.
pub fn human(plan: &Plan, look: Look) -> String {
    let mut out = String::new();
    let says = !(plan.guards.is_empty() && plan.notices.is_empty());
    if !plan.is_empty() || says || plan.limit.is_some() {
        let heading = format!("Plan for {}", tenant(plan));
        let _ = writeln!(out, "{}", paint(BOLD, &heading));
        if let Some(limit) = &plan.limit {
            let _ = writeln!(out, "{}", visible(&limit.sentence(), false));
        }
        out.push('\n');
    }
    if !plan.is_empty() {
        out.push_str(&actions(plan, look));
    }
    out.push_str(&sign_ins::human(plan));
    out.push_str(&guards::guards(&plan.guards));
    out.push_str(&super::findings::notices(&told_together(plan)));
    out.push_str(&summary(plan));
    out
}

/// The table, and what each action does.
fn actions(plan: &Plan, look: Look) -> String {
    let all = plan.actions.iter();
    let all: Vec<ShownAction<'_>> = all.map(|action| ShownAction::of(plan, action)).collect();
    told(&all, "ACTION", look, action)
}

/// The table, and below it what `body` says of each action; equal changes once.
pub(super) fn told(
    all: &[ShownAction<'_>],
    title: &'static str,
    look: Look,
    body: impl Fn(&ShownAction<'_>, Depth) -> String,
) -> String {
    let mut out = overview(all, title, look.width);
    out.push('\n');
    if look.depth == Depth::Compact {
        return out;
    }
    for (first, others) in groups(all, look.depth) {
        // The table says all of a mere rename.
        if look.depth == Depth::Full || !first.is_rename() {
            out.push_str(&body(first, look.depth));
            out.push_str(&same(first, &others));
            out.push('\n');
        }
    }
    out
}

/// An action with what is shown of it: the two sides from which and to which it leads, as a reader
/// looks at it.
pub(super) struct ShownAction<'a> {
    /// The action.
    pub(super) action: &'a Action,
    /// The colour of its heading.
    pub(super) style: Style,
    /// What happens, with its sign.
    pub(super) word: &'static str,
    /// The side that ends, with names; null where there is none.
    pub(super) before: Value,
    /// The side that begins, with names; null where there is none.
    pub(super) after: Value,
    /// How they differ.
    change: ActionChange,
    /// When and by whom the object was changed last, where that is told.
    pub(super) last_change: String,
    /// The live object that may be the one that is created.
    twin: Option<&'a str>,
}

impl<'a> ShownAction<'a> {
    /// An action of a plan.
    pub(super) fn of(plan: &'a Plan, action: &'a Action) -> ShownAction<'a> {
        let (before, after) = plan.shown(action);
        let mut shown = ShownAction::between(action, before, after);
        let (style, word) = match action.verb {
            Verb::Create => (GREEN, "+ create"),
            Verb::Update if shown.is_rename() => (YELLOW, "~ rename"),
            Verb::Update => (YELLOW, "~ change"),
            Verb::Delete => (RED, "- delete"),
        };
        (shown.style, shown.word) = (style, word);
        if action.verb == Verb::Create {
            let mut renames = plan.renames.iter();
            let own = renames.find(|rename| Some(&rename.place) == action.place.as_ref());
            shown.twin = own.map(|rename| rename.from.as_str());
        }
        shown
    }

    /// An action that leads from one side to the other, without a word for it.
    pub(super) fn between(action: &'a Action, before: Value, after: Value) -> ShownAction<'a> {
        ShownAction {
            change: match before.is_null() || after.is_null() {
                true => ActionChange::default(),
                false => ActionChange::of(action.kind, &before, &after),
            },
            action,
            style: Style::new(),
            word: "",
            before,
            after,
            last_change: String::new(),
            twin: None,
        }
    }

    fn is_update(&self) -> bool {
        !self.before.is_null() && !self.after.is_null()
    }

    fn is_rename(&self) -> bool {
        self.is_update() && self.change.renamed.is_some() && self.change.deltas.is_empty()
    }

    /// What there is about it in few words.
    pub(super) fn what(&self) -> String {
        if let Some(twin) = self.twin {
            return format!("maybe renamed from \"{}\"", visible(twin, false));
        }
        match (self.before.is_null(), self.after.is_null()) {
            (false, false) => self.change.words(&self.action.name),
            (true, _) => words::brief(self.action.kind, &self.after),
            (_, true) => words::brief(self.action.kind, &self.before),
        }
    }
}

/// A row for each action, whose first column has this title.
fn overview(all: &[ShownAction<'_>], title: &'static str, width: Option<usize>) -> String {
    let columns = [
        whole(title, 0),
        whole("KIND", 2),
        roomy("NAME", 0, 20),
        whole("EFFECT", 0),
        wrapping("WHAT", 0),
        wrapping("LAST CHANGE", 1),
    ];
    let row = |one: &ShownAction<'_>| -> Vec<TableCell> {
        vec![
            (one.word.to_owned(), one.style),
            plain(one.action.kind.short()),
            plain(visible(&one.action.name, false)),
            match &one.action.effect {
                Some(effect) => (effect.class.as_str().to_owned(), style_of(effect.class)),
                None => plain("-"),
            },
            plain(one.what()),
            plain(one.last_change.as_str()),
        ]
    };
    let rows: Vec<Vec<TableCell>> = all.iter().map(row).collect();
    table(&columns, &rows, width).text()
}

fn style_of(class: Class) -> Style {
    match class {
        Class::Weaker => RED,
        Class::Unknown => YELLOW,
        Class::Stronger => GREEN,
        Class::Neutral => DIM,
    }
}

/// An action, and those that make the same change.
pub(super) type Same<'a, 'b> = (&'b ShownAction<'a>, Vec<&'b ShownAction<'a>>);

/// The actions in their order; those that make the same change to objects of one kind, with the
/// same effect, stand behind the first of them.
pub(super) fn groups<'a, 'b>(all: &'b [ShownAction<'a>], depth: Depth) -> Vec<Same<'a, 'b>> {
    let mut found: Vec<Same<'_, '_>> = Vec::new();
    let mut known: HashMap<_, usize> = HashMap::new();
    for one in all {
        if one.is_update() && depth != Depth::Full {
            let effect = one.action.effect.as_ref();
            let effect = effect.map(|effect| (effect.class.as_str(), &effect.reasons));
            let renamed = one.change.renamed.is_some();
            let key = (one.action.kind, &one.change.deltas, renamed, effect);
            let at = *known.entry(key).or_insert(found.len());
            if let Some((_, others)) = found.get_mut(at) {
                others.push(one);
                continue;
            }
        }
        found.push((one, Vec::new()));
    }
    found
}

/// To what else the same is done.
fn same(first: &ShownAction<'_>, others: &[&ShownAction<'_>]) -> String {
    const MOST: usize = 10;
    if others.is_empty() {
        return String::new();
    }
    let names = others.iter();
    let names = names.map(|one| format!("\"{}\"", visible(&one.action.name, false)));
    format!(
        "    the same change to {} more: {}\n        {}\n",
        others.len(),
        paint(BOLD, &first.change.common_words()),
        few(names, MOST)
    )
}

/// One action: its heading and its body.
fn action(one: &ShownAction<'_>, depth: Depth) -> String {
    let ShownAction { action, style, .. } = one;
    let heading = format!(
        "{} {} \"{}\"",
        one.word,
        action.kind,
        visible(&action.name, false)
    );
    let mut out = headline(*style, &heading, action);
    let told = depth == Depth::Full || !action.is_for_usual_reason();
    if told {
        let _ = writeln!(
            out,
            "{}",
            paint(DIM, &format!("    # {}", visible(&action.reason, false)))
        );
    }
    if let Some(effect) = &action.effect
        && (depth == Depth::Full || action.verb != Verb::Create || effect.class != Class::Neutral)
    {
        out.push_str(&guards::effect(effect));
    }
    if let (Verb::Delete, Some(id)) = (action.verb, &action.id) {
        let _ = writeln!(out, "{}", paint(DIM, &format!("    # id {id}")));
    }
    out.push_str(&body(one, depth));
    out
}

/// What an action does: a diff; of an object that begins or ends, what it is.
pub(super) fn body(one: &ShownAction<'_>, depth: Depth) -> String {
    let side = match (one.before.is_null(), one.after.is_null()) {
        (false, false) => return hunks::human(&to_yaml(&one.before), &to_yaml(&one.after)),
        (true, true) => return String::new(),
        (true, false) => (GREEN, '+', &one.after),
        (false, true) => (RED, '-', &one.before),
    };
    let (style, sign, object) = side;
    if depth == Depth::Full {
        let lines = to_yaml(object);
        let lines = lines.lines().map(|line| format!("  {sign} {line}"));
        return lines.map(|line| paint(style, &line) + "\n").collect();
    }
    in_words(one.action.kind, object)
}

/// An object in words, on one line.
fn in_words(kind: Kind, object: &Value) -> String {
    let said = words::object(kind, object).into_iter();
    let said: Vec<String> = said
        .map(|(heading, words)| match heading {
            "" => words,
            heading => format!("{} {words}", paint(DIM, &format!("{heading}:"))),
        })
        .collect();
    match said.is_empty() {
        true => String::new(),
        false => format!("    {}\n", said.join("; ")),
    }
}

/// The last line of a plan, and what is left alone.
fn summary(plan: &Plan) -> String {
    let summary = plan.summary();
    let mut out = String::new();
    let unmanaged = unmanaged(plan, "Unmanaged");
    if plan.is_empty() && plan.destroys {
        let line = format!(
            "Nothing to destroy: no object of the manifests exists in {}.",
            tenant(plan)
        );
        let _ = writeln!(out, "{}", paint(BOLD, &line));
        return out;
    }
    if plan.is_empty() {
        let line = match summary.unchanged {
            1 => format!(
                "No changes. 1 object in {} matches its manifest.",
                tenant(plan)
            ),
            n => format!(
                "No changes. {n} objects in {} match their manifests.",
                tenant(plan)
            ),
        };
        let _ = writeln!(out, "{}", paint(BOLD, &line));
        out.push_str(&unmanaged);
        return out;
    }
    out.push_str(&unmanaged);
    let line = format!(
        "Plan: {} to create, {} to change, {} to delete",
        summary.create, summary.update, summary.delete
    );
    let _ = writeln!(out, "{}", paint(BOLD, &line));
    out
}

#[cfg(test)]
mod tests;
