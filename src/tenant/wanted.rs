//! What plan must know of a tenant: worked out from the manifests before any request.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::manifest::config::{Config, ScopeRule, ScopeWord};
use crate::manifest::project::{Desired, Manifest};
use crate::model::refs::RefKind;
use crate::model::tables::{APPS, ROLES, special};
use crate::model::{Kind, Object};
use crate::text::is_guid;

/// Names and ids to ask for, and collections to list.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Wanted {
    /// Group names.
    pub groups: BTreeSet<String>,
    /// Principal names; those without `@` get the default domain once it is known.
    pub users: BTreeSet<String>,
    /// App ids of applications.
    pub app_ids: BTreeSet<String>,
    /// Names of applications.
    pub app_names: BTreeSet<String>,
    /// Names of service principals.
    pub service_principals: BTreeSet<String>,
    /// Ids of users, groups and service principals.
    pub object_ids: BTreeSet<String>,
    /// Names or ids of roles that no table has.
    pub roles: BTreeSet<String>,
    /// Whether to list the authentication strengths.
    pub strengths: bool,
    /// Whether to list the authentication contexts.
    pub contexts: bool,
    /// Whether nothing needs the contexts, so that they may be unreadable.
    #[serde(skip)]
    #[schemars(skip)]
    pub contexts_if_allowed: bool,
    /// Whether to list the terms-of-use agreements.
    pub agreements: bool,
    /// List the groups whose names begin so: they are in scope.
    pub group_prefix: Option<String>,
    /// List the users with gatewright's mark: they are in scope.
    pub marked_users: bool,
}

/// The objects that manifests describe, as far as reading needs to know them.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Own(pub Vec<OwnObject>);

/// One object that a manifest describes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OwnObject {
    /// The kind.
    pub kind: Kind,
    /// The id, when the manifest pins it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<String>,
    /// The name, as the manifest has it.
    pub name: String,
    /// Former names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former_names: Vec<String>,
    /// Whether its members, or the groups that it is in, are listed and so are read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub links: bool,
}

impl From<&Desired> for Own {
    fn from(desired: &Desired) -> Own {
        let own = |manifest: &Manifest| OwnObject {
            kind: manifest.kind(),
            pin: manifest.pin().map(str::to_owned),
            name: manifest.name().to_owned(),
            former_names: manifest.renamed_from.clone(),
            links: match &manifest.object {
                Object::Group(group) => group.members.is_some(),
                Object::TestUser(user) => user.member_of.is_some(),
                _ => false,
            },
        };
        Own(desired.manifests.iter().map(own).collect())
    }
}

impl Wanted {
    /// What these manifests need.
    pub fn of(desired: &Desired, config: &Config) -> Wanted {
        let mut wanted = Wanted::default();
        for manifest in &desired.manifests {
            wanted.manifest(&manifest.object, &manifest.renamed_from);
            for (kind, _, target) in manifest.object.references() {
                wanted.reference(kind, &target);
            }
        }
        let scope = config.scope.clone().unwrap_or_default();
        match scope.rule(Kind::Group) {
            ScopeRule::Word(ScopeWord::All) => wanted.group_prefix = Some(String::new()),
            ScopeRule::Word(ScopeWord::Declared) => {}
            ScopeRule::Prefix(prefix) => wanted.group_prefix = Some(prefix.name_prefix.clone()),
        }
        wanted.marked_users |= !scope.rule(Kind::TestUser).is_declared();
        wanted.strengths |= !scope.rule(Kind::AuthenticationStrength).is_declared();
        wanted.contexts |= !scope.rule(Kind::AuthenticationContext).is_declared();
        wanted
    }

    fn manifest(&mut self, object: &Object, renamed_from: &[String]) {
        let names = std::iter::once(object.name().to_owned()).chain(renamed_from.iter().cloned());
        match object.kind() {
            Kind::Group => self.groups.extend(names),
            Kind::TestUser => self.users.extend(names),
            Kind::AuthenticationStrength => self.strengths = true,
            Kind::AuthenticationContext => self.contexts = true,
            Kind::NamedLocation | Kind::ConditionalAccessPolicy => {}
        }
        if let (Kind::Group | Kind::TestUser, Some(id)) = (object.kind(), object.id()) {
            self.object_ids.insert(id.to_lowercase());
        }
    }

    /// Asks for what a reference names.
    pub fn reference(&mut self, kind: RefKind, target: &str) {
        let target = target.trim();
        if special::canonical(kind.special_values(), target).is_some() {
            return;
        }
        let guid = is_guid(target);
        match kind {
            RefKind::User | RefKind::Group | RefKind::Member | RefKind::ServicePrincipal
                if guid =>
            {
                self.object_ids.insert(target.to_lowercase());
            }
            RefKind::User | RefKind::Group | RefKind::Member => {
                // What could be both is asked for as both: a user where a group is meant is told
                // apart from a name that stands for nothing. A group's name is no user's.
                let principal = target.contains('@');
                if principal || kind != RefKind::Group {
                    self.users.insert(target.to_owned());
                }
                if !principal || kind == RefKind::Group {
                    self.groups.insert(target.to_owned());
                }
            }
            RefKind::Role => {
                if ROLES.by_id(target).is_none() && ROLES.by_name(target).is_none() {
                    self.roles.insert(target.to_owned());
                }
            }
            RefKind::Application => {
                if guid {
                    self.app_ids.insert(target.to_lowercase());
                } else {
                    if let Some(app) = APPS.by_name(target) {
                        self.app_ids.insert(app.id.to_owned());
                    }
                    // Also by name: the tenant may have an application of its own so called.
                    self.app_names.insert(target.to_owned());
                }
            }
            RefKind::ServicePrincipal => {
                self.service_principals.insert(target.to_owned());
            }
            RefKind::Strength => self.strengths = true,
            RefKind::Context => self.contexts = true,
            RefKind::Agreement => self.agreements = true,
            RefKind::Location => {} // always listed
        }
    }
}
