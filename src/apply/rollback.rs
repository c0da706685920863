//! A plan back to how things were before a run: what it created is deleted, what it changed
//! is changed back, what it deleted is restored from the recycle bin or, where that does not
//! hold it, made anew under another id.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::journal::{Done, RunRecord};
use crate::finding::{Code, Finding, has_errors, tidy};
use crate::graph::GraphError;
use crate::graph::read::Reader;
use crate::model::cloud::ApiVersion;
use crate::model::facts::Edition;
use crate::model::kind::same_name;
use crate::model::normal::{beta_members, unknown_members};
use crate::model::refs::RefKind;
use crate::model::values::{List, SENTINEL};
use crate::model::{Kind, Object};
use crate::plan::compare::{pair, unsendable};
use crate::plan::diff::changes;
use crate::plan::{Action, Plan, Verb, in_use, names, order};
use crate::tenant::again::{Asked, objects};
use crate::tenant::read;
use crate::tenant::resolve::pending;
use crate::tenant::snapshot::{Binned, Live, Snapshot};
use crate::tenant::trace::{Shown, Trail, in_recycle_bin, until_shown};
use crate::tenant::wanted::{Own, OwnObject, Wanted};

/// Why there is no plan back.
#[derive(Debug)]
pub enum NoWayBack {
    /// The tenant cannot be read.
    Graph(GraphError),
    /// Something in it is in the way.
    Findings(Vec<Finding>),
}

impl From<GraphError> for NoWayBack {
    fn from(error: GraphError) -> NoWayBack {
        NoWayBack::Graph(error)
    }
}

/// Reads the tenant, until it shows what earlier runs left (see [`until_shown`]), and builds the
/// plan back to before `run`. What was read comes with it.
///
/// # Errors
/// See [`NoWayBack`].
pub async fn prepare(
    reader: &Reader<'_>,
    version: ApiVersion,
    run: &RunRecord,
    trail: &Trail,
    waits: &dyn Fn(usize, Duration),
) -> Result<(Plan, Shown), NoWayBack> {
    let mut ids = Vec::new();
    let mut named = Vec::new();
    let mut own = Own::default();
    for done in &run.actions {
        let Some(kind) = done.head.kind.object() else {
            continue;
        };
        own.0.push(OwnObject {
            kind,
            pin: None,
            name: done.head.name.clone(),
            former_names: Vec::new(),
            links: false,
        });
        match done.id() {
            Some(id) if matches!(kind, Kind::Group | Kind::TestUser) => ids.push(Asked {
                links: done.head.links.is_some(),
                ..Asked::new(kind, &id)
            }),
            None if done.maybe_made => named.push((kind, done.head.name.clone())),
            _ => {}
        }
    }
    // Contexts have a permission of their own, and a run that is not about them goes without.
    let about_contexts = run.actions.iter().any(|done| {
        let named = |object: Object| {
            let mut references = object.references().into_iter();
            references.any(|(kind, ..)| kind == RefKind::Context)
        };
        done.head.kind.object() == Some(Kind::AuthenticationContext)
            || image(done).is_some_and(named)
    });
    let wanted = Wanted {
        strengths: true,
        contexts: true,
        contexts_if_allowed: !about_contexts,
        ..Wanted::default()
    };
    // What the recycle bin said once of an object that it holds, it need not say again.
    let said = RefCell::new(BTreeMap::new());
    let read = async || {
        let mut snapshot = read::snapshot(reader, version, &wanted, Own::default()).await?;
        for live in objects(reader, version, &ids, &named).await?.into_values() {
            snapshot.live.add(live);
        }
        let mut binned: BTreeMap<String, Binned> = said.take();
        for done in run.actions.iter().filter(|d| d.head.verb == "delete") {
            if let (Some(id), Some(kind)) = (done.id(), done.head.kind.object())
                && snapshot.by_id(kind, &id).is_none()
                && binned.get(&id).is_none_or(|said| *said == Binned::NotThere)
            {
                binned.insert(id.clone(), in_recycle_bin(reader, kind, &id).await?);
            }
        }
        said.replace(binned.clone());
        snapshot.binned = binned;
        Ok(snapshot)
    };
    let shown = until_shown(reader, trail, &own, read, waits).await?;
    let snapshot = &shown.snapshot;
    // What cannot be understood would be made again.
    let mut findings = snapshot.findings.clone();
    let mut plan = plan(run, snapshot);
    in_use(&plan, &[], snapshot, &mut findings);
    if has_errors(&findings) {
        tidy(&mut findings);
        return Err(NoWayBack::Findings(findings));
    }
    for action in &mut plan.actions {
        action.edition = edition(action, version);
    }
    plan.names = names::known(&plan, snapshot);
    let weaker = order::around_policies(&mut plan, snapshot);
    plan.notices.extend(weaker);
    plan.notices.extend(findings);
    tidy(&mut plan.notices);
    order::sort(&mut plan.actions);
    Ok((plan, shown))
}

/// What has to be read of the tenant to carry `plan` out another time: the objects that it is
/// about, by their ids.
pub fn ground(plan: &Plan) -> (Wanted, Own) {
    let mut wanted = Wanted {
        strengths: true,
        contexts: (plan.actions.iter()).any(|a| a.kind == Kind::AuthenticationContext),
        ..Wanted::default()
    };
    let mut own = Own::default();
    for action in &plan.actions {
        if !matches!(action.kind, Kind::Group | Kind::TestUser) {
            continue;
        }
        let pin = action.id.clone().filter(|_| action.verb != Verb::Create);
        if let Some(id) = &pin {
            wanted.object_ids.insert(id.to_lowercase());
        }
        let linked = |side: &Value| side.get("members").or(side.get("memberOf")).is_some();
        let links = action.live.as_ref().is_some_and(|live| match &live.object {
            Object::Group(group) => group.members.is_some(),
            Object::TestUser(user) => user.member_of.is_some(),
            _ => false,
        });
        own.0.push(OwnObject {
            kind: action.kind,
            links: pin.is_some() && (links || linked(&action.before)),
            pin,
            name: action.name.clone(),
            former_names: Vec::new(),
        });
    }
    (wanted, own)
}

/// What a run made whose id it never learned: no object had the name when it was planned, so
/// that one which was made since is its own.
fn made<'s>(run: &RunRecord, done: &Done, kind: Kind, snapshot: &'s Snapshot) -> Vec<&'s Live> {
    /// How far two clocks may differ.
    const SKEW: i64 = 300;
    let time = |text: &str| text.parse::<Timestamp>().ok().map(|t| t.as_second());
    let since = time(&run.time).map(|t| t - SKEW);
    let until = done.touched.as_deref().and_then(time).map(|t| t + SKEW);
    let is_of_run = |live: &&Live| {
        let made = live.raw.get("createdDateTime").and_then(Value::as_str);
        let Some(made) = made.and_then(time) else {
            return true;
        };
        since.is_none_or(|since| made >= since) && until.is_none_or(|until| made <= until)
    };
    let all = snapshot.of(kind).iter();
    all.filter(|live| same_name(kind, live.name(), &done.head.name))
        .filter(is_of_run)
        .collect()
}

fn edition(action: &Action, version: ApiVersion) -> Edition {
    let graph_type = action.kind.graph_type();
    let preview = |value: &Value| {
        !beta_members(graph_type, value).is_empty()
            || !unknown_members(graph_type, value).is_empty()
    };
    let policy = matches!(
        action.kind,
        Kind::ConditionalAccessPolicy | Kind::NamedLocation
    );
    let needs_beta = action
        .desired
        .as_ref()
        .is_some_and(|desired| preview(&desired.to_value()))
        || action.live.as_ref().is_some_and(|live| preview(&live.raw));
    match version {
        ApiVersion::Beta if policy => Edition::Beta,
        ApiVersion::Auto if policy && needs_beta => Edition::Beta,
        _ => Edition::V1,
    }
}

/// The plan, from what the journal tells and what is live now.
fn plan(run: &RunRecord, snapshot: &Snapshot) -> Plan {
    let in_bin = |id: &String| snapshot.binned.get(id) == Some(&Binned::There);
    let mut plan = Plan {
        tenant: run.tenant.clone(),
        organization: snapshot.organization.clone(),
        read_at: snapshot.read_at,
        ..Plan::default()
    };
    // What has to be made anew gets another id: references to the old one follow it.
    let mut moved: BTreeMap<String, String> = BTreeMap::new();
    for done in &run.actions {
        if let (Some(id), Some(kind), "delete" | "update") =
            (done.id(), done.head.kind.object(), done.head.verb.as_str())
            && done.wrote
            && snapshot.by_id(kind, &id).is_none()
            && !in_bin(&id)
            && kind != Kind::AuthenticationContext
        {
            moved.insert(id.to_lowercase(), pending(kind, &done.head.name));
        }
    }
    for done in &run.actions {
        if !done.wrote && !done.unknown {
            continue;
        }
        let notice = |text: String| Finding::warning(Code::MissingObject, text);
        let Some(kind) = done.head.kind.object() else {
            continue;
        };
        let id = match done.id() {
            Some(id) => id,
            None => match made(run, done, kind, snapshot).as_slice() {
                [] => continue,
                [one] => one.id.clone(),
                several => {
                    plan.notices.push(notice(format!(
                        "the run may have created one of {} named `{}`; it is not known which, so all of them are left alone",
                        several.len(),
                        done.head.name
                    )));
                    continue;
                }
            },
        };
        let live = snapshot.by_id(kind, &id);
        match (done.head.verb.as_str(), live) {
            ("create", None) => {} // it is gone already
            ("create", Some(live)) => {
                let marked = match &live.object {
                    Object::TestUser(user) => user.is_marked(),
                    _ => true,
                };
                if marked {
                    plan.actions
                        .push(action(Verb::Delete, None, Some(live), &run.run));
                }
            }
            (_, live) => {
                let Some(mut before) = image(done) else {
                    plan.notices.push(notice(format!(
                        "the journal has no readable copy of the {} `{}`",
                        kind.words(),
                        done.head.name
                    )));
                    continue;
                };
                for reference in before.references_mut() {
                    if let Some(new) = moved.get(&reference.target.to_lowercase()) {
                        *reference.target = new.clone();
                    }
                }
                match live {
                    Some(live) => {
                        if let (Object::TestUser(was), Object::TestUser(is)) =
                            (&before, &live.object)
                            && was.usage_location.is_none()
                            && is.usage_location.is_some()
                        {
                            plan.notices.push(notice(format!(
                                "`usageLocation` of the test user `{}` cannot be cleared and is left alone",
                                done.head.name
                            )));
                        }
                        let pair = pair(&before, &live.object, &[]);
                        if pair.desired.normal_form() != pair.live.normal_form() {
                            plan.actions.push(action(
                                Verb::Update,
                                Some(pair.desired),
                                Some(live),
                                &run.run,
                            ));
                        }
                    }
                    None => {
                        let mut made = action(Verb::Create, Some(before), None, &run.run);
                        if in_bin(&id) {
                            made.reason = format!(
                                "it is restored from the recycle bin, as before {}",
                                run.run
                            );
                            made.id = Some(id.clone());
                            made.restore = true;
                        } else {
                            let why = match snapshot.binned.get(&id) {
                                Some(Binned::Closed(why)) => format!(" ({why})"),
                                _ => String::new(),
                            };
                            plan.notices.push(notice(format!(
                                "the {} `{}` ({id}) cannot be restored{why} and is recreated: its id changes, and references to it from elsewhere break",
                                kind.words(),
                                done.head.name
                            )));
                        }
                        plan.actions.push(made);
                    }
                }
            }
        }
    }
    // What the service did not tell when the image was taken cannot be put back.
    let mut left = Vec::new();
    plan.actions.retain(|action| match unsendable(action) {
        Some(path) if !action.restore => {
            left.push(Finding::warning(
                Code::BadValue,
                format!(
                    "`{path}` of the {} `{}` was a value that the service does not disclose (`{SENTINEL}`), so it is left alone",
                    action.kind.words(),
                    action.name
                ),
            ));
            false
        }
        _ => true,
    });
    plan.notices.extend(left);
    plan
}

/// The object as it was before the run.
fn image(done: &Done) -> Option<Object> {
    let raw = done.head.before.clone()?;
    let mut live = Live::read(done.head.kind.object()?, raw).ok()?;
    if let Some(links) = &done.head.links {
        live.set_links(links.clone());
    }
    let mut object = live.object;
    // A link that was not read is left alone.
    match &mut object {
        Object::Group(group) if done.head.links.is_none() => group.members = None,
        Object::TestUser(user) if done.head.links.is_none() => user.member_of = None,
        Object::Group(group) => group.members = Some(List(done.head.links.clone()?)),
        _ => {}
    }
    Some(object)
}

fn action(verb: Verb, desired: Option<Object>, live: Option<&Live>, run: &str) -> Action {
    let kind = match (&desired, live) {
        (Some(object), _) => object.kind(),
        (None, Some(live)) => live.kind,
        (None, None) => Kind::ConditionalAccessPolicy, // never: an action is about something
    };
    let normal = |object: &Object| object.normal_form();
    // What the image does not say, and what cannot be cleared, is left alone.
    let have = live.map(|live| match &desired {
        Some(want) => pair(want, &live.object, &[]).live,
        None => live.object.clone(),
    });
    let before = have.as_ref().map_or(Value::Null, normal);
    let after = desired.as_ref().map_or(Value::Null, normal);
    Action {
        verb,
        kind,
        name: desired
            .as_ref()
            .or(live.map(|l| &l.object))
            .map(|o| o.name().to_owned())
            .unwrap_or_default(),
        id: live.map(|l| l.id.clone()),
        place: None,
        phase: order::phase(verb, kind, &before, &after),
        reason: match verb {
            Verb::Delete => format!("{run} created it"),
            _ => format!("as before {run}"),
        },
        changes: match verb {
            Verb::Update => changes(&before, &after),
            _ => Vec::new(),
        },
        before,
        after,
        desired,
        live: live.cloned(),
        links: BTreeMap::new(),
        ignored: Vec::new(),
        restore: false,
        purge: None,
        edition: Edition::V1,
        effect: None,
    }
}
