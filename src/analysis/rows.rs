//! People as rows: of each policy whether its users mean them. Who is in which group is settled
//! before.

use std::collections::HashMap;

use batsat::Lit;

use super::question::Inquiry;
use super::space::SubjectKind;
use crate::model::enums::PolicyState;
use crate::model::policy::{ConditionalAccessPolicy, Users};
use crate::whatif::{PolicySet, UserType};

/// How the group is called whose members a policy means, with the side and the place of the policy.
const MEANT: &str = "meant:";

/// People whom the same policies mean.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PeopleClass {
    /// What kind of user they are.
    pub kind: UserType,
    /// For each policy before and after, in the order of the sets, whether its users mean them;
    /// `None` where that is not known.
    pub meant: [Vec<Option<bool>>; 2],
}

impl PeopleClass {
    pub(super) fn is_meant(&self, side: usize, policy: usize) -> Option<bool> {
        self.meant.get(side)?.get(policy).copied().flatten()
    }
}

/// Whether a policy does anything to people's sign-ins.
pub fn counts_for_people(policy: &ConditionalAccessPolicy) -> bool {
    let is_on = !matches!(
        policy.state,
        Some(PolicyState::Disabled | PolicyState::ReportOnly)
    );
    is_on && policy.conditions.client_applications.is_none()
}

/// The policies that count and have a name, each for the members of the group of that name; and
/// their places.
pub(super) fn by_rows(
    set: &PolicySet,
    name: &dyn Fn(usize) -> Option<String>,
) -> (PolicySet, Vec<usize>) {
    let mut set = set.clone();
    let (mut own, mut places) = (Vec::new(), Vec::new());
    for (at, mut policy) in set.policies.into_iter().enumerate() {
        if let Some(group) = name(at).filter(|_| counts_for_people(&policy)) {
            policy.conditions.users = Some(Users {
                include_groups: vec![group].into(),
                ..Users::default()
            });
            own.push(policy);
            places.push(at);
        }
    }
    set.policies = own;
    set.world.groups.clear();
    set.world.users.clear();
    set.world.environment.assume_empty.clear();
    (set, places)
}

/// The name of the group that stands for whom a policy means.
pub(super) fn name_of(side: usize, policy: usize) -> String {
    format!("{MEANT}{side}:{policy}")
}

/// Of some classes: each for which all of it holds.
#[derive(Debug, Clone, Default)]
pub(super) struct RowCube {
    /// Side, policy, and whether it means them.
    pub meant: Vec<(usize, usize, bool)>,
    /// The kinds, where it is not for all.
    pub kinds: Option<Vec<UserType>>,
}

impl RowCube {
    pub(super) fn covers(&self, class: &PeopleClass) -> bool {
        let kinds = self.kinds.as_ref();
        kinds.is_none_or(|kinds| kinds.contains(&class.kind))
            && (self.meant.iter())
                .all(|(side, policy, is)| class.is_meant(*side, *policy) == Some(*is))
    }

    /// Notes what a name of [`name_of`], or one with `not ` before it, says.
    pub(super) fn put(&mut self, word: &str) {
        let (bare, is) = match word.strip_prefix("not ") {
            Some(bare) => (bare, false),
            None => (word, true),
        };
        let place = bare.strip_prefix(MEANT).and_then(|at| at.split_once(':'));
        if let Some((Ok(side), Ok(at))) = place.map(|(side, at)| (side.parse(), at.parse())) {
            self.meant.push((side, at, is));
        }
    }
}

/// The literals that say who it is.
pub(super) struct Rows {
    /// For each policy that counts its side, place and literal.
    meant: Vec<(usize, usize, Lit)>,
    kinds: Vec<(UserType, Lit)>,
    known: HashMap<Lit, (usize, usize, bool)>,
}

impl Rows {
    /// `places` are those of the policies of each side. One without a group of its own means whom
    /// another one means.
    pub(super) fn new(question: &mut Inquiry<'_>, places: [&[usize]; 2]) -> Rows {
        let (mut meant, mut known) = (Vec::new(), HashMap::new());
        for (side, places) in places.into_iter().enumerate() {
            for at in places {
                let group = question.space.groups.get(&name_of(side, *at)).copied();
                let Some(atom) = group else { continue };
                let literal = question.plain(atom);
                meant.push((side, *at, literal));
                known.insert(literal, (side, *at, true));
                known.insert(!literal, (side, *at, false));
            }
        }
        let kinds = UserType::ALL.iter().copied().map(|kind| {
            let is = question.space.subject.is(&SubjectKind::User(kind));
            (kind, question.plain(is))
        });
        Rows {
            kinds: kinds.collect(),
            meant,
            known,
        }
    }

    /// The literals of a class.
    pub(super) fn of(&self, class: &PeopleClass) -> Vec<Lit> {
        let kind = self.kinds.iter().filter(|(kind, _)| *kind == class.kind);
        let mut row: Vec<Lit> = kind.map(|(_, literal)| *literal).collect();
        row.extend(self.meant.iter().filter_map(|(side, at, literal)| {
            let is = class.is_meant(*side, *at)?;
            Some(if is { *literal } else { !*literal })
        }));
        row
    }

    /// Whether a literal says who it is.
    pub(super) fn has(&self, literal: Lit) -> bool {
        let mut kinds = self.kinds.iter();
        self.known.contains_key(&literal)
            || kinds.any(|(_, one)| *one == literal || !*one == literal)
    }

    /// Whom some literals are about.
    pub(super) fn cube(&self, literals: &[Lit]) -> RowCube {
        let kind = self.kinds.iter().find(|(_, one)| literals.contains(one));
        RowCube {
            meant: (literals.iter())
                .filter_map(|literal| self.known.get(literal).copied())
                .collect(),
            kinds: kind.map(|(kind, _)| vec![*kind]),
        }
    }
}
