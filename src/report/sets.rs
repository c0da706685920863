//! The sets of policies that a report is about: one, or those before and after a change.

use super::names::CalledNames;
use crate::model::location::NamedLocation;
use crate::whatif::{
    Address, Application, Attributes, CompiledPolicies, Country, Ending, OwnedBy, PolicySet,
    SignIn, User, UserType,
};

/// Sets of policies, ready to judge.
#[derive(Debug)]
pub struct JudgedSets<'a> {
    /// As they were given; the last one is what is to be.
    pub sets: Vec<&'a PolicySet>,
    /// The same, compiled.
    pub compiled: Vec<CompiledPolicies>,
    /// The names behind ids.
    pub names: CalledNames,
}

impl<'a> JudgedSets<'a> {
    /// Compiles sets of policies.
    pub fn new(sets: Vec<&'a PolicySet>) -> JudgedSets<'a> {
        JudgedSets {
            compiled: sets.iter().map(|set| set.compiled()).collect(),
            names: CalledNames::new(sets.iter().map(|set| &set.world)),
            sets,
        }
    }

    /// The named locations of what is to be.
    pub(super) fn locations(&self) -> impl Iterator<Item = &'a NamedLocation> + use<'a> {
        let last = self.sets.last().copied();
        last.into_iter().flat_map(|set| &set.world.locations)
    }

    /// An address and a country that are in no named location of what is to be.
    pub(super) fn elsewhere(&self) -> (Address, Country) {
        match self.compiled.last() {
            Some(last) => last.index.elsewhere(),
            None => (Address([203, 0, 113, 1].into()), Country::Unknown),
        }
    }

    /// How a sign-in of a member in no group ends that is ordinary in all that is not given.
    pub(super) fn ordinary(&self, mut sign_in: SignIn) -> Option<Ending> {
        let last = self.compiled.last()?;
        sign_in.user = Some(User {
            member_of: Some(Vec::new()),
            roles: Some(Vec::new()),
            user_type: Some(UserType::Member),
            ..User::default()
        });
        sign_in.application = Some(plain_application());
        let outcome = last.outcome(&last.complete(sign_in)).ok()?;
        Some(outcome.enforced.outcome)
    }
}

/// An application of the tenant's own that no policy names, without attributes.
pub(super) fn plain_application() -> Application {
    Application {
        owned_by: Some(OwnedBy::Tenant),
        attributes: Some(Attributes::default()),
        ..Application::default()
    }
}
