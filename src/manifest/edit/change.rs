//! What is to be changed in a document, and why it was not.

use serde_json::Value;

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
    #[error("the file has errors; fix them first (`gatewright validate` shows them)")]
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
    #[error("the value at `{pointer}` is not a {wanted}")]
    OtherForm {
        /// The value.
        pointer: String,
        /// `list` or `mapping`.
        wanted: &'static str,
    },
    /// The value comes by an alias: a change would have to be made where the anchor is.
    #[error("`{pointer}` is an alias (`*`); write out its value, or edit it by hand")]
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
    #[error("`{pointer}` is written in a form that cannot be changed in place; edit it by hand")]
    Unsupported {
        /// The value.
        pointer: String,
    },
    /// The changed text would not have meant what it should; also where a new key is longer
    /// than YAML takes before a `:` (1,000 characters here).
    #[error("the file cannot be changed in place without changing more than that; edit it by hand")]
    Unsure,
}

impl EditError {
    /// The place in the document, as a JSON pointer.
    pub fn pointer(&self) -> Option<&str> {
        match self {
            EditError::NoSuchItem { pointer, .. }
            | EditError::OtherForm { pointer, .. }
            | EditError::Alias { pointer }
            | EditError::Anchor { pointer }
            | EditError::MergeKey { pointer }
            | EditError::Unsupported { pointer } => Some(pointer),
            EditError::Unreadable | EditError::NoDocument(_) | EditError::Unsure => None,
        }
    }
}
