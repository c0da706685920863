//! Changes of a document in place, every comment kept.
//!
//! Guarantees: the text that comes back, parsed anew, has exactly the value that the edits
//! say, and the other documents of the file have the value that they had; else there is an
//! error and no text. A line that no edit touches stays byte for byte, comments, line ends
//! and quotes included. A comment line goes only when it stands inside a value that is
//! replaced or taken out.
//!
//! Texts are literals: each `${` is written so that no variable replaces it.

mod layout;
mod surgery;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::write::{self, Hand};
use super::yaml::{self, Document};
use crate::finding::source::SourceFile;
use crate::text::pointer::{names, unescaped};
use surgery::Surgeon;

/// One change of a document.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// Sets the property or item at this JSON pointer; mappings above it are made. Of a
    /// mapping or list, the parts that stay the same keep their lines.
    Set {
        /// Where.
        pointer: String,
        /// The new value.
        value: Value,
    },
    /// Takes the property out; a mapping that is left empty goes with it, unless it is an
    /// item of a list. What is not there is no error.
    Remove {
        /// Where.
        pointer: String,
    },
    /// Takes items out of a list. A list that is left empty stays as `[]`.
    RemoveItems {
        /// The list.
        pointer: String,
        /// The items, counted from 0 in the list as it is before this edit.
        indices: Vec<usize>,
    },
    /// Adds items at the end of a list, or makes the list.
    Append {
        /// The list.
        pointer: String,
        /// What is added.
        items: Vec<Value>,
    },
}

/// Why a text was not changed. The places are JSON pointers into the document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The file is no sound YAML before the edit: the user's to fix.
    #[error("the file has errors; mend them first, `gatewright validate` shows them")]
    Unreadable,
    /// The caller's: the file has no such document.
    #[error("the file has no document number {0}")]
    NoDocument(usize),
    /// The caller's: an item that the list does not have.
    #[error("there is no item {index} at `{pointer}`")]
    NoSuchItem {
        /// The list.
        pointer: String,
        /// The item.
        index: usize,
    },
    /// The value there is of another form than the edit needs.
    #[error("the value at `{pointer}` is no {wanted}")]
    OtherForm {
        /// The value.
        pointer: String,
        /// `list` or `mapping`.
        wanted: &'static str,
    },
    /// The value comes by an alias: a change would have to be made where the anchor is.
    #[error("`{pointer}` comes by an alias (`*`); write its value out, or edit it by hand")]
    Alias {
        /// The alias.
        pointer: String,
    },
    /// The value is repeated elsewhere by an alias, which would change, too.
    #[error("`{pointer}` has an anchor (`&`) that is used elsewhere; edit it by hand")]
    Anchor {
        /// The anchored value, or what holds it.
        pointer: String,
    },
    /// The mapping takes some of its keys from another by a merge key.
    #[error("`{pointer}` has a merge key (`<<`); edit it by hand")]
    MergeKey {
        /// The mapping.
        pointer: String,
    },
    /// The text is written in a way that is not edited here.
    #[error("`{pointer}` is written in a way that cannot be changed in place; edit it by hand")]
    Unsupported {
        /// The value.
        pointer: String,
    },
    /// The changed text would not have meant what it should; also where a new key is longer
    /// than YAML takes before a `:` (1,000 characters here).
    #[error("the file cannot be changed in place without changing more; edit it by hand")]
    Unsure,
}

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
            file.text[*start..end.unwrap_or(file.text.len())].to_owned()
        })
        .collect();
    let hands = hands(&slices);
    let newline = if file.text.contains("\r\n") {
        "\r\n"
    } else {
        "\n"
    };
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
        let slice = &text[*start..end];
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
        .map(|number| layout::hand(all[number..].iter().chain(&all)))
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
fn model(value: &mut Value, edit: &Edit) -> Result<(), EditError> {
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
fn slot<'a>(value: &'a mut Value, pointer: &str) -> Result<&'a mut Value, EditError> {
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
