//! The files that an import or an adoption writes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::cli::session::Stopped;
use crate::finding::source::SourceFile;
use crate::finding::{Code, Finding};
use crate::import::folder::{Change, FileDraft, Folder, Proposal};
use crate::manifest::config::{ConfigFile, TenantEntry};
use crate::manifest::edit::without_documents;
use crate::manifest::project::{Manifest, covers_of};
use crate::model::Kind;
use crate::render;
use crate::text::few_names;

/// An object that may get a file of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedFile {
    /// Its kind.
    pub kind: Kind,
    /// Its display name.
    pub name: String,
    /// What tells it from another of the same name: its id, or where it was found.
    pub unique: String,
}

/// New and changed files of a project.
#[derive(Debug)]
pub struct ImportTarget {
    folder: Folder,
    proposals: Vec<Proposal>,
    /// Files that hold no manifest any more, as they were read.
    empty: Vec<Arc<SourceFile>>,
}

/// The texts of files, before any is written.
#[derive(Debug, Default, Clone)]
pub struct Texts {
    /// The new files, in the order of the objects that want them; `None`: not after all.
    pub new: Vec<Option<String>>,
    /// The changed files, with their new texts.
    pub changed: BTreeMap<String, (Arc<SourceFile>, String)>,
}

impl ImportTarget {
    /// The folder of new files: `to`, or the first entry of the tenant's own `manifests:`, or of the
    /// project's.
    ///
    /// # Errors
    /// When it points outside the project.
    pub fn open(
        file: &ConfigFile,
        tenant: &TenantEntry,
        to: Option<&str>,
        taken: &[Manifest],
    ) -> Result<ImportTarget, Stopped> {
        let base = match to {
            Some(to) => to.to_owned(),
            None => {
                // What one tenant has is nobody else's.
                let is_own = |entry: &&String| {
                    let tenants = file.config.tenants.values();
                    tenants.filter(|one| one.manifests.contains(entry)).count() <= 1
                };
                let own = tenant.manifests.iter().find(is_own);
                let own = own.or_else(|| tenant.manifests.first());
                let first = own.or_else(|| file.config.manifests.first());
                folder_of(first.map_or("policies", String::as_str))
            }
        };
        let mut folder = Folder::open(&file.root, &base).map_err(anyhow::Error::from)?;
        for file in taken.iter().flat_map(|manifest| manifest.document.files()) {
            folder.take(&file.name);
        }
        Ok(ImportTarget {
            folder,
            proposals: Vec::new(),
            empty: Vec::new(),
        })
    }

    /// Whom else the files are for: what is written from one tenant counts for them, too.
    pub fn of_others(&self, file: &ConfigFile, tenant: &str) -> Option<Finding> {
        let texts = self.texts();
        let others = file
            .config
            .tenants
            .iter()
            .filter(|(name, _)| *name != tenant);
        let reads = |other: &TenantEntry, path: &str| covers_of(file, other, path);
        let (mut files, mut names) = (BTreeSet::new(), BTreeSet::new());
        for (name, other) in others {
            let read = texts.keys().filter(|path| reads(other, path));
            for path in read {
                files.insert(path.as_str());
                names.insert(name.as_str());
            }
        }
        (!names.is_empty()).then(|| {
            Finding::warning(
                Code::Import,
                format!(
                    "other tenants read these files, too, and what is written from `{tenant}` is then also for them: {} of {}",
                    few_names(&files, 3),
                    few_names(&names, 5)
                ),
            )
            .help("see what it does there with `gatewright plan -t all` before it is applied; what is for this tenant alone belongs into a folder of its own, or into a patch (docs/overlays.md)")
        })
    }

    /// Where each object would get its file.
    ///
    /// # Errors
    /// When the folder cannot be read, a link leads out of it, or a file there would be no
    /// manifest of the project `file`.
    pub fn paths(
        &self,
        file: &ConfigFile,
        tenant: &TenantEntry,
        wanted: &[WantedFile],
    ) -> Result<Vec<String>, Stopped> {
        let drafts: Vec<FileDraft> = wanted.iter().map(|one| draft(one, "")).collect();
        let proposals = self.folder.propose(&drafts).map_err(anyhow::Error::from)?;
        let paths: Vec<String> = proposals.into_iter().map(|p| p.path).collect();
        match paths.iter().find(|path| !covers_of(file, tenant, path)) {
            None => Ok(paths),
            Some(path) => Err(Stopped::Findings(vec![
                Finding::error(
                    Code::Config,
                    format!("a new file `{path}` would not be a manifest of this project"),
                )
                .at(file.document.place("/manifests"))
                .help("list a whole folder there, which includes the folders below it, or name a listed folder with `--to`"),
            ])),
        }
    }

    /// Settles what is to be written: a file for each of `wanted` that has a text, the
    /// changed files, and those without the manifests of `gone`.
    ///
    /// # Errors
    /// As for [`ImportTarget::paths`], and when a file is in the way.
    pub fn propose(
        &mut self,
        wanted: &[WantedFile],
        texts: &Texts,
        gone: &[&Manifest],
    ) -> Result<(), Stopped> {
        let mut drafts: Vec<FileDraft> = wanted
            .iter()
            .zip(&texts.new)
            .map(|(one, text)| draft(one, text.as_deref().unwrap_or_default()))
            .collect();
        let mut changed = texts.changed.clone();
        let mut out: BTreeMap<String, (Arc<SourceFile>, BTreeSet<usize>)> = BTreeMap::new();
        for manifest in gone {
            let document = &manifest.document;
            out.entry(document.file.name.clone())
                .or_insert_with(|| (Arc::clone(&document.file), BTreeSet::new()))
                .1
                .insert(document.index);
        }
        self.empty.clear();
        for (name, (file, indices)) in out {
            let text = changed
                .get(&name)
                .map_or(&file.text, |(_, text)| text)
                .clone();
            match without_documents(&text, &indices).map_err(anyhow::Error::from)? {
                Some(text) => {
                    changed.insert(name, (file, text));
                }
                None => {
                    changed.remove(&name);
                    self.empty.push(file);
                }
            }
        }
        drafts.extend(
            changed
                .into_values()
                .map(|(file, text)| FileDraft::Changed { file, text }),
        );
        let proposals = self.folder.propose(&drafts).map_err(anyhow::Error::from)?;
        let not_after_all = |index: usize| texts.new.get(index).is_some_and(Option::is_none);
        self.proposals = proposals
            .into_iter()
            .enumerate()
            .filter(|(index, proposal)| {
                !not_after_all(*index) && proposal.change != Change::Unchanged
            })
            .map(|(_, proposal)| proposal)
            .collect();
        let in_the_way: Vec<Finding> = self
            .proposals
            .iter()
            .filter(|proposal| matches!(proposal.change, Change::Clash { .. }))
            .map(|proposal| {
                Finding::error(
                    Code::Import,
                    format!(
                        "`{}` exists and is not a manifest of this object",
                        proposal.path
                    ),
                )
                .help("move it out of the way, or name another folder with `--to`")
            })
            .collect();
        match in_the_way.is_empty() {
            true => Ok(()),
            false => Err(Stopped::Findings(in_the_way)),
        }
    }

    /// What the files will hold, for the project's reader.
    pub fn texts(&self) -> BTreeMap<String, Option<String>> {
        let mut texts: BTreeMap<String, Option<String>> = self
            .proposals
            .iter()
            .filter_map(|proposal| match &proposal.change {
                Change::New { text: after } | Change::Changed { after, .. } => {
                    Some((proposal.path.clone(), Some(after.clone())))
                }
                Change::Unchanged | Change::Clash { .. } => None,
            })
            .collect();
        for file in &self.empty {
            texts.insert(file.name.clone(), None);
        }
        texts
    }

    /// Whether the file is among those that are written.
    pub fn writes(&self, path: &str) -> bool {
        self.proposals.iter().any(|proposal| proposal.path == path)
    }

    /// Whether the file is a new one, with the manifest of one object.
    pub fn makes(&self, path: &str) -> bool {
        let mut proposals = self.proposals.iter();
        proposals.any(|one| one.path == path && matches!(one.change, Change::New { .. }))
    }

    /// The files, from the project's folder.
    pub fn files(&self) -> Vec<&str> {
        let mut files: Vec<&str> = self
            .proposals
            .iter()
            .map(|proposal| proposal.path.as_str())
            .chain(self.empty.iter().map(|file| file.name.as_str()))
            .collect();
        files.sort_unstable();
        files
    }

    /// What would be written, as a diff.
    pub fn diff(&self) -> String {
        let emptied = self.empty.iter().map(|file| Proposal {
            path: file.name.clone(),
            change: Change::Changed {
                before: file.text.clone(),
                after: String::new(),
                encoding: file.encoding,
            },
        });
        let all: Vec<Proposal> = self.proposals.iter().cloned().chain(emptied).collect();
        render::files::proposals(&all)
    }

    /// Writes the files, and takes those away that hold nothing any more.
    ///
    /// # Errors
    /// When a file changed since it was read, or cannot be written.
    pub fn write(&self) -> Result<(), Stopped> {
        self.folder
            .write(&self.proposals)
            .map_err(anyhow::Error::from)?;
        for file in &self.empty {
            self.folder.remove(file).map_err(anyhow::Error::from)?;
        }
        Ok(())
    }
}

fn draft(wanted: &WantedFile, text: &str) -> FileDraft {
    FileDraft::New {
        kind: wanted.kind,
        display_name: wanted.name.clone(),
        unique: wanted.unique.clone(),
        text: text.to_owned(),
    }
}

/// The folder that an entry of `manifests:` begins with.
fn folder_of(entry: &str) -> String {
    let entry = entry.replace('\\', "/");
    let is_file = entry.ends_with(".yaml") || entry.ends_with(".yml");
    let mut parts: Vec<&str> = entry
        .split('/')
        .take_while(|part| !part.contains(['*', '?', '[', '{']))
        .filter(|part| !part.is_empty() && *part != ".")
        .collect();
    if is_file && parts.len() == entry.split('/').count() {
        parts.pop();
    }
    parts.join("/")
}
