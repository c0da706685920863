//! Import from exported files.

use std::collections::{BTreeMap, BTreeSet};

use super::result::{ImportReport, Imported, What};
use super::target::{ImportTarget, Texts, WantedFile};
use super::unnamed::Nameless;
use super::{ImportArgs, ignores, is_of_microsoft};
use crate::cli::console::Console;
use crate::cli::session::{Stopped, config};
use crate::cli::{Common, Exit};
use crate::finding::{self, Code, Finding};
use crate::import::compose::{ManifestChange, edited, edited_file, variables};
use crate::import::export::{self, Exported};
use crate::import::naming::Namer;
use crate::import::settle::{broken_rules, settle};
use crate::manifest::project::{self, Desired};
use crate::model::Kind;
use crate::model::kind::same_name;
use crate::model::refs::RefKind;
use crate::model::tables::combinations::built_in_by_name;

/// What an id without a name means in an export.
const NAMELESS: Nameless = Nameless {
    why: "the export gives no name for this id",
    help: "write the name there, or also export the object: names are read from groups, users, other objects and migration tables",
};

/// Runs the command.
///
/// # Errors
/// See [`Stopped`].
pub(crate) fn run(args: &ImportArgs, common: &Common, console: &Console) -> Result<Exit, Stopped> {
    let file = config(common, console)?;
    let (tenant_name, tenant) = file
        .tenant(common.tenant.as_deref())
        .map_err(|f| Stopped::Findings(vec![*f]))?;
    let (desired, mut found) = project::load(&file, tenant_name, tenant);
    found.retain(|f| !matches!(f.code, Code::NoManifests | Code::MissingFolder));
    let broken = broken_rules(&mut found);
    if finding::has_errors(&found) {
        return Err(Stopped::Findings(found));
    }
    let export = export::read(&args.from);
    let mut report = ImportReport::new(console, args, NAMELESS);
    report.findings.extend(broken);
    report.findings.extend(export.findings.iter().cloned());
    let mut target = ImportTarget::open(&file, tenant, args.to.as_deref(), &desired.manifests)?;
    let namer = Namer {
        index: &export.names,
        nameless: NAMELESS.why,
    };
    let kinds = args.kinds();
    let unread = export.unread.iter().filter(|kind| kinds.contains(kind));
    report.unread = unread.count();
    let groups: BTreeSet<String> = export
        .objects
        .iter()
        .filter(|found| found.kind == Kind::ConditionalAccessPolicy)
        .flat_map(|found| found.object.references())
        .filter(|(kind, ..)| *kind == RefKind::Group)
        .map(|(.., id)| id.to_lowercase())
        .collect();
    // An export of templates alone is asked for what they say.
    let policies = |found: &&Exported| found.kind == Kind::ConditionalAccessPolicy;
    let only_templates = export
        .objects
        .iter()
        .filter(policies)
        .all(|found| found.template);
    report.of_microsoft = export.of_microsoft;
    let named = export
        .objects
        .iter()
        .filter(|found| kinds.contains(&found.kind));
    let names: Vec<&str> = named.map(|found| found.object.display_name()).collect();
    report.unmatched(args, &names);
    let members = || export.objects.iter().flat_map(|found| &found.unknown);
    for name in &args.ignore_member {
        if !members().any(|member| ignores(name, &member.pointer)) {
            report.ignored_nowhere(name, members());
        }
    }
    let (mut owned, mut new) = (Vec::new(), Vec::new());
    let mut taken: BTreeMap<(Kind, String), &Exported> = BTreeMap::new();
    for found in &export.objects {
        let object = &found.object;
        let asked = match found.kind {
            Kind::Group => {
                kinds.contains(&Kind::Group)
                    && (args.only.contains(&Kind::Group)
                        || object
                            .id()
                            .is_none_or(|id| groups.contains(&id.to_lowercase())))
            }
            kind => kinds.contains(&kind) && args.wants(object.display_name()),
        };
        if !asked {
            continue;
        }
        let of_microsoft = is_of_microsoft(object) || found.template && !only_templates;
        if of_microsoft && !args.wants_of_microsoft(object.display_name()) {
            report.leave(object);
            continue;
        }
        let (ignored, lost): (Vec<_>, Vec<_>) =
            (found.unknown.iter()).partition(|member| args.ignores(&member.pointer));
        if !lost.is_empty() {
            report.lost(found, &lost);
            continue;
        }
        report.ignored(found, &ignored);
        // A name of Microsoft's, in whatever spelling, means Microsoft's own.
        let borrowed =
            found.kind == Kind::AuthenticationStrength && built_in_by_name(object.name()).is_some();
        let draft = namer.draft(object, &found.raw, &[], borrowed);
        let key = (found.kind, object.name().to_owned());
        if let Some(first) = taken.get(&key) {
            report.second(found, first);
            continue;
        }
        taken.insert(key, found);
        let own = desired
            .manifests
            .iter()
            .find(|m| m.kind() == found.kind && same_name(found.kind, m.name(), object.name()));
        if let Some(manifest) = own {
            let own = ManifestChange::of_draft(manifest, &draft);
            let mut path = manifest.document.file.name.clone();
            let what = match (own.is_right(), args.force) {
                (true, _) => What::Same,
                (false, false) => What::Kept,
                (false, true) => {
                    let edits = own.edits(false);
                    report.findings.extend(variables(manifest, &edits));
                    path = edited_file(manifest, &edits);
                    owned.push((manifest, edits));
                    What::Updated
                }
            };
            report.outcomes.push(Imported::of(object, None, path, what));
            continue;
        }
        new.push((found, draft));
    }
    let wanted: Vec<WantedFile> = new
        .iter()
        .map(|(found, _)| WantedFile {
            kind: found.kind,
            name: found.object.display_name().to_owned(),
            unique: found
                .object
                .id()
                .map_or_else(|| found.source.file.name.clone(), str::to_owned),
        })
        .collect();
    let mut texts = Texts::default();
    for ((found, draft), path) in new.into_iter().zip(target.paths(&file, tenant, &wanted)?) {
        let object = &found.object;
        match settle(draft, &path, tenant, false) {
            Ok((draft, written)) => {
                report.take(&draft, &written);
                texts.new.push(Some(written.text));
                report
                    .outcomes
                    .push(Imported::of(object, None, path, What::New));
            }
            Err(findings) => {
                report.refuse(object, None, Some(found), findings);
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
    let texts = target.texts();
    if !texts.is_empty() {
        // The files together: a name twice, a reference by a former name.
        let (_, findings): (Desired, Vec<Finding>) =
            project::load_with(&file, tenant_name, tenant, &texts);
        // A rule of Graph was told as a warning, object by object.
        let errors = findings.into_iter().filter(Finding::is_error);
        report
            .findings
            .extend(errors.filter(|found| found.code != Code::GraphRule));
    }
    let from = match args.from.as_slice() {
        [one] => one.display().to_string(),
        several => format!("{} paths", several.len()),
    };
    report.finish(&target, &from, args.dry_run)
}
