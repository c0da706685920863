//! Who uses what: for people as a tree, for programs as objects and references.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use super::human::{BOLD, DIM, paint};
use super::json::{FORMAT_VERSION, VERSION};
use super::table::{plain, table as rows_of, whole, wrapping};
use crate::model::enums::PolicyState;
use crate::model::values::GraphEnum;
use crate::text::{counted, visible};
use crate::uses::{ReferenceGraph, UseStep, UsedKind, UsedObject};

/// How many levels are set further in.
const LEVELS: usize = 12;

/// What was asked of a graph.
#[derive(Debug)]
pub struct UsesRun {
    /// The graph.
    pub graph: ReferenceGraph,
    /// The objects that are asked about, as their places in it; nothing asks for the whole.
    pub asked: Vec<usize>,
    /// The tenant, by its name in `gatewright.yaml`.
    pub tenant: String,
    /// Whether the objects are those of the tenant, and not of the manifests.
    pub is_live: bool,
}

/// A part of a graph, by places in it.
#[derive(Debug, Default)]
pub(super) struct PartOfGraph {
    /// The objects.
    pub objects: BTreeSet<usize>,
    /// The references between them.
    pub references: BTreeSet<usize>,
}

impl UsesRun {
    /// What is asked about, with all that depends on it and all that it depends on.
    pub(super) fn part(&self) -> PartOfGraph {
        if self.asked.is_empty() {
            let references = 0..self.graph.uses.len();
            let ends = self.graph.uses.iter();
            return PartOfGraph {
                objects: ends.flat_map(|one| [one.user, one.used]).collect(),
                references: references.collect(),
            };
        }
        let mut part = PartOfGraph {
            objects: self.asked.iter().copied().collect(),
            ..PartOfGraph::default()
        };
        for at in &self.asked {
            for step in self.graph.above(*at).iter().chain(&self.graph.below(*at)) {
                part.objects.insert(step.object);
                part.references.extend(&step.references);
            }
        }
        part
    }

    /// Where the objects are, in words.
    fn place(&self) -> &'static str {
        match self.is_live {
            true => "tenant",
            false => "project",
        }
    }

    fn object(&self, at: usize) -> Option<&UsedObject> {
        self.graph.objects.get(at)
    }

    fn members(&self, step: &UseStep) -> Vec<&str> {
        let references = step.references.iter();
        let members = references.filter_map(|at| Some(self.graph.uses.get(*at)?.member.as_str()));
        let mut members: Vec<&str> = members.collect();
        members.dedup();
        members
    }
}

/// The state of a policy, in the word of the field.
pub(super) fn state(object: &UsedObject) -> Option<String> {
    Some(match object.state.as_ref()? {
        PolicyState::Enabled => "enabled".to_owned(),
        PolicyState::Disabled => "disabled".to_owned(),
        PolicyState::ReportOnly => "report-only".to_owned(),
        other => other.as_str().to_owned(),
    })
}

/// A name, and what it is.
fn called(object: &UsedObject) -> String {
    let mut what = object.kind.word().to_owned();
    if let Some(state) = state(object) {
        let _ = write!(what, ", {}", visible(&state, false));
    }
    if let Some(also) = &object.also {
        let _ = write!(what, ", {}", visible(also, false));
    }
    format!("{} ({what})", paint(BOLD, &visible(&object.name, false)))
}

/// `2 policies, 1 group`: how many of each kind are reached.
fn counts(run: &UsesRun, objects: impl Iterator<Item = usize>) -> String {
    let objects: BTreeSet<usize> = objects.collect();
    let mut counts: BTreeMap<UsedKind, usize> = BTreeMap::new();
    for object in objects.into_iter().filter_map(|at| run.object(at)) {
        *counts.entry(object.kind).or_default() += 1;
    }
    let counts = counts.into_iter();
    let counts: Vec<String> = counts
        .map(|(kind, count)| match kind {
            UsedKind::Agreement => format!("{count} {}", kind.word()),
            _ => counted(count, kind.word()),
        })
        .collect();
    counts.join(", ")
}

/// For people: each object that is asked about with who uses it and what it uses.
pub fn human(run: &UsesRun) -> String {
    let mut out = String::new();
    for (number, at) in run.asked.iter().enumerate() {
        let Some(object) = run.object(*at) else {
            continue;
        };
        if number > 0 {
            out.push('\n');
        }
        let _ = writeln!(out, "{}", called(object));
        if let Some(id) = &object.id {
            let _ = writeln!(out, "  id {}", visible(id, false));
        }
        if let Some(place) = &object.place {
            let name = visible(&place.file.name, false);
            let _ = writeln!(out, "  {name}:{}", place.line);
        }
        // What is the same in every tenant needs no manifest.
        let is_known = object.is_described || object.id.is_some() || object.also.is_some();
        if !is_known && !run.is_live && object.kind.is_manifested() {
            out.push_str("  no manifest of the project describes it\n");
        }
        out.push('\n');
        tree(run, "Used by", &run.graph.above(*at), &mut out);
        tree(run, "Uses", &run.graph.below(*at), &mut out);
    }
    out
}

fn tree(run: &UsesRun, title: &str, steps: &[UseStep], out: &mut String) {
    if steps.is_empty() {
        let nothing = match title {
            "Uses" => "nothing".to_owned(),
            _ => format!("nothing in the {}", run.place()),
        };
        let _ = writeln!(out, "{}: {nothing}", paint(BOLD, title));
        return;
    }
    let counts = counts(run, steps.iter().map(|step| step.object));
    let _ = writeln!(out, "{}: {counts}", paint(BOLD, title));
    let followed: Vec<bool> = {
        // What is shown again and has nothing below it needs no word.
        let mut has = vec![false; run.graph.objects.len()];
        for via in steps.iter().filter_map(|step| step.via) {
            if let Some(slot) = steps.get(via).and_then(|step| has.get_mut(step.object)) {
                *slot = true;
            }
        }
        has
    };
    for step in steps {
        let Some(object) = run.object(step.object) else {
            continue;
        };
        let indent = "  ".repeat(step.depth.min(LEVELS) + 1);
        let again = step.is_again && followed.get(step.object) == Some(&true);
        let again = match again {
            true => paint(DIM, " (see above)"),
            false => String::new(),
        };
        let members = run.members(step).join(", ");
        let _ = writeln!(out, "{indent}{}: {members}{again}", called(object));
    }
}

/// For people: a row for each object, for a screen of this width.
pub fn table(run: &UsesRun, width: Option<usize>) -> String {
    let graph = &run.graph;
    if graph.objects.is_empty() {
        return format!("The {} has no objects.\n", run.place());
    }
    let rows = graph.objects.iter().enumerate().map(|(at, object)| {
        let users = counts(run, graph.users_of(at).map(|one| one.user));
        let used: BTreeSet<usize> = graph.uses_of(at).map(|one| one.used).collect();
        vec![
            plain(object.kind.word()),
            (visible(&object.name, false), BOLD),
            plain(if users.is_empty() {
                "-".to_owned()
            } else {
                users
            }),
            plain(match used.len() {
                0 => "-".to_owned(),
                used => used.to_string(),
            }),
        ]
    });
    let columns = [
        whole("KIND", 0),
        wrapping("NAME", 0),
        wrapping("USED BY", 0),
        whole("USES", 1),
    ];
    let rows: Vec<_> = rows.collect();
    let table = rows_of(&columns, &rows, width).noted("`--format json` has everything.");
    let note = "`gatewright uses NAME` shows who uses it, by which members and through what.\n";
    format!("{table}\n{}", paint(DIM, note))
}

/// The answer of `uses --format json`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(title = "gatewright uses")]
pub struct UsesOutput<'a> {
    /// The version of this format.
    pub format_version: &'static str,
    /// The version of gatewright.
    pub gatewright_version: &'static str,
    /// The tenant, by its name in `gatewright.yaml`.
    pub tenant: &'a str,
    /// Whether the objects are those of the tenant; else they are those of the manifests.
    pub live: bool,
    /// The objects that the command was asked about, with all that depends on them and all that
    /// they depend on. Empty when it was asked about everything.
    pub asked: Vec<AskedObjectOutput<'a>>,
    /// The objects, policies first, then by name: those that were asked about and all that is
    /// connected with them, or every object.
    pub objects: Vec<UsedObjectOutput<'a>>,
    /// The references between these objects.
    pub references: Vec<ReferenceOutput<'a>>,
}

/// An object that was asked about.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AskedObjectOutput<'a> {
    /// Its place in `objects`, from 0.
    pub object: usize,
    /// Its kind.
    pub kind: &'static str,
    /// Its name.
    pub name: &'a str,
    /// What depends on it, directly or through others, in the order of a tree.
    pub used_by: Vec<StepOutput<'a>>,
    /// What it depends on, in the same order.
    pub uses: Vec<StepOutput<'a>>,
}

/// One object on the way from an object that was asked about.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StepOutput<'a> {
    /// Its place in `objects`, from 0.
    pub object: usize,
    /// Its kind.
    pub kind: &'static str,
    /// Its name.
    pub name: &'a str,
    /// The members that hold the reference.
    pub members: Vec<&'a str>,
    /// The place in this list, from 0, of the object through which it is reached; null where it is
    /// reached directly.
    pub via: Option<usize>,
    /// True when it is in the list before: what follows it stands there.
    pub again: bool,
}

/// One object.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsedObjectOutput<'a> {
    /// The kind, such as `ConditionalAccessPolicy`, `Group`, `User` or `DirectoryRole`.
    pub kind: &'static str,
    /// The name; the id where no name is known.
    pub name: &'a str,
    /// The id, where it is known and is not the name.
    pub id: Option<&'a str>,
    /// The display name of an authentication context or a user, or what a special value such as
    /// `All` stands for.
    pub also: Option<&'a str>,
    /// The state of a policy; null for other kinds.
    pub state: Option<&'a str>,
    /// The file of its manifest; null without one.
    pub file: Option<&'a str>,
    /// The line in the file, from 1.
    pub line: Option<usize>,
    /// True when a manifest describes it or the tenant has it; false when it is only named.
    pub described: bool,
}

/// One reference.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReferenceOutput<'a> {
    /// The object that refers: its place in `objects`, from 0.
    pub from: usize,
    /// The object that is referred to: its place in `objects`, from 0.
    pub to: usize,
    /// The member that holds the reference, such as `conditions.users.excludeGroups`.
    pub member: &'a str,
    /// The file in which it stands; null for what was read from the tenant.
    pub file: Option<&'a str>,
    /// The line in the file, from 1.
    pub line: Option<usize>,
}

/// For programs.
pub fn json(run: &UsesRun) -> UsesOutput<'_> {
    let mut part = run.part();
    if run.asked.is_empty() {
        part.objects = (0..run.graph.objects.len()).collect();
    }
    let at: BTreeMap<usize, usize> = (part.objects.iter())
        .enumerate()
        .map(|(now, before)| (*before, now))
        .collect();
    let moved = |before: usize| at.get(&before).copied().unwrap_or_default();
    let steps = |steps: Vec<UseStep>| -> Vec<StepOutput<'_>> {
        let steps = steps.into_iter().filter_map(|step| {
            let object = run.object(step.object)?;
            Some(StepOutput {
                object: moved(step.object),
                kind: object.kind.as_str(),
                name: &object.name,
                members: run.members(&step),
                via: step.via,
                again: step.is_again,
            })
        });
        steps.collect()
    };
    let asked = run.asked.iter().filter_map(|at| {
        let object = run.object(*at)?;
        Some(AskedObjectOutput {
            object: moved(*at),
            kind: object.kind.as_str(),
            name: &object.name,
            used_by: steps(run.graph.above(*at)),
            uses: steps(run.graph.below(*at)),
        })
    });
    let objects = part.objects.iter().filter_map(|at| run.object(*at));
    let objects = objects.map(|object| UsedObjectOutput {
        kind: object.kind.as_str(),
        name: &object.name,
        id: object.id.as_deref(),
        also: object.also.as_deref(),
        state: object.state.as_ref().map(GraphEnum::as_str),
        file: object.place.as_ref().map(|place| place.file.name.as_str()),
        line: object.place.as_ref().map(|place| place.line),
        described: object.is_described,
    });
    let references = part.references.iter();
    let references = references.filter_map(|at| run.graph.uses.get(*at));
    let references = references.map(|one| ReferenceOutput {
        from: moved(one.user),
        to: moved(one.used),
        member: &one.member,
        file: one.place.as_ref().map(|place| place.file.name.as_str()),
        line: one.place.as_ref().map(|place| place.line),
    });
    UsesOutput {
        format_version: FORMAT_VERSION,
        gatewright_version: VERSION,
        tenant: &run.tenant,
        live: run.is_live,
        asked: asked.collect(),
        objects: objects.collect(),
        references: references.collect(),
    }
}
