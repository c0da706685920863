//! Verification: after the writes, the tenant is read again until what was written is seen
//! in two reads running, or patience ends.

use std::collections::BTreeMap;
use std::time::Duration;

use super::executor::{Executor, pause};
use crate::graph::GraphError;
use crate::model::{Kind, Object};
use crate::plan::compare::pair;
use crate::plan::diff::changes;
use crate::tenant::again::objects;
use crate::tenant::snapshot::Live;

/// What must be seen of one object.
#[derive(Debug, Clone)]
pub struct Expected {
    /// The kind.
    pub kind: Kind,
    /// The id.
    pub id: String,
    /// The object with ids; `None`: it must be gone.
    pub object: Option<Object>,
    /// Paths that others own.
    pub ignored: Vec<String>,
}

/// Reads until everything expected is seen twice running. Answers what was not, with the
/// properties that differ (none: the object is missing, or still there).
///
/// # Errors
/// See [`GraphError`].
pub async fn verify(
    executor: &Executor<'_>,
    expected: &[Expected],
) -> Result<Vec<(usize, Vec<String>)>, GraphError> {
    let wanted: Vec<(Kind, String, bool)> = expected
        .iter()
        .map(|e| {
            let links = match &e.object {
                Some(Object::Group(group)) => group.members.is_some(),
                Some(Object::TestUser(user)) => user.member_of.is_some(),
                _ => false,
            };
            (e.kind, e.id.clone(), links)
        })
        .collect();
    until_shown(executor, async || {
        let found = objects(&executor.reader, executor.version, &wanted).await?;
        let wrong = expected.iter().enumerate();
        Ok(wrong
            .filter_map(|(index, e)| differs(e, &found).map(|paths| (index, paths)))
            .collect())
    })
    .await
}

/// Looks again and again until nothing is wrong twice running, or patience ends. Answers what
/// was wrong at the last look.
///
/// # Errors
/// The error of the last look.
pub(super) async fn until_shown<T>(
    executor: &Executor<'_>,
    look: impl AsyncFn() -> Result<Vec<T>, GraphError>,
) -> Result<Vec<T>, GraphError> {
    let patience = executor.patience;
    let mut seen_once = false;
    let mut wait = patience.pause;
    for round in 1.. {
        let wrong = look().await;
        let shown = wrong.as_ref().is_ok_and(Vec::is_empty);
        if shown && seen_once || round >= patience.rounds {
            return wrong;
        }
        seen_once = shown;
        if !shown {
            if pause(&executor.stop, wait).await {
                return wrong;
            }
            wait = (wait * 2).min(Duration::from_secs(8));
        }
    }
    Ok(Vec::new())
}

fn differs(expected: &Expected, found: &BTreeMap<(Kind, String), Live>) -> Option<Vec<String>> {
    let live = found.get(&(expected.kind, expected.id.clone()));
    match (&expected.object, live) {
        (None, None) => None,
        (None, Some(_)) | (Some(_), None) => Some(Vec::new()),
        (Some(object), Some(live)) => {
            let mut have = live.object.clone();
            if let (Object::TestUser(want), Object::TestUser(have)) = (object, &mut have)
                && let (Some(want), Some(have)) = (&want.member_of, &mut have.member_of)
            {
                have.retain(|group| want.contains(group));
            }
            let pair = pair(object, &have, &expected.ignored);
            let paths = changes(&pair.live.normal_form(), &pair.desired.normal_form());
            (!paths.is_empty()).then_some(paths)
        }
    }
}
