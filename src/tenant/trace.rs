//! What earlier runs left, and the tenant may not show everywhere yet. Who plans on a replica
//! that lags makes again what is there, and takes for right what is changed already.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::replication::Replication;
use super::snapshot::{Binned, Live, Snapshot};
use super::wanted::Own;
use crate::graph::GraphError;
use crate::graph::read::Reader;
use crate::graph::request::item;
use crate::model::Kind;
use crate::model::facts::Edition;
use crate::model::kind::same_name;

/// What became of one object.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// The kind.
    pub kind: Kind,
    /// The name.
    pub name: String,
    /// The id, where it is known.
    pub id: Option<String>,
    /// What was done.
    pub left: Left,
    /// When the last request about it was sent or answered.
    pub at: Timestamp,
    /// The run.
    pub run: String,
}

/// What was done to an object.
#[derive(Debug, Clone, PartialEq)]
pub enum Left {
    /// It was made, or brought back.
    Exists(By),
    /// It may have been: no answer came.
    MayExist(By),
    /// It was changed, or may have been: the live object before, and the properties that
    /// changed, as dotted paths.
    Changed(Value, Vec<String>),
    /// It was deleted.
    Gone,
    /// It may have been: no answer came.
    MayBeGone,
}

/// How an object came to exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// It was made.
    Creation,
    /// It was brought back from the recycle bin, which may show it for a while after that.
    Restore,
}

impl Trace {
    /// How long ago that was. A clock that was set does not make it older.
    fn age(&self, now: Timestamp) -> Duration {
        now.duration_since(self.at).unsigned_abs()
    }

    /// Whether it counts no more: by now the tenant shows what it holds.
    pub fn is_settled(&self, replication: Replication, now: Timestamp) -> bool {
        self.age(now) >= self.bound(replication)
    }

    fn bound(&self, replication: Replication) -> Duration {
        match self.left {
            // Its time is when the run began to send it; the run may have repeated it until the
            // tenant knew what it refers to.
            Left::MayExist(_) => replication.most + replication.usual,
            // What was made is made again by whoever takes it for gone too soon.
            Left::Exists(_) => replication.most,
            // Not shown by then: somebody undid it. To do it again doubles nothing.
            Left::Changed(..) | Left::Gone | Left::MayBeGone => replication.usual,
        }
    }

    /// How long after its time it is waited for.
    fn patience(&self, replication: Replication) -> Duration {
        match self.left {
            Left::MayExist(_) => replication.usual * 2, // it may have been repeated so long
            Left::Exists(_) | Left::Changed(..) | Left::Gone | Left::MayBeGone => replication.usual,
        }
    }

    /// When it counts no more, in UTC.
    pub fn settled_at(&self, replication: Replication) -> Timestamp {
        self.at
            .checked_add(self.bound(replication))
            .unwrap_or(Timestamp::MAX)
    }

    fn found<'s>(&self, snapshot: &'s Snapshot) -> Option<&'s Live> {
        let id = self.id.as_deref()?;
        snapshot.by_id(self.kind, id)
    }

    /// Whether a snapshot shows it.
    pub fn is_shown(&self, snapshot: &Snapshot) -> bool {
        match &self.left {
            Left::Exists(_) => self.found(snapshot).is_some(),
            Left::MayExist(_) => {
                let mut all = snapshot.of(self.kind).iter();
                self.found(snapshot).is_some()
                    || all.any(|live| same_name(self.kind, live.name(), &self.name))
            }
            Left::Gone | Left::MayBeGone => {
                let id = self.id.as_deref().unwrap_or_default();
                let bin = snapshot.in_bin(self.kind, id, &self.name);
                // Whoever does not find it in the recycle bin makes it anew.
                self.found(snapshot).is_none() && bin != Some(false)
            }
            Left::Changed(before, paths) => match self.found(snapshot) {
                Some(live) => is_changed(before, live, paths),
                None => true,
            },
        }
    }

    /// Whether making it again could make a second one. Where an object has its name, none is
    /// made.
    fn could_be_doubled(&self, snapshot: &Snapshot) -> bool {
        let mut all = snapshot.of(self.kind).iter();
        matches!(self.left, Left::Exists(_) | Left::MayExist(_))
            && !all.any(|live| same_name(self.kind, live.name(), &self.name))
    }

    /// Whether a snapshot of what `own` describes shows the object when it exists: policies
    /// and locations are always listed, the rest is read by the names of the manifests.
    fn is_asked_for(&self, own: &Own) -> bool {
        let named = own.0.iter().any(|object| {
            object.kind == self.kind
                && (std::iter::once(&object.name).chain(&object.former_names))
                    .any(|name| self.is_called(name))
        });
        match (self.kind, &self.left) {
            // An object that nobody plans is waited for by nobody.
            (_, Left::MayExist(_)) => named,
            (Kind::ConditionalAccessPolicy | Kind::NamedLocation, _) => true,
            (Kind::AuthenticationStrength | Kind::AuthenticationContext, _) => {
                own.0.iter().any(|object| object.kind == self.kind)
            }
            (Kind::Group | Kind::TestUser, _) => named,
        }
    }

    /// What its object was called before a change.
    pub fn former_name(&self) -> Option<String> {
        match &self.left {
            Left::Changed(before, _) => {
                let live = Live::read(self.kind, before.clone()).ok()?;
                Some(live.name().to_owned())
            }
            _ => None,
        }
    }

    /// Whether it is about the object of an earlier one, which a change may have renamed.
    fn follows(&self, old: &Trace) -> bool {
        let is_called = |name: &str| same_name(self.kind, &old.name, name);
        self.kind == old.kind
            && match (&old.id, &self.id) {
                (Some(old), Some(new)) => old.eq_ignore_ascii_case(new),
                _ => {
                    is_called(&self.name) || self.former_name().is_some_and(|name| is_called(&name))
                }
            }
    }

    /// Whether it leaves an earlier one as it is, or brought up to date: it takes the place of
    /// what is said otherwise of its object. That an object was made holds after a change too,
    /// and after a deletion that was not answered.
    pub fn leaves(&self, old: &mut Trace) -> bool {
        if !self.follows(old) {
            return true;
        }
        match (&old.left, &self.left) {
            (Left::Exists(_) | Left::MayExist(_), Left::Changed(..)) => {
                old.id.clone_from(&self.id);
                old.name.clone_from(&self.name);
                true
            }
            (Left::Exists(_) | Left::MayExist(_), Left::MayBeGone) => true,
            _ => false,
        }
    }

    /// Whether it was deleted since by somebody: it lies in the recycle bin. That says nothing of
    /// what was brought back from there, which a replica that lags shows there still.
    async fn is_deleted(&self, reader: &Reader<'_>) -> bool {
        match (&self.left, &self.id) {
            (Left::Exists(By::Creation), Some(id)) => matches!(
                in_recycle_bin(reader, self.kind, id).await,
                Ok(Binned::There)
            ),
            _ => false,
        }
    }

    /// Whether a manifest's name is the object's. A principal name may lack its domain there.
    fn is_called(&self, name: &str) -> bool {
        let short = || {
            let (head, _) = self.name.split_once('@')?;
            Some(head.eq_ignore_ascii_case(name))
        };
        same_name(self.kind, name, &self.name)
            || self.kind == Kind::TestUser && short() == Some(true)
    }
}

/// Whether one of the properties is not as it was. Links are not looked at: to add or take out
/// a member twice is as good as once.
fn is_changed(before: &Value, live: &Live, paths: &[String]) -> bool {
    let Ok(before) = Live::read(live.kind, before.clone()) else {
        return true;
    };
    let (before, now) = (before.object.normal_form(), live.object.normal_form());
    let mut compared = paths
        .iter()
        .filter(|path| !matches!(path.as_str(), "members" | "memberOf"))
        .map(|path| format!("/{}", path.replace('.', "/")))
        .peekable();
    compared.peek().is_none() || compared.any(|path| before.pointer(&path) != now.pointer(&path))
}

/// What earlier runs left on a tenant, and how long it may take to show it.
#[derive(Debug, Clone)]
pub struct Trail {
    /// What they left.
    pub traces: Vec<Trace>,
    /// How long it may take.
    pub replication: Replication,
}

/// A snapshot, and what may exist that it does not show.
#[derive(Debug)]
pub struct Shown {
    /// The snapshot.
    pub snapshot: Snapshot,
    /// What may exist all the same: who makes it again may double it.
    pub unsettled: Vec<Trace>,
}

/// Reads until a snapshot shows what earlier runs left, in two reads running where the first
/// did not, or the time is over by which a tenant shows a write as a rule. `waits` hears how
/// many objects are missing, and how long it is waited for them at most.
///
/// # Errors
/// See [`GraphError`].
pub async fn until_shown(
    reader: &Reader<'_>,
    trail: &Trail,
    own: &Own,
    read: impl AsyncFn() -> Result<Snapshot, GraphError>,
    waits: &dyn Fn(usize, Duration),
) -> Result<Shown, GraphError> {
    let replication = trail.replication;
    let asked = trail.traces.iter().filter(|trace| trace.is_asked_for(own));
    let mut traces: Vec<&Trace> = asked.collect();
    let mut wait = Duration::from_secs(1).min(replication.usual / 4);
    let mut whole = 0;
    for look in 1.. {
        // What a read shows is as old as its beginning: a large tenant is read for a while.
        let now = Timestamp::now();
        let snapshot = read().await?;
        let mut missing: Vec<&Trace> = traces
            .iter()
            .copied()
            .filter(|t| !t.is_shown(&snapshot))
            .collect();
        if look == 1 && !missing.is_empty() {
            // What somebody deleted is not waited for.
            let mut gone = Vec::new();
            for trace in &missing {
                if trace.is_deleted(reader).await {
                    gone.push(*trace);
                }
            }
            traces.retain(|trace| !gone.contains(trace));
            missing.retain(|trace| !gone.contains(trace));
        }
        whole += usize::from(missing.is_empty());
        // Where something was missing once, replicas differ: two whole reads are asked for.
        if missing.is_empty() && (look == 1 || whole > 1) {
            return Ok(Shown {
                snapshot,
                unsettled: Vec::new(),
            });
        }
        let left = missing
            .iter()
            .map(|trace| trace.patience(replication).saturating_sub(trace.age(now)))
            .max()
            .unwrap_or_default();
        if !missing.is_empty() && left.is_zero() && look > 1 {
            let mut unsettled = Vec::new();
            for trace in missing {
                if trace.could_be_doubled(&snapshot)
                    && !trace.is_settled(replication, now)
                    && !trace.is_deleted(reader).await
                {
                    unsettled.push(trace.clone());
                }
            }
            return Ok(Shown {
                snapshot,
                unsettled,
            });
        }
        if look == 1 && !left.is_zero() {
            waits(missing.len(), left);
        }
        let pause = match missing.is_empty() || left.is_zero() {
            true => wait,
            false => wait.min(left),
        };
        tokio::time::sleep(pause).await;
        wait = (wait * 2).min(Duration::from_secs(8));
    }
    Ok(Shown {
        snapshot: read().await?,
        unsettled: Vec::new(),
    })
}

/// Where an object lies in the recycle bin; nothing for a kind that has none.
fn bin_path(kind: Kind, id: &str) -> Option<(Edition, String)> {
    let bin = "/identity/conditionalAccess/deletedItems";
    match kind {
        Kind::ConditionalAccessPolicy => {
            Some((Edition::Beta, item(&format!("{bin}/policies"), id)))
        }
        Kind::NamedLocation => Some((Edition::Beta, item(&format!("{bin}/namedLocations"), id))),
        Kind::TestUser | Kind::Group => Some((Edition::V1, item("/directory/deletedItems", id))),
        Kind::AuthenticationStrength | Kind::AuthenticationContext => None,
    }
}

/// An object in the recycle bin; nothing where it does not lie there.
///
/// # Errors
/// See [`GraphError`].
pub async fn binned(
    reader: &Reader<'_>,
    kind: Kind,
    id: &str,
) -> Result<Option<Value>, GraphError> {
    match bin_path(kind, id) {
        Some((edition, path)) => reader.get(edition, &path).await,
        None => Ok(None),
    }
}

/// Whether an object lies in the recycle bin, which holds policies and named locations
/// (documented for beta, where the pages call every permission of applications unsupported),
/// users and groups. Some clouds have none (their published schemas).
///
/// # Errors
/// When it cannot be told: what is taken for gone would be made a second time.
pub async fn in_recycle_bin(
    reader: &Reader<'_>,
    kind: Kind,
    id: &str,
) -> Result<Binned, GraphError> {
    let Some((edition, path)) = bin_path(kind, id) else {
        return Ok(Binned::NoBin);
    };
    match reader.get(edition, &path).await {
        Ok(Some(_)) => Ok(Binned::There),
        Ok(None) => Ok(Binned::NotThere),
        Err(GraphError::Api(error)) if error.status == 403 => Ok(Binned::Closed(error.to_string())),
        Err(GraphError::Api(error))
            if error.status == 400 && error.message.contains("for the segment") =>
        {
            Ok(Binned::NoBin)
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn trace(left: Left, id: Option<&str>) -> Trace {
        Trace {
            kind: Kind::Group,
            name: "G".to_owned(),
            id: id.map(str::to_owned),
            left,
            at: Timestamp::now(),
            run: "r".to_owned(),
        }
    }

    fn snapshot(groups: &[(&str, &str, &str)]) -> Snapshot {
        let mut snapshot = Snapshot::default();
        for (id, name, description) in groups {
            let raw = json!({"id": id, "displayName": name, "description": description,
                "mailEnabled": false, "mailNickname": "g", "securityEnabled": true});
            snapshot.add(Kind::Group, vec![raw]);
        }
        snapshot
    }

    #[test]
    fn each_trace_is_shown_by_what_it_left() {
        let (there, other) = (snapshot(&[("1", "G", "new")]), snapshot(&[("2", "H", "")]));
        for (trace, shown, not_shown) in [
            (trace(Left::Exists(By::Creation), Some("1")), &there, &other),
            (trace(Left::MayExist(By::Creation), None), &there, &other),
            (trace(Left::Gone, Some("1")), &other, &there),
        ] {
            assert!(
                trace.is_shown(shown) && !trace.is_shown(not_shown),
                "{trace:?}"
            );
        }
        let before = json!({"id": "1", "displayName": "G", "description": "old",
            "mailEnabled": false, "mailNickname": "g", "securityEnabled": true});
        let changed = |paths: &[&str]| {
            let paths = paths.iter().map(|p| (*p).to_owned()).collect();
            trace(Left::Changed(before.clone(), paths), Some("1"))
        };
        let stale = snapshot(&[("1", "G", "old")]);
        assert!(changed(&["description"]).is_shown(&there));
        assert!(!changed(&["description"]).is_shown(&stale));
        // What the recycle bin does not hold yet would be made anew, where it holds such a thing.
        for (said, shown) in [
            (Binned::There, true),
            (Binned::NotThere, false),
            (Binned::NoBin, true),
            (Binned::Closed(String::new()), true),
        ] {
            let mut gone = other.clone();
            gone.binned.insert("1".to_owned(), said);
            for left in [Left::Gone, Left::MayBeGone] {
                assert_eq!(trace(left, Some("1")).is_shown(&gone), shown);
            }
        }
        // Links are not looked at, and an object that is gone was deleted since.
        assert!(changed(&["members"]).is_shown(&stale));
        assert!(changed(&["description"]).is_shown(&other));
    }

    #[test]
    fn what_could_be_doubled_counts_longest_and_nothing_for_ever() {
        let replication = Replication::usually(Duration::from_secs(90));
        let later = |seconds| Timestamp::now() + Duration::from_secs(seconds);
        for (trace, open, settled) in [
            (trace(Left::MayExist(By::Creation), None), 620, 640),
            (trace(Left::Exists(By::Restore), Some("1")), 530, 550),
            (trace(Left::Gone, Some("1")), 80, 100),
        ] {
            assert!(!trace.is_settled(replication, later(open)));
            assert!(trace.is_settled(replication, later(settled)));
        }
        let at_once = Replication::always(Duration::ZERO);
        assert!(trace(Left::MayExist(By::Creation), None).is_settled(at_once, later(0)));
    }
}
