//! An object with every member that it can have: what is set, what is not, and what this version does
//! not know.

use std::collections::HashMap;

use indexmap::IndexMap;
use serde_json::Value;

use super::names::CalledNames;
use crate::model::facts::{Facts, Property};
use crate::model::normal::{holds_something, is_annotation, members_by_name, without_nulls};
use crate::model::refs::RefKind;
use crate::model::{Kind, Object};

/// An object, member by member.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ObjectCard {
    /// The members, by what they are about: the same tiles for every policy.
    pub tiles: Vec<CardTile>,
    /// Members that this version does not know, as JSON: their path and value.
    pub unknown: Vec<(String, String)>,
}

/// Members that are about one thing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CardTile {
    /// What they are about.
    pub title: &'static str,
    /// Those that say something.
    pub set: Vec<CardMember>,
    /// The paths of those that say nothing.
    pub unset: Vec<String>,
}

/// A member and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardMember {
    /// Its path below what the tile is about, in Graph's names.
    pub path: String,
    /// What it says: the items of a list, else one.
    pub values: Vec<CardValue>,
}

/// One value of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardValue {
    /// As a person reads it: of a reference the name.
    pub text: String,
    /// What stands in the policy, where that is an id.
    pub id: Option<String>,
    /// What it refers to.
    pub refers_to: Option<RefKind>,
}

/// The tiles: what they are about, and the paths of their members. A path that is none of these
/// belongs to the first.
const TILES: &[(&str, &[&str])] = &[
    ("Policy", &[]),
    ("Users", &["conditions.users"]),
    (
        "Workload and agent identities",
        &[
            "conditions.clientApplications",
            "conditions.agents",
            "conditions.agentContext",
        ],
    ),
    ("Target resources", &["conditions.applications"]),
    ("Network", &["conditions.locations"]),
    ("Device platforms", &["conditions.platforms"]),
    ("Client apps", &["conditions.clientAppTypes"]),
    (
        "Devices",
        &["conditions.devices", "conditions.deviceStates"],
    ),
    (
        "Risk",
        &[
            "conditions.userRiskLevels",
            "conditions.signInRiskLevels",
            "conditions.insiderRiskLevels",
            "conditions.servicePrincipalRiskLevels",
            "conditions.agentIdRiskLevels",
        ],
    ),
    ("Authentication flows", &["conditions.authenticationFlows"]),
    ("Grant", &["grantControls"]),
    ("Session", &["sessionControls"]),
];

/// What other objects have instead.
const PLAIN: &[(&str, &[&str])] = &[("", &[])];

/// The card of an object: `value` as Graph answers it, or as a manifest has it.
pub fn card(kind: Kind, value: &Value, names: &CalledNames) -> ObjectCard {
    let table = match kind {
        Kind::ConditionalAccessPolicy => TILES,
        _ => PLAIN,
    };
    let mut walk = Walk {
        names,
        refers: references(kind, value),
        table,
        card: ObjectCard {
            tiles: (table.iter())
                .map(|(title, _)| CardTile {
                    title,
                    ..CardTile::default()
                })
                .collect(),
            unknown: Vec::new(),
        },
    };
    walk.object(kind.graph_type(), value, "");
    for tile in &mut walk.card.tiles {
        tile.set.sort_by_key(|member| rank(&member.path));
    }
    walk.card
}

/// What is included stands before what is left out.
fn rank(path: &str) -> u8 {
    let name = path.rsplit('.').next().unwrap_or(path);
    match (name.starts_with("include"), name.starts_with("exclude")) {
        (true, _) => 0,
        (_, true) => 2,
        _ => 1,
    }
}

/// What each path refers to.
pub(super) fn references(kind: Kind, value: &Value) -> HashMap<String, RefKind> {
    let value = without_nulls(value);
    let Ok(mut object) = Object::from_value(kind, &value) else {
        return HashMap::new();
    };
    let references = object.references_mut().into_iter().map(|reference| {
        let steps = reference.pointer.split('/').skip(1);
        let steps: Vec<&str> = steps
            .filter(|step| step.parse::<usize>().is_err())
            .collect();
        (steps.join("."), reference.kind)
    });
    references.collect()
}

struct Walk<'a> {
    names: &'a CalledNames,
    refers: HashMap<String, RefKind>,
    table: &'static [(&'static str, &'static [&'static str])],
    card: ObjectCard,
}

impl Walk<'_> {
    fn object(&mut self, type_name: &str, value: &Value, path: &str) {
        let members: IndexMap<&str, &Property> = members_by_name(type_name).collect();
        for (name, property) in &members {
            let at = below(path, name);
            match value.get(*name) {
                Some(held) if holds_something(held) => self.member(property, held, &at),
                _ => self.unset(at),
            }
        }
        for (name, held) in value.as_object().into_iter().flatten() {
            if members.contains_key(name.as_str()) {
                continue;
            }
            let at = below(path, name);
            match (name.as_str(), holds_something(held)) {
                ("@odata.type", true) => self.leaf(held, &at),
                (annotation, _) if is_annotation(annotation) => {}
                (_, true) => self.card.unknown.push((at, held.to_string())),
                (_, false) => self.unset(at),
            }
        }
    }

    fn member(&mut self, property: &Property, held: &Value, at: &str) {
        let is_type = Facts::get().types.contains_key(&property.type_name);
        match held {
            Value::Object(_) if is_type => self.object(&property.type_name, held, at),
            Value::Array(items) if is_type => {
                for (number, item) in items.iter().enumerate() {
                    let at = format!("{at}[{number}]");
                    match item {
                        Value::Object(_) => self.object(&property.type_name, item, &at),
                        other => self.leaf(other, &at),
                    }
                }
            }
            other => self.leaf(other, at),
        }
    }

    fn leaf(&mut self, held: &Value, at: &str) {
        let refers_to = self.refers.get(at).copied();
        let items = match held {
            Value::Array(items) => items.as_slice(),
            other => std::slice::from_ref(other),
        };
        let values = items.iter().map(|item| {
            let text = match item {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let name = refers_to.map_or_else(|| text.clone(), |kind| self.names.of(kind, &text));
            CardValue {
                id: (name != text).then_some(text),
                text: name,
                refers_to,
            }
        });
        let values = values.collect();
        let (tile, path) = self.tile(at);
        tile.set.push(CardMember { path, values });
    }

    fn unset(&mut self, at: String) {
        let (tile, path) = self.tile(&at);
        tile.unset.push(path);
    }

    /// The tile that a path belongs to, and the path below what the tile is about.
    fn tile(&mut self, at: &str) -> (&mut CardTile, String) {
        let own = self
            .table
            .iter()
            .enumerate()
            .find_map(|(number, (_, paths))| {
                let below = paths.iter().find(|path| {
                    at.strip_prefix(**path)
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                })?;
                let short = match (paths.len(), at.strip_prefix(*below)) {
                    (1, Some(rest)) if !rest.is_empty() => rest.trim_start_matches('.'),
                    _ => at.strip_prefix("conditions.").unwrap_or(at),
                };
                Some((number, short.to_owned()))
            });
        let (number, path) = own.unwrap_or_else(|| (0, at.to_owned()));
        let tiles = &mut self.card.tiles;
        let number = number.min(tiles.len().saturating_sub(1));
        #[expect(
            clippy::indexing_slicing,
            reason = "there is a tile for each row of the table, and it is not empty"
        )]
        (&mut tiles[number], path)
    }
}

fn below(path: &str, name: &str) -> String {
    match path.is_empty() {
        true => name.to_owned(),
        false => format!("{path}.{name}"),
    }
}
