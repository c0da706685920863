//! When two values of a manifest are one: in the normal form, where the model has one.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::manifest::edit::slot;
use crate::model::normal::is_empty;
use crate::model::{Kind, Object};

/// What tells an item of the list at `pointer` apart: its normal form in an object of the kind,
/// which `whole` is, and else the value itself.
pub(super) fn key(kind: Kind, whole: &Value, pointer: &str, item: &Value) -> String {
    let list = Value::Array(vec![item.clone()]);
    let normal = normal(kind, whole, pointer, list);
    let normal = normal.as_ref().and_then(Value::as_array);
    normal
        .and_then(|list| list.first())
        .unwrap_or(item)
        .to_string()
}

/// Whether two values of the property at `pointer` mean the same.
pub(super) fn is_same(
    kind: Kind,
    whole: &Value,
    pointer: &str,
    old: Option<&Value>,
    new: &Value,
) -> bool {
    let Some(old) = old.filter(|old| !is_empty(old)) else {
        return is_empty(new);
    };
    match (old, new) {
        (Value::Array(old), Value::Array(new)) => {
            let keys = |items: &[Value]| -> BTreeSet<String> {
                let items = items.iter();
                items.map(|item| key(kind, whole, pointer, item)).collect()
            };
            keys(old) == keys(new)
        }
        (old, new) if old == new => true,
        (old, new) if is_empty(old) || is_empty(new) => false,
        _ => {
            let of = |value: &Value| normal(kind, whole, pointer, value.clone());
            of(old).is_some_and(|old| of(new).is_some_and(|new| old == new))
        }
    }
}

/// The normal form of the property at `pointer`, had it this value.
fn normal(kind: Kind, whole: &Value, pointer: &str, value: Value) -> Option<Value> {
    let mut whole = whole.clone();
    *slot(&mut whole, pointer).ok()? = value;
    let normal = Object::from_value(kind, &whole).ok()?.normal_form();
    normal.pointer(pointer).cloned()
}
