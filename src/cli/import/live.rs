//! Import from a tenant.

use std::collections::{BTreeMap, BTreeSet};

use super::result::{ImportReport, Imported, What};
use super::target::{ImportTarget, Texts, WantedFile};
use super::unnamed::Nameless;
use super::{ImportArgs, is_of_microsoft};
use crate::cli::console::Console;
use crate::cli::session::Stopped;
use crate::cli::view::{self, Manifests, View};
use crate::cli::{Common, Exit};
use crate::finding::{self, Code, Finding};
use crate::graph::read::Reader;
use crate::import::compose::{ManifestChange, edited, edited_file, left_groups, variables};
use crate::import::naming::Namer;
use crate::import::settle::settle;
use crate::manifest::project::{self, Desired};
use crate::model::cloud::ApiVersion;
use crate::model::refs::RefKind;
use crate::model::tables::combinations::built_in_by_name;
use crate::model::{Kind, Object};
use crate::plan::build::is_importable;
use crate::plan::{Plan, Verb};
use crate::tenant::names::read_names;
use crate::tenant::resolve::resolve;
use crate::tenant::snapshot::{Live, Snapshot};

/// What an id without a name means in a tenant.
pub const NAMELESS: Nameless = Nameless {
    why: "nothing in the tenant has this id; the object was most likely deleted",
    help: "it refers to nobody: remove it from the manifest if it is no longer needed",
};

/// Runs the command.
///
/// # Errors
/// See [`Stopped`].
pub async fn run(args: &ImportArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    let kinds = args.kinds();
    let mut view = view::open(common, console, Manifests::Imported, |wanted| {
        wanted.strengths = true;
        // Nobody asked for them by name, and no manifest does.
        wanted.contexts_if_allowed = !wanted.contexts && !args.names_contexts();
        wanted.contexts = true;
        wanted.marked_users |= kinds.contains(&Kind::TestUser);
    })
    .await?;
    let mut objects: Vec<Object> = listed(&view.snapshot, &kinds, args)
        .map(|live| live.object.clone())
        .collect();
    let left: Vec<Object> = (left_out(&view.snapshot, &kinds, args))
        .map(|live| live.object.clone())
        .collect();
    let reader = Reader::new(&view.connection.client);
    let unasked = read_names(&reader, &mut view.snapshot, &objects).await?;
    let mut report = ImportReport::new(console, args, NAMELESS);
    left.iter().for_each(|object| report.leave(object));
    let live = kinds.iter().flat_map(|kind| view.snapshot.of(*kind));
    let names: Vec<&str> = live.map(|live| live.object.display_name()).collect();
    report.unmatched(args, &names);
    report.findings.extend(view.broken.iter().cloned());
    report
        .findings
        .extend(unasked.into_iter().map(unread_names));
    if view.tenant()?.api_version == Some(ApiVersion::V1) {
        report.findings.push(
            Finding::hint(
                Code::BetaOnly,
                "the tenant's `apiVersion` is v1.0, which hides policies and locations that are in preview: what it hides is not imported",
            )
            .help("import with `apiVersion: auto`, which reads the beta edition of Graph"),
        );
    }
    if kinds.contains(&Kind::Group) {
        let groups: BTreeSet<String> = objects
            .iter()
            .flat_map(Object::references)
            .filter(|(kind, ..)| *kind == RefKind::Group)
            .map(|(.., id)| id.to_lowercase())
            .collect();
        objects.extend(
            view.snapshot
                .of(Kind::Group)
                .iter()
                .filter(|live| groups.contains(&live.id.to_lowercase()))
                .map(|live| live.object.clone()),
        );
    }
    report
        .findings
        .extend(view.snapshot.findings.iter().cloned());
    let plan = match view.desired.manifests.is_empty() {
        true => Plan::default(),
        false => view.plan(&view.desired).map_err(Stopped::Findings)?,
    };
    let ids: BTreeSet<(Kind, String)> = objects
        .iter()
        .filter_map(|object| Some((object.kind(), object.id()?.to_owned())))
        .collect();
    let work = ImportWork {
        view: &view,
        plan: &plan,
        ids: &ids,
    };
    let tenant = crate::render::human::tenant(&Plan {
        tenant: view.name.clone(),
        organization: view.snapshot.organization.clone(),
        ..Plan::default()
    });
    // Once in small edits; where that did not do, once more with whole properties.
    let attempt = work.attempt(args, &BTreeSet::new(), report.clone())?;
    let attempt = match attempt.wrong.is_empty() {
        true => attempt,
        false => work.attempt(args, &attempt.wrong, report)?,
    };
    attempt
        .report
        .finish(&attempt.target, &tenant, args.dry_run)
}

/// What is said when the names of a kind cannot be read.
pub fn unread_names((kind, why): (RefKind, String)) -> Finding {
    Finding::warning(
        Code::UnresolvedReference,
        format!("the names of {} cannot be read: {why}", kind.words()),
    )
    .help(
        "their ids stay ids; grant the identity the permission `Agreement.Read.All`, and import again",
    )
}

/// The live objects that are asked for, groups left out: which of them are wanted is known
/// later.
fn listed<'a>(
    snapshot: &'a Snapshot,
    kinds: &BTreeSet<Kind>,
    args: &ImportArgs,
) -> impl Iterator<Item = &'a Live> {
    Kind::ALL
        .into_iter()
        .filter(|kind| *kind != Kind::Group && kinds.contains(kind))
        .flat_map(|kind| snapshot.of(kind))
        .filter(|live| {
            let name = live.object.display_name();
            let wanted = !is_of_microsoft(&live.object) || args.wants_of_microsoft(name);
            is_importable(live) && wanted && args.wants(name)
        })
}

/// What Microsoft makes among the live objects that are asked for.
fn left_out<'a>(
    snapshot: &'a Snapshot,
    kinds: &BTreeSet<Kind>,
    args: &ImportArgs,
) -> impl Iterator<Item = &'a Live> {
    Kind::ALL
        .into_iter()
        .filter(|kind| kinds.contains(kind))
        .flat_map(|kind| snapshot.of(kind))
        .filter(|live| {
            let name = live.object.display_name();
            let named = args.wants_of_microsoft(name) && is_importable(live);
            is_of_microsoft(&live.object) && args.wants(name) && !named
        })
}

/// What a live object's file is named by.
pub fn wanted(live: &Live) -> WantedFile {
    WantedFile {
        kind: live.kind,
        name: live.object.display_name().to_owned(),
        unique: live.id.clone(),
    }
}

/// Whether another object of the kind has the name too, so that the id must tell which.
pub fn is_twin(snapshot: &Snapshot, live: &Live) -> bool {
    let same = |other: &&Live| other.name() == live.name();
    // A name of Microsoft's, in whatever spelling, means Microsoft's own.
    let borrowed =
        live.kind == Kind::AuthenticationStrength && built_in_by_name(live.name()).is_some();
    live.kind != Kind::AuthenticationContext
        && (borrowed || snapshot.of(live.kind).iter().filter(same).count() > 1)
}

/// What an import works on.
struct ImportWork<'a> {
    view: &'a View,
    plan: &'a Plan,
    ids: &'a BTreeSet<(Kind, String)>,
}

/// One try at composing the files.
struct Attempt {
    target: ImportTarget,
    report: ImportReport,
    /// Objects whose manifests do not plan empty.
    wrong: BTreeSet<(Kind, String)>,
}

impl ImportWork<'_> {
    fn attempt(
        &self,
        args: &ImportArgs,
        whole: &BTreeSet<(Kind, String)>,
        mut report: ImportReport,
    ) -> Result<Attempt, Stopped> {
        let snapshot = &self.view.snapshot;
        let tenant = self.view.tenant()?;
        let namer = Namer {
            index: &snapshot.index,
            nameless: NAMELESS.why,
        };
        let (resolved, _) = resolve(&self.view.desired, snapshot);
        let (mut owned, mut new) = (Vec::new(), Vec::new());
        for (kind, id) in self.ids {
            let Some(live) = snapshot.by_id(*kind, id) else {
                continue;
            };
            let mine = resolved
                .iter()
                .find(|r| r.live.is_some_and(|l| l.kind == *kind && l.id == *id));
            let Some(mine) = mine else {
                if let Some(document) = self.view.desired.left_out(*kind, live.name()) {
                    report.findings.push(
                        Finding::warning(
                            Code::Import,
                            format!(
                                "the {} `{}` has a manifest, which a patch leaves out of this tenant: it was not imported",
                                kind.words(),
                                live.name()
                            ),
                        )
                        .at(document.place(""))
                        .help("to import it, remove the patch with `absent: true` that targets it"),
                    );
                    continue;
                }
                new.push(live);
                continue;
            };
            let mut file = mine.manifest.document.file.name.clone();
            let action = self.plan.actions.iter().find(|action| {
                action.verb == Verb::Update
                    && action.kind == *kind
                    && action.id.as_deref() == Some(id)
            });
            let what = match action {
                None => What::Same,
                Some(_) if !args.force => What::Kept,
                Some(action) => {
                    let own =
                        ManifestChange::of_action(mine.manifest, action, &mine.targets, &namer);
                    let edits = own.edits(whole.contains(&(*kind, id.clone())));
                    report.findings.extend(variables(mine.manifest, &edits));
                    file = edited_file(mine.manifest, &edits);
                    owned.push((mine.manifest, edits));
                    owned.extend(left_groups(action, &resolved));
                    What::Updated
                }
            };
            report
                .outcomes
                .push(Imported::of(&live.object, Some(id), file, what));
        }
        let mut target = ImportTarget::open(
            &self.view.file,
            tenant,
            args.to.as_deref(),
            &self.view.desired.manifests,
        )?;
        let wanted: Vec<WantedFile> = new.iter().map(|live| wanted(live)).collect();
        let mut texts = Texts::default();
        for (live, path) in new
            .into_iter()
            .zip(target.paths(&self.view.file, tenant, &wanted)?)
        {
            let draft = namer.draft(
                &live.object,
                &live.raw,
                &live.unknown,
                is_twin(snapshot, live),
            );
            match settle(draft, &path, tenant, true) {
                Ok((draft, written)) => {
                    report.take(&draft, &written);
                    texts.new.push(Some(written.text));
                    let outcome = Imported::of(&live.object, Some(&live.id), path, What::New);
                    report.outcomes.push(outcome);
                }
                Err(findings) => {
                    report.refuse(&live.object, Some(&live.id), None, findings);
                    texts.new.push(None);
                }
            }
        }
        for result in edited(&owned) {
            match result {
                Ok((file, text)) => {
                    texts.changed.insert(file.name.clone(), (file, text));
                }
                Err(uneditable) => report.cannot_edit(uneditable),
            }
        }
        target.propose(&wanted, &texts, &[])?;
        let wrong = self.prove(&target, &mut report)?;
        let others = target.of_others(&self.view.file, &self.view.name);
        report.findings.extend(others);
        Ok(Attempt {
            target,
            report,
            wrong,
        })
    }

    /// Plans with the files as they would be: an object that was imported must need nothing.
    fn prove(
        &self,
        target: &ImportTarget,
        report: &mut ImportReport,
    ) -> Result<BTreeSet<(Kind, String)>, Stopped> {
        let tenant = self.view.tenant()?;
        let texts: BTreeMap<String, Option<String>> = target.texts();
        if texts.is_empty() {
            return Ok(BTreeSet::new());
        }
        let (desired, findings): (Desired, Vec<Finding>) =
            project::load_with(&self.view.file, &self.view.name, tenant, &texts);
        // A rule of Graph was told as a warning, object by object.
        let errors = findings.into_iter().filter(Finding::is_error);
        let errors: Vec<Finding> = errors
            .filter(|found| found.code != Code::GraphRule)
            .collect();
        if finding::has_errors(&errors) {
            report.findings.extend(errors);
            return Ok(BTreeSet::new());
        }
        match self.view.plan(&desired) {
            Ok(plan) => Ok(report.differing(&plan, target, self.ids)),
            Err(findings) => {
                report
                    .findings
                    .extend(findings.into_iter().filter(Finding::is_error));
                Ok(BTreeSet::new())
            }
        }
    }
}
