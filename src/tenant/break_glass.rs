//! The break-glass accounts as the tenant has them: whether they exist and are enabled, and
//! which groups they are in, nested ones included.
//!
//! Three rounds of bulk reads, none of them on the one-per-second resources (List users, List
//! groups, List transitive members, List memberOf, List transitive memberOf).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::read::{items, odata_type, text, with_domain};
use crate::graph::GraphError;
use crate::graph::read::{Reader, groups_by_name, users_by_name};
use crate::graph::request::item;
use crate::model::facts::Edition;
use crate::text::is_guid;

/// How many accounts a break-glass group may hold before it is taken for another group.
pub const MOST_ACCOUNTS: usize = 20;

/// What is asked of the tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ask {
    /// Declared users: principal names or ids.
    pub users: Vec<String>,
    /// Declared groups: names or ids.
    pub groups: Vec<String>,
    /// Ids of users or groups that a plan makes members of declared groups.
    pub members: Vec<String>,
    /// The domain that is added to principal names without one.
    pub domain: String,
}

/// One account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// The object id.
    pub id: String,
    /// The user principal name.
    pub name: String,
    /// Whether it can sign in. False where that cannot be told.
    pub enabled: bool,
    /// True when the sign-in may not read users: Graph then gives ids alone.
    pub unreadable: bool,
    /// Whether it is a guest, or comes from another tenant.
    pub guest: bool,
    /// The groups that it is a direct member of, by id.
    pub direct: BTreeSet<String>,
    /// The groups that it is a member of, directly or through others, by id.
    pub groups: BTreeSet<String>,
}

/// A group that was found, and the users in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holder {
    /// The object id.
    pub id: String,
    /// The users in it, nested ones included, by id.
    pub users: Vec<String>,
    /// True when it holds more than [`MOST_ACCOUNTS`]; then `users` is not whole.
    pub crowded: bool,
}

/// What was found. All ids are lower-case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BreakGlassAccounts {
    /// The accounts, by id.
    pub accounts: BTreeMap<String, Account>,
    /// The ids behind each declared user.
    pub users: BTreeMap<String, Vec<String>>,
    /// The groups behind each declared group.
    pub groups: BTreeMap<String, Vec<Holder>>,
    /// The users in groups that the plan puts into declared groups, by the group's id.
    pub nested: BTreeMap<String, Holder>,
}

const SELECT: &str = "id,displayName,userPrincipalName,accountEnabled,userType";

/// Reads what `ask` names. What does not exist is left out.
///
/// # Errors
/// See [`GraphError`].
pub async fn read(reader: &Reader<'_>, ask: &Ask) -> Result<BreakGlassAccounts, GraphError> {
    let mut found = BreakGlassAccounts::default();
    let members = find(reader, ask, &mut found).await?;
    // Who is in the groups.
    let mut holders: Vec<String> = found
        .groups
        .values()
        .flatten()
        .map(|holder| holder.id.clone())
        .chain(members)
        .collect();
    holders.sort();
    holders.dedup();
    let paths: Vec<String> = holders
        .iter()
        // Without a cast to users, which would be an advanced query, answered from an index that
        // lags.
        .map(|id| {
            format!(
                "{}/transitiveMembers?$select={SELECT}&$top=999",
                item("/groups", id)
            )
        })
        .collect();
    for (id, answer) in holders.iter().zip(reader.many(Edition::V1, &paths).await?) {
        let mut users = match answer {
            Err(error) if error.is_not_found() => continue,
            other => items(other?),
        };
        users.retain(|member| odata_type(member) == "user");
        let mut holder = Holder {
            id: id.clone(),
            crowded: users.len() > MOST_ACCOUNTS,
            users: Vec::new(),
        };
        for user in users.iter().take(MOST_ACCOUNTS) {
            holder.users.push(found.add(user));
        }
        for slot in found.groups.values_mut().flatten() {
            if slot.id == *id {
                *slot = holder.clone();
            }
        }
        found.nested.insert(id.clone(), holder);
    }
    // Which groups the accounts are in.
    let ids: Vec<String> = found.accounts.keys().cloned().collect();
    let paths: Vec<String> = ids
        .iter()
        .flat_map(|id| {
            ["memberOf", "transitiveMemberOf"]
                .map(|way| format!("{}/{way}?$select=id&$top=999", item("/users", id)))
        })
        .collect();
    let answers = reader.many(Edition::V1, &paths).await?;
    for (number, answer) in answers.into_iter().enumerate() {
        let groups: BTreeSet<String> = match answer {
            Err(error) if error.is_not_found() => continue,
            other => items(other?)
                .iter()
                .map(|item| text(item, "id").to_lowercase())
                .collect(),
        };
        if let Some(account) = ids
            .get(number / 2)
            .and_then(|id| found.accounts.get_mut(id))
        {
            match number % 2 {
                0 => account.direct = groups,
                _ => account.groups.extend(groups),
            }
        }
    }
    Ok(found)
}

/// Finds the declared users and groups; answers the ids among `ask.members` that are no users.
async fn find(
    reader: &Reader<'_>,
    ask: &Ask,
    found: &mut BreakGlassAccounts,
) -> Result<Vec<String>, GraphError> {
    let split = |list: &[String]| -> (Vec<String>, Vec<String>) {
        list.iter().cloned().partition(|name| is_guid(name))
    };
    let (user_ids, user_names) = split(&ask.users);
    let (group_ids, group_names) = split(&ask.groups);
    let full: Vec<String> = user_names
        .iter()
        .map(|name| with_domain(name, &ask.domain))
        .filter(|name| name.contains('@'))
        .collect();
    let by_name = users_by_name(&full);
    let groups_named = groups_by_name(&group_names);
    let mut paths = [by_name.clone(), groups_named.clone()].concat();
    let (users_end, groups_end) = (by_name.len(), paths.len());
    let single = |id: &String| format!("{}?$select={SELECT}", item("/users", id));
    paths.extend(user_ids.iter().chain(&ask.members).map(single));
    paths.extend(
        group_ids
            .iter()
            .map(|id| format!("{}?$select=id,displayName", item("/groups", id))),
    );
    let mut no_users = Vec::new();
    let answers = reader.many(Edition::V1, &paths).await?;
    for (number, answer) in answers.into_iter().enumerate() {
        if number < users_end {
            for user in items(answer?) {
                let name = text(&user, "userPrincipalName").to_owned();
                let id = found.add(&user);
                for declared in &user_names {
                    if with_domain(declared, &ask.domain).eq_ignore_ascii_case(&name) {
                        let list = found.users.entry(declared.clone()).or_default();
                        list.push(id.clone());
                    }
                }
            }
        } else if number < groups_end {
            for group in items(answer?) {
                let name = text(&group, "displayName").to_owned();
                if group_names.contains(&name) {
                    let list = found.groups.entry(name).or_default();
                    list.push(Holder {
                        id: text(&group, "id").to_lowercase(),
                        ..Holder::default()
                    });
                }
            }
        } else {
            let at = number - groups_end;
            let answer = match answer {
                Err(error) if error.is_not_found() => None,
                other => Some(other?),
            };
            let users = user_ids.len();
            if let Some(id) = user_ids.get(at) {
                if let Some(user) = answer {
                    let found_id = found.add(&user);
                    found.users.entry(id.clone()).or_default().push(found_id);
                }
            } else if let Some(id) = ask.members.get(at - users) {
                match answer {
                    Some(user) => {
                        found.add(&user);
                    }
                    None => no_users.push(id.to_lowercase()),
                }
            } else if let (Some(id), Some(group)) =
                (group_ids.get(at - users - ask.members.len()), answer)
            {
                let list = found.groups.entry(id.clone()).or_default();
                list.push(Holder {
                    id: text(&group, "id").to_lowercase(),
                    ..Holder::default()
                });
            }
        }
    }
    Ok(no_users)
}

impl BreakGlassAccounts {
    /// Notes a user; answers its id.
    fn add(&mut self, user: &Value) -> String {
        let id = text(user, "id").to_lowercase();
        let name = text(user, "userPrincipalName").to_owned();
        self.accounts.entry(id.clone()).or_insert_with(|| Account {
            id: id.clone(),
            enabled: user.get("accountEnabled") == Some(&Value::Bool(true)),
            unreadable: user.get("accountEnabled").is_none_or(Value::is_null),
            guest: text(user, "userType").eq_ignore_ascii_case("guest")
                || name.to_uppercase().contains("#EXT#"),
            name: if name.is_empty() { id.clone() } else { name },
            ..Account::default()
        });
        id
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_account_of_which_graph_gives_the_id_alone_cannot_sign_in() {
        let mut found = BreakGlassAccounts::default();
        for (user, enabled, unreadable) in [
            (
                json!({"id": "A", "userPrincipalName": null, "accountEnabled": null}),
                false,
                true,
            ),
            (json!({"id": "B"}), false, true),
            (
                json!({"id": "C", "userPrincipalName": "c@x", "accountEnabled": false}),
                false,
                false,
            ),
            (
                json!({"id": "D", "userPrincipalName": "d@x", "accountEnabled": true}),
                true,
                false,
            ),
        ] {
            let id = found.add(&user);
            let account = found.accounts.get(&id).unwrap();
            assert_eq!(
                (account.enabled, account.unreadable),
                (enabled, unreadable),
                "{user}"
            );
            assert!(!account.name.is_empty(), "{user}");
        }
    }
}
