//! Changes of a document in place, every comment kept.
//!
//! Guarantees: the text that comes back, parsed anew, has exactly the value that the edits
//! say, and the other documents of the file have the value that they had; else there is an
//! error and no text. A line that no edit touches stays byte for byte, comments, line ends
//! and quotes included. A comment line goes only when it stands inside a value that is
//! replaced or taken out.
//!
//! Texts are literals: each `${` is written so that no variable replaces it.

mod change;
mod format;
mod layout;
mod likeness;
mod surgery;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::write::{self, Hand};
use super::yaml::{self, Document};
use crate::finding::source::SourceFile;
use crate::text::pointer::{names, unescaped};
use surgery::Surgeon;

pub use change::{Edit, EditError};
pub use format::formatted;
pub use likeness::successors;

/// The text of the document's whole file with `edits` applied in their order.
///
/// # Errors
/// See [`EditError`]; nothing is changed then.
pub fn apply(document: &Document, edits: &[Edit]) -> Result<String, EditError> {
    apply_all(&document.file, &[(document.index, edits)])
}

/// The text of `file` with the edits of several of its documents, each named by its
/// [`Document::index`].
///
/// # Errors
/// See [`EditError`]; nothing is changed then.
pub fn apply_all(file: &SourceFile, edits: &[(usize, &[Edit])]) -> Result<String, EditError> {
    let before = parsed(file, file.text.clone()).ok_or(EditError::Unreadable)?;
    let starts = layout::starts(&file.text).ok_or(EditError::Unreadable)?;
    let mut slices: Vec<String> = starts
        .iter()
        .enumerate()
        .map(|(number, start)| {
            let end = starts.get(number + 1).copied();
            let slice = file.text.get(*start..end.unwrap_or(file.text.len()));
            slice.unwrap_or_default().to_owned()
        })
        .collect();
    let hands = hands(&slices);
    let newline = layout::line_break(&file.text);
    let mut wanted = before;
    for (index, edits) in edits {
        let document = wanted.iter_mut().find(|(number, _)| number == index);
        let (Some((_, value)), Some(slice), Some(hand)) =
            (document, slices.get_mut(*index), hands.get(*index))
        else {
            return Err(EditError::NoDocument(*index));
        };
        let mut surgeon = Surgeon::new(std::mem::take(slice), value.clone(), *hand, newline)?;
        for edit in *edits {
            let edit = literal(edit);
            surgeon.perform(&edit)?;
            model(&mut surgeon.value, &edit)?;
        }
        (*slice, *value) = surgeon.finish();
    }
    let text = slices.concat();
    match parsed(file, text.clone()) {
        Some(after) if after == wanted => Ok(text),
        _ => Err(EditError::Unsure),
    }
}

/// The text without these documents, each named by its [`Document::index`], comments above
/// and below them in their part of the file included; `None` when no other is left.
///
/// # Errors
/// When the text is no sound YAML.
pub fn without_documents(
    text: &str,
    indices: &BTreeSet<usize>,
) -> Result<Option<String>, EditError> {
    let starts = layout::starts(text).ok_or(EditError::Unreadable)?;
    let mut left = String::new();
    for (number, start) in starts.iter().enumerate() {
        if indices.contains(&number) {
            continue;
        }
        let end = starts.get(number + 1).copied().unwrap_or(text.len());
        let slice = text.get(*start..end).unwrap_or_default();
        // The first document needs no mark before it.
        let mark = left.is_empty() && number > 0;
        left.push_str(match slice.split_once('\n') {
            Some((line, rest)) if mark && line.trim_end() == "---" => rest,
            _ => slice,
        });
    }
    Ok((!left.trim().is_empty()).then_some(left))
}

/// How each document is indented; what it does not show, the others of its file may.
fn hands(slices: &[String]) -> Vec<Hand> {
    let layouts: Vec<_> = slices.iter().map(|slice| layout::document(slice)).collect();
    let all: Vec<_> = slices.iter().map(String::as_str).zip(&layouts).collect();
    (0..all.len())
        .map(|number| layout::hand(all.iter().skip(number).chain(&all)))
        .collect()
}

/// The documents of a text, each with its number; nothing when something is wrong with it.
fn parsed(file: &SourceFile, text: String) -> Option<Vec<(usize, Value)>> {
    let file: Arc<SourceFile> = SourceFile::new(&file.name, &file.path, text);
    let mut findings = Vec::new();
    let documents = yaml::parse(&file, &mut findings);
    let documents = documents.into_iter().map(|d| (d.index, d.value));
    findings.is_empty().then(|| documents.collect())
}

/// The edit with its texts as they stand in a file, before variables are replaced.
fn literal(edit: &Edit) -> Edit {
    let mut edit = edit.clone();
    match &mut edit {
        Edit::Set { value, .. } => *value = write::literal(value.take()),
        Edit::Append { items, .. } => {
            for item in items {
                *item = write::literal(item.take());
            }
        }
        Edit::Remove { .. } | Edit::RemoveItems { .. } => {}
    }
    edit
}

/// What an edit means, without regard to any text.
pub(super) fn model(value: &mut Value, edit: &Edit) -> Result<(), EditError> {
    match edit {
        Edit::Set {
            pointer,
            value: new,
        } => *slot(value, pointer)? = new.clone(),
        Edit::Remove { pointer } => {
            if value.pointer(pointer).is_some() {
                remove(value, pointer);
            }
        }
        Edit::RemoveItems { pointer, indices } => {
            if let Some(Value::Array(items)) = value.pointer_mut(pointer) {
                let mut number = 0;
                items.retain(|_| {
                    number += 1;
                    !indices.contains(&(number - 1))
                });
            }
        }
        Edit::Append { pointer, items } => {
            if !items.is_empty() {
                let list = slot(value, pointer)?;
                if list.is_null() {
                    *list = Value::Array(Vec::new());
                }
                if let Value::Array(list) = list {
                    list.extend(items.iter().cloned());
                }
            }
        }
    }
    Ok(())
}

/// The place of the value at `pointer`, made where it is not there.
pub(super) fn slot<'a>(value: &'a mut Value, pointer: &str) -> Result<&'a mut Value, EditError> {
    let wrong = || EditError::OtherForm {
        pointer: pointer.to_owned(),
        wanted: "mapping",
    };
    let mut at = value;
    for token in names(pointer) {
        if at.is_null() {
            *at = Value::Object(Map::new());
        }
        at = match at {
            Value::Object(map) => map.entry(token).or_insert(Value::Null),
            Value::Array(items) => token
                .parse::<usize>()
                .ok()
                .and_then(|index| items.get_mut(index))
                .ok_or_else(wrong)?,
            _ => return Err(wrong()),
        };
    }
    Ok(at)
}

fn remove(value: &mut Value, pointer: &str) {
    let Some((above, token)) = pointer.rsplit_once('/') else {
        return;
    };
    let empty = match value.pointer_mut(above) {
        Some(Value::Object(map)) => {
            map.shift_remove(&unescaped(token));
            map.is_empty()
        }
        Some(Value::Array(items)) => {
            if let Some(index) = token.parse().ok().filter(|index| *index < items.len()) {
                items.remove(index);
            }
            false
        }
        _ => false,
    };
    let outer = above.rsplit_once('/').map(|(outer, _)| outer);
    if empty && outer.is_some_and(|outer| value.pointer(outer).is_some_and(Value::is_object)) {
        remove(value, above);
    }
}

#[cfg(test)]
mod tests;
