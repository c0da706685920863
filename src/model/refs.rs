//! Where an object refers to others: the properties in which a manifest has a name and
//! Graph an id.

use super::kind::Object;
use super::tables::special;
use super::tables::special::SpecialValue;

/// What a reference points to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RefKind {
    /// A user, by principal name.
    User,
    /// A group, by display name.
    Group,
    /// A member of a group: a user by principal name, or a group by display name.
    Member,
    /// A built-in directory role, by display name; the id is the template's.
    Role,
    /// An application, by the display name of its service principal; the id is the app id.
    Application,
    /// A service principal, by display name; the id is the object id.
    ServicePrincipal,
    /// A named location, by display name.
    Location,
    /// An authentication strength, by display name.
    Strength,
    /// An authentication context, by display name; the id is `c1` to `c99`.
    Context,
    /// A terms-of-use agreement, by display name.
    Agreement,
}

impl RefKind {
    /// Words for a sentence.
    pub fn words(self) -> &'static str {
        match self {
            RefKind::User => "user",
            RefKind::Group => "group",
            RefKind::Member => "user or group",
            RefKind::Role => "directory role",
            RefKind::Application => "application",
            RefKind::ServicePrincipal => "service principal",
            RefKind::Location => "named location",
            RefKind::Strength => "authentication strength",
            RefKind::Context => "authentication context",
            RefKind::Agreement => "terms of use",
        }
    }

    /// The values that stand for themselves where this reference stands.
    pub fn special_values(self) -> &'static [SpecialValue] {
        match self {
            RefKind::User => special::USER_VALUES,
            RefKind::Application => special::APPLICATION_VALUES,
            RefKind::Location => special::LOCATION_VALUES,
            RefKind::ServicePrincipal => special::SERVICE_PRINCIPAL_VALUES,
            _ => &[],
        }
    }
}

/// One reference of an object.
#[derive(Debug)]
pub struct Reference<'a> {
    /// What it points to.
    pub kind: RefKind,
    /// Where it stands, as a JSON pointer into the object.
    pub pointer: String,
    /// The name or id.
    pub target: &'a mut String,
}

impl Object {
    /// Every reference of the object, to read or to replace.
    pub fn references_mut(&mut self) -> Vec<Reference<'_>> {
        let mut found = Vec::new();
        match self {
            Object::ConditionalAccessPolicy(policy) => {
                let conditions = &mut policy.conditions;
                if let Some(users) = &mut conditions.users {
                    let at = "/conditions/users";
                    push(
                        &mut found,
                        RefKind::User,
                        at,
                        "includeUsers",
                        &mut users.include_users,
                    );
                    push(
                        &mut found,
                        RefKind::User,
                        at,
                        "excludeUsers",
                        &mut users.exclude_users,
                    );
                    push(
                        &mut found,
                        RefKind::Group,
                        at,
                        "includeGroups",
                        &mut users.include_groups,
                    );
                    push(
                        &mut found,
                        RefKind::Group,
                        at,
                        "excludeGroups",
                        &mut users.exclude_groups,
                    );
                    push(
                        &mut found,
                        RefKind::Role,
                        at,
                        "includeRoles",
                        &mut users.include_roles,
                    );
                    push(
                        &mut found,
                        RefKind::Role,
                        at,
                        "excludeRoles",
                        &mut users.exclude_roles,
                    );
                }
                if let Some(apps) = &mut conditions.applications {
                    let at = "/conditions/applications";
                    push(
                        &mut found,
                        RefKind::Application,
                        at,
                        "includeApplications",
                        &mut apps.include_applications,
                    );
                    push(
                        &mut found,
                        RefKind::Application,
                        at,
                        "excludeApplications",
                        &mut apps.exclude_applications,
                    );
                    push(
                        &mut found,
                        RefKind::Context,
                        at,
                        "includeAuthenticationContextClassReferences",
                        &mut apps.include_authentication_context_class_references,
                    );
                }
                if let Some(clients) = &mut conditions.client_applications {
                    let at = "/conditions/clientApplications";
                    push(
                        &mut found,
                        RefKind::ServicePrincipal,
                        at,
                        "includeServicePrincipals",
                        &mut clients.include_service_principals,
                    );
                    push(
                        &mut found,
                        RefKind::ServicePrincipal,
                        at,
                        "excludeServicePrincipals",
                        &mut clients.exclude_service_principals,
                    );
                }
                if let Some(locations) = &mut conditions.locations {
                    let at = "/conditions/locations";
                    push(
                        &mut found,
                        RefKind::Location,
                        at,
                        "includeLocations",
                        &mut locations.include_locations,
                    );
                    push(
                        &mut found,
                        RefKind::Location,
                        at,
                        "excludeLocations",
                        &mut locations.exclude_locations,
                    );
                }
                if let Some(grant) = &mut policy.grant_controls {
                    push(
                        &mut found,
                        RefKind::Agreement,
                        "/grantControls",
                        "termsOfUse",
                        &mut grant.terms_of_use,
                    );
                    if let Some(strength) = &mut grant.authentication_strength {
                        found.push(Reference {
                            kind: RefKind::Strength,
                            pointer: "/grantControls/authenticationStrength".to_owned(),
                            target: &mut strength.target,
                        });
                    }
                }
            }
            Object::Group(group) => {
                if let Some(members) = &mut group.members {
                    push(&mut found, RefKind::Member, "", "members", members);
                }
            }
            Object::TestUser(user) => {
                if let Some(groups) = &mut user.member_of {
                    push(&mut found, RefKind::Group, "", "memberOf", groups);
                }
            }
            Object::NamedLocation(_)
            | Object::AuthenticationStrength(_)
            | Object::AuthenticationContext(_) => {}
        }
        found
    }

    /// Every reference of the object: what it points to, where it stands, its text.
    pub fn references(&self) -> Vec<(RefKind, String, String)> {
        let mut copy = self.clone();
        copy.references_mut()
            .into_iter()
            .map(|r| (r.kind, r.pointer, r.target.clone()))
            .collect()
    }
}

fn push<'a>(
    found: &mut Vec<Reference<'a>>,
    kind: RefKind,
    parent: &str,
    property: &str,
    items: &'a mut [String],
) {
    for (index, target) in items.iter_mut().enumerate() {
        found.push(Reference {
            kind,
            pointer: format!("{parent}/{property}/{index}"),
            target,
        });
    }
}
