//! Lookups: what the names and ids of the manifests stood for, or that they stood for nothing.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::manifest::project::Desired;
use crate::manifest::references::is_context_id;
use crate::model::Kind;
use crate::model::kind::{folded_name, same_name};
use crate::model::refs::RefKind;
use crate::model::tables::{APPS, special};
use crate::tenant::read::with_domain;
use crate::tenant::snapshot::Snapshot;
use crate::text::is_guid;

/// What a name or an id stood for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Lookup {
    /// Among what it was looked for.
    pub among: Among,
    /// The name, or the id.
    pub name: String,
    /// The ids that were found; none: nothing.
    pub ids: Vec<String>,
}

/// Among what a name is looked for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names say so")]
pub enum Among {
    Users,
    Groups,
    Roles,
    Applications,
    ServicePrincipals,
    NamedLocations,
    AuthenticationStrengths,
    AuthenticationContexts,
    Agreements,
    Policies,
    /// Test users in the recycle bin.
    DeletedTestUsers,
}

impl Among {
    /// Words for one of them.
    fn words(self) -> &'static str {
        match self {
            Among::Users => "user",
            Among::Groups => "group",
            Among::Roles => "directory role",
            Among::Applications => "application",
            Among::ServicePrincipals => "service principal",
            Among::NamedLocations => "named location",
            Among::AuthenticationStrengths => "authentication strength",
            Among::AuthenticationContexts => "authentication context",
            Among::Agreements => "terms of use",
            Among::Policies => "conditional access policy",
            Among::DeletedTestUsers => "deleted test user",
        }
    }

    fn of_kind(kind: Kind) -> Among {
        match kind {
            Kind::Group => Among::Groups,
            Kind::TestUser => Among::Users,
            Kind::NamedLocation => Among::NamedLocations,
            Kind::AuthenticationStrength => Among::AuthenticationStrengths,
            Kind::AuthenticationContext => Among::AuthenticationContexts,
            Kind::ConditionalAccessPolicy => Among::Policies,
        }
    }

    fn ref_kind(self) -> Option<RefKind> {
        Some(match self {
            Among::Users => RefKind::User,
            Among::Groups => RefKind::Group,
            Among::Roles => RefKind::Role,
            Among::Applications => RefKind::Application,
            Among::ServicePrincipals => RefKind::ServicePrincipal,
            Among::NamedLocations => RefKind::Location,
            Among::AuthenticationStrengths => RefKind::Strength,
            Among::AuthenticationContexts => RefKind::Context,
            Among::Agreements => RefKind::Agreement,
            Among::Policies | Among::DeletedTestUsers => return None,
        })
    }

    /// The ids that `name` stands for.
    pub(super) fn find(self, name: &str, snapshot: &Snapshot) -> Vec<String> {
        let lower = |id: &String| id.to_lowercase();
        let of_kind = |kind: Kind| -> Vec<String> {
            let mut ids: Vec<String> = snapshot
                .of(kind)
                .iter()
                .filter(|live| same_name(kind, live.name(), name))
                .map(|live| lower(&live.id))
                .collect();
            ids.sort();
            ids
        };
        match self {
            Among::Policies => of_kind(Kind::ConditionalAccessPolicy),
            Among::DeletedTestUsers => {
                let found = snapshot.deleted_user(name);
                found.map(|live| lower(&live.id)).into_iter().collect()
            }
            Among::AuthenticationContexts if is_context_id(name) => {
                of_kind(Kind::AuthenticationContext)
            }
            _ => {
                let Some(kind) = self.ref_kind() else {
                    return Vec::new();
                };
                if is_guid(name) {
                    let found = snapshot.index.by_id(kind, name);
                    return found.map(|known| lower(&known.id)).into_iter().collect();
                }
                let found = snapshot.index.by_name(kind, name);
                let mut ids: Vec<String> = found.iter().map(|known| lower(&known.id)).collect();
                ids.sort();
                ids.dedup();
                ids
            }
        }
    }
}

/// What a lookup finds now, in words.
pub(super) fn renamed(old: &Lookup, new: &[String]) -> String {
    let what = format!("{} `{}`", old.among.words(), old.name);
    match (old.ids.as_slice(), new) {
        ([], new) => format!("a {what} exists now ({})", new.join(", ")),
        (old, []) => format!("the {what} was deleted or renamed ({})", old.join(", ")),
        (old, new) => format!(
            "the {what} was {} and is {} now",
            old.join(", "),
            new.join(", ")
        ),
    }
}

/// What names and ids stand for, of those that the manifests hold.
pub(super) fn lookups(desired: &Desired, snapshot: &Snapshot) -> Vec<Lookup> {
    let domain = &snapshot.organization.default_domain;
    let mut asked: BTreeSet<(Among, String)> = BTreeSet::new();
    for manifest in &desired.manifests {
        let kind = manifest.kind();
        let among = Among::of_kind(kind);
        let full = |name: &str| match kind {
            Kind::TestUser => folded_name(kind, &with_domain(name, domain)),
            _ => folded_name(kind, name),
        };
        if manifest.pin().is_none() {
            let name = full(manifest.name());
            let missing = among.find(&name, snapshot).is_empty();
            asked.insert((among, name.clone()));
            if missing {
                // Only then its former names are looked for, and the recycle bin.
                asked.extend(manifest.renamed_from.iter().map(|old| (among, full(old))));
                if kind == Kind::TestUser {
                    asked.insert((Among::DeletedTestUsers, name));
                }
            }
        }
        for (kind, _, target) in manifest.object.references() {
            let target = target.trim();
            if special::canonical(kind.special_values(), target).is_none() {
                reference(kind, target, domain, &mut asked);
            }
        }
    }
    asked
        .into_iter()
        .map(|(among, name)| Lookup {
            ids: among.find(&name, snapshot),
            among,
            name,
        })
        .collect()
}

fn reference(kind: RefKind, target: &str, domain: &str, asked: &mut BTreeSet<(Among, String)>) {
    let guid = is_guid(target);
    let id = || target.to_lowercase();
    let user = || match guid {
        true => id(),
        false => folded_name(Kind::TestUser, &with_domain(target, domain)),
    };
    let plain = || if guid { id() } else { target.to_owned() };
    let mut ask = |among: Among, name: String| {
        asked.insert((among, name));
    };
    match kind {
        RefKind::User => ask(Among::Users, user()),
        RefKind::Group => ask(Among::Groups, plain()),
        RefKind::Member if guid => {
            ask(Among::Users, id());
            ask(Among::Groups, id());
            ask(Among::ServicePrincipals, id());
        }
        RefKind::Member => {
            // A test user of the project may be meant without its domain.
            ask(Among::Users, user());
            if !target.contains('@') {
                ask(Among::Groups, target.to_owned());
            }
        }
        RefKind::Role => ask(Among::Roles, plain()),
        RefKind::Application => {
            ask(Among::Applications, plain());
            if let Some(app) = APPS.by_name(target) {
                ask(Among::Applications, app.id.to_lowercase());
            }
        }
        RefKind::ServicePrincipal => ask(Among::ServicePrincipals, plain()),
        RefKind::Location => ask(Among::NamedLocations, plain()),
        RefKind::Strength => ask(Among::AuthenticationStrengths, plain()),
        RefKind::Context if is_context_id(target) => ask(Among::AuthenticationContexts, id()),
        RefKind::Context => ask(Among::AuthenticationContexts, target.to_owned()),
        RefKind::Agreement => ask(Among::Agreements, plain()),
    }
}
