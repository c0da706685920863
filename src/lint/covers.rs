//! Whether one policy applies wherever another does, and requires at least as much. Careful:
//! a yes is sure as far as the manifests show, a no is often only "not plainly". The references
//! of both are in one spelling ([`super::Subject::key`]).

use std::collections::BTreeSet;

use super::view::Policy;
use crate::model::conditions::{CONDITIONS, Limit, Part};
use crate::model::enums::GrantControl;
use crate::model::grant::GrantControls;
use crate::model::policy::{Applications, Conditions};
use crate::model::session::SessionControls;
use crate::model::tables::combinations::built_in_strengths;

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

/// True when whoever fulfils `strong` has fulfilled `weak` as well, session controls
/// included.
pub(super) fn requires_as_much(strong: Policy<'_>, weak: Policy<'_>) -> bool {
    let blocks = |policy: Policy<'_>| {
        (policy.policy.grant_controls.as_ref())
            .is_some_and(|grant| grant.built_in_controls.contains(&GrantControl::Block))
    };
    if blocks(strong) {
        return true;
    }
    let session = |policy: Policy<'_>| -> Option<SessionControls> {
        (policy.policy.session_controls.clone()).filter(SessionControls::is_effective)
    };
    let weak_session = session(weak);
    let sessions = weak_session.is_none() || weak_session == session(strong);
    let grants = match (&strong.policy.grant_controls, &weak.policy.grant_controls) {
        (_, None) => true,
        (_, Some(weak)) if weak.requirements() == 0 => true,
        (None, Some(_)) => false,
        (Some(strong), Some(weak)) => implies(&Requirements::of(strong), &Requirements::of(weak)),
    };
    sessions && grants
}

struct Requirements {
    all: bool,
    items: BTreeSet<String>,
}

impl Requirements {
    fn of(grant: &GrantControls) -> Requirements {
        let mut items: BTreeSet<String> = (grant.built_in_controls.iter())
            .map(|control| format!("{control:?}"))
            .collect();
        items.extend((grant.custom_authentication_factors.iter()).map(|f| format!("factor {f}")));
        items.extend((grant.terms_of_use.iter()).map(|t| format!("terms {t}")));
        items.extend(
            (grant.authentication_strength.iter()).map(|s| format!("strength {}", s.target)),
        );
        let and = (grant.operator.as_deref()).is_some_and(|o| o.eq_ignore_ascii_case("AND"));
        Requirements {
            all: and || items.len() == 1,
            items,
        }
    }
}

/// True when one requirement, fulfilled, fulfils another: the same, or a stronger built-in
/// strength (they are listed with the weakest first, and each satisfies MFA).
fn fulfils(item: &str, other: &str) -> bool {
    let rank = |text: &str| match text {
        "Mfa" => Some(0),
        _ => text
            .strip_prefix("strength ")
            .and_then(|id| built_in_strengths().iter().position(|s| s.id == id)),
    };
    match (rank(item), rank(other)) {
        (Some(item), Some(other)) => item >= other,
        _ => item == other,
    }
}

fn implies(strong: &Requirements, weak: &Requirements) -> bool {
    let given = |wanted: &String| match strong.all {
        true => strong.items.iter().any(|item| fulfils(item, wanted)),
        false => strong.items.iter().all(|item| fulfils(item, wanted)),
    };
    if strong.items.is_empty() {
        return false;
    }
    match (weak.all, strong.all) {
        (true, _) => weak.items.iter().all(given),
        (false, true) => weak.items.iter().any(given),
        // Whichever of the strong ones was chosen, it is among the weak ones.
        (false, false) => {
            (strong.items.iter()).all(|item| weak.items.iter().any(|wanted| fulfils(item, wanted)))
        }
    }
}
