//! A document as it was likely meant, so that one run judges as much of it as can be judged.

use serde_json::Value;

use crate::manifest::yaml::Document;
use crate::text::pointer::{above, unescaped};

/// What stands in the way of judging a document.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Repair {
    /// The property has another name.
    Rename { pointer: String, to: String },
    /// The value is another one.
    Replace { pointer: String, value: Value },
    /// Nobody knows what is meant there.
    Drop(String),
}

/// A document, and of which parts nobody knows what is meant.
#[derive(Debug)]
pub struct Repaired {
    /// The document, its slips mended.
    pub document: Document,
    /// JSON pointers to what was left out or is missing.
    pub unjudged: Vec<String>,
}

impl Repaired {
    pub(super) fn of(document: Document) -> Repaired {
        Repaired {
            document,
            unjudged: Vec::new(),
        }
    }

    /// Makes the repairs; the new names of renamed properties, as pointers.
    pub(super) fn mend(&mut self, repairs: Vec<Repair>) -> Vec<String> {
        let mut renamed = Vec::new();
        let (values, others): (Vec<_>, Vec<_>) =
            (repairs.into_iter()).partition(|one| matches!(one, Repair::Replace { .. }));
        let (drops, renames): (Vec<_>, Vec<_>) =
            (others.into_iter()).partition(|one| matches!(one, Repair::Drop(_)));
        for repair in values.into_iter().chain(drops).chain(renames) {
            match repair {
                Repair::Replace { pointer, value } => {
                    if let Some(slot) = self.document.value.pointer_mut(&pointer) {
                        *slot = value;
                    }
                }
                Repair::Drop(pointer) => {
                    self.take(&pointer);
                }
                Repair::Rename { pointer, to } => {
                    let new = format!("{}/{to}", above(&pointer));
                    match self.document.value.pointer(&new) {
                        Some(_) => {
                            self.take(&pointer);
                        }
                        None => {
                            self.rename(&pointer, &new);
                            renamed.push(new);
                        }
                    }
                }
            }
        }
        renamed
    }

    fn rename(&mut self, pointer: &str, new: &str) {
        let value = self.remove(pointer);
        let parent = self.document.value.pointer_mut(above(new));
        if let (Some(Value::Object(map)), Some(value)) = (parent, value) {
            let name = new.rsplit('/').next().unwrap_or_default();
            map.insert(unescaped(name), value);
            self.document.rename(pointer, new);
        }
    }

    /// Takes a part out, and notes that it cannot be judged. Of a list all goes: the places of its
    /// other items would move.
    fn take(&mut self, pointer: &str) {
        let mut at = pointer;
        while (self.document.value.pointer(above(at))).is_some_and(Value::is_array) {
            at = above(at);
        }
        self.remove(at);
        self.unjudged.push(at.to_owned());
    }

    fn remove(&mut self, pointer: &str) -> Option<Value> {
        let name = pointer.rsplit('/').next().unwrap_or_default();
        let parent = self.document.value.pointer_mut(above(pointer))?;
        parent.as_object_mut()?.shift_remove(&unescaped(name))
    }

    /// Whether something can be said about what `pointer` points to: nothing beside it, below it
    /// or above it is unknown.
    pub(crate) fn judges(unjudged: &[String], pointer: &str) -> bool {
        let within = |at: &str, part: &str| {
            at.strip_prefix(part)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        !(unjudged.iter()).any(|one| within(one, pointer) || within(pointer, section(one)))
    }
}

/// The part of a document that is judged as one: a condition, or a property of the document.
fn section(pointer: &str) -> &str {
    let depth = if pointer.starts_with("/conditions/") {
        3
    } else {
        2
    };
    let end = pointer.match_indices('/').nth(depth - 1);
    end.and_then(|(at, _)| pointer.get(..at)).unwrap_or(pointer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beside_the_unknown_is_not_judged() {
        let unknown = ["/conditions/users/includeUsers", "/grantControls/operator"];
        let unknown = unknown.map(str::to_owned);
        for (pointer, judged) in [
            ("", false),
            ("/conditions", false),
            ("/conditions/users", false),
            ("/conditions/users/excludeUsers/0", false),
            ("/conditions/applications", true),
            ("/grantControls/builtInControls", false),
            ("/sessionControls/signInFrequency", true),
        ] {
            assert_eq!(Repaired::judges(&unknown, pointer), judged, "{pointer}");
        }
    }
}
