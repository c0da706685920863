//! After a lost answer: whether the object was created all the same.
//!
//! A POST is never blindly repeated. The tenant is read for some time, since what was
//! created may not be seen at once; what is found under the name is adopted, and only when
//! nothing was seen in every read is the object taken as not created.

use std::time::Duration;

use serde_json::Value;

use super::executor::{Executor, pause};
use crate::graph::GraphError;
use crate::graph::read::{groups_by_name, users_by_name};
use crate::model::facts::Edition;
use crate::model::kind::same_name;
use crate::model::{Kind, Object};
use crate::plan::Action;
use crate::tenant::read::{STRENGTHS, items, list_edition};
use crate::tenant::snapshot::Live;

/// How often the tenant is read at most.
const READS: u32 = 5;

/// The id of the object that `action` was to create, if it exists now.
///
/// # Errors
/// When the tenant cannot be read, or holds several objects of the name.
pub async fn created(
    executor: &Executor<'_>,
    action: &Action,
) -> Result<Option<String>, GraphError> {
    let mut wait = executor.patience.lag;
    for read in 1..=READS {
        let found: Vec<Live> = candidates(executor, action)
            .await?
            .into_iter()
            .filter_map(|raw| Live::read(action.kind, raw).ok())
            .filter(|live| same_name(action.kind, live.name(), &action.name))
            .filter(|live| match &live.object {
                Object::TestUser(user) => user.is_marked(),
                _ => true,
            })
            .collect();
        match found.as_slice() {
            [one] => return Ok(Some(one.id.clone())),
            [] => {}
            several => {
                return Err(GraphError::Answer {
                    request: format!("the creation of `{}`", action.name),
                    problem: format!("{} objects have the name now", several.len()),
                });
            }
        }
        if read == READS || pause(&executor.stop, wait).await {
            break;
        }
        wait = (wait * 2).min(Duration::from_secs(10));
    }
    Ok(None)
}

async fn candidates(executor: &Executor<'_>, action: &Action) -> Result<Vec<Value>, GraphError> {
    let edition = list_edition(executor.version);
    let name = std::slice::from_ref(&action.name);
    let paths = match action.kind {
        Kind::ConditionalAccessPolicy => return executor.reader.policies(edition).await,
        Kind::NamedLocation => return executor.reader.locations(edition).await,
        // Its id is chosen by the client, and a PATCH creates it: nothing can be doubled.
        Kind::AuthenticationContext => return Ok(Vec::new()),
        Kind::AuthenticationStrength => vec![STRENGTHS.to_owned()],
        Kind::Group => groups_by_name(name),
        Kind::TestUser => users_by_name(name),
    };
    let mut found = Vec::new();
    for answer in executor.reader.many(Edition::V1, &paths).await? {
        found.extend(items(answer?));
    }
    Ok(found)
}
