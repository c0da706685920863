//! Verification: after the writes, the tenant is read again until what was written is seen
//! in two reads running, or patience ends.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::executor::{Executor, Patience, Stop, pause, unless_stopped};
use super::progress::Progress;
use crate::graph::GraphError;
use crate::model::kind::folded_name;
use crate::model::{Kind, Object};
use crate::plan::compare::pair;
use crate::plan::diff::changes;
use crate::tenant::again::{Asked, objects};
use crate::tenant::snapshot::Live;

/// What must be seen of one object.
#[derive(Debug, Clone)]
pub struct Expected {
    /// The kind.
    pub kind: Kind,
    /// The id; empty where it is not known yet.
    pub id: String,
    /// The name.
    pub name: String,
    /// The object with ids; `None`: it must be gone.
    pub object: Option<Object>,
    /// Paths that others own.
    pub ignored: Vec<String>,
    /// The groups that a test user must not be in any more.
    pub left: Vec<String>,
    /// It is new: no other object may have its name.
    pub new: bool,
    /// It was not written to its end: only its name is looked up.
    pub in_part: bool,
}

/// What is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// The object is missing, or still there.
    Missing,
    /// These properties differ, as dotted paths.
    Differs(Vec<String>),
    /// The name is there more than once; the ids.
    Doubled(Vec<String>),
}

/// Reads until everything expected is seen twice running. Answers what was not, and what was
/// seen more than once.
///
/// # Errors
/// See [`GraphError`].
pub async fn verify(
    executor: &Executor<'_>,
    expected: &[Expected],
    progress: &mut dyn Progress,
) -> Result<BTreeMap<usize, Wrong>, GraphError> {
    let asked: Vec<Asked> = expected
        .iter()
        .map(|e| Asked {
            links: match &e.object {
                Some(Object::Group(group)) => group.members.is_some(),
                Some(Object::TestUser(user)) => user.member_of.is_some() || !e.left.is_empty(),
                _ => false,
            },
            ..Asked::new(e.kind, &e.id)
        })
        .collect();
    // Policies and locations are listed whole, and principal names are there once.
    let named: Vec<(Kind, String)> = expected
        .iter()
        .filter(|e| e.new && matches!(e.kind, Kind::Group | Kind::AuthenticationStrength))
        .map(|e| (e.kind, e.name.clone()))
        .collect();
    let twins: RefCell<BTreeMap<usize, BTreeSet<String>>> = RefCell::default();
    let wrong = until_shown(executor, progress, async || {
        let found = objects(&executor.reader, executor.version, &asked, &named).await?;
        let mut bearers: HashMap<(Kind, String), Vec<&str>> = HashMap::new();
        for ((kind, id), live) in &found {
            let name = (*kind, folded_name(*kind, live.name()));
            bearers.entry(name).or_default().push(id);
        }
        let mut wrong = Vec::new();
        for (index, e) in expected.iter().enumerate() {
            if e.new && e.kind != Kind::AuthenticationContext {
                // Two machines at once, or a request that was said twice.
                let name = (e.kind, folded_name(e.kind, &e.name));
                let others = bearers.get(&name).into_iter().flatten();
                for id in others.filter(|id| !id.eq_ignore_ascii_case(&e.id)) {
                    let mut twins = twins.borrow_mut();
                    twins.entry(index).or_default().insert((*id).to_owned());
                }
            }
            if !e.in_part {
                let live = found.get(&(e.kind, e.id.to_ascii_lowercase()));
                wrong.extend(differs(e, live).map(|wrong| (index, wrong)));
            }
        }
        Ok(wrong)
    })
    .await?;
    let mut wrong: BTreeMap<usize, Wrong> = wrong.into_iter().collect();
    for (index, others) in twins.into_inner() {
        let own = expected.get(index).map(|e| e.id.clone());
        wrong.insert(
            index,
            Wrong::Doubled(own.into_iter().chain(others).collect()),
        );
    }
    Ok(wrong)
}

/// Looks again and again until nothing is wrong twice running, or patience ends. Answers what
/// was wrong at the last look.
///
/// # Errors
/// The error of the last look.
pub(super) async fn until_shown<T>(
    executor: &Executor<'_>,
    progress: &mut dyn Progress,
    look: impl AsyncFn() -> Result<Vec<T>, GraphError>,
) -> Result<Vec<T>, GraphError> {
    let patience = executor.patience;
    let mut seen_once = false;
    let mut wait = patience.pause;
    for round in 1.. {
        let wrong = unless_stopped(&executor.stop, look())
            .await
            .unwrap_or_else(|| Err(GraphError::Endpoint("the run was stopped".to_owned())));
        let shown = wrong.as_ref().is_ok_and(Vec::is_empty);
        let stopped = *executor.stop.borrow() == Stop::Now;
        if shown && seen_once || round >= patience.rounds || stopped {
            return wrong;
        }
        seen_once = shown;
        if !shown {
            if round == 1 {
                progress.waits("the tenant to show what was written", patience.pauses());
            }
            if pause(&executor.stop, wait).await {
                return wrong;
            }
            wait = (wait * 2).min(Patience::LONGEST_PAUSE);
        }
    }
    Ok(Vec::new())
}

/// How the live object differs from what is expected.
pub(super) fn differs(expected: &Expected, live: Option<&Live>) -> Option<Wrong> {
    match (&expected.object, live) {
        (None, None) => None,
        (None, Some(_)) | (Some(_), None) => Some(Wrong::Missing),
        (Some(object), Some(live)) => {
            let mut have = live.object.clone();
            if let (Object::TestUser(want), Object::TestUser(have)) = (object, &mut have)
                && let (Some(want), Some(have)) = (&want.member_of, &mut have.member_of)
            {
                // Other groups are no matter of the manifest.
                have.retain(|group| want.contains(group) || expected.left.contains(group));
            }
            let pair = pair(object, &have, &expected.ignored);
            let paths = changes(&pair.live.normal_form(), &pair.desired.normal_form());
            (!paths.is_empty()).then_some(Wrong::Differs(paths))
        }
    }
}
