//! Reads after the snapshot: for verification, for the names that a plan shows, and for what
//! may have been meant by a name that stands for nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::read::{
    CONTEXTS, ReadPart, STRENGTHS, items, list_edition, missing_configurations, read_links, text,
    with_domain,
};
use super::snapshot::{Live, Snapshot};
use super::wanted::Wanted;
use crate::graph::GraphError;
use crate::graph::read::{
    GROUP_SELECT, Reader, USER_SELECT, groups_by_name, service_principals_by, users_by_name,
};
use crate::graph::request::{encode, item, literal};
use crate::model::Kind;
use crate::model::cloud::ApiVersion;
use crate::model::facts::Edition;
use crate::model::refs::RefKind;
use crate::model::tables::special;

/// One object that is read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The kind.
    pub kind: Kind,
    /// The id; empty: nothing is asked but what has the name.
    pub id: String,
    /// Whether its members, or the groups that it is in, are read.
    pub links: bool,
}

impl Asked {
    /// An object without its members.
    pub fn new(kind: Kind, id: &str) -> Asked {
        Asked {
            kind,
            id: id.to_owned(),
            links: false,
        }
    }
}

/// Reads single objects again, for verification: one list for each of the collections of
/// Conditional Access, the rest in bulk. What does not exist is left out. Groups, strengths
/// and users that have one of the names in `named` are found, too. The ids of what is found are in
/// lower case: answers differ in that.
///
/// # Errors
/// See [`GraphError`].
pub async fn objects(
    reader: &Reader<'_>,
    version: ApiVersion,
    wanted: &[Asked],
    named: &[(Kind, String)],
) -> Result<BTreeMap<(Kind, String), Live>, GraphError> {
    let edition = list_edition(version);
    let any = |kind: Kind| wanted.iter().any(|asked| asked.kind == kind);
    let mut snapshot = Snapshot::default();
    if any(Kind::ConditionalAccessPolicy) {
        let found = reader.policies(edition).await?;
        snapshot.add(Kind::ConditionalAccessPolicy, found);
    }
    if any(Kind::NamedLocation) {
        let found = reader.locations(edition).await?;
        snapshot.add(Kind::NamedLocation, found);
    }
    let mut single: Vec<(Kind, String)> = wanted
        .iter()
        .filter_map(|Asked { kind, id, .. }| {
            let path = match kind {
                _ if id.is_empty() => return None,
                Kind::Group => format!("{}?$select={GROUP_SELECT}", item("/groups", id)),
                Kind::TestUser => format!("{}?$select={USER_SELECT}", item("/users", id)),
                Kind::AuthenticationStrength => item(STRENGTHS, id),
                Kind::AuthenticationContext
                | Kind::NamedLocation
                | Kind::ConditionalAccessPolicy => return None,
            };
            Some((*kind, path))
        })
        .collect();
    let names = |wanted: Kind| named.iter().filter(move |(kind, _)| *kind == wanted);
    let groups: Vec<String> = names(Kind::Group).map(|(_, name)| name.clone()).collect();
    let users: Vec<String> = names(Kind::TestUser)
        .map(|(_, name)| name.clone())
        .collect();
    let lists = groups_by_name(&groups).into_iter();
    single.extend(lists.map(|path| (Kind::Group, path)));
    let lists = users_by_name(&users).into_iter();
    single.extend(lists.map(|path| (Kind::TestUser, path)));
    if names(Kind::AuthenticationStrength).next().is_some() {
        single.push((Kind::AuthenticationStrength, STRENGTHS.to_owned()));
    }
    // As a list: who may write contexts may list them, and may not read one alone.
    if any(Kind::AuthenticationContext) {
        single.push((Kind::AuthenticationContext, CONTEXTS.to_owned()));
    }
    let paths: Vec<String> = single.iter().map(|(_, path)| path.clone()).collect();
    let answers = reader.many(Edition::V1, &paths).await?;
    for ((kind, _), answer) in single.iter().zip(answers) {
        match answer {
            Ok(value) if value.get("value").is_some() => snapshot.add(*kind, items(value)),
            Ok(value) => snapshot.add(*kind, vec![value]),
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error),
        }
    }
    let missing: Vec<String> = missing_configurations(&snapshot)
        .into_iter()
        .map(|id| format!("{}/combinationConfigurations", item(STRENGTHS, &id)))
        .collect();
    let answers = reader.many(Edition::V1, &missing).await?;
    for (path, answer) in missing.iter().zip(answers) {
        snapshot.take_configurations(path, &answer?);
    }
    let links: Vec<(Kind, String)> = wanted
        .iter()
        .filter(|asked| asked.links && snapshot.by_id(asked.kind, &asked.id).is_some())
        .map(|asked| (asked.kind, asked.id.clone()))
        .collect();
    for (kind, id, ids) in read_links(reader, edition, &links, &mut Default::default()).await? {
        snapshot.live.change(kind, &id, |live| live.set_links(ids));
    }
    let found = snapshot.live.into_iter();
    Ok(found
        .map(|live| ((live.kind, live.id.to_ascii_lowercase()), live))
        .collect())
}

/// Adds names to the index that are spelt like those which were not found, so that a finding
/// can say what may have been meant. Only asked when a plan has failed.
///
/// # Errors
/// See [`GraphError`].
pub async fn candidates(
    reader: &Reader<'_>,
    snapshot: &mut Snapshot,
    wanted: &Wanted,
) -> Result<(), GraphError> {
    const MOST: usize = 20;
    let mut asked: Vec<(ReadPart, String)> = Vec::new();
    let unknown = |kind: RefKind, names: &BTreeSet<String>| -> Vec<String> {
        let unknown = |name: &&String| snapshot.index.by_name(kind, name).is_empty();
        names.iter().filter(unknown).cloned().collect()
    };
    let missing = |kind: RefKind, names: &BTreeSet<String>| -> BTreeSet<String> {
        unknown(kind, names)
            .iter()
            .map(|name| name.chars().take(3).collect())
            .filter(|head: &String| !head.trim().is_empty())
            .collect()
    };
    // A name that is no group's may be a user's, in the wrong list.
    let domain = &snapshot.organization.default_domain;
    let groups = unknown(RefKind::Group, &wanted.groups);
    let users: Vec<String> = (groups.iter())
        .map(|name| with_domain(name, domain))
        .filter(|name| name.contains('@'))
        .collect();
    for path in users_by_name(&users) {
        asked.push((ReadPart::Users, path));
    }
    let starts =
        |property: &str, head: &str| encode(&format!("startswith({property},{})", literal(head)));
    for head in missing(RefKind::Group, &wanted.groups) {
        let filter = starts("displayName", &head);
        let path = format!("/groups?$filter={filter}&$select=id,displayName&$top=50");
        asked.push((ReadPart::Groups, path));
    }
    for head in missing(RefKind::User, &wanted.users) {
        let filter = starts("userPrincipalName", &head);
        let path = format!("/users?$filter={filter}&$select=id,userPrincipalName&$top=50");
        asked.push((ReadPart::Users, path));
    }
    for head in missing(RefKind::Application, &wanted.app_names) {
        let filter = starts("displayName", &head);
        let path =
            format!("/servicePrincipals?$filter={filter}&$select=id,appId,displayName&$top=50");
        asked.push((ReadPart::Applications, path));
    }
    asked.truncate(MOST);
    let paths: Vec<String> = asked.iter().map(|(_, path)| path.clone()).collect();
    for ((part, _), answer) in asked.iter().zip(reader.many(Edition::V1, &paths).await?) {
        for item in items(answer?) {
            let (kind, id, name) = match part {
                ReadPart::Groups => (RefKind::Group, "id", "displayName"),
                ReadPart::Users => (RefKind::User, "id", "userPrincipalName"),
                _ => (RefKind::Application, "appId", "displayName"),
            };
            snapshot.index.add(kind, text(&item, id), text(&item, name));
        }
    }
    Ok(())
}

/// The names of ids that a plan shows and the snapshot does not know, as far as the
/// directory has them.
///
/// # Errors
/// See [`GraphError`].
pub async fn names(
    reader: &Reader<'_>,
    ids: &BTreeSet<String>,
    app_ids: &BTreeSet<String>,
) -> Result<BTreeMap<String, String>, GraphError> {
    let mut found = BTreeMap::new();
    let ids: Vec<String> = ids
        .iter()
        .filter(|id| id.as_str() != special::MFA_TRUSTED_IPS)
        .cloned()
        .collect();
    if !ids.is_empty() {
        for object in reader.by_ids(&ids, &[]).await? {
            let name = match text(&object, "userPrincipalName") {
                "" => text(&object, "displayName"),
                name => name,
            };
            if !name.is_empty() {
                found.insert(text(&object, "id").to_lowercase(), name.to_owned());
            }
        }
    }
    let app_ids: Vec<String> = app_ids.iter().cloned().collect();
    let paths = service_principals_by("appId", &app_ids);
    for answer in reader.many(Edition::V1, &paths).await? {
        for item in items(answer?) {
            let name = text(&item, "displayName");
            if !name.is_empty() {
                found.insert(text(&item, "appId").to_lowercase(), name.to_owned());
            }
        }
    }
    Ok(found)
}
