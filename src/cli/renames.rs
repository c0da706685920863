//! Renames that `plan` finds, written into the manifests.

use super::console::Console;
use super::import::target::{ImportTarget, Texts};
use super::session::{Session, Stopped};
use crate::import::compose::{edited, edited_file};
use crate::manifest::edit::Edit;
use crate::manifest::project::Manifest;
use crate::text::visible;

/// Writes `renamedFrom` into the manifests of objects that were renamed there alone, and says so.
/// Answers whether anything was written.
///
/// # Errors
/// When a manifest cannot be changed in place, or was changed meanwhile: nothing is written then.
pub fn fix(session: &Session, console: &Console) -> Result<bool, Stopped> {
    let mut edits: Vec<(&Manifest, Vec<Edit>)> = Vec::new();
    let mut lines = Vec::new();
    for rename in &session.plan.renames {
        let mut manifests = session.desired.manifests.iter();
        let Some(manifest) = manifests.find(|manifest| manifest.place() == rename.place) else {
            continue;
        };
        let edit = Edit::Append {
            pointer: "/renamedFrom".to_owned(),
            items: vec![rename.from.clone().into()],
        };
        let edit = vec![edit];
        let file = edited_file(manifest, &edit);
        edits.push((manifest, edit));
        lines.push(format!(
            "{}: {} \"{}\" is renamed from \"{}\"",
            visible(&file, false),
            rename.kind,
            visible(&rename.to, false),
            visible(&rename.from, false)
        ));
    }
    if edits.is_empty() {
        console.note(
            "No rename found: no unmanaged object is equal to one to be created except for its name, or clearly the most like it. If one was renamed, add `renamedFrom: [OLD NAME]` to its manifest.\n",
        );
        return Ok(false);
    }
    let mut texts = Texts::default();
    let mut findings = Vec::new();
    for result in edited(&edits) {
        match result {
            Ok((file, text)) => {
                texts.changed.insert(file.name.clone(), (file, text));
            }
            Err(uneditable) => {
                findings.extend(uneditable.told("write `renamedFrom` there by hand"));
            }
        }
    }
    if !findings.is_empty() {
        return Err(Stopped::Findings(findings));
    }
    let Session {
        file,
        desired,
        plan,
        ..
    } = session;
    let (_, tenant) = file
        .tenant(Some(&plan.tenant))
        .map_err(|f| Stopped::Findings(vec![*f]))?;
    let mut target = ImportTarget::open(file, tenant, None, &desired.manifests)?;
    target.propose(&[], &texts, &[])?;
    target.write()?;
    console.warn(&format!(
        "Wrote `renamedFrom` to {}:",
        match edits.len() {
            1 => "1 manifest".to_owned(),
            n => format!("{n} manifests"),
        }
    ));
    for line in lines {
        console.warn(&format!("  {line}"));
    }
    console.warn("\n");
    Ok(true)
}
