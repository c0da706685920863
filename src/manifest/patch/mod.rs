//! `kind: Patch`: what a tenant has otherwise than a manifest says.
//!
//! Patches are applied to documents before anything is judged, so that schema, rules and advice see
//! what the tenant gets. The project's patches come first, then the tenant's, each in the order
//! of files and documents. A patch that does nothing, or not what it says, is an error: it would
//! stay behind when the manifest moves on, and nobody would know what it was for.

mod apply;
mod back;
mod keys;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use self::apply::Patching;
use super::invariant::INVARIANT;
use super::overlay::Layer;
use super::scenario::SCENARIO;
use super::schema;
use super::yaml::Document;
use crate::finding::{self, Code, Finding, did_you_mean, is_slip};
use crate::model::Kind;
use crate::model::kind::same_name;

pub use self::back::{PlacedEdit, placed};
pub use super::schema::PATCH;

/// Whose a file of manifests is. Patches of the project are applied before those of the tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whose {
    /// Of the project: every tenant has it.
    Project,
    /// Of one tenant.
    Tenant,
}

impl Whose {
    fn words(self) -> &'static str {
        match self {
            Whose::Project => "of the project",
            Whose::Tenant => "of the tenant",
        }
    }
}

/// One patch, as far as it is sound by itself.
#[derive(Debug)]
struct Patch {
    kind: Kind,
    /// What is to be patched: properties and their values.
    target: Map<String, Value>,
    whose: Whose,
    document: Document,
}

impl Patch {
    /// Reads a patch; what is wrong with it is told in `findings`.
    fn read(document: Document, whose: Whose, findings: &mut Vec<Finding>) -> Option<Patch> {
        let before = findings.len();
        let said = document.value.pointer("/target/kind");
        let said = said.and_then(Value::as_str).unwrap_or_default();
        if [SCENARIO, INVARIANT, PATCH].contains(&said) {
            findings.push(
                Finding::error(Code::PatchTarget, format!("a patch cannot target a `{said}`"))
                    .at(document.place("/target/kind"))
                    .help("patch an object; what only one tenant claims belongs in a folder under its own `manifests:`"),
            );
            return None;
        }
        let kind = Kind::parse(said);
        schema::check_patch(kind, &document, findings);
        let target = document.value.get("target").and_then(Value::as_object);
        let (kind, target) = (kind?, target.cloned().unwrap_or_default());
        let is_empty = |name: &str| match document.value.get(name) {
            None | Some(Value::Null) => true,
            Some(Value::Object(map)) => map.is_empty(),
            Some(_) => false,
        };
        let changes: Vec<&str> = ["merge", "add", "remove"]
            .into_iter()
            .filter(|name| !is_empty(name))
            .collect();
        let is_sound = !finding::has_errors(findings.get(before..).unwrap_or_default());
        let mut error = |at: String, message: String, help: &str| {
            let finding = Finding::error(Code::Patch, message);
            findings.push(finding.at(document.key_place(&at)).help(help));
        };
        match (document.value.get("absent"), changes.first()) {
            (Some(Value::Bool(true)), Some(first)) => error(
                format!("/{first}"),
                format!("the patch has both `absent: true` and `{first}`"),
                "keep one: what a tenant does not have cannot be changed for it",
            ),
            (Some(Value::Bool(false)), _) => error(
                "/absent".to_owned(),
                "`absent: false` says nothing: a tenant has every object of its manifests"
                    .to_owned(),
                "remove the line, or write `absent: true`",
            ),
            (None | Some(Value::Null), None) if is_sound => error(
                String::new(),
                "the patch is empty".to_owned(),
                "add `merge:`, `add:` or `remove:` with what differs for the tenant, or `absent: true`",
            ),
            _ => {}
        }
        let identity = kind.identity_property();
        for name in ["kind", identity] {
            let at = format!("/merge/{name}");
            if document.value.pointer(&at).is_some() {
                error(
                    at,
                    format!("a patch cannot change `{name}`"),
                    "leave the object out of the tenant with `absent: true`, and write a manifest of another under the tenant's own `manifests:`",
                );
            }
        }
        let is_named = target.iter().any(|(name, _)| name != "kind");
        if !is_named && !finding::has_errors(findings.get(before..).unwrap_or_default()) {
            findings.push(
                Finding::error(Code::PatchTarget, "the target has no name")
                    .at(document.key_place("/target"))
                    .help(format!("add `{identity}:` with that of the manifest")),
            );
        }
        if finding::has_errors(findings.get(before..).unwrap_or_default()) {
            return None;
        }
        Some(Patch {
            kind,
            target,
            whose,
            document,
        })
    }

    /// Whether the patch leaves its target out.
    fn is_absent(&self) -> bool {
        self.document.value.get("absent") == Some(&Value::Bool(true))
    }

    /// Whether `document` is what the patch is for.
    fn is_for(&self, document: &Document) -> bool {
        self.target.iter().all(|(name, wanted)| {
            let own = document.value.get(name);
            let texts = (own.and_then(Value::as_str), wanted.as_str());
            match (name.as_str(), texts) {
                ("id", (Some(own), Some(wanted))) => own.eq_ignore_ascii_case(wanted),
                (name, (Some(own), Some(wanted))) if name == self.kind.identity_property() => {
                    same_name(self.kind, own, wanted)
                }
                _ => own == Some(wanted),
            }
        })
    }

    /// The property by which the target is named, and its value.
    fn name(&self) -> (&str, &str) {
        let identity = self.kind.identity_property();
        let own = [identity, "displayName", "id"].into_iter();
        let mut named = own.filter_map(|name| Some((name, self.target.get(name)?.as_str()?)));
        named.next().unwrap_or((identity, ""))
    }

    /// That there is no such manifest.
    fn missing(&self, manifests: &[Document]) -> Finding {
        let (property, name) = self.name();
        let words = self.kind.words();
        let place = self.document.place(&format!("/target/{property}"));
        let finding = Finding::error(
            Code::PatchTarget,
            format!("no manifest describes the {words} `{name}` that the patch is for"),
        )
        .at(place);
        let named = |document: &Document| -> Option<String> {
            Some(document.value.get(property)?.as_str()?.to_owned())
        };
        let of_kind = |document: &&Document| document.value.get("kind") == self.target.get("kind");
        let others: Vec<String> = (manifests.iter())
            .filter(of_kind)
            .filter_map(named)
            .collect();
        let known = others.iter().map(String::as_str);
        if others.iter().any(|other| other == name) {
            return finding.help(format!(
                "a manifest has this `{property}`, but not all that `target` says: remove the rest of the target"
            ));
        }
        let mut same = manifests
            .iter()
            .filter(|one| named(one).as_deref() == Some(name));
        if let Some(other) = same.next()
            && let Some(kind) = other.value.get("kind").and_then(Value::as_str)
        {
            return finding
                .related(
                    other.place(&format!("/{property}")),
                    "a manifest of this name",
                )
                .help(format!("did you mean `kind: {kind}`?"));
        }
        match did_you_mean(name, known) {
            Some(meant) => (finding.help(format!("did you mean `{meant}`?"))).fix(
                name,
                super::write::flow(&meant.into()),
                is_slip(name, meant),
            ),
            None => finding.help(
                "correct the name, or remove the patch: it is for a manifest of the project or of this tenant",
            ),
        }
    }

    /// That several manifests are meant.
    fn ambiguous(&self, found: &[&Document]) -> Finding {
        let (property, name) = self.name();
        let mut finding = Finding::error(
            Code::PatchTarget,
            format!(
                "the patch matches {} manifests of the {} `{name}`",
                found.len(),
                self.kind.words()
            ),
        )
        .at(self.document.place(&format!("/target/{property}")))
        .help(match self.kind {
            Kind::TestUser if property != "userPrincipalName" => {
                "name the `userPrincipalName` as well: it is unique"
            }
            _ => "a patch is for one object: remove or rename one of the manifests, or add to the target the `id` that one of them pins",
        });
        for one in found {
            finding = finding.related(
                one.place(&format!("/{property}")),
                "a manifest that it matches",
            );
        }
        finding
    }
}

/// The documents of a tenant with its patches applied.
#[derive(Debug, Default)]
pub struct Overlaid {
    /// What the tenant gets.
    pub manifests: Vec<Document>,
    /// What it does not get.
    pub absent: Vec<Document>,
    /// Every patch.
    pub patches: Vec<Document>,
}

/// Applies patches to manifests, both with their variables replaced, in the order of files and
/// documents. What is wrong is told in `findings`. Where `is_partial`, manifests are missing, and
/// nothing is said of a patch whose target is not there.
pub fn overlay(
    manifests: Vec<Document>,
    patches: Vec<(Document, Whose)>,
    is_partial: bool,
    findings: &mut Vec<Finding>,
) -> Overlaid {
    let mut overlaid = Overlaid {
        patches: patches
            .iter()
            .map(|(document, _)| document.clone())
            .collect(),
        ..Overlaid::default()
    };
    let read = |(document, whose)| Patch::read(document, whose, findings);
    let mut patches: Vec<Patch> = patches.into_iter().filter_map(read).collect();
    patches.sort_by_key(|patch| patch.whose);
    let mut of_manifest: Vec<Vec<&Patch>> = manifests.iter().map(|_| Vec::new()).collect();
    for patch in &patches {
        let all = manifests.iter().enumerate();
        let found: Vec<(usize, &Document)> =
            all.filter(|(_, document)| patch.is_for(document)).collect();
        match found.as_slice() {
            [(index, _)] => {
                if let Some(own) = of_manifest.get_mut(*index) {
                    own.push(patch);
                }
            }
            [] if is_partial => {}
            [] => findings.push(patch.missing(&manifests)),
            several => {
                let several: Vec<&Document> = several.iter().map(|(_, one)| *one).collect();
                findings.push(patch.ambiguous(&several));
            }
        }
    }
    for (document, patches) in manifests.into_iter().zip(of_manifest) {
        if patches.is_empty() {
            overlaid.manifests.push(document);
            continue;
        }
        let mut patching = Patching::of(document);
        for patch in patches {
            patching.apply(patch, findings);
        }
        match patching.finish() {
            (document, false) => overlaid.manifests.push(document),
            (document, true) => overlaid.absent.push(document),
        }
    }
    overlaid
}

/// A document as a part of a patched one.
fn layer(document: &Document) -> Layer {
    Layer {
        file: document.file.clone(),
        index: document.index,
        spans: document.spans.clone(),
    }
}
