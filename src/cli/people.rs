//! Counting the people whom a plan affects, for `impact` and `plan`.

use std::path::Path;

use anyhow::Context;
use jiff::Timestamp;

use super::console::Console;
use super::session::Stopped;
use crate::finding::Finding;
use crate::graph::GraphError;
use crate::graph::read::Reader;
use crate::impact::people::cache::PeopleCache;
use crate::impact::people::directory::PeopleWanted;
use crate::impact::people::edits::PeopleEdits;
use crate::impact::people::judge::{PeopleInput, for_people, judge};
use crate::impact::people::mask::NameMask;
use crate::impact::people::{PeopleImpact, read};
use crate::model::{Kind, Object};
use crate::plan::Plan;
use crate::plan::after::after;
use crate::tenant::names::read_names;
use crate::tenant::snapshot::Snapshot;
use crate::tenant::world::{self, Looked};
use crate::whatif::{Environment, PolicySet};

/// What works without the permissions that are missing.
const WITHOUT: &str = "without it, `gatewright plan` and `gatewright compare` still say what changes for sign-ins, for whom in words and not in numbers";

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
    let mut own = [for_people(&sides.before), for_people(&sides.after)];
    let compiled = own.each_ref().map(PolicySet::compiled);
    let wanted = PeopleWanted::of(compiled.each_ref());
    let mut edits = PeopleEdits::of(plan);
    let cache = (how.cache).map(|folder| PeopleCache::new(folder, tenant_id, how.mask));
    let now = Timestamp::now();
    let kept = cache.as_ref().map(|cache| cache.load(&wanted, now));
    let mut directory = kept.clone().unwrap_or_default();
    let told = console.clone();
    let mut tell = |text: &str| told.progress(text);
    let read = read::read(reader, &wanted, &edits, &mut directory, &mut tell).await;
    let unread = read.map_err(without)?;
    if let Some(cache) = cache.filter(|_| kept.as_ref() != Some(&directory)) {
        let folder = how.cache.unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
        cache.keep(&directory, now).with_context(|| {
            format!("cannot keep what was read in `{}`", cache.path().display())
        })?;
    }
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
    if let Some(why) = unread {
        let note = format!(
            "who holds which directory role could not be read ({why}); people whom policies name by a role alone may be affected otherwise"
        );
        impact.notes.insert(0, note);
    }
    Ok(impact)
}

/// A refusal, with what works without what is missing.
fn without(error: GraphError) -> Stopped {
    match Stopped::from(error) {
        Stopped::Findings(list) => {
            let told = list.into_iter().map(|finding: Finding| {
                let help = match &finding.help {
                    Some(help) => format!("{help}; {WITHOUT}"),
                    None => WITHOUT.to_owned(),
                };
                finding.help(help)
            });
            Stopped::Findings(told.collect())
        }
        other => other,
    }
}
