//! Policies that a change has nothing to do with: the same before and after, for the same people,
//! and applying to no sign-in to which a policy applies that changes. Where one of them applies,
//! every policy that does is the same on both sides, and so is the answer; where none does, they
//! say nothing. Without them the answers of both sides differ for the same sign-ins.

use std::collections::HashMap;

use super::compared::ComparedSets;
use super::formula::Formula;
use super::rows::{PeopleClass, name_of};
use super::solver::Reading;
use crate::whatif::PolicySet;

/// What a policy is, whatever it is called and wherever it stands: what it does, the session that
/// it asks for, and whom it means.
type Deed = ([Formula; 3], String, Vec<Option<bool>>, String);

/// For the policies on each side that a change has to do with, by their places, the group that
/// stands for whom they mean: one for both where the policy does not change. `places` are those of
/// all in `sides`. `settled`: what is not known of whom users mean is the same on both sides.
pub(super) fn touched(
    compared: &mut ComparedSets<'_>,
    (sides, places): ([&PolicySet; 2], [&[usize]; 2]),
    classes: &[PeopleClass],
    settled: bool,
) -> [HashMap<usize, String>; 2] {
    let mut before: HashMap<Deed, Vec<(usize, Formula)>> = HashMap::new();
    let (mut same, mut changed) = (Vec::new(), Vec::new());
    for (side, places) in places.into_iter().enumerate() {
        for (given, at) in places.iter().enumerate() {
            let Some(applies) = compared.applies(side, given) else {
                continue;
            };
            let users = sides.get(side).and_then(|set| set.policies.get(*at));
            let users = users.filter(|_| settled).map(|one| &one.conditions.users);
            let users = users.and_then(|users| serde_json::to_string(users).ok());
            match (side, deed(compared, (side, given, *at), classes, users)) {
                (0, Some(deed)) => before.entry(deed).or_default().push((*at, applies)),
                (_, deed) => match deed.and_then(|deed| before.get_mut(&deed)?.pop()) {
                    Some((was, _)) => same.push((was, *at, applies)),
                    None => changed.push((side, *at, applies)),
                },
            }
        }
    }
    let gone = before.into_values().flatten();
    changed.extend(gone.map(|(at, applies)| (0, at, applies)));
    let mut kept = [HashMap::new(), HashMap::new()];
    for (side, at, _) in &changed {
        if let Some(kept) = kept.get_mut(*side) {
            kept.insert(*at, name_of(*side, *at));
        }
    }
    let question = &mut compared.question;
    let changes = changed.iter().map(|(_, _, applies)| *applies);
    let changes = question.space.formulas.any(changes);
    for (was, is, applies) in same {
        if question.exists(&[changes, applies], Reading::Possibly) {
            kept[0].insert(was, name_of(0, was));
            kept[1].insert(is, name_of(0, was));
        }
    }
    kept
}

/// `None` where it is not known of every class whether it is meant, and the sides may differ in that:
/// without `users`, the same words of whom the policy means.
fn deed(
    compared: &mut ComparedSets<'_>,
    (side, given, at): (usize, usize, usize),
    classes: &[PeopleClass],
    users: Option<String>,
) -> Option<Deed> {
    let meant: Vec<Option<bool>> = (classes.iter())
        .map(|class| class.is_meant(side, at))
        .collect();
    let said = match meant.iter().all(Option::is_some) {
        true => String::new(),
        false => users?,
    };
    let group = name_of(side, at);
    let users = compared.question.space.groups.get(&group).copied()?;
    let (does, session) = compared.does(side, given, users)?;
    Some((does, session, meant, said))
}
