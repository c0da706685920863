//! Counting the people whom a plan affects, for `impact` and `plan`.

use std::path::Path;

use anyhow::Context;
use jiff::Timestamp;

use super::console::Console;
use super::session::{Stopped, runs_folder};
use crate::apply::journal;
use crate::disk;
use crate::finding::{Code, Finding};
use crate::graph::GraphError;
use crate::graph::read::Reader;
use crate::impact::people::cache::PeopleCache;
use crate::impact::people::directory::{PeopleDirectory, PeopleWanted};
use crate::impact::people::edits::PeopleEdits;
use crate::impact::people::judge::{PeopleInput, for_people, judge};
use crate::impact::people::mask::{NameMask, without_paths};
use crate::impact::people::{PeopleImpact, read};
use crate::impact::replay::sweep_log;
use crate::model::{Kind, Object};
use crate::plan::Plan;
use crate::plan::after::after;
use crate::tenant::names::read_names;
use crate::tenant::read::read_unknown;
use crate::tenant::snapshot::Snapshot;
use crate::tenant::world::{self, Looked};
use crate::text::counted;
use crate::whatif::{CompiledPolicies, Environment, PolicySet};

/// What works without the permissions that are missing.
const WITHOUT: &str = "without it, `gatewright plan` and `gatewright compare` still say what changes for sign-ins, for whom in words and not in numbers";

const WITHOUT_NAMES: &str =
    "without it, `gatewright plan` still says what changes for sign-ins, with ids instead of names";
const WITHOUT_TENANT: &str = "`gatewright compare git:REVISION .` says what changes from one set of manifests to another, and asks no tenant";

/// The policies of a tenant before and after a plan.
pub struct PlanSides {
    /// Those that there are now.
    pub before: PolicySet,
    /// Those that there are after it.
    pub after: PolicySet,
}

/// The policies before and after a plan, with the names of all that they refer to.
///
/// # Errors
/// See [`GraphError`].
pub async fn sides(
    reader: &Reader<'_>,
    plan: &Plan,
    snapshot: &mut Snapshot,
    environment: &Environment,
) -> Result<PlanSides, GraphError> {
    let named = [Kind::ConditionalAccessPolicy, Kind::Group];
    let named = named.into_iter().flat_map(|kind| snapshot.of(kind));
    let mut objects: Vec<Object> = named.map(|live| live.object.clone()).collect();
    let actions = plan.actions.iter();
    objects.extend(actions.filter_map(|action| action.desired.clone()));
    read_unknown(reader, snapshot, &objects).await?;
    read_names(reader, snapshot, &objects).await?;
    let looked = Looked::default();
    Ok(PlanSides {
        before: world::live(snapshot, &looked, environment.clone()),
        after: after(plan, snapshot, &looked, environment.clone()),
    })
}

/// How people are counted.
#[derive(Debug, Clone, Default)]
pub struct Counting<'a> {
    /// Principal names are listed.
    pub names: bool,
    /// No name of the tenant is shown, or kept.
    pub mask: bool,
    /// Where what was read is kept, and taken from.
    pub cache: Option<&'a Path>,
    /// The folder of the project: what was kept before its last run on the tenant does not count.
    pub root: Option<&'a Path>,
}

/// People as they were read for a plan.
pub struct ReadPeople {
    /// Users, memberships and roles.
    pub directory: PeopleDirectory,
    /// What the plan does to them.
    pub edits: PeopleEdits,
    /// How old they are, where they were not read now: as a note.
    pub age: Option<String>,
    /// Why roles could not be read.
    pub refused: Option<String>,
    cache: Option<(PeopleCache, Timestamp)>,
}

/// Reads those whom the policies can mean, or takes them from where they are kept.
///
/// # Errors
/// See [`GraphError`].
pub async fn read_people(
    reader: &Reader<'_>,
    plan: &Plan,
    sides: [&CompiledPolicies; 2],
    tenant_id: &str,
    how: &Counting<'_>,
    console: &Console,
) -> Result<ReadPeople, GraphError> {
    let wanted = PeopleWanted::of(sides);
    let edits = PeopleEdits::of(plan);
    let now = Timestamp::now();
    let cache = (how.cache).map(|folder| PeopleCache::new(folder, tenant_id, how.mask));
    if let Some(folder) = how.cache {
        sweep_log(folder);
    }
    let written = how.root.and_then(|root| last_run(root, tenant_id));
    let kept = (cache.as_ref()).map(|cache| cache.load(&wanted, now, written));
    let age = kept.as_ref().and_then(|kept| cached(kept, now));
    let (kept, at) = kept.unzip();
    let mut directory = kept.clone().unwrap_or_default();
    let mut tell = |text: &str| console.progress(text);
    let refused = read::read(reader, &wanted, &edits, &mut directory, &mut tell).await;
    console.progress("");
    Ok(ReadPeople {
        refused: refused?,
        cache: (cache.filter(|_| kept.as_ref() != Some(&directory))).zip(at),
        directory,
        edits,
        age,
    })
}

/// When a run of this project last wrote to a tenant.
fn last_run(root: &Path, tenant_id: &str) -> Option<Timestamp> {
    let runs = journal::list(&runs_folder(root));
    let own = runs.iter().filter(|run| run.tenant_id == tenant_id);
    own.filter_map(|run| run.last.parse().ok()).max()
}

impl ReadPeople {
    /// Keeps what was read, where that is wanted.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub fn keep(&self) -> anyhow::Result<()> {
        let Some((cache, now)) = &self.cache else {
            return Ok(());
        };
        let path = cache.path();
        let folder = path.parent().unwrap_or(Path::new("."));
        disk::folder(folder)
            .with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
        let kept = cache.keep(&self.directory, *now);
        kept.with_context(|| format!("cannot keep what was read in `{}`", path.display()))
    }
}

/// Reads the people and counts those whom a plan affects. Where names are hidden, `numbers` say what
/// stands for them.
///
/// # Errors
/// See [`Stopped`]; a permission that is missing is a finding, with what works without it.
pub async fn count(
    reader: &Reader<'_>,
    plan: &Plan,
    sides: &PlanSides,
    tenant_id: &str,
    how: &Counting<'_>,
    numbers: &mut NameMask,
    console: &Console,
) -> Result<PeopleImpact, Stopped> {
    let own = [for_people(&sides.before), for_people(&sides.after)];
    let compiled = own.each_ref().map(PolicySet::compiled);
    let read = read_people(reader, plan, compiled.each_ref(), tenant_id, how, console);
    let people = read.await.map_err(without)?;
    people.keep()?;
    Ok(count_read(people, own, how, numbers, console))
}

/// Counts those whom a plan affects, of people who were read for policies that [`for_people`] gave.
pub fn count_read(
    people: ReadPeople,
    mut own: [PolicySet; 2],
    how: &Counting<'_>,
    numbers: &mut NameMask,
    console: &Console,
) -> PeopleImpact {
    let ReadPeople {
        mut directory,
        mut edits,
        age,
        refused,
        ..
    } = people;
    let mut mask = how.mask.then_some(numbers);
    if let Some(mask) = &mut mask {
        mask.sets(own.each_mut());
        mask.people(&mut directory, &mut edits);
    }
    let input = PeopleInput {
        sides: own.each_ref(),
        directory: &directory,
        edits: &edits,
        names: how.names,
    };
    let mut impact = judge(&input, &mut |done, of| {
        console.progress(&format!("Judging classes of people: {done} of {of}"));
    });
    if let Some(mask) = &mut mask {
        mask.impact(&mut impact);
    }
    console.progress("");
    impact.notes.extend(age);
    if let Some(why) = refused {
        let why = if how.mask { without_paths(&why) } else { why };
        let note = format!(
            "who holds which directory role could not be read ({why}); people whom policies name by a role alone may be affected otherwise"
        );
        impact.notes.insert(0, note);
    }
    impact
}

/// That people were not read now, where they were not: as a note.
fn cached((kept, at): &(PeopleDirectory, Timestamp), now: Timestamp) -> Option<String> {
    let told = || {
        let minutes = (now.as_second() - at.as_second()) / 60;
        format!(
            "users and memberships are from the cache and were read {} ago: what changed since then is not counted, and deleting the folder reads them again",
            counted(minutes, "minute")
        )
    };
    (!kept.users.is_empty()).then(told)
}

/// A refusal, with what works without what is missing.
pub fn without(refused: impl Into<Stopped>) -> Stopped {
    with_way(refused.into(), "", WITHOUT)
}

/// The same where it was the tenant's policies that could not be read, or what they name.
pub fn without_tenant(refused: impl Into<Stopped>) -> Stopped {
    let told = with_way(refused.into(), "`Directory.Read.All`", WITHOUT_NAMES);
    with_way(told, "", WITHOUT_TENANT)
}

/// A refusal for want of a permission or a licence, with what works all the same. Only of those whose
/// message names `what`.
pub fn with_way(stopped: Stopped, what: &str, way: &str) -> Stopped {
    let Stopped::Findings(mut list) = stopped else {
        return stopped;
    };
    let wants = |finding: &&mut Finding| {
        let codes = [Code::MissingPermission, Code::MissingLicence];
        codes.contains(&finding.code) && finding.message.contains(what)
    };
    for finding in list.iter_mut().filter(wants) {
        finding.help = Some(match &finding.help {
            Some(help) => format!("{help}; {way}"),
            None => way.to_owned(),
        });
    }
    Stopped::Findings(list)
}
