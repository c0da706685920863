//! What a tenant gets of the manifests, with the patches and variables in: as manifests, and for
//! programs.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::json::FORMAT_VERSION;
use crate::finding::Place;
use crate::manifest::project::Desired;
use crate::manifest::write::{Note, any_document};
use crate::manifest::yaml::Document;

/// What a tenant gets.
pub struct TenantManifests<'a> {
    /// The tenant, by its name.
    pub tenant: &'a str,
    /// Its manifests.
    pub desired: &'a Desired,
}

/// The answer of `render --format json`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RenderOutput {
    /// The version of this format.
    format_version: &'static str,
    /// The version of gatewright.
    gatewright_version: &'static str,
    /// What each tenant gets.
    tenants: Vec<RenderedTenant>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RenderedTenant {
    /// The tenant, by its name.
    tenant: String,
    /// Its manifests, in the order of files and documents.
    manifests: Vec<RenderedManifest>,
    /// The manifests that patches leave out.
    absent: Vec<RenderedManifest>,
}

/// One manifest.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RenderedManifest {
    /// The kind.
    kind: String,
    /// The display name.
    name: String,
    /// Where the manifest stands.
    place: RenderedPlace,
    /// The patches of it, in the order in which they are applied.
    patches: Vec<RenderedPlace>,
    /// The manifest with its variables replaced and its patches applied.
    manifest: Value,
}

/// A document of a file.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RenderedPlace {
    /// The file, from the project's folder.
    file: String,
    /// The line, from 1.
    line: usize,
}

fn text<'a>(document: &'a Document, name: &str) -> &'a str {
    let text = document.value.get(name);
    text.and_then(Value::as_str).unwrap_or_default()
}

/// The documents of the tenant's objects and claims, in the order of files and documents.
fn documents(desired: &Desired) -> Vec<&Document> {
    let manifests = desired.manifests.iter().map(|one| &one.document);
    let mut all: Vec<&Document> = manifests
        .chain(desired.scenarios.iter().map(|one| &one.document))
        .chain(desired.invariants.iter().map(|one| &one.document))
        .collect();
    all.sort_by_key(|document| (document.file.name.as_str(), document.index));
    all
}

/// Where a document and its patches begin.
fn places(document: &Document) -> (Place, Vec<Place>) {
    match &document.overlay {
        None => (document.place("/kind"), Vec::new()),
        Some(overlay) => {
            let of =
                |layer| overlay.place_of(&(layer, "/kind".to_owned()), |spans, at| spans.value(at));
            let patches = (1..=overlay.patches().len()).map(of);
            (of(0), patches.collect())
        }
    }
}

fn manifest(document: &Document) -> String {
    let (own, patches) = places(document);
    let mut notes = vec![Note {
        pointer: String::new(),
        text: format!("from {}:{}", own.file.name, own.line),
    }];
    notes.extend(patches.iter().map(|patch| Note {
        pointer: String::new(),
        text: format!("patched by {}:{}", patch.file.name, patch.line),
    }));
    any_document(text(document, "kind"), &document.value, &notes)
}

/// The manifests, as one text of several documents.
pub fn yaml(all: &[TenantManifests<'_>]) -> String {
    let mut out = String::new();
    for one in all {
        let mut first = all.len() > 1;
        for document in documents(one.desired) {
            if !out.is_empty() {
                out.push_str("---\n");
            }
            if std::mem::take(&mut first) {
                let tenant = one.tenant.escape_debug();
                out.push_str(&format!("# tenant {tenant}\n\n"));
            }
            out.push_str(&manifest(document));
        }
    }
    out
}

/// The text of each file that a tenant's manifests come from, as the tenant gets it.
pub fn files(one: &TenantManifests<'_>) -> BTreeMap<String, String> {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for document in documents(one.desired) {
        let text = files.entry(document.file.name.clone()).or_default();
        if !text.is_empty() {
            text.push_str("---\n");
        }
        text.push_str(&manifest(document));
    }
    files
}

/// The same for programs.
pub fn json(all: &[TenantManifests<'_>]) -> RenderOutput {
    let place = |place: &Place| RenderedPlace {
        file: place.file.name.clone(),
        line: place.line,
    };
    let manifest = |document: &Document| {
        let (own, patches) = places(document);
        RenderedManifest {
            kind: text(document, "kind").to_owned(),
            name: text(document, "displayName").to_owned(),
            place: place(&own),
            patches: patches.iter().map(place).collect(),
            manifest: document.value.clone(),
        }
    };
    let tenants = all.iter().map(|one| RenderedTenant {
        tenant: one.tenant.to_owned(),
        manifests: documents(one.desired).into_iter().map(manifest).collect(),
        absent: one.desired.absent.iter().map(manifest).collect(),
    });
    RenderOutput {
        format_version: FORMAT_VERSION,
        gatewright_version: env!("CARGO_PKG_VERSION"),
        tenants: tenants.collect(),
    }
}
