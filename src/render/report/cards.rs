//! Objects as cards: every member of a policy, what it stops alone, and links between what refers to
//! what.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::{ReportObject, ReportRun};
use crate::model::enums::PolicyState;
use crate::model::normal::FoundMember;
use crate::model::refs::RefKind;
use crate::model::tables::special;
use crate::model::{Kind, Object};
use crate::plan::Verb;
use crate::render::boxes;
use crate::render::plan::words;
use crate::report::card::{CardMember, CardValue, ObjectCard, card};
use crate::text::{few_names, visible};

/// The cards of all objects, where each stands, and what refers to it.
pub(super) struct Deck {
    cards: Vec<CardSides>,
    /// Where what a reference means stands, by its name.
    links: HashMap<(RefKind, String), String>,
    /// What is referred to and described by no object: kind, name and where it stands.
    others: Vec<(RefKind, String, String)>,
    /// What refers to what stands at an anchor.
    users: HashMap<String, Vec<UserView>>,
}

/// An object before and after.
struct CardSides {
    before: Option<ObjectCard>,
    after: Option<ObjectCard>,
}

/// A line of the table of policies.
pub(super) struct PolicyRow {
    pub anchor: String,
    pub name: String,
    pub state: &'static str,
    pub class: &'static str,
    pub who: String,
    pub what: String,
    pub control: String,
    pub mark: &'static str,
    /// True for a policy that the change deletes.
    pub is_deleted: bool,
}

/// A policy.
pub(super) struct CardView {
    pub anchor: String,
    pub name: String,
    pub state: &'static str,
    pub class: &'static str,
    pub place: Option<String>,
    /// What a change does to it.
    pub verb: &'static str,
    /// In words: a heading and a text.
    pub said: Vec<(&'static str, String)>,
    pub tiles: Vec<TileView>,
    pub unknown: Vec<(String, String)>,
    /// What only it stops, or that it stops nothing.
    pub marks: Vec<MarkView>,
}

/// What is said of a policy as a whole.
pub(super) struct MarkView {
    pub class: &'static str,
    pub title: &'static str,
    pub text: String,
}

/// Members that are about one thing.
pub(super) struct TileView {
    pub title: &'static str,
    pub members: Vec<MemberView>,
    pub unset: String,
}

/// A member.
pub(super) struct MemberView {
    pub path: String,
    pub values: Vec<ValueView>,
}

/// A value of a member.
pub(super) struct ValueView {
    pub text: String,
    pub id: Option<String>,
    pub link: Option<String>,
    /// `added` or `removed` by the change.
    pub class: &'static str,
}

/// Another object.
pub(super) struct ObjectView {
    pub anchor: String,
    pub name: String,
    pub verb: &'static str,
    pub members: Vec<MemberView>,
    pub unknown: Vec<(String, String)>,
    /// What refers to it: the name, where it stands, and by which members.
    pub used_by: Vec<UserView>,
}

/// What refers to an object, and by which members.
#[derive(Clone)]
pub(super) struct UserView {
    pub name: String,
    pub link: String,
    pub members: Vec<String>,
}

fn anchor(kind: Kind, number: usize) -> String {
    match kind {
        Kind::ConditionalAccessPolicy => format!("policy-{number}"),
        _ => format!("object-{number}"),
    }
}

/// The references of a card, each with the path where it stands.
fn references(card: &ObjectCard) -> impl Iterator<Item = (RefKind, &str, &str)> {
    let members = card.tiles.iter().flat_map(|tile| &tile.set);
    members.flat_map(|member| {
        let values = member.values.iter();
        values.filter_map(|value| {
            let kind = value.refers_to?;
            let is_special = special::canonical(kind.special_values(), &value.text).is_some();
            (!is_special).then_some((kind, value.text.as_str(), member.path.as_str()))
        })
    })
}

impl Deck {
    pub(super) fn of(run: &ReportRun<'_>) -> Deck {
        let cards = run.objects.iter().map(|object| {
            let of = |side: &Option<Value>| {
                side.as_ref()
                    .map(|value| card(object.kind, value, run.names))
            };
            CardSides {
                before: of(&object.before),
                after: of(&object.after),
            }
        });
        let mut deck = Deck {
            cards: cards.collect(),
            links: HashMap::new(),
            others: Vec::new(),
            users: HashMap::new(),
        };
        for (number, object) in run.objects.iter().enumerate() {
            for kind in ALL_REFERENCES {
                if kind.own_kinds().contains(&object.kind) {
                    let key = (*kind, object.name.clone());
                    deck.links
                        .entry(key)
                        .or_insert_with(|| anchor(object.kind, number));
                }
            }
        }
        let all = deck
            .cards
            .iter()
            .flat_map(|sides| sides.after.iter().chain(&sides.before));
        let mut named: BTreeSet<(RefKind, &str)> = BTreeSet::new();
        for card in all {
            named.extend(references(card).map(|(kind, name, _)| (kind, name)));
        }
        let named = named.into_iter();
        let named: Vec<(RefKind, String)> =
            named.map(|(kind, name)| (kind, name.to_owned())).collect();
        for (number, (kind, name)) in named.into_iter().enumerate() {
            let key = (kind, name.clone());
            deck.links.entry(key).or_insert_with(|| {
                let anchor = format!("named-{number}");
                deck.others.push((kind, name, anchor.clone()));
                anchor
            });
        }
        deck.find_users(run);
        deck
    }

    fn find_users(&mut self, run: &ReportRun<'_>) {
        for (number, (object, sides)) in run.objects.iter().zip(&self.cards).enumerate() {
            let Some(card) = sides.after.as_ref().or(sides.before.as_ref()) else {
                continue;
            };
            let own = anchor(object.kind, number);
            for (kind, name, path) in references(card) {
                let Some(target) = self.links.get(&(kind, name.to_owned())) else {
                    continue;
                };
                let list = self.users.entry(target.clone()).or_default();
                match list.last_mut().filter(|last| last.link == own) {
                    Some(last) if last.members.iter().any(|one| one == path) => {}
                    Some(last) => last.members.push(path.to_owned()),
                    None => list.push(UserView {
                        name: visible(&object.name, false),
                        link: own.clone(),
                        members: vec![path.to_owned()],
                    }),
                }
            }
        }
    }

    fn link(&self, value: &CardValue) -> Option<String> {
        let key = (value.refers_to?, value.text.clone());
        self.links.get(&key).cloned()
    }

    fn users(&self, anchor: &str) -> Vec<UserView> {
        self.users.get(anchor).cloned().unwrap_or_default()
    }

    /// What is referred to and described by no object, by what it is.
    pub(super) fn others(&self) -> Vec<(&'static str, Vec<ObjectView>)> {
        let mut groups: Vec<(&'static str, Vec<ObjectView>)> = Vec::new();
        for (kind, name, anchor) in &self.others {
            let view = ObjectView {
                name: visible(name, false),
                verb: "",
                members: Vec::new(),
                unknown: Vec::new(),
                used_by: self.users(anchor),
                anchor: anchor.clone(),
            };
            let title = title(*kind);
            match groups.last_mut().filter(|(own, _)| *own == title) {
                Some((_, list)) => list.push(view),
                None => groups.push((title, vec![view])),
            }
        }
        groups
    }
}

const ALL_REFERENCES: &[RefKind] = &[
    RefKind::User,
    RefKind::Group,
    RefKind::Member,
    RefKind::Location,
    RefKind::Strength,
    RefKind::Context,
];

fn title(kind: RefKind) -> &'static str {
    match kind {
        RefKind::User => "Users",
        RefKind::Group => "Other groups",
        RefKind::Member => "Members",
        RefKind::Role => "Directory roles",
        RefKind::Application => "Applications",
        RefKind::ServicePrincipal => "Service principals",
        RefKind::Location => "Other named locations",
        RefKind::Strength => "Built-in authentication strengths",
        RefKind::Context => "Other authentication contexts",
        RefKind::Agreement => "Terms of use",
    }
}

fn of_kind<'a>(
    run: &'a ReportRun<'_>,
    kind: Kind,
) -> impl Iterator<Item = (usize, &'a ReportObject)> {
    let all = run.objects.iter().enumerate();
    all.filter(move |(_, object)| object.kind == kind)
}

/// The policies, as rows and as cards.
pub(super) fn policies(run: &ReportRun<'_>, deck: &Deck) -> (Vec<PolicyRow>, Vec<CardView>) {
    let all = of_kind(run, Kind::ConditionalAccessPolicy);
    all.map(|(number, object)| policy(run, number, object, deck))
        .unzip()
}

fn policy(
    run: &ReportRun<'_>,
    number: usize,
    object: &ReportObject,
    deck: &Deck,
) -> (PolicyRow, CardView) {
    let shown = object.after.as_ref().or(object.before.as_ref());
    let normal = shown
        .map(|value| named(object.kind, value, run))
        .unwrap_or_default();
    let said = words::object(object.kind, &normal);
    let (state, class) = state(&normal);
    let anchor = anchor(object.kind, number);
    let name = visible(&object.name, false);
    let about = |heading: &str| {
        let found = said.iter().find(|(own, _)| *own == heading);
        found.map_or_else(String::new, |(_, words)| words.clone())
    };
    let marks = marks(run, object, class == "on");
    let row = PolicyRow {
        anchor: anchor.clone(),
        name: name.clone(),
        state,
        class,
        who: about("who"),
        what: [about("what"), about("when")]
            .into_iter()
            .filter(|words| !words.is_empty())
            .collect::<Vec<_>>()
            .join("; "),
        control: about("control"),
        is_deleted: object.verb == Some(Verb::Delete),
        mark: marks.first().map_or("", |mark| mark.title),
    };
    let (tiles, unknown) = tiles(run, number, object, deck);
    let said = said.into_iter().filter(|(heading, _)| !heading.is_empty());
    let card = CardView {
        anchor,
        name,
        state,
        class,
        place: object.place.as_ref().map(|place| visible(place, false)),
        verb: verb(object.verb),
        said: said.collect(),
        tiles,
        unknown,
        marks,
    };
    (row, card)
}

fn verb(verb: Option<Verb>) -> &'static str {
    match verb {
        None => "",
        Some(Verb::Create) => "created",
        Some(Verb::Update) => "changed",
        Some(Verb::Delete) => "deleted",
    }
}

fn state(normal: &Value) -> (&'static str, &'static str) {
    let state = normal.get("state").cloned().unwrap_or_default();
    match serde_json::from_value(state) {
        Ok(PolicyState::Enabled) => ("enabled", "on"),
        Ok(PolicyState::ReportOnly) => ("report-only", "report"),
        Ok(PolicyState::Disabled) => ("disabled", "off"),
        _ => ("unknown", "off"),
    }
}

/// The normal form of an object, with names for ids.
fn named(kind: Kind, value: &Value, run: &ReportRun<'_>) -> Value {
    let value = crate::model::normal::without_nulls(value);
    let Ok(mut object) = Object::from_value(kind, &value) else {
        return value;
    };
    for reference in object.references_mut() {
        *reference.target = run.names.of(reference.kind, reference.target);
    }
    object.normal_form()
}

/// What only a policy stops, and what it is not needed for.
fn marks(run: &ReportRun<'_>, object: &ReportObject, is_enforced: bool) -> Vec<MarkView> {
    let found = &run.gaps.found;
    let name = object.name.as_str();
    let side = object.after.as_ref().or(object.before.as_ref());
    let id = side.and_then(|side| side.get("id")?.as_str());
    let same = run
        .objects
        .iter()
        .filter(|one| one.kind == object.kind && one.name == name);
    // Of policies of one name the id says which is meant.
    let is_alone = same.count() == 1;
    let is_it = |policy: &str, own: Option<&str>| {
        policy == name && (is_alone || own.is_some() && own == id)
    };
    if !is_enforced || object.verb == Some(Verb::Delete) {
        return Vec::new();
    }
    let mut marks = Vec::new();
    if found.never_apply.iter().any(|one| is_it(one, None)) {
        marks.push(MarkView {
            class: "bad",
            title: "applies to nothing",
            text: "It applies to no sign-in.".to_owned(),
        });
    }
    if let Some(idle) = found
        .idle
        .iter()
        .find(|one| is_it(&one.policy, one.id.as_deref()))
    {
        let others = idle.carried_by.iter().map(|one| visible(one, false));
        marks.push(MarkView {
            class: "open",
            title: "idle",
            text: match idle.carried_by.is_empty() {
                true => "Without it, no sign-in would get a different result.".to_owned(),
                false => format!(
                    "Without it, no sign-in would get a different result: all that it does is done by {}.",
                    few_names(others, usize::MAX)
                ),
            },
        });
    }
    if let Some(one) = run
        .stoppers
        .iter()
        .find(|one| is_it(&one.policy, one.id.as_deref()))
    {
        marks.push(MarkView {
            class: "good",
            title: "needed",
            text: {
                let got = boxes::got(&one.gap.got);
                let got = visible(&got, false);
                match run.is_masked {
                    true => format!(
                        "Some sign-ins would get something else without it. With it: {got}."
                    ),
                    false => format!(
                        "A sign-in that would get something else without it: {}. With it: {got}.",
                        boxes::example(&one.gap.sign_in, &one.gap.widest)
                            .trim_start_matches("such as ")
                    ),
                }
            },
        });
    }
    marks
}

fn tiles(
    run: &ReportRun<'_>,
    number: usize,
    object: &ReportObject,
    deck: &Deck,
) -> (Vec<TileView>, Vec<(String, String)>) {
    let sides = deck.cards.get(number);
    let (before, after) = match sides {
        Some(CardSides { before, after }) => (before.as_ref(), after.as_ref()),
        None => (None, None),
    };
    let is_change = object.verb.is_some();
    let empty = ObjectCard::default();
    let new = after.unwrap_or(&empty);
    let old = match is_change {
        true => before.unwrap_or(&empty),
        false => new,
    };
    let count = new.tiles.len().max(old.tiles.len());
    let tiles = (0..count).filter_map(|at| {
        let (old, new) = (old.tiles.get(at), new.tiles.get(at));
        let title = new.or(old)?.title;
        let set = |tile: Option<&crate::report::card::CardTile>| -> Vec<CardMember> {
            tile.map(|tile| tile.set.clone()).unwrap_or_default()
        };
        let members = merged(&set(old), &set(new), run, deck);
        let unset = new.or(old).map(|tile| tile.unset.join(", "));
        Some(TileView {
            title,
            members,
            unset: unset.unwrap_or_default(),
        })
    });
    let dotted = |pointer: &str| pointer.trim_start_matches('/').replace('/', ".");
    let of_card = &new.unknown;
    let unknown = (object.unknown.iter())
        .filter(|one| {
            !of_card
                .iter()
                .any(|(path, _)| *path == dotted(&one.pointer))
        })
        .map(|FoundMember { pointer, value }| (pointer.clone(), value.to_string()))
        .chain(of_card.iter().cloned());
    let mut unknown: Vec<(String, String)> = unknown
        .map(|(path, value)| {
            let path = dotted(&path);
            (visible(&path, false), visible(&value, false))
        })
        .collect();
    unknown.sort();
    unknown.dedup();
    (tiles.collect(), unknown)
}

/// The members of both sides, with what begins and ends.
fn merged(
    old: &[CardMember],
    new: &[CardMember],
    run: &ReportRun<'_>,
    deck: &Deck,
) -> Vec<MemberView> {
    let view = |value: &CardValue, class: &'static str| ValueView {
        text: visible(&value.text, false),
        id: (value.id.as_ref())
            .filter(|_| !run.is_masked)
            .map(|id| visible(id, false)),
        link: deck.link(value),
        class,
    };
    let mut members: Vec<MemberView> = Vec::new();
    for member in new {
        let was = old.iter().find(|one| one.path == member.path);
        let was = was.map_or(&[][..], |one| one.values.as_slice());
        let kept = |value: &CardValue, others: &[CardValue]| {
            others.iter().any(|other| other.text == value.text)
        };
        let mut values: Vec<ValueView> = (member.values.iter())
            .map(|value| match kept(value, was) {
                true => view(value, ""),
                false => view(value, "added"),
            })
            .collect();
        let gone = was.iter().filter(|value| !kept(value, &member.values));
        values.extend(gone.map(|value| view(value, "removed")));
        members.push(MemberView {
            path: visible(&member.path, false),
            values,
        });
    }
    for member in old {
        if !new.iter().any(|one| one.path == member.path) {
            members.push(MemberView {
                path: visible(&member.path, false),
                values: (member.values.iter())
                    .map(|value| view(value, "removed"))
                    .collect(),
            });
        }
    }
    members
}

/// The other objects of one kind, and what refers to each.
pub(super) fn objects(run: &ReportRun<'_>, kind: Kind, deck: &Deck) -> Vec<ObjectView> {
    let all = of_kind(run, kind).map(|(number, object)| {
        let (tiles, unknown) = tiles(run, number, object, deck);
        let anchor = anchor(kind, number);
        ObjectView {
            used_by: deck.users(&anchor),
            anchor,
            name: visible(&object.name, false),
            verb: verb(object.verb),
            members: tiles.into_iter().flat_map(|tile| tile.members).collect(),
            unknown,
        }
    });
    all.collect()
}
