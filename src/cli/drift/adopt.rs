//! What the tenant has, written into the manifests.

use std::collections::{BTreeMap, BTreeSet};

use crate::cli::console::Console;
use crate::cli::import::live::{NAMELESS, is_twin, unread_names, wanted};
use crate::cli::import::target::{ImportTarget, Texts, WantedFile};
use crate::cli::session::Stopped;
use crate::cli::view::View;
use crate::cli::{Exit, Format};
use crate::finding::{self, Code, Finding};
use crate::graph::read::Reader;
use crate::import::compose::{
    ManifestChange, edited, edited_file, left_groups, renamed_references, variables,
};
use crate::import::naming::Namer;
use crate::import::settle::settle;
use crate::manifest::project;
use crate::model::{Kind, Object};
use crate::plan::{Action, Plan, Verb};
use crate::render;
use crate::render::drift::{Drift, renamed};
use crate::render::import::{AdoptOutput, AdoptedOutput};
use crate::tenant::names::read_names;
use crate::tenant::resolve::resolve;
use crate::text::visible;

/// The manifests as they would be when they say what `plan` would undo; with `prune` without
/// those whose objects are not in the tenant.
///
/// # Errors
/// See [`Stopped`].
pub(super) async fn adopted(
    view: &mut View,
    plan: &Plan,
    prune: bool,
) -> Result<Adoption, Stopped> {
    let objects: Vec<Object> = plan
        .actions
        .iter()
        .filter_map(|action| action.live.as_ref().map(|live| live.object.clone()))
        .collect();
    let reader = Reader::new(&view.connection.client);
    let unasked = read_names(&reader, &mut view.snapshot, &objects).await?;
    let mut whole = BTreeSet::new();
    let adoption = adopt(view, plan, prune, &whole)?;
    whole.extend(adoption.wrong.iter().cloned());
    let mut adoption = match whole.is_empty() {
        true => adoption,
        false => adopt(view, plan, prune, &whole)?,
    };
    adoption
        .findings
        .extend(unasked.into_iter().map(unread_names));
    Ok(adoption)
}

/// The manifests as they would be.
pub(super) struct Adoption {
    target: ImportTarget,
    findings: Vec<Finding>,
    /// The objects whose manifests say what the tenant has, with the file.
    done: Vec<(Drift, Kind, String, String)>,
    /// The objects that still differ.
    left: Vec<(Drift, Kind, String)>,
    wrong: BTreeSet<(Kind, String)>,
}

fn adopt(
    view: &View,
    plan: &Plan,
    prune: bool,
    whole: &BTreeSet<(Kind, String)>,
) -> Result<Adoption, Stopped> {
    let snapshot = &view.snapshot;
    let tenant = view.tenant()?;
    let namer = Namer {
        index: &snapshot.index,
        nameless: NAMELESS.why,
    };
    let (resolved, _) = resolve(&view.desired, snapshot);
    let mut adoption = Adoption {
        target: ImportTarget::open(&view.file, tenant, None, &view.desired.manifests)?,
        findings: Vec::new(),
        done: Vec::new(),
        left: Vec::new(),
        wrong: BTreeSet::new(),
    };
    let (mut owned, mut gone, mut new) = (Vec::new(), Vec::new(), Vec::new());
    // First what refers to something by its old name: other edits count on the names of today.
    for action in plan
        .actions
        .iter()
        .filter(|action| renamed(action).is_some())
    {
        owned.extend(renamed_references(action, &resolved, &namer));
    }
    for action in &plan.actions {
        let drift = Drift::of(action);
        let mine = resolved.iter().find(|r| is_of(r.manifest, action));
        let file = match (action.verb, mine, &action.live) {
            (Verb::Update, Some(mine), _) => {
                let own = ManifestChange::of_action(mine.manifest, action, &mine.targets, &namer);
                let key = (action.kind, action.id.clone().unwrap_or_default());
                let edits = own.edits(whole.contains(&key));
                adoption.findings.extend(variables(mine.manifest, &edits));
                let file = edited_file(mine.manifest, &edits);
                owned.push((mine.manifest, edits));
                owned.extend(left_groups(action, &resolved));
                Some(file)
            }
            (Verb::Create, Some(mine), _) if prune => {
                adoption.findings.extend(patched(mine.manifest));
                gone.push(mine.manifest);
                Some(mine.manifest.document.file.name.clone())
            }
            (Verb::Delete, _, Some(live)) => {
                if let Some(document) = view.desired.left_out(action.kind, &action.name) {
                    adoption.findings.push(Finding::error(
                        Code::Import,
                        format!(
                            "the {} `{}` has a manifest, which a patch leaves out of this tenant",
                            action.kind.words(),
                            action.name
                        ),
                    )
                    .at(document.place(""))
                    .help("remove the patch with `absent: true` that targets it, or leave the object out: `gatewright drift --adopt NAME...` adopts only what is named"));
                    continue;
                }
                new.push(live);
                continue;
            }
            _ => None,
        };
        match file {
            Some(file) => adoption
                .done
                .push((drift, action.kind, action.name.clone(), file)),
            None => adoption
                .left
                .push((drift, action.kind, action.name.clone())),
        }
    }
    let wanted: Vec<WantedFile> = new.iter().map(|live| wanted(live)).collect();
    let mut texts = Texts::default();
    for (live, path) in new
        .into_iter()
        .zip(adoption.target.paths(&view.file, tenant, &wanted)?)
    {
        let twin = is_twin(snapshot, live);
        let draft = namer.draft(&live.object, &live.raw, &live.unknown, twin);
        let name = live.name().to_owned();
        match settle(draft, &path, tenant, true) {
            Ok((_, written)) => {
                texts.new.push(Some(written.text));
                let done = (Drift::Unmanaged, live.kind, name, path);
                adoption.done.push(done);
            }
            Err(findings) => {
                texts.new.push(None);
                adoption.left.push((Drift::Unmanaged, live.kind, name));
                let errors = findings.into_iter().filter(Finding::is_error);
                adoption.findings.extend(errors);
            }
        }
    }
    // Files that stay as they are: it is told why, once.
    let mut stuck: BTreeSet<String> = BTreeSet::new();
    for result in edited(&owned) {
        match result {
            Ok((file, text)) => {
                texts.changed.insert(file.name.clone(), (file, text));
            }
            Err(uneditable) => {
                stuck.insert(uneditable.file.name.clone());
                adoption.findings.extend(uneditable.told(
                    "change it by hand, or leave it out: `gatewright drift --adopt NAME...` adopts only what is named",
                ));
            }
        }
    }
    adoption.target.propose(&wanted, &texts, &gone)?;
    let texts: BTreeMap<String, Option<String>> = adoption.target.texts();
    let (desired, findings) = project::load_with(&view.file, &view.name, tenant, &texts);
    let mut errors: Vec<Finding> = findings.into_iter().filter(Finding::is_error).collect();
    // All that differs, not only what is adopted now.
    let before = view.plan(&view.desired).map_err(Stopped::Findings)?;
    if errors.is_empty() {
        match view.plan(&desired) {
            Ok(after) => {
                // What was adopted differs no more, and nothing that was right has become wrong.
                let adopted = |action: &&Action| {
                    let is_it = |kind: Kind, name: &str| kind == action.kind && name == action.name;
                    let mut before = before.actions.iter();
                    let mut done = adoption.done.iter();
                    done.any(|(_, kind, name, _)| is_it(*kind, name))
                        || !before.any(|known| is_it(known.kind, &known.name))
                };
                let is_stuck = |action: &&Action| {
                    let place = action.place.as_ref();
                    place.is_some_and(|place| stuck.contains(&place.file.name))
                };
                let left = after.actions.iter().filter(|action| !is_stuck(action));
                for action in left.filter(adopted) {
                    let finding = Finding::error(
                        Code::Import,
                        format!(
                            "the manifest of the {} `{}` would still differ ({})",
                            action.kind.words(),
                            action.name,
                            action.reason
                        ),
                    )
                    .help("change it by hand, and please report it");
                    errors.push(finding.at_any(action.place.clone()));
                    let id = action.id.clone().unwrap_or_default();
                    adoption.wrong.insert((action.kind, id));
                }
            }
            Err(findings) => errors.extend(findings.into_iter().filter(Finding::is_error)),
        }
    }
    adoption.findings.extend(errors);
    let others = adoption.target.of_others(&view.file, &view.name);
    adoption.findings.extend(others);
    finding::tidy(&mut adoption.findings);
    Ok(adoption)
}

/// That a manifest cannot be removed, since patches are for it.
fn patched(manifest: &project::Manifest) -> Option<Finding> {
    manifest.document.overlay.as_ref()?;
    let message = format!(
        "the manifest of the {} `{}` has patches, which would be for nothing without it",
        manifest.kind().words(),
        manifest.name()
    );
    Some(
        Finding::error(Code::Import, message)
            .at(manifest.place())
            .help("write `absent: true` into a patch of the tenant, or remove the manifest and its patches by hand"),
    )
}

/// Whether the action is about the manifest.
pub(super) fn is_of(manifest: &project::Manifest, action: &Action) -> bool {
    action.place.as_ref().is_some_and(|place| {
        let own = manifest.place();
        place.file.name == own.file.name && place.range == own.range
    })
}

impl Adoption {
    /// Whether every object that was to be adopted can be.
    ///
    /// # Errors
    /// All or nothing: a half adopted tenant is harder to review than none.
    pub(super) fn check(&self) -> Result<(), Stopped> {
        match finding::has_errors(&self.findings) {
            true => Err(Stopped::Findings(self.findings.clone())),
            false => Ok(()),
        }
    }

    /// Writes the manifests, and says what became of each object.
    ///
    /// # Errors
    /// See [`Adoption::check`]; and when a file cannot be written.
    pub(super) fn finish(
        self,
        plan: &Plan,
        dry_run: bool,
        console: &Console,
    ) -> Result<Exit, Stopped> {
        self.check()?;
        if !dry_run {
            self.target.write()?;
        }
        if console.format == Format::Human && !self.findings.is_empty() {
            console.warn(&render::findings::findings_at(
                &self.findings,
                Console::stderr_width(),
            ));
            console.warn("");
        }
        match console.format {
            Format::Json => {
                let output =
                    |drift: &Drift, kind: &Kind, name: &str, file: Option<&str>| AdoptedOutput {
                        drift: *drift,
                        kind: kind.as_str(),
                        name: name.to_owned(),
                        file: file.map(str::to_owned),
                    };
                let files = self.target.files();
                console.result(&render::json::text(&AdoptOutput {
                    format_version: render::json::FORMAT_VERSION,
                    gatewright_version: env!("CARGO_PKG_VERSION"),
                    dry_run,
                    files: files.into_iter().map(str::to_owned).collect(),
                    adopted: self
                        .done
                        .iter()
                        .map(|(drift, kind, name, file)| output(drift, kind, name, Some(file)))
                        .collect(),
                    left: self
                        .left
                        .iter()
                        .map(|(drift, kind, name)| output(drift, kind, name, None))
                        .collect(),
                    findings: render::json::findings(&self.findings).findings,
                }));
            }
            _ => {
                if dry_run {
                    console.result(&self.diff());
                }
                console.result(&self.told(plan, dry_run));
            }
        }
        Ok(match self.left.is_empty() {
            true => Exit::Done,
            false => Exit::Pending,
        })
    }

    /// What would be written, as a diff.
    pub(super) fn diff(&self) -> String {
        self.target.diff()
    }

    /// A line for each object.
    fn told(&self, plan: &Plan, dry_run: bool) -> String {
        let mut out = String::new();
        if plan.is_empty() {
            let tenant = render::human::tenant(plan);
            out.push_str(&format!("No drift in {tenant}: nothing to adopt.\n"));
        }
        let would = if dry_run { "would be " } else { "" };
        for (drift, kind, name, file) in &self.done {
            let (name, file) = (visible(name, false), visible(file, false));
            let what = match drift {
                Drift::Changed => "changed",
                Drift::Renamed => "renamed",
                Drift::Unmanaged => "written",
                Drift::Missing => "removed",
            };
            out.push_str(&format!("{file}: {kind} \"{name}\" {would}{what}\n"));
        }
        for (_, kind, name) in &self.left {
            out.push_str(&format!(
                "Skipped: {kind} \"{}\" is missing in the tenant; --prune removes its manifest, `gatewright apply` creates it\n",
                visible(name, false)
            ));
        }
        out
    }
}
