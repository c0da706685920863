//! Objects that were most likely renamed: a live one without a manifest that is equal to one to be
//! created, but for its name.

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
}

impl Rename {
    /// What there is to say of it.
    pub(super) fn finding(&self) -> Finding {
        let (kind, from, to) = (self.kind.words(), &self.from, &self.to);
        let list = flow(&serde_json::json!([from]));
        let message = format!(
            "the unmanaged {kind} `{from}` equals `{to}` except for its name; if it was renamed, add `renamedFrom: {list}`, or use that name as `displayName`"
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
        let message = format!(
            "{} objects to be created are equal to live ones without a manifest but for their names: they may have been renamed",
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
    let mut found = Vec::new();
    for (created, lives) in alike(actions, free) {
        for (live, action) in pairs(&lives, &created) {
            if let Some(place) = &action.place {
                found.push(Rename {
                    kind: action.kind,
                    id: live.id.clone(),
                    from: live.name().to_owned(),
                    to: action.name.clone(),
                    place: place.clone(),
                });
            }
        }
    }
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

/// How near two names are, in thousandths.
fn nearness(one: &str, other: &str) -> u32 {
    let near = strsim::normalized_damerau_levenshtein(&one.to_lowercase(), &other.to_lowercase());
    (near * 1000.0) as u32
}
