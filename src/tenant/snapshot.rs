//! What was read of a tenant, at one time.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use crate::finding::{Code, Finding};
use crate::model::kind::{folded_name, same_name};
use crate::model::normal::{FoundMember, unknown_members, without_nulls};
use crate::model::refs::RefKind;
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
                    .help(
                        "please report it; until then gatewright does not plan what it cannot see",
                    ),
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

/// The tenant itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Organization {
    /// The tenant id.
    pub id: String,
    /// The display name.
    pub display_name: String,
    /// The domain that is added to principal names without one.
    pub default_domain: String,
    /// Every verified domain.
    pub domains: Vec<String>,
}

impl Organization {
    /// Reads the answer of `GET /organization`.
    pub fn read(answer: &Value) -> Organization {
        let first = answer.pointer("/value/0").unwrap_or(answer);
        let text = |value: &Value, name: &str| {
            value
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let verified = first
            .get("verifiedDomains")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let flagged = |flag: &str| {
            verified
                .iter()
                .find(|d| d.get(flag) == Some(&Value::Bool(true)))
                .map(|d| text(d, "name"))
        };
        Organization {
            id: text(first, "id"),
            display_name: text(first, "displayName"),
            default_domain: flagged("isDefault")
                .or_else(|| flagged("isInitial"))
                .unwrap_or_default(),
            domains: verified.iter().map(|d| text(d, "name")).collect(),
        }
    }
}

/// One known name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// What a policy refers to it by.
    pub id: String,
    /// What a person calls it.
    pub name: String,
}

/// The names and ids that were read, by what a reference may point to.
#[derive(Debug, Clone, Default)]
pub struct NameIndex {
    by_kind: HashMap<RefKind, NamesOfKind>,
    /// Kinds whose names could not be read: that an id has none says nothing.
    unread: Vec<RefKind>,
}

#[derive(Debug, Clone, Default)]
struct NamesOfKind {
    all: Vec<Known>,
    /// Where an id, in lower case, stands in `all`.
    by_id: HashMap<String, Vec<usize>>,
}

impl NameIndex {
    /// Notes that the names of a kind could not be read.
    pub fn set_unread(&mut self, kind: RefKind) {
        self.unread.push(kind);
    }

    /// True when the names of the kind could not be read.
    pub fn is_unread(&self, kind: RefKind) -> bool {
        self.unread.contains(&kind)
    }

    /// Notes that `id` is called `name`.
    pub fn add(&mut self, kind: RefKind, id: &str, name: &str) {
        let names = self.by_kind.entry(kind).or_default();
        let places = names.by_id.entry(id.to_ascii_lowercase()).or_default();
        if !places.iter().any(|at| names.all[*at].name == name) {
            places.push(names.all.len());
            names.all.push(Known {
                id: id.to_owned(),
                name: name.to_owned(),
            });
        }
    }

    /// Everything that is called `name`: principal names without regard to case, the rest
    /// exactly.
    pub fn by_name(&self, kind: RefKind, name: &str) -> Vec<&Known> {
        let mut found: Vec<&Known> = self
            .all(kind)
            .filter(|known| match kind {
                RefKind::User | RefKind::Context => known.name.eq_ignore_ascii_case(name),
                _ => known.name == name,
            })
            .collect();
        found.sort_by(|a, b| a.id.cmp(&b.id));
        found.dedup_by(|a, b| a.id == b.id);
        found
    }

    /// What `id` is.
    pub fn by_id(&self, kind: RefKind, id: &str) -> Option<&Known> {
        let names = self.by_kind.get(&kind)?;
        let first = names.by_id.get(&id.to_ascii_lowercase())?.first()?;
        names.all.get(*first)
    }

    /// Every known name of a kind.
    pub fn all(&self, kind: RefKind) -> impl Iterator<Item = &Known> {
        self.by_kind
            .get(&kind)
            .into_iter()
            .flat_map(|names| &names.all)
    }
}

/// What was read of a tenant, at one time.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The tenant.
    pub organization: Organization,
    /// Live objects by kind: all of a kind that is listed, else those that the manifests
    /// ask for.
    pub live: BTreeMap<Kind, Vec<Live>>,
    /// Test users with gatewright's mark in the recycle bin; read when one is to be created.
    pub deleted_users: Vec<Live>,
    /// Names and ids.
    pub index: NameIndex,
    /// Objects that could not be understood.
    pub findings: Vec<Finding>,
}

impl Snapshot {
    /// The live objects of a kind.
    pub fn of(&self, kind: Kind) -> &[Live] {
        self.live.get(&kind).map_or(&[], Vec::as_slice)
    }

    /// The live object of an id.
    pub fn by_id(&self, kind: Kind, id: &str) -> Option<&Live> {
        self.of(kind).iter().find(|l| l.id.eq_ignore_ascii_case(id))
    }

    /// The deleted test user that had this principal name. In the recycle bin the name has
    /// the user's id before it, so that it is free again.
    pub fn deleted_user(&self, name: &str) -> Option<&Live> {
        let bare = |live: &Live| {
            let id = live.id.replace('-', "").to_ascii_lowercase();
            let found = folded_name(Kind::TestUser, live.name());
            found.strip_prefix(&id).map_or(found.clone(), str::to_owned)
        };
        self.deleted_users
            .iter()
            .find(|live| same_name(Kind::TestUser, &bare(live), name))
    }

    /// Adds live objects, each once.
    pub fn add(&mut self, kind: Kind, answers: Vec<Value>) {
        for raw in answers {
            match Live::read(kind, raw) {
                Ok(live) => {
                    if self.by_id(kind, &live.id).is_none() {
                        self.live.entry(kind).or_default().push(live);
                    }
                }
                Err(finding) => self.findings.push(*finding),
            }
        }
    }
}
