//! Edits of YAML in place: the edited text, parsed, has exactly the value that was wanted, nothing
//! else has changed, and comments stay. Formatting keeps values and comments, and is done once.
//!
//! The first bytes of the input choose the edits, the rest is the text.

use std::collections::BTreeSet;
use std::sync::Arc;

use gatewright::finding::source::SourceFile;
use gatewright::manifest::comments::comments;
use gatewright::manifest::edit::{self, Edit, EditError};
use gatewright::manifest::yaml;
use gatewright::text::pointer::{above, below, names};
use serde_json::{Map, Value};

use crate::choices::Choices;
use crate::sound;

/// How many bytes choose the edits.
const CHOICES: usize = 24;

/// Holds the laws for one input.
pub fn check(data: &[u8]) {
    let (choices, text) = data.split_at(data.len().min(CHOICES));
    let Some(file) = sound::source("t.yaml", text) else {
        return;
    };
    let Some(documents) = parsed(&file) else {
        assert_eq!(edit::formatted(&file), None);
        assert_eq!(edit::apply_all(&file, &[]), Err(EditError::Unreadable));
        return;
    };
    formatting(&file, &documents);
    let mut choices = Choices::new(choices);
    if choices.once_in(8) {
        return without_documents(&file, &documents, &mut choices);
    }
    let Some((index, value)) = documents.get(choices.below(documents.len())) else {
        return;
    };
    let mut wanted = value.clone();
    let mut edits = Vec::new();
    for _ in 0..=choices.below(3) {
        let edit = any_edit(&wanted, &mut choices);
        if !perform(&mut wanted, &edit) {
            break;
        }
        edits.push(edit);
    }
    let Ok(after) = edit::apply_all(&file, &[(*index, edits.as_slice())]) else {
        return; // refused: the tests of the library say what must not be
    };
    let edited = SourceFile::new("t.yaml", "t.yaml", after);
    let Some(after) = parsed(&edited) else {
        panic!("no YAML any more: {:?}\n{edits:?}", edited.text);
    };
    let mut all = documents.clone();
    if let Some(one) = all.iter_mut().find(|(number, _)| number == index) {
        one.1 = wanted;
    }
    // What an edit leaves empty is no document any more.
    all.retain(|(_, value)| !value.is_null());
    assert_eq!(
        after, all,
        "{edits:?}\n{}\n---- became\n{}",
        file.text, edited.text
    );
    if edits.iter().all(|edit| only_adds(value, edit)) {
        let kept = texts(&edited);
        for comment in texts(&file) {
            assert!(
                kept.contains(&comment),
                "{comment:?} is gone: {edits:?}\n{}\n---- became\n{}",
                file.text,
                edited.text
            );
        }
    }
}

/// The documents of a file that is sound.
fn parsed(file: &Arc<SourceFile>) -> Option<Vec<(usize, Value)>> {
    let mut findings = Vec::new();
    let documents = yaml::parse(file, &mut findings);
    sound::findings(&findings);
    let documents = documents.into_iter().map(|one| (one.index, one.value));
    findings.is_empty().then(|| documents.collect())
}

fn texts(file: &SourceFile) -> Vec<String> {
    let mut texts: Vec<String> = comments(file).into_iter().map(|one| one.text).collect();
    texts.sort();
    texts
}

fn formatting(file: &Arc<SourceFile>, documents: &[(usize, Value)]) {
    let Some(text) = edit::formatted(file) else {
        panic!("sound, and not formatted: {:?}", file.text);
    };
    let formatted = SourceFile::new("t.yaml", "t.yaml", text.clone());
    let after = parsed(&formatted).unwrap_or_else(|| panic!("{:?} became {text:?}", file.text));
    // Equal as mappings are: the order of keys is what formatting is for.
    assert_eq!(after, documents, "{:?} became {text:?}", file.text);
    assert_eq!(
        texts(&formatted),
        texts(file),
        "{:?} became {text:?}",
        file.text
    );
    assert_eq!(edit::formatted(&formatted), Some(text), "{:?}", file.text);
}

fn without_documents(file: &SourceFile, documents: &[(usize, Value)], choices: &mut Choices<'_>) {
    let gone: BTreeSet<usize> = documents
        .iter()
        .map(|(index, _)| *index)
        .filter(|_| choices.once_in(2))
        .collect();
    let left: Vec<&Value> = documents
        .iter()
        .filter(|(index, _)| !gone.contains(index))
        .map(|(_, value)| value)
        .collect();
    let text = edit::without_documents(&file.text, &gone)
        .unwrap_or_else(|error| panic!("{error}: {:?}", file.text));
    let rest = text.map_or_else(Vec::new, |text| {
        let file = SourceFile::new("t.yaml", "t.yaml", text);
        parsed(&file).unwrap_or_else(|| panic!("no YAML any more: {:?}", file.text))
    });
    let rest: Vec<&Value> = rest.iter().map(|(_, value)| value).collect();
    assert_eq!(rest, left, "without {gone:?}: {:?}", file.text);
}

fn any_edit(value: &Value, choices: &mut Choices<'_>) -> Edit {
    let mut places = Vec::new();
    pointers(value, "", &mut places);
    let pointer = choices.pick(&places).clone();
    let here = value.pointer(&pointer);
    match (here, choices.below(4)) {
        (Some(Value::Object(_)), 0 | 1) => Edit::Set {
            pointer: below(&pointer, &choices.text()),
            value: choices.value(2),
        },
        (Some(Value::Array(_)), 0) => Edit::Append {
            pointer,
            items: (0..=choices.below(2)).map(|_| choices.value(2)).collect(),
        },
        (Some(Value::Array(items)), 1) if !items.is_empty() => Edit::RemoveItems {
            indices: (0..=choices.below(2))
                .map(|_| choices.below(items.len()))
                .collect(),
            pointer,
        },
        (_, 2) if !pointer.is_empty() => Edit::Remove { pointer },
        _ => Edit::Set {
            pointer,
            value: choices.value(2),
        },
    }
}

fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(map) => map
            .iter()
            .for_each(|(name, one)| pointers(one, &below(at, name), found)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(index, one)| pointers(one, &format!("{at}/{index}"), found)),
        _ => {}
    }
}

/// What an edit means, in words of values; false where it means nothing.
fn perform(value: &mut Value, edit: &Edit) -> bool {
    match edit {
        Edit::Set {
            pointer,
            value: new,
        } => slot(value, pointer)
            .map(|slot| *slot = literal(new))
            .is_some(),
        Edit::Remove { pointer } => {
            remove(value, pointer);
            true
        }
        Edit::RemoveItems { pointer, indices } => {
            let Some(Value::Array(items)) = value.pointer_mut(pointer) else {
                return false;
            };
            let kept = items
                .iter()
                .enumerate()
                .filter(|(index, _)| !indices.contains(index));
            *items = kept.map(|(_, item)| item.clone()).collect();
            true
        }
        Edit::Append { pointer, items } => {
            let Some(Value::Array(list)) = value.pointer_mut(pointer) else {
                return false;
            };
            list.extend(items.iter().map(literal));
            true
        }
    }
}

fn slot<'a>(value: &'a mut Value, pointer: &str) -> Option<&'a mut Value> {
    let mut at = value;
    for name in names(pointer) {
        if at.is_null() {
            *at = Value::Object(Map::new());
        }
        at = match at {
            Value::Object(map) => map.entry(name).or_insert(Value::Null),
            Value::Array(items) => items.get_mut(name.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Some(at)
}

/// A mapping that is left empty goes too, unless it is an item or the document.
fn remove(value: &mut Value, pointer: &str) {
    let Some(name) = names(pointer).last() else {
        return;
    };
    let outer = above(pointer).to_owned();
    match value.pointer_mut(&outer) {
        Some(Value::Object(map)) => {
            map.shift_remove(&name);
            let is_empty = map.is_empty();
            if is_empty
                && !outer.is_empty()
                && value.pointer(above(&outer)).is_some_and(Value::is_object)
            {
                remove(value, &outer);
            }
        }
        Some(Value::Array(items)) => {
            if let Some(index) = name.parse().ok().filter(|index| *index < items.len()) {
                items.remove(index);
            }
        }
        _ => {}
    }
}

/// A text as it stands in a file, so that no variable replaces it.
fn literal(value: &Value) -> Value {
    match value {
        Value::String(text) => text.replace("${", "$${").into(),
        Value::Array(items) => items.iter().map(literal).collect(),
        Value::Object(map) => map
            .iter()
            .map(|(name, one)| (name.clone(), literal(one)))
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

/// Whether nothing is taken out or replaced, so that every comment stays.
fn only_adds(value: &Value, edit: &Edit) -> bool {
    match edit {
        Edit::Set { pointer, .. } => !pointer.is_empty() && value.pointer(pointer).is_none(),
        Edit::Append { .. } => true,
        Edit::Remove { .. } | Edit::RemoveItems { .. } => false,
    }
}
