//! A draft becomes a text that the project's own reader takes.

use serde_json::{Value, json};

use super::naming::Draft;
use crate::finding::source::SourceFile;
use crate::finding::{Code, Finding, MAX_FILE_BYTES, Severity};
use crate::manifest::config::TenantEntry;
use crate::manifest::project::{self, Desired};
use crate::manifest::write::{Note, document};
use crate::manifest::yaml::{self, Document};
use crate::text::pointer::dotted;

/// A manifest that is to be written.
#[derive(Debug)]
pub struct Written {
    /// Its text.
    pub text: String,
    /// The text, parsed, for places.
    pub document: Document,
    /// What is to be known about it and stops nothing.
    pub findings: Vec<Finding>,
}

/// The text of `draft` as the file `name`, read back.
///
/// A value that this version does not know cannot stand in a manifest. Where the object is
/// live (`keeps`), its property is left to the tenant by `ignoreChanges`; it would be lost
/// otherwise, so the draft is refused.
///
/// # Errors
/// Why it cannot be a manifest, at places in the text that it would have.
pub fn settle(
    mut draft: Draft,
    name: &str,
    tenant: &TenantEntry,
    keeps: bool,
) -> Result<(Draft, Written), Vec<Finding>> {
    let attempt = read_back(&draft, name, tenant);
    if keeps && let Err((findings, pointers)) = &attempt {
        let unknown: Vec<(String, String)> = findings
            .iter()
            .zip(pointers)
            .filter(|(finding, _)| finding.severity == Severity::Error)
            .map(|(finding, pointer)| match (finding.code, pointer) {
                (Code::BadValue, Some(pointer)) if can_be_left(pointer) => {
                    Some((pointer.clone(), finding.message.clone()))
                }
                _ => None,
            })
            .collect::<Option<_>>()
            .unwrap_or_default();
        // From the last item of a list to its first, so that the pointers stay right.
        for (pointer, message) in unknown.iter().rev() {
            leave(&mut draft, pointer, message);
        }
        if let Ok(written) = read_back(&draft, name, tenant) {
            return Ok((draft, written));
        }
    }
    match attempt {
        Ok(written) => Ok((draft, written)),
        Err((findings, _)) => Err(findings),
    }
}

/// What lives in a tenant or an export may break a rule of Graph: that is a warning where
/// manifests are made of it.
fn rules_as_warnings(findings: &mut [Finding]) {
    for finding in findings {
        if finding.code == Code::GraphRule && finding.is_error() {
            finding.severity = Severity::Warning;
            finding
                .message
                .push_str("; `validate` refuses it until it is fixed");
        }
    }
}

/// Takes what breaks a rule of Graph out of what was found in the manifests that are there; gives
/// it as warnings. An import wrote it as it was found, and one more must be possible.
pub fn broken_rules(findings: &mut Vec<Finding>) -> Vec<Finding> {
    let broken = |finding: &mut Finding| finding.code == Code::GraphRule && finding.is_error();
    let mut broken: Vec<Finding> = findings.extract_if(.., broken).collect();
    rules_as_warnings(&mut broken);
    broken
}

type Faults = (Vec<Finding>, Vec<Option<String>>);

fn read_back(draft: &Draft, name: &str, tenant: &TenantEntry) -> Result<Written, Faults> {
    let text = document(draft.kind, &draft.value, &draft.notes);
    if text.len() as u64 > MAX_FILE_BYTES {
        let message = format!(
            "its text is larger than {} MiB, the limit for a manifest",
            MAX_FILE_BYTES >> 20
        );
        let finding = Finding::error(Code::FileTooLarge, message);
        return Err((
            vec![finding.help("check what makes it so large")],
            vec![None],
        ));
    }
    let file = SourceFile::new(name, name, text.clone());
    let mut findings = Vec::new();
    let parsed = yaml::parse(&file, &mut findings).into_iter().next();
    let Some(document) = parsed else {
        let pointers = vec![None; findings.len()];
        return Err((findings, pointers));
    };
    // Errors are to be known; the tenant's cloud matters, its variables do not.
    let manifest = project::read(document.clone(), "import", tenant, &mut findings);
    // What the project's reader refuses although the manifest can be read, such as a name that
    // means something else: written, it would stop every later import.
    let alone = Desired {
        manifests: manifest.into_iter().collect(),
        ..Desired::default()
    };
    alone.check(&mut findings);
    // What lives in a tenant can be a manifest: a rule of Graph is a warning here.
    rules_as_warnings(&mut findings);
    if crate::finding::has_errors(&findings) {
        let pointers = findings
            .iter()
            .map(|finding| {
                let place = finding.place.as_ref()?;
                document.spans.pointer_of(&place.range).map(str::to_owned)
            })
            .collect();
        return Err((findings, pointers));
    }
    Ok(Written {
        text,
        document,
        findings,
    })
}

/// The list that an item stands in, or the property itself.
fn property(pointer: &str) -> &str {
    match pointer.rsplit_once('/') {
        Some((list, item)) if item.bytes().all(|b| b.is_ascii_digit()) => list,
        _ => pointer,
    }
}

/// What tells the object apart, and what it is, cannot be left to the tenant.
fn can_be_left(pointer: &str) -> bool {
    !["", "/displayName", "/id", "/kind", "/userPrincipalName"].contains(&property(pointer))
        && !pointer.contains('@')
}

/// Takes the value at `pointer` out of the draft and leaves its property, the whole list of
/// an item, to the tenant.
fn leave(draft: &mut Draft, pointer: &str, message: &str) {
    let Some((parent, name)) = pointer.rsplit_once('/') else {
        return;
    };
    let left = match draft.value.pointer_mut(parent) {
        Some(Value::Object(map)) => map.shift_remove(name),
        Some(Value::Array(items)) => match name.parse::<usize>() {
            Ok(index) if index < items.len() => Some(items.remove(index)),
            _ => None,
        },
        _ => None,
    };
    let property = property(pointer);
    if draft.value.pointer(property) == Some(&json!([]))
        && let Some((parent, name)) = property.rsplit_once('/')
        && let Some(Value::Object(map)) = draft.value.pointer_mut(parent)
    {
        map.shift_remove(name);
    }
    let (Some(left), Value::Object(value)) = (left, &mut draft.value) else {
        return;
    };
    let list = value
        .entry("ignoreChanges")
        .or_insert_with(|| json!([]))
        .as_array_mut();
    let path = Value::from(dotted(property));
    if let Some(list) = list
        && !list.contains(&path)
    {
        list.push(path);
    }
    let alert = Note {
        pointer: String::new(),
        text: format!(
            "`{}` holds {left} in the tenant, which gatewright does not know ({message}): the tenant's value is kept.",
            dotted(property)
        ),
    };
    draft
        .notes
        .retain(|note| !note.pointer.starts_with(property));
    draft.notes.push(alert.clone());
    draft.alerts.push(alert);
}
