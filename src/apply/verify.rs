//! Verification: after the writes, the tenant is read again until what was written is seen
//! in two reads running, or patience ends.

use std::collections::BTreeMap;
use std::time::Duration;

use super::execute::{Executor, pause};
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

/// How long verification goes on: reads, and the first pause between them.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// How many rounds of reads at most.
    pub rounds: u32,
    /// The pause after a read that did not show everything; it doubles up to 8 s.
    pub pause: Duration,
    /// The pause before a write is tried again that Graph refused because it does not know
    /// yet what was written a moment ago; it doubles up to 10 s.
    pub lag: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        // Microsoft names no bound for replication; providers wait for a minute.
        Patience {
            rounds: 12,
            pause: Duration::from_secs(1),
            lag: Duration::from_secs(2),
        }
    }
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
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let patience = executor.patience;
    let mut seen_once = false;
    let mut wait = patience.pause;
    let mut round = 0;
    loop {
        let found = objects(&executor.reader, executor.version, &wanted).await?;
        let wrong: Vec<(usize, Vec<String>)> = expected
            .iter()
            .enumerate()
            .filter_map(|(index, e)| differs(e, &found).map(|paths| (index, paths)))
            .collect();
        round += 1;
        if wrong.is_empty() && seen_once {
            return Ok(wrong);
        }
        if round >= patience.rounds {
            return Ok(wrong);
        }
        if wrong.is_empty() {
            seen_once = true;
        } else {
            seen_once = false;
            if pause(&executor.stop, wait).await {
                return Ok(wrong);
            }
            wait = (wait * 2).min(Duration::from_secs(8));
        }
    }
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
