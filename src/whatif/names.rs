//! One spelling for all that stands for the same object: names and ids, as far as a world and
//! the tables know both.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::world::World;
use crate::finding::did_you_mean;
use crate::model::refs::RefKind;
use crate::model::tables::combinations::{built_in_by_id, built_in_by_name, built_in_strengths};
use crate::model::tables::{APPS, ROLES};
use crate::text::is_guid;

/// Names and ids of objects, by kind.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    /// What a spelling stands for; nothing when it stands for several objects.
    known: HashMap<RefKind, HashMap<String, Option<String>>>,
    /// What an object is called, by its one spelling.
    shown: HashMap<(RefKind, String), String>,
    /// Names to propose, as they are written.
    proposals: BTreeMap<RefKind, Vec<String>>,
    /// Principal names without a domain, when none is known that belongs to them.
    bare: HashSet<String>,
}

/// Spellings that differ only in what the service does not tell apart either: ids, principal
/// names and ids of contexts in their letter case. Display names are compared as they are.
fn fold(kind: RefKind, text: &str) -> String {
    let text = text.trim();
    match kind {
        RefKind::User | RefKind::Context => text.to_lowercase(),
        _ if is_guid(text) => text.to_ascii_lowercase(),
        _ => text.to_owned(),
    }
}

impl Names {
    pub(crate) fn new(world: &World) -> Names {
        let mut names = Names::default();
        for user in &world.users {
            let name = user.user_principal_name.as_str();
            let full = match (&world.default_domain, name.contains('@')) {
                (Some(domain), false) => format!("{name}@{domain}"),
                _ => name.to_owned(),
            };
            let one = user.id.as_deref().unwrap_or(&full).to_owned();
            if !full.contains('@') {
                names.bare.insert(full.to_lowercase());
            }
            let display = user.display_name.as_deref();
            names.put(
                RefKind::User,
                &one,
                [Some(full.as_str()), Some(name), display],
            );
        }
        for group in &world.groups {
            let name = group.display_name.as_str();
            let one = group.id.as_deref().unwrap_or(name);
            names.put(RefKind::Group, one, [Some(name), None, None]);
        }
        for location in &world.locations {
            let name = location.display_name.as_str();
            let one = location.id.as_deref().unwrap_or(name);
            names.put(RefKind::Location, one, [Some(name), None, None]);
        }
        for strength in &world.strengths {
            let name = strength.display_name.as_str();
            let id = strength.id.as_deref();
            let own = built_in(name).or_else(|| id.and_then(built_in));
            if own.is_none() {
                names.put(
                    RefKind::Strength,
                    id.unwrap_or(name),
                    [Some(name), None, None],
                );
            }
        }
        for context in &world.contexts {
            let name = context.display_name.as_str();
            let one = context.id.as_deref().unwrap_or(name);
            names.put(RefKind::Context, one, [Some(name), None, None]);
        }
        for app in &world.applications {
            let name = app.display_name.as_str();
            let (app_id, id) = (app.app_id.as_deref(), app.id.as_deref());
            names.put(
                RefKind::Application,
                app_id.unwrap_or(name),
                [Some(name), None, None],
            );
            names.put(
                RefKind::ServicePrincipal,
                id.unwrap_or(name),
                [Some(name), app_id, None],
            );
        }
        for name in &world.names {
            names.put(name.kind, &name.id, [Some(&name.name), None, None]);
        }
        names.put_members(world);
        names
    }

    /// Whoever is listed in a group is known by that name.
    fn put_members(&mut self, world: &World) {
        let members = world
            .groups
            .iter()
            .filter_map(|group| group.members.as_ref());
        for text in members.flatten() {
            let is_known = self.knows(RefKind::User, text) || self.knows(RefKind::Group, text);
            if !is_known && !is_guid(text) {
                // The tenant's own domain may be left out.
                let full = match (&world.default_domain, text.contains('@')) {
                    (Some(domain), false) => format!("{text}@{domain}"),
                    _ => text.clone(),
                };
                if full != *text && self.knows(RefKind::User, &full) {
                    let one = self.canonical(RefKind::User, &full);
                    let users = self.known.entry(RefKind::User).or_default();
                    users.insert(fold(RefKind::User, text), Some(one));
                    continue;
                }
                let one = fold(RefKind::User, text);
                let users = self.known.entry(RefKind::User).or_default();
                users.insert(one.clone(), Some(one));
                let proposals = self.proposals.entry(RefKind::User).or_default();
                proposals.push(text.clone());
            }
        }
    }

    /// Notes an object and what else it is called.
    fn put(&mut self, kind: RefKind, one: &str, others: [Option<&str>; 3]) {
        let one = fold(kind, one);
        let of_kind = self.known.entry(kind).or_default();
        for text in [Some(one.as_str())].into_iter().chain(others).flatten() {
            of_kind
                .entry(fold(kind, text))
                .and_modify(|known| {
                    if known.as_deref() != Some(&one) {
                        *known = None;
                    }
                })
                .or_insert_with(|| Some(one.clone()));
        }
        if let [Some(name), ..] = others {
            self.shown.insert((kind, one), name.to_owned());
        }
        let proposals = self.proposals.entry(kind).or_default();
        proposals.extend(others.into_iter().flatten().map(str::to_owned));
    }

    /// A name that a policy uses is known by that.
    pub(crate) fn used(&mut self, kind: RefKind, text: &str) -> String {
        let one = self.canonical(kind, text);
        let of_kind = self.known.entry(kind).or_default();
        of_kind
            .entry(fold(kind, text))
            .or_insert_with(|| Some(one.clone()));
        if !is_guid(text) {
            self.proposals
                .entry(kind)
                .or_default()
                .push(text.to_owned());
        }
        one
    }

    /// The one spelling of an object.
    pub(crate) fn canonical(&self, kind: RefKind, text: &str) -> String {
        self.find(kind, text).unwrap_or_else(|| fold(kind, text))
    }

    fn find(&self, kind: RefKind, text: &str) -> Option<String> {
        let folded = fold(kind, text);
        if let Some(Some(known)) = self.known.get(&kind).and_then(|known| known.get(&folded)) {
            return Some(known.clone());
        }
        if kind == RefKind::User
            && let Some((local, _)) = folded.split_once('@')
            && self.bare.contains(local)
        {
            return self.find(kind, local);
        }
        let by_table = match kind {
            RefKind::Role => ROLES
                .by_id(&folded)
                .or_else(|| ROLES.by_name(&folded))
                .map(|role| role.id),
            RefKind::Application => APPS
                .by_id(&folded)
                .or_else(|| APPS.by_name(&folded))
                .map(|app| app.id),
            RefKind::Strength => built_in(&folded),
            _ => None,
        };
        by_table.map(str::to_owned)
    }

    /// True when the world, a policy or a table knows the object.
    pub(crate) fn knows(&self, kind: RefKind, text: &str) -> bool {
        let spelt = || self.known.get(&kind)?.get(&fold(kind, text));
        self.find(kind, text).is_some() || spelt().is_some()
    }

    /// What people call an object, where a name is known beside the id.
    pub(crate) fn shown<'a>(&'a self, kind: RefKind, one: &'a str) -> &'a str {
        self.shown
            .get(&(kind, one.to_owned()))
            .map_or(one, String::as_str)
    }

    /// What a name was most likely meant to be.
    pub(crate) fn proposal(&self, kind: RefKind, text: &str) -> Option<String> {
        // Ids are alike, and mean nothing to anybody.
        if is_guid(text) {
            return None;
        }
        let own = self.proposals.get(&kind).into_iter().flatten();
        let own = own.filter(|name| !is_guid(name)).map(String::as_str);
        let mut all: Vec<&str> = own.collect();
        match kind {
            RefKind::Role => all.extend(ROLES.names()),
            RefKind::Application => all.extend(APPS.names()),
            RefKind::Strength => all.extend(built_in_strengths().iter().map(|s| s.display_name)),
            _ => {}
        }
        if kind == RefKind::User
            && let Some((local, domain)) = text.split_once('@')
        {
            // Of two addresses of one domain the rest must be alike, not the whole.
            let alike = all.iter().filter_map(|one| {
                let (own, other) = one.split_once('@')?;
                other.eq_ignore_ascii_case(domain).then_some(own)
            });
            if let Some(meant) = did_you_mean(local, alike.collect::<Vec<_>>()) {
                return Some(format!("{meant}@{domain}"));
            }
            all.retain(|one| {
                let other = one.split_once('@').map(|(_, other)| other);
                other.is_none_or(|other| !other.eq_ignore_ascii_case(domain))
            });
        }
        did_you_mean(text, all).map(str::to_owned)
    }
}

/// True for the name or id of a strength of Microsoft's own.
pub fn is_built_in_strength(text: &str) -> bool {
    built_in(text).is_some()
}

/// The id of a strength of Microsoft's own.
pub(crate) fn built_in(text: &str) -> Option<&'static str> {
    built_in_by_id(text)
        .or_else(|| built_in_by_name(text))
        .map(|s| s.id)
}
