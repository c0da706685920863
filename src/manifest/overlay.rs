//! Where the parts of a patched document come from: its own file, or the patch that brought them.
//!
//! Only what differs is noted: the pointers at which a patch put a value, took one out, or moved
//! the items of a list. What stands below such a pointer stands below it in the patch too.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use serde_json::Value;

use super::spans::SpanIndex;
use crate::finding::Place;
use crate::finding::source::SourceFile;
use crate::text::pointer::above;

const PATCHED: &str = "the patched manifest";
const PATCHED_BY: &str = "patched here";

/// One document that a patched document is made of.
#[derive(Debug, Clone)]
pub struct Layer {
    /// The file.
    pub file: Arc<SourceFile>,
    /// Which document of the file it is.
    pub index: usize,
    /// Where its parts stand.
    pub spans: Arc<SpanIndex>,
}

/// A part of a layer: the layer's number, and the pointer there. The manifest itself is number 0.
pub type PartOrigin = (usize, String);

/// What a document is made of, and which part comes from where.
#[derive(Debug, Clone)]
pub struct Overlay {
    manifest: Layer,
    /// What the manifest itself says.
    value: Value,
    /// In the order in which they were applied.
    patches: Vec<Layer>,
    /// Pointers into the result, with the origin of what stands there and below.
    origins: BTreeMap<String, PartOrigin>,
    /// What patches set, took out or changed in a list: the pointer, and the last patch's part.
    touched: BTreeMap<String, PartOrigin>,
    /// Named beside a place in the manifest, and in a patch.
    beside: [Arc<[(Place, &'static str)]>; 2],
}

/// Whether `pointer` is `part`, or below it.
fn is_within(pointer: &str, part: &str) -> bool {
    pointer
        .strip_prefix(part)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl Overlay {
    /// A manifest, which says `value`, and in which nothing is changed yet; `name` points to its
    /// name.
    pub fn of(manifest: Layer, value: Value, name: &str) -> Overlay {
        let own = Place::new(&manifest.file, manifest.spans.value(name));
        Overlay {
            manifest,
            value,
            patches: Vec::new(),
            origins: BTreeMap::new(),
            touched: BTreeMap::new(),
            beside: [Arc::from([]), Arc::from([(own, PATCHED)])],
        }
    }

    /// Takes up a patch, and answers its number.
    pub fn add(&mut self, patch: Layer) -> usize {
        let place = Place::new(&patch.file, patch.spans.value("/target"));
        let [of_manifest, _] = &mut self.beside;
        *of_manifest = (of_manifest.iter().cloned())
            .chain([(place, PATCHED_BY)])
            .collect();
        self.patches.push(patch);
        self.patches.len()
    }

    /// A part, by its number: the manifest itself is number 0.
    pub fn layer(&self, number: usize) -> &Layer {
        let patch = number.checked_sub(1).and_then(|at| self.patches.get(at));
        patch.unwrap_or(&self.manifest)
    }

    /// The patches, in the order in which they were applied.
    pub fn patches(&self) -> &[Layer] {
        &self.patches
    }

    /// The files of the patches.
    pub fn patch_files(&self) -> impl Iterator<Item = &Arc<SourceFile>> {
        self.patches.iter().map(|patch| &patch.file)
    }

    /// Where the part at `pointer` of the result comes from.
    pub fn origin(&self, pointer: &str) -> PartOrigin {
        let mut at = pointer;
        loop {
            if let Some((layer, from)) = self.origins.get(at) {
                let rest = pointer.strip_prefix(at).unwrap_or_default();
                return (*layer, format!("{from}{rest}"));
            }
            if at.is_empty() {
                return (0, pointer.to_owned());
            }
            at = above(at);
        }
    }

    /// Notes that a patch changed what stands at `pointer`.
    pub fn touch(&mut self, pointer: &str, origin: &PartOrigin) {
        self.touched.insert(pointer.to_owned(), origin.clone());
    }

    /// Notes where what stands at `pointer`, and all below it, comes from.
    pub fn note(&mut self, pointer: &str, origin: PartOrigin) {
        self.origins.retain(|known, _| !is_within(known, pointer));
        self.origins.insert(pointer.to_owned(), origin);
    }

    /// The part of the last patch that changed what stands at `pointer` itself.
    pub fn touched(&self, pointer: &str) -> Option<&PartOrigin> {
        self.touched.get(pointer)
    }

    /// A part of a patch that changed something below `pointer`, whose own value another part of
    /// the layers has.
    pub fn patched_below(&self, pointer: &str) -> Option<&PartOrigin> {
        let (own, at) = self.origin(pointer);
        let is_whole =
            |origin: &PartOrigin| own > 0 && origin.0 == own && is_within(&origin.1, &at);
        let below = |at: &str| at.len() > pointer.len() && is_within(at, pointer);
        let mut touched = self.touched.iter();
        let found = touched.find(|(at, origin)| below(at) && !is_whole(origin));
        found.map(|(_, origin)| origin)
    }

    /// Whether the manifest itself has something at `pointer`.
    pub fn manifest_has(&self, pointer: &str) -> bool {
        let own = self.value.pointer(pointer);
        own.is_some_and(|value| !value.is_null())
    }

    /// The place of a part of a layer, with what belongs beside it.
    pub fn place_of(
        &self,
        (layer, pointer): &PartOrigin,
        range: impl Fn(&SpanIndex, &str) -> Range<usize>,
    ) -> Place {
        let [of_manifest, of_patch] = &self.beside;
        let beside = if *layer == 0 { of_manifest } else { of_patch };
        let layer = self.layer(*layer);
        Place::new(&layer.file, range(&layer.spans, pointer)).beside(beside)
    }

    /// The place of what stands at `pointer` of the result.
    pub(super) fn place(
        &self,
        pointer: &str,
        range: impl Fn(&SpanIndex, &str) -> Range<usize>,
    ) -> Place {
        self.place_of(&self.origin(pointer), range)
    }

    /// Whether a place lies in the manifest or in one of the patches.
    pub(super) fn holds(&self, place: &Place) -> bool {
        let mut layers = std::iter::once(&self.manifest).chain(&self.patches);
        layers.any(|layer| layer.spans.holds(&layer.file, place))
    }

    /// What stood at `from` stands at `to`.
    pub(super) fn rename(&mut self, from: &str, to: &str) {
        let origin = self.origin(from);
        self.note(to, origin);
    }
}
