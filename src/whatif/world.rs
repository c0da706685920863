//! What policies refer to, and whom and what sign-ins name: the rest of a tenant.

use super::environment::Environment;
use super::vocabulary::{OwnedBy, UserType};
use crate::model::Object;
use crate::model::context::AuthenticationContext;
use crate::model::location::NamedLocation;
use crate::model::refs::RefKind;
use crate::model::strength::AuthenticationStrength;

/// What policies refer to. Names and ids stand for the same object where the world knows both;
/// where it knows neither, a name is an object of the tenant's own of which nothing is known.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct World {
    /// MissingFacts that no policy holds.
    pub environment: Environment,
    /// The domain that is added to a principal name without one.
    pub default_domain: Option<String>,
    /// The named locations.
    pub locations: Vec<NamedLocation>,
    /// The authentication strengths; Microsoft's own are known anyway.
    pub strengths: Vec<AuthenticationStrength>,
    /// The authentication contexts.
    pub contexts: Vec<AuthenticationContext>,
    /// The groups.
    pub groups: Vec<KnownGroup>,
    /// The users.
    pub users: Vec<KnownUser>,
    /// The applications and their service principals.
    pub applications: Vec<KnownApplication>,
    /// Other objects of which name and id are known: terms of use, roles of later days.
    pub names: Vec<KnownName>,
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KnownGroup {
    /// The object id.
    pub id: Option<String>,
    /// The display name.
    pub display_name: String,
    /// The members, users and groups, by id, principal name or display name, when the list is
    /// known to be complete.
    pub members: Option<Vec<String>>,
    /// What works the members of a dynamic group out: its rule, and whether it is worked out now.
    pub rule: Option<String>,
    /// True when nobody else joins: users that no list names are not in it. So it is for a
    /// group that the project manages without a list of members: test users say it themselves.
    pub declared: bool,
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KnownUser {
    /// The object id.
    pub id: Option<String>,
    /// The sign-in name.
    pub user_principal_name: String,
    /// The display name.
    pub display_name: Option<String>,
    /// Groups that the user is in, by id or name.
    pub member_of: Option<Vec<String>>,
    /// True when `member_of` names every group, those in which the user is through others too;
    /// else it is about declared groups alone.
    pub member_of_is_complete: bool,
    /// The active directory roles, by template id or name, when all are known.
    pub roles: Option<Vec<String>>,
    /// Member or guest.
    pub user_type: Option<UserType>,
    /// The home tenant of an external user.
    pub external_tenant_id: Option<String>,
}

/// An application, and its service principal in the tenant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KnownApplication {
    /// The app id (client id).
    pub app_id: Option<String>,
    /// The object id of the service principal.
    pub id: Option<String>,
    /// The display name.
    pub display_name: String,
    /// The owner.
    pub owned_by: Option<OwnedBy>,
}

/// An object of which name and id are known.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KnownName {
    /// What kind of object.
    pub kind: RefKind,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

impl World {
    /// The world that the objects of a project, or of a tenant, describe. Policies are no part
    /// of it.
    pub fn new<'a>(
        objects: impl IntoIterator<Item = &'a Object>,
        environment: Environment,
    ) -> World {
        let mut world = World {
            environment,
            ..World::default()
        };
        for object in objects {
            world.add(object);
        }
        world
    }

    fn add(&mut self, object: &Object) {
        match object {
            Object::NamedLocation(location) => self.locations.push(location.clone()),
            Object::AuthenticationStrength(strength) => self.strengths.push(strength.clone()),
            Object::AuthenticationContext(context) => self.contexts.push(context.clone()),
            Object::Group(group) => self.groups.push(KnownGroup {
                id: group.id.clone(),
                display_name: group.display_name.clone(),
                members: match group.is_dynamic() {
                    true => None,
                    false => group.members.as_ref().map(|list| list.0.clone()),
                },
                rule: group.is_dynamic().then(|| {
                    let (rule, state) = (
                        &group.membership_rule,
                        &group.membership_rule_processing_state,
                    );
                    format!("{rule:?} {state:?}")
                }),
                declared: !group.is_dynamic(),
            }),
            Object::TestUser(user) => self.users.push(KnownUser {
                id: user.id.clone(),
                user_principal_name: user.user_principal_name.clone(),
                display_name: Some(user.display_name.clone()),
                member_of: user.member_of.as_ref().map(|list| list.0.clone()),
                member_of_is_complete: false,
                roles: None,
                // gatewright makes test users as members.
                user_type: Some(UserType::Member),
                external_tenant_id: None,
            }),
            Object::ConditionalAccessPolicy(_) => {}
        }
    }
}
