//! The members of an object on their way out. A format takes those that it can hold, each once;
//! what is left in the end is what it cannot.

use serde_json::Value;

use crate::model::normal::{holds_something, is_annotation};
use crate::text::pointer::{above, below, names};

/// What of an object is not taken yet.
#[derive(Debug, Clone)]
pub(super) struct Members(Value);

impl Members {
    pub(super) fn of(body: Value) -> Members {
        Members(body)
    }

    /// Takes the member at a pointer; null where there is none.
    pub(super) fn take(&mut self, pointer: &str) -> Value {
        let name = names(pointer).last().unwrap_or_default();
        let Some(Value::Object(map)) = self.0.pointer_mut(above(pointer)) else {
            return Value::Null;
        };
        map.shift_remove(&name).unwrap_or_default()
    }

    pub(super) fn text(&mut self, pointer: &str) -> Option<String> {
        match self.take(pointer) {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// A list of texts; a value of flags is one as well.
    pub(super) fn texts(&mut self, pointer: &str) -> Vec<String> {
        match self.take(pointer) {
            Value::Array(items) => (items.iter())
                .filter_map(|item| item.as_str().map(str::to_owned))
                .collect(),
            Value::String(flags) => flags.split(',').map(|one| one.trim().to_owned()).collect(),
            _ => Vec::new(),
        }
    }

    /// Puts back what a format cannot hold after all.
    pub(super) fn keep(&mut self, pointer: &str, value: Value) {
        if let Some(Value::Object(map)) = self.0.pointer_mut(above(pointer)) {
            map.insert(names(pointer).last().unwrap_or_default(), value);
        }
    }

    /// The pointers of what is left and holds something.
    pub(super) fn left(&self) -> Vec<String> {
        let mut found = Vec::new();
        left(&self.0, "", &mut found);
        found
    }
}

fn left(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (name, member) in map.iter().filter(|(name, _)| !is_annotation(name)) {
                left(member, &below(at, name), found);
            }
        }
        value if holds_something(value) => found.push(at.to_owned()),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_taken_is_left() {
        let mut members = Members::of(json!({
            "a": {"b": ["x"], "c": "y,z", "d": null, "e": []},
            "f/g": {"h": true},
            "off": false,
            "@odata.type": "#x",
        }));
        assert_eq!(members.texts("/a/c"), ["y", "z"]);
        assert_eq!(members.take("/a/none"), Value::Null);
        assert_eq!(members.take("/none/b"), Value::Null);
        assert_eq!(members.left(), ["/a/b", "/f~1g/h", "/off"]);
        let value = members.take("/a/b");
        assert_eq!(members.left(), ["/f~1g/h", "/off"]);
        members.keep("/a/b", value);
        assert_eq!(members.left(), ["/a/b", "/f~1g/h", "/off"]);
    }
}
