//! Who is affected, as JSON.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::impact::people::{ImpactKind, PeopleChange, PeopleEffect, PeopleImpact, Persona};
use crate::whatif::{Consequence, SignIn};

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
    /// True for people who could get in somewhere in an ordinary way, and can nowhere any more.
    pub shut_out: bool,
    /// Which sign-ins: the values of every member of the sign-in that is not free.
    pub widest: &'a BTreeMap<String, Vec<String>>,
    /// One of them.
    pub sign_in: &'a SignIn,
    /// True when `whatif --before-after` says the same of it.
    pub replays: bool,
    /// The group on whose members it hangs, which nobody knows before the service has worked them
    /// out; null where it hangs on nothing of the kind.
    pub hangs_on: Option<GroupDoubtOutput<'a>>,
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
    /// The group on whose members it hangs.
    pub hangs_on: Option<GroupDoubtOutput<'a>>,
}

/// A group of which nobody knows the members yet.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupDoubtOutput<'a> {
    /// The group.
    pub group: &'a str,
    /// Whether `after` is what somebody in it gets, or somebody who is not in it.
    pub member: bool,
}

fn doubt(effect: &PeopleEffect) -> Option<GroupDoubtOutput<'_>> {
    effect.hangs_on.as_ref().map(|doubt| GroupDoubtOutput {
        group: &doubt.group,
        member: doubt.is_in,
    })
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
        shut_out: change.is_shut_out,
        widest: &first.widest,
        sign_in: &first.sign_in,
        replays: first.replays,
        hangs_on: doubt(first),
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
        hangs_on: doubt(effect),
    }
}

/// Who people are, in words.
pub(super) fn who(personas: &[Persona]) -> String {
    let words: Vec<&str> = personas.iter().map(|one| one.words.as_str()).collect();
    words.join("; ")
}
