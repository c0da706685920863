//! Whether one policy applies wherever another does. Careful: a yes is sure as far as the
//! manifests show, a no is often only "not plainly". The references of both are in one spelling
//! ([`super::Subject::key`]).

use super::view::Policy;
use crate::model::conditions::{CONDITIONS, Limit, Part};
use crate::model::policy::{Applications, Conditions};

/// True when `wide` applies to every sign-in that `narrow` applies to, the state of both
/// aside.
pub(super) fn applies_wherever(wide: Policy<'_>, narrow: Policy<'_>) -> bool {
    let (wide_ones, narrow_ones) = (&wide.policy.conditions, &narrow.policy.conditions);
    let rows = |part| CONDITIONS.iter().filter(move |row| row.part == part);
    let subjects = match (wide.people(), narrow.people()) {
        (Some(_), Some(_)) => users(wide_ones, narrow_ones),
        (None, None) => rows(Part::Who).all(|row| (row.read)(wide_ones) == (row.read)(narrow_ones)),
        _ => false,
    };
    let (wide, narrow) = (&wide_ones.applications, &narrow_ones.applications);
    subjects
        && resources(wide.as_ref(), narrow.as_ref())
        && rows(Part::When).all(|row| {
            let (wide, narrow) = ((row.read)(wide_ones), (row.read)(narrow_ones));
            let (w, n) = (wide.sides(), narrow.sides());
            match (&wide, &narrow) {
                // A condition that is not there matches everything.
                (Limit::Absent, _) => true,
                (_, Limit::Absent) => false,
                (Limit::Opaque(wide), Limit::Opaque(narrow)) => wide == narrow,
                _ => (row.is_all(w.0) || subset(n.0, w.0)) && subset(w.1, n.1),
            }
        })
}

/// True when every item of `few` is among `many`.
fn subset<T: PartialEq>(few: &[T], many: &[T]) -> bool {
    few.iter().all(|item| many.contains(item))
}

fn has(items: &[String], value: &str) -> bool {
    items.iter().any(|item| item == value)
}

fn users(wide: &Conditions, narrow: &Conditions) -> bool {
    let rows = || CONDITIONS.iter().filter(|row| row.name == "users");
    let all = rows().any(|row| row.is_all((row.read)(wide).sides().0));
    rows().all(|row| {
        let (wide, narrow) = ((row.read)(wide), (row.read)(narrow));
        let ((includes, excludes), (included, excluded)) = (wide.sides(), narrow.sides());
        match (&wide, &narrow) {
            // Guests, of which only the same ones are known to be covered.
            (Limit::Opaque(_), _) | (_, Limit::Opaque(_)) => {
                let few = if row.exclude.is_empty() {
                    &narrow
                } else {
                    &wide
                };
                all && row.exclude.is_empty() || !few.is_set() || wide == narrow
            }
            // Whom the wide one leaves out, the narrow one leaves out as well, by the same name.
            _ => (all || subset(included, includes)) && subset(excludes, excluded),
        }
    })
}

fn resources(wide: Option<&Applications>, narrow: Option<&Applications>) -> bool {
    let (Some(wide), Some(narrow)) = (wide, narrow) else {
        return false;
    };
    if wide.include_user_actions != narrow.include_user_actions
        || wide.include_authentication_context_class_references
            != narrow.include_authentication_context_class_references
    {
        return false;
    }
    if wide.application_filter.is_some() && wide.application_filter != narrow.application_filter {
        return false;
    }
    let (w, n) = (&wide.include_applications, &narrow.include_applications);
    let left_out = &wide.exclude_applications;
    // A filter of the narrow one that adds applications may add what the wide one has not.
    let adds =
        narrow.application_filter != wide.application_filter && narrow.application_filter.is_some();
    let included = has(w, "All") || !adds && subset(n, w);
    // Named applications that the wide one does not leave out are covered; a suite, or all,
    // may hold what it leaves out.
    let named = |key: &String| {
        !["All", "Office365", "MicrosoftAdminPortals"].contains(&key.as_str())
            && !left_out.contains(key)
    };
    let suites = ["Office365", "MicrosoftAdminPortals"];
    let not_left_out = subset(left_out, &narrow.exclude_applications)
        || !adds
            && !n.is_empty()
            && n.iter().all(named)
            && !left_out.iter().any(|key| suites.contains(&key.as_str()));
    included && not_left_out
}
