//! Reads people: every user, and the members of those groups alone that policies name. Nothing is
//! kept of an answer but ids, principal names and kinds.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::directory::{DirectoryUser, MembersRead, PeopleDirectory, PeopleWanted};
use super::edits::PeopleEdits;
use crate::graph::GraphError;
use crate::graph::read::Reader;
use crate::graph::request::{encode, item};
use crate::model::facts::Edition;
use crate::tenant::read::{items, odata_type, text};
use crate::text::is_guid;
use crate::whatif::UserType;

const USERS: &str = "/users?$select=id,userPrincipalName,userType,accountEnabled&$top=999";

/// Reads the people of a tenant into `found`, which may hold some of it already. `tell` hears what
/// is being read.
///
/// # Errors
/// See [`GraphError`]. Roles that may not be read are left out.
pub async fn read(
    reader: &Reader<'_>,
    wanted: &PeopleWanted,
    edits: &PeopleEdits,
    found: &mut PeopleDirectory,
    tell: &mut dyn FnMut(&str),
) -> Result<Option<String>, GraphError> {
    if found.users.is_empty() {
        let users = &mut found.users;
        let take = |page: Vec<Value>| {
            users.extend(page.iter().map(user));
            tell(&format!("Reading users: {}", users.len()));
        };
        reader.each_page(USERS, take).await?;
        found.users.sort_by(|a, b| a.id.cmp(&b.id));
        found.users.dedup_by(|a, b| a.id == b.id);
    }
    let numbers = numbers(&found.users);
    let mut refused = None;
    if found.roles.is_none() {
        match roles(reader, wanted, &numbers).await {
            Ok((roles, scoped)) => {
                found.roles = Some(roles);
                found.scoped_roles = scoped;
            }
            Err(GraphError::Api(error)) if error.status == 403 => {
                refused = Some(match &error.refusal {
                    Some(denial) => denial.what.clone(),
                    None => error.to_string(),
                });
            }
            Err(error) => return Err(error),
        }
    }
    let assigned = found.roles.iter().flatten();
    let assigned = assigned.flat_map(|(_, to)| to.groups.clone());
    let mut open: BTreeSet<String> = wanted.groups.iter().cloned().chain(assigned).collect();
    let joined = edits.joins.values().flatten();
    open.extend(joined.filter(|id| !numbers.contains_key(*id)).cloned());
    // Where a plan moves members of a group, those in it by itself, and the groups in it.
    loop {
        let lacks = |group: &&String| is_guid(group) && !found.members.contains_key(*group);
        let missing: Vec<String> = open.iter().filter(lacks).cloned().collect();
        let of = members(reader, "transitiveMembers", &missing, &numbers, tell).await?;
        found.members.extend(of);
        let moved = |group: &&String| {
            is_guid(group) && found.moves(group, edits) && !found.direct.contains_key(*group)
        };
        let moved: Vec<String> = open.iter().filter(moved).cloned().collect();
        if missing.is_empty() && moved.is_empty() {
            break;
        }
        let of = members(reader, "members", &moved, &numbers, tell).await?;
        open.extend(of.values().flat_map(|members| members.groups.clone()));
        found.direct.extend(of);
    }
    Ok(refused)
}

/// The numbers of users by their ids.
pub fn numbers(users: &[DirectoryUser]) -> HashMap<String, u32> {
    let numbered = users.iter().zip(0u32..);
    numbered.map(|(user, at)| (user.id.clone(), at)).collect()
}

fn user(user: &Value) -> DirectoryUser {
    let name = text(user, "userPrincipalName");
    let is_guest = text(user, "userType").eq_ignore_ascii_case("guest");
    DirectoryUser {
        id: text(user, "id").to_lowercase(),
        kind: UserType::of_account(is_guest, name.to_uppercase().contains("#EXT#")),
        name: name.to_owned(),
        // Whoever may not read it is not told; then it counts as one that can sign in.
        enabled: user.get("accountEnabled") != Some(&Value::Bool(false)),
    }
}

async fn members(
    reader: &Reader<'_>,
    list: &str,
    groups: &[String],
    numbers: &HashMap<String, u32>,
    tell: &mut dyn FnMut(&str),
) -> Result<BTreeMap<String, MembersRead>, GraphError> {
    let path = |id: &String| format!("{}/{list}?$select=id&$top=999", item("/groups", id));
    let paths: Vec<String> = groups.iter().map(path).collect();
    let mut found = vec![MembersRead::default(); groups.len()];
    let many = groups.len();
    let take = |at: usize, page: Vec<Value>| {
        tell(&format!("Reading members of groups: {} of {many}", at + 1));
        let Some(slot) = found.get_mut(at) else {
            return;
        };
        for member in &page {
            let id = text(member, "id").to_lowercase();
            match numbers.get(&id) {
                Some(user) => slot.users.push(*user),
                None if odata_type(member) == "group" => slot.groups.push(id),
                None => {}
            }
        }
    };
    // What a policy names may be gone.
    let refused = |_, error: GraphError| match error.is_not_found() {
        true => Ok(()),
        false => Err(error),
    };
    reader.each_of(&paths, take, refused).await?;
    Ok(groups.iter().cloned().zip(found).collect())
}

/// To whom roles are assigned for the whole tenant, and how many assignments are for a part of it.
async fn roles(
    reader: &Reader<'_>,
    wanted: &PeopleWanted,
    numbers: &HashMap<String, u32>,
) -> Result<(BTreeMap<String, MembersRead>, usize), GraphError> {
    let roles: Vec<&String> = wanted.roles.iter().filter(|role| is_guid(role)).collect();
    let paths: Vec<String> = (roles.iter())
        .map(|role| {
            let filter = encode(&format!("roleDefinitionId eq '{role}'"));
            format!("/roleManagement/directory/roleAssignments?$filter={filter}")
        })
        .collect();
    let mut found = BTreeMap::new();
    let mut scoped = 0;
    for (role, answer) in roles
        .into_iter()
        .zip(reader.many(Edition::V1, &paths).await?)
    {
        let slot: &mut MembersRead = found.entry(role.clone()).or_default();
        for assignment in items(answer?) {
            if text(&assignment, "directoryScopeId") != "/" {
                scoped += 1;
                continue;
            }
            let id = text(&assignment, "principalId").to_lowercase();
            match numbers.get(&id) {
                Some(user) => slot.users.push(*user),
                // A group, or an application: nobody is found in that.
                None => slot.groups.push(id),
            }
        }
    }
    Ok((found, scoped))
}
