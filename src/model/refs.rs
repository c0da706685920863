//! Where an object refers to others: the properties in which a manifest has a name and
//! Graph an id.

use std::collections::HashSet;

use super::kind::{Kind, Object};
use super::tables::special::SpecialValue;
use super::tables::{APPS, ROLES, combinations, special};

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

    /// The kinds of manifest that describe what it may point to.
    pub fn own_kinds(self) -> &'static [Kind] {
        match self {
            RefKind::User => &[Kind::TestUser],
            RefKind::Group => &[Kind::Group],
            RefKind::Member => &[Kind::TestUser, Kind::Group],
            RefKind::Location => &[Kind::NamedLocation],
            RefKind::Strength => &[Kind::AuthenticationStrength],
            RefKind::Context => &[Kind::AuthenticationContext],
            RefKind::Role
            | RefKind::Application
            | RefKind::ServicePrincipal
            | RefKind::Agreement => &[],
        }
    }

    /// The values that stand for themselves where this reference stands.
    pub fn special_values(self) -> &'static [SpecialValue] {
        match self {
            RefKind::User => special::users(),
            RefKind::Application => special::applications(),
            RefKind::Location => special::locations(),
            RefKind::ServicePrincipal => special::service_principals(),
            _ => &[],
        }
    }

    /// The id and the name of what the text stands for in every tenant, be it the one or the other:
    /// a special value, a built-in role or strength, an application of Microsoft.
    pub fn well_known(self, text: &str) -> Option<(&'static str, &'static str)> {
        if let Some(value) = special::canonical(self.special_values(), text) {
            return Some((value, value));
        }
        let table = match self {
            RefKind::Role => &*ROLES,
            RefKind::Application => &*APPS,
            RefKind::Strength => {
                let known = combinations::built_in_by_id(text)
                    .or_else(|| combinations::built_in_by_name(text))?;
                return Some((known.id, known.display_name));
            }
            _ => return None,
        };
        let known = table.by_id(text).or_else(|| table.by_name(text))?;
        Some((known.id, known.name))
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

/// One list of references of an object.
struct ReferenceList<'a> {
    kind: RefKind,
    pointer: &'static str,
    items: &'a mut Vec<String>,
}

impl Object {
    /// Every list of references, and the strength, which is the only one that is no list.
    fn reference_parts_mut(&mut self) -> (Vec<ReferenceList<'_>>, Option<&mut String>) {
        let mut found = Vec::new();
        let mut strength = None;
        let mut add = |kind, pointer, items| {
            found.push(ReferenceList {
                kind,
                pointer,
                items,
            });
        };
        match self {
            Object::ConditionalAccessPolicy(policy) => {
                let conditions = &mut policy.conditions;
                if let Some(users) = &mut conditions.users {
                    add(
                        RefKind::User,
                        "/conditions/users/includeUsers",
                        &mut users.include_users.0,
                    );
                    add(
                        RefKind::User,
                        "/conditions/users/excludeUsers",
                        &mut users.exclude_users.0,
                    );
                    add(
                        RefKind::Group,
                        "/conditions/users/includeGroups",
                        &mut users.include_groups.0,
                    );
                    add(
                        RefKind::Group,
                        "/conditions/users/excludeGroups",
                        &mut users.exclude_groups.0,
                    );
                    add(
                        RefKind::Role,
                        "/conditions/users/includeRoles",
                        &mut users.include_roles.0,
                    );
                    add(
                        RefKind::Role,
                        "/conditions/users/excludeRoles",
                        &mut users.exclude_roles.0,
                    );
                }
                if let Some(apps) = &mut conditions.applications {
                    add(
                        RefKind::Application,
                        "/conditions/applications/includeApplications",
                        &mut apps.include_applications.0,
                    );
                    add(
                        RefKind::Application,
                        "/conditions/applications/excludeApplications",
                        &mut apps.exclude_applications.0,
                    );
                    add(
                        RefKind::Context,
                        "/conditions/applications/includeAuthenticationContextClassReferences",
                        &mut apps.include_authentication_context_class_references.0,
                    );
                }
                if let Some(clients) = &mut conditions.client_applications {
                    add(
                        RefKind::ServicePrincipal,
                        "/conditions/clientApplications/includeServicePrincipals",
                        &mut clients.include_service_principals.0,
                    );
                    add(
                        RefKind::ServicePrincipal,
                        "/conditions/clientApplications/excludeServicePrincipals",
                        &mut clients.exclude_service_principals.0,
                    );
                }
                if let Some(locations) = &mut conditions.locations {
                    add(
                        RefKind::Location,
                        "/conditions/locations/includeLocations",
                        &mut locations.include_locations.0,
                    );
                    add(
                        RefKind::Location,
                        "/conditions/locations/excludeLocations",
                        &mut locations.exclude_locations.0,
                    );
                }
                if let Some(grant) = &mut policy.grant_controls {
                    add(
                        RefKind::Agreement,
                        "/grantControls/termsOfUse",
                        &mut grant.terms_of_use.0,
                    );
                    strength = grant
                        .authentication_strength
                        .as_mut()
                        .map(|s| &mut s.target);
                }
            }
            Object::Group(group) => {
                if let Some(members) = &mut group.members {
                    add(RefKind::Member, "/members", &mut members.0);
                }
            }
            Object::TestUser(user) => {
                if let Some(groups) = &mut user.member_of {
                    add(RefKind::Group, "/memberOf", &mut groups.0);
                }
            }
            Object::NamedLocation(_)
            | Object::AuthenticationStrength(_)
            | Object::AuthenticationContext(_) => {}
        }
        (found, strength)
    }

    /// Every reference of the object, to read or to replace.
    pub fn references_mut(&mut self) -> Vec<Reference<'_>> {
        let mut found = Vec::new();
        let (lists, strength) = self.reference_parts_mut();
        for list in lists {
            for (index, target) in list.items.iter_mut().enumerate() {
                found.push(Reference {
                    kind: list.kind,
                    pointer: format!("{}/{index}", list.pointer),
                    target,
                });
            }
        }
        found.extend(strength.map(|target| Reference {
            kind: RefKind::Strength,
            pointer: "/grantControls/authenticationStrength".to_owned(),
            target,
        }));
        found
    }

    /// Takes out references that stand twice in one list, whatever their case.
    pub fn dedupe_references(&mut self) {
        for list in self.reference_parts_mut().0 {
            let mut seen = HashSet::new();
            list.items.retain(|item| seen.insert(item.to_lowercase()));
        }
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
