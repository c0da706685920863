//! Live objects, and how they are found by id and by name without looking through all of them.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use crate::finding::{Code, Finding};
use crate::model::kind::folded_name;
use crate::model::normal::{FoundMember, unknown_members, without_nulls};
use crate::model::values::List;
use crate::model::{Kind, Object};

/// One live object.
#[derive(Debug, Clone, PartialEq)]
pub struct Live {
    /// The kind.
    pub kind: Kind,
    /// The id.
    pub id: String,
    /// What the model understands of it.
    pub object: Object,
    /// The answer as it came.
    pub raw: Value,
    /// Members that the model does not know and that hold something.
    pub unknown: Vec<FoundMember>,
}

impl Live {
    /// Reads a live object from Graph's answer.
    ///
    /// # Errors
    /// A finding with the object's id when the model cannot take the answer: one bad object
    /// must not hide the others.
    pub fn read(kind: Kind, raw: Value) -> Result<Live, Box<Finding>> {
        let id = raw.get("id").and_then(Value::as_str).map(str::to_owned);
        // Absent and null are one; the service answers null where a text is documented.
        let object = Object::from_value(kind, &without_nulls(&raw));
        match (id, object) {
            (Some(id), Ok(mut object)) => {
                if let Object::Group(group) = &mut object {
                    group.members = None;
                }
                if let Object::TestUser(user) = &mut object {
                    user.member_of = None;
                }
                Ok(Live {
                    kind,
                    unknown: match kind {
                        // Open types: much that gatewright never reads or sends.
                        Kind::Group | Kind::TestUser => Vec::new(),
                        _ => unknown_members(kind.graph_type(), &raw),
                    },
                    id,
                    object,
                    raw,
                })
            }
            (id, object) => {
                let id = id.unwrap_or_else(|| "without an id".to_owned());
                let why = object.err().map_or_else(String::new, |e| format!(": {e}"));
                Err(Box::new(
                    Finding::error(
                        Code::UnreadableObject,
                        format!("the live {} {id} cannot be understood{why}", kind.words()),
                    )
                    .help("please report this; gatewright does not plan what it cannot understand"),
                ))
            }
        }
    }

    /// The display name.
    pub fn name(&self) -> &str {
        self.object.name()
    }

    /// Sets the direct members that were read, as ids.
    pub fn set_links(&mut self, ids: Vec<String>) {
        match &mut self.object {
            Object::Group(group) => group.members = Some(List(ids)),
            Object::TestUser(user) => user.member_of = Some(List(ids)),
            _ => {}
        }
    }
}

/// Live objects by kind, each id once, in the order in which they were read.
#[derive(Debug, Clone, Default)]
pub struct LiveObjects(BTreeMap<Kind, LivesOfKind>);

#[derive(Debug, Clone, Default)]
struct LivesOfKind {
    all: Vec<Live>,
    /// Where an id, in lower case, stands in `all`.
    by_id: HashMap<String, usize>,
    /// Where the bearers of a name, folded, stand in `all`.
    by_name: HashMap<String, Vec<usize>>,
}

impl LiveObjects {
    /// Those of a kind.
    pub fn of(&self, kind: Kind) -> &[Live] {
        self.0.get(&kind).map_or(&[], |kind| &kind.all)
    }

    /// The one of an id.
    pub fn by_id(&self, kind: Kind, id: &str) -> Option<&Live> {
        let lives = self.0.get(&kind)?;
        lives.all.get(*lives.by_id.get(&id.to_ascii_lowercase())?)
    }

    /// Those that bear a name.
    pub fn named(&self, kind: Kind, name: &str) -> Vec<&Live> {
        let Some(lives) = self.0.get(&kind) else {
            return Vec::new();
        };
        let places = lives.by_name.get(&folded_name(kind, name));
        let places = places.into_iter().flatten();
        places.filter_map(|at| lives.all.get(*at)).collect()
    }

    /// Adds one, unless its id is there.
    pub fn add(&mut self, live: Live) {
        let lives = self.0.entry(live.kind).or_default();
        let at = lives.all.len();
        if let std::collections::hash_map::Entry::Vacant(free) =
            lives.by_id.entry(live.id.to_ascii_lowercase())
        {
            free.insert(at);
            let name = folded_name(live.kind, live.name());
            lives.by_name.entry(name).or_default().push(at);
            lives.all.push(live);
        }
    }

    /// Changes the one of an id in what is neither its id nor its name.
    pub(super) fn change(&mut self, kind: Kind, id: &str, with: impl FnOnce(&mut Live)) {
        if let Some(lives) = self.0.get_mut(&kind)
            && let Some(at) = lives.by_id.get(&id.to_ascii_lowercase())
            && let Some(live) = lives.all.get_mut(*at)
        {
            with(live);
        }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Live> {
        self.0.values().flat_map(|lives| &lives.all)
    }
}

impl IntoIterator for LiveObjects {
    type Item = Live;
    type IntoIter = std::vec::IntoIter<Live>;

    fn into_iter(self) -> Self::IntoIter {
        let all: Vec<Live> = self.0.into_values().flat_map(|lives| lives.all).collect();
        all.into_iter()
    }
}
