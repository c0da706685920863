//! Building the graph: what is described first, then what refers to what.

use std::collections::HashSet;

use super::names::{NamedId, ObjectNames};
use super::values::values;
use super::{ObjectUse, ReferenceGraph, UseSources, UsedKind, UsedObject};
use crate::finding::Place;
use crate::model::refs::RefKind;
use crate::model::tables::suites;
use crate::model::{Kind, Object};
use crate::tenant::memberships::HolderOf;
use crate::text::is_guid;
use crate::text::pointer::{above, dotted};

/// A graph that is being built.
pub(super) struct Building {
    objects: Vec<UsedObject>,
    uses: Vec<ObjectUse>,
    /// References that are there, so that each is there once.
    told: HashSet<(usize, usize, String)>,
    names: ObjectNames,
    /// For each object of the sources where it is.
    described: Vec<usize>,
}

impl From<NamedId> for UsedObject {
    fn from(known: NamedId) -> UsedObject {
        UsedObject {
            id: Some(known.id),
            is_described: true,
            ..UsedObject::named(known.kind, &known.name)
        }
    }
}

impl UsedObject {
    /// An object of which nothing is known but a name.
    pub(super) fn named(kind: UsedKind, name: &str) -> UsedObject {
        UsedObject {
            kind,
            name: name.to_owned(),
            id: None,
            also: None,
            state: None,
            place: None,
            is_described: false,
        }
    }

    /// What is the same in every tenant, by its id and name.
    pub(super) fn well_known(
        kind: UsedKind,
        reference: RefKind,
        (id, name): (&str, &str),
    ) -> UsedObject {
        let mut special = reference.special_values().iter();
        let meaning = special.find(|one| one.value == id).map(|one| one.meaning);
        UsedObject {
            id: meaning.is_none().then(|| id.to_owned()),
            also: meaning.map(str::to_owned),
            ..UsedObject::named(kind, name)
        }
    }
}

impl Building {
    /// The objects of the sources, and their references.
    pub(super) fn of(sources: &UseSources<'_>) -> Building {
        let domain = sources.domain.as_deref();
        let mut building = Building {
            objects: Vec::new(),
            uses: Vec::new(),
            told: HashSet::new(),
            names: ObjectNames::new(sources.known.clone(), domain),
            described: Vec::new(),
        };
        for one in &sources.objects {
            let at = building.describe(one.object, one.id, one.place.clone());
            building.described.push(at);
        }
        for (number, source) in sources.objects.iter().enumerate() {
            let Some(at) = building.described.get(number).copied() else {
                continue;
            };
            building.refer_all(at, source.object, |pointer| {
                let place = source.document.map(|one| one.place(pointer));
                Some((pointer.to_owned(), place))
            });
        }
        building.name_memberships(&sources.memberships);
        building
    }

    /// The graph, with what is asked about and what follows without being written.
    pub(super) fn completed(mut self, sources: &UseSources<'_>) -> ReferenceGraph {
        if let Some((text, kind)) = sources.asked {
            self.ask(text, kind);
        }
        self.name_trusted(sources);
        self.name_suites();
        self.finish()
    }

    /// Adds memberships that no object tells of.
    fn name_memberships(&mut self, memberships: &[HolderOf]) {
        for HolderOf { holder, id, member } in memberships {
            let members = self.any(&[UsedKind::Group, UsedKind::User], member);
            for holder in self.targets(*holder, id) {
                for member in &members {
                    let said = ["members", "memberOf"];
                    let said = said.map(|name| (holder, *member, name.to_owned()));
                    if !said.iter().any(|one| self.told.contains(one)) {
                        self.refer(holder, *member, "members", None);
                    }
                }
            }
        }
    }

    fn push(&mut self, object: UsedObject) -> usize {
        let at = self.objects.len();
        for text in [Some(&object.name), object.id.as_ref()]
            .into_iter()
            .flatten()
        {
            self.names.add(object.kind, text, at);
        }
        self.objects.push(object);
        at
    }

    /// Adds an object that exists, or is to.
    fn describe(&mut self, object: &Object, id: Option<&str>, place: Option<Place>) -> usize {
        let kind = UsedKind::from(object.kind());
        let (name, display) = (object.name(), object.display_name());
        let at = self.push(UsedObject {
            // The id of a context is its name.
            id: id
                .or(object.id())
                .filter(|id| *id != name)
                .map(str::to_owned),
            also: (display != name && !display.is_empty()).then(|| display.to_owned()),
            state: match object {
                Object::ConditionalAccessPolicy(policy) => policy.state.clone(),
                _ => None,
            },
            place,
            is_described: true,
            ..UsedObject::named(kind, name)
        });
        if !display.is_empty() {
            self.names.add(kind, display, at);
        }
        // A user may be named without the domain.
        if let (UsedKind::User, Some((local, _))) = (kind, name.split_once('@')) {
            self.names.add(kind, local, at);
        }
        at
    }

    /// Adds what only refers to others.
    pub(super) fn referrer(&mut self, kind: UsedKind, name: &str, place: Option<Place>) -> usize {
        self.push(UsedObject {
            place,
            is_described: true,
            ..UsedObject::named(kind, name)
        })
    }

    /// Every reference of an object. `told` says where the one at a pointer stands, and in what
    /// file; nothing for one that is to be left out.
    pub(super) fn refer_all(
        &mut self,
        from: usize,
        object: &Object,
        told: impl Fn(&str) -> Option<(String, Option<Place>)>,
    ) {
        let is_user = object.kind() == Kind::TestUser;
        for (kind, pointer, text) in object.references() {
            let Some((pointer, place)) = told(&pointer) else {
                continue;
            };
            for target in self.targets(kind, &text) {
                // A group has its members, whoever says so.
                let (user, used) = if is_user {
                    (target, from)
                } else {
                    (from, target)
                };
                self.refer(user, used, &member(&pointer), place.clone());
            }
        }
        for (kind, pointer, text) in values(object) {
            let Some((pointer, place)) = told(&pointer) else {
                continue;
            };
            for target in self.target(kind, &text) {
                self.refer(from, target, &member(&pointer), place.clone());
            }
        }
    }

    /// Adds a reference, if it is not there yet.
    pub(super) fn refer(&mut self, user: usize, used: usize, member: &str, place: Option<Place>) {
        if self.told.insert((user, used, member.to_owned())) {
            self.uses.push(ObjectUse {
                user,
                used,
                member: member.to_owned(),
                place,
            });
        }
    }

    /// What a reference points to: several objects where a name is not unique, nothing where it is
    /// blank.
    pub(super) fn targets(&mut self, kind: RefKind, text: &str) -> Vec<usize> {
        match UsedKind::of(kind) {
            Some(kind) => self.target(kind, text),
            None if is_guid(text.trim()) => self.any(
                &[UsedKind::Group, UsedKind::User, UsedKind::ServicePrincipal],
                text,
            ),
            None if text.contains('@') => self.target(UsedKind::User, text),
            None => self.any(&[UsedKind::Group, UsedKind::User], text),
        }
    }

    /// What a text stands for that may be of several kinds: the first that is known, or else of the
    /// first kind.
    pub(super) fn any(&mut self, kinds: &[UsedKind], text: &str) -> Vec<usize> {
        let known = kinds.iter().find(|kind| self.is_known(**kind, text));
        match known.or(kinds.first()) {
            Some(kind) => self.target(*kind, text),
            None => Vec::new(),
        }
    }

    /// Whether the text is known to stand for an object of a kind.
    pub(super) fn is_known(&self, kind: UsedKind, text: &str) -> bool {
        let well_known = kind.reference().and_then(|one| one.well_known(text.trim()));
        well_known.is_some()
            || !self.names.objects(kind, text).is_empty()
            || !self.names.known(kind, text).is_empty()
    }

    /// What a text stands for where an object of this kind is meant.
    pub(super) fn target(&mut self, kind: UsedKind, text: &str) -> Vec<usize> {
        let text = text.trim();
        if text.is_empty() {
            return Vec::new();
        }
        let reference = kind.reference();
        let well_known = reference.and_then(|one| one.well_known(text));
        // A special value stands for itself, whatever else has its name.
        let special = well_known.filter(|(id, name)| id == name);
        let found = self.names.objects(kind, special.map_or(text, |(id, _)| id));
        if !found.is_empty() {
            return found.to_vec();
        }
        let known = match special {
            Some(_) => Vec::new(),
            None => self.names.known(kind, text),
        };
        if !known.is_empty() {
            let known = known.into_iter();
            let all = known.map(|one| match self.names.objects(kind, &one.id) {
                [] => {
                    let at = self.push(one.into());
                    self.names.add(kind, text, at);
                    at
                }
                [at, ..] => *at,
            });
            return all.collect();
        }
        if let (Some(known), Some(reference)) = (well_known, reference) {
            if let [at, ..] = self.names.objects(kind, known.0) {
                return vec![*at];
            }
            let at = self.push(UsedObject::well_known(kind, reference, known));
            // By this spelling as well: an alias, another letter case.
            self.names.add(kind, text, at);
            return vec![at];
        }
        vec![self.push(UsedObject::named(kind, text))]
    }

    /// Adds what is asked about, where it is known and nothing refers to it.
    fn ask(&mut self, text: &str, kind: Option<UsedKind>) {
        let kinds = UsedKind::ALL.into_iter();
        let kinds: Vec<UsedKind> = kinds
            .filter(|one| kind.is_none_or(|kind| kind == *one))
            .collect();
        let is_there = |one: &UsedKind| !self.names.objects(*one, text).is_empty();
        if kinds.iter().any(is_there) {
            return;
        }
        for kind in kinds {
            if self.is_known(kind, text) {
                self.target(kind, text);
            }
        }
    }

    /// The object that a text stands for, if there is one.
    fn there(&self, kind: UsedKind, text: &str) -> Option<usize> {
        self.names.objects(kind, text).first().copied()
    }

    /// `AllTrusted` stands for every location that is marked as trusted.
    fn name_trusted(&mut self, sources: &UseSources<'_>) {
        let Some(all) = self.there(UsedKind::Location, "AllTrusted") else {
            return;
        };
        let described = self.described.clone();
        for (source, at) in sources.objects.iter().zip(described) {
            if let Object::NamedLocation(location) = source.object
                && location.is_trusted == Some(true)
            {
                let place = source.document.map(|one| one.place("/isTrusted"));
                self.refer(all, at, "isTrusted", place);
            }
        }
    }

    /// Applications that a policy covers by naming what they belong to.
    fn name_suites(&mut self) {
        let apps = self.objects.iter().enumerate();
        let apps = apps.filter(|(_, object)| object.kind == UsedKind::Application);
        let apps: Vec<(usize, String)> = apps
            .filter_map(|(at, object)| Some((at, object.id.clone()?)))
            .collect();
        let there = |name: &str| self.there(UsedKind::Application, name);
        let (office, portals) = (there("Office365"), there("MicrosoftAdminPortals"));
        let management: Vec<usize> = suites::service_management().filter_map(there).collect();
        for (app, id) in apps {
            let office = office.filter(|_| suites::is_office_365(&id) == Some(true));
            let portals = portals.filter(|_| suites::is_admin_portal(&id) == Some(true));
            let mut suites: Vec<usize> = office.into_iter().chain(portals).collect();
            if suites::is_service_management(&id) {
                suites.extend(management.iter().filter(|one| **one != app));
            }
            for suite in suites {
                self.refer(suite, app, "members", None);
            }
        }
    }

    fn finish(self) -> ReferenceGraph {
        let Building {
            objects,
            mut uses,
            mut names,
            ..
        } = self;
        let mut sorted: Vec<(usize, UsedObject)> = objects.into_iter().enumerate().collect();
        sorted.sort_by(|(_, a), (_, b)| {
            let key = |one: &UsedObject| (one.kind, one.name.to_lowercase());
            (key(a), &a.name, &a.id).cmp(&(key(b), &b.name, &b.id))
        });
        let mut order = vec![0; sorted.len()];
        for (now, (before, _)) in sorted.iter().enumerate() {
            if let Some(slot) = order.get_mut(*before) {
                *slot = now;
            }
        }
        let moved = |at: usize| order.get(at).copied().unwrap_or(at);
        for one in &mut uses {
            (one.user, one.used) = (moved(one.user), moved(one.used));
        }
        names.reorder(&order);
        // Stable: members stand in the order in which the object has them.
        uses.sort_by_key(|one| (one.user, one.used));
        let mut users = vec![Vec::new(); sorted.len()];
        let mut used = vec![Vec::new(); sorted.len()];
        for (at, one) in uses.iter().enumerate() {
            for (lists, object) in [(&mut users, one.used), (&mut used, one.user)] {
                if let Some(list) = lists.get_mut(object) {
                    list.push(at);
                }
            }
        }
        ReferenceGraph {
            objects: sorted.into_iter().map(|(_, object)| object).collect(),
            uses,
            users,
            used,
            names,
        }
    }
}

/// The member that holds a reference, without its place in a list.
pub(super) fn member(pointer: &str) -> String {
    let last = pointer.rsplit('/').next().unwrap_or_default();
    let is_item = !last.is_empty() && last.bytes().all(|b| b.is_ascii_digit());
    dotted(if is_item { above(pointer) } else { pointer })
}
