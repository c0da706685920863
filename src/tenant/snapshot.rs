//! What was read of a tenant, at one time.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde_json::Value;

pub use super::live::Live;
use super::live::LiveObjects;

use crate::finding::Finding;
use crate::model::Kind;
use crate::model::kind::{folded_name, same_name};
use crate::model::refs::RefKind;

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
    /// Where a name, folded, stands in `all`.
    by_name: HashMap<String, Vec<usize>>,
}

/// Principal names and contexts have no case, the rest does.
fn folded(kind: RefKind, name: &str) -> String {
    match kind {
        RefKind::User | RefKind::Context => name.to_ascii_lowercase(),
        _ => name.to_owned(),
    }
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
        let known = |at: &usize| names.all.get(*at).is_some_and(|known| known.name == name);
        if !places.iter().any(known) {
            let at = names.all.len();
            places.push(at);
            names
                .by_name
                .entry(folded(kind, name))
                .or_default()
                .push(at);
            names.all.push(Known {
                id: id.to_owned(),
                name: name.to_owned(),
            });
        }
    }

    /// Everything that is called `name`: principal names without regard to case, the rest
    /// exactly.
    pub fn by_name(&self, kind: RefKind, name: &str) -> Vec<&Known> {
        let Some(names) = self.by_kind.get(&kind) else {
            return Vec::new();
        };
        let places = names.by_name.get(&folded(kind, name));
        let mut found: Vec<&Known> = (places.into_iter().flatten())
            .filter_map(|at| names.all.get(*at))
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

/// What the recycle bin says of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Binned {
    /// It lies there, and can be restored.
    There,
    /// It does not.
    NotThere,
    /// There is no recycle bin for its kind, or in this cloud.
    NoBin,
    /// The caller may not look into it, nor restore anything; why.
    Closed(String),
}

/// What was read of a tenant, at one time.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// When it was begun to be read.
    pub read_at: Option<Timestamp>,
    /// The tenant.
    pub organization: Organization,
    /// Live objects by kind: all of a kind that is listed, else those that the manifests
    /// ask for.
    pub live: LiveObjects,
    /// Test users with gatewright's mark in the recycle bin; read when one is to be created and
    /// the caller may look into it.
    pub deleted_users: Option<Vec<Live>>,
    /// What the recycle bin said of single objects, by their ids.
    pub binned: BTreeMap<String, Binned>,
    /// Names and ids.
    pub index: NameIndex,
    /// Objects that could not be understood.
    pub findings: Vec<Finding>,
}

impl Snapshot {
    /// The live objects of a kind.
    pub fn of(&self, kind: Kind) -> &[Live] {
        self.live.of(kind)
    }

    /// The live object of an id.
    pub fn by_id(&self, kind: Kind, id: &str) -> Option<&Live> {
        self.live.by_id(kind, id)
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
            .flatten()
            .find(|live| same_name(Kind::TestUser, &bare(live), name))
    }

    /// Whether an object lies in the recycle bin, where it could be seen there.
    pub fn in_bin(&self, kind: Kind, id: &str, name: &str) -> Option<bool> {
        match self.binned.get(id) {
            Some(Binned::There) => Some(true),
            Some(Binned::NotThere) => Some(false),
            Some(Binned::NoBin | Binned::Closed(_)) => None,
            None if kind == Kind::TestUser && self.deleted_users.is_some() => {
                Some(self.deleted_user(name).is_some())
            }
            None => None,
        }
    }

    /// Adds live objects, each once.
    pub fn add(&mut self, kind: Kind, answers: Vec<Value>) {
        for raw in answers {
            match Live::read(kind, raw) {
                Ok(live) => self.live.add(live),
                Err(finding) => self.findings.push(*finding),
            }
        }
    }
}
