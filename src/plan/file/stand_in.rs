//! Stand-ins for the ids of objects that a plan creates, as a file spells them.
//!
//! Within a run a stand-in holds a number of that run, so that no text of a manifest can be
//! taken for one. A file must be the same each time, so there it is `pending:Kind:name`; it
//! is looked for only where an id belongs, and no id begins so.

use serde_json::Value;

use crate::graph::request::{decode, encode};
use crate::model::{Kind, Object};
use crate::tenant::resolve::{is_pending, pending};

const PREFIX: &str = "pending:";

/// The spelling in a file: for a stand-in; anything else stays as it is.
pub(super) fn to_file(text: &str) -> String {
    match is_pending(text) {
        Some((kind, name)) => format!("{PREFIX}{kind}:{}", encode(&name)),
        None => text.to_owned(),
    }
}

/// The stand-in of this run for the spelling of a file; anything else stays as it is.
pub(super) fn from_file(text: &str) -> String {
    match named(text) {
        Some((kind, name)) => pending(kind, &name),
        None => text.to_owned(),
    }
}

/// The kind and name behind the spelling of a file.
pub(super) fn named(text: &str) -> Option<(Kind, String)> {
    let (kind, name) = text.strip_prefix(PREFIX)?.split_once(':')?;
    Some((Kind::parse(kind)?, decode(name)))
}

/// The normal form of an object, with `spell` applied wherever an id stands.
pub(super) fn respell(kind: Kind, normal: &Value, spell: fn(&str) -> String) -> Value {
    let mut value = normal.clone();
    let Ok(object) = Object::from_value(kind, normal) else {
        return value; // null: there is no such side
    };
    for (_, pointer, target) in object.references() {
        if let Some(slot) = value.pointer_mut(&pointer)
            && slot.is_string()
        {
            *slot = spell(&target).into();
        }
    }
    value
}

/// The same for an object.
pub(super) fn respell_object(object: &Object, spell: fn(&str) -> String) -> Object {
    let mut object = object.clone();
    for reference in object.references_mut() {
        *reference.target = spell(reference.target);
    }
    object
}
