//! Small things about JSON values, times and ids.

use serde_json::Value;

pub(super) type Map = serde_json::Map<String, Value>;

/// Now, as Graph writes it: UTC with seven fractional digits.
pub(super) fn now() -> String {
    let now = jiff::Timestamp::now();
    format!(
        "{}.{:07}Z",
        now.strftime("%Y-%m-%dT%H:%M:%S"),
        now.subsec_nanosecond().unsigned_abs() / 100
    )
}

/// Now, as the directory writes it: whole seconds.
pub(super) fn now_seconds() -> String {
    jiff::Timestamp::now()
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string()
}

pub(super) fn new_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// The strings of a list member; nothing when it is not a list.
pub(super) fn strings<'a>(value: &'a Value, name: &str) -> Vec<&'a str> {
    value
        .get(name)
        .and_then(Value::as_array)
        .map(|list| list.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default()
}

/// Gives a member of an object its value.
pub(super) fn set(object: &mut Value, name: &str, value: impl Into<Value>) {
    if let Some(map) = object.as_object_mut() {
        map.insert(name.to_owned(), value.into());
    }
}

/// What a pointer leads to; null where it leads to nothing.
pub(super) fn at<'a>(value: &'a Value, pointer: &str) -> &'a Value {
    value.pointer(pointer).unwrap_or(&Value::Null)
}

/// A string member.
pub(super) fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}
