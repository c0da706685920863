//! What becomes of each object: a file of its own, edits of the manifest that it has, or
//! nothing. Texts are made here and written elsewhere.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::adopt::{coarse_edits, edits};
use super::naming::{Draft, Namer};
use crate::finding::source::SourceFile;
use crate::finding::{Code, Finding, Place};
use crate::manifest::edit::{self, Edit, EditError};
use crate::manifest::overlay::PartOrigin;
use crate::manifest::patch::placed;
use crate::manifest::project::Manifest;
use crate::manifest::schema::path_words;
use crate::manifest::yaml::SpanIndex;
use crate::model::refs::RefKind;
use crate::model::{Kind, Object};
use crate::plan::Action;
use crate::tenant::resolve::Resolved;

/// What a manifest says, and what it should say.
#[derive(Debug)]
pub struct ManifestChange<'a> {
    /// The manifest.
    pub manifest: &'a Manifest,
    /// The normal form of what it says, with names.
    pub current: Value,
    /// The normal form of what it should say, with names.
    pub wanted: Value,
    /// The names of what its references mean, by their pointers.
    pub called: BTreeMap<String, String>,
}

impl<'a> ManifestChange<'a> {
    /// A manifest and the live object that it is about, by the action that would bring the
    /// tenant to the manifest. `targets`: what the manifest's references mean.
    pub fn of_action(
        manifest: &'a Manifest,
        action: &Action,
        targets: &[(RefKind, String, String)],
        namer: &Namer<'_>,
    ) -> ManifestChange<'a> {
        let named = |normal: &Value| match Object::from_value(action.kind, normal) {
            Ok(object) => namer.named(&object).normal_form(),
            Err(_) => normal.clone(),
        };
        ManifestChange {
            manifest,
            current: named(&action.after),
            wanted: named(&action.before),
            called: targets
                .iter()
                .map(|(kind, pointer, id)| (pointer.clone(), namer.name(*kind, id)))
                .collect(),
        }
    }

    /// A manifest and an object of an export: names are compared with names.
    pub fn of_draft(manifest: &'a Manifest, draft: &Draft) -> ManifestChange<'a> {
        let current = manifest.object.normal_form();
        let mut wanted = draft.normal.clone();
        // What a manifest of a group need not say, and an import does not write.
        if manifest.kind() == Kind::Group
            && current.get("mailNickname").is_none()
            && let Some(map) = wanted.as_object_mut()
        {
            map.shift_remove("mailNickname");
        }
        ManifestChange {
            manifest,
            current,
            wanted,
            called: BTreeMap::new(),
        }
    }

    /// True when the manifest says what it should.
    pub fn is_right(&self) -> bool {
        self.current == self.wanted
    }

    /// The edits that make it right; with `whole`, of whole first-level properties.
    pub fn edits(&self, whole: bool) -> Vec<Edit> {
        match whole {
            false => edits(self.manifest, &self.current, &self.wanted, &|pointer| {
                self.called.get(pointer).cloned()
            }),
            true => coarse_edits(self.manifest, &self.current, &self.wanted),
        }
    }
}

/// The edits of test users' manifests that put them into a group which the tenant no longer
/// has them in. The group's own manifest does not say so, and cannot take it back.
pub fn left_groups<'a>(
    action: &Action,
    resolved: &[Resolved<'a>],
) -> Vec<(&'a Manifest, Vec<Edit>)> {
    let members = |side: &Value| -> Vec<String> {
        let list = side.get("members").and_then(Value::as_array);
        list.into_iter()
            .flatten()
            .filter_map(|id| id.as_str().map(str::to_lowercase))
            .collect()
    };
    let (live, said) = (members(&action.before), members(&action.after));
    let mut found = Vec::new();
    for item in resolved {
        let Some(user) = item.live.map(|live| live.id.to_lowercase()) else {
            continue;
        };
        if action.kind != Kind::Group || !said.contains(&user) || live.contains(&user) {
            continue;
        }
        let indices: Vec<usize> = item
            .targets
            .iter()
            .filter(|(_, _, id)| action.id.as_ref().is_some_and(|own| own == id))
            .filter_map(|(_, pointer, _)| pointer.strip_prefix("/memberOf/")?.parse().ok())
            .collect();
        if !indices.is_empty() {
            let pointer = "/memberOf".to_owned();
            found.push((item.manifest, vec![Edit::RemoveItems { pointer, indices }]));
        }
    }
    found
}

/// The edits of manifests that refer to the object of `action` by the name that it no longer has in
/// the tenant.
pub fn renamed_references<'a>(
    action: &Action,
    resolved: &[Resolved<'a>],
    namer: &Namer<'_>,
) -> Vec<(&'a Manifest, Vec<Edit>)> {
    let mut found = Vec::new();
    for item in resolved {
        let value = &item.manifest.document.value;
        let said_so = |pointer: &str| {
            let said = value.pointer(pointer).and_then(Value::as_str);
            said.is_some_and(|said| said.trim() == action.name)
        };
        let edits: Vec<Edit> = (item.targets.iter())
            .filter(|(.., id)| {
                action
                    .id
                    .as_ref()
                    .is_some_and(|own| own.eq_ignore_ascii_case(id))
            })
            .filter_map(|(kind, pointer, id)| {
                // A strength may stand there by its name alone.
                let places = [pointer.as_str(), pointer.trim_end_matches("/id")];
                let pointer = places.into_iter().find(|place| said_so(place))?;
                Some(Edit::Set {
                    pointer: pointer.to_owned(),
                    value: namer.name(*kind, id).into(),
                })
            })
            .collect();
        if !edits.is_empty() {
            found.push((item.manifest, edits));
        }
    }
    found
}

/// Where `edits` write over a variable: other tenants may have other values.
pub fn variables(manifest: &Manifest, edits: &[Edit]) -> Vec<Finding> {
    let document = &manifest.document;
    let gone = edits.iter().flat_map(|edit| match edit {
        Edit::Set { pointer, .. } | Edit::Remove { pointer } => vec![pointer.clone()],
        Edit::RemoveItems { pointer, indices } => indices
            .iter()
            .map(|index| format!("{pointer}/{index}"))
            .collect(),
        Edit::Append { .. } => Vec::new(),
    });
    gone.filter(|pointer| document.value.pointer(pointer).is_some())
        .filter_map(|pointer| {
            let place = document.place(&pointer);
            let text = place.file.text.get(place.range.clone())?;
            let at = text
                .match_indices("${")
                .find(|(at, _)| text.get(..*at).is_some_and(|before| !before.ends_with('$')))?
                .0;
            let variable = text.get(at..)?.split_inclusive('}').next()?;
            Some(
                Finding::warning(
                    Code::Import,
                    format!("this tenant's value overwrites the variable `{variable}`"),
                )
                .at(place)
                .help("other tenants of the project would also get that value; to keep the variable, change it under the tenant's `vars` instead"),
            )
        })
        .collect()
}

/// The file in which the edits of a manifest are made: of several, the first patch.
pub fn edited_file(manifest: &Manifest, edits: &[Edit]) -> String {
    let document = &manifest.document;
    let layer = placed(document, edits).unwrap_or_default();
    let layer = layer.into_iter().map(|(layer, _)| layer).max();
    let file = match (&document.overlay, layer) {
        (Some(overlay), Some(layer)) => &overlay.layer(layer).file,
        _ => &document.file,
    };
    file.name.clone()
}

/// A file that cannot be edited, and why: an error for each manifest by which it cannot.
#[derive(Debug)]
pub struct Uneditable {
    /// The file.
    pub file: Arc<SourceFile>,
    /// The errors, without a way out.
    pub findings: Vec<Finding>,
}

impl Uneditable {
    fn of(file: Arc<SourceFile>, error: &EditError, edits: &ByDocument<'_>) -> Uneditable {
        let mut findings = Vec::new();
        for (index, (manifest, edits)) in edits {
            if let Err(error) = edit::apply_all(&file, &[(*index, edits.as_slice())]) {
                let pointer = error.pointer().unwrap_or_default();
                // In a patch, the pointer is one of the patch.
                let place = match manifest.document.file.name == file.name {
                    true => manifest.document.place(pointer),
                    false => Place::new(&file, 0..0),
                };
                findings.push(unchanged(manifest, &error.to_string()).at(place));
            }
        }
        if findings.is_empty() {
            let message = format!("`{}` cannot be changed in place: {error}", file.name);
            findings.push(Finding::error(Code::Import, message));
        }
        Uneditable { file, findings }
    }

    /// Of a manifest in which a patch stands in the way.
    fn patched(manifest: &Manifest, pointer: &str, origin: &PartOrigin) -> Uneditable {
        let document = &manifest.document;
        let why = format!("a patch changes {}", path_words(pointer));
        let finding = unchanged(manifest, &why);
        let overlay = document.overlay.as_ref();
        let place = overlay.map(|overlay| overlay.place_of(origin, SpanIndex::value));
        Uneditable {
            file: Arc::clone(&document.file),
            findings: vec![finding.at(place.unwrap_or_else(|| document.place(pointer)))],
        }
    }

    /// The errors, with this way out.
    pub fn told(self, help: &str) -> Vec<Finding> {
        let findings = self.findings.into_iter();
        findings.map(|finding| finding.help(help)).collect()
    }
}

fn unchanged(manifest: &Manifest, why: &str) -> Finding {
    let message = format!(
        "the manifest of the {} `{}` cannot be changed in place: {why}",
        manifest.kind().words(),
        manifest.name()
    );
    Finding::error(Code::Import, message)
}

/// A file with its new text, or why it has none.
pub type Edited = Result<(Arc<SourceFile>, String), Uneditable>;

/// The edits of a file by the number of the document.
type ByDocument<'a> = BTreeMap<usize, (&'a Manifest, Vec<Edit>)>;

/// The new text of every file that the edits concern. What a patch changed is edited in the patch.
pub fn edited(all: &[(&Manifest, Vec<Edit>)]) -> Vec<Edited> {
    let mut by_file: BTreeMap<&str, (Arc<SourceFile>, ByDocument<'_>)> = BTreeMap::new();
    let mut refused = Vec::new();
    for (manifest, edits) in all {
        let document = &manifest.document;
        let edits = match placed(document, edits) {
            Ok(edits) => edits,
            Err((pointer, origin)) => {
                refused.push(Err(Uneditable::patched(manifest, &pointer, &origin)));
                continue;
            }
        };
        for (layer, edit) in edits {
            let (file, index) = match &document.overlay {
                Some(overlay) => {
                    let layer = overlay.layer(layer);
                    (&layer.file, layer.index)
                }
                None => (&document.file, document.index),
            };
            let (_, documents) = by_file
                .entry(file.name.as_str())
                .or_insert_with(|| (Arc::clone(file), BTreeMap::new()));
            let (_, own) = documents
                .entry(index)
                .or_insert_with(|| (*manifest, Vec::new()));
            add(own, &edit);
        }
    }
    // A file of which a part is refused stays as it is.
    for one in refused.iter().filter_map(|one: &Edited| one.as_ref().err()) {
        by_file.remove(one.file.name.as_str());
    }
    by_file
        .into_values()
        .map(|(file, documents)| {
            let edits: Vec<(usize, &[Edit])> = documents
                .iter()
                .map(|(index, (_, edits))| (*index, edits.as_slice()))
                .collect();
            match edit::apply_all(&file, &edits) {
                Ok(text) => Ok((file, text)),
                Err(error) => Err(Uneditable::of(file, &error, &documents)),
            }
        })
        .chain(refused)
        .collect()
}

/// Adds an edit to those of a document. Two causes may each take items out of one list (a
/// user's groups: the user's own difference, and the group's); each counts the items as they
/// are in the file, so both become one edit.
fn add(edits: &mut Vec<Edit>, edit: &Edit) {
    if let Edit::RemoveItems { pointer, indices } = edit {
        for earlier in edits.iter_mut() {
            match earlier {
                Edit::Remove { pointer: gone } if gone == pointer => return,
                Edit::RemoveItems {
                    pointer: same,
                    indices: known,
                } if same == pointer => {
                    let more = indices.iter().filter(|index| !known.contains(index));
                    known.extend(more.copied().collect::<Vec<_>>());
                    return;
                }
                _ => {}
            }
        }
    }
    edits.push(edit.clone());
}
