//! After a lost answer: whether the request was carried out all the same.
//!
//! Nothing is said again before the tenant was read, and what is found is taken as done: an
//! object under its name, a property with its value, a member in its group.

use std::collections::HashSet;

use serde_json::Value;

use super::bodies::configuration_body;
use super::executor::Executor;
use super::step::Purpose;
use super::verify::{Expected, Wrong, differs};
use crate::graph::read::{groups_by_name, users_by_name};
use crate::graph::request::Method;
use crate::graph::{GraphError, Request};
use crate::model::facts::Edition;
use crate::model::kind::folded_name;
use crate::model::{Kind, Object};
use crate::tenant::again::{Asked, objects};
use crate::tenant::read::{CONTEXTS, STRENGTHS, items, list_edition};
use crate::tenant::snapshot::Live;

/// What one look at the tenant shows of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    /// It was carried out; the id of what it made, where it makes something.
    Done(Option<String>),
    /// Nothing of it is shown, or not yet.
    NotYet,
    /// It cannot be seen.
    Blind,
}

/// Looks once whether a request about an object was carried out. `wanted` is the object as it
/// must be after the action.
///
/// # Errors
/// When the tenant cannot be read, or holds several objects of the name.
pub(super) async fn look(
    executor: &Executor<'_>,
    purpose: Purpose,
    request: &Request,
    wanted: &Expected,
) -> Result<Sight, GraphError> {
    let shown = |yes: bool| match yes {
        true => Sight::Done(None),
        false => Sight::NotYet,
    };
    Ok(match purpose {
        Purpose::Create | Purpose::CreateUser => {
            let names = std::slice::from_ref(&wanted.name);
            match named(executor, wanted.kind, names).await?.as_slice() {
                [] => Sight::NotYet,
                [one] => Sight::Done(Some(one.id.clone())),
                several => {
                    let ids: Vec<&str> = several.iter().map(|live| live.id.as_str()).collect();
                    return Err(GraphError::Answer {
                        request: format!("the creation of `{}`", wanted.name),
                        problem: format!(
                            "{} objects have the name now: {}",
                            several.len(),
                            ids.join(", ")
                        ),
                    });
                }
            }
        }
        Purpose::Restore => shown(live(executor, wanted.kind, &wanted.id).await?.is_some()),
        Purpose::Delete => shown(live(executor, wanted.kind, &wanted.id).await?.is_none()),
        Purpose::Purge => {
            let found = executor.reader.get(request.edition, &request.path).await?;
            shown(found.is_none())
        }
        Purpose::Change if request.path.contains("/combinationConfigurations") => {
            let found = live(executor, wanted.kind, &wanted.id).await?;
            shown(found.is_some_and(|live| has_configuration(&live, request)))
        }
        Purpose::Change => {
            let Some(found) = live(executor, wanted.kind, &wanted.id).await? else {
                return Ok(Sight::NotYet);
            };
            let own = |path: &String| {
                let first = path.split('.').next().unwrap_or_default();
                request
                    .body
                    .as_ref()
                    .is_some_and(|b| b.get(first).is_some())
            };
            shown(match differs(wanted, Some(&found)) {
                Some(Wrong::Missing) => false,
                Some(Wrong::Differs(paths)) => !paths.iter().any(own),
                _ => true,
            })
        }
        Purpose::AddMember | Purpose::RemoveMember => members(executor, purpose, request).await?,
        Purpose::Prepare | Purpose::Try | Purpose::Decide | Purpose::ResetPassword => Sight::Blind,
    })
}

/// The live objects of these names, of users those with the mark of gatewright.
///
/// # Errors
/// When the tenant cannot be read.
pub async fn named(
    executor: &Executor<'_>,
    kind: Kind,
    names: &[String],
) -> Result<Vec<Live>, GraphError> {
    let edition = list_edition(executor.version);
    let found = match kind {
        Kind::ConditionalAccessPolicy => executor.reader.policies(edition).await?,
        Kind::NamedLocation => executor.reader.locations(edition).await?,
        _ => {
            let paths = match kind {
                Kind::Group => groups_by_name(names),
                Kind::TestUser => users_by_name(names),
                Kind::AuthenticationContext => vec![CONTEXTS.to_owned()],
                _ => vec![STRENGTHS.to_owned()],
            };
            let mut found = Vec::new();
            for answer in executor.reader.many(Edition::V1, &paths).await? {
                found.extend(items(answer?));
            }
            found
        }
    };
    let names: HashSet<String> = names.iter().map(|name| folded_name(kind, name)).collect();
    Ok(found
        .into_iter()
        .filter_map(|raw| Live::read(kind, raw).ok())
        .filter(|live| names.contains(&folded_name(kind, live.name())))
        .filter(|live| match &live.object {
            Object::TestUser(user) => user.is_marked(),
            _ => true,
        })
        .collect())
}

async fn live(executor: &Executor<'_>, kind: Kind, id: &str) -> Result<Option<Live>, GraphError> {
    let asked = [Asked::new(kind, id)];
    let mut found = objects(&executor.reader, executor.version, &asked, &[]).await?;
    Ok(found.remove(&(kind, id.to_ascii_lowercase())))
}

/// Whether a strength has the configuration that a request makes or changes, or has it no
/// more.
fn has_configuration(live: &Live, request: &Request) -> bool {
    let Object::AuthenticationStrength(strength) = &live.object else {
        return false;
    };
    let id = request.path.rsplit('/').next();
    strength.combination_configurations.iter().any(|found| {
        let is_it = request.method == Method::Post || found.id.as_deref() == id;
        is_it && request.body.as_ref() == Some(&configuration_body(found))
    }) || request.method == Method::Delete
        && !(strength.combination_configurations.iter()).any(|found| found.id.as_deref() == id)
}

/// Whether a group has the members that a request adds, or no more the one that it takes out.
async fn members(
    executor: &Executor<'_>,
    purpose: Purpose,
    request: &Request,
) -> Result<Sight, GraphError> {
    let parts: Vec<&str> = request.path.trim_start_matches('/').split('/').collect();
    let (group, mut about) = match parts.as_slice() {
        ["groups", group, "members", "$ref"] | ["groups", group] => (*group, Vec::new()),
        ["groups", group, "members", member, "$ref"] => (*group, vec![(*member).to_owned()]),
        _ => return Ok(Sight::Blind),
    };
    if let Some(body) = &request.body {
        let one = body.get("@odata.id").into_iter();
        let several = body.get("members@odata.bind").and_then(Value::as_array);
        let links = one.chain(several.into_iter().flatten());
        let ids = links.filter_map(|link| link.as_str()?.rsplit('/').next());
        about.extend(ids.map(str::to_owned));
    }
    let asked = [Asked {
        links: true,
        ..Asked::new(Kind::Group, group)
    }];
    let mut found = objects(&executor.reader, executor.version, &asked, &[]).await?;
    let found = found.remove(&(Kind::Group, group.to_ascii_lowercase()));
    let Some(Object::Group(found)) = found.map(|live| live.object) else {
        return Ok(Sight::NotYet);
    };
    let is_in = |id: &String| {
        let members = found.members.iter().flat_map(|list| list.iter());
        members
            .into_iter()
            .any(|member| member.eq_ignore_ascii_case(id))
    };
    let done = match purpose {
        Purpose::AddMember => about.iter().all(is_in),
        _ => !about.iter().any(is_in),
    };
    Ok(match done {
        true => Sight::Done(None),
        false => Sight::NotYet,
    })
}
