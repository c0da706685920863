//! The change: what it does to sign-ins, to whom, and each object that it is about.

use super::{ReportChange, ReportRun};
use crate::analysis::{Comparative, SetComparison};
use crate::impact::people::PeopleImpact;
use crate::plan::diff::changes;
use crate::plan::sign_ins::SignInEffect;
use crate::plan::{Action, Plan};
use crate::render::plan::ShownAction;
use crate::render::whatif::words;
use crate::render::{boxes, impact, sign_ins};
use crate::text::{few_names, visible};

/// How many names of people are listed of one persona.
const NAMES: usize = 20;

/// The change.
pub(super) struct ChangeView {
    pub verdict: String,
    pub class: &'static str,
    pub kinds: Vec<TurnKind>,
    pub open_because: String,
    pub refused: Vec<String>,
    pub actions: Vec<ActionRow>,
    pub people: Option<PeopleView>,
}

/// Sign-ins to which the same happens.
pub(super) struct TurnKind {
    pub title: &'static str,
    pub is_grave: bool,
    /// How many more there are.
    pub left: usize,
    pub turns: Vec<TurnView>,
}

/// Sign-ins that get something else.
pub(super) struct TurnView {
    pub wide: String,
    pub example: String,
    pub before: String,
    pub after: String,
}

/// What happens to one object.
pub(super) struct ActionRow {
    pub verb: &'static str,
    pub kind: String,
    pub name: String,
    pub effect: String,
    pub what: String,
}

/// People who are affected.
pub(super) struct PeopleView {
    pub said: String,
    pub rows: Vec<PeopleRow>,
    pub notes: Vec<String>,
}

/// People to whom the same happens.
pub(super) struct PeopleRow {
    pub kind: String,
    pub is_grave: bool,
    pub count: usize,
    pub who: Vec<String>,
    pub before: String,
    pub after: String,
    pub place: String,
}

pub(super) fn view(change: &ReportChange<'_>, run: &ReportRun<'_>) -> ChangeView {
    let plan = change.plan;
    let effect = plan.sign_ins.as_ref();
    let kinds = match &change.masked {
        Some(comparison) => masked_kinds(comparison),
        None => effect.map(kinds).unwrap_or_default(),
    };
    let refused = plan.guards.iter().filter(|one| one.refuses());
    ChangeView {
        verdict: match effect {
            Some(effect) => sign_ins::verdict(effect).to_owned(),
            None => "The change does nothing to sign-ins.".to_owned(),
        },
        class: match effect {
            Some(effect) if effect.is_safe() => "good",
            Some(effect) if effect.verdict == Comparative::Open => "open",
            Some(_) => "bad",
            None => "good",
        },
        kinds,
        open_because: effect.map_or_else(String::new, |effect| {
            visible(&words::facts(&effect.open_because), false)
        }),
        refused: refused
            .map(|one| match run.is_masked {
                // Its message has names.
                true => format!("by the guard `{}`", one.guard.as_str()),
                false => visible(&one.finding.message, false),
            })
            .collect(),
        actions: match run.is_masked {
            true => masked_actions(run),
            false => plan.actions.iter().map(|one| action(plan, one)).collect(),
        },
        people: change.people.map(people),
    }
}

fn kinds(effect: &SignInEffect) -> Vec<TurnKind> {
    let kinds = sign_ins::kinds(effect).into_iter().map(|kind| TurnKind {
        title: kind.title,
        is_grave: kind.grave,
        left: kind.left,
        turns: (kind.changes.into_iter().flatten())
            .map(|turn| TurnView {
                wide: boxes::widest(&turn.widest, sign_ins::FREE),
                example: words::sign_in(&turn.sign_in),
                before: visible(&sign_ins::got(&turn.before), false),
                after: visible(&sign_ins::got(&turn.after), false),
            })
            .collect(),
    });
    kinds.collect()
}

fn masked_kinds(comparison: &SetComparison) -> Vec<TurnKind> {
    let kinds = [
        ("passes more easily", &comparison.looser, true),
        ("can no longer get in", &comparison.locked_out, true),
        ("is asked for more", &comparison.stricter, false),
    ];
    let some = kinds.into_iter().filter(|(_, list, _)| !list.is_empty());
    some.map(|(title, list, is_grave)| TurnKind {
        title,
        is_grave,
        left: 0,
        turns: (list.iter())
            .map(|turn| TurnView {
                wide: boxes::widest(&turn.widest, sign_ins::FREE),
                example: "some of them".to_owned(),
                before: visible(&boxes::got(&turn.before), false),
                after: visible(&boxes::got(&turn.after), false),
            })
            .collect(),
    })
    .collect()
}

fn action(plan: &Plan, action: &Action) -> ActionRow {
    ActionRow {
        verb: action.verb.as_str(),
        kind: action.kind.words().to_owned(),
        name: visible(&action.name, false),
        effect: effect(action),
        what: ShownAction::of(plan, action).what(),
    }
}

fn effect(action: &Action) -> String {
    let class = action.effect.as_ref().map(|effect| effect.class.as_str());
    class.unwrap_or_default().to_owned()
}

/// What happens to objects that have no names here: which members change.
fn masked_actions(run: &ReportRun<'_>) -> Vec<ActionRow> {
    let acted = run.objects.iter().filter_map(|object| {
        let verb = object.verb?;
        let what = match (&object.before, &object.after) {
            (Some(before), Some(after)) => changes(before, after).join(", "),
            _ => String::new(),
        };
        Some(ActionRow {
            verb: verb.as_str(),
            kind: object.kind.words().to_owned(),
            name: object.name.clone(),
            effect: String::new(),
            what,
        })
    });
    acted.collect()
}

fn people(impact: &PeopleImpact) -> PeopleView {
    let rows = impact.changes.iter().flat_map(|change| {
        let who = change.personas.iter().map(|persona| {
            let mut words = format!("{}: {}", persona.count, persona.words);
            if !persona.names.is_empty() {
                let names = persona.names.iter().map(String::as_str);
                words = format!("{words}: {}", few_names(names, NAMES));
            }
            visible(&words, false)
        });
        let who: Vec<String> = who.collect();
        let mut told = Vec::new();
        for effect in &change.effects {
            let said = (effect.kind, effect.before.as_ref(), effect.after.as_ref());
            // Elsewhere the same.
            if !told.contains(&said) {
                told.push(said);
            }
        }
        let first = told.first().copied();
        let rows = told.into_iter().filter_map(move |said| {
            let mut effects = change.effects.iter();
            let effect =
                effects.find(|one| (one.kind, one.before.as_ref(), one.after.as_ref()) == said)?;
            let is_first = first == Some(said);
            Some(PeopleRow {
                kind: match (change.is_shut_out && is_first, is_first) {
                    (true, _) => "LOST, everywhere".to_owned(),
                    (false, true) => effect.kind.as_str().to_owned(),
                    (false, false) => format!("also {}", effect.kind.as_str()),
                },
                is_grave: change.is_shut_out && is_first,
                count: change.count,
                who: who.clone(),
                before: impact::people::got(effect.before.as_ref()),
                after: impact::people::got_after(effect),
                place: impact::people::place(effect),
            })
        });
        rows.collect::<Vec<_>>()
    });
    PeopleView {
        said: impact::people::said(impact),
        rows: rows.collect(),
        notes: impact.notes.iter().map(|one| visible(one, false)).collect(),
    }
}
