//! A set of policies with what they refer to: one state of a tenant.

use super::compiled::CompiledPolicies;
use super::environment::Environment;
use super::world::World;
use crate::model::Object;
use crate::model::policy::ConditionalAccessPolicy;

/// Policies, and the world that they are for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PolicySet {
    /// The policies.
    pub policies: Vec<ConditionalAccessPolicy>,
    /// What they refer to.
    pub world: World,
}

impl PolicySet {
    /// The policies among the objects of a project or a tenant, in the world that the others
    /// describe.
    pub fn of<'a>(
        objects: impl IntoIterator<Item = &'a Object> + Clone,
        environment: Environment,
    ) -> PolicySet {
        let policies = objects
            .clone()
            .into_iter()
            .filter_map(|object| match object {
                Object::ConditionalAccessPolicy(policy) => Some((**policy).clone()),
                _ => None,
            });
        PolicySet {
            policies: policies.collect(),
            world: World::new(objects, environment),
        }
    }

    /// The same, ready to judge sign-ins.
    pub fn compiled(&self) -> CompiledPolicies {
        CompiledPolicies::new(&self.policies, &self.world)
    }
}
