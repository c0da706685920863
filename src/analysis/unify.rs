//! Two worlds that call the same things by the same name.

use crate::model::refs::RefKind;
use crate::whatif::{KnownName, PolicySet, World};

/// The same sets, each knowing the ids that the others know for a name: what is a name in a
/// project and an id in a tenant is one thing.
pub(super) fn unified(sets: &[&PolicySet]) -> Vec<PolicySet> {
    let known: Vec<Vec<KnownName>> = sets.iter().map(|set| names(&set.world)).collect();
    let mut all: Vec<PolicySet> = sets.iter().map(|set| (*set).clone()).collect();
    // A project does not know its tenant's domain.
    let domain = sets.iter().find_map(|set| set.world.default_domain.clone());
    for set in &mut all {
        let own = &mut set.world.default_domain;
        *own = own.take().or_else(|| domain.clone());
    }
    for (at, set) in all.iter_mut().enumerate() {
        let mut told: Vec<KnownName> = Vec::new();
        for one in (known.iter().enumerate())
            .filter(|(other, _)| *other != at)
            .flat_map(|(_, all)| all)
        {
            if !told.contains(one) {
                told.push(one.clone());
            }
        }
        learn(&mut set.world, &told);
    }
    all
}

/// Ids and names, of a world that knows both.
fn names(world: &World) -> Vec<KnownName> {
    let mut found = Vec::new();
    let mut put = |kind, id: &Option<String>, name: &str| {
        if let Some(id) = id {
            found.push(KnownName {
                kind,
                id: id.clone(),
                name: name.to_owned(),
            });
        }
    };
    for group in &world.groups {
        put(RefKind::Group, &group.id, &group.display_name);
    }
    for user in &world.users {
        put(RefKind::User, &user.id, &user.user_principal_name);
    }
    for app in &world.applications {
        put(RefKind::Application, &app.app_id, &app.display_name);
        put(RefKind::ServicePrincipal, &app.id, &app.display_name);
    }
    for context in &world.contexts {
        put(RefKind::Context, &context.id, &context.display_name);
    }
    found.extend(world.names.iter().cloned());
    found
}

fn learn(world: &mut World, known: &[KnownName]) {
    let domain = world.default_domain.clone();
    let id = |kind: RefKind, name: &str| {
        let full = match (&domain, kind) {
            (Some(domain), RefKind::User) if !name.contains('@') => format!("{name}@{domain}"),
            _ => name.to_owned(),
        };
        let is = |one: &KnownName| match kind {
            RefKind::User => one.name.eq_ignore_ascii_case(&full),
            _ => one.name == full,
        };
        let mut same = known.iter().filter(|one| one.kind == kind && is(one));
        // A name that stands for two things stands for neither.
        match (same.next(), same.next()) {
            (Some(one), None) => Some(one.id.clone()),
            _ => None,
        }
    };
    for group in &mut world.groups {
        group.id = group
            .id
            .take()
            .or_else(|| id(RefKind::Group, &group.display_name));
    }
    for user in &mut world.users {
        user.id = user
            .id
            .take()
            .or_else(|| id(RefKind::User, &user.user_principal_name));
    }
    for app in &mut world.applications {
        app.app_id = app
            .app_id
            .take()
            .or_else(|| id(RefKind::Application, &app.display_name));
        app.id = app
            .id
            .take()
            .or_else(|| id(RefKind::ServicePrincipal, &app.display_name));
    }
    for context in &mut world.contexts {
        context.id = context
            .id
            .take()
            .or_else(|| id(RefKind::Context, &context.display_name));
    }
    let groups: Vec<String> = world
        .groups
        .iter()
        .filter_map(|group| group.id.clone())
        .collect();
    let users: Vec<String> = world
        .users
        .iter()
        .filter_map(|user| user.id.clone())
        .collect();
    let apps: Vec<String> = world
        .applications
        .iter()
        .filter_map(|app| app.app_id.clone())
        .collect();
    let contexts: Vec<String> = world
        .contexts
        .iter()
        .filter_map(|one| one.id.clone())
        .collect();
    for one in known {
        let has = match one.kind {
            RefKind::Group => groups.contains(&one.id),
            RefKind::User => users.contains(&one.id),
            RefKind::Application => apps.contains(&one.id),
            RefKind::Context => contexts.contains(&one.id),
            _ => world.names.contains(one),
        };
        if !has {
            world.names.push(one.clone());
        }
    }
}
