//! The applications that policies treat differently: one of each class stands for all of it.

use std::collections::{BTreeMap, BTreeSet};

use super::sets::{JudgedSets, plain_application};
use crate::model::refs::RefKind;
use crate::model::tables::{APPS, Named, special, suites};
use crate::whatif::{Application, Match};

/// Applications that every policy means, or that none does.
#[derive(Debug, Clone)]
pub(super) struct ApplicationClass {
    /// What they are called.
    pub names: Vec<String>,
    /// One of them.
    pub application: Application,
    /// True for those that no policy names.
    pub is_rest: bool,
}

/// The members of a group of applications that a policy can name at once, and what people call it.
fn suite(special: &str) -> Option<(&'static str, &'static [Named])> {
    match special {
        "Office365" => Some(("Office 365", suites::office_365())),
        "MicrosoftAdminPortals" => Some(("Microsoft admin portals", suites::admin_portals())),
        _ => None,
    }
}

/// The classes of the applications that the policies name: those that none names first.
pub(super) fn classes(sets: &JudgedSets<'_>) -> Vec<ApplicationClass> {
    let mut named: BTreeSet<&str> = BTreeSet::new();
    for policy in sets.sets.iter().flat_map(|set| &set.policies) {
        if let Some(applications) = &policy.conditions.applications {
            named.extend(applications.include_applications.iter().map(String::as_str));
            named.extend(applications.exclude_applications.iter().map(String::as_str));
        }
    }
    let mut wanted: Vec<(String, Application)> = Vec::new();
    let is_named = |app: &Named| {
        named.iter().any(|name| {
            let known = APPS.by_id(name).or_else(|| APPS.by_name(name));
            app.id.eq_ignore_ascii_case(name)
                || known.is_some_and(|known| known.id.eq_ignore_ascii_case(app.id))
        })
    };
    for name in &named {
        let special = special::canonical(special::applications(), name);
        match (special.and_then(suite), special) {
            // Its members that are named by themselves speak for themselves.
            (Some((words, members)), _) => {
                let others = members.iter().find(|app| !is_named(app));
                wanted.extend(
                    others.map(|app| (words.to_owned(), plain(sets, Some(app.id.to_owned())))),
                );
            }
            (None, Some(_)) => {}
            (None, None) => {
                let shown = sets.names.of(RefKind::Application, name);
                wanted.push((shown, plain(sets, Some((*name).to_owned()))));
            }
        }
    }
    let rest = plain(sets, None);
    let own = signature(sets, &rest);
    let mut classes: BTreeMap<Vec<u8>, ApplicationClass> = BTreeMap::new();
    for (name, application) in wanted {
        let signature = signature(sets, &application);
        if signature == own {
            continue;
        }
        let class = classes.entry(signature).or_insert(ApplicationClass {
            names: Vec::new(),
            application,
            is_rest: false,
        });
        if !class.names.contains(&name) {
            class.names.push(name);
        }
    }
    let rest = ApplicationClass {
        names: Vec::new(),
        application: rest,
        is_rest: true,
    };
    std::iter::once(rest).chain(classes.into_values()).collect()
}

/// An application; one that nothing knows is the tenant's own.
fn plain(sets: &JudgedSets<'_>, name: Option<String>) -> Application {
    let known = name.as_ref().is_some_and(|name| {
        let of_world = sets.sets.iter().flat_map(|set| &set.world.applications);
        let mut own = of_world.filter(|one| {
            one.app_id
                .as_ref()
                .is_some_and(|id| id.eq_ignore_ascii_case(name))
                || one.display_name == *name
        });
        APPS.by_id(name).or_else(|| APPS.by_name(name)).is_some() || own.next().is_some()
    });
    let plain = plain_application();
    Application {
        name,
        owned_by: plain.owned_by.filter(|_| !known),
        ..plain
    }
}

/// Which policies mean an application.
fn signature(sets: &JudgedSets<'_>, application: &Application) -> Vec<u8> {
    let all = sets
        .compiled
        .iter()
        .flat_map(|policies| (0..policies.len()).map(move |number| (policies, number)));
    all.map(
        |(policies, number)| match policies.is_for_application(number, application.clone()) {
            Match::No => 0,
            Match::Yes => 1,
            Match::Unknown(_) => 2,
        },
    )
    .collect()
}
