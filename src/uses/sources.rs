//! What the graph is made of: the manifests of a project, or a tenant as it was read; and what the
//! project says about it in claims, guards and its project file.

use super::UsedKind;
use super::names::NamedId;
use crate::claims::AskedClaim;
use crate::finding::Place;
use crate::manifest::config::ConfigFile;
use crate::manifest::guards::GuardsFile;
use crate::manifest::project::Desired;
use crate::manifest::yaml::Document;
use crate::model::refs::RefKind;
use crate::model::{Kind, Object};
use crate::tenant::memberships::HolderOf;
use crate::tenant::snapshot::Snapshot;

/// An object that exists, or is to.
#[derive(Debug, Clone)]
pub struct SourceObject<'a> {
    /// The object, with names or with ids where it refers to others.
    pub object: &'a Object,
    /// Its id, where the object itself does not have it.
    pub id: Option<&'a str>,
    /// Where its manifest is.
    pub place: Option<Place>,
    /// The manifest, for the places of references.
    pub document: Option<&'a Document>,
}

/// What the graph is made of.
#[derive(Debug, Clone, Default)]
pub struct UseSources<'a> {
    /// The objects.
    pub objects: Vec<SourceObject<'a>>,
    /// Memberships that were read besides those of the objects.
    pub memberships: Vec<HolderOf>,
    /// Names and ids that were looked up.
    pub known: Vec<NamedId>,
    /// The domain that is added to principal names without one, where that is known.
    pub domain: Option<String>,
    /// The project, for its scenarios and invariants.
    pub desired: Option<&'a Desired>,
    /// The claims of packs.
    pub packs: &'a [AskedClaim],
    /// The guards.
    pub guards: Option<&'a GuardsFile>,
    /// The project file, and the name of the tenant in it.
    pub project: Option<(&'a ConfigFile, &'a str)>,
    /// A name or id that is asked about, and its kind where that is given: what is well known or
    /// was looked up is one of the objects although nothing refers to it.
    pub asked: Option<(&'a str, Option<UsedKind>)>,
}

impl<'a> UseSources<'a> {
    /// The objects of manifests, and the claims beside them.
    pub fn of_manifests(desired: &'a Desired) -> UseSources<'a> {
        let objects = desired.manifests.iter().map(|manifest| SourceObject {
            object: &manifest.object,
            id: manifest.pin(),
            place: Some(manifest.place()),
            document: Some(&manifest.document),
        });
        UseSources {
            objects: objects.collect(),
            desired: Some(desired),
            ..UseSources::default()
        }
    }

    /// The objects of a tenant as it was read.
    pub fn of_snapshot(snapshot: &'a Snapshot) -> UseSources<'a> {
        let live = Kind::ALL.iter().flat_map(|kind| snapshot.of(*kind));
        let objects = live.map(|live| SourceObject {
            object: &live.object,
            id: Some(&live.id),
            place: None,
            document: None,
        });
        let mut known = Vec::new();
        for (reference, kind) in [
            (RefKind::Group, UsedKind::Group),
            (RefKind::User, UsedKind::User),
            (RefKind::Application, UsedKind::Application),
            (RefKind::ServicePrincipal, UsedKind::ServicePrincipal),
            (RefKind::Location, UsedKind::Location),
            (RefKind::Strength, UsedKind::Strength),
            (RefKind::Role, UsedKind::Role),
            (RefKind::Agreement, UsedKind::Agreement),
        ] {
            let all = snapshot.index.all(reference);
            known.extend(all.map(|one| NamedId {
                kind,
                id: one.id.clone(),
                name: one.name.clone(),
            }));
        }
        UseSources {
            objects: objects.collect(),
            known,
            domain: Some(snapshot.organization.default_domain.clone()),
            ..UseSources::default()
        }
    }
}
