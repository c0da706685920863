//! Names for the ids that live objects hold: what an import and an adoption write in the
//! place of an id.

use std::collections::BTreeSet;

use super::read::{ReadPart, items, text};
use super::snapshot::Snapshot;
use super::wanted::Wanted;
use crate::graph::GraphError;
use crate::graph::read::{Reader, groups_by_name, service_principals_by};
use crate::graph::request::item;
use crate::model::facts::Edition;
use crate::model::refs::RefKind;
use crate::model::{Kind, Object};

/// What could not be asked for, with the reason, in a few words.
pub type Unasked = Vec<(RefKind, String)>;

/// Adds the names of every id that `objects` hold to the snapshot's index, and every other
/// object that has one of these names, so that a name that is not unique is seen as such.
///
/// Terms of use need a permission of their own: without it their ids stay ids, and the
/// answer says so.
///
/// # Errors
/// See [`GraphError`].
pub async fn read_names(
    reader: &Reader<'_>,
    snapshot: &mut Snapshot,
    objects: &[Object],
) -> Result<Unasked, GraphError> {
    let mut wanted = Wanted::default();
    for (kind, _, target) in objects.iter().flat_map(Object::references) {
        wanted.reference(kind, &target);
    }
    let mut parts: Vec<(ReadPart, String)> = Vec::new();
    if wanted.agreements {
        let path = "/identityGovernance/termsOfUse/agreements".to_owned();
        parts.push((ReadPart::Agreements, path));
    }
    let app_ids: Vec<String> = wanted.app_ids.iter().cloned().collect();
    for path in service_principals_by("appId", &app_ids) {
        parts.push((ReadPart::Applications, path));
    }
    for role in &wanted.roles {
        let path = item("/roleManagement/directory/roleDefinitions", role);
        parts.push((ReadPart::RoleById, path));
    }
    let paths: Vec<String> = parts.iter().map(|(_, path)| path.clone()).collect();
    let ids: Vec<String> = wanted.object_ids.iter().cloned().collect();
    let (answers, found) = tokio::try_join!(reader.many(Edition::V1, &paths), async {
        match ids.as_slice() {
            [] => Ok(Vec::new()),
            ids => {
                reader
                    .by_ids(ids, &["user", "group", "servicePrincipal"])
                    .await
            }
        }
    })?;
    let mut unasked = Unasked::new();
    for ((part, _), answer) in parts.iter().zip(answers) {
        match (part, answer) {
            (ReadPart::RoleById, Err(error)) if error.is_not_found() => {}
            (ReadPart::Agreements, Err(GraphError::Api(error))) if error.status == 403 => {
                snapshot.index.set_unread(RefKind::Agreement);
                unasked.push((RefKind::Agreement, error.to_string()));
            }
            (part, answer) => snapshot.take(part, answer?),
        }
    }
    snapshot.take_directory_objects(found, &[]);
    bearers(reader, snapshot, objects).await?;
    snapshot.index_live();
    Ok(unasked)
}

/// Reads the groups, applications and service principals that share a name with one that
/// `objects` refer to. Principal names are unique by themselves.
async fn bearers(
    reader: &Reader<'_>,
    snapshot: &mut Snapshot,
    objects: &[Object],
) -> Result<(), GraphError> {
    let (mut groups, mut apps, mut services) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for (kind, _, id) in objects.iter().flat_map(Object::references) {
        let name = |kind| snapshot.index.by_id(kind, &id).map(|k| k.name.clone());
        match kind {
            RefKind::Group | RefKind::Member => groups.extend(name(RefKind::Group)),
            RefKind::Application => apps.extend(name(kind)),
            RefKind::ServicePrincipal => services.extend(name(kind)),
            _ => {}
        }
    }
    let list = |set: BTreeSet<String>| set.into_iter().collect::<Vec<_>>();
    let mut parts: Vec<(ReadPart, String)> = Vec::new();
    for path in groups_by_name(&list(groups)) {
        parts.push((ReadPart::Groups, path));
    }
    for path in service_principals_by("displayName", &list(apps)) {
        parts.push((ReadPart::Applications, path));
    }
    for path in service_principals_by("displayName", &list(services)) {
        parts.push((ReadPart::ServicePrincipals, path));
    }
    let paths: Vec<String> = parts.iter().map(|(_, path)| path.clone()).collect();
    for ((part, _), answer) in parts.iter().zip(reader.many(Edition::V1, &paths).await?) {
        let answer = answer?;
        if let ReadPart::Groups = part {
            // Known by name alone at first: whether they become manifests is for others.
            for group in items(answer) {
                let (id, name) = (text(&group, "id"), text(&group, "displayName"));
                snapshot.index.add(RefKind::Group, id, name);
                snapshot.add(Kind::Group, vec![group]);
            }
        } else {
            snapshot.take(part, answer);
        }
    }
    Ok(())
}
