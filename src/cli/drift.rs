//! `gatewright drift`

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;

use super::console::Console;
use super::guards::{AllowArgs, enforce, explain};
use super::import::live::{NAMELESS, is_twin, unread_names, wanted};
use super::import::target::{ImportTarget, Texts, WantedFile};
use super::session::Stopped;
use super::view::{self, Manifests, View};
use super::{Common, Exit, Format};
use crate::finding::{self, Code, Finding, Severity};
use crate::graph::read::Reader;
use crate::import::compose::{ManifestChange, edited, left_groups, variables};
use crate::import::naming::Namer;
use crate::import::settle::settle;
use crate::manifest::project;
use crate::model::{Kind, Object};
use crate::plan::{Action, Plan, Verb};
use crate::render;
use crate::render::drift::Drift;
use crate::render::import::{AdoptOutput, AdoptedOutput};
use crate::tenant::names::read_names;
use crate::tenant::resolve::resolve;
use crate::text::visible;

/// Show what is different in the tenant, and take it over
///
/// Compares the tenant with the manifests, as `plan` does, and shows it from the tenant's
/// side: what was done to protection, and what the guards say to it. Policies that are not in
/// the project are named, too. Exits with 2 when something differs.
///
/// With `--adopt` the manifests are changed to say what the tenant has, so that a change made
/// in the portal becomes a commit that can be reviewed: comments are kept, and objects in the
/// project's scope without a manifest get one. What a guard refuses, such as a change that
/// takes protection, is adopted only when it is agreed to, as by `apply`; else the exit code is 3.
#[derive(Debug, Args)]
pub struct DriftArgs {
    /// Write what the tenant has into the manifests
    #[arg(long)]
    pub adopt: bool,
    /// With --adopt: take manifests out whose objects are not in the tenant
    #[arg(long, requires = "adopt")]
    pub prune: bool,
    /// With --adopt: show what would be written, and write nothing
    #[arg(long, requires = "adopt")]
    pub dry_run: bool,
    /// What is let through, with --adopt
    #[command(flatten)]
    pub allow: AllowArgs,
}

/// Runs the command.
///
/// # Errors
/// See [`Stopped`].
pub async fn run(args: &DriftArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    let mut view = view::open(common, console, Manifests::Needed, |_| {}).await?;
    let plan = view.judged_drift(&args.allow.guards()).await?;
    if !args.adopt {
        match console.format {
            Format::Json => {
                console.result(&render::json::text(&render::drift::json(&plan)));
            }
            Format::Markdown => console.result(&render::markdown::drift(&plan)),
            _ => console.result(&render::drift::human(&plan)),
        }
        return Ok(match plan.is_empty() {
            true => Exit::Done,
            false => Exit::Pending,
        });
    }
    if plan.is_refused() {
        // It is shown before it is refused, so that somebody can agree to it.
        console.warn(&render::drift::human(&plan));
        explain(&plan, console, "no manifest was changed");
        if console.format != Format::Human {
            return Err(enforce(&plan)
                .err()
                .unwrap_or(Stopped::Findings(Vec::new())));
        }
        return Ok(Exit::Refused);
    }
    if args.prune {
        // A manifest must not go whose object may be there.
        let unsettled = |f: &&Finding| f.code == Code::Unsettled;
        let mut found: Vec<Finding> = view.notices.iter().filter(unsettled).cloned().collect();
        if !found.is_empty() {
            for finding in &mut found {
                finding.severity = Severity::Error;
            }
            return Err(Stopped::Findings(found));
        }
    }
    let objects: Vec<Object> = plan
        .actions
        .iter()
        .filter_map(|action| action.live.as_ref().map(|live| live.object.clone()))
        .collect();
    let reader = Reader::new(&view.connection.client);
    let unasked = read_names(&reader, &mut view.snapshot, &objects).await?;
    let mut whole = BTreeSet::new();
    let adoption = adopt(&view, &plan, args, &whole)?;
    whole.extend(adoption.wrong.iter().cloned());
    let mut adoption = match whole.is_empty() {
        true => adoption,
        false => adopt(&view, &plan, args, &whole)?,
    };
    adoption
        .findings
        .extend(unasked.into_iter().map(unread_names));
    finish(adoption, &plan, args, console)
}

/// The manifests as they would be.
struct Adoption {
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
    args: &DriftArgs,
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
        target: ImportTarget::open(&view.file, None, &view.desired.manifests)?,
        findings: Vec::new(),
        done: Vec::new(),
        left: Vec::new(),
        wrong: BTreeSet::new(),
    };
    let (mut owned, mut gone, mut new) = (Vec::new(), Vec::new(), Vec::new());
    for action in &plan.actions {
        let drift = Drift::of(action);
        let mine = resolved.iter().find(|r| is_of(r.manifest, action));
        let file = match (action.verb, mine, &action.live) {
            (Verb::Update, Some(mine), _) => {
                let own = ManifestChange::of_action(mine.manifest, action, &mine.targets, &namer);
                let key = (action.kind, action.id.clone().unwrap_or_default());
                let edits = own.edits(whole.contains(&key));
                adoption.findings.extend(variables(mine.manifest, &edits));
                owned.push((mine.manifest, edits));
                owned.extend(left_groups(action, &resolved));
                Some(mine.manifest.document.file.name.clone())
            }
            (Verb::Create, Some(mine), _) if args.prune => {
                gone.push(mine.manifest);
                Some(mine.manifest.document.file.name.clone())
            }
            (Verb::Delete, _, Some(live)) => {
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
        .zip(adoption.target.paths(&view.file, &wanted)?)
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
    for result in edited(&owned) {
        match result {
            Ok((file, text)) => {
                texts.changed.insert(file.name.clone(), (file, text));
            }
            Err((file, error)) => adoption.findings.push(
                Finding::error(
                    Code::Import,
                    format!("`{}` cannot be changed in place: {error}", file.name),
                )
                .help("change it by hand"),
            ),
        }
    }
    adoption.target.propose(&wanted, &texts, &gone)?;
    let texts: BTreeMap<String, Option<String>> = adoption.target.texts();
    let (desired, findings) = project::load_with(&view.file, &view.name, tenant, &texts);
    let mut errors: Vec<Finding> = findings.into_iter().filter(Finding::is_error).collect();
    if errors.is_empty() {
        match view.plan(&desired) {
            Ok(after) => {
                // What was adopted differs no more, and nothing that was right has become wrong.
                let adopted = |action: &&Action| {
                    let is_it = |kind: Kind, name: &str| kind == action.kind && name == action.name;
                    let mut before = plan.actions.iter();
                    let mut done = adoption.done.iter();
                    done.any(|(_, kind, name, _)| is_it(*kind, name))
                        || !before.any(|known| is_it(known.kind, &known.name))
                };
                for action in after.actions.iter().filter(adopted) {
                    let mut finding = Finding::error(
                        Code::Import,
                        format!(
                            "the manifest of the {} `{}` would still differ ({})",
                            action.kind.words(),
                            action.name,
                            action.reason
                        ),
                    )
                    .help("change it by hand, and please report it");
                    finding.place = action.place.clone().map(Box::new);
                    errors.push(finding);
                    let id = action.id.clone().unwrap_or_default();
                    adoption.wrong.insert((action.kind, id));
                }
            }
            Err(findings) => errors.extend(findings.into_iter().filter(Finding::is_error)),
        }
    }
    adoption.findings.extend(errors);
    finding::tidy(&mut adoption.findings);
    Ok(adoption)
}

/// Whether the action is about the manifest.
fn is_of(manifest: &project::Manifest, action: &Action) -> bool {
    action.place.as_ref().is_some_and(|place| {
        let own = manifest.place();
        place.file.name == own.file.name && place.range == own.range
    })
}

fn finish(
    adoption: Adoption,
    plan: &Plan,
    args: &DriftArgs,
    console: &Console,
) -> Result<Exit, Stopped> {
    // All or nothing: a half adopted tenant is harder to review than none.
    if finding::has_errors(&adoption.findings) {
        return Err(Stopped::Findings(adoption.findings));
    }
    if !args.dry_run {
        adoption.target.write()?;
    }
    if console.format == Format::Human && !adoption.findings.is_empty() {
        console.warn(&render::findings::findings(&adoption.findings));
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
            let files = adoption.target.files();
            console.result(&render::json::text(&AdoptOutput {
                format_version: render::json::FORMAT_VERSION,
                gatewright_version: env!("CARGO_PKG_VERSION"),
                dry_run: args.dry_run,
                files: files.into_iter().map(str::to_owned).collect(),
                adopted: adoption
                    .done
                    .iter()
                    .map(|(drift, kind, name, file)| output(drift, kind, name, Some(file)))
                    .collect(),
                left: adoption
                    .left
                    .iter()
                    .map(|(drift, kind, name)| output(drift, kind, name, None))
                    .collect(),
                findings: render::json::findings(&adoption.findings).findings,
            }));
        }
        _ => {
            if args.dry_run {
                console.result(&adoption.target.diff());
            }
            let mut out = String::new();
            let tenant = render::human::tenant(plan);
            if plan.is_empty() {
                out.push_str(&format!("No drift in {tenant}: nothing to adopt.\n"));
            }
            for (drift, kind, name, file) in &adoption.done {
                let (name, file) = (visible(name, false), visible(file, false));
                let would = if args.dry_run { "would be " } else { "" };
                out.push_str(&match drift {
                    Drift::Changed => format!("{file}: {kind} \"{name}\" {would}changed\n"),
                    Drift::Unmanaged => format!("{file}: {kind} \"{name}\" {would}written\n"),
                    Drift::Missing => format!("{file}: {kind} \"{name}\" {would}taken out\n"),
                });
            }
            for (_, kind, name) in &adoption.left {
                out.push_str(&format!(
                    "Left: {kind} \"{}\" is not in the tenant; --prune takes its manifest out, `gatewright apply` creates it\n",
                    visible(name, false)
                ));
            }
            console.result(&out);
        }
    }
    Ok(match adoption.left.is_empty() {
        true => Exit::Done,
        false => Exit::Pending,
    })
}
