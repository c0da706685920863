//! Which groups and roles an object is in, and in which groups these are in turn: step by step, so
//! that the way is known and not only its end.

use std::collections::BTreeSet;

use super::read::{items, odata_type, text};
use super::snapshot::Snapshot;
use crate::graph::GraphError;
use crate::graph::read::Reader;
use crate::graph::request::item;
use crate::model::facts::Edition;
use crate::model::refs::RefKind;

/// One membership, by ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HolderOf {
    /// What it is a membership of: a group, or a role by the id of its template.
    pub holder: RefKind,
    /// The id of that.
    pub id: String,
    /// The id of the member.
    pub member: String,
}

/// Reads the memberships of these groups and users, and of the groups that they are in. The names of
/// what is found go to the snapshot's index.
///
/// Where the sign-in may not read some of them, the answer says why, in a few words.
///
/// # Errors
/// See [`GraphError`]. What does not exist is in nothing.
pub async fn read_memberships(
    reader: &Reader<'_>,
    snapshot: &mut Snapshot,
    of: Vec<(RefKind, String)>,
) -> Result<(Vec<HolderOf>, Option<String>), GraphError> {
    let (mut found, mut refused) = (Vec::new(), None);
    let mut seen: BTreeSet<String> = of.iter().map(|(_, id)| id.to_lowercase()).collect();
    let mut open = of;
    while !open.is_empty() {
        let paths: Vec<String> = open
            .iter()
            .map(|(kind, id)| {
                let collection = match kind {
                    RefKind::User => "/users",
                    _ => "/groups",
                };
                let path = item(collection, id);
                format!("{path}/memberOf?$select=id,displayName,roleTemplateId&$top=999")
            })
            .collect();
        let answers = reader.many(Edition::V1, &paths).await?;
        let mut next = Vec::new();
        for ((_, member), answer) in open.into_iter().zip(answers) {
            let answer = match answer {
                Err(error) if error.is_not_found() => continue,
                Err(GraphError::Api(error)) if error.status == 403 => {
                    refused.get_or_insert(error.to_string());
                    continue;
                }
                other => other?,
            };
            for one in items(answer) {
                let (holder, id) = match odata_type(&one) {
                    "group" => (RefKind::Group, text(&one, "id")),
                    "directoryRole" => (RefKind::Role, text(&one, "roleTemplateId")),
                    _ => continue,
                };
                snapshot.index.add(holder, id, text(&one, "displayName"));
                found.push(HolderOf {
                    holder,
                    id: id.to_owned(),
                    member: member.clone(),
                });
                if holder == RefKind::Group && seen.insert(id.to_lowercase()) {
                    next.push((holder, id.to_owned()));
                }
            }
        }
        open = next;
    }
    Ok((found, refused))
}
