//! The applications that policies treat differently: one of each class stands for all of it.

use std::collections::{BTreeMap, BTreeSet};

use super::sets::{JudgedSets, plain_application};
use crate::model::refs::RefKind;
use crate::model::tables::{APPS, special};
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

/// One application of each group of them that a policy can name at once. Facts: "Office 365 App in
/// Conditional Access reference", "Target resources".
const SUITES: &[(&str, &str, &str)] = &[
    (
        "Office365",
        "Office 365",
        "00000002-0000-0ff1-ce00-000000000000",
    ),
    (
        "MicrosoftAdminPortals",
        "Microsoft admin portals",
        "c44b4083-3bb0-49c1-b47d-974e53cbdf3c",
    ),
];

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
    for name in named {
        let special = special::canonical(special::applications(), name);
        let suite = SUITES.iter().find(|(own, ..)| Some(*own) == special);
        match (suite, special) {
            (Some((_, words, id)), _) => {
                wanted.push(((*words).to_owned(), plain(sets, Some((*id).to_owned()))));
            }
            (None, Some(_)) => {}
            (None, None) => {
                let shown = sets.names.of(RefKind::Application, name);
                wanted.push((shown, plain(sets, Some(name.to_owned()))));
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
