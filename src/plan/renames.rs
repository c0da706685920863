//! Objects that were most likely renamed: a live one without a manifest that is equal to one to be
//! created, but for its name, or that is clearly the most like it in its name and in the rest.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::Value;

use super::{Action, Plan, Verb};
use crate::finding::{Code, Finding, Place};
use crate::manifest::write::flow;
use crate::model::Kind;
use crate::tenant::snapshot::Live;

/// A live object, and the manifest by which it is called something else.
#[derive(Debug, Clone, PartialEq)]
pub struct Rename {
    /// The kind.
    pub kind: Kind,
    /// The id of the live object.
    pub id: String,
    /// The name of the live object.
    pub from: String,
    /// The name in the manifest.
    pub to: String,
    /// The manifest.
    pub place: Place,
    /// Whether they are equal but for the name.
    pub is_equal: bool,
}

impl Rename {
    /// What there is to say of it.
    pub(super) fn finding(&self) -> Finding {
        let (kind, from, to) = (self.kind.words(), &self.from, &self.to);
        let list = flow(&serde_json::json!([from]));
        let like = match self.is_equal {
            true => format!("equals `{to}` except for its name"),
            false => format!("is much like `{to}`, which is to be created"),
        };
        let message = format!(
            "the unmanaged {kind} `{from}` {like}; if it was renamed, add `renamedFrom: {list}`, or use that name as `displayName`"
        );
        Finding::warning(Code::DuplicateName, message)
            .at(self.place.clone())
            .help(HELP)
    }
}

/// What is said of a plan, where its table tells which objects may have been renamed: of several of
/// them together.
pub fn told_together(plan: &Plan) -> Vec<Finding> {
    let mut told = plan.notices.clone();
    if plan.renames.len() > 1 {
        let own: HashSet<(&str, usize)> = plan.renames.iter().map(place).collect();
        told.retain(|finding| {
            let at = finding.place.as_ref();
            let at = at.map(|place| (place.file.name.as_str(), place.range.start));
            finding.code != Code::DuplicateName || at.is_none_or(|at| !own.contains(&at))
        });
        let like = match plan.renames.iter().all(|rename| rename.is_equal) {
            true => "equal to live ones without a manifest but for their names",
            false => "equal to live ones without a manifest but for their names, or much like them",
        };
        let message = format!(
            "{} objects to be created are {like}: they may have been renamed",
            plan.renames.len()
        );
        told.push(Finding::warning(Code::DuplicateName, message).help(HELP));
    }
    told
}

/// The way out.
const HELP: &str = "`gatewright plan --fix-renames` writes `renamedFrom` into the manifests";

/// A group or a test user has too little of its own to be told by it.
fn tells(kind: Kind) -> bool {
    !matches!(kind, Kind::Group | Kind::TestUser)
}

/// What an object says besides its name.
fn nameless(normal: &Value) -> String {
    let mut normal = normal.clone();
    if let Some(map) = normal.as_object_mut() {
        map.shift_remove("displayName");
    }
    normal.to_string()
}

/// New objects, and live ones that are free, which are equal but for their names.
pub(super) type Alike<'a> = (Vec<&'a Action>, Vec<&'a Live>);

/// The new objects among `created`, and the live ones that are free, by what they say besides their
/// names; of kinds that are told by that.
pub(super) fn alike<'a>(
    created: impl IntoIterator<Item = &'a Action>,
    free: impl Fn(Kind) -> Vec<&'a Live>,
) -> Vec<Alike<'a>> {
    let mut found: BTreeMap<(Kind, String), Alike<'_>> = BTreeMap::new();
    for action in created {
        if action.verb == Verb::Create && tells(action.kind) {
            let key = (action.kind, nameless(&action.after));
            found.entry(key).or_default().0.push(action);
        }
    }
    let kinds: BTreeSet<Kind> = found.keys().map(|(kind, _)| *kind).collect();
    for live in kinds.into_iter().flat_map(free) {
        let key = (live.kind, nameless(&live.object.normal_form()));
        if let Some((_, lives)) = found.get_mut(&key) {
            lives.push(live);
        }
    }
    found.into_values().collect()
}

/// Pairs of live objects that are free and of objects to be created, each in one pair at most:
/// those whose names are nearest first.
pub(super) fn renames<'a>(
    actions: &'a [Action],
    free: impl Fn(Kind) -> Vec<&'a Live>,
) -> Vec<Rename> {
    let rename = |live: &Live, action: &Action, is_equal: bool| {
        Some(Rename {
            kind: action.kind,
            id: live.id.clone(),
            from: live.name().to_owned(),
            to: action.name.clone(),
            place: action.place.clone()?,
            is_equal,
        })
    };
    let mut found = Vec::new();
    for (created, lives) in alike(actions, &free) {
        let pairs = pairs(&lives, &created).into_iter();
        found.extend(pairs.filter_map(|(live, action)| rename(live, action, true)));
    }
    let is_open = |action: &&Action| {
        let mut known = found.iter();
        let is_paired = known.any(|rename| Some(&rename.place) == action.place.as_ref());
        action.verb == Verb::Create && tells(action.kind) && !is_paired
    };
    let open: Vec<&Action> = actions.iter().filter(is_open).collect();
    let kinds: BTreeSet<Kind> = open.iter().map(|action| action.kind).collect();
    let mut near = Vec::new();
    for kind in kinds {
        let mut lives = free(kind);
        lives.retain(|live| !found.iter().any(|rename| rename.id == live.id));
        let created: Vec<&Action> = open.iter().copied().filter(|a| a.kind == kind).collect();
        near.extend(nearest(&lives, &created));
    }
    found.extend(
        near.into_iter()
            .filter_map(|(live, action)| rename(live, action, false)),
    );
    found.sort_by(|one, other| place(one).cmp(&place(other)));
    found
}

fn place(rename: &Rename) -> (&str, usize) {
    (&rename.place.file.name, rename.place.range.start)
}

/// Every live object with the new one whose name is nearest to its own.
fn pairs<'a>(lives: &[&'a Live], created: &[&'a Action]) -> Vec<(&'a Live, &'a Action)> {
    let mut all: Vec<_> = lives
        .iter()
        .enumerate()
        .flat_map(|(live, one)| {
            created.iter().enumerate().map(move |(new, action)| {
                let near = nearness(one.name(), &action.name);
                (Reverse(near), one.name(), action.name.as_str(), live, new)
            })
        })
        .collect();
    all.sort_unstable();
    let (mut taken_live, mut taken_new) = (BTreeSet::new(), BTreeSet::new());
    let mut found = Vec::new();
    for (_, _, _, live, new) in all {
        if taken_live.contains(&live) || taken_new.contains(&new) {
            continue;
        }
        taken_live.insert(live);
        taken_new.insert(new);
        if let (Some(live), Some(action)) = (lives.get(live), created.get(new)) {
            found.push((*live, *action));
        }
    }
    found
}

/// Live objects and new ones of one kind, each of which is clearly nearest to the other: in its name,
/// and in most of what it says.
fn nearest<'a>(lives: &[&'a Live], created: &[&'a Action]) -> Vec<(&'a Live, &'a Action)> {
    /// How many pairs are looked at. Where there are more, nothing is clear.
    const MOST: usize = 20_000;
    /// How near the names, and how much of the rest is the same, in thousandths.
    const LEAST: u32 = 600;
    /// How much nearer than any other, in thousandths of both.
    const CLEAR: u32 = 100;
    if lives.len() * created.len() > MOST {
        return Vec::new();
    }
    let mut all = Vec::new();
    for (live, one) in lives.iter().enumerate() {
        for (new, action) in created.iter().enumerate() {
            let name = nearness(&letters(one.name()), &letters(&action.name));
            // Names that differ in digits are those of different things.
            if name < LEAST || digits(one.name()) != digits(&action.name) {
                continue;
            }
            let same = shared(&one.object.normal_form(), &action.after);
            if same >= LEAST {
                all.push((name + same, live, new));
            }
        }
    }
    let is_clear = |&&(near, live, new): &&(u32, usize, usize)| {
        all.iter().all(|(other, its_live, its_new)| {
            let is_it = (*its_live, *its_new) == (live, new);
            let is_rival = *its_live == live || *its_new == new;
            is_it || !is_rival || other + CLEAR <= near
        })
    };
    let clear = all.iter().filter(is_clear);
    clear
        .filter_map(|(_, live, new)| Some((*lives.get(*live)?, *created.get(*new)?)))
        .collect()
}

/// How much of two objects is the same besides their names, in thousandths.
fn shared(one: &Value, other: &Value) -> u32 {
    let (one, other) = (said(one), said(other));
    let most = one.len().max(other.len()).max(1);
    (one.intersection(&other).count() * 1000 / most) as u32
}

/// What an object says besides its name: each value with its place, each item with its list.
fn said(normal: &Value) -> BTreeSet<String> {
    fn walk(value: &Value, at: &str, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(map) => map
                .iter()
                .for_each(|(name, value)| walk(value, &format!("{at}/{name}"), found)),
            Value::Array(items) => items.iter().for_each(|item| walk(item, at, found)),
            other => {
                found.insert(format!("{at}={other}"));
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(normal, "", &mut found);
    found.retain(|text| !text.starts_with("/displayName="));
    found
}

/// The letters and digits of a name: signs and blanks are what a new scheme of names changes.
fn letters(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).collect()
}

fn digits(name: &str) -> String {
    name.chars().filter(char::is_ascii_digit).collect()
}

/// How near two names are, in thousandths.
fn nearness(one: &str, other: &str) -> u32 {
    let near = strsim::normalized_damerau_levenshtein(&one.to_lowercase(), &other.to_lowercase());
    (near * 1000.0) as u32
}
