//! Two worlds that call the same things by the same name.

use std::collections::{HashMap, HashSet};

use indexmap::IndexSet;

use crate::model::refs::RefKind;
use crate::whatif::{KnownName, PolicySet, World};

/// The same sets, each knowing the ids that the others know for a name: what is a name in a
/// project and an id in a tenant is one thing.
pub fn unified(sets: &[&PolicySet]) -> Vec<PolicySet> {
    let known: Vec<Vec<KnownName>> = sets.iter().map(|set| names(&set.world)).collect();
    let mut all: Vec<PolicySet> = sets.iter().map(|set| (*set).clone()).collect();
    // A project does not know its tenant's domain.
    let domain = sets.iter().find_map(|set| set.world.default_domain.clone());
    for set in &mut all {
        let own = &mut set.world.default_domain;
        *own = own.take().or_else(|| domain.clone());
    }
    for (at, set) in all.iter_mut().enumerate() {
        let told: IndexSet<&KnownName> = (known.iter().enumerate())
            .filter(|(other, _)| *other != at)
            .flat_map(|(_, all)| all)
            .collect();
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

fn learn(world: &mut World, known: &IndexSet<&KnownName>) {
    let domain = world.default_domain.clone();
    // Principal names are the same in any letter case, and with the tenant's own domain.
    let key = |kind: RefKind, name: &str| match (kind, &domain) {
        (RefKind::User, Some(domain)) if !name.contains('@') => {
            (kind, format!("{name}@{domain}").to_lowercase())
        }
        (RefKind::User, _) => (kind, name.to_lowercase()),
        _ => (kind, name.to_owned()),
    };
    let mut ids: HashMap<(RefKind, String), Option<&String>> = HashMap::new();
    for one in known {
        // A name that stands for two things stands for neither.
        ids.entry(key(one.kind, &one.name))
            .and_modify(|id| *id = None)
            .or_insert(Some(&one.id));
    }
    let id = |kind: RefKind, name: &str| ids.get(&key(kind, name)).copied().flatten().cloned();
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
    let groups: HashSet<String> = world
        .groups
        .iter()
        .filter_map(|group| group.id.clone())
        .collect();
    let users: HashSet<String> = world
        .users
        .iter()
        .filter_map(|user| user.id.clone())
        .collect();
    let apps: HashSet<String> = world
        .applications
        .iter()
        .filter_map(|app| app.app_id.clone())
        .collect();
    let contexts: HashSet<String> = world
        .contexts
        .iter()
        .filter_map(|one| one.id.clone())
        .collect();
    let names: HashSet<KnownName> = world.names.iter().cloned().collect();
    for one in known {
        let has = match one.kind {
            RefKind::Group => groups.contains(&one.id),
            RefKind::User => users.contains(&one.id),
            RefKind::Application => apps.contains(&one.id),
            RefKind::Context => contexts.contains(&one.id),
            _ => names.contains(*one),
        };
        if !has {
            world.names.push((*one).clone());
        }
    }
}
